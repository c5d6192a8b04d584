/* test-json.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-json-private.h"

static JsonNode *
read_bytes (const char  *text,
            gsize        length,
            gsize       *n_nodes,
            GError     **error)
{
  /* A copy without a NUL behind it, so that the sanitizers see a read past the end. */
  g_autofree char *exact = g_memdup2 (text, length);

  return _mb_json_read (exact, length, n_nodes, error);
}

static JsonNode *
read_good (const char *text)
{
  g_autoptr(GError) error = NULL;
  JsonNode *node = read_bytes (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (node);
  g_assert_true (json_node_is_immutable (node));

  return node;
}

static void
assert_refused_bytes (const char  *text,
                      gsize        length,
                      MbJsonError  code,
                      const char  *message)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) out = g_string_new ("before");

  g_assert_null (read_bytes (text, length, NULL, &error));
  g_assert_error (error, MB_JSON_ERROR, (int) code);
  if (message != NULL && strstr (error->message, message) == NULL)
    g_error ("“%s” does not hold “%s”", error->message, message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_clear_error (&error);

  g_assert_false (_mb_json_append_text (out, text, length, &error));
  g_assert_error (error, MB_JSON_ERROR, (int) code);
  g_assert_cmpstr (out->str, ==, "before");

  /* Without anybody who wants to know why, too. */
  g_assert_null (_mb_json_read (text, length, NULL, NULL));
}

static void
assert_refused (const char  *text,
                MbJsonError  code,
                const char  *message)
{
  assert_refused_bytes (text, strlen (text), code, message);
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

/* Reading */

static void
test_read_scalars (void)
{
  g_autoptr(JsonNode) null = read_good (" null\r\n");
  g_autoptr(JsonNode) yes = read_good ("true");
  g_autoptr(JsonNode) no = read_good ("\tfalse");
  g_autoptr(JsonNode) text = read_good ("\"hi\"");

  g_test_summary ("Each kind of scalar becomes a node of its type");

  g_assert_true (JSON_NODE_HOLDS_NULL (null));
  g_assert_true (json_node_get_value_type (yes) == G_TYPE_BOOLEAN);
  g_assert_true (json_node_get_boolean (yes));
  g_assert_true (json_node_get_value_type (no) == G_TYPE_BOOLEAN);
  g_assert_false (json_node_get_boolean (no));
  g_assert_true (json_node_get_value_type (text) == G_TYPE_STRING);
  g_assert_cmpstr (json_node_get_string (text), ==, "hi");
}

static void
test_read_tree (void)
{
  static const char text[] = " { \"b\" : [ 1 , [ ] , { } ] , \"a\" : { \"\" : null } } ";
  g_autoptr(JsonNode) root = NULL;
  g_autoptr(GList) names = NULL;
  JsonObject *object;
  JsonArray *array;
  gsize n_nodes;

  g_test_summary ("Arrays and objects keep their order, and the number of nodes is told");

  root = read_bytes (text, strlen (text), &n_nodes, NULL);
  g_assert_nonnull (root);
  g_assert_cmpuint (n_nodes, ==, 7);

  object = json_node_get_object (root);
  names = json_object_get_members (object);
  g_assert_cmpuint (g_list_length (names), ==, 2);
  g_assert_cmpstr (names->data, ==, "b");
  g_assert_cmpstr (names->next->data, ==, "a");

  array = json_object_get_array_member (object, "b");
  g_assert_cmpuint (json_array_get_length (array), ==, 3);
  g_assert_cmpint (json_array_get_int_element (array, 0), ==, 1);
  g_assert_true (json_node_is_immutable (json_array_get_element (array, 2)));
  g_assert_true (json_object_has_member (json_object_get_object_member (object, "a"), ""));
}

static void
test_read_integers (void)
{
  static const struct { const char *text; gint64 value; } good[] = {
    { "0", 0 }, { "-0", 0 }, { "7", 7 }, { "-1", -1 },
    { "9007199254740993", G_GINT64_CONSTANT (9007199254740993) },
    { "9223372036854775807", G_MAXINT64 },
    { "-9223372036854775808", G_MININT64 },
  };
  static const struct { const char *text; double value; } large[] = {
    { "9223372036854775808", 9223372036854775808.0 },
    { "-9223372036854775809", -9223372036854775808.0 },
    { "18446744073709551615", 18446744073709551616.0 },
    { "18446744073709551616", 18446744073709551616.0 },
    { "100000000000000000000000", 1e23 },
    { "123456789012345678901234567890", 123456789012345678901234567890.0 },
  };

  g_test_summary ("Integers are exact within 64 bits, and doubles beyond");

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(JsonNode) node = read_good (good[i].text);

      g_assert_true (json_node_get_value_type (node) == G_TYPE_INT64);
      g_assert_cmpint (json_node_get_int (node), ==, good[i].value);
    }

  for (guint i = 0; i < G_N_ELEMENTS (large); i++)
    {
      g_autoptr(JsonNode) node = read_good (large[i].text);

      g_assert_true (json_node_get_value_type (node) == G_TYPE_DOUBLE);
      g_assert_cmpfloat (json_node_get_double (node), ==, large[i].value);
    }
}

