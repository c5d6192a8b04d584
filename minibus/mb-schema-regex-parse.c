/* mb-schema-regex-parse.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Reads regular expressions as ECMA-262 writes them. As engines on the web do, it lets pass an
 * escaped punctuation mark that needs no escape, and a brace or bracket that can only be meant
 * literally. What other dialects write and ECMA-262 does not know, such as \A, (?i) or (?P<n>…), is
 * an error.
 */

#include "config.h"

#include "mb-schema-regex-parse-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"

enum
{
  MAX_DEPTH = 100,
  MAX_LENGTH = 16384,
};

typedef struct
{
  const char *start;
  const char *at;
  guint       depth;
  guint       n_groups;
  GHashTable *names;          /* of groups -> number */
  GError    **error;
} Parser;

static MbRe *parse_alternatives (Parser *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRe, _mb_re_free)

static gpointer
fail (Parser     *self,
      const char *problem)
{
  if (self->error != NULL && *self->error == NULL)
    g_set_error (self->error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID,
                 _("holds a regular expression that ECMA-262 does not allow: %s, at character %ld of “%s”"),
                 problem, g_utf8_pointer_to_offset (self->start, self->at) + 1, self->start);

  return NULL;
}

static gboolean
read_hex (Parser   *self,
          guint     n_digits,
          gunichar *out)
{
  gunichar value = 0;

  for (guint i = 0; i < n_digits; i++)
    {
      if (!g_ascii_isxdigit (self->at[i]))
        return FALSE;
      value = value * 16 + (gunichar) g_ascii_xdigit_value (self->at[i]);
    }
  self->at += n_digits;
  *out = value;

  return TRUE;
}

/* After “\u”. */
static gboolean
read_unicode_escape (Parser   *self,
                     gunichar *out)
{
  gunichar low;

  if (*self->at == '{')
    {
      gunichar value = 0;
      guint n = 0;

      for (self->at++; g_ascii_isxdigit (*self->at) && value <= 0x10ffff; self->at++, n++)
        value = value * 16 + (gunichar) g_ascii_xdigit_value (*self->at);
      if (n == 0 || *self->at != '}' || value > 0x10ffff)
        return FALSE;
      self->at++;
      *out = value;
      return TRUE;
    }

  if (!read_hex (self, 4, out))
    return FALSE;
  if (*out >= 0xd800 && *out < 0xdc00 && self->at[0] == '\\' && self->at[1] == 'u')
    {
      const char *before = self->at;

      self->at += 2;
      if (read_hex (self, 4, &low) && low >= 0xdc00 && low < 0xe000)
        *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
      else
        self->at = before;
    }

  return TRUE;
}

/* After the backslash: an escape that means one character, in a class or out of it. */
static gboolean
read_character_escape (Parser   *self,
                       gunichar *out)
{
  static const char controls[] = "t\tn\nv\vf\fr\r";
  const char *control = *self->at != 0 ? strchr (controls, *self->at) : NULL;
  gunichar c = g_utf8_get_char (self->at);

  if (control != NULL && (control - controls) % 2 == 0)
    {
      *out = (guchar) control[1];
      self->at++;
      return TRUE;
    }

  switch (c)
    {
    case '0':
      if (g_ascii_isdigit (self->at[1]))
        return FALSE;
      *out = 0;
      self->at++;
      return TRUE;
    case 'c':
      if (!g_ascii_isalpha (self->at[1]))
        return FALSE;
      *out = (gunichar) self->at[1] & 0x1f;
      self->at += 2;
      return TRUE;
    case 'x':
      self->at++;
      return read_hex (self, 2, out);
    case 'u':
      self->at++;
      return read_unicode_escape (self, out);
    default:
      if (c == 0 || (c < 0x80 && g_ascii_isalnum ((char) c)))
        return FALSE;
      *out = c;
      self->at = g_utf8_next_char (self->at);
      return TRUE;
    }
}

/* After “\p” or “\P”. */
static gboolean
read_property (Parser   *self,
               gboolean  opposite,
               MbRe     *set)
{
  const char *end = *self->at == '{' ? strchr (self->at, '}') : NULL;
  g_autofree char *text = NULL;

  if (end == NULL)
    return FALSE;
  text = g_strndup (self->at + 1, (gsize) (end - self->at - 1));
  if (!_mb_re_add_property (set, text, opposite))
    return FALSE;
  self->at = end + 1;

  return TRUE;
}

