/* test-cipher.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-armor-private.h"
#include "minibus/mb-gnupg-home-private.h"

#include "cipher-helpers.h"

/* One cipher for the tests that need nothing special: writes with "secret". */
static char *parent;
static MbCipher *shared;

static void
test_passphrases (void)
{
  static const char * const good[] = {
    "a", " leading and trailing ", "with \"quotes' and \\ and %41", "-", "#x", "p\xc3\xa4ss", "\t", NULL
  };
  g_autofree char *longest = g_strnfill (MB_CIPHER_MAX_PASSPHRASE_LEN, 'x');
  g_autofree char *too_long = g_strnfill (MB_CIPHER_MAX_PASSPHRASE_LEN + 1, 'x');
  const char *bad[] = { "", "a\nb", "a\n", "\r", "\xff", too_long, NULL };

  g_test_summary ("A passphrase is one line of UTF-8 from 1 to 255 bytes; gpg takes each for the same");

  for (guint i = 0; good[i] != NULL; i++)
    {
      g_autoptr(MbCipher) cipher = open_simple (parent, good[i]);
      g_autofree char *wire = encrypt_text (cipher, "[1]");
      const char *fast[] = { GPG_FAST, NULL };
      g_autofree char *theirs = gpg_encrypt ("[2]", good[i], fast);

      g_assert_true (_mb_passphrase_check (good[i], NULL));
      assert_decrypts (cipher, wire, "[1]");
      assert_decrypts (cipher, theirs, "[2]");
      assert_fails (shared, wire, MB_CIPHER_ERROR_WRONG_KEY);
    }

  {
    g_autoptr(MbCipher) cipher = open_simple (parent, longest);
    g_autofree char *wire = encrypt_text (cipher, "[1]");

    assert_decrypts (cipher, wire, "[1]");
  }

  for (guint i = 0; bad[i] != NULL; i++)
    {
      MbCipherOptions options = { .passphrase = bad[i] };
      g_autoptr(GError) error = NULL;

      g_assert_null (_mb_cipher_new (&options, &error));
      g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE);
    }

  g_assert_true (_mb_passphrase_is_portable ("secret"));
  g_assert_false (_mb_passphrase_is_portable ("p\xc3\xa4ss"));
}

static guint64
get_locked_kib (void)
{
  g_autofree char *status = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  line = strstr (status, "VmLck:");
  g_assert_nonnull (line);

  return g_ascii_strtoull (line + strlen ("VmLck:"), NULL, 10);
}

static void
test_secret (void)
{
  guint64 before = get_locked_kib ();
  g_autoptr(MbSecret) secret = _mb_secret_new ("secretly", 6);
  MbSecret *second = _mb_secret_ref (secret);
  gsize length;

  g_test_summary ("A passphrase lies in memory that is not swapped, where the system allows it");

  g_assert_cmpstr (_mb_secret_get (secret, &length), ==, "secret");
  g_assert_cmpuint (length, ==, 6);
  _mb_secret_unref (second);
  g_assert_cmpstr (_mb_secret_get (secret, NULL), ==, "secret");

  if (get_locked_kib () == before)
    g_test_skip ("Locking memory is not allowed here");

  g_clear_pointer (&secret, _mb_secret_unref);
  g_assert_cmpuint (get_locked_kib (), ==, before);
}

static void
capture_cb (const char *name,
            const char *note,
            const char *wire,
            gpointer    user_data)
{
  MbCipher *with_other = user_data;
  g_autoptr(GError) error = NULL;
  g_auto(MbCipherResult) result = { NULL };
  gboolean other = strstr (note, "cryptokey 'other'") != NULL;

  if (other)
    assert_fails (shared, wire, MB_CIPHER_ERROR_WRONG_KEY);

  _mb_cipher_decrypt (with_other, NULL, wire, strlen (wire), &result, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result.key_index, ==, other ? 1 : 0);
  g_assert_null (result.binding);
  g_assert_cmpint (result.signature, ==, MB_CIPHER_UNSIGNED);
  json_node_unref (json_from_string (result.plain->str, &error));
  g_assert_no_error (error);
}

static void
test_captures (void)
{
  const char *more[] = { "other", NULL };
  MbCipherOptions options = { .passphrase = "secret", .read_passphrases = more, .home_parent = parent };
  g_autoptr(MbCipher) cipher = open_cipher (&options);

  g_test_summary ("What Python peers have sent is decrypted, with the key it was written with and no other");

  g_assert_cmpuint (foreach_capture (capture_cb, cipher), >=, 19);
}

