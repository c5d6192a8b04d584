/* bench.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What every program of the comparison shares: arguments, messages, counting, and the lines that it exchanges
 * with tests/benchmarks/run. ../README.md describes them.
 *
 * For C and C++, and with nothing but the C library, as most of the peers do not know GLib.
 */

#pragma once

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_MAX_SIZE 65507
#define BENCH_MAX_IN_FLIGHT 64
/* A call that was not answered for so long is counted as failed, and its place is used again. */
#define BENCH_CALL_TIMEOUT UINT64_C (300000000)
/* A publisher that is late by more does not catch up: a burst is not what its rate says. */
#define BENCH_MAX_DEBT UINT64_C (5000000)

/* {"run":1000,"seq":1000000000,… : the numbers have fixed places, for peers that do not read JSON. */
#define BENCH_FIRST_RUN 1000
#define BENCH_FIRST_SEQ UINT64_C (1000000000)
#define BENCH_RUN_AT 7
#define BENCH_SEQ_AT 18
#define BENCH_HEAD "{\"run\":1000,\"seq\":1000000000,\"name\":\"sensor-7\",\"values\":[1.5,2.25,-3]," \
  "\"unit\":\"kPa\",\"pad\":\""
#define BENCH_TAIL "\"}"

typedef struct
{
  const char *role;
  const char *topic;
  const char *variant;
  const char *address;
  unsigned    size;
  unsigned    index;           /* which of the subscribers this is */
  unsigned    n_subscribers;
  unsigned    n_subscriptions;
} BenchOptions;

typedef struct
{
  unsigned run;
  unsigned finished;
  uint64_t next;
  uint64_t received;
  uint64_t repeated;
  uint64_t wrong;
  uint64_t first;
  uint64_t last;
} BenchCounter;

typedef struct
{
  uint64_t *times;
  size_t    n_times;
  size_t    n_allocated;
  uint64_t  n_failed;
  uint64_t  end;
  uint64_t  limit;
  uint64_t  n_started;
  unsigned  in_flight;
  unsigned  n_open;
  uint64_t  sent[BENCH_MAX_IN_FLIGHT];
  uint64_t  seq[BENCH_MAX_IN_FLIGHT];
  char     *payload;
  size_t    size;
} BenchCalls;

/* Sends one message; returns 0, or -1 when it was refused. */
typedef int  (*BenchSend) (void *peer, const char *data, size_t size);
/* Sends the request of a slot. */
typedef int  (*BenchCall) (void *peer, BenchCalls *calls, unsigned slot, const char *data, size_t size);
/* Waits for answers, for 100 ms at most, and gives each to bench_answer(). */
typedef void (*BenchWait) (void *peer, BenchCalls *calls);

static inline uint64_t
bench_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (uint64_t) now.tv_sec * UINT64_C (1000000000) + (uint64_t) now.tv_nsec;
}

static inline void
bench_fail (const char *what,
            const char *why)
{
  fprintf (stderr, "%s: %s\n", what, why);
  exit (1);
}

static inline const char *
bench_option (int         argc,
              char      **argv,
              const char *name,
              const char *otherwise)
{
  size_t length = strlen (name);
  int i;

  for (i = 2; i < argc; i++)
    {
      if (strncmp (argv[i], name, length) == 0 && argv[i][length] == '=')
        return argv[i] + length + 1;
    }

  return otherwise;
}

static inline unsigned
bench_number (int         argc,
              char      **argv,
              const char *name,
              const char *otherwise)
{
  return (unsigned) strtoul (bench_option (argc, argv, name, otherwise), NULL, 10);
}

static inline BenchOptions
bench_options (int    argc,
               char **argv)
{
  BenchOptions options;

  if (argc < 2)
    bench_fail (argv[0], "the role is missing: publisher, subscriber, caller or server");

  options.role = argv[1];
  options.topic = bench_option (argc, argv, "topic", "/bench/one");
  options.variant = bench_option (argc, argv, "variant", "");
  options.address = bench_option (argc, argv, "address", "");
  options.size = bench_number (argc, argv, "size", "100");
  options.index = bench_number (argc, argv, "index", "0");
  options.n_subscribers = bench_number (argc, argv, "subscribers", "1");
  options.n_subscriptions = bench_number (argc, argv, "subscriptions", "1");
  if (options.size < sizeof BENCH_HEAD + sizeof BENCH_TAIL || options.size > BENCH_MAX_SIZE)
    bench_fail ("size", "it is out of range");

  return options;
}

static inline int
bench_is (const BenchOptions *options,
          const char         *role)
{
  return strcmp (options->role, role) == 0;
}

static inline int
bench_has_variant (const BenchOptions *options,
                   const char         *variant)
{
  return strcmp (options->variant, variant) == 0;
}

static inline void
bench_ready (void)
{
  puts ("{\"ready\":true}");
  fflush (stdout);
}

/* Messages. */

