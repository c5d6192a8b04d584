/* mb-ticker.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-ticker-private.h"

#include "mb-thread-private.h"

/* How long the thread stays when there is nothing to do. */
#define LINGER (2 * G_TIME_SPAN_SECOND)

typedef struct
{
  const MbTickerFuncs *funcs;
  gint64               at;
} Tick;

static GMutex lock;
static GCond changed;
static GHashTable *ticks;     /* lock; owner to Tick */
static gboolean running;      /* lock */

/* The lock is held. */
static gpointer
find_first (Tick **first)
{
  GHashTableIter iter;
  gpointer owner;
  gpointer key;
  gpointer value;

  *first = NULL;
  owner = NULL;

  g_hash_table_iter_init (&iter, ticks);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      Tick *tick = value;

      if (*first != NULL && tick->at >= (*first)->at)
        continue;

      *first = tick;
      owner = key;
    }

  return owner;
}

static gpointer
ticker_thread (gpointer data)
{
  gint64 end = g_get_monotonic_time () + LINGER;

  g_mutex_lock (&lock);

  for (;;)
    {
      gint64 now = g_get_monotonic_time ();
      const MbTickerFuncs *funcs;
      Tick *first;
      gpointer owner = find_first (&first);

      if (first == NULL && now >= end)
        break;

      if (first == NULL || first->at > now)
        {
          g_cond_wait_until (&changed, &lock, first != NULL ? first->at : end);
          continue;
        }

      funcs = first->funcs;
      g_hash_table_remove (ticks, owner);
      g_mutex_unlock (&lock);

      funcs->func (owner);
      funcs->unref (owner);

      g_mutex_lock (&lock);
      end = g_get_monotonic_time () + LINGER;
    }

  running = FALSE;
  g_mutex_unlock (&lock);

  return NULL;
}

/* The lock is held. */
static void
start_thread (void)
{
  g_autoptr(GError) error = NULL;

  running = _mb_thread_start ("mb-ticker", ticker_thread, NULL, NULL, &error);
  if (!running)
    g_debug ("No thread for the presence on the bus: %s", error->message);
}

void
_mb_ticker_set (gpointer             owner,
                const MbTickerFuncs *funcs,
                gint64               at)
{
  gboolean had_one;
  Tick *tick;

  g_mutex_lock (&lock);

  if (ticks == NULL)
    ticks = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  tick = g_hash_table_lookup (ticks, owner);
  had_one = tick != NULL;

  if (at == 0)
    {
      g_hash_table_remove (ticks, owner);
    }
  else if (had_one)
    {
      tick->at = at;
    }
  else
    {
      tick = g_new (Tick, 1);
      tick->funcs = funcs;
      tick->at = at;
      g_hash_table_insert (ticks, funcs->ref (owner), tick);
    }

  if (at != 0 && !running)
    start_thread ();
  g_cond_signal (&changed);

  g_mutex_unlock (&lock);

  if (at == 0 && had_one)
    funcs->unref (owner);
}