static void
test_read_doubles (void)
{
  /* Ties, numbers just beside a tie, the ends of the range, and long ways to write small things. */
  static const struct { const char *text; double value; } good[] = {
    { "0.0", 0.0 }, { "0e5", 0.0 }, { "1.0", 1.0 }, { "1e0", 1.0 }, { "1E+2", 100.0 },
    { "-2.50", -2.5 }, { "0.1", 0.1 }, { "0.3", 0.3 }, { "3.141592653589793", 3.141592653589793 },
    { "9007199254740993.0", 9007199254740992.0 },
    { "9007199254740993.00000000000000000001", 9007199254740994.0 },
    { "9007199254740992e0", 9007199254740992.0 },
    { "1e22", 1e22 }, { "1e23", 1e23 }, { "1e-22", 1e-22 },
    { "9007199254740991e22", 9007199254740991e22 },
    { "8.5e22", 8.5e22 }, { "123456789012345680000.0", 123456789012345680000.0 },
    { "1.7976931348623157e308", G_MAXDOUBLE }, { "1.7976931348623158e308", G_MAXDOUBLE },
    { "2.2250738585072014e-308", 0x1p-1022 },
    { "2.2250738585072011e-308", 0x0.fffffffffffffp-1022 },
    { "5e-324", 0x1p-1074 }, { "3e-324", 0x1p-1074 }, { "2e-324", 0.0 }, { "1e-400", 0.0 },
    { "1e-99999999999999999999", 0.0 }, { "0e99999999999999999999", 0.0 },
    { "0.000000000000000000000000000001e30", 1.0 },
    { "1.00000000000000011102230246251565404236316680908203125", 1.0 },
    { "1.00000000000000011102230246251565404236316680908203126", 0x1.0000000000001p0 },
  };

  g_test_summary ("Doubles are rounded correctly");

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(JsonNode) node = read_good (good[i].text);

      g_assert_true (json_node_get_value_type (node) == G_TYPE_DOUBLE);
      g_assert_cmpfloat (json_node_get_double (node), ==, good[i].value);
      g_assert_cmpint (signbit (json_node_get_double (node)) != 0, ==, good[i].text[0] == '-');
    }
}

static void
test_read_negative_zero (void)
{
  g_autoptr(JsonNode) node = read_good ("-0.0");

  g_test_summary ("-0.0 stays a double with its sign");

  g_assert_true (json_node_get_value_type (node) == G_TYPE_DOUBLE);
  g_assert_cmpfloat (json_node_get_double (node), ==, 0.0);
  g_assert_true (signbit (json_node_get_double (node)));
}