/* One element of a class. Sets `single` if it is a character, which may begin or end a range. */
static gboolean
read_class_element (Parser   *self,
                    MbRe     *set,
                    gunichar *out,
                    gboolean *single)
{
  char next;

  *single = TRUE;
  if (*self->at != '\\')
    {
      *out = g_utf8_get_char (self->at);
      self->at = g_utf8_next_char (self->at);
      return TRUE;
    }

  next = *++self->at;
  if (next == 'b')
    {
      *out = '\b';
      self->at++;
      return TRUE;
    }
  if (next == 'p' || next == 'P')
    {
      *single = FALSE;
      self->at++;
      return read_property (self, next == 'P', set);
    }
  if (_mb_re_add_shorthand (set, next))
    {
      *single = FALSE;
      self->at++;
      return TRUE;
    }

  return read_character_escape (self, out);
}

/* After the “[”. */
static MbRe *
parse_class (Parser *self)
{
  g_autoptr(MbRe) set = _mb_re_new (MB_RE_CLASS);

  if (*self->at == '^')
    {
      set->negated = TRUE;
      self->at++;
    }

  while (*self->at != ']')
    {
      gunichar low, high;
      gboolean single, other;

      if (*self->at == 0)
        return fail (self, _("a character class is not closed"));
      if (!read_class_element (self, set, &low, &single))
        return fail (self, _("an escape is not known"));

      if (self->at[0] == '-' && self->at[1] != ']' && self->at[1] != 0)
        {
          self->at++;
          if (!read_class_element (self, set, &high, &other))
            return fail (self, _("an escape is not known"));
          if (!single || !other)
            {
              _mb_re_add_range (set, '-', '-');
              if (single)
                _mb_re_add_range (set, low, low);
              if (other)
                _mb_re_add_range (set, high, high);
              continue;
            }
          if (low > high)
            return fail (self, _("a range of characters is the wrong way round"));
          _mb_re_add_range (set, low, high);
        }
      else if (single)
        {
          _mb_re_add_range (set, low, low);
        }
    }
  self->at++;

  _mb_re_normalize (set);
  if (set->negated && set->properties->len == 0)
    {
      _mb_re_negate (set);
      set->negated = FALSE;
    }

  return g_steal_pointer (&set);
}

static char *
read_group_name (Parser *self)
{
  const char *start = self->at;
  gunichar c = g_utf8_get_char (self->at);

  if (c != '$' && c != '_' && !g_unichar_isalpha (c))
    return NULL;
  while (c == '$' || c == '_' || g_unichar_isalnum (c))
    {
      self->at = g_utf8_next_char (self->at);
      c = g_utf8_get_char (self->at);
    }
  if (c != '>')
    return NULL;
  self->at++;

  return g_strndup (start, (gsize) (self->at - 1 - start));
}

/* References may come before their groups, so the groups are counted first. */
static gboolean
count_groups (Parser *self)
{
  gboolean in_class = FALSE;

  for (const char *p = self->start; *p != 0; p++)
    {
      if (*p == '\\' && p[1] != 0)
        {
          p++;
        }
      else if (in_class)
        {
          in_class = *p != ']';
        }
      else if (*p == '[')
        {
          in_class = TRUE;
        }
      else if (*p == '(' && p[1] != '?')
        {
          self->n_groups++;
        }
      else if (*p == '(' && p[2] == '<' && p[3] != '=' && p[3] != '!')
        {
          g_autofree char *name = NULL;

          self->n_groups++;
          self->at = p + 3;
          name = read_group_name (self);
          if (name == NULL || g_hash_table_contains (self->names, name))
            {
              fail (self, _("the name of a group is wrong, or used twice"));
              return FALSE;
            }
          g_hash_table_insert (self->names, g_steal_pointer (&name),
                               GUINT_TO_POINTER (self->n_groups));
        }
    }

  return TRUE;
}

static MbRe *
back_reference (guint number)
{
  MbRe *re = _mb_re_new (MB_RE_BACK_REFERENCE);

  re->number = number;

  return re;
}

static MbRe *
character (gunichar c)
{
  MbRe *re = _mb_re_new (MB_RE_CLASS);

  _mb_re_add_range (re, c, c);
  _mb_re_normalize (re);

  return re;
}

