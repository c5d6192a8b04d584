/* fuzz-pattern.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The first line is a topic, the rest a pattern. */

#include "config.h"

#include <string.h>

#include "minibus/mb-pattern-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

/* A topic, as a pattern, matches itself and nothing else. */
static void
check_literal (const char *topic)
{
  g_autofree char *escaped = _mb_pattern_escape (topic);
  g_autofree char *longer = g_strconcat (topic, "\n", NULL);
  g_autofree char *key = g_strconcat ("^", escaped, "$", NULL);
  g_autoptr(MbPattern) literal = _mb_pattern_new_literal (topic);
  g_autoptr(MbPattern) pattern = _mb_pattern_new (key, NULL);

  g_assert_cmpstr (_mb_pattern_get_literal (literal), ==, topic);
  g_assert_cmpstr (_mb_pattern_get_key (literal), ==, key);
  g_assert_cmpint (_mb_pattern_match (literal, topic, strlen (topic)), ==, MB_MATCH_YES);
  g_assert_cmpint (_mb_pattern_match (literal, longer, strlen (longer)), ==, MB_MATCH_NO);

  if (strlen (key) > MB_PATTERN_MAX_LENGTH || !g_utf8_validate (topic, -1, NULL))
    {
      g_assert_null (pattern);
      return;
    }

  g_assert_cmpstr (_mb_pattern_get_literal (pattern), ==, topic);
  g_assert_cmpstr (_mb_pattern_get_key (pattern), ==, key);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(MbPattern) pattern = NULL;
  g_autoptr(MbPattern) same = NULL;
  char *rest = strchr (text, '\n');
  MbMatch match;

  if (rest == NULL)
    return 0;
  *rest++ = '\0';

  check_literal (text);

  pattern = _mb_pattern_new (rest, &error);
  if (pattern == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }

  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (_mb_pattern_get_key (pattern), "^"));
  g_assert_true (g_str_has_suffix (_mb_pattern_get_key (pattern), "$"));

  match = _mb_pattern_match (pattern, text, strlen (text));
  if (_mb_pattern_get_literal (pattern) != NULL)
    g_assert_true ((match == MB_MATCH_YES) ==
                   (strcmp (_mb_pattern_get_literal (pattern), text) == 0));

  same = _mb_pattern_new (_mb_pattern_get_key (pattern), NULL);
  if (strlen (_mb_pattern_get_key (pattern)) <= MB_PATTERN_MAX_LENGTH)
    {
      g_assert_cmpstr (_mb_pattern_get_key (same), ==, _mb_pattern_get_key (pattern));
      g_assert_cmpint (_mb_pattern_match (same, text, strlen (text)), ==, match);
    }

  return 0;
}
