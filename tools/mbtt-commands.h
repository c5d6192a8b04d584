/* mbtt-commands.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The subcommands. Each gets its own name and what follows it, and returns an exit status. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

int mbtt_call (int    argc,
               char **argv);
int mbtt_doctor (int    argc,
                 char **argv);
int mbtt_echo (int    argc,
               char **argv);
int mbtt_info (int    argc,
               char **argv);
int mbtt_play (int    argc,
               char **argv);
int mbtt_pub  (int    argc,
               char **argv);
int mbtt_record (int    argc,
                 char **argv);

G_END_DECLS
