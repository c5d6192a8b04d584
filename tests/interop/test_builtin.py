#!/usr/bin/python3
# test_builtin.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The eleven built-in services, asked by Python clients of the library and the other way round."""

import json
import os
import socket

import support
from bus_peer import BUILT_IN_REPLIES, LISTS
from support import CALL_TIMEOUT, GLib, Inbox, Minibus, dropped, packet

SHARED = ("__listclients__", *LISTS)
OWN = (*LISTS, "__hostname__", "__pid__")

ODD_NAMES = ("a(b", "a.b", "a+b", "a*", "[x]", "^a$", "\\d", "a b", "a/b", "/a/",
             "\u00e9\U0001f600", "x" * 200, "__pid__", "quote\"back\\slash", "nl\nname", "-")


class BuiltIn(support.TestCase):
    def setUp(self):
        super().setUp()
        self.lib = self.client("lib")
        self.asker = self.peer("asker", receive_buffer=support.WATCHER_BUFFER)

    def furnish(self):
        """Gives the library's client something to tell of."""
        self.kept = [self.lib.create_publisher(topic, None)
                     for topic in ("/chatter", "/number", "/chatter", "/\u00e9", "/x/__reply__", "/__x__")]
        for pattern in ("/sensor/.*", "^/caret$", "/a|/b", "/x/__error__"):
            self.lib.subscribe(pattern, None)
        for name in ("/add", "sub/", "/calc/.*", "/__minibus__/own"):
            self.lib.create_service(name, None, None)
        for name in ("/far", "/far/", "/__minibus__/far"):
            self.kept.append(self.lib.create_service_client(name, None, None))
        return {
            "__publishers__": ["/chatter", "/number", "/chatter", "/\u00e9", "/__x__"],
            "__subscribers__": ["/sensor/.*", "/caret", "/a|/b"],
            "__service_servers__": ["/add", "sub", "/calc/.*"],
            "__service_clients__": ["/far", "/far"],
            "__hostname__": socket.gethostname(),
            "__pid__": os.getpid(),
        }

    def furnish_peer(self, peer):
        peer.publisher("/chatter")
        peer.publisher("/x/__reply__")
        peer.subscribe("/sensor/.*", lambda message: None)
        peer.serve("/svc", lambda request: None)
        peer.service_client("/other")

    def ask_all(self, name, count):
        """Returns author → data of all who answer."""
        answers = []
        client = self.asker.service_client(name)
        idstr = client.request(None, answers.append)
        self.wait(lambda: len(answers) >= count, name)
        del client.calls[idstr]
        self.assertEqual({answer.kind for answer in answers}, {"reply"})
        self.assertEqual(len(answers), count)
        return {answer.author: answer.data for answer in answers}

    def test_a_python_client_asks_for_one_by_name(self):
        told = self.furnish()
        for service in OWN:
            answers = self.ask_all(f"/__minibus__/lib/{service}", 1)
            self.assertEqual(answers, {"lib": told[service]}, service)
        self.assertEqual(dropped(self.lib), {})

    def test_a_python_client_asks_all(self):
        told = self.furnish()
        told["__listclients__"] = "lib"
        twisted = self.peer("twisted", "T")
        self.furnish_peer(twisted)
        for service in SHARED:
            answers = self.ask_all(f"/__minibus__/{service}", 3)
            self.assertEqual(set(answers), {"lib", "asker", "twisted"})
            self.assertEqual(answers["lib"], told[service], service)

    def test_lists_follow_what_is_closed(self):
        told = self.furnish()
        for each in self.kept:
            each.close()
        inbox = self.lib.subscribe("/gone", None)
        inbox.close()
        self.assertEqual(self.ask_all("/__minibus__/lib/__publishers__", 1), {"lib": []})
        self.assertEqual(self.ask_all("/__minibus__/lib/__service_clients__", 1), {"lib": []})
        self.assertEqual(self.ask_all("/__minibus__/lib/__subscribers__", 1),
                         {"lib": told["__subscribers__"]})

    def test_the_library_asks_a_python_client(self):
        for kind in ("S", "T"):
            peer = self.peer("peer-" + kind, kind)
            self.furnish_peer(peer)
            told = {"__publishers__": peer.list_publishers(), "__subscribers__": peer.list_subscribers(),
                    "__service_servers__": ["/svc"], "__service_clients__": ["/other"],
                    "__hostname__": socket.gethostname(), "__pid__": os.getpid()}
            for service in OWN:
                reply = self.lib.call_text_sync(f"/__minibus__/{peer.name}/{service}", "null",
                                                CALL_TIMEOUT, None)
                self.assertEqual(json.loads(reply), told[service], service)

    def test_the_library_hears_all_who_answer(self):
        self.peer("twisted", "T")
        other = self.client("other")
        for service in SHARED:
            inbox = Inbox(other, f"/__minibus__/{service}/__reply__")
            call = self.lib.create_service_client(f"/__minibus__/{service}", None, None)
            call.call_text("null")
            self.wait(lambda: len(inbox) == 4)
            self.assertEqual({message.get_author() for message in inbox.messages},
                             {"lib", "other", "asker", "twisted"})
            if service == "__listclients__":
                self.assertEqual(set(inbox.values()), {"lib", "other", "asker", "twisted"})

    def test_the_library_sends_no_params_that_break_python_clients(self):
        for name in ("/__minibus__/__listclients__", "/__minibus__/asker/__pid__",
                     "/__minibus__/__publishers__/"):
            for params in ("1", "{}", '"null"'):
                self.assert_error(Minibus.schema_error_quark(), Minibus.SchemaError.VIOLATION,
                                  self.lib.call_text_sync, name, params, CALL_TIMEOUT, None)

    def test_wrong_params_are_answered_with_an_error(self):
        replies = Inbox(self.lib, "/__minibus__/.*/__(reply|error)__")
        self.send(packet("/__minibus__/lib/__pid__/__request__", "1", idstr="x"))
        self.wait(lambda: len(replies) == 1)
        self.assertEqual(replies.topics(), ["/__minibus__/lib/__pid__/__error__"])
        self.assertEqual(replies.messages[0].get_id(), "x")

    def test_clients_with_odd_names(self):
        clients = [self.client(name) for name in ODD_NAMES]
        answers = self.ask_all("/__minibus__/__listclients__", len(ODD_NAMES) + 2)
        self.assertEqual(answers, {name: name for name in (*ODD_NAMES, "lib", "asker")})
        for client in clients:
            client.create_publisher("/of/" + client.get_name(), None).publish_text("1")
        for name in ODD_NAMES:
            # A Python client cannot ask in its own way, which reads the name as a regular expression.
            for service in OWN:
                with self.subTest(name=name, service=service):
                    reply = self.lib.call_text_sync(f"/__minibus__/{name}/{service}", "null",
                                                    CALL_TIMEOUT, None)
                    value = json.loads(reply)
                    if service == "__pid__":
                        self.assertEqual(value, os.getpid())

    def test_a_name_is_no_pattern(self):
        for name in ("a.b", "a+b", "a*"):
            self.client(name)
        for name in ("axb", "aab", "aa", "a"):
            topics = Inbox(self.lib, f"/__minibus__/{name}/__pid__/__reply__")
            self.sender.send(packet(f"/__minibus__/{name}/__pid__/__request__", "null", idstr="x"))
            self.lib.call_text_sync("/__minibus__/a*/__pid__", "null", CALL_TIMEOUT, None)
            self.judge()
            self.assertEqual(len(topics), 0)

    def test_two_clients_of_one_name_both_answer(self):
        self.client("twin")
        self.client("twin")
        answers = []
        self.asker.service_client("/__minibus__/twin/__pid__").request(None, answers.append)
        self.wait(lambda: len(answers) == 2)

    def test_a_generated_name_is_harmless_in_a_regular_expression(self):
        for name in (None, ""):
            client = self.client(name)
            self.assertRegex(client.get_name(), r"^[A-Za-z0-9_-]+$")
            answers = self.ask_all(f"/__minibus__/{client.get_name()}/__pid__", 1)
            self.assertEqual(answers, {client.get_name(): os.getpid()})

    def test_a_closed_client_is_gone_and_an_opened_one_is_back(self):
        other = self.client("other")
        self.assertEqual(set(self.ask_all("/__minibus__/__listclients__", 3)), {"asker", "lib", "other"})
        other.close()
        self.assertEqual(set(self.ask_all("/__minibus__/__listclients__", 2)), {"asker", "lib"})
        other.open_sync(None)
        self.assertEqual(set(self.ask_all("/__minibus__/__listclients__", 3)), {"asker", "lib", "other"})

    def test_a_list_that_is_too_long_for_a_packet(self):
        kept = [self.lib.create_publisher(f"/many/{number:04}", None) for number in range(500)]
        answers = []
        self.asker.service_client("/__minibus__/lib/__publishers__").request(None, answers.append)
        self.wait(lambda: answers)
        # Silence would look like a client that is not there.
        self.assertEqual(answers[0].kind, "error")
        self.assertIsInstance(answers[0].data, str)
        for each in kept:
            each.close()


