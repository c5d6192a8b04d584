/* test-encryption-life.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Opening and closing with a passphrase, and what is left behind. */

#include "config.h"

#include "encryption-helpers.h"
#include "recording-helpers.h"

/* Without presence, packets of which would be counted among those of the test. */
static MbClient *
open_silent (void)
{
  MbClient *client = client_new ("c", SECRET);

  mb_client_set_presence (client, FALSE);

  return client_open (client);
}

static void
test_close (void)
{
  g_autoptr(MbClient) client = open_silent ();
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) homes = NULL;
  guint n = 0;
  guint n_sent;

  g_test_summary ("The queue is bounded, and closing ends what waits in it, counts it and leaves nothing behind");

  while (n < 5000 && mb_publisher_publish_text (publisher, "1", &error))
    n++;
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY);
  g_assert_cmpuint (n, >=, 1024);

  mb_client_close (client);
  g_object_get (client, "n-sent", &n_sent, NULL);
  g_assert_cmpuint (n_sent + mb_client_get_dropped (client, MB_DROP_REASON_NOT_SENT), ==, n);
  g_assert_cmpuint (n_sent, <, n);

  homes = list_folder (runtime_dir);
  g_assert_cmpuint (g_strv_length (homes), ==, 0);
  wait_for_no_process (runtime_dir);
}

static void
opened_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  GError **error = user_data;

  if (mb_client_open_finish (MB_CLIENT (object), result, error))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "open");
}

static void
test_open_async (void)
{
  g_autoptr(MbClient) client = client_new ("c", SECRET);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) homes = NULL;

  g_test_summary ("Opening with a passphrase can be waited for without blocking, closed and cancelled");

  mb_client_open_async (client, NULL, opened_cb, &error);
  mb_test_wait_until (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_true (mb_client_get_is_open (client));
  mb_client_close (client);
  g_clear_error (&error);

  mb_client_open_async (client, NULL, opened_cb, &error);
  mb_client_close (client);
  mb_test_wait_until (error != NULL);
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
  g_clear_error (&error);

  mb_client_open_async (client, cancellable, opened_cb, &error);
  g_cancellable_cancel (cancellable);
  mb_test_wait_until (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (mb_client_get_is_open (client));

  client_open (client);
  mb_client_close (client);
  homes = list_folder (runtime_dir);
  g_assert_cmpuint (g_strv_length (homes), ==, 0);
}

typedef struct
{
  MbPublisher *publisher;
  int          ended;       /* atomic */
  int          n_taken;     /* atomic */
} Crowd;

static gpointer
publish_thread (gpointer data)
{
  Crowd *crowd = data;

  while (!g_atomic_int_get (&crowd->ended))
    {
      if (mb_publisher_publish_text (crowd->publisher, "1", NULL))
        g_atomic_int_inc (&crowd->n_taken);
      else
        g_usleep (100);
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autoptr(MbClient) client = open_silent ();
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  Crowd crowd = { .publisher = publisher };
  GThread *threads[3];
  guint n_sent;

  g_test_summary ("While threads publish, a client can be closed and opened, and each message that was taken is sent "
                  "or counted");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("publish", publish_thread, &crowd);

  for (guint round = 0; round < 4; round++)
    {
      g_ptr_array_set_size (texts, 0);
      mb_test_wait_until (texts->len > 2);
      mb_client_close (client);
      client_open (client);
    }

  mb_test_wait_until (texts->len > 2);
  g_cancellable_cancel (cancellable);
  g_assert_false (mb_client_flush_sync (client, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_atomic_int_set (&crowd.ended, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  mb_client_close (client);
  g_object_get (client, "n-sent", &n_sent, NULL);
  g_assert_cmpuint (n_sent + mb_client_get_dropped (client, MB_DROP_REASON_NOT_SENT), ==,
                    (guint) g_atomic_int_get (&crowd.n_taken));
}

static guint
count_fds (void)
{
  g_auto(GStrv) fds = list_folder ("/proc/self/fd");

  return g_strv_length (fds);
}

static void
test_many (void)
{
  g_autoptr(GPtrArray) texts = texts_new ();
  g_auto(GStrv) homes = NULL;
  guint n_fds = 0;

  g_test_summary ("Hundreds of messages leave no file, process or folder behind");

  for (guint round = 0; round < 3; round++)
    {
      g_autoptr(MbClient) client = client_open (client_new ("c", SECRET));
      G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
      g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);

      g_ptr_array_set_size (texts, 0);
      for (guint i = 0; i < 100; i++)
        mb_test_publish (publisher, "1");
      mb_test_wait_until (texts->len == 100);
      mb_client_close (client);

      if (round == 0)
        n_fds = count_fds ();
    }

  g_assert_cmpuint (count_fds (), ==, n_fds);
  homes = list_folder (runtime_dir);
  g_assert_cmpuint (g_strv_length (homes), ==, 0);
  wait_for_no_process (runtime_dir);
}

static void
test_recorder (void)
{
  g_autofree char *folder = mb_test_folder_new ();
  g_autoptr(GFile) file = mb_test_file (folder, "a.jsonl");
  const char * const patterns[] = { "/t", NULL };
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) client = client_new ("c", SECRET);
  g_autoptr(MbClient) sender = client_open (client_new ("s", SECRET));
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);
  g_autoptr(MbRecorder) recorder = mb_recorder_new (client, file);
  g_autoptr(GPtrArray) ends = texts_new ();
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(GPtrArray) messages = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("What has been received when a recorder is stopped is recorded, also what is yet to be decrypted");

  mb_client_set_accept_plaintext (client, TRUE);
  client_open (client);
  subscriber = mb_test_collect (client, "/end", ends);
  mb_recorder_set_patterns (recorder, patterns);
  g_assert_true (mb_test_record (recorder, &error));
  for (guint i = 0; i < 50; i++)
    mb_test_publish (publisher, "1");
  flush (sender);

  /* This comes last, and need not be decrypted. */
  tap_send_plain (tap, "/end", "1");
  mb_test_wait_until (ends->len == 1);
  g_assert_true (mb_test_stop (recorder, &error));
  g_assert_no_error (error);

  messages = mb_test_read_messages (file);
  g_assert_cmpuint (messages->len, ==, 50);
  mb_test_folder_remove (g_steal_pointer (&folder));
}

static void
test_missing_gnupg (void)
{
  g_autoptr(MbClient) client = NULL;
  g_autoptr(MbClient) keyless = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without a GnuPG that works, a client with a passphrase does not open, and one without does");

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }

  g_setenv ("PATH", "/nonexistent", TRUE);
  client = client_new ("c", SECRET);
  keyless = client_open (client_new ("keyless", NULL));
  g_assert_false (mb_client_open_sync (client, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE);
  g_assert_false (mb_client_get_is_open (client));
}

int
main (int   argc,
      char *argv[])
{
  encryption_test_init (&argc, &argv);

  g_test_add_func ("/encryption-life/close", test_close);
  g_test_add_func ("/encryption-life/open-async", test_open_async);
  g_test_add_func ("/encryption-life/threads", test_threads);
  g_test_add_func ("/encryption-life/many", test_many);
  g_test_add_func ("/encryption-life/recorder", test_recorder);
  g_test_add_func ("/encryption-life/missing-gnupg", test_missing_gnupg);

  return encryption_test_run ();
}
