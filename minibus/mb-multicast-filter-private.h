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

/* A program of the kernel's classic packet filter: an array of struct sock_filter. It passes the wanted topics, or if
 * that is NULL all but those of the unwanted ones that there is room for. Returns NULL when there are too many, or
 * nothing to drop.
 */
GArray   *_mb_multicast_filter_build  (const char * const *wanted,
                                       const char * const *unwanted);
/* Returns whether the filter is attached to the socket now; if not, the socket has none. */
gboolean  _mb_multicast_filter_attach (int                 fd,
                                       GArray             *program);
void      _mb_multicast_filter_detach (int                 fd);

G_END_DECLS
