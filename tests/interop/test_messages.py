#!/usr/bin/python3
# test_messages.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages between the library and the two kinds of Python clients, both ways."""

import json
import math
import unittest

import support
from support import GLib, Inbox, Minibus, schema

CLIENTS = ("S", "T")

VALUES = [
    None, True, False, 0, -1, 1, 2 ** 31, -2 ** 63, 2 ** 63 - 1, 0.5, -1.5, 1e-9, 1.25e20,
    "", "hello", "null", "\"5\"", "h\u00e9llo \u65e5\u672c \U0001f600", "a\"b\\c/d\te\nf\rg\bh\fi\x01j\x7f",
    "\u2028\u2029\ufeff\uffff", [], {}, [[]], [None, [True, {"a": [1, 2]}]], {"": "", "a/b": {"\n": [0.5]}},
    {"\u00e9\U0001f600": "\u00e9"}, [[[[[[[[[[1]]]]]]]]]], "x" * 900,
]

TOPICS = ["/chatter", "plain", "/a/b/c", "/caf\u00e9/\U0001f600", "/sp ace",
          "/quote\"back\\slash", "/tab\there", "/nl\nhere",
          "/a.b*c+d?(e)[f]{g}|h^i$j", "/" + "x" * 300, "/\x01\x7f", "//", "/"]


def escaped(text):
    """Returns a pattern that matches this text only, in Python as well as in the library."""
    special = set(".*+?()[]{}|^$\\")
    return "".join("\\" + each if each in special else each for each in text)


