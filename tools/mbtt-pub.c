/* mbtt-pub.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "mbtt-common.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

/* How long a message is waited for on its way back, in seconds. On one machine it takes far less
 * than a millisecond. */
#define DEFAULT_TIMEOUT 1.0

typedef struct
{
  MbPublisher *publisher;
  const char  *name;        /* of the client */
  double       timeout;
  gulong      n_sent;
  gulong      n_unheard;
  gboolean     heard;       /* the message sent last */
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
  guint timer = g_timeout_add (mbtt_to_milliseconds (self->timeout), timeout_cb, &timed_out);

  while (!self->heard && !timed_out)
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

/* The command line is right in this case. */
static int
fail_line (gulong        line,
           const GError *error)
{
  mbtt_print_note (_("Line %lu of standard input: %s"), line, error->message);

  return MBTT_EXIT_FAILED;
}

/* Publishes one message, which came with a line of that number, or 0. Returns FALSE with a
 * status when the program is to end. */
static gboolean
publish (Pub        *self,
         const char *json,
         gulong      line,
         int        *status)
{
  g_autoptr(GError) error = NULL;

  self->heard = FALSE;

  if (!mb_publisher_publish_text (self->publisher, json, &error))
    {
      *status = line == 0 ? mbtt_fail (error) : fail_line (line, error);
      return FALSE;
    }

  self->n_sent++;
  if (self->timeout > 0)
    wait_until_heard (self);

  return !mbtt_get_options ()->json || print_sent (self, json, status);
}

typedef struct
{
  gboolean  done;
  char     *line;
  gsize     length;
  GError   *error;
} Reading;

static void
line_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Reading *reading = user_data;

  reading->line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (object), result,
                                                        &reading->length, &reading->error);
  reading->done = TRUE;
}

/* Reads the next line while messages that others publish on the topic are taken in and thrown
 * away. Returns NULL without an error at the end. */
static char *
read_line (GDataInputStream  *input,
           GError           **error)
{
  Reading reading = { FALSE };

  g_data_input_stream_read_line_async (input, G_PRIORITY_DEFAULT, NULL, line_cb, &reading);
  while (!reading.done)
    g_main_context_iteration (NULL, TRUE);

  if (reading.error != NULL)
    {
      g_propagate_error (error, reading.error);
      return NULL;
    }

  if (reading.line != NULL && !g_utf8_validate_len (reading.line, reading.length, NULL))
    {
      g_set_error_literal (error, MB_JSON_ERROR, MB_JSON_ERROR_ENCODING,
                           _("This is not valid UTF-8 text, which everything on the bus is"));
      g_clear_pointer (&reading.line, g_free);
    }

  return reading.line;
}

static gboolean
is_blank (const char *line)
{
  return line[strspn (line, " \t\r")] == '\0';
}

static int
publish_lines (Pub      *self,
               gboolean  is_string)
{
  g_autoptr(GInputStream) raw = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr(GDataInputStream) input = g_data_input_stream_new (raw);
  int status = MBTT_EXIT_DONE;

  if (isatty (STDIN_FILENO))
    mbtt_print_note (_("Each line that you type is published; end with Ctrl+D"));

  for (gulong number = 1;; number++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *line = read_line (input, &error);
      g_autofree char *json = NULL;

      if (line == NULL && error == NULL)
        return status;

      if (line != NULL && !is_string && is_blank (line))
        continue;

      if (line != NULL)
        json = mbtt_read_value (_("The line"), line, is_string, &error);
      if (json == NULL)
        return fail_line (number, error);

      if (!publish (self, json, number, &status))
        return status;
    }
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
  if (mbtt_get_options ()->verbose)
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
     gboolean    is_string)
{
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(GError) error = NULL;
  int status = MBTT_EXIT_DONE;

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
    publish (self, json, 0, &status);
  else
    status = publish_lines (self, is_string);

  report (self);

  return status;
}

int
mbtt_pub (int    argc,
          char **argv)
{
  Pub self = { NULL };
  gboolean is_string = FALSE;
  g_autofree char *schema_text = NULL;
  const GOptionEntry entries[] = {
    { "schema", 0, 0, G_OPTION_ARG_FILENAME, &schema_text,
      N_("Publish only what satisfies a JSON Schema: a file, or JSON text"), N_("SCHEMA") },
    { "string", 0, 0, G_OPTION_ARG_NONE, &is_string,
      N_("Take the data as a string, even if it is JSON"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "TOPIC", "DATA" },
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
  g_autofree char *json = NULL;
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (args[1] != NULL && strcmp (args[1], "-") != 0)
    {
      json = mbtt_read_value ("DATA", args[1], is_string, &error);
      if (json == NULL)
        return mbtt_fail (error);
    }

  if (schema_text != NULL)
    {
      schema = mbtt_read_schema (schema_text, &error);
      if (schema == NULL)
        return mbtt_fail_usage (error);
    }

  client = mbtt_client_new (json == NULL, &status);
  if (client == NULL)
    return status;

  publisher = mb_client_create_publisher (client, args[0], schema, &error);
  if (publisher == NULL)
    return mbtt_fail (error);

  self.publisher = publisher;
  self.name = mb_client_get_name (client);
  self.timeout = mbtt_get_options ()->timeout >= 0 ? mbtt_get_options ()->timeout : DEFAULT_TIMEOUT;

  status = run (&self, client, args[0], json, is_string);
  /* What is to be encrypted may still wait for that. */
  if (!mb_client_flush_sync (client, NULL, &error) && status == MBTT_EXIT_DONE)
    status = mbtt_fail (error);
  mb_client_close (client);

  return status;
}
