/* mb-schema-builder-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-schema-compile-private.h"

G_BEGIN_DECLS

/* While the rules of one schema are collected. */
typedef struct
{
  MbCompiler    *compiler;
  MbSchemaNode  *node;
  JsonObject    *object;
  MbNumberRules *number;
  MbStringRules *string;
  MbArrayRules  *array;
  MbObjectRules *properties;
  MbLogicRules  *logic;
  GPtrArray     *names;         /* MbName, in the making */
  GHashTable    *name_index;
  GPtrArray     *dependencies;  /* MbDependency */
  GError       **error;
} MbBuilder;

/* The rules of one kind, made when first asked for. */
#define RULES(self, member) \
  ((self)->member != NULL ? (self)->member \
                          : ((self)->member = _mb_builder_alloc (self, sizeof *(self)->member)))

gpointer       _mb_builder_alloc        (MbBuilder   *self,
                                         gsize        size);
MbStringRules *_mb_builder_string_rules (MbBuilder   *self);
MbArrayRules  *_mb_builder_array_rules  (MbBuilder   *self);
MbObjectRules *_mb_builder_object_rules (MbBuilder   *self);
gboolean       _mb_builder_malformed    (MbBuilder    *self,
                                         const char   *keyword);
gboolean       _mb_builder_child        (MbBuilder      *self,
                                         const char     *keyword,
                                         JsonNode       *json,
                                         MbSchemaNode  **out);
gboolean       _mb_builder_children     (MbBuilder      *self,
                                         const char     *keyword,
                                         JsonNode       *json,
                                         MbSchemaNode ***out,
                                         guint          *n_out);
gboolean       _mb_builder_get_number   (MbBuilder    *self,
                                         const char   *keyword,
                                         JsonNode     *json,
                                         MbNumber     *out);
gboolean       _mb_builder_get_count    (MbBuilder    *self,
                                         const char   *keyword,
                                         JsonNode     *json,
                                         guint64      *out);
gboolean       _mb_builder_get_boolean  (MbBuilder    *self,
                                         const char   *keyword,
                                         JsonNode     *json,
                                         gboolean     *out);
gboolean       _mb_builder_get_string   (MbBuilder    *self,
                                         const char   *keyword,
                                         JsonNode     *json,
                                         const char  **out);
gboolean       _mb_builder_get_strings  (MbBuilder    *self,
                                         const char   *keyword,
                                         JsonNode     *json,
                                         const char ***out,
                                         guint        *n_out);
MbRegex       *_mb_builder_get_regex    (MbBuilder    *self,
                                         const char   *keyword,
                                         const char   *pattern);
gboolean       _mb_builder_get_map      (MbBuilder    *self,
                                         const char   *keyword,
                                         JsonNode     *json,
                                         JsonObject  **out);
MbName        *_mb_builder_add_name     (MbBuilder    *self,
                                         const char   *name);

G_END_DECLS
