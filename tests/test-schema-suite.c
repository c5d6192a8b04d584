/* test-schema-suite.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs the official test suite of JSON Schema, which is not part of this project, from the folder
 * $MB_REFERENCE_DIR/json-schema-suite. What does not pass must be listed in docs/schema.md, and
 * what is listed there must not pass.
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-json-private.h"
#include "minibus/mb-schema-loader.h"

/* Stands for U+0000, which the reader refuses, in the files. */
#define NUL_MARK "\356\200\200"

static const struct
{
  const char    *folder;
  MbSchemaDraft  draft;
} drafts[] = {
  { "draft4", MB_SCHEMA_DRAFT_V4 },
  { "draft6", MB_SCHEMA_DRAFT_V6 },
  { "draft7", MB_SCHEMA_DRAFT_V7 },
  { "draft2019-09", MB_SCHEMA_DRAFT_V2019_09 },
  { "draft2020-12", MB_SCHEMA_DRAFT_V2020_12 },
};

typedef struct
{
  MbSchemaDraft  draft;
  const char    *folder;
  const char    *kind;          /* the folder below it */
} Run;

static GHashTable *listed;      /* the cases in docs/schema.md */
static GHashTable *failed;
static guint n_run;

static char *
suite_path (const char *name)
{
  return g_build_filename (g_getenv ("MB_REFERENCE_DIR"), "json-schema-suite", name, NULL);
}

static JsonNode *
read_file (const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *contents = NULL;
  GString *text;
  JsonNode *node;

  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  text = g_string_new (contents);
  g_string_replace (text, "\\u0000", NUL_MARK, 0);
  node = _mb_json_read (text->str, text->len, NULL, &error);
  g_assert_no_error (error);
  g_string_free (text, TRUE);

  return node;
}

static void
add_remotes (MbSchemaLoader *loader,
             const char     *path,
             const char     *uri)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      g_autofree char *child_uri = g_strconcat (uri, "/", name, NULL);
      g_autoptr(JsonNode) node = NULL;
      g_autoptr(GError) error = NULL;

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        {
          add_remotes (loader, child, child_uri);
          continue;
        }
      node = read_file (child);
      mb_schema_loader_add_node (loader, child_uri, node, &error);
      g_assert_no_error (error);
    }
}

static gboolean
has_mark (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  return strstr (text, NUL_MARK) != NULL;
}

static void
note (const Run  *run,
      const char *file,
      const char *group,
      const char *name,
      const char *problem)
{
  char *key = g_strdup_printf ("%s%s/%s: %s: %s", run->folder, run->kind, file, group, name);

  if (!g_hash_table_contains (listed, key))
    {
      g_test_message ("%s: %s", key, problem);
      g_test_fail ();
    }
  g_hash_table_add (failed, key);
}

static void
run_group (const Run      *run,
           MbSchemaLoader *loader,
           const char     *file,
           JsonObject     *group)
{
  g_autoptr(GError) error = NULL;
  JsonNode *json = json_object_get_member (group, "schema");
  const char *title = json_object_get_string_member (group, "description");
  JsonArray *cases = json_object_get_array_member (group, "tests");
  g_autoptr(MbSchema) schema = NULL;

  if (!has_mark (json))
    schema = mb_schema_loader_load_node (loader, json, &error);

  for (guint i = 0; i < json_array_get_length (cases); i++)
    {
      JsonObject *one = json_array_get_object_element (cases, i);
      const char *name = json_object_get_string_member (one, "description");
      gboolean expected = json_object_get_boolean_member (one, "valid");
      JsonNode *data = json_object_get_member (one, "data");
      g_autoptr(GError) local_error = NULL;
      g_autoptr(GError) report_error = NULL;
      g_autoptr(JsonNode) report = NULL;
      gboolean valid;

      n_run++;
      if (schema == NULL)
        {
          note (run, file, title, name, error != NULL ? error->message : "cannot be read");
          continue;
        }
      if (has_mark (data))
        {
          if (expected)
            note (run, file, title, name, "cannot be read");
          continue;
        }

      valid = mb_schema_validate (schema, data, &local_error);
      if (local_error != NULL && local_error->code != MB_SCHEMA_ERROR_VIOLATION)
        g_assert_no_error (local_error);
      if (valid != expected)
        {
          note (run, file, title, name, expected ? local_error->message : "should not be valid");
          continue;
        }

      /* The two evaluations agree. */
      report = mb_schema_report (schema, data, &report_error);
      g_assert_no_error (report_error);
      g_assert_cmpint (json_object_get_boolean_member (json_node_get_object (report), "valid"), ==,
                       valid);
      if (!valid)
        {
          JsonArray *errors =
            json_object_get_array_member (json_node_get_object (report), "errors");

          if (json_array_get_length (errors) == 0)
            {
              g_test_message ("%s: %s: %s: no error in the report", file, title, name);
              g_test_fail ();
            }
        }
    }
}

