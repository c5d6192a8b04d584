/* test-address.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-address.h"
#include "minibus/mb-error.h"

typedef struct
{
  const char *text;
  const char *canonical;   /* NULL: the same text */
} Good;

static const Good good[] = {
  { "multicast:", "multicast://228.0.0.5:8005" },
  { "multicast://", "multicast://228.0.0.5:8005" },
  { "multicast:///", "multicast://228.0.0.5:8005" },
  { "multicast:?", "multicast://228.0.0.5:8005" },
  { "multicast://228.0.0.5:8005", NULL },
  { "MultiCast://228.0.0.5:8005/", "multicast://228.0.0.5:8005" },
  { "multicast://:9000", "multicast://228.0.0.5:9000" },
  { "multicast://239.1.2.3", "multicast://239.1.2.3:8005" },
  { "multicast://224.0.0.0:1", NULL },
  { "multicast://239.255.255.255:65535", NULL },
  { "multicast://228.0.0.5:08005", "multicast://228.0.0.5:8005" },
  { "multicast:?ttl=0", "multicast://228.0.0.5:8005?ttl=0" },
  { "multicast://?ttl=1", "multicast://228.0.0.5:8005" },
  { "multicast://?ttl=255&interface=lo", "multicast://228.0.0.5:8005?interface=lo&ttl=255" },
  { "multicast://228.0.0.5:8005?interface=eth0&interface=lo&ttl=2&receive-buffer=4096", NULL },
  { "multicast://228.0.0.5:8005?receive-buffer=1073741824", NULL },
  { "multicast://?receive-buffer=4194304", "multicast://228.0.0.5:8005" },
  { "multicast://?%69nterface=eth%30", "multicast://228.0.0.5:8005?interface=eth0" },
  { "multicast://?interface=a%26b%3Dc", "multicast://228.0.0.5:8005?interface=a%26b%3Dc" },
  { "multicast://?interface=a=b", "multicast://228.0.0.5:8005?interface=a%3Db" },
  { "multicast://%32%32%38.0.0.5", "multicast://228.0.0.5:8005" },
  { "multicast://[ff15::8005]:8005?interface=eth0", NULL },
  { "multicast://[FF15:0:0::8005]", "multicast://[ff15::8005]:8005" },
  { "multicast://[ff15::8005]:1", NULL },
  { "multicast://[ff02::1:2]:8005?interface=eth0", NULL },
  { "multicast://[ff01::1]:8005?interface=lo", NULL },
  { "multicast://[ff15::1]/?ttl=3", "multicast://[ff15::1]:8005?ttl=3" },
  { "memory:test", NULL },
  { "memory:test?", "memory:test" },
  { "MEMORY:Test", "memory:Test" },
  { "memory:a/b:c", "memory:a%2Fb%3Ac" },
  { "memory:a%2Fb%3ac%20%23%3F%25", "memory:a%2Fb%3Ac%20%23%3F%25" },
  { "memory:a b", "memory:a%20b" },
  { "memory:%2F%2Fx", NULL },
  { "memory:Gr\xc3\xb6\xc3\x9f""e", NULL },
  { "memory:Gr%C3%B6%C3%9Fe", "memory:Gr\xc3\xb6\xc3\x9f""e" },
};

typedef struct
{
  const char     *text;
  MbAddressError  code;
  const char     *hint;    /* has to be in the message */
} Bad;

