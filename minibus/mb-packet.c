/* mb-packet.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-packet-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"
#include "mb-hex-private.h"
#include "mb-json-private.h"
#include "mb-json-scan-private.h"
#include "mb-packet-canonical-private.h"
#include "mb-tag-private.h"

/* Header members beyond this make a datagram something else than a packet. */
#define MAX_HEADER_MEMBERS 64

/* The packet itself and its header are two levels. */
#define MAX_MEMBER_DEPTH (MB_JSON_MAX_DEPTH - 2)

/* What stands between the values, as we write it. */
#define BEFORE_TOPIC  ",\"topic\":"
#define BEFORE_AUTHOR ",\"author\":"
#define BEFORE_ID     ",\"idstr\":"
#define BEFORE_DATA   ",\"data\":"

enum
{
  MEMBER_AUTHOR,
  MEMBER_GPG,
  MEMBER_IDSTR,
  MEMBER_MB,
  MEMBER_TOPIC,
  MEMBER_VERSION,
  N_MEMBERS
};

enum
{
  TAG_TOPIC,
  TAG_SESSION,
  TAG_SEQUENCE,
  N_TAG_MEMBERS
};

typedef struct
{
  const char *text;
  gsize       length;
} Name;

#define NAME(text) { text, sizeof text - 1 }

static const Name member_names[] = {
  NAME ("author"), NAME ("gpg"), NAME ("idstr"), NAME ("mb"), NAME ("topic"), NAME ("version"),
};
static const Name tag_names[] = { NAME ("t"), NAME ("s"), NAME ("n") };
static const Name header_name = NAME ("header");
static const Name data_name = NAME ("data");
static const Name packet_version = NAME ("0.3.0");

/* Reading
 *
 * A member that we know must not occur twice, at the top or in the header, or the datagram is no
 * packet: else a filter, a receiver and a Python peer could each take another one for the topic.
 * Members that we do not know are not compared here, but when somebody asks for them.
 */

static gboolean
span_is (const MbSpan *span,
         const Name   *name)
{
  char decoded[48];

  if (!span->escaped)
    return span->length == name->length && memcmp (span->text, name->text, name->length) == 0;

  /* No character takes more than six bytes for each byte that it means. */
  if (span->length > sizeof decoded)
    return FALSE;

  return _mb_scan_decode (decoded, span->text, span->length) == name->length &&
         memcmp (decoded, name->text, name->length) == 0;
}

static guint
find_name (const MbSpan *span,
           const Name   *names,
           guint         n_names)
{
  for (guint i = 0; i < n_names; i++)
    if (span_is (span, &names[i]))
      return i;

  return n_names;
}

static gboolean
scan_span (const char **cursor,
           const char  *end,
           MbSpan      *span)
{
  const char *start;

  _mb_scan_blank (cursor, end);
  start = *cursor + 1;
  if (*cursor == end || **cursor != '"' ||
      _mb_scan_string (cursor, end, &span->escaped) != MB_SCAN_OK)
    return FALSE;

  span->text = start;
  span->length = (gsize) (*cursor - 1 - start);

  return TRUE;
}

/* Goes to the value of the next member of an object. `*first` is TRUE before the first one. Returns
 * FALSE behind the closing brace, or, with `*failed`, if the object does not go on as it must.
 */
static gboolean
next_member (const char **cursor,
             const char  *end,
             gboolean    *first,
             MbSpan      *name,
             gboolean    *failed)
{
  gboolean is_first = *first;

  *first = FALSE;
  *failed = FALSE;

  if (_mb_scan_char (cursor, end, '}'))
    return FALSE;

  if ((!is_first && !_mb_scan_char (cursor, end, ',')) ||
      !scan_span (cursor, end, name) || !_mb_scan_char (cursor, end, ':'))
    {
      *failed = TRUE;
      return FALSE;
    }

  _mb_scan_blank (cursor, end);

  return TRUE;
}

/* The tag in any other form, from `p`, which is good JSON. Whatever is not as it should be leaves
 * the tag absent.
 */
