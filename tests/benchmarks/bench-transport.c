/* tests/benchmarks/bench-transport.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How much the transports carry, against the bare system calls in the same run. Each line sends
 * flat out for half a second. To be run by tests/private-network.
 */

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "minibus/mb-receiver-private.h"
#include "minibus/mb-transport.h"

#define DURATION (G_USEC_PER_SEC / 2)
#define SIZE 250
#define BATCH 32

static guint8 packet[SIZE];

typedef struct
{
  gint    n_received;     /* atomic */
  gint    n_lost;         /* atomic */
  gint    cpu_time;       /* atomic; of the receiving thread, in microseconds, now and then */
  gint    is_done;        /* atomic */
  int     fd;
} Sink;

static gint
get_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return (gint) (now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000);
}

static void
count (Sink *sink,
       gint  n)
{
  gint before = g_atomic_int_add (&sink->n_received, n);

  if ((before + n) / 4096 != before / 4096)
    g_atomic_int_set (&sink->cpu_time, get_cpu_time ());
}

static void
push (gpointer      owner,
      const guint8 *data,
      gsize         length)
{
  count (owner, 1);
}

static void
report_loss (gpointer owner,
             guint    n)
{
  Sink *sink = owner;

  g_atomic_int_add (&sink->n_lost, (gint) n);
}

static const MbReceiverFuncs funcs = { push, report_loss };

static int
make_socket (gboolean receive)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in group = { .sin_family = AF_INET, .sin_port = htons (8005),
                               .sin_addr.s_addr = inet_addr ("228.0.0.5") };
  struct ip_mreq request = { .imr_multiaddr = group.sin_addr };
  int yes = 1;
  int size = 4 * 1024 * 1024;

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt (fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);

  if (!receive)
    {
      g_assert_no_errno (connect (fd, (struct sockaddr *) &group, sizeof group));
      return fd;
    }

  g_assert_no_errno (bind (fd, (struct sockaddr *) &group, sizeof group));
  g_assert_no_errno (setsockopt (fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));

  return fd;
}

/* What the transport is measured against: the same calls, and nothing done with the packets. */
static gpointer
bare_thread (gpointer data)
{
  static guint8 buffers[BATCH][2048];
  struct mmsghdr messages[BATCH] = { 0, };
  struct iovec vectors[BATCH];
  Sink *sink = data;

  for (guint i = 0; i < BATCH; i++)
    {
      vectors[i] = (struct iovec) { buffers[i], sizeof buffers[i] };
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }

  while (!g_atomic_int_get (&sink->is_done))
    {
      struct pollfd fd = { sink->fd, POLLIN, 0 };
      int n = recvmmsg (sink->fd, messages, BATCH, MSG_DONTWAIT, NULL);

      if (n > 0)
        count (sink, n);
      if (n < BATCH)
        poll (&fd, 1, 20);
    }

  return NULL;
}

/* Sends until the time is over. Returns how many packets were accepted. */
static guint
send_bare (int fd)
{
  gint64 end = g_get_monotonic_time () + DURATION;
  guint n = 0;

  while (g_get_monotonic_time () < end)
    {
      for (guint i = 0; i < 100; i++)
        n += send (fd, packet, sizeof packet, 0) == SIZE;
    }

  return n;
}

static guint
send_by (MbTransport *transport)
{
  gint64 end = g_get_monotonic_time () + DURATION;
  guint n = 0;

  while (g_get_monotonic_time () < end)
    {
      for (guint i = 0; i < 100; i++)
        n += mb_transport_send (transport, "/bench", packet, sizeof packet, NULL);
    }

  return n;
}

static void
report (const char *name,
        Sink       *sink,
        guint       n_sent)
{
  gint n = -1;

  /* All is in when nothing has come for a while. */
  while (n != g_atomic_int_get (&sink->n_received))
    {
      n = g_atomic_int_get (&sink->n_received);
      g_usleep (50000);
    }

  g_print ("%-28s %9.0f sent/s %9.0f received/s %6.2f %% lost %8d reported %6.2f us/packet\n",
           name,
           n_sent / ((double) DURATION / G_USEC_PER_SEC),
           n / ((double) DURATION / G_USEC_PER_SEC),
           n_sent > 0 ? 100.0 * ((double) n_sent - n) / n_sent : 0,
           g_atomic_int_get (&sink->n_lost),
           n > 0 ? (double) g_atomic_int_get (&sink->cpu_time) / n : 0);
}

static void
bench_bare (void)
{
  Sink sink = { 0, };
  int fd = make_socket (FALSE);
  GThread *thread;

  sink.fd = make_socket (TRUE);
  thread = g_thread_new ("bare", bare_thread, &sink);
  report ("bare send, bare recvmmsg", &sink, send_bare (fd));
  g_atomic_int_set (&sink.is_done, TRUE);
  g_thread_join (thread);
  close (sink.fd);
  close (fd);
}

static void
bench_transport (const char *name,
                 const char *text,
                 gboolean    send_too)
{
  g_autoptr(MbAddress) address = mb_address_parse (text, NULL);
  g_autoptr(MbTransport) transport = mb_transport_new_for_address (address);
  g_autoptr(GError) error = NULL;
  g_autoptr(MbReceiver) receiver = NULL;
  Sink sink = { 0, };
  int fd = make_socket (FALSE);

  receiver = _mb_receiver_new (&funcs, &sink);
  mb_transport_open_sync (transport, receiver, NULL, &error);
  g_assert_no_error (error);

  report (name, &sink, send_too ? send_by (transport) : send_bare (fd));

  mb_transport_close (transport);
  _mb_receiver_detach (receiver);
  close (fd);
}

int
main (void)
{
  bench_bare ();
  bench_transport ("bare send, transport", "multicast:", FALSE);
  bench_transport ("transport to itself", "multicast:", TRUE);
  bench_transport ("memory transport to itself", "memory:bench", TRUE);

  return 0;
}
