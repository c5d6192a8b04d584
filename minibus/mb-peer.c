/* mb-peer.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-peer-private.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-pattern-private.h"
#include "mb-service-names-private.h"

/**
 * MbPeer:
 *
 * A program on the bus, as a [class@Directory] knows it.
 *
 * All of it is what the peer says of itself, and nothing proves it: anybody on the network can say anything. It is good
 * for people to look at and for finding out who is there, not for granting rights.
 *
 * A peer is one run of one client: a program that is started again, or a client that is opened again, is another peer
 * with another [property@Peer:session], also when the name is the same. Programs that do not announce themselves, as
 * those of the Python library, have no session; those of one name are one peer.
 *
 * Properties are notified in the main context of the directory, but for those that say otherwise: they change all the
 * time, and are to be asked when they are needed.
 *
 * ```c
 * for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (directory)); i++)
 *   {
 *     g_autoptr(MbPeer) peer = g_list_model_get_item (G_LIST_MODEL (directory), i);
 *
 *     g_print ("%s on %s\n", mb_peer_get_name (peer), mb_peer_get_host (peer));
 *   }
 * ```
 *
 * Protocol: section 9, "Presence".
 *
 * Since: 0.1
 */
struct _MbPeer
{
  GObject       parent_instance;

  MbCore       *core;
  MbPeerRecord *record;
  MbPeerState  *state;
  char          session[17];
  gboolean      is_own;
  gboolean      is_gone;
  GHashTable   *schemas;     /* set of texts: what has been handed out */
};

