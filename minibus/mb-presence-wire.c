/* mb-presence-wire.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-presence-wire-private.h"

#include <string.h>

#include "mb-json-private.h"

/* What the members around the names take at most, as a string in a packet. */
#define FIRST_PART_ROOM 480
#define PART_ROOM 300
#define MAX_HOST 255
#define MAX_VERSION 64

static const char * const list_names[MB_PRESENCE_N_LISTS] = {
  "publishers",
  "subscribers",
  "services",
  "clients",
};

static const char * const kinds[] = { "state", "alive", "bye", "schema" };
static const char * const wants[] = { "nothing", "alive", "state", "schemas" };

static const char *
get_text (JsonObject *object,
          const char *member,
          gsize       max)
{
  JsonNode *node = json_object_get_member (object, member);
  const char *text;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  text = json_node_get_string (node);

  return text != NULL && strlen (text) <= max ? text : NULL;
}

/* A number that is not there is 0. */
static gboolean
get_number (JsonObject *object,
            const char *member,
            guint       max,
            guint      *number)
{
  JsonNode *node = json_object_get_member (object, member);
  gint64 value;

  *number = 0;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;

  value = json_node_get_int (node);
  if (value < 0 || value > max)
    return FALSE;
  *number = (guint) value;

  return TRUE;
}

JsonArray *
_mb_presence_get_names (JsonNode *node,
                        guint     max)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return NULL;

  array = json_node_get_array (node);
  if (json_array_get_length (array) > max)
    return NULL;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (element) || json_node_get_value_type (element) != G_TYPE_STRING ||
          strlen (json_node_get_string (element)) > MB_PRESENCE_MAX_NAME)
        return NULL;
    }

  return array;
}

/* Nothing is NULL and right, too. */
static gboolean
get_names (JsonObject  *object,
           const char  *member,
           guint        max,
           JsonArray  **names)
{
  JsonNode *node = json_object_get_member (object, member);

  *names = node != NULL ? _mb_presence_get_names (node, max) : NULL;

  return node == NULL || *names != NULL;
}

static gboolean
is_hex (const char *text,
        gsize       length)
{
  return text != NULL && strlen (text) == length && strspn (text, "0123456789abcdef") == length;
}

/* A flag that is not there is false, and so is what is none. */
static gboolean
get_flag (JsonObject *object,
          const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN &&
         json_node_get_boolean (node);
}

/* What all begin with. Returns NULL, or what is wrong. */
static const char *
read_session (JsonNode *node,
              guint64  *session)
{
  const char *text;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return "it is no object";

  text = get_text (json_node_get_object (node), "session", 16);
  *session = is_hex (text, 16) ? g_ascii_strtoull (text, NULL, 16) : 0;

  return *session != 0 ? NULL : "its session is not sixteen hexadecimal digits";
}

static gboolean
get_choice (JsonObject         *object,
            const char         *member,
            const char * const *choices,
            guint               n_choices,
            guint              *choice)
{
  const char *text = get_text (object, member, 16);

  for (*choice = 0; text != NULL && *choice < n_choices; (*choice)++)
    {
      if (strcmp (text, choices[*choice]) == 0)
        return TRUE;
    }

  return FALSE;
}

static const char *
read_state (MbAnnouncement *self,
            JsonObject     *object)
{
  guint process_id;

  self->seal = get_text (object, "seal", MB_PRESENCE_SEAL_LENGTH);
  if (!is_hex (self->seal, MB_PRESENCE_SEAL_LENGTH))
    return "a state has no seal";

  if (!get_number (object, "part", MB_PRESENCE_MAX_PARTS - 1, &self->part) ||
      !get_number (object, "parts", MB_PRESENCE_MAX_PARTS, &self->n_parts) ||
      self->part >= self->n_parts)
    return "the parts of a state are not numbered as they should be";

  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      if (!get_names (object, list_names[i], MB_PRESENCE_MAX_NAMES, &self->lists[i]))
        return "a list of a state is not one of names, or too long";
    }

  if (self->part > 0)
    return NULL;

  self->host = get_text (object, "host", MAX_HOST);
  self->version = get_text (object, "version", MAX_VERSION);
  if (!get_number (object, "pid", G_MAXINT, &process_id))
    return "the process id of a state is none";
  self->process_id = (int) process_id;

  self->encrypted = get_flag (object, "encrypted");

  return NULL;
}