static void
read_tag (MbTag      *tag,
          const char *p,
          const char *end)
{
  static const guint n_digits[] = { MB_TAG_TOPIC_DIGITS, MB_TAG_SESSION_DIGITS, MB_TAG_SEQUENCE_DIGITS };
  guint64 values[N_TAG_MEMBERS];
  guint seen = 0;
  gboolean first = TRUE;
  gboolean failed;
  MbSpan name, value;

  if (!_mb_scan_char (&p, end, '{'))
    return;

  while (next_member (&p, end, &first, &name, &failed))
    {
      guint i = find_name (&name, tag_names, N_TAG_MEMBERS);

      if (i == N_TAG_MEMBERS)
        {
          _mb_scan_value (&p, end, MAX_MEMBER_DEPTH);
          continue;
        }

      if (seen & 1u << i || !scan_span (&p, end, &value) ||
          value.length != n_digits[i] || !_mb_hex_get_long (value.text, n_digits[i], &values[i]))
        return;
      seen |= 1u << i;
    }

  if (seen != (1u << N_TAG_MEMBERS) - 1)
    return;

  tag->present = TRUE;
  tag->topic_hash = (guint32) values[TAG_TOPIC];
  tag->session = values[TAG_SESSION];
  tag->sequence = values[TAG_SEQUENCE];
}

static gboolean
scan_tag (MbTag       *tag,
          const char **cursor,
          const char  *end)
{
  const char *start = *cursor;

  if (_mb_packet_scan_canonical_tag (tag, cursor, end))
    return TRUE;

  memset (tag, 0, sizeof *tag);
  if (_mb_scan_value (cursor, end, MAX_MEMBER_DEPTH) != MB_SCAN_OK)
    return FALSE;

  read_tag (tag, start, *cursor);

  return TRUE;
}

/* Returns FALSE if the header, or the JSON, is not as it must be. */
static gboolean
scan_header_object (MbPacket    *packet,
                    const char **cursor,
                    const char  *end)
{
  guint seen = 0;
  guint n = 0;
  gboolean first = TRUE;
  gboolean failed;
  MbSpan name, version;

  _mb_scan_blank (cursor, end);
  packet->header = *cursor;
  if (!_mb_scan_char (cursor, end, '{'))
    return FALSE;

  while (next_member (cursor, end, &first, &name, &failed))
    {
      guint i = find_name (&name, member_names, N_MEMBERS);
      gboolean good;

      if (++n > MAX_HEADER_MEMBERS || (i < N_MEMBERS && seen & 1u << i))
        return FALSE;
      seen |= 1u << i;

      switch (i)
        {
        case MEMBER_AUTHOR:
          good = scan_span (cursor, end, &packet->author);
          break;
        case MEMBER_GPG:
          packet->encrypted = TRUE;
          good = scan_span (cursor, end, &(MbSpan) { 0 });
          break;
        case MEMBER_IDSTR:
          good = scan_span (cursor, end, &packet->id);
          break;
        case MEMBER_MB:
          good = scan_tag (&packet->tag, cursor, end);
          break;
        case MEMBER_TOPIC:
          good = scan_span (cursor, end, &packet->topic);
          break;
        case MEMBER_VERSION:
          good = scan_span (cursor, end, &version) && span_is (&version, &packet_version);
          break;
        default:
          packet->n_extra_members++;
          good = _mb_scan_value (cursor, end, MAX_MEMBER_DEPTH) == MB_SCAN_OK;
          break;
        }

      if (!good)
        return FALSE;
    }

  packet->header_length = (gsize) (*cursor - packet->header);

  return !failed && packet->topic.text != NULL;
}

/* A datagram is not a packet: is it JSON at all? */
static MbPacketStatus
judge (MbPacket   *packet,
       const char *datagram,
       const char *end)
{
  memset (packet, 0, sizeof *packet);

  switch ((int) _mb_scan_value (&datagram, end, MB_JSON_MAX_DEPTH))
    {
    case MB_SCAN_OK:
      _mb_scan_blank (&datagram, end);
      return datagram == end ? MB_PACKET_NOT_PACKET : MB_PACKET_NOT_JSON;
    case MB_SCAN_TOO_DEEP:
      return MB_PACKET_TOO_DEEP;
    default:
      return MB_PACKET_NOT_JSON;
    }
}

