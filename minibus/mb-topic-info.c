/* mb-topic-info.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-topic-info-private.h"

/**
 * MbTopicInfo:
 *
 * A topic that somebody publishes on or has subscribed to, as a [class@Directory] knows it.
 *
 * Subscriptions to patterns that match many topics make no topic of their own: they count for each topic that they match.
 * The lists are live: they change, and so do the numbers, in the main context of the directory. A topic that nobody
 * uses any more leaves the directory, with empty lists; when it is used again there is another object.
 *
 * Since: 0.1
 */
struct _MbTopicInfo
{
  GObject     parent_instance;

  char       *name;
  GListStore *lists[2];     /* of MbPeer; publishers and subscribers */
};

G_DEFINE_FINAL_TYPE (MbTopicInfo, mb_topic_info, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_N_PUBLISHERS,
  PROP_N_SUBSCRIBERS,
  PROP_NAME,
  PROP_PUBLISHERS,
  PROP_SUBSCRIBERS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
mb_topic_info_finalize (GObject *object)
{
  MbTopicInfo *self = MB_TOPIC_INFO (object);

  g_clear_object (&self->lists[0]);
  g_clear_object (&self->lists[1]);
  g_clear_pointer (&self->name, g_free);

  G_OBJECT_CLASS (mb_topic_info_parent_class)->finalize (object);
}

static void
mb_topic_info_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  MbTopicInfo *self = MB_TOPIC_INFO (object);

  switch (prop_id)
    {
    case PROP_N_PUBLISHERS:
      g_value_set_uint (value, mb_topic_info_get_n_publishers (self));
      break;

    case PROP_N_SUBSCRIBERS:
      g_value_set_uint (value, mb_topic_info_get_n_subscribers (self));
      break;

    case PROP_NAME:
      g_value_set_string (value, mb_topic_info_get_name (self));
      break;

    case PROP_PUBLISHERS:
      g_value_set_object (value, mb_topic_info_get_publishers (self));
      break;

    case PROP_SUBSCRIBERS:
      g_value_set_object (value, mb_topic_info_get_subscribers (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_topic_info_class_init (MbTopicInfoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_topic_info_finalize;
  object_class->get_property = mb_topic_info_get_property;

  /**
   * MbTopicInfo:n-publishers: (getter get_n_publishers)
   *
   * How many peers there are who publish on the topic.
   *
   * Since: 0.1
   */
  properties[PROP_N_PUBLISHERS] =
    g_param_spec_uint ("n-publishers", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbTopicInfo:n-subscribers: (getter get_n_subscribers)
   *
   * How many peers there are who have subscribed to the topic, or to a pattern that matches it.
   *
   * Since: 0.1
   */
  properties[PROP_N_SUBSCRIBERS] =
    g_param_spec_uint ("n-subscribers", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbTopicInfo:name: (getter get_name)
   *
   * The name of the topic.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbTopicInfo:publishers: (getter get_publishers)
   *
   * The peers who publish on the topic: a list of [class@Peer].
   *
   * Since: 0.1
   */
  properties[PROP_PUBLISHERS] =
    g_param_spec_object ("publishers", NULL, NULL,
                         G_TYPE_LIST_MODEL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbTopicInfo:subscribers: (getter get_subscribers)
   *
   * The peers who have subscribed to the topic, or to a pattern that matches it: a list of [class@Peer].
   *
   * Since: 0.1
   */
  properties[PROP_SUBSCRIBERS] =
    g_param_spec_object ("subscribers", NULL, NULL,
                         G_TYPE_LIST_MODEL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_topic_info_init (MbTopicInfo *self)
{
  self->lists[0] = g_list_store_new (MB_TYPE_PEER);
  self->lists[1] = g_list_store_new (MB_TYPE_PEER);
}

MbTopicInfo *
_mb_topic_info_new (const char *name)
{
  MbTopicInfo *self = g_object_new (MB_TYPE_TOPIC_INFO, NULL);

  self->name = g_strdup (name);

  return self;
}

void
_mb_topic_info_update (MbTopicInfo *self,
                       GPtrArray   *publishers,
                       GPtrArray   *subscribers)
{
  if (_mb_list_store_update (self->lists[0], publishers))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_PUBLISHERS]);
  if (_mb_list_store_update (self->lists[1], subscribers))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_SUBSCRIBERS]);
}

/**
 * mb_topic_info_get_publishers: (get-property publishers)
 * @self: a topic
 *
 * Gets the peers who publish on the topic.
 *
 * Returns: (transfer none): a list of [class@Peer], which goes on changing
 *
 * Since: 0.1
 */
GListModel *
mb_topic_info_get_publishers (MbTopicInfo *self)
{
  g_return_val_if_fail (MB_IS_TOPIC_INFO (self), NULL);

  return G_LIST_MODEL (self->lists[0]);
}

/**
 * mb_topic_info_get_subscribers: (get-property subscribers)
 * @self: a topic
 *
 * Gets the peers who have subscribed to the topic, or to a pattern that matches it.
 *
 * Returns: (transfer none): a list of [class@Peer], which goes on changing
 *
 * Since: 0.1
 */
GListModel *
mb_topic_info_get_subscribers (MbTopicInfo *self)
{
  g_return_val_if_fail (MB_IS_TOPIC_INFO (self), NULL);

  return G_LIST_MODEL (self->lists[1]);
}

/**
 * mb_topic_info_get_n_publishers: (get-property n-publishers)
 * @self: a topic
 *
 * Gets how many peers there are who publish on the topic.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_topic_info_get_n_publishers (MbTopicInfo *self)
{
  g_return_val_if_fail (MB_IS_TOPIC_INFO (self), 0);

  return g_list_model_get_n_items (G_LIST_MODEL (self->lists[0]));
}

/**
 * mb_topic_info_get_n_subscribers: (get-property n-subscribers)
 * @self: a topic
 *
 * Gets how many peers there are who have subscribed to the topic, or to a pattern that matches it.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_topic_info_get_n_subscribers (MbTopicInfo *self)
{
  g_return_val_if_fail (MB_IS_TOPIC_INFO (self), 0);

  return g_list_model_get_n_items (G_LIST_MODEL (self->lists[1]));
}

/**
 * mb_topic_info_get_name: (get-property name)
 * @self: a topic
 *
 * Gets the name of the topic.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
mb_topic_info_get_name (MbTopicInfo *self)
{
  g_return_val_if_fail (MB_IS_TOPIC_INFO (self), NULL);

  return self->name;
}
