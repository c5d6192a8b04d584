/* mb-schema-document.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Documents, the URIs and anchors in them, and where references lead. Nothing here opens a file or
 * a connection: a document is part of the schema, in the registry, built in, or unknown.
 */

#include "config.h"

#include "mb-schema-compile-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"

/* A metaschema that has a metaschema that … */
#define MAX_METASCHEMAS 4

static const char *
get_string (JsonNode   *node,
            const char *name)
{
  JsonObject *object;
  JsonNode *member;

  if (_mb_value_type (node) != MB_VALUE_OBJECT || json_node_get_object (node) == NULL)
    return NULL;

  object = json_node_get_object (node);
  member = json_object_get_member (object, name);
  if (member == NULL || _mb_value_type (member) != MB_VALUE_STRING)
    return NULL;

  return _mb_value_string (member);
}

static gboolean
get_true (JsonNode   *node,
          const char *name)
{
  JsonNode *member = json_object_get_member (json_node_get_object (node), name);

  return member != NULL && _mb_value_type (member) == MB_VALUE_BOOLEAN &&
         json_node_get_boolean (member);
}

/* The document of that URI outside the schema, or NULL. */
static JsonNode *
find_known (MbCompiler *self,
            const char *uri,
            gboolean   *built_in)
{
  JsonNode *node = NULL;

  if (self->options->registry != NULL)
    node = g_hash_table_lookup (self->options->registry, uri);
  *built_in = node == NULL;

  return node != NULL ? node : _mb_metaschema_get (uri);
}

static gboolean
find_dialect (MbCompiler  *self,
              const char  *uri,
              const char  *where,
              guint        depth,
              MbDialect   *dialect,
              GError     **error)
{
  g_autofree char *plain = g_strndup (uri, strcspn (uri, "#"));
  MbSchemaDraft draft = _mb_metaschema_get_draft (uri);
  JsonNode *metaschema;
  JsonNode *vocabularies;
  const char *base;
  gboolean built_in;
  JsonObjectIter iter;
  const char *name;
  JsonNode *required;

  if (draft != MB_SCHEMA_DRAFT_AUTO)
    {
      dialect->draft = draft;
      dialect->vocabularies = MB_VOCABULARY_ALL;
      return TRUE;
    }

  metaschema = find_known (self, plain, &built_in);
  base = metaschema != NULL ? get_string (metaschema, "$schema") : NULL;
  if (base == NULL || depth == 0)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_UNKNOWN_DRAFT,
                   _("%s names “%s” as its “$schema”, which is neither the URI of a draft that is "
                     "known (Draft 4, 6, 7, 2019-09 or 2020-12, for example “%s”) nor that of a "
                     "metaschema in the registry."),
                   where, uri, _mb_metaschema_get_uri (MB_SCHEMA_DRAFT_V2020_12));
      return FALSE;
    }

  if (!find_dialect (self, base, uri, depth - 1, dialect, error))
    return FALSE;

  vocabularies = dialect->draft >= MB_SCHEMA_DRAFT_V2019_09
                 ? json_object_get_member (json_node_get_object (metaschema), "$vocabulary") : NULL;
  if (vocabularies == NULL || _mb_value_type (vocabularies) != MB_VALUE_OBJECT)
    return TRUE;

  dialect->vocabularies = MB_VOCABULARY_CORE | MB_VOCABULARY_LEGACY;
  json_object_iter_init_ordered (&iter, json_node_get_object (vocabularies));
  while (json_object_iter_next_ordered (&iter, &name, &required))
    {
      gboolean needed = _mb_value_type (required) == MB_VALUE_BOOLEAN &&
        json_node_get_boolean (required);
      guint found = _mb_vocabulary_find (name, dialect->draft, needed);

      if (found == 0 && needed)
        {
          g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_UNSUPPORTED,
                       _("%s needs, by its metaschema “%s”, the vocabulary “%s”, which is not "
                         "known."), where, uri, name);
          return FALSE;
        }
      dialect->vocabularies |= found;
    }

  return TRUE;
}

static MbResource *
add_resource (MbCompiler      *self,
              JsonNode        *root,
              const char      *uri,
              MbDocument      *document,
              const MbDialect *dialect)
{
  MbResource *resource = _mb_schema_program_alloc (self->program, sizeof *resource);

  resource->uri = _mb_schema_program_strdup (self->program, uri);
  resource->root = root;
  resource->document = document;
  resource->dialect = *dialect;
  g_ptr_array_add (self->program->resources, resource);
  g_hash_table_insert (self->roots, root, resource);
  if (!g_hash_table_contains (self->resources, uri))
    g_hash_table_insert (self->resources, (gpointer) resource->uri, resource);

  return resource;
}

