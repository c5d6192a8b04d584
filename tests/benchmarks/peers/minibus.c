/* minibus.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* libminibus as a program uses it: text is published, a signal brings the message, whose data is read as a
 * JsonNode. Calls take and give text, in which numbers are found as the other peers do.
 *
 * variant=text reads the numbers of messages in the text, too; variant=node reads replies as a JsonNode;
 * variant=encrypted gives the bus a passphrase, variant=schema gives both sides a schema.
 */

#include <minibus.h>

#include "bench.h"

#define SERVICE "/bench/echo"
#define SCHEMA "{\"type\":\"object\",\"required\":[\"run\",\"seq\",\"values\",\"unit\"],\"properties\":{" \
  "\"run\":{\"type\":\"integer\",\"minimum\":1000},\"seq\":{\"type\":\"integer\",\"minimum\":1000000000}," \
  "\"name\":{\"type\":\"string\",\"pattern\":\"^[a-z]+-[0-9]+$\"},\"pad\":{\"type\":\"string\"}," \
  "\"values\":{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":1,\"maxItems\":16}," \
  "\"unit\":{\"enum\":[\"kPa\",\"hPa\"]}},\"additionalProperties\":false}"

static void
check (GError *error)
{
  if (error != NULL)
    bench_fail ("minibus", error->message);
}

static int
publish (void       *peer,
         const char *data,
         size_t      size)
{
  return mb_publisher_publish_text (peer, data, NULL) ? 0 : -1;
}

/* What is encrypted waits for that, in a queue with an end: so the publisher waits from time to time, too. */
static MbClient *encrypted_client;

static int
publish_encrypted (void       *peer,
                   const char *data,
                   size_t      size)
{
  static unsigned n;

  if (!mb_publisher_publish_text (peer, data, NULL))
    return -1;

  return ++n % 8 != 0 || mb_client_flush_sync (encrypted_client, NULL, NULL) ? 0 : -1;
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            BenchCounter *counter)
{
  JsonObject *data = json_node_get_object (mb_message_get_data (message));

  bench_count_numbers (counter, (unsigned) json_object_get_int_member (data, "run"),
                       (uint64_t) json_object_get_int_member (data, "seq"));
}

static void
text_cb (MbSubscriber *subscriber,
         MbMessage    *message,
         BenchCounter *counter)
{
  const char *text = mb_message_get_text (message);

  bench_count (counter, text, strlen (text));
}

static gboolean
request_cb (MbService *service,
            MbRequest *request,
            gpointer   user_data)
{
  return mb_request_return_text (request, mb_request_get_params_text (request), NULL);
}

static BenchCalls *current_calls;
static int reads_nodes;

static void
called_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autofree char *text = mb_service_client_call_text_finish (MB_SERVICE_CLIENT (object), result, NULL);
  g_autoptr(JsonNode) node = NULL;
  JsonObject *reply;

  if (text == NULL)
    return;

  /* A server in another language may have put the members into another order. */
  if (!reads_nodes && strncmp (text, BENCH_HEAD, BENCH_RUN_AT) == 0)
    {
      bench_answer (current_calls, text, strlen (text));
      return;
    }

  node = mb_json_from_text (text, NULL);
  reply = json_node_get_object (node);
  bench_answer_numbers (current_calls, (unsigned) json_object_get_int_member (reply, "run"),
                        (uint64_t) json_object_get_int_member (reply, "seq"));
}

static int
call (void       *peer,
      BenchCalls *calls,
      unsigned    slot,
      const char *data,
      size_t      size)
{
  current_calls = calls;
  mb_service_client_call_text_async (peer, data, NULL, called_cb, NULL);

  return 0;
}

static gboolean
awake_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_for_answers (void       *peer,
                  BenchCalls *calls)
{
  g_main_context_iteration (NULL, TRUE);
}

int
main (int    argc,
      char **argv)
{
  BenchOptions options = bench_options (argc, argv);
  BenchCounter counter = { 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(GMainLoop) loop = NULL;
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbClient) client = mb_client_new (NULL);
  g_autoptr(MbSubscriber) subscriber = NULL;

  if (bench_has_variant (&options, "encrypted"))
    mb_client_set_passphrase (client, "a passphrase of several words");
  if (bench_has_variant (&options, "schema"))
    schema = mb_schema_new_from_text (SCHEMA, &error);
  check (error);

  /* By default a packet fits into a frame of Ethernet. */
  if (options.size > 1200)
    mb_client_set_max_packet_size (client, BENCH_MAX_SIZE);

  mb_client_open_sync (client, NULL, &error);
  check (error);

  if (bench_is (&options, "publisher"))
    {
      g_autoptr(MbPublisher) publisher = mb_client_create_publisher (client, options.topic, schema, &error);

      check (error);
      encrypted_client = client;
      return bench_publish (&options, bench_has_variant (&options, "encrypted") ? publish_encrypted : publish,
                            publisher);
    }

  if (bench_is (&options, "caller"))
    {
      g_autoptr(MbServiceClient) echo = mb_client_create_service_client (client, SERVICE, NULL, NULL, &error);

      check (error);
      reads_nodes = bench_has_variant (&options, "node");
      g_timeout_add (100, awake_cb, NULL);
      return bench_call (&options, call, wait_for_answers, echo);
    }

  loop = g_main_loop_new (NULL, FALSE);
  if (bench_is (&options, "server"))
    {
      g_autoptr(MbService) service = mb_client_create_service (client, SERVICE, NULL, NULL, &error);

      check (error);
      g_signal_connect (service, "request", G_CALLBACK (request_cb), NULL);
      bench_ready ();
      g_main_loop_run (loop);
    }

  subscriber = mb_client_subscribe (client, options.topic, schema, &error);
  check (error);
  g_signal_connect (subscriber, "message", G_CALLBACK (bench_has_variant (&options, "text") ? text_cb : message_cb),
                    &counter);
  for (guint i = 1; i < options.n_subscriptions; i++)
    {
      g_autofree char *topic = g_strdup_printf ("/bench/more/%u", i);
      g_autoptr(MbSubscriber) other = mb_client_subscribe (client, topic, NULL, &error);

      check (error);
    }
  bench_ready ();
  g_main_loop_run (loop);

  return 0;
}
