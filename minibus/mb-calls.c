/* mb-calls.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-calls-private.h"

#include <glib/gi18n-lib.h>

#include "mb-deadlines-private.h"
#include "mb-error.h"
#include "mb-uuid-private.h"

/* Ids of ended calls that are remembered, to tell a late answer from one that was for somebody else. */
#define MAX_ENDED 1024
/* As many bytes of an id tell most calls apart. */
#define HASHED_BYTES 8
/* Services that are remembered; a program that calls more starts anew. */
#define MAX_PROVIDERS 1024

typedef struct _MbSlot MbSlot;

/* What an id stands for. */
struct _MbSlot
{
  char    id[MB_UUID_SIZE];
  MbCall *call;               /* with a reference; NULL when it has ended */
  MbSlot *next;               /* of the ended ones, the one that ended after this */
};

struct _MbCalls
{
  gatomicrefcount ref_count;
  GMutex          lock;
  GHashTable     *slots;      /* lock; id to MbSlot */
  MbSlot         *ended;      /* lock; the one that ended first */
  MbSlot         *last_ended; /* lock */
  guint           n_ended;    /* lock */
  GHashTable     *providers;  /* lock; service to MbProvider, with a reference */
  GPtrArray      *deadlines;  /* lock; MbDeadlines, one for each context with calls */
  MbUuidSource    ids;        /* lock */
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
  char            id[MB_UUID_SIZE];  /* from the start on */
  char           *service;      /* a GRefString */
  gconstpointer   owner;        /* only compared */
  MbSchema       *reply_schema;
  guint           timeout;
  gint64          started;
  MbDeadline      deadline;     /* the lock of the table, but for synchronous calls, which are in no set */
  MbDeadlines    *deadlines;    /* the lock of the table */
  MbWaiter       *waiter;       /* of synchronous calls */
  MbCalls        *calls;        /* from the start on */
  MbProvider     *provider;     /* likewise */
  MbMailbox      *mailbox;      /* of asynchronous calls */
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

/* The ids are ours, and random from the first byte on, so nobody can choose some that collide. */
static guint
id_hash (gconstpointer key)
{
  const char *id = key;
  guint hash = 0;

  for (guint i = 0; i < HASHED_BYTES && id[i] != '\0'; i++)
    hash = hash * 31 + (guint8) id[i];

  return hash;
}

static void
slot_free (gpointer data)
{
  MbSlot *slot = data;

  g_clear_pointer (&slot->call, _mb_call_unref);
  g_free (slot);
}

MbCalls *
_mb_calls_new (void)
{
  MbCalls *self = g_new0 (MbCalls, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->slots = g_hash_table_new_full (id_hash, g_str_equal, NULL, slot_free);
  self->providers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_atomic_rc_box_release);
  self->deadlines = g_ptr_array_new ();

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

  /* Each set holds a reference on this. */
  g_assert (self->deadlines->len == 0);

  g_ptr_array_unref (self->deadlines);
  g_hash_table_unref (self->providers);
  g_hash_table_unref (self->slots);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The lock is held. */
static void
remember_ended (MbCalls *self,
                MbSlot  *slot)
{
  if (self->last_ended != NULL)
    self->last_ended->next = slot;
  else
    self->ended = slot;
  self->last_ended = slot;

  if (++self->n_ended > MAX_ENDED)
    {
      MbSlot *first = self->ended;

      self->ended = first->next;
      self->n_ended--;
      g_hash_table_remove (self->slots, first->id);
    }
}

/* The lock is held. Takes the call, which waits, out of its slot. */
static MbCall *
take_from_slot (MbCalls *self,
                MbSlot  *slot)
{
  MbCall *call = g_steal_pointer (&slot->call);

  if (call->deadlines != NULL)
    _mb_deadlines_remove (call->deadlines, &call->deadline);
  remember_ended (self, slot);

  return call;
}

MbCall *
_mb_calls_take (MbCalls    *self,
                const char *id,
                const char *service,
                gboolean   *late)
{
  MbCall *call = NULL;
  MbSlot *slot;

  g_mutex_lock (&self->lock);

  slot = g_hash_table_lookup (self->slots, id);
  if (late != NULL)
    *late = slot != NULL && slot->call == NULL;
  if (slot != NULL && slot->call != NULL && (service == NULL || strcmp (slot->call->service, service) == 0))
    call = take_from_slot (self, slot);

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
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      MbCall *call = ((MbSlot *) value)->call;

      if (call != NULL && (owner == NULL || call->owner == owner))
        g_ptr_array_add (ids, g_strdup (call->id));
    }
  g_mutex_unlock (&self->lock);

  fail_ids (self, ids, error);
}

guint
_mb_calls_get_n_waiting (MbCalls *self)
{
  guint n_waiting;

  g_mutex_lock (&self->lock);
  n_waiting = g_hash_table_size (self->slots) - self->n_ended;
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
  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      MbCall *call = ((MbSlot *) value)->call;

      if (call != NULL && call->started < before && g_hash_table_add (seen, call->service))
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
  gpointer value;
  gsize length = strlen (name);

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      MbCall *call = ((MbSlot *) value)->call;

      if (call != NULL && call->started < before && strncmp (call->service, name, length) == 0 &&
          strcmp (call->service + length, "/") == 0)
        g_ptr_array_add (ids, g_strdup (call->id));
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

MbOffered
_mb_calls_get_offered (MbCalls    *self,
                       const char *name)
{
  g_autofree char *service = g_strconcat (name, "/", NULL);
  MbOffered offered = MB_OFFERED_UNKNOWN;
  MbProvider *provider;

  g_mutex_lock (&self->lock);
  provider = g_hash_table_lookup (self->providers, service);
  if (provider != NULL && g_atomic_int_get (&provider->silent))
    offered = MB_OFFERED_SILENTLY;
  else if (provider != NULL && g_atomic_int_get (&provider->known))
    offered = MB_OFFERED_BEFORE;
  g_mutex_unlock (&self->lock);

  return offered;
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
              char          *service,
              MbSchema      *reply_schema,
              guint          timeout,
              MbWaiter      *waiter)
{
  /* Not g_new0(), as calloc() passes by the cache that makes malloc() fast. */
  MbCall *self = g_new (MbCall, 1);

  memset (self, 0, sizeof *self);
  g_atomic_ref_count_init (&self->ref_count);
  self->owner = owner;
  self->service = g_ref_string_acquire (service);
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

  g_ref_string_release (self->service);
  g_clear_object (&self->reply_schema);
  g_clear_pointer (&self->waiter, _mb_waiter_unref);
  g_clear_pointer (&self->calls, _mb_calls_unref);
  g_clear_pointer (&self->provider, g_atomic_rc_box_release);
  g_clear_pointer (&self->mailbox, _mb_mailbox_unref);
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

static char *
describe_timeout (MbCall *self)
{
  g_autofree char *name = g_strndup (self->service, strlen (self->service) - 1);

  return g_strdup_printf (_("Service “%s” did not answer within %u ms: is a program that offers it "
                            "running, and on the same bus address?"),
                          name, self->timeout);
}

static void
fail_timed_out (MbCall *self)
{
  g_autofree char *message = describe_timeout (self);

  fail (self, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT, message);
}

/* The lock is held. The deadlines of calls in this context, or NULL. */
static MbDeadlines *
find_deadlines (MbCalls      *self,
                GMainContext *context)
{
  for (guint i = 0; i < self->deadlines->len; i++)
    {
      MbDeadlines *deadlines = g_ptr_array_index (self->deadlines, i);

      if (_mb_deadlines_are_of (deadlines, context))
        return deadlines;
    }

  return NULL;
}

/* The deadline of a call may have come. */
static gboolean
deadline_cb (gpointer user_data)
{
  MbCalls *self = user_data;
  g_autoptr(GPtrArray) late = g_ptr_array_new ();
  MbDeadlines *idle = NULL;
  MbDeadlines *deadlines;
  MbDeadline *deadline;

  g_mutex_lock (&self->lock);
  deadlines = find_deadlines (self, g_source_get_context (g_main_current_source ()));
  while (deadlines != NULL && (deadline = _mb_deadlines_take_due (deadlines, g_get_monotonic_time ())) != NULL)
    {
      MbCall *call = deadline->owner;

      g_ptr_array_add (late, take_from_slot (self, g_hash_table_lookup (self->slots, call->id)));
    }
  if (deadlines != NULL && !_mb_deadlines_rest (deadlines))
    {
      g_ptr_array_remove_fast (self->deadlines, deadlines);
      idle = deadlines;
    }
  g_mutex_unlock (&self->lock);

  g_clear_pointer (&idle, _mb_deadlines_free);

  for (guint i = 0; i < late->len; i++)
    {
      g_autoptr(MbCall) call = g_ptr_array_index (late, i);
      g_autofree char *message = describe_timeout (call);

      _mb_call_complete (call, NULL, g_error_new_literal (MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT, message));
    }

  return G_SOURCE_CONTINUE;
}

/* The lock is held. Puts those of contexts that are no more aside. */
static void
take_over_deadlines (MbCalls   *self,
                     GPtrArray *over)
{
  for (guint i = self->deadlines->len; i > 0; i--)
    {
      if (_mb_deadlines_are_over (g_ptr_array_index (self->deadlines, i - 1)))
        g_ptr_array_add (over, g_ptr_array_remove_index_fast (self->deadlines, i - 1));
    }
}

static void
free_deadlines (GPtrArray *deadlines)
{
  for (guint i = 0; i < deadlines->len; i++)
    _mb_deadlines_free (g_ptr_array_index (deadlines, i));
  g_ptr_array_unref (deadlines);
}

/* The lock is held. The deadlines of calls in this context, which are new if there are none. Rare, and so the time to
 * put those aside of contexts that are no more. */
static MbDeadlines *
add_deadlines (MbCalls       *self,
               GMainContext  *context,
               GPtrArray    **over)
{
  MbDeadlines *deadlines = _mb_deadlines_new (context, deadline_cb, _mb_calls_ref (self),
                                              (GDestroyNotify) _mb_calls_unref);

  *over = g_ptr_array_new ();
  take_over_deadlines (self, *over);
  g_ptr_array_add (self->deadlines, deadlines);

  return deadlines;
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  fail (user_data, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The call was cancelled"));
}

void
_mb_calls_stop (MbCalls *self)
{
  GPtrArray *deadlines;

  g_mutex_lock (&self->lock);
  deadlines = self->deadlines;
  self->deadlines = g_ptr_array_new ();
  g_mutex_unlock (&self->lock);

  free_deadlines (deadlines);
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
  GPtrArray *over = NULL;
  MbSlot *slot;

  self->calls = _mb_calls_ref (calls);
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  self->started = g_get_monotonic_time ();
  if (self->timeout > 0)
    self->deadline.time = self->started + self->timeout * G_TIME_SPAN_MILLISECOND;

  if (self->waiter == NULL)
    self->mailbox = _mb_mailbox_get (context);

  g_mutex_lock (&calls->lock);

  /* Not to be guessed: whoever knows the id can answer. */
  _mb_uuid_put (&calls->ids, self->id);
  slot = g_new (MbSlot, 1);
  memcpy (slot->id, self->id, sizeof slot->id);
  slot->call = _mb_call_ref (self);
  slot->next = NULL;
  g_hash_table_insert (calls->slots, slot->id, slot);
  self->provider = get_provider (calls, self->service);

  if (self->waiter == NULL && self->timeout > 0)
    {
      self->deadlines = find_deadlines (calls, context);
      if (self->deadlines == NULL)
        self->deadlines = add_deadlines (calls, context, &over);
      self->deadline.owner = self;
      _mb_deadlines_add (self->deadlines, &self->deadline);
    }

  g_mutex_unlock (&calls->lock);

  g_clear_pointer (&over, free_deadlines);

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

      if (!_mb_waiter_wait (self->waiter, self->deadline.time))
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
