/* mb-publisher-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"
#include "mb-publisher.h"

G_BEGIN_DECLS

MbPublisher *_mb_publisher_new (MbCore      *core,
                                const char  *topic,
                                MbSchema    *schema,
                                GError     **error);

G_END_DECLS
