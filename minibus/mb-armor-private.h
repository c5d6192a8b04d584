/* mb-armor-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The wire form of an encrypted message, protocol section 7: an OpenPGP message in ASCII armor without
 * its BEGIN and END lines, headers and line ends, so that the checksum is glued to the base64.
 *
 * White space (space, tab, CR, LF) is skipped wherever it stands, and the checksum may be absent. All
 * else is strict: complete groups of four, canonical padding, a right checksum. No length is too long
 * but `max_length`, which bounds the bytes of the message.
 */
GByteArray *_mb_armor_decode (const char    *wire,
                              gsize          length,
                              gsize          max_length,
                              GError       **error);
/* Appends the wire form of the bytes, with a checksum, to `out`. */
void        _mb_armor_encode (const guint8  *data,
                              gsize          length,
                              GString       *out);

/* What the outside of an OpenPGP message tells. */
typedef struct
{
  guint   n_symmetric;  /* passphrases that open it */
  guint   n_public;     /* public keys that it is encrypted to */
  guint64 s2k_bytes;    /* bytes to hash for all its passphrases together, which is the time it takes */
  gsize   body_offset;  /* where the encrypted data packet begins */
} MbOpenPgpInfo;

/* The most that a message may ask for: hostile ones could otherwise demand minutes of key derivation. */
#define MB_OPENPGP_MAX_SYMMETRIC 4
#define MB_OPENPGP_MAX_PUBLIC    16
/* Two passphrases with the highest count that OpenPGP has, which is also GnuPG's default */
#define MB_OPENPGP_MAX_S2K_BYTES (2u * 65011712)

/* From this many bytes on, the derivation of a key takes so long that it should not hold up others. */
#define MB_OPENPGP_SLOW_BYTES    (4u * 1024 * 1024)

/* Checks that the bytes are one encrypted and integrity protected OpenPGP message and nothing else, so
 * that an engine never sees literal data, data without protection, or two messages in one.
 */
gboolean    _mb_openpgp_inspect   (const guint8  *data,
                                   gsize          length,
                                   MbOpenPgpInfo *info,
                                   GError       **error);

/* A cheap look at the first bytes of a wire text: will its key derivation be slow? */
gboolean    _mb_armor_looks_slow  (const char    *wire,
                                   gsize          length);

G_END_DECLS
