/* mb-cipher.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-cipher-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-armor-private.h"
#include "mb-error.h"

#define DEFAULT_S2K_COUNT        65536
/* GnuPG reads 1,024 and less as "not set" and then takes the maximum. */
#define MIN_S2K_COUNT            1088
#define MAX_S2K_COUNT            65011712
#define DEFAULT_MAX_MESSAGE_SIZE 65507
#define DEFAULT_MAX_PLAIN_SIZE   (1024 * 1024)
#define DEFAULT_TIMEOUT_MS       20000
#define MAX_SENDERS              512
#define BINDING_PREFIX           "mb1:"

typedef enum
{
  STATE_NEW,
  STATE_OPEN,
  STATE_CLOSED,
} State;

/* The passphrases at a time; never changed. */
typedef struct
{
  gatomicrefcount  ref_count;
  MbSecret        *secrets[MB_CIPHER_MAX_PASSPHRASES];
  guint            n_secrets;
  gboolean         can_write;    /* the first one is to write with */
} Keys;

struct _MbCipher
{
  gatomicrefcount  ref_count;
  MbCipherEngine  *engine;

  GMutex           mutex;        /* of all below */
  Keys            *keys;
  GCond            idle;
  State            state;
  guint            n_running;
  GHashTable      *sender_keys;  /* text → index of the passphrase + 1 */
};

void
_mb_cipher_result_clear (MbCipherResult *result)
{
  if (result->plain != NULL)
    {
      explicit_bzero (result->plain->str, result->plain->allocated_len);
      g_string_free (g_steal_pointer (&result->plain), TRUE);
    }
  g_clear_pointer (&result->binding, g_free);
  g_clear_pointer (&result->signer, g_free);
  result->signature = MB_CIPHER_UNSIGNED;
  result->key_index = -1;
}

gboolean
_mb_passphrase_check (const char  *passphrase,
                      GError     **error)
{
  gsize length = strlen (passphrase);

  if (length == 0)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE,
                           _("The passphrase is empty; leave it out to send without encryption"));
      return FALSE;
    }
  if (length > MB_CIPHER_MAX_PASSPHRASE_LEN)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE,
                   _("The passphrase has %zu bytes; GnuPG takes up to %d"),
                   length, MB_CIPHER_MAX_PASSPHRASE_LEN);
      return FALSE;
    }
  if (strpbrk (passphrase, "\r\n") != NULL)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE,
                           _("The passphrase has a line end in it; it has to be one line"));
      return FALSE;
    }
  if (!g_utf8_validate (passphrase, (gssize) length, NULL))
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE,
                           _("The passphrase is not valid UTF-8"));
      return FALSE;
    }

  return TRUE;
}

gboolean
_mb_passphrase_is_portable (const char *passphrase)
{
  return g_str_is_ascii (passphrase);
}

static void
engine_free (MbCipherEngine *engine)
{
  g_free (engine->home_parent);
  g_free (engine->gpg_program);
  g_free (engine->user_home);
  g_free (engine->signing_key);
  g_clear_pointer (&engine->key_passphrase, _mb_secret_unref);
  g_strfreev (engine->recipients);
  g_strfreev (engine->trusted_keys);
  g_object_unref (engine->closing);
  g_free (engine);
}

static MbCipherEngine *
engine_new (const MbCipherEngineClass *klass,
            const MbCipherOptions     *options)
{
  MbCipherEngine *engine = g_malloc0 (klass->size);

  engine->klass = klass;
  engine->s2k_count = options->s2k_count == 0 ? DEFAULT_S2K_COUNT
                                              : CLAMP (options->s2k_count, MIN_S2K_COUNT, MAX_S2K_COUNT);
  engine->no_compression = options->no_compression;
  engine->max_message_size = options->max_message_size > 0 ? options->max_message_size
                                                           : DEFAULT_MAX_MESSAGE_SIZE;
  engine->max_plain_size = options->max_plain_size > 0 ? options->max_plain_size : DEFAULT_MAX_PLAIN_SIZE;
  engine->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
  engine->home_parent = g_strdup (options->home_parent);
  engine->gpg_program = g_strdup (options->gpg_program);
  engine->user_home = g_strdup (options->user_home);
  engine->signing_key = g_strdup (options->signing_key);
  if (options->key_passphrase != NULL)
    engine->key_passphrase = _mb_secret_new (options->key_passphrase, strlen (options->key_passphrase));
  engine->recipients = g_strdupv ((char **) options->recipients);
  engine->trusted_keys = g_strdupv ((char **) options->trusted_keys);
  engine->require_signature = options->require_signature;
  engine->closing = g_cancellable_new ();

  return engine;
}

