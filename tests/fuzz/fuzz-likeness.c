/* fuzz-likeness.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Texts that follow each other: each line is one. The first byte says which way they go. What is said to be like one
 * that was good has to be good, and to mean what it means by itself.
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-json-private.h"
#include "minibus/mb-likeness-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static void
assert_same (const char *one,
             gsize       one_length,
             const char *other,
             gsize       other_length)
{
  g_assert_cmpmem (one, one_length, other, other_length);
}

/* As on the way out: the plain text is known, and it is asked how it stands in a packet. */
static void
go_out (gconstpointer  key,
        const char    *text,
        gsize          length)
{
  g_autoptr(GString) escaped = g_string_new (NULL);
  gsize n;
  const char *found = _mb_likeness_find (key, MB_LIKENESS_OUT, text, length, &n);
  gboolean good = _mb_json_is_plain (text, length);

  _mb_json_append_string (escaped, text, length);
  if (found != NULL)
    {
      g_assert_true (good);
      assert_same (found, n, escaped->str + 1, escaped->len - 2);
    }
  else if (good)
    {
      _mb_likeness_note (key, MB_LIKENESS_OUT, text, length);
    }
}

/* As on the way in: what stands in a packet is known, here of any text. */
static void
come_in (gconstpointer  key,
         const char    *text,
         gsize          length)
{
  g_autoptr(GString) escaped = g_string_new (NULL);
  const char *found;
  gboolean good = g_utf8_validate_len (text, length, NULL) && _mb_json_check (text, length, NULL);
  gsize n;

  _mb_json_append_string (escaped, text, length);
  found = _mb_likeness_find (key, MB_LIKENESS_IN, escaped->str + 1, escaped->len - 2, &n);
  if (found != NULL)
    {
      g_assert_true (good);
      assert_same (found, n, text, length);
    }
  else if (good)
    {
      _mb_likeness_note (key, MB_LIKENESS_IN, text, length);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  static guint n_runs;
  const char *text = (const char *) data + 1;
  gconstpointer key;
  const char *end;

  if (size < 2)
    return 0;

  /* What other inputs have left behind is not to be looked at. */
  key = GSIZE_TO_POINTER ((gsize) ++n_runs * 16);
  end = (const char *) data + size;
  while (text < end)
    {
      const char *line = memchr (text, '\n', (gsize) (end - text));
      gsize length = (gsize) ((line != NULL ? line : end) - text);
      g_autofree char *copy = g_malloc (MAX (1, length));

      memcpy (copy, text, length);
      if (data[0] % 2 == 0)
        go_out (key, copy, length);
      else
        come_in (key, copy, length);
      text += length + 1;
    }

  return 0;
}