static void
add_anchor (MbCompiler *self,
            MbResource *resource,
            const char *name,
            JsonNode   *json,
            gboolean    dynamic)
{
  MbAnchor *anchor;

  if (resource->anchors == NULL)
    resource->anchors = g_hash_table_new (g_str_hash, g_str_equal);

  anchor = g_hash_table_lookup (resource->anchors, name);
  if (anchor != NULL)
    {
      /* `$anchor` and `$dynamicAnchor` may give one place the same name. */
      if (anchor->json == json)
        anchor->dynamic |= dynamic;
      return;
    }

  anchor = _mb_schema_program_alloc (self->program, sizeof *anchor);
  anchor->json = json;
  anchor->resource = resource;
  anchor->dynamic = dynamic;
  g_hash_table_insert (resource->anchors,
                       (gpointer) _mb_schema_program_strdup (self->program, name), anchor);
}

static char *
resolve_uri (const char  *base,
             const char  *reference,
             GError     **error)
{
  char *uri = _mb_uri_resolve (base, reference);

  if (uri == NULL)
    g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID,
                 _("“%s” is not a URI reference"), reference);

  return uri;
}

/* Reads the identifiers of one schema. Sets `resource` to the one that is in force within it. */
static gboolean
scan_identifiers (MbCompiler  *self,
                  JsonNode    *json,
                  MbResource **resource,
                  GError     **error)
{
  MbDialect dialect = (*resource)->dialect;
  const char *id = get_string (json, dialect.draft == MB_SCHEMA_DRAFT_V4 ? "id" : "$id");
  gboolean modern = dialect.draft >= MB_SCHEMA_DRAFT_V2019_09;
  const char *name;

  /* Up to Draft 7, a reference makes all beside it void. */
  if (id != NULL && (modern || get_string (json, "$ref") == NULL))
    {
      g_autofree char *plain = g_strndup (id, strcspn (id, "#"));
      const char *fragment = id + strlen (plain);

      if (*plain != 0)
        {
          g_autofree char *uri = resolve_uri ((*resource)->uri, plain, error);
          const char *schema = get_string (json, "$schema");

          if (uri == NULL)
            return FALSE;
          if (strcmp (uri, (*resource)->uri) != 0 || (*resource)->root == json)
            {
              if (schema != NULL && (*resource)->root != json &&
                  !find_dialect (self, schema, uri, MAX_METASCHEMAS, &dialect, error))
                return FALSE;
              *resource = add_resource (self, json, uri, (*resource)->document, &dialect);
              modern = dialect.draft >= MB_SCHEMA_DRAFT_V2019_09;
            }
        }
      if (*fragment != 0 && fragment[1] != 0 && !modern)
        add_anchor (self, *resource, fragment + 1, json, FALSE);
    }

  if (!modern)
    return TRUE;

  name = get_string (json, "$anchor");
  if (name != NULL)
    add_anchor (self, *resource, name, json, FALSE);
  if (dialect.draft == MB_SCHEMA_DRAFT_V2020_12)
    {
      name = get_string (json, "$dynamicAnchor");
      if (name != NULL)
        add_anchor (self, *resource, name, json, TRUE);
    }
  else if ((*resource)->root == json && get_true (json, "$recursiveAnchor"))
    {
      add_anchor (self, *resource, "", json, TRUE);
    }

  return TRUE;
}

static gboolean scan (MbCompiler     *self,
                      JsonNode       *json,
                      MbResource     *resource,
                      const MbPlace  *parent,
                      const char     *keyword,
                      const char     *key,
                      int             index,
                      const char     *pointer,
                      GError        **error);

static gboolean
scan_array (MbCompiler     *self,
            JsonNode       *json,
            MbResource     *resource,
            const MbPlace  *parent,
            const char     *keyword,
            GError        **error)
{
  JsonArray *array = json_node_get_array (json);
  guint n = _mb_value_array_length (array);

  for (guint i = 0; i < n; i++)
    if (!scan (self, json_array_get_element (array, i), resource, parent, keyword, NULL, (int) i,
               NULL,
               error))
      return FALSE;

  return TRUE;
}

static gboolean
scan_map (MbCompiler     *self,
          JsonNode       *json,
          MbResource     *resource,
          const MbPlace  *parent,
          const char     *keyword,
          GError        **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (_mb_value_type (json) != MB_VALUE_OBJECT || json_node_get_object (json) == NULL)
    return TRUE;

  json_object_iter_init_ordered (&iter, json_node_get_object (json));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    if (!scan (self, member, resource, parent, keyword, name, -1, NULL, error))
      return FALSE;

  return TRUE;
}

