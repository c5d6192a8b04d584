/* mb-schema-report-rules.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Why a value does not satisfy a keyword, kind by kind of value. */

#include "config.h"

#include "mb-schema-report-private.h"

#include <glib/gi18n-lib.h>

gboolean
_mb_report_number (MbReport           *self,
                   const MbSchemaNode *schema,
                   MbKeyword           keyword,
                   const char         *name,
                   JsonNode           *limit,
                   JsonNode           *value)
{
  const MbNumberRules *rules = schema->number;
  MbNumber number = _mb_value_number (value, _mb_value_type (value));
  g_autofree char *who = _mb_report_subject (self);
  g_autofree char *actual = _mb_value_describe (value);
  g_autofree char *expected = _mb_value_describe (limit);
  int order;

  switch (keyword)
    {
    case MB_KEYWORD_MINIMUM:
      order = _mb_number_compare (&number, &rules->minimum);
      if (order < 0 && !rules->minimum_excluded)
        return _mb_report_fail (self, schema, name, _("%s is %s, but must be at least %s."), who,
                                actual, expected);
      if (order <= 0 && rules->minimum_excluded)
        return _mb_report_fail (self, schema, name, _("%s is %s, but must be greater than %s."),
                                who, actual,
                                expected);
      return TRUE;

    case MB_KEYWORD_MAXIMUM:
      order = _mb_number_compare (&number, &rules->maximum);
      if (order > 0 && !rules->maximum_excluded)
        return _mb_report_fail (self, schema, name, _("%s is %s, but must be at most %s."), who,
                                actual, expected);
      if (order >= 0 && rules->maximum_excluded)
        return _mb_report_fail (self, schema, name, _("%s is %s, but must be less than %s."), who,
                                actual, expected);
      return TRUE;

    case MB_KEYWORD_EXCLUSIVE_MINIMUM:
      return !rules->has_exclusive_minimum ||
             _mb_number_compare (&number, &rules->exclusive_minimum) > 0 ||
             _mb_report_fail (self, schema, name, _("%s is %s, but must be greater than %s."), who,
                              actual, expected);

    case MB_KEYWORD_EXCLUSIVE_MAXIMUM:
      return !rules->has_exclusive_maximum ||
             _mb_number_compare (&number, &rules->exclusive_maximum) < 0 ||
             _mb_report_fail (self, schema, name, _("%s is %s, but must be less than %s."), who,
                              actual, expected);

    default:
      return _mb_number_is_multiple (&number, &rules->multiple_of) ||
             _mb_report_fail (self, schema, name, _("%s is %s, but must be a multiple of %s."), who,
                              actual, expected);
    }
}

gboolean
_mb_report_string (MbReport           *self,
                   const MbSchemaNode *schema,
                   MbKeyword           keyword,
                   const char         *name,
                   JsonNode           *limit,
                   JsonNode           *value)
{
  const MbStringRules *rules = schema->string;
  const char *text = _mb_value_string (value);
  gsize length = strlen (text);
  guint n_characters = 0;
  g_autofree char *who = _mb_report_subject (self);
  g_autofree char *actual = _mb_value_describe (value);
  g_autofree char *expected = _mb_value_describe (limit);

  for (gsize i = 0; i < length; i++)
    n_characters += ((guint8) text[i] & 0xc0) != 0x80;

  switch (keyword)
    {
    case MB_KEYWORD_MIN_LENGTH:
      return n_characters >= rules->min_length ||
             _mb_report_fail (self, schema, name,
                              _("%s is %s, which has %u characters, but must "
                                "have at least %s."), who, actual, n_characters,
                              expected);

    case MB_KEYWORD_MAX_LENGTH:
      return n_characters <= rules->max_length ||
             _mb_report_fail (self, schema, name,
                              _("%s is %s, which has %u characters, but must "
                                "have at most %s."), who, actual, n_characters,
                              expected);

    case MB_KEYWORD_PATTERN:
      return _mb_regex_match (rules->pattern, text, length, &self->evaluation.budget) ||
             _mb_report_fail (self, schema, name,
                              _("%s is %s, but must match the regular expression %s."),
                              who, actual, expected);

    default:
      return rules->format == NULL || _mb_format_check (rules->format, text) ||
             _mb_report_fail (self, schema, name, _("%s is %s, but must have the format %s."), who,
                              actual, expected);
    }
}

