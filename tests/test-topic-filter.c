/* test-topic-filter.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the kernel drops for us, and what it must not. To be run by tests/private-network: it sends to the real
 * group. */

#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mb-test.h"
#include "minibus/mb-multicast-buffer-private.h"
#include "minibus/mb-multicast-filter-private.h"
#include "minibus/mb-packet-private.h"
#include "minibus/mb-tag-private.h"
#include "transport-helpers.h"

#define ADDRESS "multicast:?interface=lo"
/* More than it takes to have a filter made. */
#define MANY 100

/* Two sockets of which one sends to the other. */
typedef struct
{
  int fd;
  int sender;
} Pair;

static void
pair_set_up (Pair         *pair,
             gconstpointer data)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  pair->fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  pair->sender = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_no_errno (bind (pair->fd, (struct sockaddr *) &address, sizeof address));
  g_assert_no_errno (getsockname (pair->fd, (struct sockaddr *) &address, &length));
  g_assert_no_errno (connect (pair->sender, (struct sockaddr *) &address, sizeof address));
}

static void
pair_tear_down (Pair         *pair,
                gconstpointer data)
{
  close (pair->fd);
  close (pair->sender);
}

static void
pair_filter (Pair       *pair,
             const char *first,
             ...)
{
  g_autoptr(GPtrArray) topics = g_ptr_array_new ();
  g_autoptr(GArray) program = NULL;
  va_list args;

  va_start (args, first);
  for (const char *topic = first; topic != NULL; topic = va_arg (args, const char *))
    g_ptr_array_add (topics, (gpointer) topic);
  va_end (args);
  g_ptr_array_add (topics, NULL);

  program = _mb_multicast_filter_build ((const char * const *) topics->pdata, NULL);
  g_assert_nonnull (program);
  g_assert_true (_mb_multicast_filter_attach (pair->fd, program));
}

/* Whether a packet gets through: it, or only the one behind it. */
static gboolean
pair_passes (Pair       *pair,
             const char *packet,
             gsize       length)
{
  static const char end[] = "end";
  char buffer[2048];
  gssize n;

  g_assert_cmpint (send (pair->sender, packet, length, 0), ==, (gssize) length);
  g_assert_cmpint (send (pair->sender, end, sizeof end, 0), ==, sizeof end);

  n = recv (pair->fd, buffer, sizeof buffer, 0);
  g_assert_cmpint (n, >=, 0);
  if (n == sizeof end && memcmp (buffer, end, sizeof end) == 0)
    return FALSE;

  g_assert_cmpmem (buffer, (gsize) n, packet, length);
  g_assert_cmpint (recv (pair->fd, buffer, sizeof buffer, 0), ==, sizeof end);

  return TRUE;
}

static GString *
make_packet (const char *topic)
{
  GString *packet = g_string_new (NULL);

  _mb_packet_append (packet, _mb_packet_hash_topic (topic, strlen (topic)), 0x0123456789abcdef, 1, topic, "author",
                     "id", FALSE, "null", 4);

  return packet;
}

static gboolean
passes_topic (Pair       *pair,
              const char *topic)
{
  g_autoptr(GString) packet = make_packet (topic);

  return pair_passes (pair, packet->str, packet->len);
}

static void
test_topics (Pair         *pair,
             gconstpointer data)
{
  static const guint counts[] = { 0, 1, 8, 9, 17, 300, MB_MULTICAST_FILTER_MAX_TOPICS };

  g_test_summary ("The topics of a filter pass, and others do not, however many there are");

  for (guint c = 0; c < G_N_ELEMENTS (counts); c++)
    {
      g_autoptr(GPtrArray) topics = g_ptr_array_new_with_free_func (g_free);
      g_autoptr(GArray) program = NULL;

      for (guint i = 0; i < counts[c]; i++)
        g_ptr_array_add (topics, g_strdup_printf ("/topic/%u", i));
      g_ptr_array_add (topics, NULL);
      program = _mb_multicast_filter_build ((const char * const *) topics->pdata, NULL);
      g_assert_nonnull (program);
      g_assert_true (_mb_multicast_filter_attach (pair->fd, program));

      for (guint i = 0; i < counts[c]; i++)
        g_assert_true (passes_topic (pair, g_ptr_array_index (topics, i)));
      for (guint i = 0; i < MANY; i++)
        {
          g_autofree char *other = g_strdup_printf ("/other/%u", i);

          g_assert_false (passes_topic (pair, other));
        }
    }

  _mb_multicast_filter_detach (pair->fd);
  g_assert_true (passes_topic (pair, "/other"));
}

