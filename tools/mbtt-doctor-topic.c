/* mbtt-doctor-topic.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Whether those who publish on a topic and those who listen to it go together. */

#include "config.h"

#include "mbtt-doctor.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-hidden.h"
#include "mbtt-nearest.h"
#include "mbtt-schemas.h"

/* Where no topic was named, no more are asked for their schemas. */
#define MAX_TOPICS 32

/* The one that is so like the wanted one that somebody may have made a slip, or NULL. */
static const char *
find_near (MbttBus    *bus,
           MbttHeard  *heard,
           const char *wanted)
{
  GListModel *topics = mb_directory_get_topics (bus->directory);
  guint limit = MAX (2, (guint) g_utf8_strlen (wanted, -1) / 4);
  const char *nearest = NULL;
  GHashTableIter iter;
  const char *name;

  g_hash_table_iter_init (&iter, heard->topics);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
    {
      guint distance = mbtt_get_distance (wanted, name);

      if (distance > limit || (nearest != NULL && distance == limit))
        continue;
      nearest = name;
      limit = distance;
    }

  for (guint i = 0; i < g_list_model_get_n_items (topics); i++)
    {
      g_autoptr(MbTopicInfo) topic = g_list_model_get_item (topics, i);
      guint distance;

      name = mb_topic_info_get_name (topic);
      distance = mbtt_get_distance (wanted, name);
      if (distance > limit || (nearest != NULL && distance == limit) ||
          strcmp (name, wanted) == 0 || !mbtt_has_other (mb_topic_info_get_publishers (topic)))
        continue;
      nearest = name;
      limit = distance;
    }

  return nearest;
}

static char *
name_others (GListModel *peers)
{
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr(MbPeer) peer = g_list_model_get_item (peers, i);
      g_autofree char *name = NULL;

      if (mb_peer_get_is_own (peer))
        continue;

      name = mbtt_doctor_name_peer (peer);
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", name);
    }

  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
judge_publishers (MbttFindings *findings,
                  MbttBus      *bus,
                  MbttHeard    *heard,
                  MbTopicInfo  *topic)
{
  const char *name = heard->wanted;
  const char *near;

  if (heard->n_wanted > 0)
    {
      mbtt_findings_add (findings, "topic", MBTT_FINDING_OK,
                         g_strdup_printf (_("Messages on “%s” arrive: %u."), name, heard->n_wanted), NULL);
      return;
    }

  if (topic != NULL && mbtt_has_other (mb_topic_info_get_publishers (topic)))
    {
      g_autofree char *publishers = name_others (mb_topic_info_get_publishers (topic));

      mbtt_findings_add (findings, "topic", MBTT_FINDING_HINT,
                         g_strdup_printf (_("These can publish on “%s”, but have sent nothing in this time: %s."),
                                          name, publishers),
                         g_strdup (_("See that they have something to send, or listen longer with --duration.")));
      return;
    }

  /* A pattern is not the name of a topic. */
  near = mbtt_is_pattern (name) ? NULL : find_near (bus, heard, name);
  if (near != NULL)
    mbtt_findings_add (findings, "topic", MBTT_FINDING_WARNING,
                       g_strdup_printf (_("Nobody published on “%s”, but somebody does on “%s”."), name, near),
                       g_strdup (_("See which of the two is spelled as it should be; upper and lower case, and each "
                                   "“/”, make a difference.")));
  else
    mbtt_findings_add (findings, "topic", MBTT_FINDING_HINT,
                       g_strdup_printf (_("Nobody published on “%s” in this time."), name),
                       g_strdup (_("See that who publishes is running and has the same address, or listen longer with "
                                   "--duration.")));
}

static void
judge_subscribers (MbttFindings *findings,
                   const char   *name,
                   MbTopicInfo  *topic)
{
  GListModel *subscribers = topic != NULL ? mb_topic_info_get_subscribers (topic) : NULL;
  g_autofree char *names = NULL;

  if (subscribers == NULL || !mbtt_has_other (subscribers))
    {
      mbtt_findings_add (findings, "subscribers", MBTT_FINDING_HINT,
                         g_strdup_printf (_("Nobody else has subscribed to “%s”."), name),
                         g_strdup (_("If somebody should have, see how the topic is spelled there.")));
      return;
    }

  names = name_others (subscribers);
  mbtt_findings_add (findings, "subscribers", MBTT_FINDING_OK,
                     g_strdup_printf (_("These have subscribed to “%s”: %s."), name, names), NULL);
}

