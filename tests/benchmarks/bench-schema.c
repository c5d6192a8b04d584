/* bench-schema.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a check by a schema costs, beside the same check written by hand in C, and beside
 * JsonParser, in one process. Reads NAME.schema.json and NAME.instance.json from
 * $MB_REFERENCE_DIR/schema-bench. Only the ratios mean something on a machine that others use, too;
 * compare-schema-validators.py adds those to other validators.
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-json-private.h"
#include "minibus/mb-schema.h"

#define N_ROUNDS 25
#define ROUND_US 3000

typedef struct
{
  MbSchema   *schema;
  JsonNode   *schema_node;
  JsonNode   *instance;
  char       *text;
  gsize       length;
  JsonParser *parser;
  gboolean    expected;
} Case;

typedef gboolean (* Work) (Case *self);

static gboolean
validate (Case *self)
{
  return mb_schema_validate (self->schema, self->instance, NULL);
}

static gboolean
compile (Case *self)
{
  g_autoptr(MbSchema) schema = mb_schema_new_from_node (self->schema_node, NULL);

  return schema != NULL;
}

static gboolean
parse (Case *self)
{
  json_parser_load_from_data (self->parser, self->text, (gssize) self->length, NULL);
  json_node_unref (json_parser_steal_root (self->parser));

  return TRUE;
}

static gboolean
is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

/* The rules of bus.schema.json, as someone would write them who needs them once. */
static gboolean
check_bus (Case *self)
{
  JsonObject *root, *header;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  JsonNode *header_node = NULL;
  gboolean data = FALSE, topic = FALSE;

  if (!JSON_NODE_HOLDS_OBJECT (self->instance))
    return FALSE;
  root = json_node_get_object (self->instance);
  json_object_iter_init (&iter, root);
  while (json_object_iter_next (&iter, &name, &member))
    {
      if (strcmp (name, "header") == 0)
        header_node = member;
      else if (strcmp (name, "data") == 0 && is_string (member))
        data = TRUE;
      else
        return FALSE;
    }
  if (!data || header_node == NULL || !JSON_NODE_HOLDS_OBJECT (header_node))
    return FALSE;

  header = json_node_get_object (header_node);
  json_object_iter_init (&iter, header);
  while (json_object_iter_next (&iter, &name, &member))
    {
      if (strcmp (name, "topic") == 0)
        {
          if (!is_string (member))
            return FALSE;
          topic = TRUE;
        }
      else if (strcmp (name, "version") == 0)
        {
          if (!is_string (member) || strcmp (json_node_get_string (member), "0.3.0") != 0)
            return FALSE;
        }
      else if ((strcmp (name, "author") == 0 || strcmp (name, "gpg") == 0 ||
                strcmp (name, "idstr") == 0) &&
               !is_string (member))
        {
          return FALSE;
        }
    }

  return topic;
}

static gboolean
is_integer (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64;
}

static gboolean
is_number (JsonNode *node)
{
  return is_integer (node) ||
         (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

static gboolean
check_unit (const char *text)
{
  if (*text == 0)
    return FALSE;
  for (; *text != 0; text++)
    if (!g_ascii_isalpha (*text) && *text != '/' && *text != '%')
      return FALSE;

  return TRUE;
}

static gboolean
check_reading (JsonNode *node)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  gboolean t = FALSE, v = FALSE;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;

  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &member))
    {
      if (strcmp (name, "t") == 0 && is_integer (member))
        t = TRUE;
      else if (strcmp (name, "v") == 0 && is_number (member))
        v = TRUE;
      else if (strcmp (name, "unit") != 0 || !is_string (member) ||
               !check_unit (json_node_get_string (member)))
        return FALSE;
    }

  return t && v;
}

/* The rules of medium.schema.json */
static gboolean
check_medium (Case *self)
{
  JsonObjectIter iter;
  const char *name, *text;
  JsonNode *member;
  gboolean id = FALSE, named = FALSE, kind = FALSE, readings = FALSE;
  JsonArray *array;
  double score;
  glong length;

  if (!JSON_NODE_HOLDS_OBJECT (self->instance))
    return FALSE;

  json_object_iter_init (&iter, json_node_get_object (self->instance));
  while (json_object_iter_next (&iter, &name, &member))
    {
      if (strcmp (name, "id") == 0)
        {
          if (!is_integer (member) || json_node_get_int (member) < 1)
            return FALSE;
          id = TRUE;
        }
      else if (strcmp (name, "name") == 0)
        {
          if (!is_string (member))
            return FALSE;
          length = g_utf8_strlen (json_node_get_string (member), -1);
          if (length < 1 || length > 64)
            return FALSE;
          named = TRUE;
        }
      else if (strcmp (name, "active") == 0)
        {
          if (!JSON_NODE_HOLDS_VALUE (member) ||
              json_node_get_value_type (member) != G_TYPE_BOOLEAN)
            return FALSE;
        }
      else if (strcmp (name, "score") == 0)
        {
          if (!is_number (member))
            return FALSE;
          score = json_node_get_double (member);
          if (score < 0 || score > 100)
            return FALSE;
        }
      else if (strcmp (name, "kind") == 0)
        {
          if (!is_string (member))
            return FALSE;
          text = json_node_get_string (member);
          if (strcmp (text, "sensor") != 0 && strcmp (text, "actuator") != 0 &&
              strcmp (text, "controller") != 0)
            return FALSE;
          kind = TRUE;
        }
      else if (strcmp (name, "readings") == 0)
        {
          if (!JSON_NODE_HOLDS_ARRAY (member))
            return FALSE;
          array = json_node_get_array (member);
          if (json_array_get_length (array) > 64)
            return FALSE;
          for (guint i = 0; i < json_array_get_length (array); i++)
            if (!check_reading (json_array_get_element (array, i)))
              return FALSE;
          readings = TRUE;
        }
      else
        {
          return FALSE;
        }
    }

  return id && named && kind && readings;
}