class FromTheLibrary(support.TestCase):
    """The library publishes, both kinds of Python clients and the library itself listen."""

    def setUp(self):
        super().setUp()
        self.lib = self.client("lib")
        self.peers = [self.peer("peer-" + kind, kind) for kind in CLIENTS]

    def listen(self, pattern):
        """Returns the lists of messages of the peers, and the own inbox."""
        heard = []
        for peer in self.peers:
            heard.append([])
            peer.subscribe(pattern, heard[-1].append)
        return heard, Inbox(self.lib, pattern)

    def test_every_kind_of_value_arrives_as_it_was_sent(self):
        heard, own = self.listen("/values")
        publisher = self.lib.create_publisher("/values", None)
        for value in VALUES:
            publisher.publish_text(json.dumps(value))
        self.wait(lambda: all(len(each) == len(VALUES) for each in (*heard, own)))
        for each in heard:
            self.assertEqual([message.data for message in each], VALUES)
            self.assertEqual({message.author for message in each}, {"lib"})
            self.assertEqual(len({message.idstr for message in each}), len(VALUES))
        self.assertEqual(own.values(), VALUES)

    def test_nodes_arrive_as_texts_do(self):
        heard, own = self.listen("/nodes")
        publisher = self.lib.create_publisher("/nodes", None)
        for value in VALUES:
            publisher.publish(Minibus.json_from_text(json.dumps(value)))
        publisher.publish(None)
        self.wait(lambda: all(len(each) == len(VALUES) + 1 for each in (*heard, own)))
        for each in heard:
            self.assertEqual([message.data for message in each], [*VALUES, None])

    def test_numbers_keep_their_value(self):
        texts = ["18446744073709551615", "-9223372036854775808", "9223372036854775808", "0.1",
                 "3.141592653589793", "1e300", "5e-324", "1.7976931348623157e308", "1E2", "-0.0", "0.0"]
        heard, own = self.listen("/numbers")
        publisher = self.lib.create_publisher("/numbers", None)
        for text in texts:
            publisher.publish_text(text)
        self.wait(lambda: all(len(each) == len(texts) for each in (*heard, own)))
        for each in heard:
            for text, message in zip(texts, each):
                self.assertTrue(math.isclose(message.data, json.loads(text), rel_tol=1e-15), text)
            self.assertEqual(each[0].data, 2 ** 64 - 1)
        self.assertEqual(own.values(), [json.loads(text) for text in texts])

    def test_every_topic_is_carried(self):
        for topic in TOPICS:
            heard, own = self.listen(escaped(topic))
            self.lib.create_publisher(topic, None).publish_text("1")
            self.wait(lambda: all(len(each) == 1 for each in (*heard, own)), repr(topic))
            for messages in heard:
                self.assertEqual(messages[0].topic, topic)
            self.assertEqual(own.topics(), [topic])

    def test_order_of_a_sender_is_kept(self):
        # Fewer than a Python client's receive buffer holds.
        heard, own = self.listen("/order/.")
        publishers = [self.lib.create_publisher(f"/order/{each}", None) for each in range(2)]
        for number in range(100):
            publishers[number % 2].publish_text(str(number))
        self.wait(lambda: all(len(each) == 100 for each in (*heard, own)))
        for each in heard:
            self.assertEqual([message.data for message in each], list(range(100)))
        self.assertEqual(own.values(), list(range(100)))

    def test_the_largest_packet_has_1472_bytes(self):
        heard, own = self.listen("/large")
        publisher = self.lib.create_publisher("/large", None)
        publisher.publish_text('""')
        self.wait(lambda: heard[0])
        overhead = len(heard[0][0].datagram)
        publisher.publish_text(json.dumps("x" * (1472 - overhead)))
        self.wait(lambda: all(len(each) == 2 for each in (*heard, own)))
        self.assertEqual({len(each[1].datagram) for each in heard}, {1472})

        message = self.assert_error(Minibus.client_error_quark(), Minibus.ClientError.TOO_LARGE,
                                    publisher.publish_text, json.dumps("x" * (1473 - overhead)))
        self.assertIn("1473", message)
        publisher.publish_text('"end"')
        self.wait(lambda: all(len(each) == 3 for each in (*heard, own)))
        # What was refused has no number, so nobody misses it.
        self.assertEqual([message.get_sequence() for message in own.messages], [1, 2, 3])

    def test_escapes_count_in_the_size(self):
        heard, _ = self.listen("/escapes")
        publisher = self.lib.create_publisher("/escapes", None)
        sent = 0
        for length in range(0, 1400, 50):
            try:
                publisher.publish_text(json.dumps("\"\\\n\u00e9" * (length // 4), ensure_ascii=False))
                sent += 1
            except GLib.Error as error:
                self.assertTrue(error.matches(Minibus.client_error_quark(), Minibus.ClientError.TOO_LARGE))
        self.wait(lambda: all(len(each) == sent for each in heard))
        self.assertLessEqual(max(len(message.datagram) for message in heard[0]), 1472)
        self.assertGreater(sent, 3)

    def test_what_python_cannot_take_is_refused(self):
        heard, _ = self.listen("/refused")
        publisher = self.lib.create_publisher("/refused", None)
        for text in ("", "NaN", "Infinity", "1e400", "18446744073709551616", "-9223372036854775809", "'a'",
                     '{"a":1,"a":2}', "[1,]", "1 2", "[" * 100 + "]" * 100, '"\\ud800"', '"\n"'):
            with self.assertRaises(GLib.Error, msg=text):
                publisher.publish_text(text)
        publisher.publish_text('"end"')
        self.wait(lambda: all(each for each in heard))
        self.assertEqual([[message.data for message in each] for each in heard], [["end"]] * 2)

    def test_the_raised_limit_is_for_those_who_can_take_it(self):
        self.peers[0].close()
        self.watcher.limit = 8192
        self.sender.limit = 8192
        self.lib.set_max_packet_size(8192)
        heard, own = self.listen("/larger")
        publisher = self.lib.create_publisher("/larger", None)
        publisher.publish_text('""')
        self.wait(lambda: heard[1])
        publisher.publish_text(json.dumps("x" * (8192 - len(heard[1][0].datagram))))
        self.wait(lambda: len(heard[1]) == 2 and len(own) == 2)
        self.assertEqual(len(heard[1][1].datagram), 8192)

    def test_values_that_break_a_schema_are_not_sent(self):
        heard, _ = self.listen("/s1")
        publisher = self.lib.create_publisher("/s1", schema({"type": "integer"}))
        self.assert_error(Minibus.schema_error_quark(), Minibus.SchemaError.VIOLATION,
                          publisher.publish_text, '"x"')
        Inbox(self.lib, "/s.", schema({"maximum": 5}))
        self.assert_error(Minibus.schema_error_quark(), Minibus.SchemaError.VIOLATION,
                          publisher.publish_text, "6")
        publisher.publish_text("5")
        self.wait(lambda: all(each for each in heard))
        self.assertEqual([[message.data for message in each] for each in heard], [[5]] * 2)


class ToTheLibrary(support.TestCase):
    """Python clients publish, the library listens."""

    def setUp(self):
        super().setUp()
        self.lib = self.client("lib")
        self.peers = [self.peer("peer-" + kind, kind) for kind in CLIENTS]

    def publish(self, topic, values):
        for peer in self.peers:
            peer.publisher(topic)
            for value in values:
                peer.publish(topic, value)

    def test_every_kind_of_value_arrives_as_it_was_sent(self):
        inbox = Inbox(self.lib, "/values")
        self.publish("/values", VALUES)
        self.wait(lambda: len(inbox) == len(VALUES) * len(self.peers))
        for peer in self.peers:
            values = [json.loads(message.get_text()) for message in inbox.messages
                      if message.get_author() == peer.name]
            # The original writes ten decimals.
            self.assertEqual(values, VALUES)
        self.assertEqual(support.dropped(self.lib), {})

    def test_what_a_message_tells(self):
        inbox = Inbox(self.lib, "/tell")
        before = GLib.get_real_time()
        self.peers[0].publish("/tell", {"a": 1}, idstr="some id", extra={"x": [1], "y": "\u00e9"})
        self.wait(lambda: len(inbox) == 1)
        message = inbox.messages[0]
        self.assertEqual(message.get_topic(), "/tell")
        self.assertEqual(message.get_author(), "peer-S")
        self.assertEqual(message.get_id(), "some id")
        self.assertEqual(json.loads(message.get_text()), {"a": 1})
        self.assertEqual(message.get_sequence(), 0)
        self.assertIsNone(message.get_session())
        self.assertLessEqual(before, message.get_received_at())
        header = json.loads(Minibus.json_to_text(message.get_header()))
        self.assertEqual({name: header[name] for name in ("x", "y")}, {"x": [1], "y": "\u00e9"})

    def test_uint64_keeps_its_digits_in_the_text(self):
        inbox = Inbox(self.lib, "/uint64")
        self.publish("/uint64", [2 ** 64 - 1, [2 ** 63]])
        self.wait(lambda: len(inbox) == 4)
        self.assertEqual(inbox.texts(), ["18446744073709551615", "[9223372036854775808]"] * 2)

    def test_every_topic_is_carried(self):
        for topic in TOPICS:
            inbox = Inbox(self.lib, escaped(topic))
            for peer in self.peers:
                peer.publish(topic, 1)
            self.wait(lambda: len(inbox) == 2, repr(topic))
            self.assertEqual(inbox.topics(), [topic] * 2)

    def test_the_empty_topic_is_one(self):
        inbox = Inbox(self.lib, ".*")
        self.peers[0].publish("", 1)
        self.wait(lambda: len(inbox) == 1)
        self.assertEqual(inbox.topics(), [""])

    def test_a_message_without_author_and_id(self):
        inbox = Inbox(self.lib, "/bare")
        self.sender.send(b'{"header":{"topic":"/bare"},"data":"[1, 2]"}')
        self.sender.send(b' \r\n{"data":"1","header":{"topic":"\\/bare"}}\n\n')
        self.sender.send('{"data":"\\"\u00e9\\"","header":{"topic":"/bare"}}'.encode())
        self.wait(lambda: len(inbox) == 3)
        self.assertEqual(inbox.values(), [[1, 2], 1, "\u00e9"])
        self.assertEqual([message.get_author() for message in inbox.messages], [None] * 3)
        self.assertEqual([message.get_id() for message in inbox.messages], [None] * 3)

    def test_patterns(self):
        patterns = {"/a/.*": ["/a/b", "/a/"], "/a|/plain": ["/plain"], "^/a/b$": ["/a/b"], "/[0-9]": ["/1"],
                    ".*": ["/a/b", "/a/", "/ax", "/plain", "/1", "/plain/x", "plain"]}
        inboxes = {pattern: Inbox(self.lib, pattern) for pattern in patterns}
        again = Inbox(self.lib, "/a/.*")
        for topic in patterns[".*"]:
            self.peers[1].publish(topic, topic)
        self.wait(lambda: len(inboxes[".*"]) == 7)
        self.wait(lambda: all(len(inbox) == len(patterns[pattern]) for pattern, inbox in inboxes.items()))
        for pattern, inbox in inboxes.items():
            self.assertEqual(inbox.topics(), patterns[pattern], pattern)
            self.assertEqual(inbox.values(), patterns[pattern], pattern)
        self.assertEqual(again.topics(), patterns["/a/.*"])

    def test_data_that_is_json_in_a_string_stays_a_string(self):
        # In the original the second of two patterns gets the number 5.
        inboxes = [Inbox(self.lib, pattern) for pattern in ("/twice", "/twic.", "/t.*")]
        self.peers[0].publish("/twice", "5")
        self.wait(lambda: all(len(inbox) == 1 for inbox in inboxes))
        self.assertEqual([inbox.values() for inbox in inboxes], [["5"]] * 3)

    def test_unsubscribing_ends_delivery(self):
        inbox = Inbox(self.lib, "/gone")
        others = Inbox(self.lib, "/gon.")
        self.peers[0].publish("/gone", 1)
        self.wait(lambda: len(inbox) == 1 and len(others) == 1)
        self.lib.unsubscribe(inbox.subscriber)
        self.peers[0].publish("/gone", 2)
        self.wait(lambda: len(others) == 2)
        self.assertEqual(inbox.values(), [1])

    def test_order_of_a_sender_is_kept(self):
        inbox = Inbox(self.lib, "/order/.")
        for number in range(2000):
            self.peers[number // 10 % 2].publish(f"/order/{number % 3}", number)
            if number % 100 == 99:
                self.wait(lambda: len(inbox) == number + 1)
        self.assertEqual(inbox.values(), list(range(2000)))

    def test_messages_that_break_the_schema_are_dropped_and_counted(self):
        strict = Inbox(self.lib, "/strict", schema({"type": "integer"}))
        other = Inbox(self.lib, "/stric.")
        for value in (1, "x", None, 2):
            self.peers[0].publish("/strict", value)
        self.wait(lambda: len(strict) == 2 and len(other) == 4)
        self.assertEqual(strict.values(), [1, 2])
        self.assertEqual(support.dropped(self.lib), {"schema": 2})

    def test_one_pattern_has_one_schema(self):
        Inbox(self.lib, "/one", schema({"type": "integer"}))
        Inbox(self.lib, "^/one$", schema({"type": "integer"}))
        self.assert_error(Minibus.client_error_quark(), Minibus.ClientError.SCHEMA_CONFLICT,
                          self.lib.subscribe, "/one", schema({"type": "string"}))


if __name__ == "__main__":
    support.main()