/* A number written with a million zeros is as large as one written without. */
static void
test_read_long_numbers (void)
{
  const gsize n = 1100000;
  g_autoptr(GString) text = g_string_new ("0.");
  g_autoptr(GString) other = g_string_new ("1");
  g_autoptr(JsonNode) node = NULL;

  g_test_summary ("Numbers with more digits than any counter has room for are read, or refused");

  for (gsize i = 1; i < n; i++)
    {
      g_string_append_c (text, '0');
      g_string_append_c (other, '0');
    }
  g_string_append_printf (text, "1e%zu", n);

  node = read_good (text->str);
  g_assert_cmpfloat (json_node_get_double (node), ==, 1.0);

  assert_refused (other->str, MB_JSON_ERROR_NUMBER, "0000… is beyond");
  g_string_append_printf (other, "e-%zu", n - 1);
  g_clear_pointer (&node, json_node_unref);
  node = read_good (other->str);
  g_assert_cmpfloat (json_node_get_double (node), ==, 1.0);
}

static void
test_read_strings (void)
{
  static const struct { const char *text; const char *value; } good[] = {
    { "\"\"", "" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
    { "\"\\u0041\\u00e9\\u20AC\\u0001\"", "A\303\251\342\202\254\001" },
    { "\"\\ud83d\\ude00x\\uDBFF\\uDFFF\"", "\360\237\230\200x\364\217\277\277" },
    { "\"\303\251\342\202\254\360\237\230\200\177\"", "\303\251\342\202\254\360\237\230\200\177" },
    { "\"\\uffff\\ufdd0\357\277\277\"", "\357\277\277\357\267\220\357\277\277" },
    { "\"a text that is longer than a word of the machine\"",
      "a text that is longer than a word of the machine" },
  };

  g_test_summary ("Strings are read with all escapes of JSON");

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(JsonNode) node = read_good (good[i].text);

      g_assert_cmpstr (json_node_get_string (node), ==, good[i].value);
    }
}

static void
test_read_long_strings (void)
{
  g_test_summary ("What is special in a string is seen wherever it stands");

  for (gsize length = 0; length < 40; length++)
    {
      for (gsize i = 0; i <= length; i++)
        {
          g_autofree char *before = g_strnfill (i, 'a');
          g_autofree char *after = g_strnfill (length - i, 'b');
          g_autofree char *good = g_strconcat ("\"", before, "\\n", after, "\"", NULL);
          g_autofree char *expected = g_strconcat (before, "\n", after, NULL);
          g_autofree char *control = g_strconcat ("\"", before, "\037", after, "\"", NULL);
          g_autofree char *encoding = g_strconcat ("\"", before, "\200", after, "\"", NULL);
          g_autofree char *trailing = g_strconcat ("\"", before, "\"", after, "x\"", NULL);
          g_autoptr(JsonNode) node = read_good (good);

          g_assert_cmpstr (json_node_get_string (node), ==, expected);
          assert_refused (control, MB_JSON_ERROR_SYNTAX, "U+001F");
          assert_refused (encoding, MB_JSON_ERROR_ENCODING, "0x80");
          assert_refused (trailing, MB_JSON_ERROR_SYNTAX, "nothing but white space");
        }
    }
}

