/* mb-memory-bus.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <glib-object.h>

#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_MEMORY_BUS (mb_memory_bus_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbMemoryBus, mb_memory_bus, MB, MEMORY_BUS, GObject)

MB_AVAILABLE_IN_ALL
MbMemoryBus *mb_memory_bus_get (const char *name) G_GNUC_WARN_UNUSED_RESULT;

/* Properties, all thread-safe, with getters and setters of the usual names:
 *   name (construct-only), loss, duplication, reordering (doubles 0 … 1), delay, jitter (guint, microseconds), seed (guint),
 *   n-sent, n-lost, n-duplicated, n-reordered (guint, read-only).
 */

G_END_DECLS
