/* test-armor.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-armor-private.h"

#include "cipher-helpers.h"

static GByteArray *
decode (const char *wire)
{
  g_autoptr(GError) error = NULL;
  GByteArray *bytes = _mb_armor_decode (wire, strlen (wire), 65507, &error);

  g_assert_no_error (error);

  return bytes;
}

static void
assert_decodes (const char *wire,
                const char *expected)
{
  g_autoptr(GByteArray) bytes = decode (wire);

  g_assert_cmpmem (bytes->data, bytes->len, expected, strlen (expected));
}

static void
assert_refused (const char *wire)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (_mb_armor_decode (wire, strlen (wire), 65507, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_MALFORMED);
}

static void
test_shapes (void)
{
  g_test_summary ("Every form of a wire text that GnuPG reads is read");

  /* The checksum is "=" and four characters behind none, one or two characters of padding. */
  assert_decodes ("YWJj=uhx7", "abc");
  assert_decodes ("YWI==oRot", "ab");
  assert_decodes ("YQ===8lcT", "a");
  assert_decodes ("YWJj\n=uhx7", "abc");
  assert_decodes ("YWI=\n=oRot\n", "ab");
  assert_decodes ("YQ==\r\n=8lcT\r\n", "a");

  /* Without a checksum */
  assert_decodes ("YWJj", "abc");
  assert_decodes ("YWI=", "ab");
  assert_decodes ("YQ==", "a");

  /* White space */
  assert_decodes ("  YW\tJ\nj=u\r\nhx7  ", "abc");
  assert_decodes (" Y Q = = ", "a");
}

static void
test_refused (void)
{
  g_test_summary ("What is not whole, canonical base64 with a right checksum is refused");

  assert_refused ("");
  assert_refused (" \n");
  assert_refused ("=");
  assert_refused ("====");
  assert_refused ("=8lcT");
  assert_refused ("Y");
  assert_refused ("YQ");
  assert_refused ("YQ=");
  assert_refused ("YWJjZ");
  assert_refused ("YQ==YQ==");
  assert_refused ("Y===");
  assert_refused ("YQ=A");
  assert_refused ("Y=Q=");

  /* Bits beyond the last byte */
  assert_refused ("YR==");
  assert_refused ("YWJ=");

  /* Checksums that are wrong, cut, too long, or not base64 */
  assert_refused ("YWJj=uhx8");
  assert_refused ("YWJj=uhx");
  assert_refused ("YWJj=uhx7A");
  assert_refused ("YWJj=u=x7");
  assert_refused ("YWJj==uhx7");
  assert_refused ("YWJj=uhx7=uhx7");

  /* Bytes that base64 does not have */
  assert_refused ("YWJ-");
  assert_refused ("YWJ_");
  assert_refused ("YWJ\x80");
  assert_refused ("YWJ\\");
  assert_refused ("Comment: x\nYWJj=uhx7");
  assert_refused ("-----BEGIN PGP MESSAGE-----\n\nYWJj\n=uhx7\n-----END PGP MESSAGE-----");
}

