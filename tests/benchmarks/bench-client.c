/* bench-client.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What clients cost that do one thing or nothing. Each measurement prints one line of JSON.
 *
 *     tests/private-network _build/tests/benchmarks/bench-client [MEASUREMENT [ARGUMENT]]
 *
 * uninterested N       CPU per packet of a bus on which N processes want other topics: with literal topics and with
 *                      patterns, so that the kernel drops the packets, and with sockets that take no filter
 * subscriptions N      CPU per message of a client with N subscriptions, of literal topics and of patterns
 * publish              CPU of publishing beside that of a bare sendto() of as many bytes, to nobody and to one
 * schema               CPU per message with a schema and without one, on both sides
 * idle                 start-up time and memory of a client, and how often it wakes up
 * freeze MS            what is lost while a main loop stands still for so long, at 20,000 messages a second
 *
 * Without a measurement all are made. All are bounded in time and number.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <glib-unix.h>
#include <minibus.h>

#define TOPIC "/bench/topic"
#define PAYLOAD "{\"id\":12345,\"name\":\"sensor-7\",\"values\":[1.5,2.25,-3],\"unit\":\"kPa\",\"ok\":true,\"note\":\"all is well today\"}"
#define MAX_PROCESSES 200
#define N_PACKETS 3000

static const char *program;

static MbClient *
open_client (const char *name)
{
  MbClient *client = mb_client_new (name);
  g_autoptr(GError) error = NULL;

  if (!mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  return client;
}

static MbPublisher *
create_publisher (MbClient *client,
                  MbSchema *schema)
{
  g_autoptr(GError) error = NULL;
  MbPublisher *publisher = mb_client_create_publisher (client, TOPIC, schema, &error);

  if (publisher == NULL)
    g_error ("%s", error->message);

  return publisher;
}

static void
publish (MbPublisher *publisher)
{
  g_autoptr(GError) error = NULL;

  if (!mb_publisher_publish_text (publisher, PAYLOAD, &error))
    g_error ("%s", error->message);
}

/* Nanoseconds of CPU of this process. */
static double
cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);

  return 1e9 * (double) now.tv_sec + (double) now.tv_nsec;
}

/* Nanoseconds of CPU of all threads of a process. */
static double
cpu_time_of (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", pid);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *id;
  double sum = 0;

  while (dir != NULL && (id = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, id, "schedstat", NULL);
      g_autofree char *text = NULL;

      if (g_file_get_contents (file, &text, NULL, NULL))
        sum += g_ascii_strtod (text, NULL);
    }

  return sum;
}

/* A process of its own: prints a line when it is ready, and ends with its input. */
typedef struct
{
  GPid pid;
  int  input;
  int  output;
} Process;

static Process
spawn (const char *role,
       const char *argument)
{
  const char *argv[] = { program, "role", role, argument, NULL };
  Process process;
  g_autoptr(GError) error = NULL;
  char c;

  if (!g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &process.pid,
                                 &process.input, &process.output, NULL, &error))
    g_error ("%s", error->message);
  if (read (process.output, &c, 1) != 1)
    g_error ("A process did not start");

  return process;
}

static void
end (Process *process)
{
  close (process->input);
  waitpid (process->pid, NULL, 0);
  close (process->output);
}

