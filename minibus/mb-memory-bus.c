/* mb-memory-bus.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-memory-bus-private.h"

/**
 * MbMemoryBus:
 *
 * A bus within one process, with faults on demand.
 *
 * Clients with the address `memory:NAME` meet on the memory bus of that name, without any
 * network. It is meant for tests, of programs as well as of this library: it is always there,
 * nobody else is on it, and it can be told to behave as badly as a network does.
 *
 * Every open endpoint (a client, or rather its [class@MemoryTransport]) receives every packet
 * that is sent while it is open, its own too, in the order in which they were sent. Packets are
 * delivered by a thread of the bus, never from within a call that sends. Up to 64 MiB of packets
 * wait for slow receivers; what is more than that is dropped, and reported as lost.
 *
 * ## Faults
 *
 * [property@MemoryBus:loss], [property@MemoryBus:duplication], [property@MemoryBus:reordering],
 * [property@MemoryBus:delay] and [property@MemoryBus:jitter] may be changed at any time, from any
 * thread, and apply to packets that are sent after that. Each endpoint has its own luck with each
 * packet, as each host of a network has; the sender with its own packet too. With the same
 * [property@MemoryBus:seed] and the same order of sending every packet meets with the same fate
 * in each run, however fast the run is and however many endpoints there are.
 *
 * ## Threads and lifetime
 *
 * There is one bus of a name for as long as anybody holds a reference to it or a transport of
 * that name exists; settings are forgotten after that. All methods may be called from any thread.
 * The signal `notify` is emitted in the thread that sets a property. An object that was not made
 * by [func@MemoryBus.get] is a bus that no address leads to.
 *
 * ```c
 * g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("test");
 *
 * mb_memory_bus_set_seed (bus, 42);
 * mb_memory_bus_set_loss (bus, 0.1);
 * ```
 *
 * ```js
 * const bus = Minibus.MemoryBus.get('test');
 * bus.loss = 0.1;
 * ```
 *
 * ```python
 * bus = Minibus.MemoryBus.get('test')
 * bus.props.loss = 0.1
 * ```
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (MbMemoryBus, mb_memory_bus, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_DELAY,
  PROP_DUPLICATION,
  PROP_JITTER,
  PROP_LOSS,
  PROP_N_DUPLICATED,
  PROP_N_LOST,
  PROP_N_REORDERED,
  PROP_N_SENT,
  PROP_NAME,
  PROP_REORDERING,
  PROP_SEED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* The buses that can be found by name: name to GWeakRef. */
static GHashTable *registry;
G_LOCK_DEFINE_STATIC (registry);

static void
weak_ref_free (gpointer data)
{
  GWeakRef *weak_ref = data;

  g_weak_ref_clear (weak_ref);
  g_free (weak_ref);
}

/* Forgets a name that no bus has any more. */
static void
forget (const char *name)
{
  g_autoptr(MbMemoryBus) other = NULL;
  GWeakRef *weak_ref;

  G_LOCK (registry);

  weak_ref = registry != NULL ? g_hash_table_lookup (registry, name) : NULL;

  /* There may be a successor of that name already. */
  if (weak_ref != NULL)
    other = g_weak_ref_get (weak_ref);
  if (weak_ref != NULL && other == NULL)
    g_hash_table_remove (registry, name);

  G_UNLOCK (registry);
}

static void
mb_memory_bus_finalize (GObject *object)
{
  MbMemoryBus *self = MB_MEMORY_BUS (object);

  if (self->name != NULL)
    forget (self->name);

  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->hub, _mb_memory_hub_unref);

  G_OBJECT_CLASS (mb_memory_bus_parent_class)->finalize (object);
}

