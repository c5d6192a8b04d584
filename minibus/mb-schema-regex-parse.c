/* mb-schema-regex-parse.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Reads regular expressions as ECMA-262 writes them. As engines on the web do, it lets pass an escaped
 * punctuation mark that needs no escape, and a brace or bracket that can only be meant literally. What
 * other dialects write and ECMA-262 does not know, such as \A, (?i) or (?P<n>…), is an error.
 */

#include "config.h"

#include "mb-schema-regex-parse-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

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

static MbRe *
re_new (MbReKind kind)
{
  MbRe *self = g_new0 (MbRe, 1);

  self->kind = kind;
  if (kind == MB_RE_CLASS)
    {
      self->ranges = g_array_new (FALSE, FALSE, sizeof (MbRange));
      self->properties = g_string_new (NULL);
    }
  else
    {
      self->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_re_free);
    }

  return self;
}

void
_mb_re_free (MbRe *self)
{
  g_clear_pointer (&self->ranges, g_array_unref);
  if (self->properties != NULL)
    g_string_free (self->properties, TRUE);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_free (self);
}

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

static void
add_range (MbRe     *self,
           gunichar  low,
           gunichar  high)
{
  MbRange range = { low, high };

  g_array_append_val (self->ranges, range);
}

static int
compare_ranges (gconstpointer a,
                gconstpointer b)
{
  const MbRange *x = a, *y = b;

  return x->low < y->low ? -1 : x->low > y->low;
}

/* Sorts, joins, and takes out surrogates, which no text of ours has. */
static void
normalize (MbRe *self)
{
  g_autoptr(GArray) old = self->ranges;

  self->ranges = g_array_new (FALSE, FALSE, sizeof (MbRange));
  g_array_sort (old, compare_ranges);
  for (guint i = 0; i < old->len; i++)
    {
      MbRange range = g_array_index (old, MbRange, i);
      MbRange *last = self->ranges->len > 0
                      ? &g_array_index (self->ranges, MbRange, self->ranges->len - 1) : NULL;

      if (range.low >= 0xd800 && range.low <= 0xdfff)
        range.low = 0xe000;
      if (range.high >= 0xd800 && range.high <= 0xdfff)
        range.high = 0xd7ff;
      if (range.low > range.high)
        continue;
      if (last != NULL && range.low <= last->high + 1)
        last->high = MAX (last->high, range.high);
      else if (range.low < 0xd800 && range.high > 0xdfff)
        {
          add_range (self, range.low, 0xd7ff);
          add_range (self, 0xe000, range.high);
        }
      else
        g_array_append_val (self->ranges, range);
    }
}

static void
negate (MbRe *self)
{
  g_autoptr(GArray) old = NULL;
  gunichar next = 0;

  normalize (self);
  old = self->ranges;
  self->ranges = g_array_new (FALSE, FALSE, sizeof (MbRange));
  for (guint i = 0; i < old->len; i++)
    {
      MbRange *range = &g_array_index (old, MbRange, i);

      if (range->low > next)
        add_range (self, next, range->low - 1);
      next = range->high + 1;
    }
  if (next <= 0x10ffff)
    add_range (self, next, 0x10ffff);
  normalize (self);
}

