/* test-network-changes.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The multicast transport on several hosts whose network changes. To be run by tests/private-hosts.
 *
 * "left" is where the transport under test is; what it should reach is on "right" and "far".
 */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector.h"
#include "hosts.h"
#include "minibus/mb-error.h"

#define GROUP "228.0.0.5"

typedef struct
{
  Collector   *left_collector;
  Collector   *right_collector;
  Collector   *far_collector;
  MbTransport *left;
  MbTransport *right;
  MbTransport *far;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  host_add ("left");
  host_add ("right");
  host_add ("far");
  fixture->left_collector = collector_new ();
  fixture->right_collector = collector_new ();
  fixture->far_collector = collector_new ();
}

static void
drop (MbTransport *transport,
      Collector   *collector)
{
  if (transport != NULL)
    {
      mb_transport_close (transport);
      g_assert_finalize_object (transport);
    }

  collector_free (collector);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  drop (fixture->left, fixture->left_collector);
  drop (fixture->right, fixture->right_collector);
  drop (fixture->far, fixture->far_collector);
  host_remove ("left");
  host_remove ("right");
  host_remove ("far");
}

static void
check_both_ways (Fixture    *fixture,
                 const char *what)
{
  g_autofree char *to_right = g_strdup_printf ("to right: %s", what);
  g_autofree char *to_left = g_strdup_printf ("to left: %s", what);

  send_until_received (fixture->left, to_right, fixture->right_collector);
  send_until_received (fixture->right, to_left, fixture->left_collector);
}

static void
test_down_up (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("An interface that is taken down and up again is used again");

  cable_add ("left", "eth0", "right", "eth0", 1);
  fixture->left = host_open ("left", "multicast://?interface=eth0", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  check_both_ways (fixture, "before");

  run ("ip -n left link set eth0 down");
  send_until_failed (fixture->left, &error);
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);
  g_assert_nonnull (strstr (error->message, "eth0"));

  run ("ip -n left link set eth0 up");
  check_both_ways (fixture, "after");
}

static void
test_remove (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("An interface that vanishes is an error of sending, and is used again when its "
                  "name is back");

  cable_add ("left", "eth0", "right", "eth0", 1);
  fixture->left = host_open ("left", "multicast://?interface=eth0", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  check_both_ways (fixture, "before");

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("round %u", i);

      run ("ip -n left link del eth0");
      send_until_failed (fixture->left, &error);
      g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_INTERFACE);
      g_assert_nonnull (strstr (error->message, "eth0"));
      g_clear_error (&error);

      cable_add ("left", "eth0", "right", "eth0", 1);
      check_both_ways (fixture, text);
    }
}

/* How many reports of membership have come to the host on the right. */
static guint
count_reports (void)
{
  g_autofree char *output = get_output ("ip netns exec right nft list ruleset");
  const char *packets = strstr (output, "packets ");

  g_assert_nonnull (packets);

  return (guint) g_ascii_strtoull (packets + strlen ("packets "), NULL, 10);
}

static void
test_carrier (Fixture       *fixture,
              gconstpointer  data)
{
  g_autofree char *nft = g_find_program_in_path ("nft");

  g_test_summary ("A cable that was pulled and plugged in again may lead to another switch, "
                  "which is told of the membership, too");

  if (nft == NULL)
    {
      g_test_skip ("There is no nft");
      return;
    }

  cable_add ("left", "eth0", "right", "eth0", 1);
  run ("ip -n left route add 224.0.0.0/4 dev eth0");
  run ("ip netns exec right nft 'table netdev f { chain i { type filter hook ingress "
       "device \"eth0\" priority 0; ip protocol igmp counter; }; }'");
  fixture->left = host_open ("left", data, fixture->left_collector);

  /* A kernel reports twice when a group is joined. */
  while (count_reports () < 2)
    g_usleep (10000);

  /* The kernel may take a second to notice, and does not tell of what is over by then. */
  run ("ip -n right link set eth0 down");
  run_until_success ("sh -c 'ip -n left link show eth0 | grep -q NO-CARRIER'");
  run ("ip -n right link set eth0 up");
  while (count_reports () < 3)
    g_usleep (10000);
}

