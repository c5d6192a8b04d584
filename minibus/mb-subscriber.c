/* mb-subscriber.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-subscriber-private.h"

#include "mb-message.h"

#define DEFAULT_INBOX_BYTES (64 * 1024 * 1024)
#define DEFAULT_INBOX_SIZE 65536
/* Senders whose missed messages are counted apart. */
#define MAX_AUTHORS 1024

/**
 * MbSubscriber:
 *
 * Receives the messages of all topics that match a pattern.
 *
 * A subscriber is made by [method@Client.subscribe]. It lives until it is closed or its client goes, also
 * when the program keeps no reference on it. Between closing and opening its client again it waits.
 *
 * All signals are emitted in the main context that was the thread's default when the subscriber was made,
 * in the order in which messages arrived. The main loop of that context has to run.
 *
 * Messages wait in the subscriber's inbox until the main loop has time for them, and are received
 * meanwhile. The inbox has bounds, [property@Subscriber:inbox-size] and
 * [property@Subscriber:inbox-bytes]; [property@Subscriber:overflow] says what is dropped when they are
 * reached, and [property@Subscriber:n-dropped] how many were.
 *
 * Instead of listening to the signal, a program can ask for one message after the other:
 * [method@Subscriber.receive_async].
 *
 * ```c
 * g_autoptr(MbSubscriber) subscriber = mb_client_subscribe (client, "/weather/.*", NULL, &error);
 *
 * g_signal_connect (subscriber, "message", G_CALLBACK (message_cb), label);
 * ```
 *
 * ```js
 * const subscriber = client.subscribe('/weather/.*', null);
 * subscriber.connect('message', (_subscriber, message) => {
 *     label.label = message.data.sky;
 * });
 * ```
 *
 * ```python
 * subscriber = client.subscribe('/weather/.*', None)
 * subscriber.connect('message', lambda subscriber, message: print(message.data['sky']))
 * ```
 *
 * Protocol: sections 3, "Receiving", and 4, "Topic patterns".
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (MbSubscriber, mb_subscriber, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_INBOX_BYTES,
  PROP_INBOX_SIZE,
  PROP_IS_CLOSED,
  PROP_N_DROPPED,
  PROP_N_MISSED,
  PROP_OVERFLOW,
  PROP_PATTERN,
  PROP_SCHEMA,
  N_PROPS
};

enum
{
  MESSAGE,
  MISSED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
note_missed (MbSubscriber *self,
             const char   *author,
             guint         count)
{
  const char *key = author != NULL ? author : "";
  gpointer before;

  if (self->missed_from == NULL)
    self->missed_from = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  before = g_hash_table_lookup (self->missed_from, key);
  if (before == NULL && g_hash_table_size (self->missed_from) >= MAX_AUTHORS)
    return;

  g_hash_table_insert (self->missed_from, g_strdup (key),
                       GUINT_TO_POINTER (GPOINTER_TO_UINT (before) + count));
}

static void
deliver (gpointer owner,
         gpointer item)
{
  MbSubscriber *self = owner;
  MbDelivery *delivery = item;
  g_autoptr(GTask) receipt = NULL;

  if (self->closed)
    {
      _mb_delivery_free (delivery);
      return;
    }

  if (delivery->message == NULL)
    {
      note_missed (self, delivery->author, delivery->n_missed);
      g_signal_emit (self, signals[MISSED], 0, delivery->author, delivery->n_missed);
      if (self->receipts != NULL)
        _mb_receipts_go_on (self->receipts);
    }
  else
    {
      if (self->receipts != NULL)
        receipt = _mb_receipts_take (self->receipts, delivery->message);

      /* A detail is worth a quark only if somebody connected with it. */
      g_signal_emit (self, signals[MESSAGE],
                     g_quark_try_string (mb_message_get_topic (delivery->message)), delivery->message);
      if (receipt != NULL)
        g_task_return_pointer (receipt, g_object_ref (delivery->message), g_object_unref);
    }

  _mb_delivery_free (delivery);
}

static void
apply_limits (MbSubscriber *self)
{
  if (self->inbox != NULL)
    _mb_inbox_set_limits (self->inbox, self->inbox_size, self->inbox_bytes, self->overflow);
}

gboolean
_mb_subscriber_close_quietly (MbSubscriber *self)
{
  if (self->closed || (self->core != NULL && _mb_core_is_foreign (self->core)))
    return FALSE;

  self->closed = TRUE;

  if (self->route != NULL)
    {
      _mb_inbox_close (self->inbox);
      if (self->receipts != NULL)
        _mb_receipts_fail (self->receipts);
      _mb_router_remove (self->core->router, self->route);
      _mb_schema_table_remove (self->core->schemas, self->route->pattern, self->route->schema);
      _mb_core_list_remove (self->core, MB_LIST_SUBSCRIBERS, _mb_pattern_get_text (self->route->pattern));
    }

  return TRUE;
}

