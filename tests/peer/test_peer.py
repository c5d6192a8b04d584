#!/usr/bin/python3
# test_peer.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the test peer itself: it is the yardstick, so it is measured first.

Needs a network of its own, and gives itself one.
"""

import json
import math
import os
import shutil
import socket
import subprocess
import sys
import unittest

import draft4
import private
import ujson135
from bus_peer import (CIPHERTEXT, DATA_NOT_JSON, DATA_SCHEMA, GROUP, NOT_JSON, PACKET_SCHEMA, PORT,
                      TOO_LONG, TWO_PATTERNS, ConflictError, Peer, Server, ServiceError, Watcher,
                      anchored, encode_packet)
from gpg_cipher import Cipher

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
CAPTURES = os.path.join(TESTS, "data", "wire-captures.jsonl")

OBJECT = {"list": [1, 2, 3], "name": "x", "nested": {"none": None, "ok": True}}
PUBLISHED = {
    "publish-string-socket": "hello",
    "publish-empty-string-socket": "",
    "publish-integer-socket": 42,
    "publish-negative-float-socket": -1.5,
    "publish-float-rounded-socket": 3.1415926536,
    "publish-float-tiny-socket": 0.0,
    "publish-float-huge-socket": 1e20,
    "publish-uint64-max-socket": 2 ** 64 - 1,
    "publish-object-socket": OBJECT,
    "publish-array-socket": [1, "two", None, False],
    "publish-boolean-socket": True,
    "publish-null-socket": None,
    "publish-non-ascii-socket": "h\u00e9llo w\u00f6rld \u65e5\u672c",
    "publish-emoji-socket": "\U0001f600",
    "publish-escapes-socket": "quote\" back\\ slash/ tab\t nl\n bell\a del\x7f",
    "publish-string-twisted": "hello",
    "publish-object-twisted": OBJECT,
    "publish-null-twisted": None,
    "publish-emoji-twisted": "\U0001f600",
    "publish-topic-non-ascii": 1,
    "publish-topic-no-slash": 1,
    "mbtt-pub-5": "5",
    "mbtt-pub-null": None,
}
OTHER_TOPICS = {
    "publish-topic-non-ascii": "/caf\u00e9/\U0001f600",
    "publish-topic-no-slash": "plain",
}

SERVED = {
    "service-socket": ({"x": 1}, {"x": 1}),
    "service-twisted": ({"x": 1}, {"x": 1}),
    "service-raise-socket": ("x", "refused"),
    "service-error-value-socket": ("x", {"msg": "no", "code": 7}),
    "service-noslash-socket": ("x", "x"),
}

# Service → author → what it answered.
BUILT_IN = {
    "listclients": {"node1": "node1", "caller": "caller"},
    "publishers": {"node1": ["/chatter", "/number"], "caller": []},
    "subscribers": {"node1": ["/sensor/.*"], "caller": []},
    "service_servers": {"node1": ["/svc"], "caller": []},
    "service_clients": {"node1": ["/other"], "caller": []},
    "hostname": {"node1": "vm"},
    "pid": {"node1": 25209},
}

DECRYPTED = {
    "gpg-lowcount-string": "hello",
    "gpg-lowcount-null": None,
    "gpg-lowcount-object": {"a": [1, 2, 3], "u": "\u00e9\U0001f600"},
    "gpg-lowcount-empty-object": {},
    "gpg-lowcount-service-request": "x",
    "gpg-lowcount-service-reply": "x",
}

def captures():
    with open(CAPTURES, encoding="utf-8") as lines:
        for line in lines:
            capture = json.loads(line)
            yield capture["case"], capture["datagram_utf8"].encode(), capture["note"]


def plain(topic, text="1", **header):
    """Returns the bytes of a packet with a given text as data."""
    return json.dumps({"header": {"topic": topic, **header}, "data": text}).encode()


def padded(size):
    """Returns a packet of exactly `size` bytes for /pad."""
    empty = len(encode_packet("/pad", '""', "a", "i"))
    return encode_packet("/pad", '"' + "x" * (size - empty) + '"', "a", "i")


class PeerTest(unittest.TestCase):
    def peer(self, name, kind=Peer, **options):
        """Returns a peer with a thread, which ends with the test."""
        peer = kind(name=name, **options).start()
        self.addCleanup(peer.close)
        return peer

    def collect(self, peer, pattern, schema=None):
        messages = []
        peer.subscribe(pattern, messages.append, schema)
        return messages

    def data(self, messages):
        return [message.data for message in messages]

    def settle(self, sender, *receivers):
        """Waits until the receivers have handled everything that was sent before."""
        seen = []
        for receiver in receivers:
            receiver.subscribe(r"/__settle__", lambda message, who=receiver: seen.append(who))
        sender.publish("/__settle__", None)
        for receiver in receivers:
            self.assertTrue(receiver.wait(lambda who=receiver: who in seen))
            receiver.forget("/__settle__")

    def reasons(self, peer):
        return [killer.reason for killer in peer.killers]


class TestCaptures(PeerTest):
    def expected(self, case, topic, note):
        """Returns topic, author and data of a plain capture, taken from its name and note."""
        if case in PUBLISHED:
            author = "mbtt-1" if case.startswith("mbtt") else "pub1"
            return OTHER_TOPICS.get(case, "/chatter"), author, PUBLISHED[case]
        name, _, kind = case.rpartition("-")
        author = note.split(".")[0].removeprefix(f"{kind} by ")
        if name in SERVED:
            service = "noslash" if "noslash" in name else "/echoback"
            return f"{service}/__{kind}__", author, SERVED[name][kind != "request"]
        service = name.removeprefix("builtin-").removeprefix("node1-")
        place = "node1/" if "-node1-" in case else ""
        value = None if kind == "request" else BUILT_IN[service][author]
        return f"/__minibus__/{place}__{service}__/__{kind}__", author, value

    def test_plain(self):
        """Each plain capture means what its note says, and is written again byte by byte."""
        count = 0
        for case, datagram, note in captures():
            if case.startswith("gpg-") or case == "close-socket":
                continue
            with self.subTest(case=case):
                count += 1
                packet = ujson135.decode(datagram)
                header = packet["header"]
                self.assertEqual(set(header), {"topic", "idstr", "author"})
                self.assertEqual(datagram.endswith(b"\n"), "socket client" in note or not (
                    "wisted" in note or case.startswith("mbtt")))
                value = ujson135.decode(packet["data"])
                self.assertEqual((header["topic"], header["author"], value),
                                 self.expected(case, header["topic"], note))
                self.assertIs(type(value), type(self.expected(case, header["topic"], note)[2]))

                text = ujson135.encode(value)
                trailer = b"\n" if datagram.endswith(b"\n") else b""
                written = encode_packet(header["topic"], text, header["author"], header["idstr"],
                                        trailer=trailer)
                self.assertEqual(written, datagram)
        self.assertEqual(count, 60)

    def test_harmless(self):
        """No capture silences anybody who does not want it, and none a peer that has no key but for
        the encrypted ones that it subscribes to."""
        watcher = self.peer("w", Watcher)
        indifferent, keyless = self.peer("a"), self.peer("node1")
        self.collect(keyless, "/chatter")
        encrypted = 0
        for case, datagram, _ in captures():
            watcher.handle(datagram)
            indifferent.handle(datagram)
            before = len(keyless.killers)
            keyless.handle(datagram)
            if case.startswith("gpg-"):
                self.assertEqual(ujson135.decode(datagram)["header"]["gpg"], "yes")
            wanted = case.startswith("gpg-") and "service" not in case and "reply" not in case
            encrypted += wanted
            self.assertEqual(self.reasons(keyless)[before:], [CIPHERTEXT] if wanted else [], case)
        self.assertEqual(watcher.killers, [])
        self.assertEqual(indifferent.killers, [])
        self.assertEqual(encrypted, 12)

    @unittest.skipUnless(shutil.which("gpg"), "needs gpg")
    def test_encrypted(self):
        """Who has the key reads the captures; the wrong key is a killer; plain text is accepted."""
        cipher = Cipher("secret")
        self.addCleanup(cipher.close)
        peer = self.peer("k", cipher=cipher)
        by_case = {case: datagram for case, datagram, _ in captures()}
        for case, value in DECRYPTED.items():
            with self.subTest(case=case):
                topic = ujson135.decode(by_case[case])["header"]["topic"]
                messages = self.collect(peer, topic)
                peer.handle(by_case[case])
                self.assertEqual(self.data(messages), [value])
                peer.forget(topic)
        messages = self.collect(peer, "/chatter")
        peer.handle(by_case["publish-string-socket"])
        self.assertEqual(self.data(messages), ["hello"])
        self.assertEqual(peer.killers, [])
        peer.handle(by_case["gpg-otherkey-string"])
        self.assertEqual(self.reasons(peer), [CIPHERTEXT])

    @unittest.skipUnless(shutil.which("gpg"), "needs gpg")
    def test_encrypting(self):
        """Two peers with one key talk, in the form of the original."""
        ciphers = [Cipher("secret"), Cipher("secret")]
        peers = [self.peer(f"k{index}", cipher=cipher) for index, cipher in enumerate(ciphers)]
        for cipher in ciphers:
            self.addCleanup(cipher.close)
        messages = self.collect(peers[1], "/a")
        peers[0].publish("/a", {"text": "h\u00e9"})
        self.assertTrue(peers[1].wait(lambda: messages))
        self.assertEqual(messages[0].data, {"text": "h\u00e9"})
        packet = ujson135.decode(messages[0].datagram)
        self.assertEqual(list(packet["header"]), ["topic", "gpg", "idstr", "author"])
        self.assertRegex(packet["data"], r"^jA0E[A-Za-z0-9+/]+={0,2}=[A-Za-z0-9+/]{4}$")


class TestTransport(PeerTest):
    def test_socket_options(self):
        """Both clients set the options of the original's sockets and send from port 8005."""
        for client in ("S", "T"):
            peer = self.peer("a", client=client)
            option = peer.socket.getsockopt
            self.assertEqual(option(socket.SOL_SOCKET, socket.SO_REUSEADDR), 1)
            self.assertEqual(option(socket.SOL_SOCKET, socket.SO_REUSEPORT), 1)
            self.assertEqual(option(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL), 1)
            self.assertEqual(option(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP), 1)
            self.assertEqual(peer.socket.getsockname(), ("0.0.0.0", PORT))
            self.assertEqual(peer.address, (GROUP, 8005))

    def test_interface(self):
        """An interface may be given by name and by address."""
        for interface in ("lo", "127.0.0.1"):
            peer = self.peer("a", interface=interface)
            messages = self.collect(peer, "/a")
            peer.publish("/a", 1)
            self.assertTrue(peer.wait(lambda: messages))

    def test_trailing_line_feed(self):
        """S ends its packets and its life with a LF, T neither."""
        for client, trailer in (("S", b"\n"), ("T", b"")):
            watcher = self.peer("w", Watcher)
            datagrams = []
            handle = watcher._judge
            watcher._judge = lambda datagram: (datagrams.append(datagram), handle(datagram))
            peer = self.peer("a", client=client)
            peer.publish("/a", 1, idstr="i")
            peer.close()
            packet = b'{"header":{"topic":"\\/a","idstr":"i","author":"a"},"data":"1"}'
            expected = [packet + trailer] + ([b"\n"] if client == "S" else [])
            self.settle(self.peer("b"), watcher)
            self.assertEqual(datagrams[:-1], expected)
            self.assertEqual(watcher.killers, [])
            watcher.close()

    def test_sizes(self):
        """S understands 1500 bytes and a LF, T 8192 bytes."""
        for client, limit in (("S", 1500), ("T", 8192)):
            peer = self.peer("a", client=client)
            messages = self.collect(peer, "/pad")
            for datagram in (padded(limit), padded(limit) + b"\n", padded(limit) + b" " * 100):
                peer.handle(datagram)
            self.assertEqual(len(messages), 3)
            self.assertEqual(peer.killers, [])
            peer.handle(padded(limit + 1))
            self.assertEqual(self.reasons(peer), [TOO_LONG])
            self.assertEqual(len(messages), 3)

    def test_no_route(self):
        """Without a network S cannot start, and T starts without being joined."""
        code = "from bus_peer import Peer; Peer(client='{}', quiet=True).close()"
        for client, good in (("S", False), ("T", True)):
            done = subprocess.run(["unshare", "--net", sys.executable, "-c", code.format(client)],
                                  cwd=HERE, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode == 0, good, done.stderr)
            if not good:
                self.assertIn("No such device", done.stderr)


