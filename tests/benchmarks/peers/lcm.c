/* lcm.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* LCM: UDP multicast with a receive thread and a bounded queue in each subscription.
 *
 * As shipped, or with variant=big a receive buffer of 4 MiB and queues without a bound.
 */

#include <lcm/lcm.h>

#include "bench.h"

#define URL "udpm://239.255.76.67:7667?ttl=0"
#define BIG_URL URL "&recv_buf_size=4194304"

typedef struct
{
  lcm_t        *lcm;
  const char   *request;
  const char   *reply;
  BenchCounter  counter;
  BenchCalls   *calls;
} Peer;

static int
peer_send (void       *peer,
           const char *data,
           size_t      size)
{
  Peer *self = peer;

  return lcm_publish (self->lcm, self->request, data, (unsigned) size);
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

static void
peer_wait (void       *peer,
           BenchCalls *calls)
{
  Peer *self = peer;

  self->calls = calls;
  lcm_handle_timeout (self->lcm, 100);
}

static void
count_cb (const lcm_recv_buf_t *message,
          const char           *channel,
          void                 *user_data)
{
  Peer *self = user_data;

  bench_count (&self->counter, message->data, message->data_size);
}

static void
ignore_cb (const lcm_recv_buf_t *message,
           const char           *channel,
           void                 *user_data)
{
}

static void
echo_cb (const lcm_recv_buf_t *message,
         const char           *channel,
         void                 *user_data)
{
  Peer *self = user_data;

  lcm_publish (self->lcm, self->reply, message->data, message->data_size);
}

static void
answer_cb (const lcm_recv_buf_t *message,
           const char           *channel,
           void                 *user_data)
{
  Peer *self = user_data;

  if (self->calls != NULL)
    bench_answer (self->calls, message->data, message->data_size);
}

static void
subscribe (Peer                  *self,
           const BenchOptions    *options,
           const char            *channel,
           lcm_msg_handler_t      handler)
{
  lcm_subscription_t *subscription = lcm_subscribe (self->lcm, channel, handler, self);

  if (bench_has_variant (options, "big"))
    lcm_subscription_set_queue_capacity (subscription, 0);
}

int
main (int    argc,
      char **argv)
{
  BenchOptions options = bench_options (argc, argv);
  Peer self = { 0 };

  self.lcm = lcm_create (bench_has_variant (&options, "big") ? BIG_URL : URL);
  if (self.lcm == NULL)
    bench_fail ("lcm", "it cannot be opened");
  self.request = options.topic;
  self.reply = "/bench/reply";

  if (bench_is (&options, "publisher"))
    return bench_publish (&options, peer_send, &self);

  if (bench_is (&options, "caller"))
    {
      subscribe (&self, &options, self.reply, answer_cb);
      return bench_call (&options, peer_call, peer_wait, &self);
    }

  subscribe (&self, &options, options.topic, bench_is (&options, "server") ? echo_cb : count_cb);
  for (unsigned i = 1; i < options.n_subscriptions; i++)
    {
      char name[64];

      snprintf (name, sizeof name, "/bench/more/%u", i);
      subscribe (&self, &options, name, ignore_cb);
    }

  bench_ready ();
  while (lcm_handle (self.lcm) == 0)
    continue;

  return 1;
}