static void
test_too_many (void)
{
  g_autoptr(GPtrArray) topics = g_ptr_array_new_with_free_func (g_free);

  g_test_summary ("Of more topics than the kernel has room for no filter is made");

  for (guint i = 0; i <= MB_MULTICAST_FILTER_MAX_TOPICS; i++)
    g_ptr_array_add (topics, g_strdup_printf ("/topic/%u", i));
  g_ptr_array_add (topics, NULL);

  g_assert_null (_mb_multicast_filter_build ((const char * const *) topics->pdata, NULL));
}

static void
test_unwanted (Pair         *pair,
               gconstpointer data)
{
  static const char *const topics[] = { "/a", "/some/longer/topic", "liquid", "", "quo\"te", "\303\251t\303\251", NULL };
  g_autoptr(GArray) program = _mb_multicast_filter_build (NULL, topics);
  g_autoptr(GString) cut = make_packet ("/a");

  g_test_summary ("Of unwanted topics exactly these are dropped, also where another one has the same hash");

  g_assert_nonnull (program);
  g_assert_true (_mb_multicast_filter_attach (pair->fd, program));

  for (guint i = 0; topics[i] != NULL; i++)
    g_assert_true (passes_topic (pair, topics[i]) == (strchr (topics[i], '"') != NULL));

  g_assert_true (passes_topic (pair, "/"));
  g_assert_true (passes_topic (pair, "/b"));
  g_assert_true (passes_topic (pair, "/ab"));
  g_assert_true (passes_topic (pair, "/some/longer/topics"));
  g_assert_true (passes_topic (pair, "/some/longer/topi"));
  g_assert_true (passes_topic (pair, "costarring"));

  /* Whatever is shorter says nothing. */
  for (gsize length = 0; length < MB_TAG_END + strlen ("\"},\"topic\":\"/a\""); length++)
    g_assert_true (pair_passes (pair, cut->str, length));
  g_assert_false (pair_passes (pair, cut->str, cut->len));
}

static void
test_many_unwanted (Pair         *pair,
                    gconstpointer data)
{
  g_autoptr(GPtrArray) topics = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GArray) program = NULL;
  g_autofree char *longest = g_strnfill (200, 'x');
  g_autofree char *longer = g_strnfill (201, 'x');

  g_test_summary ("Of more unwanted topics than the kernel has room for, the first ones are dropped");

  g_ptr_array_add (topics, g_strdup (longest));
  g_ptr_array_add (topics, g_strdup (longer));
  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (topics, g_strdup_printf ("/unwanted/%u", i));
  g_ptr_array_add (topics, NULL);

  program = _mb_multicast_filter_build (NULL, (const char * const *) topics->pdata);
  g_assert_true (_mb_multicast_filter_attach (pair->fd, program));
  g_assert_false (passes_topic (pair, longest));
  g_assert_true (passes_topic (pair, longer));
  g_assert_false (passes_topic (pair, "/unwanted/0"));
  g_assert_true (passes_topic (pair, "/unwanted/999"));
  g_assert_true (passes_topic (pair, "/wanted"));

  g_clear_pointer (&program, g_array_unref);
  program = _mb_multicast_filter_build (NULL, NULL);
  g_assert_null (program);
}

