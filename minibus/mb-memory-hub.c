/* mb-memory-hub.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The engine of a memory bus: who is there, what is sent, and the thread that delivers it.
 *
 * Senders only append to the queue. While no fault is on, one entry stands for all endpoints. With
 * faults each endpoint has entries of its own, as each receiver of a real network has its own luck.
 */

#include "config.h"

#include "mb-memory-hub-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-memory-fate-private.h"
#include "mb-memory-queue-private.h"
#include "mb-thread-private.h"

#define BATCH 32

struct _MbMemoryEndpoint
{
  gatomicrefcount  ref_count;

  /* Immutable. */
  guint            number;      /* the smallest that was free when it came */
  guint64          first_order; /* packets before this one were sent before it came */

  gint             closing;     /* atomic; the rest of a batch must not hold up who closes */

  GRecMutex        lock;        /* held while the receiver is called; never taken under the hub's */
  MbReceiver      *receiver;    /* lock; NULL when gone */

  /* These belong to the hub's lock. */
  MbMemoryEntry   *held;        /* waits for the packet that overtakes it */
  gint64           held_until;
  guint            n_dropped;   /* to be reported */
  gboolean         was_reordered;
};

struct _MbMemoryHub
{
  gatomicrefcount  ref_count;

  GMutex           lock;
  GCond            wake;

  /* Everything below belongs to the lock. */
  MbMemoryFaults   faults;
  MbMemoryCounts   counts;
  guint64          n_drawn;     /* packets since the seed was set */
  guint64          order;
  GPtrArray       *endpoints;   /* only ever replaced, as the thread uses it without the lock */
  MbMemoryQueue    queue;
  gsize            n_bytes;     /* in all entries that wait, and in those being delivered */
  guint            n_held;
  guint            n_dropped;
  GThread         *thread;
  guint            generation;  /* a thread of an older generation is to end */
  guint            n_waiting;   /* threads: one that is to end may not have noticed yet */
};

typedef struct
{
  MbMemoryHub *hub;
  guint        generation;
} Start;

static MbMemoryEndpoint *
endpoint_ref (MbMemoryEndpoint *endpoint)
{
  g_atomic_ref_count_inc (&endpoint->ref_count);

  return endpoint;
}

static void
endpoint_unref (gpointer data)
{
  MbMemoryEndpoint *endpoint = data;

  if (!g_atomic_ref_count_dec (&endpoint->ref_count))
    return;

  g_assert (endpoint->receiver == NULL);
  g_assert (endpoint->held == NULL);

  g_rec_mutex_clear (&endpoint->lock);
  g_free (endpoint);
}

