/* mbtt-listen.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

/* Gets a message that all options let through. Returns FALSE to end; then `status` is what to end with. */
typedef gboolean (*MbttMessageFunc) (MbMessage *message,
                                     int       *status,
                                     gpointer   data);
/* Called at intervals, and once more at the end if anything has come since. */
typedef gboolean (*MbttTickFunc)    (int       *status,
                                     gpointer   data);

typedef struct
{
  const char      *pattern;
  MbttMessageFunc  message;
  MbttTickFunc     tick;        /* or NULL */
  double           interval;    /* seconds */
  gboolean         needs_some;  /* none at all is a time-out */
  gboolean         stop_fails;  /* being stopped is a failure */
  gpointer         data;
} MbttListening;

const GOptionEntry *mbtt_listen_get_entries (void);
int                 mbtt_listen             (const MbttListening *what);

G_END_DECLS
