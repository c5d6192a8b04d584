/* mbtt-statistics.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Running statistics of the last so many numbers. */

#include "config.h"

#include "mbtt-statistics.h"

#include <math.h>

struct _MbttStatistics
{
  GArray *numbers;      /* of double; a ring when it is full */
  guint   window;
  guint   next;         /* where the next number goes when it is full */
};

MbttStatistics *
mbtt_statistics_new (guint window)
{
  MbttStatistics *self = g_new0 (MbttStatistics, 1);

  self->numbers = g_array_new (FALSE, FALSE, sizeof (double));
  self->window = window;

  return self;
}

void
mbtt_statistics_free (MbttStatistics *self)
{
  g_array_unref (self->numbers);
  g_free (self);
}

void
mbtt_statistics_add (MbttStatistics *self,
                     double          number)
{
  if (self->numbers->len < self->window)
    {
      g_array_append_val (self->numbers, number);
      return;
    }

  g_array_index (self->numbers, double, self->next) = number;
  self->next = (self->next + 1) % self->window;
}

void
mbtt_statistics_summarize (const MbttStatistics *self,
                           MbttSummary          *summary)
{
  double squares = 0;

  *summary = (MbttSummary) { .n = self->numbers->len };
  if (summary->n == 0)
    return;

  summary->min = summary->max = g_array_index (self->numbers, double, 0);
  for (guint i = 0; i < summary->n; i++)
    {
      double number = g_array_index (self->numbers, double, i);

      summary->sum += number;
      summary->min = MIN (summary->min, number);
      summary->max = MAX (summary->max, number);
    }
  summary->mean = summary->sum / summary->n;

  /* From the mean, so that large numbers that differ little lose no digits. */
  for (guint i = 0; i < summary->n; i++)
    {
      double difference = g_array_index (self->numbers, double, i) - summary->mean;

      squares += difference * difference;
    }
  summary->deviation = sqrt (squares / summary->n);
}
