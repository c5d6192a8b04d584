/* transport-helpers.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the tests of transports share. */

#pragma once

#include "collector.h"

G_BEGIN_DECLS

MbTransport *make_transport     (const char   *address);
MbTransport *open_transport     (const char   *address,
                                 Collector    *collector);
/* Closes a transport that nobody else has, or NULL, and frees its collector. */
void         finish_transport   (MbTransport  *transport,
                                 Collector    *collector);

/* Lets a test hold up a receiver; all zero is open. */
typedef struct
{
  GMutex   lock;
  GCond    changed;
  gboolean is_closed;      /* lock */
  gboolean is_reached;     /* lock; since it was closed */
} Gate;

/* For Collector.on_push. */
void         gate_pass          (gpointer      data,
                                 const guint8 *packet,
                                 gsize         length);
void         gate_close         (Gate         *self);
void         gate_wait_reached  (Gate         *self);
void         gate_open          (Gate         *self);

/* A thread that closes a transport. */
typedef struct
{
  MbTransport *transport;
  gint         is_done;    /* atomic */
} Closing;

gpointer     closing_thread     (gpointer      data);

/* A receiver that closes its transport, or lets go of it. */
typedef struct
{
  MbTransport *transport;
  gboolean     unref;
  gint         n_closed;   /* atomic */
} Closer;

/* For Collector.on_push. */
void         closer_close       (gpointer      data,
                                 const guint8 *packet,
                                 gsize         length);

/* A thread that sends "NUMBER 0", "NUMBER 1" and so on. */
typedef struct
{
  MbTransport *transport;
  guint        number;
  guint        n_packets;
} Sender;

gpointer     sender_thread      (gpointer      data);

G_END_DECLS
