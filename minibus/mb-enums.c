/* mb-enums.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-enums.h"

G_DEFINE_ENUM_TYPE (MbDropReason, mb_drop_reason,
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_OVERSIZE, "oversize"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_NOT_JSON, "not-json"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_TOO_DEEP, "too-deep"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_NOT_PACKET, "not-packet"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_DATA_NOT_JSON, "data-not-json"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_SCHEMA, "schema"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_LIMIT, "limit"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_NO_KEY, "no-key"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_NO_ID, "no-id"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_DUPLICATE, "duplicate"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_LATE_REPLY, "late-reply"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_INBOX_FULL, "inbox-full"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_MISSED, "missed"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_KERNEL, "kernel"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_WRONG_KEY, "wrong-key"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_PLAINTEXT, "plaintext"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_REPLAY, "replay"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_FORGED, "forged"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_UNTRUSTED, "untrusted"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_CIPHER_BUSY, "cipher-busy"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_CIPHER_FAILED, "cipher-failed"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_NOT_SENT, "not-sent"),
                    G_DEFINE_ENUM_VALUE (MB_DROP_REASON_PRESENCE, "presence"))

G_DEFINE_ENUM_TYPE (MbKeyMatch, mb_key_match,
                    G_DEFINE_ENUM_VALUE (MB_KEY_MATCH_UNKNOWN, "unknown"),
                    G_DEFINE_ENUM_VALUE (MB_KEY_MATCH_SAME, "same"),
                    G_DEFINE_ENUM_VALUE (MB_KEY_MATCH_DIFFERENT, "different"))

G_DEFINE_ENUM_TYPE (MbOverflow, mb_overflow,
                    G_DEFINE_ENUM_VALUE (MB_OVERFLOW_DROP_OLDEST, "drop-oldest"),
                    G_DEFINE_ENUM_VALUE (MB_OVERFLOW_DROP_NEWEST, "drop-newest"))

G_DEFINE_ENUM_TYPE (MbPeerKind, mb_peer_kind,
                    G_DEFINE_ENUM_VALUE (MB_PEER_KIND_LIBMINIBUS, "libminibus"),
                    G_DEFINE_ENUM_VALUE (MB_PEER_KIND_PYTHON, "python"))

G_DEFINE_ENUM_TYPE (MbSchemaRole, mb_schema_role,
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ROLE_TOPIC, "topic"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ROLE_REQUEST, "request"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ROLE_REPLY, "reply"))

G_DEFINE_ENUM_TYPE (MbRecorderState, mb_recorder_state,
                    G_DEFINE_ENUM_VALUE (MB_RECORDER_STATE_STOPPED, "stopped"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDER_STATE_STARTING, "starting"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDER_STATE_RECORDING, "recording"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDER_STATE_STOPPING, "stopping"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDER_STATE_FAILED, "failed"))
