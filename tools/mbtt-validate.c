/* mbtt-validate.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* mbtt validate: checks JSON by a schema. */

#include "config.h"

#include "mbtt-commands.h"

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include <minibus.h>

#include "mbtt-common.h"
#include "mbtt-output.h"

enum
{
  STATUS_VALID,
  STATUS_INVALID,
  STATUS_UNUSABLE,
};

/* A line of standard input, or a file, may be so large. */
#define MAX_INSTANCE (64 * 1024 * 1024)

typedef struct
{
  MbSchema *schema;
  gboolean  json;
  int       status;           /* the worst so far */
  gboolean  is_unheard;       /* nobody reads standard output any more */
} Run;

static void
complain (Run        *self,
          const char *name,
          const char *message)
{
  mbtt_print_note ("%s: %s", name, message);
  self->status = STATUS_UNUSABLE;
}

static void
print_line (Run        *self,
            const char *line)
{
  int ignored;

  /* When who reads has enough, what is left is only for the status. */
  if (!self->is_unheard)
    self->is_unheard = !mbtt_print_line (line, &ignored);
}

static const char *
get_text (JsonObject *object,
          const char *name)
{
  return json_object_has_member (object, name) ? json_object_get_string_member (object, name) : "";
}

/* One object a line, whatever the instance is. */
static void
print_json (Run       *self,
            gboolean   valid,
            JsonArray *errors)
{
  static const char *const members[] = { "instanceLocation", "keywordLocation", "error" };
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  JsonObject *object = json_object_new ();
  JsonArray *list = json_array_new ();

  for (guint i = 0; errors != NULL && i < json_array_get_length (errors); i++)
    {
      JsonObject *unit = json_array_get_object_element (errors, i);
      JsonObject *line = json_object_new ();

      for (guint j = 0; j < G_N_ELEMENTS (members); j++)
        json_object_set_string_member (line, members[j], get_text (unit, members[j]));
      json_array_add_object_element (list, line);
    }
  json_object_set_boolean_member (object, "valid", valid);
  json_object_set_array_member (object, "errors", list);
  json_node_take_object (node, object);

  text = mb_json_to_text (node, &error);
  if (text != NULL)
    print_line (self, text);
  else
    mbtt_print_note ("%s", error->message);
}

/* An instance that cannot be used still has its line in the output, so that lines can be counted. */
static void
complain_of_instance (Run        *self,
                      const char *name,
                      const char *message)
{
  complain (self, name, message);

  if (self->json)
    {
      g_autoptr(JsonArray) errors = json_array_new ();
      JsonObject *unit = json_object_new ();

      json_object_set_string_member (unit, "error", message);
      json_array_add_object_element (errors, unit);
      print_json (self, FALSE, errors);
    }
}

static void
print_errors (Run        *self,
              const char *name,
              JsonArray  *errors)
{
  for (guint i = 0; i < json_array_get_length (errors); i++)
    {
      JsonObject *unit = json_array_get_object_element (errors, i);
      const char *rule = get_text (unit, "keywordLocation");

      g_autofree char *line = g_strdup_printf (_("%s: %s (rule: %s)"), name, get_text (unit, "error"),
                                               *rule != 0 ? rule : "/");

      print_line (self, line);
    }
}

static void
check (Run        *self,
       const char *name,
       const char *text)
{
  g_autoptr(JsonNode) instance = NULL;
  g_autoptr(JsonNode) report = NULL;
  g_autoptr(GError) error = NULL;
  JsonObject *object;
  JsonArray *errors;
  gboolean valid;

  instance = mb_json_from_text (text, &error);
  if (instance == NULL)
    {
      complain_of_instance (self, name, error->message);
      return;
    }
  report = mb_schema_report (self->schema, instance, &error);
  if (report == NULL)
    {
      complain_of_instance (self, name, error->message);
      return;
    }

  object = json_node_get_object (report);
  valid = json_object_get_boolean_member (object, "valid");
  errors = valid ? NULL : json_object_get_array_member (object, "errors");
  if (self->json)
    print_json (self, valid, errors);
  else if (!valid)
    print_errors (self, name, errors);
  if (!valid)
    self->status = MAX (self->status, STATUS_INVALID);
}

static void
check_file (Run        *self,
            const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr(GFileInfo) info = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length;

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, NULL,
                            &error);
  if (info != NULL && g_file_info_get_size (info) > MAX_INSTANCE)
    complain_of_instance (self, path, _("The file is too large."));
  else if (info == NULL || !g_file_load_contents (file, NULL, &text, &length, NULL, &error))
    complain_of_instance (self, path, error->message);
  else if (strlen (text) != length)
    complain_of_instance (self, path, _("The file holds a NUL byte, and so is not JSON."));
  else
    check (self, path, text);
}

