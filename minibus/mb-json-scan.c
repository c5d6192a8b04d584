/* mb-json-scan.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-json-scan-private.h"

#include <string.h>

#define IS_DIGIT(c)  ((c) >= '0' && (c) <= '9')

/* What the character behind a backslash means; 0 if it means nothing, or is the u of \uXXXX. */
static const char escapes[256] = {
  ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
  ['"'] = '"', ['\\'] = '\\', ['/'] = '/',
};

/* Eight bytes at once: the offset of the first that is a quotation mark, a backslash, a control character or not
 * ASCII, or 8 if none is.
 */
static inline guint
find_special (const char *p)
{
  guint64 word;

  memcpy (&word, p, sizeof word);

  return _mb_scan_first_marked (_mb_scan_mark_escaped (GUINT64_FROM_LE (word)) | GUINT64_FROM_LE (word));
}

/* Likewise, for backslashes alone. */
static inline guint
find_backslash (const char *p)
{
  guint64 word;

  memcpy (&word, p, sizeof word);
  word = GUINT64_FROM_LE (word) ^ MB_SCAN_REPEAT ('\\');

  return _mb_scan_first_marked ((word - MB_SCAN_REPEAT (1)) & ~word);
}

static inline gboolean
is_plain (char c)
{
  return c >= 0x20 && c != '"' && c != '\\' && (guint8) c < 0x80;
}

/* The first special byte from `p` on, or the end. */
static inline const char *
skip_plain (const char *p,
            const char *end)
{
  while (end - p >= 8)
    {
      guint n = find_special (p);

      p += n;
      if (n < 8)
        return p;
    }

  while (p < end && is_plain (*p))
    p++;

  return p;
}

static inline gboolean
is_continuation (char c)
{
  return ((guint8) c & 0xc0) == 0x80;
}

guint
_mb_scan_utf8 (const char *p,
               const char *end)
{
  gsize left = (gsize) (end - p);
  guint8 first, second;

  if (left == 0)
    return 0;

  first = (guint8) p[0];
  if (first < 0x80)
    return 1;
  if (first < 0xc2 || first > 0xf4 || left < 2)
    return 0;

  second = (guint8) p[1];
  if (first < 0xe0)
    return is_continuation (p[1]) ? 2 : 0;

  /* The second byte keeps out overlong forms, surrogates and what is above U+10FFFF. */
  if (first < 0xf0)
    {
      guint8 low = first == 0xe0 ? 0xa0 : 0x80;
      guint8 high = first == 0xed ? 0x9f : 0xbf;

      return second >= low && second <= high && left >= 3 && is_continuation (p[2]) ? 3 : 0;
    }
  else
    {
      guint8 low = first == 0xf0 ? 0x90 : 0x80;
      guint8 high = first == 0xf4 ? 0x8f : 0xbf;

      return second >= low && second <= high && left >= 4 &&
             is_continuation (p[2]) && is_continuation (p[3]) ? 4 : 0;
    }
}

/* Reads the four digits of \uXXXX; `p` stands behind the u. Returns -1 if there are none. */
static int
read_hex (const char *p,
          const char *end)
{
  int value = 0;

  if (end - p < 4)
    return -1;

  for (guint i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (p[i]);

      if (digit < 0)
        return -1;
      value = value * 16 + digit;
    }

  return value;
}

static MbScan
scan_escape (const char **cursor,
             const char  *end)
{
  const char *p = *cursor;
  int unit;

  if (end - p < 2)
    {
      *cursor = end;
      return MB_SCAN_END;
    }

  if (p[1] != 'u')
    {
      if (escapes[(guint8) p[1]] == 0)
        return MB_SCAN_ESCAPE;
      *cursor = p + 2;
      return MB_SCAN_OK;
    }

  unit = read_hex (p + 2, end);
  if (unit < 0)
    return MB_SCAN_HEX;
  if (unit == 0)
    return MB_SCAN_NUL;
  if (unit < 0xd800 || unit > 0xdfff)
    {
      *cursor = p + 6;
      return MB_SCAN_OK;
    }

  if (unit < 0xdc00 && end - p >= 8 && p[6] == '\\' && p[7] == 'u')
    {
      int low = read_hex (p + 8, end);

      if (low < 0)
        {
          *cursor = p + 6;
          return MB_SCAN_HEX;
        }
      if (low >= 0xdc00 && low <= 0xdfff)
        {
          *cursor = p + 12;
          return MB_SCAN_OK;
        }
    }

  return MB_SCAN_SURROGATE;
}

