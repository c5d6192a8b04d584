/* mb-uuid-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The text of a UUID with its NUL. */
#define MB_UUID_SIZE 37

/* Where random UUIDs come from: bytes that the system gave, so many at once because asking costs more than all the
 * rest. All zero at first. */
typedef struct
{
  guint8 bytes[256];
  guint  n_left;
  guint  process;    /* the one that they are for: no other must come to the same ids */
} MbUuidSource;

/* Writes a random UUID (version 4) that nobody can foresee, whatever others they have seen. */
void _mb_uuid_put (MbUuidSource *self,
                   char          out[MB_UUID_SIZE]);

G_END_DECLS
