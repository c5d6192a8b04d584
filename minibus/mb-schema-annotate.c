/* mb-schema-annotate.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a schema says of a value that satisfies it: titles, defaults, and what has been evaluated.
 * 
 */

#include "config.h"

#include <string.h>

#include "mb-schema-report-private.h"

static void
add (MbReport           *self,
     const MbSchemaNode *schema,
     const char         *keyword,
     JsonNode           *annotation)
{
  MbUnit *unit;

  if (self->annotations->len >= self->max_errors)
    {
      json_node_unref (annotation);
      return;
    }

  unit = _mb_report_add (self, self->annotations, schema, keyword);
  unit->annotation = annotation;
}

/* Goes into a part, which says nothing if the value does not satisfy it. */
static void
annotate_part (MbReport           *self,
               const MbSchemaNode *schema,
               const char         *keyword,
               const char         *key,
               int                 index,
               JsonNode           *value,
               const char         *member,
               int                 item,
               const MbScope      *scope)
{
  gsize keyword_before, instance_before;

  if (schema == NULL || self->annotations->len >= self->max_errors ||
      !_mb_evaluate (&self->evaluation, schema, value, scope, NULL))
    return;

  keyword_before = _mb_report_enter (self->keyword, keyword, key, index);
  instance_before = _mb_report_enter (self->instance, NULL, member, item);
  _mb_report_annotate (self, schema, value, scope);
  g_string_truncate (self->keyword, keyword_before);
  g_string_truncate (self->instance, instance_before);
}

static void
annotate_members (MbReport           *self,
                  const MbSchemaNode *schema,
                  MbKeyword           keyword,
                  const char         *name,
                  JsonNode           *value,
                  const MbScope      *scope)
{
  const MbObjectRules *rules = schema->object;
  JsonArray *names = json_array_new ();
  JsonNode *list = json_node_new (JSON_NODE_ARRAY);
  JsonObjectIter iter;
  const char *key;
  JsonNode *member;

  json_node_take_array (list, names);
  json_object_iter_init_ordered (&iter, json_node_get_object (value));
  while (json_object_iter_next_ordered (&iter, &key, &member))
    {
      const MbName *known = _mb_name_table_find (&rules->table, key, strlen (key));
      gboolean is_known = known != NULL && known->schema != NULL;
      gboolean matched = FALSE;
      gboolean applies;

      for (guint i = 0; i < rules->n_patterns; i++)
        {
          if (!_mb_regex_match (rules->patterns[i].regex, key, strlen (key),
                                &self->evaluation.budget))
            continue;
          matched = TRUE;
          if (keyword == MB_KEYWORD_PATTERN_PROPERTIES)
            annotate_part (self, rules->patterns[i].schema, name, rules->patterns[i].source, -1,
                           member, key, -1, scope);
        }
      if (keyword == MB_KEYWORD_PROPERTIES)
        applies = is_known;
      else if (keyword == MB_KEYWORD_PATTERN_PROPERTIES)
        applies = matched;
      else
        applies = !is_known && !matched;
      if (!applies)
        continue;
      json_array_add_string_element (names, key);
      if (keyword == MB_KEYWORD_PROPERTIES)
        annotate_part (self, known->schema, name, key, -1, member, key, -1, scope);
      else if (keyword == MB_KEYWORD_ADDITIONAL_PROPERTIES)
        annotate_part (self, rules->additional, name, NULL, -1, member, key, -1, scope);
    }

  add (self, schema, name, list);
}

static void
annotate_items (MbReport           *self,
                const MbSchemaNode *schema,
                MbKeyword           keyword,
                const char         *name,
                JsonNode           *limit,
                JsonNode           *value,
                const MbScope      *scope)
{
  const MbArrayRules *rules = schema->array;
  JsonArray *array = json_node_get_array (value);
  guint n = _mb_value_array_length (array);
  guint n_prefix = MIN (n, rules->n_prefix);
  gboolean prefix = keyword == MB_KEYWORD_PREFIX_ITEMS || _mb_value_type (limit) == MB_VALUE_ARRAY;
  JsonNode *annotation;

  if (prefix)
    {
      for (guint i = 0; i < n_prefix; i++)
        annotate_part (self, rules->prefix[i], name, NULL, (int) i,
                       json_array_get_element (array, i), NULL,
                       (int) i, scope);
      if (n_prefix == 0)
        return;
      annotation = json_node_alloc ();
      if (n_prefix == n)
        json_node_init_boolean (annotation, TRUE);
      else
        json_node_init_int (annotation, n_prefix - 1);
    }
  else
    {
      for (guint i = n_prefix; i < n; i++)
        annotate_part (self, rules->rest, name, NULL, -1, json_array_get_element (array, i), NULL,
                       (int) i, scope);
      if (n_prefix == n)
        return;
      annotation = json_node_init_boolean (json_node_alloc (), TRUE);
    }

  add (self, schema, name, annotation);
}

