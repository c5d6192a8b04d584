/* mb-call-result.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-call-result-private.h"

#include "mb-spares-private.h"

struct _MbCallResult
{
  GObject              parent_instance;

  GObject             *source;
  gpointer             tag;
  MbCaller            *caller;         /* or NULL; kept, so that it is not closed before the answer comes */
  GMainContext        *context;
  MbMailbox           *mailbox;        /* of the context, while an error waits there; or NULL */
  GCancellable        *cancellable;    /* or NULL */
  GAsyncReadyCallback  callback;       /* or NULL */
  gpointer             user_data;
  gboolean             has_result;
  MbMessage           *reply;
  GError              *error;
};

#define MB_TYPE_CALL_RESULT (mb_call_result_get_type ())
G_DECLARE_FINAL_TYPE (MbCallResult, mb_call_result, MB, CALL_RESULT, GObject)

static void mb_call_result_iface_init (GAsyncResultIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MbCallResult, mb_call_result, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_RESULT, mb_call_result_iface_init))

static MbSpares spares = MB_SPARES_INIT;

static gpointer
mb_call_result_get_user_data (GAsyncResult *result)
{
  return MB_CALL_RESULT (result)->user_data;
}

static GObject *
mb_call_result_get_source_object (GAsyncResult *result)
{
  return g_object_ref (MB_CALL_RESULT (result)->source);
}

static gboolean
mb_call_result_is_tagged (GAsyncResult *result,
                          gpointer      tag)
{
  return MB_CALL_RESULT (result)->tag == tag;
}

static void
mb_call_result_iface_init (GAsyncResultIface *iface)
{
  iface->get_user_data = mb_call_result_get_user_data;
  iface->get_source_object = mb_call_result_get_source_object;
  iface->is_tagged = mb_call_result_is_tagged;
}

static void
clear (gpointer result)
{
  MbCallResult *self = result;

  g_clear_object (&self->source);
  g_clear_pointer (&self->caller, _mb_caller_unref);
  g_clear_pointer (&self->mailbox, _mb_mailbox_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->reply, _mb_message_drop);
  g_clear_error (&self->error);
}

static void
mb_call_result_finalize (GObject *object)
{
  clear (object);

  G_OBJECT_CLASS (mb_call_result_parent_class)->finalize (object);
}

static void
mb_call_result_class_init (MbCallResultClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mb_call_result_finalize;
}

static void
mb_call_result_init (MbCallResult *self)
{
}

MbCallResult *
_mb_call_result_new (GObject             *source,
                     gpointer             tag,
                     MbCaller            *caller,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  MbCallResult *self = _mb_spares_take (&spares);

  if (self == NULL)
    self = g_object_new (MB_TYPE_CALL_RESULT, NULL);

  self->source = g_object_ref (source);
  self->tag = tag;
  self->caller = caller != NULL ? _mb_caller_ref (caller) : NULL;
  self->context = g_main_context_ref_thread_default ();
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  self->callback = callback;
  self->user_data = user_data;
  self->has_result = FALSE;

  return self;
}

void
_mb_call_result_drop (gpointer result)
{
  _mb_spares_drop (&spares, result, clear);
}

GMainContext *
_mb_call_result_get_context (MbCallResult *self)
{
  return self->context;
}

GCancellable *
_mb_call_result_get_cancellable (MbCallResult *self)
{
  return self->cancellable;
}

void
_mb_call_result_return (MbCallResult *self,
                        MbMessage    *reply,
                        GError       *error)
{
  self->reply = reply;
  self->error = error;
  self->has_result = TRUE;

  if (self->callback != NULL)
    self->callback (self->source, G_ASYNC_RESULT (self), self->user_data);
}

static void
return_cb (gpointer data)
{
  MbCallResult *self = data;

  _mb_call_result_return (self, NULL, g_steal_pointer (&self->error));
  _mb_call_result_drop (self);
}

void
_mb_call_result_fail_later (MbCallResult *self,
                            GError       *error)
{
  self->error = error;
  self->mailbox = _mb_mailbox_get (self->context);
  _mb_mailbox_post (self->mailbox, return_cb, self, _mb_call_result_drop);
}

gboolean
_mb_call_result_is_valid (gpointer result,
                          gpointer source,
                          gpointer tag)
{
  MbCallResult *self;

  if (!G_TYPE_CHECK_INSTANCE_TYPE (result, MB_TYPE_CALL_RESULT))
    return FALSE;

  self = result;

  return self->source == source && self->tag == tag;
}

MbMessage *
_mb_call_result_propagate (GAsyncResult  *result,
                           GError       **error)
{
  MbCallResult *self = MB_CALL_RESULT (result);

  g_return_val_if_fail (self->has_result, NULL);

  self->has_result = FALSE;

  /* As with GTask: who has cancelled gets no result any more. */
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return NULL;

  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return NULL;
    }

  return g_steal_pointer (&self->reply);
}
