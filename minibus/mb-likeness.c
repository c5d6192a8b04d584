/* mb-likeness.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-likeness-private.h"

#include <string.h>

#include "mb-json-scan-private.h"

/* What a thread remembers at most, and in how many places one key may be. */
#define N_SLOTS 32
#define N_PLACES 4
#define MAX_LENGTH 1024
/* Where so many texts in a row were like none before, the next ones are left alone. */
#define TRIAL 16
#define REST 1024
/* Longer numbers may leave the range of one type. */
#define MAX_DIGITS 16

typedef struct
{
  gconstpointer key;
  MbLikenessWay way;
  guint         used;           /* when it last was, by the clock of the memory */
  gsize         last_length;    /* of the last text that was noted */
  guint         n_vain;         /* learnt since one was like it */
  guint         rest;           /* texts that are not to be looked at */

  /* What is learnt: the text as it is asked with, where it may differ, and what belongs to it. */
  gsize         length;         /* 0: nothing */
  gsize         found_length;
  gsize         allocated;
  char         *text;
  char         *variable;       /* a byte for each of the text: whether any digit may stand there */
  guint16      *places;         /* where it stands in what belongs to it */
  char         *found;
} Slot;

typedef struct
{
  Slot  *slots[N_SLOTS];
  guint  clock;
} Memory;

static void
slot_free (Slot *self)
{
  g_free (self->text);
  g_free (self->variable);
  g_free (self->places);
  g_free (self->found);
  g_free (self);
}

static void
memory_free (gpointer data)
{
  Memory *self = data;

  for (guint i = 0; i < N_SLOTS; i++)
    g_clear_pointer (&self->slots[i], slot_free);
  g_free (self);
}

static Memory *
get_memory (void)
{
  static GPrivate memory = G_PRIVATE_INIT (memory_free);
  Memory *self = g_private_get (&memory);

  if (self == NULL)
    {
      self = g_new0 (Memory, 1);
      g_private_set (&memory, self);
    }

  return self;
}

static Slot **
get_place (Memory        *self,
           gconstpointer  key,
           MbLikenessWay  way,
           guint          n)
{
  guint hash = (guint) (GPOINTER_TO_SIZE (key) >> 4) * 2654435761u;

  return &self->slots[((hash >> 16 ^ way) + n) % N_SLOTS];
}

/* The slot of a key, or NULL. */
static Slot *
find_slot (Memory        *self,
           gconstpointer  key,
           MbLikenessWay  way)
{
  for (guint n = 0; n < N_PLACES; n++)
    {
      Slot *slot = *get_place (self, key, way, n);

      if (slot != NULL && slot->key == key && slot->way == way)
        {
          slot->used = ++self->clock;
          return slot;
        }
    }

  return NULL;
}

/* A slot for a key that has none: a new one, or the one of its places that has been left alone for longest. */
static Slot *
claim_slot (Memory        *self,
            gconstpointer  key,
            MbLikenessWay  way)
{
  Slot **place = get_place (self, key, way, 0);

  for (guint n = 1; n < N_PLACES && *place != NULL; n++)
    {
      Slot **other = get_place (self, key, way, n);

      if (*other == NULL || self->clock - (*other)->used > self->clock - (*place)->used)
        place = other;
    }

  if (*place == NULL)
    *place = g_new0 (Slot, 1);
  (*place)->key = key;
  (*place)->way = way;
  (*place)->used = ++self->clock;
  (*place)->length = 0;
  (*place)->last_length = 0;
  (*place)->n_vain = 0;
  (*place)->rest = 0;

  return *place;
}

static void
reserve (Slot  *self,
         gsize  length)
{
  if (length <= self->allocated)
    return;

  /* Words are read from the first two, so they end with room for one. */
  self->text = g_realloc (self->text, length + 8);
  self->variable = g_realloc (self->variable, length + 8);
  self->places = g_renew (guint16, self->places, length);
  self->found = g_realloc (self->found, length);
  self->allocated = length;
}

/* Marks the digits of a number that may be any: not the first of several, which must not be 0. */
static const char *
mark_number (const char *p,
             const char *end,
             const char *plain,
             char       *marks)
{
  const char *start = *p == '-' ? p + 1 : p;
  const char *first = start;

  for (p = start; p < end && (g_ascii_isdigit (*p) || *p == '.'); p++)
    ;
  /* A larger exponent may be too large. */
  if (p - start > MAX_DIGITS || (p < end && (*p == 'e' || *p == 'E')))
    {
      while (p < end && strchr ("0123456789.eE+-", *p) != NULL)
        p++;
      return p;
    }

  if (start + 1 < p && start[1] != '.')
    first++;
  for (; first < p; first++)
    marks[first - plain] = g_ascii_isdigit (*first);

  return p;
}

