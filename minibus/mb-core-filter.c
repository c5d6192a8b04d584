/* mb-core-filter.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-core-private.h"

/* So many packets in vain are worth a filter, which takes some 0.1 ms to make. */
#define MAX_VAIN 32

static MbTransport *
ref_transport (MbCore *self)
{
  MbTransport *transport;

  g_mutex_lock (&self->send_lock);
  transport = self->transport != NULL ? g_object_ref (self->transport) : NULL;
  g_mutex_unlock (&self->send_lock);

  return transport;
}

/* What the router calls. A filter is made where packets come in vain, so that subscribing is cheap and a program
 * that wants all there is has none; but it ends at once, before anybody can miss anything. */
void
_mb_core_routes_changed (gpointer core,
                         gboolean more)
{
  MbCore *self = core;

  g_mutex_lock (&self->filter_lock);
  self->filter_is_old = TRUE;
  if (more && self->has_filter)
    {
      g_autoptr(MbTransport) transport = ref_transport (self);

      if (transport != NULL)
        mb_transport_set_topics (transport, NULL);
      self->has_filter = FALSE;
    }
  g_mutex_unlock (&self->filter_lock);
}

void
_mb_core_note_vain (MbCore *self)
{
  if (++self->n_vain < MAX_VAIN)
    return;

  self->n_vain = 0;

  g_mutex_lock (&self->filter_lock);
  if (self->filter_is_old)
    {
      g_auto(GStrv) topics = _mb_router_list_topics (self->router);
      g_autoptr(MbTransport) transport = ref_transport (self);

      /* While the client is being opened there is none yet. */
      if (transport != NULL)
        {
          mb_transport_set_topics (transport, (const char * const *) topics);
          self->has_filter = topics != NULL;
          self->filter_is_old = FALSE;
        }
    }
  g_mutex_unlock (&self->filter_lock);
}
