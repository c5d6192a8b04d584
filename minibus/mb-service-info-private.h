/* mb-service-info-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-list-private.h"
#include "mb-service-info.h"
#include "mb-peer.h"

G_BEGIN_DECLS

MbServiceInfo *_mb_service_info_new    (const char    *name);
/* Both of MbPeer, in order. */
void           _mb_service_info_update (MbServiceInfo *self,
                                        GPtrArray     *providers,
                                        GPtrArray     *clients);

G_END_DECLS
