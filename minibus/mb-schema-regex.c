/* mb-schema-regex.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Matches the regular expressions of ECMA-262. What is regular in them becomes an automaton, whose
 * time is that of reading the text. The rest (back references, looking ahead and behind, word edges
 * and Unicode properties) is put into the words of PCRE2, which pays for every item that it tries.
 * Its compiler to machine code would gain little beside that.
 */

#include "config.h"

#include "mb-schema-regex-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "mb-error.h"
#include "mb-schema-automaton-private.h"
#include "mb-schema-regex-parse-private.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRe, _mb_re_free)

struct _MbRegex
{
  MbAutomaton *automaton;     /* either … */
  pcre2_code  *code;          /* … or */
};

/* What a thread needs to match; made at its first match, and kept. */
typedef struct
{
  pcre2_match_context *context;
  pcre2_match_data    *data;
} Matcher;

typedef struct
{
  MbBudget *budget;
  gint64    cost;
} Payment;

static void
matcher_free (gpointer data)
{
  Matcher *self = data;

  pcre2_match_data_free (self->data);
  pcre2_match_context_free (self->context);
  g_free (self);
}

static void
matcher_reset (Matcher *self)
{
  g_clear_pointer (&self->data, pcre2_match_data_free);
  self->data = pcre2_match_data_create (1, NULL);
  if (self->data == NULL)
    g_error ("out of memory");
}

static GPrivate matcher_key = G_PRIVATE_INIT (matcher_free);

static Matcher *
get_matcher (void)
{
  enum { HEAP_KIB = 16 * 1024 };

  Matcher *self = g_private_get (&matcher_key);

  if (self != NULL)
    return self;

  self = g_new0 (Matcher, 1);
  self->context = pcre2_match_context_create (NULL);
  if (self->context == NULL)
    g_error ("out of memory");
  matcher_reset (self);
  pcre2_set_heap_limit (self->context, HEAP_KIB);
  g_private_set (&matcher_key, self);

  return self;
}

static void
append_class (GString    *out,
              const MbRe *re)
{
  if (re->ranges->len == 0 && re->properties->len == 0)
    {
      g_string_append (out, "(?!)");
      return;
    }

  g_string_append (out, re->negated ? "[^" : "[");
  for (guint i = 0; i < re->ranges->len; i++)
    {
      MbRange *range = &g_array_index (re->ranges, MbRange, i);

      g_string_append_printf (out, "\\x{%x}", range->low);
      if (range->high > range->low)
        g_string_append_printf (out, "-\\x{%x}", range->high);
    }
  g_string_append (out, re->properties->str);
  g_string_append_c (out, ']');
}

static gboolean append_re (GString    *out,
                           const MbRe *re);

static gboolean
append_alternatives (GString    *out,
                     const MbRe *re)
{
  for (guint i = 0; i < re->parts->len; i++)
    {
      if (i > 0)
        g_string_append_c (out, '|');
      if (!append_re (out, g_ptr_array_index (re->parts, i)))
        return FALSE;
    }

  return TRUE;
}

/* Writes the tree as PCRE2 understands it. Returns FALSE if it cannot be said. */
static gboolean
append_re (GString    *out,
           const MbRe *re)
{
  enum { MOST_REPEATS = 65535 };

  static const char *const openings[] = {
    [MB_RE_GROUP] = "(", [MB_RE_AHEAD] = "(?=", [MB_RE_NOT_AHEAD] = "(?!", [MB_RE_BEHIND] = "(?<=",
    [MB_RE_NOT_BEHIND] = "(?<!",
  };
  const MbRe *part;

  switch (re->kind)
    {
    case MB_RE_EMPTY:
      return TRUE;

    case MB_RE_CLASS:
      append_class (out, re);
      return TRUE;

    case MB_RE_SEQUENCE:
      for (guint i = 0; i < re->parts->len; i++)
        if (!append_re (out, g_ptr_array_index (re->parts, i)))
          return FALSE;
      return TRUE;

    case MB_RE_ALTERNATIVES:
      g_string_append (out, "(?:");
      if (!append_alternatives (out, re))
        return FALSE;
      g_string_append_c (out, ')');
      return TRUE;

    case MB_RE_REPEAT:
      if (re->minimum > MOST_REPEATS ||
          (re->maximum > MOST_REPEATS && re->maximum != MB_REGEX_INFINITE))
        return FALSE;
      g_string_append (out, "(?:");
      if (!append_re (out, g_ptr_array_index (re->parts, 0)))
        return FALSE;
      if (re->maximum == MB_REGEX_INFINITE)
        g_string_append_printf (out, "){%u,}", re->minimum);
      else
        g_string_append_printf (out, "){%u,%u}", re->minimum, re->maximum);
      if (re->lazy)
        g_string_append_c (out, '?');
      return TRUE;

    case MB_RE_GROUP:
    case MB_RE_AHEAD:
    case MB_RE_NOT_AHEAD:
    case MB_RE_BEHIND:
    case MB_RE_NOT_BEHIND:
      part = g_ptr_array_index (re->parts, 0);
      g_string_append (out, openings[re->kind]);
      /* Bare alternatives may look behind for texts of different lengths. */
      if (part->kind == MB_RE_ALTERNATIVES ? !append_alternatives (out, part)
          : !append_re (out, part))
        return FALSE;
      g_string_append_c (out, ')');
      return TRUE;

    case MB_RE_START:
      g_string_append (out, "\\A");
      return TRUE;

    case MB_RE_END:
      g_string_append (out, "\\z");
      return TRUE;

    case MB_RE_WORD_EDGE:
      g_string_append (out, "\\b");
      return TRUE;

    case MB_RE_NO_WORD_EDGE:
      g_string_append (out, "\\B");
      return TRUE;

    case MB_RE_BACK_REFERENCE:
      g_string_append_printf (out, "\\g{%u}", re->number);
      return TRUE;

    default:
      return FALSE;
    }
}

