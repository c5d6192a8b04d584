/* mb-recorder.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-recorder-private.h"

#include "mb-property-private.h"

#define DEFAULT_QUEUE_BYTES (64 * 1024 * 1024)

/**
 * MbRecorder:
 *
 * Writes the messages of a bus to a file.
 *
 * What a [class@Player] plays and a [class@Recording] reads is recorded here: each message with its time, topic,
 * author, id, further header members and data, and whatever is known of messages that are missing. The format is
 * JSON, one line for each message; see [Recordings](recording.html).
 *
 * Messages are received and written by a thread of the recorder's own: the program's main loop can be busy without
 * harm, and never waits for the disk. Each message is handed to the system as soon as nothing else is waiting to be
 * written, so that a program that crashes loses none that it recorded; the disk is waited for when the recording is
 * stopped.
 *
 * What comes encrypted is recorded as it was before: whoever can read the file can read it. A new file can be read
 * by its owner alone.
 *
 * A recorder belongs to the main context that was the thread's default when it was made, and is used from there.
 * Recording ends with the last reference on the recorder, too, then without anybody being told whether it went well.
 *
 * ```c
 * MbRecorder *recorder = mb_recorder_new (client, file);
 *
 * mb_recorder_start_async (recorder, NULL, started_cb, NULL);
 * ```
 *
 * ```js
 * const recorder = new Minibus.Recorder({client, file: Gio.File.new_for_path('bus.jsonl')});
 * await recorder.start_async(null);
 * // …
 * await recorder.stop_async(null);
 * ```
 *
 * ```python
 * recorder = Minibus.Recorder(client=client, file=Gio.File.new_for_path('bus.jsonl'))
 * recorder.start_async(None, started)
 * ```
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (MbRecorder, mb_recorder, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_APPEND,
  PROP_CLIENT,
  PROP_FILE,
  PROP_INCLUDE_HIDDEN,
  PROP_N_BYTES,
  PROP_N_DROPPED,
  PROP_N_MESSAGES,
  PROP_N_MISSED,
  PROP_PATTERNS,
  PROP_QUEUE_BYTES,
  PROP_STATE,
  N_PROPS
};

enum
{
  FAILED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static MbRecorderCounts
get_counts (MbRecorder *self)
{
  MbRecorderCounts counts = { 0 };

  if (self->writer != NULL)
    _mb_recorder_writer_get_counts (self->writer, &counts);

  return counts;
}

void
_mb_recorder_set_state (MbRecorder      *self,
                        MbRecorderState  state)
{
  if (self->state == state)
    return;

  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

void
_mb_recorder_notify_counts (gpointer owner)
{
  g_object_notify_by_pspec (owner, properties[PROP_N_BYTES]);
  g_object_notify_by_pspec (owner, properties[PROP_N_DROPPED]);
  g_object_notify_by_pspec (owner, properties[PROP_N_MESSAGES]);
  g_object_notify_by_pspec (owner, properties[PROP_N_MISSED]);
}

void
_mb_recorder_emit_failed (MbRecorder   *self,
                          const GError *error)
{
  g_signal_emit (self, signals[FAILED], 0, error);
}

static void
mb_recorder_constructed (GObject *object)
{
  MbRecorder *self = MB_RECORDER (object);

  G_OBJECT_CLASS (mb_recorder_parent_class)->constructed (object);

  /* Somebody made it without a client, with g_object_new(). */
  if (self->client == NULL)
    self->client = mb_client_new (NULL);
}

static void
mb_recorder_dispose (GObject *object)
{
  MbRecorder *self = MB_RECORDER (object);

  if (self->writer != NULL)
    _mb_recorder_writer_stop (self->writer);
  g_clear_pointer (&self->writer, _mb_recorder_writer_unref);

  G_OBJECT_CLASS (mb_recorder_parent_class)->dispose (object);
}

static void
mb_recorder_finalize (GObject *object)
{
  MbRecorder *self = MB_RECORDER (object);

  g_assert (self->start == NULL && self->stops == NULL);
  g_clear_object (&self->client);
  g_clear_object (&self->file);
  g_clear_pointer (&self->patterns, g_strfreev);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (mb_recorder_parent_class)->finalize (object);
}

