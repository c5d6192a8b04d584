/* mbtt-output.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Lines on standard output and standard error. What is printed may come from anybody on the
 * network. */

#include "config.h"

#include "mbtt-output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "mbtt-common.h"

/* A pipe that poll() calls writable takes this much without blocking. */
#define CHUNK 4096

/* Readable when the program has been told to end; -1 where nothing is watched. */
static int wake_fd = -1;
static gboolean has_progress;
static gboolean is_quiet;

/* Makes sure that the standard files are open, so that no socket takes their place, and that a
 * closed pipe is an error of write() and not a signal. */
void
mbtt_output_init (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    {
      /* The wrong way round, so that using it is an error still. */
      if (fcntl (fd, F_GETFD) < 0 && errno == EBADF &&
          open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
        _exit (MBTT_EXIT_FAILED);
    }

  signal (SIGPIPE, SIG_IGN);
}

/* From now on, nothing goes to standard error. */
void
mbtt_output_be_quiet (void)
{
  is_quiet = TRUE;
}

/* Lets a reader of standard output that has stalled not keep the program from ending. */
void
mbtt_output_set_wake_fd (int fd)
{
  wake_fd = fd;
}

/* Waits until some of a line can be written. Returns FALSE when the program is to end instead. */
static gboolean
wait_writable (int fd)
{
  struct pollfd fds[] = {
    { .fd = fd, .events = POLLOUT },
    { .fd = wake_fd, .events = POLLIN },
  };

  while (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
    {
      if (errno != EINTR)
        return TRUE;
    }

  return fds[0].revents != 0 || fds[1].revents == 0;
}

/* Returns 0 or an errno; EINTR when the program was told to end meanwhile. */
static int
write_all (int         fd,
           const char *text,
           gsize       length)
{
  while (length > 0)
    {
      gssize written;

      if (!wait_writable (fd))
        return EINTR;

      written = write (fd, text, MIN (length, CHUNK));
      if (written < 0 && errno != EINTR && errno != EAGAIN)
        return errno;
      if (written > 0)
        {
          text += written;
          length -= (gsize) written;
        }
    }

  return 0;
}

/* Takes the line about progress away, before something is printed in its place. */
static void
clear_progress (void)
{
  static const char code[] = "\r\033[K";

  if (!has_progress)
    return;

  has_progress = FALSE;
  write_all (STDERR_FILENO, code, sizeof code - 1);
}

/* Prints a line on standard output at once. Returns FALSE when nothing more can be printed: then
 * `status` is what to end with, and the reason has been reported if it is worth it. */
gboolean
mbtt_print_line (const char *line,
                 int        *status)
{
  g_autofree char *text = g_strconcat (line, "\n", NULL);
  int result;

  clear_progress ();
  result = write_all (STDOUT_FILENO, text, strlen (text));
  if (result == 0)
    return TRUE;

  /* Who reads has enough, or the program is to end: neither is a failure. */
  *status = MBTT_EXIT_DONE;
  if (result != EPIPE && result != EINTR)
    {
      mbtt_print_note (_("Standard output cannot be written: %s"), g_strerror (result));
      *status = MBTT_EXIT_FAILED;
    }

  return FALSE;
}

/* Whether a character could do something to a terminal or to the order of what is displayed. */
gboolean
mbtt_is_unsafe (gunichar character)
{
  return g_unichar_iscntrl (character) ||
         (character >= 0x2028 && character <= 0x202e) ||
         (character >= 0x2066 && character <= 0x2069);
}

static void
append_note (GString    *line,
             const char *text)
{
  for (const char *rest = text; *rest != '\0';)
    {
      gunichar character = g_utf8_get_char_validated (rest, -1);

      if (character == (gunichar) -1 || character == (gunichar) -2)
        {
          g_string_append_printf (line, "\\x%02x", (guchar) *rest++);
          continue;
        }

      if (character == '\n' || character == '\t')
        g_string_append_c (line, ' ');
      else if (mbtt_is_unsafe (character))
        g_string_append_printf (line, "\\u%04x", character);
      else
        g_string_append_unichar (line, character);
      rest = g_utf8_next_char (rest);
    }
}

/* Shows, where standard error is a terminal, what takes so long; the next thing that is printed takes its
 * place. An empty text only takes the last one away. */
void
mbtt_show_progress (const char *format,
                    ...)
{
  g_autoptr(GString) line = g_string_new (NULL);
  g_autofree char *text = NULL;
  va_list args;

  if (is_quiet || !isatty (STDERR_FILENO))
    return;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  clear_progress ();
  if (*text == '\0')
    return;

  append_note (line, text);
  g_string_append (line, "…");
  write_all (STDERR_FILENO, line->str, line->len);
  has_progress = TRUE;
}

/* Prints a line about what is going on, or went wrong, on standard error: always in UTF-8, and
 * always as one line that shows what it cannot print. */
void
mbtt_print_note (const char *format,
                 ...)
{
  g_autoptr(GString) line = g_string_new ("mbtt: ");
  g_autofree char *text = NULL;
  va_list args;

  if (is_quiet)
    return;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  append_note (line, text);
  g_string_append_c (line, '\n');

  clear_progress ();
  /* There is nobody to tell if this fails. */
  write_all (STDERR_FILENO, line->str, line->len);
}
