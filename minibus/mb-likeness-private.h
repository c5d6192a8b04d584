/* mb-likeness-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* JSON texts that follow each other on a topic, and differ in nothing but digits of their values: what was found good of
 * one is good of the next, and both have the same escapes where they stand as a string in a packet. Each thread remembers
 * a few.
 */
typedef enum
{
  MB_LIKENESS_IN,     /* asked with what stands in a packet, of which the plain text is wanted */
  MB_LIKENESS_OUT,    /* asked with the plain text, of which is wanted what stands in a packet */
} MbLikenessWay;

/* What belongs to `text` if it is like the last one with this key, or NULL. It is good until the next call in this thread.
 * The key only says where to look: it may be any address. */
const char *_mb_likeness_find  (gconstpointer  key,
                                MbLikenessWay  way,
                                const char    *text,
                                gsize          length,
                                gsize         *found_length);
/* A plain text was found to be good JSON for messages, and none that was like it was known. */
void        _mb_likeness_note  (gconstpointer  key,
                                MbLikenessWay  way,
                                const char    *plain,
                                gsize          length);

G_END_DECLS