class TestKillers(PeerTest):
    def check(self, datagrams, reason, subscribe=True):
        """Each datagram is a killer with this reason, and the peer hears the next message."""
        sender, peer = self.peer("s", quiet=True), self.peer("a")
        messages = self.collect(peer, "/a", {"type": "integer"}) if subscribe else None
        for datagram in datagrams:
            with self.subTest(datagram=datagram[:80]):
                peer.killers.clear()
                sender.send(datagram)
                self.assertTrue(peer.wait(lambda: peer.killers))
                self.assertEqual(self.reasons(peer), [reason])
                self.assertEqual(peer.killers[0].datagram, datagram)
                self.assertTrue(peer.killers[0].detail)
                if subscribe:
                    sender.publish("/a", 7)
                    self.assertTrue(peer.wait(lambda: messages))
                    self.assertEqual(self.data(messages), [7])
                    messages.clear()

    def test_not_json(self):
        """Outer text that ujson cannot read, whatever its topic."""
        packet = plain("/nobody")
        self.check([b"x", b"\xef\xbb\xbf" + packet, packet + b"\x00", packet + packet,
                    packet + b"x", packet[:-1], b"\xff" + packet,
                    b'{"header":{"topic":"\xff"},"data":"1"}',
                    b"{'header':{'topic':'a'},'data':'1'}",
                    b'{"header":{"topic":"a","n":18446744073709551616},"data":"1"}',
                    b'{"header":{"topic":"a","n":NaN},"data":"1"}',
                    b'{"header":{"topic":"a","n":' + b"[" * 740 + b"},", b"\x00"], NOT_JSON)

    def test_packet_schema(self):
        """Packets that the original's schema refuses, whatever their topic."""
        self.check([b"1", b"[]", b"{}", b'{"header":{"topic":"n"}}', b'{"data":"1"}',
                    b'{"header":{},"data":"1"}', b'{"header":{"topic":1},"data":"1"}',
                    b'{"header":{"topic":"n"},"data":1}', b'{"header":{"topic":"n"},"data":null}',
                    b'{"header":[],"data":"1"}', b'{"header":{"topic":"n"},"data":"1","more":1}',
                    plain("n", author=1), plain("n", idstr=None), plain("n", gpg=True),
                    plain("n", version="0.4.0"), plain("n", version=0.3)], PACKET_SCHEMA)

    def test_too_long(self):
        """Packets that the receive buffer cuts."""
        self.check([padded(1501), padded(8192), padded(60000)], TOO_LONG)

    def test_data_not_json(self):
        """Data that is no JSON, on a topic that the peer wants."""
        texts = ("", " ", "x", "1 1", "NaN", "\ufeff1", "[1,]", "18446744073709551616", "[" * 1025)
        self.check([plain("/a", text) for text in texts], DATA_NOT_JSON)

    def test_data_schema(self):
        """Data that breaks the schema of a matching pattern."""
        self.check([plain("/a", text) for text in ('"x"', "1.0", "null", "true")], DATA_SCHEMA)

    def test_ciphertext(self):
        """Encrypted data without a key, on a wanted topic; the value of gpg does not matter."""
        self.check([plain("/a", "jA0E==abcd", gpg="yes"), plain("/a", "1", gpg="no"),
                    plain("/a", "1", gpg="")], CIPHERTEXT)

    def test_built_ins(self):
        """Every client wants the built-in services, so their params must be null, in the clear."""
        request = "/__minibus__/__listclients__/__request__"
        own_request = "/__minibus__/a/__pid__/__request__"
        self.check([plain(request, "{}", idstr="i"), plain(own_request, "1", idstr="i")],
                   DATA_SCHEMA, False)
        self.check([plain(request, "x", gpg="yes", idstr="i")], CIPHERTEXT, False)

    def test_harmless(self):
        """Blank datagrams, unwanted data, and what the original tolerates in packets."""
        sender, peer = self.peer("s", quiet=True), self.peer("a")
        messages = self.collect(peer, "/a")
        for datagram in (b"\n", b"\n\n\n", b" \t\r\n", b"\x0b\x0c", b"", plain("", "x"),
                         plain("/unwanted", "garbage"), plain("/unwanted", "", gpg="yes"),
                         plain("/__minibus__/new", "x"),
                         plain("/__minibus__/b/__pid__/__request__", "x")):
            sender.send(datagram)
        good = [plain("/a", "1", idstr="anything", version="0.3.0", extra={"x": [1, None]}, seq=1),
                b" \r\n\t" + plain("/a", " 2 ") + b"\n \r\t\n", plain("/a", "007"),
                plain("/a", '{"a":4,}'),
                '{"header":{"topic":"/a","\u00e9":"\u00e9"},"data":"\\"\u00e9\\""}'.encode(),
                b'{"header":{"topic":"/a",},"data":"-",}',
                b'{"data":"1","header":{"topic":"/b","topic":"/a"}}']
        for datagram in good:
            sender.send(datagram)
        self.assertTrue(peer.wait(lambda: len(messages) == len(good)))
        self.assertEqual(self.data(messages), [1, 2, 7, {"a": 4}, "\u00e9", 0, 1])
        self.assertIsNone(messages[1].author)
        self.assertIsNone(messages[1].idstr)
        self.assertEqual(messages[0].header["extra"], {"x": [1, None]})
        self.assertEqual((peer.killers, peer.notes), ([], []))

    def test_two_patterns(self):
        """Two own patterns on one topic are noted, not blamed on the sender."""
        peer = self.peer("a")
        messages = self.collect(peer, "/a.*")
        others = self.collect(peer, "/.b", {"type": "string"})
        peer.handle(plain("/ab", "1"))
        self.assertEqual([note[0] for note in peer.notes], [TWO_PATTERNS])
        self.assertEqual(self.reasons(peer), [DATA_SCHEMA])
        self.assertEqual((self.data(messages), others), ([1], []))

    def test_watcher(self):
        """A watcher judges all plain data and everybody's built-in services, and is silent."""
        watcher = self.peer("w", Watcher)
        built_in = "/__minibus__/"
        for reason, datagram in (
            (NOT_JSON, b"x"), (PACKET_SCHEMA, b"{}"), (TOO_LONG, padded(1501)),
            (DATA_NOT_JSON, plain("/any", "x")), (DATA_NOT_JSON, plain("/any\n", "x")),
            (DATA_NOT_JSON, plain(built_in + "new", "x")),
            (DATA_SCHEMA, plain(built_in + "bob/__pid__/__request__", "1")),
            (DATA_SCHEMA, plain(built_in + "bob/__pid__/__reply__", '"1"')),
            (DATA_SCHEMA, plain(built_in + "__publishers__/__reply__", "{}")),
            (CIPHERTEXT, plain(built_in + "__listclients__/__request__", "x", gpg="yes")),
        ):
            with self.subTest(datagram=datagram[:80]):
                watcher.killers.clear()
                watcher.handle(datagram)
                self.assertEqual(self.reasons(watcher), [reason])
        watcher.killers.clear()
        for datagram in (plain("/any", "x", gpg="yes"),
                         plain(built_in + "bob/__pid__/__request__", "x", gpg="yes"),
                         plain(built_in + "__listclients__/__request__", "null"),
                         plain(built_in + "__listclients__/__error__", "{}"), plain("/any", "{}")):
            watcher.handle(datagram)
        self.assertEqual((watcher.killers, watcher.notes), ([], []))
        other = self.peer("o")
        self.assertEqual([answer.author for answer in
                          other.call_all(built_in + "__listclients__", None, 1)], ["o"])
        self.settle(other, other, watcher)
        self.assertEqual(other.received, 3)


