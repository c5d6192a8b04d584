/* mbtt-schemas.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

void        mbtt_load_schemas    (GListModel   *peers);
const char *mbtt_peer_get_schema (MbPeer       *peer,
                                  MbSchemaRole  role,
                                  const char   *name);

G_END_DECLS
