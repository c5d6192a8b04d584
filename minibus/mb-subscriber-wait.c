/* mb-subscriber-wait.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A subscriber waits: for the next message, and for somebody who publishes. */

#include "config.h"

#include "mb-subscriber-private.h"

#include "mb-message.h"
#include "mb-presence-private.h"

/**
 * mb_subscriber_receive_async:
 * @self: a subscriber
 * @cancellable: (nullable): to stop waiting; no message is lost by that
 * @callback: (scope async) (closure user_data): called with the message
 * @user_data: for @callback
 *
 * Asks for the next message.
 *
 * From the first call on, messages stay in the inbox until they are asked for, so that a program which is slow
 * or waits for something else in between loses none as long as the inbox has room; beyond that,
 * [property@Subscriber:overflow] says what is dropped. [signal@Subscriber::message] is then emitted for those only
 * that were asked for. What arrived before the first call, while the main loop ran, is gone: call this first thing.
 *
 * Who asks several times before a message arrives gets as many, one each, in order.
 *
 * Call this from the thread that runs the subscriber's main context.
 *
 * ```js
 * for await (const message of client.subscribe('/weather'))
 *     print(message.data.sky);
 * ```
 *
 * ```python
 * async for message in client.subscribe('/weather'):
 *     print(message.data['sky'])
 * ```
 *
 * ```lua
 * for message in client:subscribe('/weather'):messages() do print(message.data.sky) end
 * ```
 *
 * Since: 0.1
 */
void
mb_subscriber_receive_async (MbSubscriber        *self,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_SUBSCRIBER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_subscriber_receive_async);

  if (g_task_return_error_if_cancelled (task))
    return;

  if (self->receipts == NULL)
    self->receipts = _mb_receipts_new (self->inbox);
  if (self->closed)
    _mb_receipts_refuse (task);
  else
    _mb_receipts_add (self->receipts, task);
}

/**
 * mb_subscriber_receive_finish:
 * @self: the subscriber
 * @result: what the callback got
 * @error: (out) (optional): `MB_CLIENT_ERROR_CLOSED` when the subscriber was closed, or its client is gone;
 *   `G_IO_ERROR_CANCELLED`
 *
 * Gets the message that [method@Subscriber.receive_async] waited for.
 *
 * Returns: (transfer full): the message; or `NULL` with an error
 *
 * Since: 0.1
 */
MbMessage *
mb_subscriber_receive_finish (MbSubscriber  *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * mb_subscriber_wait_for_publisher_sync:
 * @self: a subscriber
 * @timeout: how long to wait, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up, from another thread
 * @error: return location for an error
 *
 * Waits until somebody publishes on a topic that the pattern matches, and blocks until then.
 *
 * Publishers of the own client do not count. With a directory, [method@Directory.count_publishers] tells at once.
 *
 * The errors are [error@ClientError] (timed out; the client is not open, or was closed) and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: true if somebody else publishes
 *
 * Since: 0.1
 */
gboolean
mb_subscriber_wait_for_publisher_sync (MbSubscriber  *self,
                                       guint          timeout,
                                       GCancellable  *cancellable,
                                       GError       **error)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return _mb_presence_wait_sync (self->core, MB_WAIT_PUBLISHER, _mb_pattern_get_text (self->route->pattern), timeout,
                                 cancellable, error);
}

/**
 * mb_subscriber_wait_for_publisher_async:
 * @self: a subscriber
 * @timeout: how long to wait, in milliseconds; 0 for 5,000, `G_MAXUINT` for ever
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call then
 * @user_data: the data of @callback
 *
 * Waits until somebody publishes on a topic that the pattern matches, without blocking. See
 * [method@Subscriber.wait_for_publisher_sync].
 *
 * Since: 0.1
 */
void
mb_subscriber_wait_for_publisher_async (MbSubscriber        *self,
                                        guint                timeout,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_SUBSCRIBER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_subscriber_wait_for_publisher_async);
  _mb_presence_wait_task (self->core, MB_WAIT_PUBLISHER, _mb_pattern_get_text (self->route->pattern), timeout, task);
}

/**
 * mb_subscriber_wait_for_publisher_finish:
 * @self: a subscriber
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Subscriber.wait_for_publisher_async], with the errors of [method@Subscriber.wait_for_publisher_sync].
 *
 * Returns: true if somebody else publishes
 *
 * Since: 0.1
 */
gboolean
mb_subscriber_wait_for_publisher_finish (MbSubscriber  *self,
                                         GAsyncResult  *result,
                                         GError       **error)
{
  g_return_val_if_fail (MB_IS_SUBSCRIBER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_subscriber_wait_for_publisher_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
