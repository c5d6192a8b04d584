/* mbtt-filter.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

typedef struct _MbttFilter MbttFilter;

MbttFilter *mbtt_filter_new     (const char        *text,
                                 GError           **error);
void        mbtt_filter_free    (MbttFilter        *self);
gboolean    mbtt_filter_matches (const MbttFilter  *self,
                                 MbMessage         *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbttFilter, mbtt_filter_free)

G_END_DECLS
