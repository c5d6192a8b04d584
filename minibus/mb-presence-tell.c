/* mb-presence-tell.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A client tells of itself. */

#include "config.h"

#include "mb-presence-state-private.h"

#include <string.h>
#include <unistd.h>

#include "mb-near-private.h"
#include "mb-version.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_ (x)
#define VERSION_TEXT TEXT (MB_MAJOR_VERSION) "." TEXT (MB_MINOR_VERSION) "." TEXT (MB_MICRO_VERSION)

static const char *
get_host (void)
{
  const char *host = g_get_host_name ();

  return g_utf8_validate (host, -1, NULL) ? host : "";
}

gboolean
_mb_presence_text_matches (const char *text,
                           const char *name)
{
  g_autoptr(MbPattern) pattern = NULL;

  if (strcmp (text, name) == 0)
    return TRUE;
  /* Most names are plain. */
  if (strpbrk (text, "\\^$.[|()?*+{") == NULL)
    return FALSE;

  pattern = _mb_pattern_new (text, NULL);

  return pattern != NULL && _mb_pattern_match (pattern, name, strlen (name)) == MB_MATCH_YES;
}

gboolean
_mb_presence_list_matches (char       **list,
                           const char  *name)
{
  for (guint i = 0; list[i] != NULL; i++)
    {
      if (_mb_presence_text_matches (list[i], name))
        return TRUE;
    }

  return FALSE;
}

gboolean
_mb_presence_list_matched (char      **list,
                           MbPattern  *pattern)
{
  for (guint i = 0; list[i] != NULL; i++)
    {
      if (_mb_pattern_match (pattern, list[i], strlen (list[i])) == MB_MATCH_YES)
        return TRUE;
    }

  return FALSE;
}

/* Whether what we offer or listen to, in one of our lists, is meant by any of `names`. */
static gboolean
offers (MbPresence *self,
        MbList      list,
        JsonArray  *names,
        gboolean    near_too)
{
  MbCore *core = self->core;
  gboolean found = FALSE;

  if (names == NULL)
    return FALSE;

  g_mutex_lock (&core->lists_lock);
  for (guint i = 0; i < core->lists[list]->len && !found; i++)
    {
      const char *own = g_ptr_array_index (core->lists[list], i);

      for (guint j = 0; j < json_array_get_length (names) && !found; j++)
        {
          const char *name = json_array_get_string_element (names, j);

          found = _mb_presence_text_matches (own, name) || (near_too && _mb_name_is_near (name, own));
        }
    }
  g_mutex_unlock (&core->lists_lock);

  return found;
}

static gboolean
is_meant (MbPresence       *self,
          const MbQuestion *question)
{
  char session[17];

  if (!question->filtered)
    return TRUE;

  g_snprintf (session, sizeof session, "%016" G_GINT64_MODIFIER "x", self->session);

  return _mb_question_has (question->of, session) || _mb_question_has (question->peers, self->core->name) ||
         offers (self, MB_LIST_SERVICES, question->services, question->near_too) ||
         offers (self, MB_LIST_SUBSCRIBERS, question->topics, FALSE);
}

static void
take_lease (MbPresence       *self,
            const MbQuestion *question,
            gint64            now)
{
  gint64 lease = (gint64) MIN (question->lease, MAX_LEASE) * 1000;
  double every = CLAMP ((double) MIN (question->known, MB_PEER_TABLE_MAX_PEERS) * EVERY_PER_PEER,
                        MIN_EVERY, MAX_EVERY);

  self->every = (guint) MAX (every * self->unit / 1000, 1);

  /* Who was not watched before gives a first sign of life, so that the asker learns of it. */
  if (self->lease_end <= now)
    {
      self->beat_at = now + _mb_presence_jitter (self, CLAMP (question->known * WINDOW_PER_PEER,
                                                              MIN_WINDOW, MAX_WINDOW));
    }
  else if (self->beat_at > now + (gint64) self->every * 1000)
    {
      self->beat_at = now + (gint64) self->every * 1000;
    }
  self->lease_end = MAX (self->lease_end, now + lease);
}

void
_mb_presence_tell_answer (MbPresence       *self,
                          const MbQuestion *question,
                          gboolean          encrypted,
                          gint64            now)
{
  guint window = FILTERED_WINDOW;
  gint64 at;

  if (question->lease > 0)
    take_lease (self, question, now);

  if (question->want != MB_WANT_NOTHING && is_meant (self, question))
    {
      if (!question->filtered)
        window = CLAMP (question->known * WINDOW_PER_PEER, MIN_WINDOW, MAX_WINDOW);
      else if (question->of != NULL)
        window = MAX (window, json_array_get_length (question->of) * WINDOW_PER_PEER);
      at = now + _mb_presence_jitter (self, window);

      /* However many ask, we answer them together, and not too often. */
      if (question->want == MB_WANT_STATE)
        self->tell_at = _mb_presence_earlier (self->tell_at, MAX (at, self->last_state + MB_MS (self, TELL_GAP)));
      else if (question->want == MB_WANT_SCHEMAS)
        self->schemas_at = _mb_presence_earlier (self->schemas_at,
                                                 MAX (at, self->last_state + MB_MS (self, TELL_GAP)));
      else if (encrypted)
        self->sealed_at = _mb_presence_earlier (self->sealed_at, MAX (at, self->last_alive + MB_MS (self, TELL_GAP)));
      else
        self->alive_at = _mb_presence_earlier (self->alive_at, MAX (at, self->last_alive + MB_MS (self, TELL_GAP)));
    }

  _mb_presence_wake (self, _mb_presence_tell_next (self));
}

