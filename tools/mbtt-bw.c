/* mbtt-bw.c
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
add_size (MbttMeter *meter,
          MbMessage *message,
          gpointer   data)
{
  gint64 interval = mb_message_get_received_at (message) - meter->last;

  mbtt_statistics_add (meter->numbers, mb_message_get_size (message));
  if (meter->last != 0)
    mbtt_statistics_add (meter->more, (double) MAX (interval, 0) / G_TIME_SPAN_SECOND);
}

static char *
format_rate (double rate)
{
  g_autofree char *size = g_format_size ((guint64) rate);

  return g_strdup_printf (_("%s/s"), size);
}

static void
tell (const MbttMeter *meter,
      gboolean         json,
      GString         *out,
      gpointer         data)
{
  MbttSummary sizes;
  MbttSummary times;
  g_autofree char *text = NULL;
  double rate;

  mbtt_statistics_summarize (meter->numbers, &sizes);
  mbtt_statistics_summarize (meter->more, &times);

  /* Between the first message and the last are all but one of them. */
  rate = times.sum > 0 ? sizes.mean * times.n / times.sum : 0;

  if (json)
    {
      mbtt_append_number (out, "rate", rate);
      mbtt_append_summary (out, &sizes);
      mbtt_append_number (out, "messages", meter->n_messages);
      return;
    }

  if (times.n == 0)
    {
      g_string_append (out, _("one message only"));
      return;
    }

  text = format_rate (rate);
  g_string_append_printf (out, _("%s  size mean %.1f bytes, min %.0f, max %.0f, deviation %.1f, of %u"),
                          text, sizes.mean, sizes.min, sizes.max, sizes.deviation, sizes.n);
}

int
mbtt_bw (int    argc,
         char **argv)
{
  const MbttUsage usage = {
    .parameters = { "TOPIC" },
    .words = { MBTT_WORD_PATTERN },
    .n_required = 1,
    .summary = N_("Measures how many bytes a second come on each topic that TOPIC matches."),
    .description =
      N_("TOPIC is a regular expression that has to match the whole topic. For each topic there is a line\n"
         "a second: bytes per second, and of the size of the packets the mean, the least, the most and the\n"
         "standard deviation. Packets are counted with their headers, and as they are encrypted, but\n"
         "without what the network adds."),
    .more_entries = mbtt_meter_get_entries (),
  };
  const MbttMeasure measure = { .add = add_size, .tell = tell };
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  return mbtt_meter_run (args[0], &measure);
}
