/* mb-recording-summary.h
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

#define MB_TYPE_RECORDING_SUMMARY (mb_recording_summary_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbRecordingSummary, mb_recording_summary, MB, RECORDING_SUMMARY, GObject)

MB_AVAILABLE_IN_ALL
gint64   mb_recording_summary_get_duration     (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
gint64   mb_recording_summary_get_ended_at     (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
gboolean mb_recording_summary_get_is_truncated (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
guint64  mb_recording_summary_get_n_bytes      (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
guint    mb_recording_summary_get_n_damaged    (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
guint    mb_recording_summary_get_n_dropped    (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
guint    mb_recording_summary_get_n_encrypted  (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
guint    mb_recording_summary_get_n_messages   (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
guint    mb_recording_summary_get_n_missed     (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
gint64   mb_recording_summary_get_started_at   (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
char   **mb_recording_summary_get_authors      (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
char   **mb_recording_summary_get_topics       (MbRecordingSummary *self);
MB_AVAILABLE_IN_ALL
guint    mb_recording_summary_get_author_count (MbRecordingSummary *self,
                                                const char         *author);
MB_AVAILABLE_IN_ALL
guint64  mb_recording_summary_get_topic_bytes  (MbRecordingSummary *self,
                                                const char         *topic);
MB_AVAILABLE_IN_ALL
guint    mb_recording_summary_get_topic_count  (MbRecordingSummary *self,
                                                const char         *topic);

G_END_DECLS
