/* test-presence-wire.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <minibus.h>

#include "mb-presence-wire-private.h"

#define SESSION "\"session\":\"00000000000000ab\""
#define SEAL "\"seal\":\"0123456789abcdef0123456789abcdef\""
#define STATE "{" SESSION ",\"kind\":\"state\"," SEAL ","

static JsonNode *
read_json (const char *text)
{
  g_autoptr(GError) error = NULL;
  JsonNode *node = mb_json_from_text (text, &error);

  g_assert_no_error (error);

  return node;
}

/* A list of so many names of that length. */
static char *
make_names (guint n_names,
            gsize length)
{
  GString *list = g_string_new ("[");
  g_autofree char *name = g_strnfill (length, 'n');

  for (guint i = 0; i < n_names; i++)
    g_string_append_printf (list, "%s\"%s\"", i > 0 ? "," : "", name);
  g_string_append_c (list, ']');

  return g_string_free (list, FALSE);
}

static void
assert_announcement (const char *text,
                     gboolean    good)
{
  g_autoptr(JsonNode) node = read_json (text);
  MbAnnouncement announcement;
  const char *wrong = _mb_announcement_read (&announcement, node);

  if ((wrong == NULL) != good)
    g_error ("%s: %s", text, good ? wrong : "taken");
}

static void
assert_question (const char *text,
                 gboolean    good)
{
  g_autoptr(JsonNode) node = read_json (text);
  MbQuestion question;
  const char *wrong = _mb_question_read (&question, node);

  if ((wrong == NULL) != good)
    g_error ("%s: %s", text, good ? wrong : "taken");
}

