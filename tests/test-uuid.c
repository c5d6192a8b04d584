/* test-uuid.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minibus/mb-uuid-private.h"

static void
test_form (void)
{
  MbUuidSource source = { .n_left = 0 };
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean changes[MB_UUID_SIZE] = { FALSE };
  char first[MB_UUID_SIZE];

  g_test_summary ("UUIDs are of version 4 and all different, in every digit but that of the version");

  _mb_uuid_put (&source, first);
  for (guint i = 0; i < 1000; i++)
    {
      char uuid[MB_UUID_SIZE];

      _mb_uuid_put (&source, uuid);
      g_assert_true (g_uuid_string_is_valid (uuid));
      g_assert_cmpint (uuid[14], ==, '4');
      g_assert_nonnull (strchr ("89ab", uuid[19]));
      g_assert_true (g_hash_table_add (seen, g_strdup (uuid)));
      for (guint j = 0; j < MB_UUID_SIZE; j++)
        changes[j] |= uuid[j] != first[j];
    }

  for (guint i = 0; i < MB_UUID_SIZE - 1; i++)
    g_assert_cmpint (changes[i], ==, first[i] != '-' && i != 14);
}

static void
test_fork (void)
{
  MbUuidSource source = { .n_left = 0 };
  char ours[MB_UUID_SIZE];
  char theirs[MB_UUID_SIZE];
  int ends[2];
  int status;
  pid_t child;

  g_test_summary ("A process that is forked off makes other UUIDs than the one that it comes from");

  _mb_uuid_put (&source, ours);
  g_assert_cmpint (pipe (ends), ==, 0);
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  _mb_uuid_put (&source, ours);
  if (child == 0)
    _exit (write (ends[1], ours, sizeof ours) == sizeof ours ? 0 : 1);

  g_assert_cmpint (read (ends[0], theirs, sizeof theirs), ==, sizeof theirs);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  g_assert_true (g_uuid_string_is_valid (theirs));
  g_assert_cmpstr (ours, !=, theirs);
  close (ends[0]);
  close (ends[1]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/uuid/form", test_form);
  g_test_add_func ("/uuid/fork", test_fork);

  return g_test_run ();
}
