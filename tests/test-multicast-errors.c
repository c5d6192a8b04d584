/* test-multicast-errors.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a system that is busy, poor or strict does to the multicast transport. To be run by
 * tests/private-network.
 *
 * Functions of the C library are replaced by ones that fail on demand.
 */

#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "collector.h"
#include "minibus/mb-error.h"
#include "minibus/mb-multicast-io-private.h"
#include "minibus/mb-multicast-transport.h"

/* What a hardened build (_FORTIFY_SOURCE) calls instead. */
ssize_t __recvfrom_chk (int              fd,
                        void            *buffer,
                        size_t           length,
                        size_t           buffer_length,
                        int              flags,
                        struct sockaddr *sender,
                        socklen_t       *sender_length);
int     __poll_chk     (struct pollfd   *fds,
                        nfds_t           n,
                        int              timeout,
                        size_t           size);

/* A function of the system that is to fail `n` times with an error. */
typedef struct
{
  gint errnum;     /* atomic, as all of them */
  gint n;
  gint n_called;
} Failure;

static Failure send_failure;
static Failure recvmmsg_failure;
static Failure netlink_failure;
static Failure udp_failure;
static Failure eventfd_failure;
static Failure timerfd_failure;
static Failure mmap_failure;
static Failure thread_failure;
static Failure setsockopt_failure;
static Failure bind_failure;
static Failure watch_failure;
static Failure poll_failure;

static gboolean
fails (Failure *failure)
{
  g_atomic_int_inc (&failure->n_called);

  if (g_atomic_int_get (&failure->n) <= 0)
    return FALSE;

  g_atomic_int_add (&failure->n, -1);
  errno = g_atomic_int_get (&failure->errnum);

  return TRUE;
}

static void
set_failure (Failure *failure,
             int      errnum,
             gint     n)
{
  g_atomic_int_set (&failure->errnum, errnum);
  g_atomic_int_set (&failure->n_called, 0);
  g_atomic_int_set (&failure->n, n);
}

ssize_t
sendmsg (int                  fd,
         const struct msghdr *message,
         int                  flags)
{
  return fails (&send_failure) ? -1 : syscall (SYS_sendmsg, fd, message, flags);
}

ssize_t
sendto (int                    fd,
        const void            *data,
        size_t                 length,
        int                    flags,
        const struct sockaddr *address,
        socklen_t              address_length)
{
  return fails (&send_failure) ? -1 : syscall (SYS_sendto, fd, data, length, flags, address, address_length);
}

int
recvmmsg (int              fd,
          struct mmsghdr  *messages,
          unsigned int     n,
          int              flags,
          struct timespec *timeout)
{
  return fails (&recvmmsg_failure) ? -1
                                   : (int) syscall (SYS_recvmmsg, fd, messages, n, flags, timeout);
}

int
socket (int domain,
        int type,
        int protocol)
{
  if (domain == AF_NETLINK && fails (&netlink_failure))
    return -1;
  if ((domain == AF_INET || domain == AF_INET6) && fails (&udp_failure))
    return -1;

  return (int) syscall (SYS_socket, domain, type, protocol);
}

int
bind (int                    fd,
      const struct sockaddr *address,
      socklen_t              length)
{
  if (address->sa_family != AF_NETLINK && fails (&bind_failure))
    return -1;

  return (int) syscall (SYS_bind, fd, address, length);
}

int
setsockopt (int         fd,
            int         level,
            int         option,
            const void *value,
            socklen_t   length)
{
  if (option == IP_ADD_MEMBERSHIP && fails (&setsockopt_failure))
    return -1;

  return (int) syscall (SYS_setsockopt, fd, level, option, value, length);
}

/* Only netlink is read by this, and only by the threads. */
ssize_t
recvfrom (int              fd,
          void            *buffer,
          size_t           length,
          int              flags,
          struct sockaddr *sender,
          socklen_t       *sender_length)
{
  if (sender != NULL && fails (&watch_failure))
    return -1;

  return syscall (SYS_recvfrom, fd, buffer, length, flags, sender, sender_length);
}

