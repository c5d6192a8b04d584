/* mb-receiver.h
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

#define MB_TYPE_RECEIVER (mb_receiver_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbReceiver, mb_receiver, MB, RECEIVER, GObject)

MB_AVAILABLE_IN_ALL
void mb_receiver_push        (MbReceiver   *self,
                              const guint8 *data,
                              gsize         length);
MB_AVAILABLE_IN_ALL
void mb_receiver_report_loss (MbReceiver   *self,
                              guint         count);

G_END_DECLS