/* \d, \s, \w and their opposites; returns FALSE for another letter. */
static gboolean
add_shorthand (MbRe *self,
               char  letter)
{
  static const MbRange digits[] = { { '0', '9' } };
  static const MbRange spaces[] = {
    { 9, 13 }, { ' ', ' ' }, { 0xa0, 0xa0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a },
    { 0x2028, 0x2029 }, { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 }, { 0xfeff, 0xfeff },
  };
  static const MbRange words[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
  g_autoptr(MbRe) set = re_new (MB_RE_CLASS);

  switch (g_ascii_tolower (letter))
    {
    case 'd':
      g_array_append_vals (set->ranges, digits, G_N_ELEMENTS (digits));
      break;
    case 's':
      g_array_append_vals (set->ranges, spaces, G_N_ELEMENTS (spaces));
      break;
    case 'w':
      g_array_append_vals (set->ranges, words, G_N_ELEMENTS (words));
      break;
    default:
      return FALSE;
    }
  if (g_ascii_isupper (letter))
    negate (set);
  g_array_append_vals (self->ranges, set->ranges->data, set->ranges->len);

  return TRUE;
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

/* \p{…}: ECMA-262 names general categories in full and in short, scripts, and binary properties. */
static const char *
find_category (const char *name)
{
  static const char *categories[][2] = {
    { "Cased_Letter", "L&" }, { "LC", "L&" }, { "Close_Punctuation", "Pe" },
    { "Connector_Punctuation", "Pc" }, { "Control", "Cc" }, { "cntrl", "Cc" },
    { "Currency_Symbol", "Sc" }, { "Dash_Punctuation", "Pd" }, { "Decimal_Number", "Nd" },
    { "digit", "Nd" }, { "Enclosing_Mark", "Me" }, { "Final_Punctuation", "Pf" }, { "Format", "Cf" },
    { "Initial_Punctuation", "Pi" }, { "Letter", "L" }, { "Letter_Number", "Nl" },
    { "Line_Separator", "Zl" }, { "Lowercase_Letter", "Ll" }, { "Mark", "M" },
    { "Combining_Mark", "M" }, { "Math_Symbol", "Sm" }, { "Modifier_Letter", "Lm" },
    { "Modifier_Symbol", "Sk" }, { "Nonspacing_Mark", "Mn" }, { "Number", "N" },
    { "Open_Punctuation", "Ps" }, { "Other", "C" }, { "Other_Letter", "Lo" }, { "Other_Number", "No" },
    { "Other_Punctuation", "Po" }, { "Other_Symbol", "So" }, { "Paragraph_Separator", "Zp" },
    { "Private_Use", "Co" }, { "Punctuation", "P" }, { "punct", "P" }, { "Separator", "Z" },
    { "Space_Separator", "Zs" }, { "Spacing_Mark", "Mc" }, { "Surrogate", "Cs" }, { "Symbol", "S" },
    { "Titlecase_Letter", "Lt" }, { "Unassigned", "Cn" }, { "Uppercase_Letter", "Lu" },
  };
  static const char *shorts[] = {
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N",
    "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z",
    "Zl", "Zp", "Zs",
  };

  for (guint i = 0; i < G_N_ELEMENTS (categories); i++)
    if (strcmp (categories[i][0], name) == 0)
      return categories[i][1];
  for (guint i = 0; i < G_N_ELEMENTS (shorts); i++)
    if (strcmp (shorts[i], name) == 0)
      return shorts[i];

  return NULL;
}

/* Whether PCRE2 knows the property. */
static gboolean
property_exists (const char *text)
{
  int code;
  PCRE2_SIZE offset;
  pcre2_code *compiled = pcre2_compile ((PCRE2_SPTR) text, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code,
                                        &offset, NULL);

  if (compiled == NULL)
    return FALSE;
  pcre2_code_free (compiled);

  return TRUE;
}

/* After “\p” or “\P”. */
static gboolean
read_property (Parser   *self,
               gboolean  opposite,
               MbRe     *set)
{
  const char *end = *self->at == '{' ? strchr (self->at, '}') : NULL;
  g_autofree char *text = end != NULL ? g_strndup (self->at + 1, (gsize) (end - self->at - 1)) : NULL;
  g_autofree char *property = NULL;
  const char *equals;
  const char *category;

  if (text == NULL || *text == 0 || strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                  "0123456789_=") != strlen (text))
    return FALSE;

  equals = strchr (text, '=');
  if (equals == NULL)
    {
      category = find_category (text);
      if (category != NULL)
        property = g_strdup_printf ("\\%c{%s}", opposite ? 'P' : 'p', category);
      else if (strcmp (text, "Any") == 0)
        property = g_strdup_printf ("\\%c{Any}", opposite ? 'P' : 'p');
      else if (strcmp (text, "Assigned") == 0)
        property = g_strdup_printf ("\\%c{Cn}", opposite ? 'p' : 'P');
      else if (g_ascii_isupper (*text))
        property = g_strdup_printf ("\\%c{%s}", opposite ? 'P' : 'p', text);
    }
  else if (g_str_has_prefix (text, "General_Category=") || g_str_has_prefix (text, "gc="))
    {
      category = find_category (equals + 1);
      if (category != NULL)
        property = g_strdup_printf ("\\%c{%s}", opposite ? 'P' : 'p', category);
    }
  else if (g_str_has_prefix (text, "Script=") || g_str_has_prefix (text, "sc="))
    {
      property = g_strdup_printf ("\\%c{sc:%s}", opposite ? 'P' : 'p', equals + 1);
    }
  else if (g_str_has_prefix (text, "Script_Extensions=") || g_str_has_prefix (text, "scx="))
    {
      property = g_strdup_printf ("\\%c{scx:%s}", opposite ? 'P' : 'p', equals + 1);
    }

  if (property == NULL || !property_exists (property))
    return FALSE;
  g_string_append (set->properties, property);
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
  if (add_shorthand (set, next))
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
  g_autoptr(MbRe) set = re_new (MB_RE_CLASS);

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
              add_range (set, '-', '-');
              if (single)
                add_range (set, low, low);
              if (other)
                add_range (set, high, high);
              continue;
            }
          if (low > high)
            return fail (self, _("a range of characters is the wrong way round"));
          add_range (set, low, high);
        }
      else if (single)
        {
          add_range (set, low, low);
        }
    }
  self->at++;

  normalize (set);
  if (set->negated && set->properties->len == 0)
    {
      negate (set);
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
          g_hash_table_insert (self->names, g_steal_pointer (&name), GUINT_TO_POINTER (self->n_groups));
        }
    }

  return TRUE;
}

