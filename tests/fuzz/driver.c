/* tests/fuzz/driver.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs a fuzz target over the files of a corpus folder, as a plain test without a fuzzer. */

#include <glib.h>
#include <string.h>

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
          g_autofree guint8 *block = NULL;
          gsize length;

          g_file_get_contents (path, &contents, &length, &error);
          g_assert_no_error (error);

          /* A copy that ends where it ends, so that a read past the end is seen by the sanitizers; of no bytes there is
           * an address too, as with libFuzzer. */
          block = g_malloc (length + 1);
          memcpy (block + 1, contents, length);
          LLVMFuzzerTestOneInput (block + 1, length);
          n++;
        }
    }

  g_print ("%u inputs\n", n);

  return n > 0 ? 0 : 1;
}
