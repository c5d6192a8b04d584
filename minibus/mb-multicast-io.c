/* mb-multicast-io.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a multicast transport has while it is open: a socket, a thread that receives, and the
 * packets that the system was too busy to take.
 *
 * The thread waits in poll() for the socket, unless that is lent to a main loop, for news of the network, and for an
 * eventfd by which other threads call it. It has no timer, unless the system is out of memory, the network has just
 * changed, or a main loop that has the socket is busy.
 */

#include "config.h"

#include "mb-multicast-io-private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-multicast-inlet-private.h"
#include "mb-multicast-loan-private.h"
#include "mb-multicast-socket-private.h"
#include "mb-network-watch-private.h"
#include "mb-receiver-private.h"
#include "mb-thread-private.h"

/* After so many full batches the thread looks up from the socket. */
#define MAX_FULL_BATCHES 8
/* A main loop does so, too, but when the buffer of the system is full by one in so many parts. */
#define FULL_PART 2
/* After so long, in us, it does even then, to have its messages delivered and others have their turn. */
#define MAX_LOOP_TIME 4000
/* For how many ms the thread keeps main loops free of a flood that is not for them. */
#define FLOOD_STAY 100
/* How many packets that wait are sent in one go. */
#define FLUSH 32
/* How long to leave alone a system that is out of memory, or a socket that only gives errors. */
#define MIN_PAUSE 5
#define MAX_PAUSE 1000
/* After how many ms to look at the network again that has changed. The kernel tells of some changes before they are
 * done: of a route that goes, say, while it still leads there. The last pause is repeated for as long as the system
 * has no memory or descriptors for what is to be done.
 */
static const guint look_pauses[] = { 20, 100, 500, 2000 };
/* How long closing may take for packets that wait to be sent, in ms. */
#define LINGER 100

typedef struct
{
  guint   target;
  gsize   length;
  guint8  data[];
} Waiting;

struct _MbMulticastIo
{
  gatomicrefcount     ref_count;

  /* Immutable. */
  MbReceiver         *receiver;
  GThread            *thread;
  int                 wake_fd;
  guint               process;          /* where the thread is */
  MbMulticastSocket  *socket;           /* sending is for any thread, the rest for the inlet */
  MbMulticastInlet   *inlet;
  MbMulticastLoan    *loan;             /* of the inlet, to a main loop; or NULL where there is none to be had */

  gint                stopping;         /* atomic */

  GMutex              lock;
  GQueue              backlog;          /* lock; of Waiting */
  gsize               backlog_bytes;    /* lock */
  gboolean            out_of_memory;    /* lock; a writable socket then says nothing */

  GMutex              loan_lock;        /* of whoever attaches the loan, or detaches it */

  /* Only for the thread. */
  int                 watch_fd;         /* -1 where there is none */
  guint               pause;            /* ms to wait after an error of the socket, or 0 */
  gint64              look_time;        /* when to look at the network again, or 0 */
  guint               n_looks;          /* since it changed */
};

static gboolean
is_stopping (MbMulticastIo *self)
{
  return g_atomic_int_get (&self->stopping);
}

/* Sends some of what has waited, in order, as far as the system takes it. Not all at once, as
 * others want to send meanwhile.
 */
static void
flush (MbMulticastIo *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < FLUSH && self->backlog.length > 0; i++)
    {
      Waiting *first = g_queue_peek_head (&self->backlog);
      int result = _mb_multicast_socket_send (self->socket, first->target, first->data,
                                              first->length);

      self->out_of_memory = result == ENOBUFS || result == ENOMEM;
      if (result == EAGAIN || self->out_of_memory)
        return;

      if (result != 0)
        g_debug ("A packet that had waited could not be sent: %s", g_strerror (result));

      g_queue_pop_head (&self->backlog);
      self->backlog_bytes -= sizeof *first + first->length;
      g_free (first);
    }
}

