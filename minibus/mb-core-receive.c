/* mb-core-receive.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-core-private.h"

#include <string.h>

#include "mb-builtin-private.h"
#include "mb-error.h"
#include "mb-json-private.h"
#include "mb-likeness-private.h"
#include "mb-packet-canonical-private.h"
#include "mb-packet-private.h"
#include "mb-presence-private.h"
#include "mb-service-names-private.h"

/* The most that an IPv4 datagram carries. */
#define MAX_DATAGRAM 65507
/* What a node of a tree takes in memory, about, and a message without it. */
#define NODE_COST 96
#define MESSAGE_COST 512
/* What the headers of packets that wait to be decrypted may take together, and what one takes: it is kept, and so
 * are topic, author, id and what tells senders apart. */
#define MAX_SEALED_BYTES (8 * 1024 * 1024)
#define SEALED_COST(header_length) (MESSAGE_COST + 5 * (header_length))

/* A packet on its way in. What it points to lives until the packet has been dealt with. */
typedef struct
{
  MbCore       *core;
  MbPacket      packet;
  MbTopicEntry *entry;
  const char   *author;      /* in author_buffer, or NULL */
  const char   *id;          /* in id_buffer, or NULL */
  char         *signer;      /* owned, or NULL */
  JsonNode     *data;        /* owned, until a message takes it; NULL until somebody needs it here */
  JsonNode     *header;      /* owned, likewise; or NULL */
  gsize         cost;
  gint64        received_at;
  guint         size;        /* of the datagram, in bytes */
  gboolean      only_asks;   /* in the clear, where that is refused: only what concerns built-in services */
  gboolean      canonical;   /* the data stands where libminibus peers put it */
  gboolean      alike;       /* to data that was found good */

  /* Messages made of it, one for each main context; those who are to get them own them. */
  struct
  {
    GMainContext *context;
    MbMessage    *message;
  }             messages[4];
  guint         n_messages;
} Incoming;

/* A packet that waits to be decrypted. */
typedef struct
{
  MbCore   *core;
  GList     link;      /* in the core's list of them */
  guint64   number;
  Incoming  in;        /* without entry; of the packet, what is needed is kept */
  char     *topic;     /* a GRefString */
  char     *author;
  char     *id;
  char     *header;
  GBytes   *wire;
} Sealed;

/* Sets the buffer to what a span means. Returns its text, or NULL if the span is absent. */
static const char *
decode_span (GString      *buffer,
             const MbSpan *span)
{
  if (span->text == NULL)
    return NULL;

  _mb_packet_decode (buffer, span);

  return buffer->str;
}

