#!/usr/bin/python3
# test_peer.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the test peer itself: it is the yardstick, so it is measured first.

Needs a network of its own, and gives itself one.
"""

import glob
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import unittest

import draft4
import ujson135
from bus_peer import (CIPHERTEXT, DATA_NOT_JSON, DATA_SCHEMA, GROUP, NOT_JSON, PACKET_SCHEMA, PORT,
                      TOO_LONG, TWO_PATTERNS, ConflictError, Peer, Server, ServiceError, Watcher,
                      anchored, encode_packet)
from gpg_cipher import Cipher

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
PROGRAM = os.path.join(HERE, "minibus_peer.py")
CAPTURES = os.path.join(TESTS, "data", "wire-captures.jsonl")
REFERENCE = os.environ.get("MB_REFERENCE_DIR")

PUBLISHED = {
    "publish-string-socket": "hello",
    "publish-empty-string-socket": "",
    "publish-integer-socket": 42,
    "publish-negative-float-socket": -1.5,
    "publish-float-rounded-socket": 3.1415926536,
    "publish-float-tiny-socket": 0.0,
    "publish-float-huge-socket": 1e20,
    "publish-uint64-max-socket": 2 ** 64 - 1,
    "publish-object-socket": {"list": [1, 2, 3], "name": "x", "nested": {"none": None, "ok": True}},
    "publish-array-socket": [1, "two", None, False],
    "publish-boolean-socket": True,
    "publish-null-socket": None,
    "publish-non-ascii-socket": "h\u00e9llo w\u00f6rld \u65e5\u672c",
    "publish-emoji-socket": "\U0001f600",
    "publish-escapes-socket": "quote\" back\\ slash/ tab\t nl\n bell\a del\x7f",
    "publish-string-twisted": "hello",
    "publish-object-twisted": {"list": [1, 2, 3], "name": "x", "nested": {"none": None, "ok": True}},
    "publish-null-twisted": None,
    "publish-emoji-twisted": "\U0001f600",
    "publish-topic-non-ascii": 1,
    "publish-topic-no-slash": 1,
    "mbtt-pub-5": "5",
    "mbtt-pub-null": None,
}
OTHER_TOPICS = {"publish-topic-non-ascii": "/caf\u00e9/\U0001f600", "publish-topic-no-slash": "plain"}

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

ACCEPTED = [
    (b' \t\r\n{"a" : [ 1 , 2 ] }\n\t ', {"a": [1, 2]}),
    ('"h\u00e9"'.encode(), "h\u00e9"),
    (b'"a\nb\tc\x01\x7f"', "a\nb\tc\x01\x7f"),
    (b'"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E9"', '"\\/\b\f\n\r\tA\u00e9'),
    (b'"\\ud83d\\ude00"', "\U0001f600"),
    (b'"\\ud800"', ""),
    (b'"a\\ud800b\\udc00c"', "abc"),
    (b"007", 7),
    (b"-012", -12),
    (b"-", 0),
    (b"[-]", [0]),
    (b"1e400", math.inf),
    (b"-1.5e+3", -1500.0),
    (b"18446744073709551615", 2 ** 64 - 1),
    (b"-9223372036854775808", -2 ** 63),
    (b'{"a":1,}', {"a": 1}),
    (b'{"a":1,"a":2}', {"a": 2}),
    (b"null", None),
    (b"[true,false]", [True, False]),
    (b"[" * 1024 + b"]" * 1024, None),
]

REFUSED = [
    b"", b" ", b"x", b"\xef\xbb\xbf1", b"1\x00", b"1 x", b"1 1", b"{}{}", b'"\xff"', b'"\xc0\xaf"',
    b'"\xed\xa0\x80"', b"NaN", b"Infinity", b"-Infinity", b"nan", b"inf", b"18446744073709551616",
    b"-9223372036854775809", b"100000000000000000000.0", b".5", b"-.5", b"1.", b"1e", b"+1", b"0x10",
    b"'a'", b"/* */1", b"1//", b"[1,]", b"[,1]", b"[1 2]", b"{,}", b'{"a"}', b'{"a":}', b"{a:1}", b"{1:2}",
    b'{"a":1 "b":2}', b'{"a":1,,}', b'"a', b'"\\q"', b'"\\u12G4"', b'"\\u12"', b'"\\', b'"\x00"',
    b'"\\ud800\\u0041"', b"True", b"nul", b"nulls", b"[", b"]", b"{", b'{"a":1', b"\x0b1", b"\x0c1",
    b"[" * 1025 + b"]" * 1025, b"[" * 60000,
]

WRITTEN = [
    (3.141592653589793, "3.1415926536"), (1e-12, "0.0"), (-0.0, "0.0"), (1e16, "10000000000000000.0"),
    (1e20, "1.000000000000000e+20"), (-1.5, "-1.5"), (2.0, "2.0"), (-2 ** 63, "-9223372036854775808"),
    (2 ** 64 - 1, "18446744073709551615"), (None, "null"), (True, "true"), (False, "false"),
    ("a/b", '"a\\/b"'), ("\x7f\x07\x1f", '"\x7f\\u0007\\u001f"'), ("\b\f\n\r\t", '"\\b\\f\\n\\r\\t"'),
    ("\u00e9\uffff\U0001f600", '"\\u00e9\\uffff\\ud83d\\ude00"'), ([1, {"a": []}], '[1,{"a":[]}]'),
]


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


class TestJson(unittest.TestCase):
    def test_leniencies(self):
        """The decoder takes everything that ujson 1.35 is known to take."""
        for text, value in ACCEPTED:
            with self.subTest(text=text[:60]):
                decoded = ujson135.decode(text)
                if text[:2] != b"[[":
                    self.assertEqual(repr(decoded), repr(value))

    def test_refusals(self):
        """The decoder refuses everything that ujson 1.35 refuses, or is not known to take."""
        for text in REFUSED:
            with self.subTest(text=text[:60]):
                self.assertRaises(ujson135.DecodeError, ujson135.decode, text)

    def test_wire_form(self):
        """The encoder writes what ujson 1.35 writes, byte by byte."""
        for value, text in WRITTEN:
            self.assertEqual(ujson135.encode(value), text)

    def test_unwritable(self):
        """The encoder refuses what ujson 1.35 cannot write."""
        for value in (math.nan, math.inf, -math.inf, 2 ** 64, -2 ** 63 - 1, "\ud800", object(), (1,)):
            self.assertRaises(ujson135.EncodeError, ujson135.encode, value)

    @unittest.skipUnless(REFERENCE, "needs MB_REFERENCE_DIR")
    def test_parsing_suite(self):
        """Of the invalid texts of JSONTestSuite only those of the documented leniencies pass."""
        passed = set()
        files = glob.glob(os.path.join(REFERENCE, "json-parsing", "test_parsing", "[ny]_*.json"))
        self.assertGreater(len(files), 280)
        for path in files:
            name = os.path.basename(path)[:-len(".json")]
            with open(path, "rb") as text:
                try:
                    ujson135.decode(text.read())
                except ujson135.DecodeError:
                    self.assertTrue(name.startswith("n_"), name)
                else:
                    passed.add(name)
        self.assertEqual({name for name in passed if name.startswith("n_")}, {
            "n_array_just_minus", "n_number_-01", "n_number_neg_int_starting_with_zero",
            "n_number_with_leading_zero", "n_object_trailing_comma", "n_string_unescaped_newline",
            "n_string_unescaped_tab",
        })


class TestSchema(unittest.TestCase):
    def test_draft_4_effects(self):
        """1.0 is no integer, const means nothing, true is no number, format is not looked at."""
        self.assertRaises(draft4.ValidationError, draft4.validate, 1.0, {"type": "integer"})
        self.assertRaises(draft4.ValidationError, draft4.validate, True, {"type": "number"})
        self.assertRaises(draft4.ValidationError, draft4.validate, True, {"enum": [1]})
        draft4.validate(1.0, {"enum": [1]})
        draft4.validate(1, {"const": 2})
        draft4.validate("x", {"format": "date-time"})

    def test_bad_schemas(self):
        """What is no draft 4 schema is refused, and so are references out of the schema."""
        for schema in ([], True, {"type": "float"}, {"type": []}, {"required": []}, {"minimum": "1"},
                       {"required": "a"}, {"properties": []}, {"items": 1}, {"pattern": "("},
                       {"exclusiveMinimum": 1}, {"$ref": "http://localhost/x"}, {"minItems": -1},
                       {"$schema": "http://json-schema.org/draft-07/schema#"}):
            with self.subTest(schema=schema):
                self.assertRaises(draft4.SchemaError, draft4.check_schema, schema)

    @unittest.skipUnless(REFERENCE, "needs MB_REFERENCE_DIR")
    def test_suite(self):
        """Every required case of the official suite holds but those with references elsewhere."""
        cases = 0
        for path in glob.glob(os.path.join(REFERENCE, "json-schema-suite", "tests", "draft4", "*.json")):
            with open(path, encoding="utf-8") as text:
                groups = json.load(text)
            for group in groups:
                try:
                    draft4.check_schema(group["schema"])
                except draft4.SchemaError as error:
                    self.assertIn("a place in this schema", str(error))
                    continue
                for case in group["tests"]:
                    cases += 1
                    with self.subTest(group=group["description"], case=case["description"]):
                        try:
                            draft4.validate(case["data"], group["schema"])
                            valid = True
                        except draft4.ValidationError:
                            valid = False
                        self.assertEqual(valid, case["valid"])
        self.assertGreater(cases, 580)


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
            wanted = case.startswith("gpg-") and ("service" not in case) and not case.endswith("pid-reply")
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
            expected = [b'{"header":{"topic":"\\/a","idstr":"i","author":"a"},"data":"1"}' + trailer]
            expected += [b"\n"] if client == "S" else []
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
        self.check([b"x", b"\xef\xbb\xbf" + packet, packet + b"\x00", packet + packet, packet + b"x",
                    packet[:-1], b"\xff" + packet, b'{"header":{"topic":"\xff"},"data":"1"}',
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
        self.check([plain("/a", text) for text in ("", " ", "x", "1 1", "NaN", "\ufeff1", "[1,]",
                                                   "18446744073709551616", "[" * 1025)], DATA_NOT_JSON)

    def test_data_schema(self):
        """Data that breaks the schema of a matching pattern."""
        self.check([plain("/a", text) for text in ('"x"', "1.0", "null", "true")], DATA_SCHEMA)

    def test_ciphertext(self):
        """Encrypted data without a key, on a topic that the peer wants; the value of gpg is nothing."""
        self.check([plain("/a", "jA0E==abcd", gpg="yes"), plain("/a", "1", gpg="no"),
                    plain("/a", "1", gpg="")], CIPHERTEXT)

    def test_built_ins(self):
        """Every client wants the built-in services, so their params must be null, in the clear."""
        request = "/__minibus__/__listclients__/__request__"
        self.check([plain(request, "{}", idstr="i"),
                    plain("/__minibus__/a/__pid__/__request__", "1", idstr="i")], DATA_SCHEMA, False)
        self.check([plain(request, "x", gpg="yes", idstr="i")], CIPHERTEXT, False)

    def test_harmless(self):
        """Blank datagrams, unwanted data of any kind, and what the original tolerates in packets."""
        sender, peer = self.peer("s", quiet=True), self.peer("a")
        messages = self.collect(peer, "/a")
        for datagram in (b"\n", b"\n\n\n", b" \t\r\n", b"\x0b\x0c", b"", plain("/unwanted", "garbage"),
                         plain("/unwanted", "", gpg="yes"), plain("", "x"),
                         plain("/__minibus__/new", "x"), plain("/__minibus__/b/__pid__/__request__", "x")):
            sender.send(datagram)
        good = [plain("/a", "1", idstr="anything", version="0.3.0", extra={"x": [1, None]}, seq=1),
                b" \r\n\t" + plain("/a", " 2 ") + b"\n \r\t\n", plain("/a", "007"), plain("/a", '{"a":4,}'),
                '{"header":{"topic":"/a","\u00e9":"\u00e9"},"data":"\\"\u00e9\\""}'.encode(),
                b'{"header":{"topic":"/a",},"data":"-",}', b'{"data":"1","header":{"topic":"/b","topic":"/a"}}']
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
        """A watcher judges plain data on any topic and everybody's built-in services, and is silent."""
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
        for datagram in (plain("/any", "x", gpg="yes"), plain(built_in + "bob/__pid__/__request__", "x",
                                                              gpg="yes"),
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
        self.assertEqual([anchored(pattern) for pattern in ("/a", "^/a", "/a$", "^/a$", "/a|/b", "a\\$")],
                         ["^/a$"] * 4 + ["^/a|/b$", "^a\\$"])
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
        """A call gets its result; the name may end in a slash or not, and need not start with one."""
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
            self.assertEqual((answer.kind, answer.topic, answer.data), ("error", name + "/__error__", value))

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
        """Nothing is sent for a result that breaks the reply schema, for text outside ASCII, and for
        requests without an id; params that break the schema are a killer for the server."""
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
        """All eleven built-in services answer with the right values, the shared ones to everybody."""
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
        """Whoever asks in the same process must use exactly the schemas of the built-in services."""
        self.assertRaises(ConflictError, self.caller.service_client, "/__minibus__/__listclients__", {})

    def test_names(self):
        """A name goes into patterns as it is; none at all becomes a UUID."""
        self.assertRegex(self.peer(None).name, "^[0-9a-f]{8}-[0-9a-f-]{27}$")
        self.assertRegex(self.peer("").name, "^[0-9a-f]{8}-[0-9a-f-]{27}$")
        self.peer("a.b")
        self.assertEqual(self.caller.call("/__minibus__/axb/__pid__", None).author, "a.b")
        with self.assertRaises(Exception):
            Peer(name="a(b")


class TestProgram(unittest.TestCase):
    def start(self, *arguments):
        process = subprocess.Popen([sys.executable, PROGRAM, *arguments], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, bufsize=1)
        self.addCleanup(self.stop, process)
        self.assertEqual(self.event(process)["event"], "ready")
        return process

    def stop(self, process):
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()

    def event(self, process):
        line = process.stdout.readline()
        self.assertTrue(line, "the peer has ended")
        return json.loads(line)

    def tell(self, process, **command):
        process.stdin.write(json.dumps(command) + "\n")

    def end(self, process, status, killers=0):
        self.assertEqual(self.event(process)["event"], "end")
        self.assertEqual(process.wait(), status)

    def run_to_end(self, *arguments):
        done = subprocess.run([sys.executable, PROGRAM, *arguments], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, check=False, timeout=30)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def test_publish_and_subscribe(self):
        """One process publishes to another."""
        subscriber = self.start("--name", "sub", "subscribe", "/a", "--count", "2")
        status, events = self.run_to_end("--client", "T", "--name", "pub", "publish", "/a",
                                         '{"n":"$n"}', "--count", "2", "--interval", "0.01")
        self.assertEqual(status, 0)
        self.assertEqual([event["event"] for event in events], ["ready", "published", "published", "end"])
        for number in range(2):
            message = self.event(subscriber)
            self.assertEqual((message["event"], message["topic"], message["author"], message["idstr"],
                              message["data"], message["text"]),
                             ("message", "/a", "pub", events[1 + number]["idstr"], {"n": number},
                              '{"n":%d}' % number))
        self.end(subscriber, 0)

    def test_serve_and_call(self):
        """One process serves another in each mode."""
        for behaviour, params, kind, data in (
            ((), '{"x":1}', "reply", {"x": 1}), (("--echo",), '"e"', "reply", "e"),
            (("--add",), "[1,2]", "reply", 3), (("--add",), '{"a":1,"b":2}', "reply", 3),
            (("--raise", "no"), "1", "error", "no"), (("--error", '{"code":1}'), "1", "error", {"code": 1}),
            (("--reply", "[]"), "1", "reply", []),
        ):
            with self.subTest(behaviour=behaviour):
                server = self.start("--name", "server", "serve", "/svc", *behaviour, "--count", "1")
                status, events = self.run_to_end("call", "/svc", params, "--expect", kind)
                self.assertEqual((events[1]["event"], events[1]["data"], events[1]["name"]),
                                 (kind, data, "/svc"))
                self.assertEqual(status, 0)
                self.assertEqual(self.event(server)["event"], "request")
                self.end(server, 0)

    def test_call_fails(self):
        """A call without an answer, or with the wrong kind of one, is a failure."""
        status, events = self.run_to_end("call", "/nobody", "1", "--timeout", "0")
        self.assertEqual((status, events[1]["event"], events[1]["name"]), (1, "timeout", "/nobody"))
        server = self.start("serve", "/svc", "--raise", "no")
        self.assertEqual(self.run_to_end("call", "/svc", "1", "--expect", "reply")[0], 1)
        self.tell(server, command="ignored")
        server.stdin.write("stop\n")
        self.assertEqual(self.event(server)["event"], "request")
        self.end(server, 0)

    def test_publish_fails(self):
        """A value that breaks the schema is a failure, and nothing is sent."""
        status, events = self.run_to_end("publish", "/a", '"x"', "--schema", '{"type":"integer"}')
        self.assertEqual((status, [event["event"] for event in events]), (1, ["ready", "failed", "end"]))
        self.assertEqual((events[1]["error"], events[2]["received"]), ("ValidationError", 0))

    def test_timeout(self):
        """Messages that do not come in time are a failure if they were counted."""
        self.assertEqual(self.run_to_end("subscribe", "/a", "--count", "1", "--timeout", "0")[0], 1)
        self.assertEqual(self.run_to_end("subscribe", "/a", "--timeout", "0")[0], 0)

    def test_killers(self):
        """Killers are printed with their bytes and make the status 3, unless allowed."""
        for options, status in (((), 3), (("--allow-killers", "1"), 3), (("--allow-killers", "2"), 0),
                                (("--expect-killers", "2"), 0), (("--expect-killers", "3"), 3)):
            watcher = self.start(*options, "watch")
            with Peer(name="a", quiet=True) as peer:
                peer.send(b"x")
                peer.send(b"{}")
            events = [self.event(watcher), self.event(watcher)]
            self.assertEqual([event["reason"] for event in events], [NOT_JSON, PACKET_SCHEMA])
            self.assertEqual([bytes.fromhex(event["hex"]) for event in events], [b"x", b"{}"])
            watcher.stdin.write("stop\n")
            self.end(watcher, status)

    def test_interactive(self):
        """One process does everything at once, told by commands."""
        peer = self.start("--name", "all", "--expect-killers", "1", "interactive")

        def told(**command):
            self.tell(peer, **command)
            return self.event(peer)

        def next_events(*names):
            events = {event["event"]: event for event in (self.event(peer) for _ in names)}
            self.assertEqual(sorted(events), sorted(names))
            return events

        self.assertEqual(told(command="subscribe", pattern="/a", schema={"type": "integer"}, tag=5),
                         {"event": "done", "command": "subscribe", "tag": 5})
        self.tell(peer, command="publish", topic="/a", data=1, schema={"type": "integer"})
        self.assertEqual(next_events("published", "done", "message")["message"]["data"], 1)
        self.assertEqual(told(command="publish", topic="/a", data="x")["error"], "ValidationError")
        self.assertEqual(told(command="nonsense")["event"], "failed")
        self.assertEqual(told(command="serve", name="/held", mode="hold")["event"], "done")
        self.tell(peer, command="call", name="/held", data=2, tag="c")
        events = next_events("done", "request")
        idstr = events["request"]["idstr"]
        self.assertEqual((events["done"]["idstr"], events["done"]["tag"]), (idstr, "c"))
        self.tell(peer, command="answer", idstr=idstr, error=[3])
        self.assertEqual(next_events("done", "error")["error"]["data"], [3])
        self.tell(peer, command="send", hex=b"junk".hex())
        self.assertEqual(next_events("done", "killer")["killer"]["size"], 4)
        self.assertEqual(told(command="killers")["count"], 1)
        self.assertEqual(told(command="unsubscribe", pattern="/a")["event"], "done")
        self.assertEqual(told(command="stop")["event"], "done")
        self.end(peer, 0)

    def test_interactive_end(self):
        """The end of the input ends the interactive mode."""
        peer = self.start("interactive")
        peer.stdin.close()
        self.end(peer, 0)

    def test_ports(self):
        """Peers on another port or group hear nothing of this one."""
        other = self.start("--port", "8006", "subscribe", "/a", "--count", "1")
        self.assertEqual(self.run_to_end("publish", "/a", "1")[0], 0)
        self.assertEqual(self.run_to_end("--port", "8006", "publish", "/a", "2")[0], 0)
        self.assertEqual(self.event(other)["data"], 2)
        self.end(other, 0)

    def test_usage(self):
        """Wrong usage has status 2."""
        for arguments in ((), ("nonsense",), ("publish", "/a", "{"), ("--client", "X", "watch")):
            done = subprocess.run([sys.executable, PROGRAM, *arguments], stderr=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, check=False)
            self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    if os.environ.get("MB_PRIVATE_NETWORK") != os.readlink("/proc/self/ns/net"):
        private_network = os.path.join(TESTS, "private-network")
        os.execv(private_network, [private_network, sys.executable, *sys.argv])
    unittest.main(verbosity=2)
