/* test-client-faults.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <minibus/minibus.h>

#include "minibus/mb-sequence-private.h"
#include "patience.h"

#define TIMEOUT_S 60
#define N_MESSAGES 1000
#define N_THREADS 4

/* A bus with faults, a sender and a receiver that keeps count. */
typedef struct
{
  MbMemoryBus  *bus;
  MbClient     *sender;
  MbClient     *receiver;
  MbSubscriber *subscriber;
  GHashTable   *numbers;        /* set of the values that arrived */
  guint         n_messages;
  guint         n_told_missed;
  guint64       last;           /* the value that arrived last */
  guint64       lowest;         /* by number */
  guint64       highest;        /* likewise */
  gboolean      disordered;
} Fixture;

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Runs the main loop until the condition holds. */
#define wait_until(condition) \
  G_STMT_START \
    { \
      guint tick_id = g_timeout_add (5, tick_cb, NULL); \
      gint64 end = patience_end (TIMEOUT_S); \
      while (!(condition)) \
        { \
          g_assert_cmpint (g_get_monotonic_time (), <, end); \
          g_main_context_iteration (NULL, TRUE); \
        } \
      g_source_remove (tick_id); \
    } \
  G_STMT_END

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            gpointer      user_data)
{
  Fixture *self = user_data;
  guint64 sequence = mb_message_get_sequence (message);

  self->n_messages++;
  self->last = g_ascii_strtoull (mb_message_get_text (message), NULL, 10);
  g_hash_table_add (self->numbers, GSIZE_TO_POINTER (self->last));
  if (self->n_messages == 1)
    self->lowest = sequence;
  self->disordered |= sequence < self->highest;
  self->lowest = MIN (self->lowest, sequence);
  self->highest = MAX (self->highest, sequence);
}

static void
missed_cb (MbSubscriber *subscriber,
           const char   *author,
           guint         count,
           gpointer      user_data)
{
  Fixture *self = user_data;

  g_assert_cmpstr (author, ==, "sender");
  g_assert_cmpuint (count, >, 0);
  self->n_told_missed += count;
}

static MbClient *
open_client (const char *name)
{
  MbClient *client = mb_client_new (name);
  g_autoptr(GError) error = NULL;

  mb_client_set_address (client, "memory:faults");
  /* What it tells of itself would be among the packets that are counted here. */
  mb_client_set_presence (client, FALSE);
  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);

  return client;
}

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  self->bus = mb_memory_bus_get ("faults");
  mb_memory_bus_set_seed (self->bus, 42);
  self->numbers = g_hash_table_new (NULL, NULL);
  self->sender = open_client ("sender");
  self->receiver = open_client ("receiver");
  self->subscriber = mb_client_subscribe (self->receiver, "/count", NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->subscriber, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (self->subscriber, "missed", G_CALLBACK (missed_cb), self);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_object_unref (self->subscriber);
  g_object_unref (self->sender);
  g_object_unref (self->receiver);
  g_object_unref (self->bus);
  g_hash_table_unref (self->numbers);
}

static void
clear_faults (Fixture *self)
{
  mb_memory_bus_set_loss (self->bus, 0);
  mb_memory_bus_set_duplication (self->bus, 0);
  mb_memory_bus_set_reordering (self->bus, 0);
  mb_memory_bus_set_delay (self->bus, 0);
  mb_memory_bus_set_jitter (self->bus, 0);
}

static void
publish (MbPublisher *publisher,
         guint        number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);
  g_autoptr(GError) error = NULL;

  mb_publisher_publish_text (publisher, text, &error);
  g_assert_no_error (error);
}

static MbPublisher *
create_publisher (Fixture *self)
{
  g_autoptr(GError) error = NULL;
  MbPublisher *publisher = mb_client_create_publisher (self->sender, "/count", NULL, &error);

  g_assert_no_error (error);

  return publisher;
}

