/* mb-directory.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mb-client.h"
#include "mb-peer.h"
#include "mb-service-info.h"
#include "mb-topic-info.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_DIRECTORY (mb_directory_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbDirectory, mb_directory, MB, DIRECTORY, GObject)

/**
 * MbPeerWatchFunc:
 * @self: the directory
 * @name: the name that is watched
 * @peer: (nullable): the peer that has appeared, or `NULL` when nobody of that name is there any more, or yet
 * @user_data: (closure): what was given with the function
 *
 * Told when a peer of a name appears, and when the last one of that name vanishes.
 *
 * Since: 0.1
 */
typedef void (*MbPeerWatchFunc) (MbDirectory *self,
                                 const char  *name,
                                 MbPeer      *peer,
                                 gpointer     user_data);

MB_AVAILABLE_IN_ALL
MbDirectory   *mb_directory_new               (MbClient             *client) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbClient      *mb_directory_get_client        (MbDirectory          *self);
MB_AVAILABLE_IN_ALL
gboolean       mb_directory_get_is_settled    (MbDirectory          *self);
MB_AVAILABLE_IN_ALL
GListModel    *mb_directory_get_services      (MbDirectory          *self);
MB_AVAILABLE_IN_ALL
gboolean       mb_directory_get_show_hidden   (MbDirectory          *self);
MB_AVAILABLE_IN_ALL
void           mb_directory_set_show_hidden   (MbDirectory          *self,
                                               gboolean              show_hidden);
MB_AVAILABLE_IN_ALL
GListModel    *mb_directory_get_topics        (MbDirectory          *self);
MB_AVAILABLE_IN_ALL
MbPeer        *mb_directory_find_peer         (MbDirectory          *self,
                                               const char           *name);
MB_AVAILABLE_IN_ALL
MbTopicInfo   *mb_directory_find_topic        (MbDirectory          *self,
                                               const char           *name);
MB_AVAILABLE_IN_ALL
MbServiceInfo *mb_directory_find_service      (MbDirectory          *self,
                                               const char           *name);
MB_AVAILABLE_IN_ALL
guint          mb_directory_count_publishers  (MbDirectory          *self,
                                               const char           *pattern);
MB_AVAILABLE_IN_ALL
guint          mb_directory_count_subscribers (MbDirectory          *self,
                                               const char           *topic);
MB_AVAILABLE_IN_ALL
char         **mb_directory_suggest_services  (MbDirectory          *self,
                                               const char           *name) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
char         **mb_directory_suggest_topics    (MbDirectory          *self,
                                               const char           *name) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
guint          mb_directory_watch_peer        (MbDirectory          *self,
                                               const char           *name,
                                               MbPeerWatchFunc       func,
                                               gpointer              user_data,
                                               GDestroyNotify        destroy);
MB_AVAILABLE_IN_ALL
void           mb_directory_unwatch_peer      (MbDirectory          *self,
                                               guint                 watch_id);
MB_AVAILABLE_IN_ALL
gboolean       mb_directory_collect_sync      (MbDirectory          *self,
                                               guint                 timeout,
                                               GCancellable         *cancellable,
                                               GError              **error);
MB_AVAILABLE_IN_ALL
void           mb_directory_collect_async     (MbDirectory          *self,
                                               guint                 timeout,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean       mb_directory_collect_finish    (MbDirectory          *self,
                                               GAsyncResult         *result,
                                               GError              **error);
MB_AVAILABLE_IN_ALL
gboolean       mb_directory_check_keys_sync   (MbDirectory          *self,
                                               guint                 timeout,
                                               GCancellable         *cancellable,
                                               GError              **error);
MB_AVAILABLE_IN_ALL
void           mb_directory_check_keys_async  (MbDirectory          *self,
                                               guint                 timeout,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean       mb_directory_check_keys_finish (MbDirectory          *self,
                                               GAsyncResult         *result,
                                               GError              **error);
MB_AVAILABLE_IN_ALL
void           mb_directory_close             (MbDirectory          *self);

G_END_DECLS
