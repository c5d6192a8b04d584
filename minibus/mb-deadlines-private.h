/* mb-deadlines-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Deadlines in one main context, with one source for all of them: most never come, and a source for each would
 * cost more than what they are for. Whoever has them holds the same lock in all functions.
 */
typedef struct _MbDeadlines MbDeadlines;

/* Part of what has a deadline. */
typedef struct
{
  gint64   time;     /* monotonic, in microseconds */
  gpointer owner;
  guint    place;    /* from 1 on; 0 when it is in no set */
} MbDeadline;

/* `func` is called in the context when a deadline may have come, without the lock. It takes what is due, and then
 * calls _mb_deadlines_rest(). */
MbDeadlines *_mb_deadlines_new          (GMainContext   *context,
                                         GSourceFunc     func,
                                         gpointer        user_data,
                                         GDestroyNotify  destroy);
/* Frees a set whose deadlines are not looked at any more. Lets go of the user data, so that no lock must be held that
 * their `destroy` takes. */
void         _mb_deadlines_free         (MbDeadlines    *self);
/* Whether the set is for this context, which has not ended. */
gboolean     _mb_deadlines_are_of       (MbDeadlines    *self,
                                         GMainContext   *context);
/* Whether there is none, and the context has ended. */
gboolean     _mb_deadlines_are_over     (MbDeadlines    *self);
void         _mb_deadlines_add          (MbDeadlines    *self,
                                         MbDeadline     *deadline);
void         _mb_deadlines_remove       (MbDeadlines    *self,
                                         MbDeadline     *deadline);
/* Takes one that has come out, or returns NULL. */
MbDeadline  *_mb_deadlines_take_due     (MbDeadlines    *self,
                                         gint64          now);
/* Waits for the next one. Returns FALSE if there is none: then nothing wakes up the context. */
gboolean     _mb_deadlines_rest         (MbDeadlines    *self);

G_END_DECLS
