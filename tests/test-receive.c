/* test-receive.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-test.h"

typedef struct
{
  MbClient     *client;
  MbPublisher  *publisher;
  MbSubscriber *subscriber;
  GPtrArray    *texts;    /* of the messages and errors that were received */
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->client = mb_test_open ("receive", "receive");
  fixture->publisher = mb_test_publisher (fixture->client, "/receive", NULL);
  fixture->subscriber = mb_client_subscribe (fixture->client, "/receive", NULL, NULL);
  fixture->texts = g_ptr_array_new_with_free_func (g_free);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_clear_object (&fixture->subscriber);
  g_clear_object (&fixture->publisher);
  g_assert_finalize_object (fixture->client);
  g_ptr_array_unref (fixture->texts);
}

static void
received_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Fixture *fixture = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MbMessage) message = mb_subscriber_receive_finish (MB_SUBSCRIBER (source), result, &error);

  g_assert_true ((message == NULL) == (error != NULL));
  if (message != NULL)
    g_ptr_array_add (fixture->texts, g_strdup (mb_message_get_text (message)));
  else if (g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED))
    g_ptr_array_add (fixture->texts, g_strdup ("closed"));
  else
    g_ptr_array_add (fixture->texts, g_strdup (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
                                               ? "cancelled" : error->message));
}

static void
receive (Fixture      *fixture,
         GCancellable *cancellable)
{
  mb_subscriber_receive_async (fixture->subscriber, cancellable, received_cb, fixture);
}

static void
assert_texts (Fixture    *fixture,
              const char *expected)
{
  g_autofree char *joined = NULL;

  g_ptr_array_add (fixture->texts, NULL);
  joined = g_strjoinv (" ", (char **) fixture->texts->pdata);
  g_ptr_array_set_size (fixture->texts, (int) fixture->texts->len - 1);
  g_assert_cmpstr (joined, ==, expected);
}

static void
publish (Fixture *fixture,
         guint    first,
         guint    last)
{
  for (guint i = first; i <= last; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      mb_test_publish (fixture->publisher, json);
    }
}

static void
test_one_by_one (Fixture      *fixture,
                 gconstpointer data)
{
  g_test_summary ("Messages wait in the inbox until they are asked for, one each time");

  receive (fixture, NULL);
  publish (fixture, 1, 3);
  mb_test_wait_until (fixture->texts->len == 1);
  mb_test_settle (fixture->client, fixture->client);
  assert_texts (fixture, "1");

  receive (fixture, NULL);
  receive (fixture, NULL);
  receive (fixture, NULL);
  mb_test_wait_until (fixture->texts->len == 3);
  publish (fixture, 4, 5);
  mb_test_wait_until (fixture->texts->len == 4);
  mb_test_settle (fixture->client, fixture->client);
  assert_texts (fixture, "1 2 3 4");
}

static void
count_cb (MbSubscriber *subscriber,
          MbMessage    *message,
          guint        *count)
{
  (*count)++;
}

static void
test_signal (Fixture      *fixture,
             gconstpointer data)
{
  guint count = 0;

  g_test_summary ("The signal is emitted for the messages that are asked for");

  g_signal_connect (fixture->subscriber, "message", G_CALLBACK (count_cb), &count);
  receive (fixture, NULL);
  publish (fixture, 1, 3);
  mb_test_wait_until (fixture->texts->len == 1);
  mb_test_settle (fixture->client, fixture->client);
  g_assert_cmpuint (count, ==, 1);
}

static void
test_overflow (Fixture      *fixture,
               gconstpointer data)
{
  g_test_summary ("The inbox keeps its bounds while nobody asks, and what it dropped is counted");

  mb_subscriber_set_inbox_size (fixture->subscriber, 3);
  for (guint round = 0; round < 3; round++)
    {
      g_ptr_array_set_size (fixture->texts, 0);
      receive (fixture, NULL);
      publish (fixture, 0, 0);
      mb_test_wait_until (fixture->texts->len == 1);

      publish (fixture, 1, 10);
      mb_test_settle (fixture->client, fixture->client);
      for (guint i = 0; i < 3; i++)
        receive (fixture, NULL);
      mb_test_wait_until (fixture->texts->len == 4);
      assert_texts (fixture, "0 8 9 10");
      g_assert_cmpuint (mb_subscriber_get_n_dropped (fixture->subscriber), ==, 7 * (round + 1));
    }
}

