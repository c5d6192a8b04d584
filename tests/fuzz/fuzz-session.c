/* fuzz-session.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Whole sessions: the bytes say what two clients do, what the network does to their packets, and what a third party
 * sends, mostly made of packets that it has heard. Nothing may abort, each call ends once, the counters add up, nothing
 * is left behind, and an honest message still arrives at the end.
 */

#include "config.h"

#include <string.h>

#include <minibus.h>

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

#define N_CLIENTS 2
#define N_SLOTS 4
#define MAX_ACTIONS 128
#define MAX_WAITING 256
#define MAX_PACKETS 2048

/* A network without a thread or a clock, so that the same bytes do the same again. */
#define WIRE_TYPE_TRANSPORT (wire_transport_get_type ())
G_DECLARE_FINAL_TYPE (WireTransport, wire_transport, WIRE, TRANSPORT, GObject)

struct _WireTransport
{
  GObject     parent_instance;

  MbReceiver *receiver;     /* while open */
  guint       n_pushed;     /* since it was made, likewise */
  guint       n_sent;
};

typedef struct
{
  MbClient      *client;
  WireTransport *transport;
  MbSubscriber  *subscribers[N_SLOTS];
  MbPublisher   *publishers[N_SLOTS];
  MbService     *services[N_SLOTS];
  guint          n_messages;
  gboolean       has_heard;     /* the honest message */
} Party;

/* What is going on. All programs of this kind have one thread. */
static GQueue waiting = G_QUEUE_INIT;      /* of GBytes, on their way */
static GPtrArray *heard;                   /* of GBytes, what was sent so far */
static guint n_packets;
static Party parties[N_CLIENTS];
static GPtrArray *requests;                /* kept by their service */
static guint n_calls, n_answers;
static guint handling;

static const char * const topics[] = {
  "/a", "/b/c", "/service/__request__", "/service/__reply__", "/service/__error__",
  "/__minibus__/__publishers__/__request__", "/__minibus__/one/__pid__/__request__", "/\xc3\xa9 \\u0001",
};
static const char * const patterns[] = { "/a", "/b/.*", ".*", "/service/.*", "/(a|b/c)", "/__minibus__/.*" };
static const char * const names[] = { "/service", "/other", "/__minibus__/one/__pid__", "service" };
static const char * const texts[] = {
  "1", "null", "\"x\"", "[1,2,3]", "{\"a\":{\"b\":[true,false,1e308]}}", "\"\\ud83d\\ude00\"", "{\"id\":1}", "-0.0",
};

static gboolean
wire_open (MbTransport   *transport,
           MbReceiver    *receiver,
           GCancellable  *cancellable,
           GError       **error)
{
  g_set_object (&WIRE_TRANSPORT (transport)->receiver, receiver);

  return TRUE;
}

static void
wire_close (MbTransport *transport)
{
  g_clear_object (&WIRE_TRANSPORT (transport)->receiver);
}

static void
carry (const guint8 *data,
       gsize         length)
{
  GBytes *bytes;

  /* A service whose requests come from the network may make two of each, for ever. */
  if (++n_packets > MAX_PACKETS || waiting.length >= MAX_WAITING)
    return;

  bytes = g_bytes_new (data, length);
  g_queue_push_tail (&waiting, bytes);
  if (heard->len < MAX_WAITING)
    g_ptr_array_add (heard, g_bytes_ref (bytes));
}

static gboolean
wire_send (MbTransport   *transport,
           const char    *topic,
           const guint8  *data,
           gsize          length,
           GError       **error)
{
  WIRE_TRANSPORT (transport)->n_sent++;
  carry (data, length);

  return TRUE;
}

static gsize
wire_get_max_packet_size (MbTransport *transport)
{
  return 65507;
}

static gboolean
wire_is_reliable (MbTransport *transport)
{
  return FALSE;
}

static void
wire_transport_iface_init (MbTransportInterface *iface)
{
  iface->open_sync = wire_open;
  iface->close = wire_close;
  iface->send = wire_send;
  iface->get_max_packet_size = wire_get_max_packet_size;
  iface->is_reliable = wire_is_reliable;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (WireTransport, wire_transport, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MB_TYPE_TRANSPORT, wire_transport_iface_init))

