/* costs.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The ways of a message through the library, each in a function of its own, for `check` to count instructions in.
 *
 *     costs N     goes each way N times
 *
 * One thread does everything, and packets come and go by a transport that only keeps them: so the counts are
 * the same in every run. In plain runs the program says nothing.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "minibus/mb-json-private.h"
#include "minibus/mb-packet-private.h"
#include "minibus/minibus.h"

/* What one turn of the main loop finds waiting. */
#define BATCH 32
#define TOPIC "/cost/topic"
#define N_MANY 1000

static const char payload[] =
  "{\"id\":12345,\"name\":\"sensor-7\",\"values\":[1.5,2.25,-3],\"unit\":\"kPa\",\"ok\":true,"
  "\"note\":\"all is well today\"}";

/* A transport that keeps what is sent, if it is to, and brings what the program wants. */

#define KEEP_TYPE_TRANSPORT (keep_transport_get_type ())
G_DECLARE_FINAL_TYPE (KeepTransport, keep_transport, KEEP, TRANSPORT, GObject)

struct _KeepTransport
{
  GObject     parent_instance;

  MbReceiver *receiver;
  GPtrArray  *packets;      /* of GBytes; or NULL */
};

static gboolean
keep_transport_open_sync (MbTransport   *transport,
                          MbReceiver    *receiver,
                          GCancellable  *cancellable,
                          GError       **error)
{
  KEEP_TRANSPORT (transport)->receiver = g_object_ref (receiver);

  return TRUE;
}

static void
keep_transport_close (MbTransport *transport)
{
  g_clear_object (&KEEP_TRANSPORT (transport)->receiver);
}

static gboolean
keep_transport_send (MbTransport   *transport,
                     const char    *topic,
                     const guint8  *data,
                     gsize          length,
                     GError       **error)
{
  KeepTransport *self = KEEP_TRANSPORT (transport);

  /* What the client announces of itself comes from another thread, at any time. */
  if (self->packets != NULL && g_str_has_prefix (topic, "/cost/"))
    g_ptr_array_add (self->packets, g_bytes_new (data, length));

  return TRUE;
}

static gsize
keep_transport_get_max_packet_size (MbTransport *transport)
{
  return 65507;
}

static gboolean
keep_transport_is_reliable (MbTransport *transport)
{
  return TRUE;
}

static void
keep_transport_iface_init (MbTransportInterface *iface)
{
  iface->open_sync = keep_transport_open_sync;
  iface->close = keep_transport_close;
  iface->send = keep_transport_send;
  iface->get_max_packet_size = keep_transport_get_max_packet_size;
  iface->is_reliable = keep_transport_is_reliable;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (KeepTransport, keep_transport, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MB_TYPE_TRANSPORT, keep_transport_iface_init))

static void
keep_transport_finalize (GObject *object)
{
  KeepTransport *self = KEEP_TRANSPORT (object);

  g_clear_object (&self->receiver);
  g_clear_pointer (&self->packets, g_ptr_array_unref);

  G_OBJECT_CLASS (keep_transport_parent_class)->finalize (object);
}

static void
keep_transport_class_init (KeepTransportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = keep_transport_finalize;
}

static void
keep_transport_init (KeepTransport *self)
{
}

/* A client with its transport, and what it needs for one of the ways. */
typedef struct
{
  const char      *name;
  KeepTransport   *transport;
  MbClient        *client;
  MbPublisher     *publisher;
  MbService       *service;
  MbServiceClient *caller;
  JsonNode        *node;
  GPtrArray       *packets;
  GPtrArray       *subscribers;
  guint            n_done;
} Way;

