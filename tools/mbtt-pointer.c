/* mbtt-pointer.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* JSON Pointers (RFC 6901), looked up in JSON text, so that numbers keep all their digits. */

#include "config.h"

#include "mbtt-pointer.h"

#include <glib/gi18n.h>
#include <string.h>

#include <minibus.h>

#define JSON_SPACE " \t\r\n"

struct _MbttPointer
{
  char  *text;
  char **parts;       /* without escapes */
};

static gboolean
unescape (char *part)
{
  char *out = part;

  for (; *part != '\0'; part++)
    {
      if (*part == '~')
        {
          part++;
          if (*part != '0' && *part != '1')
            return FALSE;
          *out++ = *part == '0' ? '~' : '/';
          continue;
        }
      *out++ = *part;
    }
  *out = '\0';

  return TRUE;
}

MbttPointer *
mbtt_pointer_new (const char  *text,
                  GError     **error)
{
  g_autoptr(MbttPointer) self = g_new0 (MbttPointer, 1);

  if (*text != '\0' && *text != '/')
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is not a JSON Pointer, which begins with a slash, such as “/%s”"),
                   text, text);
      return NULL;
    }

  self->text = g_strdup (text);
  /* What stands before the first slash is no part. */
  self->parts = g_strsplit (text, "/", -1);
  if (self->parts[0] != NULL)
    {
      guint n_parts = g_strv_length (self->parts);

      g_free (self->parts[0]);
      memmove (self->parts, self->parts + 1, n_parts * sizeof (char *));
    }

  for (guint i = 0; self->parts[i] != NULL; i++)
    {
      if (unescape (self->parts[i]))
        continue;

      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is not a JSON Pointer: “~” is written “~0” in it, and “/” within a name “~1”"),
                   text);
      return NULL;
    }

  return g_steal_pointer (&self);
}

/* Adds the pointer that was given with an option. */
gboolean
mbtt_pointer_add (GPtrArray   *pointers,
                  const char  *option,
                  const char  *text,
                  GError     **error)
{
  MbttPointer *self = NULL;

  if (!g_utf8_validate (text, -1, NULL))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("The value of %s, “%s”, is not valid UTF-8"), option, text);
  else
    self = mbtt_pointer_new (text, error);

  if (self != NULL)
    g_ptr_array_add (pointers, self);

  return self != NULL;
}

void
mbtt_pointer_free (MbttPointer *self)
{
  g_free (self->text);
  g_strfreev (self->parts);
  g_free (self);
}

const char *
mbtt_pointer_get_text (const MbttPointer *self)
{
  return self->text;
}

static const char *
skip_space (const char *json)
{
  return json + strspn (json, JSON_SPACE);
}

static const char *
skip_string (const char *json)
{
  for (json++; *json != '"' && *json != '\0'; json++)
    {
      if (json[0] == '\\' && json[1] != '\0')
        json++;
    }

  return *json == '"' ? json + 1 : json;
}

/* Returns where a value of a valid JSON text ends. */
const char *
mbtt_json_skip (const char *json)
{
  guint depth = 0;

  json = skip_space (json);
  do
    {
      if (*json == '"')
        {
          json = skip_string (json);
          continue;
        }

      if (*json == '{' || *json == '[')
        depth++;
      else if (*json == '}' || *json == ']')
        depth--;
      else if (depth == 0)
        return json + strcspn (json, JSON_SPACE ",]}");
      json++;
    }
  while (depth > 0 && *json != '\0');

  return json;
}

static gboolean
is_name (const char *token,
         gsize       length,
         const char *name)
{
  g_autofree char *text = g_strndup (token, length);
  g_autoptr(JsonNode) node = NULL;

  if (memchr (token, '\\', length) == NULL)
    return length == strlen (name) + 2 && memcmp (token + 1, name, length - 2) == 0;

  node = mb_json_from_text (text, NULL);

  return node != NULL && strcmp (json_node_get_string (node), name) == 0;
}

/* Returns where the member begins, or NULL. Of two of one name, the last counts. */
static const char *
find_member (const char *json,
             const char *name)
{
  const char *found = NULL;

  for (json = skip_space (json + 1); *json == '"'; json = skip_space (json))
    {
      const char *end = skip_string (json);
      gboolean matches = is_name (json, (gsize) (end - json), name);

      json = skip_space (skip_space (end) + 1);
      if (matches)
        found = json;

      json = skip_space (mbtt_json_skip (json));
      if (*json == ',')
        json++;
    }

  return found;
}

static const char *
find_element (const char *json,
              const char *number)
{
  guint64 wanted;

  if ((number[0] == '0' && number[1] != '\0') ||
      !g_ascii_string_to_unsigned (number, 10, 0, G_MAXUINT64, &wanted, NULL))
    return NULL;

  json = skip_space (json + 1);
  for (guint64 i = 0; *json != ']' && *json != '\0'; i++)
    {
      if (i == wanted)
        return json;

      json = skip_space (mbtt_json_skip (json));
      if (*json == ',')
        json = skip_space (json + 1);
    }

  return NULL;
}

/* Returns the value as it stands in a valid JSON text, or NULL when it is not there. */
char *
mbtt_pointer_look_up (const MbttPointer *self,
                      const char        *json)
{
  json = skip_space (json);

  for (guint i = 0; self->parts[i] != NULL; i++)
    {
      if (*json == '{')
        json = find_member (json, self->parts[i]);
      else if (*json == '[')
        json = find_element (json, self->parts[i]);
      else
        return NULL;

      if (json == NULL)
        return NULL;
    }

  return g_strndup (json, (gsize) (mbtt_json_skip (json) - json));
}
