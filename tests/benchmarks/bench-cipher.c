/* tests/benchmarks/bench-cipher.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Messages per second each way, against a plain run of gpg for each message and, where it is installed, against
 * python-gnupg, by which the Python library MiniBus encrypts; and from client to client. All in turns in the
 * same run.
 *
 *     _build/tests/benchmarks/bench-cipher [gnupg-peer.py]
 */

#include "config.h"

#include "minibus/mb-cipher-queue-private.h"

#include "../cipher-helpers.h"
#include "../mb-test.h"

#define N_ROUNDS   5
#define N_MESSAGES 40
#define N_CLIENT_MESSAGES 200
/* The s2k-count that the library encrypts with. */
#define OUR_COUNT  65536
#define PASSPHRASE "a passphrase of usual length"

static const char plain_text[] = "{\"list\":[1,2,3],\"name\":\"x\",\"nested\":{\"none\":null,\"ok\":true}}";

typedef struct
{
  GMutex mutex;
  GCond  changed;
  guint  n_done;
} Waiter;

static void
done_cb (MbCipherOutcome *outcome,
         gpointer         user_data)
{
  Waiter *waiter = user_data;

  g_assert_no_error (outcome->error);
  g_mutex_lock (&waiter->mutex);
  waiter->n_done++;
  g_cond_signal (&waiter->changed);
  g_mutex_unlock (&waiter->mutex);
}

static void
run_queue (MbCipherQueue *queue,
           GBytes        *wire,
           guint          n)
{
  Waiter waiter = { 0 };

  g_mutex_init (&waiter.mutex);
  g_cond_init (&waiter.changed);

  for (guint i = 0; i < n; i++)
    {
      char key[2] = { (char) ('a' + i % 8), '\0' };

      g_assert_true (_mb_cipher_queue_decrypt (queue, key, wire, NULL, done_cb, &waiter, NULL, NULL));
    }

  g_mutex_lock (&waiter.mutex);
  while (waiter.n_done < n)
    g_cond_wait (&waiter.changed, &waiter.mutex);
  g_mutex_unlock (&waiter.mutex);
  g_mutex_clear (&waiter.mutex);
  g_cond_clear (&waiter.changed);
}

/* The Python process, which is told what to do by lines. */
typedef struct
{
  GSubprocess      *process;
  GDataInputStream *answers;
} Peer;

static void
peer_free (Peer *peer)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (peer->process), NULL, NULL);
  g_subprocess_wait (peer->process, NULL, NULL);
  g_object_unref (peer->process);
  g_object_unref (peer->answers);
  g_free (peer);
}

static gboolean
peer_tell (Peer       *peer,
           const char *line)
{
  g_autofree char *answer = NULL;

  g_output_stream_write_all (g_subprocess_get_stdin_pipe (peer->process), line, strlen (line), NULL, NULL, NULL);
  answer = g_data_input_stream_read_line (peer->answers, NULL, NULL, NULL);

  return answer != NULL;
}

/* Returns NULL if there is no python-gnupg. */
static Peer *
peer_new (const char *script,
          GBytes     *armor)
{
  const char *argv[] = { "/usr/bin/python3", script, NULL };
  GSubprocessFlags flags = G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE;
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) job = NULL;
  g_autofree char *armor_text = g_strndup (g_bytes_get_data (armor, NULL), g_bytes_get_size (armor));
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  GSubprocess *process = g_subprocess_newv (argv, flags, NULL);
  Peer *peer;

  if (process == NULL)
    return NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "plain");
  json_builder_add_string_value (builder, plain_text);
  json_builder_set_member_name (builder, "passphrase");
  json_builder_add_string_value (builder, PASSPHRASE);
  json_builder_set_member_name (builder, "armor");
  json_builder_add_string_value (builder, armor_text);
  json_builder_end_object (builder);
  job = json_builder_get_root (builder);
  text = json_to_string (job, FALSE);
  line = g_strconcat (text, "\n", NULL);

  peer = g_new0 (Peer, 1);
  peer->process = process;
  peer->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  if (!peer_tell (peer, line))
    g_clear_pointer (&peer, peer_free);

  return peer;
}

/* Two clients on a bus in memory. */
typedef struct
{
  MbClient    *client;
  MbPublisher *publisher;
  GPtrArray   *texts;
} Party;