static void
test_folder (gconstpointer data)
{
  const Run *run = data;
  g_autofree char *below = g_strconcat ("tests/", run->folder, run->kind, NULL);
  g_autofree char *path = suite_path (below);
  g_autofree char *remotes = suite_path ("remotes");
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  const char *name;

  g_test_summary ("Every case of the official suite has the expected result, or is listed with the reason");

  n_run = 0;
  mb_schema_loader_set_default_draft (loader, run->draft);
  mb_schema_loader_set_assert_formats (loader, strcmp (run->kind, "/optional/format") == 0);
  add_remotes (loader, remotes, "http://localhost:1234");

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autoptr(JsonNode) node = NULL;
      JsonArray *groups;

      if (!g_str_has_suffix (name, ".json"))
        continue;
      node = read_file (file);
      groups = json_node_get_array (node);
      for (guint i = 0; i < json_array_get_length (groups); i++)
        run_group (run, loader, name, json_array_get_object_element (groups, i));
    }
  g_test_message ("%u cases", n_run);
  g_assert_cmpuint (n_run, >, 50);
}

/* The list in docs/schema.md: lines such as “- `draft4/ref.json: group: case`: reason”. */
static void
read_list (void)
{
  g_autofree char *path =
    g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "docs", "schema.md", NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  g_autoptr(GError) error = NULL;

  listed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  failed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "- `draft"))
      g_hash_table_add (listed, g_strndup (lines[i] + 3, strcspn (lines[i] + 3, "`")));
}

static void
test_list (void)
{
  GHashTableIter iter;
  gpointer key;

  g_test_summary ("What is listed as not passing does not pass, indeed");

  g_hash_table_iter_init (&iter, listed);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!g_hash_table_contains (failed, key))
      {
        g_test_message ("%s passes", (char *) key);
        g_test_fail ();
      }
}

static const char *
get_member (JsonObject *object,
            const char *name)
{
  return json_object_get_string_member (object, name);
}

static void
test_locations (void)
{
  g_autofree char *path = suite_path ("error-locations.json");
  g_autofree char *remotes = suite_path ("remotes");
  g_autoptr(JsonNode) node = read_file (path);
  JsonArray *cases = json_node_get_array (node);

  g_test_summary ("Single errors are where three other validators agree that they are");

  for (guint d = 0; d < G_N_ELEMENTS (drafts); d++)
    {
      g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();

      mb_schema_loader_set_default_draft (loader, drafts[d].draft);
      add_remotes (loader, remotes, "http://localhost:1234");
      for (guint i = 0; i < json_array_get_length (cases); i++)
        {
          JsonObject *one = json_array_get_object_element (cases, i);
          g_autoptr(MbSchema) schema = NULL;
          g_autoptr(JsonNode) report = NULL;
          g_autoptr(GError) error = NULL;
          JsonObject *unit;
          JsonArray *errors;

          if (strcmp (get_member (one, "draft"), drafts[d].folder) != 0 ||
              has_mark (json_object_get_member (one, "schema")) ||
              has_mark (json_object_get_member (one, "data")))
            continue;
          schema =
            mb_schema_loader_load_node (loader, json_object_get_member (one, "schema"), &error);
          g_assert_no_error (error);
          report = mb_schema_report (schema, json_object_get_member (one, "data"), &error);
          g_assert_no_error (error);
          errors = json_object_get_array_member (json_node_get_object (report), "errors");
          g_assert_nonnull (errors);
          unit = json_array_get_object_element (errors, 0);
          if (json_array_get_length (errors) != 1 ||
              strcmp (get_member (unit, "instanceLocation"),
                      get_member (one, "instanceLocation")) != 0 ||
              strcmp (get_member (unit, "keywordLocation"),
                      get_member (one, "keywordLocation")) != 0)
            {
              g_autofree char *text = json_to_string (report, FALSE);

              g_test_message ("%s %s: %s: %s: expected %s at %s: %s", drafts[d].folder,
                              get_member (one, "file"), get_member (one, "group"),
                              get_member (one, "test"),
                              get_member (one, "keywordLocation"),
                              get_member (one, "instanceLocation"), text);
              g_test_fail ();
            }
        }
    }
}

