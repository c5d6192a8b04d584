/* mb-peer-table.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-peer-table-private.h"

#include <stdlib.h>
#include <string.h>

/* Signs of life that may be missing, and a bit more than the last of them. */
#define PATIENCE 3.5
#define MIN_EVERY 20
#define MAX_EVERY 300000
/* For those who do not say how often they give one, in ms. */
#define DEFAULT_EVERY 4000
#define ASK_GAP 150
#define MAX_ASK_GAP 4000
#define RECORD_COST 512
#define N_LEFT 64
#define MAX_SCHEMAS_COST (256 * 1024)

struct _MbPeerTable
{
  GHashTable      *peers;     /* session to MbPeerRecord, with a reference */
  GHashTable      *silent;    /* name to MbPeerRecord, likewise */
  gsize            bytes;
  guint64          left[N_LEFT];   /* who left last: what comes late is of no use */
  guint            n_left;
  double           unit;
  MbPeerTableFunc  func;
  gpointer         user_data;
};

/* A part of a state that came. */
typedef struct
{
  char     **lists[MB_PRESENCE_N_LISTS];
  char      *host;
  char      *version;
  int        process_id;
  gboolean   encrypted;
  gsize      cost;
} Part;

G_LOCK_EXTERN (_mb_peer_live);

static void
part_free (gpointer data)
{
  Part *part = data;

  if (part == NULL)
    return;

  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    g_strfreev (part->lists[i]);
  g_free (part->host);
  g_free (part->version);
  g_free (part);
}

static void
see (MbPeerRecord *record,
     gint64        now)
{
  G_LOCK (_mb_peer_live);
  record->live.last_seen = now;
  G_UNLOCK (_mb_peer_live);
}

MbPeerTable *
_mb_peer_table_new (double           unit,
                    MbPeerTableFunc  func,
                    gpointer         user_data)
{
  MbPeerTable *self = g_new0 (MbPeerTable, 1);

  self->peers = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify) _mb_peer_record_unref);
  self->silent = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) _mb_peer_record_unref);
  self->unit = unit;
  self->func = func;
  self->user_data = user_data;

  return self;
}

void
_mb_peer_table_free (MbPeerTable *self)
{
  g_hash_table_unref (self->peers);
  g_hash_table_unref (self->silent);
  g_free (self);
}

void
_mb_peer_table_clear (MbPeerTable *self)
{
  g_hash_table_remove_all (self->peers);
  g_hash_table_remove_all (self->silent);
  self->bytes = 0;
}

guint
_mb_peer_table_count (MbPeerTable *self)
{
  return g_hash_table_size (self->peers) + g_hash_table_size (self->silent);
}

gsize
_mb_peer_table_get_bytes (MbPeerTable *self)
{
  return self->bytes;
}

static MbPeerRecord *
add_record (MbPeerTable *self,
            guint64      session,
            const char  *name)
{
  gsize cost = RECORD_COST + strlen (name);
  MbPeerRecord *record;

  if (_mb_peer_table_count (self) >= MB_PEER_TABLE_MAX_PEERS || self->bytes + cost > MB_PEER_TABLE_MAX_BYTES)
    return NULL;

  record = g_new0 (MbPeerRecord, 1);
  g_atomic_ref_count_init (&record->ref_count);
  record->session = session;
  record->name = g_strdup (name);
  self->bytes += cost;

  if (session != 0)
    g_hash_table_insert (self->peers, &record->session, record);
  else
    g_hash_table_insert (self->silent, record->name, record);

  return record;
}

static gsize
get_parts_cost (MbPeerRecord *record)
{
  gsize cost = 0;

  for (guint i = 0; record->parts != NULL && i < record->parts->len; i++)
    {
      Part *part = g_ptr_array_index (record->parts, i);

      cost += part != NULL ? part->cost : 0;
    }

  return cost;
}

static void
drop_parts (MbPeerTable  *self,
            MbPeerRecord *record)
{
  self->bytes -= get_parts_cost (record);
  g_clear_pointer (&record->parts, g_ptr_array_unref);
  record->n_parts = 0;
}

