/* mb-multicast-loan.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-multicast-loan-private.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "mb-multicast-buffer-private.h"
#include "mb-thread-private.h"

/* How often the thread looks after a loop that is busy, in µs. The buffer that the system gives by default holds some
 * 300 small packets. */
#define LOOK_INTERVAL 2000
/* It takes the socket back when the buffer is full by one in so many parts and the loop does not see to it, as it has
 * not looked for so many us; or when it has not for so long that whoever asks us, not the program, would notice. */
#define FULL_PART 8
#define AWAY 1500
#define LATE 20000
/* How long the thread keeps what it has taken back, at least, in ms. */
#define MIN_STAY 10
/* And at most. */
#define MAX_STAY 10000

struct _MbMulticastLoan
{
  gatomicrefcount  ref_count;

  /* Immutable. */
  int              socket_fd;
  int              wake_fd;
  int              timer_fd;
  guint            process;

  /* Only for who sets the context. */
  GMainContext    *context;      /* or NULL */
  GSource         *receive;      /* attached to it, as the next one; or NULL */
  GSource         *watch;

  /* All atomic. Times are in µs, the lower half of them. */
  gint             is_wanted;    /* the loop may have it; changed before is_out */
  gint             is_out;
  gint             has_more;     /* there is something to do beside the socket */
  gint             is_waiting;   /* the loop waits, for the socket too */
  gint             is_watched;   /* the timer is set */
  gint             is_active;    /* the loop has received since the thread last looked */
  gint             last_turn;    /* when the loop last turned to the socket */
  gint             stay_until;   /* until when the thread keeps it */
};

typedef struct
{
  GSource              source;
  MbMulticastLoan     *loan;
  GPollFD              poll;      /* only for the thread that has the context */

  MbMulticastLoanFunc  func;
  gpointer             data;
  GDestroyNotify       destroy;
} ReceiveSource;

typedef struct
{
  GSource          source;
  MbMulticastLoan *loan;
} WatchSource;

static gint
now (void)
{
  return (gint) (guint32) g_get_monotonic_time ();
}

/* In µs from now; 0 is never. */
static void
set_timer (MbMulticastLoan *self,
           guint            interval)
{
  const struct itimerspec value = { .it_value.tv_nsec = interval * 1000 };

  timerfd_settime (self->timer_fd, 0, &value, NULL);
}

/* Whether the loop may have it again. What is left of a stay is never more than the longest one; anything else is a time
 * that is past, however long. */
static gboolean
is_stay_over (MbMulticastLoan *self)
{
  guint32 left = (guint32) g_atomic_int_get (&self->stay_until) - (guint32) now ();

  return left == 0 || left > MAX_STAY * 1000;
}

/* The thread has it again, for so many ms at least. Returns whether it had not before. */
static gboolean
take_back (MbMulticastLoan *self,
           guint            stay)
{
  g_atomic_int_set (&self->stay_until, (gint) ((guint32) now () + MIN (stay, MAX_STAY) * 1000));

  return g_atomic_int_compare_and_exchange (&self->is_out, TRUE, FALSE);
}

static gboolean
receive_prepare (GSource *source,
                 int     *timeout)
{
  ReceiveSource *receive = (ReceiveSource *) source;
  MbMulticastLoan *self = receive->loan;

  *timeout = -1;
  receive->poll.events = 0;

  /* In a process that was forked off, the socket is that of the other one. */
  if (self->process != _mb_process_get ())
    return FALSE;

  if (g_atomic_int_get (&self->is_wanted) && !g_atomic_int_get (&self->is_out) && is_stay_over (self))
    {
      g_atomic_int_set (&self->is_out, TRUE);

      /* Who has ended this meanwhile may have found nothing to take back. */
      if (!g_atomic_int_get (&self->is_wanted) && take_back (self, 0))
        _mb_thread_call (self->wake_fd);
    }

  if (g_atomic_int_get (&self->is_out))
    {
      receive->poll.events = G_IO_IN;
      if (g_atomic_int_get (&self->has_more))
        *timeout = 0;
    }

  g_atomic_int_set (&self->last_turn, now ());
  g_atomic_int_set (&self->is_waiting, TRUE);

  /* Between messages that follow each other closely the timer is left alone: that is cheaper. But a program that wakes
   * up for something else does not have the thread wake up, too. */
  if (!g_atomic_int_get (&self->is_active) && g_atomic_int_get (&self->is_watched))
    {
      set_timer (self, 0);
      g_atomic_int_set (&self->is_watched, FALSE);
    }

  return FALSE;
}

static gboolean
receive_check (GSource *source)
{
  ReceiveSource *receive = (ReceiveSource *) source;
  MbMulticastLoan *self = receive->loan;

  return receive->poll.events != 0 && (receive->poll.revents != 0 || g_atomic_int_get (&self->has_more)) &&
         g_atomic_int_get (&self->is_out);
}

static gboolean
receive_dispatch (GSource     *source,
                  GSourceFunc  callback,
                  gpointer     user_data)
{
  ReceiveSource *receive = (ReceiveSource *) source;
  MbMulticastLoan *self = receive->loan;
  guint stay;

  g_atomic_int_set (&self->is_active, TRUE);
  stay = receive->func (receive->data);

  if (stay > 0 && take_back (self, stay))
    _mb_thread_call (self->wake_fd);

  return G_SOURCE_CONTINUE;
}

static void
receive_finalize (GSource *source)
{
  ReceiveSource *receive = (ReceiveSource *) source;

  receive->destroy (receive->data);
  _mb_multicast_loan_unref (receive->loan);
}

