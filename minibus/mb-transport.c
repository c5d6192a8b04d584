/* mb-transport.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-transport.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-memory-transport.h"
#include "mb-multicast-transport.h"

/**
 * MbTransport:
 *
 * What carries packets between the clients of a bus.
 *
 * A transport takes whole packets and brings whole packets; what is in them is none of its
 * business. Every client of a bus receives what every client sends, its own packets too. The
 * library has [class@MulticastTransport] and [class@MemoryTransport], and picks one by the
 * [class@Address] of a client ([func@Transport.new_for_address]); a program may write another one
 * and give it to a client.
 *
 * ## The life of a transport
 *
 * A transport is made closed. [method@Transport.open_sync] or [method@Transport.open_async] opens
 * it and names the [class@Receiver] that gets what arrives; [method@Transport.close] closes it; it
 * may be opened again, any number of times, with the same or another receiver. A transport serves
 * one receiver at a time. Dropping the last reference closes it.
 *
 * ## Threads
 *
 * Opening and closing are for one thread at a time. [method@Transport.send] may be called from any
 * thread, also while another thread opens or closes. Where the receiver is called is up to the
 * transport; mostly it is a thread of its own, so that a busy main loop costs no packets.
 *
 * ## Writing a transport
 *
 * Implement the functions of [iface@Transport] in C or Vala (in other languages `send` and the receiver
 * would run code of that language in foreign threads):
 *
 * - `open_sync` may wait, and gives up when the cancellable is cancelled. A transport that has to
 *   wait should also implement `open_async` and `open_finish`; without them opening asynchronously
 *   calls `open_sync` at once, which would block the caller.
 * - After a failure to open, the transport is closed.
 * - The transport takes a reference on the receiver when it opens and drops it when it closes.
 * - `close` returns after the last call of the receiver; it waits for one that is under way, unless
 *   it is itself called from there, which has to work. It is harmless when nothing is open.
 * - `send` never waits for the network: what cannot leave at once is kept up to a limit, then
 *   refused with `MB_TRANSPORT_ERROR_BUSY`. What one thread sends leaves in the order of the
 *   calls. `send` must not call the receiver itself, as the client may hold locks. The topic is
 *   there for transports that can make use of it, such as brokers; it is also in the packet.
 * - Packets longer than `get_max_packet_size` never reach `send`.
 * - `set_topics` is an offer to spare the client work; it is called under locks of the client, and must not
 *   call the receiver.
 * - Nothing that arrives may disturb the transport: there are no trusted senders.
 * - Errors are of the domain [error@TransportError] and say what the user can do.
 *
 * ```c
 * static void
 * my_transport_iface_init (MbTransportInterface *iface)
 * {
 *   iface->open_sync = my_transport_open_sync;
 *   iface->close = my_transport_close;
 *   iface->send = my_transport_send;
 *   iface->get_max_packet_size = my_transport_get_max_packet_size;
 *   iface->is_reliable = my_transport_is_reliable;
 * }
 *
 * G_DEFINE_FINAL_TYPE_WITH_CODE (MyTransport, my_transport, G_TYPE_OBJECT,
 *                                G_IMPLEMENT_INTERFACE (MB_TYPE_TRANSPORT,
 *                                                       my_transport_iface_init))
 * ```
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (MbTransport, mb_transport, G_TYPE_OBJECT)

static void
mb_transport_default_init (MbTransportInterface *iface)
{
}

/**
 * mb_transport_new_for_address:
 * @address: an address
 *
 * Makes the transport that the scheme of an address asks for: `multicast` gives an
 * [class@MulticastTransport], `memory` an [class@MemoryTransport]. It is not open yet.
 *
 * ```c
 * g_autoptr(MbAddress) address = mb_address_parse ("multicast://?interface=eth0", &error);
 *
 * if (address != NULL)
 *   transport = mb_transport_new_for_address (address);
 * ```
 *
 * Returns: (transfer full): a new transport
 *
 * Since: 0.1
 */
MbTransport *
mb_transport_new_for_address (MbAddress *address)
{
  g_return_val_if_fail (MB_IS_ADDRESS (address), NULL);

  if (g_str_equal (mb_address_get_scheme (address), "memory"))
    return MB_TRANSPORT (mb_memory_transport_new (address));

  /* There is no third kind of address. */
  return MB_TRANSPORT (mb_multicast_transport_new (address));
}

