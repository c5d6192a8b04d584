/* mb-thread-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GThread  *_mb_thread_try_new (const char      *name,
                              GThreadFunc      func,
                              gpointer         data,
                              GError         **error);
gboolean  _mb_thread_start   (const char      *name,
                              GThreadFunc      func,
                              gpointer         data,
                              GDestroyNotify   destroy,
                              GError         **error);
void      _mb_thread_call    (int              event_fd);
guint     _mb_process_get    (void);

G_END_DECLS