static GSourceFuncs receive_funcs =
{
  .prepare = receive_prepare,
  .check = receive_check,
  .dispatch = receive_dispatch,
  .finalize = receive_finalize,
};

/* The loop has woken up, whatever for: from here on it may be late. */
static gboolean
watch_check (GSource *source)
{
  MbMulticastLoan *self = ((WatchSource *) source)->loan;

  if (self->process != _mb_process_get ())
    return FALSE;

  g_atomic_int_set (&self->is_waiting, FALSE);

  if (g_atomic_int_get (&self->is_out) && g_atomic_int_compare_and_exchange (&self->is_watched, FALSE, TRUE))
    set_timer (self, LOOK_INTERVAL);

  return FALSE;
}

static void
watch_finalize (GSource *source)
{
  _mb_multicast_loan_unref (((WatchSource *) source)->loan);
}

static GSourceFuncs watch_funcs =
{
  .check = watch_check,
  .finalize = watch_finalize,
};

MbMulticastLoan *
_mb_multicast_loan_new (int socket_fd,
                        int wake_fd)
{
  MbMulticastLoan *self;
  int timer_fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

  if (timer_fd < 0)
    return NULL;

  self = g_new0 (MbMulticastLoan, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->socket_fd = socket_fd;
  self->wake_fd = wake_fd;
  self->timer_fd = timer_fd;
  self->process = _mb_process_get ();
  self->stay_until = now ();

  return self;
}

MbMulticastLoan *
_mb_multicast_loan_ref (MbMulticastLoan *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_multicast_loan_unref (MbMulticastLoan *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  close (self->timer_fd);
  g_free (self);
}

GMainContext *
_mb_multicast_loan_get_context (MbMulticastLoan *self)
{
  return self->context;
}

void
_mb_multicast_loan_attach (MbMulticastLoan     *self,
                           GMainContext        *context,
                           MbMulticastLoanFunc  func,
                           gpointer             data,
                           GDestroyNotify       destroy)
{
  ReceiveSource *receive;
  GSource *watch;

  g_assert (self->context == NULL);

  self->context = g_main_context_ref (context);
  self->receive = g_source_new (&receive_funcs, sizeof (ReceiveSource));
  receive = (ReceiveSource *) self->receive;
  receive->loan = _mb_multicast_loan_ref (self);
  receive->func = func;
  receive->data = data;
  receive->destroy = destroy;
  receive->poll.fd = self->socket_fd;
  g_source_set_static_name (self->receive, "[minibus] receive");
  /* A handler may run a main loop of its own; messages go on arriving there. */
  g_source_set_can_recurse (self->receive, TRUE);
  g_source_add_poll (self->receive, &receive->poll);

  /* The first of all: so it is asked each time, whatever else there is to do. */
  watch = self->watch = g_source_new (&watch_funcs, sizeof (WatchSource));
  ((WatchSource *) watch)->loan = _mb_multicast_loan_ref (self);
  g_source_set_static_name (watch, "[minibus] watch");
  g_source_set_can_recurse (watch, TRUE);
  g_source_set_priority (watch, G_MININT);

  g_atomic_int_set (&self->is_wanted, TRUE);
  g_source_attach (watch, context);
  g_source_attach (self->receive, context);
}

void
_mb_multicast_loan_detach (MbMulticastLoan *self)
{
  _mb_multicast_loan_set_allowed (self, FALSE);

  if (self->context == NULL)
    return;

  g_source_destroy (self->receive);
  g_source_destroy (self->watch);
  g_clear_pointer (&self->receive, g_source_unref);
  g_clear_pointer (&self->watch, g_source_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
}

void
_mb_multicast_loan_set_allowed (MbMulticastLoan *self,
                                gboolean         allowed)
{
  g_atomic_int_set (&self->is_wanted, allowed);

  if (!allowed && take_back (self, 0))
    _mb_thread_call (self->wake_fd);
}

gboolean
_mb_multicast_loan_is_out (MbMulticastLoan *self)
{
  return g_atomic_int_get (&self->is_out);
}

gboolean
_mb_multicast_loan_is_full (MbMulticastLoan *self,
                            guint            parts)
{
  MbMulticastBuffer buffer;

  /* A system that does not say may have no room left. */
  if (!_mb_multicast_buffer_look (self->socket_fd, &buffer))
    return TRUE;

  return buffer.used >= buffer.size / parts;
}

void
_mb_multicast_loan_set_more (MbMulticastLoan *self,
                             gboolean         more)
{
  g_atomic_int_set (&self->has_more, more);
}

void
_mb_multicast_loan_touch (MbMulticastLoan *self)
{
  g_atomic_int_set (&self->last_turn, now ());
}

int
_mb_multicast_loan_get_timer (MbMulticastLoan *self)
{
  return self->timer_fd;
}

void
_mb_multicast_loan_look (MbMulticastLoan *self)
{
  guint64 n_times;
  guint32 last_turn, away;

  if (read (self->timer_fd, &n_times, sizeof n_times) < 0)
    return;

  /* In this order: a loop that wakes up in between sets the timer again. */
  g_atomic_int_set (&self->is_watched, FALSE);
  g_atomic_int_set (&self->is_active, FALSE);
  if (g_atomic_int_get (&self->is_waiting) || !g_atomic_int_get (&self->is_out))
    return;

  last_turn = (guint32) g_atomic_int_get (&self->last_turn);
  away = (guint32) now () - last_turn;
  if (away >= LATE || (away >= AWAY && _mb_multicast_loan_is_full (self, FULL_PART)))
    take_back (self, MIN_STAY);
  else if (g_atomic_int_compare_and_exchange (&self->is_watched, FALSE, TRUE))
    set_timer (self, LOOK_INTERVAL);
}
