/* mbtt-schemas.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The schemas that peers tell. */

#include "config.h"

#include "mbtt-schemas.h"

/* How long peers have to tell of their schemas, in milliseconds. */
#define SCHEMA_TIMEOUT 2000

typedef struct
{
  guint    n_pending;
  gboolean timed_out;
} Loading;

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Loading *loading = user_data;

  /* A peer that does not tell is one without schemas here. */
  mb_peer_load_schemas_finish (MB_PEER (object), result, NULL);
  loading->n_pending--;
}

static gboolean
timeout_cb (gpointer user_data)
{
  GCancellable *cancellable = user_data;

  g_cancellable_cancel (cancellable);

  return G_SOURCE_CONTINUE;
}

/* Asks all of a list of peers for their schemas, together. */
void
mbtt_load_schemas (GListModel *peers)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Loading loading = { 0 };
  guint timer = g_timeout_add (SCHEMA_TIMEOUT, timeout_cb, cancellable);

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr(MbPeer) peer = g_list_model_get_item (peers, i);

      loading.n_pending++;
      mb_peer_load_schemas_async (peer, cancellable, loaded_cb, &loading);
    }

  while (loading.n_pending > 0)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
}

/* The schema that a peer tells, or NULL. Somebody may tell anything. */
const char *
mbtt_peer_get_schema (MbPeer       *peer,
                      MbSchemaRole  role,
                      const char   *name)
{
  const char *schema = mb_peer_get_schema (peer, role, name);
  g_autoptr(JsonNode) node = schema != NULL ? mb_json_from_text (schema, NULL) : NULL;

  return node != NULL ? schema : NULL;
}
