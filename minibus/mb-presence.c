/* mb-presence.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-presence-state-private.h"

#include <string.h>

#include "mb-json-private.h"
#include "mb-ticker-private.h"

/* What a packet has around its data, but for the name of its sender. */
#define ENVELOPE 260
#define PACKET_SIZE 1472

/* The µs that a millisecond of the protocol takes. Atomic. */
static int unit = 1000;

static void
packet_free (gpointer data)
{
  MbPresencePacket *packet = data;

  g_free (packet->owned);
  g_free (packet->id);
  g_string_free (packet->data, TRUE);
  g_free (packet);
}

void
_mb_presence_put (GPtrArray  *out,
                  const char *topic,
                  GString    *data,
                  MbSecrecy   secrecy)
{
  MbPresencePacket *packet = g_new0 (MbPresencePacket, 1);

  packet->topic = topic;
  packet->data = data;
  packet->secrecy = secrecy;
  g_ptr_array_add (out, packet);
}

gint64
_mb_presence_jitter (MbPresence *self,
                     guint       window)
{
  return MB_MS (self, g_random_double_range (0, window));
}

/* The lock is not held. */
static void
send_all (MbCore    *core,
          GPtrArray *out)
{
  for (guint i = 0; i < out->len; i++)
    {
      MbPresencePacket *packet = g_ptr_array_index (out, i);
      g_autoptr(GError) error = NULL;

      if (!_mb_core_send_uncounted (core, packet->topic, packet->id, packet->data->str, packet->data->len,
                                    packet->secrecy, &error))
        g_debug ("Presence could not be told: %s", error->message);
    }
}

/* The earlier of two times, of which 0 is never. */
gint64
_mb_presence_earlier (gint64 a,
                      gint64 b)
{
  if (a == 0 || b == 0)
    return MAX (a, b);

  return MIN (a, b);
}

static void
step (gpointer owner)
{
  MbCore *core = owner;
  MbPresence *self = core->presence;
  g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func (packet_free);

  g_mutex_lock (&self->lock);
  self->step_at = 0;
  if (self->is_open)
    {
      gint64 now = g_get_monotonic_time ();

      _mb_presence_tell_step (self, now, out);
      _mb_presence_wake (self, _mb_presence_watch_step (self, now, out));
      _mb_presence_wake (self, _mb_presence_wait_step (self, now, out));
      _mb_presence_wake (self, _mb_presence_tell_next (self));
    }
  g_mutex_unlock (&self->lock);

  send_all (core, out);
}

static gpointer
ref_core (gpointer owner)
{
  return _mb_core_ref (owner);
}

static void
unref_core (gpointer owner)
{
  _mb_core_unref (owner);
}

static const MbTickerFuncs ticker_funcs = {
  .func = step,
  .ref = ref_core,
  .unref = unref_core,
};

void
_mb_presence_wake (MbPresence *self,
                   gint64      at)
{
  if (!self->is_open || at == 0 || (self->step_at != 0 && self->step_at <= at))
    return;

  self->step_at = at;
  _mb_ticker_set (self->core, &ticker_funcs, at);
}

MbPresence *
_mb_presence_new (MbCore *core)
{
  MbPresence *self = g_new0 (MbPresence, 1);

  self->core = core;
  self->enabled = TRUE;
  g_mutex_init (&self->lock);
  self->routes = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_route_unref);
  self->detail_routes = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_route_unref);
  self->listeners = g_ptr_array_new ();
  self->waits = g_ptr_array_new ();
  self->checks = g_ptr_array_new_with_free_func (_mb_service_check_free);
  self->unit = 1000;

  return self;
}

