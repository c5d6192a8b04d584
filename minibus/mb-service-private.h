/* mb-service-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"
#include "mb-service.h"

G_BEGIN_DECLS

MbService *_mb_service_new           (MbCore          *core,
                                      const char      *name,
                                      MbSchema        *request_schema,
                                      MbSchema        *reply_schema,
                                      GError         **error);
/* Lets `func` handle the requests. */
void       _mb_service_set_func      (MbService       *self,
                                      MbServiceFunc    func,
                                      gpointer         user_data,
                                      GDestroyNotify   destroy);
guint      _mb_service_get_n_waiting (MbService       *self);
/* Closes without a signal, and returns whether it was open. */
gboolean   _mb_service_close_quietly (MbService       *self);

G_END_DECLS
