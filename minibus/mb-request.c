/* mb-request.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-request-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"
#include "mb-json-private.h"
#include "mb-service-names-private.h"
#include "mb-spares-private.h"

/**
 * MbRequest:
 *
 * One call of a service, to be answered once, now or later.
 *
 * A request is given to the handlers of [signal@Service::request] and to the function of
 * [method@Client.provide]. Keep a reference on it to answer later. A request that is dropped without an
 * answer answers by itself, with an error, so that no caller waits in vain.
 *
 * The answer may be given from any thread.
 *
 * ```c
 * static gboolean
 * request_cb (MbService *service,
 *             MbRequest *request,
 *             gpointer   user_data)
 * {
 *   mb_request_return_text (request, "{\"sky\": \"clear\"}", NULL);
 *
 *   return TRUE;
 * }
 * ```
 *
 * Protocol: section 6, "Services".
 *
 * Since: 0.1
 */
struct _MbRequest
{
  GObject    parent_instance;

  MbCore    *core;
  MbMessage *message;
  MbSchema  *reply_schema;    /* or NULL */
  char      *service;         /* atomic; the concrete name, without a slash at its end; NULL until somebody asks */
  int        answered;        /* atomic */
};

G_DEFINE_FINAL_TYPE (MbRequest, mb_request, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_AUTHOR,
  PROP_ID,
  PROP_IS_ANSWERED,
  PROP_MESSAGE,
  PROP_PARAMS,
  PROP_PARAMS_TEXT,
  PROP_SERVICE_NAME,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static MbSpares spares = MB_SPARES_INIT;

/* Sends an answer, whose turn it is. */
static gboolean
send_answer (MbRequest   *self,
             const char  *suffix,
             const MbBody *body,
             GError     **error)
{
  g_autofree char *topic = _mb_service_topic_with (mb_message_get_topic (self->message), suffix);
  /* In the manner of the request: who asks in the clear can read nothing else. */
  MbSecrecy secrecy = mb_message_get_is_encrypted (self->message) ? MB_SECRECY_ENCRYPTED : MB_SECRECY_CLEAR;

  return _mb_core_send_on (self->core, topic, mb_message_get_id (self->message), body, secrecy, error);
}

static gboolean
claim (MbRequest  *self,
       GError    **error)
{
  if (g_atomic_int_compare_and_exchange (&self->answered, FALSE, TRUE))
    return TRUE;

  g_set_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_ALREADY_ANSWERED,
               _("The request to “%s” has been answered before; a request has one answer"),
               mb_request_get_service_name (self));

  return FALSE;
}

static void
send_error_message (MbRequest  *self,
                    const char *message)
{
  g_autoptr(GString) data = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *valid = g_utf8_make_valid (message, -1);
  MbBody body = MB_BODY_INIT;

  _mb_json_append_string (data, valid, strlen (valid));
  body.text = data->str;
  body.length = data->len;
  if (!send_answer (self, MB_SUFFIX_ERROR, &body, &error))
    g_debug ("An error could not be sent: %s", error->message);
}

/* Sends a result, or an error given as a value. When it is not fit to be sent, the caller hears of it. */
static gboolean
return_any (MbRequest   *self,
            const char  *suffix,
            JsonNode    *node,
            const char  *text,
            GError     **error)
{
  g_auto(MbBody) body = MB_BODY_INIT;
  g_autoptr(GPtrArray) schemas = NULL;
  g_autoptr(GError) own_error = NULL;

  if (!claim (self, error))
    return FALSE;

  if (self->reply_schema != NULL && strcmp (suffix, MB_SUFFIX_REPLY) == 0)
    {
      schemas = g_ptr_array_new ();
      g_ptr_array_add (schemas, self->reply_schema);
    }

  if (_mb_core_write_body (&body, mb_message_get_topic (self->message), node, text, schemas, &own_error) &&
      send_answer (self, suffix, &body, &own_error))
    return TRUE;

  if (!g_error_matches (own_error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED))
    {
      g_autofree char *message = g_strdup_printf ("The service's result cannot be sent: %s",
                                                  own_error->message);

      send_error_message (self, message);
    }
  g_propagate_prefixed_error (error, g_steal_pointer (&own_error), _("The answer of “%s” was not sent: "),
                              mb_request_get_service_name (self));

  return FALSE;
}

static void
mb_request_dispose (GObject *object)
{
  MbRequest *self = MB_REQUEST (object);

  /* As the client: the answer is for the other process to give. */
  if (self->core != NULL && _mb_core_is_foreign (self->core))
    {
      g_object_ref (object);
      return;
    }

  _mb_request_fail (self, "The service dropped the request without an answer");

  G_OBJECT_CLASS (mb_request_parent_class)->dispose (object);
}

static void
clear (gpointer request)
{
  MbRequest *self = request;

  g_clear_pointer (&self->core, _mb_core_unref);
  g_clear_pointer (&self->message, _mb_message_drop);
  g_clear_object (&self->reply_schema);
  g_clear_pointer (&self->service, g_free);
}

