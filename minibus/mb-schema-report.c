/* mb-schema-report.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Why a value does not satisfy a schema. Goes through the keywords in the order in which the author wrote
 * them, and through members in the order of the value, so that the first error is the one to look at.
 */

#include "config.h"

#include "mb-schema-report-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

void
_mb_pointer_append (GString    *pointer,
                    const char *token)
{
  g_string_append_c (pointer, '/');
  for (; *token != 0; token++)
    if (*token == '~')
      g_string_append (pointer, "~0");
    else if (*token == '/')
      g_string_append (pointer, "~1");
    else
      g_string_append_c (pointer, *token);
}

void
_mb_unit_free (gpointer data)
{
  MbUnit *unit = data;

  g_free (unit->keyword_location);
  g_free (unit->absolute_location);
  g_free (unit->instance_location);
  g_free (unit->sentence);
  g_clear_pointer (&unit->annotation, json_node_unref);
  g_free (unit);
}

gsize
_mb_report_enter (GString    *path,
                  const char *keyword,
                  const char *key,
                  int         index)
{
  gsize before = path->len;

  if (keyword != NULL)
    _mb_pointer_append (path, keyword);
  if (key != NULL)
    _mb_pointer_append (path, key);
  else if (index >= 0)
    g_string_append_printf (path, "/%d", index);

  return before;
}

MbUnit *
_mb_report_add (MbReport           *self,
                GPtrArray          *units,
                const MbSchemaNode *schema,
                const char         *keyword)
{
  MbUnit *unit = g_new0 (MbUnit, 1);
  g_autofree char *absolute = _mb_place_get_absolute (schema->place);
  GString *location = g_string_new (absolute);

  if (keyword != NULL)
    _mb_pointer_append (location, keyword);
  unit->absolute_location = g_string_free (location, FALSE);

  unit->keyword_location = g_strdup (self->keyword->str);
  if (keyword != NULL)
    {
      gsize before = _mb_report_enter (self->keyword, keyword, NULL, -1);

      g_free (unit->keyword_location);
      unit->keyword_location = g_strdup (self->keyword->str);
      g_string_truncate (self->keyword, before);
    }
  unit->instance_location = g_strdup (self->instance->str);
  g_ptr_array_add (units, unit);

  return unit;
}

static char *
subject (MbReport *self)
{
  return self->instance->len == 0 ? g_strdup (_("The value"))
                                  : g_strdup_printf (_("The value at “%s”"), self->instance->str);
}

/* Names of members are the value's own: they may be long, and hold anything. */
static char *
tidy (char *sentence)
{
  enum { LONGEST = 600 };

  for (char *p = sentence; *p != 0; p++)
    if (g_ascii_iscntrl (*p))
      *p = '?';
  if (strlen (sentence) > LONGEST)
    {
      g_autofree char *whole = sentence;
      const char *end = g_utf8_find_prev_char (whole, whole + LONGEST);
      g_autofree char *start = g_strndup (whole, (gsize) (end - whole));

      return g_strconcat (start, "…", NULL);
    }

  return sentence;
}

/* Adds an error of a keyword. `format` is a whole sentence whose first argument is the subject. */
static gboolean fail (MbReport           *self,
                      const MbSchemaNode *schema,
                      const char         *keyword,
                      const char         *format,
                      ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (MbReport           *self,
      const MbSchemaNode *schema,
      const char         *keyword,
      const char         *format,
      ...)
{
  MbUnit *unit;
  va_list args;

  if (self->errors->len >= self->max_errors)
    return FALSE;

  unit = _mb_report_add (self, self->errors, schema, keyword);
  va_start (args, format);
  unit->sentence = tidy (g_strdup_vprintf (format, args));
  va_end (args);

  return FALSE;
}

static gboolean
enough (MbReport *self)
{
  return self->errors->len >= self->max_errors || self->evaluation.budget.left < 0;
}

static gboolean report (MbReport           *self,
                        const MbSchemaNode *schema,
                        JsonNode           *value,
                        const MbScope      *scope);

/* Reports on a part of the schema, and maybe a part of the value. */
static gboolean
report_part (MbReport           *self,
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
  gboolean valid;

  if (_mb_evaluate (&self->evaluation, schema, value, scope, NULL))
    return TRUE;

  keyword_before = _mb_report_enter (self->keyword, keyword, key, index);
  instance_before = _mb_report_enter (self->instance, NULL, member, item);
  valid = report (self, schema, value, scope);
  g_string_truncate (self->keyword, keyword_before);
  g_string_truncate (self->instance, instance_before);

  return valid;
}

static gboolean
is_false (const MbSchemaNode *schema)
{
  return _mb_value_type (schema->json) == MB_VALUE_BOOLEAN && !json_node_get_boolean (schema->json);
}

static char *
describe_types (guint8   types,
                gboolean draft4)
{
  static const char *names[] = { "null", "boolean", "integer", "number", "string", "array", "object" };
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if ((types & (1 << i)) == 0 || (i == 2 && (types & MB_VALUE_NUMBER)))
        continue;
      if (out->len > 0)
        g_string_append (out, _(" or "));
      g_string_append (out, names[i]);
    }

  return g_string_free (out, FALSE);
}