static gboolean
report_items (MbReport           *self,
              const MbSchemaNode *schema,
              const char         *name,
              JsonArray          *array,
              gboolean            prefix,
              const MbScope      *scope)
{
  const MbArrayRules *rules = schema->array;
  guint n = _mb_value_array_length (array);
  gboolean valid = TRUE;

  if (prefix)
    {
      for (guint i = 0; i < MIN (n, rules->n_prefix) && !_mb_report_is_full (self); i++)
        valid &= _mb_report_part (self, rules->prefix[i], name, NULL, (int) i,
                                  json_array_get_element (array, i), NULL, (int) i, scope);
      return valid;
    }

  if (n > rules->n_prefix && _mb_schema_node_is_false (rules->rest))
    {
      g_autofree char *who = _mb_report_subject (self);

      return _mb_report_fail (self, schema, name, _("%s has %u items, but must have at most %u."),
                              who, n,
                              rules->n_prefix);
    }

  for (guint i = rules->n_prefix; i < n && !_mb_report_is_full (self); i++)
    valid &= _mb_report_part (self, rules->rest, name, NULL, -1, json_array_get_element (array, i),
                              NULL,
                              (int) i, scope);

  return valid;
}

static gboolean
report_contains (MbReport           *self,
                 const MbSchemaNode *schema,
                 MbKeyword           keyword,
                 const char         *name,
                 JsonArray          *array,
                 const MbScope      *scope)
{
  const MbArrayRules *rules = schema->array;
  guint n = _mb_value_array_length (array);
  g_autofree char *who = _mb_report_subject (self);
  guint found = 0;

  if (rules->contains == NULL)
    return TRUE;
  for (guint i = 0; i < n; i++)
    found += _mb_evaluate (&self->evaluation, rules->contains, json_array_get_element (array, i),
                           scope,
                           NULL) ? 1 : 0;

  /* Too few is an error of `contains`, whatever `minContains` says. */
  if (keyword == MB_KEYWORD_CONTAINS && found < rules->min_contains)
    return _mb_report_fail (self, schema, name,
                            _("%s must have at least %u items that satisfy "
                              "“contains”, but has %u."),
                            who, (guint) MIN (rules->min_contains, G_MAXUINT), found);
  if (keyword == MB_KEYWORD_MAX_CONTAINS && found > rules->max_contains)
    return _mb_report_fail (self, schema, name,
                            _("%s must have at most %u items that satisfy "
                              "“contains”, but has %u."),
                            who, (guint) rules->max_contains, found);

  return TRUE;
}

gboolean
_mb_report_array (MbReport           *self,
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
  g_autofree char *who = NULL;
  guint first, second;

  switch (keyword)
    {
    case MB_KEYWORD_MIN_ITEMS:
    case MB_KEYWORD_MAX_ITEMS:
      {
        g_autofree char *expected = _mb_value_describe (limit);

        who = _mb_report_subject (self);
        if (keyword == MB_KEYWORD_MIN_ITEMS)
          return n >= rules->min_items ||
                 _mb_report_fail (self, schema, name,
                                  _("%s has %u items, but must have at least %s."), who, n,
                                  expected);
        return n <= rules->max_items ||
               _mb_report_fail (self, schema, name, _("%s has %u items, but must have at most %s."),
                                who, n, expected);
      }

    case MB_KEYWORD_UNIQUE_ITEMS:
      if (rules->unique && _mb_value_find_equal (array, &self->evaluation.budget, &first, &second))
        {
          g_autofree char *item = _mb_value_describe (json_array_get_element (array, first));

          who = _mb_report_subject (self);
          return _mb_report_fail (self, schema, name,
                                  _("%s must have no two equal items, but items %u and %u are "
                                    "both %s."), who, first, second, item);
        }
      return TRUE;

    case MB_KEYWORD_PREFIX_ITEMS:
      return report_items (self, schema, name, array, TRUE, scope);

    case MB_KEYWORD_ITEMS:
      return report_items (self, schema, name, array, _mb_value_type (limit) == MB_VALUE_ARRAY,
                           scope);

    case MB_KEYWORD_ADDITIONAL_ITEMS:
      return rules->rest == NULL || rules->prefix == NULL ||
             report_items (self, schema, name, array, FALSE, scope);

    default:
      return report_contains (self, schema, keyword, name, array, scope);
    }
}

