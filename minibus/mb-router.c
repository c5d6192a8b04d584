/* mb-router.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-router-private.h"

#include <string.h>

#include "mb-presence-wire-private.h"

/* Topics remembered: between this and twice this. Longer ones are matched each time. */
#define MAX_TOPICS 2048
#define MAX_TOPIC_LENGTH 512
/* Sender sessions tracked, on one topic and in all: some 300 bytes each. */
#define MAX_TRACKERS_OF_TOPIC 256
#define MAX_TRACKERS 8192

struct _MbRouter
{
  GMutex      lock;
  GPtrArray  *routes;       /* lock; all, in the order of adding */
  GHashTable *literals;     /* lock; topic to GPtrArray of routes */
  guint       n_patterns;   /* lock; routes that are no literals */
  GHashTable *contexts;     /* lock; main context to number of routes that deliver there */
  guint       generation;   /* atomic; changed under the lock */
  MbRouterFunc changed;     /* set once; or NULL */
  gpointer    data;

  /* The rest belongs to the thread that looks up. */
  GHashTable *young;        /* set of MbTopicEntry */
  GHashTable *old;
  MbTopicEntry *too_long;   /* the last topic that was too long to keep */
  guint       n_trackers;
};

MbRoute *
_mb_route_new (MbRouteKind  kind,
               MbPattern   *pattern,
               MbSchema    *schema,
               MbInbox     *inbox)
{
  MbRoute *self = g_new0 (MbRoute, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->kind = kind;
  self->pattern = _mb_pattern_ref (pattern);
  self->schema = schema != NULL ? g_object_ref (schema) : NULL;
  self->inbox = inbox != NULL ? _mb_inbox_ref (inbox) : NULL;

  return self;
}

MbRoute *
_mb_route_ref (MbRoute *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_route_unref (MbRoute *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  _mb_pattern_unref (self->pattern);
  g_clear_object (&self->schema);
  g_clear_pointer (&self->inbox, _mb_inbox_unref);
  g_free (self);
}

static guint
hash_topic (const char *topic,
            gsize       length)
{
  return _mb_sequence_mark (topic, length);
}

static guint
entry_hash (gconstpointer data)
{
  return ((const MbTopicEntry *) data)->hash;
}

static gboolean
entry_equal (gconstpointer a,
             gconstpointer b)
{
  const MbTopicEntry *one = a;
  const MbTopicEntry *other = b;

  return one->length == other->length && memcmp (one->topic, other->topic, one->length) == 0;
}

static void
entry_forget (MbTopicEntry *self)
{
  if (self->trackers == NULL)
    return;

  self->router->n_trackers -= g_hash_table_size (self->trackers);
  g_clear_pointer (&self->trackers, g_hash_table_unref);
}

static void
entry_free (gpointer data)
{
  MbTopicEntry *self = data;

  entry_forget (self);
  g_ref_string_release (self->topic);
  g_ptr_array_unref (self->routes);
  g_free (self);
}

static MbTopicEntry *
entry_new (MbRouter   *router,
           const char *topic,
           gsize       length,
           guint       hash)
{
  MbTopicEntry *self = g_new0 (MbTopicEntry, 1);

  self->router = router;
  self->topic = g_ref_string_new_len (topic, length);
  self->length = length;
  self->hash = hash;
  self->routes = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_route_unref);

  return self;
}

/* What peers tell each other of themselves is no message to programs: who listens to everything does not mean it, and
 * gets it only by a pattern that says so. */
static gboolean
is_hidden_from (MbTopicEntry *self,
                MbRoute      *route)
{
  return route->kind == MB_ROUTE_SUBSCRIBER &&
         (strcmp (self->topic, MB_PRESENCE_TOPIC) == 0 || strcmp (self->topic, MB_PRESENCE_QUESTIONS) == 0) &&
         strstr (_mb_pattern_get_text (route->pattern), "__") == NULL;
}

/* Finds the routes of a topic anew. */
static guint
entry_match (MbTopicEntry *self)
{
  MbRouter *router = self->router;
  g_autoptr(GPtrArray) before = self->routes;
  gboolean was_wanted = FALSE;
  GPtrArray *literals;
  guint n_limited = 0;

  self->routes = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_route_unref);

  g_mutex_lock (&router->lock);

  literals = g_hash_table_lookup (router->literals, self->topic);

  for (guint i = 0; i < router->routes->len; i++)
    {
      MbRoute *route = g_ptr_array_index (router->routes, i);
      MbMatch match = MB_MATCH_NO;

      if (_mb_pattern_get_literal (route->pattern) == NULL && !is_hidden_from (self, route))
        match = _mb_pattern_match (route->pattern, self->topic, self->length);

      if (match == MB_MATCH_YES)
        g_ptr_array_add (self->routes, _mb_route_ref (route));
      else if (match == MB_MATCH_LIMIT)
        n_limited++;
    }

  for (guint i = 0; literals != NULL && i < literals->len; i++)
    g_ptr_array_add (self->routes, _mb_route_ref (g_ptr_array_index (literals, i)));

  self->generation = router->generation;
  self->n_vain = 0;

  g_mutex_unlock (&router->lock);

  /* While nobody wanted the topic its numbers went by unseen, here or in the transport: they are no gap. Only
   * a route that was there before, and still is, tells that somebody did all the time. */
  for (guint i = 0; i < before->len && !was_wanted; i++)
    was_wanted = g_ptr_array_find (self->routes, g_ptr_array_index (before, i), NULL);
  if (!was_wanted)
    entry_forget (self);

  return n_limited;
}

