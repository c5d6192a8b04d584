/* test-encryption-keys.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Where passphrases and keys come from, how they are changed, and signatures. */

#include "config.h"

#include "encryption-helpers.h"

static void
test_change_key (void)
{
  static const char * const with_new[] = { "new passphrase", NULL };
  static const char * const with_old[] = { SECRET, NULL };
  g_autoptr(MbClient) sender = client_open (client_new ("sender", SECRET));
  g_autoptr(MbClient) receiver = client_open (client_new ("receiver", SECRET));
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (receiver, "/t", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);

  g_test_summary ("The passphrase of a bus can be changed while it runs, without losing a message");

  mb_test_publish (publisher, "1");
  flush (sender);
  mb_client_set_read_passphrases (receiver, with_new);
  mb_client_set_read_passphrases (sender, with_new);
  mb_test_publish (publisher, "2");
  flush (sender);

  mb_client_set_passphrase (sender, "new passphrase");
  mb_client_set_read_passphrases (sender, with_old);
  mb_test_publish (publisher, "3");
  flush (sender);

  mb_test_wait_until (texts->len == 3);
  mb_client_set_passphrase (receiver, "new passphrase");
  mb_client_set_read_passphrases (receiver, NULL);
  mb_test_publish (publisher, "4");
  mb_test_wait_until (texts->len == 4);

  mb_client_set_passphrase (sender, SECRET);
  mb_test_publish (publisher, "5");
  mb_test_wait_until (mb_client_get_dropped (receiver, MB_DROP_REASON_WRONG_KEY) == 1);
  g_assert_cmpstr (text_at (texts, 3), ==, "/t 4");
}