static void
test_round_trip (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (7);

  g_test_summary ("Any bytes of any length up to a datagram's come back, and as gpg's own armor has them");

  for (gsize length = 1; length <= 65507; length = length < 200 ? length + 1 : length * 3 / 2)
    {
      g_autofree guint8 *bytes = g_malloc (length);
      g_autoptr(GString) wire = g_string_new ("before");
      g_autoptr(GByteArray) back = NULL;
      g_autoptr(GError) error = NULL;

      for (gsize i = 0; i < length; i++)
        bytes[i] = (guint8) g_rand_int (rand);

      _mb_armor_encode (bytes, length, wire);
      g_assert_true (g_str_has_prefix (wire->str, "before"));
      g_string_erase (wire, 0, 6);
      g_assert_cmpuint (wire->len, ==, (length + 2) / 3 * 4 + 5);

      back = _mb_armor_decode (wire->str, wire->len, length, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (bytes, length, back->data, back->len);

      /* One byte less than needed */
      g_assert_null (_mb_armor_decode (wire->str, wire->len, length - 1, &error));
      g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_TOO_LARGE);

      if (length % 16 == 1)
        {
          const char *arguments[] = { "gpg", "--batch", "--no-options", "--enarmor", NULL };
          g_autoptr(GBytes) input = g_bytes_new (bytes, length);
          g_autoptr(GBytes) output = run_program (input, NULL, arguments, NULL);
          g_autofree char *text = g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
          g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
          g_autoptr(GString) theirs = g_string_new (NULL);
          guint line = 0;

          while (lines[line][0] != '\0')
            line++;
          for (line++; lines[line][0] != '-'; line++)
            g_string_append (theirs, lines[line]);
          g_assert_cmpstr (wire->str, ==, theirs->str);
        }
    }
}

static void
capture_cb (const char *name,
            const char *note,
            const char *wire,
            gpointer    user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GByteArray) bytes = decode (wire);
  g_autoptr(GString) again = g_string_new (NULL);
  MbOpenPgpInfo info;
  gboolean fast = strstr (note, "65536") != NULL;

  _mb_openpgp_inspect (bytes->data, bytes->len, &info, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (info.n_symmetric, ==, 1);
  g_assert_cmpuint (info.n_public, ==, 0);
  g_assert_cmpuint (info.body_offset, ==, 15);
  g_assert_cmpuint (info.s2k_bytes, ==, fast ? 65536 : 65011712);
  g_assert_cmpint (_mb_armor_looks_slow (wire, strlen (wire)), ==, !fast);

  _mb_armor_encode (bytes->data, bytes->len, again);
  g_assert_cmpstr (again->str, ==, wire);
}

static void
test_captures (void)
{
  g_test_summary ("The texts of Python peers are read, and written as they wrote them");

  g_assert_cmpuint (foreach_capture (capture_cb, NULL), >=, 19);
}

static gboolean
inspect (const char     *hex,
         MbOpenPgpInfo  *info,
         GError        **error)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  for (; *hex != '\0'; hex += 2)
    {
      guint8 byte = (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));

      g_byte_array_append (bytes, &byte, 1);
    }

  return _mb_openpgp_inspect (bytes->data, bytes->len, info, error);
}

static void
assert_shape (const char *hex)
{
  g_autoptr(GError) error = NULL;
  MbOpenPgpInfo info;

  inspect (hex, &info, &error);
  g_assert_no_error (error);
}

static void
assert_no_shape (const char *hex,
                 int         code)
{
  g_autoptr(GError) error = NULL;
  MbOpenPgpInfo info;

  g_assert_false (inspect (hex, &info, &error));
  g_assert_error (error, MB_CIPHER_ERROR, code);
}

#define SKESK      "8c0d04090302010203040506070860"
#define SLOW_SKESK "8c0d040903020102030405060708ff"

