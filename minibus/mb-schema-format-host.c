/* mb-schema-format-host.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Host names by RFC 1123, and international ones by IDNA 2008 (RFC 5890 to 5893), which
 * g_hostname_to_ascii() does not know: that is IDNA 2003.
 *
 * Joining types and directions are those of blocks and scripts. That is exact for letters in use,
 * as far as GLib knows Unicode, and may be wrong for a few rare ones.
 */

#include "config.h"

#include "mb-schema-format-private.h"

#include <string.h>

enum
{
  MAX_LABEL = 63,
  MAX_NAME = 253,
};

typedef struct
{
  gunichar low;
  gunichar high;
} Range;

static gboolean
is_in (gunichar     c,
       const Range *ranges,
       guint        n)
{
  for (guint i = 0; i < n; i++)
    if (ranges[i].low <= c && c <= ranges[i].high)
      return TRUE;

  return FALSE;
}

#define IS_IN(c, ranges) is_in (c, ranges, G_N_ELEMENTS (ranges))

/* Punycode, RFC 3492 */

static guint
adapt (guint    delta,
       guint    n_points,
       gboolean first)
{
  guint k = 0;

  delta = first ? delta / 700 : delta / 2;
  delta += delta / n_points;
  for (; delta > 455; k += 36)
    delta /= 35;

  return k + 36 * delta / (delta + 38);
}

static guint
threshold (guint k,
           guint bias)
{
  return k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
}

/* Returns the number of characters, at most MAX_LABEL, or -1. */
static int
punycode_decode (const char *text,
                 gsize       length,
                 gunichar   *out)
{
  const char *end = text + length;
  guint n = 128, i = 0, bias = 72;
  guint n_out = 0;
  const char *hyphen = NULL;

  for (const char *p = text; p < end; p++)
    if (*p == '-')
      hyphen = p;
  if (hyphen != NULL)
    {
      for (; text < hyphen; text++)
        out[n_out++] = (guchar) g_ascii_tolower (*text);
      text++;
    }

  while (text < end)
    {
      guint before = i, weight = 1;

      for (guint k = 36;; k += 36)
        {
          guint digit, t = threshold (k, bias);
          char c = text < end ? g_ascii_tolower (*text) : 0;

          if (!g_ascii_isalnum (c))
            return -1;
          text++;
          digit = g_ascii_isdigit (c) ? (guint) (c - '0' + 26) : (guint) (c - 'a');
          if (digit > (0x7fffffff - i) / weight)
            return -1;
          i += digit * weight;
          if (digit < t)
            break;
          if (weight > 0x7fffffff / (36 - t))
            return -1;
          weight *= 36 - t;
        }
      bias = adapt (i - before, n_out + 1, before == 0);
      n += i / (n_out + 1);
      i %= n_out + 1;
      if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000) || n_out >= MAX_LABEL)
        return -1;
      memmove (out + i + 1, out + i, sizeof *out * (n_out - i));
      out[i++] = n;
      n_out++;
    }

  return (int) n_out;
}

static char
punycode_digit (guint digit)
{
  return (char) (digit < 26 ? 'a' + digit : '0' + digit - 26);
}

/* The label as it goes over the wire, “xn--…”. The label is short, and has a character beyond
 * ASCII.
 */
static char *
punycode_encode (const gunichar *label,
                 guint           length)
{
  GString *out = g_string_new ("xn--");
  guint n = 128, delta = 0, bias = 72, done = 0, n_basic;

  for (guint i = 0; i < length; i++)
    if (label[i] < 128)
      {
        g_string_append_c (out, (char) label[i]);
        done++;
      }
  n_basic = done;
  if (n_basic > 0)
    g_string_append_c (out, '-');

  while (done < length)
    {
      guint next = G_MAXUINT;

      for (guint i = 0; i < length; i++)
        if (label[i] >= n && label[i] < next)
          next = label[i];
      delta += (next - n) * (done + 1);
      n = next;
      for (guint i = 0; i < length; i++)
        {
          guint q = delta;

          if (label[i] < n)
            delta++;
          if (label[i] != n)
            continue;
          for (guint k = 36;; k += 36)
            {
              guint t = threshold (k, bias);

              if (q < t)
                break;
              g_string_append_c (out, punycode_digit (t + (q - t) % (36 - t)));
              q = (q - t) / (36 - t);
            }
          g_string_append_c (out, punycode_digit (q));
          bias = adapt (delta, done + 1, done == n_basic);
          delta = 0;
          done++;
        }
      delta++;
      n++;
    }

  return g_string_free (out, FALSE);
}

/* Which characters a label may have, RFC 5892 */

