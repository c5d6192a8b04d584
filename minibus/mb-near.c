/* mb-near.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-near-private.h"

#include <string.h>

/* Longer names are not compared letter by letter, so that strangers cannot make us work. */
#define MAX_LENGTH 128
#define MAX_DISTANCE 3
#define FAR 100
#define MAX_NAMES 64

struct _MbNearNames
{
  char       *wrong;
  GHashTable *seen;
  GPtrArray  *names;
};

/* The least number of letters to put in, take out, change or swap, but for more than MAX_DISTANCE, which is FAR. Only
 * the cells near the diagonal matter. */
static guint
count_edits (const char *a,
             const char *b)
{
  gsize n_a = strlen (a);
  gsize n_b = strlen (b);
  guint rows[3][MAX_LENGTH + 1];
  guint *before = rows[0];
  guint *above = rows[1];
  guint *row = rows[2];

  if (n_a > MAX_LENGTH || n_b > MAX_LENGTH || (n_a > n_b ? n_a - n_b : n_b - n_a) > MAX_DISTANCE)
    return FAR;

  for (gsize j = 0; j <= n_b; j++)
    {
      above[j] = (guint) j;
      before[j] = row[j] = FAR;
    }

  for (gsize i = 1; i <= n_a; i++)
    {
      gsize from = i > MAX_DISTANCE ? i - MAX_DISTANCE : 1;
      gsize to = MIN (n_b, i + MAX_DISTANCE);
      guint *spare;

      row[0] = (guint) i;
      if (from > 1)
        row[from - 1] = FAR;

      for (gsize j = from; j <= to; j++)
        {
          char one = g_ascii_tolower (a[i - 1]);
          char other = g_ascii_tolower (b[j - 1]);
          guint cost = above[j - 1] + (one != other);

          cost = MIN (cost, row[j - 1] + 1);
          if (j < i + MAX_DISTANCE)
            cost = MIN (cost, above[j] + 1);
          if (i > 1 && j > 1 && one == g_ascii_tolower (b[j - 2]) && g_ascii_tolower (a[i - 2]) == other)
            cost = MIN (cost, before[j - 2] + 1);
          row[j] = cost;
        }
      if (to < n_b)
        row[to + 1] = FAR;

      spare = before;
      before = above;
      above = row;
      row = spare;
    }

  return above[n_b] <= MAX_DISTANCE ? above[n_b] : FAR;
}

static const char *
get_last_part (const char *name)
{
  const char *slash = strrchr (name, '/');

  return slash != NULL ? slash + 1 : name;
}

guint
_mb_name_distance (const char *wrong,
                   const char *right)
{
  guint edits = count_edits (wrong, right);
  gsize allowed = CLAMP (strlen (wrong) / 3, 1, MAX_DISTANCE);
  const char *last = get_last_part (wrong);

  if (edits <= allowed)
    return edits;

  if (last[0] != '\0' && g_ascii_strcasecmp (last, get_last_part (right)) == 0)
    return MAX_DISTANCE + 1;

  return FAR;
}

gboolean
_mb_name_is_near (const char *wrong,
                  const char *right)
{
  return _mb_name_distance (wrong, right) < FAR;
}

MbNearNames *
_mb_near_names_new (const char *wrong)
{
  MbNearNames *self = g_new (MbNearNames, 1);

  self->wrong = g_strdup (wrong);
  self->seen = g_hash_table_new (g_str_hash, g_str_equal);
  self->names = g_ptr_array_new_with_free_func (g_free);

  return self;
}

void
_mb_near_names_add (MbNearNames *self,
                    const char  *name)
{
  char *copy;

  if (self->names->len >= MAX_NAMES || strcmp (name, self->wrong) == 0 ||
      !_mb_name_is_near (self->wrong, name) || g_hash_table_contains (self->seen, name))
    return;

  copy = g_strdup (name);
  g_hash_table_add (self->seen, copy);
  g_ptr_array_add (self->names, copy);
}

static int
compare_near (gconstpointer a,
              gconstpointer b,
              gpointer      user_data)
{
  const char *one = *(const char * const *) a;
  const char *other = *(const char * const *) b;
  guint distance = _mb_name_distance (user_data, one);
  guint other_distance = _mb_name_distance (user_data, other);

  if (distance != other_distance)
    return distance < other_distance ? -1 : 1;

  return strcmp (one, other);
}

char **
_mb_near_names_end (MbNearNames *self,
                    guint        max)
{
  GPtrArray *names = self->names;
  char **result;

  g_ptr_array_sort_with_data (names, compare_near, self->wrong);
  if (names->len > max)
    g_ptr_array_set_size (names, (int) max);
  g_ptr_array_add (names, NULL);

  g_hash_table_unref (self->seen);
  result = (char **) g_ptr_array_free (names, FALSE);
  g_free (self->wrong);
  g_free (self);

  return result;
}
