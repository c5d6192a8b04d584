/* test-json-memo.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-json-memo-private.h"
#include "minibus/mb-json-private.h"

/* Reads in both ways, and returns what the tested one gave. */
static JsonNode *
read_both (char       *topic,
           const char *text)
{
  g_autoptr(JsonNode) expected = _mb_json_read (text, strlen (text), NULL, NULL);
  g_autofree char *copy = g_strdup (text);
  g_autoptr(JsonNode) node = _mb_json_read_similar (topic, copy, strlen (copy));
  g_autoptr(GString) again = g_string_new (NULL);
  g_autoptr(GString) wanted = g_string_new (NULL);

  g_assert_nonnull (expected);
  g_assert_nonnull (node);
  g_assert_true (json_node_is_immutable (node));
  g_assert_true (json_node_equal (node, expected));
  g_assert_cmpuint (json_node_hash (node), ==, json_node_hash (expected));

  /* In the same order, too. */
  g_assert_true (_mb_json_append_node (again, node, NULL));
  g_assert_true (_mb_json_append_node (wanted, expected, NULL));
  g_assert_cmpstr (again->str, ==, wanted->str);

  return g_steal_pointer (&node);
}

static JsonNode *
get (JsonNode   *node,
     const char *name)
{
  return json_object_get_member (json_node_get_object (node), name);
}

static void
test_shares (void)
{
  char *topic = g_ref_string_new ("/a");
  char *other = g_ref_string_new ("/b");
  g_autoptr(JsonNode) first = read_both (topic, "{\"n\":10,\"name\":\"x\",\"list\":[1,{\"a\":2}],\"o\":{}}");
  g_autoptr(JsonNode) second = read_both (topic, "{\"n\":100,\"name\":\"x\",\"list\":[1,{\"a\":2}],\"o\":{}}");
  g_autoptr(JsonNode) third = read_both (other, "{\"n\":100,\"name\":\"x\",\"list\":[1,{\"a\":2}],\"o\":{}}");

  g_test_summary ("What is the same as in the last text of the topic is the same node, and nothing else is");

  g_assert_true (get (first, "name") == get (second, "name"));
  g_assert_true (get (first, "list") == get (second, "list"));
  g_assert_true (get (first, "o") == get (second, "o"));
  g_assert_true (get (first, "n") != get (second, "n"));
  g_assert_true (json_node_get_object (first) != json_node_get_object (second));
  g_assert_true (get (third, "name") != get (second, "name"));

  g_ref_string_release (topic);
  g_ref_string_release (other);
}

static void
test_topics_in_turns (void)
{
  char *topics[20];
  guint n_shared = 0;

  g_test_summary ("The first topics in use keep their place, and give it up when they are not used any more");

  for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
    {
      g_autofree char *name = g_strdup_printf ("/many/%u", i);

      topics[i] = g_ref_string_new (name);
    }

  /* In turns, as those of one program. */
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
      {
        g_autoptr(JsonNode) one = read_both (topics[i], "{\"name\":\"x\",\"n\":1}");
        g_autoptr(JsonNode) two = read_both (topics[i], "{\"name\":\"x\",\"n\":2}");

        n_shared += round > 0 && get (one, "name") == get (two, "name");
      }
  g_assert_cmpuint (n_shared, >=, 2 * 4);
  g_assert_cmpuint (n_shared, <=, 2 * 8);

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr(JsonNode) node = read_both (topics[19], "{\"name\":\"x\",\"n\":1}");
      g_autoptr(JsonNode) next = read_both (topics[19], "{\"name\":\"x\",\"n\":2}");

      g_assert_true (i < 99 || get (node, "name") == get (next, "name"));
    }

  for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
    g_ref_string_release (topics[i]);
}

static void
test_lives (void)
{
  char *topic = g_ref_string_new ("/a");
  g_autoptr(JsonNode) first = read_both (topic, "{\"name\":\"x\",\"n\":1}");
  g_autoptr(JsonNode) name = json_node_ref (get (first, "name"));

  g_test_summary ("A node that is shared lives as long as anybody has it");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"name\":\"%u\",\"n\":1}", i);
      g_autoptr(JsonNode) node = read_both (topic, text);
    }
  g_clear_pointer (&first, json_node_unref);
  g_assert_cmpstr (json_node_get_string (name), ==, "x");
  g_ref_string_release (topic);
}

