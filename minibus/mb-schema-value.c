/* mb-schema-value.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* JSON values as JSON Schema sees them: 1 and 1.0 are one number, the order of members says
 * nothing, and numbers are compared exactly, never by rounding one of them.
 */

#include "config.h"

#include "mb-schema-value-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Up to so many items, each is compared with each. */
#define MB_PAIRWISE 8

#define TWO_63 9223372036854775808.0
#define TWO_53 9007199254740992.0

/* Draft 4 knows integers by how they are written, so 1.0 is none. What is too large for 64 bits
 * arrives as a double nevertheless; every double that large is taken for such an integer.
 */
gboolean
_mb_value_is_integer (double   d,
                      gboolean draft4)
{
  if (!isfinite (d) || d != trunc (d))
    return FALSE;

  return !draft4 || fabs (d) >= TWO_53;
}

gboolean
_mb_number_is_nan (const MbNumber *a)
{
  return a->is_double && isnan (a->u.d);
}

static int
compare_int_double (gint64 i,
                    double d)
{
  gint64 whole;

  if (d >= TWO_63)
    return -1;
  if (d < -TWO_63)
    return 1;

  whole = (gint64) d;
  if (i != whole)
    return i < whole ? -1 : 1;

  d -= (double) whole;

  return d > 0 ? -1 : d < 0 ? 1 : 0;
}

/* NaN, which only a program can make, is larger than all. */
int
_mb_number_compare (const MbNumber *a,
                    const MbNumber *b)
{
  if (!a->is_double && !b->is_double)
    return a->u.i < b->u.i ? -1 : a->u.i > b->u.i ? 1 : 0;
  if (_mb_number_is_nan (a) || _mb_number_is_nan (b))
    return _mb_number_is_nan (a) - _mb_number_is_nan (b);
  if (a->is_double && b->is_double)
    return a->u.d < b->u.d ? -1 : a->u.d > b->u.d ? 1 : 0;
  if (a->is_double)
    return -compare_int_double (b->u.i, a->u.d);

  return compare_int_double (a->u.i, b->u.d);
}

/* The number as mantissa × 10^exponent, from the shortest decimal text that reads back as the
 * double: that is how its author wrote it. Returns FALSE if it is not finite.
 */
static gboolean
to_decimal (const MbNumber *number,
            guint64        *mantissa,
            int            *exponent)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  const char *p;

  *mantissa = 0;
  *exponent = 0;

  if (!number->is_double)
    {
      *mantissa = number->u.i < 0 ? -(guint64) number->u.i : (guint64) number->u.i;
      return TRUE;
    }

  if (!isfinite (number->u.d))
    return FALSE;

  for (guint precision = 14; precision <= 16; precision++)
    {
      char format[8] = { '%', '.', '1', (char) ('0' + precision - 10), 'e', 0 };

      g_ascii_formatd (text, sizeof text, format, fabs (number->u.d));
      if (g_ascii_strtod (text, NULL) == fabs (number->u.d))
        break;
    }

  for (p = text; *p != 0 && *p != 'e'; p++)
    {
      if (*p == '.')
        continue;
      *mantissa = *mantissa * 10 + (guint) (*p - '0');
      if (p > text + 1)
        (*exponent)--;
    }
  if (*p == 'e')
    *exponent += atoi (p + 1);

  while (*mantissa != 0 && *mantissa % 10 == 0)
    {
      *mantissa /= 10;
      (*exponent)++;
    }

  return TRUE;
}

static guint64
power_of_ten_modulo (guint   exponent,
                     guint64 modulus)
{
  unsigned __int128 result = 1 % modulus, base = 10 % modulus;

  for (; exponent > 0; exponent >>= 1)
    {
      if (exponent & 1)
        result = result * base % modulus;
      base = base * base % modulus;
    }

  return (guint64) result;
}

/* Exact in decimal: 0.0075 is a multiple of 0.0001, although none of the doubles is. */
gboolean
_mb_number_is_multiple (const MbNumber *value,
                        const MbNumber *divisor)
{
  guint64 a, b;
  int x, y;

  if (!value->is_double && !divisor->is_double)
    {
      if (divisor->u.i == 0)
        return FALSE;
      return divisor->u.i == -1 || value->u.i % divisor->u.i == 0;
    }

  if (!to_decimal (value, &a, &x) || !to_decimal (divisor, &b, &y) || b == 0)
    return FALSE;
  if (a == 0)
    return TRUE;

  /* a × 10^(x - y) must be a whole multiple of b. */
  if (x >= y)
    {
      unsigned __int128 power = power_of_ten_modulo ((guint) (x - y), b);

      return (guint64) (power * (a % b) % b) == 0;
    }

  for (; x < y; x++)
    {
      if (a % 10 != 0)
        return FALSE;
      a /= 10;
    }

  return a % b == 0;
}

