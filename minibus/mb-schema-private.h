/* mb-schema-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <string.h>

#include "mb-schema.h"
#include "mb-schema-keywords-private.h"
#include "mb-schema-regex-private.h"
#include "mb-schema-value-private.h"

G_BEGIN_DECLS

/* A schema may be nested as deep as any JSON on the bus. */
#define MB_SCHEMA_MAX_NESTING 64
/* Values in all documents of one schema together, and schemas compiled from them. */
#define MB_SCHEMA_MAX_VALUES 200000
#define MB_SCHEMA_MAX_NODES 50000
/* Steps to make all the automata of one schema; about a tenth of a second. */
#define MB_SCHEMA_MAX_REGEX_WORK 20000000
/* Anchors looked at to find those that dynamic references may lead to. */
#define MB_SCHEMA_MAX_ANCHOR_WORK 5000000
/* Schemas within schemas and values within values while evaluating; less than 1 KiB of stack each.
 * 
 */
#define MB_SCHEMA_MAX_DEPTH 500
/* Schema keywords, members and items looked at in one validation. */
#define MB_SCHEMA_DEFAULT_STEPS 1000000
/* Errors in one report. */
#define MB_SCHEMA_DEFAULT_ERRORS 32

typedef struct _MbSchemaNode MbSchemaNode;
typedef struct _MbSchemaProgram MbSchemaProgram;
typedef struct _MbResource MbResource;
typedef struct _MbDocument MbDocument;
typedef struct _MbFormat MbFormat;
typedef struct _MbPlace MbPlace;

/* Names known when a schema is compiled, to be found fast. */
typedef struct
{
  const char   *name;
  guint32       length;
  guint32       next;         /* index + 1 of the next in the same slot */
  guint64       hash;
  guint64       first;        /* its ends, see mb-schema-names.c */
  guint64       last;
  MbSchemaNode *schema;       /* of `properties`, or NULL */
  gboolean      required;
} MbName;

typedef struct
{
  MbName  *names;
  guint32 *slots;             /* index + 1 */
  guint32  n_names;
  guint32  mask;
  guint64  seed;
  gboolean whole;             /* hash all bytes, as the ends alone do not tell the names apart */
} MbNameTable;

typedef struct
{
  MbNumber minimum;
  MbNumber maximum;
  MbNumber multiple_of;
  MbNumber exclusive_minimum;
  MbNumber exclusive_maximum;
  guint    has_minimum : 1;
  guint    has_maximum : 1;
  guint    has_multiple_of : 1;
  guint    has_exclusive_minimum : 1;
  guint    has_exclusive_maximum : 1;
  /* Draft 4: whether `minimum` and `maximum` themselves are excluded. */
  guint    minimum_excluded : 1;
  guint    maximum_excluded : 1;
} MbNumberRules;

typedef struct
{
  guint64         min_length;
  guint64         max_length;
  MbRegex        *pattern;
  const MbFormat *format;
} MbStringRules;

typedef struct
{
  guint64        min_items;
  guint64        max_items;
  MbSchemaNode **prefix;      /* `prefixItems`, or the array form of `items` */
  guint          n_prefix;
  MbSchemaNode  *rest;        /* `items`, `additionalItems` */
  MbSchemaNode  *contains;
  guint64        min_contains;
  guint64        max_contains;
  MbSchemaNode  *unevaluated;
  gboolean       unique;
  gboolean       contains_marks;
} MbArrayRules;

typedef struct
{
  const char    *name;
  const char   **required;
  guint          n_required;
  MbSchemaNode  *schema;
} MbDependency;

typedef struct
{
  MbRegex      *regex;
  const char   *source;
  MbSchemaNode *schema;
} MbPatternProperty;

typedef struct
{
  guint64            min_properties;
  guint64            max_properties;
  MbNameTable        table;   /* of `properties` and `required` */
  guint              n_required;
  MbPatternProperty *patterns;
  guint              n_patterns;
  MbSchemaNode      *additional;
  MbSchemaNode      *property_names;
  /* `dependencies`, `dependentRequired` and `dependentSchemas` */
  MbDependency      *dependencies;
  guint              n_dependencies;
  MbSchemaNode      *unevaluated;
} MbObjectRules;

/* A set of values: `enum`, or `const`. */
typedef struct
{
  gboolean      has_null;
  gboolean      has_true;
  gboolean      has_false;
  MbNameTable   strings;
  MbNumber     *numbers;      /* sorted */
  guint         n_numbers;
  JsonNode    **others;
  guint64      *hashes;
  guint         n_others;
} MbValueSet;

