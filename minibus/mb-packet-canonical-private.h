/* mb-packet-canonical-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-packet-private.h"

G_BEGIN_DECLS

/* Packets just as libminibus writes them, read in one straight go. Whatever differs, is escaped or is not ASCII is left
 * to the general reader, which finds the same in them.
 */

/* The tag. Moves the cursor behind it if it is there. */
gboolean _mb_packet_scan_canonical_tag    (MbTag       *tag,
                                           const char **cursor,
                                           const char  *end);
/* Finds the header, which has to be canonical. Returns FALSE, and nothing, if it is not. */
gboolean _mb_packet_scan_canonical_header (MbPacket    *packet,
                                           const char  *datagram,
                                           gsize        length);
/* Finds where the data should be, behind a header that was found, without looking at it. Returns FALSE if it is
 * elsewhere. */
gboolean _mb_packet_find_canonical_data   (const MbPacket *packet,
                                           const char     *datagram,
                                           gsize           length,
                                           MbSpan         *data);
/* Finds the data behind a header that was found so, to the end of the datagram, and sets `data` to what it means. Returns
 * FALSE, with nothing found, if anything is out of the ordinary. */
gboolean _mb_packet_take_plain_data       (MbPacket    *packet,
                                           const char  *datagram,
                                           gsize        length,
                                           GString     *data);

G_END_DECLS
