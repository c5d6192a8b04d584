/* mb-schema.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-schema-object-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"
#include "mb-json-private.h"

/**
 * MbSchema:
 *
 * A JSON Schema, ready to check values.
 *
 * The bus checks with it what is published and what arrives, and any program can use it by itself.
 * Drafts 4, 6, 7, 2019-09 and 2020-12 are understood completely; `$schema` says which one is meant,
 * and a schema that does not say is one of Draft 4. [class@SchemaLoader] is for what goes beyond
 * that: other defaults, formats that are asserted, references to other documents, and limits.
 *
 * A schema is compiled, and checked by the metaschema of its draft, when it is made. After that it
 * never changes, so that any thread may use it at any time. A check of a valid value allocates
 * nothing, apart from tables for arrays of more than some hundred items with `uniqueItems`, or
 * objects and arrays of more than 256 parts with `unevaluatedProperties` or `unevaluatedItems`.
 *
 * Nothing is ever fetched: a reference to a document that is neither part of the schema, nor a
 * metaschema, nor in the registry of a loader is an error.
 *
 * All checks are bounded in time and memory: one that takes more than a million steps (members,
 * items and keywords looked at), or schemas and values nested beyond 500 levels, ends with
 * [error@SchemaError.LIMIT].
 *
 * ```c
 * g_autoptr(GError) error = NULL;
 * g_autoptr(MbSchema) schema = mb_schema_new_from_text ("{\"type\":\"integer\",\"minimum\":0}",
 * &error);
 *
 * if (!mb_schema_validate_text (schema, "-1", &error))
 *   g_print ("%s\n", error->message);
 * // The value is -1, but must be at least 0. (rule: /minimum)
 * ```
 *
 * Since: 0.1
 */

G_DEFINE_ENUM_TYPE (MbSchemaDraft, mb_schema_draft,
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_DRAFT_AUTO, "auto"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_DRAFT_V4, "v4"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_DRAFT_V6, "v6"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_DRAFT_V7, "v7"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_DRAFT_V2019_09, "v2019-09"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_DRAFT_V2020_12, "v2020-12"))

struct _MbSchema
{
  GObject          parent_instance;

  MbSchemaProgram *program;
  gboolean         assert_formats;
  guint            max_steps;
  guint            max_errors;
};

G_DEFINE_FINAL_TYPE (MbSchema, mb_schema, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_DRAFT,
  PROP_NODE,
  PROP_URI,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

/* Strict, and never json-glib's parser: the text may come from anywhere. */
JsonNode *
_mb_schema_read_text (const char  *text,
                      gsize        length,
                      GError     **error)
{
  return _mb_json_read (text, length, NULL, error);
}

/* An object made by g_object_new() is the schema that everything satisfies. */
static G_GNUC_NO_INLINE MbSchemaProgram *
get_anything (void)
{
  static MbSchemaProgram *anything;

  if (g_once_init_enter (&anything))
    {
      MbSchemaOptions options = { .default_draft = MB_SCHEMA_DRAFT_V4, .trusted = TRUE };
      g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);

      json_node_take_object (node, json_object_new ());
      g_once_init_leave (&anything, _mb_schema_program_new (node, NULL, &options, NULL));
    }

  return anything;
}

static inline MbSchemaProgram *
get_program (MbSchema *self)
{
  return G_LIKELY (self->program != NULL) ? self->program : get_anything ();
}

static void
mb_schema_finalize (GObject *object)
{
  MbSchema *self = MB_SCHEMA (object);

  g_clear_pointer (&self->program, _mb_schema_program_free);

  G_OBJECT_CLASS (mb_schema_parent_class)->finalize (object);
}

