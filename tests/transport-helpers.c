/* transport-helpers.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "transport-helpers.h"

MbTransport *
make_transport (const char *address)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) parsed = mb_address_parse (address, &error);

  g_assert_no_error (error);

  return mb_transport_new_for_address (parsed);
}

MbTransport *
open_transport (const char *address,
                Collector  *collector)
{
  g_autoptr(GError) error = NULL;
  MbTransport *transport = make_transport (address);

  mb_transport_open_sync (transport, collector->receiver, NULL, &error);
  g_assert_no_error (error);

  return transport;
}

void
finish_transport (MbTransport *transport,
                  Collector   *collector)
{
  if (transport != NULL)
    {
      mb_transport_close (transport);
      g_assert_finalize_object (transport);
    }

  collector_free (collector);
}

void
gate_pass (gpointer      data,
           const guint8 *packet,
           gsize         length)
{
  Gate *self = data;

  g_mutex_lock (&self->lock);
  self->is_reached = TRUE;
  g_cond_broadcast (&self->changed);
  while (self->is_closed)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
gate_close (Gate *self)
{
  g_mutex_lock (&self->lock);
  self->is_reached = FALSE;
  self->is_closed = TRUE;
  g_mutex_unlock (&self->lock);
}

void
gate_wait_reached (Gate *self)
{
  g_mutex_lock (&self->lock);
  while (!self->is_reached)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
gate_open (Gate *self)
{
  g_mutex_lock (&self->lock);
  self->is_closed = FALSE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

gpointer
closing_thread (gpointer data)
{
  Closing *self = data;

  mb_transport_close (self->transport);
  g_atomic_int_set (&self->is_done, TRUE);

  return NULL;
}

void
closer_close (gpointer      data,
              const guint8 *packet,
              gsize         length)
{
  Closer *self = data;

  if (self->unref)
    g_clear_object (&self->transport);
  else
    mb_transport_close (self->transport);

  g_atomic_int_inc (&self->n_closed);
}

gpointer
sender_thread (gpointer data)
{
  const Sender *self = data;

  for (guint i = 0; i < self->n_packets; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u %u", self->number, i);

      g_assert_true (send_text (self->transport, text, NULL));
    }

  return NULL;
}
