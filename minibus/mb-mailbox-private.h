/* mb-mailbox-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "mb-enums.h"

G_BEGIN_DECLS

/* How finished work gets from any thread to the main context where the user's code runs.
 *
 * There is one mailbox for each main context in use. Objects own inboxes, bounded queues that deliver
 * through the mailbox of their context in the order of arrival, whatever inbox an item is in.
 */
typedef struct _MbMailbox MbMailbox;
typedef struct _MbInbox MbInbox;
typedef struct _MbWaiter MbWaiter;

typedef void (*MbInboxFunc) (gpointer owner,
                             gpointer item);
typedef void (*MbPostFunc)  (gpointer data);

MbMailbox *_mb_mailbox_get             (GMainContext   *context);
void       _mb_mailbox_unref           (MbMailbox      *self);
/* Runs `func` in the context, whatever is waiting there already; `data` is given away. The context may
 * be gone for good, then `destroy` is called instead. */
void       _mb_mailbox_post            (MbMailbox      *self,
                                        MbPostFunc      func,
                                        gpointer        data,
                                        GDestroyNotify  destroy);
/* Delivers what is waiting, up to a limit of number and time. For a source of its context that is being dispatched.
 * Tells whether there is more, and returns whether there was anything. */
gboolean   _mb_mailbox_take_turn       (MbMailbox      *self,
                                        gboolean       *more);
/* Delivers one urgent item, if there is any. For a thread that holds the context and blocks. */
gboolean   _mb_mailbox_dispatch_urgent (MbMailbox      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMailbox, _mb_mailbox_unref)

/* Delivers to `owner` only as long as it lives; does not keep it alive. Items in an urgent inbox are also
 * delivered while the owner of the context blocks in a synchronous call. */
MbInbox   *_mb_inbox_new               (GMainContext   *context,
                                        GObject        *owner,
                                        gboolean        urgent,
                                        MbInboxFunc     deliver,
                                        GDestroyNotify  free_item);
MbInbox   *_mb_inbox_ref               (MbInbox        *self);
void       _mb_inbox_unref             (MbInbox        *self);
GMainContext *
           _mb_inbox_get_context       (MbInbox        *self);
void       _mb_inbox_set_limits        (MbInbox        *self,
                                        guint           max_items,
                                        gsize           max_bytes,
                                        MbOverflow      overflow);
/* Takes `item`. Returns how many items were dropped for want of room, this one perhaps among them. */
guint      _mb_inbox_push              (MbInbox        *self,
                                        gpointer        item,
                                        gsize           cost);
/* The same. Returns the items that were dropped, to be freed with the array; or NULL for none. */
GPtrArray *_mb_inbox_push_full         (MbInbox        *self,
                                        gpointer        item,
                                        gsize           cost);
guint      _mb_inbox_get_length        (MbInbox        *self);
/* While it is held, nothing of it is delivered: its items wait, within the limits. Releasing lets at least the
 * oldest of those go that came while it was held, and all that come from then on. An urgent inbox is never held. */
void       _mb_inbox_hold              (MbInbox        *self);
void       _mb_inbox_release           (MbInbox        *self);
/* From here on nothing is delivered any more, also of what is waiting. */
void       _mb_inbox_close             (MbInbox        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbInbox, _mb_inbox_unref)

/* Something that a blocked thread waits on: urgent items of a mailbox, or whatever pokes it. */
MbWaiter  *_mb_waiter_new              (void);
MbWaiter  *_mb_waiter_ref              (MbWaiter       *self);
void       _mb_waiter_unref            (MbWaiter       *self);
void       _mb_waiter_poke             (MbWaiter       *self);
/* Returns FALSE when `deadline` (monotonic µs; 0 is never) has passed without a poke. */
gboolean   _mb_waiter_wait             (MbWaiter       *self,
                                        gint64          deadline);
void       _mb_mailbox_add_waiter      (MbMailbox      *self,
                                        MbWaiter       *waiter);
void       _mb_mailbox_remove_waiter   (MbMailbox      *self,
                                        MbWaiter       *waiter);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbWaiter, _mb_waiter_unref)

G_END_DECLS
