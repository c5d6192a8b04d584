/* mb-topic-info.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_TOPIC_INFO (mb_topic_info_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbTopicInfo, mb_topic_info, MB, TOPIC_INFO, GObject)

MB_AVAILABLE_IN_ALL
GListModel *mb_topic_info_get_publishers    (MbTopicInfo  *self);
MB_AVAILABLE_IN_ALL
GListModel *mb_topic_info_get_subscribers   (MbTopicInfo  *self);
MB_AVAILABLE_IN_ALL
guint       mb_topic_info_get_n_publishers  (MbTopicInfo  *self);
MB_AVAILABLE_IN_ALL
guint       mb_topic_info_get_n_subscribers (MbTopicInfo  *self);
MB_AVAILABLE_IN_ALL
const char *mb_topic_info_get_name          (MbTopicInfo  *self);

G_END_DECLS