static const Bad bad[] = {
  { "", MB_ADDRESS_ERROR_SYNTAX, "multicast:" },
  { "multicast", MB_ADDRESS_ERROR_SYNTAX, "colon" },
  { ":", MB_ADDRESS_ERROR_SYNTAX, "scheme" },
  { "/tmp/socket", MB_ADDRESS_ERROR_SYNTAX, "scheme" },
  { "228.0.0.5:8005", MB_ADDRESS_ERROR_SYNTAX, "multicast://228.0.0.5:8005" },
  { "[ff15::1]", MB_ADDRESS_ERROR_SYNTAX, "multicast://[ff15::1]" },
  { "mqtt://broker", MB_ADDRESS_ERROR_UNKNOWN_SCHEME, "memory:" },
  { "multicats:", MB_ADDRESS_ERROR_UNKNOWN_SCHEME, "Did you mean “multicast”?" },
  { "mem:x", MB_ADDRESS_ERROR_UNKNOWN_SCHEME, "Did you mean “memory”?" },
  { " multicast:", MB_ADDRESS_ERROR_UNKNOWN_SCHEME, "multicast" },
  { "multicast:228.0.0.5", MB_ADDRESS_ERROR_SYNTAX, "multicast://228.0.0.5" },
  { "multicast:/228.0.0.5", MB_ADDRESS_ERROR_SYNTAX, "multicast://228.0.0.5" },
  { "multicast://228.0.0.5/path", MB_ADDRESS_ERROR_SYNTAX, "path" },
  { "multicast://me@228.0.0.5", MB_ADDRESS_ERROR_SYNTAX, "user" },
  { "multicast://228.0.0.5#x", MB_ADDRESS_ERROR_SYNTAX, "%23" },
  { "multicast://192.168.1.1", MB_ADDRESS_ERROR_INVALID_HOST, "224.0.0.0" },
  { "multicast://240.0.0.0", MB_ADDRESS_ERROR_INVALID_HOST, "224.0.0.0" },
  { "multicast://223.255.255.255", MB_ADDRESS_ERROR_INVALID_HOST, "224.0.0.0" },
  { "multicast://228.0.5", MB_ADDRESS_ERROR_INVALID_HOST, "228.0.0.5" },
  { "multicast://228.0.0.256", MB_ADDRESS_ERROR_INVALID_HOST, "228.0.0.5" },
  { "multicast://example.org", MB_ADDRESS_ERROR_INVALID_HOST, "names of hosts" },
  { "multicast://ff15::1", MB_ADDRESS_ERROR_INVALID_HOST, "[ff15::1]" },
  { "multicast://[fe80::1]", MB_ADDRESS_ERROR_INVALID_HOST, "ff15" },
  { "multicast://[228.0.0.5]", MB_ADDRESS_ERROR_INVALID_HOST, "ff15" },
  { "multicast://[]", MB_ADDRESS_ERROR_INVALID_HOST, "ff15" },
  { "multicast://[", MB_ADDRESS_ERROR_INVALID_HOST, "group" },
  { "multicast://]", MB_ADDRESS_ERROR_INVALID_HOST, "group" },
  { "multicast://[ff15::1", MB_ADDRESS_ERROR_INVALID_HOST, "group" },
  { "multicast://[ff15::1]x", MB_ADDRESS_ERROR_INVALID_HOST, "group" },
  { "multicast://[ff10::1]", MB_ADDRESS_ERROR_INVALID_HOST, "scope 0" },
  { "multicast://[ff02::1%25eth0]", MB_ADDRESS_ERROR_INVALID_HOST, "?interface=eth0" },
  { "multicast://[ff02::1]", MB_ADDRESS_ERROR_INVALID_HOST, "?interface=eth0" },
  { "multicast://[ff01::1]:9", MB_ADDRESS_ERROR_INVALID_HOST, "[ff01::1]:9?interface=eth0" },
  { "multicast://228.0.0.5:", MB_ADDRESS_ERROR_INVALID_PORT, "65535" },
  { "multicast://228.0.0.5:0", MB_ADDRESS_ERROR_INVALID_PORT, "65535" },
  { "multicast://228.0.0.5:65536", MB_ADDRESS_ERROR_INVALID_PORT, "65535" },
  { "multicast://228.0.0.5:4294967297", MB_ADDRESS_ERROR_INVALID_PORT, "65535" },
  { "multicast://228.0.0.5:-1", MB_ADDRESS_ERROR_INVALID_PORT, "65535" },
  { "multicast://228.0.0.5:http", MB_ADDRESS_ERROR_INVALID_PORT, "65535" },
  { "multicast://[ff15::1]:x", MB_ADDRESS_ERROR_INVALID_PORT, "65535" },
  { "multicast:?iface=eth0", MB_ADDRESS_ERROR_UNKNOWN_OPTION, "receive-buffer" },
  { "multicast:?inteface=eth0", MB_ADDRESS_ERROR_UNKNOWN_OPTION, "Did you mean “interface”?" },
  { "multicast:?TTL=1", MB_ADDRESS_ERROR_UNKNOWN_OPTION, "Did you mean “ttl”?" },
  { "multicast:?=1", MB_ADDRESS_ERROR_UNKNOWN_OPTION, "ttl" },
  { "multicast:?ttl", MB_ADDRESS_ERROR_SYNTAX, "name=value" },
  { "multicast:?ttl=1&", MB_ADDRESS_ERROR_SYNTAX, "name=value" },
  { "multicast:?&ttl=1", MB_ADDRESS_ERROR_SYNTAX, "name=value" },
  { "multicast:?ttl=", MB_ADDRESS_ERROR_INVALID_OPTION, "from 0 to 255" },
  { "multicast:?ttl=256", MB_ADDRESS_ERROR_INVALID_OPTION, "from 0 to 255" },
  { "multicast:?ttl=+1", MB_ADDRESS_ERROR_INVALID_OPTION, "from 0 to 255" },
  { "multicast:?ttl=0x1", MB_ADDRESS_ERROR_INVALID_OPTION, "from 0 to 255" },
  { "multicast:?ttl=1&ttl=1", MB_ADDRESS_ERROR_INVALID_OPTION, "twice" },
  { "multicast:?receive-buffer=4095", MB_ADDRESS_ERROR_INVALID_OPTION, "4096" },
  { "multicast:?receive-buffer=1073741825", MB_ADDRESS_ERROR_INVALID_OPTION, "1073741824" },
  { "multicast:?receive-buffer=4M", MB_ADDRESS_ERROR_INVALID_OPTION, "4096" },
  { "multicast:?receive-buffer=5000&receive-buffer=6000", MB_ADDRESS_ERROR_INVALID_OPTION,
    "twice" },
  { "multicast:?interface=", MB_ADDRESS_ERROR_INVALID_OPTION, "15 bytes" },
  { "multicast:?interface=0123456789abcdef", MB_ADDRESS_ERROR_INVALID_OPTION, "15 bytes" },
  { "multicast:?interface=a/b", MB_ADDRESS_ERROR_INVALID_OPTION, "slashes" },
  { "multicast:?interface=a%20b", MB_ADDRESS_ERROR_INVALID_OPTION, "blanks" },
  { "multicast:?interface=eth0:1", MB_ADDRESS_ERROR_INVALID_OPTION, "colons" },
  { "multicast:?interface=..", MB_ADDRESS_ERROR_INVALID_OPTION, "name" },
  { "multicast:?interface=192.168.1.1", MB_ADDRESS_ERROR_INVALID_OPTION, "ip address" },
  { "multicast:?interface=fe80::1", MB_ADDRESS_ERROR_INVALID_OPTION, "ip address" },
  { "multicast:?interface=lo&interface=lo", MB_ADDRESS_ERROR_INVALID_OPTION, "twice" },
  { "multicast:?interface=%", MB_ADDRESS_ERROR_SYNTAX, "%25" },
  { "multicast:?interface=%4", MB_ADDRESS_ERROR_SYNTAX, "%25" },
  { "multicast:?interface=%4g", MB_ADDRESS_ERROR_SYNTAX, "%25" },
  { "multicast:?interface=%00", MB_ADDRESS_ERROR_SYNTAX, "control" },
  { "multicast:?interface=%0A", MB_ADDRESS_ERROR_SYNTAX, "control" },
  { "multicast:?%ff=1", MB_ADDRESS_ERROR_SYNTAX, "UTF-8" },
  { "multicast://%7f", MB_ADDRESS_ERROR_SYNTAX, "control" },
  { "multicast:?ttl=1\n", MB_ADDRESS_ERROR_SYNTAX, "end of a line" },
  { "memory:", MB_ADDRESS_ERROR_INVALID_HOST, "memory:test" },
  { "memory:?", MB_ADDRESS_ERROR_INVALID_HOST, "memory:test" },
  { "memory://test", MB_ADDRESS_ERROR_SYNTAX, "memory:test" },
  { "memory:test?ttl=1", MB_ADDRESS_ERROR_UNKNOWN_OPTION, "ttl=1" },
  { "memory:%01", MB_ADDRESS_ERROR_SYNTAX, "control" },
  { "memory:%C2%85", MB_ADDRESS_ERROR_SYNTAX, "control" },
  { "memory:%2", MB_ADDRESS_ERROR_SYNTAX, "%25" },
  { "memory:a#b", MB_ADDRESS_ERROR_SYNTAX, "%23" },
  { "memory:\xff", MB_ADDRESS_ERROR_SYNTAX, "UTF-8" },
  { "memory:\x1b[31m", MB_ADDRESS_ERROR_SYNTAX, "control" },
};

