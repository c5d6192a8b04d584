/* mb-service.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-service-private.h"

#include "mb-marshal.h"
#include "mb-request-private.h"
#include "mb-service-names-private.h"

#define DEFAULT_INBOX_SIZE 4096
#define INBOX_BYTES (64 * 1024 * 1024)

/**
 * MbService:
 *
 * Offers a service that others on the bus can call.
 *
 * A service is made by [method@Client.create_service] or [method@Client.provide]. Like a subscriber, it
 * lives until it is closed or its client goes, also when the program keeps no reference on it.
 *
 * Requests come by [signal@Service::request], in the main context that was the thread's default when the
 * service was made. They are answered with the methods of [class@Request], at once or later. Requests whose
 * parameters break the request schema are answered with an error before any handler is asked.
 *
 * The name may be a regular expression, as in MiniBus: a service `/calc/.*` gets the requests to
 * `/calc/add` and `/calc/sub`, and [property@Request:service-name] tells them apart.
 *
 * Nothing keeps two programs from offering services of one name. Both get each request, both answer, and
 * callers take the answer that comes first.
 *
 * ```c
 * g_autoptr(MbService) service = mb_client_create_service (client, "/weather", NULL, NULL, &error);
 *
 * g_signal_connect (service, "request", G_CALLBACK (request_cb), NULL);
 * ```
 *
 * ```js
 * const service = client.create_service('/weather', null, null);
 * service.connect('request', (_service, request) => {
 *     request.return_value({sky: 'clear'});
 *     return true;
 * });
 * ```
 *
 * ```python
 * def on_request(service, request):
 *     request.return_value({'sky': 'clear'})
 *     return True
 *
 * service = client.create_service('/weather', None, None)
 * service.connect('request', on_request)
 * ```
 *
 * Protocol: section 6, "Services".
 *
 * Since: 0.1
 */
struct _MbService
{
  GObject         parent_instance;

  MbCore         *core;
  MbRoute        *route;
  MbInbox        *inbox;
  char           *name;
  MbSchema       *request_schema;   /* or NULL */
  MbSchema       *reply_schema;     /* or NULL */
  MbPattern      *reply_pattern;
  MbOutlet       *reply_outlet;     /* or NULL, when the service has many names */
  MbOutlet       *error_outlet;     /* likewise */
  guint           inbox_size;

  MbServiceFunc   func;             /* or NULL */
  gpointer        func_data;
  GDestroyNotify  func_destroy;

  gboolean        closed;
};

G_DEFINE_FINAL_TYPE (MbService, mb_service, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_INBOX_SIZE,
  PROP_IS_CLOSED,
  PROP_NAME,
  PROP_REPLY_SCHEMA,
  PROP_REQUEST_SCHEMA,
  N_PROPS
};

enum
{
  REQUEST,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
serve (MbService *self,
       MbRequest *request)
{
  gboolean taken = FALSE;

  if (self->func != NULL)
    {
      g_autoptr(JsonNode) result = self->func (request, self->func_data);

      if (result != NULL)
        mb_request_return_value (request, result, NULL);
      return;
    }

  /* A handler that throws looks like one that returned false. */
  g_signal_emit (self, signals[REQUEST], 0, request, &taken);
  if (taken)
    return;

  _mb_request_fail (request,
                    g_signal_has_handler_pending (self, signals[REQUEST], 0, FALSE)
                    ? "The handler of the service failed, or did not take the request"
                    : "The service has no handler");
}

static void
deliver (gpointer owner,
         gpointer item)
{
  MbService *self = owner;
  MbDelivery *delivery = item;
  MbRequest *request;

  request = _mb_request_new (self->core, g_steal_pointer (&delivery->message), self->reply_schema);
  _mb_delivery_free (delivery);
  serve (self, request);
  _mb_request_drop (request);
}

guint
_mb_service_get_n_waiting (MbService *self)
{
  return _mb_inbox_get_length (self->inbox);
}

gboolean
_mb_service_close_quietly (MbService *self)
{
  if (self->closed || (self->core != NULL && _mb_core_is_foreign (self->core)))
    return FALSE;

  self->closed = TRUE;

  if (self->route != NULL)
    {
      _mb_inbox_close (self->inbox);
      _mb_router_remove (self->core->router, self->route);
      _mb_schema_table_remove (self->core->schemas, self->route->pattern, self->request_schema);
      _mb_schema_table_remove (self->core->schemas, self->reply_pattern, self->reply_schema);
      _mb_core_list_remove (self->core, MB_LIST_SERVICES, self->name);
    }

  return TRUE;
}

static void
mb_service_dispose (GObject *object)
{
  MbService *self = MB_SERVICE (object);
  GDestroyNotify destroy;

  /* As the client. */
  if (self->core != NULL && _mb_core_is_foreign (self->core))
    {
      g_object_ref (object);
      return;
    }

  destroy = g_steal_pointer (&self->func_destroy);
  _mb_service_close_quietly (self);

  if (destroy != NULL)
    destroy (self->func_data);

  G_OBJECT_CLASS (mb_service_parent_class)->dispose (object);
}

static void
mb_service_finalize (GObject *object)
{
  MbService *self = MB_SERVICE (object);

  if (self->reply_outlet != NULL)
    {
      _mb_core_close_outlet (self->core, self->reply_outlet);
      _mb_core_close_outlet (self->core, self->error_outlet);
    }
  g_clear_pointer (&self->route, _mb_route_unref);
  g_clear_pointer (&self->reply_pattern, _mb_pattern_unref);
  g_clear_pointer (&self->inbox, _mb_inbox_unref);
  g_clear_pointer (&self->core, _mb_core_unref);
  g_clear_pointer (&self->name, g_free);
  g_clear_object (&self->request_schema);
  g_clear_object (&self->reply_schema);

  G_OBJECT_CLASS (mb_service_parent_class)->finalize (object);
}

static void
mb_service_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  MbService *self = MB_SERVICE (object);

