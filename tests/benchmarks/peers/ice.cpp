// ice.cpp
//
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Ice over TCP, in its C++11 mapping. It is no bus: each subscriber listens, and the publisher sends one-way to
// one after the other. Calls wait for their answers, so that eight of them in flight are eight threads.

#include <mutex>
#include <thread>
#include <vector>

#include <Ice/Ice.h>

#include "Bench.h"
#include "bench.h"

namespace
{

constexpr unsigned kPort = 7900;

class Servant : public Bench::Peer
{
public:
  void
  message (std::string text, const Ice::Current &) override
  {
    bench_count (&counter, text.data (), text.size ());
  }

  std::string
  echo (std::string text, const Ice::Current &) override
  {
    return text;
  }

private:
  BenchCounter counter = {};
};

struct Publisher
{
  std::vector<std::shared_ptr<Bench::PeerPrx>> subscribers;
};

int
publish (void *peer, const char *data, size_t size)
{
  auto self = static_cast<Publisher *> (peer);
  std::string text (data, size);

  try
    {
      for (auto &subscriber : self->subscribers)
        subscriber->message (text);
    }
  catch (const Ice::Exception &)
    {
      return -1;
    }

  return 0;
}

std::shared_ptr<Bench::PeerPrx>
connect (const Ice::CommunicatorPtr &communicator, unsigned index)
{
  return Ice::uncheckedCast<Bench::PeerPrx> (
    communicator->stringToProxy ("peer:default -h 127.0.0.1 -p " + std::to_string (kPort + index)));
}

void
call_in_thread (std::shared_ptr<Bench::PeerPrx> peer, std::string text, uint64_t end, uint64_t limit,
                BenchCalls *calls, std::mutex *mutex)
{
  for (uint64_t n = 0; n < limit && bench_now () < end; n++)
    {
      uint64_t start = bench_now ();
      bool failed = false;

      bench_payload_set (&text[0], BENCH_FIRST_RUN, n);
      try
        {
          failed = peer->echo (text) != text;
        }
      catch (const Ice::Exception &)
        {
          failed = true;
        }

      std::lock_guard<std::mutex> lock (*mutex);
      if (failed)
        calls->n_failed++;
      else
        bench_note_time (calls, bench_now () - start);
    }
}

int
call (const BenchOptions &options, std::shared_ptr<Bench::PeerPrx> peer)
{
  char *payload = bench_payload_new (options.size);
  std::string text (payload, options.size);
  char line[128];

  bench_ready ();
  while (fgets (line, sizeof line, stdin) != nullptr)
    {
      BenchCalls calls = {};
      std::mutex mutex;
      std::vector<std::thread> threads;
      double seconds;
      unsigned long long limit;
      unsigned in_flight;
      uint64_t start = bench_now ();

      if (sscanf (line, "call %lf %llu %u", &seconds, &limit, &in_flight) != 3 || in_flight == 0)
        continue;
      if (in_flight == 1)
        call_in_thread (peer, text, start + (uint64_t) (seconds * 1e9), limit, &calls, &mutex);
      else
        {
          for (unsigned i = 0; i < in_flight; i++)
            threads.emplace_back (call_in_thread, peer, text, start + (uint64_t) (seconds * 1e9), limit / in_flight,
                                  &calls, &mutex);
          for (auto &thread : threads)
            thread.join ();
        }
      bench_print_calls (&calls, 1e-9 * (double) (bench_now () - start));
      free (calls.times);
    }
  free (payload);

  return 0;
}

}

int
main (int argc, char **argv)
{
  BenchOptions options = bench_options (argc, argv);
  Ice::InitializationData data;

  data.properties = Ice::createProperties ();
  data.properties->setProperty ("Ice.MessageSizeMax", "1024");
  data.properties->setProperty ("Ice.ThreadPool.Server.Size", "1");
  data.properties->setProperty ("Ice.Warn.Connections", "0");
  Ice::CommunicatorHolder ice (data);

  if (bench_is (&options, "publisher"))
    {
      Publisher publisher;

      for (unsigned i = 0; i < options.n_subscribers; i++)
        publisher.subscribers.push_back (connect (ice.communicator (), i)->ice_oneway ());
      return bench_publish (&options, publish, &publisher);
    }

  if (bench_is (&options, "caller"))
    return call (options, connect (ice.communicator (), options.index));

  auto adapter = ice->createObjectAdapterWithEndpoints (
    "bench", "default -h 127.0.0.1 -p " + std::to_string (kPort + options.index));
  adapter->add (std::make_shared<Servant> (), Ice::stringToIdentity ("peer"));
  adapter->activate ();
  bench_ready ();
  ice->waitForShutdown ();

  return 0;
}
