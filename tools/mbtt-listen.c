/* mbtt-listen.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What all subcommands share that listen to topics: options that choose messages, and the end. */

#include "config.h"

#include "mbtt-listen.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "mbtt-common.h"
#include "mbtt-drops.h"
#include "mbtt-filter.h"
#include "mbtt-hidden.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

/* How long to look for what may be meant, in milliseconds. */
#define SUGGEST_TIMEOUT 1000

typedef struct
{
  const MbttListening *what;
  MbClient            *client;
  MbSubscriber        *subscriber;
  GPtrArray           *filters;     /* of MbttFilter */
  gulong               n_wanted;    /* 0: no limit */
  gulong               n_messages;
  gulong               n_skipped;   /* since the filters let them not through */
  gboolean             shows_hidden;
  gboolean             ticked;      /* nothing has come since */
  int                  status;
} Listen;

static struct
{
  char      *count;
  char      *from;
  char      *schema;
  char     **filters;
  gboolean   hidden;
} options;

static const GOptionEntry entries[] = {
  { "count", 0, 0, G_OPTION_ARG_FILENAME, &options.count,
    N_("End after so many messages"), N_("NUMBER") },
  { "filter", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.filters,
    N_("Take only messages like this: “/x>5”, “/name=~^a”, “!/error”, or a JSON Schema; may be repeated"),
    N_("FILTER") },
  { "from", 0, 0, G_OPTION_ARG_FILENAME, &options.from,
    N_("Take only what this peer sends"), N_("PEER") },
  { "hidden", 0, 0, G_OPTION_ARG_NONE, &options.hidden,
    N_("Take also topics with a part like __this__, which are left out unless TOPIC has “__” in it"), NULL },
  { "schema", 0, 0, G_OPTION_ARG_FILENAME, &options.schema,
    N_("Take only what satisfies a JSON Schema, a file or JSON text, and tell of the rest as lost"),
    N_("SCHEMA") },
  { NULL }
};

const GOptionEntry *
mbtt_listen_get_entries (void)
{
  return entries;
}

static gboolean
is_wanted (Listen    *self,
           MbMessage *message)
{
  if (!self->shows_hidden && mbtt_is_hidden (mb_message_get_topic (message)))
    return FALSE;

  if (options.from != NULL && g_strcmp0 (options.from, mb_message_get_author (message)) != 0)
    return FALSE;

  for (guint i = 0; i < self->filters->len; i++)
    {
      if (mbtt_filter_matches (g_ptr_array_index (self->filters, i), message))
        continue;

      self->n_skipped++;
      return FALSE;
    }

  return TRUE;
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            Listen       *self)
{
  if (!is_wanted (self, message))
    return;

  self->ticked = FALSE;
  self->n_messages++;
  if (self->what->message (message, &self->status, self->what->data) &&
      self->n_messages != self->n_wanted)
    return;

  /* So that of the messages that wait already, no more is taken. */
  mb_subscriber_close (subscriber);
  mbtt_loop_quit ();
}

static gboolean
tick_cb (gpointer user_data)
{
  Listen *self = user_data;

  self->ticked = TRUE;
  if (self->what->tick (&self->status, self->what->data))
    return G_SOURCE_CONTINUE;

  mb_subscriber_close (self->subscriber);
  mbtt_loop_quit ();

  return G_SOURCE_CONTINUE;
}

static void
print_summary (Listen    *self,
               MbttDrops *drops)
{
  gulong n_lost = mbtt_drops_get_total (drops);

  mbtt_drops_flush (drops);

  if (n_lost == 0 && !isatty (STDERR_FILENO) && !mbtt_get_options ()->verbose)
    return;

  if (self->n_skipped > 0)
    mbtt_print_note (_("Not let through by the filter: %lu"), self->n_skipped);
  mbtt_print_note (_("Messages: %lu, lost: %lu, of these never arrived: %u"),
                   self->n_messages, n_lost, mb_subscriber_get_n_missed (self->subscriber));
}

