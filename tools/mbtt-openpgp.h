/* mbtt-openpgp.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

const GOptionEntry *mbtt_openpgp_get_entries (void);
GOptionGroup       *mbtt_openpgp_new_group   (void);
gboolean            mbtt_openpgp_give        (MbClient  *client,
                                              GError   **error);

G_END_DECLS