static gboolean
input_cb (int           fd,
          GIOCondition  condition,
          gpointer      loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

static void
ignore_cb (MbSubscriber *subscriber,
           MbMessage    *message,
           gpointer      user_data)
{
}

/* Makes all UDP sockets of this process stay without a filter. */
static void
lock_filters (void)
{
  for (int fd = 3; fd < 64; fd++)
    {
      int protocol = 0;
      int yes = 1;
      socklen_t length = sizeof protocol;

      if (getsockopt (fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 && protocol == IPPROTO_UDP)
        setsockopt (fd, SOL_SOCKET, SO_LOCK_FILTER, &yes, sizeof yes);
    }
}

/* Does nothing but to be there, with a subscription. */
static int
run_bystander (const char *pattern,
               gboolean    without_filter)
{
  g_autoptr(MbClient) client = open_client (NULL);
  g_autoptr(MbSubscriber) subscriber = mb_client_subscribe (client, pattern, NULL, NULL);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_signal_connect (subscriber, "message", G_CALLBACK (ignore_cb), NULL);
  if (without_filter)
    lock_filters ();
  g_unix_fd_add (0, G_IO_HUP | G_IO_ERR | G_IO_IN, input_cb, loop);
  if (write (1, "r", 1) != 1)
    return 1;
  g_main_loop_run (loop);

  return 0;
}

/* Publishes at a rate until its input ends. */
static int
run_publisher (guint rate)
{
  g_autoptr(MbClient) client = open_client (NULL);
  g_autoptr(MbPublisher) publisher = create_publisher (client, NULL);
  gint64 start = g_get_monotonic_time ();
  gint64 now = start;
  gint64 n = 0;

  if (write (1, "r", 1) != 1)
    return 1;

  while (now - start < 60 * G_TIME_SPAN_SECOND)
    {
      GPollFD input = { .fd = 0, .events = G_IO_IN };

      for (gint64 due = (now - start) * rate / G_TIME_SPAN_SECOND; n < due; n++)
        publish (publisher);
      if (g_poll (&input, 1, 0) > 0)
        break;
      g_usleep (200);
      now = g_get_monotonic_time ();
    }

  return 0;
}

static double
measure_bystanders (guint       n,
                    const char *role,
                    const char *pattern,
                    double     *sender)
{
  g_autoptr(MbClient) client = open_client (NULL);
  g_autoptr(MbPublisher) publisher = create_publisher (client, NULL);
  Process processes[MAX_PROCESSES];
  double before = 0;
  double after = 0;

  n = MIN (n, MAX_PROCESSES);
  for (guint i = 0; i < n; i++)
    processes[i] = spawn (role, pattern);

  /* So that whoever makes a filter has made it. */
  for (guint i = 0; i < 200; i++)
    {
      publish (publisher);
      g_usleep (500);
    }
  g_usleep (200000);

  for (guint i = 0; i < n; i++)
    before += cpu_time_of (processes[i].pid);
  *sender = cpu_time ();
  for (guint i = 0; i < N_PACKETS; i++)
    {
      publish (publisher);
      if (i % 50 == 49)
        g_usleep (2000);
    }
  *sender = (cpu_time () - *sender) / N_PACKETS;
  g_usleep (300000);
  for (guint i = 0; i < n; i++)
    {
      after += cpu_time_of (processes[i].pid);
      end (&processes[i]);
    }

  return (after - before) / N_PACKETS;
}

static void
measure_uninterested (guint n)
{
  double filtered_sender, pattern_sender, plain_sender;
  double filtered = measure_bystanders (n, "bystander", "/bench/other", &filtered_sender);
  double pattern = measure_bystanders (n, "bystander", "/bench/oth.*", &pattern_sender);
  double plain = measure_bystanders (n, "unfiltered", "/bench/other", &plain_sender);

  g_print ("{\"measurement\":\"uninterested\",\"processes\":%u,\"filtered_ns\":%.0f,\"pattern_ns\":%.0f,\"unfiltered_ns\":%.0f,"
           "\"filtered_sender_ns\":%.0f,\"unfiltered_sender_ns\":%.0f,\"ratio\":%.4f,\"ratio_with_sender\":%.4f}\n",
           n, filtered, pattern, plain, filtered_sender, plain_sender, filtered / plain,
           (filtered + filtered_sender) / (plain + plain_sender));
}

/* One process, a bus in memory: the CPU of both sides together. */
static void
count_cb (MbSubscriber *subscriber,
          MbMessage    *message,
          gpointer      user_data)
{
  (*(guint *) user_data)++;
}

static double
measure_memory (guint     n_subscriptions,
                gboolean  patterns,
                MbSchema *schema)
{
  g_autoptr(MbClient) sender = g_object_new (MB_TYPE_CLIENT, "address", "memory:bench", NULL);
  g_autoptr(MbClient) receiver = g_object_new (MB_TYPE_CLIENT, "address", "memory:bench", NULL);
  g_autoptr(GPtrArray) subscribers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(MbPublisher) publisher = NULL;
  guint n_received = 0;
  guint n_sent = 0;
  double best = G_MAXDOUBLE;

  if (!mb_client_open_sync (sender, NULL, NULL) || !mb_client_open_sync (receiver, NULL, NULL))
    g_error ("The bus in memory cannot be opened");

  publisher = create_publisher (sender, schema);
  for (guint i = 0; i < n_subscriptions; i++)
    {
      g_autofree char *topic = i == 0 ? g_strdup (patterns ? "/bench/to.*" : TOPIC)
                                      : g_strdup_printf (patterns ? "/bench/topic/%u/.*" : "/bench/topic/%u", i);
      MbSubscriber *subscriber = mb_client_subscribe (receiver, topic, i == 0 ? schema : NULL, NULL);

      g_signal_connect (subscriber, "message", G_CALLBACK (count_cb), &n_received);
      g_ptr_array_add (subscribers, subscriber);
    }

  for (guint round = 0; round < 10; round++)
    {
      double cpu = cpu_time ();
      const guint n = 4000;

      for (guint i = 0; i < n; i++)
        {
          publish (publisher);
          n_sent++;
          while (n_sent - n_received > 64)
            g_main_context_iteration (NULL, TRUE);
        }
      while (n_received < n_sent)
        g_main_context_iteration (NULL, TRUE);
      best = MIN (best, (cpu_time () - cpu) / n);
    }

  mb_client_close (sender);
  mb_client_close (receiver);

  return best;
}

static void
measure_subscriptions (guint n)
{
  double one = measure_memory (1, FALSE, NULL);
  double literals = measure_memory (n, FALSE, NULL);
  double patterns = measure_memory (n, TRUE, NULL);

  g_print ("{\"measurement\":\"subscriptions\",\"subscriptions\":%u,\"one_ns\":%.0f,\"literals_ns\":%.0f,"
           "\"patterns_ns\":%.0f,\"ratio_literals\":%.2f,\"ratio_patterns\":%.2f}\n",
           n, one, literals, patterns, literals / one, patterns / one);
}

static void
measure_schema (void)
{
  g_autoptr(MbSchema) schema = mb_schema_new_from_text (
    "{\"type\":\"object\",\"required\":[\"id\",\"name\"],\"properties\":{\"id\":{\"type\":\"integer\",\"minimum\":0},"
    "\"name\":{\"type\":\"string\",\"minLength\":1},\"values\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}},"
    "\"unit\":{\"enum\":[\"kPa\",\"K\"]},\"ok\":{\"type\":\"boolean\"}}}", NULL);
  double without = measure_memory (1, FALSE, NULL);
  double with = measure_memory (1, FALSE, schema);

  g_print ("{\"measurement\":\"schema\",\"without_ns\":%.0f,\"with_ns\":%.0f,\"ratio\":%.2f}\n",
           without, with, with / without);
}

/* In turns, so that both meet the same disturbances; the lowest of all turns, in nanoseconds of CPU. */
static void
measure_publish (gboolean with_subscriber)
{
  g_autoptr(MbClient) client = open_client ("bench");
  g_autoptr(MbPublisher) publisher = create_publisher (client, NULL);
  struct sockaddr_in group = { .sin_family = AF_INET, .sin_port = htons (8005),
                               .sin_addr.s_addr = inet_addr ("228.0.0.5") };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  double bare = G_MAXDOUBLE;
  double ours = G_MAXDOUBLE;
  double ratio;
  Process subscriber;
  g_autoptr(GArray) ratios = g_array_new (FALSE, FALSE, sizeof (double));
  char packet[1024];
  gsize length;

  /* Of the same size, and with the same beginning, so that it meets the same filter. */
  g_snprintf (packet, sizeof packet, "{\"header\":{\"mb\":{\"t\":\"00000000\",\"s\":\"0123456789abcdef\",\"n\":\"000000000001\"},"
              "\"topic\":\"%s\",\"author\":\"bench\",\"idstr\":\"0123456789abcdef-1234\"},\"data\":\"%s\"}", TOPIC, PAYLOAD);
  length = strlen (packet);
  length += 22;
  memset (packet + length - 22, '\n', 22);

  if (with_subscriber)
    subscriber = spawn ("bystander", "/bench/t.*");

  for (guint round = 0; round < 60; round++)
    {
      const guint n = 1000;
      struct timespec t[3];
      double a, b;

      clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t[0]);
      for (guint i = 0; i < n; i++)
        if (sendto (fd, packet, length, 0, (struct sockaddr *) &group, sizeof group) < 0)
          g_error ("%s", g_strerror (errno));
      clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t[1]);
      for (guint i = 0; i < n; i++)
        publish (publisher);
      clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t[2]);

      a = (1e9 * (double) (t[1].tv_sec - t[0].tv_sec) + (double) (t[1].tv_nsec - t[0].tv_nsec)) / n;
      b = (1e9 * (double) (t[2].tv_sec - t[1].tv_sec) + (double) (t[2].tv_nsec - t[1].tv_nsec)) / n;
      bare = MIN (bare, a);
      ours = MIN (ours, b);
      ratio = b / a;
      g_array_append_val (ratios, ratio);
    }
  close (fd);
  if (with_subscriber)
    end (&subscriber);

  for (guint i = 1; i < ratios->len; i++)
    for (guint j = i; j > 0 && g_array_index (ratios, double, j) < g_array_index (ratios, double, j - 1); j--)
      {
        ratio = g_array_index (ratios, double, j);
        g_array_index (ratios, double, j) = g_array_index (ratios, double, j - 1);
        g_array_index (ratios, double, j - 1) = ratio;
      }

  g_print ("{\"measurement\":\"publish\",\"subscribers\":%d,\"sendto_ns\":%.0f,\"publish_ns\":%.0f,\"ratio\":%.2f,"
           "\"median_ratio\":%.2f}\n", with_subscriber ? 1 : 0,
           bare, ours, ours / bare, g_array_index (ratios, double, ratios->len / 2));
}

