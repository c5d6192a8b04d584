/* mb-armor.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-armor-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"

/* RFC 4880, section 6.1 */
#define CRC24_INIT 0xB704CEu
#define CRC24_POLY 0x1864CFBu

/* What a character is worth in base64, or one of these. */
#define B64_INVALID 255
#define B64_SPACE   254
#define B64_PAD     253

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const guint8 *
get_values (void)
{
  static gsize once;
  static guint8 values[256];

  if (g_once_init_enter (&once))
    {
      memset (values, B64_INVALID, sizeof values);
      for (guint i = 0; i < sizeof alphabet; i++)
        values[(guint8) alphabet[i]] = (guint8) i;
      values[' '] = values['\t'] = values['\r'] = values['\n'] = B64_SPACE;
      values['='] = B64_PAD;
      g_once_init_leave (&once, 1);
    }

  return values;
}

static const guint32 *
get_crc_table (void)
{
  static gsize once;
  static guint32 table[256];

  if (g_once_init_enter (&once))
    {
      for (guint32 i = 0; i < 256; i++)
        {
          guint32 crc = i << 16;

          for (int bit = 0; bit < 8; bit++)
            crc = (crc << 1) ^ ((crc & 0x800000) != 0 ? CRC24_POLY : 0);
          table[i] = crc & 0xFFFFFF;
        }
      g_once_init_leave (&once, 1);
    }

  return table;
}

static guint32
crc24 (const guint8 *data,
       gsize         length)
{
  const guint32 *table = get_crc_table ();
  guint32 crc = CRC24_INIT;

  for (gsize i = 0; i < length; i++)
    crc = ((crc << 8) ^ table[((crc >> 16) ^ data[i]) & 0xFF]) & 0xFFFFFF;

  return crc;
}

static gboolean
fail (GError     **error,
      const char  *message)
{
  g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_MALFORMED, message);

  return FALSE;
}

/* Decodes whole groups of four without white space; `length` is a multiple of four. */
static gboolean
decode_groups (const guint8  *codes,
               gsize          length,
               GByteArray    *out)
{
  for (gsize i = 0; i < length; i += 4)
    {
      guint n_pad = 0;
      guint32 bits;
      guint8 bytes[3];

      if (i + 4 == length && codes[i + 3] == B64_PAD)
        n_pad = codes[i + 2] == B64_PAD ? 2 : 1;

      for (guint j = 0; j < 4 - n_pad; j++)
        if (codes[i + j] == B64_PAD)
          return FALSE;

      bits = (guint32) codes[i] << 18 | (guint32) codes[i + 1] << 12;
      if (n_pad < 2)
        bits |= (guint32) codes[i + 2] << 6;
      if (n_pad < 1)
        bits |= codes[i + 3];

      bytes[0] = (guint8) (bits >> 16);
      bytes[1] = (guint8) (bits >> 8);
      bytes[2] = (guint8) bits;

      /* One text for one message: the bits that are cut off have to be zero. */
      for (guint j = 3 - n_pad; j < 3; j++)
        if (bytes[j] != 0)
          return FALSE;

      g_byte_array_append (out, bytes, 3 - n_pad);
    }

  return TRUE;
}

GByteArray *
_mb_armor_decode (const char    *wire,
                  gsize          length,
                  gsize          max_length,
                  GError       **error)
{
  const guint8 *values = get_values ();
  g_autofree guint8 *codes = NULL;
  g_autoptr(GByteArray) out = NULL;
  gboolean has_crc;
  gsize n = 0, n_body;

  /* Before anything is allocated: without white space, four characters are three bytes. */
  for (gsize i = 0; i < length; i++)
    {
      guint8 value = values[(guint8) wire[i]];

      if (value == B64_INVALID)
        {
          g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_MALFORMED,
                       _("The encrypted data has byte 0x%02X at offset %zu"
                         ", which base64 does not have"),
                       (guint8) wire[i], i);
          return NULL;
        }
      if (value != B64_SPACE)
        n++;
    }

  if (n == 0)
    {
      fail (error, _("The encrypted data is empty"));
      return NULL;
    }
  if (n / 4 > max_length / 3 + 2)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_TOO_LARGE,
                   _("The encrypted data is longer than the %zu bytes that are accepted"),
                   max_length);
      return NULL;
    }

  codes = g_malloc (n);
  n = 0;
  for (gsize i = 0; i < length; i++)
    {
      guint8 value = values[(guint8) wire[i]];

      if (value != B64_SPACE)
        codes[n++] = value;
    }

  /* Groups of four come first, so one character over is the "=" in front of the four of the checksum. */
  has_crc = n % 4 == 1 && n >= 5 && codes[n - 5] == B64_PAD;
  n_body = has_crc ? n - 5 : n;
  if (n_body % 4 != 0 || n_body == 0)
    {
      fail (error, _("The encrypted data is not complete groups of four base64 characters, as after a cut"));
      return NULL;
    }

  out = g_byte_array_sized_new ((guint) (n_body / 4 * 3));
  if (!decode_groups (codes, n_body, out))
    {
      fail (error, _("The encrypted data has wrong base64 padding"));
      return NULL;
    }
  if (out->len > max_length)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_TOO_LARGE,
                   _("The encrypted data is longer than the %zu bytes that are accepted"),
                   max_length);
      return NULL;
    }

  if (has_crc)
    {
      guint32 crc = 0;

      for (guint i = 0; i < 4; i++)
        {
          if (codes[n - 4 + i] == B64_PAD)
            {
              fail (error, _("The checksum of the encrypted data is not base64"));
              return NULL;
            }
          crc = crc << 6 | codes[n - 4 + i];
        }
      if (crc != crc24 (out->data, out->len))
        {
          fail (error, _("The checksum of the encrypted data is wrong; it was damaged on its way"));
          return NULL;
        }
    }

  return g_steal_pointer (&out);
}

