/* mb-message-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-message.h"

G_BEGIN_DECLS

typedef struct
{
  char       *topic;        /* a GRefString */
  const char *author;       /* or NULL */
  const char *id;           /* or NULL */
  const char *text;         /* the data as it came; checked */
  gsize       text_length;
  JsonNode   *data;         /* sealed; nobody else holds a reference; or NULL: made of the text when asked for */
  JsonNode   *header;       /* sealed; nobody else holds a reference; or NULL */
  guint64     session;      /* 0 when the sender is no libminibus peer */
  guint64     sequence;
  gint64      received_at;
  guint       size;         /* bytes of the datagram */
  gboolean    encrypted;
  const char *signer;       /* a trusted key, or NULL */
} MbMessageParts;

/* Takes the topic and the nodes in `parts`, and copies the other texts. */
MbMessage *_mb_message_new  (const MbMessageParts *parts);

/* As g_object_unref(), in the thread that a message was given to. If nobody has kept the message, it serves for the
 * next one. */
void       _mb_message_drop (MbMessage            *self);

G_END_DECLS
