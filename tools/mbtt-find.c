/* mbtt-find.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-bus.h"
#include "mbtt-common.h"
#include "mbtt-nearest.h"
#include "mbtt-output.h"
#include "mbtt-table.h"
#include "mbtt-values.h"

typedef struct
{
  const char *kind;
  char       *name;
  gboolean    near;       /* the name is only like what was looked for */
} Hit;

typedef struct
{
  const char *text;
  char       *folded;
  GRegex     *regex;      /* or NULL when the text is none */
  gboolean    near;
  GPtrArray  *hits;
  GHashTable *known;      /* "KIND NAME" */
} Find;

static void
hit_free (Hit *hit)
{
  g_free (hit->name);
  g_free (hit);
}

static gboolean
matches (Find       *self,
         const char *name)
{
  g_autofree char *folded = g_utf8_casefold (name, -1);

  if (self->near)
    {
      guint length = (guint) g_utf8_strlen (self->text, -1);

      return mbtt_get_distance (self->text, name) <= MAX (1, length / 3);
    }

  return strstr (folded, self->folded) != NULL ||
         (self->regex != NULL && g_regex_match (self->regex, name, 0, NULL));
}

static void
look_at (Find       *self,
         const char *kind,
         const char *name)
{
  g_autofree char *key = NULL;
  Hit *hit;

  if (!matches (self, name))
    return;

  key = g_strdup_printf ("%s %s", kind, name);
  if (!g_hash_table_add (self->known, g_steal_pointer (&key)))
    return;

  hit = g_new0 (Hit, 1);
  hit->kind = kind;
  hit->name = g_strdup (name);
  hit->near = self->near;
  g_ptr_array_add (self->hits, hit);
}

static void
look_through (Find    *self,
              MbttBus *bus)
{
  GListModel *topics = mb_directory_get_topics (bus->directory);
  GListModel *services = mb_directory_get_services (bus->directory);
  g_autoptr(GPtrArray) peers = mbtt_bus_get_peers (bus);

  for (guint i = 0; i < g_list_model_get_n_items (topics); i++)
    {
      g_autoptr(MbTopicInfo) topic = g_list_model_get_item (topics, i);

      look_at (self, "topic", mb_topic_info_get_name (topic));
    }

  for (guint i = 0; i < g_list_model_get_n_items (services); i++)
    {
      g_autoptr(MbServiceInfo) service = g_list_model_get_item (services, i);

      look_at (self, "service", mb_service_info_get_name (service));
    }

  for (guint i = 0; i < peers->len; i++)
    look_at (self, "peer", mb_peer_get_name (g_ptr_array_index (peers, i)));
}

static int
compare_cb (gconstpointer a,
            gconstpointer b)
{
  const Hit *first = *(Hit **) a;
  const Hit *second = *(Hit **) b;
  int order = strcmp (second->kind, first->kind);

  return order != 0 ? order : strcmp (first->name, second->name);
}

static int
print_hits (Find *self)
{
  g_autoptr(MbttTable) table = mbtt_table_new (2);
  int status = MBTT_EXIT_DONE;

  g_ptr_array_sort (self->hits, compare_cb);

  for (guint i = 0; i < self->hits->len; i++)
    {
      const Hit *hit = g_ptr_array_index (self->hits, i);
      g_autoptr(GString) object = NULL;

      if (!mbtt_get_options ()->json)
        {
          mbtt_table_add (table, hit->kind, hit->name, NULL);
          continue;
        }

      object = g_string_new ("{");
      mbtt_append_string (object, "kind", hit->kind);
      mbtt_append_string (object, "name", hit->name);
      mbtt_append_member (object, "near", hit->near ? "true" : "false");
      g_string_append_c (object, '}');
      if (!mbtt_print_line (object->str, &status))
        return status;
    }

  mbtt_table_print (table, &status);

  return status;
}

static int
run (Find    *self,
     MbttBus *bus)
{
  look_through (self, bus);
  if (self->hits->len > 0)
    return print_hits (self);

  self->near = TRUE;
  look_through (self, bus);
  if (self->hits->len == 0)
    {
      mbtt_print_note (_("Nothing on the bus has a name with “%s” in it, or one like it; "
                         "“mbtt list” tells what there is"), self->text);
      return MBTT_EXIT_FAILED;
    }

  mbtt_print_note (_("Nothing has a name with “%s” in it; these are like it:"), self->text);

  return print_hits (self);
}

int
mbtt_find (int    argc,
           char **argv)
{
  gboolean hidden = FALSE;
  const GOptionEntry entries[] = {
    { "hidden", 0, 0, G_OPTION_ARG_NONE, &hidden, N_("Look also at those with a part like __this__"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "TEXT" },
    .words = { MBTT_WORD_THING },
    .n_required = 1,
    .summary = N_("Finds topics, services and peers by a part of their name."),
    .description =
      N_("TEXT stands anywhere in the name, in capital letters or not, or is a regular expression for a part of it.\n"
         "When there is none, those with a name like it are printed: somebody may have made a slip.\n"
         "Each is on a line, behind its kind and a tab. When nothing is found, the exit status is 1."),
    .entries = entries,
  };
  g_auto(MbttBus) bus = { NULL };
  g_auto(GStrv) args = NULL;
  g_autoptr(GPtrArray) hits = g_ptr_array_new_with_free_func ((GDestroyNotify) hit_free);
  g_autoptr(GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Find self = { .hits = hits, .known = known };
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (!mbtt_bus_open (&bus, hidden, &status) || !mbtt_bus_collect (&bus, &status))
    return status;

  self.text = args[0];
  self.folded = g_utf8_casefold (args[0], -1);
  self.regex = g_regex_new (args[0], 0, 0, NULL);
  status = run (&self, &bus);
  g_clear_pointer (&self.regex, g_regex_unref);
  g_free (self.folded);

  return status;
}
