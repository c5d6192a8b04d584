/* mbtt-progress.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void  mbtt_progress_show  (const char *format,
                           ...) G_GNUC_PRINTF (1, 2);
void  mbtt_progress_clear (void);
char *mbtt_format_seconds (gint64      microseconds);

G_END_DECLS
