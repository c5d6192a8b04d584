/* mb-address.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-address-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#define VARIABLE "MINIBUS_ADDRESS"

/**
 * MbAddress:
 *
 * The address of a bus: where its packets go.
 *
 * Clients that are to meet must use the same address. It is written as a text of one of these
 * forms:
 *
 * | Address | Bus |
 * | --- | --- |
 * | `multicast:` | UDP multicast to group 228.0.0.5, port 8005, as MiniBus has it |
 * | `multicast://228.0.0.5:8005?interface=eth0&ttl=1` | the same, through the interface eth0 |
 * | `multicast://[ff15::8005]:8005?interface=eth0` | an IPv6 group |
 * | `memory:NAME` | inside this process, see [class@MemoryBus] |
 *
 * The parts of a multicast address behind `multicast:` may all be left out:
 *
 * - the group, an IPv4 or, in brackets, an IPv6 multicast address; 228.0.0.5 by default. IPv6
 *   groups of link-local or interface-local scope (`ff02:…`, `ff01:…`) need an interface,
 * - the port, from 1 to 65535; 8005 by default,
 * - `interface`, the name of a network interface to send to and to receive from. It may be
 *   repeated, up to 16 times; packets then go out through each of them. Without it the system
 *   chooses, by its route to the group. `interface=lo` keeps the packets on this machine,
 * - `ttl`, how many networks a packet may pass, from 0 to 255; 1 by default, which means the local
 *   network. With 0 no packet leaves this machine,
 * - `receive-buffer`, how many bytes of packets the system is asked to keep for a client that is
 *   busy, from 4096 to 1073741824; 4194304 (4 MiB) by default. The system may grant less: on
 *   Linux the limit is `net.core.rmem_max`.
 *
 * The name of a memory bus is any text of 1 to 255 bytes of UTF-8; it has no options.
 *
 * Names and values may be percent-encoded (`%20`), and have to be where they contain `%`, `&`,
 * `#`, `?` or `=`. Control characters are refused, as are addresses of more than 2048 bytes.
 *
 * Programs leave the choice to the user when they ask for
 * [func@Address.parse_default]: then the environment variable `MINIBUS_ADDRESS` decides.
 *
 * An address never changes, and may be used from any thread.
 *
 * ```c
 * g_autoptr(GError) error = NULL;
 * g_autoptr(MbAddress) address = mb_address_parse ("multicast://?interface=eth0", &error);
 *
 * if (address == NULL)
 *   g_printerr ("%s\n", error->message);
 * ```
 *
 * ```js
 * const address = Minibus.Address.parse('multicast://?interface=eth0');
 * ```
 *
 * ```python
 * address = Minibus.Address.parse('multicast://?interface=eth0')
 * ```
 *
 * See section 1 of the protocol.
 *
 * Since: 0.1
 */
struct _MbAddress
{
  GObject        parent_instance;

  MbAddressParts parts;
};

