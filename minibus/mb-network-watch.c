/* mb-network-watch.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the kernel tells of interfaces, addresses and routes: rtnetlink(7). */

#include "config.h"

#include "mb-network-watch-private.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/* A message is at most a page or 8 KiB long, whichever is more. */
#define BUFFER_SIZE 32768

/*< private >
 * _mb_network_watch_open:
 * @family: `AF_INET` or `AF_INET6`
 * @with_routes: whether changes of routes matter
 *
 * Opens a socket that becomes readable when an interface comes, goes, is taken up or down, gets
 * or loses an address, or, if asked for, a route changes.
 *
 * Returns: the socket, or -1 with errno set, for example in a sandbox
 */
int
_mb_network_watch_open (int      family,
                        gboolean with_routes)
{
  struct sockaddr_nl address = { .nl_family = AF_NETLINK };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

  if (fd < 0)
    return -1;

  address.nl_groups = RTMGRP_LINK | (family == AF_INET6 ? RTMGRP_IPV6_IFADDR : RTMGRP_IPV4_IFADDR);
  if (with_routes)
    address.nl_groups |= family == AF_INET6 ? RTMGRP_IPV6_ROUTE : RTMGRP_IPV4_ROUTE;

  if (bind (fd, (struct sockaddr *) &address, sizeof address) < 0)
    {
      int saved_errno = errno;

      close (fd);
      errno = saved_errno;
      return -1;
    }

  return fd;
}

/* The message at an offset, or NULL when there is none, or not all of it. */
static const struct nlmsghdr *
get_message (const guint8 *buffer,
             gsize         at,
             gsize         length)
{
  const struct nlmsghdr *header = (gconstpointer) (buffer + at);

  if (at >= length || length - at < sizeof *header)
    return NULL;

  return header->nlmsg_len >= sizeof *header && header->nlmsg_len <= length - at ? header : NULL;
}

/* Down is also what has no carrier, and what has just been made: whoever replaces an interface by
 * another one of the same number cannot do so unnoticed.
 */
static void
note_link (const struct nlmsghdr *header,
           MbNetworkChanges      *changes)
{
  const struct ifinfomsg *info = NLMSG_DATA (header);
  guint index;

  if (header->nlmsg_len < NLMSG_LENGTH (sizeof *info))
    return;

  index = (guint) info->ifi_index;
  if ((info->ifi_flags & IFF_UP) == 0 || (info->ifi_flags & IFF_RUNNING) == 0)
    g_array_append_val (changes->down, index);
}

static void
note_message (const struct nlmsghdr *header,
              MbNetworkChanges      *changes)
{
  switch (header->nlmsg_type)
    {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      note_link (header, changes);
      changes->changed = TRUE;
      break;

    case RTM_NEWADDR:
    case RTM_DELADDR:
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      changes->changed = TRUE;
      break;

    default:
      break;
    }
}

/*< private >
 * _mb_network_changes_new:
 *
 * Returns: (transfer full): what has happened when nothing has
 */
MbNetworkChanges *
_mb_network_changes_new (void)
{
  MbNetworkChanges *changes = g_new0 (MbNetworkChanges, 1);

  changes->down = g_array_new (FALSE, FALSE, sizeof (guint));

  return changes;
}

void
_mb_network_changes_free (MbNetworkChanges *changes)
{
  g_array_unref (changes->down);
  g_free (changes);
}

/*< private >
 * _mb_network_watch_read:
 * @fd: a watch
 * @changes: (inout): what has happened is added to this
 *
 * Reads all that the kernel has to tell. Never waits.
 *
 * Returns: false with errno set if the watch cannot be used any more
 */
gboolean
_mb_network_watch_read (int               fd,
                        MbNetworkChanges *changes)
{
  /* Aligned as the headers in it have to be. */
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);

  while (TRUE)
    {
      struct sockaddr_nl sender = { 0, };
      socklen_t sender_length = sizeof sender;
      gssize n = recvfrom (fd, buffer, BUFFER_SIZE, MSG_DONTWAIT,
                           (struct sockaddr *) &sender, &sender_length);
      const struct nlmsghdr *header;

      if (n < 0 && errno == EINTR)
        continue;

      /* More has happened than the socket could keep. */
      if (n < 0 && errno == ENOBUFS)
        {
          changes->changed = TRUE;
          changes->missed = TRUE;
          continue;
        }

      if (n < 0)
        return errno == EAGAIN;

      /* Only the kernel may be believed. */
      if (sender.nl_pid != 0)
        continue;

      for (gsize at = 0; (header = get_message (buffer, at, n)) != NULL;
           at += NLMSG_ALIGN (header->nlmsg_len))
        note_message (header, changes);
    }
}

