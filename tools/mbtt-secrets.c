/* mbtt-secrets.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Where the passphrase comes from. */

#include "config.h"

#include "mbtt-secrets.h"

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "mbtt-keyring.h"
#include "mbtt-output.h"

static const int end_signals[] = { SIGHUP, SIGINT, SIGTERM };

/* As the terminal was; a signal handler has to know. */
static struct termios visible;

/* At most one of the options can be meant. */
gboolean
mbtt_check_secrets (const MbttOptions  *options,
                    GError            **error)
{
  int n_given = (options->passphrase != NULL) + (options->passphrase_file != NULL) +
                options->keyring;

  if (n_given <= 1)
    return TRUE;

  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       _("There can be only one of --cryptokey, --keyring and --passphrase-file"));

  return FALSE;
}

static void
show_and_end_cb (int number)
{
  tcsetattr (STDIN_FILENO, TCSANOW, &visible);
  raise (number);
}

/* Reads a line without showing it, and leaves the terminal as it was even if a signal ends that. */
static gboolean
read_terminal (MbClient      *client,
               GInputStream  *stream,
               GError       **error)
{
  struct sigaction actions[G_N_ELEMENTS (end_signals)];
  struct sigaction action = { .sa_handler = show_and_end_cb, .sa_flags = (int) SA_RESETHAND };
  struct termios hidden;
  gboolean done;

  if (tcgetattr (STDIN_FILENO, &visible) != 0)
    return mb_client_read_passphrase_sync (client, stream, NULL, error);

  for (guint i = 0; i < G_N_ELEMENTS (end_signals); i++)
    sigaction (end_signals[i], &action, &actions[i]);

  hidden = visible;
  hidden.c_lflag &= ~(tcflag_t) ECHO;
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &hidden);
  mbtt_print_note (_("Type the passphrase of the bus; it is not shown"));
  done = mb_client_read_passphrase_sync (client, stream, NULL, error);
  tcsetattr (STDIN_FILENO, TCSANOW, &visible);

  for (guint i = 0; i < G_N_ELEMENTS (end_signals); i++)
    sigaction (end_signals[i], &actions[i], NULL);

  return done;
}

static gboolean
read_stdin (MbClient  *client,
            GError   **error)
{
  g_autoptr(GInputStream) stream = g_unix_input_stream_new (STDIN_FILENO, FALSE);

  if (isatty (STDIN_FILENO))
    return read_terminal (client, stream, error);

  return mb_client_read_passphrase_sync (client, stream, NULL, error);
}

static void
note_readers (GFileInputStream *stream,
              const char       *name)
{
  const char *attributes = G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_UNIX_MODE;
  g_autoptr(GFileInfo) info = g_file_input_stream_query_info (stream, attributes, NULL, NULL);

  /* Pipes are read by one alone, whatever their mode. */
  if (info == NULL || g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR ||
      (g_file_info_get_attribute_uint32 (info, G_FILE_ATTRIBUTE_UNIX_MODE) & S_IROTH) == 0)
    return;

  mbtt_print_note (_("Note that all users of this machine can read the passphrase in “%s”; “chmod 600” "
                     "keeps others out"), name);
}

static gboolean
read_file (MbClient    *client,
           const char  *path,
           GError     **error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileInputStream) stream = g_file_read (file, NULL, error);

  if (stream == NULL)
    return FALSE;

  note_readers (stream, name);

  return mb_client_read_passphrase_sync (client, G_INPUT_STREAM (stream), NULL, error);
}

static gboolean
read_passphrase_file (MbClient    *client,
                      const char  *path,
                      GError     **error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autoptr(GError) cause = NULL;
  gboolean done;

  if (strcmp (path, "-") == 0)
    done = read_stdin (client, &cause);
  else
    done = read_file (client, path, &cause);

  if (!done)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("No passphrase can be taken from “%s”: %s"), name, cause->message);

  return done;
}

static gboolean
ask_keyring (const MbttOptions  *options,
             MbClient           *client,
             GError            **error)
{
  g_autoptr(MbAddress) address = mbtt_get_address (error);

  return address != NULL && mbtt_read_keyring (client, address, options->timeout, error);
}

/* Gives a client the passphrase that the options say, if they do. */
gboolean
mbtt_give_secret (const MbttOptions  *options,
                  MbClient           *client,
                  gboolean            reads_stdin,
                  GError            **error)
{
  if (options->passphrase != NULL)
    {
      mb_client_set_passphrase (client, options->passphrase);
      explicit_bzero (options->passphrase, strlen (options->passphrase));
    }

  if (options->keyring)
    return ask_keyring (options, client, error);

  if (options->passphrase_file == NULL)
    return TRUE;

  if (reads_stdin && strcmp (options->passphrase_file, "-") == 0)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _("Standard input cannot be both the data and the passphrase; give DATA, or "
                             "--passphrase-file another file"));
      return FALSE;
    }

  return read_passphrase_file (client, options->passphrase_file, error);
}
