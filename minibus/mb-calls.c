/* mb-calls.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-calls-private.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"

/* Ids of ended calls that are remembered, to tell a late answer from one that was for somebody else. */
#define MAX_ENDED 1024
/* Services that are remembered; a program that calls more starts anew. */
#define MAX_PROVIDERS 1024

struct _MbCalls
{
  gatomicrefcount ref_count;
  GMutex          lock;
  GHashTable     *waiting;    /* lock; id to MbCall, with a reference */
  GHashTable     *ended;      /* lock; set of ids */
  GQueue          ended_order;
  GHashTable     *providers;  /* lock; service to MbProvider, with a reference */
};

/* What is known of those who offer a service. */
typedef struct
{
  gint64 asked_at;    /* the lock of the table; or 0 */
  int    known;       /* atomic: somebody has answered, or said that they would */
  int    silent;      /* atomic: the last answer came from one who does not announce itself */
} MbProvider;

struct _MbCall
{
  gatomicrefcount ref_count;
  char           *id;
  char           *service;
  gconstpointer   owner;        /* only compared */
  MbSchema       *reply_schema;
  guint           timeout;
  gint64          started;
  gint64          deadline;     /* of synchronous calls */
  MbWaiter       *waiter;       /* of synchronous calls */
  MbCalls        *calls;        /* from the start on */
  MbProvider     *provider;     /* likewise */
  MbMailbox      *mailbox;      /* of asynchronous calls */
  GSource        *timer;
  GCancellable   *cancellable;
  gulong          cancelled_id;
  MbCallFunc      func;
  gpointer        user_data;
  GDestroyNotify  destroy;

  /* Written by whoever took the call out of the table, before `ended`. */
  MbMessage      *message;
  GError         *error;
  int             ended;        /* atomic */
};

MbCalls *
_mb_calls_new (void)
{
  MbCalls *self = g_new0 (MbCalls, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) _mb_call_unref);
  self->ended = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->providers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_atomic_rc_box_release);

  return self;
}

MbCalls *
_mb_calls_ref (MbCalls *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_calls_unref (MbCalls *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_queue_clear (&self->ended_order);
  g_hash_table_unref (self->ended);
  g_hash_table_unref (self->providers);
  g_hash_table_unref (self->waiting);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
remember_ended (MbCalls    *self,
                const char *id)
{
  char *key = g_strdup (id);

  g_hash_table_add (self->ended, key);
  g_queue_push_tail (&self->ended_order, key);
  if (g_queue_get_length (&self->ended_order) > MAX_ENDED)
    g_hash_table_remove (self->ended, g_queue_pop_head (&self->ended_order));
}

MbCall *
_mb_calls_take (MbCalls    *self,
                const char *id,
                const char *service,
                gboolean   *late)
{
  MbCall *call;

  g_mutex_lock (&self->lock);

  call = g_hash_table_lookup (self->waiting, id);
  if (call != NULL && service != NULL && strcmp (call->service, service) != 0)
    call = NULL;
  if (call != NULL)
    {
      g_hash_table_steal (self->waiting, id);
      remember_ended (self, id);
    }
  if (late != NULL)
    *late = call == NULL && g_hash_table_contains (self->ended, id);

  g_mutex_unlock (&self->lock);

  return call;
}

static void
fail_ids (MbCalls      *self,
          GPtrArray    *ids,
          const GError *error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr(MbCall) call = _mb_calls_take (self, g_ptr_array_index (ids, i), NULL, NULL);

      if (call != NULL)
        _mb_call_complete (call, NULL, g_error_copy (error));
    }
}

void
_mb_calls_fail (MbCalls       *self,
                gconstpointer  owner,
                const GError  *error)
{
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      if (owner == NULL || ((MbCall *) value)->owner == owner)
        g_ptr_array_add (ids, g_strdup (key));
    }
  g_mutex_unlock (&self->lock);

  fail_ids (self, ids, error);
}

guint
_mb_calls_get_n_waiting (MbCalls *self)
{
  guint n_waiting;

  g_mutex_lock (&self->lock);
  n_waiting = g_hash_table_size (self->waiting);
  g_mutex_unlock (&self->lock);

  return n_waiting;
}

GPtrArray *
_mb_calls_list_services (MbCalls *self,
                         gint64   before)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      MbCall *call = value;

      if (call->started < before && g_hash_table_add (seen, call->service))
        g_ptr_array_add (names, g_strndup (call->service, strlen (call->service) - 1));
    }
  g_mutex_unlock (&self->lock);

  return names;
}

