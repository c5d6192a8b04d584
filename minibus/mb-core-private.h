/* mb-core-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-calls-private.h"
#include "mb-counters-private.h"
#include "mb-mailbox-private.h"
#include "mb-message-private.h"
#include "mb-router-private.h"
#include "mb-schema-table-private.h"
#include "mb-transport.h"

G_BEGIN_DECLS

/* What a client is inside: its name, its place on the bus, and the two ways, in and out. The client's
 * objects (publishers, subscribers, services) hold references on it and know nothing of MbClient.
 *
 * Everything here may be used from any thread. No lock is held while another one is taken, but for
 * receive_lock, under which the way in takes the others.
 */
typedef struct _MbCore MbCore;

/* A topic that is being published on, with the number of its last message. */
typedef struct
{
  char    *topic;
  guint32  hash;
  guint    n_users;
  guint64  sequence;
} MbOutlet;

/* What the built-in services tell of a client. */
typedef enum
{
  MB_LIST_PUBLISHERS,
  MB_LIST_SUBSCRIBERS,
  MB_LIST_SERVICES,
  MB_LIST_SERVICE_CLIENTS,
  MB_N_LISTS,
} MbList;

/* An answer to a packet, sent when the packet has been dealt with. */
typedef struct
{
  char    *topic;
  char    *id;
  GString *data;
} MbAnswer;

/* What is in the inbox of a subscriber or service. */
typedef struct
{
  MbMessage *message;    /* or NULL for a gap */
  char      *author;     /* of a gap; or NULL */
  guint      n_missed;   /* of a gap */
  MbCore    *core;       /* of a request: where it is refused if nobody takes it out */
} MbDelivery;

struct _MbCore
{
  gatomicrefcount  ref_count;
  char            *name;          /* set once */
  MbRouter        *router;
  MbSchemaTable   *schemas;
  MbCalls         *calls;
  MbCounters       counters;
  MbInbox         *reports;       /* set once; drop reasons plus one, for the client's signal */

  GMutex           lists_lock;
  GPtrArray       *lists[MB_N_LISTS];   /* lists_lock */

  GMutex           send_lock;     /* all of the way out, so that numbers leave in order */
  MbTransport     *transport;     /* send_lock; NULL when closed */
  guint64          session;       /* send_lock */
  guint64          n_ids;         /* send_lock */
  guint            max_packet_size;     /* send_lock */
  GHashTable      *outlets;       /* send_lock; topic to MbOutlet */
  GString         *packet;        /* send_lock */

  GMutex           receive_lock;  /* all of the way in */
  GString         *topic_buffer;  /* receive_lock, as the rest */
  GString         *data_buffer;
  GString         *text_buffer;
  GPtrArray       *accepted;      /* routes */
  GPtrArray       *ready;         /* deliveries, each after its route */
  GQueue           answers;
};

/* `context` and `owner` are where `report` is called with the reasons of drops, plus one. */
MbCore    *_mb_core_new            (const char    *name,
                                    GMainContext  *context,
                                    GObject       *owner,
                                    MbInboxFunc    report);
MbCore    *_mb_core_ref            (MbCore        *self);
void       _mb_core_unref          (MbCore        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbCore, _mb_core_unref)

/* Starts a new session. The receiver is for the transport to be opened with. */
MbReceiver *_mb_core_prepare       (MbCore        *self);
guint64    _mb_core_get_session    (MbCore        *self);
/* From here on, packets are sent with this transport; NULL: not at all. */
void       _mb_core_set_transport  (MbCore        *self,
                                    MbTransport   *transport);
void       _mb_core_set_max_packet_size
                                   (MbCore        *self,
                                    guint          max_packet_size);
void       _mb_core_drop           (MbCore        *self,
                                    MbDropReason   reason,
                                    guint          count,
                                    const char    *topic,
                                    const char    *detail);
void       _mb_core_list_add       (MbCore        *self,
                                    MbList         list,
                                    const char    *name);
void       _mb_core_list_remove    (MbCore        *self,
                                    MbList         list,
                                    const char    *name);

/* The way out: mb-core-send.c */
MbOutlet  *_mb_core_open_outlet    (MbCore        *self,
                                    const char    *topic);
/* Another use of the outlet of a topic, if there is one. */
MbOutlet  *_mb_core_find_outlet    (MbCore        *self,
                                    const char    *topic);
void       _mb_core_close_outlet   (MbCore        *self,
                                    MbOutlet      *outlet);
void       _mb_outlet_free         (MbOutlet      *outlet);
/* Without an id, makes one. `data` is valid JSON text. */
gboolean   _mb_core_send           (MbCore        *self,
                                    MbOutlet      *outlet,
                                    const char    *id,
                                    const char    *data,
                                    gsize          length,
                                    GError       **error);
/* On a topic that may be used only once, and so has no numbers. */
gboolean   _mb_core_send_uncounted (MbCore        *self,
                                    const char    *topic,
                                    const char    *id,
                                    const char    *data,
                                    gsize          length,
                                    GError       **error);
/* Writes a value to be sent, given as node or as text, as JSON text; and as a node too if any of
 * `schemas` is to be checked, which it does. */
gboolean   _mb_core_write_value    (GString       *out,
                                    JsonNode      *node,
                                    const char    *text,
                                    GPtrArray     *schemas,
                                    GError       **error);

/* The way in: mb-core-receive.c */
void       _mb_core_receive        (MbCore        *self,
                                    const guint8  *data,
                                    gsize          length);
void       _mb_core_answer         (MbCore        *self,
                                    const char    *topic,
                                    const char    *id,
                                    GString       *data);
void       _mb_delivery_free       (gpointer       data);

G_END_DECLS
