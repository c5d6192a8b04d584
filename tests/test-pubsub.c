/* test-pubsub.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-test.h"

typedef struct
{
  MbClient     *client;
  GPtrArray    *texts;
  GPtrArray    *messages;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->client = mb_test_open ("c", "pubsub");
  fixture->texts = g_ptr_array_new_with_free_func (g_free);
  fixture->messages = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_assert_finalize_object (fixture->client);
  g_ptr_array_unref (fixture->texts);
  g_ptr_array_unref (fixture->messages);
}

static void
keep_cb (MbSubscriber *subscriber,
         MbMessage    *message,
         GPtrArray    *messages)
{
  g_ptr_array_add (messages, g_object_ref (message));
}

static MbSubscriber *
keep_messages (Fixture    *fixture,
               const char *pattern)
{
  g_autoptr(GError) error = NULL;
  MbSubscriber *subscriber = mb_client_subscribe (fixture->client, pattern, NULL, &error);

  g_assert_no_error (error);
  g_signal_connect (subscriber, "message", G_CALLBACK (keep_cb), fixture->messages);

  return subscriber;
}

static void
test_message (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = keep_messages (fixture, "/w.*");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/wäther", NULL);
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(JsonObject) object = json_object_new ();
  g_autoptr(GError) error = NULL;
  gint64 before = g_get_real_time ();
  MbMessage *message;

  g_test_summary ("A message tells its topic, author, id, number, time and data, as node and as text");

  json_object_set_string_member (object, "sky", "„clear“ / \"\n");
  json_object_set_int_member (object, "big", G_MAXINT64);
  json_node_set_object (node, object);
  g_assert_true (mb_publisher_publish (publisher, node, &error));
  g_assert_no_error (error);

  mb_test_wait_until (fixture->messages->len == 1);
  message = g_ptr_array_index (fixture->messages, 0);
  g_assert_cmpstr (mb_message_get_topic (message), ==, "/wäther");
  g_assert_cmpstr (mb_message_get_author (message), ==, "c");
  g_assert_nonnull (mb_message_get_id (message));
  g_assert_cmpuint (strlen (mb_message_get_session (message)), ==, 16);
  g_assert_cmpstr (mb_message_get_session (message), ==, mb_client_get_session (fixture->client));
  g_assert_cmpuint (mb_message_get_sequence (message), ==, 1);
  g_assert_cmpint (mb_message_get_received_at (message), >=, before);
  g_assert_cmpint (mb_message_get_received_at (message), <=, g_get_real_time ());
  g_assert_null (mb_message_get_header (message));
  g_assert_cmpstr (mb_message_get_text (message), ==,
                   "{\"sky\":\"„clear“ / \\\"\\n\",\"big\":9223372036854775807}");
  g_assert_true (json_node_is_immutable (mb_message_get_data (message)));
  g_assert_true (json_node_equal (mb_message_get_data (message), node));
}

static void
test_size (Fixture      *fixture,
           gconstpointer data)
{
  static const char packet[] = "{\"header\":{\"topic\":\"/size\"},\"data\":\"[1, 2]\"}\n";
  g_autoptr(MbSubscriber) subscriber = keep_messages (fixture, "/size");
  g_autoptr(GError) error = NULL;

  g_test_summary ("A message tells the size of its datagram");

  g_assert_true (mb_transport_send (mb_client_get_transport (fixture->client), "/size",
                                    (const guint8 *) packet, strlen (packet), &error));
  g_assert_no_error (error);
  mb_test_wait_until (fixture->messages->len == 1);
  g_assert_cmpuint (mb_message_get_size (g_ptr_array_index (fixture->messages, 0)), ==, strlen (packet));
}

static void
test_null (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("No node at all is null");

  g_assert_true (mb_publisher_publish (publisher, NULL, &error));
  g_assert_no_error (error);
  mb_test_wait_until (fixture->texts->len == 1);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 0), ==, "/t null");
}

static void
test_order (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t/.", fixture->texts);
  g_autoptr(MbPublisher) one = mb_test_publisher (fixture->client, "/t/1", NULL);
  g_autoptr(MbPublisher) two = mb_test_publisher (fixture->client, "/t/2", NULL);

  g_test_summary ("Messages of one sender arrive in the order of sending, across topics");

  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      mb_test_publish (i % 3 == 0 ? one : two, json);
    }

  mb_test_wait_until (fixture->texts->len == 5000);
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *text = g_strdup_printf ("/t/%u %u", i % 3 == 0 ? 1 : 2, i);

      g_assert_cmpstr (g_ptr_array_index (fixture->texts, i), ==, text);
    }
}

static void
test_overlap (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbSubscriber) one = keep_messages (fixture, "/t");
  g_autoptr(MbSubscriber) two = keep_messages (fixture, "/.*");
  g_autoptr(MbSubscriber) same = keep_messages (fixture, "^/t$");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);

  g_test_summary ("All patterns that match get the message, as one object that is parsed once");

  mb_test_publish (publisher, "\"5\"");
  mb_test_wait_until (fixture->messages->len == 3);
  g_assert_true (g_ptr_array_index (fixture->messages, 0) == g_ptr_array_index (fixture->messages, 1));
  g_assert_true (g_ptr_array_index (fixture->messages, 0) == g_ptr_array_index (fixture->messages, 2));
  g_assert_cmpstr (mb_message_get_text (g_ptr_array_index (fixture->messages, 0)), ==, "\"5\"");
}

static void
test_detail (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t/.", fixture->texts);
  g_autoptr(MbPublisher) one = mb_test_publisher (fixture->client, "/t/1", NULL);
  g_autoptr(MbPublisher) two = mb_test_publisher (fixture->client, "/t/2", NULL);

  g_test_summary ("A handler that is connected for one topic hears of no other");

  g_signal_connect (subscriber, "message::/t/2", G_CALLBACK (keep_cb), fixture->messages);
  mb_test_publish (one, "1");
  mb_test_publish (two, "2");
  mb_test_wait_until (fixture->texts->len == 2);
  g_assert_cmpuint (fixture->messages->len, ==, 1);
}

static void
test_bad_patterns (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("An unusable pattern or topic is refused with what is wrong");

  g_assert_null (mb_client_subscribe (fixture->client, "/a(b", NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN);
  g_assert_nonnull (strstr (error->message, "/a(b"));
  g_clear_error (&error);

  g_assert_null (mb_client_subscribe (fixture->client, "", NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN);
  g_clear_error (&error);

  g_assert_null (mb_client_create_publisher (fixture->client, "", NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC);
  g_clear_error (&error);

  g_assert_null (mb_client_create_publisher (fixture->client, "/\xff", NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC);
}

static void
test_bad_json (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);
  g_autoptr(GString) deep = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  static const struct
  {
    const char *text;
    int         code;
  } cases[] = {
    { "", MB_JSON_ERROR_SYNTAX },
    { "{", MB_JSON_ERROR_SYNTAX },
    { "1 2", MB_JSON_ERROR_SYNTAX },
    { "NaN", MB_JSON_ERROR_SYNTAX },
    { "1e999", MB_JSON_ERROR_NUMBER },
    { "18446744073709551616", MB_JSON_ERROR_NUMBER },
    { "\"\xff\"", MB_JSON_ERROR_ENCODING },
    { "\"\\u0000\"", MB_JSON_ERROR_ENCODING },
    { "\"\\ud800\"", MB_JSON_ERROR_ENCODING },
    { "{\"a\":1,\"a\":2}", MB_JSON_ERROR_DUPLICATE },
  };

  g_test_summary ("What is not JSON that peers can read is not sent");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_false (mb_publisher_publish_text (publisher, cases[i].text, &error));
      g_assert_error (error, MB_JSON_ERROR, cases[i].code);
      g_clear_error (&error);
    }

  for (guint i = 0; i < 65; i++)
    g_string_append_c (deep, '[');
  for (guint i = 0; i < 65; i++)
    g_string_append_c (deep, ']');
  g_assert_false (mb_publisher_publish_text (publisher, deep->str, &error));
  g_assert_error (error, MB_JSON_ERROR, MB_JSON_ERROR_TOO_DEEP);

  mb_test_publish (publisher, " [ 18446744073709551615 , 1.50 ] ");
  mb_test_wait_until (fixture->texts->len == 1);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 0), ==, "/t [18446744073709551615,1.50]");
}

static void
close_cb (MbSubscriber *subscriber,
          MbMessage    *message,
          GPtrArray    *messages)
{
  g_ptr_array_add (messages, g_object_ref (message));
  mb_subscriber_close (subscriber);
}

static void
test_close (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Closing takes effect at once, in the midst of a row of messages");

  subscriber = mb_client_subscribe (fixture->client, "/t", NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (subscriber, "message", G_CALLBACK (close_cb), fixture->messages);

  for (guint i = 0; i < 20; i++)
    mb_test_publish (publisher, "1");
  mb_test_settle (fixture->client, fixture->client);
  g_assert_cmpuint (fixture->messages->len, ==, 1);
  g_assert_true (mb_subscriber_get_is_closed (subscriber));

  mb_test_publish (publisher, "1");
  mb_test_settle (fixture->client, fixture->client);
  g_assert_cmpuint (fixture->messages->len, ==, 1);
  g_assert_finalize_object (g_steal_pointer (&subscriber));
}

static void
test_unsubscribe (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr(MbSubscriber) kept = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbSubscriber) ended = keep_messages (fixture, "/t");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);

  g_test_summary ("Unsubscribing drops what is waiting, for this subscriber alone");

  mb_test_publish (publisher, "1");
  mb_client_unsubscribe (fixture->client, ended);
  mb_test_wait_until (fixture->texts->len == 1);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
}

static void
test_unreferenced (Fixture      *fixture,
                   gconstpointer data)
{
  MbSubscriber *subscriber = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);

  g_test_summary ("A subscriber goes on although the program keeps no reference on it");

  g_object_unref (subscriber);
  mb_test_publish (publisher, "1");
  mb_test_wait_until (fixture->texts->len == 1);
}

static void
test_schema (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbSchema) string = mb_test_schema ("{\"type\":\"string\"}");
  g_autoptr(MbSchema) same = mb_test_schema ("{ \"type\": \"string\" }");
  g_autoptr(MbSchema) number = mb_test_schema ("{\"type\":\"number\"}");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/s1", string);
  g_autoptr(MbPublisher) free = mb_test_publisher (fixture->client, "/s2", NULL);
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(MbSubscriber) strict = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("One pattern has one schema, and publishing checks those of all patterns that match");

  g_assert_null (mb_client_subscribe (fixture->client, "^/s1$", number, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_SCHEMA_CONFLICT);
  g_clear_error (&error);

  subscriber = mb_client_subscribe (fixture->client, "^/s1$", same, &error);
  g_assert_no_error (error);

  g_assert_false (mb_publisher_publish_text (publisher, "1", &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);
  g_clear_error (&error);
  mb_test_publish (publisher, "\"x\"");

  /* A strict subscription of one's own blocks what it would not take. */
  mb_test_publish (free, "\"x\"");
  strict = mb_client_subscribe (fixture->client, "/s.", number, &error);
  g_assert_no_error (error);
  g_assert_false (mb_publisher_publish_text (free, "\"x\"", &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);
  g_clear_error (&error);
  mb_test_publish (free, "1");

  mb_subscriber_close (strict);
  mb_test_publish (free, "\"x\"");

  /* The last user of a pattern frees it for another schema. */
  mb_subscriber_close (subscriber);
  mb_publisher_close (publisher);
  g_clear_object (&subscriber);
  subscriber = mb_client_subscribe (fixture->client, "/s1", number, &error);
  g_assert_no_error (error);
}

