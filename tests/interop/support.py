# support.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the interoperation tests share: the library, the Python peer and a watcher on one bus.

Importing this module starts the script again in a network of its own, unless MB_INTEROP_INSIDE says that
it is in one that was made for it. Nothing here waits for a
length of time: a wait ends when what it waits for has come, or fails after TIMEOUT.
"""

import itertools
import json
import os
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peer"))

import private                                              # noqa: E402
from bus_peer import Peer, Watcher, encode_packet           # noqa: E402

if not os.environ.get("MB_INTEROP_INSIDE"):
    private.enter()

import gi                                                   # noqa: E402
gi.require_version("Minibus", "1.0")
from gi.repository import Gio, GLib, GObject, Minibus       # noqa: E402

TIMEOUT = 60                # seconds: only a failing test waits for so long
CALL_TIMEOUT = TIMEOUT * 1000
END = "/interop/end"
NODE = os.path.join(HERE, "node.py")
WATCHER_BUFFER = 4 << 20

DROP_REASONS = ("oversize", "not-json", "too-deep", "not-packet", "data-not-json", "schema",
                "limit", "no-key", "no-id", "duplicate", "late-reply", "inbox-full", "missed",
                "kernel", "wrong-key", "plaintext", "replay", "forged", "untrusted", "cipher-busy",
                "cipher-failed", "not-sent", "presence")


def schema(value):
    return Minibus.Schema.new_from_text(json.dumps(value))


def wait(predicate, timeout=TIMEOUT):
    """Runs the main loop until predicate() is true. Returns whether it became true."""
    context = GLib.MainContext.default()
    ticks = GLib.timeout_source_new(5)          # other threads change things without waking us
    ticks.set_callback(lambda *_: True)
    ticks.attach(context)
    end = time.monotonic() + timeout
    try:
        while not predicate():
            if time.monotonic() > end:
                return False
            context.iteration(True)
    finally:
        ticks.destroy()
    return True


def dropped(client):
    """Returns the reasons for which the client has dropped anything, with their counts."""
    counts = {reason: client.get_property("dropped-" + reason) for reason in DROP_REASONS}
    return {reason: count for reason, count in counts.items() if count}


class Inbox:
    """Subscribes, and keeps the messages."""

    def __init__(self, client, pattern, schema=None):
        self.messages = []
        self.subscriber = client.subscribe(pattern, schema)
        self.subscriber.connect("message", lambda _, message: self.messages.append(message))

    def __len__(self):
        return len(self.messages)

    def texts(self):
        return [message.get_text() for message in self.messages]

    def values(self):
        return [json.loads(text) for text in self.texts()]

    def topics(self):
        return [message.get_topic() for message in self.messages]


class Node:
    """A process of its own with a client of the library; see node.py for the commands."""

    def __init__(self, name, prefix=(), address=None):
        environment = dict(os.environ, MB_INTEROP_INSIDE="1")
        self.name = name
        self.tags = itertools.count()
        self.process = subprocess.Popen([*prefix, sys.executable, NODE], env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask("open", name=name, address=address)

    def post(self, command, **members):
        """Sends a command whose answer is taken with take()."""
        self.process.stdin.write(json.dumps({"command": command, **members}) + "\n")
        self.process.stdin.flush()

    def take(self):
        line = self.process.stdout.readline()
        if not line:
            raise EOFError(f"{self.name} has ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "failed" in answer:
            raise RuntimeError(f"{self.name}: {answer['failed']}")
        return answer

    def ask(self, command, **members):
        self.post(command, **members)
        return self.take()

    def kill(self):
        self.process.kill()
        self.close()

    def close(self):
        """Ends the process, which ends at the end of its input. Returns its exit status."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        return self.process.wait(TIMEOUT)


class TestCase(unittest.TestCase):
    """Each test has a watcher, and fails if anything but its own hostile datagrams is a killer."""

    maxDiff = 600

    def setUp(self):
        self.hostile = set()
        self.things = []
        self.judged = set()
        self.watcher = Watcher(receive_buffer=WATCHER_BUFFER)
        self.watcher.subscribe(END, lambda message: self.judged.add(message.data))
        self.watcher.start()
        self.addCleanup(self.watcher.close)
        self.sender = self.peer("interop-sender", quiet=True)

    def tearDown(self):
        self.judge()

    def doCleanups(self):
        result = super().doCleanups()
        wait(lambda: not GLib.MainContext.default().pending(), 1)
        return result

    def judge(self):
        """Waits until the watcher has seen everything, and fails if there was a killer."""
        for number in itertools.count():
            self.sender.publish(END, number)
            if self.watcher.wait(lambda: number in self.judged, 10):
                break
            self.assertLess(number, 6, "the watcher hears nothing")
        for judge in (self.watcher, *self.things):
            if isinstance(judge, Peer):
                killers = [each for each in judge.killers if each.datagram not in self.hostile]
                self.assertEqual(killers, [], judge.name)

    def client(self, name=None, **properties):
        client = Minibus.Client(name=name, **properties)
        client.open_sync(None)
        self.addCleanup(client.close)
        return client

    def peer(self, name=None, client="S", **options):
        peer = Peer(name=name, client=client, **options).start()
        self.addCleanup(peer.close)
        self.things.append(peer)
        return peer

    def node(self, name, **options):
        node = Node(name, **options)
        self.addCleanup(node.close)
        return node

    def send(self, datagram):
        """Sends what would kill an original."""
        self.hostile.add(datagram)
        self.sender.send(datagram)

    def wait(self, predicate, what=None):
        self.assertTrue(wait(predicate), what or "it did not come in time")

    def assert_error(self, quark, code, function, *arguments):
        """Returns the message of the GError that the call must raise."""
        with self.assertRaises(GLib.Error) as caught:
            function(*arguments)
        self.assertTrue(caught.exception.matches(quark, code), caught.exception)
        return caught.exception.message


def packet(topic, text, author="interop-sender", idstr="i", extra=None, trailer=b""):
    """Returns a packet whose data is this text, whatever it is."""
    return encode_packet(topic, text, author, idstr, extra, trailer)


def main():
    unittest.main(verbosity=2)
