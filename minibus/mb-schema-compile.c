/* mb-schema-compile.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* From JSON to a program: every keyword that has something to say becomes a rule of the kind of
 * value that it speaks of, every reference a pointer. Iterative, so that no schema can exhaust the
 * stack.
 */

#include "config.h"

#include "mb-schema-builder-private.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#include "mb-error.h"

void
_mb_compiler_fail (const MbSchemaNode  *node,
                   const char          *keyword,
                   MbSchemaError        code,
                   GError             **error,
                   const char          *format,
                   ...)
{
  g_autofree char *text = NULL;
  g_autoptr(GString) pointer = g_string_new (NULL);
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  _mb_place_append (node->place, pointer);
  if (keyword != NULL)
    _mb_pointer_append (pointer, keyword);
  if (node->resource->document->uri != node->resource->uri &&
      strcmp (node->resource->document->uri, MB_SCHEMA_NO_URI) != 0)
    {
      g_string_prepend_c (pointer, '#');
      g_string_prepend (pointer, node->resource->document->uri);
    }

  g_set_error (error, MB_SCHEMA_ERROR, code, _("The schema cannot be used: “%s” %s."),
               pointer->len > 0 ? pointer->str : "/", text);
}

/* The node of a schema, which may not be compiled yet, but will be. */
MbSchemaNode *
_mb_compiler_get_node (MbCompiler  *self,
                       JsonNode    *json,
                       MbResource  *resource,
                       GError     **error)
{
  MbSchemaNode *node = g_hash_table_lookup (self->nodes, json);
  MbResource *own = g_hash_table_lookup (self->roots, json);

  if (node != NULL)
    return node;

  if (self->queue->len >= MB_SCHEMA_MAX_NODES)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
                   _("The schema has more than %u schemas within it, which is the limit."),
                   MB_SCHEMA_MAX_NODES);
      return NULL;
    }

  node = _mb_schema_program_alloc (self->program, sizeof *node);
  node->json = json;
  node->target = node;
  node->resource = own != NULL ? own : resource;
  node->place = g_hash_table_lookup (self->places, json);
  node->types = MB_VALUE_ANY;
  node->draft4 = node->resource->dialect.draft == MB_SCHEMA_DRAFT_V4;
  g_hash_table_insert (self->nodes, json, node);
  g_ptr_array_add (self->queue, node);

  return node;
}

static gboolean
compile_type (MbBuilder  *self,
              JsonNode *json)
{
  static const struct
  {
    const char *name;
    guint8      types;
  } types[] = {
    { "array", MB_VALUE_ARRAY },
    { "boolean", MB_VALUE_BOOLEAN },
    { "integer", MB_VALUE_INTEGER },
    { "null", MB_VALUE_NULL },
    { "number", MB_VALUE_INTEGER | MB_VALUE_NUMBER },
    { "object", MB_VALUE_OBJECT },
    { "string", MB_VALUE_STRING },
  };
  const char *single;
  const char **names = &single;
  guint n = 1;

  if (_mb_value_type (json) == MB_VALUE_STRING)
    single = _mb_value_string (json);
  else if (!_mb_builder_get_strings (self, "type", json, &names, &n))
    return FALSE;

  self->node->types = 0;
  for (guint i = 0; i < n; i++)
    {
      guint j;

      for (j = 0; j < G_N_ELEMENTS (types); j++)
        if (strcmp (types[j].name, names[i]) == 0)
          break;
      if (j == G_N_ELEMENTS (types))
        return _mb_builder_malformed (self, "type");
      self->node->types |= types[j].types;
    }

  return TRUE;
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  return _mb_number_compare (a, b);
}

