/* test-packet.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-json-private.h"
#include "minibus/mb-packet-private.h"

#define T   "\"t\":\"89abcdef\""
#define S   "\"s\":\"0123456789abcdef\""
#define N   "\"n\":\"00000000002a\""
#define TAG "\"mb\":{" T "," S "," N "}"

/* The whole packet, as a receiver with a matching topic goes about it. The datagram is a copy
 * without a NUL behind it, which the sanitizers watch; the caller frees it.
 */
static MbPacketStatus
scan (MbPacket    *packet,
      char       **datagram,
      const char  *text,
      gsize        length)
{
  MbPacketStatus status;

  g_free (*datagram);
  *datagram = g_memdup2 (text, length);
  status = _mb_packet_scan_header (packet, *datagram, length);
  if (status == MB_PACKET_OK)
    {
      g_autoptr(GString) data = g_string_new (NULL);
      MbPacket same = *packet;

      status = _mb_packet_scan_rest (packet, *datagram, length);
      g_assert_cmpint (_mb_packet_scan_data (&same, *datagram, length, data), ==, status);
      if (status == MB_PACKET_OK)
        {
          g_autoptr(GString) decoded = g_string_new (NULL);

          g_assert_cmpmem (&same.data, sizeof same.data, &packet->data, sizeof packet->data);
          _mb_packet_decode (decoded, &packet->data);
          g_assert_true (g_string_equal (data, decoded));
        }
    }
  if (status != MB_PACKET_OK)
    g_assert_null (packet->header);

  return status;
}

static void
assert_span (const MbSpan *span,
             const char   *expected)
{
  g_autoptr(GString) text = g_string_new (NULL);

  if (expected == NULL)
    {
      g_assert_null (span->text);
      return;
    }

  g_assert_nonnull (span->text);
  g_assert_true (span->escaped == (memchr (span->text, '\\', span->length) != NULL));
  g_assert_true (_mb_json_unescape (text, span->text, span->length));
  g_assert_cmpstr (text->str, ==, expected);
}

static void
assert_status (const char     *text,
               MbPacketStatus  expected)
{
  g_autofree char *datagram = NULL;
  MbPacket packet;
  MbPacketStatus status = scan (&packet, &datagram, text, strlen (text));

  if (status != expected)
    g_error ("%s is %d instead of %d", text, status, expected);
}

/* What MiniBus 0.3.0 sends */

