/* mb-schema-loader.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-schema-loader.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"
#include "mb-schema-object-private.h"

#define MAX_FILE_SIZE (16 * 1024 * 1024)

/**
 * MbSchemaLoader:
 *
 * Makes schemas that are not quite ordinary.
 *
 * A loader holds a registry of documents, which references can lead to, and what all schemas that
 * it loads have in common: the draft of those that name none, whether formats are asserted, and how
 * much a check may cost. What is set later does not change schemas that were loaded before.
 *
 * The metaschemas of all drafts are known without being added.
 *
 * Use a loader from one thread at a time. The schemas that it makes have no such limit.
 *
 * ```c
 * g_autoptr(MbSchemaLoader) loader = mb_schema_loader_new ();
 * g_autoptr(GError) error = NULL;
 * g_autoptr(MbSchema) schema = NULL;
 *
 * mb_schema_loader_set_default_draft (loader, MB_SCHEMA_DRAFT_V2020_12);
 * mb_schema_loader_add_text (loader, "https://example.org/name", "{\"minLength\":1}", &error);
 * schema = mb_schema_loader_load_text (loader, "{\"$ref\":\"https://example.org/name\"}", &error);
 * ```
 *
 * Since: 0.1
 */
struct _MbSchemaLoader
{
  GObject        parent_instance;

  GHashTable    *documents;       /* URI without fragment -> sealed JsonNode */
  MbSchemaDraft  default_draft;
  gboolean       assert_formats;
  guint          max_steps;
  guint          max_errors;
};

G_DEFINE_FINAL_TYPE (MbSchemaLoader, mb_schema_loader, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_ASSERT_FORMATS,
  PROP_DEFAULT_DRAFT,
  PROP_MAX_ERRORS,
  PROP_MAX_STEPS,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

JsonNode *
_mb_schema_read_file (GFile         *file,
                      GCancellable  *cancellable,
                      char         **uri,
                      GError       **error)
{
  g_autofree char *text = NULL;
  g_autoptr(GFileInfo) info = NULL;
  gsize length;

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE,
                            cancellable, error);
  if (info == NULL)
    return NULL;
  if (g_file_info_get_size (info) > MAX_FILE_SIZE)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
                   _("The file is larger than %d bytes, which is too large for a schema."),
                   MAX_FILE_SIZE);
      return NULL;
    }
  if (!g_file_load_contents (file, cancellable, &text, &length, NULL, error))
    return NULL;

  *uri = g_file_get_uri (file);

  return _mb_schema_read_text (text, length, error);
}

static void
mb_schema_loader_finalize (GObject *object)
{
  MbSchemaLoader *self = MB_SCHEMA_LOADER (object);

  g_hash_table_unref (self->documents);

  G_OBJECT_CLASS (mb_schema_loader_parent_class)->finalize (object);
}