G_DEFINE_FINAL_TYPE (MbPeer, mb_peer, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_HEARTBEAT,
  PROP_HOST,
  PROP_IS_ENCRYPTED,
  PROP_IS_OWN,
  PROP_IS_PRESENT,
  PROP_KEY_MATCH,
  PROP_KIND,
  PROP_LAST_SEEN,
  PROP_N_DROPPED,
  PROP_N_RECEIVED,
  PROP_N_SENT,
  PROP_NAME,
  PROP_PROCESS_ID,
  PROP_PUBLISHERS,
  PROP_SERVICE_CLIENTS,
  PROP_SERVICES,
  PROP_SESSION,
  PROP_SUBSCRIBERS,
  PROP_VERSION,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
mb_peer_finalize (GObject *object)
{
  MbPeer *self = MB_PEER (object);

  g_clear_pointer (&self->state, _mb_peer_state_unref);
  g_clear_pointer (&self->record, _mb_peer_record_unref);
  g_clear_pointer (&self->core, _mb_core_unref);
  g_clear_pointer (&self->schemas, g_hash_table_unref);

  G_OBJECT_CLASS (mb_peer_parent_class)->finalize (object);
}

static void
mb_peer_get_property (GObject    *object,
                      guint       prop_id,
                      GValue     *value,
                      GParamSpec *pspec)
{
  MbPeer *self = MB_PEER (object);

  switch (prop_id)
    {
    case PROP_HEARTBEAT:
      g_value_set_uint (value, mb_peer_get_heartbeat (self));
      break;

    case PROP_HOST:
      g_value_set_string (value, mb_peer_get_host (self));
      break;

    case PROP_IS_ENCRYPTED:
      g_value_set_boolean (value, mb_peer_get_is_encrypted (self));
      break;

    case PROP_IS_OWN:
      g_value_set_boolean (value, mb_peer_get_is_own (self));
      break;

    case PROP_IS_PRESENT:
      g_value_set_boolean (value, mb_peer_get_is_present (self));
      break;

    case PROP_KEY_MATCH:
      g_value_set_enum (value, mb_peer_get_key_match (self));
      break;

    case PROP_KIND:
      g_value_set_enum (value, mb_peer_get_kind (self));
      break;

    case PROP_LAST_SEEN:
      g_value_set_int64 (value, mb_peer_get_last_seen (self));
      break;

    case PROP_N_DROPPED:
      g_value_set_uint (value, mb_peer_get_n_dropped (self));
      break;

    case PROP_N_RECEIVED:
      g_value_set_uint (value, mb_peer_get_n_received (self));
      break;

    case PROP_N_SENT:
      g_value_set_uint (value, mb_peer_get_n_sent (self));
      break;

    case PROP_NAME:
      g_value_set_string (value, mb_peer_get_name (self));
      break;

    case PROP_PROCESS_ID:
      g_value_set_int (value, mb_peer_get_process_id (self));
      break;

    case PROP_PUBLISHERS:
      g_value_set_boxed (value, mb_peer_get_publishers (self));
      break;

    case PROP_SERVICE_CLIENTS:
      g_value_set_boxed (value, mb_peer_get_service_clients (self));
      break;

    case PROP_SERVICES:
      g_value_set_boxed (value, mb_peer_get_services (self));
      break;

    case PROP_SESSION:
      g_value_set_string (value, mb_peer_get_session (self));
      break;

    case PROP_SUBSCRIBERS:
      g_value_set_boxed (value, mb_peer_get_subscribers (self));
      break;

    case PROP_VERSION:
      g_value_set_string (value, mb_peer_get_version (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_peer_class_init (MbPeerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_peer_finalize;
  object_class->get_property = mb_peer_get_property;

  /**
   * MbPeer:heartbeat: (getter get_heartbeat)
   *
   * How often the peer gives a sign of life, in milliseconds; 0 when it gives none unasked. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_HEARTBEAT] =
    g_param_spec_uint ("heartbeat", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:host: (getter get_host)
   *
   * The name of the host the peer runs on, as the peer says, or `NULL` when it is not known.
   *
   * Since: 0.1
   */
  properties[PROP_HOST] =
    g_param_spec_string ("host", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:is-encrypted: (getter get_is_encrypted)
   *
   * Whether the peer encrypts what it publishes, as far as it says so.
   *
   * Since: 0.1
   */
  properties[PROP_IS_ENCRYPTED] =
    g_param_spec_boolean ("is-encrypted", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:is-own: (getter get_is_own)
   *
   * Whether the peer is the client of the directory itself.
   *
   * Since: 0.1
   */
  properties[PROP_IS_OWN] =
    g_param_spec_boolean ("is-own", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:is-present: (getter get_is_present)
   *
   * Whether the peer is still there. Once false, it stays so: who comes back is a new peer.
   *
   * Since: 0.1
   */
  properties[PROP_IS_PRESENT] =
    g_param_spec_boolean ("is-present", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:key-match: (getter get_key_match)
   *
   * Whether the peer has the keys of the own client, as found by [method@Directory.check_keys_async]. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_KEY_MATCH] =
    g_param_spec_enum ("key-match", NULL, NULL,
                       MB_TYPE_KEY_MATCH, MB_KEY_MATCH_UNKNOWN,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:kind: (getter get_kind)
   *
   * What kind of program the peer is.
   *
   * Since: 0.1
   */
  properties[PROP_KIND] =
    g_param_spec_enum ("kind", NULL, NULL,
                       MB_TYPE_PEER_KIND, MB_PEER_KIND_LIBMINIBUS,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:last-seen: (getter get_last_seen)
   *
   * When the peer gave its last sign of life, by the clock of g_get_monotonic_time(). Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_LAST_SEEN] =
    g_param_spec_int64 ("last-seen", NULL, NULL,
                        0, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:n-dropped: (getter get_n_dropped)
   *
   * How many messages the peer says to have dropped, for whatever reason. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_DROPPED] =
    g_param_spec_uint ("n-dropped", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:n-received: (getter get_n_received)
   *
   * How many packets the peer says to have received. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_RECEIVED] =
    g_param_spec_uint ("n-received", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:n-sent: (getter get_n_sent)
   *
   * How many packets the peer says to have sent. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_SENT] =
    g_param_spec_uint ("n-sent", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:name: (getter get_name)
   *
   * The name of the peer. Several may have the same.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:process-id: (getter get_process_id)
   *
   * The number of the process on its host, as the peer says, or 0 when it is not known.
   *
   * Since: 0.1
   */
  properties[PROP_PROCESS_ID] =
    g_param_spec_int ("process-id", NULL, NULL,
                      0, G_MAXINT, 0,
                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:publishers: (getter get_publishers)
   *
   * The topics the peer publishes on, in order, each once.
   *
   * Since: 0.1
   */
  properties[PROP_PUBLISHERS] =
    g_param_spec_boxed ("publishers", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:service-clients: (getter get_service_clients)
   *
   * The services the peer may call, in order, each once.
   *
   * Since: 0.1
   */
  properties[PROP_SERVICE_CLIENTS] =
    g_param_spec_boxed ("service-clients", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:services: (getter get_services)
   *
   * The services the peer offers, in order, each once.
   *
   * Since: 0.1
   */
  properties[PROP_SERVICES] =
    g_param_spec_boxed ("services", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:session: (getter get_session)
   *
   * What tells this run of the peer from any other, or `NULL` when it does not announce itself.
   *
   * Since: 0.1
   */
  properties[PROP_SESSION] =
    g_param_spec_string ("session", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:subscribers: (getter get_subscribers)
   *
   * The patterns the peer has subscribed to, in order, each once.
   *
   * Since: 0.1
   */
  properties[PROP_SUBSCRIBERS] =
    g_param_spec_boxed ("subscribers", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbPeer:version: (getter get_version)
   *
   * The version of the library the peer runs, or `NULL` when it is not known.
   *
   * Since: 0.1
   */
  properties[PROP_VERSION] =
    g_param_spec_string ("version", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_peer_init (MbPeer *self)
{
}

MbPeer *
_mb_peer_new (MbCore       *core,
              MbPeerRecord *record,
              MbPeerState  *state)
{
  MbPeer *self = g_object_new (MB_TYPE_PEER, NULL);

  self->core = _mb_core_ref (core);
  self->record = _mb_peer_record_ref (record);
  self->state = _mb_peer_state_ref (state);
  self->is_own = record->session != 0 && record->session == _mb_core_get_session (core);
  if (record->session != 0)
    g_snprintf (self->session, sizeof self->session, "%016" G_GINT64_MODIFIER "x", record->session);

  return self;
}

MbPeerRecord *
_mb_peer_get_record (MbPeer *self)
{
  return self->record;
}

MbPeerState *
_mb_peer_get_state (MbPeer *self)
{
  return self->state;
}

void
_mb_peer_set_state (MbPeer      *self,
                    MbPeerState *state)
{
  static const int lists[MB_PRESENCE_N_LISTS] = {
    PROP_PUBLISHERS, PROP_SUBSCRIBERS, PROP_SERVICES, PROP_SERVICE_CLIENTS,
  };
  g_autoptr(MbPeerState) before = self->state;

  self->state = _mb_peer_state_ref (state);

  g_object_freeze_notify (G_OBJECT (self));
  for (guint i = 0; i < MB_PRESENCE_N_LISTS; i++)
    {
      if (!g_strv_equal ((const char * const *) before->lists[i], (const char * const *) state->lists[i]))
        g_object_notify_by_pspec (G_OBJECT (self), properties[lists[i]]);
    }
  if (g_strcmp0 (before->host, state->host) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HOST]);
  if (g_strcmp0 (before->version, state->version) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_VERSION]);
  if (before->process_id != state->process_id)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROCESS_ID]);
  if (before->encrypted != state->encrypted)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_ENCRYPTED]);
  g_object_thaw_notify (G_OBJECT (self));
}

void
_mb_peer_set_gone (MbPeer *self)
{
  self->is_gone = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_PRESENT]);
}

/**
 * mb_peer_get_heartbeat: (get-property heartbeat)
 * @self: a peer
 *
 * Gets how often the peer gives a sign of life.
 *
 * Returns: the time between two signs of life, in milliseconds
 *
 * Since: 0.1
 */
guint
mb_peer_get_heartbeat (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.every;
}

/**
 * mb_peer_get_host: (get-property host)
 * @self: a peer
 *
 * Gets the name of the host.
 *
 * Returns: (transfer none) (nullable): the name of the host, or `NULL`
 *
 * Since: 0.1
 */
const char *
mb_peer_get_host (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), NULL);

  return self->state->host;
}

/**
 * mb_peer_get_is_encrypted: (get-property is-encrypted)
 * @self: a peer
 *
 * Gets whether the peer encrypts.
 *
 * Returns: true if the peer encrypts
 *
 * Since: 0.1
 */
gboolean
mb_peer_get_is_encrypted (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), FALSE);

  return self->state->encrypted;
}

/**
 * mb_peer_get_is_own: (get-property is-own)
 * @self: a peer
 *
 * Gets whether the peer is the own client.
 *
 * Returns: true if it is the own client
 *
 * Since: 0.1
 */
gboolean
mb_peer_get_is_own (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), FALSE);

  return self->is_own;
}

/**
 * mb_peer_get_is_present: (get-property is-present)
 * @self: a peer
 *
 * Gets whether the peer is still there.
 *
 * Returns: true if the peer is there
 *
 * Since: 0.1
 */
gboolean
mb_peer_get_is_present (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), FALSE);

  return !self->is_gone;
}

/**
 * mb_peer_get_key_match: (get-property key-match)
 * @self: a peer
 *
 * Gets whether the peer has the own keys.
 *
 * Returns: whether the keys match
 *
 * Since: 0.1
 */
MbKeyMatch
mb_peer_get_key_match (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.key_match;
}

/**
 * mb_peer_get_kind: (get-property kind)
 * @self: a peer
 *
 * Gets what kind of program the peer is.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
MbPeerKind
mb_peer_get_kind (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), 0);

  return self->record->session != 0 ? MB_PEER_KIND_LIBMINIBUS : MB_PEER_KIND_PYTHON;
}

/**
 * mb_peer_get_last_seen: (get-property last-seen)
 * @self: a peer
 *
 * Gets when the peer gave its last sign of life.
 *
 * Returns: the time, in microseconds
 *
 * Since: 0.1
 */
gint64
mb_peer_get_last_seen (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.last_seen;
}

/**
 * mb_peer_get_n_dropped: (get-property n-dropped)
 * @self: a peer
 *
 * Gets how many messages the peer dropped.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_peer_get_n_dropped (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.n_dropped;
}

/**
 * mb_peer_get_n_received: (get-property n-received)
 * @self: a peer
 *
 * Gets how many packets the peer received.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_peer_get_n_received (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.n_received;
}

/**
 * mb_peer_get_n_sent: (get-property n-sent)
 * @self: a peer
 *
 * Gets how many packets the peer sent.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_peer_get_n_sent (MbPeer *self)
{
  MbPeerLive live;

  g_return_val_if_fail (MB_IS_PEER (self), 0);

  _mb_peer_record_get_live (self->record, &live);

  return live.n_sent;
}

/**
 * mb_peer_get_name: (get-property name)
 * @self: a peer
 *
 * Gets the name.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
mb_peer_get_name (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), NULL);

  return self->record->name;
}

/**
 * mb_peer_get_process_id: (get-property process-id)
 * @self: a peer
 *
 * Gets the process id.
 *
 * Returns: the process id, or 0
 *
 * Since: 0.1
 */
int
mb_peer_get_process_id (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), 0);

  return self->state->process_id;
}

