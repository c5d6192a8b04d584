/* mb-client-passphrase.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How a client gets its passphrases. */

#include "config.h"

#include "mb-client-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"

const char **
_mb_client_list_read_passphrases (MbClient *self)
{
  GPtrArray *secrets = self->keys.read_passphrases;
  const char **list = g_new0 (const char *, secrets->len + 1);

  for (guint i = 0; i < secrets->len; i++)
    list[i] = _mb_secret_get (g_ptr_array_index (secrets, i), NULL);

  return list;
}

const char *
_mb_client_get_passphrase (MbClient *self)
{
  return self->keys.passphrase != NULL ? _mb_secret_get (self->keys.passphrase, NULL) : NULL;
}

/* Lets a client that is open with keys go on with other passphrases. */
static void
apply_passphrases (MbClient *self)
{
  g_autofree const char **read_passphrases = _mb_client_list_read_passphrases (self);
  g_autoptr(GError) error = NULL;

  if (self->cipher == NULL ||
      _mb_cipher_set_passphrases (self->cipher, _mb_client_get_passphrase (self), read_passphrases, &error))
    return;

  /* To go on with the old ones is not what was asked for. */
  g_debug ("%s: the passphrases cannot be used: %s", self->name, error->message);
  _mb_cipher_set_passphrases (self->cipher, NULL, NULL, NULL);
}

static void
take_passphrase (MbClient *self,
                 MbSecret *passphrase)
{
  g_clear_pointer (&self->keys.passphrase, _mb_secret_unref);
  self->keys.passphrase = passphrase;
  apply_passphrases (self);
}

/**
 * mb_client_set_passphrase: (set-property passphrase)
 * @self: a client
 * @passphrase: (nullable): a passphrase of 1 to 255 bytes, in one line; empty for none at all; or `NULL` for that of the
 *   environment
 *
 * Sets the passphrase that everything the client publishes, calls and answers is encrypted with, and that is tried
 * first to decrypt what comes. All who have it can read, write and imitate each other; see
 * [method@Client.set_signing_key] for more.
 *
 * Without any passphrase and key, that in the environment variable `MINIBUS_PASSPHRASE` is used, if it is there.
 * The environment of a process can be read by all programs of the same user: better give a passphrase with
 * [method@Client.read_passphrase_sync]. An empty passphrase keeps the client from looking there.
 *
 * Python peers take the same passphrase, if it has only ASCII characters. A long random one is best: whoever
 * records a message can try out passphrases for as long as they like.
 *
 * It is checked when the client is opened. On a client that was opened with a passphrase or keys, a change takes
 * effect for the next message. A client that has only passphrases to read with, after such a change too, refuses
 * to send rather than to send in the clear.
 *
 * The copy of the client is kept out of swap and core dumps where the system allows that, and is overwritten when
 * it is not used any more.
 *
 * Since: 0.1
 */
void
mb_client_set_passphrase (MbClient   *self,
                          const char *passphrase)
{
  gboolean given = passphrase != NULL && passphrase[0] != '\0';

  g_return_if_fail (MB_IS_CLIENT (self));

  self->keys.ignores_environment = passphrase != NULL;
  take_passphrase (self, given ? _mb_secret_new (passphrase, strlen (passphrase)) : NULL);
}

/**
 * mb_client_set_read_passphrases: (set-property read-passphrases)
 * @self: a client
 * @passphrases: (nullable) (array zero-terminated=1): passphrases, or `NULL` for none
 *
 * Sets passphrases to decrypt with beside [property@Client:passphrase], at most eight in all.
 *
 * With these, the passphrase of a bus can be changed while it runs: first give all clients the new one to read
 * with, then make it their passphrase and the old one a passphrase to read with, and then take the old one away.
 *
 * On a client that was opened with a passphrase or keys, a change takes effect for the next message; else when the
 * client is opened.
 *
 * Since: 0.1
 */
void
mb_client_set_read_passphrases (MbClient           *self,
                                const char * const *passphrases)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  g_ptr_array_set_size (self->keys.read_passphrases, 0);
  for (guint i = 0; passphrases != NULL && passphrases[i] != NULL; i++)
    g_ptr_array_add (self->keys.read_passphrases, _mb_secret_new (passphrases[i], strlen (passphrases[i])));

  apply_passphrases (self);
}

