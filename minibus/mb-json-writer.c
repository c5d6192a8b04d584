/* mb-json-writer.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-json-private.h"

#include <float.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mb-error.h"
#include "mb-json-scan-private.h"

typedef struct
{
  GString  *out;
  guint     depth;
  GError  **error;
} Writer;

static gboolean write_node (Writer   *self,
                            JsonNode *node);

static void
append_unsigned (GString *out,
                 guint64  value)
{
  char digits[20];
  char *p = digits + sizeof digits;

  do
    *--p = (char) ('0' + value % 10);
  while ((value /= 10) != 0);

  g_string_append_len (out, p, digits + sizeof digits - p);
}

static void
append_integer (GString *out,
                gint64   value)
{
  if (value < 0)
    g_string_append_c (out, '-');

  /* Negated as unsigned, so that -2^63 has no overflow. */
  append_unsigned (out, value < 0 ? -(guint64) value : (guint64) value);
}

/* Doubles */

/* A decimal number: the digits without zeros at either end, times 10^exponent. */
typedef struct
{
  guint64 digits;
  int     exponent;
} Decimal;

/* The decimal number of `precision` digits that is closest to `value`. */
static Decimal
round_to_digits (double value,
                 guint  precision)
{
  static const char formats[][8] = { "%.0e", "%.1e", "%.2e", "%.3e", "%.4e", "%.5e", "%.6e", "%.7e",
                                     "%.8e", "%.9e", "%.10e", "%.11e", "%.12e", "%.13e", "%.14e",
                                     "%.15e", "%.16e" };
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  Decimal result = { 0, 0 };
  const char *p;

  g_ascii_formatd (text, sizeof text, formats[precision - 1], value);

  for (p = text; *p != 'e'; p++)
    if (g_ascii_isdigit (*p))
      result.digits = result.digits * 10 + (guint64) (*p - '0');

  result.exponent = atoi (p + 1) - (int) (precision - 1);

  return result;
}

static gboolean
reads_back (Decimal decimal,
            double  value)
{
  char text[48];

  g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT "e%d", decimal.digits, decimal.exponent);

  return g_ascii_strtod (text, NULL) == value;
}

/* Short decimals, as people and sensors write them, without a detour through text. */
static gboolean
find_short_decimal (double   value,
                    Decimal *decimal)
{
#if FLT_EVAL_METHOD == 0
  static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8 };

  /* Fifteen digits at most lie further apart than doubles, so that at most one of them is close
   * enough to `value`, and the quotient of two numbers that are exact is rounded but once: it is
   * what a reader makes of the decimal number.
   */
  for (guint i = 0; i < G_N_ELEMENTS (powers) && value * powers[i] < 1e15; i++)
    {
      double digits = nearbyint (value * powers[i]);

      if (digits / powers[i] == value)
        {
          decimal->digits = (guint64) digits;
          decimal->exponent = -(int) i;
          return TRUE;
        }
    }
#endif

  return FALSE;
}

/* The same below the range of normal numbers, which have fewer digits. */
static Decimal
find_shortest_subnormal (double value)
{
  Decimal decimal;
  guint precision = 1;

  do
    decimal = round_to_digits (value, precision++);
  while (!reads_back (decimal, value));

  return decimal;
}

/* The number of fewest digits that reads back as `value`, which is positive and finite; of several,
 * the closest.
 */
static Decimal
find_shortest (double value)
{
  Decimal all, decimal;
  guint last;
  int binary_exponent;

  if (find_short_decimal (value, &decimal))
    return decimal;
  if (value < DBL_MIN)
    return find_shortest_subnormal (value);

  /* Seventeen digits always read back. If up to fifteen do, these are what the seventeen round to:
   * no other number of fifteen digits is as close.
   */
  all = round_to_digits (value, 17);
  decimal.digits = (all.digits + 50) / 100;
  decimal.exponent = all.exponent + 2;
  if (reads_back (decimal, value))
    return decimal;

  /* Of sixteen digits, the closest. A last 5 may itself be rounded, and does not tell. */
  last = (guint) (all.digits % 10);
  if (last == 5)
    {
      decimal = round_to_digits (value, 16);
    }
  else
    {
      decimal.digits = all.digits / 10 + (last > 5 ? 1 : 0);
      decimal.exponent = all.exponent + 1;
    }
  if (reads_back (decimal, value))
    return decimal;

  /* Above a power of two, doubles are twice as far apart as below it: the next number above may
   * read back, though the one below is closer.
   */
  decimal.digits++;
  if (frexp (value, &binary_exponent) == 0.5 && reads_back (decimal, value))
    return decimal;

  return all;
}