static MbMemoryHub *
hub_ref (MbMemoryHub *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static MbMemoryEntry *
entry_new (MbMemoryHub      *self,
           MbMemoryPacket   *packet,
           MbMemoryEndpoint *endpoint)
{
  MbMemoryEntry *entry = g_new0 (MbMemoryEntry, 1);

  entry->packet = g_atomic_rc_box_acquire (packet);
  entry->endpoint = endpoint != NULL ? endpoint_ref (endpoint) : NULL;
  entry->order = self->order;
  entry->n_copies = 1;

  return entry;
}

static void
entry_free (gpointer data)
{
  MbMemoryEntry *entry = data;

  g_clear_pointer (&entry->endpoint, endpoint_unref);
  g_atomic_rc_box_release (entry->packet);
  g_free (entry);
}

static gsize
entry_get_cost (const MbMemoryEntry *entry)
{
  return sizeof (MbMemoryEntry) + sizeof (MbMemoryPacket) + 64 + entry->packet->length;
}

/* The packet that was held for an endpoint goes on, not before `due`. */
static void
release (MbMemoryHub      *self,
         MbMemoryEndpoint *endpoint,
         gint64            due)
{
  MbMemoryEntry *held = g_steal_pointer (&endpoint->held);

  if (held == NULL)
    return;

  self->n_held--;
  held->due = MAX (held->due, due);
  _mb_memory_queue_push (&self->queue, held);
}

/* Decides what becomes of a packet at one endpoint. */
static void
schedule (MbMemoryHub      *self,
          MbMemoryEndpoint *endpoint,
          MbMemoryPacket   *packet,
          gint64            now)
{
  MbMemoryFate fate = _mb_memory_fate_decide (&self->faults, self->n_drawn, endpoint->number, endpoint->was_reordered);
  MbMemoryEntry *entry;

  if (fate.n_copies == 0)
    {
      self->counts.n_lost++;
      return;
    }

  entry = entry_new (self, packet, endpoint);
  entry->n_copies = fate.n_copies;
  self->counts.n_duplicated += fate.n_copies - 1;
  endpoint->was_reordered = fate.is_reordered;
  self->counts.n_reordered += fate.is_reordered;

  if (self->n_bytes + entry_get_cost (entry) > MB_MEMORY_HUB_MAX_BYTES)
    {
      endpoint->n_dropped += entry->n_copies;
      self->n_dropped += entry->n_copies;
      entry_free (entry);
      return;
    }

  self->n_bytes += entry_get_cost (entry);
  entry->due = fate.is_delayed ? now + fate.delay : 0;

  if (!endpoint->was_reordered)
    {
      _mb_memory_queue_push (&self->queue, entry);
      release (self, endpoint, entry->due);
      return;
    }

  /* The follower of an earlier one may have been dropped. */
  release (self, endpoint, 0);
  endpoint->held = entry;
  endpoint->held_until = now + MB_MEMORY_HUB_REORDER_TIME;
  self->n_held++;
}

static void
send_to_all (MbMemoryHub    *self,
             MbMemoryPacket *packet)
{
  MbMemoryEntry *entry = entry_new (self, packet, NULL);

  if (self->n_bytes + entry_get_cost (entry) <= MB_MEMORY_HUB_MAX_BYTES)
    {
      self->n_bytes += entry_get_cost (entry);
      _mb_memory_queue_push (&self->queue, entry);
      return;
    }

  for (guint i = 0; i < self->endpoints->len; i++)
    ((MbMemoryEndpoint *) g_ptr_array_index (self->endpoints, i))->n_dropped++;

  self->n_dropped++;
  entry_free (entry);
}

/* Makes ready what is due. Returns when the next entry will be. */
static gint64
collect_due (MbMemoryHub *self)
{
  gint64 now;
  gint64 next = MB_MEMORY_NEVER;

  if (self->n_held == 0 && !_mb_memory_queue_has_later (&self->queue))
    return MB_MEMORY_NEVER;

  now = g_get_monotonic_time ();

  for (guint i = 0; self->n_held > 0 && i < self->endpoints->len; i++)
    {
      MbMemoryEndpoint *endpoint = g_ptr_array_index (self->endpoints, i);

      if (endpoint->held == NULL)
        continue;

      if (endpoint->held_until <= now)
        release (self, endpoint, 0);
      else
        next = MIN (next, endpoint->held_until);
    }

  return MIN (next, _mb_memory_queue_collect (&self->queue, now));
}

static void
deliver_to (MbMemoryEndpoint    *endpoint,
            const MbMemoryEntry *entry)
{
  if (entry->order < endpoint->first_order)
    return;

  /* Held during the call, so that whoever closes the endpoint waits for it; recursive, as that may
   * happen in this very call.
   */
  g_rec_mutex_lock (&endpoint->lock);

  for (guint i = 0; i < entry->n_copies && !g_atomic_int_get (&endpoint->closing); i++)
    {
      g_autoptr(MbReceiver) receiver = g_object_ref (endpoint->receiver);

      mb_receiver_push (receiver, entry->packet->data, entry->packet->length);
    }

  g_rec_mutex_unlock (&endpoint->lock);
}

static void
deliver (const MbMemoryEntry *entry,
         GPtrArray           *endpoints)
{
  if (entry->endpoint != NULL)
    {
      deliver_to (entry->endpoint, entry);
      return;
    }

  for (guint i = 0; i < endpoints->len; i++)
    deliver_to (g_ptr_array_index (endpoints, i), entry);
}

/* Tells the endpoints what the full queue has cost them. Called and left with the hub's lock
 * held, but releases it.
 */
static void
report_dropped (MbMemoryHub *self)
{
  g_autoptr(GPtrArray) endpoints = g_ptr_array_ref (self->endpoints);

  self->n_dropped = 0;

  for (guint i = 0; i < endpoints->len; i++)
    {
      MbMemoryEndpoint *endpoint = g_ptr_array_index (endpoints, i);
      guint count = endpoint->n_dropped;

      if (count == 0)
        continue;

      endpoint->n_dropped = 0;
      g_mutex_unlock (&self->lock);

      g_rec_mutex_lock (&endpoint->lock);
      if (!g_atomic_int_get (&endpoint->closing))
        {
          g_autoptr(MbReceiver) receiver = g_object_ref (endpoint->receiver);

          mb_receiver_report_loss (receiver, count);
        }
      g_rec_mutex_unlock (&endpoint->lock);

      g_mutex_lock (&self->lock);
    }
}

/* Called and left with the hub's lock held, but releases it. */
static void
deliver_batch (MbMemoryHub *self)
{
  g_autoptr(GPtrArray) endpoints = g_ptr_array_ref (self->endpoints);
  MbMemoryEntry *batch[BATCH];
  gsize n_bytes = 0;
  guint n = 0;

  while (n < BATCH && _mb_memory_queue_has_ready (&self->queue))
    batch[n++] = _mb_memory_queue_pop (&self->queue);

  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < n; i++)
    {
      deliver (batch[i], endpoints);
      n_bytes += entry_get_cost (batch[i]);
      entry_free (batch[i]);
    }

  g_mutex_lock (&self->lock);
  self->n_bytes -= n_bytes;
}

