/* mbtt-commands.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The subcommands. Each gets its own name and what follows it, and returns an exit status. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char  *name;
  int        (*run) (int argc, char **argv);
  const char  *summary;       /* NULL for those that are not for people */
} MbttCommand;

const MbttCommand *mbtt_get_commands (void);

int mbtt_bw          (int    argc,
                      char **argv);
int mbtt_call        (int    argc,
                      char **argv);
int mbtt_clients     (int    argc,
                      char **argv);
int mbtt_complete    (int    argc,
                      char **argv);
int mbtt_delay       (int    argc,
                      char **argv);
int mbtt_doctor      (int    argc,
                      char **argv);
int mbtt_echo        (int    argc,
                      char **argv);
int mbtt_find        (int    argc,
                      char **argv);
int mbtt_hz          (int    argc,
                      char **argv);
int mbtt_info        (int    argc,
                      char **argv);
int mbtt_list        (int    argc,
                      char **argv);
int mbtt_play        (int    argc,
                      char **argv);
int mbtt_pub         (int    argc,
                      char **argv);
int mbtt_publishers  (int    argc,
                      char **argv);
int mbtt_record      (int    argc,
                      char **argv);
int mbtt_services    (int    argc,
                      char **argv);
int mbtt_subscribers (int    argc,
                      char **argv);
int mbtt_validate    (int    argc,
                      char **argv);
int mbtt_wait        (int    argc,
                      char **argv);

G_END_DECLS
