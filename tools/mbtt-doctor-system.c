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
#include <sys/socket.h>
#include <unistd.h>

/* Below this, a burst of messages is lost that is not unusual. */
#define ENOUGH_BUFFER (1024 * 1024)

char **
mbtt_doctor_read_lines (const char *path)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;

  return g_strsplit (text, "\n", -1);
}

static gboolean
is_ipv6 (MbAddress *address)
{
  return strchr (mb_address_get_host (address), ':') != NULL;
}

/* The address, by another interface. */
char *
mbtt_doctor_write_address (MbAddress  *address,
                           const char *interface)
{
  const char *host = mb_address_get_host (address);
  guint port = mb_address_get_port (address);

  if (strcmp (host, "228.0.0.5") == 0 && port == 8005)
    return g_strdup_printf ("multicast:?interface=%s", interface);

  return g_strdup_printf (is_ipv6 (address) ? "multicast://[%s]:%u?interface=%s" : "multicast://%s:%u?interface=%s",
                          host, port, interface);
}

static gboolean
names_interface (MbAddress *address)
{
  const char * const *interfaces = mb_address_get_interfaces (address);

  return interfaces != NULL && interfaces[0] != NULL;
}

static void
append_name (GString    *names,
             const char *name)
{
  g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", name);
}

void
mbtt_doctor_interfaces (MbttFindings *findings,
                        MbAddress    *address)
{
  int family = is_ipv6 (address) ? AF_INET6 : AF_INET;
  g_autoptr(GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GString) names = g_string_new (NULL);
  struct ifaddrs *all = NULL;

  if (getifaddrs (&all) != 0)
    return;

  for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
    {
      guint wanted = IFF_UP | IFF_RUNNING | IFF_MULTICAST;

      if (i->ifa_addr == NULL || i->ifa_addr->sa_family != family ||
          (i->ifa_flags & wanted) != wanted || (i->ifa_flags & IFF_LOOPBACK) != 0 || !g_hash_table_add (known, g_strdup (i->ifa_name)))
        continue;
      append_name (names, i->ifa_name);
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

/* The interface of the route with the longest prefix, of those of the same prefix the one with the
 * least metric. */
static char *
find_route (const char *host)
{
  g_auto(GStrv) lines = mbtt_doctor_read_lines ("/proc/net/route");
  g_autofree char *found = NULL;
  struct in_addr group;
  guint32 best = 0;
  guint least = 0;

  if (inet_pton (AF_INET, host, &group) != 1)
    return NULL;

  for (guint i = 1; lines != NULL && lines[0] != NULL && lines[i] != NULL; i++)
    {
      char name[64];
      guint destination;
      guint metric;
      guint mask;

      if (sscanf (lines[i], "%63s %x %*x %*x %*d %*d %u %x", name, &destination, &metric, &mask) != 4 ||
          (group.s_addr & mask) != destination ||
          (found != NULL && (ntohl (mask) < best || (ntohl (mask) == best && metric >= least))))
        continue;
      g_free (found);
      found = g_strdup (name);
      best = ntohl (mask);
      least = metric;
    }

  return g_steal_pointer (&found);
}

static gboolean
read_ipv6 (const char      *hex,
           struct in6_addr *address)
{
  for (guint i = 0; i < sizeof address->s6_addr; i++)
    {
      int high = g_ascii_xdigit_value (hex[2 * i]);
      int low = high >= 0 ? g_ascii_xdigit_value (hex[2 * i + 1]) : -1;

      if (low < 0)
        return FALSE;
      address->s6_addr[i] = (guint8) (high << 4 | low);
    }

  return TRUE;
}

static gboolean
has_prefix (const struct in6_addr *address,
            const struct in6_addr *prefix,
            guint                  length)
{
  guint n_bytes = length / 8;
  guint8 mask = (guint8) (0xff00 >> (length % 8));

  return memcmp (address, prefix, n_bytes) == 0 &&
         (n_bytes == sizeof address->s6_addr ||
          ((address->s6_addr[n_bytes] ^ prefix->s6_addr[n_bytes]) & mask) == 0);
}

/* Whether an interface has an address, without which nothing can be sent there. */
static gboolean
has_ipv6_address (const char *interface)
{
  g_auto(GStrv) lines = mbtt_doctor_read_lines ("/proc/net/if_inet6");

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      char name[64];

      if (sscanf (lines[i], "%*32s %*x %*x %*x %*x %63s", name) == 1 && strcmp (name, interface) == 0)
        return TRUE;
    }

  return FALSE;
}

static char *
find_route6 (const char *host)
{
  /* A route that turns packets away. */
  const guint reject = 0x0200;
  g_auto(GStrv) lines = mbtt_doctor_read_lines ("/proc/net/ipv6_route");
  g_autofree char *found = NULL;
  struct in6_addr group;
  guint longest = 0;
  guint least = 0;

  if (inet_pton (AF_INET6, host, &group) != 1)
    return NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      char hex[33];
      char name[64];
      struct in6_addr prefix;
      guint length;
      guint metric;
      guint flags;

      if (sscanf (lines[i], "%32s %x %*32s %*x %*32s %x %*x %*x %x %63s", hex, &length, &metric, &flags, name) != 5 ||
          strlen (hex) != 32 || length > 128 || !read_ipv6 (hex, &prefix) ||
          !has_prefix (&group, &prefix, length) ||
          (flags & reject) != 0 ||
          (found != NULL && (length < longest || (length == longest && metric >= least))))
        continue;
      g_free (found);
      found = g_strdup (name);
      longest = length;
      least = metric;
    }

  return g_steal_pointer (&found);
}