static void
test_packets (void)
{
  MbOpenPgpInfo info;
  g_autoptr(GString) many = g_string_new (NULL);

  g_test_summary ("Only an encrypted message with integrity protection, and nothing around it, passes");

  assert_shape (SKESK "d20101");
  assert_shape (SKESK SKESK "d20101");
  assert_shape ("ca03504750" SKESK "d20101");          /* marker */
  assert_shape ("c30d04090302010203040506070860d20101"); /* new header */
  assert_shape (SKESK "d40101");                       /* AEAD */
  assert_shape ("8c0404090002" "d20101");              /* simple derivation */
  assert_shape ("8c0c040901020102030405060708" "d20101"); /* salted */
  assert_shape (SKESK "d2ff0000000101");
  assert_shape (SKESK "d2e001e00101" "01");            /* partial lengths: 1, 1, then 1 */

  g_assert_true (inspect (SKESK SKESK "d20101", &info, NULL));
  g_assert_cmpuint (info.n_symmetric, ==, 2);
  g_assert_cmpuint (info.s2k_bytes, ==, 2 * 65536);
  g_assert_cmpuint (info.body_offset, ==, 30);

  /* Nothing in front, nothing behind, nothing between */
  assert_no_shape ("", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape ("d20101", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK, MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "d20101d20101", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "d2010100", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "ca03504750d20101", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape ("cb0862000000000031323334", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "cb0862000000000031323334", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape ("a30101", MB_CIPHER_ERROR_MALFORMED);

  /* Cut, or of lengths that lead out */
  assert_no_shape (SKESK "d2", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "d20201", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "d2ffffffffff01", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "d2e0", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "d2e001", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape (SKESK "d2fe01", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape ("8c0d0409", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape ("0c0d04090302010203040506070860d20101", MB_CIPHER_ERROR_MALFORMED);

  /* No protection */
  assert_no_shape (SKESK "c90101", MB_CIPHER_ERROR_INTEGRITY);
  assert_no_shape (SKESK "a40101", MB_CIPHER_ERROR_INTEGRITY);

  /* Derivations that are not known, or not whole */
  assert_no_shape ("8c0404090402" "d20101", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape ("8c0404096502" "d20101", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape ("8c0404090302" "d20101", MB_CIPHER_ERROR_MALFORMED);
  assert_no_shape ("8c0c060901020102030405060708" "d20101", MB_CIPHER_ERROR_MALFORMED);

  /* Work without end */
  for (guint i = 0; i <= MB_OPENPGP_MAX_SYMMETRIC; i++)
    g_string_append (many, SKESK);
  g_string_append (many, "d20101");
  assert_no_shape (many->str, MB_CIPHER_ERROR_MALFORMED);

  assert_shape (SLOW_SKESK SLOW_SKESK "d20101");
  assert_no_shape (SLOW_SKESK SLOW_SKESK SKESK "d20101", MB_CIPHER_ERROR_MALFORMED);

  g_string_truncate (many, 0);
  for (guint i = 0; i <= MB_OPENPGP_MAX_PUBLIC; i++)
    g_string_append (many, "840103");
  g_string_append (many, "d20101");
  assert_no_shape (many->str, MB_CIPHER_ERROR_MALFORMED);
}

static gboolean
looks_slow (const char *base64)
{
  return _mb_armor_looks_slow (base64, strlen (base64));
}

static void
test_looks_slow (void)
{
  g_test_summary ("What cannot be known to be fast counts as slow, and what is broken anyway does not");

  g_assert_false (looks_slow (""));
  g_assert_false (looks_slow ("jA0ECQMC"));
  g_assert_false (looks_slow ("?A0ECQMCQFFT4cLRQvH/0jwBCNBdxAEIW9czEwI7"));
  g_assert_true (looks_slow ("jA0ECQMCQFFT4cLRQvH/0jwBCNBdxAEIW9czEwI7"));
  g_assert_true (looks_slow (" j A0ECQMCQFFT4cLR\nQvH/0jwBCNBdxAEIW9czEwI7"));
  g_assert_false (looks_slow ("jA0ECQMCQFFT4cLRQvFg0jwBCNBdxAEIW9czEwI7"));
  /* A second passphrase behind the first */
  g_assert_true (looks_slow ("jA0ECQMCQFFT4cLRQvFgjA0BCNBdxAEIW9czEwI7"));
  g_assert_true (looks_slow ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/armor/shapes", test_shapes);
  g_test_add_func ("/armor/refused", test_refused);
  g_test_add_func ("/armor/round-trip", test_round_trip);
  g_test_add_func ("/armor/captures", test_captures);
  g_test_add_func ("/armor/packets", test_packets);
  g_test_add_func ("/armor/looks-slow", test_looks_slow);

  return g_test_run ();
}
