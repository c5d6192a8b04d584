/* mb-json-plain.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The JSON of most messages, checked in one straight go. Whatever is out of the ordinary, a mistake above all, is
 * left to the reader, which takes longer and can tell what is wrong.
 */

#include "config.h"

#include "mb-json-private.h"

#include <string.h>

#include "mb-json-scan-private.h"

/* Enough for a plain message. */
#define MAX_DEPTH 8
#define MAX_MEMBERS 8
#define MAX_DIGITS 16

typedef struct
{
  const char *text;
  gsize       length;
  guint64     start;    /* its first eight bytes, the first of them the lowest */
} Name;

typedef struct
{
  const char *cursor;
  const char *end;
  guint       depth;
  char        closers[MAX_DEPTH];
  guint8      n_names[MAX_DEPTH];
  guint64     marks[MAX_DEPTH];     /* of the names, see get_mark() */
  Name        names[MAX_DEPTH][MAX_MEMBERS];
} Plain;

static inline gboolean
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

/* Names that are the same have the same mark, and most others have another. */
static inline guint64
get_mark (const Name *name)
{
  return G_GUINT64_CONSTANT (1) << ((name->start + name->length) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) >> 58);
}

static inline gboolean
has_name (Plain      *self,
          guint       level,
          const Name *name)
{
  const Name *names = self->names[level];

  for (guint i = 0; i < self->n_names[level]; i++)
    if (names[i].start == name->start && names[i].length == name->length &&
        memcmp (names[i].text, name->text, name->length) == 0)
      return TRUE;

  return FALSE;
}

/* Behind the opening quotation mark; goes to the closing one. */
static inline gboolean
skip_string (Plain *self)
{
  self->cursor = _mb_scan_ascii (self->cursor, self->end);

  return self->cursor < self->end && *self->cursor == '"';
}

static inline gboolean
skip_number (Plain *self)
{
  const char *p = self->cursor;
  const char *end = self->end;
  const char *start;

  if (*p == '-')
    p++;
  start = p;
  if (p == end || !is_digit (*p))
    return FALSE;

  /* What stands behind a zero is checked by whoever comes next. */
  if (*p++ != '0')
    while (p < end && is_digit (*p))
      p++;

  if (p < end && *p == '.')
    {
      p++;
      if (p == end || !is_digit (*p))
        return FALSE;
      while (p < end && is_digit (*p))
        p++;
    }

  self->cursor = p;

  return p - start <= MAX_DIGITS;
}

static inline gboolean
skip_word (Plain      *self,
           const char *word,
           gsize       length)
{
  if ((gsize) (self->end - self->cursor) < length || memcmp (self->cursor, word, length) != 0)
    return FALSE;

  self->cursor += length;

  return TRUE;
}

static inline gboolean
skip_scalar (Plain *self)
{
  switch (*self->cursor)
    {
    case '"':
      self->cursor++;
      if (!skip_string (self))
        return FALSE;
      self->cursor++;
      return TRUE;
    case 't':
      return skip_word (self, "true", 4);
    case 'f':
      return skip_word (self, "false", 5);
    case 'n':
      return skip_word (self, "null", 4);
    default:
      return skip_number (self);
    }
}

/* Goes over the name of a member and its colon; the innermost object must not have it already. */
static inline gboolean
take_name (Plain *self)
{
  guint level = self->depth - 1;
  guint n = self->n_names[level];
  Name *name = &self->names[level][n];
  guint64 mark;

  if (n == MAX_MEMBERS || self->cursor == self->end || *self->cursor != '"')
    return FALSE;

  name->text = ++self->cursor;
  if (!skip_string (self))
    return FALSE;
  name->length = (gsize) (self->cursor - name->text);
  name->start = _mb_scan_load (name->text, self->end);
  if (name->length < sizeof name->start)
    name->start &= (G_GUINT64_CONSTANT (1) << 8 * name->length) - 1;

  mark = get_mark (name);
  if ((self->marks[level] & mark) != 0 && has_name (self, level, name))
    return FALSE;
  self->marks[level] |= mark;
  self->n_names[level]++;

  self->cursor++;
  if (self->cursor == self->end || *self->cursor != ':')
    return FALSE;
  self->cursor++;

  return TRUE;
}

gboolean
_mb_json_is_plain (const char *text,
                   gsize       length)
{
  Plain self;

  self.cursor = text;
  self.end = text + length;
  self.depth = 0;

  while (TRUE)
    {
      if (self.depth > 0 && self.closers[self.depth - 1] == '}' && !take_name (&self))
        return FALSE;
      if (self.cursor == self.end)
        return FALSE;

      if (*self.cursor == '{' || *self.cursor == '[')
        {
          if (self.depth == MAX_DEPTH)
            return FALSE;
          self.closers[self.depth] = *self.cursor == '{' ? '}' : ']';
          self.n_names[self.depth] = 0;
          self.marks[self.depth] = 0;
          self.depth++;
          self.cursor++;
          if (self.cursor == self.end || *self.cursor != self.closers[self.depth - 1])
            continue;
        }
      else if (!skip_scalar (&self))
        {
          return FALSE;
        }

      while (self.depth > 0 && self.cursor < self.end && *self.cursor == self.closers[self.depth - 1])
        {
          self.depth--;
          self.cursor++;
        }

      if (self.depth == 0)
        return self.cursor == self.end;
      if (self.cursor == self.end || *self.cursor != ',')
        return FALSE;
      self.cursor++;
    }
}
