/* mbtt-info-bus.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* mbtt info, of what is on the bus. */

#include "config.h"

#include "mbtt-info.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-bus.h"
#include "mbtt-common.h"
#include "mbtt-format.h"
#include "mbtt-hidden.h"
#include "mbtt-nearest.h"
#include "mbtt-output.h"
#include "mbtt-peers.h"
#include "mbtt-schemas.h"
#include "mbtt-terminal.h"
#include "mbtt-values.h"

typedef struct
{
  MbttBus    *bus;
  const char *name;
  gboolean    hidden;
  guint       n_found;
  int         status;
} Info;

static void
append_json_peers (GString      *object,
                   const char   *member,
                   GListModel   *peers,
                   const char   *name,
                   MbSchemaRole  role)
{
  g_autoptr(GString) list = g_string_new ("[");

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr(MbPeer) peer = g_list_model_get_item (peers, i);
      g_autoptr(GString) item = g_string_new ("{");
      const char *schema = mbtt_peer_get_schema (peer, role, name);
      g_autofree char *tidy = schema != NULL ? mbtt_tidy_json (schema) : NULL;
      g_autofree char *pid = g_strdup_printf ("%d", mb_peer_get_process_id (peer));

      if (mb_peer_get_is_own (peer))
        continue;

      mbtt_append_string (item, "name", mb_peer_get_name (peer));
      mbtt_append_string (item, "host", mb_peer_get_host (peer));
      mbtt_append_member (item, "pid", mb_peer_get_process_id (peer) > 0 ? pid : NULL);
      mbtt_append_member (item, "schema", tidy);
      g_string_append_printf (list, list->len > 1 ? ",%s}" : "%s}", item->str);
    }
  g_string_append_c (list, ']');
  mbtt_append_member (object, member, list->str);
}

/* Appends a JSON value that begins behind `indent` columns, indented as much. */
static void
append_schema (GString    *out,
               const char *title,
               const char *schema)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (schema == NULL)
    return;

  text = mbtt_format_json (schema);
  lines = g_strsplit (text, "\n", -1);
  g_string_append_printf (out, "\n      %s: ", title);
  for (guint i = 0; lines[i] != NULL; i++)
    g_string_append_printf (out, i > 0 ? "\n      %s" : "%s", lines[i]);
}

static void
append_peers (GString      *out,
              const char   *title,
              GListModel   *peers,
              const char   *name,
              MbSchemaRole  role)
{
  g_string_append_printf (out, "\n  %s:", title);

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr(MbPeer) peer = g_list_model_get_item (peers, i);
      g_autofree char *place = mbtt_peer_locate (peer);

      if (mb_peer_get_is_own (peer))
        continue;

      g_string_append (out, "\n    ");
      mbtt_append_shown (out, MBTT_STYLE_NAME, mb_peer_get_name (peer));
      g_string_append (out, "  ");
      mbtt_append_shown (out, MBTT_STYLE_FAINT, place);

      if (role == MB_SCHEMA_ROLE_REQUEST)
        {
          append_schema (out, _("takes"), mbtt_peer_get_schema (peer, role, name));
          append_schema (out, _("returns"), mbtt_peer_get_schema (peer, MB_SCHEMA_ROLE_REPLY, name));
        }
      else
        {
          append_schema (out, _("schema"), mbtt_peer_get_schema (peer, role, name));
        }
    }

  if (g_str_has_suffix (out->str, ":"))
    g_string_append_printf (out, " %s", _("nobody"));
}

static GString *
begin (const char *kind,
       const char *name)
{
  GString *out = g_string_new (NULL);

  if (mbtt_get_options ()->json)
    {
      g_string_append_c (out, '{');
      mbtt_append_string (out, "kind", kind);
      return out;
    }

  g_string_append_printf (out, "%s ", kind);
  mbtt_append_shown (out, MBTT_STYLE_NAME, name);

  return out;
}

static void
end (Info    *self,
     GString *out)
{
  if (mbtt_get_options ()->json)
    g_string_append_c (out, '}');
  mbtt_print_line (out->str, &self->status);
  self->n_found++;
}

static void
tell_topic (Info        *self,
            MbTopicInfo *topic)
{
  GListModel *publishers = mb_topic_info_get_publishers (topic);
  GListModel *subscribers = mb_topic_info_get_subscribers (topic);
  g_autoptr(GString) out = NULL;

  mbtt_load_schemas (publishers);
  mbtt_load_schemas (subscribers);

  out = begin ("topic", self->name);
  if (mbtt_get_options ()->json)
    {
      mbtt_append_string (out, "name", self->name);
      append_json_peers (out, "publishers", publishers, self->name, MB_SCHEMA_ROLE_TOPIC);
      append_json_peers (out, "subscribers", subscribers, self->name, MB_SCHEMA_ROLE_TOPIC);
    }
  else
    {
      append_peers (out, _("publishers"), publishers, self->name, MB_SCHEMA_ROLE_TOPIC);
      append_peers (out, _("subscribers"), subscribers, self->name, MB_SCHEMA_ROLE_TOPIC);
    }
  end (self, out);
}

