/* mbtt-doctor.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-doctor.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-commands.h"
#include "mbtt-common.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

struct _MbttFindings
{
  GString      *json;       /* an array that is being written */
  MbttSeverity  worst;
  gboolean      stopped;    /* nobody reads any more */
  int           status;
};

static const char * const severities[] = { "ok", "hint", "warning", "problem" };

static char *
make_line (const char *text)
{
  g_autofree char *quoted = mbtt_quote (text);
  g_autofree char *line = mbtt_tidy_json (quoted);

  /* Without the quotes: what is unsafe for a terminal stays escaped. */
  return g_strndup (line + 1, strlen (line) - 2);
}

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
      g_autofree char *safe = make_line (what);
      g_autofree char *line = g_strdup_printf ("%-9s %s", _(labels[severity]), safe);

      self->stopped = !mbtt_print_line (line, &self->status);
      if (remedy != NULL && !self->stopped)
        {
          g_autofree char *safe_remedy = make_line (remedy);
          g_autofree char *second = g_strdup_printf ("%-9s → %s", "", safe_remedy);

          self->stopped = !mbtt_print_line (second, &self->status);
        }
    }
}

static void
check (MbttFindings *self,
       MbClient     *client,
       MbAddress    *address,
       const char   *topic,
       double        seconds)
{
  g_autoptr(GError) error = NULL;
  gboolean networked = strcmp (mb_address_get_scheme (address), "multicast") == 0;

  if (networked)
    {
      mbtt_doctor_interfaces (self);
      mbtt_doctor_route (self, address);
    }

  if (!mbtt_client_open (client, &error))
    {
      mbtt_doctor_opening (self, error);
      return;
    }
  mbtt_doctor_opening (self, NULL);

  if (networked)
    mbtt_doctor_membership (self, address);
  mbtt_doctor_echo (self, client, address);
  mbtt_doctor_listen (self, client, topic, seconds);
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
    .summary = N_("Finds out why messages do not arrive, and tells what to do about it."),
    .description =
      N_("With TOPIC, it also tells whether somebody publishes on it, or on one that is spelled nearly so.\n"
         "The exit status is 1 if there is a problem."),
    .entries = entries,
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = NULL;
  g_autoptr(MbClient) client = NULL;
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

  client = mbtt_client_new (FALSE, &status);
  if (client == NULL)
    return status;

  mbtt_loop_init ();
  self.json = g_string_new ("[");
  check (&self, client, address, args[0], seconds);
  mb_client_close (client);

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