static void
test_collision (Pair         *pair,
                gconstpointer data)
{
  g_test_summary ("A topic that has the hash of a wanted one passes");

  g_assert_cmpuint (_mb_packet_hash_topic ("costarring", 10), ==, _mb_packet_hash_topic ("liquid", 6));
  pair_filter (pair, "liquid", NULL);

  g_assert_true (passes_topic (pair, "liquid"));
  g_assert_true (passes_topic (pair, "costarring"));
  g_assert_false (passes_topic (pair, "solid"));
}

static void
test_foreign (Pair         *pair,
              gconstpointer data)
{
  static const char *const packets[] = {
    "",
    "{",
    "\n",
    "{\"header\":{\"mb\":{\"t\":\"",
    "{\"header\":{\"mb\":{\"t\":\"0123456",
    "{\"header\":{\"mb\":{\"t\":\"01234567\",\"s\":",
    "{\"header\":{\"topic\":\"/other\",\"idstr\":\"1\",\"author\":\"a\"},\"data\":\"null\"}",
    "{\"header\": {\"mb\": {\"t\": \"01234567\", \"s\": \"0123456789abcdef\", \"n\": \"000000000001\"},"
    "\"topic\":\"/other\"},\"data\":\"null\"}",
    "{\"header\":{\"mb\":{\"t\":\"0123456789\",\"s\":\"0123456789abcdef\",\"n\":\"000000000001\"},"
    "\"topic\":\"/other\"},\"data\":\"null\"}",
    "{\"header\":{\"mb\":{\"t\":\"01234567\",\"n\":\"000000000001\",\"s\":\"0123456789abcdef\"},"
    "\"topic\":\"/other\"},\"data\":\"null\"}",
  };

  g_test_summary ("Whatever has no tag in its canonical form passes");

  pair_filter (pair, "/wanted", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (packets); i++)
    g_assert_true (pair_passes (pair, packets[i], strlen (packets[i])));
}

/* Clients: what a client gets must not depend on whether there is a filter. */

typedef struct
{
  MbClient    *sender;
  MbClient    *receiver;
  MbPublisher *wanted;
  MbPublisher *unwanted;
  GPtrArray   *texts;
  guint        n_wanted;
} Clients;

static MbClient *
open_client (const char *name)
{
  MbClient *client = g_object_new (MB_TYPE_CLIENT, "name", name, "address", ADDRESS, NULL);
  g_autoptr(GError) error = NULL;

  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);

  return client;
}

static void
clients_set_up (Clients      *self,
                gconstpointer data)
{
  self->sender = open_client ("sender");
  self->receiver = open_client ("receiver");
  self->wanted = mb_test_publisher (self->sender, "/wanted", NULL);
  self->unwanted = mb_test_publisher (self->sender, "/unwanted", NULL);
  self->texts = g_ptr_array_new_with_free_func (g_free);
}

static void
clients_tear_down (Clients      *self,
                   gconstpointer data)
{
  mb_client_close (self->sender);
  mb_client_close (self->receiver);
  g_clear_object (&self->wanted);
  g_clear_object (&self->unwanted);
  g_assert_finalize_object (self->sender);
  g_assert_finalize_object (self->receiver);
  g_ptr_array_unref (self->texts);
}

static guint
get_count (MbClient   *client,
           const char *name)
{
  guint count;

  g_object_get (client, name, &count, NULL);

  return count;
}

/* Publishes a message that arrives behind all that were sent before, and waits for it. */
static void
settle (Clients *self)
{
  guint n = self->texts->len + 1;

  mb_test_publish (self->wanted, "0");
  mb_test_wait_until (self->texts->len >= n);
}

static void
publish_unwanted (Clients *self,
                  guint    n)
{
  for (guint i = 0; i < n; i++)
    mb_test_publish (self->unwanted, "1");
}

