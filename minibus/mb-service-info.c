/* mb-service-info.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-service-info-private.h"

/**
 * MbServiceInfo:
 *
 * A service that somebody offers or may call, as a [class@Directory] knows it.
 *
 * A service whose name is a regular expression stands for many and is listed under it.
 * The lists are live: they change, and so do the numbers, in the main context of the directory. A service that nobody
 * uses any more leaves the directory, with empty lists; when it is used again there is another object.
 *
 * Since: 0.1
 */
struct _MbServiceInfo
{
  GObject     parent_instance;

  char       *name;
  GListStore *lists[2];     /* of MbPeer; clients and providers */
};

G_DEFINE_FINAL_TYPE (MbServiceInfo, mb_service_info, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_CLIENTS,
  PROP_N_CLIENTS,
  PROP_N_PROVIDERS,
  PROP_NAME,
  PROP_PROVIDERS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
mb_service_info_finalize (GObject *object)
{
  MbServiceInfo *self = MB_SERVICE_INFO (object);

  g_clear_object (&self->lists[0]);
  g_clear_object (&self->lists[1]);
  g_clear_pointer (&self->name, g_free);

  G_OBJECT_CLASS (mb_service_info_parent_class)->finalize (object);
}

static void
mb_service_info_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  MbServiceInfo *self = MB_SERVICE_INFO (object);

  switch (prop_id)
    {
    case PROP_CLIENTS:
      g_value_set_object (value, mb_service_info_get_clients (self));
      break;

    case PROP_N_CLIENTS:
      g_value_set_uint (value, mb_service_info_get_n_clients (self));
      break;

    case PROP_N_PROVIDERS:
      g_value_set_uint (value, mb_service_info_get_n_providers (self));
      break;

    case PROP_NAME:
      g_value_set_string (value, mb_service_info_get_name (self));
      break;

    case PROP_PROVIDERS:
      g_value_set_object (value, mb_service_info_get_providers (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_service_info_class_init (MbServiceInfoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_service_info_finalize;
  object_class->get_property = mb_service_info_get_property;

  /**
   * MbServiceInfo:clients: (getter get_clients)
   *
   * The peers who may call the service: a list of [class@Peer].
   *
   * Since: 0.1
   */
  properties[PROP_CLIENTS] =
    g_param_spec_object ("clients", NULL, NULL,
                         G_TYPE_LIST_MODEL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbServiceInfo:n-clients: (getter get_n_clients)
   *
   * How many peers there are who may call the service.
   *
   * Since: 0.1
   */
  properties[PROP_N_CLIENTS] =
    g_param_spec_uint ("n-clients", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbServiceInfo:n-providers: (getter get_n_providers)
   *
   * How many peers there are who offer the service.
   *
   * Since: 0.1
   */
  properties[PROP_N_PROVIDERS] =
    g_param_spec_uint ("n-providers", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbServiceInfo:name: (getter get_name)
   *
   * The name of the service.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbServiceInfo:providers: (getter get_providers)
   *
   * The peers who offer the service: a list of [class@Peer].
   *
   * Since: 0.1
   */
  properties[PROP_PROVIDERS] =
    g_param_spec_object ("providers", NULL, NULL,
                         G_TYPE_LIST_MODEL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_service_info_init (MbServiceInfo *self)
{
  self->lists[0] = g_list_store_new (MB_TYPE_PEER);
  self->lists[1] = g_list_store_new (MB_TYPE_PEER);
}

MbServiceInfo *
_mb_service_info_new (const char *name)
{
  MbServiceInfo *self = g_object_new (MB_TYPE_SERVICE_INFO, NULL);

  self->name = g_strdup (name);

  return self;
}

void
_mb_service_info_update (MbServiceInfo *self,
                         GPtrArray     *providers,
                         GPtrArray     *clients)
{
  if (_mb_list_store_update (self->lists[0], clients))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_CLIENTS]);
  if (_mb_list_store_update (self->lists[1], providers))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_PROVIDERS]);
}

/**
 * mb_service_info_get_clients: (get-property clients)
 * @self: a service
 *
 * Gets the peers who may call the service.
 *
 * Returns: (transfer none): a list of [class@Peer], which goes on changing
 *
 * Since: 0.1
 */
GListModel *
mb_service_info_get_clients (MbServiceInfo *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_INFO (self), NULL);

  return G_LIST_MODEL (self->lists[0]);
}

/**
 * mb_service_info_get_providers: (get-property providers)
 * @self: a service
 *
 * Gets the peers who offer the service.
 *
 * Returns: (transfer none): a list of [class@Peer], which goes on changing
 *
 * Since: 0.1
 */
GListModel *
mb_service_info_get_providers (MbServiceInfo *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_INFO (self), NULL);

  return G_LIST_MODEL (self->lists[1]);
}

/**
 * mb_service_info_get_n_clients: (get-property n-clients)
 * @self: a service
 *
 * Gets how many peers there are who may call the service.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_service_info_get_n_clients (MbServiceInfo *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_INFO (self), 0);

  return g_list_model_get_n_items (G_LIST_MODEL (self->lists[0]));
}

/**
 * mb_service_info_get_n_providers: (get-property n-providers)
 * @self: a service
 *
 * Gets how many peers there are who offer the service.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
mb_service_info_get_n_providers (MbServiceInfo *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_INFO (self), 0);

  return g_list_model_get_n_items (G_LIST_MODEL (self->lists[1]));
}

/**
 * mb_service_info_get_name: (get-property name)
 * @self: a service
 *
 * Gets the name of the service.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
mb_service_info_get_name (MbServiceInfo *self)
{
  g_return_val_if_fail (MB_IS_SERVICE_INFO (self), NULL);

  return self->name;
}
