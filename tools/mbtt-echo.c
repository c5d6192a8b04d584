/* mbtt-echo.c
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
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

typedef struct
{
  gulong   n_wanted;      /* 0: no limit */
  gulong   n_messages;
  gboolean headers;
  int      status;
} Echo;

static gboolean
print_object (Echo       *self,
              MbMessage  *message,
              const char *data)
{
  g_autoptr(GString) object = g_string_new ("{");

  mbtt_append_message (object, message);
  if (data != NULL)
    mbtt_append_member (object, "data", data);
  g_string_append_c (object, '}');

  return mbtt_print_line (object->str, &self->status);
}

static gboolean
print_message (Echo      *self,
               MbMessage *message)
{
  const char *text = mb_message_get_text (message);
  g_autofree char *line = NULL;

  if (mbtt_get_options ()->json)
    {
      line = mbtt_tidy_json (text);
      return print_object (self, message, line);
    }

  if (self->headers && !print_object (self, message, NULL))
    return FALSE;

  line = mbtt_value_to_line (text);

  return mbtt_print_line (line, &self->status);
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            Echo         *self)
{
  if (print_message (self, message) && ++self->n_messages != self->n_wanted)
    return;

  /* So that of the messages that wait already, no more is printed. */
  mb_subscriber_close (subscriber);
  mbtt_loop_quit ();
}

static void
print_summary (Echo         *self,
               MbSubscriber *subscriber,
               MbttDrops    *drops)
{
  gulong n_lost = mbtt_drops_get_total (drops);

  mbtt_drops_flush (drops);

  if (n_lost == 0 && !isatty (STDERR_FILENO) && !mbtt_get_options ()->verbose)
    return;

  mbtt_print_note (_("Messages: %lu, lost: %lu, of these never arrived: %u"),
                   self->n_messages, n_lost, mb_subscriber_get_n_missed (subscriber));
}

static int
run (Echo         *self,
     MbClient     *client,
     MbSubscriber *subscriber)
{
  g_autoptr(MbttDrops) drops = mbtt_drops_new (client);
  g_autoptr(GError) error = NULL;
  MbttEnd end;

  g_signal_connect (subscriber, "message", G_CALLBACK (message_cb), self);

  mbtt_loop_init ();
  if (!mbtt_client_open (client, &error))
    return mbtt_fail (error);

  if (mbtt_get_options ()->verbose)
    mbtt_print_note (_("Listening to “%s”"), mb_subscriber_get_pattern (subscriber));

  end = mbtt_loop_run (mbtt_get_options ()->timeout);
  print_summary (self, subscriber, drops);

  if (end == MBTT_END_TIMEOUT && self->n_wanted > 0)
    {
      mbtt_print_note (_("Of %lu messages only %lu came in time"),
                       self->n_wanted, self->n_messages);
      return MBTT_EXIT_TIMED_OUT;
    }

  return self->status;
}

int
mbtt_echo (int    argc,
           char **argv)
{
  Echo self = { .status = MBTT_EXIT_DONE };
  g_autofree char *count = NULL;
  g_autofree char *schema_text = NULL;
  const GOptionEntry entries[] = {
    { "count", 0, 0, G_OPTION_ARG_FILENAME, &count,
      N_("End after so many messages"), N_("NUMBER") },
    { "headers", 0, 0, G_OPTION_ARG_NONE, &self.headers,
      N_("Print a line with the header before each message"), NULL },
    { "schema", 0, 0, G_OPTION_ARG_FILENAME, &schema_text,
      N_("Print only what satisfies a JSON Schema: a file, or JSON text"), N_("SCHEMA") },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "TOPIC" },
    .n_required = 1,
    .summary =
      N_("Prints the data of all messages on topics that TOPIC matches, one message a line."),
    .description =
      N_("TOPIC is a regular expression that has to match the whole topic, such as '/sensor/.*'.\n"
         "Strings are printed without quotes where “mbtt pub” would read them as the same string;\n"
         "everything else is JSON."),
    .entries = entries,
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbClient) client = NULL;
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (count != NULL && !mbtt_parse_count (count, &self.n_wanted, &error))
    return mbtt_fail_usage (error);

  if (schema_text != NULL)
    {
      schema = mbtt_read_schema (schema_text, &error);
      if (schema == NULL)
        return mbtt_fail_usage (error);
    }

  client = mbtt_client_new (FALSE, &status);
  if (client == NULL)
    return status;

  subscriber = mb_client_subscribe (client, args[0], schema, &error);
  if (subscriber == NULL)
    return mbtt_fail (error);

  status = run (&self, client, subscriber);
  mb_client_close (client);

  return status;
}
