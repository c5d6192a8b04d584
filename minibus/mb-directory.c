/* mb-directory.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-directory.h"

#include <string.h>

#include "mb-client-private.h"
#include "mb-directory-lists-private.h"
#include "mb-near-private.h"
#include "mb-peer-private.h"

#define MAX_SUGGESTIONS 3

/**
 * MbDirectory:
 *
 * Who is on the bus: a live list of [class@Peer].
 *
 * A directory is a [iface@Gio.ListModel], ready for a list widget, sorted by name. [property@Directory:topics] and
 * [property@Directory:services] are lists of what the peers use, and all three change as programs come, change and go.
 * [method@Directory.watch_peer] tells of one name.
 *
 * While a directory is open and its client is, the programs on the bus that use this library announce themselves and
 * give signs of life. One that leaves is gone at once; one that crashes, or cannot be heard any more, after three and
 * a half times the period it announced, which is 2 seconds on a bus of up to 100 peers, and grows with their number.
 * Programs of the Python library, which do not announce themselves, are asked every ten seconds or more, and
 * are gone when they have not answered three times, some 16 seconds after their end. At most 4,096 peers are kept.
 *
 * To have a list at one time, wait for [method@Directory.collect_async].
 *
 * Everything happens in the main context that was the thread's default when the directory was made. A directory keeps
 * its client alive; when it goes, or is closed, and no other one is open, the bus falls silent.
 *
 * ```c
 * g_autoptr(MbDirectory) directory = mb_directory_new (client);
 *
 * if (!mb_directory_collect_sync (directory, 0, NULL, &error))
 *   g_error ("%s", error->message);
 * g_print ("%u peers\n", g_list_model_get_n_items (G_LIST_MODEL (directory)));
 * ```
 *
 * ```js
 * const directory = Minibus.Directory.new(client);
 * directory.connect('peer-appeared', (_, peer) => print(peer.name, 'is there'));
 * ```
 *
 * ```python
 * directory = Minibus.Directory.new(client)
 * directory.collect_sync(0, None)
 * print([peer.props.name for peer in directory])
 * ```
 *
 * Protocol: section 9, "Presence".
 *
 * Since: 0.1
 */
struct _MbDirectory
{
  GObject             parent_instance;

  MbClient           *client;
  GMainContext       *context;
  GThread            *thread;        /* of construction; only compared */
  MbInbox            *inbox;
  MbPresenceListener *listener;      /* NULL when closed */
  GPtrArray          *peers;         /* of MbPeer, by name and session */
  GHashTable         *by_record;     /* MbPeerRecord to MbPeer; borrows both */
  MbDirectoryLists    lists;
  GPtrArray          *watches;       /* of Watch */
  guint               last_watch_id;
  gboolean            show_hidden;
  gboolean            settled;
};

typedef enum
{
  WATCH_NEW,
  WATCH_ABSENT,
  WATCH_PRESENT,
} WatchState;

typedef struct
{
  int              ref_count;
  guint            id;
  char            *name;
  MbPeerWatchFunc  func;
  gpointer         user_data;
  GDestroyNotify   destroy;
  WatchState       state;
  gboolean         ended;
} Watch;

static void mb_directory_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MbDirectory, mb_directory, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, mb_directory_list_model_init))

enum
{
  PROP_0,
  PROP_CLIENT,
  PROP_IS_SETTLED,
  PROP_SERVICES,
  PROP_SHOW_HIDDEN,
  PROP_TOPICS,
  N_PROPS
};

enum
{
  PEER_APPEARED,
  PEER_VANISHED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
watch_unref (gpointer data)
{
  Watch *watch = data;

  if (--watch->ref_count > 0)
    return;

  if (watch->destroy != NULL)
    watch->destroy (watch->user_data);
  g_free (watch->name);
  g_free (watch);
}

static int
compare_peers (gconstpointer a,
               gconstpointer b)
{
  MbPeer *one = *(MbPeer * const *) a;
  MbPeer *other = *(MbPeer * const *) b;
  int order = strcmp (mb_peer_get_name (one), mb_peer_get_name (other));

  return order != 0 ? order : g_strcmp0 (mb_peer_get_session (one), mb_peer_get_session (other));
}

/* Where a peer stands or would stand. */
static guint
find_place (MbDirectory *self,
            MbPeer      *peer)
{
  guint low = 0;
  guint high = self->peers->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (compare_peers (&g_ptr_array_index (self->peers, middle), &peer) < 0)
        low = middle + 1;
      else
        high = middle;
    }

