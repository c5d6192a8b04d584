/* mb-directory-ask.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a directory can be asked, and can find out. */

#include "config.h"

#include "mb-directory-private.h"

#include <string.h>

#include "mb-client-private.h"
#include "mb-near-private.h"
#include "mb-peer-private.h"

#define MAX_SUGGESTIONS 3

/**
 * mb_directory_find_peer:
 * @self: a directory
 * @name: a name
 *
 * Finds a peer by its name; if several have it, any of them.
 *
 * Returns: (transfer none) (nullable): the peer, or `NULL` if there is none
 *
 * Since: 0.1
 */
MbPeer *
mb_directory_find_peer (MbDirectory *self,
                        const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; i < self->peers->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (self->peers, i);

      if (strcmp (mb_peer_get_name (peer), name) == 0)
        return peer;
    }

  return NULL;
}

/**
 * mb_directory_find_topic:
 * @self: a directory
 * @name: a topic
 *
 * Finds a topic that is in the list.
 *
 * Returns: (transfer none) (nullable): the topic, or `NULL` if nobody uses it, or it is hidden
 *
 * Since: 0.1
 */
MbTopicInfo *
mb_directory_find_topic (MbDirectory *self,
                         const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return g_hash_table_lookup (self->lists.topic_names, name);
}

/**
 * mb_directory_find_service:
 * @self: a directory
 * @name: the name of a service
 *
 * Finds a service that is in the list.
 *
 * Returns: (transfer none) (nullable): the service, or `NULL` if nobody uses it, or it is hidden
 *
 * Since: 0.1
 */
MbServiceInfo *
mb_directory_find_service (MbDirectory *self,
                           const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return g_hash_table_lookup (self->lists.service_names, name);
}

/**
 * mb_directory_count_publishers:
 * @self: a directory
 * @pattern: a topic or pattern, as one subscribes to
 *
 * Counts the peers that publish on a topic that matches, the own client among them: is there anything to hear? See
 * [method@Subscriber.wait_for_publisher_async] to wait for one.
 *
 * Returns: the number of peers; 0 for what is no pattern
 *
 * Since: 0.1
 */
guint
mb_directory_count_publishers (MbDirectory *self,
                               const char  *pattern)
{
  g_autoptr(MbPattern) compiled = NULL;
  guint n_peers = 0;

  g_return_val_if_fail (MB_IS_DIRECTORY (self), 0);
  g_return_val_if_fail (pattern != NULL, 0);

  compiled = _mb_pattern_new (pattern, NULL);
  for (guint i = 0; compiled != NULL && i < self->peers->len; i++)
    {
      MbPeerState *state = _mb_peer_get_state (g_ptr_array_index (self->peers, i));

      n_peers += _mb_presence_list_matched (state->lists[MB_LIST_PUBLISHERS], compiled);
    }

  return n_peers;
}

/**
 * mb_directory_count_subscribers:
 * @self: a directory
 * @topic: a topic
 *
 * Counts the peers that have subscribed to a topic, or to a pattern that matches it, the own client among them: who
 * hears what is published there? See [method@Publisher.wait_for_subscriber_async] to wait for one.
 *
 * Returns: the number of peers
 *
 * Since: 0.1
 */
guint
mb_directory_count_subscribers (MbDirectory *self,
                                const char  *topic)
{
  guint n_peers = 0;

  g_return_val_if_fail (MB_IS_DIRECTORY (self), 0);
  g_return_val_if_fail (topic != NULL, 0);

  for (guint i = 0; i < self->peers->len; i++)
    {
      MbPeerState *state = _mb_peer_get_state (g_ptr_array_index (self->peers, i));

      n_peers += _mb_presence_list_matches (state->lists[MB_LIST_SUBSCRIBERS], topic);
    }

  return n_peers;
}

static char **
suggest (GHashTable *names,
         const char *name)
{
  MbNearNames *near_names = _mb_near_names_new (name);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    _mb_near_names_add (near_names, key);

  return _mb_near_names_end (near_names, MAX_SUGGESTIONS);
}

/**
 * mb_directory_suggest_services:
 * @self: a directory
 * @name: a name that may be misspelt
 *
 * Finds services of similar names.
 *
 * Returns: (transfer full) (array zero-terminated=1): at most three names, the most similar first
 *
 * Since: 0.1
 */
char **
mb_directory_suggest_services (MbDirectory *self,
                               const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return suggest (self->lists.service_names, name);
}

/**
 * mb_directory_suggest_topics:
 * @self: a directory
 * @name: a topic that may be misspelt
 *
 * Finds topics of similar names.
 *
 * Returns: (transfer full) (array zero-terminated=1): at most three names, the most similar first
 *
 * Since: 0.1
 */
char **
mb_directory_suggest_topics (MbDirectory *self,
                             const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return suggest (self->lists.topic_names, name);
}

