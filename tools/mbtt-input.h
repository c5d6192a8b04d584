/* mbtt-input.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _MbttInput MbttInput;

MbttInput *mbtt_input_new_stdin (void);
MbttInput *mbtt_input_new_file  (const char      *path,
                                 GError         **error);
void       mbtt_input_free      (MbttInput       *self);
char      *mbtt_input_get_whole (MbttInput       *self);
char      *mbtt_input_read      (MbttInput       *self,
                                 const gboolean  *stopped,
                                 GError         **error);
int        mbtt_input_fail      (MbttInput       *self,
                                 const GError    *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbttInput, mbtt_input_free)

G_END_DECLS
