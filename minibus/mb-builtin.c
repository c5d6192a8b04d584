/* mb-builtin.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-builtin-private.h"

#include <string.h>
#include <unistd.h>

#include "mb-json-private.h"
#include "mb-service-names-private.h"

#define PREFIX "/__minibus__/"

typedef enum
{
  LIST_CLIENTS,
  PUBLISHERS,
  SUBSCRIBERS,
  SERVICE_SERVERS,
  SERVICE_CLIENTS,
  HOSTNAME,
  PID,
} Builtin;

static const struct
{
  const char *name;
  gboolean    shared;     /* answered by every client under the bare name */
  gboolean    own;        /* answered by one client, under its name */
} builtins[] = {
  [LIST_CLIENTS] = { "__listclients__", TRUE, FALSE },
  [PUBLISHERS] = { "__publishers__", TRUE, TRUE },
  [SUBSCRIBERS] = { "__subscribers__", TRUE, TRUE },
  [SERVICE_SERVERS] = { "__service_servers__", TRUE, TRUE },
  [SERVICE_CLIENTS] = { "__service_clients__", TRUE, TRUE },
  [HOSTNAME] = { "__hostname__", FALSE, TRUE },
  [PID] = { "__pid__", FALSE, TRUE },
};

static void
add_route (MbCore     *core,
           Builtin     builtin,
           const char *prefix,
           const char *client)
{
  g_autofree char *topic = g_strconcat (prefix, client, client[0] != '\0' ? "/" : "",
                                        builtins[builtin].name, "/", MB_SUFFIX_REQUEST, NULL);
  g_autoptr(MbPattern) pattern = _mb_pattern_new_literal (topic);
  g_autoptr(MbRoute) route = _mb_route_new (MB_ROUTE_BUILTIN, pattern, NULL, NULL);

  route->builtin = builtin;
  _mb_router_add (core->router, route);
}

void
_mb_builtin_add_routes (MbCore *core)
{
  for (guint i = 0; i < G_N_ELEMENTS (builtins); i++)
    {
      if (builtins[i].shared)
        add_route (core, i, PREFIX, "");
      if (builtins[i].own)
        add_route (core, i, PREFIX, core->name);
    }
}

static void
append_list (GString *out,
             MbCore  *core,
             MbList   list)
{
  GPtrArray *names = core->lists[list];
  gboolean first = TRUE;

  g_string_append_c (out, '[');

  g_mutex_lock (&core->lists_lock);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      gboolean hidden = list == MB_LIST_SERVICES || list == MB_LIST_SERVICE_CLIENTS
                        ? g_str_has_prefix (name, PREFIX)
                        : _mb_topic_is_of_service (name);

      if (hidden)
        continue;

      if (!first)
        g_string_append_c (out, ',');
      _mb_json_append_string (out, name, strlen (name));
      first = FALSE;
    }
  g_mutex_unlock (&core->lists_lock);

  g_string_append_c (out, ']');
}

void
_mb_builtin_handle (MbCore     *core,
                    MbRoute    *route,
                    const char *topic,
                    const char *id,
                    JsonNode   *params)
{
  g_autofree char *service = g_strndup (topic, strlen (topic) - strlen (MB_SUFFIX_REQUEST));
  g_autofree char *reply = g_strconcat (service, MB_SUFFIX_REPLY, NULL);
  GString *data = g_string_new (NULL);
  char hostname[256] = "";

  if (!JSON_NODE_HOLDS_NULL (params))
    {
      static const char message[] = "The parameters of a built-in service must be null";
      g_autofree char *error = g_strconcat (service, MB_SUFFIX_ERROR, NULL);

      _mb_json_append_string (data, message, strlen (message));
      _mb_core_answer (core, error, id, data);
      return;
    }

  switch ((Builtin) route->builtin)
    {
    case PUBLISHERS:
      append_list (data, core, MB_LIST_PUBLISHERS);
      break;

    case SUBSCRIBERS:
      append_list (data, core, MB_LIST_SUBSCRIBERS);
      break;

    case SERVICE_SERVERS:
      append_list (data, core, MB_LIST_SERVICES);
      break;

    case SERVICE_CLIENTS:
      append_list (data, core, MB_LIST_SERVICE_CLIENTS);
      break;

    case HOSTNAME:
      gethostname (hostname, sizeof hostname - 1);
      if (!g_utf8_validate (hostname, -1, NULL))
        hostname[0] = '\0';
      _mb_json_append_string (data, hostname, strlen (hostname));
      break;

    case PID:
      g_string_append_printf (data, "%d", (int) getpid ());
      break;

    case LIST_CLIENTS:
    default:
      _mb_json_append_string (data, core->name, strlen (core->name));
      break;
    }

  _mb_core_answer (core, reply, id, data);
}

gboolean
_mb_builtin_is_request (const char *topic)
{
  g_auto(GStrv) parts = NULL;
  guint n_parts;

  if (!g_str_has_prefix (topic, PREFIX))
    return FALSE;

  parts = g_strsplit (topic + strlen (PREFIX), "/", -1);
  n_parts = g_strv_length (parts);
  if (n_parts < 2 || strcmp (parts[n_parts - 1], MB_SUFFIX_REQUEST) != 0)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (builtins); i++)
    {
      if (strcmp (parts[n_parts - 2], builtins[i].name) == 0)
        return TRUE;
    }

  return FALSE;
}

MbSchema *
_mb_builtin_get_params_schema (void)
{
  static gsize schema;

  if (g_once_init_enter (&schema))
    g_once_init_leave (&schema, GPOINTER_TO_SIZE (mb_schema_new_from_text ("{\"type\":\"null\"}", NULL)));

  return GSIZE_TO_POINTER (schema);
}
