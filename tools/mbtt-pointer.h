/* mbtt-pointer.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _MbttPointer MbttPointer;

MbttPointer *mbtt_pointer_new      (const char         *text,
                                    GError            **error);
gboolean     mbtt_pointer_add      (GPtrArray          *pointers,
                                    const char         *option,
                                    const char         *text,
                                    GError            **error);
void         mbtt_pointer_free     (MbttPointer        *self);
const char  *mbtt_pointer_get_text (const MbttPointer  *self);
char        *mbtt_pointer_look_up  (const MbttPointer  *self,
                                    const char         *json);
const char  *mbtt_json_skip        (const char         *json);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbttPointer, mbtt_pointer_free)

G_END_DECLS
