/* mb-peer-schemas.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The schemas of a peer, which it tells when it is asked for them. */

#include "config.h"

#include "mb-peer-private.h"

#include "mb-pattern-private.h"
#include "mb-service-names-private.h"

/* The schema of the first pattern that matches a topic, or NULL. */
static char *
dup_schema_by_pattern (MbPeer     *self,
                       const char *topic)
{
  char **patterns = self->state->lists[MB_LIST_SUBSCRIBERS];

  for (guint i = 0; patterns != NULL && patterns[i] != NULL; i++)
    {
      g_autofree char *text = _mb_peer_record_dup_schema (self->record, patterns[i]);
      g_autoptr(MbPattern) pattern = text != NULL ? _mb_pattern_new (patterns[i], NULL) : NULL;

      if (pattern != NULL && _mb_pattern_match (pattern, topic, strlen (topic)) == MB_MATCH_YES)
        return g_steal_pointer (&text);
    }

  return NULL;
}

/**
 * mb_peer_get_schema:
 * @self: a peer
 * @role: what the schema is for
 * @name: the topic, pattern or service
 *
 * Gets a schema of the peer, after [method@Peer.load_schemas_async] has asked for them. That of a topic is also found
 * when the peer has subscribed to it by a pattern: the first that has a schema, in the order of
 * [property@Peer:subscribers].
 *
 * It is a text that a stranger sent: [ctor@Schema.new_from_text] finds out whether it is a schema.
 *
 * Returns: (transfer none) (nullable): the schema, as JSON text; or `NULL` when the peer has none, does not tell it,
 *   or has not been asked
 *
 * Since: 0.1
 */
const char *
mb_peer_get_schema (MbPeer       *self,
                    MbSchemaRole  role,
                    const char   *name)
{
  g_autofree char *pattern = NULL;
  g_autofree char *text = NULL;
  const char *kept;

  g_return_val_if_fail (MB_IS_PEER (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (role == MB_SCHEMA_ROLE_TOPIC)
    pattern = g_strdup (name);
  else
    pattern = _mb_service_name_to_topic (name, role == MB_SCHEMA_ROLE_REQUEST ? MB_SUFFIX_REQUEST : MB_SUFFIX_REPLY);

  text = _mb_peer_record_dup_schema (self->record, pattern);
  if (text == NULL && role == MB_SCHEMA_ROLE_TOPIC)
    text = dup_schema_by_pattern (self, name);
  if (text == NULL)
    return NULL;

  /* Kept, so that what was handed out before lives on. */
  if (self->schemas == NULL)
    self->schemas = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!g_hash_table_contains (self->schemas, text))
    g_hash_table_add (self->schemas, g_strdup (text));
  kept = g_hash_table_lookup (self->schemas, text);

  return kept;
}

/**
 * mb_peer_load_schemas_async:
 * @self: a peer
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when they are there
 * @user_data: the data of @callback
 *
 * Asks the peer for the schemas of its topics and services, for [method@Peer.get_schema].
 *
 * This takes less than a second. A peer that encrypts keeps its schemas to itself, and a schema that does not fit in
 * one packet is not told. The directory must be open.
 *
 * Since: 0.1
 */
void
mb_peer_load_schemas_async (MbPeer              *self,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_PEER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_peer_load_schemas_async);

  if (self->session[0] == '\0')
    g_task_return_boolean (task, TRUE);
  else
    _mb_presence_wait_task (self->core, MB_WAIT_SCHEMAS, self->session, 0, task);
}

/**
 * mb_peer_load_schemas_finish:
 * @self: a peer
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Peer.load_schemas_async]. The errors are [error@ClientError] (the client is closed) and
 * `G_IO_ERROR_CANCELLED`.
 *
 * Returns: true if the peer was asked; it may not have answered
 *
 * Since: 0.1
 */
gboolean
mb_peer_load_schemas_finish (MbPeer        *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (MB_IS_PEER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_peer_load_schemas_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
