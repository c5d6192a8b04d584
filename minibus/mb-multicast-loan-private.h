/* mb-multicast-loan-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whose turn it is to receive: that of a thread of our own, or that of a main loop to which the socket is lent.
 *
 * A loop that receives by itself spares the way through another thread, which costs more than all the rest of a
 * message. But a loop that is late would lose what does not fit into the system's buffer. So it has the socket only
 * while it runs, and the thread takes it back when the loop has not looked at it for some milliseconds. The thread
 * sleeps meanwhile: the loop sets a timer for it when it wakes up, unless that is set already. A loop that sleeps
 * needs no timer, as it will wake up at once for whatever comes.
 */
typedef struct _MbMulticastLoan MbMulticastLoan;

/* What the loop does with the socket when there is something. Returns for how many ms the thread shall have it, or 0
 * if the loop keeps it. */
typedef guint (*MbMulticastLoanFunc) (gpointer data);

/* `wake_fd` is an eventfd by which to call the thread. Returns NULL if the system has no timer to give. */
MbMulticastLoan *_mb_multicast_loan_new           (int                   socket_fd,
                                                   int                   wake_fd);
MbMulticastLoan *_mb_multicast_loan_ref           (MbMulticastLoan      *self);
void             _mb_multicast_loan_unref         (MbMulticastLoan      *self);
/* These four from any thread, one at a time. The context that it is attached to, or NULL. */
GMainContext    *_mb_multicast_loan_get_context   (MbMulticastLoan      *self);
/* Lends the socket to the loop of the context from its next turn on. `destroy` is called for `data` when `func` will
 * not be called any more. To be detached before it is attached to another one. */
void             _mb_multicast_loan_attach        (MbMulticastLoan      *self,
                                                   GMainContext         *context,
                                                   MbMulticastLoanFunc   func,
                                                   gpointer              data,
                                                   GDestroyNotify        destroy);
void             _mb_multicast_loan_detach        (MbMulticastLoan      *self);
/* While that is not so, the thread has it. */
void             _mb_multicast_loan_set_allowed   (MbMulticastLoan      *self,
                                                   gboolean              allowed);
/* Whether the buffer of the system is full by at least one in `parts` parts. */
gboolean         _mb_multicast_loan_is_full       (MbMulticastLoan      *self,
                                                   guint                 parts);
/* For the loop: it has just looked at the socket. */
void             _mb_multicast_loan_touch         (MbMulticastLoan      *self);
/* For the loop: whether there is something to do at once, whatever the socket says. */
void             _mb_multicast_loan_set_more      (MbMulticastLoan      *self,
                                                   gboolean              more);
/* Whether the loop has the socket now. From any thread. */
gboolean         _mb_multicast_loan_is_out        (MbMulticastLoan      *self);
/* For the thread: to be polled for input along with the rest, and what to do then. */
int              _mb_multicast_loan_get_timer     (MbMulticastLoan      *self);
void             _mb_multicast_loan_look          (MbMulticastLoan      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMulticastLoan, _mb_multicast_loan_unref)

G_END_DECLS