static void
mb_request_finalize (GObject *object)
{
  clear (object);

  G_OBJECT_CLASS (mb_request_parent_class)->finalize (object);
}

static void
mb_request_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  MbRequest *self = MB_REQUEST (object);

  switch (prop_id)
    {
    case PROP_AUTHOR:
      g_value_set_string (value, mb_request_get_author (self));
      break;

    case PROP_ID:
      g_value_set_string (value, mb_request_get_id (self));
      break;

    case PROP_IS_ANSWERED:
      g_value_set_boolean (value, mb_request_get_is_answered (self));
      break;

    case PROP_MESSAGE:
      g_value_set_object (value, mb_request_get_message (self));
      break;

    case PROP_PARAMS:
      g_value_set_boxed (value, mb_request_get_params (self));
      break;

    case PROP_PARAMS_TEXT:
      g_value_set_string (value, mb_request_get_params_text (self));
      break;

    case PROP_SERVICE_NAME:
      g_value_set_string (value, mb_request_get_service_name (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_request_class_init (MbRequestClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mb_request_dispose;
  object_class->finalize = mb_request_finalize;
  object_class->get_property = mb_request_get_property;

  /**
   * MbRequest:author: (getter get_author)
   *
   * The name of the client that calls, as that client claims.
   *
   * Since: 0.1
   */
  properties[PROP_AUTHOR] =
    g_param_spec_string ("author", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRequest:id: (getter get_id)
   *
   * The id of the request.
   *
   * Since: 0.1
   */
  properties[PROP_ID] =
    g_param_spec_string ("id", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRequest:is-answered: (getter get_is_answered)
   *
   * Whether there has been an answer. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_IS_ANSWERED] =
    g_param_spec_boolean ("is-answered", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRequest:message: (getter get_message)
   *
   * The message that carried the request.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGE] =
    g_param_spec_object ("message", NULL, NULL,
                         MB_TYPE_MESSAGE,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRequest:params: (getter get_params)
   *
   * The parameters, sealed.
   *
   * Since: 0.1
   */
  properties[PROP_PARAMS] =
    g_param_spec_boxed ("params", NULL, NULL,
                        JSON_TYPE_NODE,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRequest:params-text: (getter get_params_text)
   *
   * The parameters as JSON text.
   *
   * Since: 0.1
   */
  properties[PROP_PARAMS_TEXT] =
    g_param_spec_string ("params-text", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRequest:service-name: (getter get_service_name)
   *
   * The name under which the service was called.
   *
   * Since: 0.1
   */
  properties[PROP_SERVICE_NAME] =
    g_param_spec_string ("service-name", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_request_init (MbRequest *self)
{
}

MbRequest *
_mb_request_new (MbCore    *core,
                 MbMessage *message,
                 MbSchema  *reply_schema)
{
  MbRequest *self = _mb_spares_take (&spares);

  if (self == NULL)
    self = g_object_new (MB_TYPE_REQUEST, NULL);

  self->answered = FALSE;
  self->core = _mb_core_ref (core);
  self->message = message;
  self->reply_schema = reply_schema != NULL ? g_object_ref (reply_schema) : NULL;

  return self;
}

void
_mb_request_drop (MbRequest *self)
{
  /* What has no answer gets one when it ends. */
  if (g_atomic_int_get (&self->answered))
    _mb_spares_drop (&spares, self, clear);
  else
    g_object_unref (self);
}

void
_mb_request_fail (MbRequest  *self,
                  const char *message)
{
  /* Mostly there is one. */
  if (self->message != NULL && !g_atomic_int_get (&self->answered) && claim (self, NULL))
    send_error_message (self, message);
}

/**
 * mb_request_get_author: (get-property author)
 * @self: a request
 *
 * Gets the name of the client that calls. Nothing proves it.
 *
 * Returns: (transfer none) (nullable): the name, or `NULL` when the packet names none
 *
 * Since: 0.1
 */
const char *
mb_request_get_author (MbRequest *self)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), NULL);

  return mb_message_get_author (self->message);
}

/**
 * mb_request_get_id: (get-property id)
 * @self: a request
 *
 * Gets the id, which is the same for the request and its answer.
 *
 * Returns: (transfer none): the id
 *
 * Since: 0.1
 */
const char *
mb_request_get_id (MbRequest *self)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), NULL);

  return mb_message_get_id (self->message);
}

/**
 * mb_request_get_is_answered: (get-property is-answered)
 * @self: a request
 *
 * Gets whether there has been an answer.
 *
 * Returns: true if the request cannot be answered any more
 *
 * Since: 0.1
 */
gboolean
mb_request_get_is_answered (MbRequest *self)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), TRUE);

  return g_atomic_int_get (&self->answered);
}

