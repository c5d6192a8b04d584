/* mb-recorder-writer.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-recorder-writer-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "mb-error.h"
#include "mb-message.h"
#include "mb-pattern-private.h"
#include "mb-recording-file-private.h"
#include "mb-service-names-private.h"
#include "mb-subscriber-private.h"
#include "mb-thread-private.h"

/* What is written at once when messages come faster than they can be written one by one. */
#define MAX_BUFFER (256 * 1024)
/* How often at most the program is told of new counts, in ms. */
#define COUNTED_INTERVAL 100

typedef struct
{
  MbRecorderWriter *writer;
  MbPattern        *pattern;
  gboolean          asks_for_hidden;
  MbSubscriber     *subscriber;      /* from start to end */
  guint             n_dropped;       /* of it, that are marked in the file */
  /* Word of a gap that waits for the message behind it, which tells the topic. */
  char             *missed_author;
  guint             n_missed;
} Tap;

/* A line in the buffer. */
typedef struct
{
  guint    length;
  gboolean is_message;
} Piece;

struct _MbRecorderWriter
{
  gatomicrefcount   ref_count;
  GWeakRef          owner;
  MbRecorderEvents  events;
  GMainContext     *context;         /* where the program is told */
  GMainContext     *own_context;
  MbCore           *core;            /* not the client, whose end is not for this thread */
  GFile            *file;
  GPtrArray        *taps;            /* of Tap */
  gboolean          include_hidden;
  gboolean          append;
  guint             queue_bytes;
  MbRecorderClock   get_time;
  gpointer          clock_data;

  GMutex            lock;
  MbRecorderCounts  counts;          /* lock */
  gboolean          telling;         /* lock; of new counts */

  /* Only for the thread. */
  int               fd;
  gint64            size;
  GString          *buffer;
  GArray           *pieces;
  GSource          *flush;           /* or NULL */
  MbRecordingClock  clock;
  gboolean          ending;
  guint             n_left;          /* messages that are still taken when ending */
  GError           *error;           /* or NULL */
};

static void
tap_free (gpointer data)
{
  Tap *tap = data;

  _mb_pattern_unref (tap->pattern);
  g_clear_object (&tap->subscriber);
  g_free (tap->missed_author);
  g_free (tap);
}

static void
get_system_time (gint64   *monotonic,
                 gint64   *now,
                 gpointer  data)
{
  *monotonic = g_get_monotonic_time ();
  *now = g_get_real_time ();
}

/* Telling the program */

typedef enum
{
  EVENT_STARTED,
  EVENT_COUNTED,
  EVENT_ENDED,
} EventKind;

typedef struct
{
  MbRecorderWriter *writer;
  EventKind         kind;
  GError           *error;
} Event;

static void
event_free (gpointer data)
{
  Event *event = data;

  _mb_recorder_writer_unref (event->writer);
  g_clear_error (&event->error);
  g_free (event);
}

static gboolean
event_cb (gpointer data)
{
  Event *event = data;
  MbRecorderWriter *self = event->writer;
  g_autoptr(GObject) owner = NULL;

  if (event->kind == EVENT_COUNTED)
    {
      g_mutex_lock (&self->lock);
      self->telling = FALSE;
      g_mutex_unlock (&self->lock);
    }

  owner = g_weak_ref_get (&self->owner);
  if (owner == NULL)
    return G_SOURCE_REMOVE;

  switch (event->kind)
    {
    case EVENT_STARTED:
      self->events.started (owner, event->error);
      break;

    case EVENT_COUNTED:
      self->events.counted (owner);
      break;

    case EVENT_ENDED:
    default:
      self->events.ended (owner, event->error);
    }

  return G_SOURCE_REMOVE;
}