/* Finds the identifiers of a schema and of those within it. Only what the draft calls a schema is
 * looked at: an `$id` in an `enum`, or below an unknown keyword, is data.
 */
static gboolean
scan (MbCompiler     *self,
      JsonNode       *json,
      MbResource     *resource,
      const MbPlace  *parent,
      const char     *keyword,
      const char     *key,
      int             index,
      const char     *pointer,
      GError        **error)
{
  MbPlace *place;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (g_hash_table_contains (self->places, json))
    return TRUE;

  place = _mb_schema_program_alloc (self->program, sizeof *place);
  place->parent = parent;
  place->keyword = keyword;
  place->key = key;
  place->index = index;
  place->pointer = _mb_schema_program_strdup (self->program, pointer);
  place->resource = parent == NULL ? resource : NULL;
  g_hash_table_insert (self->places, json, place);

  if (_mb_value_type (json) != MB_VALUE_OBJECT || json_node_get_object (json) == NULL)
    return TRUE;
  if (!scan_identifiers (self, json, &resource, error))
    return FALSE;
  if (resource->root == json)
    place->resource = resource;

  json_object_iter_init_ordered (&iter, json_node_get_object (json));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      const MbKeywordInfo *info = _mb_keyword_find (name, &resource->dialect);
      MbShape shape = info != NULL ? info->shape : MB_SHAPE_ANY;
      gboolean good = TRUE;

      if (shape == MB_SHAPE_SCHEMA_ARRAY ||
          (shape == MB_SHAPE_SCHEMA_OR_ARRAY && _mb_value_type (member) == MB_VALUE_ARRAY))
        good = _mb_value_type (member) != MB_VALUE_ARRAY ||
               scan_array (self, member, resource, place, name, error);
      else if (shape == MB_SHAPE_SCHEMA || shape == MB_SHAPE_SCHEMA_OR_BOOLEAN ||
               shape == MB_SHAPE_SCHEMA_OR_ARRAY)
        good = scan (self, member, resource, place, name, NULL, -1, NULL, error);
      else if (shape == MB_SHAPE_SCHEMA_MAP || shape == MB_SHAPE_PATTERN_MAP ||
               shape == MB_SHAPE_DEPENDENCIES)
        good = scan_map (self, member, resource, place, name, error);

      if (!good)
        return FALSE;
    }

  return TRUE;
}

/* Checks a document by the metaschema that it names. */
static gboolean
check_document (MbCompiler      *self,
                JsonNode        *root,
                const char      *where,
                const char      *schema,
                const MbDialect *dialect,
                GError         **error)
{
  MbSchemaProgram *metaschema;
  MbSchemaProgram *made = NULL;
  gboolean limit = FALSE;

  if (schema != NULL && _mb_metaschema_get_draft (schema) == MB_SCHEMA_DRAFT_AUTO)
    {
      g_autofree char *plain = g_strndup (schema, strcspn (schema, "#"));
      gboolean built_in;
      JsonNode *node = find_known (self, plain, &built_in);

      metaschema = made = _mb_schema_program_new (node, plain, self->options, error);
      if (made == NULL)
        {
          g_prefix_error (error, _("The metaschema “%s” cannot be used: "), schema);
          return FALSE;
        }
    }
  else
    {
      metaschema = _mb_schema_program_get_meta (dialect->draft);
    }

  if (!_mb_schema_program_is_valid (metaschema, root, 50 * MB_SCHEMA_DEFAULT_STEPS, &limit))
    {
      g_autofree char *location = NULL;
      g_autofree char *rule = NULL;
      g_autofree char *sentence = NULL;

      if (limit)
        {
          g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
                       _("%s is too large to be checked by its metaschema."), where);
        }
      else
        {
          _mb_schema_program_explain (metaschema, root, 50 * MB_SCHEMA_DEFAULT_STEPS, &location,
                                      &rule, &sentence);
          g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID,
                       _("%s is not a valid schema of its draft: %s"), where, sentence);
        }
      g_clear_pointer (&made, _mb_schema_program_free);
      return FALSE;
    }

  g_clear_pointer (&made, _mb_schema_program_free);

  return TRUE;
}