static gpointer
hub_thread (gpointer data)
{
  g_autofree Start *start = data;
  MbMemoryHub *self = start->hub;

  g_mutex_lock (&self->lock);

  while (self->generation == start->generation)
    {
      gint64 next = collect_due (self);

      if (self->n_dropped > 0)
        {
          report_dropped (self);
          continue;
        }

      if (_mb_memory_queue_has_ready (&self->queue))
        {
          deliver_batch (self);
          continue;
        }

      self->n_waiting++;
      if (next == MB_MEMORY_NEVER)
        g_cond_wait (&self->wake, &self->lock);
      else
        g_cond_wait_until (&self->wake, &self->lock, next);
      self->n_waiting--;
    }

  g_mutex_unlock (&self->lock);
  _mb_memory_hub_unref (self);

  return NULL;
}

static void
clear_entries (MbMemoryHub *self)
{
  _mb_memory_queue_collect (&self->queue, MB_MEMORY_NEVER);

  while (_mb_memory_queue_has_ready (&self->queue))
    {
      MbMemoryEntry *entry = _mb_memory_queue_pop (&self->queue);

      self->n_bytes -= entry_get_cost (entry);
      entry_free (entry);
    }
}

/*< private >
 * _mb_memory_hub_new:
 *
 * Returns: (transfer full): a new hub without endpoints, and so without a thread
 */
MbMemoryHub *
_mb_memory_hub_new (void)
{
  MbMemoryHub *self = g_new0 (MbMemoryHub, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  _mb_memory_queue_init (&self->queue);
  self->endpoints = g_ptr_array_new_with_free_func (endpoint_unref);

  return self;
}

void
_mb_memory_hub_unref (MbMemoryHub *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->endpoints->len == 0);
  g_assert (self->thread == NULL);

  g_ptr_array_unref (self->endpoints);
  _mb_memory_queue_clear (&self->queue);
  g_cond_clear (&self->wake);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/*< private >
 * _mb_memory_hub_lock_faults:
 * @self: a hub
 *
 * Returns: (transfer none): what happens to packets, to be read or changed until
 *   _mb_memory_hub_unlock_faults()
 */
MbMemoryFaults *
_mb_memory_hub_lock_faults (MbMemoryHub *self)
{
  g_mutex_lock (&self->lock);

  return &self->faults;
}

void
_mb_memory_hub_unlock_faults (MbMemoryHub *self)
{
  g_mutex_unlock (&self->lock);
}

/*< private >
 * _mb_memory_hub_restart:
 * @self: a hub
 * @seed: what the fate of packets depends on
 *
 * Sets the seed, and makes the next packet count as the first one.
 *
 * Returns: whether the seed is another one now
 */
gboolean
_mb_memory_hub_restart (MbMemoryHub *self,
                        guint        seed)
{
  gboolean changed;

  g_mutex_lock (&self->lock);

  changed = self->faults.seed != seed;
  self->faults.seed = seed;
  self->n_drawn = 0;
  for (guint i = 0; i < self->endpoints->len; i++)
    ((MbMemoryEndpoint *) g_ptr_array_index (self->endpoints, i))->was_reordered = FALSE;

  g_mutex_unlock (&self->lock);

  return changed;
}

void
_mb_memory_hub_get_counts (MbMemoryHub    *self,
                           MbMemoryCounts *counts)
{
  g_mutex_lock (&self->lock);
  *counts = self->counts;
  g_mutex_unlock (&self->lock);
}

static gboolean
has_number (GPtrArray *endpoints,
            guint      number)
{
  for (guint i = 0; i < endpoints->len; i++)
    {
      if (((MbMemoryEndpoint *) g_ptr_array_index (endpoints, i))->number == number)
        return TRUE;
    }

  return FALSE;
}

/* Replaces the list of endpoints by one with or without a certain endpoint. */
static void
change_endpoints (MbMemoryHub      *self,
                  MbMemoryEndpoint *added,
                  MbMemoryEndpoint *removed)
{
  GPtrArray *endpoints = g_ptr_array_new_with_free_func (endpoint_unref);

  for (guint i = 0; i < self->endpoints->len; i++)
    {
      if (g_ptr_array_index (self->endpoints, i) != removed)
        g_ptr_array_add (endpoints, endpoint_ref (g_ptr_array_index (self->endpoints, i)));
    }

  if (added != NULL)
    g_ptr_array_add (endpoints, endpoint_ref (added));

  g_ptr_array_unref (self->endpoints);
  self->endpoints = endpoints;
}

/*< private >
 * _mb_memory_hub_attach:
 * @self: a hub
 * @receiver: what gets the packets
 * @error: return location for an error
 *
 * Adds an endpoint, which receives what is sent from now on.
 *
 * Returns: (transfer full): the endpoint, for _mb_memory_hub_detach()
 */
MbMemoryEndpoint *
_mb_memory_hub_attach (MbMemoryHub  *self,
                       MbReceiver   *receiver,
                       GError      **error)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr(GError) local_error = NULL;
  MbMemoryEndpoint *endpoint;

  if (self->thread == NULL)
    {
      Start *start = g_new0 (Start, 1);

      start->hub = hub_ref (self);
      start->generation = self->generation;
      self->thread = _mb_thread_try_new ("minibus-memory", hub_thread, start, &local_error);

      if (self->thread == NULL)
        {
          g_atomic_ref_count_dec (&self->ref_count);
          g_free (start);
          g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                       _("The thread of the memory bus could not be started: %s"),
                       local_error->message);
          return NULL;
        }
    }

  endpoint = g_new0 (MbMemoryEndpoint, 1);
  g_atomic_ref_count_init (&endpoint->ref_count);
  g_rec_mutex_init (&endpoint->lock);
  endpoint->receiver = g_object_ref (receiver);
  endpoint->first_order = self->order;
  while (has_number (self->endpoints, endpoint->number))
    endpoint->number++;

  change_endpoints (self, endpoint, NULL);

  return endpoint;
}