class TestTopics(PeerTest):
    def test_patterns(self):
        """Patterns are anchored as the original does it, with all its consequences."""
        patterns = ("/a", "^/a", "/a$", "^/a$", "/a|/b", "a\\$")
        self.assertEqual(list(map(anchored, patterns)), ["^/a$"] * 4 + ["^/a|/b$", "^a\\$"])
        self.assertRaises(IndexError, anchored, "")
        for pattern, good, bad in (
            ("/a", ("/a", "/a\n"), ("/ab", "x/a", "a", "/a\n\n")),
            ("/a|/b", ("/axyz", "/b"), ("/xyz/b",)),
            ("/a/.*", ("/a/", "/a/b/c"), ("/a", "/a/b\nc")),
            ("plain", ("plain",), ("/plain",)),
            (r"/\d+", ("/12",), ("/\u0663",)),
            ("/caf\u00e9", ("/caf\u00e9",), ("/cafe",)),
        ):
            peer = self.peer("p")
            messages = self.collect(peer, pattern)
            for topic in good + bad:
                peer.handle(plain(topic))
            self.assertEqual([message.topic for message in messages], list(good))
            peer.close()

    def test_self_delivery(self):
        """Own messages reach own subscribers and those of others."""
        peers = [self.peer("a"), self.peer("b", client="T")]
        received = [self.collect(peer, "/x/.*") for peer in peers]
        for value in PUBLISHED.values():
            peers[0].publish("/x/y", value)
        for peer, messages in zip(peers, received):
            self.assertTrue(peer.wait(lambda m=messages: len(m) == len(PUBLISHED)))
            self.assertEqual(self.data(messages), list(PUBLISHED.values()))
            self.assertEqual({message.author for message in messages}, {"a"})
            self.assertEqual(len({message.idstr for message in messages}), len(PUBLISHED))
            self.assertEqual(peer.killers, [])

    def test_one_schema_per_pattern(self):
        """The same pattern text has one schema, for subscriptions and publishers alike."""
        peer = self.peer("a")
        self.collect(peer, "/s1", {"type": "integer"})
        self.collect(peer, "^/s1$", {"type": "integer"})
        self.assertRaises(ConflictError, self.collect, peer, "^/s1$", {"type": "string"})
        self.assertRaises(ConflictError, peer.publisher, "/s1")
        self.collect(peer, "/s.", {"type": "string"})
        self.assertRaises(draft4.SchemaError, self.collect, peer, "/s2", {"type": "text"})

    def test_publishing_validates(self):
        """A value must fit every schema of the table that matches, and else nothing is sent."""
        peer = self.peer("a")
        messages = self.collect(peer, "/s.", {"type": "integer"})
        peer.publisher("/s1", {"minimum": 5})
        self.assertRaises(draft4.ValidationError, peer.publish, "/s1", "text")
        self.assertRaises(draft4.ValidationError, peer.publish, "/s1", 4)
        self.assertRaises(ujson135.EncodeError, peer.publish, "/x", math.nan)
        peer.publish("/s1", 5)
        self.assertTrue(peer.wait(lambda: messages))
        self.assertEqual(self.data(messages), [5])

    def test_unsubscribe(self):
        """After unsubscribing nothing is delivered, but data is still validated."""
        peer = self.peer("a")
        messages = []
        callback = messages.append
        peer.subscribe("/s", callback, {"type": "integer"})
        peer.unsubscribe("/s", callback)
        self.assertRaises(KeyError, peer.unsubscribe, "/t", callback)
        peer.handle(plain("/s", "1"))
        peer.handle(plain("/s", '"x"'))
        self.assertEqual((messages, self.reasons(peer)), ([], [DATA_SCHEMA]))
        self.assertEqual(peer.list_subscribers(), ["/s"])

    def test_callback_error(self):
        """An exception in a callback is recorded and stops nothing."""
        peer = self.peer("a")
        peer.subscribe("/s", lambda message: message.data["x"])
        messages = self.collect(peer, "/s")
        peer.handle(plain("/s", "{}"))
        self.assertEqual((self.data(messages), peer.callback_errors), ([{}], ["KeyError: 'x'"]))
        self.assertEqual(peer.killers, [])