/* Takes no reference to `root`, which must be sealed and outlive the program. */
MbResource *
_mb_compiler_add_document (MbCompiler       *self,
                           JsonNode         *root,
                           const char       *uri,
                           const MbDialect  *dialect,
                           gboolean          built_in,
                           GError          **error)
{
  MbDocument *document = _mb_schema_program_alloc (self->program, sizeof *document);
  gboolean main_document = g_hash_table_size (self->resources) == 0;
  g_autofree char *where = main_document ? g_strdup (_("The schema"))
                                         : g_strdup_printf (_("The document “%s”"), uri);
  const char *schema = get_string (root, "$schema");
  MbDialect own = *dialect;
  MbResource *retrieved;
  MbResource *identified;

  document->root = root;
  document->uri = _mb_schema_program_strdup (self->program, uri);
  document->built_in = built_in;
  if (!main_document && !built_in)
    g_ptr_array_add (self->program->documents, json_node_ref (root));

  if (schema != NULL && !find_dialect (self, schema, where, MAX_METASCHEMAS, &own, error))
    return NULL;
  if (!built_in && !check_document (self, root, where, schema, &own, error))
    return NULL;

  retrieved = add_resource (self, root, uri, document, &own);
  if (!scan (self, root, retrieved, NULL, NULL, NULL, -1, "", error))
    {
      g_prefix_error (error, _("%s cannot be used: "), where);
      return NULL;
    }

  /* The document goes by its own name from now on, and can be found by the other one, too. */
  identified = g_hash_table_lookup (self->roots, root);
  if (identified != retrieved)
    g_hash_table_insert (self->resources, (gpointer) retrieved->uri, identified);

  return identified;
}

static int
from_hex (char c)
{
  return g_ascii_isxdigit (c) ? g_ascii_xdigit_value (c) : -1;
}

static char *
decode_fragment (const char *fragment)
{
  GString *out = g_string_new (NULL);

  for (; *fragment != 0; fragment++)
    {
      int high = fragment[0] == '%' ? from_hex (fragment[1]) : -1;
      int low = high >= 0 ? from_hex (fragment[2]) : -1;

      if (low < 0)
        {
          g_string_append_c (out, *fragment);
          continue;
        }
      g_string_append_c (out, (char) (high * 16 + low));
      fragment += 2;
    }

  return g_string_free (out, FALSE);
}

/* Undoes ~1 and ~0, in place. */
static void
decode_token (char *token)
{
  char *to = token;

  for (; *token != 0; token++, to++)
    {
      *to = *token;
      if (token[0] == '~' && (token[1] == '0' || token[1] == '1'))
        *to = *++token == '0' ? '~' : '/';
    }
  *to = 0;
}

static JsonNode *
step_into (JsonNode   *node,
           const char *token)
{
  JsonArray *array;
  guint64 index;

  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      return json_object_get_member (json_node_get_object (node), token);

    case JSON_NODE_ARRAY:
      array = json_node_get_array (node);
      if (*token == 0 || (token[0] == '0' && token[1] != 0) ||
          strspn (token, "0123456789") != strlen (token))
        return NULL;
      index = g_ascii_strtoull (token, NULL, 10);
      return index < _mb_value_array_length (array) ? json_array_get_element (array, (guint) index)
        : NULL;

    case JSON_NODE_VALUE:
    case JSON_NODE_NULL:
    default:
      return NULL;
    }
}

/* Follows a JSON Pointer. Where it passes the root of another resource, that is in force from
 * there.
 */
static JsonNode *
follow_pointer (MbCompiler  *self,
                const char  *pointer,
                MbResource **resource)
{
  g_auto(GStrv) tokens = g_strsplit (pointer + 1, "/", -1);
  JsonNode *node = (*resource)->root;

  for (guint i = 0; tokens[i] != NULL && node != NULL; i++)
    {
      decode_token (tokens[i]);
      node = step_into (node, tokens[i]);
      if (node != NULL && g_hash_table_contains (self->roots, node))
        *resource = g_hash_table_lookup (self->roots, node);
    }

  /* "/" alone has one empty token, which g_strsplit() does not give. */
  if (tokens[0] == NULL && node != NULL)
    node = step_into (node, "");

  return node;
}

/* A URI may be that of a schema within a document of the registry that nothing has led to yet. */
static MbResource *
find_embedded (MbCompiler      *self,
               const char      *uri,
               const MbDialect *dialect)
{
  GHashTableIter iter;
  gpointer known, root;

  if (self->searched || self->options->registry == NULL)
    return NULL;
  self->searched = TRUE;

  g_hash_table_iter_init (&iter, self->options->registry);
  while (g_hash_table_iter_next (&iter, &known, &root))
    if (!g_hash_table_contains (self->resources, known))
      {
        g_autoptr(GError) ignored = NULL;

        /* A broken document is an error of those who mean it. */
        _mb_compiler_add_document (self, root, known, dialect, FALSE, &ignored);
      }

  return g_hash_table_lookup (self->resources, uri);
}

