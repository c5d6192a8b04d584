/* mb-client-parts.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a client is made to do: its publishers, subscribers and services, calls in one line, and waiting until all
 * has been sent. */

#include "config.h"

#include "mb-client-private.h"

#include "mb-call-result-private.h"
#include "mb-caller-private.h"
#include "mb-publisher-private.h"
#include "mb-service-client-private.h"
#include "mb-service-private.h"
#include "mb-subscriber-private.h"

/* Services that were called without a service client of their own, and may be again. */
#define MAX_CALLERS 64

static void
part_closed_cb (GObject    *part,
                GParamSpec *pspec,
                MbClient   *self)
{
  G_GNUC_UNUSED g_autoptr(GObject) kept = g_object_ref (part);

  g_mutex_lock (&self->lock);
  if (!g_ptr_array_remove (self->subscribers, part))
    g_ptr_array_remove (self->services, part);
  g_mutex_unlock (&self->lock);
}

/* Keeps a subscriber or service alive until it is closed, or the client goes. */
static void
keep (MbClient  *self,
      GPtrArray *parts,
      gpointer   part)
{
  g_signal_connect_object (part, "notify::is-closed", G_CALLBACK (part_closed_cb), self, 0);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (parts, g_object_ref (part));
  g_mutex_unlock (&self->lock);
}

/* The calling side of a service that is called without a service client. */
static MbCaller *
get_caller (MbClient    *self,
            const char  *name,
            GError     **error)
{
  g_autoptr(MbCaller) caller = NULL;
  g_autoptr(MbCaller) oldest = NULL;

  g_mutex_lock (&self->lock);
  for (GList *l = self->callers.head; l != NULL; l = l->next)
    {
      if (strcmp (_mb_caller_get_name (l->data), name) != 0)
        continue;

      caller = _mb_caller_ref (l->data);
      g_queue_unlink (&self->callers, l);
      g_queue_push_head_link (&self->callers, l);
      break;
    }
  g_mutex_unlock (&self->lock);

  if (caller != NULL)
    return g_steal_pointer (&caller);

  caller = _mb_caller_new (self->core, name, NULL, NULL, error);
  if (caller == NULL)
    return NULL;

  g_mutex_lock (&self->lock);
  g_queue_push_head (&self->callers, _mb_caller_ref (caller));
  if (g_queue_get_length (&self->callers) > MAX_CALLERS)
    oldest = g_queue_pop_tail (&self->callers);
  g_mutex_unlock (&self->lock);

  return g_steal_pointer (&caller);
}

static void
start_call (MbClient            *self,
            const char          *name,
            JsonNode            *params,
            const char          *text,
            guint                timeout,
            GCancellable        *cancellable,
            gpointer             tag,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  GError *error = NULL;
  g_autoptr(MbCaller) caller = get_caller (self, name, &error);
  MbCallResult *result = _mb_call_result_new (G_OBJECT (self), tag, caller, cancellable, callback, user_data);

  if (caller != NULL)
    _mb_caller_call_async (caller, result, params, text, timeout);
  else
    _mb_call_result_fail_later (result, error);
}

static MbMessage *
call_sync (MbClient      *self,
           const char    *name,
           JsonNode      *params,
           const char    *text,
           guint          timeout,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr(MbCaller) caller = get_caller (self, name, error);

  if (caller == NULL)
    return NULL;

  return _mb_caller_call_sync (caller, params, text, timeout,
                               self->thread == g_thread_self () ? self->context : NULL,
                               cancellable, error);
}

/**
 * mb_client_create_publisher:
 * @self: a client
 * @topic: a topic, such as `/chatter`; not a pattern
 * @schema: (nullable): a schema for the messages, or `NULL`
 * @error: return location for an error
 *
 * Creates a publisher. The client need not be open yet.
 *
 * One pattern has one schema in a client, shared by all who use the same pattern text (with or without the outer
 * `^` and `$`): a different one is refused with [error@ClientError]. `NULL` goes with any.
 *
 * Returns: (transfer full): a new publisher; or `NULL` with an error for an unusable topic or a conflict of
 *   schemas
 *
 * Since: 0.1
 */