/*< private >
 * _mb_memory_hub_detach:
 * @self: a hub
 * @endpoint: (transfer full): an endpoint
 *
 * Removes an endpoint. When this returns, its receiver is not called any more; a call that is under
 * way is waited for, unless this is called from there. The last endpoint takes the thread with it.
 */
void
_mb_memory_hub_detach (MbMemoryHub      *self,
                       MbMemoryEndpoint *endpoint)
{
  g_autoptr(MbReceiver) receiver = NULL;
  GThread *thread = NULL;

  g_mutex_lock (&self->lock);

  change_endpoints (self, NULL, endpoint);

  if (endpoint->held != NULL)
    {
      self->n_held--;
      self->n_bytes -= entry_get_cost (endpoint->held);
      g_clear_pointer (&endpoint->held, entry_free);
    }

  if (self->endpoints->len == 0)
    {
      clear_entries (self);
      self->n_dropped = 0;
      self->generation++;
      thread = g_steal_pointer (&self->thread);
      g_cond_broadcast (&self->wake);
    }

  g_mutex_unlock (&self->lock);

  g_atomic_int_set (&endpoint->closing, TRUE);
  g_rec_mutex_lock (&endpoint->lock);
  receiver = g_steal_pointer (&endpoint->receiver);
  g_rec_mutex_unlock (&endpoint->lock);
  endpoint_unref (endpoint);

  if (thread == NULL)
    return;

  if (thread == g_thread_self ())
    g_thread_unref (thread);
  else
    g_thread_join (thread);
}

/*< private >
 * _mb_memory_hub_send:
 * @self: a hub with at least one endpoint
 * @data: the packet
 * @length: its size
 *
 * Queues a packet for every endpoint that is there now.
 */
void
_mb_memory_hub_send (MbMemoryHub  *self,
                     const guint8 *data,
                     gsize         length)
{
  MbMemoryPacket *packet = g_atomic_rc_box_alloc (sizeof (MbMemoryPacket) + length);

  packet->length = length;
  if (length > 0)
    memcpy (packet->data, data, length);

  g_mutex_lock (&self->lock);

  self->counts.n_sent++;

  if (_mb_memory_faults_are_on (&self->faults) || self->n_held > 0)
    {
      gint64 now = g_get_monotonic_time ();

      for (guint i = 0; i < self->endpoints->len; i++)
        schedule (self, g_ptr_array_index (self->endpoints, i), packet, now);
    }
  else
    send_to_all (self, packet);

  self->order++;
  self->n_drawn++;

  if (self->n_waiting > 0)
    g_cond_broadcast (&self->wake);

  g_mutex_unlock (&self->lock);

  g_atomic_rc_box_release (packet);
}
