/* mbtt-bus.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Who is on the bus, for the subcommands that tell of it. This program itself is left out. */

#include "config.h"

#include "mbtt-bus.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-common.h"
#include "mbtt-hidden.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

/* As long as it makes sense to ask; what is later tells of itself. */
#define MAX_TIMEOUT 3.0
/* In less, a quiet bus cannot be told from a slow one. */
#define MIN_TIMEOUT 0.7

typedef struct
{
  gboolean  done;
  GError   *error;
} Collecting;

/* Returns FALSE when there is nothing left to do but to end with `status`. */
gboolean
mbtt_bus_open (MbttBus  *self,
               gboolean  shows_hidden,
               int      *status)
{
  g_autoptr(GError) error = NULL;

  mbtt_loop_init ();

  self->client = mbtt_client_new (FALSE, status);
  if (self->client == NULL)
    return FALSE;

  self->directory = mb_directory_new (self->client);
  mb_directory_set_show_hidden (self->directory, shows_hidden);

  if (mbtt_client_open (self->client, &error))
    return TRUE;

  *status = mbtt_fail (error);

  return FALSE;
}

static void
collected_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  Collecting *collecting = user_data;

  mb_directory_collect_finish (MB_DIRECTORY (object), result, &collecting->error);
  collecting->done = TRUE;
  mbtt_loop_quit ();
}

/* Waits until all who are known have told of themselves, or the time is over. Returns FALSE when there is
 * nothing left to do but to end with `status`. */
gboolean
mbtt_bus_collect (MbttBus *self,
                  int     *status)
{
  double wanted = mbtt_get_options ()->timeout;
  double timeout = wanted >= 0 && wanted < MAX_TIMEOUT ? wanted : MAX_TIMEOUT;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Collecting collecting = { FALSE };
  MbttEnd end;

  mbtt_show_progress (_("Asking who is there"));
  mb_directory_collect_async (self->directory, MAX (1, mbtt_to_milliseconds (timeout)), cancellable,
                              collected_cb, &collecting);
  end = mbtt_loop_run (-1);
  if (!collecting.done)
    {
      g_cancellable_cancel (cancellable);
      while (!collecting.done)
        g_main_context_iteration (NULL, TRUE);
    }
  mbtt_show_progress ("%s", "");

  if (end == MBTT_END_STOPPED)
    {
      g_clear_error (&collecting.error);
      *status = MBTT_EXIT_FAILED;
      return FALSE;
    }

  if (collecting.error == NULL)
    {
      if (wanted >= 0 && wanted < MIN_TIMEOUT)
        mbtt_print_note (_("In %g s not everybody can answer, so that something may be missing; "
                           "%g s are enough most often"), wanted, MIN_TIMEOUT);
      return TRUE;
    }

  *status = mbtt_fail (collecting.error);
  g_error_free (collecting.error);

  return FALSE;
}

void
mbtt_bus_clear (MbttBus *self)
{
  if (self->directory != NULL)
    mb_directory_close (self->directory);
  g_clear_object (&self->directory);
  if (self->client != NULL)
    mb_client_close (self->client);
  g_clear_object (&self->client);
}

/* Whether a list of peers has one but this program itself. */
gboolean
mbtt_has_other (GListModel *peers)
{
  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr(MbPeer) peer = g_list_model_get_item (peers, i);

      if (!mb_peer_get_is_own (peer))
        return TRUE;
    }

  return FALSE;
}

static int
compare_peers_cb (gconstpointer a,
                  gconstpointer b)
{
  MbPeer *first = *(MbPeer **) a;
  MbPeer *second = *(MbPeer **) b;
  int order = strcmp (mb_peer_get_name (first), mb_peer_get_name (second));

  return order != 0 ? order
                    : mb_peer_get_process_id (first) - mb_peer_get_process_id (second);
}

/* All other peers, sorted by name. */
GPtrArray *
mbtt_bus_get_peers (MbttBus *self)
{
  GListModel *model = G_LIST_MODEL (self->directory);
  GPtrArray *peers = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr(MbPeer) peer = g_list_model_get_item (model, i);

      if (!mb_peer_get_is_own (peer))
        g_ptr_array_add (peers, g_steal_pointer (&peer));
    }
  g_ptr_array_sort (peers, compare_peers_cb);

  return peers;
}

static void
entry_free (MbttEntry *entry)
{
  g_ptr_array_unref (entry->peers);
  g_free (entry->name);
  g_free (entry);
}

static int
compare_entries_cb (gconstpointer a,
                    gconstpointer b)
{
  return strcmp ((*(MbttEntry **) a)->name, (*(MbttEntry **) b)->name);
}

/* What peers publish, subscribe or offer, each name once with the peers that do so. Peers of one name stand
 * there as often as there are. */
GPtrArray *
mbtt_bus_get_names (MbttBus       *self,
                    MbttPeerNames  get_names,
                    gboolean       shows_hidden)
{
  g_autoptr(GPtrArray) peers = mbtt_bus_get_peers (self);
  g_autoptr(GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *entries = g_ptr_array_new_with_free_func ((GDestroyNotify) entry_free);

  for (guint i = 0; i < peers->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (peers, i);
      const char *const *names = get_names (peer);
      g_autoptr(GHashTable) own = g_hash_table_new (g_str_hash, g_str_equal);

      for (guint j = 0; names != NULL && names[j] != NULL; j++)
        {
          MbttEntry *entry = g_hash_table_lookup (known, names[j]);

          if ((!shows_hidden && mbtt_is_hidden (names[j])) ||
              !g_hash_table_add (own, (char *) names[j]))
            continue;

          if (entry == NULL)
            {
              entry = g_new0 (MbttEntry, 1);
              entry->name = g_strdup (names[j]);
              entry->peers = g_ptr_array_new_with_free_func (g_free);
              g_hash_table_insert (known, entry->name, entry);
              g_ptr_array_add (entries, entry);
            }
          g_ptr_array_add (entry->peers, g_strdup (mb_peer_get_name (peer)));
        }
    }
  g_ptr_array_sort (entries, compare_entries_cb);

  return entries;
}

const char *const *
mbtt_peer_get_publishers (MbPeer *peer)
{
  return mb_peer_get_publishers (peer);
}

const char *const *
mbtt_peer_get_subscribers (MbPeer *peer)
{
  return mb_peer_get_subscribers (peer);
}

const char *const *
mbtt_peer_get_services (MbPeer *peer)
{
  return mb_peer_get_services (peer);
}

/* Appends a member that is a list of names. */
void
mbtt_append_names (GString           *object,
                   const char        *member,
                   const char *const *names,
                   gboolean           shows_hidden)
{
  g_autoptr(GString) list = g_string_new ("[");

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *quoted = NULL;

      if (!shows_hidden && mbtt_is_hidden (names[i]))
        continue;

      quoted = mbtt_quote (names[i]);
      g_string_append_printf (list, list->len > 1 ? ",%s" : "%s", quoted);
    }
  g_string_append_c (list, ']');
  mbtt_append_member (object, member, list->str);
}