static gboolean
report_number (MbReport           *self,
               const MbSchemaNode *schema,
               MbKeyword           keyword,
               const char         *name,
               JsonNode           *limit,
               JsonNode           *value)
{
  const MbNumberRules *rules = schema->number;
  MbNumber number = _mb_value_number (value, _mb_value_type (value));
  g_autofree char *who = subject (self);
  g_autofree char *actual = _mb_value_describe (value);
  g_autofree char *expected = _mb_value_describe (limit);
  int order;

  switch (keyword)
    {
    case MB_KEYWORD_MINIMUM:
      order = _mb_number_compare (&number, &rules->minimum);
      if (order < 0 && !rules->minimum_excluded)
        return fail (self, schema, name, _("%s is %s, but must be at least %s."), who, actual, expected);
      if (order <= 0 && rules->minimum_excluded)
        return fail (self, schema, name, _("%s is %s, but must be greater than %s."), who, actual,
                     expected);
      return TRUE;

    case MB_KEYWORD_MAXIMUM:
      order = _mb_number_compare (&number, &rules->maximum);
      if (order > 0 && !rules->maximum_excluded)
        return fail (self, schema, name, _("%s is %s, but must be at most %s."), who, actual, expected);
      if (order >= 0 && rules->maximum_excluded)
        return fail (self, schema, name, _("%s is %s, but must be less than %s."), who, actual, expected);
      return TRUE;

    case MB_KEYWORD_EXCLUSIVE_MINIMUM:
      return !rules->has_exclusive_minimum ||
             _mb_number_compare (&number, &rules->exclusive_minimum) > 0 ||
             fail (self, schema, name, _("%s is %s, but must be greater than %s."), who, actual, expected);

    case MB_KEYWORD_EXCLUSIVE_MAXIMUM:
      return !rules->has_exclusive_maximum ||
             _mb_number_compare (&number, &rules->exclusive_maximum) < 0 ||
             fail (self, schema, name, _("%s is %s, but must be less than %s."), who, actual, expected);

    default:
      return _mb_number_is_multiple (&number, &rules->multiple_of) ||
             fail (self, schema, name, _("%s is %s, but must be a multiple of %s."), who, actual, expected);
    }
}

