/* mb-player.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-player.h"

#include <glib/gi18n-lib.h>

#include "mb-client-private.h"
#include "mb-error.h"
#include "mb-player-run-private.h"
#include "mb-recording-file-private.h"

/**
 * MbPlayer:
 *
 * Publishes the messages of a recording again.
 *
 * Messages keep their topic and their data, and the time from one to the next. Who sends them is the client of the
 * player, and so author, id, session and number are its own, and so is the encryption.
 *
 * A thread of the player's own reads and publishes, so that a program whose main loop is busy plays in time all the
 * same. Each message has its moment, counted from the beginning: being late once does not make all others late.
 *
 * A player belongs to the main context that was the thread's default when it was made, and is used from there.
 *
 * ```c
 * MbPlayer *player = mb_player_new (client, file);
 *
 * mb_player_set_speed (player, 2);
 * mb_player_play_async (player, NULL, played_cb, NULL);
 * ```
 *
 * ```js
 * const player = new Minibus.Player({client, file: Gio.File.new_for_path('bus.jsonl')});
 * player.bind_property('progress', progressBar, 'fraction', GObject.BindingFlags.DEFAULT);
 * await player.play_async(null);
 * ```
 *
 * ```python
 * player = Minibus.Player(client=client, file=Gio.File.new_for_path('bus.jsonl'))
 * player.play_async(None, played)
 * ```
 *
 * Since: 0.1
 */
struct _MbPlayer
{
  GObject       parent_instance;

  MbClient     *client;
  GFile        *file;
  char        **patterns;         /* or NULL */
  char         *topic_prefix;     /* or NULL */
  GHashTable   *topic_map;        /* topic to the one that is played instead */
  gboolean      loop;
  gboolean      paused;
  double        max_rate;
  double        speed;
  gint64        start_position;
  gint64        stop_position;
  MbPlayerRun  *run;              /* the last one; or NULL */
  GTask        *task;             /* while playing */
  gulong        cancelled_id;
};

G_DEFINE_FINAL_TYPE (MbPlayer, mb_player, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_CLIENT,
  PROP_DURATION,
  PROP_FILE,
  PROP_IS_PLAYING,
  PROP_LOOP,
  PROP_MAX_RATE,
  PROP_N_MESSAGES,
  PROP_N_SKIPPED,
  PROP_PATTERNS,
  PROP_PAUSED,
  PROP_POSITION,
  PROP_PROGRESS,
  PROP_SPEED,
  PROP_START_POSITION,
  PROP_STOP_POSITION,
  PROP_TOPIC_PREFIX,
  N_PROPS
};

enum
{
  SKIPPED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

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
configure (MbPlayer *self)
{
  MbPlayerSettings settings = {
    .speed = self->speed,
    .max_rate = self->max_rate,
    .start_position = self->start_position,
    .stop_position = self->stop_position,
    .loop = self->loop,
    .paused = self->paused,
  };

  if (self->run != NULL)
    _mb_player_run_configure (self->run, &settings);
}

static void
moved (gpointer owner)
{
  g_object_notify_by_pspec (owner, properties[PROP_DURATION]);
  g_object_notify_by_pspec (owner, properties[PROP_N_MESSAGES]);
  g_object_notify_by_pspec (owner, properties[PROP_N_SKIPPED]);
  g_object_notify_by_pspec (owner, properties[PROP_POSITION]);
  g_object_notify_by_pspec (owner, properties[PROP_PROGRESS]);
}

static void
skipped (gpointer      owner,
         const char   *topic,
         const GError *error)
{
  g_signal_emit (owner, signals[SKIPPED], 0, topic, error);
}

static void
ended (gpointer      owner,
       const GError *error)
{
  MbPlayer *self = owner;
  g_autoptr(GTask) task = g_steal_pointer (&self->task);

  g_cancellable_disconnect (g_task_get_cancellable (task), self->cancelled_id);
  self->cancelled_id = 0;

  moved (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_PLAYING]);

  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    g_task_return_boolean (task, TRUE);
}

