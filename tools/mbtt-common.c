/* mbtt-common.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-common.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-openpgp.h"
#include "mbtt-output.h"
#include "mbtt-secrets.h"
#include "mbtt-terminal.h"

/* Fits into milliseconds of 32 bits with room to spare. */
#define MAX_SECONDS 1000000

/* As MbClient:max-packet-size has them. */
#define MIN_PACKET_SIZE 256
#define MAX_PACKET_SIZE 65507

static MbttOptions options = { .timeout = -1 };
static gboolean version_wanted;
static MbttInspector inspector;
static gpointer inspector_data;

gboolean
mbtt_parse_seconds (const char  *option,
                    const char  *text,
                    double      *seconds,
                    GError     **error)
{
  char *end;

  *seconds = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && *seconds <= MAX_SECONDS &&
      text[strspn (text, "0123456789.")] == '\0')
    return TRUE;

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("“%s” is not a time for %s, which takes seconds from 0 to %d, such as 2.5"),
               text, option, MAX_SECONDS);

  return FALSE;
}

/* Parses the value of an option that is a number of at least 0. */
gboolean
mbtt_parse_factor (const char  *option,
                   const char  *text,
                   double      *factor,
                   GError     **error)
{
  char *end;

  *factor = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && *factor <= 1e9 && text[strspn (text, "0123456789.")] == '\0')
    return TRUE;

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("“%s” is not a number for %s, which takes numbers from 0, such as 2.5"), text, option);

  return FALSE;
}

/* Parses the value of an option that takes a whole number. */
gboolean
mbtt_parse_number (const char  *option,
                   const char  *text,
                   gulong       min,
                   gulong       max,
                   gulong      *number,
                   GError     **error)
{
  guint64 value;

  if (g_ascii_string_to_unsigned (text, 10, min, max, &value, NULL))
    {
      *number = (gulong) value;
      return TRUE;
    }

  if (max == G_MAXULONG)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("“%s” is not a number for %s, which takes whole numbers from %lu"), text, option, min);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("“%s” is not a number for %s, which takes whole numbers from %lu to %lu"),
                 text, option, min, max);

  return FALSE;
}

/* Parses the value of an option that counts messages. */
gboolean
mbtt_parse_count (const char  *text,
                  gulong      *count,
                  GError     **error)
{
  return mbtt_parse_number ("--count", text, 1, G_MAXULONG, count, error);
}

static void
set_text (char       **text,
          const char  *value)
{
  g_free (*text);
  *text = g_strdup (value);
}

static gboolean
option_cb (const char  *option,
           const char  *value,
           gpointer     data,
           GError     **error)
{
  if (!g_utf8_validate (value, -1, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("The value of %s, “%s”, is not valid UTF-8"), option, value);
      return FALSE;
    }

  if (strcmp (option, "--timeout") == 0)
    return mbtt_parse_seconds (option, value, &options.timeout, error);

  if (strcmp (option, "--color") == 0)
    return mbtt_set_color (value, error);

  if (strcmp (option, "--max-packet-size") == 0)
    return mbtt_parse_number (option, value, MIN_PACKET_SIZE, MAX_PACKET_SIZE,
                              &options.max_packet_size, error);

  if (strcmp (option, "--address") == 0)
    {
      g_autoptr(MbAddress) address = mb_address_parse (value, error);

      if (address == NULL)
        return FALSE;
      set_text (&options.address, value);
    }
  else if (strcmp (option, "--name") == 0)
    {
      set_text (&options.name, value);
    }
  else
    {
      if (options.passphrase != NULL)
        explicit_bzero (options.passphrase, strlen (options.passphrase));
      set_text (&options.passphrase, value);
    }

  return TRUE;
}

static gboolean
ignored_cb (const char  *option,
            const char  *value,
            gpointer     data,
            GError     **error)
{
  return TRUE;
}

