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
#include "mbtt-output.h"
#include "mbtt-validate.h"

static const struct
{
  const char  *name;
  int        (*run) (int argc, char **argv);
  const char  *summary;
} commands[] = {
  { "call", mbtt_call, N_("Call a service and print the result") },
  { "doctor", mbtt_doctor, N_("Find out why messages do not arrive") },
  { "echo", mbtt_echo, N_("Print the messages of topics") },
  { "info", mbtt_info, N_("Tell what is in a recording") },
  { "play", mbtt_play, N_("Publish the messages of a recording again") },
  { "pub", mbtt_pub, N_("Publish messages on a topic") },
  { "record", mbtt_record, N_("Write the messages of topics to a file") },
  { "validate", mbtt_validate, N_("Check JSON values by a JSON Schema") },
};

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

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (list, "\n  %-10s %s", commands[i].name, _(commands[i].summary));

  g_string_append_printf (list, "\n\n%s",
                          _("“mbtt SUBCOMMAND --help” tells about one of them, “man mbtt” about all.\n"
                            "Exit status: 0 done, 1 failed, 2 wrong usage, 3 timed out."));

  return g_string_free (g_steal_pointer (&list), FALSE);
}

static char *
name_commands (void)
{
  const char *names[G_N_ELEMENTS (commands) + 1] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    names[i] = commands[i].name;

  return g_strjoinv (", ", (char **) names);
}

/* Parses what comes before the subcommand. Returns where that is in the arguments, or 0 when
 * there is nothing left to do but to end with `status`. */
static int
find_command (int    *argc,
              char  **argv,
              int    *status)
{
  g_autoptr(GOptionContext) context = mbtt_context_new (_("SUBCOMMAND [ARGUMENT…]"), NULL);
  g_autoptr(GPtrArray) positional = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) error = NULL;
  g_autofree char *list = list_commands ();
  g_autofree char *names = name_commands ();
  int at;

  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_summary (context, _("Looks at a MiniBus, and takes part in it."));
  g_option_context_set_description (context, list);

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
  g_autofree char *names = NULL;
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

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *program = NULL;

      if (strcmp (args[at], commands[i].name) != 0)
        continue;

      program = g_strdup_printf ("mbtt %s", commands[i].name);
      g_set_prgname (program);

      return commands[i].run (argc - at, args + at);
    }

  names = name_commands ();
  mbtt_print_note (_("There is no subcommand “%s”; there are: %s"), args[at], names);

  return MBTT_EXIT_USAGE;
}