static pcre2_code *
compile (const MbRe *re)
{
  g_autoptr(GString) text = g_string_new (NULL);
  pcre2_code *code;
  PCRE2_SIZE offset;
  int problem;

  if (!append_re (text, re))
    return NULL;

  code = pcre2_compile ((PCRE2_SPTR) text->str, text->len,
                        PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
                        PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT, &problem, &offset, NULL);

  return code;
}

MbRegex *
_mb_regex_new (const char  *pattern,
               gint64      *work,
               GError     **error)
{
  enum { WORK_OF_PCRE2 = 10000 };

  g_autoptr(MbRe) re = _mb_re_parse (pattern, error);
  MbRegex *self;

  if (re == NULL)
    return NULL;

  *work -= (gint64) strlen (pattern);
  if (*work < 0)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
                   _("holds one regular expression too many: together they are too complex"));
      return NULL;
    }

  self = g_new0 (MbRegex, 1);
  self->automaton = _mb_automaton_new (re, work);
  if (self->automaton == NULL)
    *work -= WORK_OF_PCRE2;
  if (self->automaton == NULL)
    self->code = compile (re);
  if (self->automaton == NULL && self->code == NULL)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_UNSUPPORTED,
                   _("holds a regular expression that is too large, or looks behind for a text of no "
                     "fixed length, and so cannot be used here: “%s”"), pattern);
      _mb_regex_free (self);
      return NULL;
    }

  return self;
}

void
_mb_regex_free (MbRegex *self)
{
  g_clear_pointer (&self->automaton, _mb_automaton_free);
  g_clear_pointer (&self->code, pcre2_code_free);
  g_free (self);
}

static int
pay (pcre2_callout_block *block,
     void                *data)
{
  Payment *payment = data;

  payment->budget->left -= payment->cost;

  return payment->budget->left < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

gboolean
_mb_regex_match (const MbRegex *self,
                 const char    *text,
                 gsize          length,
                 MbBudget      *budget)
{
  enum { BYTES_A_STEP = 128, LONG_TEXT = 4096 };

  Matcher *matcher;
  Payment payment = { budget, (gint64) (1 + length / BYTES_A_STEP) };
  int result;

  budget->left -= (gint64) (length / BYTES_A_STEP);
  if (budget->left < 0)
    return FALSE;
  if (self->automaton != NULL)
    return _mb_automaton_match (self->automaton, text, length);

  matcher = get_matcher ();
  pcre2_set_callout (matcher->context, pay, &payment);
  result =
    pcre2_match (self->code, (PCRE2_SPTR) text, length, 0, 0, matcher->data, matcher->context);
  /* PCRE2 keeps the memory of the largest match: that of a usual one, not of an attack. */
  if (length > LONG_TEXT)
    matcher_reset (matcher);
  if (result >= 0)
    return TRUE;

  /* What is not UTF-8 matches nothing; all else is a limit. */
  if (result != PCRE2_ERROR_NOMATCH &&
      !(result <= PCRE2_ERROR_UTF8_ERR1 && result >= PCRE2_ERROR_UTF8_ERR21))
    budget->left = -1;

  return FALSE;
}

gboolean
_mb_regex_is_valid (const char *pattern)
{
  g_autoptr(MbRe) re = _mb_re_parse (pattern, NULL);

  return re != NULL;
}