static void
test_round_trip (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (3);

  g_test_summary ("Any bytes up to the limit come back; an empty text, too");

  for (gsize length = 0; length <= 40000; length = length < 2 ? length + 1 : length * 9)
    {
      g_autofree char *plain = g_malloc (length + 1);
      g_autoptr(GString) wire = g_string_new ("x");
      g_auto(MbCipherResult) result = { NULL };
      g_autoptr(GError) error = NULL;

      for (gsize i = 0; i < length; i++)
        plain[i] = (char) g_rand_int (rand);

      _mb_cipher_encrypt (shared, plain, length, NULL, wire, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (wire->str[0], ==, 'x');

      _mb_cipher_decrypt (shared, NULL, wire->str + 1, wire->len - 1, &result, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (plain, length, result.plain->str, result.plain->len);
    }
}

static void
test_limits (void)
{
  MbCipherOptions options = {
    .passphrase = "secret", .home_parent = parent, .max_message_size = 300, .max_plain_size = 1000,
  };
  g_autoptr(MbCipher) cipher = open_cipher (&options);
  g_autofree char *zeros = g_strnfill (1000, '0');
  g_autofree char *more_zeros = g_strnfill (1001, '0');
  g_autofree char *wire = encrypt_text (cipher, zeros);
  g_autofree char *unpacks = encrypt_text (shared, more_zeros);
  g_autoptr(GString) out = g_string_new ("x");
  g_autoptr(GString) noise = g_string_new (NULL);
  g_autoptr(GRand) rand = g_rand_new_with_seed (5);
  g_autofree char *large = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Limits hold for what is sent, what comes and what it unpacks to");

  assert_decrypts (cipher, wire, zeros);
  assert_fails (cipher, unpacks, MB_CIPHER_ERROR_TOO_LARGE);

  for (guint i = 0; i < 500; i++)
    g_string_append_c (noise, (char) g_rand_int_range (rand, 32, 127));
  large = encrypt_text (cipher, noise->str);
  assert_fails (cipher, large, MB_CIPHER_ERROR_TOO_LARGE);
  assert_decrypts (shared, large, noise->str);

  g_assert_false (_mb_cipher_encrypt (cipher, more_zeros, 1001, NULL, out, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_TOO_LARGE);
  g_assert_cmpstr (out->str, ==, "x");
}

static void
test_bombs (void)
{
  static const char * const algorithms[] = { "zip", "zlib", "bzip2" };
  gsize length = 32 * 1024 * 1024;
  g_autoptr(GBytes) zeros = g_bytes_new_take (g_malloc0 (length), length);

  g_test_summary ("A small message that unpacks to 32 MiB is refused after the first");

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    {
      const char *more[] = { GPG_FAST, "--compress-algo", algorithms[i], "--armor", "--symmetric", NULL };
      g_autoptr(GBytes) armored = run_gpg (zeros, "secret", NULL, more);
      g_autofree char *wire = armor_to_wire (armored);

      g_assert_cmpuint (strlen (wire), <, 100000);
      assert_fails (shared, wire, MB_CIPHER_ERROR_TOO_LARGE);
    }

  {
    g_autofree char *wire = encrypt_text (shared, "[1]");

    assert_decrypts (shared, wire, "[1]");
  }
}

static void
test_to_gpg (void)
{
  static const guint counts[] = { 0, 1, 1024, 1088, 65536, 65011712, G_MAXUINT };
  static const guint64 expected[] = { 65536, 1088, 1088, 1088, 65536, 65011712, 65011712 };
  g_autofree char *noise = g_strnfill (30000, 'x');
  g_autoptr(GRand) rand = g_rand_new_with_seed (11);

  g_test_summary ("gpg on the command line reads what is written with any count, in the form Python peers rebuild");

  for (gsize i = 0; i < 30000; i++)
    noise[i] = (char) g_rand_int_range (rand, 32, 127);

  for (guint i = 0; i < G_N_ELEMENTS (counts) * 2; i++)
    {
      MbCipherOptions options = {
        .passphrase = "secret", .home_parent = parent, .s2k_count = counts[i / 2], .no_compression = i % 2 == 1,
      };
      g_autoptr(MbCipher) cipher = open_cipher (&options);
      const char *more[] = { "--decrypt", NULL };
      g_autofree char *wire = encrypt_text (cipher, "{\"a\":\"\xc3\xa4\"}");
      g_autoptr(GBytes) armor = wire_to_armor (wire);
      g_autoptr(GBytes) plain = run_gpg (armor, "secret", NULL, more);
      g_autoptr(GByteArray) bytes = _mb_armor_decode (wire, strlen (wire), 65507, NULL);
      MbOpenPgpInfo info;

      g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), "{\"a\":\"\xc3\xa4\"}", 10);
      g_assert_true (_mb_openpgp_inspect (bytes->data, bytes->len, &info, NULL));
      g_assert_cmpuint (info.s2k_bytes, ==, expected[i / 2]);
      g_assert_cmpint (_mb_cipher_is_slow (cipher), ==, expected[i / 2] > 1000000);
    }

  /* gpg itself needs the armor in lines from 20,000 characters on; we do not. */
  {
    g_autofree char *wire = encrypt_text (shared, noise);

    g_assert_cmpuint (strlen (wire), >, 20000);
    assert_decrypts (shared, wire, noise);
  }
}

static void
test_from_gpg (void)
{
  static const char * const variants[][5] = {
    { "--s2k-count", "65011712", NULL },
    { GPG_FAST, NULL },
    { "--s2k-mode", "0", NULL },
    { "--s2k-mode", "1", NULL },
    { GPG_FAST, "--cipher-algo", "3DES", NULL },
    { GPG_FAST, "--cipher-algo", "AES", NULL },
    { GPG_FAST, "--cipher-algo", "TWOFISH", NULL },
    { GPG_FAST, "--cipher-algo", "CAMELLIA256", NULL },
    { GPG_FAST, "--s2k-digest-algo", "SHA512", NULL },
    { GPG_FAST, "--s2k-digest-algo", "RIPEMD160", NULL },
    { GPG_FAST, "--compress-algo", "none", NULL },
    { GPG_FAST, "--compress-algo", "zlib", NULL },
    { GPG_FAST, "--compress-algo", "bzip2", NULL },
    { GPG_FAST, "--textmode", NULL },
    { GPG_FAST, "--set-filename", "notes.txt", NULL },
  };
  const char *old[] = { GPG_FAST, "--cipher-algo", "3DES", "--rfc2440", NULL };

  g_test_summary ("What gpg writes on the command line is read, with any cipher, digest, derivation and compression");

  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autofree char *wire = gpg_encrypt ("{\"a\":[1,2]}", "secret", variants[i]);

      assert_decrypts (shared, wire, "{\"a\":[1,2]}");
    }

  {
    g_autofree char *wire = gpg_encrypt ("{}", "secret", old);

    /* As PGP 2 and 5 had it: anybody can change the text. */
    assert_fails (shared, wire, MB_CIPHER_ERROR_INTEGRITY);
  }
}