/* Marks the digits of a string, at its quotation mark, unless it is a name, which must not be as another one. */
static const char *
mark_string (const char *p,
             const char *end,
             const char *plain,
             char       *marks)
{
  const char *start = p + 1;

  p = memchr (start, '"', (gsize) (end - start));
  if (p == NULL)
    return end;

  if (p + 1 == end || strchr (",]}", p[1]) != NULL)
    for (; start < p; start++)
      marks[start - plain] = g_ascii_isdigit (*start);

  return p + 1;
}

static void
mark (const char *plain,
      gsize       length,
      char       *marks)
{
  const char *end = plain + length;
  const char *p = plain;

  memset (marks, 0, length);
  while (p < end)
    {
      if (*p == '"')
        p = mark_string (p, end, plain, marks);
      else if (*p == '-' || g_ascii_isdigit (*p))
        p = mark_number (p, end, plain, marks);
      else
        p++;
    }
}

static void
learn (Slot       *self,
       const char *plain,
       gsize       length)
{
  char marks[MAX_LENGTH];
  char escaped[2 * MAX_LENGTH];
  gsize n = 0;

  mark (plain, length, marks);
  reserve (self, 2 * length);

  for (gsize i = 0; i < length; i++)
    {
      gsize from, to;

      if (plain[i] == '"')
        escaped[n++] = '\\';
      escaped[n] = plain[i];

      from = self->way == MB_LIKENESS_IN ? n : i;
      to = self->way == MB_LIKENESS_IN ? i : n;
      if (plain[i] == '"' && self->way == MB_LIKENESS_IN)
        self->variable[n - 1] = FALSE;
      self->variable[from] = marks[i];
      self->places[from] = (guint16) to;
      n++;
    }

  self->length = self->way == MB_LIKENESS_IN ? n : length;
  self->found_length = self->way == MB_LIKENESS_IN ? length : n;
  memcpy (self->text, self->way == MB_LIKENESS_IN ? escaped : plain, self->length);
  memcpy (self->found, self->way == MB_LIKENESS_IN ? plain : escaped, self->found_length);
  memset (self->text + self->length, 0, 8);
}

const char *
_mb_likeness_find (gconstpointer  key,
                   MbLikenessWay  way,
                   const char    *text,
                   gsize          length,
                   gsize         *found_length)
{
  Slot *self = find_slot (get_memory (), key, way);
  const char *end;

  /* There may be no address. */
  if (self == NULL || self->length != length || length == 0)
    return NULL;

  end = text + length;
  for (gsize i = 0; i < length; i += 8)
    {
      guint64 word = _mb_scan_load (text + i, end);
      guint64 before;
      guint64 changes;

      memcpy (&before, self->text + i, sizeof before);
      changes = word ^ GUINT64_FROM_LE (before);

      /* What has been changed when another byte turns out to be different is good all the same. */
      while (changes != 0)
        {
          guint shift = (guint) __builtin_ctzll (changes) & ~7u;
          gsize at = i + shift / 8;

          if (at >= length || !self->variable[at] || !g_ascii_isdigit (text[at]))
            return NULL;
          self->text[at] = text[at];
          self->found[self->places[at]] = text[at];
          changes &= ~(G_GUINT64_CONSTANT (0xff) << shift);
        }
    }

  self->n_vain = 0;
  *found_length = self->found_length;

  return self->found;
}

void
_mb_likeness_note (gconstpointer  key,
                   MbLikenessWay  way,
                   const char    *plain,
                   gsize          length)
{
  Memory *memory = get_memory ();
  Slot *self = find_slot (memory, key, way);

  if (self == NULL)
    self = claim_slot (memory, key, way);

  if (self->rest > 0)
    {
      self->rest--;
      return;
    }

  /* Texts of different lengths are not alike. And what has escapes of its own is left alone. */
  if (length == 0 || length != self->last_length || length > MAX_LENGTH || memchr (plain, '\\', length) != NULL)
    {
      self->last_length = length;
      return;
    }

  learn (self, plain, length);
  if (++self->n_vain == TRIAL)
    {
      self->n_vain = 0;
      self->rest = REST;
    }
}
