/* mb-player-run.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-player-run-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"
#include "mb-pattern-private.h"
#include "mb-publisher-private.h"
#include "mb-recording-file-private.h"
#include "mb-thread-private.h"

/* How often at most the program is told where it is, in µs. */
#define MOVED_INTERVAL (100 * 1000)
/* Topics that have a publisher of their own, which others see, and numbers. */
#define MAX_PUBLISHERS 1024
/* How long to wait for the network, or for GnuPG, to take more, in µs. */
#define BUSY_PAUSE 1000
#define BUSY_PATIENCE (30 * G_TIME_SPAN_SECOND)

struct _MbPlayerRun
{
  gatomicrefcount   ref_count;
  GWeakRef          owner;
  MbPlayerEvents    events;
  GMainContext     *context;
  MbCore           *core;
  GFile            *file;
  GPtrArray        *patterns;      /* of MbPattern; empty: all */
  char             *topic_prefix;  /* or NULL */
  GHashTable       *topic_map;
  GCancellable     *cancellable;   /* of reading */

  GMutex            lock;
  GCond             changed;       /* lock */
  MbPlayerSettings  settings;      /* lock */
  MbPlayerStatus    status;        /* lock */
  gint64            seek_to;       /* lock; -1: nowhere */
  gboolean          skip_told;     /* lock; the program has not yet dealt with the last one */

  /* Only for the thread. */
  MbRecordingFile  *recording;
  GHashTable       *publishers;    /* topic to MbPublisher */
  gint64            begin;         /* monotonic: when `begin_at` was played */
  gint64            begin_at;
  double            speed;         /* that this was reckoned with */
  gboolean          standing;      /* it was paused when this was last looked at */
  gint64            next_allowed;  /* monotonic, by the largest rate */
  gint64            last_moved;    /* monotonic */
};

/* Telling the program */

typedef enum
{
  EVENT_MOVED,
  EVENT_SKIPPED,
  EVENT_ENDED,
} EventKind;

typedef struct
{
  MbPlayerRun *run;
  EventKind    kind;
  char        *topic;
  GError      *error;
} Event;

static void
event_free (gpointer data)
{
  Event *event = data;

  _mb_player_run_unref (event->run);
  g_clear_error (&event->error);
  g_free (event->topic);
  g_free (event);
}

static gboolean
event_cb (gpointer data)
{
  Event *event = data;
  MbPlayerRun *self = event->run;
  g_autoptr(GObject) owner = g_weak_ref_get (&self->owner);

  if (event->kind == EVENT_SKIPPED)
    {
      g_mutex_lock (&self->lock);
      self->skip_told = FALSE;
      g_mutex_unlock (&self->lock);
    }

  if (owner == NULL)
    return G_SOURCE_REMOVE;

  switch (event->kind)
    {
    case EVENT_MOVED:
      self->events.moved (owner);
      break;

    case EVENT_SKIPPED:
      self->events.skipped (owner, event->topic, event->error);
      break;

    case EVENT_ENDED:
    default:
      self->events.ended (owner, event->error);
    }

  return G_SOURCE_REMOVE;
}

/* Takes `error`. */
static void
tell (MbPlayerRun *self,
      EventKind    kind,
      const char  *topic,
      GError      *error)
{
  g_autoptr(GSource) source = g_idle_source_new ();
  Event *event = g_new0 (Event, 1);

  event->run = _mb_player_run_ref (self);
  event->kind = kind;
  event->topic = g_strdup (topic);
  event->error = error;

  g_source_set_static_name (source, "[minibus] player");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, event_cb, event, event_free);
  g_source_attach (source, self->context);
}

/* Tells where it is, if that is due. */
static void
tell_moved (MbPlayerRun *self,
            gint64       now)
{
  if (now < self->last_moved + MOVED_INTERVAL)
    return;

  self->last_moved = now;
  tell (self, EVENT_MOVED, NULL, NULL);
}

static void
tell_skipped (MbPlayerRun *self,
              const char  *topic,
              GError      *error)
{
  gboolean tells;

  g_mutex_lock (&self->lock);
  self->status.n_skipped++;
  tells = !self->skip_told;
  self->skip_told = TRUE;
  g_mutex_unlock (&self->lock);

  if (tells)
    tell (self, EVENT_SKIPPED, topic, error);
  else
    g_error_free (error);
}

/* Publishing */

static gboolean
is_busy (const GError *error)
{
  return g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_BUSY) ||
         g_error_matches (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY);
}

