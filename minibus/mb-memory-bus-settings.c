/* mb-memory-bus-settings.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a memory bus is told to do to packets, and how often it has. */

#include "config.h"

#include "mb-memory-bus-private.h"

static double
get_double (MbMemoryBus *self,
            gsize        offset)
{
  double value = G_STRUCT_MEMBER (double, _mb_memory_hub_lock_faults (self->hub), offset);

  _mb_memory_hub_unlock_faults (self->hub);

  return value;
}

static void
set_double (MbMemoryBus *self,
            gsize        offset,
            const char  *property,
            double       value)
{
  double *field = &G_STRUCT_MEMBER (double, _mb_memory_hub_lock_faults (self->hub), offset);
  gboolean changed = *field < value || *field > value;

  *field = value;
  _mb_memory_hub_unlock_faults (self->hub);

  if (changed)
    g_object_notify (G_OBJECT (self), property);
}

static guint
get_uint (MbMemoryBus *self,
          gsize        offset)
{
  guint value = G_STRUCT_MEMBER (guint, _mb_memory_hub_lock_faults (self->hub), offset);

  _mb_memory_hub_unlock_faults (self->hub);

  return value;
}

static void
set_uint (MbMemoryBus *self,
          gsize        offset,
          const char  *property,
          guint        value)
{
  guint *field = &G_STRUCT_MEMBER (guint, _mb_memory_hub_lock_faults (self->hub), offset);
  gboolean changed = *field != value;

  *field = value;
  _mb_memory_hub_unlock_faults (self->hub);

  if (changed)
    g_object_notify (G_OBJECT (self), property);
}

static MbMemoryCounts
get_counts (MbMemoryBus *self)
{
  MbMemoryCounts counts;

  _mb_memory_hub_get_counts (self->hub, &counts);

  return counts;
}

/**
 * mb_memory_bus_get_delay: (get-property delay)
 * @self: a memory bus
 *
 * Gets the delay. See [property@MemoryBus:delay].
 *
 * Returns: the delay
 *
 * Since: 0.1
 */
guint
mb_memory_bus_get_delay (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_uint (self, G_STRUCT_OFFSET (MbMemoryFaults, delay));
}

/**
 * mb_memory_bus_set_delay: (set-property delay)
 * @self: a memory bus
 * @delay: how long each packet travels, in microseconds
 *
 * Sets the delay. See [property@MemoryBus:delay].
 *
 * Since: 0.1
 */
void
mb_memory_bus_set_delay (MbMemoryBus *self,
                         guint        delay)
{
  g_return_if_fail (MB_IS_MEMORY_BUS (self));

  set_uint (self, G_STRUCT_OFFSET (MbMemoryFaults, delay), "delay", delay);
}

/**
 * mb_memory_bus_get_duplication: (get-property duplication)
 * @self: a memory bus
 *
 * Gets the probability of duplicates. See [property@MemoryBus:duplication].
 *
 * Returns: the probability of duplicates
 *
 * Since: 0.1
 */
double
mb_memory_bus_get_duplication (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_double (self, G_STRUCT_OFFSET (MbMemoryFaults, duplication));
}

/**
 * mb_memory_bus_set_duplication: (set-property duplication)
 * @self: a memory bus
 * @duplication: how likely a packet arrives twice, from 0 to 1
 *
 * Sets the probability of duplicates. See [property@MemoryBus:duplication].
 *
 * Since: 0.1
 */
void
mb_memory_bus_set_duplication (MbMemoryBus *self,
                               double       duplication)
{
  g_return_if_fail (MB_IS_MEMORY_BUS (self));
  g_return_if_fail (duplication >= 0 && duplication <= 1);

  set_double (self, G_STRUCT_OFFSET (MbMemoryFaults, duplication), "duplication", duplication);
}

/**
 * mb_memory_bus_get_jitter: (get-property jitter)
 * @self: a memory bus
 *
 * Gets the jitter. See [property@MemoryBus:jitter].
 *
 * Returns: the jitter
 *
 * Since: 0.1
 */
guint
mb_memory_bus_get_jitter (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_uint (self, G_STRUCT_OFFSET (MbMemoryFaults, jitter));
}

/**
 * mb_memory_bus_set_jitter: (set-property jitter)
 * @self: a memory bus
 * @jitter: by how much more a packet may be delayed, in microseconds
 *
 * Sets the jitter. See [property@MemoryBus:jitter].
 *
 * Since: 0.1
 */
void
mb_memory_bus_set_jitter (MbMemoryBus *self,
                          guint        jitter)
{
  g_return_if_fail (MB_IS_MEMORY_BUS (self));

  set_uint (self, G_STRUCT_OFFSET (MbMemoryFaults, jitter), "jitter", jitter);
}

