/* mb-sequence.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-sequence-private.h"

#include <string.h>

#define WINDOW 64
/* A larger step is a forged number, or a mistake, rather than that many lost messages. */
#define MAX_GAP (1u << 20)
/* After so many numbers in a row far behind the highest, the highest was the odd one. */
#define MAX_BEHIND 8

static void
start_at (MbSequenceTracker *self,
          guint64            sequence)
{
  self->first = sequence;
  self->highest = sequence;
  self->seen = 1;
  self->n_behind = 0;
}

MbArrival
_mb_sequence_tracker_note (MbSequenceTracker *self,
                           guint64            sequence,
                           guint32            mark,
                           guint             *n_missed)
{
  guint32 *slot = &self->marks[sequence % WINDOW];
  guint64 step;

  *n_missed = 0;

  if (self->seen == 0)
    {
      start_at (self, sequence);
      *slot = mark;
      return MB_ARRIVAL_EXPECTED;
    }

  if (sequence > self->highest)
    {
      step = sequence - self->highest;
      if (step > MAX_GAP)
        {
          start_at (self, sequence);
          *slot = mark;
          return MB_ARRIVAL_EXPECTED;
        }

      self->seen = step < WINDOW ? self->seen << step | 1 : 1;
      self->highest = sequence;
      self->n_behind = 0;
      *slot = mark;
      *n_missed = (guint) (step - 1);
      return step > 1 ? MB_ARRIVAL_AFTER_GAP : MB_ARRIVAL_EXPECTED;
    }

  step = self->highest - sequence;
  if (step >= WINDOW)
    {
      self->n_behind = sequence == self->behind + 1 ? self->n_behind + 1 : 1;
      self->behind = sequence;
      if (self->n_behind >= MAX_BEHIND)
        {
          start_at (self, sequence);
          *slot = mark;
        }
      return MB_ARRIVAL_EXPECTED;
    }

  if ((self->seen >> step & 1) != 0)
    return *slot == mark ? MB_ARRIVAL_DUPLICATE : MB_ARRIVAL_EXPECTED;

  self->seen |= G_GUINT64_CONSTANT (1) << step;
  *slot = mark;

  /* What came before the lowest number we saw was never counted as missing; what lies between is, from now on. */
  if (sequence < self->first)
    {
      *n_missed = (guint) (self->first - sequence - 1);
      self->first = sequence;
      return *n_missed > 0 ? MB_ARRIVAL_AFTER_GAP : MB_ARRIVAL_EXPECTED;
    }

  return MB_ARRIVAL_LATE;
}

static inline guint64
mix (guint64 hash,
     guint64 word)
{
  hash = (hash ^ word) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);

  return hash ^ hash >> 32;
}

guint32
_mb_sequence_mark (const char *data,
                   gsize       length)
{
  guint64 hash = length * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  guint64 word;

  for (; length >= sizeof word; data += sizeof word, length -= sizeof word)
    {
      memcpy (&word, data, sizeof word);
      hash = mix (hash, word);
    }

  if (length > 0)
    {
      word = 0;
      memcpy (&word, data, length);
      hash = mix (hash, word);
    }

  return (guint32) (hash ^ hash >> 29);
}
