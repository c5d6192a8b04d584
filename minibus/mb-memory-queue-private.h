/* mb-memory-queue-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-memory-hub-private.h"

G_BEGIN_DECLS

/* What waits in a memory hub, in the order in which it is due. The hub's lock protects it. */

#define MB_MEMORY_NEVER G_MAXINT64

typedef struct
{
  gsize   length;
  guint8  data[];
} MbMemoryPacket;

typedef struct
{
  MbMemoryPacket   *packet;     /* an atomic rc box */
  MbMemoryEndpoint *endpoint;   /* NULL is everybody who was there when it was sent */
  guint64           order;      /* the number of the packet */
  guint64           rank;       /* decides between entries that are due at one time; the queue's */
  gint64            due;        /* 0: at once */
  guint             n_copies;
} MbMemoryEntry;

typedef struct
{
  GQueue     ready;
  GPtrArray *later;             /* a heap by (due, rank) */
  guint64    rank;
} MbMemoryQueue;

void           _mb_memory_queue_init      (MbMemoryQueue *self);
/* It has to be empty. */
void           _mb_memory_queue_clear     (MbMemoryQueue *self);
/* Takes the entry. */
void           _mb_memory_queue_push      (MbMemoryQueue *self,
                                           MbMemoryEntry *entry);
/* Makes ready what is due. Returns when the next entry will be. */
gint64         _mb_memory_queue_collect   (MbMemoryQueue *self,
                                           gint64         now);
gboolean       _mb_memory_queue_has_later (MbMemoryQueue *self);
gboolean       _mb_memory_queue_has_ready (MbMemoryQueue *self);
/* The first that is ready, of at least one, for the caller to free. */
MbMemoryEntry *_mb_memory_queue_pop       (MbMemoryQueue *self);

G_END_DECLS
