/* mbtt-terminal.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What standard output is, and what it can show. */

#include "config.h"

#include "mbtt-terminal.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mbtt-output.h"

static enum { AUTO, ALWAYS, NEVER } color = AUTO;

static const char *const codes[] = {
  [MBTT_STYLE_NONE] = NULL,
  [MBTT_STYLE_KEY] = "1;34",
  [MBTT_STYLE_STRING] = "32",
  [MBTT_STYLE_NUMBER] = "36",
  [MBTT_STYLE_WORD] = "35",
  [MBTT_STYLE_NAME] = "1",
  [MBTT_STYLE_FAINT] = "2",
};

gboolean
mbtt_is_terminal (void)
{
  return isatty (STDOUT_FILENO);
}

/* How wide lines may be: 80 where that is not known. */
guint
mbtt_get_columns (void)
{
  struct winsize size;

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;

  return 80;
}

gboolean
mbtt_set_color (const char  *when,
                GError     **error)
{
  static const char *const names[] = { [AUTO] = "auto", [ALWAYS] = "always", [NEVER] = "never" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (strcmp (when, names[i]) != 0)
        continue;

      color = i;
      return TRUE;
    }

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("“%s” does not say when to use colour; that is auto, always or never"), when);

  return FALSE;
}

gboolean
mbtt_has_color (void)
{
  const char *no_color = g_getenv ("NO_COLOR");

  if (color != AUTO)
    return color == ALWAYS;

  return (no_color == NULL || *no_color == '\0') &&
         g_strcmp0 (g_getenv ("TERM"), "dumb") != 0 &&
         mbtt_is_terminal ();
}

/* Appends text that is safe already. */
void
mbtt_append_styled (GString    *out,
                    MbttStyle   style,
                    const char *text)
{
  if (codes[style] != NULL && mbtt_has_color ())
    g_string_append_printf (out, "\033[%sm%s\033[0m", codes[style], text);
  else
    g_string_append (out, text);
}

/* Appends text from anybody, so that it stays within its line and does nothing to a terminal. */
void
mbtt_append_shown (GString    *out,
                   MbttStyle   style,
                   const char *text)
{
  g_autoptr(GString) shown = g_string_new (NULL);

  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar character = g_utf8_get_char (text);

      if (mbtt_is_unsafe (character))
        g_string_append_printf (shown, "\\u%04x", character);
      else
        g_string_append_unichar (shown, character);
    }

  mbtt_append_styled (out, style, shown->str);
}
