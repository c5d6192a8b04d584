/* mbtt-loop.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  MBTT_END_QUIT,      /* mbtt_loop_quit() was called */
  MBTT_END_STOPPED,   /* a signal came, or nobody reads standard output any more */
  MBTT_END_TIMEOUT,
} MbttEnd;

void    mbtt_loop_init (void);
MbttEnd mbtt_loop_run  (double seconds);
void    mbtt_loop_quit (void);
void    mbtt_loop_watch (gboolean *stopped);

G_END_DECLS