static void
check_capture (JsonObject *capture)
{
  static const struct { const char *name, *topic, *data; } known[] = {
    { "publish-string-socket", "/chatter", "\"hello\"" },
    { "publish-float-huge-socket", "/chatter", "1e20" },
    { "publish-uint64-max-socket", "/chatter", "1.8446744073709552e19" },
    { "publish-null-twisted", "/chatter", "null" },
    { "publish-non-ascii-socket", "/chatter",
      "\"h\303\251llo w\303\266rld \346\227\245\346\234\254\"" },
    { "publish-emoji-twisted", "/chatter", "\"\360\237\230\200\"" },
    { "publish-escapes-socket", "/chatter",
      "\"quote\\\" back\\\\ slash/ tab\\t nl\\n bell\\u0007 del\177\"" },
    { "publish-topic-non-ascii", "/caf\303\251/\360\237\230\200", "1" },
    { "publish-topic-no-slash", "plain", "1" },
    { "service-error-value-socket-error", "/echoback/__error__", "{\"msg\":\"no\",\"code\":7}" },
    { "builtin-node1-subscribers-reply", "/__minibus__/node1/__subscribers__/__reply__",
      "[\"/sensor/.*\"]" },
    { "mbtt-pub-5", "/chatter", "\"5\"" },
  };
  const char *name = json_object_get_string_member (capture, "case");
  const char *text = json_object_get_string_member (capture, "datagram_utf8");
  gboolean encrypted = g_str_has_prefix (name, "gpg-");
  g_autofree char *datagram = NULL;
  g_autoptr(GString) data = g_string_new (NULL);
  g_autoptr(GString) written = g_string_new (NULL);
  g_autoptr(JsonNode) node = NULL;
  MbPacket packet;
  MbPacketStatus status = scan (&packet, &datagram, text, strlen (text));

  if (strcmp (name, "close-socket") == 0)
    {
      g_assert_cmpint (status, ==, MB_PACKET_BLANK);
      return;
    }

  g_assert_cmpint (status, ==, MB_PACKET_OK);
  g_assert_true (packet.encrypted == encrypted);
  g_assert_false (packet.tag.present);
  g_assert_cmpuint (packet.n_extra_members, ==, 0);
  g_assert_cmpuint (packet.author.length, >, 0);
  g_assert_cmpuint (packet.id.length, ==, 36);
  g_assert_true (_mb_json_unescape (data, packet.data.text, packet.data.length));

  node = _mb_json_read (data->str, data->len, NULL, NULL);
  g_assert_true ((node == NULL) == encrypted);
  if (node == NULL)
    return;

  g_assert_true (_mb_json_append_node (written, node, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    {
      if (strcmp (known[i].name, name) != 0)
        continue;
      assert_span (&packet.topic, known[i].topic);
      g_assert_cmpstr (written->str, ==, known[i].data);
    }
}

static void
test_captures (void)
{
  g_autofree char *contents = NULL;
  g_auto(GStrv) lines = NULL;
  g_autoptr(GError) error = NULL;
  guint n = 0;

  g_test_summary ("Every datagram that was recorded from MiniBus 0.3.0 is understood");

  g_file_get_contents (g_test_get_filename (G_TEST_DIST, "data", "wire-captures.jsonl", NULL),
                       &contents, NULL, &error);
  g_assert_no_error (error);

  lines = g_strsplit (contents, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr(JsonNode) capture = NULL;

      if (*lines[i] == '\0')
        continue;
      capture = mb_json_from_text (lines[i], &error);
      g_assert_no_error (error);
      check_capture (json_node_get_object (capture));
      n++;
    }

  g_assert_cmpuint (n, ==, 80);
}

/* Shape */

static void
test_shape (void)
{
  static const struct { const char *text; MbPacketStatus status; } cases[] = {
    { "{\"header\":{\"topic\":\"\"},\"data\":\"\"}", MB_PACKET_OK },
    { "{\"data\":\"1\",\"header\":{\"topic\":\"t\"}}", MB_PACKET_OK },
    { " \t\r\n{ \"header\" : { \"topic\" : \"t\" , \"x\" : [ 1 , { } ] } , \"data\" : \"1\" } \r\n",
      MB_PACKET_OK },
    { "{\"header\":{\"topic\":\"t\",\"version\":\"0.3.0\"},\"data\":\"\"}", MB_PACKET_OK },
    { "{\"header\":{\"topic\":\"t\",\"version\":\"0\\u002e3.0\"},\"data\":\"\"}", MB_PACKET_OK },
    { "{\"\\u0068eader\":{\"to\\u0070ic\":\"t\"},\"dat\\u0061\":\"\"}", MB_PACKET_OK },
    { "{\"header\":{\"topic\":\"t\",\"x\":1e999,\"x\":2},\"data\":\"\"}", MB_PACKET_OK },

    { "", MB_PACKET_BLANK },
    { "\n", MB_PACKET_BLANK },
    { " \t\r\n\n", MB_PACKET_BLANK },

    { "x", MB_PACKET_NOT_JSON },
    { "{", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\"},\"data\":\"1\"", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\"},\"data\":\"1\"} x", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\"},\"data\":\"1\"}{\"header\":{\"topic\":\"t\"},\"data\":\"1\"}",
      MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\"},\"data\":\"1\",}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\",},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\" \"author\":\"a\"},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{,\"header\":{\"topic\":\"t\"},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\\q\"},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"\\ud800\"},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"\\u0000\"},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"\377\"},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\"},\"data\":\"\303\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\"},\"data\":\"a\nb\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\",\"x\":01},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\",\"x\":NaN},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"header\":{\"topic\":\"t\",\"mb\":{\"t\":x}},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "\357\273\277{\"header\":{\"topic\":\"t\"},\"data\":\"1\"}", MB_PACKET_NOT_JSON },
    { "{\"head\":{},\"x\":}", MB_PACKET_NOT_JSON },
    { "{'header':{'topic':'t'},'data':'1'}", MB_PACKET_NOT_JSON },

    { "[1]", MB_PACKET_NOT_PACKET },
    { "\"text\"", MB_PACKET_NOT_PACKET },
    { "{}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":\"t\"}}", MB_PACKET_NOT_PACKET },
    { "{\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{},\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":[\"topic\"],\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":1},\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":\"t\",\"author\":1},\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":\"t\",\"idstr\":null},\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":\"t\",\"gpg\":true},\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":\"t\",\"version\":\"0.4.0\"},\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":\"t\",\"version\":3},\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":\"t\"},\"data\":{}}", MB_PACKET_NOT_PACKET },
    { "{\"header\":{\"topic\":\"t\"},\"data\":\"1\",\"x\":1}", MB_PACKET_NOT_PACKET },
    { "{\"x\":1,\"header\":{\"topic\":\"t\"},\"data\":\"1\"}", MB_PACKET_NOT_PACKET },
  };

  g_test_summary ("A datagram is a packet, or the reason why it is none is told");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_status (cases[i].text, cases[i].status);
}

static void
test_duplicates (void)
{
  static const char *const bad[] = {
    "{\"header\":{\"topic\":\"t\",\"topic\":\"t\"},\"data\":\"1\"}",
    "{\"header\":{\"topic\":\"t\",\"to\\u0070ic\":\"u\"},\"data\":\"1\"}",
    "{\"header\":{\"topic\":\"t\",\"gpg\":\"yes\",\"gpg\":\"yes\"},\"data\":\"1\"}",
    "{\"header\":{\"topic\":\"t\"," TAG "," TAG "},\"data\":\"1\"}",
    "{\"header\":{\"topic\":\"t\"},\"data\":\"1\",\"data\":\"1\"}",
    "{\"data\":\"1\",\"data\":\"1\",\"header\":{\"topic\":\"t\"}}",
    "{\"data\":\"1\",\"header\":{\"topic\":\"t\"},\"data\":\"1\"}",
    "{\"header\":{\"topic\":\"t\"},\"header\":{\"topic\":\"t\"},\"data\":\"1\"}",
  };

  g_test_summary ("A packet cannot have two topics, or two of anything that is known");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_status (bad[i], MB_PACKET_NOT_PACKET);
}

static void
test_depth (void)
{
  g_autofree char *open = g_strnfill (MB_JSON_MAX_DEPTH, '[');
  g_autofree char *close = g_strnfill (MB_JSON_MAX_DEPTH, ']');
  g_autofree char *good = g_strconcat ("{\"header\":{\"topic\":\"t\",\"x\":", open + 2, close + 2,
                                       "},\"data\":\"1\"}", NULL);
  g_autofree char *bad = g_strconcat ("{\"header\":{\"topic\":\"t\",\"x\":", open + 1, close + 1,
                                      "},\"data\":\"1\"}", NULL);
  g_autofree char *tag = g_strconcat ("{\"header\":{\"topic\":\"t\",\"mb\":{\"x\":", open + 2,
                                      close + 2, "}},\"data\":\"1\"}", NULL);
  g_autofree char *endless = g_strnfill (65507, '[');
  g_autofree char *other = g_strconcat (open, "[", close, "]", NULL);

  g_test_summary ("Nesting counts from the datagram's outermost brace, to 64 levels");

  assert_status (good, MB_PACKET_OK);
  assert_status (bad, MB_PACKET_TOO_DEEP);
  assert_status (tag, MB_PACKET_TOO_DEEP);
  assert_status (endless, MB_PACKET_TOO_DEEP);
  assert_status (other, MB_PACKET_TOO_DEEP);
}

static void
test_header_members (void)
{
  g_autoptr(GString) text = g_string_new ("{\"header\":{\"topic\":\"t\"");
  g_autofree char *good = NULL;

  g_test_summary ("A header has 64 members at most");

  for (guint i = 1; i < 64; i++)
    g_string_append_printf (text, ",\"x%u\":%u", i, i);
  good = g_strconcat (text->str, "},\"data\":\"1\"}", NULL);
  assert_status (good, MB_PACKET_OK);

  g_string_append (text, ",\"author\":\"a\"},\"data\":\"1\"}");
  assert_status (text->str, MB_PACKET_NOT_PACKET);
}

static void
test_early (void)
{
  static const char text[] =
    "{\"header\":{\"topic\":\"t\",\"author\":\"a\"},\"data\":\"1 \377 and \\u no JSON";
  static const char first[] = "{\"data\":\"\\\"x\\\"\",\"header\":{\"topic\":\"t\"}]";
  MbPacket packet;

  g_test_summary ("What stands behind the header is looked at only when the packet is wanted");

  g_assert_cmpint (_mb_packet_scan_header (&packet, text, strlen (text)), ==, MB_PACKET_OK);
  assert_span (&packet.topic, "t");
  assert_span (&packet.author, "a");
  assert_span (&packet.id, NULL);
  assert_span (&packet.data, NULL);
  g_assert_cmpuint (packet.header_length, ==, strlen ("{\"topic\":\"t\",\"author\":\"a\"}"));
  g_assert_true (packet.header == text + strlen ("{\"header\":"));
  g_assert_cmpint (_mb_packet_scan_rest (&packet, text, strlen (text)), ==, MB_PACKET_NOT_JSON);

  g_assert_cmpint (_mb_packet_scan_header (&packet, first, strlen (first)), ==, MB_PACKET_OK);
  assert_span (&packet.data, "\"x\"");
  g_assert_cmpint (_mb_packet_scan_rest (&packet, first, strlen (first)), ==, MB_PACKET_NOT_JSON);
}

static void
test_prefixes (void)
{
  static const char text[] = " {\"header\":{" TAG ",\"topic\":\"/\303\251\",\"x\":[1,\"\\u00e9\"]},"
                             "\"data\":\"\\\"\"} \n";
  const gsize end = strlen (text) - 2;
  g_autofree char *datagram = NULL;
  MbPacket packet;

  g_test_summary ("A datagram that is cut off anywhere is no packet");

  for (gsize length = 0; length <= strlen (text); length++)
    {
      MbPacketStatus status = scan (&packet, &datagram, text, length);

      if (length < 2)
        g_assert_cmpint (status, ==, MB_PACKET_BLANK);
      else if (length < end)
        g_assert_cmpint (status, ==, MB_PACKET_NOT_JSON);
      else
        g_assert_cmpint (status, ==, MB_PACKET_OK);
    }
}

/* The tag */

static void
test_canonical (void)
{
  static const char expected[] =
    "{\"header\":{\"mb\":{\"t\":\"89abcdef\",\"s\":\"0123456789abcdef\",\"n\":\"00000000002a\"},"
    "\"topic\":\"/x\",\"author\":\"a\",\"idstr\":\"i\"},\"data\":\"{\\\"a\\\":1}\"}";
  g_autoptr(GString) out = g_string_new ("before");
  g_autofree char *datagram = NULL;
  MbPacket packet;

  g_test_summary ("The canonical form is written, with the hash at byte 22, and read back");

  _mb_packet_append (out, 0x89abcdef, G_GUINT64_CONSTANT (0x0123456789abcdef), 42, "/x", "a", "i",
                     FALSE, "{\"a\":1}and more", strlen ("{\"a\":1}"));
  g_assert_cmpstr (out->str + strlen ("before"), ==, expected);
  g_assert_cmpint (strstr (expected, "89abcdef") - expected, ==, 22);

  g_assert_cmpint (scan (&packet, &datagram, expected, strlen (expected)), ==, MB_PACKET_OK);
  g_assert_true (packet.tag.present);
  g_assert_cmphex (packet.tag.topic_hash, ==, 0x89abcdef);
  g_assert_cmphex (packet.tag.session, ==, G_GUINT64_CONSTANT (0x0123456789abcdef));
  g_assert_cmpuint (packet.tag.sequence, ==, 42);
  g_assert_cmpuint (packet.n_extra_members, ==, 0);
  g_assert_false (packet.encrypted);
  assert_span (&packet.topic, "/x");
  assert_span (&packet.author, "a");
  assert_span (&packet.id, "i");
  assert_span (&packet.data, "{\"a\":1}");
}

static void
test_encrypted (void)
{
  static const char expected[] =
    "{\"header\":{\"mb\":{\"t\":\"89abcdef\",\"s\":\"0123456789abcdef\",\"n\":\"00000000002a\"},"
    "\"gpg\":\"yes\",\"topic\":\"/x\",\"author\":\"a\",\"idstr\":\"i\"},\"data\":\"jA0=abcd\"}";
  g_autoptr(GString) out = g_string_new (NULL);
  g_autofree char *datagram = NULL;
  MbPacket packet;

  g_test_summary ("An encrypted packet says so behind its tag, and nothing else moves");

  _mb_packet_append (out, 0x89abcdef, G_GUINT64_CONSTANT (0x0123456789abcdef), 42, "/x", "a", "i",
                     TRUE, "jA0=abcd", strlen ("jA0=abcd"));
  g_assert_cmpstr (out->str, ==, expected);

  g_assert_cmpint (scan (&packet, &datagram, out->str, out->len), ==, MB_PACKET_OK);
  g_assert_true (packet.encrypted);
  g_assert_true (packet.tag.present);
  g_assert_cmpuint (packet.n_extra_members, ==, 0);
  assert_span (&packet.data, "jA0=abcd");
}

static void
test_append (void)
{
  static const char topic[] = "/\"\\\n\001/\303\251\360\237\230\200\177";
  static const char data[] = "\"a\\n\\\"b\\\\\303\251\"";
  static const guint64 numbers[] = { 0, 1, G_GUINT64_CONSTANT (0xffffffffffff) };
  g_autofree char *datagram = NULL;

  g_test_summary ("Anything that may be in a packet survives writing and reading");

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr(GString) out = g_string_new (NULL);
      guint64 session = i == 2 ? G_MAXUINT64 : numbers[i];
      guint32 hash = i == 2 ? G_MAXUINT32 : (guint32) numbers[i];
      MbPacket packet;

      _mb_packet_append (out, hash, session, numbers[i], topic, "", "\t", FALSE, data, strlen (data));
      g_assert_cmpint (scan (&packet, &datagram, out->str, out->len), ==, MB_PACKET_OK);
      g_assert_true (packet.tag.present);
      g_assert_cmphex (packet.tag.topic_hash, ==, hash);
      g_assert_cmphex (packet.tag.session, ==, session);
      g_assert_cmphex (packet.tag.sequence, ==, numbers[i]);
      assert_span (&packet.topic, topic);
      assert_span (&packet.author, "");
      assert_span (&packet.id, "\t");
      assert_span (&packet.data, data);
    }
}

static void
assert_tag (const char *tag,
            gboolean    present)
{
  g_autofree char *text = g_strconcat ("{\"header\":{\"topic\":\"t\",\"mb\":", tag,
                                       ",\"author\":\"a\"},\"data\":\"1\"}", NULL);
  g_autofree char *datagram = NULL;
  MbPacket packet;

  g_assert_cmpint (scan (&packet, &datagram, text, strlen (text)), ==, MB_PACKET_OK);
  if (packet.tag.present != present)
    g_error ("%s", tag);
  g_assert_cmphex (packet.tag.topic_hash, ==, present ? 0x89abcdef : 0);
  g_assert_cmphex (packet.tag.session, ==, present ? G_GUINT64_CONSTANT (0x0123456789abcdef) : 0);
  g_assert_cmphex (packet.tag.sequence, ==, present ? 42 : 0);
  g_assert_cmpuint (packet.n_extra_members, ==, 0);
  assert_span (&packet.author, "a");
}

static void
test_tags (void)
{
  g_test_summary ("A tag is found in any order and place; what is no tag is no error either");

  assert_tag ("{" T "," S "," N "}", TRUE);
  assert_tag (" { " N " , " S "\t, " T " } ", TRUE);
  assert_tag ("{\"v\":{" N "}," T "," S "," N "}", TRUE);
  assert_tag ("{" T "," S "," N ",\"x\":null}", TRUE);
  assert_tag ("{\"\\u0074\":\"89abcdef\"," S "," N "}", TRUE);
  assert_tag ("{\"t\" : \"89abcdef\"," S "," N "}", TRUE);

  assert_tag ("{\"t\":\"89ABCDEF\"," S "," N "}", FALSE);
  assert_tag ("{\"t\":\"89abcde\"," S "," N "}", FALSE);
  assert_tag ("{\"t\":\"89abcdef0\"," S "," N "}", FALSE);
  assert_tag ("{\"t\":\"89abcd\\u0065f\"," S "," N "}", FALSE);
  assert_tag ("{" T "," S ",\"n\":\"2a\"}", FALSE);
  assert_tag ("{" T "," S ",\"n\":42}", FALSE);
  assert_tag ("{" T ",\"s\":\"0123456789abcdeg\"," N "}", FALSE);
  assert_tag ("{" T "," S "}", FALSE);
  assert_tag ("{" T "," T "," S "," N "}", FALSE);
  assert_tag ("{" T "," S "," N "," N "}", FALSE);
  assert_tag ("{}", FALSE);
  assert_tag ("7", FALSE);
  assert_tag ("null", FALSE);
  assert_tag ("[\"t\"]", FALSE);
  assert_tag ("\"89abcdef\"", FALSE);
}

static void
test_hash (void)
{
  g_test_summary ("The hash of a topic is FNV-1a");

  g_assert_cmphex (_mb_packet_hash_topic ("", 0), ==, 0x811c9dc5);
  g_assert_cmphex (_mb_packet_hash_topic ("a", 1), ==, 0xe40c292c);
  g_assert_cmphex (_mb_packet_hash_topic ("foobar and more", 6), ==, 0xbf9cf968);
  g_assert_cmphex (_mb_packet_hash_topic ("\303\251", 2), ==, 0x1e9de8c1);
}

/* Other members */

static void
test_extra (void)
{
  static const char text[] =
    "{\"header\":{" TAG ",\"topic\":\"t\",\"x\":{\"y\":[1,2.5]},\"author\":\"a\",\"\\u00e9\":null,"
    "\"idstr\":\"i\",\"gpg\":\"yes\",\"version\":\"0.3.0\",\"Topic\":true},\"data\":\"1\"}";
  g_autofree char *datagram = NULL;
  g_autofree char *written = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) extra = NULL;
  MbPacket packet;

  g_test_summary ("Header members that nobody knows are kept, and only they");

  g_assert_cmpint (scan (&packet, &datagram, text, strlen (text)), ==, MB_PACKET_OK);
  g_assert_cmpuint (packet.n_extra_members, ==, 3);
  extra = _mb_packet_read_extra (&packet, &error);
  g_assert_no_error (error);
  g_assert_true (json_node_is_immutable (extra));
  written = mb_json_to_text (extra, NULL);
  g_assert_cmpstr (written, ==, "{\"x\":{\"y\":[1,2.5]},\"\303\251\":null,\"Topic\":true}");
}

static void
test_no_extra (void)
{
  static const char text[] = "{\"header\":{\"topic\":\"t\"},\"data\":\"1\"}";
  g_autofree char *datagram = NULL;
  g_autoptr(JsonNode) extra = NULL;
  MbPacket packet;

  g_test_summary ("A header without other members gives an empty object");

  g_assert_cmpint (scan (&packet, &datagram, text, strlen (text)), ==, MB_PACKET_OK);
  g_assert_cmpuint (packet.n_extra_members, ==, 0);
  extra = _mb_packet_read_extra (&packet, NULL);
  g_assert_cmpuint (json_object_get_size (json_node_get_object (extra)), ==, 0);
}

static void
test_bad_extra (void)
{
  static const struct { const char *members; MbJsonError code; } cases[] = {
    { "\"x\":1,\"x\":2", MB_JSON_ERROR_DUPLICATE },
    { "\"x\":1,\"\\u0078\":2", MB_JSON_ERROR_DUPLICATE },
    { "\"x\":{\"a\":1,\"a\":2}", MB_JSON_ERROR_DUPLICATE },
    { "\"x\":[1e999]", MB_JSON_ERROR_NUMBER },
  };

  g_test_summary ("Other members that cannot be kept are an error where they are asked for");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"header\":{\"topic\":\"t\",%s},\"data\":\"1\"}",
                                               cases[i].members);
      g_autofree char *datagram = NULL;
      g_autoptr(GError) error = NULL;
      MbPacket packet;

      g_assert_cmpint (scan (&packet, &datagram, text, strlen (text)), ==, MB_PACKET_OK);
      g_assert_null (_mb_packet_read_extra (&packet, &error));
      g_assert_error (error, MB_JSON_ERROR, (int) cases[i].code);
    }
}

