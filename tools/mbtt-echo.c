/* mbtt-echo.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-common.h"
#include "mbtt-format.h"
#include "mbtt-hidden.h"
#include "mbtt-listen.h"
#include "mbtt-output.h"
#include "mbtt-pointer.h"
#include "mbtt-terminal.h"
#include "mbtt-values.h"

typedef struct
{
  GPtrArray *fields;        /* of MbttPointer */
  gboolean   headers;
  gboolean   shows_topic;   /* above each message */
  gboolean   told_missing;
} Echo;

static char *
make_object (MbMessage  *message,
             const char *data)
{
  GString *object = g_string_new ("{");

  mbtt_append_message (object, message);
  if (data != NULL)
    mbtt_append_member (object, "data", data);
  g_string_append_c (object, '}');

  return g_string_free (object, FALSE);
}

/* A line that tells of which topic what follows is. */
static gboolean
print_topic (MbMessage *message,
             int       *status)
{
  g_autoptr(GDateTime) utc =
    g_date_time_new_from_unix_utc (mb_message_get_received_at (message) / G_USEC_PER_SEC);
  g_autoptr(GDateTime) local = g_date_time_to_local (utc);
  g_autofree char *time = g_date_time_format (local, "%H:%M:%S");
  g_autoptr(GString) line = g_string_new (NULL);
  const char *author = mb_message_get_author (message);

  mbtt_append_shown (line, MBTT_STYLE_NAME, mb_message_get_topic (message));
  g_string_append (line, "  ");
  mbtt_append_shown (line, MBTT_STYLE_FAINT, author != NULL ? author : "?");
  g_string_append (line, "  ");
  mbtt_append_styled (line, MBTT_STYLE_FAINT, time);

  return mbtt_print_line (line->str, status);
}

/* The fields that are asked for: one by itself, more than one as a list. Returns NULL when the message has
 * none of them. */
static char **
look_up (Echo      *self,
         MbMessage *message)
{
  g_autoptr(GStrvBuilder) values = g_strv_builder_new ();
  gboolean found = FALSE;

  for (guint i = 0; i < self->fields->len; i++)
    {
      g_autofree char *value = mbtt_pointer_look_up (g_ptr_array_index (self->fields, i),
                                                     mb_message_get_text (message));

      found = found || value != NULL;
      g_strv_builder_add (values, value != NULL ? value : "null");
    }

  return found ? g_strv_builder_end (values) : NULL;
}

static gboolean
print_json (MbMessage         *message,
            const char *const *values,
            int               *status)
{
  g_autoptr(GString) data = g_string_new (NULL);
  g_autofree char *line = NULL;

  if (g_strv_length ((char **) values) > 1)
    g_string_append_c (data, '[');
  for (guint i = 0; values[i] != NULL; i++)
    {
      g_autofree char *tidy = mbtt_tidy_json (values[i]);

      g_string_append_printf (data, i > 0 ? ",%s" : "%s", tidy);
    }
  if (g_strv_length ((char **) values) > 1)
    g_string_append_c (data, ']');

  line = make_object (message, data->str);

  return mbtt_print_line (line, status);
}

static gboolean
print_plain (const char *const *values,
             int               *status)
{
  g_autoptr(GString) line = g_string_new (NULL);

  for (guint i = 0; values[i] != NULL; i++)
    {
      g_autofree char *text = mbtt_is_terminal () || mbtt_has_color () ? mbtt_format_value (values[i])
                                                                       : mbtt_value_to_line (values[i]);

      g_string_append_printf (line, i > 0 ? "\t%s" : "%s", text);
    }

  return mbtt_print_line (line->str, status);
}

static void
tell_missing (Echo      *self,
              MbMessage *message)
{
  const MbttPointer *field = g_ptr_array_index (self->fields, 0);

  if (self->told_missing)
    return;

  self->told_missing = TRUE;
  mbtt_print_note (_("A message on “%s” has no “%s”, and is left out as others like it are"),
                   mb_message_get_topic (message), mbtt_pointer_get_text (field));
}

static gboolean
message_cb (MbMessage *message,
            int       *status,
            gpointer   data)
{
  Echo *self = data;
  const char *whole[] = { mb_message_get_text (message), NULL };
  g_auto(GStrv) fields = NULL;
  const char *const *values = whole;

  if (self->fields->len > 0)
    {
      fields = look_up (self, message);
      if (fields == NULL)
        {
          tell_missing (self, message);
          return TRUE;
        }
      values = (const char *const *) fields;
    }

  if (mbtt_get_options ()->json)
    return print_json (message, values, status);

  if (self->headers)
    {
      g_autofree char *header = make_object (message, NULL);
      g_autofree char *shown = mbtt_has_color () ? mbtt_format_json (header) : NULL;

      if (!mbtt_print_line (shown != NULL ? shown : header, status))
        return FALSE;
    }
  else if (self->shows_topic && !print_topic (message, status))
    {
      return FALSE;
    }

  return print_plain (values, status);
}

static gboolean
read_fields (Echo               *self,
             const char *const  *texts,
             GError            **error)
{
  for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      if (!mbtt_pointer_add (self->fields, "--field", texts[i], error))
        return FALSE;
    }

  return TRUE;
}

int
mbtt_echo (int    argc,
           char **argv)
{
  g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func ((GDestroyNotify) mbtt_pointer_free);
  Echo self = { .fields = fields };
  g_auto(GStrv) field_texts = NULL;
  const GOptionEntry entries[] = {
    { "field", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &field_texts,
      N_("Print only what this JSON Pointer leads to, such as /position/x; may be repeated"),
      N_("POINTER") },
    { "headers", 0, 0, G_OPTION_ARG_NONE, &self.headers,
      N_("Print a line with the header before each message"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "TOPIC" },
    .words = { MBTT_WORD_PATTERN },
    .n_required = 1,
    .summary =
      N_("Prints the data of all messages on topics that TOPIC matches, one message a line."),
    .description =
      N_("TOPIC is a regular expression that has to match the whole topic, such as '/sensor/.*'.\n"
         "Strings are printed without quotes where “mbtt pub” would read them as the same string;\n"
         "everything else is JSON: on one line, but on a terminal on as many as it takes to be read."),
    .entries = entries,
    .more_entries = mbtt_listen_get_entries (),
  };
  MbttListening listening = { .message = message_cb, .data = &self };
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (!read_fields (&self, (const char *const *) field_texts, &error))
    return mbtt_fail_usage (error);

  self.shows_topic = mbtt_is_terminal () && mbtt_is_pattern (args[0]);
  listening.pattern = args[0];

  return mbtt_listen (&listening);
}
