/* test-multicast-hosts.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The multicast transport between several hosts: several interfaces, IPv6, a bridge, TTL, and networks that are slow
 * or forbid. To be run by tests/private-hosts.
 */

#include "config.h"

#include <string.h>

#include "hosts.h"
#include "minibus/mb-error.h"

static void
test_two_interfaces (Hosts         *hosts,
                     gconstpointer  data)
{
  g_test_summary ("With two interfaces packets go both ways on both, and one's own come back once");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "far", "eth0", 2);
  hosts->left = host_open ("left", "multicast://?interface=eth0&interface=eth1&interface=lo",
                           hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts->far = host_open ("far", "multicast://?interface=eth0", hosts->far_collector);
  send_until_received (hosts->left, "to right", hosts->right_collector);
  send_until_received (hosts->left, "to far", hosts->far_collector);
  send_until_received (hosts->right, "from right", hosts->left_collector);
  send_until_received (hosts->far, "from far", hosts->left_collector);
  g_assert_false (collector_has (hosts->far_collector, "from right"));

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("own %u", i);

      g_assert_true (send_text (hosts->left, text, NULL));
    }
  collector_wait_for_text (hosts->left_collector, "own 99");
  collector_wait_for_text (hosts->far_collector, "own 99");
  collector_wait_for_text (hosts->right_collector, "own 99");

  /* What came by lo came last, and would have been here before the next one. */
  g_assert_true (send_text (hosts->left, "end", NULL));
  collector_wait_for_text (hosts->left_collector, "end");
  g_assert_cmpuint (collector_count (hosts->left_collector, "own"), ==, 100);

  /* One of them may go and come. */
  run ("ip -n left link del eth1");
  send_until_received (hosts->left, "alone", hosts->right_collector);
  cable_add ("left", "eth1", "far", "eth0", 2);
  send_until_received (hosts->left, "again", hosts->far_collector);
  send_until_received (hosts->far, "again, too", hosts->left_collector);
}

static void
test_other_interface (Hosts         *hosts,
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
  hosts->left = host_open ("left", first, hosts->left_collector);
  other = host_open ("left", second, other_collector);
  hosts->far = host_open ("far", first, hosts->far_collector);
  hosts->right = host_open ("right", first, hosts->right_collector);

  send_until_received (hosts->far, "from far", other_collector);
  hosts_check_both_ways (hosts, "then");
  g_assert_false (collector_has (hosts->left_collector, "from far"));
}

static void
test_one_interface_twice (Hosts         *hosts,
                          gconstpointer  data)
{
  const char *text = "multicast://?interface=eth0&interface=also0";
  g_autoptr(MbAddress) address = mb_address_parse (text, NULL);
  g_autoptr(MbTransport) transport = mb_transport_new_for_address (address);
  g_autoptr(GError) error = NULL;

  g_test_summary ("One interface under two names is refused, as it would get everything twice");

  cable_add ("left", "eth0", "right", "eth0", 1);
  run ("ip -n left link property add dev eth0 altname also0");
  g_assert_false (host_try_open ("left", transport, hosts->left_collector, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "also0"));
}

static void
test_two_cables (Hosts         *hosts,
                 gconstpointer  data)
{
  g_test_summary ("Hosts that are joined twice get what they send each other once, and "
                  "repetitions twice");

  cable_add ("left", "eth0", "right", "eth0", 1);
  cable_add ("left", "eth1", "right", "eth1", 2);
  hosts->left = host_open ("left", "multicast://?interface=eth0&interface=eth1",
                           hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth1&interface=eth0",
                            hosts->right_collector);
  hosts_check_both_ways (hosts, "joined");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("other %u", i);

      g_assert_true (send_text (hosts->left, text, NULL));
    }
  g_assert_true (send_text (hosts->left, "same", NULL));
  g_assert_true (send_text (hosts->left, "same", NULL));
  g_assert_true (send_text (hosts->left, "end", NULL));
  collector_wait_for_text (hosts->right_collector, "end");
  g_assert_cmpuint (collector_count (hosts->right_collector, "same"), ==, 2);
  g_assert_cmpuint (collector_count (hosts->right_collector, "other"), ==, 100);

  /* When one cable is cut the other one carries all. */
  run ("ip -n left link set eth0 down");
  send_until_received (hosts->left, "cut", hosts->right_collector);
  send_until_received (hosts->right, "cut, too", hosts->left_collector);
}

