/* mb-recording-summary.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-recording-summary-private.h"

#include <string.h>

/* Topics, and authors, that are counted apart. */
#define MAX_NAMES 65536

/**
 * MbRecordingSummary:
 *
 * What is in a recording: how many messages of which topics, and for how long.
 *
 * It is made by [method@Recording.summarize_async], and does not change.
 *
 * ```python
 * for topic in summary.get_topics():
 *     print(topic, summary.get_topic_count(topic))
 * ```
 *
 * Since: 0.1
 */
struct _MbRecordingSummary
{
  GObject     parent_instance;

  GHashTable *topics;        /* name to Count */
  GHashTable *authors;       /* likewise */
  gboolean    has_line;
  gint64      duration;
  gint64      started_at;
  gint64      ended_at;
  gboolean    truncated;
  guint64     n_bytes;
  guint       n_damaged;
  guint       n_dropped;
  guint       n_encrypted;
  guint       n_messages;
  guint       n_missed;
};

typedef struct
{
  guint   n_messages;
  guint64 n_bytes;
} Count;

G_DEFINE_FINAL_TYPE (MbRecordingSummary, mb_recording_summary, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_DURATION,
  PROP_ENDED_AT,
  PROP_IS_TRUNCATED,
  PROP_N_BYTES,
  PROP_N_DAMAGED,
  PROP_N_DROPPED,
  PROP_N_ENCRYPTED,
  PROP_N_MESSAGES,
  PROP_N_MISSED,
  PROP_STARTED_AT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
count (GHashTable   *table,
       const MbSpan *span,
       gsize         n_bytes)
{
  g_autofree char *name = _mb_recording_line_dup_span (span);
  Count *counted;

  if (name == NULL)
    return;

  counted = g_hash_table_lookup (table, name);
  if (counted == NULL)
    {
      if (g_hash_table_size (table) >= MAX_NAMES)
        return;
      counted = g_new0 (Count, 1);
      g_hash_table_insert (table, g_steal_pointer (&name), counted);
    }
  counted->n_messages++;
  counted->n_bytes += n_bytes;
}

static void
add_line (MbRecordingSummary    *self,
          const MbRecordingLine *line)
{
  if (!self->has_line)
    self->started_at = line->time;
  self->has_line = TRUE;
  self->ended_at = line->time;
  self->duration = MAX (self->duration, line->at);

  if (_mb_recording_line_is_mark (line, "dropped"))
    self->n_dropped += (guint) line->count;
  else if (_mb_recording_line_is_mark (line, "missed"))
    self->n_missed += (guint) line->count;

  if (line->kind != MB_RECORDING_LINE_MESSAGE)
    return;

  self->n_messages++;
  self->n_encrypted += line->encrypted;
  self->n_bytes += line->data_length;
  count (self->topics, &line->topic, line->data_length);
  count (self->authors, &line->author, line->data_length);
}

MbRecordingSummary *
_mb_recording_summary_new (GFile         *file,
                           GCancellable  *cancellable,
                           GError       **error)
{
  g_autoptr(MbRecordingFile) recording = _mb_recording_file_open (file, cancellable, error);
  g_autoptr(MbRecordingSummary) self = NULL;
  MbRecordingLine line;
  MbRecordingRead result;

  if (recording == NULL)
    return NULL;

  self = g_object_new (MB_TYPE_RECORDING_SUMMARY, NULL);
  while ((result = _mb_recording_file_next (recording, &line, cancellable, error)) == MB_RECORDING_READ_LINE)
    add_line (self, &line);
  if (result == MB_RECORDING_READ_ERROR)
    return NULL;

  self->n_damaged = _mb_recording_file_get_n_damaged (recording);
  self->truncated = _mb_recording_file_is_truncated (recording);

  return g_steal_pointer (&self);
}

static void
mb_recording_summary_finalize (GObject *object)
{
  MbRecordingSummary *self = MB_RECORDING_SUMMARY (object);

  g_clear_pointer (&self->topics, g_hash_table_unref);
  g_clear_pointer (&self->authors, g_hash_table_unref);

  G_OBJECT_CLASS (mb_recording_summary_parent_class)->finalize (object);
}

static void
mb_recording_summary_get_property (GObject    *object,
                                   guint       prop_id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  MbRecordingSummary *self = MB_RECORDING_SUMMARY (object);

  switch (prop_id)
    {
    case PROP_DURATION:
      g_value_set_int64 (value, mb_recording_summary_get_duration (self));
      break;

    case PROP_ENDED_AT:
      g_value_set_int64 (value, mb_recording_summary_get_ended_at (self));
      break;

    case PROP_IS_TRUNCATED:
      g_value_set_boolean (value, mb_recording_summary_get_is_truncated (self));
      break;

    case PROP_N_BYTES:
      g_value_set_uint64 (value, mb_recording_summary_get_n_bytes (self));
      break;

    case PROP_N_DAMAGED:
      g_value_set_uint (value, mb_recording_summary_get_n_damaged (self));
      break;

    case PROP_N_DROPPED:
      g_value_set_uint (value, mb_recording_summary_get_n_dropped (self));
      break;

    case PROP_N_ENCRYPTED:
      g_value_set_uint (value, mb_recording_summary_get_n_encrypted (self));
      break;

    case PROP_N_MESSAGES:
      g_value_set_uint (value, mb_recording_summary_get_n_messages (self));
      break;

    case PROP_N_MISSED:
      g_value_set_uint (value, mb_recording_summary_get_n_missed (self));
      break;

    case PROP_STARTED_AT:
      g_value_set_int64 (value, mb_recording_summary_get_started_at (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_recording_summary_class_init (MbRecordingSummaryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_recording_summary_finalize;
  object_class->get_property = mb_recording_summary_get_property;

  /**
   * MbRecordingSummary:duration: (getter get_duration)
   *
   * How long was recorded, in microseconds.
   *
   * Since: 0.1
   */
  properties[PROP_DURATION] =
    g_param_spec_int64 ("duration", NULL, NULL,
                        G_MININT64, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:ended-at: (getter get_ended_at)
   *
   * When the last line was written, by the clock of the machine that recorded.
   *
   * Since: 0.1
   */
  properties[PROP_ENDED_AT] =
    g_param_spec_int64 ("ended-at", NULL, NULL,
                        G_MININT64, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:is-truncated: (getter get_is_truncated)
   *
   * Whether the last line is cut off.
   *
   * Since: 0.1
   */
  properties[PROP_IS_TRUNCATED] =
    g_param_spec_boolean ("is-truncated", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:n-bytes: (getter get_n_bytes)
   *
   * The size of the data of all messages together.
   *
   * Since: 0.1
   */
  properties[PROP_N_BYTES] =
    g_param_spec_uint64 ("n-bytes", NULL, NULL,
                         0, G_MAXUINT64, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:n-damaged: (getter get_n_damaged)
   *
   * How many lines cannot be read.
   *
   * Since: 0.1
   */
  properties[PROP_N_DAMAGED] =
    g_param_spec_uint ("n-damaged", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:n-dropped: (getter get_n_dropped)
   *
   * How many messages were not recorded, because the disk was too slow.
   *
   * Since: 0.1
   */
  properties[PROP_N_DROPPED] =
    g_param_spec_uint ("n-dropped", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:n-encrypted: (getter get_n_encrypted)
   *
   * How many messages came encrypted.
   *
   * Since: 0.1
   */
  properties[PROP_N_ENCRYPTED] =
    g_param_spec_uint ("n-encrypted", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:n-messages: (getter get_n_messages)
   *
   * How many messages there are.
   *
   * Since: 0.1
   */
  properties[PROP_N_MESSAGES] =
    g_param_spec_uint ("n-messages", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:n-missed: (getter get_n_missed)
   *
   * How many messages never arrived where they were to be recorded.
   *
   * Since: 0.1
   */
  properties[PROP_N_MISSED] =
    g_param_spec_uint ("n-missed", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbRecordingSummary:started-at: (getter get_started_at)
   *
   * When the first line was written, by the clock of the machine that recorded.
   *
   * Since: 0.1
   */
  properties[PROP_STARTED_AT] =
    g_param_spec_int64 ("started-at", NULL, NULL,
                        G_MININT64, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_recording_summary_init (MbRecordingSummary *self)
{
  self->topics = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->authors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

static char **
list_names (GHashTable *table)
{
  guint n_names;
  g_autofree gpointer *keys = g_hash_table_get_keys_as_array (table, &n_names);
  char **names = g_new0 (char *, n_names + 1);

  if (n_names > 0)
    qsort (keys, n_names, sizeof (gpointer), compare_names);
  for (guint i = 0; i < n_names; i++)
    names[i] = g_strdup (keys[i]);

  return names;
}

static Count
look_up (GHashTable *table,
         const char *name)
{
  const Count *counted = g_hash_table_lookup (table, name);

  return counted != NULL ? *counted : (Count) { 0 };
}

/**
 * mb_recording_summary_get_duration: (get-property duration)
 * @self: a summary
 *
 * Gets how long was recorded: the time of the last line.
 *
 * Returns: microseconds
 *
 * Since: 0.1
 */
gint64
mb_recording_summary_get_duration (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->duration;
}

/**
 * mb_recording_summary_get_ended_at: (get-property ended-at)
 * @self: a summary
 *
 * Gets when the last line was written, by the clock of the machine that recorded.
 *
 * Returns: microseconds since 1970-01-01 00:00 UTC; 0 when there is nothing in the recording
 *
 * Since: 0.1
 */
gint64
mb_recording_summary_get_ended_at (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->ended_at;
}

/**
 * mb_recording_summary_get_is_truncated: (get-property is-truncated)
 * @self: a summary
 *
 * Gets whether the last line is cut off, as after a crash.
 *
 * Returns: true if it is
 *
 * Since: 0.1
 */
gboolean
mb_recording_summary_get_is_truncated (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), FALSE);

  return self->truncated;
}

/**
 * mb_recording_summary_get_n_bytes: (get-property n-bytes)
 * @self: a summary
 *
 * Gets the size of the data of all messages together.
 *
 * Returns: bytes of JSON text
 *
 * Since: 0.1
 */
guint64
mb_recording_summary_get_n_bytes (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->n_bytes;
}

/**
 * mb_recording_summary_get_n_damaged: (get-property n-damaged)
 * @self: a summary
 *
 * Gets how many lines cannot be read. They are skipped.
 *
 * Returns: a number of lines
 *
 * Since: 0.1
 */
guint
mb_recording_summary_get_n_damaged (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->n_damaged;
}

/**
 * mb_recording_summary_get_n_dropped: (get-property n-dropped)
 * @self: a summary
 *
 * Gets how many messages were not recorded, because the disk was too slow.
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_recording_summary_get_n_dropped (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->n_dropped;
}

/**
 * mb_recording_summary_get_n_encrypted: (get-property n-encrypted)
 * @self: a summary
 *
 * Gets how many messages came encrypted. In the recording they are not.
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_recording_summary_get_n_encrypted (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->n_encrypted;
}

/**
 * mb_recording_summary_get_n_messages: (get-property n-messages)
 * @self: a summary
 *
 * Gets how many messages there are.
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_recording_summary_get_n_messages (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->n_messages;
}

/**
 * mb_recording_summary_get_n_missed: (get-property n-missed)
 * @self: a summary
 *
 * Gets how many messages never arrived where they were to be recorded, as the numbers of their senders tell.
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_recording_summary_get_n_missed (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->n_missed;
}

/**
 * mb_recording_summary_get_started_at: (get-property started-at)
 * @self: a summary
 *
 * Gets when the first line was written, by the clock of the machine that recorded.
 *
 * Returns: microseconds since 1970-01-01 00:00 UTC; 0 when there is nothing in the recording
 *
 * Since: 0.1
 */
gint64
mb_recording_summary_get_started_at (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);

  return self->started_at;
}

/**
 * mb_recording_summary_get_authors:
 * @self: a summary
 *
 * Gets the names of clients that sent messages, sorted. Of more than 65,536, the rest is only in the counts of all.
 *
 * Returns: (transfer full) (array zero-terminated=1): names of clients that sent messages
 *
 * Since: 0.1
 */
char **
mb_recording_summary_get_authors (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), NULL);

  return list_names (self->authors);
}

/**
 * mb_recording_summary_get_topics:
 * @self: a summary
 *
 * Gets the topics, sorted. Of more than 65,536, the rest is only in the counts of all.
 *
 * Returns: (transfer full) (array zero-terminated=1): topics
 *
 * Since: 0.1
 */
char **
mb_recording_summary_get_topics (MbRecordingSummary *self)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), NULL);

  return list_names (self->topics);
}

/**
 * mb_recording_summary_get_author_count:
 * @self: a summary
 * @author: the name of a client
 *
 * Gets how many messages a client sent.
 *
 * Returns: a number of messages; 0 for a name that does not occur
 *
 * Since: 0.1
 */
guint
mb_recording_summary_get_author_count (MbRecordingSummary *self,
                                       const char         *author)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);
  g_return_val_if_fail (author != NULL, 0);

  return look_up (self->authors, author).n_messages;
}

/**
 * mb_recording_summary_get_topic_bytes:
 * @self: a summary
 * @topic: a topic
 *
 * Gets the size of the data of all messages of a topic.
 *
 * Returns: bytes of JSON text; 0 for a topic that does not occur
 *
 * Since: 0.1
 */
guint64
mb_recording_summary_get_topic_bytes (MbRecordingSummary *self,
                                      const char         *topic)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);
  g_return_val_if_fail (topic != NULL, 0);

  return look_up (self->topics, topic).n_bytes;
}

/**
 * mb_recording_summary_get_topic_count:
 * @self: a summary
 * @topic: a topic
 *
 * Gets how many messages of a topic there are.
 *
 * Returns: a number of messages; 0 for a topic that does not occur
 *
 * Since: 0.1
 */
guint
mb_recording_summary_get_topic_count (MbRecordingSummary *self,
                                      const char         *topic)
{
  g_return_val_if_fail (MB_IS_RECORDING_SUMMARY (self), 0);
  g_return_val_if_fail (topic != NULL, 0);

  return look_up (self->topics, topic).n_messages;
}
