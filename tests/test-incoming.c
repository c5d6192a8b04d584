/* test-incoming.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Single datagrams, as no honest peer sends them, on their way in: each is dealt with before push() returns. */

#include "config.h"

#include <string.h>

#include "mb-test.h"

#define MAX_DATAGRAM 65507
#define BUILTIN "/__minibus__/__service_servers__/__request__"

/* A transport that brings what the test gives it, and keeps what is sent. */
#define TEST_TYPE_WIRE (test_wire_get_type ())
G_DECLARE_FINAL_TYPE (TestWire, test_wire, TEST, WIRE, GObject)

struct _TestWire
{
  GObject     parent_instance;

  MbReceiver *receiver;
  GPtrArray  *sent;
  gboolean    is_busy;
};

static gboolean
test_wire_open_sync (MbTransport   *transport,
                     MbReceiver    *receiver,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_set_object (&TEST_WIRE (transport)->receiver, receiver);

  return TRUE;
}

static void
test_wire_close (MbTransport *transport)
{
  g_clear_object (&TEST_WIRE (transport)->receiver);
}

static gboolean
test_wire_send (MbTransport   *transport,
                const char    *topic,
                const guint8  *data,
                gsize          length,
                GError       **error)
{
  if (TEST_WIRE (transport)->is_busy)
    {
      g_set_error_literal (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_BUSY, "The wire is busy");
      return FALSE;
    }

  g_ptr_array_add (TEST_WIRE (transport)->sent, g_strndup ((const char *) data, length));

  return TRUE;
}

static gsize
test_wire_get_max_packet_size (MbTransport *transport)
{
  return MAX_DATAGRAM;
}

static gboolean
test_wire_is_reliable (MbTransport *transport)
{
  return FALSE;
}

static void
test_wire_iface_init (MbTransportInterface *iface)
{
  iface->open_sync = test_wire_open_sync;
  iface->close = test_wire_close;
  iface->send = test_wire_send;
  iface->get_max_packet_size = test_wire_get_max_packet_size;
  iface->is_reliable = test_wire_is_reliable;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestWire, test_wire, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MB_TYPE_TRANSPORT, test_wire_iface_init))

static void
test_wire_finalize (GObject *object)
{
  g_ptr_array_unref (TEST_WIRE (object)->sent);

  G_OBJECT_CLASS (test_wire_parent_class)->finalize (object);
}

static void
test_wire_class_init (TestWireClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_wire_finalize;
}

static void
test_wire_init (TestWire *self)
{
  self->sent = g_ptr_array_new_with_free_func (g_free);
}

typedef struct
{
  TestWire  *wire;
  MbClient  *client;
  GPtrArray *messages;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  self->wire = g_object_new (TEST_TYPE_WIRE, NULL);
  self->client = g_object_new (MB_TYPE_CLIENT,
                               "name", "incoming",
                               "transport", self->wire,
                               "presence", FALSE,
                               NULL);
  mb_client_open_sync (self->client, NULL, &error);
  g_assert_no_error (error);
  self->messages = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  g_ptr_array_unref (self->messages);
  mb_client_close (self->client);
  g_assert_finalize_object (self->client);
  g_assert_finalize_object (self->wire);
}

static void
push (Fixture    *self,
      const char *packet)
{
  mb_receiver_push (self->wire->receiver, (const guint8 *) packet, strlen (packet));
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            gpointer      user_data)
{
  g_ptr_array_add (user_data, g_object_ref (message));
}

static MbSubscriber *
subscribe (Fixture    *self,
           const char *pattern)
{
  g_autoptr(GError) error = NULL;
  MbSubscriber *subscriber = mb_client_subscribe (self->client, pattern, NULL, &error);

  g_assert_no_error (error);
  g_signal_connect (subscriber, "message", G_CALLBACK (message_cb), self->messages);

  return subscriber;
}

static void
assert_dropped (Fixture      *self,
                MbDropReason  reason,
                guint         count)
{
  guint total = 0;

  for (guint i = 0; i <= MB_DROP_REASON_PRESENCE; i++)
    total += mb_client_get_dropped (self->client, i);

  g_assert_cmpuint (mb_client_get_dropped (self->client, reason), ==, count);
  g_assert_cmpuint (total, ==, count);
}