static void
test_cancel (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_test_summary ("Who is cancelled takes no message away");

  receive (fixture, cancellable);
  receive (fixture, NULL);
  g_cancellable_cancel (cancellable);
  publish (fixture, 1, 2);
  mb_test_wait_until (fixture->texts->len == 2);
  g_assert_true (g_ptr_array_find_with_equal_func (fixture->texts, "cancelled", g_str_equal, NULL));
  g_assert_true (g_ptr_array_find_with_equal_func (fixture->texts, "1", g_str_equal, NULL));

  receive (fixture, cancellable);
  mb_test_wait_until (fixture->texts->len == 3);
  receive (fixture, NULL);
  mb_test_wait_until (fixture->texts->len == 4);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 2), ==, "cancelled");
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 3), ==, "2");

  g_cancellable_reset (cancellable);
  receive (fixture, cancellable);
  publish (fixture, 3, 3);
  g_cancellable_cancel (cancellable);
  mb_test_wait_until (fixture->texts->len == 5);
  mb_test_settle (fixture->client, fixture->client);
  receive (fixture, NULL);
  mb_test_wait_until (fixture->texts->len == 6);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 4), ==, "cancelled");
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 5), ==, "3");
}

static void
test_close (Fixture      *fixture,
            gconstpointer data)
{
  g_test_summary ("Closing ends those who wait, and those who ask later, but not within the call");

  receive (fixture, NULL);
  receive (fixture, NULL);
  mb_subscriber_close (fixture->subscriber);
  g_assert_cmpuint (fixture->texts->len, ==, 0);
  receive (fixture, NULL);
  mb_test_wait_until (fixture->texts->len == 3);
  assert_texts (fixture, "closed closed closed");
}

static void
test_client_goes (Fixture      *fixture,
                  gconstpointer data)
{
  g_test_summary ("The end of the client ends those who wait");

  receive (fixture, NULL);
  g_clear_object (&fixture->publisher);
  g_assert_finalize_object (fixture->client);
  mb_test_wait_until (fixture->texts->len == 1);
  assert_texts (fixture, "closed");
  fixture->client = mb_test_open ("receive", "receive");
}

static void
test_reopen (Fixture      *fixture,
             gconstpointer data)
{
  g_test_summary ("Who waits goes on waiting while the client is closed");

  receive (fixture, NULL);
  mb_client_close (fixture->client);
  mb_client_open_sync (fixture->client, NULL, NULL);
  publish (fixture, 1, 1);
  mb_test_wait_until (fixture->texts->len == 1);
  assert_texts (fixture, "1");
}

static void
missed_cb (MbSubscriber *subscriber,
           const char   *author,
           guint         count,
           guint        *missed)
{
  *missed += count;
}

static void
test_missed (Fixture      *fixture,
             gconstpointer data)
{
  MbMemoryBus *bus = mb_memory_bus_get ("receive");
  guint missed = 0;

  g_test_summary ("A gap is told, and the message behind it is received");

  g_signal_connect (fixture->subscriber, "missed", G_CALLBACK (missed_cb), &missed);
  receive (fixture, NULL);
  publish (fixture, 1, 1);
  mb_test_wait_until (fixture->texts->len == 1);
  mb_memory_bus_set_loss (bus, 1.0);
  publish (fixture, 2, 2);
  mb_memory_bus_set_loss (bus, 0.0);
  publish (fixture, 3, 4);
  mb_test_settle (fixture->client, fixture->client);
  receive (fixture, NULL);
  receive (fixture, NULL);
  mb_test_wait_until (fixture->texts->len == 3);
  assert_texts (fixture, "1 3 4");
  g_assert_cmpuint (missed, ==, 1);
}

/* Asks again each time, as a loop in a script does. */
static void
again_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Fixture *fixture = user_data;

  received_cb (source, result, user_data);
  if (fixture->texts->len < 20000)
    mb_subscriber_receive_async (fixture->subscriber, NULL, again_cb, fixture);
}

static void
test_backlog (Fixture      *fixture,
              gconstpointer data)
{
  g_test_summary ("A long inbox is emptied in a time that grows with its length only");

  receive (fixture, NULL);
  publish (fixture, 0, 0);
  mb_test_wait_until (fixture->texts->len == 1);
  publish (fixture, 1, 30000);
  mb_subscriber_receive_async (fixture->subscriber, NULL, again_cb, fixture);
  mb_test_wait_until (fixture->texts->len == 20000);
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%u", i);

      g_assert_cmpstr (g_ptr_array_index (fixture->texts, i), ==, expected);
    }
  mb_subscriber_close (fixture->subscriber);
  mb_test_settle (fixture->client, fixture->client);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/receive/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("one-by-one", test_one_by_one);
  ADD ("signal", test_signal);
  ADD ("overflow", test_overflow);
  ADD ("cancel", test_cancel);
  ADD ("close", test_close);
  ADD ("client-goes", test_client_goes);
  ADD ("reopen", test_reopen);
  ADD ("missed", test_missed);
  ADD ("backlog", test_backlog);
#undef ADD

  return g_test_run ();
}
