#!/usr/bin/python3
# test_services.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Services between the library and Python clients, both ways."""

import json
import threading
import time
import unittest
import uuid

import support
from bus_peer import Server, ServiceError
from support import CALL_TIMEOUT, GLib, Inbox, Minibus, dropped, packet, schema

CLIENTS = ("S", "T")
TIMED_OUT = Minibus.ServiceError.TIMED_OUT
REMOTE = Minibus.ServiceError.REMOTE
INVALID_REPLY = Minibus.ServiceError.INVALID_REPLY


class Call:
    """An asynchronous call and what became of it; a GError is kept in `error`."""

    def __init__(self, client, name, params, timeout=CALL_TIMEOUT, cancellable=None):
        self.done = False
        self.value = self.error = None
        client.call_text_async(name, json.dumps(params), timeout, cancellable, self.ended)

    def ended(self, client, result):
        assert not self.done
        try:
            self.value = json.loads(client.call_text_finish(result))
        except GLib.Error as error:
            self.error = error
        self.done = True


class TheLibraryCalls(support.TestCase):
    def setUp(self):
        super().setUp()
        self.lib = self.client("lib")

    def call(self, name, params, timeout=CALL_TIMEOUT):
        call = Call(self.lib, name, params, timeout)
        self.wait(lambda: call.done)
        return call

    def assert_fails(self, call, code):
        self.assertTrue(call.error.matches(Minibus.service_error_quark(), code), call.error)
        return call.error.message

    def test_results(self):
        for kind in CLIENTS:
            peer = self.peer("server-" + kind, kind)
            peer.serve("/echo" + kind, lambda request: request.data)
            for value in (None, 0, "", "h\u00e9 \U0001f600", [1, {"a": None}], {"x": 1.5}, "x" * 900):
                self.assertEqual(self.call("/echo" + kind, value).value, value)
                reply = self.lib.call_text_sync("/echo" + kind, json.dumps(value), CALL_TIMEOUT, None)
                self.assertEqual(json.loads(reply), value)
        self.assertEqual(dropped(self.lib), {})

    def test_errors(self):
        def fail(request):
            if request.data == "object":
                raise ServiceError({"msg": "no", "code": 7})
            raise RuntimeError("refused: " + request.data)

        for kind in CLIENTS:
            self.peer("server-" + kind, kind).serve("/fail" + kind, fail)
            self.assertEqual(self.assert_fails(self.call("/fail" + kind, "x"), REMOTE), "refused: x")
            message = self.assert_fails(self.call("/fail" + kind, "object"), REMOTE)
            self.assertEqual(json.loads(message), {"msg": "no", "code": 7})
            message = self.assert_error(Minibus.service_error_quark(), REMOTE, self.lib.call_text_sync,
                                        "/fail" + kind, '"y"', CALL_TIMEOUT, None)
            self.assertEqual(message, "refused: y")

    def test_a_service_answers_later(self):
        requests = []
        peer = self.peer("server")
        peer.serve("/later", lambda request: requests.append(request) or Server.LATER)
        calls = [Call(self.lib, "/later", number) for number in range(5)]
        self.wait(lambda: len(requests) == 5)
        for request in reversed(requests):
            if request.data == 3:
                request.fail("not that")
            else:
                request.reply(request.data * 10)
        self.wait(lambda: all(call.done for call in calls))
        self.assertEqual([call.value for call in calls], [0, 10, 20, None, 40])
        self.assertEqual(self.assert_fails(calls[3], REMOTE), "not that")

    def test_the_trailing_slash_makes_no_difference(self):
        self.peer("server").serve("svc/", lambda request: "plain")
        self.peer("server").serve("/svc", lambda request: "slash")
        self.peer("server").serve("/svc//", lambda request: "double")
        for name, value in {"svc": "plain", "svc/": "plain", "/svc": "slash", "/svc/": "slash",
                            "/svc//": "double"}.items():
            self.assertEqual(self.call(name, None).value, value, name)

    def test_a_pattern_answers_on_the_concrete_name(self):
        self.peer("server").serve("/calc/.*", lambda request: request.topic)
        self.assertEqual(self.call("/calc/add", 1).value, "/calc/add/__request__")
        self.assertEqual(self.call("/calc/sub/", 1).value, "/calc/sub/__request__")

    def test_the_first_of_two_answers_counts(self):
        peers = [self.peer("server-" + kind, kind) for kind in CLIENTS]
        served = []
        for peer in peers:
            peer.serve("/both", lambda request, peer=peer: served.append(peer.name) or peer.name)
        for number in range(10):
            self.assertIn(self.call("/both", number).value, ["server-S", "server-T"])
        self.wait(lambda: len(served) == 20)
        self.wait(lambda: dropped(self.lib) == {"late-reply": 10})

    def test_repeated_and_late_answers_are_counted_and_ignored(self):
        requests = []
        self.peer("server").serve("/slow", lambda request: requests.append(request) or Server.LATER)
        call = self.call("/slow", 1, 50)
        message = self.assert_fails(call, TIMED_OUT)
        self.assertIn("/slow", message)
        self.wait(lambda: len(requests) == 1)
        requests[0].reply("too late")
        self.wait(lambda: dropped(self.lib) == {"late-reply": 1})

        call = Call(self.lib, "/slow", 2)
        self.wait(lambda: len(requests) == 2)
        reply = packet("/slow/__reply__", '"first"', idstr=requests[1].idstr)
        self.sender.send(reply)
        self.sender.send(reply)
        requests[1].fail("second")
        self.wait(lambda: call.done)
        self.assertEqual(call.value, "first")
        self.wait(lambda: dropped(self.lib) == {"late-reply": 3})

    def test_answers_to_others_are_not_taken(self):
        requests = []
        self.peer("server").serve("/mine", lambda request: requests.append(request) or Server.LATER)
        other = self.peer("other")
        answers = []
        client = other.service_client("/mine")
        call = Call(self.lib, "/mine", "lib")
        client.request("other", answers.append)
        self.wait(lambda: len(requests) == 2)
        by_data = {request.data: request for request in requests}
        by_data["other"].fail("for the other")
        self.wait(lambda: answers)
        # The right id on another service, and no id at all, are no answer either.
        idstr = by_data["lib"].idstr
        self.sender.send(packet("/other/__reply__", "1", idstr=idstr))
        self.sender.send(b'{"header":{"topic":"/mine/__reply__"},"data":"1"}')
        self.sender.send(packet("/mine/__reply__", "1", idstr=str(uuid.uuid4())))
        by_data["lib"].reply("for us")
        self.wait(lambda: call.done)
        self.assertEqual(call.value, "for us")
        self.assertEqual(dropped(self.lib), {"no-id": 1})

    def test_answers_that_are_no_json_end_the_call(self):
        requests = []
        self.peer("server").serve("/broken", lambda request: requests.append(request) or Server.LATER)
        for topic in ("/broken/__reply__", "/broken/__error__"):
            requests.clear()
            call = Call(self.lib, "/broken", 1)
            self.wait(lambda: requests)
            self.send(packet(topic, "{not json", idstr=requests[0].idstr))
            self.wait(lambda: call.done)
            self.assert_fails(call, INVALID_REPLY)
        self.assertEqual(dropped(self.lib), {"data-not-json": 2})

    def test_a_service_that_does_not_exist(self):
        self.assert_fails(self.call("/nowhere", 1, 30), TIMED_OUT)
        self.assert_error(Minibus.service_error_quark(), TIMED_OUT, self.lib.call_text_sync, "/nowhere", "1",
                          30, None)

    def test_cancelling(self):
        requests = []
        self.peer("server").serve("/cancel", lambda request: requests.append(request) or Server.LATER)
        cancellable = support.Gio.Cancellable()
        call = Call(self.lib, "/cancel", 1, cancellable=cancellable)
        self.wait(lambda: requests)
        cancellable.cancel()
        self.wait(lambda: call.done)
        self.assertTrue(call.error.matches(support.Gio.io_error_quark(), support.Gio.IOErrorEnum.CANCELLED))
        requests[0].reply(1)
        self.wait(lambda: dropped(self.lib) == {"late-reply": 1})

    def test_closing_ends_the_calls(self):
        requests = []
        self.peer("server").serve("/close", lambda request: requests.append(request) or Server.LATER)
        calls = [Call(self.lib, "/close", number) for number in range(3)]
        self.wait(lambda: len(requests) == 3)
        self.lib.close()
        self.wait(lambda: all(call.done for call in calls))
        for call in calls:
            self.assertTrue(call.error.matches(Minibus.client_error_quark(), Minibus.ClientError.CLOSED))

    def test_signals_of_a_service_client(self):
        self.peer("server").serve("/signals", lambda request: 10 / request.data)
        client = self.lib.create_service_client("/signals", None, None)
        got = []
        client.connect("reply", lambda _, idstr, message:
                       got.append((idstr, json.loads(message.get_text()))))
        client.connect("failed", lambda _, idstr, error: got.append((idstr, error.message)))
        ids = [client.call_text(text) for text in ("5", "0")]
        self.wait(lambda: len(got) == 2)
        self.assertEqual([each[0] for each in got], ids)
        self.assertEqual(got[0][1], 2)
        self.assertIn("division", got[1][1])

    def test_many_calls_at_once(self):
        peer = self.peer("server", receive_buffer=support.WATCHER_BUFFER)
        peer.serve("/many", lambda request: request.data + 1)
        calls = [Call(self.lib, "/many", number) for number in range(100)]
        self.wait(lambda: all(call.done for call in calls))
        self.assertEqual([call.value for call in calls], list(range(1, 101)))

    def test_schemas(self):
        self.peer("server").serve("/schema", lambda request: request.data)
        client = self.lib.create_service_client("/schema", schema({"type": "integer"}),
                                                schema({"maximum": 5}))
        self.assert_error(Minibus.schema_error_quark(), Minibus.SchemaError.VIOLATION,
                          client.call_text_sync, '"x"', None)
        self.assertEqual(client.call_text_sync("5", None), "5")
        self.assert_error(Minibus.service_error_quark(), INVALID_REPLY, client.call_text_sync, "6", None)
        self.assertEqual(dropped(self.lib), {"schema": 1})


