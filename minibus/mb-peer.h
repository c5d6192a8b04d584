/* mb-peer.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mb-enums.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_PEER (mb_peer_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbPeer, mb_peer, MB, PEER, GObject)

MB_AVAILABLE_IN_ALL
guint               mb_peer_get_heartbeat          (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char         *mb_peer_get_host               (MbPeer               *self);
MB_AVAILABLE_IN_ALL
gboolean            mb_peer_get_is_encrypted       (MbPeer               *self);
MB_AVAILABLE_IN_ALL
gboolean            mb_peer_get_is_own             (MbPeer               *self);
MB_AVAILABLE_IN_ALL
gboolean            mb_peer_get_is_present         (MbPeer               *self);
MB_AVAILABLE_IN_ALL
MbKeyMatch          mb_peer_get_key_match          (MbPeer               *self);
MB_AVAILABLE_IN_ALL
MbPeerKind          mb_peer_get_kind               (MbPeer               *self);
MB_AVAILABLE_IN_ALL
gint64              mb_peer_get_last_seen          (MbPeer               *self);
MB_AVAILABLE_IN_ALL
guint               mb_peer_get_n_dropped          (MbPeer               *self);
MB_AVAILABLE_IN_ALL
guint               mb_peer_get_n_received         (MbPeer               *self);
MB_AVAILABLE_IN_ALL
guint               mb_peer_get_n_sent             (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char         *mb_peer_get_name               (MbPeer               *self);
MB_AVAILABLE_IN_ALL
int                 mb_peer_get_process_id         (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char * const *mb_peer_get_publishers         (MbPeer               *self);
MB_AVAILABLE_IN_ALL
double              mb_peer_get_seconds_since_seen (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char * const *mb_peer_get_service_clients    (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char * const *mb_peer_get_services           (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char         *mb_peer_get_session            (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char * const *mb_peer_get_subscribers        (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char         *mb_peer_get_version            (MbPeer               *self);
MB_AVAILABLE_IN_ALL
const char         *mb_peer_get_schema             (MbPeer               *self,
                                                    MbSchemaRole          role,
                                                    const char           *name);
MB_AVAILABLE_IN_ALL
void                mb_peer_load_schemas_async     (MbPeer               *self,
                                                    GCancellable         *cancellable,
                                                    GAsyncReadyCallback   callback,
                                                    gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean            mb_peer_load_schemas_finish    (MbPeer               *self,
                                                    GAsyncResult         *result,
                                                    GError              **error);

G_END_DECLS