void
_mb_peer_table_set_key (MbPeerTable *self,
                        gint64       session,
                        MbKeyMatch   key_match)
{
  MbPeerRecord *record = g_hash_table_lookup (self->peers, &session);

  if (record != NULL)
    _mb_peer_record_set_key (record, key_match);
}

void
_mb_peer_table_remove (MbPeerTable  *self,
                       MbPeerRecord *record)
{
  g_autoptr(MbPeerRecord) kept = _mb_peer_record_ref (record);

  drop_parts (self, record);
  self->bytes -= RECORD_COST + strlen (record->name);
  if (record->state != NULL)
    self->bytes -= record->state->cost;
  record->gone = TRUE;

  if (record->session != 0)
    g_hash_table_remove (self->peers, &record->session);
  else
    g_hash_table_remove (self->silent, record->name);

  if (record->visible)
    self->func (self->user_data, kept);
}

static int
compare_text (gconstpointer a,
              gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

/* Takes a list of names, of which it makes a sorted one without doubles. */
static char **
end_names (GPtrArray *names,
           gsize     *cost)
{
  guint n = 0;

  /* An empty array may be no array at all. */
  if (names->len > 1)
    qsort (names->pdata, names->len, sizeof (gpointer), compare_text);
  for (guint i = 0; i < names->len; i++)
    {
      char *name = names->pdata[i];

      if (n > 0 && strcmp (names->pdata[n - 1], name) == 0)
        {
          g_free (name);
          continue;
        }
      names->pdata[n++] = name;
      *cost += strlen (name) + 1 + sizeof (gpointer);
    }
  for (guint i = n; i < names->len; i++)
    names->pdata[i] = NULL;
  names->len = n;
  g_ptr_array_add (names, NULL);

  return (char **) g_ptr_array_free (names, FALSE);
}

static void
add_names (GPtrArray          *names,
           const char * const *more)
{
  for (guint i = 0; more != NULL && more[i] != NULL; i++)
    g_ptr_array_add (names, g_strdup (more[i]));
}

static gboolean
states_are_equal (MbPeerState *a,
                  MbPeerState *b)
{
  if (a == NULL || b == NULL)
    return a == b;

  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      if (!g_strv_equal ((const char * const *) a->lists[i], (const char * const *) b->lists[i]))
        return FALSE;
    }

  return g_strcmp0 (a->host, b->host) == 0 && g_strcmp0 (a->version, b->version) == 0 &&
         a->process_id == b->process_id && a->encrypted == b->encrypted;
}

/* Takes `state`. */
static gboolean
set_state (MbPeerTable  *self,
           MbPeerRecord *record,
           MbPeerState  *state)
{
  gsize before = record->state != NULL ? record->state->cost : 0;

  if (self->bytes - before + state->cost > MB_PEER_TABLE_MAX_BYTES)
    {
      _mb_peer_state_unref (state);
      return FALSE;
    }

  if (states_are_equal (record->state, state))
    {
      _mb_peer_state_unref (state);
    }
  else
    {
      self->bytes = self->bytes - before + state->cost;
      g_clear_pointer (&record->state, _mb_peer_state_unref);
      record->state = state;
      if (record->visible)
        self->func (self->user_data, record);
    }

  return TRUE;
}

void
_mb_peer_table_show (MbPeerTable  *self,
                     MbPeerRecord *record)
{
  if (record->visible || record->state == NULL)
    return;

  record->visible = TRUE;
  self->func (self->user_data, record);
}

static Part *
part_new (const MbAnnouncement *announcement)
{
  Part *part = g_new0 (Part, 1);

  part->host = g_strdup (announcement->host);
  part->version = g_strdup (announcement->version);
  part->process_id = announcement->process_id;
  part->encrypted = announcement->encrypted;
  part->cost = sizeof *part + 512;

  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      JsonArray *list = announcement->lists[i];
      GPtrArray *names;

      if (list == NULL)
        continue;

      names = g_ptr_array_new ();
      for (guint j = 0; j < json_array_get_length (list); j++)
        g_ptr_array_add (names, g_strdup (json_array_get_string_element (list, j)));
      part->lists[i] = end_names (names, &part->cost);
    }

  return part;
}

