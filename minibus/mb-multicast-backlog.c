/* mb-multicast-backlog.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-multicast-backlog-private.h"

#include <string.h>
#include <sys/mman.h>

/* As much as comes in some 50 ms at the highest rates. */
#define CAPACITY (16 * 1024 * 1024)
/* So much memory is kept when the backlog is empty. */
#define KEPT (256 * 1024)

/* Packets lie in a ring, each behind its length. None goes over the end: a length of REST says to go on at the start. */
#define REST G_MAXUINT32
#define ALIGN(size) (((size) + 7) & ~(gsize) 7)

struct _MbMulticastBacklog
{
  guint8 *bytes;       /* only pages that were needed take memory */
  gsize   first;       /* where the first packet is */
  gsize   end;         /* behind the last one; the same if there is none */
  gsize   touched;     /* how far memory was used since it was last given back */
};

MbMulticastBacklog *
_mb_multicast_backlog_new (void)
{
  MbMulticastBacklog *self;
  void *bytes = mmap (NULL, CAPACITY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (bytes == MAP_FAILED)
    return NULL;

  self = g_new0 (MbMulticastBacklog, 1);
  self->bytes = bytes;

  return self;
}

void
_mb_multicast_backlog_free (MbMulticastBacklog *self)
{
  munmap (self->bytes, CAPACITY);
  g_free (self);
}

gboolean
_mb_multicast_backlog_is_empty (MbMulticastBacklog *self)
{
  return self->first == self->end;
}

/* Bytes without a break that can be written at the end, or at the start if that is the way to go. */
static gsize
get_room (MbMulticastBacklog *self)
{
  if (self->end < self->first)
    return self->first - self->end - 1;

  /* In the end there has to be room for REST, and the two places must not become the same. */
  return MAX (CAPACITY - self->end, MAX (self->first, 1) - 1) - sizeof (guint32);
}

gboolean
_mb_multicast_backlog_has_room (MbMulticastBacklog *self,
                                guint               n_packets)
{
  return get_room (self) >= (gsize) (n_packets + 1) * ALIGN (MB_BACKLOG_MAX_PACKET + sizeof (guint32));
}

void
_mb_multicast_backlog_add (MbMulticastBacklog *self,
                           const guint8       *data,
                           gsize               length)
{
  const gsize size = ALIGN (sizeof (guint32) + length);
  const guint32 header = (guint32) length;
  const guint32 rest = REST;

  g_assert (length <= MB_BACKLOG_MAX_PACKET);

  if (self->end >= self->first && CAPACITY - self->end < size + sizeof (guint32))
    {
      g_assert (self->first > size);
      memcpy (self->bytes + self->end, &rest, sizeof rest);
      self->end = 0;
    }
  g_assert (self->end >= self->first || self->first - self->end > size);

  memcpy (self->bytes + self->end, &header, sizeof header);
  if (length > 0)
    memcpy (self->bytes + self->end + sizeof header, data, length);
  self->end += size;
  self->touched = MAX (self->touched, self->end);
}

const guint8 *
_mb_multicast_backlog_take (MbMulticastBacklog *self,
                            gsize              *length)
{
  const guint8 *packet;
  guint32 header;

  if (self->first == self->end)
    {
      /* Only now, as the last packet had to stay. */
      self->first = self->end = 0;
      if (self->touched > KEPT)
        {
          madvise (self->bytes + KEPT, CAPACITY - KEPT, MADV_DONTNEED);
          self->touched = KEPT;
        }
      return NULL;
    }

  memcpy (&header, self->bytes + self->first, sizeof header);
  if (header == REST)
    {
      self->first = 0;
      memcpy (&header, self->bytes, sizeof header);
    }

  packet = self->bytes + self->first + sizeof header;
  self->first += ALIGN (sizeof header + header);
  *length = header;

  return packet;
}