class Harmless(support.TestCase):
    """What a program may ask of the library, and what would kill Python clients."""

    def setUp(self):
        super().setUp()
        self.lib = self.client("lib")
        self.peers = [self.peer("peer-" + kind, kind) for kind in ("S", "T")]

    def try_all(self, topic, texts):
        for text in texts:
            try:
                self.lib.create_publisher(topic, None).publish_text(text)
            except GLib.Error:
                pass

    def test_publishing_on_topics_of_built_in_services(self):
        for service, reply_schema in BUILT_IN_REPLIES.items():
            for client in ("", "peer-S/", "lib/"):
                for kind in ("__request__", "__reply__", "__error__"):
                    self.try_all(f"/__minibus__/{client}{service}/{kind}",
                                 ("1", "null", '"x"', "[]", "1.5", "{}"))
        self.judge()

    def test_publishing_on_topics_that_look_like_those_to_python_only(self):
        # In Python `$` matches before a final LF too.
        for service in BUILT_IN_REPLIES:
            for client in ("", "peer-S/"):
                self.try_all(f"/__minibus__/{client}{service}/__request__\n", ("1", "[]"))
        self.judge()

    def test_serving_a_built_in_service(self):
        def handle(_, request):
            try:
                request.return_text('{"wrong": "type"}')
            except GLib.Error:
                pass
            return True

        for service in BUILT_IN_REPLIES:
            for client in ("", "peer-S/"):
                try:
                    served = self.lib.create_service(f"/__minibus__/{client}{service}", None, None)
                except GLib.Error:
                    continue
                served.connect("request", handle)
        try:
            self.lib.create_service("/__minibus__/.*", None, None).connect("request", handle)
        except GLib.Error:
            pass
        answers = []
        for service in SHARED:
            self.peers[0].service_client(f"/__minibus__/{service}").request(None, answers.append)
        self.wait(lambda: len({(answer.name, answer.author) for answer in answers}) >= 3 * len(SHARED))
        self.judge()


if __name__ == "__main__":
    support.main()