  switch (prop_id)
    {
    case PROP_INBOX_SIZE:
      g_value_set_uint (value, mb_service_get_inbox_size (self));
      break;

    case PROP_IS_CLOSED:
      g_value_set_boolean (value, mb_service_get_is_closed (self));
      break;

    case PROP_NAME:
      g_value_set_string (value, mb_service_get_name (self));
      break;

    case PROP_REPLY_SCHEMA:
      g_value_set_object (value, mb_service_get_reply_schema (self));
      break;

    case PROP_REQUEST_SCHEMA:
      g_value_set_object (value, mb_service_get_request_schema (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_service_set_property (GObject      *object,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  MbService *self = MB_SERVICE (object);

  switch (prop_id)
    {
    case PROP_INBOX_SIZE:
      mb_service_set_inbox_size (self, g_value_get_uint (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_service_class_init (MbServiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mb_service_dispose;
  object_class->finalize = mb_service_finalize;
  object_class->get_property = mb_service_get_property;
  object_class->set_property = mb_service_set_property;

  /**
   * MbService:inbox-size: (getter get_inbox_size) (setter set_inbox_size)
   *
   * How many requests may wait for the main loop. The oldest gives way to a new one.
   *
   * Since: 0.1
   */
  properties[PROP_INBOX_SIZE] =
    g_param_spec_uint ("inbox-size", NULL, NULL,
                       1, G_MAXUINT, DEFAULT_INBOX_SIZE,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbService:is-closed: (getter get_is_closed)
   *
   * Whether the service has been closed.
   *
   * Since: 0.1
   */
  properties[PROP_IS_CLOSED] =
    g_param_spec_boolean ("is-closed", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbService:name: (getter get_name)
   *
   * The name, without a slash at its end; perhaps a regular expression.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbService:reply-schema: (getter get_reply_schema)
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
   * MbService:request-schema: (getter get_request_schema)
   *
   * The schema of parameters.
   *
   * Since: 0.1
   */
  properties[PROP_REQUEST_SCHEMA] =
    g_param_spec_object ("request-schema", NULL, NULL,
                         MB_TYPE_SCHEMA,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * MbService::request:
   * @self: the service
   * @request: the request
   *
   * Emitted for each request, in the order of arrival.
   *
   * A handler that takes the request returns true, whether it has answered already or will later. When no
   * handler does, or one throws an exception before it answers, the caller gets an error.
   *
   * Returns: true if the request has been answered or will be
   *
   * Since: 0.1
   */
  signals[REQUEST] =
    g_signal_new ("request",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST,
                  0,
                  g_signal_accumulator_true_handled, NULL,
                  _mb_marshal_BOOLEAN__OBJECT,
                  G_TYPE_BOOLEAN,
                  1,
                  MB_TYPE_REQUEST);
  g_signal_set_va_marshaller (signals[REQUEST], G_TYPE_FROM_CLASS (klass), _mb_marshal_BOOLEAN__OBJECTv);
}

static void
mb_service_init (MbService *self)
{
  self->inbox_size = DEFAULT_INBOX_SIZE;
}

MbService *
_mb_service_new (MbCore      *core,
                 const char  *name,
                 MbSchema    *request_schema,
                 MbSchema    *reply_schema,
                 GError     **error)
{
  g_autoptr(MbService) self = NULL;
  g_autoptr(MbPattern) pattern = NULL;
  g_autoptr(MbPattern) reply_pattern = NULL;
  g_autoptr(GMainContext) context = NULL;
  g_autofree char *own_name = _mb_service_name_normalize (name, error);
  g_autofree char *reply_topic = NULL;
  g_autofree char *error_topic = NULL;

  if (own_name == NULL)
    return NULL;

  pattern = _mb_service_name_to_pattern (own_name, error);
  if (pattern == NULL)
    return NULL;

  reply_topic = _mb_service_name_to_topic (own_name, MB_SUFFIX_REPLY);
  error_topic = _mb_service_name_to_topic (own_name, MB_SUFFIX_ERROR);
  reply_pattern = _mb_pattern_new_literal (reply_topic);

  if (!_mb_schema_table_add (core->schemas, pattern, request_schema, error))
    return NULL;
  if (!_mb_schema_table_add (core->schemas, reply_pattern, reply_schema, error))
    {
      _mb_schema_table_remove (core->schemas, pattern, request_schema);
      return NULL;
    }

  self = g_object_new (MB_TYPE_SERVICE, NULL);
  self->core = _mb_core_ref (core);
  self->name = g_steal_pointer (&own_name);
  self->request_schema = request_schema != NULL ? g_object_ref (request_schema) : NULL;
  self->reply_schema = reply_schema != NULL ? g_object_ref (reply_schema) : NULL;
  self->reply_pattern = g_steal_pointer (&reply_pattern);

  if (_mb_pattern_get_literal (pattern) != NULL)
    {
      self->reply_outlet = _mb_core_open_outlet (core, reply_topic);
      self->error_outlet = _mb_core_open_outlet (core, error_topic);
    }

  context = g_main_context_ref_thread_default ();
  self->inbox = _mb_inbox_new (context, G_OBJECT (self), TRUE, deliver, _mb_delivery_free);
  _mb_inbox_set_limits (self->inbox, self->inbox_size, INBOX_BYTES, MB_OVERFLOW_DROP_OLDEST);

  self->route = _mb_route_new (MB_ROUTE_REQUEST, pattern, request_schema, self->inbox);
  _mb_core_list_add (core, MB_LIST_SERVICES, self->name);
  _mb_router_add (core->router, self->route);

  return g_steal_pointer (&self);
}

void
_mb_service_set_func (MbService      *self,
                      MbServiceFunc   func,
                      gpointer        user_data,
                      GDestroyNotify  destroy)
{
  self->func = func;
  self->func_data = user_data;
  self->func_destroy = destroy;
}

/**
 * mb_service_get_inbox_size: (get-property inbox-size)
 * @self: a service
 *
 * Gets how many requests may wait for the main loop.
 *
 * Returns: a number of requests
 *
 * Since: 0.1
 */
guint
mb_service_get_inbox_size (MbService *self)
{
  g_return_val_if_fail (MB_IS_SERVICE (self), 0);

  return self->inbox_size;
}

/**
 * mb_service_set_inbox_size: (set-property inbox-size)
 * @self: a service
 * @inbox_size: a number of requests, at least 1
 *
 * Sets how many requests may wait for the main loop: 4,096 unless set.
 *
 * Since: 0.1
 */
void
mb_service_set_inbox_size (MbService *self,
                           guint      inbox_size)
{
  g_return_if_fail (MB_IS_SERVICE (self));
  g_return_if_fail (inbox_size >= 1);

  if (self->inbox_size == inbox_size)
    return;

  self->inbox_size = inbox_size;
  _mb_inbox_set_limits (self->inbox, inbox_size, INBOX_BYTES, MB_OVERFLOW_DROP_OLDEST);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INBOX_SIZE]);
}

/**
 * mb_service_get_is_closed: (get-property is-closed)
 * @self: a service
 *
 * Gets whether the service has been closed.
 *
 * Returns: true if it gets no more requests
 *
 * Since: 0.1
 */
gboolean
mb_service_get_is_closed (MbService *self)
{
  g_return_val_if_fail (MB_IS_SERVICE (self), TRUE);

  return self->closed;
}

/**
 * mb_service_get_name: (get-property name)
 * @self: a service
 *
 * Gets the name of the service.
 *
 * Returns: (transfer none): the name, without a slash at its end
 *
 * Since: 0.1
 */
const char *
mb_service_get_name (MbService *self)
{
  g_return_val_if_fail (MB_IS_SERVICE (self), NULL);

  return self->name;
}

/**
 * mb_service_get_reply_schema: (get-property reply-schema)
 * @self: a service
 *
 * Gets the schema that results have to satisfy.
 *
 * Returns: (transfer none) (nullable): the schema, or `NULL` when there is none
 *
 * Since: 0.1
 */
MbSchema *
mb_service_get_reply_schema (MbService *self)
{
  g_return_val_if_fail (MB_IS_SERVICE (self), NULL);

  return self->reply_schema;
}

/**
 * mb_service_get_request_schema: (get-property request-schema)
 * @self: a service
 *
 * Gets the schema that parameters have to satisfy.
 *
 * Returns: (transfer none) (nullable): the schema, or `NULL` when there is none
 *
 * Since: 0.1
 */
MbSchema *
mb_service_get_request_schema (MbService *self)
{
  g_return_val_if_fail (MB_IS_SERVICE (self), NULL);

  return self->request_schema;
}

/**
 * mb_service_close:
 * @self: a service
 *
 * Ends the service. Requests that wait are dropped; those that handlers have kept can still be answered.
 * Closing twice is harmless.
 *
 * Call this from the thread that runs the service's main context.
 *
 * Since: 0.1
 */
void
mb_service_close (MbService *self)
{
  g_return_if_fail (MB_IS_SERVICE (self));

  if (_mb_service_close_quietly (self))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_CLOSED]);
}
