/* mb-recording.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-recording-private.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"

/**
 * MbRecording:
 *
 * Reads the messages of a recording, one after the other.
 *
 * Recordings are made by a [class@Recorder]. To put the messages on a bus again, use a [class@Player]. The format is
 * documented, too, and other programs can read it: see [Recordings](recording.html).
 *
 * Memory is bounded, however long the recording is. Lines that cannot be read are skipped and counted; a last line
 * that is cut off is left out. A recording can be read while it is being written: at its end,
 * [method@Recording.next_async] can be called again later.
 *
 * Each operation comes in two forms: `_async`, which reads in another thread, and `_sync`, which blocks and is for
 * programs without a main loop. There can be only one at a time.
 *
 * ```c
 * g_autoptr(MbRecording) recording = mb_recording_new (file);
 *
 * if (!mb_recording_open_sync (recording, NULL, &error))
 *   return FALSE;
 * while (mb_recording_next_sync (recording, NULL, &error))
 *   g_print ("%s\n", mb_message_get_text (mb_recording_get_message (recording)));
 * ```
 *
 * ```js
 * const recording = Minibus.Recording.new(Gio.File.new_for_path('bus.jsonl'));
 * await recording.open_async(null);
 * while (await recording.next_async(null))
 *     print(recording.position / 1e6, recording.message.topic, recording.message.data);
 * ```
 *
 * ```python
 * recording = Minibus.Recording.new(Gio.File.new_for_path('bus.jsonl'))
 * recording.open_sync()
 * while recording.next_sync():
 *     print(recording.props.position / 1e6, recording.props.message.topic, recording.props.message.data)
 * ```
 *
 * Since: 0.1
 */

G_DEFINE_FINAL_TYPE (MbRecording, mb_recording, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_DURATION,
  PROP_FILE,
  PROP_IS_TRUNCATED,
  PROP_MESSAGE,
  PROP_N_DAMAGED,
  PROP_N_DROPPED,
  PROP_N_MISSED,
  PROP_POSITION,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

void
_mb_recording_set_now (MbRecording            *self,
                       const MbRecordingPlace *place)
{
  g_autoptr(MbMessage) before = self->now.message;

  self->now = *place;
  if (place->message != NULL)
    g_object_ref (place->message);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MESSAGE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_POSITION]);
}

static gboolean
begin (MbRecording  *self,
       gboolean      needs_open,
       GError      **error)
{
  g_autofree char *name = NULL;

  if (!_mb_recording_file_is_given (self->file, error))
    return FALSE;

  if (!self->busy && (self->reader != NULL) == needs_open)
    {
      self->busy = TRUE;
      return TRUE;
    }

  name = g_file_get_parse_name (self->file);
  if (self->busy)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                 _("The recording “%s” is being read already; wait for that to end"), name);
  else
    g_set_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE,
                 needs_open ? _("The recording “%s” is not open; open it first")
                            : _("The recording “%s” is open already"),
                 name);

  return FALSE;
}

gboolean
_mb_recording_run_sync (MbRecording                 *self,
                        const MbRecordingOperation  *operation,
                        gint64                       value,
                        GCancellable                *cancellable,
                        GError                     **error)
{
  gboolean done;

  if (!begin (self, operation->needs_open, error))
    return FALSE;

  done = operation->work (self, &value, cancellable, error);
  self->busy = FALSE;

  return done && operation->end (self, value);
}

/* An operation on its way through another thread. */
typedef struct
{
  const MbRecordingOperation *operation;
  gint64                      value;
} Run;

static void
run_thread (GTask        *work,
            gpointer      source_object,
            gpointer      task_data,
            GCancellable *cancellable)
{
  Run *run = task_data;
  GError *error = NULL;

  if (run->operation->work (source_object, &run->value, cancellable, &error))
    g_task_return_boolean (work, TRUE);
  else
    g_task_return_error (work, error);
}

static void
run_cb (GObject      *source_object,
        GAsyncResult *result,
        gpointer      user_data)
{
  MbRecording *self = MB_RECORDING (source_object);
  const Run *run = g_task_get_task_data (G_TASK (result));
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  self->busy = FALSE;
  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_boolean (task, run->operation->end (self, run->value));
  else
    g_task_return_error (task, error);
}

