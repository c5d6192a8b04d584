/* test-clock.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What happens when somebody sets the system's clock. It is set for this process alone, by functions that stand before
 * those of the C library.
 */

#include "config.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "mb-test.h"

#define YEARS (10 * 365 * 86400)
#define CALL_TIMEOUT 60000

static int offset_seconds;     /* atomic */

int
clock_gettime (clockid_t        clock,
               struct timespec *time)
{
  int result = (int) syscall (SYS_clock_gettime, clock, time);

  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    time->tv_sec += g_atomic_int_get (&offset_seconds);

  return result;
}

int
gettimeofday (struct timeval *restrict time,
              void *restrict           zone)
{
  struct timespec precise;
  int result = clock_gettime (CLOCK_REALTIME, &precise);

  time->tv_sec = precise.tv_sec;
  time->tv_usec = precise.tv_nsec / 1000;

  return result;
}

typedef struct
{
  MbClient *server;
  MbClient *caller;
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  g_atomic_int_set (&offset_seconds, 0);
  self->server = mb_test_open ("server", "clock");
  self->caller = mb_test_open ("caller", "clock");
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_atomic_int_set (&offset_seconds, 0);
  g_assert_finalize_object (self->caller);
  g_assert_finalize_object (self->server);
}

static void
set_clock (gconstpointer data)
{
  gint64 before = g_get_real_time ();

  g_atomic_int_set (&offset_seconds, GPOINTER_TO_INT (data));

  /* Otherwise nothing is tested here. */
  g_assert_cmpint (ABS (g_get_real_time () - before), >, YEARS / 2 * G_TIME_SPAN_SECOND);
}

static gboolean
keep_cb (MbService *service,
         MbRequest *request,
         gpointer   user_data)
{
  g_set_object ((MbRequest **) user_data, request);

  return TRUE;
}

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_set_object ((GAsyncResult **) user_data, result);
}

static void
test_calls (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr(GAsyncResult) kept = NULL;
  g_autoptr(GAsyncResult) lost = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(MbRequest) request = NULL;
  g_autoptr(MbService) service = NULL;
  g_autofree char *reply = NULL;
  g_autofree char *no_reply = NULL;
  gint64 begin;

  g_test_summary ("A call that waits does not end when the clock is set, and one that nobody answers ends in time");

  service = mb_client_create_service (self->server, "/clock", NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (service, "request", G_CALLBACK (keep_cb), &request);

  mb_client_call_text_async (self->caller, "/clock", "1", CALL_TIMEOUT, NULL, done_cb, &kept);
  mb_test_wait_until (request != NULL);

  begin = g_get_monotonic_time ();
  mb_client_call_text_async (self->caller, "/nobody", "1", 300, NULL, done_cb, &lost);
  set_clock (data);
  mb_test_wait_until (lost != NULL);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 290 * G_TIME_SPAN_MILLISECOND);
  no_reply = mb_client_call_text_finish (self->caller, lost, &error);
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT);
  g_clear_error (&error);

  g_assert_null (kept);
  g_assert_true (mb_request_return_text (request, "2", NULL));
  mb_test_wait_until (kept != NULL);
  reply = mb_client_call_text_finish (self->caller, kept, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (reply, ==, "2");
}

static void
test_messages (Fixture       *self,
               gconstpointer  data)
{
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (self->server, "/clock", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (self->caller, "/clock", NULL);

  g_test_summary ("Messages arrive in order, none missed, before and after the clock is set");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      if (i == 50)
        set_clock (data);
      mb_test_publish (publisher, text);
    }
  mb_test_wait_until (texts->len == 100);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *wanted = g_strdup_printf ("/clock %u", i);

      g_assert_cmpstr (g_ptr_array_index (texts, i), ==, wanted);
    }
  g_assert_cmpuint (mb_subscriber_get_n_missed (subscriber), ==, 0);
}

static void
test_network_delay (Fixture       *self,
                    gconstpointer  data)
{
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("clock");
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (self->server, "/clock", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (self->caller, "/clock", NULL);

  g_test_summary ("What is on its way arrives when it should");

  mb_memory_bus_set_delay (bus, 200 * 1000);
  mb_test_publish (publisher, "1");
  set_clock (data);
  g_assert_cmpuint (texts->len, ==, 0);
  mb_test_wait_until (texts->len == 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/clock/" path "/ahead", Fixture, GINT_TO_POINTER (YEARS), set_up, func, tear_down); \
  g_test_add ("/clock/" path "/back", Fixture, GINT_TO_POINTER (-YEARS), set_up, func, tear_down)

  ADD ("calls", test_calls);
  ADD ("messages", test_messages);
  ADD ("network-delay", test_network_delay);

  return g_test_run ();
}
