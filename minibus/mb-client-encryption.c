/* mb-client-encryption.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a client encrypts and signs with, and whom it believes; for passphrases, see mb-client-passphrase.c. */

#include "config.h"

#include "mb-client-private.h"
#include "mb-property-private.h"

#define ENVIRONMENT       "MINIBUS_PASSPHRASE"
#define DEFAULT_S2K_COUNT 65536
#define MIN_S2K_COUNT     1088
#define MAX_S2K_COUNT     65011712

void
_mb_client_init_keys (MbClient *self)
{
  self->keys.read_passphrases = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_secret_unref);
  self->keys.s2k_count = DEFAULT_S2K_COUNT;
}

void
_mb_client_clear_keys (MbClient *self)
{
  MbKeys *keys = &self->keys;

  g_clear_pointer (&keys->passphrase, _mb_secret_unref);
  g_clear_pointer (&keys->read_passphrases, g_ptr_array_unref);
  g_clear_pointer (&keys->gnupg_home, g_free);
  g_clear_pointer (&keys->signing_key, g_free);
  g_clear_pointer (&keys->recipients, g_strfreev);
  g_clear_pointer (&keys->trusted_keys, g_strfreev);
}

gboolean
_mb_client_make_cipher (MbClient  *self,
                        MbCipher **cipher,
                        GError   **error)
{
  MbKeys *keys = &self->keys;
  g_autofree const char **read_passphrases = _mb_client_list_read_passphrases (self);
  MbCipherOptions options = {
    .passphrase = _mb_client_get_passphrase (self),
    .read_passphrases = read_passphrases,
    .s2k_count = keys->s2k_count,
    .user_home = keys->gnupg_home,
    .signing_key = keys->signing_key,
    .recipients = (const char * const *) keys->recipients,
    .trusted_keys = (const char * const *) keys->trusted_keys,
    .require_signature = keys->require_signature,
  };
  gboolean has_keys = keys->passphrase != NULL || keys->read_passphrases->len > 0 || keys->gnupg_home != NULL ||
                      keys->signing_key != NULL || keys->recipients != NULL || keys->trusted_keys != NULL ||
                      keys->require_signature;

  if (!has_keys && !keys->ignores_environment)
    {
      options.passphrase = g_getenv (ENVIRONMENT);
      has_keys = options.passphrase != NULL && options.passphrase[0] != '\0';
    }

  *cipher = has_keys ? _mb_cipher_new (&options, error) : NULL;

  return !has_keys || *cipher != NULL;
}

gboolean
_mb_client_refuses_plaintext (MbClient *self)
{
  /* What is not encrypted is not signed either. */
  return !self->keys.accept_plaintext || self->keys.require_signature;
}

void
_mb_client_get_keys_property (MbClient *self,
                              guint     property,
                              GValue   *value)
{
  switch (property)
    {
    case MB_KEYS_ACCEPT_PLAINTEXT:
      g_value_set_boolean (value, mb_client_get_accept_plaintext (self));
      break;

    case MB_KEYS_GNUPG_HOME:
      g_value_set_string (value, mb_client_get_gnupg_home (self));
      break;

    case MB_KEYS_RECIPIENTS:
      g_value_set_boxed (value, mb_client_get_recipients (self));
      break;

    case MB_KEYS_REQUIRE_SIGNATURE:
      g_value_set_boolean (value, mb_client_get_require_signature (self));
      break;

    case MB_KEYS_S2K_COUNT:
      g_value_set_uint (value, mb_client_get_s2k_count (self));
      break;

    case MB_KEYS_SIGNING_KEY:
      g_value_set_string (value, mb_client_get_signing_key (self));
      break;

    case MB_KEYS_TRUSTED_KEYS:
      g_value_set_boxed (value, mb_client_get_trusted_keys (self));
      break;

    default:
      g_assert_not_reached ();
    }
}

