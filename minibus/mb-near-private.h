/* mb-near-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether somebody who wrote `wrong` may have meant `right`: a few letters off, another case, or the same last part. */
gboolean _mb_name_is_near   (const char *wrong,
                             const char *right);
/* How far, for an order; less is nearer. */
guint    _mb_name_distance  (const char *wrong,
                             const char *right);

/* A collection of near names, the nearest first and each once. */
typedef struct _MbNearNames MbNearNames;

MbNearNames *_mb_near_names_new  (const char   *wrong);
void         _mb_near_names_add  (MbNearNames  *self,
                                  const char   *name);
/* At most `max` names; frees the collection. */
char       **_mb_near_names_end  (MbNearNames  *self,
                                  guint         max);

G_END_DECLS
