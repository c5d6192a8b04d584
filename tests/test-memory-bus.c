/* test-memory-bus.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "collector.h"
#include "minibus/mb-memory-bus.h"
#include "minibus/mb-memory-hub-private.h"

#define N_ENDPOINTS 2

typedef struct
{
  MbAddress   *address;
  MbMemoryBus *bus;
  MbTransport *transports[N_ENDPOINTS];
  Collector   *collectors[N_ENDPOINTS];
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->address = mb_address_parse ("memory:test", NULL);
  fixture->bus = mb_memory_bus_get ("test");

  for (guint i = 0; i < N_ENDPOINTS; i++)
    {
      fixture->transports[i] = mb_transport_new_for_address (fixture->address);
      fixture->collectors[i] = collector_new ();
      g_assert_true (mb_transport_open_sync (fixture->transports[i],
                                             fixture->collectors[i]->receiver, NULL, NULL));
    }
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  for (guint i = 0; i < N_ENDPOINTS; i++)
    {
      mb_transport_close (fixture->transports[i]);
      g_assert_finalize_object (fixture->transports[i]);
      collector_free (fixture->collectors[i]);
    }

  g_assert_finalize_object (fixture->bus);
  g_clear_object (&fixture->address);
}

static void
send_numbers (Fixture *fixture,
              guint    first,
              guint    n)
{
  for (guint i = first; i < first + n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_true (send_text (fixture->transports[0], text, NULL));
    }
}

/* What an endpoint has got, as one text. The packet "end" is sent without faults, to know that
 * everything before has come.
 */
static char *
take_all (Fixture *fixture,
          guint    endpoint)
{
  g_auto(GStrv) texts = NULL;
  char *all;

  collector_wait_for_text (fixture->collectors[endpoint], "end");
  texts = collector_dup_texts (fixture->collectors[endpoint]);
  collector_clear (fixture->collectors[endpoint]);

  all = g_strjoinv (" ", texts);

  return all;
}

static void
end_faults (Fixture *fixture)
{
  g_object_set (fixture->bus,
                "loss", 0.0,
                "duplication", 0.0,
                "reordering", 0.0,
                "delay", 0,
                "jitter", 0,
                NULL);
  g_assert_true (send_text (fixture->transports[0], "end", NULL));
}

static void
test_registry (void)
{
  g_autoptr(MbMemoryBus) first = mb_memory_bus_get ("a");
  g_autoptr(MbMemoryBus) again = mb_memory_bus_get ("a");
  g_autoptr(MbMemoryBus) other = mb_memory_bus_get ("b");

  g_test_summary ("There is one bus of a name while somebody holds it, and a new one after that");

  g_assert_true (first == again);
  g_assert_true (first != other);
  g_assert_cmpstr (mb_memory_bus_get_name (first), ==, "a");

  mb_memory_bus_set_loss (first, 0.5);
  g_clear_object (&again);
  g_assert_finalize_object (g_steal_pointer (&first));

  first = mb_memory_bus_get ("a");
  g_assert_cmpfloat (mb_memory_bus_get_loss (first), ==, 0);
}

static void
test_held_by_transport (void)
{
  g_autoptr(MbAddress) address = mb_address_parse ("memory:held", NULL);
  g_autoptr(MbTransport) transport = mb_transport_new_for_address (address);
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("held");

  g_test_summary ("A transport keeps the settings of its bus, even before it is opened");

  g_assert_nonnull (transport);
  mb_memory_bus_set_loss (bus, 0.5);
  g_clear_object (&bus);

  bus = mb_memory_bus_get ("held");
  g_assert_cmpfloat (mb_memory_bus_get_loss (bus), ==, 0.5);
}

