/* mb-memory-bus-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-memory-bus.h"
#include "mb-memory-hub-private.h"

G_BEGIN_DECLS

/* The inside of MbMemoryBus, shared by its rooms: mb-memory-bus.c (what it is, and how it is found) and
 * mb-memory-bus-settings.c (what it is told to do to packets). */

struct _MbMemoryBus
{
  GObject      parent_instance;

  char        *name;
  MbMemoryHub *hub;
};

MbMemoryHub *_mb_memory_bus_get_hub (MbMemoryBus *self);

G_END_DECLS
