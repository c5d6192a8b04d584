/* test-cipher-keys.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <sys/stat.h>

#include "minibus/mb-armor-private.h"

#include "cipher-helpers.h"

/* A user's GnuPG home with some keys. */
static char *parent;
static char *user;
static char *ann;      /* signs and reads, without passphrase */
static char *bob;      /* the same; not trusted */
static char *locked;   /* needs the passphrase "key secret" */

static GBytes *
run_user_gpg (GBytes             *input,
              gboolean           *succeeded,
              const char * const *more)
{
  const char *arguments[] = { "gpg", "--homedir", user, "--batch", "--quiet", "--no-tty",
                              "--pinentry-mode", "loopback", NULL };

  return run_program (input, succeeded, arguments, more);
}

static char *
make_key (const char *name,
          const char *passphrase)
{
  const char *make[] = { "--passphrase", passphrase, "--quick-generate-key", name, "future-default", "default",
                         "never", NULL };
  const char *list[] = { "--with-colons", "--list-keys", name, NULL };
  G_GNUC_UNUSED g_autoptr(GBytes) made = run_user_gpg (NULL, NULL, make);
  g_autoptr(GBytes) listed = run_user_gpg (NULL, NULL, list);
  g_autofree char *text = g_strndup (g_bytes_get_data (listed, NULL), g_bytes_get_size (listed));
  const char *line = strstr (text, "\nfpr:");

  g_assert_nonnull (line);

  return g_strndup (line + strlen ("\nfpr:::::::::"), 40);
}

static void
assert_signed (MbCipher          *cipher,
               const char        *wire,
               MbCipherSignature  signature,
               const char        *signer)
{
  g_autoptr(GError) error = NULL;
  g_auto(MbCipherResult) result = { NULL };

  _mb_cipher_decrypt (cipher, NULL, wire, strlen (wire), &result, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result.plain->str, ==, "[1]");
  g_assert_cmpint (result.signature, ==, signature);
  g_assert_cmpstr (result.signer, ==, signer);
}

static void
test_signatures (void)
{
  const char *trusted[] = { ann, NULL };
  MbCipherOptions writer_options = {
    .passphrase = "secret", .home_parent = parent, .user_home = user, .signing_key = ann,
  };
  MbCipherOptions reader_options = {
    .passphrase = "secret", .home_parent = parent, .user_home = user, .trusted_keys = trusted,
  };
  g_autoptr(MbCipher) writer = open_cipher (&writer_options);
  g_autoptr(MbCipher) reader = open_cipher (&reader_options);
  g_autoptr(MbCipher) plain_reader = open_simple (parent, "secret");
  g_autofree char *wire = encrypt_text (writer, "[1]");
  g_autofree char *unsigned_wire = encrypt_text (reader, "[1]");
  g_autofree char *by_bob = NULL;
  g_autoptr(GBytes) armor = wire_to_armor (wire);
  g_autoptr(GBytes) plain = NULL;
  const char *decrypt[] = { "--decrypt", NULL };

  g_test_summary ("A message tells who of the trusted has signed it; those without keys read it, too");

  reader_options.require_signature = TRUE;
  writer_options.signing_key = bob;
  {
    g_autoptr(MbCipher) strict = open_cipher (&reader_options);
    g_autoptr(MbCipher) bobs = open_cipher (&writer_options);

    by_bob = encrypt_text (bobs, "[1]");
    assert_signed (strict, wire, MB_CIPHER_SIGNED_TRUSTED, ann);
    assert_fails (strict, by_bob, MB_CIPHER_ERROR_UNTRUSTED);
    assert_fails (strict, unsigned_wire, MB_CIPHER_ERROR_UNTRUSTED);
  }

  assert_signed (reader, wire, MB_CIPHER_SIGNED_TRUSTED, ann);
  assert_signed (reader, by_bob, MB_CIPHER_SIGNED_UNKNOWN, NULL);
  assert_signed (reader, unsigned_wire, MB_CIPHER_UNSIGNED, NULL);
  assert_signed (plain_reader, wire, MB_CIPHER_SIGNED_UNKNOWN, NULL);
  assert_signed (plain_reader, unsigned_wire, MB_CIPHER_UNSIGNED, NULL);

  /* A Python peer, to which gpg gives the text along with an exit status for the unknown signature. */
  plain = run_gpg (armor, "secret", &(gboolean) { FALSE }, decrypt);
  g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), "[1]", 3);
}

