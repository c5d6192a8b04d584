/* mb-cipher-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "mb-secret-private.h"

G_BEGIN_DECLS

/* Encryption of message data, protocol section 7.
 *
 * The cipher turns plain text into the wire text that peers put in `data`, and back. What is common to
 * all engines (wire form, checks of the message's shape, choice among passphrases, lifetime) is in
 * mb-cipher.c; an engine turns one OpenPGP message into plain text with one key, and back.
 */
typedef struct _MbCipher MbCipher;

/* All members may be 0 or NULL, which gives the default; the strings are copied. */
typedef struct
{
  const char         *passphrase;        /* to write with, and to read with first */
  const char * const *read_passphrases;  /* more to read with, at most MB_CIPHER_MAX_PASSPHRASES in all */
  guint               s2k_count;         /* 65,536; from 1,088 to 65,011,712, others become the nearest */
  gboolean            no_compression;
  gsize               max_message_size;  /* 65,507 bytes, encrypted */
  gsize               max_plain_size;    /* 1 MiB, decrypted; both ways */
  guint               timeout_ms;        /* 20,000 for each message and key */

  /* Where the private GnuPG home is made, NULL for $XDG_RUNTIME_DIR or /tmp, and the gpg to run. */
  const char         *home_parent;
  const char         *gpg_program;

  /* OpenPGP keys, by fingerprint. Any of them needs the user's GnuPG home, which is only read: keys are
   * taken from its key ring and its agent is used. NULL is the user's default home.
   */
  const char         *user_home;
  const char         *signing_key;
  const char         *key_passphrase;    /* for secret keys whose passphrase the agent does not know */
  const char * const *recipients;        /* public keys that can read what is written */
  const char * const *trusted_keys;      /* public keys whose signatures count */
  gboolean            require_signature; /* refuse what none of trusted_keys has signed */
} MbCipherOptions;

#define MB_CIPHER_MAX_PASSPHRASES    8
#define MB_CIPHER_MAX_PASSPHRASE_LEN 255

typedef enum
{
  MB_CIPHER_UNSIGNED,
  MB_CIPHER_SIGNED_UNKNOWN,  /* by a key that is not trusted or not known: as good as unsigned */
  MB_CIPHER_SIGNED_TRUSTED,
} MbCipherSignature;

typedef struct
{
  GString           *plain;      /* NULL before, and after a failure */
  char              *binding;    /* what the sender put in the name field, or NULL */
  char              *signer;     /* fingerprint of the primary key, when trusted */
  MbCipherSignature  signature;
  int                key_index;  /* of the passphrase that opened it, 0 is `passphrase`; -1 for a secret key */
} MbCipherResult;

void             _mb_cipher_result_clear     (MbCipherResult         *result);

/* Is the text usable as a passphrase: UTF-8, 1 to 255 bytes, no NUL (by its type), LF or CR? */
gboolean         _mb_passphrase_check        (const char             *passphrase,
                                              GError                **error);
/* Will every Python peer take it for the same? Those encode others in their locale. */
gboolean         _mb_passphrase_is_portable  (const char             *passphrase);

/* Checks the options and copies them; starts nothing. */
MbCipher        *_mb_cipher_new              (const MbCipherOptions  *options,
                                              GError                **error);
MbCipher        *_mb_cipher_ref              (MbCipher               *self);
/* The last one closes. */
void             _mb_cipher_unref            (MbCipher               *self);
/* Starts the engine and proves that it works. Blocks for some 50 ms, for a second at worst. */
gboolean         _mb_cipher_open             (MbCipher               *self,
                                              GCancellable           *cancellable,
                                              GError                **error);
/* From now on reads and writes with these; what is under way ends with those before. After a failure nothing
 * has changed. From any thread, whether open or not.
 */
gboolean         _mb_cipher_set_passphrases  (MbCipher               *self,
                                              const char             *passphrase,
                                              const char * const     *read_passphrases,
                                              GError                **error);
/* Is there anything to encrypt with? */
gboolean         _mb_cipher_can_write        (MbCipher               *self);
/* Ends what is under way in any thread with MB_CIPHER_ERROR_CLOSED, waits for that (some milliseconds),
 * and takes down everything that open made. Idempotent; there is no way back.
 */
void             _mb_cipher_close            (MbCipher               *self);

