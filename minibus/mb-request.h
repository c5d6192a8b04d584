/* mb-request.h
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
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_REQUEST (mb_request_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbRequest, mb_request, MB, REQUEST, GObject)

MB_AVAILABLE_IN_ALL
const char *mb_request_get_author         (MbRequest   *self);
MB_AVAILABLE_IN_ALL
const char *mb_request_get_id             (MbRequest   *self);
MB_AVAILABLE_IN_ALL
gboolean    mb_request_get_is_answered    (MbRequest   *self);
MB_AVAILABLE_IN_ALL
MbMessage  *mb_request_get_message        (MbRequest   *self);
MB_AVAILABLE_IN_ALL
JsonNode   *mb_request_get_params         (MbRequest   *self);
MB_AVAILABLE_IN_ALL
const char *mb_request_get_params_text    (MbRequest   *self);
MB_AVAILABLE_IN_ALL
const char *mb_request_get_service_name   (MbRequest   *self);
MB_AVAILABLE_IN_ALL
gboolean    mb_request_return_value       (MbRequest   *self,
                                           JsonNode    *value,
                                           GError     **error);
MB_AVAILABLE_IN_ALL
gboolean    mb_request_return_text        (MbRequest   *self,
                                           const char  *json,
                                           GError     **error);
MB_AVAILABLE_IN_ALL
gboolean    mb_request_return_error       (MbRequest   *self,
                                           const char  *message,
                                           GError     **error);
MB_AVAILABLE_IN_ALL
gboolean    mb_request_return_error_value (MbRequest   *self,
                                           JsonNode    *value,
                                           GError     **error);
MB_AVAILABLE_IN_ALL
gboolean    mb_request_return_error_text  (MbRequest   *self,
                                           const char  *json,
                                           GError     **error);

G_END_DECLS
