/* mb-client-presence.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a client tells of itself, and what it can wait for. */

#include "config.h"

#include "mb-client-private.h"

#include "mb-presence-private.h"
#include "mb-service-names-private.h"

/**
 * mb_client_get_presence: (get-property presence)
 * @self: a client
 *
 * Gets whether the client announces itself.
 *
 * Returns: true if it does
 *
 * Since: 0.1
 */
gboolean
mb_client_get_presence (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);

  return _mb_presence_get_enabled (self->core);
}

/**
 * mb_client_set_presence: (set-property presence)
 * @self: a client
 * @presence: whether to
 *
 * Sets whether the client announces itself. See [property@Client:presence].
 *
 * Since: 0.1
 */
void
mb_client_set_presence (MbClient *self,
                        gboolean  presence)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  presence = !!presence;
  if (_mb_presence_get_enabled (self->core) == presence)
    return;

  _mb_presence_set_enabled (self->core, presence);
  g_object_notify (G_OBJECT (self), "presence");
}

/**
 * mb_client_wait_for_peer_sync:
 * @self: a client
 * @name: the name of a peer
 * @timeout: how long to wait, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up, from another thread
 * @error: return location for an error
 *
 * Waits for a peer of a name, and blocks until then.
 *
 * It may be there already; then this takes the time of a question and its answer. The own client counts.
 *
 * The errors are [error@ClientError] (timed out; the client is not open, or was closed) and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: true if the peer is there
 *
 * Since: 0.1
 */
gboolean
mb_client_wait_for_peer_sync (MbClient      *self,
                              const char    *name,
                              guint          timeout,
                              GCancellable  *cancellable,
                              GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return _mb_presence_wait_sync (self->core, MB_WAIT_PEER, name, timeout, cancellable, error);
}

/**
 * mb_client_wait_for_peer_async:
 * @self: a client
 * @name: the name of a peer
 * @timeout: how long to wait, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call then
 * @user_data: the data of @callback
 *
 * Waits for a peer of a name, without blocking. See [method@Client.wait_for_peer_sync].
 *
 * Since: 0.1
 */
void
mb_client_wait_for_peer_async (MbClient            *self,
                               const char          *name,
                               guint                timeout,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_client_wait_for_peer_async);
  _mb_presence_wait_task (self->core, MB_WAIT_PEER, name, timeout, task);
}

/**
 * mb_client_wait_for_peer_finish:
 * @self: a client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Client.wait_for_peer_async], with the errors of [method@Client.wait_for_peer_sync].
 *
 * Returns: true if the peer is there
 *
 * Since: 0.1
 */
gboolean
mb_client_wait_for_peer_finish (MbClient      *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_client_wait_for_peer_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_client_wait_for_service_sync:
 * @self: a client
 * @name: the name of a service
 * @timeout: how long to wait, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up, from another thread
 * @error: return location for an error
 *
 * Waits for somebody to offer a service, and blocks until then.
 *
 * Programs of the Python library are found as well. When somebody offers the service already, this takes the time of a
 * question and its answer. A service of the own client counts.
 *
 * The errors are [error@ClientError] (timed out; the client is not open, or was closed) and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: true if somebody offers the service
 *
 * Since: 0.1
 */
gboolean
mb_client_wait_for_service_sync (MbClient      *self,
                                 const char    *name,
                                 guint          timeout,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  g_autofree char *service = NULL;

  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  service = _mb_service_name_normalize (name, error);
  if (service == NULL)
    return FALSE;

  return _mb_presence_wait_sync (self->core, MB_WAIT_SERVICE, service, timeout, cancellable, error);
}

/**
 * mb_client_wait_for_service_async:
 * @self: a client
 * @name: the name of a service
 * @timeout: how long to wait, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call then
 * @user_data: the data of @callback
 *
 * Waits for somebody to offer a service, without blocking. See [method@Client.wait_for_service_sync].
 *
 * Since: 0.1
 */
void
mb_client_wait_for_service_async (MbClient            *self,
                                  const char          *name,
                                  guint                timeout,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  g_autofree char *service = NULL;
  GError *error = NULL;

  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_client_wait_for_service_async);

  service = _mb_service_name_normalize (name, &error);
  if (service == NULL)
    g_task_return_error (task, error);
  else
    _mb_presence_wait_task (self->core, MB_WAIT_SERVICE, service, timeout, task);
}

/**
 * mb_client_wait_for_service_finish:
 * @self: a client
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Client.wait_for_service_async], with the errors of [method@Client.wait_for_service_sync].
 *
 * Returns: true if somebody offers the service
 *
 * Since: 0.1
 */
gboolean
mb_client_wait_for_service_finish (MbClient      *self,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_client_wait_for_service_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
