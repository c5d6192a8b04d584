/* test-memory-transport.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-memory-bus.h"
#include "minibus/mb-memory-hub-private.h"
#include "minibus/mb-memory-transport.h"
#include "transport-helpers.h"

/* A transport and the collector that it is open for. */
typedef struct
{
  MbTransport *transport;
  Collector   *collector;
} Endpoint;

typedef struct
{
  MbAddress   *address;
  MbMemoryBus *bus;
} Fixture;

static void
endpoint_open (Endpoint  *endpoint,
               MbAddress *address)
{
  g_autoptr(GError) error = NULL;

  endpoint->transport = mb_transport_new_for_address (address);
  endpoint->collector = collector_new ();
  mb_transport_open_sync (endpoint->transport, endpoint->collector->receiver, NULL, &error);
  g_assert_no_error (error);
}

static void
endpoint_clear (Endpoint *endpoint)
{
  finish_transport (endpoint->transport, endpoint->collector);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->address = mb_address_parse ("memory:test", NULL);
  fixture->bus = mb_memory_bus_get ("test");
}

/* How many threads of buses this process has. */
static guint
count_threads (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", name, "comm", NULL);
      g_autofree char *comm = NULL;

      /* A thread may end while this looks. */
      if (g_file_get_contents (path, &comm, NULL, NULL))
        n += g_str_equal (comm, "minibus-memory\n");
    }

  return n;
}

/* The system may list a thread for a moment after it has been joined. */
static void
wait_for_no_threads (void)
{
  while (count_threads () > 0)
    g_thread_yield ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_finalize_object (fixture->bus);
  g_clear_object (&fixture->address);
}

static void
test_deliver (Fixture       *fixture,
              gconstpointer  data)
{
  Endpoint endpoints[3];
  g_autoptr(GError) error = NULL;

  g_test_summary ("Every endpoint gets every packet, its own too, in the order of sending");

  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    endpoint_open (&endpoints[i], fixture->address);

  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      send_text (endpoints[i % G_N_ELEMENTS (endpoints)].transport, text, &error);
      g_assert_no_error (error);
    }

  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    {
      g_auto(GStrv) texts = NULL;

      collector_wait (endpoints[i].collector, 300);
      texts = collector_dup_texts (endpoints[i].collector);
      for (guint j = 0; j < 300; j++)
        g_assert_cmpuint (g_ascii_strtoull (texts[j], NULL, 10), ==, j);

      g_assert_cmpuint (collector_get_n_lost (endpoints[i].collector), ==, 0);
    }

  g_assert_cmpuint (mb_memory_bus_get_n_sent (fixture->bus), ==, 300);

  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    {
      endpoint_clear (&endpoints[i]);
      g_assert_cmpuint (mb_memory_bus_get_n_sent (fixture->bus), ==, 300);
    }
}

static void
test_other_bus (Fixture       *fixture,
                gconstpointer  data)
{
  g_autoptr(MbAddress) other_address = mb_address_parse ("memory:other", NULL);
  Endpoint endpoint;
  Endpoint other;

  g_test_summary ("Buses of different names know nothing of each other");

  endpoint_open (&endpoint, fixture->address);
  endpoint_open (&other, other_address);

  g_assert_true (send_text (other.transport, "other", NULL));
  g_assert_true (send_text (endpoint.transport, "this", NULL));
  collector_wait_for_text (other.collector, "other");
  collector_wait_for_text (endpoint.collector, "this");
  g_assert_cmpuint (collector_get_n_packets (endpoint.collector), ==, 1);
  g_assert_cmpuint (collector_get_n_packets (other.collector), ==, 1);

  endpoint_clear (&endpoint);
  endpoint_clear (&other);
}

static void
test_states (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(MbTransport) transport = mb_transport_new_for_address (fixture->address);
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A transport is opened once, sends while it is open, and may be opened again");

  g_assert_false (mb_transport_is_reliable (transport));
  g_assert_cmpuint (mb_transport_get_max_packet_size (transport), ==, 65507);

  mb_transport_close (transport);
  g_assert_false (send_text (transport, "x", &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_CLOSED);
  g_clear_error (&error);

  for (guint i = 1; i <= 100; i++)
    {
      g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
      g_assert_no_error (error);

      g_assert_false (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
      g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_ALREADY_OPEN);
      g_clear_error (&error);

      g_assert_true (send_text (transport, "x", &error));
      collector_wait (collector, i);

      mb_transport_close (transport);
      mb_transport_close (transport);
      g_assert_false (send_text (transport, "x", &error));
      g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_CLOSED);
      g_clear_error (&error);
    }

  g_assert_cmpuint (collector_get_n_packets (collector), ==, 100);
}

