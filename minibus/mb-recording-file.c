/* mb-recording-file.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-recording-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mb-error.h"

#define CHUNK 65536

struct _MbRecordingFile
{
  GFile        *file;
  GInputStream *stream;
  gboolean      seekable;
  char         *buffer;
  gsize         allocated;
  gsize         start;          /* of what has not been looked at, in the buffer */
  gsize         length;         /* of what is in the buffer */
  goffset       offset;         /* of the buffer in the file */
  goffset       first;          /* where the lines after the header begin */
  gboolean      skipping;       /* the rest of a line that is too long */
  gboolean      returned_tail;  /* a last line without a line feed was whole, and returned */
  guint         n_damaged;
  gboolean      truncated;
  gboolean      header_cut;     /* not even the first line is whole */
};

static char *
get_name (GFile *file)
{
  return g_file_get_parse_name (file);
}

/* Lets an error of GIO say what it is about. */
static gboolean
fail_read (GError **error,
           GFile   *file)
{
  g_autofree char *name = get_name (file);

  g_prefix_error (error, _("The recording “%s” cannot be read: "), name);

  return FALSE;
}

static void
set_not_recording (GError **error,
                   GFile   *file)
{
  g_autofree char *name = get_name (file);

  g_set_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_NOT_RECORDING,
               _("“%s” is not a recording: its first line would begin with %s"), name, MB_RECORDING_MAGIC);
}

/* Checks the first line. */
static gboolean
check_header (GFile       *file,
              const char  *text,
              gsize        length,
              GError     **error)
{
  g_autofree char *name = NULL;
  MbRecordingLine line;

  if (length < strlen (MB_RECORDING_MAGIC) || memcmp (text, MB_RECORDING_MAGIC, strlen (MB_RECORDING_MAGIC)) != 0 ||
      !_mb_recording_line_parse (&line, text, length))
    {
      set_not_recording (error, file);
      return FALSE;
    }

  if (line.version == MB_RECORDING_VERSION)
    return TRUE;

  name = get_name (file);
  g_set_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_VERSION,
               _("The recording “%s” has version %llu of the format, and this program can read "
                 "version %d; a newer program is needed"),
               name, (unsigned long long) line.version, MB_RECORDING_VERSION);

  return FALSE;
}

/* Whether something is, or could become, the first line of a recording. */
static gboolean
is_cut_header (const char *text,
               gsize       length)
{
  return memcmp (text, MB_RECORDING_MAGIC, MIN (length, strlen (MB_RECORDING_MAGIC))) == 0;
}

/* Reads more behind what is in the buffer. Returns 0 at the end, and -1 on error. */
static gssize
fill (MbRecordingFile  *self,
      GCancellable     *cancellable,
      GError          **error)
{
  gssize n_read;

  if (self->start > 0)
    {
      memmove (self->buffer, self->buffer + self->start, self->length - self->start);
      self->offset += (goffset) self->start;
      self->length -= self->start;
      self->start = 0;
    }

  if (self->allocated - self->length < CHUNK)
    {
      self->allocated = MAX (self->allocated * 2, self->length + CHUNK);
      self->buffer = g_realloc (self->buffer, self->allocated);
    }

  n_read = g_input_stream_read (self->stream, self->buffer + self->length, CHUNK, cancellable, error);
  if (n_read > 0)
    self->length += (gsize) n_read;
  else if (n_read < 0)
    fail_read (error, self->file);

  return n_read;
}

static void
let_go (MbRecordingFile *self)
{
  /* One long line must not cost its memory for ever. */
  if (self->allocated > 8 * CHUNK && self->length - self->start < CHUNK)
    {
      memmove (self->buffer, self->buffer + self->start, self->length - self->start);
      self->offset += (goffset) self->start;
      self->length -= self->start;
      self->start = 0;
      self->allocated = 2 * CHUNK;
      self->buffer = g_realloc (self->buffer, self->allocated);
    }
}

/* The next line, whatever it is, without its line feed; at the end, what there is of one. */
static MbRecordingRead
next_text (MbRecordingFile  *self,
           const char      **text,
           gsize            *length,
           gboolean         *whole,
           GCancellable     *cancellable,
           GError          **error)
{
  gsize looked_at = 0;

  let_go (self);

  for (;;)
    {
      const char *from = self->buffer + self->start;
      gsize available = self->length - self->start;
      const char *feed = available > looked_at
                         ? memchr (from + looked_at, '\n', available - looked_at) : NULL;
      gssize n_read;

      if (feed != NULL && self->skipping)
        {
          self->skipping = FALSE;
          self->start += (gsize) (feed - from) + 1;
          looked_at = 0;
          continue;
        }

      if (feed != NULL)
        {
          *text = from;
          *length = (gsize) (feed - from);
          *whole = TRUE;
          self->start += *length + 1;
          return MB_RECORDING_READ_LINE;
        }

      if (self->skipping || available > MB_RECORDING_MAX_LINE)
        {
          self->n_damaged += !self->skipping;
          self->skipping = TRUE;
          self->start = self->length;
          available = 0;
        }
      looked_at = available;

      n_read = fill (self, cancellable, error);
      if (n_read < 0)
        return MB_RECORDING_READ_ERROR;
      if (n_read == 0)
        {
          *text = self->buffer + self->start;
          *length = self->length - self->start;
          *whole = FALSE;
          return MB_RECORDING_READ_END;
        }
    }
}