/* Of three descriptors is what the thread waits for. */
int
poll (struct pollfd *fds,
      nfds_t         n,
      int            timeout)
{
  return n == 4 && fails (&poll_failure) ? -1 : (int) syscall (SYS_poll, fds, n, timeout);
}

ssize_t
__recvfrom_chk (int              fd,
                void            *buffer,
                size_t           length,
                size_t           buffer_length,
                int              flags,
                struct sockaddr *sender,
                socklen_t       *sender_length)
{
  return recvfrom (fd, buffer, length, flags, sender, sender_length);
}

int
__poll_chk (struct pollfd *fds,
            nfds_t         n,
            int            timeout,
            size_t         size)
{
  return poll (fds, n, timeout);
}

int
eventfd (unsigned int count,
         int          flags)
{
  return fails (&eventfd_failure) ? -1 : (int) syscall (SYS_eventfd2, count, flags);
}

int
timerfd_create (int clock_id,
                int flags)
{
  return fails (&timerfd_failure) ? -1 : (int) syscall (SYS_timerfd_create, clock_id, flags);
}

void *
mmap (void   *address,
      size_t  length,
      int     protection,
      int     flags,
      int     fd,
      off_t   offset)
{
  /* The C library maps memory of its own, too. */
  if ((flags & MAP_NORESERVE) != 0 && length == 32 * 65536 && fails (&mmap_failure))
    return MAP_FAILED;

  return (void *) syscall (SYS_mmap, address, length, protection, flags, fd, offset);
}

int
pthread_create (pthread_t            *thread,
                const pthread_attr_t *attributes,
                void               *(*func) (void *),
                void                 *data)
{
  int (*real) (pthread_t *, const pthread_attr_t *, void *(*) (void *), void *) =
    dlsym (RTLD_NEXT, "pthread_create");

  return fails (&thread_failure) ? errno : real (thread, attributes, func, data);
}

typedef struct
{
  Collector   *collector;
  MbTransport *transport;
  guint        n_fds;
} Fixture;

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
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(MbAddress) address = mb_address_parse (data != NULL ? data : "multicast:", NULL);

  fixture->n_fds = count_fds ();
  fixture->collector = collector_new ();
  fixture->transport = mb_transport_new_for_address (address);
}

static void
set_up_open (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  set_up (fixture, NULL);
  mb_transport_open_sync (fixture->transport, fixture->collector->receiver, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  mb_transport_close (fixture->transport);
  g_assert_finalize_object (fixture->transport);
  collector_free (fixture->collector);
  g_assert_cmpuint (count_fds (), ==, fixture->n_fds);
}

typedef struct
{
  Failure          *failure;
  int               errnum;
  MbTransportError  code;
  const char       *hint;
} Case;

static const Case open_cases[] = {
  { &udp_failure, EMFILE, MB_TRANSPORT_ERROR_FAILED, "socket" },
  { &udp_failure, EAFNOSUPPORT, MB_TRANSPORT_ERROR_FAILED, "IPv4" },
  { &bind_failure, EADDRINUSE, MB_TRANSPORT_ERROR_PORT_IN_USE, "ss -ulpn" },
  { &bind_failure, EACCES, MB_TRANSPORT_ERROR_NOT_PERMITTED, "1024" },
  { &bind_failure, EINVAL, MB_TRANSPORT_ERROR_FAILED, "228.0.0.5" },
  { &setsockopt_failure, ENOBUFS, MB_TRANSPORT_ERROR_FAILED, "igmp_max_memberships" },
  { &setsockopt_failure, ENODEV, MB_TRANSPORT_ERROR_NO_ROUTE, "ip route add" },
  { &setsockopt_failure, EINVAL, MB_TRANSPORT_ERROR_FAILED, "228.0.0.5" },
  { &eventfd_failure, EMFILE, MB_TRANSPORT_ERROR_FAILED, "descriptor" },
  { &mmap_failure, ENOMEM, MB_TRANSPORT_ERROR_FAILED, "memory" },
  { &thread_failure, EAGAIN, MB_TRANSPORT_ERROR_FAILED, "thread" },
};

static void
test_open (Fixture       *fixture,
           gconstpointer  data)
{
  g_test_summary ("Whatever fails while opening is told, leaves nothing behind, and opening may "
                  "be tried again");

  for (gsize i = 0; i < G_N_ELEMENTS (open_cases); i++)
    {
      g_autoptr(GError) error = NULL;
      guint n_fds = count_fds ();

      /* A port that is taken is tried in a second way. */
      set_failure (open_cases[i].failure, open_cases[i].errnum,
                   open_cases[i].errnum == EADDRINUSE ? 2 : 1);
      g_assert_false (mb_transport_open_sync (fixture->transport, fixture->collector->receiver,
                                              NULL, &error));
      g_assert_error (error, MB_TRANSPORT_ERROR, (int) open_cases[i].code);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, open_cases[i].hint));
      g_assert_cmpuint (count_fds (), ==, n_fds);
      g_clear_error (&error);

      g_assert_true (mb_transport_open_sync (fixture->transport, fixture->collector->receiver,
                                             NULL, &error));
      g_assert_no_error (error);
      mb_transport_close (fixture->transport);
    }
}

