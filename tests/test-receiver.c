/* test-receiver.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-receiver-private.h"

typedef struct
{
  MbReceiver *receiver;
  guint       n_pushed;
  guint       n_lost;
  gint        n_inside;      /* atomic */
  gint        is_detached;   /* atomic */
  gboolean    detach_inside;
  gboolean    push_inside;

  GMutex      lock;
  GCond       changed;
  gboolean    block;         /* lock */
  gboolean    is_blocked;    /* lock */
} Owner;

static void
push (gpointer      data,
      const guint8 *packet,
      gsize         length)
{
  Owner *owner = data;

  g_assert_false (g_atomic_int_get (&owner->is_detached));
  g_assert_cmpint (g_atomic_int_add (&owner->n_inside, 1), ==, 0);
  owner->n_pushed++;

  if (owner->push_inside)
    {
      owner->push_inside = FALSE;
      g_atomic_int_add (&owner->n_inside, -1);
      mb_receiver_push (owner->receiver, packet, length);
      g_atomic_int_inc (&owner->n_inside);
    }

  if (owner->detach_inside)
    {
      _mb_receiver_detach (owner->receiver);
      g_atomic_int_set (&owner->is_detached, TRUE);
    }

  g_mutex_lock (&owner->lock);
  owner->is_blocked = TRUE;
  g_cond_broadcast (&owner->changed);
  while (owner->block)
    g_cond_wait (&owner->changed, &owner->lock);
  owner->is_blocked = FALSE;
  g_mutex_unlock (&owner->lock);

  g_atomic_int_add (&owner->n_inside, -1);
}

static void
report_loss (gpointer data,
             guint    count)
{
  Owner *owner = data;

  g_assert_false (g_atomic_int_get (&owner->is_detached));
  g_assert_cmpint (g_atomic_int_add (&owner->n_inside, 1), ==, 0);
  owner->n_lost += count;
  g_atomic_int_add (&owner->n_inside, -1);
}

static const MbReceiverFuncs funcs = { push, report_loss };

static void
set_up (Owner         *owner,
        gconstpointer  data)
{
  owner->receiver = _mb_receiver_new (&funcs, owner);
  g_mutex_init (&owner->lock);
  g_cond_init (&owner->changed);
}

static void
tear_down (Owner         *owner,
           gconstpointer  data)
{
  _mb_receiver_detach (owner->receiver);
  g_assert_finalize_object (owner->receiver);
  g_mutex_clear (&owner->lock);
  g_cond_clear (&owner->changed);
}

static void
test_push (Owner         *owner,
           gconstpointer  data)
{
  g_test_summary ("Packets, also empty ones, and losses reach the owner; losses of nothing do not");

  mb_receiver_push (owner->receiver, (const guint8 *) "x", 1);
  mb_receiver_push (owner->receiver, NULL, 0);
  mb_receiver_report_loss (owner->receiver, 0);
  mb_receiver_report_loss (owner->receiver, 7);
  mb_receiver_report_loss (owner->receiver, 3);

  g_assert_cmpuint (owner->n_pushed, ==, 2);
  g_assert_cmpuint (owner->n_lost, ==, 10);
}

static void
test_detached (Owner         *owner,
               gconstpointer  data)
{
  g_test_summary ("After detaching, once or twice, nothing is called");

  _mb_receiver_detach (owner->receiver);
  _mb_receiver_detach (owner->receiver);
  owner->is_detached = TRUE;

  mb_receiver_push (owner->receiver, (const guint8 *) "x", 1);
  mb_receiver_report_loss (owner->receiver, 7);

  g_assert_cmpuint (owner->n_pushed, ==, 0);
  g_assert_cmpuint (owner->n_lost, ==, 0);
}

static void
test_unowned (void)
{
  g_autoptr(MbReceiver) receiver = g_object_new (MB_TYPE_RECEIVER, NULL);

  g_test_summary ("A receiver that belongs to nobody swallows everything");

  mb_receiver_push (receiver, (const guint8 *) "x", 1);
  mb_receiver_report_loss (receiver, 1);
}

