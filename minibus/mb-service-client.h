/* mb-service-client.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "mb-message.h"
#include "mb-schema.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_SERVICE_CLIENT (mb_service_client_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbServiceClient, mb_service_client, MB, SERVICE_CLIENT, GObject)

MB_AVAILABLE_IN_ALL
const char *mb_service_client_get_name           (MbServiceClient      *self);
MB_AVAILABLE_IN_ALL
MbSchema   *mb_service_client_get_reply_schema   (MbServiceClient      *self);
MB_AVAILABLE_IN_ALL
MbSchema   *mb_service_client_get_request_schema (MbServiceClient      *self);
MB_AVAILABLE_IN_ALL
guint       mb_service_client_get_timeout        (MbServiceClient      *self);
MB_AVAILABLE_IN_ALL
void        mb_service_client_set_timeout        (MbServiceClient      *self,
                                                  guint                 timeout);
MB_AVAILABLE_IN_ALL
char       *mb_service_client_call               (MbServiceClient      *self,
                                                  JsonNode             *params,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
char       *mb_service_client_call_text          (MbServiceClient      *self,
                                                  const char           *params,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void        mb_service_client_call_async         (MbServiceClient      *self,
                                                  JsonNode             *params,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
JsonNode   *mb_service_client_call_finish        (MbServiceClient      *self,
                                                  GAsyncResult         *result,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
JsonNode   *mb_service_client_call_sync          (MbServiceClient      *self,
                                                  JsonNode             *params,
                                                  GCancellable         *cancellable,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
void        mb_service_client_call_text_async    (MbServiceClient      *self,
                                                  const char           *params,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
char       *mb_service_client_call_text_finish   (MbServiceClient      *self,
                                                  GAsyncResult         *result,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
char       *mb_service_client_call_text_sync     (MbServiceClient      *self,
                                                  const char           *params,
                                                  GCancellable         *cancellable,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
void        mb_service_client_close              (MbServiceClient      *self);

G_END_DECLS
