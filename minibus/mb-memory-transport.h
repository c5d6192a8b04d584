/* mb-memory-transport.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include "mb-transport.h"

G_BEGIN_DECLS

#define MB_TYPE_MEMORY_TRANSPORT (mb_memory_transport_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbMemoryTransport, mb_memory_transport, MB, MEMORY_TRANSPORT, GObject)

MB_AVAILABLE_IN_ALL
MbMemoryTransport *mb_memory_transport_new         (MbAddress         *address)
                                                   G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbAddress         *mb_memory_transport_get_address (MbMemoryTransport *self);

G_END_DECLS