static void
test_schema_in (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr(MbClient) sender = mb_test_open ("sender", "pubsub");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);
  g_autoptr(MbSchema) number = mb_test_schema ("{\"type\":\"number\"}");
  g_autoptr(MbSubscriber) strict = NULL;
  g_autoptr(MbSubscriber) loose = mb_test_collect (fixture->client, "/.", fixture->texts);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A message that breaks a schema is dropped for that subscriber only, and counted");

  strict = mb_client_subscribe (fixture->client, "/t", number, &error);
  g_assert_no_error (error);
  g_signal_connect (strict, "message", G_CALLBACK (keep_cb), fixture->messages);

  mb_test_publish (publisher, "\"x\"");
  mb_test_publish (publisher, "1");
  mb_test_wait_until (fixture->texts->len == 2 && fixture->messages->len == 1);
  g_assert_cmpstr (mb_message_get_text (g_ptr_array_index (fixture->messages, 0)), ==, "1");
  g_assert_cmpuint (mb_client_get_dropped (fixture->client, MB_DROP_REASON_SCHEMA), ==, 1);
}

static void
test_builtin_params (Fixture      *fixture,
                     gconstpointer data)
{
  g_autoptr(MbPublisher) publisher =
    mb_test_publisher (fixture->client, "/__minibus__/x/__pid__/__request__", NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Nothing goes to a built-in service that would end Python peers");

  g_assert_false (mb_publisher_publish_text (publisher, "5", &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);
  mb_test_publish (publisher, "null");
}

static void
test_overflow (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);
  guint n_received = 0;

  g_test_summary ("A full inbox drops by its policy, and counts what it dropped");

  mb_subscriber_set_inbox_size (subscriber, 2);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      mb_test_publish (publisher, json);
    }
  /* Received, without the main loop's having run. */
  while (n_received < 10)
    {
      g_object_get (fixture->client, "n-received", &n_received, NULL);
      g_thread_yield ();
    }

  mb_test_settle (fixture->client, fixture->client);
  g_assert_cmpuint (fixture->texts->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 0), ==, "/t 8");
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 1), ==, "/t 9");
  g_assert_cmpuint (mb_subscriber_get_n_dropped (subscriber), ==, 8);
  g_assert_cmpuint (mb_client_get_dropped (fixture->client, MB_DROP_REASON_INBOX_FULL), ==, 8);
}