static void
test_alone (void)
{
  g_autoptr(MbMemoryBus) bus = g_object_new (MB_TYPE_MEMORY_BUS, "name", "alone", NULL);
  g_autoptr(MbMemoryBus) nameless = g_object_new (MB_TYPE_MEMORY_BUS, NULL);
  g_autoptr(MbMemoryBus) found = mb_memory_bus_get ("alone");

  g_test_summary ("A bus that was made otherwise is not found, and harms nobody when it goes");

  g_assert_true (bus != found);
  g_assert_null (mb_memory_bus_get_name (nameless));

  g_assert_finalize_object (g_steal_pointer (&bus));
  bus = mb_memory_bus_get ("alone");
  g_assert_true (bus == found);
}

static gpointer
get_and_drop (gpointer data)
{
  for (guint i = 0; i < 5000; i++)
    {
      g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("busy");

      g_assert_cmpstr (mb_memory_bus_get_name (bus), ==, "busy");
    }

  return NULL;
}

static void
test_registry_threads (void)
{
  GThread *threads[4];

  g_test_summary ("Buses may be got and dropped by several threads");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("get", get_and_drop, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    data)
{
  guint *n = data;

  ++*n;
}

static void
test_properties (void)
{
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("properties");
  double loss, duplication, reordering;
  guint delay, jitter, seed, n_sent, n_lost, n_duplicated, n_reordered;
  guint n_notified = 0;

  g_test_summary ("Faults can be set and read, and tell of changes only");

  g_signal_connect (bus, "notify", G_CALLBACK (count_notify), &n_notified);

  for (guint i = 0; i < 2; i++)
    g_object_set (bus,
                  "loss", 0.1,
                  "duplication", 0.2,
                  "reordering", 0.3,
                  "delay", 4,
                  "jitter", 5,
                  "seed", 6,
                  NULL);
  g_assert_cmpuint (n_notified, ==, 6);

  g_object_get (bus,
                "loss", &loss,
                "duplication", &duplication,
                "reordering", &reordering,
                "delay", &delay,
                "jitter", &jitter,
                "seed", &seed,
                "n-sent", &n_sent,
                "n-lost", &n_lost,
                "n-duplicated", &n_duplicated,
                "n-reordered", &n_reordered,
                NULL);
  g_assert_cmpfloat (loss, ==, 0.1);
  g_assert_cmpfloat (duplication, ==, 0.2);
  g_assert_cmpfloat (reordering, ==, 0.3);
  g_assert_cmpuint (delay, ==, 4);
  g_assert_cmpuint (jitter, ==, 5);
  g_assert_cmpuint (seed, ==, 6);
  g_assert_cmpuint (n_sent + n_lost + n_duplicated + n_reordered, ==, 0);
}

static void
test_loss (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree char *first = NULL;

  g_test_summary ("What is lost does not arrive, is counted per endpoint, and is no loss that "
                  "anybody reports");

  mb_memory_bus_set_loss (fixture->bus, 1);
  send_numbers (fixture, 0, 10);
  end_faults (fixture);

  first = take_all (fixture, 0);
  g_assert_cmpstr (first, ==, "end");
  g_assert_cmpuint (mb_memory_bus_get_n_lost (fixture->bus), ==, 10 * N_ENDPOINTS);
  g_assert_cmpuint (mb_memory_bus_get_n_sent (fixture->bus), ==, 11);
  g_assert_cmpuint (collector_get_n_lost (fixture->collectors[0]), ==, 0);
}

static void
test_loss_rate (Fixture       *fixture,
                gconstpointer  data)
{
  g_test_summary ("About as much is lost as was asked for, at each endpoint by itself");

  mb_memory_bus_set_loss (fixture->bus, 0.25);
  send_numbers (fixture, 0, 10000);
  end_faults (fixture);

  for (guint i = 0; i < N_ENDPOINTS; i++)
    {
      g_autofree char *all = take_all (fixture, i);
      g_auto(GStrv) texts = g_strsplit (all, " ", -1);

      /* 7500 expected; the standard deviation is 43, and the seed is always the same. */
      g_assert_cmpuint (g_strv_length (texts), >, 7300);
      g_assert_cmpuint (g_strv_length (texts), <, 7700);
    }

  g_assert_cmpuint (mb_memory_bus_get_n_lost (fixture->bus), >, 4600);
  g_assert_cmpuint (mb_memory_bus_get_n_lost (fixture->bus), <, 5400);
}

static void
test_duplication (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  g_test_summary ("A duplicate follows its packet at once");

  mb_memory_bus_set_duplication (fixture->bus, 1);
  send_numbers (fixture, 0, 3);
  end_faults (fixture);

  first = take_all (fixture, 0);
  g_assert_cmpstr (first, ==, "0 0 1 1 2 2 end");
  second = take_all (fixture, 1);
  g_assert_cmpstr (second, ==, first);
  g_assert_cmpuint (mb_memory_bus_get_n_duplicated (fixture->bus), ==, 3 * N_ENDPOINTS);
}

static void
test_reordering (Fixture       *fixture,
                 gconstpointer  data)
{
  gboolean seen = FALSE;

  g_test_summary ("A reordered packet comes after its successor, also if that is the first one "
                  "without faults");

  /* A sender that is held up for ten milliseconds sees the packets in order: then once more. */
  for (guint i = 0; i < 100 && !seen; i++)
    {
      g_auto(GStrv) texts = NULL;
      g_autofree char *all = NULL;

      mb_memory_bus_set_seed (fixture->bus, 0);
      mb_memory_bus_set_reordering (fixture->bus, 1);
      send_numbers (fixture, 0, 5);
      end_faults (fixture);

      collector_wait (fixture->collectors[0], 6);
      texts = collector_dup_texts (fixture->collectors[0]);
      all = g_strjoinv (" ", texts);
      seen = g_str_equal (all, "1 0 3 2 end 4");
      collector_clear (fixture->collectors[0]);

      g_assert_cmpuint (g_strv_length (texts), ==, 6);
      g_assert_cmpuint (mb_memory_bus_get_n_reordered (fixture->bus), ==,
                        (i + 1) * 3 * N_ENDPOINTS);
    }

  g_assert_true (seen);
}

static void
test_reordering_next (Fixture       *fixture,
                      gconstpointer  data)
{
  gboolean seen = FALSE;

  g_test_summary ("A reordered packet comes right after its successor");

  /* As above. */
  for (guint i = 0; i < 100 && !seen; i++)
    {
      g_auto(GStrv) texts = NULL;
      g_autofree char *all = NULL;

      mb_memory_bus_set_seed (fixture->bus, 0);
      mb_memory_bus_set_reordering (fixture->bus, 1);
      send_numbers (fixture, 0, 1);
      mb_memory_bus_set_reordering (fixture->bus, 0);
      send_numbers (fixture, 1, 3);

      collector_wait (fixture->collectors[0], 4);
      texts = collector_dup_texts (fixture->collectors[0]);
      all = g_strjoinv (" ", texts);
      seen = g_str_equal (all, "1 0 2 3");
      collector_clear (fixture->collectors[0]);
    }

  g_assert_true (seen);
}

static void
test_reordering_alone (Fixture       *fixture,
                       gconstpointer  data)
{
  gint64 begin = g_get_monotonic_time ();

  g_test_summary ("A reordered packet that nothing follows comes after ten milliseconds");

  mb_memory_bus_set_reordering (fixture->bus, 1);
  send_numbers (fixture, 0, 1);
  collector_wait (fixture->collectors[0], 1);
  collector_wait (fixture->collectors[1], 1);
  g_assert_cmpint (collector_get_last_time (fixture->collectors[0]) - begin, >=,
                   MB_MEMORY_HUB_REORDER_TIME);
}

static void
test_delay (Fixture       *fixture,
            gconstpointer  data)
{
  gint64 begin = g_get_monotonic_time ();
  g_auto(GStrv) texts = NULL;

  g_test_summary ("Delayed packets come in order, and not before their time");

  mb_memory_bus_set_delay (fixture->bus, 20000);
  send_numbers (fixture, 0, 100);
  collector_wait (fixture->collectors[0], 1);
  g_assert_cmpint (collector_get_last_time (fixture->collectors[0]) - begin, >=, 20000);

  collector_wait (fixture->collectors[0], 100);
  texts = collector_dup_texts (fixture->collectors[0]);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (g_ascii_strtoull (texts[i], NULL, 10), ==, i);
}

static void
test_jitter (Fixture       *fixture,
             gconstpointer  data)
{
  g_auto(GStrv) texts = NULL;
  gboolean seen[100] = { FALSE, };
  guint n_swapped = 0;

  g_test_summary ("Jitter mixes packets that are sent close to each other, and loses none");

  mb_memory_bus_set_jitter (fixture->bus, 50000);
  send_numbers (fixture, 0, 100);
  collector_wait (fixture->collectors[0], 100);

  texts = collector_dup_texts (fixture->collectors[0]);
  for (guint i = 0; i < 100; i++)
    {
      guint number = (guint) g_ascii_strtoull (texts[i], NULL, 10);

      g_assert_false (seen[number]);
      seen[number] = TRUE;
      n_swapped += number != i;
    }

  g_assert_cmpuint (n_swapped, >, 10);
}

/* Sends under all faults that do not hang on the clock. */
static char *
run (Fixture *fixture,
     guint    seed,
     guint    endpoint)
{
  mb_memory_bus_set_loss (fixture->bus, 0.2);
  mb_memory_bus_set_duplication (fixture->bus, 0.2);
  mb_memory_bus_set_seed (fixture->bus, seed);
  send_numbers (fixture, 0, 500);
  end_faults (fixture);

  for (guint i = 0; i < N_ENDPOINTS; i++)
    {
      if (i != endpoint)
        g_free (take_all (fixture, i));
    }

  return take_all (fixture, endpoint);
}

static void
test_seed (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree char *first = run (fixture, 42, 0);
  g_autofree char *again = run (fixture, 42, 0);
  g_autofree char *other = run (fixture, 42, 1);
  g_autofree char *different = run (fixture, 43, 0);
  g_autofree char *alone = NULL;

  g_test_summary ("The same seed gives each packet the same fate, however many endpoints there "
                  "are");

  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, other);
  g_assert_cmpstr (first, !=, different);

  mb_transport_close (fixture->transports[1]);
  mb_memory_bus_set_loss (fixture->bus, 0.2);
  mb_memory_bus_set_duplication (fixture->bus, 0.2);
  mb_memory_bus_set_seed (fixture->bus, 42);
  send_numbers (fixture, 0, 500);
  end_faults (fixture);
  alone = take_all (fixture, 0);
  g_assert_cmpstr (first, ==, alone);
}

