/* mb-receipts-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-mailbox-private.h"

G_BEGIN_DECLS

/* Those who wait for the next item of an inbox, which is held while there are none of them.
 * All of it belongs to the thread that runs the inbox's context. */
typedef struct _MbReceipts MbReceipts;

MbReceipts *_mb_receipts_new    (MbInbox    *inbox);
/* The tasks have to have been given back, or failed. */
void        _mb_receipts_free   (MbReceipts *self);
/* Keeps the task until it is taken, cancelled, or failed. */
void        _mb_receipts_add    (MbReceipts *self,
                                 GTask      *task);
/* The one that waits longest, to be given the item, an object, with a reference. If all have been cancelled, it is
 * NULL, and the item is kept for the next one. */
GTask      *_mb_receipts_take   (MbReceipts *self,
                                 gpointer    item);
/* What came was not an item: lets the next one come, if it is waited for. */
void        _mb_receipts_go_on  (MbReceipts *self);
/* Ends all with the error of a closed subscriber, or of being cancelled; soon, but not now. */
void        _mb_receipts_fail   (MbReceipts *self);
/* Ends one in the same way. */
void        _mb_receipts_refuse (GTask      *task);

G_END_DECLS