static void
wire_transport_class_init (WireTransportClass *klass)
{
}

static void
wire_transport_init (WireTransport *self)
{
}

static void
push (GBytes *bytes)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      WireTransport *transport = parties[i].transport;
      g_autofree guint8 *exact = NULL;

      if (transport->receiver == NULL)
        continue;

      /* A copy of the exact size, so that the sanitizers see a read past the end. */
      exact = g_memdup2 (data, length);
      transport->n_pushed++;
      mb_receiver_push (transport->receiver, exact, length);
    }
}

/* Delivers what is on its way. */
static void
settle (void)
{
  GBytes *bytes;

  do
    {
      while ((bytes = g_queue_pop_head (&waiting)) != NULL)
        {
          push (bytes);
          g_bytes_unref (bytes);
        }
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  while (waiting.length > 0);
}

/* The bytes that have not been used yet. */
typedef struct
{
  const guint8 *data;
  gsize         size;
} Input;

static guint
take (Input *input)
{
  if (input->size == 0)
    return 0;

  input->size--;

  return *input->data++;
}

static char *
take_text (Input *input)
{
  gsize n = take (input);
  char *text;

  n = MIN (n, input->size);
  text = n > 0 ? g_strndup ((const char *) input->data, n) : g_strdup ("");

  input->data += n;
  input->size -= n;

  return text;
}

static char *
take_value (Input *input)
{
  guint choice = take (input);

  return choice < 128 ? g_strdup (texts[choice % G_N_ELEMENTS (texts)]) : take_text (input);
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            Party        *self)
{
  self->n_messages++;
  g_assert_nonnull (mb_message_get_data (message));
  g_assert_nonnull (mb_message_get_text (message));
  g_assert_true (g_utf8_validate (mb_message_get_topic (message), -1, NULL));
  if (g_str_equal (mb_message_get_text (message), "\"honest\"") && g_str_equal (mb_message_get_topic (message), "/honest"))
    self->has_heard = TRUE;
}

static gboolean
request_cb (MbService *service,
            MbRequest *request,
            Party     *self)
{
  switch (handling++ % 4)
    {
    case 0:
      mb_request_return_text (request, mb_request_get_params_text (request), NULL);
      return TRUE;

    case 1:
      mb_request_return_error (request, "no", NULL);
      return TRUE;

    case 2:
      g_ptr_array_add (requests, g_object_ref (request));
      return TRUE;

    default:
      return FALSE;
    }
}

static void
call_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *reply = mb_client_call_text_finish (MB_CLIENT (source), result, &error);

  g_assert_true ((reply != NULL) == (error == NULL));
  n_answers++;
}

static void
subscribe (Party      *self,
           const char *pattern,
           guint       slot)
{
  g_autoptr(GError) error = NULL;

  if (self->subscribers[slot] != NULL)
    {
      mb_subscriber_close (self->subscribers[slot]);
      g_clear_object (&self->subscribers[slot]);
    }
  self->subscribers[slot] = mb_client_subscribe (self->client, pattern, NULL, &error);
  g_assert_true ((self->subscribers[slot] != NULL) == (error == NULL));
  if (self->subscribers[slot] != NULL)
    g_signal_connect (self->subscribers[slot], "message", G_CALLBACK (message_cb), self);
}

static void
serve (Party *self,
       guint  slot)
{
  g_autoptr(GError) error = NULL;

  if (self->services[slot] != NULL)
    {
      mb_service_close (self->services[slot]);
      g_clear_object (&self->services[slot]);
      return;
    }
  self->services[slot] = mb_client_create_service (self->client, names[slot], NULL, NULL, &error);
  if (self->services[slot] != NULL)
    g_signal_connect (self->services[slot], "request", G_CALLBACK (request_cb), self);
}