/* Reads up to the end of the first line, and no byte more. */
static MbSecret *
read_secret (GInputStream  *stream,
             GCancellable  *cancellable,
             GError       **error)
{
  char line[MB_CIPHER_MAX_PASSPHRASE_LEN + 2];
  MbSecret *secret = NULL;
  gsize length = 0;
  gssize n_read = 0;

  while (length < sizeof line)
    {
      n_read = g_input_stream_read (stream, line + length, 1, cancellable, error);
      if (n_read <= 0 || line[length] == '\n')
        break;
      length++;
    }

  if (length > 0 && line[length - 1] == '\r')
    length--;

  if (n_read >= 0 && memchr (line, '\0', length) != NULL)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE,
                           _("The passphrase has a NUL in it; it has to be one line of text"));
    }
  else if (n_read >= 0)
    {
      /* What is too long is so in the secret as well, and refused here. */
      secret = _mb_secret_new (line, length);
      if (!_mb_passphrase_check (_mb_secret_get (secret, NULL), error))
        g_clear_pointer (&secret, _mb_secret_unref);
    }
  explicit_bzero (line, sizeof line);

  return secret;
}

/**
 * mb_client_read_passphrase_sync:
 * @self: a client
 * @stream: where to read, such as a pipe, a file or the standard input
 * @cancellable: (nullable): to give up
 * @error: return location for an error
 *
 * Reads one line, and makes it the passphrase: see [method@Client.set_passphrase]. No byte behind the line is
 * read.
 *
 * For file descriptors there is [class@Gio.UnixInputStream]. Nothing is done about the echo of a terminal.
 *
 * The errors are those of the stream and [error@CipherError] for what cannot be a passphrase. Then the passphrase
 * is as before.
 *
 * Returns: true if the client has the passphrase
 *
 * Since: 0.1
 */
gboolean
mb_client_read_passphrase_sync (MbClient      *self,
                                GInputStream  *stream,
                                GCancellable  *cancellable,
                                GError       **error)
{
  MbSecret *secret;

  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (G_IS_INPUT_STREAM (stream), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  secret = read_secret (stream, cancellable, error);
  if (secret == NULL)
    return FALSE;

  self->keys.ignores_environment = TRUE;
  take_passphrase (self, secret);

  return TRUE;
}

static void
read_passphrase_thread (GTask        *task,
                        gpointer      source_object,
                        gpointer      task_data,
                        GCancellable *cancellable)
{
  GError *error = NULL;
  MbSecret *secret = read_secret (task_data, cancellable, &error);

  if (secret != NULL)
    g_task_return_pointer (task, secret, (GDestroyNotify) _mb_secret_unref);
  else
    g_task_return_error (task, error);
}

/**
 * mb_client_read_passphrase_async:
 * @self: a client
 * @stream: where to read
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when the line is there
 * @user_data: the data of @callback
 *
 * Reads one line for a passphrase without blocking. It becomes the passphrase in
 * [method@Client.read_passphrase_finish].
 *
 * Since: 0.1
 */
void
mb_client_read_passphrase_async (MbClient            *self,
                                 GInputStream        *stream,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (G_IS_INPUT_STREAM (stream));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_client_read_passphrase_async);
  g_task_set_task_data (task, g_object_ref (stream), g_object_unref);
  g_task_run_in_thread (task, read_passphrase_thread);
}

/**
 * mb_client_read_passphrase_finish:
 * @self: a client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Client.read_passphrase_async], with the errors of [method@Client.read_passphrase_sync].
 *
 * Returns: true if the client has the passphrase
 *
 * Since: 0.1
 */
gboolean
mb_client_read_passphrase_finish (MbClient      *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  MbSecret *secret;

  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_client_read_passphrase_async), FALSE);

  secret = g_task_propagate_pointer (G_TASK (result), error);
  if (secret == NULL)
    return FALSE;

  self->keys.ignores_environment = TRUE;
  take_passphrase (self, secret);

  return TRUE;
}
