/* mb-multicast-transport.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-multicast-transport.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-multicast-io-private.h"
#include "mb-multicast-socket-private.h"

/**
 * MbMulticastTransport:
 *
 * A transport over UDP multicast.
 *
 * Each packet is one datagram to the group and port of the address. It reaches every program on
 * this machine and on the network that has joined the group, [class@Client]s and MiniBus 0.3.0
 * programs alike; this transport gets its own packets back.
 *
 * ## Interfaces
 *
 * With interfaces named in the address, packets go out through each of them, and are received
 * from them alone. What comes through several of them, as the transport's own packets do and
 * those of hosts to which there are two ways, is handed up once; the same bytes sent twice are
 * handed up twice.
 *
 * Otherwise the system chooses by its route to the group. Either way the transport follows
 * changes: an interface that vanishes and comes back is joined again, one that was without a
 * carrier or an address tells its network anew, and when the route moves to another interface,
 * the transport moves with it. Where a sandbox forbids netlink, what held when the transport was
 * opened holds until it is closed.
 *
 * ## Receiving
 *
 * A thread of the transport receives in batches and calls the receiver. The system keeps packets
 * for it up to the size of the receive buffer; what does not fit is lost, and reported to the
 * receiver together with the next packet that arrives. Errors of the network never end reception.
 *
 * With [method@Transport.set_topics] the system drops packets of libminibus peers on other topics in a socket filter,
 * without
 * waking anybody. It counts them together with those that it has no room for, so that while there is such a
 * filter none are reported as lost; gaps in the numbers of a sender tell of these.
 *
 * ## Sending
 *
 * Packets leave at once, from the thread that sends. While the system takes no more, up to 1 MiB
 * is kept in order and sent by the thread of the transport; beyond that sending fails with
 * `MB_TRANSPORT_ERROR_BUSY`. Closing waits up to a tenth of a second for what is kept to leave.
 * With several interfaces, sending succeeds if the packet goes out through any of them. Packets
 * have at most 65507 bytes, but those of more than 1472 bytes travel in fragments, and if one of
 * these is lost, all are; MiniBus 0.3.0 programs fail on more than 1500 bytes. Multicast is not
 * reliable.
 *
 * ## Errors
 *
 * Opening does not wait. It fails with `MB_TRANSPORT_ERROR_NO_ROUTE` when no interface is named
 * and the system has no route to the group, `NO_INTERFACE` when an interface does not exist,
 * `PORT_IN_USE` when another program holds the port for itself, `NOT_PERMITTED` and `FAILED`. The
 * same codes, `TOO_LARGE` and `BUSY` can come up when sending. The messages say what can be done.
 *
 * The thread rules are those of [iface@Transport].
 *
 * ```c
 * g_autoptr(MbAddress) address = mb_address_parse ("multicast://?interface=eth0", &error);
 * g_autoptr(MbTransport) transport = mb_transport_new_for_address (address);
 *
 * if (!mb_transport_open_sync (transport, receiver, NULL, &error))
 *   g_printerr ("%s\n", error->message);
 * ```
 *
 * See section 1 of the protocol.
 *
 * Since: 0.1
 */
struct _MbMulticastTransport
{
  GObject        parent_instance;

  MbAddress     *address;

  GMutex         lock;
  MbMulticastIo *io;    /* lock; NULL while closed */
};

static void mb_multicast_transport_iface_init (MbTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MbMulticastTransport, mb_multicast_transport, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MB_TYPE_TRANSPORT,
                                                      mb_multicast_transport_iface_init))

enum
{
  PROP_0,
  PROP_ADDRESS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static gboolean
mb_multicast_transport_open_sync (MbTransport   *transport,
                                  MbReceiver    *receiver,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (transport);
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->io != NULL)
    {
      g_set_error_literal (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_ALREADY_OPEN,
                           _("The transport is open already; close it first"));
      return FALSE;
    }

  self->io = _mb_multicast_io_start (self->address, receiver, error);

  return self->io != NULL;
}

static void
mb_multicast_transport_close (MbTransport *transport)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (transport);
  MbMulticastIo *io;

  g_mutex_lock (&self->lock);
  io = g_steal_pointer (&self->io);
  g_mutex_unlock (&self->lock);

  /* Without the lock, as this waits for a delivery, in which somebody may send. */
  if (io != NULL)
    _mb_multicast_io_stop (io);
}

/* Returns NULL while it is closed. */
static MbMulticastIo *
ref_io (MbMulticastTransport *self)
{
  MbMulticastIo *io;

  g_mutex_lock (&self->lock);
  io = self->io != NULL ? _mb_multicast_io_ref (self->io) : NULL;
  g_mutex_unlock (&self->lock);

  return io;
}

static gboolean
mb_multicast_transport_send (MbTransport   *transport,
                             const char    *topic,
                             const guint8  *data,
                             gsize          length,
                             GError       **error)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (transport);
  g_autoptr(MbMulticastIo) io = ref_io (self);

  if (io == NULL)
    {
      g_set_error_literal (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_CLOSED,
                           _("The transport is not open"));
      return FALSE;
    }

  return _mb_multicast_io_send (io, data, length, error);
}

