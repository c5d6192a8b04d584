/* mb-recording-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-recording.h"

#include "mb-recording-file-private.h"

G_BEGIN_DECLS

/* The inside of MbRecording, shared by its rooms: mb-recording.c (what it is, and how it is opened), mb-recording-read.c. */

/* What is known where the program has got to. */
typedef struct
{
  MbMessage *message;      /* NULL at the end */
  gint64     position;
  guint      n_damaged;
  guint      n_dropped;
  guint      n_missed;
  gboolean   truncated;
} MbRecordingPlace;

struct _MbRecording
{
  GObject           parent_instance;

  GFile            *file;
  gint64            duration;
  MbRecordingPlace  now;

  /* An operation that is under way has these for itself. */
  gboolean          busy;
  MbRecordingFile  *reader;      /* NULL before it is open */
  MbRecordingPlace  ahead;       /* where the reader has got to; without a message */
  GQueue            places;      /* of MbRecordingPlace: what was read ahead */
};

/* What can be done with a recording, in its two forms. The value is what it is told, or tells. */
typedef struct
{
  gboolean   needs_open;
  /* In whatever thread. */
  gboolean (*work) (MbRecording   *self,
                    gint64        *value,
                    GCancellable  *cancellable,
                    GError       **error);
  /* In that of the program, when the work was done. Returns the result. */
  gboolean (*end)  (MbRecording   *self,
                    gint64         value);
} MbRecordingOperation;

void     _mb_recording_place_free (gpointer                     data);
/* The program has got there. */
void     _mb_recording_set_now    (MbRecording                 *self,
                                   const MbRecordingPlace      *place);
/* Only one operation is allowed at a time. */
gboolean _mb_recording_run_sync   (MbRecording                 *self,
                                   const MbRecordingOperation  *operation,
                                   gint64                       value,
                                   GCancellable                *cancellable,
                                   GError                     **error);
/* Takes the task. */
void     _mb_recording_run_async  (MbRecording                 *self,
                                   const MbRecordingOperation  *operation,
                                   gint64                       value,
                                   GTask                       *task);

G_END_DECLS
