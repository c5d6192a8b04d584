/* mb-schema-names.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Tables of names that are known when a schema is compiled. The ends and the length of a name
 * mostly tell it from the others of its table, and a seed is looked for that gives each a slot of
 * its own. Where there is none, all bytes are hashed, with a key that nobody outside knows.
 */

#include "config.h"

#include "mb-schema-private.h"

static gboolean
fill (MbNameTable *table)
{
  gboolean perfect = TRUE;

  memset (table->slots, 0, sizeof (guint32) * (table->mask + 1));
  for (guint i = 0; i < table->n_names; i++)
    {
      MbName *name = &table->names[i];
      guint32 *slot;

      _mb_name_get_ends (name->name, name->length, &name->first, &name->last);
      name->hash = _mb_name_hash (table, name->name, name->length, name->first, name->last);
      slot = &table->slots[name->hash & table->mask];
      if (*slot != 0)
        perfect = FALSE;
      name->next = *slot;
      *slot = i + 1;
    }

  return perfect;
}

void
_mb_name_table_build (MbNameTable     *table,
                      MbSchemaProgram *program)
{
  enum { TRIES = 32, LARGEST_PERFECT = 64 };

  guint64 seed = G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  if (table->n_names == 0)
    return;

  for (table->mask = 1; table->mask < table->n_names * 2; table->mask = table->mask * 2 + 1)
    ;
  table->slots = _mb_schema_program_alloc (program, sizeof (guint32) * (table->mask + 1));

  for (guint i = 0; i < TRIES && table->n_names <= LARGEST_PERFECT; i++)
    {
      table->seed = seed | 1;
      if (fill (table))
        return;
      seed = seed * G_GUINT64_CONSTANT (6364136223846793005) + 1442695040888963407;
    }

  table->whole = TRUE;
  fill (table);
}
