/* bench-json.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What our reader and writer cost, beside JsonParser and JsonGenerator in the same process. Only
 * the ratios mean something on a machine that others use, too.
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-json-private.h"
#include "minibus/mb-packet-private.h"
#include "minibus/mb-pattern-private.h"

#define N_ROUNDS 15
#define ROUND_US 4000

static const char message[] =
  "{\"celsius\":21.5,\"room\":\"kitchen\",\"ok\":true,\"count\":42,\"sensor\":\"a0-17\"}";

static const char nested[] =
  "{\"id\":\"3f1c\",\"position\":{\"x\":1.25,\"y\":-3.5,\"z\":0.0},\"tags\":[\"a\",\"b\",\"c\"],"
  "\"battery\":{\"volts\":12.61,\"percent\":87,\"charging\":false},\"note\":null,"
  "\"path\":[[0,0],[1,2],[2,4],[3,8]],\"text\":\"caf\303\251 \\u00e9 \\\"quoted\\\"\"}";

static const char doubles[] =
  "[0.1,21.5,3.141592653589793,0.30000000000000004,1e-7,123456.789,6.02214076e23,5e-324]";

typedef struct
{
  const char *text;
  gsize       length;
  JsonParser *parser;
  JsonNode   *node;
  GString    *out;
  MbPattern  *pattern;
} Case;

typedef void (* Work) (Case *self);

static void
read_ours (Case *self)
{
  JsonNode *node = _mb_json_read (self->text, self->length, NULL, NULL);

  json_node_unref (node);
}

static void
read_parser (Case *self)
{
  json_parser_load_from_data (self->parser, self->text, (gssize) self->length, NULL);
  json_node_unref (json_parser_steal_root (self->parser));
}

static void
read_new_parser (Case *self)
{
  g_autoptr(JsonParser) parser = json_parser_new ();

  json_parser_load_from_data (parser, self->text, (gssize) self->length, NULL);
}

/* What json-glib itself takes for the tree of `message`, sealed, without any reading. */
static void
build_tree (Case *self)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_init (json_node_alloc (), JSON_NODE_OBJECT);

  json_object_set_member (object, "celsius", json_node_init_double (json_node_alloc (), 21.5));
  json_object_set_member (object, "room", json_node_init_string (json_node_alloc (), "kitchen"));
  json_object_set_member (object, "ok", json_node_init_boolean (json_node_alloc (), TRUE));
  json_object_set_member (object, "count", json_node_init_int (json_node_alloc (), 42));
  json_object_set_member (object, "sensor", json_node_init_string (json_node_alloc (), "a0-17"));
  json_node_take_object (node, object);
  json_node_seal (node);
  json_node_unref (node);
}

static void
check_text (Case *self)
{
  g_string_truncate (self->out, 0);
  _mb_json_append_text (self->out, self->text, self->length, NULL);
}

static void
write_ours (Case *self)
{
  g_string_truncate (self->out, 0);
  _mb_json_append_node (self->out, self->node, NULL);
}

static void
write_generator (Case *self)
{
  g_autoptr(JsonGenerator) generator = json_generator_new ();

  json_generator_set_root (generator, self->node);
  g_string_truncate (self->out, 0);
  json_generator_to_gstring (generator, self->out);
}

static void
scan_header (Case *self)
{
  MbPacket packet;

  g_assert_cmpint (_mb_packet_scan_header (&packet, self->text, self->length), ==, MB_PACKET_OK);
}

static void
scan_packet (Case *self)
{
  MbPacket packet;

  g_assert_cmpint (_mb_packet_scan_header (&packet, self->text, self->length), ==, MB_PACKET_OK);
  g_assert_cmpint (_mb_packet_scan_rest (&packet, self->text, self->length), ==, MB_PACKET_OK);
}

static void
append_packet (Case *self)
{
  g_string_truncate (self->out, 0);
  _mb_packet_append (self->out, 0x12345678, 42, 7, "/home/kitchen/temperature",
                     "0d4a0e52-8b6f-4c4e-9f44-8d2f1f1b5b3c", "6a1ea397-ec16-4fa4-b340-cafe452e47c6",
                     self->text, self->length);
}

