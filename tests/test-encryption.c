/* test-encryption.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-test.h"

#include "minibus/mb-receiver-private.h"

#include "cipher-helpers.h"

#define BUS    "encryption"
#define SECRET "a passphrase of usual length"

/* Where GnuPG homes are made. */
static char *runtime_dir;

/* What is on the bus, and a way to put something there. */
typedef struct
{
  MbTransport *transport;
  MbReceiver  *receiver;
  GMutex       mutex;
  GPtrArray   *packets;    /* mutex */
} Tap;

static void
tap_push_cb (gpointer      owner,
             const guint8 *data,
             gsize         length)
{
  Tap *tap = owner;

  g_mutex_lock (&tap->mutex);
  g_ptr_array_add (tap->packets, g_strndup ((const char *) data, length));
  g_mutex_unlock (&tap->mutex);
}

static void
tap_loss_cb (gpointer owner,
             guint    count)
{
  g_assert_not_reached ();
}

static const MbReceiverFuncs tap_funcs = { tap_push_cb, tap_loss_cb };

static Tap *
tap_new (const char *bus)
{
  Tap *tap = g_new0 (Tap, 1);
  g_autofree char *text = g_strconcat ("memory:", bus, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = mb_address_parse (text, &error);

  g_assert_no_error (error);
  g_mutex_init (&tap->mutex);
  tap->packets = g_ptr_array_new_with_free_func (g_free);
  tap->transport = mb_transport_new_for_address (address);
  tap->receiver = _mb_receiver_new (&tap_funcs, tap);
  mb_transport_open_sync (tap->transport, tap->receiver, NULL, &error);
  g_assert_no_error (error);

  return tap;
}

static void
tap_free (Tap *tap)
{
  mb_transport_close (tap->transport);
  _mb_receiver_detach (tap->receiver);
  g_object_unref (tap->transport);
  g_object_unref (tap->receiver);
  g_ptr_array_unref (tap->packets);
  g_mutex_clear (&tap->mutex);
  g_free (tap);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tap, tap_free)

static void
tap_send (Tap        *tap,
          const char *packet)
{
  g_autoptr(GError) error = NULL;

  mb_transport_send (tap->transport, "/raw", (const guint8 *) packet, strlen (packet), &error);
  g_assert_no_error (error);
}

static guint
tap_count (Tap        *tap,
           const char *part)
{
  guint n = 0;

  g_mutex_lock (&tap->mutex);
  for (guint i = 0; i < tap->packets->len; i++)
    n += strstr (g_ptr_array_index (tap->packets, i), part) != NULL;
  g_mutex_unlock (&tap->mutex);

  return n;
}

/* The last packet that has this in it. */
static char *
tap_find (Tap        *tap,
          const char *part)
{
  char *packet = NULL;

  g_mutex_lock (&tap->mutex);
  for (guint i = tap->packets->len; packet == NULL && i-- > 0;)
    if (strstr (g_ptr_array_index (tap->packets, i), part) != NULL)
      packet = g_strdup (g_ptr_array_index (tap->packets, i));
  g_mutex_unlock (&tap->mutex);
  g_assert_nonnull (packet);

  return packet;
}

/* As a Python peer sends it. */
static void
tap_send_encrypted (Tap        *tap,
                    const char *topic,
                    const char *wire)
{
  g_autofree char *packet =
    g_strdup_printf ("{\"header\":{\"topic\":\"%s\",\"gpg\":\"yes\",\"idstr\":\"1\",\"author\":\"py\"},\"data\":\"%s\"}",
                     topic, wire);

  tap_send (tap, packet);
}

static void
tap_send_plain (Tap        *tap,
                const char *topic,
                const char *data)
{
  g_autofree char *packet =
    g_strdup_printf ("{\"header\":{\"topic\":\"%s\",\"idstr\":\"1\",\"author\":\"py\"},\"data\":\"%s\"}", topic, data);

  tap_send (tap, packet);
}

static char *
replace (const char *text,
         const char *old,
         const char *new)
{
  g_autoptr(GString) result = g_string_new (text);

  g_assert_cmpuint (g_string_replace (result, old, new, 1), ==, 1);

  return g_string_free (g_steal_pointer (&result), FALSE);
}

static MbClient *
client_new (const char *name,
            const char *passphrase)
{
  MbClient *client = mb_client_new (name);

  mb_client_set_address (client, "memory:" BUS);
  mb_client_set_passphrase (client, passphrase);

  return client;
}

static MbClient *
client_open (MbClient *client)
{
  g_autoptr(GError) error = NULL;

  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);

  return client;
}

