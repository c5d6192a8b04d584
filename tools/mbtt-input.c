/* mbtt-input.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Lines of standard input or of a file, while the main context goes on. */

#include "config.h"

#include "mbtt-input.h"

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include <minibus.h>

#include "mbtt-common.h"
#include "mbtt-output.h"

/* A file that is larger holds more than one message for sure. */
#define MAX_WHOLE (1024 * 1024)

struct _MbttInput
{
  char             *name;         /* of the file, or NULL for standard input */
  GDataInputStream *stream;
  char             *whole;        /* the file if that is one JSON value, or NULL */
  gulong            line;
};

typedef struct
{
  gboolean  done;
  char     *line;
  gsize     length;
  GError   *error;
} Reading;

MbttInput *
mbtt_input_new_stdin (void)
{
  g_autoptr(GInputStream) raw = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  MbttInput *self = g_new0 (MbttInput, 1);

  self->stream = g_data_input_stream_new (raw);

  return self;
}

static char *
read_whole (GFile *file)
{
  g_autoptr(GFileInfo) info = g_file_query_info (file, "standard::size,standard::type", 0, NULL, NULL);
  g_autoptr(JsonNode) node = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (info == NULL || g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR ||
      g_file_info_get_size (info) > MAX_WHOLE ||
      !g_file_load_contents (file, NULL, &text, &length, NULL, NULL) || strlen (text) != length)
    return NULL;

  node = mb_json_from_text (text, NULL);

  return node != NULL ? g_steal_pointer (&text) : NULL;
}

MbttInput *
mbtt_input_new_file (const char  *path,
                     GError     **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autofree char *name = g_filename_display_name (path);
  g_autoptr(GFileInputStream) raw = NULL;
  MbttInput *self;

  if (strcmp (path, "-") == 0)
    return mbtt_input_new_stdin ();

  raw = g_file_read (file, NULL, error);
  if (raw == NULL)
    {
      g_prefix_error (error, _("The file “%s” cannot be read: "), name);
      return NULL;
    }

  self = g_new0 (MbttInput, 1);
  self->name = g_steal_pointer (&name);
  self->stream = g_data_input_stream_new (G_INPUT_STREAM (raw));
  self->whole = read_whole (file);

  return self;
}

void
mbtt_input_free (MbttInput *self)
{
  g_clear_object (&self->stream);
  g_free (self->name);
  g_free (self->whole);
  g_free (self);
}

/* A file that is a single JSON value, on however many lines; else NULL. */
char *
mbtt_input_get_whole (MbttInput *self)
{
  return g_strdup (self->whole);
}

static void
line_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Reading *reading = user_data;

  reading->line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (object), result,
                                                        &reading->length, &reading->error);
  reading->done = TRUE;
}

/* Reads the next line. Returns NULL without an error at the end, or when the program is to stop. */
char *
mbtt_input_read (MbttInput       *self,
                 const gboolean  *stopped,
                 GError         **error)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Reading reading = { FALSE };

  self->line++;
  g_data_input_stream_read_line_async (self->stream, G_PRIORITY_DEFAULT, cancellable, line_cb,
                                       &reading);
  while (!reading.done)
    {
      if (*stopped)
        g_cancellable_cancel (cancellable);
      g_main_context_iteration (NULL, TRUE);
    }

  if (*stopped)
    {
      g_clear_error (&reading.error);
      g_clear_pointer (&reading.line, g_free);
      return NULL;
    }

  if (reading.error != NULL)
    {
      g_propagate_error (error, reading.error);
      return NULL;
    }

  if (reading.line != NULL && !g_utf8_validate_len (reading.line, reading.length, NULL))
    {
      g_set_error_literal (error, MB_JSON_ERROR, MB_JSON_ERROR_ENCODING,
                           _("This is not valid UTF-8 text, which everything on the bus is"));
      g_clear_pointer (&reading.line, g_free);
    }

  return reading.line;
}

/* Tells of an error in the last line, and returns an exit status. The command line is right then. */
int
mbtt_input_fail (MbttInput    *self,
                 const GError *error)
{
  if (self->name == NULL)
    mbtt_print_note (_("Line %lu of standard input: %s"), self->line, error->message);
  else if (self->line == 0)
    mbtt_print_note (_("The file “%s”: %s"), self->name, error->message);
  else
    mbtt_print_note (_("Line %lu of the file “%s”: %s"), self->line, self->name, error->message);

  return MBTT_EXIT_FAILED;
}