static void
mb_multicast_transport_set_topics (MbTransport        *transport,
                                   const char * const *wanted,
                                   const char * const *unwanted)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (transport);
  g_autoptr(MbMulticastIo) io = ref_io (self);

  if (io != NULL)
    _mb_multicast_io_set_topics (io, wanted, unwanted);
}

static void
mb_multicast_transport_set_context (MbTransport  *transport,
                                    GMainContext *context)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (transport);
  g_autoptr(MbMulticastIo) io = ref_io (self);

  if (io != NULL)
    _mb_multicast_io_set_context (io, context);
}

static gsize
mb_multicast_transport_get_max_packet_size (MbTransport *transport)
{
  return MB_MULTICAST_SOCKET_MAX_PACKET_SIZE;
}

static gboolean
mb_multicast_transport_is_reliable (MbTransport *transport)
{
  return FALSE;
}

static void
mb_multicast_transport_iface_init (MbTransportInterface *iface)
{
  iface->open_sync = mb_multicast_transport_open_sync;
  iface->close = mb_multicast_transport_close;
  iface->send = mb_multicast_transport_send;
  iface->get_max_packet_size = mb_multicast_transport_get_max_packet_size;
  iface->is_reliable = mb_multicast_transport_is_reliable;
  iface->set_topics = mb_multicast_transport_set_topics;
  iface->set_context = mb_multicast_transport_set_context;
}

static void
mb_multicast_transport_constructed (GObject *object)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (object);

  G_OBJECT_CLASS (mb_multicast_transport_parent_class)->constructed (object);

  if (self->address != NULL && !g_str_equal (mb_address_get_scheme (self->address), "multicast"))
    {
      g_critical ("An address of the scheme “%s” was given to a multicast transport",
                  mb_address_get_scheme (self->address));
      g_clear_object (&self->address);
    }

  if (self->address == NULL)
    self->address = mb_address_parse ("multicast:", NULL);
}

static void
mb_multicast_transport_dispose (GObject *object)
{
  mb_multicast_transport_close (MB_TRANSPORT (object));

  G_OBJECT_CLASS (mb_multicast_transport_parent_class)->dispose (object);
}

static void
mb_multicast_transport_finalize (GObject *object)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (object);

  g_clear_object (&self->address);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (mb_multicast_transport_parent_class)->finalize (object);
}

static void
mb_multicast_transport_get_property (GObject    *object,
                                     guint       prop_id,
                                     GValue     *value,
                                     GParamSpec *pspec)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (object);

  switch (prop_id)
    {
    case PROP_ADDRESS:
      g_value_set_object (value, mb_multicast_transport_get_address (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_multicast_transport_set_property (GObject      *object,
                                     guint         prop_id,
                                     const GValue *value,
                                     GParamSpec   *pspec)
{
  MbMulticastTransport *self = MB_MULTICAST_TRANSPORT (object);

  switch (prop_id)
    {
    case PROP_ADDRESS:
      self->address = g_value_dup_object (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_multicast_transport_class_init (MbMulticastTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = mb_multicast_transport_constructed;
  object_class->dispose = mb_multicast_transport_dispose;
  object_class->finalize = mb_multicast_transport_finalize;
  object_class->get_property = mb_multicast_transport_get_property;
  object_class->set_property = mb_multicast_transport_set_property;

  /**
   * MbMulticastTransport:address:
   *
   * The address of the bus, of the scheme `multicast`. `NULL` at construction stands for
   * `multicast:`.
   *
   * Since: 0.1
   */
  properties[PROP_ADDRESS] =
    g_param_spec_object ("address", NULL, NULL,
                         MB_TYPE_ADDRESS,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_multicast_transport_init (MbMulticastTransport *self)
{
  g_mutex_init (&self->lock);
}

/**
 * mb_multicast_transport_new:
 * @address: an address of the scheme `multicast`
 *
 * Makes a transport, which is not open yet.
 *
 * Returns: (transfer full): a new transport
 *
 * Since: 0.1
 */
MbMulticastTransport *
mb_multicast_transport_new (MbAddress *address)
{
  g_return_val_if_fail (MB_IS_ADDRESS (address), NULL);
  g_return_val_if_fail (g_str_equal (mb_address_get_scheme (address), "multicast"), NULL);

  return g_object_new (MB_TYPE_MULTICAST_TRANSPORT, "address", address, NULL);
}

/**
 * mb_multicast_transport_get_address: (get-property address)
 * @self: a multicast transport
 *
 * Gets the address of the bus.
 *
 * Returns: (transfer none): the address
 *
 * Since: 0.1
 */
MbAddress *
mb_multicast_transport_get_address (MbMulticastTransport *self)
{
  g_return_val_if_fail (MB_IS_MULTICAST_TRANSPORT (self), NULL);

  return self->address;
}
