/* mb-spares-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Objects of one class that nobody kept, for the thread that dropped them to use again: to make an object of GObject,
 * and to end one, takes longer than anything else that a short message needs. Made once, static.
 */
typedef struct
{
  GPrivate list;
} MbSpares;

#define MB_SPARES_INIT { G_PRIVATE_INIT (_mb_spares_free_list) }

void     _mb_spares_free_list (gpointer   list);

gpointer _mb_spares_take      (MbSpares  *self);
gboolean _mb_spares_is_unkept (gpointer   object);
void     _mb_spares_put       (MbSpares  *self,
                               gpointer   object);

G_END_DECLS
