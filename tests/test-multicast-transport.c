/* test-multicast-transport.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* To be run by tests/private-network: it sends to the real group. */

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "collector.h"
#include "minibus/mb-error.h"
#include "minibus/mb-multicast-transport.h"

static const char *program;

static MbTransport *
make (const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = mb_address_parse (text, &error);

  g_assert_no_error (error);

  return mb_transport_new_for_address (address);
}

static MbTransport *
open_for (const char *text,
          Collector  *collector)
{
  g_autoptr(GError) error = NULL;
  MbTransport *transport = make (text);

  mb_transport_open_sync (transport, collector->receiver, NULL, &error);
  g_assert_no_error (error);

  return transport;
}

static void
finish (MbTransport *transport,
        Collector   *collector)
{
  mb_transport_close (transport);
  g_assert_finalize_object (transport);
  collector_free (collector);
}

static void
run (const char *command)
{
  g_autoptr(GError) error = NULL;
  int status;

  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
}

/* Threads called "minibus-io"; the number of the last one in `id`. */
static guint
find_threads (char **id)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", name, "comm", NULL);
      g_autofree char *comm = NULL;

      if (!g_file_get_contents (path, &comm, NULL, NULL) || !g_str_equal (comm, "minibus-io\n"))
        continue;

      n++;
      if (id != NULL)
        {
          g_free (*id);
          *id = g_strdup (name);
        }
    }

  return n;
}

static guint
count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static void
test_deliver (void)
{
  Collector *first_collector = collector_new ();
  Collector *second_collector = collector_new ();
  MbTransport *first = open_for ("multicast:", first_collector);
  MbTransport *second = open_for ("multicast:", second_collector);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Packets reach every transport of the group, the sender's too, once and in "
                  "order");

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      send_text (first, text, &error);
      g_assert_no_error (error);

      /* The buffer may be small here: let the receivers keep up. */
      if (i % 100 == 99)
        {
          collector_wait (first_collector, i + 1);
          collector_wait (second_collector, i + 1);
        }
    }

  send_text (second, "end", &error);
  collector_wait_for_text (first_collector, "end");
  collector_wait_for_text (second_collector, "end");

  for (guint i = 0; i < 2; i++)
    {
      g_auto(GStrv) texts = collector_dup_texts (i == 0 ? first_collector : second_collector);

      g_assert_cmpuint (g_strv_length (texts), ==, 1001);
      for (guint j = 0; j < 1000; j++)
        g_assert_cmpuint (g_ascii_strtoull (texts[j], NULL, 10), ==, j);
    }

  g_assert_cmpuint (collector_get_n_lost (first_collector), ==, 0);
  finish (first, first_collector);
  finish (second, second_collector);
}

/* The other process: answers every packet that begins with "ping", and ends when told to. */
static void
child_answer (gpointer      data,
              const guint8 *packet,
              gsize         length)
{
  if (length > 4 && memcmp (packet, "ping", 4) == 0)
    {
      g_autofree char *text = g_strdup_printf ("pong%.*s", (int) length - 4, packet + 4);

      g_assert_true (send_text (data, text, NULL));
    }
}

static int
run_child (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport = make ("multicast:");

  collector->on_push_data = transport;
  collector->on_push = child_answer;
  g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, NULL));
  g_assert_true (send_text (transport, "ready", NULL));
  collector_wait_for_text (collector, "quit");
  finish (transport, collector);

  return 0;
}

static void
test_two_processes (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport = open_for ("multicast:", collector);
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) child = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error,
                                                   program, "--child", NULL);

  g_test_summary ("Processes reach each other");

  g_assert_no_error (error);
  collector_wait_for_text (collector, "ready");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *ping = g_strdup_printf ("ping %u", i);
      g_autofree char *pong = g_strdup_printf ("pong %u", i);

      g_assert_true (send_text (transport, ping, NULL));
      collector_wait_for_text (collector, pong);
    }

  g_assert_true (send_text (transport, "quit", NULL));
  g_subprocess_wait_check (child, NULL, &error);
  g_assert_no_error (error);

  finish (transport, collector);
}