/* SipHash-1-3 with a key of this process: nobody outside can make values collide. */
#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define SIP_ROUND() \
  G_STMT_START { \
    v0 += v1; v1 = ROTATE (v1, 13) ^ v0; v0 = ROTATE (v0, 32); \
    v2 += v3; v3 = ROTATE (v3, 16) ^ v2; \
    v0 += v3; v3 = ROTATE (v3, 21) ^ v0; \
    v2 += v1; v1 = ROTATE (v1, 17) ^ v2; v2 = ROTATE (v2, 32); \
  } G_STMT_END

static const guint64 *
hash_key (void)
{
  static guint64 key[2];
  static gsize once;

  if (g_once_init_enter (&once))
    {
      for (guint i = 0; i < 2; i++)
        key[i] = ((guint64) g_random_int () << 32) | g_random_int ();
      g_once_init_leave (&once, 1);
    }

  return key;
}

static guint64
hash_bytes (guint64       salt,
            const guint8 *data,
            gsize         length)
{
  const guint64 *key = hash_key ();
  guint64 v0 = key[0] ^ salt ^ 0x736f6d6570736575, v1 = key[1] ^ 0x646f72616e646f6d;
  guint64 v2 = key[0] ^ 0x6c7967656e657261, v3 = key[1] ^ 0x7465646279746573;
  guint64 word;
  gsize i;

  for (i = 0; i + 8 <= length; i += 8)
    {
      memcpy (&word, data + i, 8);
      v3 ^= word;
      SIP_ROUND ();
      v0 ^= word;
    }

  word = (guint64) length << 56;
  for (guint shift = 0; i < length; i++, shift += 8)
    word |= (guint64) data[i] << shift;
  v3 ^= word;
  SIP_ROUND ();
  v0 ^= word;
  v2 ^= 0xff;
  SIP_ROUND ();
  SIP_ROUND ();
  SIP_ROUND ();

  return v0 ^ v1 ^ v2 ^ v3;
}

static guint64
hash_word (guint64 salt,
           guint64 word)
{
  return hash_bytes (salt, (const guint8 *) &word, sizeof word);
}

guint64
_mb_value_hash_text (const char *text,
                     gsize       length)
{
  return hash_bytes (MB_VALUE_STRING, (const guint8 *) text, length);
}

static guint64
hash_number (const MbNumber *number)
{
  guint64 word;

  if (!number->is_double)
    return hash_word (MB_VALUE_INTEGER, (guint64) number->u.i);
  if (number->u.d >= -TWO_63 && number->u.d < TWO_63 && number->u.d == trunc (number->u.d))
    return hash_word (MB_VALUE_INTEGER, (guint64) (gint64) number->u.d);

  memcpy (&word, &number->u.d, sizeof word);

  return hash_word (MB_VALUE_NUMBER, word);
}

static gboolean
spend (MbBudget *budget,
       gsize     steps)
{
  budget->left -= (gint64) steps;
  if (budget->depth > MB_VALUE_MAX_DEPTH)
    budget->left = -1;

  return budget->left >= 0;
}

