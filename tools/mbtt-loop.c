/* mbtt-loop.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The main loop of subcommands that run until they are stopped. */

#include "config.h"

#include "mbtt-loop.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include "mbtt-common.h"
#include "mbtt-output.h"

static GMainLoop *loop;
static MbttEnd end;
/* A pipe that gets a byte with the first signal. It is never emptied: once stopped is stopped
 * for good. */
static int wake_fds[2] = { -1, -1 };

static void
signal_cb (int signal_number)
{
  int saved = errno;

  /* It is full if this fails, and that is just as good. */
  if (write (wake_fds[1], "", 1) < 0)
    errno = saved;
}

static gboolean
stopped_cb (int          fd,
            GIOCondition condition,
            gpointer     user_data)
{
  end = MBTT_END_STOPPED;
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

static gboolean
set_cb (int          fd,
        GIOCondition condition,
        gpointer     user_data)
{
  gboolean *stopped = user_data;

  *stopped = TRUE;

  return G_SOURCE_REMOVE;
}

static gboolean
timeout_cb (gpointer user_data)
{
  end = MBTT_END_TIMEOUT;
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

/* Lets SIGINT, SIGTERM and SIGHUP end the loop instead of the process; a second one ends the
 * process. */
void
mbtt_loop_init (void)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  struct sigaction action = {
    .sa_handler = signal_cb,
    .sa_flags = SA_RESTART | (int) SA_RESETHAND,
  };

  loop = g_main_loop_new (NULL, FALSE);
  if (!g_unix_open_pipe (wake_fds, FD_CLOEXEC, NULL))
    return;

  g_unix_set_fd_nonblocking (wake_fds[1], TRUE, NULL);
  mbtt_output_set_wake_fd (wake_fds[0]);

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      struct sigaction before;

      /* What the caller had ignored, as nohup does, stays ignored. */
      if (sigaction (signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction (signals[i], &action, NULL);
    }
}

/* Runs until mbtt_loop_quit(), until the program is to stop, or for some time unless that is
 * negative. */
MbttEnd
mbtt_loop_run (double seconds)
{
  g_autoptr(GSource) closed = g_unix_fd_source_new (STDOUT_FILENO, G_IO_ERR | G_IO_HUP);
  g_autoptr(GSource) timer = NULL;

  /* A reader that has gone is noticed here, and not only with the next message. */
  g_source_set_callback (closed, G_SOURCE_FUNC (stopped_cb), NULL, NULL);
  g_source_attach (closed, NULL);

  if (wake_fds[0] >= 0)
    g_unix_fd_add (wake_fds[0], G_IO_IN, stopped_cb, NULL);

  if (seconds >= 0)
    {
      timer = g_timeout_source_new (mbtt_to_milliseconds (seconds));
      g_source_set_callback (timer, timeout_cb, NULL, NULL);
      g_source_attach (timer, NULL);
    }

  end = MBTT_END_QUIT;
  g_main_loop_run (loop);

  g_source_destroy (closed);
  if (timer != NULL)
    g_source_destroy (timer);

  return end;
}

void
mbtt_loop_quit (void)
{
  g_main_loop_quit (loop);
}

/* For those who turn the main context themselves: sets `stopped` once the program is to stop. */
void
mbtt_loop_watch (gboolean *stopped)
{
  if (wake_fds[0] >= 0)
    g_unix_fd_add (wake_fds[0], G_IO_IN, set_cb, stopped);
}