static guint
count_reordered (Fixture *fixture,
                 guint    seed,
                 gulong   pause)
{
  guint before = mb_memory_bus_get_n_reordered (fixture->bus);

  mb_memory_bus_set_reordering (fixture->bus, 0.3);
  mb_memory_bus_set_seed (fixture->bus, seed);

  for (guint i = 0; i < 200; i++)
    {
      send_numbers (fixture, i, 1);

      /* Long enough for a held packet to be let go: that must make no difference. */
      if (pause > 0 && i % 50 == 0)
        g_usleep (pause);
    }

  end_faults (fixture);
  for (guint i = 0; i < N_ENDPOINTS; i++)
    {
      collector_wait (fixture->collectors[i], 201);
      collector_clear (fixture->collectors[i]);
    }

  return mb_memory_bus_get_n_reordered (fixture->bus) - before;
}

static void
test_seed_and_clock (Fixture       *fixture,
                     gconstpointer  data)
{
  guint fast = count_reordered (fixture, 1, 0);
  guint slow = count_reordered (fixture, 1, 2 * MB_MEMORY_HUB_REORDER_TIME);

  g_test_summary ("Which packets are reordered does not hang on the time that passes between them");

  g_assert_cmpuint (fast, >, 0);
  g_assert_cmpuint (fast, ==, slow);
}

