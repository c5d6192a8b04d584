/* test-mbtt-validate.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <gio/gio.h>
#include <string.h>

typedef struct
{
  char *folder;
  char *output;
  char *problems;
} Fixture;

static void
write_file (Fixture    *fixture,
            const char *name,
            const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr(GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("minibus-validate-XXXXXX", &error);
  g_assert_no_error (error);
  write_file (fixture, "schema.json",
              "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},"
              "\"required\":[\"a\",\"b\"]}");
  write_file (fixture, "good.json", "{\"a\":1,\"b\":2}");
  write_file (fixture, "bad.json", "{\"a\":\"x\"}");
  write_file (fixture, "broken.json", "{\"a\":");
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->output);
  g_free (fixture->problems);
}

/* Runs the command in the folder; `arguments` are separated by spaces. Returns its status. */
static int
run (Fixture    *fixture,
     const char *arguments,
     const char *input)
{
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "..", "tools", "mbtt", NULL);
  g_autofree char *line = g_strconcat (program, " validate ", arguments, NULL);
  g_auto(GStrv) argv = g_strsplit (line, " ", -1);
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autoptr(GSubprocess) process = NULL;
  g_autofree char *stdin_path = g_build_filename (fixture->folder, "input", NULL);
  g_autoptr(GError) error = NULL;

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                        G_SUBPROCESS_FLAGS_STDERR_PIPE);
  /* A pipe would break whenever the command does not read it. */
  write_file (fixture, "input", input != NULL ? input : "");
  g_subprocess_launcher_set_stdin_file_path (launcher, stdin_path);
  g_subprocess_launcher_set_cwd (launcher, fixture->folder);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  g_clear_pointer (&fixture->output, g_free);
  g_clear_pointer (&fixture->problems, g_free);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &fixture->output, &fixture->problems,
                                 &error);
  g_assert_no_error (error);

  return g_subprocess_get_exit_status (process);
}

static void
test_files (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("Files are instances; the status is 0 if all are valid, 1 if some are not");

  g_assert_cmpint (run (fixture, "--schema schema.json good.json", NULL), ==, 0);
  g_assert_cmpstr (fixture->output, ==, "");
  g_assert_cmpstr (fixture->problems, ==, "");

  g_assert_cmpint (run (fixture, "--schema schema.json bad.json good.json", NULL), ==, 1);
  g_assert_cmpstr (fixture->output, ==,
                   "bad.json: The value at “/a” is \"x\", but must be of type integer. "
                   "(rule: /properties/a/type)\n"
                   "bad.json: The value has no member “b”, which is required. (rule: /required)\n");
}

static void
test_unusable (Fixture       *fixture,
               gconstpointer  data)
{
  g_test_summary ("What is no JSON is reported, the rest is still checked, and the status is 2");

  g_assert_cmpint (run (fixture, "--schema schema.json broken.json missing.json bad.json", NULL),
                   ==, 2);
  g_assert_nonnull (strstr (fixture->problems, "mbtt: broken.json: "));
  g_assert_nonnull (strstr (fixture->problems, "mbtt: missing.json: "));
  g_assert_nonnull (strstr (fixture->output, "bad.json: The value at “/a”"));

  write_file (fixture, "wrong.json", "{\"type\":\"text\"}");
  g_assert_cmpint (run (fixture, "--schema wrong.json good.json", NULL), ==, 2);
  g_assert_nonnull (strstr (fixture->problems,
                            "mbtt: wrong.json: The schema is not a valid schema"));
  g_assert_cmpint (run (fixture, "good.json", NULL), ==, 2);
  g_assert_cmpint (run (fixture, "--schema schema.json --draft 5 good.json", NULL), ==, 2);
  g_assert_nonnull (strstr (fixture->problems, "“5” is not a draft"));
  g_assert_cmpint (run (fixture, "--schema schema.json --add nonsense good.json", NULL), ==, 2);
  g_assert_cmpint (run (fixture, "--nonsense", NULL), ==, 2);
}

