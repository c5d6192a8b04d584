/* test-mailbox.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-mailbox-private.h"

typedef struct
{
  GMainContext *context;
  GObject      *owner;
  GString      *log;
} Fixture;

static GString *current_log;

static void
deliver (gpointer owner,
         gpointer item)
{
  g_string_append (current_log, item);
  g_free (item);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->context = g_main_context_new ();
  fixture->owner = g_object_new (G_TYPE_OBJECT, NULL);
  fixture->log = current_log = g_string_new (NULL);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_clear_object (&fixture->owner);
  g_main_context_unref (fixture->context);
  g_string_free (fixture->log, TRUE);
}

static MbInbox *
inbox (Fixture  *fixture,
       gboolean  urgent)
{
  return _mb_inbox_new (fixture->context, fixture->owner, urgent, deliver, g_free);
}

static void
run (Fixture *fixture)
{
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
}

static void
test_order (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbInbox) one = inbox (fixture, FALSE);
  g_autoptr(MbInbox) two = inbox (fixture, TRUE);

  g_test_summary ("Items of all inboxes of a context come in the order in which they were pushed");

  for (guint i = 0; i < 10; i++)
    {
      _mb_inbox_push (one, g_strdup_printf ("a%u ", i), 1);
      _mb_inbox_push (two, g_strdup_printf ("b%u ", i), 1);
    }
  g_assert_cmpstr (fixture->log->str, ==, "");

  run (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "a0 b0 a1 b1 a2 b2 a3 b3 a4 b4 a5 b5 a6 b6 a7 b7 a8 b8 a9 b9 ");
}

static void
test_drop_oldest (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr(MbInbox) one = inbox (fixture, FALSE);
  guint n_dropped = 0;

  g_test_summary ("A full inbox that drops the oldest keeps the newest, and counts the others");

  _mb_inbox_set_limits (one, 3, G_MAXSIZE, MB_OVERFLOW_DROP_OLDEST);
  for (guint i = 0; i < 1000; i++)
    n_dropped += _mb_inbox_push (one, g_strdup_printf ("%u ", i), 1);
  g_assert_cmpuint (n_dropped, ==, 997);
  g_assert_cmpuint (_mb_inbox_get_length (one), ==, 3);

  run (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "997 998 999 ");

  _mb_inbox_push (one, g_strdup ("again"), 1);
  run (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "997 998 999 again");
}

static void
test_drop_newest (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr(MbInbox) one = inbox (fixture, FALSE);
  guint n_dropped = 0;

  g_test_summary ("A full inbox that drops the newest keeps what is there");

  _mb_inbox_set_limits (one, 3, G_MAXSIZE, MB_OVERFLOW_DROP_NEWEST);
  for (guint i = 0; i < 10; i++)
    n_dropped += _mb_inbox_push (one, g_strdup_printf ("%u ", i), 1);
  g_assert_cmpuint (n_dropped, ==, 7);

  run (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "0 1 2 ");
}

static void
test_bytes (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbInbox) one = inbox (fixture, FALSE);

  g_test_summary ("The bound on bytes holds, but one item alone is always let in");

  _mb_inbox_set_limits (one, 1000, 100, MB_OVERFLOW_DROP_OLDEST);
  g_assert_cmpuint (_mb_inbox_push (one, g_strdup ("a"), 40), ==, 0);
  g_assert_cmpuint (_mb_inbox_push (one, g_strdup ("b"), 40), ==, 0);
  g_assert_cmpuint (_mb_inbox_push (one, g_strdup ("c"), 60), ==, 1);
  g_assert_cmpuint (_mb_inbox_push (one, g_strdup ("d"), 500), ==, 2);
  g_assert_cmpuint (_mb_inbox_push (one, g_strdup ("e"), 1), ==, 1);

  run (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "e");
}

static void
test_close (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbInbox) one = inbox (fixture, FALSE);
  g_autoptr(MbInbox) two = inbox (fixture, FALSE);

  g_test_summary ("A closed inbox delivers nothing more, and leaves the others alone");

  _mb_inbox_push (one, g_strdup ("1"), 1);
  _mb_inbox_push (two, g_strdup ("2"), 1);
  _mb_inbox_push (one, g_strdup ("3"), 1);
  _mb_inbox_push (two, g_strdup ("4"), 1);
  _mb_inbox_close (one);
  g_assert_cmpuint (_mb_inbox_push (one, g_strdup ("5"), 1), ==, 0);

  run (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "24");
}

static void
test_owner_gone (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr(MbInbox) one = inbox (fixture, FALSE);

  g_test_summary ("Nothing is delivered to an owner that has gone, and nothing keeps it");

  _mb_inbox_push (one, g_strdup ("1"), 1);
  g_assert_finalize_object (g_steal_pointer (&fixture->owner));

  run (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "");
}

static void
test_never_run (Fixture      *fixture,
                gconstpointer data)
{
  MbInbox *one = inbox (fixture, FALSE);
  MbInbox *two = inbox (fixture, TRUE);

  g_test_summary ("A context that is never run again leaks nothing");

  _mb_inbox_push (one, g_strdup ("1"), 1);
  _mb_inbox_push (two, g_strdup ("2"), 1);
  _mb_inbox_close (one);
  _mb_inbox_close (two);
  _mb_inbox_unref (one);
  _mb_inbox_unref (two);

  g_assert_cmpstr (fixture->log->str, ==, "");
}

static void
never_cb (gpointer data)
{
  g_assert_not_reached ();
}

static void
post_cb (gpointer data)
{
  g_string_append (current_log, data);
}

static void
test_urgent (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbInbox) plain = inbox (fixture, FALSE);
  g_autoptr(MbInbox) urgent = inbox (fixture, TRUE);
  g_autoptr(MbMailbox) mailbox = _mb_mailbox_get (fixture->context);

  g_test_summary ("Only urgent items are delivered apart from the main loop, in their order");

  _mb_inbox_push (plain, g_strdup ("p"), 1);
  _mb_mailbox_post (mailbox, post_cb, (gpointer) "q", NULL);
  _mb_inbox_push (urgent, g_strdup ("u"), 1);
  _mb_inbox_push (urgent, g_strdup ("v"), 1);

  g_assert_true (_mb_mailbox_dispatch_urgent (mailbox));
  g_assert_true (_mb_mailbox_dispatch_urgent (mailbox));
  g_assert_false (_mb_mailbox_dispatch_urgent (mailbox));
  g_assert_cmpstr (fixture->log->str, ==, "uv");

  run (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "uvpq");
}

static void
test_post_dropped (void)
{
  GMainContext *context = g_main_context_new ();
  MbMailbox *mailbox = _mb_mailbox_get (context);
  gpointer data = g_object_new (G_TYPE_OBJECT, NULL);
  gpointer watched = data;

  g_test_summary ("What was posted to a context that ends before it runs is destroyed, once, without a call");

  g_object_add_weak_pointer (data, &watched);
  _mb_mailbox_post (mailbox, never_cb, data, g_object_unref);
  _mb_mailbox_post (mailbox, never_cb, NULL, NULL);
  _mb_mailbox_unref (mailbox);
  g_main_context_unref (context);

  g_assert_null (watched);
}

static gpointer
push_thread (gpointer data)
{
  MbInbox *one = data;

  for (guint i = 0; i < 10000; i++)
    _mb_inbox_push (one, g_strdup ("x"), 1);

  return NULL;
}

static void
test_threads (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbInbox) one = inbox (fixture, FALSE);
  GThread *threads[4];

  g_test_summary ("Four threads push while the context runs, and nothing is lost");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("push", push_thread, one);

  while (fixture->log->len < 40000)
    g_main_context_iteration (fixture->context, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (fixture->log->len, ==, 40000);
}

static gboolean
other_cb (gpointer data)
{
  g_string_append_c (current_log, '|');

  return G_SOURCE_CONTINUE;
}

static void
test_fair (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr(MbInbox) one = inbox (fixture, FALSE);
  g_autoptr(GSource) other = g_idle_source_new ();
  guint n_turns = 0;

  g_test_summary ("A flood of items leaves other sources of the main loop their turns");

  g_source_set_priority (other, G_PRIORITY_DEFAULT);
  g_source_set_callback (other, other_cb, NULL, NULL);
  g_source_attach (other, fixture->context);

  push_thread (one);
  while (_mb_inbox_get_length (one) > 0)
    g_main_context_iteration (fixture->context, FALSE);
  g_source_destroy (other);

  for (const char *c = fixture->log->str; *c != '\0'; c++)
    n_turns += *c == '|';
  g_assert_cmpuint (n_turns, >=, 10000 / 256);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/mailbox/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("order", test_order);
  ADD ("drop-oldest", test_drop_oldest);
  ADD ("drop-newest", test_drop_newest);
  ADD ("bytes", test_bytes);
  ADD ("close", test_close);
  ADD ("owner-gone", test_owner_gone);
  ADD ("never-run", test_never_run);
  ADD ("urgent", test_urgent);
  g_test_add_func ("/mailbox/post-dropped", test_post_dropped);
  ADD ("threads", test_threads);
  ADD ("fair", test_fair);
#undef ADD

  return g_test_run ();
}
