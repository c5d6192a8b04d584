/* mb-list.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-list-private.h"

gboolean
_mb_list_store_update (GListStore *store,
                       GPtrArray  *items)
{
  g_autoptr(GHashTable) wanted = g_hash_table_new (NULL, NULL);
  guint before = g_list_model_get_n_items (G_LIST_MODEL (store));
  guint i = 0;

  for (guint j = 0; j < items->len; j++)
    g_hash_table_add (wanted, g_ptr_array_index (items, j));

  while (i < g_list_model_get_n_items (G_LIST_MODEL (store)))
    {
      g_autoptr(GObject) item = g_list_model_get_item (G_LIST_MODEL (store), i);

      if (g_hash_table_contains (wanted, item))
        i++;
      else
        g_list_store_remove (store, i);
    }

  for (guint j = 0; j < items->len; j++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (G_LIST_MODEL (store), j);

      if (item != g_ptr_array_index (items, j))
        g_list_store_insert (store, j, g_ptr_array_index (items, j));
    }

  return g_list_model_get_n_items (G_LIST_MODEL (store)) != before;
}
