/* mb-presence-wait.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A client waits for one of the others; and finds out that nobody offers what a call is for. */

#include "config.h"

#include "mb-presence-state-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-builtin-private.h"
#include "mb-error.h"
#include "mb-near-private.h"
#include "mb-service-names-private.h"

#define DEFAULT_TIMEOUT 5000
#define FIRST_GAP 150
#define MAX_GAP 1000

struct _MbWait
{
  gatomicrefcount  ref_count;
  MbCore          *core;
  MbWaitKind       kind;
  char            *text;
  MbPattern       *pattern;        /* of MB_WAIT_PUBLISHER */
  gint64           deadline;       /* or 0 */
  gint64           ask_at;         /* the presence's lock, as the rest */
  guint            gap;
  gboolean         round_wanted;   /* a round that has to end */
  MbMailbox       *mailbox;
  GTask           *task;
  MbWaiter        *waiter;
  GCancellable    *cancellable;
  gulong           cancelled_id;
  GError          *error;
  int              ended;          /* atomic */
};

static MbWait *
wait_ref (MbWait *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
wait_unref (MbWait *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  _mb_core_unref (self->core);
  g_free (self->text);
  g_clear_pointer (&self->pattern, _mb_pattern_unref);
  g_clear_pointer (&self->mailbox, _mb_mailbox_unref);
  g_clear_pointer (&self->waiter, _mb_waiter_unref);
  g_clear_object (&self->task);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbWait, wait_unref)

/* In the context of the one who waits, whose objects must not go anywhere else. */
static void
deliver (gpointer data)
{
  MbWait *self = data;
  g_autoptr(GTask) task = g_steal_pointer (&self->task);

  if (self->cancelled_id != 0)
    g_cancellable_disconnect (self->cancellable, self->cancelled_id);

  if (self->error != NULL)
    g_task_return_error (task, g_steal_pointer (&self->error));
  else
    g_task_return_boolean (task, TRUE);

  wait_unref (self);
}

/* The lock is held. Takes the wait out of the list, and `error`. */
static void
end_wait (MbPresence *presence,
          MbWait     *self,
          GError     *error)
{
  g_ptr_array_remove (presence->waits, self);
  self->error = error;
  g_atomic_int_set (&self->ended, TRUE);

  if (self->waiter != NULL)
    {
      _mb_waiter_poke (self->waiter);
      wait_unref (self);
    }
  else
    {
      _mb_mailbox_post (self->mailbox, deliver, self, (GDestroyNotify) wait_unref);
    }
}

static gboolean
is_waiting (MbPresence *presence,
            MbWait     *self)
{
  return g_ptr_array_find (presence->waits, self, NULL);
}

static GError *
make_cancelled_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The wait was cancelled"));
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  MbWait *self = user_data;
  MbPresence *presence = self->core->presence;

  g_mutex_lock (&presence->lock);
  if (is_waiting (presence, self))
    end_wait (presence, self, make_cancelled_error ());
  g_mutex_unlock (&presence->lock);
}

static gboolean
is_met_by (MbWait       *self,
           MbPeerRecord *record)
{
  MbPresence *presence = self->core->presence;

  if (record->state == NULL)
    return FALSE;

  switch (self->kind)
    {
    case MB_WAIT_SERVICE:
      return _mb_presence_list_matches (record->state->lists[MB_LIST_SERVICES], self->text);

    case MB_WAIT_PEER:
      return strcmp (record->name, self->text) == 0;

    case MB_WAIT_PUBLISHER:
      return record->session != presence->session &&
             _mb_presence_list_matched (record->state->lists[MB_LIST_PUBLISHERS], self->pattern);

    case MB_WAIT_SUBSCRIBER:
      return record->session != presence->session &&
             _mb_presence_list_matches (record->state->lists[MB_LIST_SUBSCRIBERS], self->text);

    case MB_WAIT_COLLECT:
    case MB_WAIT_KEYS:
    case MB_WAIT_SCHEMAS:
    default:
      return FALSE;
    }
}

void
_mb_presence_wait_look (MbPresence *self)
{
  g_autoptr(GPtrArray) all = NULL;

  if (self->table == NULL || self->waits->len == 0)
    return;

  all = _mb_peer_table_list (self->table);
  for (guint i = self->waits->len; i > 0; i--)
    {
      MbWait *wait = g_ptr_array_index (self->waits, i - 1);
      gboolean met = wait->kind == MB_WAIT_COLLECT && self->settled && self->n_round_asks > 0;

      for (guint j = 0; j < all->len && !met; j++)
        met = is_met_by (wait, g_ptr_array_index (all, j));
      if (met)
        end_wait (self, wait, NULL);
    }
}