static void
tell (MbRecorderWriter *self,
      EventKind         kind,
      const GError     *error)
{
  g_autoptr(GSource) source = kind == EVENT_COUNTED ? g_timeout_source_new (COUNTED_INTERVAL) : g_idle_source_new ();
  Event *event = g_new0 (Event, 1);

  event->writer = _mb_recorder_writer_ref (self);
  event->kind = kind;
  event->error = error != NULL ? g_error_copy (error) : NULL;

  g_source_set_static_name (source, "[minibus] recorder");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, event_cb, event, event_free);
  g_source_attach (source, self->context);
}

/* lock is held. */
static gboolean
begin_telling (MbRecorderWriter *self)
{
  gboolean begins = !self->telling;

  self->telling = TRUE;

  return begins;
}

/* Writing */

/* Takes what could not be written out of the counts and leaves whole lines in the file. */
static void
give_up (MbRecorderWriter *self,
         gsize             n_written,
         int               number)
{
  g_autofree char *name = g_file_get_parse_name (self->file);
  gsize whole = 0;
  guint n_lost = 0;

  for (guint i = 0; i < self->pieces->len; i++)
    {
      const Piece *piece = &g_array_index (self->pieces, Piece, i);

      if (n_lost == 0 && whole + piece->length <= n_written)
        {
          whole += piece->length;
          continue;
        }
      n_lost += piece->is_message;
      n_written = 0;
    }

  /* Should this fail, what is there is a line that is cut off, which readers know. */
  if (ftruncate (self->fd, self->size + (gint64) whole) == 0)
    self->size += (gint64) whole;

  g_mutex_lock (&self->lock);
  self->counts.n_messages -= n_lost;
  self->counts.n_bytes = (guint64) self->size;
  g_mutex_unlock (&self->lock);

  g_set_error (&self->error, G_IO_ERROR, g_io_error_from_errno (number),
               _("The recording to “%s” has ended, because the file cannot be written: %s; what was written before "
                 "is good"),
               name, g_strerror (number));
  self->ending = TRUE;
  self->n_left = 0;
}

static void
write_buffer (MbRecorderWriter *self)
{
  gsize n_written = 0;
  gboolean tells;

  if (self->flush != NULL)
    {
      g_source_destroy (self->flush);
      g_clear_pointer (&self->flush, g_source_unref);
    }

  while (n_written < self->buffer->len && self->error == NULL)
    {
      gssize n = pwrite (self->fd, self->buffer->str + n_written, self->buffer->len - n_written,
                         self->size + (gint64) n_written);

      if (n > 0)
        n_written += (gsize) n;
      else if (n == 0 || errno != EINTR)
        give_up (self, n_written, n == 0 ? ENOSPC : errno);
    }

  if (self->error == NULL)
    self->size += (gint64) n_written;
  g_string_truncate (self->buffer, 0);
  g_array_set_size (self->pieces, 0);

  g_mutex_lock (&self->lock);
  self->counts.n_bytes = (guint64) self->size;
  tells = begin_telling (self);
  g_mutex_unlock (&self->lock);

  if (tells)
    tell (self, EVENT_COUNTED, NULL);
}

static gboolean
flush_cb (gpointer data)
{
  write_buffer (data);

  return G_SOURCE_REMOVE;
}

/* To be called when a line was appended to the buffer, from `start` on. */
static void
end_line (MbRecorderWriter *self,
          gsize             start,
          gboolean          is_message)
{
  Piece piece = { .length = (guint) (self->buffer->len - start), .is_message = is_message };

  g_array_append_val (self->pieces, piece);
  if (self->buffer->len >= MAX_BUFFER)
    {
      write_buffer (self);
      return;
    }

  if (self->flush != NULL)
    return;

  /* As soon as nothing more is waiting. */
  self->flush = g_idle_source_new ();
  g_source_set_static_name (self->flush, "[minibus] recorder flush");
  g_source_set_priority (self->flush, G_PRIORITY_LOW);
  g_source_set_callback (self->flush, flush_cb, self, NULL);
  g_source_attach (self->flush, self->own_context);
}