static void
missed_cb (MbSubscriber *subscriber,
           const char   *author,
           guint         count,
           guint        *total)
{
  g_assert_cmpstr (author, ==, "c");
  *total += count;
}

static void
test_missed (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("pubsub");
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);
  guint total = 0;

  g_test_summary ("Every lost message is counted, for the subscriber, its sender and the client");

  g_signal_connect (subscriber, "missed", G_CALLBACK (missed_cb), &total);

  mb_test_publish (publisher, "0");
  mb_memory_bus_set_seed (bus, 7);
  mb_memory_bus_set_loss (bus, 0.3);
  for (guint i = 0; i < 500; i++)
    mb_test_publish (publisher, "1");
  mb_memory_bus_set_loss (bus, 0);
  mb_test_publish (publisher, "2");
  mb_test_settle (fixture->client, fixture->client);

  g_assert_cmpuint (fixture->texts->len, <, 450);
  g_assert_cmpuint (fixture->texts->len + total, ==, 502);
  g_assert_cmpuint (mb_subscriber_get_n_missed (subscriber), ==, total);
  g_assert_cmpuint (mb_subscriber_get_missed_from (subscriber, "c"), ==, total);
  g_assert_cmpuint (mb_client_get_dropped (fixture->client, MB_DROP_REASON_MISSED), ==, total);
}