static GError *
make_time_error (MbWait *self)
{
  switch (self->kind)
    {
    case MB_WAIT_PEER:
      return g_error_new (MB_CLIENT_ERROR, MB_CLIENT_ERROR_TIMED_OUT,
                          _("No peer of the name “%s” appeared in time"), self->text);

    case MB_WAIT_PUBLISHER:
      return g_error_new (MB_CLIENT_ERROR, MB_CLIENT_ERROR_TIMED_OUT,
                          _("Nobody published on “%s” in time"), self->text);

    case MB_WAIT_SUBSCRIBER:
      return g_error_new (MB_CLIENT_ERROR, MB_CLIENT_ERROR_TIMED_OUT,
                          _("Nobody listened to “%s” in time"), self->text);

    case MB_WAIT_COLLECT:
    case MB_WAIT_KEYS:
    case MB_WAIT_SCHEMAS:
    case MB_WAIT_SERVICE:
    default:
      return g_error_new (MB_CLIENT_ERROR, MB_CLIENT_ERROR_TIMED_OUT,
                          _("Nobody offered service “%s” in time: is a program that does running, and on the same "
                            "bus address?"), self->text);
    }
}

/* Those who did not answer what was encrypted cannot read it. */
static void
judge_keys (MbPresence *self)
{
  g_autoptr(GPtrArray) all = _mb_peer_table_list (self->table);

  for (guint i = 0; i < all->len; i++)
    {
      MbPeerRecord *record = g_ptr_array_index (all, i);
      MbPeerLive live;

      _mb_peer_record_get_live (record, &live);
      if (record->session != 0 && record->state != NULL && live.key_match == MB_KEY_MATCH_UNKNOWN)
        _mb_peer_record_set_key (record, MB_KEY_MATCH_DIFFERENT);
    }
}

static void
end_late (MbPresence *self,
          MbWait     *wait)
{
  if (wait->kind == MB_WAIT_KEYS)
    judge_keys (self);

  end_wait (self, wait, wait->kind < MB_WAIT_COLLECT ? make_time_error (wait) : NULL);
}

/* What all who wait want to know, in one question. Returns when there is something to do again. */
static gint64
step_waits (MbPresence *self,
            gint64      now,
            GPtrArray  *out)
{
  g_autoptr(GPtrArray) services = g_ptr_array_new ();
  g_autoptr(GPtrArray) peers = g_ptr_array_new ();
  g_autoptr(GPtrArray) topics = g_ptr_array_new ();
  g_autoptr(GPtrArray) schemas = g_ptr_array_new ();
  gboolean all = FALSE;
  gboolean keys = FALSE;
  gint64 next = 0;
  guint known = _mb_peer_table_count (self->table);

  for (guint i = self->waits->len; i > 0; i--)
    {
      MbWait *wait = g_ptr_array_index (self->waits, i - 1);

      if (wait->deadline != 0 && wait->deadline <= now)
        {
          end_late (self, wait);
          continue;
        }
      next = _mb_presence_earlier (next, wait->deadline);

      if (wait->kind == MB_WAIT_COLLECT)
        continue;

      if (wait->ask_at <= now)
        {
          wait->ask_at = now + MB_MS (self, wait->gap);
          wait->gap = MIN (wait->gap * 2, MAX_GAP);

          if (wait->kind == MB_WAIT_SERVICE)
            g_ptr_array_add (services, wait->text);
          else if (wait->kind == MB_WAIT_PEER)
            g_ptr_array_add (peers, wait->text);
          else if (wait->kind == MB_WAIT_SUBSCRIBER)
            g_ptr_array_add (topics, wait->text);
          else if (wait->kind == MB_WAIT_PUBLISHER)
            all = TRUE;
          else if (wait->kind == MB_WAIT_KEYS)
            keys = TRUE;
          else
            g_ptr_array_add (schemas, wait->text);
        }
      next = _mb_presence_earlier (next, wait->ask_at);
    }

  if (all)
    _mb_presence_put (out, MB_PRESENCE_QUESTIONS,
                      _mb_question_write (self->session, known, 0, MB_WANT_STATE, NULL, NULL, NULL, NULL, self->max),
                      MB_SECRECY_CLEAR);
  else if (services->len + peers->len + topics->len > 0)
    _mb_presence_put (out, MB_PRESENCE_QUESTIONS,
                      _mb_question_write (self->session, known, 0, MB_WANT_STATE, NULL, peers, services, topics,
                                          self->max),
                      MB_SECRECY_CLEAR);
  if (schemas->len > 0)
    _mb_presence_put (out, MB_PRESENCE_QUESTIONS,
                      _mb_question_write (self->session, known, 0, MB_WANT_SCHEMAS, schemas, NULL, NULL, NULL,
                                          self->max),
                      MB_SECRECY_CLEAR);
  if (keys && self->encrypted)
    _mb_presence_put (out, MB_PRESENCE_QUESTIONS,
                      _mb_question_write (self->session, known, 0, MB_WANT_ALIVE, NULL, NULL, NULL, NULL, self->max),
                      MB_SECRECY_ENCRYPTED);

  if (services->len > 0)
    _mb_presence_ask_silent (self, NULL, "__service_servers__", out);
  if (peers->len > 0)
    _mb_presence_ask_silent (self, NULL, "__listclients__", out);
  if (topics->len > 0)
    _mb_presence_ask_silent (self, NULL, "__subscribers__", out);
  if (all)
    _mb_presence_ask_silent (self, NULL, "__publishers__", out);

  return next;
}