static void
append_double (GString *out,
               double   value)
{
  Decimal decimal;
  char digits[24];
  int n, point;

  if (signbit (value))
    g_string_append_c (out, '-');
  if (value == 0)
    {
      g_string_append (out, "0.0");
      return;
    }

  decimal = find_shortest (fabs (value));
  while (decimal.digits % 10 == 0)
    {
      decimal.digits /= 10;
      decimal.exponent++;
    }

  n = g_snprintf (digits, sizeof digits, "%" G_GUINT64_FORMAT, decimal.digits);
  point = n + decimal.exponent;   /* where the point is, counted from the first digit */

  if (point > 16 || point < -3)
    {
      g_string_append_c (out, digits[0]);
      if (n > 1)
        {
          g_string_append_c (out, '.');
          g_string_append_len (out, digits + 1, n - 1);
        }
      g_string_append_c (out, 'e');
      append_integer (out, point - 1);
      return;
    }

  if (point <= 0)
    {
      g_string_append_len (out, "0.000", 2 - point);
      g_string_append_len (out, digits, n);
    }
  else if (point < n)
    {
      g_string_append_len (out, digits, point);
      g_string_append_c (out, '.');
      g_string_append_len (out, digits + point, n - point);
    }
  else
    {
      g_string_append_len (out, digits, n);
      g_string_append_len (out, "000000000000000", point - n);
      g_string_append (out, ".0");
    }
}

/* Strings */

/* Marks the bytes that are equal to one. Other than the marks of the scan, all of these are right. */
static inline guint64
mark_equal (guint64 word,
            char    byte)
{
  guint64 other = word ^ MB_SCAN_REPEAT ((guint8) byte);

  return ~(((other & MB_SCAN_REPEAT (0x7f)) + MB_SCAN_REPEAT (0x7f)) | other) & MB_SCAN_REPEAT (0x80);
}

static inline gboolean
has_control (guint64 word)
{
  return (~(((word & MB_SCAN_REPEAT (0x7f)) + MB_SCAN_REPEAT (0x60)) | word) & MB_SCAN_REPEAT (0x80)) != 0;
}

static inline void
store (char    *o,
       guint64  word)
{
  word = GUINT64_TO_LE (word);
  memcpy (o, &word, sizeof word);
}

/* Writes eight bytes, the first of them the lowest, with a backslash before each quotation mark and backslash. JSON
 * within JSON is full of them, so all are found at once. May write up to 23 bytes. */
static inline char *
append_word (char    *o,
             guint64  word)
{
  guint64 marks = mark_equal (word, '"') | mark_equal (word, '\\');

  store (o, word);
  for (; marks != 0; marks &= marks - 1)
    {
      guint bits = (guint) __builtin_ctzll (marks) & ~7u;

      o[bits / 8] = '\\';
      o++;
      store (o + bits / 8, word >> bits);
    }

  return o + 8;
}

void
_mb_json_append_string (GString    *out,
                        const char *text,
                        gsize       length)
{
  /* What stands behind the backslash; 'u' needs four digits more. */
  static const char escapes[256] = {
    [0 ... 0x07] = 'u', ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', [0x0b] = 'u', ['\f'] = 'f',
    ['\r'] = 'r', [0x0e ... 0x1f] = 'u', ['"'] = '"', ['\\'] = '\\',
  };
  static const char hex[] = "0123456789abcdef";
  const char *end = text + length;
  gsize start = out->len;
  char *o;

  /* Room for a backslash before each byte, for the quotation marks, and for what is written in vain. */
  g_string_set_size (out, start + 2 * length + 2 + 8);
  o = out->str + start;
  *o++ = '"';

  while (text < end)
    {
      guint8 c;

      /* There is twice as much room as there is text. */
      if (end - text >= 8)
        {
          guint64 word;

          memcpy (&word, text, sizeof word);
          word = GUINT64_FROM_LE (word);
          if (!has_control (word))
            {
              o = append_word (o, word);
              text += 8;
              continue;
            }
        }

      c = (guint8) *text++;
      if (escapes[c] == 0)
        {
          *o++ = (char) c;
          continue;
        }

      *o++ = '\\';
      *o++ = escapes[c];
      if (escapes[c] == 'u')
        {
          gsize n = (gsize) (o - out->str);

          /* Six bytes for one are more than there is room for. */
          g_string_set_size (out, n + 4 + 2 * (gsize) (end - text) + 1 + 8);
          o = out->str + n;
          *o++ = '0';
          *o++ = '0';
          *o++ = hex[c >> 4];
          *o++ = hex[c & 15];
        }
    }

  *o++ = '"';
  g_string_truncate (out, (gsize) (o - out->str));
}

static gboolean
write_string (Writer     *self,
              const char *text)
{
  gsize length = strlen (text);
  const char *bad;

  if (!g_utf8_validate_len (text, length, &bad))
    {
      g_set_error (self->error, MB_JSON_ERROR, MB_JSON_ERROR_ENCODING,
                   _("A string is not UTF-8 at byte %zu, where 0x%02X stands; JSON must be UTF-8 "
                     "throughout"), (gsize) (bad - text), (guint8) *bad);
      return FALSE;
    }

  _mb_json_append_string (self->out, text, length);

  return TRUE;
}

/* Nodes */

