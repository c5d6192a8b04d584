/* mbtt-list.c
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
#include "mbtt-loop.h"
#include "mbtt-nearest.h"
#include "mbtt-output.h"
#include "mbtt-peers.h"
#include "mbtt-table.h"
#include "mbtt-terminal.h"
#include "mbtt-values.h"

typedef enum
{
  TOPICS,
  SERVICES,
  PEERS,
} Kind;

static const char *const kinds[] = { "topics", "services", "peers", NULL };
static const char *const members[] = { "topic", "service", "name" };

typedef struct
{
  MbttBus    *bus;
  Kind        kind;
  GRegex     *regex;        /* or NULL */
  gboolean    hidden;
  GHashTable *known;        /* names, when following */
  guint       pending;      /* source, or 0 */
  int         status;
} List;

static GListModel *
get_model (List *self)
{
  switch (self->kind)
    {
    case TOPICS:
      return mb_directory_get_topics (self->bus->directory);

    case SERVICES:
      return mb_directory_get_services (self->bus->directory);

    default:
      return G_LIST_MODEL (self->bus->directory);
    }
}

static const char *
get_name (List     *self,
          gpointer  item)
{
  switch (self->kind)
    {
    case TOPICS:
      return mb_topic_info_get_name (item);

    case SERVICES:
      return mb_service_info_get_name (item);

    default:
      return mb_peer_get_name (item);
    }
}

static gboolean
is_wanted (List     *self,
           gpointer  item)
{
  if (self->kind == PEERS && mb_peer_get_is_own (item))
    return FALSE;

  return self->regex == NULL || g_regex_match (self->regex, get_name (self, item), 0, NULL);
}

static int
compare_cb (gconstpointer a,
            gconstpointer b,
            gpointer      user_data)
{
  return strcmp (get_name (user_data, *(gpointer *) a), get_name (user_data, *(gpointer *) b));
}

static GPtrArray *
get_items (List *self)
{
  GListModel *model = get_model (self);
  GPtrArray *items = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (model, i);

      if (is_wanted (self, item))
        g_ptr_array_add (items, g_steal_pointer (&item));
    }
  g_ptr_array_sort_with_data (items, compare_cb, self);

  return items;
}

static void
append_count (GString    *object,
              const char *member,
              guint       count)
{
  char number[16];

  g_snprintf (number, sizeof number, "%u", count);
  mbtt_append_member (object, member, number);
}

static char *
make_object (List     *self,
             gpointer  item)
{
  GString *object = g_string_new ("{");

  if (self->kind == PEERS)
    {
      mbtt_append_peer (object, item, self->hidden);
    }
  else if (self->kind == TOPICS)
    {
      mbtt_append_string (object, "topic", get_name (self, item));
      append_count (object, "publishers", mb_topic_info_get_n_publishers (item));
      append_count (object, "subscribers", mb_topic_info_get_n_subscribers (item));
    }
  else
    {
      mbtt_append_string (object, "service", get_name (self, item));
      append_count (object, "providers", mb_service_info_get_n_providers (item));
      append_count (object, "clients", mb_service_info_get_n_clients (item));
    }
  g_string_append_c (object, '}');

  return g_string_free (object, FALSE);
}

static void
add_row (List      *self,
         MbttTable *table,
         gpointer   item)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  if (self->kind == PEERS)
    {
      const char *host = mb_peer_get_host (item);

      first = mb_peer_get_process_id (item) > 0 ? g_strdup_printf ("%d", mb_peer_get_process_id (item))
                                                : g_strdup ("?");
      second = g_strdup (host != NULL ? host : "?");
    }
  else if (self->kind == TOPICS)
    {
      first = g_strdup_printf ("%u", mb_topic_info_get_n_publishers (item));
      second = g_strdup_printf ("%u", mb_topic_info_get_n_subscribers (item));
    }
  else
    {
      first = g_strdup_printf ("%u", mb_service_info_get_n_providers (item));
      second = g_strdup_printf ("%u", mb_service_info_get_n_clients (item));
    }

  mbtt_table_add (table, get_name (self, item), first, second, NULL);
}

static void
add_titles (List      *self,
            MbttTable *table)
{
  if (!mbtt_is_terminal ())
    return;

  if (self->kind == PEERS)
    mbtt_table_add (table, _("PEER"), _("PROCESS"), _("HOST"), NULL);
  else if (self->kind == TOPICS)
    mbtt_table_add (table, _("TOPIC"), _("PUBLISHERS"), _("SUBSCRIBERS"), NULL);
  else
    mbtt_table_add (table, _("SERVICE"), _("PROVIDERS"), _("CLIENTS"), NULL);
}

static void
print_all (List *self)
{
  g_autoptr(GPtrArray) items = get_items (self);
  g_autoptr(MbttTable) table = mbtt_table_new (3);

  if (items->len == 0 && mbtt_is_terminal () && !mbtt_get_options ()->json)
    {
      mbtt_print_note (_("There are none; “mbtt list peers” tells whether anybody is there"));
      return;
    }

  if (!mbtt_get_options ()->json)
    add_titles (self, table);

  for (guint i = 0; i < items->len; i++)
    {
      gpointer item = g_ptr_array_index (items, i);
      g_autofree char *object = NULL;

      if (!mbtt_get_options ()->json)
        {
          add_row (self, table, item);
          continue;
        }

      object = make_object (self, item);
      if (!mbtt_print_line (object, &self->status))
        return;
    }

  mbtt_table_print (table, &self->status);
}

