/* mb-schema-regex-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-schema-value-private.h"

G_BEGIN_DECLS

typedef struct _MbRegex MbRegex;

/* The regular expression `pattern` as ECMA-262 understands it. Errors are MB_SCHEMA_ERROR_INVALID,
 * and MB_SCHEMA_ERROR_UNSUPPORTED for what is right there and beyond the matcher. What it costs to
 * compile is taken from `work`; nothing left is MB_SCHEMA_ERROR_LIMIT.
 */
MbRegex  *_mb_regex_new      (const char    *pattern,
                              gint64        *work,
                              GError       **error);
void      _mb_regex_free     (MbRegex       *self);
/* Whether it matches somewhere in the text. FALSE, and the budget emptied, if that takes too long.
 * 
 */
gboolean  _mb_regex_match    (const MbRegex *self,
                              const char    *text,
                              gsize          length,
                              MbBudget      *budget);
gboolean  _mb_regex_is_valid (const char    *pattern);

G_END_DECLS