gboolean
_mb_cipher_engine_has_keys (const MbCipherEngine *engine)
{
  return engine->user_home != NULL || engine->signing_key != NULL ||
         (engine->recipients != NULL && engine->recipients[0] != NULL) ||
         (engine->trusted_keys != NULL && engine->trusted_keys[0] != NULL);
}

/* A whole fingerprint: a short key id can be imitated, and an e-mail address can be claimed by anybody. */
static gboolean
check_fingerprint (const char  *text,
                   GError     **error)
{
  gsize length = strlen (text);

  if ((length == 40 || length == 64) && strspn (text, "0123456789abcdefABCDEF") == length)
    return TRUE;

  g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY,
               _("“%s” is not the fingerprint of an OpenPGP key, which is 40 or 64 hexadecimal digits without spaces"),
               text);

  return FALSE;
}

static Keys *
keys_new (const char          *passphrase,
          const char * const  *read_passphrases,
          GError             **error)
{
  guint n = passphrase != NULL ? 1 : 0;
  Keys *keys;

  if (passphrase != NULL && !_mb_passphrase_check (passphrase, error))
    return NULL;

  for (guint i = 0; read_passphrases != NULL && read_passphrases[i] != NULL; i++, n++)
    if (!_mb_passphrase_check (read_passphrases[i], error))
      return NULL;

  if (n > MB_CIPHER_MAX_PASSPHRASES)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE,
                   _("There are %u passphrases; at most %d are tried for a message"),
                   n, MB_CIPHER_MAX_PASSPHRASES);
      return NULL;
    }

  keys = g_new0 (Keys, 1);
  g_atomic_ref_count_init (&keys->ref_count);
  keys->can_write = passphrase != NULL;
  if (passphrase != NULL)
    keys->secrets[keys->n_secrets++] = _mb_secret_new (passphrase, strlen (passphrase));
  for (guint i = 0; read_passphrases != NULL && read_passphrases[i] != NULL; i++)
    keys->secrets[keys->n_secrets++] = _mb_secret_new (read_passphrases[i], strlen (read_passphrases[i]));

  return keys;
}

static void
keys_unref (Keys *keys)
{
  if (!g_atomic_ref_count_dec (&keys->ref_count))
    return;

  for (guint i = 0; i < keys->n_secrets; i++)
    _mb_secret_unref (keys->secrets[i]);
  g_free (keys);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Keys, keys_unref)

static Keys *
get_keys (MbCipher *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  g_atomic_ref_count_inc (&self->keys->ref_count);

  return self->keys;
}

static gboolean
check_options (const MbCipherOptions  *options,
               GError                **error)
{
  if (options->key_passphrase != NULL && !_mb_passphrase_check (options->key_passphrase, error))
    return FALSE;
  if (options->signing_key != NULL && !check_fingerprint (options->signing_key, error))
    return FALSE;
  for (guint i = 0; options->recipients != NULL && options->recipients[i] != NULL; i++)
    if (!check_fingerprint (options->recipients[i], error))
      return FALSE;
  for (guint i = 0; options->trusted_keys != NULL && options->trusted_keys[i] != NULL; i++)
    if (!check_fingerprint (options->trusted_keys[i], error))
      return FALSE;

  if (options->require_signature && (options->trusted_keys == NULL || options->trusted_keys[0] == NULL))
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY,
                           _("Signatures are required but no key is trusted, so that nothing could be read"));
      return FALSE;
    }

  return TRUE;
}