/**
 * mb_peer_get_publishers: (get-property publishers)
 * @self: a peer
 *
 * Gets the topics.
 *
 * Returns: (transfer none) (array zero-terminated=1): the topics
 *
 * Since: 0.1
 */
const char * const *
mb_peer_get_publishers (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), NULL);

  return (const char * const *) self->state->lists[MB_LIST_PUBLISHERS];
}

/**
 * mb_peer_get_service_clients: (get-property service-clients)
 * @self: a peer
 *
 * Gets the names of the services.
 *
 * Returns: (transfer none) (array zero-terminated=1): the names of the services
 *
 * Since: 0.1
 */
const char * const *
mb_peer_get_service_clients (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), NULL);

  return (const char * const *) self->state->lists[MB_LIST_SERVICE_CLIENTS];
}

/**
 * mb_peer_get_services: (get-property services)
 * @self: a peer
 *
 * Gets the names of the services.
 *
 * Returns: (transfer none) (array zero-terminated=1): the names of the services
 *
 * Since: 0.1
 */
const char * const *
mb_peer_get_services (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), NULL);

  return (const char * const *) self->state->lists[MB_LIST_SERVICES];
}

/**
 * mb_peer_get_session: (get-property session)
 * @self: a peer
 *
 * Gets the session.
 *
 * Returns: (transfer none) (nullable): the session, sixteen hexadecimal digits, or `NULL`
 *
 * Since: 0.1
 */
