/* mb-directory-lists.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-directory-lists-private.h"

#include <string.h>

#include "mb-peer-private.h"
#include "mb-service-names-private.h"

/* Patterns that many topics match are compared with each topic, but not without end: peers are strangers. */
#define MAX_COMPARISONS 20000

/* A name, and who uses it in either way. */
typedef struct
{
  GPtrArray *users[2];
} Use;

static void
use_free (gpointer data)
{
  Use *use = data;

  g_ptr_array_unref (use->users[0]);
  g_ptr_array_unref (use->users[1]);
  g_free (use);
}

static void
add_user (Use    *use,
          guint   side,
          MbPeer *peer)
{
  GPtrArray *users = use->users[side];

  /* The peers come one after the other. */
  if (users->len == 0 || g_ptr_array_index (users, users->len - 1) != peer)
    g_ptr_array_add (users, peer);
}

static void
add_use (GHashTable *uses,
         const char *name,
         guint       side,
         MbPeer     *peer,
         gboolean    show_hidden)
{
  Use *use = g_hash_table_lookup (uses, name);

  if (use == NULL)
    {
      if (!show_hidden && _mb_topic_is_hidden (name, strlen (name)))
        return;
      use = g_new (Use, 1);
      use->users[0] = g_ptr_array_new ();
      use->users[1] = g_ptr_array_new ();
      g_hash_table_insert (uses, g_strdup (name), use);
    }

  add_user (use, side, peer);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

static int
compare_peers (gconstpointer a,
               gconstpointer b,
               gpointer      places)
{
  guint one = GPOINTER_TO_UINT (g_hash_table_lookup (places, *(MbPeer * const *) a));
  guint other = GPOINTER_TO_UINT (g_hash_table_lookup (places, *(MbPeer * const *) b));

  return one < other ? -1 : one > other;
}

typedef gpointer (*NewFunc)    (const char *name);
typedef void     (*UpdateFunc) (gpointer    info,
                                GPtrArray  *one,
                                GPtrArray  *other);

static void
update_store (GListStore *store,
              GHashTable *names,
              GHashTable *uses,
              NewFunc     new_info,
              UpdateFunc  update)
{
  g_autoptr(GPtrArray) sorted = g_ptr_array_new ();
  g_autoptr(GPtrArray) infos = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) nobody = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  g_hash_table_iter_init (&iter, uses);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (sorted, key);
  g_ptr_array_sort (sorted, compare_names);

  /* Those who are used no more say so, whoever still holds them. */
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      if (g_hash_table_contains (uses, key))
        continue;
      g_ptr_array_add (infos, g_object_ref (value));
      g_hash_table_iter_remove (&iter);
    }
  for (guint i = 0; i < infos->len; i++)
    update (g_ptr_array_index (infos, i), nobody, nobody);
  g_ptr_array_set_size (infos, 0);

  for (guint i = 0; i < sorted->len; i++)
    {
      const char *name = g_ptr_array_index (sorted, i);
      Use *use = g_hash_table_lookup (uses, name);
      gpointer info = g_hash_table_lookup (names, name);

      if (info != NULL)
        {
          g_ptr_array_add (infos, g_object_ref (info));
        }
      else
        {
          info = new_info (name);
          g_ptr_array_add (infos, info);
          g_hash_table_insert (names, g_strdup (name), info);
        }
      update (info, use->users[0], use->users[1]);
    }

  _mb_list_store_update (store, infos);
}

/* Those who have subscribed to patterns count for each topic that matches. */
static void
add_patterns (GHashTable *topics,
              GPtrArray  *peers)
{
  g_autoptr(GHashTable) places = g_hash_table_new (NULL, NULL);
  guint n_comparisons = 0;
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  for (guint i = 0; i < peers->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (peers, i);
      const char * const *patterns = mb_peer_get_subscribers (peer);

      g_hash_table_insert (places, peer, GUINT_TO_POINTER (i));

      for (guint j = 0; patterns[j] != NULL && n_comparisons < MAX_COMPARISONS; j++)
        {
          g_autoptr(MbPattern) pattern = _mb_pattern_new (patterns[j], NULL);

          n_comparisons++;
          if (pattern == NULL || _mb_pattern_get_literal (pattern) != NULL)
            continue;

          g_hash_table_iter_init (&iter, topics);
          while (n_comparisons < MAX_COMPARISONS && g_hash_table_iter_next (&iter, &key, &value))
            {
              GPtrArray *users = ((Use *) value)->users[1];

              n_comparisons++;
              if (_mb_pattern_match (pattern, key, strlen (key)) == MB_MATCH_YES &&
                  !g_ptr_array_find (users, peer, NULL))
                g_ptr_array_add (users, peer);
            }
        }
    }

  g_hash_table_iter_init (&iter, topics);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_sort_with_data (((Use *) value)->users[1], compare_peers, places);
}

void
_mb_directory_lists_update (MbDirectoryLists *self,
                            GPtrArray        *peers,
                            gboolean          show_hidden)
{
  g_autoptr(GHashTable) topics = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, use_free);
  g_autoptr(GHashTable) services = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, use_free);

  for (guint i = 0; i < peers->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (peers, i);
      char **publishers = _mb_peer_get_state (peer)->lists[MB_LIST_PUBLISHERS];
      char **subscribers = _mb_peer_get_state (peer)->lists[MB_LIST_SUBSCRIBERS];
      char **offered = _mb_peer_get_state (peer)->lists[MB_LIST_SERVICES];
      char **called = _mb_peer_get_state (peer)->lists[MB_LIST_SERVICE_CLIENTS];

      for (guint j = 0; publishers[j] != NULL; j++)
        add_use (topics, publishers[j], 0, peer, show_hidden);
      for (guint j = 0; subscribers[j] != NULL; j++)
        {
          g_autoptr(MbPattern) pattern = _mb_pattern_new (subscribers[j], NULL);

          if (pattern != NULL && _mb_pattern_get_literal (pattern) != NULL)
            add_use (topics, _mb_pattern_get_literal (pattern), 1, peer, show_hidden);
        }
      for (guint j = 0; offered[j] != NULL; j++)
        add_use (services, offered[j], 0, peer, show_hidden);
      for (guint j = 0; called[j] != NULL; j++)
        add_use (services, called[j], 1, peer, show_hidden);
    }
  add_patterns (topics, peers);

  update_store (self->topics, self->topic_names, topics,
                (NewFunc) _mb_topic_info_new, (UpdateFunc) _mb_topic_info_update);
  update_store (self->services, self->service_names, services,
                (NewFunc) _mb_service_info_new, (UpdateFunc) _mb_service_info_update);
}

void
_mb_directory_lists_init (MbDirectoryLists *self)
{
  self->topics = g_list_store_new (MB_TYPE_TOPIC_INFO);
  self->services = g_list_store_new (MB_TYPE_SERVICE_INFO);
  self->topic_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->service_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
_mb_directory_lists_clear (MbDirectoryLists *self)
{
  g_clear_object (&self->topics);
  g_clear_object (&self->services);
  g_clear_pointer (&self->topic_names, g_hash_table_unref);
  g_clear_pointer (&self->service_names, g_hash_table_unref);
}
