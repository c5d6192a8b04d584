/* collector.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "collector.h"

#include "patience.h"

#include <string.h>

#define PATIENCE 30

static void
push (gpointer      owner,
      const guint8 *data,
      gsize         length)
{
  Collector *self = owner;

  g_mutex_lock (&self->lock);
  self->n_packets++;
  if (!self->only_count)
    g_ptr_array_add (self->packets, g_bytes_new (data, length));
  self->thread = g_thread_self ();
  self->last_time = g_get_monotonic_time ();
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  if (self->on_push != NULL)
    self->on_push (self->on_push_data, data, length);
}

static void
report_loss (gpointer owner,
             guint    count)
{
  Collector *self = owner;

  g_assert_cmpuint (count, >, 0);

  g_mutex_lock (&self->lock);
  self->n_lost += count;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static const MbReceiverFuncs funcs = { push, report_loss };

Collector *
collector_new (void)
{
  Collector *self = g_new0 (Collector, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->packets = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->receiver = _mb_receiver_new (&funcs, self);

  return self;
}

void
collector_free (Collector *self)
{
  _mb_receiver_detach (self->receiver);
  g_clear_object (&self->receiver);
  g_ptr_array_unref (self->packets);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
has (Collector  *self,
     const char *text)
{
  for (guint i = 0; i < self->packets->len; i++)
    {
      gsize length;
      const char *data = g_bytes_get_data (g_ptr_array_index (self->packets, i), &length);

      if (length == strlen (text) && memcmp (data, text, length) == 0)
        return TRUE;
    }

  return FALSE;
}

static void
wait_until (Collector  *self,
            guint       n_packets,
            const char *text,
            guint       n_lost)
{
  gint64 end = patience_end (PATIENCE);

  g_mutex_lock (&self->lock);

  while (self->n_packets < n_packets || self->n_lost < n_lost ||
         (text != NULL && !has (self, text)))
    {
      if (!g_cond_wait_until (&self->changed, &self->lock, end))
        g_error ("Waited in vain for %u packets (there are %u), %u lost ones (%u), text %s",
                 n_packets, self->n_packets, n_lost, self->n_lost, text);
    }

  g_mutex_unlock (&self->lock);
}

void
collector_wait (Collector *self,
                guint      n_packets)
{
  wait_until (self, n_packets, NULL, 0);
}

void
collector_wait_for_text (Collector  *self,
                         const char *text)
{
  wait_until (self, 0, text, 0);
}

void
collector_wait_loss (Collector *self,
                     guint      n_lost)
{
  wait_until (self, 0, NULL, n_lost);
}

guint
collector_get_n_packets (Collector *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_packets;
}

gint64
collector_get_last_time (Collector *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->last_time;
}

guint
collector_get_n_lost (Collector *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_lost;
}

gboolean
collector_has (Collector  *self,
               const char *text)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return has (self, text);
}

guint
collector_count (Collector  *self,
                 const char *prefix)
{
  g_auto(GStrv) texts = collector_dup_texts (self);
  guint n = 0;

  for (guint i = 0; texts[i] != NULL; i++)
    n += g_str_has_prefix (texts[i], prefix);

  return n;
}

char **
collector_dup_texts (Collector *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *texts = g_ptr_array_new ();

  for (guint i = 0; i < self->packets->len; i++)
    {
      gsize length;
      const char *data = g_bytes_get_data (g_ptr_array_index (self->packets, i), &length);

      g_ptr_array_add (texts, g_strndup (data != NULL ? data : "", length));
    }

  g_ptr_array_add (texts, NULL);

  return (char **) g_ptr_array_free (texts, FALSE);
}

void
collector_clear (Collector *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_ptr_array_set_size (self->packets, 0);
  self->n_packets = 0;
  self->n_lost = 0;
}

gboolean
send_text (MbTransport  *transport,
           const char   *text,
           GError      **error)
{
  return mb_transport_send (transport, "/test", (const guint8 *) text, strlen (text), error);
}
