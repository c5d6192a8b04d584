/* test-cipher-queue.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-cipher-queue-private.h"

#include "cipher-helpers.h"

static char *parent;
static MbCipher *cipher;
static GBytes *fast_wire;   /* some milliseconds */
static GBytes *slow_wire;   /* some tenths of a second */

/* What the callbacks have seen, in their order. */
typedef struct
{
  GMutex         mutex;
  GCond          changed;
  GString       *log;
  guint          n_done;
  guint          n_destroyed;
  guint          n_failed;
  guint          n_inside;   /* callbacks that are still to meet */
  gboolean       held;       /* callbacks wait as long as this is set */
  MbCipherQueue *queue;
} Journal;

typedef struct
{
  Journal *journal;
  char     name[8];
  int      code;             /* of the expected error, or -1 */
  GQuark   domain;
} Entry;

static void
journal_init (Journal *journal)
{
  memset (journal, 0, sizeof *journal);
  g_mutex_init (&journal->mutex);
  g_cond_init (&journal->changed);
  journal->log = g_string_new (NULL);
}

static void
journal_clear (Journal *journal)
{
  g_assert_cmpuint (journal->n_done, ==, journal->n_destroyed);
  g_mutex_clear (&journal->mutex);
  g_cond_clear (&journal->changed);
  g_string_free (journal->log, TRUE);
}

static Entry *
entry_new (Journal    *journal,
           const char *name)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->journal = journal;
  entry->code = -1;
  g_strlcpy (entry->name, name, sizeof entry->name);

  return entry;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;
  Journal *journal = entry->journal;

  g_mutex_lock (&journal->mutex);
  journal->n_destroyed++;
  g_cond_broadcast (&journal->changed);
  g_mutex_unlock (&journal->mutex);
  g_free (entry);
}

static void
done_cb (MbCipherOutcome *outcome,
         gpointer         user_data)
{
  Entry *entry = user_data;
  Journal *journal = entry->journal;

  g_mutex_lock (&journal->mutex);
  g_string_append (journal->log, entry->name);
  journal->n_done++;
  if (outcome->error != NULL)
    {
      journal->n_failed++;
      g_assert_null (outcome->wire);
      g_assert_null (outcome->plain.plain);
      g_assert_error (outcome->error, entry->domain, entry->code);
    }
  else
    {
      g_assert_true ((outcome->wire != NULL) != (outcome->plain.plain != NULL));
      g_assert_cmpint (entry->code, ==, -1);
    }
  g_cond_broadcast (&journal->changed);
  while (journal->held)
    g_cond_wait (&journal->changed, &journal->mutex);
  g_mutex_unlock (&journal->mutex);
}

static void
wait_for_destroyed (Journal *journal,
                    guint    n)
{
  g_mutex_lock (&journal->mutex);
  while (journal->n_destroyed < n)
    g_cond_wait (&journal->changed, &journal->mutex);
  g_mutex_unlock (&journal->mutex);
}

static void
wait_for_done (Journal *journal,
               guint    n)
{
  g_mutex_lock (&journal->mutex);
  while (journal->n_done < n)
    g_cond_wait (&journal->changed, &journal->mutex);
  g_mutex_unlock (&journal->mutex);
}

static void
set_held (Journal  *journal,
          gboolean  held)
{
  g_mutex_lock (&journal->mutex);
  journal->held = held;
  g_cond_broadcast (&journal->changed);
  g_mutex_unlock (&journal->mutex);
}

static void
push (MbCipherQueue *queue,
      Journal       *journal,
      const char    *key,
      const char    *name,
      GBytes        *wire)
{
  g_autoptr(GError) error = NULL;

  _mb_cipher_queue_decrypt (queue, key, wire, NULL, done_cb, entry_new (journal, name), entry_free, &error);
  g_assert_no_error (error);
}

