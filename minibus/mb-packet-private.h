/* mb-packet-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The envelope of protocol section 2, found in a datagram without building a tree.
 *
 * A span is the content of a JSON string between its quotes, still escaped, inside the datagram:
 * it lives as long as the datagram does.
 */
typedef struct
{
  const char *text;      /* NULL when the member is absent */
  gsize       length;
  gboolean    escaped;   /* holds a backslash */
} MbSpan;

/* What libminibus peers put in front of the header, in the member "mb"; see docs/protocol.md. */
typedef struct
{
  gboolean    present;
  guint32     topic_hash;
  guint64     session;
  guint64     sequence;  /* 1, 2, … per session and topic; 0 is "not counted" */
} MbTag;

typedef struct
{
  MbSpan      topic;
  MbSpan      author;
  MbSpan      id;
  MbSpan      data;
  MbTag       tag;
  gboolean    encrypted;        /* a member "gpg" is there, whatever its value */
  guint       n_extra_members;  /* header members that are none of ours nor of MiniBus 0.3.0 */
  const char *header;           /* the header object, from { to } */
  gsize       header_length;
} MbPacket;

typedef enum
{
  MB_PACKET_OK,
  MB_PACKET_BLANK,      /* nothing but white space: closing Python peers send that */
  MB_PACKET_NOT_JSON,
  MB_PACKET_TOO_DEEP,
  MB_PACKET_NOT_PACKET, /* JSON, but not of the packet's shape; or another version */
} MbPacketStatus;

/* Finds the header. When the data stands behind the header, as every known peer sends it, the data
 * is not looked at yet, so that a packet that nobody wants is dropped early and without allocation.
 */
MbPacketStatus _mb_packet_scan_header (MbPacket    *packet,
                                       const char  *datagram,
                                       gsize        length);
/* Checks the rest of a datagram whose header was scanned, and finds the data. */
MbPacketStatus _mb_packet_scan_rest   (MbPacket    *packet,
                                       const char  *datagram,
                                       gsize        length);
/* The same, and sets `data` to what the data means, if all is well. */
MbPacketStatus _mb_packet_scan_data   (MbPacket    *packet,
                                       const char  *datagram,
                                       gsize        length,
                                       GString     *data);
/* Sets `out` to what a span of a scanned packet means. */
void           _mb_packet_decode      (GString         *out,
                                       const MbSpan    *span);
/* Reads header members that are neither ours nor MiniBus 0.3.0's (author, gpg, idstr, topic, version, mb)
 * into a new sealed object node, or NULL with an error, for example for a duplicate member.
 */
JsonNode      *_mb_packet_read_extra  (const MbPacket *packet,
                                       GError        **error);

/* The hash of a topic in the tag: 32-bit FNV-1a of its UTF-8 bytes. */
guint32        _mb_packet_hash_topic  (const char  *topic,
                                       gsize        length);

/* Writes the id of a message, SESSION-COUNT in hexadecimal, with a NUL; at most 34 bytes. Returns where the NUL is. */
char          *_mb_packet_put_id      (char        *o,
                                       guint64      session,
                                       guint64      count);
/* Appends what all packets of a session on a topic begin with, up to the id: _mb_packet_append_rest() and, in its
 * place, the sequence number make it a packet in the clear. */
void           _mb_packet_append_start (GString    *out,
                                        guint32     topic_hash,
                                        guint64     session,
                                        const char *topic,
                                        const char *author);
/* Sets the sequence number of a packet, or of its start. */
void           _mb_packet_set_sequence (char       *packet,
                                        guint64     sequence);
void           _mb_packet_append_rest  (GString    *out,
                                        const char *id,
                                        gsize       id_length,
                                        const char *data,
                                        gsize       data_length);
/* The same, where it is known how the data stands as a string, between its quotation marks. */
void           _mb_packet_append_escaped (GString    *out,
                                          const char *id,
                                          gsize       id_length,
                                          const char *escaped,
                                          gsize       escaped_length);
/* Appends a whole packet to `out`. `data` is JSON text, or when `encrypted` the wire text that the cipher made
 * of it; it becomes a string. */
void           _mb_packet_append      (GString     *out,
                                       guint32      topic_hash,
                                       guint64      session,
                                       guint64      sequence,
                                       const char  *topic,
                                       const char  *author,
                                       const char  *id,
                                       gboolean     encrypted,
                                       const char  *data,
                                       gsize        data_length);

G_END_DECLS