static Way *
way_new (void)
{
  Way *self = g_new0 (Way, 1);

  self->transport = g_object_new (KEEP_TYPE_TRANSPORT, NULL);
  self->client = mb_client_new ("cost");
  mb_client_set_transport (self->client, MB_TRANSPORT (self->transport));
  if (!mb_client_open_sync (self->client, NULL, NULL))
    g_assert_not_reached ();
  self->publisher = mb_client_create_publisher (self->client, TOPIC, NULL, NULL);
  self->node = _mb_json_read (payload, strlen (payload), NULL, NULL);
  self->subscribers = g_ptr_array_new_with_free_func (g_object_unref);

  return self;
}

static void
way_free (Way *self)
{
  g_clear_object (&self->caller);
  g_clear_object (&self->service);
  g_ptr_array_unref (self->subscribers);
  g_clear_object (&self->publisher);
  mb_client_close (self->client);
  g_clear_object (&self->client);
  g_clear_object (&self->transport);
  g_clear_pointer (&self->packets, g_ptr_array_unref);
  json_node_unref (self->node);
  g_free (self);
}

static void
run_loop (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* What the client sends from now on is kept. */
static GPtrArray *
keep_packets (Way *self)
{
  g_clear_pointer (&self->transport->packets, g_ptr_array_unref);
  self->transport->packets = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  return self->transport->packets;
}

static void
push_packet (Way    *self,
             GBytes *packet)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (packet, &length);

  mb_receiver_push (self->transport->receiver, data, length);
}

static void
receive (Way   *self,
         guint  first,
         guint  n)
{
  for (guint i = 0; i < n; i++)
    {
      push_packet (self, g_ptr_array_index (self->packets, first + i));
      if (i % BATCH == BATCH - 1)
        run_loop ();
    }
  run_loop ();
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            gpointer      user_data)
{
  Way *self = user_data;

  self->n_done++;
}

static void
data_cb (MbSubscriber *subscriber,
         MbMessage    *message,
         gpointer      user_data)
{
  Way *self = user_data;

  if (JSON_NODE_HOLDS_OBJECT (mb_message_get_data (message)))
    self->n_done++;
}

static void
subscribe (Way        *self,
           const char *pattern,
           MbSchema   *schema,
           GCallback   callback)
{
  MbSubscriber *subscriber = mb_client_subscribe (self->client, pattern, schema, NULL);

  g_assert_nonnull (subscriber);
  g_signal_connect (subscriber, "message", callback, self);
  g_ptr_array_add (self->subscribers, subscriber);
}

/* Packets for `n` messages, after some that warm everything up. */
static Way *
prepare_receive (guint n)
{
  Way *self = way_new ();

  self->packets = g_ptr_array_ref (keep_packets (self));
  for (guint i = 0; i < BATCH + n; i++)
    {
      g_autofree char *text = g_strdup (payload);

      /* As a number that changes, among what stays. */
      for (guint j = 0, rest = i; j < 4; j++, rest /= 10)
        text[strlen ("{\"id\":1234") - j] = (char) ('0' + rest % 10);
      mb_publisher_publish_text (self->publisher, text, NULL);
    }
  g_clear_pointer (&self->transport->packets, g_ptr_array_unref);

  return self;
}

/* The ways. What is in a function called cost_… is what is counted. */

void cost_publish_text (Way *self, guint n);
void cost_publish_node (Way *self, guint n);
void cost_receive (Way *self, guint n);
void cost_receive_data (Way *self, guint n);
void cost_receive_schema (Way *self, guint n);
void cost_receive_unwanted (Way *self, guint n);
void cost_receive_among_literals (Way *self, guint n);
void cost_receive_among_patterns (Way *self, guint n);
void cost_call (Way *self, guint n);
void cost_json_check (Way *self, guint n);
void cost_json_ours (Way *self, guint n);
void cost_json_glib (JsonParser *parser, guint n);
void cost_read_ours (GBytes *bytes, guint n);
void cost_read_glib (GBytes *bytes, guint n);

G_NO_INLINE void
cost_publish_text (Way   *self,
                   guint  n)
{
  for (guint i = 0; i < n; i++)
    mb_publisher_publish_text (self->publisher, payload, NULL);
}

