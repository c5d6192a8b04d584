/* test-multicast-threads.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The thread of the multicast transport, and those of a program that sends and closes meanwhile. To be run by
 * tests/private-network.
 */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "minibus/mb-multicast-transport.h"
#include "transport-helpers.h"

/* Threads called "minibus-io"; the number of the last one in `id`. */
static guint
find_threads (char **id)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", name, "comm", NULL);
      g_autofree char *comm = NULL;

      if (!g_file_get_contents (path, &comm, NULL, NULL) || !g_str_equal (comm, "minibus-io\n"))
        continue;

      n++;
      if (id != NULL)
        {
          g_free (*id);
          *id = g_strdup (name);
        }
    }

  return n;
}

static guint
count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static void
test_reopen (void)
{
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(MbTransport) transport = make_transport ("multicast:");
  g_autoptr(GError) error = NULL;
  guint n_fds = count_fds ();

  g_test_summary ("Opening and closing two hundred times leaves no descriptor and no thread "
                  "behind");

  for (guint i = 1; i <= 200; i++)
    {
      g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (send_text (transport, "x", NULL));
      collector_wait (collector, i);
      mb_transport_close (transport);
    }

  g_assert_cmpuint (collector_get_n_packets (collector), ==, 200);
  g_assert_cmpuint (count_fds (), ==, n_fds);
  g_assert_cmpuint (find_threads (NULL), ==, 0);
}

static char *
read_status (const char *thread,
             const char *field)
{
  g_autofree char *path = g_build_filename ("/proc/self/task", thread, "status", NULL);
  g_autofree char *status = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;

  g_file_get_contents (path, &status, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (status, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], field))
        return g_strdup (g_strstrip (lines[i] + strlen (field)));
    }

  g_assert_not_reached ();
}

static void
get_mask (gpointer      data,
          const guint8 *packet,
          gsize         length)
{
  pthread_sigmask (SIG_SETMASK, NULL, data);
}

static void
test_thread (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport;
  sigset_t blocked;
  g_autofree char *id = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  g_test_summary ("The thread has its name, takes no signals, and does not wake up while nothing "
                  "happens");

  collector->on_push_data = &blocked;
  collector->on_push = get_mask;
  transport = open_transport ("multicast:", collector);

  /* With the second packet, the first has been dealt with. */
  g_assert_true (send_text (transport, "x", NULL));
  collector_wait (collector, 1);
  g_assert_true (send_text (transport, "x", NULL));
  collector_wait (collector, 2);
  g_assert_cmpuint (find_threads (&id), ==, 1);
  g_assert_true (collector->thread != g_thread_self ());

  for (int i = 1; i < 32; i++)
    {
      if (i != SIGKILL && i != SIGSTOP)
        g_assert_cmpint (sigismember (&blocked, i), ==, 1);
    }

  /* Once it sleeps, it goes on sleeping. */
  while (TRUE)
    {
      g_autofree char *state = read_status (id, "State:");

      if (state[0] == 'S')
        break;
      g_thread_yield ();
    }

  before = read_status (id, "voluntary_ctxt_switches:");
  g_usleep (300000);
  after = read_status (id, "voluntary_ctxt_switches:");
  g_assert_cmpstr (before, ==, after);

  finish_transport (transport, collector);
  g_assert_cmpuint (find_threads (NULL), ==, 0);
}

static void
test_overflow (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport;
  Gate gate = { .is_closed = TRUE };
  guint n_sent = 0;
  guint n_lost;

  g_test_summary ("What the receive buffer had no room for is reported, to the last packet");

  collector->on_push_data = &gate;
  collector->on_push = gate_pass;
  transport = open_transport ("multicast://?receive-buffer=4096", collector);

  for (guint i = 0; i < 2; i++)
    {
      gate_close (&gate);
      for (guint j = 0; j < 1000; j++)
        g_assert_true (send_text (transport, "x", NULL));
      n_sent += 1000;
      gate_wait_reached (&gate);
      gate_open (&gate);

      /* The system tells with the next packet, which finds room once the others are out. */
      while (collector_get_n_packets (collector) + collector_get_n_lost (collector) < n_sent)
        {
          g_assert_true (send_text (transport, "x", NULL));
          n_sent++;
          g_thread_yield ();
        }
    }

  g_assert_true (send_text (transport, "end", NULL));
  collector_wait_for_text (collector, "end");
  n_lost = collector_get_n_lost (collector);
  g_assert_cmpuint (n_lost, >, 1000);
  g_assert_cmpuint (collector_get_n_packets (collector) + n_lost, ==, n_sent + 1);

  finish_transport (transport, collector);
}

static void
answer (gpointer      data,
        const guint8 *packet,
        gsize         length)
{
  if (length > 0)
    g_assert_true (mb_transport_send (data, "/test", packet, length - 1, NULL));
}

static void
test_send_inside (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport = open_transport ("multicast:", collector);

  g_test_summary ("A receiver may send from within a call");

  collector->on_push_data = transport;
  collector->on_push = answer;
  g_assert_true (send_text (transport, "0123456789", NULL));
  collector_wait (collector, 11);

  finish_transport (transport, collector);
}

