/* mb-presence-state-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-presence-private.h"

G_BEGIN_DECLS

/* The inside of MbPresence, shared by its rooms: mb-presence.c (what comes in, and the clock), mb-presence-tell.c (the
 * client tells of itself), mb-presence-watch.c (it watches others), mb-presence-wait.c (it waits for one). */

/* Times of the protocol, in ms. */
#define TELL_DELAY 100         /* changes are told together after this */
#define TELL_GAP 100           /* between two states, and between two signs of life, whoever asks */
#define MIN_EVERY 2000         /* between signs of life */
#define MAX_EVERY 120000
#define EVERY_PER_PEER 20      /* so that all peers together give 50 a second */
#define LEASE 30000
#define MAX_LEASE 60000
#define MIN_WINDOW 200         /* answers are spread over this */
#define MAX_WINDOW 5000
#define WINDOW_PER_PEER 5
#define FILTERED_WINDOW 20
#define SECOND_ASK 300         /* the second question of a round */
#define SETTLE_TIME 700        /* a round takes at least this */
#define MAX_COLLECT_TIME 3000  /* and at most this */
#define SILENT_GAP 10000       /* between rounds of questions to those who do not announce themselves */
#define SILENT_GAP_PER_PEER 100
#define SILENT_HURRY 2000      /* when one did not answer */
#define SILENT_ANSWER 1000
#define SILENT_ROUNDS 3
#define SILENT_TRIES 3
#define CALL_GRACE 250         /* so long a call may take without a question */
#define CALL_ASK_GAP 180
#define NO_SERVICE_TIME 1500   /* nobody says to offer a service: there is none */
#define NO_SERVICE_TIME_MIXED 4000   /* with peers on the bus who may be too busy to say so, or one who was there before */
#define NO_SERVICE_ASKS 5            /* so often at least, for this process may have been too busy, too */
#define MAX_CHECKS 32

/* A packet to be sent when the lock is free. */
typedef struct
{
  const char *topic;         /* static, or `owned` */
  char       *owned;
  char       *id;            /* or NULL */
  GString    *data;
  MbSecrecy   secrecy;
} MbPresencePacket;

/* A service that a call waits for, and nobody has said to offer yet. */
typedef struct
{
  char     *name;
  gint64    started;
  gint64    asked_at;
  guint     n_asked;
  gboolean  offered;
} MbServiceCheck;

struct _MbPresenceListener
{
  MbInbox    *inbox;
  GHashTable *dirty;         /* set of MbPeerRecord, with references */
  gboolean    woken;
};

struct _MbPresence
{
  MbCore     *core;          /* whose part this is */
  int         enabled;       /* atomic */
  int         heard_silent;  /* atomic: a packet of one who does not announce itself was seen */
  int         calls_noted;   /* atomic */

  GMutex      lock;          /* all below. lists_lock, the mailboxes' and the ticker's may be taken under it. */
  gboolean    is_open;
  double      unit;          /* µs that a millisecond of the protocol takes */
  guint64     session;
  gsize       max;           /* bytes of data in a packet */
  gboolean    encrypted;

  /* Telling. Times are monotonic; 0 is never. */
  char        secret[MB_PRESENCE_SEAL_LENGTH + 1];
  char       *seal;
  guint       generation;
  gboolean    told;
  gint64      tell_at;
  gint64      alive_at;
  gint64      sealed_at;
  gint64      schemas_at;
  gint64      beat_at;
  gint64      lease_end;
  guint       every;         /* ms */
  gint64      last_state;
  gint64      last_alive;

  /* Watching. */
  MbPeerTable *table;
  GPtrArray  *routes;        /* while anybody watches */
  GPtrArray  *detail_routes; /* of those who do not announce themselves */
  GPtrArray  *listeners;
  GPtrArray  *waits;
  gint64      round_start;
  guint       n_round_asks;
  gboolean    settled;
  gint64      renew_at;
  gint64      greet_at;      /* a newcomer has to be given the lease */
  gint64      silent_at;     /* next round of questions to the silent */
  gint64      silent_check_at;
  gint64      silent_start;
  guint       silent_round;
  GPtrArray  *checks;        /* of MbServiceCheck */
  gint64      check_at;

  gint64      step_at;       /* what the ticker is set to, or 0 */
};

#define MB_MS(self, ms) ((gint64) ((double) (ms) * (self)->unit))

gint64 _mb_presence_earlier           (gint64        a,
                                       gint64        b);
gint64 _mb_presence_jitter            (MbPresence   *self,
                                       guint         window);
void   _mb_presence_put               (GPtrArray    *out,
                                       const char   *topic,
                                       GString      *data,
                                       MbSecrecy     secrecy);
/* The lock is held in all of these. */
void   _mb_presence_wake              (MbPresence   *self,
                                       gint64        now);
void   _mb_presence_tell_answer       (MbPresence   *self,
                                       const MbQuestion *question,
                                       gboolean      encrypted,
                                       gint64        now);
void   _mb_presence_tell_step         (MbPresence   *self,
                                       gint64        now,
                                       GPtrArray    *out);
gint64 _mb_presence_tell_next         (MbPresence   *self);
void   _mb_presence_watch_begin       (MbPresence   *self,
                                       gint64        now);
void   _mb_presence_watch_end         (MbPresence   *self);
gboolean _mb_presence_is_watching     (MbPresence   *self);
void   _mb_presence_watch_take        (MbPresence   *self,
                                       guint         route,
                                       const char   *topic,
                                       const char   *author,
                                       JsonNode     *data,
                                       gint64        now);
gint64 _mb_presence_watch_step        (MbPresence   *self,
                                       gint64        now,
                                       GPtrArray    *out);
void   _mb_presence_ask_silent        (MbPresence   *self,
                                       const char   *name,
                                       const char   *service,
                                       GPtrArray    *out);
void   _mb_presence_start_round       (MbPresence   *self,
                                       gint64        now);
void   _mb_presence_changed_cb        (gpointer      user_data,
                                       MbPeerRecord *record);
gint64 _mb_presence_wait_step         (MbPresence   *self,
                                       gint64        now,
                                       GPtrArray    *out);
/* The first call of a service is about to be sent: nobody is known yet to offer it. */
void   _mb_presence_wait_ask_first    (MbPresence   *self,
                                       const char   *name,
                                       gint64        now,
                                       GPtrArray    *out);
/* Looks whether what is waited for has come. */
void   _mb_presence_wait_look         (MbPresence   *self);
void   _mb_presence_wait_fail_all     (MbPresence   *self);
void   _mb_service_check_free         (gpointer      data);

G_END_DECLS
