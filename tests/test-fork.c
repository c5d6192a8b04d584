/* test-fork.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What becomes of an open client where the process is forked, without another program being started. To be run by
 * tests/private-network.
 */

#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mb-test.h"

#define N_FORKS 10
#define CHILD_PATIENCE 30
#define N_MESSAGES 50

typedef struct
{
  MbClient     *client;
  MbPublisher  *publisher;
  MbSubscriber *subscriber;
  MbService    *service;
  GPtrArray    *texts;
  guint         n_served;
  MbRequest    *kept;        /* or NULL */
} Fixture;

static gboolean
request_cb (MbService *service,
            MbRequest *request,
            Fixture   *self)
{
  self->n_served++;

  if (g_str_equal (mb_request_get_params_text (request), "\"keep\""))
    g_set_object (&self->kept, request);
  else
    mb_request_return_text (request, "1", NULL);

  return TRUE;
}

static void
set_up (Fixture       *self,
        gconstpointer  address)
{
  g_autoptr(GError) error = NULL;

  self->client = mb_client_new ("parent");
  mb_client_set_address (self->client, address);
  mb_client_open_sync (self->client, NULL, &error);
  g_assert_no_error (error);
  self->texts = g_ptr_array_new_with_free_func (g_free);
  self->publisher = mb_test_publisher (self->client, "/fork/parent", NULL);
  self->subscriber = mb_test_collect (self->client, "/fork/.*", self->texts);
  self->service = mb_client_create_service (self->client, "/fork/service", NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "request", G_CALLBACK (request_cb), self);
}

static void
tear_down (Fixture       *self,
           gconstpointer  address)
{
  g_clear_object (&self->kept);
  g_object_unref (self->publisher);
  g_object_unref (self->subscriber);
  g_object_unref (self->service);
  mb_client_close (self->client);
  g_assert_finalize_object (self->client);
  g_ptr_array_unref (self->texts);
}

#define child_check(condition) \
  G_STMT_START \
    { \
      if (!(condition)) \
        { \
          g_printerr ("In the child, this does not hold: %s\n", #condition); \
          _exit (1); \
        } \
    } \
  G_STMT_END

/* All that a program may do with what it has inherited, and the end of it. */
static void
use_inherited (Fixture *self)
{
  g_autoptr(GError) error = NULL;

  child_check (!mb_client_get_is_open (self->client));
  child_check (!mb_publisher_publish_text (self->publisher, "\"from the child\"", &error));
  child_check (g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED));
  g_clear_error (&error);
  child_check (!mb_client_open_sync (self->client, NULL, &error));
  child_check (g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED));
  g_clear_error (&error);
  child_check (!mb_client_flush_sync (self->client, NULL, &error));
  child_check (g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED));
  g_clear_error (&error);
  child_check (!mb_transport_send (mb_client_get_transport (self->client), "/fork/child", (const guint8 *) "{}", 2,
                                   &error));

  if (self->kept != NULL)
    g_object_unref (self->kept);
  mb_publisher_close (self->publisher);
  mb_subscriber_close (self->subscriber);
  mb_service_close (self->service);
  mb_client_close (self->client);
  g_object_unref (self->publisher);
  g_object_unref (self->subscriber);
  g_object_unref (self->service);
  g_object_unref (self->client);
}

/* What a program may do that knows that it has been forked off. */
static void
use_own (const char *address,
         guint       number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);
  g_autoptr(GError) error = NULL;
  g_autoptr(MbClient) client = mb_client_new ("child");
  g_autoptr(MbPublisher) publisher = NULL;

  mb_client_set_address (client, address);
  child_check (mb_client_open_sync (client, NULL, &error));
  publisher = mb_client_create_publisher (client, "/fork/child", NULL, &error);
  child_check (error == NULL);
  child_check (mb_publisher_publish_text (publisher, text, &error));
  mb_client_close (client);
}

static pid_t
start_child (Fixture    *self,
             const char *address,
             guint       number)
{
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid > 0)
    return pid;

  alarm (CHILD_PATIENCE);
  use_inherited (self);
  use_own (address, number);
  _exit (0);
}

static guint
count_texts (Fixture    *self,
             const char *prefix)
{
  guint n = 0;

  for (guint i = 0; i < self->texts->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (self->texts, i), prefix);

  return n;
}

static void
test_traffic (Fixture       *self,
              gconstpointer  address)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *reply = NULL;
  guint n_sent = 0;

  g_test_summary ("A child that uses what it inherited sends nothing and hangs nowhere, may have a client of its own, "
                  "and the parent loses nothing");

  for (guint i = 0; i < N_FORKS; i++)
    {
      pid_t pid = 0;
      int status;

      /* So that the thread that receives is at work. */
      for (guint j = 0; j < N_MESSAGES; j++)
        {
          mb_test_publish (self->publisher, "1");
          n_sent++;
          if (j == N_MESSAGES / 2)
            pid = start_child (self, address, i);
        }
      g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
      g_assert_cmpint (status, ==, 0);
      mb_test_wait_until (count_texts (self, "/fork/parent ") == n_sent);
    }

  mb_test_wait_until (count_texts (self, "/fork/child ") == N_FORKS);
  g_assert_cmpuint (self->texts->len, ==, n_sent + N_FORKS);
  g_assert_cmpuint (mb_subscriber_get_n_missed (self->subscriber), ==, 0);
  g_assert_cmpuint (mb_client_get_dropped (self->client, MB_DROP_REASON_DUPLICATE), ==, 0);
  reply = mb_client_call_text_sync (self->client, "/fork/service", "2", 60000, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (reply, ==, "1");
}

static void
reply_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  char **reply = user_data;
  g_autoptr(GError) error = NULL;

  *reply = mb_client_call_text_finish (MB_CLIENT (source), result, &error);
  g_assert_no_error (error);
}

static void
test_request (Fixture       *self,
              gconstpointer  address)
{
  g_autofree char *reply = NULL;
  int status;
  pid_t pid;

  g_test_summary ("A request that waits is answered by the parent, not by a child that drops it");

  mb_client_call_text_async (self->client, "/fork/service", "\"keep\"", 60000, NULL, reply_cb, &reply);
  mb_test_wait_until (self->kept != NULL);

  pid = start_child (self, address, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  mb_test_wait_until (count_texts (self, "/fork/child ") == 1);
  g_assert_null (reply);

  g_assert_true (mb_request_return_text (self->kept, "\"from the parent\"", NULL));
  mb_test_wait_until (reply != NULL);
  g_assert_cmpstr (reply, ==, "\"from the parent\"");
}

static void
test_opened_later (void)
{
  g_autoptr(MbClient) client = mb_client_new ("later");
  int status;
  pid_t pid;

  g_test_summary ("What was made, but not open, may be opened after the fork, as a program in the background does");

  pid = fork ();
  if (pid == 0)
    {
      g_autoptr(GError) error = NULL;

      alarm (CHILD_PATIENCE);
      child_check (mb_client_open_sync (client, NULL, &error));
      child_check (mb_client_get_is_open (client));
      mb_client_close (client);
      child_check (mb_client_open_sync (client, NULL, &error));
      g_clear_object (&client);
      _exit (0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/fork/traffic", Fixture, "multicast://?interface=lo", set_up, test_traffic, tear_down);
  g_test_add ("/fork/request", Fixture, "multicast://?interface=lo", set_up, test_request, tear_down);
  g_test_add_func ("/fork/opened-later", test_opened_later);

  return g_test_run ();
}
