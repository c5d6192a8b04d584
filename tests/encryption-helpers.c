/* encryption-helpers.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "encryption-helpers.h"

char *runtime_dir;

void
encryption_test_init (int    *argc,
                      char ***argv)
{
  g_test_init (argc, argv, NULL);

  runtime_dir = make_parent ();
  g_setenv ("XDG_RUNTIME_DIR", runtime_dir, TRUE);
  g_unsetenv ("MINIBUS_PASSPHRASE");
}

/* Runs the tests, after which nothing may be left in the folder. */
int
encryption_test_run (void)
{
  int status = g_test_run ();

  remove_parent (runtime_dir);

  return status;
}

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

Tap *
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

void
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

void
tap_send (Tap        *tap,
          const char *packet)
{
  g_autoptr(GError) error = NULL;

  mb_transport_send (tap->transport, "/raw", (const guint8 *) packet, strlen (packet), &error);
  g_assert_no_error (error);
}

guint
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
char *
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
void
tap_send_encrypted (Tap        *tap,
                    const char *topic,
                    const char *wire)
{
  g_autofree char *packet =
    g_strdup_printf ("{\"header\":{\"topic\":\"%s\",\"gpg\":\"yes\",\"idstr\":\"1\",\"author\":\"py\"},\"data\":\"%s\"}",
                     topic, wire);

  tap_send (tap, packet);
}

void
tap_send_plain (Tap        *tap,
                const char *topic,
                const char *data)
{
  g_autofree char *packet =
    g_strdup_printf ("{\"header\":{\"topic\":\"%s\",\"idstr\":\"1\",\"author\":\"py\"},\"data\":\"%s\"}", topic, data);

  tap_send (tap, packet);
}

/* Without presence, as mb_test_open (): its packets would be counted among those of the test. */
MbClient *
client_new (const char *name,
            const char *passphrase)
{
  MbClient *client = g_object_new (MB_TYPE_CLIENT, "name", name, "presence", FALSE, NULL);

  mb_client_set_address (client, "memory:" BUS);
  mb_client_set_passphrase (client, passphrase);

  return client;
}

MbClient *
client_open (MbClient *client)
{
  g_autoptr(GError) error = NULL;

  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);

  return client;
}

void
flush (MbClient *client)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (mb_client_flush_sync (client, NULL, &error));
  g_assert_no_error (error);
}

GPtrArray *
texts_new (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

const char *
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

MbSubscriber *
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
