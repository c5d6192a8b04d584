/* mb-router-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-mailbox-private.h"
#include "mb-pattern-private.h"
#include "mb-schema.h"
#include "mb-sequence-private.h"

G_BEGIN_DECLS

/* Which objects of a client want which topics. */
typedef struct _MbRouter MbRouter;

typedef enum
{
  MB_ROUTE_SUBSCRIBER,
  MB_ROUTE_REQUEST,
  MB_ROUTE_REPLY,
  MB_ROUTE_ERROR,
  MB_ROUTE_BUILTIN,
  MB_ROUTE_PRESENCE,
} MbRouteKind;

typedef struct
{
  gatomicrefcount ref_count;
  MbRouteKind     kind;
  MbPattern      *pattern;
  MbSchema       *schema;      /* or NULL: anything goes */
  MbInbox        *inbox;       /* or NULL for routes that deliver nothing to a main context */
  guint           builtin;     /* which built-in service, or use for presence */
  int             n_missed;    /* atomic */
  int             n_dropped;   /* atomic */
} MbRoute;

/* What the router knows of one topic; valid until the next look-up. */
typedef struct
{
  char       *topic;           /* a GRefString */
  gsize       length;
  guint       hash;
  guint       generation;
  GPtrArray  *routes;          /* of MbRoute */
  guint       n_vain;          /* packets with a tag that nobody wanted, since the routes last changed */
  GHashTable *trackers;        /* by session; or NULL */
  MbRouter   *router;
} MbTopicEntry;

MbRoute      *_mb_route_new            (MbRouteKind   kind,
                                        MbPattern    *pattern,
                                        MbSchema     *schema,
                                        MbInbox      *inbox);
MbRoute      *_mb_route_ref            (MbRoute      *self);
void          _mb_route_unref          (MbRoute      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRoute, _mb_route_unref)

MbRouter     *_mb_router_new           (void);
void          _mb_router_free          (MbRouter     *self);
/* Called after each change of the routes, in the thread that changes them, without a lock: `more` if packets
 * may be wanted now that were not before. To be set before the first change that matters. */
typedef void (*MbRouterFunc)           (gpointer      data,
                                        gboolean      more);
void          _mb_router_watch         (MbRouter     *self,
                                        MbRouterFunc  changed,
                                        gpointer      data);
/* The topics of all routes, or NULL where a pattern stands for more than one; with g_strfreev(). From any thread. */
char        **_mb_router_list_topics   (MbRouter     *self);
/* Whether any route delivers to another main context than this one. From any thread. */
gboolean      _mb_router_has_other_context
                                       (MbRouter     *self,
                                        GMainContext *context);
/* Whether what is known of a topic still holds. From any thread. */
gboolean      _mb_router_is_current    (MbTopicEntry *entry);
/* These two from any thread. */
void          _mb_router_add           (MbRouter     *self,
                                        MbRoute      *route);
void          _mb_router_remove        (MbRouter     *self,
                                        MbRoute      *route);

/* The look-ups are for one thread at a time. `n_limited` is set to how many patterns gave up on the topic. */
MbTopicEntry *_mb_router_look_up       (MbRouter     *self,
                                        const char   *topic,
                                        gsize         length,
                                        guint        *n_limited);
/* Returns NULL when more senders are being tracked than is sensible. */
MbSequenceTracker *
              _mb_router_get_tracker   (MbTopicEntry *entry,
                                        guint64       session);
/* A new session of our own: what was known of numbers is of no use any more. */
void          _mb_router_forget        (MbRouter     *self);

G_END_DECLS
