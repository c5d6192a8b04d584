/* mb-memory-fate.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-memory-fate-private.h"

typedef enum
{
  LOSS,
  DUPLICATION,
  REORDERING,
  JITTER,
} Question;

static guint64
mix (guint64 x)
{
  x += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);

  return x ^ (x >> 31);
}

/* A number from 0 to below 1 that depends on nothing but the seed, the number of the packet since
 * the seed was set, the number of the endpoint, and what is asked. A generator with a state would
 * give a packet another fate whenever there is one endpoint more or one fault less.
 */
static double
draw (const MbMemoryFaults *faults,
      guint64               packet,
      guint                 endpoint,
      Question              question)
{
  guint64 bits = mix (mix (mix (faults->seed) ^ packet) ^ ((guint64) endpoint << 8 | question));

  return (double) (bits >> 11) / (double) (G_GUINT64_CONSTANT (1) << 53);
}

gboolean
_mb_memory_faults_are_on (const MbMemoryFaults *faults)
{
  return faults->loss > 0 || faults->duplication > 0 || faults->reordering > 0 ||
         faults->delay > 0 || faults->jitter > 0;
}

MbMemoryFate
_mb_memory_fate_decide (const MbMemoryFaults *faults,
                        guint64               packet,
                        guint                 endpoint,
                        gboolean              was_reordered)
{
  MbMemoryFate fate = { .n_copies = 0 };

  if (draw (faults, packet, endpoint, LOSS) < faults->loss)
    return fate;

  fate.n_copies = draw (faults, packet, endpoint, DUPLICATION) < faults->duplication ? 2 : 1;

  /* A packet that follows a reordered one is what overtakes it, so it is not held itself. That this
   * does not depend on whether the earlier one still waits keeps the clock out of it.
   */
  fate.is_reordered = !was_reordered && draw (faults, packet, endpoint, REORDERING) < faults->reordering;

  fate.is_delayed = faults->delay > 0 || faults->jitter > 0;
  if (fate.is_delayed)
    fate.delay = faults->delay + (gint64) (draw (faults, packet, endpoint, JITTER) * faults->jitter);

  return fate;
}