static void
test_lines (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("Without files, each line of standard input is an instance; blank ones are none");

  g_assert_cmpint (run (fixture, "--schema schema.json", "{\"a\":1,\"b\":2}\n\n{\"a\":2,\"b\":0}"),
                   ==, 0);
  g_assert_cmpint (run (fixture, "--schema schema.json", "{\"a\":1,\"b\":2}\n[]\n"), ==, 1);
  g_assert_cmpstr (fixture->output, ==,
                   "line 2: The value is [], but must be of type object. (rule: /type)\n");
  g_assert_cmpint (run (fixture, "--schema schema.json", "nothing\n[]\n"), ==, 2);
  g_assert_nonnull (strstr (fixture->output, "line 2: "));
}

static void
test_json (Fixture       *fixture,
           gconstpointer  data)
{
  g_test_summary ("With --json, one object a line tells all errors");

  g_assert_cmpint (run (fixture, "--schema schema.json --json good.json bad.json", NULL), ==, 1);
  g_assert_cmpstr (fixture->output, ==,
                   "{\"valid\":true,\"errors\":[]}\n"
                   "{\"valid\":false,\"errors\":[{\"instanceLocation\":\"/a\","
                   "\"keywordLocation\":\"/properties/a/type\",\"error\":\"The value at “/a” is \\\"x\\\", but "
                   "must be of type integer.\"},{\"instanceLocation\":\"\",\"keywordLocation\":\"/required\","
                   "\"error\":\"The value has no member “b”, which is required.\"}]}\n");
}

static void
test_json_lines (Fixture       *fixture,
                 gconstpointer  data)
{
  g_auto(GStrv) lines = NULL;

  g_test_summary ("With --json, every instance has its line, also one that cannot be used");

  g_assert_cmpint (run (fixture, "--schema schema.json --json", "{\"a\":1,\"b\":2}\n{\n{\"a\":1,\"b\":2}\n"),
                   ==, 2);
  lines = g_strsplit (fixture->output, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_cmpstr (lines[0], ==, "{\"valid\":true,\"errors\":[]}");
  g_assert_true (g_str_has_prefix (lines[1], "{\"valid\":false,\"errors\":[{\"instanceLocation\":\"\","));
  g_assert_cmpstr (lines[2], ==, "{\"valid\":true,\"errors\":[]}");
}

static void
test_options (Fixture       *fixture,
              gconstpointer  data)
{
  g_test_summary ("Draft, formats and further documents can be chosen");

  write_file (fixture, "const.json", "{\"const\":1}");
  g_assert_cmpint (run (fixture, "--schema const.json good.json", NULL), ==, 0);
  g_assert_cmpint (run (fixture, "--schema const.json --draft 7 good.json", NULL), ==, 1);

  write_file (fixture, "format.json", "{\"format\":\"ipv4\"}");
  g_assert_cmpint (run (fixture, "--schema format.json", "\"x\""), ==, 0);
  g_assert_cmpint (run (fixture, "--schema format.json --format", "\"x\""), ==, 1);

  write_file (fixture, "user.json", "{\"$ref\":\"https://example.org/int\"}");
  write_file (fixture, "int.json", "{\"type\":\"integer\"}");
  g_assert_cmpint (run (fixture, "--schema user.json", "1"), ==, 2);
  g_assert_cmpint (run (fixture, "--schema user.json --add https://example.org/int=int.json", "1"),
                   ==, 0);
  g_assert_cmpint (run (fixture, "--schema user.json --add https://example.org/int=int.json",
                        "\"\""), ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/mbtt-validate/files", test_files);
  ADD ("/mbtt-validate/unusable", test_unusable);
  ADD ("/mbtt-validate/lines", test_lines);
  ADD ("/mbtt-validate/json", test_json);
  ADD ("/mbtt-validate/json-lines", test_json_lines);
  ADD ("/mbtt-validate/options", test_options);

  return g_test_run ();
}
