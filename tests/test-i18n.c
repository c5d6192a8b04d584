/* test-i18n.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <libintl.h>

#include "minibus.h"

static void
test_bound (void)
{
  g_autoptr(MbAddress) address = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("The first error has the library's text domain bound, without any call to start the library");

  g_assert_null (bind_textdomain_codeset (GETTEXT_PACKAGE, NULL));

  address = mb_address_parse ("nonsense", &error);
  g_assert_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX);
  g_assert_null (address);

  g_assert_cmpstr (bind_textdomain_codeset (GETTEXT_PACKAGE, NULL), ==, "UTF-8");
  g_assert_cmpstr (bindtextdomain (GETTEXT_PACKAGE, NULL), ==, LOCALEDIR);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/i18n/bound", test_bound);

  return g_test_run ();
}
