/* mb-json.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <json-glib/json-glib.h>

#include "mb-version-macros.h"

G_BEGIN_DECLS

MB_AVAILABLE_IN_ALL
JsonNode *mb_json_from_text (const char  *text,
                             GError     **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
char     *mb_json_to_text   (JsonNode    *node,
                             GError     **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