/* Whether it is this one message that cannot be published. */
static gboolean
is_about_message (const GError *error)
{
  return error->domain == MB_JSON_ERROR || error->domain == MB_SCHEMA_ERROR ||
         g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TOO_LARGE) ||
         g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC) ||
         g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_TOO_LARGE) ||
         g_error_matches (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_TOO_LARGE);
}

static char *
get_topic (MbPlayerRun           *self,
           const MbRecordingLine *line)
{
  char *topic = _mb_recording_line_dup_span (&line->topic);
  const char *mapped = g_hash_table_lookup (self->topic_map, topic);
  g_autofree char *before = NULL;

  if (mapped == NULL && self->topic_prefix == NULL)
    return topic;

  before = topic;

  return g_strconcat (self->topic_prefix != NULL ? self->topic_prefix : "", mapped != NULL ? mapped : topic, NULL);
}

/* A publisher for this message, to be unreferenced. */
static MbPublisher *
get_publisher (MbPlayerRun  *self,
               const char   *topic,
               GError      **error)
{
  MbPublisher *publisher = g_hash_table_lookup (self->publishers, topic);

  if (publisher != NULL)
    return g_object_ref (publisher);

  publisher = _mb_publisher_new (self->core, topic, NULL, error);
  if (publisher != NULL && g_hash_table_size (self->publishers) < MAX_PUBLISHERS)
    g_hash_table_insert (self->publishers, g_strdup (topic), g_object_ref (publisher));

  return publisher;
}

static gboolean
wait_for_room (MbPlayerRun *self,
               gint64       deadline)
{
  gint64 now = g_get_monotonic_time ();
  gboolean cancelled;

  g_mutex_lock (&self->lock);
  cancelled = g_cancellable_is_cancelled (self->cancellable);
  if (!cancelled)
    g_cond_wait_until (&self->changed, &self->lock, now + BUSY_PAUSE);
  g_mutex_unlock (&self->lock);

  return !cancelled && now < deadline;
}