static const Case send_cases[] = {
  { NULL, ENETUNREACH, MB_TRANSPORT_ERROR_NO_ROUTE, "ip route add 224.0.0.0/4 dev IFACE" },
  { NULL, EHOSTUNREACH, MB_TRANSPORT_ERROR_NO_ROUTE, "lo" },
  { NULL, EADDRNOTAVAIL, MB_TRANSPORT_ERROR_NO_ROUTE, "?interface=IFACE" },
  { NULL, ENETDOWN, MB_TRANSPORT_ERROR_NO_ROUTE, "?interface=IFACE" },
  { NULL, ENODEV, MB_TRANSPORT_ERROR_NO_ROUTE, "?interface=IFACE" },
  { NULL, EPERM, MB_TRANSPORT_ERROR_NOT_PERMITTED, "firewall" },
  { NULL, EACCES, MB_TRANSPORT_ERROR_NOT_PERMITTED, "firewall" },
  { NULL, EMSGSIZE, MB_TRANSPORT_ERROR_TOO_LARGE, "less" },
  { NULL, EIO, MB_TRANSPORT_ERROR_FAILED, "228.0.0.5" },
};

static void
test_send (Fixture       *fixture,
           gconstpointer  data)
{
  g_test_summary ("Whatever fails while sending is told, and the next packet goes through");

  for (gsize i = 0; i < G_N_ELEMENTS (send_cases); i++)
    {
      g_autoptr(GError) error = NULL;

      set_failure (&send_failure, send_cases[i].errnum, 1);
      g_assert_false (send_text (fixture->transport, "lost", &error));
      g_assert_error (error, MB_TRANSPORT_ERROR, (int) send_cases[i].code);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, send_cases[i].hint));
      g_clear_error (&error);

      g_assert_true (send_text (fixture->transport, "next", &error));
      g_assert_no_error (error);
      collector_wait (fixture->collector, (guint) i + 1);
    }
}

/* Sends and receives until receiving has failed as often as it is to. */
static void
receive_until_failed (Fixture *fixture)
{
  guint n = collector_get_n_packets (fixture->collector);

  do
    {
      g_assert_true (send_text (fixture->transport, "x", NULL));
      collector_wait (fixture->collector, ++n);
    }
  while (g_atomic_int_get (&recvmmsg_failure.n) > 0);
}

static void
test_interrupted (Fixture       *fixture,
                  gconstpointer  data)
{
  g_test_summary ("A call that was interrupted is made again");

  set_failure (&send_failure, EINTR, 3);
  set_failure (&recvmmsg_failure, EINTR, 3);
  receive_until_failed (fixture);
  g_assert_cmpint (g_atomic_int_get (&send_failure.n), ==, 0);
}

static void
check_order (Fixture *fixture,
             guint    n)
{
  g_auto(GStrv) texts = NULL;

  collector_wait (fixture->collector, n);
  texts = collector_dup_texts (fixture->collector);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_ascii_strtoull (texts[i], NULL, 10), ==, i);
}

static void
test_backlog (Fixture       *fixture,
              gconstpointer  data)
{
  g_test_summary ("While the system is busy or out of memory packets are kept, and leave in order");

  set_failure (&send_failure, GPOINTER_TO_INT (data), 10);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_true (send_text (fixture->transport, text, NULL));
    }

  check_order (fixture, 100);
  g_assert_cmpint (g_atomic_int_get (&send_failure.n), ==, 0);
}

