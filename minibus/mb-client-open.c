/* mb-client-open.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How a client gets on the bus, and off it again. */

#include "config.h"

#include "mb-client-private.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-presence-private.h"
#include "mb-receiver-private.h"

static void
set_is_open (MbClient *self,
             gboolean  is_open)
{
  if (self->is_open == is_open)
    return;

  self->is_open = is_open;
  g_object_notify (G_OBJECT (self), "is-open");
}

/* Gets everything ready up to the opening of the transport. */
static gboolean
prepare (MbClient  *self,
         GError   **error)
{
  g_autoptr(MbAddress) address = NULL;
  g_autoptr(MbCipher) cipher = NULL;

  if (_mb_core_refuse_foreign (self->core, error))
    return FALSE;

  if (self->is_open || self->opening)
    {
      g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_ALREADY_OPEN,
                   _("The client “%s” is open already"), self->name);
      return FALSE;
    }

  if (!_mb_client_make_cipher (self, &cipher, error))
    return FALSE;

  if (self->given_transport != NULL)
    {
      self->transport = g_object_ref (self->given_transport);
    }
  else
    {
      address = self->address != NULL ? mb_address_parse (self->address, error)
                                      : mb_address_parse_default (error);
      if (address == NULL)
        return FALSE;
      self->transport = mb_transport_new_for_address (address);
    }

  self->cipher = g_steal_pointer (&cipher);
  self->receiver = _mb_core_prepare (self->core);
  g_snprintf (self->session, sizeof self->session, "%016" G_GINT64_MODIFIER "x",
              _mb_core_get_session (self->core));
  self->opening = TRUE;

  return TRUE;
}

static void
clear_transport (MbClient *self)
{
  _mb_core_set_transport (self->core, NULL);
  g_clear_object (&self->transport);

  if (self->receiver != NULL)
    _mb_receiver_detach (self->receiver);
  g_clear_object (&self->receiver);
  _mb_core_end (self->core);
}

/* Ends what is being encrypted and decrypted, and removes what GnuPG worked in. */
static void
clear_cipher (MbClient *self)
{
  if (self->cipher == NULL)
    return;

  _mb_core_set_cipher (self->core, NULL, FALSE);
  _mb_cipher_close (self->cipher);
  g_clear_pointer (&self->cipher, _mb_cipher_unref);
}

/* Before the transport is opened: packets may come at once. */
static void
use_cipher (MbClient *self)
{
  if (self->cipher != NULL)
    _mb_core_set_cipher (self->core, self->cipher, _mb_client_refuses_plaintext (self));
}

/* Returns whether the client is open now: it may have been closed while it was being opened. */
static gboolean
end_opening (MbClient  *self,
             gboolean   opened,
             GError   **error)
{
  gboolean closed = self->closed_while_opening;

  self->opening = FALSE;
  self->closed_while_opening = FALSE;

  if (opened && closed)
    {
      mb_transport_close (self->transport);
      g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
                   _("The client “%s” was closed while it was being opened"), self->name);
      opened = FALSE;
    }

  if (opened)
    {
      _mb_core_set_transport (self->core, self->transport);
      _mb_presence_open (self->core);
    }
  else
    {
      clear_transport (self);
      clear_cipher (self);
    }

  set_is_open (self, opened);

  return opened;
}

void
_mb_client_close_quietly (MbClient *self)
{
  g_autoptr(GError) error = NULL;

  if (!self->is_open || _mb_core_is_foreign (self->core))
    return;

  self->is_open = FALSE;

  _mb_presence_close (self->core);

  /* No more goes out, then no more comes in, then nobody waits any more. */
  _mb_core_set_transport (self->core, NULL);
  mb_transport_close (self->transport);
  clear_transport (self);
  clear_cipher (self);

  g_set_error (&error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
               _("The client “%s” was closed before the answer came"), self->name);
  _mb_calls_fail (self->core->calls, NULL, error);
}