void
_mb_recording_run_async (MbRecording                *self,
                         const MbRecordingOperation *operation,
                         gint64                      value,
                         GTask                      *task)
{
  g_autoptr(GTask) work = NULL;
  GError *error = NULL;
  Run *run;

  if (!begin (self, operation->needs_open, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  run = g_new0 (Run, 1);
  run->operation = operation;
  run->value = value;
  work = g_task_new (self, g_task_get_cancellable (task), run_cb, task);
  g_task_set_check_cancellable (work, FALSE);
  g_task_set_task_data (work, run, g_free);
  g_task_run_in_thread (work, run_thread);
}

static gboolean
do_open (MbRecording   *self,
         gint64        *duration,
         GCancellable  *cancellable,
         GError       **error)
{
  g_autoptr(MbRecordingFile) reader = _mb_recording_file_open (self->file, cancellable, error);

  if (reader == NULL || !_mb_recording_file_find_end (reader, duration, cancellable, error))
    return FALSE;

  self->reader = g_steal_pointer (&reader);

  return TRUE;
}

static gboolean
end_open (MbRecording *self,
          gint64       duration)
{
  self->duration = duration;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DURATION]);

  return TRUE;
}

static const MbRecordingOperation opening = { FALSE, do_open, end_open };

static void
mb_recording_finalize (GObject *object)
{
  MbRecording *self = MB_RECORDING (object);

  g_clear_object (&self->file);
  g_clear_object (&self->now.message);
  g_clear_pointer (&self->reader, _mb_recording_file_free);
  g_queue_clear_full (&self->places, _mb_recording_place_free);

  G_OBJECT_CLASS (mb_recording_parent_class)->finalize (object);
}

static void
mb_recording_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  MbRecording *self = MB_RECORDING (object);

  switch (prop_id)
    {
    case PROP_DURATION:
      g_value_set_int64 (value, mb_recording_get_duration (self));
      break;

    case PROP_FILE:
      g_value_set_object (value, mb_recording_get_file (self));
      break;

    case PROP_IS_TRUNCATED:
      g_value_set_boolean (value, mb_recording_get_is_truncated (self));
      break;

    case PROP_MESSAGE:
      g_value_set_object (value, mb_recording_get_message (self));
      break;

    case PROP_N_DAMAGED:
      g_value_set_uint (value, mb_recording_get_n_damaged (self));
      break;

    case PROP_N_DROPPED:
      g_value_set_uint (value, mb_recording_get_n_dropped (self));
      break;

    case PROP_N_MISSED:
      g_value_set_uint (value, mb_recording_get_n_missed (self));
      break;

    case PROP_POSITION:
      g_value_set_int64 (value, mb_recording_get_position (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_recording_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  MbRecording *self = MB_RECORDING (object);

  switch (prop_id)
    {
    case PROP_FILE:
      self->file = g_value_dup_object (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_recording_class_init (MbRecordingClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_recording_finalize;
  object_class->get_property = mb_recording_get_property;
  object_class->set_property = mb_recording_set_property;

  /**
   * MbRecording:duration: (getter get_duration)
   *
   * How long was recorded, in microseconds.
   *
   * Since: 0.1
   */
  properties[PROP_DURATION] =
    g_param_spec_int64 ("duration", NULL, NULL,
                        -1, G_MAXINT64, -1,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecording:file: (getter get_file)
   *
   * The file that is read.
   *
   * Since: 0.1
   */
  properties[PROP_FILE] =
    g_param_spec_object ("file", NULL, NULL,
                         G_TYPE_FILE,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecording:is-truncated: (getter get_is_truncated)
   *
   * Whether the last line is cut off. Known at the end.
   *
   * Since: 0.1
   */
  properties[PROP_IS_TRUNCATED] =
    g_param_spec_boolean ("is-truncated", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecording:message: (getter get_message)
   *
   * The message that was read last.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGE] =
    g_param_spec_object ("message", NULL, NULL,
                         MB_TYPE_MESSAGE,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecording:n-damaged: (getter get_n_damaged)
   *
   * How many lines were skipped so far, because they cannot be read.
   *
   * Since: 0.1
   */
  properties[PROP_N_DAMAGED] =
    g_param_spec_uint ("n-damaged", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecording:n-dropped: (getter get_n_dropped)
   *
   * How many messages are missing so far because the disk of the recorder was too slow.
   *
   * Since: 0.1
   */
  properties[PROP_N_DROPPED] =
    g_param_spec_uint ("n-dropped", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecording:n-missed: (getter get_n_missed)
   *
   * How many messages are missing so far because they never arrived where they were to be recorded.
   *
   * Since: 0.1
   */
  properties[PROP_N_MISSED] =
    g_param_spec_uint ("n-missed", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecording:position: (getter get_position)
   *
   * When the message that was read last was recorded, in microseconds since the recording began.
   *
   * Since: 0.1
   */
  properties[PROP_POSITION] =
    g_param_spec_int64 ("position", NULL, NULL,
                        G_MININT64, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_recording_init (MbRecording *self)
{
  self->duration = -1;
  g_queue_init (&self->places);
}

/**
 * mb_recording_new:
 * @file: a file
 *
 * Makes an object to read a recording with. Nothing is read before [method@Recording.open_async].
 *
 * Returns: (transfer full): a new recording
 *
 * Since: 0.1
 */
MbRecording *
mb_recording_new (GFile *file)
{
  g_return_val_if_fail (G_IS_FILE (file), NULL);

  return g_object_new (MB_TYPE_RECORDING, "file", file, NULL);
}

/**
 * mb_recording_get_duration: (get-property duration)
 * @self: a recording
 *
 * Gets how long was recorded when the recording was opened: the time of its last line.
 *
 * Returns: microseconds; -1 if that cannot be known without reading it all, as from a pipe, and before it is
 *   open
 *
 * Since: 0.1
 */
gint64
mb_recording_get_duration (MbRecording *self)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), 0);

  return self->duration;
}

/**
 * mb_recording_get_file: (get-property file)
 * @self: a recording
 *
 * Gets the file that is read.
 *
 * Returns: (transfer none): the file
 *
 * Since: 0.1
 */
GFile *
mb_recording_get_file (MbRecording *self)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), NULL);

  return self->file;
}

/**
 * mb_recording_get_is_truncated: (get-property is-truncated)
 * @self: a recording
 *
 * Gets whether the last line was found to be cut off, as after a crash. It is not returned.
 *
 * Returns: true if it is
 *
 * Since: 0.1
 */
gboolean
mb_recording_get_is_truncated (MbRecording *self)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), FALSE);

  return self->now.truncated;
}

/**
 * mb_recording_get_message: (get-property message)
 * @self: a recording
 *
 * Gets the message that was read last. [property@Message:received-at] is when it was recorded.
 *
 * Returns: (transfer none) (nullable): a message, or `NULL` before the first and behind the last one
 *
 * Since: 0.1
 */
MbMessage *
mb_recording_get_message (MbRecording *self)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), NULL);

  return self->now.message;
}

/**
 * mb_recording_get_n_damaged: (get-property n-damaged)
 * @self: a recording
 *
 * Gets how many lines were skipped so far, because they cannot be read.
 *
 * Returns: a number of lines
 *
 * Since: 0.1
 */
guint
mb_recording_get_n_damaged (MbRecording *self)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), 0);

  return self->now.n_damaged;
}