void
_mb_service_check_free (gpointer data)
{
  MbServiceCheck *check = data;

  g_free (check->name);
  g_free (check);
}

static MbServiceCheck *
find_check (MbPresence *self,
            const char *name)
{
  for (guint i = 0; i < self->checks->len; i++)
    {
      MbServiceCheck *check = g_ptr_array_index (self->checks, i);

      if (strcmp (check->name, name) == 0)
        return check;
    }

  return NULL;
}

static gboolean
is_offered (MbPresence *self,
            const char *name)
{
  g_autoptr(GPtrArray) all = _mb_peer_table_list (self->table);

  for (guint i = 0; i < all->len; i++)
    {
      MbPeerRecord *record = g_ptr_array_index (all, i);

      if (record->state != NULL && _mb_presence_list_matches (record->state->lists[MB_LIST_SERVICES], name))
        return TRUE;
    }

  return FALSE;
}

static MbServiceCheck *
add_check (MbPresence *self,
           const char *name,
           gint64      started,
           gint64      now)
{
  MbServiceCheck *check = g_new0 (MbServiceCheck, 1);

  check->name = g_strdup (name);
  check->started = started;
  g_ptr_array_add (self->checks, check);
  _mb_presence_watch_begin (self, now);

  return check;
}

/* Of our own accord, while a program only makes a call. Python peers with our keys would answer encrypted, in the
 * hearing of those without, who do not survive it; and each answer takes them as long as that to the call. */
static gboolean
may_ask_silent (MbPresence *self)
{
  return !self->encrypted;
}

/* A peer with one thread cannot say that it offers the service while it works on the request. But it takes one packet
 * after the other, so it answers a question that comes before the request. */
void
_mb_presence_wait_ask_first (MbPresence *self,
                             const char *name,
                             gint64      now,
                             GPtrArray  *out)
{
  g_autofree char *topic = _mb_service_name_to_topic (name, MB_SUFFIX_REQUEST);
  MbServiceCheck *check;

  /* The lists do not tell of built-in services. */
  if (!may_ask_silent (self) || _mb_builtin_has_topic (topic))
    return;
  if (self->table != NULL && is_offered (self, name))
    {
      _mb_calls_note_offered (self->core->calls, name);
      return;
    }

  check = find_check (self, name);
  if (check == NULL && self->checks->len < MAX_CHECKS)
    check = add_check (self, name, now + MB_MS (self, CALL_GRACE), now);
  if (check == NULL)
    return;

  check->asked_at = now;
  _mb_presence_ask_silent (self, NULL, "__service_servers__", out);
}