static void
test_parts (void)
{
  g_autoptr(GString) whole = g_string_new (NULL);
  g_autoptr(GString) parts = g_string_new (NULL);
  char id[40];

  g_test_summary ("A packet that is put together from its start is the one that is written as a whole");

  g_assert_true (_mb_packet_put_id (id, 0xfedcba9876543210, 0x1f) == id + strlen ("fedcba9876543210-1f"));
  g_assert_cmpstr (id, ==, "fedcba9876543210-1f");

  _mb_packet_append_start (parts, 0x12345678, 42, "/a \"quoted\" topic", "an\\author");
  _mb_packet_set_sequence (parts->str, 0x123456789abc);
  _mb_packet_append_rest (parts, "any \"id\"", strlen ("any \"id\""), "\"x\"", 3);

  _mb_packet_append (whole, 0x12345678, 42, 0x123456789abc, "/a \"quoted\" topic", "an\\author", "any \"id\"", FALSE,
                     "\"x\"", 3);
  g_assert_cmpstr (parts->str, ==, whole->str);

  _mb_packet_put_id (id, 0, 0);
  g_assert_cmpstr (id, ==, "0000000000000000-0");
  _mb_packet_put_id (id, G_MAXUINT64, G_MAXUINT64);
  g_assert_cmpstr (id, ==, "ffffffffffffffff-ffffffffffffffff");
}

