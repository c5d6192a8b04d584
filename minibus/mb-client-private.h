/* mb-client-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-client.h"
#include "mb-core-private.h"

G_BEGIN_DECLS

/* What a client encrypts with; looked at when it is opened. */
typedef struct
{
  MbSecret   *passphrase;         /* or NULL */
  GPtrArray  *read_passphrases;   /* of MbSecret */
  gboolean    ignores_environment;
  gboolean    accept_plaintext;
  guint       s2k_count;
  char       *gnupg_home;         /* or NULL */
  char       *signing_key;        /* or NULL */
  char      **recipients;         /* or NULL, likewise the next */
  char      **trusted_keys;
  gboolean    require_signature;
} MbKeys;

/* The properties of the keys, in the order of their names. */
enum
{
  MB_KEYS_ACCEPT_PLAINTEXT,
  MB_KEYS_GNUPG_HOME,
  MB_KEYS_PASSPHRASE,
  MB_KEYS_READ_PASSPHRASES,
  MB_KEYS_RECIPIENTS,
  MB_KEYS_REQUIRE_SIGNATURE,
  MB_KEYS_S2K_COUNT,
  MB_KEYS_SIGNING_KEY,
  MB_KEYS_TRUSTED_KEYS,
  MB_N_KEYS_PROPS
};

struct _MbClient
{
  GObject       parent_instance;

  GMainContext *context;
  GThread      *thread;           /* of construction; only compared */
  MbCore       *core;
  char         *name;
  char         *address;          /* or NULL */
  MbKeys        keys;
  MbTransport  *given_transport;  /* or NULL */
  MbTransport  *transport;        /* from opening to closing */
  MbReceiver   *receiver;         /* likewise */
  MbCipher     *cipher;           /* likewise; NULL without keys */
  guint         max_packet_size;
  gboolean      opening;
  gboolean      closed_while_opening;
  gboolean      is_open;
  char          session[17];      /* of the last opening */

  GMutex        lock;
  GPtrArray    *subscribers;      /* lock */
  GPtrArray    *services;         /* lock */
  GQueue        callers;          /* lock; the one used last is first */
};

/* Opening: mb-client-open.c. Closes without a signal. */
void     _mb_client_close_quietly       (MbClient      *self);

/* Encryption: mb-client-encryption.c */
void     _mb_client_init_keys           (MbClient      *self);
void     _mb_client_clear_keys          (MbClient      *self);
/* Makes a cipher of the keys; NULL, if there are none. */
gboolean _mb_client_make_cipher         (MbClient      *self,
                                         MbCipher     **cipher,
                                         GError       **error);
gboolean _mb_client_refuses_plaintext   (MbClient      *self);
/* Passphrases: mb-client-passphrase.c. NULL if there is none. */
const char  *_mb_client_get_passphrase  (MbClient      *self);
/* The array is the caller's, what is in it is not. */
const char **_mb_client_list_read_passphrases
                                        (MbClient      *self);
void     _mb_client_add_keys_properties (GParamSpec   **properties);
void     _mb_client_get_keys_property   (MbClient      *self,
                                         guint          property,
                                         GValue        *value);
void     _mb_client_set_keys_property   (MbClient      *self,
                                         guint          property,
                                         const GValue  *value);

/* Indexed by reason. */
void _mb_client_add_drop_properties (GParamSpec **properties);
void _mb_client_add_drop_signal     (void);
/* Emits the signal for a reason, which is `item` less one. */
void _mb_client_report_drops        (gpointer     owner,
                                     gpointer     item);

G_END_DECLS