/* Puts the parts together, if all are there. */
static void
complete_state (MbPeerTable  *self,
                MbPeerRecord *record)
{
  MbPeerState *state;
  Part *first;

  for (guint i = 0; i < record->n_parts; i++)
    {
      if (g_ptr_array_index (record->parts, i) == NULL)
        return;
    }

  first = g_ptr_array_index (record->parts, 0);
  state = g_new0 (MbPeerState, 1);
  g_atomic_ref_count_init (&state->ref_count);
  state->host = g_strdup (first->host);
  state->version = g_strdup (first->version);
  state->process_id = first->process_id;
  state->encrypted = first->encrypted;
  state->cost = sizeof *state + 512;

  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      GPtrArray *names = g_ptr_array_new ();

      for (guint j = 0; j < record->n_parts; j++)
        add_names (names, (const char * const *) ((Part *) g_ptr_array_index (record->parts, j))->lists[i]);
      state->lists[i] = end_names (names, &state->cost);
    }

  record->generation = record->coming;
  record->n_asked = 0;
  record->asked_at = 0;
  drop_parts (self, record);
  if (set_state (self, record, state))
    _mb_peer_table_show (self, record);
}

static const char *
take_part (MbPeerTable          *self,
           MbPeerRecord         *record,
           const MbAnnouncement *announcement)
{
  Part *part;

  /* What is older comes late, unless the peer itself says that it is the present state: then the newer one was never
   * its own. */
  if (record->state != NULL && announcement->generation < record->generation &&
      announcement->generation != record->told)
    return NULL;
  if (record->state != NULL && announcement->generation == record->generation)
    return NULL;

  if (record->parts == NULL || record->coming != announcement->generation ||
      record->n_parts != announcement->n_parts)
    {
      drop_parts (self, record);
      record->coming = announcement->generation;
      record->n_parts = announcement->n_parts;
      record->parts = g_ptr_array_new_full (record->n_parts, part_free);
      g_ptr_array_set_size (record->parts, (int) record->n_parts);
    }

  if (g_ptr_array_index (record->parts, announcement->part) != NULL)
    return NULL;

  record->told = MAX (record->told, announcement->generation);
  part = part_new (announcement);
  if (self->bytes + part->cost > MB_PEER_TABLE_MAX_BYTES)
    {
      part_free (part);
      return "the peers tell more than is kept";
    }
  self->bytes += part->cost;
  g_ptr_array_index (record->parts, announcement->part) = part;
  complete_state (self, record);

  return NULL;
}

static const char *
take_schema (MbPeerRecord         *record,
             const MbAnnouncement *announcement)
{
  g_autofree char *key = g_strdup (announcement->name);
  gsize cost = strlen (key) + strlen (announcement->schema) + 64;
  const char *before;
  gboolean room;

  G_LOCK (_mb_peer_live);
  if (record->schemas == NULL)
    record->schemas = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  before = g_hash_table_lookup (record->schemas, key);
  if (before != NULL)
    record->schemas_cost -= strlen (key) + strlen (before) + 64;
  room = record->schemas_cost + cost <= MAX_SCHEMAS_COST;
  if (room)
    {
      record->schemas_cost += cost;
      g_hash_table_insert (record->schemas, g_steal_pointer (&key), g_strdup (announcement->schema));
    }
  else
    {
      g_hash_table_remove (record->schemas, key);
    }
  G_UNLOCK (_mb_peer_live);

  return room ? NULL : "the schemas of a peer are more than is kept";
}

static gboolean
has_left (MbPeerTable *self,
          guint64      session)
{
  for (guint i = 0; i < MIN (self->n_left, N_LEFT); i++)
    {
      if (self->left[i] == session)
        return TRUE;
    }

  return FALSE;
}

