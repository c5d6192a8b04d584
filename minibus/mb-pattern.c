/* mb-pattern.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-pattern-private.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <glib/gi18n-lib.h>
#include <pcre2.h>
#include <string.h>

#include "mb-error.h"

/* A topic comes from the network, so that a match must end soon whatever the topic is. PCRE2 counts
 * each time that it tries something, and a longer topic honestly needs more of that. But one such
 * step may go over the whole topic, so that the steps become fewer again where topics are longer
 * than any that are meant well: the time stays in proportion to 2^25 characters.
 */
#define MATCH_LIMIT(length) MIN (10000 + 50 * (length), ((gsize) 1 << 25) / (length))
#define HEAP_LIMIT(length)  MIN (64 + (length) / 2, 4096)   /* KiB */

/* Above this, what a match took is not kept for the next. */
#define USUAL_TOPIC_LENGTH 1024

struct _MbPattern
{
  char       *key;
  char       *text;
  char       *literal;         /* if the pattern has no operators … */
  gsize       literal_length;
  pcre2_code *code;            /* … and otherwise this */
};

/* What a match needs besides the pattern, kept for each thread. */
typedef struct
{
  pcre2_match_context *context;
  pcre2_match_data    *data;
} Matcher;

/* Translation */

/* The text of the pattern as PCRE2 must have it to mean what it means in Python, and where each
 * byte of it comes from, for the positions in error messages.
 */
typedef struct
{
  const char *whole;     /* as it was given, for messages */
  gsize       shift;     /* what stands before the text in the whole: the anchor, or nothing */
  GString    *out;
  GArray     *origins;   /* of gsize, one for each byte of `out` */
} Translation;

static void
translate (Translation *self,
           const char  *text,
           gsize        origin,
           gsize        length)
{
  for (gsize i = 0; i < length; i++)
    {
      g_string_append_c (self->out, text[i]);
      g_array_append_val (self->origins, origin);
    }
}

static void
copy (Translation *self,
      const char  *text,
      gsize       *cursor,
      gsize        length)
{
  for (gsize i = 0; i < length; i++, (*cursor)++)
    translate (self, text + *cursor, *cursor, 1);
}

static gboolean G_GNUC_PRINTF (4, 5)
fail (GError     **error,
      const char  *whole,
      gsize        position,
      const char  *format,
      ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN,
               _("The topic pattern “%s” is not a usable regular expression, at byte %zu: %s"),
               whole, position, reason);

  return FALSE;
}

static gsize
count_hex (const char *text)
{
  gsize n = 0;

  while (g_ascii_isxdigit (text[n]))
    n++;

  return n;
}

static gboolean
translate_escape (Translation  *self,
                  const char   *text,
                  gsize        *cursor,
                  GError      **error)
{
  char c = text[*cursor + 1];
  gsize n_digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;

  if (c == '\0')
    return fail (error, self->whole, self->shift + *cursor,
                 _("nothing follows the backslash; to mean the backslash itself, write two"));

  if (c == 'Q' || c == 'E')
    return fail (error, self->whole, self->shift + *cursor,
                 _("\\%c is not supported; escape each character by itself"), c);

  if (n_digits > 0)
    {
      if (count_hex (text + *cursor + 2) < n_digits)
        return fail (error, self->whole, self->shift + *cursor,
                     _("\\%c must be followed by %d hexadecimal digits"), c, (int) n_digits);
      translate (self, "\\x{", *cursor, 3);
      translate (self, text + *cursor + 2, *cursor, n_digits);
      translate (self, "}", *cursor, 1);
      *cursor += 2 + n_digits;
      return TRUE;
    }

  if (c == 'Z')
    {
      /* The very end; PCRE2's \Z may stand before a last line feed, too. */
      translate (self, "\\z", *cursor, 2);
      *cursor += 2;
      return TRUE;
    }

  copy (self, text, cursor, 2);

  return TRUE;
}

static gboolean
translate_class (Translation  *self,
                 const char   *text,
                 gsize        *cursor,
                 GError      **error)
{
  copy (self, text, cursor, 1);
  if (text[*cursor] == '^')
    copy (self, text, cursor, 1);
  if (text[*cursor] == ']')
    copy (self, text, cursor, 1);

  while (text[*cursor] != '\0' && text[*cursor] != ']')
    {
      const char *posix = text + *cursor;

      if (*posix == '\\')
        {
          if (!translate_escape (self, text, cursor, error))
            return FALSE;
        }
      else if (*posix == '[' && posix[1] == ':' && strstr (posix, ":]") != NULL)
        {
          copy (self, text, cursor, (gsize) (strstr (posix, ":]") + 2 - posix));
        }
      else
        {
          copy (self, text, cursor, 1);
        }
    }

  return TRUE;
}

