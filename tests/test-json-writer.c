/* test-json-writer.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-json-private.h"

static JsonNode *
read_good (const char *text)
{
  g_autoptr(GError) error = NULL;
  JsonNode *node = mb_json_from_text (text, &error);

  g_assert_no_error (error);

  return node;
}

static void
assert_written (const char *text,
                const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = read_good (text);
  g_autoptr(GString) out = g_string_new ("before");

  g_assert_true (_mb_json_append_node (out, node, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (out->str + strlen ("before"), ==, expected);
}

static void
assert_not_written (JsonNode    *node,
                    MbJsonError  code,
                    const char  *message)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) out = g_string_new ("before");

  g_assert_false (_mb_json_append_node (out, node, &error));
  g_assert_error (error, MB_JSON_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, message));
  g_assert_cmpstr (out->str, ==, "before");
  g_assert_cmpuint (out->len, ==, strlen ("before"));
  g_assert_false (_mb_json_append_node (out, node, NULL));
}

static void
test_values (void)
{
  g_autoptr(GString) out = g_string_new (NULL);

  g_test_summary ("Every node that the reader makes is written as short as can be");

  assert_written ("null", "null");
  assert_written (" [ true , false , null ] ", "[true,false,null]");
  assert_written ("-9223372036854775808", "-9223372036854775808");
  assert_written ("9223372036854775807", "9223372036854775807");
  assert_written ("-0", "0");
  assert_written ("{ }", "{}");
  assert_written ("{\"b\":[],\"a\":{\"c\":1}}", "{\"b\":[],\"a\":{\"c\":1}}");

  g_assert_true (_mb_json_append_node (out, NULL, NULL));
  g_assert_cmpstr (out->str, ==, "null");
}

static void
test_strings (void)
{
  g_autoptr(GString) out = g_string_new (NULL);

  g_test_summary ("Only what must be escaped is escaped");

  assert_written ("\"\\/ \\u00e9 \\ud83d\\ude00 \177 \\u2028\"",
                  "\"/ \303\251 \360\237\230\200 \177 \342\200\250\"");
  assert_written ("\"\\u0001\\u0008\\u0009\\u000a\\u000b\\u000c\\u000d\\u001F\\\"\\\\\"",
                  "\"\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\\"");
  assert_written ("{\"\\u0022\":\"\"}", "{\"\\\"\":\"\"}");

  _mb_json_append_string (out, "a\0b", 3);
  g_assert_cmpstr (out->str, ==, "\"a\\u0000b\"");
}

static void
test_escapes (void)
{
  static const char alphabet[] = "ab\"\\\"\n\001\303\251";
  guint32 random = 1;

  g_test_summary ("Whatever stands beside each other, all that must be escaped is, and nothing else");

  for (guint n = 0; n < 5000; n++)
    {
      g_autoptr(GString) text = g_string_new (NULL);
      g_autoptr(GString) expected = g_string_new ("\"");
      g_autoptr(GString) out = g_string_new ("before");

      for (guint i = 0; i < n % 40; i++)
        {
          char c;

          random = random * 1664525 + 1013904223;
          c = alphabet[(random >> 16) % (n % 3 == 0 ? 5 : sizeof alphabet - 1)];
          g_string_append_c (text, c);
          if (c == '\n')
            g_string_append (expected, "\\n");
          else if (c == '\001')
            g_string_append (expected, "\\u0001");
          else if (c == '"' || c == '\\')
            g_string_append_printf (expected, "\\%c", c);
          else
            g_string_append_c (expected, c);
        }
      g_string_append_c (expected, '"');

      _mb_json_append_string (out, text->str, text->len);
      g_assert_cmpstr (out->str + strlen ("before"), ==, expected->str);
      g_assert_cmpuint (out->len, ==, strlen ("before") + expected->len);
    }
}

static void
test_doubles (void)
{
  static const char *const same[] = {
    "0.0", "-0.0", "1.0", "-1.0", "0.1", "20.0", "123456.789", "0.30000000000000004", "0.0001",
    "1e-5", "1.5e-5", "1000000000000000.0", "1e16", "1.2345e20", "1e22", "1e23", "1e100", "1e-100",
    "5e-324", "1e-323", "2.2250738585072014e-308", "2.225073858507201e-308",
    "1.7976931348623157e308",
    "3.141592653589793", "2.718281828459045", "9007199254740992.0", "9007199254740994.0",
    /* 2^-44: of sixteen digits, only the number above reads back, though the one below is closer.
     */
    "5.684341886080802e-14",
    "9.313225746154785e-10", "1.1102230246251565e-16", "4.35", "0.6822871999174",
  };

  g_test_summary ("Doubles are written with the fewest digits that read back, and stay doubles");

  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    assert_written (same[i], same[i]);

  assert_written ("1e2", "100.0");
  assert_written ("100000000000000000000.0", "1e20");
  assert_written ("0.00001", "1e-5");
  assert_written ("1E+05", "100000.0");
  assert_written ("18446744073709551615", "1.8446744073709552e19");
}