const char *
mb_peer_get_session (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), NULL);

  return self->session[0] != '\0' ? self->session : NULL;
}

/**
 * mb_peer_get_subscribers: (get-property subscribers)
 * @self: a peer
 *
 * Gets the patterns.
 *
 * Returns: (transfer none) (array zero-terminated=1): the patterns
 *
 * Since: 0.1
 */
const char * const *
mb_peer_get_subscribers (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), NULL);

  return (const char * const *) self->state->lists[MB_LIST_SUBSCRIBERS];
}

/**
 * mb_peer_get_version: (get-property version)
 * @self: a peer
 *
 * Gets the version.
 *
 * Returns: (transfer none) (nullable): the version, or `NULL`
 *
 * Since: 0.1
 */
const char *
mb_peer_get_version (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), NULL);

  return self->state->version;
}

/**
 * mb_peer_get_seconds_since_seen:
 * @self: a peer
 *
 * Gets how long ago the peer gave its last sign of life.
 *
 * Returns: the time, in seconds
 *
 * Since: 0.1
 */
double
mb_peer_get_seconds_since_seen (MbPeer *self)
{
  g_return_val_if_fail (MB_IS_PEER (self), 0);

  return (double) MAX (g_get_monotonic_time () - mb_peer_get_last_seen (self), 0) / G_TIME_SPAN_SECOND;
}

