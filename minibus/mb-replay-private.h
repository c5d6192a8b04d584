/* mb-replay-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Remembers which authenticated messages were seen, so that a recorded one is not taken twice.
 *
 * Only messages that a key has vouched for may be shown to it; else anybody could fill it. Two kinds:
 *
 * - numbered ones (sequence > 0, from libminibus peers): per author, session and topic, the highest
 *   number and the 255 below it are known. Anything further below is refused, seen or not.
 * - the others (sequence 0): each is remembered by author, session, topic and id for the time window.
 *   The id of a Python peer's message is not authenticated, so give a digest of its decoded bytes as id.
 *
 * `max_entries` bounds the streams and, on their own, the others; what was used longest ago is forgotten
 * first. Not thread-safe.
 */
typedef struct _MbReplay MbReplay;

MbReplay *_mb_replay_new    (guint        max_entries,
                             gint64       window_us);
void      _mb_replay_free   (MbReplay    *self);
/* TRUE, once, for a message that was not seen; it counts as seen from then on. `now` in microseconds of
 * a clock that does not go back. The strings may be NULL, which is not the same as empty.
 */
gboolean  _mb_replay_accept (MbReplay    *self,
                             const char  *topic,
                             const char  *author,
                             guint64      session,
                             guint64      sequence,
                             const char  *id,
                             gint64       now);
guint     _mb_replay_get_n_entries (MbReplay *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbReplay, _mb_replay_free)

G_END_DECLS