static void
append_mark (MbRecorderWriter *self,
             const char       *mark,
             guint             count,
             const char       *topic,
             const char       *author)
{
  gsize start = self->buffer->len;
  gint64 monotonic;
  gint64 now;

  self->get_time (&monotonic, &now, self->clock_data);
  _mb_recording_append_mark (self->buffer, _mb_recording_clock_get_at (&self->clock, monotonic, now, now), now,
                             mark, count, topic, author);
  end_line (self, start, FALSE);
}

/* Receiving */

/* A message that several patterns match is recorded once: by the first of them. */
static gboolean
is_mine (Tap        *tap,
         const char *topic)
{
  MbRecorderWriter *self = tap->writer;
  gsize length = strlen (topic);
  gboolean hidden = !self->include_hidden && strstr (topic, "__") != NULL && _mb_topic_is_hidden (topic, length);

  if (hidden && !tap->asks_for_hidden)
    return FALSE;

  for (guint i = 0; i < self->taps->len; i++)
    {
      Tap *before = g_ptr_array_index (self->taps, i);

      if (before == tap)
        return TRUE;
      if ((!hidden || before->asks_for_hidden) &&
          _mb_pattern_match (before->pattern, topic, length) == MB_MATCH_YES)
        return FALSE;
    }

  return TRUE;
}

/* Marks messages that were dropped because the file could not be written as fast. They are the oldest, so that they
 * belong here. */
static void
mark_dropped (Tap *tap)
{
  MbRecorderWriter *self = tap->writer;
  guint n_dropped = mb_subscriber_get_n_dropped (tap->subscriber);
  guint count = n_dropped - tap->n_dropped;

  if (count == 0)
    return;

  tap->n_dropped = n_dropped;
  g_mutex_lock (&self->lock);
  self->counts.n_dropped += count;
  g_mutex_unlock (&self->lock);

  append_mark (self, "dropped", count, NULL, NULL);
}

static void
mark_missed (Tap       *tap,
             MbMessage *message)
{
  MbRecorderWriter *self = tap->writer;
  gboolean same = message != NULL && g_strcmp0 (tap->missed_author, mb_message_get_author (message)) == 0;
  g_autofree char *author = g_steal_pointer (&tap->missed_author);
  guint count = tap->n_missed;

  tap->n_missed = 0;
  if (count == 0 || (same && !is_mine (tap, mb_message_get_topic (message))))
    return;

  g_mutex_lock (&self->lock);
  self->counts.n_missed += count;
  g_mutex_unlock (&self->lock);

  append_mark (self, "missed", count, same ? mb_message_get_topic (message) : NULL, author);
}

static void
missed_cb (MbSubscriber *subscriber,
           const char   *author,
           guint         count,
           Tap          *tap)
{
  /* Two in a row: the message behind the first was dropped. */
  mark_missed (tap, NULL);

  tap->missed_author = g_strdup (author);
  tap->n_missed = count;
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            Tap          *tap)
{
  MbRecorderWriter *self = tap->writer;
  gint64 monotonic;
  gint64 now;
  gsize start;

  if (self->ending)
    {
      if (self->n_left == 0)
        return;
      self->n_left--;
    }

  mark_dropped (tap);
  mark_missed (tap, message);
  if (!is_mine (tap, mb_message_get_topic (message)))
    return;

  self->get_time (&monotonic, &now, self->clock_data);
  if (self->error != NULL)
    return;

  g_mutex_lock (&self->lock);
  self->counts.n_messages++;
  g_mutex_unlock (&self->lock);

  start = self->buffer->len;
  _mb_recording_append_message (self->buffer,
                                _mb_recording_clock_get_at (&self->clock, monotonic, now,
                                                            mb_message_get_received_at (message)),
                                message);
  end_line (self, start, TRUE);
}

/* The thread */