static void
test_close_inside (gconstpointer data)
{
  g_autoptr(Collector) collector = collector_new ();
  Closer closer = { make_transport ("multicast:"), GPOINTER_TO_INT (data), 0 };
  Collector *witness_collector = collector_new ();
  MbTransport *witness = open_transport ("multicast:", witness_collector);
  guint n_fds;

  g_test_summary ("A transport may be closed, and let go of, by its receiver, which is then "
                  "called no more");

  n_fds = count_fds ();
  collector->on_push_data = &closer;
  collector->on_push = closer_close;
  g_assert_true (mb_transport_open_sync (closer.transport, collector->receiver, NULL, NULL));

  for (guint i = 0; i < 10; i++)
    g_assert_true (send_text (witness, "x", NULL));
  collector_wait (witness_collector, 10);
  collector_wait (collector, 1);

  while (g_atomic_int_get (&closer.n_closed) == 0 || find_threads (NULL) > 1)
    g_thread_yield ();
  g_assert_cmpuint (collector_get_n_packets (collector), ==, 1);
  g_assert_cmpuint (count_fds (), ==, n_fds);

  if (!closer.unref)
    {
      collector->on_push = NULL;
      g_assert_true (mb_transport_open_sync (closer.transport, collector->receiver, NULL, NULL));
      g_assert_true (send_text (closer.transport, "again", NULL));
      collector_wait_for_text (collector, "again");
      mb_transport_close (closer.transport);
    }

  g_clear_object (&closer.transport);
  finish_transport (witness, witness_collector);
}

static void
test_close_waits (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport = open_transport ("multicast:", collector);
  Closing closing = { transport, FALSE };
  Gate gate = { .is_closed = TRUE };
  GThread *thread;
  guint n;

  g_test_summary ("Closing waits for the call of the receiver that is under way, and none follows");

  collector->on_push_data = &gate;
  collector->on_push = gate_pass;

  for (guint i = 0; i < 10; i++)
    g_assert_true (send_text (transport, "x", NULL));
  gate_wait_reached (&gate);

  thread = g_thread_new ("close", closing_thread, &closing);
  while (send_text (transport, "x", NULL))
    g_thread_yield ();

  g_assert_false (g_atomic_int_get (&closing.is_done));
  gate_open (&gate);
  g_thread_join (thread);

  n = collector_get_n_packets (collector);
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (find_threads (NULL), ==, 0);

  finish_transport (transport, collector);
}

static void
test_many (void)
{
  Collector *collectors[4];
  MbTransport *transports[G_N_ELEMENTS (collectors)];
  Sender senders[4];
  GThread *threads[G_N_ELEMENTS (senders)];
  const guint n = 500 * G_N_ELEMENTS (senders);

  g_test_summary ("Many threads send by one transport: all arrives or is reported, in the order "
                  "of each");

  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    {
      collectors[i] = collector_new ();
      transports[i] = open_transport ("multicast:", collectors[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    {
      senders[i].transport = transports[i / 2];
      senders[i].number = i;
      senders[i].n_packets = 500;
      threads[i] = g_thread_new ("send", sender_thread, &senders[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    g_thread_join (threads[i]);

  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    {
      guint64 next[G_N_ELEMENTS (senders)] = { 0, };
      guint n_more = 0;
      g_auto(GStrv) texts = NULL;

      /* The kernel may allow too small a buffer for all at once. */
      while (collector_get_n_packets (collectors[i]) + collector_get_n_lost (collectors[i]) <
             n + n_more)
        {
          g_assert_true (send_text (transports[i], "9 0", NULL));
          n_more++;
          g_thread_yield ();
        }

      texts = collector_dup_texts (collectors[i]);
      for (guint j = 0; texts[j] != NULL; j++)
        {
          guint64 sender = g_ascii_strtoull (texts[j], NULL, 10);
          guint64 number = g_ascii_strtoull (strchr (texts[j], ' '), NULL, 10);

          if (sender == 9)
            continue;

          g_assert_cmpuint (sender, <, G_N_ELEMENTS (senders));
          g_assert_cmpuint (number, >=, next[sender]);
          next[sender] = number + 1;
        }
    }

  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    finish_transport (transports[i], collectors[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/multicast-threads/reopen", test_reopen);
  g_test_add_func ("/multicast-threads/thread", test_thread);
  g_test_add_func ("/multicast-threads/overflow", test_overflow);
  g_test_add_func ("/multicast-threads/send-inside", test_send_inside);
  g_test_add_data_func ("/multicast-threads/close-inside", GINT_TO_POINTER (FALSE),
                        test_close_inside);
  g_test_add_data_func ("/multicast-threads/unref-inside", GINT_TO_POINTER (TRUE),
                        test_close_inside);
  g_test_add_func ("/multicast-threads/close-waits", test_close_waits);
  g_test_add_func ("/multicast-threads/many", test_many);

  return g_test_run ();
}