/**
 * mb_recording_get_n_dropped: (get-property n-dropped)
 * @self: a recording
 *
 * Gets how many messages are missing before the one that was read last, because the disk of the recorder was
 * too slow. Counting begins anew with each [method@Recording.seek_async].
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_recording_get_n_dropped (MbRecording *self)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), 0);

  return self->now.n_dropped;
}

/**
 * mb_recording_get_n_missed: (get-property n-missed)
 * @self: a recording
 *
 * Gets how many messages are missing before the one that was read last, because they never arrived where they
 * were to be recorded. Counting begins anew with each [method@Recording.seek_async].
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_recording_get_n_missed (MbRecording *self)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), 0);

  return self->now.n_missed;
}

/**
 * mb_recording_get_position: (get-property position)
 * @self: a recording
 *
 * Gets when the message that was read last was recorded. This never goes down from one message to the next,
 * whatever happened to the clock.
 *
 * Returns: microseconds since the recording began
 *
 * Since: 0.1
 */
gint64
mb_recording_get_position (MbRecording *self)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), 0);

  return self->now.position;
}

/**
 * mb_recording_open_sync:
 * @self: a recording
 * @cancellable: (nullable): to give up
 * @error: return location for an error
 *
 * Opens the recording, and looks at its first and its last line.
 *
 * A file that is empty, or cut off in its first line, is a recording without messages.
 *
 * The errors are those of [error@RecordingError] (the file is something else, the recording is of a newer
 * version, it is open already) and [error@Gio.IOErrorEnum].
 *
 * Returns: true if the recording is open
 *
 * Since: 0.1
 */
gboolean
mb_recording_open_sync (MbRecording   *self,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return _mb_recording_run_sync (self, &opening, 0, cancellable, error);
}

/**
 * mb_recording_open_async:
 * @self: a recording
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when it is done
 * @user_data: the data of @callback
 *
 * Opens the recording, and looks at its first and its last line. See [method@Recording.open_sync].
 *
 * Since: 0.1
 */
void
mb_recording_open_async (MbRecording         *self,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_RECORDING (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_recording_open_async);
  _mb_recording_run_async (self, &opening, 0, g_steal_pointer (&task));
}

/**
 * mb_recording_open_finish:
 * @self: a recording
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Recording.open_async], with the errors of [method@Recording.open_sync].
 *
 * Returns: true if the recording is open
 *
 * Since: 0.1
 */
gboolean
mb_recording_open_finish (MbRecording   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (MB_IS_RECORDING (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_recording_open_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