MbCipher *
_mb_cipher_new (const MbCipherOptions  *options,
                GError                **error)
{
  g_autoptr(Keys) keys = NULL;
  MbCipher *self;

  if (!check_options (options, error))
    return NULL;

  keys = keys_new (options->passphrase, options->read_passphrases, error);
  if (keys == NULL)
    return NULL;

  self = g_new0 (MbCipher, 1);
  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->idle);
  self->engine = engine_new (&_mb_cipher_gpgme_class, options);
  self->sender_keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->keys = g_steal_pointer (&keys);

  return self;
}

MbCipher *
_mb_cipher_ref (MbCipher *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_cipher_unref (MbCipher *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  _mb_cipher_close (self);

  keys_unref (self->keys);
  g_hash_table_unref (self->sender_keys);
  engine_free (self->engine);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->idle);
  g_free (self);
}

/* Counts a call in, which close waits for. */
static gboolean
begin (MbCipher  *self,
       GError   **error)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (self->state != STATE_OPEN)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED, _("The cipher is not open"));
      return FALSE;
    }

  self->n_running++;

  return TRUE;
}

static void
end (MbCipher *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (--self->n_running == 0)
    g_cond_broadcast (&self->idle);
}

gboolean
_mb_cipher_open (MbCipher      *self,
                 GCancellable  *cancellable,
                 GError       **error)
{
  gboolean opened;
  gboolean closed;

  g_mutex_lock (&self->mutex);
  if (self->state != STATE_NEW || self->n_running > 0)
    {
      g_mutex_unlock (&self->mutex);
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED,
                           _("The cipher has been opened before; a new one is needed"));
      return FALSE;
    }
  self->n_running++;
  g_mutex_unlock (&self->mutex);

  opened = self->engine->klass->open (self->engine, cancellable, error);

  g_mutex_lock (&self->mutex);
  closed = self->state == STATE_CLOSED;
  if (opened && !closed)
    self->state = STATE_OPEN;
  g_mutex_unlock (&self->mutex);

  if (!opened || closed)
    self->engine->klass->close (self->engine);
  end (self);

  if (opened && closed)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED,
                           _("The cipher was closed while it was being opened"));
      return FALSE;
    }

  return opened;
}

void
_mb_cipher_close (MbCipher *self)
{
  State before;

  g_mutex_lock (&self->mutex);
  before = self->state;
  self->state = STATE_CLOSED;
  g_mutex_unlock (&self->mutex);

  /* Not under the lock: it wakes others, who need it. */
  g_cancellable_cancel (self->engine->closing);

  g_mutex_lock (&self->mutex);
  while (self->n_running > 0)
    g_cond_wait (&self->idle, &self->mutex);
  g_mutex_unlock (&self->mutex);

  if (before == STATE_OPEN)
    self->engine->klass->close (self->engine);
}

gboolean
_mb_cipher_set_passphrases (MbCipher            *self,
                            const char          *passphrase,
                            const char * const  *read_passphrases,
                            GError             **error)
{
  Keys *keys = keys_new (passphrase, read_passphrases, error);
  Keys *before;

  if (keys == NULL)
    return FALSE;

  g_mutex_lock (&self->mutex);
  before = self->keys;
  self->keys = keys;
  g_hash_table_remove_all (self->sender_keys);
  g_mutex_unlock (&self->mutex);

  keys_unref (before);

  return TRUE;
}

static gboolean
has_recipients (MbCipher *self)
{
  return self->engine->recipients != NULL && self->engine->recipients[0] != NULL;
}

gboolean
_mb_cipher_can_write (MbCipher *self)
{
  g_autoptr(Keys) keys = get_keys (self);

  return keys->can_write || has_recipients (self);
}

gboolean
_mb_cipher_is_slow (MbCipher *self)
{
  g_autoptr(Keys) keys = get_keys (self);

  return keys->can_write && self->engine->s2k_count >= MB_OPENPGP_SLOW_BYTES;
}

