/* tests/fuzz/fuzz-address.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Whatever is read as an address is written in one way, which reads back as the same address;
 * whatever is not comes with a message that can be printed.
 */

#include "minibus/mb-address.h"
#include "minibus/mb-error.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == MB_ADDRESS_ERROR);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));

  for (const char *c = error->message; *c != '\0'; c = g_utf8_next_char (c))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (c)));
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *text = g_strndup (size > 0 ? (const char *) data : "", size);
  g_autofree char *canonical = NULL;
  g_autofree char *canonical_again = NULL;
  g_autoptr(MbAddress) address = NULL;
  g_autoptr(MbAddress) again = NULL;
  g_autoptr(GError) error = NULL;

  address = mb_address_parse (text, &error);
  if (address == NULL)
    {
      check_error (error);
      return 0;
    }

  g_assert_no_error (error);
  canonical = mb_address_to_text (address);
  again = mb_address_parse (canonical, &error);
  g_assert_no_error (error);
  canonical_again = mb_address_to_text (again);

  g_assert_cmpstr (canonical, ==, canonical_again);
  g_assert_cmpstr (mb_address_get_scheme (address), ==, mb_address_get_scheme (again));
  g_assert_cmpstr (mb_address_get_host (address), ==, mb_address_get_host (again));
  g_assert_cmpuint (mb_address_get_port (address), ==, mb_address_get_port (again));
  g_assert_cmpuint (mb_address_get_ttl (address), ==, mb_address_get_ttl (again));
  g_assert_cmpuint (mb_address_get_receive_buffer (address), ==,
                    mb_address_get_receive_buffer (again));
  g_assert_cmpstrv (mb_address_get_interfaces (address), mb_address_get_interfaces (again));

  return 0;
}
