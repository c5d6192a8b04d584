/* mb-schema.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_SCHEMA_DRAFT (mb_schema_draft_get_type ())

/**
 * MbSchemaDraft:
 * @MB_SCHEMA_DRAFT_AUTO: none in particular: what the schema says, or the default
 * @MB_SCHEMA_DRAFT_V4: Draft 4, `http://json-schema.org/draft-04/schema#`
 * @MB_SCHEMA_DRAFT_V6: Draft 6, `http://json-schema.org/draft-06/schema#`
 * @MB_SCHEMA_DRAFT_V7: Draft 7, `http://json-schema.org/draft-07/schema#`
 * @MB_SCHEMA_DRAFT_V2019_09: 2019-09, `https://json-schema.org/draft/2019-09/schema`
 * @MB_SCHEMA_DRAFT_V2020_12: 2020-12, `https://json-schema.org/draft/2020-12/schema`
 *
 * The drafts of JSON Schema that are known.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_SCHEMA_DRAFT_AUTO,
  MB_SCHEMA_DRAFT_V4,
  MB_SCHEMA_DRAFT_V6,
  MB_SCHEMA_DRAFT_V7,
  MB_SCHEMA_DRAFT_V2019_09,
  MB_SCHEMA_DRAFT_V2020_12,
} MbSchemaDraft;

MB_AVAILABLE_IN_ALL
GType mb_schema_draft_get_type (void) G_GNUC_CONST;

#define MB_TYPE_SCHEMA (mb_schema_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbSchema, mb_schema, MB, SCHEMA, GObject)

MB_AVAILABLE_IN_ALL
MbSchema      *mb_schema_new_from_node     (JsonNode      *node,
                                            GError       **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSchema      *mb_schema_new_from_text     (const char    *text,
                                            GError       **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSchema      *mb_schema_new_from_file     (GFile         *file,
                                            GCancellable  *cancellable,
                                            GError       **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSchema      *mb_schema_new_from_resource (const char    *path,
                                            GError       **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSchemaDraft  mb_schema_get_draft         (MbSchema      *self);
MB_AVAILABLE_IN_ALL
JsonNode      *mb_schema_get_node          (MbSchema      *self);
MB_AVAILABLE_IN_ALL
const char    *mb_schema_get_uri           (MbSchema      *self);
MB_AVAILABLE_IN_ALL
gboolean       mb_schema_equal             (MbSchema      *self,
                                            MbSchema      *other);
MB_AVAILABLE_IN_ALL
gboolean       mb_schema_validate          (MbSchema      *self,
                                            JsonNode      *instance,
                                            GError       **error);
MB_AVAILABLE_IN_ALL
gboolean       mb_schema_validate_text     (MbSchema      *self,
                                            const char    *text,
                                            GError       **error);
MB_AVAILABLE_IN_ALL
JsonNode      *mb_schema_report            (MbSchema      *self,
                                            JsonNode      *instance,
                                            GError       **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
