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
/* Answers with an error if there is no answer yet. */
void       _mb_request_fail          (MbRequest  *self,
                                      const char *message);

G_END_DECLS
