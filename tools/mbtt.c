/* mbtt.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

#include "mbtt-commands.h"
#include "mbtt-common.h"
#include "mbtt-nearest.h"
#include "mbtt-output.h"

static int mbtt_help (int    argc,
                      char **argv);

static const MbttCommand commands[] = {
  { "bw", mbtt_bw, N_("Measure the bandwidth of topics") },
  { "call", mbtt_call, N_("Call a service and print the result") },
  { "clients", mbtt_clients, N_("List the clients on the bus") },
  { "complete", mbtt_complete, NULL },
  { "delay", mbtt_delay, N_("Measure how old messages are when they come") },
  { "doctor", mbtt_doctor, N_("Find out why messages do not arrive") },
  { "echo", mbtt_echo, N_("Print the messages of topics") },
  { "find", mbtt_find, N_("Find topics, services and peers by name") },
  { "help", mbtt_help, N_("Tell about a subcommand") },
  { "hz", mbtt_hz, N_("Measure the rate of topics") },
  { "info", mbtt_info, N_("Tell about a topic, service, peer or recording") },
  { "list", mbtt_list, N_("List topics, services or peers") },
  { "play", mbtt_play, N_("Publish the messages of a recording again") },
  { "pub", mbtt_pub, N_("Publish messages on a topic") },
  { "publishers", mbtt_publishers, N_("List what is published, and by whom") },
  { "record", mbtt_record, N_("Write the messages of topics to a file") },
  { "services", mbtt_services, N_("List what services there are, and who offers them") },
  { "subscribers", mbtt_subscribers, N_("List what is subscribed to, and by whom") },
  { "validate", mbtt_validate, N_("Check JSON values by a JSON Schema") },
  { "wait", mbtt_wait, N_("Wait for a message, service or peer") },
  { NULL }
};

const MbttCommand *
mbtt_get_commands (void)
{
  return commands;
}

/* Copies the arguments and wipes passphrases out of the original, which all users of the system
 * can see. */
static char **
take_arguments (char **argv)
{
  char **copy = g_strdupv (argv);

  for (guint i = 1; argv[i] != NULL; i++)
    {
      char *secret = NULL;

      if (strcmp (argv[i], "--cryptokey") == 0 && argv[i + 1] != NULL)
        secret = argv[++i];
      else if (g_str_has_prefix (argv[i], "--cryptokey="))
        secret = argv[i] + strlen ("--cryptokey=");

      if (secret != NULL)
        explicit_bzero (secret, strlen (secret));
    }

  return copy;
}

static char *
list_commands (void)
{
  g_autoptr(GString) list = g_string_new (_("Subcommands:"));

  for (guint i = 0; commands[i].name != NULL; i++)
    {
      if (commands[i].summary != NULL)
        g_string_append_printf (list, "\n  %-11s %s", commands[i].name, _(commands[i].summary));
    }

  g_string_append_printf (list, "\n\n%s",
                          _("“mbtt SUBCOMMAND --help” tells about one of them, “man mbtt” about all.\n"
                            "Exit status: 0 done, 1 failed, 2 wrong usage, 3 timed out."));

  return g_string_free (g_steal_pointer (&list), FALSE);
}

static GOptionContext *
make_context (void)
{
  GOptionContext *context = mbtt_context_new (_("SUBCOMMAND [ARGUMENT…]"), NULL, NULL);
  g_autofree char *list = list_commands ();

  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_summary (context, _("Looks at a MiniBus, and takes part in it."));
  g_option_context_set_description (context, list);

  return context;
}

/* The names of all subcommands that are for people, ended by NULL. */
static const char **
get_names (void)
{
  const char **names = g_new0 (const char *, G_N_ELEMENTS (commands));
  guint n = 0;

  for (guint i = 0; commands[i].name != NULL; i++)
    {
      if (commands[i].summary != NULL)
        names[n++] = commands[i].name;
    }

  return names;
}

static char *
name_commands (void)
{
  g_autofree const char **names = get_names ();

  return g_strjoinv (", ", (char **) names);
}

/* Runs a subcommand as the user calls it; `argv` begins with its name. */
static int
run_command (int    argc,
             char **argv)
{
  g_autofree const char **known = get_names ();
  g_autofree char *names = NULL;
  const char *nearest;

  for (guint i = 0; commands[i].name != NULL; i++)
    {
      g_autofree char *program = NULL;

      if (strcmp (argv[0], commands[i].name) != 0)
        continue;

      program = g_strdup_printf ("mbtt %s", commands[i].name);
      g_set_prgname (program);

      return commands[i].run (argc, argv);
    }

  names = name_commands ();
  nearest = mbtt_find_nearest (argv[0], known);
  if (nearest != NULL)
    mbtt_print_note (_("There is no subcommand “%s”; did you mean “%s”? There are: %s"),
                     argv[0], nearest, names);
  else
    mbtt_print_note (_("There is no subcommand “%s”; there are: %s"), argv[0], names);

  return MBTT_EXIT_USAGE;
}

static int
mbtt_help (int    argc,
           char **argv)
{
  const MbttUsage usage = {
    .parameters = { "SUBCOMMAND" },
    .words = { MBTT_WORD_SUBCOMMAND },
    .summary = N_("Tells about a subcommand, or about all of them."),
  };
  g_autoptr(GOptionContext) context = NULL;
  g_autofree char *text = NULL;
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (args[0] != NULL)
    {
      char *words[] = { args[0], "--help", NULL };

      return run_command (2, words);
    }

  g_set_prgname ("mbtt");
  context = make_context ();
  text = g_option_context_get_help (context, TRUE, NULL);
  g_strchomp (text);
  status = MBTT_EXIT_DONE;
  mbtt_print_line (text, &status);

  return status;
}

/* Parses what comes before the subcommand. Returns where that is in the arguments, or 0 when
 * there is nothing left to do but to end with `status`. */
static int
find_command (int    *argc,
              char  **argv,
              int    *status)
{
  g_autoptr(GOptionContext) context = make_context ();
  g_autoptr(GPtrArray) positional = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) error = NULL;
  g_autofree char *names = name_commands ();
  int at;

  if (!g_option_context_parse (context, argc, &argv, &error))
    {
      *status = mbtt_fail_usage (error);
      return 0;
    }

  if (mbtt_print_version (status))
    return 0;

  at = *argc > 1 && strcmp (argv[1], "--") == 0 ? 2 : 1;
  if (*argc <= at)
    {
      mbtt_print_note (_("The subcommand is missing; there are: %s (“mbtt --help” tells more)"),
                       names);
      *status = MBTT_EXIT_USAGE;
      return 0;
    }

  if (!mbtt_take_positional (2, argv + at - 1, positional, &error))
    {
      *status = mbtt_fail_usage (error);
      return 0;
    }

  return at;
}

int
main (int    argc,
      char **argv)
{
  g_auto(GStrv) copy = NULL;
  g_autofree char **args = NULL;
  int status = MBTT_EXIT_DONE;
  int at;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  mbtt_output_init ();
  g_set_prgname ("mbtt");

  /* The parsers move the arguments about, and drop some. */
  copy = take_arguments (argv);
  args = g_memdup2 (copy, sizeof (char *) * ((gsize) argc + 1));

  at = find_command (&argc, args, &status);
  if (at == 0)
    return status;

  return run_command (argc - at, args + at);
}
