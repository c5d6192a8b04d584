/* mb-schema-evaluate.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Whether a value satisfies a schema: yes or no, fast, and without allocating. Why not is found out
 * by mb-schema-report.c afterwards.
 *
 * When the budget ends, everything is FALSE, and the caller of all sees that it has ended.
 */

#include "config.h"

#include "mb-schema-private.h"

#include <string.h>

#define SPEND(self, steps) G_LIKELY (((self)->budget.left -= (gint64) (steps)) >= 0)

static gboolean evaluate_complex (MbEvaluation       *self,
                                  const MbSchemaNode *schema,
                                  JsonNode           *value,
                                  MbValueType         type,
                                  const MbScope      *scope,
                                  MbMarks            *marks);

/* Most schemas say no more than the type, and most others fail by it. */
static inline gboolean
evaluate_typed (MbEvaluation       *self,
                const MbSchemaNode *schema,
                JsonNode           *value,
                MbValueType         type,
                const MbScope      *scope,
                MbMarks            *marks)
{
  schema = schema->target;
  if (!SPEND (self, 1))
    return FALSE;
  if ((schema->types & type) == 0 &&
      !(type == MB_VALUE_NUMBER && (schema->types & MB_VALUE_INTEGER) &&
        _mb_value_is_integer (json_node_get_double (value), schema->draft4)))
    return FALSE;

  return schema->flags == 0 || evaluate_complex (self, schema, value, type, scope, marks);
}

static inline gboolean
evaluate (MbEvaluation       *self,
          const MbSchemaNode *schema,
          JsonNode           *value,
          const MbScope      *scope,
          MbMarks            *marks)
{
  return evaluate_typed (self, schema, value,
                         value != NULL ? _mb_value_type (value) : MB_VALUE_STRING, scope,
                         marks);
}

/* A part of a value is never NULL. */
static inline gboolean
evaluate_part (MbEvaluation       *self,
               const MbSchemaNode *schema,
               JsonNode           *value,
               const MbScope      *scope)
{
  return evaluate_typed (self, schema, value, _mb_value_type (value), scope, NULL);
}

void
_mb_marks_init (MbMarks *marks,
                guint    n)
{
  marks->n = n;
  marks->all = FALSE;
  marks->bits = marks->small;
  if (n > 64 * G_N_ELEMENTS (marks->small))
    marks->bits = g_new0 (guint64, (n + 63) / 64);
  else
    memset (marks->small, 0, sizeof marks->small);
}

void
_mb_marks_clear (MbMarks *marks)
{
  if (marks->bits != marks->small)
    g_free (marks->bits);
}

static inline void
marks_set (MbMarks *marks,
           guint    i)
{
  marks->bits[i / 64] |= (guint64) 1 << (i % 64);
}

static void
marks_add (MbMarks       *marks,
           const MbMarks *more)
{
  marks->all |= more->all;
  for (guint i = 0; i < (marks->n + 63) / 64; i++)
    marks->bits[i] |= more->bits[i];
}

gboolean
_mb_number_rules_check (const MbNumberRules *rules,
                        const MbNumber      *number)
{
  int order;

  if (rules->has_minimum)
    {
      order = _mb_number_compare (number, &rules->minimum);
      if (order < 0 || (order == 0 && rules->minimum_excluded))
        return FALSE;
    }
  if (rules->has_maximum)
    {
      order = _mb_number_compare (number, &rules->maximum);
      if (order > 0 || (order == 0 && rules->maximum_excluded))
        return FALSE;
    }
  if (rules->has_exclusive_minimum && _mb_number_compare (number, &rules->exclusive_minimum) <= 0)
    return FALSE;
  if (rules->has_exclusive_maximum && _mb_number_compare (number, &rules->exclusive_maximum) >= 0)
    return FALSE;

  return !rules->has_multiple_of || _mb_number_is_multiple (number, &rules->multiple_of);
}

