/* mb-sequence-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a receiver knows of the numbers of one sender session on one topic. */
typedef struct
{
  guint64 first;         /* the lowest number that arrived */
  guint64 highest;
  guint64 seen;          /* bit i: number highest - i arrived */
  guint32 marks[64];     /* by number modulo 64: what arrived under it */
  guint64 behind;        /* the last number far behind the highest */
  guint   n_behind;      /* how many of those came in a row */
} MbSequenceTracker;

typedef enum
{
  MB_ARRIVAL_EXPECTED,
  MB_ARRIVAL_AFTER_GAP,  /* numbers before it are missing */
  MB_ARRIVAL_LATE,       /* it had been missing */
  MB_ARRIVAL_DUPLICATE,
} MbArrival;

/* Notes the arrival of a number. `mark` tells messages apart that claim the same number, so that a forged
 * number does not get the true message dropped. `n_missed` is set after a gap. */
MbArrival _mb_sequence_tracker_note (MbSequenceTracker *self,
                                     guint64            sequence,
                                     guint32            mark,
                                     guint             *n_missed);

/* A fast hash of a packet's bytes for `mark`. */
guint32   _mb_sequence_mark         (const char        *data,
                                     gsize              length);

G_END_DECLS
