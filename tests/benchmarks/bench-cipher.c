/* tests/benchmarks/bench-cipher.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Messages per second each way, against a plain run of gpg for each message, in turns in the same run. */

#include "config.h"

#include "minibus/mb-cipher-queue-private.h"

#include "../cipher-helpers.h"

#define N_ROUNDS   5
#define N_MESSAGES 40
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

typedef enum
{
  ENCRYPT,
  GPG_ENCRYPT,
  DECRYPT,
  GPG_DECRYPT,
  QUEUE,
  DECRYPT_DEFAULT,
  N_KINDS,
} Kind;

static const char * const names[N_KINDS] = {
  "encrypt", "bare gpg, encrypt", "decrypt", "bare gpg, decrypt", "decrypt through the queue",
  "decrypt, GnuPG's default count",
};

int
main (void)
{
  const char *slow_options[] = { "--s2k-count", "65011712", NULL };
  const char *encrypt_options[] = { GPG_FAST, "--armor", "--symmetric", NULL };
  const char *decrypt_options[] = { "--decrypt", NULL };
  char *parent = make_parent ();
  gint64 start = g_get_monotonic_time ();
  MbCipher *cipher = open_simple (parent, PASSPHRASE);
  gint64 opened = g_get_monotonic_time () - start;
  g_autoptr(MbCipherQueue) queue = _mb_cipher_queue_new (cipher, NULL);
  g_autofree char *wire = encrypt_text (cipher, plain_text);
  g_autofree char *slow = gpg_encrypt (plain_text, PASSPHRASE, slow_options);
  g_autoptr(GBytes) wire_bytes = g_bytes_new_static (wire, strlen (wire));
  g_autoptr(GBytes) plain_bytes = g_bytes_new_static (plain_text, strlen (plain_text));
  g_autoptr(GBytes) armor = wire_to_armor (wire);
  double best[N_KINDS];

  for (guint kind = 0; kind < N_KINDS; kind++)
    best[kind] = G_MAXDOUBLE;

  for (guint round = 0; round < N_ROUNDS; round++)
    for (guint kind = 0; kind < N_KINDS; kind++)
      {
        guint n = kind == DECRYPT_DEFAULT ? 2 : N_MESSAGES;
        double each;

        start = g_get_monotonic_time ();
        if (kind == QUEUE)
          run_queue (queue, wire_bytes, n);
        for (guint i = 0; kind != QUEUE && i < n; i++)
          {
            if (kind == ENCRYPT)
              g_free (encrypt_text (cipher, plain_text));
            else if (kind == GPG_ENCRYPT)
              g_bytes_unref (run_gpg (plain_bytes, PASSPHRASE, NULL, encrypt_options));
            else if (kind == GPG_DECRYPT)
              g_bytes_unref (run_gpg (armor, PASSPHRASE, NULL, decrypt_options));
            else
              assert_decrypts (cipher, kind == DECRYPT ? wire : slow, plain_text);
          }
        each = (double) (g_get_monotonic_time () - start) / n;
        best[kind] = MIN (best[kind], each);
      }

  g_print ("opening: %.1f ms\n", (double) opened / 1000);
  for (guint kind = 0; kind < N_KINDS; kind++)
    g_print ("%-32s %7.2f ms %8.1f messages/s\n", names[kind], best[kind] / 1000, 1000000 / best[kind]);

  g_clear_pointer (&queue, _mb_cipher_queue_unref);
  start = g_get_monotonic_time ();
  _mb_cipher_close (cipher);
  g_print ("closing: %.1f ms\n", (double) (g_get_monotonic_time () - start) / 1000);
  _mb_cipher_unref (cipher);
  remove_parent (parent);

  return 0;
}
