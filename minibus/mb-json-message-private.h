/* mb-json-message-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "mb-error.h"
#include "mb-json-scan-private.h"

G_BEGIN_DECLS

/* Sets an error whose message begins with the line, column and byte of `at` in `text`. Does no work
 * if nobody wants to know. Returns FALSE.
 */
gboolean _mb_json_fail      (GError     **error,
                             MbJsonError  code,
                             const char  *text,
                             const char  *at,
                             const char  *format,
                             ...) G_GNUC_PRINTF (5, 6);
/* The same for what the scanner found wrong at `at`. */
gboolean _mb_json_fail_scan (GError     **error,
                             MbScan       result,
                             const char  *text,
                             const char  *at,
                             const char  *end);

G_END_DECLS
