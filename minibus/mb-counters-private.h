/* mb-counters-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-enums.h"

G_BEGIN_DECLS

#define MB_N_DROP_REASONS (MB_DROP_REASON_PRESENCE + 1)

/* How many packets came, went and were dropped, and what there is to report of the drops. */
typedef struct
{
  guint     n_sent;                          /* atomic, as the next three */
  guint     n_received;
  guint     n_unwanted;
  guint     n_dropped[MB_N_DROP_REASONS];

  GMutex    lock;
  struct
  {
    guint   count;                           /* lock; since the last report */
    char   *topic;                           /* lock; of the first of them, or NULL */
    char   *detail;                          /* lock; likewise */
  } pending[MB_N_DROP_REASONS];
} MbCounters;

void     _mb_counters_init    (MbCounters   *self);
void     _mb_counters_clear   (MbCounters   *self);
/* Counts from any thread. Returns whether a report should be scheduled: only for the first drop of a kind
 * since the last report, so that a flood of drops costs little. */
gboolean _mb_counters_drop    (MbCounters   *self,
                               MbDropReason  reason,
                               guint         count,
                               const char   *topic,
                               const char   *detail);
/* Takes what there is to report. */
guint    _mb_counters_take    (MbCounters   *self,
                               MbDropReason  reason,
                               char        **topic,
                               char        **detail);

G_END_DECLS