void
_mb_client_set_keys_property (MbClient     *self,
                              guint         property,
                              const GValue *value)
{
  switch (property)
    {
    case MB_KEYS_ACCEPT_PLAINTEXT:
      mb_client_set_accept_plaintext (self, g_value_get_boolean (value));
      break;

    case MB_KEYS_GNUPG_HOME:
      mb_client_set_gnupg_home (self, g_value_get_string (value));
      break;

    case MB_KEYS_PASSPHRASE:
      mb_client_set_passphrase (self, g_value_get_string (value));
      break;

    case MB_KEYS_READ_PASSPHRASES:
      mb_client_set_read_passphrases (self, g_value_get_boxed (value));
      break;

    case MB_KEYS_RECIPIENTS:
      mb_client_set_recipients (self, g_value_get_boxed (value));
      break;

    case MB_KEYS_REQUIRE_SIGNATURE:
      mb_client_set_require_signature (self, g_value_get_boolean (value));
      break;

    case MB_KEYS_S2K_COUNT:
      mb_client_set_s2k_count (self, g_value_get_uint (value));
      break;

    case MB_KEYS_SIGNING_KEY:
      mb_client_set_signing_key (self, g_value_get_string (value));
      break;

    case MB_KEYS_TRUSTED_KEYS:
      mb_client_set_trusted_keys (self, g_value_get_boxed (value));
      break;

    default:
      g_assert_not_reached ();
    }
}

void
_mb_client_add_keys_properties (GParamSpec **properties)
{
  /**
   * MbClient:accept-plaintext: (getter get_accept_plaintext) (setter set_accept_plaintext)
   *
   * Whether a client with keys takes messages that are not encrypted, too.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_ACCEPT_PLAINTEXT] =
    g_param_spec_boolean ("accept-plaintext", NULL, NULL,
                          FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:gnupg-home: (getter get_gnupg_home) (setter set_gnupg_home)
   *
   * The folder with the OpenPGP keys that the client may use.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_GNUPG_HOME] =
    g_param_spec_string ("gnupg-home", NULL, NULL,
                         NULL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:passphrase: (setter set_passphrase)
   *
   * The passphrase to encrypt with, and to decrypt with first.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_PASSPHRASE] =
    g_param_spec_string ("passphrase", NULL, NULL,
                         NULL,
                         G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:read-passphrases: (setter set_read_passphrases)
   *
   * More passphrases to decrypt with.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_READ_PASSPHRASES] =
    g_param_spec_boxed ("read-passphrases", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:recipients: (getter get_recipients) (setter set_recipients)
   *
   * The fingerprints of the OpenPGP keys that can read what the client sends.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_RECIPIENTS] =
    g_param_spec_boxed ("recipients", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:require-signature: (getter get_require_signature) (setter set_require_signature)
   *
   * Whether only messages are taken that one of the trusted keys has signed.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_REQUIRE_SIGNATURE] =
    g_param_spec_boolean ("require-signature", NULL, NULL,
                          FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:s2k-count: (getter get_s2k_count) (setter set_s2k_count)
   *
   * How many bytes are hashed to make a key of the passphrase, for each message that is sent.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_S2K_COUNT] =
    g_param_spec_uint ("s2k-count", NULL, NULL,
                       MIN_S2K_COUNT, MAX_S2K_COUNT, DEFAULT_S2K_COUNT,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:signing-key: (getter get_signing_key) (setter set_signing_key)
   *
   * The fingerprint of the OpenPGP key that signs what the client sends.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_SIGNING_KEY] =
    g_param_spec_string ("signing-key", NULL, NULL,
                         NULL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:trusted-keys: (getter get_trusted_keys) (setter set_trusted_keys)
   *
   * The fingerprints of the OpenPGP keys whose signatures count.
   *
   * Since: 0.1
   */
  properties[MB_KEYS_TRUSTED_KEYS] =
    g_param_spec_boxed ("trusted-keys", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

/**
 * mb_client_get_accept_plaintext: (get-property accept-plaintext)
 * @self: a client
 *
 * Gets whether a client with keys takes messages that are not encrypted, too.
 *
 * Returns: true if it does
 *
 * Since: 0.1
 */
gboolean
mb_client_get_accept_plaintext (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);

  return self->keys.accept_plaintext;
}

/**
 * mb_client_set_accept_plaintext: (set-property accept-plaintext)
 * @self: a client
 * @accept_plaintext: whether to take them
 *
 * Sets whether a client with a passphrase or keys takes messages that are not encrypted, too, as on a bus where some
 * programs have no key. Else they are dropped, and counted by [property@Client:dropped-plaintext].
 *
 * What comes in the clear can be from anybody: [method@Message.get_is_encrypted] tells. A request in the clear is
 * answered in the clear, since who sent it can read nothing else; whoever can reach the bus can then call the
 * client's services and read the answers. What the client publishes and calls is encrypted all the same.
 *
 * The built-in services take and give answers in the manner of the request whether this is set or not. They tell
 * the names of clients, topics and services, the host and the process id.
 *
 * It takes effect when the client is opened the next time.
 *
 * Since: 0.1
 */
void
mb_client_set_accept_plaintext (MbClient *self,
                                gboolean  accept_plaintext)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  if (self->keys.accept_plaintext == !!accept_plaintext)
    return;

  self->keys.accept_plaintext = !!accept_plaintext;
  g_object_notify (G_OBJECT (self), "accept-plaintext");
}

