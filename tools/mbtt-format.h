/* mbtt-format.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *mbtt_format_json    (const char *json);
char *mbtt_format_value   (const char *json);
char *mbtt_format_seconds (gint64      microseconds);

G_END_DECLS
