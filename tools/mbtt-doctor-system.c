/* mbtt-doctor-system.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the system says about the network, without asking for rights. */

#include "config.h"

#include "mbtt-doctor.h"

#include <arpa/inet.h>
#include <glib/gi18n.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Below this, a burst of messages is lost that is not unusual. */
#define ENOUGH_BUFFER (1024 * 1024)

static char **
read_lines (const char *path)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;

  return g_strsplit (text, "\n", -1);
}

void
mbtt_doctor_interfaces (MbttFindings *findings)
{
  g_autoptr(GString) names = g_string_new (NULL);
  struct ifaddrs *all = NULL;

  if (getifaddrs (&all) != 0)
    return;

  for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
    {
      guint wanted = IFF_UP | IFF_RUNNING | IFF_MULTICAST;

      if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & wanted) != wanted ||
          (i->ifa_flags & IFF_LOOPBACK) != 0)
        continue;
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", i->ifa_name);
    }
  freeifaddrs (all);

  if (names->len > 0)
    mbtt_findings_add (findings, "interfaces", MBTT_FINDING_OK,
                       g_strdup_printf (_("Interfaces that can carry multicast to other machines: %s."), names->str),
                       NULL);
  else
    mbtt_findings_add (findings, "interfaces", MBTT_FINDING_HINT,
                       g_strdup (_("No interface that is up carries multicast to other machines.")),
                       g_strdup (_("If the bus is to reach other machines, connect this one; “ip link” lists its "
                                   "interfaces.")));
}

void
mbtt_doctor_route (MbttFindings *findings,
                   MbAddress    *address)
{
  g_auto(GStrv) lines = read_lines ("/proc/net/route");
  g_autofree char *found = NULL;
  struct in_addr group;
  guint32 best = 0;

  if (lines == NULL || inet_pton (AF_INET, mb_address_get_host (address), &group) != 1)
    return;

  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    {
      char name[64];
      guint destination;
      guint mask;

      if (sscanf (lines[i], "%63s %x %*x %*x %*d %*d %*d %x", name, &destination, &mask) != 3 ||
          (group.s_addr & mask) != destination || (found != NULL && ntohl (mask) < best))
        continue;
      g_free (found);
      found = g_strdup (name);
      best = ntohl (mask);
    }

  if (mb_address_get_interfaces (address) != NULL && mb_address_get_interfaces (address)[0] != NULL)
    return;

  if (found != NULL)
    mbtt_findings_add (findings, "route", MBTT_FINDING_OK,
                       g_strdup_printf (_("Packets for the group %s leave by the interface %s."),
                                        mb_address_get_host (address), found),
                       NULL);
  else
    mbtt_findings_add (findings, "route", MBTT_FINDING_PROBLEM,
                       g_strdup_printf (_("There is no route to the group %s."), mb_address_get_host (address)),
                       g_strdup (_("Connect to a network, or name an interface: with --address "
                                   "'multicast:?interface=lo' the bus stays on this machine.")));
}

void
mbtt_doctor_membership (MbttFindings *findings,
                        MbAddress    *address)
{
  g_auto(GStrv) lines = read_lines ("/proc/net/igmp");
  g_autofree char *wanted = NULL;
  g_autofree char *device = NULL;
  g_autoptr(GString) names = g_string_new (NULL);
  struct in_addr group;

  if (lines == NULL || inet_pton (AF_INET, mb_address_get_host (address), &group) != 1)
    return;

  wanted = g_strdup_printf ("%08X", group.s_addr);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char name[64];

      if (g_ascii_isdigit (lines[i][0]) && sscanf (lines[i], "%*d %63[^ :]", name) == 1)
        {
          g_free (device);
          device = g_strdup (name);
        }
      else if (device != NULL && strstr (lines[i], wanted) != NULL)
        {
          g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", device);
        }
    }

  if (names->len > 0)
    mbtt_findings_add (findings, "membership", MBTT_FINDING_OK,
                       g_strdup_printf (_("The system listens to the group on: %s."), names->str), NULL);
  else
    mbtt_findings_add (findings, "membership", MBTT_FINDING_PROBLEM,
                       g_strdup_printf (_("The system does not listen to the group %s on any interface."),
                                        mb_address_get_host (address)),
                       g_strdup (_("Name an interface with --address 'multicast:?interface=NAME'; the default one may "
                                   "have changed.")));
}

/* Sums up what the sockets of the port lost, of all programs. */
static gulong
count_drops (const char *path,
             guint       port)
{
  g_auto(GStrv) lines = read_lines (path);
  gulong total = 0;

  for (guint i = 1; lines != NULL && lines[0] != NULL && lines[i] != NULL; i++)
    {
      const char *last = strrchr (g_strchomp (lines[i]), ' ');
      guint local;

      if (last != NULL && sscanf (lines[i], " %*d: %*[0-9A-Fa-f]:%x", &local) == 1 && local == port)
        total += (gulong) g_ascii_strtoull (last + 1, NULL, 10);
    }

  return total;
}

void
mbtt_doctor_buffers (MbttFindings *findings,
                     MbAddress    *address)
{
  guint port = mb_address_get_port (address);
  gulong n_dropped = count_drops ("/proc/net/udp", port) + count_drops ("/proc/net/udp6", port);
  g_auto(GStrv) lines = read_lines ("/proc/sys/net/core/rmem_max");
  guint64 limit = lines != NULL ? g_ascii_strtoull (lines[0], NULL, 10) : ENOUGH_BUFFER;

  if (n_dropped > 0)
    mbtt_findings_add (findings, "drops", MBTT_FINDING_WARNING,
                       g_strdup_printf (_("Programs on this machine that listen on port %u have lost %lu packets, "
                                          "because they came faster than they were read."), port, n_dropped),
                       g_strdup (_("Send more slowly, or let those programs have larger receive buffers.")));
  else
    mbtt_findings_add (findings, "drops", MBTT_FINDING_OK,
                       g_strdup_printf (_("No program that listens on port %u has lost packets here."), port), NULL);

  /* A network of its own has no such limit to read. */
  if (limit < ENOUGH_BUFFER)
    mbtt_findings_add (findings, "buffers", MBTT_FINDING_HINT,
                       g_strdup_printf (_("The system allows receive buffers of %llu bytes only."),
                                        (unsigned long long) limit),
                       g_strdup (_("For bursts of messages, allow more: sysctl -w net.core.rmem_max=4194304")));
}