static void
test_backlog_error (Fixture       *fixture,
                    gconstpointer  data)
{
  g_test_summary ("A packet that has waited and cannot be sent holds up none of the others");

  set_failure (&send_failure, ENOBUFS, 1);
  g_assert_true (send_text (fixture->transport, "first", NULL));
  set_failure (&send_failure, EPERM, 1);
  g_assert_true (send_text (fixture->transport, "second", NULL));
  g_assert_true (send_text (fixture->transport, "third", NULL));

  collector_wait_for_text (fixture->collector, "third");
  g_assert_cmpuint (collector_get_n_packets (fixture->collector), ==, 2);
}

static void
test_busy (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree guint8 *packet = g_malloc0 (1024);
  g_autoptr(GError) error = NULL;
  gint64 begin;
  guint n = 0;

  g_test_summary ("1 MiB is kept for a system that takes nothing; the rest is refused, until it "
                  "takes some");

  fixture->collector->only_count = TRUE;
  set_failure (&send_failure, ENOBUFS, G_MAXINT);
  while (mb_transport_send (fixture->transport, "/test", packet, 1024, &error))
    n++;

  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, "less often"));
  g_assert_cmpuint (n, >, 950);
  g_assert_cmpuint (n, <=, 1024);
  g_clear_error (&error);

  /* It is asked again now and then, not all the time. */
  begin = g_get_monotonic_time ();
  set_failure (&send_failure, ENOBUFS, G_MAXINT);
  g_usleep (100000);
  g_assert_cmpint (g_atomic_int_get (&send_failure.n_called), <=,
                   2 + (g_get_monotonic_time () - begin) / 5000);

  /* Small ones have no place either: they would overtake. */
  while (send_text (fixture->transport, "x", NULL))
    n++;

  set_failure (&send_failure, 0, 0);
  collector_wait (fixture->collector, n);
  g_assert_true (mb_transport_send (fixture->transport, "/test", packet, 1024, &error));
  g_assert_no_error (error);
  collector_wait (fixture->collector, n + 1);
}

static void
test_linger (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(MbAddress) address = mb_address_parse ("multicast:", NULL);
  g_autoptr(MbTransport) sender = mb_transport_new_for_address (address);
  g_autoptr(Collector) ignored = collector_new ();

  g_test_summary ("Packets that wait leave when the transport is closed, if the system takes "
                  "them soon");

  g_assert_true (mb_transport_open_sync (sender, ignored->receiver, NULL, NULL));
  set_failure (&send_failure, GPOINTER_TO_INT (data), 3);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_true (send_text (sender, text, NULL));
    }
  mb_transport_close (sender);

  check_order (fixture, 10);
}

static void
test_linger_in_vain (Fixture       *fixture,
                     gconstpointer  data)
{
  gint64 begin;

  g_test_summary ("Closing does not wait long for a system that takes nothing");

  set_failure (&send_failure, ENOBUFS, G_MAXINT);
  g_assert_true (send_text (fixture->transport, "x", NULL));
  begin = g_get_monotonic_time ();
  mb_transport_close (fixture->transport);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 90000);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 10 * G_USEC_PER_SEC);
  set_failure (&send_failure, 0, 0);
}

static void
test_receive_error (Fixture       *fixture,
                    gconstpointer  data)
{
  g_test_summary ("Errors of receiving do not end it");

  set_failure (&recvmmsg_failure, GPOINTER_TO_INT (data), 3);
  receive_until_failed (fixture);
}

static void
test_receive_error_stays (Fixture       *fixture,
                          gconstpointer  data)
{
  gint64 begin;
  gint n;

  g_test_summary ("An error of receiving that stays does not keep the thread busy, nor from "
                  "being closed");

  set_failure (&recvmmsg_failure, EIO, G_MAXINT);
  g_assert_true (send_text (fixture->transport, "x", NULL));

  /* 5 + 10 + 20 + … ms pass between the attempts: within a second there are eight. */
  while (g_atomic_int_get (&recvmmsg_failure.n_called) == 0)
    g_thread_yield ();
  begin = g_get_monotonic_time ();
  g_usleep (200000);
  n = g_atomic_int_get (&recvmmsg_failure.n_called);
  g_assert_cmpint (n, >, 1);
  g_assert_cmpint (n, <=, 2 + (g_get_monotonic_time () - begin) / 5000 / 4);

  mb_transport_close (fixture->transport);
  set_failure (&recvmmsg_failure, 0, 0);
}

