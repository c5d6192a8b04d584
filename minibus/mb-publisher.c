/* mb-publisher.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-publisher-private.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-json-private.h"
#include "mb-presence-private.h"

/**
 * MbPublisher:
 *
 * Publishes messages on one topic.
 *
 * A publisher is made by [method@Client.create_publisher]. It can be used whenever its client is open, and
 * over again when the client is closed and opened once more.
 *
 * Publishing does not wait and does not need a running main loop: when
 * [method@Publisher.publish] returns true, the message has been handed to the network, or, if the client has a
 * passphrase or keys, to the thread that encrypts; [method@Client.flush_sync] waits for that. Like all who
 * subscribed, subscribers of the same client get it too.
 *
 * A publisher may be used from any thread.
 *
 * ```c
 * g_autoptr(MbPublisher) publisher = mb_client_create_publisher (client, "/weather", NULL, &error);
 *
 * if (!mb_publisher_publish_text (publisher, "{\"sky\": \"clear\"}", &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * ```js
 * const publisher = client.create_publisher('/weather', null);
 * publisher.publish({sky: 'clear'});
 * ```
 *
 * ```python
 * publisher = client.create_publisher('/weather', None)
 * publisher.publish({'sky': 'clear'})
 * ```
 *
 * Protocol: sections 2, "Packet", and 5, "Schemas".
 *
 * Since: 0.1
 */
struct _MbPublisher
{
  GObject         parent_instance;

  MbCore         *core;
  MbPattern      *pattern;    /* of this topic alone */
  MbSchema       *schema;     /* or NULL */
  MbOutlet       *outlet;
  MbSchemaAnswer  schemas;    /* what the topic's messages have to satisfy now */
  int             closed;     /* atomic */
};

G_DEFINE_FINAL_TYPE (MbPublisher, mb_publisher, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_SCHEMA,
  PROP_TOPIC,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static gboolean
publish (MbPublisher  *self,
         JsonNode     *node,
         const char   *text,
         GError      **error)
{
  g_autoptr(GPtrArray) schemas = NULL;
  g_auto(MbBody) body = MB_BODY_INIT;

  if (_mb_core_refuse_foreign (self->core, error))
    return FALSE;

  if (g_atomic_int_get (&self->closed))
    {
      g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
                   _("The publisher of “%s” is closed; create another one"), self->outlet->topic);
      return FALSE;
    }

  schemas = _mb_schema_table_match (self->core->schemas, self->outlet->topic, &self->schemas);
  if (!_mb_core_write_body (&body, self->outlet, node, text, schemas, error))
    {
      g_prefix_error (error, _("Not published on “%s”: "), self->outlet->topic);
      return FALSE;
    }

  return _mb_core_send (self->core, self->outlet, NULL, &body, MB_SECRECY_DEFAULT, error);
}

static void
mb_publisher_dispose (GObject *object)
{
  MbPublisher *self = MB_PUBLISHER (object);

  /* As the client. */
  if (self->core != NULL && _mb_core_is_foreign (self->core))
    {
      g_object_ref (object);
      return;
    }

  mb_publisher_close (self);

  G_OBJECT_CLASS (mb_publisher_parent_class)->dispose (object);
}

static void
mb_publisher_finalize (GObject *object)
{
  MbPublisher *self = MB_PUBLISHER (object);

  if (self->outlet != NULL)
    _mb_core_close_outlet (self->core, self->outlet);
  g_clear_pointer (&self->core, _mb_core_unref);
  g_clear_pointer (&self->pattern, _mb_pattern_unref);
  g_clear_object (&self->schema);
  g_clear_pointer (&self->schemas.schemas, g_ptr_array_unref);

  G_OBJECT_CLASS (mb_publisher_parent_class)->finalize (object);
}

