/* tests/cipher-helpers.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "minibus/mb-cipher-private.h"
#include "minibus/mb-error.h"
#include "patience.h"

#define HELPER G_GNUC_UNUSED static

/* A folder with a name short enough for the sockets of GnuPG, wherever the tests run. */
HELPER char *
make_parent (void)
{
  char *path = g_strdup ("/tmp/mbt-XXXXXX");

  g_assert_nonnull (g_mkdtemp_full (path, 0700));

  return path;
}

HELPER void
remove_parent (char *path)
{
  g_assert_no_errno (g_rmdir (path));
  g_free (path);
}

HELPER char **
list_folder (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      g_strv_builder_add (builder, child);
    }

  return g_strv_builder_end (builder);
}

/* The only thing in a folder. */
HELPER char *
find_home (const char *parent)
{
  g_auto(GStrv) names = list_folder (parent);

  g_assert_cmpuint (g_strv_length (names), ==, 1);

  return g_strdup (names[0]);
}

/* The processes that have a text in their command line, and another one, too, if that is given. */
HELPER GArray *
find_processes (const char *text,
                const char *only)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc", 0, NULL);
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (int));
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "cmdline", NULL);
      g_autofree char *contents = NULL;
      gsize length;
      int pid = atoi (name);

      if (pid <= 0 || pid == getpid () || !g_file_get_contents (path, &contents, &length, NULL))
        continue;
      if (memmem (contents, length, text, strlen (text)) != NULL &&
          (only == NULL || memmem (contents, length, only, strlen (only)) != NULL))
        g_array_append_val (pids, pid);
    }

  return pids;
}

HELPER void
wait_for_no_process (const char *text)
{
  gint64 deadline = patience_end (10);

  for (;;)
    {
      g_autoptr(GArray) pids = find_processes (text, NULL);

      if (pids->len == 0)
        return;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (10000);
    }
}

HELPER MbCipher *
open_cipher (const MbCipherOptions *options)
{
  g_autoptr(GError) error = NULL;
  MbCipher *cipher = _mb_cipher_new (options, &error);

  g_assert_no_error (error);
  _mb_cipher_open (cipher, NULL, &error);
  g_assert_no_error (error);

  return cipher;
}

/* Most tests need no more than this. */
HELPER MbCipher *
open_simple (const char *parent,
             const char *passphrase)
{
  MbCipherOptions options = { .passphrase = passphrase, .home_parent = parent };

  return open_cipher (&options);
}

HELPER char *
encrypt_text (MbCipher   *cipher,
              const char *plain)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) wire = g_string_new (NULL);

  _mb_cipher_encrypt (cipher, plain, strlen (plain), NULL, wire, NULL, &error);
  g_assert_no_error (error);

  return g_string_free (g_steal_pointer (&wire), FALSE);
}

HELPER void
assert_decrypts (MbCipher   *cipher,
                 const char *wire,
                 const char *plain)
{
  g_autoptr(GError) error = NULL;
  g_auto(MbCipherResult) result = { NULL };

  _mb_cipher_decrypt (cipher, NULL, wire, strlen (wire), &result, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result.plain->str, ==, plain);
  g_assert_cmpuint (result.plain->len, ==, strlen (plain));
}

HELPER void
assert_fails (MbCipher      *cipher,
              const char    *wire,
              MbCipherError  code)
{
  g_autoptr(GError) error = NULL;
  g_auto(MbCipherResult) result = { NULL };

  g_assert_false (_mb_cipher_decrypt (cipher, NULL, wire, strlen (wire), &result, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, (int) code);
  g_assert_null (result.plain);
  g_assert_null (result.binding);
  g_assert_null (result.signer);
}

/* Runs a program on `input` (NULL-terminated arguments, lists joined) and gives its output. */
HELPER GBytes *
run_program (GBytes             *input,
             gboolean           *succeeded,
             const char * const *arguments,
             const char * const *more)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) argv = NULL;
  g_autoptr(GSubprocess) process = NULL;
  GBytes *output = NULL;

  g_strv_builder_addv (builder, (const char **) arguments);
  if (more != NULL)
    g_strv_builder_addv (builder, (const char **) more);
  argv = g_strv_builder_end (builder);

  process = g_subprocess_newv ((const char * const *) argv,
                               (input != NULL ? G_SUBPROCESS_FLAGS_STDIN_PIPE : G_SUBPROCESS_FLAGS_NONE) |
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                               G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                               &error);
  g_assert_no_error (error);
  g_subprocess_communicate (process, input, NULL, &output, NULL, &error);
  g_assert_no_error (error);

  if (succeeded != NULL)
    *succeeded = g_subprocess_get_successful (process);
  else
    g_assert_true (g_subprocess_get_successful (process));

  return output;
}

