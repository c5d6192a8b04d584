/* mb-service-names.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-service-names-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"

char *
_mb_service_name_normalize (const char  *name,
                            GError     **error)
{
  gsize length = strlen (name);

  if (!g_utf8_validate (name, -1, NULL))
    {
      g_set_error_literal (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC,
                           _("The name of the service is not valid UTF-8"));
      return NULL;
    }

  /* One slash only: “/svc//” is another service than “/svc/”, which is “/svc”. */
  if (length > 0 && name[length - 1] == '/')
    length--;

  if (length == 0)
    {
      g_set_error_literal (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC,
                           _("The name of a service must not be empty; “/add” is one"));
      return NULL;
    }

  return g_strndup (name, length);
}

char *
_mb_service_name_to_topic (const char *name,
                           const char *suffix)
{
  return g_strconcat (name, "/", suffix, NULL);
}

char *
_mb_service_topic_with (const char *topic,
                        const char *suffix)
{
  const char *last = strrchr (topic, '/');
  gsize suffix_size = strlen (suffix) + 1;
  gsize length;
  char *other;

  g_assert (last != NULL);

  length = (gsize) (last + 1 - topic);
  other = g_malloc (length + suffix_size);
  memcpy (other, topic, length);
  memcpy (other + length, suffix, suffix_size);

  return other;
}

MbPattern *
_mb_service_name_to_pattern (const char  *name,
                             GError     **error)
{
  g_autofree char *text = NULL;
  g_autoptr(MbPattern) alone = _mb_pattern_new (name, error);

  if (alone == NULL)
    return NULL;

  /* A group only where it matters, so that a plain name stays one. */
  if (_mb_pattern_get_literal (alone) != NULL)
    text = g_strconcat (_mb_pattern_get_text (alone), "/", MB_SUFFIX_REQUEST, NULL);
  else
    text = g_strconcat ("(?:", _mb_pattern_get_text (alone), ")/", MB_SUFFIX_REQUEST, NULL);

  return _mb_pattern_new (text, error);
}

gboolean
_mb_topic_is_of_service (const char *topic)
{
  const char *last = strrchr (topic, '/');

  last = last != NULL ? last + 1 : topic;

  return strcmp (last, MB_SUFFIX_REQUEST) == 0 || strcmp (last, MB_SUFFIX_REPLY) == 0 ||
         strcmp (last, MB_SUFFIX_ERROR) == 0;
}

gboolean
_mb_topic_is_hidden (const char *topic,
                     gsize       length)
{
  const char *end = topic + length;

  while (topic < end)
    {
      const char *slash = memchr (topic, '/', (gsize) (end - topic));
      const char *part_end = slash != NULL ? slash : end;

      if (part_end - topic >= 4 && topic[0] == '_' && topic[1] == '_' && part_end[-1] == '_' && part_end[-2] == '_')
        return TRUE;
      topic = part_end + 1;
    }

  return FALSE;
}