/**
 * mb_request_get_message: (get-property message)
 * @self: a request
 *
 * Gets the message that carried the request, with its header and time.
 *
 * Returns: (transfer none): the message
 *
 * Since: 0.1
 */
MbMessage *
mb_request_get_message (MbRequest *self)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), NULL);

  return self->message;
}

/**
 * mb_request_get_params: (get-property params)
 * @self: a request
 *
 * Gets the parameters of the call. They satisfy the request schema of the service.
 *
 * Returns: (transfer none): a sealed node
 *
 * Since: 0.1
 */
JsonNode *
mb_request_get_params (MbRequest *self)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), NULL);

  return mb_message_get_data (self->message);
}

/**
 * mb_request_get_params_text: (get-property params-text)
 * @self: a request
 *
 * Gets the parameters of the call as JSON text.
 *
 * Returns: (transfer none): one valid JSON text in UTF-8
 *
 * Since: 0.1
 */
const char *
mb_request_get_params_text (MbRequest *self)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), NULL);

  return mb_message_get_text (self->message);
}

/**
 * mb_request_get_service_name: (get-property service-name)
 * @self: a request
 *
 * Gets the name under which the service was called. It differs from [property@Service:name] when that is a
 * regular expression.
 *
 * Returns: (transfer none): the name, without a slash at its end
 *
 * Since: 0.1
 */
const char *
mb_request_get_service_name (MbRequest *self)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), NULL);

  if (g_atomic_pointer_get (&self->service) == NULL)
    {
      const char *topic = mb_message_get_topic (self->message);
      char *service = g_strndup (topic, strlen (topic) - strlen ("/" MB_SUFFIX_REQUEST));

      if (!g_atomic_pointer_compare_and_exchange (&self->service, NULL, service))
        g_free (service);
    }

  return g_atomic_pointer_get (&self->service);
}

/**
 * mb_request_return_value:
 * @self: a request
 * @value: (nullable): the result; `NULL` is JSON's `null`
 * @error: return location for an error
 *
 * Answers with a result.
 *
 * When the result breaks the reply schema or cannot be sent, the caller is answered with an error that says
 * so, and this returns false: [error@SchemaError], [error@JsonError], [error@ClientError] or
 * [error@TransportError]. A second answer is refused with [error@ServiceError] and not sent.
 *
 * Returns: true if the result was handed to the network
 *
 * Since: 0.1
 */
gboolean
mb_request_return_value (MbRequest  *self,
                         JsonNode   *value,
                         GError    **error)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return return_any (self, MB_SUFFIX_REPLY, value, NULL, error);
}

/**
 * mb_request_return_text:
 * @self: a request
 * @json: the result, as one JSON text
 * @error: return location for an error
 *
 * Answers with a result that is given as JSON text. See [method@Request.return_value].
 *
 * Returns: true if the result was handed to the network
 *
 * Since: 0.1
 */
gboolean
mb_request_return_text (MbRequest   *self,
                        const char  *json,
                        GError     **error)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (json != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return return_any (self, MB_SUFFIX_REPLY, NULL, json, error);
}

/**
 * mb_request_return_error:
 * @self: a request
 * @message: what went wrong, as a plain sentence
 * @error: return location for an error
 *
 * Answers with an error. The caller gets [error@ServiceError] with this message.
 *
 * Returns: true if the error was handed to the network; false if the request was answered before
 *   ([error@ServiceError]), or the answer could not be sent
 *
 * Since: 0.1
 */
gboolean
mb_request_return_error (MbRequest   *self,
                         const char  *message,
                         GError     **error)
{
  g_autoptr(JsonNode) value = NULL;
  g_autofree char *valid = NULL;

  g_return_val_if_fail (MB_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  valid = g_utf8_make_valid (message, -1);
  value = json_node_init_string (json_node_alloc (), valid);

  return return_any (self, MB_SUFFIX_ERROR, value, NULL, error);
}

/**
 * mb_request_return_error_value:
 * @self: a request
 * @value: (nullable): what went wrong, as any JSON value
 * @error: return location for an error
 *
 * Answers with an error that is any JSON value. Callers of this library get its text as the message of
 * [error@ServiceError].
 *
 * Returns: true if the error was handed to the network
 *
 * Since: 0.1
 */
gboolean
mb_request_return_error_value (MbRequest  *self,
                               JsonNode   *value,
                               GError    **error)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return return_any (self, MB_SUFFIX_ERROR, value, NULL, error);
}

/**
 * mb_request_return_error_text:
 * @self: a request
 * @json: what went wrong, as one JSON text
 * @error: return location for an error
 *
 * Answers with an error that is given as JSON text. See [method@Request.return_error_value].
 *
 * Returns: true if the error was handed to the network
 *
 * Since: 0.1
 */
gboolean
mb_request_return_error_text (MbRequest   *self,
                              const char  *json,
                              GError     **error)
{
  g_return_val_if_fail (MB_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (json != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return return_any (self, MB_SUFFIX_ERROR, NULL, json, error);
}