MbScan
_mb_scan_content (const char **cursor,
                  const char  *end,
                  gboolean    *escaped)
{
  const char *p = *cursor;
  MbScan result = MB_SCAN_OK;

  *escaped = FALSE;

  while (result == MB_SCAN_OK)
    {
      guint8 c;

      p = skip_plain (p, end);
      if (p == end || *p == '"')
        break;

      c = (guint8) *p;
      if (c == '\\')
        {
          *escaped = TRUE;
          /* JSON within JSON is full of these. */
          if (end - p >= 2 && escapes[(guint8) p[1]] != 0)
            p += 2;
          else
            result = scan_escape (&p, end);
        }
      else if (c >= 0x80)
        {
          guint n = _mb_scan_utf8 (p, end);

          if (n == 0)
            result = MB_SCAN_UTF8;
          p += n;
        }
      else
        {
          result = MB_SCAN_CONTROL;
        }
    }

  *cursor = p;

  return result;
}

MbScan
_mb_scan_string (const char **cursor,
                 const char  *end,
                 gboolean    *escaped)
{
  MbScan result;

  (*cursor)++;
  result = _mb_scan_content (cursor, end, escaped);
  if (result != MB_SCAN_OK)
    return result;
  if (*cursor == end)
    return MB_SCAN_END;
  (*cursor)++;

  return MB_SCAN_OK;
}

static inline void
add_digit (MbScanNumber *number,
           char          c)
{
  guint64 digit = (guint64) (c - '0');

  if (number->digits < G_MAXUINT64 / 10)
    number->digits = number->digits * 10 + digit;
  else if (__builtin_mul_overflow (number->digits, 10, &number->digits) ||
           __builtin_add_overflow (number->digits, digit, &number->digits))
    number->exact = FALSE;
}

static MbScan
scan_digits (const char   **cursor,
             const char    *end,
             MbScanNumber  *number,
             int            step)
{
  const char *p = *cursor;

  if (p == end)
    return MB_SCAN_END;
  if (!IS_DIGIT (*p))
    return MB_SCAN_DIGIT;

  for (; p < end && IS_DIGIT (*p); p++)
    {
      add_digit (number, *p);
      /* Far beyond the range of a double already, and short of the range of an int. */
      if (number->exponent > -1000000)
        number->exponent -= step;
      else
        number->exact = FALSE;
    }

  *cursor = p;

  return MB_SCAN_OK;
}

static MbScan
scan_exponent (const char   **cursor,
               const char    *end,
               MbScanNumber  *number)
{
  const char *p = *cursor;
  gboolean negative = FALSE;
  int exponent = 0;

  if (p < end && (*p == '+' || *p == '-'))
    negative = *p++ == '-';

  *cursor = p;
  if (p == end)
    return MB_SCAN_END;
  if (!IS_DIGIT (*p))
    return MB_SCAN_DIGIT;

  for (; p < end && IS_DIGIT (*p); p++)
    {
      if (exponent < 1000000)
        exponent = exponent * 10 + (*p - '0');
      else
        number->exact = FALSE;
    }

  number->exponent += negative ? -exponent : exponent;
  *cursor = p;

  return MB_SCAN_OK;
}

MbScan
_mb_scan_number (const char   **cursor,
                 const char    *end,
                 MbScanNumber  *number)
{
  const char *p = *cursor;
  MbScan result = MB_SCAN_OK;

  number->digits = 0;
  number->exponent = 0;
  number->negative = *p == '-';
  number->integer = TRUE;
  number->exact = TRUE;

  if (number->negative)
    p++;

  if (p < end && *p == '0')
    {
      p++;
      if (p < end && IS_DIGIT (*p))
        result = MB_SCAN_LEADING_ZERO;
    }
  else
    {
      result = scan_digits (&p, end, number, 0);
    }

  if (result == MB_SCAN_OK && p < end && *p == '.')
    {
      p++;
      number->integer = FALSE;
      result = scan_digits (&p, end, number, 1);
    }

  if (result == MB_SCAN_OK && p < end && (*p == 'e' || *p == 'E'))
    {
      p++;
      number->integer = FALSE;
      result = scan_exponent (&p, end, number);
    }

  *cursor = p;

  return result;
}

