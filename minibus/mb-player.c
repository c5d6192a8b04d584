/* mb-player.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-player-private.h"

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

void
_mb_player_notify_progress (gpointer owner)
{
  g_object_notify_by_pspec (owner, properties[PROP_DURATION]);
  g_object_notify_by_pspec (owner, properties[PROP_N_MESSAGES]);
  g_object_notify_by_pspec (owner, properties[PROP_N_SKIPPED]);
  g_object_notify_by_pspec (owner, properties[PROP_POSITION]);
  g_object_notify_by_pspec (owner, properties[PROP_PROGRESS]);
}

void
_mb_player_emit_skipped (gpointer      owner,
                         const char   *topic,
                         const GError *error)
{
  g_signal_emit (owner, signals[SKIPPED], 0, topic, error);
}

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