static void
annotate_contains (MbReport           *self,
                   const MbSchemaNode *schema,
                   const char         *name,
                   JsonNode           *value,
                   const MbScope      *scope)
{
  JsonArray *array = json_node_get_array (value);
  guint n = _mb_value_array_length (array);
  JsonArray *found = json_array_new ();
  JsonNode *list = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (list, found);
  for (guint i = 0; i < n; i++)
    if (_mb_evaluate (&self->evaluation, schema->array->contains, json_array_get_element (array, i),
                      scope,
                      NULL))
      {
        json_array_add_int_element (found, i);
        annotate_part (self, schema->array->contains, name, NULL, -1,
                       json_array_get_element (array, i),
                       NULL, (int) i, scope);
      }

  if (schema->array->contains_marks)
    add (self, schema, name, list);
  else
    json_node_unref (list);
}

static void
annotate_unevaluated (MbReport           *self,
                      const MbSchemaNode *schema,
                      const char         *name,
                      JsonNode           *value,
                      MbValueType         type,
                      const MbScope      *scope)
{
  MbMarks marks;
  JsonArray *names = json_array_new ();
  JsonNode *list = json_node_new (JSON_NODE_ARRAY);
  gboolean any = FALSE;
  guint i = 0;

  json_node_take_array (list, names);
  if (type == MB_VALUE_ARRAY)
    {
      JsonArray *array = json_node_get_array (value);

      _mb_marks_init (&marks, _mb_value_array_length (array));
      _mb_evaluate_marks (&self->evaluation, schema, value, scope, &marks);
      for (; i < marks.n; i++)
        if (!_mb_marks_get (&marks, i))
          {
            any = TRUE;
            annotate_part (self, schema->array->unevaluated, name, NULL, -1,
                           json_array_get_element (array, i), NULL, (int) i, scope);
          }
      json_node_unref (list);
      if (any)
        add (self, schema, name, json_node_init_boolean (json_node_alloc (), TRUE));
    }
  else
    {
      JsonObjectIter iter;
      const char *key;
      JsonNode *member;

      _mb_marks_init (&marks, _mb_value_object_size (json_node_get_object (value)));
      _mb_evaluate_marks (&self->evaluation, schema, value, scope, &marks);
      json_object_iter_init (&iter, json_node_get_object (value));
      for (; json_object_iter_next (&iter, &key, &member); i++)
        if (!_mb_marks_get (&marks, i))
          {
            json_array_add_string_element (names, key);
            annotate_part (self, schema->object->unevaluated, name, NULL, -1, member, key, -1,
                           scope);
          }
      add (self, schema, name, list);
    }
  _mb_marks_clear (&marks);
}

static void
annotate_logic (MbReport           *self,
                const MbSchemaNode *schema,
                MbKeyword           keyword,
                const char         *name,
                JsonNode           *value,
                const MbScope      *scope)
{
  const MbLogicRules *rules = schema->logic;
  MbSchemaNode **branches = NULL;
  guint n = 0;

  switch (keyword)
    {
    case MB_KEYWORD_REF:
      annotate_part (self, rules->ref, name, NULL, -1, value, NULL, -1, scope);
      return;
    case MB_KEYWORD_DYNAMIC_REF:
    case MB_KEYWORD_RECURSIVE_REF:
      annotate_part (self, _mb_resolve_dynamic (rules, scope), name, NULL, -1, value, NULL, -1,
                     scope);
      return;
    case MB_KEYWORD_IF:
      annotate_part (self, rules->if_, name, NULL, -1, value, NULL, -1, scope);
      return;
    case MB_KEYWORD_THEN:
    case MB_KEYWORD_ELSE:
      if (rules->if_ != NULL &&
          _mb_evaluate (&self->evaluation, rules->if_, value, scope,
                        NULL) == (keyword == MB_KEYWORD_THEN))
        annotate_part (self, keyword == MB_KEYWORD_THEN ? rules->then : rules->else_, name, NULL,
                       -1, value, NULL, -1, scope);
      return;
    case MB_KEYWORD_ALL_OF:
      branches = rules->all_of;
      n = rules->n_all_of;
      break;
    case MB_KEYWORD_ANY_OF:
      branches = rules->any_of;
      n = rules->n_any_of;
      break;
    default:
      branches = rules->one_of;
      n = rules->n_one_of;
      break;
    }

  for (guint i = 0; i < n; i++)
    annotate_part (self, branches[i], name, NULL, (int) i, value, NULL, -1, scope);
}

