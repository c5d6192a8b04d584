/* mb-tag-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What stands first in a packet with a tag in its canonical form; see docs/protocol.md, section 2. For those who
 * look at packets without a parser.
 */
#define MB_TAG_START          "{\"header\":{\"mb\":{\"t\":\""
#define MB_TAG_TOPIC_OFFSET   22
/* Fixed widths, so that the hash of the topic stands at byte 22 of each packet of ours, where a filter
 * in the kernel can find it. 48 bits of a sequence number last for nine years at a million a second.
 */
#define MB_TAG_TOPIC_DIGITS    8
#define MB_TAG_SESSION_DIGITS  16
#define MB_TAG_SEQUENCE_DIGITS 12
#define MB_TAG_BEHIND_TOPIC   "\",\"s\":\""
/* Where its last digit ends, and what stands there in a packet in the clear. */
#define MB_TAG_END            72
#define MB_TAG_BEHIND         "\"},\"topic\":\""

/* The hash of a topic in the tag: 32-bit FNV-1a of its UTF-8 bytes. */
static inline guint32
_mb_tag_hash_topic (const char *topic,
                    gsize       length)
{
  guint32 hash = 0x811c9dc5;

  for (gsize i = 0; i < length; i++)
    hash = (hash ^ (guint8) topic[i]) * 0x01000193;

  return hash;
}

G_END_DECLS