static gboolean
compile_values (MbBuilder     *self,
                JsonNode   **values,
                guint        n,
                MbValueSet **out)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  MbValueSet *set = *out = _mb_builder_alloc (self, sizeof *set);

  set->numbers = _mb_builder_alloc (self, sizeof (MbNumber) * MAX (n, 1));
  set->strings.names = _mb_builder_alloc (self, sizeof (MbName) * MAX (n, 1));
  set->others = _mb_builder_alloc (self, sizeof (JsonNode *) * MAX (n, 1));
  set->hashes = _mb_builder_alloc (self, sizeof (guint64) * MAX (n, 1));

  for (guint i = 0; i < n; i++)
    {
      MbValueType type = _mb_value_type (values[i]);
      MbBudget budget = { G_MAXINT32, 0 };

      switch (type)
        {
        case MB_VALUE_NULL:
          set->has_null = TRUE;
          break;
        case MB_VALUE_BOOLEAN:
          if (json_node_get_boolean (values[i]))
            set->has_true = TRUE;
          else
            set->has_false = TRUE;
          break;
        case MB_VALUE_INTEGER:
        case MB_VALUE_NUMBER:
          set->numbers[set->n_numbers++] = _mb_value_number (values[i], type);
          break;
        case MB_VALUE_STRING:
          if (g_hash_table_add (seen, (gpointer) _mb_value_string (values[i])))
            {
              MbName *name = &set->strings.names[set->strings.n_names++];

              name->name = _mb_value_string (values[i]);
              name->length = (guint32) strlen (name->name);
            }
          break;
        case MB_VALUE_ARRAY:
        case MB_VALUE_OBJECT:
        case MB_VALUE_ANY:
        default:
          set->others[set->n_others] = values[i];
          set->hashes[set->n_others++] = _mb_value_hash (values[i], &budget);
          break;
        }
    }

  qsort (set->numbers, set->n_numbers, sizeof (MbNumber), compare_numbers);
  _mb_name_table_build (&set->strings, self->compiler->program);

  return TRUE;
}

static gboolean
compile_enum (MbBuilder  *self,
              JsonNode *json)
{
  g_autofree JsonNode **values = NULL;
  JsonArray *array;
  guint n;

  if (_mb_value_type (json) != MB_VALUE_ARRAY)
    return _mb_builder_malformed (self, "enum");

  array = json_node_get_array (json);
  n = _mb_value_array_length (array);
  values = g_new (JsonNode *, MAX (n, 1));
  for (guint i = 0; i < n; i++)
    values[i] = json_array_get_element (array, i);

  return compile_values (self, values, n, (MbValueSet **) &self->node->values);
}

static gboolean
compile_properties (MbBuilder  *self,
                    JsonNode *json)
{
  JsonObject *object;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (!_mb_builder_get_map (self, "properties", json, &object))
    return FALSE;

  _mb_builder_object_rules (self);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    if (!_mb_builder_child (self, "properties", member, &_mb_builder_add_name (self, name)->schema))
      return FALSE;

  return TRUE;
}

static gboolean
compile_pattern_properties (MbBuilder  *self,
                            JsonNode *json)
{
  MbObjectRules *rules = _mb_builder_object_rules (self);
  JsonObject *object;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (!_mb_builder_get_map (self, "patternProperties", json, &object))
    return FALSE;

  rules->patterns =
    _mb_builder_alloc (self, sizeof *rules->patterns * MAX (json_object_get_size (object), 1));
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      MbPatternProperty *pattern = &rules->patterns[rules->n_patterns];

      pattern->source = name;
      pattern->regex = _mb_builder_get_regex (self, "patternProperties", name);
      if (pattern->regex == NULL ||
          !_mb_builder_child (self, "patternProperties", member, &pattern->schema))
        return FALSE;
      rules->n_patterns++;
    }

  return TRUE;
}

static gboolean
compile_required (MbBuilder  *self,
                  JsonNode *json)
{
  const char **names;
  guint n;

  if (!_mb_builder_get_strings (self, "required", json, &names, &n))
    return FALSE;

  _mb_builder_object_rules (self);
  for (guint i = 0; i < n; i++)
    {
      MbName *name = _mb_builder_add_name (self, names[i]);

      if (!name->required)
        self->properties->n_required++;
      name->required = TRUE;
    }

  return TRUE;
}

static gboolean
compile_dependencies (MbBuilder    *self,
                      const char *keyword,
                      JsonNode   *json)
{
  JsonObject *object;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (!_mb_builder_get_map (self, keyword, json, &object))
    return FALSE;

  _mb_builder_object_rules (self);
  if (self->dependencies == NULL)
    self->dependencies = g_ptr_array_new ();
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      MbDependency *dependency = _mb_builder_alloc (self, sizeof *dependency);

      dependency->name = name;
      g_ptr_array_add (self->dependencies, dependency);
      if (_mb_value_type (member) == MB_VALUE_ARRAY
          ? !_mb_builder_get_strings (self, keyword, member, &dependency->required,
                                      &dependency->n_required)
          : !_mb_builder_child (self, keyword, member, &dependency->schema))
        return FALSE;
    }

  return TRUE;
}