static void
mb_recorder_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  MbRecorder *self = MB_RECORDER (object);

  switch (prop_id)
    {
    case PROP_APPEND:
      g_value_set_boolean (value, mb_recorder_get_append (self));
      break;

    case PROP_CLIENT:
      g_value_set_object (value, mb_recorder_get_client (self));
      break;

    case PROP_FILE:
      g_value_set_object (value, mb_recorder_get_file (self));
      break;

    case PROP_INCLUDE_HIDDEN:
      g_value_set_boolean (value, mb_recorder_get_include_hidden (self));
      break;

    case PROP_N_BYTES:
      g_value_set_uint64 (value, mb_recorder_get_n_bytes (self));
      break;

    case PROP_N_DROPPED:
      g_value_set_uint (value, mb_recorder_get_n_dropped (self));
      break;

    case PROP_N_MESSAGES:
      g_value_set_uint (value, mb_recorder_get_n_messages (self));
      break;

    case PROP_N_MISSED:
      g_value_set_uint (value, mb_recorder_get_n_missed (self));
      break;

    case PROP_PATTERNS:
      g_value_set_boxed (value, mb_recorder_get_patterns (self));
      break;

    case PROP_QUEUE_BYTES:
      g_value_set_uint (value, mb_recorder_get_queue_bytes (self));
      break;

    case PROP_STATE:
      g_value_set_enum (value, mb_recorder_get_state (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_recorder_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  MbRecorder *self = MB_RECORDER (object);

  switch (prop_id)
    {
    case PROP_APPEND:
      mb_recorder_set_append (self, g_value_get_boolean (value));
      break;

    case PROP_CLIENT:
      self->client = g_value_dup_object (value);
      break;

    case PROP_FILE:
      self->file = g_value_dup_object (value);
      break;

    case PROP_INCLUDE_HIDDEN:
      mb_recorder_set_include_hidden (self, g_value_get_boolean (value));
      break;

    case PROP_PATTERNS:
      mb_recorder_set_patterns (self, g_value_get_boxed (value));
      break;

    case PROP_QUEUE_BYTES:
      mb_recorder_set_queue_bytes (self, g_value_get_uint (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_recorder_class_init (MbRecorderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = mb_recorder_constructed;
  object_class->dispose = mb_recorder_dispose;
  object_class->finalize = mb_recorder_finalize;
  object_class->get_property = mb_recorder_get_property;
  object_class->set_property = mb_recorder_set_property;

  /**
   * MbRecorder:append: (getter get_append) (setter set_append)
   *
   * Whether to go on with a recording that is in the file already.
   *
   * Since: 0.1
   */
  properties[PROP_APPEND] =
    g_param_spec_boolean ("append", NULL, NULL,
                          FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:client: (getter get_client)
   *
   * The client that receives what is recorded.
   *
   * Since: 0.1
   */
  properties[PROP_CLIENT] =
    g_param_spec_object ("client", NULL, NULL,
                         MB_TYPE_CLIENT,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:file: (getter get_file)
   *
   * The file that is recorded to.
   *
   * Since: 0.1
   */
  properties[PROP_FILE] =
    g_param_spec_object ("file", NULL, NULL,
                         G_TYPE_FILE,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:include-hidden: (getter get_include_hidden) (setter set_include_hidden)
   *
   * Whether to record hidden topics, too.
   *
   * Since: 0.1
   */
  properties[PROP_INCLUDE_HIDDEN] =
    g_param_spec_boolean ("include-hidden", NULL, NULL,
                          FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:n-bytes: (getter get_n_bytes)
   *
   * The size of the file, with what was in it before. Notified ten times a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_N_BYTES] =
    g_param_spec_uint64 ("n-bytes", NULL, NULL,
                         0, G_MAXUINT64, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:n-dropped: (getter get_n_dropped)
   *
   * How many messages were not recorded because the disk was too slow. Notified ten times a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_N_DROPPED] =
    g_param_spec_uint ("n-dropped", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:n-messages: (getter get_n_messages)
   *
   * How many messages were recorded. Notified ten times a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_N_MESSAGES] =
    g_param_spec_uint ("n-messages", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:n-missed: (getter get_n_missed)
   *
   * How many messages never arrived, as the numbers of their senders tell. Notified ten times a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_N_MISSED] =
    g_param_spec_uint ("n-missed", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:patterns: (getter get_patterns) (setter set_patterns)
   *
   * Which topics to record; none is all.
   *
   * Since: 0.1
   */
  properties[PROP_PATTERNS] =
    g_param_spec_boxed ("patterns", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:queue-bytes: (getter get_queue_bytes) (setter set_queue_bytes)
   *
   * How many bytes of memory, about, messages may take that wait to be written.
   *
   * Since: 0.1
   */
  properties[PROP_QUEUE_BYTES] =
    g_param_spec_uint ("queue-bytes", NULL, NULL,
                       1, G_MAXUINT, DEFAULT_QUEUE_BYTES,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecorder:state: (getter get_state)
   *
   * What the recorder is doing.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL,
                       MB_TYPE_RECORDER_STATE, MB_RECORDER_STATE_STOPPED,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * MbRecorder::failed:
   * @self: the recorder
   * @error: why, in the domain of [error@Gio.IOErrorEnum]
   *
   * Emitted when the file cannot be written any more, for example because the disk is full.
   *
   * What was written before stays, and can be read. [method@Recorder.stop_async] gives the same error.
   *
   * Since: 0.1
   */
  signals[FAILED] =
    g_signal_new ("failed",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE,
                  1,
                  G_TYPE_ERROR);
}

static void
mb_recorder_init (MbRecorder *self)
{
  self->queue_bytes = DEFAULT_QUEUE_BYTES;
}

void
_mb_recorder_set_clock (MbRecorder      *self,
                        MbRecorderClock  clock,
                        gpointer         data)
{
  self->clock = clock;
  self->clock_data = data;
}

/**
 * mb_recorder_new:
 * @client: a client
 * @file: a file on this machine
 *
 * Makes a recorder. Nothing happens before [method@Recorder.start_async].
 *
 * Returns: (transfer full): a new recorder
 *
 * Since: 0.1
 */
MbRecorder *
mb_recorder_new (MbClient *client,
                 GFile    *file)
{
  g_return_val_if_fail (MB_IS_CLIENT (client), NULL);
  g_return_val_if_fail (G_IS_FILE (file), NULL);

  return g_object_new (MB_TYPE_RECORDER, "client", client, "file", file, NULL);
}

/**
 * mb_recorder_get_append: (get-property append)
 * @self: a recorder
 *
 * Gets whether to go on with a recording that is in the file already.
 *
 * Returns: true if messages are appended
 *
 * Since: 0.1
 */
gboolean
mb_recorder_get_append (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), FALSE);

  return self->append;
}

/**
 * mb_recorder_set_append: (set-property append)
 * @self: a recorder
 * @append: whether to append
 *
 * Sets whether to go on with a recording that is in the file already. Unless this is set, a file that exists
 * and is not empty is left alone, and starting fails. A last line that is cut off, since the program or the
 * machine crashed, is removed; nothing else of the file is ever changed. What is set while recording is for the
 * next start.
 *
 * Since: 0.1
 */
void
mb_recorder_set_append (MbRecorder *self,
                        gboolean    append)
{
  g_return_if_fail (MB_IS_RECORDER (self));

  append = append != FALSE;
  if (self->append == append)
    return;

  self->append = append;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_APPEND]);
}

/**
 * mb_recorder_get_client: (get-property client)
 * @self: a recorder
 *
 * Gets the client that receives what is recorded.
 *
 * Returns: (transfer none): the client
 *
 * Since: 0.1
 */
MbClient *
mb_recorder_get_client (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), NULL);

  return self->client;
}

/**
 * mb_recorder_get_file: (get-property file)
 * @self: a recorder
 *
 * Gets the file that is recorded to.
 *
 * Returns: (transfer none): the file
 *
 * Since: 0.1
 */
GFile *
mb_recorder_get_file (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), NULL);

  return self->file;
}

/**
 * mb_recorder_get_include_hidden: (get-property include-hidden)
 * @self: a recorder
 *
 * Gets whether hidden topics are recorded, too.
 *
 * Returns: true if they are
 *
 * Since: 0.1
 */
gboolean
mb_recorder_get_include_hidden (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), FALSE);

  return self->include_hidden;
}

/**
 * mb_recorder_set_include_hidden: (set-property include-hidden)
 * @self: a recorder
 * @include_hidden: whether to record hidden topics
 *
 * Sets whether to record hidden topics, too: those of which a part begins and ends with two underscores, such
 * as the requests and answers of services. A pattern with two underscores in it asks for them by itself.
 *
 * Since: 0.1
 */
void
mb_recorder_set_include_hidden (MbRecorder *self,
                                gboolean    include_hidden)
{
  g_return_if_fail (MB_IS_RECORDER (self));

  include_hidden = include_hidden != FALSE;
  if (self->include_hidden == include_hidden)
    return;

  self->include_hidden = include_hidden;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INCLUDE_HIDDEN]);
}