static int
make_plain_socket (int      share,
                   gboolean join,
                   guint16  port)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (port) };
  struct ip_mreq request = { .imr_multiaddr.s_addr = inet_addr ("228.0.0.5") };
  int yes = 1;

  if (share != 0)
    g_assert_no_errno (setsockopt (fd, SOL_SOCKET, share, &yes, sizeof yes));
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, sizeof address));
  if (join)
    g_assert_no_errno (setsockopt (fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));

  return fd;
}

static void
test_plain_socket (gconstpointer data)
{
  int fd = make_plain_socket (GPOINTER_TO_INT (data), TRUE, 8005);
  struct sockaddr_in group = { .sin_family = AF_INET, .sin_port = htons (8005),
                               .sin_addr.s_addr = inet_addr ("228.0.0.5") };
  Collector *collector = collector_new ();
  MbTransport *transport = open_for ("multicast:", collector);
  struct sockaddr_in sender;
  socklen_t sender_length = sizeof sender;
  char buffer[100];
  gssize n;

  g_test_summary ("A socket such as other programs on the bus have shares the port, in either "
                  "direction, and sees that we send from the port of the bus");

  g_assert_true (send_text (transport, "to plain", NULL));
  n = recvfrom (fd, buffer, sizeof buffer, 0, (struct sockaddr *) &sender, &sender_length);
  g_assert_cmpmem (buffer, n, "to plain", 8);
  g_assert_cmpuint (ntohs (sender.sin_port), ==, 8005);

  n = sendto (fd, "from plain", 10, 0, (struct sockaddr *) &group, sizeof group);
  g_assert_cmpint (n, ==, 10);
  collector_wait_for_text (collector, "from plain");

  finish (transport, collector);
  close (fd);
}

static void
test_other_groups (void)
{
  Collector *collector = collector_new ();
  Collector *other_collector = collector_new ();
  MbTransport *transport = open_for ("multicast:", collector);
  MbTransport *other = open_for ("multicast://228.0.0.6:8005", other_collector);
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in unicast = { .sin_family = AF_INET, .sin_port = htons (8005),
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };

  g_test_summary ("What goes to another group of the port, or to a host, is none of ours");

  sendto (fd, "unicast", 7, 0, (struct sockaddr *) &unicast, sizeof unicast);
  g_assert_true (send_text (other, "other", NULL));
  collector_wait_for_text (other_collector, "other");
  g_assert_true (send_text (transport, "this", NULL));
  collector_wait_for_text (collector, "this");

  g_assert_cmpuint (collector_get_n_packets (collector), ==, 1);
  g_assert_cmpuint (collector_get_n_packets (other_collector), ==, 1);

  finish (transport, collector);
  finish (other, other_collector);
  close (fd);
}

static void
test_port_in_use (void)
{
  int fd = make_plain_socket (0, FALSE, 8005);
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(MbTransport) transport = make ("multicast:");
  g_autoptr(GError) error = NULL;

  g_test_summary ("A program that does not share the port is told of, and opening works once it "
                  "is gone");

  g_assert_false (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_PORT_IN_USE);
  g_assert_nonnull (strstr (error->message, "8005"));
  g_clear_error (&error);

  close (fd);
  g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
  g_assert_no_error (error);
  mb_transport_close (transport);
}

static void
test_no_interface (void)
{
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(MbTransport) transport = make ("multicast://?interface=lo&interface=nonsense0");
  g_autoptr(GError) error = NULL;

  g_test_summary ("An interface that does not exist is an error that names those which do");

  g_assert_false (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_INTERFACE);
  g_assert_nonnull (strstr (error->message, "nonsense0"));
  g_assert_nonnull (strstr (error->message, "lo"));
}