static MbPacketStatus
scan_whole (MbPacket   *packet,
            const char *text,
            gsize       length)
{
  g_autofree char *datagram = NULL;
  MbPacketStatus status = scan (packet, &datagram, text, length);

  /* The spans of the copy are those of the text. */
  if (status == MB_PACKET_OK)
    {
      _mb_packet_scan_header (packet, text, length);
      _mb_packet_scan_rest (packet, text, length);
    }

  return status;
}

static void
assert_same_span (const MbSpan *one,
                  const MbSpan *other)
{
  g_assert_cmpmem (one->text, one->length, other->text, other->length);
  g_assert_cmpint (one->escaped, ==, other->escaped);
}

/* A blank at the beginning keeps the short way from being taken. */
static void
assert_same_both_ways (const char *text,
                       gsize       length)
{
  g_autofree char *blank = g_malloc (length + 1);
  MbPacket one, other;
  MbPacketStatus status;

  blank[0] = ' ';
  memcpy (blank + 1, text, length);
  status = scan_whole (&one, text, length);
  g_assert_cmpint (status, ==, scan_whole (&other, blank, length + 1));
  if (status != MB_PACKET_OK)
    return;

  assert_same_span (&one.topic, &other.topic);
  assert_same_span (&one.author, &other.author);
  assert_same_span (&one.id, &other.id);
  assert_same_span (&one.data, &other.data);
  g_assert_cmpmem (one.header, one.header_length, other.header, other.header_length);
  g_assert_cmpint (one.encrypted, ==, other.encrypted);
  g_assert_cmpuint (one.n_extra_members, ==, other.n_extra_members);
  g_assert_cmpint (one.tag.present, ==, other.tag.present);
  g_assert_cmpuint (one.tag.topic_hash, ==, other.tag.topic_hash);
  g_assert_cmpuint (one.tag.session, ==, other.tag.session);
  g_assert_cmpuint (one.tag.sequence, ==, other.tag.sequence);
}