/**
 * mb_memory_bus_get_loss: (get-property loss)
 * @self: a memory bus
 *
 * Gets the probability of loss. See [property@MemoryBus:loss].
 *
 * Returns: the probability of loss
 *
 * Since: 0.1
 */
double
mb_memory_bus_get_loss (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_double (self, G_STRUCT_OFFSET (MbMemoryFaults, loss));
}

/**
 * mb_memory_bus_set_loss: (set-property loss)
 * @self: a memory bus
 * @loss: how likely a packet is lost, from 0 to 1
 *
 * Sets the probability of loss. See [property@MemoryBus:loss].
 *
 * Since: 0.1
 */
void
mb_memory_bus_set_loss (MbMemoryBus *self,
                        double       loss)
{
  g_return_if_fail (MB_IS_MEMORY_BUS (self));
  g_return_if_fail (loss >= 0 && loss <= 1);

  set_double (self, G_STRUCT_OFFSET (MbMemoryFaults, loss), "loss", loss);
}

/**
 * mb_memory_bus_get_n_duplicated: (get-property n-duplicated)
 * @self: a memory bus
 *
 * Gets the number of duplicates. See [property@MemoryBus:n-duplicated].
 *
 * Returns: the number of duplicates, modulo 2³²
 *
 * Since: 0.1
 */
guint
mb_memory_bus_get_n_duplicated (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_counts (self).n_duplicated;
}

/**
 * mb_memory_bus_get_n_lost: (get-property n-lost)
 * @self: a memory bus
 *
 * Gets the number of losses. See [property@MemoryBus:n-lost].
 *
 * Returns: the number of losses, modulo 2³²
 *
 * Since: 0.1
 */
guint
mb_memory_bus_get_n_lost (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_counts (self).n_lost;
}

/**
 * mb_memory_bus_get_n_reordered: (get-property n-reordered)
 * @self: a memory bus
 *
 * Gets the number of reordered packets. See [property@MemoryBus:n-reordered].
 *
 * Returns: the number of reordered packets, modulo 2³²
 *
 * Since: 0.1
 */
guint
mb_memory_bus_get_n_reordered (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_counts (self).n_reordered;
}

/**
 * mb_memory_bus_get_n_sent: (get-property n-sent)
 * @self: a memory bus
 *
 * Gets the number of packets. See [property@MemoryBus:n-sent].
 *
 * Returns: the number of packets, modulo 2³²
 *
 * Since: 0.1
 */
guint
mb_memory_bus_get_n_sent (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_counts (self).n_sent;
}

/**
 * mb_memory_bus_get_reordering: (get-property reordering)
 * @self: a memory bus
 *
 * Gets the probability of reordering. See [property@MemoryBus:reordering].
 *
 * Returns: the probability of reordering
 *
 * Since: 0.1
 */
double
mb_memory_bus_get_reordering (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_double (self, G_STRUCT_OFFSET (MbMemoryFaults, reordering));
}

/**
 * mb_memory_bus_set_reordering: (set-property reordering)
 * @self: a memory bus
 * @reordering: how likely a packet arrives late, from 0 to 1
 *
 * Sets the probability of reordering. See [property@MemoryBus:reordering].
 *
 * Since: 0.1
 */
void
mb_memory_bus_set_reordering (MbMemoryBus *self,
                              double       reordering)
{
  g_return_if_fail (MB_IS_MEMORY_BUS (self));
  g_return_if_fail (reordering >= 0 && reordering <= 1);

  set_double (self, G_STRUCT_OFFSET (MbMemoryFaults, reordering), "reordering", reordering);
}

/**
 * mb_memory_bus_get_seed: (get-property seed)
 * @self: a memory bus
 *
 * Gets the seed. See [property@MemoryBus:seed].
 *
 * Returns: the seed
 *
 * Since: 0.1
 */
guint
mb_memory_bus_get_seed (MbMemoryBus *self)
{
  g_return_val_if_fail (MB_IS_MEMORY_BUS (self), 0);

  return get_uint (self, G_STRUCT_OFFSET (MbMemoryFaults, seed));
}

/**
 * mb_memory_bus_set_seed: (set-property seed)
 * @self: a memory bus
 * @seed: any number
 *
 * Sets the seed. See [property@MemoryBus:seed].
 *
 * Since: 0.1
 */
void
mb_memory_bus_set_seed (MbMemoryBus *self,
                        guint        seed)
{
  g_return_if_fail (MB_IS_MEMORY_BUS (self));

  if (_mb_memory_hub_restart (self->hub, seed))
    g_object_notify (G_OBJECT (self), "seed");
}