static void
test_no_route (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport = open_for ("multicast:", collector);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without a route neither opening nor sending works, but what is open goes on "
                  "when it is back");

  run ("ip route del 224.0.0.0/4 dev lo");

  g_assert_false (send_text (transport, "lost", &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);
  g_assert_nonnull (strstr (error->message, "ip route add 224.0.0.0/4"));
  g_clear_error (&error);

  mb_transport_close (transport);
  g_assert_false (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);
  g_assert_nonnull (strstr (error->message, "?interface="));
  g_clear_error (&error);

  run ("ip route add 224.0.0.0/4 dev lo");
  g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
  g_assert_no_error (error);

  run ("ip route del 224.0.0.0/4 dev lo");
  run ("ip route add 224.0.0.0/4 dev lo");
  g_assert_true (send_text (transport, "back", &error));
  g_assert_no_error (error);
  collector_wait_for_text (collector, "back");

  finish (transport, collector);
}

static void
test_loopback (void)
{
  Collector *first_collector = collector_new ();
  Collector *second_collector = collector_new ();
  MbTransport *first;
  MbTransport *second;

  g_test_summary ("The interface lo and TTL 0 work together, without a route");

  run ("ip route del 224.0.0.0/4 dev lo");

  first = open_for ("multicast://?interface=lo&ttl=0", first_collector);
  second = open_for ("multicast://?interface=lo&ttl=0", second_collector);
  g_assert_true (send_text (first, "from first", NULL));
  g_assert_true (send_text (second, "from second", NULL));
  collector_wait (first_collector, 2);
  collector_wait (second_collector, 2);

  run ("ip route add 224.0.0.0/4 dev lo");

  /* Who chose lo by name and whom the route led there are on one bus. */
  mb_transport_close (second);
  g_assert_finalize_object (second);
  second = open_for ("multicast://?ttl=0", second_collector);
  g_assert_true (send_text (second, "by route", NULL));
  g_assert_true (send_text (first, "by name", NULL));
  collector_wait_for_text (first_collector, "by route");
  collector_wait_for_text (second_collector, "by name");

  finish (first, first_collector);
  finish (second, second_collector);
}

static void
test_sizes (void)
{
  g_autofree guint8 *packet = g_malloc (65508);
  Collector *collector = collector_new ();
  MbTransport *transport = open_for ("multicast:", collector);
  g_autoptr(GError) error = NULL;
  const guint8 *received;
  gsize length;

  g_test_summary ("Packets have from 0 to 65507 bytes");

  g_assert_cmpuint (mb_transport_get_max_packet_size (transport), ==, 65507);
  g_assert_false (mb_transport_is_reliable (transport));
  memset (packet, 'x', 65508);

  g_assert_true (mb_transport_send (transport, "/test", NULL, 0, &error));
  g_assert_true (mb_transport_send (transport, "/test", packet, 65507, &error));
  g_assert_no_error (error);
  g_assert_false (mb_transport_send (transport, "/test", packet, 65508, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_TOO_LARGE);

  collector_wait (collector, 2);
  g_bytes_get_data (g_ptr_array_index (collector->packets, 0), &length);
  g_assert_cmpuint (length, ==, 0);
  received = g_bytes_get_data (g_ptr_array_index (collector->packets, 1), &length);
  g_assert_cmpmem (received, length, packet, 65507);

  finish (transport, collector);
}

static void
test_states (void)
{
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(MbTransport) transport = make ("multicast:");
  g_autoptr(GError) error = NULL;

  g_test_summary ("A transport is opened once, and sends while it is open");

  mb_transport_close (transport);
  g_assert_false (send_text (transport, "x", &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_CLOSED);
  g_clear_error (&error);

  g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_ALREADY_OPEN);
  g_clear_error (&error);

  mb_transport_close (transport);
  mb_transport_close (transport);
  g_assert_false (send_text (transport, "x", &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_CLOSED);
}

static void
test_reopen (void)
{
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(MbTransport) transport = make ("multicast:");
  g_autoptr(GError) error = NULL;
  guint n_fds = count_fds ();

  g_test_summary ("Opening and closing two hundred times leaves no descriptor and no thread "
                  "behind");

  for (guint i = 1; i <= 200; i++)
    {
      g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (send_text (transport, "x", NULL));
      collector_wait (collector, i);
      mb_transport_close (transport);
    }

  g_assert_cmpuint (collector_get_n_packets (collector), ==, 200);
  g_assert_cmpuint (count_fds (), ==, n_fds);
  g_assert_cmpuint (find_threads (NULL), ==, 0);
}

static char *
read_status (const char *thread,
             const char *field)
{
  g_autofree char *path = g_build_filename ("/proc/self/task", thread, "status", NULL);
  g_autofree char *status = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;

  g_file_get_contents (path, &status, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (status, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], field))
        return g_strdup (g_strstrip (lines[i] + strlen (field)));
    }

  g_assert_not_reached ();
}

