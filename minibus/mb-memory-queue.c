/* mb-memory-queue.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-memory-queue-private.h"

static gboolean
is_before (const MbMemoryEntry *a,
           const MbMemoryEntry *b)
{
  return a->due != b->due ? a->due < b->due : a->rank < b->rank;
}

static void
heap_push (GPtrArray     *heap,
           MbMemoryEntry *entry)
{
  guint i = heap->len;

  g_ptr_array_add (heap, entry);

  while (i > 0 && is_before (entry, heap->pdata[(i - 1) / 2]))
    {
      heap->pdata[i] = heap->pdata[(i - 1) / 2];
      i = (i - 1) / 2;
    }

  heap->pdata[i] = entry;
}

static MbMemoryEntry *
heap_pop (GPtrArray *heap)
{
  MbMemoryEntry *top = heap->pdata[0];
  MbMemoryEntry *last = heap->pdata[heap->len - 1];
  guint i = 0;

  g_ptr_array_set_size (heap, heap->len - 1);

  while (2 * i + 1 < heap->len)
    {
      guint child = 2 * i + 1;

      if (child + 1 < heap->len && is_before (heap->pdata[child + 1], heap->pdata[child]))
        child++;
      if (!is_before (heap->pdata[child], last))
        break;

      heap->pdata[i] = heap->pdata[child];
      i = child;
    }

  if (heap->len > 0)
    heap->pdata[i] = last;

  return top;
}

void
_mb_memory_queue_init (MbMemoryQueue *self)
{
  g_queue_init (&self->ready);
  self->later = g_ptr_array_new ();
  self->rank = 0;
}

void
_mb_memory_queue_clear (MbMemoryQueue *self)
{
  g_assert (self->ready.length == 0 && self->later->len == 0);

  g_clear_pointer (&self->later, g_ptr_array_unref);
}

void
_mb_memory_queue_push (MbMemoryQueue *self,
                       MbMemoryEntry *entry)
{
  entry->rank = self->rank++;

  if (entry->due == 0)
    g_queue_push_tail (&self->ready, entry);
  else
    heap_push (self->later, entry);
}

gint64
_mb_memory_queue_collect (MbMemoryQueue *self,
                          gint64         now)
{
  while (self->later->len > 0)
    {
      const MbMemoryEntry *first = g_ptr_array_index (self->later, 0);

      if (first->due > now)
        return first->due;

      g_queue_push_tail (&self->ready, heap_pop (self->later));
    }

  return MB_MEMORY_NEVER;
}

gboolean
_mb_memory_queue_has_later (MbMemoryQueue *self)
{
  return self->later->len > 0;
}

gboolean
_mb_memory_queue_has_ready (MbMemoryQueue *self)
{
  return self->ready.length > 0;
}

MbMemoryEntry *
_mb_memory_queue_pop (MbMemoryQueue *self)
{
  return g_queue_pop_head (&self->ready);
}