gboolean
_mb_value_set_contains (const MbValueSet *set,
                        JsonNode         *value,
                        MbValueType       type,
                        MbBudget         *budget)
{
  switch (type)
    {
    case MB_VALUE_NULL:
      return set->has_null;

    case MB_VALUE_BOOLEAN:
      return json_node_get_boolean (value) ? set->has_true : set->has_false;

    case MB_VALUE_INTEGER:
    case MB_VALUE_NUMBER:
      {
        MbNumber number = _mb_value_number (value, type);
        guint low = 0, high = set->n_numbers;

        while (low < high)
          {
            guint middle = (low + high) / 2;
            int order = _mb_number_compare (&number, &set->numbers[middle]);

            if (order == 0)
              return TRUE;
            if (order < 0)
              high = middle;
            else
              low = middle + 1;
          }
        return FALSE;
      }

    case MB_VALUE_STRING:
      {
        const char *text = _mb_value_string (value);

        return _mb_name_table_find (&set->strings, text, strlen (text)) != NULL;
      }

    case MB_VALUE_ARRAY:
    case MB_VALUE_OBJECT:
    case MB_VALUE_ANY:
    default:
      {
        guint64 hash;

        if (set->n_others == 0)
          return FALSE;

        hash = _mb_value_hash (value, budget);
        budget->left -= set->n_others;
        for (guint i = 0; i < set->n_others && budget->left >= 0; i++)
          if (set->hashes[i] == hash && _mb_value_equal (value, set->others[i], budget))
            return TRUE;
        return FALSE;
      }
    }
}

static inline const char *
text_of (const MbEvaluation *self,
         JsonNode           *value)
{
  return value != NULL ? _mb_value_string (value) : self->name;
}

static gboolean
evaluate_string (MbEvaluation        *self,
                 const MbStringRules *rules,
                 const char          *text)
{
  gsize length = strlen (text);

  if (!SPEND (self, length / 64))
    return FALSE;

  /* Between a byte and four of them are a character. */
  if (length < rules->min_length || length / 4 > rules->max_length)
    return FALSE;
  if (rules->min_length > 1 || length > rules->max_length)
    {
      guint64 n_characters = 0;

      for (gsize i = 0; i < length; i++)
        n_characters += ((guint8) text[i] & 0xc0) != 0x80;
      if (n_characters < rules->min_length || n_characters > rules->max_length)
        return FALSE;
    }
  if (rules->pattern != NULL && !_mb_regex_match (rules->pattern, text, length, &self->budget))
    return FALSE;

  return rules->format == NULL ||
         (SPEND (self, length / 16) && _mb_format_check (rules->format, text));
}

static inline gboolean
set_contains (MbEvaluation     *self,
              const MbValueSet *set,
              JsonNode         *value,
              MbValueType       type)
{
  const char *text;

  if (type != MB_VALUE_STRING)
    return _mb_value_set_contains (set, value, type, &self->budget);

  text = text_of (self, value);

  return _mb_name_table_find (&set->strings, text, strlen (text)) != NULL;
}

static gboolean
evaluate_array (MbEvaluation       *self,
                const MbArrayRules *rules,
                JsonNode           *value,
                const MbScope      *scope,
                MbMarks            *marks)
{
  JsonArray *array = json_node_get_array (value);
  guint n = _mb_value_array_length (array);
  guint n_prefix = MIN (n, rules->n_prefix);
  guint first, second;

  if (n < rules->min_items || n > rules->max_items || !SPEND (self, n / 4))
    return FALSE;

  for (guint i = 0; i < n_prefix; i++)
    if (!evaluate_part (self, rules->prefix[i], json_array_get_element (array, i), scope))
      return FALSE;

  if (rules->rest != NULL)
    for (guint i = n_prefix; i < n; i++)
      if (!evaluate_part (self, rules->rest, json_array_get_element (array, i), scope))
        return FALSE;

  if (marks != NULL)
    {
      for (guint i = 0; i < n_prefix; i++)
        marks_set (marks, i);
      if (rules->rest != NULL)
        marks->all = TRUE;
    }

  if (rules->contains != NULL)
    {
      gboolean mark = marks != NULL && rules->contains_marks;
      guint64 found = 0;

      for (guint i = 0; i < n && self->budget.left >= 0; i++)
        if (evaluate_part (self, rules->contains, json_array_get_element (array, i), scope))
          {
            found++;
            if (mark)
              marks_set (marks, i);
            else if (found > rules->max_contains ||
                     (found >= rules->min_contains && rules->max_contains == G_MAXUINT64))
              break;
          }
      if (found < rules->min_contains || found > rules->max_contains)
        return FALSE;
    }

  return !rules->unique || !_mb_value_find_equal (array, &self->budget, &first, &second);
}