static void
test_any (void)
{
  /* Each after each: what is remembered of one must not show in the next. */
  static const char * const texts[] = {
    "{}", "[]", "null", "\"x\"", "1", "{\"a\":1}", "{\"a\":12}", "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}",
    "{\"b\":2}", "{\"a\":{\"b\":2}}", "{\"a\":[1,2]}", "{\"a\":[1,2],\"c\":true}", "{\"a\": 1}", "{ \"a\":1}", "{\"a\":1 }",
    "{\"a\":1} ", " {\"a\":1}", "{\"\\u0061\":1}", "{\"a\":\"\\\"\"}", "{\"a\":\"}\",\"b\":\",\"}", "{\"\":0}",
    "{\"a\":1.0}", "{\"a\":1e2}", "{\"a\":-0}", "{\"a\":18446744073709551615}", "{\"\xc3\xa9\":\"\xc3\xa9\"}", "{\"a\":null}",
    "{\"a\":false,\"b\":2}", "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10}",
  };
  char *topic = g_ref_string_new ("/any");

  g_test_summary ("Whatever came before, a text is read as it is");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    for (guint j = 0; j < G_N_ELEMENTS (texts); j++)
      {
        g_autoptr(JsonNode) first = read_both (topic, texts[i]);
        g_autoptr(JsonNode) second = read_both (topic, texts[j]);
        g_autoptr(JsonNode) third = read_both (topic, texts[j]);
      }
  g_ref_string_release (topic);
}

static void
test_large (void)
{
  char *topic = g_ref_string_new ("/large");

  g_test_summary ("Texts with many members, or long ones, are read, too");

  for (guint n = 30; n < 35; n++)
    {
      g_autoptr(GString) text = g_string_new ("{");
      g_autoptr(GString) list = g_string_new ("{\"a\":[");

      for (guint i = 0; i < n; i++)
        g_string_append_printf (text, "%s\"m%u\":%u", i > 0 ? "," : "", i, i);
      g_string_append_c (text, '}');
      for (guint i = 0; i < n * 100; i++)
        g_string_append_printf (list, "%s%u", i > 0 ? "," : "", i);
      g_string_append (list, "],\"b\":0}");

      for (guint i = 0; i < 2; i++)
        {
          g_autoptr(JsonNode) node = read_both (topic, text->str);
          g_autoptr(JsonNode) same = read_both (topic, text->str);
          g_autoptr(JsonNode) large = read_both (topic, list->str);
        }
    }
  g_ref_string_release (topic);
}

static void
test_rests (void)
{
  char *topic = g_ref_string_new ("/changing");
  guint n_shared = 0;

  g_test_summary ("A topic where nothing repeats is left alone, and tried again later");

  for (guint i = 0; i < 3000; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"a\":%u,\"b\":%u}", i, i);
      g_autoptr(JsonNode) node = read_both (topic, text);
    }
  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr(JsonNode) first = read_both (topic, "{\"a\":1,\"b\":2}");
      g_autoptr(JsonNode) second = read_both (topic, "{\"a\":2,\"b\":2}");

      n_shared += get (first, "b") == get (second, "b");
    }
  g_assert_cmpuint (n_shared, >, 1000);
  g_ref_string_release (topic);
}

static gpointer
thread_func (gpointer data)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"a\":%u,\"b\":\"same\"}", i);
      g_autoptr(JsonNode) node = read_both (data, text);
    }

  return NULL;
}

static void
test_threads (void)
{
  char *topic = g_ref_string_new ("/threads");
  GThread *threads[4];

  g_test_summary ("Threads remember for themselves, and forget when they end");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", thread_func, topic);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_ref_string_release (topic);
}

static void
test_many_topics (void)
{
  g_test_summary ("More topics than are remembered do no harm");

  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < 100; i++)
      {
        g_autofree char *name = g_strdup_printf ("/many/%u", i);
        g_autofree char *text = g_strdup_printf ("{\"i\":%u,\"b\":true}", i);
        char *topic = g_ref_string_new (name);
        g_autoptr(JsonNode) first = read_both (topic, text);
        g_autoptr(JsonNode) second = read_both (topic, text);

        g_ref_string_release (topic);
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-memo/shares", test_shares);
  g_test_add_func ("/json-memo/lives", test_lives);
  g_test_add_func ("/json-memo/topics-in-turns", test_topics_in_turns);
  g_test_add_func ("/json-memo/any", test_any);
  g_test_add_func ("/json-memo/large", test_large);
  g_test_add_func ("/json-memo/rests", test_rests);
  g_test_add_func ("/json-memo/threads", test_threads);
  g_test_add_func ("/json-memo/many-topics", test_many_topics);

  return g_test_run ();
}