MbPacketStatus
_mb_packet_scan_header (MbPacket   *packet,
                        const char *datagram,
                        gsize       length)
{
  const char *cursor = datagram;
  const char *end;
  gboolean first = TRUE;
  gboolean failed;
  MbSpan name;

  if (_mb_packet_scan_canonical_header (packet, datagram, length))
    return MB_PACKET_OK;

  /* There may be no address to begin with. */
  memset (packet, 0, sizeof *packet);
  if (length == 0)
    return MB_PACKET_BLANK;

  end = datagram + length;
  _mb_scan_blank (&cursor, end);
  if (cursor == end)
    return MB_PACKET_BLANK;

  if (!_mb_scan_char (&cursor, end, '{'))
    return judge (packet, datagram, end);

  while (next_member (&cursor, end, &first, &name, &failed))
    {
      if (span_is (&name, &header_name))
        {
          if (!scan_header_object (packet, &cursor, end))
            break;
          return MB_PACKET_OK;
        }

      if (packet->data.text != NULL || !span_is (&name, &data_name) ||
          !scan_span (&cursor, end, &packet->data))
        break;
    }

  return judge (packet, datagram, end);
}

MbPacketStatus
_mb_packet_scan_rest (MbPacket   *packet,
                      const char *datagram,
                      gsize       length)
{
  const char *cursor = packet->header + packet->header_length;
  const char *end = datagram + length;
  gboolean first = FALSE;
  gboolean failed;
  MbSpan name;

  g_assert (packet->header >= datagram && cursor <= end);

  while (next_member (&cursor, end, &first, &name, &failed))
    {
      if (packet->data.text != NULL || !span_is (&name, &data_name) ||
          !scan_span (&cursor, end, &packet->data))
        return judge (packet, datagram, end);
    }

  _mb_scan_blank (&cursor, end);
  if (failed || packet->data.text == NULL || cursor != end)
    return judge (packet, datagram, end);

  return MB_PACKET_OK;
}

void
_mb_packet_decode (GString      *out,
                   const MbSpan *span)
{
  g_string_set_size (out, span->length);

  /* The scan has found its content good. */
  if (span->escaped)
    g_string_truncate (out, _mb_scan_decode (out->str, span->text, span->length));
  else
    memcpy (out->str, span->text, span->length);
}

MbPacketStatus
_mb_packet_scan_data (MbPacket   *packet,
                      const char *datagram,
                      gsize       length,
                      GString    *data)
{
  MbPacketStatus status;

  if (_mb_packet_take_plain_data (packet, datagram, length, data))
    return MB_PACKET_OK;

  status = _mb_packet_scan_rest (packet, datagram, length);
  if (status == MB_PACKET_OK)
    _mb_packet_decode (data, &packet->data);

  return status;
}

JsonNode *
_mb_packet_read_extra (const MbPacket  *packet,
                       GError         **error)
{
  g_autoptr(JsonObject) object = json_object_new ();
  const char *cursor = packet->header;
  const char *end = packet->header + packet->header_length;
  gboolean first = TRUE;
  gboolean failed;
  MbSpan name;
  JsonNode *node;

  _mb_scan_char (&cursor, end, '{');
  while (next_member (&cursor, end, &first, &name, &failed))
    {
      const char *start = cursor;
      g_autofree char *key = NULL;
      gsize length;

      _mb_scan_value (&cursor, end, MAX_MEMBER_DEPTH);
      if (find_name (&name, member_names, N_MEMBERS) < N_MEMBERS)
        continue;

      key = g_malloc (name.length + 1);
      length = _mb_scan_decode (key, name.text, name.length);
      key[length] = '\0';

      if (json_object_has_member (object, key))
        {
          g_set_error (error, MB_JSON_ERROR, MB_JSON_ERROR_DUPLICATE,
                       _("The header has two members of one name, at byte %zu; names must differ"),
                       (gsize) (name.text - 1 - packet->header));
          return NULL;
        }

      node = _mb_json_read (start, (gsize) (cursor - start), NULL, error);
      if (node == NULL)
        return NULL;
      json_object_set_member (object, key, node);
    }

  node = json_node_init (json_node_alloc (), JSON_NODE_OBJECT);
  json_node_take_object (node, g_steal_pointer (&object));
  json_node_seal (node);

  return node;
}

