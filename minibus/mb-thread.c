/* mb-thread.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-thread-private.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* How often this process, and those that it comes from, have been forked off since the library was used first. */
static guint n_forks;

static void
forked_cb (void)
{
  n_forks++;
}

/*< private >
 * _mb_thread_try_new:
 * @name: the name, of at most 15 bytes
 * @func: what to run
 * @data: the argument of @func
 * @error: return location for an error
 *
 * Starts a thread in which all signals are blocked, so that the program's own threads get them: a
 * library must not make handlers run, or system calls fail, where the program does not expect it.
 *
 * Returns: (transfer full): the thread, or `NULL` when the system refuses another one
 */
GThread *
_mb_thread_try_new (const char   *name,
                    GThreadFunc   func,
                    gpointer      data,
                    GError      **error)
{
  sigset_t all;
  sigset_t before;
  GThread *thread;

  /* A thread inherits the mask of the one that starts it. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  thread = g_thread_try_new (name, func, data, error);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  return thread;
}

/*< private >
 * _mb_thread_start:
 * @name: the name, of at most 15 bytes
 * @func: what to run
 * @data: (transfer full): the argument of @func, which owns it
 * @destroy: what to give @data to if there will be no thread
 * @error: return location for an error
 *
 * Starts a thread, as _mb_thread_try_new() does, that nobody waits for.
 *
 * Returns: whether the system allows another one
 */
gboolean
_mb_thread_start (const char      *name,
                  GThreadFunc      func,
                  gpointer         data,
                  GDestroyNotify   destroy,
                  GError         **error)
{
  GThread *thread = _mb_thread_try_new (name, func, data, error);

  if (thread == NULL)
    {
      if (destroy != NULL)
        destroy (data);
      return FALSE;
    }

  g_thread_unref (thread);

  return TRUE;
}

/*< private >
 * _mb_thread_call:
 * @event_fd: an eventfd that a thread waits for
 *
 * Has the thread wake up.
 */
void
_mb_thread_call (int event_fd)
{
  const guint64 one = 1;
  gssize n;

  /* It can only fail when it has been called often enough already. */
  do
    n = write (event_fd, &one, sizeof one);
  while (n < 0 && errno == EINTR);
}

/*< private >
 * _mb_process_get:
 *
 * Tells processes apart: one that was forked off has another number than the one it comes from. Cheaper than getpid(),
 * as it asks no system.
 *
 * Returns: the number of this process, from 1
 */
guint
_mb_process_get (void)
{
  static gsize is_watching;

  if (g_once_init_enter (&is_watching))
    {
      pthread_atfork (NULL, NULL, forked_cb);
      g_once_init_leave (&is_watching, 1);
    }

  return n_forks + 1;
}
