/* mb-directory-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-directory-lists-private.h"
#include "mb-directory.h"
#include "mb-presence-private.h"

G_BEGIN_DECLS

struct _MbDirectory
{
  GObject             parent_instance;

  MbClient           *client;
  GMainContext       *context;
  GThread            *thread;        /* of construction; only compared */
  MbInbox            *inbox;
  MbPresenceListener *listener;      /* NULL when closed */
  GPtrArray          *peers;         /* of MbPeer, by name and session */
  GHashTable         *by_record;     /* MbPeerRecord to MbPeer; borrows both */
  MbDirectoryLists    lists;
  GPtrArray          *watches;       /* see mb-directory.c */
  guint               last_watch_id;
  gboolean            show_hidden;
  gboolean            settled;
};

/* Brings the lists up to date, and tells of it. */
void _mb_directory_apply_changes (MbDirectory *self);

G_END_DECLS
