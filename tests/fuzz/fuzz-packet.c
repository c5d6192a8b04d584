/* fuzz-packet.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Any bytes as a datagram: the scanner must agree with the JSON reader, stay within the datagram,
 * and find what was put into a packet.
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-json-private.h"
#include "minibus/mb-packet-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static void
decode (GString      *out,
        const MbSpan *span,
        const char   *data,
        gsize         size)
{
  g_string_truncate (out, 0);
  if (span->text == NULL)
    return;

  g_assert_true (span->text >= data && span->text + span->length <= data + size);
  g_assert_true (span->escaped == (memchr (span->text, '\\', span->length) != NULL));
  g_assert_true (_mb_json_unescape (out, span->text, span->length));
}

static gboolean
is_string (JsonObject *object,
           const char *name,
           gboolean    required)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL ? json_node_get_value_type (node) == G_TYPE_STRING : !required;
}

/* Whether a datagram that the reader reads is a packet, by protocol section 2. */
static gboolean
is_packet (JsonNode *root)
{
  JsonObject *object, *header;
  JsonNode *node;

  if (!JSON_NODE_HOLDS_OBJECT (root))
    return FALSE;

  object = json_node_get_object (root);
  node = json_object_get_member (object, "header");
  if (json_object_get_size (object) != 2 || !is_string (object, "data", TRUE) ||
      node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;

  header = json_node_get_object (node);

  return json_object_get_size (header) <= 64 && is_string (header, "topic", TRUE) &&
         is_string (header, "author", FALSE) && is_string (header, "idstr", FALSE) &&
         is_string (header, "gpg", FALSE) && is_string (header, "version", FALSE) &&
         (!json_object_has_member (header, "version") ||
          strcmp (json_object_get_string_member (header, "version"), "0.3.0") == 0);
}

static void
check_tree (const MbPacket *packet,
            JsonNode       *root,
            const char     *topic,
            const char     *text)
{
  JsonObject *object = json_node_get_object (root);
  JsonObject *header = json_object_get_object_member (object, "header");
  g_autoptr(JsonNode) extra = _mb_packet_read_extra (packet, NULL);

  g_assert_cmpstr (json_object_get_string_member (header, "topic"), ==, topic);
  g_assert_cmpstr (json_object_get_string_member (object, "data"), ==, text);
  g_assert_true (json_object_has_member (header, "gpg") == packet->encrypted);
  g_assert_true (json_object_has_member (header, "author") == (packet->author.text != NULL));
  g_assert_true (json_object_has_member (header, "idstr") == (packet->id.text != NULL));
  g_assert_nonnull (extra);
  g_assert_cmpuint (json_object_get_size (json_node_get_object (extra)), ==,
                    packet->n_extra_members);
}

static void
check_append (const MbTag *tag,
              GString     *topic,
              GString     *author,
              GString     *id,
              GString     *text)
{
  g_autoptr(GString) packet = g_string_new (NULL);
  g_autoptr(GString) back = g_string_new (NULL);
  MbPacket scanned;

  _mb_packet_append (packet, tag->topic_hash, tag->session, tag->sequence, topic->str, author->str,
                     id->str, FALSE, text->str, text->len);
  g_assert_cmpint (_mb_packet_scan_header (&scanned, packet->str, packet->len), ==, MB_PACKET_OK);
  g_assert_cmpint (_mb_packet_scan_rest (&scanned, packet->str, packet->len), ==, MB_PACKET_OK);

  g_assert_true (scanned.tag.present);
  g_assert_cmpuint (scanned.tag.topic_hash, ==, tag->topic_hash);
  g_assert_cmpuint (scanned.tag.session, ==, tag->session);
  g_assert_cmpuint (scanned.tag.sequence, ==, tag->sequence);
  decode (back, &scanned.topic, packet->str, packet->len);
  g_assert_true (g_string_equal (back, topic));
  decode (back, &scanned.author, packet->str, packet->len);
  g_assert_true (g_string_equal (back, author));
  decode (back, &scanned.id, packet->str, packet->len);
  g_assert_true (g_string_equal (back, id));
  decode (back, &scanned.data, packet->str, packet->len);
  g_assert_true (g_string_equal (back, text));
}

static void
assert_same_span (const MbSpan *a,
                  const MbSpan *b)
{
  g_assert_true ((a->text == NULL) == (b->text == NULL));
  g_assert_cmpmem (a->text, a->length, b->text, b->length);
  g_assert_true (a->escaped == b->escaped);
}

/* White space makes no difference, but our own form, which is read in a way of its own, has none. */
static void
check_spaced (const MbPacket *packet,
              MbPacketStatus  status,
              const char     *datagram,
              gsize           size)
{
  static const char before_tag[] = "{\"header\":{\"mb\":{";
  gsize n_before_tag = strlen (before_tag);
  g_autoptr(GString) spaced = g_string_new_len (datagram, (gssize) size);
  g_autofree char *exact = NULL;
  MbPacket other;
  MbPacketStatus other_status;

  if (size > n_before_tag && memcmp (datagram, before_tag, n_before_tag) == 0)
    g_string_insert_c (spaced, (gssize) n_before_tag, ' ');
  g_string_prepend_c (spaced, ' ');
  exact = g_memdup2 (spaced->str, spaced->len);

  other_status = _mb_packet_scan_header (&other, exact, spaced->len);
  if (other_status == MB_PACKET_OK)
    other_status = _mb_packet_scan_rest (&other, exact, spaced->len);
  g_assert_cmpint (other_status, ==, status);

  assert_same_span (&other.topic, &packet->topic);
  assert_same_span (&other.author, &packet->author);
  assert_same_span (&other.id, &packet->id);
  assert_same_span (&other.data, &packet->data);
  g_assert_true (other.encrypted == packet->encrypted);
  g_assert_cmpuint (other.n_extra_members, ==, packet->n_extra_members);
  g_assert_true (other.tag.present == packet->tag.present);
  g_assert_cmpuint (other.tag.topic_hash, ==, packet->tag.topic_hash);
  g_assert_cmpuint (other.tag.session, ==, packet->tag.session);
  g_assert_cmpuint (other.tag.sequence, ==, packet->tag.sequence);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  const char *datagram = (const char *) data;
  g_autoptr(JsonNode) root = NULL;
  g_autoptr(JsonNode) extra = NULL;
  g_autoptr(GString) topic = g_string_new (NULL);
  g_autoptr(GString) author = g_string_new (NULL);
  g_autoptr(GString) id = g_string_new (NULL);
  g_autoptr(GString) text = g_string_new (NULL);
  MbPacket packet;
  MbPacketStatus status = _mb_packet_scan_header (&packet, datagram, size);

  if (status == MB_PACKET_OK)
    {
      g_autoptr(GString) data_text = g_string_new (NULL);
      MbPacket same = packet;
      MbPacketStatus same_status = _mb_packet_scan_data (&same, datagram, size, data_text);

      status = _mb_packet_scan_rest (&packet, datagram, size);
      g_assert_cmpint (same_status, ==, status);
      if (status == MB_PACKET_OK)
        {
          g_assert_true (same.data.text == packet.data.text && same.data.length == packet.data.length);
          g_assert_true (same.data.escaped == packet.data.escaped);
          decode (text, &packet.data, datagram, size);
          g_assert_true (g_string_equal (data_text, text));
        }
    }

  check_spaced (&packet, status, datagram, size);

  root = _mb_json_read (datagram, size, NULL, NULL);
  if (root != NULL)
    g_assert_cmpint (status, ==, is_packet (root) ? MB_PACKET_OK : MB_PACKET_NOT_PACKET);

  if (status != MB_PACKET_OK)
    {
      g_assert_null (packet.topic.text);
      return 0;
    }

  decode (topic, &packet.topic, datagram, size);
  decode (author, &packet.author, datagram, size);
  decode (id, &packet.id, datagram, size);
  decode (text, &packet.data, datagram, size);
  extra = _mb_packet_read_extra (&packet, NULL);

  if (root != NULL)
    check_tree (&packet, root, topic->str, text->str);
  check_append (&packet.tag, topic, author, id, text);

  return 0;
}
