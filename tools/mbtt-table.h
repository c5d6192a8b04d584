/* mbtt-table.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _MbttTable MbttTable;

MbttTable *mbtt_table_new   (guint       n_columns);
void       mbtt_table_free  (MbttTable  *self);
void       mbtt_table_add   (MbttTable  *self,
                             ...) G_GNUC_NULL_TERMINATED;
gboolean   mbtt_table_print (MbttTable  *self,
                             int        *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbttTable, mbtt_table_free)

G_END_DECLS
