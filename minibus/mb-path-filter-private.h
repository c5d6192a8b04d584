/* mb-path-filter-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For how long a copy is known for one, in microseconds. */
#define MB_PATH_FILTER_TIME G_USEC_PER_SEC

typedef struct _MbPathFilter MbPathFilter;

MbPathFilter *_mb_path_filter_new     (void);
void          _mb_path_filter_free    (MbPathFilter *self);
gboolean      _mb_path_filter_accepts (MbPathFilter *self,
                                       const guint8 *data,
                                       gsize         length,
                                       const guint8 *path,
                                       gsize         path_length,
                                       gint64        now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPathFilter, _mb_path_filter_free)

G_END_DECLS
