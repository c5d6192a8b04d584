/* mb-builtin.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-builtin-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "mb-error.h"
#include "mb-json-private.h"
#include "mb-presence-private.h"
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
                    JsonNode   *params,
                    MbSecrecy   secrecy)
{
  g_autofree char *reply = NULL;
  GString *data;
  char hostname[256] = "";

  /* Asked are those who do not announce themselves. */
  if (_mb_presence_knows_us (core, id))
    return;

  reply = _mb_service_topic_with (topic, MB_SUFFIX_REPLY);
  data = g_string_new (NULL);

  if (!JSON_NODE_HOLDS_NULL (params))
    {
      static const char message[] = "The parameters of a built-in service must be null";
      g_autofree char *error = _mb_service_topic_with (topic, MB_SUFFIX_ERROR);

      _mb_json_append_string (data, message, strlen (message));
      _mb_core_answer (core, error, id, data, secrecy);
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

  _mb_core_answer (core, reply, id, data, secrecy);
}

/* What kind of built-in service of any client a topic belongs to. `kind` is set to the topic's last part. */
static gboolean
find_builtin (const char  *topic,
              char       **kind,
              Builtin     *builtin)
{
  g_auto(GStrv) parts = NULL;
  guint n_parts;
  gsize length;

  /* Asked for each message that is sent. */
  if (strncmp (topic, PREFIX, strlen (PREFIX)) != 0)
    return FALSE;

  parts = g_strsplit (topic + strlen (PREFIX), "/", -1);
  n_parts = g_strv_length (parts);
  if (n_parts < 2)
    return FALSE;

  /* The patterns of Python peers match before a line feed at the end, too. */
  length = strlen (parts[n_parts - 1]);
  if (length > 0 && parts[n_parts - 1][length - 1] == '\n')
    parts[n_parts - 1][length - 1] = '\0';

  for (guint i = 0; i < G_N_ELEMENTS (builtins); i++)
    {
      if (strcmp (parts[n_parts - 2], builtins[i].name) != 0)
        continue;

      *builtin = i;
      *kind = g_strdup (parts[n_parts - 1]);
      return TRUE;
    }

  return FALSE;
}

gboolean
_mb_builtin_has_topic (const char *topic)
{
  g_autofree char *kind = NULL;
  Builtin builtin;

  return find_builtin (topic, &kind, &builtin);
}

gboolean
_mb_builtin_check (const char  *topic,
                   const char  *data,
                   gsize        length,
                   GError     **error)
{
  g_autofree char *kind = NULL;
  const char *type;
  Builtin builtin;
  gboolean fits;

  if (!find_builtin (topic, &kind, &builtin))
    return TRUE;

  if (strcmp (kind, MB_SUFFIX_REQUEST) == 0)
    {
      type = "null";
      fits = length == 4 && memcmp (data, "null", 4) == 0;
    }
  else if (strcmp (kind, MB_SUFFIX_REPLY) != 0)
    {
      return TRUE;
    }
  else if (builtin == PID)
    {
      type = "integer";
      fits = length > 0 && strspn (data, "-0123456789") >= length;
    }
  else if (builtin == LIST_CLIENTS || builtin == HOSTNAME)
    {
      type = "string";
      fits = length > 0 && data[0] == '"';
    }
  else
    {
      type = "array";
      fits = length > 0 && data[0] == '[';
    }

  if (!fits)
    g_set_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION,
                 _("“%s” belongs to a service that every client on the bus offers, and takes only values of "
                   "type %s; anything else would make Python programs go deaf"),
                 topic, type);

  return fits;
}
