/* mb-multicast-backlog-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Packets that have been taken from the system, as its room is small, and wait to be looked at, in order. Nothing but
 * their bytes is kept, one behind the other: what has become a message already costs half as much again to deliver once
 * it has left the processor's caches.
 */
typedef struct _MbMulticastBacklog MbMulticastBacklog;

/* The largest packet. */
#define MB_BACKLOG_MAX_PACKET 65536

MbMulticastBacklog *_mb_multicast_backlog_new      (void);
void                _mb_multicast_backlog_free     (MbMulticastBacklog *self);
gboolean            _mb_multicast_backlog_is_empty (MbMulticastBacklog *self);
/* Whether so many packets of any size can be added. */
gboolean            _mb_multicast_backlog_has_room (MbMulticastBacklog *self,
                                                    guint               n_packets);
/* There has to be room. */
void                _mb_multicast_backlog_add      (MbMulticastBacklog *self,
                                                    const guint8       *data,
                                                    gsize               length);
/* The first packet, which stays where it is until the next one is added; or NULL when there is none. */
const guint8       *_mb_multicast_backlog_take     (MbMulticastBacklog *self,
                                                    gsize              *length);

G_END_DECLS
