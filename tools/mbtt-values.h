/* mbtt-values.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

char     *mbtt_read_value     (const char  *what,
                               const char  *text,
                               gboolean     is_string,
                               GError     **error);
MbSchema *mbtt_read_schema    (const char  *argument,
                               GError     **error);
char     *mbtt_quote          (const char  *text);
char     *mbtt_tidy_json      (const char  *json);
char     *mbtt_value_to_line  (const char  *json);
void      mbtt_append_member  (GString     *object,
                               const char  *name,
                               const char  *json);
void      mbtt_append_string  (GString     *object,
                               const char  *name,
                               const char  *text);
void      mbtt_append_message (GString     *object,
                               MbMessage   *message);

G_END_DECLS