MbScan
_mb_scan_word (const char **cursor,
               const char  *end,
               const char  *word)
{
  gsize length = strlen (word);
  gsize left = (gsize) (end - *cursor);

  if (memcmp (*cursor, word, MIN (length, left)) != 0)
    return MB_SCAN_WORD;

  if (left < length)
    {
      *cursor = end;
      return MB_SCAN_END;
    }

  *cursor += length;

  return MB_SCAN_OK;
}

static MbScan
scan_scalar (const char **cursor,
             const char  *end)
{
  MbScanNumber number;
  gboolean escaped;

  switch (**cursor)
    {
    case '"':
      return _mb_scan_string (cursor, end, &escaped);
    case 't':
      return _mb_scan_word (cursor, end, "true");
    case 'f':
      return _mb_scan_word (cursor, end, "false");
    case 'n':
      return _mb_scan_word (cursor, end, "null");
    case '-':
    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
      return _mb_scan_number (cursor, end, &number);
    default:
      return MB_SCAN_VALUE;
    }
}

/* Goes over the name of a member and its colon, up to the value. */
static MbScan
scan_name (const char **cursor,
           const char  *end)
{
  gboolean escaped;
  MbScan result;

  _mb_scan_blank (cursor, end);
  if (*cursor == end)
    return MB_SCAN_END;
  if (**cursor != '"')
    return MB_SCAN_NAME;

  result = _mb_scan_string (cursor, end, &escaped);
  if (result != MB_SCAN_OK)
    return result;

  _mb_scan_blank (cursor, end);
  if (*cursor == end)
    return MB_SCAN_END;
  if (**cursor != ':')
    return MB_SCAN_COLON;
  (*cursor)++;

  return MB_SCAN_OK;
}

MbScan
_mb_scan_value (const char **cursor,
                const char  *end,
                guint        max_depth)
{
  guint64 objects = 0;   /* one bit a level, the lowest for the innermost: is it an object? */
  guint depth = 0;

  g_assert (max_depth <= 64);

  while (TRUE)
    {
      gboolean object, empty;
      MbScan result;

      _mb_scan_blank (cursor, end);
      if (*cursor == end)
        return MB_SCAN_END;

      object = **cursor == '{';
      if (object || **cursor == '[')
        {
          if (depth == max_depth)
            return MB_SCAN_TOO_DEEP;
          depth++;
          objects = objects << 1 | (guint64) object;

          (*cursor)++;
          _mb_scan_blank (cursor, end);
          empty = *cursor < end && **cursor == (object ? '}' : ']');
        }
      else
        {
          result = scan_scalar (cursor, end);
          if (result != MB_SCAN_OK)
            return result;
          empty = TRUE;
        }

      /* After a value: close what ends here. */
      while (empty && depth > 0)
        {
          object = objects & 1;

          _mb_scan_blank (cursor, end);
          if (*cursor == end)
            return MB_SCAN_END;
          if (**cursor == ',')
            {
              (*cursor)++;
              break;
            }
          if (**cursor != (object ? '}' : ']'))
            return object ? MB_SCAN_COMMA_OBJECT : MB_SCAN_COMMA_ARRAY;

          (*cursor)++;
          depth--;
          objects >>= 1;
        }

      if (depth == 0)
        return MB_SCAN_OK;

      if (objects & 1)
        {
          result = scan_name (cursor, end);
          if (result != MB_SCAN_OK)
            return result;
        }
    }
}

gsize
_mb_scan_decode (char       *out,
                 const char *raw,
                 gsize       length)
{
  const char *end = raw + length;
  char *o = out;

  while (raw < end)
    {
      gunichar c;

      /* `o` is never ahead of `raw`, so there is room for eight bytes wherever there are eight more. */
      if (end - raw >= 8)
        {
          guint n = find_backslash (raw);

          memcpy (o, raw, 8);
          o += n;
          raw += n;
          if (n == 8)
            continue;
        }
      else if (*raw != '\\')
        {
          *o++ = *raw++;
          continue;
        }

      raw += 2;
      if (raw[-1] != 'u')
        {
          *o++ = escapes[(guint8) raw[-1]];
          continue;
        }

      c = (gunichar) read_hex (raw, end);
      raw += 4;
      if (c >= 0xd800 && c < 0xdc00)
        {
          c = 0x10000 + ((c - 0xd800) << 10) + ((gunichar) read_hex (raw + 2, end) - 0xdc00);
          raw += 6;
        }
      o += g_unichar_to_utf8 (c, o);
    }

  return (gsize) (o - out);
}
