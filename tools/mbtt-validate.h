/* mbtt-validate.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The subcommand “validate”, which is argv[0]. Returns the status to exit with. */
int mbtt_validate (int    argc,
                   char **argv);

G_END_DECLS