static gboolean
report_string (MbReport           *self,
               const MbSchemaNode *schema,
               MbKeyword           keyword,
               const char         *name,
               JsonNode           *limit,
               JsonNode           *value)
{
  const MbStringRules *rules = schema->string;
  const char *text = _mb_value_string (value);
  gsize length = strlen (text);
  guint64 n_characters = 0;
  g_autofree char *who = subject (self);
  g_autofree char *actual = _mb_value_describe (value);
  g_autofree char *expected = _mb_value_describe (limit);

  for (gsize i = 0; i < length; i++)
    n_characters += ((guint8) text[i] & 0xc0) != 0x80;

  switch (keyword)
    {
    case MB_KEYWORD_MIN_LENGTH:
      return n_characters >= rules->min_length ||
             fail (self, schema, name, _("%s is %s, which has %" G_GUINT64_FORMAT " characters, but must "
                                         "have at least %s."), who, actual, n_characters, expected);

    case MB_KEYWORD_MAX_LENGTH:
      return n_characters <= rules->max_length ||
             fail (self, schema, name, _("%s is %s, which has %" G_GUINT64_FORMAT " characters, but must "
                                         "have at most %s."), who, actual, n_characters, expected);

    case MB_KEYWORD_PATTERN:
      return _mb_regex_match (rules->pattern, text, length, &self->evaluation.budget) ||
             fail (self, schema, name, _("%s is %s, but must match the regular expression %s."),
                   who, actual, expected);

    default:
      return rules->format == NULL || _mb_format_check (rules->format, text) ||
             fail (self, schema, name, _("%s is %s, but must have the format %s."), who, actual, expected);
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
      for (guint i = 0; i < MIN (n, rules->n_prefix) && !enough (self); i++)
        valid &= report_part (self, rules->prefix[i], name, NULL, (int) i,
                              json_array_get_element (array, i), NULL, (int) i, scope);
      return valid;
    }

  if (n > rules->n_prefix && is_false (rules->rest))
    {
      g_autofree char *who = subject (self);

      return fail (self, schema, name, _("%s has %u items, but must have at most %u."), who, n,
                   rules->n_prefix);
    }

  for (guint i = rules->n_prefix; i < n && !enough (self); i++)
    valid &= report_part (self, rules->rest, name, NULL, -1, json_array_get_element (array, i), NULL,
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
  g_autofree char *who = subject (self);
  guint64 found = 0;

  if (rules->contains == NULL)
    return TRUE;
  for (guint i = 0; i < n; i++)
    found += _mb_evaluate (&self->evaluation, rules->contains, json_array_get_element (array, i), scope,
                           NULL) ? 1 : 0;

  /* Too few is an error of `contains`, whatever `minContains` says. */
  if (keyword == MB_KEYWORD_CONTAINS && found < rules->min_contains)
    return fail (self, schema, name, _("%s must have at least %" G_GUINT64_FORMAT " items that satisfy "
                                       "“contains”, but has %" G_GUINT64_FORMAT "."),
                 who, rules->min_contains, found);
  if (keyword == MB_KEYWORD_MAX_CONTAINS && found > rules->max_contains)
    return fail (self, schema, name, _("%s must have at most %" G_GUINT64_FORMAT " items that satisfy "
                                       "“contains”, but has %" G_GUINT64_FORMAT "."),
                 who, rules->max_contains, found);

  return TRUE;
}

static gboolean
report_array (MbReport           *self,
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

        who = subject (self);
        if (keyword == MB_KEYWORD_MIN_ITEMS)
          return n >= rules->min_items ||
                 fail (self, schema, name, _("%s has %u items, but must have at least %s."), who, n, expected);
        return n <= rules->max_items ||
               fail (self, schema, name, _("%s has %u items, but must have at most %s."), who, n, expected);
      }

    case MB_KEYWORD_UNIQUE_ITEMS:
      if (rules->unique && _mb_value_find_equal (array, &self->evaluation.budget, &first, &second))
        {
          g_autofree char *item = _mb_value_describe (json_array_get_element (array, first));

          who = subject (self);
          return fail (self, schema, name, _("%s must have no two equal items, but items %u and %u are "
                                             "both %s."), who, first, second, item);
        }
      return TRUE;

    case MB_KEYWORD_PREFIX_ITEMS:
      return report_items (self, schema, name, array, TRUE, scope);

    case MB_KEYWORD_ITEMS:
      return report_items (self, schema, name, array, _mb_value_type (limit) == MB_VALUE_ARRAY, scope);

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
  while (!enough (self) && json_object_iter_next_ordered (&iter, &key, &member))
    {
      gsize length = strlen (key);
      const MbName *known = _mb_name_table_find (&rules->table, key, length);
      gboolean matched = FALSE;

      if (keyword == MB_KEYWORD_PROPERTIES)
        {
          if (known != NULL && known->schema != NULL)
            valid &= report_part (self, known->schema, name, key, -1, member, key, -1, scope);
          continue;
        }
      if (keyword == MB_KEYWORD_PROPERTY_NAMES)
        {
          g_autoptr(JsonNode) text = json_node_init_string (json_node_alloc (), key);

          valid &= report_part (self, rules->property_names, name, NULL, -1, text, key, -1, scope);
          continue;
        }

      for (guint i = 0; i < rules->n_patterns && !enough (self); i++)
        {
          if (!_mb_regex_match (rules->patterns[i].regex, key, length, &self->evaluation.budget))
            continue;
          matched = TRUE;
          if (keyword == MB_KEYWORD_PATTERN_PROPERTIES)
            valid &= report_part (self, rules->patterns[i].schema, name, rules->patterns[i].source, -1,
                                  member, key, -1, scope);
        }
      if (keyword != MB_KEYWORD_ADDITIONAL_PROPERTIES || matched ||
          (known != NULL && known->schema != NULL))
        continue;

      if (is_false (rules->additional))
        {
          g_autofree char *who = subject (self);

          valid = fail (self, schema, name, _("%s has a member “%s”, which is not allowed."), who, key);
        }
      else
        {
          valid &= report_part (self, rules->additional, name, NULL, -1, member, key, -1, scope);
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

  for (guint i = 0; i < rules->n_dependencies && !enough (self); i++)
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
            g_autofree char *who = subject (self);

            valid = fail (self, schema, name, _("%s has a member “%s” and so must have a member “%s”, too."),
                          who, dependency->name, dependency->required[j]);
          }
      if (dependency->schema != NULL)
        valid &= report_part (self, dependency->schema, name, dependency->name, -1, value, NULL, -1, scope);
    }

  return valid;
}