/* What stands at the end without a line feed is a line if it is whole but for that. */
static MbRecordingRead
end_with_tail (MbRecordingFile *self,
               MbRecordingLine *line,
               const char      *text,
               gsize            length)
{
  self->truncated = FALSE;
  if (length == 0 || self->returned_tail)
    return MB_RECORDING_READ_END;

  if (!_mb_recording_line_parse (line, text, length) || line->kind == MB_RECORDING_LINE_HEADER)
    {
      self->truncated = TRUE;
      return MB_RECORDING_READ_END;
    }
  self->returned_tail = TRUE;

  return MB_RECORDING_READ_LINE;
}

MbRecordingRead
_mb_recording_file_next (MbRecordingFile  *self,
                         MbRecordingLine  *line,
                         GCancellable     *cancellable,
                         GError          **error)
{
  for (;;)
    {
      const char *text;
      gsize length;
      gboolean whole;
      MbRecordingRead result = next_text (self, &text, &length, &whole, cancellable, error);

      if (result == MB_RECORDING_READ_ERROR)
        return result;
      if (!whole)
        return end_with_tail (self, line, text, length);

      if (self->returned_tail)
        {
          /* Now it got its line feed. */
          self->returned_tail = FALSE;
          continue;
        }
      if (!_mb_recording_line_parse (line, text, length))
        {
          self->n_damaged++;
          continue;
        }
      /* Recordings may be joined by cat; there is one time then for each, so only the first counts. */
      if (line->kind != MB_RECORDING_LINE_HEADER)
        return MB_RECORDING_READ_LINE;
    }
}

/* Reads on from here, which is the beginning of a line unless `within`. */
static gboolean
go_to (MbRecordingFile  *self,
       goffset           offset,
       gboolean          within,
       GCancellable     *cancellable,
       GError          **error)
{
  if (!g_seekable_seek (G_SEEKABLE (self->stream), offset, G_SEEK_SET, cancellable, error))
    return fail_read (error, self->file);

  self->offset = offset;
  self->start = 0;
  self->length = 0;
  self->skipping = within;
  self->returned_tail = FALSE;

  return TRUE;
}

static goffset
get_size (MbRecordingFile  *self,
          GCancellable     *cancellable,
          GError          **error)
{
  if (g_seekable_seek (G_SEEKABLE (self->stream), 0, G_SEEK_END, cancellable, error))
    return g_seekable_tell (G_SEEKABLE (self->stream));

  fail_read (error, self->file);

  return -1;
}

static gboolean
set_not_seekable (MbRecordingFile  *self,
                  GError          **error)
{
  g_autofree char *name = get_name (self->file);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               _("“%s” can only be read from its beginning; only in a file there are other places to begin"), name);

  return FALSE;
}

/* The time of the first line that begins behind `offset`, and where it begins; `at` is -1 if there is none before
 * `end`. */
static gboolean
probe (MbRecordingFile  *self,
       goffset           offset,
       goffset           end,
       gint64           *at,
       goffset          *begin,
       GCancellable     *cancellable,
       GError          **error)
{
  MbRecordingLine line;
  MbRecordingRead result;

  *at = -1;
  if (!go_to (self, offset, TRUE, cancellable, error))
    return FALSE;

  do
    {
      const char *text;
      gsize length;
      gboolean whole;

      result = next_text (self, &text, &length, &whole, cancellable, error);
      if (result == MB_RECORDING_READ_ERROR)
        return FALSE;

      *begin = self->offset + (goffset) (text - self->buffer);
      if (!whole || *begin >= end)
        return TRUE;

      if (_mb_recording_line_parse (&line, text, length) && line.kind != MB_RECORDING_LINE_HEADER)
        {
          *at = line.at;
          return TRUE;
        }
    }
  while (TRUE);
}

