/* mb-error.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-error.h"

/**
 * mb_address_error_quark:
 *
 * The domain of [error@AddressError].
 *
 * Returns: the quark of the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (mb-address-error-quark, mb_address_error)

G_DEFINE_ENUM_TYPE (MbAddressError, mb_address_error,
                    G_DEFINE_ENUM_VALUE (MB_ADDRESS_ERROR_SYNTAX, "syntax"),
                    G_DEFINE_ENUM_VALUE (MB_ADDRESS_ERROR_UNKNOWN_SCHEME, "unknown-scheme"),
                    G_DEFINE_ENUM_VALUE (MB_ADDRESS_ERROR_INVALID_HOST, "invalid-host"),
                    G_DEFINE_ENUM_VALUE (MB_ADDRESS_ERROR_INVALID_PORT, "invalid-port"),
                    G_DEFINE_ENUM_VALUE (MB_ADDRESS_ERROR_UNKNOWN_OPTION, "unknown-option"),
                    G_DEFINE_ENUM_VALUE (MB_ADDRESS_ERROR_INVALID_OPTION, "invalid-option"))

/**
 * mb_transport_error_quark:
 *
 * The domain of [error@TransportError].
 *
 * Returns: the quark of the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (mb-transport-error-quark, mb_transport_error)

G_DEFINE_ENUM_TYPE (MbTransportError, mb_transport_error,
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_CLOSED, "closed"),
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_ALREADY_OPEN, "already-open"),
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_NO_ROUTE, "no-route"),
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_NO_INTERFACE, "no-interface"),
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_PORT_IN_USE, "port-in-use"),
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_NOT_PERMITTED, "not-permitted"),
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_TOO_LARGE, "too-large"),
                    G_DEFINE_ENUM_VALUE (MB_TRANSPORT_ERROR_BUSY, "busy"))

/**
 * mb_json_error_quark:
 *
 * The domain of [error@JsonError].
 *
 * Returns: the quark of the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (mb-json-error-quark, mb_json_error)

G_DEFINE_ENUM_TYPE (MbJsonError, mb_json_error,
                    G_DEFINE_ENUM_VALUE (MB_JSON_ERROR_SYNTAX, "syntax"),
                    G_DEFINE_ENUM_VALUE (MB_JSON_ERROR_ENCODING, "encoding"),
                    G_DEFINE_ENUM_VALUE (MB_JSON_ERROR_NUMBER, "number"),
                    G_DEFINE_ENUM_VALUE (MB_JSON_ERROR_DUPLICATE, "duplicate"),
                    G_DEFINE_ENUM_VALUE (MB_JSON_ERROR_TOO_DEEP, "too-deep"),
                    G_DEFINE_ENUM_VALUE (MB_JSON_ERROR_TOO_LARGE, "too-large"))

/**
 * mb_schema_error_quark:
 *
 * The domain of [error@SchemaError].
 *
 * Returns: the quark of the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (mb-schema-error-quark, mb_schema_error)

G_DEFINE_ENUM_TYPE (MbSchemaError, mb_schema_error,
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ERROR_INVALID, "invalid"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ERROR_UNKNOWN_DRAFT, "unknown-draft"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ERROR_UNSUPPORTED, "unsupported"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ERROR_UNRESOLVED, "unresolved"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ERROR_VIOLATION, "violation"),
                    G_DEFINE_ENUM_VALUE (MB_SCHEMA_ERROR_LIMIT, "limit"))

/**
 * mb_client_error_quark:
 *
 * The domain of [error@ClientError].
 *
 * Returns: the quark of the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (mb-client-error-quark, mb_client_error)

G_DEFINE_ENUM_TYPE (MbClientError, mb_client_error,
                    G_DEFINE_ENUM_VALUE (MB_CLIENT_ERROR_CLOSED, "closed"),
                    G_DEFINE_ENUM_VALUE (MB_CLIENT_ERROR_ALREADY_OPEN, "already-open"),
                    G_DEFINE_ENUM_VALUE (MB_CLIENT_ERROR_INVALID_TOPIC, "invalid-topic"),
                    G_DEFINE_ENUM_VALUE (MB_CLIENT_ERROR_INVALID_PATTERN, "invalid-pattern"),
                    G_DEFINE_ENUM_VALUE (MB_CLIENT_ERROR_SCHEMA_CONFLICT, "schema-conflict"),
                    G_DEFINE_ENUM_VALUE (MB_CLIENT_ERROR_TOO_LARGE, "too-large"),
                    G_DEFINE_ENUM_VALUE (MB_CLIENT_ERROR_TIMED_OUT, "timed-out"))

/**
 * mb_service_error_quark:
 *
 * The domain of [error@ServiceError].
 *
 * Returns: the quark of the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (mb-service-error-quark, mb_service_error)

G_DEFINE_ENUM_TYPE (MbServiceError, mb_service_error,
                    G_DEFINE_ENUM_VALUE (MB_SERVICE_ERROR_TIMED_OUT, "timed-out"),
                    G_DEFINE_ENUM_VALUE (MB_SERVICE_ERROR_REMOTE, "remote"),
                    G_DEFINE_ENUM_VALUE (MB_SERVICE_ERROR_INVALID_REPLY, "invalid-reply"),
                    G_DEFINE_ENUM_VALUE (MB_SERVICE_ERROR_ALREADY_ANSWERED, "already-answered"),
                    G_DEFINE_ENUM_VALUE (MB_SERVICE_ERROR_NO_SUCH_SERVICE, "no-such-service"))

/**
 * mb_cipher_error_quark:
 *
 * The domain of [error@CipherError].
 *
 * Returns: the quark of the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (mb-cipher-error-quark, mb_cipher_error)

G_DEFINE_ENUM_TYPE (MbCipherError, mb_cipher_error,
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_UNAVAILABLE, "unavailable"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_PASSPHRASE, "passphrase"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_KEY, "key"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_MALFORMED, "malformed"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_WRONG_KEY, "wrong-key"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_INTEGRITY, "integrity"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_BINDING, "binding"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_UNTRUSTED, "untrusted"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_TOO_LARGE, "too-large"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_TIMED_OUT, "timed-out"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_BUSY, "busy"),
                    G_DEFINE_ENUM_VALUE (MB_CIPHER_ERROR_CLOSED, "closed"))

/**
 * mb_recording_error_quark:
 *
 * The domain of [error@RecordingError].
 *
 * Returns: the quark of the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (mb-recording-error-quark, mb_recording_error)

G_DEFINE_ENUM_TYPE (MbRecordingError, mb_recording_error,
                    G_DEFINE_ENUM_VALUE (MB_RECORDING_ERROR_NOT_RECORDING, "not-recording"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDING_ERROR_VERSION, "version"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDING_ERROR_EXISTS, "exists"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDING_ERROR_LOCKED, "locked"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDING_ERROR_NOT_LOCAL, "not-local"),
                    G_DEFINE_ENUM_VALUE (MB_RECORDING_ERROR_STATE, "state"))