static void
test_read_only (void)
{
  static const char * const keys[] = { SECRET, NULL };
  g_autoptr(MbClient) reader = client_new ("reader", NULL);
  g_autoptr(MbClient) sender = client_open (client_new ("sender", SECRET));
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (reader, "/t", texts);
  g_autoptr(MbPublisher) own = mb_test_publisher (reader, "/t", NULL);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A client that has only passphrases to read with does not send in the clear");

  mb_client_set_read_passphrases (reader, keys);
  client_open (reader);

  g_assert_false (mb_publisher_publish_text (own, "0", &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE);
  mb_test_publish (publisher, "1");
  mb_test_wait_until (texts->len == 1);
}

static void
read_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  mb_client_read_passphrase_finish (MB_CLIENT (object), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
test_sources (void)
{
  static const char lines[] = SECRET "\r\nmore";
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_data (lines, -1, NULL);
  g_autoptr(GInputStream) again = g_memory_input_stream_new_from_data (SECRET, -1, NULL);
  g_autoptr(GInputStream) empty = g_memory_input_stream_new ();
  g_autoptr(MbClient) by_stream = client_new ("stream", NULL);
  g_autoptr(MbClient) by_async = client_new ("async", NULL);
  g_autoptr(MbClient) by_environment = client_new ("environment", NULL);
  g_autoptr(MbClient) by_nothing = client_new ("nothing", "");
  MbClient *clients[] = { by_stream, by_async, by_environment };
  g_autoptr(GPtrArray) texts = texts_new ();
  g_autoptr(MbPublisher) publisher = mb_test_publisher (by_stream, "/t", NULL);
  g_autoptr(GError) error = NULL;
  char rest[8] = "";
  gboolean read = FALSE;

  g_test_summary ("A passphrase comes from a stream, of which one line is read, or from the environment, unless an "
                  "empty one keeps the client from looking there");

  g_assert_true (mb_client_read_passphrase_sync (by_stream, stream, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_input_stream_read (stream, rest, sizeof rest, NULL, &error), ==, 4);
  g_assert_cmpstr (rest, ==, "more");
  mb_client_read_passphrase_async (by_async, again, NULL, read_cb, &read);
  mb_test_wait_until (read);
  g_assert_false (mb_client_read_passphrase_sync (by_nothing, empty, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE);
  g_clear_error (&error);

  g_setenv ("MINIBUS_PASSPHRASE", SECRET, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_object_unref (mb_test_collect (clients[i], "/t", texts));
      client_open (clients[i]);
    }
  client_open (by_nothing);
  g_unsetenv ("MINIBUS_PASSPHRASE");

  g_object_unref (mb_test_collect (by_nothing, "/t", texts));
  mb_test_publish (publisher, "1");
  mb_test_wait_until (texts->len == 3 && mb_client_get_dropped (by_nothing, MB_DROP_REASON_NO_KEY) == 1);
  mb_test_wait_until (tap_count (tap, "\"topic\":\"/t\"") == 1);
  g_assert_cmpuint (tap_count (tap, "\"gpg\":\"yes\""), ==, 1);
}

static void
test_refusals (void)
{
  static const char * const no_fingerprint[] = { "ann@example.org", NULL };
  g_autoptr(MbClient) client = client_new ("c", "two\nlines");
  g_autoptr(GError) error = NULL;

  g_test_summary ("What cannot be used is told when the client is opened, which can then be put right");

  g_assert_false (mb_client_open_sync (client, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE);
  g_clear_error (&error);

  mb_client_set_passphrase (client, SECRET);
  mb_client_set_recipients (client, no_fingerprint);
  g_assert_false (mb_client_open_sync (client, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY);
  g_clear_error (&error);

  mb_client_set_recipients (client, NULL);
  mb_client_set_require_signature (client, TRUE);
  g_assert_false (mb_client_open_sync (client, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY);
  g_clear_error (&error);

  mb_client_set_require_signature (client, FALSE);
  client_open (client);
}

/* A user's GnuPG home with two keys. */
static char *
make_key (const char *home,
          const char *name)
{
  const char *gpg[] = { "gpg", "--homedir", home, "--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback",
                        NULL };
  const char *make[] = { "--passphrase", "", "--quick-generate-key", name, "future-default", "default", "never",
                         NULL };
  const char *list[] = { "--with-colons", "--list-keys", name, NULL };
  G_GNUC_UNUSED g_autoptr(GBytes) made = run_program (NULL, NULL, gpg, make);
  g_autoptr(GBytes) listed = run_program (NULL, NULL, gpg, list);
  g_autofree char *text = g_strndup (g_bytes_get_data (listed, NULL), g_bytes_get_size (listed));
  const char *line = strstr (text, "\nfpr:");

  g_assert_nonnull (line);

  return g_strndup (line + strlen ("\nfpr:::::::::"), 40);
}

static void
remove_folder (const char *path)
{
  const char *kill[] = { "gpgconf", "--homedir", path, "--kill", "all", NULL };
  const char *remove[] = { "rm", "-rf", path, NULL };
  G_GNUC_UNUSED g_autoptr(GBytes) killed = run_program (NULL, NULL, kill, NULL);
  G_GNUC_UNUSED g_autoptr(GBytes) removed = run_program (NULL, NULL, remove, NULL);
}

static void
test_signer (void)
{
  g_autofree char *home = make_parent ();
  g_autofree char *ann = make_key (home, "ann");
  g_autofree char *bob = make_key (home, "bob");
  const char * const trusted[] = { ann, NULL };
  const char * const to_bob[] = { bob, NULL };
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) by_ann = client_new ("ann", SECRET);
  g_autoptr(MbClient) by_bob = client_new ("bob", NULL);
  g_autoptr(MbClient) reader = client_new ("reader", SECRET);
  g_autoptr(MbClient) strict = client_new ("strict", SECRET);
  g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) believed = g_ptr_array_new_with_free_func (g_object_unref);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) one = keep_messages (reader, "/t", messages);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) two = keep_messages (strict, "/t", believed);
  g_autoptr(MbPublisher) ann_publisher = mb_test_publisher (by_ann, "/t", NULL);
  g_autoptr(MbPublisher) bob_publisher = mb_test_publisher (by_bob, "/t", NULL);

  g_test_summary ("A message tells which trusted key signed it; one that has to be signed is not taken without; and "
                  "one for recipients is read by their secret keys");

  mb_client_set_gnupg_home (by_ann, home);
  mb_client_set_signing_key (by_ann, ann);
  mb_client_set_gnupg_home (by_bob, home);
  mb_client_set_recipients (by_bob, to_bob);
  mb_client_set_gnupg_home (reader, home);
  mb_client_set_trusted_keys (reader, trusted);
  mb_client_set_gnupg_home (strict, home);
  mb_client_set_trusted_keys (strict, trusted);
  mb_client_set_require_signature (strict, TRUE);
  mb_client_set_accept_plaintext (strict, TRUE);
  client_open (by_ann);
  client_open (by_bob);
  client_open (reader);
  client_open (strict);

  mb_test_publish (ann_publisher, "\"of ann\"");
  mb_test_wait_until (messages->len == 1 && believed->len == 1);
  g_assert_cmpstr (mb_message_get_signer (messages->pdata[0]), ==, ann);
  g_assert_cmpstr (mb_message_get_signer (believed->pdata[0]), ==, ann);

  mb_test_publish (bob_publisher, "\"of bob\"");
  tap_send_plain (tap, "/t", "1");
  mb_test_wait_until (messages->len == 2 && mb_client_get_dropped (strict, MB_DROP_REASON_UNTRUSTED) == 1 &&
                      mb_client_get_dropped (strict, MB_DROP_REASON_PLAINTEXT) == 1);
  g_assert_cmpstr (mb_message_get_text (messages->pdata[1]), ==, "\"of bob\"");
  g_assert_null (mb_message_get_signer (messages->pdata[1]));
  g_assert_cmpuint (believed->len, ==, 1);

  mb_client_close (by_ann);
  mb_client_close (by_bob);
  mb_client_close (reader);
  mb_client_close (strict);
  remove_folder (home);
}

static void
test_untrusted_signer (void)
{
  g_autofree char *home = make_parent ();
  g_autofree char *ann = make_key (home, "ann");
  g_autofree char *carol = make_key (home, "carol");
  const char * const trusted[] = { ann, NULL };
  const char * const both[] = { ann, carol, NULL };
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) by_ann = client_new ("ann", SECRET);
  g_autoptr(MbClient) by_carol = client_new ("carol", SECRET);
  g_autoptr(MbClient) reader = client_new ("reader", SECRET);
  g_autoptr(MbClient) strict = client_new ("strict", SECRET);
  g_autoptr(MbClient) friendly = client_new ("friendly", SECRET);
  MbClient *clients[] = { by_ann, by_carol, reader, strict, friendly };
  g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) believed = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) befriended = g_ptr_array_new_with_free_func (g_object_unref);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) one = keep_messages (reader, "/t", messages);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) two = keep_messages (strict, "/t", believed);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) three = keep_messages (friendly, "/t", befriended);
  g_autoptr(MbPublisher) ann_publisher = mb_test_publisher (by_ann, "/t", NULL);
  g_autoptr(MbPublisher) carol_publisher = mb_test_publisher (by_carol, "/t", NULL);
  g_autofree char *packet = NULL;
  g_autoptr(GString) renamed = NULL;

  g_test_summary ("A signature counts for those who trust its key only: to others it is none, or the message is "
                  "counted as untrusted; and under the name of another it is forged, whoever has signed it");

  mb_client_set_signing_key (by_ann, ann);
  mb_client_set_signing_key (by_carol, carol);
  mb_client_set_trusted_keys (reader, trusted);
  mb_client_set_trusted_keys (strict, trusted);
  mb_client_set_require_signature (strict, TRUE);
  mb_client_set_trusted_keys (friendly, both);
  mb_client_set_require_signature (friendly, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      mb_client_set_gnupg_home (clients[i], home);
      client_open (clients[i]);
    }

  mb_test_publish (carol_publisher, "\"of carol\"");
  mb_test_wait_until (messages->len == 1 && befriended->len == 1 &&
                      mb_client_get_dropped (strict, MB_DROP_REASON_UNTRUSTED) == 1);
  g_assert_cmpstr (mb_message_get_text (messages->pdata[0]), ==, "\"of carol\"");
  g_assert_true (mb_message_get_is_encrypted (messages->pdata[0]));
  g_assert_null (mb_message_get_signer (messages->pdata[0]));
  g_assert_cmpstr (mb_message_get_signer (befriended->pdata[0]), ==, carol);
  g_assert_cmpuint (believed->len, ==, 0);

  mb_test_publish (ann_publisher, "\"of ann\"");
  mb_test_wait_until (messages->len == 2 && befriended->len == 2 && believed->len == 1);
  g_assert_cmpstr (mb_message_get_signer (messages->pdata[1]), ==, ann);
  g_assert_cmpstr (mb_message_get_signer (believed->pdata[0]), ==, ann);
  g_assert_cmpstr (mb_message_get_signer (befriended->pdata[1]), ==, ann);

  mb_test_wait_until (tap_count (tap, "\"topic\":\"/t\",\"author\":\"ann\"") == 1);
  packet = tap_find (tap, "\"topic\":\"/t\",\"author\":\"ann\"");
  renamed = g_string_new (packet);
  g_assert_cmpuint (g_string_replace (renamed, "\"author\":\"ann\"", "\"author\":\"bob\"", 1), ==, 1);
  tap_send (tap, renamed->str);
  mb_test_wait_until (mb_client_get_dropped (strict, MB_DROP_REASON_FORGED) == 1 &&
                      mb_client_get_dropped (reader, MB_DROP_REASON_FORGED) == 1);
  g_assert_cmpuint (mb_client_get_dropped (strict, MB_DROP_REASON_UNTRUSTED), ==, 1);
  g_assert_cmpuint (mb_client_get_dropped (reader, MB_DROP_REASON_UNTRUSTED), ==, 0);
  g_assert_cmpuint (messages->len, ==, 2);
  g_assert_cmpuint (believed->len, ==, 1);

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    mb_client_close (clients[i]);
  remove_folder (home);
}

int
main (int   argc,
      char *argv[])
{
  encryption_test_init (&argc, &argv);

  g_test_add_func ("/encryption-keys/change-key", test_change_key);
  g_test_add_func ("/encryption-keys/read-only", test_read_only);
  g_test_add_func ("/encryption-keys/sources", test_sources);
  g_test_add_func ("/encryption-keys/refusals", test_refusals);
  g_test_add_func ("/encryption-keys/signer", test_signer);
  g_test_add_func ("/encryption-keys/untrusted-signer", test_untrusted_signer);

  return encryption_test_run ();
}
