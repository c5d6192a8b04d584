/* mbtt-info.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>

#include "mbtt-common.h"
#include "mbtt-info.h"

int
mbtt_info (int    argc,
           char **argv)
{
  const MbttUsage usage = {
    .parameters = { "FILE" },
    .n_required = 1,
    .summary = N_("Tells what is in a recording: how many messages of which topics, and what is missing."),
  };
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  return mbtt_info_recording (args[0]);
}
