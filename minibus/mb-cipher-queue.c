/* mb-cipher-queue.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-cipher-queue-private.h"

#include <glib/gi18n-lib.h>

#include "mb-armor-private.h"
#include "mb-error.h"

#define MAX_THREADS       16
#define DEFAULT_MAX_JOBS  1024
#define DEFAULT_MAX_BYTES (8 * 1024 * 1024)

typedef struct
{
  gboolean        encrypts;
  gboolean        slow;
  GBytes         *input;
  char           *binding;
  GCancellable   *cancellable;   /* the caller's */
  GCancellable   *stop;          /* ours: the caller's, or the end of the queue */
  MbCipherDone    done;
  gpointer        user_data;
  GDestroyNotify  destroy;
} Job;

/* The jobs of a key. It is in a ready queue while it has jobs and none of them runs. */
typedef struct
{
  char   *key;       /* owned; NULL is a key, too */
  GQueue  jobs;      /* Job, the running one is not in it */
  guint   n_jobs;    /* the running one included */
} Lane;

struct _MbCipherQueue
{
  gatomicrefcount  ref_count;    /* of users; the last one closes */
  gatomicrefcount  memory_count; /* of the users together, and of each thread */
  MbCipher        *cipher;
  guint            n_threads;
  guint            max_slow;
  guint            max_jobs;
  guint            max_jobs_per_key;
  gsize            max_bytes;

  GMutex           mutex;        /* of all below */
  GCond            changed;      /* there is a lane ready, or it is the end */
  GCond            drained;
  GHashTable      *lanes;        /* key → Lane, owned */
  Lane            *keyless;
  GQueue           fast;         /* Lane whose next job is not slow */
  GQueue           slow;         /* Lane whose next job is */
  GPtrArray       *running;      /* Job */
  guint            n_jobs;
  gsize            n_bytes;
  guint            n_alive;      /* threads */
  guint            n_idle;
  guint            n_inside;     /* threads whose callback is in close */
  guint            n_slow;       /* running */
  guint            n_slow_jobs;  /* waiting and running */
  gboolean         slow_turn;
  gboolean         closed;
};

/* The queue that the present thread works for. */
static GPrivate current_queue;

static void
job_free (Job *job)
{
  if (job->destroy != NULL)
    job->destroy (job->user_data);
  g_bytes_unref (job->input);
  g_free (job->binding);
  g_clear_object (&job->cancellable);
  g_object_unref (job->stop);
  g_free (job);
}

static void
lane_free (Lane *lane)
{
  g_free (lane->key);
  g_free (lane);
}

/* All with the mutex held, up to run_job() */

static Lane *
find_lane (MbCipherQueue *self,
           const char    *key)
{
  return key == NULL ? self->keyless : g_hash_table_lookup (self->lanes, key);
}

static Lane *
add_lane (MbCipherQueue *self,
          const char    *key)
{
  Lane *lane = g_new0 (Lane, 1);

  g_queue_init (&lane->jobs);
  if (key == NULL)
    {
      self->keyless = lane;
    }
  else
    {
      lane->key = g_strdup (key);
      g_hash_table_insert (self->lanes, lane->key, lane);
    }

  return lane;
}

static void
remove_lane (MbCipherQueue *self,
             Lane          *lane)
{
  if (lane->key != NULL)
    {
      g_hash_table_remove (self->lanes, lane->key);
      return;
    }

  self->keyless = NULL;
  lane_free (lane);
}

static void
make_ready (MbCipherQueue *self,
            Lane          *lane)
{
  const Job *next = g_queue_peek_head (&lane->jobs);

  g_queue_push_tail (next->slow ? &self->slow : &self->fast, lane);
}

static Lane *
take_lane (MbCipherQueue *self)
{
  gboolean slow_allowed = self->slow.length > 0 && (self->closed || self->n_slow < self->max_slow);

  if (slow_allowed && (self->slow_turn || self->fast.length == 0))
    {
      self->slow_turn = FALSE;
      return g_queue_pop_head (&self->slow);
    }
  if (self->fast.length > 0)
    {
      self->slow_turn = TRUE;
      return g_queue_pop_head (&self->fast);
    }

  return NULL;
}

static void
stop_cb (GCancellable *cancellable,
         gpointer      user_data)
{
  g_cancellable_cancel (user_data);
}