static void
publish (Party      *self,
         guint       slot,
         const char *text)
{
  g_autoptr(GError) error = NULL;

  if (self->publishers[slot] == NULL)
    self->publishers[slot] = mb_client_create_publisher (self->client, slot == 3 ? topics[7] : topics[slot], NULL, &error);
  g_assert_no_error (error);
  mb_publisher_publish_text (self->publishers[slot], text, &error);
}

/* A packet that somebody has sent, with some bytes changed, left out or repeated. */
static void
inject_mutant (Input *input)
{
  g_autoptr(GByteArray) packet = NULL;
  GBytes *original;
  guint n = take (input) % 4;

  if (heard->len == 0)
    return;

  original = g_ptr_array_index (heard, take (input) % heard->len);
  packet = g_bytes_unref_to_array (g_bytes_ref (original));

  for (guint i = 0; i < n && packet->len > 0; i++)
    {
      guint how = take (input) % 4;
      guint at = (take (input) * 256 + take (input)) % packet->len;
      guint length = take (input) % 16;

      length = MIN (length, packet->len - at);
      if (how == 0)
        packet->data[at] = (guint8) take (input);
      else if (how == 1)
        g_byte_array_remove_range (packet, at, length);
      else if (how == 2)
        {
          g_autofree guint8 *copy = g_memdup2 (packet->data + at, length);

          g_byte_array_append (packet, copy, length);
        }
      else
        g_byte_array_set_size (packet, at);
    }
  carry (packet->data, packet->len);
}

/* A packet of any topic, author, id, tag and data. */
static void
inject_forgery (Input *input)
{
  const char *topic = topics[take (input) % G_N_ELEMENTS (topics)];
  guint session = take (input);
  guint sequence = take (input) * 256 + take (input);
  guint id = take (input) % 8;
  g_autofree char *value = take_value (input);
  g_autofree char *escaped = g_strescape (value, "\x80\xff");
  g_autofree char *packet =
    g_strdup_printf ("{\"header\":{\"mb\":{\"t\":\"00000000\",\"s\":\"%016x\",\"n\":\"%012x\"},\"topic\":\"%s\","
                     "\"author\":\"one\",\"idstr\":\"%u\"},\"data\":\"%s\"}", session, sequence, topic, id, escaped);

  carry ((const guint8 *) packet, strlen (packet));
}

static void
disturb (Input *input)
{
  GBytes *bytes = g_queue_pop_head (&waiting);
  guint how = take (input) % 3;

  if (bytes == NULL)
    return;

  /* Lost, twice, or late. */
  if (how == 1)
    g_queue_push_tail (&waiting, g_bytes_ref (bytes));
  if (how == 0)
    g_bytes_unref (bytes);
  else
    g_queue_push_tail (&waiting, bytes);
}

static void
act (Input *input)
{
  guint action = take (input);
  Party *party = &parties[action / 128 % N_CLIENTS];
  guint slot = take (input) % N_SLOTS;
  g_autofree char *text = NULL;

  switch (action % 16)
    {
    case 0:
    case 1:
      text = take_value (input);
      publish (party, slot, text);
      break;

    case 2:
      subscribe (party, patterns[take (input) % G_N_ELEMENTS (patterns)], slot);
      break;

    case 3:
      text = take_text (input);
      subscribe (party, text, slot);
      break;

    case 4:
      g_clear_object (&party->subscribers[slot]);
      break;

    case 5:
    case 6:
      inject_mutant (input);
      break;

    case 7:
      text = take_text (input);
      carry ((const guint8 *) text, strlen (text));
      break;

    case 8:
      inject_forgery (input);
      break;

    case 9:
      text = take_value (input);
      n_calls++;
      mb_client_call_text_async (party->client, names[slot], text, G_MAXUINT, NULL, call_cb, NULL);
      break;

    case 10:
      serve (party, slot);
      break;

    case 11:
      if (requests->len > 0)
        {
          g_autoptr(MbRequest) request = g_ptr_array_steal_index (requests, slot % requests->len);

          text = take_value (input);
          mb_request_return_text (request, text, NULL);
        }
      break;

    case 12:
      disturb (input);
      break;

    case 13:
      settle ();
      break;

    case 14:
      if (mb_client_get_is_open (party->client))
        mb_client_close (party->client);
      else
        g_assert_true (mb_client_open_sync (party->client, NULL, NULL));
      break;

    default:
      if (party->subscribers[slot] != NULL)
        mb_subscriber_set_inbox_size (party->subscribers[slot], 1 + take (input) % 4);
      break;
    }
}

