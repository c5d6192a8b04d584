#!/usr/bin/python3
# test_hosts.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three hosts, joined by a network that is good, loses, repeats or delays packets, or breaks in two.

Each test runs this script again as the command of tests/netsim, or between hosts of its own on a bridge.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import unittest

os.environ["MB_INTEROP_INSIDE"] = "1"

import support                                              # noqa: E402
from support import Node, TIMEOUT                           # noqa: E402

NETSIM = os.path.join(os.path.dirname(support.HERE), "netsim")
PEER = os.path.join(os.path.dirname(support.HERE), "peer", "minibus_peer.py")
BATCH = 30          # fewer than the numbers that a receiver keeps track of, so that each may be late
BATCHES = 6


class Script:
    """A process of the test peer on a host."""

    def __init__(self, host, *arguments):
        command = ["ip", "netns", "exec", host, sys.executable, PEER, *arguments]
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        assert json.loads(line)["event"] == "ready", line

    def stop(self):
        """Fails if there was a killer. Returns the last event."""
        output, _ = self.process.communicate("stop\n", TIMEOUT)
        events = [json.loads(line) for line in output.splitlines()]
        killers = [event for event in events if event["event"] == "killer"]
        assert not killers, killers
        assert self.process.returncode == 0, (self.process.returncode, events[-1])
        return events[-1]


def check(condition, *what):
    if not condition:
        raise AssertionError(*what)


def lacking(session):
    """Returns how many messages did not come, between the lowest and the highest number that did."""
    return session["highest"] - session["lowest"] + 1 - session["unique"]


class Net:
    """Nodes on the hosts h1 … h3 and a watcher beside each; all listen to all."""

    def __init__(self):
        hosts = ["h1", "h2", "h3"]
        watch = ["--receive-buffer", str(support.WATCHER_BUFFER), "watch", "--timeout", "600"]
        self.watchers = [Script(host, *watch) for host in hosts]
        self.nodes = [Node(host, ["ip", "netns", "exec", host]) for host in hosts]
        self.sent = {node: 0 for node in self.nodes}
        self.session = {}           # sender → its session
        for node in self.nodes:
            node.ask("subscribe", pattern="/net/.*")

    def publish(self, sender, count=1):
        self.sent[sender] = sender.ask("publish", topic=f"/net/{sender.name}", count=count)["sent"]

    def heard(self, receiver, sender):
        """Returns what the receiver knows of the sender, and None for nothing."""
        return receiver.ask("stats", pattern="/net/.*")["sessions"].get(self.session.get(sender))

    def until(self, condition, again=None):
        """Waits until the condition holds, and does `again` now and then."""
        end = time.monotonic() + TIMEOUT
        while not condition():
            check(time.monotonic() < end, "it did not come in time", self.stats())
            patience = time.monotonic() + .3        # for packets that travel; nothing depends on its length
            while again and not condition():
                if time.monotonic() > patience:
                    again()
                    break

    def start(self):
        """Publishes until everybody has heard of everybody."""
        for sender in self.nodes:
            before = set(sender.ask("stats", pattern="/net/.*")["sessions"])
            self.publish(sender)
            self.until(lambda: set(sender.ask("stats", pattern="/net/.*")["sessions"]) - before)
            self.session[sender], = set(sender.ask("stats", pattern="/net/.*")["sessions"]) - before
            self.until(lambda: all(self.heard(node, sender) for node in self.nodes),
                       lambda: self.publish(sender))

    def catch_up(self, sender, receivers=None):
        """Publishes until the receivers have heard the last message of the sender."""
        def all_heard():
            return all(self.heard(node, sender)["highest"] == self.sent[sender]
                       for node in receivers or self.nodes)

        self.until(all_heard, lambda: self.publish(sender))

    def stats(self):
        return {node.name: node.ask("stats", pattern="/net/.*") for node in self.nodes}

    def check_numbers(self):
        """Fails unless each message was received once or is counted as missed. Returns the stats."""
        def adds_up():
            for stats in self.stats().values():
                if sum(map(lacking, stats["sessions"].values())) != stats["missed"]:
                    return False
            return True

        self.until(adds_up)
        all_stats = self.stats()
        for name, stats in all_stats.items():
            for sender in self.nodes:
                each = stats["sessions"][self.session[sender]]
                check(each["count"] == each["unique"], name, stats)
                check(each["highest"] == self.sent[sender], name, stats)
        return all_stats

    def call_all(self, timeout, tries):
        """Each host calls a service of each other and of Python peers. Returns how many calls there were."""
        for node in self.nodes:
            node.ask("serve", name=f"/of/{node.name}")
        n_calls = 0
        for caller in self.nodes:
            for server in self.nodes:
                for params in ("\u00e9", [1, {"a": None}]):
                    answer = caller.ask("call", name=f"/of/{server.name}", params=params,
                                        timeout=timeout, tries=tries)
                    check(answer.get("value") == [server.name, params], answer)
                    n_calls += 1
        return n_calls

    def call_python(self, timeout, tries):
        for client, host, name in (("S", "h3", "/python/S"), ("T", "h1", "/python/T")):
            server = Script(host, "--client", client, "serve", "--echo", name)
            for caller in self.nodes:
                answer = caller.ask("call", name=name, params=[host], timeout=timeout, tries=tries)
                check(answer.get("value") == [host], answer)
            server.stop()

        for client, host in (("S", "h2"), ("T", "h3")):
            for _ in range(tries):
                command = ["ip", "netns", "exec", host, sys.executable, PEER, "--client", client, "call",
                           "/of/h1", "[1]", "--expect", "reply", "--timeout", str(timeout / 1000)]
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      text=True, check=False)
                if done.returncode == 0:
                    break
            check(done.returncode == 0, done.stdout)
            check('"data": ["h1", [1]]' in done.stdout, done.stdout)

    def end(self):
        for node in self.nodes:
            check(node.close() == 0, node.name)
        for watcher in self.watchers:
            watcher.stop()

    def traffic(self):
        for _ in range(BATCHES):
            for sender in self.nodes:
                self.publish(sender, BATCH)
            for sender in self.nodes:
                self.catch_up(sender)

    def all_of(self, name):
        return sum(stats["dropped"].get(name, 0) for stats in self.stats().values())


