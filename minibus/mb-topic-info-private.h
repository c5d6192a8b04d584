/* mb-topic-info-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-list-private.h"
#include "mb-topic-info.h"
#include "mb-peer.h"

G_BEGIN_DECLS

MbTopicInfo *_mb_topic_info_new    (const char  *name);
/* Both of MbPeer, in order. */
void         _mb_topic_info_update (MbTopicInfo *self,
                                    GPtrArray   *publishers,
                                    GPtrArray   *subscribers);

G_END_DECLS
