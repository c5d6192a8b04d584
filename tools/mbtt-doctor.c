/* mbtt-doctor.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-doctor.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-bus.h"
#include "mbtt-commands.h"
#include "mbtt-common.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-terminal.h"
#include "mbtt-values.h"

struct _MbttFindings
{
  GString      *json;       /* an array that is being written */
  MbttSeverity  worst;
  gboolean      stopped;    /* nobody reads any more */
  int           status;
};

static const char * const severities[] = { "ok", "hint", "warning", "problem" };

void
mbtt_findings_add (MbttFindings *self,
                   const char   *check,
                   MbttSeverity  severity,
                   char         *what,
                   char         *remedy)
{
  g_autofree char *owned_what = what;
  g_autofree char *owned_remedy = remedy;
  g_autoptr(GString) object = g_string_new ("{");

  self->worst = MAX (self->worst, severity);

  mbtt_append_string (object, "check", check);
  mbtt_append_string (object, "severity", severities[severity]);
  mbtt_append_string (object, "what", what);
  mbtt_append_string (object, "remedy", remedy);
  g_string_append_printf (self->json, "%s%s}", self->json->len > 1 ? "," : "", object->str);

  if (!mbtt_get_options ()->json && !self->stopped)
    {
      static const char * const labels[] = { N_("ok:"), N_("hint:"), N_("warning:"), N_("PROBLEM:") };
      g_autoptr(GString) line = g_string_new (NULL);

      g_string_append_printf (line, "%-9s ", _(labels[severity]));
      mbtt_append_shown (line, MBTT_STYLE_NONE, what);
      self->stopped = !mbtt_print_line (line->str, &self->status);
      if (remedy != NULL && !self->stopped)
        {
          g_string_printf (line, "%-9s → ", "");
          mbtt_append_shown (line, MBTT_STYLE_NONE, remedy);
          self->stopped = !mbtt_print_line (line->str, &self->status);
        }
    }
}

static gboolean
check_pattern (MbClient    *client,
               const char  *pattern,
               GError     **error)
{
  g_autoptr(MbSubscriber) subscriber = mb_client_subscribe (client, pattern, NULL, error);

  if (subscriber == NULL)
    return FALSE;

  mb_subscriber_close (subscriber);

  return TRUE;
}

static gboolean
has_keys (MbClient *client)
{
  const MbttOptions *options = mbtt_get_options ();

  return options->passphrase != NULL || options->passphrase_file != NULL || options->keyring ||
         mb_client_get_recipients (client) != NULL || g_getenv ("MINIBUS_PASSPHRASE") != NULL;
}

static void
check (MbttFindings *self,
       MbttBus      *bus,
       MbAddress    *address,
       const char   *topic,
       double        seconds)
{
  g_autoptr(GError) error = NULL;
  g_auto(MbttHeard) heard = { .wanted = topic };
  gboolean networked = strcmp (mb_address_get_scheme (address), "multicast") == 0;

  if (networked)
    {
      mbtt_doctor_interfaces (self, address);
      mbtt_doctor_route (self, address);
    }

  if (!mbtt_client_open (bus->client, &error))
    {
      mbtt_doctor_opening (self, address, error);
      return;
    }
  mbtt_doctor_opening (self, address, NULL);

  if (networked)
    {
      mbtt_doctor_membership (self, address);
      mbtt_doctor_firewall (self, address);
    }

  if (mbtt_doctor_echo (self, bus->client, address) &&
      mbtt_doctor_listen (self, bus->client, seconds, &heard) &&
      mbtt_bus_collect (bus, &self->status))
    {
      mbtt_doctor_peers (self, bus, &heard, has_keys (bus->client));
      mbtt_doctor_topics (self, bus, &heard);
    }

  if (networked)
    mbtt_doctor_buffers (self, address);
}

int
mbtt_doctor (int    argc,
             char **argv)
{
  MbttFindings self = { .status = MBTT_EXIT_DONE };
  g_autofree char *duration = NULL;
  const GOptionEntry entries[] = {
    { "duration", 0, 0, G_OPTION_ARG_FILENAME, &duration,
      N_("How long to listen to the bus (default: 3)"), N_("SECONDS") },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "TOPIC" },
    .words = { MBTT_WORD_TOPIC },
    .summary = N_("Finds out why messages do not arrive, and tells what to do about it."),
    .description =
      N_("With TOPIC, which may be a regular expression, it also tells who publishes on it and who listens, or\n"
         "whether there is one that is spelled nearly so. The exit status is 1 if there is a problem."),
    .entries = entries,
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = NULL;
  g_auto(MbttBus) bus = { NULL };
  g_auto(GStrv) args = NULL;
  double seconds = 3;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (duration != NULL && !mbtt_parse_seconds ("--duration", duration, &seconds, &error))
    return mbtt_fail_usage (error);

  address = mbtt_get_address (&error);
  if (address == NULL)
    return mbtt_fail (error);

  bus.client = mbtt_client_new (FALSE, &status);
  if (bus.client == NULL)
    return status;
  bus.directory = mb_directory_new (bus.client);

  if (args[0] != NULL && !check_pattern (bus.client, args[0], &error))
    return mbtt_fail_usage (error);

  /* The time is over when it is over. */
  if (mbtt_get_options ()->timeout >= 0)
    seconds = MIN (seconds, mbtt_get_options ()->timeout);

  mbtt_loop_init ();
  self.json = g_string_new ("[");
  check (&self, &bus, address, args[0], seconds);

  if (mbtt_get_options ()->json)
    {
      g_string_append_c (self.json, ']');
      mbtt_print_line (self.json->str, &self.status);
    }
  g_string_free (self.json, TRUE);

  if (self.status != MBTT_EXIT_DONE)
    return self.status;

  return self.worst == MBTT_FINDING_PROBLEM ? MBTT_EXIT_FAILED : MBTT_EXIT_DONE;
}
