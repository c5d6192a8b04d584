/* test-multicast-loan.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Receiving in a main loop. To be run by tests/private-network. */

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector.h"
#include "mb-test.h"
#include "minibus/mb-multicast-loan-private.h"
#include "minibus/mb-receiver-private.h"
#include "patience.h"

/* A loan by itself, of a socket that this test reads and writes. */

typedef struct
{
  int              socket_fd;
  int              wake_fd;
  MbMulticastLoan *loan;
  GMainContext    *context;
  guint            n_turns;
  guint            stay;        /* what a turn returns */
  gboolean         destroyed;
} Lent;

static guint
turn_cb (gpointer data)
{
  Lent *self = data;
  char packet[16];

  while (recv (self->socket_fd, packet, sizeof packet, MSG_DONTWAIT) >= 0)
    ;
  self->n_turns++;

  return self->stay;
}

static void
destroy_cb (gpointer data)
{
  ((Lent *) data)->destroyed = TRUE;
}

static void
send_to_self (Lent *self)
{
  struct sockaddr_in address;
  socklen_t length = sizeof address;

  g_assert_no_errno (getsockname (self->socket_fd, (struct sockaddr *) &address, &length));
  g_assert_no_errno (sendto (self->socket_fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *) &address, length));
}

static void
lent_set_up (Lent          *self,
             gconstpointer  data)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };

  self->socket_fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_no_errno (bind (self->socket_fd, (struct sockaddr *) &address, sizeof address));
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->context = g_main_context_new ();
  self->loan = _mb_multicast_loan_new (self->socket_fd, self->wake_fd);
  g_assert_nonnull (self->loan);
  _mb_multicast_loan_attach (self->loan, self->context, turn_cb, self, destroy_cb);
}

static void
lent_tear_down (Lent          *self,
                gconstpointer  data)
{
  _mb_multicast_loan_detach (self->loan);
  g_assert_true (self->destroyed);
  g_assert_false (_mb_multicast_loan_is_out (self->loan));
  _mb_multicast_loan_unref (self->loan);
  g_main_context_unref (self->context);
  close (self->wake_fd);
  close (self->socket_fd);
}

static gboolean
was_called (Lent *self)
{
  guint64 n;

  return read (self->wake_fd, &n, sizeof n) == sizeof n;
}

/* Whether the timer runs off within so many ms, and then what the thread does. */
static gboolean
look (Lent *self,
      int   ms)
{
  struct pollfd fd = { .fd = _mb_multicast_loan_get_timer (self->loan), .events = POLLIN };

  if (poll (&fd, 1, ms) == 0)
    return FALSE;

  _mb_multicast_loan_look (self->loan);

  return TRUE;
}

static void
test_runs (Lent          *self,
           gconstpointer  data)
{
  g_test_summary ("A loop has the socket from its first turn on, and hears of what comes");

  g_assert_false (_mb_multicast_loan_is_out (self->loan));
  g_main_context_iteration (self->context, FALSE);
  g_assert_true (_mb_multicast_loan_is_out (self->loan));
  g_assert_cmpuint (self->n_turns, ==, 0);

  send_to_self (self);
  g_main_context_iteration (self->context, TRUE);
  g_assert_cmpuint (self->n_turns, ==, 1);
  g_assert_true (_mb_multicast_loan_is_out (self->loan));
  g_assert_false (was_called (self));
}

static void
test_gives_back (Lent          *self,
                 gconstpointer  data)
{
  g_test_summary ("What a turn gives back is the thread's for as long as it said");

  g_main_context_iteration (self->context, FALSE);
  self->stay = 600000;
  send_to_self (self);
  g_main_context_iteration (self->context, TRUE);
  g_assert_false (_mb_multicast_loan_is_out (self->loan));
  g_assert_true (was_called (self));

  send_to_self (self);
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (self->context, FALSE);
  g_assert_false (_mb_multicast_loan_is_out (self->loan));
  g_assert_cmpuint (self->n_turns, ==, 1);
}