static void
test_duplicates (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("pubsub");
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);

  g_test_summary ("What the network duplicates or reorders arrives once, and is not missing");

  mb_memory_bus_set_seed (bus, 3);
  mb_memory_bus_set_duplication (bus, 0.5);
  mb_memory_bus_set_reordering (bus, 0.3);
  for (guint i = 0; i < 300; i++)
    mb_test_publish (publisher, "1");
  mb_memory_bus_set_duplication (bus, 0);
  mb_memory_bus_set_reordering (bus, 0);
  mb_test_wait_until (fixture->texts->len >= 300);
  mb_test_settle (fixture->client, fixture->client);

  g_assert_cmpuint (fixture->texts->len, ==, 300);
  g_assert_cmpuint (mb_subscriber_get_n_missed (subscriber), ==, 0);
  g_assert_cmpuint (mb_client_get_dropped (fixture->client, MB_DROP_REASON_DUPLICATE), >, 100);
}

typedef struct
{
  MbClient     *client;
  GThread      *thread;
  GMainContext *context;
  guint         n_messages;
  gboolean      ready;
  gboolean      wrong_thread;
} Other;

static void
other_message_cb (MbSubscriber *subscriber,
                  MbMessage    *message,
                  Other        *other)
{
  if (g_thread_self () != other->thread)
    other->wrong_thread = TRUE;
  g_atomic_int_inc (&other->n_messages);
}

