/* mb-spares.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-spares-private.h"

/* As many as a batch of packets. */
#define PACK_SIZE 32

struct _MbSparePack
{
  guint    n_objects;
  GObject *objects[PACK_SIZE];
};

void
_mb_spares_free_pack (gpointer data)
{
  MbSparePack *pack = data;

  while (pack->n_objects > 0)
    g_object_unref (pack->objects[--pack->n_objects]);
  g_free (pack);
}

/* Takes a full pack that another thread has left for an empty one. Returns the one that the thread has now. */
static MbSparePack *
fetch_full (MbSpares    *self,
            MbSparePack *empty)
{
  MbSparePack *full = NULL;

  /* Mostly there is none. */
  if (g_atomic_int_get (&self->n_full) == 0)
    return empty;

  g_mutex_lock (&self->lock);
  if (self->n_full > 0)
    {
      full = self->full[self->n_full - 1];
      g_atomic_int_add (&self->n_full, -1);
    }
  g_mutex_unlock (&self->lock);

  if (full == NULL)
    return empty;

  g_free (empty);
  g_private_set (&self->own, full);

  return full;
}

/* Leaves a full pack to another thread, if there are not enough. Returns an empty one, or NULL. */
static MbSparePack *
leave_full (MbSpares    *self,
            MbSparePack *full)
{
  MbSparePack *empty;
  gboolean left = FALSE;

  g_mutex_lock (&self->lock);
  if (self->n_full < MB_N_SPARE_PACKS)
    {
      self->full[self->n_full] = full;
      g_atomic_int_inc (&self->n_full);
      left = TRUE;
    }
  g_mutex_unlock (&self->lock);

  if (!left)
    return NULL;

  empty = g_new0 (MbSparePack, 1);
  g_private_set (&self->own, empty);

  return empty;
}

/*< private >
 * _mb_spares_take:
 * @self: where this class has its spares
 *
 * Returns: (transfer full) (nullable) (type GObject): an object as it was put there; or `NULL`: make a new one
 */
gpointer
_mb_spares_take (MbSpares *self)
{
  MbSparePack *pack = g_private_get (&self->own);

  if (pack == NULL || pack->n_objects == 0)
    pack = fetch_full (self, pack);

  return pack != NULL && pack->n_objects > 0 ? pack->objects[--pack->n_objects] : NULL;
}

/* Whether the caller's reference is all there is, so that nobody can tell if the object ends or serves again. A weak
 * reference, the object of another language that wraps it, and whatever else is to hear of its end are in its data. */
static gboolean
is_unkept (GObject *object)
{
  return g_atomic_int_get (&object->ref_count) == 1 && g_atomic_pointer_get (&object->qdata) == NULL;
}

/*< private >
 * _mb_spares_put:
 * @self: where this class has its spares
 * @object: (transfer full) (type GObject): an object that is unkept, and holds nothing any more
 *
 * Keeps an object for who takes the next one; if there are enough, it ends.
 */
void
_mb_spares_put (MbSpares *self,
                gpointer  object)
{
  MbSparePack *pack;

  /* First, as who hears of it may drop others. */
  g_signal_handlers_destroy (object);

  pack = g_private_get (&self->own);
  if (pack == NULL)
    {
      pack = g_new0 (MbSparePack, 1);
      g_private_set (&self->own, pack);
    }
  if (pack->n_objects == PACK_SIZE)
    pack = leave_full (self, pack);

  if (pack == NULL)
    {
      g_object_unref (object);
      return;
    }

  pack->objects[pack->n_objects++] = object;
}

/*< private >
 * _mb_spares_drop:
 * @self: where this class has its spares
 * @object: (transfer full) (type GObject): an object
 * @clear: lets go of what the object holds
 *
 * As g_object_unref(); but if nobody else knows the object, it is kept for who takes the next one.
 */
void
_mb_spares_drop (MbSpares  *self,
                 gpointer   object,
                 void     (*clear) (gpointer object))
{
  if (!is_unkept (object))
    {
      g_object_unref (object);
      return;
    }

  clear (object);
  _mb_spares_put (self, object);
}