static gboolean
print_change (List       *self,
              gboolean    appeared,
              const char *name)
{
  g_autoptr(GString) line = g_string_new (NULL);

  if (mbtt_get_options ()->json)
    {
      g_string_append_c (line, '{');
      mbtt_append_string (line, "event", appeared ? "appeared" : "vanished");
      mbtt_append_string (line, members[self->kind], name);
      g_string_append_c (line, '}');
    }
  else
    {
      g_string_append (line, appeared ? "+ " : "- ");
      mbtt_append_shown (line, MBTT_STYLE_NAME, name);
    }

  if (mbtt_print_line (line->str, &self->status))
    return TRUE;

  mbtt_loop_quit ();

  return FALSE;
}

/* Tells what has come and gone since the last time. */
static gboolean
changed_idle_cb (gpointer user_data)
{
  List *self = user_data;
  g_autoptr(GPtrArray) items = get_items (self);
  g_autoptr(GHashTable) now = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  const char *name;

  self->pending = 0;

  for (guint i = 0; i < items->len; i++)
    {
      name = get_name (self, g_ptr_array_index (items, i));
      g_hash_table_add (now, (char *) name);
      if (!g_hash_table_contains (self->known, name))
        {
          g_hash_table_add (self->known, g_strdup (name));
          if (!print_change (self, TRUE, name))
            return G_SOURCE_REMOVE;
        }
    }

  g_hash_table_iter_init (&iter, self->known);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
    {
      if (g_hash_table_contains (now, name))
        continue;
      if (!print_change (self, FALSE, name))
        return G_SOURCE_REMOVE;
      g_hash_table_iter_remove (&iter);
    }

  return G_SOURCE_REMOVE;
}

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  List       *self)
{
  if (self->pending == 0)
    self->pending = g_idle_add (changed_idle_cb, self);
}

static int
follow (List *self)
{
  g_autoptr(GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gulong handler;
  MbttEnd end;

  self->known = known;
  handler = g_signal_connect (get_model (self), "items-changed", G_CALLBACK (items_changed_cb), self);
  self->pending = g_idle_add (changed_idle_cb, self);
  end = mbtt_loop_run (mbtt_get_options ()->timeout);
  g_signal_handler_disconnect (get_model (self), handler);
  g_clear_handle_id (&self->pending, g_source_remove);

  if (end != MBTT_END_QUIT && mbtt_is_terminal ())
    mbtt_print_note (_("There now: %u"), g_hash_table_size (known));

  return self->status;
}

static gboolean
read_kind (List        *self,
           const char  *text,
           GError     **error)
{
  const char *nearest;

  for (guint i = 0; kinds[i] != NULL; i++)
    {
      /* One of them is as good as many. */
      if (strcmp (text, kinds[i]) != 0 &&
          (!g_str_has_prefix (kinds[i], text) || strlen (text) + 1 != strlen (kinds[i])))
        continue;

      self->kind = i;
      return TRUE;
    }

  nearest = mbtt_find_nearest (text, kinds);
  if (nearest != NULL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("There is no list of “%s”; did you mean “%s”? There are topics, services and peers"),
                 text, nearest);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("There is no list of “%s”; there are topics, services and peers"), text);

  return FALSE;
}

static gboolean
read_arguments (List               *self,
                const char *const  *args,
                GError            **error)
{
  g_autofree char *anchored = NULL;

  if (args[0] == NULL)
    return TRUE;
  if (!read_kind (self, args[0], error))
    return FALSE;
  if (args[1] == NULL)
    return TRUE;

  anchored = g_strdup_printf ("^(?:%s)\\z", args[1]);
  self->regex = g_regex_new (anchored, 0, 0, error);
  if (self->regex == NULL)
    g_prefix_error (error, _("The pattern “%s” is not usable: "), args[1]);

  return self->regex != NULL;
}

int
mbtt_list (int    argc,
           char **argv)
{
  gboolean hidden = FALSE;
  gboolean follows = FALSE;
  const GOptionEntry entries[] = {
    { "follow", 0, 0, G_OPTION_ARG_NONE, &follows,
      N_("Go on, and print what appears (+) and vanishes (-)"), NULL },
    { "hidden", 0, 0, G_OPTION_ARG_NONE, &hidden, N_("Show also those with a part like __this__"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "KIND", "PATTERN" },
    .words = { MBTT_WORD_CHOICE, MBTT_WORD_KIND },
    .choices = kinds,
    .summary = N_("Lists the topics, services or peers that are on the bus; topics unless KIND says so."),
    .description =
      N_("With PATTERN, only those whose whole name this regular expression matches. Behind each name, with tabs\n"
         "between them, are for topics the numbers of publishers and subscribers, for services those of\n"
         "providers and clients, for peers the process id and the host. It ends when all have answered, or\n"
         "after 3 seconds, or before if --timeout says so."),
    .entries = entries,
  };
  g_auto(MbttBus) bus = { NULL };
  g_auto(GStrv) args = NULL;
  g_autoptr(GError) error = NULL;
  List self = { .bus = &bus };
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  if (!read_arguments (&self, (const char *const *) args, &error))
    return mbtt_fail_usage (error);

  self.hidden = hidden;
  if (mbtt_bus_open (&bus, hidden, &status))
    {
      if (follows)
        status = follow (&self);
      else if (mbtt_bus_collect (&bus, &status))
        {
          print_all (&self);
          status = self.status;
        }
    }
  g_clear_pointer (&self.regex, g_regex_unref);

  return status;
}
