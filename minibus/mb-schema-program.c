/* mb-schema-program.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A compiled schema: made once, never changed, used by any thread. */

#include "config.h"

#include "mb-schema-compile-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-error.h"

#define BLOCK_SIZE 4096

/* Zeroed memory that lives as long as the program. */
gpointer
_mb_schema_program_alloc (MbSchemaProgram *self,
                          gsize            size)
{
  guint8 *block;

  size = (size + 15) & ~(gsize) 15;
  if (self->blocks->len == 0 || self->block_used + size > self->block_size)
    {
      self->block_size = MAX (size, BLOCK_SIZE);
      self->block_used = 0;
      g_ptr_array_add (self->blocks, g_malloc0 (self->block_size));
    }

  block = g_ptr_array_index (self->blocks, self->blocks->len - 1);
  block += self->block_used;
  self->block_used += size;

  return block;
}

const char *
_mb_schema_program_strdup (MbSchemaProgram *self,
                           const char      *text)
{
  gsize size;
  char *copy;

  if (text == NULL)
    return NULL;

  size = strlen (text) + 1;
  copy = _mb_schema_program_alloc (self, size);
  memcpy (copy, text, size);

  return copy;
}

/* The ends and the length of a name mostly tell it from the others of its table. */
static inline guint64
hash_ends (const char *name,
           gsize       length,
           guint64     seed)
{
  guint64 a = 0, b = 0;

  if (length >= 8)
    {
      memcpy (&a, name, 8);
      memcpy (&b, name + length - 8, 8);
    }
  else if (length >= 4)
    {
      guint32 x, y;

      memcpy (&x, name, 4);
      memcpy (&y, name + length - 4, 4);
      a = x;
      b = y;
    }
  else if (length > 0)
    {
      a = (guint8) name[0];
      b = (guint64) (guint8) name[length / 2] << 8 | (guint8) name[length - 1];
    }

  a = (a ^ (b << 23 | b >> 41) ^ (length << 56)) * seed;

  return a >> 32;
}

static inline guint64
hash_name (const MbNameTable *table,
           const char        *name,
           gsize              length)
{
  return table->whole ? _mb_value_hash_text (name, length) : hash_ends (name, length, table->seed);
}

static gboolean
fill (MbNameTable *table)
{
  gboolean perfect = TRUE;

  memset (table->slots, 0, sizeof (guint32) * (table->mask + 1));
  for (guint i = 0; i < table->n_names; i++)
    {
      MbName *name = &table->names[i];
      guint32 *slot;

      name->hash = hash_name (table, name->name, name->length);
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
      seed = seed * G_GUINT64_CONSTANT (6364136223846793005) + G_GUINT64_CONSTANT (1442695040888963407);
    }

  table->whole = TRUE;
  fill (table);
}

const MbName *
_mb_name_table_find (const MbNameTable *table,
                     const char        *name,
                     gsize              length)
{
  if (table->n_names == 0)
    return NULL;

  for (guint32 i = table->slots[hash_name (table, name, length) & table->mask]; i != 0; )
    {
      const MbName *found = &table->names[i - 1];

      if (found->length == length && memcmp (found->name, name, length) == 0)
        return found;
      i = found->next;
    }

  return NULL;
}

/* The schemas that a schema applies to the same value. */
static void
collect_in_place (const MbSchemaNode *node,
                  GPtrArray          *out)
{
  const MbLogicRules *logic = node->logic;
  const MbObjectRules *object = node->object;

  g_ptr_array_set_size (out, 0);
  for (guint i = 0; object != NULL && i < object->n_dependencies; i++)
    g_ptr_array_add (out, object->dependencies[i].schema);

  if (logic == NULL)
    return;

  g_ptr_array_add (out, logic->ref);
  if (logic->dynamic_name == NULL)
    g_ptr_array_add (out, logic->dynamic_ref);
  g_ptr_array_add (out, logic->not);
  g_ptr_array_add (out, logic->if_);
  g_ptr_array_add (out, logic->then);
  g_ptr_array_add (out, logic->else_);
  for (guint i = 0; i < logic->n_all_of; i++)
    g_ptr_array_add (out, logic->all_of[i]);
  for (guint i = 0; i < logic->n_any_of; i++)
    g_ptr_array_add (out, logic->any_of[i]);
  for (guint i = 0; i < logic->n_one_of; i++)
    g_ptr_array_add (out, logic->one_of[i]);
}