static void
mb_schema_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  MbSchema *self = MB_SCHEMA (object);

  switch (prop_id)
    {
    case PROP_DRAFT:
      g_value_set_enum (value, mb_schema_get_draft (self));
      break;
    case PROP_NODE:
      g_value_set_boxed (value, mb_schema_get_node (self));
      break;
    case PROP_URI:
      g_value_set_string (value, mb_schema_get_uri (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_schema_class_init (MbSchemaClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_schema_finalize;
  object_class->get_property = mb_schema_get_property;

  /**
   * MbSchema:draft: (getter get_draft)
   *
   * The draft that the schema is written in; never [enum@SchemaDraft] `auto`.
   *
   * Since: 0.1
   */
  properties[PROP_DRAFT] =
    g_param_spec_enum ("draft", NULL, NULL, MB_TYPE_SCHEMA_DRAFT, MB_SCHEMA_DRAFT_V4,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * MbSchema:node: (getter get_node)
   *
   * The schema as JSON.
   *
   * Since: 0.1
   */
  properties[PROP_NODE] = g_param_spec_boxed ("node", NULL, NULL, JSON_TYPE_NODE,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * MbSchema:uri: (getter get_uri)
   *
   * The absolute URI of the schema, or `NULL` if it has none.
   *
   * Since: 0.1
   */
  properties[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, NULL,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_schema_init (MbSchema *self)
{
  self->max_steps = MB_SCHEMA_DEFAULT_STEPS;
  self->max_errors = MB_SCHEMA_DEFAULT_ERRORS;
}

/* Errors are those of mb_schema_new_from_node(). */
MbSchema *
_mb_schema_new (JsonNode               *node,
                const char             *uri,
                const MbSchemaOptions  *options,
                guint                   max_steps,
                guint                   max_errors,
                GError                **error)
{
  MbSchemaProgram *program = _mb_schema_program_new (node, uri, options, error);
  MbSchema *self;

  if (program == NULL)
    return NULL;

  self = g_object_new (MB_TYPE_SCHEMA, NULL);
  self->program = program;
  self->assert_formats = options->assert_formats;
  self->max_steps = max_steps;
  self->max_errors = max_errors;

  return self;
}

/**
 * mb_schema_new_from_node:
 * @node: the schema as JSON: an object, or from Draft 6 on also a boolean
 * @error: return location for an error
 *
 * Compiles a schema, with the defaults of [class@SchemaLoader].
 *
 * `node` is copied, and may be changed or freed afterwards.
 *
 * Errors are of the domain [error@SchemaError], with a message that names the offending place by
 * its JSON Pointer:
 *
 * - `INVALID`: the schema is not one of its draft, has a bad regular expression, or goes in circles
 * - `UNKNOWN_DRAFT`: `$schema` is not known
 * - `UNSUPPORTED`: the metaschema wants a vocabulary that is not known, or a regular expression is
 *   right but beyond what can be matched
 * - `UNRESOLVED`: a reference leads nowhere
 * - `LIMIT`: the schema is nested deeper than 64 levels, has more than 200,000 values or 50,000
 *   schemas within it, or its regular expressions are too complex
 *
 * Returns: (transfer full): the schema
 *
 * Since: 0.1
 */
MbSchema *
mb_schema_new_from_node (JsonNode  *node,
                         GError   **error)
{
  MbSchemaOptions options = { .default_draft = MB_SCHEMA_DRAFT_V4 };

  g_return_val_if_fail (node != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _mb_schema_new (node, NULL, &options, MB_SCHEMA_DEFAULT_STEPS, MB_SCHEMA_DEFAULT_ERRORS,
                         error);
}

/**
 * mb_schema_new_from_text:
 * @text: the schema as JSON text
 * @error: return location for an error
 *
 * Compiles a schema from text, with the defaults of [class@SchemaLoader].
 *
 * Errors are those of [ctor@Schema.new_from_node], and those of the domain [error@JsonError] if the
 * text is not JSON.
 *
 * Returns: (transfer full): the schema
 *
 * Since: 0.1
 */
MbSchema *
mb_schema_new_from_text (const char  *text,
                         GError     **error)
{
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  node = _mb_schema_read_text (text, strlen (text), error);

  return node != NULL ? mb_schema_new_from_node (node, error) : NULL;
}

/**
 * mb_schema_new_from_file:
 * @file: a file that holds the schema as JSON text
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads a file, which blocks, and compiles the schema in it, with the defaults of
 * [class@SchemaLoader].
 *
 * The URI of the file is the base of relative references, unless the schema names itself. Other
 * files are not read because of them: see [method@SchemaLoader.add_file].
 *
 * Errors are those of [ctor@Schema.new_from_text], and those of reading a file. A file of more than
 * 16 MiB is refused with [error@SchemaError] `LIMIT`.
 *
 * Returns: (transfer full): the schema
 *
 * Since: 0.1
 */
MbSchema *
mb_schema_new_from_file (GFile         *file,
                         GCancellable  *cancellable,
                         GError       **error)
{
  MbSchemaOptions options = { .default_draft = MB_SCHEMA_DRAFT_V4 };
  g_autofree char *uri = NULL;
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (G_IS_FILE (file), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  node = _mb_schema_read_file (file, cancellable, &uri, error);
  if (node == NULL)
    return NULL;

  return _mb_schema_new (node, uri, &options, MB_SCHEMA_DEFAULT_STEPS, MB_SCHEMA_DEFAULT_ERRORS,
                         error);
}

/**
 * mb_schema_new_from_resource:
 * @path: the path of a resource, for example `/org/example/app/pose.json`
 * @error: return location for an error
 *
 * Compiles a schema from the resources of the program, with the defaults of [class@SchemaLoader].
 *
 * Errors are those of [ctor@Schema.new_from_file].
 *
 * Returns: (transfer full): the schema
 *
 * Since: 0.1
 */
MbSchema *
mb_schema_new_from_resource (const char  *path,
                             GError     **error)
{
  g_autofree char *uri = NULL;
  g_autoptr(GFile) file = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  uri = g_strconcat ("resource://", path, NULL);
  file = g_file_new_for_uri (uri);

  return mb_schema_new_from_file (file, NULL, error);
}

/**
 * mb_schema_get_draft: (get-property draft)
 * @self: a schema
 *
 * Gets the draft that the schema is written in. Any thread may call this.
 *
 * Returns: the draft, never [enum@SchemaDraft] `auto`
 *
 * Since: 0.1
 */
MbSchemaDraft
mb_schema_get_draft (MbSchema *self)
{
  g_return_val_if_fail (MB_IS_SCHEMA (self), MB_SCHEMA_DRAFT_AUTO);

  return get_program (self)->dialect.draft;
}

/**
 * mb_schema_get_node: (get-property node)
 * @self: a schema
 *
 * Gets the schema as JSON.
 *
 * The node is sealed, and that of all users of the schema. Any thread may read it; but as
 * references to the objects and arrays in it are not counted atomically, threads other than one
 * that owns the schema alone should not take such references, and language bindings do so behind
 * the scenes.
 *
 * Returns: (transfer none): the schema
 *
 * Since: 0.1
 */
JsonNode *
mb_schema_get_node (MbSchema *self)
{
  g_return_val_if_fail (MB_IS_SCHEMA (self), NULL);

  return get_program (self)->json;
}

/**
 * mb_schema_get_uri: (get-property uri)
 * @self: a schema
 *
 * Gets the absolute URI of the schema: its own `$id`, or where it was loaded from. Any thread may
 * call this.
 *
 * Returns: (nullable): the URI without fragment, or `NULL` if the schema has none
 *
 * Since: 0.1
 */
const char *
mb_schema_get_uri (MbSchema *self)
{
  MbSchemaProgram *program;

  g_return_val_if_fail (MB_IS_SCHEMA (self), NULL);

  program = get_program (self);

  return program->synthetic_uri ? NULL : program->uri;
}

/**
 * mb_schema_equal:
 * @self: a schema
 * @other: another schema
 *
 * Checks whether two schemas say the same, in the same words.
 *
 * That is so if their JSON is equal (the order of members does not matter, 1 and 1.0 are equal, and
 * numbers are compared exactly), they are of the same draft, and formats are asserted in both or in
 * neither. Two schemas that mean the same but are written differently are not equal. Any thread may
 * call this.
 *
 * Returns: `TRUE` if they are equal
 *
 * Since: 0.1
 */
gboolean
mb_schema_equal (MbSchema *self,
                 MbSchema *other)
{
  MbBudget budget = { G_MAXINT64, 0 };

  g_return_val_if_fail (MB_IS_SCHEMA (self), FALSE);
  g_return_val_if_fail (MB_IS_SCHEMA (other), FALSE);

  return self == other ||
         (mb_schema_get_draft (self) == mb_schema_get_draft (other) &&
          self->assert_formats == other->assert_formats &&
          _mb_value_equal (get_program (self)->json, get_program (other)->json, &budget));
}

static void
set_limit_error (MbSchema  *self,
                 GError   **error)
{
  g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
               _("The check of the value by its schema was given up: it takes more than %u steps, is nested "
                 "too deep, or a regular expression takes too long."), self->max_steps);
}

static G_GNUC_NO_INLINE void
set_error (MbSchema         *self,
           MbSchemaProgram  *program,
           JsonNode         *instance,
           gboolean          limit,
           GError          **error)
{
  g_autofree char *instance_location = NULL;
  g_autofree char *keyword_location = NULL;
  g_autofree char *sentence = NULL;

  if (limit)
    {
      set_limit_error (self, error);
      return;
    }

  _mb_schema_program_explain (program, instance, self->max_steps, &instance_location,
                              &keyword_location, &sentence);
  g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION, _("%s (rule: %s)"), sentence,
               *keyword_location != 0 ? keyword_location : "/");
}

/**
 * mb_schema_validate:
 * @self: a schema
 * @instance: the value to check
 * @error: return location for an error
 *
 * Checks whether a value satisfies the schema.
 *
 * The message of the error says where in the value and by which rule the first problem is, what is
 * there, and what would be right. For all of them, see [method@Schema.report].
 *
 * Errors are of the domain [error@SchemaError]: `VIOLATION` if the value does not satisfy the
 * schema, `LIMIT` if finding out would take too much time or memory.
 *
 * Any thread may call this; nobody may change `instance` meanwhile.
 *
 * Returns: `TRUE` if the value satisfies the schema
 *
 * Since: 0.1
 */
gboolean
mb_schema_validate (MbSchema  *self,
                    JsonNode  *instance,
                    GError   **error)
{
  MbSchemaProgram *program;
  gboolean limit;

  g_return_val_if_fail (MB_IS_SCHEMA (self), FALSE);
  g_return_val_if_fail (instance != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  program = get_program (self);
  if (G_LIKELY (_mb_schema_program_is_valid (program, instance, self->max_steps, &limit)))
    return TRUE;

  if (error != NULL)
    set_error (self, program, instance, limit, error);

  return FALSE;
}

/**
 * mb_schema_validate_text:
 * @self: a schema
 * @text: the value to check, as JSON text
 * @error: return location for an error
 *
 * Checks whether a value that is given as text satisfies the schema.
 *
 * Errors are those of [method@Schema.validate], and those of the domain [error@JsonError] if the
 * text is not JSON. Any thread may call this.
 *
 * Returns: `TRUE` if the value satisfies the schema
 *
 * Since: 0.1
 */
gboolean
mb_schema_validate_text (MbSchema    *self,
                         const char  *text,
                         GError     **error)
{
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (MB_IS_SCHEMA (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  node = _mb_schema_read_text (text, strlen (text), error);

  return node != NULL && mb_schema_validate (self, node, error);
}

/**
 * mb_schema_report:
 * @self: a schema
 * @instance: the value to check
 * @error: return location for an error
 *
 * Checks a value, and tells everything about it, in the form that the specification calls “basic”.
 *
 * The report is an object with `valid` and, if that is `false`, `errors`, else `annotations`: each
 * an array of objects with
 *
 * - `keywordLocation`: the JSON Pointer to the keyword, on the way that the check took, through
 *   `$ref`s
 * - `absoluteKeywordLocation`: the URI of the keyword
 * - `instanceLocation`: the JSON Pointer to the value
 * - `error`: what is wrong, in a sentence; or `annotation`: what the keyword has to say
 *
 * The order is that of the keywords in the schema, and of the members in the value. There are at
 * most as many as [property@SchemaLoader:max-errors] says, which is 32 by default.
 *
 * The only error is [error@SchemaError] `LIMIT`, if it would take too long to find out whether the
 * value is valid. Any thread may call this; nobody may change `instance` meanwhile.
 *
 * Returns: (transfer full): the report
 *
 * Since: 0.1
 */
JsonNode *
mb_schema_report (MbSchema  *self,
                  JsonNode  *instance,
                  GError   **error)
{
  MbSchemaProgram *program;
  gboolean limit;
  gboolean valid;

  g_return_val_if_fail (MB_IS_SCHEMA (self), NULL);
  g_return_val_if_fail (instance != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  program = get_program (self);
  valid = _mb_schema_program_is_valid (program, instance, self->max_steps, &limit);
  if (limit)
    {
      set_limit_error (self, error);
      return NULL;
    }

  return _mb_schema_program_report (program, instance, valid, self->max_steps, self->max_errors);
}