/* Equal values have equal hashes. When the budget ends, the result means nothing. */
guint64
_mb_value_hash (JsonNode *node,
                MbBudget *budget)
{
  MbValueType type = _mb_value_type (node);
  guint64 hash;
  MbNumber number;

  switch (type)
    {
    case MB_VALUE_STRING:
      {
        const char *text = _mb_value_string (node);
        gsize length = strlen (text);

        spend (budget, 1 + length / 64);
        return _mb_value_hash_text (text, length);
      }

    case MB_VALUE_INTEGER:
    case MB_VALUE_NUMBER:
      spend (budget, 1);
      number = _mb_value_number (node, type);
      return hash_number (&number);

    case MB_VALUE_BOOLEAN:
      spend (budget, 1);
      return hash_word (MB_VALUE_BOOLEAN, json_node_get_boolean (node) ? 1 : 0);

    case MB_VALUE_ARRAY:
      {
        JsonArray *array = json_node_get_array (node);
        guint n = _mb_value_array_length (array);

        hash = hash_word (MB_VALUE_ARRAY, n);
        budget->depth++;
        for (guint i = 0; i < n && spend (budget, 1); i++)
          hash = hash_word (hash, _mb_value_hash (json_array_get_element (array, i), budget));
        budget->depth--;
        return hash;
      }

    case MB_VALUE_OBJECT:
      {
        JsonObject *object = json_node_get_object (node);
        JsonObjectIter iter;
        const char *name;
        JsonNode *member;

        hash = hash_word (MB_VALUE_OBJECT, _mb_value_object_size (object));
        if (object == NULL)
          return hash;

        /* A sum, as members have no order. */
        budget->depth++;
        json_object_iter_init (&iter, object);
        while (json_object_iter_next (&iter, &name, &member) && spend (budget, 1))
          hash += hash_word (_mb_value_hash_text (name, strlen (name)),
                             _mb_value_hash (member, budget));
        budget->depth--;
        return hash;
      }

    case MB_VALUE_NULL:
    case MB_VALUE_ANY:
    default:
      spend (budget, 1);
      return hash_word (MB_VALUE_NULL, 0);
    }
}

/* When the budget ends, the result is FALSE and means nothing. */
gboolean
_mb_value_equal (JsonNode *a,
                 JsonNode *b,
                 MbBudget *budget)
{
  MbValueType type = _mb_value_type (a), other = _mb_value_type (b);

  if (!spend (budget, 1))
    return FALSE;

  if (type & (MB_VALUE_INTEGER | MB_VALUE_NUMBER))
    {
      MbNumber x, y;

      if ((other & (MB_VALUE_INTEGER | MB_VALUE_NUMBER)) == 0)
        return FALSE;
      x = _mb_value_number (a, type);
      y = _mb_value_number (b, other);
      return _mb_number_compare (&x, &y) == 0;
    }

  if (type != other)
    return FALSE;

  switch (type)
    {
    case MB_VALUE_STRING:
      {
        const char *x = _mb_value_string (a), *y = _mb_value_string (b);
        gsize length = strlen (x);

        return spend (budget, length / 64) && strlen (y) == length && memcmp (x, y, length) == 0;
      }

    case MB_VALUE_BOOLEAN:
      return !json_node_get_boolean (a) == !json_node_get_boolean (b);

    case MB_VALUE_ARRAY:
      {
        JsonArray *x = json_node_get_array (a), *y = json_node_get_array (b);
        guint n = _mb_value_array_length (x);
        gboolean equal = n == _mb_value_array_length (y);

        budget->depth++;
        for (guint i = 0; i < n && equal; i++)
          equal = _mb_value_equal (json_array_get_element (x, i), json_array_get_element (y, i),
                                   budget);
        budget->depth--;
        return equal;
      }

    case MB_VALUE_OBJECT:
      {
        JsonObject *x = json_node_get_object (a), *y = json_node_get_object (b);
        gboolean equal = _mb_value_object_size (x) == _mb_value_object_size (y);
        JsonObjectIter iter;
        const char *name;
        JsonNode *member;

        if (!equal || _mb_value_object_size (x) == 0)
          return equal;

        budget->depth++;
        json_object_iter_init (&iter, x);
        while (equal && json_object_iter_next (&iter, &name, &member))
          {
            JsonNode *twin = json_object_get_member (y, name);

            equal = twin != NULL && _mb_value_equal (member, twin, budget);
          }
        budget->depth--;
        return equal;
      }

    case MB_VALUE_NULL:
      return TRUE;

    case MB_VALUE_INTEGER:
    case MB_VALUE_NUMBER:
    case MB_VALUE_ANY:
    default:
      return FALSE;
    }
}

/* As _mb_value_find_equal() for a few items, if all of them are strings; else -1. */
static int
find_equal_strings (JsonArray *array,
                    guint      n,
                    MbBudget  *budget,
                    guint     *first,
                    guint     *second)
{
  const char *texts[MB_PAIRWISE];

  for (guint i = 0; i < n; i++)
    {
      JsonNode *item = json_array_get_element (array, i);

      if (_mb_value_type (item) != MB_VALUE_STRING)
        return -1;
      texts[i] = _mb_value_string (item);
      for (guint j = 0; j < i; j++)
        if (texts[i][0] == texts[j][0] && strcmp (texts[i], texts[j]) == 0)
          {
            *first = j;
            *second = i;
            return 1;
          }
    }
  spend (budget, n * n / 2);

  return 0;
}