/* Brings the memberships up to date. */
static void
look (MbMulticastIo          *self,
      const MbNetworkChanges *changes)
{
  gboolean is_done = _mb_multicast_inlet_renew (self->inlet, changes);

  if (changes->changed)
    self->n_looks = 0;

  self->look_time = 0;
  if (self->n_looks < G_N_ELEMENTS (look_pauses) || !is_done)
    self->look_time = g_get_monotonic_time () +
                      look_pauses[MIN (self->n_looks, G_N_ELEMENTS (look_pauses) - 1)] * G_TIME_SPAN_MILLISECOND;
  self->n_looks += self->n_looks < G_N_ELEMENTS (look_pauses);
}

static void
renew (MbMulticastIo *self)
{
  g_autoptr(MbNetworkChanges) changes = _mb_network_changes_new ();

  /* A watch that fails would do so for ever. */
  if (!_mb_network_watch_read (self->watch_fd, changes))
    {
      g_debug ("Changes of the network will go unnoticed from now on: %s", g_strerror (errno));
      close (self->watch_fd);
      self->watch_fd = -1;
    }

  if (changes->changed)
    look (self, changes);
}

static void
look_again (MbMulticastIo *self)
{
  g_autoptr(MbNetworkChanges) nothing_new = _mb_network_changes_new ();

  if (self->look_time != 0 && g_get_monotonic_time () >= self->look_time)
    look (self, nothing_new);
}

/* Until when to wait, in ms, of what was intended before, -1 for ever, and one thing more. */
static int
sooner (int   timeout,
        guint pause)
{
  return timeout < 0 ? (int) pause : MIN (timeout, (int) pause);
}

static gboolean
is_lent (MbMulticastIo *self)
{
  return self->loan != NULL && _mb_multicast_loan_is_out (self->loan);
}

/* Waits until there is something to do, and does all of it but receiving. */
static void
wait_for_work (MbMulticastIo *self)
{
  struct pollfd fds[4] = {
    { .fd = self->wake_fd, .events = POLLIN },
    { .fd = self->watch_fd, .events = POLLIN },
    { .fd = self->loan != NULL ? _mb_multicast_loan_get_timer (self->loan) : -1, .events = POLLIN },
    { .fd = -1 },
  };
  struct pollfd *socket = &fds[3];
  gboolean has_backlog;
  int timeout = -1;

  g_mutex_lock (&self->lock);
  has_backlog = self->backlog.length > 0;
  if (has_backlog && self->out_of_memory)
    timeout = MIN_PAUSE;
  else if (has_backlog)
    socket->events |= POLLOUT;
  g_mutex_unlock (&self->lock);

  /* A socket in trouble would wake us at once. */
  if (!is_lent (self) && self->pause == 0)
    socket->events |= POLLIN;
  if (socket->events != 0 && self->pause == 0)
    socket->fd = _mb_multicast_socket_get_fd (self->socket);

  if (self->pause > 0)
    timeout = sooner (timeout, self->pause);
  if (self->look_time != 0)
    timeout = sooner (timeout, (guint) MAX (0, (self->look_time - g_get_monotonic_time () + 999) / 1000));

  if (poll (fds, G_N_ELEMENTS (fds), timeout) < 0)
    {
      if (errno != EINTR)
        g_usleep (MIN_PAUSE * 1000);
      return;
    }

  if ((fds[0].revents & POLLIN) != 0)
    {
      guint64 ignored;

      if (read (self->wake_fd, &ignored, sizeof ignored) < 0)
        g_debug ("The thread was called for nothing: %s", g_strerror (errno));
    }

  if (is_stopping (self))
    return;

  if (fds[2].revents != 0)
    _mb_multicast_loan_look (self->loan);

  if (fds[1].revents != 0)
    renew (self);
  look_again (self);

  if (has_backlog)
    flush (self);
}

/* Gives packets that wait a last chance to leave, so that a program which publishes and ends at
 * once does not lose them.
 */
