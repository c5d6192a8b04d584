/* mb-message.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-message-private.h"

#include <string.h>

#include "mb-json-memo-private.h"
#include "mb-spares-private.h"

/* Texts of as many bytes stay with a message that is used again. */
#define MAX_SPARE_TEXTS 1024

/**
 * MbMessage:
 *
 * One message as it was received.
 *
 * A message is immutable. All subscribers of one main context that match it get the same object; those of
 * another main context get one of their own. It may be kept as long as wanted, also after its subscriber
 * and client are gone.
 *
 * The data is there as a sealed [struct@Json.Node] and, exactly as the sender wrote it, as JSON text. Both are
 * valid from the start; the node is made when it is asked for first, so who needs the text alone pays for no tree.
 * An integer beyond 64 bits signed is a floating point number in the node; the text has all its digits.
 *
 * Members of the data that are the same as in the message of the topic before may be the same nodes, too: they are sealed,
 * so that only shows when pointers are compared.
 *
 * A message belongs to the main context in which it was delivered. Another thread may read it only while
 * it holds a reference of its own and only by the functions that return text or numbers; the nodes of
 * JSON-GLib are not safe to be shared between threads.
 *
 * ```c
 * static void
 * message_cb (MbSubscriber *subscriber,
 *             MbMessage    *message,
 *             gpointer      user_data)
 * {
 *   g_print ("%s: %s\n", mb_message_get_topic (message), mb_message_get_text (message));
 * }
 * ```
 *
 * Protocol: section 2, "Packet".
 *
 * Since: 0.1
 */
struct _MbMessage
{
  GObject        parent_instance;

  MbMessageParts parts;
  char          *texts;      /* one piece of memory for all that `parts` has but the topic */
  gsize          texts_size;
  char          *session;    /* made when asked for */
};

G_DEFINE_FINAL_TYPE (MbMessage, mb_message, G_TYPE_OBJECT)

static MbSpares spares = MB_SPARES_INIT;

enum
{
  PROP_0,
  PROP_AUTHOR,
  PROP_DATA,
  PROP_HEADER,
  PROP_ID,
  PROP_IS_ENCRYPTED,
  PROP_RECEIVED_AT,
  PROP_SEQUENCE,
  PROP_SESSION,
  PROP_SIGNER,
  PROP_SIZE,
  PROP_TEXT,
  PROP_TOPIC,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* All that it holds but the room for its texts. */
static void
clear_parts (MbMessage *self)
{
  g_clear_pointer (&self->parts.topic, g_ref_string_release);
  g_clear_pointer (&self->parts.data, json_node_unref);
  g_clear_pointer (&self->parts.header, json_node_unref);
  g_clear_pointer (&self->session, g_free);
}

static void
mb_message_finalize (GObject *object)
{
  MbMessage *self = MB_MESSAGE (object);

  clear_parts (self);
  g_clear_pointer (&self->texts, g_free);

  G_OBJECT_CLASS (mb_message_parent_class)->finalize (object);
}

static void
mb_message_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  MbMessage *self = MB_MESSAGE (object);