const char *
_mb_announcement_read (MbAnnouncement *self,
                       JsonNode       *node)
{
  JsonObject *object;
  const char *wrong;
  guint kind;

  memset (self, 0, sizeof *self);

  wrong = read_session (node, &self->session);
  if (wrong != NULL)
    return wrong;
  object = json_node_get_object (node);

  if (!get_choice (object, "kind", kinds, G_N_ELEMENTS (kinds), &kind))
    return "its kind is not known";
  self->kind = kind;

  if (!get_number (object, "generation", G_MAXINT, &self->generation) ||
      !get_number (object, "every", G_MAXINT, &self->every))
    return "a number is none, or too large";

  switch (self->kind)
    {
    case MB_ANNOUNCEMENT_STATE:
      return read_state (self, object);

    case MB_ANNOUNCEMENT_ALIVE:
      if (!get_number (object, "sent", G_MAXUINT, &self->n_sent) ||
          !get_number (object, "received", G_MAXUINT, &self->n_received) ||
          !get_number (object, "dropped", G_MAXUINT, &self->n_dropped))
        return "a counter is no number, or too large";
      return NULL;

    case MB_ANNOUNCEMENT_BYE:
      self->secret = get_text (object, "secret", MB_PRESENCE_SEAL_LENGTH);
      return is_hex (self->secret, MB_PRESENCE_SEAL_LENGTH) ? NULL : "a leave has no secret";

    case MB_ANNOUNCEMENT_SCHEMA:
    default:
      self->name = get_text (object, "name", MB_PRESENCE_MAX_NAME);
      self->schema = get_text (object, "schema", 65536);
      if (self->name == NULL || self->schema == NULL)
        return "a schema has no name or text";
      return NULL;
    }
}

const char *
_mb_question_read (MbQuestion *self,
                   JsonNode   *node)
{
  JsonObject *object;
  const char *wrong;
  guint want;

  memset (self, 0, sizeof *self);

  wrong = read_session (node, &self->session);
  if (wrong != NULL)
    return wrong;
  object = json_node_get_object (node);

  if (!get_number (object, "known", G_MAXINT, &self->known) ||
      !get_number (object, "lease", G_MAXINT, &self->lease))
    return "a number is none, or too large";

  if (json_object_has_member (object, "want"))
    {
      if (!get_choice (object, "want", wants, G_N_ELEMENTS (wants), &want))
        return "what it wants is not known";
      self->want = want;
    }

  if (!get_names (object, "of", MB_PRESENCE_MAX_ASKED, &self->of) ||
      !get_names (object, "peers", MB_PRESENCE_MAX_ASKED, &self->peers) ||
      !get_names (object, "services", MB_PRESENCE_MAX_ASKED, &self->services) ||
      !get_names (object, "topics", MB_PRESENCE_MAX_ASKED, &self->topics))
    return "a list is not one of names, or too long";

  self->near_too = get_flag (object, "near");
  self->filtered = self->of != NULL || self->peers != NULL || self->services != NULL || self->topics != NULL;

  return NULL;
}

gboolean
_mb_question_has (JsonArray  *array,
                  const char *name)
{
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      if (strcmp (json_array_get_string_element (array, i), name) == 0)
        return TRUE;
    }

  return FALSE;
}

gsize
_mb_presence_measure (const char *text,
                      gsize       length)
{
  gsize size = length;

  /* JSON text holds no control characters. */
  for (gsize i = 0; i < length; i++)
    size += text[i] == '"' || text[i] == '\\';

  return size;
}

char *
_mb_presence_seal (const char *secret)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);

  return g_strndup (sum, MB_PRESENCE_SEAL_LENGTH);
}

static void
append_text (GString    *out,
             const char *text)
{
  _mb_json_append_string (out, text, strlen (text));
}

static GString *
begin (const char *kind,
       guint64     session)
{
  GString *out = g_string_sized_new (512);

  g_string_append_c (out, '{');
  if (kind != NULL)
    g_string_append_printf (out, "\"kind\":\"%s\",", kind);
  g_string_append_printf (out, "\"session\":\"%016" G_GINT64_MODIFIER "x\"", session);

  return out;
}

/* The names of one part, as members. */
static void
end_list (GString *part,
          int     *list)
{
  if (*list >= 0)
    g_string_append_c (part, ']');
  *list = -1;
}