/* Without the mutex */
static void
run_job (MbCipherQueue *self,
         const char    *sender,
         Job           *job)
{
  MbCipherOutcome outcome = { NULL };
  g_autoptr(GString) wire = NULL;
  gboolean closed;
  gulong id = 0;
  gsize length;
  const char *input = g_bytes_get_data (job->input, &length);

  if (job->cancellable != NULL)
    id = g_cancellable_connect (job->cancellable, G_CALLBACK (stop_cb),
                                g_object_ref (job->stop), g_object_unref);

  if (job->encrypts)
    {
      wire = g_string_new (NULL);
      if (_mb_cipher_encrypt (self->cipher, input, length, job->binding, wire, job->stop, &outcome.error))
        outcome.wire = g_steal_pointer (&wire);
    }
  else
    {
      _mb_cipher_decrypt (self->cipher, sender, input, length, &outcome.plain, job->stop, &outcome.error);
    }

  if (id != 0)
    g_cancellable_disconnect (job->cancellable, id);

  g_mutex_lock (&self->mutex);
  closed = self->closed;
  g_mutex_unlock (&self->mutex);

  /* The end of the queue stops a job as its caller could; tell them apart. */
  if (closed && g_error_matches (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
      !g_cancellable_is_cancelled (job->cancellable))
    {
      g_clear_error (&outcome.error);
      g_set_error_literal (&outcome.error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED,
                           _("The queue was closed before the message was done"));
    }

  job->done (&outcome, job->user_data);

  if (outcome.wire != NULL)
    g_string_free (outcome.wire, TRUE);
  _mb_cipher_result_clear (&outcome.plain);
  g_clear_error (&outcome.error);
}

static void
release_memory (MbCipherQueue *self)
{
  if (!g_atomic_ref_count_dec (&self->memory_count))
    return;

  g_hash_table_unref (self->lanes);
  g_ptr_array_unref (self->running);
  _mb_cipher_unref (self->cipher);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->changed);
  g_cond_clear (&self->drained);
  g_free (self);
}

/* With the mutex held, which it lets go for the job itself. */
static void
work_on (MbCipherQueue *self,
         Lane          *lane)
{
  Job *job = g_queue_pop_head (&lane->jobs);
  gsize n_bytes = g_bytes_get_size (job->input);
  gboolean slow = job->slow;

  g_ptr_array_add (self->running, job);
  self->n_slow += slow;
  if (self->closed)
    g_cancellable_cancel (job->stop);
  g_mutex_unlock (&self->mutex);

  run_job (self, lane->key, job);

  g_mutex_lock (&self->mutex);
  g_ptr_array_remove_fast (self->running, job);
  self->n_slow -= slow;
  self->n_slow_jobs -= slow;
  self->n_jobs--;
  self->n_bytes -= n_bytes;
  lane->n_jobs--;
  if (lane->jobs.length > 0)
    make_ready (self, lane);
  else
    remove_lane (self, lane);
  g_mutex_unlock (&self->mutex);

  /* Frees the caller's data, which may call us. */
  job_free (job);

  g_mutex_lock (&self->mutex);
}

static gpointer
thread_func (gpointer data)
{
  MbCipherQueue *self = data;

  g_private_set (&current_queue, self);
  g_mutex_lock (&self->mutex);

  for (;;)
    {
      Lane *lane = take_lane (self);

      if (lane != NULL)
        {
          work_on (self, lane);
          continue;
        }
      if (self->closed)
        break;

      self->n_idle++;
      g_cond_wait (&self->changed, &self->mutex);
      self->n_idle--;
    }

  self->n_alive--;
  g_cond_broadcast (&self->drained);
  g_mutex_unlock (&self->mutex);
  release_memory (self);

  return NULL;
}

/* With the mutex held */
static gboolean
ensure_thread (MbCipherQueue  *self,
               GError        **error)
{
  g_autoptr(GError) failure = NULL;
  GThread *thread;

  if (self->fast.length + self->slow.length < self->n_idle || self->n_alive >= self->n_threads)
    return TRUE;

  g_atomic_ref_count_inc (&self->memory_count);
  thread = g_thread_try_new ("minibus-cipher", thread_func, self, &failure);
  if (thread != NULL)
    {
      self->n_alive++;
      g_thread_unref (thread);
      return TRUE;
    }

  (void) g_atomic_ref_count_dec (&self->memory_count);
  if (self->n_alive > 0)
    return TRUE;

  g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY,
               _("No thread could be started to encrypt or decrypt in: %s"), failure->message);

  return FALSE;
}

/* With the mutex held */
static gboolean
check_room (MbCipherQueue  *self,
            const char     *key,
            gboolean        slow,
            gsize           n_bytes,
            GError        **error)
{
  const Lane *lane = find_lane (self, key);

  if (self->closed)
    {
      g_set_error_literal (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_CLOSED, _("The queue is closed"));
      return FALSE;
    }
  if (self->n_jobs >= self->max_jobs || n_bytes > self->max_bytes - self->n_bytes)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY,
                   _("%u messages of %zu bytes together are waiting for encryption or "
                     "decryption; no more are kept"),
                   self->n_jobs, self->n_bytes);
      return FALSE;
    }
  if (slow && self->n_slow_jobs >= (self->max_jobs + 1) / 2)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY,
                   _("%u messages with a long key derivation are waiting; no more of them are kept"),
                   self->n_slow_jobs);
      return FALSE;
    }
  if (lane != NULL && lane->n_jobs >= self->max_jobs_per_key)
    {
      g_set_error (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY,
                   _("%u messages of one sender are waiting for encryption or decryption; no more are kept"),
                   lane->n_jobs);
      return FALSE;
    }

  return TRUE;
}