/* Whether two of the items are equal, and which. Few are compared each with each; of many, the
 * hashes are put into a table, which for the longer ones is allocated.
 */
gboolean
_mb_value_find_equal (JsonArray *array,
                      MbBudget  *budget,
                      guint     *first,
                      guint     *second)
{
  enum { STACK_SLOTS = 1024 };

  typedef struct
  {
    guint64 hash;
    guint   index;            /* plus one; 0 is an empty slot */
  } Slot;

  guint n = _mb_value_array_length (array);
  g_autofree Slot *allocated = NULL;
  Slot on_stack[STACK_SLOTS];
  Slot *slots = on_stack;
  guint mask;

  if (n <= 1)
    return FALSE;
  if (n <= MB_PAIRWISE)
    {
      switch (find_equal_strings (array, n, budget, first, second))
        {
        case 0:
          return FALSE;
        case 1:
          return TRUE;
        default:
          break;
        }
      for (guint i = 1; i < n; i++)
        for (guint j = 0; j < i; j++)
          if (_mb_value_equal (json_array_get_element (array, i),
                               json_array_get_element (array, j), budget))
            {
              *first = j;
              *second = i;
              return TRUE;
            }
      return FALSE;
    }

  if (!spend (budget, n))
    return FALSE;

  for (mask = 15; mask < n * 2; mask = mask * 2 + 1)
    ;
  if (mask >= STACK_SLOTS)
    slots = allocated = g_new0 (Slot, (gsize) mask + 1);
  else
    memset (on_stack, 0, sizeof (Slot) * (mask + 1));

  for (guint i = 0; i < n; i++)
    {
      JsonNode *item = json_array_get_element (array, i);
      guint64 hash = _mb_value_hash (item, budget);
      guint at;

      if (budget->left < 0)
        return FALSE;

      for (at = (guint) hash & mask; slots[at].index != 0; at = (at + 1) & mask)
        if (slots[at].hash == hash &&
            _mb_value_equal (item, json_array_get_element (array, slots[at].index - 1), budget))
          {
            *first = slots[at].index - 1;
            *second = i;
            return TRUE;
          }
      slots[at].hash = hash;
      slots[at].index = i + 1;
    }

  return FALSE;
}

/* A copy that shares nothing, or NULL if it is nested deeper than `max_depth`. */
JsonNode *
_mb_value_copy (JsonNode *node,
                guint     max_depth,
                gsize    *n_values)
{
  (*n_values)++;

  switch (_mb_value_type (node))
    {
    case MB_VALUE_ARRAY:
      {
        JsonArray *array = json_node_get_array (node);
        guint n = _mb_value_array_length (array);
        g_autoptr(JsonArray) copy = NULL;
        JsonNode *result;

        if (max_depth == 0)
          return NULL;

        copy = json_array_sized_new (n);
        for (guint i = 0; i < n; i++)
          {
            JsonNode *item = _mb_value_copy (json_array_get_element (array, i), max_depth - 1,
                                             n_values);

            if (item == NULL)
              return NULL;
            json_array_add_element (copy, item);
          }
        result = json_node_new (JSON_NODE_ARRAY);
        json_node_take_array (result, g_steal_pointer (&copy));
        return result;
      }

    case MB_VALUE_OBJECT:
      {
        JsonObject *object = json_node_get_object (node);
        g_autoptr(JsonObject) copy = NULL;
        JsonNode *result;
        JsonObjectIter iter;
        const char *name;
        JsonNode *member;

        if (max_depth == 0)
          return NULL;

        copy = json_object_new ();
        if (object != NULL)
          {
            json_object_iter_init_ordered (&iter, object);
            while (json_object_iter_next_ordered (&iter, &name, &member))
              {
                JsonNode *value = _mb_value_copy (member, max_depth - 1, n_values);

                if (value == NULL)
                  return NULL;
                json_object_set_member (copy, name, value);
              }
          }
        result = json_node_new (JSON_NODE_OBJECT);
        json_node_take_object (result, g_steal_pointer (&copy));
        return result;
      }

    case MB_VALUE_STRING:
      return json_node_init_string (json_node_alloc (), _mb_value_string (node));

    case MB_VALUE_INTEGER:
      return json_node_init_int (json_node_alloc (), json_node_get_int (node));

    case MB_VALUE_NUMBER:
      return json_node_init_double (json_node_alloc (), json_node_get_double (node));

    case MB_VALUE_BOOLEAN:
      return json_node_init_boolean (json_node_alloc (), json_node_get_boolean (node));

    case MB_VALUE_NULL:
    case MB_VALUE_ANY:
    default:
      return json_node_init_null (json_node_alloc ());
    }
}