static void
test_sizes (Fixture       *fixture,
            gconstpointer  data)
{
  g_autofree guint8 *packet = g_malloc (65508);
  Endpoint endpoint;
  g_autoptr(GError) error = NULL;
  gsize length;
  const guint8 *received;

  g_test_summary ("Packets have from 0 to 65507 bytes");

  memset (packet, 'x', 65508);
  endpoint_open (&endpoint, fixture->address);

  g_assert_true (mb_transport_send (endpoint.transport, "/test", NULL, 0, &error));
  g_assert_true (mb_transport_send (endpoint.transport, "/test", packet, 65507, &error));
  g_assert_no_error (error);
  g_assert_false (mb_transport_send (endpoint.transport, "/test", packet, 65508, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_TOO_LARGE);

  collector_wait (endpoint.collector, 2);
  g_bytes_get_data (g_ptr_array_index (endpoint.collector->packets, 0), &length);
  g_assert_cmpuint (length, ==, 0);
  received = g_bytes_get_data (g_ptr_array_index (endpoint.collector->packets, 1), &length);
  g_assert_cmpmem (received, length, packet, 65507);

  endpoint_clear (&endpoint);
}

static void
test_thread (Fixture       *fixture,
             gconstpointer  data)
{
  Endpoint first;
  Endpoint second;

  g_test_summary ("A bus has one thread, from the first open endpoint to the last");

  wait_for_no_threads ();

  endpoint_open (&first, fixture->address);
  endpoint_open (&second, fixture->address);

  g_assert_true (send_text (first.transport, "x", NULL));
  collector_wait (first.collector, 1);
  collector_wait (second.collector, 1);
  g_assert_cmpuint (count_threads (), ==, 1);
  g_assert_true (first.collector->thread != g_thread_self ());
  g_assert_true (first.collector->thread == second.collector->thread);

  mb_transport_close (first.transport);
  g_assert_cmpuint (count_threads (), ==, 1);
  mb_transport_close (second.transport);
  wait_for_no_threads ();

  endpoint_clear (&first);
  endpoint_clear (&second);
}

static void
answer (gpointer      data,
        const guint8 *packet,
        gsize         length)
{
  MbTransport *transport = data;

  /* Ten questions are asked by the test, and each is answered by one that is shorter, down to
   * nothing.
   */
  if (length > 0)
    g_assert_true (mb_transport_send (transport, "/test", packet, length - 1, NULL));
}

static void
test_send_inside (Fixture       *fixture,
                  gconstpointer  data)
{
  Endpoint endpoint;

  g_test_summary ("A receiver may send from within a call");

  endpoint_open (&endpoint, fixture->address);
  endpoint.collector->on_push_data = endpoint.transport;
  endpoint.collector->on_push = answer;

  for (guint i = 0; i < 10; i++)
    g_assert_true (send_text (endpoint.transport, "0123456789", NULL));
  collector_wait (endpoint.collector, 110);

  endpoint_clear (&endpoint);
}

static void
test_late (Fixture       *fixture,
           gconstpointer  data)
{
  Endpoint early;
  Endpoint late;
  g_auto(GStrv) texts = NULL;
  Gate gate = { .is_closed = TRUE };

  g_test_summary ("An endpoint gets nothing that was sent before it was opened");

  endpoint_open (&early, fixture->address);
  early.collector->on_push_data = &gate;
  early.collector->on_push = gate_pass;

  g_assert_true (send_text (early.transport, "first", NULL));
  gate_wait_reached (&gate);
  g_assert_true (send_text (early.transport, "second", NULL));

  endpoint_open (&late, fixture->address);
  g_assert_true (send_text (early.transport, "third", NULL));
  gate_open (&gate);

  collector_wait (early.collector, 3);
  collector_wait_for_text (late.collector, "third");
  texts = collector_dup_texts (late.collector);
  g_assert_cmpuint (g_strv_length (texts), ==, 1);

  endpoint_clear (&early);
  endpoint_clear (&late);
}

static void
test_full (Fixture       *fixture,
           gconstpointer  data)
{
  const guint n = MB_MEMORY_HUB_MAX_BYTES / 65507 + 100;
  g_autofree guint8 *packet = g_malloc0 (65507);
  Endpoint slow;
  Endpoint other;
  Gate gate = { .is_closed = TRUE };
  guint n_got;
  guint n_lost;

  g_test_summary ("A bus keeps 64 MiB for slow receivers; the rest is dropped and reported to "
                  "each");

  endpoint_open (&slow, fixture->address);
  endpoint_open (&other, fixture->address);
  slow.collector->only_count = TRUE;
  other.collector->only_count = TRUE;
  slow.collector->on_push_data = &gate;
  slow.collector->on_push = gate_pass;

  if (GPOINTER_TO_INT (data))
    mb_memory_bus_set_delay (fixture->bus, 1);

  for (guint i = 0; i < n; i++)
    g_assert_true (mb_transport_send (slow.transport, "/test", packet, 65507, NULL));

  gate_wait_reached (&gate);
  gate_open (&gate);
  collector_wait_loss (slow.collector, 1);
  collector_wait_loss (other.collector, 1);

  while (collector_get_n_packets (slow.collector) + collector_get_n_lost (slow.collector) < n ||
         collector_get_n_packets (other.collector) + collector_get_n_lost (other.collector) < n)
    g_thread_yield ();

  n_got = collector_get_n_packets (slow.collector);
  n_lost = collector_get_n_lost (slow.collector);
  g_assert_cmpuint (n_got + n_lost, ==, n);
  g_assert_cmpuint (n_got, <=, MB_MEMORY_HUB_MAX_BYTES / 65507 + 1);
  g_assert_cmpuint (n_got, >=, GPOINTER_TO_INT (data) ? 400 : 900);
  g_assert_cmpuint (collector_get_n_packets (other.collector) +
                    collector_get_n_lost (other.collector), ==, n);

  /* What has been delivered makes room. */
  g_assert_true (mb_transport_send (slow.transport, "/test", packet, 65507, NULL));
  collector_wait (slow.collector, n_got + 1);
  g_assert_cmpuint (collector_get_n_lost (slow.collector), ==, n_lost);

  endpoint_clear (&slow);
  endpoint_clear (&other);
}

static void
test_close_waits (Fixture       *fixture,
                  gconstpointer  data)
{
  Closing closing = { NULL, FALSE };
  Endpoint endpoint;
  GThread *thread;
  Gate gate = { .is_closed = TRUE };
  guint n;

  g_test_summary ("Closing waits for the delivery that is under way, and none follows");

  endpoint_open (&endpoint, fixture->address);
  endpoint.collector->on_push_data = &gate;
  endpoint.collector->on_push = gate_pass;

  for (guint i = 0; i < 1000; i++)
    g_assert_true (send_text (endpoint.transport, "x", NULL));
  gate_wait_reached (&gate);

  closing.transport = endpoint.transport;
  thread = g_thread_new ("close", closing_thread, &closing);
  while (send_text (endpoint.transport, "x", NULL))
    g_thread_yield ();

  /* Closed for senders already, but not done while the receiver is in a call. */
  g_assert_false (g_atomic_int_get (&closing.is_done));
  gate_open (&gate);
  g_thread_join (thread);

  n = collector_get_n_packets (endpoint.collector);
  g_assert_cmpuint (n, >=, 1);
  wait_for_no_threads ();
  g_assert_cmpuint (collector_get_n_packets (endpoint.collector), ==, n);

  endpoint_clear (&endpoint);
}

static void
test_close_inside (Fixture       *fixture,
                   gconstpointer  data)
{
  Endpoint witness;
  Closer closer;
  g_autoptr(Collector) collector = collector_new ();

  g_test_summary ("A transport may be closed, and let go of, by its receiver");

  closer.transport = mb_transport_new_for_address (fixture->address);
  closer.unref = GPOINTER_TO_INT (data);
  closer.n_closed = 0;
  collector->on_push_data = &closer;
  collector->on_push = closer_close;
  g_assert_true (mb_transport_open_sync (closer.transport, collector->receiver, NULL, NULL));
  endpoint_open (&witness, fixture->address);

  g_assert_true (send_text (witness.transport, "first", NULL));
  g_assert_true (send_text (witness.transport, "second", NULL));
  collector_wait (witness.collector, 2);
  g_assert_cmpuint (collector_get_n_packets (collector), ==, 1);
  endpoint_clear (&witness);

  /* The same as the last endpoint, which takes the thread with it while in the thread. */
  if (!closer.unref)
    {
      collector_clear (collector);
      g_assert_true (mb_transport_open_sync (closer.transport, collector->receiver, NULL, NULL));
      g_assert_true (send_text (closer.transport, "third", NULL));
      collector_wait (collector, 1);
      while (g_atomic_int_get (&closer.n_closed) < 2)
        g_thread_yield ();
      wait_for_no_threads ();
    }

  g_clear_object (&closer.transport);
}

static void
test_many (Fixture       *fixture,
           gconstpointer  data)
{
  Endpoint endpoints[8];
  Sender senders[6];
  GThread *threads[G_N_ELEMENTS (senders)];

  g_test_summary ("Many threads send to many endpoints: all arrives, and in the order of each "
                  "sender");

  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    endpoint_open (&endpoints[i], fixture->address);

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    {
      /* Some share a transport. */
      senders[i].transport = endpoints[i / 2].transport;
      senders[i].number = i;
      senders[i].n_packets = 1000;
      threads[i] = g_thread_new ("send", sender_thread, &senders[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    g_thread_join (threads[i]);

  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    {
      guint next[G_N_ELEMENTS (senders)] = { 0, };
      g_auto(GStrv) texts = NULL;

      collector_wait (endpoints[i].collector, 1000 * G_N_ELEMENTS (senders));
      texts = collector_dup_texts (endpoints[i].collector);
      for (guint j = 0; texts[j] != NULL; j++)
        {
          guint64 sender = g_ascii_strtoull (texts[j], NULL, 10);
          guint64 number = g_ascii_strtoull (strchr (texts[j], ' '), NULL, 10);

          g_assert_cmpuint (sender, <, G_N_ELEMENTS (senders));
          g_assert_cmpuint (number, ==, next[sender]++);
        }
    }

  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    endpoint_clear (&endpoints[i]);
}

static gpointer
open_and_close (gpointer data)
{
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(MbTransport) transport = mb_transport_new_for_address (data);

  for (guint i = 0; i < 200; i++)
    {
      g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, NULL));
      g_assert_true (send_text (transport, "x", NULL));
      if (i % 3 == 0)
        collector_wait (collector, 1);
      mb_transport_close (transport);
      collector_clear (collector);
    }

  return NULL;
}

static void
test_come_and_go (Fixture       *fixture,
                  gconstpointer  data)
{
  GThread *threads[4];

  g_test_summary ("Endpoints that come and go at the same time get in nobody's way, with all "
                  "faults on");

  mb_memory_bus_set_duplication (fixture->bus, 0.2);
  mb_memory_bus_set_reordering (fixture->bus, 0.2);
  mb_memory_bus_set_jitter (fixture->bus, 100);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("come-and-go", open_and_close, fixture->address);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (mb_memory_bus_get_n_sent (fixture->bus), ==, 800);
  wait_for_no_threads ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, data, func) \
  g_test_add ("/memory-transport/" name, Fixture, data, set_up, func, tear_down)

  ADD ("deliver", NULL, test_deliver);
  ADD ("other-bus", NULL, test_other_bus);
  ADD ("states", NULL, test_states);
  ADD ("sizes", NULL, test_sizes);
  ADD ("thread", NULL, test_thread);
  ADD ("send-inside", NULL, test_send_inside);
  ADD ("late", NULL, test_late);
  ADD ("full", GINT_TO_POINTER (FALSE), test_full);
  ADD ("full-with-faults", GINT_TO_POINTER (TRUE), test_full);
  ADD ("close-waits", NULL, test_close_waits);
  ADD ("close-inside", GINT_TO_POINTER (FALSE), test_close_inside);
  ADD ("unref-inside", GINT_TO_POINTER (TRUE), test_close_inside);
  ADD ("many", NULL, test_many);
  ADD ("come-and-go", NULL, test_come_and_go);

  return g_test_run ();
}