static void
mb_schema_loader_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  MbSchemaLoader *self = MB_SCHEMA_LOADER (object);

  switch (prop_id)
    {
    case PROP_ASSERT_FORMATS:
      g_value_set_boolean (value, self->assert_formats);
      break;
    case PROP_DEFAULT_DRAFT:
      g_value_set_enum (value, self->default_draft);
      break;
    case PROP_MAX_ERRORS:
      g_value_set_uint (value, self->max_errors);
      break;
    case PROP_MAX_STEPS:
      g_value_set_uint (value, self->max_steps);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_schema_loader_set_property (GObject      *object,
                               guint         prop_id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  MbSchemaLoader *self = MB_SCHEMA_LOADER (object);

  switch (prop_id)
    {
    case PROP_ASSERT_FORMATS:
      mb_schema_loader_set_assert_formats (self, g_value_get_boolean (value));
      break;
    case PROP_DEFAULT_DRAFT:
      mb_schema_loader_set_default_draft (self, g_value_get_enum (value));
      break;
    case PROP_MAX_ERRORS:
      mb_schema_loader_set_max_errors (self, g_value_get_uint (value));
      break;
    case PROP_MAX_STEPS:
      mb_schema_loader_set_max_steps (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_schema_loader_class_init (MbSchemaLoaderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = mb_schema_loader_finalize;
  object_class->get_property = mb_schema_loader_get_property;
  object_class->set_property = mb_schema_loader_set_property;

  /**
   * MbSchemaLoader:assert-formats: (getter get_assert_formats) (setter set_assert_formats)
   *
   * Whether a string must have the `format` that the schema names.
   *
   * If not, `format` is a mere remark, as it is for the bus. A schema whose metaschema has the
   * vocabulary “format-assertion” has its formats asserted in any case. Formats that the draft does
   * not know are never asserted.
   *
   * Since: 0.1
   */
  properties[PROP_ASSERT_FORMATS] =
    g_param_spec_boolean ("assert-formats", NULL, NULL, FALSE, flags);
  /**
   * MbSchemaLoader:default-draft: (getter get_default_draft) (setter set_default_draft)
   *
   * The draft of schemas without `$schema`.
   *
   * Since: 0.1
   */
  properties[PROP_DEFAULT_DRAFT] =
    g_param_spec_enum ("default-draft", NULL, NULL, MB_TYPE_SCHEMA_DRAFT,
                       MB_SCHEMA_DRAFT_V4, flags);
  /**
   * MbSchemaLoader:max-errors: (getter get_max_errors) (setter set_max_errors)
   *
   * The largest number of errors, or annotations, in a report.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_ERRORS] = g_param_spec_uint ("max-errors", NULL, NULL, 1, G_MAXUINT,
                                                   MB_SCHEMA_DEFAULT_ERRORS, flags);
  /**
   * MbSchemaLoader:max-steps: (getter get_max_steps) (setter set_max_steps)
   *
   * How many steps a check may take.
   *
   * A step is a member, an item, a keyword or a block of text looked at, and takes some 10 to 50
   * nanoseconds.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_STEPS] = g_param_spec_uint ("max-steps", NULL, NULL, 1, G_MAXUINT,
                                                  MB_SCHEMA_DEFAULT_STEPS, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_schema_loader_init (MbSchemaLoader *self)
{
  self->documents =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);
  self->default_draft = MB_SCHEMA_DRAFT_V4;
  self->max_steps = MB_SCHEMA_DEFAULT_STEPS;
  self->max_errors = MB_SCHEMA_DEFAULT_ERRORS;
}

/**
 * mb_schema_loader_new:
 *
 * Makes a loader with an empty registry.
 *
 * Returns: (transfer full): a loader
 *
 * Since: 0.1
 */
MbSchemaLoader *
mb_schema_loader_new (void)
{
  return g_object_new (MB_TYPE_SCHEMA_LOADER, NULL);
}

static const char *
get_id (JsonNode *node)
{
  static const char *const names[] = { "$id", "id" };

  for (guint i = 0; _mb_value_type (node) == MB_VALUE_OBJECT && i < G_N_ELEMENTS (names); i++)
    {
      JsonNode *member = json_object_get_member (json_node_get_object (node), names[i]);

      if (member != NULL && _mb_value_type (member) == MB_VALUE_STRING)
        return _mb_value_string (member);
    }

  return NULL;
}

/* The URI without its fragment, which must be empty, or NULL if it is not absolute. */
static char *
plain_uri (const char *uri)
{
  const char *hash = strchr (uri, '#');
  g_autofree char *plain = g_strndup (uri, strcspn (uri, "#"));

  return hash != NULL && hash[1] != 0 ? NULL : _mb_uri_resolve (NULL, plain);
}

/**
 * mb_schema_loader_add_node:
 * @self: a loader
 * @uri: (nullable): the absolute URI to know the document by, or `NULL` for its own `$id`
 * @node: the document
 * @error: return location for an error
 *
 * Adds a document to the registry.
 *
 * References may lead to it, or into it, by `uri` and by its own `$id` if that is absolute. It may
 * be a metaschema, too, which other schemas name with `$schema`. A document that was added with the
 * same URI before is replaced. `node` is copied, and checked only when a schema refers to it. A
 * document without `$schema` is understood as the schema that refers to it.
 *
 * Errors are of the domain [error@SchemaError]: `INVALID` if there is no absolute URI without
 * fragment, `LIMIT` if the document is nested deeper than 64 levels or has more than 200,000
 * values.
 *
 * Returns: `TRUE` if it was added
 *
 * Since: 0.1
 */
gboolean
mb_schema_loader_add_node (MbSchemaLoader  *self,
                           const char      *uri,
                           JsonNode        *node,
                           GError         **error)
{
  g_autoptr(JsonNode) copy = NULL;
  g_autofree char *own = NULL;
  g_autofree char *given = NULL;
  const char *id;
  gsize n_values = 0;

  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), FALSE);
  g_return_val_if_fail (node != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  id = get_id (node);
  own = id != NULL ? plain_uri (id) : NULL;
  given = uri != NULL ? plain_uri (uri) : NULL;
  if (uri != NULL ? given == NULL : own == NULL)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID,
                   _("A document of the registry needs an absolute URI without fragment, which “%s” is not."),
                   uri != NULL ? uri : id != NULL ? id : "");
      return FALSE;
    }

  copy = _mb_value_copy (node, MB_SCHEMA_MAX_NESTING, &n_values);
  if (copy == NULL || n_values > MB_SCHEMA_MAX_VALUES)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
                   _("The document “%s” is nested deeper than %u levels, or has more than %u values."),
                   given != NULL ? given : own, MB_SCHEMA_MAX_NESTING, MB_SCHEMA_MAX_VALUES);
      return FALSE;
    }

  json_node_seal (copy);
  if (own != NULL)
    g_hash_table_replace (self->documents, g_steal_pointer (&own), json_node_ref (copy));
  if (given != NULL)
    g_hash_table_replace (self->documents, g_steal_pointer (&given), json_node_ref (copy));

  return TRUE;
}