typedef struct
{
  MbSchemaNode  *ref;
  MbSchemaNode  *dynamic_ref; /* where it leads without a dynamic scope */
  const char    *dynamic_name; /* interned in the program; NULL: a plain reference */
  MbSchemaNode **all_of;
  MbSchemaNode **any_of;
  MbSchemaNode **one_of;
  guint          n_all_of;
  guint          n_any_of;
  guint          n_one_of;
  MbSchemaNode  *not;
  MbSchemaNode  *if_;
  MbSchemaNode  *then;
  MbSchemaNode  *else_;
} MbLogicRules;

typedef enum
{
  MB_NODE_NUMBER  = 1 << 0,
  MB_NODE_STRING  = 1 << 1,
  MB_NODE_ARRAY   = 1 << 2,
  MB_NODE_OBJECT  = 1 << 3,
  MB_NODE_VALUES  = 1 << 4,
  MB_NODE_LOGIC   = 1 << 5,
  /* Has `unevaluatedProperties` or `unevaluatedItems`, and so keeps marks of its own. */
  MB_NODE_MARKS   = 1 << 6,
} MbNodeFlags;

struct _MbSchemaNode
{
  const MbSchemaNode  *target;    /* itself, or where a schema that is but a reference leads */
  guint8               types;
  guint8               flags;
  gboolean             draft4;
  const MbNumberRules *number;
  const MbStringRules *string;
  const MbArrayRules  *array;
  const MbObjectRules *object;
  const MbValueSet    *values;
  const MbValueSet    *constant;
  const MbLogicRules  *logic;
  MbResource          *resource;

  /* Where it comes from; for reports, and for other references to the same place. */
  JsonNode            *json;
  const MbPlace       *place;
  guint                mark;      /* of the search for cycles */
};

/* Where in a document a schema is. */
struct _MbPlace
{
  const MbPlace    *parent;       /* (nullable) */
  const char       *keyword;      /* of the parent */
  const char       *key;          /* (nullable): in the map that the keyword holds … */
  int               index;        /* … or in its array, else -1 */
  const char       *pointer;      /* without parent: from the root of `resource` */
  const MbResource *resource;     /* that begins here, or that `pointer` is in */
};

/* A schema with a URI of its own. */
struct _MbResource
{
  const char    *uri;             /* absolute, without fragment */
  JsonNode      *root;
  MbDocument    *document;
  MbDialect      dialect;
  GHashTable    *anchors;         /* (nullable): name -> MbAnchor */
  GHashTable    *dynamic;         /* (nullable): name -> MbSchemaNode, filled last */
};

typedef struct
{
  JsonNode   *json;
  MbResource *resource;
  gboolean    dynamic;
} MbAnchor;

struct _MbSchemaProgram
{
  MbSchemaNode *root;
  JsonNode     *json;             /* the document that the root is in */
  const char   *uri;
  MbDialect     dialect;
  gboolean      has_dynamic;
  gboolean      synthetic_uri;

  GPtrArray    *documents;        /* JsonNode, of the registry */
  GPtrArray    *regexes;
  GPtrArray    *blocks;           /* of the arena */
  GPtrArray    *resources;
  gsize         block_used;
  gsize         block_size;
};

/* What a program is made from. */
typedef struct
{
  MbSchemaDraft  default_draft;
  gboolean       assert_formats;
  gboolean       trusted;         /* not to be checked by its metaschema */
  GHashTable    *registry;        /* (nullable): URI without fragment -> sealed JsonNode */
} MbSchemaOptions;

/* Evaluation */
typedef struct
{
  MbBudget    budget;
  gboolean    has_dynamic;
  /* What is evaluated if the value is NULL: the name of a member, by `propertyNames`. */
  const char *name;
} MbEvaluation;

typedef struct _MbScope MbScope;
struct _MbScope
{
  const MbScope    *outer;
  const MbResource *resource;
};

/* What in one object or array has been evaluated so far. Members are numbered in the order in which
 * json_object_iter_next() gives them, which stays the same as long as nobody changes the object.
 */
typedef struct
{
  guint64  small[4];
  guint64 *bits;
  guint    n;                     /* members or items */
  gboolean all;
} MbMarks;

gboolean          _mb_evaluate               (MbEvaluation          *evaluation,
                                              const MbSchemaNode    *schema,
                                              JsonNode              *value,
                                              const MbScope         *scope,
                                              MbMarks               *marks);
/* Everything but `unevaluated…`; for reports, which look into that themselves. */
gboolean          _mb_evaluate_marks         (MbEvaluation          *evaluation,
                                              const MbSchemaNode    *schema,
                                              JsonNode              *value,
                                              const MbScope         *scope,
                                              MbMarks               *marks);
