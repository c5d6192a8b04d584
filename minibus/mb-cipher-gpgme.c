/* mb-cipher-gpgme.c
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
#include "mb-gpgme-worker-private.h"

/* The engine that has GnuPG do the work, through gpgme: a gpg process for each message, and one agent. */

#define MAX_IDLE_WORKERS 8
/* What OpenPGP puts around the data, signatures and keys of recipients included, is far less. */
#define MAX_OVERHEAD     (64 * 1024)

typedef struct
{
  MbCipherEngine  parent;

  GMutex          mutex;        /* of the next three */
  MbGnupgHome    *home;         /* NULL while closed */
  GPtrArray      *idle;         /* MbGpgmeWorker */
  gboolean        initialized;

  /* Set by open, then for ever the same. */
  char           *gpgconf;
  char           *user_home;
  char           *user_agent;   /* its socket */
  char           *user_ring;    /* its public keys */
  gpgme_key_t    *recipients;   /* up to NULL */
  gpgme_key_t     signing_key;
  GHashTable     *trusted;      /* fingerprint of a key or subkey → of its primary key */
} Engine;

static gboolean
fail_gpgme (GError        **error,
            MbCipherError   code,
            const char     *message,
            gpgme_error_t   cause)
{
  char text[128];

  gpgme_strerror_r (cause, text, sizeof text);
  g_set_error (error, MB_CIPHER_ERROR, code, "%s: %s", message, text);

  return FALSE;
}

/* Homes and workers */

static gboolean
run_gpgconf (Engine      *self,
             const char  *home,
             const char  *action,
             const char  *argument,
             char       **out,
             GError     **error)
{
  const char *argv[6];
  g_autofree char *output = NULL;
  g_autoptr(GError) failure = NULL;
  guint n = 0;
  int status;

  argv[n++] = self->gpgconf;
  if (home != NULL)
    {
      argv[n++] = "--homedir";
      argv[n++] = home;
    }
  argv[n++] = action;
  argv[n++] = argument;
  argv[n] = NULL;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                     &output, NULL, &status, &failure) ||
      !g_spawn_check_wait_status (status, &failure))
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
                   _("The program “%s”, which tells where GnuPG keeps its files, failed: %s"),
                   self->gpgconf, failure->message);
      return FALSE;
    }

  if (out != NULL)
    *out = g_strdup (g_strstrip (output));

  return TRUE;
}

/* Finds what the user's GnuPG home has. Only read: no file of it is written, no lock is taken in it. */
static gboolean
find_user_home (Engine  *self,
                GError **error)
{
  static const char * const names[] = { "pubring.kbx", "pubring.gpg" };
  const char *home = self->parent.user_home;

  if (!run_gpgconf (self, home, "--list-dirs", "homedir", &self->user_home, error) ||
      !run_gpgconf (self, home, "--list-dirs", "agent-socket", &self->user_agent, error))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (names) && self->user_ring == NULL; i++)
    {
      g_autofree char *path = g_build_filename (self->user_home, names[i], NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        self->user_ring = g_steal_pointer (&path);
    }

  if (self->user_ring == NULL || strpbrk (self->user_ring, "\r\n") != NULL)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY,
                   _("There is no OpenPGP key ring in the folder “%s”"), self->user_home);
      return FALSE;
    }

  return TRUE;
}

