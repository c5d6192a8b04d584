/* mb-peer-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-peer.h"
#include "mb-presence-private.h"

G_BEGIN_DECLS

struct _MbPeer
{
  GObject       parent_instance;

  MbCore       *core;
  MbPeerRecord *record;
  MbPeerState  *state;
  char          session[17];
  gboolean      is_own;
  gboolean      is_gone;
  GHashTable   *schemas;     /* set of texts: what has been handed out */
};

MbPeer       *_mb_peer_new        (MbCore        *core,
                                   MbPeerRecord  *record,
                                   MbPeerState   *state);
MbPeerRecord *_mb_peer_get_record (MbPeer        *self);
MbPeerState  *_mb_peer_get_state  (MbPeer        *self);
/* What is another than before is notified. */
void          _mb_peer_set_state  (MbPeer        *self,
                                   MbPeerState   *state);
void          _mb_peer_set_gone   (MbPeer        *self);

G_END_DECLS