static MbResource *
find_resource (MbCompiler          *self,
               const MbSchemaNode  *from,
               const char          *keyword,
               const char          *uri,
               const char          *reference,
               GError             **error)
{
  MbResource *resource = g_hash_table_lookup (self->resources, uri);
  gboolean built_in;
  JsonNode *known;

  if (resource != NULL)
    return resource;

  known = find_known (self, uri, &built_in);
  if (known == NULL)
    resource = find_embedded (self, uri, &from->resource->dialect);
  if (resource != NULL)
    return resource;
  if (known == NULL)
    {
      _mb_compiler_fail (from, keyword, MB_SCHEMA_ERROR_UNRESOLVED, error,
                         _("leads to “%s”, which is neither part of the schema nor in the registry; "
                           "documents are never fetched"), reference);
      return NULL;
    }

  return _mb_compiler_add_document (self, known, uri, &from->resource->dialect, built_in, error);
}

gboolean
_mb_compiler_resolve (MbCompiler          *self,
                      const MbSchemaNode  *from,
                      const char          *keyword,
                      const char          *reference,
                      JsonNode           **json,
                      MbResource         **resource,
                      MbAnchor           **anchor,
                      GError             **error)
{
  g_autofree char *plain = g_strndup (reference, strcspn (reference, "#"));
  const char *hash = reference + strlen (plain);
  g_autofree char *fragment = decode_fragment (*hash == '#' ? hash + 1 : "");
  MbResource *start = from->resource;

  *anchor = NULL;

  if (*plain != 0)
    {
      g_autofree char *uri = _mb_uri_resolve (start->uri, plain);

      if (uri == NULL)
        {
          _mb_compiler_fail (from, keyword, MB_SCHEMA_ERROR_INVALID, error,
                             _("is “%s”, which is not a URI reference"), reference);
          return FALSE;
        }
      start = find_resource (self, from, keyword, uri, reference, error);
      if (start == NULL)
        return FALSE;
    }

  *resource = start;
  if (*fragment == 0)
    {
      *json = start->root;
    }
  else if (*fragment == '/')
    {
      *json = follow_pointer (self, fragment, resource);
    }
  else
    {
      *anchor = start->anchors != NULL ? g_hash_table_lookup (start->anchors, fragment) : NULL;
      *json = *anchor != NULL ? (*anchor)->json : NULL;
    }

  if (*json == NULL)
    {
      _mb_compiler_fail (from, keyword, MB_SCHEMA_ERROR_UNRESOLVED, error,
                         _("leads to “%s”, which does not exist"), reference);
      return FALSE;
    }

  /* A place that no keyword makes a schema becomes one by being referred to. */
  if (!g_hash_table_contains (self->places, *json))
    {
      MbPlace *place;

      if (!scan (self, *json, *resource, NULL, NULL, NULL, -1, fragment, error))
        return FALSE;
      place = g_hash_table_lookup (self->places, *json);
      if (place->resource == *resource)
        place->resource = start;
    }
  if (g_hash_table_contains (self->roots, *json))
    *resource = g_hash_table_lookup (self->roots, *json);

  return TRUE;
}

void
_mb_place_append (const MbPlace *place,
                  GString       *out)
{
  if (place->parent == NULL)
    {
      g_string_append (out, place->pointer);
      return;
    }

  _mb_place_append (place->parent, out);
  _mb_pointer_append (out, place->keyword);
  if (place->key != NULL)
    _mb_pointer_append (out, place->key);
  else if (place->index >= 0)
    g_string_append_printf (out, "/%d", place->index);
}

char *
_mb_place_get_absolute (const MbPlace *place)
{
  const MbPlace *from = place;
  GString *out = g_string_new (NULL);

  while (from->resource == NULL)
    from = from->parent;

  if (place == from)
    {
      g_string_append (out, place->parent == NULL ? place->pointer : "");
    }
  else
    {
      gsize skip;

      _mb_place_append (from, out);
      skip = from->parent == NULL ? 0 : out->len;
      g_string_truncate (out, 0);
      _mb_place_append (place, out);
      g_string_erase (out, 0, (gssize) skip);
    }

  g_string_prepend_c (out, '#');
  g_string_prepend (out, from->resource->uri);

  return g_string_free (out, FALSE);
}