/* After a backslash outside a class. */
static MbRe *
parse_escape (Parser *self)
{
  g_autoptr(MbRe) set = NULL;
  gunichar c;
  guint number = 0;

  if (*self->at >= '1' && *self->at <= '9')
    {
      for (; g_ascii_isdigit (*self->at) && number < 100000; self->at++)
        number = number * 10 + (guint) (*self->at - '0');
      return number <= self->n_groups ? back_reference (number)
                                      : fail (self, _("there is no such group to refer back to"));
    }

  switch (*self->at)
    {
    case 'b':
      self->at++;
      return _mb_re_new (MB_RE_WORD_EDGE);
    case 'B':
      self->at++;
      return _mb_re_new (MB_RE_NO_WORD_EDGE);
    case 'k':
      if (self->at[1] == '<')
        {
          g_autofree char *name = NULL;

          self->at += 2;
          name = read_group_name (self);
          if (name != NULL && g_hash_table_contains (self->names, name))
            return back_reference (GPOINTER_TO_UINT (g_hash_table_lookup (self->names, name)));
        }
      return fail (self, _("there is no such group to refer back to"));
    default:
      break;
    }

  set = _mb_re_new (MB_RE_CLASS);
  if (*self->at == 'p' || *self->at == 'P')
    {
      gboolean opposite = *self->at++ == 'P';

      if (!read_property (self, opposite, set))
        return fail (self, _("a Unicode property is not known"));
      return g_steal_pointer (&set);
    }
  if (_mb_re_add_shorthand (set, *self->at))
    {
      self->at++;
      return g_steal_pointer (&set);
    }

  if (!read_character_escape (self, &c))
    return fail (self, _("an escape is not known"));

  return character (c);
}

/* After the “(”. */
static MbRe *
parse_group (Parser *self)
{
  MbReKind kind = MB_RE_GROUP;
  g_autoptr(MbRe) content = NULL;
  g_autofree char *name = NULL;
  gboolean captures = TRUE;
  MbRe *group;

  if (*self->at == '?')
    {
      const char *rest = self->at + 1;

      captures = FALSE;
      if (*rest == ':')
        self->at += 2;
      else if (*rest == '=' || *rest == '!')
        {
          kind = *rest == '=' ? MB_RE_AHEAD : MB_RE_NOT_AHEAD;
          self->at += 2;
        }
      else if (*rest == '<' && (rest[1] == '=' || rest[1] == '!'))
        {
          kind = rest[1] == '=' ? MB_RE_BEHIND : MB_RE_NOT_BEHIND;
          self->at += 3;
        }
      else if (*rest == '<')
        {
          captures = TRUE;
          self->at += 2;
          name = read_group_name (self);
          if (name == NULL)
            return fail (self, _("the name of a group is wrong"));
        }
      else
        {
          return fail (self, _("a group of this kind is not known"));
        }
    }

  if (++self->depth > MAX_DEPTH)
    return fail (self, _("groups are nested too deep"));
  content = parse_alternatives (self);
  self->depth--;
  if (content == NULL)
    return NULL;
  if (*self->at != ')')
    return fail (self, _("a group is not closed"));
  self->at++;

  if (kind == MB_RE_GROUP && !captures)
    return g_steal_pointer (&content);
  group = _mb_re_new (kind);
  g_ptr_array_add (group->parts, g_steal_pointer (&content));

  return group;
}

/* {n}, {n,} or {n,m}. Anything else that begins with a brace is not a quantifier. */
static gboolean
read_braces (Parser *self,
             guint  *minimum,
             guint  *maximum)
{
  const char *p = self->at + 1;
  guint *values[2] = { minimum, maximum };
  guint i = 0;

  *minimum = *maximum = 0;
  if (!g_ascii_isdigit (*p))
    return FALSE;
  for (;; p++)
    {
      if (g_ascii_isdigit (*p))
        {
          if (*values[i] < 10000000)
            *values[i] = *values[i] * 10 + (guint) (*p - '0');
        }
      else if (*p == ',' && i == 0)
        {
          i = 1;
          if (p[1] == '}')
            *maximum = MB_REGEX_INFINITE;
        }
      else if (*p == '}')
        {
          break;
        }
      else
        {
          return FALSE;
        }
    }
  if (i == 0)
    *maximum = *minimum;
  self->at = p + 1;

  return TRUE;
}

