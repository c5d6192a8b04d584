/* fuzz-recording.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One line of a recording. */

#include "config.h"

#include <string.h>

#include "minibus/mb-recording-line-private.h"
#include "minibus/mb-service-names-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

/* What was read, written again, is read as the same. */
static void
check_again (const MbRecordingLine *line)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(MbMessage) message = _mb_recording_line_to_message (line);
  g_autoptr(MbMessage) message_again = NULL;
  MbRecordingLine again;

  if (message == NULL)
    return;

  _mb_recording_append_message (out, line->at, message);
  g_assert_cmpint (out->str[out->len - 1], ==, '\n');
  g_assert_true (strchr (out->str, '\n') == out->str + out->len - 1);

  g_assert_true (_mb_recording_line_parse (&again, out->str, out->len - 1));
  g_assert_cmpint (again.kind, ==, MB_RECORDING_LINE_MESSAGE);
  g_assert_cmpint (again.at, ==, line->at);
  g_assert_cmpint (again.time, ==, line->time);
  g_assert_true (again.sequence == line->sequence && again.session == line->session);
  g_assert_true (again.encrypted == line->encrypted);
  g_assert_cmpuint (again.data_length, ==, line->data_length);

  message_again = _mb_recording_line_to_message (&again);
  g_assert_nonnull (message_again);
  g_assert_cmpstr (mb_message_get_topic (message_again), ==, mb_message_get_topic (message));
  g_assert_cmpstr (mb_message_get_author (message_again), ==, mb_message_get_author (message));
  g_assert_cmpstr (mb_message_get_id (message_again), ==, mb_message_get_id (message));
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  /* A copy of the exact size, so that reading beyond it is noticed. */
  g_autofree char *text = g_memdup2 (data, size);
  MbRecordingLine line;
  g_autofree char *topic = NULL;
  g_autofree char *mark = NULL;

  if (!_mb_recording_line_parse (&line, size > 0 ? text : "", size))
    return 0;

  g_assert_true (line.at >= 0 && line.at <= MB_RECORDING_MAX_AT);
  topic = _mb_recording_line_dup_span (&line.topic);
  mark = _mb_recording_line_dup_span (&line.mark);
  g_assert_true (topic == NULL || g_utf8_validate (topic, -1, NULL));
  g_assert_true (mark == NULL || g_utf8_validate (mark, -1, NULL));
  if (topic != NULL)
    _mb_topic_is_hidden (topic, strlen (topic));

  if (line.kind == MB_RECORDING_LINE_MESSAGE)
    check_again (&line);

  return 0;
}
