/* test-encryption.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What clients with and without a passphrase send and take. */

#include "config.h"

#include "encryption-helpers.h"

static char *
replace (const char *text,
         const char *old,
         const char *new)
{
  g_autoptr(GString) result = g_string_new (text);

  g_assert_cmpuint (g_string_replace (result, old, new, 1), ==, 1);

  return g_string_free (g_steal_pointer (&result), FALSE);
}

static gboolean
echo_cb (MbService *service,
         MbRequest *request,
         gpointer   user_data)
{
  mb_request_return_text (request, mb_request_get_params_text (request), NULL);

  return TRUE;
}

static MbService *
offer_echo (MbClient *client)
{
  g_autoptr(GError) error = NULL;
  MbService *service = mb_client_create_service (client, "/echo", NULL, NULL, &error);

  g_assert_no_error (error);
  g_signal_connect (service, "request", G_CALLBACK (echo_cb), NULL);

  return service;
}

typedef struct
{
  char    *text;
  GError  *error;
  gboolean ended;
} Answer;

static void
answer_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Answer *answer = user_data;

  answer->text = mb_client_call_text_finish (MB_CLIENT (object), result, &answer->error);
  answer->ended = TRUE;
}

static void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->text, g_free);
  g_clear_error (&answer->error);
  answer->ended = FALSE;
}

static void
call (MbClient   *client,
      const char *name,
      const char *params,
      Answer     *answer)
{
  mb_client_call_text_async (client, name, params, 50000, NULL, answer_cb, answer);
  mb_test_wait_until (answer->ended);
}

static void
test_publish (void)
{
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) sender = client_open (client_new ("sender", SECRET));
  g_autoptr(MbClient) receiver = client_open (client_new ("receiver", SECRET));
  g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) own = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) one = keep_messages (receiver, "/t/.*", messages);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) two = keep_messages (receiver, "/t/a", messages);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) self = mb_test_collect (sender, "/t/.*", own);
  g_autoptr(MbPublisher) a = mb_test_publisher (sender, "/t/a", NULL);
  g_autoptr(MbPublisher) b = mb_test_publisher (sender, "/t/b", NULL);
  MbMessage *message;

  g_test_summary ("What a client with a passphrase publishes is encrypted, arrives with the same passphrase in the "
                  "order of sending, and is one message for all subscribers");

  mb_test_publish (a, "{\"marker\":\"in the clear\"}");
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      mb_test_publish (b, json);
    }
  flush (sender);

  mb_test_wait_until (messages->len == 22 && own->len == 21);
  g_assert_true (messages->pdata[0] == messages->pdata[1]);
  message = messages->pdata[0];
  g_assert_cmpstr (mb_message_get_text (message), ==, "{\"marker\":\"in the clear\"}");
  g_assert_cmpstr (mb_message_get_author (message), ==, "sender");
  g_assert_cmpuint (mb_message_get_sequence (message), ==, 1);
  g_assert_true (mb_message_get_is_encrypted (message));
  g_assert_null (mb_message_get_signer (message));
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      g_assert_cmpstr (mb_message_get_text (messages->pdata[i + 2]), ==, json);
    }

  mb_test_wait_until (tap_count (tap, "\"gpg\":\"yes\"") == 21);
  g_assert_cmpuint (tap_count (tap, "marker"), ==, 0);
}

static void
test_no_key (void)
{
  g_autoptr(MbClient) sender = client_open (client_new ("sender", SECRET));
  g_autoptr(MbClient) keyless = client_open (client_new ("keyless", NULL));
  g_autoptr(MbClient) other = client_open (client_new ("other", "another passphrase"));
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) one = mb_test_collect (keyless, "/t", texts);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) two = mb_test_collect (other, "/t", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);

  g_test_summary ("Without a key, or with another one, what is encrypted is counted and not delivered");

  for (guint i = 0; i < 3; i++)
    mb_test_publish (publisher, "1");
  mb_test_wait_until (mb_client_get_dropped (keyless, MB_DROP_REASON_NO_KEY) == 3 &&
                      mb_client_get_dropped (other, MB_DROP_REASON_WRONG_KEY) == 3);
  g_assert_cmpuint (texts->len, ==, 0);
}

