/* mb-memory-fate-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-memory-hub-private.h"

G_BEGIN_DECLS

/* What the faults of a memory bus do to a packet on its way to an endpoint. */
typedef struct
{
  guint    n_copies;       /* 0: it is lost, and the rest is meaningless */
  gboolean is_reordered;   /* it waits for the one that is sent next */
  gboolean is_delayed;
  gint64   delay;          /* microseconds */
} MbMemoryFate;

gboolean     _mb_memory_faults_are_on (const MbMemoryFaults *faults);
/* `packet` is the number of the packet since the seed was set, `endpoint` that of the endpoint, and `was_reordered`
 * whether the packet that came to it before was. */
MbMemoryFate _mb_memory_fate_decide   (const MbMemoryFaults *faults,
                                       guint64               packet,
                                       guint                 endpoint,
                                       gboolean              was_reordered);

G_END_DECLS