static gboolean
run_sync (MbDirectory   *self,
          MbWaitKind     kind,
          guint          timeout,
          GCancellable  *cancellable,
          GError       **error)
{
  g_autoptr(MbDirectory) kept = g_object_ref (self);

  if (!_mb_presence_wait_sync (self->client->core, kind, NULL, timeout, cancellable, error))
    return FALSE;

  /* What was found is to be there when this returns. */
  if (self->thread == g_thread_self ())
    _mb_directory_apply_changes (self);

  return TRUE;
}

static void
run_async (MbDirectory         *self,
           MbWaitKind           kind,
           guint                timeout,
           GCancellable        *cancellable,
           gpointer             tag,
           GAsyncReadyCallback  callback,
           gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  _mb_presence_wait_task (self->client->core, kind, NULL, timeout, task);
}

/**
 * mb_directory_collect_sync:
 * @self: a directory
 * @timeout: how long to wait at most, in milliseconds; 0 or more than 3,000 for 3,000
 * @cancellable: (nullable): to give up, from another thread
 * @error: return location for an error
 *
 * Asks who is there, and blocks until everybody who is known has answered, or the time is over.
 *
 * That takes 0.7 seconds at least, as nobody knows how many are there; longer if packets get lost. In the thread in
 * which the directory was made, the lists are up to date when this returns, and the signals have been emitted.
 *
 * The errors are [error@ClientError] (the client is not open, or was closed) and `G_IO_ERROR_CANCELLED`. That not all
 * have answered is none.
 *
 * Returns: true when it is over
 *
 * Since: 0.1
 */
gboolean
mb_directory_collect_sync (MbDirectory   *self,
                           guint          timeout,
                           GCancellable  *cancellable,
                           GError       **error)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return run_sync (self, MB_WAIT_COLLECT, timeout, cancellable, error);
}

/**
 * mb_directory_collect_async:
 * @self: a directory
 * @timeout: how long to wait at most, in milliseconds; 0 or more than 3,000 for 3,000
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when it is over
 * @user_data: the data of @callback
 *
 * Asks who is there, and waits without blocking until everybody who is known has answered, or the time is over. See
 * [method@Directory.collect_sync].
 *
 * Since: 0.1
 */
void
mb_directory_collect_async (MbDirectory         *self,
                            guint                timeout,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_return_if_fail (MB_IS_DIRECTORY (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  run_async (self, MB_WAIT_COLLECT, timeout, cancellable, mb_directory_collect_async, callback, user_data);
}

/**
 * mb_directory_collect_finish:
 * @self: a directory
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Directory.collect_async], with the errors of [method@Directory.collect_sync].
 *
 * Returns: true when it is over
 *
 * Since: 0.1
 */
gboolean
mb_directory_collect_finish (MbDirectory   *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_directory_collect_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_directory_check_keys_sync:
 * @self: a directory
 * @timeout: how long to wait, in milliseconds; 0 for 700
 * @cancellable: (nullable): to give up, from another thread
 * @error: return location for an error
 *
 * Finds out which peers have the passphrase or keys of the client, and blocks for the time this takes. Then look at
 * [property@Peer:key-match].
 *
 * The client asks an encrypted question on a hidden topic; who can read it answers, encrypted as well. A program of
 * the Python library that has no key and has subscribed to all topics would go deaf of it, as of any encrypted
 * message. A client that has no keys asks nothing, and has those of nobody.
 *
 * The errors are those of [method@Directory.collect_sync].
 *
 * Returns: true when it is over
 *
 * Since: 0.1
 */
gboolean
mb_directory_check_keys_sync (MbDirectory   *self,
                              guint          timeout,
                              GCancellable  *cancellable,
                              GError       **error)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return run_sync (self, MB_WAIT_KEYS, timeout, cancellable, error);
}

/**
 * mb_directory_check_keys_async:
 * @self: a directory
 * @timeout: how long to wait, in milliseconds; 0 for 700
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when it is over
 * @user_data: the data of @callback
 *
 * Finds out which peers have the passphrase or keys of the client, without blocking. See
 * [method@Directory.check_keys_sync].
 *
 * Since: 0.1
 */
void
mb_directory_check_keys_async (MbDirectory         *self,
                               guint                timeout,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_return_if_fail (MB_IS_DIRECTORY (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  run_async (self, MB_WAIT_KEYS, timeout, cancellable, mb_directory_check_keys_async, callback, user_data);
}

/**
 * mb_directory_check_keys_finish:
 * @self: a directory
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Directory.check_keys_async], with the errors of [method@Directory.collect_sync].
 *
 * Returns: true when it is over
 *
 * Since: 0.1
 */
gboolean
mb_directory_check_keys_finish (MbDirectory   *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_directory_check_keys_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