/**
 * mb_transport_open_sync:
 * @self: a transport
 * @receiver: what gets the packets that arrive
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Opens a transport, waiting until it is open where that takes time.
 *
 * The transports of this library never wait here. Packets may be given to @receiver before this
 * function returns. When it fails, the transport is closed, and may be opened again.
 *
 * Fails with [error@TransportError]: `ALREADY_OPEN`, `NO_ROUTE`, `NO_INTERFACE`, `PORT_IN_USE`,
 * `NOT_PERMITTED` or `FAILED`; with [error@Gio.IOErrorEnum] `CANCELLED` when it was cancelled.
 *
 * Returns: true if the transport is open now
 *
 * Since: 0.1
 */
gboolean
mb_transport_open_sync (MbTransport   *self,
                        MbReceiver    *receiver,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_return_val_if_fail (MB_IS_TRANSPORT (self), FALSE);
  g_return_val_if_fail (MB_IS_RECEIVER (receiver), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  return MB_TRANSPORT_GET_IFACE (self)->open_sync (self, receiver, cancellable, error);
}

/**
 * mb_transport_open_async:
 * @self: a transport
 * @receiver: what gets the packets that arrive
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data) (nullable): called when it is done
 * @user_data: the data of @callback
 *
 * Opens a transport without waiting.
 *
 * The callback is called from the thread-default main context of the caller, never from within this
 * function. Packets may be given to @receiver before that.
 *
 * Since: 0.1
 */
void
mb_transport_open_async (MbTransport         *self,
                         MbReceiver          *receiver,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  MbTransportInterface *iface;
  g_autoptr(GTask) task = NULL;
  g_autoptr(GError) error = NULL;

  g_return_if_fail (MB_IS_TRANSPORT (self));
  g_return_if_fail (MB_IS_RECEIVER (receiver));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  iface = MB_TRANSPORT_GET_IFACE (self);

  if (iface->open_async != NULL)
    {
      iface->open_async (self, receiver, cancellable, callback, user_data);
      return;
    }

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_transport_open_async);

  /* What has been opened is open, even if it is cancelled before the callback: who cancels would
   * otherwise have an open transport on his hands without knowing.
   */
  g_task_set_check_cancellable (task, FALSE);

  if (mb_transport_open_sync (self, receiver, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * mb_transport_open_finish:
 * @self: a transport
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Ends [method@Transport.open_async]. The errors are those of [method@Transport.open_sync].
 *
 * Returns: true if the transport is open now
 *
 * Since: 0.1
 */
gboolean
mb_transport_open_finish (MbTransport   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  MbTransportInterface *iface;

  g_return_val_if_fail (MB_IS_TRANSPORT (self), FALSE);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  iface = MB_TRANSPORT_GET_IFACE (self);

  if (iface->open_finish != NULL)
    return iface->open_finish (self, result, error);

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_transport_open_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_transport_close:
 * @self: a transport
 *
 * Closes a transport, and lets go of its receiver.
 *
 * When this function returns, the receiver is not called any more; it waits for a call that is
 * under way, so the caller must hold no lock that the receiver's client takes. It may also be
 * called from within a call of the receiver, which is then the last. Harmless when the transport
 * is not open.
 *
 * Since: 0.1
 */
void
mb_transport_close (MbTransport *self)
{
  g_return_if_fail (MB_IS_TRANSPORT (self));

  MB_TRANSPORT_GET_IFACE (self)->close (self);
}

/**
 * mb_transport_send:
 * @self: a transport
 * @topic: the topic of the packet
 * @data: (array length=length) (transfer none): the bytes of one packet
 * @length: how many bytes there are, at most [method@Transport.get_max_packet_size]
 * @error: return location for an error
 *
 * Sends one packet, without waiting.
 *
 * Success means that the packet has been accepted for sending, not that it has arrived anywhere.
 * Packets that one thread sends leave in the order of the calls.
 *
 * May be called from any thread.
 *
 * Fails with [error@TransportError]: `CLOSED` when the transport is not open, `TOO_LARGE`, `BUSY`
 * when more is waiting to be sent than the transport keeps, `NO_ROUTE`, `NO_INTERFACE`,
 * `NOT_PERMITTED` or `FAILED`. The transport stays open, and the next packet may well go through.
 *
 * Returns: true if the packet was accepted
 *
 * Since: 0.1
 */
gboolean
mb_transport_send (MbTransport   *self,
                   const char    *topic,
                   const guint8  *data,
                   gsize          length,
                   GError       **error)
{
  MbTransportInterface *iface;
  gsize max;

  g_return_val_if_fail (MB_IS_TRANSPORT (self), FALSE);
  g_return_val_if_fail (topic != NULL, FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  iface = MB_TRANSPORT_GET_IFACE (self);
  max = iface->get_max_packet_size (self);

  if (length > max)
    {
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_TOO_LARGE,
                   _("The packet has %u bytes, but the transport carries at most %u; "
                     "send less at a time"),
                   (guint) MIN (length, G_MAXUINT), (guint) max);
      return FALSE;
    }

  return iface->send (self, topic, data, length, error);
}

/**
 * mb_transport_get_max_packet_size:
 * @self: a transport
 *
 * Gets the size of the largest packet that the transport can carry. It never changes.
 *
 * May be called from any thread.
 *
 * Returns: the most bytes that one packet may have
 *
 * Since: 0.1
 */
gsize
mb_transport_get_max_packet_size (MbTransport *self)
{
  g_return_val_if_fail (MB_IS_TRANSPORT (self), 0);

  return MB_TRANSPORT_GET_IFACE (self)->get_max_packet_size (self);
}

/**
 * mb_transport_is_reliable:
 * @self: a transport
 *
 * Tells whether every packet that was accepted for sending arrives once, in order, at every
 * client that is on the bus at the time. It never changes.
 *
 * May be called from any thread.
 *
 * Returns: true if packets are neither lost nor duplicated nor reordered
 *
 * Since: 0.1
 */
gboolean
mb_transport_is_reliable (MbTransport *self)
{
  g_return_val_if_fail (MB_IS_TRANSPORT (self), FALSE);

  return MB_TRANSPORT_GET_IFACE (self)->is_reliable (self);
}

/**
 * mb_transport_set_topics:
 * @self: a transport
 * @wanted: (array zero-terminated=1) (nullable): all the topics that the receiver wants; or `NULL` when these cannot
 *   be listed
 * @unwanted: (array zero-terminated=1) (nullable): if @wanted is `NULL`, topics that the receiver does not want; with
 *   `NULL` too, it wants every topic
 *
 * Lets an open transport drop packets of unwanted topics before they cost anything.
 *
 * It need not drop any: the receiver has to look at the topic of what it gets all the same. From the moment this
 * returns, no packet of a wanted topic is dropped for its topic; nor is ever one whose topic the transport cannot
 * tell for sure. Each call replaces the last one. A transport that is opened, again or for the first time, brings every
 * topic.
 *
 * May be called from any thread. Does nothing while the transport is closed, and where it does not know topics.
 *
 * Since: 0.1
 */
void
mb_transport_set_topics (MbTransport        *self,
                         const char * const *wanted,
                         const char * const *unwanted)
{
  MbTransportInterface *iface;

  g_return_if_fail (MB_IS_TRANSPORT (self));

  iface = MB_TRANSPORT_GET_IFACE (self);
  if (iface->set_topics != NULL)
    iface->set_topics (self, wanted, unwanted);
}

/**
 * mb_transport_set_context:
 * @self: a transport
 * @context: (nullable): a main context, or `NULL`
 *
 * Lets an open transport receive in the main loop of @context, which spares each packet the way through a thread.
 *
 * It need not: but if it does, then only as long as the loop is in time. Where the loop is late, stands still or does
 * not run, packets are received all the same, and pushed from another thread; so the receiver still has to expect calls
 * from any thread, though never two at a time. With `NULL`, and after the transport has been opened, no loop receives.
 * Each call replaces the last one.
 *
 * May be called from any thread. Does nothing while the transport is closed, and where it always receives in the same
 * way.
 *
 * Since: 0.1
 */
void
mb_transport_set_context (MbTransport  *self,
                          GMainContext *context)
{
  MbTransportInterface *iface;

  g_return_if_fail (MB_IS_TRANSPORT (self));

  iface = MB_TRANSPORT_GET_IFACE (self);
  if (iface->set_context != NULL)
    iface->set_context (self, context);
}