static const char *
last_sent (Fixture *self)
{
  g_assert_cmpuint (self->wire->sent->len, >, 0);

  return g_ptr_array_index (self->wire->sent, self->wire->sent->len - 1);
}

static char *
nest (guint depth)
{
  g_autofree char *open = g_strnfill (depth, '[');
  g_autofree char *close = g_strnfill (depth, ']');

  return g_strconcat (open, close, NULL);
}

static void
test_data (Fixture      *self,
           gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = subscribe (self, "/t");
  g_autofree char *nested = nest (65);
  g_autofree char *deep = g_strdup_printf ("{\"header\":{\"topic\":\"/t\"},\"data\":\"%s\"}", nested);

  g_test_summary ("Data that are no JSON, or too deep, are dropped under the name of what is wrong");

  push (self, "{\"header\":{\"topic\":\"/t\"},\"data\":\"{\"}");
  push (self, "{\"header\":{\"topic\":\"/t\",\"idstr\":\"i\"},\"data\":\"\"}");
  assert_dropped (self, MB_DROP_REASON_DATA_NOT_JSON, 2);
  push (self, deep);
  g_assert_cmpuint (mb_client_get_dropped (self->client, MB_DROP_REASON_TOO_DEEP), ==, 1);
  g_assert_cmpuint (self->wire->sent->len, ==, 0);
}

static gboolean
request_cb (MbService *service,
            MbRequest *request,
            gpointer   user_data)
{
  g_assert_not_reached ();
}

