/* mb-network-watch-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <sys/socket.h>

G_BEGIN_DECLS

/* What has happened since the watch was last asked. */
typedef struct
{
  gboolean  changed;   /* something, and it may have been anything */
  gboolean  missed;    /* more than is known here */
  GArray   *down;      /* of guint: indices of interfaces that were down for a time */
} MbNetworkChanges;

int               _mb_network_watch_open   (int                    family,
                                            gboolean               with_routes);
gboolean          _mb_network_watch_read   (int                    fd,
                                            MbNetworkChanges      *changes);
MbNetworkChanges *_mb_network_changes_new  (void);
void              _mb_network_changes_free (MbNetworkChanges      *changes);
int               _mb_network_find_route   (const struct sockaddr *group,
                                            guint                 *index);
char             *_mb_network_list_names   (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbNetworkChanges, _mb_network_changes_free)

G_END_DECLS
