/* mb-recorder.h
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
#include "mb-enums.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_RECORDER (mb_recorder_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbRecorder, mb_recorder, MB, RECORDER, GObject)

MB_AVAILABLE_IN_ALL
MbRecorder         *mb_recorder_new                (MbClient             *client,
                                                    GFile                *file);
MB_AVAILABLE_IN_ALL
gboolean            mb_recorder_get_append         (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
void                mb_recorder_set_append         (MbRecorder           *self,
                                                    gboolean              append);
MB_AVAILABLE_IN_ALL
MbClient           *mb_recorder_get_client         (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
GFile              *mb_recorder_get_file           (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
gboolean            mb_recorder_get_include_hidden (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
void                mb_recorder_set_include_hidden (MbRecorder           *self,
                                                    gboolean              include_hidden);
MB_AVAILABLE_IN_ALL
guint64             mb_recorder_get_n_bytes        (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
guint               mb_recorder_get_n_dropped      (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
guint               mb_recorder_get_n_messages     (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
guint               mb_recorder_get_n_missed       (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
const char * const *mb_recorder_get_patterns       (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
void                mb_recorder_set_patterns       (MbRecorder           *self,
                                                    const char * const   *patterns);
MB_AVAILABLE_IN_ALL
guint               mb_recorder_get_queue_bytes    (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
void                mb_recorder_set_queue_bytes    (MbRecorder           *self,
                                                    guint                 queue_bytes);
MB_AVAILABLE_IN_ALL
MbRecorderState     mb_recorder_get_state          (MbRecorder           *self);
MB_AVAILABLE_IN_ALL
void                mb_recorder_start_async        (MbRecorder           *self,
                                                    GCancellable         *cancellable,
                                                    GAsyncReadyCallback   callback,
                                                    gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean            mb_recorder_start_finish       (MbRecorder           *self,
                                                    GAsyncResult         *result,
                                                    GError              **error);
MB_AVAILABLE_IN_ALL
void                mb_recorder_stop_async         (MbRecorder           *self,
                                                    GCancellable         *cancellable,
                                                    GAsyncReadyCallback   callback,
                                                    gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean            mb_recorder_stop_finish        (MbRecorder           *self,
                                                    GAsyncResult         *result,
                                                    GError              **error);

G_END_DECLS