static void
encode_group (guint32   bits,
              guint     n_chars,
              GString  *out)
{
  char group[4] = { '=', '=', '=', '=' };

  for (guint i = 0; i < n_chars; i++)
    group[i] = alphabet[(bits >> (18 - 6 * i)) & 0x3F];

  g_string_append_len (out, group, sizeof group);
}

void
_mb_armor_encode (const guint8 *data,
                  gsize         length,
                  GString      *out)
{
  gsize i;

  for (i = 0; i + 3 <= length; i += 3)
    encode_group ((guint32) data[i] << 16 | (guint32) data[i + 1] << 8 | data[i + 2], 4, out);
  if (length - i == 1)
    encode_group ((guint32) data[i] << 16, 2, out);
  else if (length - i == 2)
    encode_group ((guint32) data[i] << 16 | (guint32) data[i + 1] << 8, 3, out);

  g_string_append_c (out, '=');
  encode_group (crc24 (data, length), 4, out);
}

/* OpenPGP packets, RFC 4880 section 4 and 5 */

typedef enum
{
  TAG_PUBLIC_KEY_SESSION_KEY = 1,
  TAG_SYMMETRIC_SESSION_KEY = 3,
  TAG_UNPROTECTED_DATA = 9,
  TAG_MARKER = 10,
  TAG_PROTECTED_DATA = 18,
  TAG_AEAD_DATA = 20,
} Tag;

/* One packet: its body is `length` bytes at `body`, or, when `partial`, begins with that many. */
typedef struct
{
  guint         tag;
  const guint8 *body;
  gsize         length;
  gboolean      partial;
} Packet;

/* The length of a new-format packet or chunk at `*pos`; moves `*pos` behind it. */
static gboolean
read_new_length (const guint8 *data,
                 gsize         end,
                 gsize        *pos,
                 gsize        *length,
                 gboolean     *partial)
{
  guint8 first;

  if (*pos >= end)
    return FALSE;

  first = data[(*pos)++];
  *partial = FALSE;

  if (first < 192)
    {
      *length = first;
      return TRUE;
    }
  if (first < 224)
    {
      if (end - *pos < 1)
        return FALSE;
      *length = ((gsize) (first - 192) << 8) + data[(*pos)++] + 192;
      return TRUE;
    }
  if (first < 255)
    {
      *partial = TRUE;
      *length = (gsize) 1 << (first & 0x1F);
      return TRUE;
    }
  if (end - *pos < 4)
    return FALSE;

  *length = (gsize) data[*pos] << 24 | (gsize) data[*pos + 1] << 16 |
            (gsize) data[*pos + 2] << 8 | data[*pos + 3];
  *pos += 4;

  return TRUE;
}

static guint
get_tag (guint8 head)
{
  return (head & 0x40) != 0 ? head & 0x3F : (head >> 2) & 0x0F;
}

/* Reads the packet at `*pos` and moves behind it; chunks of a partial one are walked to the last. */
static gboolean
read_packet (const guint8 *data,
             gsize         end,
             gsize        *pos,
             Packet       *packet)
{
  guint8 head;
  gsize length;
  gboolean partial = FALSE;

  if (*pos >= end)
    return FALSE;

  head = data[(*pos)++];
  if ((head & 0x80) == 0)
    return FALSE;

  packet->tag = get_tag (head);
  if ((head & 0x40) != 0)
    {
      if (!read_new_length (data, end, pos, &length, &partial))
        return FALSE;
    }
  else
    {
      guint n_octets = 1u << (head & 0x03);

      if (n_octets == 8)
        {
          /* A length that is not told goes to the end. */
          length = end - *pos;
        }
      else
        {
          length = 0;
          if (end - *pos < n_octets)
            return FALSE;
          for (guint i = 0; i < n_octets; i++)
            length = length << 8 | data[(*pos)++];
        }
    }

  packet->partial = partial;
  packet->body = data + *pos;
  packet->length = length;

  for (;;)
    {
      if (length > end - *pos)
        return FALSE;
      *pos += length;
      if (!partial)
        return TRUE;
      if (!read_new_length (data, end, pos, &length, &partial))
        return FALSE;
    }
}

/* Those that GnuPG knows, RFC 4880 sections 9.2 and 9.4. With another it fails in a way that could as well
 * be a fault of this system.
 */
static gboolean
is_known_cipher (guint8 id)
{
  return (id >= 2 && id <= 4) || (id >= 7 && id <= 13);
}

