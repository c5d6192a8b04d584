/* mb-service-client.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-service-client-private.h"

#include "mb-call-result-private.h"
#include "mb-caller-private.h"
#include "mb-marshal.h"

#define DEFAULT_TIMEOUT 5000

/**
 * MbServiceClient:
 *
 * Calls a service.
 *
 * A service client is made by [method@Client.create_service_client]. For a single call there are shorter
 * ways: [method@Client.call_async] and [method@Client.call_sync].
 *
 * There are three ways to call. [method@ServiceClient.call_async] gives the result to a callback, or to
 * `await` in GJS. [method@ServiceClient.call_sync] blocks. [method@ServiceClient.call] returns the id of the
 * request at once, and its answer comes by [signal@ServiceClient::reply] or [signal@ServiceClient::failed].
 *
 * Packets may be lost and programs may end, so a call has a time limit, [property@ServiceClient:timeout].
 * If several programs offer the service, the first answer counts. Answers to other callers are not seen,
 * and late or repeated ones are ignored.
 *
 * The signals are emitted in the main context that was the thread's default when the object was made, the
 * callbacks in the one of the call.
 *
 * ```c
 * g_autoptr(MbServiceClient) add = mb_client_create_service_client (client, "/add", NULL, NULL, &error);
 * g_autofree char *sum = mb_service_client_call_text_sync (add, "[1, 2]", NULL, &error);
 * ```
 *
 * ```js
 * const add = client.create_service_client('/add', null, null);
 * const sum = await add.call([1, 2]);
 * ```
 *
 * ```python
 * add = client.create_service_client('/add', None, None)
 * total = add.call_sync([1, 2])
 * ```
 *
 * Protocol: section 6, "Services".
 *
 * Since: 0.1
 */
struct _MbServiceClient
{
  GObject       parent_instance;

  MbCaller     *caller;
  GMainContext *context;
  GThread      *thread;       /* of construction; only compared */
  GWeakRef     *weak_self;    /* an atomic box, shared with the calls whose answers become signals */
  guint         timeout;
  gboolean      closed;
};

G_DEFINE_FINAL_TYPE (MbServiceClient, mb_service_client, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_NAME,
  PROP_REPLY_SCHEMA,
  PROP_REQUEST_SCHEMA,
  PROP_TIMEOUT,
  N_PROPS
};

enum
{
  FAILED,
  REPLY,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
weak_box_release (gpointer data)
{
  g_atomic_rc_box_release_full (data, (GDestroyNotify) g_weak_ref_clear);
}

static void
signal_cb (MbCall   *call,
           gpointer  user_data)
{
  g_autoptr(MbServiceClient) self = g_weak_ref_get (user_data);
  g_autoptr(MbMessage) reply = NULL;
  g_autoptr(GError) error = NULL;

  if (self == NULL || self->closed)
    return;

  reply = _mb_call_take_result (call, &error);
  if (reply != NULL)
    g_signal_emit (self, signals[REPLY], 0, _mb_call_get_id (call), reply);
  else
    g_signal_emit (self, signals[FAILED], 0, _mb_call_get_id (call), error);
}

static char *
call_with_signals (MbServiceClient  *self,
                   JsonNode         *params,
                   const char       *text,
                   GError          **error)
{
  return _mb_caller_call (self->caller, params, text, self->timeout, self->context, signal_cb,
                          g_atomic_rc_box_acquire (self->weak_self), weak_box_release, error);
}

static void
call_async (MbServiceClient     *self,
            JsonNode            *params,
            const char          *text,
            gpointer             tag,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  MbCallResult *result = _mb_call_result_new (G_OBJECT (self), tag, NULL, cancellable, callback, user_data);

  _mb_caller_call_async (self->caller, result, params, text, self->timeout);
}

static MbMessage *
call_sync (MbServiceClient  *self,
           JsonNode         *params,
           const char       *text,
           GCancellable     *cancellable,
           GError          **error)
{
  return _mb_caller_call_sync (self->caller, params, text, self->timeout,
                               self->thread == g_thread_self () ? self->context : NULL,
                               cancellable, error);
}

static void
mb_service_client_dispose (GObject *object)
{
  mb_service_client_close (MB_SERVICE_CLIENT (object));

  G_OBJECT_CLASS (mb_service_client_parent_class)->dispose (object);
}

static void
mb_service_client_finalize (GObject *object)
{
  MbServiceClient *self = MB_SERVICE_CLIENT (object);

  g_clear_pointer (&self->caller, _mb_caller_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->weak_self, weak_box_release);

  G_OBJECT_CLASS (mb_service_client_parent_class)->finalize (object);
}

static void
mb_service_client_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  MbServiceClient *self = MB_SERVICE_CLIENT (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, mb_service_client_get_name (self));
      break;