/* Sends 1 … N_MESSAGES; the first and the last meet with no fault. */
static void
publish_all (Fixture *self,
             double   loss,
             double   duplication,
             double   reordering)
{
  g_autoptr(MbPublisher) publisher = create_publisher (self);

  publish (publisher, 1);
  wait_until (self->n_messages == 1);

  mb_memory_bus_set_loss (self->bus, loss);
  mb_memory_bus_set_duplication (self->bus, duplication);
  mb_memory_bus_set_reordering (self->bus, reordering);
  for (guint i = 2; i < N_MESSAGES; i++)
    publish (publisher, i);

  clear_faults (self);
  publish (publisher, N_MESSAGES);
  wait_until (g_hash_table_contains (self->numbers, GSIZE_TO_POINTER (N_MESSAGES)));
}

static guint
get_n_received (MbClient *client)
{
  guint n_received;

  g_object_get (client, "n-received", &n_received, NULL);

  return n_received;
}

static guint
n_missed (Fixture *self)
{
  return mb_subscriber_get_n_missed (self->subscriber);
}

/* Whether all that was sent between the lowest and the highest number is accounted for. */
static gboolean
adds_up (Fixture *self)
{
  return g_hash_table_size (self->numbers) + n_missed (self) == self->highest - self->lowest + 1;
}

static void
test_loss (Fixture       *self,
           gconstpointer  data)
{
  guint n_lost;

  g_test_summary ("Each lost message is counted, told of once, and none more.");

  publish_all (self, 0.01 * GPOINTER_TO_UINT (data), 0, 0);

  g_object_get (self->bus, "n-lost", &n_lost, NULL);
  g_assert_cmpuint (n_lost, >, 0);
  g_assert_cmpuint (self->n_messages + n_missed (self), ==, N_MESSAGES);
  g_assert_cmpuint (self->n_told_missed, ==, n_missed (self));
  g_assert_cmpuint (mb_client_get_dropped (self->receiver, MB_DROP_REASON_MISSED), ==, n_missed (self));
  g_assert_cmpuint (mb_subscriber_get_missed_from (self->subscriber, "sender"), ==, n_missed (self));
  g_assert_cmpuint (mb_client_get_dropped (self->receiver, MB_DROP_REASON_DUPLICATE), ==, 0);
  g_assert_false (self->disordered);
}

static void
test_heavy_loss (Fixture       *self,
                 gconstpointer  data)
{
  g_test_summary ("Gaps longer than the window of numbers are counted exactly, too.");

  publish_all (self, 0.99, 0, 0);

  g_assert_cmpuint (n_missed (self), >, 100);
  g_assert_cmpuint (self->n_messages + n_missed (self), ==, N_MESSAGES);
  g_assert_cmpuint (self->n_told_missed, ==, n_missed (self));
}

static void
test_duplication (Fixture       *self,
                  gconstpointer  data)
{
  g_test_summary ("Each message is delivered once, in order, and the rest counted as duplicates.");

  publish_all (self, 0, 0.3, 0);

  g_assert_cmpuint (self->n_messages, ==, N_MESSAGES);
  g_assert_false (self->disordered);
  g_assert_cmpuint (n_missed (self), ==, 0);
  /* The sender hears itself, but has no subscriber. */
  g_assert_cmpuint (mb_client_get_dropped (self->receiver, MB_DROP_REASON_DUPLICATE), >, 0);
  /* A packet is counted when it has been dealt with, and the last message may be here before that. */
  wait_until (mb_client_get_dropped (self->receiver, MB_DROP_REASON_DUPLICATE) + N_MESSAGES ==
              get_n_received (self->receiver));
}

static void
test_reordering (Fixture       *self,
                 gconstpointer  data)
{
  g_test_summary ("What comes late is delivered, and no longer counted as missed.");

  publish_all (self, 0, 0, 0.2);

  wait_until (self->n_messages == N_MESSAGES && n_missed (self) == 0);
  g_assert_true (self->disordered);
  g_assert_cmpuint (self->n_told_missed, >, 0);
  g_assert_cmpuint (mb_client_get_dropped (self->receiver, MB_DROP_REASON_DUPLICATE), ==, 0);
}

static void
test_everything (Fixture       *self,
                 gconstpointer  data)
{
  g_test_summary ("With all faults together each message is delivered once or counted as missed.");

  publish_all (self, 0.1, 0.2, 0.2);

  wait_until (adds_up (self));
  g_assert_cmpuint (self->n_messages, ==, g_hash_table_size (self->numbers));
  g_assert_cmpuint (n_missed (self), >, 0);
  g_assert_cmpuint (mb_client_get_dropped (self->receiver, MB_DROP_REASON_DUPLICATE), >, 0);
}

