/* mb-schema-table.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-schema-table-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"

typedef struct
{
  MbPattern *pattern;
  MbSchema  *schema;
  guint      n_users;
} Entry;

struct _MbSchemaTable
{
  GMutex      lock;
  GHashTable *entries;      /* lock; the pattern's key to Entry */
  guint       generation;   /* lock */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  _mb_pattern_unref (entry->pattern);
  g_object_unref (entry->schema);
  g_free (entry);
}

MbSchemaTable *
_mb_schema_table_new (void)
{
  MbSchemaTable *self = g_new0 (MbSchemaTable, 1);

  g_mutex_init (&self->lock);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  self->generation = 1;

  return self;
}

void
_mb_schema_table_free (MbSchemaTable *self)
{
  g_hash_table_unref (self->entries);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
_mb_schema_table_add (MbSchemaTable  *self,
                      MbPattern      *pattern,
                      MbSchema       *schema,
                      GError        **error)
{
  const char *key = _mb_pattern_get_key (pattern);
  gboolean fits = TRUE;
  Entry *entry;

  if (schema == NULL)
    return TRUE;

  g_mutex_lock (&self->lock);

  entry = g_hash_table_lookup (self->entries, key);
  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      entry->pattern = _mb_pattern_ref (pattern);
      entry->schema = g_object_ref (schema);
      g_hash_table_insert (self->entries, (char *) _mb_pattern_get_key (entry->pattern), entry);
      self->generation++;
    }
  else
    {
      fits = entry->schema == schema || mb_schema_equal (entry->schema, schema);
    }

  if (fits)
    entry->n_users++;

  g_mutex_unlock (&self->lock);

  if (!fits)
    {
      g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_SCHEMA_CONFLICT,
                   _("This client already uses another schema for “%s”; one pattern has one schema, "
                     "so give the same one or none"),
                   _mb_pattern_get_text (pattern));
    }

  return fits;
}

void
_mb_schema_table_remove (MbSchemaTable *self,
                         MbPattern     *pattern,
                         MbSchema      *schema)
{
  const char *key = _mb_pattern_get_key (pattern);
  Entry *entry;

  if (schema == NULL)
    return;

  g_mutex_lock (&self->lock);

  entry = g_hash_table_lookup (self->entries, key);
  if (entry != NULL && --entry->n_users == 0)
    {
      g_hash_table_remove (self->entries, key);
      self->generation++;
    }

  g_mutex_unlock (&self->lock);
}

static void
listed_free (gpointer data)
{
  MbSchemaEntry *listed = data;

  g_free (listed->name);
  g_object_unref (listed->schema);
  g_free (listed);
}

GPtrArray *
_mb_schema_table_list (MbSchemaTable *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (listed_free);
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Entry *entry = value;
      MbSchemaEntry *listed = g_new (MbSchemaEntry, 1);

      listed->name = g_strdup (_mb_pattern_get_text (entry->pattern));
      listed->schema = g_object_ref (entry->schema);
      g_ptr_array_add (list, listed);
    }
  g_mutex_unlock (&self->lock);

  return list;
}

/* The lock is held. */
static GPtrArray *
find_matching (MbSchemaTable *self,
               const char    *topic)
{
  GPtrArray *schemas = g_ptr_array_new_with_free_func (g_object_unref);
  gsize length = strlen (topic);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Entry *entry = value;

      if (_mb_pattern_match (entry->pattern, topic, length) == MB_MATCH_YES)
        g_ptr_array_add (schemas, g_object_ref (entry->schema));
    }

  return schemas;
}

GPtrArray *
_mb_schema_table_match (MbSchemaTable  *self,
                        const char     *topic,
                        MbSchemaAnswer *answer)
{
  GPtrArray *schemas;

  g_mutex_lock (&self->lock);

  if (answer->schemas == NULL || answer->generation != self->generation)
    {
      g_clear_pointer (&answer->schemas, g_ptr_array_unref);
      answer->schemas = find_matching (self, topic);
      answer->generation = self->generation;
    }
  schemas = g_ptr_array_ref (answer->schemas);

  g_mutex_unlock (&self->lock);

  return schemas;
}
