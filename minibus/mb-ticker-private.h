/* mb-ticker-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Work at a time, for all clients of the process, in one thread that ends when there is nothing to wait for: programs
 * without a main loop, or with a late one, are present on the bus all the same. */

typedef gpointer (*MbTickerRef)  (gpointer owner);
typedef void     (*MbTickerFunc) (gpointer owner);

typedef struct
{
  MbTickerFunc func;
  MbTickerRef  ref;
  MbTickerFunc unref;
} MbTickerFuncs;

/* Calls `func` at this monotonic time, with a reference on the owner held from now on; instead of what was set for the
 * owner before. 0: not at all. */
void _mb_ticker_set (gpointer             owner,
                     const MbTickerFuncs *funcs,
                     gint64               at);

G_END_DECLS