static void
test_both_ways (void)
{
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, NULL);
  g_autoptr(GBytes) plain = g_bytes_new_static ("[1]", 3);
  g_autoptr(GBytes) nonsense = g_bytes_new_static ("nonsense", 8);
  Journal journal;
  Entry *bad;

  g_test_summary ("Jobs of both kinds are done, also for no key, and errors are told");

  journal_init (&journal);
  bad = entry_new (&journal, "x");
  bad->domain = MB_CIPHER_ERROR;
  bad->code = MB_CIPHER_ERROR_MALFORMED;

  g_assert_true (_mb_cipher_queue_encrypt (queue, NULL, plain, "mb1:x", NULL, done_cb,
                                           entry_new (&journal, "a"), entry_free, NULL));
  push (queue, &journal, NULL, "b", fast_wire);
  g_assert_true (_mb_cipher_queue_decrypt (queue, NULL, nonsense, NULL, done_cb, bad, entry_free, NULL));
  push (queue, &journal, NULL, "c", fast_wire);
  wait_for_destroyed (&journal, 4);
  g_assert_cmpstr (journal.log->str, ==, "abxc");

  g_clear_pointer (&queue, _mb_cipher_queue_unref);
  journal_clear (&journal);
}

static void
test_order (void)
{
  MbCipherQueueLimits limits = { .n_threads = 4 };
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, &limits);
  Journal journals[5];

  g_test_summary ("Jobs of a key are done in their order, whatever the threads do");

  for (guint i = 0; i < G_N_ELEMENTS (journals); i++)
    journal_init (&journals[i]);

  for (guint j = 0; j < 16; j++)
    for (guint i = 0; i < G_N_ELEMENTS (journals); i++)
      {
        char key[2] = { (char) ('0' + i), '\0' };
        char name[2] = { (char) ('a' + j), '\0' };

        push (queue, &journals[i], key, name, fast_wire);
      }

  for (guint i = 0; i < G_N_ELEMENTS (journals); i++)
    {
      wait_for_destroyed (&journals[i], 16);
      g_assert_cmpstr (journals[i].log->str, ==, "abcdefghijklmnop");
    }

  g_assert_cmpuint (_mb_cipher_queue_get_n_jobs (queue), ==, 0);
  g_clear_pointer (&queue, _mb_cipher_queue_unref);
  for (guint i = 0; i < G_N_ELEMENTS (journals); i++)
    journal_clear (&journals[i]);
}

static void
test_slow (void)
{
  MbCipherQueueLimits limits = { .n_threads = 3 };
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, &limits);
  Journal slow, fast;

  g_test_summary ("Slow messages, from however many senders, hold up only what their own senders sent behind them");

  journal_init (&slow);
  journal_init (&fast);

  /* Whoever does a slow one stays with it until all the fast ones are done. */
  set_held (&slow, TRUE);

  for (guint i = 0; i < 6; i++)
    {
      char key[2] = { (char) ('0' + i), '\0' };

      push (queue, &slow, key, "S", slow_wire);
    }
  push (queue, &slow, "0", "f", fast_wire);
  for (guint i = 0; i < 10; i++)
    push (queue, &fast, "fast", "f", fast_wire);

  wait_for_destroyed (&fast, 10);
  g_mutex_lock (&slow.mutex);
  g_assert_cmpuint (slow.n_done, <=, 2);
  g_mutex_unlock (&slow.mutex);

  set_held (&slow, FALSE);
  wait_for_destroyed (&slow, 7);
  g_assert_cmpstr (strchr (slow.log->str, 'S'), ==, slow.log->str);
  g_assert_cmpuint (slow.n_failed, ==, 0);

  g_clear_pointer (&queue, _mb_cipher_queue_unref);
  journal_clear (&slow);
  journal_clear (&fast);
}