static void
add_numbered (void)
{
  run ("ip -n left link add eth0 index 77 type veth peer name eth0 netns right");
  run ("ip -n left address add 10.1.0.1/24 dev eth0");
  run ("ip -n right address add 10.1.0.2/24 dev eth0");
  run ("ip -n left link set eth0 up");
  run ("ip -n right link set eth0 up");
  run_until_success ("sh -c 'ip -n left link show eth0 | grep -q LOWER_UP'");
}

/* Lets a test stop a receiver. */
typedef struct
{
  GMutex   lock;
  GCond    changed;
  gboolean is_closed;
  gboolean is_reached;
} Gate;

static void
gate_pass (gpointer      data,
           const guint8 *packet,
           gsize         length)
{
  Gate *gate = data;

  g_mutex_lock (&gate->lock);
  gate->is_reached = TRUE;
  g_cond_broadcast (&gate->changed);
  while (gate->is_closed)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

static void
test_same_index (Fixture       *fixture,
                 gconstpointer  data)
{
  Gate gate = { .is_closed = FALSE };

  g_test_summary ("An interface that was replaced by one of the same number is joined anew, even "
                  "if that was not noticed before it was over");

  fixture->left_collector->on_push_data = &gate;
  fixture->left_collector->on_push = gate_pass;
  add_numbered ();
  fixture->left = host_open ("left", "multicast://?interface=eth0", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  check_both_ways (fixture, "before");

  g_mutex_lock (&gate.lock);
  gate.is_closed = TRUE;
  gate.is_reached = FALSE;
  g_mutex_unlock (&gate.lock);
  g_assert_true (send_text (fixture->left, "stop", NULL));
  g_mutex_lock (&gate.lock);
  while (!gate.is_reached)
    g_cond_wait (&gate.changed, &gate.lock);
  g_mutex_unlock (&gate.lock);

  run ("ip -n left link del eth0");
  add_numbered ();

  g_mutex_lock (&gate.lock);
  gate.is_closed = FALSE;
  g_cond_broadcast (&gate.changed);
  g_mutex_unlock (&gate.lock);
  check_both_ways (fixture, "after");
}

static void
test_rename (Fixture       *fixture,
             gconstpointer  data)
{
  g_test_summary ("It is the name that counts: an interface of another name is left, one that "
                  "gets it is joined");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  fixture->left = host_open ("left", "multicast://?interface=eth0", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  fixture->far = host_open ("far", "multicast://?interface=eth0", fixture->far_collector);
  check_both_ways (fixture, "before");

  run ("ip -n left link set eth0 down");
  run ("ip -n left link set eth0 name other");
  run ("ip -n left link set other up");
  host_wait_member ("left", "other", GROUP, FALSE);

  run ("ip -n left link set eth1 down");
  run ("ip -n left link set eth1 name eth0");
  run ("ip -n left link set eth0 up");
  host_wait_member ("left", "eth0", GROUP, TRUE);
  send_until_received (fixture->left, "to far", fixture->far_collector);
  send_until_received (fixture->far, "from far", fixture->left_collector);
  g_assert_false (collector_has (fixture->right_collector, "to far"));
}

static void
test_address (Fixture       *fixture,
              gconstpointer  data)
{
  g_test_summary ("An interface without an address is joined, and works once it has one");

  run ("ip -n left link add eth0 type veth peer name eth0 netns right");
  fixture->left = host_open ("left", "multicast://?interface=eth0", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);

  run ("ip -n right address add 10.1.0.2/24 dev eth0");
  run ("ip -n right link set eth0 up");
  run ("ip -n left link set eth0 up");
  run ("ip -n left address add 10.1.0.1/24 dev eth0");
  check_both_ways (fixture, "now");

  run ("ip -n left address del 10.1.0.1/24 dev eth0");
  run ("ip -n left address add 10.1.0.3/24 dev eth0");
  check_both_ways (fixture, "with another one");
}

static void
test_route_moves (Fixture       *fixture,
                  gconstpointer  data)
{
  g_test_summary ("Without a named interface the transport goes where the route goes");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  run ("ip -n left route add default via 10.1.0.2");
  fixture->left = host_open ("left", "multicast:", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  fixture->far = host_open ("far", "multicast://?interface=eth0", fixture->far_collector);
  check_both_ways (fixture, "before");
  host_wait_member ("left", "eth1", GROUP, FALSE);

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *to_far = g_strdup_printf ("to far %u", i);
      g_autofree char *from_far = g_strdup_printf ("from far %u", i);
      g_autofree char *back = g_strdup_printf ("back %u", i);

      /* A better route, as a VPN brings it. */
      run ("ip -n left route add 224.0.0.0/4 dev eth1");
      host_wait_member ("left", "eth1", GROUP, TRUE);
      host_wait_member ("left", "eth0", GROUP, FALSE);
      send_until_received (fixture->left, to_far, fixture->far_collector);
      send_until_received (fixture->far, from_far, fixture->left_collector);
      g_assert_false (collector_has (fixture->right_collector, to_far));

      run ("ip -n left route del 224.0.0.0/4 dev eth1");
      host_wait_member ("left", "eth0", GROUP, TRUE);
      host_wait_member ("left", "eth1", GROUP, FALSE);
      check_both_ways (fixture, back);
    }
}

/* How many descriptors this process has, which are all below that. */
static guint
count_descriptors (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint highest = 0;
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    highest = MAX (highest, (guint) g_ascii_strtoull (name, NULL, 10) + 1);

  return highest;
}

/* Changes the network of the left host with `ip` while this process can have no more descriptors. */
static void
change_without_descriptors (const char *commands)
{
  const char * const argv[] = { "ip", "-n", "left", "-batch", "-", NULL };
  g_autoptr(GError) error = NULL;
  struct rlimit before, none;
  int status, input;
  GPid pid;

  g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                            &pid, &input, NULL, NULL, &error);
  g_assert_no_error (error);

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &before));
  none = before;
  none.rlim_cur = 3;
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (fcntl ((int) i, F_GETFD), >=, 0);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &none));

  g_assert_cmpint (write (input, commands, strlen (commands)), ==, strlen (commands));
  close (input);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);

  /* For the thread to fail. It may have more of this time than it needs. */
  g_usleep (50000);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &before));
}

