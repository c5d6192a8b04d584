/* mbtt-hidden.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Which topics are not shown to those who did not ask for them. */

#include "config.h"

#include "mbtt-hidden.h"

#include <string.h>

static gboolean
is_hidden_part (const char *part,
                gsize       length)
{
  return length > 4 &&
         strncmp (part, "__", 2) == 0 && strncmp (part + length - 2, "__", 2) == 0;
}

/* Whether a part of a topic or service, between slashes, begins and ends with two underscores. */
gboolean
mbtt_is_hidden (const char *name)
{
  for (;;)
    {
      gsize length = strcspn (name, "/");

      if (is_hidden_part (name, length))
        return TRUE;
      if (name[length] == '\0')
        return FALSE;

      name += length + 1;
    }
}

/* Whether a pattern asks for hidden topics by itself. */
gboolean
mbtt_names_hidden (const char *pattern)
{
  return strstr (pattern, "__") != NULL;
}

/* Whether a text can match more than itself. */
gboolean
mbtt_is_pattern (const char *topic)
{
  return strpbrk (topic, "\\|()[]{}^$*+?.") != NULL;
}