static void
test_refuse_syntax (void)
{
  static const struct { const char *text; const char *message; } bad[] = {
    { "", "Line 1, column 1 (byte 0): the text ends here; a value must stand here" },
    { " \n ", "Line 2, column 2 (byte 3): the text ends here" },
    { "[1,]", "column 4 (byte 3): found “]”; a value" },
    { "[1 2]", "found “2”; an array must go on with a comma or end with “]”" },
    { "[1", "the text ends here; an array must go on" },
    { "{\"a\":1,}", "found “}”; an object must go on with the name of a member" },
    { "{\"a\":1 \"b\":2}", "an object must go on with a comma or end with “}”" },
    { "{\"a\" 1}", "found “1”; a colon" },
    { "{\"a\":}", "found “}”; a value" },
    { "{a:1}", "found “a”; an object must go on with the name" },
    { "{1:1}", "found “1”; an object must go on with the name" },
    { "{\"a\"", "the text ends here; a colon" },
    { "[\n  1,\n  \303\251\303\251 x]", "Line 3, column 3 (byte 9): found “\303\251”" },
    { "[\"\303\251\303\251\" x]", "Line 1, column 7 (byte 8): found “x”" },
    { "tru", "the text ends here; a string, number or word" },
    { "True", "found “T”" },
    { "truE", "only words of JSON" },
    { "nul]", "only words of JSON" },
    { "\"abc", "the text ends here; a string, number or word" },
    { "\"abc\\", "the text ends here" },
    { "\"\\q\"", "a backslash must be followed" },
    { "\"\\\303\251\"", "a backslash must be followed" },
    { "\"\\u12g4\"", "four hexadecimal digits" },
    { "\"\\u12", "four hexadecimal digits" },
    { "\"\\ud83d\\u12\"", "four hexadecimal digits" },
    { "\"a\nb\"", "U+000A must be escaped in a string, as \\u000a" },
    { "'a'", "found “'”" },
    { "01", "must not begin with 0" },
    { "-01", "must not begin with 0" },
    { "-", "the text ends here" },
    { "- 1", "found the character U+0020; a number must go on with a digit" },
    { "+1", "found “+”" },
    { ".5", "found “.”" },
    { "1.", "the text ends here" },
    { "1.e1", "found “e”; a number must go on with a digit" },
    { "1e", "the text ends here" },
    { "1e+x", "found “x”; a number must go on with a digit" },
    { "0x1", "found “x”; nothing but white space" },
    { "NaN", "found “N”" },
    { "-Infinity", "found “I”; a number must go on with a digit" },
    { "[] []", "found “[”; nothing but white space" },
    { "// x\n1", "found “/”" },
    { "\v1", "found the character U+000B" },
    { "[1]\f", "found the character U+000C" },
    { "\302\2401", "found the character U+00A0" },
  };

  g_test_summary ("What is not JSON is refused; the message says where and what would be right");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (bad[i].text, MB_JSON_ERROR_SYNTAX, bad[i].message);

  assert_refused_bytes ("1\0", 2, MB_JSON_ERROR_SYNTAX, "found the character U+0000");
  assert_refused_bytes ("\"a\0b\"", 5, MB_JSON_ERROR_SYNTAX, "U+0000 must be escaped");
}

static void
test_refuse_encoding (void)
{
  static const struct { const char *text; const char *message; } bad[] = {
    { "\357\273\277{}", "byte order mark" },
    { "\376\377", "0xFE" },
    { "\377\376[", "0xFF" },
    { "[\377]", "the byte 0xFF, which is not UTF-8" },
    { "\"\377\"", "0xFF" },
    { "\"\200\"", "0x80" },
    { "\"\300\257\"", "0xC0" },
    { "\"\340\200\257\"", "0xE0" },
    { "\"\355\240\200\"", "0xED" },
    { "\"\360\200\200\200\"", "0xF0" },
    { "\"\364\220\200\200\"", "0xF4" },
    { "\"\303\"", "0xC3" },
    { "\"\342\202\"", "0xE2" },
    { "\"\360\237\230", "0xF0" },
    { "\"\\ud800\"", "\\ud800 is half" },
    { "\"\\uDC00\"", "\\uDC00 is half" },
    { "\"\\ud800x\"", "half" },
    { "\"\\ud800\\n\"", "half" },
    { "\"\\ud800\\u0041\"", "half" },
    { "\"\\ud800\\ud800\"", "half" },
    { "\"a\\u0000b\"", "U+0000" },
    { "{\"\\u0000\":1}", "U+0000" },
  };

  g_test_summary ("What is not UTF-8, or not Unicode, or holds U+0000, is refused");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (bad[i].text, MB_JSON_ERROR_ENCODING, bad[i].message);
}