/* gpg as the command line has it, with a passphrase, without keys, agent and home. */
HELPER GBytes *
run_gpg (GBytes             *input,
         const char         *passphrase,
         gboolean           *succeeded,
         const char * const *more)
{
  g_autofree char *option = g_strconcat ("--passphrase=", passphrase, NULL);
  const char *arguments[] = {
    "gpg", "--batch", "--quiet", "--no-options", "--no-keyring", "--no-random-seed-file", "--no-tty",
    "--pinentry-mode", "loopback", option, NULL
  };

  return run_program (input, succeeded, arguments, more);
}

/* As a Python peer makes the wire text: without the BEGIN and END lines and the empty one, joined. */
HELPER char *
armor_to_wire (GBytes *armored)
{
  gsize length;
  const char *data = g_bytes_get_data (armored, &length);
  g_autofree char *text = g_strndup (data, length);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr(GString) wire = g_string_new (NULL);

  g_assert_cmpstr (lines[0], ==, "-----BEGIN PGP MESSAGE-----");
  g_assert_cmpstr (lines[1], ==, "");

  for (guint i = 2; !g_str_has_prefix (lines[i], "-----END"); i++)
    g_string_append (wire, lines[i]);

  return g_string_free (g_steal_pointer (&wire), FALSE);
}

/* As a Python peer rebuilds the armor: the text as one line. */
HELPER GBytes *
wire_to_armor (const char *wire)
{
  char *armor = g_strdup_printf ("-----BEGIN PGP MESSAGE-----\n\n%s\n-----END PGP MESSAGE-----\n", wire);

  return g_bytes_new_take (armor, strlen (armor));
}

HELPER char *
gpg_encrypt (const char         *plain,
             const char         *passphrase,
             const char * const *more)
{
  g_autoptr(GBytes) input = g_bytes_new (plain, strlen (plain));
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) arguments = NULL;
  g_autoptr(GBytes) armored = NULL;

  if (more != NULL)
    g_strv_builder_addv (builder, (const char **) more);
  g_strv_builder_add_many (builder, "--armor", "--symmetric", NULL);
  arguments = g_strv_builder_end (builder);
  armored = run_gpg (input, passphrase, NULL, (const char * const *) arguments);

  return armor_to_wire (armored);
}

/* A low count makes the command line as fast as we are. */
#define GPG_FAST "--s2k-count", "65536"

/* The encrypted captures: calls `func` with the note, which tells the key, and the wire text. */
typedef void (*CaptureFunc) (const char *name,
                             const char *note,
                             const char *wire,
                             gpointer    user_data);

HELPER guint
foreach_capture (CaptureFunc func,
                 gpointer    user_data)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "wire-captures.jsonl", NULL);
  g_autofree char *contents = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;
  guint n = 0;

  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (contents, "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      g_autoptr(JsonNode) outer = json_from_string (lines[i], &error);
      g_autoptr(JsonNode) packet = NULL;
      JsonObject *capture, *root;
      const char *datagram;

      g_assert_no_error (error);
      capture = json_node_get_object (outer);
      if (!json_object_has_member (capture, "datagram_utf8"))
        continue;
      datagram = json_object_get_string_member (capture, "datagram_utf8");
      if (strstr (datagram, "\"gpg\":\"yes\"") == NULL)
        continue;

      packet = json_from_string (datagram, &error);
      g_assert_no_error (error);
      root = json_node_get_object (packet);
      func (json_object_get_string_member (capture, "case"),
            json_object_get_string_member (capture, "note"),
            json_object_get_string_member (root, "data"), user_data);
      n++;
    }

  return n;
}

