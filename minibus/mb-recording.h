/* mb-recording.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mb-message.h"
#include "mb-recording-summary.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_RECORDING (mb_recording_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbRecording, mb_recording, MB, RECORDING, GObject)

MB_AVAILABLE_IN_ALL
MbRecording        *mb_recording_new              (GFile                *file);
MB_AVAILABLE_IN_ALL
gint64              mb_recording_get_duration     (MbRecording          *self);
MB_AVAILABLE_IN_ALL
GFile              *mb_recording_get_file         (MbRecording          *self);
MB_AVAILABLE_IN_ALL
gboolean            mb_recording_get_is_truncated (MbRecording          *self);
MB_AVAILABLE_IN_ALL
MbMessage          *mb_recording_get_message      (MbRecording          *self);
MB_AVAILABLE_IN_ALL
guint               mb_recording_get_n_damaged    (MbRecording          *self);
MB_AVAILABLE_IN_ALL
guint               mb_recording_get_n_dropped    (MbRecording          *self);
MB_AVAILABLE_IN_ALL
guint               mb_recording_get_n_missed     (MbRecording          *self);
MB_AVAILABLE_IN_ALL
gint64              mb_recording_get_position     (MbRecording          *self);
MB_AVAILABLE_IN_ALL
gboolean            mb_recording_open_sync        (MbRecording          *self,
                                                   GCancellable         *cancellable,
                                                   GError              **error);
MB_AVAILABLE_IN_ALL
void                mb_recording_open_async       (MbRecording          *self,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean            mb_recording_open_finish      (MbRecording          *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
MB_AVAILABLE_IN_ALL
gboolean            mb_recording_next_sync        (MbRecording          *self,
                                                   GCancellable         *cancellable,
                                                   GError              **error);
MB_AVAILABLE_IN_ALL
void                mb_recording_next_async       (MbRecording          *self,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean            mb_recording_next_finish      (MbRecording          *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
MB_AVAILABLE_IN_ALL
gboolean            mb_recording_seek_sync        (MbRecording          *self,
                                                   gint64                position,
                                                   GCancellable         *cancellable,
                                                   GError              **error);
MB_AVAILABLE_IN_ALL
void                mb_recording_seek_async       (MbRecording          *self,
                                                   gint64                position,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean            mb_recording_seek_finish      (MbRecording          *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
MB_AVAILABLE_IN_ALL
MbRecordingSummary *mb_recording_summarize_sync   (MbRecording          *self,
                                                   GCancellable         *cancellable,
                                                   GError              **error);
MB_AVAILABLE_IN_ALL
void                mb_recording_summarize_async  (MbRecording          *self,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
MB_AVAILABLE_IN_ALL
MbRecordingSummary *mb_recording_summarize_finish (MbRecording          *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);

G_END_DECLS
