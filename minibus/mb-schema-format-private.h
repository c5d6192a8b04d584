/* mb-schema-format-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* All texts are ended by NUL, and may be anything else. */
gboolean _mb_format_is_hostname      (const char *text);
gboolean _mb_format_is_idn_hostname  (const char *text);
gboolean _mb_format_is_ipv4          (const char *text);
gboolean _mb_format_is_ipv6          (const char *text);
gboolean _mb_format_is_iri           (const char *text);
gboolean _mb_format_is_iri_reference (const char *text);
gboolean _mb_format_is_uri           (const char *text);
gboolean _mb_format_is_uri_reference (const char *text);
gboolean _mb_format_is_uri_template  (const char *text);

G_END_DECLS
