#!/usr/bin/python3
# test_encryption.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Encryption between the library and Python clients with the same key, another one and none."""

import json
import os
import random
import string

import support
from bus_peer import NULL_SCHEMA, Server
from gpg_cipher import Cipher
from support import CALL_TIMEOUT, Inbox, Minibus, dropped

KEY = "correct horse battery staple"
CLIENTS = ("S", "T")
VALUES = (None, 0, "", "h\u00e9 \U0001f600", [1, {"a": None}], {"x": 1.5}, "x" * 4000)


class TestCase(support.TestCase):
    def cipher(self, key=KEY):
        cipher = Cipher(key)
        self.addCleanup(cipher.close)
        return cipher

    def call(self, client, name, params):
        return json.loads(client.call_text_sync(name, json.dumps(params), CALL_TIMEOUT, None))


class SameKey(TestCase):
    def setUp(self):
        super().setUp()
        self.lib = self.client("lib", passphrase=KEY)

    def test_what_the_library_publishes_arrives(self):
        messages = []
        for kind in CLIENTS:
            self.peer("reader-" + kind, kind, cipher=self.cipher()).subscribe("/t", messages.append)
        publisher = self.lib.create_publisher("/t", None)
        for count, value in enumerate(VALUES, 1):
            publisher.publish_text(json.dumps(value))
            self.wait(lambda: len(messages) == 2 * count)
            self.assertEqual([message.data for message in messages[-2:]], [value, value])
            self.assertEqual(messages[-1].header["gpg"], "yes")
        self.assertEqual(dropped(self.lib), {})

    def test_text_up_to_the_limit(self):
        messages = []
        self.peer("reader", "S", cipher=self.cipher()).subscribe("/t", messages.append)
        publisher = self.lib.create_publisher("/t", None)
        generator = random.Random(1)
        sent = []
        for length in range(900, 1300, 25):
            sent.append("".join(generator.choices(string.ascii_letters + string.digits, k=length)))
            publisher.publish_text(json.dumps(sent[-1]))
            try:
                self.lib.flush_sync(None)
            except support.GLib.Error as error:
                self.assertTrue(error.matches(Minibus.client_error_quark(), Minibus.ClientError.TOO_LARGE))
                sent.pop()
                break
        self.wait(lambda: len(messages) == len(sent))
        self.assertEqual([message.data for message in messages], sent)
        # Random letters take six bits each, packed, and eight in base64: they stay about as long as they are.
        self.assertGreater(len(sent[-1]), 1000)

    def test_what_python_publishes_arrives(self):
        inbox = Inbox(self.lib, "/t")
        for kind in CLIENTS:
            writer = self.peer("writer-" + kind, kind, cipher=self.cipher())
            for value in VALUES:
                writer.publish("/t", value)
        self.wait(lambda: len(inbox) == len(VALUES) * len(CLIENTS))
        # Order is kept for each sender; two of them are decrypted side by side.
        for kind in CLIENTS:
            self.assertEqual([json.loads(message.get_text()) for message in inbox.messages
                              if message.get_author() == "writer-" + kind], list(VALUES))
        self.assertTrue(all(message.get_is_encrypted() for message in inbox.messages))
        self.assertEqual(dropped(self.lib), {})

    def test_services_both_ways(self):
        service = self.lib.create_service("/lib", None, None)
        service.connect("request", lambda _, request: request.return_text(request.get_params_text()) or True)
        for kind in CLIENTS:
            peer = self.peer("peer-" + kind, kind, cipher=self.cipher())
            peer.serve("/echo" + kind, lambda request: request.data)
            self.assertEqual(self.call(self.lib, "/echo" + kind, ["x"]), ["x"])
            answers = []
            peer.service_client("/lib").request({"a": 1}, answers.append)
            self.wait(lambda: answers)
            self.assertEqual((answers[0].kind, answers[0].data), ("reply", {"a": 1}))
            self.assertIn("gpg", answers[0].header)

    def test_built_in_services(self):
        peer = self.peer("peer", cipher=self.cipher())
        self.assertEqual(self.call(self.lib, "/__minibus__/peer/__pid__", None), os.getpid())
        answers = []
        client = peer.service_client("/__minibus__/lib/__pid__", {"type": "null"}, {"type": "integer"})
        client.request(None, answers.append)
        self.wait(lambda: answers)
        self.assertEqual(answers[0].data, os.getpid())

    def test_a_slow_service(self):
        """While a call waits, the client asks nothing that this peer would answer encrypted."""
        requests, questions, asked, replies = [], [], [], []
        peer = self.peer("peer", cipher=self.cipher())
        peer.serve("/slow", lambda request: requests.append(request) or Server.LATER)
        self.watcher.subscribe("/__minibus__/__who__", questions.append)
        self.watcher.subscribe("/__minibus__/__service_servers__/__request__", asked.append, NULL_SCHEMA)
        self.lib.call_text_async("/slow", "1", CALL_TIMEOUT, None,
                                 lambda client, result: replies.append(client.call_text_finish(result)))
        self.wait(lambda: requests and (asked or len(questions) >= 2))
        self.assertEqual(questions[0].data["services"], ["/slow"])
        requests[0].reply(2)
        self.wait(lambda: replies)
        self.assertEqual(replies, ["2"])
        self.assertEqual(asked, [])


class OtherKeys(TestCase):
    def test_a_wrong_key(self):
        lib = self.client("lib", passphrase="another")
        inbox = Inbox(lib, "/t")
        self.peer("writer", cipher=self.cipher()).publish("/t", 1)
        self.wait(lambda: dropped(lib))
        self.assertEqual((dropped(lib), len(inbox)), ({"wrong-key": 1}, 0))

    def test_a_mixed_bus(self):
        """No keyless peer has to read what our encrypted clients say unasked."""
        lib = self.client("lib", passphrase=KEY)
        keyless = [self.peer("keyless-" + kind, kind) for kind in CLIENTS]
        publisher = lib.create_publisher("/secret", None)
        publisher.publish_text("1")
        lib.flush_sync(None)
        names = set()
        client = lib.create_service_client("/__minibus__/__listclients__", None, None)
        client.connect("reply", lambda _, request, message: names.add(message.get_text()))
        client.call_text("null")
        self.wait(lambda: names)
        for peer in keyless:
            self.assertEqual(self.call(lib, f"/__minibus__/{peer.name}/__pid__", None), os.getpid())
            answers = []
            peer.service_client("/__minibus__/__listclients__", {"type": "null"},
                                {"type": "string"}).request(None, answers.append)
            self.wait(lambda: "lib" in [answer.data for answer in answers])

    def test_plaintext(self):
        strict = self.client("strict", passphrase=KEY)
        mixed = Minibus.Client(name="mixed", passphrase=KEY, accept_plaintext=True)
        mixed.open_sync(None)
        self.addCleanup(mixed.close)
        refused, taken = Inbox(strict, "/t"), Inbox(mixed, "/t")
        service = mixed.create_service("/mixed", None, None)
        service.connect("request", lambda _, request: request.return_text(request.get_params_text()) or True)
        for kind in CLIENTS:
            peer = self.peer("keyless-" + kind, kind)
            peer.publish("/t", kind)
            answers = []
            peer.service_client("/mixed").request(kind, answers.append)
            self.wait(lambda: answers)
            self.assertEqual((answers[0].data, "gpg" in answers[0].header), (kind, False))
        self.wait(lambda: len(taken) == 2 and dropped(strict))
        self.assertEqual(taken.values(), ["S", "T"])
        self.assertEqual((dropped(strict), len(refused)), ({"plaintext": 2}, 0))


if __name__ == "__main__":
    support.main()