static void
test_delay (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr(MbPublisher) publisher = create_publisher (self);

  g_test_summary ("Messages that take their time all arrive, and nothing stays missed.");

  mb_memory_bus_set_delay (self->bus, 1000);
  mb_memory_bus_set_jitter (self->bus, 5000);
  for (guint i = 1; i <= N_MESSAGES; i++)
    {
      publish (publisher, i);
      /* No more under way than the receiver keeps track of. */
      if (i % 50 == 0)
        wait_until (self->n_messages == i && adds_up (self));
    }
  g_assert_true (self->disordered);
  g_assert_cmpuint (n_missed (self), ==, 0);
}

static void
test_late_main_loop (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(MbPublisher) publisher = create_publisher (self);
  MbOverflow overflow = GPOINTER_TO_UINT (data);
  g_autoptr(GError) error = NULL;
  g_autofree char *reply = NULL;

  g_test_summary ("With a full inbox, too, each message is delivered, missed or dropped, and counted so.");

  mb_subscriber_set_inbox_size (self->subscriber, 100);
  mb_subscriber_set_overflow (self->subscriber, overflow);
  publish (publisher, 1);
  wait_until (self->n_messages == 1);

  mb_memory_bus_set_loss (self->bus, 0.3);
  for (guint i = 2; i < N_MESSAGES; i++)
    publish (publisher, i);
  clear_faults (self);
  publish (publisher, N_MESSAGES);

  /* When this answer is there, all that was sent before has been received. The main loop has not run. */
  reply = mb_client_call_text_sync (self->receiver, "/__minibus__/receiver/__pid__", "null",
                                    TIMEOUT_S * 1000, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (self->n_messages, ==, 1);

  wait_until (!g_main_context_pending (NULL));
  g_assert_cmpuint (self->n_messages, <=, 101);
  g_assert_cmpuint (n_missed (self), >, 0);
  g_assert_cmpuint (mb_subscriber_get_n_dropped (self->subscriber), >, 0);
  g_assert_cmpuint (self->n_messages + n_missed (self) + mb_subscriber_get_n_dropped (self->subscriber), ==,
                    N_MESSAGES);
  g_assert_cmpuint (mb_client_get_dropped (self->receiver, MB_DROP_REASON_INBOX_FULL), ==,
                    mb_subscriber_get_n_dropped (self->subscriber));
}

static void
test_second_subscriber (Fixture       *self,
                        gconstpointer  data)
{
  g_autoptr(MbPublisher) publisher = create_publisher (self);
  g_autoptr(MbSubscriber) second = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("What was missed before a subscriber was there is not missed less when it comes late.");

  publish (publisher, 1);
  wait_until (self->n_messages == 1);

  /* The second message takes its time; the third shows that it is missing. */
  mb_memory_bus_set_delay (self->bus, 500 * 1000);
  publish (publisher, 2);
  clear_faults (self);
  publish (publisher, 3);
  wait_until (self->n_messages == 2);
  g_assert_cmpuint (n_missed (self), ==, 1);

  second = mb_client_subscribe (self->receiver, "/coun.", NULL, &error);
  g_assert_no_error (error);
  wait_until (self->n_messages == 3);
  g_assert_cmpuint (n_missed (self), ==, 0);
  g_assert_cmpuint (mb_subscriber_get_n_missed (second), ==, 0);

  mb_memory_bus_set_loss (self->bus, 1);
  publish (publisher, 4);
  clear_faults (self);
  publish (publisher, 5);
  wait_until (self->n_messages == 4);
  g_assert_cmpuint (n_missed (self), ==, 1);
  g_assert_cmpuint (mb_subscriber_get_n_missed (second), ==, 1);
}

static gpointer
publish_in_thread (gpointer user_data)
{
  MbPublisher *publisher = user_data;

  for (guint i = 0; i < N_MESSAGES / N_THREADS; i++)
    publish (publisher, i);

  return NULL;
}

static void
test_threads (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(MbPublisher) publisher = create_publisher (self);
  GThread *threads[N_THREADS];

  g_test_summary ("Numbers leave in order, without gap or repetition, from however many threads.");

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("publisher", publish_in_thread, publisher);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  wait_until (self->n_messages == N_MESSAGES);
  g_assert_cmpuint (self->lowest, ==, 1);
  g_assert_cmpuint (self->highest, ==, N_MESSAGES);
  g_assert_false (self->disordered);
  g_assert_cmpuint (n_missed (self), ==, 0);
  g_assert_cmpuint (mb_client_get_dropped (self->receiver, MB_DROP_REASON_DUPLICATE), ==, 0);
}

static JsonNode *
serve_cb (MbRequest *request,
          gpointer   user_data)
{
  guint *n_served = user_data;

  (*n_served)++;

  return json_node_copy (mb_request_get_params (request));
}

static void
call_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *reply = mb_client_call_text_finish (MB_CLIENT (source), result, &error);
  guint *n_replies = user_data;

  g_assert_no_error (error);
  g_assert_cmpstr (reply, ==, "[1]");
  (*n_replies)++;
}