    case PROP_REPLY_SCHEMA:
      g_value_set_object (value, mb_service_client_get_reply_schema (self));
      break;

    case PROP_REQUEST_SCHEMA:
      g_value_set_object (value, mb_service_client_get_request_schema (self));
      break;

    case PROP_TIMEOUT:
      g_value_set_uint (value, mb_service_client_get_timeout (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_service_client_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  MbServiceClient *self = MB_SERVICE_CLIENT (object);

  switch (prop_id)
    {
    case PROP_TIMEOUT:
      mb_service_client_set_timeout (self, g_value_get_uint (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_service_client_class_init (MbServiceClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mb_service_client_dispose;
  object_class->finalize = mb_service_client_finalize;
  object_class->get_property = mb_service_client_get_property;
  object_class->set_property = mb_service_client_set_property;

  /**
   * MbServiceClient:name: (getter get_name)
   *
   * The name of the service, without a slash at its end.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbServiceClient:reply-schema: (getter get_reply_schema)
   *
   * The schema of results.
   *
   * Since: 0.1
   */
  properties[PROP_REPLY_SCHEMA] =
    g_param_spec_object ("reply-schema", NULL, NULL,
                         MB_TYPE_SCHEMA,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbServiceClient:request-schema: (getter get_request_schema)
   *
   * The schema of parameters.
   *
   * Since: 0.1
   */
  properties[PROP_REQUEST_SCHEMA] =
    g_param_spec_object ("request-schema", NULL, NULL,
                         MB_TYPE_SCHEMA,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbServiceClient:timeout: (getter get_timeout) (setter set_timeout)
   *
   * How long a call waits for its answer, in milliseconds; 0 is the default, `G_MAXUINT` is for ever.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT] =
    g_param_spec_uint ("timeout", NULL, NULL,
                       0, G_MAXUINT, DEFAULT_TIMEOUT,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * MbServiceClient::failed:
   * @self: the service client
   * @id: the id that [method@ServiceClient.call] returned
   * @error: what went wrong, most often of [error@ServiceError]
   *
   * Emitted when a call made by [method@ServiceClient.call] has failed.
   *
   * Since: 0.1
   */
  signals[FAILED] =
    g_signal_new ("failed",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  _mb_marshal_VOID__STRING_BOXED,
                  G_TYPE_NONE,
                  2,
                  G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE,
                  G_TYPE_ERROR);
  g_signal_set_va_marshaller (signals[FAILED], G_TYPE_FROM_CLASS (klass), _mb_marshal_VOID__STRING_BOXEDv);

  /**
   * MbServiceClient::reply:
   * @self: the service client
   * @id: the id that [method@ServiceClient.call] returned
   * @message: the answer, with the result as its data
   *
   * Emitted for the answer to a call made by [method@ServiceClient.call].
   *
   * Since: 0.1
   */
  signals[REPLY] =
    g_signal_new ("reply",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  _mb_marshal_VOID__STRING_OBJECT,
                  G_TYPE_NONE,
                  2,
                  G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE,
                  MB_TYPE_MESSAGE);
  g_signal_set_va_marshaller (signals[REPLY], G_TYPE_FROM_CLASS (klass), _mb_marshal_VOID__STRING_OBJECTv);
}

static void
mb_service_client_init (MbServiceClient *self)
{
  self->timeout = DEFAULT_TIMEOUT;
}

MbServiceClient *
_mb_service_client_new (MbCore      *core,
                        const char  *name,
                        MbSchema    *request_schema,
                        MbSchema    *reply_schema,
                        GError     **error)
{
  g_autoptr(MbCaller) caller = _mb_caller_new (core, name, request_schema, reply_schema, error);
  MbServiceClient *self;

  if (caller == NULL)
    return NULL;

  self = g_object_new (MB_TYPE_SERVICE_CLIENT, NULL);
  self->caller = g_steal_pointer (&caller);
  self->context = g_main_context_ref_thread_default ();
  self->thread = g_thread_self ();
  self->weak_self = g_atomic_rc_box_new0 (GWeakRef);
  g_weak_ref_init (self->weak_self, self);

  return self;
}

/**
 * mb_service_client_get_name: (get-property name)
 * @self: a service client
 *
 * Gets the name of the service.
 *
 * Returns: (transfer none): the name, without a slash at its end
 *
 * Since: 0.1
 */
const char *
mb_service_client_get_name (MbServiceClient *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);

  return _mb_caller_get_name (self->caller);
}

/**
 * mb_service_client_get_reply_schema: (get-property reply-schema)
 * @self: a service client
 *
 * Gets the schema that results have to satisfy.
 *
 * Returns: (transfer none) (nullable): the schema, or `NULL` when there is none
 *
 * Since: 0.1
 */
MbSchema *
mb_service_client_get_reply_schema (MbServiceClient *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);

  return _mb_caller_get_reply_schema (self->caller);
}

/**
 * mb_service_client_get_request_schema: (get-property request-schema)
 * @self: a service client
 *
 * Gets the schema that parameters have to satisfy.
 *
 * Returns: (transfer none) (nullable): the schema, or `NULL` when there is none
 *
 * Since: 0.1
 */
MbSchema *
mb_service_client_get_request_schema (MbServiceClient *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);

  return _mb_caller_get_request_schema (self->caller);
}

/**
 * mb_service_client_get_timeout: (get-property timeout)
 * @self: a service client
 *
 * Gets how long a call waits for its answer.
 *
 * Returns: milliseconds; 0 is the default of 5,000, `G_MAXUINT` is for ever
 *
 * Since: 0.1
 */
guint
mb_service_client_get_timeout (MbServiceClient *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), 0);

  return self->timeout;
}

/**
 * mb_service_client_set_timeout: (set-property timeout)
 * @self: a service client
 * @timeout: milliseconds; 0 for the default of 5,000, `G_MAXUINT` for ever
 *
 * Sets how long the calls that are made from now on wait for their answers: 5,000 ms unless set. A lost
 * packet is never answered, so it is seldom wise to wait for ever.
 *
 * Since: 0.1
 */
void
mb_service_client_set_timeout (MbServiceClient *self,
                               guint            timeout)
{
  g_return_if_fail (MB_IS_SERVICE_CLIENT (self));

  if (self->timeout == timeout)
    return;

  self->timeout = timeout;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TIMEOUT]);
}

/**
 * mb_service_client_call:
 * @self: a service client
 * @params: (nullable): the parameters; `NULL` is JSON's `null`
 * @error: return location for an error
 *
 * Calls the service; the answer comes by [signal@ServiceClient::reply] or [signal@ServiceClient::failed].
 *
 * The errors are those of [method@Publisher.publish].
 *
 * Returns: (transfer full): the id of the request, or `NULL` with an error if it was not sent
 *
 * Since: 0.1
 */
char *
mb_service_client_call (MbServiceClient  *self,
                        JsonNode         *params,
                        GError          **error)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return call_with_signals (self, params, NULL, error);
}