static void
test_sandbox (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Where netlink is forbidden the system's choice holds from the beginning to "
                  "the end");

  set_failure (&netlink_failure, EAFNOSUPPORT, G_MAXINT);
  mb_transport_open_sync (fixture->transport, fixture->collector->receiver, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (send_text (fixture->transport, "x", NULL));
  collector_wait_for_text (fixture->collector, "x");
  mb_transport_close (fixture->transport);
  g_assert_cmpint (g_atomic_int_get (&netlink_failure.n_called), >=, 2);
  set_failure (&netlink_failure, 0, 0);
}

static void
test_missed_news (Fixture       *fixture,
                  gconstpointer  data)
{
  g_test_summary ("News of the network that were lost, or asked for in vain, harm nothing");

  set_failure (&watch_failure, GPOINTER_TO_INT (data), 2);
  do
    {
      run ("ip address add 127.0.0.9/32 dev lo");
      run ("ip address del 127.0.0.9/32 dev lo");
    }
  while (g_atomic_int_get (&watch_failure.n_called) == 0);

  receive_until_failed (fixture);
  set_failure (&watch_failure, 0, 0);
}

static void
test_poll_error (Fixture       *fixture,
                 gconstpointer  data)
{
  gint64 begin = g_get_monotonic_time ();

  g_test_summary ("A thread that cannot wait pauses instead");

  set_failure (&poll_failure, ENOMEM, 3);
  do
    receive_until_failed (fixture);
  while (g_atomic_int_get (&poll_failure.n) > 0);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 2 * 5000);
}

static void
test_no_timer (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without a timer to look after main loops, none of them receives, and the thread does as ever");

  set_failure (&timerfd_failure, EMFILE, 1);
  mb_transport_open_sync (fixture->transport, fixture->collector->receiver, NULL, &error);
  g_assert_no_error (error);
  mb_transport_set_context (fixture->transport, g_main_context_default ());
  g_main_context_iteration (NULL, FALSE);

  g_assert_true (send_text (fixture->transport, "x", NULL));
  collector_wait (fixture->collector, 1);
  g_assert_true (fixture->collector->thread != g_thread_self ());
}

static void
test_loop_error (Fixture       *fixture,
                 gconstpointer  errnum)
{
  guint n = 0;

  g_test_summary ("A main loop in which receiving fails leaves that to the thread, and gets the socket again");

  mb_transport_set_context (fixture->transport, g_main_context_default ());

  /* The loop may be late, and the thread the one that fails: so it is tried until it was the loop. */
  for (guint i = 0; i < 1000; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      set_failure (&recvmmsg_failure, GPOINTER_TO_INT (errnum), 1);
      g_assert_true (send_text (fixture->transport, "x", NULL));
      g_main_context_iteration (NULL, FALSE);
      collector_wait (fixture->collector, ++n);
      g_assert_cmpint (g_atomic_int_get (&recvmmsg_failure.n), ==, 0);
      if (fixture->collector->thread != g_thread_self ())
        break;
    }
  g_assert_true (fixture->collector->thread != g_thread_self ());

  for (guint i = 0; i < 1000 && fixture->collector->thread != g_thread_self (); i++)
    {
      g_usleep (5000);
      g_main_context_iteration (NULL, FALSE);
      g_assert_true (send_text (fixture->transport, "x", NULL));
      g_main_context_iteration (NULL, FALSE);
      collector_wait (fixture->collector, ++n);
    }
  g_assert_true (fixture->collector->thread == g_thread_self ());
}

