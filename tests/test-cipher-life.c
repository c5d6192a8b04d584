/* test-cipher-life.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <fcntl.h>

#include "minibus/mb-gnupg-home-private.h"

#include "cipher-helpers.h"

/* This program, as a child that uses a cipher: see run_child(). */
static char *program;

static guint
count_descriptors (void)
{
  g_auto(GStrv) names = list_folder ("/proc/self/fd");

  return g_strv_length (names);
}

static void
test_leaks (void)
{
  g_autofree char *own = make_parent ();
  guint n_before;
  g_autoptr(MbCipher) cipher = NULL;
  g_autofree char *home = NULL;
  guint n_files;

  g_test_summary ("1,000 messages leave no process, file or descriptor; closing leaves nothing");

  /* What gpgme and GLib open once for ever */
  cipher = open_simple (own, "secret");
  g_clear_pointer (&cipher, _mb_cipher_unref);

  n_before = count_descriptors ();
  cipher = open_simple (own, "secret");
  home = find_home (own);
  {
    g_autofree char *wire = encrypt_text (cipher, "[1]");
    g_auto(GStrv) files = NULL;

    assert_decrypts (cipher, wire, "[1]");
    files = list_folder (home);
    n_files = g_strv_length (files);
  }

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *plain = g_strdup_printf ("[%u]", i);
      g_autofree char *wire = encrypt_text (cipher, plain);

      assert_decrypts (cipher, wire, plain);
    }

  {
    g_autoptr(GArray) agents = find_processes (home, "gpg-agent");
    g_autoptr(GArray) processes = NULL;
    gint64 deadline = patience_end (10);
    g_auto(GStrv) files = list_folder (home);

    g_assert_cmpuint (agents->len, ==, 1);
    g_assert_cmpuint (g_strv_length (files), ==, n_files);

    /* The last gpg may still be on its way out. */
    do
      {
        g_clear_pointer (&processes, g_array_unref);
        processes = find_processes (home, NULL);
      }
    while (processes->len > 1 && g_get_monotonic_time () < deadline);
    g_assert_cmpuint (processes->len, ==, 1);
  }

  g_clear_pointer (&cipher, _mb_cipher_unref);
  g_assert_cmpuint (count_descriptors (), ==, n_before);
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

typedef struct
{
  MbCipher     *cipher;
  const char   *wire;
  GCancellable *cancellable;
  GError       *error;
  gint64        ended;
} Call;

static gpointer
decrypt_thread (gpointer data)
{
  Call *call = data;
  g_auto(MbCipherResult) result = { NULL };

  _mb_cipher_decrypt (call->cipher, NULL, call->wire, strlen (call->wire), &result,
                      call->cancellable, &call->error);
  call->ended = g_get_monotonic_time ();

  return NULL;
}

/* A message whose key takes some tenths of a second, as gpg makes it without options. */
static char *
make_slow_wire (void)
{
  const char *more[] = { "--s2k-count", "65011712", NULL };

  return gpg_encrypt ("[1]", "secret", more);
}

