/* mb-schema-table-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-pattern-private.h"
#include "mb-schema.h"

G_BEGIN_DECLS

/* One schema for each pattern of a client, shared by all who use the pattern: protocol section 5. */
typedef struct _MbSchemaTable MbSchemaTable;

typedef struct
{
  char     *name;       /* the text of the pattern */
  MbSchema *schema;
} MbSchemaEntry;

/* The schemas of a topic, kept by whoever asks for them again and again. All zero at first. */
typedef struct
{
  GPtrArray *schemas;       /* the lock of the table */
  guint      generation;    /* likewise */
} MbSchemaAnswer;

MbSchemaTable *_mb_schema_table_new            (void);
void           _mb_schema_table_free           (MbSchemaTable  *self);
/* A schema of NULL has no opinion and is never in conflict. Fails with SCHEMA_CONFLICT. */
gboolean       _mb_schema_table_add            (MbSchemaTable  *self,
                                                MbPattern      *pattern,
                                                MbSchema       *schema,
                                                GError        **error);
void           _mb_schema_table_remove         (MbSchemaTable  *self,
                                                MbPattern      *pattern,
                                                MbSchema       *schema);
/* All of them, as MbSchemaEntry. */
GPtrArray     *_mb_schema_table_list           (MbSchemaTable  *self);
/* The schemas of all patterns that match the topic, which is the same each time. */
GPtrArray     *_mb_schema_table_match          (MbSchemaTable  *self,
                                                const char     *topic,
                                                MbSchemaAnswer *answer);

G_END_DECLS