static void
test_no_descriptors (Fixture       *fixture,
                     gconstpointer  data)
{
  gboolean is_named = data != NULL;
  const char *address = is_named ? "multicast://?interface=eth0" : "multicast:";
  guint n_descriptors;

  g_test_summary ("A change while the process has no descriptors left is followed all the same, or as soon as it "
                  "has some again");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  run ("ip -n left route add default via 10.1.0.2");
  fixture->left = host_open ("left", address, fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  fixture->far = host_open ("far", "multicast://?interface=eth0", fixture->far_collector);
  check_both_ways (fixture, "before");
  n_descriptors = count_descriptors ();

  if (is_named)
    change_without_descriptors ("link set eth0 down\nlink set eth0 name other\n"
                                "link set eth1 down\nlink set eth1 name eth0\nlink set eth0 up\n");
  else
    change_without_descriptors ("route add 224.0.0.0/4 dev eth1\n");
  host_wait_member ("left", is_named ? "eth0" : "eth1", GROUP, TRUE);
  send_until_received (fixture->left, "to far", fixture->far_collector);
  send_until_received (fixture->far, "from far", fixture->left_collector);
  g_assert_cmpuint (count_descriptors (), <=, n_descriptors);
}

static void
test_route_flaps (Fixture       *fixture,
                  gconstpointer  data)
{
  g_test_summary ("However often a route comes and goes, the last word counts: the kernel tells of a route that goes "
                  "before it is gone");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  run ("ip -n left route add default via 10.1.0.2");
  fixture->left = host_open ("left", "multicast:", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);

  for (guint i = 0; i < 10; i++)
    {
      run ("ip -n left route add 224.0.0.0/4 dev eth1");
      host_wait_member ("left", "eth1", GROUP, TRUE);
      run ("ip -n left route del 224.0.0.0/4 dev eth1");
      host_wait_member ("left", "eth0", GROUP, TRUE);
    }
  check_both_ways (fixture, "after");
}

static void
test_route_vanishes (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without any route the transport waits for one, on whatever interface, also if "
                  "its interface is gone");

  cable_add ("left", "eth0", "right", "eth0", 1);
  run ("ip -n left route add default via 10.1.0.2");
  fixture->left = host_open ("left", "multicast:", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  check_both_ways (fixture, "before");

  run ("ip -n left link del eth0");
  send_until_failed (fixture->left, &error);
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);

  cable_add ("left", "wlan0", "far", "eth0", 2);
  fixture->far = host_open ("far", "multicast://?interface=eth0", fixture->far_collector);
  run ("ip -n left route add default via 10.2.0.2");
  send_until_received (fixture->left, "to far", fixture->far_collector);
  send_until_received (fixture->far, "from far", fixture->left_collector);
}

