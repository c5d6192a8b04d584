/* mb-gpgme-worker.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-gpgme-worker-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-armor-private.h"
#include "mb-error.h"

/* GnuPG before 2.2.8 takes a message without integrity protection for a good one. */
#define MIN_VERSION_NUMBER (2 * 10000 + 2 * 100 + 8)
#define MIN_VERSION_TEXT   "2.2.8"
/* gpg has some six pipes. */
#define MAX_WATCHES        16

typedef struct
{
  int            fd;
  gushort        events;
  gpgme_io_cb_t  func;
  void          *data;
} Watch;

static gpgme_error_t
add_watch_cb (void           *data,
              int             fd,
              int             is_input,
              gpgme_io_cb_t   func,
              void           *func_data,
              void          **tag)
{
  MbGpgmeWorker *self = data;
  Watch *watch;

  if (self->watches->len >= MAX_WATCHES)
    return gpg_error (GPG_ERR_LIMIT_REACHED);

  watch = g_new (Watch, 1);
  watch->fd = fd;
  watch->events = is_input ? G_IO_IN : G_IO_OUT;
  watch->func = func;
  watch->data = func_data;
  g_ptr_array_add (self->watches, watch);
  *tag = watch;

  return 0;
}

static void
remove_watch_cb (void *tag)
{
  Watch *watch = tag;

  /* Its array is not known here; the loop drops it. */
  watch->fd = -1;
}

static void
event_cb (void             *data,
          gpgme_event_io_t  type,
          void             *type_data)
{
  MbGpgmeWorker *self = data;
  gpgme_io_event_done_data_t done = type_data;

  if (type != GPGME_EVENT_DONE)
    return;

  self->done = TRUE;
  self->result = done->err != 0 ? done->err : done->op_err;
}

/* Of a secret key, gpg tells two key ids and more; of a message, the numbers of its algorithms. */
static gboolean
is_about_key (const char *info)
{
  return info != NULL && strspn (info, "0123456789ABCDEFabcdef") == 16;
}

static gpgme_error_t
passphrase_cb (void       *data,
               const char *uid_hint,
               const char *info,
               int         previous_was_bad,
               int         fd)
{
  MbGpgmeWorker *self = data;
  gboolean about_key = is_about_key (info);
  MbSecret *secret = about_key ? self->key_passphrase : self->passphrase;
  const char *text;
  gsize length;

  if (!about_key)
    self->n_asked++;

  /* Each passphrase of a message, and those of messages in the message, costs a key derivation. */
  if (secret == NULL || previous_was_bad || self->n_asked > MB_OPENPGP_MAX_SYMMETRIC)
    {
      self->refused = TRUE;
      return gpg_error (GPG_ERR_CANCELED);
    }

  text = _mb_secret_get (secret, &length);
  if (gpgme_io_writen (fd, text, length) < 0 || gpgme_io_writen (fd, "\n", 1) < 0)
    return gpgme_error_from_syserror ();

  return 0;
}

static gssize
write_cb (void       *data,
          const void *buffer,
          size_t      size)
{
  MbGpgmeWorker *self = data;

  if (size > self->max_out - self->out->len)
    {
      self->overflown = TRUE;
      gpgme_err_set_errno (EFBIG);
      return -1;
    }

  g_byte_array_append (self->out, buffer, (guint) size);

  return (gssize) size;
}

static gboolean
fail_unavailable (GError        **error,
                  gpgme_error_t   cause)
{
  char text[128];

  gpgme_strerror_r (cause, text, sizeof text);
  g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
               _("GnuPG could not be set up: %s"), text);

  return FALSE;
}

static guint
parse_version (const char *text)
{
  guint parts[3] = { 0, 0, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (parts) && text != NULL; i++)
    {
      char *rest;

      parts[i] = MIN ((guint) g_ascii_strtoull (text, &rest, 10), 99);
      text = *rest == '.' ? rest + 1 : NULL;
    }

  return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

/* Is there a gpg, and is it recent enough? */
static gboolean
check_engine (gpgme_ctx_t   context,
              const char   *program,
              GError      **error)
{
  for (gpgme_engine_info_t info = gpgme_ctx_get_engine_info (context); info != NULL; info = info->next)
    {
      /* gpgme takes a program that says nothing for version 1.0.0. */
      if (info->protocol != GPGME_PROTOCOL_OpenPGP || g_strcmp0 (info->version, "1.0.0") <= 0)
        continue;

      if (parse_version (info->version) >= MIN_VERSION_NUMBER)
        return TRUE;

      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
                   _("GnuPG is of version %s; encrypted messages need %s or later"),
                   info->version, MIN_VERSION_TEXT);
      return FALSE;
    }

  g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_UNAVAILABLE,
               _("The program “%s” was not found or does not run; encrypted messages need GnuPG "
                 "(gpg, gpg-agent and gpgconf) to be installed"),
               program != NULL ? program : "gpg");

  return FALSE;
}

void
_mb_gpgme_init (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      gpgme_check_version (NULL);
      g_once_init_leave (&once, 1);
    }
}

