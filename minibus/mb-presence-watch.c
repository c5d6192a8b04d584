/* mb-presence-watch.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A client watches the others. */

#include "config.h"

#include "mb-presence-state-private.h"

#include <string.h>

#include "mb-service-names-private.h"

#define PREFIX "/__minibus__/"

static const char * const list_services[MB_PRESENCE_N_LISTS] = {
  "__publishers__",
  "__subscribers__",
  "__service_servers__",
  "__service_clients__",
};

static void
add_route (MbPresence *self,
           GPtrArray  *routes,
           guint       kind,
           const char *topic)
{
  g_autoptr(MbPattern) pattern = _mb_pattern_new_literal (topic);
  MbRoute *route = _mb_route_new (MB_ROUTE_PRESENCE, pattern, NULL, NULL);

  route->builtin = kind;
  _mb_router_add (self->core->router, route);
  g_ptr_array_add (routes, route);
}

static void
remove_routes (MbPresence *self,
               GPtrArray  *routes)
{
  for (guint i = 0; i < routes->len; i++)
    _mb_router_remove (self->core->router, g_ptr_array_index (routes, i));
  g_ptr_array_set_size (routes, 0);
}

void
_mb_presence_changed_cb (gpointer      user_data,
                         MbPeerRecord *record)
{
  MbPresence *self = user_data;

  for (guint i = 0; i < self->listeners->len; i++)
    {
      MbPresenceListener *listener = g_ptr_array_index (self->listeners, i);

      if (!g_hash_table_contains (listener->dirty, record))
        g_hash_table_add (listener->dirty, _mb_peer_record_ref (record));
      if (listener->woken)
        continue;
      listener->woken = TRUE;
      _mb_inbox_push (listener->inbox, GUINT_TO_POINTER (1), 0);
    }
}

gboolean
_mb_presence_is_watching (MbPresence *self)
{
  return self->listeners->len > 0 || self->waits->len > 0 || self->checks->len > 0;
}

void
_mb_presence_start_round (MbPresence *self,
                          gint64      now)
{
  self->round_start = now;
  self->n_round_asks = 0;
  self->settled = FALSE;
  self->silent_at = now;
  _mb_presence_wake (self, now);
}

void
_mb_presence_watch_begin (MbPresence *self,
                          gint64      now)
{
  if (!self->is_open)
    return;

  if (self->table == NULL)
    {
      self->table = _mb_peer_table_new (self->unit, _mb_presence_changed_cb, self);
      self->round_start = 0;
      self->settled = FALSE;
      self->renew_at = self->greet_at = self->silent_at = self->silent_check_at = 0;

      add_route (self, self->routes, MB_PRESENCE_ANNOUNCEMENT, MB_PRESENCE_TOPIC);
      add_route (self, self->routes, MB_PRESENCE_LIST_CLIENTS, PREFIX "__listclients__/" MB_SUFFIX_REPLY);
      for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
        {
          g_autofree char *topic = g_strconcat (PREFIX, list_services[i], "/", MB_SUFFIX_REPLY, NULL);

          add_route (self, self->routes, MB_PRESENCE_LIST + i, topic);
        }
    }

  if (self->listeners->len > 0 && self->round_start == 0)
    {
      _mb_presence_start_round (self, now);
      self->renew_at = now + MB_MS (self, LEASE) / 3;
    }
}

/* Nobody wants to know any more; or nothing can be known. */
void
_mb_presence_watch_end (MbPresence *self)
{
  g_autoptr(GPtrArray) all = _mb_peer_table_list (self->table);

  for (guint i = 0; i < all->len; i++)
    _mb_peer_table_remove (self->table, g_ptr_array_index (all, i));
  g_clear_pointer (&self->table, _mb_peer_table_free);
  remove_routes (self, self->routes);
  remove_routes (self, self->detail_routes);
  self->round_start = 0;
  self->settled = FALSE;
}

void
_mb_presence_ask_silent (MbPresence *self,
                         const char *name,
                         const char *service,
                         GPtrArray  *out)
{
  MbPresencePacket *packet;

  _mb_presence_put (out, NULL, g_string_new ("null"), MB_SECRECY_CLEAR);
  packet = g_ptr_array_index (out, out->len - 1);
  packet->owned = g_strconcat (PREFIX, name != NULL ? name : "", name != NULL ? "/" : "", service, "/",
                               MB_SUFFIX_REQUEST, NULL);
  packet->topic = packet->owned;
  packet->id = g_strdup_printf ("%s-%016" G_GINT64_MODIFIER "x-%u", MB_PRESENCE_ID, self->session,
                                self->silent_round);
}

