/* mb-recording-read.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Goes through a recording: to the next message, to a place, and through all of it. */

#include "config.h"

#include "mb-recording-private.h"

#include "mb-recording-summary-private.h"

/* What is read ahead at once, so that not each message costs a way to another thread and back. */
#define BATCH_MESSAGES 256
#define BATCH_BYTES (256 * 1024)

void
_mb_recording_place_free (gpointer data)
{
  MbRecordingPlace *place = data;

  g_clear_object (&place->message);
  g_free (place);
}

static gboolean
do_seek (MbRecording   *self,
         gint64        *position,
         GCancellable  *cancellable,
         GError       **error)
{
  if (!_mb_recording_file_seek (self->reader, *position, cancellable, error))
    return FALSE;

  g_queue_clear_full (&self->places, _mb_recording_place_free);
  memset (&self->ahead, 0, sizeof self->ahead);

  return TRUE;
}

static gboolean
end_seek (MbRecording *self,
          gint64       position)
{
  MbRecordingPlace nowhere = { .position = position };

  _mb_recording_set_now (self, &nowhere);

  return TRUE;
}

static const MbRecordingOperation seeking = { TRUE, do_seek, end_seek };

static void
add_place (MbRecording *self,
           MbMessage   *message)
{
  MbRecordingPlace *place = g_memdup2 (&self->ahead, sizeof self->ahead);

  place->message = message;
  place->n_damaged += _mb_recording_file_get_n_damaged (self->reader);
  place->truncated = message == NULL && _mb_recording_file_is_truncated (self->reader);
  g_queue_push_tail (&self->places, place);
}

static gboolean
do_next (MbRecording   *self,
         gint64        *value,
         GCancellable  *cancellable,
         GError       **error)
{
  gsize n_bytes = 0;

  if (self->places.length > 0)
    return TRUE;

  while (self->places.length < BATCH_MESSAGES && n_bytes < BATCH_BYTES)
    {
      MbRecordingLine line;
      MbRecordingRead result = _mb_recording_file_next (self->reader, &line, cancellable,
                                                        self->places.length == 0 ? error : NULL);
      MbMessage *message;

      if (result == MB_RECORDING_READ_ERROR)
        return self->places.length > 0;
      if (result == MB_RECORDING_READ_END)
        {
          add_place (self, NULL);
          return TRUE;
        }

      self->ahead.position = line.at;
      if (_mb_recording_line_is_mark (&line, "dropped"))
        self->ahead.n_dropped += (guint) line.count;
      else if (_mb_recording_line_is_mark (&line, "missed"))
        self->ahead.n_missed += (guint) line.count;
      if (line.kind != MB_RECORDING_LINE_MESSAGE)
        continue;

      message = _mb_recording_line_to_message (&line);
      if (message == NULL)
        {
          self->ahead.n_damaged++;
          continue;
        }
      add_place (self, message);
      n_bytes += line.data_length;
    }

  return TRUE;
}

/* Goes on to what was read. Returns whether that is a message. */
static gboolean
end_next (MbRecording *self,
          gint64       value)
{
  MbRecordingPlace *place = g_queue_pop_head (&self->places);

  _mb_recording_set_now (self, place);
  _mb_recording_place_free (place);

  return self->now.message != NULL;
}

static const MbRecordingOperation going_on = { TRUE, do_next, end_next };

/**
 * mb_recording_next_sync:
 * @self: a recording
 * @cancellable: (nullable): to give up
 * @error: return location for an error
 *
 * Goes on to the next message, which is [property@Recording:message] then.
 *
 * At the end of the recording this can be called again, in case somebody is still writing it.
 *
 * The errors are those of [error@RecordingError] (the recording is not open) and [error@Gio.IOErrorEnum].
 *
 * Returns: true if there is a next message; false without an error at the end
 *
 * Since: 0.1
 */
gboolean
mb_recording_next_sync (MbRecording   *self,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return _mb_recording_run_sync (self, &going_on, 0, cancellable, error);
}

/**
 * mb_recording_next_async:
 * @self: a recording
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when it is done
 * @user_data: the data of @callback
 *
 * Goes on to the next message, which is [property@Recording:message] then. See [method@Recording.next_sync].
 *
 * Since: 0.1
 */