static double
get_memory (GPid        pid,
            const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/smaps_rollup", pid);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  line = strstr (text, name);

  return line != NULL ? g_ascii_strtod (line + strlen (name), NULL) : 0;
}

static double
count_waits (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", pid);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *id;
  double sum = 0;

  while (dir != NULL && (id = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, id, "status", NULL);
      g_autofree char *text = NULL;
      const char *line;

      if (g_file_get_contents (file, &text, NULL, NULL) &&
          (line = strstr (text, "\nvoluntary_ctxt_switches:")) != NULL)
        sum += g_ascii_strtod (strchr (line, ':') + 1, NULL);
    }

  return sum;
}

static void
measure_idle (void)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr(MbClient) client = open_client (NULL);
  double opened = (double) (g_get_monotonic_time () - start);
  Process process;
  double started, waits;

  mb_client_close (client);

  start = g_get_monotonic_time ();
  process = spawn ("bystander", "/bench/other");
  started = (double) (g_get_monotonic_time () - start);

  g_usleep (500000);
  waits = count_waits (process.pid);
  g_usleep (3000000);
  waits = count_waits (process.pid) - waits;

  g_print ("{\"measurement\":\"idle\",\"open_us\":%.0f,\"process_start_us\":%.0f,\"rss_kib\":%.0f,\"pss_kib\":%.0f,"
           "\"private_dirty_kib\":%.0f,\"wakeups_in_3_s\":%.0f}\n",
           opened, started, get_memory (process.pid, "\nRss:"), get_memory (process.pid, "\nPss:"),
           get_memory (process.pid, "\nPrivate_Dirty:"), waits);
  end (&process);
}

