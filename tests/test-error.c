/* test-error.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-error.h"

static void
test_domains (void)
{
  g_test_summary ("Each domain is named after its enumeration, as bindings expect");

  g_assert_cmpstr (g_quark_to_string (MB_ADDRESS_ERROR), ==, "mb-address-error-quark");
  g_assert_cmpstr (g_quark_to_string (MB_TRANSPORT_ERROR), ==, "mb-transport-error-quark");
  g_assert_cmpstr (g_quark_to_string (MB_JSON_ERROR), ==, "mb-json-error-quark");
  g_assert_cmpstr (g_quark_to_string (MB_SCHEMA_ERROR), ==, "mb-schema-error-quark");
  g_assert_cmpstr (g_quark_to_string (MB_CLIENT_ERROR), ==, "mb-client-error-quark");
  g_assert_cmpstr (g_quark_to_string (MB_SERVICE_ERROR), ==, "mb-service-error-quark");
}

static void
test_nicks (void)
{
  g_autoptr(GEnumClass) klass = g_type_class_ref (MB_TYPE_CLIENT_ERROR);

  g_test_summary ("Codes are registered with short names");

  g_assert_cmpstr (g_enum_get_value (klass, MB_CLIENT_ERROR_SCHEMA_CONFLICT)->value_nick, ==,
                   "schema-conflict");
}

static void
test_version (void)
{
  g_test_summary ("A program can ask for a version when it is compiled");

  g_assert_true (MB_CHECK_VERSION (0, 1, 0));
  g_assert_true (MB_CHECK_VERSION (MB_MAJOR_VERSION, MB_MINOR_VERSION, MB_MICRO_VERSION));
  g_assert_false (MB_CHECK_VERSION (MB_MAJOR_VERSION, MB_MINOR_VERSION, MB_MICRO_VERSION + 1));
  g_assert_false (MB_CHECK_VERSION (MB_MAJOR_VERSION, MB_MINOR_VERSION + 1, 0));
  g_assert_false (MB_CHECK_VERSION (MB_MAJOR_VERSION + 1, 0, 0));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/error/domains", test_domains);
  g_test_add_func ("/error/nicks", test_nicks);
  g_test_add_func ("/error/version", test_version);

  return g_test_run ();
}