static void
test_good (gconstpointer data)
{
  const Good *example = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = mb_address_parse (example->text, &error);
  g_autoptr(MbAddress) again = NULL;
  g_autofree char *text = NULL;
  g_autofree char *text_again = NULL;

  g_test_summary ("A valid address is read, and written in one way that reads back the same");

  g_assert_no_error (error);
  text = mb_address_to_text (address);
  g_assert_cmpstr (text, ==, example->canonical != NULL ? example->canonical : example->text);

  again = mb_address_parse (text, &error);
  g_assert_no_error (error);
  text_again = mb_address_to_text (again);
  g_assert_cmpstr (text_again, ==, text);
  g_assert_cmpstr (mb_address_get_scheme (again), ==, mb_address_get_scheme (address));
  g_assert_cmpstr (mb_address_get_host (again), ==, mb_address_get_host (address));
  g_assert_cmpstrv (mb_address_get_interfaces (again), mb_address_get_interfaces (address));
  g_assert_cmpuint (mb_address_get_port (again), ==, mb_address_get_port (address));
  g_assert_cmpuint (mb_address_get_ttl (again), ==, mb_address_get_ttl (address));
  g_assert_cmpuint (mb_address_get_receive_buffer (again), ==,
                    mb_address_get_receive_buffer (address));
}