static void
get_mask (gpointer      data,
          const guint8 *packet,
          gsize         length)
{
  pthread_sigmask (SIG_SETMASK, NULL, data);
}

static void
test_thread (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport;
  sigset_t blocked;
  g_autofree char *id = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  g_test_summary ("The thread has its name, takes no signals, and does not wake up while nothing "
                  "happens");

  collector->on_push_data = &blocked;
  collector->on_push = get_mask;
  transport = open_for ("multicast:", collector);

  /* With the second packet, the first has been dealt with. */
  g_assert_true (send_text (transport, "x", NULL));
  collector_wait (collector, 1);
  g_assert_true (send_text (transport, "x", NULL));
  collector_wait (collector, 2);
  g_assert_cmpuint (find_threads (&id), ==, 1);
  g_assert_true (collector->thread != g_thread_self ());

  for (int i = 1; i < 32; i++)
    {
      if (i != SIGKILL && i != SIGSTOP)
        g_assert_cmpint (sigismember (&blocked, i), ==, 1);
    }

  /* Once it sleeps, it goes on sleeping. */
  while (TRUE)
    {
      g_autofree char *state = read_status (id, "State:");

      if (state[0] == 'S')
        break;
      g_thread_yield ();
    }

  before = read_status (id, "voluntary_ctxt_switches:");
  g_usleep (300000);
  after = read_status (id, "voluntary_ctxt_switches:");
  g_assert_cmpstr (before, ==, after);

  finish (transport, collector);
  g_assert_cmpuint (find_threads (NULL), ==, 0);
}

/* Lets a test stop the delivery. */
typedef struct
{
  GMutex   lock;
  GCond    changed;
  gboolean is_closed;
  gboolean is_reached;
} Gate;