static void
test_calls_with_duplicates (Fixture       *self,
                            gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbService) service = NULL;
  guint n_served = 0;
  guint n_replies = 0;

  g_test_summary ("A request that the network delivers twice is served once, and a reply is taken once.");

  service = mb_client_provide (self->receiver, "/echo", NULL, NULL, serve_cb, &n_served, NULL, &error);
  g_assert_no_error (error);

  mb_memory_bus_set_duplication (self->bus, 1);
  for (guint i = 0; i < 50; i++)
    mb_client_call_text_async (self->sender, "/echo", "[1]", TIMEOUT_S * 1000, NULL, call_cb, &n_replies);
  wait_until (n_replies == 50);
  wait_until (mb_client_get_dropped (self->sender, MB_DROP_REASON_DUPLICATE) == 50);
  g_assert_cmpuint (n_served, ==, 50);
  g_assert_cmpuint (mb_client_get_dropped (self->receiver, MB_DROP_REASON_DUPLICATE), ==, 50);
  g_assert_cmpuint (mb_client_get_dropped (self->sender, MB_DROP_REASON_LATE_REPLY), ==, 0);
}

static void
test_calls_with_loss (Fixture       *self,
                      gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbService) service = NULL;
  guint n_served = 0;

  g_test_summary ("A call whose request or reply is lost times out, and the next one is none the worse.");

  service = mb_client_provide (self->sender, "/echo", NULL, NULL, serve_cb, &n_served, NULL, &error);
  g_assert_no_error (error);

  mb_memory_bus_set_loss (self->bus, 1);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *reply = mb_client_call_text_sync (self->receiver, "/echo", "[1]", 10, NULL, &error);

      g_assert_null (reply);
      g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT);
      g_clear_error (&error);
    }
  g_assert_cmpuint (n_served, ==, 0);

  clear_faults (self);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *reply = mb_client_call_text_sync (self->receiver, "/echo", "[1]",
                                                         TIMEOUT_S * 1000, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (reply, ==, "[1]");
    }
  g_assert_cmpuint (n_served, ==, 3);
}

/* The numbers of a sender as they arrive: what of them counts as missing at the end. */
static int
note_all (const guint64 *numbers,
          guint          n_numbers,
          guint         *n_duplicates)
{
  MbSequenceTracker tracker = { 0 };
  int balance = 0;

  *n_duplicates = 0;
  for (guint i = 0; i < n_numbers; i++)
    {
      guint n_gap;

      switch (_mb_sequence_tracker_note (&tracker, numbers[i], 0, &n_gap))
        {
        case MB_ARRIVAL_AFTER_GAP:
          g_assert_cmpuint (n_gap, >, 0);
          balance += (int) n_gap;
          break;

        case MB_ARRIVAL_LATE:
          balance--;
          break;

        case MB_ARRIVAL_DUPLICATE:
          (*n_duplicates)++;
          break;

        case MB_ARRIVAL_EXPECTED:
        default:
          break;
        }
      g_assert_cmpint (balance, >=, 0);
    }

  return balance;
}

#define assert_noted(missed, duplicates, ...) \
  G_STMT_START \
    { \
      const guint64 numbers[] = { __VA_ARGS__ }; \
      guint n_duplicates; \
      g_assert_cmpint (note_all (numbers, G_N_ELEMENTS (numbers), &n_duplicates), ==, missed); \
      g_assert_cmpuint (n_duplicates, ==, duplicates); \
    } \
  G_STMT_END

