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

#define MB_TYPE_SCHEMA (mb_schema_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbSchema, mb_schema, MB, SCHEMA, GObject)

MB_AVAILABLE_IN_ALL
MbSchema *mb_schema_new_from_node (JsonNode    *node,
                                   GError     **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSchema *mb_schema_new_from_text (const char  *text,
                                   GError     **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
JsonNode *mb_schema_get_node      (MbSchema    *self);
MB_AVAILABLE_IN_ALL
gboolean  mb_schema_equal         (MbSchema    *self,
                                   MbSchema    *other);
MB_AVAILABLE_IN_ALL
gboolean  mb_schema_validate      (MbSchema    *self,
                                   JsonNode    *instance,
                                   GError     **error);

G_END_DECLS