static void
check_lines (Run *self)
{
  g_autoptr(GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr(GDataInputStream) lines = g_data_input_stream_new (input);

  for (guint n = 1;; n++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *name = g_strdup_printf (_("line %u"), n);
      gsize length;
      g_autofree char *line = g_data_input_stream_read_line (lines, &length, NULL, &error);

      if (error != NULL)
        {
          complain_of_instance (self, name, error->message);
          return;
        }
      if (line == NULL)
        return;
      if (strlen (line) != length)
        complain_of_instance (self, name, _("The line holds a NUL byte, and so is not JSON."));
      else if (line[strspn (line, " \t\r")] != 0)
        check (self, name, line);
    }
}

static gboolean
set_draft (MbSchemaLoader  *loader,
           const char      *name,
           GError         **error)
{
  g_autoptr(GEnumClass) klass = g_type_class_ref (MB_TYPE_SCHEMA_DRAFT);
  g_autofree char *nick = g_strconcat ("v", name, NULL);
  GEnumValue *value = g_enum_get_value_by_nick (klass, nick);

  if (value == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is not a draft; those known are 4, 6, 7, 2019-09 and 2020-12."), name);
      return FALSE;
    }
  mb_schema_loader_set_default_draft (loader, value->value);

  return TRUE;
}

static gboolean
add_document (MbSchemaLoader  *loader,
              const char      *text,
              GError         **error)
{
  const char *equals = strrchr (text, '=');
  g_autofree char *uri = NULL;
  g_autoptr(GFile) file = NULL;

  if (equals == NULL || equals == text || equals[1] == 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is not of the form URI=FILE."), text);
      return FALSE;
    }
  uri = g_strndup (text, (gsize) (equals - text));
  file = g_file_new_for_commandline_arg (equals + 1);

  return mb_schema_loader_add_file (loader, uri, file, NULL, error);
}

static MbSchema *
load_schema (const char         *path,
             const char         *draft,
             gboolean            formats,
             const char *const  *documents,
             GError            **error)
{
  g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
  g_autoptr(GFile) file = g_file_new_for_commandline_arg (path);

  mb_schema_loader_set_assert_formats (loader, formats);
  mb_schema_loader_set_max_errors (loader, 1000);
  if (draft != NULL && !set_draft (loader, draft, error))
    return NULL;
  for (guint i = 0; documents != NULL && documents[i] != NULL; i++)
    if (!add_document (loader, documents[i], error))
      {
        g_prefix_error (error, "%s: ", documents[i]);
        return NULL;
      }

  return mb_schema_loader_load_file (loader, file, NULL, error);
}

int
mbtt_validate (int    argc,
               char **argv)
{
  g_autofree char *schema_path = NULL;
  g_autofree char *draft = NULL;
  g_auto(GStrv) documents = NULL;
  gboolean formats = FALSE;
  Run self = { .status = STATUS_VALID };
  g_autoptr(GError) error = NULL;
  const GOptionEntry entries[] = {
    { "schema", 's', 0, G_OPTION_ARG_FILENAME, &schema_path, N_("The schema"), N_("FILE") },
    { "draft", 'd', 0, G_OPTION_ARG_STRING, &draft,
      N_("The draft of schemas without “$schema”: 4 (the default), 6, 7, 2019-09 or 2020-12"),
        N_("DRAFT") },
    { "format", 'f', 0, G_OPTION_ARG_NONE, &formats, N_("Assert formats"), NULL },
    { "add", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &documents,
      N_("Add a document that references may lead to"), N_("URI=FILE") },
    G_OPTION_ENTRY_NULL
  };
  const MbttUsage usage = {
    .parameters = { "FILE" },
    .words = { MBTT_WORD_FILE },
    .takes_more = TRUE,
    .summary = N_("Checks JSON by a JSON Schema."),
    .description =
      N_("Each file is an instance; without files, each line of standard input is one. The status is 0 if all\n"
         "satisfy the schema, 1 if some do not, 2 if the schema or an instance cannot be used. Documents are\n"
         "never fetched from a network."),
    .entries = entries,
  };
  g_auto(GStrv) files = NULL;
  int status;

  files = mbtt_parse (&usage, argc, argv, &status);
  if (files == NULL)
    return status;

  self.json = mbtt_get_options ()->json;
  if (schema_path == NULL)
    {
      mbtt_print_note ("%s", _("The option “--schema” is needed."));
      return STATUS_UNUSABLE;
    }

  self.schema = load_schema (schema_path, draft, formats, (const char *const *) documents, &error);
  if (self.schema == NULL)
    {
      complain (&self, schema_path, error->message);
      return STATUS_UNUSABLE;
    }

  if (files[0] != NULL)
    for (guint i = 0; files[i] != NULL; i++)
      check_file (&self, files[i]);
  else
    check_lines (&self);
  g_object_unref (self.schema);

  return self.status;
}
