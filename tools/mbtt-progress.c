/* mbtt-progress.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One line on a terminal that is written over again and again. */

#include "config.h"

#include "mbtt-progress.h"

#include <string.h>
#include <unistd.h>

/* Back to the beginning of the line, and away with what stands there. */
#define CLEAR "\r\033[K"

static gboolean shown;

static void
put (const char *text)
{
  /* A terminal that is stuck must not hold up the work. */
  if (write (STDERR_FILENO, text, strlen (text)) < 0)
    return;
}

/* Shows the line, if standard error is a terminal. */
void
mbtt_progress_show (const char *format,
                    ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  va_list args;

  if (!isatty (STDERR_FILENO))
    return;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  line = g_strconcat (CLEAR, text, NULL);
  put (line);
  shown = TRUE;
}

/* To be called before anything else is printed. */
void
mbtt_progress_clear (void)
{
  if (shown)
    put (CLEAR);
  shown = FALSE;
}

/* A length of time for people, such as 1:02:03.5 or 0:07.5. */
char *
mbtt_format_seconds (gint64 microseconds)
{
  gint64 tenths = (microseconds + 50000) / 100000;
  gint64 seconds = tenths / 10;
  int tenth = (int) (tenths % 10);

  if (seconds < 3600)
    return g_strdup_printf ("%d:%02d.%d", (int) (seconds / 60), (int) (seconds % 60), tenth);

  return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d:%02d.%d", seconds / 3600, (int) (seconds / 60 % 60),
                          (int) (seconds % 60), tenth);
}
