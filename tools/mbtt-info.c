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
    .words = { MBTT_WORD_THING },
    .n_required = 1,
    .summary = N_("Tells about a topic, a service or a peer."),
    .description =
      N_("If NAME is the name of more than one, it tells of all of them. What there is no such name of has the\n"
         "exit status 1."),
    .entries = entries,
  };
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  return mbtt_info_bus (args[0], hidden);
}
