/* mb-player-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-player.h"

#include "mb-player-run-private.h"

G_BEGIN_DECLS

/* The inside of MbPlayer, shared by its rooms: mb-player.c (what it is), mb-player-settings.c (how it plays) and
 * mb-player-play.c (that it does, and how far it has got). The thread that plays is MbPlayerRun's. */

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

/* Tells the thread, if there is one, what is set now. */
void _mb_player_configure       (MbPlayer     *self);
/* For MbPlayerEvents. */
void _mb_player_notify_progress (gpointer      owner);
void _mb_player_emit_skipped    (gpointer      owner,
                                 const char   *topic,
                                 const GError *error);

G_END_DECLS