/**
 * mb_client_get_s2k_count: (get-property s2k-count)
 * @self: a client
 *
 * Gets how many bytes are hashed to make a key of the passphrase.
 *
 * Returns: a number of bytes
 *
 * Since: 0.1
 */
guint
mb_client_get_s2k_count (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), 0);

  return self->keys.s2k_count;
}

/**
 * mb_client_set_s2k_count: (set-property s2k-count)
 * @self: a client
 * @s2k_count: from 1,088 to 65,011,712, if need be rounded up by GnuPG; 65,536 unless set
 *
 * Sets how many bytes are hashed to make a key of the passphrase, for each message that is sent. Messages of others are
 * read whatever their count.
 *
 * The sender and every receiver pay for it with each message: some 5 ms altogether with the default, and 200 to 300
 * with 65,011,712, which is what GnuPG and so Python peers use. Who tries out passphrases pays for it, too: with
 * the default, a thousand times less. That does not matter for a passphrase of 20 random letters and digits, and
 * does for a word.
 *
 * It takes effect when the client is opened the next time.
 *
 * Since: 0.1
 */
void
mb_client_set_s2k_count (MbClient *self,
                         guint     s2k_count)
{
  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (s2k_count >= MIN_S2K_COUNT && s2k_count <= MAX_S2K_COUNT);

  if (self->keys.s2k_count == s2k_count)
    return;

  self->keys.s2k_count = s2k_count;
  g_object_notify (G_OBJECT (self), "s2k-count");
}

/**
 * mb_client_get_gnupg_home: (get-property gnupg-home)
 * @self: a client
 *
 * Gets the folder with the OpenPGP keys that the client may use.
 *
 * Returns: (transfer none) (nullable) (type filename): a path, or `NULL` for the default
 *
 * Since: 0.1
 */
const char *
mb_client_get_gnupg_home (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);

  return self->keys.gnupg_home;
}

/**
 * mb_client_set_gnupg_home: (set-property gnupg-home)
 * @self: a client
 * @gnupg_home: (nullable) (type filename): a path, or `NULL` for the default of GnuPG, most often `~/.gnupg`
 *
 * Sets the folder with the OpenPGP keys of [method@Client.set_signing_key], [method@Client.set_recipients] and
 * [method@Client.set_trusted_keys]. It is only read; its agent is used.
 *
 * When a folder is set, or any of those keys, the client can also read what is encrypted to a secret key in it.
 *
 * It takes effect when the client is opened the next time.
 *
 * Since: 0.1
 */
void
mb_client_set_gnupg_home (MbClient   *self,
                          const char *gnupg_home)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  _mb_property_set_text (G_OBJECT (self), "gnupg-home", &self->keys.gnupg_home, gnupg_home);
}

/**
 * mb_client_get_signing_key: (get-property signing-key)
 * @self: a client
 *
 * Gets the OpenPGP key that signs what the client sends.
 *
 * Returns: (transfer none) (nullable): a fingerprint, or `NULL` when nothing is signed
 *
 * Since: 0.1
 */
const char *
mb_client_get_signing_key (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);

  return self->keys.signing_key;
}