static gboolean
translate_pattern (Translation  *self,
                   const char   *text,
                   GError      **error)
{
  gsize cursor = 0;

  while (text[cursor] != '\0')
    {
      const char *p = text + cursor;

      if (*p == '\\')
        {
          if (!translate_escape (self, text, &cursor, error))
            return FALSE;
        }
      else if (*p == '[')
        {
          if (!translate_class (self, text, &cursor, error))
            return FALSE;
        }
      else if (p[0] == '(' && p[1] == '*')
        {
          return fail (error, self->whole, self->shift + cursor,
                       _("nothing stands before the asterisk that could be repeated; write “\\*” "
                         "if the asterisk itself is meant"));
        }
      else if (g_str_has_prefix (p, "(?#"))
        {
          copy (self, text, &cursor, strcspn (p, ")"));
        }
      else if (p[0] == '{' && p[1] == ',' && p[2 + strspn (p + 2, "0123456789")] == '}')
        {
          /* Without a lower bound, that is 0; for PCRE2 these would be plain characters. */
          translate (self, "{0", cursor, 2);
          cursor++;
        }
      else
        {
          copy (self, text, &cursor, 1);
        }
    }

  return TRUE;
}

/* Patterns */

/* The topic if `text` holds no operators, only characters and escaped punctuation. */
static char *
find_literal (const char *text)
{
  g_autoptr(GString) literal = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '\\')
        {
          p++;
          if (*p == '\0' || g_ascii_isalnum (*p))
            return NULL;
        }
      else if (strchr (".^$*+?()[]{}|", *p) != NULL)
        {
          return NULL;
        }

      g_string_append_c (literal, *p);
    }

  return g_string_free (g_steal_pointer (&literal), FALSE);
}

static pcre2_code *
compile (const char  *text,
         const char  *whole,
         gsize        shift,
         GError     **error)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GArray) origins = g_array_new (FALSE, FALSE, sizeof (gsize));
  Translation translation = { whole, shift, out, origins };
  pcre2_compile_context *context;
  pcre2_code *code;
  PCRE2_SIZE position;
  PCRE2_UCHAR reason[256];
  int error_code;

  if (!translate_pattern (&translation, text, error))
    return NULL;

  /* The anchors are options and not characters, so that they hold for each branch of “a|b”, and
   * that no group around the text can change what it means.
   */
  context = pcre2_compile_context_create (NULL);
  pcre2_set_newline (context, PCRE2_NEWLINE_LF);
  code = pcre2_compile ((PCRE2_SPTR) out->str, out->len,
                        PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
                        PCRE2_NEVER_BACKSLASH_C,
                        &error_code, &position, context);
  pcre2_compile_context_free (context);

  if (code == NULL)
    {
      pcre2_get_error_message (error_code, reason, G_N_ELEMENTS (reason));
      position = position < origins->len ? g_array_index (origins, gsize, position) : strlen (text);
      fail (error, whole, shift + position, "%s", (const char *) reason);
    }

  return code;
}

/* Takes the texts. */
static MbPattern *
pattern_new (char       *text,
             char       *literal,
             pcre2_code *code)
{
  MbPattern *self = g_atomic_rc_box_new0 (MbPattern);

  self->key = g_strconcat ("^", text, "$", NULL);
  self->text = text;
  self->literal = literal;
  self->literal_length = literal != NULL ? strlen (literal) : 0;
  self->code = code;

  return self;
}

/* What stands between the outer anchors, of which each may be missing. */
static char *
strip_anchors (const char *text)
{
  gsize length, n_backslashes;

  if (*text == '^')
    text++;

  length = strlen (text);
  if (length > 0 && text[length - 1] == '$')
    {
      /* A $ that is escaped is none. */
      for (n_backslashes = 0; n_backslashes < length - 1; n_backslashes++)
        if (text[length - 2 - n_backslashes] != '\\')
          break;
      if (n_backslashes % 2 == 0)
        length--;
    }

  return g_strndup (text, length);
}

