/* mb-path-filter.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Recognises packets that have come by another path before.
 *
 * A packet that goes out through two interfaces arrives twice wherever both lead, at the sender's
 * own host first of all. Copies have the same bytes but come by another interface, or from
 * another address of the sender. The same bytes by the same path are no copy of this kind:
 * somebody sent them twice, or the network did, and what to do about that is not for a transport
 * to decide.
 */

#include "config.h"

#include "mb-path-filter-private.h"

#include <string.h>

#define N_SETS 1024
#define N_WAYS 4

typedef struct
{
  guint64 packet;    /* keyed hashes; 0 is a free place */
  guint64 path;
  gint64  time;      /* when the first one came */
} Sight;

struct _MbPathFilter
{
  guint64 key[2];
  Sight   sights[N_SETS][N_WAYS];
};

static guint64
rotate (guint64 x,
        guint   bits)
{
  return x << bits | x >> (64 - bits);
}

static void
round_sip (guint64 v[4])
{
  v[0] += v[1];
  v[1] = rotate (v[1], 13) ^ v[0];
  v[0] = rotate (v[0], 32);
  v[2] += v[3];
  v[3] = rotate (v[3], 16) ^ v[2];
  v[0] += v[3];
  v[3] = rotate (v[3], 21) ^ v[0];
  v[2] += v[1];
  v[1] = rotate (v[1], 17) ^ v[2];
  v[2] = rotate (v[2], 32);
}

/* SipHash-1-3: fast, and nobody who does not know the key can make two packets collide. */
static guint64
hash (const guint64  key[2],
      const guint8  *data,
      gsize          length)
{
  guint64 v[4] = {
    key[0] ^ G_GUINT64_CONSTANT (0x736f6d6570736575),
    key[1] ^ G_GUINT64_CONSTANT (0x646f72616e646f6d),
    key[0] ^ G_GUINT64_CONSTANT (0x6c7967656e657261),
    key[1] ^ G_GUINT64_CONSTANT (0x7465646279746573),
  };
  guint64 word;

  for (; length >= sizeof word; data += sizeof word, length -= sizeof word)
    {
      memcpy (&word, data, sizeof word);
      v[3] ^= word;
      round_sip (v);
      v[0] ^= word;
    }

  /* The hash never leaves the process, so the order of bytes does not matter. */
  word = 0;
  if (length > 0)
    memcpy (&word, data, length);
  word ^= (guint64) (length + 1) << 56;
  v[3] ^= word;
  round_sip (v);
  v[0] ^= word;

  v[2] ^= 0xff;
  for (guint i = 0; i < 3; i++)
    round_sip (v);

  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/*< private >
 * _mb_path_filter_new:
 *
 * Returns: (transfer full): a filter that has seen nothing; it never grows
 */
MbPathFilter *
_mb_path_filter_new (void)
{
  MbPathFilter *self = g_new0 (MbPathFilter, 1);

  for (guint i = 0; i < G_N_ELEMENTS (self->key); i++)
    self->key[i] = (guint64) g_random_int () << 32 | g_random_int ();

  return self;
}

void
_mb_path_filter_free (MbPathFilter *self)
{
  g_free (self);
}

/*< private >
 * _mb_path_filter_accepts:
 * @self: a filter
 * @data: a packet
 * @length: its size
 * @path: anything that tells one path from another
 * @path_length: its size
 * @now: the time, in microseconds
 *
 * Returns: false if the same bytes came by another path within the last second
 */
gboolean
_mb_path_filter_accepts (MbPathFilter *self,
                         const guint8 *data,
                         gsize         length,
                         const guint8 *path,
                         gsize         path_length,
                         gint64        now)
{
  guint64 packet = hash (self->key, data, length) | 1;
  guint64 by = hash (self->key, path, path_length);
  Sight *set = self->sights[(packet >> 1) % N_SETS];
  Sight *oldest = &set[0];

  for (guint i = 0; i < N_WAYS; i++)
    {
      if (set[i].packet == packet && now - set[i].time < MB_PATH_FILTER_TIME)
        return set[i].path == by;

      if (set[i].packet == packet)
        {
          oldest = &set[i];
          break;
        }

      if (set[i].time < oldest->time)
        oldest = &set[i];
    }

  *oldest = (Sight) { packet, by, now };

  return TRUE;
}
