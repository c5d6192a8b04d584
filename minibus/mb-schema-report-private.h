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
/* What the keywords have to say about a value that is known to satisfy the schema. */
void    _mb_report_annotate (MbReport           *self,
                             const MbSchemaNode *schema,
                             JsonNode           *value,
                             const MbScope      *scope);

G_END_DECLS