/* The value as JSON text fit for a message: short, on one line, without raw control characters. */
static void
describe (GString  *out,
          JsonNode *node,
          guint     depth)
{
  enum { LONGEST = 60 };

  char number[G_ASCII_DTOSTR_BUF_SIZE];
  gboolean first = TRUE;

  if (out->len > LONGEST)
    return;

  switch (_mb_value_type (node))
    {
    case MB_VALUE_STRING:
      {
        const char *text = _mb_value_string (node);
        guint n = 0;

        g_string_append_c (out, '"');
        for (; *text != 0 && n < LONGEST; n++)
          {
            gunichar c = g_utf8_get_char_validated (text, -1);

            if (c == (gunichar) -1 || c == (gunichar) -2)
              {
                g_string_append (out, "\357\277\275");
                text++;
                continue;
              }
            if (c == '"' || c == '\\')
              g_string_append_printf (out, "\\%c", (char) c);
            else if (g_unichar_isprint (c))
              g_string_append_unichar (out, c);
            else if (c < 0x10000)
              g_string_append_printf (out, "\\u%04x", c);
            else
              g_string_append_printf (out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                                      0xdc00 + ((c - 0x10000) & 0x3ff));
            text = g_utf8_next_char (text);
          }
        g_string_append (out, *text != 0 ? "…\"" : "\"");
        return;
      }

    case MB_VALUE_INTEGER:
      g_string_append_printf (out, "%" G_GINT64_FORMAT, json_node_get_int (node));
      return;

    case MB_VALUE_NUMBER:
      for (guint precision = 5; precision <= 7; precision++)
        {
          char format[8] = { '%', '.', '1', (char) ('0' + precision), 'g', 0 };

          g_ascii_formatd (number, sizeof number, format, json_node_get_double (node));
          if (g_ascii_strtod (number, NULL) == json_node_get_double (node))
            break;
        }
      g_string_append (out, number);
      return;

    case MB_VALUE_BOOLEAN:
      g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
      return;

    case MB_VALUE_ARRAY:
      {
        JsonArray *array = json_node_get_array (node);
        guint n = _mb_value_array_length (array);

        g_string_append_c (out, '[');
        for (guint i = 0; i < n; i++)
          {
            if (i > 0)
              g_string_append (out, ", ");
            if (out->len > LONGEST || depth == 0)
              {
                g_string_append (out, "…");
                break;
              }
            describe (out, json_array_get_element (array, i), depth - 1);
          }
        g_string_append_c (out, ']');
        return;
      }

    case MB_VALUE_OBJECT:
      {
        JsonObject *object = json_node_get_object (node);
        JsonObjectIter iter;
        const char *name;
        JsonNode *member;

        g_string_append_c (out, '{');
        if (object != NULL)
          {
            json_object_iter_init_ordered (&iter, object);
            while (json_object_iter_next_ordered (&iter, &name, &member))
              {
                g_autoptr(JsonNode) key = json_node_init_string (json_node_alloc (), name);

                if (!first)
                  g_string_append (out, ", ");
                first = FALSE;
                if (out->len > LONGEST || depth == 0)
                  {
                    g_string_append (out, "…");
                    break;
                  }
                describe (out, key, 0);
                g_string_append (out, ": ");
                describe (out, member, depth - 1);
              }
          }
        g_string_append_c (out, '}');
        return;
      }

    case MB_VALUE_NULL:
    case MB_VALUE_ANY:
    default:
      g_string_append (out, "null");
    }
}

char *
_mb_value_describe (JsonNode *node)
{
  GString *out = g_string_new (NULL);

  describe (out, node, 4);

  return g_string_free (out, FALSE);
}
