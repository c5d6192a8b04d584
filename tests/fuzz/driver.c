/* tests/fuzz/driver.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs a fuzz target over the files of a corpus folder, as a plain test without a fuzzer. */

#include <glib.h>

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

int
main (int    argc,
      char **argv)
{
  guint n = 0;

  for (int i = 1; i < argc; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GDir) dir = g_dir_open (argv[i], 0, &error);
      const char *name;

      g_assert_no_error (error);

      while ((name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *path = g_build_filename (argv[i], name, NULL);
          g_autofree char *contents = NULL;
          g_autofree guint8 *exact = NULL;
          gsize length;

          g_file_get_contents (path, &contents, &length, &error);
          g_assert_no_error (error);

          /* A copy of the exact size, so that a read past the end is seen by the sanitizers. */
          exact = g_memdup2 (contents, length);
          LLVMFuzzerTestOneInput (exact, length);
          n++;
        }
    }

  g_print ("%u inputs\n", n);

  return n > 0 ? 0 : 1;
}