static gboolean
report_members (MbReport           *self,
                const MbSchemaNode *schema,
                MbKeyword           keyword,
                const char         *name,
                JsonObject         *object,
                const MbScope      *scope)
{
  const MbObjectRules *rules = schema->object;
  gboolean valid = TRUE;
  JsonObjectIter iter;
  const char *key;
  JsonNode *member;

  if (object == NULL)
    return TRUE;

  json_object_iter_init_ordered (&iter, object);
  while (!_mb_report_is_full (self) && json_object_iter_next_ordered (&iter, &key, &member))
    {
      gsize length = strlen (key);
      const MbName *known = _mb_name_table_find (&rules->table, key, length);
      gboolean matched = FALSE;

      if (keyword == MB_KEYWORD_PROPERTIES)
        {
          if (known != NULL && known->schema != NULL)
            valid &= _mb_report_part (self, known->schema, name, key, -1, member, key, -1, scope);
          continue;
        }
      if (keyword == MB_KEYWORD_PROPERTY_NAMES)
        {
          g_autoptr(JsonNode) text = json_node_init_string (json_node_alloc (), key);

          valid &= _mb_report_part (self, rules->property_names, name, NULL, -1, text, key, -1,
                                    scope);
          continue;
        }

      for (guint i = 0; i < rules->n_patterns && !_mb_report_is_full (self); i++)
        {
          if (!_mb_regex_match (rules->patterns[i].regex, key, length, &self->evaluation.budget))
            continue;
          matched = TRUE;
          if (keyword == MB_KEYWORD_PATTERN_PROPERTIES)
            valid &= _mb_report_part (self, rules->patterns[i].schema, name,
                                      rules->patterns[i].source, -1,
                                      member, key, -1, scope);
        }
      if (keyword != MB_KEYWORD_ADDITIONAL_PROPERTIES || matched ||
          (known != NULL && known->schema != NULL))
        continue;

      if (_mb_schema_node_is_false (rules->additional))
        {
          g_autofree char *who = _mb_report_subject (self);

          valid = _mb_report_fail (self, schema, name,
                                   _("%s has a member “%s”, which is not allowed."), who, key);
        }
      else
        {
          valid &= _mb_report_part (self, rules->additional, name, NULL, -1, member, key, -1,
                                    scope);
        }
    }

  return valid;
}

static gboolean
report_dependencies (MbReport           *self,
                     const MbSchemaNode *schema,
                     const char         *name,
                     JsonNode           *map,
                     JsonNode           *value,
                     const MbScope      *scope)
{
  const MbObjectRules *rules = schema->object;
  JsonObject *object = json_node_get_object (value);
  gboolean valid = TRUE;

  for (guint i = 0; i < rules->n_dependencies && !_mb_report_is_full (self); i++)
    {
      const MbDependency *dependency = &rules->dependencies[i];
      JsonNode *own = json_object_get_member (json_node_get_object (map), dependency->name);

      /* All such keywords share one list: this one must be meant. */
      if (own == NULL || (dependency->schema != NULL ? dependency->schema->json != own
                          : _mb_value_type (own) != MB_VALUE_ARRAY) ||
          object == NULL || !json_object_has_member (object, dependency->name))
        continue;

      for (guint j = 0; j < dependency->n_required; j++)
        if (!json_object_has_member (object, dependency->required[j]))
          {
            g_autofree char *who = _mb_report_subject (self);

            valid = _mb_report_fail (self, schema, name,
                                     _("%s has a member “%s” and so must have a member “%s”, too."),
                                     who, dependency->name, dependency->required[j]);
          }
      if (dependency->schema != NULL)
        valid &= _mb_report_part (self, dependency->schema, name, dependency->name, -1, value, NULL,
                                  -1, scope);
    }

  return valid;
}

