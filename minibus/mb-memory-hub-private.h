/* mb-memory-hub-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-receiver.h"

G_BEGIN_DECLS

/* More than this never waits in a hub. Each packet counts with its size and a share for
 * bookkeeping.
 */
#define MB_MEMORY_HUB_MAX_BYTES (64 * 1024 * 1024)
/* How long a packet that is to be overtaken waits for the one that overtakes it, in microseconds.
 */
#define MB_MEMORY_HUB_REORDER_TIME 10000

typedef struct
{
  double  loss;                 /* probabilities, 0 … 1 */
  double  duplication;
  double  reordering;
  guint   delay;                /* microseconds */
  guint   jitter;
  guint   seed;
} MbMemoryFaults;

typedef struct
{
  guint   n_sent;
  guint   n_lost;
  guint   n_duplicated;
  guint   n_reordered;
} MbMemoryCounts;

typedef struct _MbMemoryHub MbMemoryHub;
typedef struct _MbMemoryEndpoint MbMemoryEndpoint;

MbMemoryHub      *_mb_memory_hub_new           (void);
void              _mb_memory_hub_unref         (MbMemoryHub       *self);
MbMemoryFaults   *_mb_memory_hub_lock_faults   (MbMemoryHub       *self);
void              _mb_memory_hub_unlock_faults (MbMemoryHub       *self);
gboolean          _mb_memory_hub_restart       (MbMemoryHub       *self,
                                                guint              seed);
void              _mb_memory_hub_get_counts    (MbMemoryHub       *self,
                                                MbMemoryCounts    *counts);
MbMemoryEndpoint *_mb_memory_hub_attach        (MbMemoryHub       *self,
                                                MbReceiver        *receiver,
                                                GError           **error);
void              _mb_memory_hub_detach        (MbMemoryHub       *self,
                                                MbMemoryEndpoint  *endpoint);
void              _mb_memory_hub_send          (MbMemoryHub       *self,
                                                const guint8      *data,
                                                gsize              length);

G_END_DECLS