gboolean
_mb_cipher_encrypt (MbCipher      *self,
                    const char    *plain,
                    gsize          length,
                    const char    *binding,
                    GString       *out,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autoptr(GByteArray) message = NULL;
  g_autoptr(Keys) keys = get_keys (self);
  gboolean done;

  if (!keys->can_write && !has_recipients (self))
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE,
                           _("There is no passphrase and no recipient to encrypt with"));
      return FALSE;
    }
  if (length > self->engine->max_plain_size)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_TOO_LARGE,
                   _("The data has %zu bytes; up to %zu are encrypted"),
                   length, self->engine->max_plain_size);
      return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (!begin (self, error))
    return FALSE;

  message = g_byte_array_new ();
  done = self->engine->klass->encrypt (self->engine, plain, length, binding,
                                       keys->can_write ? keys->secrets[0] : NULL,
                                       message, cancellable, error);
  end (self);

  if (done)
    _mb_armor_encode (message->data, message->len, out);

  return done;
}

/* The passphrase to try first. */
static guint
get_sender_key (MbCipher   *self,
                const Keys *keys,
                const char *sender)
{
  g_autoptr(GMutexLocker) locker = NULL;
  guint index;

  if (sender == NULL || keys->n_secrets < 2)
    return 0;

  locker = g_mutex_locker_new (&self->mutex);
  index = GPOINTER_TO_UINT (g_hash_table_lookup (self->sender_keys, sender));

  /* It may be of passphrases before a change. */
  return index > 0 && index <= keys->n_secrets ? index - 1 : 0;
}

static void
set_sender_key (MbCipher   *self,
                const Keys *keys,
                const char *sender,
                guint       index)
{
  g_autoptr(GMutexLocker) locker = NULL;

  if (sender == NULL || keys->n_secrets < 2)
    return;

  locker = g_mutex_locker_new (&self->mutex);

  /* Senders are whoever says so: forgetting all costs a try each, remembering all could cost everything. */
  if (g_hash_table_size (self->sender_keys) >= MAX_SENDERS)
    g_hash_table_remove_all (self->sender_keys);
  g_hash_table_replace (self->sender_keys, g_strdup (sender), GUINT_TO_POINTER (index + 1));
}

/* TRUE if another key may do better. Keeps the error that tells most. */
static gboolean
can_try_next (GError **kept,
              GError  *now)
{
  gboolean of_key = g_error_matches (now, MB_CIPHER_ERROR, MB_CIPHER_ERROR_WRONG_KEY);
  /* One wrong key in 65,536 looks right until the end. */
  gboolean of_integrity = g_error_matches (now, MB_CIPHER_ERROR, MB_CIPHER_ERROR_INTEGRITY);

  if (*kept == NULL || !of_key)
    {
      g_clear_error (kept);
      *kept = now;
    }
  else
    {
      g_error_free (now);
    }

  return of_key || of_integrity;
}

static gboolean
decrypt_message (MbCipher             *self,
                 const char           *sender,
                 const GByteArray     *message,
                 const MbOpenPgpInfo  *info,
                 MbCipherResult       *out,
                 GCancellable         *cancellable,
                 GError              **error)
{
  MbCipherEngine *engine = self->engine;
  g_autoptr(Keys) keys = get_keys (self);
  g_autoptr(GError) kept = NULL;
  GError *now = NULL;
  guint first;

  if (info->n_public > 0 && _mb_cipher_engine_has_keys (engine))
    {
      if (engine->klass->decrypt (engine, message->data, message->len, NULL, out, cancellable, &now))
        return TRUE;
      if (!can_try_next (&kept, g_steal_pointer (&now)))
        {
          g_propagate_error (error, g_steal_pointer (&kept));
          return FALSE;
        }
    }

  first = get_sender_key (self, keys, sender);

  for (guint i = 0; info->n_symmetric > 0 && i < keys->n_secrets; i++)
    {
      /* The first, then the others in their order. */
      guint index = i == 0 ? first : i <= first ? i - 1 : i;

      if (engine->klass->decrypt (engine, message->data, message->len, keys->secrets[index],
                                  out, cancellable, &now))
        {
          out->key_index = (int) index;
          set_sender_key (self, keys, sender, index);
          return TRUE;
        }
      if (!can_try_next (&kept, g_steal_pointer (&now)))
        break;
    }

  if (kept != NULL)
    g_propagate_error (error, g_steal_pointer (&kept));
  else if (info->n_symmetric > 0)
    g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_WRONG_KEY,
                         _("The message is encrypted with a passphrase, and none is set to read it with"));
  else
    g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_WRONG_KEY,
                         _("The message is encrypted to OpenPGP keys, and none is set to read it with"));

  return FALSE;
}

