/* mb-service.h
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

#include "mb-request.h"
#include "mb-schema.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_SERVICE (mb_service_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbService, mb_service, MB, SERVICE, GObject)

/**
 * MbServiceFunc:
 * @request: the request, with its parameters
 * @user_data: (closure): what was given to [method@Client.provide]
 *
 * Does the work of a service.
 *
 * It is called in the main context in which [method@Client.provide] was called. Instead of returning a
 * value it may answer through the methods of @request, also with an error, and also later, when it keeps
 * a reference on @request.
 *
 * Returns: (transfer full) (nullable): the result; or `NULL` when @request has been answered or will be.
 *   If it is `NULL` and nobody keeps the unanswered @request, the caller gets an error
 *
 * Since: 0.1
 */
typedef JsonNode *(*MbServiceFunc) (MbRequest *request,
                                    gpointer   user_data);

MB_AVAILABLE_IN_ALL
guint       mb_service_get_inbox_size     (MbService *self);
MB_AVAILABLE_IN_ALL
void        mb_service_set_inbox_size     (MbService *self,
                                           guint      inbox_size);
MB_AVAILABLE_IN_ALL
gboolean    mb_service_get_is_closed      (MbService *self);
MB_AVAILABLE_IN_ALL
const char *mb_service_get_name           (MbService *self);
MB_AVAILABLE_IN_ALL
MbSchema   *mb_service_get_reply_schema   (MbService *self);
MB_AVAILABLE_IN_ALL
MbSchema   *mb_service_get_request_schema (MbService *self);
MB_AVAILABLE_IN_ALL
void        mb_service_close              (MbService *self);

G_END_DECLS