static GError *
make_no_service_error (MbPresence *self,
                       const char *name)
{
  g_autoptr(GPtrArray) all = _mb_peer_table_list (self->table);
  MbNearNames *near_names = _mb_near_names_new (name);
  g_auto(GStrv) near = NULL;

  for (guint i = 0; i < all->len; i++)
    {
      MbPeerRecord *record = g_ptr_array_index (all, i);
      char **services = record->state != NULL ? record->state->lists[MB_LIST_SERVICES] : NULL;

      for (guint j = 0; services != NULL && services[j] != NULL; j++)
        _mb_near_names_add (near_names, services[j]);
    }
  near = _mb_near_names_end (near_names, 3);

  if (near[0] != NULL)
    {
      g_autofree char *list = g_strjoinv (_("”, “"), near);

      return g_error_new (MB_SERVICE_ERROR, MB_SERVICE_ERROR_NO_SUCH_SERVICE,
                          _("Nobody on the bus offers service “%s”; there is “%s”"), name, list);
    }

  return g_error_new (MB_SERVICE_ERROR, MB_SERVICE_ERROR_NO_SUCH_SERVICE,
                      _("Nobody on the bus offers service “%s”: is a program that does running, and on the same bus "
                        "address?"), name);
}

/* Looks at the calls that wait for an answer. Returns when to look again, or 0 if no call waits. */
static gint64
step_checks (MbPresence *self,
             gint64      now,
             GPtrArray  *out)
{
  g_autoptr(GPtrArray) waiting = NULL;
  g_autoptr(GPtrArray) overdue = NULL;
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  gboolean heard_silent = g_atomic_int_get (&self->heard_silent);
  gboolean may_ask = may_ask_silent (self);
  guint time = heard_silent || !may_ask ? NO_SERVICE_TIME_MIXED : NO_SERVICE_TIME;
  gboolean unsure = FALSE;

  if (self->check_at == 0 || self->check_at > now)
    return self->check_at;

  /* Before the look, so that a call that comes now is looked at the next time. */
  g_atomic_int_set (&self->calls_noted, FALSE);
  waiting = _mb_calls_list_services (self->core->calls, G_MAXINT64);
  overdue = _mb_calls_list_services (self->core->calls, now - MB_MS (self, CALL_GRACE));

  /* Checks of services that nobody waits for any more. */
  for (guint i = self->checks->len; i > 0; i--)
    {
      MbServiceCheck *check = g_ptr_array_index (self->checks, i - 1);

      /* Of one that was made with its call, the call is not overdue yet. */
      if (!g_ptr_array_find_with_equal_func (check->started <= now ? overdue : waiting, check->name, g_str_equal,
                                             NULL))
        g_ptr_array_remove_index (self->checks, i - 1);
    }

  for (guint i = 0; i < overdue->len; i++)
    {
      const char *name = g_ptr_array_index (overdue, i);
      MbServiceCheck *check = find_check (self, name);
      MbOffered offered;

      if (check == NULL && self->checks->len < MAX_CHECKS)
        check = add_check (self, name, now, now);
      if (check == NULL || check->offered)
        continue;

      /* One who is silent may be at work for long: what it has answered before, it offers. */
      offered = _mb_calls_get_offered (self->core->calls, name);
      if (is_offered (self, name) || offered == MB_OFFERED_SILENTLY)
        {
          check->offered = TRUE;
          _mb_calls_note_offered (self->core->calls, name);
          continue;
        }

      /* Nobody knows what those offer who are there and must not be asked: the call has all its time. */
      if (heard_silent && !may_ask)
        continue;

      if (check->n_asked >= NO_SERVICE_ASKS &&
          now >= check->started + MB_MS (self, offered == MB_OFFERED_BEFORE ? NO_SERVICE_TIME_MIXED : time))
        {
          g_autoptr(GError) error = make_no_service_error (self, name);

          _mb_calls_fail_service (self->core->calls, name, check->started, error);
          check->started = now;
          check->n_asked = 0;
          continue;
        }

      unsure = TRUE;
      if (check->asked_at == 0 || check->asked_at + MB_MS (self, CALL_ASK_GAP) <= now)
        {
          check->asked_at = now;
          check->n_asked++;
          g_ptr_array_add (names, check->name);
        }
    }

  if (names->len > 0)
    {
      _mb_presence_put (out, MB_PRESENCE_QUESTIONS,
                        _mb_question_write (self->session, _mb_peer_table_count (self->table), 0, MB_WANT_STATE, NULL,
                                            NULL, names, NULL, self->max),
                        MB_SECRECY_CLEAR);
      if (may_ask)
        _mb_presence_ask_silent (self, NULL, "__service_servers__", out);
    }

  if (_mb_calls_get_n_waiting (self->core->calls) == 0)
    self->check_at = 0;
  else
    self->check_at = now + MB_MS (self, unsure ? CALL_ASK_GAP / 2 : CALL_GRACE);
  if (self->check_at != 0)
    g_atomic_int_set (&self->calls_noted, TRUE);

  return self->check_at;
}