/**
 * mb_recorder_get_n_bytes: (get-property n-bytes)
 * @self: a recorder
 *
 * Gets the size of the file, with what was in it before.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint64
mb_recorder_get_n_bytes (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), 0);

  return get_counts (self).n_bytes;
}

/**
 * mb_recorder_get_n_dropped: (get-property n-dropped)
 * @self: a recorder
 *
 * Gets how many messages were not recorded because more came than could be written; the file is marked where
 * they are missing.
 *
 * Returns: a number of messages, since the start
 *
 * Since: 0.1
 */
guint
mb_recorder_get_n_dropped (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), 0);

  return get_counts (self).n_dropped;
}

/**
 * mb_recorder_get_n_messages: (get-property n-messages)
 * @self: a recorder
 *
 * Gets how many messages were recorded.
 *
 * Returns: a number of messages, since the start
 *
 * Since: 0.1
 */
guint
mb_recorder_get_n_messages (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), 0);

  return get_counts (self).n_messages;
}

/**
 * mb_recorder_get_n_missed: (get-property n-missed)
 * @self: a recorder
 *
 * Gets how many messages never arrived, as the numbers of their senders tell; the file is marked where they are
 * missing.
 *
 * Returns: a number of messages, since the start
 *
 * Since: 0.1
 */