static inline char *
bench_payload_new (unsigned size)
{
  char *payload = (char *) malloc (size + 1);

  memset (payload, 'x', size);
  memcpy (payload, BENCH_HEAD, sizeof BENCH_HEAD - 1);
  memcpy (payload + size - (sizeof BENCH_TAIL - 1), BENCH_TAIL, sizeof BENCH_TAIL - 1);
  payload[size] = '\0';

  return payload;
}

static inline void
bench_write_digits (char    *place,
                    unsigned n_digits,
                    uint64_t number)
{
  while (n_digits-- > 0)
    {
      place[n_digits] = (char) ('0' + number % 10);
      number /= 10;
    }
}

static inline uint64_t
bench_read_digits (const char *place,
                   unsigned    n_digits)
{
  uint64_t number = 0;
  unsigned i;

  for (i = 0; i < n_digits; i++)
    number = number * 10 + (uint64_t) (place[i] - '0');

  return number;
}

static inline void
bench_payload_set (char    *payload,
                   unsigned run,
                   uint64_t seq)
{
  bench_write_digits (payload + BENCH_RUN_AT, 4, run);
  bench_write_digits (payload + BENCH_SEQ_AT, 10, BENCH_FIRST_SEQ + seq);
}

/* Subscribers. */

/* Counts a message; the mark at the end of a run, which has no number, is answered with what was counted. */
static inline void
bench_count_numbers (BenchCounter *self,
                     unsigned      run,
                     uint64_t      seq)
{
  uint64_t now;

  if (run < BENCH_FIRST_RUN || seq < BENCH_FIRST_SEQ)
    {
      self->wrong++;
      return;
    }
  if (run <= self->finished)
    return;

  if (run != self->run)
    {
      unsigned finished = self->finished;

      memset (self, 0, sizeof *self);
      self->finished = finished;
      self->run = run;
      self->next = 1;
    }

  seq -= BENCH_FIRST_SEQ;
  if (seq == 0)
    {
      printf ("{\"run\":%u,\"received\":%llu,\"repeated\":%llu,\"wrong\":%llu,\"seconds\":%.9f}\n", run,
              (unsigned long long) self->received, (unsigned long long) self->repeated,
              (unsigned long long) self->wrong, 1e-9 * (double) (self->last - self->first));
      fflush (stdout);
      self->finished = run;
      return;
    }

  if (seq < self->next)
    {
      self->repeated++;
      return;
    }

  now = bench_now ();
  if (self->received++ == 0)
    self->first = now;
  self->last = now;
  self->next = seq + 1;
}

static inline void
bench_count (BenchCounter *self,
             const void   *data,
             size_t        size)
{
  const char *text = (const char *) data;

  if (size < sizeof BENCH_HEAD || text[0] != '{')
    {
      self->wrong++;
      return;
    }
  bench_count_numbers (self, (unsigned) bench_read_digits (text + BENCH_RUN_AT, 4),
                       bench_read_digits (text + BENCH_SEQ_AT, 10));
}

/* Publishers: "send RUN RATE SECONDS LIMIT" and "mark RUN" until the end of the input. */

static inline void
bench_send (BenchSend send,
            void     *peer,
            char     *payload,
            size_t    size,
            unsigned  run,
            uint64_t  rate,
            double    seconds,
            uint64_t  limit)
{
  uint64_t start = bench_now ();
  uint64_t base = start;
  uint64_t end = start + (uint64_t) (seconds * 1e9);
  uint64_t now = start;
  uint64_t n = 0;
  uint64_t n_in_time = 0;
  uint64_t n_failed = 0;

  while (now < end && n < limit)
    {
      uint64_t due = n + (size > 4096 ? 4 : 64);

      if (rate > 0)
        {
          uint64_t in_time = (uint64_t) (1e-9 * (double) (now - base) * (double) rate) + 1;
          uint64_t debt = BENCH_MAX_DEBT * rate / UINT64_C (1000000000) + 1;

          if (in_time > n_in_time + debt)
            {
              base = now;
              n_in_time = 0;
              in_time = 1;
            }
          due = n + (in_time - n_in_time);
          n_in_time = in_time;
        }
      for (; n < due && n < limit; n++)
        {
          bench_payload_set (payload, run, n + 1);
          if (send (peer, payload, size) != 0)
            n_failed++;
        }
      if (rate > 0 && rate <= 100000)
        {
          struct timespec pause = { 0, 20000 };

          nanosleep (&pause, NULL);
        }
      now = bench_now ();
    }

  printf ("{\"run\":%u,\"sent\":%llu,\"failed\":%llu,\"seconds\":%.9f}\n", run, (unsigned long long) n,
          (unsigned long long) n_failed, 1e-9 * (double) (now - start));
  fflush (stdout);
}

static inline int
bench_publish (const BenchOptions *options,
               BenchSend           send,
               void               *peer)
{
  char *payload = bench_payload_new (options->size);
  char line[128];

  bench_ready ();
  while (fgets (line, sizeof line, stdin) != NULL)
    {
      unsigned run;
      unsigned rate;
      double seconds;
      unsigned long long limit;

      if (sscanf (line, "send %u %u %lf %llu", &run, &rate, &seconds, &limit) == 4)
        bench_send (send, peer, payload, options->size, run, rate, seconds, limit);
      else if (sscanf (line, "mark %u", &run) == 1)
        {
          bench_payload_set (payload, run, 0);
          send (peer, payload, options->size);
        }
    }
  free (payload);

  return 0;
}