gint64
_mb_presence_wait_step (MbPresence *self,
                        gint64      now,
                        GPtrArray  *out)
{
  gint64 next = step_checks (self, now, out);

  if (self->table != NULL && self->waits->len > 0)
    {
      _mb_presence_wait_look (self);
      next = _mb_presence_earlier (next, step_waits (self, now, out));
    }
  if (self->table != NULL && !_mb_presence_is_watching (self))
    _mb_presence_watch_end (self);

  return next;
}

void
_mb_presence_wait_fail_all (MbPresence *self)
{
  while (self->waits->len > 0)
    end_wait (self, g_ptr_array_index (self->waits, self->waits->len - 1),
              g_error_new (MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
                           _("The client “%s” was closed before what was waited for came"), self->core->name));
}

/* Starts to wait; what is wrong already ends the wait at once. */
static void
start (MbCore       *core,
       MbWait       *self,
       guint         timeout,
       GCancellable *cancellable)
{
  MbPresence *presence = core->presence;
  GError *error = NULL;
  gint64 now = g_get_monotonic_time ();

  if (timeout != G_MAXUINT)
    self->deadline = now + (timeout > 0 ? timeout : DEFAULT_TIMEOUT) * G_TIME_SPAN_MILLISECOND;
  self->gap = FIRST_GAP;

  if (self->kind == MB_WAIT_PUBLISHER)
    self->pattern = _mb_pattern_new (self->text, &error);

  /* Before anybody else knows the wait: it may end, and be delivered, as soon as it is in the list. */
  if (cancellable != NULL)
    {
      self->cancellable = g_object_ref (cancellable);
      self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), wait_ref (self),
                                                  (GDestroyNotify) wait_unref);
    }

  g_mutex_lock (&presence->lock);
  g_ptr_array_add (presence->waits, wait_ref (self));
  if (error == NULL && g_cancellable_is_cancelled (cancellable))
    error = make_cancelled_error ();
  if (error == NULL && !presence->is_open)
    error = g_error_new (MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
                         _("The client “%s” is not open; open it first"), core->name);
  if (error != NULL)
    {
      end_wait (presence, self, error);
    }
  else
    {
      _mb_presence_watch_begin (presence, now);
      /* A round that is over says what was; one that has begun says what is. */
      if (self->kind == MB_WAIT_COLLECT && presence->settled)
        _mb_presence_start_round (presence, now);
      if (self->kind == MB_WAIT_KEYS || self->kind == MB_WAIT_SCHEMAS)
        self->deadline = MIN (self->deadline != 0 ? self->deadline : G_MAXINT64,
                              now + MB_MS (presence, timeout > 0 ? timeout : SETTLE_TIME));
      _mb_presence_wait_look (presence);
      _mb_presence_wake (presence, now);
    }
  g_mutex_unlock (&presence->lock);
}

static MbWait *
wait_new (MbCore     *core,
          MbWaitKind  kind,
          const char *text)
{
  MbWait *self = g_new0 (MbWait, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->core = _mb_core_ref (core);
  self->kind = kind;
  self->text = g_strdup (text != NULL ? text : "");

  return self;
}

void
_mb_presence_wait_task (MbCore     *core,
                        MbWaitKind  kind,
                        const char *text,
                        guint       timeout,
                        GTask      *task)
{
  g_autoptr(MbWait) wait = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;

  wait = wait_new (core, kind, text);
  wait->task = g_object_ref (task);
  wait->mailbox = _mb_mailbox_get (g_task_get_context (task));
  start (core, wait, timeout, g_task_get_cancellable (task));
}

gboolean
_mb_presence_wait_sync (MbCore        *core,
                        MbWaitKind     kind,
                        const char    *text,
                        guint          timeout,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_autoptr(MbWait) wait = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  wait = wait_new (core, kind, text);
  wait->waiter = _mb_waiter_new ();
  start (core, wait, timeout, cancellable);

  _mb_core_begin_blocking (core);
  while (!g_atomic_int_get (&wait->ended))
    _mb_waiter_wait (wait->waiter, 0);
  _mb_core_end_blocking (core);

  if (wait->cancelled_id != 0)
    g_cancellable_disconnect (wait->cancellable, wait->cancelled_id);

  if (wait->error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&wait->error));

  return FALSE;
}