static gboolean
check_meta (JsonNode *node)
{
  JsonObjectIter iter;
  const char *name, *text;
  JsonNode *member;
  gboolean kind = FALSE;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;

  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &member))
    {
      if (strcmp (name, "kind") == 0)
        {
          if (!is_string (member))
            return FALSE;
          text = json_node_get_string (member);
          if (strcmp (text, "leaf") != 0 && strcmp (text, "inner") != 0)
            return FALSE;
          kind = TRUE;
        }
      else if (strcmp (name, "weight") == 0 && !JSON_NODE_HOLDS_NULL (member) &&
               (!is_integer (member) || json_node_get_int (member) < 0))
        {
          return FALSE;
        }
    }

  return kind;
}

static gboolean
check_tags (JsonNode *node)
{
  const char *texts[8];
  JsonArray *array;
  guint n;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  array = json_node_get_array (node);
  n = json_array_get_length (array);
  if (n > G_N_ELEMENTS (texts))
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      JsonNode *item = json_array_get_element (array, i);

      if (!is_string (item))
        return FALSE;
      texts[i] = json_node_get_string (item);
      for (guint j = 0; j < i; j++)
        if (strcmp (texts[i], texts[j]) == 0)
          return FALSE;
    }

  return TRUE;
}

static gboolean
check_tree (JsonNode *node)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  gboolean value = FALSE, children = FALSE;
  JsonArray *array;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;

  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &member))
    {
      if (strcmp (name, "value") == 0)
        {
          if (!is_number (member))
            return FALSE;
          value = TRUE;
        }
      else if (strcmp (name, "label") == 0)
        {
          if (!is_string (member) || g_utf8_strlen (json_node_get_string (member), -1) > 32)
            return FALSE;
        }
      else if (strcmp (name, "tags") == 0)
        {
          if (!check_tags (member))
            return FALSE;
        }
      else if (strcmp (name, "meta") == 0)
        {
          if (!check_meta (member))
            return FALSE;
        }
      else if (strcmp (name, "children") == 0)
        {
          if (!JSON_NODE_HOLDS_ARRAY (member))
            return FALSE;
          array = json_node_get_array (member);
          for (guint i = 0; i < json_array_get_length (array); i++)
            if (!check_tree (json_array_get_element (array, i)))
              return FALSE;
          children = TRUE;
        }
      else
        {
          return FALSE;
        }
    }

  return value && children;
}

/* The rules of large.schema.json */
static gboolean
check_large (Case *self)
{
  return check_tree (self->instance);
}

/* The lowest of several rounds, in nanoseconds: whatever disturbs makes it longer. */
static double
measure (Case *self,
         Work  work,
         gboolean expected)
{
  double best = G_MAXDOUBLE;

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      gint64 start = g_get_monotonic_time ();
      gint64 elapsed;
      guint n = 0;

      do
        {
          for (guint i = 0; i < 16; i++, n++)
            if (work (self) != expected)
              g_error ("a check has the wrong result");
          elapsed = g_get_monotonic_time () - start;
        }
      while (elapsed < ROUND_US);
      best = MIN (best, (double) elapsed * 1000 / n);
    }

  return best;
}

static char *
read_text (const char *name,
           const char *suffix,
           gsize      *length)
{
  g_autofree char *file = g_strconcat (name, suffix, NULL);
  g_autofree char *path =
    g_build_filename (g_getenv ("MB_REFERENCE_DIR"), "schema-bench", file, NULL);
  g_autoptr(GError) error = NULL;
  char *text;

  g_file_get_contents (path, &text, length, &error);
  g_assert_no_error (error);

  return text;
}

static void
run (const char *name,
     const char *suffix,
     gboolean    valid,
     Work        by_hand)
{
  Case self = { .expected = valid };
  gsize length;
  g_autofree char *schema_text = read_text (name, ".schema.json", &length);
  g_autoptr(GError) error = NULL;
  double ours;

  self.schema_node = _mb_json_read (schema_text, length, NULL, &error);
  g_assert_no_error (error);
  self.schema = mb_schema_new_from_node (self.schema_node, &error);
  g_assert_no_error (error);
  self.text = read_text (name, suffix, &self.length);
  self.instance = _mb_json_read (self.text, self.length, NULL, &error);
  g_assert_no_error (error);
  self.parser = json_parser_new ();

  ours = measure (&self, validate, valid);
  g_print ("%s\t%s\t%.1f\t%.1f\t%.1f\t%.1f\n", name, valid ? "valid" : "invalid", ours,
           by_hand != NULL ? measure (&self, by_hand, valid) : 0, measure (&self, parse, TRUE),
           valid ? measure (&self, compile, TRUE) : 0);

  g_object_unref (self.parser);
  g_object_unref (self.schema);
  json_node_unref (self.schema_node);
  json_node_unref (self.instance);
  g_free (self.text);
}

int
main (void)
{
  if (g_getenv ("MB_REFERENCE_DIR") == NULL)
    {
      g_print ("MB_REFERENCE_DIR is not set\n");
      return 77;
    }

  g_print ("# nanoseconds\n# name\tresult\tvalidate\tby hand\tJsonParser\tcompile\n");
  run ("empty", ".instance.json", TRUE, NULL);
  run ("string", ".instance.json", TRUE, NULL);
  run ("bus", ".instance.json", TRUE, check_bus);
  run ("bus", ".invalid.json", FALSE, check_bus);
  run ("medium", ".instance.json", TRUE, check_medium);
  run ("medium", ".invalid.json", FALSE, check_medium);
  run ("large", ".instance.json", TRUE, check_large);

  return 0;
}