gboolean
_mb_recording_file_seek (MbRecordingFile  *self,
                         gint64            at,
                         GCancellable     *cancellable,
                         GError          **error)
{
  MbRecordingLine line;
  MbRecordingRead result;
  goffset low = self->first;
  goffset high;
  guint n_damaged = self->n_damaged;

  if (!self->seekable)
    return set_not_seekable (self, error);

  high = get_size (self, cancellable, error);
  if (high < 0)
    return FALSE;

  /* `low` is always the beginning of a line that is before `at`, or of the first. */
  while (high - low > CHUNK && at > 0)
    {
      goffset middle = low + (high - low) / 2;
      goffset begin;
      gint64 found;

      if (!probe (self, middle, high, &found, &begin, cancellable, error))
        return FALSE;
      if (found >= 0 && found < at)
        low = begin;
      else
        high = middle;
    }

  if (!go_to (self, low, FALSE, cancellable, error))
    return FALSE;

  do
    {
      goffset before = self->offset + (goffset) self->start;

      result = _mb_recording_file_next (self, &line, cancellable, error);
      if (result == MB_RECORDING_READ_LINE && line.at >= at)
        {
          /* Lines that were skipped as damaged are skipped again. */
          if (!go_to (self, before, FALSE, cancellable, error))
            return FALSE;
          break;
        }
    }
  while (result == MB_RECORDING_READ_LINE);

  self->n_damaged = n_damaged;

  return result != MB_RECORDING_READ_ERROR;
}

gboolean
_mb_recording_file_find_end (MbRecordingFile  *self,
                             gint64           *at,
                             GCancellable     *cancellable,
                             GError          **error)
{
  goffset before = self->offset + (goffset) self->start;
  gboolean skipping = self->skipping;
  guint n_damaged = self->n_damaged;
  goffset window = CHUNK;
  goffset size;

  *at = -1;
  if (!self->seekable)
    return TRUE;

  size = get_size (self, cancellable, error);
  if (size < 0)
    return FALSE;

  while (*at < 0)
    {
      goffset from = MAX (self->first, size - window);
      MbRecordingLine line;
      MbRecordingRead result;

      if (!go_to (self, from, from > self->first, cancellable, error))
        return FALSE;

      while ((result = _mb_recording_file_next (self, &line, cancellable, error)) == MB_RECORDING_READ_LINE)
        *at = MAX (*at, line.at);
      if (result == MB_RECORDING_READ_ERROR)
        return FALSE;

      if (from == self->first)
        *at = MAX (*at, 0);
      window *= 8;
    }

  self->n_damaged = n_damaged;

  return go_to (self, before, skipping, cancellable, error);
}

gboolean
_mb_recording_file_is_given (GFile   *file,
                             GError **error)
{
  if (file != NULL)
    return TRUE;

  g_set_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE,
               _("There is no file; set the property “%s” when the object is made"), "file");

  return FALSE;
}

MbRecordingFile *
_mb_recording_file_open (GFile         *file,
                         GCancellable  *cancellable,
                         GError       **error)
{
  g_autoptr(MbRecordingFile) self = g_new0 (MbRecordingFile, 1);
  g_autoptr(GError) local_error = NULL;
  const char *text;
  gsize length;
  gboolean whole;

  self->file = g_object_ref (file);
  self->stream = G_INPUT_STREAM (g_file_read (file, cancellable, &local_error));
  if (self->stream == NULL)
    {
      fail_read (&local_error, file);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  self->seekable = g_seekable_can_seek (G_SEEKABLE (self->stream)) &&
                   g_seekable_seek (G_SEEKABLE (self->stream), 0, G_SEEK_SET, cancellable, NULL);

  /* So that something else, of whatever size, is found out by its first bytes. */
  while (self->length < strlen (MB_RECORDING_MAGIC))
    {
      gssize n_read = fill (self, cancellable, &local_error);

      if (n_read == 0)
        break;
      if (n_read < 0)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
    }

  if (self->length > 0 && !is_cut_header (self->buffer, self->length))
    {
      set_not_recording (error, file);
      return NULL;
    }

  if (next_text (self, &text, &length, &whole, cancellable, &local_error) == MB_RECORDING_READ_ERROR)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  if (whole && !check_header (file, text, length, error))
    return NULL;

  self->first = self->offset + (goffset) self->start;
  if (!whole)
    {
      /* Nothing got further than this: there is nothing in it. */
      self->start = self->length;
      self->first = self->offset + (goffset) self->start;
      self->header_cut = TRUE;
    }

  return g_steal_pointer (&self);
}

void
_mb_recording_file_free (MbRecordingFile *self)
{
  if (self->stream != NULL)
    g_input_stream_close (self->stream, NULL, NULL);
  g_clear_object (&self->stream);
  g_clear_object (&self->file);
  g_free (self->buffer);
  g_free (self);
}

guint
_mb_recording_file_get_n_damaged (MbRecordingFile *self)
{
  return self->n_damaged;
}

gboolean
_mb_recording_file_is_truncated (MbRecordingFile *self)
{
  return self->truncated || self->header_cut;
}

/* Writing */

/* Also closes the file; returns -1. */
static int G_GNUC_PRINTF (4, 5)
fail_write (GError     **error,
            int          code,
            int          fd,
            const char  *format,
            ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error_literal (error, MB_RECORDING_ERROR, code, message);
  if (fd >= 0)
    close (fd);

  return -1;
}

/* The same for what the system reported. */
static int
fail_errno (GError **error,
            GFile   *file,
            int      fd)
{
  g_autofree char *name = get_name (file);
  int saved = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), _("The recording “%s” cannot be written: %s"), name,
               g_strerror (saved));
  if (fd >= 0)
    close (fd);

  return -1;
}