static void
test_request (Fixture      *self,
              gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbService) service = mb_client_create_service (self->client, "/s", NULL, NULL, &error);

  g_test_summary ("A request whose data are no JSON is answered with an error that says so");

  g_assert_no_error (error);
  g_signal_connect (service, "request", G_CALLBACK (request_cb), NULL);

  push (self, "{\"header\":{\"topic\":\"/s/__request__\",\"idstr\":\"a\\u0062\"},\"data\":\"{\"}");
  assert_dropped (self, MB_DROP_REASON_DATA_NOT_JSON, 1);
  g_assert_cmpuint (self->wire->sent->len, ==, 1);
  g_assert_nonnull (strstr (last_sent (self), "/s/__error__"));
  g_assert_nonnull (strstr (last_sent (self), "\"idstr\":\"ab\""));
  g_assert_nonnull (strstr (last_sent (self), "The parameters are not usable: "));

  /* An answer that cannot be sent is no more than that. */
  self->wire->is_busy = TRUE;
  push (self, "{\"header\":{\"topic\":\"/s/__request__\",\"idstr\":\"i\"},\"data\":\"{\"}");
  assert_dropped (self, MB_DROP_REASON_DATA_NOT_JSON, 2);
  self->wire->is_busy = FALSE;

  /* Without an id there is nobody to be told. */
  push (self, "{\"header\":{\"topic\":\"/s/__request__\"},\"data\":\"{\"}");
  g_assert_cmpuint (mb_client_get_dropped (self->client, MB_DROP_REASON_NO_ID), ==, 1);
  g_assert_cmpuint (self->wire->sent->len, ==, 1);
}

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* What a call comes to that gets such data as its reply or error. */
static void
assert_answer (Fixture        *self,
               const char     *suffix,
               const char     *data,
               MbServiceError  code,
               const char     *text)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *id = NULL;
  g_autofree char *packet = NULL;
  const char *start;

  mb_client_call_text_async (self->client, "/s", "1", 0, NULL, result_cb, &result);
  start = strstr (last_sent (self), "\"idstr\":\"") + strlen ("\"idstr\":\"");
  id = g_strndup (start, strcspn (start, "\""));
  packet = g_strdup_printf ("{\"header\":{\"topic\":\"/s/%s\",\"idstr\":\"%s\"},\"data\":\"%s\"}", suffix, id, data);
  push (self, packet);
  mb_test_wait_until (result != NULL);

  g_assert_null (mb_client_call_text_finish (self->client, result, &error));
  g_assert_error (error, MB_SERVICE_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_answers (Fixture      *self,
              gconstpointer data)
{
  g_test_summary ("An answer that is no JSON ends the call with an error, and an error may be any JSON");

  assert_answer (self, "__reply__", "{", MB_SERVICE_ERROR_INVALID_REPLY, "/s/__reply__");
  assert_answer (self, "__error__", "nil", MB_SERVICE_ERROR_INVALID_REPLY, "/s/__error__");
  assert_dropped (self, MB_DROP_REASON_DATA_NOT_JSON, 2);
  assert_answer (self, "__error__", "\\\"no\\\"", MB_SERVICE_ERROR_REMOTE, "no");
  assert_answer (self, "__error__", "42", MB_SERVICE_ERROR_REMOTE, "42");
  assert_answer (self, "__error__", "{\\\"a\\\":1}", MB_SERVICE_ERROR_REMOTE, "{\"a\":1}");
}

static void
test_header (Fixture      *self,
             gconstpointer data)
{
  static const char * const bad[] = { "\"x\":1,\"x\":2", "\"x\":1e999", "\"x\":{\"y\":1,\"y\":1}" };
  g_autoptr(MbSubscriber) subscriber = subscribe (self, "/t");
  MbMessage *message;

  g_test_summary ("Names in the header may be escaped; what stands in it besides is kept, or a reason to drop it all");

  push (self, "{\"header\":{\"topic\":\"\\/t\",\"author\":\"\\u0041nn\",\"idstr\":\"\\u0031\",\"x\":[1]},\"data\":\"0\"}");
  mb_test_wait_until (self->messages->len == 1);
  message = g_ptr_array_index (self->messages, 0);
  g_assert_cmpstr (mb_message_get_topic (message), ==, "/t");
  g_assert_cmpstr (mb_message_get_author (message), ==, "Ann");
  g_assert_cmpstr (mb_message_get_id (message), ==, "1");
  g_assert_true (json_object_has_member (json_node_get_object (mb_message_get_header (message)), "x"));

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *packet = g_strdup_printf ("{\"header\":{\"topic\":\"/t\",%s},\"data\":\"0\"}", bad[i]);

      push (self, packet);
      assert_dropped (self, MB_DROP_REASON_NOT_PACKET, i + 1);
    }

  /* Longer, as it is written, than any name that is ours. */
  push (self, "{\"header\":{\"topic\":\"/t\",\"\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\":1},"
              "\"data\":\"0\"}");
  mb_test_wait_until (self->messages->len == 2);
  message = g_ptr_array_index (self->messages, 1);
  g_assert_true (json_object_has_member (json_node_get_object (mb_message_get_header (message)), "aaaaaaaaa"));
}