G_DEFINE_FINAL_TYPE (MbAddress, mb_address, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_HOST,
  PROP_INTERFACES,
  PROP_PORT,
  PROP_RECEIVE_BUFFER,
  PROP_SCHEME,
  PROP_TTL,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
mb_address_finalize (GObject *object)
{
  MbAddress *self = MB_ADDRESS (object);

  g_clear_pointer (&self->parts.host, g_free);
  g_clear_pointer (&self->parts.interfaces, g_strfreev);

  G_OBJECT_CLASS (mb_address_parent_class)->finalize (object);
}

static void
mb_address_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  MbAddress *self = MB_ADDRESS (object);

  switch (prop_id)
    {
    case PROP_HOST:
      g_value_set_string (value, mb_address_get_host (self));
      break;

    case PROP_INTERFACES:
      g_value_set_boxed (value, mb_address_get_interfaces (self));
      break;

    case PROP_PORT:
      g_value_set_uint (value, mb_address_get_port (self));
      break;

    case PROP_RECEIVE_BUFFER:
      g_value_set_uint (value, mb_address_get_receive_buffer (self));
      break;

    case PROP_SCHEME:
      g_value_set_string (value, mb_address_get_scheme (self));
      break;

    case PROP_TTL:
      g_value_set_uint (value, mb_address_get_ttl (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
mb_address_class_init (MbAddressClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mb_address_finalize;
  object_class->get_property = mb_address_get_property;

  /**
   * MbAddress:host:
   *
   * The multicast group, or the name of the memory bus.
   *
   * Since: 0.1
   */
  properties[PROP_HOST] =
    g_param_spec_string ("host", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbAddress:interfaces:
   *
   * The names of the network interfaces to use; none means that the system chooses.
   *
   * Since: 0.1
   */
  properties[PROP_INTERFACES] =
    g_param_spec_boxed ("interfaces", NULL, NULL,
                        G_TYPE_STRV,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbAddress:port:
   *
   * The UDP port; 0 for a memory bus.
   *
   * Since: 0.1
   */
  properties[PROP_PORT] =
    g_param_spec_uint ("port", NULL, NULL,
                       0, 65535, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbAddress:receive-buffer:
   *
   * How many bytes of packets the system is asked to keep for a client that is busy; 0 for a memory
   * bus.
   *
   * Since: 0.1
   */
  properties[PROP_RECEIVE_BUFFER] =
    g_param_spec_uint ("receive-buffer", NULL, NULL,
                       0, MB_ADDRESS_MAX_RECEIVE_BUFFER, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbAddress:scheme:
   *
   * The kind of transport: `multicast` or `memory`.
   *
   * Since: 0.1
   */
  properties[PROP_SCHEME] =
    g_param_spec_string ("scheme", NULL, NULL,
                         NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MbAddress:ttl:
   *
   * How many networks a packet may pass; 0 keeps packets on this machine.
   *
   * Since: 0.1
   */
  properties[PROP_TTL] =
    g_param_spec_uint ("ttl", NULL, NULL,
                       0, 255, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mb_address_init (MbAddress *self)
{
  /* Parsing sets the rest; an object that g_object_new() made elsewhere is the usual bus. */
  self->parts.scheme = "multicast";
  self->parts.host = g_strdup (MB_ADDRESS_DEFAULT_GROUP);
  self->parts.interfaces = g_new0 (char *, 1);
  self->parts.port = MB_ADDRESS_DEFAULT_PORT;
  self->parts.ttl = MB_ADDRESS_DEFAULT_TTL;
  self->parts.receive_buffer = MB_ADDRESS_DEFAULT_RECEIVE_BUFFER;
}

/**
 * mb_address_parse:
 * @text: an address
 * @error: return location for an error
 *
 * Reads an address. See [class@Address] for what it may look like.
 *
 * Nothing is looked up: whether an interface of that name exists is found out when a transport is
 * opened.
 *
 * Fails with an [error@AddressError], whose message says what is wrong and what would be right.
 *
 * Returns: (transfer full): the address
 *
 * Since: 0.1
 */
MbAddress *
mb_address_parse (const char  *text,
                  GError     **error)
{
  g_autoptr(MbAddress) self = NULL;

  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_object_new (MB_TYPE_ADDRESS, NULL);
  if (!_mb_address_parts_parse (&self->parts, text, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * mb_address_parse_default:
 * @error: return location for an error
 *
 * Gets the address that a program uses when it names none: the one in the environment variable
 * `MINIBUS_ADDRESS`, or `multicast:` where that is not set or empty.
 *
 * Fails as [func@Address.parse] does; the message then begins with the name of the variable.
 *
 * The environment must not be changed by another thread meanwhile.
 *
 * Returns: (transfer full): the address
 *
 * Since: 0.1
 */
MbAddress *
mb_address_parse_default (GError **error)
{
  const char *text = g_getenv (VARIABLE);
  g_autoptr(GError) local_error = NULL;
  MbAddress *self;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (text == NULL || *text == '\0')
    return mb_address_parse ("multicast:", error);

  self = mb_address_parse (text, &local_error);
  if (self == NULL)
    /* Translators: %s is the name of an environment variable; a sentence follows. */
    g_propagate_prefixed_error (error, g_steal_pointer (&local_error),
                                _("The environment variable %s is wrong. "), VARIABLE);

  return self;
}

/**
 * mb_address_get_scheme: (get-property scheme)
 * @self: an address
 *
 * Gets the kind of transport.
 *
 * Returns: (transfer none): `multicast` or `memory`
 *
 * Since: 0.1
 */
const char *
mb_address_get_scheme (MbAddress *self)
{
  g_return_val_if_fail (MB_IS_ADDRESS (self), NULL);

  return self->parts.scheme;
}

/**
 * mb_address_get_host: (get-property host)
 * @self: an address
 *
 * Gets the multicast group, in its shortest usual form and without brackets, or the name of the
 * memory bus, decoded.
 *
 * Returns: (transfer none): the group or name
 *
 * Since: 0.1
 */
const char *
mb_address_get_host (MbAddress *self)
{
  g_return_val_if_fail (MB_IS_ADDRESS (self), NULL);

  return self->parts.host;
}

/**
 * mb_address_get_port: (get-property port)
 * @self: an address
 *
 * Gets the UDP port, from 1 to 65535.
 *
 * Returns: the port; 0 for a memory bus
 *
 * Since: 0.1
 */
guint
mb_address_get_port (MbAddress *self)
{
  g_return_val_if_fail (MB_IS_ADDRESS (self), 0);

  return self->parts.port;
}

/**
 * mb_address_get_interfaces: (get-property interfaces)
 * @self: an address
 *
 * Gets the names of the network interfaces to use, in the order of the address.
 *
 * Returns: (transfer none) (array zero-terminated=1): the names; an empty array means that the
 *   system chooses
 *
 * Since: 0.1
 */
const char * const *
mb_address_get_interfaces (MbAddress *self)
{
  g_return_val_if_fail (MB_IS_ADDRESS (self), NULL);

  return (const char * const *) self->parts.interfaces;
}

/**
 * mb_address_get_ttl: (get-property ttl)
 * @self: an address
 *
 * Gets how many networks a packet may pass, from 0 to 255. 1 is the local network, 0 this machine.
 *
 * Returns: the number of networks; 0 for a memory bus
 *
 * Since: 0.1
 */
guint
mb_address_get_ttl (MbAddress *self)
{
  g_return_val_if_fail (MB_IS_ADDRESS (self), 0);

  return self->parts.ttl;
}

/**
 * mb_address_get_receive_buffer: (get-property receive-buffer)
 * @self: an address
 *
 * Gets how many bytes of packets the system is asked to keep for a client that is busy.
 *
 * Returns: the number of bytes; 0 for a memory bus
 *
 * Since: 0.1
 */
guint
mb_address_get_receive_buffer (MbAddress *self)
{
  g_return_val_if_fail (MB_IS_ADDRESS (self), 0);

  return self->parts.receive_buffer;
}

/**
 * mb_address_to_text:
 * @self: an address
 *
 * Writes an address as text that [func@Address.parse] reads back as the same address.
 *
 * Addresses of one meaning have one text, apart from the order of the interfaces: group and port
 * are always there, options only where they are not the default.
 *
 * Returns: (transfer full): the text
 *
 * Since: 0.1
 */
char *
mb_address_to_text (MbAddress *self)
{
  g_autoptr(GString) out = NULL;
  char separator = '?';

  g_return_val_if_fail (MB_IS_ADDRESS (self), NULL);

  out = g_string_new (self->parts.scheme);
  g_string_append_c (out, ':');

  if (g_str_equal (self->parts.scheme, "memory"))
    {
      g_string_append_uri_escaped (out, self->parts.host, NULL, TRUE);
      return g_string_free (g_steal_pointer (&out), FALSE);
    }

  g_string_append_printf (out, strchr (self->parts.host, ':') != NULL ? "//[%s]:%u" : "//%s:%u",
                          self->parts.host, self->parts.port);

  for (guint i = 0; self->parts.interfaces[i] != NULL; i++)
    {
      g_string_append_c (out, separator);
      g_string_append (out, "interface=");
      g_string_append_uri_escaped (out, self->parts.interfaces[i], NULL, TRUE);
      separator = '&';
    }

  if (self->parts.ttl != MB_ADDRESS_DEFAULT_TTL)
    {
      g_string_append_printf (out, "%cttl=%u", separator, self->parts.ttl);
      separator = '&';
    }

  if (self->parts.receive_buffer != MB_ADDRESS_DEFAULT_RECEIVE_BUFFER)
    g_string_append_printf (out, "%creceive-buffer=%u", separator, self->parts.receive_buffer);

  return g_string_free (g_steal_pointer (&out), FALSE);
}
