/* test-json-suite.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-error.h"
#include "minibus/mb-json-private.h"

/* RFC 8259 allows these, and our data model does not: see docs/json.md. */
static const char *const refused_by_policy[] = {
  "y_object_duplicated_key.json",
  "y_object_duplicated_key_and_value.json",
  "y_object_escaped_null_in_key.json",
  "y_string_null_escape.json",
  NULL
};

/* RFC 8259 leaves these to the implementation: see docs/json.md. All others named i_ are refused.
 */
static const char *const accepted_by_policy[] = {
  "i_number_double_huge_neg_exp.json",
  "i_number_real_underflow.json",
  "i_number_too_big_neg_int.json",
  "i_number_too_big_pos_int.json",
  "i_number_very_big_negative_int.json",
  NULL
};

static char *
get_suite (void)
{
  return g_build_filename (g_getenv ("MB_REFERENCE_DIR"), "json-parsing", "test_parsing", NULL);
}

static gboolean
is_good (const char *name)
{
  switch (name[0])
    {
    case 'y':
      return !g_strv_contains (refused_by_policy, name);
    case 'n':
      return FALSE;
    case 'i':
      return g_strv_contains (accepted_by_policy, name);
    default:
      g_assert_not_reached ();
    }
}

static void
test_file (gconstpointer data)
{
  const char *name = data;
  g_autofree char *suite = get_suite ();
  g_autofree char *path = g_build_filename (suite, name, NULL);
  g_autofree char *contents = NULL;
  g_autofree char *exact = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(GString) appended = g_string_new ("before");
  gsize length, n_nodes;
  gboolean good = is_good (name);

  g_test_summary ("A document of the public suite is read or refused, by RFC 8259 and our policy");

  g_file_get_contents (path, &contents, &length, &error);
  g_assert_no_error (error);

  /* A copy without a NUL behind it: length is all that counts. */
  exact = g_memdup2 (contents, length);
  node = _mb_json_read (exact, length, &n_nodes, &error);

  if (good)
    {
      g_assert_no_error (error);
      g_assert_nonnull (node);
      g_assert_true (json_node_is_immutable (node));
      g_assert_cmpuint (n_nodes, >=, 1);
    }
  else
    {
      g_assert_null (node);
      g_assert_nonnull (error);
      g_assert_true (error->domain == MB_JSON_ERROR);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_clear_error (&error);
    }

  /* The sender's check differs in one thing only: integers beyond 64 bits are not for the wire. */
  if (g_str_has_suffix (name, "_int.json") && g_str_has_prefix (name, "i_number_"))
    good = FALSE;

  g_assert_true (_mb_json_append_text (appended, exact, length, &error) == good);
  g_assert_true ((error == NULL) == good);
  if (good)
    g_assert_cmpuint (appended->len, <=, strlen ("before") + length);
  else
    g_assert_cmpstr (appended->str, ==, "before");
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *suite = NULL;
  g_autoptr(GDir) dir = NULL;
  g_autoptr(GError) error = NULL;
  const char *name;
  guint n = 0;

  g_test_init (&argc, &argv, NULL);

  suite = get_suite ();
  dir = g_dir_open (suite, 0, &error);
  g_assert_no_error (error);

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_strconcat ("/json-suite/", name, NULL);

      if (!g_str_has_suffix (name, ".json"))
        continue;
      g_test_add_data_func_full (path, g_strdup (name), test_file, g_free);
      n++;
    }

  g_assert_cmpuint (n, >, 300);

  return g_test_run ();
}
