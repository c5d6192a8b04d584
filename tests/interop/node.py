#!/usr/bin/python3
# node.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A process with one client of the library, steered by JSON objects, one on a line of its input.

Each command is answered by one line, an object with what it tells, or with a member "failed":

  open        name, address (null for the default), passphrase (null for none); tells pid
  close, reopen
  subscribe   pattern, schema (null for none)
  publish     topic, count: messages with the numbers from 1 as data; tells how many have been sent
  stats       pattern; tells, for each session that was heard, how many messages came, how many
              different ones, the lowest and the highest number, and whether they were in order;
              what the subscriber misses, and has been told of; how many requests were served;
              and what the client dropped
  serve       name: answers with [the own name, the parameters]
  call        name, params, timeout (ms), tries: tells the value, or the error of the last try

Ends at the end of its input.
"""

import json
import os
import sys

import support
from support import GLib, Minibus


class Listener:
    def __init__(self, client, pattern, schema=None):
        self.sessions = {}
        self.told_missed = 0
        self.subscriber = client.subscribe(pattern, schema and support.schema(schema))
        self.subscriber.connect("message", self.heard)
        self.subscriber.connect("missed", self.missed)

    def heard(self, _, message):
        self.sessions.setdefault(message.get_session(), []).append(message.get_sequence())

    def missed(self, _, author, count):
        self.told_missed += count

    def stats(self):
        sessions = {}
        for session, numbers in self.sessions.items():
            sessions[session] = {
                "count": len(numbers),
                "unique": len(set(numbers)),
                "lowest": min(numbers),
                "highest": max(numbers),
                "ordered": numbers == sorted(numbers),
            }
        missed = self.subscriber.get_n_missed()
        return {"sessions": sessions, "missed": missed, "told": self.told_missed}


class Node:
    def __init__(self):
        self.loop = GLib.MainLoop()
        self.unread = b""
        self.listeners = {}
        self.publishers = {}
        self.served = 0
        self.directory = None
        GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP,
                          self.read)

    def read(self, *_):
        data = os.read(0, 65536)
        if not data:
            self.loop.quit()
            return False
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            members = json.loads(line)
            try:
                answer = getattr(self, "do_" + members.pop("command"))(**members) or {}
            except Exception as error:      # whatever it is, the test should learn it from here
                answer = {"failed": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
        return True

    def do_open(self, name, address, passphrase=None):
        self.client = Minibus.Client(name=name, address=address)
        if passphrase is not None:
            self.client.set_passphrase(passphrase)
            self.client.set_s2k_count(65536)
        self.client.open_sync(None)
        return {"pid": os.getpid()}

    def do_close(self):
        self.client.close()

    def do_reopen(self):
        self.client.open_sync(None)

    def do_subscribe(self, pattern, schema=None):
        self.listeners[pattern] = Listener(self.client, pattern, schema)

    def do_publish(self, topic, count=1):
        if topic not in self.publishers:
            self.publishers[topic] = [self.client.create_publisher(topic, None), 0]
        entry = self.publishers[topic]
        for _ in range(count):
            entry[1] += 1
            entry[0].publish_text(str(entry[1]))
        return {"sent": entry[1]}

    def do_stats(self, pattern):
        return {**self.listeners[pattern].stats(), "served": self.served,
                "dropped": support.dropped(self.client)}

    def do_peers(self):
        """Tells the name and the session of each peer that is there."""
        if self.directory is None:
            self.directory = Minibus.Directory.new(self.client)
        return {"peers": sorted([peer.get_name(), peer.get_session()] for peer in self.directory if peer.get_session())}

    def do_serve(self, name):
        def handle(_, request):
            self.served += 1
            params = json.loads(request.get_params_text())
            request.return_text(json.dumps([self.client.get_name(), params]))
            return True

        self.client.create_service(name, None, None).connect("request", handle)

    def do_call(self, name, params, timeout=support.CALL_TIMEOUT, tries=1):
        for number in range(tries):
            try:
                reply = self.client.call_text_sync(name, json.dumps(params), timeout, None)
                return {"value": json.loads(reply), "tries": number + 1}
            except GLib.Error as error:
                if not error.matches(Minibus.service_error_quark(), Minibus.ServiceError.TIMED_OUT):
                    raise
                message = error.message
        return {"error": message}


def main():
    node = Node()
    node.loop.run()
    if hasattr(node, "client"):
        node.client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
