/* mbtt-info-recording.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-info.h"

#include <glib/gi18n.h>

#include "mbtt-common.h"
#include "mbtt-format.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

static void
append_number (GString    *object,
               const char *name,
               guint64     number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  mbtt_append_member (object, name, text);
}

static void
append_bool (GString    *object,
             const char *name,
             gboolean    value)
{
  mbtt_append_member (object, name, value ? "true" : "false");
}

static char *
format_time (gint64      microseconds,
             const char *format)
{
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc (microseconds / G_USEC_PER_SEC);
  g_autoptr(GDateTime) time = utc != NULL ? g_date_time_to_local (utc) : NULL;

  return time != NULL ? g_date_time_format (time, format) : g_strdup ("?");
}

static char *
format_utc (gint64 microseconds)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc (microseconds / G_USEC_PER_SEC);

  return time != NULL && microseconds != 0 ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

static void
append_topics (GString            *object,
               MbRecordingSummary *summary)
{
  g_auto(GStrv) topics = mb_recording_summary_get_topics (summary);
  g_autoptr(GString) list = g_string_new ("[");

  for (guint i = 0; topics[i] != NULL; i++)
    {
      g_autoptr(GString) topic = g_string_new ("{");

      mbtt_append_string (topic, "topic", topics[i]);
      append_number (topic, "messages", mb_recording_summary_get_topic_count (summary, topics[i]));
      append_number (topic, "bytes", mb_recording_summary_get_topic_bytes (summary, topics[i]));
      g_string_append_printf (list, "%s%s}", i > 0 ? "," : "", topic->str);
    }
  g_string_append_c (list, ']');
  mbtt_append_member (object, "topics", list->str);
}

static void
append_authors (GString            *object,
                MbRecordingSummary *summary)
{
  g_auto(GStrv) authors = mb_recording_summary_get_authors (summary);
  g_autoptr(GString) list = g_string_new ("[");

  for (guint i = 0; authors[i] != NULL; i++)
    {
      g_autoptr(GString) author = g_string_new ("{");

      mbtt_append_string (author, "author", authors[i]);
      append_number (author, "messages", mb_recording_summary_get_author_count (summary, authors[i]));
      g_string_append_printf (list, "%s%s}", i > 0 ? "," : "", author->str);
    }
  g_string_append_c (list, ']');
  mbtt_append_member (object, "authors", list->str);
}

static int
print_json (const char         *path,
            MbRecordingSummary *summary)
{
  g_autoptr(GString) object = g_string_new ("{");
  g_autofree char *started = format_utc (mb_recording_summary_get_started_at (summary));
  g_autofree char *ended = format_utc (mb_recording_summary_get_ended_at (summary));
  g_autofree char *valid = g_utf8_make_valid (path, -1);
  gint64 duration = mb_recording_summary_get_duration (summary);
  g_autofree char *seconds = g_strdup_printf ("%" G_GINT64_FORMAT ".%06d", duration / G_USEC_PER_SEC,
                                              (int) (duration % G_USEC_PER_SEC));
  int status = MBTT_EXIT_DONE;

  mbtt_append_string (object, "file", valid);
  mbtt_append_string (object, "started", started);
  mbtt_append_string (object, "ended", ended);
  mbtt_append_member (object, "duration", seconds);
  append_number (object, "messages", mb_recording_summary_get_n_messages (summary));
  append_number (object, "bytes", mb_recording_summary_get_n_bytes (summary));
  append_number (object, "encrypted", mb_recording_summary_get_n_encrypted (summary));
  append_number (object, "missed", mb_recording_summary_get_n_missed (summary));
  append_number (object, "dropped", mb_recording_summary_get_n_dropped (summary));
  append_number (object, "damaged", mb_recording_summary_get_n_damaged (summary));
  append_bool (object, "truncated", mb_recording_summary_get_is_truncated (summary));
  append_topics (object, summary);
  append_authors (object, summary);
  g_string_append_c (object, '}');
  mbtt_print_line (object->str, &status);

  return status;
}

/* A line of a table; a name may come from anybody on the network. */
static gboolean
print_counted (guint       count,
               const char *name,
               int        *status)
{
  g_autofree char *line = NULL;
  g_autofree char *quoted = mbtt_quote (name);
  g_autofree char *shown = mbtt_value_to_line (quoted);

  line = g_strdup_printf ("%10u  %s", count, shown);

  return mbtt_print_line (line, status);
}

