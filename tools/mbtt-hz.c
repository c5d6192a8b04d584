/* mbtt-hz.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>

#include "mbtt-common.h"
#include "mbtt-meter.h"

static void
add_interval (MbttMeter *meter,
              MbMessage *message,
              gpointer   data)
{
  gint64 interval = mb_message_get_received_at (message) - meter->last;

  /* The clock may be set back. */
  if (meter->last != 0 && interval >= 0)
    mbtt_statistics_add (meter->numbers, (double) interval / G_TIME_SPAN_SECOND);
}

static void
tell (const MbttMeter *meter,
      gboolean         json,
      GString         *out,
      gpointer         data)
{
  MbttSummary summary;
  double rate;

  mbtt_statistics_summarize (meter->numbers, &summary);
  rate = summary.sum > 0 ? summary.n / summary.sum : 0;

  if (json)
    {
      mbtt_append_number (out, "rate", rate);
      mbtt_append_summary (out, &summary);
      mbtt_append_number (out, "messages", meter->n_messages);
      return;
    }

  if (summary.n == 0)
    {
      g_string_append (out, _("one message only"));
      return;
    }

  g_string_append_printf (out, _("%.3f Hz  interval mean %.6f s, min %.6f, max %.6f, deviation %.6f, of %u"),
                          rate, summary.mean, summary.min, summary.max, summary.deviation,
                          summary.n);
}

int
mbtt_hz (int    argc,
         char **argv)
{
  const MbttUsage usage = {
    .parameters = { "TOPIC" },
    .words = { MBTT_WORD_PATTERN },
    .n_required = 1,
    .summary = N_("Measures how often messages come on each topic that TOPIC matches."),
    .description =
      N_("TOPIC is a regular expression that has to match the whole topic. For each topic there is a line\n"
         "a second: the rate, and of the time between two messages the mean, the least, the most and the\n"
         "standard deviation."),
    .more_entries = mbtt_meter_get_entries (),
  };
  const MbttMeasure measure = { .add = add_interval, .tell = tell };
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  return mbtt_meter_run (args[0], &measure);
}
