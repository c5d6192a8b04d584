/* collector.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "minibus/mb-receiver-private.h"
#include "minibus/mb-transport.h"

G_BEGIN_DECLS

/* Stands in for a client: keeps what its receiver is given, from any thread. */
typedef struct
{
  MbReceiver *receiver;

  GMutex      lock;
  GCond       changed;
  GPtrArray  *packets;     /* lock; of GBytes */
  guint       n_lost;      /* lock */
  gboolean    only_count;  /* keep no packets */
  guint       n_packets;   /* lock */
  GThread    *thread;      /* lock; the last one that called */
  gint64      last_time;   /* lock; when that was */

  /* Called with each packet, without the lock. */
  void      (*on_push) (gpointer      data,
                        const guint8 *packet,
                        gsize         length);
  gpointer    on_push_data;
} Collector;

Collector  *collector_new            (void);
void        collector_free           (Collector   *self);
/* These wait for as long as a test may last, and fail after that. */
void        collector_wait           (Collector   *self,
                                      guint        n_packets);
void        collector_wait_for_text  (Collector   *self,
                                      const char  *text);
void        collector_wait_loss      (Collector   *self,
                                      guint        n_lost);
guint       collector_get_n_packets  (Collector   *self);
gint64      collector_get_last_time  (Collector   *self);
guint       collector_get_n_lost     (Collector   *self);
gboolean    collector_has            (Collector   *self,
                                      const char  *text);
/* How many packets begin with a text. */
guint       collector_count          (Collector   *self,
                                      const char  *prefix);
/* The packets, as text, in the order of arrival. */
char      **collector_dup_texts      (Collector   *self);
void        collector_clear          (Collector   *self);

gboolean    send_text                (MbTransport  *transport,
                                      const char   *text,
                                      GError      **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Collector, collector_free)

G_END_DECLS