const MbSchemaNode *_mb_resolve_dynamic      (const MbLogicRules    *logic,
                                              const MbScope         *scope);
gboolean          _mb_number_rules_check     (const MbNumberRules   *rules,
                                              const MbNumber        *number);
gboolean          _mb_value_set_contains     (const MbValueSet      *set,
                                              JsonNode              *value,
                                              MbValueType            type,
                                              MbBudget              *budget);
void              _mb_marks_init             (MbMarks               *marks,
                                              guint                  n);
void              _mb_marks_clear            (MbMarks               *marks);

static inline gboolean
_mb_marks_get (const MbMarks *marks,
               guint          i)
{
  return marks->all || (marks->bits[i / 64] >> (i % 64) & 1) != 0;
}

/* Names */
void              _mb_name_table_build       (MbNameTable           *table,
                                              MbSchemaProgram       *program);

/* The ends of a name, which are all of it if it has 16 bytes or less. */
static inline void
_mb_name_get_ends (const char *name,
                   gsize       length,
                   guint64    *first,
                   guint64    *last)
{
  if (length >= 8)
    {
      memcpy (first, name, 8);
      memcpy (last, name + length - 8, 8);
    }
  else if (length >= 4)
    {
      guint32 x, y;

      memcpy (&x, name, 4);
      memcpy (&y, name + length - 4, 4);
      *first = x;
      *last = y;
    }
  else if (length > 0)
    {
      *first = (guint8) name[0];
      *last = (guint64) (guint8) name[length / 2] << 8 | (guint8) name[length - 1];
    }
  else
    {
      *first = *last = 0;
    }
}

static inline guint64
_mb_name_hash (const MbNameTable *table,
               const char        *name,
               gsize              length,
               guint64            first,
               guint64            last)
{
  if (G_UNLIKELY (table->whole))
    return _mb_value_hash_text (name, length);

  return ((first ^ (last << 23 | last >> 41) ^ length << 56) * table->seed) >> 32;
}

static inline const MbName *
_mb_name_table_find (const MbNameTable *table,
                     const char        *name,
                     gsize              length)
{
  guint64 first, last;

  if (table->n_names == 0)
    return NULL;

  _mb_name_get_ends (name, length, &first, &last);
  for (guint32 i =
       table->slots[_mb_name_hash (table, name, length, first, last) & table->mask]; i != 0; )
    {
      const MbName *found = &table->names[i - 1];

      if (found->length == length && found->first == first && found->last == last &&
          (length <= 16 || memcmp (found->name, name, length) == 0))
        return found;
      i = found->next;
    }

  return NULL;
}

/* Programs */
MbSchemaProgram  *_mb_schema_program_new     (JsonNode              *node,
                                              const char            *uri,
                                              const MbSchemaOptions *options,
                                              GError               **error);
void              _mb_schema_program_free    (MbSchemaProgram       *self);
gpointer          _mb_schema_program_alloc   (MbSchemaProgram       *self,
                                              gsize                  size);
const char       *_mb_schema_program_strdup  (MbSchemaProgram       *self,
                                              const char            *text);
/* The metaschema of a draft, compiled once and living for ever. */
MbSchemaProgram  *_mb_schema_program_get_meta (MbSchemaDraft         draft);
gboolean          _mb_schema_program_is_valid (MbSchemaProgram      *self,
                                              JsonNode              *value,
                                              guint64                max_steps,
                                              gboolean              *limit);

/* A report in the form “basic”. `valid` is what _mb_schema_program_is_valid() said. */
JsonNode         *_mb_schema_program_report  (MbSchemaProgram       *self,
                                              JsonNode              *value,
                                              gboolean               valid,
                                              guint64                max_steps,
                                              guint                  max_errors);
/* Where, and what, the first error is. */
void              _mb_schema_program_explain (MbSchemaProgram       *self,
                                              JsonNode              *value,
                                              guint64                max_steps,
                                              char                 **instance_location,
                                              char                 **keyword_location,
                                              char                 **sentence);
void              _mb_pointer_append         (GString               *pointer,
                                              const char            *token);

JsonNode         *_mb_schema_read_text       (const char            *text,
                                              gsize                  length,
                                              GError               **error);

/* URIs */
char             *_mb_uri_resolve            (const char            *base,
                                              const char            *reference);

/* Formats */
const MbFormat   *_mb_format_find            (const char            *name,
                                              MbSchemaDraft          draft);
gboolean          _mb_format_check           (const MbFormat        *format,
                                              const char            *text);

G_END_DECLS
