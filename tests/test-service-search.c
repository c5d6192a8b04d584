/* test-service-search.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "encryption-helpers.h"
#include "mb-test.h"
#include "minibus/mb-presence-private.h"

/* All times of the protocol are divided by this. */
#define SPEED 10

#define ASKED "/__minibus__/__service_servers__/__request__"

/* A peer with one thread, which takes one packet after the other, and does not announce itself. */
typedef struct
{
  Tap        *tap;
  const char *service;      /* or NULL: it offers none */
  gulong      work;         /* µs that it takes for a request */
  gboolean    deaf;         /* the first question gets lost */
  int         stop;         /* atomic */
  GThread    *thread;
} Slow;

static void
answer (Slow       *self,
        const char *packet,
        const char *topic,
        const char *text)
{
  const char *start = strstr (packet, "\"idstr\":\"") + strlen ("\"idstr\":\"");
  g_autofree char *id = g_strndup (start, strcspn (start, "\""));
  g_autofree char *reply = g_strdup_printf ("{\"header\":{\"topic\":\"%s\",\"idstr\":\"%s\",\"author\":\"snake\"},"
                                            "\"data\":\"%s\"}", topic, id, text);

  tap_send (self->tap, reply);
}

static void
take_packet (Slow       *self,
             const char *packet)
{
  g_autofree char *request = g_strdup_printf ("\"%s/__request__\"", self->service);

  if (strstr (packet, "\"" ASKED "\"") != NULL)
    {
      g_autofree char *list = g_strdup_printf ("[\\\"%s\\\"]", self->service);

      if (!self->deaf)
        answer (self, packet, "/__minibus__/__service_servers__/__reply__", list);
      self->deaf = FALSE;
    }
  else if (strstr (packet, request) != NULL)
    {
      g_autofree char *topic = g_strconcat (self->service, "/__reply__", NULL);

      g_usleep (self->work);
      answer (self, packet, topic, "42");
    }
}

static gpointer
slow_thread (gpointer data)
{
  Slow *self = data;

  for (guint n_taken = 0; !g_atomic_int_get (&self->stop);)
    {
      g_autofree char *packet = NULL;

      g_mutex_lock (&self->tap->mutex);
      if (n_taken < self->tap->packets->len)
        packet = g_strdup (g_ptr_array_index (self->tap->packets, n_taken++));
      g_mutex_unlock (&self->tap->mutex);

      if (packet != NULL)
        take_packet (self, packet);
      else
        g_usleep (500);
    }

  return NULL;
}

static void
slow_start (Slow       *self,
            const char *bus)
{
  self->tap = tap_new (bus);
  self->thread = g_thread_new ("slow", slow_thread, self);
}

static void
slow_stop (Slow *self)
{
  g_atomic_int_set (&self->stop, TRUE);
  g_thread_join (self->thread);
  tap_free (self->tap);
}

static void
call (MbClient   *client,
      const char *service)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) reply = mb_client_call_sync (client, service, NULL, 60000, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (json_node_get_int (reply), ==, 42);
}

static void
call_nobody (MbClient   *client,
             const char *service)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (mb_client_call_sync (client, service, NULL, 60000, NULL, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_NO_SUCH_SERVICE);
}

static void
test_busy (void)
{
  /* Longer than a call to nobody takes to fail, with silent peers, which is 4.25 seconds. */
  Slow slow = { .service = "/slow", .work = 2400 * 1000 };
  g_autoptr(MbClient) client = NULL;
  guint n_asked;

  g_test_summary ("A service that cannot say anything while it works is no missing one, in its first call and later");

  /* The slow one has to be in time for the first question. */
  _mb_presence_set_speed (2);
  client = mb_test_open_present ("caller", "busy");
  slow_start (&slow, "busy");
  call (client, "/slow");
  n_asked = tap_count (slow.tap, ASKED);
  g_assert_cmpuint (n_asked, >=, 1);
  call (client, "/slow");
  g_assert_cmpuint (tap_count (slow.tap, ASKED), ==, n_asked);
  call_nobody (client, "/none");
  slow_stop (&slow);
  _mb_presence_set_speed (SPEED);
}

static void
test_lost_question (void)
{
  /* Longer than a call to nobody takes to fail, 1.75 seconds, and not as long as it does with silent peers, 4.25. */
  Slow slow = { .service = "/slow", .work = 650 * 1000, .deaf = TRUE };
  g_autoptr(MbClient) client = NULL;

  g_test_summary ("If the question gets lost, a call has more time when anything was heard of a silent peer");

  _mb_presence_set_speed (4);
  client = mb_test_open_present ("caller", "lost-question");
  slow_start (&slow, "lost-question");
  tap_send (slow.tap, "{\"header\":{\"topic\":\"/any\",\"idstr\":\"\",\"author\":\"other\"},\"data\":\"1\"}");
  call (client, "/slow");
  slow_stop (&slow);
  _mb_presence_set_speed (SPEED);
}

