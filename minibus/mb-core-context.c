/* mb-core-context.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-core-private.h"

/* context_lock is held. The client's main loop may receive by itself, but only if nobody else depends on it: who has
 * another main context must not have to wait for a loop that is late.
 */
static void
update (MbCore *self)
{
  GMainContext *context = _mb_inbox_get_context (self->reports);
  gboolean may_receive = self->n_blocking == 0 && !_mb_router_has_other_context (self->router, context);
  g_autoptr(MbTransport) transport = NULL;

  if (may_receive == self->is_lent)
    return;

  transport = _mb_core_ref_transport (self);
  if (transport != NULL)
    mb_transport_set_context (transport, may_receive ? context : NULL);
  self->is_lent = may_receive && transport != NULL;
}

void
_mb_core_update_context (MbCore *self)
{
  g_mutex_lock (&self->context_lock);
  update (self);
  g_mutex_unlock (&self->context_lock);
}

void
_mb_core_renew_context (MbCore *self)
{
  g_mutex_lock (&self->context_lock);
  self->is_lent = FALSE;
  update (self);
  g_mutex_unlock (&self->context_lock);
}

void
_mb_core_begin_blocking (MbCore *self)
{
  g_mutex_lock (&self->context_lock);
  self->n_blocking++;
  update (self);
  g_mutex_unlock (&self->context_lock);
}

void
_mb_core_end_blocking (MbCore *self)
{
  g_mutex_lock (&self->context_lock);
  self->n_blocking--;
  update (self);
  g_mutex_unlock (&self->context_lock);
}