static gboolean
is_letter_or_digit (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_OTHER_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_DECIMAL_NUMBER:
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_SPACING_MARK:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Whether a mapping to lower case and normal form would make it another one. */
static gboolean
is_unstable (gunichar c)
{
  char text[7] = { 0 };
  g_autofree char *first = NULL;
  g_autofree char *folded = NULL;
  g_autofree char *last = NULL;

  g_unichar_to_utf8 (c, text);
  first = g_utf8_normalize (text, -1, G_NORMALIZE_ALL_COMPOSE);
  folded = g_utf8_casefold (first, -1);
  last = g_utf8_normalize (folded, -1, G_NORMALIZE_ALL_COMPOSE);

  return strcmp (last, text) != 0;
}

static gboolean
is_allowed (gunichar c)
{
  static const Range allowed[] = {
    { '-', '-' }, { '0', '9' }, { 'a', 'z' }, { 0xb7, 0xb7 }, { 0xdf, 0xdf }, { 0x375, 0x375 },
    { 0x3c2, 0x3c2 }, { 0x5f3, 0x5f4 }, { 0x660, 0x669 }, { 0x6f0, 0x6f9 }, { 0x6fd, 0x6fe },
    { 0xf0b, 0xf0b }, { 0x200c, 0x200d }, { 0x3007, 0x3007 }, { 0x30fb, 0x30fb },
  };
  static const Range forbidden[] = {
    { 0, 0x7f }, { 0x34f, 0x34f }, { 0x640, 0x640 }, { 0x7fa, 0x7fa }, { 0x1100, 0x11ff },
    { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x20d0, 0x20ff }, { 0x302e, 0x302f },
      { 0x3031, 0x3035 },
    { 0x303b, 0x303b }, { 0x3164, 0x3164 }, { 0xa960, 0xa97c }, { 0xd7b0, 0xd7fb },
      { 0xfe00, 0xfe0f },
    { 0xffa0, 0xffa0 }, { 0x1d100, 0x1d24f }, { 0xe0000, 0xe0fff },
  };

  if (IS_IN (c, allowed))
    return TRUE;

  return !IS_IN (c, forbidden) && is_letter_or_digit (c) && !is_unstable (c);
}

typedef enum
{
  JOINS_NOT,
  JOINS_RIGHT,
  JOINS_BOTH,
  JOINS_TRANSPARENT,
} Joining;

static Joining
get_joining (gunichar c)
{
  static const Range right[] = {
    { 0x622, 0x625 }, { 0x627, 0x627 }, { 0x629, 0x629 }, { 0x62f, 0x632 }, { 0x648, 0x648 },
    { 0x671, 0x673 }, { 0x675, 0x677 }, { 0x688, 0x699 }, { 0x6c0, 0x6c0 }, { 0x6c3, 0x6cb },
    { 0x6cd, 0x6cd }, { 0x6cf, 0x6cf }, { 0x6d2, 0x6d3 }, { 0x6d5, 0x6d5 }, { 0x6ee, 0x6ef },
    { 0x710, 0x710 }, { 0x715, 0x719 }, { 0x71e, 0x71e }, { 0x728, 0x728 }, { 0x72a, 0x72a },
    { 0x72c, 0x72c }, { 0x72f, 0x72f }, { 0x74d, 0x74d }, { 0x759, 0x75b }, { 0x76b, 0x76c },
    { 0x771, 0x771 }, { 0x773, 0x774 }, { 0x778, 0x779 }, { 0x8aa, 0x8ac }, { 0x8ae, 0x8ae },
    { 0x8b1, 0x8b2 }, { 0x8b9, 0x8b9 },
  };
  static const Range both[] = {
    { 0x620, 0x620 }, { 0x626, 0x626 }, { 0x628, 0x63f }, { 0x641, 0x64a }, { 0x66e, 0x66f },
    { 0x678, 0x6d3 }, { 0x6fa, 0x6fc }, { 0x6ff, 0x6ff }, { 0x712, 0x72f }, { 0x74e, 0x77f },
    { 0x7ca, 0x7ea }, { 0x841, 0x855 }, { 0x8a0, 0x8bd }, { 0x1820, 0x1878 }, { 0x1887, 0x18aa },
    { 0xa840, 0xa871 },
  };
  GUnicodeType type = g_unichar_type (c);

  if (type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK ||
      type == G_UNICODE_FORMAT)
    return JOINS_TRANSPARENT;
  if (IS_IN (c, right))
    return JOINS_RIGHT;

  return IS_IN (c, both) && g_unichar_isalpha (c) ? JOINS_BOTH : JOINS_NOT;
}

static gboolean
is_virama (gunichar c)
{
  return g_unichar_combining_class (c) == 9;
}

/* Between letters of which one joins to the left and the other to the right. */
static gboolean
check_non_joiner (const gunichar *label,
                  guint           length,
                  guint           at)
{
  guint before = at, after = at + 1;

  if (at > 0 && is_virama (label[at - 1]))
    return TRUE;

  while (before > 0 && get_joining (label[before - 1]) == JOINS_TRANSPARENT)
    before--;
  while (after < length && get_joining (label[after]) == JOINS_TRANSPARENT)
    after++;

  return before > 0 && after < length && get_joining (label[before - 1]) == JOINS_BOTH &&
         get_joining (label[after]) != JOINS_NOT;
}

static gboolean
has_kana_or_han (const gunichar *label,
                 guint           length)
{
  for (guint i = 0; i < length; i++)
    {
      GUnicodeScript script = g_unichar_get_script (label[i]);

      if (script == G_UNICODE_SCRIPT_HIRAGANA || script == G_UNICODE_SCRIPT_KATAKANA ||
          script == G_UNICODE_SCRIPT_HAN)
        return TRUE;
    }

  return FALSE;
}

static gboolean
has_between (const gunichar *label,
             guint           length,
             gunichar        low,
             gunichar        high)
{
  for (guint i = 0; i < length; i++)
    if (low <= label[i] && label[i] <= high)
      return TRUE;

  return FALSE;
}

/* Some characters are allowed beside certain others only. */
static gboolean
check_context (const gunichar *label,
               guint           length,
               guint           at)
{
  gunichar c = label[at];

  switch (c)
    {
    case 0xb7:
      return at > 0 && at + 1 < length && label[at - 1] == 'l' && label[at + 1] == 'l';
    case 0x375:
      return at + 1 < length && g_unichar_get_script (label[at + 1]) == G_UNICODE_SCRIPT_GREEK;
    case 0x5f3:
    case 0x5f4:
      return at > 0 && g_unichar_get_script (label[at - 1]) == G_UNICODE_SCRIPT_HEBREW;
    case 0x200c:
      return check_non_joiner (label, length, at);
    case 0x200d:
      return at > 0 && is_virama (label[at - 1]);
    case 0x30fb:
      return has_kana_or_han (label, length);
    default:
      if (c >= 0x660 && c <= 0x669)
        return !has_between (label, length, 0x6f0, 0x6f9);
      return TRUE;
    }
}

/* Directions, RFC 5893 */

typedef enum
{
  BIDI_LEFT         = 1 << 0,
  BIDI_RIGHT        = 1 << 1, /* R and AL */
  BIDI_NUMBER       = 1 << 2, /* EN */
  BIDI_ARABIC       = 1 << 3, /* AN */
  BIDI_MARK         = 1 << 4, /* NSM */
  BIDI_OTHER        = 1 << 5,
} Bidi;

static Bidi
get_bidi (gunichar c)
{
  static const Range right[] = {
    { 0x590, 0x8ff }, { 0xfb1d, 0xfdff }, { 0xfe70, 0xfeff }, { 0x10800, 0x10fff },
      { 0x1e800, 0x1efff },
  };
  GUnicodeType type = g_unichar_type (c);

  if (type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK)
    return BIDI_MARK;
  if ((c >= '0' && c <= '9') || (c >= 0x6f0 && c <= 0x6f9))
    return BIDI_NUMBER;
  if ((c >= 0x660 && c <= 0x669) || (c >= 0x10d30 && c <= 0x10d39) ||
      (c >= 0x10e60 && c <= 0x10e7e))
    return BIDI_ARABIC;
  if (c == '-' || c == 0x200c || c == 0x200d || c == 0xb7 || c == 0x375 || c == 0x30fb)
    return BIDI_OTHER;

  return IS_IN (c, right) ? BIDI_RIGHT : BIDI_LEFT;
}

static gboolean
check_bidi (const gunichar *label,
            guint           length)
{
  guint seen = 0;
  Bidi first = get_bidi (label[0]);
  guint last = length;

  if (first != BIDI_LEFT && first != BIDI_RIGHT)
    return FALSE;
  for (guint i = 0; i < length; i++)
    seen |= get_bidi (label[i]);
  while (get_bidi (label[last - 1]) == BIDI_MARK)
    last--;

  if (first == BIDI_LEFT)
    return (seen & (BIDI_RIGHT | BIDI_ARABIC)) == 0 &&
           (get_bidi (label[last - 1]) & (BIDI_LEFT | BIDI_NUMBER)) != 0;

  return (seen & BIDI_LEFT) == 0 &&
    (seen & (BIDI_NUMBER | BIDI_ARABIC)) != (BIDI_NUMBER | BIDI_ARABIC) &&
         (get_bidi (label[last - 1]) & (BIDI_RIGHT | BIDI_NUMBER | BIDI_ARABIC)) != 0;
}

/* Labels */

static gboolean
check_unicode_label (const gunichar *label,
                     guint           length)
{
  g_autofree char *text = g_ucs4_to_utf8 (label, (glong) length, NULL, NULL, NULL);
  g_autofree char *normal = NULL;
  GUnicodeType first = g_unichar_type (label[0]);

  if (text != NULL)
    normal = g_utf8_normalize (text, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  if (normal == NULL || strcmp (text, normal) != 0)
    return FALSE;
  if (label[0] == '-' || label[length - 1] == '-' ||
      (length >= 4 && label[2] == '-' && label[3] == '-'))
    return FALSE;
  if (first == G_UNICODE_NON_SPACING_MARK || first == G_UNICODE_SPACING_MARK ||
      first == G_UNICODE_ENCLOSING_MARK)
    return FALSE;
  for (guint i = 0; i < length; i++)
    if (!is_allowed (label[i]) || !check_context (label, length, i))
      return FALSE;

  return TRUE;
}

static gboolean
check_ascii_label (const gunichar *label,
                   guint           length)
{
  if (length > MAX_LABEL || label[0] == '-' || label[length - 1] == '-')
    return FALSE;
  for (guint i = 0; i < length; i++)
    if (label[i] >= 0x80 || (!g_ascii_isalnum ((char) label[i]) && label[i] != '-'))
      return FALSE;

  return TRUE;
}

/* Checks a label, and gives what it says: the characters that “xn--…” stands for. */
static gboolean
check_label (const gunichar *label,
             guint           length,
             gunichar       *out,
             guint          *n_out,
             gsize          *n_ascii)
{
  g_autofree char *encoded = NULL;
  char ascii[MAX_LABEL + 1];
  gboolean international = FALSE;
  int n;

  if (length == 0 || length > MAX_LABEL)
    return FALSE;

  for (guint i = 0; i < length; i++)
    international |= label[i] >= 0x80;
  if (international)
    {
      encoded = punycode_encode (label, length);
      memcpy (out, label, sizeof *out * length);
      *n_out = length;
      *n_ascii = strlen (encoded);
      return *n_ascii <= MAX_LABEL && check_unicode_label (label, length);
    }

  if (!check_ascii_label (label, length))
    return FALSE;

  *n_ascii = length;
  *n_out = length;
  for (guint i = 0; i < length; i++)
    {
      out[i] = label[i];
      ascii[i] = g_ascii_tolower ((char) label[i]);
    }
  ascii[length] = 0;
  if (!g_str_has_prefix (ascii, "xn--"))
    return TRUE;

  n = punycode_decode (ascii + 4, length - 4, out);
  if (n <= 0 || !check_unicode_label (out, (guint) n))
    return FALSE;
  *n_out = (guint) n;
  encoded = punycode_encode (out, (guint) n);

  return strcmp (encoded, ascii) == 0;
}

static gboolean
is_separator (gunichar c,
              gboolean international)
{
  return c == '.' || (international && (c == 0x3002 || c == 0xff0e || c == 0xff61));
}

static gboolean
check_name (const char *text,
            gboolean    international)
{
  gunichar name[MAX_NAME + 1];
  gunichar labels[MAX_NAME + 1];    /* what all of them say, one after the other */
  guint starts[MAX_NAME + 2];
  guint n = 0, n_labels = 0, at = 0;
  gsize n_total = 0;
  gboolean right = FALSE;

  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (; *text != 0; text = g_utf8_next_char (text))
    {
      if (n == MAX_NAME)
        return FALSE;
      name[n] = g_utf8_get_char (text);
      if (name[n] >= 0x80 && !international)
        return FALSE;
      n++;
    }

  starts[0] = 0;
  for (guint i = 0; i <= n; i++)
    {
      guint n_label;
      gsize n_ascii;
      gunichar label[MAX_LABEL + 1];

      if (i < n && !is_separator (name[i], international))
        continue;
      if (!check_label (name + at, i - at, label, &n_label, &n_ascii))
        return FALSE;
      memcpy (labels + starts[n_labels], label, sizeof *label * n_label);
      starts[n_labels + 1] = starts[n_labels] + n_label;
      n_labels++;
      n_total += n_ascii + (i < n ? 1 : 0);
      at = i + 1;
    }
  if (n_total > MAX_NAME)
    return FALSE;

  /* The rules of direction bind all labels as soon as one goes from right to left. */
  for (guint i = 0; i < starts[n_labels]; i++)
    right |= (get_bidi (labels[i]) & (BIDI_RIGHT | BIDI_ARABIC)) != 0;
  for (guint i = 0; right && i < n_labels; i++)
    if (!check_bidi (labels + starts[i], starts[i + 1] - starts[i]))
      return FALSE;

  return TRUE;
}

gboolean
_mb_format_is_hostname (const char *text)
{
  return check_name (text, FALSE);
}

gboolean
_mb_format_is_idn_hostname (const char *text)
{
  return check_name (text, TRUE);
}