static void
test_ways (void)
{
  static const char replacements[] = "\"\\{}:, x0\n\xff";
  static const char data[] = "{\"a\":\"\\u00e9\"}";
  g_autoptr(GString) packet = g_string_new (NULL);

  g_test_summary ("A packet in our form, and whatever becomes of it, is taken as the scan of any packet takes it");

  _mb_packet_append (packet, 0x12345678, 42, 7, "/a \"topic\"", "author", "id", FALSE, data, strlen (data));
  assert_same_both_ways (packet->str, packet->len);

  for (gsize i = 0; i < packet->len; i++)
    {
      char kept = packet->str[i];

      assert_same_both_ways (packet->str, i);
      for (const char *p = replacements; *p != '\0'; p++)
        {
          g_autoptr(GString) longer = g_string_new_len (packet->str, (gssize) packet->len);

          packet->str[i] = *p;
          assert_same_both_ways (packet->str, packet->len);
          packet->str[i] = kept;

          g_string_insert_c (longer, (gssize) i, *p);
          assert_same_both_ways (longer->str, longer->len);
        }
    }

  g_string_append (packet, " ");
  assert_same_both_ways (packet->str, packet->len);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/packet/captures", test_captures);
  g_test_add_func ("/packet/shape", test_shape);
  g_test_add_func ("/packet/duplicates", test_duplicates);
  g_test_add_func ("/packet/depth", test_depth);
  g_test_add_func ("/packet/header-members", test_header_members);
  g_test_add_func ("/packet/early", test_early);
  g_test_add_func ("/packet/prefixes", test_prefixes);
  g_test_add_func ("/packet/tag/canonical", test_canonical);
  g_test_add_func ("/packet/encrypted", test_encrypted);
  g_test_add_func ("/packet/tag/append", test_append);
  g_test_add_func ("/packet/tag/other-forms", test_tags);
  g_test_add_func ("/packet/tag/hash", test_hash);
  g_test_add_func ("/packet/extra/kept", test_extra);
  g_test_add_func ("/packet/extra/none", test_no_extra);
  g_test_add_func ("/packet/extra/bad", test_bad_extra);
  g_test_add_func ("/packet/parts", test_parts);

  g_test_add_func ("/packet/ways", test_ways);

  return g_test_run ();
}
