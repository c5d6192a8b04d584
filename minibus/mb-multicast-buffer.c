/* mb-multicast-buffer.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-multicast-buffer-private.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

gboolean
_mb_multicast_buffer_look (int                fd,
                           MbMulticastBuffer *buffer)
{
  guint32 values[SK_MEMINFO_VARS];
  socklen_t length = sizeof values;

  /* Of what is used here, the number of drops stands last. */
  if (getsockopt (fd, SOL_SOCKET, SO_MEMINFO, values, &length) < 0 ||
      length <= SK_MEMINFO_DROPS * sizeof *values)
    return FALSE;

  buffer->size = values[SK_MEMINFO_RCVBUF];
  buffer->used = values[SK_MEMINFO_RMEM_ALLOC];
  buffer->n_drops = values[SK_MEMINFO_DROPS];

  return TRUE;
}