static void
test_bounds (void)
{
  MbCipherQueueLimits limits = { .n_threads = 1, .max_jobs = 6, .max_jobs_per_key = 3, .max_bytes = 0 };
  MbCipherQueueLimits small = { .n_threads = 1, .max_bytes = g_bytes_get_size (fast_wire) * 2 };
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, &limits);
  g_autoptr(MbCipherQueue) narrow = _mb_cipher_queue_new (cipher, &small);
  g_autoptr(GError) error = NULL;
  Journal journal;
  Entry *entry;

  g_test_summary ("What is beyond the bounds is refused, without any callback; there is room again later");

  journal_init (&journal);
  journal.held = TRUE;
  entry = entry_new (&journal, "-");

  push (queue, &journal, "a", "a", fast_wire);
  wait_for_done (&journal, 1);
  push (queue, &journal, "a", "b", fast_wire);
  push (queue, &journal, "a", "c", fast_wire);
  g_assert_false (_mb_cipher_queue_decrypt (queue, "a", fast_wire, NULL, done_cb, entry, entry_free, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY);
  g_clear_error (&error);

  push (queue, &journal, "b", "d", fast_wire);
  push (queue, &journal, "c", "e", fast_wire);
  push (queue, &journal, NULL, "f", fast_wire);
  g_assert_cmpuint (_mb_cipher_queue_get_n_jobs (queue), ==, 6);
  g_assert_false (_mb_cipher_queue_decrypt (queue, "d", fast_wire, NULL, done_cb, entry, entry_free, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY);
  g_clear_error (&error);

  push (narrow, &journal, "a", "x", fast_wire);
  push (narrow, &journal, "b", "y", fast_wire);
  g_assert_false (_mb_cipher_queue_decrypt (narrow, "c", fast_wire, NULL, done_cb, entry, entry_free, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY);
  g_clear_error (&error);

  set_held (&journal, FALSE);
  wait_for_destroyed (&journal, 8);
  push (queue, &journal, "a", "z", fast_wire);
  wait_for_destroyed (&journal, 9);
  g_assert_cmpuint (journal.n_failed, ==, 0);

  g_free (entry);
  g_clear_pointer (&queue, _mb_cipher_queue_unref);
  g_clear_pointer (&narrow, _mb_cipher_queue_unref);
  journal_clear (&journal);
}

static void
test_slow_bounds (void)
{
  MbCipherQueueLimits limits = { .n_threads = 1, .max_jobs = 6 };
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, &limits);
  g_autoptr(GError) error = NULL;
  Journal journal;
  Entry *entry;

  g_test_summary ("Slow messages take half the room at most, however many senders they pretend to have");

  journal_init (&journal);
  journal.held = TRUE;
  entry = entry_new (&journal, "-");

  push (queue, &journal, "a", "f", fast_wire);
  wait_for_done (&journal, 1);
  push (queue, &journal, "b", "S", slow_wire);
  push (queue, &journal, "c", "S", slow_wire);
  push (queue, &journal, "d", "S", slow_wire);
  g_assert_false (_mb_cipher_queue_decrypt (queue, "e", slow_wire, NULL, done_cb, entry, entry_free, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY);
  push (queue, &journal, "e", "f", fast_wire);

  set_held (&journal, FALSE);
  wait_for_destroyed (&journal, 5);
  g_assert_cmpuint (journal.n_failed, ==, 0);
  push (queue, &journal, "e", "S", slow_wire);
  wait_for_destroyed (&journal, 6);

  g_free (entry);
  g_clear_pointer (&queue, _mb_cipher_queue_unref);
  journal_clear (&journal);
}

static void
test_cancel (void)
{
  MbCipherQueueLimits limits = { .n_threads = 1 };
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, &limits);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Journal journal;

  g_test_summary ("Cancelled jobs end with an error, those behind them are done");

  journal_init (&journal);
  for (guint i = 0; i < 2; i++)
    {
      Entry *entry = entry_new (&journal, "c");

      entry->domain = G_IO_ERROR;
      entry->code = G_IO_ERROR_CANCELLED;
      g_assert_true (_mb_cipher_queue_decrypt (queue, "a", slow_wire, cancellable, done_cb, entry, entry_free, NULL));
    }
  push (queue, &journal, "a", "d", fast_wire);

  g_cancellable_cancel (cancellable);
  wait_for_destroyed (&journal, 3);
  g_assert_cmpstr (journal.log->str, ==, "ccd");

  g_clear_pointer (&queue, _mb_cipher_queue_unref);
  journal_clear (&journal);
}

static void
test_close (void)
{
  MbCipherQueueLimits limits = { .n_threads = 3 };
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, &limits);
  g_autoptr(GError) error = NULL;
  Journal journal;
  Entry *refused;
  gint64 start;

  g_test_summary ("Closing ends all jobs promptly, each with its callback, and refuses new ones");

  journal_init (&journal);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i % 7);
      Entry *entry = entry_new (&journal, "c");

      entry->domain = MB_CIPHER_ERROR;
      entry->code = MB_CIPHER_ERROR_CLOSED;
      g_assert_true (_mb_cipher_queue_decrypt (queue, key, slow_wire, NULL, done_cb, entry, entry_free, NULL));
    }

  start = g_get_monotonic_time ();
  _mb_cipher_queue_close (queue);
  g_test_message ("closed in %" G_GINT64_FORMAT " µs", g_get_monotonic_time () - start);
  g_assert_cmpuint (journal.n_destroyed, ==, 100);
  g_assert_cmpuint (journal.n_failed, ==, 100);
  _mb_cipher_queue_close (queue);

  refused = entry_new (&journal, "-");
  g_assert_false (_mb_cipher_queue_decrypt (queue, "a", fast_wire, NULL, done_cb, refused, entry_free, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED);
  g_free (refused);

  g_clear_pointer (&queue, _mb_cipher_queue_unref);
  journal_clear (&journal);
}

