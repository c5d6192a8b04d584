/* mb-json-memo.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-json-memo-private.h"

#include <string.h>

#include "mb-json-private.h"
#include "mb-json-scan-private.h"

/* What a thread remembers at most. */
#define N_SLOTS 8
#define MAX_LENGTH 4096
#define MAX_MEMBERS 32
/* A topic that was not used for so many texts may give way to another one. */
#define PATIENCE 64
/* A topic whose messages share less than a quarter, of so many, is left alone for a while. */
#define TRIAL 16
#define REST 1024

typedef struct
{
  guint     start;     /* of the name, at its quotation mark; in the text of the slot */
  guint     length;    /* to the end of the value */
  char     *name;
  JsonNode *node;      /* sealed */
} Member;

typedef struct
{
  char    *topic;      /* a GRefString */
  guint    used;       /* when it last was, by the clock of the memo */
  guint    n_texts;    /* since the trial began */
  guint    n_members;  /* of these */
  guint    n_shared;
  guint    rest;       /* texts that are not to be looked at */
  char     text[MAX_LENGTH];
  Member   members[MAX_MEMBERS];
  guint    n_known;    /* of `members` */
} Slot;

typedef struct
{
  Slot  *slots[N_SLOTS];
  guint  clock;        /* one for each text */
} Memo;

static void
forget (Slot  *self,
        guint  first)
{
  while (self->n_known > first)
    {
      Member *member = &self->members[--self->n_known];

      g_free (member->name);
      json_node_unref (member->node);
    }
}

static void
slot_free (Slot *self)
{
  forget (self, 0);
  g_ref_string_release (self->topic);
  g_free (self);
}

static void
memo_free (gpointer data)
{
  Memo *self = data;

  for (guint i = 0; i < N_SLOTS; i++)
    g_clear_pointer (&self->slots[i], slot_free);
  g_free (self);
}

static Memo *
get_memo (void)
{
  static GPrivate memo = G_PRIVATE_INIT (memo_free);
  Memo *self = g_private_get (&memo);

  if (self == NULL)
    {
      self = g_new0 (Memo, 1);
      g_private_set (&memo, self);
    }

  return self;
}

/* The slot of a topic, or NULL when all are in use by others. */
static Slot *
get_slot (char *topic)
{
  Memo *self = get_memo ();
  Slot **oldest = &self->slots[0];
  Slot *slot;

  self->clock++;

  for (guint i = 0; i < N_SLOTS && *oldest != NULL; i++)
    {
      slot = self->slots[i];
      /* The pointer of an address in use is its own. */
      if (slot != NULL && slot->topic == topic)
        {
          slot->used = self->clock;
          return slot;
        }
      if (slot == NULL || self->clock - slot->used > self->clock - (*oldest)->used)
        oldest = &self->slots[i];
    }

  if (*oldest != NULL && self->clock - (*oldest)->used < PATIENCE)
    return NULL;

  g_clear_pointer (oldest, slot_free);
  slot = *oldest = g_new0 (Slot, 1);
  slot->topic = g_ref_string_acquire (topic);
  slot->used = self->clock;

  return slot;
}

/* Whether the member at `p` is the one that is remembered. */
static gboolean
is_same (const Slot   *self,
         const Member *member,
         const char   *p,
         const char   *end)
{
  return (gsize) (end - p) > member->length && (p[member->length] == ',' || p[member->length] == '}') &&
         memcmp (p, self->text + member->start, member->length) == 0;
}

/* Reads a member, from its name on, that is written without escapes in the name or white space. */
static gboolean
read_member (Member      *member,
             const char **cursor,
             const char  *end)
{
  const char *name = *cursor + 1;
  const char *value;
  const char *p;

  if (*cursor == end || **cursor != '"')
    return FALSE;

  p = _mb_scan_ascii (name, end);
  if (end - p < 2 || p[0] != '"' || p[1] != ':')
    return FALSE;

  value = p + 2;
  *cursor = value;
  if (_mb_scan_value (cursor, end, MB_JSON_MAX_DEPTH) != MB_SCAN_OK)
    return FALSE;

  member->node = _mb_json_read (value, (gsize) (*cursor - value), NULL, NULL);
  if (member->node == NULL)
    return FALSE;
  member->name = g_strndup (name, (gsize) (p - name));

  return TRUE;
}

/* Brings the members up to date. Returns FALSE if the text is none that is worth it, with some of them forgotten. */
static gboolean
read_members (Slot       *self,
              const char *text,
              gsize       length)
{
  const char *end = text + length;
  const char *p = text + 1;
  guint n = 0;

  if (length < 2 || text[0] != '{' || text[1] == '}')
    return FALSE;

  do
    {
      const char *start = p;

      if (n < self->n_known && is_same (self, &self->members[n], p, end))
        {
          p += self->members[n].length;
          self->members[n].start = (guint) (start - text);
          self->n_shared++;
        }
      else
        {
          Member member;

          if (n == MAX_MEMBERS || !read_member (&member, &p, end) || p == end)
            return FALSE;

          member.start = (guint) (start - text);
          member.length = (guint) (p - start);
          if (n < self->n_known)
            {
              g_free (self->members[n].name);
              json_node_unref (self->members[n].node);
            }
          else
            {
              self->n_known++;
            }
          self->members[n] = member;
        }
      n++;
    }
  while (*p++ == ',');

  forget (self, n);
  self->n_members += n;

  return p == end && p[-1] == '}';
}

static void
judge (Slot *self)
{
  if (++self->n_texts < TRIAL)
    return;

  if (4 * self->n_shared < self->n_members)
    {
      self->rest = REST;
      forget (self, 0);
    }
  self->n_texts = self->n_members = self->n_shared = 0;
}

JsonNode *
_mb_json_read_similar (char       *topic,
                       const char *text,
                       gsize       length)
{
  Slot *slot;
  JsonObject *object;
  JsonNode *node;

  if (length > MAX_LENGTH)
    return _mb_json_read (text, length, NULL, NULL);

  slot = get_slot (topic);
  if (slot == NULL || slot->rest > 0)
    {
      if (slot != NULL)
        slot->rest--;
      return _mb_json_read (text, length, NULL, NULL);
    }

  /* The members refer to the text that is remembered, so that has to be this one, or they are no good. */
  if (!read_members (slot, text, length))
    {
      forget (slot, 0);
      slot->n_members++;
      judge (slot);
      return _mb_json_read (text, length, NULL, NULL);
    }
  memcpy (slot->text, text, length);

  object = json_object_new ();
  for (guint i = 0; i < slot->n_known; i++)
    json_object_set_member (object, slot->members[i].name, json_node_ref (slot->members[i].node));
  judge (slot);

  node = json_node_init (json_node_alloc (), JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  json_node_seal (node);

  return node;
}