static void
test_contexts (Fixture      *self,
               gconstpointer data)
{
  GMainContext *contexts[6];
  MbSubscriber *subscribers[6];

  g_test_summary ("However many main contexts want a message, each gets it, with a header of its own");

  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      contexts[i] = g_main_context_new ();
      g_main_context_push_thread_default (contexts[i]);
      subscribers[i] = subscribe (self, "/t");
      g_main_context_pop_thread_default (contexts[i]);
    }

  push (self, "{\"header\":{\"topic\":\"/t\",\"x\":[1]},\"data\":\"[2]\"}");
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      MbMessage *message;

      g_main_context_push_thread_default (contexts[i]);
      while (self->messages->len <= i)
        g_main_context_iteration (contexts[i], TRUE);
      message = g_ptr_array_index (self->messages, i);
      g_assert_cmpstr (mb_message_get_text (message), ==, "[2]");
      g_assert_true (json_object_has_member (json_node_get_object (mb_message_get_header (message)), "x"));
      for (guint j = 0; j < i; j++)
        g_assert_true (mb_message_get_header (g_ptr_array_index (self->messages, j)) !=
                       mb_message_get_header (message));
      mb_subscriber_close (subscribers[i]);
      g_object_unref (subscribers[i]);
      g_main_context_pop_thread_default (contexts[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    g_main_context_unref (contexts[i]);
}

static void
test_oversize (Fixture      *self,
               gconstpointer data)
{
  g_autofree char *blank = g_strnfill (MAX_DATAGRAM + 1, ' ');
  guint n_received;

  g_test_summary ("A datagram that is larger than any can be is dropped, and counted");

  push (self, blank);
  assert_dropped (self, MB_DROP_REASON_OVERSIZE, 1);
  blank[MAX_DATAGRAM] = '\0';
  push (self, blank);
  assert_dropped (self, MB_DROP_REASON_OVERSIZE, 1);
  g_object_get (self->client, "n-received", &n_received, NULL);
  g_assert_cmpuint (n_received, ==, 2);
}

static void
test_limits (Fixture      *self,
             gconstpointer data)
{
  g_autoptr(MbSubscriber) slow = subscribe (self, "/(a+)+[bc]");
  g_autofree char *fill = g_strnfill (400, 'a');
  g_autofree char *packet = g_strdup_printf ("{\"header\":{\"topic\":\"/%s\"},\"data\":\"0\"}", fill);

  g_test_summary ("A pattern that takes too long is counted once for each look at a topic");

  push (self, packet);
  assert_dropped (self, MB_DROP_REASON_LIMIT, 1);
  push (self, packet);
  assert_dropped (self, MB_DROP_REASON_LIMIT, 1);
}

static void
test_slow_schema (Fixture      *self,
                  gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSchema) schema = mb_test_schema ("{\"pattern\":\"^(?=a)(a+)+$\"}");
  g_autoptr(MbService) service = mb_client_create_service (self->client, "/s", schema, NULL, &error);
  g_autofree char *fill = g_strnfill (20000, 'a');
  g_autofree char *packet = NULL;

  g_test_summary ("Data that a schema takes too long for are dropped for that, and a request is answered");

  g_assert_no_error (error);
  g_signal_connect (service, "request", G_CALLBACK (request_cb), NULL);
  packet = g_strdup_printf ("{\"header\":{\"topic\":\"/s/__request__\",\"idstr\":\"i\"},\"data\":\"\\\"%s!\\\"\"}",
                            fill);
  push (self, packet);
  assert_dropped (self, MB_DROP_REASON_LIMIT, 1);
  g_assert_nonnull (strstr (last_sent (self), "The parameters break the request schema: "));
}

static void
test_builtin (Fixture      *self,
              gconstpointer data)
{
  static const char bad[] = "{\"header\":{\"topic\":\"" BUILTIN "\",\"idstr\":\"i\"},\"data\":\"{\"}";
  static const char good[] = "{\"header\":{\"topic\":\"" BUILTIN "\",\"idstr\":\"i\"},\"data\":\"{}\"}";
  g_autoptr(GPtrArray) services = g_ptr_array_new_with_free_func (g_object_unref);

  g_test_summary ("A built-in service answers data that are no JSON, and what it has no room for, with an error");

  push (self, bad);
  assert_dropped (self, MB_DROP_REASON_DATA_NOT_JSON, 1);
  g_assert_nonnull (strstr (last_sent (self), "/__error__"));

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("/a-service-of-a-long-name/%u", i);

      g_ptr_array_add (services, mb_client_create_service (self->client, name, NULL, NULL, NULL));
    }
  mb_client_set_max_packet_size (self->client, 1000);
  push (self, good);
  g_assert_cmpuint (self->wire->sent->len, ==, 2);
  g_assert_nonnull (strstr (last_sent (self), "/__error__"));
  g_assert_cmpuint (strlen (last_sent (self)), <=, 1000);
}

static void
test_long_topic (Fixture      *self,
                 gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = subscribe (self, "/t.*");
  g_autofree char *fill = g_strnfill (600, 't');
  g_autofree char *packet = g_strdup_printf ("{\"header\":{\"mb\":{\"t\":\"00000000\",\"s\":\"0000000000000001\","
                                             "\"n\":\"000000000009\"},\"topic\":\"/%s\"},\"data\":\"1\"}", fill);

  g_test_summary ("Numbers on a topic too long to be remembered are not looked at: nothing is missed, nothing a double");

  push (self, packet);
  push (self, packet);
  mb_test_wait_until (self->messages->len == 2);
  assert_dropped (self, MB_DROP_REASON_MISSED, 0);
}

