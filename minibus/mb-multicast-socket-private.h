/* mb-multicast-socket-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/socket.h>

#include "mb-address.h"
#include "mb-network-watch-private.h"

G_BEGIN_DECLS

/* The largest payload of a UDP datagram over IPv4, and what other peers can expect over IPv6. */
#define MB_MULTICAST_SOCKET_MAX_PACKET_SIZE 65507

typedef struct _MbMulticastSocket MbMulticastSocket;

MbMulticastSocket *_mb_multicast_socket_new           (MbAddress               *address,
                                                       GError                 **error);
void               _mb_multicast_socket_free          (MbMulticastSocket       *self);
int                _mb_multicast_socket_get_fd        (MbMulticastSocket       *self);
guint              _mb_multicast_socket_get_n_targets (MbMulticastSocket       *self);
int                _mb_multicast_socket_send          (MbMulticastSocket       *self,
                                                       guint                    target,
                                                       const guint8            *data,
                                                       gsize                    length);
void               _mb_multicast_socket_set_error     (MbMulticastSocket       *self,
                                                       guint                    target,
                                                       int                      errnum,
                                                       GError                 **error);
/* Whether _mb_multicast_socket_accepts() wants to know where packets come from. */
gboolean           _mb_multicast_socket_needs_senders (MbMulticastSocket       *self);
gboolean           _mb_multicast_socket_accepts       (MbMulticastSocket       *self,
                                                       struct msghdr           *message,
                                                       const guint8            *data,
                                                       gsize                    length,
                                                       gint64                   now);
gboolean           _mb_multicast_socket_renew         (MbMulticastSocket       *self,
                                                       const MbNetworkChanges  *changes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMulticastSocket, _mb_multicast_socket_free)

G_END_DECLS