/* Evaluates a name as if it were a value, which needs no node. */
static gboolean
evaluate_name (MbEvaluation       *self,
               const MbSchemaNode *schema,
               const char         *name,
               const MbScope      *scope)
{
  gboolean valid;

  self->name = name;
  valid = evaluate (self, schema, NULL, scope, NULL);
  self->name = NULL;

  return valid;
}

static gboolean
evaluate_dependencies (MbEvaluation        *self,
                       const MbObjectRules *rules,
                       JsonNode            *value,
                       JsonObject          *object,
                       const MbScope       *scope,
                       MbMarks             *marks)
{
  for (guint i = 0; i < rules->n_dependencies; i++)
    {
      const MbDependency *dependency = &rules->dependencies[i];

      if (!SPEND (self, 1))
        return FALSE;
      if (!json_object_has_member (object, dependency->name))
        continue;
      if (!SPEND (self, dependency->n_required))
        return FALSE;
      for (guint j = 0; j < dependency->n_required; j++)
        if (!json_object_has_member (object, dependency->required[j]))
          return FALSE;
      if (dependency->schema != NULL && !evaluate (self, dependency->schema, value, scope, marks))
        return FALSE;
    }

  return TRUE;
}

static gboolean
evaluate_object (MbEvaluation        *self,
                 const MbObjectRules *rules,
                 JsonNode            *value,
                 const MbScope       *scope,
                 MbMarks             *marks)
{
  JsonObject *object = json_node_get_object (value);
  guint n = _mb_value_object_size (object);
  guint n_required = 0;
  guint at = 0;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (n < rules->min_properties || n > rules->max_properties || n < rules->n_required ||
      !SPEND (self, n))
    return FALSE;
  if (n == 0)
    return TRUE;

  if (rules->table.n_names > 0 || rules->n_patterns > 0 || rules->additional != NULL ||
      rules->property_names != NULL)
    {
      json_object_iter_init (&iter, object);
      for (; json_object_iter_next (&iter, &name, &member); at++)
        {
          gsize length = strlen (name);
          const MbName *known = _mb_name_table_find (&rules->table, name, length);
          gboolean evaluated = FALSE;

          if (known != NULL)
            {
              n_required += known->required;
              if (known->schema != NULL)
                {
                  evaluated = TRUE;
                  if (!evaluate_part (self, known->schema, member, scope))
                    return FALSE;
                }
            }
          for (guint i = 0; i < rules->n_patterns; i++)
            {
              if (!SPEND (self, 1) ||
                  !_mb_regex_match (rules->patterns[i].regex, name, length, &self->budget))
                continue;
              evaluated = TRUE;
              if (!evaluate_part (self, rules->patterns[i].schema, member, scope))
                return FALSE;
            }
          if (!evaluated && rules->additional != NULL)
            {
              evaluated = TRUE;
              if (!evaluate_part (self, rules->additional, member, scope))
                return FALSE;
            }
          if (rules->property_names != NULL &&
              !evaluate_name (self, rules->property_names, name, scope))
            return FALSE;
          if (marks != NULL && evaluated)
            marks_set (marks, at);
        }
    }

  return n_required == rules->n_required &&
         (rules->n_dependencies == 0 ||
          evaluate_dependencies (self, rules, value, object, scope, marks));
}

const MbSchemaNode *
_mb_resolve_dynamic (const MbLogicRules *logic,
                     const MbScope      *scope)
{
  const MbSchemaNode *found = logic->dynamic_ref;

  if (logic->dynamic_name == NULL)
    return found;

  /* The outermost one is the last one on the way out. */
  for (; scope != NULL; scope = scope->outer)
    {
      const MbSchemaNode *candidate = scope->resource->dynamic != NULL
                                      ? g_hash_table_lookup (scope->resource->dynamic,
                                                             logic->dynamic_name)
                                      : NULL;

      if (candidate != NULL)
        found = candidate;
    }

  return found;
}

/* Evaluates a schema whose failure is not that of the whole: what it marked counts only if it
 * holds.
 */
static gboolean
evaluate_branch (MbEvaluation       *self,
                 const MbSchemaNode *schema,
                 JsonNode           *value,
                 MbValueType         type,
                 const MbScope      *scope,
                 MbMarks            *marks)
{
  MbMarks own;
  gboolean valid;

  if (marks == NULL)
    return evaluate_typed (self, schema, value, type, scope, NULL);
  if (!SPEND (self, marks->n / 64))
    return FALSE;

  _mb_marks_init (&own, marks->n);
  valid = evaluate_typed (self, schema, value, type, scope, &own);
  if (valid)
    marks_add (marks, &own);
  _mb_marks_clear (&own);

  return valid;
}

