/* mb-multicast-socket.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A UDP socket that belongs to a multicast group on one or several network interfaces. */

#include "config.h"

#include "mb-multicast-socket-private.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-multicast-error-private.h"
#include "mb-path-filter-private.h"

/* Not in every libc's header. */
#ifndef IPV6_MULTICAST_ALL
# define IPV6_MULTICAST_ALL 29
#endif

/* An interface to send through, and to belong to the group on. */
typedef struct
{
  const char *name;       /* NULL: the one of the system's choice */
  guint       index;      /* 0 while there is none; atomic, as senders read it */

  /* Only for who opens, and then for who renews. */
  gboolean    joined;     /* on `index` */
  gboolean    running;
  gboolean    addressed;
} Target;

struct _MbMulticastSocket
{
  MbAddress               *address;
  int                      fd;
  int                      family;
  union
  {
    struct sockaddr        any;
    struct sockaddr_in     v4;
    struct sockaddr_in6    v6;
  }                        group;
  socklen_t                group_length;
  gboolean                 is_scoped;   /* an IPv6 group that exists on each link anew */
  MbPathFilter            *filter;      /* NULL while there is one target */
  Target                  *targets;
  guint                    n_targets;
};

static void
set_option (MbMulticastSocket *self,
            int                level,
            int                option,
            int                value)
{
  /* None of them is vital. */
  if (setsockopt (self->fd, level, option, &value, sizeof value) < 0)
    g_debug ("Option %d of level %d cannot be set: %s", option, level, g_strerror (errno));
}

static void
set_group (MbMulticastSocket *self)
{
  const char *host = mb_address_get_host (self->address);
  guint16 port = htons ((guint16) mb_address_get_port (self->address));

  if (inet_pton (AF_INET, host, &self->group.v4.sin_addr) == 1)
    {
      self->family = AF_INET;
      self->group.v4.sin_family = AF_INET;
      self->group.v4.sin_port = port;
      self->group_length = sizeof self->group.v4;
      return;
    }

  memset (&self->group, 0, sizeof self->group);
  inet_pton (AF_INET6, host, &self->group.v6.sin6_addr);
  self->family = AF_INET6;
  self->group.v6.sin6_family = AF_INET6;
  self->group.v6.sin6_port = port;
  self->group_length = sizeof self->group.v6;
  self->is_scoped = IN6_IS_ADDR_MC_NODELOCAL (&self->group.v6.sin6_addr) ||
                    IN6_IS_ADDR_MC_LINKLOCAL (&self->group.v6.sin6_addr);
}

