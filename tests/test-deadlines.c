/* test-deadlines.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-deadlines-private.h"

#define N 200

typedef struct
{
  GMainContext *context;
  MbDeadlines  *set;
  MbDeadline    items[N];
  guint         n_woken;
  guint         n_taken;
  guint         n_destroyed;
} Fixture;

static gboolean
due_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_woken++;
  while (_mb_deadlines_take_due (fixture->set, g_get_monotonic_time ()) != NULL)
    fixture->n_taken++;
  _mb_deadlines_rest (fixture->set);

  return G_SOURCE_CONTINUE;
}

static void
destroy_cb (gpointer user_data)
{
  ((Fixture *) user_data)->n_destroyed++;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->context = g_main_context_new ();
  fixture->set = _mb_deadlines_new (fixture->context, due_cb, fixture, destroy_cb);
  for (guint i = 0; i < N; i++)
    fixture->items[i].owner = GUINT_TO_POINTER (i);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  _mb_deadlines_free (fixture->set);
  g_assert_cmpuint (fixture->n_destroyed, ==, 1);
  g_clear_pointer (&fixture->context, g_main_context_unref);
}

/* Adds all of them, with times that are in no order, some of them the same. */
static void
add_mixed (Fixture *fixture)
{
  for (guint i = 0; i < N; i++)
    {
      fixture->items[i].time = 1000 + (i * 37 % N) / 2;
      _mb_deadlines_add (fixture->set, &fixture->items[i]);
    }
}

/* Takes all that is left, which has to be `n`, in order of time. */
static void
take_in_order (Fixture *fixture,
               guint    n)
{
  gint64 before = 0;
  MbDeadline *item;

  for (; (item = _mb_deadlines_take_due (fixture->set, G_MAXINT64)) != NULL; n--)
    {
      g_assert_cmpint (item->time, >=, before);
      g_assert_cmpuint (item->place, ==, 0);
      before = item->time;
    }
  g_assert_cmpuint (n, ==, 0);
}

static void
test_order (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("Deadlines come out in order of time, in whichever they went in");

  add_mixed (fixture);
  take_in_order (fixture, N);
}

static void
test_due (Fixture       *fixture,
          gconstpointer  data)
{
  g_test_summary ("What is not due yet stays");

  fixture->items[0].time = 10;
  _mb_deadlines_add (fixture->set, &fixture->items[0]);
  g_assert_null (_mb_deadlines_take_due (fixture->set, 9));
  g_assert_true (_mb_deadlines_take_due (fixture->set, 10) == &fixture->items[0]);
  g_assert_null (_mb_deadlines_take_due (fixture->set, G_MAXINT64));
}

static void
test_remove (Fixture       *fixture,
             gconstpointer  data)
{
  g_test_summary ("Deadlines are taken away from anywhere, once, and the others stay in order");

  add_mixed (fixture);
  for (guint i = 0; i < N; i += 3)
    {
      _mb_deadlines_remove (fixture->set, &fixture->items[i]);
      _mb_deadlines_remove (fixture->set, &fixture->items[i]);
    }
  take_in_order (fixture, N - (N + 2) / 3);
}

static void
test_wakes (Fixture       *fixture,
            gconstpointer  data)
{
  gint64 now = g_get_monotonic_time ();

  g_test_summary ("The main context is woken for what is due, and by an empty set at most once");

  for (guint i = 0; i < 3; i++)
    {
      fixture->items[i].time = now - i;
      _mb_deadlines_add (fixture->set, &fixture->items[i]);
    }
  while (fixture->n_woken == 0)
    g_main_context_iteration (fixture->context, TRUE);
  g_assert_cmpuint (fixture->n_taken, ==, 3);

  /* One that is taken away in time, as most are. */
  fixture->items[0].time = g_get_monotonic_time () + 1000;
  _mb_deadlines_add (fixture->set, &fixture->items[0]);
  _mb_deadlines_remove (fixture->set, &fixture->items[0]);
  while (fixture->n_woken == 1)
    g_main_context_iteration (fixture->context, TRUE);
  g_assert_cmpuint (fixture->n_taken, ==, 3);
  g_assert_false (_mb_deadlines_rest (fixture->set));
  g_assert_false (g_main_context_iteration (fixture->context, FALSE));
  g_assert_cmpuint (fixture->n_woken, ==, 2);
}

static void
test_earlier (Fixture       *fixture,
              gconstpointer  data)
{
  g_test_summary ("A deadline that is earlier than those before wakes up the context at its time");

  fixture->items[0].time = G_MAXINT64;
  _mb_deadlines_add (fixture->set, &fixture->items[0]);
  fixture->items[1].time = g_get_monotonic_time ();
  _mb_deadlines_add (fixture->set, &fixture->items[1]);
  while (fixture->n_taken == 0)
    g_main_context_iteration (fixture->context, TRUE);
  g_assert_cmpuint (fixture->items[0].place, ==, 1);
  _mb_deadlines_remove (fixture->set, &fixture->items[0]);
}

static void
test_context (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GMainContext) other = g_main_context_new ();

  g_test_summary ("A set knows its context, and when that has ended");

  g_assert_true (_mb_deadlines_are_of (fixture->set, fixture->context));
  g_assert_false (_mb_deadlines_are_of (fixture->set, other));
  g_assert_false (_mb_deadlines_are_over (fixture->set));

  g_clear_pointer (&fixture->context, g_main_context_unref);
  g_assert_true (_mb_deadlines_are_over (fixture->set));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/deadlines/order", Fixture, NULL, set_up, test_order, tear_down);
  g_test_add ("/deadlines/due", Fixture, NULL, set_up, test_due, tear_down);
  g_test_add ("/deadlines/remove", Fixture, NULL, set_up, test_remove, tear_down);
  g_test_add ("/deadlines/wakes", Fixture, NULL, set_up, test_wakes, tear_down);
  g_test_add ("/deadlines/earlier", Fixture, NULL, set_up, test_earlier, tear_down);
  g_test_add ("/deadlines/context", Fixture, NULL, set_up, test_context, tear_down);

  return g_test_run ();
}