static void
test_plaintext (void)
{
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) strict = client_open (client_new ("strict", SECRET));
  g_autoptr(MbClient) mixed = client_new ("mixed", SECRET);
  g_autoptr(GPtrArray) refused = texts_new ();
  g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func (g_object_unref);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) one = mb_test_collect (strict, "/.*", refused);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) two = keep_messages (mixed, "/.*", messages);

  g_test_summary ("With a passphrase, what is not encrypted is refused, unless the client takes it, and then it "
                  "says so");

  g_assert_false (mb_client_get_accept_plaintext (mixed));
  mb_client_set_accept_plaintext (mixed, TRUE);
  client_open (mixed);

  tap_send_plain (tap, "/t", "1");
  tap_send_plain (tap, "/__minibus__/__listclients__/__reply__", "\\\"x\\\"");
  mb_test_wait_until (messages->len == 2 && mb_client_get_dropped (strict, MB_DROP_REASON_PLAINTEXT) == 2);
  g_assert_false (mb_message_get_is_encrypted (messages->pdata[0]));
  g_assert_cmpuint (refused->len, ==, 0);
  g_assert_cmpuint (mb_client_get_dropped (mixed, MB_DROP_REASON_PLAINTEXT), ==, 0);
}

static void
test_service (void)
{
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) server = client_new ("server", SECRET);
  g_autoptr(MbClient) caller = client_open (client_new ("caller", SECRET));
  g_autoptr(MbClient) keyless = client_open (client_new ("keyless", NULL));
  G_GNUC_UNUSED g_autoptr(MbService) service = offer_echo (server);
  Answer answer = { NULL };

  g_test_summary ("A service answers in the manner of the request: encrypted, and where that is taken, in the clear");

  mb_client_set_accept_plaintext (server, TRUE);
  client_open (server);

  call (caller, "/echo", "[\"encrypted\"]", &answer);
  g_assert_no_error (answer.error);
  g_assert_cmpstr (answer.text, ==, "[\"encrypted\"]");
  answer_clear (&answer);
  mb_test_wait_until (tap_count (tap, "\"gpg\":\"yes\",\"topic\":\"/echo/__request__\"") == 1 &&
                      tap_count (tap, "\"gpg\":\"yes\",\"topic\":\"/echo/__reply__\"") == 1);

  call (keyless, "/echo", "[\"plain\"]", &answer);
  g_assert_no_error (answer.error);
  g_assert_cmpstr (answer.text, ==, "[\"plain\"]");
  answer_clear (&answer);
  mb_test_wait_until (tap_count (tap, "[\\\"plain\\\"]") == 2);
  g_assert_cmpuint (tap_count (tap, "\"gpg\":\"yes\""), ==, 2);
}

static void
test_builtin (void)
{
  static const char service[] = "/__minibus__/server/__pid__";
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) server = client_open (client_new ("server", SECRET));
  g_autoptr(MbClient) keyless = client_open (client_new ("keyless", NULL));
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());
  g_autofree char *wire = NULL;
  Answer answer = { NULL };
  MbCipherOptions options = { .passphrase = SECRET };
  g_autoptr(MbCipher) cipher = open_cipher (&options);

  g_test_summary ("The built-in services are asked in the clear and answer in the manner of the request, so that no "
                  "peer without a key has to read what it cannot");

  call (keyless, service, "null", &answer);
  g_assert_no_error (answer.error);
  g_assert_cmpstr (answer.text, ==, pid);
  answer_clear (&answer);

  call (server, "/__minibus__/keyless/__pid__", "null", &answer);
  g_assert_no_error (answer.error);
  g_assert_cmpstr (answer.text, ==, pid);
  answer_clear (&answer);
  mb_test_wait_until (tap_count (tap, "__reply__") == 2);
  g_assert_cmpuint (tap_count (tap, "\"gpg\":\"yes\""), ==, 0);

  wire = encrypt_text (cipher, "null");
  tap_send_encrypted (tap, "/__minibus__/server/__pid__/__request__", wire);
  mb_test_wait_until (tap_count (tap, "\"gpg\":\"yes\",\"topic\":\"/__minibus__/server/__pid__/__reply__\"") == 1);
}

