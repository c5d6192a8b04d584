/* mb-subscriber.h
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
#include "mb-message.h"
#include "mb-schema.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_SUBSCRIBER (mb_subscriber_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbSubscriber, mb_subscriber, MB, SUBSCRIBER, GObject)

MB_AVAILABLE_IN_ALL
guint       mb_subscriber_get_inbox_bytes (MbSubscriber *self);
MB_AVAILABLE_IN_ALL
void        mb_subscriber_set_inbox_bytes (MbSubscriber *self,
                                           guint         inbox_bytes);
MB_AVAILABLE_IN_ALL
guint       mb_subscriber_get_inbox_size  (MbSubscriber *self);
MB_AVAILABLE_IN_ALL
void        mb_subscriber_set_inbox_size  (MbSubscriber *self,
                                           guint         inbox_size);
MB_AVAILABLE_IN_ALL
gboolean    mb_subscriber_get_is_closed   (MbSubscriber *self);
MB_AVAILABLE_IN_ALL
guint       mb_subscriber_get_n_dropped   (MbSubscriber *self);
MB_AVAILABLE_IN_ALL
guint       mb_subscriber_get_n_missed    (MbSubscriber *self);
MB_AVAILABLE_IN_ALL
MbOverflow  mb_subscriber_get_overflow    (MbSubscriber *self);
MB_AVAILABLE_IN_ALL
void        mb_subscriber_set_overflow    (MbSubscriber *self,
                                           MbOverflow    overflow);
MB_AVAILABLE_IN_ALL
const char *mb_subscriber_get_pattern     (MbSubscriber *self);
MB_AVAILABLE_IN_ALL
MbSchema   *mb_subscriber_get_schema      (MbSubscriber *self);
MB_AVAILABLE_IN_ALL
guint       mb_subscriber_get_missed_from (MbSubscriber *self,
                                           const char   *author);
MB_AVAILABLE_IN_ALL
void        mb_subscriber_receive_async   (MbSubscriber         *self,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
MB_AVAILABLE_IN_ALL
MbMessage  *mb_subscriber_receive_finish  (MbSubscriber         *self,
                                           GAsyncResult         *result,
                                           GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
gboolean mb_subscriber_wait_for_publisher_sync   (MbSubscriber         *self,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void     mb_subscriber_wait_for_publisher_async  (MbSubscriber         *self,
                                                  guint                 timeout,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean mb_subscriber_wait_for_publisher_finish (MbSubscriber         *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void        mb_subscriber_close           (MbSubscriber *self);

G_END_DECLS