static void
match_pattern (Case *self)
{
  _mb_pattern_match (self->pattern, self->text, self->length);
}

/* The lowest of several rounds, in nanoseconds: whatever disturbs makes it longer. */
static double
measure (Case *self,
         Work  work)
{
  double best = G_MAXDOUBLE;

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      gint64 start = g_get_monotonic_time ();
      gint64 elapsed;
      guint n = 0;

      do
        {
          for (guint i = 0; i < 50; i++)
            work (self);
          n += 50;
          elapsed = g_get_monotonic_time () - start;
        }
      while (elapsed < ROUND_US);

      best = MIN (best, 1000.0 * (double) elapsed / n);
    }

  return best;
}

static double
report (const char *name,
        Case       *self,
        Work        work,
        double      reference)
{
  double ns = measure (self, work);

  if (reference > 0)
    g_print ("%-38s %9.0f ns   %5.2f of the reference\n", name, ns, ns / reference);
  else
    g_print ("%-38s %9.0f ns\n", name, ns);

  return ns;
}

static void
bench_text (const char *name,
            const char *text)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(JsonNode) node = _mb_json_read (text, strlen (text), NULL, NULL);
  g_autoptr(GString) out = g_string_new (NULL);
  Case self = { text, strlen (text), parser, node, out, NULL };
  double reference;

  g_print ("\n%s, %zu bytes\n", name, self.length);

  reference = report ("  read, JsonParser kept (reference)", &self, read_parser, 0);
  report ("  read, JsonParser new", &self, read_new_parser, reference);
  report ("  read, ours", &self, read_ours, reference);
  if (text == message)
    report ("  the tree alone, without reading", &self, build_tree, reference);
  report ("  check text, ours", &self, check_text, reference);

  reference = report ("  write, JsonGenerator (reference)", &self, write_generator, 0);
  report ("  write, ours", &self, write_ours, reference);
}

static void
bench_packet (void)
{
  g_autoptr(GString) packet = g_string_new (NULL);
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GString) python = g_string_new (NULL);
  g_autoptr(JsonParser) parser = json_parser_new ();
  Case self = { message, strlen (message), parser, NULL, out, NULL };
  double reference;

  append_packet (&self);
  g_string_append_len (packet, out->str, (gssize) out->len);
  g_string_append (python, "{\"header\":{\"topic\":\"\\/home\\/kitchen\",\"idstr\":"
                           "\"6a1ea397-ec16-4fa4-b340-cafe452e47c6\",\"author\":\"p\"},\"data\":");
  _mb_json_append_string (python, message, strlen (message));
  g_string_append (python, "}\n");

  g_print ("\npacket, %zu bytes\n", packet->len);
  report ("  append", &self, append_packet, 0);
  self.text = packet->str;
  self.length = packet->len;
  reference = report ("  read, JsonParser kept (reference)", &self, read_parser, 0);
  report ("  scan header", &self, scan_header, reference);
  report ("  scan all", &self, scan_packet, reference);
  self.text = python->str;
  self.length = python->len;
  report ("  scan header, Python's packet", &self, scan_header, reference);
  report ("  scan all, Python's packet", &self, scan_packet, reference);
}

static void
bench_pattern (void)
{
  static const char *const texts[] = {
    "/home/kitchen/temperature", "/home/.*", "/home/[^/]+/temperature", ".*/temperature",
    "/garden/.*"
  };

  g_print ("\npatterns on /home/kitchen/temperature\n");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(MbPattern) pattern = _mb_pattern_new (texts[i], NULL);
      g_autofree char *name = g_strconcat ("  ", texts[i], NULL);
      Case self = { texts[0], strlen (texts[0]), NULL, NULL, NULL, pattern };

      report (name, &self, match_pattern, 0);
    }
}

int
main (int    argc,
      char **argv)
{
  bench_text ("message of a few members", message);
  bench_text ("nested message", nested);
  bench_text ("doubles", doubles);
  bench_packet ();
  bench_pattern ();

  return 0;
}
