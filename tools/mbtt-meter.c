/* mbtt-meter.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What hz, bw and delay share: numbers for each topic, told of once in an interval. */

#include "config.h"

#include "mbtt-meter.h"

#include <glib/gi18n.h>

#include "mbtt-common.h"
#include "mbtt-listen.h"
#include "mbtt-output.h"
#include "mbtt-terminal.h"
#include "mbtt-values.h"

/* Anybody can make up topics. */
#define MAX_TOPICS 10000
#define MAX_WINDOW 1000000
#define DEFAULT_WINDOW 10000

typedef struct
{
  const MbttMeasure *measure;
  GHashTable        *meters;        /* topic → MbttMeter */
  GPtrArray         *order;
  guint              window;
} Meters;

static struct
{
  char *interval;
  char *window;
} options;

static const GOptionEntry entries[] = {
  { "interval", 0, 0, G_OPTION_ARG_FILENAME, &options.interval,
    N_("How often to print, in seconds (default: 1)"), N_("SECONDS") },
  { "window", 0, 0, G_OPTION_ARG_FILENAME, &options.window,
    N_("Of how many messages, at most, of a topic (default: the last 10000)"), N_("NUMBER") },
  { NULL }
};

/* Those of mbtt_listen() among them. */
const GOptionEntry *
mbtt_meter_get_entries (void)
{
  static GOptionEntry all[16];
  const GOptionEntry *more = mbtt_listen_get_entries ();
  guint n = 0;

  for (guint i = 0; entries[i].long_name != NULL; i++)
    all[n++] = entries[i];
  for (guint i = 0; more[i].long_name != NULL; i++)
    {
      g_assert (n < G_N_ELEMENTS (all) - 1);
      all[n++] = more[i];
    }

  return all;
}

static void
meter_free (MbttMeter *meter)
{
  g_clear_pointer (&meter->topic, g_free);
  g_clear_pointer (&meter->numbers, mbtt_statistics_free);
  g_clear_pointer (&meter->more, mbtt_statistics_free);
  g_free (meter);
}

static MbttMeter *
get_meter (Meters     *self,
           const char *topic)
{
  MbttMeter *meter = g_hash_table_lookup (self->meters, topic);

  if (meter != NULL || g_hash_table_size (self->meters) >= MAX_TOPICS)
    return meter;

  meter = g_new0 (MbttMeter, 1);
  meter->topic = g_strdup (topic);
  meter->numbers = mbtt_statistics_new (self->window);
  meter->more = mbtt_statistics_new (self->window);
  g_hash_table_insert (self->meters, meter->topic, meter);
  g_ptr_array_add (self->order, meter);

  return meter;
}

static gboolean
message_cb (MbMessage *message,
            int       *status,
            gpointer   data)
{
  Meters *self = data;
  MbttMeter *meter = get_meter (self, mb_message_get_topic (message));

  if (meter == NULL)
    return TRUE;

  meter->n_messages++;
  self->measure->add (meter, message, self->measure->data);
  meter->last = mb_message_get_received_at (message);

  return TRUE;
}

static gboolean
print_meter (Meters    *self,
             MbttMeter *meter,
             int       *status)
{
  g_autoptr(GString) line = g_string_new (NULL);

  if (mbtt_get_options ()->json)
    {
      g_string_append_c (line, '{');
      mbtt_append_string (line, "topic", meter->topic);
      self->measure->tell (meter, TRUE, line, self->measure->data);
      g_string_append_c (line, '}');
    }
  else
    {
      mbtt_append_shown (line, MBTT_STYLE_NAME, meter->topic);
      g_string_append (line, "  ");
      self->measure->tell (meter, FALSE, line, self->measure->data);
    }

  return mbtt_print_line (line->str, status);
}

static gboolean
tick_cb (int      *status,
         gpointer  data)
{
  Meters *self = data;

  if (self->order->len == 0 && mbtt_is_terminal () && !mbtt_get_options ()->json)
    mbtt_show_progress (_("No message yet"));

  for (guint i = 0; i < self->order->len; i++)
    {
      MbttMeter *meter = g_ptr_array_index (self->order, i);

      if (meter->n_told == meter->n_messages)
        continue;

      meter->n_told = meter->n_messages;
      if (!print_meter (self, meter, status))
        return FALSE;
    }

  return TRUE;
}

void
mbtt_append_number (GString    *object,
                    const char *name,
                    double      number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  mbtt_append_member (object, name, g_ascii_formatd (text, sizeof text, "%.9g", number));
}

void
mbtt_append_summary (GString           *object,
                     const MbttSummary *summary)
{
  mbtt_append_number (object, "mean", summary->mean);
  mbtt_append_number (object, "min", summary->min);
  mbtt_append_number (object, "max", summary->max);
  mbtt_append_number (object, "deviation", summary->deviation);
  mbtt_append_number (object, "window", summary->n);
}

/* Measures all topics that a pattern matches, and returns an exit status. */
int
mbtt_meter_run (const char        *pattern,
                const MbttMeasure *measure)
{
  g_autoptr(GHashTable) meters = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GPtrArray) order = g_ptr_array_new_with_free_func ((GDestroyNotify) meter_free);
  Meters self = { .measure = measure, .meters = meters, .order = order };
  MbttListening listening = {
    .pattern = pattern,
    .message = message_cb,
    .tick = tick_cb,
    .interval = 1,
    .needs_some = TRUE,
    .data = &self,
  };
  gulong window = DEFAULT_WINDOW;
  g_autoptr(GError) error = NULL;

  if ((options.interval != NULL &&
       !mbtt_parse_seconds ("--interval", options.interval, &listening.interval, &error)) ||
      (options.window != NULL &&
       !mbtt_parse_number ("--window", options.window, 1, MAX_WINDOW, &window, &error)))
    return mbtt_fail_usage (error);

  listening.interval = MAX (listening.interval, 0.01);
  self.window = (guint) window;

  return mbtt_listen (&listening);
}
