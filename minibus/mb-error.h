/* mb-error.h
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

#define MB_ADDRESS_ERROR (mb_address_error_quark ())
#define MB_TYPE_ADDRESS_ERROR (mb_address_error_get_type ())

/**
 * MbAddressError:
 * @MB_ADDRESS_ERROR_SYNTAX: the text is not of the form `scheme:…?option=value`
 * @MB_ADDRESS_ERROR_UNKNOWN_SCHEME: no transport has this scheme
 * @MB_ADDRESS_ERROR_INVALID_HOST: the group is not a multicast address, or the name is not usable
 * @MB_ADDRESS_ERROR_INVALID_PORT: the port is not a number from 1 to 65535
 * @MB_ADDRESS_ERROR_UNKNOWN_OPTION: the scheme has no such option
 * @MB_ADDRESS_ERROR_INVALID_OPTION: the option's value is not usable, or the option occurs twice
 *
 * What can be wrong with the address of a bus.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_ADDRESS_ERROR_SYNTAX,
  MB_ADDRESS_ERROR_UNKNOWN_SCHEME,
  MB_ADDRESS_ERROR_INVALID_HOST,
  MB_ADDRESS_ERROR_INVALID_PORT,
  MB_ADDRESS_ERROR_UNKNOWN_OPTION,
  MB_ADDRESS_ERROR_INVALID_OPTION,
} MbAddressError;

#define MB_TRANSPORT_ERROR (mb_transport_error_quark ())
#define MB_TYPE_TRANSPORT_ERROR (mb_transport_error_get_type ())

/**
 * MbTransportError:
 * @MB_TRANSPORT_ERROR_FAILED: the operating system reported something that has no code of its own here
 * @MB_TRANSPORT_ERROR_CLOSED: the transport is not open
 * @MB_TRANSPORT_ERROR_ALREADY_OPEN: the transport is open already
 * @MB_TRANSPORT_ERROR_NO_ROUTE: the system has no way to the group
 * @MB_TRANSPORT_ERROR_NO_INTERFACE: a network interface of that name does not exist
 * @MB_TRANSPORT_ERROR_PORT_IN_USE: another program holds the port and does not share it
 * @MB_TRANSPORT_ERROR_NOT_PERMITTED: the system or a firewall forbids it
 * @MB_TRANSPORT_ERROR_TOO_LARGE: the packet is larger than the transport can carry
 * @MB_TRANSPORT_ERROR_BUSY: more is waiting to be sent than the transport keeps
 *
 * What can go wrong between a client and the network.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_TRANSPORT_ERROR_FAILED,
  MB_TRANSPORT_ERROR_CLOSED,
  MB_TRANSPORT_ERROR_ALREADY_OPEN,
  MB_TRANSPORT_ERROR_NO_ROUTE,
  MB_TRANSPORT_ERROR_NO_INTERFACE,
  MB_TRANSPORT_ERROR_PORT_IN_USE,
  MB_TRANSPORT_ERROR_NOT_PERMITTED,
  MB_TRANSPORT_ERROR_TOO_LARGE,
  MB_TRANSPORT_ERROR_BUSY,
} MbTransportError;

#define MB_JSON_ERROR (mb_json_error_quark ())
#define MB_TYPE_JSON_ERROR (mb_json_error_get_type ())

/**
 * MbJsonError:
 * @MB_JSON_ERROR_SYNTAX: the text is not JSON as RFC 8259 has it
 * @MB_JSON_ERROR_ENCODING: the text, or a string in it, is not valid UTF-8, holds a lone surrogate or U+0000
 * @MB_JSON_ERROR_NUMBER: a number is not finite, or beyond what JSON readers on the bus can take
 * @MB_JSON_ERROR_DUPLICATE: an object has two members of one name
 * @MB_JSON_ERROR_TOO_DEEP: arrays and objects are nested beyond the limit of 64 levels
 * @MB_JSON_ERROR_TOO_LARGE: an object has more than 4,096 members, or names made to collide
 *
 * Why a text or a node is not JSON that can be sent or received.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_JSON_ERROR_SYNTAX,
  MB_JSON_ERROR_ENCODING,
  MB_JSON_ERROR_NUMBER,
  MB_JSON_ERROR_DUPLICATE,
  MB_JSON_ERROR_TOO_DEEP,
  MB_JSON_ERROR_TOO_LARGE,
} MbJsonError;

#define MB_SCHEMA_ERROR (mb_schema_error_quark ())
#define MB_TYPE_SCHEMA_ERROR (mb_schema_error_get_type ())

/**
 * MbSchemaError:
 * @MB_SCHEMA_ERROR_INVALID: the schema is not a valid schema of its draft
 * @MB_SCHEMA_ERROR_UNKNOWN_DRAFT: `$schema` names a dialect that is not known
 * @MB_SCHEMA_ERROR_UNSUPPORTED: the schema uses a keyword that is not supported
 * @MB_SCHEMA_ERROR_UNRESOLVED: a reference leads nowhere; documents are never fetched
 * @MB_SCHEMA_ERROR_VIOLATION: the value does not satisfy the schema
 * @MB_SCHEMA_ERROR_LIMIT: the validation would take more steps, depth or memory than is allowed
 *
 * What can be wrong with a schema, or with a value by a schema.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_SCHEMA_ERROR_INVALID,
  MB_SCHEMA_ERROR_UNKNOWN_DRAFT,
  MB_SCHEMA_ERROR_UNSUPPORTED,
  MB_SCHEMA_ERROR_UNRESOLVED,
  MB_SCHEMA_ERROR_VIOLATION,
  MB_SCHEMA_ERROR_LIMIT,
} MbSchemaError;

#define MB_CLIENT_ERROR (mb_client_error_quark ())
#define MB_TYPE_CLIENT_ERROR (mb_client_error_get_type ())

/**
 * MbClientError:
 * @MB_CLIENT_ERROR_CLOSED: the client, or the object of the client that was used, is closed
 * @MB_CLIENT_ERROR_ALREADY_OPEN: the client is open, or being opened
 * @MB_CLIENT_ERROR_INVALID_TOPIC: the topic or service name is not usable
 * @MB_CLIENT_ERROR_INVALID_PATTERN: the pattern is not a regular expression that can be used
 * @MB_CLIENT_ERROR_SCHEMA_CONFLICT: the client has another schema for the same pattern
 * @MB_CLIENT_ERROR_TOO_LARGE: the packet would be larger than [property@Client:max-packet-size]
 * @MB_CLIENT_ERROR_TIMED_OUT: what was waited for did not come in time
 *
 * What can be wrong with a use of a client, publisher or subscriber.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_CLIENT_ERROR_CLOSED,
  MB_CLIENT_ERROR_ALREADY_OPEN,
  MB_CLIENT_ERROR_INVALID_TOPIC,
  MB_CLIENT_ERROR_INVALID_PATTERN,
  MB_CLIENT_ERROR_SCHEMA_CONFLICT,
  MB_CLIENT_ERROR_TOO_LARGE,
  MB_CLIENT_ERROR_TIMED_OUT,
} MbClientError;

#define MB_SERVICE_ERROR (mb_service_error_quark ())
#define MB_TYPE_SERVICE_ERROR (mb_service_error_get_type ())

/**
 * MbServiceError:
 * @MB_SERVICE_ERROR_TIMED_OUT: no answer came in time
 * @MB_SERVICE_ERROR_REMOTE: the service answered with an error; the message is its text
 * @MB_SERVICE_ERROR_INVALID_REPLY: an answer came that is not JSON, or breaks the reply schema
 * @MB_SERVICE_ERROR_ALREADY_ANSWERED: the request has been answered before
 * @MB_SERVICE_ERROR_NO_SUCH_SERVICE: nobody on the bus offers the service
 *
 * What can go wrong with a call of a service.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_SERVICE_ERROR_TIMED_OUT,
  MB_SERVICE_ERROR_REMOTE,
  MB_SERVICE_ERROR_INVALID_REPLY,
  MB_SERVICE_ERROR_ALREADY_ANSWERED,
  MB_SERVICE_ERROR_NO_SUCH_SERVICE,
} MbServiceError;

#define MB_RECORDING_ERROR (mb_recording_error_quark ())
#define MB_TYPE_RECORDING_ERROR (mb_recording_error_get_type ())

/**
 * MbRecordingError:
 * @MB_RECORDING_ERROR_NOT_RECORDING: the file is something else than a recording
 * @MB_RECORDING_ERROR_VERSION: the recording has a version of the format that is not known
 * @MB_RECORDING_ERROR_EXISTS: the file to be recorded to is not empty, and is not to be appended to
 * @MB_RECORDING_ERROR_LOCKED: another recorder is writing the file
 * @MB_RECORDING_ERROR_NOT_LOCAL: recording needs a regular file on this machine
 * @MB_RECORDING_ERROR_STATE: the object is not in a state in which this can be done, such as recording already
 *
 * What can be wrong with a recording. What the system reports, such as a disk that is full, is in the domain of
 * [error@Gio.IOErrorEnum].
 *
 * Since: 0.1
 */