/* Writing */

guint32
_mb_packet_hash_topic (const char *topic,
                       gsize       length)
{
  return _mb_tag_hash_topic (topic, length);
}

/* At most sixteen digits, the last ones of the value. */
static inline char *
put_hex (char    *o,
         guint64  value,
         guint    n_digits)
{
  char digits[16];

  _mb_hex_put (digits, (guint32) (value >> 32));
  _mb_hex_put (digits + 8, (guint32) value);
  memcpy (o, digits + sizeof digits - n_digits, n_digits);

  return o + n_digits;
}

#define PUT(o, text) (memcpy (o, text, sizeof text - 1), (o) + sizeof text - 1)

static void
append_member (GString    *out,
               const char *before,
               const char *text)
{
  g_string_append (out, before);
  _mb_json_append_string (out, text, strlen (text));
}

char *
_mb_packet_put_id (char    *o,
                   guint64  session,
                   guint64  count)
{
  guint n_digits = 1;

  while (n_digits < 16 && count >> (4 * n_digits) != 0)
    n_digits++;

  o = put_hex (o, session, MB_TAG_SESSION_DIGITS);
  *o++ = '-';
  o = put_hex (o, count, n_digits);
  *o = '\0';

  return o;
}

static void
append_tag (GString *out,
            guint32  topic_hash,
            guint64  session,
            guint64  sequence)
{
  char tag[128];
  char *o = tag;

  o = PUT (o, MB_TAG_START);
  o = put_hex (o, topic_hash, MB_TAG_TOPIC_DIGITS);
  o = PUT (o, MB_TAG_BEHIND_TOPIC);
  o = put_hex (o, session, MB_TAG_SESSION_DIGITS);
  o = PUT (o, "\",\"n\":\"");
  o = put_hex (o, sequence, MB_TAG_SEQUENCE_DIGITS);
  o = PUT (o, "\"}");
  g_string_append_len (out, tag, o - tag);
}

void
_mb_packet_append_start (GString    *out,
                         guint32     topic_hash,
                         guint64     session,
                         const char *topic,
                         const char *author)
{
  append_tag (out, topic_hash, session, 0);
  append_member (out, BEFORE_TOPIC, topic);
  append_member (out, BEFORE_AUTHOR, author);
  g_string_append (out, BEFORE_ID);
}

void
_mb_packet_set_sequence (char    *packet,
                         guint64  sequence)
{
  put_hex (packet + MB_TAG_END - MB_TAG_SEQUENCE_DIGITS, sequence, MB_TAG_SEQUENCE_DIGITS);
}

static void
append_id (GString    *out,
           const char *id,
           gsize       id_length)
{
  _mb_json_append_string (out, id, id_length);
  g_string_append_len (out, "}" BEFORE_DATA, sizeof "}" BEFORE_DATA - 1);
}

void
_mb_packet_append_rest (GString    *out,
                        const char *id,
                        gsize       id_length,
                        const char *data,
                        gsize       data_length)
{
  append_id (out, id, id_length);
  _mb_json_append_string (out, data, data_length);
  g_string_append_c (out, '}');
}

void
_mb_packet_append_escaped (GString    *out,
                           const char *id,
                           gsize       id_length,
                           const char *escaped,
                           gsize       escaped_length)
{
  append_id (out, id, id_length);
  g_string_append_c (out, '"');
  g_string_append_len (out, escaped, (gssize) escaped_length);
  g_string_append_len (out, "\"}", 2);
}

void
_mb_packet_append (GString    *out,
                   guint32     topic_hash,
                   guint64     session,
                   guint64     sequence,
                   const char *topic,
                   const char *author,
                   const char *id,
                   gboolean    encrypted,
                   const char *data,
                   gsize       data_length)
{
  g_assert (topic != NULL && author != NULL && id != NULL);

  append_tag (out, topic_hash, session, sequence);
  if (encrypted)
    g_string_append (out, ",\"gpg\":\"yes\"");
  append_member (out, BEFORE_TOPIC, topic);
  append_member (out, BEFORE_AUTHOR, author);
  g_string_append (out, BEFORE_ID);
  _mb_packet_append_rest (out, id, strlen (id), data, data_length);
}
