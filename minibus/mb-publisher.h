/* mb-publisher.h
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

#include "mb-schema.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_PUBLISHER (mb_publisher_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbPublisher, mb_publisher, MB, PUBLISHER, GObject)

MB_AVAILABLE_IN_ALL
MbSchema   *mb_publisher_get_schema   (MbPublisher  *self);
MB_AVAILABLE_IN_ALL
const char *mb_publisher_get_topic    (MbPublisher  *self);
MB_AVAILABLE_IN_ALL
gboolean    mb_publisher_publish      (MbPublisher  *self,
                                       JsonNode     *data,
                                       GError      **error);
MB_AVAILABLE_IN_ALL
gboolean    mb_publisher_publish_text (MbPublisher  *self,
                                       const char   *json,
                                       GError      **error);
MB_AVAILABLE_IN_ALL
gboolean mb_publisher_wait_for_subscriber_sync   (MbPublisher          *self,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void     mb_publisher_wait_for_subscriber_async  (MbPublisher          *self,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean mb_publisher_wait_for_subscriber_finish (MbPublisher          *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void        mb_publisher_close        (MbPublisher  *self);

G_END_DECLS
