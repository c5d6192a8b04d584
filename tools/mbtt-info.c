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
  gboolean hidden = FALSE;
  const GOptionEntry entries[] = {
    { "hidden", 0, 0, G_OPTION_ARG_NONE, &hidden,
      N_("Tell also of what has a part like __this__"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "NAME" },
    .words = { MBTT_WORD_THING_OR_FILE },
    .n_required = 1,
    .summary = N_("Tells about a topic, a service or a peer, or about a recording."),
    .description =
      N_("If NAME is a file, it tells how many messages of which topics are in the recording, and what is\n"
         "missing. If it is the name of more than one thing on the bus, it tells of all of them. If there is\n"
         "nothing of that name, the exit status is 1."),
    .entries = entries,
  };
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (g_file_test (args[0], G_FILE_TEST_IS_REGULAR))
    return mbtt_info_recording (args[0]);

  return mbtt_info_bus (args[0], hidden);
}