static void
test_allowed (Lent          *self,
              gconstpointer  data)
{
  g_test_summary ("What is not allowed any more comes back at once, and may go again");

  g_main_context_iteration (self->context, FALSE);
  g_assert_true (_mb_multicast_loan_is_out (self->loan));

  _mb_multicast_loan_set_allowed (self->loan, FALSE);
  g_assert_false (_mb_multicast_loan_is_out (self->loan));
  g_assert_true (was_called (self));

  send_to_self (self);
  g_main_context_iteration (self->context, FALSE);
  g_assert_false (_mb_multicast_loan_is_out (self->loan));
  g_assert_cmpuint (self->n_turns, ==, 0);

  /* Nothing to take back: nobody to call. */
  _mb_multicast_loan_set_allowed (self->loan, FALSE);
  g_assert_false (was_called (self));

  _mb_multicast_loan_set_allowed (self->loan, TRUE);
  for (guint i = 0; i < 2; i++)
    g_main_context_iteration (self->context, FALSE);
  g_assert_cmpuint (self->n_turns, ==, 1);
}

static void
test_late (Lent          *self,
           gconstpointer  data)
{
  gint64 begin = g_get_monotonic_time ();

  g_test_summary ("The thread takes back what a loop that does not come round again has");

  g_main_context_iteration (self->context, FALSE);
  while (_mb_multicast_loan_is_out (self->loan))
    {
      g_assert_true (look (self, 10000));
      g_assert_cmpint (g_get_monotonic_time () - begin, <, 10 * G_USEC_PER_SEC);
    }
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 20000);

  /* The loop has it again, but not at once. */
  g_main_context_iteration (self->context, FALSE);
  while (!_mb_multicast_loan_is_out (self->loan))
    {
      g_usleep (1000);
      g_main_context_iteration (self->context, FALSE);
      g_assert_cmpint (g_get_monotonic_time () - begin, <, 20 * G_USEC_PER_SEC);
    }
}

static void
test_filling (Lent          *self,
              gconstpointer  data)
{
  int size = 4096;

  g_test_summary ("The thread takes back a socket whose buffer is filling up the first time it looks");

  g_assert_no_errno (setsockopt (self->socket_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
  g_main_context_iteration (self->context, FALSE);
  for (guint i = 0; i < 8; i++)
    send_to_self (self);
  g_assert_true (look (self, 10000));
  g_assert_false (_mb_multicast_loan_is_out (self->loan));
}

static gboolean
end_cb (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

static void
test_waits (Lent          *self,
            gconstpointer  data)
{
  g_autoptr(GSource) timeout = g_timeout_source_new (50);
  gboolean done = FALSE;

  g_test_summary ("A loop that waits keeps the socket, and nobody has to look after it");

  g_source_set_callback (timeout, end_cb, &done, NULL);
  g_source_attach (timeout, self->context);
  while (!done)
    g_main_context_iteration (self->context, TRUE);

  /* It wakes up now and then for something else, but goes to sleep again. */
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GSource) idle = g_idle_source_new ();

      g_source_attach (idle, self->context);
      g_source_set_callback (idle, end_cb, &done, NULL);
      g_main_context_iteration (self->context, TRUE);
    }
  g_main_context_prepare (self->context, NULL);
  g_assert_false (look (self, 20));
  g_assert_true (_mb_multicast_loan_is_out (self->loan));
  g_main_context_iteration (self->context, FALSE);
}

static void
test_forked (Lent          *self,
             gconstpointer  data)
{
  int status;
  pid_t child;

  g_test_summary ("A process that is forked off leaves the socket to the other one");

  g_main_context_iteration (self->context, FALSE);
  send_to_self (self);

  child = fork ();
  g_assert_no_errno (child);
  if (child == 0)
    {
      for (guint i = 0; i < 10; i++)
        g_main_context_iteration (self->context, FALSE);
      _exit (self->n_turns == 0 ? 0 : 1);
    }
  g_assert_no_errno (waitpid (child, &status, 0));
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);

  g_main_context_iteration (self->context, FALSE);
  g_assert_cmpuint (self->n_turns, ==, 1);
}

/* With a transport. */

typedef struct
{
  Collector   *collector;
  MbTransport *transport;
  guint        n_here;      /* packets that came in the thread of the test */
  MbTurn       turn;        /* what the receiver says to have delivered */
  guint        ticker;      /* has the main loop look round when packets come in another one */
} Fixture;