  return low;
}

static void
remove_peer (MbDirectory *self,
             MbPeer      *peer)
{
  guint place = find_place (self, peer);

  g_hash_table_remove (self->by_record, _mb_peer_get_record (peer));
  g_ptr_array_remove_index (self->peers, place);
  g_list_model_items_changed (G_LIST_MODEL (self), place, 1, 0);
}

static void
add_peer (MbDirectory *self,
          MbPeer      *peer)
{
  guint place = find_place (self, peer);

  g_ptr_array_insert (self->peers, (int) place, g_object_ref (peer));
  g_hash_table_insert (self->by_record, _mb_peer_get_record (peer), peer);
  g_list_model_items_changed (G_LIST_MODEL (self), place, 0, 1);
}

static void
set_settled (MbDirectory *self,
             gboolean     settled)
{
  if (self->settled == settled)
    return;

  self->settled = settled;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_SETTLED]);
}

static MbPeer *
find_peer (MbDirectory *self,
           const char  *name)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (self->peers, i);

      if (strcmp (mb_peer_get_name (peer), name) == 0)
        return peer;
    }

  return NULL;
}

static void
tell_watches (MbDirectory *self)
{
  g_autoptr(GPtrArray) watches = g_ptr_array_new_with_free_func (watch_unref);

  /* A function may end its watch, or any other. */
  for (guint i = 0; i < self->watches->len; i++)
    {
      Watch *watch = g_ptr_array_index (self->watches, i);

      watch->ref_count++;
      g_ptr_array_add (watches, watch);
    }

  for (guint i = 0; i < watches->len; i++)
    {
      Watch *watch = g_ptr_array_index (watches, i);
      MbPeer *peer = find_peer (self, watch->name);
      WatchState state = peer != NULL ? WATCH_PRESENT : WATCH_ABSENT;

      /* That nobody is there can be said only when all have been asked. */
      if (watch->ended || watch->state == state || (watch->state == WATCH_NEW && peer == NULL && !self->settled))
        continue;

      watch->state = state;
      watch->func (self, watch->name, peer, watch->user_data);
    }
}

static void
apply_changes (MbDirectory *self)
{
  g_autoptr(GPtrArray) changes = NULL;
  g_autoptr(GPtrArray) appeared = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) vanished = g_ptr_array_new_with_free_func (g_object_unref);
  gboolean settled;

  if (self->listener == NULL)
    return;

  changes = _mb_presence_take_changes (self->client->core, self->listener, &settled);

  for (guint i = 0; i < changes->len; i++)
    {
      MbPeerChange *change = g_ptr_array_index (changes, i);
      MbPeer *peer = g_hash_table_lookup (self->by_record, change->record);

      if (peer != NULL && change->state != NULL)
        {
          _mb_peer_set_state (peer, change->state);
        }
      else if (peer != NULL)
        {
          g_ptr_array_add (vanished, g_object_ref (peer));
          remove_peer (self, peer);
        }
      else if (change->state != NULL)
        {
          peer = _mb_peer_new (self->client->core, change->record, change->state);
          g_ptr_array_add (appeared, peer);
          add_peer (self, peer);
        }
    }

  if (changes->len > 0)
    _mb_directory_lists_update (&self->lists, self->peers, self->show_hidden);

  for (guint i = 0; i < vanished->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (vanished, i);

      _mb_peer_set_gone (peer);
      /* Only details that somebody has connected to: names from the network must not stay for ever. */
      g_signal_emit (self, signals[PEER_VANISHED], g_quark_try_string (mb_peer_get_name (peer)), peer);
    }
  for (guint i = 0; i < appeared->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (appeared, i);

      g_signal_emit (self, signals[PEER_APPEARED], g_quark_try_string (mb_peer_get_name (peer)), peer);
    }

  set_settled (self, settled);
  tell_watches (self);
}