/* Asks for the route to a group. */
static gboolean
send_request (int                    fd,
              const struct sockaddr *group)
{
  const struct sockaddr_in *group4 = (gconstpointer) group;
  const struct sockaddr_in6 *group6 = (gconstpointer) group;
  gboolean is_ip6 = group->sa_family == AF_INET6;
  guint length = is_ip6 ? sizeof group6->sin6_addr : sizeof group4->sin_addr;
  struct
  {
    struct nlmsghdr header;
    struct rtmsg    route;
    struct rtattr   attribute;
    guint8          group[16];
  } request = { 0, };

  request.header.nlmsg_len = sizeof request - sizeof request.group + length;
  request.header.nlmsg_type = RTM_GETROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.header.nlmsg_seq = 1;
  request.route.rtm_family = (guint8) group->sa_family;
  request.route.rtm_dst_len = (guint8) (8 * length);
  request.attribute.rta_type = RTA_DST;
  request.attribute.rta_len = (gushort) RTA_LENGTH (length);
  if (is_ip6)
    memcpy (request.group, &group6->sin6_addr, length);
  else
    memcpy (request.group, &group4->sin_addr, length);

  return send (fd, &request, request.header.nlmsg_len, 0) >= 0;
}

/*< private >
 * _mb_network_find_route:
 * @group: the address of a group, IPv4 or IPv6
 * @index: (out): the index of an interface
 *
 * Finds the interface through which the system would send to a group. The kernel answers within the
 * call, so this does not wait.
 *
 * Returns: 0; `ENETUNREACH` when there is no route; another errno when the kernel cannot be asked
 */
int
_mb_network_find_route (const struct sockaddr *group,
                        guint                 *index)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);
  const struct nlmsghdr *header;
  gboolean sent;
  gssize n;
  int result = EPROTO;
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

  if (fd < 0)
    return errno;

  sent = send_request (fd, group);

  do
    n = sent ? recv (fd, buffer, BUFFER_SIZE, MSG_DONTWAIT) : -1;
  while (n < 0 && sent && errno == EINTR);

  if (n < 0)
    result = errno;

  close (fd);

  header = n > 0 ? get_message (buffer, 0, n) : NULL;
  if (header == NULL)
    return result;

  /* An answer that is an error, whichever, is a no. */
  if (header->nlmsg_type == NLMSG_ERROR)
    return ENETUNREACH;

  if (header->nlmsg_type == RTM_NEWROUTE &&
      header->nlmsg_len >= NLMSG_LENGTH (sizeof (struct rtmsg)))
    {
      const struct rtmsg *route = NLMSG_DATA (header);
      const guint8 *end = (const guint8 *) header + header->nlmsg_len;
      const guint8 *at = (const guint8 *) header + NLMSG_SPACE (sizeof *route);

      /* IPv6 answers with a route that leads nowhere. */
      if (route->rtm_type == RTN_UNREACHABLE || route->rtm_type == RTN_BLACKHOLE ||
          route->rtm_type == RTN_PROHIBIT)
        return ENETUNREACH;

      while (at + sizeof (struct rtattr) <= end)
        {
          const struct rtattr *attribute = (gconstpointer) at;

          if (attribute->rta_len < sizeof *attribute || attribute->rta_len > end - at)
            break;

          if (attribute->rta_type == RTA_OIF && attribute->rta_len >= RTA_LENGTH (sizeof *index))
            {
              memcpy (index, RTA_DATA (attribute), sizeof *index);
              return 0;
            }

          at += RTA_ALIGN (attribute->rta_len);
        }
    }

  return result;
}

/*< private >
 * _mb_network_list_names:
 *
 * Returns: (transfer full): the names of the interfaces that exist, for an error message: `lo,
 *   eth0`
 */
char *
_mb_network_list_names (void)
{
  struct if_nameindex *all = if_nameindex ();
  GString *names = g_string_new (NULL);

  for (const struct if_nameindex *i = all; i != NULL && i->if_index != 0; i++)
    {
      if (names->len > 0)
        g_string_append (names, ", ");
      g_string_append (names, i->if_name);
    }

  if (all != NULL)
    if_freenameindex (all);

  return g_string_free (names, FALSE);
}
