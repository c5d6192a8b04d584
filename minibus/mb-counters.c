/* mb-counters.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-counters-private.h"

void
_mb_counters_init (MbCounters *self)
{
  g_mutex_init (&self->lock);
}

void
_mb_counters_clear (MbCounters *self)
{
  for (guint i = 0; i < MB_N_DROP_REASONS; i++)
    {
      g_clear_pointer (&self->pending[i].topic, g_free);
      g_clear_pointer (&self->pending[i].detail, g_free);
    }
  g_mutex_clear (&self->lock);
}

gboolean
_mb_counters_drop (MbCounters   *self,
                   MbDropReason  reason,
                   guint         count,
                   const char   *topic,
                   const char   *detail)
{
  gboolean first;

  g_atomic_int_add (&self->n_dropped[reason], count);

  g_mutex_lock (&self->lock);
  first = self->pending[reason].count == 0;
  self->pending[reason].count += count;
  if (first)
    {
      self->pending[reason].topic = g_strdup (topic);
      self->pending[reason].detail = g_strdup (detail);
    }
  g_mutex_unlock (&self->lock);

  return first;
}

guint
_mb_counters_take (MbCounters    *self,
                   MbDropReason   reason,
                   char         **topic,
                   char         **detail)
{
  guint count;

  g_mutex_lock (&self->lock);
  count = self->pending[reason].count;
  self->pending[reason].count = 0;
  *topic = g_steal_pointer (&self->pending[reason].topic);
  *detail = g_steal_pointer (&self->pending[reason].detail);
  g_mutex_unlock (&self->lock);

  return count;
}
