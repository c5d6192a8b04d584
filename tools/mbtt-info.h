/* mbtt-info.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What `mbtt info` can tell of. Each returns an exit status. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

int mbtt_info_bus       (const char *name,
                         gboolean    shows_hidden);
int mbtt_info_recording (const char *path);

G_END_DECLS