MbRouter *
_mb_router_new (void)
{
  MbRouter *self = g_new0 (MbRouter, 1);

  g_mutex_init (&self->lock);
  self->routes = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_route_unref);
  self->literals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) g_ptr_array_unref);
  self->contexts = g_hash_table_new (NULL, NULL);
  self->young = g_hash_table_new_full (entry_hash, entry_equal, entry_free, NULL);
  self->old = g_hash_table_new_full (entry_hash, entry_equal, entry_free, NULL);

  return self;
}

void
_mb_router_free (MbRouter *self)
{
  g_clear_pointer (&self->too_long, entry_free);
  g_hash_table_unref (self->young);
  g_hash_table_unref (self->old);
  g_hash_table_unref (self->contexts);
  g_hash_table_unref (self->literals);
  g_ptr_array_unref (self->routes);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The lock is held. */
static void
count_context (MbRouter *self,
               MbRoute  *route,
               int       change)
{
  GMainContext *context;
  int n;

  if (route->inbox == NULL)
    return;

  context = _mb_inbox_get_context (route->inbox);
  n = GPOINTER_TO_INT (g_hash_table_lookup (self->contexts, context)) + change;
  if (n > 0)
    g_hash_table_insert (self->contexts, context, GINT_TO_POINTER (n));
  else
    g_hash_table_remove (self->contexts, context);
}

void
_mb_router_add (MbRouter *self,
                MbRoute  *route)
{
  const char *literal = _mb_pattern_get_literal (route->pattern);
  gboolean more = TRUE;

  g_mutex_lock (&self->lock);

  g_ptr_array_add (self->routes, _mb_route_ref (route));
  if (literal == NULL)
    {
      self->n_patterns++;
    }
  else
    {
      GPtrArray *literals = g_hash_table_lookup (self->literals, literal);

      more = literals == NULL;
      if (literals == NULL)
        {
          literals = g_ptr_array_new ();
          g_hash_table_insert (self->literals, g_strdup (literal), literals);
        }
      g_ptr_array_add (literals, route);
    }
  count_context (self, route, 1);
  g_atomic_int_inc (&self->generation);

  g_mutex_unlock (&self->lock);

  if (self->changed != NULL)
    self->changed (self->data, more);
}

void
_mb_router_remove (MbRouter *self,
                   MbRoute  *route)
{
  const char *literal = _mb_pattern_get_literal (route->pattern);

  g_mutex_lock (&self->lock);

  if (literal == NULL)
    {
      self->n_patterns--;
    }
  else
    {
      GPtrArray *literals = g_hash_table_lookup (self->literals, literal);

      if (literals != NULL && g_ptr_array_remove (literals, route) && literals->len == 0)
        g_hash_table_remove (self->literals, literal);
    }
  if (g_ptr_array_remove (self->routes, route))
    count_context (self, route, -1);
  g_atomic_int_inc (&self->generation);

  g_mutex_unlock (&self->lock);

  if (self->changed != NULL)
    self->changed (self->data, FALSE);
}

void
_mb_router_watch (MbRouter     *self,
                  MbRouterFunc  changed,
                  gpointer      data)
{
  self->changed = changed;
  self->data = data;
}

gboolean
_mb_router_has_other_context (MbRouter     *self,
                              GMainContext *context)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = g_hash_table_size (self->contexts) - (g_hash_table_contains (self->contexts, context) ? 1 : 0);
  g_mutex_unlock (&self->lock);

  return n > 0;
}

