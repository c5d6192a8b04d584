/* mb-json-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-json.h"

G_BEGIN_DECLS

/* Nesting deeper than this is refused both ways. */
#define MB_JSON_MAX_DEPTH 64
/* Members of one object beyond this are refused both ways. */
#define MB_JSON_MAX_MEMBERS 4096
/* Names of one object with the same g_str_hash() beyond this are refused both ways. JsonObject
 * keeps its members in a GHashTable of that function, which is public and has no seed: names that
 * all have one hash are made in no time, and each costs a walk over all before it, at every
 * look-up, here and in whoever uses the object. Honest names hardly ever meet, so that a few are
 * enough.
 */
#define MB_JSON_MAX_SAME_HASH 32

/* Reads exactly one JSON text of `length` bytes (it need not end in NUL) into a new, sealed node.
 * `n_nodes`, if not NULL, is set to how many nodes the tree has, so that a caller can bound memory.
 * Integers beyond 64 bits signed become doubles.
 */
JsonNode *_mb_json_read         (const char  *text,
                                 gsize        length,
                                 gsize       *n_nodes,
                                 GError     **error);
/* Whether this is, beyond doubt, a JSON text that _mb_json_append_text() takes and leaves as it is. Much faster than
 * that; FALSE says nothing. */
gboolean  _mb_json_is_plain     (const char  *text,
                                 gsize        length);
/* Checks as _mb_json_read() does, and builds nothing. */
gboolean  _mb_json_check        (const char  *text,
                                 gsize        length,
                                 GError     **error);
/* Checks as _mb_json_read() does, and in addition what only a sender must keep: integers within
 * -2^63 … 2^64-1, beyond which Python peers refuse the whole packet. Appends the text to `out` with
 * white space between tokens left out, and otherwise byte by byte, so that no number loses a digit.
 * On error, `out` is as it was.
 */
gboolean  _mb_json_append_text  (GString     *out,
                                 const char  *text,
                                 gsize        length,
                                 GError     **error);
/* Appends `node` (NULL is null) as the shortest JSON text. On error, `out` is as it was. */
gboolean  _mb_json_append_node  (GString     *out,
                                 JsonNode    *node,
                                 GError     **error);
/* Appends `length` bytes of valid UTF-8 as a JSON string, with its quotes. */
void      _mb_json_append_string (GString    *out,
                                  const char *text,
                                  gsize       length);
/* Undoes the escapes of a JSON string whose content between the quotes is `raw`. Returns FALSE if
 * an escape is bad, a surrogate is alone, the string holds U+0000 or an unescaped control
 * character, or is not UTF-8. `out` is truncated first.
 */
gboolean  _mb_json_unescape     (GString     *out,
                                 const char  *raw,
                                 gsize        length);

G_END_DECLS
