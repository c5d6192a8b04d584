/* mbtt-values.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* JSON as people type it and read it. */

#include "config.h"

#include "mbtt-values.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-output.h"

#define JSON_SPACE " \t\r\n"

/* A text as a JSON string. */
char *
mbtt_quote (const char *text)
{
  g_autoptr(JsonNode) node = json_node_init_string (json_node_alloc (), text);
  g_autofree char *valid = NULL;
  g_autofree char *quoted = mb_json_to_text (node, NULL);

  if (quoted != NULL)
    return mbtt_tidy_json (quoted);

  valid = g_utf8_make_valid (text, -1);

  return mbtt_quote (valid);
}

/* Whether a text that is not JSON was surely meant to be. */
static gboolean
looks_like_json (const char *text)
{
  text += strspn (text, JSON_SPACE);

  return *text == '{' || *text == '[' || *text == '"';
}

/* Whether a text is read as a string without being one in JSON. */
static gboolean
is_words (const char    *text,
          const GError  *error)
{
  return g_error_matches (error, MB_JSON_ERROR, MB_JSON_ERROR_SYNTAX) && !looks_like_json (text);
}

/* Reads a value as it was typed: JSON if it is JSON, and else words, which are a string. Returns
 * JSON text. `what` is what to call the value in errors. */
char *
mbtt_read_value (const char  *what,
                 const char  *text,
                 gboolean     is_string,
                 GError     **error)
{
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(GError) json_error = NULL;

  if (is_string)
    return mbtt_quote (text);

  node = mb_json_from_text (text, &json_error);
  if (node != NULL)
    return g_strdup (text);

  if (is_words (text, json_error))
    return mbtt_quote (text);

  g_set_error (error, json_error->domain, json_error->code,
               _("%s is not usable as JSON: %s (to send it as a string, add --string)"),
               what, json_error->message);

  return NULL;
}

static char *
swap_quotes (const char *text)
{
  char *swapped = g_strdup (text);

  for (char *c = swapped; *c != '\0'; c++)
    {
      if (*c == '\'')
        *c = '"';
      else if (*c == '"')
        *c = '\'';
    }

  return swapped;
}

static JsonNode *
read_schema_node (const char  *text,
                  GError     **error)
{
  g_autoptr(GError) plain_error = NULL;
  g_autoptr(GError) swapped_error = NULL;
  g_autoptr(JsonNode) node = mb_json_from_text (text, &plain_error);
  g_autofree char *swapped = NULL;

  if (node != NULL)
    return g_steal_pointer (&node);

  if (strchr (text, '\'') == NULL)
    {
      g_set_error (error, plain_error->domain, plain_error->code,
                   _("The schema was read as JSON text, which it is not: %s"),
                   plain_error->message);
      return NULL;
    }

  swapped = swap_quotes (text);
  node = mb_json_from_text (swapped, &swapped_error);
  if (node == NULL)
    g_set_error (error, plain_error->domain, plain_error->code,
                 _("The schema was read as JSON text (%s) and as JSON text with ' and \" swapped "
                   "(%s), and is neither"),
                 plain_error->message, swapped_error->message);

  return g_steal_pointer (&node);
}

static MbSchema *
read_schema_text (const char  *text,
                  GError     **error)
{
  g_autoptr(JsonNode) node = read_schema_node (text, error);
  MbSchema *schema;

  if (node == NULL)
    return NULL;

  schema = mb_schema_new_from_node (node, error);
  if (schema == NULL)
    g_prefix_error (error, _("The schema is not usable: "));

  return schema;
}

static MbSchema *
read_schema_file (const char  *name,
                  GError     **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (name);
  MbSchema *schema = mb_schema_new_from_file (file, NULL, error);

  if (schema == NULL && error != NULL && (*error)->domain == G_IO_ERROR)
    g_prefix_error (error, _("The schema “%s” is neither JSON text nor a file that can be read: "),
                    name);
  else if (schema == NULL)
    g_prefix_error (error, _("The schema in the file “%s” is not usable: "), name);

  return schema;
}

/* Reads the value of --schema: a file name, JSON text, or JSON text with the two kinds of quotes
 * swapped, as the Python program wants it. Beside objects, `true` and `false` are schemas. */
MbSchema *
mbtt_read_schema (const char  *argument,
                  GError     **error)
{
  g_autoptr(JsonNode) node = NULL;

  if (argument[strspn (argument, JSON_SPACE)] == '{')
    return read_schema_text (argument, error);

  node = mb_json_from_text (argument, NULL);

  return node != NULL ? read_schema_text (argument, error) : read_schema_file (argument, error);
}

