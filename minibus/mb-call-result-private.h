/* mb-call-result-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "mb-caller-private.h"

G_BEGIN_DECLS

/* MbCallResult is the GAsyncResult of a call: what a GTask would be, but used again when nobody keeps it. */

/* Belongs to the main context that is the thread's default now. `caller` may be NULL. */
MbCallResult *_mb_call_result_new             (GObject              *source,
                                               gpointer              tag,
                                               MbCaller             *caller,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
/* As g_object_unref(). */
void          _mb_call_result_drop            (gpointer              result);
GMainContext *_mb_call_result_get_context     (MbCallResult         *self);
GCancellable *_mb_call_result_get_cancellable (MbCallResult         *self);

/* Calls back, in its context; takes one of the two. */
void          _mb_call_result_return          (MbCallResult         *self,
                                               MbMessage            *reply,
                                               GError               *error);
/* Calls back when the context has its next turn; from any thread. Takes the result, too. */
void          _mb_call_result_fail_later      (MbCallResult         *self,
                                               GError               *error);

/* Whether a result is that of a call with this tag. */
gboolean      _mb_call_result_is_valid        (gpointer              result,
                                               gpointer              source,
                                               gpointer              tag);
/* Once. */
MbMessage    *_mb_call_result_propagate       (GAsyncResult         *result,
                                               GError              **error);

G_END_DECLS
