/* mb-client.h
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

#include "mb-enums.h"
#include "mb-publisher.h"
#include "mb-schema.h"
#include "mb-service.h"
#include "mb-service-client.h"
#include "mb-subscriber.h"
#include "mb-transport.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_CLIENT (mb_client_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbClient, mb_client, MB, CLIENT, GObject)

MB_AVAILABLE_IN_ALL
MbClient        *mb_client_new                   (const char           *name) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
const char      *mb_client_get_address           (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_address           (MbClient             *self,
                                                  const char           *address);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_get_is_open           (MbClient             *self);
MB_AVAILABLE_IN_ALL
guint            mb_client_get_max_packet_size   (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_max_packet_size   (MbClient             *self,
                                                  guint                 max_packet_size);
MB_AVAILABLE_IN_ALL
const char      *mb_client_get_name              (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_passphrase        (MbClient             *self,
                                                  const char           *passphrase);
MB_AVAILABLE_IN_ALL
void             mb_client_set_read_passphrases  (MbClient             *self,
                                                  const char * const   *passphrases);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_read_passphrase_sync  (MbClient             *self,
                                                  GInputStream         *stream,
                                                  GCancellable         *cancellable,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void             mb_client_read_passphrase_async (MbClient             *self,
                                                  GInputStream         *stream,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_read_passphrase_finish (MbClient             *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_get_accept_plaintext  (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_accept_plaintext  (MbClient             *self,
                                                  gboolean              accept_plaintext);
MB_AVAILABLE_IN_ALL
guint            mb_client_get_s2k_count         (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_s2k_count         (MbClient             *self,
                                                  guint                 s2k_count);
MB_AVAILABLE_IN_ALL
const char      *mb_client_get_gnupg_home        (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_gnupg_home        (MbClient             *self,
                                                  const char           *gnupg_home);
MB_AVAILABLE_IN_ALL
const char      *mb_client_get_signing_key       (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_signing_key       (MbClient             *self,
                                                  const char           *signing_key);
MB_AVAILABLE_IN_ALL
const char * const *mb_client_get_recipients (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_recipients        (MbClient             *self,
                                                  const char * const   *recipients);
MB_AVAILABLE_IN_ALL
const char * const *mb_client_get_trusted_keys (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_trusted_keys      (MbClient             *self,
                                                  const char * const   *trusted_keys);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_get_require_signature (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_require_signature (MbClient             *self,
                                                  gboolean              require_signature);
MB_AVAILABLE_IN_ALL
const char      *mb_client_get_session           (MbClient             *self);
MB_AVAILABLE_IN_ALL
MbTransport     *mb_client_get_transport         (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_transport         (MbClient             *self,
                                                  MbTransport          *transport);
MB_AVAILABLE_IN_ALL
guint            mb_client_get_dropped           (MbClient             *self,
                                                  MbDropReason          reason);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_open_sync             (MbClient             *self,
                                                  GCancellable         *cancellable,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void             mb_client_open_async            (MbClient             *self,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_open_finish           (MbClient             *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void             mb_client_close                 (MbClient             *self);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_flush_sync            (MbClient             *self,
                                                  GCancellable         *cancellable,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void             mb_client_flush_async           (MbClient             *self,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_flush_finish          (MbClient             *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
MbPublisher     *mb_client_create_publisher      (MbClient             *self,
                                                  const char           *topic,
                                                  MbSchema             *schema,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbSubscriber    *mb_client_subscribe             (MbClient             *self,
                                                  const char           *pattern,
                                                  MbSchema             *schema,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void             mb_client_unsubscribe           (MbClient             *self,
                                                  MbSubscriber         *subscriber);
MB_AVAILABLE_IN_ALL
MbService       *mb_client_create_service        (MbClient             *self,
                                                  const char           *name,
                                                  MbSchema             *request_schema,
                                                  MbSchema             *reply_schema,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
MbService       *mb_client_provide               (MbClient             *self,
                                                  const char           *name,
                                                  MbSchema             *request_schema,
                                                  MbSchema             *reply_schema,
                                                  MbServiceFunc         func,
                                                  gpointer              user_data,
                                                  GDestroyNotify        destroy,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
MbServiceClient *mb_client_create_service_client (MbClient             *self,
                                                  const char           *name,
                                                  MbSchema             *request_schema,
                                                  MbSchema             *reply_schema,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
void             mb_client_call_async            (MbClient             *self,
                                                  const char           *name,
                                                  JsonNode             *params,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
JsonNode        *mb_client_call_finish           (MbClient             *self,
                                                  GAsyncResult         *result,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
JsonNode        *mb_client_call_sync             (MbClient             *self,
                                                  const char           *name,
                                                  JsonNode             *params,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
void             mb_client_call_text_async       (MbClient             *self,
                                                  const char           *name,
                                                  const char           *params,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
char            *mb_client_call_text_finish      (MbClient             *self,
                                                  GAsyncResult         *result,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
char            *mb_client_call_text_sync        (MbClient             *self,
                                                  const char           *name,
                                                  const char           *params,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
gboolean         mb_client_get_presence (MbClient             *self);
MB_AVAILABLE_IN_ALL
void             mb_client_set_presence (MbClient             *self,
                                         gboolean              presence);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_wait_for_peer_sync (MbClient             *self,
                                               const char           *name,
                                               guint                 timeout,
                                               GCancellable         *cancellable,
                                               GError              **error);
MB_AVAILABLE_IN_ALL
void             mb_client_wait_for_peer_async (MbClient             *self,
                                                const char           *name,
                                                guint                 timeout,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_wait_for_peer_finish (MbClient             *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_wait_for_service_sync (MbClient             *self,
                                                  const char           *name,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void             mb_client_wait_for_service_async (MbClient             *self,
                                                   const char           *name,
                                                   guint                 timeout,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean         mb_client_wait_for_service_finish (MbClient             *self,
                                                    GAsyncResult         *result,
                                                    GError              **error);

G_END_DECLS
