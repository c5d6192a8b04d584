/* mb-recording-file-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "mb-recording-line-private.h"

G_BEGIN_DECLS

/* A recording that is being read, line by line, in bounded memory. Everything here blocks; one thread at a time. */
typedef struct _MbRecordingFile MbRecordingFile;

typedef enum
{
  MB_RECORDING_READ_LINE,
  MB_RECORDING_READ_END,      /* for now: there may be more if a recorder is writing */
  MB_RECORDING_READ_ERROR,
} MbRecordingRead;

/* Fails if somebody made an object without its file, with g_object_new(). */
gboolean         _mb_recording_file_is_given      (GFile            *file,
                                                   GError          **error);
/* Fails if the file is something else than a recording. */
MbRecordingFile *_mb_recording_file_open          (GFile            *file,
                                                   GCancellable     *cancellable,
                                                   GError          **error);
void             _mb_recording_file_free          (MbRecordingFile  *self);
/* The next message or mark; what is no line of a recording is skipped and counted. The line is valid until the
 * next use of the file. */
MbRecordingRead  _mb_recording_file_next          (MbRecordingFile  *self,
                                                   MbRecordingLine  *line,
                                                   GCancellable     *cancellable,
                                                   GError          **error);
/* Goes to the first message or mark that is not before `at`. */
gboolean         _mb_recording_file_seek          (MbRecordingFile  *self,
                                                   gint64            at,
                                                   GCancellable     *cancellable,
                                                   GError          **error);
/* Sets `at` to the time of the last line, 0 if there is none, -1 if the file cannot be sought in. Where the file is
 * read does not change. */
gboolean         _mb_recording_file_find_end      (MbRecordingFile  *self,
                                                   gint64           *at,
                                                   GCancellable     *cancellable,
                                                   GError          **error);
guint            _mb_recording_file_get_n_damaged (MbRecordingFile  *self);
/* Whether the last line was found to be cut off. */
gboolean         _mb_recording_file_is_truncated  (MbRecordingFile  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRecordingFile, _mb_recording_file_free)

/* Opens a file to be recorded to, and locks it. With `append`, a recording that is there is made ready to be
 * continued, without a last line that is cut off; anything else is refused. Sets `size` to what is there and stays,
 * and `at` to the time of its end. Appends to `out` what has to be written first. Returns -1 on error. */
int              _mb_recording_file_open_write    (GFile            *file,
                                                   gboolean          append,
                                                   GString          *out,
                                                   gint64           *size,
                                                   gint64           *at,
                                                   GError          **error);

G_END_DECLS
