/* mb-client.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-client-private.h"

#include "mb-caller-private.h"
#include "mb-service-private.h"
#include "mb-subscriber-private.h"

/* What fits into one Ethernet frame, and into the 1500 bytes that Python peers read. */
#define DEFAULT_MAX_PACKET_SIZE 1472
#define MAX_PACKET_SIZE 65507

/**
 * MbClient:
 *
 * A program's place on the bus.
 *
 * A client has a name and an address. It is made, given what it publishes, subscribes to and offers, and
 * opened; all of that can also be done after opening. It can be closed and opened any number of times.
 * Several clients in one process, and several processes on one host, share the bus.
 *
 * The address says which bus: `multicast://228.0.0.5:8005` unless [property@Client:address] or the
 * environment variable `MINIBUS_ADDRESS` say otherwise. With `multicast:?interface=lo`, nothing leaves the
 * machine; `memory:NAME` is a bus inside the process, for tests.
 *
 * What goes wrong on the way in is counted, by reason: [signal@Client::dropped] and
 * [method@Client.get_dropped]. Nothing that arrives from the network can stop a client.
 *
 * With a [property@Client:passphrase], what the client sends is encrypted, and what is not encrypted is not taken;
 * OpenPGP keys can be used, too.
 *
 * Whatever a client emits is emitted in the main context that was the thread's default when it was made.
 * Packets are received and checked in a thread of the library's own. The last reference on a client closes
 * it, so keep one.
 *
 * ```c
 * g_autoptr(MbClient) client = mb_client_new ("weather-station");
 *
 * if (!mb_client_open_sync (client, NULL, &error))
 *   g_error ("%s", error->message);
 * ```
 *
 * ```js
 * const client = new Minibus.Client({name: 'weather-station'});
 * client.open_sync(null);
 * ```
 *
 * ```python
 * client = Minibus.Client(name='weather-station')
 * client.open_sync(None)
 * ```
 *
 * Protocol: section 1, "Transport", the built-in services of section 6, which every client offers, and section 7,
 * "Encryption".
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (MbClient, mb_client, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_ADDRESS,
  PROP_IS_OPEN,
  PROP_MAX_PACKET_SIZE,
  PROP_N_RECEIVED,
  PROP_N_SENT,
  PROP_N_UNWANTED,
  PROP_NAME,
  PROP_PRESENCE,
  PROP_SESSION,
  PROP_TRANSPORT,
  /* One for each drop reason, in the order of the enumeration. */
  PROP_DROPPED_FIRST,
  PROP_KEYS_FIRST = PROP_DROPPED_FIRST + MB_N_DROP_REASONS,
  N_PROPS = PROP_KEYS_FIRST + MB_N_KEYS_PROPS
};

static GParamSpec *properties[N_PROPS];

