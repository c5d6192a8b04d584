/* mbtt-output.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void     mbtt_output_init (void);
void     mbtt_output_be_quiet (void);
void     mbtt_output_set_wake_fd (int fd);
gboolean mbtt_print_line  (const char *line,
                           int        *status);
void     mbtt_show_progress (const char *format,
                             ...) G_GNUC_PRINTF (1, 2);
void     mbtt_print_note  (const char *format,
                           ...) G_GNUC_PRINTF (1, 2);
gboolean mbtt_is_unsafe   (gunichar    character);

G_END_DECLS
