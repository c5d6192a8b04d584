/* mbtt-wait.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-bus.h"
#include "mbtt-common.h"
#include "mbtt-listen.h"
#include "mbtt-loop.h"
#include "mbtt-nearest.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

/* How often to look, in milliseconds. What is looked at is in memory. */
#define INTERVAL 20

typedef enum
{
  MESSAGE,
  PUBLISHER,
  SUBSCRIBER,
  SERVICE,
  PEER,
} Kind;

static const char *const kinds[] = { "message", "publisher", "subscriber", "service", "peer", NULL };

typedef struct
{
  MbttBus     bus;
  Kind        kind;
  const char *name;
  gboolean    gone;         /* wait until there is none any more */
  gboolean    settled;      /* what is not known now is not there */
  gint64      started_at;
} Wait;

static gboolean
is_there (Wait *self)
{
  MbDirectory *directory = self->bus.directory;
  MbServiceInfo *service;
  MbPeer *peer;

  switch (self->kind)
    {
    case PUBLISHER:
      return mb_directory_count_publishers (directory, self->name) > 0;

    case SUBSCRIBER:
      return mb_directory_count_subscribers (directory, self->name) > 0;

    case SERVICE:
      service = mb_directory_find_service (directory, self->name);
      return service != NULL && mbtt_has_other (mb_service_info_get_providers (service));

    default:
      peer = mb_directory_find_peer (directory, self->name);
      return peer != NULL && !mb_peer_get_is_own (peer);
    }
}

static gboolean
look_cb (gpointer user_data)
{
  Wait *self = user_data;

  if (self->gone && !self->settled)
    return G_SOURCE_CONTINUE;

  if (is_there (self) != self->gone)
    mbtt_loop_quit ();

  return G_SOURCE_CONTINUE;
}

static void
collected_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  Wait *self;

  mb_directory_collect_finish (MB_DIRECTORY (object), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  self = user_data;
  self->settled = TRUE;
}

static int
print_done (Kind        kind,
            const char *name,
            gint64      started_at)
{
  g_autoptr(GString) object = g_string_new ("{");
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];
  int status = MBTT_EXIT_DONE;

  if (!mbtt_get_options ()->json)
    return status;

  g_ascii_formatd (seconds, sizeof seconds, "%.3f",
                   (double) (g_get_monotonic_time () - started_at) / G_TIME_SPAN_SECOND);
  mbtt_append_string (object, "kind", kinds[kind]);
  mbtt_append_string (object, "name", name);
  mbtt_append_member (object, "seconds", seconds);
  g_string_append_c (object, '}');
  mbtt_print_line (object->str, &status);

  return status;
}

/* What is there in its place, for somebody who has waited in vain. */
static void
suggest (Wait *self)
{
  g_auto(GStrv) names = NULL;

  if (self->kind == SERVICE)
    names = mb_directory_suggest_services (self->bus.directory, self->name);
  else if (self->kind != PEER)
    names = mb_directory_suggest_topics (self->bus.directory, self->name);

  if (names != NULL && names[0] != NULL)
    mbtt_print_note (_("Did you mean “%s”?"), names[0]);
}

static int
judge (Wait    *self,
       MbttEnd  end)
{
  if (end == MBTT_END_QUIT)
    return print_done (self->kind, self->name, self->started_at);

  if (end == MBTT_END_STOPPED)
    {
      mbtt_print_note (_("Stopped before there was anything to tell"));
      return MBTT_EXIT_FAILED;
    }

  if (self->gone)
    {
      mbtt_print_note (_("“%s” is still there after %g s"), self->name, mbtt_get_options ()->timeout);
    }
  else
    {
      mbtt_print_note (_("There is no %s “%s” after %g s"), kinds[self->kind], self->name,
                       mbtt_get_options ()->timeout);
      suggest (self);
    }

  return MBTT_EXIT_TIMED_OUT;
}

static int
wait_for_peers (Wait *self)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  guint timer;
  int status;
  MbttEnd end;

  /* What is hidden has been named. */
  if (!mbtt_bus_open (&self->bus, TRUE, &status))
    return status;

  if (mbtt_get_options ()->verbose)
    mbtt_print_note (_("Waiting for “%s”"), self->name);
  else
    mbtt_show_progress (_("Waiting for “%s”"), self->name);

  mb_directory_collect_async (self->bus.directory, 3000, cancellable, collected_cb, self);
  timer = g_timeout_add (INTERVAL, look_cb, self);
  end = mbtt_loop_run (mbtt_get_options ()->timeout);
  g_source_remove (timer);
  g_cancellable_cancel (cancellable);
  mbtt_show_progress ("%s", "");

  return judge (self, end);
}

static gboolean
message_cb (MbMessage *message,
            int       *status,
            gpointer   data)
{
  Wait *self = data;

  *status = print_done (MESSAGE, mb_message_get_topic (message), self->started_at);

  return FALSE;
}

static int
wait_for_message (Wait *self)
{
  const MbttListening listening = {
    .pattern = self->name,
    .message = message_cb,
    .needs_some = TRUE,
    .stop_fails = TRUE,
    .data = self,
  };

  return mbtt_listen (&listening);
}

static gboolean
read_kind (Wait        *self,
           const char  *text,
           GError     **error)
{
  g_autofree char *names = NULL;
  const char *nearest;

  for (guint i = 0; kinds[i] != NULL; i++)
    {
      if (strcmp (text, kinds[i]) != 0)
        continue;

      self->kind = i;
      return TRUE;
    }

  names = g_strjoinv (", ", (char **) kinds);
  nearest = mbtt_find_nearest (text, kinds);
  if (nearest != NULL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("“%s” is nothing to wait for; did you mean “%s”? There are: %s"), text, nearest, names);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("“%s” is nothing to wait for; there are: %s"), text, names);

  return FALSE;
}

int
mbtt_wait (int    argc,
           char **argv)
{
  Wait self = { { NULL }, .started_at = g_get_monotonic_time () };
  const GOptionEntry entries[] = {
    { "gone", 0, 0, G_OPTION_ARG_NONE, &self.gone, N_("Wait until there is none any more"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "KIND", "NAME" },
    .words = { MBTT_WORD_CHOICE, MBTT_WORD_KIND },
    .choices = kinds,
    .n_required = 2,
    .summary = N_("Waits for a message, publisher or subscriber of a topic, for a service, or for a peer."),
    .description =
      N_("KIND is message, publisher, subscriber, service or peer. For messages and publishers, NAME is a regular\n"
         "expression for the whole topic. It waits for ever unless --timeout says otherwise; if that is over, the\n"
         "exit status is 3. The options that choose messages are for messages only."),
    .entries = entries,
    .more_entries = mbtt_listen_get_entries (),
  };
  g_auto(GStrv) args = NULL;
  g_autoptr(GError) error = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (!read_kind (&self, args[0], &error))
    return mbtt_fail_usage (error);

  self.name = args[1];
  if (self.kind == MESSAGE && self.gone)
    {
      mbtt_print_note (_("A message cannot be gone; --gone is for publisher, subscriber, service and peer"));
      return MBTT_EXIT_USAGE;
    }

  status = self.kind == MESSAGE ? wait_for_message (&self) : wait_for_peers (&self);
  mbtt_bus_clear (&self.bus);

  return status;
}