/* Appends a string of a JSON text, quotes included, with only those escapes that it needs. */
static void
append_string_token (GString    *out,
                     const char *token,
                     gsize       length)
{
  g_autofree char *text = g_strndup (token, length);
  g_autofree char *shorter = NULL;
  const char *c;

  if (strchr (text, '\\') != NULL)
    {
      g_autoptr(JsonNode) node = mb_json_from_text (text, NULL);

      shorter = node != NULL ? mb_json_to_text (node, NULL) : NULL;
    }

  for (c = shorter != NULL ? shorter : text; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (mbtt_is_unsafe (character))
        g_string_append_printf (out, "\\u%04x", character);
      else
        g_string_append_unichar (out, character);
    }
}

/* Writes a valid JSON text as one line that is fit to read and to display: no white space
 * between tokens, no escapes but those that are needed. Numbers stay as they are, whatever their
 * length. */
char *
mbtt_tidy_json (const char *json)
{
  GString *out = g_string_new (NULL);

  while (*json != '\0')
    {
      const char *start = json;

      if (*json == '"')
        {
          for (json++; *json != '"' && *json != '\0'; json++)
            {
              if (json[0] == '\\' && json[1] != '\0')
                json++;
            }
          if (*json == '"')
            json++;
          append_string_token (out, start, (gsize) (json - start));
          continue;
        }

      if (strchr (JSON_SPACE, *json) == NULL)
        g_string_append_c (out, *json);
      json++;
    }

  return g_string_free (out, FALSE);
}

/* Whether a string can be printed without quotes, so that mbtt_read_value() reads it as the same
 * string. */
static gboolean
is_plain (const char *text)
{
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(GError) error = NULL;

  if (*text == '\0' || g_unichar_isspace (g_utf8_get_char (text)))
    return FALSE;

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      if (mbtt_is_unsafe (g_utf8_get_char (c)))
        return FALSE;
      if (*g_utf8_next_char (c) == '\0' && g_unichar_isspace (g_utf8_get_char (c)))
        return FALSE;
    }

  node = mb_json_from_text (text, &error);

  return node == NULL && is_words (text, error);
}

/* Writes a valid JSON text as one line that `pub` reads as the same value: strings without
 * quotes if they are plain words, everything else as JSON. */
char *
mbtt_value_to_line (const char *json)
{
  g_autoptr(JsonNode) node = NULL;

  if (*json != '"')
    return mbtt_tidy_json (json);

  node = mb_json_from_text (json, NULL);
  if (node != NULL && is_plain (json_node_get_string (node)))
    return json_node_dup_string (node);

  return mbtt_tidy_json (json);
}

/* Appends a member to an object that is being written, from its opening bracket on. */
void
mbtt_append_member (GString    *object,
                    const char *name,
                    const char *json)
{
  if (object->str[object->len - 1] != '{')
    g_string_append_c (object, ',');
  g_string_append_printf (object, "\"%s\":%s", name, json != NULL ? json : "null");
}

void
mbtt_append_string (GString    *object,
                    const char *name,
                    const char *text)
{
  g_autofree char *json = text != NULL ? mbtt_quote (text) : NULL;

  mbtt_append_member (object, name, json);
}

static char *
format_time (gint64 microseconds)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc (microseconds / G_USEC_PER_SEC);
  g_autofree char *seconds = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf ("%s.%06dZ", seconds, (int) (microseconds % G_USEC_PER_SEC));
}

/* Appends all about a message but its data. */
void
mbtt_append_message (GString   *object,
                     MbMessage *message)
{
  JsonNode *header = mb_message_get_header (message);
  g_autofree char *header_text = header != NULL ? mb_json_to_text (header, NULL) : NULL;
  g_autofree char *tidy_header = header_text != NULL ? mbtt_tidy_json (header_text) : NULL;
  g_autofree char *time = format_time (mb_message_get_received_at (message));
  guint64 sequence = mb_message_get_sequence (message);
  g_autofree char *number = sequence > 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT, sequence) : NULL;

  mbtt_append_string (object, "topic", mb_message_get_topic (message));
  mbtt_append_string (object, "author", mb_message_get_author (message));
  mbtt_append_string (object, "id", mb_message_get_id (message));
  mbtt_append_string (object, "time", time);
  mbtt_append_string (object, "session", mb_message_get_session (message));
  mbtt_append_member (object, "sequence", number);
  if (mb_message_get_signer (message) != NULL)
    mbtt_append_string (object, "signer", mb_message_get_signer (message));
  mbtt_append_member (object, "header", tidy_header);
}
