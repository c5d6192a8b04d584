#!/usr/bin/python3
# test_hostile.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Datagrams that kill or confuse: each is counted under its reason, and honest traffic goes on."""

import json
import os
import random

import support
from support import CALL_TIMEOUT, Inbox, Minibus, dropped, packet

LARGEST = 65507


def tagged(topic, text, session, sequence, idstr="i", author="forger", **members):
    """Returns a packet with the tag of a libminibus peer."""
    hash = 0x811c9dc5
    for byte in topic.encode():
        hash = (hash ^ byte) * 0x01000193 & 0xffffffff
    tag = {"t": f"{hash:08x}", "s": f"{session:016x}", "n": f"{sequence:012x}", **members}
    return packet(topic, text, author, idstr, {"mb": tag})


def resident():
    """Returns how many bytes of memory this process holds."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Hostile(support.TestCase):
    def setUp(self):
        super().setUp()
        self.watcher.killers = []
        self.lib = self.client("lib")
        self.honest = self.peer("honest", "T", receive_buffer=support.WATCHER_BUFFER)
        self.wanted = Inbox(self.lib, "/wanted")
        self.everything = Inbox(self.lib, "/all/.*")
        self.service = self.lib.create_service("/service", None, None)
        self.served = 0
        self.service.connect("request", self.serve)
        self.n_checks = 0

    def serve(self, _, request):
        self.served += 1
        return request.return_text(request.get_params_text())

    def check_alive(self):
        """Fails unless messages and calls still pass, both ways. Returns when all before has been seen."""
        self.n_checks += 1
        inbox = Inbox(self.lib, f"/alive/{self.n_checks}")
        self.honest.publish(f"/alive/{self.n_checks}", "\u00e9")
        self.wait(lambda: len(inbox) == 1)
        self.lib.unsubscribe(inbox.subscriber)
        answers = []
        self.honest.service_client("/service").request(self.n_checks, answers.append)
        self.wait(lambda: answers)
        self.assertEqual([(answer.kind, answer.data) for answer in answers], [("reply", self.n_checks)])
        self.lib.call_text_sync("/__minibus__/honest/__pid__", "null", CALL_TIMEOUT, None)

    def check_dropped(self, reason, datagrams):
        """Fails unless each of the datagrams is dropped for this reason alone."""
        for datagram in datagrams:
            before = dropped(self.lib)
            self.send(datagram)
            self.check_alive()
            after = dropped(self.lib)
            changes = {each: after[each] - before.get(each, 0)
                       for each in after if after[each] != before.get(each)}
            self.assertEqual(changes, {reason: 1}, datagram[:100])
        self.assertEqual((len(self.wanted), len(self.everything)), (0, 0))

    def test_what_is_no_json(self):
        good = packet("/wanted", "1")
        self.check_dropped("not-json", [
            b"x", b"{", b"}", b"\0", b"\xff", b"\xef\xbb\xbf" + good, good + b"\0", good + b"x", good + good,
            good + b" " + good, good[:-1], good[1:], good.replace(b'"data"', b"'data'"),
            good.replace(b"interop", b"inter\xffop"), good.replace(b"interop", b"inter\xc0\x80op"),
            good.replace(b"interop", b"inter\xed\xa0\x80op"), good.replace(b"interop", b"inter\nop"),
            good.replace(b"interop", b"inter\\xop"), good.replace(b"interop", b"inter\\ud800op"),
            good[:-1] + b",}", b"NaN", b"01", b".5", b"-", b'"', b"{/**/}", b"nul", os.urandom(1400),
            b'{"header":{"topic":"/wanted","x":NaN},"data":"1"}',
            b'{"header":{"topic":"/wanted","x":1e},"data":"1"}',
            b'{"header":{"topic":"/wanted"},"data":"\\q"}',
        ])

    def test_what_is_json_but_no_packet(self):
        self.check_dropped("not-packet", [
            b"1", b"null", b"[]", b"{}", b'"x"', b"true", b"-1.5e3", b'{"header":{"topic":"/wanted"}}',
            b'{"data":"1"}', b'{"header":{},"data":"1"}', b'{"header":[],"data":"1"}',
            b'{"header":null,"data":"1"}', b'{"header":{"topic":1},"data":"1"}',
            b'{"header":{"topic":null},"data":"1"}', b'{"header":{"topic":"/wanted"},"data":1}',
            b'{"header":{"topic":"/wanted"},"data":null}', b'{"header":{"topic":"/wanted"},"data":{}}',
            b'{"header":{"topic":"/wanted","author":1},"data":"1"}',
            b'{"header":{"topic":"/wanted","idstr":null},"data":"1"}',
            b'{"header":{"topic":"/wanted","gpg":true},"data":"1"}',
            b'{"header":{"topic":"/wanted","version":"0.3.1"},"data":"1"}',
            b'{"header":{"topic":"/wanted","version":"0.4.0"},"data":"1"}',
            b'{"header":{"topic":"/wanted","version":3},"data":"1"}',
            b'{"header":{"topic":"/wanted"},"data":"1","more":1}',
            b'{"Header":{"topic":"/wanted"},"data":"1"}',
            # Python takes the last of the members of one name. No peer sends several.
            b'{"header":{"topic":"/x","topic":"/wanted"},"data":"1"}',
            b'{"header":{"topic":"/wanted"},"data":"1","data":"1"}',
            b'{"header":{"topic":"/wanted"},"header":{"topic":"/wanted"},"data":"1"}',
        ])

    def test_what_is_too_deep(self):
        self.check_dropped("too-deep", [
            b"[" * 100 + b"]" * 100, b"[" * 60000, b'{"a":' * 1000 + b"1" + b"}" * 1000,
            b'{"header":{"topic":"/wanted","x":' + b"[" * 100 + b"]" * 100 + b'},"data":"1"}',
            packet("/wanted", "[" * 100 + "]" * 100), packet("/wanted", '{"a":' * 100 + "1" + "}" * 100),
            packet("/wanted", "[" * 5000),
        ])

    def test_data_that_is_no_json(self):
        self.check_dropped("data-not-json", [
            packet("/wanted", text) for text in
            ("", " ", "x", "{", "1 2", "NaN", "Infinity", "1e400", "'a'", "[1,]", "\ufeff1",
             '"\x01"', '"\\ud800"', '{"a":1,"a":2}', "-", "01", "{} trailing")
        ])

    def test_ciphertext(self):
        self.check_dropped("no-key", [
            packet("/wanted", "jA0ECQMC" + "A" * 100 + "=abcd", extra={"gpg": "yes"}),
            packet("/wanted", "1", extra={"gpg": ""}), packet("/all/x", "x", extra={"gpg": "no"}),
        ])

    def test_services(self):
        self.check_dropped("no-id", [
            b'{"header":{"topic":"/service/__request__"},"data":"1"}',
            b'{"header":{"topic":"/__minibus__/__publishers__/__request__"},"data":"null"}',
        ])
        # These are answered with errors.
        for topic in ("/service", "/__minibus__/lib/__pid__", "/__minibus__/__listclients__"):
            self.check_dropped("data-not-json", [packet(topic + "/__request__", "x", idstr="hostile")])

    def test_what_is_harmless(self):
        for datagram in (b"", b"\n", b"\n\n\n", b" \t\r\n", b"\n" * 60000):
            self.sender.send(datagram)
        # The rest of a packet that nobody wants is not looked at.
        for text in ("x", "", "[" * 1000):
            self.send(packet("/unwanted", text))
            self.sender.send(packet("/unwanted", text, extra={"gpg": "yes"}))
        self.check_alive()
        self.assertEqual(dropped(self.lib), {})

    def test_the_largest_datagrams(self):
        empty = packet("/wanted", '""')
        for size in (1473, 1501, 8193, 60000):
            self.send(packet("/wanted", '"' + "x" * (size - len(empty)) + '"'))
            self.wait(lambda: len(self.wanted) == 1)
            self.assertEqual(len(self.wanted.values()[0]), size - len(empty))
            self.wanted.messages.clear()
        # The largest does not fit into a receive buffer of the default size, so it may be lost on the way.
        self.send(packet("/wanted", '"' + "x" * (LARGEST - len(empty)) + '"'))
        self.send(b"x" * LARGEST)
        self.send(b"[" * LARGEST)
        self.check_alive()
        self.assertLessEqual(set(dropped(self.lib)), {"not-json", "too-deep", "kernel"})

    def test_bad_tags_are_no_tags(self):
        good = {"t": "4dd60dd0", "s": "0123456789abcdef", "n": "000000000001"}
        tags = [None, 1, "x", [], {}, [good], {**good, "t": "short"}, {**good, "t": 1}, {**good, "s": None},
                {**good, "s": "0123456789abcdeg"}, {**good, "n": "-00000000001"}, {**good, "n": "1"},
                {**good, "n": 1}, {**good, "more": {"a": [1]}}, dict(sorted(good.items())),
                {**good, "s": "0" * 16}, {**good, "n": "0" * 12}, {**good, "n": "f" * 12},
                {**good, "s": "F" * 16}]
        for number, tag in enumerate(tags):
            self.sender.send(packet("/wanted", str(number), extra={"mb": tag}))
            self.sender.send(packet("/wanted", f"{number}.5", extra={"a": 1, "mb": tag, "z": 1}))
        self.check_alive()
        # They are messages all the same, but never counted as missing.
        self.assertEqual(self.wanted.values(), [each / 2 for each in range(2 * len(tags))])
        self.assertLessEqual(set(dropped(self.lib)), {"missed"})

    def test_forged_numbers_do_not_stop_honest_ones(self):
        sender = self.client("numbered")
        publisher = sender.create_publisher("/wanted", None)
        publisher.publish_text('"honest 0"')
        self.wait(lambda: len(self.wanted) == 1)
        session = int(self.wanted.messages[0].get_session(), 16)
        sent = 1
        for sequence in (3, 60, 1000, 2 ** 20, 2 ** 32, 2 ** 47, 2 ** 48 - 1):
            # The forger knows the session, and takes numbers ahead of the honest sender.
            self.sender.send(tagged("/wanted", '"forged"', session, sequence, author="numbered"))
            for _ in range(20):
                publisher.publish_text(f'"honest {sent}"')
                sent += 1
        self.check_alive()
        honest = [value for value in self.wanted.values() if value != "forged"]
        self.assertEqual(honest, [f"honest {number}" for number in range(sent)])
        self.assertEqual(dropped(self.lib).get("duplicate", 0), 0)

    def test_replayed_packets_are_dropped_and_counted(self):
        sent = []
        self.honest.subscribe("/wanted", lambda message: sent.append(message.datagram))
        sender = self.client("numbered")
        publisher = sender.create_publisher("/wanted", None)
        for number in range(30):
            publisher.publish_text(str(number))
        self.wait(lambda: len(sent) == 30 and len(self.wanted) == 30)
        for datagram in list(sent):
            self.sender.send(datagram)
        self.check_alive()
        self.assertEqual(self.wanted.values(), list(range(30)))
        self.assertEqual(dropped(self.lib), {"duplicate": 30})
        self.assertEqual(self.wanted.subscriber.get_n_missed(), 0)

    def test_noise(self):
        chance = random.Random(1)
        good = tagged("/wanted", '{"a": [1, "\\u00e9", null]}', 7, 1)
        for _ in range(60):
            for _ in range(25):
                datagram = bytearray(good)
                for _ in range(chance.randint(1, 4)):
                    datagram[chance.randrange(len(datagram))] = chance.randrange(256)
                if chance.random() < .2:
                    del datagram[chance.randint(0, len(datagram)):]
                self.send(bytes(datagram))
            self.check_alive()

    def flood(self, make, count):
        for number in range(count):
            self.sender.send(make(number))
            if number % 100 == 99:
                # The peers need time to judge; the library has to keep up anyway.
                self.honest.call("/__minibus__/lib/__pid__", None, support.TIMEOUT)

    def test_floods_take_no_memory(self):
        long_topic = "/all/" + "x" * 600
        floods = {
            "topics nobody wants": lambda number: packet(f"/flood/{number}", "1"),
            "topics": lambda number: tagged(f"/all/{number}", "1", 1, 1),
            "long topics": lambda number: packet(f"{long_topic}{number}", "1"),
            "sessions": lambda number: tagged("/wanted", "1", number + 1, 1),
            "sessions of topics": lambda number: tagged(f"/all/{number % 100}", "1", number + 1, 1),
            "authors who lose": lambda number: tagged("/wanted", "1", number // 2 + 1, number % 2 * 5 + 1,
                                                      author=f"author {number // 2}"),
            "replies": lambda number: packet("/service/__reply__", "1", idstr=f"id {number}"),
        }
        self.lib.create_service_client("/service", None, None)
        for name, make in floods.items():
            self.flood(make, 1000)         # whatever a flood leaves once
            self.check_alive()
            self.wanted.messages.clear()
            self.everything.messages.clear()
            before = resident()
            self.flood(lambda number: make(1000 + number), 2000)
            self.check_alive()
            self.wanted.messages.clear()
            self.everything.messages.clear()
            self.assertLess(resident() - before, 16 << 20, name)

    def test_a_flood_of_requests_and_of_messages_for_a_late_main_loop(self):
        self.wanted.subscriber.set_inbox_size(100)
        self.service.set_inbox_size(50)
        before = resident()
        text = json.dumps("x" * 1000)
        for number in range(1000):
            self.sender.send(packet("/wanted", text))
            self.sender.send(packet("/service/__request__", text, idstr=f"id {number}"))
            if number % 50 == 49:
                self.honest.call("/__minibus__/lib/__pid__", None, support.TIMEOUT)
        self.assertEqual(self.lib.get_dropped(Minibus.DropReason.INBOX_FULL), 900 + 950)
        self.assertLess(resident() - before, 16 << 20)
        self.wait(lambda: len(self.wanted) == 100 and self.served == 50)
        self.assertEqual(self.wanted.subscriber.get_n_dropped(), 900)
        self.check_alive()


if __name__ == "__main__":
    support.main()