static void
mb_subscriber_dispose (GObject *object)
{
  MbSubscriber *self = MB_SUBSCRIBER (object);

  /* As the client. */
  if (self->core != NULL && _mb_core_is_foreign (self->core))
    {
      g_object_ref (object);
      return;
    }

  _mb_subscriber_close_quietly (self);

  G_OBJECT_CLASS (mb_subscriber_parent_class)->dispose (object);
}

static void
mb_subscriber_finalize (GObject *object)
{
  MbSubscriber *self = MB_SUBSCRIBER (object);

  g_clear_pointer (&self->receipts, _mb_receipts_free);
  g_clear_pointer (&self->route, _mb_route_unref);
  g_clear_pointer (&self->inbox, _mb_inbox_unref);
  g_clear_pointer (&self->core, _mb_core_unref);
  g_clear_pointer (&self->pattern, g_free);
  g_clear_pointer (&self->missed_from, g_hash_table_unref);

  G_OBJECT_CLASS (mb_subscriber_parent_class)->finalize (object);
}

static void
mb_subscriber_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  MbSubscriber *self = MB_SUBSCRIBER (object);

  switch (prop_id)
    {
    case PROP_INBOX_BYTES:
      g_value_set_uint (value, mb_subscriber_get_inbox_bytes (self));
      break;

    case PROP_INBOX_SIZE:
      g_value_set_uint (value, mb_subscriber_get_inbox_size (self));
      break;

    case PROP_IS_CLOSED:
      g_value_set_boolean (value, mb_subscriber_get_is_closed (self));
      break;

    case PROP_N_DROPPED:
      g_value_set_uint (value, mb_subscriber_get_n_dropped (self));
      break;

    case PROP_N_MISSED:
      g_value_set_uint (value, mb_subscriber_get_n_missed (self));
      break;

    case PROP_OVERFLOW:
      g_value_set_enum (value, mb_subscriber_get_overflow (self));
      break;

    case PROP_PATTERN:
      g_value_set_string (value, mb_subscriber_get_pattern (self));
      break;

    case PROP_SCHEMA:
      g_value_set_object (value, mb_subscriber_get_schema (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_subscriber_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  MbSubscriber *self = MB_SUBSCRIBER (object);

  switch (prop_id)
    {
    case PROP_INBOX_BYTES:
      mb_subscriber_set_inbox_bytes (self, g_value_get_uint (value));
      break;

    case PROP_INBOX_SIZE:
      mb_subscriber_set_inbox_size (self, g_value_get_uint (value));
      break;

    case PROP_OVERFLOW:
      mb_subscriber_set_overflow (self, g_value_get_enum (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_subscriber_class_init (MbSubscriberClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mb_subscriber_dispose;
  object_class->finalize = mb_subscriber_finalize;
  object_class->get_property = mb_subscriber_get_property;
  object_class->set_property = mb_subscriber_set_property;

  /**
   * MbSubscriber:inbox-bytes: (getter get_inbox_bytes) (setter set_inbox_bytes)
   *
   * How many bytes of memory, about, the waiting messages may take.
   *
   * Since: 0.1
   */
  properties[PROP_INBOX_BYTES] =
    g_param_spec_uint ("inbox-bytes", NULL, NULL,
                       1, G_MAXUINT, DEFAULT_INBOX_BYTES,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbSubscriber:inbox-size: (getter get_inbox_size) (setter set_inbox_size)
   *
   * How many messages may wait for the main loop.
   *
   * Since: 0.1
   */
  properties[PROP_INBOX_SIZE] =
    g_param_spec_uint ("inbox-size", NULL, NULL,
                       1, G_MAXUINT, DEFAULT_INBOX_SIZE,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbSubscriber:is-closed: (getter get_is_closed)
   *
   * Whether the subscriber has been closed.
   *
   * Since: 0.1
   */
  properties[PROP_IS_CLOSED] =
    g_param_spec_boolean ("is-closed", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbSubscriber:n-dropped: (getter get_n_dropped)
   *
   * How many messages were dropped because the inbox was full. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_DROPPED] =
    g_param_spec_uint ("n-dropped", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbSubscriber:n-missed: (getter get_n_missed)
   *
   * How many messages of libminibus senders never arrived. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_MISSED] =
    g_param_spec_uint ("n-missed", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbSubscriber:overflow: (getter get_overflow) (setter set_overflow)
   *
   * What is dropped when the inbox is full.
   *
   * Since: 0.1
   */
  properties[PROP_OVERFLOW] =
    g_param_spec_enum ("overflow", NULL, NULL,
                       MB_TYPE_OVERFLOW, MB_OVERFLOW_DROP_OLDEST,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbSubscriber:pattern: (getter get_pattern)
   *
   * The pattern, as it was given.
   *
   * Since: 0.1
   */
  properties[PROP_PATTERN] =
    g_param_spec_string ("pattern", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbSubscriber:schema: (getter get_schema)
   *
   * The schema that messages have to satisfy.
   *
   * Since: 0.1
   */
  properties[PROP_SCHEMA] =
    g_param_spec_object ("schema", NULL, NULL,
                         MB_TYPE_SCHEMA,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * MbSubscriber::message:
   * @self: the subscriber
   * @message: the message
   *
   * Emitted for each message. The detail is the topic: connect to `message::/weather/today` to get the
   * messages of that topic only.
   *
   * Since: 0.1
   */
  signals[MESSAGE] =
    g_signal_new ("message",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE,
                  1,
                  MB_TYPE_MESSAGE);

  /**
   * MbSubscriber::missed:
   * @self: the subscriber
   * @author: (nullable): the name of the sender
   * @count: how many messages are missing
   *
   * Emitted before a message whose number shows that messages of the same sender and topic before it have
   * not arrived. They may yet come, late; [property@Subscriber:n-missed] goes down again then.
   *
   * Only libminibus senders number their messages. What was sent before the lowest number that arrived
   * from a sender is not known to be missing.
   *
   * Since: 0.1
   */
  signals[MISSED] =
    g_signal_new ("missed",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE,
                  2,
                  G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE,
                  G_TYPE_UINT);
}

static void
mb_subscriber_init (MbSubscriber *self)
{
  self->inbox_bytes = DEFAULT_INBOX_BYTES;
  self->inbox_size = DEFAULT_INBOX_SIZE;
}

MbSubscriber *
_mb_subscriber_new (MbCore      *core,
                    const char  *pattern,
                    MbSchema    *schema,
                    GError     **error)
{
  g_autoptr(MbSubscriber) self = NULL;
  g_autoptr(MbPattern) compiled = _mb_pattern_new (pattern, error);
  g_autoptr(GMainContext) context = NULL;

  if (compiled == NULL || !_mb_schema_table_add (core->schemas, compiled, schema, error))
    return NULL;

  self = g_object_new (MB_TYPE_SUBSCRIBER, NULL);
  self->core = _mb_core_ref (core);
  self->pattern = g_strdup (pattern);

  context = g_main_context_ref_thread_default ();
  self->inbox = _mb_inbox_new (context, G_OBJECT (self), FALSE, deliver, _mb_delivery_free);
  apply_limits (self);

  self->route = _mb_route_new (MB_ROUTE_SUBSCRIBER, compiled, schema, self->inbox);
  _mb_core_list_add (core, MB_LIST_SUBSCRIBERS, _mb_pattern_get_text (compiled));
  _mb_router_add (core->router, self->route);

  return g_steal_pointer (&self);
}

guint
_mb_subscriber_get_n_waiting (MbSubscriber *self)
{
  return _mb_inbox_get_length (self->inbox);
}

/**
 * mb_subscriber_get_inbox_bytes: (get-property inbox-bytes)
 * @self: a subscriber
 *
 * Gets how much memory the waiting messages may take.
 *
 * Returns: bytes, about
 *
 * Since: 0.1
 */
guint
mb_subscriber_get_inbox_bytes (MbSubscriber *self)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), 0);

  return self->inbox_bytes;
}

/**
 * mb_subscriber_set_inbox_bytes: (set-property inbox-bytes)
 * @self: a subscriber
 * @inbox_bytes: bytes, at least 1
 *
 * Sets how much memory the waiting messages may take: 64 MiB unless set. A single message that is larger is
 * let in when nothing else waits.
 *
 * Since: 0.1
 */
void
mb_subscriber_set_inbox_bytes (MbSubscriber *self,
                               guint         inbox_bytes)
{
  g_return_if_fail (MB_IS_SUBSCRIBER (self));
  g_return_if_fail (inbox_bytes >= 1);

  if (self->inbox_bytes == inbox_bytes)
    return;

  self->inbox_bytes = inbox_bytes;
  apply_limits (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INBOX_BYTES]);
}

/**
 * mb_subscriber_get_inbox_size: (get-property inbox-size)
 * @self: a subscriber
 *
 * Gets how many messages may wait.
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_subscriber_get_inbox_size (MbSubscriber *self)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), 0);

  return self->inbox_size;
}

/**
 * mb_subscriber_set_inbox_size: (set-property inbox-size)
 * @self: a subscriber
 * @inbox_size: a number of messages, at least 1
 *
 * Sets how many messages may wait for the main loop: 65,536 unless set. With 1, and
 * [enum@Overflow.drop_oldest], a slow reader gets the newest message each time.
 *
 * Since: 0.1
 */
void
mb_subscriber_set_inbox_size (MbSubscriber *self,
                              guint         inbox_size)
{
  g_return_if_fail (MB_IS_SUBSCRIBER (self));
  g_return_if_fail (inbox_size >= 1);

  if (self->inbox_size == inbox_size)
    return;

  self->inbox_size = inbox_size;
  apply_limits (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INBOX_SIZE]);
}

/**
 * mb_subscriber_get_is_closed: (get-property is-closed)
 * @self: a subscriber
 *
 * Gets whether the subscriber has been closed.
 *
 * Returns: true if it will never emit anything again
 *
 * Since: 0.1
 */
gboolean
mb_subscriber_get_is_closed (MbSubscriber *self)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), TRUE);

  return self->closed;
}

/**
 * mb_subscriber_get_n_dropped: (get-property n-dropped)
 * @self: a subscriber
 *
 * Gets how many messages were dropped because the inbox was full.
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_subscriber_get_n_dropped (MbSubscriber *self)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), 0);

  return (guint) g_atomic_int_get (&self->route->n_dropped);
}

/**
 * mb_subscriber_get_n_missed: (get-property n-missed)
 * @self: a subscriber
 *
 * Gets how many messages are known to be missing, of all libminibus senders together. Messages that arrive
 * late are taken off again.
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_subscriber_get_n_missed (MbSubscriber *self)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), 0);

  return (guint) MAX (0, g_atomic_int_get (&self->route->n_missed));
}

/**
 * mb_subscriber_get_overflow: (get-property overflow)
 * @self: a subscriber
 *
 * Gets what is dropped when the inbox is full.
 *
 * Returns: what is dropped
 *
 * Since: 0.1
 */
MbOverflow
mb_subscriber_get_overflow (MbSubscriber *self)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), MB_OVERFLOW_DROP_OLDEST);

  return self->overflow;
}

/**
 * mb_subscriber_set_overflow: (set-property overflow)
 * @self: a subscriber
 * @overflow: what to drop
 *
 * Sets what is dropped when the inbox is full: the oldest messages unless set.
 *
 * Since: 0.1
 */
void
mb_subscriber_set_overflow (MbSubscriber *self,
                            MbOverflow    overflow)
{
  g_return_if_fail (MB_IS_SUBSCRIBER (self));

  if (self->overflow == overflow)
    return;

  self->overflow = overflow;
  apply_limits (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_OVERFLOW]);
}

