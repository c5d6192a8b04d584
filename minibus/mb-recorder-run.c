/* mb-recorder-run.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A recorder starts, stops, and is told by its writer what happened. */

#include "config.h"

#include "mb-recorder-private.h"

#include <glib/gi18n-lib.h>

#include "mb-client-private.h"
#include "mb-error.h"
#include "mb-recording-file-private.h"

static void
end_stops (MbRecorder   *self,
           const GError *error)
{
  g_autoslist(GTask) stops = g_slist_reverse (g_steal_pointer (&self->stops));

  for (GSList *l = stops; l != NULL; l = l->next)
    {
      if (error != NULL)
        g_task_return_error (l->data, g_error_copy (error));
      else
        g_task_return_boolean (l->data, TRUE);
    }
}

static void
begin_stopping (MbRecorder *self)
{
  _mb_recorder_set_state (self, MB_RECORDER_STATE_STOPPING);
  _mb_recorder_writer_stop (self->writer);
}

static void
started (gpointer      owner,
         const GError *error)
{
  MbRecorder *self = owner;
  g_autoptr(GTask) task = g_steal_pointer (&self->start);

  if (error != NULL)
    {
      _mb_recorder_set_state (self, MB_RECORDER_STATE_STOPPED);
      g_task_return_error (task, g_error_copy (error));
      end_stops (self, NULL);
      return;
    }

  _mb_recorder_set_state (self, MB_RECORDER_STATE_RECORDING);
  if (self->stops != NULL || g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    begin_stopping (self);
  g_task_return_boolean (task, TRUE);
}

static void
ended (gpointer      owner,
       const GError *error)
{
  MbRecorder *self = owner;
  gboolean was_wanted = self->stops != NULL || self->state == MB_RECORDER_STATE_STOPPING;

  _mb_recorder_notify_counts (self);

  if (error == NULL || was_wanted)
    {
      _mb_recorder_set_state (self, MB_RECORDER_STATE_STOPPED);
      end_stops (self, error);
      return;
    }

  self->error = g_error_copy (error);
  _mb_recorder_set_state (self, MB_RECORDER_STATE_FAILED);
  _mb_recorder_emit_failed (self, error);
}

static const MbRecorderEvents events = {
  .started = started,
  .counted = _mb_recorder_notify_counts,
  .ended = ended,
};

/**
 * mb_recorder_start_async:
 * @self: a recorder
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when messages are being recorded
 * @user_data: the data of @callback
 *
 * Starts recording: opens the file, locks it against other recorders, and subscribes.
 *
 * The client need not be open; messages come when it is.
 *
 * Since: 0.1
 */
void
mb_recorder_start_async (MbRecorder          *self,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  g_autoptr(MbRecorderWriter) writer = NULL;
  GError *error = NULL;

  g_return_if_fail (MB_IS_RECORDER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_recorder_start_async);
  if (g_task_return_error_if_cancelled (task))
    return;

  if (self->state != MB_RECORDER_STATE_STOPPED && self->state != MB_RECORDER_STATE_FAILED)
    {
      g_task_return_new_error (task, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE,
                               _("The recorder is at work already; stop it first"));
      return;
    }

  if (!_mb_recording_file_is_given (self->file, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  writer = _mb_recorder_writer_new (G_OBJECT (self), &events, self->client->core, self->file);
  if (self->clock != NULL)
    _mb_recorder_writer_set_clock (writer, self->clock, self->clock_data);
  if (!_mb_recorder_writer_configure (writer, (const char * const *) self->patterns, self->include_hidden,
                                      self->append, self->queue_bytes, &error) ||
      !_mb_recorder_writer_start (writer, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  g_clear_error (&self->error);
  g_clear_pointer (&self->writer, _mb_recorder_writer_unref);
  self->writer = g_steal_pointer (&writer);
  self->start = g_steal_pointer (&task);
  _mb_recorder_set_state (self, MB_RECORDER_STATE_STARTING);
}

/**
 * mb_recorder_start_finish:
 * @self: a recorder
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Recorder.start_async].
 *
 * The errors are those of [error@RecordingError] (the file exists and is not to be appended to, it is something
 * else than a recording, somebody else is recording to it, it is not a regular file of this machine, recording is
 * going on already), [error@ClientError] (a pattern that cannot be used) and [error@Gio.IOErrorEnum].
 *
 * Returns: true if messages are being recorded
 *
 * Since: 0.1
 */
gboolean
mb_recorder_start_finish (MbRecorder    *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_recorder_start_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_recorder_stop_async:
 * @self: a recorder
 * @cancellable: (nullable): to fail when it is cancelled meanwhile; the recorder stops all the same
 * @callback: (scope async) (closure user_data): what to call when the recording has ended
 * @user_data: the data of @callback
 *
 * Stops recording. What the client has received by now is still written, also if it has to be decrypted first, and the
 * system is asked to put everything on the disk. When nothing is being recorded, this succeeds.
 *
 * So a message that a subscriber of the same client has been given is in the recording, and so is all that came before
 * it. What was sent may be still on its way here, also if its sender is the same client: [method@Client.flush_async]
 * does not wait for what comes in. What comes while the recorder stops may be in the recording or not.
 *
 * Since: 0.1
 */
void
mb_recorder_stop_async (MbRecorder          *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_RECORDER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_recorder_stop_async);

  switch (self->state)
    {
    case MB_RECORDER_STATE_FAILED:
      g_task_return_error (task, g_steal_pointer (&self->error));
      _mb_recorder_set_state (self, MB_RECORDER_STATE_STOPPED);
      break;

    case MB_RECORDER_STATE_RECORDING:
    case MB_RECORDER_STATE_STARTING:
    case MB_RECORDER_STATE_STOPPING:
      self->stops = g_slist_prepend (self->stops, g_steal_pointer (&task));
      if (self->state == MB_RECORDER_STATE_RECORDING)
        begin_stopping (self);
      break;

    case MB_RECORDER_STATE_STOPPED:
    default:
      g_task_return_boolean (task, TRUE);
    }
}

/**
 * mb_recorder_stop_finish:
 * @self: a recorder
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Recorder.stop_async].
 *
 * An error is in the domain of [error@Gio.IOErrorEnum], and means that the end of the recording is missing in the
 * file, or may not be on the disk.
 *
 * Returns: true if all is in the file
 *
 * Since: 0.1
 */
gboolean
mb_recorder_stop_finish (MbRecorder    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_recorder_stop_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