class TheLibraryServes(support.TestCase):
    def setUp(self):
        super().setUp()
        self.lib = self.client("lib")
        self.peers = [self.peer("caller-" + kind, kind) for kind in CLIENTS]

    def serve(self, name, handler, request_schema=None, reply_schema=None, client=None):
        service = (client or self.lib).create_service(name, request_schema, reply_schema)
        service.connect("request", handler)
        return service

    def ask(self, name, params, count=1, peer=None):
        """Returns the answers to a call of a peer: pairs of "reply" or "error" and the data."""
        answers = []
        client = (peer or self.peers[0]).service_client(name)
        idstr = client.request(params, answers.append)
        self.wait(lambda: len(answers) >= count)
        del client.calls[idstr]
        return [(answer.kind, answer.data) for answer in answers]

    def test_answers_at_once(self):
        def handle(_, request):
            self.assertIn(request.get_author(), ("caller-S", "caller-T"))
            self.assertEqual(request.get_service_name(), "/echo")
            request.return_text(request.get_params_text())
            return True

        self.serve("/echo/", handle)
        for peer in self.peers:
            for value in (None, 0, "", "h\u00e9 \U0001f600", [1, {"a": None}], {"x": 1.5}, "x" * 900):
                self.assertEqual(self.ask("/echo", value, peer=peer), [("reply", value)])
        self.assertEqual(dropped(self.lib), {})

    def test_answers_later_and_from_other_threads(self):
        requests = []
        self.serve("/later", lambda _, request: requests.append(request) or True)
        answers = {}
        for peer in self.peers:
            for number in range(3):
                peer.service_client("/later").request(
                    number, lambda answer: answers.setdefault(answer.idstr, (answer.kind, answer.data)))
        self.wait(lambda: len(requests) == 6)
        threads = [threading.Thread(target=lambda request=request: request.return_text("[1]"))
                   for request in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.wait(lambda: len(answers) == 6)
        self.assertEqual(list(answers.values()), [("reply", [1])] * 6)

    def test_errors(self):
        def handle(_, request):
            what = json.loads(request.get_params_text())
            if what == "text":
                request.return_error("h\u00e9, no")
            elif what == "object":
                request.return_error_text('{"code": 7}')
            elif what == "drop":
                return True
            elif what == "decline":
                return False
            elif what == "throw":
                raise RuntimeError("thrown on purpose by a test")
            elif what == "invalid":
                with self.assertRaises(GLib.Error):
                    request.return_text("{not json")
            elif what == "large":
                with self.assertRaises(GLib.Error):
                    request.return_text(json.dumps("x" * 2000))
            return True

        self.serve("/fail", handle)
        for peer in self.peers:
            self.assertEqual(self.ask("/fail", "text", peer=peer), [("error", "h\u00e9, no")])
            self.assertEqual(self.ask("/fail", "object", peer=peer), [("error", {"code": 7})])
            for what in ("drop", "decline", "throw", "invalid", "large"):
                (kind, data), = self.ask("/fail", what, peer=peer)
                self.assertEqual(kind, "error", what)
                self.assertIsInstance(data, str)

    def test_a_second_answer_is_refused(self):
        kept = []

        def handle(_, request):
            request.return_text("1")
            kept.append(request)
            return True

        self.serve("/once", handle)
        self.assertEqual(self.ask("/once", None), [("reply", 1)])
        for answer in (lambda: kept[0].return_text("2"), lambda: kept[0].return_error("3")):
            self.assert_error(Minibus.service_error_quark(), Minibus.ServiceError.ALREADY_ANSWERED, answer)
        self.assertEqual(self.ask("/once", None), [("reply", 1)])

    def test_names(self):
        names = []

        def handle(_, request):
            names.append(request.get_service_name())
            request.return_text("true")
            return True

        self.serve("/calc/.*", handle)
        self.serve("svc", handle)
        self.serve("/\u00e9", handle)
        for name in ("/calc/add", "/calc/sub/", "svc/", "svc", "/\u00e9"):
            self.assertEqual(self.ask(name, None), [("reply", True)])
        self.assertEqual(names, ["/calc/add", "/calc/sub", "svc", "svc", "/\u00e9"])

    def test_two_libraries_serve_one_name(self):
        other = self.client("other")
        for client in (self.lib, other):
            self.serve_name(client)
        answers = self.ask("/both", None, 2)
        self.assertEqual(sorted(answers), [("reply", "lib"), ("reply", "other")])

    def serve_name(self, client):
        def handle(_, request):
            request.return_text(json.dumps(client.get_name()))
            return True

        self.serve("/both", handle, client=client)

    def test_requests_without_id_are_counted_and_ignored(self):
        ran = []
        self.serve("/id", lambda _, request:
                   ran.append(request.get_params_text()) or request.return_text("1"))
        replies = Inbox(self.lib, "/id/__(reply|error)__")
        self.sender.send(b'{"header":{"topic":"/id/__request__"},"data":"\\"no id\\""}')
        self.sender.send(b'{"header":{"topic":"/__minibus__/__listclients__/__request__"},"data":"null"}')
        self.assertEqual(self.ask("/id", "id"), [("reply", 1)])
        self.assertEqual(ran, ['"id"'])
        self.wait(lambda: len(replies) == 1)
        self.assertEqual(dropped(self.lib), {"no-id": 2})

    def test_a_repeated_request_of_a_python_client_is_served_again(self):
        ran = []
        self.serve("/repeat", lambda _, request: ran.append(1) or request.return_text("1"))
        request = packet("/repeat/__request__", "null", idstr="same")
        answers = []
        self.peers[0].service_client("/repeat").calls["same"] = answers.append
        self.sender.send(request)
        self.sender.send(request)
        self.wait(lambda: len(answers) == 2)
        self.assertEqual(len(ran), 2)

    def test_an_empty_id_is_an_id(self):
        self.serve("/empty", lambda _, request: request.return_text("1"))
        answers = []
        self.peers[0].service_client("/empty").request(None, answers.append, "")
        self.wait(lambda: answers)

    def test_params_that_are_no_json_are_answered_with_an_error(self):
        self.serve("/broken", lambda _, request: request.return_text("1"))
        replies = Inbox(self.lib, "/broken/__error__")
        self.send(packet("/broken/__request__", "{not json", idstr="x"))
        self.wait(lambda: len(replies) == 1)
        self.assertEqual(replies.messages[0].get_id(), "x")
        self.assertEqual(dropped(self.lib), {"data-not-json": 1})

    def test_schemas(self):
        ran = []

        def handle(_, request):
            ran.append(request.get_params_text())
            try:
                request.return_text(request.get_params_text())
            except GLib.Error as error:
                self.assertTrue(error.matches(Minibus.schema_error_quark(), Minibus.SchemaError.VIOLATION))
            return True

        self.serve("/schema", handle, schema({"type": "integer"}), schema({"maximum": 5}))
        self.assertEqual(self.ask("/schema", 5), [("reply", 5)])
        for value in (6, "x"):
            (kind, text), = self.ask("/schema", value)
            self.assertEqual(kind, "error")
            self.assertIsInstance(text, str)
        self.assertEqual(ran, ["5", "6"])
        self.assertEqual(dropped(self.lib), {"schema": 1})

    def test_closed_services_answer_no_more(self):
        service = self.serve("/closed", lambda _, request: request.return_text("1"))
        self.assertEqual(self.ask("/closed", None), [("reply", 1)])
        service.close()
        answers = []
        self.peers[0].service_client("/closed").request(None, answers.append)
        self.ask("/__minibus__/lib/__pid__", None)      # what came before has been dealt with
        wait_quiet = Inbox(self.lib, "/after")
        self.lib.create_publisher("/after", None).publish_text("1")
        self.wait(lambda: len(wait_quiet) == 1)
        self.judge()
        self.assertEqual(answers, [])

    def test_more_requests_than_the_inbox_takes_are_refused_with_an_error(self):
        service = self.serve("/full", lambda _, request: request.return_text("1"))
        service.set_inbox_size(5)
        peer = self.peer("many", receive_buffer=support.WATCHER_BUFFER)
        answers = []
        for number in range(20):
            peer.service_client("/full").request(number, answers.append)
        # Without the main loop: the answer of a built-in service says that all have been received.
        peer.call("/__minibus__/lib/__pid__", None, support.TIMEOUT)
        self.wait(lambda: len(answers) == 20)
        self.assertEqual(sum(answer.kind == "reply" for answer in answers), 5)
        self.assertEqual(dropped(self.lib), {"inbox-full": 15})


class Busy(support.TestCase):
    """The library's main loop does not run."""

    def setUp(self):
        super().setUp()
        self.lib = self.client("lib")
        self.busy = self.peer("caller")

    def test_built_in_services_answer_meanwhile(self):
        for name in ("lib/__pid__", "lib/__hostname__", "__publishers__", "lib/__subscribers__",
                     "lib/__service_servers__"):
            client = self.busy.service_client("/__minibus__/" + name)
            answers = []
            client.request(None, answers.append)
            # Nobody runs the main loop here.
            self.assertTrue(self.busy.wait(lambda: any(answer.author == "lib" for answer in answers),
                                           support.TIMEOUT))

    def test_messages_and_requests_wait(self):
        inbox = Inbox(self.lib, "/wait")
        service = self.lib.create_service("/serve", None, None)
        service.connect("request", lambda _, request: request.return_text(request.get_params_text()))
        answers = []
        for number in range(1000):
            self.busy.publish("/wait", number)
            if number % 50 == 0:
                self.busy.call("/__minibus__/lib/__pid__", None, support.TIMEOUT)
        self.busy.service_client("/serve").request("x", answers.append)
        self.busy.call("/__minibus__/lib/__pid__", None, support.TIMEOUT)
        self.assertEqual((len(inbox), answers), (0, []))
        self.wait(lambda: answers and len(inbox) == 1000)
        self.assertEqual(inbox.values(), list(range(1000)))
        self.assertEqual(dropped(self.lib), {})

    def test_a_synchronous_call_serves_its_own_thread(self):
        def handle(_, request):
            request.return_text(request.get_params_text())
            return True

        self.lib.create_service("/own", None, None).connect("request", handle)
        self.assertEqual(self.lib.call_text_sync("/own", "[1]", CALL_TIMEOUT, None), "[1]")
        other = self.client("other")
        self.assertEqual(other.call_text_sync("/own", "[2]", CALL_TIMEOUT, None), "[2]")

        # A Python service that calls back the one that waits for it.
        def forward(request):
            self.busy.service_client("/own").request([request.data],
                                                     lambda answer: request.reply(answer.data))
            return Server.LATER

        self.busy.serve("/forward", forward)
        self.assertEqual(self.lib.call_text_sync("/forward", "3", CALL_TIMEOUT, None), "[3]")

    def test_synchronous_calls_of_several_threads(self):
        self.busy.serve("/threads", lambda request: request.data)
        results = {}

        def call(number):
            for each in range(10):
                text = self.lib.call_text_sync("/threads", f"[{number}, {each}]", CALL_TIMEOUT, None)
                results.setdefault(number, []).append(json.loads(text))

        threads = [threading.Thread(target=call, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, {number: [[number, each] for each in range(10)] for number in range(5)})

    def test_timeouts_end_a_synchronous_call_of_a_busy_loop(self):
        start = time.monotonic()
        self.assert_error(Minibus.service_error_quark(), TIMED_OUT, self.lib.call_text_sync, "/none", "1", 40,
                          None)
        self.assertGreaterEqual(time.monotonic() - start, 0.039)


if __name__ == "__main__":
    support.main()