static void
test_ip6 (Hosts         *hosts,
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
  hosts->left = host_open ("left", address, hosts->left_collector);
  hosts->right = host_open ("right", address, hosts->right_collector);
  hosts_check_both_ways (hosts, "at first");

  /* Another group of the port. */
  hosts->far = host_open ("right", other_address, hosts->far_collector);
  send_until_received (hosts->far, "other", hosts->far_collector);
  hosts_check_both_ways (hosts, "beside another group");
  g_assert_false (collector_has (hosts->right_collector, "other"));
  g_assert_false (collector_has (hosts->left_collector, "other"));

  run ("ip -n left link set eth0 down");
  send_until_failed (hosts->left, &error);
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);
  run ("ip -n left link set eth0 up");
  hosts_check_both_ways (hosts, "after down");

  run ("ip -n left link del eth0");
  cable_add ("left", "eth0", "right", "eth0", 1);
  hosts_check_both_ways (hosts, "after removal");
}

static void
test_ip6_unicast (Hosts         *hosts,
                  gconstpointer  data)
{
  g_test_summary ("A link-local group gets nothing that was sent to the host alone");

  host_skip_dad ("left");
  host_skip_dad ("right");
  cable_add ("left", "eth0", "right", "eth0", 1);
  run ("ip -n right address add fd00::2/64 dev eth0 nodad");
  run ("ip -n left address add fd00::1/64 dev eth0 nodad");
  hosts->left = host_open ("left", "multicast://[ff02::8005]?interface=eth0",
                           hosts->left_collector);
  hosts->right = host_open ("right", "multicast://[ff02::8005]?interface=eth0",
                            hosts->right_collector);
  hosts_check_both_ways (hosts, "at first");

  run ("ip netns exec left /usr/bin/python3 -c \"import socket; "
       "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'unicast', ('fd00::2', 8005))\"");
  hosts_check_both_ways (hosts, "then");
  g_assert_false (collector_has (hosts->right_collector, "unicast"));
}

static void
test_ip6_two_interfaces (Hosts         *hosts,
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
  hosts->left = host_open ("left", both, hosts->left_collector);
  hosts->right = host_open ("right", address, hosts->right_collector);
  hosts->far = host_open ("far", address, hosts->far_collector);
  hosts_check_both_ways (hosts, "right");
  send_until_received (hosts->left, "to far", hosts->far_collector);
  send_until_received (hosts->far, "from far", hosts->left_collector);

  collector_clear (hosts->left_collector);
  for (guint i = 0; i < 10; i++)
    g_assert_true (send_text (hosts->left, i < 9 ? "own" : "end", NULL));
  collector_wait_for_text (hosts->left_collector, "end");
  g_assert_cmpuint (collector_count (hosts->left_collector, "own"), ==, 9);
  g_assert_false (collector_has (hosts->far_collector, "to left: right"));
}

