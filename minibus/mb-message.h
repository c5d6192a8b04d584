/* mb-message.h
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

#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_MESSAGE (mb_message_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbMessage, mb_message, MB, MESSAGE, GObject)

MB_AVAILABLE_IN_ALL
const char *mb_message_get_author       (MbMessage *self);
MB_AVAILABLE_IN_ALL
JsonNode   *mb_message_get_data         (MbMessage *self);
MB_AVAILABLE_IN_ALL
JsonNode   *mb_message_get_header       (MbMessage *self);
MB_AVAILABLE_IN_ALL
const char *mb_message_get_id           (MbMessage *self);
MB_AVAILABLE_IN_ALL
gboolean    mb_message_get_is_encrypted (MbMessage *self);
MB_AVAILABLE_IN_ALL
gint64      mb_message_get_received_at  (MbMessage *self);
MB_AVAILABLE_IN_ALL
guint64     mb_message_get_sequence     (MbMessage *self);
MB_AVAILABLE_IN_ALL
const char *mb_message_get_session      (MbMessage *self);
MB_AVAILABLE_IN_ALL
const char *mb_message_get_signer       (MbMessage *self);
MB_AVAILABLE_IN_ALL
guint       mb_message_get_size         (MbMessage *self);
MB_AVAILABLE_IN_ALL
const char *mb_message_get_text         (MbMessage *self);
MB_AVAILABLE_IN_ALL
const char *mb_message_get_topic        (MbMessage *self);

G_END_DECLS
