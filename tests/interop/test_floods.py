#!/usr/bin/python3
# test_floods.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ten thousand datagrams a second of each kind that is rejected, and of those that are meant to fill memory.

The victim is a process of its own, whose memory is limited to little more than what it had before. Each datagram is
counted, under its name or as lost in the system; honest messages arrive, or are counted as missed; and calls are
answered. Warnings abort the victim, so its being there at the end is part of the test.
"""

import os
import resource
import socket
import sys
import time
import unittest

import support
from support import packet
from test_hostile import tagged

GROUP = ("228.0.0.5", 8005)
RATE = 10000
COUNT = 3000
BURST = 50
HONEST = 50
# What a flood may add, and what the victim may have at all beyond what it had in the beginning: resident, and mapped.
GROWTH = 24 << 20
MAPPED = 512 << 20
PASSPHRASE = "the flood"


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def mapped(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


class Case(unittest.TestCase):
    passphrase = None

    def setUp(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        self.addCleanup(self.socket.close)
        self.victim = self.node("victim")
        self.honest = self.node("honest")
        for pattern in ("/honest", "/wanted", "/all/.*", "/slow/(a*)*b"):
            self.victim.ask("subscribe", pattern=pattern)
        self.victim.ask("subscribe", pattern="/strict", schema={"type": "object"})
        self.victim.ask("serve", name="/service")
        self.honest.ask("serve", name="/honest/service")
        self.assertIn("value", self.victim.ask("call", name="/honest/service", params=0, timeout=2000, tries=5))
        self.published = 0
        pid = self.victim.process.pid
        resource.prlimit(pid, resource.RLIMIT_AS, (mapped(pid) + MAPPED,) * 2)

    def node(self, name):
        node = support.Node(name, passphrase=self.passphrase)
        self.addCleanup(node.close)
        return node

    def settle(self):
        """Publishes until the victim has heard the last, as only then it is known what was lost. Returns its stats."""
        end = time.monotonic() + support.TIMEOUT
        while True:
            self.published = self.honest.ask("publish", topic="/honest")["sent"]
            pause = time.monotonic() + 0.5
            while time.monotonic() < pause:
                stats = self.victim.ask("stats", pattern="/honest")
                if any(each["highest"] == self.published for each in stats["sessions"].values()):
                    return stats
                time.sleep(0.001)
            self.assertLess(time.monotonic(), end, "the victim hears nothing any more")

    def flood(self, make, count=COUNT, rate=RATE):
        """Sends what make(number) gives for each number, and honest messages in between, without a pause for these."""
        begin = time.monotonic()
        asked = 0
        for number in range(count):
            self.socket.sendto(make(number), GROUP)
            if number % BURST == BURST - 1:
                if number * HONEST // count > asked:
                    asked += 1
                    self.honest.ask("publish", topic="/honest")
                while time.monotonic() < begin + number / rate:
                    time.sleep(0.0005)

    def check(self, name, reasons, make, count=COUNT):
        """Floods with datagrams that are to be dropped for one of the reasons; None: or simply of no concern."""
        with self.subTest(name):
            self.flood(make, count // 10)              # whatever it leaves once
            first = self.settle()
            before = resident(self.victim.process.pid)
            self.flood(lambda number: make(number + count // 10), count)
            last = self.settle()
            growth = resident(self.victim.process.pid) - before
            dropped = {reason: last["dropped"].get(reason, 0) - first["dropped"].get(reason, 0)
                       for reason in {*last["dropped"], *first["dropped"]}}
            lost = dropped.pop("kernel", 0)
            missed = dropped.pop("missed", 0)
            if None not in reasons:
                # What the system lost may have been honest.
                seen = sum(dropped.get(reason, 0) for reason in reasons)
                # So may what there was no time to decrypt.
                self.assertLessEqual(seen, count + (2 * HONEST if "cipher-busy" in reasons else 0))
                self.assertGreaterEqual(seen + lost, count)
            unasked = {reason: number for reason, number in dropped.items() if number and reason not in reasons}
            self.assertEqual(unasked, {})
            self.assertLess(growth, GROWTH)
            received = sum(each["unique"] for each in last["sessions"].values())
            self.assertEqual(received + last["missed"], self.published)
            self.assertIn("value", self.victim.ask("call", name="/honest/service", params=1, timeout=2000, tries=5))
            self.assertIn("value", self.honest.ask("call", name="/service", params=2, timeout=2000, tries=5))
            print(f"{name}: {dropped}, lost {lost}, missed {missed}, {growth >> 10} KiB more", file=sys.stderr)


class Plain(Case):
    def test_floods(self):
        self.settle()
        good = packet("/wanted", "1")
        deep = packet("/wanted", "[" * 200)
        again = tagged("/wanted", "1", 0xabc, 1)
        kinds = {
            "what is no JSON": ({"not-json"}, lambda number: b"%d is no packet" % number),
            "what is cut off": ({"not-json"}, lambda number: good[:1 + number % (len(good) - 1)]),
            "what is too deep": ({"too-deep"}, lambda number: b"[" * 1400),
            "what is no packet": ({"not-packet"}, lambda number: b'{"header":{"topic":%d},"data":"1"}' % number),
            "data that is no JSON": ({"data-not-json"}, lambda number: packet("/wanted", f"{number},")),
            "data that is too deep": ({"too-deep"}, lambda number: deep),
            "data that breaks the schema": ({"schema"}, lambda number: packet("/strict", str(number))),
            "ciphertext": ({"no-key"}, lambda number: packet("/wanted", "x", extra={"gpg": str(number)})),
            "requests without id": ({"no-id"}, lambda number: b'{"header":{"topic":"/service/__request__"},"data":"1"}'),
            "one message again": ({"duplicate"}, lambda number: again),
            "nothing": ({None}, lambda number: b""),
            "blanks": ({None}, lambda number: b"\n" * (number % 100)),
            "forged replies": ({None}, lambda number: packet("/honest/service/__reply__", "1", idstr=f"{number}")),
            "forged errors": ({None}, lambda number: packet("/honest/service/__error__", '"no"', idstr=f"{number}")),
            "topics nobody wants": ({None}, lambda number: packet(f"/unwanted/{number}", "1")),
            "topics": ({None}, lambda number: tagged(f"/all/{number}", "1", 1, 1)),
            "long topics": ({None}, lambda number: packet("/all/" + "x" * 1200 + str(number), "1")),
            "senders": ({None}, lambda number: tagged("/wanted", "1", number + 1, 1, author=f"author {number}")),
            "requests": ({"inbox-full", None}, lambda number: packet("/service/__request__", "1", idstr=f"{number}")),
        }
        for name, (reasons, make) in kinds.items():
            self.check(name, reasons, make)
        self.check("oversize datagrams", {"not-json"}, lambda number: b"x" * 60000, 500)
        self.check("topics that are slow to match", {"limit", None}, lambda number: packet(f"/slow/{'a' * 500}{number}", "1"),
                   1000)

    def test_what_is_changed_on_the_way(self):
        self.settle()
        good = packet("/wanted", '{"a": [1, "\\u00e9", null]}')
        reasons = {"not-json", "not-packet", "data-not-json", "no-key", "duplicate", "too-deep", None}

        def change(number):
            changed = bytearray(good)
            changed[number * 7 % len(good)] ^= 1 << number % 8
            return bytes(changed)

        self.check("changed packets", reasons, change)


class Secret(Case):
    passphrase = PASSPHRASE

    def test_floods(self):
        self.settle()
        heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(heard.close)
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        heard.bind(GROUP)
        heard.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         socket.inet_aton(GROUP[0]) + socket.inet_aton("127.0.0.1"))
        heard.settimeout(support.TIMEOUT)
        self.honest.ask("publish", topic="/wanted")
        while b'"/wanted"' not in (sealed := heard.recv(65536)):
            pass
        moved = sealed.replace(b'"/wanted"', b'"/all/it"')
        busy = {"cipher-busy", "cipher-failed", "wrong-key", "duplicate"}
        kinds = {
            "plaintext": ({"plaintext"}, lambda number: packet("/wanted", str(number))),
            "recorded messages": (busy | {"replay"}, lambda number: sealed),
            "moved messages": (busy | {"forged"}, lambda number: moved),
            "what is no ciphertext": (busy | {"data-not-json"}, lambda number: packet("/wanted", f"{number}", extra={"gpg": ""})),
        }
        for name, (reasons, make) in kinds.items():
            self.check(name, reasons, make)


if __name__ == "__main__":
    support.main()
