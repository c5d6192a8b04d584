/* zmq.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* ZeroMQ over TCP: a publisher binds, subscribers connect; the publisher filters. With variant=unlimited nothing
 * is dropped at either end, and a publisher that is faster than its subscribers uses ever more memory.
 */

#include <zmq.h>

#include "bench.h"

#define PUBLISHER "tcp://127.0.0.1:7801"
#define SERVER "tcp://127.0.0.1:7802"

typedef struct
{
  void       *socket;
  const char *topic;
} Peer;

static int
peer_send (void       *peer,
           const char *data,
           size_t      size)
{
  Peer *self = peer;

  if (zmq_send (self->socket, self->topic, strlen (self->topic), ZMQ_SNDMORE) < 0)
    return -1;

  return zmq_send (self->socket, data, size, 0) < 0 ? -1 : 0;
}

static int
peer_call (void       *peer,
           BenchCalls *calls,
           unsigned    slot,
           const char *data,
           size_t      size)
{
  Peer *self = peer;

  if (zmq_send (self->socket, "", 0, ZMQ_SNDMORE) < 0)
    return -1;

  return zmq_send (self->socket, data, size, 0) < 0 ? -1 : 0;
}

static void
peer_wait (void       *peer,
           BenchCalls *calls)
{
  static char buffer[BENCH_MAX_SIZE];
  Peer *self = peer;
  zmq_pollitem_t item = { self->socket, 0, ZMQ_POLLIN, 0 };

  if (zmq_poll (&item, 1, 100) <= 0)
    return;
  for (;;)
    {
      int size;

      if (zmq_recv (self->socket, buffer, sizeof buffer, ZMQ_DONTWAIT) < 0)
        return;
      size = zmq_recv (self->socket, buffer, sizeof buffer, 0);
      bench_answer (calls, buffer, (size_t) size);
    }
}

static void
set_up (Peer               *self,
        const BenchOptions *options,
        int                 type)
{
  void *context = zmq_ctx_new ();
  int unlimited = 0;
  int linger = 0;

  self->socket = zmq_socket (context, type);
  self->topic = options->topic;
  zmq_setsockopt (self->socket, ZMQ_LINGER, &linger, sizeof linger);
  if (bench_has_variant (options, "unlimited"))
    {
      zmq_setsockopt (self->socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
      zmq_setsockopt (self->socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
    }
}

int
main (int    argc,
      char **argv)
{
  BenchOptions options = bench_options (argc, argv);
  BenchCounter counter = { 0 };
  static char buffer[BENCH_MAX_SIZE];
  Peer self;

  if (bench_is (&options, "publisher"))
    {
      set_up (&self, &options, ZMQ_PUB);
      if (zmq_bind (self.socket, PUBLISHER) != 0)
        bench_fail ("zmq", zmq_strerror (zmq_errno ()));
      return bench_publish (&options, peer_send, &self);
    }

  if (bench_is (&options, "caller"))
    {
      set_up (&self, &options, ZMQ_DEALER);
      zmq_connect (self.socket, SERVER);
      return bench_call (&options, peer_call, peer_wait, &self);
    }

  if (bench_is (&options, "server"))
    {
      set_up (&self, &options, ZMQ_REP);
      if (zmq_bind (self.socket, SERVER) != 0)
        bench_fail ("zmq", zmq_strerror (zmq_errno ()));
      bench_ready ();
      for (;;)
        {
          int size = zmq_recv (self.socket, buffer, sizeof buffer, 0);

          if (size >= 0)
            zmq_send (self.socket, buffer, (size_t) size, 0);
        }
    }

  set_up (&self, &options, ZMQ_SUB);
  zmq_setsockopt (self.socket, ZMQ_SUBSCRIBE, options.topic, strlen (options.topic));
  for (unsigned i = 1; i < options.n_subscriptions; i++)
    {
      char name[64];

      snprintf (name, sizeof name, "/bench/more/%u", i);
      zmq_setsockopt (self.socket, ZMQ_SUBSCRIBE, name, strlen (name));
    }
  zmq_connect (self.socket, PUBLISHER);
  bench_ready ();
  for (;;)
    {
      int size;

      if (zmq_recv (self.socket, buffer, sizeof buffer, 0) < 0)
        continue;
      size = zmq_recv (self.socket, buffer, sizeof buffer, 0);
      if (size >= 0)
        bench_count (&counter, buffer, (size_t) size);
    }
}