# The scenarios, as they run between the hosts.

def good(net):
    net.traffic()
    for stats in net.check_numbers().values():
        check(stats["missed"] == 0 and stats["dropped"] == {}, stats)
        check(all(each["ordered"] for each in stats["sessions"].values()), stats)
    n_calls = net.call_all(TIMEOUT * 1000, 1)
    check(sum(stats["served"] for stats in net.stats().values()) == n_calls)
    net.call_python(TIMEOUT * 1000, 1)


def loss(net):
    net.traffic()
    all_stats = net.check_numbers()
    # The own host loses nothing.
    for node in net.nodes:
        own = all_stats[node.name]["sessions"][net.session[node]]
        check(own["count"] == net.sent[node], own)
        check(all_stats[node.name]["missed"] == all_stats[node.name]["dropped"]["missed"], all_stats)
    check(sum(stats["missed"] for stats in all_stats.values()) > 0)
    net.call_all(1000, 20)
    net.call_python(1000, 20)


def duplication(net):
    net.traffic()
    for stats in net.check_numbers().values():
        check(stats["missed"] == 0 and set(stats["dropped"]) == {"duplicate"}, stats)
    n_calls = net.call_all(TIMEOUT * 1000, 1)
    # A request that comes twice is served once.
    check(sum(stats["served"] for stats in net.stats().values()) == n_calls)
    net.call_python(TIMEOUT * 1000, 1)


def heard_all(net, stats):
    count = sum(each["unique"] for each in stats["sessions"].values())
    return count == sum(net.sent.values()) and stats["missed"] == 0


def jitter(net):
    for _ in range(BATCHES):
        for sender in net.nodes:
            net.publish(sender, BATCH)
        # Nothing is lost, so whatever is late comes: then nothing is missed any more.
        net.until(lambda: all(heard_all(net, stats) for stats in net.stats().values()))
    all_stats = net.check_numbers()
    check(not all(each["ordered"] for stats in all_stats.values()
                  for each in stats["sessions"].values()))
    check(all("duplicate" not in stats["dropped"] for stats in all_stats.values()), all_stats)
    net.call_all(TIMEOUT * 1000, 1)
    net.call_python(TIMEOUT * 1000, 1)


def everything(net):
    net.traffic()
    net.check_numbers()
    check(net.all_of("duplicate") > 0 and net.all_of("missed") > 0)
    net.call_all(1000, 20)


def partition(net):
    first, second, third = net.nodes
    net.traffic()
    first.ask("serve", name="/cut")
    check(second.ask("call", name="/cut", params=1)["value"] == ["h1", 1])
    subprocess.run(["ip", "link", "set", "port1", "down"], check=True)
    for sender in net.nodes:
        net.publish(sender, 40)
    net.catch_up(second, [second, third])
    net.catch_up(third, [second, third])
    check("error" in second.ask("call", name="/cut", params=1, timeout=100))
    check(first.ask("call", name="/cut", params=1)["value"] == ["h1", 1])

    subprocess.run(["ip", "link", "set", "port1", "up"], check=True)
    for sender in net.nodes:
        net.catch_up(sender)
    all_stats = net.check_numbers()
    for receiver in net.nodes:
        for sender in net.nodes:
            each = all_stats[receiver.name]["sessions"][net.session[sender]]
            missed = lacking(each)
            if (receiver is first) == (sender is first):
                check(missed == 0, receiver.name, sender.name, all_stats)
            else:
                check(missed >= 40, receiver.name, sender.name, all_stats)
    for caller in net.nodes:
        check(caller.ask("call", name="/cut", params=2, timeout=1000, tries=20)["value"] == ["h1", 2])