static void
test_announcements (void)
{
  static const char * const good[] = {
    "{" SESSION ",\"kind\":\"alive\"}",
    "{" SESSION ",\"kind\":\"alive\",\"generation\":2147483647,\"every\":0,\"sent\":4294967295,\"x\":{}}",
    "{" SESSION ",\"kind\":\"bye\",\"secret\":\"0123456789abcdef0123456789abcdef\"}",
    "{" SESSION ",\"kind\":\"schema\",\"name\":\"/t\",\"schema\":\"true\"}",
    STATE "\"part\":0,\"parts\":1}",
    STATE "\"part\":63,\"parts\":64,\"services\":[]}",
    STATE "\"parts\":1,\"host\":1,\"version\":null,\"encrypted\":\"yes\",\"publishers\":[\"/a\",\"\"]}",
    STATE "\"parts\":1,\"pid\":2147483647,\"encrypted\":true}",
    STATE "\"parts\":1,\"encrypted\":[true]}",
  };
  static const char * const bad[] = {
    "null", "[]", "{}",
    "{\"session\":1}",
    "{\"session\":\"00000000000000AB\",\"kind\":\"alive\"}",
    "{\"session\":\"00000000000000abc\",\"kind\":\"alive\"}",
    "{\"session\":\"0000000000000ab\",\"kind\":\"alive\"}",
    "{\"session\":\"0000000000000000\",\"kind\":\"alive\"}",
    "{\"session\":[\"00000000000000ab\"],\"kind\":\"alive\"}",
    "{" SESSION "}",
    "{" SESSION ",\"kind\":7}",
    "{" SESSION ",\"kind\":\"dance\"}",
    "{" SESSION ",\"kind\":\"alive\",\"generation\":-1}",
    "{" SESSION ",\"kind\":\"alive\",\"generation\":2147483648}",
    "{" SESSION ",\"kind\":\"alive\",\"generation\":1.5}",
    "{" SESSION ",\"kind\":\"alive\",\"generation\":[1]}",
    "{" SESSION ",\"kind\":\"alive\",\"generation\":null}",
    "{" SESSION ",\"kind\":\"alive\",\"every\":\"1\"}",
    "{" SESSION ",\"kind\":\"alive\",\"sent\":4294967296}",
    "{" SESSION ",\"kind\":\"alive\",\"received\":true}",
    "{" SESSION ",\"kind\":\"alive\",\"dropped\":-1}",
    "{" SESSION ",\"kind\":\"bye\"}",
    "{" SESSION ",\"kind\":\"bye\",\"secret\":\"0123456789abcdef0123456789abcdeg\"}",
    "{" SESSION ",\"kind\":\"schema\",\"name\":\"/t\"}",
    "{" SESSION ",\"kind\":\"schema\",\"schema\":\"true\"}",
    "{" SESSION ",\"kind\":\"schema\",\"name\":\"/t\",\"schema\":true}",
    "{" SESSION ",\"kind\":\"state\",\"part\":0,\"parts\":1}",
    "{" SESSION ",\"kind\":\"state\",\"seal\":\"0\",\"part\":0,\"parts\":1}",
    STATE "\"part\":0}",
    STATE "\"part\":1,\"parts\":1}",
    STATE "\"part\":64,\"parts\":65}",
    STATE "\"part\":0,\"parts\":65}",
    STATE "\"part\":-1,\"parts\":1}",
    STATE "\"parts\":1,\"publishers\":{}}",
    STATE "\"parts\":1,\"subscribers\":null}",
    STATE "\"parts\":1,\"services\":[1]}",
    STATE "\"parts\":1,\"services\":[\"/a\",null]}",
    STATE "\"parts\":1,\"clients\":[[\"/a\"]]}",
    STATE "\"parts\":1,\"pid\":2147483648}",
    STATE "\"parts\":1,\"pid\":\"1\"}",
  };

  g_test_summary ("What a peer tells of itself is taken as it is meant, or not at all");

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    assert_announcement (good[i], TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_announcement (bad[i], FALSE);
}

static void
test_questions (void)
{
  static const char * const good[] = {
    "{" SESSION "}",
    "{" SESSION ",\"known\":0,\"lease\":2147483647,\"want\":\"schemas\",\"near\":true}",
    "{" SESSION ",\"of\":[],\"peers\":[\"a\"],\"services\":[\"/s\"],\"topics\":[\"/t\"],\"near\":\"no\"}",
    "{" SESSION ",\"near\":[true]}",
  };
  static const char * const bad[] = {
    "7", "{}",
    "{\"session\":\"\"}",
    "{" SESSION ",\"known\":\"1\"}",
    "{" SESSION ",\"known\":2147483648}",
    "{" SESSION ",\"lease\":-1}",
    "{" SESSION ",\"lease\":0.5}",
    "{" SESSION ",\"want\":\"blood\"}",
    "{" SESSION ",\"want\":null}",
    "{" SESSION ",\"of\":\"00000000000000ab\"}",
    "{" SESSION ",\"peers\":[1]}",
    "{" SESSION ",\"services\":[null]}",
    "{" SESSION ",\"topics\":{}}",
  };

  g_test_summary ("A question is taken as it is meant, or not at all");

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    assert_question (good[i], TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_question (bad[i], FALSE);
}

static void
test_limits (void)
{
  static const struct { guint n_names; gsize length; gboolean good; } lists[] = {
    { MB_PRESENCE_MAX_NAMES, 1, TRUE },
    { MB_PRESENCE_MAX_NAMES + 1, 1, FALSE },
    { 1, MB_PRESENCE_MAX_NAME, TRUE },
    { 1, MB_PRESENCE_MAX_NAME + 1, FALSE },
  };
  g_autofree char *asked = make_names (MB_PRESENCE_MAX_ASKED, 1);
  g_autofree char *too_many = make_names (MB_PRESENCE_MAX_ASKED + 1, 1);
  g_autofree char *good = g_strdup_printf ("{" SESSION ",\"of\":%s}", asked);
  g_autofree char *bad = g_strdup_printf ("{" SESSION ",\"of\":%s}", too_many);

  g_test_summary ("Lists and names have their limits");

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autofree char *names = make_names (lists[i].n_names, lists[i].length);
      g_autofree char *text = g_strdup_printf (STATE "\"parts\":1,\"clients\":%s}", names);

      assert_announcement (text, lists[i].good);
    }
  assert_question (good, TRUE);
  assert_question (bad, FALSE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/presence-wire/announcements", test_announcements);
  g_test_add_func ("/presence-wire/questions", test_questions);
  g_test_add_func ("/presence-wire/limits", test_limits);

  return g_test_run ();
}
