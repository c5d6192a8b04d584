/* mb-multicast-filter-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Topics beyond this cannot be told apart in the kernel: its memory for a filter is limited. */
#define MB_MULTICAST_FILTER_MAX_TOPICS 1024

/* A program of the kernel's classic packet filter: an array of struct sock_filter. Returns NULL when there are
 * too many topics.
 */
GArray   *_mb_multicast_filter_build  (const char * const *topics);
/* Returns whether the filter is attached to the socket now; if not, the socket has none. */
gboolean  _mb_multicast_filter_attach (int                 fd,
                                       GArray             *program);
void      _mb_multicast_filter_detach (int                 fd);
/* How many packets the kernel has dropped so far, for want of room or by a filter: it does not tell which.
 * Returns FALSE if it does not say. */
gboolean  _mb_multicast_filter_count  (int                 fd,
                                       guint32            *n_drops);

G_END_DECLS