static void
deliver (gpointer owner,
         gpointer item)
{
  g_autoptr(MbDirectory) self = g_object_ref (owner);

  apply_changes (self);
}

static void
no_free (gpointer item)
{
}

static void
stop (MbDirectory *self)
{
  if (self->listener == NULL)
    return;

  _mb_presence_unlisten (self->client->core, self->listener);
  self->listener = NULL;
  _mb_inbox_close (self->inbox);
}

static GType
mb_directory_get_item_type (GListModel *model)
{
  return MB_TYPE_PEER;
}

static guint
mb_directory_get_n_items (GListModel *model)
{
  return MB_DIRECTORY (model)->peers->len;
}

static gpointer
mb_directory_get_item (GListModel *model,
                       guint       position)
{
  MbDirectory *self = MB_DIRECTORY (model);

  return position < self->peers->len ? g_object_ref (g_ptr_array_index (self->peers, position)) : NULL;
}

static void
mb_directory_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = mb_directory_get_item_type;
  iface->get_n_items = mb_directory_get_n_items;
  iface->get_item = mb_directory_get_item;
}

static void
mb_directory_constructed (GObject *object)
{
  MbDirectory *self = MB_DIRECTORY (object);

  G_OBJECT_CLASS (mb_directory_parent_class)->constructed (object);

  /* Somebody made it without a client, with g_object_new(). */
  if (self->client == NULL)
    self->client = mb_client_new (NULL);

  self->inbox = _mb_inbox_new (self->context, object, FALSE, deliver, no_free);
  self->listener = _mb_presence_listen (self->client->core, self->inbox);
}

static void
mb_directory_dispose (GObject *object)
{
  MbDirectory *self = MB_DIRECTORY (object);

  stop (self);
  g_ptr_array_set_size (self->watches, 0);

  G_OBJECT_CLASS (mb_directory_parent_class)->dispose (object);
}

static void
mb_directory_finalize (GObject *object)
{
  MbDirectory *self = MB_DIRECTORY (object);

  g_clear_pointer (&self->watches, g_ptr_array_unref);
  g_clear_pointer (&self->by_record, g_hash_table_unref);
  g_clear_pointer (&self->peers, g_ptr_array_unref);
  _mb_directory_lists_clear (&self->lists);
  g_clear_pointer (&self->inbox, _mb_inbox_unref);
  g_clear_object (&self->client);
  g_clear_pointer (&self->context, g_main_context_unref);

  G_OBJECT_CLASS (mb_directory_parent_class)->finalize (object);
}