gboolean
_mb_report_object (MbReport           *self,
                   const MbSchemaNode *schema,
                   MbKeyword           keyword,
                   const char         *name,
                   JsonNode           *limit,
                   JsonNode           *value,
                   const MbScope      *scope)
{
  const MbObjectRules *rules = schema->object;
  JsonObject *object = json_node_get_object (value);
  guint n = _mb_value_object_size (object);
  g_autofree char *who = NULL;
  g_autofree char *expected = NULL;
  gboolean valid = TRUE;

  switch (keyword)
    {
    case MB_KEYWORD_MIN_PROPERTIES:
    case MB_KEYWORD_MAX_PROPERTIES:
      expected = _mb_value_describe (limit);
      who = _mb_report_subject (self);
      if (keyword == MB_KEYWORD_MIN_PROPERTIES)
        return n >= rules->min_properties ||
               _mb_report_fail (self, schema, name,
                                _("%s has %u members, but must have at least %s."), who, n,
                                expected);
      return n <= rules->max_properties ||
             _mb_report_fail (self, schema, name, _("%s has %u members, but must have at most %s."),
                              who, n, expected);

    case MB_KEYWORD_REQUIRED:
      who = _mb_report_subject (self);
      for (guint i = 0; i < rules->table.n_names && !_mb_report_is_full (self); i++)
        if (rules->table.names[i].required &&
            (object == NULL || !json_object_has_member (object, rules->table.names[i].name)))
          valid = _mb_report_fail (self, schema, name,
                                   _("%s has no member “%s”, which is required."), who,
                                   rules->table.names[i].name);
      return valid;

    case MB_KEYWORD_DEPENDENCIES:
    case MB_KEYWORD_DEPENDENT_REQUIRED:
    case MB_KEYWORD_DEPENDENT_SCHEMAS:
      return report_dependencies (self, schema, name, limit, value, scope);

    default:
      return report_members (self, schema, keyword, name, object, scope);
    }
}

gboolean
_mb_report_unevaluated (MbReport           *self,
                        const MbSchemaNode *schema,
                        const char         *name,
                        JsonNode           *value,
                        MbValueType         type,
                        const MbScope      *scope)
{
  const MbSchemaNode *rest = type == MB_VALUE_ARRAY ? schema->array->unevaluated
                                                    : schema->object->unevaluated;
  gboolean valid = TRUE;
  MbMarks marks;
  guint n = type == MB_VALUE_ARRAY ? _mb_value_array_length (json_node_get_array (value))
                                   : _mb_value_object_size (json_node_get_object (value));
  JsonObjectIter iter;
  const char *key = NULL;
  JsonNode *part = NULL;

  if (n == 0)
    return TRUE;

  /* If another keyword failed, that is the error, and what it marked is not known. */
  _mb_marks_init (&marks, n);
  if (!_mb_evaluate_marks (&self->evaluation, schema, value, scope, &marks))
    {
      _mb_marks_clear (&marks);
      return TRUE;
    }

  if (type == MB_VALUE_OBJECT)
    json_object_iter_init (&iter, json_node_get_object (value));
  for (guint i = 0; i < n && !_mb_report_is_full (self); i++)
    {
      if (type == MB_VALUE_ARRAY)
        part = json_array_get_element (json_node_get_array (value), i);
      else
        json_object_iter_next (&iter, &key, &part);

      if (_mb_marks_get (&marks, i))
        continue;
      if (_mb_schema_node_is_false (rest))
        {
          g_autofree char *who = _mb_report_subject (self);

          valid = type == MB_VALUE_ARRAY
                  ? _mb_report_fail (self, schema, name,
                                     _("%s has an item at %u, which is not allowed."), who, i)
                  : _mb_report_fail (self, schema, name,
                                     _("%s has a member “%s”, which is not allowed."), who, key);
        }
      else
        {
          valid &= _mb_report_part (self, rest, name, NULL, -1, part, key,
                                    key == NULL ? (int) i : -1, scope);
        }
    }
  _mb_marks_clear (&marks);

  return valid;
}

