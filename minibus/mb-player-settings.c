/* mb-player-settings.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How a player plays: what can be set. What is set while playing goes to its thread. */

#include "config.h"

#include "mb-player-private.h"

#include "mb-property-private.h"

void
_mb_player_configure (MbPlayer *self)
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
  _mb_player_configure (self);
  g_object_notify (G_OBJECT (self), "loop");
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
  _mb_player_configure (self);
  g_object_notify (G_OBJECT (self), "max-rate");
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

  _mb_property_set_list (G_OBJECT (self), "patterns", &self->patterns, patterns);
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
  _mb_player_configure (self);
  g_object_notify (G_OBJECT (self), "paused");
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
  _mb_player_configure (self);
  g_object_notify (G_OBJECT (self), "speed");
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
  _mb_player_configure (self);
  g_object_notify (G_OBJECT (self), "start-position");
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
  _mb_player_configure (self);
  g_object_notify (G_OBJECT (self), "stop-position");
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

  _mb_property_set_text (G_OBJECT (self), "topic-prefix", &self->topic_prefix, topic_prefix);
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
