/* mbtt-drops.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

typedef struct _MbttDrops MbttDrops;

MbttDrops *mbtt_drops_new       (MbClient   *client);
void       mbtt_drops_free      (MbttDrops  *self);
void       mbtt_drops_flush     (MbttDrops  *self);
gulong     mbtt_drops_get_total (MbttDrops  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbttDrops, mbtt_drops_free)

G_END_DECLS