static void
test_wrong_key (void)
{
  g_autoptr(MbCipher) wrong = NULL;
  g_autofree char *wire = encrypt_text (shared, "[1]");
  g_autofree char *again = NULL;

  g_test_summary ("A wrong key is wrong also after the right one has opened the message in the same place");

  assert_decrypts (shared, wire, "[1]");
  wrong = open_simple (parent, "Secret");
  for (guint i = 0; i < 3; i++)
    {
      assert_fails (wrong, wire, MB_CIPHER_ERROR_WRONG_KEY);
      assert_decrypts (shared, wire, "[1]");
    }

  again = encrypt_text (wrong, "[2]");
  assert_decrypts (wrong, again, "[2]");
  assert_fails (shared, again, MB_CIPHER_ERROR_WRONG_KEY);
}

/* The same cipher, that is, the same agent: each passphrase is asked for anew. */
static void
test_several_keys (void)
{
  const char *more[] = { "other", "third", NULL };
  const char *too_many[] = { "1", "2", "3", "4", "5", "6", "7", "8", NULL };
  MbCipherOptions options = { .passphrase = "secret", .read_passphrases = more, .home_parent = parent };
  MbCipherOptions reader_options = { .read_passphrases = more, .home_parent = parent };
  MbCipherOptions bad_options = { .passphrase = "secret", .read_passphrases = too_many };
  g_autoptr(MbCipher) cipher = open_cipher (&options);
  g_autoptr(MbCipher) reader = open_cipher (&reader_options);
  g_autoptr(MbCipher) third = open_simple (parent, "third");
  g_autoptr(MbCipher) fourth = open_simple (parent, "fourth");
  g_autofree char *from_third = encrypt_text (third, "[3]");
  g_autofree char *from_fourth = encrypt_text (fourth, "[4]");
  g_autofree char *ours = encrypt_text (cipher, "[1]");
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("All keys are tried, one is written with, and a reader without that one cannot write");

  for (guint i = 0; i < 3; i++)
    {
      g_auto(MbCipherResult) result = { NULL };

      _mb_cipher_decrypt (cipher, "ann", from_third, strlen (from_third), &result, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (result.key_index, ==, 2);
      g_assert_cmpstr (result.plain->str, ==, "[3]");
    }

  /* What a sender used last is only a guess. */
  {
    g_auto(MbCipherResult) result = { NULL };

    _mb_cipher_decrypt (cipher, "ann", ours, strlen (ours), &result, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (result.key_index, ==, 0);
  }

  assert_fails (cipher, from_fourth, MB_CIPHER_ERROR_WRONG_KEY);
  assert_fails (reader, ours, MB_CIPHER_ERROR_WRONG_KEY);
  assert_decrypts (reader, from_third, "[3]");
  assert_decrypts (shared, ours, "[1]");

  g_assert_false (_mb_cipher_encrypt (reader, "1", 1, NULL, out, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE);
  g_clear_error (&error);

  g_assert_null (_mb_cipher_new (&bad_options, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE);
}

static char *
encode (const guint8 *data,
        gsize         length)
{
  GString *wire = g_string_new (NULL);

  _mb_armor_encode (data, length, wire);

  return g_string_free (wire, FALSE);
}

static void
test_integrity (void)
{
  static const char * const compressions[] = { "zip", "none" };

  g_test_summary ("A message changed anywhere, cut, or without protection is refused, and nothing of it comes out");

  for (guint i = 0; i < G_N_ELEMENTS (compressions); i++)
    {
      const char *more[] = { GPG_FAST, "--compress-algo", compressions[i], NULL };
      g_autofree char *wire = gpg_encrypt ("{\"amount\":100,\"to\":\"ann\",\"from\":\"bob\"}", "secret", more);
      g_autoptr(GByteArray) good = _mb_armor_decode (wire, strlen (wire), 65507, NULL);

      for (guint at = 0; at < good->len; at += at < 40 ? 3 : 7)
        {
          g_autofree guint8 *bytes = g_memdup2 (good->data, good->len);
          g_autofree char *broken = NULL;
          g_auto(MbCipherResult) result = { NULL };
          g_autoptr(GError) error = NULL;

          bytes[at] ^= 0x11;
          broken = encode (bytes, good->len);
          g_assert_false (_mb_cipher_decrypt (shared, NULL, broken, strlen (broken), &result, NULL, &error));
          g_assert_cmpint (error->domain, ==, MB_CIPHER_ERROR);
          /* Never taken for a failure of ours, which would be a way to switch encryption off. */
          g_assert_cmpint (error->code, !=, MB_CIPHER_ERROR_UNAVAILABLE);
          g_assert_null (result.plain);

          /* From the last block of the data on, it can be nothing else. */
          if (at + 24 > good->len)
            g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_INTEGRITY);
        }

      /* As MiniBus 0.3.0 accepted it: the text is right, the MDC at the end is not there. */
      {
        g_autofree guint8 *bytes = g_memdup2 (good->data, good->len);
        g_autofree char *cut = NULL;

        bytes[16] = (guint8) (bytes[16] - 22);
        cut = encode (bytes, good->len - 22);
        assert_fails (shared, cut, MB_CIPHER_ERROR_INTEGRITY);
      }
    }
}

static void
test_hostile (void)
{
  /* Literal data, compressed literal data, and a message without protection: never for the engine. */
  static const guint8 literal[] = { 0xcb, 0x0a, 'b', 0, 0, 0, 0, 0, '[', '1', ']', '\n' };
  const char *store[] = { "--store", "--armor", NULL };
  g_autoptr(GBytes) plain = g_bytes_new_static ("[1]", 3);
  g_autoptr(GBytes) stored = run_gpg (plain, "x", NULL, store);
  g_autofree char *stored_wire = armor_to_wire (stored);
  g_autofree char *literal_wire = encode (literal, sizeof literal);
  g_autofree char *good = encrypt_text (shared, "[1]");
  g_autofree char *twice = g_strconcat (good, good, NULL);
  g_autoptr(GByteArray) bytes = _mb_armor_decode (good, strlen (good), 65507, NULL);
  g_autoptr(GByteArray) joined = g_byte_array_new ();
  g_autofree char *joined_wire = NULL;
  g_autofree char *cipher_wire = NULL;
  g_autofree char *cut = g_strndup (good, strlen (good) / 2);

  g_test_summary ("Whatever is not an encrypted message is named so, and the cipher goes on");

  assert_fails (shared, "", MB_CIPHER_ERROR_MALFORMED);
  assert_fails (shared, "\"hello\"", MB_CIPHER_ERROR_MALFORMED);
  assert_fails (shared, "AAAA", MB_CIPHER_ERROR_MALFORMED);
  assert_fails (shared, stored_wire, MB_CIPHER_ERROR_MALFORMED);
  assert_fails (shared, literal_wire, MB_CIPHER_ERROR_MALFORMED);
  assert_fails (shared, twice, MB_CIPHER_ERROR_MALFORMED);
  assert_fails (shared, cut, MB_CIPHER_ERROR_MALFORMED);

  g_byte_array_append (joined, bytes->data, bytes->len);
  g_byte_array_append (joined, literal, sizeof literal);
  joined_wire = encode (joined->data, joined->len);
  assert_fails (shared, joined_wire, MB_CIPHER_ERROR_MALFORMED);

  /* A cipher that nobody has */
  bytes->data[3] = 99;
  cipher_wire = encode (bytes->data, bytes->len);
  assert_fails (shared, cipher_wire, MB_CIPHER_ERROR_MALFORMED);

  assert_decrypts (shared, good, "[1]");
}

static void
test_armor_forms (void)
{
  g_autofree char *wire = encrypt_text (shared, "[1]");
  gsize length = strlen (wire);
  g_autofree char *bare = g_strndup (wire, length - 5);
  g_autofree char *own_line = g_strdup_printf ("%s\n%s\n", bare, wire + length - 5);
  g_autofree char *wrong = g_strdup (wire);
  g_autoptr(GString) wrapped = g_string_new ("  ");

  g_test_summary ("The forms of the armor that GnuPG takes are taken; a wrong checksum is not");

  for (gsize i = 0; i < length; i++)
    {
      g_string_append_c (wrapped, wire[i]);
      if (i % 64 == 63)
        g_string_append (wrapped, "\r\n");
    }
  g_string_append (wrapped, " \n");

  assert_decrypts (shared, bare, "[1]");
  assert_decrypts (shared, own_line, "[1]");
  assert_decrypts (shared, wrapped->str, "[1]");

  wrong[length - 1] = wrong[length - 1] == 'A' ? 'B' : 'A';
  assert_fails (shared, wrong, MB_CIPHER_ERROR_MALFORMED);
}

static void
test_binding (void)
{
  g_autofree char *binding = _mb_cipher_binding_make ("/t", "ann", "1", 7, 8);
  g_autoptr(GString) wire = g_string_new (NULL);
  g_auto(MbCipherResult) result = { NULL };
  g_autoptr(GBytes) armor = NULL;
  g_autoptr(GBytes) plain = NULL;
  const char *decrypt[] = { "--decrypt", NULL };
  g_autoptr(GError) error = NULL;

  g_test_summary ("The header that a message was encrypted for travels inside it, and Python peers read it still");

  g_assert_cmpuint (strlen (binding), ==, 26);
  _mb_cipher_encrypt (shared, "[1]", 3, binding, wire, NULL, &error);
  g_assert_no_error (error);
  _mb_cipher_decrypt (shared, NULL, wire->str, wire->len, &result, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result.binding, ==, binding);

  g_assert_cmpint (_mb_cipher_binding_check (result.binding, "/t", "ann", "1", 7, 8), ==, MB_CIPHER_BINDING_GOOD);
  g_assert_cmpint (_mb_cipher_binding_check (result.binding, "/u", "ann", "1", 7, 8), ==, MB_CIPHER_BINDING_MISMATCH);
  g_assert_cmpint (_mb_cipher_binding_check (result.binding, "/t", "bob", "1", 7, 8), ==, MB_CIPHER_BINDING_MISMATCH);
  g_assert_cmpint (_mb_cipher_binding_check (result.binding, "/t", "ann", "2", 7, 8), ==, MB_CIPHER_BINDING_MISMATCH);
  g_assert_cmpint (_mb_cipher_binding_check (result.binding, "/t", "ann", "1", 6, 8), ==, MB_CIPHER_BINDING_MISMATCH);
  g_assert_cmpint (_mb_cipher_binding_check (result.binding, "/t", "ann", "1", 7, 9), ==, MB_CIPHER_BINDING_MISMATCH);
  g_assert_cmpint (_mb_cipher_binding_check (result.binding, "/ta", "nn", "1", 7, 8), ==, MB_CIPHER_BINDING_MISMATCH);
  g_assert_cmpint (_mb_cipher_binding_check (result.binding, "/t", "ann", NULL, 7, 8), ==, MB_CIPHER_BINDING_MISMATCH);
  g_assert_cmpint (_mb_cipher_binding_check ("mb2:x", "/t", "ann", "1", 7, 8), ==, MB_CIPHER_BINDING_MISMATCH);
  g_assert_cmpint (_mb_cipher_binding_check (NULL, "/t", "ann", "1", 7, 8), ==, MB_CIPHER_BINDING_NONE);
  g_assert_cmpint (_mb_cipher_binding_check ("notes.txt", "/t", "ann", "1", 7, 8), ==, MB_CIPHER_BINDING_NONE);

  armor = wire_to_armor (wire->str);
  plain = run_gpg (armor, "secret", NULL, decrypt);
  g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), "[1]", 3);

  /* Fixed, so that another implementation can check itself. */
  g_assert_cmpstr (binding, ==, "mb1:RL6mfxlh9fi87cvUh3cV9g");
}

static void
test_agent_killed (void)
{
  g_autofree char *own = make_parent ();
  g_autoptr(MbCipher) cipher = open_simple (own, "secret");

  g_test_summary ("An agent that is killed is replaced with the next message");

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *wire = encrypt_text (cipher, "[1]");
      g_autoptr(GArray) agents = find_processes (own, "gpg-agent");

      g_assert_cmpuint (agents->len, ==, 1);
      g_assert_no_errno (kill (g_array_index (agents, int, 0), SIGKILL));
      wait_for_no_process (own);

      if (i % 2 == 0)
        assert_decrypts (cipher, wire, "[1]");
    }

  g_clear_pointer (&cipher, _mb_cipher_unref);
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static gpointer
kill_thread (gpointer data)
{
  const char *own = data;

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(GArray) agents = find_processes (own, "gpg-agent");

      for (guint j = 0; j < agents->len; j++)
        kill (g_array_index (agents, int, j), SIGKILL);
      g_usleep (7000);
    }

  return NULL;
}

