#!/usr/bin/python3
# test_program.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the command line of the test peer. Needs a network of its own, and gives itself one."""

import json
import os
import subprocess
import sys
import unittest

import private
from bus_peer import NOT_JSON, PACKET_SCHEMA, Peer

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "minibus_peer.py")


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
        done = subprocess.run([sys.executable, PROGRAM, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, check=False, timeout=30)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def test_publish_and_subscribe(self):
        """One process publishes to another."""
        subscriber = self.start("--name", "sub", "subscribe", "/a", "--count", "2")
        status, events = self.run_to_end("--client", "T", "--name", "pub", "publish", "/a",
                                         '{"n":"$n"}', "--count", "2", "--interval", "0.01")
        self.assertEqual(status, 0)
        self.assertEqual([event["event"] for event in events],
                         ["ready", "published", "published", "end"])
        for number in range(2):
            message = self.event(subscriber)
            idstr = events[1 + number]["idstr"]
            self.assertEqual((message["event"], message["topic"], message["author"]),
                             ("message", "/a", "pub"))
            self.assertEqual((message["idstr"], message["data"], message["text"]),
                             (idstr, {"n": number}, '{"n":%d}' % number))
        self.end(subscriber, 0)

    def test_serve_and_call(self):
        """One process serves another in each mode."""
        for behaviour, params, kind, data in (
            ((), '{"x":1}', "reply", {"x": 1}), (("--echo",), '"e"', "reply", "e"),
            (("--add",), "[1,2]", "reply", 3), (("--add",), '{"a":1,"b":2}', "reply", 3),
            (("--raise", "no"), "1", "error", "no"),
            (("--error", '{"code":1}'), "1", "error", {"code": 1}),
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
        self.assertEqual(status, 1)
        self.assertEqual([event["event"] for event in events], ["ready", "failed", "end"])
        self.assertEqual((events[1]["error"], events[2]["received"]), ("ValidationError", 0))

    def test_timeout(self):
        """Messages that do not come in time are a failure if they were counted."""
        self.assertEqual(self.run_to_end("subscribe", "/a", "--count", "1", "--timeout", "0")[0], 1)
        self.assertEqual(self.run_to_end("subscribe", "/a", "--timeout", "0")[0], 0)

    def test_killers(self):
        """Killers are printed with their bytes and make the status 3, unless allowed."""
        for options, status in (((), 3), (("--allow-killers", "1"), 3),
                                (("--allow-killers", "2"), 0), (("--expect-killers", "2"), 0),
                                (("--expect-killers", "3"), 3)):
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
    private.enter()
    unittest.main(verbosity=2)
