/* fuzz-loan.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A socket that is lent to a main loop: the bytes say in which order the loop, the thread, the program, the sender and
 * the clock go on. Each packet is received, once and in its order, by who has the socket; nobody sleeps while there is
 * something that only they would receive, and nobody wakes up for ever. All of them are one thread here, so what
 * happens at the very same moment is left to ThreadSanitizer.
 */

#include "config.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "minibus/mb-multicast-loan-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

#define MAX_ACTIONS 256
#define MAX_DEPTH 3
#define MAX_WAITING 64
#define MAX_FDS 8

typedef enum
{
  LOOP_AWAKE,     /* the program is at work; where it stands still, the loop is late */
  LOOP_WAITING,
  LOOP_READY,     /* it has found something to do, and is about to do it */
} LoopState;

typedef enum
{
  THREAD_WAITING,
  THREAD_CALLED,
  THREAD_DONE,    /* with receiving; it looks what to wait for next */
} ThreadState;

typedef struct
{
  const guint8    *data;
  gsize            size;
  guint            n_actions;

  int              socket_fd;
  int              sender_fd;
  int              wake_fd;
  MbMulticastLoan *loan;

  GMainContext    *contexts[2];
  guint            current;       /* the one that is run; the loan may be with the other */
  LoopState        loop;
  int              priority;
  GPollFD          fds[MAX_FDS];
  int              n_fds;
  guint            depth;         /* of what is dispatched */
  gboolean         has_chore;     /* for the loop, beside receiving */

  ThreadState      thread;
  gboolean         thread_polls;  /* the socket, too */

  gboolean         allowed;
  guint            n_attached;
  guint            n_destroyed;
  guint8           n_sent;
  guint8           n_received;
} World;

typedef struct
{
  GSource source;
  World  *world;
} Chore;

/* A clock and a timer that only the bytes move. */
static gint64 clock_time;
static gint64 alarm_time;      /* or 0 */
static int alarm_fd = -1;
static guint32 fill;           /* of the buffer, in percent */

gint64
g_get_monotonic_time (void)
{
  return clock_time;
}

int
timerfd_create (clockid_t clock_id,
                int       flags)
{
  alarm_time = 0;

  return alarm_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int
timerfd_settime (int                      fd,
                 int                      flags,
                 const struct itimerspec *value,
                 struct itimerspec       *before)
{
  guint64 n;

  g_assert_cmpint (fd, ==, alarm_fd);
  g_assert_cmpint (value->it_value.tv_nsec, <, 1000000000);
  while (read (fd, &n, sizeof n) > 0)
    ;
  alarm_time = value->it_value.tv_nsec > 0 ? clock_time + value->it_value.tv_nsec / 1000 : 0;

  return 0;
}

int
getsockopt (int        fd,
            int        level,
            int        option,
            void      *value,
            socklen_t *length)
{
  guint32 *info = value;

  if (level != SOL_SOCKET || option != SO_MEMINFO)
    return (int) syscall (SYS_getsockopt, fd, level, option, value, length);

  g_assert_cmpuint (*length, >=, 2 * sizeof *info);
  info[0] = fill;
  info[1] = 100;

  return 0;
}

static void
advance (gint64 time)
{
  guint64 one = 1;

  clock_time += time;
  if (alarm_time == 0 || alarm_time > clock_time)
    return;

  alarm_time = 0;
  g_assert_cmpint (write (alarm_fd, &one, sizeof one), ==, sizeof one);
}

static guint
take (World *self)
{
  if (self->size == 0)
    return 0;

  self->size--;

  return *self->data++;
}

static void
send_one (World *self)
{
  if ((guint8) (self->n_sent - self->n_received) >= MAX_WAITING)
    return;
  if (send (self->sender_fd, &self->n_sent, 1, MSG_DONTWAIT) == 1)
    self->n_sent++;
}

/* Up to so many packets, as whoever has the socket. */
static void
receive (World *self,
         guint  max)
{
  guint8 number;

  for (guint i = 0; i < max && recv (self->socket_fd, &number, 1, MSG_DONTWAIT) == 1; i++)
    g_assert_cmpuint (number, ==, self->n_received++);
}

static gboolean
is_readable (int fd)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

  return poll (&poll_fd, 1, 0) > 0;
}

static void act (World *self);

static void
act_inside (World *self)
{
  guint n = take (self) % 8;

  self->depth++;
  for (guint i = 0; i < n && self->size > 0; i++)
    act (self);
  self->depth--;
}

