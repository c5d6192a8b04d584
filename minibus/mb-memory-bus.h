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
MbMemoryBus *mb_memory_bus_get              (const char  *name) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
guint        mb_memory_bus_get_delay        (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
void         mb_memory_bus_set_delay        (MbMemoryBus *self,
                                             guint        delay);
MB_AVAILABLE_IN_ALL
double       mb_memory_bus_get_duplication  (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
void         mb_memory_bus_set_duplication  (MbMemoryBus *self,
                                             double       duplication);
MB_AVAILABLE_IN_ALL
guint        mb_memory_bus_get_jitter       (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
void         mb_memory_bus_set_jitter       (MbMemoryBus *self,
                                             guint        jitter);
MB_AVAILABLE_IN_ALL
double       mb_memory_bus_get_loss         (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
void         mb_memory_bus_set_loss         (MbMemoryBus *self,
                                             double       loss);
MB_AVAILABLE_IN_ALL
guint        mb_memory_bus_get_n_duplicated (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
guint        mb_memory_bus_get_n_lost       (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
guint        mb_memory_bus_get_n_reordered  (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
guint        mb_memory_bus_get_n_sent       (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
const char  *mb_memory_bus_get_name         (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
double       mb_memory_bus_get_reordering   (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
void         mb_memory_bus_set_reordering   (MbMemoryBus *self,
                                             double       reordering);
MB_AVAILABLE_IN_ALL
guint        mb_memory_bus_get_seed         (MbMemoryBus *self);
MB_AVAILABLE_IN_ALL
void         mb_memory_bus_set_seed         (MbMemoryBus *self,
                                             guint        seed);

G_END_DECLS