static void
flush (MbClient *client)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (mb_client_flush_sync (client, NULL, &error));
  g_assert_no_error (error);
}

static GPtrArray *
texts_new (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

static const char *
text_at (GPtrArray *texts,
         guint      i)
{
  g_assert_cmpuint (i, <, texts->len);

  return g_ptr_array_index (texts, i);
}

static void
keep_cb (MbSubscriber *subscriber,
         MbMessage    *message,
         GPtrArray    *messages)
{
  g_ptr_array_add (messages, g_object_ref (message));
}

static MbSubscriber *
keep_messages (MbClient   *client,
               const char *pattern,
               GPtrArray  *messages)
{
  g_autoptr(GError) error = NULL;
  MbSubscriber *subscriber = mb_client_subscribe (client, pattern, NULL, &error);

  g_assert_no_error (error);
  g_signal_connect (subscriber, "message", G_CALLBACK (keep_cb), messages);

  return subscriber;
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

static void
test_close (void)
{
  g_autoptr(MbClient) client = client_open (client_new ("c", SECRET));
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) homes = NULL;
  guint n = 0;
  guint n_sent;

  g_test_summary ("The queue is bounded, and closing ends what waits in it, counts it and leaves nothing behind");

  while (n < 5000 && mb_publisher_publish_text (publisher, "1", &error))
    n++;
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY);
  g_assert_cmpuint (n, >=, 1024);

  mb_client_close (client);
  g_object_get (client, "n-sent", &n_sent, NULL);
  g_assert_cmpuint (n_sent + mb_client_get_dropped (client, MB_DROP_REASON_NOT_SENT), ==, n);
  g_assert_cmpuint (n_sent, <, n);

  homes = list_folder (runtime_dir);
  g_assert_cmpuint (g_strv_length (homes), ==, 0);
  wait_for_no_process (runtime_dir);
}

static void
opened_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  GError **error = user_data;

  if (mb_client_open_finish (MB_CLIENT (object), result, error))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "open");
}

