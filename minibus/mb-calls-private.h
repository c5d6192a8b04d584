/* mb-calls-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "mb-mailbox-private.h"
#include "mb-message.h"
#include "mb-schema.h"

G_BEGIN_DECLS

/* Calls of services that wait for their answer, by request id. */
typedef struct _MbCalls MbCalls;
typedef struct _MbCall MbCall;

/* What is known of those who offer a service. */
typedef enum
{
  MB_OFFERED_UNKNOWN,
  MB_OFFERED_BEFORE,     /* somebody has offered it, or answered */
  MB_OFFERED_SILENTLY,   /* the last answer came from one who can say nothing while it works */
} MbOffered;

/* Called once for each call, with its result in it; see _mb_call_take_result(). Asynchronous calls: in the
 * main context of the caller. Synchronous ones: not at all, the waiter is poked. */
typedef void (*MbCallFunc) (MbCall   *call,
                            gpointer  user_data);

MbCalls    *_mb_calls_new              (void);
MbCalls    *_mb_calls_ref              (MbCalls         *self);
void        _mb_calls_unref            (MbCalls         *self);
/* Takes the call of this service, or of any if NULL, that waits for this id, or returns NULL; `late` tells
 * whether one waited not long ago. */
MbCall     *_mb_calls_take             (MbCalls         *self,
                                        const char      *id,
                                        const char      *service,
                                        gboolean        *late);
/* Ends all calls of an owner, or all at all if it is NULL, with this error. */
void        _mb_calls_fail             (MbCalls         *self,
                                        gconstpointer    owner,
                                        const GError    *error);
/* No call waits any more, and none will be started: lets go of the main contexts. */
void        _mb_calls_stop             (MbCalls         *self);

guint       _mb_calls_get_n_waiting    (MbCalls         *self);
/* The names, each once and without a slash at the end, of the services that calls wait for which were started before
 * this monotonic time. */
GPtrArray  *_mb_calls_list_services    (MbCalls         *self,
                                        gint64           before);
/* Ends the calls of one service that were started before this time, with this error. */
void        _mb_calls_fail_service     (MbCalls         *self,
                                        const char      *name,
                                        gint64           before,
                                        const GError    *error);
/* Nothing is known any more of who offers what: the bus may be another one. */
void        _mb_calls_forget_providers (MbCalls         *self);
/* Somebody says to offer this service. */
void        _mb_calls_note_offered     (MbCalls         *self,
                                        const char      *name);
MbOffered   _mb_calls_get_offered      (MbCalls         *self,
                                        const char      *name);

/* `service` is a GRefString that ends in a slash. `timeout` is in milliseconds, 0 for none. With a waiter the call is synchronous. */
MbCall     *_mb_call_new               (gconstpointer    owner,
                                        char            *service,
                                        MbSchema        *reply_schema,
                                        guint            timeout,
                                        MbWaiter        *waiter);
MbCall     *_mb_call_ref               (MbCall          *self);
void        _mb_call_unref             (MbCall          *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbCall, _mb_call_unref)

/* Registers the call, before its request is sent: an answer may come at once. */
void        _mb_call_start             (MbCall          *self,
                                        MbCalls         *calls,
                                        GMainContext    *context,
                                        GCancellable    *cancellable,
                                        MbCallFunc       func,
                                        gpointer         user_data,
                                        GDestroyNotify   destroy);
/* The request could not be sent: as if it had never been started. Returns FALSE if the call has ended
 * meanwhile in another way. */
gboolean    _mb_call_abandon           (MbCall          *self);
/* Ends a call that was taken; from any thread. Takes one of the two. */
void        _mb_call_complete          (MbCall          *self,
                                        MbMessage       *message,
                                        GError          *error);
/* Whether it is to be asked who offers the service: nobody is known to, and the last question was `gap` µs ago. The
 * answer is yes only once. */
gboolean    _mb_call_claim_question    (MbCall          *self,
                                        gint64           gap);
/* An answer came, from one who announces itself or from a silent one. */
void        _mb_call_note_answered     (MbCall          *self,
                                        gboolean         silent);
/* Once the call has been started. */
const char *_mb_call_get_id            (MbCall          *self);
MbSchema   *_mb_call_get_reply_schema  (MbCall          *self);
/* Blocks until the call has ended; serves requests of `mailbox`, if not NULL, meanwhile. */
void        _mb_call_wait              (MbCall          *self,
                                        MbMailbox       *mailbox);
MbMessage  *_mb_call_take_result       (MbCall          *self,
                                        GError         **error);

G_END_DECLS
