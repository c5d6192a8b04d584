// ros.cpp
//
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// ROS 1: topics and services over TCP between the nodes, which find each other by their master. Queues of 1000, or
// with variant=unlimited without a bound. A service with a string is made of std_msgs, as no package has one.
// Calls wait for their answers, on connections that stay, so that eight of them in flight are eight threads.

#include <mutex>
#include <thread>
#include <vector>

#include <ros/ros.h>
#include <std_msgs/String.h>

#include "bench.h"

namespace ros
{
namespace service_traits
{

template<>
struct MD5Sum<std_msgs::String>
{
  static const char *value () { return "992ce8a1687cec8c8bd883ec73ca41d1"; }
  static const char *value (const std_msgs::String &) { return value (); }
};

template<>
struct DataType<std_msgs::String>
{
  static const char *value () { return "minibus_bench/Echo"; }
  static const char *value (const std_msgs::String &) { return value (); }
};

}
}

namespace
{

BenchCounter counter;

int
publish (void *peer, const char *data, size_t size)
{
  std_msgs::String message;

  message.data.assign (data, size);
  static_cast<ros::Publisher *> (peer)->publish (message);

  return 0;
}

void
message_cb (const std_msgs::String::ConstPtr &message)
{
  bench_count (&counter, message->data.data (), message->data.size ());
}

bool
echo_cb (std_msgs::String &request, std_msgs::String &reply)
{
  reply.data = request.data;

  return true;
}

void
call_in_thread (ros::ServiceClient *client, std::string text, uint64_t end, uint64_t limit, BenchCalls *calls,
                std::mutex *mutex)
{
  std_msgs::String request;
  std_msgs::String reply;

  for (uint64_t n = 0; n < limit && bench_now () < end; n++)
    {
      uint64_t start = bench_now ();
      bool failed;

      bench_payload_set (&text[0], BENCH_FIRST_RUN, n);
      request.data = text;
      failed = !client->call (request, reply) || reply.data != text;

      std::lock_guard<std::mutex> lock (*mutex);
      if (failed)
        calls->n_failed++;
      else
        bench_note_time (calls, bench_now () - start);
    }
}

int
call (const BenchOptions &options, ros::NodeHandle &node)
{
  char *payload = bench_payload_new (options.size);
  std::string text (payload, options.size);
  std::vector<ros::ServiceClient> clients;
  char line[128];

  ros::service::waitForService ("/bench/echo", 10000);
  for (unsigned i = 0; i < BENCH_MAX_IN_FLIGHT / 8; i++)
    clients.push_back (node.serviceClient<std_msgs::String, std_msgs::String> ("/bench/echo", true));

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

      if (sscanf (line, "call %lf %llu %u", &seconds, &limit, &in_flight) != 3 || in_flight == 0 ||
          in_flight > clients.size ())
        continue;
      for (unsigned i = 0; i + 1 < in_flight; i++)
        threads.emplace_back (call_in_thread, &clients[i + 1], text, start + (uint64_t) (seconds * 1e9),
                              limit / in_flight, &calls, &mutex);
      call_in_thread (&clients[0], text, start + (uint64_t) (seconds * 1e9), limit / in_flight, &calls, &mutex);
      for (auto &thread : threads)
        thread.join ();
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
  uint32_t queue = bench_has_variant (&options, "unlimited") ? 0 : 1000;

  ros::init (argc, argv, options.role, ros::init_options::AnonymousName | ros::init_options::NoRosout |
                                         ros::init_options::NoSigintHandler);
  ros::NodeHandle node;

  if (bench_is (&options, "publisher"))
    {
      ros::Publisher publisher = node.advertise<std_msgs::String> (options.topic, queue);

      return bench_publish (&options, publish, &publisher);
    }

  if (bench_is (&options, "caller"))
    return call (options, node);

  ros::ServiceServer server;
  ros::Subscriber subscriber;

  if (bench_is (&options, "server"))
    server = node.advertiseService ("/bench/echo", echo_cb);
  else
    subscriber = node.subscribe (options.topic, queue, message_cb, ros::TransportHints ().tcpNoDelay ());
  bench_ready ();
  ros::spin ();

  return 0;
}
