/* mb-subscriber-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"
#include "mb-receipts-private.h"
#include "mb-subscriber.h"

G_BEGIN_DECLS

struct _MbSubscriber
{
  GObject     parent_instance;

  MbCore     *core;
  MbRoute    *route;
  MbInbox    *inbox;
  MbReceipts *receipts;       /* from the first call of mb_subscriber_receive_async() on; or NULL */
  char       *pattern;
  guint       inbox_bytes;
  guint       inbox_size;
  MbOverflow  overflow;
  GHashTable *missed_from;    /* author to count; or NULL */
  gboolean    closed;
};

MbSubscriber *_mb_subscriber_new           (MbCore        *core,
                                            const char    *pattern,
                                            MbSchema      *schema,
                                            GError       **error);
/* Closes without a signal, and returns whether it was open. */
gboolean      _mb_subscriber_close_quietly (MbSubscriber  *self);
/* How much waits in its inbox, word of gaps among it. */
guint         _mb_subscriber_get_n_waiting (MbSubscriber  *self);

G_END_DECLS