/* The schema of the first pattern that matches a topic, or NULL. */
static char *
dup_schema_by_pattern (MbPeer     *self,
                       const char *topic)
{
  char **patterns = self->state->lists[MB_LIST_SUBSCRIBERS];

  for (guint i = 0; patterns != NULL && patterns[i] != NULL; i++)
    {
      g_autofree char *text = _mb_peer_record_dup_schema (self->record, patterns[i]);
      g_autoptr(MbPattern) pattern = text != NULL ? _mb_pattern_new (patterns[i], NULL) : NULL;

      if (pattern != NULL && _mb_pattern_match (pattern, topic, strlen (topic)) == MB_MATCH_YES)
        return g_steal_pointer (&text);
    }

  return NULL;
}

/**
 * mb_peer_get_schema:
 * @self: a peer
 * @role: what the schema is for
 * @name: the topic, pattern or service
 *
 * Gets a schema of the peer, after [method@Peer.load_schemas_async] has asked for them. That of a topic is also found
 * when the peer has subscribed to it by a pattern: the first that has a schema, in the order of
 * [property@Peer:subscribers].
 *
 * It is a text that a stranger sent: [ctor@Schema.new_from_text] finds out whether it is a schema.
 *
 * Returns: (transfer none) (nullable): the schema, as JSON text; or `NULL` when the peer has none, does not tell it,
 *   or has not been asked
 *
 * Since: 0.1
 */
const char *
mb_peer_get_schema (MbPeer       *self,
                    MbSchemaRole  role,
                    const char   *name)
{
  g_autofree char *pattern = NULL;
  g_autofree char *text = NULL;
  const char *kept;

  g_return_val_if_fail (MB_IS_PEER (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (role == MB_SCHEMA_ROLE_TOPIC)
    pattern = g_strdup (name);
  else
    pattern = _mb_service_name_to_topic (name, role == MB_SCHEMA_ROLE_REQUEST ? MB_SUFFIX_REQUEST : MB_SUFFIX_REPLY);

  text = _mb_peer_record_dup_schema (self->record, pattern);
  if (text == NULL && role == MB_SCHEMA_ROLE_TOPIC)
    text = dup_schema_by_pattern (self, name);
  if (text == NULL)
    return NULL;

  /* Kept, so that what was handed out before lives on. */
  if (self->schemas == NULL)
    self->schemas = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!g_hash_table_contains (self->schemas, text))
    g_hash_table_add (self->schemas, g_strdup (text));
  kept = g_hash_table_lookup (self->schemas, text);

  return kept;
}

/**
 * mb_peer_load_schemas_async:
 * @self: a peer
 * @cancellable: (nullable): to give up
 * @callback: (scope async) (closure user_data): what to call when they are there
 * @user_data: the data of @callback
 *
 * Asks the peer for the schemas of its topics and services, for [method@Peer.get_schema].
 *
 * This takes less than a second. A peer that encrypts keeps its schemas to itself, and a schema that does not fit in
 * one packet is not told. The directory must be open.
 *
 * Since: 0.1
 */
void
mb_peer_load_schemas_async (MbPeer              *self,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (MB_IS_PEER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mb_peer_load_schemas_async);

  if (self->session[0] == '\0')
    g_task_return_boolean (task, TRUE);
  else
    _mb_presence_wait_task (self->core, MB_WAIT_SCHEMAS, self->session, 0, task);
}

/**
 * mb_peer_load_schemas_finish:
 * @self: a peer
 * @result: the result of the operation
 * @error: return location for an error
 *
 * Finishes [method@Peer.load_schemas_async]. The errors are [error@ClientError] (the client is closed) and
 * `G_IO_ERROR_CANCELLED`.
 *
 * Returns: true if the peer was asked; it may not have answered
 *
 * Since: 0.1
 */
gboolean
mb_peer_load_schemas_finish (MbPeer        *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (MB_IS_PEER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, mb_peer_load_schemas_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