/* As a transport does it: it may have been taken back since the loop found something. */
static guint
turn_cb (gpointer data)
{
  World *self = data;
  static const guint stays[] = { 0, 0, 0, 1, 10, 100 };

  g_assert_cmpuint (self->n_attached, >, self->n_destroyed);
  if (_mb_multicast_loan_is_out (self->loan))
    receive (self, 1 + take (self) % 4);
  if (self->depth < MAX_DEPTH)
    act_inside (self);
  _mb_multicast_loan_touch (self->loan);

  return stays[take (self) % G_N_ELEMENTS (stays)];
}

static void
destroy_cb (gpointer data)
{
  ((World *) data)->n_destroyed++;
}

static gboolean
chore_prepare (GSource *source,
               int     *timeout)
{
  *timeout = -1;

  return ((Chore *) source)->world->has_chore;
}

static gboolean
chore_check (GSource *source)
{
  return ((Chore *) source)->world->has_chore;
}

static gboolean
chore_dispatch (GSource     *source,
                GSourceFunc  callback,
                gpointer     user_data)
{
  World *self = ((Chore *) source)->world;

  self->has_chore = FALSE;
  if (self->depth < MAX_DEPTH)
    act_inside (self);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs chore_funcs =
{
  .prepare = chore_prepare,
  .check = chore_check,
  .dispatch = chore_dispatch,
};

static void
loop_prepare (World *self)
{
  int timeout;

  g_main_context_prepare (self->contexts[self->current], &self->priority);
  self->n_fds = g_main_context_query (self->contexts[self->current], self->priority, &timeout, self->fds, MAX_FDS);
  g_assert_cmpint (self->n_fds, <=, MAX_FDS);
  self->loop = LOOP_WAITING;
}

static gboolean
loop_has_input (World *self)
{
  return self->has_chore || g_poll (self->fds, (guint) self->n_fds, 0) > 0;
}

/* One step of an iteration; in between, all others may go on. A loop that waits does so until there is something. */
static void
loop_step (World *self)
{
  GMainContext *context = self->contexts[self->current];

  switch (self->loop)
    {
    case LOOP_AWAKE:
      loop_prepare (self);
      break;

    case LOOP_WAITING:
      if (!loop_has_input (self))
        break;
      g_poll (self->fds, (guint) self->n_fds, 0);
      /* If there was nothing after all, the loop waits again without the program. */
      if (g_main_context_check (context, self->priority, self->fds, self->n_fds))
        self->loop = LOOP_READY;
      else
        loop_prepare (self);
      break;

    case LOOP_READY:
    default:
      self->depth++;
      g_main_context_dispatch (context);
      self->depth--;
      self->loop = LOOP_AWAKE;
    }
}

/* As the thread of a transport: something calls it, it looks what that is, receives if that is for it to do, and looks
 * what to wait for. */
static void
thread_step (World *self)
{
  guint64 n;

  switch (self->thread)
    {
    case THREAD_WAITING:
      if (!is_readable (self->wake_fd) && !is_readable (alarm_fd) &&
          !(self->thread_polls && is_readable (self->socket_fd)))
        break;
      if (read (self->wake_fd, &n, sizeof n) < 0)
        n = 0;
      if (is_readable (alarm_fd))
        _mb_multicast_loan_look (self->loan);
      self->thread = THREAD_CALLED;
      break;

    case THREAD_CALLED:
      if (!_mb_multicast_loan_is_out (self->loan))
        receive (self, MAX_WAITING);
      self->thread = THREAD_DONE;
      break;

    case THREAD_DONE:
    default:
      self->thread_polls = !_mb_multicast_loan_is_out (self->loan);
      self->thread = THREAD_WAITING;
    }
}

/* A loop that waits is woken up by what another thread attaches, or takes away. */
static void
attach (World *self,
        guint  which)
{
  _mb_multicast_loan_detach (self->loan);
  _mb_multicast_loan_attach (self->loan, self->contexts[which], turn_cb, self, destroy_cb);
  self->n_attached++;
  self->allowed = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (self->contexts); i++)
    g_main_context_wakeup (self->contexts[i]);
}

static void
detach (World *self)
{
  _mb_multicast_loan_detach (self->loan);
  g_assert_false (_mb_multicast_loan_is_out (self->loan));
  self->allowed = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (self->contexts); i++)
    g_main_context_wakeup (self->contexts[i]);
}

