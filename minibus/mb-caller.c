/* mb-caller.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-caller-private.h"

#include <glib/gi18n-lib.h>

#include "mb-call-result-private.h"
#include "mb-error.h"
#include "mb-presence-private.h"
#include "mb-service-names-private.h"

#define DEFAULT_TIMEOUT 5000

struct _MbCaller
{
  gatomicrefcount ref_count;
  MbCore         *core;
  char           *name;
  char           *service;           /* a GRefString; the name with a slash at its end */
  MbSchema       *request_schema;    /* or NULL */
  MbSchema       *reply_schema;      /* or NULL */
  MbPattern      *request_pattern;
  MbRoute        *reply_route;
  MbRoute        *error_route;
  MbOutlet       *outlet;
  MbSchemaAnswer  schemas;           /* of requests */
  int             closed;            /* atomic */
};

static MbRoute *
add_route (MbCaller    *self,
           MbRouteKind  kind,
           const char  *suffix)
{
  g_autofree char *topic = _mb_service_name_to_topic (self->name, suffix);
  g_autoptr(MbPattern) pattern = _mb_pattern_new_literal (topic);
  MbRoute *route = _mb_route_new (kind, pattern, NULL, NULL);

  _mb_router_add (self->core->router, route);

  return route;
}

MbCaller *
_mb_caller_new (MbCore      *core,
                const char  *name,
                MbSchema    *request_schema,
                MbSchema    *reply_schema,
                GError     **error)
{
  g_autoptr(MbPattern) request_pattern = NULL;
  g_autoptr(MbPattern) reply_pattern = NULL;
  g_autofree char *own_name = _mb_service_name_normalize (name, error);
  g_autofree char *request_topic = NULL;
  g_autofree char *reply_topic = NULL;
  g_autofree char *service = NULL;
  MbCaller *self;

  if (own_name == NULL)
    return NULL;

  request_topic = _mb_service_name_to_topic (own_name, MB_SUFFIX_REQUEST);
  reply_topic = _mb_service_name_to_topic (own_name, MB_SUFFIX_REPLY);
  request_pattern = _mb_pattern_new_literal (request_topic);
  reply_pattern = _mb_pattern_new_literal (reply_topic);

  if (!_mb_schema_table_add (core->schemas, request_pattern, request_schema, error))
    return NULL;
  if (!_mb_schema_table_add (core->schemas, reply_pattern, reply_schema, error))
    {
      _mb_schema_table_remove (core->schemas, request_pattern, request_schema);
      return NULL;
    }

  self = g_new0 (MbCaller, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->core = _mb_core_ref (core);
  self->name = g_steal_pointer (&own_name);
  service = g_strconcat (self->name, "/", NULL);
  self->service = g_ref_string_new (service);
  self->request_schema = request_schema != NULL ? g_object_ref (request_schema) : NULL;
  self->reply_schema = reply_schema != NULL ? g_object_ref (reply_schema) : NULL;
  self->request_pattern = g_steal_pointer (&request_pattern);

  self->outlet = _mb_core_open_outlet (core, request_topic);
  _mb_core_list_add (core, MB_LIST_SERVICE_CLIENTS, self->name);
  self->reply_route = add_route (self, MB_ROUTE_REPLY, MB_SUFFIX_REPLY);
  self->error_route = add_route (self, MB_ROUTE_ERROR, MB_SUFFIX_ERROR);

  return self;
}

MbCaller *
_mb_caller_ref (MbCaller *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_caller_unref (MbCaller *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count) || _mb_core_is_foreign (self->core))
    return;

  _mb_caller_close (self);
  _mb_core_close_outlet (self->core, self->outlet);
  g_clear_pointer (&self->schemas.schemas, g_ptr_array_unref);
  _mb_pattern_unref (self->request_pattern);
  _mb_route_unref (self->reply_route);
  _mb_route_unref (self->error_route);
  _mb_core_unref (self->core);
  g_free (self->name);
  g_ref_string_release (self->service);
  g_clear_object (&self->request_schema);
  g_clear_object (&self->reply_schema);
  g_free (self);
}

void
_mb_caller_close (MbCaller *self)
{
  g_autoptr(GError) error = NULL;

  if (_mb_core_is_foreign (self->core))
    return;

  if (!g_atomic_int_compare_and_exchange (&self->closed, FALSE, TRUE))
    return;

  g_set_error (&error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
               _("The client of service “%s” was closed before the answer came"), self->name);
  _mb_calls_fail (self->core->calls, self, error);

  _mb_router_remove (self->core->router, self->reply_route);
  _mb_router_remove (self->core->router, self->error_route);
  _mb_schema_table_remove (self->core->schemas, self->request_pattern, self->request_schema);
  _mb_schema_table_remove (self->core->schemas, self->reply_route->pattern, self->reply_schema);
  _mb_core_list_remove (self->core, MB_LIST_SERVICE_CLIENTS, self->name);
}

const char *
_mb_caller_get_name (MbCaller *self)
{
  return self->name;
}

MbSchema *
_mb_caller_get_request_schema (MbCaller *self)
{
  return self->request_schema;
}

MbSchema *
_mb_caller_get_reply_schema (MbCaller *self)
{
  return self->reply_schema;
}

