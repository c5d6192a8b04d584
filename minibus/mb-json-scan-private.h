/* mb-json-scan-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* The words of JSON (RFC 8259), for the two who read bytes: the reader, which builds nodes, and the
 * packet scanner, which builds nothing. Nothing here allocates.
 *
 * Every function gets a cursor and the end of the text. After MB_SCAN_OK, the cursor stands behind
 * what was read; otherwise on the byte that is wrong, which is the end if the text ends too early.
 */
typedef enum
{
  MB_SCAN_OK,
  MB_SCAN_END,            /* the text ends in the middle */
  MB_SCAN_VALUE,          /* no value begins here */
  MB_SCAN_WORD,           /* begins like true, false or null, but is none of them */
  MB_SCAN_DIGIT,          /* a number lacks a digit here */
  MB_SCAN_LEADING_ZERO,   /* a number begins with 0 and another digit */
  MB_SCAN_CONTROL,        /* a control character in a string */
  MB_SCAN_ESCAPE,         /* no such escape */
  MB_SCAN_HEX,            /* \u without four hexadecimal digits */
  MB_SCAN_SURROGATE,      /* half of a surrogate pair */
  MB_SCAN_NUL,            /* \u0000 */
  MB_SCAN_UTF8,           /* not UTF-8 */
  MB_SCAN_NAME,           /* an object has no name of a member here */
  MB_SCAN_COLON,          /* no colon after a name */
  MB_SCAN_COMMA_OBJECT,   /* neither a comma nor a closing brace */
  MB_SCAN_COMMA_ARRAY,    /* neither a comma nor a closing bracket */
  MB_SCAN_TOO_DEEP,
  MB_SCAN_TRAILING,       /* something behind the value */
} MbScan;

/* A number is (negative ? -1 : 1) * digits * 10^exponent, if that is exact. */
typedef struct
{
  guint64  digits;
  int      exponent;
  gboolean negative : 1;
  gboolean integer  : 1;   /* written without a fraction or an exponent */
  gboolean exact    : 1;   /* all digits are in `digits` */
} MbScanNumber;

/* Eight bytes at once, the first of them the lowest. Marks are the high bits of bytes; what stands behind the first
 * mark says nothing.
 */
#define MB_SCAN_REPEAT(byte) (G_GUINT64_CONSTANT (0x0101010101010101) * (byte))

/* The offset of the first byte that is marked, or 8. */
static inline guint
_mb_scan_first_marked (guint64 marks)
{
  marks &= MB_SCAN_REPEAT (0x80);

  return marks != 0 ? (guint) __builtin_ctzll (marks) / 8 : 8;
}

/* Marks quotation marks, backslashes and control characters: what a string has to escape. */
static inline guint64
_mb_scan_mark_escaped (guint64 word)
{
  guint64 quote = word ^ MB_SCAN_REPEAT ('"');
  guint64 backslash = word ^ MB_SCAN_REPEAT ('\\');

  return ((word - MB_SCAN_REPEAT (0x20)) & ~word) |
         ((quote - MB_SCAN_REPEAT (1)) & ~quote) |
         ((backslash - MB_SCAN_REPEAT (1)) & ~backslash);
}

/* The next eight bytes, and zeros where the text ends. */
static inline guint64
_mb_scan_load (const char *p,
               const char *end)
{
  guint64 word = 0;

  if (end - p >= 8)
    memcpy (&word, p, sizeof word);
  else
    memcpy (&word, p, (gsize) (end - p));

  return GUINT64_FROM_LE (word);
}

/* Returns where a string has to be looked at more closely: the next quotation mark, backslash, control character or
 * character beyond ASCII; or the end. */
static inline const char *
_mb_scan_ascii (const char *p,
                const char *end)
{
  for (guint n = 8; n == 8; p += n)
    {
      guint64 word = _mb_scan_load (p, end);

      /* Zeros are marked, too. */
      n = _mb_scan_first_marked (_mb_scan_mark_escaped (word) | word);
    }

  return p;
}

static inline void
_mb_scan_blank (const char **cursor,
                const char  *end)
{
  const char *p = *cursor;

  while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    p++;

  *cursor = p;
}

/* Goes over blanks, and over `c`, if it comes next. */
static inline gboolean
_mb_scan_char (const char **cursor,
               const char  *end,
               char         c)
{
  _mb_scan_blank (cursor, end);
  if (*cursor == end || **cursor != c)
    return FALSE;
  (*cursor)++;

  return TRUE;
}

/* The bytes of the UTF-8 sequence at `p`, or 0 if there is none. */
guint  _mb_scan_utf8    (const char    *p,
                         const char    *end);
/* Goes over the content of a string, up to a quotation mark or to the end. */
MbScan _mb_scan_content (const char   **cursor,
                         const char    *end,
                         gboolean      *escaped);
/* Goes over a whole string; the cursor stands on its first quotation mark. */
MbScan _mb_scan_string  (const char   **cursor,
                         const char    *end,
                         gboolean      *escaped);
/* Goes over a number; the cursor stands on a digit or on a minus. */
MbScan _mb_scan_number  (const char   **cursor,
                         const char    *end,
                         MbScanNumber  *number);
/* Goes over a word such as true. */
MbScan _mb_scan_word    (const char   **cursor,
                         const char    *end,
                         const char    *word);
/* Goes over any value that is nested at most `max_depth` (up to 64) levels. Numbers may be of any
 * size, and names may occur twice.
 */
MbScan _mb_scan_value   (const char   **cursor,
                         const char    *end,
                         guint          max_depth);

/* Undoes the escapes of `length` bytes that _mb_scan_content() found good. Writes at most `length`
 * bytes, without a NUL, and returns how many.
 */
gsize  _mb_scan_decode  (char          *out,
                         const char    *raw,
                         gsize          length);

G_END_DECLS
