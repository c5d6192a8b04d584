/* encryption-helpers.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the tests of clients with passphrases and keys share. */

#pragma once

#include "mb-test.h"

#include "minibus/mb-receiver-private.h"

#include "cipher-helpers.h"

G_BEGIN_DECLS

#define BUS    "encryption"
#define SECRET "a passphrase of usual length"

/* What is on the bus, and a way to put something there. */
typedef struct
{
  MbTransport *transport;
  MbReceiver  *receiver;
  GMutex       mutex;
  GPtrArray   *packets;    /* mutex */
} Tap;

/* Where GnuPG homes are made. */
extern char *runtime_dir;

void          encryption_test_init (int         *argc,
                                    char      ***argv);
int           encryption_test_run  (void);

Tap          *tap_new              (const char  *bus);
void          tap_free             (Tap         *tap);
void          tap_send             (Tap         *tap,
                                    const char  *packet);
guint         tap_count            (Tap         *tap,
                                    const char  *part);
char         *tap_find             (Tap         *tap,
                                    const char  *part);
void          tap_send_encrypted   (Tap         *tap,
                                    const char  *topic,
                                    const char  *wire);
void          tap_send_plain       (Tap         *tap,
                                    const char  *topic,
                                    const char  *data);

MbClient     *client_new           (const char  *name,
                                    const char  *passphrase);
MbClient     *client_open          (MbClient    *client);
void          flush                (MbClient    *client);
GPtrArray    *texts_new            (void);
const char   *text_at              (GPtrArray   *texts,
                                    guint        i);
MbSubscriber *keep_messages        (MbClient    *client,
                                    const char  *pattern,
                                    GPtrArray   *messages);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tap, tap_free)

G_END_DECLS
