/* mb-player.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mb-client.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_PLAYER (mb_player_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MbPlayer, mb_player, MB, PLAYER, GObject)

MB_AVAILABLE_IN_ALL
MbPlayer           *mb_player_new                (MbClient             *client,
                                                  GFile                *file);
MB_AVAILABLE_IN_ALL
MbClient           *mb_player_get_client         (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
gint64              mb_player_get_duration       (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
GFile              *mb_player_get_file           (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
gboolean            mb_player_get_is_playing     (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
gboolean            mb_player_get_loop           (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
void                mb_player_set_loop           (MbPlayer             *self,
                                                  gboolean              loop);
MB_AVAILABLE_IN_ALL
double              mb_player_get_max_rate       (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
void                mb_player_set_max_rate       (MbPlayer             *self,
                                                  double                max_rate);
MB_AVAILABLE_IN_ALL
guint               mb_player_get_n_messages     (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
guint               mb_player_get_n_skipped      (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
const char * const *mb_player_get_patterns       (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
void                mb_player_set_patterns       (MbPlayer             *self,
                                                  const char * const   *patterns);
MB_AVAILABLE_IN_ALL
gboolean            mb_player_get_paused         (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
void                mb_player_set_paused         (MbPlayer             *self,
                                                  gboolean              paused);
MB_AVAILABLE_IN_ALL
gint64              mb_player_get_position       (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
double              mb_player_get_progress       (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
double              mb_player_get_speed          (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
void                mb_player_set_speed          (MbPlayer             *self,
                                                  double                speed);
MB_AVAILABLE_IN_ALL
gint64              mb_player_get_start_position (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
void                mb_player_set_start_position (MbPlayer             *self,
                                                  gint64                start_position);
MB_AVAILABLE_IN_ALL
gint64              mb_player_get_stop_position  (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
void                mb_player_set_stop_position  (MbPlayer             *self,
                                                  gint64                stop_position);
MB_AVAILABLE_IN_ALL
const char         *mb_player_get_topic_prefix   (MbPlayer             *self);
MB_AVAILABLE_IN_ALL
void                mb_player_set_topic_prefix   (MbPlayer             *self,
                                                  const char           *topic_prefix);
MB_AVAILABLE_IN_ALL
void                mb_player_map_topic          (MbPlayer             *self,
                                                  const char           *topic,
                                                  const char           *new_topic);
MB_AVAILABLE_IN_ALL
void                mb_player_play_async         (MbPlayer             *self,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean            mb_player_play_finish        (MbPlayer             *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);
MB_AVAILABLE_IN_ALL
void                mb_player_seek               (MbPlayer             *self,
                                                  gint64                position);

G_END_DECLS