static gboolean
configure_home (Engine       *self,
                MbGnupgHome  *home,
                GError      **error)
{
  MbCipherEngine *engine = &self->parent;
  g_autoptr(GString) options = g_string_new (NULL);
  g_autofree char *sockets = NULL;

  if (!run_gpgconf (self, _mb_gnupg_home_get_path (home), "--list-dirs", "socketdir", &sockets, error) ||
      !_mb_gnupg_home_set_sockets (home, sockets, error))
    return FALSE;

  g_string_append_printf (options,
                          "no-symkey-cache\n"
                          "s2k-count %u\n"
                          "s2k-digest-algo SHA256\n"
                          "s2k-cipher-algo AES256\n"
                          "cipher-algo AES256\n"
                          "max-output %" G_GSIZE_FORMAT "\n"
                          "trust-model always\n"
                          "batch\n"
                          "disable-dirmngr\n"
                          "lock-never\n"
                          "no-auto-check-trustdb\n"
                          "no-auto-key-locate\n"
                          "no-auto-key-retrieve\n"
                          "no-comments\n"
                          "no-emit-version\n"
                          "no-greeting\n"
                          "no-permission-warning\n"
                          "no-random-seed-file\n"
                          "no-secmem-warning\n"
                          "no-tty\n",
                          engine->s2k_count, engine->max_plain_size + MAX_OVERHEAD);

  if (self->user_ring != NULL)
    g_string_append_printf (options, "no-default-keyring\nkeyring %s\n", self->user_ring);
  else
    g_string_append (options, "no-keyring\n");

  /* gpg would start an agent of its own in place of the user's, one without the user's secret keys. */
  if (self->user_agent != NULL)
    g_string_append (options, "no-autostart\n");

  if (self->user_agent != NULL)
    return run_gpgconf (self, engine->user_home, "--launch", "gpg-agent", NULL, error) &&
           _mb_gnupg_home_use_agent (home, self->user_agent, error) &&
           _mb_gnupg_home_write (home, "gpg.conf", options->str, error);

  return _mb_gnupg_home_write (home, "gpg-agent.conf",
                               "allow-loopback-pinentry\n"
                               "default-cache-ttl 0\n"
                               "disable-scdaemon\n"
                               "max-cache-ttl 0\n"
                               "no-allow-external-cache\n",
                               error) &&
         _mb_gnupg_home_write (home, "gpg.conf", options->str, error);
}

/* A worker for the present home; a home that is gone is replaced. */
static MbGpgmeWorker *
take_worker (Engine  *self,
             GError **error)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (self->home == NULL || !_mb_gnupg_home_is_intact (self->home))
    {
      g_autoptr(MbGnupgHome) home = _mb_gnupg_home_new (self->parent.home_parent, error);

      if (home == NULL || !configure_home (self, home, error))
        return NULL;

      g_ptr_array_set_size (self->idle, 0);
      g_clear_pointer (&self->home, _mb_gnupg_home_unref);
      self->home = g_steal_pointer (&home);
    }

  if (self->idle->len > 0)
    return g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1);

  return _mb_gpgme_worker_new (self->parent.gpg_program, self->home, error);
}

static void
give_worker_back (Engine        *self,
                  MbGpgmeWorker *worker,
                  gboolean       reusable)
{
  g_mutex_lock (&self->mutex);
  if (reusable && worker->home == self->home && self->idle->len < MAX_IDLE_WORKERS)
    g_ptr_array_add (self->idle, g_steal_pointer (&worker));
  g_mutex_unlock (&self->mutex);

  if (worker != NULL)
    _mb_gpgme_worker_free (worker);
}

/* Was it gpgme that ended the operation? Its context is then as new. */
static gboolean
was_not_cut_short (const GError *error)
{
  return error->domain == MB_CIPHER_ERROR && error->code != MB_CIPHER_ERROR_CLOSED &&
         error->code != MB_CIPHER_ERROR_TIMED_OUT && error->code != MB_CIPHER_ERROR_UNAVAILABLE;
}

/* Is it worth another try? An agent or a home can be taken away under a gpg that runs. */
static gboolean
can_recover (Engine        *self,
             const GError  *error)
{
  g_autoptr(MbGnupgHome) home = NULL;

  if (error->domain != MB_CIPHER_ERROR || error->code == MB_CIPHER_ERROR_CLOSED ||
      error->code == MB_CIPHER_ERROR_TIMED_OUT)
    return FALSE;

  g_mutex_lock (&self->mutex);
  if (self->home != NULL && _mb_gnupg_home_is_intact (self->home))
    home = _mb_gnupg_home_ref (self->home);
  g_mutex_unlock (&self->mutex);

  if (error->code != MB_CIPHER_ERROR_UNAVAILABLE)
    return home == NULL;

  if (self->user_agent != NULL && home != NULL)
    {
      run_gpgconf (self, self->parent.user_home, "--launch", "gpg-agent", NULL, NULL);
      _mb_gnupg_home_use_agent (home, self->user_agent, NULL);
    }

  return TRUE;
}