static void
linger (MbMulticastIo *self)
{
  gint64 end = g_get_monotonic_time () + LINGER * 1000;

  while (TRUE)
    {
      struct pollfd fd = { .fd = _mb_multicast_socket_get_fd (self->socket), .events = POLLOUT };
      gint64 now = g_get_monotonic_time ();
      gboolean pause;

      flush (self);

      g_mutex_lock (&self->lock);
      pause = self->out_of_memory;
      if (self->backlog.length == 0)
        now = end;
      g_mutex_unlock (&self->lock);

      if (now >= end)
        return;

      if (pause)
        g_usleep (MIN_PAUSE * 1000);
      else if (poll (&fd, 1, (int) ((end - now) / 1000) + 1) < 0)
        return;
    }
}

static gboolean
is_for_thread (gpointer data)
{
  return !is_lent (data);
}

static gpointer
io_thread (gpointer data)
{
  g_autoptr(MbMulticastIo) self = data;
  guint n_full = 0;

  while (!is_stopping (self))
    {
      MbInletState state;

      /* What a loop has left. */
      _mb_multicast_inlet_flush (self->inlet, is_for_thread, self);
      state = _mb_multicast_inlet_receive (self->inlet, is_for_thread, self);

      if (state == MB_INLET_FULL && ++n_full < MAX_FULL_BATCHES)
        continue;

      /* What the network answered to an earlier packet comes up here once, and is of no consequence. An error that
       * stays must neither end the thread nor keep it busy.
       */
      self->pause = state == MB_INLET_FAILED ? CLAMP (2 * self->pause, MIN_PAUSE, MAX_PAUSE) : 0;
      if (state == MB_INLET_FAILED)
        g_debug ("Receiving failed, trying again in %u ms: %s", self->pause, g_strerror (errno));

      /* Returns at once if there are more packets. */
      wait_for_work (self);
      n_full = 0;
    }

  linger (self);

  return NULL;
}

static gboolean
is_for_loop (gpointer data)
{
  return is_lent (data);
}

/* Runs in a main loop. Messages that are delivered soon after they were made are still in the processor's caches, so they
 * are made in small numbers. When the system's buffer fills, what there is gets stored before anything is delivered, for
 * a limited time: what the system keeps for us is limited far more than what we do. But where handlers are slow, messages
 * wait in the inboxes of their subscribers, which have limits that the program may have chosen.
 */
static guint
receive_in_loop (gpointer data)
{
  MbMulticastIo *self = data;
  MbInletState state = _mb_multicast_inlet_receive (self->inlet, is_for_loop, self);
  gint64 end = state == MB_INLET_FULL ? g_get_monotonic_time () + MAX_LOOP_TIME : 0;
  MbTurn turn;

  while (state == MB_INLET_FULL && is_lent (self) && _mb_multicast_loan_is_full (self->loan, FULL_PART) &&
         g_get_monotonic_time () < end)
    {
      _mb_multicast_loan_touch (self->loan);
      state = _mb_multicast_inlet_store (self->inlet, is_for_loop, self);
    }
  _mb_multicast_loan_touch (self->loan);

  if (state == MB_INLET_FAILED)
    return MIN_PAUSE;

  turn = _mb_receiver_take_turn (self->receiver);
  if (turn == MB_TURN_SOME)
    _mb_multicast_inlet_flush (self->inlet, is_for_loop, self);
  _mb_multicast_loan_set_more (self->loan, _mb_multicast_inlet_has_stored (self->inlet));

  /* The loop has better things to do than to drop packets all the time. */
  return turn == MB_TURN_NOTHING && state == MB_INLET_FULL ? FLOOD_STAY : 0;
}

static int
open_watch (MbAddress *address)
{
  gboolean is_ip6 = strchr (mb_address_get_host (address), ':') != NULL;
  gboolean is_chosen = mb_address_get_interfaces (address)[0] == NULL;

  /* Routes matter where they decide. */
  return _mb_network_watch_open (is_ip6 ? AF_INET6 : AF_INET, is_chosen);
}