static void
test_bad (gconstpointer data)
{
  const Bad *example = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = mb_address_parse (example->text, &error);

  g_test_summary ("A wrong address is refused with its code and a message that helps");

  g_assert_error (error, MB_ADDRESS_ERROR, (int) example->code);
  g_assert_null (address);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_nonnull (strstr (error->message, example->hint));
  for (const char *c = error->message; *c != '\0'; c++)
    g_assert_false (g_ascii_iscntrl (*c));
}

static void
test_limits (void)
{
  g_autoptr(GString) text = g_string_new ("multicast:?");
  g_autoptr(GString) name = g_string_new ("memory:");
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = NULL;
  g_autofree char *canonical = NULL;

  g_test_summary ("An address has at most 2048 bytes, sixteen interfaces, and 255 bytes of a name");

  for (guint i = 0; i < 16; i++)
    g_string_append_printf (text, "interface=e%u&", i);
  g_string_truncate (text, text->len - 1);

  address = mb_address_parse (text->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length ((GStrv) mb_address_get_interfaces (address)), ==, 16);
  g_clear_object (&address);

  g_string_append (text, "&interface=more");
  address = mb_address_parse (text->str, &error);
  g_assert_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_OPTION);
  g_assert_null (address);
  g_clear_error (&error);

  for (guint i = 0; i < 255; i++)
    g_string_append (name, "%20");
  address = mb_address_parse (name->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (mb_address_get_host (address)), ==, 255);
  canonical = mb_address_to_text (address);
  g_assert_cmpstr (canonical, ==, name->str);
  g_clear_object (&address);

  g_string_append_c (name, 'x');
  address = mb_address_parse (name->str, &error);
  g_assert_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST);
  g_assert_null (address);
  g_clear_error (&error);

  while (name->len <= 2048)
    g_string_append_c (name, 'x');
  address = mb_address_parse (name->str, &error);
  g_assert_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX);
  g_assert_null (address);
}