static void
test_refuse_overflow (void)
{
  g_test_summary ("Numbers beyond the range of doubles are refused");

  assert_refused ("1e309", MB_JSON_ERROR_NUMBER, "1e309 is beyond");
  assert_refused ("[-1.7976931348623159e308]", MB_JSON_ERROR_NUMBER, "byte 1");
  assert_refused ("1e99999999999999999999", MB_JSON_ERROR_NUMBER, "1.8e308");
}

static void
test_refuse_prefixes (void)
{
  static const char text[] =
    "{\"a\":[1.5e3,-2,\"\303\251\\u20ac\",true,null,{\"b\":{}}],\"c\":\"d\"}";

  g_test_summary ("A text that is cut off anywhere is refused");

  for (gsize length = 0; length < strlen (text); length++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (read_bytes (text, length, NULL, &error));
      g_assert_true (error->domain == MB_JSON_ERROR);
    }
}

static void
test_duplicates (void)
{
  g_autoptr(GString) many = g_string_new ("{");

  g_test_summary ("Two members of one name are refused, however they are written");

  assert_refused ("{\"a\":1,\"a\":1}", MB_JSON_ERROR_DUPLICATE,
                  "(byte 7): the object has a member “a”");
  assert_refused ("{\"\":1,\"b\":2,\"\":3}", MB_JSON_ERROR_DUPLICATE, "“”");
  assert_refused ("[{\"x\":{\"ab\":1,\"\\u0061b\":2}}]", MB_JSON_ERROR_DUPLICATE, "“\\u0061b”");
  assert_refused ("{\"\303\251\":1,\"\\u00e9\":2}", MB_JSON_ERROR_DUPLICATE, "“\\u00e9”");
  json_node_unref (read_good ("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}"));
  json_node_unref (read_good ("{\"A\":[{\"a\":1},{\"a\":1}],\"a\":1}"));
  json_node_unref (read_good ("{\"ab\":1,\"bA\":2}"));

  for (guint i = 0; i < 500; i++)
    g_string_append_printf (many, "\"name %u\":{\"name 7\":%u},", i, i);
  g_string_append (many, "\"last\":0}");
  json_node_unref (read_good (many->str));

  g_string_truncate (many, many->len - strlen ("\"last\":0}"));
  g_string_append (many, "\"name\\u0020499\":0}");
  assert_refused (many->str, MB_JSON_ERROR_DUPLICATE, "“name\\u0020499”");
}

static void
test_long_duplicate (void)
{
  g_autoptr(GString) name = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("A long name in a message is cut between two characters");

  for (guint i = 0; i < 1000; i++)
    g_string_append (name, i == 0 ? "a" : "\303\251");
  text = g_strdup_printf ("{\"%s\":1,\"%s\":2}", name->str, name->str);

  g_assert_null (read_bytes (text, strlen (text), NULL, &error));
  g_assert_error (error, MB_JSON_ERROR, MB_JSON_ERROR_DUPLICATE);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 300);
}

static char *
nest (guint       depth,
      const char *open,
      const char *inner,
      const char *close)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, open);
  g_string_append (text, inner);
  for (guint i = 0; i < depth; i++)
    g_string_append (text, close);

  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  g_autofree char *arrays = nest (MB_JSON_MAX_DEPTH, "[", "", "]");
  g_autofree char *objects = nest (MB_JSON_MAX_DEPTH, "{\"a\":", "0", "}");
  g_autofree char *deep_arrays = nest (MB_JSON_MAX_DEPTH + 1, "[", "", "]");
  g_autofree char *deep_objects = nest (MB_JSON_MAX_DEPTH + 1, "{\"a\":", "0", "}");
  g_autofree char *only_open = g_strnfill (65507, '[');
  g_autofree char *mixed = nest (30000, "[{\"a\":", "0", "}]");

  g_test_summary ("64 levels are read and written, and no more");

  assert_written (arrays, arrays);
  assert_written (objects, objects);
  assert_refused (deep_arrays, MB_JSON_ERROR_TOO_DEEP, "(byte 64): arrays and objects must not");
  assert_refused (deep_objects, MB_JSON_ERROR_TOO_DEEP, "64 levels");
  assert_refused (only_open, MB_JSON_ERROR_TOO_DEEP, "64 levels");
  assert_refused (mixed, MB_JSON_ERROR_TOO_DEEP, "64 levels");
}