void
mb_recording_next_async (MbRecording         *self,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_RECORDING (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_recording_next_async);

  /* What was read ahead needs no other thread. */
  if (!self->busy && self->places.length > 0)
    g_task_return_boolean (task, end_next (self, 0));
  else
    _mb_recording_run_async (self, &going_on, 0, g_steal_pointer (&task));
}

/**
 * mb_recording_next_finish:
 * @self: a recording
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Recording.next_async], with the errors of [method@Recording.next_sync].
 *
 * Returns: true if there is a next message; false without an error at the end
 *
 * Since: 0.1
 */
gboolean
mb_recording_next_finish (MbRecording   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_recording_next_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_recording_seek_sync:
 * @self: a recording
 * @position: microseconds since the recording began, from 0
 * @cancellable: (nullable): to give up
 * @error: return location for an error
 *
 * Goes to a place in the recording: the next message is the first that was not recorded before it.
 *
 * This takes as long in a large recording as in a small one.
 *
 * The errors are those of [error@RecordingError] (the recording is not open) and [error@Gio.IOErrorEnum] (it is
 * read from a pipe, for example).
 *
 * Returns: true if it did
 *
 * Since: 0.1
 */
gboolean
mb_recording_seek_sync (MbRecording   *self,
                        gint64         position,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), FALSE);
  g_return_val_if_fail (position >= 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return _mb_recording_run_sync (self, &seeking, position, cancellable, error);
}

/**
 * mb_recording_seek_async:
 * @self: a recording
 * @position: microseconds since the recording began, from 0
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when it is done
 * @user_data: the data of @callback
 *
 * Goes to a place in the recording: the next message is the first that was not recorded before it. See
 * [method@Recording.seek_sync].
 *
 * Since: 0.1
 */
void
mb_recording_seek_async (MbRecording         *self,
                         gint64               position,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_RECORDING (self));
  g_return_if_fail (position >= 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_recording_seek_async);
  _mb_recording_run_async (self, &seeking, position, g_steal_pointer (&task));
}

/**
 * mb_recording_seek_finish:
 * @self: a recording
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Recording.seek_async], with the errors of [method@Recording.seek_sync].
 *
 * Returns: true if it did
 *
 * Since: 0.1
 */
gboolean
mb_recording_seek_finish (MbRecording   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_recording_seek_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_recording_summarize_sync:
 * @self: a recording
 * @cancellable: (nullable): to give up
 * @error: return location for an error
 *
 * Reads the whole recording, and counts what is in it.
 *
 * The recording need not be open, and where it is being read does not change.
 *
 * The errors are those of [error@RecordingError] (the file is something else, the recording is of a newer
 * version) and [error@Gio.IOErrorEnum].
 *
 * Returns: (transfer full): a new summary; or `NULL` with an error
 *
 * Since: 0.1
 */
MbRecordingSummary *
mb_recording_summarize_sync (MbRecording   *self,
                             GCancellable  *cancellable,
                             GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!_mb_recording_file_is_given (self->file, error))
    return NULL;

  return _mb_recording_summary_new (self->file, cancellable, error);
}

static void
summarize_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  GError *error = NULL;
  MbRecordingSummary *summary = mb_recording_summarize_sync (MB_RECORDING (source_object), cancellable, &error);

  if (summary != NULL)
    g_task_return_pointer (task, summary, g_object_unref);
  else
    g_task_return_error (task, error);
}

/**
 * mb_recording_summarize_async:
 * @self: a recording
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when it is done
 * @user_data: the data of @callback
 *
 * Reads the whole recording, and counts what is in it. See [method@Recording.summarize_sync].
 *
 * Since: 0.1
 */
void
mb_recording_summarize_async (MbRecording         *self,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_RECORDING (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_recording_summarize_async);
  g_task_run_in_thread (task, summarize_thread);
}

/**
 * mb_recording_summarize_finish:
 * @self: a recording
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Recording.summarize_async], with the errors of [method@Recording.summarize_sync].
 *
 * Returns: (transfer full): a new summary; or `NULL` with an error
 *
 * Since: 0.1
 */
MbRecordingSummary *
mb_recording_summarize_finish (MbRecording   *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_recording_summarize_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