static const MbPlayerEvents events = {
  .moved = moved,
  .skipped = skipped,
  .ended = ended,
};

static void
mb_player_constructed (GObject *object)
{
  MbPlayer *self = MB_PLAYER (object);

  G_OBJECT_CLASS (mb_player_parent_class)->constructed (object);

  /* Somebody made it without a client, with g_object_new(). */
  if (self->client == NULL)
    self->client = mb_client_new (NULL);
}

static void
mb_player_dispose (GObject *object)
{
  MbPlayer *self = MB_PLAYER (object);

  g_clear_pointer (&self->run, _mb_player_run_unref);

  G_OBJECT_CLASS (mb_player_parent_class)->dispose (object);
}

static void
mb_player_finalize (GObject *object)
{
  MbPlayer *self = MB_PLAYER (object);

  g_assert (self->task == NULL);
  g_clear_object (&self->client);
  g_clear_object (&self->file);
  g_clear_pointer (&self->patterns, g_strfreev);
  g_clear_pointer (&self->topic_prefix, g_free);
  g_clear_pointer (&self->topic_map, g_hash_table_unref);

  G_OBJECT_CLASS (mb_player_parent_class)->finalize (object);
}

static void
mb_player_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  MbPlayer *self = MB_PLAYER (object);

  switch (prop_id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, mb_player_get_client (self));
      break;

    case PROP_DURATION:
      g_value_set_int64 (value, mb_player_get_duration (self));
      break;

    case PROP_FILE:
      g_value_set_object (value, mb_player_get_file (self));
      break;

    case PROP_IS_PLAYING:
      g_value_set_boolean (value, mb_player_get_is_playing (self));
      break;

    case PROP_LOOP:
      g_value_set_boolean (value, mb_player_get_loop (self));
      break;

    case PROP_MAX_RATE:
      g_value_set_double (value, mb_player_get_max_rate (self));
      break;

    case PROP_N_MESSAGES:
      g_value_set_uint (value, mb_player_get_n_messages (self));
      break;

    case PROP_N_SKIPPED:
      g_value_set_uint (value, mb_player_get_n_skipped (self));
      break;

    case PROP_PATTERNS:
      g_value_set_boxed (value, mb_player_get_patterns (self));
      break;

    case PROP_PAUSED:
      g_value_set_boolean (value, mb_player_get_paused (self));
      break;

    case PROP_POSITION:
      g_value_set_int64 (value, mb_player_get_position (self));
      break;

    case PROP_PROGRESS:
      g_value_set_double (value, mb_player_get_progress (self));
      break;

    case PROP_SPEED:
      g_value_set_double (value, mb_player_get_speed (self));
      break;

    case PROP_START_POSITION:
      g_value_set_int64 (value, mb_player_get_start_position (self));
      break;

    case PROP_STOP_POSITION:
      g_value_set_int64 (value, mb_player_get_stop_position (self));
      break;

    case PROP_TOPIC_PREFIX:
      g_value_set_string (value, mb_player_get_topic_prefix (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_player_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  MbPlayer *self = MB_PLAYER (object);

  switch (prop_id)
    {
    case PROP_CLIENT:
      self->client = g_value_dup_object (value);
      break;

    case PROP_FILE:
      self->file = g_value_dup_object (value);
      break;

    case PROP_LOOP:
      mb_player_set_loop (self, g_value_get_boolean (value));
      break;

    case PROP_MAX_RATE:
      mb_player_set_max_rate (self, g_value_get_double (value));
      break;

    case PROP_PATTERNS:
      mb_player_set_patterns (self, g_value_get_boxed (value));
      break;

    case PROP_PAUSED:
      mb_player_set_paused (self, g_value_get_boolean (value));
      break;

    case PROP_SPEED:
      mb_player_set_speed (self, g_value_get_double (value));
      break;

    case PROP_START_POSITION:
      mb_player_set_start_position (self, g_value_get_int64 (value));
      break;

    case PROP_STOP_POSITION:
      mb_player_set_stop_position (self, g_value_get_int64 (value));
      break;

    case PROP_TOPIC_PREFIX:
      mb_player_set_topic_prefix (self, g_value_get_string (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_player_class_init (MbPlayerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = mb_player_constructed;
  object_class->dispose = mb_player_dispose;
  object_class->finalize = mb_player_finalize;
  object_class->get_property = mb_player_get_property;
  object_class->set_property = mb_player_set_property;

  /**
   * MbPlayer:client: (getter get_client)
   *
   * The client that publishes.
   *
   * Since: 0.1
   */
  properties[PROP_CLIENT] =
    g_param_spec_object ("client", NULL, NULL,
                         MB_TYPE_CLIENT,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:duration: (getter get_duration)
   *
   * How long the recording is, in microseconds.
   *
   * Since: 0.1
   */
  properties[PROP_DURATION] =
    g_param_spec_int64 ("duration", NULL, NULL,
                        -1, G_MAXINT64, -1,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:file: (getter get_file)
   *
   * The file that is played.
   *
   * Since: 0.1
   */
  properties[PROP_FILE] =
    g_param_spec_object ("file", NULL, NULL,
                         G_TYPE_FILE,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:is-playing: (getter get_is_playing)
   *
   * Whether the recording is being played, or paused.
   *
   * Since: 0.1
   */
  properties[PROP_IS_PLAYING] =
    g_param_spec_boolean ("is-playing", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:loop: (getter get_loop) (setter set_loop)
   *
   * Whether to begin again at the end.
   *
   * Since: 0.1
   */
  properties[PROP_LOOP] =
    g_param_spec_boolean ("loop", NULL, NULL,
                          FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:max-rate: (getter get_max_rate) (setter set_max_rate)
   *
   * How many messages to publish in a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_RATE] =
    g_param_spec_double ("max-rate", NULL, NULL,
                         0, G_MAXDOUBLE, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:n-messages: (getter get_n_messages)
   *
   * How many messages were published. Notified ten times a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_N_MESSAGES] =
    g_param_spec_uint ("n-messages", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:n-skipped: (getter get_n_skipped)
   *
   * How many messages could not be published. Notified ten times a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_N_SKIPPED] =
    g_param_spec_uint ("n-skipped", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:patterns: (getter get_patterns) (setter set_patterns)
   *
   * Which topics to play; none is all.
   *
   * Since: 0.1
   */
  properties[PROP_PATTERNS] =
    g_param_spec_boxed ("patterns", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:paused: (getter get_paused) (setter set_paused)
   *
   * Whether playing is paused.
   *
   * Since: 0.1
   */
  properties[PROP_PAUSED] =
    g_param_spec_boolean ("paused", NULL, NULL,
                          FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:position: (getter get_position)
   *
   * Where in the recording playing has got to, in microseconds. Notified ten times a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_POSITION] =
    g_param_spec_int64 ("position", NULL, NULL,
                        0, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:progress: (getter get_progress)
   *
   * How much has been played, from 0 to 1. Notified ten times a second at most.
   *
   * Since: 0.1
   */
  properties[PROP_PROGRESS] =
    g_param_spec_double ("progress", NULL, NULL,
                         0, 1, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:speed: (getter get_speed) (setter set_speed)
   *
   * How fast to play: 1 is as it was recorded, 2 twice as fast, 0 as fast as can be.
   *
   * Since: 0.1
   */
  properties[PROP_SPEED] =
    g_param_spec_double ("speed", NULL, NULL,
                         0, G_MAXDOUBLE, 1,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:start-position: (getter get_start_position) (setter set_start_position)
   *
   * Where in the recording to begin, in microseconds.
   *
   * Since: 0.1
   */
  properties[PROP_START_POSITION] =
    g_param_spec_int64 ("start-position", NULL, NULL,
                        0, G_MAXINT64, 0,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:stop-position: (getter get_stop_position) (setter set_stop_position)
   *
   * Where in the recording to end, in microseconds; -1 is its end.
   *
   * Since: 0.1
   */
  properties[PROP_STOP_POSITION] =
    g_param_spec_int64 ("stop-position", NULL, NULL,
                        -1, G_MAXINT64, -1,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbPlayer:topic-prefix: (getter get_topic_prefix) (setter set_topic_prefix)
   *
   * What to put before each topic.
   *
   * Since: 0.1
   */
  properties[PROP_TOPIC_PREFIX] =
    g_param_spec_string ("topic-prefix", NULL, NULL,
                         NULL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * MbPlayer::skipped:
   * @self: the player
   * @topic: the topic
   * @error: why the message was not published
   *
   * Emitted when a message could not be published, because it is larger than the client may send, or breaks a
   * schema of the client, for example. Playing goes on.
   *
   * When many messages in a row are skipped, this tells of some; [property@Player:n-skipped] counts them all.
   *
   * Since: 0.1
   */
  signals[SKIPPED] =
    g_signal_new ("skipped",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE,
                  2,
                  G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE,
                  G_TYPE_ERROR);
}

static void
mb_player_init (MbPlayer *self)
{
  self->speed = 1;
  self->stop_position = -1;
  self->topic_map = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * mb_player_new:
 * @client: a client
 * @file: a recording
 *
 * Makes a player. Nothing happens before [method@Player.play_async].
 *
 * Returns: (transfer full): a new player
 *
 * Since: 0.1
 */
MbPlayer *
mb_player_new (MbClient *client,
               GFile    *file)
{
  g_return_val_if_fail (MB_IS_CLIENT (client), NULL);
  g_return_val_if_fail (G_IS_FILE (file), NULL);

  return g_object_new (MB_TYPE_PLAYER, "client", client, "file", file, NULL);
}

/**
 * mb_player_get_client: (get-property client)
 * @self: a player
 *
 * Gets the client that publishes.
 *
 * Returns: (transfer none): the client
 *
 * Since: 0.1
 */
MbClient *
mb_player_get_client (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), NULL);

  return self->client;
}

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
 * mb_player_get_file: (get-property file)
 * @self: a player
 *
 * Gets the file that is played.
 *
 * Returns: (transfer none): the file
 *
 * Since: 0.1
 */
GFile *
mb_player_get_file (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), NULL);

  return self->file;
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
 * mb_player_get_loop: (get-property loop)
 * @self: a player
 *
 * Gets whether to begin again at the end.
 *
 * Returns: true if it is played over and over
 *
 * Since: 0.1
 */
gboolean
mb_player_get_loop (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), FALSE);

  return self->loop;
}

/**
 * mb_player_set_loop: (set-property loop)
 * @self: a player
 * @loop: whether to begin again at the end
 *
 * Sets whether to begin again at the end. This can be changed while playing.
 *
 * Since: 0.1
 */
void
mb_player_set_loop (MbPlayer *self,
                    gboolean  loop)
{
  g_return_if_fail (MB_IS_PLAYER (self));

  loop = loop != FALSE;
  if (self->loop == loop)
    return;

  self->loop = loop;
  configure (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOOP]);
}

/**
 * mb_player_get_max_rate: (get-property max-rate)
 * @self: a player
 *
 * Gets how many messages are published in a second at most.
 *
 * Returns: messages a second; 0 when there is no limit
 *
 * Since: 0.1
 */
double
mb_player_get_max_rate (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return self->max_rate;
}

/**
 * mb_player_set_max_rate: (set-property max-rate)
 * @self: a player
 * @max_rate: messages a second; 0 for no limit
 *
 * Sets how many messages to publish in a second at most, so that those who receive can keep pace whatever the
 * speed. This can be changed while playing.
 *
 * Since: 0.1
 */
void
mb_player_set_max_rate (MbPlayer *self,
                        double    max_rate)
{
  g_return_if_fail (MB_IS_PLAYER (self));
  g_return_if_fail (max_rate >= 0);

  if (self->max_rate == max_rate)
    return;

  self->max_rate = max_rate;
  configure (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_RATE]);
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
 * mb_player_get_patterns: (get-property patterns)
 * @self: a player
 *
 * Gets which topics are played.
 *
 * Returns: (transfer none) (array zero-terminated=1) (nullable): patterns, or `NULL` for all topics
 *
 * Since: 0.1
 */
const char * const *
mb_player_get_patterns (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), NULL);

  return (const char * const *) self->patterns;
}

/**
 * mb_player_set_patterns: (set-property patterns)
 * @self: a player
 * @patterns: (nullable) (array zero-terminated=1): patterns, as for [method@Client.subscribe], or `NULL` for all topics
 *
 * Sets which topics to play, by the names that they have in the recording. What is set while playing is for the
 * next time.
 *
 * Since: 0.1
 */
void
mb_player_set_patterns (MbPlayer           *self,
                        const char * const *patterns)
{
  g_return_if_fail (MB_IS_PLAYER (self));

  if (patterns != NULL && patterns[0] == NULL)
    patterns = NULL;
  if (self->patterns == NULL ? patterns == NULL
                          : patterns != NULL && g_strv_equal ((const char * const *) self->patterns, patterns))
    return;

  g_strfreev (self->patterns);
  self->patterns = g_strdupv ((char **) patterns);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATTERNS]);
}

/**
 * mb_player_get_paused: (get-property paused)
 * @self: a player
 *
 * Gets whether playing is paused.
 *
 * Returns: true if it is
 *
 * Since: 0.1
 */
gboolean
mb_player_get_paused (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), FALSE);

  return self->paused;
}

/**
 * mb_player_set_paused: (set-property paused)
 * @self: a player
 * @paused: whether to pause
 *
 * Pauses, or goes on. This can be set before playing, too.
 *
 * Since: 0.1
 */
void
mb_player_set_paused (MbPlayer *self,
                      gboolean  paused)
{
  g_return_if_fail (MB_IS_PLAYER (self));

  paused = paused != FALSE;
  if (self->paused == paused)
    return;

  self->paused = paused;
  configure (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PAUSED]);
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

/**
 * mb_player_get_speed: (get-property speed)
 * @self: a player
 *
 * Gets how fast is played.
 *
 * Returns: how many times as fast as it was recorded; 0 is as fast as can be
 *
 * Since: 0.1
 */
double
mb_player_get_speed (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return self->speed;
}

/**
 * mb_player_set_speed: (set-property speed)
 * @self: a player
 * @speed: how many times as fast as it was recorded; 0 is as fast as can be
 *
 * Sets how fast to play. This can be changed while playing. As fast as can be is faster than most who receive
 * can take it, who lose messages then: [property@Player:max-rate] is a bound.
 *
 * Since: 0.1
 */
void
mb_player_set_speed (MbPlayer *self,
                     double    speed)
{
  g_return_if_fail (MB_IS_PLAYER (self));
  g_return_if_fail (speed >= 0);

  if (self->speed == speed)
    return;

  self->speed = speed;
  configure (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SPEED]);
}

/**
 * mb_player_get_start_position: (get-property start-position)
 * @self: a player
 *
 * Gets where in the recording playing begins.
 *
 * Returns: microseconds since the recording began
 *
 * Since: 0.1
 */
gint64
mb_player_get_start_position (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return self->start_position;
}

/**
 * mb_player_set_start_position: (set-property start-position)
 * @self: a player
 * @start_position: microseconds since the recording began
 *
 * Sets where in the recording to begin. What is set while playing is for the next round, if
 * [property@Player:loop] is set, or the next time.
 *
 * Since: 0.1
 */
void
mb_player_set_start_position (MbPlayer *self,
                              gint64    start_position)
{
  g_return_if_fail (MB_IS_PLAYER (self));
  g_return_if_fail (start_position >= 0);

  if (self->start_position == start_position)
    return;

  self->start_position = start_position;
  configure (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_START_POSITION]);
}

/**
 * mb_player_get_stop_position: (get-property stop-position)
 * @self: a player
 *
 * Gets where in the recording playing ends.
 *
 * Returns: microseconds since the recording began; -1 is its end
 *
 * Since: 0.1
 */
gint64
mb_player_get_stop_position (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), 0);

  return self->stop_position;
}

/**
 * mb_player_set_stop_position: (set-property stop-position)
 * @self: a player
 * @stop_position: microseconds since the recording began, or -1 for its end
 *
 * Sets where in the recording to end: the first message after that is not played any more. This can be changed
 * while playing.
 *
 * Since: 0.1
 */
void
mb_player_set_stop_position (MbPlayer *self,
                             gint64    stop_position)
{
  g_return_if_fail (MB_IS_PLAYER (self));
  g_return_if_fail (stop_position >= -1);

  if (self->stop_position == stop_position)
    return;

  self->stop_position = stop_position;
  configure (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STOP_POSITION]);
}

/**
 * mb_player_get_topic_prefix: (get-property topic-prefix)
 * @self: a player
 *
 * Gets what is put before each topic.
 *
 * Returns: (transfer none) (nullable): a text, or `NULL` for nothing
 *
 * Since: 0.1
 */
const char *
mb_player_get_topic_prefix (MbPlayer *self)
{
  g_return_val_if_fail (MB_IS_PLAYER (self), NULL);

  return self->topic_prefix;
}

/**
 * mb_player_set_topic_prefix: (set-property topic-prefix)
 * @self: a player
 * @topic_prefix: (nullable): a text such as `/replay`, or `NULL` for nothing
 *
 * Sets what to put before each topic, so that what is played does not mix with what is said on the bus. What is
 * set while playing is for the next time.
 *
 * Since: 0.1
 */
void
mb_player_set_topic_prefix (MbPlayer   *self,
                            const char *topic_prefix)
{
  g_return_if_fail (MB_IS_PLAYER (self));

  if (topic_prefix != NULL && topic_prefix[0] == '\0')
    topic_prefix = NULL;
  if (g_strcmp0 (self->topic_prefix, topic_prefix) == 0)
    return;

  g_free (self->topic_prefix);
  self->topic_prefix = g_strdup (topic_prefix);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TOPIC_PREFIX]);
}

/**
 * mb_player_map_topic:
 * @self: a player
 * @topic: a topic, as it is in the recording
 * @new_topic: (nullable): the topic to publish on, or `NULL` to leave it as it is
 *
 * Lets the messages of one topic be published on another. [property@Player:topic-prefix] is put before that, too.
 * What is set while playing is for the next time.
 *
 * Since: 0.1
 */
void
mb_player_map_topic (MbPlayer   *self,
                     const char *topic,
                     const char *new_topic)
{
  g_return_if_fail (MB_IS_PLAYER (self));
  g_return_if_fail (topic != NULL);

  if (new_topic != NULL)
    g_hash_table_insert (self->topic_map, g_strdup (topic), g_strdup (new_topic));
  else
    g_hash_table_remove (self->topic_map, topic);
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
  configure (self);
  if (!_mb_player_run_start (run, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  self->task = g_steal_pointer (&task);
  if (cancellable != NULL)
    self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), g_steal_pointer (&run),
                                                (GDestroyNotify) _mb_player_run_unref);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_PLAYING]);
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