static void
test_numbers (void)
{
  g_test_summary ("In whatever order numbers arrive, the missing ones between the lowest and the highest "
                  "count, and never less than none.");

  assert_noted (0, 0, 1, 2, 3);
  assert_noted (1, 0, 1, 3);
  assert_noted (0, 0, 1, 3, 2);
  assert_noted (0, 2, 1, 2, 2, 1);
  assert_noted (2, 1, 1, 4, 4);

  /* The first to arrive is not the first that was sent. */
  assert_noted (0, 0, 3, 2, 1);
  assert_noted (0, 0, 3, 1, 2);
  assert_noted (3, 0, 10, 6);
  assert_noted (0, 0, 10, 5, 7, 6, 9, 8);
  assert_noted (1, 0, 10, 5, 12, 7, 11, 6, 9);
  assert_noted (2, 0, 10, 5, 13, 7, 11, 6, 9);
  assert_noted (0, 3, 4, 1, 4, 3, 1, 2, 2);

  /* One that runs far ahead, as a forger would have it. */
  assert_noted (0, 0, 1, 2, G_GUINT64_CONSTANT (1) << 40, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  assert_noted (1, 0, 1, 2, G_GUINT64_CONSTANT (1) << 40, 3, 4, 5, 6, 7, 8, 9, 10, 12);
}

static void
test_random_numbers (void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (7);

  g_test_summary ("Shuffled within the window, the count of missing numbers is exact.");

  for (guint round = 0; round < 2000; round++)
    {
      guint64 numbers[60];
      guint n = (guint) g_rand_int_range (random, 1, G_N_ELEMENTS (numbers));
      guint64 base = (guint64) g_rand_int_range (random, 1, 1000);
      guint64 lowest = G_MAXUINT64;
      guint64 highest = 0;
      guint n_duplicates;
      guint n_kept = 0;

      for (guint i = 0; i < n; i++)
        {
          if (g_rand_boolean (random))
            numbers[n_kept++] = base + i;
        }
      for (guint i = 0; i < n_kept; i++)
        {
          guint other = (guint) g_rand_int_range (random, (int) i, (int) n_kept);
          guint64 number = numbers[other];

          numbers[other] = numbers[i];
          numbers[i] = number;
          highest = MAX (highest, number);
          lowest = MIN (lowest, number);
        }
      if (n_kept == 0)
        continue;

      g_assert_cmpint (note_all (numbers, n_kept, &n_duplicates), ==,
                       (int) (highest - lowest + 1 - n_kept));
      g_assert_cmpuint (n_duplicates, ==, 0);
    }
}

int
main (int    argc,
      char **argv)
{
  static const guint losses[] = { 1, 5, 10, 20, 30 };

  g_test_init (&argc, &argv, NULL);

#define add(path, func) g_test_add ("/client-faults/" path, Fixture, NULL, set_up, func, tear_down)
  add ("calls-with-duplicates", test_calls_with_duplicates);
  add ("calls-with-loss", test_calls_with_loss);
  add ("delay", test_delay);
  add ("duplication", test_duplication);
  add ("everything", test_everything);
  add ("heavy-loss", test_heavy_loss);
  add ("reordering", test_reordering);
  add ("second-subscriber", test_second_subscriber);
  add ("threads", test_threads);
#undef add
  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    {
      g_autofree char *path = g_strdup_printf ("/client-faults/loss/%u-percent", losses[i]);

      g_test_add (path, Fixture, GUINT_TO_POINTER (losses[i]), set_up, test_loss, tear_down);
    }
  g_test_add ("/client-faults/late-main-loop/drop-newest", Fixture,
              GUINT_TO_POINTER (MB_OVERFLOW_DROP_NEWEST), set_up, test_late_main_loop, tear_down);
  g_test_add ("/client-faults/late-main-loop/drop-oldest", Fixture,
              GUINT_TO_POINTER (MB_OVERFLOW_DROP_OLDEST), set_up, test_late_main_loop, tear_down);
  g_test_add_func ("/client-faults/numbers", test_numbers);
  g_test_add_func ("/client-faults/random-numbers", test_random_numbers);

  return g_test_run ();
}