MbGpgmeWorker *
_mb_gpgme_worker_new (const char   *program,
                      MbGnupgHome  *home,
                      GError      **error)
{
  g_autofree MbGpgmeWorker *self = g_new0 (MbGpgmeWorker, 1);
  struct gpgme_io_cbs io_cbs;
  gpgme_error_t failure;

  _mb_gpgme_init ();

  failure = gpgme_new (&self->context);
  if (failure != 0)
    {
      fail_unavailable (error, failure);
      return NULL;
    }

  failure = gpgme_ctx_set_engine_info (self->context, GPGME_PROTOCOL_OpenPGP, program,
                                       _mb_gnupg_home_get_path (home));
  if (gpgme_err_code (failure) != GPG_ERR_INV_ENGINE && failure != 0)
    {
      fail_unavailable (error, failure);
      gpgme_release (self->context);
      return NULL;
    }
  if (!check_engine (self->context, program, error))
    {
      gpgme_release (self->context);
      return NULL;
    }

  /* Without this, the agent would open a message for any passphrase once it was opened with the right one. */
  failure = gpgme_set_ctx_flag (self->context, "no-symkey-cache", "1");
  if (failure == 0)
    failure = gpgme_set_pinentry_mode (self->context, GPGME_PINENTRY_MODE_LOOPBACK);
  if (failure != 0)
    {
      fail_unavailable (error, failure);
      gpgme_release (self->context);
      return NULL;
    }

  gpgme_set_armor (self->context, 0);
  gpgme_set_textmode (self->context, 0);
  gpgme_set_offline (self->context, 1);
  gpgme_set_passphrase_cb (self->context, passphrase_cb, self);

  io_cbs.add = add_watch_cb;
  io_cbs.add_priv = self;
  io_cbs.remove = remove_watch_cb;
  io_cbs.event = event_cb;
  io_cbs.event_priv = self;
  gpgme_set_io_cbs (self->context, &io_cbs);

  self->home = _mb_gnupg_home_ref (home);
  self->watches = g_ptr_array_new_with_free_func (g_free);

  return g_steal_pointer (&self);
}

void
_mb_gpgme_worker_free (MbGpgmeWorker *self)
{
  gpgme_release (self->context);
  _mb_gnupg_home_unref (self->home);
  g_ptr_array_unref (self->watches);
  g_free (self);
}

gpgme_data_t
_mb_gpgme_worker_output (MbGpgmeWorker *self,
                         GByteArray    *out,
                         gsize          max_out)
{
  static struct gpgme_data_cbs cbs = { .write = write_cb };
  gpgme_data_t data = NULL;

  self->out = out;
  self->max_out = max_out;

  if (gpgme_data_new_from_cbs (&data, &cbs, self) != 0)
    return NULL;

  return data;
}

void
_mb_gpgme_worker_prepare (MbGpgmeWorker *self,
                          MbSecret      *passphrase,
                          MbSecret      *key_passphrase)
{
  self->passphrase = passphrase;
  self->key_passphrase = key_passphrase;
  self->n_asked = 0;
  self->refused = FALSE;
  self->overflown = FALSE;
  self->done = FALSE;
  self->result = 0;
}

/* Why the operation has to be cut short, if it has. */
static gboolean
check_stop (gint64         deadline,
            GCancellable  *closing,
            GCancellable  *cancellable,
            GError       **error)
{
  if (g_cancellable_is_cancelled (closing))
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED,
                           _("The cipher was closed before the message was done"));
      return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (g_get_monotonic_time () >= deadline)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_TIMED_OUT,
                           _("GnuPG did not answer in time"));
      return FALSE;
    }

  return TRUE;
}

static void
drop_removed_watches (MbGpgmeWorker *self)
{
  for (guint i = self->watches->len; i-- > 0;)
    {
      const Watch *watch = self->watches->pdata[i];

      if (watch->fd < 0)
        g_ptr_array_remove_index (self->watches, i);
    }
}

gboolean
_mb_gpgme_worker_run (MbGpgmeWorker  *self,
                      gpgme_error_t   started,
                      guint           timeout_ms,
                      GCancellable   *closing,
                      GCancellable   *cancellable,
                      GError        **error)
{
  gint64 deadline = g_get_monotonic_time () + timeout_ms * G_TIME_SPAN_MILLISECOND;
  GPollFD poll_fds[MAX_WATCHES + 2];
  GCancellable *stoppers[2] = { closing, cancellable };
  gboolean has_fd[2] = { FALSE, FALSE };
  guint n_stoppers = 0;
  gboolean blind = FALSE;
  gboolean stopped = FALSE;

  if (started != 0)
    {
      self->result = started;
      self->done = TRUE;
    }

  for (guint i = 0; i < G_N_ELEMENTS (stoppers); i++)
    {
      if (stoppers[i] == NULL)
        continue;
      has_fd[i] = g_cancellable_make_pollfd (stoppers[i], &poll_fds[n_stoppers]);
      if (has_fd[i])
        n_stoppers++;
      else
        blind = TRUE;
    }

  while (!self->done)
    {
      guint n_watches;
      gint64 left;

      drop_removed_watches (self);
      n_watches = self->watches->len;

      if (!check_stop (deadline, closing, cancellable, error))
        {
          stopped = TRUE;
          break;
        }

      for (guint i = 0; i < n_watches; i++)
        {
          const Watch *watch = self->watches->pdata[i];

          poll_fds[n_stoppers + i] = (GPollFD) { .fd = watch->fd, .events = watch->events };
        }
      for (guint i = 0; i < n_stoppers; i++)
        poll_fds[i].revents = 0;

      left = (deadline - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND + 1;
      if (blind)
        left = MIN (left, 20);
      if (g_poll (poll_fds, n_stoppers + n_watches, (int) CLAMP (left, 0, G_MAXINT)) <= 0)
        continue;

      /* Those that are added meanwhile come behind these; those that are removed stay until the next round. */
      for (guint i = 0; i < n_watches && !self->done; i++)
        {
          const Watch *watch = self->watches->pdata[i];

          if (watch->fd >= 0 && poll_fds[n_stoppers + i].revents != 0)
            watch->func (watch->data, watch->fd);
        }
    }

  if (stopped)
    gpgme_cancel (self->context);
  drop_removed_watches (self);

  for (guint i = 0; i < G_N_ELEMENTS (stoppers); i++)
    if (has_fd[i])
      g_cancellable_release_fd (stoppers[i]);

  return !stopped;
}