static void
mb_directory_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  MbDirectory *self = MB_DIRECTORY (object);

  switch (prop_id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, mb_directory_get_client (self));
      break;

    case PROP_IS_SETTLED:
      g_value_set_boolean (value, mb_directory_get_is_settled (self));
      break;

    case PROP_SERVICES:
      g_value_set_object (value, mb_directory_get_services (self));
      break;

    case PROP_SHOW_HIDDEN:
      g_value_set_boolean (value, mb_directory_get_show_hidden (self));
      break;

    case PROP_TOPICS:
      g_value_set_object (value, mb_directory_get_topics (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_directory_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  MbDirectory *self = MB_DIRECTORY (object);

  switch (prop_id)
    {
    case PROP_CLIENT:
      self->client = g_value_dup_object (value);
      break;

    case PROP_SHOW_HIDDEN:
      mb_directory_set_show_hidden (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_directory_class_init (MbDirectoryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = mb_directory_constructed;
  object_class->dispose = mb_directory_dispose;
  object_class->finalize = mb_directory_finalize;
  object_class->get_property = mb_directory_get_property;
  object_class->set_property = mb_directory_set_property;

  /**
   * MbDirectory:client: (getter get_client)
   *
   * The client by which the directory is on the bus.
   *
   * Since: 0.1
   */
  properties[PROP_CLIENT] =
    g_param_spec_object ("client", NULL, NULL,
                         MB_TYPE_CLIENT,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MbDirectory:is-settled: (getter get_is_settled)
   *
   * Whether everybody who was asked has answered, or had the time to.
   *
   * Since: 0.1
   */
  properties[PROP_IS_SETTLED] =
    g_param_spec_boolean ("is-settled", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbDirectory:services: (getter get_services)
   *
   * The services of all peers: a list of [class@ServiceInfo], by name.
   *
   * Since: 0.1
   */
  properties[PROP_SERVICES] =
    g_param_spec_object ("services", NULL, NULL,
                         G_TYPE_LIST_MODEL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbDirectory:show-hidden: (getter get_show_hidden) (setter set_show_hidden)
   *
   * Whether the lists have topics and services any of whose parts begins and ends with a double underscore.
   *
   * Since: 0.1
   */
  properties[PROP_SHOW_HIDDEN] =
    g_param_spec_boolean ("show-hidden", NULL, NULL,
                          FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbDirectory:topics: (getter get_topics)
   *
   * The topics of all peers: a list of [class@TopicInfo], by name.
   *
   * Since: 0.1
   */
  properties[PROP_TOPICS] =
    g_param_spec_object ("topics", NULL, NULL,
                         G_TYPE_LIST_MODEL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * MbDirectory::peer-appeared:
   * @self: the directory
   * @peer: the peer
   *
   * Emitted when a peer is there that was not before, after it has come into the lists. The detail is its name: connect
   * to `peer-appeared::NAME` to hear of that name only.
   *
   * Since: 0.1
   */
  signals[PEER_APPEARED] =
    g_signal_new ("peer-appeared",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  0, NULL, NULL, NULL,
                  G_TYPE_NONE,
                  1, MB_TYPE_PEER);

  /**
   * MbDirectory::peer-vanished:
   * @self: the directory
   * @peer: the peer
   *
   * Emitted when a peer has left, or given no sign of life for too long, after it has gone from the lists. The detail
   * is its name.
   *
   * Since: 0.1
   */
  signals[PEER_VANISHED] =
    g_signal_new ("peer-vanished",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  0, NULL, NULL, NULL,
                  G_TYPE_NONE,
                  1, MB_TYPE_PEER);
}

static void
mb_directory_init (MbDirectory *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->thread = g_thread_self ();
  self->peers = g_ptr_array_new_with_free_func (g_object_unref);
  self->by_record = g_hash_table_new (NULL, NULL);
  self->watches = g_ptr_array_new_with_free_func (watch_unref);
  _mb_directory_lists_init (&self->lists);
}

/**
 * mb_directory_new:
 * @client: a client
 *
 * Creates a directory. The client need not be open yet: the directory fills as soon as it is.
 *
 * Returns: (transfer full): a new directory
 *
 * Since: 0.1
 */
MbDirectory *
mb_directory_new (MbClient *client)
{
  g_return_val_if_fail (MB_IS_CLIENT (client), NULL);

  return g_object_new (MB_TYPE_DIRECTORY, "client", client, NULL);
}

/**
 * mb_directory_get_client: (get-property client)
 * @self: a directory
 *
 * Gets the client.
 *
 * Returns: (transfer none): the client
 *
 * Since: 0.1
 */
MbClient *
mb_directory_get_client (MbDirectory *self)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);

  return self->client;
}

/**
 * mb_directory_get_is_settled: (get-property is-settled)
 * @self: a directory
 *
 * Gets whether everybody who was asked has answered, or had the time to.
 *
 * Returns: true if what the directory holds is all that is known to be there
 *
 * Since: 0.1
 */
gboolean
mb_directory_get_is_settled (MbDirectory *self)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);

  return self->settled;
}

/**
 * mb_directory_get_services: (get-property services)
 * @self: a directory
 *
 * Gets the services of all peers.
 *
 * Returns: (transfer none): a list of [class@ServiceInfo], by name, which goes on changing
 *
 * Since: 0.1
 */
GListModel *
mb_directory_get_services (MbDirectory *self)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);

  return G_LIST_MODEL (self->lists.services);
}

/**
 * mb_directory_get_show_hidden: (get-property show-hidden)
 * @self: a directory
 *
 * Gets whether the lists have hidden topics and services.
 *
 * Returns: true if they have
 *
 * Since: 0.1
 */
gboolean
mb_directory_get_show_hidden (MbDirectory *self)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);

  return self->show_hidden;
}

/**
 * mb_directory_set_show_hidden: (set-property show-hidden)
 * @self: a directory
 * @show_hidden: whether to
 *
 * Sets whether the lists have topics and services any of whose parts begins and ends with a double underscore.
 *
 * Since: 0.1
 */
void
mb_directory_set_show_hidden (MbDirectory *self,
                              gboolean     show_hidden)
{
  g_return_if_fail (MB_IS_DIRECTORY (self));

  show_hidden = !!show_hidden;
  if (self->show_hidden == show_hidden)
    return;

  self->show_hidden = show_hidden;
  _mb_directory_lists_update (&self->lists, self->peers, show_hidden);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOW_HIDDEN]);
}

