/* mbtt-play.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>
#include <unistd.h>

#include "mbtt-common.h"
#include "mbtt-format.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

typedef struct
{
  MbPlayer *player;
  gboolean  ended;
  GError   *error;
} Play;

static void
moved_cb (MbPlayer   *player,
          GParamSpec *pspec,
          Play       *self)
{
  gint64 duration = mb_player_get_duration (player);
  g_autofree char *position_text = mbtt_format_seconds (mb_player_get_position (player));
  g_autofree char *duration_text = duration >= 0 ? mbtt_format_seconds (duration) : g_strdup ("?");

  mbtt_show_progress (_("Playing: %s of %s (%d %%), messages: %u"), position_text, duration_text,
                      (int) (mb_player_get_progress (player) * 100),
                      mb_player_get_n_messages (player));
}

static void
skipped_cb (MbPlayer     *player,
            const char   *topic,
            const GError *error,
            Play         *self)
{
  mbtt_print_note (_("Skipped: %s"), error->message);
}

static void
played_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Play *self = user_data;

  mb_player_play_finish (MB_PLAYER (object), result, &self->error);
  self->ended = TRUE;
  mbtt_loop_quit ();
}

static void
print_summary (Play     *self,
               MbttEnd   end)
{
  MbPlayer *player = self->player;
  guint n_messages = mb_player_get_n_messages (player);
  guint n_skipped = mb_player_get_n_skipped (player);

  mbtt_show_progress ("%s", "");

  if (mbtt_get_options ()->json)
    {
      g_autofree char *path = g_file_get_parse_name (mb_player_get_file (player));
      g_autoptr(GString) object = g_string_new ("{");
      gint64 position = mb_player_get_position (player);
      int status;

      mbtt_append_string (object, "file", path);
      g_string_append_printf (object, ",\"messages\":%u,\"skipped\":%u,\"position\":%" G_GINT64_FORMAT ".%06d}",
                              n_messages, n_skipped, position / G_USEC_PER_SEC,
                              (int) (position % G_USEC_PER_SEC));
      mbtt_print_line (object->str, &status);
    }

  if (n_skipped > 0 || isatty (STDERR_FILENO) || mbtt_get_options ()->verbose)
    mbtt_print_note (_("Messages played: %u, skipped: %u"), n_messages, n_skipped);
}

static int
run (Play     *self,
     MbClient *client)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  MbttEnd end;

  mbtt_loop_init ();
  if (!mbtt_client_open (client, &error))
    return mbtt_fail (error);

  g_signal_connect (self->player, "notify::position", G_CALLBACK (moved_cb), self);
  g_signal_connect (self->player, "skipped", G_CALLBACK (skipped_cb), self);
  mb_player_play_async (self->player, cancellable, played_cb, self);
  end = mbtt_loop_run (mbtt_get_options ()->timeout);

  g_cancellable_cancel (cancellable);
  while (!self->ended)
    g_main_context_iteration (NULL, TRUE);
  g_signal_handlers_disconnect_by_data (self->player, self);

  /* What was published may still have to be encrypted. */
  if (!mb_client_flush_sync (client, NULL, &error) && self->error == NULL)
    self->error = g_steal_pointer (&error);

  if (self->error != NULL && !g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return mbtt_fail (self->error);

  print_summary (self, end);
  if (end == MBTT_END_TIMEOUT)
    {
      mbtt_print_note (_("The recording was not played to its end in time"));
      return MBTT_EXIT_TIMED_OUT;
    }

  return MBTT_EXIT_DONE;
}

int
mbtt_play (int    argc,
           char **argv)
{
  Play self = { .player = NULL };
  gboolean loop = FALSE;
  double speed_value = 1;
  double rate_value = 0;
  double from_value = 0;
  double to_value = -1;
  g_autofree char *from = NULL;
  g_autofree char *prefix = NULL;
  g_autofree char *rate = NULL;
  g_autofree char *speed = NULL;
  g_autofree char *to = NULL;
  const GOptionEntry entries[] = {
    { "from", 0, 0, G_OPTION_ARG_FILENAME, &from,
      N_("Begin so many seconds after the beginning of the recording"), N_("SECONDS") },
    { "loop", 0, 0, G_OPTION_ARG_NONE, &loop,
      N_("Begin again at the end"), NULL },
    { "prefix", 0, 0, G_OPTION_ARG_FILENAME, &prefix,
      N_("Put this before each topic"), N_("TEXT") },
    { "rate", 0, 0, G_OPTION_ARG_FILENAME, &rate,
      N_("Publish so many messages in a second at most"), N_("NUMBER") },
    { "speed", 0, 0, G_OPTION_ARG_FILENAME, &speed,
      N_("How many times as fast as it was recorded; 0 is as fast as can be"), N_("FACTOR") },
    { "to", 0, 0, G_OPTION_ARG_FILENAME, &to,
      N_("End so many seconds after the beginning of the recording"), N_("SECONDS") },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "FILE", "TOPIC" },
    .words = { MBTT_WORD_FILE, MBTT_WORD_PATTERN },
    .n_required = 1,
    .takes_more = TRUE,
    .summary = N_("Publishes the messages of a recording again, on topics that any TOPIC matches."),
    .description =
      N_("Topics and data are those of the recording, the author is this program. Without any TOPIC, all are\n"
         "played."),
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

  if ((from != NULL && !mbtt_parse_seconds ("--from", from, &from_value, &error)) ||
      (to != NULL && !mbtt_parse_seconds ("--to", to, &to_value, &error)) ||
      (speed != NULL && !mbtt_parse_factor ("--speed", speed, &speed_value, &error)) ||
      (rate != NULL && !mbtt_parse_factor ("--rate", rate, &rate_value, &error)))
    return mbtt_fail_usage (error);

  if (prefix != NULL && !g_utf8_validate (prefix, -1, NULL))
    {
      mbtt_print_note (_("The value of %s, “%s”, is not valid UTF-8"), "--prefix", prefix);
      return MBTT_EXIT_USAGE;
    }

  client = mbtt_client_new (FALSE, &status);
  if (client == NULL)
    return status;

  file = g_file_new_for_commandline_arg (args[0]);
  self.player = mb_player_new (client, file);
  mb_player_set_loop (self.player, loop);
  mb_player_set_speed (self.player, speed_value);
  mb_player_set_max_rate (self.player, rate_value);
  mb_player_set_topic_prefix (self.player, prefix);
  mb_player_set_patterns (self.player, (const char * const *) args + 1);
  mb_player_set_start_position (self.player, (gint64) (from_value * G_USEC_PER_SEC));
  if (to_value >= 0)
    mb_player_set_stop_position (self.player, (gint64) (to_value * G_USEC_PER_SEC));

  status = run (&self, client);

  g_clear_object (&self.player);
  g_clear_error (&self.error);
  mb_client_close (client);

  return status;
}