static gboolean
subscribe (MbRecorderWriter  *self,
           GError           **error)
{
  guint each = MAX (self->queue_bytes / self->taps->len, 1);

  for (guint i = 0; i < self->taps->len; i++)
    {
      Tap *tap = g_ptr_array_index (self->taps, i);

      tap->subscriber = _mb_subscriber_new (self->core, _mb_pattern_get_key (tap->pattern), NULL, error);
      if (tap->subscriber == NULL)
        return FALSE;

      /* The bytes are what bounds it. */
      mb_subscriber_set_inbox_size (tap->subscriber, G_MAXUINT);
      mb_subscriber_set_inbox_bytes (tap->subscriber, each);
      g_signal_connect (tap->subscriber, "message", G_CALLBACK (message_cb), tap);
      g_signal_connect (tap->subscriber, "missed", G_CALLBACK (missed_cb), tap);
    }

  return TRUE;
}

static gboolean
open_file (MbRecorderWriter  *self,
           GError           **error)
{
  gint64 monotonic;
  gint64 now;
  gint64 at;

  self->fd = _mb_recording_file_open_write (self->file, self->append, self->buffer, &self->size, &at, error);
  if (self->fd < 0)
    return FALSE;

  if (self->buffer->len > 0)
    end_line (self, 0, FALSE);

  self->get_time (&monotonic, &now, self->clock_data);
  _mb_recording_clock_start (&self->clock, monotonic, at);
  append_mark (self, "started", 0, NULL, self->core->name);
  write_buffer (self);
  if (self->error != NULL)
    g_propagate_error (error, g_steal_pointer (&self->error));

  return *error == NULL;
}

static void
end_subscriptions (MbRecorderWriter *self)
{
  for (guint i = 0; i < self->taps->len; i++)
    {
      Tap *tap = g_ptr_array_index (self->taps, i);

      if (tap->subscriber == NULL)
        continue;

      if (self->error == NULL)
        {
          mark_dropped (tap);
          mark_missed (tap, NULL);
        }
      mb_subscriber_close (tap->subscriber);
      g_signal_handlers_disconnect_by_data (tap->subscriber, tap);
      g_clear_object (&tap->subscriber);
    }
}

static void
end_file (MbRecorderWriter *self)
{
  g_autofree char *name = g_file_get_parse_name (self->file);

  if (self->error == NULL)
    append_mark (self, "stopped", 0, NULL, NULL);
  write_buffer (self);

  /* Some file systems tell only here that the disk is full. */
  if ((fsync (self->fd) != 0 || close (self->fd) != 0) && self->error == NULL)
    g_set_error (&self->error, G_IO_ERROR, g_io_error_from_errno (errno),
                 _("The end of the recording “%s” may not be on the disk: %s"), name, g_strerror (errno));
  self->fd = -1;
}

static guint
count_waiting (MbRecorderWriter *self)
{
  guint n_waiting = 0;

  for (guint i = 0; i < self->taps->len; i++)
    n_waiting += _mb_subscriber_get_n_waiting (((Tap *) g_ptr_array_index (self->taps, i))->subscriber);

  return n_waiting;
}

static gboolean
stop_cb (gpointer data)
{
  MbRecorderWriter *self = data;

  if (!self->ending)
    {
      /* While this waits, messages go on coming in; those are taken, too. */
      _mb_core_settle (self->core);
      self->ending = TRUE;
      self->n_left = count_waiting (self);
    }

  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer data)
{
  g_autoptr(MbRecorderWriter) self = data;
  g_autoptr(GError) error = NULL;

  g_main_context_push_thread_default (self->own_context);

  if (open_file (self, &error) && subscribe (self, &error))
    {
      tell (self, EVENT_STARTED, NULL);

      while (!self->ending)
        g_main_context_iteration (self->own_context, TRUE);
      while (self->n_left > 0 && count_waiting (self) > 0)
        g_main_context_iteration (self->own_context, FALSE);

      end_subscriptions (self);
      end_file (self);
      tell (self, EVENT_ENDED, self->error);
    }
  else
    {
      end_subscriptions (self);
      if (self->fd >= 0)
        close (self->fd);
      self->fd = -1;
      tell (self, EVENT_STARTED, error);
    }

  g_main_context_pop_thread_default (self->own_context);

  return NULL;
}

