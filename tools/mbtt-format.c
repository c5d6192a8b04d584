/* mbtt-format.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* JSON for people: what fits into a line is on one, the rest is indented. And lengths of time. */

#include "config.h"

#include "mbtt-format.h"

#include <string.h>

#include "mbtt-pointer.h"
#include "mbtt-terminal.h"
#include "mbtt-values.h"

#define INDENT 2
/* No narrower, however deep it is. */
#define MIN_WIDTH 20

typedef struct
{
  GString    *out;
  const char *at;       /* in JSON without spaces */
  guint       columns;
} Format;

static void
append_token (Format    *self,
              MbttStyle  style)
{
  const char *end = mbtt_json_skip (self->at);
  g_autofree char *token = g_strndup (self->at, (gsize) (end - self->at));

  mbtt_append_styled (self->out, style, token);
  self->at = end;
}

static MbttStyle
get_style (char first)
{
  if (first == '"')
    return MBTT_STYLE_STRING;

  return first == '-' || g_ascii_isdigit (first) ? MBTT_STYLE_NUMBER : MBTT_STYLE_WORD;
}

/* Whether a value fits into the rest of a line. Between its parts there is a space each. */
static gboolean
fits (Format *self,
      guint   indent)
{
  const char *end = mbtt_json_skip (self->at);
  glong length = g_utf8_strlen (self->at, end - self->at);
  gboolean quoted = FALSE;

  for (const char *c = self->at; c < end; c++)
    {
      if (*c == '"')
        quoted = !quoted;
      else if (*c == '\\')
        c++;
      else if (!quoted && (*c == ',' || *c == ':'))
        length++;
    }

  return length <= (glong) MAX (self->columns - MIN (indent, self->columns), MIN_WIDTH);
}

static void
break_line (Format   *self,
            gboolean  broken,
            guint     indent)
{
  if (broken)
    g_string_append_printf (self->out, "\n%*s", (int) indent, "");
}

static void
append_value (Format *self,
              guint   indent)
{
  char open = *self->at;
  char close = open == '{' ? '}' : ']';
  gboolean broken;

  if (open != '{' && open != '[')
    {
      append_token (self, get_style (open));
      return;
    }

  broken = self->at[1] != close && !fits (self, indent);
  g_string_append_c (self->out, open);
  self->at++;

  while (*self->at != close && *self->at != '\0')
    {
      break_line (self, broken, indent + INDENT);

      if (open == '{')
        {
          append_token (self, MBTT_STYLE_KEY);
          g_string_append (self->out, ": ");
          self->at++;
        }
      append_value (self, indent + INDENT);

      if (*self->at == ',')
        {
          g_string_append (self->out, broken ? "," : ", ");
          self->at++;
        }
    }

  break_line (self, broken, indent);
  g_string_append_c (self->out, close);
  self->at++;
}

/* Writes a valid JSON text for people who look at a terminal. */
char *
mbtt_format_json (const char *json)
{
  g_autofree char *tidy = mbtt_tidy_json (json);
  Format self = { .out = g_string_new (NULL), .at = tidy, .columns = mbtt_get_columns () };

  append_value (&self, 0);

  return g_string_free (self.out, FALSE);
}

/* Likewise, but strings as mbtt_value_to_line() does. */
char *
mbtt_format_value (const char *json)
{
  g_autofree char *line = mbtt_value_to_line (json);
  g_autoptr(GString) out = NULL;

  if (*json != '"' || *line == '"')
    return mbtt_format_json (json);

  out = g_string_new (NULL);
  mbtt_append_styled (out, MBTT_STYLE_STRING, line);

  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* A length of time for people, such as 1:02:03.5 or 0:07.5. */
char *
mbtt_format_seconds (gint64 microseconds)
{
  gint64 tenths = (microseconds + 50000) / 100000;
  gint64 seconds = tenths / 10;
  int tenth = (int) (tenths % 10);

  if (seconds < 3600)
    return g_strdup_printf ("%d:%02d.%d", (int) (seconds / 60), (int) (seconds % 60), tenth);

  return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d:%02d.%d", seconds / 3600, (int) (seconds / 60 % 60),
                          (int) (seconds % 60), tenth);
}
