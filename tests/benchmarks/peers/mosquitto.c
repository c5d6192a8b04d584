/* mosquitto.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* MQTT through a mosquitto of its own, with quality of service 0: what the broker has no room for is lost. */

#include <mosquitto.h>

#include "bench.h"

#define REQUEST "bench/request"
#define REPLY "bench/reply"

typedef struct
{
  struct mosquitto   *client;
  const BenchOptions *options;
  const char         *topic;
  BenchCounter        counter;
  BenchCalls         *calls;
} Peer;

/* MQTT's topics begin without a slash, by habit; with one they would have an empty first part. */
static const char *
topic_name (const char *topic)
{
  return topic[0] == '/' ? topic + 1 : topic;
}

static int
peer_send (void       *peer,
           const char *data,
           size_t      size)
{
  Peer *self = peer;

  return mosquitto_publish (self->client, NULL, self->topic, (int) size, data, 0, false) == MOSQ_ERR_SUCCESS ? 0 : -1;
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
  mosquitto_loop (self->client, 100, 1);
}

static void
message_cb (struct mosquitto               *client,
            void                           *user_data,
            const struct mosquitto_message *message)
{
  Peer *self = user_data;

  if (bench_is (self->options, "server"))
    mosquitto_publish (client, NULL, REPLY, message->payloadlen, message->payload, 0, false);
  else if (bench_is (self->options, "caller"))
    {
      if (self->calls != NULL)
        bench_answer (self->calls, message->payload, (size_t) message->payloadlen);
    }
  else
    bench_count (&self->counter, message->payload, (size_t) message->payloadlen);
}

static void
subscribed_cb (struct mosquitto *client,
               void             *user_data,
               int               id,
               int               n_granted,
               const int        *granted)
{
  Peer *self = user_data;

  /* Until here, a caller waits for this; then it waits for its orders. */
  if (!bench_is (self->options, "caller"))
    bench_ready ();
  else
    self->topic = REQUEST;
}

static void
subscribe (Peer *self)
{
  const BenchOptions *options = self->options;
  const char *topic = topic_name (options->topic);

  if (bench_is (options, "server"))
    topic = REQUEST;
  else if (bench_is (options, "caller"))
    topic = REPLY;

  for (unsigned i = 1; i < options->n_subscriptions; i++)
    {
      char name[64];

      snprintf (name, sizeof name, "bench/more/%u", i);
      mosquitto_subscribe (self->client, NULL, name, 0);
    }
  mosquitto_subscribe_callback_set (self->client, subscribed_cb);
  mosquitto_subscribe (self->client, NULL, topic, 0);
}

int
main (int    argc,
      char **argv)
{
  BenchOptions options = bench_options (argc, argv);
  Peer self = { .options = &options, .topic = topic_name (options.topic) };

  mosquitto_lib_init ();
  self.client = mosquitto_new (NULL, true, &self);
  mosquitto_int_option (self.client, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_message_callback_set (self.client, message_cb);
  if (mosquitto_connect (self.client, "127.0.0.1", atoi (options.address), 60) != MOSQ_ERR_SUCCESS)
    bench_fail ("mosquitto", "the broker does not answer");

  if (bench_is (&options, "publisher"))
    {
      mosquitto_loop_start (self.client);
      return bench_publish (&options, peer_send, &self);
    }

  subscribe (&self);
  if (bench_is (&options, "caller"))
    {
      self.topic = NULL;
      while (self.topic == NULL)
        mosquitto_loop (self.client, 100, 1);
      return bench_call (&options, peer_call, peer_wait, &self);
    }

  mosquitto_loop_forever (self.client, 1000, 1);

  return 1;
}
