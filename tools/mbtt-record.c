/* mbtt-record.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>
#include <unistd.h>

#include "mbtt-common.h"
#include "mbtt-drops.h"
#include "mbtt-format.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

typedef struct
{
  MbRecorder *recorder;
  gulong      n_wanted;     /* 0: no limit */
  double      duration;     /* seconds; negative: no limit */
  gint64      started;      /* monotonic */
  gboolean    done;         /* the operation that was waited for has ended */
  gboolean    tells_file;   /* whose name it made up */
  GError     *error;
} Record;

static void
counted_cb (MbRecorder *recorder,
            GParamSpec *pspec,
            Record     *self)
{
  guint n_messages = mb_recorder_get_n_messages (recorder);
  g_autofree char *time = mbtt_format_seconds (g_get_monotonic_time () - self->started);
  g_autofree char *size = g_format_size (mb_recorder_get_n_bytes (recorder));

  mbtt_show_progress (_("Recording: %s, messages: %u, %s"), time, n_messages, size);
  if (self->n_wanted > 0 && n_messages >= self->n_wanted)
    mbtt_loop_quit ();
}

static void
failed_cb (MbRecorder   *recorder,
           const GError *error,
           Record       *self)
{
  mbtt_loop_quit ();
}

static void
started_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  Record *self = user_data;

  mb_recorder_start_finish (MB_RECORDER (object), result, &self->error);
  self->done = TRUE;
}

static void
stopped_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  Record *self = user_data;

  mb_recorder_stop_finish (MB_RECORDER (object), result, &self->error);
  self->done = TRUE;
}

static void
wait_until_done (Record *self)
{
  while (!self->done)
    g_main_context_iteration (NULL, TRUE);
  self->done = FALSE;
}

static void
print_summary (Record    *self,
               MbttDrops *drops)
{
  MbRecorder *recorder = self->recorder;
  guint n_messages = mb_recorder_get_n_messages (recorder);
  guint n_missed = mb_recorder_get_n_missed (recorder);
  guint n_dropped = mb_recorder_get_n_dropped (recorder);

  mbtt_show_progress ("%s", "");
  mbtt_drops_flush (drops);

  if (mbtt_get_options ()->json)
    {
      g_autofree char *path = g_file_get_parse_name (mb_recorder_get_file (recorder));
      g_autoptr(GString) object = g_string_new ("{");
      int status;

      mbtt_append_string (object, "file", path);
      g_string_append_printf (object, ",\"messages\":%u,\"bytes\":%" G_GUINT64_FORMAT ",\"missed\":%u,\"dropped\":%u}",
                              n_messages, mb_recorder_get_n_bytes (recorder), n_missed, n_dropped);
      mbtt_print_line (object->str, &status);
    }

  if (n_missed > 0 || n_dropped > 0 || isatty (STDERR_FILENO) || mbtt_get_options ()->verbose)
    mbtt_print_note (_("Messages recorded: %u, never arrived: %u, too many for the disk: %u"),
                     n_messages, n_missed, n_dropped);
}

static int
run (Record   *self,
     MbClient *client)
{
  g_autoptr(MbttDrops) drops = mbtt_drops_new (client);
  g_autoptr(GError) error = NULL;
  double timeout = mbtt_get_options ()->timeout;
  double limit = self->duration;
  guint n_messages;
  MbttEnd end;

  if (timeout >= 0 && (limit < 0 || timeout < limit))
    limit = timeout;

  mbtt_loop_init ();

  /* The file first: an error about it must not make the bus wait. */
  self->started = g_get_monotonic_time ();
  mb_recorder_start_async (self->recorder, NULL, started_cb, self);
  wait_until_done (self);
  if (self->error != NULL)
    return mbtt_fail (self->error);

  if (!mbtt_client_open (client, &error))
    {
      mb_recorder_stop_async (self->recorder, NULL, stopped_cb, self);
      wait_until_done (self);
      return mbtt_fail (error);
    }

  if (self->tells_file || mbtt_get_options ()->verbose)
    {
      g_autofree char *path = g_file_get_parse_name (mb_recorder_get_file (self->recorder));

      mbtt_print_note (_("Recording to “%s”"), path);
    }

  g_signal_connect (self->recorder, "notify::n-messages", G_CALLBACK (counted_cb), self);
  g_signal_connect (self->recorder, "failed", G_CALLBACK (failed_cb), self);

  end = mbtt_loop_run (limit);

  mb_recorder_stop_async (self->recorder, NULL, stopped_cb, self);
  wait_until_done (self);
  g_signal_handlers_disconnect_by_data (self->recorder, self);
  print_summary (self, drops);

  if (self->error != NULL)
    return mbtt_fail (self->error);

  n_messages = mb_recorder_get_n_messages (self->recorder);
  if (end == MBTT_END_TIMEOUT && limit == timeout && self->n_wanted > n_messages)
    {
      mbtt_print_note (_("Of %lu messages only %u came in time"), self->n_wanted, n_messages);
      return MBTT_EXIT_TIMED_OUT;
    }

  return MBTT_EXIT_DONE;
}

int
mbtt_record (int    argc,
             char **argv)
{
  Record self = { .duration = -1 };
  gboolean append = FALSE;
  gboolean hidden = FALSE;
  g_autofree char *count = NULL;
  g_autofree char *duration = NULL;
  g_autofree char *output = NULL;
  const GOptionEntry entries[] = {
    { "append", 0, 0, G_OPTION_ARG_NONE, &append,
      N_("Go on with a recording that is in the file already"), NULL },
    { "count", 0, 0, G_OPTION_ARG_FILENAME, &count,
      N_("End after so many messages"), N_("NUMBER") },
    { "duration", 0, 0, G_OPTION_ARG_FILENAME, &duration,
      N_("End after so many seconds"), N_("SECONDS") },
    { "hidden", 0, 0, G_OPTION_ARG_NONE, &hidden,
      N_("Record topics with a part like __this__, too"), NULL },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
      N_("File to write to (default: bus-DATE-TIME.jsonl)"), N_("FILE") },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "TOPIC" },
    .words = { MBTT_WORD_PATTERN },
    .takes_more = TRUE,
    .summary = N_("Writes all messages on topics that any TOPIC matches to a file, until it is stopped."),
    .description =
      N_("TOPIC is a regular expression that has to match the whole topic; without any, all topics are\n"
         "recorded but hidden ones. What is encrypted on the bus is not encrypted in the file."),
    .entries = entries,
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(MbClient) client = NULL;
  g_autoptr(GFile) file = NULL;
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if ((count != NULL && !mbtt_parse_count (count, &self.n_wanted, &error)) ||
      (duration != NULL && !mbtt_parse_seconds ("--duration", duration, &self.duration, &error)))
    return mbtt_fail_usage (error);

  if (output == NULL)
    {
      g_autoptr(GDateTime) now = g_date_time_new_now_local ();

      output = g_date_time_format (now, "bus-%Y-%m-%d-%H%M%S.jsonl");
      self.tells_file = TRUE;
    }
  file = g_file_new_for_path (output);

  client = mbtt_client_new (FALSE, &status);
  if (client == NULL)
    return status;

  self.recorder = mb_recorder_new (client, file);
  mb_recorder_set_append (self.recorder, append);
  mb_recorder_set_include_hidden (self.recorder, hidden);
  mb_recorder_set_patterns (self.recorder, (const char * const *) args);

  status = run (&self, client);

  g_clear_object (&self.recorder);
  g_clear_error (&self.error);
  mb_client_close (client);

  return status;
}