const char *
_mb_peer_table_announce (MbPeerTable          *self,
                         const MbAnnouncement *announcement,
                         const char           *author,
                         gint64                now)
{
  gint64 session = (gint64) announcement->session;
  MbPeerRecord *record = g_hash_table_lookup (self->peers, &session);

  if (announcement->kind == MB_ANNOUNCEMENT_BYE)
    {
      g_autofree char *seal = _mb_presence_seal (announcement->secret);

      if (record == NULL)
        return NULL;
      /* Only who announced the peer first can know what was sealed. */
      if (record->seal[0] == '\0' || strcmp (record->seal, seal) != 0)
        return "a leave does not have the secret of the peer";
      self->left[self->n_left++ % N_LEFT] = announcement->session;
      _mb_peer_table_remove (self, record);
      return NULL;
    }

  if (author == NULL || author[0] == '\0' || strlen (author) > MB_PRESENCE_MAX_NAME)
    return "a peer has no name, or one that is too long";

  if (record == NULL && (announcement->kind == MB_ANNOUNCEMENT_SCHEMA || has_left (self, announcement->session)))
    return NULL;

  if (record == NULL)
    {
      record = add_record (self, announcement->session, author);
      if (record == NULL)
        return "there are more peers than are kept";
    }
  if (strcmp (record->name, author) != 0)
    return "a peer has another name than before";

  if (announcement->kind == MB_ANNOUNCEMENT_SCHEMA)
    return take_schema (record, announcement);

  if (announcement->kind == MB_ANNOUNCEMENT_STATE)
    {
      if (record->seal[0] == '\0')
        g_strlcpy (record->seal, announcement->seal, sizeof record->seal);
      else if (strcmp (record->seal, announcement->seal) != 0)
        return "a peer has another seal than before";
    }
  else
    {
      record->told = announcement->generation;
    }

  G_LOCK (_mb_peer_live);
  record->live.last_seen = now;
  record->live.every = announcement->every > 0 ? CLAMP (announcement->every, MIN_EVERY, MAX_EVERY) : 0;
  if (announcement->kind == MB_ANNOUNCEMENT_ALIVE)
    {
      record->live.n_sent = announcement->n_sent;
      record->live.n_received = announcement->n_received;
      record->live.n_dropped = announcement->n_dropped;
    }
  G_UNLOCK (_mb_peer_live);

  return announcement->kind == MB_ANNOUNCEMENT_STATE ? take_part (self, record, announcement) : NULL;
}

MbPeerRecord *
_mb_peer_table_find_silent (MbPeerTable *self,
                            const char  *name,
                            gint64       now)
{
  MbPeerRecord *record;

  if (name == NULL || name[0] == '\0' || strlen (name) > MB_PRESENCE_MAX_NAME)
    return NULL;

  record = g_hash_table_lookup (self->silent, name);
  if (record == NULL)
    {
      g_autoptr(MbPeerState) state = g_new0 (MbPeerState, 1);

      g_atomic_ref_count_init (&state->ref_count);
      for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
        state->lists[i] = g_new0 (char *, 1);

      record = add_record (self, 0, name);
      if (record == NULL)
        return NULL;
      record->state = g_steal_pointer (&state);
    }

  record->n_missed = 0;
  see (record, now);

  return record;
}

/* A copy but for one list, which is not set. */
static MbPeerState *
copy_state (MbPeerState *other,
            int          without)
{
  MbPeerState *state = g_new0 (MbPeerState, 1);

  g_atomic_ref_count_init (&state->ref_count);
  state->host = g_strdup (other->host);
  state->version = g_strdup (other->version);
  state->process_id = other->process_id;
  state->encrypted = other->encrypted;
  state->cost = sizeof *state + 512;
  for (int i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      GPtrArray *names;

      if (i == without)
        continue;
      names = g_ptr_array_new ();
      add_names (names, (const char * const *) other->lists[i]);
      state->lists[i] = end_names (names, &state->cost);
    }

  return state;
}

