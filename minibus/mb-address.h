/* mb-address.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <glib-object.h>

#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_ADDRESS (mb_address_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbAddress, mb_address, MB, ADDRESS, GObject)

MB_AVAILABLE_IN_ALL
MbAddress          *mb_address_parse               (const char  *text,
                                                    GError     **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
MbAddress          *mb_address_parse_default       (GError     **error) G_GNUC_WARN_UNUSED_RESULT;
MB_AVAILABLE_IN_ALL
const char         *mb_address_get_scheme          (MbAddress   *self);
MB_AVAILABLE_IN_ALL
const char         *mb_address_get_host            (MbAddress   *self);
MB_AVAILABLE_IN_ALL
guint               mb_address_get_port            (MbAddress   *self);
MB_AVAILABLE_IN_ALL
const char * const *mb_address_get_interfaces      (MbAddress   *self);
MB_AVAILABLE_IN_ALL
guint               mb_address_get_ttl             (MbAddress   *self);
MB_AVAILABLE_IN_ALL
guint               mb_address_get_receive_buffer  (MbAddress   *self);
MB_AVAILABLE_IN_ALL
char               *mb_address_to_text             (MbAddress   *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
