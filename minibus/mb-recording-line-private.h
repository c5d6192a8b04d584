/* mb-recording-line-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-message-private.h"
#include "mb-packet-private.h"

G_BEGIN_DECLS

/* The lines of a recording, by docs/recording.md: JSON objects, one a line. */

/* What a recording begins with; nothing else does. */
#define MB_RECORDING_MAGIC "{\"minibus-recording\":"
#define MB_RECORDING_VERSION 1
/* A line beyond this is none, so that a file that is something else takes no memory. */
#define MB_RECORDING_MAX_LINE (16 * 1024 * 1024)
/* Times in a recording, in µs; some 317 years. */
#define MB_RECORDING_MAX_AT G_GINT64_CONSTANT (10000000000000000)

typedef enum
{
  MB_RECORDING_LINE_HEADER,
  MB_RECORDING_LINE_MESSAGE,
  MB_RECORDING_LINE_MARK,
} MbRecordingLineKind;

/* What spans and texts point to is the line itself. */
typedef struct
{
  MbRecordingLineKind kind;
  guint64             version;        /* of the header */
  gint64              at;             /* µs since the recording began */
  gint64              time;           /* µs since 1970-01-01 00:00 UTC */
  MbSpan              mark;
  guint64             count;          /* of a mark; 0 when there is none */
  MbSpan              topic;
  MbSpan              author;
  MbSpan              id;
  guint64             session;        /* 0 when there is none */
  guint64             sequence;       /* likewise */
  gboolean            encrypted;
  MbSpan              signer;
  const char         *header;         /* an object; or NULL */
  gsize               header_length;
  const char         *data;
  gsize               data_length;
} MbRecordingLine;

/* What gives each message its place in the time of a recording, which no change of the system's clock moves. */
typedef struct
{
  gint64 start;    /* monotonic µs */
  gint64 base;     /* of the recording, at that moment */
  gint64 last;
} MbRecordingClock;

/* Reads a line without its line feed. Allocates nothing. Returns FALSE for everything that is no line of a
 * recording, with all of it checked but for duplicate members within the data and the header. */
gboolean   _mb_recording_line_parse      (MbRecordingLine  *line,
                                          const char       *text,
                                          gsize             length);
gboolean   _mb_recording_line_is_mark    (const MbRecordingLine *line,
                                          const char       *mark);
/* The content of a span, or NULL for none. */
char      *_mb_recording_line_dup_span   (const MbSpan     *span);
/* Returns NULL if the data or the header is JSON that this library does not take. */
MbMessage *_mb_recording_line_to_message (const MbRecordingLine *line);

/* Each appends a whole line with its line feed. */
void       _mb_recording_append_header   (GString          *out);
void       _mb_recording_append_message  (GString          *out,
                                          gint64            at,
                                          MbMessage        *message);
/* What is 0 or NULL is left out. */
void       _mb_recording_append_mark     (GString          *out,
                                          gint64            at,
                                          gint64            time,
                                          const char       *mark,
                                          guint             count,
                                          const char       *topic,
                                          const char       *author);
/* Appends 2026-11-22T19:01:04.123456Z; years are from 0001 to 9999. */
void       _mb_recording_append_time     (GString          *out,
                                          gint64            time);

void       _mb_recording_clock_start     (MbRecordingClock *self,
                                          gint64            monotonic,
                                          gint64            base);
/* When something happened that the system's clock says was at `time`, and that is seen now. Never less than
 * before. */
gint64     _mb_recording_clock_get_at    (MbRecordingClock *self,
                                          gint64            monotonic,
                                          gint64            now,
                                          gint64            time);

G_END_DECLS