static gboolean
write_params (MbCaller    *self,
              MbBody      *body,
              JsonNode    *params,
              const char  *text,
              GError     **error)
{
  g_autoptr(GPtrArray) schemas = NULL;

  if (g_atomic_int_get (&self->closed))
    {
      g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
                   _("The client of service “%s” is closed; create another one"), self->name);
      return FALSE;
    }

  schemas = _mb_schema_table_match (self->core->schemas, self->outlet->topic, &self->schemas);

  if (!_mb_core_write_body (body, self->outlet, params, text, schemas, error))
    {
      g_prefix_error (error, _("The parameters for “%s” are not usable: "), self->name);
      return FALSE;
    }

  return TRUE;
}

/* The time limit as the table of calls has it: 0 is none. */
static guint
get_limit (guint timeout)
{
  if (timeout == G_MAXUINT)
    return 0;

  return timeout > 0 ? timeout : DEFAULT_TIMEOUT;
}

static gboolean
send_request (MbCaller      *self,
              MbCall        *call,
              const MbBody  *params,
              GError       **error)
{
  _mb_presence_note_call (self->core, call, self->name);

  return _mb_core_send (self->core, self->outlet, _mb_call_get_id (call), params, MB_SECRECY_DEFAULT, error);
}

char *
_mb_caller_call (MbCaller        *self,
                 JsonNode        *params,
                 const char      *text,
                 guint            timeout,
                 GMainContext    *context,
                 MbCallFunc       func,
                 gpointer         user_data,
                 GDestroyNotify   destroy,
                 GError         **error)
{
  g_auto(MbBody) request = MB_BODY_INIT;
  g_autoptr(MbCall) call = NULL;

  if (!write_params (self, &request, params, text, error))
    {
      if (destroy != NULL)
        destroy (user_data);
      return NULL;
    }

  call = _mb_call_new (self, self->service, self->reply_schema, get_limit (timeout), NULL);
  _mb_call_start (call, self->core->calls, context, NULL, func, user_data, destroy);
  if (!send_request (self, call, &request, error))
    {
      _mb_call_abandon (call);
      return NULL;
    }

  return g_strdup (_mb_call_get_id (call));
}

static void
result_cb (MbCall   *call,
           gpointer  user_data)
{
  MbMessage *reply;
  GError *error = NULL;

  reply = _mb_call_take_result (call, &error);
  _mb_call_result_return (user_data, reply, error);
}

void
_mb_caller_call_async (MbCaller     *self,
                       MbCallResult *result,
                       JsonNode     *params,
                       const char   *text,
                       guint         timeout)
{
  g_auto(MbBody) request = MB_BODY_INIT;
  g_autoptr(MbCall) call = NULL;
  GCancellable *cancellable = _mb_call_result_get_cancellable (result);
  GError *error = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, &error) ||
      !write_params (self, &request, params, text, &error))
    {
      _mb_call_result_fail_later (result, error);
      return;
    }

  call = _mb_call_new (self, self->service, self->reply_schema, get_limit (timeout), NULL);
  _mb_call_start (call, self->core->calls, _mb_call_result_get_context (result), cancellable, result_cb, result,
                  _mb_call_result_drop);

  if (send_request (self, call, &request, &error))
    return;

  /* If the call has ended by itself meanwhile, there is a result already. */
  if (_mb_call_abandon (call))
    _mb_call_result_fail_later (g_object_ref (result), error);
  else
    g_error_free (error);
}

MbMessage *
_mb_caller_call_sync (MbCaller      *self,
                      JsonNode      *params,
                      const char    *text,
                      guint          timeout,
                      GMainContext  *context,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_auto(MbBody) request = MB_BODY_INIT;
  g_autoptr(MbMailbox) mailbox = NULL;
  g_autoptr(MbWaiter) waiter = NULL;
  g_autoptr(MbCall) call = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  if (!write_params (self, &request, params, text, error))
    return NULL;

  waiter = _mb_waiter_new ();
  call = _mb_call_new (self, self->service, self->reply_schema, get_limit (timeout), waiter);
  _mb_call_start (call, self->core->calls, NULL, cancellable, NULL, NULL, NULL);
  if (!send_request (self, call, &request, error))
    {
      _mb_call_abandon (call);
      return NULL;
    }

  /* The service may be offered by this very thread: then nobody but us can serve it now. Other work of the
   * main context has to wait, so that no handler but those of services runs in the midst of the caller. */
  if (context != NULL && g_main_context_acquire (context))
    mailbox = _mb_mailbox_get (context);

  _mb_core_begin_blocking (self->core);
  _mb_call_wait (call, mailbox);
  _mb_core_end_blocking (self->core);

  if (mailbox != NULL)
    g_main_context_release (context);

  return _mb_call_take_result (call, error);
}

JsonNode *
_mb_reply_to_node (MbMessage *reply)
{
  JsonNode *data;

  if (reply == NULL)
    return NULL;

  data = json_node_ref (mb_message_get_data (reply));
  _mb_message_drop (reply);

  return data;
}

char *
_mb_reply_to_text (MbMessage *reply)
{
  char *text;

  if (reply == NULL)
    return NULL;

  text = g_strdup (mb_message_get_text (reply));
  _mb_message_drop (reply);

  return text;
}