static void
test_getters (void)
{
  const char * const expected[] = { "eth0", "lo", NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = NULL;
  g_autofree char *scheme = NULL;
  g_autofree char *host = NULL;
  g_auto(GStrv) interfaces = NULL;
  guint port, ttl, receive_buffer;

  g_test_summary ("Every part can be read by a getter and by a property");

  address = mb_address_parse ("multicast://[ff15:0::1]:9?ttl=3&interface=eth0&interface=lo"
                              "&receive-buffer=5000", &error);
  g_assert_no_error (error);

  g_assert_cmpstr (mb_address_get_scheme (address), ==, "multicast");
  g_assert_cmpstr (mb_address_get_host (address), ==, "ff15::1");
  g_assert_cmpuint (mb_address_get_port (address), ==, 9);
  g_assert_cmpuint (mb_address_get_ttl (address), ==, 3);
  g_assert_cmpuint (mb_address_get_receive_buffer (address), ==, 5000);
  g_assert_cmpstrv (mb_address_get_interfaces (address), expected);

  g_object_get (address,
                "scheme", &scheme,
                "host", &host,
                "port", &port,
                "ttl", &ttl,
                "receive-buffer", &receive_buffer,
                "interfaces", &interfaces,
                NULL);
  g_assert_cmpstr (scheme, ==, "multicast");
  g_assert_cmpstr (host, ==, "ff15::1");
  g_assert_cmpuint (port, ==, 9);
  g_assert_cmpuint (ttl, ==, 3);
  g_assert_cmpuint (receive_buffer, ==, 5000);
  g_assert_cmpstrv (interfaces, expected);
}

static void
test_defaults (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = mb_address_parse ("multicast:", &error);
  g_autoptr(MbAddress) memory = mb_address_parse ("memory:a%2Fb", &error);
  g_autoptr(MbAddress) plain = g_object_new (MB_TYPE_ADDRESS, NULL);
  g_autofree char *text = mb_address_to_text (plain);

  g_test_summary ("What an address does not say has the values of MiniBus; so has an address "
                  "that nobody parsed");

  g_assert_no_error (error);
  g_assert_cmpstr (mb_address_get_host (address), ==, "228.0.0.5");
  g_assert_cmpuint (mb_address_get_port (address), ==, 8005);
  g_assert_cmpuint (mb_address_get_ttl (address), ==, 1);
  g_assert_cmpuint (mb_address_get_receive_buffer (address), ==, 4194304);
  g_assert_null (mb_address_get_interfaces (address)[0]);

  g_assert_cmpstr (mb_address_get_host (memory), ==, "a/b");
  g_assert_cmpuint (mb_address_get_port (memory), ==, 0);
  g_assert_cmpuint (mb_address_get_ttl (memory), ==, 0);
  g_assert_cmpuint (mb_address_get_receive_buffer (memory), ==, 0);
  g_assert_null (mb_address_get_interfaces (memory)[0]);

  g_assert_cmpstr (text, ==, "multicast://228.0.0.5:8005");
}

static void
test_environment (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = NULL;

  g_test_summary ("MINIBUS_ADDRESS decides when it is set, and errors say that it does");

  g_unsetenv ("MINIBUS_ADDRESS");
  address = mb_address_parse_default (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (mb_address_get_scheme (address), ==, "multicast");
  g_clear_object (&address);

  g_setenv ("MINIBUS_ADDRESS", "", TRUE);
  address = mb_address_parse_default (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (mb_address_get_host (address), ==, "228.0.0.5");
  g_clear_object (&address);

  g_setenv ("MINIBUS_ADDRESS", "memory:x", TRUE);
  address = mb_address_parse_default (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (mb_address_get_host (address), ==, "x");
  g_clear_object (&address);

  g_setenv ("MINIBUS_ADDRESS", "memoy:x", TRUE);
  address = mb_address_parse_default (&error);
  g_assert_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_UNKNOWN_SCHEME);
  g_assert_null (address);
  g_assert_nonnull (strstr (error->message, "MINIBUS_ADDRESS"));
  g_assert_nonnull (strstr (error->message, "Did you mean"));

  g_unsetenv ("MINIBUS_ADDRESS");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *path = g_strdup_printf ("/address/good/%" G_GSIZE_FORMAT, i);

      g_test_add_data_func (path, &good[i], test_good);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = g_strdup_printf ("/address/bad/%" G_GSIZE_FORMAT, i);

      g_test_add_data_func (path, &bad[i], test_bad);
    }

  g_test_add_func ("/address/limits", test_limits);
  g_test_add_func ("/address/getters", test_getters);
  g_test_add_func ("/address/defaults", test_defaults);
  g_test_add_func ("/address/environment", test_environment);

  return g_test_run ();
}