static gboolean
is_known_digest (guint8 id)
{
  return (id >= 1 && id <= 3) || (id >= 8 && id <= 11);
}

/* The work that a string-to-key specifier at `s2k` asks for. */
static gboolean
read_s2k (const guint8 *s2k,
          gsize         length,
          guint64      *bytes)
{
  if (length < 2 || !is_known_digest (s2k[1]))
    return FALSE;

  switch (s2k[0])
    {
    case 0:
      *bytes = 0;
      return TRUE;

    case 1:
      *bytes = 0;
      return length >= 10;

    case 3:
      if (length < 11)
        return FALSE;
      *bytes = (guint64) (16 + (s2k[10] & 15)) << ((s2k[10] >> 4) + 6);
      return TRUE;

    default:
      /* Argon2 and private kinds: GnuPG has none of them, and their cost is the sender's choice. */
      return FALSE;
    }
}

static gboolean
read_symmetric (const Packet *packet,
                guint64      *bytes)
{
  if (packet->partial || packet->length < 4 || !is_known_cipher (packet->body[1]))
    return FALSE;

  switch (packet->body[0])
    {
    case 4:
      return read_s2k (packet->body + 2, packet->length - 2, bytes);

    case 5:
      return read_s2k (packet->body + 3, packet->length - 3, bytes);

    default:
      return FALSE;
    }
}

gboolean
_mb_openpgp_inspect (const guint8   *data,
                     gsize           length,
                     MbOpenPgpInfo  *info,
                     GError        **error)
{
  gsize pos = 0;

  memset (info, 0, sizeof *info);

  while (pos < length)
    {
      Packet packet;
      guint64 bytes;
      gsize start = pos;

      if (!read_packet (data, length, &pos, &packet))
        return fail (error, _("The encrypted data is not a complete OpenPGP message"));

      switch (packet.tag)
        {
        case TAG_MARKER:
          if (start != 0)
            return fail (error, _("The encrypted data has a marker packet that is not at its start"));
          break;

        case TAG_PUBLIC_KEY_SESSION_KEY:
          if (packet.partial || ++info->n_public > MB_OPENPGP_MAX_PUBLIC)
            return fail (error, _("The message is encrypted to more public keys than are accepted"));
          break;

        case TAG_SYMMETRIC_SESSION_KEY:
          if (++info->n_symmetric > MB_OPENPGP_MAX_SYMMETRIC)
            return fail (error, _("The message is encrypted with more passphrases than are accepted"));
          if (!read_symmetric (&packet, &bytes))
            return fail (error, _("The message derives its key from the passphrase in a way that is not known"));
          info->s2k_bytes += bytes;
          if (info->s2k_bytes > MB_OPENPGP_MAX_S2K_BYTES)
            return fail (error, _("The message asks for more work to derive its key than is accepted"));
          break;

        case TAG_PROTECTED_DATA:
        case TAG_AEAD_DATA:
          if (info->n_symmetric + info->n_public == 0)
            return fail (error, _("The encrypted data does not say what key opens it"));
          if (pos != length)
            return fail (error, _("Something stands behind the encrypted message"));
          info->body_offset = start;
          return TRUE;

        case TAG_UNPROTECTED_DATA:
          g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_INTEGRITY,
                               _("The message is encrypted without protection against changes; "
                                 "the sender has to use a cipher with MDC or AEAD"));
          return FALSE;

        default:
          return fail (error, _("The data is an OpenPGP packet that is not part of an encrypted message"));
        }
    }

  return fail (error, _("The OpenPGP message ends before its encrypted data"));
}

gboolean
_mb_armor_looks_slow (const char *wire,
                      gsize       length)
{
  const guint8 *values = get_values ();
  guint8 head[24];
  guint8 codes[32];
  gsize n = 0;
  gsize pos = 0;
  guint64 bytes;
  Packet packet;

  for (gsize i = 0; i < length && i < 64 && n < sizeof codes; i++)
    {
      guint8 value = values[(guint8) wire[i]];

      if (value == B64_INVALID || value == B64_PAD)
        return FALSE;
      if (value != B64_SPACE)
        codes[n++] = value;
    }
  if (n < sizeof codes)
    return FALSE;

  for (guint i = 0; i < 8; i++)
    {
      const guint8 *c = codes + 4 * i;

      head[3 * i] = (guint8) (c[0] << 2 | c[1] >> 4);
      head[3 * i + 1] = (guint8) (c[1] << 4 | c[2] >> 2);
      head[3 * i + 2] = (guint8) (c[2] << 6 | c[3]);
    }

  /* Several passphrases, or public keys in front, are not usual: take what cannot be told as slow. */
  if (!read_packet (head, sizeof head, &pos, &packet) || packet.tag != TAG_SYMMETRIC_SESSION_KEY)
    return TRUE;
  if (pos >= sizeof head || get_tag (head[pos]) == TAG_SYMMETRIC_SESSION_KEY)
    return TRUE;

  return read_symmetric (&packet, &bytes) && bytes >= MB_OPENPGP_SLOW_BYTES;
}
