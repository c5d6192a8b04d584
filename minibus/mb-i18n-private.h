/* mb-i18n-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* What `_()` is in the library's sources. The build includes this in front of each of them, so that none can
 * be translated without the text domain being bound: there is no function that starts the library, and the
 * first error may come from anywhere. */

#include "config.h"

#include <glib.h>
#include <glib/gi18n-lib.h>

#undef _
#define _(text) (_mb_gettext (text))

G_BEGIN_DECLS

/* May be called from any thread. */
const char *_mb_gettext (const char *text) G_GNUC_FORMAT (1);

G_END_DECLS