/* The answer is of the peer only if it came on the topic of its name. */
static gboolean
is_detail_of (const char *topic,
              const char *author,
              const char *service)
{
  g_autofree char *expected = g_strconcat (PREFIX, author, "/", service, "/", MB_SUFFIX_REPLY, NULL);

  return strcmp (topic, expected) == 0;
}

void
_mb_presence_watch_take (MbPresence *self,
                         guint       route,
                         const char *topic,
                         const char *author,
                         JsonNode   *data,
                         gint64      now)
{
  MbPeerRecord *record;

  if (author == NULL)
    return;

  record = _mb_peer_table_find_silent (self->table, author, now);
  if (record == NULL)
    return;
  _mb_presence_note_silent (self->core);

  if (route >= MB_PRESENCE_LIST && route < MB_PRESENCE_LIST + MB_PRESENCE_N_LISTS)
    _mb_peer_table_take_list (self->table, record, route - MB_PRESENCE_LIST, data, self->silent_round);
  else if (route == MB_PRESENCE_HOST && is_detail_of (topic, author, "__hostname__"))
    _mb_peer_table_take_host (self->table, record, data);
  else if (route == MB_PRESENCE_PID && is_detail_of (topic, author, "__pid__"))
    _mb_peer_table_take_pid (self->table, record, data);

  if ((record->answered & MB_ANSWERED_ALL) == MB_ANSWERED_ALL)
    _mb_peer_table_show (self->table, record);

  if (self->listeners->len > 0 && !record->visible && record->n_tried == 0)
    {
      self->silent_check_at = _mb_presence_earlier (self->silent_check_at, now);
      _mb_presence_wake (self, now);
    }
  _mb_presence_wait_look (self);
}

/* Asks those who were found for what is missing of them. Returns when to look again. */
static gint64
ask_details (MbPresence *self,
             gint64      now,
             GPtrArray  *out)
{
  g_autoptr(GPtrArray) all = _mb_peer_table_list (self->table);
  gboolean lists_wanted = FALSE;
  gint64 next = 0;
  guint n_asked = 0;

  remove_routes (self, self->detail_routes);

  for (guint i = 0; i < all->len; i++)
    {
      MbPeerRecord *record = g_ptr_array_index (all, i);

      if (record->session != 0 || record->visible)
        continue;

      if (record->n_tried > SILENT_TRIES)
        {
          /* Names with characters that mean something in a regular expression cannot be asked. */
          _mb_peer_table_show (self->table, record);
          continue;
        }

      /* A few at a time. */
      next = now + MB_MS (self, 250);
      if (n_asked >= 16)
        continue;
      n_asked++;
      record->n_tried++;
      lists_wanted |= (record->answered & MB_ANSWERED_LISTS) != MB_ANSWERED_LISTS;

      if ((record->answered & MB_ANSWERED_HOST) == 0)
        {
          g_autofree char *topic = g_strconcat (PREFIX, record->name, "/__hostname__/", MB_SUFFIX_REPLY, NULL);

          add_route (self, self->detail_routes, MB_PRESENCE_HOST, topic);
          _mb_presence_ask_silent (self, record->name, "__hostname__", out);
        }
      if ((record->answered & MB_ANSWERED_PID) == 0)
        {
          g_autofree char *topic = g_strconcat (PREFIX, record->name, "/__pid__/", MB_SUFFIX_REPLY, NULL);

          add_route (self, self->detail_routes, MB_PRESENCE_PID, topic);
          _mb_presence_ask_silent (self, record->name, "__pid__", out);
        }
    }

  for (guint i = 0; lists_wanted && i < MB_PRESENCE_N_LISTS; i++)
    _mb_presence_ask_silent (self, NULL, list_services[i], out);

  return next;
}