/* Puts the worker away after an attempt, which has failed if there is a failure; takes that. Returns whether to try
 * again. */
static gboolean
end_attempt (Engine         *self,
             MbGpgmeWorker  *worker,
             gboolean        is_last,
             GError         *failure,
             GError        **error)
{
  give_worker_back (self, worker, failure == NULL || was_not_cut_short (failure));

  if (failure == NULL)
    return FALSE;

  if (!is_last && can_recover (self, failure))
    {
      g_error_free (failure);
      return TRUE;
    }

  g_propagate_error (error, failure);

  return FALSE;
}

/* Encryption */

static gboolean
explain_encrypt (const MbGpgmeWorker  *worker,
                 GError              **error)
{
  switch (gpgme_err_code (worker->result))
    {
    case GPG_ERR_UNUSABLE_PUBKEY:
    case GPG_ERR_NO_PUBKEY:
      return fail_gpgme (error, MB_CIPHER_ERROR_KEY,
                         _("The message cannot be encrypted to all recipients"), worker->result);

    case GPG_ERR_BAD_PASSPHRASE:
    case GPG_ERR_NO_SECKEY:
    case GPG_ERR_UNUSABLE_SECKEY:
      return fail_gpgme (error, MB_CIPHER_ERROR_KEY, _("The message cannot be signed"), worker->result);

    default:
      break;
    }

  if (worker->refused)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY,
                           _("The secret key to sign with needs a passphrase that is neither set nor known to the agent"));
      return FALSE;
    }

  return fail_gpgme (error, MB_CIPHER_ERROR_UNAVAILABLE, _("GnuPG could not encrypt"), worker->result);
}

static gboolean
encrypt_once (Engine         *self,
              MbGpgmeWorker  *worker,
              const char     *plain,
              gsize           length,
              const char     *binding,
              MbSecret       *passphrase,
              GByteArray     *out,
              GCancellable   *cancellable,
              GError        **error)
{
  MbCipherEngine *engine = &self->parent;
  unsigned int flags = GPGME_ENCRYPT_ALWAYS_TRUST;
  gpgme_data_t in = NULL;
  gpgme_data_t result;
  gpgme_error_t started;
  MbOpenPgpInfo info;
  gboolean ended;

  if (passphrase != NULL)
    flags |= GPGME_ENCRYPT_SYMMETRIC;
  if (engine->no_compression)
    flags |= GPGME_ENCRYPT_NO_COMPRESS;

  _mb_gpgme_worker_prepare (worker, passphrase, engine->key_passphrase);
  result = _mb_gpgme_worker_output (worker, out, length + MAX_OVERHEAD);
  started = gpgme_data_new_from_mem (&in, plain, length, 0);
  if (started == 0 && binding != NULL)
    started = gpgme_data_set_file_name (in, binding);

  if (started == 0 && self->signing_key != NULL)
    {
      gpgme_signers_clear (worker->context);
      started = gpgme_signers_add (worker->context, self->signing_key);
      if (started == 0)
        started = gpgme_op_encrypt_sign_start (worker->context, self->recipients, flags, in, result);
    }
  else if (started == 0)
    {
      started = gpgme_op_encrypt_start (worker->context, self->recipients, flags, in, result);
    }

  ended = _mb_gpgme_worker_run (worker, started, engine->timeout_ms, engine->closing, cancellable, error);
  gpgme_data_release (in);
  gpgme_data_release (result);

  if (!ended)
    return FALSE;
  if (worker->result != 0)
    return explain_encrypt (worker, error);

  /* gpgme does not notice when gpg is killed or says nothing at all. */
  if (!_mb_openpgp_inspect (out->data, out->len, &info, NULL) ||
      (passphrase != NULL && info.n_symmetric != 1))
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
                           _("GnuPG ended without giving a complete message"));
      return FALSE;
    }

  return TRUE;
}