static void
mb_memory_bus_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  MbMemoryBus *self = MB_MEMORY_BUS (object);

  switch (prop_id)
    {
    case PROP_DELAY:
      g_value_set_uint (value, mb_memory_bus_get_delay (self));
      break;

    case PROP_DUPLICATION:
      g_value_set_double (value, mb_memory_bus_get_duplication (self));
      break;

    case PROP_JITTER:
      g_value_set_uint (value, mb_memory_bus_get_jitter (self));
      break;

    case PROP_LOSS:
      g_value_set_double (value, mb_memory_bus_get_loss (self));
      break;

    case PROP_N_DUPLICATED:
      g_value_set_uint (value, mb_memory_bus_get_n_duplicated (self));
      break;

    case PROP_N_LOST:
      g_value_set_uint (value, mb_memory_bus_get_n_lost (self));
      break;

    case PROP_N_REORDERED:
      g_value_set_uint (value, mb_memory_bus_get_n_reordered (self));
      break;

    case PROP_N_SENT:
      g_value_set_uint (value, mb_memory_bus_get_n_sent (self));
      break;

    case PROP_NAME:
      g_value_set_string (value, mb_memory_bus_get_name (self));
      break;

    case PROP_REORDERING:
      g_value_set_double (value, mb_memory_bus_get_reordering (self));
      break;

    case PROP_SEED:
      g_value_set_uint (value, mb_memory_bus_get_seed (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_memory_bus_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  MbMemoryBus *self = MB_MEMORY_BUS (object);

  switch (prop_id)
    {
    case PROP_DELAY:
      mb_memory_bus_set_delay (self, g_value_get_uint (value));
      break;

    case PROP_DUPLICATION:
      mb_memory_bus_set_duplication (self, g_value_get_double (value));
      break;

    case PROP_JITTER:
      mb_memory_bus_set_jitter (self, g_value_get_uint (value));
      break;

    case PROP_LOSS:
      mb_memory_bus_set_loss (self, g_value_get_double (value));
      break;

    case PROP_NAME:
      self->name = g_value_dup_string (value);
      break;

    case PROP_REORDERING:
      mb_memory_bus_set_reordering (self, g_value_get_double (value));
      break;

    case PROP_SEED:
      mb_memory_bus_set_seed (self, g_value_get_uint (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_memory_bus_class_init (MbMemoryBusClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_memory_bus_finalize;
  object_class->get_property = mb_memory_bus_get_property;
  object_class->set_property = mb_memory_bus_set_property;

  /**
   * MbMemoryBus:delay:
   *
   * How long packets travel, in microseconds; 0 by default.
   *
   * Since: 0.1
   */
  properties[PROP_DELAY] =
    g_param_spec_uint ("delay", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:duplication:
   *
   * The probability that an endpoint gets a packet twice in a row, from 0 to 1; 0 by default.
   *
   * Since: 0.1
   */
  properties[PROP_DUPLICATION] =
    g_param_spec_double ("duplication", NULL, NULL,
                         0, 1, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:jitter:
   *
   * By how much more, at random, each packet may be delayed, in microseconds; 0 by default.
   *
   * Packets that are sent in a shorter time than this may arrive in another order.
   *
   * Since: 0.1
   */
  properties[PROP_JITTER] =
    g_param_spec_uint ("jitter", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:loss:
   *
   * The probability that an endpoint does not get a packet, from 0 to 1; 0 by default.
   *
   * Since: 0.1
   */
  properties[PROP_LOSS] =
    g_param_spec_double ("loss", NULL, NULL,
                         0, 1, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:n-duplicated:
   *
   * How many packets arrived twice at some endpoint, counted per endpoint.
   *
   * There are no notifications of this property.
   *
   * Since: 0.1
   */
  properties[PROP_N_DUPLICATED] =
    g_param_spec_uint ("n-duplicated", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:n-lost:
   *
   * How many packets did not arrive at some endpoint because of [property@MemoryBus:loss],
   * counted per endpoint.
   *
   * There are no notifications of this property.
   *
   * Since: 0.1
   */
  properties[PROP_N_LOST] =
    g_param_spec_uint ("n-lost", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:n-reordered:
   *
   * How many packets were held back for their successors, counted per endpoint.
   *
   * There are no notifications of this property.
   *
   * Since: 0.1
   */
  properties[PROP_N_REORDERED] =
    g_param_spec_uint ("n-reordered", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:n-sent:
   *
   * How many packets were sent on the bus.
   *
   * There are no notifications of this property.
   *
   * Since: 0.1
   */
  properties[PROP_N_SENT] =
    g_param_spec_uint ("n-sent", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:name:
   *
   * The name of the bus.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL,
                         NULL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:reordering:
   *
   * The probability that a packet arrives at an endpoint after the packet that was sent next,
   * from 0 to 1; 0 by default.
   *
   * If none follows within 10 milliseconds, the packet arrives then. A packet that overtakes
   * another one is never held back itself, so that 1 swaps the packets in pairs.
   *
   * Since: 0.1
   */
  properties[PROP_REORDERING] =
    g_param_spec_double ("reordering", NULL, NULL,
                         0, 1, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbMemoryBus:seed:
   *
   * What the random choices depend on; 0 by default.
   *
   * Setting it, even to the same value, begins anew: the same seed and the same packets in the
   * same order meet with the same luck at each endpoint. Endpoints are told apart by the order in
   * which they were opened.
   *
   * Since: 0.1
   */
  properties[PROP_SEED] =
    g_param_spec_uint ("seed", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_memory_bus_init (MbMemoryBus *self)
{
  self->hub = _mb_memory_hub_new ();
}

MbMemoryHub *
_mb_memory_bus_get_hub (MbMemoryBus *self)
{
  return self->hub;
}

/**
 * mb_memory_bus_get:
 * @name: the name of a bus, not empty
 *
 * Gets the memory bus of that name, which is made if nobody holds it yet.
 *
 * Returns: (transfer full): the bus
 *
 * Since: 0.1
 */
MbMemoryBus *
mb_memory_bus_get (const char *name)
{
  MbMemoryBus *self = NULL;
  GWeakRef *weak_ref;

  g_return_val_if_fail (name != NULL && *name != '\0', NULL);

  G_LOCK (registry);

  if (registry == NULL)
    registry = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, weak_ref_free);

  weak_ref = g_hash_table_lookup (registry, name);
  if (weak_ref == NULL)
    {
      weak_ref = g_new0 (GWeakRef, 1);
      g_weak_ref_init (weak_ref, NULL);
      g_hash_table_insert (registry, g_strdup (name), weak_ref);
    }

  self = g_weak_ref_get (weak_ref);
  if (self == NULL)
    {
      self = g_object_new (MB_TYPE_MEMORY_BUS, "name", name, NULL);
      g_weak_ref_set (weak_ref, self);
    }

  G_UNLOCK (registry);

  return self;
}

/**
 * mb_memory_bus_get_name: (get-property name)
 * @self: a memory bus
 *
 * Gets the name of the bus.
 *
 * Returns: (transfer none) (nullable): the name; `NULL` only for an object that
 *   [func@MemoryBus.get] did not make
 *
 * Since: 0.1
 */
const char *
mb_memory_bus_get_name (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), NULL);

  return self->name;
}