static gboolean
print_named (const char *name,
             const char *value,
             int        *status)
{
  g_autofree char *line = g_strdup_printf ("%s %s", name, value);

  return mbtt_print_line (line, status);
}

static gboolean
print_times (MbRecordingSummary *summary,
             int                *status)
{
  g_autofree char *duration = mbtt_format_seconds (mb_recording_summary_get_duration (summary));
  g_autofree char *started = NULL;
  g_autofree char *ended = NULL;

  if (mb_recording_summary_get_started_at (summary) == 0)
    return TRUE;

  started = format_time (mb_recording_summary_get_started_at (summary), "%Y-%m-%d %H:%M:%S %Z");
  ended = format_time (mb_recording_summary_get_ended_at (summary), "%Y-%m-%d %H:%M:%S %Z");

  return print_named (_("Started: "), started, status) && print_named (_("Ended:   "), ended, status) &&
         print_named (_("Recorded:"), duration, status);
}

static gboolean
print_topics (MbRecordingSummary *summary,
              int                *status)
{
  g_auto(GStrv) topics = mb_recording_summary_get_topics (summary);
  g_auto(GStrv) authors = mb_recording_summary_get_authors (summary);

  if (topics[0] != NULL && !mbtt_print_line (_("Topics:"), status))
    return FALSE;
  for (guint i = 0; topics[i] != NULL; i++)
    {
      if (!print_counted (mb_recording_summary_get_topic_count (summary, topics[i]), topics[i],
                          status))
        return FALSE;
    }

  if (authors[0] != NULL && !mbtt_print_line (_("Authors:"), status))
    return FALSE;
  for (guint i = 0; authors[i] != NULL; i++)
    {
      if (!print_counted (mb_recording_summary_get_author_count (summary, authors[i]),
                          authors[i], status))
        return FALSE;
    }

  return TRUE;
}

static void
print_notes (MbRecordingSummary *summary)
{
  guint n_missed = mb_recording_summary_get_n_missed (summary);
  guint n_dropped = mb_recording_summary_get_n_dropped (summary);
  guint n_damaged = mb_recording_summary_get_n_damaged (summary);

  if (n_missed > 0)
    mbtt_print_note (_("%u messages never arrived where this was recorded"), n_missed);
  if (n_dropped > 0)
    mbtt_print_note (_("%u messages were not recorded, because the disk was too slow"), n_dropped);
  if (n_damaged > 0)
    mbtt_print_note (_("%u lines cannot be read, and are skipped"), n_damaged);
  if (mb_recording_summary_get_is_truncated (summary))
    mbtt_print_note (_("The last line is cut off, as after a crash, and is left out"));
}

static int
print_text (MbRecordingSummary *summary)
{
  g_autofree char *count = g_strdup_printf ("%u", mb_recording_summary_get_n_messages (summary));
  g_autofree char *size = g_format_size (mb_recording_summary_get_n_bytes (summary));
  int status = MBTT_EXIT_DONE;

  if (print_times (summary, &status) &&
      print_named (_("Messages:"), count, &status) &&
      print_named (_("Data:    "), size, &status) &&
      print_topics (summary, &status))
    print_notes (summary);

  return status;
}

/* Tells what is in a recording. */
int
mbtt_info_recording (const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr(MbRecording) recording = mb_recording_new (file);
  g_autoptr(MbRecordingSummary) summary = NULL;
  g_autoptr(GError) error = NULL;

  summary = mb_recording_summarize_sync (recording, NULL, &error);
  if (summary == NULL)
    return mbtt_fail (error);

  if (mbtt_get_options ()->json)
    return print_json (path, summary);

  return print_text (summary);
}
