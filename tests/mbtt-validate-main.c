/* mbtt-validate-main.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The subcommand “validate” as a program of its own, for test-mbtt-validate.c. */

#include <locale.h>

#include "tools/mbtt-validate.h"

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");

  return mbtt_validate (argc, argv);
}