class TestServices(PeerTest):
    def setUp(self):
        self.server, self.caller = self.peer("server"), self.peer("caller", client="T")

    def test_reply(self):
        """A call gets its result; a name may end in a slash and need not start with one."""
        self.server.serve("/echo/", lambda request: request.data)
        self.server.serve("bare", lambda request: [request.data, request.author])
        self.assertEqual(self.caller.call("/echo", {"x": 1}).data, {"x": 1})
        answer = self.caller.call("bare/", None)
        self.assertEqual((answer.kind, answer.name, answer.author, answer.topic, answer.data),
                         ("reply", "bare", "server", "bare/__reply__", [None, "caller"]))
        self.assertRaises(TimeoutError, self.caller.call, "/bare", 1, timeout=0)

    def test_errors(self):
        """An exception gives its text, a ServiceError its value."""
        def refuse(request):
            raise ValueError("refused")

        def explain(request):
            raise ServiceError({"code": 7})

        self.server.serve("/refuse", refuse)
        self.server.serve("/explain", explain)
        for name, value in (("/refuse", "refused"), ("/explain", {"code": 7})):
            answer = self.caller.call(name, 1)
            self.assertEqual((answer.kind, answer.topic, answer.data),
                             ("error", name + "/__error__", value))

    def test_later(self):
        """A request may be answered later, once."""
        requests = []
        self.server.serve("/slow", lambda request: requests.append(request) or Server.LATER)
        answers = []
        idstr = self.caller.service_client("/slow").request(1, answers.append)
        self.assertTrue(self.server.wait(lambda: requests))
        requests[0].reply("now")
        self.assertRaises(KeyError, requests[0].reply, "again")
        self.assertTrue(self.caller.wait(lambda: answers))
        self.assertEqual((answers[0].data, answers[0].idstr), ("now", idstr))

    def test_pattern_server(self):
        """A server on a pattern answers on the concrete name."""
        self.server.serve("/calc/.*", lambda request: request.topic)
        self.assertEqual(self.caller.call("/calc/a", 1).data, "/calc/a/__request__")

    def test_repeated_id(self):
        """A repeated id is executed again, and answers to others are not mine."""
        other = self.peer("other")
        foreign = []
        other.service_client("/count").calls["mine"] = foreign.append
        counts = []
        self.server.serve("/count", lambda request: counts.append(1) or len(counts))
        client = self.caller.service_client("/count")
        answers = []
        client.request(None, answers.append, idstr="twice")
        client.request(None, answers.append, idstr="twice")
        self.assertTrue(self.caller.wait(lambda: len(answers) == 2))
        self.assertEqual(self.data(answers), [1, 2])
        self.settle(self.caller, other)
        self.assertEqual(foreign, [])

    def test_no_answer(self):
        """Nothing is sent for a result that breaks the reply schema, for an exception's text
        outside ASCII, and for requests without an id; params that break the schema are a killer."""
        def raise_text(request):
            raise ValueError("\u00e9")

        self.server.serve("/typed", lambda request: request.data, {"type": ["integer", "string"]},
                          {"type": "integer"})
        self.server.serve("/text", raise_text)
        answers = []
        self.caller.service_client("/typed").request("x", answers.append)
        self.caller.service_client("/text").request(None, answers.append)
        self.caller.send(plain("/typed/__request__", "1"))
        self.caller.send(plain("/typed/__request__", "[]", idstr="i"))
        self.caller.send(plain("/typed/__reply__", "5"))
        self.settle(self.caller, self.server)
        self.assertEqual([error.split(":")[0] for error in self.server.callback_errors],
                         ["ValidationError", "UnicodeEncodeError", "KeyError"])
        self.assertEqual(self.reasons(self.server), [DATA_SCHEMA])
        self.settle(self.server, self.caller)
        self.assertEqual(answers, [])
        self.assertEqual(self.caller.callback_errors, ["KeyError: 'idstr'"])
        self.assertEqual(self.caller.killers, [])

    def test_built_ins(self):
        """All eleven built-in services answer rightly, the shared ones on every client."""
        for topic in ("/chatter", "/number", "/chatter"):
            self.server.publisher(topic)
        self.collect(self.server, "/sensor/.*")
        self.server.serve("/svc", lambda request: None)
        self.server.service_client("/other")
        lists = {"publishers": ["/chatter", "/number", "/chatter"], "subscribers": ["/sensor/.*"],
                 "service_servers": ["/svc"], "service_clients": ["/other"]}
        for name, value in lists.items():
            answers = self.caller.call_all(f"/__minibus__/__{name}__", None, 2)
            self.assertEqual({answer.author: answer.data for answer in answers},
                             {"server": value, "caller": []})
            self.assertEqual(self.caller.call(f"/__minibus__/server/__{name}__", None).data, value)
        answers = self.caller.call_all("/__minibus__/__listclients__", None, 2)
        self.assertEqual({answer.author: answer.data for answer in answers},
                         {"server": "server", "caller": "caller"})
        self.assertEqual(self.caller.call("/__minibus__/server/__hostname__", None).data,
                         socket.gethostname())
        self.assertEqual(self.caller.call("/__minibus__/server/__pid__", None).data, os.getpid())
        requests = [key for key in self.server._subscriptions if key.endswith("__request__$")]
        self.assertEqual(len([key for key in requests if key.startswith("^/__minibus__/")]), 11)
        for peer in (self.server, self.caller):
            self.assertEqual((peer.killers, peer.notes, peer.callback_errors), ([], [], []))

    def test_built_in_schemas(self):
        """Who asks must use exactly the schemas of the built-in services."""
        name = "/__minibus__/__listclients__"
        self.assertRaises(ConflictError, self.caller.service_client, name, {})

    def test_names(self):
        """A name goes into patterns as it is; none at all becomes a UUID."""
        self.assertRegex(self.peer(None).name, "^[0-9a-f]{8}-[0-9a-f-]{27}$")
        self.assertRegex(self.peer("").name, "^[0-9a-f]{8}-[0-9a-f-]{27}$")
        self.peer("a.b")
        self.assertEqual(self.caller.call("/__minibus__/axb/__pid__", None).author, "a.b")
        with self.assertRaises(Exception):
            Peer(name="a(b")


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
