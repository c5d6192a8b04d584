/* fuzz-schema.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The first character chooses the draft (a digit from 1 to 5) or asserts formats as well (a letter
 * from a to e). The schema follows, to the end of the line; the rest is the value.
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-json.h"
#include "minibus/mb-schema-loader.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static const char document[] =
  "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$dynamicAnchor\":\"n\",\"type\":\"object\","
  "\"properties\":{\"a\":{\"$dynamicRef\":\"#n\"}},\"$defs\":{\"i\":{\"type\":\"integer\"}}}";

/* The fast evaluation and the one with reasons come to the same result. */
static void
check_value (MbSchema *schema,
             JsonNode *value)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) report_error = NULL;
  gboolean valid = mb_schema_validate (schema, value, &error);
  g_autoptr(JsonNode) report = mb_schema_report (schema, value, &report_error);
  JsonObject *object;

  g_assert_true (valid == (error == NULL));
  if (report == NULL)
    {
      g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
      g_assert_error (report_error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
      return;
    }

  object = json_node_get_object (report);
  g_assert_cmpint (json_object_get_boolean_member (object, "valid"), ==, valid);
  if (valid)
    return;

  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (object, "errors")), >, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr(MbSchemaLoader) loader = NULL;
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(MbSchema) again = NULL;
  g_autoptr(JsonNode) value = NULL;
  g_autoptr(GError) error = NULL;
  char *rest = strchr (text, '\n');
  char choice = *text;

  if (rest == NULL || !((choice >= '1' && choice <= '5') || (choice >= 'a' && choice <= 'e')))
    return 0;
  *rest++ = '\0';

  loader = mb_schema_loader_new ();
  mb_schema_loader_set_max_steps (loader, 20000);
  mb_schema_loader_set_assert_formats (loader, choice >= 'a');
  mb_schema_loader_set_default_draft (loader,
                                      MB_SCHEMA_DRAFT_V4 + (choice >= 'a' ? choice - 'a'
                                                            : choice - '1'));
  mb_schema_loader_add_text (loader, "https://x.example/d", document, &error);
  g_assert_no_error (error);

  schema = mb_schema_loader_load_text (loader, text + 1, &error);
  if (schema == NULL)
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  again = mb_schema_loader_load_node (loader, mb_schema_get_node (schema), NULL);
  g_assert_nonnull (again);
  g_assert_true (mb_schema_equal (schema, again));

  check_value (schema, mb_schema_get_node (schema));
  value = mb_json_from_text (rest, NULL);
  if (value != NULL)
    check_value (schema, value);

  return 0;
}
