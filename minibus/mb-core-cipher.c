/* mb-core-cipher.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Where the two ways of a client's messages lead through GnuPG. Both have a queue of their own, so that a flood
 * on the way in does not hold up what goes out. */

#include "config.h"

#include "mb-core-private.h"

#include <glib/gi18n-lib.h>

#include "mb-armor-private.h"
#include "mb-error.h"
#include "mb-service-names-private.h"

/* What goes out keeps its order, so more threads would be of no use. */
#define MAX_OUT_JOBS      1024
#define MAX_ENCRYPTED     65507
#define REPLAY_ENTRIES    16384
#define REPLAY_WINDOW     G_TIME_SPAN_HOUR
/* The packet without topic, author, id and data. */
#define PACKET_OVERHEAD   128

/* Data that wait to be encrypted, and what their packet will be. */
typedef struct
{
  MbCore  *core;
  char    *topic;
  char    *id;
  guint32  hash;
  guint64  session;
  guint64  sequence;
} Outgoing;

void
_mb_core_set_cipher (MbCore   *self,
                     MbCipher *cipher,
                     gboolean  refuses_plaintext)
{
  static const MbCipherQueueLimits out_limits = {
    .n_threads = 1, .max_jobs = MAX_OUT_JOBS, .max_jobs_per_key = MAX_OUT_JOBS,
  };
  g_autoptr(MbCipherQueue) old_out = NULL;
  g_autoptr(MbCipherQueue) old_in = NULL;
  g_autoptr(MbCipher) old_cipher = NULL;

  g_mutex_lock (&self->send_lock);
  old_cipher = g_steal_pointer (&self->cipher);
  old_out = g_steal_pointer (&self->out_queue);
  if (cipher != NULL)
    {
      self->cipher = _mb_cipher_ref (cipher);
      self->out_queue = _mb_cipher_queue_new (cipher, &out_limits);
    }
  g_clear_error (&self->queue_error);
  g_mutex_unlock (&self->send_lock);

  g_mutex_lock (&self->receive_lock);
  old_in = g_steal_pointer (&self->in_queue);
  self->refuses_plaintext = cipher != NULL && refuses_plaintext;
  if (cipher != NULL)
    {
      self->in_queue = _mb_cipher_queue_new (cipher, NULL);
      /* It stays from one session to the next, since others can wait so long. */
      if (self->replay == NULL)
        self->replay = _mb_replay_new (REPLAY_ENTRIES, REPLAY_WINDOW);
    }
  g_mutex_unlock (&self->receive_lock);

  /* Without the locks, which the jobs that end now take. */
  if (old_in != NULL)
    _mb_cipher_queue_close (old_in);
  if (old_out != NULL)
    _mb_cipher_queue_close (old_out);
}

/* The way out */

static void
outgoing_free (gpointer data)
{
  Outgoing *out = data;

  _mb_core_unref (out->core);
  g_free (out->topic);
  g_free (out->id);
  g_free (out);
}

/* A message that was taken to be sent is not: who waits for its effect is told. Takes `error`. */
static void
give_up (Outgoing *out,
         GError   *error)
{
  MbCore *core = out->core;
  g_autoptr(MbCall) call = NULL;

  _mb_core_drop (core, MB_DROP_REASON_NOT_SENT, 1, out->topic, error->message);

  /* Calls of a client that is closed end by that, all together. */
  if (!g_error_matches (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED))
    {
      if (g_str_has_suffix (out->topic, MB_SUFFIX_REQUEST))
        call = _mb_calls_take (core->calls, out->id, NULL, NULL);
      if (call != NULL)
        _mb_call_complete (call, NULL, g_error_copy (error));

      if (g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TOO_LARGE))
        _mb_core_send_answer_error (core, out->topic, out->id, error->message, MB_SECRECY_ENCRYPTED);
    }

  g_mutex_lock (&core->send_lock);
  if (core->queue_error == NULL)
    core->queue_error = g_steal_pointer (&error);
  g_mutex_unlock (&core->send_lock);

  g_clear_error (&error);
}

