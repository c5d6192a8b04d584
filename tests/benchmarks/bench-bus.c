/* bench-bus.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the bus does between processes: messages per second, loss, CPU per message and round trips.
 *
 *     tests/private-network _build/tests/benchmarks/bench-bus [--seconds S]
 *
 * Each figure is of processes of their own on the multicast transport; every message is checked, parsed
 * and emitted as a signal. All runs are bounded in time and number.
 */

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <minibus.h>

#define TOPIC "/bench/throughput"
#define SERVICE "/bench/echo"
#define MAX_SUBSCRIBERS 8
/* About 100 bytes of JSON. */
#define PAYLOAD "{\"id\":%u,\"name\":\"sensor-7\",\"values\":[1.5,2.25,-3],\"unit\":\"kPa\",\"ok\":true,\"note\":\"all is well today\"}"

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static MbClient *
open_client (const char *name)
{
  MbClient *client = mb_client_new (name);
  g_autoptr(GError) error = NULL;

  if (!mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  return client;
}

/* The subscriber: counts until the last message, which is null, and prints what it saw. */
typedef struct
{
  GMainLoop *loop;
  guint      count;
  gint64     first;
  gint64     last;
  double     cpu;
} Counter;

static void
count_cb (MbSubscriber *subscriber,
          MbMessage    *message,
          Counter      *counter)
{
  JsonNode *data = mb_message_get_data (message);

  if (JSON_NODE_HOLDS_NULL (data))
    {
      g_main_loop_quit (counter->loop);
      return;
    }

  counter->last = g_get_monotonic_time ();
  if (counter->count++ == 0)
    {
      counter->first = counter->last;
      counter->cpu = cpu_seconds ();
    }
}

static gboolean
give_up_cb (gpointer loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

static int
run_subscriber (guint seconds)
{
  g_autoptr(MbClient) client = open_client (NULL);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MbSubscriber) subscriber = mb_client_subscribe (client, TOPIC, NULL, NULL);
  Counter counter = { .loop = loop };
  double span;

  g_signal_connect (subscriber, "message", G_CALLBACK (count_cb), &counter);
  g_timeout_add_seconds (seconds + 30, give_up_cb, loop);
  g_print ("ready\n");
  g_main_loop_run (loop);

  span = 1e-6 * (double) (counter.last - counter.first);
  g_print ("%u %u %u %.6f %.6f\n", counter.count, mb_subscriber_get_n_missed (subscriber),
           mb_subscriber_get_n_dropped (subscriber), span, cpu_seconds () - counter.cpu);

  return 0;
}

/* The publisher: at a rate, or as fast as it can when the rate is 0. */
static int
run_publisher (guint rate,
               guint seconds)
{
  g_autoptr(MbClient) client = open_client (NULL);
  g_autoptr(MbPublisher) publisher = mb_client_create_publisher (client, TOPIC, NULL, NULL);
  g_autofree char *json = g_strdup_printf (PAYLOAD, 12345);
  gint64 start = g_get_monotonic_time ();
  gint64 end = start + seconds * G_TIME_SPAN_SECOND;
  gint64 now = start;
  double cpu = cpu_seconds ();
  guint n = 0;

  while (now < end && n < 5000000)
    {
      gint64 due = rate > 0 ? (now - start) * rate / G_TIME_SPAN_SECOND : (gint64) n + 64;

      for (; n < due; n++)
        {
          g_autoptr(GError) error = NULL;

          if (!mb_publisher_publish_text (publisher, json, &error))
            g_error ("%s", error->message);
        }
      if (rate > 0)
        g_usleep (50);
      now = g_get_monotonic_time ();
    }
  g_print ("%u %.6f %.6f\n", n, 1e-6 * (double) (now - start), cpu_seconds () - cpu);

  /* The last message may be lost too. */
  for (guint i = 0; i < 20; i++)
    {
      g_usleep (50000);
      mb_publisher_publish (publisher, NULL, NULL);
    }

  return 0;
}

static gboolean
echo_cb (MbService *service,
         MbRequest *request,
         gpointer   user_data)
{
  mb_request_return_text (request, mb_request_get_params_text (request), NULL);

  return TRUE;
}

static int
run_server (guint seconds)
{
  g_autoptr(MbClient) client = open_client (NULL);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MbService) service = mb_client_create_service (client, SERVICE, NULL, NULL, NULL);

  g_signal_connect (service, "request", G_CALLBACK (echo_cb), NULL);
  g_timeout_add_seconds (seconds + 30, give_up_cb, loop);
  g_print ("ready\n");
  g_main_loop_run (loop);

  return 0;
}

