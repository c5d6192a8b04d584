/* mb-cipher-queue-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-cipher-private.h"

G_BEGIN_DECLS

/* Runs the work of a cipher in threads of its own, off the main loop and off the path that receives.
 *
 * Jobs with the same key are done one after the other, in the order they came; keys take turns, so that
 * one busy or slow sender holds up only itself. Messages that need a long key derivation get all threads
 * but one, and half the queue. The queue is bounded in jobs, in bytes, and in jobs for a key: what does
 * not fit is refused.
 */
typedef struct _MbCipherQueue MbCipherQueue;

/* 0 gives the default. */
typedef struct
{
  guint n_threads;         /* number of processors, from 2 to 4; they start when needed */
  guint max_jobs;          /* 1,024, waiting and running */
  guint max_jobs_per_key;  /* a quarter of max_jobs */
  gsize max_bytes;         /* 8 MiB */
} MbCipherQueueLimits;

/* How a job ended: of `wire`, `plain.plain` and `error`, one is set. */
typedef struct
{
  GString        *wire;
  MbCipherResult  plain;
  GError         *error;
} MbCipherOutcome;

/* Called once for each accepted job, in a thread of the queue. It may take what it wants out of the
 * outcome with g_steal_pointer(), push new jobs, close the queue and drop references to it.
 */
typedef void (*MbCipherDone) (MbCipherOutcome *outcome,
                              gpointer         user_data);

MbCipherQueue *_mb_cipher_queue_new         (MbCipher                   *cipher,
                                             const MbCipherQueueLimits  *limits);
MbCipherQueue *_mb_cipher_queue_ref         (MbCipherQueue              *self);
/* The last one closes. */
void           _mb_cipher_queue_unref       (MbCipherQueue              *self);
/* FALSE with MB_CIPHER_ERROR_BUSY or CLOSED: `done` is not called then, and `destroy` neither, so that
 * `user_data` still is the caller's. Else `destroy` is called after `done`, in the same thread.
 * `key` may be NULL, which is a key, too. Cancelling ends a running job at once; a waiting one when it
 * is its turn.
 */
gboolean       _mb_cipher_queue_encrypt     (MbCipherQueue              *self,
                                             const char                 *key,
                                             GBytes                     *plain,
                                             const char                 *binding,
                                             GCancellable               *cancellable,
                                             MbCipherDone                done,
                                             gpointer                    user_data,
                                             GDestroyNotify              destroy,
                                             GError                    **error);
/* `key` is also the sender for _mb_cipher_decrypt(). */
gboolean       _mb_cipher_queue_decrypt     (MbCipherQueue              *self,
                                             const char                 *key,
                                             GBytes                     *wire,
                                             GCancellable               *cancellable,
                                             MbCipherDone                done,
                                             gpointer                    user_data,
                                             GDestroyNotify              destroy,
                                             GError                    **error);
guint          _mb_cipher_queue_get_n_jobs  (MbCipherQueue              *self);
/* Ends the jobs that run and gives those that wait MB_CIPHER_ERROR_CLOSED, then waits until every
 * callback has returned, except for one that it is called from. Does not close the cipher. Idempotent.
 */
void           _mb_cipher_queue_close       (MbCipherQueue              *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbCipherQueue, _mb_cipher_queue_unref)

G_END_DECLS
