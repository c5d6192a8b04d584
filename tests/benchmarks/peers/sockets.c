/* sockets.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Bare multicast sockets, the least that a message on this path can cost: sendto() and recvmmsg().
 *
 * The receive buffer is the kernel's default, or 4 MiB with variant=big, which is what libminibus asks for.
 */

#include <arpa/inet.h>
#include <sys/socket.h>

#include "bench.h"

#define N_MESSAGES 32
#define GROUP "228.0.0.77"
#define PORT 8077

typedef struct
{
  int                fd;
  struct sockaddr_in to;
  unsigned char     *buffers;
  struct mmsghdr     headers[N_MESSAGES];
  struct iovec       vectors[N_MESSAGES];
} Peer;

static void
peer_open (Peer               *self,
           const BenchOptions *options,
           unsigned            port,
           int                 receives)
{
  struct ip_mreq group;
  int on = 1;
  int buffer = 4 << 20;

  memset (self, 0, sizeof *self);
  self->to.sin_family = AF_INET;
  self->to.sin_port = htons ((uint16_t) port);
  inet_pton (AF_INET, GROUP, &self->to.sin_addr);

  self->fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (!receives)
    return;

  setsockopt (self->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bench_has_variant (options, "big"))
    setsockopt (self->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (bind (self->fd, (struct sockaddr *) &self->to, sizeof self->to) != 0)
    bench_fail ("sockets", "the port cannot be bound");
  group.imr_multiaddr = self->to.sin_addr;
  inet_pton (AF_INET, "127.0.0.1", &group.imr_interface);
  if (setsockopt (self->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) != 0)
    bench_fail ("sockets", "the group cannot be joined");

  self->buffers = malloc (N_MESSAGES * (BENCH_MAX_SIZE + 1));
  for (unsigned i = 0; i < N_MESSAGES; i++)
    {
      self->vectors[i].iov_base = self->buffers + i * (BENCH_MAX_SIZE + 1);
      self->vectors[i].iov_len = BENCH_MAX_SIZE;
      self->headers[i].msg_hdr.msg_iov = &self->vectors[i];
      self->headers[i].msg_hdr.msg_iovlen = 1;
    }
}

static int
peer_send (void       *peer,
           const char *data,
           size_t      size)
{
  Peer *self = peer;

  return sendto (self->fd, data, size, 0, (struct sockaddr *) &self->to, sizeof self->to) < 0 ? -1 : 0;
}

static int
peer_call (void       *peer,
           BenchCalls *calls,
           unsigned    slot,
           const char *data,
           size_t      size)
{
  return peer_send (peer, data, size);
}

/* The answers come to the other port, where the caller listens. */
typedef struct
{
  Peer out;
  Peer in;
} Caller;

static int
caller_call (void       *peer,
             BenchCalls *calls,
             unsigned    slot,
             const char *data,
             size_t      size)
{
  Caller *self = peer;

  return peer_call (&self->out, calls, slot, data, size);
}

static void
caller_wait (void       *peer,
             BenchCalls *calls)
{
  Caller *self = peer;
  struct pollfd poller = { self->in.fd, POLLIN, 0 };
  int n;

  if (poll (&poller, 1, 100) <= 0)
    return;
  n = recvmmsg (self->in.fd, self->in.headers, N_MESSAGES, MSG_DONTWAIT, NULL);
  for (int i = 0; i < n; i++)
    bench_answer (calls, self->in.vectors[i].iov_base, self->in.headers[i].msg_len);
}

int
main (int    argc,
      char **argv)
{
  BenchOptions options = bench_options (argc, argv);
  BenchCounter counter = { 0 };
  Peer self;
  Caller caller;

  if (bench_is (&options, "publisher"))
    {
      peer_open (&self, &options, PORT, 0);
      return bench_publish (&options, peer_send, &self);
    }

  if (bench_is (&options, "caller"))
    {
      peer_open (&caller.out, &options, PORT, 0);
      peer_open (&caller.in, &options, PORT + 1, 1);
      return bench_call (&options, caller_call, caller_wait, &caller);
    }

  peer_open (&self, &options, PORT, 1);
  bench_ready ();
  if (bench_is (&options, "server"))
    self.to.sin_port = htons (PORT + 1);
  for (;;)
    {
      int n = recvmmsg (self.fd, self.headers, N_MESSAGES, MSG_WAITFORONE, NULL);

      for (int i = 0; i < n; i++)
        {
          if (bench_is (&options, "server"))
            peer_send (&self, self.vectors[i].iov_base, self.headers[i].msg_len);
          /* A process that wants none of this has no way to say so, and throws it away. */
          else if (strcmp (options.topic, "/bench/one") == 0)
            bench_count (&counter, self.vectors[i].iov_base, self.headers[i].msg_len);
        }
    }
}
