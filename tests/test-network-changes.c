/* test-network-changes.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The multicast transport on several hosts whose network changes. To be run by tests/private-hosts. */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hosts.h"
#include "minibus/mb-error.h"
#include "transport-helpers.h"

#define GROUP "228.0.0.5"

static void
test_down_up (Hosts         *hosts,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("An interface that is taken down and up again is used again");

  cable_add ("left", "eth0", "right", "eth0", 1);
  hosts->left = host_open ("left", "multicast://?interface=eth0", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts_check_both_ways (hosts, "before");

  run ("ip -n left link set eth0 down");
  send_until_failed (hosts->left, &error);
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);
  g_assert_nonnull (strstr (error->message, "eth0"));

  run ("ip -n left link set eth0 up");
  hosts_check_both_ways (hosts, "after");
}

static void
test_remove (Hosts         *hosts,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("An interface that vanishes is an error of sending, and is used again when its "
                  "name is back");

  cable_add ("left", "eth0", "right", "eth0", 1);
  hosts->left = host_open ("left", "multicast://?interface=eth0", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts_check_both_ways (hosts, "before");

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("round %u", i);

      run ("ip -n left link del eth0");
      send_until_failed (hosts->left, &error);
      g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_INTERFACE);
      g_assert_nonnull (strstr (error->message, "eth0"));
      g_clear_error (&error);

      cable_add ("left", "eth0", "right", "eth0", 1);
      hosts_check_both_ways (hosts, text);
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
test_carrier (Hosts         *hosts,
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
  hosts->left = host_open ("left", data, hosts->left_collector);

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

static void
test_same_index (Hosts         *hosts,
                 gconstpointer  data)
{
  Gate gate = { .is_closed = FALSE };

  g_test_summary ("An interface that was replaced by one of the same number is joined anew, even "
                  "if that was not noticed before it was over");

  hosts->left_collector->on_push_data = &gate;
  hosts->left_collector->on_push = gate_pass;
  add_numbered ();
  hosts->left = host_open ("left", "multicast://?interface=eth0", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts_check_both_ways (hosts, "before");

  gate_close (&gate);
  g_assert_true (send_text (hosts->left, "stop", NULL));
  gate_wait_reached (&gate);

  run ("ip -n left link del eth0");
  add_numbered ();

  gate_open (&gate);
  hosts_check_both_ways (hosts, "after");
}

static void
test_rename (Hosts         *hosts,
             gconstpointer  data)
{
  g_test_summary ("It is the name that counts: an interface of another name is left, one that "
                  "gets it is joined");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  hosts->left = host_open ("left", "multicast://?interface=eth0", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts->far = host_open ("far", "multicast://?interface=eth0", hosts->far_collector);
  hosts_check_both_ways (hosts, "before");

  run ("ip -n left link set eth0 down");
  run ("ip -n left link set eth0 name other");
  run ("ip -n left link set other up");
  host_wait_member ("left", "other", GROUP, FALSE);

  run ("ip -n left link set eth1 down");
  run ("ip -n left link set eth1 name eth0");
  run ("ip -n left link set eth0 up");
  host_wait_member ("left", "eth0", GROUP, TRUE);
  send_until_received (hosts->left, "to far", hosts->far_collector);
  send_until_received (hosts->far, "from far", hosts->left_collector);
  g_assert_false (collector_has (hosts->right_collector, "to far"));
}

static void
test_address (Hosts         *hosts,
              gconstpointer  data)
{
  g_test_summary ("An interface without an address is joined, and works once it has one");

  run ("ip -n left link add eth0 type veth peer name eth0 netns right");
  hosts->left = host_open ("left", "multicast://?interface=eth0", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);

  run ("ip -n right address add 10.1.0.2/24 dev eth0");
  run ("ip -n right link set eth0 up");
  run ("ip -n left link set eth0 up");
  run ("ip -n left address add 10.1.0.1/24 dev eth0");
  hosts_check_both_ways (hosts, "now");

  run ("ip -n left address del 10.1.0.1/24 dev eth0");
  run ("ip -n left address add 10.1.0.3/24 dev eth0");
  hosts_check_both_ways (hosts, "with another one");
}

static void
test_route_moves (Hosts         *hosts,
                  gconstpointer  data)
{
  g_test_summary ("Without a named interface the transport goes where the route goes");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  run ("ip -n left route add default via 10.1.0.2");
  hosts->left = host_open ("left", "multicast:", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts->far = host_open ("far", "multicast://?interface=eth0", hosts->far_collector);
  hosts_check_both_ways (hosts, "before");
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
      send_until_received (hosts->left, to_far, hosts->far_collector);
      send_until_received (hosts->far, from_far, hosts->left_collector);
      g_assert_false (collector_has (hosts->right_collector, to_far));

      run ("ip -n left route del 224.0.0.0/4 dev eth1");
      host_wait_member ("left", "eth0", GROUP, TRUE);
      host_wait_member ("left", "eth1", GROUP, FALSE);
      hosts_check_both_ways (hosts, back);
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
test_no_descriptors (Hosts         *hosts,
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
  hosts->left = host_open ("left", address, hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts->far = host_open ("far", "multicast://?interface=eth0", hosts->far_collector);
  hosts_check_both_ways (hosts, "before");
  n_descriptors = count_descriptors ();

  if (is_named)
    change_without_descriptors ("link set eth0 down\nlink set eth0 name other\n"
                                "link set eth1 down\nlink set eth1 name eth0\nlink set eth0 up\n");
  else
    change_without_descriptors ("route add 224.0.0.0/4 dev eth1\n");
  host_wait_member ("left", is_named ? "eth0" : "eth1", GROUP, TRUE);
  send_until_received (hosts->left, "to far", hosts->far_collector);
  send_until_received (hosts->far, "from far", hosts->left_collector);
  g_assert_cmpuint (count_descriptors (), <=, n_descriptors);
}

static void
test_route_flaps (Hosts         *hosts,
                  gconstpointer  data)
{
  g_test_summary ("However often a route comes and goes, the last word counts: the kernel tells of a route that goes "
                  "before it is gone");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  run ("ip -n left route add default via 10.1.0.2");
  hosts->left = host_open ("left", "multicast:", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);

  for (guint i = 0; i < 10; i++)
    {
      run ("ip -n left route add 224.0.0.0/4 dev eth1");
      host_wait_member ("left", "eth1", GROUP, TRUE);
      run ("ip -n left route del 224.0.0.0/4 dev eth1");
      host_wait_member ("left", "eth0", GROUP, TRUE);
    }
  hosts_check_both_ways (hosts, "after");
}

static void
test_route_vanishes (Hosts         *hosts,
                     gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without any route the transport waits for one, on whatever interface, also if "
                  "its interface is gone");

  cable_add ("left", "eth0", "right", "eth0", 1);
  run ("ip -n left route add default via 10.1.0.2");
  hosts->left = host_open ("left", "multicast:", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts_check_both_ways (hosts, "before");

  run ("ip -n left link del eth0");
  send_until_failed (hosts->left, &error);
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);

  cable_add ("left", "wlan0", "far", "eth0", 2);
  hosts->far = host_open ("far", "multicast://?interface=eth0", hosts->far_collector);
  run ("ip -n left route add default via 10.2.0.2");
  send_until_received (hosts->left, "to far", hosts->far_collector);
  send_until_received (hosts->far, "from far", hosts->left_collector);
}

static void
test_storm (Hosts         *hosts,
            gconstpointer  data)
{
  g_test_summary ("A network that does not come to rest costs neither life nor memory, and works "
                  "after that");

  cable_add ("left", "eth0", "right", "eth0", 1);
  hosts->left = host_open ("left", "multicast://?interface=eth0&interface=lo",
                           hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);

  /* In one process, so that it is fast. */
  run ("sh -c 'for i in $(seq 100); do "
       "echo link set eth0 down; echo link set eth0 up; "
       "echo address add 10.9.0.$i/32 dev eth0; echo route add 10.8.0.$i/32 dev lo; "
       "done | ip -n left -batch -'");
  hosts_check_both_ways (hosts, "after");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, data, func) \
  g_test_add ("/network-changes/" name, Hosts, data, hosts_set_up, func, hosts_tear_down)

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
  ADD ("storm", NULL, test_storm);

  return g_test_run ();
}