  switch (prop_id)
    {
    case PROP_AUTHOR:
      g_value_set_string (value, mb_message_get_author (self));
      break;

    case PROP_DATA:
      g_value_set_boxed (value, mb_message_get_data (self));
      break;

    case PROP_HEADER:
      g_value_set_boxed (value, mb_message_get_header (self));
      break;

    case PROP_ID:
      g_value_set_string (value, mb_message_get_id (self));
      break;

    case PROP_IS_ENCRYPTED:
      g_value_set_boolean (value, mb_message_get_is_encrypted (self));
      break;

    case PROP_RECEIVED_AT:
      g_value_set_int64 (value, mb_message_get_received_at (self));
      break;

    case PROP_SEQUENCE:
      g_value_set_uint64 (value, mb_message_get_sequence (self));
      break;

    case PROP_SESSION:
      g_value_set_string (value, mb_message_get_session (self));
      break;

    case PROP_SIGNER:
      g_value_set_string (value, mb_message_get_signer (self));
      break;

    case PROP_SIZE:
      g_value_set_uint (value, mb_message_get_size (self));
      break;

    case PROP_TEXT:
      g_value_set_string (value, mb_message_get_text (self));
      break;

    case PROP_TOPIC:
      g_value_set_string (value, mb_message_get_topic (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_message_class_init (MbMessageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_message_finalize;
  object_class->get_property = mb_message_get_property;

  /**
   * MbMessage:author: (getter get_author)
   *
   * The name of the client that sent the message, as that client claims.
   *
   * Since: 0.1
   */
  properties[PROP_AUTHOR] =
    g_param_spec_string ("author", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:data: (getter get_data)
   *
   * The data, sealed.
   *
   * Since: 0.1
   */
  properties[PROP_DATA] =
    g_param_spec_boxed ("data", NULL, NULL,
                        JSON_TYPE_NODE,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:header: (getter get_header)
   *
   * The header members that are not part of the protocol, as a JSON object.
   *
   * Since: 0.1
   */
  properties[PROP_HEADER] =
    g_param_spec_boxed ("header", NULL, NULL,
                        JSON_TYPE_NODE,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:id: (getter get_id)
   *
   * The id of the message.
   *
   * Since: 0.1
   */
  properties[PROP_ID] =
    g_param_spec_string ("id", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:is-encrypted: (getter get_is_encrypted)
   *
   * Whether the message came encrypted.
   *
   * Since: 0.1
   */
  properties[PROP_IS_ENCRYPTED] =
    g_param_spec_boolean ("is-encrypted", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:received-at: (getter get_received_at)
   *
   * When the message was received, in microseconds since 1970-01-01 00:00 UTC.
   *
   * Since: 0.1
   */
  properties[PROP_RECEIVED_AT] =
    g_param_spec_int64 ("received-at", NULL, NULL,
                        G_MININT64, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:sequence: (getter get_sequence)
   *
   * The number of the message in its session and topic, from 1; 0 when the sender does not count.
   *
   * Since: 0.1
   */
  properties[PROP_SEQUENCE] =
    g_param_spec_uint64 ("sequence", NULL, NULL,
                         0, G_MAXUINT64, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:session: (getter get_session)
   *
   * What tells one run of a sender from the next.
   *
   * Since: 0.1
   */
  properties[PROP_SESSION] =
    g_param_spec_string ("session", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:signer: (getter get_signer)
   *
   * The fingerprint of the trusted OpenPGP key that signed the message.
   *
   * Since: 0.1
   */
  properties[PROP_SIGNER] =
    g_param_spec_string ("signer", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:size: (getter get_size)
   *
   * The size of the datagram that the message came in, in bytes.
   *
   * Since: 0.1
   */
  properties[PROP_SIZE] =
    g_param_spec_uint ("size", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:text: (getter get_text)
   *
   * The data as JSON text.
   *
   * Since: 0.1
   */
  properties[PROP_TEXT] =
    g_param_spec_string ("text", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMessage:topic: (getter get_topic)
   *
   * The topic of the message.
   *
   * Since: 0.1
   */
  properties[PROP_TOPIC] =
    g_param_spec_string ("topic", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_message_init (MbMessage *self)
{
}

/* Copies a text with its NUL to where `end` stands. Returns the copy. */
static const char *
put_text (char       **end,
          const char  *text,
          gsize        length)
{
  char *copy = *end;

  if (text == NULL)
    return NULL;

  memcpy (copy, text, length);
  copy[length] = '\0';
  *end += length + 1;

  return copy;
}

MbMessage *
_mb_message_new (const MbMessageParts *parts)
{
  MbMessage *self = _mb_spares_take (&spares);
  gsize author_length = parts->author != NULL ? strlen (parts->author) : 0;
  gsize id_length = parts->id != NULL ? strlen (parts->id) : 0;
  gsize signer_length = parts->signer != NULL ? strlen (parts->signer) : 0;
  gsize size = parts->text_length + author_length + id_length + signer_length + 4;
  char *end;

  if (self == NULL)
    self = g_object_new (MB_TYPE_MESSAGE, NULL);

  self->parts = *parts;
  if (size > self->texts_size)
    {
      g_free (self->texts);
      self->texts = g_malloc (size);
      self->texts_size = size;
    }

  end = self->texts;
  self->parts.text = put_text (&end, parts->text, parts->text_length);
  self->parts.author = put_text (&end, parts->author, author_length);
  self->parts.id = put_text (&end, parts->id, id_length);
  self->parts.signer = put_text (&end, parts->signer, signer_length);

  return self;
}

/* What is left can be used again. */
static void
clear (gpointer message)
{
  MbMessage *self = message;

  clear_parts (self);
  if (self->texts_size > MAX_SPARE_TEXTS)
    {
      g_clear_pointer (&self->texts, g_free);
      self->texts_size = 0;
    }
}

void
_mb_message_drop (MbMessage *self)
{
  _mb_spares_drop (&spares, self, clear);
}

/**
 * mb_message_get_author: (get-property author)
 * @self: a message
 *
 * Gets the name of the client that sent the message.
 *
 * Nothing proves the name: any program on the bus can use any name; one that has the passphrase, where the bus
 * is encrypted. A signature does: [method@Message.get_signer].
 *
 * Returns: (transfer none) (nullable): the name, or `NULL` when the packet names none
 *
 * Since: 0.1
 */
const char *
mb_message_get_author (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), NULL);

  return self->parts.author;
}

/**
 * mb_message_get_data: (get-property data)
 * @self: a message
 *
 * Gets the data of the message.
 *
 * The node is sealed: it cannot be changed, and is shared by all who have the message.
 *
 * Returns: (transfer none): the data; for JSON's `null`, a node of that kind
 *
 * Since: 0.1
 */
JsonNode *
mb_message_get_data (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), NULL);

  if (g_atomic_pointer_get (&self->parts.data) == NULL)
    {
      /* It was found good when it came. */
      JsonNode *data = _mb_json_read_similar (self->parts.topic, self->parts.text, self->parts.text_length);

      if (!g_atomic_pointer_compare_and_exchange (&self->parts.data, NULL, data))
        json_node_unref (data);
    }

  return g_atomic_pointer_get (&self->parts.data);
}

/**
 * mb_message_get_header: (get-property header)
 * @self: a message
 *
 * Gets the header members that neither MiniBus nor this library defines.
 *
 * Returns: (transfer none) (nullable): a sealed node that holds an object, or `NULL` when there are none
 *
 * Since: 0.1
 */
JsonNode *
mb_message_get_header (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), NULL);

  return self->parts.header;
}

/**
 * mb_message_get_id: (get-property id)
 * @self: a message
 *
 * Gets the id of the message.
 *
 * On the topics of a service, a request and its answers have the same id. Elsewhere each message has
 * one of its own.
 *
 * Returns: (transfer none) (nullable): the id, or `NULL` when the packet has none
 *
 * Since: 0.1
 */
const char *
mb_message_get_id (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), NULL);

  return self->parts.id;
}

/**
 * mb_message_get_is_encrypted: (get-property is-encrypted)
 * @self: a message
 *
 * Gets whether the message came encrypted, with one of the keys of this client.
 *
 * A message of a client without keys never is. Where a client takes plain messages beside encrypted ones
 * ([property@Client:accept-plaintext]), this tells which is which.
 *
 * Returns: true if it was encrypted
 *
 * Since: 0.1
 */
gboolean
mb_message_get_is_encrypted (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), FALSE);

  return self->parts.encrypted;
}

/**
 * mb_message_get_received_at: (get-property received-at)
 * @self: a message
 *
 * Gets when this client received the message, before it waited in the inbox of a subscriber.
 *
 * That is as soon as it came, unless the program was busy: then packets wait in the system, or for their turn, and the time
 * is when this one was looked at. See [Threads](threads.html).
 *
 * Returns: microseconds since 1970-01-01 00:00 UTC, as of g_get_real_time()
 *
 * Since: 0.1
 */
gint64
mb_message_get_received_at (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), 0);

  return self->parts.received_at;
}

/**
 * mb_message_get_sequence: (get-property sequence)
 * @self: a message
 *
 * Gets the number of the message among those that its sender sent on this topic in this session.
 *
 * Returns: 1 for the first; 0 when the sender does not count, as Python peers
 *
 * Since: 0.1
 */
guint64
mb_message_get_sequence (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), 0);

  return self->parts.sequence;
}

/**
 * mb_message_get_session: (get-property session)
 * @self: a message
 *
 * Gets the session of the sender. A client has a new one each time it is opened, so a change tells
 * that the sender was started again.
 *
 * Returns: (transfer none) (nullable): 16 hexadecimal digits, or `NULL` when the sender has no
 *   session, as Python peers
 *
 * Since: 0.1
 */
const char *
mb_message_get_session (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), NULL);

  if (self->parts.session == 0)
    return NULL;

  if (g_atomic_pointer_get (&self->session) == NULL)
    {
      char *session = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", self->parts.session);

      if (!g_atomic_pointer_compare_and_exchange (&self->session, NULL, session))
        g_free (session);
    }

  return g_atomic_pointer_get (&self->session);
}

/**
 * mb_message_get_signer: (get-property signer)
 * @self: a message
 *
 * Gets who signed the message, if that is one of [property@Client:trusted-keys].
 *
 * Of libminibus peers, the signature covers the topic, the author, the id and the number of the message too;
 * of others, it covers the data alone.
 *
 * Returns: (transfer none) (nullable): the fingerprint of an OpenPGP key, 40 or 64 hexadecimal digits; or `NULL`
 *   when there is no signature, or one of a key that is not trusted
 *
 * Since: 0.1
 */
const char *
mb_message_get_signer (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), NULL);

  return self->parts.signer;
}

/**
 * mb_message_get_size: (get-property size)
 * @self: a message
 *
 * Gets the size of the datagram that the message came in: with its header, and as it was encrypted if it was.
 *
 * Returns: bytes, without what the network adds, at most 65,507
 *
 * Since: 0.1
 */
guint
mb_message_get_size (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), 0);

  return self->parts.size;
}

/**
 * mb_message_get_text: (get-property text)
 * @self: a message
 *
 * Gets the data as JSON text, as the sender wrote it.
 *
 * Returns: (transfer none): one valid JSON text in UTF-8
 *
 * Since: 0.1
 */
const char *
mb_message_get_text (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), NULL);

  return self->parts.text;
}

/**
 * mb_message_get_topic: (get-property topic)
 * @self: a message
 *
 * Gets the topic that the message was published on.
 *
 * Returns: (transfer none): the topic, perhaps empty
 *
 * Since: 0.1
 */
const char *
mb_message_get_topic (MbMessage *self)
{
  g_return_val_if_fail (MB_IS_MESSAGE (self), NULL);

  return self->parts.topic;
}
