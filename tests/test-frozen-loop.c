/* test-frozen-loop.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A main loop that stands still, and one that has nothing to do. To be run by tests/private-network: it sends to
 * the real group. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mb-test.h"

/* What most systems allow without being asked. */
#define ADDRESS "multicast:?interface=lo&receive-buffer=212992"
/* Fewer than that holds. */
#define BURST 64
#define TOPIC "/frozen"
/* What a test gets whose clients are as they are, and tell of themselves when they have been open for a moment. */
#define PRESENCE "presence"

typedef struct
{
  MbClient     *sender;
  MbClient     *receiver;
  MbPublisher  *publisher;
  MbSubscriber *subscriber;
  guint         n_sent;
  guint         n_messages;
  guint         n_missed;
  guint         next;          /* the number that has to come next */
} Fixture;

/* Without a word of their own where packets are counted. */
static MbClient *
open_client (const char *name,
             gboolean    presence)
{
  MbClient *client = g_object_new (MB_TYPE_CLIENT,
                                   "name", name,
                                   "address", ADDRESS,
                                   "presence", presence,
                                   NULL);
  g_autoptr(GError) error = NULL;

  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);

  return client;
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            gpointer      user_data)
{
  Fixture *self = user_data;
  guint number = (guint) strtoul (mb_message_get_text (message) + strlen ("{\"n\":"), NULL, 10);

  g_assert_cmpuint (number, ==, self->next);
  self->next++;
  self->n_messages++;
}

static void
missed_cb (MbSubscriber *subscriber,
           const char   *author,
           guint         count,
           gpointer      user_data)
{
  ((Fixture *) user_data)->n_missed += count;
}

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  self->sender = open_client ("sender", data != NULL);
  self->receiver = open_client ("receiver", data != NULL);
  self->publisher = mb_test_publisher (self->sender, TOPIC, NULL);
  self->subscriber = mb_client_subscribe (self->receiver, TOPIC, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->subscriber, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (self->subscriber, "missed", G_CALLBACK (missed_cb), self);
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  mb_client_close (self->sender);
  mb_client_close (self->receiver);
  g_clear_object (&self->publisher);
  g_clear_object (&self->subscriber);
  g_assert_finalize_object (self->sender);
  g_assert_finalize_object (self->receiver);
}

static guint
get_count (MbClient   *client,
           const char *name)
{
  guint count;

  g_object_get (client, name, &count, NULL);

  return count;
}

/* Publishes messages of some 100 bytes while the main loop stands still, as fast as the receiver's thread takes
 * them. */
static void
publish (Fixture *self,
         guint    n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"n\":%u,\"name\":\"sensor-7\",\"values\":[1.5,2.25,-3],\"unit\":"
                                               "\"kPa\",\"note\":\"all is well today\"}", self->n_sent);

      mb_test_publish (self->publisher, json);
      self->n_sent++;
      while (self->n_sent - get_count (self->receiver, "n-received") >= BURST)
        g_thread_yield ();
    }
  while (get_count (self->receiver, "n-received") < self->n_sent)
    g_thread_yield ();
}

static void
test_frozen (Fixture      *self,
             gconstpointer data)
{
  g_test_summary ("What comes while the main loop stands still, 0.1 s and then 1 s at 20,000 a second, is there after it");

  publish (self, 2000);
  mb_test_wait_until (self->n_messages >= 2000);
  publish (self, 20000);
  g_assert_cmpuint (self->n_messages, ==, 2000);
  mb_test_wait_until (self->n_messages >= 22000);

  g_assert_cmpuint (self->n_messages, ==, self->n_sent);
  g_assert_cmpuint (self->n_missed, ==, 0);
  g_assert_cmpuint (mb_subscriber_get_n_missed (self->subscriber), ==, 0);
  g_assert_cmpuint (mb_subscriber_get_n_dropped (self->subscriber), ==, 0);
  g_assert_cmpuint (get_count (self->receiver, "dropped-kernel"), ==, 0);
}

static void
test_inbox_full (Fixture      *self,
                 gconstpointer data)
{
  g_test_summary ("What an inbox cannot keep is counted to the last message, and is the oldest");

  publish (self, 1000);
  mb_test_wait_until (self->n_messages >= 1000);

  mb_subscriber_set_inbox_size (self->subscriber, 500);
  publish (self, 4321);
  self->next = self->n_sent - 500;
  mb_test_wait_until (self->n_messages >= 1500);

  g_assert_cmpuint (self->n_messages, ==, 1500);
  g_assert_cmpuint (self->next, ==, self->n_sent);
  g_assert_cmpuint (mb_subscriber_get_n_dropped (self->subscriber), ==, 4321 - 500);
  g_assert_cmpuint (get_count (self->receiver, "dropped-inbox-full"), ==, 4321 - 500);
  g_assert_cmpuint (mb_subscriber_get_n_missed (self->subscriber), ==, 0);
}

/* How often threads of this process that are called so have waited, and how many there are. */
static guint
count_waits (const char *name,
             guint      *n_threads)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *id;
  guint n_waits = 0;

  *n_threads = 0;

  while ((id = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", id, "status", NULL);
      g_autofree char *status = NULL;
      const char *line;

      g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
      if (strstr (status, name) == NULL)
        continue;

      line = strstr (status, "\nvoluntary_ctxt_switches:");
      g_assert_nonnull (line);
      n_waits += (guint) strtoul (strchr (line, ':') + 1, NULL, 10);
      ++*n_threads;
    }

  return n_waits;
}

static guint n_polls;

static gint
counting_poll (GPollFD *fds,
               guint    n_fds,
               gint     timeout)
{
  n_polls++;

  return g_poll (fds, n_fds, timeout);
}

static gboolean
end_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

static void
test_idle (Fixture      *self,
           gconstpointer data)
{
  guint n_threads;

  g_test_summary ("Clients that have nothing to do wake up neither their threads nor the main loop");

  mb_test_publish (self->publisher, "{\"n\":0}");
  mb_test_wait_until (self->n_messages >= 1);

  /* A thread gives itself its name when it first runs: on a busy machine, perhaps after the loop has received. */
  mb_test_wait_until ((count_waits ("minibus", &n_threads), n_threads > 0));

  g_main_context_set_poll_func (NULL, counting_poll);

  /* The network of the test may be just settling. A second try is no luck: timers would go on. */
  for (guint try = 0;; try++)
    {
      guint before = count_waits ("minibus", &n_threads);
      gboolean done = FALSE;

      n_polls = 0;
      g_timeout_add (1500, end_cb, &done);
      while (!done)
        g_main_context_iteration (NULL, TRUE);

      if (n_polls == 1 && count_waits ("minibus", &n_threads) == before)
        break;
      g_assert_cmpuint (try, <, 3);
    }

  g_main_context_set_poll_func (NULL, NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/frozen-loop/frozen", Fixture, NULL, set_up, test_frozen, tear_down);
  g_test_add ("/frozen-loop/inbox-full", Fixture, NULL, set_up, test_inbox_full, tear_down);
  g_test_add ("/frozen-loop/idle", Fixture, PRESENCE, set_up, test_idle, tear_down);

  return g_test_run ();
}