void
_mb_calls_fail_service (MbCalls      *self,
                        const char   *name,
                        gint64        before,
                        const GError *error)
{
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;
  gpointer value;
  gsize length = strlen (name);

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      MbCall *call = value;

      if (call->started < before && strncmp (call->service, name, length) == 0 &&
          strcmp (call->service + length, "/") == 0)
        g_ptr_array_add (ids, g_strdup (key));
    }
  g_mutex_unlock (&self->lock);

  fail_ids (self, ids, error);
}

/* The lock is held. Returns a reference. */
static MbProvider *
get_provider (MbCalls    *self,
              const char *service)
{
  MbProvider *provider = g_hash_table_lookup (self->providers, service);

  if (provider != NULL)
    return g_atomic_rc_box_acquire (provider);

  if (g_hash_table_size (self->providers) >= MAX_PROVIDERS)
    g_hash_table_remove_all (self->providers);
  provider = g_atomic_rc_box_new0 (MbProvider);
  g_hash_table_insert (self->providers, g_strdup (service), provider);

  return g_atomic_rc_box_acquire (provider);
}

void
_mb_calls_forget_providers (MbCalls *self)
{
  g_mutex_lock (&self->lock);
  g_hash_table_remove_all (self->providers);
  g_mutex_unlock (&self->lock);
}

void
_mb_calls_note_offered (MbCalls    *self,
                        const char *name)
{
  g_autofree char *service = g_strconcat (name, "/", NULL);
  MbProvider *provider;

  g_mutex_lock (&self->lock);
  provider = g_hash_table_lookup (self->providers, service);
  if (provider != NULL)
    g_atomic_int_set (&provider->known, TRUE);
  g_mutex_unlock (&self->lock);
}

/* What is known of who offers a service, or has offered it. */
static void
look_at_provider (MbCalls    *self,
                  const char *name,
                  gboolean   *known,
                  gboolean   *silent)
{
  g_autofree char *service = g_strconcat (name, "/", NULL);
  MbProvider *provider;

  g_mutex_lock (&self->lock);
  provider = g_hash_table_lookup (self->providers, service);
  *known = provider != NULL && g_atomic_int_get (&provider->known);
  *silent = provider != NULL && g_atomic_int_get (&provider->silent);
  g_mutex_unlock (&self->lock);
}

gboolean
_mb_calls_may_be_busy (MbCalls    *self,
                       const char *name)
{
  gboolean known;
  gboolean silent;

  look_at_provider (self, name, &known, &silent);

  return silent;
}

gboolean
_mb_calls_is_known (MbCalls    *self,
                    const char *name)
{
  gboolean known;
  gboolean silent;

  look_at_provider (self, name, &known, &silent);

  return known;
}

gboolean
_mb_call_claim_question (MbCall *self,
                         gint64  gap)
{
  MbProvider *provider = self->provider;
  gboolean claimed;

  if (g_atomic_int_get (&provider->known))
    return FALSE;

  g_mutex_lock (&self->calls->lock);
  claimed = provider->asked_at == 0 || provider->asked_at + gap <= self->started;
  if (claimed)
    provider->asked_at = self->started;
  g_mutex_unlock (&self->calls->lock);

  return claimed;
}

void
_mb_call_note_answered (MbCall   *self,
                        gboolean  silent)
{
  g_atomic_int_set (&self->provider->known, TRUE);
  g_atomic_int_set (&self->provider->silent, silent);
}

MbCall *
_mb_call_new (gconstpointer  owner,
              const char    *service,
              MbSchema      *reply_schema,
              guint          timeout,
              MbWaiter      *waiter)
{
  MbCall *self = g_new0 (MbCall, 1);

  g_atomic_ref_count_init (&self->ref_count);
  /* Not to be guessed: whoever knows the id can answer. */
  self->id = g_uuid_string_random ();
  self->owner = owner;
  self->service = g_strdup (service);
  self->reply_schema = reply_schema != NULL ? g_object_ref (reply_schema) : NULL;
  self->timeout = timeout;
  self->waiter = waiter != NULL ? _mb_waiter_ref (waiter) : NULL;

  return self;
}

MbCall *
_mb_call_ref (MbCall *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_call_unref (MbCall *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->id);
  g_free (self->service);
  g_clear_object (&self->reply_schema);
  g_clear_pointer (&self->waiter, _mb_waiter_unref);
  g_clear_pointer (&self->calls, _mb_calls_unref);
  g_clear_pointer (&self->provider, g_atomic_rc_box_release);
  g_clear_pointer (&self->mailbox, _mb_mailbox_unref);
  g_clear_pointer (&self->timer, g_source_unref);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->message);
  g_clear_error (&self->error);
  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self);
}