static MbRe *
back_reference (guint number)
{
  MbRe *re = re_new (MB_RE_BACK_REFERENCE);

  re->number = number;

  return re;
}

static MbRe *
character (gunichar c)
{
  MbRe *re = re_new (MB_RE_CLASS);

  add_range (re, c, c);
  normalize (re);

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
      return re_new (MB_RE_WORD_EDGE);
    case 'B':
      self->at++;
      return re_new (MB_RE_NO_WORD_EDGE);
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

  set = re_new (MB_RE_CLASS);
  if (*self->at == 'p' || *self->at == 'P')
    {
      gboolean opposite = *self->at++ == 'P';

      return read_property (self, opposite, set) ? g_steal_pointer (&set)
                                                 : fail (self, _("a Unicode property is not known"));
    }
  if (add_shorthand (set, *self->at))
    {
      self->at++;
      return g_steal_pointer (&set);
    }

  return read_character_escape (self, &c) ? character (c) : fail (self, _("an escape is not known"));
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
  group = re_new (kind);
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
      owned->kind == MB_RE_NO_WORD_EDGE || owned->kind == MB_RE_BEHIND || owned->kind == MB_RE_NOT_BEHIND)
    return fail (self, _("there is nothing to repeat"));

  repeat = re_new (MB_RE_REPEAT);
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
      return re_new (MB_RE_START);
    case '$':
      self->at++;
      return re_new (MB_RE_END);
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
      re = re_new (MB_RE_CLASS);
      add_range (re, '\n', '\n');
      add_range (re, '\r', '\r');
      add_range (re, 0x2028, 0x2029);
      negate (re);
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
  g_autoptr(MbRe) sequence = re_new (MB_RE_SEQUENCE);

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
  g_autoptr(MbRe) alternatives = re_new (MB_RE_ALTERNATIVES);

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