static gboolean
engine_encrypt (MbCipherEngine  *engine,
                const char      *plain,
                gsize            length,
                const char      *binding,
                MbSecret        *passphrase,
                GByteArray      *out,
                GCancellable    *cancellable,
                GError         **error)
{
  Engine *self = (Engine *) engine;

  for (gboolean is_last = FALSE;; is_last = TRUE)
    {
      MbGpgmeWorker *worker = take_worker (self, error);
      GError *failure = NULL;
      gboolean done;

      if (worker == NULL)
        return FALSE;

      g_byte_array_set_size (out, 0);
      done = encrypt_once (self, worker, plain, length, binding, passphrase, out, cancellable, &failure);
      if (!end_attempt (self, worker, is_last, failure, error))
        return done;
    }
}

/* Decryption */

static gboolean
fail_malformed (GError        **error,
                gpgme_error_t   cause)
{
  return fail_gpgme (error, MB_CIPHER_ERROR_MALFORMED, _("GnuPG cannot read the encrypted message"), cause);
}

static gboolean
explain_decrypt (const MbGpgmeWorker  *worker,
                 GError              **error)
{
  if (worker->overflown)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_TOO_LARGE,
                   _("The message unpacks to more than the %zu bytes that are accepted"),
                   worker->max_out);
      return FALSE;
    }

  switch (gpgme_err_code (worker->result))
    {
    case GPG_ERR_BAD_PASSPHRASE:
    case GPG_ERR_BAD_KEY:
    case GPG_ERR_NO_SECKEY:
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_WRONG_KEY,
                           _("The message is encrypted with a key that is not set here"));
      return FALSE;

    case GPG_ERR_DECRYPT_FAILED:
    case GPG_ERR_BAD_DATA:
    case GPG_ERR_BAD_SIGNATURE:
    case GPG_ERR_NO_DATA:
    case GPG_ERR_INV_PACKET:
    case GPG_ERR_UNKNOWN_PACKET:
      /* The key was right as far as can be told; what came out was not. */
      if (worker->n_asked > 0 || worker->passphrase == NULL)
        {
          g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_INTEGRITY,
                               _("The message was changed on its way, or is not protected against that"));
          return FALSE;
        }
      if (gpgme_err_code (worker->result) == GPG_ERR_DECRYPT_FAILED)
        break;
      return fail_malformed (error, worker->result);

    case GPG_ERR_CIPHER_ALGO:
    case GPG_ERR_UNSUPPORTED_ALGORITHM:
      return fail_malformed (error, worker->result);

    default:
      break;
    }

  if (worker->refused)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_WRONG_KEY,
                           _("The message needs another passphrase, or more of them, than is set"));
      return FALSE;
    }

  return fail_gpgme (error, MB_CIPHER_ERROR_UNAVAILABLE, _("GnuPG could not decrypt"), worker->result);
}

static gboolean
read_signatures (Engine          *self,
                 MbGpgmeWorker   *worker,
                 MbCipherResult  *out,
                 GError         **error)
{
  gpgme_verify_result_t result = gpgme_op_verify_result (worker->context);

  for (gpgme_signature_t it = result != NULL ? result->signatures : NULL; it != NULL; it = it->next)
    {
      gpgme_err_code_t code = gpgme_err_code (it->status);
      const char *primary = NULL;

      if (code == GPG_ERR_BAD_SIGNATURE)
        {
          g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_INTEGRITY,
                               _("The message has a signature that does not fit it"));
          return FALSE;
        }

      if (code == GPG_ERR_NO_ERROR && it->fpr != NULL && self->trusted != NULL)
        primary = g_hash_table_lookup (self->trusted, it->fpr);

      if (primary == NULL)
        {
          if (out->signature == MB_CIPHER_UNSIGNED)
            out->signature = MB_CIPHER_SIGNED_UNKNOWN;
        }
      else if (out->signature != MB_CIPHER_SIGNED_TRUSTED)
        {
          out->signature = MB_CIPHER_SIGNED_TRUSTED;
          out->signer = g_strdup (primary);
        }
    }

  if (self->parent.require_signature && out->signature != MB_CIPHER_SIGNED_TRUSTED)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNTRUSTED,
                           out->signature == MB_CIPHER_UNSIGNED
                             ? _("The message is not signed, and only signed ones are accepted")
                             : _("The message is not signed by a key that is trusted, or not validly"));
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_result (Engine          *self,
             MbGpgmeWorker   *worker,
             MbCipherResult  *out,
             GError         **error)
{
  gpgme_decrypt_result_t result = gpgme_op_decrypt_result (worker->context);

  if (worker->result != 0)
    return explain_decrypt (worker, error);

  if (result == NULL || result->legacy_cipher_nomdc || worker->overflown)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_INTEGRITY,
                           _("The message is encrypted without protection against changes"));
      return FALSE;
    }

  if (result->file_name != NULL && result->file_name[0] != '\0' && g_str_is_ascii (result->file_name))
    out->binding = g_strdup (result->file_name);

  return read_signatures (self, worker, out, error);
}

