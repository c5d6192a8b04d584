/* mbtt-hidden.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean mbtt_is_hidden    (const char *name);
gboolean mbtt_names_hidden (const char *pattern);
gboolean mbtt_is_pattern   (const char *topic);

G_END_DECLS
