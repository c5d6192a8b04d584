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
/* Whether `data`, as the JSON writer writes it, may be sent on this topic. Those of the built-in services, of
 * whichever client, have fixed types, and Python peers die of any others. `data` ends with a NUL. */
gboolean _mb_builtin_check       (const char  *topic,
                                  const char  *data,
                                  gsize        length,
                                  GError     **error);

G_END_DECLS
