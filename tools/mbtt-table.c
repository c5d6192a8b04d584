/* mbtt-table.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Rows of text: in columns on a terminal, with tabs between the cells elsewhere. */

#include "config.h"

#include "mbtt-table.h"

#include <string.h>

#include "mbtt-output.h"
#include "mbtt-terminal.h"

#define GAP 2
/* A name that is longer pushes the rest of its line to the right, and not that of all. */
#define MAX_WIDTH 48

struct _MbttTable
{
  guint      n_columns;
  GPtrArray *cells;
};

MbttTable *
mbtt_table_new (guint n_columns)
{
  MbttTable *self = g_new0 (MbttTable, 1);

  self->n_columns = n_columns;
  self->cells = g_ptr_array_new_with_free_func (g_free);

  return self;
}

void
mbtt_table_free (MbttTable *self)
{
  g_ptr_array_unref (self->cells);
  g_free (self);
}

/* Adds a row of as many texts as there are columns, ended by NULL. */
void
mbtt_table_add (MbttTable *self,
                ...)
{
  va_list args;
  const char *cell;
  guint n = 0;

  va_start (args, self);
  for (cell = va_arg (args, const char *); cell != NULL; cell = va_arg (args, const char *), n++)
    g_ptr_array_add (self->cells, g_strdup (cell));
  va_end (args);

  g_assert (n == self->n_columns);
}

static guint
get_width (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar character = g_utf8_get_char (text);

      if (mbtt_is_unsafe (character))
        width += 6;
      else if (!g_unichar_iszerowidth (character))
        width += g_unichar_iswide (character) ? 2 : 1;
    }

  return width;
}

static guint
get_column_width (MbttTable *self,
                  guint      column)
{
  guint width = 0;

  for (guint i = column; i < self->cells->len; i += self->n_columns)
    width = MAX (width, get_width (g_ptr_array_index (self->cells, i)));

  return MIN (width, MAX_WIDTH);
}

static gboolean
print_row (MbttTable   *self,
           guint        row,
           const guint *widths,
           int         *status)
{
  g_autoptr(GString) line = g_string_new (NULL);

  for (guint i = 0; i < self->n_columns; i++)
    {
      const char *cell = g_ptr_array_index (self->cells, row * self->n_columns + i);
      guint width = get_width (cell);

      mbtt_append_shown (line, i == 0 ? MBTT_STYLE_NAME : MBTT_STYLE_FAINT, cell);
      if (i + 1 == self->n_columns)
        break;

      if (mbtt_is_terminal ())
        g_string_append_printf (line, "%*s", (int) (widths[i] > width ? widths[i] - width + GAP : GAP), "");
      else
        g_string_append_c (line, '\t');
    }

  return mbtt_print_line (line->str, status);
}

/* Prints all rows. Returns FALSE when nothing more can be printed. */
gboolean
mbtt_table_print (MbttTable *self,
                  int       *status)
{
  g_autofree guint *widths = g_new0 (guint, self->n_columns);

  for (guint i = 0; i < self->n_columns; i++)
    widths[i] = get_column_width (self, i);

  for (guint row = 0; row < self->cells->len / self->n_columns; row++)
    {
      if (!print_row (self, row, widths, status))
        return FALSE;
    }

  return TRUE;
}
