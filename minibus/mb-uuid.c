/* mb-uuid.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-uuid-private.h"

#include <string.h>
#include <unistd.h>

#include "mb-hex-private.h"
#include "mb-thread-private.h"

#define N_BYTES 16

static void
refill (MbUuidSource *self)
{
  self->process = _mb_process_get ();
  self->n_left = sizeof self->bytes;

  /* So few bytes are never refused, but by a system without such a source, or that forbids it. */
  if (getentropy (self->bytes, sizeof self->bytes) == 0)
    return;

  for (guint i = 0; i < sizeof self->bytes; i++)
    self->bytes[i] = (guint8) g_random_int ();
}

void
_mb_uuid_put (MbUuidSource *self,
              char          out[MB_UUID_SIZE])
{
  char digits[2 * N_BYTES];
  guint8 *bytes;

  if (self->n_left == 0 || self->process != _mb_process_get ())
    refill (self);
  self->n_left -= N_BYTES;
  bytes = self->bytes + self->n_left;

  bytes[6] = 0x40 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);

  for (guint i = 0; i < N_BYTES; i += 4)
    {
      guint32 word;

      memcpy (&word, bytes + i, sizeof word);
      _mb_hex_put (digits + 2 * i, GUINT32_FROM_BE (word));
    }

  memcpy (out, digits, 8);
  out[8] = '-';
  memcpy (out + 9, digits + 8, 4);
  out[13] = '-';
  memcpy (out + 14, digits + 12, 4);
  out[18] = '-';
  memcpy (out + 19, digits + 16, 4);
  out[23] = '-';
  memcpy (out + 24, digits + 20, 12);
  out[36] = '\0';
}
