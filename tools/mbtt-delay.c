/* mbtt-delay.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "mbtt-common.h"
#include "mbtt-meter.h"
#include "mbtt-output.h"
#include "mbtt-pointer.h"

typedef struct
{
  GPtrArray *fields;        /* of MbttPointer, the first that leads to a time counts */
  double     unit;          /* in seconds; 0 for what the size of the number suggests */
  gboolean   told;
} Delay;

/* Where a time stamp is when nobody says. */
static const char *const usual_fields[] = { "/stamp", "/timestamp", "/time", "/header/stamp", NULL };

static const struct
{
  const char *name;
  double      seconds;
} units[] = {
  { "s", 1 },
  { "ms", 1e-3 },
  { "us", 1e-6 },
  { "ns", 1e-9 },
};

/* Seconds since 1970 are of ten digits, from 2001 to 2286, and so thousands of parts of them are told by
 * their size. */
static double
scale (double number,
       double unit)
{
  if (unit > 0)
    return number * unit;

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (fabs (number * units[i].seconds) < 1e11)
        return number * units[i].seconds;
    }

  return number;
}

static gboolean
read_parts (const char *json,
            double     *seconds)
{
  static const char *const names[][2] = {
    { "/sec", "/nanosec" }, { "/secs", "/nsecs" }, { "/sec", "/nsec" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(MbttPointer) first = mbtt_pointer_new (names[i][0], NULL);
      g_autoptr(MbttPointer) second = mbtt_pointer_new (names[i][1], NULL);
      g_autofree char *whole = mbtt_pointer_look_up (first, json);
      g_autofree char *parts = mbtt_pointer_look_up (second, json);

      if (whole == NULL || parts == NULL)
        continue;

      *seconds = g_ascii_strtod (whole, NULL) + g_ascii_strtod (parts, NULL) / 1e9;
      return TRUE;
    }

  return FALSE;
}

/* Reads a time: a number, a text by ISO 8601, or an object with seconds and nanoseconds. */
static gboolean
read_time (const char *json,
           double      unit,
           double     *seconds)
{
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr(GDateTime) time = NULL;

  if (*json == '{')
    return read_parts (json, seconds);

  if (*json == '-' || g_ascii_isdigit (*json))
    {
      *seconds = scale (g_ascii_strtod (json, NULL), unit);
      return TRUE;
    }

  node = *json == '"' ? mb_json_from_text (json, NULL) : NULL;
  time = node != NULL ? g_date_time_new_from_iso8601 (json_node_get_string (node), utc) : NULL;
  if (time == NULL)
    return FALSE;

  *seconds = (double) g_date_time_to_unix (time) + g_date_time_get_microsecond (time) / 1e6;

  return TRUE;
}

static gboolean
find_time (Delay     *self,
           MbMessage *message,
           double    *seconds)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      const MbttPointer *field = g_ptr_array_index (self->fields, i);
      g_autofree char *json = mbtt_pointer_look_up (field, mb_message_get_text (message));

      if (json != NULL && read_time (json, self->unit, seconds))
        return TRUE;
    }

  return FALSE;
}

static void
add_delay (MbttMeter *meter,
           MbMessage *message,
           gpointer   data)
{
  Delay *self = data;
  double sent;

  if (find_time (self, message, &sent))
    {
      double received = (double) mb_message_get_received_at (message) / G_TIME_SPAN_SECOND;

      mbtt_statistics_add (meter->numbers, received - sent);
      return;
    }

  if (self->told)
    return;

  self->told = TRUE;
  if (self->fields->len == 1)
    mbtt_print_note (_("A message on “%s” has no time at “%s”, and is left out as others like it are"),
                     mb_message_get_topic (message),
                     mbtt_pointer_get_text (g_ptr_array_index (self->fields, 0)));
  else
    mbtt_print_note (_("A message on “%s” has no time in any of the usual places; say where by --field, "
                       "such as --field /sent_at"), mb_message_get_topic (message));
}

static void
tell (const MbttMeter *meter,
      gboolean         json,
      GString         *out,
      gpointer         data)
{
  MbttSummary summary;

  mbtt_statistics_summarize (meter->numbers, &summary);

  if (json)
    {
      mbtt_append_summary (out, &summary);
      mbtt_append_number (out, "messages", meter->n_messages);
      return;
    }

  if (summary.n == 0)
    {
      g_string_append (out, _("no message with a time"));
      return;
    }

  g_string_append_printf (out, _("delay mean %.6f s, min %.6f, max %.6f, deviation %.6f, of %u"),
                          summary.mean, summary.min, summary.max, summary.deviation, summary.n);
}

static gboolean
read_options (Delay       *self,
              const char  *field,
              const char  *unit,
              GError     **error)
{
  const char *const only[] = { field, NULL };
  const char *const *texts = field != NULL ? only : usual_fields;

  for (guint i = 0; texts[i] != NULL; i++)
    {
      if (!mbtt_pointer_add (self->fields, "--field", texts[i], error))
        return FALSE;
    }

  if (unit == NULL)
    return TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (strcmp (unit, units[i].name) != 0)
        continue;

      self->unit = units[i].seconds;
      return TRUE;
    }

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("“%s” is not a unit for --unit, which takes s, ms, us or ns"), unit);

  return FALSE;
}

int
mbtt_delay (int    argc,
            char **argv)
{
  g_autofree char *field = NULL;
  g_autofree char *unit = NULL;
  const GOptionEntry entries[] = {
    { "field", 0, 0, G_OPTION_ARG_FILENAME, &field,
      N_("Where the time is in the data, as a JSON Pointer (default: the first of /stamp, /timestamp, "
         "/time, /header/stamp)"), N_("POINTER") },
    { "unit", 0, 0, G_OPTION_ARG_FILENAME, &unit,
      N_("What numbers count since 1970: s, ms, us or ns (default: by their size)"), N_("UNIT") },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "TOPIC" },
    .words = { MBTT_WORD_PATTERN },
    .n_required = 1,
    .summary = N_("Measures how old messages are when they come, on each topic that TOPIC matches."),
    .description =
      N_("Messages of a MiniBus carry no time, so the data has to: seconds (or ms, us, ns) since 1970, a text\n"
         "by ISO 8601, or an object with sec and nanosec. Between two machines, their clocks have to agree.\n"
         "For each topic there is a line a second: the mean, the least, the most and the standard deviation."),
    .entries = entries,
    .more_entries = mbtt_meter_get_entries (),
  };
  g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func ((GDestroyNotify) mbtt_pointer_free);
  Delay self = { .fields = fields };
  const MbttMeasure measure = { .add = add_delay, .tell = tell, .data = &self };
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (!read_options (&self, field, unit, &error))
    return mbtt_fail_usage (error);

  return mbtt_meter_run (args[0], &measure);
}
