/* mb-deadlines.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-deadlines-private.h"

struct _MbDeadlines
{
  GMainContext *context;    /* only compared */
  GSource      *source;
  gint64        wakes_at;   /* what the source is set to, or -1 */
  GPtrArray    *heap;       /* of MbDeadline: none is later than the two at twice its place */
};

static gboolean
source_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  return callback (user_data);
}

static GSourceFuncs source_funcs =
{
  .dispatch = source_dispatch,
};

MbDeadlines *
_mb_deadlines_new (GMainContext   *context,
                   GSourceFunc     func,
                   gpointer        user_data,
                   GDestroyNotify  destroy)
{
  MbDeadlines *self = g_new0 (MbDeadlines, 1);

  self->context = context;
  self->wakes_at = -1;
  self->heap = g_ptr_array_new ();

  self->source = g_source_new (&source_funcs, sizeof (GSource));
  g_source_set_static_name (self->source, "[minibus] deadlines");
  g_source_set_callback (self->source, func, user_data, destroy);
  g_source_attach (self->source, context);

  return self;
}

void
_mb_deadlines_free (MbDeadlines *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_ptr_array_unref (self->heap);
  g_free (self);
}

gboolean
_mb_deadlines_are_of (MbDeadlines  *self,
                      GMainContext *context)
{
  /* Another context may have come to the address of one that has ended. */
  return self->context == context && !g_source_is_destroyed (self->source);
}

gboolean
_mb_deadlines_are_over (MbDeadlines *self)
{
  return self->heap->len == 0 && g_source_is_destroyed (self->source);
}

static MbDeadline *
get (MbDeadlines *self,
     guint        place)
{
  return g_ptr_array_index (self->heap, place - 1);
}

static void
put (MbDeadlines *self,
     MbDeadline  *deadline,
     guint        place)
{
  g_ptr_array_index (self->heap, place - 1) = deadline;
  deadline->place = place;
}

/* Puts it to `place`, which is free, or further up. */
static void
move_up (MbDeadlines *self,
         MbDeadline  *deadline,
         guint        place)
{
  for (; place > 1 && get (self, place / 2)->time > deadline->time; place /= 2)
    put (self, get (self, place / 2), place);
  put (self, deadline, place);
}

/* Puts it to `place`, which is free, or further down. */
static void
move_down (MbDeadlines *self,
           MbDeadline  *deadline,
           guint        place)
{
  while (place * 2 <= self->heap->len)
    {
      guint next = place * 2;

      if (next < self->heap->len && get (self, next + 1)->time < get (self, next)->time)
        next++;
      if (get (self, next)->time >= deadline->time)
        break;
      put (self, get (self, next), place);
      place = next;
    }
  put (self, deadline, place);
}

static void
wake_at (MbDeadlines *self,
         gint64       time)
{
  self->wakes_at = time;
  g_source_set_ready_time (self->source, time);
}

void
_mb_deadlines_add (MbDeadlines *self,
                   MbDeadline  *deadline)
{
  g_assert (deadline->place == 0);

  g_ptr_array_add (self->heap, deadline);
  move_up (self, deadline, self->heap->len);

  /* To wake up too early, and for nothing, is cheaper than to set the source each time. */
  if (self->wakes_at < 0 || deadline->time < self->wakes_at)
    wake_at (self, deadline->time);
}

void
_mb_deadlines_remove (MbDeadlines *self,
                      MbDeadline  *deadline)
{
  guint place = deadline->place;
  MbDeadline *last;

  if (place == 0)
    return;

  deadline->place = 0;
  last = get (self, self->heap->len);
  g_ptr_array_set_size (self->heap, (int) self->heap->len - 1);
  if (last == deadline)
    return;

  if (last->time < deadline->time)
    move_up (self, last, place);
  else
    move_down (self, last, place);
}

MbDeadline *
_mb_deadlines_take_due (MbDeadlines *self,
                        gint64       now)
{
  MbDeadline *first = self->heap->len > 0 ? get (self, 1) : NULL;

  if (first == NULL || first->time > now)
    return NULL;

  _mb_deadlines_remove (self, first);

  return first;
}

gboolean
_mb_deadlines_rest (MbDeadlines *self)
{
  wake_at (self, self->heap->len > 0 ? get (self, 1)->time : -1);

  return self->heap->len > 0;
}