static void
party_init (Party      *self,
            const char *name,
            const char *own_topic,
            const char *other_topic)
{
  g_autoptr(GError) error = NULL;

  self->client = mb_client_new (name);
  mb_client_set_address (self->client, "memory:bench-cipher");
  mb_client_set_passphrase (self->client, PASSPHRASE);
  mb_client_open_sync (self->client, NULL, &error);
  g_assert_no_error (error);
  self->publisher = mb_test_publisher (self->client, own_topic, NULL);
  self->texts = g_ptr_array_new_with_free_func (g_free);
  g_object_unref (mb_test_collect (self->client, other_topic, self->texts));
}

static void
party_clear (Party *self)
{
  mb_client_close (self->client);
  g_object_unref (self->publisher);
  g_object_unref (self->client);
  g_ptr_array_unref (self->texts);
}

/* Both send, or the first one only, until all has come. */
static void
run_clients (Party *parties,
             guint  n_each,
             guint  n_senders)
{
  for (guint i = 0; i < 2; i++)
    g_ptr_array_set_size (parties[i].texts, 0);

  for (guint n = 0; n < n_each; n++)
    for (guint i = 0; i < n_senders; i++)
      mb_test_publish (parties[i].publisher, plain_text);

  for (guint i = 0; i < n_senders; i++)
    mb_test_wait_until (parties[1 - i].texts->len == n_each);
}

typedef enum
{
  ENCRYPT,
  GPG_ENCRYPT,
  PYTHON_ENCRYPT,
  PYTHON_ENCRYPT_DEFAULT,
  DECRYPT,
  GPG_DECRYPT,
  PYTHON_DECRYPT,
  QUEUE,
  DECRYPT_DEFAULT,
  PYTHON_DECRYPT_DEFAULT,
  CLIENT_ONE_WAY,
  CLIENT_BOTH_WAYS,
  N_KINDS,
} Kind;

/* How often each is done, what it is named, and what its figure is compared with. */
static const struct
{
  guint       n;
  const char *name;
  Kind        other;
} kinds[N_KINDS] = {
  [ENCRYPT] = { N_MESSAGES, "encrypt", ENCRYPT },
  [GPG_ENCRYPT] = { N_MESSAGES, "encrypt, bare gpg", ENCRYPT },
  [PYTHON_ENCRYPT] = { N_MESSAGES / 2, "encrypt, python-gnupg, our count", ENCRYPT },
  [PYTHON_ENCRYPT_DEFAULT] = { 2, "encrypt, python-gnupg", ENCRYPT },
  [DECRYPT] = { N_MESSAGES, "decrypt", DECRYPT },
  [GPG_DECRYPT] = { N_MESSAGES, "decrypt, bare gpg", DECRYPT },
  [PYTHON_DECRYPT] = { N_MESSAGES / 2, "decrypt, python-gnupg", DECRYPT },
  [QUEUE] = { N_MESSAGES, "decrypt through the queue", DECRYPT },
  [DECRYPT_DEFAULT] = { 2, "decrypt, GnuPG's count", DECRYPT_DEFAULT },
  [PYTHON_DECRYPT_DEFAULT] = { 2, "decrypt, GnuPG's count, python-gnupg", DECRYPT_DEFAULT },
  [CLIENT_ONE_WAY] = { N_CLIENT_MESSAGES, "client to client, one way", CLIENT_ONE_WAY },
  [CLIENT_BOTH_WAYS] = { N_CLIENT_MESSAGES, "client to client, both ways", CLIENT_ONE_WAY },
};

typedef struct
{
  MbCipher      *cipher;
  MbCipherQueue *queue;
  GBytes        *plain;
  GBytes        *wire_bytes;
  GBytes        *armor;
  const char    *wire;
  const char    *slow;
  Peer          *peer;         /* of messages with our count, or NULL */
  Peer          *slow_peer;    /* of messages with GnuPG's, or NULL */
  Party          parties[2];
} Bench;

static gboolean
run_python (Peer       *peer,
            const char *verb,
            guint       count,
            guint       n)
{
  g_autofree char *line = g_strdup_printf ("%s %u %u\n", verb, count, n);

  return peer != NULL && peer_tell (peer, line);
}

static void
run_single (Bench *self,
            Kind   kind)
{
  const char *encrypt_options[] = { GPG_FAST, "--armor", "--symmetric", NULL };
  const char *decrypt_options[] = { "--decrypt", NULL };

  if (kind == ENCRYPT)
    g_free (encrypt_text (self->cipher, plain_text));
  else if (kind == GPG_ENCRYPT)
    g_bytes_unref (run_gpg (self->plain, PASSPHRASE, NULL, encrypt_options));
  else if (kind == GPG_DECRYPT)
    g_bytes_unref (run_gpg (self->armor, PASSPHRASE, NULL, decrypt_options));
  else
    assert_decrypts (self->cipher, kind == DECRYPT ? self->wire : self->slow, plain_text);
}