/* Callers: "call SECONDS LIMIT IN-FLIGHT" until the end of the input. */

static inline void
bench_start_call (BenchCalls *self,
                  BenchCall   call,
                  void       *peer,
                  unsigned    slot)
{
  self->seq[slot] = ++self->n_started;
  bench_payload_set (self->payload, BENCH_FIRST_RUN + slot, self->seq[slot]);
  self->sent[slot] = bench_now ();
  self->n_open++;
  if (call (peer, self, slot, self->payload, self->size) != 0)
    bench_fail ("call", "the request could not be sent");
}

static inline void
bench_note_time (BenchCalls *self,
                 uint64_t    took)
{
  if (self->n_times == self->n_allocated)
    {
      self->n_allocated = self->n_allocated > 0 ? 2 * self->n_allocated : 4096;
      self->times = (uint64_t *) realloc (self->times, self->n_allocated * sizeof *self->times);
    }
  self->times[self->n_times++] = took;
}

/* Notes an answer; one that came too late, or twice, is none. */
static inline void
bench_answer_numbers (BenchCalls *self,
                      unsigned    run,
                      uint64_t    seq)
{
  unsigned slot = run - BENCH_FIRST_RUN;

  if (run < BENCH_FIRST_RUN || slot >= self->in_flight || self->sent[slot] == 0 ||
      seq != self->seq[slot] + BENCH_FIRST_SEQ)
    return;

  bench_note_time (self, bench_now () - self->sent[slot]);
  self->sent[slot] = 0;
  self->n_open--;
}

static inline void
bench_answer (BenchCalls *self,
              const void *data,
              size_t      size)
{
  const char *text = (const char *) data;

  if (data == NULL || size != self->size || text[0] != '{')
    return;
  bench_answer_numbers (self, (unsigned) bench_read_digits (text + BENCH_RUN_AT, 4),
                        bench_read_digits (text + BENCH_SEQ_AT, 10));
}

static inline int
bench_compare_times (const void *a,
                     const void *b)
{
  uint64_t one = *(const uint64_t *) a;
  uint64_t other = *(const uint64_t *) b;

  return one < other ? -1 : one > other;
}

static inline void
bench_print_calls (BenchCalls *self,
                   double      seconds)
{
  uint64_t median = 0;
  uint64_t p99 = 0;

  if (self->n_times > 0)
    {
      qsort (self->times, self->n_times, sizeof *self->times, bench_compare_times);
      median = self->times[self->n_times / 2];
      p99 = self->times[self->n_times * 99 / 100];
    }
  printf ("{\"calls\":%zu,\"failed\":%llu,\"median\":%.3f,\"p99\":%.3f,\"seconds\":%.9f}\n", self->n_times,
          (unsigned long long) self->n_failed, 1e-3 * (double) median, 1e-3 * (double) p99, seconds);
  fflush (stdout);
}

static inline int
bench_call (const BenchOptions *options,
            BenchCall           call,
            BenchWait           wait,
            void               *peer)
{
  char *payload = bench_payload_new (options->size);
  char line[128];
  uint64_t n_started = 0;

  bench_ready ();
  while (fgets (line, sizeof line, stdin) != NULL)
    {
      BenchCalls calls;
      double seconds;
      unsigned long long limit;
      unsigned in_flight;
      uint64_t start = bench_now ();

      if (sscanf (line, "call %lf %llu %u", &seconds, &limit, &in_flight) != 3 || in_flight == 0 ||
          in_flight > BENCH_MAX_IN_FLIGHT)
        continue;

      memset (&calls, 0, sizeof calls);
      calls.n_started = n_started;
      calls.limit = n_started + limit;
      calls.end = start + (uint64_t) (seconds * 1e9);
      calls.in_flight = in_flight;
      calls.payload = payload;
      calls.size = options->size;

      for (;;)
        {
          uint64_t now = bench_now ();
          int goes_on = now < calls.end && calls.n_started < calls.limit;
          unsigned slot;

          for (slot = 0; slot < in_flight; slot++)
            {
              if (calls.sent[slot] != 0 && now > calls.sent[slot] + BENCH_CALL_TIMEOUT)
                {
                  calls.sent[slot] = 0;
                  calls.n_open--;
                  calls.n_failed++;
                }
              if (calls.sent[slot] == 0 && goes_on)
                bench_start_call (&calls, call, peer, slot);
            }
          if (calls.n_open == 0)
            break;
          wait (peer, &calls);
        }
      bench_print_calls (&calls, 1e-9 * (double) (bench_now () - start));
      n_started = calls.n_started;
      free (calls.times);
    }
  free (payload);

  return 0;
}

#ifdef __cplusplus
}
#endif
