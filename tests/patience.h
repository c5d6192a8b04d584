/* tests/patience.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <stdlib.h>

/* When to give up what takes no time but on a machine that is slow, after so many seconds. Under tests/sanitize
 * everything takes longer, and it says by how much. */
G_GNUC_UNUSED static gint64
patience_end (guint seconds)
{
  const char *slowness = g_getenv ("MB_TEST_SLOWNESS");
  gint64 factor = slowness != NULL ? MAX (1, atoi (slowness)) : 1;

  return g_get_monotonic_time () + factor * seconds * G_TIME_SPAN_SECOND;
}