gint64
_mb_presence_tell_next (MbPresence *self)
{
  gint64 next = _mb_presence_earlier (self->tell_at, self->alive_at);

  next = _mb_presence_earlier (next, self->sealed_at);
  next = _mb_presence_earlier (next, self->schemas_at);

  return _mb_presence_earlier (next, self->beat_at);
}

static void
describe (MbPresence *self,
          MbSelf     *description,
          gint64      now)
{
  description->session = self->session;
  description->seal = self->seal;
  description->generation = self->generation;
  description->every = self->lease_end > now ? self->every : 0;
  description->host = get_host ();
  description->version = VERSION_TEXT;
  description->process_id = (int) getpid ();
  description->encrypted = self->encrypted;
}

/* Its own service of a kind that all have is nothing to tell of. */
static GPtrArray *
copy_list (MbCore *core,
           MbList  list)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_free);

  g_mutex_lock (&core->lists_lock);
  for (guint i = 0; i < core->lists[list]->len; i++)
    {
      const char *name = g_ptr_array_index (core->lists[list], i);

      if (!g_str_has_prefix (name, "/__minibus__/"))
        g_ptr_array_add (copy, g_strdup (name));
    }
  g_mutex_unlock (&core->lists_lock);

  return copy;
}

static void
put_state (MbPresence *self,
           gint64      now,
           GPtrArray  *out)
{
  g_autoptr(GPtrArray) parts = NULL;
  MbSelf description;

  describe (self, &description, now);
  for (int i = 0; i < MB_PRESENCE_N_LISTS; i++)
    description.lists[i] = copy_list (self->core, i);

  parts = _mb_state_write (&description, self->max);
  for (guint i = 0; i < parts->len; i++)
    _mb_presence_put (out, MB_PRESENCE_TOPIC, g_ptr_array_index (parts, i), MB_SECRECY_CLEAR);

  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    g_ptr_array_unref (description.lists[i]);
}

static void
put_alive (MbPresence *self,
           gint64      now,
           MbSecrecy   secrecy,
           GPtrArray  *out)
{
  MbCounters *counters = &self->core->counters;
  MbSelf description;
  guint n_dropped = 0;

  for (guint i = 0; i < MB_N_DROP_REASONS; i++)
    n_dropped += (guint) g_atomic_int_get (&counters->n_dropped[i]);

  describe (self, &description, now);
  _mb_presence_put (out, MB_PRESENCE_TOPIC,
                    _mb_alive_write (&description, (guint) g_atomic_int_get (&counters->n_sent),
                                     (guint) g_atomic_int_get (&counters->n_received), n_dropped),
                    secrecy);
}

static void
put_schemas (MbPresence *self,
             GPtrArray  *out)
{
  g_autoptr(GPtrArray) entries = NULL;

  /* What is encrypted may be secret in its shape, too. */
  if (self->encrypted)
    return;

  entries = _mb_schema_table_list (self->core->schemas);
  for (guint i = 0; i < entries->len; i++)
    {
      MbSchemaEntry *entry = g_ptr_array_index (entries, i);
      GString *text = NULL;

      if (i < 64)
        text = _mb_schema_write (self->session, entry->name, mb_schema_get_node (entry->schema), self->max);
      if (text != NULL)
        _mb_presence_put (out, MB_PRESENCE_TOPIC, text, MB_SECRECY_CLEAR);
    }
}

void
_mb_presence_tell_step (MbPresence *self,
                        gint64      now,
                        GPtrArray  *out)
{
  if (!_mb_presence_get_enabled (self->core))
    {
      self->tell_at = self->alive_at = self->sealed_at = self->schemas_at = self->beat_at = 0;
      return;
    }

  if (self->tell_at != 0 && self->tell_at <= now)
    {
      self->tell_at = 0;
      self->told = TRUE;
      self->last_state = now;
      put_state (self, now, out);
      /* A state is a sign of life as well. */
      if (self->lease_end > now)
        self->beat_at = now + (gint64) self->every * 1000;
    }

  if (self->schemas_at != 0 && self->schemas_at <= now)
    {
      self->schemas_at = 0;
      put_schemas (self, out);
    }

  if (self->sealed_at != 0 && self->sealed_at <= now)
    {
      self->sealed_at = 0;
      self->last_alive = now;
      put_alive (self, now, MB_SECRECY_ENCRYPTED, out);
    }

  if (self->beat_at != 0 && self->beat_at <= now)
    {
      self->beat_at = 0;
      if (self->lease_end > now)
        {
          self->alive_at = now;
          self->beat_at = now + (gint64) self->every * 1000;
        }
    }

  if (self->alive_at != 0 && self->alive_at <= now)
    {
      self->alive_at = 0;
      self->last_alive = now;
      self->told = TRUE;
      put_alive (self, now, MB_SECRECY_CLEAR, out);
    }
}