G_NO_INLINE void
cost_publish_node (Way   *self,
                   guint  n)
{
  for (guint i = 0; i < n; i++)
    mb_publisher_publish (self->publisher, self->node, NULL);
}

static void
measure_publish (guint n)
{
  Way *self = way_new ();

  mb_publisher_publish_text (self->publisher, payload, NULL);
  cost_publish_text (self, n);
  cost_publish_node (self, n);
  way_free (self);
}

/* The names keep the compiler from making one function of all. */
#define DEFINE_RECEIVE(suffix)          \
G_NO_INLINE void                        \
cost_##suffix (Way   *self,             \
             guint  n)                  \
{                                       \
  self->name = #suffix;                 \
  receive (self, BATCH, n);             \
}

DEFINE_RECEIVE (receive)
DEFINE_RECEIVE (receive_data)
DEFINE_RECEIVE (receive_schema)
DEFINE_RECEIVE (receive_unwanted)
DEFINE_RECEIVE (receive_among_literals)
DEFINE_RECEIVE (receive_among_patterns)

/* Before this the way has its subscribers; `n_each` is how many of them want a message. */
static void
measure_receive (Way    *self,
                 guint   n,
                 guint   n_each,
                 void  (*cost) (Way *, guint))
{
  receive (self, 0, BATCH);
  cost (self, n);
  g_assert_cmpuint (self->n_done, ==, (BATCH + n) * n_each);
  way_free (self);
}

static void
measure_receives (guint n)
{
  static const char schema_text[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"name\"],\"properties\":{\"id\":{\"type\":\"integer\",\"minimum\":0},"
    "\"name\":{\"type\":\"string\",\"minLength\":1},\"values\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}},"
    "\"ok\":{\"type\":\"boolean\"}}}";
  g_autoptr(MbSchema) schema = mb_schema_new_from_text (schema_text, NULL);
  Way *way;

  way = prepare_receive (n);
  subscribe (way, TOPIC, NULL, G_CALLBACK (message_cb));
  measure_receive (way, n, 1, cost_receive);

  way = prepare_receive (n);
  subscribe (way, TOPIC, NULL, G_CALLBACK (data_cb));
  measure_receive (way, n, 1, cost_receive_data);

  way = prepare_receive (n);
  subscribe (way, TOPIC, schema, G_CALLBACK (data_cb));
  measure_receive (way, n, 1, cost_receive_schema);

  way = prepare_receive (n);
  subscribe (way, "/other", NULL, G_CALLBACK (message_cb));
  measure_receive (way, n, 0, cost_receive_unwanted);

  way = prepare_receive (n);
  for (guint i = 0; i < N_MANY - 1; i++)
    {
      g_autofree char *topic = g_strdup_printf ("/cost/topic/%u", i);

      subscribe (way, topic, NULL, G_CALLBACK (message_cb));
    }
  subscribe (way, TOPIC, NULL, G_CALLBACK (message_cb));
  measure_receive (way, n, 1, cost_receive_among_literals);

  way = prepare_receive (n);
  for (guint i = 0; i < N_MANY - 1; i++)
    {
      g_autofree char *topic = g_strdup_printf ("/cost/topic/%u/.*", i);

      subscribe (way, topic, NULL, G_CALLBACK (message_cb));
    }
  subscribe (way, "/cost/t.*", NULL, G_CALLBACK (message_cb));
  measure_receive (way, n, 1, cost_receive_among_patterns);
}

static gboolean
request_cb (MbService *service,
            MbRequest *request,
            gpointer   user_data)
{
  mb_request_return_text (request, mb_request_get_params_text (request), NULL);

  return TRUE;
}

static void
called_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autofree char *text = mb_service_client_call_text_finish (MB_SERVICE_CLIENT (object), result, NULL);

  g_assert_nonnull (text);
  ((Way *) user_data)->n_done++;
}