MbPattern *
_mb_pattern_new (const char  *text,
                 GError     **error)
{
  g_autofree char *inner = NULL;
  char *literal;
  pcre2_code *code = NULL;
  const char *bad;
  gsize length = strlen (text);

  if (length == 0)
    {
      g_set_error_literal (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN,
                           _("The topic pattern is empty; use “.*” for all topics, or the name of "
                             "one"));
      return NULL;
    }

  if (!g_utf8_validate_len (text, length, &bad))
    {
      gsize shown = MIN (length, MB_PATTERN_MAX_LENGTH);
      g_autofree char *valid = g_utf8_make_valid (text, (gssize) shown);

      fail (error, valid, (gsize) (bad - text), _("the byte 0x%02X is not UTF-8"), (guint8) *bad);
      return NULL;
    }

  if (length > MB_PATTERN_MAX_LENGTH)
    {
      g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN,
                   _("The topic pattern “%.*s…” has %zu bytes; it must not have more than %d"),
                   (int) (g_utf8_find_prev_char (text, text + 40) - text), text,
                   length, MB_PATTERN_MAX_LENGTH);
      return NULL;
    }

  inner = strip_anchors (text);
  literal = find_literal (inner);
  if (literal == NULL)
    {
      code = compile (inner, text, *text == '^' ? 1 : 0, error);
      if (code == NULL)
        return NULL;
    }

  return pattern_new (g_steal_pointer (&inner), literal, code);
}

MbPattern *
_mb_pattern_new_literal (const char *topic)
{
  return pattern_new (_mb_pattern_escape (topic), g_strdup (topic), NULL);
}

MbPattern *
_mb_pattern_ref (MbPattern *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear_pattern (gpointer data)
{
  MbPattern *self = data;

  g_free (self->key);
  g_free (self->text);
  g_free (self->literal);
  pcre2_code_free (self->code);
}

void
_mb_pattern_unref (MbPattern *self)
{
  g_atomic_rc_box_release_full (self, clear_pattern);
}

const char *
_mb_pattern_get_key (MbPattern *self)
{
  return self->key;
}

const char *
_mb_pattern_get_text (MbPattern *self)
{
  return self->text;
}

const char *
_mb_pattern_get_literal (MbPattern *self)
{
  return self->literal;
}

/* Matching */

static void
free_matcher (gpointer data)
{
  Matcher *matcher = data;

  pcre2_match_data_free (matcher->data);
  pcre2_match_context_free (matcher->context);
  g_free (matcher);
}

static Matcher *
get_matcher (void)
{
  static GPrivate matchers = G_PRIVATE_INIT (free_matcher);
  Matcher *matcher = g_private_get (&matchers);

  if (matcher == NULL)
    {
      matcher = g_new0 (Matcher, 1);
      matcher->context = pcre2_match_context_create (NULL);
      g_private_set (&matchers, matcher);
    }

  /* No group is asked for. */
  if (matcher->data == NULL)
    matcher->data = pcre2_match_data_create (1, NULL);

  return matcher;
}

MbMatch
_mb_pattern_match (MbPattern  *self,
                   const char *topic,
                   gsize       length)
{
  Matcher *matcher;
  guint32 match_limit;
  int result;

  if (self->literal != NULL)
    return length == self->literal_length &&
           (length == 0 || memcmp (topic, self->literal, length) == 0) ? MB_MATCH_YES : MB_MATCH_NO;

  matcher = get_matcher ();
  match_limit = (guint32) MATCH_LIMIT (MAX (length, 1));
  pcre2_set_match_limit (matcher->context, match_limit);
  pcre2_set_depth_limit (matcher->context, match_limit);
  pcre2_set_heap_limit (matcher->context, (guint32) HEAP_LIMIT (length));
  result = pcre2_match (self->code, (PCRE2_SPTR) topic, length, 0, 0, matcher->data,
                        matcher->context);

  /* PCRE2 keeps in the match data what it allocated for this match. */
  if (length > USUAL_TOPIC_LENGTH)
    g_clear_pointer (&matcher->data, pcre2_match_data_free);

  /* 0 means that the pattern has more groups than the match data has room for. */
  if (result >= 0)
    return MB_MATCH_YES;

  if (result == PCRE2_ERROR_NOMATCH ||
      (result <= PCRE2_ERROR_UTF8_ERR1 && result >= PCRE2_ERROR_UTF8_ERR21))
    return MB_MATCH_NO;

  /* A limit was reached, or memory or something else failed: it is not known. */
  return MB_MATCH_LIMIT;
}

char *
_mb_pattern_escape (const char *literal)
{
  GString *out = g_string_new (NULL);

  for (const char *p = literal; *p != '\0'; p++)
    {
      if (strchr ("\\.^$*+?()[]{}|", *p) != NULL)
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p);
    }

  return g_string_free (out, FALSE);
}
