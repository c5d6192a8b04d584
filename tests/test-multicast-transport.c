/* test-multicast-transport.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* To be run by tests/private-network: it sends to the real group. */

#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "minibus/mb-error.h"
#include "minibus/mb-multicast-transport.h"
#include "transport-helpers.h"

static const char *program;

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

static void
test_deliver (void)
{
  Collector *first_collector = collector_new ();
  Collector *second_collector = collector_new ();
  MbTransport *first = open_transport ("multicast:", first_collector);
  MbTransport *second = open_transport ("multicast:", second_collector);
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
  finish_transport (first, first_collector);
  finish_transport (second, second_collector);
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
  MbTransport *transport = make_transport ("multicast:");

  collector->on_push_data = transport;
  collector->on_push = child_answer;
  g_assert_true (mb_transport_open_sync (transport, collector->receiver, NULL, NULL));
  g_assert_true (send_text (transport, "ready", NULL));
  collector_wait_for_text (collector, "quit");
  finish_transport (transport, collector);

  return 0;
}

static void
test_two_processes (void)
{
  Collector *collector = collector_new ();
  MbTransport *transport = open_transport ("multicast:", collector);
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

  finish_transport (transport, collector);
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
  MbTransport *transport = open_transport ("multicast:", collector);
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

  finish_transport (transport, collector);
  close (fd);
}

static void
test_other_groups (void)
{
  Collector *collector = collector_new ();
  Collector *other_collector = collector_new ();
  MbTransport *transport = open_transport ("multicast:", collector);
  MbTransport *other = open_transport ("multicast://228.0.0.6:8005", other_collector);
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

  finish_transport (transport, collector);
  finish_transport (other, other_collector);
  close (fd);
}

static void
test_port_in_use (void)
{
  int fd = make_plain_socket (0, FALSE, 8005);
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(MbTransport) transport = make_transport ("multicast:");
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
  g_autoptr(MbTransport) transport = make_transport ("multicast://?interface=lo&interface=nonsense0");
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
  MbTransport *transport = open_transport ("multicast:", collector);
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

  finish_transport (transport, collector);
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

  first = open_transport ("multicast://?interface=lo&ttl=0", first_collector);
  second = open_transport ("multicast://?interface=lo&ttl=0", second_collector);
  g_assert_true (send_text (first, "from first", NULL));
  g_assert_true (send_text (second, "from second", NULL));
  collector_wait (first_collector, 2);
  collector_wait (second_collector, 2);

  run ("ip route add 224.0.0.0/4 dev lo");

  /* Who chose lo by name and whom the route led there are on one bus. */
  mb_transport_close (second);
  g_assert_finalize_object (second);
  second = open_transport ("multicast://?ttl=0", second_collector);
  g_assert_true (send_text (second, "by route", NULL));
  g_assert_true (send_text (first, "by name", NULL));
  collector_wait_for_text (first_collector, "by route");
  collector_wait_for_text (second_collector, "by name");

  finish_transport (first, first_collector);
  finish_transport (second, second_collector);
}

static void
test_sizes (void)
{
  g_autofree guint8 *packet = g_malloc (65508);
  Collector *collector = collector_new ();
  MbTransport *transport = open_transport ("multicast:", collector);
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

  finish_transport (transport, collector);
}

static void
test_states (void)
{
  g_autoptr(Collector) collector = collector_new ();
  g_autoptr(MbTransport) transport = make_transport ("multicast:");
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

  return g_test_run ();
}