static guint
count_digits (const char *text)
{
  guint n = 0;
  guint zeros = 0;

  for (; *text != '\0' && *text != 'e'; text++)
    {
      if (!g_ascii_isdigit (*text) || (n == 0 && *text == '0'))
        continue;
      n++;
      zeros = *text == '0' ? zeros + 1 : 0;
    }

  return n - zeros;
}

/* Whether a number of `n` digits reads back as `value`: the closest, or one beside it. */
static gboolean
reads_back (double value,
            int    n)
{
  for (int step = -1; step <= 1; step++)
    {
      char text[64];
      char *exponent;
      gint64 digits = 0;

      g_snprintf (text, sizeof text, "%.*e", n - 1, value);
      for (exponent = text; *exponent != 'e'; exponent++)
        if (*exponent != '.')
          digits = digits * 10 + (*exponent - '0');

      g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT "e%d", digits + step,
                  (int) g_ascii_strtoll (exponent + 1, NULL, 10) - (n - 1));
      if (g_ascii_strtod (text, NULL) == value)
        return TRUE;
    }

  return FALSE;
}

static void
check_double (double value)
{
  g_autoptr(JsonNode) node = json_node_init_double (json_node_alloc (), value);
  g_autoptr(JsonNode) back = NULL;
  g_autoptr(GString) out = g_string_new (NULL);
  guint n;

  g_assert_true (_mb_json_append_node (out, node, NULL));
  back = read_good (out->str);
  g_assert_true (json_node_get_value_type (back) == G_TYPE_DOUBLE);
  g_assert_cmpfloat (json_node_get_double (back), ==, value);
  g_assert_cmpfloat (g_ascii_strtod (out->str, NULL), ==, value);
  g_assert_null (strchr (out->str, '+'));
  g_assert_null (strstr (out->str, "e0"));

  n = count_digits (out->str);
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (n, <=, 17);
  if (n > 1 && reads_back (value, (int) n - 1))
    g_error ("%s has more digits than it needs", out->str);
}

static void
test_many_doubles (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (42);

  g_test_summary ("Powers of two, their neighbours and random numbers are as short as can be");

  for (int exponent = -1074; exponent < 1024; exponent++)
    {
      double power = ldexp (1.0, exponent);

      check_double (power);
      check_double (nextafter (power, INFINITY));
      if (exponent > -1074)
        check_double (nextafter (power, 0));
    }

  for (guint i = 0; i < 4000; i++)
    {
      guint64 bits = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
      double value;

      memcpy (&value, &bits, sizeof value);
      if (isfinite (value) && value != 0)
        check_double (fabs (value));

      check_double (0.001 * g_rand_int_range (rand, 1, 1000000));
      check_double (g_rand_double_range (rand, 0.1, 1e6));
    }
}

static void
test_bad_numbers (void)
{
  g_autoptr(JsonNode) infinite = json_node_init_double (json_node_alloc (), -INFINITY);
  g_autoptr(JsonNode) none = json_node_init_double (json_node_alloc (), NAN);

  g_test_summary ("Numbers that JSON does not have are refused");

  assert_not_written (infinite, MB_JSON_ERROR_NUMBER, "infinite");
  assert_not_written (none, MB_JSON_ERROR_NUMBER, "not a number");
}