/**
 * mb_schema_loader_add_text:
 * @self: a loader
 * @uri: (nullable): the absolute URI to know the document by, or `NULL` for its own `$id`
 * @text: the document as JSON text
 * @error: return location for an error
 *
 * Adds a document to the registry; see [method@SchemaLoader.add_node].
 *
 * Errors are those of [method@SchemaLoader.add_node], and those of the domain [error@JsonError] if
 * the text is not JSON.
 *
 * Returns: `TRUE` if it was added
 *
 * Since: 0.1
 */
gboolean
mb_schema_loader_add_text (MbSchemaLoader  *self,
                           const char      *uri,
                           const char      *text,
                           GError         **error)
{
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  node = _mb_schema_read_text (text, strlen (text), error);

  return node != NULL && mb_schema_loader_add_node (self, uri, node, error);
}

/**
 * mb_schema_loader_add_file:
 * @self: a loader
 * @uri: (nullable): the absolute URI to know the document by, or `NULL` for that of the file
 * @file: a file that holds the document as JSON text
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads a file, which blocks, and adds the document in it to the registry; see
 * [method@SchemaLoader.add_node].
 *
 * Errors are those of [method@SchemaLoader.add_text], and those of reading a file.
 *
 * Returns: `TRUE` if it was added
 *
 * Since: 0.1
 */
gboolean
mb_schema_loader_add_file (MbSchemaLoader  *self,
                           const char      *uri,
                           GFile           *file,
                           GCancellable    *cancellable,
                           GError         **error)
{
  g_autofree char *file_uri = NULL;
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (file), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  node = _mb_schema_read_file (file, cancellable, &file_uri, error);

  return node != NULL &&
    mb_schema_loader_add_node (self, uri != NULL ? uri : file_uri, node, error);
}

static MbSchema *
load (MbSchemaLoader  *self,
      const char      *uri,
      JsonNode        *node,
      GError         **error)
{
  MbSchemaOptions options = {
    .default_draft = self->default_draft,
    .assert_formats = self->assert_formats,
    .registry = self->documents,
  };

  return _mb_schema_new (node, uri, &options, self->max_steps, self->max_errors, error);
}

/**
 * mb_schema_loader_load_node:
 * @self: a loader
 * @node: the schema as JSON
 * @error: return location for an error
 *
 * Compiles a schema. Errors are those of [ctor@Schema.new_from_node].
 *
 * Returns: (transfer full): the schema
 *
 * Since: 0.1
 */
MbSchema *
mb_schema_loader_load_node (MbSchemaLoader  *self,
                            JsonNode        *node,
                            GError         **error)
{
  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), NULL);
  g_return_val_if_fail (node != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return load (self, NULL, node, error);
}

/**
 * mb_schema_loader_load_text:
 * @self: a loader
 * @text: the schema as JSON text
 * @error: return location for an error
 *
 * Compiles a schema from text. Errors are those of [ctor@Schema.new_from_text].
 *
 * Returns: (transfer full): the schema
 *
 * Since: 0.1
 */
MbSchema *
mb_schema_loader_load_text (MbSchemaLoader  *self,
                            const char      *text,
                            GError         **error)
{
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  node = _mb_schema_read_text (text, strlen (text), error);

  return node != NULL ? load (self, NULL, node, error) : NULL;
}

/**
 * mb_schema_loader_load_file:
 * @self: a loader
 * @file: a file that holds the schema as JSON text
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads a file, which blocks, and compiles the schema in it. Errors are those of
 * [ctor@Schema.new_from_file].
 *
 * The URI of the file is the base of relative references, unless the schema names itself. They lead
 * to documents of the registry, never to further files.
 *
 * Returns: (transfer full): the schema
 *
 * Since: 0.1
 */
MbSchema *
mb_schema_loader_load_file (MbSchemaLoader  *self,
                            GFile           *file,
                            GCancellable    *cancellable,
                            GError         **error)
{
  g_autofree char *uri = NULL;
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), NULL);
  g_return_val_if_fail (G_IS_FILE (file), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  node = _mb_schema_read_file (file, cancellable, &uri, error);

  return node != NULL ? load (self, uri, node, error) : NULL;
}

/**
 * mb_schema_loader_load_uri:
 * @self: a loader
 * @uri: the URI of a document in the registry, or of a metaschema; with a fragment, of a schema
 * within it
 * @error: return location for an error
 *
 * Compiles a schema that is in the registry already. Errors are those of
 * [ctor@Schema.new_from_node].
 *
 * Returns: (transfer full): the schema
 *
 * Since: 0.1
 */