static void
test_recipients (void)
{
  const char *recipients[] = { ann, NULL };
  MbCipherOptions to_ann = { .home_parent = parent, .user_home = user, .recipients = recipients };
  MbCipherOptions to_both = {
    .passphrase = "secret", .home_parent = parent, .user_home = user, .recipients = recipients, .signing_key = ann,
  };
  g_autoptr(MbCipher) cipher = open_cipher (&to_ann);
  g_autoptr(MbCipher) both = open_cipher (&to_both);
  g_autoptr(MbCipher) stranger = open_simple (parent, "secret");
  g_autofree char *wire = encrypt_text (cipher, "[1]");
  g_autofree char *both_wire = encrypt_text (both, "[1]");
  g_autoptr(GByteArray) bytes = _mb_armor_decode (both_wire, strlen (both_wire), 65507, NULL);
  g_autoptr(GByteArray) secret_bytes = _mb_armor_decode (wire, strlen (wire), 65507, NULL);
  g_autoptr(GString) broken = g_string_new (NULL);
  g_auto(MbCipherResult) result = { NULL };
  g_autoptr(GError) error = NULL;
  MbOpenPgpInfo info;

  g_test_summary ("A message to keys is read with them, one to keys and a passphrase with either");

  assert_decrypts (cipher, wire, "[1]");
  assert_fails (stranger, wire, MB_CIPHER_ERROR_WRONG_KEY);

  g_assert_true (_mb_openpgp_inspect (bytes->data, bytes->len, &info, NULL));
  g_assert_cmpuint (info.n_public, ==, 1);
  g_assert_cmpuint (info.n_symmetric, ==, 1);
  assert_decrypts (stranger, both_wire, "[1]");

  _mb_cipher_decrypt (cipher, NULL, both_wire, strlen (both_wire), &result, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result.key_index, ==, -1);

  secret_bytes->data[secret_bytes->len - 5] ^= 1;
  _mb_armor_encode (secret_bytes->data, secret_bytes->len, broken);
  assert_fails (cipher, broken->str, MB_CIPHER_ERROR_INTEGRITY);
}

