/* mb-core-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-calls-private.h"
#include "mb-cipher-queue-private.h"
#include "mb-counters-private.h"
#include "mb-mailbox-private.h"
#include "mb-message-private.h"
#include "mb-packet-private.h"
#include "mb-replay-private.h"
#include "mb-router-private.h"
#include "mb-schema-table-private.h"
#include "mb-transport.h"

G_BEGIN_DECLS

/* What a client is inside: its name, its place on the bus, and the two ways, in and out. The client's
 * objects (publishers, subscribers, services) hold references on it and know nothing of MbClient.
 *
 * Everything here may be used from any thread. No lock is held while another one is taken, but for
 * receive_lock, under which the way in takes the others, filter_lock and context_lock.
 */
typedef struct _MbCore MbCore;
/* What it knows of the others, and tells them: mb-presence-private.h. */
typedef struct _MbPresence MbPresence;

/* A topic that is being published on, with the number of its last message. */
typedef struct
{
  char    *topic;
  guint32  hash;
  guint    n_users;
  guint64  sequence;
  GString *start;      /* what the packets of `session` begin with, or NULL */
  guint64  session;
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

/* How data goes out. */
typedef enum
{
  MB_SECRECY_DEFAULT,      /* encrypted by who has keys, but for what goes to a built-in service */
  MB_SECRECY_CLEAR,
  MB_SECRECY_ENCRYPTED,    /* or not at all */
} MbSecrecy;

/* JSON text to be sent. */
typedef struct
{
  const char *text;
  gsize       length;
  GString    *own;             /* where it is, unless it is the user's */
  const char *escaped;         /* the same as it stands in a packet, or NULL if that is not known */
  gsize       escaped_length;
} MbBody;

#define MB_BODY_INIT { NULL, }

/* An answer to a packet, sent when the packet has been dealt with. */
typedef struct
{
  char      *topic;
  char      *id;
  GString   *data;
  MbSecrecy  secrecy;
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
  MbPresence      *presence;      /* set once */
  MbInbox         *reports;       /* set once; drop reasons plus one, for the client's signal */

  guint            process;       /* atomic; where the client is open, or 0; see _mb_core_is_foreign() */

  GMutex           lists_lock;
  GPtrArray       *lists[MB_N_LISTS];   /* lists_lock */

  GMutex           send_lock;     /* all of the way out, so that numbers leave in order */
  MbTransport     *transport;     /* send_lock; NULL when closed */
  guint64          session;       /* send_lock */
  guint64          n_ids;         /* send_lock */
  guint            max_packet_size;     /* send_lock */
  GHashTable      *outlets;       /* send_lock; topic to MbOutlet */
  GString         *packet;        /* send_lock */

  /* Encryption; see mb-core-cipher.c. */
  MbCipher        *cipher;        /* send_lock; NULL without keys, as the queue */
  MbCipherQueue   *out_queue;     /* send_lock */
  guint64          n_queued;      /* send_lock */
  guint64          n_dequeued;    /* send_lock */
  GError          *queue_error;   /* send_lock; the first since somebody asked, or NULL */
  GCond            dequeued;      /* send_lock */

  GMutex           context_lock;  /* before send_lock and the router's lock */
  guint            n_blocking;    /* context_lock; threads */
  gboolean         is_lent;       /* context_lock; to the main loop of the client */

  /* What the transport need not bring; see mb-core-filter.c. */
  GMutex           filter_lock;   /* before send_lock and the router's lock */
  gboolean         has_filter;    /* filter_lock */
  gboolean         filter_is_old; /* filter_lock; something has changed since it was made */
  GPtrArray       *unwanted;      /* filter_lock; topics that nobody wants, and that come all the time */

  GMutex           receive_lock;  /* all of the way in */
  guint            n_vain;        /* receive_lock; packets that a filter would have dropped, since it was last looked at */
  GString         *topic_buffer;  /* receive_lock, as the rest */
  GString         *data_buffer;
  GString         *author_buffer;
  GString         *id_buffer;
  GPtrArray       *accepted;      /* routes */
  GPtrArray       *ready;         /* deliveries, each after its route */
  GQueue           answers;
  MbCipherQueue   *in_queue;      /* NULL without keys */
  gsize            n_sealed_bytes;   /* headers that wait beside the data in the queue */
  guint64          n_sealed;      /* packets that have been in the queue */
  GQueue           sealed;        /* those that are in it, in the order in which they came */
  GCond            unsealed;      /* when one has been dealt with */
  gboolean         refuses_plaintext;
  MbReplay        *replay;        /* NULL before there are keys */
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
/* A reference, or NULL while there is none. */
MbTransport *_mb_core_ref_transport
                                   (MbCore        *self);
/* The opposite of that, when nothing comes in or goes out any more. */
void       _mb_core_end            (MbCore        *self);
/* Whether the client was open in another process when this one was forked off. Its threads are not here, and any lock
 * may be held by one of them, for ever; the sockets, the numbers and what GnuPG works in belong to the other process. So
 * nothing of such a client may be touched here, not even to free it. */
gboolean   _mb_core_is_foreign     (MbCore        *self);
/* Returns whether that is so, with the error for it. */
gboolean   _mb_core_refuse_foreign (MbCore        *self,
                                    GError       **error);
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
void       _mb_core_close_outlet   (MbCore        *self,
                                    MbOutlet      *outlet);
void       _mb_outlet_free         (MbOutlet      *outlet);
/* Without an id, makes one. The body is valid JSON text. When it has to be encrypted first, it is sent later. */
gboolean   _mb_core_send           (MbCore        *self,
                                    MbOutlet      *outlet,
                                    const char    *id,
                                    const MbBody  *body,
                                    MbSecrecy      secrecy,
                                    GError       **error);
/* On a topic that may be used only once, and so has no numbers. */
gboolean   _mb_core_send_uncounted (MbCore        *self,
                                    const char    *topic,
                                    const char    *id,
                                    const char    *data,
                                    gsize          length,
                                    MbSecrecy      secrecy,
                                    GError       **error);
/* On a topic that has numbers if it has an outlet. */
gboolean   _mb_core_send_on        (MbCore        *self,
                                    const char    *topic,
                                    const char    *id,
                                    const MbBody  *body,
                                    MbSecrecy      secrecy,
                                    GError       **error);
/* A reply is not fit to be sent: to the caller, silence would mean that nobody is there. */
void       _mb_core_send_answer_error
                                   (MbCore        *self,
                                    const char    *reply_topic,
                                    const char    *id,
                                    const char    *message,
                                    MbSecrecy      secrecy);
/* Sends one packet. send_lock is held, and there is a transport. */
gboolean   _mb_core_send_packet    (MbCore        *self,
                                    const char    *topic,
                                    guint32        hash,
                                    guint64        sequence,
                                    const char    *id,
                                    gboolean       encrypted,
                                    const char    *data,
                                    gsize          length,
                                    GError       **error);
void       _mb_core_set_too_large  (MbCore        *self,
                                    const char    *topic,
                                    gsize          size,
                                    GError       **error);
/* Writes a value to be sent, given as node or as text, as JSON text; and as a node too if any of
 * `schemas`, which may be NULL, is to be checked, which it does. Text that can go as it is stays where it is. Bodies with
 * the same `key`, any address, may be like each other. To be sent before the next one is written in this thread. */
gboolean   _mb_core_write_body     (MbBody        *body,
                                    gconstpointer  key,
                                    JsonNode      *node,
                                    const char    *text,
                                    GPtrArray     *schemas,
                                    GError       **error);
void       _mb_body_clear          (MbBody        *body);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MbBody, _mb_body_clear)

/* The way in: mb-core-receive.c */
void       _mb_core_receive        (MbCore        *self,
                                    const guint8  *data,
                                    gsize          length);
/* Waits until all that has been received before is in the inboxes, also what has to be decrypted first. */
void       _mb_core_settle         (MbCore        *self);
void       _mb_core_answer         (MbCore        *self,
                                    const char    *topic,
                                    const char    *id,
                                    GString       *data,
                                    MbSecrecy      secrecy);
void       _mb_delivery_free       (gpointer       data);
/* Sends what waits in the queue. No lock is held. */
void       _mb_core_send_answers   (MbCore        *self,
                                    GQueue        *answers);

/* In which thread the transport receives: mb-core-context.c */
/* After a change of the routes. */
void       _mb_core_update_context (MbCore        *self);
/* After a change of the transport: a new one receives in a thread of its own. */
void       _mb_core_renew_context  (MbCore        *self);
/* While any thread blocks until something comes in, no main loop is to receive: it may be the one that blocks. */
void       _mb_core_begin_blocking (MbCore        *self);
void       _mb_core_end_blocking   (MbCore        *self);

/* The filter of the transport: mb-core-filter.c */
void       _mb_core_routes_changed (MbCore        *self,
                                    gboolean       more);
/* A packet with a tag came that nobody wants. receive_lock is held. */
void       _mb_core_note_vain      (MbCore        *self,
                                    MbTopicEntry  *entry);

/* Encryption: mb-core-cipher.c */
/* Encrypts and decrypts with this open cipher from here on; NULL: not at all, and what is under way ends. */
void       _mb_core_set_cipher     (MbCore        *self,
                                    MbCipher      *cipher,
                                    gboolean       refuses_plaintext);
/* Queues data to be encrypted and sent. send_lock is held, and there is a transport. */
gboolean   _mb_core_seal           (MbCore        *self,
                                    MbOutlet      *outlet,
                                    const char    *id,
                                    guint64        sequence,
                                    const char    *data,
                                    gsize          length,
                                    GError       **error);
/* Waits until everything that is in the queue now has been sent. */
gboolean   _mb_core_flush          (MbCore        *self,
                                    GCancellable  *cancellable,
                                    GError       **error);
/* Whether a message that was decrypted is what its header says, and is new; counts it if not. Forgets a tag that
 * nothing vouches for. receive_lock is held. */
gboolean   _mb_core_check_sealed   (MbCore        *self,
                                    const MbCipherResult
                                                  *plain,
                                    GBytes        *wire,
                                    const char    *topic,
                                    const char    *author,
                                    const char    *id,
                                    MbTag         *tag);
/* Counts a message that could not be decrypted. */
void       _mb_core_drop_sealed    (MbCore        *self,
                                    const char    *topic,
                                    const GError  *error);

G_END_DECLS
