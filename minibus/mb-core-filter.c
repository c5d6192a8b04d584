/* mb-core-filter.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-core-private.h"

/* So many packets in vain are worth a filter, which takes some 0.1 ms to make. */
#define MAX_VAIN 32
/* Topics that it names one by one, where a pattern wants more than can be named. */
#define MAX_UNWANTED 64

/* After the router has changed. A filter is made where packets come in vain, so that subscribing is cheap and a program
 * that wants all there is has none; but it ends at once, before anybody can miss anything. */
void
_mb_core_routes_changed (MbCore   *self,
                         gboolean  more)
{
  g_mutex_lock (&self->filter_lock);
  self->filter_is_old = TRUE;
  if (more)
    g_ptr_array_set_size (self->unwanted, 0);
  if (more && self->has_filter)
    {
      g_autoptr(MbTransport) transport = _mb_core_ref_transport (self);

      if (transport != NULL)
        mb_transport_set_topics (transport, NULL, NULL);
      self->has_filter = FALSE;
    }
  g_mutex_unlock (&self->filter_lock);
}

/* filter_lock is held. */
static void
renew_filter (MbCore *self)
{
  g_auto(GStrv) wanted = _mb_router_list_topics (self->router);
  g_autoptr(MbTransport) transport = _mb_core_ref_transport (self);

  /* While the client is being opened there is none yet. */
  if (transport == NULL)
    return;

  self->has_filter = wanted != NULL || self->unwanted->len > 0;
  self->filter_is_old = FALSE;

  g_ptr_array_add (self->unwanted, NULL);
  mb_transport_set_topics (transport, (const char * const *) wanted, (const char * const *) self->unwanted->pdata);
  g_ptr_array_remove_index (self->unwanted, self->unwanted->len - 1);
}

void
_mb_core_note_vain (MbCore       *self,
                    MbTopicEntry *entry)
{
  gboolean is_frequent = ++entry->n_vain == MAX_VAIN;

  if (!is_frequent && ++self->n_vain < MAX_VAIN)
    return;

  self->n_vain = 0;

  g_mutex_lock (&self->filter_lock);

  /* Somebody may have subscribed since the topic was looked up; who does so later will end the filter. */
  if (is_frequent && self->unwanted->len < MAX_UNWANTED && _mb_router_is_current (entry))
    {
      g_ptr_array_add (self->unwanted, g_strdup (entry->topic));
      self->filter_is_old = TRUE;
    }
  if (self->filter_is_old)
    renew_filter (self);

  g_mutex_unlock (&self->filter_lock);
}