typedef struct
{
  MbSchemaNode *node;
  GPtrArray    *next;
  guint         at;
} Step;

static void
step_clear (gpointer data)
{
  Step *step = data;

  g_ptr_array_unref (step->next);
}

/* A schema that comes back to itself without going into the value would never be done. */
static gboolean
check_cycles (MbCompiler  *self,
              GError     **error)
{
  enum { UNSEEN, OPEN, DONE };

  g_autoptr(GArray) stack = g_array_new (FALSE, FALSE, sizeof (Step));

  g_array_set_clear_func (stack, step_clear);

  for (guint i = 0; i < self->queue->len; i++)
    {
      MbSchemaNode *entered = g_ptr_array_index (self->queue, i);

      while (entered != NULL || stack->len > 0)
        {
          Step *top;

          if (entered != NULL && entered->mark == OPEN)
            {
              _mb_compiler_fail (entered, NULL, MB_SCHEMA_ERROR_INVALID, error,
                                 _("refers to itself without going into the value, and so would "
                                   "never come to an end"));
              return FALSE;
            }
          if (entered != NULL && entered->mark == UNSEEN)
            {
              Step step = { entered, g_ptr_array_new (), 0 };

              collect_in_place (entered, step.next);
              entered->mark = OPEN;
              g_array_append_val (stack, step);
            }

          entered = NULL;
          if (stack->len == 0)
            break;
          top = &g_array_index (stack, Step, stack->len - 1);
          while (entered == NULL && top->at < top->next->len)
            entered = g_ptr_array_index (top->next, top->at++);
          if (entered == NULL)
            {
              top->node->mark = DONE;
              g_array_set_size (stack, stack->len - 1);
            }
        }
    }

  return TRUE;
}

static gboolean
is_reference_only (const MbSchemaNode *node)
{
  const MbLogicRules *logic = node->logic;

  return node->types == MB_VALUE_ANY && node->flags == MB_NODE_LOGIC && logic->ref != NULL &&
         logic->dynamic_ref == NULL && logic->not == NULL && logic->if_ == NULL &&
         logic->n_all_of == 0 && logic->n_any_of == 0 && logic->n_one_of == 0;
}

/* There are no cycles any more. */
static void
set_aliases (MbCompiler *self)
{
  if (self->program->has_dynamic)
    return;

  for (guint i = 0; i < self->queue->len; i++)
    {
      MbSchemaNode *node = g_ptr_array_index (self->queue, i);
      const MbSchemaNode *target = node;

      /* Those met on the way are short-cut already, or short. */
      for (guint hops = 0; hops < 64 && is_reference_only (target); hops++)
        target = target->alias != NULL ? target->alias : target->logic->ref;
      if (target != node)
        node->alias = target;
    }
}

/* Every resource that has an anchor which a dynamic reference asks for may be the one meant. Returns
 * whether there is more to compile.
 */
static gboolean
add_dynamic_anchors (MbCompiler  *self,
                     GError     **error)
{
  guint before = self->queue->len;

  for (guint i = 0; i < self->program->resources->len; i++)
    {
      MbResource *resource = g_ptr_array_index (self->program->resources, i);
      GHashTableIter iter;
      gpointer name, anchor;

      if (resource->anchors == NULL)
        continue;

      g_hash_table_iter_init (&iter, resource->anchors);
      while (g_hash_table_iter_next (&iter, &name, &anchor))
        {
          MbAnchor *found = anchor;
          MbSchemaNode *node;

          if (!found->dynamic || !g_hash_table_contains (self->dynamic_names, name))
            continue;
          if (resource->dynamic == NULL)
            resource->dynamic = g_hash_table_new (g_str_hash, g_str_equal);
          if (g_hash_table_contains (resource->dynamic, name))
            continue;
          node = _mb_compiler_get_node (self, found->json, found->resource, error);
          if (node == NULL)
            return FALSE;
          g_hash_table_insert (resource->dynamic, name, node);
        }
    }

  return self->queue->len > before;
}

static gboolean
compile_all (MbCompiler  *self,
             GError     **error)
{
  g_autoptr(GError) local_error = NULL;

  do
    {
      for (; self->n_done < self->queue->len; self->n_done++)
        if (!_mb_compiler_compile (self, g_ptr_array_index (self->queue, self->n_done), error))
          return FALSE;
    }
  while (add_dynamic_anchors (self, &local_error));

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return check_cycles (self, error);
}

