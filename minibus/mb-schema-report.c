/* mb-schema-report.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Why a value does not satisfy a schema. Goes through the keywords in the order in which the author
 * wrote them, and through members in the order of the value, so that the first error is the one to
 * look at.
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

char *
_mb_report_subject (MbReport *self)
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

gboolean
_mb_report_fail (MbReport           *self,
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

gboolean
_mb_report_is_full (MbReport *self)
{
  return self->errors->len >= self->max_errors || self->evaluation.budget.left < 0;
}

static gboolean report (MbReport           *self,
                        const MbSchemaNode *schema,
                        JsonNode           *value,
                        const MbScope      *scope);

/* Reports on a part of the schema, and maybe a part of the value. */
gboolean
_mb_report_part (MbReport           *self,
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

static char *
describe_types (guint8   types,
                gboolean draft4)
{
  static const char *names[] =
    { "null", "boolean", "integer", "number", "string", "array", "object" };
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
          g_autofree char *who = _mb_report_subject (self);
          g_autofree char *actual = _mb_value_describe (value);
          g_autofree char *expected = describe_types (schema->types, schema->draft4);

          return _mb_report_fail (self, schema, name, _("%s is %s, but must be of type %s."), who,
                                  actual, expected);
        }
      return TRUE;

    case MB_KEYWORD_ENUM:
    case MB_KEYWORD_CONST:
      if (!_mb_value_set_contains (keyword == MB_KEYWORD_ENUM ? schema->values : schema->constant,
                                   value,
                                   type, &self->evaluation.budget))
        {
          g_autofree char *who = _mb_report_subject (self);
          g_autofree char *actual = _mb_value_describe (value);
          g_autofree char *expected = _mb_value_describe (limit);

          if (keyword == MB_KEYWORD_CONST)
            return _mb_report_fail (self, schema, name, _("%s is %s, but must be %s."), who, actual,
                                    expected);
          return _mb_report_fail (self, schema, name, _("%s is %s, but must be one of %s."), who,
                                  actual, expected);
        }
      return TRUE;

    case MB_KEYWORD_MINIMUM:
    case MB_KEYWORD_MAXIMUM:
    case MB_KEYWORD_EXCLUSIVE_MINIMUM:
    case MB_KEYWORD_EXCLUSIVE_MAXIMUM:
    case MB_KEYWORD_MULTIPLE_OF:
      return (type & (MB_VALUE_INTEGER | MB_VALUE_NUMBER)) == 0 ||
             _mb_report_number (self, schema, keyword, name, limit, value);

    case MB_KEYWORD_MIN_LENGTH:
    case MB_KEYWORD_MAX_LENGTH:
    case MB_KEYWORD_PATTERN:
      return type != MB_VALUE_STRING ||
        _mb_report_string (self, schema, keyword, name, limit, value);
    case MB_KEYWORD_FORMAT:
      return type != MB_VALUE_STRING || schema->string == NULL ||
             _mb_report_string (self, schema, keyword, name, limit, value);

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
             _mb_report_array (self, schema, keyword, name, limit, value, scope);

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
      return type != MB_VALUE_OBJECT ||
        _mb_report_object (self, schema, keyword, name, limit, value, scope);

    case MB_KEYWORD_UNEVALUATED_ITEMS:
      return type != MB_VALUE_ARRAY ||
        _mb_report_unevaluated (self, schema, name, value, type, scope);
    case MB_KEYWORD_UNEVALUATED_PROPERTIES:
      return type != MB_VALUE_OBJECT ||
        _mb_report_unevaluated (self, schema, name, value, type, scope);

    case MB_KEYWORD_REF:
    case MB_KEYWORD_DYNAMIC_REF:
    case MB_KEYWORD_RECURSIVE_REF:
    case MB_KEYWORD_ALL_OF:
    case MB_KEYWORD_ANY_OF:
    case MB_KEYWORD_ONE_OF:
    case MB_KEYWORD_NOT:
    case MB_KEYWORD_THEN:
    case MB_KEYWORD_ELSE:
      return schema->logic == NULL || _mb_report_logic (self, schema, keyword, name, value, scope);

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

  if (_mb_report_is_full (self))
    return FALSE;
  if (_mb_schema_node_is_false (schema))
    {
      g_autofree char *who = _mb_report_subject (self);
      g_autofree char *actual = _mb_value_describe (value);

      return _mb_report_fail (self, schema, NULL, _("%s is %s, but no value is allowed here."), who,
                              actual);
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

  reference_only = dialect->draft <= MB_SCHEMA_DRAFT_V7 && schema->logic != NULL &&
    schema->logic->ref != NULL;
  self->evaluation.budget.depth++;
  json_object_iter_init_ordered (&iter, json_node_get_object (schema->json));
  while (!_mb_report_is_full (self) && json_object_iter_next_ordered (&iter, &name, &limit))
    {
      const MbKeywordInfo *info = _mb_keyword_find (name, dialect);

      if (info != NULL && (!reference_only || info->keyword == MB_KEYWORD_REF))
        valid &= report_keyword (self, schema, info->keyword, name, limit, value, type, scope);
    }
  self->evaluation.budget.depth--;

  return valid;
}

/* A report may cost more than the check itself. */
static const char too_long[] =
  N_("The value does not satisfy the schema; why would take too long to find out.");

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
    json_array_add_element (list,
                            unit_to_json (g_ptr_array_index (valid ? self.annotations : self.errors,
                                                             i),
                                          valid));
  json_object_set_array_member (object, valid ? "annotations" : "errors", list);
  json_node_take_object (result, object);
  report_clear (&self);

  return result;
}
