/* mb-enums.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <glib-object.h>

#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_DROP_REASON (mb_drop_reason_get_type ())
#define MB_TYPE_KEY_MATCH (mb_key_match_get_type ())
#define MB_TYPE_OVERFLOW (mb_overflow_get_type ())
#define MB_TYPE_PEER_KIND (mb_peer_kind_get_type ())
#define MB_TYPE_RECORDER_STATE (mb_recorder_state_get_type ())
#define MB_TYPE_SCHEMA_ROLE (mb_schema_role_get_type ())

/**
 * MbDropReason:
 * @MB_DROP_REASON_OVERSIZE: the datagram is larger than a packet can be
 * @MB_DROP_REASON_NOT_JSON: the datagram is not JSON
 * @MB_DROP_REASON_TOO_DEEP: the JSON is nested beyond 64 levels
 * @MB_DROP_REASON_NOT_PACKET: the JSON does not have the shape of a packet, or is of another version
 * @MB_DROP_REASON_DATA_NOT_JSON: the data of a wanted message is not JSON
 * @MB_DROP_REASON_SCHEMA: the data of a wanted message breaks the schema of a subscriber or service
 * @MB_DROP_REASON_LIMIT: a pattern or schema would have taken more steps than are allowed
 * @MB_DROP_REASON_NO_KEY: a wanted message is encrypted, and the client has no passphrase
 * @MB_DROP_REASON_NO_ID: a request, reply or service error carries no id
 * @MB_DROP_REASON_DUPLICATE: the network delivered a message of a libminibus peer again
 * @MB_DROP_REASON_LATE_REPLY: an answer came after the call had ended
 * @MB_DROP_REASON_INBOX_FULL: a subscriber or service had no room left, because its main loop is late
 * @MB_DROP_REASON_MISSED: a gap in the numbers of a libminibus peer: messages that never came
 * @MB_DROP_REASON_KERNEL: the system's receive buffer was full, so that whole datagrams were lost
 * @MB_DROP_REASON_WRONG_KEY: a wanted message is encrypted, and none of the keys opens it
 * @MB_DROP_REASON_PLAINTEXT: a wanted message is not encrypted, and the client has a key and takes no others
 * @MB_DROP_REASON_REPLAY: an encrypted message was taken before, and came again
 * @MB_DROP_REASON_FORGED: an encrypted message was changed, or belongs to another topic, author or id
 * @MB_DROP_REASON_UNTRUSTED: a wanted message is not signed by any of the trusted keys
 * @MB_DROP_REASON_CIPHER_BUSY: more messages than are kept were waiting to be decrypted
 * @MB_DROP_REASON_CIPHER_FAILED: GnuPG failed, or took too long
 * @MB_DROP_REASON_NOT_SENT: the other way: a message of this client could not be encrypted or sent after all
 * @MB_DROP_REASON_PRESENCE: what a peer told of itself was malformed, forged, or more than is kept
 *
 * Why messages did not reach the program, or the bus.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_DROP_REASON_OVERSIZE,
  MB_DROP_REASON_NOT_JSON,
  MB_DROP_REASON_TOO_DEEP,
  MB_DROP_REASON_NOT_PACKET,
  MB_DROP_REASON_DATA_NOT_JSON,
  MB_DROP_REASON_SCHEMA,
  MB_DROP_REASON_LIMIT,
  MB_DROP_REASON_NO_KEY,
  MB_DROP_REASON_NO_ID,
  MB_DROP_REASON_DUPLICATE,
  MB_DROP_REASON_LATE_REPLY,
  MB_DROP_REASON_INBOX_FULL,
  MB_DROP_REASON_MISSED,
  MB_DROP_REASON_KERNEL,
  MB_DROP_REASON_WRONG_KEY,
  MB_DROP_REASON_PLAINTEXT,
  MB_DROP_REASON_REPLAY,
  MB_DROP_REASON_FORGED,
  MB_DROP_REASON_UNTRUSTED,
  MB_DROP_REASON_CIPHER_BUSY,
  MB_DROP_REASON_CIPHER_FAILED,
  MB_DROP_REASON_NOT_SENT,
  MB_DROP_REASON_PRESENCE,
} MbDropReason;

/**
 * MbKeyMatch:
 * @MB_KEY_MATCH_UNKNOWN: nobody has looked yet, or the peer has not answered
 * @MB_KEY_MATCH_SAME: what one encrypts, the other can read
 * @MB_KEY_MATCH_DIFFERENT: the peer is there, and did not answer what was encrypted
 *
 * Whether a peer has the passphrase or keys of the own client: see [method@Directory.check_keys_async].
 *
 * Since: 0.1
 */
typedef enum
{
  MB_KEY_MATCH_UNKNOWN,
  MB_KEY_MATCH_SAME,
  MB_KEY_MATCH_DIFFERENT,
} MbKeyMatch;

/**
 * MbOverflow:
 * @MB_OVERFLOW_DROP_OLDEST: the oldest waiting message makes room for the new one
 * @MB_OVERFLOW_DROP_NEWEST: what is waiting stays, and the new message is dropped
 *
 * What a full inbox does with one more message.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_OVERFLOW_DROP_OLDEST,
  MB_OVERFLOW_DROP_NEWEST,
} MbOverflow;

/**
 * MbPeerKind:
 * @MB_PEER_KIND_LIBMINIBUS: the peer announces itself, as this library does
 * @MB_PEER_KIND_PYTHON: the peer was found by the built-in services, as those of the Python library are
 *
 * What kind of program a peer is.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_PEER_KIND_LIBMINIBUS,
  MB_PEER_KIND_PYTHON,
} MbPeerKind;

/**
 * MbRecorderState:
 * @MB_RECORDER_STATE_STOPPED: nothing is being recorded
 * @MB_RECORDER_STATE_STARTING: the file is being opened
 * @MB_RECORDER_STATE_RECORDING: messages are being recorded
 * @MB_RECORDER_STATE_STOPPING: what has arrived is being written to the end
 * @MB_RECORDER_STATE_FAILED: the file could not be written any more
 *
 * What a recorder is doing.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_RECORDER_STATE_STOPPED,
  MB_RECORDER_STATE_STARTING,
  MB_RECORDER_STATE_RECORDING,
  MB_RECORDER_STATE_STOPPING,
  MB_RECORDER_STATE_FAILED,
} MbRecorderState;

/**
 * MbSchemaRole:
 * @MB_SCHEMA_ROLE_TOPIC: of the messages of a topic, which the peer publishes or has subscribed to
 * @MB_SCHEMA_ROLE_REQUEST: of the parameters of a service
 * @MB_SCHEMA_ROLE_REPLY: of the results of a service
 *
 * What a schema of a peer is for.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_SCHEMA_ROLE_TOPIC,
  MB_SCHEMA_ROLE_REQUEST,
  MB_SCHEMA_ROLE_REPLY,
} MbSchemaRole;

MB_AVAILABLE_IN_ALL
GType mb_drop_reason_get_type    (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GType mb_key_match_get_type      (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GType mb_overflow_get_type       (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GType mb_peer_kind_get_type      (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GType mb_recorder_state_get_type (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GType mb_schema_role_get_type    (void) G_GNUC_CONST;

G_END_DECLS