static void
resource_clear (gpointer data)
{
  MbResource *resource = data;

  g_clear_pointer (&resource->anchors, g_hash_table_unref);
  g_clear_pointer (&resource->dynamic, g_hash_table_unref);
}

/* `node` stays as it is: the program is made from a copy. */
MbSchemaProgram *
_mb_schema_program_new (JsonNode               *node,
                        const char             *uri,
                        const MbSchemaOptions  *options,
                        GError                **error)
{
  MbSchemaProgram *program = g_new0 (MbSchemaProgram, 1);
  MbCompiler self = { .program = program, .options = options, .regex_work = MB_SCHEMA_MAX_REGEX_WORK };
  MbDialect dialect = { options->default_draft, MB_VOCABULARY_ALL };
  MbResource *resource;
  gboolean good = FALSE;
  gsize n_values = 0;

  program->blocks = g_ptr_array_new_with_free_func (g_free);
  program->documents = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);
  program->regexes = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_regex_free);
  program->resources = g_ptr_array_new_with_free_func (resource_clear);

  program->json = _mb_value_copy (node, MB_SCHEMA_MAX_NESTING, &n_values);
  if (program->json == NULL || n_values > MB_SCHEMA_MAX_VALUES)
    {
      g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
                   program->json == NULL ? _("The schema is nested deeper than %u levels.")
                                         : _("The schema has more than %u values."),
                   program->json == NULL ? MB_SCHEMA_MAX_NESTING : MB_SCHEMA_MAX_VALUES);
      _mb_schema_program_free (program);
      return NULL;
    }
  json_node_seal (program->json);

  self.resources = g_hash_table_new (g_str_hash, g_str_equal);
  self.roots = g_hash_table_new (NULL, NULL);
  self.places = g_hash_table_new (NULL, NULL);
  self.nodes = g_hash_table_new (NULL, NULL);
  self.queue = g_ptr_array_new ();
  self.dynamic_names = g_hash_table_new (g_str_hash, g_str_equal);

  resource = _mb_compiler_add_document (&self, program->json, uri != NULL ? uri : MB_SCHEMA_NO_URI,
                                        &dialect, options->trusted, error);
  if (resource != NULL)
    {
      program->uri = resource->uri;
      program->dialect = resource->dialect;
      program->synthetic_uri = strcmp (resource->uri, MB_SCHEMA_NO_URI) == 0;
      program->root = _mb_compiler_get_node (&self, program->json, resource, error);
      good = program->root != NULL && compile_all (&self, error);
    }
  if (good)
    set_aliases (&self);

  g_hash_table_unref (self.resources);
  g_hash_table_unref (self.roots);
  g_hash_table_unref (self.places);
  g_hash_table_unref (self.nodes);
  g_hash_table_unref (self.dynamic_names);
  g_ptr_array_unref (self.queue);

  if (!good)
    g_clear_pointer (&program, _mb_schema_program_free);

  return program;
}

void
_mb_schema_program_free (MbSchemaProgram *self)
{
  g_ptr_array_unref (self->resources);
  g_ptr_array_unref (self->regexes);
  g_ptr_array_unref (self->documents);
  g_ptr_array_unref (self->blocks);
  g_clear_pointer (&self->json, json_node_unref);
  g_free (self);
}

MbSchemaProgram *
_mb_schema_program_get_meta (MbSchemaDraft draft)
{
  static MbSchemaProgram *programs[MB_SCHEMA_DRAFT_2020_12 + 1];
  MbSchemaProgram **program = &programs[draft];

  if (g_once_init_enter (program))
    {
      const char *uri = _mb_metaschema_get_uri (draft);
      MbSchemaOptions options = { .default_draft = draft, .trusted = TRUE };
      MbSchemaProgram *made = _mb_schema_program_new (_mb_metaschema_get (uri), uri, &options, NULL);

      g_assert (made != NULL);
      g_once_init_leave (program, made);
    }

  return *program;
}

gboolean
_mb_schema_program_is_valid (MbSchemaProgram *self,
                             JsonNode        *value,
                             guint64          max_steps,
                             gboolean        *limit)
{
  MbEvaluation evaluation = { { (gint64) max_steps, 0 }, self->has_dynamic };
  MbScope scope = { NULL, self->root->resource };
  gboolean valid = _mb_evaluate (&evaluation, self->root, value, &scope, NULL);

  *limit = evaluation.budget.left < 0;

  return valid && !*limit;
}
