/* mbtt-secrets.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

#include "mbtt-common.h"

G_BEGIN_DECLS

gboolean mbtt_check_secrets (const MbttOptions  *options,
                             GError            **error);
gboolean mbtt_give_secret   (const MbttOptions  *options,
                             MbClient           *client,
                             gboolean            reads_stdin,
                             GError            **error);

G_END_DECLS