gboolean
_mb_cipher_decrypt (MbCipher        *self,
                    const char      *sender,
                    const char      *wire,
                    gsize            length,
                    MbCipherResult  *out,
                    GCancellable    *cancellable,
                    GError         **error)
{
  g_autoptr(GByteArray) message = NULL;
  MbOpenPgpInfo info;
  gboolean done;

  memset (out, 0, sizeof *out);
  out->key_index = -1;

  message = _mb_armor_decode (wire, length, self->engine->max_message_size, error);
  if (message == NULL || !_mb_openpgp_inspect (message->data, message->len, &info, error))
    return FALSE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (!begin (self, error))
    return FALSE;

  done = decrypt_message (self, sender, message, &info, out, cancellable, error);
  end (self);

  if (!done)
    _mb_cipher_result_clear (out);

  return done;
}

static void
hash_number (GChecksum *checksum,
             guint64    number)
{
  guint64 big_endian = GUINT64_TO_BE (number);

  g_checksum_update (checksum, (const guchar *) &big_endian, sizeof big_endian);
}

static void
hash_text (GChecksum  *checksum,
           const char *text)
{
  if (text == NULL)
    {
      hash_number (checksum, G_MAXUINT64);
      return;
    }

  hash_number (checksum, strlen (text));
  g_checksum_update (checksum, (const guchar *) text, (gssize) strlen (text));
}

void
_mb_cipher_digest (const char *domain,
                   const char *topic,
                   const char *author,
                   const char *id,
                   guint64     session,
                   guint64     sequence,
                   guint8      digest[MB_CIPHER_DIGEST_LENGTH])
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 all[32];
  gsize length = sizeof all;

  g_checksum_update (checksum, (const guchar *) domain, (gssize) strlen (domain) + 1);
  hash_text (checksum, topic);
  hash_text (checksum, author);
  hash_text (checksum, id);
  hash_number (checksum, session);
  hash_number (checksum, sequence);
  g_checksum_get_digest (checksum, all, &length);
  memcpy (digest, all, MB_CIPHER_DIGEST_LENGTH);
}

char *
_mb_cipher_binding_make (const char *topic,
                         const char *author,
                         const char *id,
                         guint64     session,
                         guint64     sequence)
{
  guint8 digest[MB_CIPHER_DIGEST_LENGTH];
  g_autofree char *base64 = NULL;

  _mb_cipher_digest ("mb1", topic, author, id, session, sequence, digest);
  base64 = g_base64_encode (digest, sizeof digest);
  base64[22] = '\0';
  g_strdelimit (base64, "+", '-');
  g_strdelimit (base64, "/", '_');

  return g_strconcat (BINDING_PREFIX, base64, NULL);
}

MbCipherBinding
_mb_cipher_binding_check (const char *binding,
                          const char *topic,
                          const char *author,
                          const char *id,
                          guint64     session,
                          guint64     sequence)
{
  g_autofree char *expected = NULL;

  if (binding == NULL || !g_str_has_prefix (binding, "mb") || strchr (binding, ':') == NULL)
    return MB_CIPHER_BINDING_NONE;

  /* A kind that is not known is no reason for trust: it fails, too. */
  expected = _mb_cipher_binding_make (topic, author, id, session, sequence);

  return strcmp (binding, expected) == 0 ? MB_CIPHER_BINDING_GOOD : MB_CIPHER_BINDING_MISMATCH;
}
