/* mbtt-nearest.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint       mbtt_get_distance (const char         *a,
                               const char         *b);
const char *mbtt_find_nearest (const char         *word,
                               const char *const  *known);

G_END_DECLS