/**
 * mb_directory_get_topics: (get-property topics)
 * @self: a directory
 *
 * Gets the topics of all peers.
 *
 * Returns: (transfer none): a list of [class@TopicInfo], by name, which goes on changing
 *
 * Since: 0.1
 */
GListModel *
mb_directory_get_topics (MbDirectory *self)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);

  return G_LIST_MODEL (self->lists.topics);
}

/**
 * mb_directory_find_peer:
 * @self: a directory
 * @name: a name
 *
 * Finds a peer by its name; if several have it, any of them.
 *
 * Returns: (transfer none) (nullable): the peer, or `NULL` if there is none
 *
 * Since: 0.1
 */
MbPeer *
mb_directory_find_peer (MbDirectory *self,
                        const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return find_peer (self, name);
}

/**
 * mb_directory_find_topic:
 * @self: a directory
 * @name: a topic
 *
 * Finds a topic that is in the list.
 *
 * Returns: (transfer none) (nullable): the topic, or `NULL` if nobody uses it, or it is hidden
 *
 * Since: 0.1
 */
MbTopicInfo *
mb_directory_find_topic (MbDirectory *self,
                         const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return g_hash_table_lookup (self->lists.topic_names, name);
}

/**
 * mb_directory_find_service:
 * @self: a directory
 * @name: the name of a service
 *
 * Finds a service that is in the list.
 *
 * Returns: (transfer none) (nullable): the service, or `NULL` if nobody uses it, or it is hidden
 *
 * Since: 0.1
 */
MbServiceInfo *
mb_directory_find_service (MbDirectory *self,
                           const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return g_hash_table_lookup (self->lists.service_names, name);
}

/**
 * mb_directory_count_publishers:
 * @self: a directory
 * @pattern: a topic or pattern, as one subscribes to
 *
 * Counts the peers that publish on a topic that matches, the own client among them: is there anything to hear? See
 * [method@Subscriber.wait_for_publisher_async] to wait for one.
 *
 * Returns: the number of peers; 0 for what is no pattern
 *
 * Since: 0.1
 */
guint
mb_directory_count_publishers (MbDirectory *self,
                               const char  *pattern)
{
  g_autoptr(MbPattern) compiled = NULL;
  guint n_peers = 0;

  g_return_val_if_fail (MB_IS_DIRECTORY (self), 0);
  g_return_val_if_fail (pattern != NULL, 0);

  compiled = _mb_pattern_new (pattern, NULL);
  for (guint i = 0; compiled != NULL && i < self->peers->len; i++)
    {
      MbPeerState *state = _mb_peer_get_state (g_ptr_array_index (self->peers, i));

      n_peers += _mb_presence_list_matched (state->lists[MB_LIST_PUBLISHERS], compiled);
    }

  return n_peers;
}

/**
 * mb_directory_count_subscribers:
 * @self: a directory
 * @topic: a topic
 *
 * Counts the peers that have subscribed to a topic, or to a pattern that matches it, the own client among them: who
 * hears what is published there? See [method@Publisher.wait_for_subscriber_async] to wait for one.
 *
 * Returns: the number of peers
 *
 * Since: 0.1
 */
guint
mb_directory_count_subscribers (MbDirectory *self,
                                const char  *topic)
{
  guint n_peers = 0;

  g_return_val_if_fail (MB_IS_DIRECTORY (self), 0);
  g_return_val_if_fail (topic != NULL, 0);

  for (guint i = 0; i < self->peers->len; i++)
    {
      MbPeerState *state = _mb_peer_get_state (g_ptr_array_index (self->peers, i));

      n_peers += _mb_presence_list_matches (state->lists[MB_LIST_SUBSCRIBERS], topic);
    }

  return n_peers;
}