static gboolean
decrypt_once (Engine          *self,
              MbGpgmeWorker   *worker,
              const guint8    *message,
              gsize            length,
              MbSecret        *passphrase,
              MbCipherResult  *out,
              GCancellable    *cancellable,
              GError         **error)
{
  MbCipherEngine *engine = &self->parent;
  g_autoptr(GByteArray) plain = g_byte_array_new ();
  gpgme_data_t in = NULL;
  gpgme_data_t result;
  gpgme_error_t started;
  gboolean done;

  _mb_gpgme_worker_prepare (worker, passphrase, engine->key_passphrase);
  result = _mb_gpgme_worker_output (worker, plain, engine->max_plain_size);
  started = gpgme_data_new_from_mem (&in, (const char *) message, length, 0);
  if (started == 0)
    started = gpgme_op_decrypt_verify_start (worker->context, in, result);

  done = _mb_gpgme_worker_run (worker, started, engine->timeout_ms, engine->closing, cancellable, error) &&
         read_result (self, worker, out, error);
  gpgme_data_release (in);
  gpgme_data_release (result);

  /* All of it or nothing: gpg has written before it knew that the message is good. */
  if (done)
    out->plain = g_string_new_len ((const char *) plain->data, (gssize) plain->len);
  else
    _mb_cipher_result_clear (out);
  if (plain->len > 0)
    explicit_bzero (plain->data, plain->len);

  return done;
}

static gboolean
engine_decrypt (MbCipherEngine  *engine,
                const guint8    *message,
                gsize            length,
                MbSecret        *passphrase,
                MbCipherResult  *out,
                GCancellable    *cancellable,
                GError         **error)
{
  Engine *self = (Engine *) engine;

  for (gboolean is_last = FALSE;; is_last = TRUE)
    {
      MbGpgmeWorker *worker = take_worker (self, error);
      GError *failure = NULL;
      gboolean done;

      if (worker == NULL)
        return FALSE;

      done = decrypt_once (self, worker, message, length, passphrase, out, cancellable, &failure);
      if (!end_attempt (self, worker, is_last, failure, error))
        return done;
    }
}

/* Opening and closing */

static gboolean
find_key (MbGpgmeWorker  *worker,
          const char     *fingerprint,
          gboolean        secret,
          gpgme_key_t    *key,
          GError        **error)
{
  gpgme_ctx_t context = worker->context;
  gpgme_error_t failure = gpgme_get_key (context, fingerprint, key, secret);

  if (failure == 0)
    return TRUE;

  g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY,
               secret ? _("There is no secret key with the fingerprint %s")
                      : _("There is no public key with the fingerprint %s in the key ring"),
               fingerprint);

  return FALSE;
}

static gboolean
check_key (gpgme_key_t   key,
           gboolean      able,
           GError      **error)
{
  if (able && !key->revoked && !key->expired && !key->disabled && !key->invalid)
    return TRUE;

  g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_KEY,
               _("The OpenPGP key %s is expired, revoked, disabled, or not made for this use"), key->fpr);

  return FALSE;
}