static void
test_encrypted (void)
{
  /* Longer than a call to nobody takes to fail, with silent peers, which is 4.25 seconds. */
  Slow slow = { .service = "/slow", .work = 600 * 1000 };
  g_autoptr(MbClient) client = client_new ("caller", SECRET);

  g_test_summary ("A client that encrypts does not ask silent peers, and gives them all the time if any was heard");

  mb_client_set_accept_plaintext (client, TRUE);
  mb_client_set_presence (client, TRUE);
  client_open (client);
  slow_start (&slow, BUS);
  call_nobody (client, "/none");
  tap_send (slow.tap, "{\"header\":{\"topic\":\"/any\",\"idstr\":\"\",\"author\":\"other\"},\"data\":\"1\"}");
  call (client, "/slow");
  g_assert_cmpuint (tap_count (slow.tap, ASKED), ==, 0);
  mb_client_close (client);
  slow_stop (&slow);
}

static JsonNode *
answer_known (MbRequest *request,
              gpointer   user_data)
{
  return json_node_init_int (json_node_alloc (), 42);
}

static void
test_known (void)
{
  g_autoptr(MbClient) client = mb_test_open_present ("caller", "known");
  g_autoptr(MbClient) provider = mb_test_open_present ("provider", "known");
  g_autoptr(GError) error = NULL;
  gint64 start;

  g_test_summary ("A provider that has answered before gets 4.25 seconds to show itself, as it may just be starved");

  mb_client_provide (provider, "/known", NULL, NULL, answer_known, NULL, NULL, &error);
  g_assert_no_error (error);
  /* What looks after the first call may look after the second one, too, if that comes at once. */
  start = g_get_monotonic_time ();
  call (client, "/known");
  mb_client_close (provider);
  call_nobody (client, "/known");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 4250 * 1000 / SPEED);
}

static void
test_costs (void)
{
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("call-costs");
  g_autoptr(MbClient) client = mb_test_open_present ("caller", "call-costs");
  Slow slow = { .service = "/quick" };
  guint before;

  g_test_summary ("The first call of a service asks for it once; later ones cost two packets, and no question");

  slow_start (&slow, "call-costs");
  mb_test_wait_until (mb_memory_bus_get_n_sent (bus) == 1);
  call (client, "/quick");
  g_assert_cmpuint (mb_memory_bus_get_n_sent (bus), ==, 1 + 4);
  before = mb_memory_bus_get_n_sent (bus);
  for (guint i = 0; i < 50; i++)
    call (client, "/quick");
  g_assert_cmpuint (mb_memory_bus_get_n_sent (bus) - before, ==, 100);
  g_assert_cmpuint (tap_count (slow.tap, ASKED), ==, 1);
  slow_stop (&slow);
}

static void
call_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(JsonNode) reply = mb_client_call_finish (MB_CLIENT (object), result, NULL);

  g_assert_nonnull (reply);
  ++*(guint *) user_data;
}

static void
test_many_at_once (void)
{
  g_autoptr(MbClient) client = mb_test_open_present ("caller", "many-calls");
  Slow slow = { .service = "/quick" };
  guint n_done = 0;

  g_test_summary ("Many first calls at once ask once");

  slow_start (&slow, "many-calls");
  for (guint i = 0; i < 100; i++)
    mb_client_call_async (client, "/quick", NULL, 60000, NULL, call_cb, &n_done);
  mb_test_wait_until (n_done == 100);
  g_assert_cmpuint (tap_count (slow.tap, ASKED), ==, 1);
  slow_stop (&slow);
}

static void
test_many_names (void)
{
  g_autoptr(MbClient) client = mb_test_open_present ("caller", "many-names");
  Slow slow = { .service = "/quick" };

  g_test_summary ("A client that calls more services than it remembers asks anew, and works");

  slow_start (&slow, "many-names");
  call (client, "/quick");
  for (guint i = 0; i < 1100; i++)
    {
      g_autofree char *name = g_strdup_printf ("/name/%u", i);
      g_autoptr(GError) error = NULL;

      g_assert_null (mb_client_call_sync (client, name, NULL, 1, NULL, &error));
      g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT);
    }
  call (client, "/quick");
  mb_client_close (client);
  slow_stop (&slow);
}

int
main (int   argc,
      char *argv[])
{
  encryption_test_init (&argc, &argv);
  _mb_presence_set_speed (SPEED);

  g_test_add_func ("/service-search/busy", test_busy);
  g_test_add_func ("/service-search/lost-question", test_lost_question);
  g_test_add_func ("/service-search/encrypted", test_encrypted);
  g_test_add_func ("/service-search/known", test_known);
  g_test_add_func ("/service-search/costs", test_costs);
  g_test_add_func ("/service-search/many-at-once", test_many_at_once);
  g_test_add_func ("/service-search/many-names", test_many_names);

  return encryption_test_run ();
}