gboolean
_mb_router_is_current (MbTopicEntry *entry)
{
  return entry->generation == (guint) g_atomic_int_get (&entry->router->generation);
}

char **
_mb_router_list_topics (MbRouter *self)
{
  char **topics = NULL;

  g_mutex_lock (&self->lock);
  if (self->n_patterns == 0)
    {
      GHashTableIter iter;
      gpointer topic;
      guint n = 0;

      topics = g_new0 (char *, g_hash_table_size (self->literals) + 1);
      g_hash_table_iter_init (&iter, self->literals);
      while (g_hash_table_iter_next (&iter, &topic, NULL))
        topics[n++] = g_strdup (topic);
    }
  g_mutex_unlock (&self->lock);

  return topics;
}

static MbTopicEntry *
look_up_short (MbRouter     *self,
               MbTopicEntry *key)
{
  MbTopicEntry *entry = g_hash_table_lookup (self->young, key);

  if (entry != NULL)
    return entry;

  if (g_hash_table_size (self->young) >= MAX_TOPICS)
    {
      g_hash_table_unref (self->old);
      self->old = self->young;
      self->young = g_hash_table_new_full (entry_hash, entry_equal, entry_free, NULL);
    }

  entry = g_hash_table_lookup (self->old, key);
  if (entry != NULL)
    g_hash_table_steal (self->old, entry);
  else
    entry = entry_new (self, key->topic, key->length, key->hash);
  g_hash_table_add (self->young, entry);

  return entry;
}

MbTopicEntry *
_mb_router_look_up (MbRouter   *self,
                    const char *topic,
                    gsize       length,
                    guint      *n_limited)
{
  guint generation = (guint) g_atomic_int_get (&self->generation);
  MbTopicEntry key = { .topic = (char *) topic, .length = length, .hash = hash_topic (topic, length) };
  MbTopicEntry *entry;

  *n_limited = 0;

  if (length <= MAX_TOPIC_LENGTH)
    {
      entry = look_up_short (self, &key);
    }
  else
    {
      g_clear_pointer (&self->too_long, entry_free);
      entry = self->too_long = entry_new (self, topic, length, key.hash);
    }

  /* Generation 0 has no routes at all. */
  if (entry->generation != generation)
    *n_limited = entry_match (entry);

  return entry;
}

MbSequenceTracker *
_mb_router_get_tracker (MbTopicEntry *entry,
                        guint64       session)
{
  MbSequenceTracker *tracker = NULL;
  gint64 *key;

  if (entry == entry->router->too_long)
    return NULL;

  if (entry->trackers != NULL)
    tracker = g_hash_table_lookup (entry->trackers, &session);
  if (tracker != NULL)
    return tracker;

  /* A flood of sessions: start over with this topic, so that none of it stays. */
  if (entry->trackers != NULL && g_hash_table_size (entry->trackers) >= MAX_TRACKERS_OF_TOPIC)
    entry_forget (entry);
  if (entry->router->n_trackers >= MAX_TRACKERS)
    return NULL;

  if (entry->trackers == NULL)
    entry->trackers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);

  key = g_new (gint64, 1);
  *key = (gint64) session;
  tracker = g_new0 (MbSequenceTracker, 1);
  g_hash_table_insert (entry->trackers, key, tracker);
  entry->router->n_trackers++;

  return tracker;
}

void
_mb_router_forget (MbRouter *self)
{
  g_clear_pointer (&self->too_long, entry_free);
  g_hash_table_remove_all (self->young);
  g_hash_table_remove_all (self->old);
}