static gboolean
report_object (MbReport           *self,
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
      who = subject (self);
      if (keyword == MB_KEYWORD_MIN_PROPERTIES)
        return n >= rules->min_properties ||
               fail (self, schema, name, _("%s has %u members, but must have at least %s."), who, n,
                     expected);
      return n <= rules->max_properties ||
             fail (self, schema, name, _("%s has %u members, but must have at most %s."), who, n, expected);

    case MB_KEYWORD_REQUIRED:
      who = subject (self);
      for (guint i = 0; i < rules->table.n_names && !enough (self); i++)
        if (rules->table.names[i].required &&
            (object == NULL || !json_object_has_member (object, rules->table.names[i].name)))
          valid = fail (self, schema, name, _("%s has no member “%s”, which is required."), who,
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

static gboolean
report_unevaluated (MbReport           *self,
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
  for (guint i = 0; i < n && !enough (self); i++)
    {
      if (type == MB_VALUE_ARRAY)
        part = json_array_get_element (json_node_get_array (value), i);
      else
        json_object_iter_next (&iter, &key, &part);

      if (_mb_marks_get (&marks, i))
        continue;
      if (is_false (rest))
        {
          g_autofree char *who = subject (self);

          valid = type == MB_VALUE_ARRAY
                  ? fail (self, schema, name, _("%s has an item at %u, which is not allowed."), who, i)
                  : fail (self, schema, name, _("%s has a member “%s”, which is not allowed."), who, key);
        }
      else
        {
          valid &= report_part (self, rest, name, NULL, -1, part, key, key == NULL ? (int) i : -1, scope);
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
  g_autofree char *who = subject (self);
  g_autofree char *actual = _mb_value_describe (value);
  guint found[2] = { 0, 0 };
  guint n_found = 0;

  for (guint i = 0; i < n && n_found < 2; i++)
    if (_mb_evaluate (&self->evaluation, branches[i], value, scope, NULL))
      found[n_found++] = i;

  if (n_found == 1 || (n_found > 1 && !only_one))
    return TRUE;
  if (n_found == 2)
    return fail (self, schema, name, _("%s is %s, but must satisfy exactly one of %u schemas, and satisfies "
                                       "those at %u and %u."), who, actual, n, found[0], found[1]);

  if (only_one)
    fail (self, schema, name, _("%s is %s, but must satisfy exactly one of %u schemas, and satisfies none."),
          who, actual, n);
  else
    fail (self, schema, name, _("%s is %s, but must satisfy at least one of %u schemas, and satisfies none."),
          who, actual, n);
  for (guint i = 0; i < n && !enough (self); i++)
    report_part (self, branches[i], name, NULL, (int) i, value, NULL, -1, scope);

  return FALSE;
}

static gboolean
report_logic (MbReport           *self,
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
      return report_part (self, rules->ref, name, NULL, -1, value, NULL, -1, scope);

    case MB_KEYWORD_DYNAMIC_REF:
    case MB_KEYWORD_RECURSIVE_REF:
      return report_part (self, _mb_resolve_dynamic (rules, scope), name, NULL, -1, value, NULL, -1, scope);

    case MB_KEYWORD_ALL_OF:
      for (guint i = 0; i < rules->n_all_of && !enough (self); i++)
        valid &= report_part (self, rules->all_of[i], name, NULL, (int) i, value, NULL, -1, scope);
      return valid;

    case MB_KEYWORD_ANY_OF:
      return rules->n_any_of == 0 ||
             report_alternatives (self, schema, name, rules->any_of, rules->n_any_of, FALSE, value, scope);

    case MB_KEYWORD_ONE_OF:
      return rules->n_one_of == 0 ||
             report_alternatives (self, schema, name, rules->one_of, rules->n_one_of, TRUE, value, scope);

    case MB_KEYWORD_NOT:
      if (_mb_evaluate (&self->evaluation, rules->not, value, scope, NULL))
        {
          g_autofree char *who = subject (self);
          g_autofree char *actual = _mb_value_describe (value);
          g_autofree char *expected = _mb_value_describe (rules->not->json);

          return fail (self, schema, name, _("%s is %s, but must not satisfy the schema %s."), who, actual,
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
      return report_part (self, holds ? rules->then : rules->else_, name, NULL, -1, value, NULL, -1, scope);
    }
}

static gboolean
report_keyword (MbReport           *self,
                const MbSchemaNode *schema,
                MbKeyword           keyword,
                const char         *name,
                JsonNode           *limit,
                JsonNode           *value,
                MbValueType         type,
                const MbScope      *scope)
{
  switch (keyword)
    {
    case MB_KEYWORD_TYPE:
      if ((schema->types & type) == 0 &&
          !(type == MB_VALUE_NUMBER && (schema->types & MB_VALUE_INTEGER) &&
            _mb_value_is_integer (json_node_get_double (value), schema->draft4)))
        {
          g_autofree char *who = subject (self);
          g_autofree char *actual = _mb_value_describe (value);
          g_autofree char *expected = describe_types (schema->types, schema->draft4);

          return fail (self, schema, name, _("%s is %s, but must be of type %s."), who, actual, expected);
        }
      return TRUE;

    case MB_KEYWORD_ENUM:
    case MB_KEYWORD_CONST:
      if (!_mb_value_set_contains (keyword == MB_KEYWORD_ENUM ? schema->values : schema->constant, value,
                                   type, &self->evaluation.budget))
        {
          g_autofree char *who = subject (self);
          g_autofree char *actual = _mb_value_describe (value);
          g_autofree char *expected = _mb_value_describe (limit);

          if (keyword == MB_KEYWORD_CONST)
            return fail (self, schema, name, _("%s is %s, but must be %s."), who, actual, expected);
          return fail (self, schema, name, _("%s is %s, but must be one of %s."), who, actual, expected);
        }
      return TRUE;

    case MB_KEYWORD_MINIMUM:
    case MB_KEYWORD_MAXIMUM:
    case MB_KEYWORD_EXCLUSIVE_MINIMUM:
    case MB_KEYWORD_EXCLUSIVE_MAXIMUM:
    case MB_KEYWORD_MULTIPLE_OF:
      return (type & (MB_VALUE_INTEGER | MB_VALUE_NUMBER)) == 0 ||
             report_number (self, schema, keyword, name, limit, value);

    case MB_KEYWORD_MIN_LENGTH:
    case MB_KEYWORD_MAX_LENGTH:
    case MB_KEYWORD_PATTERN:
      return type != MB_VALUE_STRING || report_string (self, schema, keyword, name, limit, value);
    case MB_KEYWORD_FORMAT:
      return type != MB_VALUE_STRING || schema->string == NULL ||
             report_string (self, schema, keyword, name, limit, value);

    case MB_KEYWORD_MIN_ITEMS:
    case MB_KEYWORD_MAX_ITEMS:
    case MB_KEYWORD_UNIQUE_ITEMS:
    case MB_KEYWORD_PREFIX_ITEMS:
    case MB_KEYWORD_ITEMS:
    case MB_KEYWORD_ADDITIONAL_ITEMS:
    case MB_KEYWORD_CONTAINS:
    case MB_KEYWORD_MIN_CONTAINS:
    case MB_KEYWORD_MAX_CONTAINS:
      return type != MB_VALUE_ARRAY || schema->array == NULL ||
             report_array (self, schema, keyword, name, limit, value, scope);

    case MB_KEYWORD_MIN_PROPERTIES:
    case MB_KEYWORD_MAX_PROPERTIES:
    case MB_KEYWORD_REQUIRED:
    case MB_KEYWORD_PROPERTIES:
    case MB_KEYWORD_PATTERN_PROPERTIES:
    case MB_KEYWORD_ADDITIONAL_PROPERTIES:
    case MB_KEYWORD_PROPERTY_NAMES:
    case MB_KEYWORD_DEPENDENCIES:
    case MB_KEYWORD_DEPENDENT_REQUIRED:
    case MB_KEYWORD_DEPENDENT_SCHEMAS:
      return type != MB_VALUE_OBJECT || report_object (self, schema, keyword, name, limit, value, scope);

    case MB_KEYWORD_UNEVALUATED_ITEMS:
      return type != MB_VALUE_ARRAY || report_unevaluated (self, schema, name, value, type, scope);
    case MB_KEYWORD_UNEVALUATED_PROPERTIES:
      return type != MB_VALUE_OBJECT || report_unevaluated (self, schema, name, value, type, scope);

    case MB_KEYWORD_REF:
    case MB_KEYWORD_DYNAMIC_REF:
    case MB_KEYWORD_RECURSIVE_REF:
    case MB_KEYWORD_ALL_OF:
    case MB_KEYWORD_ANY_OF:
    case MB_KEYWORD_ONE_OF:
    case MB_KEYWORD_NOT:
    case MB_KEYWORD_THEN:
    case MB_KEYWORD_ELSE:
      return schema->logic == NULL || report_logic (self, schema, keyword, name, value, scope);

    case MB_KEYWORD_NONE:
    case MB_KEYWORD_ANCHOR:
    case MB_KEYWORD_ANNOTATION:
    case MB_KEYWORD_COMMENT:
    case MB_KEYWORD_DEFS:
    case MB_KEYWORD_DYNAMIC_ANCHOR:
    case MB_KEYWORD_ID:
    case MB_KEYWORD_IF:
    case MB_KEYWORD_RECURSIVE_ANCHOR:
    case MB_KEYWORD_SCHEMA:
    case MB_KEYWORD_VOCABULARY:
    default:
      return TRUE;
    }
}

/* Adds the errors of a value that is known not to satisfy the schema. */
static gboolean
report (MbReport           *self,
        const MbSchemaNode *schema,
        JsonNode           *value,
        const MbScope      *scope)
{
  const MbDialect *dialect = &schema->resource->dialect;
  MbValueType type = _mb_value_type (value);
  gboolean reference_only;
  gboolean valid = TRUE;
  JsonObjectIter iter;
  const char *name;
  JsonNode *limit;
  MbScope own;

  if (enough (self))
    return FALSE;
  if (is_false (schema))
    {
      g_autofree char *who = subject (self);
      g_autofree char *actual = _mb_value_describe (value);

      return fail (self, schema, NULL, _("%s is %s, but no value is allowed here."), who, actual);
    }
  if (_mb_value_type (schema->json) != MB_VALUE_OBJECT)
    return TRUE;
  if (self->evaluation.budget.depth >= MB_SCHEMA_MAX_DEPTH)
    {
      self->evaluation.budget.left = -1;
      return FALSE;
    }

  if (scope->resource != schema->resource)
    {
      own.outer = scope;
      own.resource = schema->resource;
      scope = &own;
    }

  reference_only = dialect->draft <= MB_SCHEMA_DRAFT_7 && schema->logic != NULL && schema->logic->ref != NULL;
  self->evaluation.budget.depth++;
  json_object_iter_init_ordered (&iter, json_node_get_object (schema->json));
  while (!enough (self) && json_object_iter_next_ordered (&iter, &name, &limit))
    {
      const MbKeywordInfo *info = _mb_keyword_find (name, dialect);

      if (info != NULL && (!reference_only || info->keyword == MB_KEYWORD_REF))
        valid &= report_keyword (self, schema, info->keyword, name, limit, value, type, scope);
    }
  self->evaluation.budget.depth--;

  return valid;
}

/* A report may cost more than the check itself. */
static const char too_long[] = N_("The value does not satisfy the schema; why would take too long to find out.");

static void
report_init (MbReport        *self,
             MbSchemaProgram *program,
             guint64          max_steps,
             guint            max_errors)
{
  memset (self, 0, sizeof *self);
  self->evaluation.budget.left = (gint64) max_steps;
  self->evaluation.has_dynamic = program->has_dynamic;
  self->max_errors = max_errors;
  self->instance = g_string_new (NULL);
  self->keyword = g_string_new (NULL);
  self->errors = g_ptr_array_new_with_free_func (_mb_unit_free);
  self->annotations = g_ptr_array_new_with_free_func (_mb_unit_free);
}

static void
report_clear (MbReport *self)
{
  g_string_free (self->instance, TRUE);
  g_string_free (self->keyword, TRUE);
  g_ptr_array_unref (self->errors);
  g_ptr_array_unref (self->annotations);
}

void
_mb_schema_program_explain (MbSchemaProgram  *program,
                            JsonNode         *value,
                            guint64           max_steps,
                            char            **instance_location,
                            char            **keyword_location,
                            char            **sentence)
{
  MbScope scope = { NULL, program->root->resource };
  MbReport self;
  MbUnit *unit;

  report_init (&self, program, max_steps, 1);
  report (&self, program->root, value, &scope);

  if (self.errors->len == 0)
    {
      *instance_location = g_strdup ("");
      *keyword_location = g_strdup ("");
      *sentence = g_strdup (_(too_long));
    }
  else
    {
      unit = g_ptr_array_index (self.errors, 0);
      *instance_location = g_steal_pointer (&unit->instance_location);
      *keyword_location = g_steal_pointer (&unit->keyword_location);
      *sentence = g_steal_pointer (&unit->sentence);
    }

  report_clear (&self);
}

static JsonNode *
unit_to_json (const MbUnit *unit,
              gboolean      valid)
{
  g_autoptr(JsonObject) object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_boolean_member (object, "valid", valid);
  json_object_set_string_member (object, "keywordLocation", unit->keyword_location);
  json_object_set_string_member (object, "absoluteKeywordLocation", unit->absolute_location);
  json_object_set_string_member (object, "instanceLocation", unit->instance_location);
  if (unit->sentence != NULL)
    json_object_set_string_member (object, "error", unit->sentence);
  if (unit->annotation != NULL)
    json_object_set_member (object, "annotation", json_node_ref (unit->annotation));
  json_node_take_object (node, g_steal_pointer (&object));

  return node;
}

/* `valid` is what _mb_schema_program_is_valid() said. */
JsonNode *
_mb_schema_program_report (MbSchemaProgram *program,
                           JsonNode        *value,
                           gboolean         valid,
                           guint64          max_steps,
                           guint            max_errors)
{
  MbScope scope = { NULL, program->root->resource };
  g_autofree char *absolute = _mb_place_get_absolute (program->root->place);
  JsonNode *result = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  JsonArray *list = json_array_new ();
  MbReport self;

  report_init (&self, program, max_steps, max_errors);
  if (valid)
    _mb_report_annotate (&self, program->root, value, &scope);
  else
    report (&self, program->root, value, &scope);
  if (!valid && self.errors->len == 0)
    _mb_report_add (&self, self.errors, program->root, NULL)->sentence = g_strdup (_(too_long));

  json_object_set_boolean_member (object, "valid", valid);
  json_object_set_string_member (object, "keywordLocation", "");
  json_object_set_string_member (object, "absoluteKeywordLocation", absolute);
  json_object_set_string_member (object, "instanceLocation", "");
  for (guint i = 0; i < (valid ? self.annotations : self.errors)->len; i++)
    json_array_add_element (list, unit_to_json (g_ptr_array_index (valid ? self.annotations : self.errors, i),
                                                valid));
  json_object_set_array_member (object, valid ? "annotations" : "errors", list);
  json_node_take_object (result, object);
  report_clear (&self);

  return result;
}