static void
test_open_async (void)
{
  g_autoptr(MbClient) client = client_new ("c", SECRET);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) homes = NULL;

  g_test_summary ("Opening with a passphrase can be waited for without blocking, closed and cancelled");

  mb_client_open_async (client, NULL, opened_cb, &error);
  mb_test_wait_until (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_true (mb_client_get_is_open (client));
  mb_client_close (client);
  g_clear_error (&error);

  mb_client_open_async (client, NULL, opened_cb, &error);
  mb_client_close (client);
  mb_test_wait_until (error != NULL);
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
  g_clear_error (&error);

  mb_client_open_async (client, cancellable, opened_cb, &error);
  g_cancellable_cancel (cancellable);
  mb_test_wait_until (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (mb_client_get_is_open (client));

  client_open (client);
  mb_client_close (client);
  homes = list_folder (runtime_dir);
  g_assert_cmpuint (g_strv_length (homes), ==, 0);
}

typedef struct
{
  MbPublisher *publisher;
  int          ended;       /* atomic */
  int          n_taken;     /* atomic */
} Crowd;

static gpointer
publish_thread (gpointer data)
{
  Crowd *crowd = data;

  while (!g_atomic_int_get (&crowd->ended))
    {
      if (mb_publisher_publish_text (crowd->publisher, "1", NULL))
        g_atomic_int_inc (&crowd->n_taken);
      else
        g_usleep (100);
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autoptr(MbClient) client = client_open (client_new ("c", SECRET));
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GPtrArray) texts = texts_new ();
  G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  Crowd crowd = { .publisher = publisher };
  GThread *threads[3];
  guint n_sent;

  g_test_summary ("While threads publish, a client can be closed and opened, and each message that was taken is sent "
                  "or counted");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("publish", publish_thread, &crowd);

  for (guint round = 0; round < 4; round++)
    {
      g_ptr_array_set_size (texts, 0);
      mb_test_wait_until (texts->len > 2);
      mb_client_close (client);
      client_open (client);
    }

  mb_test_wait_until (texts->len > 2);
  g_cancellable_cancel (cancellable);
  g_assert_false (mb_client_flush_sync (client, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_atomic_int_set (&crowd.ended, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  mb_client_close (client);
  g_object_get (client, "n-sent", &n_sent, NULL);
  g_assert_cmpuint (n_sent + mb_client_get_dropped (client, MB_DROP_REASON_NOT_SENT), ==,
                    (guint) g_atomic_int_get (&crowd.n_taken));
}

static guint
count_fds (void)
{
  g_auto(GStrv) fds = list_folder ("/proc/self/fd");

  return g_strv_length (fds);
}

static void
test_many (void)
{
  g_autoptr(GPtrArray) texts = texts_new ();
  g_auto(GStrv) homes = NULL;
  guint n_fds = 0;

  g_test_summary ("Hundreds of messages leave no file, process or folder behind");

  for (guint round = 0; round < 3; round++)
    {
      g_autoptr(MbClient) client = client_open (client_new ("c", SECRET));
      G_GNUC_UNUSED g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
      g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);

      g_ptr_array_set_size (texts, 0);
      for (guint i = 0; i < 100; i++)
        mb_test_publish (publisher, "1");
      mb_test_wait_until (texts->len == 100);
      mb_client_close (client);

      if (round == 0)
        n_fds = count_fds ();
    }

  g_assert_cmpuint (count_fds (), ==, n_fds);
  homes = list_folder (runtime_dir);
  g_assert_cmpuint (g_strv_length (homes), ==, 0);
  wait_for_no_process (runtime_dir);
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

static void
test_missing_gnupg (void)
{
  g_autoptr(MbClient) client = NULL;
  g_autoptr(MbClient) keyless = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without a GnuPG that works, a client with a passphrase does not open, and one without does");

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }

  g_setenv ("PATH", "/nonexistent", TRUE);
  client = client_new ("c", SECRET);
  keyless = client_open (client_new ("keyless", NULL));
  g_assert_false (mb_client_open_sync (client, NULL, &error));
  g_assert_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE);
  g_assert_false (mb_client_get_is_open (client));
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

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);

  runtime_dir = make_parent ();
  g_setenv ("XDG_RUNTIME_DIR", runtime_dir, TRUE);
  g_unsetenv ("MINIBUS_PASSPHRASE");

  g_test_add_func ("/encryption/publish", test_publish);
  g_test_add_func ("/encryption/no-key", test_no_key);
  g_test_add_func ("/encryption/plaintext", test_plaintext);
  g_test_add_func ("/encryption/service", test_service);
  g_test_add_func ("/encryption/builtin", test_builtin);
  g_test_add_func ("/encryption/captures", test_captures);
  g_test_add_func ("/encryption/unwanted", test_unwanted);
  g_test_add_func ("/encryption/slow", test_slow);
  g_test_add_func ("/encryption/change-key", test_change_key);
  g_test_add_func ("/encryption/read-only", test_read_only);
  g_test_add_func ("/encryption/replay", test_replay);
  g_test_add_func ("/encryption/forged", test_forged);
  g_test_add_func ("/encryption/mutations", test_mutations);
  g_test_add_func ("/encryption/too-large", test_too_large);
  g_test_add_func ("/encryption/close", test_close);
  g_test_add_func ("/encryption/open-async", test_open_async);
  g_test_add_func ("/encryption/threads", test_threads);
  g_test_add_func ("/encryption/many", test_many);
  g_test_add_func ("/encryption/sources", test_sources);
  g_test_add_func ("/encryption/refusals", test_refusals);
  g_test_add_func ("/encryption/missing-gnupg", test_missing_gnupg);
  g_test_add_func ("/encryption/signer", test_signer);

  status = g_test_run ();
  remove_parent (runtime_dir);

  return status;
}