/* The program's name, so that people know who it is, and something that makes it unique. */
static char *
make_name (void)
{
  g_autofree char *program = g_strdup (g_get_prgname () != NULL ? g_get_prgname () : "client");

  g_strcanon (program, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-", '-');

  return g_strdup_printf ("%s-%08x", program, g_random_int ());
}

static void
mb_client_constructed (GObject *object)
{
  MbClient *self = MB_CLIENT (object);

  G_OBJECT_CLASS (mb_client_parent_class)->constructed (object);

  if (self->name == NULL || self->name[0] == '\0')
    {
      g_free (self->name);
      self->name = make_name ();
    }

  self->core = _mb_core_new (self->name, self->context, object, _mb_client_report_drops);
  _mb_core_set_max_packet_size (self->core, self->max_packet_size);
}

static void
mb_client_dispose (GObject *object)
{
  MbClient *self = MB_CLIENT (object);
  MbCaller *caller;

  /* It stays as it is, with a reference that nobody gives back. */
  if (self->core != NULL && _mb_core_is_foreign (self->core))
    {
      g_object_ref (object);
      return;
    }

  _mb_client_close_quietly (self);

  /* Without a word: nothing is emitted while an object goes. */
  for (guint i = 0; i < self->subscribers->len; i++)
    _mb_subscriber_close_quietly (g_ptr_array_index (self->subscribers, i));
  for (guint i = 0; i < self->services->len; i++)
    _mb_service_close_quietly (g_ptr_array_index (self->services, i));
  g_ptr_array_set_size (self->subscribers, 0);
  g_ptr_array_set_size (self->services, 0);

  while ((caller = g_queue_pop_head (&self->callers)) != NULL)
    _mb_caller_unref (caller);

  if (self->core != NULL)
    _mb_inbox_close (self->core->reports);

  G_OBJECT_CLASS (mb_client_parent_class)->dispose (object);
}

static void
mb_client_finalize (GObject *object)
{
  MbClient *self = MB_CLIENT (object);

  _mb_client_clear_keys (self);
  g_clear_pointer (&self->core, _mb_core_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->address, g_free);
  g_clear_object (&self->given_transport);
  g_clear_pointer (&self->subscribers, g_ptr_array_unref);
  g_clear_pointer (&self->services, g_ptr_array_unref);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (mb_client_parent_class)->finalize (object);
}

static void
mb_client_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  MbClient *self = MB_CLIENT (object);

  if (prop_id >= PROP_DROPPED_FIRST && prop_id < PROP_KEYS_FIRST)
    {
      g_value_set_uint (value, mb_client_get_dropped (self, prop_id - PROP_DROPPED_FIRST));
      return;
    }
  if (prop_id >= PROP_KEYS_FIRST && prop_id < N_PROPS)
    {
      _mb_client_get_keys_property (self, prop_id - PROP_KEYS_FIRST, value);
      return;
    }

  switch (prop_id)
    {
    case PROP_ADDRESS:
      g_value_set_string (value, mb_client_get_address (self));
      break;

    case PROP_IS_OPEN:
      g_value_set_boolean (value, mb_client_get_is_open (self));
      break;

    case PROP_MAX_PACKET_SIZE:
      g_value_set_uint (value, mb_client_get_max_packet_size (self));
      break;

    case PROP_N_RECEIVED:
      g_value_set_uint (value, (guint) g_atomic_int_get (&self->core->counters.n_received));
      break;

    case PROP_N_SENT:
      g_value_set_uint (value, (guint) g_atomic_int_get (&self->core->counters.n_sent));
      break;

    case PROP_N_UNWANTED:
      g_value_set_uint (value, (guint) g_atomic_int_get (&self->core->counters.n_unwanted));
      break;

    case PROP_NAME:
      g_value_set_string (value, mb_client_get_name (self));
      break;

    case PROP_PRESENCE:
      g_value_set_boolean (value, mb_client_get_presence (self));
      break;

    case PROP_SESSION:
      g_value_set_string (value, mb_client_get_session (self));
      break;

    case PROP_TRANSPORT:
      g_value_set_object (value, mb_client_get_transport (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_client_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  MbClient *self = MB_CLIENT (object);

  if (prop_id >= PROP_KEYS_FIRST && prop_id < N_PROPS)
    {
      _mb_client_set_keys_property (self, prop_id - PROP_KEYS_FIRST, value);
      return;
    }

  switch (prop_id)
    {
    case PROP_ADDRESS:
      mb_client_set_address (self, g_value_get_string (value));
      break;

    case PROP_MAX_PACKET_SIZE:
      mb_client_set_max_packet_size (self, g_value_get_uint (value));
      break;

    case PROP_NAME:
      if (g_value_get_string (value) != NULL)
        self->name = g_utf8_make_valid (g_value_get_string (value), -1);
      break;

    case PROP_PRESENCE:
      mb_client_set_presence (self, g_value_get_boolean (value));
      break;

    case PROP_TRANSPORT:
      mb_client_set_transport (self, g_value_get_object (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_client_class_init (MbClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = mb_client_constructed;
  object_class->dispose = mb_client_dispose;
  object_class->finalize = mb_client_finalize;
  object_class->get_property = mb_client_get_property;
  object_class->set_property = mb_client_set_property;

  /**
   * MbClient:address: (getter get_address) (setter set_address)
   *
   * The address of the bus, or `NULL` for the default.
   *
   * Since: 0.1
   */
  properties[PROP_ADDRESS] =
    g_param_spec_string ("address", NULL, NULL,
                         NULL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:is-open: (getter get_is_open)
   *
   * Whether the client is open.
   *
   * Since: 0.1
   */
  properties[PROP_IS_OPEN] =
    g_param_spec_boolean ("is-open", NULL, NULL,
                          FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:max-packet-size: (getter get_max_packet_size) (setter set_max_packet_size)
   *
   * The most bytes that a packet may have that this client sends.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PACKET_SIZE] =
    g_param_spec_uint ("max-packet-size", NULL, NULL,
                       256, MAX_PACKET_SIZE, DEFAULT_MAX_PACKET_SIZE,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:n-received:
   *
   * How many datagrams were received, of any kind. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_RECEIVED] =
    g_param_spec_uint ("n-received", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:n-sent:
   *
   * How many packets were sent, answers of the built-in services among them. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_SENT] =
    g_param_spec_uint ("n-sent", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:n-unwanted:
   *
   * How many packets were of topics that nothing in this client wants. Not notified.
   *
   * When there are many, the transport may drop them unseen: see [method@Transport.set_topics]. Those are in none
   * of the counters.
   *
   * Since: 0.1
   */
  properties[PROP_N_UNWANTED] =
    g_param_spec_uint ("n-unwanted", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:name: (getter get_name)
   *
   * The name of the client on the bus.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL,
                         NULL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:presence: (getter get_presence) (setter set_presence)
   *
   * Whether the client announces itself, so that a [class@Directory] knows it: its name, host and process, its topics
   * and services, never its data. To be set before it is opened.
   *
   * What it tells is what the built-in services tell anyway, and it does so in the clear, also if the client encrypts:
   * topics are never secret on this bus. It tells only those who ask, but for one packet when it is opened and one when
   * it is closed. A client that does not announce itself is found more slowly, as those of the Python library are.
   *
   * Since: 0.1
   */
  properties[PROP_PRESENCE] =
    g_param_spec_boolean ("presence", NULL, NULL,
                          TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:session: (getter get_session)
   *
   * What tells this opening of the client from any other. Not notified.
   *
   * Since: 0.1
   */
  properties[PROP_SESSION] =
    g_param_spec_string ("session", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbClient:transport: (getter get_transport) (setter set_transport)
   *
   * A transport to use instead of the one that the address names.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORT] =
    g_param_spec_object ("transport", NULL, NULL,
                         MB_TYPE_TRANSPORT,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  _mb_client_add_drop_properties (&properties[PROP_DROPPED_FIRST]);
  _mb_client_add_keys_properties (&properties[PROP_KEYS_FIRST]);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  _mb_client_add_drop_signal ();
}

static void
mb_client_init (MbClient *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->thread = g_thread_self ();
  self->max_packet_size = DEFAULT_MAX_PACKET_SIZE;
  _mb_client_init_keys (self);

  g_mutex_init (&self->lock);
  self->subscribers = g_ptr_array_new_with_free_func (g_object_unref);
  self->services = g_ptr_array_new_with_free_func (g_object_unref);
  g_queue_init (&self->callers);
}

/**
 * mb_client_new:
 * @name: (nullable): a name, any UTF-8 text; `NULL` or empty for a generated one
 *
 * Creates a client. It is not open yet.
 *
 * Names tell people and the built-in services who is there. Nothing keeps two clients from having the same
 * name, but those who ask for one by name get answers from both.
 *
 * Returns: (transfer full): a new client
 *
 * Since: 0.1
 */
MbClient *
mb_client_new (const char *name)
{
  return g_object_new (MB_TYPE_CLIENT, "name", name, NULL);
}

/**
 * mb_client_get_address: (get-property address)
 * @self: a client
 *
 * Gets the address that was set.
 *
 * Returns: (transfer none) (nullable): the address, or `NULL` when the default is used
 *
 * Since: 0.1
 */
const char *
mb_client_get_address (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);

  return self->address;
}

/**
 * mb_client_set_address: (set-property address)
 * @self: a client
 * @address: (nullable): an address as of [class@Address], or `NULL` for the default
 *
 * Sets the address of the bus. It is looked at when the client is opened, and errors are reported then.
 *
 * The default is the environment variable `MINIBUS_ADDRESS`, and without it `multicast://228.0.0.5:8005`.
 *
 * Since: 0.1
 */
void
mb_client_set_address (MbClient   *self,
                       const char *address)
{
  g_return_if_fail (MB_IS_CLIENT (self));

  if (g_strcmp0 (self->address, address) == 0)
    return;

  g_free (self->address);
  self->address = g_strdup (address);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ADDRESS]);
}

/**
 * mb_client_get_is_open: (get-property is-open)
 * @self: a client
 *
 * Gets whether the client is open.
 *
 * Returns: true if it can send and receive
 *
 * Since: 0.1
 */
gboolean
mb_client_get_is_open (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), FALSE);

  return self->is_open && !_mb_core_is_foreign (self->core);
}

/**
 * mb_client_get_max_packet_size: (get-property max-packet-size)
 * @self: a client
 *
 * Gets how large a packet may be that this client sends.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint
mb_client_get_max_packet_size (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), 0);

  return self->max_packet_size;
}

/**
 * mb_client_set_max_packet_size: (set-property max-packet-size)
 * @self: a client
 * @max_packet_size: bytes, from 256 to 65,507
 *
 * Sets how large a packet may be that this client sends: 1,472 bytes unless set, which fit into one Ethernet
 * frame.
 *
 * Python peers of the socket kind read 1,500 bytes and go deaf when more comes, those of the Twisted kind
 * 8,192. Raise this only where none of them listens. Larger packets are also more likely to be lost.
 *
 * Since: 0.1
 */
void
mb_client_set_max_packet_size (MbClient *self,
                               guint     max_packet_size)
{
  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (max_packet_size >= 256 && max_packet_size <= MAX_PACKET_SIZE);

  if (self->max_packet_size == max_packet_size)
    return;

  self->max_packet_size = max_packet_size;
  if (self->core != NULL)
    _mb_core_set_max_packet_size (self->core, max_packet_size);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_PACKET_SIZE]);
}

/**
 * mb_client_get_name: (get-property name)
 * @self: a client
 *
 * Gets the name of the client.
 *
 * Returns: (transfer none): the name, given or generated
 *
 * Since: 0.1
 */
const char *
mb_client_get_name (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);

  return self->name;
}

/**
 * mb_client_get_session: (get-property session)
 * @self: a client
 *
 * Gets the session, which is the same as [property@Message:session] of the messages that this client sends.
 * Names can be shared, so this is how to tell one's own messages from others.
 *
 * Returns: (transfer none) (nullable): 16 hexadecimal digits, or `NULL` when the client is not open
 *
 * Since: 0.1
 */
const char *
mb_client_get_session (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);

  return self->is_open ? self->session : NULL;
}

/**
 * mb_client_get_transport: (get-property transport)
 * @self: a client
 *
 * Gets the transport in use: the one that was set, or while the client is open the one that was made for its
 * address.
 *
 * Returns: (transfer none) (nullable): the transport, or `NULL` when there is none at the time
 *
 * Since: 0.1
 */
MbTransport *
mb_client_get_transport (MbClient *self)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), NULL);

  return self->given_transport != NULL ? self->given_transport : self->transport;
}

/**
 * mb_client_set_transport: (set-property transport)
 * @self: a client
 * @transport: (nullable): a transport that nobody else uses, or `NULL`
 *
 * Sets a transport to use instead of the one that the address names. It takes effect when the client is opened
 * the next time.
 *
 * Since: 0.1
 */
void
mb_client_set_transport (MbClient    *self,
                         MbTransport *transport)
{
  g_return_if_fail (MB_IS_CLIENT (self));
  g_return_if_fail (transport == NULL || MB_IS_TRANSPORT (transport));

  if (g_set_object (&self->given_transport, transport))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TRANSPORT]);
}