static void
capture_cb (const char *name,
            const char *note,
            const char *wire,
            gpointer    user_data)
{
  tap_send_encrypted (user_data, "/capture", wire);
}

static void
test_unwanted (void)
{
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) client = client_open (client_new ("c", SECRET));
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/wanted", texts);

  g_test_summary ("Nothing is decrypted for a topic that nobody wants");

  tap_send_encrypted (tap, "/unwanted", "garbage");
  tap_send_encrypted (tap, "/wanted", "garbage");
  mb_test_wait_until (mb_client_get_dropped (client, MB_DROP_REASON_DATA_NOT_JSON) == 1);
  for (guint i = 0; i <= MB_DROP_REASON_NOT_SENT; i++)
    g_assert_cmpuint (mb_client_get_dropped (client, i), ==, i == MB_DROP_REASON_DATA_NOT_JSON);
  g_assert_cmpuint (texts->len, ==, 0);
}

static void
test_slow (void)
{
  static const char * const slow[] = { "--s2k-count", "65011712", NULL };
  g_autofree char *wire = gpg_encrypt ("\"slow\"", SECRET, slow);
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) client = client_new ("c", SECRET);
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);

  g_test_summary ("Messages in the clear do not wait for one that takes long to decrypt");

  mb_client_set_accept_plaintext (client, TRUE);
  client_open (client);

  tap_send_encrypted (tap, "/t", wire);
  for (guint i = 0; i < 10; i++)
    tap_send_plain (tap, "/t", "1");
  mb_test_wait_until (texts->len == 11);
  g_assert_cmpstr (text_at (texts, 10), ==, "/t \"slow\"");
}

static void
test_replay (void)
{
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(MbClient) sender = client_open (client_new ("sender", SECRET));
  g_autoptr(MbClient) receiver = client_open (client_new ("receiver", SECRET));
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (receiver, "/.*", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);
  g_autofree char *numbered = NULL;
  g_autofree char *python = gpg_encrypt ("\"py\"", SECRET, (const char * const[]) { GPG_FAST, NULL });
  g_autofree char *wrapped = g_strdup_printf ("%.20s\\n%s", python, python + 20);

  g_test_summary ("A recorded message is not taken again: not by its number, however much came between and after "
                  "the client was opened again, and of a Python peer not by its bytes, under whatever topic and "
                  "however it is wrapped");

  mb_test_publish (publisher, "0");
  mb_test_wait_until (texts->len == 1);
  mb_test_wait_until (tap_count (tap, "\"topic\":\"/t\"") == 1);
  numbered = tap_find (tap, "\"topic\":\"/t\"");

  tap_send (tap, numbered);
  mb_test_wait_until (mb_client_get_dropped (receiver, MB_DROP_REASON_REPLAY) == 1);
  mb_client_close (receiver);
  client_open (receiver);
  tap_send (tap, numbered);
  mb_test_wait_until (mb_client_get_dropped (receiver, MB_DROP_REASON_REPLAY) == 2);

  tap_send_encrypted (tap, "/python", python);
  mb_test_wait_until (texts->len == 2);
  tap_send_encrypted (tap, "/python", python);
  tap_send_encrypted (tap, "/other", python);
  tap_send_encrypted (tap, "/python", wrapped);
  mb_test_wait_until (mb_client_get_dropped (receiver, MB_DROP_REASON_REPLAY) == 5);
  g_assert_cmpuint (texts->len, ==, 2);
}