static void
tell_service (Info          *self,
              MbServiceInfo *service)
{
  GListModel *providers = mb_service_info_get_providers (service);
  GListModel *clients = mb_service_info_get_clients (service);
  g_autoptr(GString) out = NULL;

  mbtt_load_schemas (providers);

  out = begin ("service", self->name);
  if (mbtt_get_options ()->json)
    {
      mbtt_append_string (out, "name", self->name);
      append_json_peers (out, "providers", providers, self->name, MB_SCHEMA_ROLE_REQUEST);
      append_json_peers (out, "replies", providers, self->name, MB_SCHEMA_ROLE_REPLY);
      append_json_peers (out, "clients", clients, self->name, MB_SCHEMA_ROLE_REQUEST);
    }
  else
    {
      append_peers (out, _("providers"), providers, self->name, MB_SCHEMA_ROLE_REQUEST);
      append_peers (out, _("clients"), clients, self->name, MB_SCHEMA_ROLE_REPLY);
    }
  end (self, out);
}

static void
append_list (Info              *self,
             GString           *out,
             const char        *title,
             const char *const *names)
{
  gsize length;

  g_string_append_printf (out, "\n  %s:", title);
  length = out->len;
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (!self->hidden && mbtt_is_hidden (names[i]))
        continue;

      g_string_append (out, "\n    ");
      mbtt_append_shown (out, MBTT_STYLE_NONE, names[i]);
    }

  if (out->len == length)
    g_string_append_printf (out, " %s", _("none"));
}

static void
tell_peer (Info   *self,
           MbPeer *peer)
{
  g_autoptr(GString) out = begin ("peer", self->name);
  g_autofree char *place = mbtt_peer_locate (peer);
  const char *version = mb_peer_get_version (peer);

  if (mbtt_get_options ()->json)
    {
      mbtt_append_peer (out, peer, self->hidden);
      end (self, out);
      return;
    }

  g_string_append (out, "\n  ");
  mbtt_append_shown (out, MBTT_STYLE_NONE, place);

  if (mb_peer_get_kind (peer) == MB_PEER_KIND_LIBMINIBUS)
    {
      g_string_append (out, "\n  libminibus");
      if (version != NULL)
        {
          g_string_append_c (out, ' ');
          mbtt_append_shown (out, MBTT_STYLE_NONE, version);
        }
      g_string_append_printf (out, _(", sent %u, received %u, dropped %u"), mb_peer_get_n_sent (peer),
                              mb_peer_get_n_received (peer), mb_peer_get_n_dropped (peer));
    }
  else
    {
      g_string_append_printf (out, "\n  %s", _("as the Python library: it does not announce itself"));
    }
  if (mb_peer_get_is_encrypted (peer))
    g_string_append_printf (out, "\n  %s", _("encrypts what it sends"));
  g_string_append_printf (out, _("\n  last heard of %.1f s ago"), mb_peer_get_seconds_since_seen (peer));

  append_list (self, out, _("publishes"), mbtt_peer_get_publishers (peer));
  append_list (self, out, _("is subscribed to"), mbtt_peer_get_subscribers (peer));
  append_list (self, out, _("offers services"), mbtt_peer_get_services (peer));
  append_list (self, out, _("calls services"), mb_peer_get_service_clients (peer));
  end (self, out);
}

/* The name that is most likely meant, or NULL. */
static char *
suggest (Info *self)
{
  g_autoptr(GPtrArray) peers = mbtt_bus_get_peers (self->bus);
  g_auto(GStrv) topics = mb_directory_suggest_topics (self->bus->directory, self->name);
  g_auto(GStrv) services = mb_directory_suggest_services (self->bus->directory, self->name);
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) names = NULL;

  g_strv_builder_addv (builder, (const char **) topics);
  g_strv_builder_addv (builder, (const char **) services);
  for (guint i = 0; i < peers->len; i++)
    g_strv_builder_add (builder, mb_peer_get_name (g_ptr_array_index (peers, i)));
  names = g_strv_builder_end (builder);

  return g_strdup (mbtt_find_nearest (self->name, (const char *const *) names));
}

static int
tell_nothing (Info *self)
{
  g_autofree char *near = suggest (self);

  if (near != NULL)
    mbtt_print_note (_("There is no topic, service or peer “%s”; did you mean “%s”?"), self->name, near);
  else
    mbtt_print_note (_("There is no topic, service or peer “%s”; “mbtt list” tells what there is"),
                     self->name);

  return MBTT_EXIT_FAILED;
}

/* Tells of all that has a name. */
int
mbtt_info_bus (const char *name,
               gboolean    shows_hidden)
{
  g_auto(MbttBus) bus = { NULL };
  g_autoptr(GPtrArray) peers = NULL;
  Info self = { .bus = &bus, .name = name, .hidden = shows_hidden || mbtt_names_hidden (name) };
  MbTopicInfo *topic;
  MbServiceInfo *service;
  int status;

  if (!mbtt_bus_open (&bus, TRUE, &status) || !mbtt_bus_collect (&bus, &status))
    return status;

  topic = mb_directory_find_topic (bus.directory, name);
  if (topic != NULL &&
      (mbtt_has_other (mb_topic_info_get_publishers (topic)) ||
       mbtt_has_other (mb_topic_info_get_subscribers (topic))))
    tell_topic (&self, topic);

  service = mb_directory_find_service (bus.directory, name);
  if (service != NULL &&
      (mbtt_has_other (mb_service_info_get_providers (service)) ||
       mbtt_has_other (mb_service_info_get_clients (service))))
    tell_service (&self, service);

  peers = mbtt_bus_get_peers (&bus);
  for (guint i = 0; i < peers->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (peers, i);

      if (strcmp (mb_peer_get_name (peer), name) == 0)
        tell_peer (&self, peer);
    }

  return self.n_found > 0 ? self.status : tell_nothing (&self);
}
