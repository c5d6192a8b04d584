/* mbtt-peers.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

void  mbtt_append_peer  (GString  *object,
                         MbPeer   *peer,
                         gboolean  shows_hidden);
char *mbtt_peer_to_json (MbPeer   *peer,
                         gboolean  shows_hidden);
char *mbtt_peer_locate  (MbPeer   *peer);

G_END_DECLS
