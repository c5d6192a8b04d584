/* test-hex.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <stdlib.h>

#include "minibus/mb-hex-private.h"

static void
test_put (void)
{
  guint32 number = 1;

  g_test_summary ("A number becomes the eight digits that printf() makes of it, and they become the number");

  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%08x", number);
      char text[9] = "";
      guint32 read = 0;

      _mb_hex_put (text, number);
      g_assert_cmpstr (text, ==, expected);
      g_assert_true (_mb_hex_get (text, &read));
      g_assert_cmpuint (read, ==, number);
      number = number * 1664525 + 1013904223;
    }
}

static void
test_bytes (void)
{
  static const char digits[] = "0123456789abcdef";

  g_test_summary ("Of all bytes, at all places, only digits and small letters up to f are digits");

  for (guint place = 0; place < 8; place++)
    for (guint byte = 0; byte < 256; byte++)
      {
        char text[9] = "1234abcd";
        gboolean is_digit = byte != 0 && strchr (digits, (char) byte) != NULL;
        guint32 read = 0;

        text[place] = (char) byte;
        g_assert_cmpint (_mb_hex_get (text, &read), ==, is_digit);
        if (is_digit)
          g_assert_cmpuint (read, ==, strtoul (text, NULL, 16));
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hex/put", test_put);
  g_test_add_func ("/hex/bytes", test_bytes);

  return g_test_run ();
}