static void
test_output (void)
{
  g_autofree char *folder = suite_path ("output-tests/draft2020-12/content");
  g_autofree char *output_path = suite_path ("output-tests/draft2020-12/output-schema.json");
  g_autoptr(JsonNode) output_schema = read_file (output_path);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  g_test_summary ("Reports have the form “basic” of the specification");

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autoptr(JsonNode) node = read_file (path);
      JsonArray *groups = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (groups); i++)
        {
          JsonObject *group = json_array_get_object_element (groups, i);
          JsonArray *cases = json_object_get_array_member (group, "tests");
          g_autoptr(GError) error = NULL;
          g_autoptr(MbSchema) schema =
            mb_schema_new_from_node (json_object_get_member (group, "schema"), &error);

          g_assert_no_error (error);
          for (guint j = 0; j < json_array_get_length (cases); j++)
            {
              JsonObject *one = json_array_get_object_element (cases, j);
              JsonObject *output = json_object_get_object_member (one, "output");
              g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
              g_autoptr(MbSchema) expected = NULL;
              g_autoptr(JsonNode) report = NULL;

              mb_schema_loader_set_default_draft (loader, MB_SCHEMA_DRAFT_V2020_12);
              mb_schema_loader_set_assert_formats (loader, TRUE);
              mb_schema_loader_add_node (loader, NULL, output_schema, &error);
              g_assert_no_error (error);
              /* Written relative to where the official schemas are. */
              mb_schema_loader_add_node (loader, "https://json-schema.org/tests/", output_schema,
                                         &error);
              expected =
                mb_schema_loader_load_node (loader, json_object_get_member (output, "basic"),
                                            &error);
              g_assert_no_error (error);
              report = mb_schema_report (schema, json_object_get_member (one, "data"), &error);
              g_assert_no_error (error);
              mb_schema_validate (expected, report, &error);
              g_assert_no_error (error);
              n++;
            }
        }
    }
  g_assert_cmpuint (n, >, 0);
}

int
main (int    argc,
      char **argv)
{
  static const char *kinds[] = { "", "/optional", "/optional/format" };
  g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func (g_free);
  int result;

  g_test_init (&argc, &argv, NULL);
  read_list ();

  for (guint i = 0; i < G_N_ELEMENTS (drafts); i++)
    for (guint j = 0; j < G_N_ELEMENTS (kinds); j++)
      {
        g_autofree char *below = g_strconcat ("tests/", drafts[i].folder, kinds[j], NULL);
        g_autofree char *path = suite_path (below);
        g_autofree char *name = g_strconcat ("/schema-suite/", drafts[i].folder, kinds[j], NULL);
        Run run = { drafts[i].draft, drafts[i].folder, kinds[j] };

        if (!g_file_test (path, G_FILE_TEST_IS_DIR))
          continue;
        g_ptr_array_add (runs, g_memdup2 (&run, sizeof run));
        if (*kinds[j] == 0)
          {
            g_free (name);
            name = g_strconcat ("/schema-suite/", drafts[i].folder, "/required", NULL);
          }
        g_test_add_data_func (name, g_ptr_array_index (runs, runs->len - 1), test_folder);
      }
  /* Suites within the suite come after its own tests, and in this order. */
  g_test_add_func ("/schema-suite/list/is-exact", test_list);
  g_test_add_func ("/schema-suite/locations", test_locations);
  g_test_add_func ("/schema-suite/output", test_output);

  result = g_test_run ();
  g_hash_table_unref (listed);
  g_hash_table_unref (failed);

  return result;
}