typedef enum
{
  MB_RECORDING_ERROR_NOT_RECORDING,
  MB_RECORDING_ERROR_VERSION,
  MB_RECORDING_ERROR_EXISTS,
  MB_RECORDING_ERROR_LOCKED,
  MB_RECORDING_ERROR_NOT_LOCAL,
  MB_RECORDING_ERROR_STATE,
} MbRecordingError;

#define MB_CIPHER_ERROR (mb_cipher_error_quark ())
#define MB_TYPE_CIPHER_ERROR (mb_cipher_error_get_type ())

/**
 * MbCipherError:
 * @MB_CIPHER_ERROR_UNAVAILABLE: GnuPG is missing, broken, or has no place to work in
 * @MB_CIPHER_ERROR_PASSPHRASE: the passphrase cannot be used, or there is none to encrypt with
 * @MB_CIPHER_ERROR_KEY: a public or secret key is missing, or cannot be used for what it is needed for
 * @MB_CIPHER_ERROR_MALFORMED: what came is not an encrypted OpenPGP message
 * @MB_CIPHER_ERROR_WRONG_KEY: the message is encrypted with another passphrase, or for other keys
 * @MB_CIPHER_ERROR_INTEGRITY: the message was changed on its way, or is not protected against that
 * @MB_CIPHER_ERROR_BINDING: the message was encrypted for another topic, author, id or place in its sequence
 * @MB_CIPHER_ERROR_UNTRUSTED: the message is not signed by one of the keys that are trusted
 * @MB_CIPHER_ERROR_TOO_LARGE: the message, or what it unpacks to, is larger than is accepted
 * @MB_CIPHER_ERROR_TIMED_OUT: GnuPG did not answer in time
 * @MB_CIPHER_ERROR_BUSY: more is waiting to be encrypted or decrypted than is kept
 * @MB_CIPHER_ERROR_CLOSED: the cipher was closed before the work was done
 *
 * What can go wrong with encryption and decryption.
 *
 * Since: 0.1
 */