static void
close_inside_cb (MbCipherOutcome *outcome,
                 gpointer         user_data)
{
  Entry *entry = user_data;
  Journal *journal = entry->journal;

  g_mutex_lock (&journal->mutex);
  journal->n_inside--;
  g_cond_broadcast (&journal->changed);
  while (journal->n_inside > 0)
    g_cond_wait (&journal->changed, &journal->mutex);
  g_mutex_unlock (&journal->mutex);

  _mb_cipher_queue_close (journal->queue);
  done_cb (outcome, user_data);
}

static void
drop_inside_cb (MbCipherOutcome *outcome,
                gpointer         user_data)
{
  Entry *entry = user_data;

  g_clear_pointer (&entry->journal->queue, _mb_cipher_queue_unref);
  done_cb (outcome, user_data);
}

static void
push_inside_cb (MbCipherOutcome *outcome,
                gpointer         user_data)
{
  Entry *entry = user_data;

  push (entry->journal->queue, entry->journal, "a", "2", fast_wire);
  done_cb (outcome, user_data);
}

static void
test_inside (void)
{
  MbCipherQueueLimits limits = { .n_threads = 2 };
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, &limits);
  Journal journal;

  g_test_summary ("A callback may push, close, and drop the last reference, also two of them at once");

  journal_init (&journal);
  journal.queue = queue;
  g_assert_true (_mb_cipher_queue_decrypt (queue, "a", fast_wire, NULL, push_inside_cb,
                                           entry_new (&journal, "1"), entry_free, NULL));
  wait_for_destroyed (&journal, 2);
  g_assert_cmpstr (journal.log->str, ==, "12");

  /* Both callbacks are under way before either of them closes. */
  journal.n_inside = 2;
  for (guint i = 0; i < 2; i++)
    g_assert_true (_mb_cipher_queue_decrypt (queue, i == 0 ? "a" : "b", fast_wire, NULL, close_inside_cb,
                                             entry_new (&journal, "3"), entry_free, NULL));
  wait_for_destroyed (&journal, 4);
  g_assert_cmpstr (journal.log->str, ==, "1233");
  g_clear_pointer (&queue, _mb_cipher_queue_unref);

  journal.queue = _mb_cipher_queue_new (cipher, &limits);
  g_assert_true (_mb_cipher_queue_decrypt (journal.queue, "a", fast_wire, NULL, drop_inside_cb,
                                           entry_new (&journal, "4"), entry_free, NULL));
  wait_for_destroyed (&journal, 5);
  g_assert_null (journal.queue);
  journal_clear (&journal);
}

int
main (int    argc,
      char **argv)
{
  const char *more[] = { "--s2k-count", "65011712", NULL };
  char *wire;
  int status;

  g_test_init (&argc, &argv, NULL);

  parent = make_parent ();
  cipher = open_simple (parent, "secret");
  wire = encrypt_text (cipher, "[1]");
  fast_wire = g_bytes_new_take (wire, strlen (wire));
  wire = gpg_encrypt ("[1]", "secret", more);
  slow_wire = g_bytes_new_take (wire, strlen (wire));

  g_test_add_func ("/cipher-queue/both-ways", test_both_ways);
  g_test_add_func ("/cipher-queue/order", test_order);
  g_test_add_func ("/cipher-queue/slow", test_slow);
  g_test_add_func ("/cipher-queue/bounds", test_bounds);
  g_test_add_func ("/cipher-queue/slow-bounds", test_slow_bounds);
  g_test_add_func ("/cipher-queue/cancel", test_cancel);
  g_test_add_func ("/cipher-queue/close", test_close);
  g_test_add_func ("/cipher-queue/inside", test_inside);

  status = g_test_run ();

  g_bytes_unref (fast_wire);
  g_bytes_unref (slow_wire);
  _mb_cipher_close (cipher);
  _mb_cipher_unref (cipher);
  wait_for_no_process (parent);
  remove_parent (parent);

  return status;
}