void
_mb_presence_free (MbPresence *self)
{
  g_assert (self->listeners->len == 0 && self->waits->len == 0);

  g_ptr_array_unref (self->routes);
  g_ptr_array_unref (self->detail_routes);
  g_ptr_array_unref (self->listeners);
  g_ptr_array_unref (self->waits);
  g_ptr_array_unref (self->checks);
  g_clear_pointer (&self->table, _mb_peer_table_free);
  g_clear_pointer (&self->seal, g_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
_mb_presence_add_routes (MbCore *core)
{
  g_autoptr(MbPattern) pattern = _mb_pattern_new_literal (MB_PRESENCE_QUESTIONS);
  g_autoptr(MbRoute) route = _mb_route_new (MB_ROUTE_PRESENCE, pattern, NULL, NULL);

  route->builtin = MB_PRESENCE_QUESTION;
  _mb_router_add (core->router, route);
}

void
_mb_presence_set_speed (double speed)
{
  g_atomic_int_set (&unit, (int) (1000 / speed));
}

void
_mb_presence_set_enabled (MbCore   *core,
                          gboolean  enabled)
{
  g_atomic_int_set (&core->presence->enabled, enabled);
}

gboolean
_mb_presence_get_enabled (MbCore *core)
{
  return g_atomic_int_get (&core->presence->enabled);
}

gboolean
_mb_presence_knows_us (MbCore     *core,
                       const char *id)
{
  return g_str_has_prefix (id, MB_PRESENCE_ID) && _mb_presence_get_enabled (core);
}

/* How much data goes in a packet of this client. */
static gsize
get_room (MbCore *core)
{
  g_autoptr(GString) name = g_string_new (NULL);
  gsize size;
  gsize around;

  g_mutex_lock (&core->send_lock);
  size = MIN (core->max_packet_size, PACKET_SIZE);
  g_mutex_unlock (&core->send_lock);

  _mb_json_append_string (name, core->name, strlen (core->name));
  around = ENVELOPE + name->len;

  return size > around ? size - around : 0;
}

void
_mb_presence_open (MbCore *core)
{
  MbPresence *self = core->presence;
  gsize room = get_room (core);
  guint64 session = _mb_core_get_session (core);
  gint64 now = g_get_monotonic_time ();
  gboolean encrypted;

  g_mutex_lock (&core->send_lock);
  encrypted = core->out_queue != NULL;
  g_mutex_unlock (&core->send_lock);

  g_mutex_lock (&self->lock);

  self->unit = g_atomic_int_get (&unit);
  self->session = session;
  self->max = room;
  self->encrypted = encrypted;
  for (guint i = 0; i < MB_PRESENCE_SEAL_LENGTH; i += 8)
    g_snprintf (self->secret + i, sizeof self->secret - i, "%08x", g_random_int ());
  g_free (self->seal);
  self->seal = _mb_presence_seal (self->secret);
  self->generation = 1;
  self->told = FALSE;
  self->alive_at = self->sealed_at = self->schemas_at = self->beat_at = self->lease_end = 0;
  self->last_state = self->last_alive = 0;
  self->every = 0;
  self->step_at = 0;
  self->is_open = TRUE;
  self->tell_at = _mb_presence_get_enabled (core) ? now + MB_MS (self, TELL_DELAY) : 0;

  if (self->listeners->len > 0)
    _mb_presence_watch_begin (self, now);
  _mb_presence_wake (self, self->tell_at);

  g_mutex_unlock (&self->lock);
}

void
_mb_presence_close (MbCore *core)
{
  MbPresence *self = core->presence;
  GString *bye = NULL;

  g_mutex_lock (&self->lock);
  if (!self->is_open)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  if (self->told)
    bye = _mb_bye_write (self->session, self->secret);
  _mb_presence_wait_fail_all (self);
  if (self->table != NULL)
    _mb_presence_watch_end (self);
  g_ptr_array_set_size (self->checks, 0);
  g_atomic_int_set (&self->calls_noted, FALSE);
  self->check_at = 0;
  g_atomic_int_set (&self->heard_silent, FALSE);
  _mb_calls_forget_providers (core->calls);
  self->is_open = FALSE;
  g_mutex_unlock (&self->lock);

  _mb_ticker_set (core, &ticker_funcs, 0);

  if (bye == NULL)
    return;

  _mb_core_send_uncounted (core, MB_PRESENCE_TOPIC, NULL, bye->str, bye->len, MB_SECRECY_CLEAR, NULL);
  g_string_free (bye, TRUE);
}

void
_mb_presence_note_change (MbCore *core)
{
  MbPresence *self = core->presence;
  gint64 now;

  if (!_mb_presence_get_enabled (core))
    return;

  g_mutex_lock (&self->lock);
  if (self->is_open)
    {
      now = g_get_monotonic_time ();
      if (self->told)
        self->generation++;
      /* While nobody watches, nobody has to be told: who begins to watch will ask. */
      if (self->tell_at == 0 && self->lease_end > now)
        {
          self->tell_at = now + MB_MS (self, TELL_DELAY);
          _mb_presence_wake (self, self->tell_at);
        }
    }
  g_mutex_unlock (&self->lock);
}

void
_mb_presence_note_call (MbCore     *core,
                        MbCall     *call,
                        const char *service)
{
  MbPresence *self = core->presence;
  g_autoptr(GPtrArray) out = NULL;
  gint64 now;

  /* What is known already, or asked for, costs no lock. */
  if (_mb_call_claim_question (call, MB_MS (self, NO_SERVICE_TIME)))
    out = g_ptr_array_new_with_free_func (packet_free);
  if (!g_atomic_int_compare_and_exchange (&self->calls_noted, FALSE, TRUE) && out == NULL)
    return;

  g_mutex_lock (&self->lock);
  if (self->is_open)
    {
      now = g_get_monotonic_time ();
      if (self->check_at == 0)
        self->check_at = now + MB_MS (self, CALL_GRACE);
      _mb_presence_wake (self, self->check_at);
      if (out != NULL)
        _mb_presence_wait_ask_first (self, service, now, out);
    }
  else
    {
      g_atomic_int_set (&self->calls_noted, FALSE);
    }
  g_mutex_unlock (&self->lock);

  if (out != NULL)
    send_all (core, out);
}

void
_mb_presence_note_silent (MbCore *core)
{
  MbPresence *self = core->presence;

  if (!g_atomic_int_get (&self->heard_silent))
    g_atomic_int_set (&self->heard_silent, TRUE);
}

/* Returns NULL, or what is wrong. */
static const char *
take_question (MbPresence *self,
               JsonNode   *data,
               gboolean    encrypted,
               gint64      now)
{
  MbQuestion question;
  const char *wrong = _mb_question_read (&question, data);

  if (wrong == NULL && _mb_presence_get_enabled (self->core))
    _mb_presence_tell_answer (self, &question, encrypted, now);

  return wrong;
}

static const char *
take_announcement (MbPresence *self,
                   const char *author,
                   JsonNode   *data,
                   gboolean    encrypted,
                   gint64      now)
{
  MbAnnouncement announcement;
  gint64 key;
  guint before;
  const char *wrong = _mb_announcement_read (&announcement, data);

  if (wrong != NULL || self->table == NULL)
    return wrong;

  before = _mb_peer_table_count (self->table);
  wrong = _mb_peer_table_announce (self->table, &announcement, author, now);
  if (wrong != NULL)
    return wrong;

  key = (gint64) announcement.session;
  if (encrypted)
    _mb_peer_table_set_key (self->table, key, MB_KEY_MATCH_SAME);

  /* A newcomer does not know yet that somebody watches. */
  if (announcement.every == 0 && announcement.kind != MB_ANNOUNCEMENT_BYE && self->listeners->len > 0 &&
      self->greet_at == 0)
    self->greet_at = now + MB_MS (self, TELL_DELAY);

  if (_mb_peer_table_count (self->table) != before || announcement.kind != MB_ANNOUNCEMENT_ALIVE)
    _mb_presence_wait_look (self);
  _mb_presence_wake (self, now);

  return NULL;
}

void
_mb_presence_handle (MbCore     *core,
                     guint       route,
                     const char *topic,
                     const char *author,
                     const char *id,
                     JsonNode   *data,
                     gboolean    encrypted)
{
  MbPresence *self = core->presence;
  gint64 now = g_get_monotonic_time ();
  const char *wrong = NULL;

  g_mutex_lock (&self->lock);

  if (!self->is_open)
    ;
  else if (route == MB_PRESENCE_QUESTION)
    wrong = take_question (self, data, encrypted, now);
  else if (route == MB_PRESENCE_ANNOUNCEMENT)
    wrong = take_announcement (self, author, data, encrypted, now);
  else if (self->table != NULL && id != NULL && g_str_has_prefix (id, MB_PRESENCE_ID "-"))
    _mb_presence_watch_take (self, route, topic, author, data, now);

  g_mutex_unlock (&self->lock);

  if (wrong != NULL)
    _mb_core_drop (core, MB_DROP_REASON_PRESENCE, 1, topic, wrong);
}
