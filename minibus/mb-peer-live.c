/* mb-peer-live.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What changes with each sign of life of a peer, and is asked for when it is needed. */

#include "config.h"

#include "mb-peer-private.h"

/**
 * mb_peer_get_heartbeat: (get-property heartbeat)
 * @self: a peer
 *
 * Gets how often the peer gives a sign of life.
 *
 * Returns: the time between two signs of life, in milliseconds
 *
 * Since: 0.1
 */
guint
mb_peer_get_heartbeat (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.every;
}

/**
 * mb_peer_get_key_match: (get-property key-match)
 * @self: a peer
 *
 * Gets whether the peer has the own keys.
 *
 * Returns: whether the keys match
 *
 * Since: 0.1
 */
MbKeyMatch
mb_peer_get_key_match (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.key_match;
}

/**
 * mb_peer_get_last_seen: (get-property last-seen)
 * @self: a peer
 *
 * Gets when the peer gave its last sign of life.
 *
 * Returns: the time, in microseconds
 *
 * Since: 0.1
 */
gint64
mb_peer_get_last_seen (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.last_seen;
}

/**
 * mb_peer_get_n_dropped: (get-property n-dropped)
 * @self: a peer
 *
 * Gets how many messages the peer dropped.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_peer_get_n_dropped (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.n_dropped;
}

/**
 * mb_peer_get_n_received: (get-property n-received)
 * @self: a peer
 *
 * Gets how many packets the peer received.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_peer_get_n_received (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.n_received;
}

/**
 * mb_peer_get_n_sent: (get-property n-sent)
 * @self: a peer
 *
 * Gets how many packets the peer sent.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_peer_get_n_sent (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.n_sent;
}

/**
 * mb_peer_get_seconds_since_seen:
 * @self: a peer
 *
 * Gets how long ago the peer gave its last sign of life.
 *
 * Returns: the time, in seconds
 *
 * Since: 0.1
 */
double
mb_peer_get_seconds_since_seen (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), 0);

  return (double) MAX (g_get_monotonic_time () - mb_peer_get_last_seen (self), 0) / G_TIME_SPAN_SECOND;
}