static gboolean
evaluate_logic (MbEvaluation       *self,
                const MbLogicRules *rules,
                JsonNode           *value,
                MbValueType         type,
                const MbScope      *scope,
                MbMarks            *marks)
{
  if (rules->ref != NULL && !evaluate_typed (self, rules->ref, value, type, scope, marks))
    return FALSE;
  if (rules->dynamic_ref != NULL &&
      (!SPEND (self, self->budget.depth) ||
       !evaluate_typed (self, _mb_resolve_dynamic (rules, scope), value, type, scope, marks)))
    return FALSE;

  for (guint i = 0; i < rules->n_all_of; i++)
    if (!evaluate_typed (self, rules->all_of[i], value, type, scope, marks))
      return FALSE;

  if (rules->n_any_of > 0)
    {
      gboolean found = FALSE;

      /* With marks, all that hold have their say. */
      for (guint i = 0; i < rules->n_any_of && (!found || marks != NULL) &&
           self->budget.left >= 0; i++)
        found |= evaluate_branch (self, rules->any_of[i], value, type, scope, marks);
      if (!found)
        return FALSE;
    }

  if (rules->n_one_of > 0)
    {
      guint found = 0;

      for (guint i = 0; i < rules->n_one_of && found < 2 && self->budget.left >= 0; i++)
        found += evaluate_branch (self, rules->one_of[i], value, type, scope, marks) ? 1 : 0;
      if (found != 1)
        return FALSE;
    }

  if (rules->not != NULL && evaluate_typed (self, rules->not, value, type, scope, NULL))
    return FALSE;

  if (rules->if_ != NULL && (rules->then != NULL || rules->else_ != NULL || marks != NULL))
    {
      gboolean holds = evaluate_branch (self, rules->if_, value, type, scope, marks);
      const MbSchemaNode *next = holds ? rules->then : rules->else_;

      if (next != NULL && !evaluate_typed (self, next, value, type, scope, marks))
        return FALSE;
    }

  return self->budget.left >= 0;
}

static inline gboolean
evaluate_rules (MbEvaluation       *self,
                const MbSchemaNode *schema,
                JsonNode           *value,
                MbValueType         type,
                const MbScope      *scope,
                MbMarks            *marks)
{
  switch (type)
    {
    case MB_VALUE_STRING:
      if (schema->string != NULL && !evaluate_string (self, schema->string, text_of (self, value)))
        return FALSE;
      break;

    case MB_VALUE_INTEGER:
    case MB_VALUE_NUMBER:
      if (schema->number != NULL)
        {
          MbNumber number = _mb_value_number (value, type);

          if (!_mb_number_rules_check (schema->number, &number))
            return FALSE;
        }
      break;

    case MB_VALUE_ARRAY:
      if (schema->array != NULL && !evaluate_array (self, schema->array, value, scope, marks))
        return FALSE;
      break;

    case MB_VALUE_OBJECT:
      if (schema->object != NULL && !evaluate_object (self, schema->object, value, scope, marks))
        return FALSE;
      break;

    case MB_VALUE_NULL:
    case MB_VALUE_BOOLEAN:
    case MB_VALUE_ANY:
    default:
      break;
    }

  if ((schema->flags & (MB_NODE_VALUES | MB_NODE_LOGIC)) == 0)
    return TRUE;
  if (schema->values != NULL && !set_contains (self, schema->values, value, type))
    return FALSE;
  if (schema->constant != NULL && !set_contains (self, schema->constant, value, type))
    return FALSE;

  return schema->logic == NULL || evaluate_logic (self, schema->logic, value, type, scope, marks);
}

