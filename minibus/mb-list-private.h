/* mb-list-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Makes a store hold just `items` (of GObject, in this order), with as few and small changes as there are. Returns
 * whether the number is another than before. Both are sorted in the same way, so what stays keeps its order. */
gboolean _mb_list_store_update (GListStore *store,
                                GPtrArray  *items);

G_END_DECLS
