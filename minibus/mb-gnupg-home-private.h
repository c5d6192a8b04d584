/* mb-gnupg-home-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A folder for GnuPG of our own: short enough for its sockets, of mode 0700, locked as long as this
 * process lives, removed with the last reference and at the latest when the process exits.
 *
 * Homes of processes that died without that are removed by the next home made in the same place: those
 * whose lock is free, and that are real folders of the same user with mode 0700. Any thread.
 */
typedef struct _MbGnupgHome MbGnupgHome;

/* `parent` is NULL for $XDG_RUNTIME_DIR, if that is fit for it, and else /tmp. */
MbGnupgHome *_mb_gnupg_home_new         (const char   *parent,
                                         GError      **error);
MbGnupgHome *_mb_gnupg_home_ref         (MbGnupgHome  *self);
/* The last one ends the agent and removes the folder. */
void         _mb_gnupg_home_unref       (MbGnupgHome  *self);
const char  *_mb_gnupg_home_get_path    (MbGnupgHome  *self);
/* Makes a file that was not there. */
gboolean     _mb_gnupg_home_write       (MbGnupgHome  *self,
                                         const char   *name,
                                         const char   *contents,
                                         GError      **error);
/* Where GnuPG puts the sockets for this home, if not into it: a folder that it makes for each home below
 * /run/user, and never removes. It is removed with the home.
 */
gboolean     _mb_gnupg_home_set_sockets (MbGnupgHome  *self,
                                         const char   *path,
                                         GError      **error);
/* Makes GnuPG use another agent here, by the path of its socket; that one is left alone at the end. */
gboolean     _mb_gnupg_home_use_agent   (MbGnupgHome  *self,
                                         const char   *socket_path,
                                         GError      **error);
/* FALSE when somebody has removed or replaced it. */
gboolean     _mb_gnupg_home_is_intact   (MbGnupgHome  *self);

/* Removes the homes that dead processes left in a folder, and tells how many. */
guint        _mb_gnupg_home_clean       (const char   *parent);

#define MB_GNUPG_HOME_PREFIX "minibus-gpg-"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbGnupgHome, _mb_gnupg_home_unref)

G_END_DECLS
