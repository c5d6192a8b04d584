/* mbtt-bus.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

/* A client of its own, and who else is on the bus. */
typedef struct
{
  MbClient    *client;
  MbDirectory *directory;
} MbttBus;

typedef struct
{
  char      *name;
  GPtrArray *peers;       /* their names, sorted */
} MbttEntry;

typedef const char *const *(*MbttPeerNames) (MbPeer *peer);

gboolean   mbtt_bus_open      (MbttBus        *self,
                               gboolean        shows_hidden,
                               int            *status);
gboolean   mbtt_bus_collect   (MbttBus        *self,
                               int            *status);
void       mbtt_bus_clear     (MbttBus        *self);
gboolean   mbtt_has_other     (GListModel     *peers);
GPtrArray *mbtt_bus_get_peers (MbttBus        *self);
GPtrArray *mbtt_bus_get_names (MbttBus        *self,
                               MbttPeerNames   get_names,
                               gboolean        shows_hidden);

const char *const *mbtt_peer_get_publishers  (MbPeer *peer);
const char *const *mbtt_peer_get_subscribers (MbPeer *peer);
const char *const *mbtt_peer_get_services    (MbPeer *peer);

void       mbtt_append_names  (GString            *object,
                               const char         *member,
                               const char *const  *names,
                               gboolean            shows_hidden);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MbttBus, mbtt_bus_clear)

G_END_DECLS
