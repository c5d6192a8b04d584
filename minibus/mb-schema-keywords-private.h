/* mb-schema-keywords-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-schema.h"

G_BEGIN_DECLS

typedef enum
{
  MB_KEYWORD_NONE,
  MB_KEYWORD_ADDITIONAL_ITEMS,
  MB_KEYWORD_ADDITIONAL_PROPERTIES,
  MB_KEYWORD_ALL_OF,
  MB_KEYWORD_ANCHOR,
  MB_KEYWORD_ANNOTATION,
  MB_KEYWORD_ANY_OF,
  MB_KEYWORD_COMMENT,
  MB_KEYWORD_CONST,
  MB_KEYWORD_CONTAINS,
  MB_KEYWORD_DEFS,
  MB_KEYWORD_DEPENDENCIES,
  MB_KEYWORD_DEPENDENT_REQUIRED,
  MB_KEYWORD_DEPENDENT_SCHEMAS,
  MB_KEYWORD_DYNAMIC_ANCHOR,
  MB_KEYWORD_DYNAMIC_REF,
  MB_KEYWORD_ELSE,
  MB_KEYWORD_ENUM,
  MB_KEYWORD_EXCLUSIVE_MAXIMUM,
  MB_KEYWORD_EXCLUSIVE_MINIMUM,
  MB_KEYWORD_FORMAT,
  MB_KEYWORD_ID,
  MB_KEYWORD_IF,
  MB_KEYWORD_ITEMS,
  MB_KEYWORD_MAXIMUM,
  MB_KEYWORD_MAX_CONTAINS,
  MB_KEYWORD_MAX_ITEMS,
  MB_KEYWORD_MAX_LENGTH,
  MB_KEYWORD_MAX_PROPERTIES,
  MB_KEYWORD_MINIMUM,
  MB_KEYWORD_MIN_CONTAINS,
  MB_KEYWORD_MIN_ITEMS,
  MB_KEYWORD_MIN_LENGTH,
  MB_KEYWORD_MIN_PROPERTIES,
  MB_KEYWORD_MULTIPLE_OF,
  MB_KEYWORD_NOT,
  MB_KEYWORD_ONE_OF,
  MB_KEYWORD_PATTERN,
  MB_KEYWORD_PATTERN_PROPERTIES,
  MB_KEYWORD_PREFIX_ITEMS,
  MB_KEYWORD_PROPERTIES,
  MB_KEYWORD_PROPERTY_NAMES,
  MB_KEYWORD_RECURSIVE_ANCHOR,
  MB_KEYWORD_RECURSIVE_REF,
  MB_KEYWORD_REF,
  MB_KEYWORD_REQUIRED,
  MB_KEYWORD_SCHEMA,
  MB_KEYWORD_THEN,
  MB_KEYWORD_TYPE,
  MB_KEYWORD_UNEVALUATED_ITEMS,
  MB_KEYWORD_UNEVALUATED_PROPERTIES,
  MB_KEYWORD_UNIQUE_ITEMS,
  MB_KEYWORD_VOCABULARY,
} MbKeyword;

/* What the value of a keyword looks like. */
typedef enum
{
  MB_SHAPE_ANY,
  MB_SHAPE_SCHEMA,
  MB_SHAPE_SCHEMA_OR_BOOLEAN,
  MB_SHAPE_SCHEMA_OR_ARRAY,
  MB_SHAPE_SCHEMA_ARRAY,
  MB_SHAPE_SCHEMA_MAP,
  MB_SHAPE_PATTERN_MAP,
  MB_SHAPE_DEPENDENCIES,
  MB_SHAPE_STRING,
  MB_SHAPE_URI,
  MB_SHAPE_URI_REFERENCE,
  MB_SHAPE_ID,
  MB_SHAPE_ANCHOR,
  MB_SHAPE_REGEX,
  MB_SHAPE_VOCABULARY,
  MB_SHAPE_STRINGS,
  MB_SHAPE_STRINGS_MAP,
  MB_SHAPE_COUNT,
  MB_SHAPE_COUNT_DEFAULT,
  MB_SHAPE_NUMBER,
  MB_SHAPE_POSITIVE,
  MB_SHAPE_BOOLEAN,
  MB_SHAPE_ARRAY,
  MB_SHAPE_TYPE,
} MbShape;

typedef enum
{
  MB_VOCABULARY_CORE        = 1 << 0,
  MB_VOCABULARY_APPLICATOR  = 1 << 1,
  MB_VOCABULARY_UNEVALUATED = 1 << 2,
  MB_VOCABULARY_VALIDATION  = 1 << 3,
  MB_VOCABULARY_META_DATA   = 1 << 4,
  MB_VOCABULARY_FORMAT      = 1 << 5,
  MB_VOCABULARY_CONTENT     = 1 << 6,
  /* Keywords of former drafts that the later ones still know. */
  MB_VOCABULARY_LEGACY      = 1 << 7,
  MB_VOCABULARY_ALL         = 0xff,
  /* Not a set of keywords: formats are asserted. */
  MB_VOCABULARY_ASSERT      = 1 << 8,
} MbVocabulary;

typedef struct
{
  const char *name;
  guint8      keyword;
  guint8      first;          /* the first and the last MbSchemaDraft that have it so */
  guint8      last;
  guint8      vocabulary;
  guint8      shape;
} MbKeywordInfo;

/* What `$schema` says. */
typedef struct
{
  MbSchemaDraft draft;
  guint         vocabularies;
} MbDialect;

const MbKeywordInfo *_mb_keyword_find           (const char      *name,
                                                 const MbDialect *dialect);
/* The built-in document at an absolute URI without fragment, sealed and living for ever, or NULL.
 * 
 */
JsonNode            *_mb_metaschema_get         (const char      *uri);
const char          *_mb_metaschema_get_uri     (MbSchemaDraft    draft);
/* MB_SCHEMA_DRAFT_AUTO if the URI, with or without an empty fragment, is not that of a draft. */
MbSchemaDraft        _mb_metaschema_get_draft   (const char      *uri);
/* The bit of a vocabulary, 0 if it is not known in `draft`. */
guint                _mb_vocabulary_find        (const char      *uri,
                                                 MbSchemaDraft    draft,
                                                 gboolean         required);

G_END_DECLS