guint
mb_recorder_get_n_missed (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), 0);

  return get_counts (self).n_missed;
}

/**
 * mb_recorder_get_patterns: (get-property patterns)
 * @self: a recorder
 *
 * Gets which topics are recorded.
 *
 * Returns: (transfer none) (array zero-terminated=1) (nullable): patterns, or `NULL` for all topics
 *
 * Since: 0.1
 */
const char * const *
mb_recorder_get_patterns (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), NULL);

  return (const char * const *) self->patterns;
}

/**
 * mb_recorder_set_patterns: (set-property patterns)
 * @self: a recorder
 * @patterns: (nullable) (array zero-terminated=1): patterns, as for [method@Client.subscribe], or `NULL` for all topics
 *
 * Sets which topics to record. A message that several patterns match is recorded once. What is set while
 * recording is for the next start.
 *
 * Since: 0.1
 */
void
mb_recorder_set_patterns (MbRecorder         *self,
                          const char * const *patterns)
{
  g_return_if_fail (MB_IS_RECORDER (self));

  _mb_property_set_list (G_OBJECT (self), "patterns", &self->patterns, patterns);
}

/**
 * mb_recorder_get_queue_bytes: (get-property queue-bytes)
 * @self: a recorder
 *
 * Gets how much memory messages may take that wait to be written.
 *
 * Returns: bytes, about
 *
 * Since: 0.1
 */
guint
mb_recorder_get_queue_bytes (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), 0);

  return self->queue_bytes;
}

/**
 * mb_recorder_set_queue_bytes: (set-property queue-bytes)
 * @self: a recorder
 * @queue_bytes: bytes, at least 1
 *
 * Sets how much memory messages may take that wait to be written: 64 MiB unless set. When the disk is slower
 * than the bus for longer than that, the oldest are dropped, counted by [property@Recorder:n-dropped], and the
 * file is marked there. What is set while recording is for the next start.
 *
 * Since: 0.1
 */
void
mb_recorder_set_queue_bytes (MbRecorder *self,
                             guint       queue_bytes)
{
  g_return_if_fail (MB_IS_RECORDER (self));
  g_return_if_fail (queue_bytes >= 1);

  if (self->queue_bytes == queue_bytes)
    return;

  self->queue_bytes = queue_bytes;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_QUEUE_BYTES]);
}

/**
 * mb_recorder_get_state: (get-property state)
 * @self: a recorder
 *
 * Gets what the recorder is doing.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
MbRecorderState
mb_recorder_get_state (MbRecorder *self)
{
  g_return_val_if_fail (MB_IS_RECORDER (self), MB_RECORDER_STATE_STOPPED);

  return self->state;
}
