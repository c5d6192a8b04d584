/* mbtt-clients.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The listings of the Python library's mbtt. */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>

#include "mbtt-bus.h"
#include "mbtt-common.h"
#include "mbtt-hidden.h"
#include "mbtt-output.h"
#include "mbtt-peers.h"
#include "mbtt-table.h"
#include "mbtt-terminal.h"
#include "mbtt-values.h"

typedef struct
{
  gboolean hidden;
  gboolean hostnames;
  gboolean pids;
  gboolean publishers;
  gboolean services;
  gboolean subscribers;
} Wanted;

static void
append_list (GString           *out,
             const char        *title,
             const char *const *names,
             gboolean           shows_hidden)
{
  g_string_append_printf (out, "\n  %s:", title);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (!shows_hidden && mbtt_is_hidden (names[i]))
        continue;

      g_string_append (out, "\n\t");
      mbtt_append_shown (out, MBTT_STYLE_NONE, names[i]);
    }
}

/* These titles are for programs too, and so are not translated. */
static char *
describe (MbPeer       *peer,
          const Wanted *wanted)
{
  GString *out = g_string_new (NULL);

  mbtt_append_shown (out, MBTT_STYLE_NAME, mb_peer_get_name (peer));
  g_string_append_c (out, ':');

  if (wanted->pids && mb_peer_get_process_id (peer) > 0)
    g_string_append_printf (out, "\n  PID: %d", mb_peer_get_process_id (peer));
  else if (wanted->pids)
    g_string_append (out, "\n  PID: ?");

  if (wanted->hostnames)
    {
      const char *host = mb_peer_get_host (peer);

      g_string_append (out, "\n  HOSTNAME: ");
      mbtt_append_shown (out, MBTT_STYLE_NONE, host != NULL ? host : "?");
    }

  if (wanted->publishers)
    append_list (out, "PUBLISHES", mbtt_peer_get_publishers (peer), wanted->hidden);
  if (wanted->subscribers)
    append_list (out, "SUBSCRIBES", mbtt_peer_get_subscribers (peer), wanted->hidden);
  if (wanted->services)
    append_list (out, "SERVICES", mbtt_peer_get_services (peer), wanted->hidden);
  g_string_append_c (out, '\n');

  return g_string_free (out, FALSE);
}

static int
print_clients (MbttBus      *bus,
               const Wanted *wanted)
{
  g_autoptr(GPtrArray) peers = mbtt_bus_get_peers (bus);
  int status = MBTT_EXIT_DONE;

  for (guint i = 0; i < peers->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (peers, i);
      g_autofree char *text = mbtt_get_options ()->json ? mbtt_peer_to_json (peer, wanted->hidden)
                                                        : describe (peer, wanted);

      if (!mbtt_print_line (text, &status))
        return status;
    }

  return status;
}

int
mbtt_clients (int    argc,
              char **argv)
{
  Wanted wanted = { FALSE };
  const GOptionEntry entries[] = {
    { "hidden", 0, 0, G_OPTION_ARG_NONE, &wanted.hidden,
      N_("Show also topics and services with a part like __this__"), NULL },
    { "hostnames", 0, 0, G_OPTION_ARG_NONE, &wanted.hostnames, N_("Show on what hosts they run"), NULL },
    { "pids", 0, 0, G_OPTION_ARG_NONE, &wanted.pids, N_("Show their process ids"), NULL },
    { "publishers", 0, 0, G_OPTION_ARG_NONE, &wanted.publishers, N_("Show what they publish"), NULL },
    { "services", 0, 0, G_OPTION_ARG_NONE, &wanted.services, N_("Show what services they offer"), NULL },
    { "subscribers", 0, 0, G_OPTION_ARG_NONE, &wanted.subscribers,
      N_("Show what they are subscribed to"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { NULL },
    .summary = N_("Prints the name of each client that is on the bus, and what else is asked for."),
    .description =
      N_("It ends when all have answered, or after 3 seconds, or before if --timeout says so.\n"
         "--json always tells everything."),
    .entries = entries,
  };
  g_auto(MbttBus) bus = { NULL };
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (!mbtt_bus_open (&bus, wanted.hidden, &status) || !mbtt_bus_collect (&bus, &status))
    return status;

  return print_clients (&bus, &wanted);
}

static int
print_names (MbttBus       *bus,
             const char    *member,
             MbttPeerNames  get_names,
             gboolean       shows_hidden)
{
  g_autoptr(GPtrArray) entries = mbtt_bus_get_names (bus, get_names, shows_hidden);
  g_autoptr(MbttTable) table = mbtt_table_new (2);
  int status = MBTT_EXIT_DONE;

  for (guint i = 0; i < entries->len; i++)
    {
      const MbttEntry *entry = g_ptr_array_index (entries, i);
      g_autoptr(GString) text = g_string_new (NULL);

      g_ptr_array_add (entry->peers, NULL);
      if (mbtt_get_options ()->json)
        {
          g_string_append_c (text, '{');
          mbtt_append_string (text, member, entry->name);
          mbtt_append_names (text, "peers", (const char *const *) entry->peers->pdata, TRUE);
          g_string_append_c (text, '}');
          if (!mbtt_print_line (text->str, &status))
            return status;
        }
      else
        {
          g_autofree char *peers = g_strjoinv (", ", (char **) entry->peers->pdata);

          mbtt_table_add (table, entry->name, peers, NULL);
        }
    }

  mbtt_table_print (table, &status);

  return status;
}

static int
list_names (int            argc,
            char         **argv,
            const char    *summary,
            const char    *member,
            MbttPeerNames  get_names)
{
  gboolean hidden = FALSE;
  const GOptionEntry entries[] = {
    { "hidden", 0, 0, G_OPTION_ARG_NONE, &hidden, N_("Show also those with a part like __this__"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { NULL },
    .summary = summary,
    .description =
      N_("Each is on a line, with the names of the clients behind a tab. It ends when all have answered,\n"
         "or after 3 seconds, or before if --timeout says so."),
    .entries = entries,
  };
  g_auto(MbttBus) bus = { NULL };
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (!mbtt_bus_open (&bus, hidden, &status) || !mbtt_bus_collect (&bus, &status))
    return status;

  return print_names (&bus, member, get_names, hidden);
}

int
mbtt_publishers (int    argc,
                 char **argv)
{
  return list_names (argc, argv, N_("Prints the topics that are published, and who does so."), "topic",
                     mbtt_peer_get_publishers);
}

int
mbtt_services (int    argc,
               char **argv)
{
  return list_names (argc, argv, N_("Prints the services that are offered, and who does so."), "service",
                     mbtt_peer_get_services);
}

int
mbtt_subscribers (int    argc,
                  char **argv)
{
  return list_names (argc, argv, N_("Prints the patterns that are subscribed to, and who does so."), "pattern",
                     mbtt_peer_get_subscribers);
}