static guint
get_count (MbClient   *client,
           const char *name)
{
  guint value;

  g_object_get (client, name, &value, NULL);

  return value;
}

static void
check (Party *self)
{
  /* For these, a packet is dropped at most once, and then goes no further. */
  static const MbDropReason final[] = {
    MB_DROP_REASON_NOT_JSON, MB_DROP_REASON_NOT_PACKET, MB_DROP_REASON_TOO_DEEP, MB_DROP_REASON_DATA_NOT_JSON,
    MB_DROP_REASON_NO_KEY, MB_DROP_REASON_DUPLICATE, MB_DROP_REASON_OVERSIZE,
  };
  guint n_ended = get_count (self->client, "n-unwanted");

  for (guint i = 0; i < G_N_ELEMENTS (final); i++)
    n_ended += mb_client_get_dropped (self->client, final[i]);

  g_assert_cmpuint (get_count (self->client, "n-received"), ==, self->transport->n_pushed);
  g_assert_cmpuint (get_count (self->client, "n-sent"), ==, self->transport->n_sent);
  g_assert_cmpuint (n_ended, <=, self->transport->n_pushed);
  g_assert_cmpuint (mb_client_get_dropped (self->client, MB_DROP_REASON_KERNEL), ==, 0);
  g_assert_cmpuint (mb_client_get_dropped (self->client, MB_DROP_REASON_NOT_SENT), ==, 0);
}

/* After whatever has happened, what an honest sender sends is heard. */
static void
check_alive (void)
{
  g_autoptr(MbPublisher) publisher = NULL;
  g_autoptr(GError) error = NULL;

  n_packets = 0;
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      if (!mb_client_get_is_open (parties[i].client))
        g_assert_true (mb_client_open_sync (parties[i].client, NULL, NULL));
      subscribe (&parties[i], "/honest", 0);
      parties[i].has_heard = FALSE;
    }
  settle ();

  n_packets = 0;
  publisher = mb_client_create_publisher (parties[0].client, "/honest", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (mb_publisher_publish_text (publisher, "\"honest\"", NULL));
  settle ();
  for (guint i = 0; i < N_CLIENTS; i++)
    g_assert_true (parties[i].has_heard);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  Input input = { data, size };

  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  g_random_set_seed (1);
  heard = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  requests = g_ptr_array_new_with_free_func (g_object_unref);
  n_packets = n_calls = n_answers = handling = 0;
  memset (parties, 0, sizeof parties);

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      parties[i].client = mb_client_new (i == 0 ? "one" : "two");
      parties[i].transport = g_object_new (WIRE_TYPE_TRANSPORT, NULL);
      mb_client_set_transport (parties[i].client, MB_TRANSPORT (parties[i].transport));
      g_assert_true (mb_client_open_sync (parties[i].client, NULL, NULL));
    }

  for (guint i = 0; i < MAX_ACTIONS && input.size > 0; i++)
    act (&input);
  settle ();
  check_alive ();
  for (guint i = 0; i < N_CLIENTS; i++)
    check (&parties[i]);

  for (guint i = 0; i < N_CLIENTS; i++)
    mb_client_close (parties[i].client);
  g_ptr_array_unref (requests);
  settle ();
  g_assert_cmpuint (n_answers, ==, n_calls);

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      for (guint j = 0; j < N_SLOTS; j++)
        {
          g_clear_object (&parties[i].subscribers[j]);
          g_clear_object (&parties[i].publishers[j]);
          g_clear_object (&parties[i].services[j]);
        }
      g_assert_finalize_object (parties[i].client);
      g_assert_finalize_object (parties[i].transport);
    }
  g_ptr_array_unref (heard);

  return 0;
}
