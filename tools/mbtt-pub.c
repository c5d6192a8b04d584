/* mbtt-pub.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "mbtt-common.h"
#include "mbtt-input.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

/* How long a message is waited for on its way back, in seconds. On one machine it takes far less
 * than a millisecond. */
#define DEFAULT_TIMEOUT 1.0

#define MIN_RATE 0.001
#define MAX_RATE 100000

typedef struct
{
  MbPublisher *publisher;
  const char  *name;        /* of the client */
  double       timeout;
  double       rate;        /* messages a second; 0 for as fast as they can be taken */
  gint64       due;         /* when the next message is, by the monotonic clock */
  gulong       n_sent;
  gulong       n_unheard;
  gboolean     heard;       /* the message sent last */
  gboolean     stopped;
} Pub;

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            Pub          *self)
{
  /* The numbers of a topic count from 1 in each session, and this program has one. */
  if (mb_message_get_session (message) == NULL ||
      mb_message_get_sequence (message) != self->n_sent ||
      g_strcmp0 (mb_message_get_author (message), self->name) != 0)
    return;

  self->heard = TRUE;
}

static gboolean
timeout_cb (gpointer user_data)
{
  gboolean *timed_out = user_data;

  *timed_out = TRUE;

  return G_SOURCE_CONTINUE;
}

static void
wait_until_heard (Pub *self)
{
  gboolean timed_out = FALSE;
  double seconds = self->rate > 0 ? MIN (self->timeout, 1 / self->rate) : self->timeout;
  guint timer = g_timeout_add (MAX (1, mbtt_to_milliseconds (seconds)), timeout_cb, &timed_out);

  while (!self->heard && !timed_out && !self->stopped)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);

  if (!self->heard)
    self->n_unheard++;
}

static gboolean
print_sent (Pub        *self,
            const char *json,
            int        *status)
{
  g_autoptr(GString) object = g_string_new ("{");
  g_autofree char *data = mbtt_tidy_json (json);

  mbtt_append_string (object, "topic", mb_publisher_get_topic (self->publisher));
  mbtt_append_member (object, "data", data);
  mbtt_append_member (object, "heard", self->timeout > 0 ? (self->heard ? "true" : "false") : NULL);
  g_string_append_c (object, '}');

  return mbtt_print_line (object->str, status);
}

/* Publishes one message. Returns FALSE with an error, or with a status when nothing can be printed any more. */
static gboolean
publish (Pub         *self,
         const char  *json,
         int         *status,
         GError     **error)
{
  self->heard = FALSE;

  if (!mb_publisher_publish_text (self->publisher, json, error))
    return FALSE;

  self->n_sent++;
  if (self->timeout > 0)
    wait_until_heard (self);

  return !mbtt_get_options ()->json || print_sent (self, json, status);
}

static gboolean
pause_cb (gpointer user_data)
{
  gboolean *over = user_data;

  *over = TRUE;

  return G_SOURCE_REMOVE;
}

/* Waits until it is time for the next message. What was late is not made up for. */
static void
keep_rate (Pub *self)
{
  gint64 now = g_get_monotonic_time ();
  gboolean over = FALSE;
  guint timer;

  if (self->rate <= 0)
    return;

  self->due += (gint64) (G_TIME_SPAN_SECOND / self->rate);
  if (self->due <= now || self->n_sent == 0)
    {
      self->due = now;
      return;
    }

  timer = g_timeout_add ((guint) ((self->due - now + 500) / 1000), pause_cb, &over);
  while (!over && !self->stopped)
    g_main_context_iteration (NULL, TRUE);
  if (!over)
    g_source_remove (timer);
}

static gboolean
is_blank (const char *line)
{
  return line[strspn (line, " \t\r")] == '\0';
}

/* The same message again and again, if so many are wanted. */
static int
publish_value (Pub        *self,
               const char *json,
               gulong      count)
{
  int status = MBTT_EXIT_DONE;

  for (gulong i = 0; (count == 0 || i < count) && !self->stopped; i++)
    {
      g_autoptr(GError) error = NULL;

      keep_rate (self);
      if (self->stopped)
        return status;
      if (!publish (self, json, &status, &error))
        return error != NULL ? mbtt_fail (error) : status;
    }

  return status;
}

