/* mb-json-memo-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Most messages of a topic repeat most of the last one: names, units, settings. A tree takes some twenty pieces of memory,
 * which cost more than all the rest of a message; so the nodes of what is the same, byte for byte, are shared. They are
 * sealed, and counted atomically.
 *
 * Each thread remembers the last text of a few topics, so nothing here is locked.
 */

/* Reads a text that is known to be good, as _mb_json_read() does. `topic` is a GRefString. */
JsonNode *_mb_json_read_similar (char       *topic,
                                 const char *text,
                                 gsize       length);

G_END_DECLS
