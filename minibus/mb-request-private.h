/* mb-request-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"
#include "mb-request.h"

G_BEGIN_DECLS

/* Takes `message`. */
MbRequest *_mb_request_new           (MbCore     *core,
                                      MbMessage  *message,
                                      MbSchema   *reply_schema);
/* As g_object_unref(), in the thread that a request was given to. If it has been answered, and nobody keeps it, it serves
 * for the next one. */
void       _mb_request_drop          (MbRequest  *self);
/* Answers with an error if there is no answer yet. */
void       _mb_request_fail          (MbRequest  *self,
                                      const char *message);

G_END_DECLS