MbPublisher *
mb_client_create_publisher (MbClient    *self,
                            const char  *topic,
                            MbSchema    *schema,
                            GError     **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (topic != NULL, NULL);
  g_return_val_if_fail (schema == NULL || MB_IS_SCHEMA (schema), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _mb_publisher_new (self->core, topic, schema, error);
}

/**
 * mb_client_subscribe:
 * @self: a client
 * @pattern: a regular expression that has to match the whole topic, such as `/sensor/.*`
 * @schema: (nullable): a schema for the messages, or `NULL`
 * @error: return location for an error
 *
 * Subscribes to all topics that match a pattern. The client need not be open yet. Messages of the client's own
 * publishers arrive too.
 *
 * Messages that break the schema are not delivered, and counted by [property@Client:dropped-schema].
 * One pattern has one schema in a client, shared by all who use the same pattern text (with or without the outer
 * `^` and `$`): a different one is refused with [error@ClientError]. `NULL` goes with any.
 *
 * Since a `.` matches any character, write `\\.` for a dot.
 *
 * Returns: (transfer full): a new subscriber, which lives until it is closed also without this reference; or
 *   `NULL` with [error@ClientError] for an unusable pattern or a conflict of schemas
 *
 * Since: 0.1
 */
MbSubscriber *
mb_client_subscribe (MbClient    *self,
                     const char  *pattern,
                     MbSchema    *schema,
                     GError     **error)
{
  MbSubscriber *subscriber;

  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (pattern != NULL, NULL);
  g_return_val_if_fail (schema == NULL || MB_IS_SCHEMA (schema), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  subscriber = _mb_subscriber_new (self->core, pattern, schema, error);
  if (subscriber != NULL)
    keep (self, self->subscribers, subscriber);

  return subscriber;
}

/**
 * mb_client_unsubscribe:
 * @self: a client
 * @subscriber: a subscriber of this client
 *
 * Ends a subscription: the same as [method@Subscriber.close].
 *
 * Since: 0.1
 */
void
mb_client_unsubscribe (MbClient     *self,
                       MbSubscriber *subscriber)
{
  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (MB_IS_SUBSCRIBER (subscriber));

  mb_subscriber_close (subscriber);
}

/**
 * mb_client_create_service:
 * @self: a client
 * @name: the name of the service, such as `/add`, or a regular expression for several
 * @request_schema: (nullable): a schema for the parameters, or `NULL`
 * @reply_schema: (nullable): a schema for the results, or `NULL`
 * @error: return location for an error
 *
 * Creates a service. Connect to [signal@Service::request] to answer requests. The client need not be open yet.
 *
 * Returns: (transfer full): a new service, which lives until it is closed also without this reference; or `NULL`
 *   with [error@ClientError] for an unusable name or a conflict of schemas
 *
 * Since: 0.1
 */
MbService *
mb_client_create_service (MbClient    *self,
                          const char  *name,
                          MbSchema    *request_schema,
                          MbSchema    *reply_schema,
                          GError     **error)
{
  MbService *service;

  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (request_schema == NULL || MB_IS_SCHEMA (request_schema), NULL);
  g_return_val_if_fail (reply_schema == NULL || MB_IS_SCHEMA (reply_schema), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  service = _mb_service_new (self->core, name, request_schema, reply_schema, error);
  if (service != NULL)
    keep (self, self->services, service);

  return service;
}

/**
 * mb_client_provide:
 * @self: a client
 * @name: the name of the service, such as `/add`
 * @request_schema: (nullable): a schema for the parameters, or `NULL`
 * @reply_schema: (nullable): a schema for the results, or `NULL`
 * @func: (scope notified) (closure user_data) (destroy destroy): what does the work
 * @user_data: the data of @func
 * @destroy: what frees @user_data
 * @error: return location for an error
 *
 * Makes a function a service. See [method@Client.create_service].
 *
 * Returns: (transfer full): a new service, which lives until it is closed also without this reference; or `NULL`
 *   with [error@ClientError] for an unusable name or a conflict of schemas
 *
 * Since: 0.1
 */
MbService *
mb_client_provide (MbClient        *self,
                   const char      *name,
                   MbSchema        *request_schema,
                   MbSchema        *reply_schema,
                   MbServiceFunc    func,
                   gpointer         user_data,
                   GDestroyNotify   destroy,
                   GError         **error)
{
  MbService *service;

  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  service = mb_client_create_service (self, name, request_schema, reply_schema, error);
  if (service != NULL)
    _mb_service_set_func (service, func, user_data, destroy);
  else if (destroy != NULL)
    destroy (user_data);

  return service;
}

/**
 * mb_client_create_service_client:
 * @self: a client
 * @name: the name of a service, such as `/add`
 * @request_schema: (nullable): a schema for the parameters, or `NULL`
 * @reply_schema: (nullable): a schema for the results, or `NULL`
 * @error: return location for an error
 *
 * Creates what calls a service. Nobody need offer the service yet.
 *
 * Returns: (transfer full): a new service client; or `NULL` with [error@ClientError] for an unusable name or a
 *   conflict of schemas
 *
 * Since: 0.1
 */
MbServiceClient *
mb_client_create_service_client (MbClient    *self,
                                 const char  *name,
                                 MbSchema    *request_schema,
                                 MbSchema    *reply_schema,
                                 GError     **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (request_schema == NULL || MB_IS_SCHEMA (request_schema), NULL);
  g_return_val_if_fail (reply_schema == NULL || MB_IS_SCHEMA (reply_schema), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _mb_service_client_new (self->core, name, request_schema, reply_schema, error);
}

/**
 * mb_client_call_async:
 * @self: a client
 * @name: the name of a service
 * @params: (nullable): the parameters; `NULL` is JSON's `null`
 * @timeout: how long to wait for the answer, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up waiting
 * @callback: (scope async) (closure user_data): what to call when the answer is there
 * @user_data: the data of @callback
 *
 * Calls a service once, without a [class@ServiceClient], and waits for the answer without blocking.
 *
 * Since: 0.1
 */
void
mb_client_call_async (MbClient            *self,
                      const char          *name,
                      JsonNode            *params,
                      guint                timeout,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  start_call (self, name, params, NULL, timeout, cancellable, mb_client_call_async, callback, user_data);
}

/**
 * mb_client_call_finish:
 * @self: a client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Client.call_async], with the errors of [method@ServiceClient.call_finish].
 *
 * Returns: (transfer full): the result, a sealed node
 *
 * Since: 0.1
 */
JsonNode *
mb_client_call_finish (MbClient      *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (_mb_call_result_is_valid (result, self, mb_client_call_async), NULL);

  return _mb_reply_to_node (_mb_call_result_propagate (result, error));
}

/**
 * mb_client_call_sync:
 * @self: a client
 * @name: the name of a service
 * @params: (nullable): the parameters; `NULL` is JSON's `null`
 * @timeout: how long to wait for the answer, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up waiting, from another thread
 * @error: return location for an error
 *
 * Calls a service once, without a [class@ServiceClient], and blocks until the answer is there. See
 * [method@ServiceClient.call_sync].
 *
 * Returns: (transfer full): the result, a sealed node
 *
 * Since: 0.1
 */
JsonNode *
mb_client_call_sync (MbClient      *self,
                     const char    *name,
                     JsonNode      *params,
                     guint          timeout,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _mb_reply_to_node (call_sync (self, name, params, NULL, timeout, cancellable, error));
}

/**
 * mb_client_call_text_async:
 * @self: a client
 * @name: the name of a service
 * @params: the parameters, as one JSON text
 * @timeout: how long to wait for the answer, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up waiting
 * @callback: (scope async) (closure user_data): what to call when the answer is there
 * @user_data: the data of @callback
 *
 * Calls a service once with parameters given as JSON text, without a [class@ServiceClient], and waits for the answer
 * without blocking.
 *
 * Since: 0.1
 */
void
mb_client_call_text_async (MbClient            *self,
                           const char          *name,
                           const char          *params,
                           guint                timeout,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (params != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  start_call (self, name, NULL, params, timeout, cancellable, mb_client_call_text_async, callback, user_data);
}

/**
 * mb_client_call_text_finish:
 * @self: a client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Client.call_text_async], with the errors of [method@ServiceClient.call_finish].
 *
 * Returns: (transfer full): the result, as JSON text
 *
 * Since: 0.1
 */
char *
mb_client_call_text_finish (MbClient      *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (_mb_call_result_is_valid (result, self, mb_client_call_text_async), NULL);

  return _mb_reply_to_text (_mb_call_result_propagate (result, error));
}

/**
 * mb_client_call_text_sync:
 * @self: a client
 * @name: the name of a service
 * @params: the parameters, as one JSON text
 * @timeout: how long to wait for the answer, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up waiting, from another thread
 * @error: return location for an error
 *
 * Calls a service once with parameters given as JSON text, without a [class@ServiceClient], and blocks until the answer
 * is there. See
 * [method@ServiceClient.call_sync].
 *
 * Returns: (transfer full): the result, as JSON text
 *
 * Since: 0.1
 */
char *
mb_client_call_text_sync (MbClient      *self,
                          const char    *name,
                          const char    *params,
                          guint          timeout,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (params != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _mb_reply_to_text (call_sync (self, name, NULL, params, timeout, cancellable, error));
}

/**
 * mb_client_flush_sync:
 * @self: a client
 * @cancellable: (nullable): to give up waiting, from another thread
 * @error: return location for an error
 *
 * Waits until everything that was published, called and answered before has been handed to the network.
 *
 * That is so at once, but for messages that have to be encrypted: those wait their turn, a few milliseconds each. A
 * program that publishes and then ends should wait here before it closes its client.
 *
 * The error is the first one that kept a message from being sent since the client was opened or this was last
 * called: [error@CipherError], [error@TransportError] or [error@ClientError] (too large).
 *
 * Returns: true if all has been sent
 *
 * Since: 0.1
 */
gboolean
mb_client_flush_sync (MbClient      *self,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return _mb_core_flush (self->core, cancellable, error);
}

static void
flush_thread (GTask        *task,
              gpointer      source_object,
              gpointer      task_data,
              GCancellable *cancellable)
{
  GError *error = NULL;

  if (_mb_core_flush (task_data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * mb_client_flush_async:
 * @self: a client
 * @cancellable: (nullable): to give up waiting
 * @callback: (scope async) (closure user_data): what to call when all has been sent
 * @user_data: the data of @callback
 *
 * Waits, without blocking, until everything that was published, called and answered before has been handed to the
 * network. See [method@Client.flush_sync].
 *
 * Since: 0.1
 */
void
mb_client_flush_async (MbClient            *self,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_client_flush_async);
  g_task_set_task_data (task, _mb_core_ref (self->core), (GDestroyNotify) _mb_core_unref);
  g_task_run_in_thread (task, flush_thread);
}

/**
 * mb_client_flush_finish:
 * @self: a client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Client.flush_async], with the errors of [method@Client.flush_sync].
 *
 * Returns: true if all has been sent
 *
 * Since: 0.1
 */
gboolean
mb_client_flush_finish (MbClient      *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_client_flush_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
