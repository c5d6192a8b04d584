/* mb-schema-object-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-schema-private.h"

G_BEGIN_DECLS

/* `uri` is where the document comes from, and absolute, or NULL. */
MbSchema *_mb_schema_new       (JsonNode               *node,
                                const char             *uri,
                                const MbSchemaOptions  *options,
                                guint                   max_steps,
                                guint                   max_errors,
                                GError                **error);
JsonNode *_mb_schema_read_file (GFile                  *file,
                                GCancellable           *cancellable,
                                char                  **uri,
                                GError                **error);

G_END_DECLS