static void
test_members (void)
{
  g_autoptr(GString) text = g_string_new ("{\"0\":0");
  g_autofree char *most = NULL;

  g_test_summary ("An object of 4096 members is read and written, and no more");

  for (guint i = 1; i < MB_JSON_MAX_MEMBERS; i++)
    g_string_append_printf (text, ",\"%u\":0", i);
  most = g_strconcat (text->str, "}", NULL);
  assert_written (most, most);

  g_string_append (text, ",\"x\":0}");
  assert_refused (text->str, MB_JSON_ERROR_TOO_LARGE, "4096");
}

/* Names of 2 * 12 characters, all with one g_str_hash(): "ab" and "bA" have one. */
static char *
collide (guint n)
{
  GString *text = g_string_new ("{");

  for (guint i = 0; i < n; i++)
    {
      g_string_append (text, i == 0 ? "\"" : ",\"");
      for (guint bit = 0; bit < 12; bit++)
        g_string_append (text, i >> bit & 1 ? "ab" : "bA");
      g_string_append (text, "\":0");
    }
  g_string_append_c (text, '}');

  return g_string_free (text, FALSE);
}

static void
test_flooding (void)
{
  g_autofree char *good = collide (32);
  g_autofree char *bad = collide (33);
  g_autofree char *flood = collide (2300);

  g_test_summary ("Names that are made to collide are refused before they get into a hash table");

  g_assert_cmpuint (g_str_hash ("ab"), ==, g_str_hash ("bA"));
  assert_written (good, good);
  assert_refused (bad, MB_JSON_ERROR_TOO_LARGE, "one hash");
  assert_refused (flood, MB_JSON_ERROR_TOO_LARGE, "one hash");
}

static char *
make_comma_locale (void)
{
  g_autofree char *folder = g_dir_make_tmp ("minibus-locale-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "de_DE.UTF-8", NULL);
  const char *argv[] = { "localedef", "-i", "de_DE", "-f", "UTF-8", path, NULL };

  g_spawn_sync (NULL, (char **) argv, NULL,
                G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                NULL, NULL, NULL, NULL, NULL, NULL);
  g_setenv ("LOCPATH", folder, TRUE);

  return g_steal_pointer (&folder);
}

static void
test_locale (void)
{
  g_autofree char *folder = NULL;

  g_test_summary ("Numbers do not depend on the locale");

  if (setlocale (LC_NUMERIC, "de_DE.UTF-8") == NULL)
    {
      folder = make_comma_locale ();
      if (setlocale (LC_NUMERIC, "de_DE.UTF-8") == NULL)
        g_test_skip ("No locale with a decimal comma, and no localedef to make one");
    }

  if (strcmp (localeconv ()->decimal_point, ",") == 0)
    {
      assert_written ("[0.5,1.7976931348623157e308,0.30000000000000004,1e-310]",
                      "[0.5,1.7976931348623157e308,0.30000000000000004,1e-310]");
      assert_refused ("0,5", MB_JSON_ERROR_SYNTAX, "found “,”");
    }

  setlocale (LC_NUMERIC, "C");
  if (folder != NULL)
    {
      const char *argv[] = { "rm", "-r", folder, NULL };

      g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH,
                    NULL, NULL, NULL, NULL, NULL, NULL);
      g_unsetenv ("LOCPATH");
    }
}