/* Each line, up to `count` of them unless that is 0. */
static int
publish_lines (Pub       *self,
               MbttInput *input,
               gulong     count,
               gboolean   is_string)
{
  int status = MBTT_EXIT_DONE;

  while ((count == 0 || self->n_sent < count) && !self->stopped)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *line = mbtt_input_read (input, &self->stopped, &error);
      g_autofree char *json = NULL;

      if (line == NULL && error == NULL)
        return status;

      if (line != NULL && !is_string && is_blank (line))
        continue;

      if (line != NULL)
        json = mbtt_read_value (_("The line"), line, is_string, &error);
      if (json == NULL)
        return mbtt_input_fail (input, error);

      keep_rate (self);
      if (self->stopped)
        return status;
      if (!publish (self, json, &status, &error))
        return error != NULL ? mbtt_input_fail (input, error) : status;
    }

  return status;
}

/* All that a file or standard input has. */
static int
publish_input (Pub       *self,
               MbttInput *input,
               gulong     count,
               gboolean   is_string)
{
  g_autofree char *whole = is_string ? NULL : mbtt_input_get_whole (input);
  g_autoptr(GError) error = NULL;
  int status = MBTT_EXIT_DONE;

  if (whole == NULL)
    return publish_lines (self, input, count, is_string);

  if (count != 1 || self->rate > 0)
    return publish_value (self, whole, count == 0 && self->rate <= 0 ? 1 : count);

  if (!publish (self, whole, &status, &error) && error != NULL)
    return mbtt_input_fail (input, error);

  return status;
}

/* Says so when the topic is surely meant to be a pattern. */
static void
note_pattern (const char *topic)
{
  if (topic[0] != '^' && strstr (topic, ".*") == NULL && strstr (topic, ".+") == NULL)
    return;

  mbtt_print_note (_("Note that “%s” is taken literally: a message has one topic, and patterns are "
                     "for those who subscribe"),
                   topic);
}

static void
report (Pub *self)
{
  if (mbtt_get_options ()->verbose || (self->stopped && isatty (STDERR_FILENO)))
    mbtt_print_note (_("Messages: %lu, not heard back: %lu"),
                     self->n_sent, self->n_unheard);

  if (self->n_unheard > 0)
    mbtt_print_note (_("Sent, but not heard back within %g s (%lu of %lu): perhaps "
                       "nobody got it; does a firewall block UDP on this machine?"),
                     self->timeout, self->n_unheard, self->n_sent);
}

static int
run (Pub        *self,
     MbClient   *client,
     const char *topic,
     const char *json,
     MbttInput  *input,
     gulong      count,
     gboolean    is_string)
{
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(GError) error = NULL;
  int status;

  mbtt_loop_init ();
  mbtt_loop_watch (&self->stopped);

  if (self->timeout > 0)
    {
      g_autofree char *pattern = g_regex_escape_string (topic, -1);

      subscriber = mb_client_subscribe (client, pattern, NULL, &error);
      if (subscriber == NULL)
        return mbtt_fail (error);
      g_signal_connect (subscriber, "message", G_CALLBACK (message_cb), self);
    }

  if (!mbtt_client_open (client, &error))
    return mbtt_fail (error);

  note_pattern (topic);

  if (json != NULL)
    status = publish_value (self, json, count == 0 && self->rate <= 0 ? 1 : count);
  else
    status = publish_input (self, input, count, is_string);

  report (self);

  return status;
}

static gboolean
parse_rate (const char  *text,
            double      *rate,
            GError     **error)
{
  char *end;

  *rate = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && text[strspn (text, "0123456789.")] == '\0' &&
      *rate >= MIN_RATE && *rate <= MAX_RATE)
    return TRUE;

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("“%s” is not a rate for --rate, which takes messages a second from %g to %d, such as 0.5"),
               text, MIN_RATE, MAX_RATE);

  return FALSE;
}