MbRecorderWriter *
_mb_recorder_writer_new (GObject                *owner,
                         const MbRecorderEvents *events,
                         MbCore                 *core,
                         GFile                  *file)
{
  MbRecorderWriter *self = g_new0 (MbRecorderWriter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_weak_ref_init (&self->owner, owner);
  g_mutex_init (&self->lock);
  self->events = *events;
  self->context = g_main_context_ref_thread_default ();
  self->own_context = g_main_context_new ();
  self->core = _mb_core_ref (core);
  self->file = g_object_ref (file);
  self->taps = g_ptr_array_new_with_free_func (tap_free);
  self->buffer = g_string_sized_new (1024);
  self->pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  self->get_time = get_system_time;
  self->fd = -1;

  return self;
}

MbRecorderWriter *
_mb_recorder_writer_ref (MbRecorderWriter *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_recorder_writer_unref (MbRecorderWriter *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_weak_ref_clear (&self->owner);
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->taps, g_ptr_array_unref);
  g_clear_pointer (&self->own_context, g_main_context_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->core, _mb_core_unref);
  g_clear_object (&self->file);
  g_clear_error (&self->error);
  g_string_free (self->buffer, TRUE);
  g_array_unref (self->pieces);
  g_free (self);
}

static gboolean
add_tap (MbRecorderWriter  *self,
         const char        *text,
         GError           **error)
{
  g_autoptr(MbPattern) pattern = _mb_pattern_new (text, error);
  Tap *tap;

  if (pattern == NULL)
    return FALSE;

  for (guint i = 0; i < self->taps->len; i++)
    {
      Tap *other = g_ptr_array_index (self->taps, i);

      if (strcmp (_mb_pattern_get_key (other->pattern), _mb_pattern_get_key (pattern)) == 0)
        return TRUE;
    }

  tap = g_new0 (Tap, 1);
  tap->writer = self;
  tap->pattern = g_steal_pointer (&pattern);
  tap->asks_for_hidden = strstr (text, "__") != NULL;
  g_ptr_array_add (self->taps, tap);

  return TRUE;
}

static gboolean
add_taps (MbRecorderWriter    *self,
          const char * const  *patterns,
          GError             **error)
{
  if (patterns == NULL || patterns[0] == NULL)
    return add_tap (self, ".*", error);

  for (guint i = 0; patterns[i] != NULL; i++)
    {
      if (!add_tap (self, patterns[i], error))
        return FALSE;
    }

  return TRUE;
}

gboolean
_mb_recorder_writer_configure (MbRecorderWriter    *self,
                               const char * const  *patterns,
                               gboolean             include_hidden,
                               gboolean             append,
                               guint                queue_bytes,
                               GError             **error)
{
  self->include_hidden = include_hidden;
  self->append = append;
  self->queue_bytes = queue_bytes;

  return add_taps (self, patterns, error);
}

void
_mb_recorder_writer_set_clock (MbRecorderWriter *self,
                               MbRecorderClock   clock,
                               gpointer          data)
{
  self->get_time = clock;
  self->clock_data = data;
}

gboolean
_mb_recorder_writer_start (MbRecorderWriter  *self,
                           GError           **error)
{
  return _mb_thread_start ("mb-recorder", run, _mb_recorder_writer_ref (self),
                           (GDestroyNotify) _mb_recorder_writer_unref, error);
}

void
_mb_recorder_writer_stop (MbRecorderWriter *self)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_static_name (source, "[minibus] recorder stop");
  /* Before what is waiting, so that it knows what that is. */
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, stop_cb, _mb_recorder_writer_ref (self), (GDestroyNotify) _mb_recorder_writer_unref);
  g_source_attach (source, self->own_context);
}

void
_mb_recorder_writer_get_counts (MbRecorderWriter *self,
                                MbRecorderCounts *counts)
{
  g_mutex_lock (&self->lock);
  *counts = self->counts;
  g_mutex_unlock (&self->lock);
}