static void
test_locked_key (void)
{
  const char *trusted[] = { locked, NULL };
  const char *recipients[] = { locked, NULL };
  MbCipherOptions options = {
    .passphrase = "secret", .home_parent = parent, .user_home = user, .signing_key = locked,
    .trusted_keys = trusted,
  };
  MbCipherOptions reader_options = { .home_parent = parent, .user_home = user, .recipients = recipients };
  const char *kill_agent[] = { "gpgconf", "--homedir", user, "--kill", "gpg-agent", NULL };
  g_autoptr(MbCipher) reader = open_cipher (&reader_options);
  g_autofree char *wire = encrypt_text (reader, "[1]");
  g_autoptr(MbCipher) cipher = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A key with a passphrase is used with the one given; without, there is an error and no prompt");

  /* What the agent remembers from making the key */
  g_bytes_unref (run_program (NULL, NULL, kill_agent, NULL));

  assert_fails (reader, wire, MB_CIPHER_ERROR_WRONG_KEY);

  cipher = _mb_cipher_new (&options, &error);
  g_assert_no_error (error);
  g_assert_false (_mb_cipher_open (cipher, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY);
  g_clear_error (&error);
  g_clear_pointer (&cipher, _mb_cipher_unref);

  options.key_passphrase = "wrong";
  cipher = _mb_cipher_new (&options, &error);
  g_assert_no_error (error);
  g_assert_false (_mb_cipher_open (cipher, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY);
  g_clear_error (&error);
  g_clear_pointer (&cipher, _mb_cipher_unref);

  options.key_passphrase = "key secret";
  cipher = open_cipher (&options);
  {
    g_autofree char *signed_wire = encrypt_text (cipher, "[1]");

    assert_signed (cipher, signed_wire, MB_CIPHER_SIGNED_TRUSTED, locked);
    assert_decrypts (cipher, wire, "[1]");
  }
}

static void
assert_key_error (const MbCipherOptions *options)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbCipher) cipher = _mb_cipher_new (options, &error);

  if (cipher != NULL)
    g_assert_false (_mb_cipher_open (cipher, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY);
}

static void
test_missing_keys (void)
{
  const char *short_ids[] = { "12345678", NULL };
  const char *unknown[] = { "0123456789ABCDEF0123456789ABCDEF01234567", NULL };
  g_autofree char *empty = make_parent ();
  MbCipherOptions options = { .passphrase = "secret", .home_parent = parent, .user_home = user };

  g_test_summary ("Keys are named by whole fingerprints, and those that are missing are told before the first message");

  options.signing_key = short_ids[0];
  assert_key_error (&options);
  options.signing_key = unknown[0];
  assert_key_error (&options);
  options.signing_key = NULL;

  options.recipients = short_ids;
  assert_key_error (&options);
  options.recipients = unknown;
  assert_key_error (&options);
  options.recipients = NULL;

  options.trusted_keys = short_ids;
  assert_key_error (&options);
  options.trusted_keys = unknown;
  assert_key_error (&options);
  options.trusted_keys = NULL;

  options.require_signature = TRUE;
  assert_key_error (&options);
  options.require_signature = FALSE;

  options.user_home = empty;
  assert_key_error (&options);
  remove_parent (g_steal_pointer (&empty));
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

/* The names, sizes and times of change of what is in a folder, sockets aside. */
static char *
describe_folder (const char *path)
{
  g_auto(GStrv) names = list_folder (path);
  g_autoptr(GString) text = g_string_new (NULL);

  qsort (names, g_strv_length (names), sizeof *names, compare_names);
  for (guint i = 0; names[i] != NULL; i++)
    {
      GStatBuf info;

      g_assert_no_errno (g_lstat (names[i], &info));
      if (!S_ISSOCK (info.st_mode))
        g_string_append_printf (text, "%s %ld %ld.%09ld\n", names[i], (long) info.st_size,
                                (long) info.st_mtim.tv_sec, S_ISDIR (info.st_mode) ? 0 : info.st_mtim.tv_nsec);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_read_only (void)
{
  const char *keys[] = { ann, NULL };
  MbCipherOptions options = {
    .passphrase = "secret", .home_parent = parent, .user_home = user, .signing_key = ann,
    .recipients = keys, .trusted_keys = keys,
  };
  g_autofree char *before = describe_folder (user);
  g_autoptr(MbCipher) cipher = open_cipher (&options);
  g_autofree char *wire = encrypt_text (cipher, "[1]");
  g_autofree char *after = NULL;
  g_autoptr(GArray) agents = NULL;

  g_test_summary ("The user's home is only read, and the user's agent survives the cipher and is started when it is gone");

  assert_signed (cipher, wire, MB_CIPHER_SIGNED_TRUSTED, ann);
  agents = find_processes (user, "gpg-agent");
  g_assert_cmpuint (agents->len, ==, 1);
  g_assert_no_errno (kill (g_array_index (agents, int, 0), SIGKILL));
  wait_for_no_process (user);
  assert_signed (cipher, wire, MB_CIPHER_SIGNED_TRUSTED, ann);
  {
    g_autofree char *again = encrypt_text (cipher, "[1]");

    assert_signed (cipher, again, MB_CIPHER_SIGNED_TRUSTED, ann);
  }

  g_clear_pointer (&cipher, _mb_cipher_unref);
  after = describe_folder (user);
  g_assert_cmpstr (before, ==, after);
  g_clear_pointer (&agents, g_array_unref);
  agents = find_processes (user, "gpg-agent");
  g_assert_cmpuint (agents->len, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  const char *kill_agent[] = { "gpgconf", "--homedir", NULL, "--kill", "gpg-agent", NULL };
  const char *remove[] = { "rm", "-rf", NULL, NULL };
  int status;

  g_test_init (&argc, &argv, NULL);

  parent = make_parent ();
  user = make_parent ();
  ann = make_key ("ann", "");
  bob = make_key ("bob", "");
  locked = make_key ("locked", "key secret");

  g_test_add_func ("/cipher-keys/signatures", test_signatures);
  g_test_add_func ("/cipher-keys/recipients", test_recipients);
  g_test_add_func ("/cipher-keys/locked-key", test_locked_key);
  g_test_add_func ("/cipher-keys/missing-keys", test_missing_keys);
  g_test_add_func ("/cipher-keys/read-only", test_read_only);

  status = g_test_run ();

  kill_agent[2] = user;
  g_bytes_unref (run_program (NULL, NULL, kill_agent, NULL));
  remove[2] = user;
  wait_for_no_process (user);
  g_bytes_unref (run_program (NULL, NULL, remove, NULL));
  remove_parent (parent);
  g_free (user);
  g_free (ann);
  g_free (bob);
  g_free (locked);

  return status;
}
