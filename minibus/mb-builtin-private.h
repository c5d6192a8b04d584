/* mb-builtin-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"

G_BEGIN_DECLS

/* The eleven services that every client offers: protocol section 6. They are answered where packets are
 * received, so also while the program's main loop is busy. */
void     _mb_builtin_add_routes  (MbCore     *core);
/* `params` is the data of a request. receive_lock is held. */
void     _mb_builtin_handle      (MbCore     *core,
                                  MbRoute    *route,
                                  const char *topic,
                                  const char *id,
                                  JsonNode   *params);
/* Whether requests on this topic go to a built-in service of some client, whose parameters must be null. */
gboolean _mb_builtin_is_request  (const char *topic);
/* The schema of those parameters. Python peers that offer the services die of any others. */
MbSchema *_mb_builtin_get_params_schema (void);

G_END_DECLS
