/* mb-spares-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Objects of one class that nobody kept, to be used again: to make an object of GObject, and to end one, takes longer
 * than anything else that a short message needs. Made once, static.
 *
 * Each thread has some for itself. Where one thread makes objects and another one drops them, full packs go from the
 * latter to the former.
 */
#define MB_N_SPARE_PACKS 4

typedef struct _MbSparePack MbSparePack;

typedef struct
{
  GPrivate     own;                       /* MbSparePack of the thread */
  GMutex       lock;
  MbSparePack *full[MB_N_SPARE_PACKS];    /* lock */
  int          n_full;                    /* lock; atomic, for who only looks */
} MbSpares;

#define MB_SPARES_INIT { .own = G_PRIVATE_INIT (_mb_spares_free_pack) }

void     _mb_spares_free_pack (gpointer   pack);

gpointer _mb_spares_take      (MbSpares  *self);
void     _mb_spares_drop      (MbSpares  *self,
                               gpointer   object,
                               void     (*clear) (gpointer object));
void     _mb_spares_put       (MbSpares  *self,
                               gpointer   object);

G_END_DECLS
