/* mb-caller-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"

G_BEGIN_DECLS

/* The calling side of one service: what MbServiceClient and the short calls of MbClient share. */
typedef struct _MbCaller MbCaller;
/* See mb-call-result-private.h. */
typedef struct _MbCallResult MbCallResult;

MbCaller   *_mb_caller_new                (MbCore           *core,
                                           const char       *name,
                                           MbSchema         *request_schema,
                                           MbSchema         *reply_schema,
                                           GError          **error);
MbCaller   *_mb_caller_ref                (MbCaller         *self);
void        _mb_caller_unref              (MbCaller         *self);
/* Calls that are under way end with MB_CLIENT_ERROR_CLOSED. */
void        _mb_caller_close              (MbCaller         *self);
const char *_mb_caller_get_name           (MbCaller         *self);
MbSchema   *_mb_caller_get_request_schema (MbCaller         *self);
MbSchema   *_mb_caller_get_reply_schema   (MbCaller         *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbCaller, _mb_caller_unref)

/* In all of these, the parameters are a node (NULL is null), or `text` if that is not NULL, and the time limit
 * is in milliseconds, 0 for the default of 5,000, G_MAXUINT for none. */

/* Returns the id of the request; `func` gets the answer in `context`. */
char       *_mb_caller_call               (MbCaller         *self,
                                           JsonNode         *params,
                                           const char       *text,
                                           guint             timeout,
                                           GMainContext     *context,
                                           MbCallFunc        func,
                                           gpointer          user_data,
                                           GDestroyNotify    destroy,
                                           GError          **error);
/* Takes `result`. */
void        _mb_caller_call_async         (MbCaller         *self,
                                           MbCallResult     *result,
                                           JsonNode         *params,
                                           const char       *text,
                                           guint             timeout);
/* If the thread runs `context`, it serves the requests to services there meanwhile; may be NULL. */
MbMessage  *_mb_caller_call_sync          (MbCaller         *self,
                                           JsonNode         *params,
                                           const char       *text,
                                           guint             timeout,
                                           GMainContext     *context,
                                           GCancellable     *cancellable,
                                           GError          **error);

/* The data or text of a reply, with its own reference; NULL stays NULL. Takes `reply`. */
JsonNode   *_mb_reply_to_node             (MbMessage        *reply);
char       *_mb_reply_to_text             (MbMessage        *reply);

G_END_DECLS
