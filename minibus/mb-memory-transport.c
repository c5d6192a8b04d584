/* mb-memory-transport.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-memory-transport.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-memory-bus-private.h"

/* What UDP over IPv4 carries, so that a program that works here does not fail there. */
#define MAX_PACKET_SIZE 65507

/**
 * MbMemoryTransport:
 *
 * A transport within one process.
 *
 * All transports with the same name in their `memory:` address form one bus, a [class@MemoryBus],
 * which delivers packets by a thread of its own and can be told to lose, repeat, reorder and
 * delay them. The transport keeps the bus alive, from its construction on.
 *
 * Opening fails only when the system refuses a thread (`MB_TRANSPORT_ERROR_FAILED`) or when the
 * transport is open (`MB_TRANSPORT_ERROR_ALREADY_OPEN`); sending only when it is closed
 * (`MB_TRANSPORT_ERROR_CLOSED`) and when the packet has more than 65507 bytes
 * (`MB_TRANSPORT_ERROR_TOO_LARGE`). It is not reliable, as faults may be on. The thread rules are
 * those of [iface@Transport].
 *
 * ```c
 * g_autoptr(MbAddress) address = mb_address_parse ("memory:test", NULL);
 * g_autoptr(MbTransport) transport = mb_transport_new_for_address (address);
 * ```
 *
 * Since: 0.1
 */
struct _MbMemoryTransport
{
  GObject           parent_instance;

  MbAddress        *address;
  MbMemoryBus      *bus;

  GMutex            lock;
  MbMemoryEndpoint *endpoint;   /* lock; NULL while closed */
};

static void mb_memory_transport_iface_init (MbTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MbMemoryTransport, mb_memory_transport, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MB_TYPE_TRANSPORT,
                                                      mb_memory_transport_iface_init))

enum
{
  PROP_0,
  PROP_ADDRESS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static gboolean
mb_memory_transport_open_sync (MbTransport   *transport,
                               MbReceiver    *receiver,
                               GCancellable  *cancellable,
                               GError       **error)
{
  MbMemoryTransport *self = MB_MEMORY_TRANSPORT (transport);
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->endpoint != NULL)
    {
      g_set_error_literal (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_ALREADY_OPEN,
                           _("The transport is open already; close it first"));
      return FALSE;
    }

  self->endpoint = _mb_memory_hub_attach (_mb_memory_bus_get_hub (self->bus), receiver, error);

  return self->endpoint != NULL;
}

static void
mb_memory_transport_close (MbTransport *transport)
{
  MbMemoryTransport *self = MB_MEMORY_TRANSPORT (transport);
  MbMemoryEndpoint *endpoint;

  g_mutex_lock (&self->lock);
  endpoint = g_steal_pointer (&self->endpoint);
  g_mutex_unlock (&self->lock);

  /* Without the lock, as this waits for a delivery, in which somebody may send. */
  if (endpoint != NULL)
    _mb_memory_hub_detach (_mb_memory_bus_get_hub (self->bus), endpoint);
}

static gboolean
mb_memory_transport_send (MbTransport   *transport,
                          const char    *topic,
                          const guint8  *data,
                          gsize          length,
                          GError       **error)
{
  MbMemoryTransport *self = MB_MEMORY_TRANSPORT (transport);
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->endpoint == NULL)
    {
      g_set_error_literal (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_CLOSED,
                           _("The transport is not open"));
      return FALSE;
    }

  _mb_memory_hub_send (_mb_memory_bus_get_hub (self->bus), data, length);

  return TRUE;
}

static gsize
mb_memory_transport_get_max_packet_size (MbTransport *transport)
{
  return MAX_PACKET_SIZE;
}

static gboolean
mb_memory_transport_is_reliable (MbTransport *transport)
{
  return FALSE;
}

static void
mb_memory_transport_iface_init (MbTransportInterface *iface)
{
  iface->open_sync = mb_memory_transport_open_sync;
  iface->close = mb_memory_transport_close;
  iface->send = mb_memory_transport_send;
  iface->get_max_packet_size = mb_memory_transport_get_max_packet_size;
  iface->is_reliable = mb_memory_transport_is_reliable;
}

static void
mb_memory_transport_constructed (GObject *object)
{
  MbMemoryTransport *self = MB_MEMORY_TRANSPORT (object);

  G_OBJECT_CLASS (mb_memory_transport_parent_class)->constructed (object);

  if (self->address != NULL && !g_str_equal (mb_address_get_scheme (self->address), "memory"))
    {
      g_critical ("An address of the scheme “%s” was given to a memory transport",
                  mb_address_get_scheme (self->address));
      g_clear_object (&self->address);
    }

  if (self->address == NULL)
    self->address = mb_address_parse ("memory:default", NULL);

  self->bus = mb_memory_bus_get (mb_address_get_host (self->address));
}

static void
mb_memory_transport_dispose (GObject *object)
{
  mb_memory_transport_close (MB_TRANSPORT (object));

  G_OBJECT_CLASS (mb_memory_transport_parent_class)->dispose (object);
}

static void
mb_memory_transport_finalize (GObject *object)
{
  MbMemoryTransport *self = MB_MEMORY_TRANSPORT (object);

  g_clear_object (&self->address);
  g_clear_object (&self->bus);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (mb_memory_transport_parent_class)->finalize (object);
}

static void
mb_memory_transport_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  MbMemoryTransport *self = MB_MEMORY_TRANSPORT (object);

  switch (prop_id)
    {
    case PROP_ADDRESS:
      g_value_set_object (value, mb_memory_transport_get_address (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_memory_transport_set_property (GObject      *object,
                                  guint         prop_id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  MbMemoryTransport *self = MB_MEMORY_TRANSPORT (object);

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
mb_memory_transport_class_init (MbMemoryTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = mb_memory_transport_constructed;
  object_class->dispose = mb_memory_transport_dispose;
  object_class->finalize = mb_memory_transport_finalize;
  object_class->get_property = mb_memory_transport_get_property;
  object_class->set_property = mb_memory_transport_set_property;

  /**
   * MbMemoryTransport:address:
   *
   * The address of the bus, of the scheme `memory`. `NULL` at construction stands for
   * `memory:default`.
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
mb_memory_transport_init (MbMemoryTransport *self)
{
  g_mutex_init (&self->lock);
}

/**
 * mb_memory_transport_new:
 * @address: an address of the scheme `memory`
 *
 * Makes a transport, which is not open yet.
 *
 * Returns: (transfer full): a new transport
 *
 * Since: 0.1
 */
MbMemoryTransport *
mb_memory_transport_new (MbAddress *address)
{
  g_return_val_if_fail (MB_IS_ADDRESS (address), NULL);
  g_return_val_if_fail (g_str_equal (mb_address_get_scheme (address), "memory"), NULL);

  return g_object_new (MB_TYPE_MEMORY_TRANSPORT, "address", address, NULL);
}

/**
 * mb_memory_transport_get_address: (get-property address)
 * @self: a memory transport
 *
 * Gets the address of the bus.
 *
 * Returns: (transfer none): the address
 *
 * Since: 0.1
 */
MbAddress *
mb_memory_transport_get_address (MbMemoryTransport *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_TRANSPORT (self), NULL);

  return self->address;
}