void
mbtt_doctor_route (MbttFindings *findings,
                   MbAddress    *address)
{
  const char *group = mb_address_get_host (address);
  g_autofree char *found = NULL;

  /* Then no route is asked for. */
  if (names_interface (address))
    return;

  found = is_ipv6 (address) ? find_route6 (group) : find_route (group);
  if (found == NULL)
    {
      g_autofree char *lo = mbtt_doctor_write_address (address, "lo");

      mbtt_findings_add (findings, "route", MBTT_FINDING_PROBLEM,
                         g_strdup_printf (_("There is no route to the group %s."), group),
                         g_strdup_printf (_("Connect to a network, or name an interface: with --address '%s' the bus "
                                            "stays on this machine."), lo));
    }
  else if (is_ipv6 (address) && !has_ipv6_address (found))
    {
      mbtt_findings_add (findings, "route", MBTT_FINDING_PROBLEM,
                         g_strdup_printf (_("Packets for the group %s leave by the interface %s, which has no IPv6 "
                                            "address."), group, found),
                         g_strdup (_("Switch IPv6 on for this interface, name another one in the address, or use an "
                                     "IPv4 group.")));
    }
  else
    {
      mbtt_findings_add (findings, "route", MBTT_FINDING_OK,
                         g_strdup_printf (_("Packets for the group %s leave by the interface %s."), group, found),
                         NULL);
    }
}

static void
find_membership (const char *host,
                 GString    *names)
{
  g_auto(GStrv) lines = mbtt_doctor_read_lines ("/proc/net/igmp");
  g_autofree char *wanted = NULL;
  g_autofree char *device = NULL;
  struct in_addr group;

  if (inet_pton (AF_INET, host, &group) != 1)
    return;

  wanted = g_strdup_printf ("%08X", group.s_addr);
  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      char name[64];

      if (g_ascii_isdigit (lines[i][0]) && sscanf (lines[i], "%*d %63[^ :]", name) == 1)
        {
          g_free (device);
          device = g_strdup (name);
        }
      else if (device != NULL && strstr (lines[i], wanted) != NULL)
        {
          append_name (names, device);
        }
    }
}

static void
find_membership6 (const char *host,
                  GString    *names)
{
  g_auto(GStrv) lines = mbtt_doctor_read_lines ("/proc/net/igmp6");
  struct in6_addr group;

  if (inet_pton (AF_INET6, host, &group) != 1)
    return;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      char hex[33];
      char name[64];
      struct in6_addr joined;

      if (sscanf (lines[i], "%*d %63s %32s", name, hex) == 2 && strlen (hex) == 32 && read_ipv6 (hex, &joined) &&
          memcmp (&joined, &group, sizeof group) == 0)
        append_name (names, name);
    }
}

void
mbtt_doctor_membership (MbttFindings *findings,
                        MbAddress    *address)
{
  const char *group = mb_address_get_host (address);
  g_autoptr(GString) names = g_string_new (NULL);

  if (is_ipv6 (address))
    find_membership6 (group, names);
  else
    find_membership (group, names);

  if (names->len > 0)
    mbtt_findings_add (findings, "membership", MBTT_FINDING_OK,
                       g_strdup_printf (_("The system listens to the group on: %s."), names->str), NULL);
  else
    {
      g_autofree char *example = mbtt_doctor_write_address (address, "NAME");

      mbtt_findings_add (findings, "membership", MBTT_FINDING_PROBLEM,
                         g_strdup_printf (_("The system does not listen to the group %s on any interface."), group),
                         g_strdup_printf (_("Name an interface with --address '%s'; the default one may have "
                                            "changed."), example));
    }
}