static gboolean
report_alternatives (MbReport            *self,
                     const MbSchemaNode  *schema,
                     const char          *name,
                     MbSchemaNode       **branches,
                     guint                n,
                     gboolean             only_one,
                     JsonNode            *value,
                     const MbScope       *scope)
{
  g_autofree char *who = _mb_report_subject (self);
  g_autofree char *actual = _mb_value_describe (value);
  guint found[2] = { 0, 0 };
  guint n_found = 0;

  for (guint i = 0; i < n && n_found < 2; i++)
    if (_mb_evaluate (&self->evaluation, branches[i], value, scope, NULL))
      found[n_found++] = i;

  if (n_found == 1 || (n_found > 1 && !only_one))
    return TRUE;
  if (n_found == 2)
    return _mb_report_fail (self, schema, name,
                            _("%s is %s, but must satisfy exactly one of %u schemas, and satisfies "
                              "those at %u and %u."), who, actual, n, found[0],
                            found[1]);

  if (only_one)
    _mb_report_fail (self, schema, name,
                     _("%s is %s, but must satisfy exactly one of %u schemas, and satisfies none."),
                     who, actual, n);
  else
    _mb_report_fail (self, schema, name,
                     _("%s is %s, but must satisfy at least one of %u schemas, and satisfies none."),
                     who, actual, n);
  for (guint i = 0; i < n && !_mb_report_is_full (self); i++)
    _mb_report_part (self, branches[i], name, NULL, (int) i, value, NULL, -1, scope);

  return FALSE;
}

gboolean
_mb_report_logic (MbReport           *self,
                  const MbSchemaNode *schema,
                  MbKeyword           keyword,
                  const char         *name,
                  JsonNode           *value,
                  const MbScope      *scope)
{
  const MbLogicRules *rules = schema->logic;
  gboolean valid = TRUE;
  gboolean holds;

  switch (keyword)
    {
    case MB_KEYWORD_REF:
      return _mb_report_part (self, rules->ref, name, NULL, -1, value, NULL, -1, scope);

    case MB_KEYWORD_DYNAMIC_REF:
    case MB_KEYWORD_RECURSIVE_REF:
      return _mb_report_part (self, _mb_resolve_dynamic (rules, scope), name, NULL, -1, value, NULL,
                              -1, scope);

    case MB_KEYWORD_ALL_OF:
      for (guint i = 0; i < rules->n_all_of && !_mb_report_is_full (self); i++)
        valid &= _mb_report_part (self, rules->all_of[i], name, NULL, (int) i, value, NULL, -1,
                                  scope);
      return valid;

    case MB_KEYWORD_ANY_OF:
      return rules->n_any_of == 0 ||
             report_alternatives (self, schema, name, rules->any_of, rules->n_any_of, FALSE, value,
                                  scope);

    case MB_KEYWORD_ONE_OF:
      return rules->n_one_of == 0 ||
             report_alternatives (self, schema, name, rules->one_of, rules->n_one_of, TRUE, value,
                                  scope);

    case MB_KEYWORD_NOT:
      if (_mb_evaluate (&self->evaluation, rules->not, value, scope, NULL))
        {
          g_autofree char *who = _mb_report_subject (self);
          g_autofree char *actual = _mb_value_describe (value);
          g_autofree char *expected = _mb_value_describe (rules->not->json);

          return _mb_report_fail (self, schema, name,
                                  _("%s is %s, but must not satisfy the schema %s."), who, actual,
                                  expected);
        }
      return TRUE;

    default:
      /* `then` and `else` */
      if (rules->if_ == NULL)
        return TRUE;
      holds = _mb_evaluate (&self->evaluation, rules->if_, value, scope, NULL);
      if (holds != (keyword == MB_KEYWORD_THEN))
        return TRUE;
      return _mb_report_part (self, holds ? rules->then : rules->else_, name, NULL, -1, value, NULL,
                              -1, scope);
    }
}
