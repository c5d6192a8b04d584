/* mb-hex-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* Eight hexadecimal digits in lower case at once, each in one byte of a word. */
#define MB_HEX_REPEAT(byte) (G_GUINT64_CONSTANT (0x0101010101010101) * (byte))

/* The digits of eight values below 16. */
static inline guint64
_mb_hex_from_values (guint64 values)
{
  guint64 letters = (values + MB_HEX_REPEAT (6)) >> 4 & MB_HEX_REPEAT (1);

  return values + MB_HEX_REPEAT ('0') + letters * ('a' - '0' - 10);
}

static inline void
_mb_hex_put (char    *out,
             guint32  number)
{
  guint64 values = GUINT32_SWAP_LE_BE (number);

  values = (values | values << 16) & G_GUINT64_CONSTANT (0x0000ffff0000ffff);
  values = (values | values << 8) & G_GUINT64_CONSTANT (0x00ff00ff00ff00ff);
  values = (values >> 4 & G_GUINT64_CONSTANT (0x000f000f000f000f)) |
           (values & G_GUINT64_CONSTANT (0x000f000f000f000f)) << 8;
  values = GUINT64_TO_LE (_mb_hex_from_values (values));
  memcpy (out, &values, sizeof values);
}

/* Returns FALSE if these are not eight such digits. */
static inline gboolean
_mb_hex_get (const char *text,
             guint32    *number)
{
  guint64 digits;
  guint64 values;

  memcpy (&digits, text, sizeof digits);
  digits = GUINT64_FROM_LE (digits);

  values = (digits & MB_HEX_REPEAT (0x0f)) + (digits >> 6 & MB_HEX_REPEAT (1)) * 9;
  if ((values & MB_HEX_REPEAT (0xf0)) != 0 || _mb_hex_from_values (values) != digits)
    return FALSE;

  values = (values << 4 | values >> 8) & G_GUINT64_CONSTANT (0x00ff00ff00ff00ff);
  values = (values | values >> 8) & G_GUINT64_CONSTANT (0x0000ffff0000ffff);
  *number = GUINT32_SWAP_LE_BE ((guint32) (values | values >> 16));

  return TRUE;
}

/* At least eight digits, and at most sixteen. */
static inline gboolean
_mb_hex_get_long (const char *text,
                  guint       n_digits,
                  guint64    *value)
{
  guint32 first, last;

  if (!_mb_hex_get (text, &first) || !_mb_hex_get (text + n_digits - 8, &last))
    return FALSE;

  /* Where the two overlap, they are the same. */
  *value = (guint64) first << 4 * (n_digits - 8) | last;

  return TRUE;
}

G_END_DECLS