static gboolean
find_keys (Engine         *self,
           MbGpgmeWorker  *worker,
           GError        **error)
{
  MbCipherEngine *engine = &self->parent;
  guint n_recipients = engine->recipients != NULL ? g_strv_length (engine->recipients) : 0;

  if (n_recipients > 0)
    self->recipients = g_new0 (gpgme_key_t, n_recipients + 1);
  for (guint i = 0; i < n_recipients; i++)
    if (!find_key (worker, engine->recipients[i], FALSE, &self->recipients[i], error) ||
        !check_key (self->recipients[i], self->recipients[i]->can_encrypt, error))
      return FALSE;

  if (engine->signing_key != NULL &&
      (!find_key (worker, engine->signing_key, TRUE, &self->signing_key, error) ||
       !check_key (self->signing_key, self->signing_key->can_sign, error)))
    return FALSE;

  self->trusted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; engine->trusted_keys != NULL && engine->trusted_keys[i] != NULL; i++)
    {
      gpgme_key_t key = NULL;

      if (!find_key (worker, engine->trusted_keys[i], FALSE, &key, error))
        return FALSE;

      for (gpgme_subkey_t it = key->subkeys; it != NULL; it = it->next)
        if (it->fpr != NULL && it->can_sign)
          g_hash_table_replace (self->trusted, g_strdup (it->fpr), g_strdup (key->fpr));
      gpgme_key_unref (key);
    }

  return TRUE;
}

/* Does GnuPG encrypt, by its agent and with the cost that was set? It also starts the agent. */
static gboolean
prove (Engine         *self,
       GCancellable   *cancellable,
       GError        **error)
{
  MbCipherEngine *engine = &self->parent;
  g_autoptr(MbSecret) passphrase = _mb_secret_new ("none", 4);
  g_autoptr(GByteArray) message = g_byte_array_new ();
  MbOpenPgpInfo info;

  if (!engine_encrypt (engine, "null", 4, NULL, passphrase, message, cancellable, error))
    {
      if (error != NULL && g_error_matches (*error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE))
        g_prefix_error (error, _("Encryption does not work here; are gpg and gpg-agent installed and not "
                                 "forbidden to run? "));
      return FALSE;
    }

  if (!_mb_openpgp_inspect (message->data, message->len, &info, NULL) ||
      info.s2k_bytes / 2 > engine->s2k_count)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
                           _("GnuPG does not encrypt in the way it is told to; is “gpg” really GnuPG?"));
      return FALSE;
    }

  return TRUE;
}

static gboolean
engine_open (MbCipherEngine  *engine,
             GCancellable    *cancellable,
             GError         **error)
{
  Engine *self = (Engine *) engine;
  MbGpgmeWorker *worker;
  gboolean found;

  g_mutex_init (&self->mutex);
  self->idle = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_gpgme_worker_free);
  self->initialized = TRUE;

  /* The common part has checked the options, so only what the system lacks is found out here. */
  _mb_gpgme_init ();
  self->gpgconf = g_strdup (gpgme_get_dirinfo ("gpgconf-name"));
  if (self->gpgconf == NULL)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
                           _("The program “gpgconf” was not found; encrypted messages need GnuPG "
                             "(gpg, gpg-agent and gpgconf) to be installed"));
      return FALSE;
    }
  if (_mb_cipher_engine_has_keys (engine) && !find_user_home (self, error))
    return FALSE;

  worker = take_worker (self, error);
  if (worker == NULL)
    return FALSE;

  found = find_keys (self, worker, error);
  give_worker_back (self, worker, TRUE);

  return found && prove (self, cancellable, error);
}

static void
engine_close (MbCipherEngine *engine)
{
  Engine *self = (Engine *) engine;

  if (!self->initialized)
    return;

  self->initialized = FALSE;
  g_clear_pointer (&self->idle, g_ptr_array_unref);
  for (guint i = 0; self->recipients != NULL && self->recipients[i] != NULL; i++)
    gpgme_key_unref (self->recipients[i]);
  g_clear_pointer (&self->recipients, g_free);
  g_clear_pointer (&self->signing_key, gpgme_key_unref);
  g_clear_pointer (&self->trusted, g_hash_table_unref);
  g_clear_pointer (&self->home, _mb_gnupg_home_unref);
  g_clear_pointer (&self->gpgconf, g_free);
  g_clear_pointer (&self->user_home, g_free);
  g_clear_pointer (&self->user_agent, g_free);
  g_clear_pointer (&self->user_ring, g_free);
  g_mutex_clear (&self->mutex);
}

const MbCipherEngineClass _mb_cipher_gpgme_class = {
  .size = sizeof (Engine),
  .open = engine_open,
  .close = engine_close,
  .encrypt = engine_encrypt,
  .decrypt = engine_decrypt,
};