static const GOptionEntry common_entries[] = {
  { "address", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, option_cb,
    N_("Address of the bus (default: $MINIBUS_ADDRESS, else multicast://228.0.0.5:8005)"),
    N_("ADDRESS") },
  { "color", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, option_cb,
    N_("When to use colour: auto (on a terminal), always or never"), N_("WHEN") },
  { "cryptokey", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, option_cb,
    N_("Passphrase that the bus is encrypted with"), N_("KEY") },
  { "json", 'j', 0, G_OPTION_ARG_NONE, &options.json,
    N_("Print JSON objects, one a line"), NULL },
  { "keyring", 0, 0, G_OPTION_ARG_NONE, &options.keyring,
    N_("Ask the user's keyring for the passphrase of the bus"), NULL },
  { "max-packet-size", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, option_cb,
    N_("Largest packet to send, in bytes (default: 1472)"), N_("BYTES") },
  { "name", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, option_cb,
    N_("Name on the bus (default: made up)"), N_("NAME") },
  { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &options.passphrase_file,
    N_("File whose first line is the passphrase of the bus; - is standard input"), N_("FILE") },
  { "socket", 0, G_OPTION_FLAG_NO_ARG | G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_CALLBACK, ignored_cb,
    NULL, NULL },
  { "timeout", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, option_cb,
    N_("How long to wait, in seconds"), N_("SECONDS") },
  { "verbose", 0, 0, G_OPTION_ARG_NONE, &options.verbose,
    N_("Tell on standard error what is being done"), NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, &version_wanted,
    N_("Print the version and end"), NULL },
  { NULL }
};

const MbttOptions *
mbtt_get_options (void)
{
  return &options;
}

/* A context that leaves what it does not know in the arguments, for mbtt_take_positional(). */
GOptionContext *
mbtt_context_new (const char         *parameters,
                  const GOptionEntry *entries,
                  const GOptionEntry *more_entries)
{
  GOptionContext *context = g_option_context_new (parameters);
  GOptionGroup *group = g_option_group_new ("main", NULL, NULL, NULL, NULL);

  if (entries != NULL)
    g_option_group_add_entries (group, entries);
  if (more_entries != NULL)
    g_option_group_add_entries (group, more_entries);
  g_option_group_add_entries (group, common_entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_context_set_main_group (context, group);
  g_option_context_add_group (context, mbtt_openpgp_new_group ());
  g_option_context_set_ignore_unknown_options (context, TRUE);

  return context;
}

/* A negative number is data, not an option. */
static gboolean
is_option (const char *argument)
{
  return argument[0] == '-' && argument[1] != '\0' && !g_ascii_isdigit (argument[1]);
}

/* Takes what an option context has left in the arguments: no options may be among it. */
gboolean
mbtt_take_positional (int         argc,
                      char      **argv,
                      GPtrArray  *positional,
                      GError    **error)
{
  gboolean options_ended = FALSE;

  for (int i = 1; i < argc; i++)
    {
      if (!options_ended && strcmp (argv[i], "--") == 0)
        {
          options_ended = TRUE;
          continue;
        }

      if (!options_ended && is_option (argv[i]))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                       _("There is no option “%s”; “%s --help” lists those that there are"),
                       argv[i], g_get_prgname ());
          return FALSE;
        }

      if (!g_utf8_validate (argv[i], -1, NULL))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       _("The argument “%s” is not valid UTF-8, which everything on the bus is"),
                       argv[i]);
          return FALSE;
        }

      g_ptr_array_add (positional, g_strdup (argv[i]));
    }

  return TRUE;
}

static gboolean
check_number (const MbttUsage  *usage,
              const char       *parameters,
              GPtrArray        *positional,
              GError          **error)
{
  guint n_parameters = g_strv_length ((char **) usage->parameters);

  if (positional->len < usage->n_required)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("%s is missing; the usage is “%s %s”"),
                   usage->parameters[positional->len], g_get_prgname (), parameters);
      return FALSE;
    }

  if (positional->len > n_parameters && !usage->takes_more)
    {
      const char *extra = g_ptr_array_index (positional, n_parameters);

      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is one argument too many; the usage is “%s %s”, and what has spaces "
                     "in it needs quotes"),
                   extra, g_get_prgname (), parameters);
      return FALSE;
    }

  return TRUE;
}

/* From now on, subcommands do nothing but tell what they take. */
void
mbtt_set_inspector (MbttInspector func,
                    gpointer      data)
{
  inspector = func;
  inspector_data = data;
}