static void
test_memory (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("A memory bus that gets no thread cannot be opened, but may be tried again");

  set_failure (&thread_failure, EAGAIN, 1);
  g_assert_false (mb_transport_open_sync (fixture->transport, fixture->collector->receiver, NULL,
                                          &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED);
  g_clear_error (&error);

  g_assert_true (mb_transport_open_sync (fixture->transport, fixture->collector->receiver, NULL,
                                         &error));
  g_assert_no_error (error);
  g_assert_true (send_text (fixture->transport, "x", NULL));
  collector_wait (fixture->collector, 1);
}

static void
test_one_of_two (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("A packet that leaves through any interface was sent; if none does, the first "
                  "error counts");

  run ("ip link add x0 type veth peer name x1");
  run ("ip link set x0 up");
  run ("ip link set x1 up");
  run ("ip address add 10.99.0.1/24 dev x0");

  mb_transport_open_sync (fixture->transport, fixture->collector->receiver, NULL, &error);
  g_assert_no_error (error);

  set_failure (&send_failure, EPERM, 1);
  g_assert_true (send_text (fixture->transport, "second only", &error));
  g_assert_no_error (error);
  collector_wait_for_text (fixture->collector, "second only");

  set_failure (&send_failure, EPERM, 2);
  g_assert_false (send_text (fixture->transport, "none", &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NOT_PERMITTED);

  /* Waiting for one is enough, too; it waits for each, so both go out, and one comes in. */
  set_failure (&send_failure, EAGAIN, 1);
  g_assert_true (send_text (fixture->transport, "later", NULL));
  g_assert_true (send_text (fixture->transport, "last", NULL));
  collector_wait_for_text (fixture->collector, "last");
  g_assert_cmpuint (collector_count (fixture->collector, "later"), ==, 1);

  mb_transport_close (fixture->transport);
  run ("ip link del x0");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* It has a descriptor of its own, which is none of a transport. */
  g_main_context_default ();

#define ADD(name, data, set_up_func, func) \
  g_test_add ("/multicast-errors/" name, Fixture, data, set_up_func, func, tear_down)

  ADD ("open", NULL, set_up, test_open);
  ADD ("send", NULL, set_up_open, test_send);
  ADD ("interrupted", NULL, set_up_open, test_interrupted);
  ADD ("backlog/eagain", GINT_TO_POINTER (EAGAIN), set_up_open, test_backlog);
  ADD ("backlog/enobufs", GINT_TO_POINTER (ENOBUFS), set_up_open, test_backlog);
  ADD ("backlog/enomem", GINT_TO_POINTER (ENOMEM), set_up_open, test_backlog);
  ADD ("backlog/error", NULL, set_up_open, test_backlog_error);
  ADD ("busy", NULL, set_up_open, test_busy);
  ADD ("linger/eagain", GINT_TO_POINTER (EAGAIN), set_up_open, test_linger);
  ADD ("linger/enobufs", GINT_TO_POINTER (ENOBUFS), set_up_open, test_linger);
  ADD ("linger/in-vain", NULL, set_up_open, test_linger_in_vain);
  ADD ("receive/econnrefused", GINT_TO_POINTER (ECONNREFUSED), set_up_open, test_receive_error);
  ADD ("receive/enomem", GINT_TO_POINTER (ENOMEM), set_up_open, test_receive_error);
  ADD ("receive/stays", NULL, set_up_open, test_receive_error_stays);
  ADD ("news/enobufs", GINT_TO_POINTER (ENOBUFS), set_up_open, test_missed_news);
  ADD ("news/eio", GINT_TO_POINTER (EIO), set_up_open, test_missed_news);
  ADD ("news/eintr", GINT_TO_POINTER (EINTR), set_up_open, test_missed_news);
  ADD ("poll", NULL, set_up_open, test_poll_error);
  ADD ("no-timer", NULL, set_up, test_no_timer);
  ADD ("loop/econnrefused", GINT_TO_POINTER (ECONNREFUSED), set_up_open, test_loop_error);
  ADD ("loop/enomem", GINT_TO_POINTER (ENOMEM), set_up_open, test_loop_error);
  ADD ("memory", "memory:test", set_up, test_memory);
  ADD ("sandbox", NULL, set_up, test_sandbox);
  ADD ("one-of-two", "multicast://?interface=lo&interface=x0", set_up, test_one_of_two);

  return g_test_run ();
}