/* Checking text */

static void
test_append_text (void)
{
  static const struct { const char *text; const char *expected; } good[] = {
    { " 1 ", "1" },
    { "[ 1 , 2.50 , -0 , 1E5, 18446744073709551615, -9223372036854775808 ]",
      "[1,2.50,-0,1E5,18446744073709551615,-9223372036854775808]" },
    { "{ \"a b\" :\t\" c \\\" d \\u00e9 / \\/ \"\r\n, \"e\" : { } }",
      "{\"a b\":\" c \\\" d \\u00e9 / \\/ \",\"e\":{}}" },
    { "0.10000000000000000000000000001", "0.10000000000000000000000000001" },
    { "\"\\\\\" ", "\"\\\\\"" },
  };

  g_test_summary ("White space goes, and everything else stays byte by byte");

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(GString) out = g_string_new ("before");
      g_autoptr(GError) error = NULL;

      g_assert_true (_mb_json_append_text (out, good[i].text, strlen (good[i].text), &error));
      g_assert_no_error (error);
      g_assert_cmpstr (out->str + strlen ("before"), ==, good[i].expected);
    }
}

static void
test_append_large_integer (void)
{
  static const char *const bad[] = { "18446744073709551616", "-9223372036854775809",
                                     "[1,{\"a\":100000000000000000000000000}]" };

  g_test_summary ("Integers that MiniBus programs cannot read are not sent");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GString) out = g_string_new ("before");
      g_autoptr(GError) error = NULL;

      json_node_unref (read_good (bad[i]));
      g_assert_false (_mb_json_append_text (out, bad[i], strlen (bad[i]), &error));
      g_assert_error (error, MB_JSON_ERROR, MB_JSON_ERROR_NUMBER);
      g_assert_nonnull (strstr (error->message, "write it with an exponent"));
      g_assert_cmpstr (out->str, ==, "before");
    }
}

static void
test_unescape (void)
{
  static const char good[] = "{\\\"a\\\":\\u00e9 \303\251\\/}";
  static const char *const bad[] = {
    "\"", "\\", "\\u00", "a\nb", "\\ud800", "\\u0000", "\377", "\\x"
  };
  g_autoptr(GString) out = g_string_new ("before");

  g_test_summary ("Escapes of a string in a packet are undone, or the string is refused");

  g_assert_true (_mb_json_unescape (out, good, strlen (good)));
  g_assert_cmpstr (out->str, ==, "{\"a\":\303\251 \303\251/}");
  g_assert_cmpuint (out->len, ==, strlen (out->str));
  g_assert_true (_mb_json_unescape (out, "", 0));
  g_assert_cmpuint (out->len, ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *exact = g_memdup2 (bad[i], strlen (bad[i]));

      g_assert_false (_mb_json_unescape (out, exact, strlen (bad[i])));
    }
  g_assert_false (_mb_json_unescape (out, "a\0b", 3));
}

static gboolean
is_plain (const char *text,
          gsize       length)
{
  /* Nothing is readable behind the end. */
  g_autofree char *exact = g_memdup2 (text, length);

  return _mb_json_is_plain (exact, length);
}