static void
mb_publisher_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  MbPublisher *self = MB_PUBLISHER (object);

  switch (prop_id)
    {
    case PROP_SCHEMA:
      g_value_set_object (value, mb_publisher_get_schema (self));
      break;

    case PROP_TOPIC:
      g_value_set_string (value, mb_publisher_get_topic (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_publisher_class_init (MbPublisherClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mb_publisher_dispose;
  object_class->finalize = mb_publisher_finalize;
  object_class->get_property = mb_publisher_get_property;

  /**
   * MbPublisher:schema: (getter get_schema)
   *
   * The schema that was given for the topic.
   *
   * Since: 0.1
   */
  properties[PROP_SCHEMA] =
    g_param_spec_object ("schema", NULL, NULL,
                         MB_TYPE_SCHEMA,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPublisher:topic: (getter get_topic)
   *
   * The topic.
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
mb_publisher_init (MbPublisher *self)
{
}

MbPublisher *
_mb_publisher_new (MbCore      *core,
                   const char  *topic,
                   MbSchema    *schema,
                   GError     **error)
{
  g_autoptr(MbPublisher) self = NULL;
  g_autoptr(MbPattern) pattern = NULL;

  if (topic[0] == '\0' || !g_utf8_validate (topic, -1, NULL))
    {
      g_set_error_literal (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC,
                           _("A topic must not be empty, and must be valid UTF-8; “/chatter” is one"));
      return NULL;
    }

  pattern = _mb_pattern_new_literal (topic);
  if (!_mb_schema_table_add (core->schemas, pattern, schema, error))
    return NULL;

  self = g_object_new (MB_TYPE_PUBLISHER, NULL);
  self->core = _mb_core_ref (core);
  self->pattern = g_steal_pointer (&pattern);
  self->schema = schema != NULL ? g_object_ref (schema) : NULL;
  self->outlet = _mb_core_open_outlet (core, topic);
  _mb_core_list_add (core, MB_LIST_PUBLISHERS, topic);

  return g_steal_pointer (&self);
}

/**
 * mb_publisher_get_schema: (get-property schema)
 * @self: a publisher
 *
 * Gets the schema that was given when the publisher was made.
 *
 * Returns: (transfer none) (nullable): the schema, or `NULL` when there was none
 *
 * Since: 0.1
 */
MbSchema *
mb_publisher_get_schema (MbPublisher *self)
{
  g_return_val_if_fail (MB_IS_PUBLISHER (self), NULL);

  return self->schema;
}

/**
 * mb_publisher_get_topic: (get-property topic)
 * @self: a publisher
 *
 * Gets the topic.
 *
 * Returns: (transfer none): the topic
 *
 * Since: 0.1
 */
const char *
mb_publisher_get_topic (MbPublisher *self)
{
  g_return_val_if_fail (MB_IS_PUBLISHER (self), NULL);

  return self->outlet->topic;
}

/**
 * mb_publisher_publish:
 * @self: a publisher
 * @data: (nullable): the data of the message; `NULL` is JSON's `null`
 * @error: return location for an error
 *
 * Publishes one message.
 *
 * The data is checked by the schema of every pattern of the client that matches the topic, those of its own
 * subscribers among them. If anything is wrong, nothing is sent. @data is only read.
 *
 * In GJS, Python and Lua, where the library's overrides are in use, this method takes the language's own
 * values instead of a node.
 *
 * The errors are those of [error@ClientError] (closed, too large), [error@JsonError], [error@SchemaError],
 * [error@TransportError] and [error@CipherError] (busy, when more messages wait to be encrypted than are kept; no
 * passphrase to encrypt with). What goes wrong after a message was taken to be encrypted is counted by
 * [property@Client:dropped-not-sent].
 *
 * Returns: true if the message was handed to the network, or waits to be encrypted
 *
 * Since: 0.1
 */
gboolean
mb_publisher_publish (MbPublisher  *self,
                      JsonNode     *data,
                      GError      **error)
{
  g_return_val_if_fail (MB_IS_PUBLISHER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return publish (self, data, NULL, error);
}

/**
 * mb_publisher_publish_text:
 * @self: a publisher
 * @json: the data of the message, as one JSON text
 * @error: return location for an error
 *
 * Publishes one message whose data is given as JSON text.
 *
 * White space between the tokens is left out; otherwise the text goes out as it is, so that a number loses
 * no digits. See [method@Publisher.publish] for the rest.
 *
 * Returns: true if the message was handed to the network, or waits to be encrypted
 *
 * Since: 0.1
 */
gboolean
mb_publisher_publish_text (MbPublisher  *self,
                           const char   *json,
                           GError      **error)
{
  g_return_val_if_fail (MB_IS_PUBLISHER (self), FALSE);
  g_return_val_if_fail (json != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return publish (self, NULL, json, error);
}

/**
 * mb_publisher_wait_for_subscriber_sync:
 * @self: a publisher
 * @timeout: how long to wait, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up, from another thread
 * @error: return location for an error
 *
 * Waits until somebody listens to the topic, and blocks until then.
 *
 * Call this before the first message that must not be missed. Subscribers of the own client do not count. Somebody who
 * listens now may not do so any more when this returns. With a directory, [method@Directory.count_subscribers] tells
 * at once.
 *
 * The errors are [error@ClientError] (timed out; the client is not open, or was closed) and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: true if somebody else listens
 *
 * Since: 0.1
 */
gboolean
mb_publisher_wait_for_subscriber_sync (MbPublisher   *self,
                                       guint          timeout,
                                       GCancellable  *cancellable,
                                       GError       **error)
{
  g_return_val_if_fail (MB_IS_PUBLISHER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return _mb_presence_wait_sync (self->core, MB_WAIT_SUBSCRIBER, self->outlet->topic, timeout, cancellable, error);
}

/**
 * mb_publisher_wait_for_subscriber_async:
 * @self: a publisher
 * @timeout: how long to wait, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call then
 * @user_data: the data of @callback
 *
 * Waits until somebody listens to the topic, without blocking. See [method@Publisher.wait_for_subscriber_sync].
 *
 * Since: 0.1
 */
void
mb_publisher_wait_for_subscriber_async (MbPublisher         *self,
                                        guint                timeout,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_PUBLISHER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_publisher_wait_for_subscriber_async);
  _mb_presence_wait_task (self->core, MB_WAIT_SUBSCRIBER, self->outlet->topic, timeout, task);
}

/**
 * mb_publisher_wait_for_subscriber_finish:
 * @self: a publisher
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Publisher.wait_for_subscriber_async], with the errors of [method@Publisher.wait_for_subscriber_sync].
 *
 * Returns: true if somebody else listens
 *
 * Since: 0.1
 */
gboolean
mb_publisher_wait_for_subscriber_finish (MbPublisher   *self,
                                         GAsyncResult  *result,
                                         GError       **error)
{
  g_return_val_if_fail (MB_IS_PUBLISHER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_publisher_wait_for_subscriber_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_publisher_close:
 * @self: a publisher
 *
 * Ends the publisher: its topic is not listed any more, and its schema binds nobody. Closing twice is
 * harmless; the last reference on a publisher closes it.
 *
 * Since: 0.1
 */
void
mb_publisher_close (MbPublisher *self)
{

  g_return_if_fail (MB_IS_PUBLISHER (self));

  if (self->core != NULL && _mb_core_is_foreign (self->core))
    return;

  if (!g_atomic_int_compare_and_exchange (&self->closed, FALSE, TRUE) || self->core == NULL)
    return;

  _mb_schema_table_remove (self->core->schemas, self->pattern, self->schema);
  _mb_core_list_remove (self->core, MB_LIST_PUBLISHERS, self->outlet->topic);
}