static void
set_options (MbMulticastSocket *self)
{
  int ttl = (int) mb_address_get_ttl (self->address);
  int receive_buffer = (int) mb_address_get_receive_buffer (self->address);

  /* Enough to share the port with our own kind and with the Python peers; see bind_group(). */
  set_option (self, SOL_SOCKET, SO_REUSEADDR, 1);

  /* The kernel grants what it is allowed to, silently. */
  set_option (self, SOL_SOCKET, SO_RCVBUF, receive_buffer);
  set_option (self, SOL_SOCKET, SO_RXQ_OVFL, 1);

  if (self->family == AF_INET)
    {
      /* Otherwise what any program of this machine has joined would arrive. */
      set_option (self, IPPROTO_IP, IP_MULTICAST_ALL, 0);
      set_option (self, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
      set_option (self, IPPROTO_IP, IP_MULTICAST_TTL, ttl);
      if (self->filter != NULL)
        set_option (self, IPPROTO_IP, IP_PKTINFO, 1);
      return;
    }

  set_option (self, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set_option (self, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
  set_option (self, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
  set_option (self, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
  set_option (self, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

static gboolean
bind_group (MbMulticastSocket  *self,
            GError            **error)
{
  struct sockaddr_in6 any6 = self->group.v6;
  const struct sockaddr *address = &self->group.any;
  int result;

  /* Binding to a scoped group ties the socket to one interface, for ever. Bound to the port alone,
   * it has to look at where packets were sent to: _mb_multicast_socket_accepts().
   */
  if (self->is_scoped)
    {
      any6.sin6_addr = in6addr_any;
      address = (const struct sockaddr *) &any6;
    }

  result = bind (self->fd, address, self->group_length);

  /* A program that shares the port in this other way only. It is not asked for unless it must be:
   * of sockets with this option that are bound alike, Linux (seen with 6.18) gives a multicast
   * packet that a single one wants, because the others have joined other interfaces or groups, to
   * any of them.
   */
  if (result < 0 && errno == EADDRINUSE)
    {
      set_option (self, SOL_SOCKET, SO_REUSEPORT, 1);
      result = bind (self->fd, address, self->group_length);
    }

  if (result == 0)
    return TRUE;

  _mb_multicast_error_set_for_port (self->address, errno, error);

  return FALSE;
}

/* Joins or leaves the group on an interface; 0 is the one of the system's choice. Returns 0 or
 * errno.
 */
static int
change_membership (MbMulticastSocket *self,
                   gboolean           join,
                   guint              index)
{
  int result;

  if (self->family == AF_INET)
    {
      struct ip_mreqn request = {
        .imr_multiaddr = self->group.v4.sin_addr,
        .imr_ifindex = (int) index,
      };

      result = setsockopt (self->fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
                           &request, sizeof request);
    }
  else
    {
      struct ipv6_mreq request = {
        .ipv6mr_multiaddr = self->group.v6.sin6_addr,
        .ipv6mr_interface = index,
      };

      result = setsockopt (self->fd, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP,
                           &request, sizeof request);
    }

  return result == 0 ? 0 : errno;
}

/* Finds the number of the interface of a name, 0 if there is none. Unlike if_nametoindex() it needs no further
 * descriptor, of which the process may have none left.
 */
static guint
find_interface (MbMulticastSocket *self,
                const char        *name)
{
  struct ifreq request = { 0, };

  if (g_strlcpy (request.ifr_name, name, sizeof request.ifr_name) >= sizeof request.ifr_name)
    return 0;

  return ioctl (self->fd, SIOCGIFINDEX, &request) == 0 ? (guint) request.ifr_ifindex : 0;
}

/* Asks for one property of an interface; `request` tells by which `ioctl`. */
static gboolean
query_interface (MbMulticastSocket *self,
                 guint              index,
                 gulong             request,
                 struct ifreq      *out)
{
  memset (out, 0, sizeof *out);
  out->ifr_ifindex = (int) index;

  return ioctl (self->fd, SIOCGIFNAME, out) == 0 && ioctl (self->fd, request, out) == 0;
}

/* Looks what an interface is like. Returns whether it can do more than when this was last asked,
 * so that its network has to be told anew: by a new carrier that may be another network, and by
 * an address, without which reports are not believed by everybody. The kernel repeats none for
 * these reasons, except for IPv6.
 */
static gboolean
look_at_interface (MbMulticastSocket *self,
                   Target            *target,
                   guint              index)
{
  struct ifreq request;
  gboolean running = query_interface (self, index, SIOCGIFFLAGS, &request) &&
                     (request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
  gboolean addressed = self->family == AF_INET6 ||
                       query_interface (self, index, SIOCGIFADDR, &request);
  gboolean is_better = (running && !target->running) || (addressed && !target->addressed);

  target->running = running;
  target->addressed = addressed;

  return is_better;
}

static void
make_targets (MbMulticastSocket *self)
{
  const char * const *names = mb_address_get_interfaces (self->address);

  self->n_targets = MAX (1, g_strv_length ((GStrv) names));
  self->targets = g_new0 (Target, self->n_targets);

  for (guint i = 0; i < self->n_targets; i++)
    self->targets[i].name = names[i];

  if (self->n_targets > 1)
    self->filter = _mb_path_filter_new ();
}

/* Finds the interface of a target. Returns 0 or errno; the index 0 with success leaves the choice
 * to the kernel.
 */
static int
resolve (MbMulticastSocket *self,
         const Target      *target,
         guint             *index)
{
  int result;

  if (target->name != NULL)
    {
      *index = find_interface (self, target->name);
      return *index != 0 ? 0 : ENODEV;
    }

  *index = 0;
  result = _mb_network_find_route (&self->group.any, index);
  if (result == 0 || result == ENETUNREACH)
    return result;

  /* A sandbox without netlink: the system chooses when the group is joined, once and for all. */
  g_debug ("The route to the group cannot be asked for: %s", g_strerror (result));

  return 0;
}

static gboolean
join_all (MbMulticastSocket  *self,
          GError            **error)
{
  for (guint i = 0; i < self->n_targets; i++)
    {
      Target *target = &self->targets[i];
      int result = resolve (self, target, &target->index);

      for (guint j = 0; j < i && result == 0; j++)
        {
          if (target->index != self->targets[j].index)
            continue;

          g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                       _("“%s” and “%s” are names of one interface; name it once"),
                       self->targets[j].name, target->name);
          return FALSE;
        }

      if (result == 0)
        result = change_membership (self, TRUE, target->index);

      if (result != 0)
        {
          _mb_multicast_socket_set_error (self, i, result, error);
          return FALSE;
        }

      target->joined = TRUE;
      look_at_interface (self, target, target->index);
    }

  return TRUE;
}

/*< private >
 * _mb_multicast_socket_new:
 * @address: an address of the scheme `multicast`
 * @error: return location for an error
 *
 * Opens a socket, bound to the group and port, and joins the group.
 *
 * Returns: (transfer full): the socket
 */
MbMulticastSocket *
_mb_multicast_socket_new (MbAddress  *address,
                          GError    **error)
{
  g_autoptr(MbMulticastSocket) self = g_new0 (MbMulticastSocket, 1);

  self->address = g_object_ref (address);
  set_group (self);
  make_targets (self);

  self->fd = socket (self->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->fd < 0)
    {
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                   _("The system gives no %s socket: %s"),
                   self->family == AF_INET ? "IPv4" : "IPv6", g_strerror (errno));
      return NULL;
    }

  set_options (self);

  if (!bind_group (self, error) || !join_all (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
_mb_multicast_socket_free (MbMulticastSocket *self)
{
  /* Leaves the group, too. */
  if (self->fd >= 0)
    close (self->fd);

  g_clear_object (&self->address);
  g_clear_pointer (&self->filter, _mb_path_filter_free);
  g_free (self->targets);
  g_free (self);
}

int
_mb_multicast_socket_get_fd (MbMulticastSocket *self)
{
  return self->fd;
}

/*< private >
 * _mb_multicast_socket_get_n_targets:
 * @self: a socket
 *
 * Returns: through how many interfaces each packet has to be sent
 */
guint
_mb_multicast_socket_get_n_targets (MbMulticastSocket *self)
{
  return self->n_targets;
}

/*< private >
 * _mb_multicast_socket_send:
 * @self: a socket
 * @target: the number of an interface, from 0
 * @data: the packet
 * @length: its size
 *
 * Sends a packet through one interface, without waiting. May be called from any thread.
 *
 * Returns: 0, or errno
 */
int
_mb_multicast_socket_send (MbMulticastSocket *self,
                           guint              target,
                           const guint8      *data,
                           gsize              length)
{
  const Target *t = &self->targets[target];
  union
  {
    char           bytes[CMSG_SPACE (sizeof (struct in6_pktinfo))];
    struct cmsghdr align;
  } control;
  struct iovec vector = { .iov_base = (void *) data, .iov_len = length };
  struct msghdr message = {
    .msg_name = &self->group,
    .msg_namelen = self->group_length,
    .msg_iov = &vector,
    .msg_iovlen = 1,
  };
  gssize n;

  if (t->name != NULL)
    {
      guint index = g_atomic_int_get (&t->index);
      struct cmsghdr *header;

      if (index == 0)
        return ENODEV;

      memset (&control, 0, sizeof control);
      message.msg_control = &control;
      message.msg_controllen = sizeof control.bytes;
      header = CMSG_FIRSTHDR (&message);

      if (self->family == AF_INET)
        {
          struct in_pktinfo info = { .ipi_ifindex = (int) index };

          header->cmsg_level = IPPROTO_IP;
          header->cmsg_type = IP_PKTINFO;
          header->cmsg_len = CMSG_LEN (sizeof info);
          memcpy (CMSG_DATA (header), &info, sizeof info);
          message.msg_controllen = CMSG_SPACE (sizeof info);
        }
      else
        {
          struct in6_pktinfo info = { .ipi6_ifindex = index };

          header->cmsg_level = IPPROTO_IPV6;
          header->cmsg_type = IPV6_PKTINFO;
          header->cmsg_len = CMSG_LEN (sizeof info);
          memcpy (CMSG_DATA (header), &info, sizeof info);
        }
    }

  /* Where nothing more is to be said, this takes a tenth less time. */
  do
    n = t->name == NULL
        ? sendto (self->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL, &self->group.any, self->group_length)
        : sendmsg (self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);

  return n < 0 ? errno : 0;
}

/*< private >
 * _mb_multicast_socket_set_error:
 * @self: a socket
 * @target: the number of the interface that was used
 * @errnum: what went wrong when a packet was sent or the group joined
 * @error: return location for an error
 *
 * Says what went wrong and what can be done about it. May be called from any thread.
 */
void
_mb_multicast_socket_set_error (MbMulticastSocket  *self,
                                guint               target,
                                int                 errnum,
                                GError            **error)
{
  _mb_multicast_error_set (self->address, self->targets[target].name, errnum, error);
}

/* Where a packet came from, for the filter. */
typedef struct
{
  guint8  source[16];
  guint32 index;
} Path;

/* Whether the group has been joined on an interface, as far as is known. */
static gboolean
is_target (MbMulticastSocket *self,
           guint              index)
{
  for (guint i = 0; i < self->n_targets; i++)
    {
      const Target *target = &self->targets[i];

      /* The kernel's choice may be any. */
      if (target->joined && (target->index == index || target->index == 0))
        return TRUE;
    }

  return FALSE;
}

gboolean
_mb_multicast_socket_needs_senders (MbMulticastSocket *self)
{
  /* In the common case the system has seen to all of it. */
  return self->family != AF_INET || self->filter != NULL;
}

/*< private >
 * _mb_multicast_socket_accepts:
 * @self: a socket
 * @message: what recvmsg() has filled in, with the sender's address if that is needed
 * @data: the packet
 * @length: its size
 * @now: the time, in microseconds
 *
 * Tells whether a packet was sent to the group through an interface on which this socket has
 * joined it, and has not come through another one before. Only for the thread that calls
 * _mb_multicast_socket_renew().
 *
 * Returns: whether the packet is to be handed up
 */
gboolean
_mb_multicast_socket_accepts (MbMulticastSocket *self,
                              struct msghdr     *message,
                              const guint8      *data,
                              gsize              length,
                              gint64             now)
{
  Path path = { { 0, }, 0 };

  if (!_mb_multicast_socket_needs_senders (self))
    return TRUE;

  for (struct cmsghdr *c = CMSG_FIRSTHDR (message); c != NULL; c = CMSG_NXTHDR (message, c))
    {
      if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
        {
          const struct sockaddr_in *sender = message->msg_name;
          struct in_pktinfo info;

          memcpy (&info, CMSG_DATA (c), sizeof info);
          memcpy (path.source, &sender->sin_addr, sizeof sender->sin_addr);
          path.index = (guint32) info.ipi_ifindex;
        }
      else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
        {
          const struct sockaddr_in6 *sender = message->msg_name;
          struct in6_pktinfo info;

          memcpy (&info, CMSG_DATA (c), sizeof info);
          memcpy (path.source, &sender->sin6_addr, sizeof sender->sin6_addr);
          path.index = info.ipi6_ifindex;

          /* A scoped group is not bound to; and for IPv6 the system does not look at the
           * interface once somebody has joined the group there.
           */
          if (!IN6_ARE_ADDR_EQUAL (&info.ipi6_addr, &self->group.v6.sin6_addr) ||
              !is_target (self, info.ipi6_ifindex))
            return FALSE;
        }
    }

  /* Nothing is known about where it came from. */
  if (path.index == 0)
    return FALSE;

  return self->filter == NULL ||
         _mb_path_filter_accepts (self->filter, data, length,
                                  (const guint8 *) &path, sizeof path, now);
}

static gboolean
contains (GArray *indices,
          guint   index)
{
  for (guint i = 0; i < indices->len; i++)
    {
      if (g_array_index (indices, guint, i) == index)
        return TRUE;
    }

  return FALSE;
}

/* Whether what failed so may succeed without anything having changed on the network. */
static gboolean
is_passing (int errnum)
{
  return errnum == EMFILE || errnum == ENFILE || errnum == ENOBUFS || errnum == ENOMEM;
}

static void
leave (MbMulticastSocket *self,
       Target            *target)
{
  /* On an interface that is gone this frees the place that the socket keeps for it. */
  if (target->joined)
    change_membership (self, FALSE, target->index);

  target->joined = FALSE;
}

/* Returns 0 or errno. */
static int
join (MbMulticastSocket *self,
      Target            *target,
      guint              index)
{
  int result = change_membership (self, TRUE, index);

  target->joined = result == 0;
  g_debug ("The group was %s on the interface %u", target->joined ? "joined" : "not joined", index);

  return result;
}

/* Brings a target whose interface is named up to date. Returns 0 or errno. */
static int
renew_named (MbMulticastSocket *self,
             Target            *target)
{
  guint index = find_interface (self, target->name);
  gboolean is_better = look_at_interface (self, target, index);

  if (index != target->index || is_better)
    leave (self, target);

  g_atomic_int_set (&target->index, index);

  return index == 0 || target->joined ? 0 : join (self, target, index);
}

/* Brings the target of the system's choice up to date. Returns 0 or errno. */
static int
renew_chosen (MbMulticastSocket *self,
              Target            *target)
{
  guint index = 0;
  int result = _mb_network_find_route (&self->group.any, &index);

  /* Without a route nothing better can be done than to stay. */
  if (result != 0 || index == 0)
    return result;

  if (index == target->index)
    {
      if (look_at_interface (self, target, index))
        leave (self, target);

      return target->joined ? 0 : join (self, target, index);
    }

  /* First the new one, so that there is always one. */
  result = change_membership (self, TRUE, index);
  if (result != 0)
    return result;

  leave (self, target);
  target->joined = TRUE;
  g_atomic_int_set (&target->index, index);
  look_at_interface (self, target, index);
  g_debug ("The group was joined on the interface %u, where its route leads now", index);

  return 0;
}

/*< private >
 * _mb_multicast_socket_renew:
 * @self: a socket
 * @changes: what has happened since the last call
 *
 * Makes the memberships what they should be now that something about the network has changed. One
 * thread at a time may call this.
 *
 * Returns: whether that was done; if not, for want of memory or descriptors, it is to be tried again
 */
gboolean
_mb_multicast_socket_renew (MbMulticastSocket      *self,
                            const MbNetworkChanges *changes)
{
  gboolean is_done = TRUE;

  for (guint i = 0; i < self->n_targets; i++)
    {
      Target *target = &self->targets[i];

      /* It may be running again already. */
      if (changes->missed || contains (changes->down, target->index))
        target->running = FALSE;

      if (is_passing (target->name != NULL ? renew_named (self, target) : renew_chosen (self, target)))
        is_done = FALSE;
    }

  return is_done;
}