static void
act (World *self)
{
  static const gint64 times[] = {
    1, 400, 1600, 2000, 7000, 25000, 150000, G_TIME_SPAN_SECOND, 20 * G_TIME_SPAN_MINUTE, 40 * G_TIME_SPAN_MINUTE,
    70 * G_TIME_SPAN_MINUTE, 5000,
  };
  guint action = take (self);

  if (self->n_actions++ >= MAX_ACTIONS)
    return;

  switch (action % 16)
    {
    case 0:
    case 1:
    case 2:
      send_one (self);
      break;

    case 3:
    case 4:
    case 5:
      if (self->depth == 0)
        loop_step (self);
      else
        g_main_context_iteration (self->contexts[self->current], FALSE);
      break;

    case 6:
    case 7:
    case 8:
      thread_step (self);
      break;

    case 9:
    case 10:
      advance (times[take (self) % G_N_ELEMENTS (times)]);
      break;

    case 11:
      self->has_chore = TRUE;
      break;

    case 12:
      fill = take (self) % 101;
      break;

    case 13:
      _mb_multicast_loan_set_allowed (self->loan, FALSE);
      self->allowed = FALSE;
      g_assert_false (_mb_multicast_loan_is_out (self->loan));
      break;

    case 14:
      if (_mb_multicast_loan_get_context (self->loan) == self->contexts[self->current])
        {
          _mb_multicast_loan_set_allowed (self->loan, TRUE);
          self->allowed = TRUE;
        }
      else
        attach (self, self->current);
      break;

    default:
      if (action < 128)
        detach (self);
      else
        attach (self, !self->current);
      break;
    }

  if (_mb_multicast_loan_is_out (self->loan))
    g_assert_true (self->allowed);
}

/* The program stands still where it is, unless the loop waits. Lets all that can be done be done. */
static void
settle (World *self)
{
  for (guint i = 0; i < 1000; i++)
    {
      ThreadState before = self->thread;

      if (self->loop == LOOP_WAITING && loop_has_input (self))
        {
          /* Until it waits again, as nothing holds it up. */
          do
            loop_step (self);
          while (self->loop != LOOP_WAITING);
          continue;
        }

      thread_step (self);
      if (self->thread != before)
        continue;

      if (alarm_time == 0)
        return;
      advance (alarm_time - clock_time);
    }

  /* Somebody wakes up for ever. */
  g_assert_not_reached ();
}

static void
world_init (World        *self,
            const guint8 *data,
            gsize         size)
{
  int fds[2];

  memset (self, 0, sizeof *self);
  self->data = data;
  self->size = size;
  clock_time = G_TIME_SPAN_DAY;
  fill = 0;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
  self->socket_fd = fds[0];
  self->sender_fd = fds[1];
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->loan = _mb_multicast_loan_new (self->socket_fd, self->wake_fd);
  g_assert_nonnull (self->loan);
  self->thread_polls = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (self->contexts); i++)
    self->contexts[i] = g_main_context_new ();
  g_main_context_acquire (self->contexts[self->current]);
}

static void
world_clear (World *self)
{
  _mb_multicast_loan_unref (self->loan);
  g_main_context_release (self->contexts[self->current]);
  for (guint i = 0; i < G_N_ELEMENTS (self->contexts); i++)
    g_main_context_unref (self->contexts[i]);
  close (self->wake_fd);
  close (self->socket_fd);
  close (self->sender_fd);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  World world;
  GSource *chore;

  world_init (&world, data, size);
  chore = g_source_new (&chore_funcs, sizeof (Chore));
  ((Chore *) chore)->world = &world;
  g_source_set_can_recurse (chore, TRUE);
  g_source_set_priority (chore, (int) (take (&world) % 3) - 1);
  g_source_attach (chore, world.contexts[world.current]);

  while (world.size > 0 && world.n_actions < MAX_ACTIONS)
    act (&world);

  world.size = 0;
  settle (&world);
  g_assert_cmpuint (world.n_received, ==, world.n_sent);

  /* A loop that is not late has it again, however long nothing has happened: at once, or where the numbers that times are
   * kept in have come round to the same place, some seconds later. */
  while (world.loop != LOOP_WAITING)
    loop_step (&world);
  settle (&world);
  advance (40 * G_TIME_SPAN_MINUTE);
  send_one (&world);
  world.has_chore = TRUE;
  settle (&world);
  advance (10 * G_TIME_SPAN_SECOND);
  world.has_chore = TRUE;
  settle (&world);
  g_assert_cmpuint (world.n_received, ==, world.n_sent);
  g_assert_true (_mb_multicast_loan_is_out (world.loan) ==
                 (world.allowed && _mb_multicast_loan_get_context (world.loan) == world.contexts[world.current]));

  detach (&world);
  while (g_main_context_iteration (world.contexts[world.current], FALSE))
    ;
  g_assert_cmpuint (world.n_destroyed, ==, world.n_attached);
  g_source_destroy (chore);
  g_source_unref (chore);
  world_clear (&world);

  return 0;
}