typedef struct
{
  GMainLoop       *loop;
  MbServiceClient *echo;
  const char      *params;
  gint64           sent;
  gint64           end;
  GArray          *times;
  guint            n_failed;
} Caller;

static void start_call (Caller *caller);

static void
called_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Caller *caller = user_data;
  gint64 now = g_get_monotonic_time ();
  guint took = (guint) (now - caller->sent);
  g_autofree char *text = mb_service_client_call_text_finish (caller->echo, result, NULL);

  if (text != NULL)
    g_array_append_val (caller->times, took);
  else
    caller->n_failed++;

  if (now < caller->end)
    start_call (caller);
  else
    g_main_loop_quit (caller->loop);
}

static void
start_call (Caller *caller)
{
  caller->sent = g_get_monotonic_time ();
  mb_service_client_call_text_async (caller->echo, caller->params, NULL, called_cb, caller);
}

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  guint one = *(const guint *) a;
  guint other = *(const guint *) b;

  return one < other ? -1 : one > other;
}

static int
run_caller (guint seconds)
{
  g_autoptr(MbClient) client = open_client (NULL);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MbServiceClient) echo = mb_client_create_service_client (client, SERVICE, NULL, NULL, NULL);
  g_autofree char *params = g_strdup_printf (PAYLOAD, 12345);
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (guint));
  Caller caller = {
    .loop = loop,
    .echo = echo,
    .params = params,
    .end = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND,
    .times = times,
  };
  double cpu = cpu_seconds ();

  start_call (&caller);
  g_main_loop_run (loop);
  cpu = cpu_seconds () - cpu;

  g_array_sort (times, compare_times);
  if (times->len == 0)
    return 1;
  g_print ("%u %u %u %u %.6f\n", times->len, caller.n_failed, g_array_index (times, guint, times->len / 2),
           g_array_index (times, guint, times->len * 99 / 100), cpu);

  return 0;
}

static GSubprocess *
spawn (const char *self,
       const char *role,
       guint       rate,
       guint       seconds)
{
  g_autofree char *rate_text = g_strdup_printf ("%u", rate);
  g_autofree char *seconds_text = g_strdup_printf ("%u", seconds);
  g_autoptr(GError) error = NULL;
  GSubprocess *process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, self, role, rate_text,
                                           seconds_text, NULL);

  g_assert_no_error (error);

  return process;
}

static char *
read_line (GDataInputStream *stream)
{
  g_autoptr(GError) error = NULL;
  char *line = g_data_input_stream_read_line (stream, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);

  return line;
}

/* One publisher to some subscribers. Returns the share of messages that were lost. */
static double
measure (const char *self,
         guint       n_subscribers,
         guint       rate,
         guint       seconds,
         gboolean    print)
{
  g_autoptr(GSubprocess) publisher = NULL;
  g_autoptr(GDataInputStream) published = NULL;
  GSubprocess *subscribers[MAX_SUBSCRIBERS];
  GDataInputStream *outputs[MAX_SUBSCRIBERS];
  g_autofree char *line = NULL;
  guint n_sent = 0;
  guint n_received = 0;
  double span = 0;
  double publisher_cpu = 0;
  double cpu = 0;
  double received_per_second = 0;
  double loss;

  for (guint i = 0; i < n_subscribers; i++)
    {
      g_autofree char *ready = NULL;

      subscribers[i] = spawn (self, "subscriber", 0, seconds);
      outputs[i] = g_data_input_stream_new (g_subprocess_get_stdout_pipe (subscribers[i]));
      ready = read_line (outputs[i]);
    }

  publisher = spawn (self, "publisher", rate, seconds);
  published = g_data_input_stream_new (g_subprocess_get_stdout_pipe (publisher));
  line = read_line (published);
  sscanf (line, "%u %lf %lf", &n_sent, &span, &publisher_cpu);

  for (guint i = 0; i < n_subscribers; i++)
    {
      g_autofree char *result = read_line (outputs[i]);
      guint count = 0;
      guint n_missed = 0;
      guint n_dropped = 0;
      double own_span = 0;
      double own_cpu = 0;

      sscanf (result, "%u %u %u %lf %lf", &count, &n_missed, &n_dropped, &own_span, &own_cpu);
      n_received += count;
      cpu += own_cpu;
      received_per_second += own_span > 0 ? count / own_span : 0;
      g_subprocess_wait (subscribers[i], NULL, NULL);
      g_object_unref (subscribers[i]);
      g_object_unref (outputs[i]);
    }
  g_subprocess_wait (publisher, NULL, NULL);

  loss = 1 - (double) n_received / ((double) n_sent * n_subscribers);
  if (print)
    {
      g_print ("%-10s %11u %11.0f %13.0f %8.3f %% %13.2f %13.2f\n", rate == 0 ? "flat out" : "paced",
               n_subscribers, n_sent / span, received_per_second / n_subscribers, 100 * loss,
               1e6 * publisher_cpu / n_sent, 1e6 * cpu / MAX (1, n_received));
    }

  return loss;
}