/* The members or items that nothing has evaluated. */
static gboolean
evaluate_rest (MbEvaluation       *self,
               const MbSchemaNode *schema,
               const MbSchemaNode *rest,
               JsonNode           *value,
               MbValueType         type,
               const MbScope      *scope,
               MbMarks            *marks)
{
  if (marks->all)
    return TRUE;

  if (type == MB_VALUE_ARRAY)
    {
      JsonArray *array = json_node_get_array (value);

      for (guint i = 0; i < marks->n; i++)
        if (!_mb_marks_get (marks, i) &&
            !evaluate_part (self, rest, json_array_get_element (array, i), scope))
          return FALSE;
    }
  else
    {
      JsonObject *object = json_node_get_object (value);
      JsonObjectIter iter;
      JsonNode *member;

      if (object == NULL)
        return TRUE;
      json_object_iter_init (&iter, object);
      for (guint i = 0; json_object_iter_next (&iter, NULL, &member); i++)
        if (!_mb_marks_get (marks, i) && !evaluate_part (self, rest, member, scope))
          return FALSE;
    }

  return TRUE;
}

/* Of the `unevaluated…` keywords, the one for this type of value. */
static const MbSchemaNode *
unevaluated_rule (const MbSchemaNode *schema,
                  MbValueType         type)
{
  if (type == MB_VALUE_ARRAY)
    return schema->array != NULL ? schema->array->unevaluated : NULL;
  if (type == MB_VALUE_OBJECT)
    return schema->object != NULL ? schema->object->unevaluated : NULL;

  return NULL;
}

static guint
n_parts (JsonNode    *value,
         MbValueType  type)
{
  if (type == MB_VALUE_ARRAY)
    return _mb_value_array_length (json_node_get_array (value));
  if (type == MB_VALUE_OBJECT)
    return _mb_value_object_size (json_node_get_object (value));

  return 0;
}

static gboolean
evaluate_with_marks (MbEvaluation       *self,
                     const MbSchemaNode *schema,
                     JsonNode           *value,
                     MbValueType         type,
                     const MbScope      *scope,
                     MbMarks            *marks)
{
  const MbSchemaNode *rest = unevaluated_rule (schema, type);
  MbMarks own;
  gboolean valid;

  if (rest == NULL)
    return evaluate_rules (self, schema, value, type, scope, marks);

  _mb_marks_init (&own, n_parts (value, type));
  valid = SPEND (self, own.n / 64) &&
          evaluate_rules (self, schema, value, type, scope, &own) &&
          evaluate_rest (self, schema, rest, value, type, scope, &own);
  _mb_marks_clear (&own);

  /* Now all are evaluated. */
  if (valid && marks != NULL)
    marks->all = TRUE;

  return valid;
}

static gboolean
evaluate_complex (MbEvaluation       *self,
                  const MbSchemaNode *schema,
                  JsonNode           *value,
                  MbValueType         type,
                  const MbScope      *scope,
                  MbMarks            *marks)
{
  gboolean valid;
  MbScope own;

  if (self->budget.depth >= MB_SCHEMA_MAX_DEPTH)
    {
      self->budget.left = -1;
      return FALSE;
    }

  if (self->has_dynamic && scope->resource != schema->resource)
    {
      own.outer = scope;
      own.resource = schema->resource;
      scope = &own;
    }

  self->budget.depth++;
  if (schema->flags & MB_NODE_MARKS)
    valid = evaluate_with_marks (self, schema, value, type, scope, marks);
  else
    valid = evaluate_rules (self, schema, value, type, scope, marks);
  self->budget.depth--;

  return valid;
}

gboolean
_mb_evaluate (MbEvaluation       *self,
              const MbSchemaNode *schema,
              JsonNode           *value,
              const MbScope      *scope,
              MbMarks            *marks)
{
  return evaluate (self, schema, value, scope, marks);
}

gboolean
_mb_evaluate_marks (MbEvaluation       *self,
                    const MbSchemaNode *schema,
                    JsonNode           *value,
                    const MbScope      *scope,
                    MbMarks            *marks)
{
  return evaluate_rules (self, schema, value, _mb_value_type (value), scope, marks);
}

gboolean
_mb_schema_program_is_valid (MbSchemaProgram *program,
                             JsonNode        *value,
                             guint64          max_steps,
                             gboolean        *limit)
{
  MbEvaluation self;
  MbScope scope;
  gboolean valid;

  self.budget.left = (gint64) max_steps;
  self.budget.depth = 0;
  self.has_dynamic = program->has_dynamic;
  self.name = NULL;
  scope.outer = NULL;
  scope.resource = program->root->resource;

  valid = evaluate_part (&self, program->root, value, &scope);
  *limit = self.budget.left < 0;

  return valid && !*limit;
}
