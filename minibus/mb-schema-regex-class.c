/* mb-schema-regex-class.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sets of characters, as regular expressions name them. */

#include "config.h"

#include "mb-schema-regex-parse-private.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRe, _mb_re_free)

MbRe *
_mb_re_new (MbReKind kind)
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

void
_mb_re_add_range (MbRe     *self,
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
void
_mb_re_normalize (MbRe *self)
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
          _mb_re_add_range (self, range.low, 0xd7ff);
          _mb_re_add_range (self, 0xe000, range.high);
        }
      else
        g_array_append_val (self->ranges, range);
    }
}

void
_mb_re_negate (MbRe *self)
{
  g_autoptr(GArray) old = NULL;
  gunichar next = 0;

  _mb_re_normalize (self);
  old = self->ranges;
  self->ranges = g_array_new (FALSE, FALSE, sizeof (MbRange));
  for (guint i = 0; i < old->len; i++)
    {
      MbRange *range = &g_array_index (old, MbRange, i);

      if (range->low > next)
        _mb_re_add_range (self, next, range->low - 1);
      next = range->high + 1;
    }
  if (next <= 0x10ffff)
    _mb_re_add_range (self, next, 0x10ffff);
  _mb_re_normalize (self);
}

/* \d, \s, \w and their opposites; returns FALSE for another letter. */
gboolean
_mb_re_add_shorthand (MbRe *self,
                      char  letter)
{
  static const MbRange digits[] = { { '0', '9' } };
  static const MbRange spaces[] = {
    { 9, 13 }, { ' ', ' ' }, { 0xa0, 0xa0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a },
    { 0x2028, 0x2029 }, { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 },
      { 0xfeff, 0xfeff },
  };
  static const MbRange words[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
  g_autoptr(MbRe) set = _mb_re_new (MB_RE_CLASS);

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
    _mb_re_negate (set);
  g_array_append_vals (self->ranges, set->ranges->data, set->ranges->len);

  return TRUE;
}

/* \p{…}: ECMA-262 names general categories in full and in short, scripts, and binary properties. */
static const char *
find_category (const char *name)
{
  static const char *categories[][2] = {
    { "Cased_Letter", "L&" }, { "LC", "L&" }, { "Close_Punctuation", "Pe" },
    { "Connector_Punctuation", "Pc" }, { "Control", "Cc" }, { "cntrl", "Cc" },
    { "Currency_Symbol", "Sc" }, { "Dash_Punctuation", "Pd" }, { "Decimal_Number", "Nd" },
    { "digit", "Nd" }, { "Enclosing_Mark", "Me" }, { "Final_Punctuation", "Pf" },
      { "Format", "Cf" },
    { "Initial_Punctuation", "Pi" }, { "Letter", "L" }, { "Letter_Number", "Nl" },
    { "Line_Separator", "Zl" }, { "Lowercase_Letter", "Ll" }, { "Mark", "M" },
    { "Combining_Mark", "M" }, { "Math_Symbol", "Sm" }, { "Modifier_Letter", "Lm" },
    { "Modifier_Symbol", "Sk" }, { "Nonspacing_Mark", "Mn" }, { "Number", "N" },
    { "Open_Punctuation", "Ps" }, { "Other", "C" }, { "Other_Letter", "Lo" },
      { "Other_Number", "No" },
    { "Other_Punctuation", "Po" }, { "Other_Symbol", "So" }, { "Paragraph_Separator", "Zp" },
    { "Private_Use", "Co" }, { "Punctuation", "P" }, { "punct", "P" }, { "Separator", "Z" },
    { "Space_Separator", "Zs" }, { "Spacing_Mark", "Mc" }, { "Surrogate", "Cs" }, { "Symbol", "S" },
    { "Titlecase_Letter", "Lt" }, { "Unassigned", "Cn" }, { "Uppercase_Letter", "Lu" },
  };
  static const char *shorts[] = {
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn",
      "N",
    "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So",
      "Z",
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

/* Adds what is between the braces of \p{…} or, if `opposite`, of \P{…}. */
gboolean
_mb_re_add_property (MbRe       *self,
                     const char *text,
                     gboolean    opposite)
{
  char letter = opposite ? 'P' : 'p';
  g_autofree char *property = NULL;
  const char *equals = strchr (text, '=');
  const char *category;

  if (*text == 0 || strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                            "0123456789_=") != strlen (text))
    return FALSE;

  if (equals == NULL)
    {
      category = find_category (text);
      if (category != NULL)
        property = g_strdup_printf ("\\%c{%s}", letter, category);
      else if (strcmp (text, "Assigned") == 0)
        property = g_strdup_printf ("\\%c{Cn}", opposite ? 'p' : 'P');
      else if (g_ascii_isupper (*text))
        property = g_strdup_printf ("\\%c{%s}", letter, text);
    }
  else if (g_str_has_prefix (text, "General_Category=") || g_str_has_prefix (text, "gc="))
    {
      category = find_category (equals + 1);
      if (category != NULL)
        property = g_strdup_printf ("\\%c{%s}", letter, category);
    }
  else if (g_str_has_prefix (text, "Script=") || g_str_has_prefix (text, "sc="))
    {
      property = g_strdup_printf ("\\%c{sc:%s}", letter, equals + 1);
    }
  else if (g_str_has_prefix (text, "Script_Extensions=") || g_str_has_prefix (text, "scx="))
    {
      property = g_strdup_printf ("\\%c{scx:%s}", letter, equals + 1);
    }

  if (property == NULL || !property_exists (property))
    return FALSE;
  g_string_append (self->properties, property);

  return TRUE;
}
