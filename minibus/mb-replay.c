/* mb-replay.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-replay-private.h"

#include <string.h>

#include "mb-cipher-private.h"

#define BITS_PER_WORD 64
#define N_WORDS       4
#define N_BITS        (BITS_PER_WORD * N_WORDS)

/* Stands for a stream of numbered messages, or for a single one without number. */
typedef struct
{
  guint8  key[MB_CIPHER_DIGEST_LENGTH];
  GList   link;            /* in its queue, in the order of use */
  gint64  last_used;
  guint64 highest;         /* 0 for a single message */
  guint64 seen[N_WORDS];   /* bit n: number `highest - n` */
} Entry;

struct _MbReplay
{
  GHashTable *entries;     /* Entry, owned, by its key */
  GQueue      streams;
  GQueue      singles;
  guint       max_entries;
  gint64      window_us;
};

static guint
entry_hash (gconstpointer data)
{
  guint hash;

  /* The key is a digest, so any part of it is a good hash. */
  memcpy (&hash, data, sizeof hash);

  return hash;
}

static gboolean
entry_equal (gconstpointer a,
             gconstpointer b)
{
  return memcmp (a, b, MB_CIPHER_DIGEST_LENGTH) == 0;
}

static void
remove_oldest (MbReplay *self,
               GQueue   *order)
{
  Entry *oldest = order->head->data;

  g_queue_unlink (order, &oldest->link);
  g_hash_table_remove (self->entries, oldest);
}

static void
expire (MbReplay *self,
        gint64    now)
{
  /* Time does not end a stream: its old messages would be new again. */
  while (self->streams.length > self->max_entries)
    remove_oldest (self, &self->streams);

  while (self->singles.head != NULL)
    {
      Entry *oldest = self->singles.head->data;

      if (self->singles.length <= self->max_entries && now - oldest->last_used <= self->window_us)
        return;

      remove_oldest (self, &self->singles);
    }
}

/* Moves the window up by `n` numbers. */
static void
shift (Entry   *entry,
       guint64  n)
{
  guint words = (guint) MIN (n / BITS_PER_WORD, N_WORDS);
  guint bits = (guint) (n % BITS_PER_WORD);

  for (guint i = N_WORDS; i-- > 0;)
    {
      guint64 word = i >= words ? entry->seen[i - words] : 0;

      if (bits > 0)
        {
          word <<= bits;
          if (i > words)
            word |= entry->seen[i - words - 1] >> (BITS_PER_WORD - bits);
        }
      entry->seen[i] = word;
    }
}

static gboolean
accept_number (Entry   *entry,
               guint64  sequence)
{
  guint64 age;
  guint64 bit;

  if (sequence > entry->highest)
    {
      shift (entry, sequence - entry->highest);
      entry->highest = sequence;
      entry->seen[0] |= 1;
      return TRUE;
    }

  age = entry->highest - sequence;
  if (age >= N_BITS)
    return FALSE;

  bit = (guint64) 1 << (age % BITS_PER_WORD);
  if ((entry->seen[age / BITS_PER_WORD] & bit) != 0)
    return FALSE;

  entry->seen[age / BITS_PER_WORD] |= bit;

  return TRUE;
}

MbReplay *
_mb_replay_new (guint  max_entries,
                gint64 window_us)
{
  MbReplay *self = g_new0 (MbReplay, 1);

  self->entries = g_hash_table_new_full (entry_hash, entry_equal, g_free, NULL);
  g_queue_init (&self->streams);
  g_queue_init (&self->singles);
  self->max_entries = MAX (max_entries, 1);
  self->window_us = window_us;

  return self;
}

void
_mb_replay_free (MbReplay *self)
{
  g_hash_table_unref (self->entries);
  g_free (self);
}

gboolean
_mb_replay_accept (MbReplay   *self,
                   const char *topic,
                   const char *author,
                   guint64     session,
                   guint64     sequence,
                   const char *id,
                   gint64      now)
{
  GQueue *order = sequence > 0 ? &self->streams : &self->singles;
  guint8 key[MB_CIPHER_DIGEST_LENGTH];
  Entry *entry;

  /* Numbers are compared within their stream, so they and the ids are no part of its name. */
  _mb_cipher_digest (sequence > 0 ? "mb-stream" : "mb-message",
                     topic, author, sequence > 0 ? NULL : id, session, 0, key);

  expire (self, now);

  entry = g_hash_table_lookup (self->entries, key);
  if (entry != NULL)
    {
      if (sequence == 0 || !accept_number (entry, sequence))
        return FALSE;

      g_queue_unlink (order, &entry->link);
    }
  else
    {
      entry = g_new0 (Entry, 1);
      memcpy (entry->key, key, sizeof key);
      entry->link.data = entry;
      entry->highest = sequence;
      entry->seen[0] = 1;
      g_hash_table_add (self->entries, entry);
    }

  entry->last_used = now;
  g_queue_push_tail_link (order, &entry->link);
  expire (self, now);

  return TRUE;
}

guint
_mb_replay_get_n_entries (MbReplay *self)
{
  return g_hash_table_size (self->entries);
}