/* Waits until packets of the unwanted topic do not reach the receiver. */
static void
wait_for_filter (Clients *self)
{
  guint before;

  /* What the client itself wants to hear of, it may come to want in the middle of this, which ends a filter. */
  for (guint i = 0; i < 10; i++)
    {
      publish_unwanted (self, MANY);
      settle (self);
      before = get_count (self->receiver, "n-unwanted");
      publish_unwanted (self, MANY);
      settle (self);
      if (get_count (self->receiver, "n-unwanted") == before)
        return;
    }

  g_assert_cmpuint (get_count (self->receiver, "n-unwanted"), ==, before);
}

static void
test_client (Clients      *self,
             gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (self->receiver, "/wanted", self->texts);

  g_test_summary ("A client that wants topics is not woken by others, and loses nothing by that");

  wait_for_filter (self);

  g_assert_cmpuint (get_count (self->receiver, "dropped-kernel"), ==, 0);
  g_assert_cmpuint (mb_subscriber_get_n_missed (subscriber), ==, 0);
}

static void
test_subscribe (Clients      *self,
                gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (self->receiver, "/wanted", self->texts);
  g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func (g_free);

  g_test_summary ("From the moment of subscribing, messages arrive; what came before it is not missing");

  for (guint i = 1; i <= 3; i++)
    {
      g_autoptr(MbSubscriber) other = NULL;

      wait_for_filter (self);

      other = mb_test_collect (self->receiver, i < 3 ? "/unwanted" : "/unw.*", others);
      publish_unwanted (self, 2);
      settle (self);
      g_assert_cmpuint (others->len, ==, 2 * i);
      g_assert_cmpuint (mb_subscriber_get_n_missed (other), ==, 0);
      mb_subscriber_close (other);
    }

  g_assert_cmpuint (get_count (self->receiver, "dropped-missed"), ==, 0);
}

static void
test_pattern (Clients      *self,
              gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (self->receiver, "/wan.*", self->texts);
  g_autoptr(MbSubscriber) other = NULL;
  g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func (g_free);

  g_test_summary ("A client with a pattern is not woken by topics that came in vain again and again, until it wants them");

  wait_for_filter (self);

  other = mb_test_collect (self->receiver, "/unw.*", others);
  publish_unwanted (self, MANY);
  settle (self);
  g_assert_cmpuint (others->len, ==, MANY);
  mb_subscriber_close (other);

  wait_for_filter (self);
  g_assert_cmpuint (get_count (self->receiver, "dropped-missed"), ==, 0);
}

static void
test_reopen (Clients      *self,
             gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (self->receiver, "/wanted", self->texts);
  g_autoptr(MbSubscriber) other = NULL;
  g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A client that is opened again has a filter for what it wants then");

  wait_for_filter (self);
  mb_client_close (self->receiver);
  other = mb_test_collect (self->receiver, "/unwanted", others);
  mb_client_open_sync (self->receiver, NULL, &error);
  g_assert_no_error (error);

  publish_unwanted (self, MANY);
  settle (self);
  g_assert_cmpuint (others->len, ==, MANY);
  mb_subscriber_close (other);

  wait_for_filter (self);
}

