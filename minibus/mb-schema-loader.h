/* mb-schema-loader.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include "mb-schema.h"

G_BEGIN_DECLS

#define MB_TYPE_SCHEMA_LOADER (mb_schema_loader_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbSchemaLoader, mb_schema_loader, MB, SCHEMA_LOADER, GObject)

MB_AVAILABLE_IN_ALL
MbSchemaLoader *mb_schema_loader_new                (void) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
gboolean        mb_schema_loader_add_node           (MbSchemaLoader  *self,
                                                     const char      *uri,
                                                     JsonNode        *node,
                                                     GError         **error);
MB_AVAILABLE_IN_ALL
gboolean        mb_schema_loader_add_text           (MbSchemaLoader  *self,
                                                     const char      *uri,
                                                     const char      *text,
                                                     GError         **error);
MB_AVAILABLE_IN_ALL
gboolean        mb_schema_loader_add_file           (MbSchemaLoader  *self,
                                                     const char      *uri,
                                                     GFile           *file,
                                                     GCancellable    *cancellable,
                                                     GError         **error);
MB_AVAILABLE_IN_ALL
MbSchema       *mb_schema_loader_load_node          (MbSchemaLoader  *self,
                                                     JsonNode        *node,
                                                     GError         **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSchema       *mb_schema_loader_load_text          (MbSchemaLoader  *self,
                                                     const char      *text,
                                                     GError         **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSchema       *mb_schema_loader_load_file          (MbSchemaLoader  *self,
                                                     GFile           *file,
                                                     GCancellable    *cancellable,
                                                     GError         **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSchema       *mb_schema_loader_load_uri           (MbSchemaLoader  *self,
                                                     const char      *uri,
                                                     GError         **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
gboolean        mb_schema_loader_get_assert_formats (MbSchemaLoader  *self);
MB_AVAILABLE_IN_ALL
void            mb_schema_loader_set_assert_formats (MbSchemaLoader  *self,
                                                     gboolean         assert_formats);
MB_AVAILABLE_IN_ALL
MbSchemaDraft   mb_schema_loader_get_default_draft  (MbSchemaLoader  *self);
MB_AVAILABLE_IN_ALL
void            mb_schema_loader_set_default_draft  (MbSchemaLoader  *self,
                                                     MbSchemaDraft    draft);
MB_AVAILABLE_IN_ALL
guint           mb_schema_loader_get_max_errors     (MbSchemaLoader  *self);
MB_AVAILABLE_IN_ALL
void            mb_schema_loader_set_max_errors     (MbSchemaLoader  *self,
                                                     guint            max_errors);
MB_AVAILABLE_IN_ALL
guint           mb_schema_loader_get_max_steps      (MbSchemaLoader  *self);
MB_AVAILABLE_IN_ALL
void            mb_schema_loader_set_max_steps      (MbSchemaLoader  *self,
                                                     guint            max_steps);

G_END_DECLS