static void
annotate_keyword (MbReport            *self,
                  const MbSchemaNode  *schema,
                  const MbKeywordInfo *info,
                  const char          *name,
                  JsonNode            *limit,
                  JsonNode            *value,
                  MbValueType          type,
                  const MbScope       *scope)
{
  /* What is no keyword is an annotation, too, since drafts say so. */
  if (info == NULL)
    {
      if (schema->resource->dialect.draft >= MB_SCHEMA_DRAFT_V2019_09)
        add (self, schema, name, json_node_ref (limit));
      return;
    }

  switch ((MbKeyword) info->keyword)
    {
    case MB_KEYWORD_ANNOTATION:
      /* Those of content speak of strings only. */
      if (info->vocabulary != MB_VOCABULARY_CONTENT || type == MB_VALUE_STRING)
        add (self, schema, name, json_node_ref (limit));
      break;
    case MB_KEYWORD_FORMAT:
      add (self, schema, name, json_node_ref (limit));
      break;

    case MB_KEYWORD_PROPERTIES:
    case MB_KEYWORD_PATTERN_PROPERTIES:
    case MB_KEYWORD_ADDITIONAL_PROPERTIES:
      if (type == MB_VALUE_OBJECT && json_node_get_object (value) != NULL)
        annotate_members (self, schema, info->keyword, name, value, scope);
      break;
    case MB_KEYWORD_DEPENDENCIES:
    case MB_KEYWORD_DEPENDENT_SCHEMAS:
      for (guint i = 0; type == MB_VALUE_OBJECT && i < schema->object->n_dependencies; i++)
        {
          const MbDependency *dependency = &schema->object->dependencies[i];

          if (dependency->schema != NULL && json_node_get_object (value) != NULL &&
              json_object_has_member (json_node_get_object (value), dependency->name))
            annotate_part (self, dependency->schema, name, dependency->name, -1, value, NULL, -1,
                           scope);
        }
      break;
    case MB_KEYWORD_UNEVALUATED_ITEMS:
      if (type == MB_VALUE_ARRAY)
        annotate_unevaluated (self, schema, name, value, type, scope);
      break;
    case MB_KEYWORD_UNEVALUATED_PROPERTIES:
      if (type == MB_VALUE_OBJECT && json_node_get_object (value) != NULL)
        annotate_unevaluated (self, schema, name, value, type, scope);
      break;

    case MB_KEYWORD_PREFIX_ITEMS:
    case MB_KEYWORD_ITEMS:
      if (type == MB_VALUE_ARRAY)
        annotate_items (self, schema, info->keyword, name, limit, value, scope);
      break;
    case MB_KEYWORD_ADDITIONAL_ITEMS:
      if (type == MB_VALUE_ARRAY && schema->array != NULL && schema->array->prefix != NULL)
        annotate_items (self, schema, info->keyword, name, limit, value, scope);
      break;
    case MB_KEYWORD_CONTAINS:
      if (type == MB_VALUE_ARRAY)
        annotate_contains (self, schema, name, value, scope);
      break;

    case MB_KEYWORD_REF:
    case MB_KEYWORD_DYNAMIC_REF:
    case MB_KEYWORD_RECURSIVE_REF:
    case MB_KEYWORD_ALL_OF:
    case MB_KEYWORD_ANY_OF:
    case MB_KEYWORD_ONE_OF:
    case MB_KEYWORD_IF:
    case MB_KEYWORD_THEN:
    case MB_KEYWORD_ELSE:
      if (schema->logic != NULL)
        annotate_logic (self, schema, info->keyword, name, value, scope);
      break;

    default:
      break;
    }
}

void
_mb_report_annotate (MbReport           *self,
                     const MbSchemaNode *schema,
                     JsonNode           *value,
                     const MbScope      *scope)
{
  const MbDialect *dialect = &schema->resource->dialect;
  MbValueType type = _mb_value_type (value);
  gboolean reference_only;
  JsonObjectIter iter;
  const char *name;
  JsonNode *limit;
  MbScope own;

  if (_mb_value_type (schema->json) != MB_VALUE_OBJECT ||
      self->evaluation.budget.depth >= MB_SCHEMA_MAX_DEPTH)
    return;

  if (scope->resource != schema->resource)
    {
      own.outer = scope;
      own.resource = schema->resource;
      scope = &own;
    }

  reference_only = dialect->draft <= MB_SCHEMA_DRAFT_V7 && schema->logic != NULL &&
    schema->logic->ref != NULL;
  self->evaluation.budget.depth++;
  json_object_iter_init_ordered (&iter, json_node_get_object (schema->json));
  while (json_object_iter_next_ordered (&iter, &name, &limit))
    {
      const MbKeywordInfo *info = _mb_keyword_find (name, dialect);

      if (!reference_only || (info != NULL && info->keyword == MB_KEYWORD_REF))
        annotate_keyword (self, schema, info, name, limit, value, type, scope);
    }
  self->evaluation.budget.depth--;
}
