/* mb-peer-table-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-enums.h"
#include "mb-presence-wire-private.h"

G_BEGIN_DECLS

/* Who is there, as far as is known. Nothing in here has a clock, a lock or a network; what comes from strangers has
 * bounds: so many peers, so many bytes. */

#define MB_PEER_TABLE_MAX_PEERS 4096
#define MB_PEER_TABLE_MAX_BYTES (16 * 1024 * 1024)

/* What a peer tells of itself. Never changes. */
typedef struct
{
  gatomicrefcount   ref_count;
  char             *host;          /* or NULL, as the version */
  char             *version;
  int               process_id;    /* or 0 */
  gboolean          encrypted;
  char            **lists[MB_PRESENCE_N_LISTS];   /* sorted, each name once */
  gsize             cost;
} MbPeerState;

/* What changes all the time, and is looked at from any thread. */
typedef struct
{
  gint64     last_seen;     /* monotonic µs */
  guint      every;         /* ms */
  guint      n_sent;
  guint      n_received;
  guint      n_dropped;
  MbKeyMatch key_match;
} MbPeerLive;

/* One peer. But for what is set once, the live part and the schemas, it belongs to the table. */
typedef struct
{
  gatomicrefcount  ref_count;
  guint64          session;         /* set once; 0 for who does not announce itself */
  char            *name;            /* set once */

  MbPeerState     *state;           /* or NULL before anything is known */
  gboolean         visible;         /* the state is whole */
  gboolean         gone;
  char             seal[MB_PRESENCE_SEAL_LENGTH + 1];
  guint            generation;      /* of the state */
  guint            told;            /* generation of the last sign of life */
  guint            coming;          /* generation of the parts below */
  guint            n_parts;
  GPtrArray       *parts;           /* or NULL; those that are missing are NULL */
  gint64           asked_at;        /* when it was last asked for its state; or 0 */
  guint            n_asked;

  /* Of those who do not announce themselves. */
  guint            answered;        /* bits: what has been answered, ever */
  guint            in_round[MB_PRESENCE_N_LISTS];   /* round of the last answer */
  guint            n_tried;
  guint            n_missed;

  MbPeerLive       live;            /* the lock of all live parts, as the schemas */
  GHashTable      *schemas;         /* pattern to text; or NULL */
  gsize            schemas_cost;
} MbPeerRecord;

enum
{
  MB_ANSWERED_LISTS = (1 << MB_PRESENCE_N_LISTS) - 1,
  MB_ANSWERED_HOST = 1 << MB_PRESENCE_N_LISTS,
  MB_ANSWERED_PID = 2 << MB_PRESENCE_N_LISTS,
  MB_ANSWERED_ALL = MB_ANSWERED_LISTS | MB_ANSWERED_HOST | MB_ANSWERED_PID,
};

typedef struct _MbPeerTable MbPeerTable;
/* A peer has appeared, changed or gone. */
typedef void (*MbPeerTableFunc) (gpointer      user_data,
                                 MbPeerRecord *record);

MbPeerState  *_mb_peer_state_ref           (MbPeerState      *self);
void          _mb_peer_state_unref         (MbPeerState      *self);
MbPeerRecord *_mb_peer_record_ref          (MbPeerRecord     *self);
void          _mb_peer_record_unref        (MbPeerRecord     *self);
/* These three from any thread. */
void          _mb_peer_record_get_live     (MbPeerRecord     *self,
                                            MbPeerLive       *live);
void          _mb_peer_record_set_key      (MbPeerRecord     *self,
                                            MbKeyMatch        key_match);
char         *_mb_peer_record_dup_schema   (MbPeerRecord     *self,
                                            const char       *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPeerRecord, _mb_peer_record_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPeerState, _mb_peer_state_unref)

/* `unit` is what a millisecond of the protocol takes, in µs. */
MbPeerTable  *_mb_peer_table_new           (double            unit,
                                            MbPeerTableFunc   func,
                                            gpointer          user_data);
void          _mb_peer_table_free          (MbPeerTable      *self);
/* Forgets everybody, without a word. */
void          _mb_peer_table_clear         (MbPeerTable      *self);
/* Returns NULL, or why the announcement is dropped. */
const char   *_mb_peer_table_announce      (MbPeerTable      *self,
                                            const MbAnnouncement
                                                             *announcement,
                                            const char       *author,
                                            gint64            now);
/* A peer that does not announce itself gave a sign of life; NULL if there is no room. */
MbPeerRecord *_mb_peer_table_find_silent   (MbPeerTable      *self,
                                            const char       *name,
                                            gint64            now);
/* What such a peer answered, by the names that JSON has in `names`; or text or number. Returns FALSE if it cannot be. */
gboolean      _mb_peer_table_take_list     (MbPeerTable      *self,
                                            MbPeerRecord     *record,
                                            guint             list,
                                            JsonNode         *names,
                                            guint             round);
gboolean      _mb_peer_table_take_host     (MbPeerTable      *self,
                                            MbPeerRecord     *record,
                                            JsonNode         *host);
gboolean      _mb_peer_table_take_pid      (MbPeerTable      *self,
                                            MbPeerRecord     *record,
                                            JsonNode         *pid);
/* All is known of such a peer that will be. */
void          _mb_peer_table_show          (MbPeerTable      *self,
                                            MbPeerRecord     *record);
void          _mb_peer_table_set_key       (MbPeerTable      *self,
                                            gint64            session,
                                            MbKeyMatch        key_match);
void          _mb_peer_table_remove        (MbPeerTable      *self,
                                            MbPeerRecord     *record);
/* Removes those who gave no sign of life for too long. Returns when to look again, or 0. */
gint64        _mb_peer_table_expire        (MbPeerTable      *self,
                                            gint64            now);
/* Sessions (char *) whose state is missing or old, for a question; and when to look again, or 0. */
GPtrArray    *_mb_peer_table_list_wanting  (MbPeerTable      *self,
                                            gint64            now,
                                            gint64           *next);
/* References on all, in no order. */
GPtrArray    *_mb_peer_table_list          (MbPeerTable      *self);
guint         _mb_peer_table_count         (MbPeerTable      *self);
/* What is kept, in bytes, about. */
gsize         _mb_peer_table_get_bytes     (MbPeerTable      *self);

G_END_DECLS