GPtrArray *
_mb_state_write (const MbSelf *self,
                 gsize         max)
{
  g_autoptr(GPtrArray) slices = g_ptr_array_new ();
  g_autoptr(GString) name = g_string_new (NULL);
  GPtrArray *parts = g_ptr_array_new ();
  GString *slice = g_string_new (NULL);
  gsize room = max > FIRST_PART_ROOM ? max - FIRST_PART_ROOM : 0;
  gsize used = 0;
  guint n_names = 0;
  int list = -1;

  g_ptr_array_add (slices, slice);

  for (int i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      end_list (slice, &list);

      for (guint j = 0; j < self->lists[i]->len && n_names < MB_PRESENCE_MAX_NAMES; j++)
        {
          const char *text = g_ptr_array_index (self->lists[i], j);
          gsize size;

          g_string_truncate (name, 0);
          append_text (name, text);
          /* With the comma, and the name of a list around it. */
          size = _mb_presence_measure (name->str, name->len) + 24;

          if (strlen (text) > MB_PRESENCE_MAX_NAME || size + PART_ROOM > max)
            continue;

          if (used + size > room)
            {
              if (slices->len == MB_PRESENCE_MAX_PARTS)
                break;
              end_list (slice, &list);
              slice = g_string_new (NULL);
              g_ptr_array_add (slices, slice);
              room = max - PART_ROOM;
              used = 0;
            }

          if (list < 0)
            g_string_append_printf (slice, ",\"%s\":[", list_names[i]);
          else
            g_string_append_c (slice, ',');
          list = i;
          g_string_append_len (slice, name->str, (gssize) name->len);
          used += size;
          n_names++;
        }
    }
  end_list (slice, &list);

  for (guint i = 0; i < slices->len; i++)
    {
      GString *part = begin ("state", self->session);

      slice = g_ptr_array_index (slices, i);
      g_string_append_printf (part, ",\"seal\":\"%s\",\"generation\":%u,\"part\":%u,\"parts\":%u,\"every\":%u",
                              self->seal, self->generation, i, slices->len, self->every);
      if (i == 0)
        {
          g_string_append (part, ",\"host\":");
          append_text (part, self->host);
          g_string_append_printf (part, ",\"pid\":%d,\"version\":\"%s\",\"encrypted\":%s",
                                  self->process_id, self->version, self->encrypted ? "true" : "false");
        }
      g_string_append_len (part, slice->str, (gssize) slice->len);
      g_string_append_c (part, '}');
      g_ptr_array_add (parts, part);
      g_string_free (slice, TRUE);
    }

  return parts;
}

GString *
_mb_alive_write (const MbSelf *self,
                 guint         n_sent,
                 guint         n_received,
                 guint         n_dropped)
{
  GString *out = begin ("alive", self->session);

  g_string_append_printf (out, ",\"generation\":%u,\"every\":%u,\"sent\":%u,\"received\":%u,\"dropped\":%u}",
                          self->generation, self->every, n_sent, n_received, n_dropped);

  return out;
}

GString *
_mb_bye_write (guint64     session,
               const char *secret)
{
  GString *out = begin ("bye", session);

  g_string_append_printf (out, ",\"secret\":\"%s\"}", secret);

  return out;
}

GString *
_mb_schema_write (guint64     session,
                  const char *name,
                  JsonNode   *schema,
                  gsize       max)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GString) out = begin ("schema", session);

  if (!_mb_json_append_node (text, schema, NULL))
    return NULL;

  g_string_append (out, ",\"name\":");
  append_text (out, name);
  g_string_append (out, ",\"schema\":");
  append_text (out, text->str);
  g_string_append_c (out, '}');

  return _mb_presence_measure (out->str, out->len) <= max ? g_steal_pointer (&out) : NULL;
}

static void
append_names (GString    *out,
              const char *member,
              GPtrArray  *names,
              gsize       max)
{
  gboolean first = TRUE;

  if (names == NULL || names->len == 0)
    return;

  g_string_append_printf (out, ",\"%s\":[", member);
  for (guint i = 0; i < MIN (names->len, MB_PRESENCE_MAX_ASKED); i++)
    {
      gsize before = out->len;

      if (!first)
        g_string_append_c (out, ',');
      append_text (out, g_ptr_array_index (names, i));
      /* What does not fit is asked for the next time. */
      if (_mb_presence_measure (out->str, out->len) + 64 > max)
        {
          g_string_truncate (out, before);
          break;
        }
      first = FALSE;
    }
  g_string_append_c (out, ']');
}

GString *
_mb_question_write (guint64    session,
                    guint      known,
                    guint      lease,
                    MbWant     want,
                    GPtrArray *of,
                    GPtrArray *peers,
                    GPtrArray *services,
                    GPtrArray *topics,
                    gsize      max)
{
  GString *out = begin (NULL, session);

  g_string_append_printf (out, ",\"known\":%u,\"want\":\"%s\"", known, wants[want]);
  if (lease > 0)
    g_string_append_printf (out, ",\"lease\":%u", lease);
  if (services != NULL && services->len > 0)
    g_string_append (out, ",\"near\":true");
  append_names (out, "of", of, max);
  append_names (out, "peers", peers, max);
  append_names (out, "services", services, max);
  append_names (out, "topics", topics, max);
  g_string_append_c (out, '}');

  return out;
}