static gboolean
tick_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
count_cb (gpointer      data,
          const guint8 *packet,
          gsize         length)
{
  Fixture *self = data;

  if (g_main_context_is_owner (NULL))
    self->n_here++;
}

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = mb_address_parse (data != NULL ? data : "multicast:", NULL);

  self->collector = collector_new ();
  self->collector->on_push = count_cb;
  self->collector->on_push_data = self;
  self->ticker = g_timeout_add (2, tick_cb, NULL);
  self->transport = mb_transport_new_for_address (address);
  mb_transport_open_sync (self->transport, self->collector->receiver, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_source_remove (self->ticker);
  mb_transport_close (self->transport);
  g_assert_finalize_object (self->transport);
  collector_free (self->collector);
}

static void
send_checked (Fixture *self)
{
  g_autoptr(GError) error = NULL;

  send_text (self->transport, "x", &error);
  g_assert_no_error (error);
}

/* Sends and runs the loop until that has received something itself: on a busy machine it may be late at first. */
static void
wait_for_loop (Fixture *self)
{
  guint before = self->n_here;

  for (guint i = 0; i < 1000 && self->n_here == before; i++)
    {
      guint n = collector_get_n_packets (self->collector);

      send_checked (self);
      mb_test_wait_until (collector_get_n_packets (self->collector) > n);
    }
  g_assert_cmpuint (self->n_here, >, before);
}

static void
test_receives (Fixture       *self,
               gconstpointer  data)
{
  g_test_summary ("A main loop that runs receives by itself, and where it stands still a thread does");

  /* Before there is a context, it is for the thread. */
  send_checked (self);
  collector_wait (self->collector, 1);
  g_assert_cmpuint (self->n_here, ==, 0);

  mb_transport_set_context (self->transport, g_main_context_default ());
  wait_for_loop (self);

  for (guint i = 0; i < 3; i++)
    {
      guint n = collector_get_n_packets (self->collector);
      guint here = self->n_here;

      /* This waits without the loop. */
      send_checked (self);
      collector_wait (self->collector, n + 1);
      g_assert_cmpuint (self->n_here, ==, here);

      wait_for_loop (self);
    }

  mb_transport_set_context (self->transport, NULL);
  self->n_here = 0;
  for (guint i = 0; i < 3; i++)
    {
      guint n = collector_get_n_packets (self->collector);

      send_checked (self);
      mb_test_wait_until (collector_get_n_packets (self->collector) > n);
    }
  g_assert_cmpuint (self->n_here, ==, 0);

  mb_transport_set_context (self->transport, g_main_context_default ());
  wait_for_loop (self);
}

static void
test_flood (Fixture       *self,
            gconstpointer  data)
{
  guint n_kept = 0;

  g_test_summary ("What pours in and is for nobody is the thread's after a moment");

  mb_transport_set_context (self->transport, g_main_context_default ());

  /* More than one batch; nothing here delivers any. */
  for (guint i = 0; i < 100 && n_kept == 0; i++)
    {
      guint n, here;

      wait_for_loop (self);
      n = collector_get_n_packets (self->collector);
      here = self->n_here;
      for (guint j = 0; j < 40; j++)
        send_checked (self);
      mb_test_wait_until (collector_get_n_packets (self->collector) == n + 40);
      g_assert_cmpuint (self->n_here - here, <, 40);
      n_kept = self->n_here - here;
    }
  g_assert_cmpuint (n_kept, >, 0);
}

static MbTurn
take_turn_cb (gpointer data)
{
  return ((Fixture *) data)->turn;
}

#define BURST 120

