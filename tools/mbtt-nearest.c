/* mbtt-nearest.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What somebody who made a slip of the fingers has meant. */

#include "config.h"

#include "mbtt-nearest.h"

#include <string.h>

/* Longer names are compared by their beginnings, so that names from the network cost little. */
#define MAX_LENGTH 128

static glong
fold (const char *text,
      gunichar   *out)
{
  glong n = 0;

  for (; *text != '\0' && n < MAX_LENGTH; text = g_utf8_next_char (text))
    out[n++] = g_unichar_tolower (g_utf8_get_char (text));

  return n;
}

/* How many letters have to be put in, taken away, changed or swapped with their neighbour to make
 * one text of the other, capital letters or not. Both are valid UTF-8. */
guint
mbtt_get_distance (const char *a,
                   const char *b)
{
  gunichar from[MAX_LENGTH];
  gunichar to[MAX_LENGTH];
  guint rows[3][MAX_LENGTH + 1];
  glong n_from = fold (a, from);
  glong n_to = fold (b, to);

  for (glong j = 0; j <= n_to; j++)
    rows[0][j] = (guint) j;

  for (glong i = 1; i <= n_from; i++)
    {
      const guint *before = rows[(i + 1) % 3];
      const guint *above = rows[(i - 1) % 3];
      guint *row = rows[i % 3];

      row[0] = (guint) i;
      for (glong j = 1; j <= n_to; j++)
        {
          guint change = above[j - 1] + (from[i - 1] != to[j - 1]);

          row[j] = MIN (change, MIN (above[j], row[j - 1]) + 1);
          if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
            row[j] = MIN (row[j], before[j - 2] + 1);
        }
    }

  return rows[n_from % 3][n_to];
}

/* The one that is most likely meant, or NULL when none is like it. */
const char *
mbtt_find_nearest (const char        *word,
                   const char *const *known)
{
  guint limit = MAX (1, (guint) g_utf8_strlen (word, -1) / 2);
  const char *nearest = NULL;

  for (guint i = 0; known[i] != NULL; i++)
    {
      guint distance = mbtt_get_distance (word, known[i]);

      if (distance > limit || (nearest != NULL && distance == limit))
        continue;

      nearest = known[i];
      limit = distance;
    }

  return nearest;
}