/* Returns false for what is not there to be measured. */
static gboolean
run_kind (Bench *self,
          Kind   kind)
{
  guint n = kinds[kind].n;

  switch (kind)
    {
    case PYTHON_ENCRYPT:
      return run_python (self->peer, "encrypt", OUR_COUNT, n);
    case PYTHON_ENCRYPT_DEFAULT:
      return run_python (self->peer, "encrypt", 0, n);
    case PYTHON_DECRYPT:
      return run_python (self->peer, "decrypt", 0, n);
    case PYTHON_DECRYPT_DEFAULT:
      return run_python (self->slow_peer, "decrypt", 0, n);
    case QUEUE:
      run_queue (self->queue, self->wire_bytes, n);
      return TRUE;
    case CLIENT_ONE_WAY:
    case CLIENT_BOTH_WAYS:
      run_clients (self->parties, n, kind == CLIENT_ONE_WAY ? 1 : 2);
      return TRUE;
    case ENCRYPT:
    case GPG_ENCRYPT:
    case DECRYPT:
    case GPG_DECRYPT:
    case DECRYPT_DEFAULT:
    case N_KINDS:
    default:
      for (guint i = 0; i < n; i++)
        run_single (self, kind);
      return TRUE;
    }
}

static void
print_figures (const double *best)
{
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      if (best[kind] == G_MAXDOUBLE)
        g_print ("%-37s (there is no python-gnupg)\n", kinds[kind].name);
      else
        g_print ("%-37s %7.2f ms %8.1f messages/s  %6.2f times as long as \"%s\"\n", kinds[kind].name,
                 best[kind] / 1000, 1000000 / best[kind], best[kind] / best[kinds[kind].other],
                 kinds[kinds[kind].other].name);
    }
}

int
main (int   argc,
      char *argv[])
{
  const char *slow_options[] = { "--s2k-count", "65011712", NULL };
  char *parent = make_parent ();
  gint64 start = g_get_monotonic_time ();
  Bench self = { .cipher = open_simple (parent, PASSPHRASE) };
  gint64 opened = g_get_monotonic_time () - start;
  g_autofree char *wire = encrypt_text (self.cipher, plain_text);
  g_autofree char *slow = gpg_encrypt (plain_text, PASSPHRASE, slow_options);
  g_autoptr(GBytes) plain = g_bytes_new_static (plain_text, strlen (plain_text));
  g_autoptr(GBytes) wire_bytes = g_bytes_new_static (wire, strlen (wire));
  g_autoptr(GBytes) armor = wire_to_armor (wire);
  g_autoptr(GBytes) slow_armor = wire_to_armor (slow);
  double best[N_KINDS];

  /* The Python process may be gone already. */
  signal (SIGPIPE, SIG_IGN);
  g_setenv ("XDG_RUNTIME_DIR", parent, TRUE);
  self.queue = _mb_cipher_queue_new (self.cipher, NULL);
  self.plain = plain;
  self.wire_bytes = wire_bytes;
  self.armor = armor;
  self.wire = wire;
  self.slow = slow;
  if (argc > 1)
    {
      self.peer = peer_new (argv[1], armor);
      self.slow_peer = peer_new (argv[1], slow_armor);
    }
  party_init (&self.parties[0], "a", "/a", "/b");
  party_init (&self.parties[1], "b", "/b", "/a");

  for (guint kind = 0; kind < N_KINDS; kind++)
    best[kind] = G_MAXDOUBLE;

  for (guint round = 0; round < N_ROUNDS; round++)
    for (guint kind = 0; kind < N_KINDS; kind++)
      {
        guint n = kind == CLIENT_BOTH_WAYS ? 2 * kinds[kind].n : kinds[kind].n;

        start = g_get_monotonic_time ();
        if (run_kind (&self, kind))
          best[kind] = MIN (best[kind], (double) (g_get_monotonic_time () - start) / n);
      }

  g_print ("opening: %.1f ms\n", (double) opened / 1000);
  print_figures (best);

  g_clear_pointer (&self.peer, peer_free);
  g_clear_pointer (&self.slow_peer, peer_free);
  for (guint i = 0; i < G_N_ELEMENTS (self.parties); i++)
    party_clear (&self.parties[i]);
  _mb_cipher_queue_unref (self.queue);
  start = g_get_monotonic_time ();
  _mb_cipher_close (self.cipher);
  g_print ("closing: %.1f ms\n", (double) (g_get_monotonic_time () - start) / 1000);
  _mb_cipher_unref (self.cipher);
  remove_parent (parent);

  return 0;
}