static void
test_builtin (Clients      *self,
              gconstpointer data)
{
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (self->receiver, "/wanted", self->texts);
  g_autoptr(GError) error = NULL;
  g_autofree char *answer = NULL;

  g_test_summary ("A client behind a filter answers the built-in services, and gets the answers to its calls");

  wait_for_filter (self);

  answer = mb_client_call_text_sync (self->receiver, "/__minibus__/sender/__hostname__", "null", 5000, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (answer);
  g_clear_pointer (&answer, g_free);

  wait_for_filter (self);
  answer = mb_client_call_text_sync (self->sender, "/__minibus__/receiver/__pid__", "null", 5000, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (answer);
}

/* A transport: what is lost for want of room is not mixed up with what a filter drops. */

static void
send_packet (MbTransport *transport,
             const char  *topic)
{
  g_autoptr(GString) packet = make_packet (topic);
  g_autoptr(GError) error = NULL;

  mb_transport_send (transport, topic, (const guint8 *) packet->str, packet->len, &error);
  g_assert_no_error (error);
}

static void
test_loss (void)
{
  static const char *const topics[] = { "/wanted", NULL };
  Collector *collector = collector_new ();
  MbTransport *transport;
  Gate gate = { .is_closed = FALSE };
  guint n_sent = 0;

  g_test_summary ("What a filter dropped is not reported as lost; what is lost without one is, to the last packet");

  collector->only_count = TRUE;
  collector->on_push_data = &gate;
  collector->on_push = gate_pass;
  transport = open_transport ("multicast://?receive-buffer=4096", collector);

  for (guint round = 0; round < 3; round++)
    {
      mb_transport_set_topics (transport, topics, NULL);
      for (guint i = 0; i < MANY; i++)
        send_packet (transport, "/unwanted");
      send_packet (transport, "/wanted");
      n_sent++;
      mb_transport_set_topics (transport, NULL, NULL);
      while (collector_get_n_packets (collector) + collector_get_n_lost (collector) < n_sent)
        g_thread_yield ();
      g_assert_cmpuint (collector_get_n_packets (collector) + collector_get_n_lost (collector), ==, n_sent);

      /* Now without a filter, and with nobody who reads. */
      gate_close (&gate);
      for (guint i = 0; i < 1000; i++)
        send_packet (transport, "/unwanted");
      n_sent += 1000;
      gate_open (&gate);
      while (collector_get_n_packets (collector) + collector_get_n_lost (collector) < n_sent)
        {
          send_packet (transport, "/unwanted");
          n_sent++;
          g_thread_yield ();
        }
      g_assert_cmpuint (collector_get_n_packets (collector) + collector_get_n_lost (collector), ==, n_sent);
    }

  g_assert_cmpuint (collector_get_n_lost (collector), >, 1000);

  finish_transport (transport, collector);
}

static void
test_refused (void)
{
  const char * const topics[] = { "/a", NULL };
  g_autoptr(GArray) program = _mb_multicast_filter_build (topics, NULL);
  MbMulticastBuffer buffer;

  g_test_summary ("Where the system refuses a filter, or does not count, there is none, and no harm done");

  g_assert_nonnull (program);
  g_assert_false (_mb_multicast_filter_attach (-1, program));
  _mb_multicast_filter_detach (-1);
  g_assert_false (_mb_multicast_buffer_look (-1, &buffer));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/topic-filter/topics", Pair, NULL, pair_set_up, test_topics, pair_tear_down);
  g_test_add_func ("/topic-filter/too-many", test_too_many);
  g_test_add ("/topic-filter/unwanted", Pair, NULL, pair_set_up, test_unwanted, pair_tear_down);
  g_test_add ("/topic-filter/many-unwanted", Pair, NULL, pair_set_up, test_many_unwanted, pair_tear_down);
  g_test_add ("/topic-filter/collision", Pair, NULL, pair_set_up, test_collision, pair_tear_down);
  g_test_add ("/topic-filter/foreign", Pair, NULL, pair_set_up, test_foreign, pair_tear_down);
  g_test_add ("/topic-filter/client", Clients, NULL, clients_set_up, test_client, clients_tear_down);
  g_test_add ("/topic-filter/subscribe", Clients, NULL, clients_set_up, test_subscribe, clients_tear_down);
  g_test_add ("/topic-filter/pattern", Clients, NULL, clients_set_up, test_pattern, clients_tear_down);
  g_test_add ("/topic-filter/reopen", Clients, NULL, clients_set_up, test_reopen, clients_tear_down);
  g_test_add ("/topic-filter/builtin", Clients, NULL, clients_set_up, test_builtin, clients_tear_down);
  g_test_add_func ("/topic-filter/loss", test_loss);
  g_test_add_func ("/topic-filter/refused", test_refused);

  return g_test_run ();
}
