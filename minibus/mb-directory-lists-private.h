/* mb-directory-lists-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-service-info-private.h"
#include "mb-topic-info-private.h"

G_BEGIN_DECLS

/* The topics and services of all peers together, made of what each tells. */
typedef struct
{
  GListStore *topics;        /* of MbTopicInfo, by name */
  GListStore *services;      /* of MbServiceInfo, likewise */
  GHashTable *topic_names;   /* name to MbTopicInfo; borrows */
  GHashTable *service_names;
} MbDirectoryLists;

void     _mb_directory_lists_init   (MbDirectoryLists *self);
void     _mb_directory_lists_clear  (MbDirectoryLists *self);
/* `peers` is of MbPeer, in order. */
void     _mb_directory_lists_update (MbDirectoryLists *self,
                                     GPtrArray        *peers,
                                     gboolean          show_hidden);

G_END_DECLS