/* Counts who did not answer the round. */
static guint
count_silent (MbPresence *self,
              gboolean    judge,
              gboolean   *missed)
{
  g_autoptr(GPtrArray) all = _mb_peer_table_list (self->table);
  guint n_silent = 0;

  *missed = FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      MbPeerRecord *record = g_ptr_array_index (all, i);
      MbPeerLive live;

      if (record->session != 0)
        continue;

      n_silent++;
      _mb_peer_record_get_live (record, &live);
      if (!judge || live.last_seen >= self->silent_start)
        continue;

      *missed = TRUE;
      if (++record->n_missed >= SILENT_ROUNDS)
        _mb_peer_table_remove (self->table, record);
    }

  return n_silent;
}

static void
step_silent (MbPresence *self,
             gint64      now,
             GPtrArray  *out)
{
  gboolean missed;
  guint n_silent;

  if (self->silent_check_at != 0 && self->silent_check_at <= now)
    self->silent_check_at = ask_details (self, now, out);

  if (self->silent_at == 0 || self->silent_at > now)
    return;

  n_silent = count_silent (self, self->silent_start != 0 && self->silent_start + MB_MS (self, SILENT_ANSWER) <= now,
                           &missed);
  self->silent_start = now;
  self->silent_round++;
  _mb_presence_ask_silent (self, NULL, "__listclients__", out);
  for (guint i = 0; n_silent > 0 && i < MB_PRESENCE_N_LISTS; i++)
    _mb_presence_ask_silent (self, NULL, list_services[i], out);

  /* At the start, again soon; then slowly, but in a hurry when somebody seems to have gone. */
  if (!self->settled && now < self->round_start + MB_MS (self, SETTLE_TIME))
    self->silent_at = now + MB_MS (self, SECOND_ASK);
  else if (missed)
    self->silent_at = now + MB_MS (self, SILENT_HURRY);
  else
    self->silent_at = now + MB_MS (self, MAX (SILENT_GAP, n_silent * SILENT_GAP_PER_PEER));
}

/* Whether everybody who is known has answered since the round began. */
static gboolean
have_all_answered (MbPresence *self)
{
  g_autoptr(GPtrArray) all = _mb_peer_table_list (self->table);

  for (guint i = 0; i < all->len; i++)
    {
      MbPeerRecord *record = g_ptr_array_index (all, i);
      MbPeerLive live;

      _mb_peer_record_get_live (record, &live);
      if (!record->visible || live.last_seen < self->round_start)
        return FALSE;
    }

  return TRUE;
}

static void
step_round (MbPresence *self,
            gint64      now,
            GPtrArray  *out)
{
  static const guint asks[] = { 0, SECOND_ASK };
  guint known = _mb_peer_table_count (self->table);
  guint lease = self->listeners->len > 0 ? (guint) (LEASE * self->unit / 1000) : 0;

  if (self->round_start == 0 || self->settled)
    return;

  if (self->n_round_asks < G_N_ELEMENTS (asks) &&
      self->round_start + MB_MS (self, asks[self->n_round_asks]) <= now)
    {
      /* Of those who are known, a sign of life is enough. */
      gboolean first = self->n_round_asks == 0 && known == 0;

      self->n_round_asks++;
      _mb_presence_put (out, MB_PRESENCE_QUESTIONS,
                        _mb_question_write (self->session, known, lease, first ? MB_WANT_STATE : MB_WANT_ALIVE,
                                            NULL, NULL, NULL, NULL, self->max),
                        MB_SECRECY_CLEAR);
    }

  if (now < self->round_start + MB_MS (self, SETTLE_TIME))
    return;
  if (!have_all_answered (self) && now < self->round_start + MB_MS (self, MAX_COLLECT_TIME))
    return;

  self->settled = TRUE;
  for (guint i = 0; i < self->listeners->len; i++)
    {
      MbPresenceListener *listener = g_ptr_array_index (self->listeners, i);

      if (!listener->woken)
        _mb_inbox_push (listener->inbox, GUINT_TO_POINTER (1), 0);
      listener->woken = TRUE;
    }
  _mb_presence_wait_look (self);
}

