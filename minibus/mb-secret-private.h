/* mb-secret-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A passphrase in memory of its own, which is kept out of swap and core dumps where the system allows
 * it, and is overwritten before it is given back. Immutable; any thread.
 */
typedef struct _MbSecret MbSecret;

MbSecret   *_mb_secret_new   (const char *text,
                              gsize       length);
MbSecret   *_mb_secret_ref   (MbSecret   *self);
void        _mb_secret_unref (MbSecret   *self);
/* The text, with a NUL behind it; lives as long as the secret. */
const char *_mb_secret_get   (MbSecret   *self,
                              gsize      *length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSecret, _mb_secret_unref)

G_END_DECLS