/* Sends many packets at once, numbered: the thread takes the socket back from a loop that takes its time. */
static void
send_burst (void)
{
  g_autoptr(MbAddress) address = mb_address_parse ("multicast:", NULL);
  struct sockaddr_in group = {
    .sin_family = AF_INET,
    .sin_port = htons ((guint16) mb_address_get_port (address)),
    .sin_addr.s_addr = inet_addr (mb_address_get_host (address)),
  };
  char texts[BURST][8];
  struct iovec vectors[BURST];
  struct mmsghdr messages[BURST] = { 0 };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_no_errno (fd);
  for (guint i = 0; i < BURST; i++)
    {
      vectors[i].iov_base = texts[i];
      vectors[i].iov_len = (gsize) g_snprintf (texts[i], sizeof texts[i], "%u", i);
      messages[i].msg_hdr.msg_name = &group;
      messages[i].msg_hdr.msg_namelen = sizeof group;
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  g_assert_cmpint (sendmmsg (fd, messages, BURST, 0), ==, BURST);
  close (fd);
}

/* Fills more than half of the buffer of the system, which holds some 150 of these, and lets the loop have one turn.
 * Returns how many packets it has handed up in it, and how many in all. */
static guint
fill_up (Fixture *self,
         MbTurn   turn,
         guint   *n_here)
{
  g_auto(GStrv) texts = NULL;
  guint n_first;

  self->turn = MB_TURN_ALL;
  wait_for_loop (self);
  collector_clear (self->collector);
  self->n_here = 0;
  self->turn = turn;

  send_burst ();
  g_main_context_iteration (NULL, FALSE);
  n_first = self->n_here;
  mb_test_wait_until (collector_get_n_packets (self->collector) == BURST);

  texts = collector_dup_texts (self->collector);
  for (guint i = 0; i < BURST; i++)
    g_assert_cmpuint (g_ascii_strtoull (texts[i], NULL, 10), ==, i);
  *n_here = self->n_here;

  return n_first;
}

/* The first 32 are one batch: more is what was stored. On a busy machine the thread may be the first to see to the
 * packets, so there are several tries. */
static void
assert_filling_up (Fixture *self,
                   MbTurn   turn,
                   guint    n_first,
                   guint    n_here)
{
  gint64 end = patience_end (10);

  do
    {
      guint n_own_here;
      guint n_own_first = fill_up (self, turn, &n_own_here);

      if (n_own_first >= n_first && (n_first > 32 || n_own_first == 32) && n_own_here == n_here)
        return;
    }
  while (g_get_monotonic_time () < end);
  g_assert_not_reached ();
}

static void
test_filling_up (Fixture       *self,
                 gconstpointer  data)
{
  g_test_summary ("When the buffer of the system is half full, the loop takes all there is, and hands up what it can deliver");

  _mb_receiver_set_turn (self->collector->receiver, take_turn_cb, self, NULL);
  mb_transport_set_context (self->transport, g_main_context_default ());

  assert_filling_up (self, MB_TURN_ALL, 32, BURST);
  /* Handlers are slow: all that was taken is for the inboxes. */
  assert_filling_up (self, MB_TURN_SOME, 64, BURST);
  /* Nobody wants them: the rest is for the thread. */
  assert_filling_up (self, MB_TURN_NOTHING, 32, 32);
}

static void
test_filling_up_and_closing (Fixture       *self,
                             gconstpointer  data)
{
  g_test_summary ("What is still stored when a transport closes is let go of");

  _mb_receiver_set_turn (self->collector->receiver, take_turn_cb, self, NULL);
  self->turn = MB_TURN_ALL;
  mb_transport_set_context (self->transport, g_main_context_default ());
  wait_for_loop (self);
  send_burst ();
  g_main_context_iteration (NULL, FALSE);
  mb_transport_close (self->transport);
  g_main_context_iteration (NULL, FALSE);
}

static void
close_cb (gpointer      data,
          const guint8 *packet,
          gsize         length)
{
  Fixture *self = data;

  count_cb (data, packet, length);
  if (g_main_context_is_owner (NULL))
    mb_transport_close (self->transport);
}

static void
test_closes (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("A transport may be closed while the loop receives, and opened again for another loop");

  mb_transport_set_context (self->transport, g_main_context_default ());
  wait_for_loop (self);

  self->collector->on_push = close_cb;
  self->n_here = 0;
  for (guint i = 0; i < 1000 && self->n_here == 0; i++)
    {
      guint n = collector_get_n_packets (self->collector);

      send_checked (self);
      mb_test_wait_until (collector_get_n_packets (self->collector) > n);
    }
  g_assert_cmpuint (self->n_here, ==, 1);
  g_assert_false (send_text (self->transport, "x", &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_CLOSED);
  g_clear_error (&error);

  self->collector->on_push = count_cb;
  mb_transport_open_sync (self->transport, self->collector->receiver, NULL, &error);
  g_assert_no_error (error);
  mb_transport_set_context (self->transport, g_main_context_default ());
  wait_for_loop (self);
}

static void
take_back_and_close_cb (gpointer      data,
                        const guint8 *packet,
                        gsize         length)
{
  Fixture *self = data;

  count_cb (data, packet, length);
  if (!g_main_context_is_owner (NULL))
    return;

  /* So that the thread wants to receive, and has the time to try. */
  mb_transport_set_context (self->transport, NULL);
  g_usleep (20000);
  mb_transport_close (self->transport);
}

static void
test_closes_against_thread (Fixture       *self,
                            gconstpointer  data)
{
  g_test_summary ("A loop that closes the transport while it receives does not wait for a thread that waits to receive");

  mb_transport_set_context (self->transport, g_main_context_default ());
  wait_for_loop (self);

  self->collector->on_push = take_back_and_close_cb;
  self->n_here = 0;
  for (guint i = 0; i < 1000 && self->n_here == 0; i++)
    {
      guint n = collector_get_n_packets (self->collector);

      send_checked (self);
      mb_test_wait_until (collector_get_n_packets (self->collector) > n);
    }
  g_assert_cmpuint (self->n_here, ==, 1);
}

static void
test_other_context (Fixture       *self,
                    gconstpointer  data)
{
  g_autoptr(GMainContext) other = g_main_context_new ();
  guint n;

  g_test_summary ("Another context takes the place of the first, and one that is gone does no harm");

  mb_transport_set_context (self->transport, g_main_context_default ());
  wait_for_loop (self);

  mb_transport_set_context (self->transport, other);
  self->n_here = 0;
  n = collector_get_n_packets (self->collector);
  send_checked (self);
  mb_test_wait_until (collector_get_n_packets (self->collector) > n);
  g_assert_cmpuint (self->n_here, ==, 0);

  g_main_context_iteration (other, FALSE);
  g_clear_pointer (&other, g_main_context_unref);
  n = collector_get_n_packets (self->collector);
  send_checked (self);
  collector_wait (self->collector, n + 1);

  mb_transport_set_context (self->transport, g_main_context_default ());
  wait_for_loop (self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/multicast-loan/runs", Lent, NULL, lent_set_up, test_runs, lent_tear_down);
  g_test_add ("/multicast-loan/gives-back", Lent, NULL, lent_set_up, test_gives_back, lent_tear_down);
  g_test_add ("/multicast-loan/allowed", Lent, NULL, lent_set_up, test_allowed, lent_tear_down);
  g_test_add ("/multicast-loan/late", Lent, NULL, lent_set_up, test_late, lent_tear_down);
  g_test_add ("/multicast-loan/filling", Lent, NULL, lent_set_up, test_filling, lent_tear_down);
  g_test_add ("/multicast-loan/waits", Lent, NULL, lent_set_up, test_waits, lent_tear_down);
  g_test_add ("/multicast-loan/forked", Lent, NULL, lent_set_up, test_forked, lent_tear_down);
  g_test_add ("/multicast-loan/receives", Fixture, NULL, set_up, test_receives, tear_down);
  g_test_add ("/multicast-loan/filling-up", Fixture, "multicast:?receive-buffer=65536", set_up, test_filling_up,
              tear_down);
  g_test_add ("/multicast-loan/filling-up-and-closing", Fixture, "multicast:?receive-buffer=65536", set_up,
              test_filling_up_and_closing, tear_down);
  g_test_add ("/multicast-loan/flood", Fixture, NULL, set_up, test_flood, tear_down);
  g_test_add ("/multicast-loan/closes", Fixture, NULL, set_up, test_closes, tear_down);
  g_test_add ("/multicast-loan/closes-against-thread", Fixture, NULL, set_up, test_closes_against_thread, tear_down);
  g_test_add ("/multicast-loan/other-context", Fixture, NULL, set_up, test_other_context, tear_down);

  return g_test_run ();
}