static void
test_agent_killed_amid (void)
{
  g_autofree char *own = make_parent ();
  g_autoptr(MbCipher) cipher = open_simple (own, "secret");
  g_autofree char *wire = encrypt_text (cipher, "[1]");
  g_autoptr(GThread) thread = g_thread_new ("kill", kill_thread, own);
  guint n_good = 0;

  g_test_summary ("Agents that die while they work cost messages at worst, each with a clear error");

  for (guint i = 0; i < 30; i++)
    {
      g_auto(MbCipherResult) result = { NULL };
      g_autoptr(GError) error = NULL;

      if (_mb_cipher_decrypt (cipher, NULL, wire, strlen (wire), &result, NULL, &error))
        {
          g_assert_cmpstr (result.plain->str, ==, "[1]");
          n_good++;
        }
      else
        {
          g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE);
        }
    }

  g_thread_join (g_steal_pointer (&thread));
  g_test_message ("%u of 30 came through", n_good);
  assert_decrypts (cipher, wire, "[1]");

  g_clear_pointer (&cipher, _mb_cipher_unref);
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static void
test_home_removed (void)
{
  g_autofree char *own = make_parent ();
  g_autoptr(MbCipher) cipher = open_simple (own, "secret");
  g_autofree char *wire = encrypt_text (cipher, "[1]");

  g_test_summary ("A home that is removed is made anew; a folder where none can be made is a clear error");

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *home = find_home (own);
      const char *remove[] = { "rm", "-rf", home, NULL };
      g_autofree char *again = NULL;

      g_bytes_unref (run_program (NULL, NULL, remove, NULL));
      if (i % 2 == 0)
        assert_decrypts (cipher, wire, "[1]");
      again = encrypt_text (cipher, "[2]");
      assert_decrypts (cipher, again, "[2]");
    }

  {
    G_GNUC_UNUSED g_autofree char *home = find_home (own);
    const char *remove[] = { "rm", "-rf", own, NULL };

    g_bytes_unref (run_program (NULL, NULL, remove, NULL));
    assert_fails (cipher, wire, MB_CIPHER_ERROR_UNAVAILABLE);
    g_assert_no_errno (g_mkdir (own, 0700));
    assert_decrypts (cipher, wire, "[1]");
  }

  g_clear_pointer (&cipher, _mb_cipher_unref);
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

