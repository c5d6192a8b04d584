/* mb-multicast-transport.h
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

#define MB_TYPE_MULTICAST_TRANSPORT (mb_multicast_transport_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbMulticastTransport, mb_multicast_transport,
                      MB, MULTICAST_TRANSPORT, GObject)

MB_AVAILABLE_IN_ALL
MbMulticastTransport *mb_multicast_transport_new         (MbAddress            *address)
                                                         G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbAddress            *mb_multicast_transport_get_address (MbMulticastTransport *self);

G_END_DECLS