static void
measure_freeze (guint ms)
{
  g_autoptr(MbClient) client = open_client (NULL);
  g_autoptr(MbSubscriber) subscriber = mb_client_subscribe (client, TOPIC, NULL, NULL);
  guint n_received = 0;
  guint n_packets = 0;
  guint n_kernel = 0;
  gint64 stop;
  Process process;

  g_signal_connect (subscriber, "message", G_CALLBACK (count_cb), &n_received);
  process = spawn ("publisher", "20000");

  while (n_received < 1000)
    g_main_context_iteration (NULL, TRUE);
  g_usleep (ms * 1000);
  end (&process);

  /* What has come is delivered now. */
  stop = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;
  do
    {
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_object_get (client, "n-received", &n_packets, NULL);
    }
  while (n_received + mb_subscriber_get_n_dropped (subscriber) < n_packets && g_get_monotonic_time () < stop);

  g_object_get (client, "dropped-kernel", &n_kernel, NULL);
  g_print ("{\"measurement\":\"freeze\",\"ms\":%u,\"received\":%u,\"missed\":%u,\"dropped\":%u,\"kernel\":%u}\n", ms,
           n_received, mb_subscriber_get_n_missed (subscriber), mb_subscriber_get_n_dropped (subscriber), n_kernel);
}

static int
usage (void)
{
  g_printerr ("Usage: bench-client [uninterested N | subscriptions N | publish | schema | idle | freeze MS]\n");

  return 2;
}

int
main (int    argc,
      char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";
  guint n = argc > 2 ? (guint) strtoul (argv[2], NULL, 10) : 0;

  program = argv[0];
  signal (SIGPIPE, SIG_IGN);

  if (argc == 4 && strcmp (name, "role") == 0)
    return strcmp (argv[2], "publisher") == 0
           ? run_publisher ((guint) strtoul (argv[3], NULL, 10))
           : run_bystander (argv[3], strcmp (argv[2], "unfiltered") == 0);

  if (argc == 1)
    {
      for (guint i = 0; i < 4; i++)
        measure_uninterested (((const guint[]) { 1, 10, 50, 100 })[i]);
      for (guint i = 0; i < 4; i++)
        measure_subscriptions (((const guint[]) { 1, 10, 100, 1000 })[i]);
      measure_publish (FALSE);
      measure_publish (TRUE);
      measure_schema ();
      measure_idle ();
      measure_freeze (100);
      measure_freeze (1000);
    }
  else if (argc == 3 && strcmp (name, "uninterested") == 0 && n > 0)
    measure_uninterested (n);
  else if (argc == 3 && strcmp (name, "subscriptions") == 0 && n > 0)
    measure_subscriptions (n);
  else if (argc == 3 && strcmp (name, "freeze") == 0)
    measure_freeze (n);
  else if (argc == 2 && strcmp (name, "publish") == 0)
    {
      measure_publish (FALSE);
      measure_publish (TRUE);
    }
  else if (argc == 2 && strcmp (name, "schema") == 0)
    measure_schema ();
  else if (argc == 2 && strcmp (name, "idle") == 0)
    measure_idle ();
  else
    return usage ();

  return 0;
}
