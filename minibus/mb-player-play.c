/* mb-player-play.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A player plays, and tells how far it has got. */

#include "config.h"

#include "mb-player-private.h"

#include <glib/gi18n-lib.h>

#include "mb-client-private.h"
#include "mb-error.h"
#include "mb-recording-file-private.h"

static MbPlayerStatus
get_status (MbPlayer *self)
{
  MbPlayerStatus status = { .duration = -1 };

  if (self->run != NULL)
    _mb_player_run_get_status (self->run, &status);

  return status;
}

static double
get_progress (MbPlayer *self)
{
  MbPlayerStatus status = get_status (self);
  gint64 start = self->start_position;
  gint64 stop = status.duration;

  if (stop >= 0 && self->stop_position >= 0)
    stop = MIN (stop, self->stop_position);
  if (status.ended)
    return 1;
  if (stop <= start)
    return 0;

  return CLAMP ((double) (status.position - start) / (double) (stop - start), 0, 1);
}

static void
ended (gpointer      owner,
       const GError *error)
{
  MbPlayer *self = owner;
  g_autoptr(GTask) task = g_steal_pointer (&self->task);

  g_cancellable_disconnect (g_task_get_cancellable (task), self->cancelled_id);
  self->cancelled_id = 0;

  _mb_player_notify_progress (self);
  g_object_notify (G_OBJECT (self), "is-playing");

  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    g_task_return_boolean (task, TRUE);
}

static const MbPlayerEvents events = {
  .moved = _mb_player_notify_progress,
  .skipped = _mb_player_emit_skipped,
  .ended = ended,
};

/**
 * mb_player_get_duration: (get-property duration)
 * @self: a player
 *
 * Gets how long the recording is. Known as soon as it is being played.
 *
 * Returns: microseconds; -1 if it is not known
 *
 * Since: 0.1
 */
gint64
mb_player_get_duration (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return get_status (self).duration;
}

/**
 * mb_player_get_is_playing: (get-property is-playing)
 * @self: a player
 *
 * Gets whether the recording is being played, or paused.
 *
 * Returns: true from [method@Player.play_async] until it has finished
 *
 * Since: 0.1
 */
gboolean
mb_player_get_is_playing (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), FALSE);

  return self->run != NULL && self->task != NULL;
}

/**
 * mb_player_get_n_messages: (get-property n-messages)
 * @self: a player
 *
 * Gets how many messages were published.
 *
 * Returns: a number of messages, since playing began
 *
 * Since: 0.1
 */
guint
mb_player_get_n_messages (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return get_status (self).n_messages;
}

/**
 * mb_player_get_n_skipped: (get-property n-skipped)
 * @self: a player
 *
 * Gets how many messages could not be published, as [signal@Player::skipped] tells.
 *
 * Returns: a number of messages, since playing began
 *
 * Since: 0.1
 */
guint
mb_player_get_n_skipped (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return get_status (self).n_skipped;
}

/**
 * mb_player_get_position: (get-property position)
 * @self: a player
 *
 * Gets where in the recording playing has got to.
 *
 * Returns: microseconds since the recording began
 *
 * Since: 0.1
 */
gint64
mb_player_get_position (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return get_status (self).position;
}

/**
 * mb_player_get_progress: (get-property progress)
 * @self: a player
 *
 * Gets how much has been played of what is between [property@Player:start-position] and [property@Player:stop-
 * position].
 *
 * Returns: from 0 to 1; 0 if it is not known how long the recording is
 *
 * Since: 0.1
 */
double
mb_player_get_progress (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return get_progress (self);
}

static void
cancelled_cb (GCancellable *cancellable,
              MbPlayerRun  *run)
{
  _mb_player_run_cancel (run);
}

/**
 * mb_player_play_async:
 * @self: a player
 * @cancellable: (nullable): to stop playing
 * @callback: (scope async) (closure user_data): what to call at the end
 * @user_data: the data of @callback
 *
 * Plays the recording from [property@Player:start-position] on. The client has to be open.
 *
 * Since: 0.1
 */
void
mb_player_play_async (MbPlayer            *self,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  g_autoptr(MbPlayerRun) run = NULL;
  GError *error = NULL;

  g_return_if_fail (MB_IS_PLAYER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_player_play_async);
  if (g_task_return_error_if_cancelled (task))
    return;

  if (self->task != NULL)
    {
      g_task_return_new_error (task, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE,
                               _("The player is playing already; wait for that to end, or cancel it"));
      return;
    }

  if (!_mb_recording_file_is_given (self->file, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  run = _mb_player_run_new (G_OBJECT (self), &events, self->client->core, self->file,
                            (const char * const *) self->patterns, self->topic_prefix, self->topic_map, &error);
  if (run == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  g_clear_pointer (&self->run, _mb_player_run_unref);
  self->run = _mb_player_run_ref (run);
  _mb_player_configure (self);
  if (!_mb_player_run_start (run, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  self->task = g_steal_pointer (&task);
  if (cancellable != NULL)
    self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), g_steal_pointer (&run),
                                                (GDestroyNotify) _mb_player_run_unref);
  g_object_notify (G_OBJECT (self), "is-playing");
}

/**
 * mb_player_play_finish:
 * @self: a player
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Player.play_async].
 *
 * The errors are those of [error@RecordingError] (the file is something else than a recording, the recording is of a
 * newer version, it is being played already), [error@ClientError] (a pattern that cannot be used, the client is not
 * open), [error@TransportError] and [error@Gio.IOErrorEnum] (it was cancelled, the file cannot be read).
 *
 * Returns: true if the recording was played to the end
 *
 * Since: 0.1
 */
gboolean
mb_player_play_finish (MbPlayer      *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_player_play_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_player_seek:
 * @self: a player
 * @position: microseconds since the recording began, from 0
 *
 * Goes to another place in the recording while it is being played or paused. If it is not being played, this does
 * nothing: see [property@Player:start-position].
 *
 * Since: 0.1
 */
void
mb_player_seek (MbPlayer *self,
                gint64    position)
{
  g_return_if_fail (MB_IS_PLAYER (self));
  g_return_if_fail (position >= 0);

  if (self->task != NULL)
    _mb_player_run_seek (self->run, position);
}