static void
test_bad_strings (void)
{
  g_autoptr(JsonNode) text = json_node_init_string (json_node_alloc (), "ab\355\240\200");
  g_autoptr(JsonNode) empty = json_node_init_string (json_node_alloc (), NULL);
  g_autoptr(JsonNode) object = json_node_new (JSON_NODE_OBJECT);

  g_test_summary ("Strings that are not UTF-8, or not there, are refused");

  assert_not_written (text, MB_JSON_ERROR_ENCODING, "at byte 2, where 0xED");
  assert_not_written (empty, MB_JSON_ERROR_SYNTAX, "string holds no value");

  json_node_take_object (object, json_object_new ());
  json_object_set_int_member (json_node_get_object (object), "good", 1);
  json_object_set_int_member (json_node_get_object (object), "\377", 1);
  assert_not_written (object, MB_JSON_ERROR_ENCODING, "0xFF");
}

static void
test_half_made (void)
{
  g_autoptr(JsonNode) object = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(JsonNode) array = json_node_new (JSON_NODE_ARRAY);
  g_autoptr(JsonNode) value = json_node_new (JSON_NODE_VALUE);
  g_autoptr(JsonNode) inside = json_node_new (JSON_NODE_ARRAY);

  g_test_summary ("Nodes that were made but not filled are refused");

  assert_not_written (object, MB_JSON_ERROR_SYNTAX, "object holds no value");
  assert_not_written (array, MB_JSON_ERROR_SYNTAX, "array holds no value");
  assert_not_written (value, MB_JSON_ERROR_SYNTAX, "value holds no value");

  json_node_take_array (inside, json_array_new ());
  json_array_add_int_element (json_node_get_array (inside), 1);
  json_array_add_element (json_node_get_array (inside), json_node_new (JSON_NODE_OBJECT));
  assert_not_written (inside, MB_JSON_ERROR_SYNTAX, "object holds no value");
}

static void
test_too_deep (void)
{
  g_autoptr(JsonNode) node = json_node_init_int (json_node_alloc (), 1);

  g_test_summary ("A node that receivers would find too deep is refused");

  for (guint i = 0; i <= MB_JSON_MAX_DEPTH; i++)
    {
      JsonArray *array = json_array_new ();

      json_array_add_element (array, g_steal_pointer (&node));
      node = json_node_init (json_node_alloc (), JSON_NODE_ARRAY);
      json_node_take_array (node, array);
    }

  assert_not_written (node, MB_JSON_ERROR_TOO_DEEP, "64 levels");
}

static void
test_too_large (void)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(JsonNode) colliding = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  g_test_summary ("An object that receivers would find too large is refused");

  json_node_take_object (node, object);
  for (guint i = 0; i <= MB_JSON_MAX_MEMBERS; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      json_object_set_null_member (object, name);
    }
  assert_not_written (node, MB_JSON_ERROR_TOO_LARGE, "4097 members");

  object = json_object_new ();
  json_node_take_object (colliding, object);
  for (guint i = 0; i < 33; i++)
    {
      g_autoptr(GString) name = g_string_new (NULL);

      for (guint bit = 0; bit < 6; bit++)
        g_string_append (name, i >> bit & 1 ? "ab" : "bA");
      json_object_set_null_member (object, name->str);
    }
  assert_not_written (colliding, MB_JSON_ERROR_TOO_LARGE, "one hash");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-writer/values", test_values);
  g_test_add_func ("/json-writer/strings", test_strings);
  g_test_add_func ("/json-writer/escapes", test_escapes);
  g_test_add_func ("/json-writer/doubles", test_doubles);
  g_test_add_func ("/json-writer/many-doubles", test_many_doubles);
  g_test_add_func ("/json-writer/bad-numbers", test_bad_numbers);
  g_test_add_func ("/json-writer/bad-strings", test_bad_strings);
  g_test_add_func ("/json-writer/half-made", test_half_made);
  g_test_add_func ("/json-writer/too-deep", test_too_deep);
  g_test_add_func ("/json-writer/too-large", test_too_large);

  return g_test_run ();
}
