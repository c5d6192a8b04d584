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
set_targets (MbCompiler *self)
{
  if (self->program->has_dynamic)
    return;

  for (guint i = 0; i < self->queue->len; i++)
    {
      MbSchemaNode *node = g_ptr_array_index (self->queue, i);
      const MbSchemaNode *target = node;

      /* Those met on the way are short-cut already, or short. */
      for (guint hops = 0; hops < 64 && is_reference_only (target); hops++)
        target = target->target != target ? target->target : target->logic->ref;
      node->target = target;
    }
}

/* Every resource that has an anchor which a dynamic reference asks for may be the one meant.
 * Returns whether there is more to compile.
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

      if (resource->anchors == NULL || g_hash_table_size (self->dynamic_names) == 0)
        continue;

      /* Each round may bring but one more. */
      self->anchor_work -= g_hash_table_size (resource->anchors);
      if (self->anchor_work < 0)
        {
          g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT,
                       _("The dynamic references of the schema are too complex."));
          return FALSE;
        }

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
  MbCompiler self =
    { .program = program, .options = options, .regex_work = MB_SCHEMA_MAX_REGEX_WORK,
                      .anchor_work = MB_SCHEMA_MAX_ANCHOR_WORK };
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
    set_targets (&self);

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
  static MbSchemaProgram *programs[MB_SCHEMA_DRAFT_V2020_12 + 1];
  MbSchemaProgram **program = &programs[draft];

  if (g_once_init_enter (program))
    {
      const char *uri = _mb_metaschema_get_uri (draft);
      MbSchemaOptions options = { .default_draft = draft, .trusted = TRUE };
      MbSchemaProgram *made =
        _mb_schema_program_new (_mb_metaschema_get (uri), uri, &options, NULL);

      g_assert (made != NULL);
      g_once_init_leave (program, made);
    }

  return *program;
}
