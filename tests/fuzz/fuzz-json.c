/* fuzz-json.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Any bytes as JSON text: what is read and written must be read again as the same, and all who read
 * must agree.
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-json-memo-private.h"
#include "minibus/mb-json-private.h"
#include "minibus/mb-json-scan-private.h"

/* More make it slow. */
#define MAX_CHANGES 32

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static void
assert_same (JsonNode *a,
             JsonNode *b)
{
  g_assert_cmpint (json_node_get_node_type (a), ==, json_node_get_node_type (b));
  g_assert_true (json_node_is_immutable (a));

  if (JSON_NODE_HOLDS_ARRAY (a))
    {
      JsonArray *x = json_node_get_array (a);
      JsonArray *y = json_node_get_array (b);

      g_assert_cmpuint (json_array_get_length (x), ==, json_array_get_length (y));
      for (guint i = 0; i < json_array_get_length (x); i++)
        assert_same (json_array_get_element (x, i), json_array_get_element (y, i));
    }
  else if (JSON_NODE_HOLDS_OBJECT (a))
    {
      JsonObjectIter i, j;
      const char *name, *other_name;
      JsonNode *member, *other_member;

      json_object_iter_init_ordered (&i, json_node_get_object (a));
      json_object_iter_init_ordered (&j, json_node_get_object (b));
      while (json_object_iter_next_ordered (&i, &name, &member))
        {
          g_assert_true (json_object_iter_next_ordered (&j, &other_name, &other_member));
          g_assert_cmpstr (name, ==, other_name);
          assert_same (member, other_member);
        }
      g_assert_false (json_object_iter_next_ordered (&j, &other_name, &other_member));
    }
  else if (JSON_NODE_HOLDS_VALUE (a))
    {
      GType type = json_node_get_value_type (a);

      g_assert_true (type == json_node_get_value_type (b));
      if (type == G_TYPE_STRING)
        {
          g_assert_cmpstr (json_node_get_string (a), ==, json_node_get_string (b));
        }
      else if (type == G_TYPE_DOUBLE)
        {
          double x = json_node_get_double (a);
          double y = json_node_get_double (b);

          g_assert_cmpmem (&x, sizeof x, &y, sizeof y);
        }
      else
        {
          g_assert_cmpint (json_node_get_int (a), ==, json_node_get_int (b));
          g_assert_cmpint (json_node_get_boolean (a), ==, json_node_get_boolean (b));
        }
    }
}

static void
check_text (const char *text,
            gsize       size,
            JsonNode   *node)
{
  g_autoptr(GString) compact = g_string_new (NULL);
  g_autoptr(GString) again = g_string_new (NULL);
  g_autoptr(JsonNode) back = NULL;

  g_assert_true (node != NULL || !_mb_json_is_plain (text, size));

  if (!_mb_json_append_text (compact, text, size, NULL))
    return;

  g_assert_nonnull (node);
  g_assert_cmpuint (compact->len, <=, size);
  back = _mb_json_read (compact->str, compact->len, NULL, NULL);
  g_assert_nonnull (back);
  assert_same (node, back);
  g_assert_true (_mb_json_append_text (again, compact->str, compact->len, NULL));
  g_assert_cmpstr (again->str, ==, compact->str);
}

static void
check_similar (char       *topic,
               const char *text,
               gsize       size)
{
  g_autoptr(JsonNode) expected = _mb_json_read (text, size, NULL, NULL);
  g_autoptr(JsonNode) node = NULL;

  if (expected == NULL)
    return;

  node = _mb_json_read_similar (topic, text, size);
  g_assert_nonnull (node);
  assert_same (node, expected);
}

/* One text after the other, each a little different: nothing of the one before may be left, and what was read before
 * stays what it was. */
static void
check_memo (const char *text,
            gsize       size,
            JsonNode   *expected,
            GString    *written)
{
  char *topic = g_ref_string_new ("/fuzz");
  g_autoptr(JsonNode) kept = _mb_json_read_similar (topic, text, size);
  g_autofree char *changed = g_memdup2 (text, size);

  check_similar (topic, written->str, written->len);
  check_similar (topic, text, size);
  for (gsize i = 0; i < size; i += 1 + size / MAX_CHANGES)
    {
      if (!g_ascii_isalnum (text[i]))
        continue;
      changed[i] = text[i] == '1' ? '2' : '1';
      check_similar (topic, changed, size);
      changed[i] = text[i];
    }
  assert_same (kept, expected);
  g_ref_string_release (topic);
}

static void
check_string (const char *text,
              gsize       size)
{
  g_autoptr(GString) decoded = g_string_new (NULL);
  g_autoptr(GString) written = g_string_new (NULL);
  g_autoptr(JsonNode) node = NULL;

  if (!_mb_json_unescape (decoded, text, size))
    return;

  g_assert_true (g_utf8_validate_len (decoded->str, decoded->len, NULL));
  _mb_json_append_string (written, decoded->str, decoded->len);
  node = _mb_json_read (written->str, written->len, NULL, NULL);
  g_assert_nonnull (node);
  g_assert_cmpstr (json_node_get_string (node), ==, decoded->str);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  const char *text = (const char *) data;
  const char *cursor = text;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(JsonNode) back = NULL;
  g_autoptr(GString) written = g_string_new (NULL);
  g_autoptr(GString) rewritten = g_string_new (NULL);
  gsize n_nodes;

  check_string (text, size);

  node = _mb_json_read (text, size, &n_nodes, &error);
  check_text (text, size, node);
  g_assert_cmpuint (n_nodes, <=, size);

  if (node == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }

  g_assert_no_error (error);
  g_assert_cmpint (_mb_scan_value (&cursor, text + size, MB_JSON_MAX_DEPTH), ==, MB_SCAN_OK);
  _mb_scan_blank (&cursor, text + size);
  g_assert_true (cursor == text + size);

  g_assert_true (_mb_json_append_node (written, node, &error));
  back = _mb_json_read (written->str, written->len, NULL, &error);
  g_assert_no_error (error);
  assert_same (node, back);
  check_memo (text, size, node, written);
  g_assert_true (_mb_json_append_node (rewritten, back, &error));
  g_assert_cmpstr (written->str, ==, rewritten->str);

  return 0;
}
