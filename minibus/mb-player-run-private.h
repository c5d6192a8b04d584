/* mb-player-run-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"

G_BEGIN_DECLS

/* One playing of a recording, in a thread of its own. */
typedef struct _MbPlayerRun MbPlayerRun;

typedef struct
{
  double   speed;
  double   max_rate;
  gint64   start_position;
  gint64   stop_position;      /* -1: the end */
  gboolean loop;
  gboolean paused;
} MbPlayerSettings;

typedef struct
{
  gint64   duration;           /* -1: not known */
  gint64   position;
  guint    n_messages;
  guint    n_skipped;
  gboolean ended;              /* it was played to its end */
} MbPlayerStatus;

/* All of these are called in the context where the run was made, as long as `owner` lives. */
typedef struct
{
  void (*moved)   (gpointer       owner);
  void (*skipped) (gpointer       owner,
                   const char    *topic,
                   const GError  *error);
  void (*ended)   (gpointer       owner,
                   const GError  *error);   /* NULL: to the end */
} MbPlayerEvents;

/* Fails if a pattern cannot be used. */
MbPlayerRun *_mb_player_run_new        (GObject                *owner,
                                        const MbPlayerEvents   *events,
                                        MbCore                 *core,
                                        GFile                  *file,
                                        const char * const     *patterns,
                                        const char             *topic_prefix,
                                        GHashTable             *topic_map,
                                        GError                **error);
MbPlayerRun *_mb_player_run_ref        (MbPlayerRun            *self);
void         _mb_player_run_unref      (MbPlayerRun            *self);
gboolean     _mb_player_run_start      (MbPlayerRun            *self,
                                        GError                **error);
/* These from any thread, at any time. */
void         _mb_player_run_configure  (MbPlayerRun            *self,
                                        const MbPlayerSettings *settings);
void         _mb_player_run_seek       (MbPlayerRun            *self,
                                        gint64                  position);
void         _mb_player_run_cancel     (MbPlayerRun            *self);
void         _mb_player_run_get_status (MbPlayerRun            *self,
                                        MbPlayerStatus         *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPlayerRun, _mb_player_run_unref)

G_END_DECLS
