/* mb-schema-compile-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-error.h"
#include "mb-schema-private.h"

G_BEGIN_DECLS

/* The base of a schema that has no URI. */
#define MB_SCHEMA_NO_URI "minibus:/schema"

struct _MbDocument
{
  JsonNode   *root;
  const char *uri;
  gboolean    built_in;
};

typedef struct
{
  MbSchemaProgram       *program;
  const MbSchemaOptions *options;
  GHashTable            *resources;     /* URI -> MbResource */
  GHashTable            *roots;         /* JsonNode -> MbResource that begins there */
  GHashTable            *places;        /* JsonNode that are schemas -> MbPlace */
  GHashTable            *nodes;         /* JsonNode -> MbSchemaNode */
  GPtrArray             *queue;         /* all MbSchemaNode; from n_done on, to be compiled */
  guint                  n_done;
  GHashTable            *dynamic_names; /* that a dynamic reference asks for */
  gint64                 regex_work;    /* that may still be done */
  gint64                 anchor_work;   /* likewise */
  gboolean               searched;      /* all documents of the registry, for embedded ones */
} MbCompiler;

/* Documents and references */
MbResource   *_mb_compiler_add_document (MbCompiler          *self,
                                         JsonNode            *root,
                                         const char          *uri,
                                         const MbDialect     *dialect,
                                         gboolean             built_in,
                                         GError             **error);
/* Where a reference leads. `anchor` is set if the fragment is a name. */
gboolean      _mb_compiler_resolve      (MbCompiler          *self,
                                         const MbSchemaNode  *from,
                                         const char          *keyword,
                                         const char          *reference,
                                         JsonNode           **json,
                                         MbResource         **resource,
                                         MbAnchor           **anchor,
                                         GError             **error);

/* Compiling */
void          _mb_compiler_fail         (const MbSchemaNode  *node,
                                         const char          *keyword,
                                         MbSchemaError        code,
                                         GError             **error,
                                         const char          *format,
                                         ...) G_GNUC_PRINTF (5, 6);
MbSchemaNode *_mb_compiler_get_node     (MbCompiler          *self,
                                         JsonNode            *json,
                                         MbResource          *resource,
                                         GError             **error);
gboolean      _mb_compiler_compile      (MbCompiler          *self,
                                         MbSchemaNode        *node,
                                         GError             **error);
/* The JSON Pointer within the document, and the absolute URI. */
void          _mb_place_append          (const MbPlace       *place,
                                         GString             *out);
char         *_mb_place_get_absolute    (const MbPlace       *place);

G_END_DECLS