/*< private >
 * _mb_multicast_io_start:
 * @address: an address of the scheme `multicast`
 * @receiver: what gets the packets, and the reports of loss
 * @error: return location for an error
 *
 * Opens a socket and starts to receive.
 *
 * Returns: (transfer full): what to send with, and to be stopped before it is let go of
 */
MbMulticastIo *
_mb_multicast_io_start (MbAddress   *address,
                        MbReceiver  *receiver,
                        GError     **error)
{
  g_autoptr(MbMulticastIo) self = g_new0 (MbMulticastIo, 1);
  g_autoptr(GError) local_error = NULL;

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_mutex_init (&self->loan_lock);
  g_queue_init (&self->backlog);
  self->receiver = g_object_ref (receiver);
  self->process = _mb_process_get ();
  self->wake_fd = -1;
  self->watch_fd = -1;

  /* First, so that no change after the group was joined is missed. */
  self->watch_fd = open_watch (address);
  if (self->watch_fd < 0)
    g_debug ("Changes of the network will go unnoticed: %s", g_strerror (errno));

  self->socket = _mb_multicast_socket_new (address, error);
  if (self->socket == NULL)
    return NULL;

  self->inlet = _mb_multicast_inlet_new (self->socket, receiver, error);
  if (self->inlet == NULL)
    return NULL;

  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->wake_fd < 0)
    {
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                   _("The system gives no file descriptor for events: %s"), g_strerror (errno));
      return NULL;
    }

  self->loan = _mb_multicast_loan_new (_mb_multicast_socket_get_fd (self->socket), self->wake_fd);
  if (self->loan == NULL)
    g_debug ("Main loops will not receive by themselves: %s", g_strerror (errno));

  _mb_multicast_io_ref (self);
  self->thread = _mb_thread_try_new ("minibus-io", io_thread, self, &local_error);
  if (self->thread == NULL)
    {
      _mb_multicast_io_unref (self);
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                   _("The thread that receives could not be started: %s"), local_error->message);
      return NULL;
    }

  return g_steal_pointer (&self);
}

/*< private >
 * _mb_multicast_io_stop:
 * @self: (transfer full): what was started
 *
 * Ends the thread, and waits for that. When called from a call of the receiver, in whatever thread, the thread ends after
 * that call, without calling the receiver again.
 *
 * In a process that was forked off there is no thread, and its locks may be held for ever: all is left as it is.
 */
void
_mb_multicast_io_stop (MbMulticastIo *self)
{
  GThread *thread = self->thread;

  if (self->process != _mb_process_get ())
    return;

  g_atomic_int_set (&self->stopping, TRUE);
  _mb_multicast_io_set_context (self, NULL);
  _mb_thread_call (self->wake_fd);

  if (_mb_multicast_inlet_stop (self->inlet))
    g_thread_join (thread);
  else
    g_thread_unref (thread);

  _mb_multicast_io_unref (self);
}

MbMulticastIo *
_mb_multicast_io_ref (MbMulticastIo *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_multicast_io_unref (MbMulticastIo *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->inlet, _mb_multicast_inlet_free);
  g_clear_pointer (&self->socket, _mb_multicast_socket_free);
  g_clear_pointer (&self->loan, _mb_multicast_loan_unref);
  g_clear_object (&self->receiver);
  g_queue_clear_full (&self->backlog, g_free);
  if (self->wake_fd >= 0)
    close (self->wake_fd);
  if (self->watch_fd >= 0)
    close (self->watch_fd);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->loan_lock);
  g_free (self);
}

