/* mbtt-terminal.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is shown in its own colour. */
typedef enum
{
  MBTT_STYLE_NONE,
  MBTT_STYLE_KEY,
  MBTT_STYLE_STRING,
  MBTT_STYLE_NUMBER,
  MBTT_STYLE_WORD,      /* true, false and null */
  MBTT_STYLE_NAME,      /* of a peer, topic or service */
  MBTT_STYLE_FAINT,
} MbttStyle;

gboolean mbtt_is_terminal     (void);
guint    mbtt_get_columns     (void);
gboolean mbtt_set_color       (const char  *when,
                               GError     **error);
gboolean mbtt_has_color       (void);
void     mbtt_append_styled   (GString     *out,
                               MbttStyle    style,
                               const char  *text);
void     mbtt_append_shown    (GString     *out,
                               MbttStyle    style,
                               const char  *text);

G_END_DECLS