/* Prints the version if it was asked for. */
gboolean
mbtt_print_version (int *status)
{
  if (!version_wanted)
    return FALSE;

  *status = MBTT_EXIT_DONE;
  mbtt_print_line ("mbtt (libminibus) " PACKAGE_VERSION, status);

  return TRUE;
}

/* Parses the arguments of a subcommand and returns those that are not options. Returns NULL when
 * there is nothing left to do but to end with `status`; errors have been reported then. */
char **
mbtt_parse (const MbttUsage  *usage,
            int               argc,
            char            **argv,
            int              *status)
{
  g_autoptr(GOptionContext) context = NULL;
  g_autoptr(GPtrArray) positional = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GString) parameters = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  if (inspector != NULL)
    {
      inspector (usage, common_entries, inspector_data);
      *status = MBTT_EXIT_DONE;
      return NULL;
    }

  for (guint i = 0; usage->parameters[i] != NULL; i++)
    g_string_append_printf (parameters, i < usage->n_required ? "%s%s" : "%s[%s]",
                            i > 0 ? " " : "", usage->parameters[i]);
  if (usage->takes_more)
    g_string_append (parameters, "…");

  context = mbtt_context_new (parameters->str, usage->entries, usage->more_entries);
  g_option_context_set_summary (context, _(usage->summary));
  if (usage->description != NULL)
    g_option_context_set_description (context, _(usage->description));

  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      *status = mbtt_fail_usage (error);
      return NULL;
    }

  if (mbtt_print_version (status))
    return NULL;

  if (!mbtt_take_positional (argc, argv, positional, &error) ||
      !check_number (usage, parameters->str, positional, &error) ||
      !mbtt_check_secrets (&options, &error))
    {
      *status = mbtt_fail_usage (error);
      return NULL;
    }

  g_ptr_array_add (positional, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&positional), FALSE);
}

/* The bus that the options or the environment say. */
MbAddress *
mbtt_get_address (GError **error)
{
  return options.address != NULL ? mb_address_parse (options.address, error)
                                 : mb_address_parse_default (error);
}

/* A client as the options say; it is not open yet. Returns NULL when there is nothing left to do but
 * to end with `status`; errors have been reported then. */
MbClient *
mbtt_client_new (gboolean  reads_stdin,
                 int      *status)
{
  g_autoptr(MbClient) client = mb_client_new (options.name);
  g_autoptr(GError) error = NULL;

  mb_client_set_address (client, options.address);
  if (options.max_packet_size > 0)
    mb_client_set_max_packet_size (client, (guint) options.max_packet_size);
  if (!mbtt_openpgp_give (client, &error) ||
      !mbtt_give_secret (&options, client, reads_stdin, &error))
    {
      *status = mbtt_fail (error);
      return NULL;
    }

  return g_steal_pointer (&client);
}

gboolean
mbtt_client_open (MbClient  *client,
                  GError   **error)
{
  g_autoptr(MbAddress) address = NULL;
  g_autofree char *text = NULL;

  if (!mb_client_open_sync (client, NULL, error))
    return FALSE;

  if (!options.verbose)
    return TRUE;

  address = mbtt_get_address (NULL);
  text = mb_address_to_text (address);
  mbtt_print_note (_("On the bus %s as “%s”"), text, mb_client_get_name (client));

  return TRUE;
}

static gboolean
is_usage_error (const GError *error)
{
  return error->domain == G_OPTION_ERROR ||
         error->domain == MB_ADDRESS_ERROR ||
         error->domain == MB_JSON_ERROR ||
         g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN) ||
         g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC);
}

/* Reports an error and returns the exit status for it. */
int
mbtt_fail (const GError *error)
{
  if (is_usage_error (error))
    return mbtt_fail_usage (error);

  mbtt_print_note ("%s", error->message);

  return g_error_matches (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT) ? MBTT_EXIT_TIMED_OUT
                                                                               : MBTT_EXIT_FAILED;
}

/* Reports an error in the command line. */
int
mbtt_fail_usage (const GError *error)
{
  mbtt_print_note ("%s", error->message);

  return MBTT_EXIT_USAGE;
}

guint
mbtt_to_milliseconds (double seconds)
{
  return (guint) (seconds * 1000 + 0.5);
}