typedef enum
{
  MB_CIPHER_ERROR_UNAVAILABLE,
  MB_CIPHER_ERROR_PASSPHRASE,
  MB_CIPHER_ERROR_KEY,
  MB_CIPHER_ERROR_MALFORMED,
  MB_CIPHER_ERROR_WRONG_KEY,
  MB_CIPHER_ERROR_INTEGRITY,
  MB_CIPHER_ERROR_BINDING,
  MB_CIPHER_ERROR_UNTRUSTED,
  MB_CIPHER_ERROR_TOO_LARGE,
  MB_CIPHER_ERROR_TIMED_OUT,
  MB_CIPHER_ERROR_BUSY,
  MB_CIPHER_ERROR_CLOSED,
} MbCipherError;

MB_AVAILABLE_IN_ALL
GQuark mb_address_error_quark      (void);
MB_AVAILABLE_IN_ALL
GType  mb_address_error_get_type   (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GQuark mb_transport_error_quark    (void);
MB_AVAILABLE_IN_ALL
GType  mb_transport_error_get_type (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GQuark mb_json_error_quark         (void);
MB_AVAILABLE_IN_ALL
GType  mb_json_error_get_type      (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GQuark mb_schema_error_quark       (void);
MB_AVAILABLE_IN_ALL
GType  mb_schema_error_get_type    (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GQuark mb_client_error_quark       (void);
MB_AVAILABLE_IN_ALL
GType  mb_client_error_get_type    (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GQuark mb_service_error_quark      (void);
MB_AVAILABLE_IN_ALL
GType  mb_service_error_get_type   (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GQuark mb_cipher_error_quark       (void);
MB_AVAILABLE_IN_ALL
GType  mb_cipher_error_get_type    (void) G_GNUC_CONST;
MB_AVAILABLE_IN_ALL
GQuark mb_recording_error_quark    (void);
MB_AVAILABLE_IN_ALL
GType  mb_recording_error_get_type (void) G_GNUC_CONST;

G_END_DECLS