/* Ends the call if it still waits. */
static void
fail (MbCall     *self,
      GQuark      domain,
      int         code,
      const char *message)
{
  g_autoptr(MbCall) call = _mb_calls_take (self->calls, self->id, NULL, NULL);

  if (call != NULL)
    _mb_call_complete (call, NULL, g_error_new_literal (domain, code, message));
}

static void
fail_timed_out (MbCall *self)
{
  g_autofree char *message = NULL;
  g_autofree char *name = g_strndup (self->service, strlen (self->service) - 1);

  message = g_strdup_printf (_("Service “%s” did not answer within %u ms: is a program that offers it "
                               "running, and on the same bus address?"),
                             name, self->timeout);
  fail (self, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT, message);
}

static gboolean
timer_cb (gpointer user_data)
{
  fail_timed_out (user_data);

  return G_SOURCE_REMOVE;
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  fail (user_data, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The call was cancelled"));
}

void
_mb_call_start (MbCall         *self,
                MbCalls        *calls,
                GMainContext   *context,
                GCancellable   *cancellable,
                MbCallFunc      func,
                gpointer        user_data,
                GDestroyNotify  destroy)
{
  self->calls = _mb_calls_ref (calls);
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  self->started = g_get_monotonic_time ();
  if (self->timeout > 0)
    self->deadline = self->started + self->timeout * G_TIME_SPAN_MILLISECOND;

  if (self->waiter == NULL)
    self->mailbox = _mb_mailbox_get (context);

  g_mutex_lock (&calls->lock);
  self->provider = get_provider (calls, self->service);
  g_hash_table_insert (calls->waiting, self->id, _mb_call_ref (self));
  g_mutex_unlock (&calls->lock);

  if (self->waiter == NULL && self->timeout > 0)
    {
      self->timer = g_timeout_source_new (self->timeout);
      g_source_set_static_name (self->timer, "[minibus] call timeout");
      g_source_set_priority (self->timer, G_PRIORITY_DEFAULT);
      g_source_set_callback (self->timer, timer_cb, _mb_call_ref (self), (GDestroyNotify) _mb_call_unref);
      g_source_attach (self->timer, context);
    }

  if (cancellable != NULL)
    {
      self->cancellable = g_object_ref (cancellable);
      self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb),
                                                  _mb_call_ref (self), (GDestroyNotify) _mb_call_unref);
    }
}

static void
stop_watching (MbCall *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);

  if (self->cancelled_id != 0)
    g_cancellable_disconnect (self->cancellable, self->cancelled_id);
  self->cancelled_id = 0;
}

gboolean
_mb_call_abandon (MbCall *self)
{
  g_autoptr(MbCall) call = _mb_calls_take (self->calls, self->id, NULL, NULL);

  if (call == NULL)
    return FALSE;

  stop_watching (self);

  return TRUE;
}

static void
deliver (gpointer data)
{
  g_autoptr(MbCall) self = data;

  stop_watching (self);
  self->func (self, self->user_data);

  /* Here, and not with the last reference, which another thread may hold: it may be the user's object. */
  if (self->destroy != NULL)
    g_steal_pointer (&self->destroy) (self->user_data);
}

void
_mb_call_complete (MbCall    *self,
                   MbMessage *message,
                   GError    *error)
{
  self->message = message;
  self->error = error;
  g_atomic_int_set (&self->ended, TRUE);

  if (self->waiter != NULL)
    _mb_waiter_poke (self->waiter);
  else
    _mb_mailbox_post (self->mailbox, deliver, _mb_call_ref (self), (GDestroyNotify) _mb_call_unref);
}

const char *
_mb_call_get_id (MbCall *self)
{
  return self->id;
}

MbSchema *
_mb_call_get_reply_schema (MbCall *self)
{
  return self->reply_schema;
}

void
_mb_call_wait (MbCall    *self,
               MbMailbox *mailbox)
{
  if (mailbox != NULL)
    _mb_mailbox_add_waiter (mailbox, self->waiter);

  while (!g_atomic_int_get (&self->ended))
    {
      if (mailbox != NULL && _mb_mailbox_dispatch_urgent (mailbox))
        continue;

      if (!_mb_waiter_wait (self->waiter, self->deadline))
        fail_timed_out (self);
    }

  if (mailbox != NULL)
    _mb_mailbox_remove_waiter (mailbox, self->waiter);

  stop_watching (self);
}

MbMessage *
_mb_call_take_result (MbCall  *self,
                      GError **error)
{
  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return NULL;
    }

  return g_steal_pointer (&self->message);
}