/* Finds where the last line feed of a file stands; -1 if there is none. */
static gboolean
find_last_feed (int     fd,
                gint64  size,
                gint64 *feed)
{
  g_autofree char *chunk = g_malloc (CHUNK);

  *feed = -1;
  while (size > 0)
    {
      gint64 from = MAX (0, size - CHUNK);
      gssize n_read = pread (fd, chunk, (gsize) (size - from), from);
      char *found;

      if (n_read < 0 && errno == EINTR)
        continue;
      if (n_read != size - from)
        {
          errno = n_read < 0 ? errno : EIO;
          return FALSE;
        }

      found = memrchr (chunk, '\n', (gsize) n_read);
      if (found != NULL)
        {
          *feed = from + (found - chunk);
          return TRUE;
        }
      size = from;
    }

  return TRUE;
}

/* Whether what stands behind the last line feed is a whole line but for its line feed. */
static gboolean
is_whole_tail (int    fd,
               gint64 from,
               gint64 size)
{
  g_autofree char *text = NULL;
  MbRecordingLine line;

  if (size - from > MB_RECORDING_MAX_LINE)
    return FALSE;

  text = g_malloc ((gsize) (size - from));

  return pread (fd, text, (gsize) (size - from), from) == size - from &&
         _mb_recording_line_parse (&line, text, (gsize) (size - from));
}

/* Makes a file that is there ready to be continued. */
static gboolean
prepare_append (int      fd,
                GFile   *file,
                GString *out,
                gint64  *size,
                gint64  *at,
                GError **error)
{
  g_autoptr(MbRecordingFile) recording = _mb_recording_file_open (file, NULL, error);
  gint64 feed;

  if (recording == NULL || !_mb_recording_file_find_end (recording, at, NULL, error))
    return FALSE;

  if (!find_last_feed (fd, *size, &feed))
    {
      fail_errno (error, file, -1);
      return FALSE;
    }

  if (feed + 1 < *size && is_whole_tail (fd, feed + 1, *size))
    g_string_append_c (out, '\n');
  else
    *size = feed + 1;
  *at = MAX (*at, 0);

  if (ftruncate (fd, *size) != 0)
    {
      fail_errno (error, file, -1);
      return FALSE;
    }

  return TRUE;
}

int
_mb_recording_file_open_write (GFile     *file,
                               gboolean   append,
                               GString   *out,
                               gint64    *size,
                               gint64    *at,
                               GError   **error)
{
  const char *path = g_file_peek_path (file);
  g_autofree char *name = get_name (file);
  struct stat status;
  int fd;

  *size = 0;
  *at = 0;

  if (path == NULL)
    return fail_write (error, MB_RECORDING_ERROR_NOT_LOCAL, -1,
                       _("“%s” is not on this machine; record to a local file, and copy it"), name);

  do
    /* O_NONBLOCK: opening a pipe that nobody has open must not wait for ever. */
    fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  while (fd < 0 && errno == EINTR);
  if (fd < 0)
    return fail_errno (error, file, -1);

  if (fstat (fd, &status) != 0)
    return fail_errno (error, file, fd);

  if (!S_ISREG (status.st_mode))
    return fail_write (error, MB_RECORDING_ERROR_NOT_LOCAL, fd,
                       _("“%s” is not a regular file, which a recording has to be"), name);

  if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      if (errno != EWOULDBLOCK)
        return fail_errno (error, file, fd);

      return fail_write (error, MB_RECORDING_ERROR_LOCKED, fd,
                       _("Somebody else is recording to “%s” already; choose another file"), name);
    }

  /* Once more: the one who had the lock before may have written. */
  if (fstat (fd, &status) != 0)
    return fail_errno (error, file, fd);
  *size = status.st_size;

  if (*size > 0 && !append)
    return fail_write (error, MB_RECORDING_ERROR_EXISTS, fd,
                       _("The file “%s” exists and is not empty; choose another one, or append to it"), name);

  if (*size > 0 && !prepare_append (fd, file, out, size, at, error))
    {
      close (fd);
      return -1;
    }

  if (*size == 0)
    _mb_recording_append_header (out);

  return fd;
}