/* Where the messages come from: the argument, or a file or standard input. */
static gboolean
find_data (const char  *data,
           const char  *file,
           gboolean     is_string,
           char       **json,
           MbttInput  **input,
           GError     **error)
{
  if (data != NULL && file != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _("There can be only one of DATA and --file"));
      return FALSE;
    }

  if (file != NULL)
    {
      *input = mbtt_input_new_file (file, error);
      return *input != NULL;
    }

  if (data != NULL && strcmp (data, "-") != 0)
    {
      *json = mbtt_read_value ("DATA", data, is_string, error);
      return *json != NULL;
    }

  *input = mbtt_input_new_stdin ();

  return TRUE;
}

int
mbtt_pub (int    argc,
          char **argv)
{
  Pub self = { NULL };
  gboolean is_string = FALSE;
  gulong n_wanted = 0;
  g_autofree char *count = NULL;
  g_autofree char *file = NULL;
  g_autofree char *rate = NULL;
  g_autofree char *schema_text = NULL;
  const GOptionEntry entries[] = {
    { "count", 0, 0, G_OPTION_ARG_FILENAME, &count,
      N_("End after so many messages; DATA is published as often"), N_("NUMBER") },
    { "file", 0, 0, G_OPTION_ARG_FILENAME, &file,
      N_("Publish each line of a file, or the file if it is one JSON value; - is standard input"),
      N_("FILE") },
    { "rate", 0, 0, G_OPTION_ARG_FILENAME, &rate,
      N_("Messages a second; DATA is published again and again, until --count or Ctrl+C"), N_("RATE") },
    { "schema", 0, 0, G_OPTION_ARG_FILENAME, &schema_text,
      N_("Publish only what satisfies a JSON Schema: a file, or JSON text"), N_("SCHEMA") },
    { "string", 0, 0, G_OPTION_ARG_NONE, &is_string,
      N_("Take the data as a string, even if it is JSON"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "TOPIC", "DATA" },
    .words = { MBTT_WORD_TOPIC, MBTT_WORD_ANY },
    .n_required = 1,
    .summary =
      N_("Publishes a message on a topic, or each line of standard input if DATA is missing or -."),
    .description =
      N_("DATA is JSON. What is not JSON and does not begin with {, [ or \" is taken as a string.\n"
         "Each message is waited for until it comes back from the network, for 1 second unless\n"
         "--timeout says otherwise; 0 is not to wait. It counts as sent even if it does not."),
    .entries = entries,
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbClient) client = NULL;
  g_autoptr(MbPublisher) publisher = NULL;
  g_autoptr(MbttInput) input = NULL;
  g_autofree char *json = NULL;
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if ((count != NULL && !mbtt_parse_count (count, &n_wanted, &error)) ||
      (rate != NULL && !parse_rate (rate, &self.rate, &error)))
    return mbtt_fail_usage (error);

  if (!find_data (args[1], file, is_string, &json, &input, &error))
    return mbtt_fail (error);

  if (schema_text != NULL)
    {
      schema = mbtt_read_schema (schema_text, &error);
      if (schema == NULL)
        return mbtt_fail_usage (error);
    }

  client = mbtt_client_new (input != NULL && (file == NULL || strcmp (file, "-") == 0), &status);
  if (client == NULL)
    return status;

  publisher = mb_client_create_publisher (client, args[0], schema, &error);
  if (publisher == NULL)
    return mbtt_fail (error);

  self.publisher = publisher;
  self.name = mb_client_get_name (client);
  self.timeout = mbtt_get_options ()->timeout >= 0 ? mbtt_get_options ()->timeout : DEFAULT_TIMEOUT;

  if (input != NULL && file == NULL && isatty (STDIN_FILENO))
    mbtt_print_note (_("Each line that you type is published; end with Ctrl+D"));

  status = run (&self, client, args[0], json, input, n_wanted, is_string);
  /* What is to be encrypted may still wait for that. */
  if (!mb_client_flush_sync (client, NULL, &error) && status == MBTT_EXIT_DONE)
    status = mbtt_fail (error);
  mb_client_close (client);

  return status;
}