static MbRe *
parse_quantifier (Parser *self,
                  MbRe   *term)
{
  g_autoptr(MbRe) owned = term;
  guint minimum = 0, maximum = MB_REGEX_INFINITE;
  MbRe *repeat;

  switch (*self->at)
    {
    case '*':
      self->at++;
      break;
    case '+':
      minimum = 1;
      self->at++;
      break;
    case '?':
      maximum = 1;
      self->at++;
      break;
    case '{':
      if (!read_braces (self, &minimum, &maximum))
        return g_steal_pointer (&owned);
      break;
    default:
      return g_steal_pointer (&owned);
    }

  if (minimum > maximum)
    return fail (self, _("a quantifier is the wrong way round"));
  if (owned->kind == MB_RE_START || owned->kind == MB_RE_END || owned->kind == MB_RE_WORD_EDGE ||
      owned->kind == MB_RE_NO_WORD_EDGE || owned->kind == MB_RE_BEHIND ||
      owned->kind == MB_RE_NOT_BEHIND)
    return fail (self, _("there is nothing to repeat"));

  repeat = _mb_re_new (MB_RE_REPEAT);
  repeat->minimum = minimum;
  repeat->maximum = maximum;
  if (*self->at == '?')
    {
      repeat->lazy = TRUE;
      self->at++;
    }
  g_ptr_array_add (repeat->parts, g_steal_pointer (&owned));

  return repeat;
}

static MbRe *
parse_term (Parser *self)
{
  MbRe *re;
  gunichar c = g_utf8_get_char (self->at);
  guint minimum, maximum;
  const char *before = self->at;

  switch (c)
    {
    case '*':
    case '+':
    case '?':
      return fail (self, _("there is nothing to repeat"));
    case '{':
      if (read_braces (self, &minimum, &maximum))
        {
          self->at = before;
          return fail (self, _("there is nothing to repeat"));
        }
      break;
    case '^':
      self->at++;
      return _mb_re_new (MB_RE_START);
    case '$':
      self->at++;
      return _mb_re_new (MB_RE_END);
    case '(':
      self->at++;
      return parse_group (self);
    case '[':
      self->at++;
      return parse_class (self);
    case '\\':
      self->at++;
      return parse_escape (self);
    case '.':
      self->at++;
      re = _mb_re_new (MB_RE_CLASS);
      _mb_re_add_range (re, '\n', '\n');
      _mb_re_add_range (re, '\r', '\r');
      _mb_re_add_range (re, 0x2028, 0x2029);
      _mb_re_negate (re);
      return re;
    default:
      break;
    }

  self->at = g_utf8_next_char (self->at);

  return character (c);
}

static MbRe *
parse_sequence (Parser *self)
{
  g_autoptr(MbRe) sequence = _mb_re_new (MB_RE_SEQUENCE);

  while (*self->at != 0 && *self->at != '|' && *self->at != ')')
    {
      MbRe *term = parse_term (self);

      if (term != NULL)
        term = parse_quantifier (self, term);
      if (term == NULL)
        return NULL;
      g_ptr_array_add (sequence->parts, term);
    }

  return g_steal_pointer (&sequence);
}

static MbRe *
parse_alternatives (Parser *self)
{
  g_autoptr(MbRe) alternatives = _mb_re_new (MB_RE_ALTERNATIVES);

  for (;;)
    {
      MbRe *sequence = parse_sequence (self);

      if (sequence == NULL)
        return NULL;
      g_ptr_array_add (alternatives->parts, sequence);
      if (*self->at != '|')
        break;
      self->at++;
    }

  if (alternatives->parts->len > 1)
    return g_steal_pointer (&alternatives);

  return g_ptr_array_steal_index (alternatives->parts, 0);
}

MbRe *
_mb_re_parse (const char  *pattern,
              GError     **error)
{
  g_autoptr(GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Parser self = { .start = pattern, .at = pattern, .names = names, .error = error };
  g_autoptr(MbRe) re = NULL;

  if (strlen (pattern) > MAX_LENGTH)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
                   _("holds a regular expression that is longer than %d bytes"), MAX_LENGTH);
      return NULL;
    }
  if (!g_utf8_validate (pattern, -1, NULL))
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID,
                   _("holds a regular expression that is not valid UTF-8"));
      return NULL;
    }

  if (!count_groups (&self))
    return NULL;
  self.at = pattern;
  re = parse_alternatives (&self);
  if (re != NULL && *self.at != 0)
    return fail (&self, _("a group is closed that was not opened"));

  return g_steal_pointer (&re);
}