static void
test_two_interfaces (Fixture       *fixture,
                     gconstpointer  data)
{
  g_test_summary ("With two interfaces packets go both ways on both, and one's own come back once");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  fixture->left = host_open ("left", "multicast://?interface=eth0&interface=eth1&interface=lo",
                             fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  fixture->far = host_open ("far", "multicast://?interface=eth0", fixture->far_collector);
  send_until_received (fixture->left, "to right", fixture->right_collector);
  send_until_received (fixture->left, "to far", fixture->far_collector);
  send_until_received (fixture->right, "from right", fixture->left_collector);
  send_until_received (fixture->far, "from far", fixture->left_collector);
  g_assert_false (collector_has (fixture->far_collector, "from right"));

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("own %u", i);

      g_assert_true (send_text (fixture->left, text, NULL));
    }
  collector_wait_for_text (fixture->left_collector, "own 99");
  collector_wait_for_text (fixture->far_collector, "own 99");
  collector_wait_for_text (fixture->right_collector, "own 99");

  /* What came by lo came last, and would have been here before the next one. */
  g_assert_true (send_text (fixture->left, "end", NULL));
  collector_wait_for_text (fixture->left_collector, "end");
  g_assert_cmpuint (collector_count (fixture->left_collector, "own"), ==, 100);

  /* One of them may go and come. */
  run ("ip -n left link del eth1");
  send_until_received (fixture->left, "alone", fixture->right_collector);
  cable_add ("left", "eth1", "far", "eth0", 2);
  send_until_received (fixture->left, "again", fixture->far_collector);
  send_until_received (fixture->far, "again, too", fixture->left_collector);
}

static void
test_other_interface (Fixture       *fixture,
                      gconstpointer  data)
{
  const char *group = data;
  g_autofree char *first = g_strdup_printf ("multicast://%s?interface=eth0", group);
  g_autofree char *second = g_strdup_printf ("multicast://%s?interface=eth1", group);
  g_autoptr(MbTransport) other = NULL;
  g_autoptr(Collector) other_collector = collector_new ();

  g_test_summary ("What comes by an interface that only somebody else on the host has named is "
                  "none of ours");

  host_skip_dad ("left");
  host_skip_dad ("right");
  host_skip_dad ("far");
  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  fixture->left = host_open ("left", first, fixture->left_collector);
  other = host_open ("left", second, other_collector);
  fixture->far = host_open ("far", first, fixture->far_collector);
  fixture->right = host_open ("right", first, fixture->right_collector);

  send_until_received (fixture->far, "from far", other_collector);
  check_both_ways (fixture, "then");
  g_assert_false (collector_has (fixture->left_collector, "from far"));
}