static void
test_forged (void)
{
  g_autoptr(Tap) tap = tap_new ("forged");
  g_autoptr(Tap) target = tap_new (BUS);
  g_autoptr(MbClient) sender = client_new ("sender", SECRET);
  g_autoptr(MbClient) receiver = client_open (client_new ("receiver", SECRET));
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (receiver, "/.*", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);
  g_autofree char *packet = NULL;
  g_autofree char *topic = NULL;
  g_autofree char *author = NULL;
  g_autofree char *number = NULL;
  g_autofree char *untagged = NULL;
  char *tag;

  g_test_summary ("An encrypted message is refused under another topic, author or number, or without its number");

  mb_client_set_address (sender, "memory:forged");
  client_open (sender);
  mb_test_publish (publisher, "1");
  mb_test_wait_until (tap_count (tap, "\"topic\":\"/t\"") == 1);
  packet = tap_find (tap, "\"topic\":\"/t\"");

  topic = replace (packet, "\"topic\":\"/t\"", "\"topic\":\"/door/open\"");
  author = replace (packet, "\"author\":\"sender\"", "\"author\":\"boss\"");
  number = replace (packet, "\"n\":\"000000000001\"", "\"n\":\"000000000002\"");
  untagged = replace (packet, "\"mb\":", "\"xx\":");
  tag = strstr (untagged, "\"xx\":");
  g_assert_nonnull (tag);

  tap_send (target, topic);
  mb_test_wait_until (mb_client_get_dropped (receiver, MB_DROP_REASON_FORGED) == 1);
  tap_send (target, author);
  mb_test_wait_until (mb_client_get_dropped (receiver, MB_DROP_REASON_FORGED) == 2);
  tap_send (target, untagged);
  mb_test_wait_until (mb_client_get_dropped (receiver, MB_DROP_REASON_FORGED) == 3);
  tap_send (target, number);
  mb_test_wait_until (mb_client_get_dropped (receiver, MB_DROP_REASON_FORGED) == 4);
  g_assert_cmpuint (texts->len, ==, 0);

  tap_send (target, packet);
  mb_test_wait_until (texts->len == 1);
}

static void
test_mutations (void)
{
  g_autoptr(Tap) tap = tap_new ("mutations");
  g_autoptr(Tap) target = tap_new (BUS);
  g_autoptr(MbClient) sender = client_new ("sender", SECRET);
  g_autoptr(MbClient) receiver = client_open (client_new ("receiver", SECRET));
  g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) ends = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = keep_messages (receiver, "[^e].*", messages);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) end = mb_test_collect (receiver, "end", ends);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/t", NULL);
  g_autoptr(MbPublisher) end_publisher = mb_test_publisher (receiver, "end", NULL);
  g_autoptr(GRand) random = g_rand_new_with_seed (7);
  g_autofree char *packet = NULL;

  g_test_summary ("However a packet is changed, nothing is taken but the true message, and that once");

  mb_client_set_address (sender, "memory:mutations");
  client_open (sender);
  mb_test_publish (publisher, "\"true\"");
  mb_test_wait_until (tap_count (tap, "\"topic\":\"/t\"") == 1);
  packet = tap_find (tap, "\"topic\":\"/t\"");

  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *changed = g_strdup (packet);
      gsize at = (gsize) g_rand_int_range (random, 0, (gint32) strlen (packet));

      changed[at] = "aZ0/+=\"\\{}:,xf9"[g_rand_int_range (random, 0, 16)];
      tap_send (target, changed);
    }
  mb_test_publish (end_publisher, "1");
  mb_test_wait_until (ends->len == 1);
  tap_send (target, packet);
  mb_test_publish (end_publisher, "2");
  mb_test_wait_until (ends->len == 2 && messages->len == 1);

  g_assert_cmpstr (mb_message_get_text (messages->pdata[0]), ==, "\"true\"");
  g_assert_cmpstr (mb_message_get_topic (messages->pdata[0]), ==, "/t");
  g_assert_cmpstr (mb_message_get_author (messages->pdata[0]), ==, "sender");
  g_assert_cmpuint (mb_message_get_sequence (messages->pdata[0]), ==, 1);
  g_assert_cmpuint (mb_client_get_dropped (receiver, MB_DROP_REASON_FORGED), >, 5);
}

static gboolean
large_cb (MbService  *service,
          MbRequest  *request,
          const char *json)
{
  /* Whether it fits is found out later. */
  g_assert_true (mb_request_return_text (request, json, NULL));

  return TRUE;
}

