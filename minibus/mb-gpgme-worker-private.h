/* mb-gpgme-worker-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <gpgme.h>

#include "mb-gnupg-home-private.h"
#include "mb-secret-private.h"

G_BEGIN_DECLS

/* One gpgme context and the loop that runs its operations, so that they end at once when cancelled:
 * gpgme's own loop looks only once a second. One thread at a time.
 */
typedef struct
{
  gpgme_ctx_t   context;
  MbGnupgHome  *home;

  /* Of the operation under way. */
  MbSecret     *passphrase;      /* not owned; NULL refuses */
  MbSecret     *key_passphrase;  /* not owned; NULL refuses */
  guint         n_asked;         /* how often gpg wanted the passphrase of the message */
  gboolean      refused;
  GByteArray   *out;             /* not owned */
  gsize         max_out;
  gboolean      overflown;

  GPtrArray    *watches;
  gboolean      done;
  gpgme_error_t result;
} MbGpgmeWorker;

/* Prepares gpgme for threads, once; it also has SIGPIPE ignored in the process, as GSocket does. */
void           _mb_gpgme_init          (void);

MbGpgmeWorker *_mb_gpgme_worker_new    (const char      *program,
                                        MbGnupgHome     *home,
                                        GError         **error);
void           _mb_gpgme_worker_free   (MbGpgmeWorker   *self);
/* Makes an output of gpgme that appends to `out`, up to `max_out` bytes. */
gpgme_data_t   _mb_gpgme_worker_output (MbGpgmeWorker   *self,
                                        GByteArray      *out,
                                        gsize            max_out);
void           _mb_gpgme_worker_prepare
                                       (MbGpgmeWorker   *self,
                                        MbSecret        *passphrase,
                                        MbSecret        *key_passphrase);
/* Runs the operation that a gpgme_op_…_start() returned `started` for, to its end. TRUE if it came to an
 * end of its own, good or bad: that is in `result`. FALSE with an error if it was cut short; the worker
 * is of no more use then. `timeout_ms` is for the whole.
 */
gboolean       _mb_gpgme_worker_run    (MbGpgmeWorker   *self,
                                        gpgme_error_t    started,
                                        guint            timeout_ms,
                                        GCancellable    *closing,
                                        GCancellable    *cancellable,
                                        GError         **error);

G_END_DECLS
