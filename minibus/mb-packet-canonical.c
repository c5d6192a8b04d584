/* mb-packet-canonical.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-packet-canonical-private.h"

#include <string.h>

#include "mb-hex-private.h"
#include "mb-json-scan-private.h"
#include "mb-tag-private.h"

typedef struct
{
  const char *p;
  const char *end;
} Cursor;

#define EXPECT(cursor, text) expect (cursor, text, sizeof text - 1)

static inline gboolean
expect (Cursor     *self,
        const char *text,
        gsize       length)
{
  if ((gsize) (self->end - self->p) < length || memcmp (self->p, text, length) != 0)
    return FALSE;

  self->p += length;

  return TRUE;
}

/* Behind the first quotation mark; goes behind the last one. */
static inline gboolean
take_plain (Cursor *self,
            MbSpan *span)
{
  const char *p = _mb_scan_ascii (self->p, self->end);

  if (p == self->end || *p != '"')
    return FALSE;

  span->text = self->p;
  span->length = (gsize) (p - self->p);
  span->escaped = FALSE;
  self->p = p + 1;

  return TRUE;
}

gboolean
_mb_packet_scan_canonical_tag (MbTag       *tag,
                               const char **cursor,
                               const char  *end)
{
  static const char form[] =
    "{\"t\":\"........\",\"s\":\"................\",\"n\":\"............\"}";
  const char *p = *cursor;
  guint64 topic_hash;

  if ((gsize) (end - p) < sizeof form - 1 ||
      memcmp (p, form, 6) != 0 ||
      !_mb_hex_get_long (p + 6, MB_TAG_TOPIC_DIGITS, &topic_hash) ||
      memcmp (p + 14, form + 14, 7) != 0 ||
      !_mb_hex_get_long (p + 21, MB_TAG_SESSION_DIGITS, &tag->session) ||
      memcmp (p + 37, form + 37, 7) != 0 ||
      !_mb_hex_get_long (p + 44, MB_TAG_SEQUENCE_DIGITS, &tag->sequence) ||
      memcmp (p + 56, form + 56, 2) != 0)
    return FALSE;

  tag->topic_hash = (guint32) topic_hash;
  tag->present = TRUE;
  *cursor += sizeof form - 1;

  return TRUE;
}

static gboolean
scan (MbPacket *packet,
      Cursor   *cursor)
{
  return EXPECT (cursor, "{\"header\":{\"mb\":") &&
         _mb_packet_scan_canonical_tag (&packet->tag, &cursor->p, cursor->end) &&
         EXPECT (cursor, ",\"topic\":\"") && take_plain (cursor, &packet->topic) &&
         EXPECT (cursor, ",\"author\":\"") && take_plain (cursor, &packet->author) &&
         EXPECT (cursor, ",\"idstr\":\"") && take_plain (cursor, &packet->id) &&
         EXPECT (cursor, "}");
}

gboolean
_mb_packet_scan_canonical_header (MbPacket   *packet,
                                  const char *datagram,
                                  gsize       length)
{
  Cursor cursor;

  /* There may be no address. */
  if (length == 0)
    return FALSE;

  cursor = (Cursor) { datagram, datagram + length };
  memset (packet, 0, sizeof *packet);
  if (!scan (packet, &cursor))
    return FALSE;

  packet->header = datagram + strlen ("{\"header\":");
  packet->header_length = (gsize) (cursor.p - packet->header);

  return TRUE;
}

gboolean
_mb_packet_find_canonical_data (const MbPacket *packet,
                                const char     *datagram,
                                gsize           length,
                                MbSpan         *data)
{
  Cursor cursor = { packet->header + packet->header_length, datagram + length };

  if (packet->data.text != NULL || !EXPECT (&cursor, ",\"data\":\"") || cursor.end - cursor.p < 2 ||
      memcmp (cursor.end - 2, "\"}", 2) != 0)
    return FALSE;

  data->text = cursor.p;
  data->length = (gsize) (cursor.end - 2 - cursor.p);

  return TRUE;
}

gboolean
_mb_packet_take_plain_data (MbPacket   *packet,
                            const char *datagram,
                            gsize       length,
                            GString    *data)
{
  MbSpan span;
  const char *p, *end;
  guint64 word;
  guint n;
  char *o;

  if (!_mb_packet_find_canonical_data (packet, datagram, length, &span))
    return FALSE;

  p = span.text;
  end = p + span.length;
  /* Eight bytes are written at once, of which not all count. */
  g_string_set_size (data, (gsize) (end - p) + sizeof word);
  o = data->str;

  while (p < end)
    {
      word = _mb_scan_load (p, end);
      n = _mb_scan_first_marked (_mb_scan_mark_escaped (word) | word);
      word = GUINT64_TO_LE (word);
      memcpy (o, &word, sizeof word);
      o += n;
      p += n;
      if (n == sizeof word || p == end)
        continue;

      /* What is behind a backslash may be the quotation mark at the end. */
      if (end - p < 2 || p[0] != '\\' || (p[1] != '"' && p[1] != '\\'))
        return FALSE;
      *o++ = p[1];
      p += 2;
    }

  packet->data.text = span.text;
  packet->data.length = span.length;
  packet->data.escaped = (gsize) (o - data->str) != span.length;
  g_string_truncate (data, (gsize) (o - data->str));

  return TRUE;
}