static char **
suggest (GHashTable *names,
         const char *name)
{
  MbNearNames *near_names = _mb_near_names_new (name);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    _mb_near_names_add (near_names, key);

  return _mb_near_names_end (near_names, MAX_SUGGESTIONS);
}

/**
 * mb_directory_suggest_services:
 * @self: a directory
 * @name: a name that may be misspelt
 *
 * Finds services of similar names.
 *
 * Returns: (transfer full) (array zero-terminated=1): at most three names, the most similar first
 *
 * Since: 0.1
 */
char **
mb_directory_suggest_services (MbDirectory *self,
                               const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return suggest (self->lists.service_names, name);
}

/**
 * mb_directory_suggest_topics:
 * @self: a directory
 * @name: a topic that may be misspelt
 *
 * Finds topics of similar names.
 *
 * Returns: (transfer full) (array zero-terminated=1): at most three names, the most similar first
 *
 * Since: 0.1
 */
char **
mb_directory_suggest_topics (MbDirectory *self,
                             const char  *name)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return suggest (self->lists.topic_names, name);
}

/**
 * mb_directory_watch_peer:
 * @self: a directory
 * @name: the name of a peer
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call when it appears or vanishes
 * @user_data: the data of @func
 * @destroy: what frees @user_data
 *
 * Watches a name, as g_bus_watch_name() does on D-Bus.
 *
 * @func is called once soon, with the peer if it is there, or with `NULL` when it is known that it is not; then each
 * time the first peer of that name appears, or the last one vanishes. It is not called from within this function.
 *
 * Returns: the number of the watch, for [method@Directory.unwatch_peer]; not 0
 *
 * Since: 0.1
 */
guint
mb_directory_watch_peer (MbDirectory     *self,
                         const char      *name,
                         MbPeerWatchFunc  func,
                         gpointer         user_data,
                         GDestroyNotify   destroy)
{
  Watch *watch;

  g_return_val_if_fail (MB_IS_DIRECTORY (self), 0);
  g_return_val_if_fail (name != NULL, 0);
  g_return_val_if_fail (func != NULL, 0);

  watch = g_new0 (Watch, 1);
  watch->ref_count = 1;
  watch->id = ++self->last_watch_id;
  watch->name = g_strdup (name);
  watch->func = func;
  watch->user_data = user_data;
  watch->destroy = destroy;
  g_ptr_array_add (self->watches, watch);

  _mb_inbox_push (self->inbox, GUINT_TO_POINTER (1), 0);

  return watch->id;
}

/**
 * mb_directory_unwatch_peer:
 * @self: a directory
 * @watch_id: the number of a watch
 *
 * Ends a watch. A number that is none, or no more, is ignored.
 *
 * Since: 0.1
 */
void
mb_directory_unwatch_peer (MbDirectory *self,
                           guint        watch_id)
{
  g_return_if_fail (MB_IS_DIRECTORY (self));

  for (guint i = 0; i < self->watches->len; i++)
    {
      Watch *watch = g_ptr_array_index (self->watches, i);

      if (watch->id != watch_id)
        continue;
      watch->ended = TRUE;
      g_ptr_array_remove_index (self->watches, i);
      return;
    }
}

static gboolean
run_sync (MbDirectory   *self,
          MbWaitKind     kind,
          guint          timeout,
          GCancellable  *cancellable,
          GError       **error)
{
  g_autoptr(MbDirectory) kept = g_object_ref (self);

  if (!_mb_presence_wait_sync (self->client->core, kind, NULL, timeout, cancellable, error))
    return FALSE;

  /* What was found is to be there when this returns. */
  if (self->thread == g_thread_self ())
    apply_changes (self);

  return TRUE;
}

static void
run_async (MbDirectory         *self,
           MbWaitKind           kind,
           guint                timeout,
           GCancellable        *cancellable,
           gpointer             tag,
           GAsyncReadyCallback  callback,
           gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  _mb_presence_wait_task (self->client->core, kind, NULL, timeout, task);
}