static void
test_one_interface_twice (Fixture       *fixture,
                          gconstpointer  data)
{
  const char *text = "multicast://?interface=eth0&interface=also0";
  g_autoptr(MbAddress) address = mb_address_parse (text, NULL);
  g_autoptr(MbTransport) transport = mb_transport_new_for_address (address);
  g_autoptr(GError) error = NULL;

  g_test_summary ("One interface under two names is refused, as it would get everything twice");

  cable_add ("left", "eth0", "right", "eth0", 1);
  run ("ip -n left link property add dev eth0 altname also0");
  g_assert_false (host_try_open ("left", transport, fixture->left_collector, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "also0"));
}

static void
test_two_cables (Fixture       *fixture,
                 gconstpointer  data)
{
  g_test_summary ("Hosts that are joined twice get what they send each other once, and "
                  "repetitions twice");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "right", "eth1", 2);
  fixture->left = host_open ("left", "multicast://?interface=eth0&interface=eth1",
                             fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth1&interface=eth0",
                              fixture->right_collector);
  check_both_ways (fixture, "joined");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("other %u", i);

      g_assert_true (send_text (fixture->left, text, NULL));
    }
  g_assert_true (send_text (fixture->left, "same", NULL));
  g_assert_true (send_text (fixture->left, "same", NULL));
  g_assert_true (send_text (fixture->left, "end", NULL));
  collector_wait_for_text (fixture->right_collector, "end");
  g_assert_cmpuint (collector_count (fixture->right_collector, "same"), ==, 2);
  g_assert_cmpuint (collector_count (fixture->right_collector, "other"), ==, 100);

  /* When one cable is cut the other one carries all. */
  run ("ip -n left link set eth0 down");
  send_until_received (fixture->left, "cut", fixture->right_collector);
  send_until_received (fixture->right, "cut, too", fixture->left_collector);
}

static void
test_ip6 (Fixture       *fixture,
          gconstpointer  data)
{
  const char *group = data;
  g_autofree char *address = g_strdup_printf ("multicast://[%s]:8005?interface=eth0", group);
  g_autofree char *other_address = g_strdup_printf ("multicast://[ff15::6]:8005?interface=eth0");
  g_autoptr(GError) error = NULL;

  g_test_summary ("IPv6 works as soon as the address of the interface has been confirmed, and "
                  "follows changes, too");

  /* Once with the wait for it. */
  if (g_str_equal (group, "ff02::8005"))
    {
      host_skip_dad ("left");
      host_skip_dad ("right");
    }
  cable_add ("left", "eth0", "right", "eth0", 1);
  fixture->left = host_open ("left", address, fixture->left_collector);
  fixture->right = host_open ("right", address, fixture->right_collector);
  check_both_ways (fixture, "at first");

  /* Another group of the port. */
  fixture->far = host_open ("right", other_address, fixture->far_collector);
  send_until_received (fixture->far, "other", fixture->far_collector);
  check_both_ways (fixture, "beside another group");
  g_assert_false (collector_has (fixture->right_collector, "other"));
  g_assert_false (collector_has (fixture->left_collector, "other"));

  run ("ip -n left link set eth0 down");
  send_until_failed (fixture->left, &error);
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);
  run ("ip -n left link set eth0 up");
  check_both_ways (fixture, "after down");

  run ("ip -n left link del eth0");
  cable_add ("left", "eth0", "right", "eth0", 1);
  check_both_ways (fixture, "after removal");
}

static void
test_ip6_unicast (Fixture       *fixture,
                  gconstpointer  data)
{
  g_test_summary ("A link-local group gets nothing that was sent to the host alone");

  host_skip_dad ("left");
  host_skip_dad ("right");
  cable_add ("left", "eth0", "right", "eth0", 1);
  run ("ip -n right address add fd00::2/64 dev eth0 nodad");
  run ("ip -n left address add fd00::1/64 dev eth0 nodad");
  fixture->left = host_open ("left", "multicast://[ff02::8005]?interface=eth0",
                             fixture->left_collector);
  fixture->right = host_open ("right", "multicast://[ff02::8005]?interface=eth0",
                              fixture->right_collector);
  check_both_ways (fixture, "at first");

  run ("ip netns exec left /usr/bin/python3 -c \"import socket; "
       "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'unicast', ('fd00::2', 8005))\"");
  check_both_ways (fixture, "then");
  g_assert_false (collector_has (fixture->right_collector, "unicast"));
}