MbSchema *
mb_schema_loader_load_uri (MbSchemaLoader  *self,
                           const char      *uri,
                           GError         **error)
{
  g_autoptr(JsonNode) node = NULL;
  JsonObject *object;

  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), NULL);
  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  object = json_object_new ();
  json_object_set_string_member (object, "$ref", uri);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);

  return load (self, NULL, node, error);
}

/**
 * mb_schema_loader_get_assert_formats: (get-property assert-formats)
 * @self: a loader
 *
 * Gets whether formats are asserted.
 *
 * Returns: `TRUE` if they are
 *
 * Since: 0.1
 */
gboolean
mb_schema_loader_get_assert_formats (MbSchemaLoader *self)
{
  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), FALSE);

  return self->assert_formats;
}

/**
 * mb_schema_loader_set_assert_formats: (set-property assert-formats)
 * @self: a loader
 * @assert_formats: whether strings must have the `format` that the schema names
 *
 * Sets whether formats are asserted, in schemas that are loaded from now on.
 *
 * Since: 0.1
 */
void
mb_schema_loader_set_assert_formats (MbSchemaLoader *self,
                                     gboolean        assert_formats)
{
  g_return_if_fail (MB_IS_SCHEMA_LOADER (self));

  if (self->assert_formats == !!assert_formats)
    return;
  self->assert_formats = !!assert_formats;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ASSERT_FORMATS]);
}

/**
 * mb_schema_loader_get_default_draft: (get-property default-draft)
 * @self: a loader
 *
 * Gets the draft of schemas without `$schema`.
 *
 * Returns: the draft
 *
 * Since: 0.1
 */
MbSchemaDraft
mb_schema_loader_get_default_draft (MbSchemaLoader *self)
{
  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), MB_SCHEMA_DRAFT_AUTO);

  return self->default_draft;
}

/**
 * mb_schema_loader_set_default_draft: (set-property default-draft)
 * @self: a loader
 * @draft: a draft; `auto` is Draft 4
 *
 * Sets the draft of schemas without `$schema`, for those that are loaded from now on.
 *
 * Since: 0.1
 */
void
mb_schema_loader_set_default_draft (MbSchemaLoader *self,
                                    MbSchemaDraft   draft)
{
  g_return_if_fail (MB_IS_SCHEMA_LOADER (self));
  g_return_if_fail (draft <= MB_SCHEMA_DRAFT_V2020_12);

  if (draft == MB_SCHEMA_DRAFT_AUTO)
    draft = MB_SCHEMA_DRAFT_V4;
  if (self->default_draft == draft)
    return;
  self->default_draft = draft;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DEFAULT_DRAFT]);
}

/**
 * mb_schema_loader_get_max_errors: (get-property max-errors)
 * @self: a loader
 *
 * Gets the largest number of errors in a report.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_schema_loader_get_max_errors (MbSchemaLoader *self)
{
  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), 0);

  return self->max_errors;
}

/**
 * mb_schema_loader_set_max_errors: (set-property max-errors)
 * @self: a loader
 * @max_errors: a number, at least 1
 *
 * Sets the largest number of errors in a report, for schemas that are loaded from now on.
 *
 * Since: 0.1
 */
void
mb_schema_loader_set_max_errors (MbSchemaLoader *self,
                                 guint           max_errors)
{
  g_return_if_fail (MB_IS_SCHEMA_LOADER (self));
  g_return_if_fail (max_errors > 0);

  if (self->max_errors == max_errors)
    return;
  self->max_errors = max_errors;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_ERRORS]);
}

/**
 * mb_schema_loader_get_max_steps: (get-property max-steps)
 * @self: a loader
 *
 * Gets how many steps a check may take.
 *
 * Returns: the number of steps
 *
 * Since: 0.1
 */
guint
mb_schema_loader_get_max_steps (MbSchemaLoader *self)
{
  g_return_val_if_fail (MB_IS_SCHEMA_LOADER (self), 0);

  return self->max_steps;
}

/**
 * mb_schema_loader_set_max_steps: (set-property max-steps)
 * @self: a loader
 * @max_steps: a number of steps, at least 1
 *
 * Sets how many steps a check may take, for schemas that are loaded from now on.
 *
 * Since: 0.1
 */
void
mb_schema_loader_set_max_steps (MbSchemaLoader *self,
                                guint           max_steps)
{
  g_return_if_fail (MB_IS_SCHEMA_LOADER (self));
  g_return_if_fail (max_steps > 0);

  if (self->max_steps == max_steps)
    return;
  self->max_steps = max_steps;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_STEPS]);
}