static void
test_captures (void)
{
  static const char * const other[] = { "other", NULL };
  g_autoptr(Tap) tap = tap_new (BUS);
  g_autoptr(GPtrArray) texts = texts_new ();
  g_autoptr(GPtrArray) all_texts = texts_new ();
  g_autoptr(MbClient) client = client_open (client_new ("c", "secret"));
  g_autoptr(MbClient) both = client_new ("both", "secret");
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/capture", texts);
  G_GNUC_UNUSED g_autoptr(MbSubscriber) all = mb_test_collect (both, "/capture", all_texts);
  guint n;

  g_test_summary ("What the Python library encrypted arrives, with each of several passphrases");

  mb_client_set_read_passphrases (both, other);
  client_open (both);
  n = foreach_capture (capture_cb, tap);
  g_assert_cmpuint (n, >=, 19);

  mb_test_wait_until (all_texts->len == n && texts->len == n - 1 &&
                      mb_client_get_dropped (client, MB_DROP_REASON_WRONG_KEY) == 1);
  g_assert_true (g_ptr_array_find_with_equal_func (texts, "/capture null", g_str_equal, NULL));
}

static char *
random_json (guint length)
{
  GString *text = g_string_new ("\"");
  g_autoptr(GRand) random = g_rand_new_with_seed (1);
  const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";

  while (text->len <= length)
    g_string_append_c (text, letters[g_rand_int_range (random, 0, 64)]);
  g_string_append_c (text, '"');

  return g_string_free (text, FALSE);
}

static void
test_too_large (void)
{
  g_autoptr(MbClient) client = client_open (client_new ("c", SECRET));
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GString) repetitive = g_string_new ("\"");
  g_autofree char *large = random_json (2000);
  g_autoptr(MbService) service = NULL;
  g_autoptr(GError) error = NULL;
  gboolean later = FALSE;
  Answer answer = { NULL };

  g_test_summary ("What cannot fit is refused at once, what turns out not to fit is told later, and what packs well "
                  "is sent");

  g_assert_false (mb_publisher_publish_text (publisher, large, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TOO_LARGE);
  g_clear_error (&error);

  /* Somewhere between is a size that only the encrypted packet shows to be too large. */
  for (guint length = 900; length < 1600 && !later; length += 50)
    {
      g_autofree char *json = random_json (length);

      if (!mb_publisher_publish_text (publisher, json, &error))
        break;
      later = !mb_client_flush_sync (client, NULL, &error);
      if (!later)
        continue;

      g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TOO_LARGE);
      g_clear_error (&error);
      call (client, "/nobody", json, &answer);
      g_assert_error (answer.error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TOO_LARGE);
      answer_clear (&answer);
      g_assert_cmpuint (mb_client_get_dropped (client, MB_DROP_REASON_NOT_SENT), ==, 2);

      service = mb_client_create_service (client, "/large", NULL, NULL, &error);
      g_assert_no_error (error);
      g_signal_connect (service, "request", G_CALLBACK (large_cb), json);
      call (client, "/large", "null", &answer);
      g_assert_error (answer.error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_REMOTE);
      answer_clear (&answer);
      mb_service_close (service);
      g_assert_false (mb_client_flush_sync (client, NULL, NULL));
      flush (client);
    }
  g_assert_no_error (error);
  g_assert_true (later);

  mb_test_settle (client, client);
  g_ptr_array_set_size (texts, 0);
  for (guint i = 0; i < 5000; i++)
    g_string_append_c (repetitive, 'x');
  g_string_append_c (repetitive, '"');
  mb_test_publish (publisher, repetitive->str);
  mb_test_wait_until (texts->len == 1);
}

int
main (int   argc,
      char *argv[])
{
  encryption_test_init (&argc, &argv);

  g_test_add_func ("/encryption/publish", test_publish);
  g_test_add_func ("/encryption/no-key", test_no_key);
  g_test_add_func ("/encryption/plaintext", test_plaintext);
  g_test_add_func ("/encryption/service", test_service);
  g_test_add_func ("/encryption/builtin", test_builtin);
  g_test_add_func ("/encryption/captures", test_captures);
  g_test_add_func ("/encryption/unwanted", test_unwanted);
  g_test_add_func ("/encryption/slow", test_slow);
  g_test_add_func ("/encryption/replay", test_replay);
  g_test_add_func ("/encryption/forged", test_forged);
  g_test_add_func ("/encryption/mutations", test_mutations);
  g_test_add_func ("/encryption/too-large", test_too_large);

  return encryption_test_run ();
}
