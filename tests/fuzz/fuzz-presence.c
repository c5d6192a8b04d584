/* fuzz-presence.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Lines of JSON as what peers say of themselves, each a moment after the last: the table must keep its bounds, tell of each
 * change, and end as empty as it began.
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-json-private.h"
#include "minibus/mb-near-private.h"
#include "minibus/mb-peer-table-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static void
changed_cb (gpointer      user_data,
            MbPeerRecord *record)
{
  GHashTable *present = user_data;

  if (record->gone)
    {
      g_assert_true (g_hash_table_remove (present, record));
      return;
    }

  g_assert_nonnull (record->state);
  g_hash_table_add (present, record);
  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      char **list = record->state->lists[i];

      for (guint j = 0; list[j] != NULL && list[j + 1] != NULL; j++)
        g_assert_cmpstr (list[j], <, list[j + 1]);
    }
}

/* What was told is told again by ourselves, and has to be the same. */
static void
check_round_trip (MbPeerRecord *record)
{
  g_autoptr(GPtrArray) parts = NULL;
  g_autofree char *seal = _mb_presence_seal ("0");
  MbSelf self = {
    .session = 1, .seal = seal, .generation = 1, .host = "h", .version = "1", .process_id = 1,
  };

  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      self.lists[i] = g_ptr_array_new ();
      for (guint j = 0; record->state->lists[i][j] != NULL; j++)
        g_ptr_array_add (self.lists[i], record->state->lists[i][j]);
    }

  parts = _mb_state_write (&self, 1100);
  g_assert_cmpuint (parts->len, <=, MB_PRESENCE_MAX_PARTS);
  for (guint i = 0; i < parts->len; i++)
    {
      GString *part = g_ptr_array_index (parts, i);
      g_autoptr(JsonNode) node = _mb_json_read (part->str, part->len, NULL, NULL);
      MbAnnouncement announcement;

      g_assert_cmpuint (_mb_presence_measure (part->str, part->len), <=, 1100);
      g_assert_nonnull (node);
      g_assert_null (_mb_announcement_read (&announcement, node));
      g_string_free (part, TRUE);
    }
  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    g_ptr_array_unref (self.lists[i]);
}

static void
take_line (MbPeerTable *table,
           JsonNode    *node,
           gint64       now,
           guint        round)
{
  MbAnnouncement announcement;
  MbQuestion question;

  if (_mb_announcement_read (&announcement, node) == NULL)
    _mb_peer_table_announce (table, &announcement, "peer", now);

  if (_mb_question_read (&question, node) == NULL)
    {
      _mb_question_has (question.of, "0000000000000001");
      for (guint i = 0; question.services != NULL && i < json_array_get_length (question.services); i++)
        _mb_name_is_near (json_array_get_string_element (question.services, i), "/calc/add");
    }

  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      MbPeerRecord *record = _mb_peer_table_find_silent (table, "silent", now);

      _mb_peer_table_take_list (table, record, round % MB_PRESENCE_N_LISTS, node, round / 8);
      _mb_peer_table_take_host (table, record, node);
      _mb_peer_table_take_pid (table, record, node);
      _mb_peer_table_show (table, record);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autoptr(GHashTable) present = g_hash_table_new (NULL, NULL);
  MbPeerTable *table = _mb_peer_table_new (1000, changed_cb, present);
  const char *line = (const char *) data;
  const char *end = line + size;
  gint64 now = 1;
  guint round = 0;

  while (line < end)
    {
      const char *feed = memchr (line, '\n', (gsize) (end - line));
      gsize length = (gsize) ((feed != NULL ? feed : end) - line);
      g_autoptr(JsonNode) node = _mb_json_read (line, length, NULL, NULL);
      g_autoptr(GPtrArray) wanting = NULL;
      gint64 next;

      if (node != NULL)
        take_line (table, node, now, round++);
      wanting = _mb_peer_table_list_wanting (table, now, &next);
      _mb_peer_table_expire (table, now);

      line += length + 1;
      now += 100000;
    }

  {
    g_autoptr(GPtrArray) all = _mb_peer_table_list (table);

    for (guint i = 0; i < all->len; i++)
      {
        MbPeerRecord *record = g_ptr_array_index (all, i);

        g_assert_true (record->visible == g_hash_table_contains (present, record));
        if (record->visible)
          check_round_trip (record);
      }
    for (guint i = 0; i < all->len; i++)
      _mb_peer_table_remove (table, g_ptr_array_index (all, i));
  }
  g_assert_cmpuint (_mb_peer_table_count (table), ==, 0);
  g_assert_cmpuint (g_hash_table_size (present), ==, 0);
  g_assert_cmpuint (_mb_peer_table_get_bytes (table), ==, 0);
  _mb_peer_table_free (table);

  return 0;
}
