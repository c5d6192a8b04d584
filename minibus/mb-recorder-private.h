/* mb-recorder-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-recorder.h"

#include "mb-recorder-writer-private.h"

G_BEGIN_DECLS

/* The inside of MbRecorder, shared by its rooms: mb-recorder.c (what it is), mb-recorder-run.c (how it starts and stops). */

struct _MbRecorder
{
  GObject           parent_instance;

  MbClient         *client;
  GFile            *file;
  char            **patterns;        /* or NULL */
  gboolean          append;
  gboolean          include_hidden;
  guint             queue_bytes;
  MbRecorderState   state;
  MbRecorderWriter *writer;          /* of the last start; or NULL */
  GTask            *start;           /* while starting */
  GSList           *stops;           /* of GTask: who waits for the end */
  GError           *error;           /* when failed */
  MbRecorderClock   clock;           /* for tests; or NULL */
  gpointer          clock_data;
};

/* For tests; before it is started. */
void _mb_recorder_set_clock (MbRecorder      *self,
                             MbRecorderClock  clock,
                             gpointer         data);
void _mb_recorder_set_state  (MbRecorder      *self,
                              MbRecorderState  state);
void _mb_recorder_notify_counts
                             (gpointer         owner);
void _mb_recorder_emit_failed
                             (MbRecorder      *self,
                              const GError    *error);

G_END_DECLS
