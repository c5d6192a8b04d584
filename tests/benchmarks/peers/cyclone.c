/* cyclone.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Cyclone DDS over multicast: one string as the type. Best effort as shipped, or with variant=reliable repeating
 * what was lost and keeping the writer from going ahead of its readers.
 */

#include <dds/dds.h>

#include "Bench.h"
#include "bench.h"

#define N_SAMPLES 64

typedef struct
{
  dds_entity_t writer;
  dds_entity_t reader;
  dds_entity_t waitset;
  BenchCounter counter;
} Peer;

typedef void (*Handler) (Peer *self, const char *text, void *user_data);

static int
peer_send (void       *peer,
           const char *data,
           size_t      size)
{
  Peer *self = peer;
  Bench_Message message = { .text = (char *) data };

  return dds_write (self->writer, &message) == DDS_RETCODE_OK ? 0 : -1;
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
take (Peer       *self,
      dds_time_t  timeout,
      Handler     handler,
      void       *user_data)
{
  void *samples[N_SAMPLES] = { NULL };
  dds_sample_info_t infos[N_SAMPLES];
  dds_attach_t triggered;
  int n;

  if (dds_waitset_wait (self->waitset, &triggered, 1, timeout) <= 0)
    return;
  n = dds_take (self->reader, samples, infos, N_SAMPLES, N_SAMPLES);
  for (int i = 0; i < n; i++)
    {
      if (infos[i].valid_data)
        handler (self, ((Bench_Message *) samples[i])->text, user_data);
    }
  if (n > 0)
    dds_return_loan (self->reader, samples, n);
}

static void
count_message (Peer       *self,
               const char *text,
               void       *user_data)
{
  bench_count (&self->counter, text, strlen (text));
}

static void
echo_message (Peer       *self,
              const char *text,
              void       *user_data)
{
  peer_send (self, text, strlen (text));
}

static void
answer_message (Peer       *self,
                const char *text,
                void       *user_data)
{
  bench_answer (user_data, text, strlen (text));
}

static void
peer_wait (void       *peer,
           BenchCalls *calls)
{
  take (peer, DDS_MSECS (100), answer_message, calls);
}

static dds_entity_t
make_topic (dds_entity_t  participant,
            const char   *name,
            dds_qos_t    *qos)
{
  char topic[64];

  /* A name of a topic has no slashes. */
  snprintf (topic, sizeof topic, "%s", name);
  for (char *c = topic; *c != '\0'; c++)
    if (*c == '/')
      *c = '_';

  return dds_create_topic (participant, &Bench_Message_desc, topic, qos, NULL);
}

static void
make_reader (Peer         *self,
             dds_entity_t  participant,
             dds_entity_t  topic,
             dds_qos_t    *qos)
{
  self->reader = dds_create_reader (participant, topic, qos, NULL);
  if (self->reader < 0)
    bench_fail ("cyclone", dds_strretcode (self->reader));
  self->waitset = dds_create_waitset (participant);
  dds_set_status_mask (self->reader, DDS_DATA_AVAILABLE_STATUS);
  dds_waitset_attach (self->waitset, self->reader, 0);
}

int
main (int    argc,
      char **argv)
{
  BenchOptions options = bench_options (argc, argv);
  Peer self = { 0 };
  dds_entity_t participant = dds_create_participant (DDS_DOMAIN_DEFAULT, NULL, NULL);
  dds_qos_t *qos = dds_create_qos ();

  if (participant < 0)
    bench_fail ("cyclone", dds_strretcode (participant));
  if (bench_has_variant (&options, "reliable"))
    {
      dds_qset_reliability (qos, DDS_RELIABILITY_RELIABLE, DDS_SECS (10));
      dds_qset_history (qos, DDS_HISTORY_KEEP_ALL, 0);
    }
  else
    {
      dds_qset_reliability (qos, DDS_RELIABILITY_BEST_EFFORT, 0);
      dds_qset_history (qos, DDS_HISTORY_KEEP_ALL, 0);
    }

  if (bench_is (&options, "publisher"))
    {
      self.writer = dds_create_writer (participant, make_topic (participant, options.topic, qos), qos, NULL);
      return bench_publish (&options, peer_send, &self);
    }

  if (bench_is (&options, "caller"))
    {
      self.writer = dds_create_writer (participant, make_topic (participant, "request", qos), qos, NULL);
      make_reader (&self, participant, make_topic (participant, "reply", qos), qos);
      return bench_call (&options, peer_call, peer_wait, &self);
    }

  if (bench_is (&options, "server"))
    {
      self.writer = dds_create_writer (participant, make_topic (participant, "reply", qos), qos, NULL);
      make_reader (&self, participant, make_topic (participant, "request", qos), qos);
    }
  else
    make_reader (&self, participant, make_topic (participant, options.topic, qos), qos);

  bench_ready ();
  for (;;)
    take (&self, DDS_INFINITY, bench_is (&options, "server") ? echo_message : count_message, NULL);
}