static gboolean
compile_reference (MbBuilder    *self,
                   MbKeyword   keyword,
                   const char *name,
                   JsonNode   *json)
{
  MbCompiler *compiler = self->compiler;
  MbLogicRules *logic = RULES (self, logic);
  MbSchemaNode **out = keyword == MB_KEYWORD_REF ? &logic->ref : &logic->dynamic_ref;
  const char *dynamic_name = NULL;
  const char *reference;
  JsonNode *target;
  MbResource *resource;
  MbAnchor *anchor;

  if (!_mb_builder_get_string (self, name, json, &reference) ||
      !_mb_compiler_resolve (compiler, self->node, name, reference, &target, &resource, &anchor,
                             self->error))
    return FALSE;

  *out = _mb_compiler_get_node (compiler, target, resource, self->error);
  if (*out == NULL)
    return FALSE;

  if (keyword == MB_KEYWORD_DYNAMIC_REF && anchor != NULL && anchor->dynamic)
    dynamic_name = strchr (reference, '#') + 1;
  if (keyword == MB_KEYWORD_RECURSIVE_REF && target == resource->root &&
      resource->anchors != NULL &&
      g_hash_table_contains (resource->anchors, ""))
    dynamic_name = "";
  if (dynamic_name != NULL)
    {
      logic->dynamic_name = dynamic_name;
      g_hash_table_add (compiler->dynamic_names, (gpointer) dynamic_name);
      compiler->program->has_dynamic = TRUE;
    }

  return TRUE;
}

static gboolean
compile_format (MbBuilder    *self,
                const char *name)
{
  const MbDialect *dialect = &self->node->resource->dialect;
  const MbFormat *format;

  if (!self->compiler->options->assert_formats &&
      (dialect->vocabularies == MB_VOCABULARY_ALL ||
       (dialect->vocabularies & MB_VOCABULARY_ASSERT) == 0))
    return TRUE;

  format = _mb_format_find (name, dialect->draft);
  if (format != NULL)
    _mb_builder_string_rules (self)->format = format;

  return TRUE;
}

