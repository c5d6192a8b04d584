/* fuzz-values.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Any text as somebody may type it on the command line of mbtt: what is read is JSON, and what is printed is one line
 * that no terminal obeys.
 */

#include "config.h"

#include "tools/mbtt-output.h"
#include "tools/mbtt-values.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static JsonNode *
read_json (const char *text)
{
  g_autoptr(GError) error = NULL;
  JsonNode *node = mb_json_from_text (text, &error);

  g_assert_no_error (error);

  return node;
}

/* One line that shows on any terminal as what it is. */
static void
check_line (const char *line)
{
  g_assert_true (g_utf8_validate (line, -1, NULL));
  for (const char *c = line; *c != '\0'; c = g_utf8_next_char (c))
    g_assert_false (mbtt_is_unsafe (g_utf8_get_char (c)));
}

/* JSON text that is printed in either way, and read again, is the same value. */
static void
check_value (const char *value)
{
  g_autoptr(JsonNode) node = read_json (value);
  g_autofree char *tidy = mbtt_tidy_json (value);
  g_autoptr(JsonNode) tidy_node = read_json (tidy);
  g_autofree char *line = mbtt_value_to_line (value);
  g_autoptr(GError) error = NULL;
  g_autofree char *typed = mbtt_read_value ("The value", line, FALSE, &error);
  g_autoptr(JsonNode) typed_node = NULL;

  g_assert_no_error (error);
  typed_node = read_json (typed);
  g_assert_true (json_node_equal (node, tidy_node));
  g_assert_true (json_node_equal (node, typed_node));
  check_line (tidy);
  check_line (line);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *text = size > 0 ? g_strndup ((const char *) data, size) : g_strdup ("");
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) schema_error = NULL;
  g_autoptr(MbSchema) schema = NULL;
  g_autofree char *read = NULL;
  g_autofree char *quoted = NULL;

  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);

  read = mbtt_read_value ("The value", text, FALSE, &error);
  g_assert_true ((read != NULL) == (error == NULL));
  if (read != NULL)
    check_value (read);

  quoted = mbtt_read_value ("The value", text, TRUE, NULL);
  check_value (quoted);

  /* Anything else may be the name of a file. */
  if (*text == '{')
    {
      schema = mbtt_read_schema (text, &schema_error);
      g_assert_true ((schema != NULL) == (schema_error == NULL));
    }

  return 0;
}
