/* mb-subscriber-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"
#include "mb-subscriber.h"

G_BEGIN_DECLS

MbSubscriber *_mb_subscriber_new           (MbCore        *core,
                                            const char    *pattern,
                                            MbSchema      *schema,
                                            GError       **error);
/* Closes without a signal, and returns whether it was open. */
gboolean      _mb_subscriber_close_quietly (MbSubscriber  *self);
/* How much waits in its inbox, word of gaps among it. */
guint         _mb_subscriber_get_n_waiting (MbSubscriber  *self);

G_END_DECLS