/* Both may be called from any thread, in several at a time, and block. A cancelled call ends at once with
 * G_IO_ERROR_CANCELLED; the gpg it leaves behind ends by itself when it next reads or writes.
 *
 * Encrypts `plain` and appends the wire text to `out`; after a failure `out` is as before. `binding` is
 * a text from _mb_cipher_binding_make() or NULL.
 */
gboolean         _mb_cipher_encrypt          (MbCipher               *self,
                                              const char             *plain,
                                              gsize                   length,
                                              const char             *binding,
                                              GString                *out,
                                              GCancellable           *cancellable,
                                              GError                **error);
/* Decrypts a wire text. `sender` is any text that tells senders apart, or NULL: the key that opened its
 * last message is tried first. `out` is filled, or empty after a failure.
 */
gboolean         _mb_cipher_decrypt          (MbCipher               *self,
                                              const char             *sender,
                                              const char             *wire,
                                              gsize                   length,
                                              MbCipherResult         *out,
                                              GCancellable           *cancellable,
                                              GError                **error);
/* Does it take long to encrypt? */
gboolean         _mb_cipher_is_slow          (MbCipher               *self);

/* Binding: the header of a packet is not encrypted, so anybody could put the data under another topic or
 * name. libminibus peers put a digest of the header in the name field of the literal data packet, which
 * is inside the integrity protection and which Python peers ignore: "mb1:" and 22 characters of base64url,
 * the first 128 bits of SHA-256 over
 *
 *   "mb1" NUL, then topic, author and id each as 8 bytes length (big-endian; all ones for an absent one)
 *   and UTF-8 text, then session and sequence as 8 bytes each (big-endian).
 */
typedef enum
{
  MB_CIPHER_BINDING_NONE,      /* from a Python peer, or from no peer that binds */
  MB_CIPHER_BINDING_GOOD,
  MB_CIPHER_BINDING_MISMATCH,
} MbCipherBinding;

#define MB_CIPHER_DIGEST_LENGTH 16

void             _mb_cipher_digest           (const char             *domain,
                                              const char             *topic,
                                              const char             *author,
                                              const char             *id,
                                              guint64                 session,
                                              guint64                 sequence,
                                              guint8                  digest[MB_CIPHER_DIGEST_LENGTH]);
char            *_mb_cipher_binding_make     (const char             *topic,
                                              const char             *author,
                                              const char             *id,
                                              guint64                 session,
                                              guint64                 sequence);
MbCipherBinding  _mb_cipher_binding_check    (const char             *binding,
                                              const char             *topic,
                                              const char             *author,
                                              const char             *id,
                                              guint64                 session,
                                              guint64                 sequence);

/* What an engine is */

typedef struct _MbCipherEngine MbCipherEngine;

typedef struct
{
  gsize       size;       /* of the engine's struct, which begins with MbCipherEngine */

  gboolean  (*open)      (MbCipherEngine  *engine,
                          GCancellable    *cancellable,
                          GError         **error);
  /* After the last call has ended. */
  void      (*close)     (MbCipherEngine  *engine);
  /* `passphrase` is NULL when there are only recipients. */
  gboolean  (*encrypt)   (MbCipherEngine  *engine,
                          const char      *plain,
                          gsize            length,
                          const char      *binding,
                          MbSecret        *passphrase,
                          GByteArray      *out,
                          GCancellable    *cancellable,
                          GError         **error);
  /* One try with one key; `passphrase` is NULL to try the secret keys. */
  gboolean  (*decrypt)   (MbCipherEngine  *engine,
                          const guint8    *message,
                          gsize            length,
                          MbSecret        *passphrase,
                          MbCipherResult  *out,
                          GCancellable    *cancellable,
                          GError         **error);
} MbCipherEngineClass;

struct _MbCipherEngine
{
  const MbCipherEngineClass *klass;

  /* Copies of the options, for ever the same. */
  guint      s2k_count;
  gboolean   no_compression;
  gsize      max_message_size;
  gsize      max_plain_size;
  guint      timeout_ms;
  char      *home_parent;
  char      *gpg_program;
  char      *user_home;
  char      *signing_key;
  MbSecret  *key_passphrase;
  char     **recipients;
  char     **trusted_keys;
  gboolean   require_signature;

  /* Cancelled by close. */
  GCancellable *closing;
};

extern const MbCipherEngineClass _mb_cipher_gpgme_class;

/* Does it use the user's OpenPGP keys? */
gboolean         _mb_cipher_engine_has_keys  (const MbCipherEngine   *engine);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbCipher, _mb_cipher_unref)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MbCipherResult, _mb_cipher_result_clear)

G_END_DECLS
