/* mbtt-keyring.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

gboolean mbtt_read_keyring (MbClient   *client,
                            MbAddress  *address,
                            double      timeout,
                            GError    **error);

G_END_DECLS