/**
 * mb_service_client_call_text:
 * @self: a service client
 * @params: the parameters, as one JSON text
 * @error: return location for an error
 *
 * Calls the service with parameters given as JSON text. See [method@ServiceClient.call].
 *
 * Returns: (transfer full): the id of the request, or `NULL` with an error if it was not sent
 *
 * Since: 0.1
 */
char *
mb_service_client_call_text (MbServiceClient  *self,
                             const char       *params,
                             GError          **error)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);
  g_return_val_if_fail (params != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return call_with_signals (self, NULL, params, error);
}

/**
 * mb_service_client_call_async:
 * @self: a service client
 * @params: (nullable): the parameters; `NULL` is JSON's `null`
 * @cancellable: (nullable): to give up waiting
 * @callback: (scope async) (closure user_data): what to call when the answer is there
 * @user_data: the data of @callback
 *
 * Calls the service and waits for the answer without blocking.
 *
 * Since: 0.1
 */
void
mb_service_client_call_async (MbServiceClient     *self,
                              JsonNode            *params,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (MB_IS_SERVICE_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call_async (self, params, NULL, mb_service_client_call_async, cancellable, callback, user_data);
}

/**
 * mb_service_client_call_finish:
 * @self: a service client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@ServiceClient.call_async].
 *
 * The errors are [error@ServiceError] (timed out, remote error with its text, unusable reply), those of
 * [method@Publisher.publish], and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): the result, a sealed node
 *
 * Since: 0.1
 */
JsonNode *
mb_service_client_call_finish (MbServiceClient  *self,
                               GAsyncResult     *result,
                               GError          **error)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);
  g_return_val_if_fail (_mb_call_result_is_valid (result, self, mb_service_client_call_async), NULL);

  return _mb_reply_to_node (_mb_call_result_propagate (result, error));
}

