/* mb-schema-keywords.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* All keywords of all drafts in one table, and the metaschemas, which are made from it. */

#include "config.h"

#include "mb-schema-keywords-private.h"

#include <string.h>

#include "mb-schema-private.h"

#define D4 MB_SCHEMA_DRAFT_V4
#define D6 MB_SCHEMA_DRAFT_V6
#define D7 MB_SCHEMA_DRAFT_V7
#define D19 MB_SCHEMA_DRAFT_V2019_09
#define D20 MB_SCHEMA_DRAFT_V2020_12

#define ROW(name, keyword, first, last, vocabulary, shape) \
  { name, MB_KEYWORD_##keyword, first, last, MB_VOCABULARY_##vocabulary, MB_SHAPE_##shape }

/* Rows of one name follow each other. */
static const MbKeywordInfo keywords[] = {
  ROW ("$anchor", ANCHOR, D19, D20, CORE, ANCHOR),
  ROW ("$comment", COMMENT, D7, D20, CORE, STRING),
  ROW ("$defs", DEFS, D19, D20, CORE, SCHEMA_MAP),
  ROW ("$dynamicAnchor", DYNAMIC_ANCHOR, D20, D20, CORE, ANCHOR),
  ROW ("$dynamicRef", DYNAMIC_REF, D20, D20, CORE, URI_REFERENCE),
  ROW ("$id", ID, D6, D7, CORE, URI_REFERENCE),
  ROW ("$id", ID, D19, D20, CORE, ID),
  ROW ("$recursiveAnchor", RECURSIVE_ANCHOR, D19, D19, CORE, BOOLEAN),
  ROW ("$recursiveAnchor", COMMENT, D20, D20, LEGACY, ANCHOR),
  ROW ("$recursiveRef", RECURSIVE_REF, D19, D19, CORE, URI_REFERENCE),
  ROW ("$recursiveRef", COMMENT, D20, D20, LEGACY, URI_REFERENCE),
  /* Draft 4 knows references from another specification, and its metaschema says nothing of them.
   * 
   */
  ROW ("$ref", REF, D4, D20, CORE, URI_REFERENCE),
  ROW ("$schema", SCHEMA, D4, D4, CORE, STRING),
  ROW ("$schema", SCHEMA, D6, D20, CORE, URI),
  ROW ("$vocabulary", VOCABULARY, D19, D20, CORE, VOCABULARY),
  ROW ("additionalItems", ADDITIONAL_ITEMS, D4, D4, APPLICATOR, SCHEMA_OR_BOOLEAN),
  ROW ("additionalItems", ADDITIONAL_ITEMS, D6, D19, APPLICATOR, SCHEMA),
  ROW ("additionalProperties", ADDITIONAL_PROPERTIES, D4, D4, APPLICATOR, SCHEMA_OR_BOOLEAN),
  ROW ("additionalProperties", ADDITIONAL_PROPERTIES, D6, D20, APPLICATOR, SCHEMA),
  ROW ("allOf", ALL_OF, D4, D20, APPLICATOR, SCHEMA_ARRAY),
  ROW ("anyOf", ANY_OF, D4, D20, APPLICATOR, SCHEMA_ARRAY),
  ROW ("const", CONST, D6, D20, VALIDATION, ANY),
  ROW ("contains", CONTAINS, D6, D20, APPLICATOR, SCHEMA),
  ROW ("contentEncoding", ANNOTATION, D7, D20, CONTENT, STRING),
  ROW ("contentMediaType", ANNOTATION, D7, D20, CONTENT, STRING),
  ROW ("contentSchema", ANNOTATION, D19, D20, CONTENT, SCHEMA),
  ROW ("default", ANNOTATION, D4, D20, META_DATA, ANY),
  ROW ("definitions", DEFS, D4, D7, CORE, SCHEMA_MAP),
  ROW ("definitions", DEFS, D19, D20, LEGACY, SCHEMA_MAP),
  ROW ("dependencies", DEPENDENCIES, D4, D7, APPLICATOR, DEPENDENCIES),
  ROW ("dependencies", DEPENDENCIES, D19, D20, LEGACY, DEPENDENCIES),
  ROW ("dependentRequired", DEPENDENT_REQUIRED, D19, D20, VALIDATION, STRINGS_MAP),
  ROW ("dependentSchemas", DEPENDENT_SCHEMAS, D19, D20, APPLICATOR, SCHEMA_MAP),
  ROW ("deprecated", ANNOTATION, D19, D20, META_DATA, BOOLEAN),
  ROW ("description", ANNOTATION, D4, D20, META_DATA, STRING),
  ROW ("else", ELSE, D7, D20, APPLICATOR, SCHEMA),
  ROW ("enum", ENUM, D4, D20, VALIDATION, ARRAY),
  ROW ("examples", ANNOTATION, D6, D20, META_DATA, ARRAY),
  ROW ("exclusiveMaximum", EXCLUSIVE_MAXIMUM, D4, D4, VALIDATION, BOOLEAN),
  ROW ("exclusiveMaximum", EXCLUSIVE_MAXIMUM, D6, D20, VALIDATION, NUMBER),
  ROW ("exclusiveMinimum", EXCLUSIVE_MINIMUM, D4, D4, VALIDATION, BOOLEAN),
  ROW ("exclusiveMinimum", EXCLUSIVE_MINIMUM, D6, D20, VALIDATION, NUMBER),
  ROW ("format", FORMAT, D4, D20, FORMAT, STRING),
  ROW ("id", ID, D4, D4, CORE, STRING),
  ROW ("if", IF, D7, D20, APPLICATOR, SCHEMA),
  ROW ("items", ITEMS, D4, D19, APPLICATOR, SCHEMA_OR_ARRAY),
  ROW ("items", ITEMS, D20, D20, APPLICATOR, SCHEMA),
  ROW ("maxContains", MAX_CONTAINS, D19, D20, VALIDATION, COUNT),
  ROW ("maxItems", MAX_ITEMS, D4, D20, VALIDATION, COUNT),
  ROW ("maxLength", MAX_LENGTH, D4, D20, VALIDATION, COUNT),
  ROW ("maxProperties", MAX_PROPERTIES, D4, D20, VALIDATION, COUNT),
  ROW ("maximum", MAXIMUM, D4, D20, VALIDATION, NUMBER),
  ROW ("minContains", MIN_CONTAINS, D19, D20, VALIDATION, COUNT),
  ROW ("minItems", MIN_ITEMS, D4, D20, VALIDATION, COUNT_DEFAULT),
  ROW ("minLength", MIN_LENGTH, D4, D20, VALIDATION, COUNT_DEFAULT),
  ROW ("minProperties", MIN_PROPERTIES, D4, D20, VALIDATION, COUNT_DEFAULT),
  ROW ("minimum", MINIMUM, D4, D20, VALIDATION, NUMBER),
  ROW ("multipleOf", MULTIPLE_OF, D4, D20, VALIDATION, POSITIVE),
  ROW ("not", NOT, D4, D20, APPLICATOR, SCHEMA),
  ROW ("oneOf", ONE_OF, D4, D20, APPLICATOR, SCHEMA_ARRAY),
  ROW ("pattern", PATTERN, D4, D20, VALIDATION, REGEX),
  ROW ("patternProperties", PATTERN_PROPERTIES, D4, D20, APPLICATOR, PATTERN_MAP),
  ROW ("prefixItems", PREFIX_ITEMS, D20, D20, APPLICATOR, SCHEMA_ARRAY),
  ROW ("properties", PROPERTIES, D4, D20, APPLICATOR, SCHEMA_MAP),
  ROW ("propertyNames", PROPERTY_NAMES, D6, D20, APPLICATOR, SCHEMA),
  ROW ("readOnly", ANNOTATION, D7, D20, META_DATA, BOOLEAN),
  ROW ("required", REQUIRED, D4, D20, VALIDATION, STRINGS),
  ROW ("then", THEN, D7, D20, APPLICATOR, SCHEMA),
  ROW ("title", ANNOTATION, D4, D20, META_DATA, STRING),
  ROW ("type", TYPE, D4, D20, VALIDATION, TYPE),
  ROW ("unevaluatedItems", UNEVALUATED_ITEMS, D19, D19, APPLICATOR, SCHEMA),
  ROW ("unevaluatedItems", UNEVALUATED_ITEMS, D20, D20, UNEVALUATED, SCHEMA),
  ROW ("unevaluatedProperties", UNEVALUATED_PROPERTIES, D19, D19, APPLICATOR, SCHEMA),
  ROW ("unevaluatedProperties", UNEVALUATED_PROPERTIES, D20, D20, UNEVALUATED, SCHEMA),
  ROW ("uniqueItems", UNIQUE_ITEMS, D4, D20, VALIDATION, BOOLEAN),
  ROW ("writeOnly", ANNOTATION, D7, D20, META_DATA, BOOLEAN),
};

static const struct
{
  MbSchemaDraft draft;
  const char   *uri;
} drafts[] = {
  { D4, "http://json-schema.org/draft-04/schema" },
  { D6, "http://json-schema.org/draft-06/schema" },
  { D7, "http://json-schema.org/draft-07/schema" },
  { D19, "https://json-schema.org/draft/2019-09/schema" },
  { D20, "https://json-schema.org/draft/2020-12/schema" },
};

/* In the order in which the two modular metaschemas apply them. */
static const struct
{
  const char *name;
  guint       vocabulary;
  guint8      first;
  guint8      last;
} vocabularies[] = {
  { "core", MB_VOCABULARY_CORE, D19, D20 },
  { "applicator", MB_VOCABULARY_APPLICATOR, D19, D20 },
  { "unevaluated", MB_VOCABULARY_UNEVALUATED, D20, D20 },
  { "validation", MB_VOCABULARY_VALIDATION, D19, D20 },
  { "meta-data", MB_VOCABULARY_META_DATA, D19, D20 },
  { "format", MB_VOCABULARY_FORMAT, D19, D19 },
  { "format-annotation", MB_VOCABULARY_FORMAT, D20, D20 },
  { "content", MB_VOCABULARY_CONTENT, D19, D20 },
  /* Not part of the metaschema of its draft, but of others' metaschemas. */
  { "format-assertion", MB_VOCABULARY_FORMAT | MB_VOCABULARY_ASSERT, D20, D20 },
};

static GHashTable *
keyword_index (void)
{
  static GHashTable *index;

  if (g_once_init_enter (&index))
    {
      GHashTable *table = g_hash_table_new (g_str_hash, g_str_equal);

      for (guint i = G_N_ELEMENTS (keywords); i-- > 0; )
        g_hash_table_insert (table, (gpointer) keywords[i].name, (gpointer) &keywords[i]);
      g_once_init_leave (&index, table);
    }

  return index;
}

const MbKeywordInfo *
_mb_keyword_find (const char      *name,
                  const MbDialect *dialect)
{
  const MbKeywordInfo *info = g_hash_table_lookup (keyword_index (), name);
  const MbKeywordInfo *end = keywords + G_N_ELEMENTS (keywords);

  for (const char *found = name; info != NULL && info < end &&
       strcmp (info->name, found) == 0; info++)
    if (info->first <= dialect->draft && dialect->draft <= info->last)
      return (info->vocabulary & (dialect->vocabularies | MB_VOCABULARY_CORE |
                                  MB_VOCABULARY_LEGACY)) ? info : NULL;

  return NULL;
}

const char *
_mb_metaschema_get_uri (MbSchemaDraft draft)
{
  for (guint i = 0; i < G_N_ELEMENTS (drafts); i++)
    if (drafts[i].draft == draft)
      return drafts[i].uri;

  return NULL;
}

MbSchemaDraft
_mb_metaschema_get_draft (const char *uri)
{
  for (guint i = 0; i < G_N_ELEMENTS (drafts); i++)
    {
      gsize length = strlen (drafts[i].uri);

      if (strncmp (uri, drafts[i].uri, length) == 0 &&
          (uri[length] == 0 || strcmp (uri + length, "#") == 0))
        return drafts[i].draft;
    }

  return MB_SCHEMA_DRAFT_AUTO;
}

static const char *
draft_folder (MbSchemaDraft draft)
{
  return draft == D19 ? "https://json-schema.org/draft/2019-09/"
                      : "https://json-schema.org/draft/2020-12/";
}

guint
_mb_vocabulary_find (const char    *uri,
                     MbSchemaDraft  draft,
                     gboolean       required)
{
  const char *folder = draft_folder (draft);
  guint found = 0;

  if (draft < D19 || !g_str_has_prefix (uri, folder) ||
      !g_str_has_prefix (uri + strlen (folder), "vocab/"))
    return 0;
  uri += strlen (folder) + strlen ("vocab/");

  for (guint i = 0; i < G_N_ELEMENTS (vocabularies); i++)
    if (vocabularies[i].first <= draft && draft <= vocabularies[i].last &&
        strcmp (vocabularies[i].name, uri) == 0)
      found = vocabularies[i].vocabulary;

  /* In 2019-09, one vocabulary serves both purposes, and this is how to tell them apart. */
  if (draft == D19 && found == MB_VOCABULARY_FORMAT && required)
    found |= MB_VOCABULARY_ASSERT;

  return found;
}

/* The metaschemas. In the templates, @ is a reference to the schema of all schemas, ! the pointer
 * to the folder of definitions.
 */
static const char *
shape_template (MbShape       shape,
                MbSchemaDraft draft)
{
  switch (shape)
    {
    case MB_SHAPE_SCHEMA:
      return "@";
    case MB_SHAPE_SCHEMA_OR_BOOLEAN:
      return "{'anyOf':[{'type':'boolean'},@]}";
    case MB_SHAPE_SCHEMA_OR_ARRAY:
      return "{'anyOf':[@,{'$ref':'!schemaArray'}]}";
    case MB_SHAPE_SCHEMA_ARRAY:
      return "{'$ref':'!schemaArray'}";
    case MB_SHAPE_SCHEMA_MAP:
      return "{'type':'object','additionalProperties':@}";
    case MB_SHAPE_PATTERN_MAP:
      return draft == D4 ? "{'type':'object','additionalProperties':@}"
                         : "{'type':'object','additionalProperties':@,"
                           "'propertyNames':{'format':'regex'}}";
    case MB_SHAPE_DEPENDENCIES:
      return draft == D19 || draft == D20
             ? "{'type':'object','additionalProperties':"
               "{'anyOf':[@,{'$ref':'meta/validation!stringArray'}]}}"
             : "{'type':'object','additionalProperties':{'anyOf':[@,{'$ref':'!stringArray'}]}}";
    case MB_SHAPE_STRING:
      return "{'type':'string'}";
    case MB_SHAPE_URI:
      return "{'type':'string','format':'uri'}";
    case MB_SHAPE_URI_REFERENCE:
      return draft == D4 ? "{'type':'string'}" : "{'type':'string','format':'uri-reference'}";
    case MB_SHAPE_ID:
      return "{'type':'string','format':'uri-reference','pattern':'^[^#]*#?$'}";
    case MB_SHAPE_ANCHOR:
      return draft == D19 ? "{'type':'string','pattern':'^[A-Za-z][-A-Za-z0-9.:_]*$'}"
                          : "{'type':'string','pattern':'^[A-Za-z_][-A-Za-z0-9._]*$'}";
    case MB_SHAPE_REGEX:
      return "{'type':'string','format':'regex'}";
    case MB_SHAPE_VOCABULARY:
      return "{'type':'object','propertyNames':{'type':'string','format':'uri'},"
             "'additionalProperties':{'type':'boolean'}}";
    case MB_SHAPE_STRINGS:
      return "{'$ref':'!stringArray'}";
    case MB_SHAPE_STRINGS_MAP:
      return "{'type':'object','additionalProperties':{'$ref':'!stringArray'}}";
    case MB_SHAPE_COUNT:
      return draft == D4 ? "{'$ref':'!positiveInteger'}" : "{'$ref':'!nonNegativeInteger'}";
    case MB_SHAPE_COUNT_DEFAULT:
      return draft == D4 ? "{'$ref':'!positiveIntegerDefault0'}"
                         : "{'$ref':'!nonNegativeIntegerDefault0'}";
    case MB_SHAPE_NUMBER:
      return "{'type':'number'}";
    case MB_SHAPE_POSITIVE:
      return draft == D4 ? "{'type':'number','minimum':0,'exclusiveMinimum':true}"
                         : "{'type':'number','exclusiveMinimum':0}";
    case MB_SHAPE_BOOLEAN:
      return "{'type':'boolean'}";
    case MB_SHAPE_ARRAY:
      return "{'type':'array'}";
    case MB_SHAPE_TYPE:
      return "{'anyOf':[{'$ref':'!simpleTypes'},{'type':'array','items':{'$ref':'!simpleTypes'},"
             "'minItems':1,'uniqueItems':true}]}";
    case MB_SHAPE_ANY:
    default:
      return "{}";
    }
}

static void
append_template (GString       *out,
                 const char    *text,
                 MbSchemaDraft  draft)
{
  for (; *text != 0; text++)
    if (*text == '\'')
      g_string_append_c (out, '"');
    else if (*text == '@')
      g_string_append (out, draft == D20 ? "{\"$dynamicRef\":\"#meta\"}"
                       : draft == D19 ? "{\"$recursiveRef\":\"#\"}" : "{\"$ref\":\"#\"}");
    else if (*text == '!')
      g_string_append (out, draft >= D19 ? "#/$defs/" : "#/definitions/");
    else
      g_string_append_c (out, *text);
}

static void
append_properties (GString       *out,
                   MbSchemaDraft  draft,
                   guint          vocabulary)
{
  gboolean first = TRUE;

  append_template (out, ",'properties':{", draft);
  for (guint i = 0; i < G_N_ELEMENTS (keywords); i++)
    {
      const MbKeywordInfo *info = &keywords[i];

      if (draft < info->first || info->last < draft || (info->vocabulary & vocabulary) == 0 ||
          (draft == D4 && info->keyword == MB_KEYWORD_REF))
        continue;
      g_string_append_printf (out, "%s\"%s\":", first ? "" : ",", info->name);
      append_template (out, shape_template (info->shape, draft), draft);
      first = FALSE;
    }
  g_string_append_c (out, '}');
}

static void
append_definitions (GString       *out,
                    MbSchemaDraft  draft,
                    guint          vocabulary)
{
  const char *parts[4] = { NULL };
  guint n = 0;

  if (vocabulary & MB_VOCABULARY_APPLICATOR)
    parts[n++] = "'schemaArray':{'type':'array','minItems':1,'items':@}";
  if (vocabulary & MB_VOCABULARY_VALIDATION)
    {
      parts[n++] =
        "'simpleTypes':{'enum':['array','boolean','integer','null','number','object','string']}";
      parts[n++] = draft == D4 ? "'stringArray':{'type':'array','items':{'type':'string'},"
                                 "'minItems':1,'uniqueItems':true}"
                               : "'stringArray':{'type':'array','items':{'type':'string'},"
                                 "'uniqueItems':true,'default':[]}";
      if (draft == D4)
        parts[n++] = "'positiveInteger':{'type':'integer','minimum':0},"
                     "'positiveIntegerDefault0':{'allOf':[{'$ref':'!positiveInteger'},{'default':0}]}";
      else if (draft < D19)
        parts[n++] =
          "'nonNegativeInteger':{'type':'integer','minimum':0},'nonNegativeIntegerDefault0':"
                     "{'allOf':[{'$ref':'!nonNegativeInteger'},{'default':0}]}";
      else
        parts[n++] =
          "'nonNegativeInteger':{'type':'integer','minimum':0},'nonNegativeIntegerDefault0':"
                     "{'$ref':'!nonNegativeInteger','default':0}";
    }

  for (guint i = 0; i < n; i++)
    {
      append_template (out, i > 0 ? "," : draft >= D19 ? ",'$defs':{" : ",'definitions':{", draft);
      append_template (out, parts[i], draft);
    }
  if (n > 0)
    g_string_append_c (out, '}');
}

static void
append_head (GString       *out,
             MbSchemaDraft  draft,
             const char    *uri)
{
  const char *hash = draft >= D19 ? "" : "#";

  g_string_append_printf (out, "{\"%s\":\"%s%s\",\"$schema\":\"%s%s\"", draft == D4 ? "id" : "$id",
                          uri, hash, _mb_metaschema_get_uri (draft), hash);
  append_template (out, draft == D4 ? ",'type':'object'" : ",'type':['object','boolean']", draft);
  if (draft == D19)
    append_template (out, ",'$recursiveAnchor':true", draft);
  if (draft == D20)
    append_template (out, ",'$dynamicAnchor':'meta'", draft);
}

static void
append_vocabularies (GString       *out,
                     MbSchemaDraft  draft)
{
  const char *folder = draft_folder (draft);

  for (guint pass = 0; pass < 2; pass++)
    {
      gboolean first = TRUE;

      append_template (out, pass == 0 ? ",'$vocabulary':{" : ",'allOf':[", draft);
      for (guint i = 0; i < G_N_ELEMENTS (vocabularies); i++)
        {
          if (draft < vocabularies[i].first || vocabularies[i].last < draft ||
              (vocabularies[i].vocabulary & MB_VOCABULARY_ASSERT))
            continue;
          if (!first)
            g_string_append_c (out, ',');
          first = FALSE;
          if (pass == 0)
            g_string_append_printf (out, "\"%svocab/%s\":%s", folder, vocabularies[i].name,
                                    draft == D19 &&
                                    vocabularies[i].vocabulary == MB_VOCABULARY_FORMAT
                                    ? "false" : "true");
          else
            g_string_append_printf (out, "{\"$ref\":\"meta/%s\"}", vocabularies[i].name);
        }
      g_string_append_c (out, pass == 0 ? '}' : ']');
    }
}

static void
add_document (GHashTable    *documents,
              MbSchemaDraft  draft,
              const char    *uri,
              guint          vocabulary,
              gboolean       modular_root)
{
  g_autoptr(GString) text = g_string_new (NULL);
  JsonNode *node;

  append_head (text, draft, uri);
  if (modular_root)
    append_vocabularies (text, draft);
  append_properties (text, draft, vocabulary);
  append_definitions (text, draft, modular_root ? 0 : vocabulary);
  if (draft == D4)
    append_template (text, ",'dependencies':{'exclusiveMaximum':['maximum'],"
                     "'exclusiveMinimum':['minimum']}", draft);
  g_string_append_c (text, '}');

  node = _mb_schema_read_text (text->str, text->len, NULL);
  g_assert (node != NULL);
  g_hash_table_insert (documents, g_strdup (uri), node);
}

static GHashTable *
make_documents (void)
{
  GHashTable *documents = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < G_N_ELEMENTS (drafts); i++)
    {
      MbSchemaDraft draft = drafts[i].draft;

      add_document (documents, draft, drafts[i].uri,
                    draft >= D19 ? MB_VOCABULARY_LEGACY : MB_VOCABULARY_ALL, draft >= D19);

      for (guint j = 0; draft >= D19 && j < G_N_ELEMENTS (vocabularies); j++)
        if (vocabularies[j].first <= draft && draft <= vocabularies[j].last)
          {
            g_autofree char *uri = g_strconcat (draft_folder (draft), "meta/", vocabularies[j].name,
                                                NULL);

            add_document (documents, draft, uri, vocabularies[j].vocabulary, FALSE);
          }
    }

  return documents;
}

JsonNode *
_mb_metaschema_get (const char *uri)
{
  static GHashTable *documents;

  if (g_once_init_enter (&documents))
    g_once_init_leave (&documents, make_documents ());

  return g_hash_table_lookup (documents, uri);
}
