/* mb-schema-report-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-schema-compile-private.h"

G_BEGIN_DECLS

/* One line of a report: an error, or an annotation. */
typedef struct
{
  char     *keyword_location;
  char     *absolute_location;
  char     *instance_location;
  char     *sentence;
  JsonNode *annotation;
} MbUnit;

typedef struct
{
  MbEvaluation  evaluation;
  guint         max_errors;
  GString      *instance;         /* JSON Pointers to where the report is now */
  GString      *keyword;
  GPtrArray    *errors;           /* MbUnit */
  GPtrArray    *annotations;      /* MbUnit */
} MbReport;

static inline gboolean
_mb_schema_node_is_false (const MbSchemaNode *schema)
{
  return _mb_value_type (schema->json) == MB_VALUE_BOOLEAN && !json_node_get_boolean (schema->json);
}

void    _mb_unit_free       (gpointer            data);
MbUnit *_mb_report_add      (MbReport           *self,
                             GPtrArray          *units,
                             const MbSchemaNode *schema,
                             const char         *keyword);
/* Goes down a path. Returns the length to truncate it to afterwards. */
gsize   _mb_report_enter    (GString            *path,
                             const char         *keyword,
                             const char         *key,
                             int                 index);
/* Whether there are as many errors as are asked for, or the budget has ended. */
gboolean _mb_report_is_full (MbReport          *self);
/* “The value”, or “The value at …”. */
char   *_mb_report_subject  (MbReport           *self);
/* Adds an error of a keyword, and returns FALSE. `format` is a whole sentence. */
gboolean _mb_report_fail    (MbReport           *self,
                             const MbSchemaNode *schema,
                             const char         *keyword,
                             const char         *format,
                             ...) G_GNUC_PRINTF (4, 5);
/* Reports on a part of the schema, and maybe a part of the value. */
gboolean _mb_report_part    (MbReport           *self,
                             const MbSchemaNode *schema,
                             const char         *keyword,
                             const char         *key,
                             int                 index,
                             JsonNode           *value,
                             const char         *member,
                             int                 item,
                             const MbScope      *scope);

/* By kind of keyword. `name` is that of the keyword, `limit` its value in the schema. */
gboolean _mb_report_number  (MbReport           *self,
                             const MbSchemaNode *schema,
                             MbKeyword           keyword,
                             const char         *name,
                             JsonNode           *limit,
                             JsonNode           *value);
gboolean _mb_report_string  (MbReport           *self,
                             const MbSchemaNode *schema,
                             MbKeyword           keyword,
                             const char         *name,
                             JsonNode           *limit,
                             JsonNode           *value);
gboolean _mb_report_array   (MbReport           *self,
                             const MbSchemaNode *schema,
                             MbKeyword           keyword,
                             const char         *name,
                             JsonNode           *limit,
                             JsonNode           *value,
                             const MbScope      *scope);
gboolean _mb_report_object  (MbReport           *self,
                             const MbSchemaNode *schema,
                             MbKeyword           keyword,
                             const char         *name,
                             JsonNode           *limit,
                             JsonNode           *value,
                             const MbScope      *scope);
gboolean _mb_report_logic   (MbReport           *self,
                             const MbSchemaNode *schema,
                             MbKeyword           keyword,
                             const char         *name,
                             JsonNode           *value,
                             const MbScope      *scope);
gboolean _mb_report_unevaluated (MbReport           *self,
                                 const MbSchemaNode *schema,
                                 const char         *name,
                                 JsonNode           *value,
                                 MbValueType         type,
                                 const MbScope      *scope);
/* What the keywords have to say about a value that is known to satisfy the schema. */
void    _mb_report_annotate (MbReport           *self,
                             const MbSchemaNode *schema,
                             JsonNode           *value,
                             const MbScope      *scope);

G_END_DECLS
