/* test-router.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-router-private.h"

typedef struct
{
  MbRouter *router;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->router = _mb_router_new ();
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  _mb_router_free (fixture->router);
}

static MbRoute *
add (Fixture    *fixture,
     const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbPattern) pattern = _mb_pattern_new (text, &error);
  MbRoute *route;

  g_assert_no_error (error);
  route = _mb_route_new (MB_ROUTE_SUBSCRIBER, pattern, NULL, NULL);
  _mb_router_add (fixture->router, route);

  return route;
}

static MbTopicEntry *
look_up (Fixture    *fixture,
         const char *topic)
{
  guint n_limited;

  return _mb_router_look_up (fixture->router, topic, strlen (topic), &n_limited);
}

static void
test_match (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbRoute) literal = add (fixture, "/a/b");
  g_autoptr(MbRoute) pattern = add (fixture, "/a/.*");

  g_test_summary ("A topic finds the routes of all patterns that match it");

  g_assert_cmpuint (look_up (fixture, "/a/b")->routes->len, ==, 2);
  g_assert_cmpuint (look_up (fixture, "/a/c")->routes->len, ==, 1);
  g_assert_true (g_ptr_array_index (look_up (fixture, "/a/c")->routes, 0) == pattern);
  g_assert_cmpuint (look_up (fixture, "/b")->routes->len, ==, 0);
  g_assert_cmpstr (look_up (fixture, "/a/c")->topic, ==, "/a/c");
}

static void
test_change (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbRoute) first = add (fixture, "/a");
  g_autoptr(MbRoute) second = NULL;

  g_test_summary ("A topic that was seen before follows every change of the routes");

  g_assert_cmpuint (look_up (fixture, "/a")->routes->len, ==, 1);
  second = add (fixture, "/.");
  g_assert_cmpuint (look_up (fixture, "/a")->routes->len, ==, 2);
  _mb_router_remove (fixture->router, first);
  g_assert_cmpuint (look_up (fixture, "/a")->routes->len, ==, 1);
  _mb_router_remove (fixture->router, second);
  g_assert_cmpuint (look_up (fixture, "/a")->routes->len, ==, 0);
}

static void
test_flood (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbRoute) route = add (fixture, "/t.*");
  g_autofree char *huge = g_strnfill (60000, 'x');

  g_test_summary ("A flood of topics, of any length, leaves the answers right");

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *topic = g_strdup_printf ("/%c%u", i % 2 == 0 ? 't' : 'u', i);

      g_assert_cmpuint (look_up (fixture, topic)->routes->len, ==, i % 2 == 0 ? 1 : 0);
    }

  g_assert_cmpuint (look_up (fixture, huge)->routes->len, ==, 0);
  g_assert_cmpuint (look_up (fixture, "/t0")->routes->len, ==, 1);
}

static void
test_limit (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbRoute) route = add (fixture, "/(a+)+[bc]");
  g_autofree char *fill = g_strnfill (400, 'a');
  g_autofree char *topic = g_strconcat ("/", fill, NULL);
  guint n_limited;

  g_test_summary ("A pattern that gives up is counted, once for each look at the topic");

  g_assert_cmpuint (_mb_router_look_up (fixture->router, topic, strlen (topic), &n_limited)->routes->len,
                    ==, 0);
  g_assert_cmpuint (n_limited, ==, 1);
  _mb_router_look_up (fixture->router, topic, strlen (topic), &n_limited);
  g_assert_cmpuint (n_limited, ==, 0);
}

static void
test_trackers (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr(MbRoute) first = add (fixture, "/a");
  g_autoptr(MbRoute) second = NULL;
  MbSequenceTracker *tracker;

  g_test_summary ("What is known of a sender's numbers is kept as long as somebody wants the topic");

  tracker = _mb_router_get_tracker (look_up (fixture, "/a"), 1);
  g_assert_nonnull (tracker);
  g_assert_true (_mb_router_get_tracker (look_up (fixture, "/a"), 1) == tracker);
  g_assert_true (_mb_router_get_tracker (look_up (fixture, "/a"), 2) != tracker);

  second = add (fixture, "/.");
  tracker->highest = 42;
  g_assert_cmpuint (_mb_router_get_tracker (look_up (fixture, "/a"), 1)->highest, ==, 42);

  _mb_router_remove (fixture->router, first);
  _mb_router_remove (fixture->router, second);
  g_assert_cmpuint (look_up (fixture, "/a")->routes->len, ==, 0);
  _mb_router_add (fixture->router, first);
  g_assert_cmpuint (_mb_router_get_tracker (look_up (fixture, "/a"), 1)->highest, ==, 0);
}

static void
test_tracker_flood (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr(MbRoute) route = add (fixture, "/.*");
  guint n_trackers = 0;

  g_test_summary ("A flood of sessions is not tracked without end");

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *topic = g_strdup_printf ("/%u", i);

      for (guint64 session = 1; session <= 200; session++)
        n_trackers += _mb_router_get_tracker (look_up (fixture, topic), session) != NULL;
    }

  g_assert_cmpuint (n_trackers, <, 10000);
  g_assert_cmpuint (n_trackers, >, 1000);
}

static void
test_long_topic (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr(MbRoute) route = add (fixture, "/.*");
  g_autofree char *name = g_strnfill (600, 't');
  g_autofree char *topic = g_strconcat ("/", name, NULL);

  g_test_summary ("Of topics that are too long to be remembered, neither are the numbers");

  g_assert_cmpuint (look_up (fixture, topic)->routes->len, ==, 1);
  g_assert_null (_mb_router_get_tracker (look_up (fixture, topic), 1));
  _mb_router_forget (fixture->router);
  g_assert_cmpuint (look_up (fixture, topic)->routes->len, ==, 1);
}

static void
test_session_flood (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr(MbRoute) route = add (fixture, "/a");

  g_test_summary ("A flood of sessions on one topic has it start anew, so that honest ones are tracked after it");

  _mb_router_get_tracker (look_up (fixture, "/a"), 1)->highest = 42;
  for (guint64 session = 2; session <= 256; session++)
    g_assert_nonnull (_mb_router_get_tracker (look_up (fixture, "/a"), session));
  g_assert_cmpuint (_mb_router_get_tracker (look_up (fixture, "/a"), 1)->highest, ==, 42);
  g_assert_nonnull (_mb_router_get_tracker (look_up (fixture, "/a"), 257));
  g_assert_cmpuint (_mb_router_get_tracker (look_up (fixture, "/a"), 1)->highest, ==, 0);
}

static void
test_old_topics (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr(MbRoute) route = add (fixture, "/.*");

  g_test_summary ("A topic that goes on being used is remembered through any flood of others");

  _mb_router_get_tracker (look_up (fixture, "/a"), 1)->highest = 42;
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *topic = g_strdup_printf ("/%u", i);

      look_up (fixture, topic);
      if (i % 1000 == 0)
        look_up (fixture, "/a");
    }
  g_assert_cmpuint (_mb_router_get_tracker (look_up (fixture, "/a"), 1)->highest, ==, 42);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/router/match", Fixture, NULL, set_up, test_match, tear_down);
  g_test_add ("/router/change", Fixture, NULL, set_up, test_change, tear_down);
  g_test_add ("/router/flood", Fixture, NULL, set_up, test_flood, tear_down);
  g_test_add ("/router/limit", Fixture, NULL, set_up, test_limit, tear_down);
  g_test_add ("/router/trackers", Fixture, NULL, set_up, test_trackers, tear_down);
  g_test_add ("/router/tracker-flood", Fixture, NULL, set_up, test_tracker_flood, tear_down);
  g_test_add ("/router/long-topic", Fixture, NULL, set_up, test_long_topic, tear_down);
  g_test_add ("/router/session-flood", Fixture, NULL, set_up, test_session_flood, tear_down);
  g_test_add ("/router/old-topics", Fixture, NULL, set_up, test_old_topics, tear_down);

  return g_test_run ();
}
