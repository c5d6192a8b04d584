/* mb-spares.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-spares-private.h"

/* As many as a batch of packets. */
#define MAX_SPARES 32

typedef struct
{
  guint    n_objects;
  GObject *objects[MAX_SPARES];
} List;

void
_mb_spares_free_list (gpointer data)
{
  List *list = data;

  while (list->n_objects > 0)
    g_object_unref (list->objects[--list->n_objects]);
  g_free (list);
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
  List *list = g_private_get (&self->list);

  return list != NULL && list->n_objects > 0 ? list->objects[--list->n_objects] : NULL;
}

/*< private >
 * _mb_spares_is_unkept:
 * @object: (type GObject): an object, on which the caller has a reference
 *
 * Tells whether that reference is all there is, so that nobody can tell if the object ends or serves again. A weak
 * reference, the object of another language that wraps it, and whatever else is to hear of its end are in its data.
 *
 * Returns: whether only the caller knows the object
 */
gboolean
_mb_spares_is_unkept (gpointer object)
{
  GObject *self = object;

  return g_atomic_int_get (&self->ref_count) == 1 && g_atomic_pointer_get (&self->qdata) == NULL;
}

/*< private >
 * _mb_spares_put:
 * @self: where this class has its spares
 * @object: (transfer full) (type GObject): an object that is unkept, and holds nothing any more
 *
 * Keeps an object for the next one that takes it, in this thread; if there are enough, it ends.
 */
void
_mb_spares_put (MbSpares *self,
                gpointer  object)
{
  List *list;

  /* First, as who hears of it may drop others. */
  g_signal_handlers_destroy (object);

  list = g_private_get (&self->list);
  if (list == NULL)
    {
      list = g_new0 (List, 1);
      g_private_set (&self->list, list);
    }

  if (list->n_objects == MAX_SPARES)
    {
      g_object_unref (object);
      return;
    }

  list->objects[list->n_objects++] = object;
}