static gboolean
send_encrypted (Outgoing  *out,
                GString   *wire,
                GError   **error)
{
  MbCore *core = out->core;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&core->send_lock);

  if (core->transport == NULL || core->session != out->session)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED,
                   _("“%s” cannot be sent: the client was closed before it was encrypted"), out->topic);
      return FALSE;
    }

  return _mb_core_send_packet (core, out->topic, out->hash, out->sequence, out->id, TRUE,
                               wire->str, wire->len, error);
}

static void
encrypted_cb (MbCipherOutcome *outcome,
              gpointer         user_data)
{
  Outgoing *out = user_data;
  MbCore *core = out->core;
  GError *error = g_steal_pointer (&outcome->error);

  if (error != NULL || !send_encrypted (out, outcome->wire, &error))
    give_up (out, error);

  g_mutex_lock (&core->send_lock);
  core->n_dequeued++;
  g_cond_broadcast (&core->dequeued);
  g_mutex_unlock (&core->send_lock);
}

/* The least that data can become. GnuPG packs them before it encrypts, so this packs them too, as well as can be,
 * but only where their size gives reason. */
static gsize
get_least_size (const char *data,
                gsize       length)
{
  g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, 9);
  gsize room = length + length / 8 + 256;
  g_autofree char *packed = g_malloc (room);
  gsize n_read, n_written;

  if (g_converter_convert (G_CONVERTER (compressor), data, length, packed, room, G_CONVERTER_INPUT_AT_END,
                           &n_read, &n_written, NULL) != G_CONVERTER_FINISHED)
    return 0;

  /* There may be ways to pack that are a little better. */
  return (n_written - n_written / 16) / 3 * 4;
}

/* Refuses at once what is certain not to fit. */
static gboolean
check_size (MbCore      *self,
            const char  *topic,
            const char  *id,
            const char  *data,
            gsize        length,
            GError     **error)
{
  gsize size = PACKET_OVERHEAD + strlen (topic) + strlen (id) + strlen (self->name);

  if (size + length / 3 * 4 <= self->max_packet_size)
    return TRUE;

  size += get_least_size (data, length);
  if (size <= self->max_packet_size)
    return TRUE;

  _mb_core_set_too_large (self, topic, size, error);

  return FALSE;
}

gboolean
_mb_core_seal (MbCore      *self,
               MbOutlet    *outlet,
               const char  *id,
               guint64      sequence,
               const char  *data,
               gsize        length,
               GError     **error)
{
  g_autofree char *binding = NULL;
  g_autoptr(GBytes) plain = NULL;
  Outgoing *out;

  if (self->out_queue == NULL || !_mb_cipher_can_write (self->cipher))
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_PASSPHRASE,
                   _("“%s” cannot be sent: it has to be encrypted, and the client has no passphrase and no "
                     "recipients to do so with"),
                   outlet->topic);
      return FALSE;
    }

  if (!check_size (self, outlet->topic, id, data, length, error))
    return FALSE;

  out = g_new0 (Outgoing, 1);
  out->core = _mb_core_ref (self);
  out->topic = g_strdup (outlet->topic);
  out->id = g_strdup (id);
  out->hash = outlet->hash;
  out->session = self->session;
  out->sequence = sequence;

  binding = _mb_cipher_binding_make (outlet->topic, self->name, id, self->session, sequence);
  plain = g_bytes_new (data, length);
  if (!_mb_cipher_queue_encrypt (self->out_queue, NULL, plain, binding, NULL, encrypted_cb, out, outgoing_free,
                                 error))
    {
      outgoing_free (out);
      return FALSE;
    }

  self->n_queued++;

  return TRUE;
}

static void
wake_cb (GCancellable *cancellable,
         gpointer      user_data)
{
  MbCore *self = user_data;

  g_mutex_lock (&self->send_lock);
  g_cond_broadcast (&self->dequeued);
  g_mutex_unlock (&self->send_lock);
}