static void
test_detach_inside (Owner         *owner,
                    gconstpointer  data)
{
  g_test_summary ("An owner may detach while it is called");

  owner->detach_inside = TRUE;
  mb_receiver_push (owner->receiver, (const guint8 *) "x", 1);
  mb_receiver_push (owner->receiver, (const guint8 *) "x", 1);

  g_assert_cmpuint (owner->n_pushed, ==, 1);
}

static void
test_push_inside (Owner         *owner,
                  gconstpointer  data)
{
  g_test_summary ("A transport that delivers while it sends, for an owner that sends while it is "
                  "called, does not deadlock");

  owner->push_inside = TRUE;
  mb_receiver_push (owner->receiver, (const guint8 *) "x", 1);

  g_assert_cmpuint (owner->n_pushed, ==, 2);
}

static gpointer
push_once (gpointer data)
{
  mb_receiver_push (data, (const guint8 *) "x", 1);

  return NULL;
}

static gpointer
detach (gpointer data)
{
  Owner *owner = data;

  _mb_receiver_detach (owner->receiver);
  g_atomic_int_set (&owner->is_detached, TRUE);

  /* The call that was under way has been waited for. */
  g_assert_cmpint (g_atomic_int_get (&owner->n_inside), ==, 0);

  return NULL;
}

static void
test_detach_waits (Owner         *owner,
                   gconstpointer  data)
{
  GThread *pusher;
  GThread *detacher;

  g_test_summary ("Detaching waits for a call that is under way in another thread");

  owner->block = TRUE;
  pusher = g_thread_new ("push", push_once, owner->receiver);

  g_mutex_lock (&owner->lock);
  while (!owner->is_blocked)
    g_cond_wait (&owner->changed, &owner->lock);
  g_mutex_unlock (&owner->lock);

  detacher = g_thread_new ("detach", detach, owner);

  /* Not for luck: if it did not wait, this would only make it likelier to be seen. */
  for (guint i = 0; i < 100; i++)
    {
      g_thread_yield ();
      g_assert_false (g_atomic_int_get (&owner->is_detached));
    }

  g_mutex_lock (&owner->lock);
  owner->block = FALSE;
  g_cond_broadcast (&owner->changed);
  g_mutex_unlock (&owner->lock);

  g_thread_join (pusher);
  g_thread_join (detacher);
  g_assert_true (owner->is_detached);
  g_assert_cmpuint (owner->n_pushed, ==, 1);
}

static gpointer
push_many (gpointer data)
{
  for (guint i = 0; i < 10000; i++)
    {
      mb_receiver_push (data, (const guint8 *) "x", 1);
      mb_receiver_report_loss (data, 2);
    }

  return NULL;
}

static void
test_threads (Owner         *owner,
              gconstpointer  data)
{
  GThread *threads[4];

  g_test_summary ("Calls from several threads reach the owner one at a time, and none is lost");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("push", push_many, owner->receiver);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (owner->n_pushed, ==, 40000);
  g_assert_cmpuint (owner->n_lost, ==, 80000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/receiver/push", Owner, NULL, set_up, test_push, tear_down);
  g_test_add ("/receiver/detached", Owner, NULL, set_up, test_detached, tear_down);
  g_test_add_func ("/receiver/unowned", test_unowned);
  g_test_add ("/receiver/detach-inside", Owner, NULL, set_up, test_detach_inside, tear_down);
  g_test_add ("/receiver/push-inside", Owner, NULL, set_up, test_push_inside, tear_down);
  g_test_add ("/receiver/detach-waits", Owner, NULL, set_up, test_detach_waits, tear_down);
  g_test_add ("/receiver/threads", Owner, NULL, set_up, test_threads, tear_down);

  return g_test_run ();
}
