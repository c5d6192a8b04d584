/* mb-schema-builder.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What compiling a keyword needs: rules that are made when first asked for, and values of the right
 * shape.
 */

#include "config.h"

#include "mb-schema-builder-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "mb-error.h"

gpointer
_mb_builder_alloc (MbBuilder *self,
                   gsize    size)
{
  return _mb_schema_program_alloc (self->compiler->program, size);
}

MbStringRules *
_mb_builder_string_rules (MbBuilder *self)
{
  if (self->string == NULL)
    {
      self->string = _mb_builder_alloc (self, sizeof *self->string);
      self->string->max_length = G_MAXUINT64;
    }

  return self->string;
}

MbArrayRules *
_mb_builder_array_rules (MbBuilder *self)
{
  if (self->array == NULL)
    {
      self->array = _mb_builder_alloc (self, sizeof *self->array);
      self->array->max_items = G_MAXUINT64;
      self->array->min_contains = 1;
      self->array->max_contains = G_MAXUINT64;
      self->array->contains_marks = self->node->resource->dialect.draft >= MB_SCHEMA_DRAFT_V2020_12;
    }

  return self->array;
}

MbObjectRules *
_mb_builder_object_rules (MbBuilder *self)
{
  if (self->properties == NULL)
    {
      self->properties = _mb_builder_alloc (self, sizeof *self->properties);
      self->properties->max_properties = G_MAXUINT64;
    }

  return self->properties;
}

gboolean
_mb_builder_malformed (MbBuilder    *self,
                       const char *keyword)
{
  _mb_compiler_fail (self->node, keyword, MB_SCHEMA_ERROR_INVALID, self->error,
                     _("has a value of the wrong kind"));

  return FALSE;
}

gboolean
_mb_builder_child (MbBuilder       *self,
                   const char    *keyword,
                   JsonNode      *json,
                   MbSchemaNode **out)
{
  if ((_mb_value_type (json) & (MB_VALUE_OBJECT | MB_VALUE_BOOLEAN)) == 0)
    return _mb_builder_malformed (self, keyword);

  *out = _mb_compiler_get_node (self->compiler, json, self->node->resource, self->error);

  return *out != NULL;
}

gboolean
_mb_builder_children (MbBuilder        *self,
                      const char     *keyword,
                      JsonNode       *json,
                      MbSchemaNode ***out,
                      guint          *n_out)
{
  JsonArray *array;
  guint n;

  if (_mb_value_type (json) != MB_VALUE_ARRAY)
    return _mb_builder_malformed (self, keyword);

  array = json_node_get_array (json);
  n = _mb_value_array_length (array);
  *out = _mb_builder_alloc (self, sizeof (MbSchemaNode *) * MAX (n, 1));
  *n_out = n;
  for (guint i = 0; i < n; i++)
    if (!_mb_builder_child (self, keyword, json_array_get_element (array, i), *out + i))
      return FALSE;

  return TRUE;
}

gboolean
_mb_builder_get_number (MbBuilder    *self,
                        const char *keyword,
                        JsonNode   *json,
                        MbNumber   *out)
{
  MbValueType type = _mb_value_type (json);

  if ((type & (MB_VALUE_INTEGER | MB_VALUE_NUMBER)) == 0)
    return _mb_builder_malformed (self, keyword);
  *out = _mb_value_number (json, type);

  return !_mb_number_is_nan (out) || _mb_builder_malformed (self, keyword);
}

/* Limits may be written as 2.0, and be larger than anything that can be counted. */
gboolean
_mb_builder_get_count (MbBuilder    *self,
                       const char *keyword,
                       JsonNode   *json,
                       guint64    *out)
{
  MbNumber number;

  if (!_mb_builder_get_number (self, keyword, json, &number))
    return FALSE;

  if (!number.is_double)
    {
      if (number.u.i < 0)
        return _mb_builder_malformed (self, keyword);
      *out = (guint64) number.u.i;
      return TRUE;
    }

  if (number.u.d < 0 || number.u.d != trunc (number.u.d))
    return _mb_builder_malformed (self, keyword);
  *out = number.u.d >= 9007199254740992.0 ? G_MAXUINT64 : (guint64) number.u.d;

  return TRUE;
}

gboolean
_mb_builder_get_boolean (MbBuilder    *self,
                         const char *keyword,
                         JsonNode   *json,
                         gboolean   *out)
{
  if (_mb_value_type (json) != MB_VALUE_BOOLEAN)
    return _mb_builder_malformed (self, keyword);
  *out = json_node_get_boolean (json);

  return TRUE;
}

gboolean
_mb_builder_get_string (MbBuilder     *self,
                        const char  *keyword,
                        JsonNode    *json,
                        const char **out)
{
  if (_mb_value_type (json) != MB_VALUE_STRING)
    return _mb_builder_malformed (self, keyword);
  *out = _mb_value_string (json);

  return TRUE;
}

gboolean
_mb_builder_get_strings (MbBuilder       *self,
                         const char    *keyword,
                         JsonNode      *json,
                         const char  ***out,
                         guint         *n_out)
{
  JsonArray *array;

  if (_mb_value_type (json) != MB_VALUE_ARRAY)
    return _mb_builder_malformed (self, keyword);

  array = json_node_get_array (json);
  *n_out = _mb_value_array_length (array);
  *out = _mb_builder_alloc (self, sizeof (char *) * MAX (*n_out, 1));
  for (guint i = 0; i < *n_out; i++)
    if (!_mb_builder_get_string (self, keyword, json_array_get_element (array, i), *out + i))
      return FALSE;

  return TRUE;
}

MbRegex *
_mb_builder_get_regex (MbBuilder    *self,
                       const char *keyword,
                       const char *pattern)
{
  g_autoptr(GError) local_error = NULL;
  MbRegex *regex = _mb_regex_new (pattern, &self->compiler->regex_work, &local_error);

  if (regex == NULL)
    {
      _mb_compiler_fail (self->node, keyword, local_error->code, self->error, "%s",
                         local_error->message);
      return NULL;
    }
  g_ptr_array_add (self->compiler->program->regexes, regex);

  return regex;
}

/* The members of an object schema, which is malformed if it is none. */
gboolean
_mb_builder_get_map (MbBuilder     *self,
                     const char  *keyword,
                     JsonNode    *json,
                     JsonObject **out)
{
  if (_mb_value_type (json) != MB_VALUE_OBJECT)
    return _mb_builder_malformed (self, keyword);
  *out = json_node_get_object (json);

  return TRUE;
}

MbName *
_mb_builder_add_name (MbBuilder    *self,
                      const char *name)
{
  MbName *entry;

  if (self->names == NULL)
    {
      self->names = g_ptr_array_new ();
      self->name_index = g_hash_table_new (g_str_hash, g_str_equal);
    }

  entry = g_hash_table_lookup (self->name_index, name);
  if (entry == NULL)
    {
      entry = _mb_builder_alloc (self, sizeof *entry);
      entry->name = name;
      entry->length = (guint32) strlen (name);
      g_hash_table_insert (self->name_index, (gpointer) name, entry);
      g_ptr_array_add (self->names, entry);
    }

  return entry;
}