/* Keeps a packet until the system takes it. */
static gboolean
put_aside (MbMulticastIo  *self,
           guint           target,
           const guint8   *data,
           gsize           length,
           GError        **error)
{
  gsize cost = sizeof (Waiting) + length;
  Waiting *waiting;

  if (self->backlog_bytes + cost > MB_MULTICAST_IO_MAX_BACKLOG)
    {
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_BUSY,
                   _("The network does not keep up, and %u packets are waiting to be sent "
                     "already; send less often"),
                   self->backlog.length);
      return FALSE;
    }

  waiting = g_malloc (cost);
  waiting->target = target;
  waiting->length = length;
  if (length > 0)
    memcpy (waiting->data, data, length);

  g_queue_push_tail (&self->backlog, waiting);
  self->backlog_bytes += cost;

  /* The thread has to wait for the socket from now on. */
  if (self->backlog.length == 1)
    _mb_thread_call (self->wake_fd);

  return TRUE;
}

/*< private >
 * _mb_multicast_io_send:
 * @self: what was started
 * @data: a packet
 * @length: its size
 * @error: return location for an error
 *
 * Sends a packet through each interface, or keeps it for later. May be called from any thread.
 *
 * Returns: whether it went, or will go, through any interface
 */
gboolean
_mb_multicast_io_send (MbMulticastIo  *self,
                       const guint8   *data,
                       gsize           length,
                       GError        **error)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = NULL;
  g_autoptr(GError) first_error = NULL;
  gboolean sent = FALSE;

  if (self->process != _mb_process_get ())
    {
      g_set_error_literal (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_CLOSED,
                           _("The transport is open in the process that this one was forked from; open another one "
                             "here"));
      return FALSE;
    }

  locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < _mb_multicast_socket_get_n_targets (self->socket); i++)
    {
      GError **wanted = first_error == NULL ? &first_error : NULL;
      int result = EAGAIN;

      /* What waits goes first. */
      if (self->backlog.length == 0)
        result = _mb_multicast_socket_send (self->socket, i, data, length);

      if (result == 0)
        sent = TRUE;
      else if (result == EAGAIN || result == ENOBUFS || result == ENOMEM)
        {
          if (self->backlog.length == 0)
            self->out_of_memory = result == ENOBUFS || result == ENOMEM;
          sent |= put_aside (self, i, data, length, wanted);
        }
      else
        _mb_multicast_socket_set_error (self->socket, i, result, wanted);
    }

  if (!sent)
    g_propagate_error (error, g_steal_pointer (&first_error));

  return sent;
}

/*< private >
 * _mb_multicast_io_set_topics:
 * @self: what was started
 * @wanted: (array zero-terminated) (nullable): the topics, or `NULL` for all that are not in @unwanted
 * @unwanted: (array zero-terminated) (nullable): if @wanted is `NULL`, topics that need not come, or `NULL`
 *
 * Has the system drop packets of other topics. When this returns, it does not drop any that is wanted.
 */
void
_mb_multicast_io_set_topics (MbMulticastIo      *self,
                             const char * const *wanted,
                             const char * const *unwanted)
{
  _mb_multicast_inlet_set_topics (self->inlet, wanted, unwanted);
}

static void
io_unref (gpointer data)
{
  _mb_multicast_io_unref (data);
}

/*< private >
 * _mb_multicast_io_set_context:
 * @self: what was started
 * @context: (nullable): a main context, or `NULL`
 *
 * Has the loop of @context receive, whenever it runs and is in time, instead of the thread.
 */
void
_mb_multicast_io_set_context (MbMulticastIo *self,
                              GMainContext  *context)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->loan_lock);

  if (self->loan == NULL)
    return;

  /* It is likely to come back, so the sources stay. */
  if (context == NULL && !is_stopping (self))
    {
      _mb_multicast_loan_set_allowed (self->loan, FALSE);
      return;
    }

  if (context != NULL && context == _mb_multicast_loan_get_context (self->loan))
    {
      _mb_multicast_loan_set_allowed (self->loan, TRUE);
      return;
    }

  _mb_multicast_loan_detach (self->loan);
  if (!is_stopping (self))
    _mb_multicast_loan_attach (self->loan, context, receive_in_loop, _mb_multicast_io_ref (self), io_unref);
}