/* Sums up what the sockets of the port lost, of all programs. That includes what their own filters
 * have sorted out. */
static gulong
count_drops (const char *path,
             guint       port)
{
  g_auto(GStrv) lines = mbtt_doctor_read_lines (path);
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

/* The number below a title of /proc/net/snmp, which has titles and numbers on lines by turns. */
static gulong
read_counter (const char *kind,
              const char *title)
{
  g_auto(GStrv) lines = mbtt_doctor_read_lines ("/proc/net/snmp");

  for (guint i = 0; lines != NULL && lines[i] != NULL && lines[i + 1] != NULL; i++)
    {
      g_auto(GStrv) titles = g_strsplit (lines[i], " ", -1);
      g_auto(GStrv) numbers = g_strsplit (lines[i + 1], " ", -1);

      if (g_strcmp0 (titles[0], kind) != 0 || g_strcmp0 (numbers[0], kind) != 0)
        continue;

      for (guint j = 1; titles[j] != NULL && numbers[j] != NULL; j++)
        {
          if (strcmp (titles[j], title) == 0)
            return (gulong) g_ascii_strtoull (numbers[j], NULL, 10);
        }
    }

  return 0;
}

static gulong
read_counter6 (const char *title)
{
  g_auto(GStrv) lines = mbtt_doctor_read_lines ("/proc/net/snmp6");

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      gsize length = strlen (title);

      if (strncmp (lines[i], title, length) == 0 && g_ascii_isspace (lines[i][length]))
        return (gulong) g_ascii_strtoull (g_strstrip (lines[i] + length), NULL, 10);
    }

  return 0;
}

/* What was lost for want of room, by all programs on this machine since it was started. */
static gulong
count_overruns (void)
{
  return read_counter ("Udp:", "RcvbufErrors") + read_counter6 ("Udp6RcvbufErrors");
}

/* What the system grants of a receive buffer, in bytes; it counts twice as much, for its own needs.
 * Returns 0 when that cannot be found out. */
static guint
probe_buffer (guint wanted)
{
  int granted = 0;
  int value = (int) wanted;
  socklen_t length = sizeof granted;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return 0;

  if (setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof value) != 0 ||
      getsockopt (fd, SOL_SOCKET, SO_RCVBUF, &granted, &length) != 0)
    granted = 0;
  close (fd);

  return (guint) granted / 2;
}

void
mbtt_doctor_buffers (MbttFindings *findings,
                     MbAddress    *address)
{
  guint port = mb_address_get_port (address);
  guint wanted = mb_address_get_receive_buffer (address);
  guint granted = probe_buffer (wanted);
  gulong n_dropped = count_drops ("/proc/net/udp", port) + count_drops ("/proc/net/udp6", port);

  /* Neither number tells it alone. */
  n_dropped = MIN (n_dropped, count_overruns ());
  if (n_dropped > 0)
    mbtt_findings_add (findings, "drops", MBTT_FINDING_WARNING,
                       g_strdup_printf (_("Programs on this machine that listen on port %u have lost up to %lu "
                                          "packets, because they came faster than they were read."), port, n_dropped),
                       g_strdup (_("Send more slowly, or let those programs have larger receive buffers.")));
  else
    mbtt_findings_add (findings, "drops", MBTT_FINDING_OK,
                       g_strdup_printf (_("No program that listens on port %u has lost packets here."), port), NULL);

  if (wanted < ENOUGH_BUFFER)
    mbtt_findings_add (findings, "buffers", MBTT_FINDING_HINT,
                       g_strdup_printf (_("The address asks for a receive buffer of %u bytes only."), wanted),
                       g_strdup (_("Leave receive-buffer out of the address, unless memory is short.")));
  else if (granted > 0 && granted < wanted)
    mbtt_findings_add (findings, "buffers", MBTT_FINDING_HINT,
                       g_strdup_printf (_("The system allows receive buffers of %u bytes only, instead of %u."),
                                        granted, wanted),
                       g_strdup_printf (_("For bursts of messages, allow more: sysctl -w net.core.rmem_max=%u"),
                                        wanted));
  else
    mbtt_findings_add (findings, "buffers", MBTT_FINDING_OK,
                       g_strdup_printf (_("The receive buffer has %u bytes."), wanted), NULL);
}