static gboolean
compile_keyword (MbBuilder             *self,
                 const MbKeywordInfo *info,
                 JsonNode            *json)
{
  const char *name = info->name;
  MbSchemaDraft draft = self->node->resource->dialect.draft;
  gboolean flag = FALSE;
  const char *text;

  switch ((MbKeyword) info->keyword)
    {
    case MB_KEYWORD_TYPE:
      return compile_type (self, json);
    case MB_KEYWORD_ENUM:
      return compile_enum (self, json);
    case MB_KEYWORD_CONST:
      return compile_values (self, &json, 1, (MbValueSet **) &self->node->constant);

    case MB_KEYWORD_MINIMUM:
      RULES (self, number)->has_minimum = TRUE;
      return _mb_builder_get_number (self, name, json, &self->number->minimum);
    case MB_KEYWORD_MAXIMUM:
      RULES (self, number)->has_maximum = TRUE;
      return _mb_builder_get_number (self, name, json, &self->number->maximum);
    case MB_KEYWORD_EXCLUSIVE_MINIMUM:
      RULES (self, number);
      if (draft == MB_SCHEMA_DRAFT_V4)
        {
          if (!_mb_builder_get_boolean (self, name, json, &flag))
            return FALSE;
          self->number->minimum_excluded = flag;
          return TRUE;
        }
      self->number->has_exclusive_minimum = TRUE;
      return _mb_builder_get_number (self, name, json, &self->number->exclusive_minimum);
    case MB_KEYWORD_EXCLUSIVE_MAXIMUM:
      RULES (self, number);
      if (draft == MB_SCHEMA_DRAFT_V4)
        {
          if (!_mb_builder_get_boolean (self, name, json, &flag))
            return FALSE;
          self->number->maximum_excluded = flag;
          return TRUE;
        }
      self->number->has_exclusive_maximum = TRUE;
      return _mb_builder_get_number (self, name, json, &self->number->exclusive_maximum);
    case MB_KEYWORD_MULTIPLE_OF:
      RULES (self, number)->has_multiple_of = TRUE;
      return _mb_builder_get_number (self, name, json, &self->number->multiple_of);

    case MB_KEYWORD_MIN_LENGTH:
      return _mb_builder_get_count (self, name, json, &_mb_builder_string_rules (self)->min_length);
    case MB_KEYWORD_MAX_LENGTH:
      return _mb_builder_get_count (self, name, json, &_mb_builder_string_rules (self)->max_length);
    case MB_KEYWORD_PATTERN:
      if (!_mb_builder_get_string (self, name, json, &text))
        return FALSE;
      _mb_builder_string_rules (self)->pattern = _mb_builder_get_regex (self, name, text);
      return self->string->pattern != NULL;
    case MB_KEYWORD_FORMAT:
      return _mb_builder_get_string (self, name, json, &text) && compile_format (self, text);

    case MB_KEYWORD_MIN_ITEMS:
      return _mb_builder_get_count (self, name, json, &_mb_builder_array_rules (self)->min_items);
    case MB_KEYWORD_MAX_ITEMS:
      return _mb_builder_get_count (self, name, json, &_mb_builder_array_rules (self)->max_items);
    case MB_KEYWORD_UNIQUE_ITEMS:
      return _mb_builder_get_boolean (self, name, json, &_mb_builder_array_rules (self)->unique);
    case MB_KEYWORD_PREFIX_ITEMS:
      _mb_builder_array_rules (self);
      return _mb_builder_children (self, name, json, &self->array->prefix, &self->array->n_prefix);
    case MB_KEYWORD_ITEMS:
      _mb_builder_array_rules (self);
      if (draft < MB_SCHEMA_DRAFT_V2020_12 && _mb_value_type (json) == MB_VALUE_ARRAY)
        return _mb_builder_children (self, name, json, &self->array->prefix,
                                     &self->array->n_prefix);
      return _mb_builder_child (self, name, json, &self->array->rest);
    case MB_KEYWORD_ADDITIONAL_ITEMS:
      {
        JsonNode *items = json_object_get_member (self->object, "items");

        /* Beside no list of items it says nothing. */
        if (items == NULL || _mb_value_type (items) != MB_VALUE_ARRAY)
          return TRUE;
        return _mb_builder_child (self, name, json, &_mb_builder_array_rules (self)->rest);
      }
    case MB_KEYWORD_CONTAINS:
      return _mb_builder_child (self, name, json, &_mb_builder_array_rules (self)->contains);
    case MB_KEYWORD_MIN_CONTAINS:
      return _mb_builder_get_count (self, name, json,
                                    &_mb_builder_array_rules (self)->min_contains);
    case MB_KEYWORD_MAX_CONTAINS:
      return _mb_builder_get_count (self, name, json,
                                    &_mb_builder_array_rules (self)->max_contains);
    case MB_KEYWORD_UNEVALUATED_ITEMS:
      self->node->flags |= MB_NODE_MARKS;
      return _mb_builder_child (self, name, json, &_mb_builder_array_rules (self)->unevaluated);

    case MB_KEYWORD_MIN_PROPERTIES:
      return _mb_builder_get_count (self, name, json,
                                    &_mb_builder_object_rules (self)->min_properties);
    case MB_KEYWORD_MAX_PROPERTIES:
      return _mb_builder_get_count (self, name, json,
                                    &_mb_builder_object_rules (self)->max_properties);
    case MB_KEYWORD_REQUIRED:
      return compile_required (self, json);
    case MB_KEYWORD_PROPERTIES:
      return compile_properties (self, json);
    case MB_KEYWORD_PATTERN_PROPERTIES:
      return compile_pattern_properties (self, json);
    case MB_KEYWORD_ADDITIONAL_PROPERTIES:
      return _mb_builder_child (self, name, json, &_mb_builder_object_rules (self)->additional);
    case MB_KEYWORD_PROPERTY_NAMES:
      return _mb_builder_child (self, name, json, &_mb_builder_object_rules (self)->property_names);
    case MB_KEYWORD_DEPENDENCIES:
    case MB_KEYWORD_DEPENDENT_REQUIRED:
    case MB_KEYWORD_DEPENDENT_SCHEMAS:
      return compile_dependencies (self, name, json);
    case MB_KEYWORD_UNEVALUATED_PROPERTIES:
      self->node->flags |= MB_NODE_MARKS;
      return _mb_builder_child (self, name, json, &_mb_builder_object_rules (self)->unevaluated);

    case MB_KEYWORD_REF:
    case MB_KEYWORD_DYNAMIC_REF:
    case MB_KEYWORD_RECURSIVE_REF:
      return compile_reference (self, info->keyword, name, json);
    case MB_KEYWORD_ALL_OF:
      RULES (self, logic);
      return _mb_builder_children (self, name, json, &self->logic->all_of, &self->logic->n_all_of);
    case MB_KEYWORD_ANY_OF:
      RULES (self, logic);
      return _mb_builder_children (self, name, json, &self->logic->any_of, &self->logic->n_any_of);
    case MB_KEYWORD_ONE_OF:
      RULES (self, logic);
      return _mb_builder_children (self, name, json, &self->logic->one_of, &self->logic->n_one_of);
    case MB_KEYWORD_NOT:
      return _mb_builder_child (self, name, json, &RULES (self, logic)->not);
    case MB_KEYWORD_IF:
      return _mb_builder_child (self, name, json, &RULES (self, logic)->if_);
    case MB_KEYWORD_THEN:
      return json_object_get_member (self->object, "if") == NULL ||
             _mb_builder_child (self, name, json, &RULES (self, logic)->then);
    case MB_KEYWORD_ELSE:
      return json_object_get_member (self->object, "if") == NULL ||
             _mb_builder_child (self, name, json, &RULES (self, logic)->else_);

    case MB_KEYWORD_NONE:
    case MB_KEYWORD_ANCHOR:
    case MB_KEYWORD_ANNOTATION:
    case MB_KEYWORD_COMMENT:
    case MB_KEYWORD_DEFS:
    case MB_KEYWORD_DYNAMIC_ANCHOR:
    case MB_KEYWORD_ID:
    case MB_KEYWORD_RECURSIVE_ANCHOR:
    case MB_KEYWORD_SCHEMA:
    case MB_KEYWORD_VOCABULARY:
    default:
      return TRUE;
    }
}