gboolean
_mb_peer_table_take_list (MbPeerTable  *self,
                          MbPeerRecord *record,
                          guint         list,
                          JsonNode     *names,
                          guint         round)
{
  GPtrArray *all;
  JsonArray *array;
  MbPeerState *state;
  guint n_bytes = 0;

  array = _mb_presence_get_names (names, MB_PRESENCE_MAX_NAMES);
  if (array == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (array); i++)
    n_bytes += (guint) strlen (json_array_get_string_element (array, i));
  if (n_bytes > 65536)
    return FALSE;

  all = g_ptr_array_new ();
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_ptr_array_add (all, g_strdup (json_array_get_string_element (array, i)));

  /* Two of one name cannot be told apart here: together they have what either has. */
  if ((record->answered & (1U << list)) != 0 && record->in_round[list] == round &&
      g_strv_length (record->state->lists[list]) + all->len <= MB_PRESENCE_MAX_NAMES)
    add_names (all, (const char * const *) record->state->lists[list]);

  state = copy_state (record->state, (int) list);
  state->lists[list] = end_names (all, &state->cost);
  record->in_round[list] = round;
  record->answered |= 1U << list;

  return set_state (self, record, state);
}

gboolean
_mb_peer_table_take_host (MbPeerTable  *self,
                          MbPeerRecord *record,
                          JsonNode     *host)
{
  MbPeerState *state;

  if (!JSON_NODE_HOLDS_VALUE (host) || json_node_get_value_type (host) != G_TYPE_STRING ||
      strlen (json_node_get_string (host)) > 255)
    return FALSE;

  state = copy_state (record->state, -1);
  g_free (state->host);
  state->host = g_strdup (json_node_get_string (host));
  record->answered |= MB_ANSWERED_HOST;

  return set_state (self, record, state);
}

gboolean
_mb_peer_table_take_pid (MbPeerTable  *self,
                         MbPeerRecord *record,
                         JsonNode     *pid)
{
  MbPeerState *state;
  gint64 number;

  if (!JSON_NODE_HOLDS_VALUE (pid) || json_node_get_value_type (pid) != G_TYPE_INT64)
    return FALSE;

  number = json_node_get_int (pid);
  if (number <= 0 || number > G_MAXINT)
    return FALSE;

  state = copy_state (record->state, -1);
  state->process_id = (int) number;
  record->answered |= MB_ANSWERED_PID;

  return set_state (self, record, state);
}

static gint64
get_end (MbPeerTable  *self,
         MbPeerRecord *record)
{
  /* `every` is in true milliseconds, also when the rest of the protocol is sped up. */
  double patience = record->live.every > 0 ? PATIENCE * record->live.every * 1000.0
                                           : PATIENCE * DEFAULT_EVERY * self->unit;

  return record->live.last_seen + (gint64) patience;
}

gint64
_mb_peer_table_expire (MbPeerTable *self,
                       gint64       now)
{
  g_autoptr(GPtrArray) gone = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;
  gint64 next = 0;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      gint64 end = get_end (self, value);

      if (end <= now)
        g_ptr_array_add (gone, value);
      else if (next == 0 || end < next)
        next = end;
    }

  for (guint i = 0; i < gone->len; i++)
    _mb_peer_table_remove (self, g_ptr_array_index (gone, i));

  return next;
}

GPtrArray *
_mb_peer_table_list_wanting (MbPeerTable *self,
                             gint64       now,
                             gint64      *next)
{
  GPtrArray *sessions = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer value;

  *next = 0;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      MbPeerRecord *record = value;
      double gap;
      gint64 at;

      if (record->state != NULL && record->told <= record->generation && record->parts == NULL &&
          (record->told == record->generation || record->told == 0))
        continue;

      gap = MIN (ASK_GAP * (1 << MIN (record->n_asked, 5)), MAX_ASK_GAP);
      at = record->asked_at != 0 ? record->asked_at + (gint64) (gap * self->unit) : now;
      if (at <= now && sessions->len < MB_PRESENCE_MAX_ASKED)
        {
          g_ptr_array_add (sessions, g_strdup_printf ("%016" G_GINT64_MODIFIER "x", record->session));
          record->asked_at = now;
          record->n_asked++;
          at = now + (gint64) (gap * self->unit);
        }
      if (*next == 0 || at < *next)
        *next = at;
    }

  return sessions;
}

GPtrArray *
_mb_peer_table_list (MbPeerTable *self)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) _mb_peer_record_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (all, _mb_peer_record_ref (value));
  g_hash_table_iter_init (&iter, self->silent);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (all, _mb_peer_record_ref (value));

  return all;
}
