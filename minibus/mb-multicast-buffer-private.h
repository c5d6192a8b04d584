/* mb-multicast-buffer-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where the system keeps packets until they are received. */
typedef struct
{
  guint32 size;      /* in bytes, as the system counts them */
  guint32 used;      /* likewise */
  guint32 n_drops;   /* packets dropped so far, for want of room or by a filter: the system does not tell which */
} MbMulticastBuffer;

/* Looks at the buffer of a socket. Returns FALSE if the system does not say. */
gboolean _mb_multicast_buffer_look (int                fd,
                                    MbMulticastBuffer *buffer);

G_END_DECLS