static MbSchema *
get_schema (MbPeer     *peer,
            const char *topic)
{
  const char *text = mbtt_peer_get_schema (peer, MB_SCHEMA_ROLE_TOPIC, topic);

  return text != NULL ? mb_schema_new_from_text (text, NULL) : NULL;
}

/* The first that publishes by another schema, or NULL. */
static MbPeer *
find_other_schema (GListModel *publishers,
                   const char *topic,
                   MbSchema   *schema)
{
  for (guint i = 0; i < g_list_model_get_n_items (publishers); i++)
    {
      g_autoptr(MbPeer) peer = g_list_model_get_item (publishers, i);
      g_autoptr(MbSchema) other = get_schema (peer, topic);

      if (!mb_peer_get_is_own (peer) && other != NULL && !mb_schema_equal (schema, other))
        return g_steal_pointer (&peer);
    }

  return NULL;
}

static void
judge_schema (MbttFindings *findings,
              MbTopicInfo  *topic,
              MbPeer       *subscriber,
              const char   *sample)
{
  const char *name = mb_topic_info_get_name (topic);
  g_autoptr(MbSchema) schema = get_schema (subscriber, name);
  g_autofree char *who = mbtt_doctor_name_peer (subscriber);
  g_autofree char *other_who = NULL;
  g_autoptr(MbPeer) other = NULL;
  g_autoptr(GError) error = NULL;

  if (schema == NULL)
    return;

  if (sample != NULL && !mb_schema_validate_text (schema, sample, &error))
    {
      mbtt_findings_add (findings, "schema", MBTT_FINDING_PROBLEM,
                         g_strdup_printf (_("A message on “%s” breaks the schema of %s, which therefore does not get "
                                            "it: %s"), name, who, error->message),
                         g_strdup (_("Mend the data that is sent, or the schema of who listens; “mbtt info” shows "
                                     "the schemas.")));
      return;
    }

  other = find_other_schema (mb_topic_info_get_publishers (topic), name, schema);
  if (other == NULL)
    return;

  other_who = mbtt_doctor_name_peer (other);
  mbtt_findings_add (findings, "schema", MBTT_FINDING_WARNING,
                     g_strdup_printf (_("On “%s”, %s publishes by another schema than %s expects."), name, other_who,
                                      who),
                     g_strdup (_("Let both have the same schema; “mbtt info” shows them.")));
}

static void
judge_schemas (MbttFindings *findings,
               MbttHeard    *heard,
               MbTopicInfo  *topic)
{
  GListModel *publishers = mb_topic_info_get_publishers (topic);
  GListModel *subscribers = mb_topic_info_get_subscribers (topic);

  mbtt_load_schemas (publishers);
  mbtt_load_schemas (subscribers);

  for (guint i = 0; i < g_list_model_get_n_items (subscribers); i++)
    {
      g_autoptr(MbPeer) subscriber = g_list_model_get_item (subscribers, i);

      if (!mb_peer_get_is_own (subscriber))
        judge_schema (findings, topic, subscriber,
                      g_hash_table_lookup (heard->topics, mb_topic_info_get_name (topic)));
    }
}

/* The topics of the directory, which changes while peers are asked. */
static GPtrArray *
list_topics (MbttBus *bus)
{
  GListModel *topics = mb_directory_get_topics (bus->directory);
  GPtrArray *list = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (topics) && list->len < MAX_TOPICS; i++)
    {
      g_autoptr(MbTopicInfo) topic = g_list_model_get_item (topics, i);

      if (mbtt_has_other (mb_topic_info_get_subscribers (topic)) &&
          mbtt_has_other (mb_topic_info_get_publishers (topic)))
        g_ptr_array_add (list, g_steal_pointer (&topic));
    }

  return list;
}

void
mbtt_doctor_topics (MbttFindings *findings,
                    MbttBus      *bus,
                    MbttHeard    *heard)
{
  g_autoptr(GPtrArray) topics = NULL;
  MbTopicInfo *wanted;

  if (heard->wanted == NULL)
    {
      topics = list_topics (bus);
      for (guint i = 0; i < topics->len; i++)
        judge_schemas (findings, heard, g_ptr_array_index (topics, i));
      return;
    }

  wanted = mb_directory_find_topic (bus->directory, heard->wanted);
  judge_publishers (findings, bus, heard, wanted);
  if (!mbtt_is_pattern (heard->wanted))
    judge_subscribers (findings, heard->wanted, wanted);
  if (wanted != NULL)
    {
      g_autoptr(MbTopicInfo) topic = g_object_ref (wanted);

      judge_schemas (findings, heard, topic);
    }
}