static gpointer
other_thread (gpointer data)
{
  Other *other = data;
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(GError) error = NULL;

  g_main_context_push_thread_default (other->context);
  subscriber = mb_client_subscribe (other->client, "/t", NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (subscriber, "message", G_CALLBACK (other_message_cb), other);
  g_atomic_int_set (&other->ready, TRUE);

  while (g_atomic_int_get (&other->n_messages) < 1000)
    g_main_context_iteration (other->context, TRUE);

  mb_subscriber_close (subscriber);
  g_main_context_pop_thread_default (other->context);

  return NULL;
}

static void
test_contexts (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);
  Other other = { .client = fixture->client, .context = g_main_context_new () };

  g_test_summary ("Each subscriber signals in the main context in which it was made");

  other.thread = g_thread_new ("other", other_thread, &other);
  while (!g_atomic_int_get (&other.ready))
    g_thread_yield ();

  for (guint i = 0; i < 1000; i++)
    mb_test_publish (publisher, "{\"a\":[1,2,{\"b\":null}]}");
  mb_test_wait_until (fixture->texts->len == 1000);
  g_thread_join (other.thread);
  g_assert_false (other.wrong_thread);
  g_assert_cmpint (other.n_messages, ==, 1000);
  g_main_context_unref (other.context);
}

static gpointer
publish_thread (gpointer data)
{
  for (guint i = 0; i < 1000; i++)
    mb_test_publish (data, "1");

  return NULL;
}

static void
test_publish_threads (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t", fixture->texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);
  GThread *threads[4];

  g_test_summary ("A publisher may be used from several threads, and its numbers stay without a gap");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("publish", publish_thread, publisher);
  mb_test_wait_until (fixture->texts->len == 4000);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (mb_subscriber_get_n_missed (subscriber), ==, 0);
}

static void
test_session (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = keep_messages (fixture, "/t");
  g_autoptr(MbClient) sender = mb_test_open ("sender", "pubsub");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A restart of the sender is seen as a new session, and is no loss");

  mb_test_publish (publisher, "1");
  mb_test_publish (publisher, "1");
  mb_client_close (sender);
  mb_client_open_sync (sender, NULL, &error);
  g_assert_no_error (error);
  mb_test_publish (publisher, "1");
  mb_test_wait_until (fixture->messages->len == 3);

  g_assert_cmpstr (mb_message_get_session (g_ptr_array_index (fixture->messages, 0)), ==,
                   mb_message_get_session (g_ptr_array_index (fixture->messages, 1)));
  g_assert_cmpstr (mb_message_get_session (g_ptr_array_index (fixture->messages, 1)), !=,
                   mb_message_get_session (g_ptr_array_index (fixture->messages, 2)));
  g_assert_cmpuint (mb_message_get_sequence (g_ptr_array_index (fixture->messages, 2)), ==, 1);
  g_assert_cmpuint (mb_subscriber_get_n_missed (subscriber), ==, 0);
}

static void
test_republish (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = keep_messages (fixture, "/t");

  g_test_summary ("A publisher that is made again goes on counting where the last one stopped");

  for (guint i = 1; i <= 3; i++)
    {
      g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, "/t", NULL);

      mb_test_publish (publisher, "1");
      mb_test_wait_until (fixture->messages->len == i);
      g_assert_cmpuint (mb_message_get_sequence (g_ptr_array_index (fixture->messages, i - 1)), ==, i);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/pubsub/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("message", test_message);
  ADD ("size", test_size);
  ADD ("null", test_null);
  ADD ("order", test_order);
  ADD ("overlap", test_overlap);
  ADD ("detail", test_detail);
  ADD ("bad-patterns", test_bad_patterns);
  ADD ("bad-json", test_bad_json);
  ADD ("close", test_close);
  ADD ("unsubscribe", test_unsubscribe);
  ADD ("unreferenced", test_unreferenced);
  ADD ("schema", test_schema);
  ADD ("schema-in", test_schema_in);
  ADD ("builtin-params", test_builtin_params);
  ADD ("overflow", test_overflow);
  ADD ("missed", test_missed);
  ADD ("duplicates", test_duplicates);
  ADD ("contexts", test_contexts);
  ADD ("publish-threads", test_publish_threads);
  ADD ("session", test_session);
  ADD ("republish", test_republish);
#undef ADD

  return g_test_run ();
}