/**
 * mb_client_set_signing_key: (set-property signing-key)
 * @self: a client
 * @signing_key: (nullable): the fingerprint of a key, 40 or 64 hexadecimal digits; or `NULL`
 *
 * Sets the user's OpenPGP key that signs everything the client sends, so that receivers need not believe all who have
 * the passphrase. What is signed is encrypted, too: a passphrase or recipients are needed.
 *
 * Its passphrase, if it has one, is what GnuPG's agent asks for or knows. Python peers read signed messages like
 * others, and look at no signature. A signature makes packets larger by some 160 bytes for an Ed25519 key, and
 * by much more for an RSA key.
 *
 * It takes effect when the client is opened the next time.
 *
 * Since: 0.1
 */
void
mb_client_set_signing_key (MbClient   *self,
                           const char *signing_key)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  _mb_property_set_text (G_OBJECT (self), "signing-key", &self->keys.signing_key, signing_key);
}

/**
 * mb_client_get_recipients: (get-property recipients)
 * @self: a client
 *
 * Gets the OpenPGP keys that can read what the client sends.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): fingerprints, or `NULL` when there are none
 *
 * Since: 0.1
 */
const char * const *
mb_client_get_recipients (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);

  return (const char * const *) self->keys.recipients;
}

/**
 * mb_client_set_recipients: (set-property recipients)
 * @self: a client
 * @recipients: (nullable) (array zero-terminated=1): fingerprints, or `NULL` for none
 *
 * Sets the OpenPGP keys, by fingerprint, whose owners can read what the client sends: in place of a passphrase, or
 * beside one. Each makes the packets larger by 100 to 700 bytes.
 *
 * A client that is to hear itself has to be among its own recipients.
 *
 * It takes effect when the client is opened the next time.
 *
 * Since: 0.1
 */
void
mb_client_set_recipients (MbClient           *self,
                          const char * const *recipients)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  _mb_property_set_list (G_OBJECT (self), "recipients", &self->keys.recipients, recipients);
}

/**
 * mb_client_get_trusted_keys: (get-property trusted-keys)
 * @self: a client
 *
 * Gets the OpenPGP keys whose signatures count.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): fingerprints, or `NULL` when there are none
 *
 * Since: 0.1
 */
const char * const *
mb_client_get_trusted_keys (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);

  return (const char * const *) self->keys.trusted_keys;
}

/**
 * mb_client_set_trusted_keys: (set-property trusted-keys)
 * @self: a client
 * @trusted_keys: (nullable) (array zero-terminated=1): fingerprints, or `NULL` for none
 *
 * Sets the OpenPGP keys, by fingerprint, whose signatures count: [method@Message.get_signer] tells of them. The public
 * keys have to be in the key ring of the user; no web of trust is asked.
 *
 * It takes effect when the client is opened the next time.
 *
 * Since: 0.1
 */
void
mb_client_set_trusted_keys (MbClient           *self,
                            const char * const *trusted_keys)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  _mb_property_set_list (G_OBJECT (self), "trusted-keys", &self->keys.trusted_keys, trusted_keys);
}

/**
 * mb_client_get_require_signature: (get-property require-signature)
 * @self: a client
 *
 * Gets whether only messages are taken that one of the trusted keys has signed.
 *
 * Returns: true if a signature is needed
 *
 * Since: 0.1
 */
gboolean
mb_client_get_require_signature (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);

  return self->keys.require_signature;
}

/**
 * mb_client_set_require_signature: (set-property require-signature)
 * @self: a client
 * @require_signature: whether a signature is needed
 *
 * Sets whether messages are dropped that none of the trusted keys has signed. They are counted by
 * [property@Client:dropped-untrusted], and those in the clear by [property@Client:dropped-plaintext], whatever
 * [property@Client:accept-plaintext] says.
 *
 * It takes effect when the client is opened the next time.
 *
 * Since: 0.1
 */
void
mb_client_set_require_signature (MbClient *self,
                                 gboolean  require_signature)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  if (self->keys.require_signature == !!require_signature)
    return;

  self->keys.require_signature = !!require_signature;
  g_object_notify (G_OBJECT (self), "require-signature");
}
