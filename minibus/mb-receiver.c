/* mb-receiver.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-receiver-private.h"

/**
 * MbReceiver:
 *
 * Where a transport puts what it has received.
 *
 * A client gives a receiver to its transport with [method@Transport.open_sync] or
 * [method@Transport.open_async]; from then until [method@Transport.close] the transport hands each
 * datagram up with [method@Receiver.push], and tells with [method@Receiver.report_loss] what it
 * knows to have been lost. Programs that write no transport of their own never meet this class,
 * and nobody but a client can make one that leads anywhere: a receiver from `g_object_new()` drops
 * whatever it is given.
 *
 * Both methods may be called from any thread, and from several at once: the receiver lets one call
 * through at a time. What has been pushed is dealt with in the order of the calls. A client may
 * cut its receiver off at any time; calls after that do nothing. A transport therefore need not
 * check anything before it calls, but it must hold a reference for as long as it may call.
 *
 * The client does its work in the thread that calls. It may send from there, so a transport must
 * hold none of the locks that its own sending takes while it calls a receiver.
 *
 * ```c
 * static gpointer
 * receive_thread (gpointer data)
 * {
 *   MyTransport *self = data;
 *   guint8 packet[65536];
 *   gssize length;
 *
 *   while ((length = my_transport_wait (self, packet, sizeof packet)) >= 0)
 *     mb_receiver_push (self->receiver, packet, length);
 *
 *   return NULL;
 * }
 * ```
 *
 * Since: 0.1
 */
struct _MbReceiver
{
  GObject                parent_instance;

  /* A plain lock costs about 20 ns a packet, against 500 ns for the cheapest system call that
   * gets one, and gives the owner calls that never overlap. It is recursive, as a transport that
   * delivers while it sends, and an owner that detaches while it is called, would deadlock
   * otherwise.
   */
  GRecMutex              lock;
  const MbReceiverFuncs *funcs;   /* lock; NULL when detached */
  gpointer               owner;   /* lock; not owned */

  MbReceiverTurn         turn;    /* set once; or NULL */
  gpointer               turn_data;
  GDestroyNotify         turn_destroy;
};

G_DEFINE_FINAL_TYPE (MbReceiver, mb_receiver, G_TYPE_OBJECT)

static void
mb_receiver_finalize (GObject *object)
{
  MbReceiver *self = MB_RECEIVER (object);

  if (self->turn_destroy != NULL)
    self->turn_destroy (self->turn_data);
  g_rec_mutex_clear (&self->lock);

  G_OBJECT_CLASS (mb_receiver_parent_class)->finalize (object);
}

static void
mb_receiver_class_init (MbReceiverClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_receiver_finalize;
}

static void
mb_receiver_init (MbReceiver *self)
{
  g_rec_mutex_init (&self->lock);
}

/*< private >
 * _mb_receiver_new:
 * @funcs: what to call; must live for ever
 * @owner: the first argument of the functions; not owned
 *
 * Makes a receiver that leads to @owner until _mb_receiver_detach() is called. The functions are
 * called in the thread that pushes, one call at a time.
 *
 * Returns: (transfer full): a new receiver
 */
MbReceiver *
_mb_receiver_new (const MbReceiverFuncs *funcs,
                  gpointer               owner)
{
  MbReceiver *self = g_object_new (MB_TYPE_RECEIVER, NULL);

  g_assert (funcs != NULL && funcs->push != NULL && funcs->report_loss != NULL);

  self->funcs = funcs;
  self->owner = owner;

  return self;
}

/*< private >
 * _mb_receiver_detach:
 * @self: a receiver
 *
 * Ends all use of the owner. Waits for a call that is under way in another thread, so the caller
 * must hold no lock that the owner's functions take. Called from within one of those functions,
 * it returns at once, and that call is the last. Detaching twice is harmless.
 */
void
_mb_receiver_detach (MbReceiver *self)
{
  g_assert (MB_IS_RECEIVER (self));

  g_rec_mutex_lock (&self->lock);
  self->funcs = NULL;
  self->owner = NULL;
  g_rec_mutex_unlock (&self->lock);
}

/*< private >
 * _mb_receiver_set_turn:
 * @self: a receiver
 * @func: what delivers; called without a lock, also after the owner has been detached
 * @data: its argument
 * @destroy: called for @data in the end
 *
 * Says how to deliver, in the main loop that receives, what has been pushed.
 */
void
_mb_receiver_set_turn (MbReceiver     *self,
                       MbReceiverTurn  func,
                       gpointer        data,
                       GDestroyNotify  destroy)
{
  g_assert (self->turn == NULL);

  self->turn = func;
  self->turn_data = data;
  self->turn_destroy = destroy;
}

/*< private >
 * _mb_receiver_take_turn:
 * @self: a receiver
 *
 * Delivers, in the main loop that has just pushed packets.
 *
 * Returns: how much of what there was to deliver has been
 */
MbTurn
_mb_receiver_take_turn (MbReceiver *self)
{
  return self->turn != NULL ? self->turn (self->turn_data) : MB_TURN_NOTHING;
}

/**
 * mb_receiver_push:
 * @self: a receiver
 * @data: (array length=length) (transfer none): the bytes of one datagram, as they came
 * @length: how many bytes there are; 0 is allowed
 *
 * Hands one received datagram up.
 *
 * The bytes need not be a valid packet: whatever is wrong with them is found, counted and reported
 * by the client. They are not used any more when the call returns.
 *
 * May be called from any thread. Does not wait, except for a call that is under way in another
 * thread. Does nothing when the client does not listen any more.
 *
 * Since: 0.1
 */
void
mb_receiver_push (MbReceiver   *self,
                  const guint8 *data,
                  gsize         length)
{
  g_return_if_fail (MB_IS_RECEIVER (self));
  g_return_if_fail (data != NULL || length == 0);

  g_rec_mutex_lock (&self->lock);

  if (self->funcs != NULL)
    self->funcs->push (self->owner, data, length);

  g_rec_mutex_unlock (&self->lock);
}

/**
 * mb_receiver_report_loss:
 * @self: a receiver
 * @count: how many packets; 0 does nothing
 *
 * Tells the client that packets which reached this host were lost before they could be pushed, for
 * example because a buffer was full.
 *
 * To be called between the pushes where the packets are missing, as far as the transport knows.
 * May be called from any thread, like [method@Receiver.push].
 *
 * Since: 0.1
 */
void
mb_receiver_report_loss (MbReceiver *self,
                         guint       count)
{
  g_return_if_fail (MB_IS_RECEIVER (self));

  if (count == 0)
    return;

  g_rec_mutex_lock (&self->lock);

  if (self->funcs != NULL)
    self->funcs->report_loss (self->owner, count);

  g_rec_mutex_unlock (&self->lock);
}