/**
 * mb_directory_collect_sync:
 * @self: a directory
 * @timeout: how long to wait at most, in milliseconds; 0 or more than 3,000 for 3,000
 * @cancellable: (nullable): to give up, from another thread
 * @error: return location for an error
 *
 * Asks who is there, and blocks until everybody who is known has answered, or the time is over.
 *
 * That takes 0.7 seconds at least, as nobody knows how many are there; longer if packets get lost. In the thread in
 * which the directory was made, the lists are up to date when this returns, and the signals have been emitted.
 *
 * The errors are [error@ClientError] (the client is not open, or was closed) and `G_IO_ERROR_CANCELLED`. That not all
 * have answered is none.
 *
 * Returns: true when it is over
 *
 * Since: 0.1
 */
gboolean
mb_directory_collect_sync (MbDirectory   *self,
                           guint          timeout,
                           GCancellable  *cancellable,
                           GError       **error)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return run_sync (self, MB_WAIT_COLLECT, timeout, cancellable, error);
}

/**
 * mb_directory_collect_async:
 * @self: a directory
 * @timeout: how long to wait at most, in milliseconds; 0 or more than 3,000 for 3,000
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when it is over
 * @user_data: the data of @callback
 *
 * Asks who is there, and waits without blocking until everybody who is known has answered, or the time is over. See
 * [method@Directory.collect_sync].
 *
 * Since: 0.1
 */
void
mb_directory_collect_async (MbDirectory         *self,
                            guint                timeout,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_return_if_fail (MB_IS_DIRECTORY (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  run_async (self, MB_WAIT_COLLECT, timeout, cancellable, mb_directory_collect_async, callback, user_data);
}

/**
 * mb_directory_collect_finish:
 * @self: a directory
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Directory.collect_async], with the errors of [method@Directory.collect_sync].
 *
 * Returns: true when it is over
 *
 * Since: 0.1
 */
gboolean
mb_directory_collect_finish (MbDirectory   *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_directory_collect_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_directory_check_keys_sync:
 * @self: a directory
 * @timeout: how long to wait, in milliseconds; 0 for 700
 * @cancellable: (nullable): to give up, from another thread
 * @error: return location for an error
 *
 * Finds out which peers have the passphrase or keys of the client, and blocks for the time this takes. Then look at
 * [property@Peer:key-match].
 *
 * The client asks an encrypted question on a hidden topic; who can read it answers, encrypted as well. A program of
 * the Python library that has no key and has subscribed to all topics would go deaf of it, as of any encrypted
 * message. A client that has no keys asks nothing, and has those of nobody.
 *
 * The errors are those of [method@Directory.collect_sync].
 *
 * Returns: true when it is over
 *
 * Since: 0.1
 */
gboolean
mb_directory_check_keys_sync (MbDirectory   *self,
                              guint          timeout,
                              GCancellable  *cancellable,
                              GError       **error)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return run_sync (self, MB_WAIT_KEYS, timeout, cancellable, error);
}

/**
 * mb_directory_check_keys_async:
 * @self: a directory
 * @timeout: how long to wait, in milliseconds; 0 for 700
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when it is over
 * @user_data: the data of @callback
 *
 * Finds out which peers have the passphrase or keys of the client, without blocking. See
 * [method@Directory.check_keys_sync].
 *
 * Since: 0.1
 */
void
mb_directory_check_keys_async (MbDirectory         *self,
                               guint                timeout,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_return_if_fail (MB_IS_DIRECTORY (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  run_async (self, MB_WAIT_KEYS, timeout, cancellable, mb_directory_check_keys_async, callback, user_data);
}

/**
 * mb_directory_check_keys_finish:
 * @self: a directory
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Directory.check_keys_async], with the errors of [method@Directory.collect_sync].
 *
 * Returns: true when it is over
 *
 * Since: 0.1
 */
gboolean
mb_directory_check_keys_finish (MbDirectory   *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  g_return_val_if_fail (MB_IS_DIRECTORY (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_directory_check_keys_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_directory_close:
 * @self: a directory
 *
 * Ends the directory: its lists stay as they are, and nothing is asked any more. Closing twice is harmless; the last
 * reference on a directory closes it.
 *
 * Since: 0.1
 */
void
mb_directory_close (MbDirectory *self)
{
  g_return_if_fail (MB_IS_DIRECTORY (self));

  stop (self);
}