/* The highest rate, to about 5 %, at which nothing is lost. */
static guint
find_lossless (const char *self,
               guint       n_subscribers)
{
  guint good = 0;
  guint bad = 0;

  for (guint rate = 25000; bad == 0 && rate <= 800000; rate *= 2)
    {
      if (measure (self, n_subscribers, rate, 1, FALSE) <= 0)
        good = rate;
      else
        bad = rate;
    }

  while (bad > 0 && bad - good > MAX (good, bad) / 16)
    {
      guint rate = (good + bad) / 2;

      if (measure (self, n_subscribers, rate, 1, FALSE) <= 0)
        good = rate;
      else
        bad = rate;
    }

  return good;
}

static void
measure_calls (const char *self,
               guint       seconds)
{
  g_autoptr(GSubprocess) server = spawn (self, "server", 0, seconds);
  g_autoptr(GSubprocess) caller = NULL;
  g_autoptr(GDataInputStream) served = g_data_input_stream_new (g_subprocess_get_stdout_pipe (server));
  g_autoptr(GDataInputStream) called = NULL;
  g_autofree char *ready = read_line (served);
  g_autofree char *line = NULL;
  guint n_calls = 0;
  guint n_failed = 0;
  guint median = 0;
  guint p99 = 0;
  double cpu = 0;

  caller = spawn (self, "caller", 0, seconds);
  called = g_data_input_stream_new (g_subprocess_get_stdout_pipe (caller));
  line = read_line (called);
  sscanf (line, "%u %u %u %u %lf", &n_calls, &n_failed, &median, &p99, &cpu);
  g_print ("\ncalls: %u per second, %u failed; round trip %u us at the median, %u us at the 99th percentile; "
           "%.1f us of the caller's CPU each\n",
           n_calls / seconds, n_failed, median, p99, 1e6 * cpu / n_calls);

  g_subprocess_wait (caller, NULL, NULL);
  g_subprocess_force_exit (server);
  g_subprocess_wait (server, NULL, NULL);
}

int
main (int    argc,
      char **argv)
{
  guint seconds = 2;

  if (argc == 4)
    {
      guint rate = (guint) strtoul (argv[2], NULL, 10);

      seconds = (guint) strtoul (argv[3], NULL, 10);
      if (strcmp (argv[1], "subscriber") == 0)
        return run_subscriber (seconds);
      if (strcmp (argv[1], "publisher") == 0)
        return run_publisher (rate, seconds);
      if (strcmp (argv[1], "server") == 0)
        return run_server (seconds);
      if (strcmp (argv[1], "caller") == 0)
        return run_caller (seconds);
    }

  if (argc == 3 && strcmp (argv[1], "--seconds") == 0)
    seconds = (guint) CLAMP (strtoul (argv[2], NULL, 10), 1, 60);
  else if (argc != 1)
    {
      g_printerr ("Usage: bench-bus [--seconds S]\n");
      return 2;
    }

  g_print ("%-10s %11s %11s %13s %10s %13s %13s\n", "publisher", "subscribers", "sent/s", "received/s",
           "lost", "pub. us/msg", "sub. us/msg");
  for (guint n = 1; n <= 4; n += 3)
    {
      measure (argv[0], n, 50000, seconds, TRUE);
      measure (argv[0], n, 0, seconds, TRUE);
    }
  for (guint n = 1; n <= 4; n += 3)
    g_print ("highest paced rate without loss, %u subscriber%s: %u/s\n", n, n == 1 ? "" : "s",
             find_lossless (argv[0], n));
  measure_calls (argv[0], seconds);

  return 0;
}