/**
 * mb_subscriber_get_pattern: (get-property pattern)
 * @self: a subscriber
 *
 * Gets the pattern, as it was given to [method@Client.subscribe].
 *
 * Returns: (transfer none): a regular expression
 *
 * Since: 0.1
 */
const char *
mb_subscriber_get_pattern (MbSubscriber *self)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), NULL);

  return self->pattern;
}

/**
 * mb_subscriber_get_schema: (get-property schema)
 * @self: a subscriber
 *
 * Gets the schema that messages have to satisfy to be delivered.
 *
 * Returns: (transfer none) (nullable): the schema, or `NULL` when there is none
 *
 * Since: 0.1
 */
MbSchema *
mb_subscriber_get_schema (MbSubscriber *self)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), NULL);

  return self->route->schema;
}

/**
 * mb_subscriber_get_missed_from:
 * @self: a subscriber
 * @author: the name of a sender
 *
 * Gets how many messages of one sender did not arrive in time, as [signal@Subscriber::missed] told. Up to
 * 1,024 senders are counted apart.
 *
 * Returns: a number of messages; 0 for a sender that is not known
 *
 * Since: 0.1
 */
guint
mb_subscriber_get_missed_from (MbSubscriber *self,
                               const char   *author)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), 0);
  g_return_val_if_fail (author != NULL, 0);

  if (self->missed_from == NULL)
    return 0;

  return GPOINTER_TO_UINT (g_hash_table_lookup (self->missed_from, author));
}

/**
 * mb_subscriber_close:
 * @self: a subscriber
 *
 * Ends the subscription. When this returns, no more signals are emitted, also not for messages that were
 * waiting. Who waits in [method@Subscriber.receive_async] gets an error. Closing twice is harmless.
 *
 * Call this from the thread that runs the subscriber's main context.
 *
 * Since: 0.1
 */
void
mb_subscriber_close (MbSubscriber *self)
{
  g_return_if_fail (MB_IS_SUBSCRIBER (self));

  if (_mb_subscriber_close_quietly (self))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_CLOSED]);
}