static void
incoming_clear (Incoming *in)
{
  g_clear_pointer (&in->signer, g_free);
  g_clear_pointer (&in->data, json_node_unref);
  g_clear_pointer (&in->header, json_node_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Incoming, incoming_clear)

static MbMessage *
make_message (Incoming *in)
{
  MbCore *core = in->core;
  MbMessageParts parts = {
    .topic = g_ref_string_acquire (in->entry->topic),
    .author = in->author,
    .id = in->id,
    .text = core->data_buffer->str,
    .text_length = core->data_buffer->len,
    .data = g_steal_pointer (&in->data),
    .header = g_steal_pointer (&in->header),
    .session = in->packet.tag.present ? in->packet.tag.session : 0,
    .sequence = in->packet.tag.present ? in->packet.tag.sequence : 0,
    .received_at = in->received_at,
    .size = in->size,
    .encrypted = in->packet.encrypted,
    .signer = in->signer,
  };

  /* Nodes must not be shared between threads, so the message for another context has its own. */
  if (parts.header == NULL && in->packet.n_extra_members > 0)
    parts.header = _mb_packet_read_extra (&in->packet, NULL);

  return _mb_message_new (&parts);
}

/* The message for a main context: the same object for all who have that context. */
static MbMessage *
message_for_context (Incoming     *in,
                     GMainContext *context)
{
  MbMessage *message;

  for (guint i = 0; i < in->n_messages; i++)
    {
      if (in->messages[i].context == context)
        return g_object_ref (in->messages[i].message);
    }

  message = make_message (in);
  if (in->n_messages < G_N_ELEMENTS (in->messages))
    {
      in->messages[in->n_messages].context = context;
      in->messages[in->n_messages].message = message;
      in->n_messages++;
    }

  return message;
}

static void
push_delivery (Incoming   *in,
               MbRoute    *route,
               MbDelivery *delivery,
               gsize       cost)
{
  g_autoptr(GPtrArray) dropped = _mb_inbox_push_full (route->inbox, delivery, cost);
  guint n_dropped = 0;

  /* Word of a gap is no message. */
  for (guint i = 0; dropped != NULL && i < dropped->len; i++)
    n_dropped += ((MbDelivery *) g_ptr_array_index (dropped, i))->message != NULL;

  if (n_dropped == 0)
    return;

  g_atomic_int_add (&route->n_dropped, (int) n_dropped);
  _mb_core_drop (in->core, MB_DROP_REASON_INBOX_FULL, n_dropped, in->entry->topic,
                 "the main loop was late; take less time in handlers, or make the inbox larger");
}

static MbDelivery *
make_delivery (void)
{
  /* Not g_new0(), as calloc() passes by the cache that makes malloc() fast. */
  MbDelivery *delivery = g_new (MbDelivery, 1);

  memset (delivery, 0, sizeof *delivery);

  return delivery;
}

static void
prepare_message (Incoming *in,
                 MbRoute  *route)
{
  MbDelivery *delivery = make_delivery ();

  delivery->message = message_for_context (in, _mb_inbox_get_context (route->inbox));
  if (route->kind == MB_ROUTE_REQUEST)
    delivery->core = _mb_core_ref (in->core);

  g_ptr_array_add (in->core->ready, route);
  g_ptr_array_add (in->core->ready, delivery);
}

static void
push_messages (Incoming *in)
{
  GPtrArray *ready = in->core->ready;

  /* From here on they belong to others. The last reference on a message, which a language may have wrapped, must not
   * go in our thread. */
  in->n_messages = 0;

  for (guint i = 0; i < ready->len; i += 2)
    push_delivery (in, g_ptr_array_index (ready, i), g_ptr_array_index (ready, i + 1), in->cost);
  ready->len = 0;
}

/* Answers go in the manner of the request. */
static MbSecrecy
get_secrecy (Incoming *in)
{
  return in->packet.encrypted ? MB_SECRECY_ENCRYPTED : MB_SECRECY_CLEAR;
}

static void
answer_error (Incoming   *in,
              const char *message)
{
  g_autofree char *topic = _mb_service_topic_with (in->entry->topic, MB_SUFFIX_ERROR);
  GString *data = g_string_new (NULL);

  _mb_json_append_string (data, message, strlen (message));
  _mb_core_answer (in->core, topic, in->id, data, get_secrecy (in));
}

/* Ends the call that this packet answers, if it is one of ours. */
static void
end_call (Incoming    *in,
          MbRouteKind  kind,
          GError      *data_error)
{
  g_autofree char *service = _mb_service_topic_with (in->entry->topic, "");
  g_autoptr(MbCall) call = NULL;
  g_autoptr(MbMessage) message = NULL;
  g_autoptr(GError) error = NULL;
  MbSchema *schema;
  gboolean late;

  call = _mb_calls_take (in->core->calls, in->id, service, &late);
  if (call == NULL)
    {
      if (late)
        _mb_core_drop (in->core, MB_DROP_REASON_LATE_REPLY, 1, in->entry->topic,
                       "the call had been answered, cancelled or timed out before");
      return;
    }
  _mb_call_note_answered (call, !in->packet.tag.present);

  if (data_error != NULL)
    {
      g_set_error (&error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_INVALID_REPLY,
                   "The answer of “%s” is not usable: %s", in->entry->topic, data_error->message);
      _mb_call_complete (call, NULL, g_steal_pointer (&error));
      return;
    }

  message = make_message (in);
  if (kind == MB_ROUTE_ERROR)
    {
      JsonNode *data = mb_message_get_data (message);
      const char *text = mb_message_get_text (message);

      if (JSON_NODE_HOLDS_VALUE (data) && json_node_get_value_type (data) == G_TYPE_STRING)
        text = json_node_get_string (data);
      _mb_call_complete (call, NULL, g_error_new_literal (MB_SERVICE_ERROR, MB_SERVICE_ERROR_REMOTE, text));
      return;
    }

  schema = _mb_call_get_reply_schema (call);
  if (schema != NULL && !mb_schema_validate (schema, mb_message_get_data (message), &error))
    {
      g_autoptr(GError) invalid = NULL;

      _mb_core_drop (in->core, MB_DROP_REASON_SCHEMA, 1, in->entry->topic, error->message);
      g_set_error (&invalid, MB_SERVICE_ERROR, MB_SERVICE_ERROR_INVALID_REPLY,
                   "The reply of “%s” breaks the reply schema: %s", in->entry->topic, error->message);
      _mb_call_complete (call, NULL, g_steal_pointer (&invalid));
      return;
    }

  _mb_call_complete (call, g_steal_pointer (&message), NULL);
}

/* Whether any route is of this kind. */
static gboolean
has_route (Incoming    *in,
           MbRouteKind  kind)
{
  for (guint i = 0; i < in->entry->routes->len; i++)
    {
      if (((MbRoute *) g_ptr_array_index (in->entry->routes, i))->kind == kind)
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_service_packet (Incoming *in)
{
  for (guint i = 0; i < in->entry->routes->len; i++)
    {
      MbRouteKind kind = ((MbRoute *) g_ptr_array_index (in->entry->routes, i))->kind;

      if (kind != MB_ROUTE_SUBSCRIBER && kind != MB_ROUTE_PRESENCE)
        return TRUE;
    }

  return FALSE;
}

/* Tells all subscribers of the topic of a gap, or of the end of one. */
static void
note_missed (Incoming *in,
             int       n_missed)
{
  for (guint i = 0; i < in->entry->routes->len; i++)
    {
      MbRoute *route = g_ptr_array_index (in->entry->routes, i);
      MbDelivery *delivery;
      int before;

      if (route->kind != MB_ROUTE_SUBSCRIBER)
        continue;

      /* Never below zero: what comes late may have been missed before there was this subscriber. And never
       * beyond what fits, with gaps that somebody makes up. */
      before = g_atomic_int_get (&route->n_missed);
      g_atomic_int_set (&route->n_missed, n_missed < 0 ? MAX (before, 1) - 1
                                                       : before + MIN (n_missed, G_MAXINT - before));
      if (n_missed < 0)
        continue;

      delivery = make_delivery ();
      delivery->author = g_strdup (in->author);
      delivery->n_missed = (guint) n_missed;
      push_delivery (in, route, delivery, MESSAGE_COST);
    }

  if (n_missed > 0)
    {
      g_autofree char *detail = g_strdup_printf ("%d messages of “%s” never came", n_missed,
                                                 in->author != NULL ? in->author : "?");

      _mb_core_drop (in->core, MB_DROP_REASON_MISSED, (guint) n_missed, in->entry->topic, detail);
    }
}

/* Looks at the number of the message. Returns whether it is a new one. */
static gboolean
check_sequence (Incoming *in)
{
  const MbTag *tag = &in->packet.tag;
  MbSequenceTracker *tracker;
  guint n_missed;
  guint32 mark;

  if (!tag->present || tag->sequence == 0)
    return TRUE;

  tracker = _mb_router_get_tracker (in->entry, tag->session);
  if (tracker == NULL)
    return TRUE;

  mark = _mb_sequence_mark (in->packet.data.text, in->packet.data.length);

  switch (_mb_sequence_tracker_note (tracker, tag->sequence, mark, &n_missed))
    {
    case MB_ARRIVAL_AFTER_GAP:
      note_missed (in, (int) n_missed);
      return TRUE;

    case MB_ARRIVAL_LATE:
      note_missed (in, -1);
      return TRUE;

    case MB_ARRIVAL_DUPLICATE:
      _mb_core_drop (in->core, MB_DROP_REASON_DUPLICATE, 1, in->entry->topic, "it came before");
      return FALSE;

    case MB_ARRIVAL_EXPECTED:
    default:
      return TRUE;
    }
}

/* The data of a wanted packet is no JSON: nobody gets it, and who waits for it is told. */
static void
refuse_data (Incoming *in,
             GError   *error)
{
  _mb_core_drop (in->core,
                 g_error_matches (error, MB_JSON_ERROR, MB_JSON_ERROR_TOO_DEEP)
                 ? MB_DROP_REASON_TOO_DEEP : MB_DROP_REASON_DATA_NOT_JSON,
                 1, in->entry->topic, error->message);

  if (in->id == NULL)
    return;

  if (has_route (in, MB_ROUTE_REQUEST) || has_route (in, MB_ROUTE_BUILTIN))
    {
      g_autofree char *message = g_strconcat ("The parameters are not usable: ", error->message, NULL);

      answer_error (in, message);
    }
  if (has_route (in, MB_ROUTE_REPLY))
    end_call (in, MB_ROUTE_REPLY, error);
  if (has_route (in, MB_ROUTE_ERROR))
    end_call (in, MB_ROUTE_ERROR, error);
}

/* The data as a tree, which is made only if somebody needs it: it costs more than all the rest. */
static JsonNode *
get_data (Incoming *in)
{
  GString *text = in->core->data_buffer;
  gsize n_nodes;

  if (in->data == NULL)
    {
      in->data = _mb_json_read (text->str, text->len, &n_nodes, NULL);
      in->cost += n_nodes * NODE_COST;
    }

  return in->data;
}

/* Checks the data by the schema of one route. */
static gboolean
accept_data (Incoming *in,
             MbRoute  *route)
{
  g_autoptr(GError) error = NULL;

  if (route->schema == NULL || mb_schema_validate (route->schema, get_data (in), &error))
    return TRUE;

  _mb_core_drop (in->core,
                 g_error_matches (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT)
                 ? MB_DROP_REASON_LIMIT : MB_DROP_REASON_SCHEMA,
                 1, in->entry->topic, error->message);

  if (route->kind == MB_ROUTE_REQUEST && in->id != NULL)
    {
      g_autofree char *message = g_strconcat ("The parameters break the request schema: ", error->message,
                                              NULL);

      answer_error (in, message);
    }

  return FALSE;
}

static void
deliver (Incoming *in)
{
  MbCore *core = in->core;
  GPtrArray *routes = in->entry->routes;
  gboolean ends_call = FALSE;

  for (guint i = 0; i < routes->len; i++)
    {
      MbRoute *route = g_ptr_array_index (routes, i);

      if (route->kind == MB_ROUTE_BUILTIN && in->id != NULL)
        _mb_builtin_handle (core, route, in->entry->topic, in->id, get_data (in), get_secrecy (in));
      if (route->kind == MB_ROUTE_PRESENCE)
        _mb_presence_handle (core, route->builtin, in->entry->topic, in->author, in->id, get_data (in),
                             in->packet.encrypted);

      if (in->only_asks)
        continue;

      if ((route->kind == MB_ROUTE_SUBSCRIBER || (route->kind == MB_ROUTE_REQUEST && in->id != NULL)) &&
          accept_data (in, route))
        g_ptr_array_add (core->accepted, route);
    }

  /* All checks come before this: a message takes the tree with it, to another thread. */
  for (guint i = 0; i < core->accepted->len; i++)
    prepare_message (in, g_ptr_array_index (core->accepted, i));
  core->accepted->len = 0;
  push_messages (in);

  for (guint i = 0; i < routes->len && in->id != NULL && !ends_call; i++)
    {
      MbRoute *route = g_ptr_array_index (routes, i);

      if (route->kind != MB_ROUTE_REPLY && route->kind != MB_ROUTE_ERROR)
        continue;

      /* Several objects of this client may call the same service, and all their calls are in one table. */
      ends_call = TRUE;
      end_call (in, route->kind, NULL);
    }
}

/* Takes the data in data_buffer, which are those of the sender. */
static void
take_data (Incoming *in)
{
  MbCore *self = in->core;
  g_autoptr(GError) error = NULL;

  if (in->packet.n_extra_members > 0)
    {
      in->header = _mb_packet_read_extra (&in->packet, &error);
      if (in->header == NULL)
        {
          _mb_core_drop (self, MB_DROP_REASON_NOT_PACKET, 1, in->entry->topic, error->message);
          return;
        }
    }

  if (in->id == NULL && is_service_packet (in))
    _mb_core_drop (self, MB_DROP_REASON_NO_ID, 1, in->entry->topic,
                   "requests and their answers are told apart by their id");

  if (!in->alike && !_mb_json_check (self->data_buffer->str, self->data_buffer->len, &error))
    {
      refuse_data (in, error);
      return;
    }
  if (!in->alike && in->canonical)
    _mb_likeness_note (in->entry->topic, MB_LIKENESS_IN, self->data_buffer->str, self->data_buffer->len);
  in->cost = MESSAGE_COST + self->data_buffer->len;

  deliver (in);
}

/* Whether what came in the clear is taken. */
static gboolean
check_plaintext (Incoming *in)
{
  MbCore *self = in->core;

  if (!self->refuses_plaintext)
    return TRUE;

  /* Nobody needs a key to ask who is there, and our own questions go, and may be answered, in the clear. */
  if (has_route (in, MB_ROUTE_PRESENCE) ||
      (_mb_builtin_has_topic (in->entry->topic) &&
       (has_route (in, MB_ROUTE_BUILTIN) || has_route (in, MB_ROUTE_REPLY) || has_route (in, MB_ROUTE_ERROR))))
    {
      in->only_asks = TRUE;
      return TRUE;
    }

  _mb_core_drop (self, MB_DROP_REASON_PLAINTEXT, 1, in->entry->topic,
                 "it is not encrypted, and this client has a key; set accept-plaintext to take it");

  return FALSE;
}

static void
sealed_free (gpointer data)
{
  Sealed *sealed = data;

  incoming_clear (&sealed->in);
  g_ref_string_release (sealed->topic);
  g_free (sealed->author);
  g_free (sealed->id);
  g_free (sealed->header);
  g_bytes_unref (sealed->wire);
  _mb_core_unref (sealed->core);
  g_free (sealed);
}

/* receive_lock is held. The client may have changed its mind about the topic meanwhile. */
static void
take_decrypted (Sealed          *sealed,
                MbCipherOutcome *outcome)
{
  MbCore *self = sealed->core;
  Incoming *in = &sealed->in;
  guint n_limited;

  in->entry = _mb_router_look_up (self->router, sealed->topic, strlen (sealed->topic), &n_limited);
  if (in->entry->routes->len == 0)
    {
      g_atomic_int_inc (&self->counters.n_unwanted);
      return;
    }

  if (outcome->error != NULL)
    {
      _mb_core_drop_sealed (self, sealed->topic, outcome->error);
      return;
    }

  /* The numbers come last, as whoever could change them could have the true message dropped for a double. */
  if (!_mb_core_check_sealed (self, &outcome->plain, sealed->wire, sealed->topic, in->author, in->id,
                              &in->packet.tag) ||
      !check_sequence (in))
    return;

  in->signer = g_steal_pointer (&outcome->plain.signer);
  g_string_truncate (self->data_buffer, 0);
  g_string_append_len (self->data_buffer, outcome->plain.plain->str, (gssize) outcome->plain.plain->len);
  take_data (in);
}

static void
decrypted_cb (MbCipherOutcome *outcome,
              gpointer         user_data)
{
  Sealed *sealed = user_data;
  MbCore *self = sealed->core;
  GQueue answers;

  g_mutex_lock (&self->receive_lock);
  self->n_sealed_bytes -= SEALED_COST (sealed->in.packet.header_length);
  take_decrypted (sealed, outcome);
  g_queue_unlink (&self->sealed, &sealed->link);
  g_cond_broadcast (&self->unsealed);
  answers = self->answers;
  g_queue_init (&self->answers);
  g_mutex_unlock (&self->receive_lock);

  _mb_core_send_answers (self, &answers);
}

/* Hands the packet, whose wire text is in data_buffer, to the threads that decrypt. */
static void
decrypt_later (Incoming *in)
{
  MbCore *self = in->core;
  g_autofree char *key = NULL;
  g_autoptr(GError) error = NULL;
  Sealed *sealed;

  if (self->in_queue == NULL)
    {
      if (check_sequence (in))
        _mb_core_drop (self, MB_DROP_REASON_NO_KEY, 1, in->entry->topic,
                       "it is encrypted, and this client has no passphrase");
      return;
    }

  if (self->n_sealed_bytes + SEALED_COST (in->packet.header_length) > MAX_SEALED_BYTES)
    {
      _mb_core_drop (self, MB_DROP_REASON_CIPHER_BUSY, 1, in->entry->topic,
                     "the headers of what waits to be decrypted take too much room");
      return;
    }

  sealed = g_new0 (Sealed, 1);
  sealed->core = _mb_core_ref (self);
  sealed->topic = g_ref_string_acquire (in->entry->topic);
  sealed->wire = g_bytes_new (self->data_buffer->str, self->data_buffer->len);
  sealed->header = g_memdup2 (in->packet.header, in->packet.header_length);
  sealed->in.core = self;
  sealed->in.packet.encrypted = TRUE;
  sealed->in.packet.tag = in->packet.tag;
  sealed->in.packet.data.text = g_bytes_get_data (sealed->wire, &sealed->in.packet.data.length);
  sealed->in.packet.header = sealed->header;
  sealed->in.packet.header_length = in->packet.header_length;
  sealed->in.packet.n_extra_members = in->packet.n_extra_members;
  sealed->in.author = sealed->author = g_strdup (in->author);
  sealed->in.id = sealed->id = g_strdup (in->id);
  sealed->in.received_at = in->received_at;
  sealed->in.size = in->size;

  /* One after the other are those of one run of one sender. */
  key = g_strdup_printf ("%016" G_GINT64_MODIFIER "x/%s", in->packet.tag.present ? in->packet.tag.session : 0,
                         sealed->in.author != NULL ? sealed->in.author : "");
  if (_mb_cipher_queue_decrypt (self->in_queue, key, sealed->wire, NULL, decrypted_cb, sealed, sealed_free,
                                &error))
    {
      self->n_sealed_bytes += SEALED_COST (in->packet.header_length);
      sealed->number = self->n_sealed++;
      sealed->link.data = sealed;
      g_queue_push_tail_link (&self->sealed, &sealed->link);
      return;
    }

  _mb_core_drop_sealed (self, sealed->topic, error);
  sealed_free (sealed);
}

/* Sets data_buffer to the data of the packet. */
static MbPacketStatus
find_data (Incoming   *in,
           const char *datagram,
           gsize       length)
{
  GString *buffer = in->core->data_buffer;
  MbSpan span = { NULL, };
  const char *plain = NULL;
  gsize n;

  in->canonical = !in->packet.encrypted && _mb_packet_find_canonical_data (&in->packet, datagram, length, &span);
  if (in->canonical)
    plain = _mb_likeness_find (in->entry->topic, MB_LIKENESS_IN, span.text, span.length, &n);
  if (plain == NULL)
    return _mb_packet_scan_data (&in->packet, datagram, length, buffer);

  g_string_truncate (buffer, 0);
  g_string_append_len (buffer, plain, (gssize) n);
  span.escaped = n != span.length;
  in->packet.data = span;
  in->alike = TRUE;

  return MB_PACKET_OK;
}

static void
receive_locked (MbCore     *self,
                const char *datagram,
                gsize       length)
{
  g_auto(Incoming) in = { .core = self };
  MbPacketStatus status;
  MbSpan *topic = &in.packet.topic;
  guint n_limited;

  status = _mb_packet_scan_header (&in.packet, datagram, length);
  if (status == MB_PACKET_BLANK)
    return;

  if (status == MB_PACKET_OK)
    {
      if (!in.packet.tag.present)
        _mb_presence_note_silent (self);

      if (topic->escaped)
        {
          _mb_packet_decode (self->topic_buffer, topic);
          in.entry = _mb_router_look_up (self->router, self->topic_buffer->str, self->topic_buffer->len,
                                         &n_limited);
        }
      else
        {
          in.entry = _mb_router_look_up (self->router, topic->text, topic->length, &n_limited);
        }

      if (n_limited > 0)
        _mb_core_drop (self, MB_DROP_REASON_LIMIT, n_limited, in.entry->topic,
                       "a pattern takes too long to match this topic");
      if (in.entry->routes->len == 0)
        {
          g_atomic_int_inc (&self->counters.n_unwanted);
          if (in.packet.tag.present)
            _mb_core_note_vain (self, in.entry);
          return;
        }
      status = find_data (&in, datagram, length);
    }

  if (status != MB_PACKET_OK)
    {
      _mb_core_drop (self,
                     status == MB_PACKET_NOT_JSON ? MB_DROP_REASON_NOT_JSON :
                     status == MB_PACKET_TOO_DEEP ? MB_DROP_REASON_TOO_DEEP : MB_DROP_REASON_NOT_PACKET,
                     1, in.entry != NULL ? in.entry->topic : NULL, NULL);
      return;
    }

  in.author = decode_span (self->author_buffer, &in.packet.author);
  in.id = decode_span (self->id_buffer, &in.packet.id);
  in.received_at = g_get_real_time ();
  in.size = (guint) length;

  if (in.packet.encrypted)
    decrypt_later (&in);
  else if (check_plaintext (&in) && check_sequence (&in))
    take_data (&in);
}

void
_mb_core_receive (MbCore       *self,
                  const guint8 *data,
                  gsize         length)
{
  GQueue answers;

  if (length > MAX_DATAGRAM)
    {
      g_atomic_int_inc (&self->counters.n_received);
      _mb_core_drop (self, MB_DROP_REASON_OVERSIZE, 1, NULL, NULL);
      return;
    }

  g_mutex_lock (&self->receive_lock);
  receive_locked (self, (const char *) data, length);
  answers = self->answers;
  g_queue_init (&self->answers);
  g_atomic_int_inc (&self->counters.n_received);
  g_mutex_unlock (&self->receive_lock);

  /* After the lock, so that a transport may bring the answer back at once. */
  _mb_core_send_answers (self, &answers);
}

void
_mb_core_settle (MbCore *self)
{
  guint64 n_sealed;

  g_mutex_lock (&self->receive_lock);
  n_sealed = self->n_sealed;
  for (;;)
    {
      const Sealed *oldest = g_queue_peek_head (&self->sealed);

      if (oldest == NULL || oldest->number >= n_sealed)
        break;
      g_cond_wait (&self->unsealed, &self->receive_lock);
    }
  g_mutex_unlock (&self->receive_lock);
}
