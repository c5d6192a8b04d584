/* mb-multicast-inlet-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-multicast-socket-private.h"
#include "mb-receiver.h"

G_BEGIN_DECLS

/* Where packets come in: takes them from the socket, a batch at a time, and gives them to a receiver. */
typedef struct _MbMulticastInlet MbMulticastInlet;

/* `socket` is not owned, and has to live as long. */
MbMulticastInlet *_mb_multicast_inlet_new        (MbMulticastSocket  *socket,
                                                  MbReceiver         *receiver,
                                                  GError            **error);
void              _mb_multicast_inlet_free       (MbMulticastInlet   *self);

/* What there is to say after receiving. */
typedef enum
{
  MB_INLET_DRAINED,   /* there was not more than this */
  MB_INLET_FULL,      /* there may be more */
  MB_INLET_FAILED,    /* the socket is in trouble; errno says which */
} MbInletState;

/* All of these without waiting, and from any thread, one at a time: `may_receive` is asked when it is this thread's
 * turn, and if it says no, nothing is done. */
typedef gboolean (*MbInletFunc) (gpointer data);

/* Hands up what is stored, up to a batch, or else what the system has. */
MbInletState      _mb_multicast_inlet_receive    (MbMulticastInlet   *self,
                                                  MbInletFunc         may_receive,
                                                  gpointer            data);
/* Stores a batch of what the system has, so that it has room again. */
MbInletState      _mb_multicast_inlet_store      (MbMulticastInlet   *self,
                                                  MbInletFunc         may_receive,
                                                  gpointer            data);
/* Hands up all that is stored. */
void              _mb_multicast_inlet_flush      (MbMulticastInlet   *self,
                                                  MbInletFunc         may_receive,
                                                  gpointer            data);
/* Whether anything is stored. From any thread. */
gboolean          _mb_multicast_inlet_has_stored (MbMulticastInlet   *self);
/* From here on the receiver is not called any more. Waits for a thread that is calling it, unless it is this one: then
 * returns FALSE, and nobody else can receive, or find out that they must not, before that call is over. */
gboolean          _mb_multicast_inlet_stop       (MbMulticastInlet   *self);
/* See _mb_multicast_socket_renew(). From any thread. */
gboolean          _mb_multicast_inlet_renew      (MbMulticastInlet   *self,
                                                  const MbNetworkChanges *changes);
/* See mb_transport_set_topics(). From any thread. */
void              _mb_multicast_inlet_set_topics (MbMulticastInlet   *self,
                                                  const char * const *wanted,
                                                  const char * const *unwanted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMulticastInlet, _mb_multicast_inlet_free)

G_END_DECLS
