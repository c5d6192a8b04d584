/* mbtt-statistics.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of the numbers in the window. */
typedef struct
{
  guint  n;
  double sum;
  double mean;
  double min;
  double max;
  double deviation;     /* the standard deviation */
} MbttSummary;

typedef struct _MbttStatistics MbttStatistics;

MbttStatistics *mbtt_statistics_new       (guint                 window);
void            mbtt_statistics_free      (MbttStatistics       *self);
void            mbtt_statistics_add       (MbttStatistics       *self,
                                           double                number);
void            mbtt_statistics_summarize (const MbttStatistics *self,
                                           MbttSummary          *summary);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbttStatistics, mbtt_statistics_free)

G_END_DECLS
