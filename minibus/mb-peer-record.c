/* mb-peer-record.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is known of one peer: the entries of the table, which those hold, too, who show them. */

#include "config.h"

#include "mb-peer-table-private.h"

/* What changes while others look at it; shared with the table. */
G_LOCK_EXTERN (_mb_peer_live);
G_LOCK_DEFINE (_mb_peer_live);

MbPeerState *
_mb_peer_state_ref (MbPeerState *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_peer_state_unref (MbPeerState *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    g_strfreev (self->lists[i]);
  g_free (self->host);
  g_free (self->version);
  g_free (self);
}

MbPeerRecord *
_mb_peer_record_ref (MbPeerRecord *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_peer_record_unref (MbPeerRecord *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->state, _mb_peer_state_unref);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->schemas, g_hash_table_unref);
  g_free (self->name);
  g_free (self);
}

void
_mb_peer_record_get_live (MbPeerRecord *self,
                          MbPeerLive   *copy)
{
  G_LOCK (_mb_peer_live);
  *copy = self->live;
  G_UNLOCK (_mb_peer_live);
}

void
_mb_peer_record_set_key (MbPeerRecord *self,
                         MbKeyMatch    key_match)
{
  G_LOCK (_mb_peer_live);
  self->live.key_match = key_match;
  G_UNLOCK (_mb_peer_live);
}

char *
_mb_peer_record_dup_schema (MbPeerRecord *self,
                            const char   *name)
{
  char *text = NULL;

  G_LOCK (_mb_peer_live);
  if (self->schemas != NULL)
    text = g_strdup (g_hash_table_lookup (self->schemas, name));
  G_UNLOCK (_mb_peer_live);

  return text;
}