static void
finish (MbBuilder *self)
{
  MbSchemaNode *node = self->node;

  if (self->names != NULL)
    {
      MbNameTable *table = &self->properties->table;

      table->n_names = self->names->len;
      table->names = _mb_builder_alloc (self, sizeof (MbName) * self->names->len);
      for (guint i = 0; i < self->names->len; i++)
        table->names[i] = *(MbName *) g_ptr_array_index (self->names, i);
      _mb_name_table_build (table, self->compiler->program);
    }
  if (self->dependencies != NULL)
    {
      MbObjectRules *rules = self->properties;

      rules->n_dependencies = self->dependencies->len;
      rules->dependencies =
        _mb_builder_alloc (self, sizeof (MbDependency) * MAX (self->dependencies->len, 1));
      for (guint i = 0; i < self->dependencies->len; i++)
        rules->dependencies[i] = *(MbDependency *) g_ptr_array_index (self->dependencies, i);
    }

  node->number = self->number;
  node->string = self->string;
  node->array = self->array;
  node->object = self->properties;
  node->logic = self->logic;
  if (node->number != NULL)
    node->flags |= MB_NODE_NUMBER;
  if (node->string != NULL)
    node->flags |= MB_NODE_STRING;
  if (node->array != NULL)
    node->flags |= MB_NODE_ARRAY;
  if (node->object != NULL)
    node->flags |= MB_NODE_OBJECT;
  if (node->values != NULL || node->constant != NULL)
    node->flags |= MB_NODE_VALUES;
  if (node->logic != NULL)
    node->flags |= MB_NODE_LOGIC;
}

gboolean
_mb_compiler_compile (MbCompiler    *compiler,
                      MbSchemaNode  *node,
                      GError       **error)
{
  MbBuilder self = { .compiler = compiler, .node = node, .error = error };
  const MbDialect *dialect = &node->resource->dialect;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  gboolean good = TRUE;

  switch (_mb_value_type (node->json))
    {
    case MB_VALUE_BOOLEAN:
      node->types = json_node_get_boolean (node->json) ? MB_VALUE_ANY : 0;
      return TRUE;

    case MB_VALUE_OBJECT:
      self.object = json_node_get_object (node->json);
      break;

    case MB_VALUE_NULL:
    case MB_VALUE_INTEGER:
    case MB_VALUE_NUMBER:
    case MB_VALUE_STRING:
    case MB_VALUE_ARRAY:
    case MB_VALUE_ANY:
    default:
      _mb_compiler_fail (node, NULL, MB_SCHEMA_ERROR_INVALID, error,
                         _("is used as a schema, but is none"));
      return FALSE;
    }

  /* Up to Draft 7, a reference makes all beside it void. */
  if (dialect->draft <= MB_SCHEMA_DRAFT_V7)
    {
      member = json_object_get_member (self.object, "$ref");
      if (member != NULL && _mb_value_type (member) == MB_VALUE_STRING)
        {
          good = compile_reference (&self, MB_KEYWORD_REF, "$ref", member);
          finish (&self);
          return good;
        }
    }

  json_object_iter_init_ordered (&iter, self.object);
  while (good && json_object_iter_next_ordered (&iter, &name, &member))
    {
      const MbKeywordInfo *info = _mb_keyword_find (name, dialect);

      if (info != NULL &&
          !(info->keyword == MB_KEYWORD_REF && dialect->draft <= MB_SCHEMA_DRAFT_V7))
        good = compile_keyword (&self, info, member);
    }
  if (good)
    finish (&self);

  g_clear_pointer (&self.names, g_ptr_array_unref);
  g_clear_pointer (&self.name_index, g_hash_table_unref);
  g_clear_pointer (&self.dependencies, g_ptr_array_unref);

  return good;
}
