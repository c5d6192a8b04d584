/* mb-presence-wire-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What peers say of themselves and ask each other; protocol section 9. Nothing here knows of clients. */

#define MB_PRESENCE_TOPIC "/__minibus__/__presence__"
#define MB_PRESENCE_QUESTIONS "/__minibus__/__who__"
/* Of requests to built-in services that peers who announce themselves need not answer. */
#define MB_PRESENCE_ID "__presence__"

#define MB_PRESENCE_MAX_NAME 1024
#define MB_PRESENCE_MAX_PARTS 64
#define MB_PRESENCE_MAX_NAMES 4096
#define MB_PRESENCE_N_LISTS 4
/* Names of each kind that one question asks for. */
#define MB_PRESENCE_MAX_ASKED 40
#define MB_PRESENCE_SEAL_LENGTH 32

typedef enum
{
  MB_ANNOUNCEMENT_STATE,
  MB_ANNOUNCEMENT_ALIVE,
  MB_ANNOUNCEMENT_BYE,
  MB_ANNOUNCEMENT_SCHEMA,
} MbAnnouncementKind;

/* Borrows from the node it was read from. */
typedef struct
{
  MbAnnouncementKind  kind;
  guint64             session;
  const char         *seal;         /* of a state */
  const char         *secret;       /* of a bye */
  guint               generation;
  guint               part;
  guint               n_parts;
  guint               every;        /* ms between signs of life; 0: no more come unless asked for */
  const char         *host;         /* the first part of a state has these four; or NULL */
  const char         *version;
  int                 process_id;
  gboolean            encrypted;
  JsonArray          *lists[MB_PRESENCE_N_LISTS];   /* of strings; or NULL; in the order of MbList */
  guint               n_sent;       /* of an alive */
  guint               n_received;
  guint               n_dropped;
  const char         *name;         /* of a schema: the pattern that it is for */
  const char         *schema;
} MbAnnouncement;

typedef enum
{
  MB_WANT_NOTHING,
  MB_WANT_ALIVE,
  MB_WANT_STATE,
  MB_WANT_SCHEMAS,
} MbWant;

typedef struct
{
  guint64    session;      /* who asks */
  guint      known;        /* how many peers the asker knows */
  guint      lease;        /* for how long signs of life are wanted, in ms; or 0 */
  MbWant     want;
  gboolean   filtered;     /* only those who are meant by the next four answer */
  gboolean   near_too;     /* and who offers a service of a similar name */
  JsonArray *of;           /* of strings; or NULL */
  JsonArray *peers;
  JsonArray *services;
  JsonArray *topics;       /* who listens to them */
} MbQuestion;

/* Returns NULL, or what is wrong. */
const char *_mb_announcement_read  (MbAnnouncement  *self,
                                    JsonNode        *node);
const char *_mb_question_read      (MbQuestion      *self,
                                    JsonNode        *node);
/* Whether `name` is in `array`, which may be NULL. */
gboolean    _mb_question_has       (JsonArray       *array,
                                    const char      *name);

/* What is told of oneself. The lists are of (char *), and in the order of MbList. */
typedef struct
{
  guint64     session;
  const char *seal;
  guint       generation;
  guint       every;
  const char *host;
  const char *version;
  int         process_id;
  gboolean    encrypted;
  GPtrArray  *lists[MB_PRESENCE_N_LISTS];
} MbSelf;

/* The parts (GString) of a state, each of at most `max` bytes as a string in a packet. Names that fit in no packet, and
 * those beyond the limits, are left out. */
GPtrArray  *_mb_state_write        (const MbSelf    *self,
                                    gsize            max);
GString    *_mb_alive_write        (const MbSelf    *self,
                                    guint            n_sent,
                                    guint            n_received,
                                    guint            n_dropped);
GString    *_mb_bye_write          (guint64          session,
                                    const char      *secret);
/* NULL if it does not fit. */
GString    *_mb_schema_write       (guint64          session,
                                    const char      *name,
                                    JsonNode        *schema,
                                    gsize            max);
/* What a question asks for; the lists are of (char *), or NULL. */
GString    *_mb_question_write     (guint64          session,
                                    guint            known,
                                    guint            lease,
                                    MbWant           want,
                                    GPtrArray       *of,
                                    GPtrArray       *peers,
                                    GPtrArray       *services,
                                    GPtrArray       *topics,
                                    gsize            max);

/* The array that a node is of at most `max` names, each of them of a bearable length; or NULL. */
JsonArray  *_mb_presence_get_names (JsonNode        *node,
                                    guint            max);
/* How many bytes a JSON text has as a string in a packet. */
gsize       _mb_presence_measure   (const char      *text,
                                    gsize            length);
/* The seal that goes with a secret: both MB_PRESENCE_SEAL_LENGTH hexadecimal digits. */
char       *_mb_presence_seal      (const char      *secret);

G_END_DECLS
