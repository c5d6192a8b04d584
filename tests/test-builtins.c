/* test-builtins.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The services that every client offers. */

#include "config.h"

#include <unistd.h>

#include "mb-test.h"

typedef struct
{
  MbClient *server;
  MbClient *client;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->server = mb_test_open ("server", "builtins");
  fixture->client = mb_test_open ("client", "builtins");
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_assert_finalize_object (fixture->server);
  g_assert_finalize_object (fixture->client);
}

static void
assert_builtin (Fixture    *fixture,
                const char *name,
                const char *expected)
{
  g_autofree char *service = g_strconcat ("/__minibus__/", name, NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = mb_client_call_text_sync (fixture->client, service, "null", 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_own (Fixture      *fixture,
          gconstpointer data)
{
  g_autoptr(MbPublisher) one = mb_test_publisher (fixture->server, "/one", NULL);
  g_autoptr(MbPublisher) again = mb_test_publisher (fixture->server, "/one", NULL);
  g_autoptr(MbPublisher) hidden = mb_test_publisher (fixture->server, "/x/__reply__", NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->server, "^/sensor/.*$", texts);
  g_autoptr(MbService) service = NULL;
  g_autoptr(MbServiceClient) caller = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
  g_autofree char *hostname = g_strdup_printf ("\"%s\"", g_get_host_name ());

  g_test_summary ("The built-in services tell what a client publishes, subscribes to, offers and calls");

  service = mb_client_create_service (fixture->server, "/svc/", NULL, NULL, &error);
  g_assert_no_error (error);
  caller = mb_client_create_service_client (fixture->server, "/other", NULL, NULL, &error);
  g_assert_no_error (error);

  assert_builtin (fixture, "server/__publishers__", "[\"/one\",\"/one\"]");
  assert_builtin (fixture, "server/__subscribers__", "[\"/sensor/.*\"]");
  assert_builtin (fixture, "server/__service_servers__", "[\"/svc\"]");
  assert_builtin (fixture, "server/__service_clients__", "[\"/other\"]");
  assert_builtin (fixture, "server/__pid__", pid);
  assert_builtin (fixture, "server/__hostname__", hostname);

  g_assert_null (mb_client_call_text_sync (fixture->client, "/__minibus__/server/__pid__", "1", 0, NULL, &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);
}

static void
answers_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            GPtrArray    *texts)
{
  g_ptr_array_add (texts, g_strdup (mb_message_get_text (message)));
}

static void
test_shared (Fixture      *fixture,
             gconstpointer data)
{
  static const char * const names[] = {
    "__listclients__", "__publishers__", "__subscribers__", "__service_servers__", "__service_clients__",
  };

  g_test_summary ("The shared built-in services are answered by every client, the asking one included");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *request_topic = g_strdup_printf ("/__minibus__/%s/__request__", names[i]);
      g_autofree char *reply_topic = g_strdup_printf ("/__minibus__/%s/__reply__", names[i]);
      g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->client, request_topic, NULL);
      g_autoptr(MbSubscriber) subscriber = NULL;
      g_autoptr(GError) error = NULL;

      subscriber = mb_client_subscribe (fixture->client, reply_topic, NULL, &error);
      g_assert_no_error (error);
      g_signal_connect (subscriber, "message", G_CALLBACK (answers_cb), texts);
      mb_test_publish (publisher, "null");
      mb_test_wait_until (texts->len == 2);

      if (i == 0)
        {
          g_assert_true (g_ptr_array_find_with_equal_func (texts, "\"server\"", g_str_equal, NULL));
          g_assert_true (g_ptr_array_find_with_equal_func (texts, "\"client\"", g_str_equal, NULL));
        }
      mb_subscriber_close (subscriber);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/builtins/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("own", test_own);
  ADD ("shared", test_shared);
#undef ADD

  return g_test_run ();
}