static gboolean
push (MbCipherQueue  *self,
      const char     *key,
      gboolean        encrypts,
      gboolean        slow,
      GBytes         *input,
      const char     *binding,
      GCancellable   *cancellable,
      MbCipherDone    done,
      gpointer        user_data,
      GDestroyNotify  destroy,
      GError        **error)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  Lane *lane;
  Job *job;

  if (!check_room (self, key, slow, g_bytes_get_size (input), error) || !ensure_thread (self, error))
    return FALSE;

  job = g_new0 (Job, 1);
  job->encrypts = encrypts;
  job->slow = slow;
  job->input = g_bytes_ref (input);
  job->binding = g_strdup (binding);
  job->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  job->stop = g_cancellable_new ();
  job->done = done;
  job->user_data = user_data;
  job->destroy = destroy;

  lane = find_lane (self, key);
  if (lane == NULL)
    lane = add_lane (self, key);

  g_queue_push_tail (&lane->jobs, job);
  self->n_jobs++;
  self->n_slow_jobs += slow;
  self->n_bytes += g_bytes_get_size (input);
  if (++lane->n_jobs == 1)
    {
      make_ready (self, lane);
      g_cond_signal (&self->changed);
    }

  return TRUE;
}

MbCipherQueue *
_mb_cipher_queue_new (MbCipher                  *cipher,
                      const MbCipherQueueLimits *limits)
{
  static const MbCipherQueueLimits defaults = { 0 };
  MbCipherQueue *self = g_new0 (MbCipherQueue, 1);

  if (limits == NULL)
    limits = &defaults;

  g_atomic_ref_count_init (&self->ref_count);
  g_atomic_ref_count_init (&self->memory_count);
  self->cipher = _mb_cipher_ref (cipher);
  self->n_threads = limits->n_threads > 0 ? MIN (limits->n_threads, MAX_THREADS)
                                          : CLAMP (g_get_num_processors (), 2, 4);
  self->max_slow = MAX (self->n_threads - 1, 1);
  self->max_jobs = limits->max_jobs > 0 ? limits->max_jobs : DEFAULT_MAX_JOBS;
  self->max_jobs_per_key = limits->max_jobs_per_key > 0 ? limits->max_jobs_per_key : MAX (self->max_jobs / 4, 1);
  self->max_bytes = limits->max_bytes > 0 ? limits->max_bytes : DEFAULT_MAX_BYTES;
  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
  g_cond_init (&self->drained);
  self->lanes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) lane_free);
  self->running = g_ptr_array_new ();
  g_queue_init (&self->fast);
  g_queue_init (&self->slow);

  return self;
}

MbCipherQueue *
_mb_cipher_queue_ref (MbCipherQueue *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_cipher_queue_unref (MbCipherQueue *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  _mb_cipher_queue_close (self);
  release_memory (self);
}

gboolean
_mb_cipher_queue_encrypt (MbCipherQueue  *self,
                          const char     *key,
                          GBytes         *plain,
                          const char     *binding,
                          GCancellable   *cancellable,
                          MbCipherDone    done,
                          gpointer        user_data,
                          GDestroyNotify  destroy,
                          GError        **error)
{
  return push (self, key, TRUE, _mb_cipher_is_slow (self->cipher), plain, binding, cancellable,
               done, user_data, destroy, error);
}

gboolean
_mb_cipher_queue_decrypt (MbCipherQueue  *self,
                          const char     *key,
                          GBytes         *wire,
                          GCancellable   *cancellable,
                          MbCipherDone    done,
                          gpointer        user_data,
                          GDestroyNotify  destroy,
                          GError        **error)
{
  gsize length;
  const char *text = g_bytes_get_data (wire, &length);

  return push (self, key, FALSE, _mb_armor_looks_slow (text, length), wire, NULL, cancellable,
               done, user_data, destroy, error);
}

guint
_mb_cipher_queue_get_n_jobs (MbCipherQueue *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->n_jobs;
}

void
_mb_cipher_queue_close (MbCipherQueue *self)
{
  g_autoptr(GPtrArray) stops = g_ptr_array_new_with_free_func (g_object_unref);
  gboolean inside = g_private_get (&current_queue) == self;

  g_mutex_lock (&self->mutex);
  self->closed = TRUE;
  for (guint i = 0; i < self->running->len; i++)
    {
      Job *job = self->running->pdata[i];

      g_ptr_array_add (stops, g_object_ref (job->stop));
    }
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->mutex);

  for (guint i = 0; i < stops->len; i++)
    g_cancellable_cancel (stops->pdata[i]);

  g_mutex_lock (&self->mutex);
  self->n_inside += inside;
  g_cond_broadcast (&self->drained);
  /* Callbacks that are in here, too, would wait for each other. */
  while (self->n_alive > (inside ? self->n_inside : 0))
    g_cond_wait (&self->drained, &self->mutex);
  self->n_inside -= inside;
  g_mutex_unlock (&self->mutex);
}