gboolean
_mb_core_flush (MbCore        *self,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autoptr(GError) failure = NULL;
  gulong handler = 0;
  guint64 target;

  if (_mb_core_refuse_foreign (self, error))
    return FALSE;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (wake_cb), self, NULL);

  g_mutex_lock (&self->send_lock);
  target = self->n_queued;
  while (self->n_dequeued < target && !g_cancellable_is_cancelled (cancellable))
    g_cond_wait (&self->dequeued, &self->send_lock);
  if (self->n_dequeued >= target)
    failure = g_steal_pointer (&self->queue_error);
  else
    g_cancellable_set_error_if_cancelled (cancellable, &failure);
  g_mutex_unlock (&self->send_lock);

  g_cancellable_disconnect (cancellable, handler);

  if (failure == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&failure));

  return FALSE;
}

/* The way in */

void
_mb_core_drop_sealed (MbCore       *self,
                      const char   *topic,
                      const GError *error)
{
  MbDropReason reason = MB_DROP_REASON_CIPHER_FAILED;

  if (error->domain != MB_CIPHER_ERROR)
    {
      _mb_core_drop (self, reason, 1, topic, error->message);
      return;
    }

  switch ((MbCipherError) error->code)
    {
    case MB_CIPHER_ERROR_CLOSED:
      /* As with everything else that came too late. */
      return;

    case MB_CIPHER_ERROR_WRONG_KEY:
    case MB_CIPHER_ERROR_KEY:
    case MB_CIPHER_ERROR_PASSPHRASE:
      reason = MB_DROP_REASON_WRONG_KEY;
      break;

    case MB_CIPHER_ERROR_INTEGRITY:
    case MB_CIPHER_ERROR_BINDING:
      reason = MB_DROP_REASON_FORGED;
      break;

    case MB_CIPHER_ERROR_UNTRUSTED:
      reason = MB_DROP_REASON_UNTRUSTED;
      break;

    case MB_CIPHER_ERROR_MALFORMED:
      reason = MB_DROP_REASON_DATA_NOT_JSON;
      break;

    case MB_CIPHER_ERROR_TOO_LARGE:
      reason = MB_DROP_REASON_OVERSIZE;
      break;

    case MB_CIPHER_ERROR_BUSY:
      reason = MB_DROP_REASON_CIPHER_BUSY;
      break;

    case MB_CIPHER_ERROR_UNAVAILABLE:
    case MB_CIPHER_ERROR_TIMED_OUT:
    default:
      break;
    }

  _mb_core_drop (self, reason, 1, topic, error->message);
}

/* What tells a message without binding from others: its header can be changed, and its text be written in other
 * ways, but not its bytes. */
static gboolean
is_new_unbound (MbCore *self,
                GBytes *wire,
                gint64  now)
{
  g_autoptr(GByteArray) message = NULL;
  g_autofree char *digest = NULL;
  gsize length;
  const char *text = g_bytes_get_data (wire, &length);

  message = _mb_armor_decode (text, length, MAX_ENCRYPTED, NULL);
  if (message == NULL)
    return FALSE;

  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, message->data, message->len);

  return _mb_replay_accept (self->replay, NULL, NULL, 0, 0, digest, now);
}

gboolean
_mb_core_check_sealed (MbCore               *self,
                       const MbCipherResult *plain,
                       GBytes               *wire,
                       const char           *topic,
                       const char           *author,
                       const char           *id,
                       MbTag                *tag)
{
  guint64 session = tag->present ? tag->session : 0;
  guint64 sequence = tag->present ? tag->sequence : 0;
  MbCipherBinding binding = _mb_cipher_binding_check (plain->binding, topic, author, id, session, sequence);
  gint64 now = g_get_monotonic_time ();
  gboolean fresh;

  if (binding == MB_CIPHER_BINDING_MISMATCH)
    {
      _mb_core_drop (self, MB_DROP_REASON_FORGED, 1, topic,
                     "it was encrypted for another topic, author, id or place in its sequence");
      return FALSE;
    }

  if (binding == MB_CIPHER_BINDING_GOOD)
    {
      fresh = _mb_replay_accept (self->replay, topic, author, session, sequence, id, now);
    }
  else
    {
      tag->present = FALSE;
      fresh = is_new_unbound (self, wire, now);
    }

  if (!fresh)
    _mb_core_drop (self, MB_DROP_REASON_REPLAY, 1, topic, "it was taken before, or is older than what was");

  return fresh;
}