/* Returns when there is something to do again, or 0. */
gint64
_mb_presence_watch_step (MbPresence *self,
                         gint64      now,
                         GPtrArray  *out)
{
  g_autoptr(GPtrArray) wanting = NULL;
  gint64 next;
  gint64 expires;
  guint known;

  if (self->table == NULL)
    return 0;

  if (!_mb_presence_is_watching (self))
    {
      _mb_presence_watch_end (self);
      return 0;
    }

  expires = _mb_peer_table_expire (self->table, now);
  wanting = _mb_peer_table_list_wanting (self->table, now, &next);
  known = _mb_peer_table_count (self->table);
  next = _mb_presence_earlier (next, expires);

  if (wanting->len > 0)
    _mb_presence_put (out, MB_PRESENCE_QUESTIONS,
                      _mb_question_write (self->session, known, 0, MB_WANT_STATE, wanting, NULL, NULL, NULL,
                                          self->max),
                      MB_SECRECY_CLEAR);

  if (self->listeners->len == 0)
    return next;

  step_round (self, now, out);
  step_silent (self, now, out);

  if (self->renew_at <= now || (self->greet_at != 0 && self->greet_at <= now))
    {
      _mb_presence_put (out, MB_PRESENCE_QUESTIONS,
                        _mb_question_write (self->session, known, (guint) (LEASE * self->unit / 1000),
                                            MB_WANT_NOTHING, NULL, NULL, NULL, NULL, self->max),
                        MB_SECRECY_CLEAR);
      self->renew_at = now + MB_MS (self, LEASE) / 3;
      self->greet_at = 0;
    }

  if (!self->settled)
    next = _mb_presence_earlier (next, now + MB_MS (self, 50));
  next = _mb_presence_earlier (next, self->renew_at);
  next = _mb_presence_earlier (next, self->greet_at);
  next = _mb_presence_earlier (next, self->silent_at);

  return _mb_presence_earlier (next, self->silent_check_at);
}

MbPresenceListener *
_mb_presence_listen (MbCore  *core,
                     MbInbox *inbox)
{
  MbPresence *self = core->presence;
  MbPresenceListener *listener = g_new0 (MbPresenceListener, 1);

  listener->inbox = _mb_inbox_ref (inbox);
  listener->dirty = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) _mb_peer_record_unref, NULL);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->listeners, listener);

  /* What another one has found out already. */
  if (self->table != NULL)
    {
      g_autoptr(GPtrArray) all = _mb_peer_table_list (self->table);

      for (guint i = 0; i < all->len; i++)
        {
          MbPeerRecord *record = g_ptr_array_index (all, i);

          if (record->visible)
            g_hash_table_add (listener->dirty, _mb_peer_record_ref (record));
        }
      if (g_hash_table_size (listener->dirty) > 0 || self->settled)
        {
          listener->woken = TRUE;
          _mb_inbox_push (listener->inbox, GUINT_TO_POINTER (1), 0);
        }
    }
  _mb_presence_watch_begin (self, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);

  return listener;
}

void
_mb_presence_unlisten (MbCore             *core,
                       MbPresenceListener *listener)
{
  MbPresence *self = core->presence;

  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->listeners, listener);
  if (self->table != NULL && self->listeners->len == 0)
    {
      /* Without signs of life, what is known grows old. */
      if (_mb_presence_is_watching (self))
        self->round_start = 0;
      else
        _mb_presence_watch_end (self);
    }
  g_mutex_unlock (&self->lock);

  g_hash_table_unref (listener->dirty);
  _mb_inbox_unref (listener->inbox);
  g_free (listener);
}

static void
change_free (gpointer data)
{
  MbPeerChange *change = data;

  _mb_peer_record_unref (change->record);
  g_clear_pointer (&change->state, _mb_peer_state_unref);
  g_free (change);
}

GPtrArray *
_mb_presence_take_changes (MbCore             *core,
                           MbPresenceListener *listener,
                           gboolean           *settled)
{
  MbPresence *self = core->presence;
  GPtrArray *changes = g_ptr_array_new_with_free_func (change_free);
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, listener->dirty);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      MbPeerRecord *record = key;
      MbPeerChange *change = g_new0 (MbPeerChange, 1);

      change->record = _mb_peer_record_ref (record);
      if (!record->gone)
        change->state = _mb_peer_state_ref (record->state);
      g_ptr_array_add (changes, change);
    }
  g_hash_table_remove_all (listener->dirty);
  listener->woken = FALSE;
  *settled = self->settled;
  g_mutex_unlock (&self->lock);

  return changes;
}