static void
test_ip6_two_interfaces (Fixture       *fixture,
                         gconstpointer  data)
{
  const char *group = data;
  g_autofree char *address = g_strdup_printf ("multicast://[%s]?interface=eth0", group);
  g_autofree char *both = g_strdup_printf ("%s&interface=eth1", address);

  g_test_summary ("An IPv6 group may be used on several interfaces at once");

  host_skip_dad ("left");
  host_skip_dad ("right");
  host_skip_dad ("far");
  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  fixture->left = host_open ("left", both, fixture->left_collector);
  fixture->right = host_open ("right", address, fixture->right_collector);
  fixture->far = host_open ("far", address, fixture->far_collector);
  check_both_ways (fixture, "right");
  send_until_received (fixture->left, "to far", fixture->far_collector);
  send_until_received (fixture->far, "from far", fixture->left_collector);

  collector_clear (fixture->left_collector);
  for (guint i = 0; i < 10; i++)
    g_assert_true (send_text (fixture->left, i < 9 ? "own" : "end", NULL));
  collector_wait_for_text (fixture->left_collector, "end");
  g_assert_cmpuint (collector_count (fixture->left_collector, "own"), ==, 9);
  g_assert_false (collector_has (fixture->far_collector, "to left: right"));
}

static void
test_ip6_route (Fixture       *fixture,
                gconstpointer  data)
{
  g_autoptr(MbAddress) address = mb_address_parse ("multicast://[ff15::8005]", NULL);
  g_autoptr(MbTransport) early = mb_transport_new_for_address (address);
  g_autoptr(GError) error = NULL;

  g_test_summary ("An IPv6 group without a named interface needs a route, and follows it");

  g_assert_false (host_try_open ("left", early, fixture->left_collector, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);
  g_assert_nonnull (strstr (error->message, "?interface="));

  host_skip_dad ("left");
  host_skip_dad ("right");
  cable_add ("left", "eth0", "right", "eth0", 1);
  run_until_success ("ip -n left route get ff15::8005");
  run_until_success ("ip -n right route get ff15::8005");
  fixture->left = host_open ("left", "multicast://[ff15::8005]", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://[ff15::8005]", fixture->right_collector);
  check_both_ways (fixture, "by eth0");

  run ("ip -n left link del eth0");
  host_wait_member ("left", "lo", "ff15::8005", FALSE);
  cable_add ("left", "eth5", "right", "eth5", 5);
  check_both_ways (fixture, "by eth5");
}

static void
test_bridge (Fixture       *fixture,
             gconstpointer  data)
{
  const char * const names[] = { "left", "right", "far" };
  Collector *collectors[] = { fixture->left_collector, fixture->right_collector,
                              fixture->far_collector };
  MbTransport **transports[] = { &fixture->left, &fixture->right, &fixture->far };

  g_test_summary ("Three hosts on a bridge all hear each other, and themselves, in order and "
                  "without loss");

  host_add ("bridge");
  run ("ip -n bridge link add br0 type bridge");
  run ("ip -n bridge link set br0 up");
  for (guint i = 0; i < 3; i++)
    {
      run ("ip -n bridge link add port%u type veth peer name eth0 netns %s", i, names[i]);
      run ("ip -n bridge link set port%u master br0 up", i);
      run ("ip -n %s address add 10.1.0.%u/24 dev eth0", names[i], i + 1);
      run ("ip -n %s link set eth0 up", names[i]);
      run ("ip -n %s route add 224.0.0.0/4 dev eth0", names[i]);
      *transports[i] = host_open (names[i], "multicast:", collectors[i]);
    }

  /* The ports learn and forward after a while. */
  for (guint i = 0; i < 3; i++)
    for (guint j = 0; j < 3; j++)
      {
        g_autofree char *text = g_strdup_printf ("hello from %u", i);

        send_until_received (*transports[i], text, collectors[j]);
      }

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *end = g_strdup_printf ("end %u", i);

      for (guint j = 0; j < 3; j++)
        collector_clear (collectors[j]);

      for (guint k = 0; k < 100; k++)
        {
          g_autofree char *text = g_strdup_printf ("%u", k);

          g_assert_true (send_text (*transports[i], text, NULL));
        }
      g_assert_true (send_text (*transports[i], end, NULL));

      for (guint j = 0; j < 3; j++)
        {
          guint next = 0;
          g_auto(GStrv) texts = NULL;

          collector_wait_for_text (collectors[j], end);
          texts = collector_dup_texts (collectors[j]);
          for (guint k = 0; texts[k] != NULL; k++)
            {
              if (g_ascii_isdigit (texts[k][0]))
                g_assert_cmpuint (g_ascii_strtoull (texts[k], NULL, 10), ==, next++);
            }
          g_assert_cmpuint (next, ==, 100);
        }
    }

  host_remove ("bridge");
}

static void
test_ttl (Fixture       *fixture,
          gconstpointer  data)
{
  const char *group = data;
  g_autofree char *address = g_strdup_printf ("multicast://%s?interface=eth0", group);
  g_autofree char *no_hops = g_strdup_printf ("%s&ttl=0", address);
  g_autofree char *many_hops = g_strdup_printf ("%s&ttl=77", address);
  g_autofree char *nft = g_find_program_in_path ("nft");
  g_autoptr(MbTransport) local = NULL;
  g_autoptr(MbTransport) global = NULL;
  g_autoptr(Collector) local_collector = collector_new ();
  g_autoptr(Collector) global_collector = collector_new ();

  g_test_summary ("TTL 0 keeps packets on the host, where everybody gets them; any other is what "
                  "packets leave with");

  host_skip_dad ("left");
  host_skip_dad ("right");
  cable_add ("left", "eth0", "right", "eth0", 1);
  fixture->left = host_open ("left", address, fixture->left_collector);
  fixture->right = host_open ("right", address, fixture->right_collector);
  local = host_open ("left", no_hops, local_collector);
  check_both_ways (fixture, "before");

  g_assert_true (send_text (local, "secret", NULL));
  collector_wait_for_text (fixture->left_collector, "secret");
  send_until_received (fixture->right, "to local", local_collector);
  check_both_ways (fixture, "after");
  g_assert_false (collector_has (fixture->right_collector, "secret"));

  if (nft == NULL)
    return;

  run ("ip netns exec right nft 'table inet f { chain i { type filter hook input priority 0; "
       "ip ttl 77 counter; ip6 hoplimit 77 counter; }; }'");
  global = host_open ("left", many_hops, global_collector);
  send_until_received (global, "far", fixture->right_collector);
  run ("sh -c 'ip netns exec right nft list ruleset | grep 77.*packets.[1-9]'");
}

static void
test_slow (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree char *packet = g_strnfill (1400, 'x');
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) texts = NULL;
  guint n = 0;
  guint next = 0;

  g_test_summary ("A network that does not keep up with the sender gets all that was accepted, "
                  "in order, and the rest was refused");

  cable_add ("left", "eth0", "right", "eth0", 1);
  fixture->left = host_open ("left", "multicast://?interface=eth0", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  check_both_ways (fixture, "before");

  run ("tc -n left qdisc add dev eth0 root tbf rate 8kbit burst 2kb limit 10mb");
  while (TRUE)
    {
      g_snprintf (packet, 10, "%09u", n);
      packet[9] = 'x';
      if (!send_text (fixture->left, packet, &error))
        break;
      n++;
    }
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_BUSY);
  g_assert_cmpuint (n, >, 1024 * 1024 / 1500);

  run ("tc -n left qdisc change dev eth0 root tbf rate 100mbit burst 20kb limit 10mb");
  g_snprintf (packet, 10, "%09u", n - 1);
  packet[9] = 'x';
  collector_wait_for_text (fixture->right_collector, packet);

  texts = collector_dup_texts (fixture->right_collector);
  for (guint i = 0; texts[i] != NULL; i++)
    {
      if (g_ascii_isdigit (texts[i][0]))
        g_assert_cmpuint (g_ascii_strtoull (texts[i], NULL, 10), ==, next++);
    }
  g_assert_cmpuint (next, ==, n);
}