static void
test_seed_begins_anew (Fixture       *fixture,
                       gconstpointer  data)
{
  g_test_summary ("Setting the seed forgets that a packet is waiting to be overtaken");

  mb_memory_bus_set_reordering (fixture->bus, 1);

  for (guint i = 1; i <= 5; i++)
    {
      mb_memory_bus_set_seed (fixture->bus, 0);
      send_numbers (fixture, 0, 1);
      g_assert_cmpuint (mb_memory_bus_get_n_reordered (fixture->bus), ==, i * N_ENDPOINTS);
    }

  collector_wait (fixture->collectors[0], 5);
  collector_wait (fixture->collectors[1], 5);
}

static gpointer
change_faults (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < 300; i++)
    {
      mb_memory_bus_set_loss (fixture->bus, (i % 3) / 4.0);
      mb_memory_bus_set_duplication (fixture->bus, (i % 5) / 8.0);
      mb_memory_bus_set_reordering (fixture->bus, (i % 7) / 8.0);
      mb_memory_bus_set_delay (fixture->bus, i % 11);
      mb_memory_bus_set_jitter (fixture->bus, i % 13);
      mb_memory_bus_set_seed (fixture->bus, i);
      g_thread_yield ();
    }

  return NULL;
}

static void
test_change (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GThread) thread = NULL;
  guint n_sent = 0;

  g_test_summary ("Faults may be changed while packets are sent, and the counts agree with what "
                  "arrives");

  thread = g_thread_new ("change", change_faults, fixture);
  for (guint i = 0; i < 10; i++)
    {
      send_numbers (fixture, 0, 300);
      n_sent += 300;
    }
  g_thread_join (g_steal_pointer (&thread));
  end_faults (fixture);

  collector_wait (fixture->collectors[0], 1);
  collector_wait_for_text (fixture->collectors[1], "end");
  g_assert_cmpuint (mb_memory_bus_get_n_sent (fixture->bus), ==, n_sent + 1);

  /* Delayed ones may come after the last. */
  while (collector_get_n_packets (fixture->collectors[0]) +
         collector_get_n_packets (fixture->collectors[1]) +
         mb_memory_bus_get_n_lost (fixture->bus) -
         mb_memory_bus_get_n_duplicated (fixture->bus) < N_ENDPOINTS * (n_sent + 1))
    g_thread_yield ();

  g_assert_cmpuint (collector_get_n_packets (fixture->collectors[0]) +
                    collector_get_n_packets (fixture->collectors[1]) +
                    mb_memory_bus_get_n_lost (fixture->bus) -
                    mb_memory_bus_get_n_duplicated (fixture->bus), ==,
                    N_ENDPOINTS * (n_sent + 1));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/memory-bus/registry", test_registry);
  g_test_add_func ("/memory-bus/held-by-transport", test_held_by_transport);
  g_test_add_func ("/memory-bus/alone", test_alone);
  g_test_add_func ("/memory-bus/registry-threads", test_registry_threads);
  g_test_add_func ("/memory-bus/properties", test_properties);

#define ADD(name, func) \
  g_test_add ("/memory-bus/" name, Fixture, NULL, set_up, func, tear_down)

  ADD ("loss", test_loss);
  ADD ("loss-rate", test_loss_rate);
  ADD ("duplication", test_duplication);
  ADD ("reordering", test_reordering);
  ADD ("reordering-next", test_reordering_next);
  ADD ("reordering-alone", test_reordering_alone);
  ADD ("delay", test_delay);
  ADD ("jitter", test_jitter);
  ADD ("seed", test_seed);
  ADD ("seed-and-clock", test_seed_and_clock);
  ADD ("seed-begins-anew", test_seed_begins_anew);
  ADD ("change", test_change);

  return g_test_run ();
}
