/* mb-presence-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"
#include "mb-peer-table-private.h"

G_BEGIN_DECLS

/* What a client tells of itself, and what it knows of the others. It works in whatever thread brings packets, and in the
 * thread of the ticker; the objects for programs stand on top of it. */

/* What a route of the kind MB_ROUTE_PRESENCE is for. */
typedef enum
{
  MB_PRESENCE_QUESTION,
  MB_PRESENCE_ANNOUNCEMENT,
  MB_PRESENCE_LIST_CLIENTS,
  MB_PRESENCE_LIST,            /* four, in the order of MbList */
  MB_PRESENCE_HOST = MB_PRESENCE_LIST + MB_PRESENCE_N_LISTS,
  MB_PRESENCE_PID,
} MbPresenceRoute;

typedef enum
{
  MB_WAIT_SERVICE,
  MB_WAIT_PEER,
  MB_WAIT_PUBLISHER,
  MB_WAIT_SUBSCRIBER,
  MB_WAIT_COLLECT,
  MB_WAIT_KEYS,
  MB_WAIT_SCHEMAS,
} MbWaitKind;

/* One who wants to know everything: a directory. */
typedef struct _MbPresenceListener MbPresenceListener;
typedef struct _MbWait MbWait;

typedef struct
{
  MbPeerRecord *record;
  MbPeerState  *state;     /* NULL: the peer has gone */
} MbPeerChange;

MbPresence *_mb_presence_new          (MbCore              *core);
void        _mb_presence_free         (MbPresence          *self);
void        _mb_presence_add_routes   (MbCore              *core);
/* For tests: all times of the protocol are divided by `speed` in what is opened from here on. */
void        _mb_presence_set_speed    (double               speed);
void        _mb_presence_set_enabled  (MbCore              *core,
                                       gboolean             enabled);
gboolean    _mb_presence_get_enabled  (MbCore              *core);
/* The client is on the bus from here on; and will not be, from there. */
void        _mb_presence_open         (MbCore              *core);
void        _mb_presence_close        (MbCore              *core);
/* What the client tells of itself is not what it was. */
void        _mb_presence_note_change  (MbCore              *core);
/* A call is about to be sent, and will wait for its answer. */
void        _mb_presence_note_call    (MbCore              *core,
                                       MbCall              *call,
                                       const char          *service);
/* A packet came from one who does not announce itself. */
void        _mb_presence_note_silent  (MbCore              *core);
/* A packet came in. receive_lock is held. */
void        _mb_presence_handle       (MbCore              *core,
                                       guint                route,
                                       const char          *topic,
                                       const char          *author,
                                       const char          *id,
                                       JsonNode            *data,
                                       gboolean             encrypted);
/* Whether a question to a built-in service comes from one who knows us by our announcements. */
gboolean    _mb_presence_knows_us     (MbCore              *core,
                                       const char          *id);

/* `inbox` gets an item, which means nothing, when there are changes to be taken. */
MbPresenceListener *
            _mb_presence_listen       (MbCore              *core,
                                       MbInbox             *inbox);
void        _mb_presence_unlisten     (MbCore              *core,
                                       MbPresenceListener  *listener);
/* Of MbPeerChange. */
GPtrArray  *_mb_presence_take_changes (MbCore              *core,
                                       MbPresenceListener  *listener,
                                       gboolean            *settled);

/* Waits: mb-presence-wait.c. `text` is a name, pattern, topic or session; `timeout` is in ms, 0 for the default,
 * G_MAXUINT for none. The result of the task is a boolean. */
void        _mb_presence_wait_task    (MbCore              *core,
                                       MbWaitKind           kind,
                                       const char          *text,
                                       guint                timeout,
                                       GTask               *task);
gboolean    _mb_presence_wait_sync    (MbCore              *core,
                                       MbWaitKind           kind,
                                       const char          *text,
                                       guint                timeout,
                                       GCancellable        *cancellable,
                                       GError             **error);

/* Whether the text of a service's, subscription's or topic's pattern is meant by `name`. */
gboolean    _mb_presence_text_matches (const char          *text,
                                       const char          *name);
/* Whether any in a list (terminated by NULL) does, or is matched by `pattern`. */
gboolean    _mb_presence_list_matches (char               **list,
                                       const char          *name);
gboolean    _mb_presence_list_matched (char               **list,
                                       MbPattern           *pattern);

G_END_DECLS