/* Brings back what was sent until nothing more is. */
static void
bounce (Way *self)
{
  GPtrArray *packets = self->transport->packets;

  do
    {
      while (packets->len > 0)
        {
          g_autoptr(GBytes) packet = g_bytes_ref (g_ptr_array_index (packets, 0));

          g_ptr_array_remove_index (packets, 0);
          push_packet (self, packet);
        }
      run_loop ();
    }
  while (packets->len > 0);
}

G_NO_INLINE void
cost_call (Way   *self,
           guint  n)
{
  for (guint i = 0; i < n; i++)
    {
      mb_service_client_call_text_async (self->caller, payload, NULL, called_cb, self);
      bounce (self);
    }
}

static void
measure_calls (guint n)
{
  Way *self = way_new ();

  keep_packets (self);
  self->service = mb_client_create_service (self->client, "/cost/echo", NULL, NULL, NULL);
  g_signal_connect (self->service, "request", G_CALLBACK (request_cb), NULL);
  self->caller = mb_client_create_service_client (self->client, "/cost/echo", NULL, NULL, NULL);

  mb_service_client_call_text_async (self->caller, payload, NULL, called_cb, self);
  bounce (self);
  cost_call (self, n);
  g_assert_cmpuint (self->n_done, ==, n + 1);
  way_free (self);
}

G_NO_INLINE void
cost_json_ours (Way   *self,
                guint  n)
{
  for (guint i = 0; i < n; i++)
    json_node_unref (_mb_json_read (payload, sizeof payload - 1, NULL, NULL));
}

G_NO_INLINE void
cost_json_glib (JsonParser *parser,
                guint       n)
{
  for (guint i = 0; i < n; i++)
    {
      json_parser_load_from_data (parser, payload, sizeof payload - 1, NULL);
      json_node_unref (json_parser_steal_root (parser));
    }
}

G_NO_INLINE void
cost_json_check (Way   *self,
                 guint  n)
{
  for (guint i = 0; i < n; i++)
    g_assert_true (_mb_json_check (payload, sizeof payload - 1, NULL));
}

/* From the bytes of a packet to the tree of its data. */
G_NO_INLINE void
cost_read_ours (GBytes *bytes,
                guint   n)
{
  g_autoptr(GString) data = g_string_new (NULL);
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  for (guint i = 0; i < n; i++)
    {
      MbPacket packet;

      g_assert_cmpint (_mb_packet_scan_header (&packet, text, length), ==, MB_PACKET_OK);
      g_assert_cmpint (_mb_packet_scan_data (&packet, text, length, data), ==, MB_PACKET_OK);
      json_node_unref (_mb_json_read (data->str, data->len, NULL, NULL));
    }
}

G_NO_INLINE void
cost_read_glib (GBytes *bytes,
                guint   n)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(JsonNode) packet = NULL;

      json_parser_load_from_data (parser, text, (gssize) length, NULL);
      packet = json_parser_steal_root (parser);
      json_parser_load_from_data (parser, json_object_get_string_member (json_node_get_object (packet), "data"), -1,
                                  NULL);
      json_node_unref (json_parser_steal_root (parser));
    }
}

static void
measure_json (guint n)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  Way *way = prepare_receive (1);
  GBytes *packet = g_ptr_array_index (way->packets, 0);

  json_parser_load_from_data (parser, payload, sizeof payload - 1, NULL);
  cost_json_check (NULL, n);
  cost_json_ours (NULL, n);
  cost_json_glib (parser, n);
  cost_read_ours (packet, n);
  cost_read_glib (packet, n);
  way_free (way);
}

int
main (int    argc,
      char **argv)
{
  guint n = argc == 2 ? (guint) CLAMP (strtoul (argv[1], NULL, 10), 1, 100000) : 1;

  measure_publish (n);
  measure_receives (n);
  measure_calls (n);
  measure_json (n);

  return 0;
}
