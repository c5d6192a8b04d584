/* mb-client-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-client.h"
#include "mb-core-private.h"

G_BEGIN_DECLS

struct _MbClient
{
  GObject       parent_instance;

  GMainContext *context;
  GThread      *thread;           /* of construction; only compared */
  MbCore       *core;
  char         *name;
  char         *address;          /* or NULL */
  char         *passphrase;       /* or NULL */
  MbTransport  *given_transport;  /* or NULL */
  MbTransport  *transport;        /* from opening to closing */
  MbReceiver   *receiver;         /* likewise */
  guint         max_packet_size;
  gboolean      opening;
  gboolean      closed_while_opening;
  gboolean      is_open;
  char          session[17];      /* of the last opening */

  GMutex        lock;
  GPtrArray    *subscribers;      /* lock */
  GPtrArray    *services;         /* lock */
  GQueue        callers;          /* lock; the one used last is first */
};

/* Indexed by reason. */
void _mb_client_add_drop_properties (GParamSpec **properties);
void _mb_client_add_drop_signal     (void);
/* Emits the signal for a reason, which is `item` less one. */
void _mb_client_report_drops        (gpointer     owner,
                                     gpointer     item);

G_END_DECLS