/**
 * mb_client_open_sync:
 * @self: a client
 * @cancellable: (nullable): to give up
 * @error: return location for an error
 *
 * Opens the client: joins the bus. With the transports of this version this does not wait, unless the client has
 * a passphrase or keys: then it makes sure that GnuPG works, which takes some 50 ms, and a second at worst.
 *
 * The errors are [error@AddressError], [error@TransportError], [error@ClientError] (already open) and
 * [error@CipherError] (GnuPG is missing or does not work, a passphrase or key cannot be used). The client can be
 * used as before when it fails.
 *
 * Returns: true if the client is open
 *
 * Since: 0.1
 */
gboolean
mb_client_open_sync (MbClient      *self,
                     GCancellable  *cancellable,
                     GError       **error)
{
  gboolean opened;

  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!prepare (self, error))
    return FALSE;

  opened = self->cipher == NULL || _mb_cipher_open (self->cipher, cancellable, error);
  if (opened)
    {
      use_cipher (self);
      opened = mb_transport_open_sync (self->transport, self->receiver, cancellable, error);
    }

  return end_opening (self, opened, error);
}

static void
opened_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  MbClient *self = g_task_get_source_object (task);
  GError *error = NULL;
  gboolean opened = mb_transport_open_finish (MB_TRANSPORT (object), result, &error);

  if (end_opening (self, opened, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
open_cipher_thread (GTask        *task,
                    gpointer      source_object,
                    gpointer      task_data,
                    GCancellable *cancellable)
{
  GError *error = NULL;

  if (_mb_cipher_open (task_data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
cipher_opened_cb (GObject      *object,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  MbClient *self = MB_CLIENT (object);
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      end_opening (self, FALSE, NULL);
      g_task_return_error (task, error);
      return;
    }

  use_cipher (self);
  mb_transport_open_async (self->transport, self->receiver, g_task_get_cancellable (task), opened_cb,
                           g_object_ref (task));
}

/**
 * mb_client_open_async:
 * @self: a client
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when the client is open
 * @user_data: the data of @callback
 *
 * Opens the client without waiting.
 *
 * Since: 0.1
 */
void
mb_client_open_async (MbClient            *self,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_client_open_async);

  if (!prepare (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  if (self->cipher != NULL)
    {
      g_autoptr(GTask) opening = g_task_new (self, cancellable, cipher_opened_cb, g_steal_pointer (&task));

      g_task_set_task_data (opening, _mb_cipher_ref (self->cipher), (GDestroyNotify) _mb_cipher_unref);
      g_task_run_in_thread (opening, open_cipher_thread);
      return;
    }

  mb_transport_open_async (self->transport, self->receiver, cancellable, opened_cb,
                           g_steal_pointer (&task));
}

/**
 * mb_client_open_finish:
 * @self: a client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Client.open_async], with the errors of [method@Client.open_sync].
 *
 * Returns: true if the client is open
 *
 * Since: 0.1
 */
gboolean
mb_client_open_finish (MbClient      *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_client_open_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_client_close:
 * @self: a client
 *
 * Closes the client: leaves the bus.
 *
 * What was received before and waits for the main loop is still delivered. What still waits to be encrypted is
 * not sent, and counted by [property@Client:dropped-not-sent]: see [method@Client.flush_sync].
 *
 * Calls that wait for an answer end with [error@ClientError]. Publishers, subscribers and services stay, and work
 * again when the client is opened again. Closing twice is harmless, and in a process that was forked from the one where
 * the client is open, nothing happens.
 *
 * Since: 0.1
 */
void
mb_client_close (MbClient *self)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  if (_mb_core_is_foreign (self->core))
    return;

  /* What is under way ends with an error of its own. */
  if (self->opening)
    self->closed_while_opening = TRUE;

  if (!self->is_open)
    return;

  _mb_client_close_quietly (self);
  g_object_notify (G_OBJECT (self), "is-open");
}