static void
gate_pass (gpointer      data,
           const guint8 *packet,
           gsize         length)
{
  Gate *gate = data;

  g_mutex_lock (&gate->lock);
  gate->is_reached = TRUE;
  g_cond_broadcast (&gate->changed);
  while (gate->is_closed)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

static void
gate_close (Gate *gate)
{
  g_mutex_lock (&gate->lock);
  gate->is_reached = FALSE;
  gate->is_closed = TRUE;
  g_mutex_unlock (&gate->lock);
}

static void
gate_wait_reached (Gate *gate)
{
  g_mutex_lock (&gate->lock);
  while (!gate->is_reached)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

static void
gate_open (Gate *gate)
{
  g_mutex_lock (&gate->lock);
  gate->is_closed = FALSE;
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

static void
test_overflow (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport;
  Gate gate = { .is_closed = TRUE };
  guint n_sent = 0;
  guint n_lost;

  g_test_summary ("What the receive buffer had no room for is reported, to the last packet");

  collector->on_push_data = &gate;
  collector->on_push = gate_pass;
  transport = open_for ("multicast://?receive-buffer=4096", collector);

  for (guint i = 0; i < 2; i++)
    {
      gate_close (&gate);
      for (guint j = 0; j < 1000; j++)
        g_assert_true (send_text (transport, "x", NULL));
      n_sent += 1000;
      gate_wait_reached (&gate);
      gate_open (&gate);

      /* The system tells with the next packet, which finds room once the others are out. */
      while (collector_get_n_packets (collector) + collector_get_n_lost (collector) < n_sent)
        {
          g_assert_true (send_text (transport, "x", NULL));
          n_sent++;
          g_thread_yield ();
        }
    }

  g_assert_true (send_text (transport, "end", NULL));
  collector_wait_for_text (collector, "end");
  n_lost = collector_get_n_lost (collector);
  g_assert_cmpuint (n_lost, >, 1000);
  g_assert_cmpuint (collector_get_n_packets (collector) + n_lost, ==, n_sent + 1);

  finish (transport, collector);
}

static void
answer (gpointer      data,
        const guint8 *packet,
        gsize         length)
{
  if (length > 0)
    g_assert_true (mb_transport_send (data, "/test", packet, length - 1, NULL));
}

static void
test_send_inside (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport = open_for ("multicast:", collector);

  g_test_summary ("A receiver may send from within a call");

  collector->on_push_data = transport;
  collector->on_push = answer;
  g_assert_true (send_text (transport, "0123456789", NULL));
  collector_wait (collector, 11);

  finish (transport, collector);
}

typedef struct
{
  MbTransport *transport;
  gboolean     unref;
  gint         n_closed;    /* atomic */
} Closer;

static void
close_inside (gpointer      data,
              const guint8 *packet,
              gsize         length)
{
  Closer *closer = data;

  if (closer->unref)
    g_clear_object (&closer->transport);
  else
    mb_transport_close (closer->transport);

  g_atomic_int_inc (&closer->n_closed);
}

static void
test_close_inside (gconstpointer data)
{
  g_autoptr(Collector) collector = collector_new ();
  Closer closer = { make ("multicast:"), GPOINTER_TO_INT (data), 0 };
  Collector *witness_collector = collector_new ();
  MbTransport *witness = open_for ("multicast:", witness_collector);
  guint n_fds;

  g_test_summary ("A transport may be closed, and let go of, by its receiver, which is then "
                  "called no more");

  n_fds = count_fds ();
  collector->on_push_data = &closer;
  collector->on_push = close_inside;
  g_assert_true (mb_transport_open_sync (closer.transport, collector->receiver, NULL, NULL));

  for (guint i = 0; i < 10; i++)
    g_assert_true (send_text (witness, "x", NULL));
  collector_wait (witness_collector, 10);
  collector_wait (collector, 1);

  while (g_atomic_int_get (&closer.n_closed) == 0 || find_threads (NULL) > 1)
    g_thread_yield ();
  g_assert_cmpuint (collector_get_n_packets (collector), ==, 1);
  g_assert_cmpuint (count_fds (), ==, n_fds);

  if (!closer.unref)
    {
      collector->on_push = NULL;
      g_assert_true (mb_transport_open_sync (closer.transport, collector->receiver, NULL, NULL));
      g_assert_true (send_text (closer.transport, "again", NULL));
      collector_wait_for_text (collector, "again");
      mb_transport_close (closer.transport);
    }

  g_clear_object (&closer.transport);
  finish (witness, witness_collector);
}

typedef struct
{
  MbTransport *transport;
  gint         is_done;     /* atomic */
} Closing;

static gpointer
close_transport (gpointer data)
{
  Closing *closing = data;

  mb_transport_close (closing->transport);
  g_atomic_int_set (&closing->is_done, TRUE);

  return NULL;
}

static void
test_close_waits (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport = open_for ("multicast:", collector);
  Closing closing = { transport, FALSE };
  Gate gate = { .is_closed = TRUE };
  GThread *thread;
  guint n;

  g_test_summary ("Closing waits for the call of the receiver that is under way, and none follows");

  collector->on_push_data = &gate;
  collector->on_push = gate_pass;

  for (guint i = 0; i < 10; i++)
    g_assert_true (send_text (transport, "x", NULL));
  gate_wait_reached (&gate);

  thread = g_thread_new ("close", close_transport, &closing);
  while (send_text (transport, "x", NULL))
    g_thread_yield ();

  g_assert_false (g_atomic_int_get (&closing.is_done));
  gate_open (&gate);
  g_thread_join (thread);

  n = collector_get_n_packets (collector);
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (find_threads (NULL), ==, 0);

  finish (transport, collector);
}

typedef struct
{
  MbTransport *transport;
  guint        number;
} Sender;

static gpointer
send_many (gpointer data)
{
  Sender *sender = data;

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u %u", sender->number, i);

      g_assert_true (send_text (sender->transport, text, NULL));
    }

  return NULL;
}

static void
test_many (void)
{
  Collector *collectors[4];
  MbTransport *transports[G_N_ELEMENTS (collectors)];
  Sender senders[4];
  GThread *threads[G_N_ELEMENTS (senders)];
  const guint n = 500 * G_N_ELEMENTS (senders);

  g_test_summary ("Many threads send by one transport: all arrives or is reported, in the order "
                  "of each");

  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    {
      collectors[i] = collector_new ();
      transports[i] = open_for ("multicast:", collectors[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    {
      senders[i].transport = transports[i / 2];
      senders[i].number = i;
      threads[i] = g_thread_new ("send", send_many, &senders[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    g_thread_join (threads[i]);

  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    {
      guint64 next[G_N_ELEMENTS (senders)] = { 0, };
      guint n_more = 0;
      g_auto(GStrv) texts = NULL;

      /* The kernel may allow too small a buffer for all at once. */
      while (collector_get_n_packets (collectors[i]) + collector_get_n_lost (collectors[i]) <
             n + n_more)
        {
          g_assert_true (send_text (transports[i], "9 0", NULL));
          n_more++;
          g_thread_yield ();
        }

      texts = collector_dup_texts (collectors[i]);
      for (guint j = 0; texts[j] != NULL; j++)
        {
          guint64 sender = g_ascii_strtoull (texts[j], NULL, 10);
          guint64 number = g_ascii_strtoull (strchr (texts[j], ' '), NULL, 10);

          if (sender == 9)
            continue;

          g_assert_cmpuint (sender, <, G_N_ELEMENTS (senders));
          g_assert_cmpuint (number, >=, next[sender]);
          next[sender] = number + 1;
        }
    }

  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    finish (transports[i], collectors[i]);
}

int
main (int    argc,
      char **argv)
{
  program = argv[0];
  if (argc == 2 && g_str_equal (argv[1], "--child"))
    return run_child ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/multicast-transport/deliver", test_deliver);
  g_test_add_func ("/multicast-transport/two-processes", test_two_processes);
  g_test_add_data_func ("/multicast-transport/plain-socket/reuseaddr",
                        GINT_TO_POINTER (SO_REUSEADDR), test_plain_socket);
  g_test_add_data_func ("/multicast-transport/plain-socket/reuseport",
                        GINT_TO_POINTER (SO_REUSEPORT), test_plain_socket);
  g_test_add_func ("/multicast-transport/other-groups", test_other_groups);
  g_test_add_func ("/multicast-transport/port-in-use", test_port_in_use);
  g_test_add_func ("/multicast-transport/no-interface", test_no_interface);
  g_test_add_func ("/multicast-transport/no-route", test_no_route);
  g_test_add_func ("/multicast-transport/loopback", test_loopback);
  g_test_add_func ("/multicast-transport/sizes", test_sizes);
  g_test_add_func ("/multicast-transport/states", test_states);
  g_test_add_func ("/multicast-transport/reopen", test_reopen);
  g_test_add_func ("/multicast-transport/thread", test_thread);
  g_test_add_func ("/multicast-transport/overflow", test_overflow);
  g_test_add_func ("/multicast-transport/send-inside", test_send_inside);
  g_test_add_data_func ("/multicast-transport/close-inside", GINT_TO_POINTER (FALSE),
                        test_close_inside);
  g_test_add_data_func ("/multicast-transport/unref-inside", GINT_TO_POINTER (TRUE),
                        test_close_inside);
  g_test_add_func ("/multicast-transport/close-waits", test_close_waits);
  g_test_add_func ("/multicast-transport/many", test_many);

  return g_test_run ();
}
