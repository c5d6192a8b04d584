/* mb-json.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-json-private.h"

#include <string.h>

/**
 * mb_json_from_text:
 * @text: one JSON text (RFC 8259), in UTF-8
 * @error: return location for an error
 *
 * Reads JSON text into a node, strictly and within bounds.
 *
 * The text must be exactly one JSON value, with white space around it at most. Unlike `JsonParser`,
 * this refuses everything that RFC 8259 does not allow: comments, trailing commas, single quotes,
 * numbers such as `.5`, `012` or `0x1`, a byte order mark, a text that is not UTF-8, half a
 * surrogate pair. It also refuses what cannot be kept without loss or danger: U+0000 in a string,
 * two members of one name in an object, a number beyond the range of `double`, nesting deeper than
 * 64 levels, an object of more than 4,096 members, and names that are made to share one hash.
 *
 * Numbers without a fraction and an exponent become 64-bit integers if they fit, all others
 * `double`s, correctly rounded. `-0` is the integer 0; `-0.0` is a `double`. The locale has no
 * influence.
 *
 * The node is sealed: it cannot be changed, and can be shared, but not between threads. This
 * function may be called from any thread.
 *
 * Fails with [error@JsonError]; the message tells line, column and byte, what was found there, and
 * what would be right.
 *
 * ```c
 * g_autoptr(JsonNode) node = mb_json_from_text ("{\"celsius\": 21.5}", &error);
 * ```
 *
 * Returns: (transfer full): a new, sealed node
 *
 * Since: 0.1
 */
JsonNode *
mb_json_from_text (const char  *text,
                   GError     **error)
{
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _mb_json_read (text, strlen (text), NULL, error);
}

/**
 * mb_json_to_text:
 * @node: (nullable): a node of any type; `NULL` is JSON's null
 * @error: return location for an error
 *
 * Writes a node as the shortest JSON text.
 *
 * There is no white space between the tokens. Strings are UTF-8, and only quotation marks,
 * backslashes and control characters are escaped. A `double` is written with the fewest digits that
 * read back as the same number, and always with a decimal point or an exponent, so that it stays a
 * `double`: 0.1, 20.0, 1e100. Members of objects stay in their order. [func@json_from_text] reads
 * the text back as an equal node.
 *
 * This function may be called from any thread that may use the node.
 *
 * Fails with [error@JsonError] if the node, or one in it, is a number that is not finite, a string
 * that is not UTF-8, or has not been given a value; if arrays and objects are nested deeper than 64
 * levels; or if an object has more than 4,096 members or too many names that share one hash.
 *
 * ```c
 * g_autofree char *text = mb_json_to_text (node, &error);
 * ```
 *
 * Returns: (transfer full): the text
 *
 * Since: 0.1
 */
char *
mb_json_to_text (JsonNode  *node,
                 GError   **error)
{
  g_autoptr(GString) out = g_string_new (NULL);

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!_mb_json_append_node (out, node, error))
    return NULL;

  return g_string_free (g_steal_pointer (&out), FALSE);
}