/* Helps somebody who has heard nothing. */
static void
suggest (Listen *self)
{
  g_autoptr(MbDirectory) directory = mb_directory_new (self->client);
  g_auto(GStrv) names = NULL;

  if (self->n_messages > 0 || self->n_skipped > 0 || mb_subscriber_get_is_closed (self->subscriber) ||
      !mb_directory_collect_sync (directory, SUGGEST_TIMEOUT, NULL, NULL))
    return;

  if (mb_directory_count_publishers (directory, mb_subscriber_get_pattern (self->subscriber)) > 0)
    {
      mbtt_print_note (_("There is somebody who publishes it, and who has said nothing meanwhile"));
      return;
    }

  names = mb_directory_suggest_topics (directory, self->what->pattern);
  if (names != NULL && names[0] != NULL)
    mbtt_print_note (_("Nobody publishes it; did you mean “%s”?"), names[0]);
  else
    mbtt_print_note (_("Nobody publishes it; “mbtt list” tells what topics there are"));
}

/* Returns what the end of the loop means. */
static int
judge (Listen  *self,
       MbttEnd  end)
{
  if (end == MBTT_END_STOPPED && self->what->stop_fails)
    {
      mbtt_print_note (_("Stopped before there was anything to tell"));
      return MBTT_EXIT_FAILED;
    }

  if (end == MBTT_END_TIMEOUT && self->n_wanted > 0)
    {
      mbtt_print_note (_("Of %lu messages only %lu came in time"),
                       self->n_wanted, self->n_messages);
      suggest (self);
      return MBTT_EXIT_TIMED_OUT;
    }

  if (end == MBTT_END_TIMEOUT && self->what->needs_some && self->n_messages == 0)
    {
      mbtt_print_note (_("No message came on “%s”"), mb_subscriber_get_pattern (self->subscriber));
      suggest (self);
      return MBTT_EXIT_TIMED_OUT;
    }

  return self->status;
}

static int
run (Listen *self)
{
  g_autoptr(MbttDrops) drops = mbtt_drops_new (self->client);
  g_autoptr(GError) error = NULL;
  guint timer = 0;
  MbttEnd end;

  g_signal_connect (self->subscriber, "message", G_CALLBACK (message_cb), self);

  mbtt_loop_init ();
  if (!mbtt_client_open (self->client, &error))
    return mbtt_fail (error);

  if (mbtt_get_options ()->verbose)
    mbtt_print_note (_("Listening to “%s”"), mb_subscriber_get_pattern (self->subscriber));

  self->ticked = TRUE;
  if (self->what->tick != NULL)
    timer = g_timeout_add ((guint) (self->what->interval * 1000), tick_cb, self);

  end = mbtt_loop_run (mbtt_get_options ()->timeout);

  g_clear_handle_id (&timer, g_source_remove);
  if (!self->ticked && self->what->tick != NULL && self->n_messages > 0)
    self->what->tick (&self->status, self->what->data);
  print_summary (self, drops);

  return judge (self, end);
}

static gboolean
read_filters (Listen  *self,
              GError **error)
{
  for (guint i = 0; options.filters != NULL && options.filters[i] != NULL; i++)
    {
      MbttFilter *filter = NULL;

      if (!g_utf8_validate (options.filters[i], -1, NULL))
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     _("The value of %s, “%s”, is not valid UTF-8"), "--filter", options.filters[i]);
      else
        filter = mbtt_filter_new (options.filters[i], error);
      if (filter == NULL)
        return FALSE;

      g_ptr_array_add (self->filters, filter);
    }

  return TRUE;
}

/* Listens as the options say, and returns an exit status. */
int
mbtt_listen (const MbttListening *what)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbClient) client = NULL;
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(GPtrArray) filters = g_ptr_array_new_with_free_func ((GDestroyNotify) mbtt_filter_free);
  Listen self = { .what = what, .filters = filters };
  int status;

  if (options.count != NULL && !mbtt_parse_count (options.count, &self.n_wanted, &error))
    return mbtt_fail_usage (error);

  if (!read_filters (&self, &error))
    return mbtt_fail_usage (error);

  if (options.schema != NULL)
    {
      schema = mbtt_read_schema (options.schema, &error);
      if (schema == NULL)
        return mbtt_fail_usage (error);
    }

  client = mbtt_client_new (FALSE, &status);
  if (client == NULL)
    return status;

  subscriber = mb_client_subscribe (client, what->pattern, schema, &error);
  if (subscriber == NULL)
    return mbtt_fail (error);

  self.client = client;
  self.subscriber = subscriber;
  self.shows_hidden = options.hidden || mbtt_names_hidden (what->pattern);
  status = run (&self);
  mb_client_close (client);

  return status;
}