def presence(net):
    first, second, third = net.nodes

    def see(watcher, names):
        return [name for name, _ in watcher.ask("peers")["peers"]] == names

    def all_see_all():
        return all(see(node, ["h1", "h2", "h3"]) for node in net.nodes)

    net.until(all_see_all)
    before = [node.ask("peers") for node in net.nodes]
    subprocess.run(["ip", "link", "set", "port1", "down"], check=True)
    net.until(lambda: see(first, ["h1"]) and see(second, ["h2", "h3"]) and see(third, ["h2", "h3"]))
    subprocess.run(["ip", "link", "set", "port1", "up"], check=True)
    net.until(all_see_all)
    check([node.ask("peers") for node in net.nodes] == before)

    # Started again, it has the same name, and is another one.
    again = Node("h1", ["ip", "netns", "exec", "h1"])
    net.until(lambda: see(second, ["h1", "h1", "h2", "h3"]))
    sessions = {session for name, session in second.ask("peers")["peers"] if name == "h1"}
    old = {session for name, session in before[1]["peers"] if name == "h1"}
    check(len(sessions) == 2 and old < sessions, sessions, old)
    again.close()
    net.until(all_see_all)
    check(second.ask("peers") == before[1])


SCENARIOS = {each.__name__: each
             for each in (good, loss, duplication, jitter, everything, partition, presence)}


def run_scenario(name):
    net = Net()
    net.start()
    SCENARIOS[name](net)
    net.end()


def make_bridge():
    """Makes the hosts h1 … h3, each with its eth0 on a port of a bridge: port1 … port3."""
    def ip(line):
        subprocess.run(["ip", *line.split()], check=True)

    os.makedirs("/run/netns", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "hosts", "/run/netns"], check=True)
    ip("link add hub type bridge mcast_snooping 0")
    ip("link set hub up")
    for number in (1, 2, 3):
        host = f"h{number}"
        ip(f"netns add {host}")
        ip(f"link add port{number} type veth peer name eth0 netns {host}")
        ip(f"link set port{number} master hub up")
        ip(f"-n {host} addr add 10.77.0.{number}/24 dev eth0")
        ip(f"-n {host} link set lo up")
        ip(f"-n {host} link set eth0 up")
        ip(f"-n {host} route add 224.0.0.0/4 dev eth0")


def may_make_hosts():
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError:
        return False
    return os.geteuid() == 0 and all(shutil.which(tool) for tool in ("ip", "unshare", "mount"))


@unittest.skipUnless(may_make_hosts(), "hosts need root, /dev/net/tun, iproute2 and util-linux")
class Hosts(unittest.TestCase):
    def run_in_hosts(self, scenario, *faults):
        command = ["unshare", "-nm", NETSIM, "-n", "3", *faults, sys.executable, __file__, scenario]
        self.run_command(command)

    def run_command(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_good_network(self):
        self.run_in_hosts("good")

    def test_a_tenth_is_lost(self):
        self.run_in_hosts("loss", "--loss", ".1")

    def test_a_fifth_comes_twice(self):
        self.run_in_hosts("duplication", "--dup", ".2")

    def test_delay_and_jitter(self):
        self.run_in_hosts("jitter", "--delay", ".005", "--jitter", ".02")

    def test_everything_at_once(self):
        self.run_in_hosts("everything", "--loss", ".1", "--dup", ".2", "--delay", ".002", "--jitter", ".005")

    def test_a_network_that_breaks_in_two_and_heals(self):
        self.run_command(["unshare", "-nm", sys.executable, __file__, "bridge", "partition"])

    def test_who_is_there_when_a_network_breaks_in_two_and_heals(self):
        self.run_command(["unshare", "-nm", sys.executable, __file__, "bridge", "presence"])


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if sys.argv[1:2] == ["bridge"]:
        make_bridge()
        run_scenario(sys.argv[2])
    elif sys.argv[1:] and sys.argv[1] in SCENARIOS:
        run_scenario(sys.argv[1])
    else:
        support.main()


if __name__ == "__main__":
    main()