static gboolean
fail_half_made (Writer     *self,
                const char *type)
{
  g_set_error (self->error, MB_JSON_ERROR, MB_JSON_ERROR_SYNTAX,
               _("A node of type %s holds no value; it must be given one before it is written"),
               type);
  return FALSE;
}

static gboolean
enter (Writer *self)
{
  if (self->depth == MB_JSON_MAX_DEPTH)
    {
      g_set_error (self->error, MB_JSON_ERROR, MB_JSON_ERROR_TOO_DEEP,
                   _("Arrays and objects must not be nested deeper than %d levels"),
                   MB_JSON_MAX_DEPTH);
      return FALSE;
    }

  self->depth++;

  return TRUE;
}

static gboolean
write_array (Writer    *self,
             JsonArray *array)
{
  guint n;

  if (array == NULL)
    return fail_half_made (self, "array");
  if (!enter (self))
    return FALSE;

  n = json_array_get_length (array);
  g_string_append_c (self->out, '[');
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append_c (self->out, ',');
      if (!write_node (self, json_array_get_element (array, i)))
        return FALSE;
    }
  g_string_append_c (self->out, ']');
  self->depth--;

  return TRUE;
}

static int
compare_hashes (gconstpointer a,
                gconstpointer b)
{
  guint x = *(const guint *) a;
  guint y = *(const guint *) b;

  return x < y ? -1 : x > y;
}

static gboolean
check_members (Writer     *self,
               JsonObject *object,
               guint       n)
{
  g_autofree guint *hashes = NULL;
  JsonObjectIter iter;
  const char *name;
  guint i = 0;

  if (n > MB_JSON_MAX_MEMBERS)
    {
      g_set_error (self->error, MB_JSON_ERROR, MB_JSON_ERROR_TOO_LARGE,
                   _("An object has %u members; more than %d are not read by any receiver"),
                   n, MB_JSON_MAX_MEMBERS);
      return FALSE;
    }

  hashes = g_new (guint, n);
  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, NULL))
    hashes[i++] = g_str_hash (name);
  qsort (hashes, n, sizeof *hashes, compare_hashes);

  for (i = MB_JSON_MAX_SAME_HASH; i < n; i++)
    {
      if (hashes[i] == hashes[i - MB_JSON_MAX_SAME_HASH])
        {
          g_set_error (self->error, MB_JSON_ERROR, MB_JSON_ERROR_TOO_LARGE,
                       _("More than %d names of an object have one hash, which receivers refuse"),
                       MB_JSON_MAX_SAME_HASH);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
write_object (Writer     *self,
              JsonObject *object)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  gboolean first = TRUE;
  guint n;

  if (object == NULL)
    return fail_half_made (self, "object");
  if (!enter (self))
    return FALSE;

  n = json_object_get_size (object);
  if (n > MB_JSON_MAX_SAME_HASH && !check_members (self, object, n))
    return FALSE;

  g_string_append_c (self->out, '{');
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      if (!first)
        g_string_append_c (self->out, ',');
      first = FALSE;

      if (!write_string (self, name))
        return FALSE;
      g_string_append_c (self->out, ':');
      if (!write_node (self, member))
        return FALSE;
    }
  g_string_append_c (self->out, '}');
  self->depth--;

  return TRUE;
}

static gboolean
write_value (Writer   *self,
             JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  if (type == G_TYPE_STRING)
    {
      const char *text = json_node_get_string (node);

      return text != NULL ? write_string (self, text) : fail_half_made (self, "string");
    }

  if (type == G_TYPE_INT64)
    {
      append_integer (self->out, json_node_get_int (node));
      return TRUE;
    }

  if (type == G_TYPE_BOOLEAN)
    {
      g_string_append (self->out, json_node_get_boolean (node) ? "true" : "false");
      return TRUE;
    }

  if (type == G_TYPE_DOUBLE)
    {
      double value = json_node_get_double (node);

      if (!isfinite (value))
        {
          g_set_error_literal (self->error, MB_JSON_ERROR, MB_JSON_ERROR_NUMBER,
                               isnan (value)
                                 ? _("JSON has no way to write “not a number”; use null")
                                 : _("JSON has no way to write an infinite number; use null"));
          return FALSE;
        }

      append_double (self->out, value);
      return TRUE;
    }

  return fail_half_made (self, "value");
}

static gboolean
write_node (Writer   *self,
            JsonNode *node)
{
  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      return write_object (self, json_node_get_object (node));
    case JSON_NODE_ARRAY:
      return write_array (self, json_node_get_array (node));
    case JSON_NODE_VALUE:
      return write_value (self, node);
    case JSON_NODE_NULL:
    default:
      g_string_append (self->out, "null");
      return TRUE;
    }
}

gboolean
_mb_json_append_node (GString   *out,
                      JsonNode  *node,
                      GError   **error)
{
  Writer self = { out, 0, error };
  gsize length = out->len;

  if (node == NULL)
    {
      g_string_append (out, "null");
      return TRUE;
    }

  if (!write_node (&self, node))
    {
      g_string_truncate (out, length);
      return FALSE;
    }

  return TRUE;
}
