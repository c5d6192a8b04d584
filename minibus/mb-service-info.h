/* mb-service-info.h
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

#define MB_TYPE_SERVICE_INFO (mb_service_info_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbServiceInfo, mb_service_info, MB, SERVICE_INFO, GObject)

MB_AVAILABLE_IN_ALL
GListModel *mb_service_info_get_clients     (MbServiceInfo  *self);
MB_AVAILABLE_IN_ALL
GListModel *mb_service_info_get_providers   (MbServiceInfo  *self);
MB_AVAILABLE_IN_ALL
guint       mb_service_info_get_n_clients   (MbServiceInfo  *self);
MB_AVAILABLE_IN_ALL
guint       mb_service_info_get_n_providers (MbServiceInfo  *self);
MB_AVAILABLE_IN_ALL
const char *mb_service_info_get_name        (MbServiceInfo  *self);

G_END_DECLS
