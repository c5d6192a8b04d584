/* mb-schema-value-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The kinds of JSON value, as bits. A double without a fraction has MB_TYPE_NUMBER until a caller
 * that knows the draft looks closer: see _mb_value_is_integer().
 */
typedef enum
{
  MB_VALUE_NULL    = 1 << 0,
  MB_VALUE_BOOLEAN = 1 << 1,
  MB_VALUE_INTEGER = 1 << 2,
  MB_VALUE_NUMBER  = 1 << 3,
  MB_VALUE_STRING  = 1 << 4,
  MB_VALUE_ARRAY   = 1 << 5,
  MB_VALUE_OBJECT  = 1 << 6,
  MB_VALUE_ANY     = 0x7f,
} MbValueType;

typedef struct
{
  union
  {
    gint64 i;
    double d;
  } u;
  gboolean is_double;
} MbNumber;

/* What a comparison may still spend, counted in values and in blocks of text looked at. */
typedef struct
{
  gint64 left;
  guint  depth;
} MbBudget;

/* Values nested deeper than this are not compared: the budget is emptied instead. */
#define MB_VALUE_MAX_DEPTH 2000

static inline MbValueType
_mb_value_type (JsonNode *node)
{
  GType type;

  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      return MB_VALUE_OBJECT;
    case JSON_NODE_ARRAY:
      return MB_VALUE_ARRAY;
    case JSON_NODE_VALUE:
      type = json_node_get_value_type (node);
      if (type == G_TYPE_STRING)
        return MB_VALUE_STRING;
      if (type == G_TYPE_INT64)
        return MB_VALUE_INTEGER;
      if (type == G_TYPE_DOUBLE)
        return MB_VALUE_NUMBER;
      if (type == G_TYPE_BOOLEAN)
        return MB_VALUE_BOOLEAN;
      return MB_VALUE_NULL;
    case JSON_NODE_NULL:
    default:
      return MB_VALUE_NULL;
    }
}

/* Never NULL: a string node made by hand can hold none. */
static inline const char *
_mb_value_string (JsonNode *node)
{
  const char *text = json_node_get_string (node);

  return text != NULL ? text : "";
}

static inline guint
_mb_value_object_size (JsonObject *object)
{
  return object != NULL ? json_object_get_size (object) : 0;
}

static inline guint
_mb_value_array_length (JsonArray *array)
{
  return array != NULL ? json_array_get_length (array) : 0;
}

static inline MbNumber
_mb_value_number (JsonNode    *node,
                  MbValueType  type)
{
  MbNumber number;

  if (type == MB_VALUE_INTEGER)
    {
      number.is_double = FALSE;
      number.u.i = json_node_get_int (node);
    }
  else
    {
      number.is_double = TRUE;
      number.u.d = json_node_get_double (node);
    }

  return number;
}

gboolean   _mb_value_is_integer  (double           d,
                                  gboolean         draft4);
int        _mb_number_compare    (const MbNumber  *a,
                                  const MbNumber  *b);
gboolean   _mb_number_is_nan     (const MbNumber  *a);
gboolean   _mb_number_is_multiple (const MbNumber *value,
                                   const MbNumber *divisor);
gboolean   _mb_value_equal       (JsonNode        *a,
                                  JsonNode        *b,
                                  MbBudget        *budget);
guint64    _mb_value_hash        (JsonNode        *node,
                                  MbBudget        *budget);
guint64    _mb_value_hash_text   (const char      *text,
                                  gsize            length);
gboolean   _mb_value_find_equal  (JsonArray       *array,
                                  MbBudget        *budget,
                                  guint           *first,
                                  guint           *second);
JsonNode  *_mb_value_copy        (JsonNode        *node,
                                  guint            max_depth,
                                  gsize           *n_values);
char      *_mb_value_describe    (JsonNode        *node);

G_END_DECLS