static void
wait_for_gpg (const char *own)
{
  gint64 deadline = patience_end (10);

  for (;;)
    {
      g_autoptr(GArray) pids = find_processes (own, "--decrypt");

      if (pids->len > 0)
        return;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
}

static void
test_close (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *wire = make_slow_wire ();
  g_autoptr(MbCipher) cipher = open_simple (own, "secret");
  Call call = { .cipher = cipher, .wire = wire };
  g_autoptr(GThread) thread = g_thread_new ("decrypt", decrypt_thread, &call);
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  gint64 start;

  g_test_summary ("Closing does not wait for a slow message, which ends with an error that says so");

  wait_for_gpg (own);
  start = g_get_monotonic_time ();
  _mb_cipher_close (cipher);
  g_test_message ("closed in %" G_GINT64_FORMAT " µs", g_get_monotonic_time () - start);
  g_thread_join (g_steal_pointer (&thread));
  g_assert_error (call.error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED);
  g_clear_error (&call.error);

  _mb_cipher_close (cipher);
  assert_fails (cipher, wire, MB_CIPHER_ERROR_CLOSED);
  g_assert_false (_mb_cipher_encrypt (cipher, "1", 1, NULL, out, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (_mb_cipher_open (cipher, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED);

  g_clear_pointer (&cipher, _mb_cipher_unref);
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static void
test_cancel (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *wire = make_slow_wire ();
  g_autoptr(MbCipher) cipher = open_simple (own, "secret");
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Call call = { .cipher = cipher, .wire = wire, .cancellable = cancellable };
  g_autoptr(GThread) thread = g_thread_new ("decrypt", decrypt_thread, &call);
  gint64 start;

  g_test_summary ("A call that is cancelled ends at once and harms no other");

  wait_for_gpg (own);
  start = g_get_monotonic_time ();
  g_cancellable_cancel (cancellable);
  g_thread_join (g_steal_pointer (&thread));
  g_test_message ("cancelled in %" G_GINT64_FORMAT " µs", call.ended - start);
  g_assert_error (call.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&call.error);

  /* One that is cancelled already does not start. */
  decrypt_thread (&call);
  g_assert_error (call.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&call.error);

  assert_decrypts (cipher, wire, "[1]");
  g_clear_pointer (&cipher, _mb_cipher_unref);
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static gboolean
is_stopped (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *stat = NULL;

  return g_file_get_contents (path, &stat, NULL, NULL) && strstr (stat, ") T ") != NULL;
}

/* A stop that is sent to an agent just after its start sometimes has no effect. */
static void
stop_process (int pid)
{
  gint64 deadline = patience_end (10);

  while (!is_stopped (pid))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_assert_no_errno (kill (pid, SIGSTOP));
      g_usleep (1000);
    }
}

static void
test_timeout (void)
{
  g_autofree char *own = make_parent ();
  MbCipherOptions options = { .passphrase = "secret", .home_parent = own, .timeout_ms = 400 };
  g_autoptr(MbCipher) cipher = open_cipher (&options);
  g_autofree char *wire = encrypt_text (cipher, "[1]");
  g_autoptr(GArray) agents = find_processes (own, "gpg-agent");

  g_test_summary ("A GnuPG that hangs ends in an error, also when closing");

  g_assert_cmpuint (agents->len, ==, 1);
  stop_process (g_array_index (agents, int, 0));
  assert_fails (cipher, wire, MB_CIPHER_ERROR_TIMED_OUT);
  g_assert_no_errno (kill (g_array_index (agents, int, 0), SIGCONT));
  assert_decrypts (cipher, wire, "[1]");

  stop_process (g_array_index (agents, int, 0));
  g_clear_pointer (&cipher, _mb_cipher_unref);
  g_assert_no_errno (kill (g_array_index (agents, int, 0), SIGCONT));
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static gpointer
many_thread (gpointer data)
{
  MbCipher *cipher = data;

  for (guint i = 0; i < 15; i++)
    {
      g_autofree char *plain = g_strdup_printf ("[%u,%p]", i, (void *) g_thread_self ());
      g_autofree char *wire = encrypt_text (cipher, plain);

      assert_decrypts (cipher, wire, plain);
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autofree char *own = make_parent ();
  g_autoptr(MbCipher) cipher = open_simple (own, "secret");
  GThread *threads[10];

  g_test_summary ("Ten threads use one cipher at the same time");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("many", many_thread, cipher);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_clear_pointer (&cipher, _mb_cipher_unref);
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static char *
write_script (const char *folder,
              const char *name,
              const char *text)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr(GError) error = NULL;

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, &error);
  g_assert_no_error (error);

  return path;
}

static void
assert_no_open (const MbCipherOptions *options,
                const char            *hint)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbCipher) cipher = _mb_cipher_new (options, &error);

  g_assert_no_error (error);
  g_assert_false (_mb_cipher_open (cipher, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, hint));
}

static void
test_unavailable (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *scripts = make_parent ();
  g_autofree char *old = write_script (scripts, "old", "#!/bin/sh\necho 'gpg (GnuPG) 2.2.7'\n");
  g_autofree char *broken = write_script (scripts, "broken", "#!/bin/sh\nexit 2\n");
  g_autofree char *liar = write_script (scripts, "liar", "#!/bin/sh\n[ \"$1\" = --version ] && echo 'gpg (GnuPG) 2.4.0'\nexit 1\n");
  g_autofree char *long_name = g_strnfill (80, 'x');
  g_autofree char *deep = g_build_filename (scripts, long_name, NULL);
  MbCipherOptions options = { .passphrase = "secret", .home_parent = own, .timeout_ms = 5000 };

  g_test_summary ("GnuPG that is missing, old or broken, and folders that do not do, are told with a remedy");

  options.gpg_program = "/nonexistent/gpg";
  assert_no_open (&options, "installed");
  options.gpg_program = broken;
  assert_no_open (&options, "installed");
  options.gpg_program = old;
  assert_no_open (&options, "2.2.8");
  options.gpg_program = liar;
  assert_no_open (&options, "installed");
  options.gpg_program = NULL;

  g_assert_no_errno (g_mkdir (deep, 0700));
  options.home_parent = deep;
  assert_no_open (&options, "too long");
  options.home_parent = "/nonexistent";
  assert_no_open (&options, "/nonexistent");

  g_assert_no_errno (g_rmdir (deep));
  g_assert_no_errno (g_unlink (old));
  g_assert_no_errno (g_unlink (broken));
  g_assert_no_errno (g_unlink (liar));
  remove_parent (g_steal_pointer (&scripts));
  remove_parent (g_steal_pointer (&own));
}

/* Starts this program again: `mode` is what it does after it has printed the path of its home. */
static GSubprocess *
run_child (const char   *mode,
           const char   *own,
           char        **home)
{
  g_autoptr(GError) error = NULL;
  GSubprocess *child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                         program, mode, own, NULL);
  g_autoptr(GDataInputStream) stream = NULL;
  g_autofree char *line = NULL;

  g_assert_no_error (error);
  stream = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  line = g_data_input_stream_read_line (stream, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  if (home != NULL)
    *home = g_steal_pointer (&line);

  return child;
}

static int
child_main (const char *mode,
            const char *own)
{
  /* Some ways out leave it open, which no leak checker has to know. */
  static MbCipher *cipher;
  g_autofree char *wire = NULL;
  g_auto(GStrv) homes = NULL;
  char byte;

  cipher = open_simple (own, "secret");
  wire = encrypt_text (cipher, "[1]");
  homes = list_folder (own);
  assert_decrypts (cipher, wire, "[1]");
  for (guint i = 0; homes[i] != NULL; i++)
    if (strstr (homes[i], "/" MB_GNUPG_HOME_PREFIX) != NULL)
      printf ("%s\n", homes[i]);
  fflush (stdout);

  /* Until the parent says so */
  if (strcmp (mode, "--stay") == 0)
    g_assert_cmpint (read (STDIN_FILENO, &byte, 1), ==, 0);
  if (strcmp (mode, "--fork") == 0 && fork () == 0)
    {
      /* A child that closes what it has inherited */
      _mb_cipher_unref (cipher);
      exit (0);
    }
  if (strcmp (mode, "--fork") == 0)
    {
      g_assert_cmpint (read (STDIN_FILENO, &byte, 1), ==, 0);
      assert_decrypts (cipher, wire, "[1]");
      _mb_cipher_unref (cipher);
    }
  if (strcmp (mode, "--crash") == 0)
    kill (getpid (), SIGKILL);

  /* Without closing */
  return 0;
}

static void
wait_for_child (GSubprocess *child)
{
  g_autoptr(GError) error = NULL;

  g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, NULL);
  g_subprocess_wait (child, NULL, &error);
  g_assert_no_error (error);
}

static void
test_crash (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *dead_home = NULL;
  g_autofree char *living_home = NULL;
  g_autoptr(GSubprocess) dead = run_child ("--crash", own, &dead_home);
  g_autoptr(GSubprocess) living = NULL;
  g_autoptr(MbCipher) cipher = NULL;

  g_test_summary ("What a killed process left, its agent included, goes with the next start; what lives stays");

  wait_for_child (dead);
  g_assert_true (g_subprocess_get_if_signaled (dead));
  g_assert_true (g_file_test (dead_home, G_FILE_TEST_IS_DIR));
  {
    g_autoptr(GArray) agents = find_processes (dead_home, "gpg-agent");

    g_assert_cmpuint (agents->len, ==, 1);
  }

  living = run_child ("--stay", own, NULL);
  living_home = find_home (own);
  g_assert_cmpstr (living_home, !=, dead_home);
  wait_for_no_process (dead_home);

  cipher = open_simple (own, "secret");
  g_assert_true (g_file_test (living_home, G_FILE_TEST_IS_DIR));
  g_assert_cmpuint (_mb_gnupg_home_clean (own), ==, 0);

  wait_for_child (living);
  g_assert_true (g_subprocess_get_successful (living));
  g_assert_false (g_file_test (living_home, G_FILE_TEST_EXISTS));

  g_clear_pointer (&cipher, _mb_cipher_unref);
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static void
test_exit (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *home = NULL;
  g_autoptr(GSubprocess) child = run_child ("--exit", own, &home);

  g_test_summary ("A program that ends without closing leaves nothing either");

  wait_for_child (child);
  g_assert_true (g_subprocess_get_successful (child));
  g_assert_false (g_file_test (home, G_FILE_TEST_EXISTS));
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static void
test_fork (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *home = NULL;
  g_autoptr(GSubprocess) child = run_child ("--fork", own, &home);

  g_test_summary ("A forked child that closes or exits does not take the parent's home along");

  wait_for_child (child);
  g_assert_true (g_subprocess_get_successful (child));
  g_assert_false (g_file_test (home, G_FILE_TEST_EXISTS));
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

/* What a desktop has and a test machine may not: GnuPG then puts its sockets there. */
static void
test_runtime_folder (void)
{
  const char *script = "mount -t tmpfs minibus-test /run && mkdir -m 755 /run/user && mkdir -m 700 /run/user/0 && "
                       "exec \"$0\" --runtime /run/user/0";
  const char *as_root[] = { "unshare", "--mount", "--", "sh", "-c", script, program, NULL };
  const char *as_user[] = { "unshare", "--map-root-user", "--mount", "--", "sh", "-c", script, program, NULL };
  const char *probe_root[] = { "unshare", "--mount", "--", "mount", "-t", "tmpfs", "minibus-test", "/run", NULL };
  const char *probe_user[] = { "unshare", "--map-root-user", "--mount", "--",
                               "mount", "-t", "tmpfs", "minibus-test", "/run", NULL };
  gboolean is_root = geteuid () == 0;
  gboolean works;

  g_test_summary ("Where GnuPG has its sockets in /run/user, nothing is left there either, even by a crash");

  g_bytes_unref (run_program (NULL, &works, is_root ? probe_root : probe_user, NULL));
  if (!works)
    {
      g_test_skip ("No mount namespace can be made here");
      return;
    }

  g_bytes_unref (run_program (NULL, NULL, is_root ? as_root : as_user, NULL));
}

/* The home in a folder that GnuPG uses, too. */
static char *
find_runtime_home (const char *folder)
{
  g_auto(GStrv) names = list_folder (folder);
  char *home = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    if (strstr (names[i], "/" MB_GNUPG_HOME_PREFIX) != NULL)
      {
        g_assert_null (home);
        home = g_strdup (names[i]);
      }

  g_assert_nonnull (home);

  return home;
}

static int
runtime_main (const char *folder)
{
  g_autofree char *gnupg = g_build_filename (folder, "gnupg", NULL);
  g_autofree char *dead_home = NULL;
  g_autofree char *first_home = NULL;
  g_autofree char *second_home = NULL;
  g_autofree char *wire = NULL;
  g_autoptr(GSubprocess) dead = run_child ("--crash", folder, &dead_home);
  const char *remove[] = { "rm", "-rf", NULL, NULL };
  g_autoptr(MbCipher) cipher = NULL;

  wait_for_child (dead);
  cipher = open_simple (folder, "secret");
  wait_for_no_process (dead_home);
  wire = encrypt_text (cipher, "[1]");
  {
    g_auto(GStrv) sockets = list_folder (gnupg);

    /* That is where they are, or this test is for nothing. */
    g_assert_cmpuint (g_strv_length (sockets), ==, 1);
  }

  first_home = find_runtime_home (folder);
  remove[2] = first_home;
  g_bytes_unref (run_program (NULL, NULL, remove, NULL));
  assert_decrypts (cipher, wire, "[1]");
  wait_for_no_process (first_home);

  second_home = find_runtime_home (folder);
  g_clear_pointer (&cipher, _mb_cipher_unref);
  wait_for_no_process (second_home);
  g_assert_no_errno (g_rmdir (gnupg));

  return 0;
}

static void
test_two_processes (void)
{
  g_autofree char *own = make_parent ();
  GSubprocess *children[3];

  g_test_summary ("Several processes work side by side in the same folder");

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    children[i] = run_child ("--stay", own, NULL);
  {
    g_auto(GStrv) homes = list_folder (own);

    g_assert_cmpuint (g_strv_length (homes), ==, 3);
  }
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      wait_for_child (children[i]);
      g_assert_true (g_subprocess_get_successful (children[i]));
      g_clear_object (&children[i]);
    }

  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static void
test_cleaning (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *victim = make_parent ();
  g_autofree char *precious = g_build_filename (victim, "precious", NULL);
  g_autofree char *link = g_build_filename (own, MB_GNUPG_HOME_PREFIX "link00", NULL);
  g_autofree char *file = g_build_filename (own, MB_GNUPG_HOME_PREFIX "file00", NULL);
  g_autofree char *open_mode = g_build_filename (own, MB_GNUPG_HOME_PREFIX "mode00", NULL);
  g_autofree char *locked = g_build_filename (own, MB_GNUPG_HOME_PREFIX "lock00", NULL);
  g_autofree char *foreign = g_build_filename (own, MB_GNUPG_HOME_PREFIX "user00", NULL);
  g_autofree char *stale = g_build_filename (own, MB_GNUPG_HOME_PREFIX "dead00", NULL);
  g_autofree char *other = g_build_filename (own, "other", NULL);
  g_autofree char *inner = g_build_filename (stale, "private-keys-v1.d", NULL);
  g_autofree char *inner_link = g_build_filename (inner, "link", NULL);
  g_autofree char *agent_link = g_build_filename (stale, "S.gpg-agent", NULL);
  gboolean as_root = geteuid () == 0;
  int fd;

  g_test_summary ("Cleaning removes dead homes of the user, through no link, and nothing else");

  g_assert_true (g_file_set_contents (precious, "x", 1, NULL));
  g_assert_no_errno (symlink (victim, link));
  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_no_errno (g_mkdir (open_mode, 0700));
  g_assert_no_errno (chmod (open_mode, 0755));
  g_assert_no_errno (g_mkdir (locked, 0700));
  g_assert_no_errno (g_mkdir (foreign, 0700));
  if (as_root)
    g_assert_no_errno (chown (foreign, 12345, 12345));
  g_assert_no_errno (g_mkdir (stale, 0700));
  g_assert_no_errno (g_mkdir (inner, 0700));
  g_assert_no_errno (symlink (victim, inner_link));
  g_assert_no_errno (symlink (precious, agent_link));
  g_assert_no_errno (g_mkdir (other, 0700));
  fd = open (locked, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (flock (fd, LOCK_EX | LOCK_NB));

  g_assert_cmpuint (_mb_gnupg_home_clean (own), ==, as_root ? 1 : 2);

  g_assert_false (g_file_test (stale, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (precious, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (open_mode, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (locked, G_FILE_TEST_EXISTS));
  g_assert_cmpint (g_file_test (foreign, G_FILE_TEST_EXISTS), ==, as_root);
  g_assert_true (g_file_test (other, G_FILE_TEST_EXISTS));

  close (fd);
  g_assert_cmpuint (_mb_gnupg_home_clean (own), ==, 1);
  g_assert_cmpuint (_mb_gnupg_home_clean ("/nonexistent"), ==, 0);

  g_assert_no_errno (g_unlink (link));
  g_assert_no_errno (g_unlink (file));
  g_assert_no_errno (g_rmdir (open_mode));
  g_assert_no_errno (g_rmdir (other));
  if (as_root)
    g_assert_no_errno (g_rmdir (foreign));
  g_assert_no_errno (g_unlink (precious));
  remove_parent (g_steal_pointer (&victim));
  remove_parent (g_steal_pointer (&own));
}

static void
test_place (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *long_name = g_strnfill (80, 'x');
  g_autofree char *deep = g_build_filename (own, long_name, NULL);
  const char *unfit[] = { NULL, "relative", "/nonexistent", deep, own };
  const char *before = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *saved = g_strdup (before);

  g_test_summary ("Homes are made in the runtime folder if it is private and short, else in /tmp");

  g_setenv ("XDG_RUNTIME_DIR", own, TRUE);
  {
    g_autoptr(MbGnupgHome) home = _mb_gnupg_home_new (NULL, NULL);
    struct stat info;

    g_assert_true (g_str_has_prefix (_mb_gnupg_home_get_path (home), own));
    g_assert_no_errno (lstat (_mb_gnupg_home_get_path (home), &info));
    g_assert_cmpuint (info.st_mode & 07777, ==, 0700);
  }

  g_assert_no_errno (g_mkdir (deep, 0700));
  g_assert_no_errno (chmod (own, 0755));
  for (guint i = 0; i < G_N_ELEMENTS (unfit); i++)
    {
      g_autoptr(MbGnupgHome) home = NULL;

      if (unfit[i] != NULL)
        g_setenv ("XDG_RUNTIME_DIR", unfit[i], TRUE);
      else
        g_unsetenv ("XDG_RUNTIME_DIR");
      home = _mb_gnupg_home_new (NULL, NULL);
      g_assert_true (g_str_has_prefix (_mb_gnupg_home_get_path (home), "/tmp/" MB_GNUPG_HOME_PREFIX));
    }

  if (saved != NULL)
    g_setenv ("XDG_RUNTIME_DIR", saved, TRUE);
  else
    g_unsetenv ("XDG_RUNTIME_DIR");
  g_assert_no_errno (g_rmdir (deep));
  remove_parent (g_steal_pointer (&own));
}

static void
test_user_untouched (void)
{
  g_autofree char *own = make_parent ();
  g_autofree char *user = make_parent ();
  g_autofree char *config = g_build_filename (user, "gpg.conf", NULL);
  g_autofree char *agent_config = g_build_filename (user, "gpg-agent.conf", NULL);
  g_autoptr(MbCipher) cipher = NULL;

  g_test_summary ("The user's configuration has no effect, and the user's folder stays as it was");

  g_assert_true (g_file_set_contents (config, "nonsense\ncomment x\ns2k-count 65011712\nuse-agent\n", -1, NULL));
  g_assert_true (g_file_set_contents (agent_config, "no-allow-loopback-pinentry\n", -1, NULL));
  g_setenv ("GNUPGHOME", user, TRUE);

  cipher = open_simple (own, "secret");
  {
    g_autofree char *wire = encrypt_text (cipher, "[1]");
    g_auto(GStrv) files = list_folder (user);

    assert_decrypts (cipher, wire, "[1]");
    g_assert_cmpuint (g_strv_length (files), ==, 2);
  }

  g_clear_pointer (&cipher, _mb_cipher_unref);
  g_unsetenv ("GNUPGHOME");
  g_assert_no_errno (g_unlink (config));
  g_assert_no_errno (g_unlink (agent_config));
  remove_parent (g_steal_pointer (&user));
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

int
main (int    argc,
      char **argv)
{
  program = argv[0];
  if (argc == 3 && strcmp (argv[1], "--runtime") == 0)
    return runtime_main (argv[2]);
  if (argc == 3 && g_str_has_prefix (argv[1], "--") && argv[2][0] == '/' && strchr (argv[1], '=') == NULL)
    return child_main (argv[1], argv[2]);

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cipher-life/leaks", test_leaks);
  g_test_add_func ("/cipher-life/close", test_close);
  g_test_add_func ("/cipher-life/cancel", test_cancel);
  g_test_add_func ("/cipher-life/timeout", test_timeout);
  g_test_add_func ("/cipher-life/threads", test_threads);
  g_test_add_func ("/cipher-life/unavailable", test_unavailable);
  g_test_add_func ("/cipher-life/crash", test_crash);
  g_test_add_func ("/cipher-life/exit", test_exit);
  g_test_add_func ("/cipher-life/fork", test_fork);
  g_test_add_func ("/cipher-life/runtime-folder", test_runtime_folder);
  g_test_add_func ("/cipher-life/two-processes", test_two_processes);
  g_test_add_func ("/cipher-life/cleaning", test_cleaning);
  g_test_add_func ("/cipher-life/place", test_place);
  g_test_add_func ("/cipher-life/user-untouched", test_user_untouched);

  return g_test_run ();
}