/**
 * mb_service_client_call_sync:
 * @self: a service client
 * @params: (nullable): the parameters; `NULL` is JSON's `null`
 * @cancellable: (nullable): to give up waiting, from another thread
 * @error: return location for an error
 *
 * Calls the service and blocks until the answer is there.
 *
 * This works also when the service is offered by the same thread: its handlers are run meanwhile, and
 * nothing else is. A handler that answers later, from the main loop, is too late for such a call.
 *
 * In a program with a user interface, use [method@ServiceClient.call_async].
 *
 * The errors are those of [method@ServiceClient.call_finish].
 *
 * Returns: (transfer full): the result, a sealed node
 *
 * Since: 0.1
 */
JsonNode *
mb_service_client_call_sync (MbServiceClient  *self,
                             JsonNode         *params,
                             GCancellable     *cancellable,
                             GError          **error)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _mb_reply_to_node (call_sync (self, params, NULL, cancellable, error));
}

/**
 * mb_service_client_call_text_async:
 * @self: a service client
 * @params: the parameters, as one JSON text
 * @cancellable: (nullable): to give up waiting
 * @callback: (scope async) (closure user_data): what to call when the answer is there
 * @user_data: the data of @callback
 *
 * Calls the service with parameters given as JSON text, and waits for the answer without blocking.
 *
 * Since: 0.1
 */
void
mb_service_client_call_text_async (MbServiceClient     *self,
                                   const char          *params,
                                   GCancellable        *cancellable,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data)
{
  g_return_if_fail (MB_IS_SERVICE_CLIENT (self));
  g_return_if_fail (params != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call_async (self, NULL, params, mb_service_client_call_text_async, cancellable, callback, user_data);
}

/**
 * mb_service_client_call_text_finish:
 * @self: a service client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@ServiceClient.call_text_async], with the errors of
 * [method@ServiceClient.call_finish].
 *
 * Returns: (transfer full): the result, as JSON text
 *
 * Since: 0.1
 */
char *
mb_service_client_call_text_finish (MbServiceClient  *self,
                                    GAsyncResult     *result,
                                    GError          **error)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);
  g_return_val_if_fail (_mb_call_result_is_valid (result, self, mb_service_client_call_text_async), NULL);

  return _mb_reply_to_text (_mb_call_result_propagate (result, error));
}

/**
 * mb_service_client_call_text_sync:
 * @self: a service client
 * @params: the parameters, as one JSON text
 * @cancellable: (nullable): to give up waiting, from another thread
 * @error: return location for an error
 *
 * Calls the service with parameters given as JSON text, and blocks until the answer is there. See
 * [method@ServiceClient.call_sync].
 *
 * Returns: (transfer full): the result, as JSON text
 *
 * Since: 0.1
 */
char *
mb_service_client_call_text_sync (MbServiceClient  *self,
                                  const char       *params,
                                  GCancellable     *cancellable,
                                  GError          **error)
{
  g_return_val_if_fail (MB_IS_SERVICE_CLIENT (self), NULL);
  g_return_val_if_fail (params != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _mb_reply_to_text (call_sync (self, NULL, params, cancellable, error));
}

/**
 * mb_service_client_close:
 * @self: a service client
 *
 * Ends the service client: it makes no more calls and emits no more signals. Calls with a callback that are
 * under way end with [error@ClientError]. Closing twice is harmless; the last reference closes it.
 *
 * Since: 0.1
 */
void
mb_service_client_close (MbServiceClient *self)
{
  g_return_if_fail (MB_IS_SERVICE_CLIENT (self));

  if (self->closed)
    return;

  self->closed = TRUE;
  if (self->caller != NULL)
    _mb_caller_close (self->caller);
}