static gboolean
publish (MbPlayerRun            *self,
         const MbRecordingLine  *line,
         GError                **error)
{
  g_autofree char *topic = get_topic (self, line);
  g_autofree char *text = g_strndup (line->data, line->data_length);
  g_autoptr(GError) local_error = NULL;
  g_autoptr(MbPublisher) publisher = get_publisher (self, topic, &local_error);
  gint64 deadline = g_get_monotonic_time () + BUSY_PATIENCE;
  gboolean published = FALSE;

  while (publisher != NULL && !published)
    {
      g_clear_error (&local_error);
      published = mb_publisher_publish_text (publisher, text, &local_error);
      if (!published && (!is_busy (local_error) || !wait_for_room (self, deadline)))
        break;
    }

  if (published)
    {
      g_mutex_lock (&self->lock);
      self->status.n_messages++;
      g_mutex_unlock (&self->lock);
      return TRUE;
    }

  if (!is_about_message (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  tell_skipped (self, topic, g_steal_pointer (&local_error));

  return TRUE;
}

static gboolean
is_wanted (MbPlayerRun           *self,
           const MbRecordingLine *line)
{
  g_autofree char *topic = NULL;

  if (line->kind != MB_RECORDING_LINE_MESSAGE)
    return FALSE;
  if (self->patterns->len == 0)
    return TRUE;

  topic = _mb_recording_line_dup_span (&line->topic);
  for (guint i = 0; i < self->patterns->len; i++)
    {
      if (_mb_pattern_match (g_ptr_array_index (self->patterns, i), topic, strlen (topic)) == MB_MATCH_YES)
        return TRUE;
    }

  return FALSE;
}

/* Time */

typedef enum
{
  WAIT_DUE,         /* play it now */
  WAIT_SEEK,        /* go somewhere else */
  WAIT_END,         /* it is behind the stop position */
  WAIT_CANCELLED,
} Wait;

/* From here on, time is reckoned from this place. */
static void
begin_at (MbPlayerRun *self,
          gint64       at)
{
  self->begin = g_get_monotonic_time ();
  self->begin_at = at;
}

/* Where playing has got to at `now`. lock is held. */
static gint64
get_place (MbPlayerRun *self,
           gint64       now)
{
  if (self->speed <= 0)
    return self->status.position;

  return self->begin_at + (gint64) MIN ((double) (now - self->begin) * self->speed, (double) MB_RECORDING_MAX_AT);
}

/* Waits until something that was recorded at `at` is to be played. Never waits for longer than a moment at once, so
 * that the program sees the time pass. */
static Wait
wait_until (MbPlayerRun *self,
            gint64       at)
{
  g_mutex_lock (&self->lock);

  for (;;)
    {
      gint64 now = g_get_monotonic_time ();
      gint64 due = self->next_allowed;
      const MbPlayerSettings *settings = &self->settings;
      Wait result = WAIT_DUE;

      if (g_cancellable_is_cancelled (self->cancellable))
        result = WAIT_CANCELLED;
      else if (self->seek_to >= 0)
        result = WAIT_SEEK;
      else if (settings->stop_position >= 0 && at > settings->stop_position)
        result = WAIT_END;

      if (settings->paused || self->standing || settings->speed != self->speed)
        {
          /* Time stands still, or goes on in another way from here. */
          if (!self->standing)
            self->begin_at = MAX (MIN (get_place (self, now), at), self->begin_at);
          self->begin = now;
          self->speed = settings->speed;
          self->standing = settings->paused;
        }

      if (self->speed > 0)
        {
          double wait = (double) (at - self->begin_at) / self->speed;

          due = MAX (due, self->begin + (gint64) MIN (wait, (double) MB_RECORDING_MAX_AT));
          self->status.position = MAX (self->status.position, MIN (get_place (self, now), at));
        }
      if (settings->paused)
        due = G_MAXINT64;

      if (result == WAIT_DUE && due <= now)
        {
          self->status.position = MAX (at, 0);
          if (settings->max_rate > 0)
            self->next_allowed = MAX (due, now - 10000) + (gint64) (G_USEC_PER_SEC / settings->max_rate);
          else
            self->next_allowed = 0;
        }

      if (result != WAIT_DUE || due <= now)
        {
          g_mutex_unlock (&self->lock);
          tell_moved (self, now);
          return result;
        }

      if (settings->paused)
        g_cond_wait (&self->changed, &self->lock);
      else
        g_cond_wait_until (&self->changed, &self->lock, MIN (due, now + MOVED_INTERVAL));

      g_mutex_unlock (&self->lock);
      tell_moved (self, g_get_monotonic_time ());
      g_mutex_lock (&self->lock);
    }
}

/* Goes to a place; -1 is the start, or where the program wants to. */
static gboolean
go_to (MbPlayerRun  *self,
       GError      **error)
{
  gint64 position;

  g_mutex_lock (&self->lock);
  position = self->seek_to >= 0 ? self->seek_to : self->settings.start_position;
  self->seek_to = -1;
  self->status.position = position;
  g_mutex_unlock (&self->lock);

  if (!_mb_recording_file_seek (self->recording, position, self->cancellable, error))
    return FALSE;
  begin_at (self, position);

  return TRUE;
}

static gboolean
is_looping (MbPlayerRun *self)
{
  gboolean loops;

  g_mutex_lock (&self->lock);
  loops = self->settings.loop;
  g_mutex_unlock (&self->lock);

  return loops;
}

/* Plays from one place to the end. Returns what ended it. */
static Wait
play_round (MbPlayerRun  *self,
            gboolean     *moved,
            GError      **error)
{
  gint64 last = self->begin_at;
  Wait wait;

  for (;;)
    {
      MbRecordingLine line;
      MbRecordingRead read = _mb_recording_file_next (self->recording, &line, self->cancellable, error);

      if (read == MB_RECORDING_READ_ERROR)
        return WAIT_CANCELLED;
      if (read == MB_RECORDING_READ_END)
        break;

      last = line.at;
      if (!is_wanted (self, &line))
        continue;

      wait = wait_until (self, line.at);
      if (wait == WAIT_END)
        break;
      if (wait != WAIT_DUE)
        return wait;

      *moved = TRUE;
      if (!publish (self, &line, error))
        return WAIT_CANCELLED;
    }

  /* A round of a loop lasts as long as it was recorded. Otherwise what comes behind the last message does not
   * matter. */
  if (!is_looping (self))
    return WAIT_END;

  g_mutex_lock (&self->lock);
  if (self->settings.stop_position >= 0)
    last = MIN (last, self->settings.stop_position);
  *moved = *moved || (last > self->begin_at && self->settings.speed > 0);
  g_mutex_unlock (&self->lock);

  wait = wait_until (self, last);

  return wait == WAIT_DUE ? WAIT_END : wait;
}

static gboolean
play (MbPlayerRun  *self,
      GError      **error)
{
  gint64 duration;

  self->recording = _mb_recording_file_open (self->file, self->cancellable, error);
  if (self->recording == NULL || !_mb_recording_file_find_end (self->recording, &duration, self->cancellable, error))
    return FALSE;

  g_mutex_lock (&self->lock);
  self->status.duration = duration;
  self->speed = self->settings.speed;
  self->status.position = self->settings.start_position;
  g_mutex_unlock (&self->lock);

  /* From a pipe, it can be played from its beginning. */
  begin_at (self, 0);
  if (self->settings.start_position > 0 && !go_to (self, error))
    return FALSE;

  for (;;)
    {
      gboolean moved = FALSE;
      Wait end = play_round (self, &moved, error);

      if (*error != NULL)
        return FALSE;
      if (end == WAIT_CANCELLED)
        return !g_cancellable_set_error_if_cancelled (self->cancellable, error);

      /* Nothing to play must not be played over and over. */
      if (end == WAIT_END && (!moved || !is_looping (self)))
        return TRUE;

      if (!go_to (self, error))
        return FALSE;
    }
}

static gpointer
run (gpointer data)
{
  g_autoptr(MbPlayerRun) self = data;
  GError *error = NULL;
  gboolean played;

  self->publishers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  played = play (self, &error);

  g_clear_pointer (&self->publishers, g_hash_table_unref);
  g_clear_pointer (&self->recording, _mb_recording_file_free);

  g_mutex_lock (&self->lock);
  self->status.ended = played;
  g_mutex_unlock (&self->lock);

  tell (self, EVENT_ENDED, NULL, error);

  return NULL;
}

MbPlayerRun *
_mb_player_run_new (GObject               *owner,
                    const MbPlayerEvents  *events,
                    MbCore                *core,
                    GFile                 *file,
                    const char * const    *patterns,
                    const char            *topic_prefix,
                    GHashTable            *topic_map,
                    GError               **error)
{
  g_autoptr(MbPlayerRun) self = g_new0 (MbPlayerRun, 1);
  GHashTableIter iter;
  gpointer topic;
  gpointer new_topic;

  g_atomic_ref_count_init (&self->ref_count);
  g_weak_ref_init (&self->owner, owner);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->events = *events;
  self->context = g_main_context_ref_thread_default ();
  self->core = _mb_core_ref (core);
  self->file = g_object_ref (file);
  self->patterns = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_pattern_unref);
  self->topic_prefix = g_strdup (topic_prefix);
  self->topic_map = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->cancellable = g_cancellable_new ();
  self->status.duration = -1;
  self->seek_to = -1;

  g_hash_table_iter_init (&iter, topic_map);
  while (g_hash_table_iter_next (&iter, &topic, &new_topic))
    g_hash_table_insert (self->topic_map, g_strdup (topic), g_strdup (new_topic));

  for (guint i = 0; patterns != NULL && patterns[i] != NULL; i++)
    {
      MbPattern *pattern = _mb_pattern_new (patterns[i], error);

      if (pattern == NULL)
        return NULL;
      g_ptr_array_add (self->patterns, pattern);
    }

  return g_steal_pointer (&self);
}

MbPlayerRun *
_mb_player_run_ref (MbPlayerRun *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_player_run_unref (MbPlayerRun *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_weak_ref_clear (&self->owner);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->core, _mb_core_unref);
  g_clear_pointer (&self->patterns, g_ptr_array_unref);
  g_clear_pointer (&self->topic_map, g_hash_table_unref);
  g_clear_object (&self->file);
  g_clear_object (&self->cancellable);
  g_free (self->topic_prefix);
  g_free (self);
}

gboolean
_mb_player_run_start (MbPlayerRun  *self,
                      GError      **error)
{
  return _mb_thread_start ("mb-player", run, _mb_player_run_ref (self), (GDestroyNotify) _mb_player_run_unref, error);
}

void
_mb_player_run_configure (MbPlayerRun            *self,
                          const MbPlayerSettings *settings)
{
  g_mutex_lock (&self->lock);
  self->settings = *settings;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
_mb_player_run_seek (MbPlayerRun *self,
                     gint64       position)
{
  g_mutex_lock (&self->lock);
  self->seek_to = position;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
_mb_player_run_cancel (MbPlayerRun *self)
{
  g_cancellable_cancel (self->cancellable);

  g_mutex_lock (&self->lock);
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
_mb_player_run_get_status (MbPlayerRun    *self,
                           MbPlayerStatus *status)
{
  g_mutex_lock (&self->lock);
  *status = self->status;
  g_mutex_unlock (&self->lock);
}
