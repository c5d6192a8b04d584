/* mb-multicast-error.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the system says about a multicast group, in words, and what can be done about it. */

#include "config.h"

#include "mb-multicast-error-private.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-network-watch-private.h"

static void
set_no_route (MbAddress   *address,
              const char  *interface,
              GError     **error)
{
  const char *host = mb_address_get_host (address);
  g_autofree char *names = _mb_network_list_names ();

  if (interface != NULL)
    g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE,
                 _("The group %s cannot be reached through the interface “%s”, which is down "
                   "or has no address that could be used yet; “ip address show dev %s” tells "
                   "more"),
                 host, interface, interface);
  else if (strchr (host, ':') == NULL)
    g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE,
                 _("The system has no route to the multicast group %s. Give it one, with “ip "
                   "route add 224.0.0.0/4 dev IFACE”, or name an interface in the address of "
                   "the bus, with “?interface=IFACE”, where IFACE is one of: %s"),
                 host, names);
  else
    g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE,
                 _("The system has no route to the multicast group %s. Name an interface in the "
                   "address of the bus, with “?interface=IFACE”, where IFACE is one of: %s"),
                 host, names);
}

void
_mb_multicast_error_set (MbAddress   *address,
                         const char  *interface,
                         int          errnum,
                         GError     **error)
{
  const char *host = mb_address_get_host (address);

  switch (errnum)
    {
    case ENODEV:
    case ENXIO:
      if (interface != NULL && if_nametoindex (interface) == 0)
        {
          g_autofree char *names = _mb_network_list_names ();

          g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_INTERFACE,
                       _("There is no network interface “%s”; there are: %s"), interface, names);
          return;
        }
      set_no_route (address, interface, error);
      break;

    case EADDRNOTAVAIL:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
      set_no_route (address, interface, error);
      break;

    case EACCES:
    case EPERM:
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NOT_PERMITTED,
                   _("The system does not permit packets to %s, UDP port %u; a firewall rule on "
                     "this machine is the likeliest reason (“nft list ruleset” shows them)"),
                   host, mb_address_get_port (address));
      break;

    case EMSGSIZE:
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_TOO_LARGE,
                   _("The system finds the packet too large for the way to %s; send less at a "
                     "time"), host);
      break;

    case ENOBUFS:
    case ENOMEM:
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                   _("The system has no room for the group %s; a limit such as “sysctl "
                     "net.ipv4.igmp_max_memberships” may be reached"),
                   host);
      break;

    default:
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                   _("The group %s, UDP port %u, cannot be used: %s"),
                   host, mb_address_get_port (address), g_strerror (errnum));
      break;
    }
}

void
_mb_multicast_error_set_for_port (MbAddress  *address,
                                  int         errnum,
                                  GError    **error)
{
  guint port = mb_address_get_port (address);

  if (errnum == EADDRINUSE)
    g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_PORT_IN_USE,
                 _("UDP port %u is taken by a program that does not share it; “ss -ulpn” shows "
                   "which one. End it, or choose another port for the whole bus"),
                 port);
  else if (errnum == EACCES || errnum == EPERM)
    g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NOT_PERMITTED,
                 _("The system does not permit the use of UDP port %u; ports from 1024 on are "
                   "open to every program"),
                 port);
  else
    g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                 _("The socket cannot be bound to %s, port %u: %s"),
                 mb_address_get_host (address), port, g_strerror (errnum));
}