static void
test_mixed_routes (Fixture      *self,
                   gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSubscriber) subscriber = subscribe (self, "/s/.*");
  g_autoptr(MbService) service = mb_client_create_service (self->client, "/s", NULL, NULL, &error);

  g_test_summary ("Who listens to the requests of a service gets those without an author or id too, and learns of gaps");

  g_assert_no_error (error);
  push (self, "{\"header\":{\"mb\":{\"t\":\"00000000\",\"s\":\"0000000000000001\",\"n\":\"000000000001\"},"
              "\"topic\":\"/s/__request__\"},\"data\":\"1\"}");
  push (self, "{\"header\":{\"mb\":{\"t\":\"00000000\",\"s\":\"0000000000000001\",\"n\":\"000000000004\"},"
              "\"topic\":\"/s/__request__\"},\"data\":\"4\"}");
  mb_test_wait_until (self->messages->len == 2);
  g_assert_cmpuint (mb_client_get_dropped (self->client, MB_DROP_REASON_NO_ID), ==, 2);
  g_assert_cmpuint (mb_client_get_dropped (self->client, MB_DROP_REASON_MISSED), ==, 2);
  g_assert_cmpuint (mb_subscriber_get_n_missed (subscriber), ==, 2);
}

static void
test_properties (Fixture      *self,
                 gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = subscribe (self, "/t");
  g_autofree char *topic = NULL;
  g_autofree char *author = NULL;
  g_autofree char *id = NULL;
  g_autofree char *text = NULL;
  g_autofree char *session = NULL;
  g_autofree char *signer = NULL;
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(JsonNode) header = NULL;
  gboolean encrypted;
  gint64 received_at;
  guint64 sequence;
  guint size;
  MbMessage *message;

  g_test_summary ("A message has in its properties what its functions return");

  push (self, "{\"header\":{\"mb\":{\"t\":\"00000000\",\"s\":\"000000000000000f\",\"n\":\"000000000010\"},"
              "\"topic\":\"/t\",\"author\":\"a\",\"idstr\":\"i\",\"x\":1},\"data\":\"[2]\"}");
  mb_test_wait_until (self->messages->len == 1);
  message = g_ptr_array_index (self->messages, 0);
  g_object_get (message, "topic", &topic, "author", &author, "id", &id, "text", &text, "session", &session,
                "signer", &signer, "data", &node, "header", &header, "is-encrypted", &encrypted,
                "received-at", &received_at, "sequence", &sequence, "size", &size, NULL);

  g_assert_cmpstr (topic, ==, "/t");
  g_assert_cmpstr (author, ==, "a");
  g_assert_cmpstr (id, ==, "i");
  g_assert_cmpstr (text, ==, "[2]");
  g_assert_cmpstr (session, ==, "000000000000000f");
  g_assert_null (signer);
  g_assert_cmpint (json_array_get_int_element (json_node_get_array (node), 0), ==, 2);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (header), "x"), ==, 1);
  g_assert_false (encrypted);
  g_assert_cmpint (received_at, ==, mb_message_get_received_at (message));
  g_assert_cmpuint (sequence, ==, 16);
  g_assert_cmpuint (size, ==, mb_message_get_size (message));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/incoming/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("data", test_data);
  ADD ("request", test_request);
  ADD ("answers", test_answers);
  ADD ("header", test_header);
  ADD ("contexts", test_contexts);
  ADD ("oversize", test_oversize);
  ADD ("limits", test_limits);
  ADD ("slow-schema", test_slow_schema);
  ADD ("builtin", test_builtin);
  ADD ("long-topic", test_long_topic);
  ADD ("mixed-routes", test_mixed_routes);
  ADD ("properties", test_properties);
#undef ADD

  return g_test_run ();
}