/* Every text that is one byte off a plain one: what is found plain must be found good by the reader too. */
static void
test_plain (void)
{
  static const char *const plain[] = {
    "null", "true", "false", "0", "-1", "12.5", "\"\"", "\"a longer string\"", "[]", "{}", "[1,[],{}]", "{\"a\":{\"a\":1},\"b\":[2]}",
    "{\"celsius\":21.5,\"celsius!\":0,\"celsius?\":-0,\"room\":\"kitchen\",\"ok\":true,\"n\":null,\"1234567\":1,\"12345678\":2}",
  };
  static const char *const others[] = {
    "", " 1", "1 ", "[1 ]", "1e5", "01", "-", "1.", ".5", "+1", "12345678901234567", "\"\\n\"", "\"\303\251\"", "\"", "\"\t\"", "[1,]", "[,1]",
    "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,\"a\":2}", "{\"123456789\":1,\"123456789\":2}", "[1}", "{\"a\":1]", "[", "]", "1,2", "tru",
    "[[[[[[[[[]]]]]]]]]",
    "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}",
  };
  static const char bytes[] = " \t\"\\[]{},:019.-+eE/truefalsn\001\200\303\251";

  g_test_summary ("The short cut takes plain texts, and nothing that the reader does not take");

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (is_plain (others[i], strlen (others[i])));

  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    {
      gsize length = strlen (plain[i]);

      g_assert_true (is_plain (plain[i], length));
      json_node_unref (read_good (plain[i]));

      for (gsize at = 0; at < length; at++)
        {
          for (guint b = 0; b < sizeof bytes; b++)
            {
              g_autofree char *other = g_memdup2 (plain[i], length);
              g_autoptr(JsonNode) node = NULL;

              other[at] = bytes[b];
              node = _mb_json_read (other, length, NULL, NULL);
              g_assert_true (node != NULL || !is_plain (other, length));
              g_clear_pointer (&node, json_node_unref);
              node = _mb_json_read (other, at, NULL, NULL);
              g_assert_true (node != NULL || !is_plain (other, at));
            }
        }
    }
}

static void
test_public (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = mb_json_from_text (" {\"celsius\" : 21.50} ", &error);
  g_autoptr(JsonNode) bad = json_node_init_double (json_node_alloc (), NAN);
  g_autofree char *text = NULL;
  g_autofree char *null = mb_json_to_text (NULL, NULL);

  g_test_summary ("The public functions read and write the same");

  g_assert_no_error (error);
  text = mb_json_to_text (node, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "{\"celsius\":21.5}");
  g_assert_cmpstr (null, ==, "null");

  g_assert_null (mb_json_from_text ("{", &error));
  g_assert_error (error, MB_JSON_ERROR, MB_JSON_ERROR_SYNTAX);
  g_clear_error (&error);
  g_assert_null (mb_json_to_text (bad, &error));
  g_assert_error (error, MB_JSON_ERROR, MB_JSON_ERROR_NUMBER);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json/read/scalars", test_read_scalars);
  g_test_add_func ("/json/read/tree", test_read_tree);
  g_test_add_func ("/json/read/integers", test_read_integers);
  g_test_add_func ("/json/read/doubles", test_read_doubles);
  g_test_add_func ("/json/read/negative-zero", test_read_negative_zero);
  g_test_add_func ("/json/read/long-numbers", test_read_long_numbers);
  g_test_add_func ("/json/read/strings", test_read_strings);
  g_test_add_func ("/json/read/long-strings", test_read_long_strings);
  g_test_add_func ("/json/refuse/syntax", test_refuse_syntax);
  g_test_add_func ("/json/refuse/encoding", test_refuse_encoding);
  g_test_add_func ("/json/refuse/overflow", test_refuse_overflow);
  g_test_add_func ("/json/refuse/prefixes", test_refuse_prefixes);
  g_test_add_func ("/json/limits/duplicates", test_duplicates);
  g_test_add_func ("/json/limits/long-duplicate", test_long_duplicate);
  g_test_add_func ("/json/limits/depth", test_depth);
  g_test_add_func ("/json/limits/members", test_members);
  g_test_add_func ("/json/limits/flooding", test_flooding);
  g_test_add_func ("/json/locale", test_locale);
  g_test_add_func ("/json/text/append", test_append_text);
  g_test_add_func ("/json/text/large-integer", test_append_large_integer);
  g_test_add_func ("/json/text/unescape", test_unescape);
  g_test_add_func ("/json/text/plain", test_plain);
  g_test_add_func ("/json/public", test_public);

  return g_test_run ();
}