static gpointer
remove_thread (gpointer data)
{
  const char *own = data;

  for (guint i = 0; i < 10; i++)
    {
      g_auto(GStrv) homes = list_folder (own);

      for (guint j = 0; homes[j] != NULL; j++)
        {
          const char *remove[] = { "rm", "-rf", homes[j], NULL };
          gboolean succeeded;

          g_bytes_unref (run_program (NULL, &succeeded, remove, NULL));
        }
      g_usleep (13000);
    }

  return NULL;
}

static void
test_home_removed_amid (void)
{
  g_autofree char *own = make_parent ();
  g_autoptr(MbCipher) cipher = open_simple (own, "secret");
  g_autofree char *wire = encrypt_text (cipher, "[1]");
  g_autoptr(GThread) thread = g_thread_new ("remove", remove_thread, own);
  guint n_good = 0;

  g_test_summary ("A home that goes while it is used costs messages at worst, never a wrong result or the cipher");

  for (guint i = 0; i < 30; i++)
    {
      g_auto(MbCipherResult) result = { NULL };
      g_autoptr(GError) error = NULL;

      if (_mb_cipher_decrypt (cipher, NULL, wire, strlen (wire), &result, NULL, &error))
        {
          g_assert_cmpstr (result.plain->str, ==, "[1]");
          n_good++;
        }
      else
        {
          g_test_message ("%s", error->message);
          g_assert_cmpint (error->domain, ==, MB_CIPHER_ERROR);
        }
    }

  g_thread_join (g_steal_pointer (&thread));
  g_test_message ("%u of 30 came through", n_good);
  assert_decrypts (cipher, wire, "[1]");

  g_clear_pointer (&cipher, _mb_cipher_unref);

  /* An agent that was just starting when its home went notices that only after a minute. */
  {
    g_autoptr(GArray) agents = find_processes (own, "gpg-agent");

    for (guint i = 0; i < agents->len; i++)
      kill (g_array_index (agents, int, i), SIGKILL);
  }
  wait_for_no_process (own);
  remove_parent (g_steal_pointer (&own));
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);

  parent = make_parent ();
  shared = open_simple (parent, "secret");

  g_test_add_func ("/cipher/passphrases", test_passphrases);
  g_test_add_func ("/cipher/secret", test_secret);
  g_test_add_func ("/cipher/captures", test_captures);
  g_test_add_func ("/cipher/round-trip", test_round_trip);
  g_test_add_func ("/cipher/limits", test_limits);
  g_test_add_func ("/cipher/bombs", test_bombs);
  g_test_add_func ("/cipher/to-gpg", test_to_gpg);
  g_test_add_func ("/cipher/from-gpg", test_from_gpg);
  g_test_add_func ("/cipher/wrong-key", test_wrong_key);
  g_test_add_func ("/cipher/several-keys", test_several_keys);
  g_test_add_func ("/cipher/integrity", test_integrity);
  g_test_add_func ("/cipher/hostile", test_hostile);
  g_test_add_func ("/cipher/armor-forms", test_armor_forms);
  g_test_add_func ("/cipher/binding", test_binding);
  g_test_add_func ("/cipher/agent-killed", test_agent_killed);
  g_test_add_func ("/cipher/agent-killed-amid", test_agent_killed_amid);
  g_test_add_func ("/cipher/home-removed", test_home_removed);
  g_test_add_func ("/cipher/home-removed-amid", test_home_removed_amid);

  status = g_test_run ();

  _mb_cipher_unref (shared);
  wait_for_no_process (parent);
  remove_parent (parent);

  return status;
}
