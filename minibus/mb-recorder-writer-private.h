/* mb-recorder-writer-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"

G_BEGIN_DECLS

/* The thread of a recorder. It subscribes for itself, so that what is recorded never passes through a main loop of
 * the program, and writes. It may outlive the recorder, until all is in the file. */
typedef struct _MbRecorderWriter MbRecorderWriter;

typedef struct
{
  guint   n_messages;
  guint   n_dropped;
  guint   n_missed;
  guint64 n_bytes;
} MbRecorderCounts;

/* What time it is: monotonic, and by the system's clock. For tests. */
typedef void (*MbRecorderClock)  (gint64   *monotonic,
                                  gint64   *now,
                                  gpointer  data);

/* All of these are called in `context`, with a reference on `owner`, as long as it lives. */
typedef struct
{
  void (*started) (gpointer       owner,
                   const GError  *error);   /* NULL: recording */
  void (*counted) (gpointer       owner);   /* the counts have changed, some time ago */
  void (*ended)   (gpointer       owner,
                   const GError  *error);   /* NULL: it was told to */
} MbRecorderEvents;

MbRecorderWriter *_mb_recorder_writer_new        (GObject                *owner,
                                                  const MbRecorderEvents *events,
                                                  MbCore                 *core,
                                                  GFile                  *file);
MbRecorderWriter *_mb_recorder_writer_ref        (MbRecorderWriter       *self);
void              _mb_recorder_writer_unref      (MbRecorderWriter       *self);
/* Before it is started. Fails if a pattern cannot be used. */
gboolean          _mb_recorder_writer_configure  (MbRecorderWriter       *self,
                                                  const char * const     *patterns,
                                                  gboolean                include_hidden,
                                                  gboolean                append,
                                                  guint                   queue_bytes,
                                                  GError                **error);
void              _mb_recorder_writer_set_clock  (MbRecorderWriter       *self,
                                                  MbRecorderClock         clock,
                                                  gpointer                data);
/* Fails if there is no thread to be had. */
gboolean          _mb_recorder_writer_start      (MbRecorderWriter       *self,
                                                  GError                **error);
/* What has arrived by now is still written. */
void              _mb_recorder_writer_stop       (MbRecorderWriter       *self);
void              _mb_recorder_writer_get_counts (MbRecorderWriter       *self,
                                                  MbRecorderCounts       *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRecorderWriter, _mb_recorder_writer_unref)

G_END_DECLS