static void
test_ip6_route (Hosts         *hosts,
                gconstpointer  data)
{
  g_autoptr(MbAddress) address = mb_address_parse ("multicast://[ff15::8005]", NULL);
  g_autoptr(MbTransport) early = mb_transport_new_for_address (address);
  g_autoptr(GError) error = NULL;

  g_test_summary ("An IPv6 group without a named interface needs a route, and follows it");

  g_assert_false (host_try_open ("left", early, hosts->left_collector, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE);
  g_assert_nonnull (strstr (error->message, "?interface="));

  host_skip_dad ("left");
  host_skip_dad ("right");
  cable_add ("left", "eth0", "right", "eth0", 1);
  run_until_success ("ip -n left route get ff15::8005");
  run_until_success ("ip -n right route get ff15::8005");
  hosts->left = host_open ("left", "multicast://[ff15::8005]", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://[ff15::8005]", hosts->right_collector);
  hosts_check_both_ways (hosts, "by eth0");

  run ("ip -n left link del eth0");
  host_wait_member ("left", "lo", "ff15::8005", FALSE);
  cable_add ("left", "eth5", "right", "eth5", 5);
  hosts_check_both_ways (hosts, "by eth5");
}

static void
test_bridge (Hosts         *hosts,
             gconstpointer  data)
{
  const char * const names[] = { "left", "right", "far" };
  Collector *collectors[] = { hosts->left_collector, hosts->right_collector,
                              hosts->far_collector };
  MbTransport **transports[] = { &hosts->left, &hosts->right, &hosts->far };

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
test_ttl (Hosts         *hosts,
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
  hosts->left = host_open ("left", address, hosts->left_collector);
  hosts->right = host_open ("right", address, hosts->right_collector);
  local = host_open ("left", no_hops, local_collector);
  hosts_check_both_ways (hosts, "before");

  g_assert_true (send_text (local, "secret", NULL));
  collector_wait_for_text (hosts->left_collector, "secret");
  send_until_received (hosts->right, "to local", local_collector);
  hosts_check_both_ways (hosts, "after");
  g_assert_false (collector_has (hosts->right_collector, "secret"));

  if (nft == NULL)
    return;

  run ("ip netns exec right nft 'table inet f { chain i { type filter hook input priority 0; "
       "ip ttl 77 counter; ip6 hoplimit 77 counter; }; }'");
  global = host_open ("left", many_hops, global_collector);
  send_until_received (global, "far", hosts->right_collector);
  run ("sh -c 'ip netns exec right nft list ruleset | grep 77.*packets.[1-9]'");
}

/* How many packets the system of a host says that it has dropped on their way out. */
static guint
get_discards (const char *host)
{
  g_autofree char *command = g_strdup_printf ("ip netns exec %s cat /proc/net/snmp", host);
  g_autofree char *output = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;
  g_auto(GStrv) names = NULL;
  g_auto(GStrv) values = NULL;

  g_spawn_command_line_sync (command, &output, NULL, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (output, "\n", 3);
  names = g_strsplit (lines[0], " ", -1);
  values = g_strsplit (lines[1], " ", -1);

  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_equal (names[i], "OutDiscards"))
      return (guint) g_ascii_strtoull (values[i], NULL, 10);

  g_error ("The system of %s does not count what it drops", host);
}

static void
test_slow (Hosts         *hosts,
           gconstpointer  data)
{
  g_autofree char *packet = g_strnfill (1400, 'x');
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) texts = NULL;
  guint n = 0;
  guint next = 0;
  guint n_gone = 0;
  guint n_discards;

  g_test_summary ("A network that does not keep up with the sender gets all that was accepted, "
                  "in order, and the rest was refused");

  cable_add ("left", "eth0", "right", "eth0", 1);
  hosts->left = host_open ("left", "multicast://?interface=eth0", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts_check_both_ways (hosts, "before");

  n_discards = get_discards ("left");
  run ("tc -n left qdisc add dev eth0 root tbf rate 8kbit burst 2kb limit 10mb");
  while (TRUE)
    {
      g_snprintf (packet, 10, "%09u", n);
      packet[9] = 'x';
      if (!send_text (hosts->left, packet, &error))
        break;
      n++;
    }
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_BUSY);
  g_assert_cmpuint (n, >, 1024 * 1024 / 1500);

  run ("tc -n left qdisc change dev eth0 root tbf rate 100mbit burst 20kb limit 10mb");
  g_snprintf (packet, 10, "%09u", n - 1);
  packet[9] = 'x';
  collector_wait_for_text (hosts->right_collector, packet);

  texts = collector_dup_texts (hosts->right_collector);
  for (guint i = 0; texts[i] != NULL; i++)
    {
      guint number;

      if (!g_ascii_isdigit (texts[i][0]))
        continue;

      number = (guint) g_ascii_strtoull (texts[i], NULL, 10);
      g_assert_cmpuint (number, >=, next);
      n_gone += number - next;
      next = number + 1;
    }
  g_assert_cmpuint (next, ==, n);

  /* Linux 6.18 drops packets that come to such a queue while another processor takes from it, and tells the sender that
   * all is well. It counts them, though. */
  g_assert_cmpuint (n_gone, <=, get_discards ("left") - n_discards);
}

static void
test_firewall (Hosts         *hosts,
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
  hosts->left = host_open ("left", "multicast://?interface=eth0", hosts->left_collector);
  hosts->right = host_open ("right", "multicast://?interface=eth0", hosts->right_collector);
  hosts_check_both_ways (hosts, "before");

  run ("ip netns exec left nft 'table inet f { chain o { type filter hook output priority 0; "
       "udp dport 8005 drop; }; }'");
  g_assert_false (send_text (hosts->left, "x", &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NOT_PERMITTED);
  g_assert_nonnull (strstr (error->message, "firewall"));

  run ("ip netns exec left nft flush ruleset");
  hosts_check_both_ways (hosts, "after");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, data, func) \
  g_test_add ("/multicast-hosts/" name, Hosts, data, hosts_set_up, func, hosts_tear_down)

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

  return g_test_run ();
}
