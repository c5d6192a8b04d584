/* mb-memory-bus-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-memory-bus.h"
#include "mb-memory-hub-private.h"

G_BEGIN_DECLS

MbMemoryHub *_mb_memory_bus_get_hub (MbMemoryBus *self);

G_END_DECLS