static void
test_firewall (Fixture       *fixture,
               gconstpointer  data)
{
  g_autofree char *nft = g_find_program_in_path ("nft");
  g_autoptr(GError) error = NULL;

  g_test_summary ("A firewall that forbids sending is told of as what it is");

  if (nft == NULL)
    {
      g_test_skip ("There is no nft");
      return;
    }

  cable_add ("left", "eth0", "right", "eth0", 1);
  fixture->left = host_open ("left", "multicast://?interface=eth0", fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);
  check_both_ways (fixture, "before");

  run ("ip netns exec left nft 'table inet f { chain o { type filter hook output priority 0; "
       "udp dport 8005 drop; }; }'");
  g_assert_false (send_text (fixture->left, "x", &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NOT_PERMITTED);
  g_assert_nonnull (strstr (error->message, "firewall"));

  run ("ip netns exec left nft flush ruleset");
  check_both_ways (fixture, "after");
}

static void
test_storm (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("A network that does not come to rest costs neither life nor memory, and works "
                  "after that");

  cable_add ("left", "eth0", "right", "eth0", 1);
  fixture->left = host_open ("left", "multicast://?interface=eth0&interface=lo",
                             fixture->left_collector);
  fixture->right = host_open ("right", "multicast://?interface=eth0", fixture->right_collector);

  /* In one process, so that it is fast. */
  run ("sh -c 'for i in $(seq 100); do "
       "echo link set eth0 down; echo link set eth0 up; "
       "echo address add 10.9.0.$i/32 dev eth0; echo route add 10.8.0.$i/32 dev lo; "
       "done | ip -n left -batch -'");
  check_both_ways (fixture, "after");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, data, func) \
  g_test_add ("/network-changes/" name, Fixture, data, set_up, func, tear_down)

  ADD ("down-up", NULL, test_down_up);
  ADD ("remove", NULL, test_remove);
  ADD ("same-index", NULL, test_same_index);
  ADD ("carrier/named", "multicast://?interface=eth0", test_carrier);
  ADD ("carrier/chosen", "multicast:", test_carrier);
  ADD ("rename", NULL, test_rename);
  ADD ("address", NULL, test_address);
  ADD ("route-moves", NULL, test_route_moves);
  ADD ("route-flaps", NULL, test_route_flaps);
  ADD ("route-vanishes", NULL, test_route_vanishes);
  ADD ("no-descriptors/chosen", NULL, test_no_descriptors);
  ADD ("no-descriptors/named", "named", test_no_descriptors);
  ADD ("two-interfaces", NULL, test_two_interfaces);
  ADD ("two-cables", NULL, test_two_cables);
  ADD ("other-interface/ip4", "228.0.0.5", test_other_interface);
  ADD ("other-interface/ip6", "[ff15::8005]", test_other_interface);
  ADD ("one-interface-twice", NULL, test_one_interface_twice);
  ADD ("ip6/site", "ff15::8005", test_ip6);
  ADD ("ip6/link", "ff02::8005", test_ip6);
  ADD ("ip6/unicast", NULL, test_ip6_unicast);
  ADD ("ip6/two-interfaces/site", "ff15::8005", test_ip6_two_interfaces);
  ADD ("ip6/two-interfaces/link", "ff02::8005", test_ip6_two_interfaces);
  ADD ("ip6/route", NULL, test_ip6_route);
  ADD ("bridge", NULL, test_bridge);
  ADD ("ttl/ip4", "228.0.0.5", test_ttl);
  ADD ("ttl/ip6", "[ff15::8005]", test_ttl);
  ADD ("slow", NULL, test_slow);
  ADD ("firewall", NULL, test_firewall);
  ADD ("storm", NULL, test_storm);

  return g_test_run ();
}
