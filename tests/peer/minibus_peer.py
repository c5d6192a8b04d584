#!/usr/bin/python3
# minibus_peer.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Command line of the MiniBus 0.3.0 test peer; see bus_peer.py for what that is.

Prints one JSON object per line on standard output, each with a member "event":

  ready           joined: name, pid, client, limit
  message         subscribe: pattern, topic, author, idstr, header, data, text (the JSON text of
                  data), size (bytes of the datagram)
  published       publish: topic, idstr, data, size
  request         serve: name and what a message has
  reply, error    call: name and what a message has
  timeout         a call without (enough) answers: name, idstr, answers; or the whole program, then
                  name is null
  killer          a datagram that would have silenced the original: reason, detail, topic, author,
                  size, hex
  note            reason two-patterns, detail, topic: the peer's own patterns overlap
  callback-error  an exception in a callback, which ends there: detail, topic, idstr
  overrun         lost: datagrams that the kernel has dropped because the peer was late
  done, failed    interactive: command, tag, and for a failure error and message
  end             killers, allowed, received, lost, status: always the last

Exit status: 0; 1 if the mode has not done what it should; 2 for wrong usage; 3 if there were more
killers than --allow-killers says, or a number of them other than N with --expect-killers N.

Every mode ends at a line "stop" on standard input. Mode interactive reads one JSON object per line,
each with a member "command" and, if wanted, a "tag" that the answering "done" or "failed" repeats:

  subscribe       pattern, schema
  unsubscribe     pattern
  publish         topic, data, schema, count, interval (seconds), extra (further header members);
                  done is printed after the first, published after each
  serve           name, mode (echo, add, raise, error, reply, hold), value, request_schema,
                  reply_schema
  answer          idstr, and data for a reply or error for an error: for requests that are on hold
  call            name, data, timeout, count, request_schema, reply_schema, idstr; done tells
                  the idstr
  send            hex: these very bytes as one datagram
  killers         done tells their count
  allow           count: as --allow-killers from now on
  stop            as the end of the input

In published data each string "$n" is replaced by the number of the message, from 0.
"""

import argparse
import heapq
import json
import math
import os
import sys
import time
import uuid

from bus_peer import (GROUP, LIMITS, PORT, Peer, Server, ServiceError, Watcher, service_prefix)
from gpg_cipher import Cipher

KILLED = 3


def printable(value):
    """Returns the value with infinities, which JSON lacks, as strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, dict):
        return {name: printable(member) for name, member in value.items()}
    return value


def emit(event, **members):
    print(json.dumps({"event": event, **printable(members)}), flush=True)


def emit_message(event, message, **members):
    emit(event, **members, topic=message.topic, author=message.author, idstr=message.idstr,
         header=message.header, data=message.data, text=message.text, size=len(message.datagram))


def emit_peer_event(kind, details):
    if kind == "killer":
        killer = details["killer"]
        emit("killer", reason=killer.reason, detail=killer.detail,
             topic=killer.header.get("topic"), author=killer.header.get("author"),
             size=len(killer.datagram), hex=killer.datagram.hex())
        return
    header = details.pop("header", None)
    if header is not None:
        details.update(topic=header["topic"], idstr=header.get("idstr"))
    emit(kind, **details)


def numbered(value, number):
    if value == "$n":
        return number
    if isinstance(value, list):
        return [numbered(item, number) for item in value]
    if isinstance(value, dict):
        return {name: numbered(member, number) for name, member in value.items()}
    return value


def add(params):
    return sum(params) if isinstance(params, list) else params["a"] + params["b"]


class Session:
    """A peer, the commands that steer it, and the loop that drives it."""

    def __init__(self, peer, options):
        self.peer = peer
        self.allowed = options.allow_killers
        self.expected = options.expect_killers
        self.status = 0
        self.done = False
        self.input = None if sys.stdin is None or sys.stdin.closed else sys.stdin.fileno()
        self.unread = b""
        self.interactive = options.mode == "interactive"
        self.timers = []
        self.timer_count = 0
        self.callbacks = {}             # pattern → callback, to unsubscribe
        self.on_hold = {}               # idstr → Request

    # The loop.

    def after(self, seconds, function):
        self.timer_count += 1           # keeps timers of the same moment in order
        heapq.heappush(self.timers, (time.monotonic() + seconds, self.timer_count, function))

    def finish(self, status=0):
        if not self.done:
            self.done = True
            self.status = status

    def run(self):
        while not self.done:
            wait = max(0, self.timers[0][0] - time.monotonic()) if self.timers else None
            watched = [] if self.input is None else [self.input]
            if self.peer.poll(wait, watched):
                self.read()
            now = time.monotonic()      # what becomes due meanwhile waits for the next poll
            while self.timers and not self.done and self.timers[0][0] <= now:
                heapq.heappop(self.timers)[2]()
        self.drain()

    def drain(self):
        """Judges what is there already, the own messages among it."""
        for _ in range(1000):
            before = self.peer.received
            self.peer.poll(0)
            if self.peer.received == before:
                return

    def read(self):
        data = os.read(self.input, 65536)
        if not data:
            self.input = None
            if self.interactive:        # else the input may just be /dev/null
                self.finish()
            return
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            if line.strip() == b"stop":
                self.finish()
            elif self.interactive and line.strip() and not self.done:
                self.obey(line)

    def obey(self, line):
        command, tag = None, None
        try:
            members = json.loads(line)
            command, tag = members.pop("command"), members.pop("tag", None)
            result = getattr(self, "do_" + command)(**members) or {}
        except Exception as error:      # whatever a test does wrong, it should learn it from here
            emit("failed", command=command, tag=tag, error=type(error).__name__, message=str(error))
        else:
            emit("done", command=command, tag=tag, **result)

    # The commands.

    def do_subscribe(self, pattern, schema=None, count=None):
        left = [count]

        def received(message):
            if self.done:
                return
            emit_message("message", message, pattern=pattern)
            if count is not None:
                left[0] -= 1
                if left[0] == 0:
                    self.finish()

        self.peer.subscribe(pattern, received, schema)
        self.callbacks[pattern] = received

    def do_unsubscribe(self, pattern):
        self.peer.unsubscribe(pattern, self.callbacks.pop(pattern))

    def do_publish(self, topic, data, schema=None, count=1, interval=0, extra=None,
                   finally_do=None):
        if topic not in self.peer.publishers or schema is not None:
            self.peer.publisher(topic, schema)

        def publish(number):
            value, idstr = numbered(data, number), str(uuid.uuid4())
            datagram = self.peer.packet(topic, value, idstr, extra)
            self.peer.send(datagram)
            emit("published", topic=topic, idstr=idstr, data=value, size=len(datagram))
            if number + 1 < count:
                self.after(interval, lambda: publish(number + 1))
            elif finally_do:
                finally_do()

        publish(0)

    def do_serve(self, name, mode="echo", value=None, request_schema=None, reply_schema=None,
                 count=None):
        if mode not in ("echo", "add", "raise", "error", "reply", "hold"):
            raise ValueError(f"there is no mode {mode}")
        left = [count]

        def handle(request):
            if self.done:
                return Server.LATER
            emit_message("request", request, name=server.name)
            if count is not None:
                left[0] -= 1
                if left[0] == 0:
                    self.finish()
            if mode == "raise":
                raise RuntimeError(value)
            if mode == "error":
                raise ServiceError(value)
            if mode == "hold":
                self.on_hold[request.idstr] = request
                return Server.LATER
            return {"echo": lambda: request.data, "add": lambda: add(request.data),
                    "reply": lambda: value}[mode]()

        server = self.peer.serve(name, handle, request_schema, reply_schema)

    def do_answer(self, idstr, **what):
        request = self.on_hold.pop(idstr)
        if "error" in what:
            request.fail(what["error"])
        else:
            request.reply(what["data"])

    def do_call(self, name, data, timeout=5, count=1, request_schema=None, reply_schema=None,
                idstr=None, finally_do=None):
        client = self.peer.service_client(name, request_schema, reply_schema)
        idstr = str(uuid.uuid4()) if idstr is None else idstr
        answers = []

        def end(in_time):
            if client.calls.pop(idstr, None) is None:
                return
            if not in_time:
                emit("timeout", name=client.name, idstr=idstr, answers=len(answers))
            if finally_do:
                finally_do(in_time, answers)

        def answered(answer):
            answers.append(answer)
            emit_message(answer.kind, answer, name=client.name)
            if len(answers) == count:
                end(True)

        client.request(data, answered, idstr)
        self.after(timeout, lambda: end(False))
        return {"idstr": idstr}

    def do_send(self, hex):
        self.peer.send(bytes.fromhex(hex))

    def do_killers(self):
        return {"count": len(self.peer.killers)}

    def do_allow(self, count):
        self.allowed = count

    def do_stop(self):
        self.finish()

    # The modes.

    def start(self, options):
        emit("ready", name=self.peer.name, pid=os.getpid(), client=self.peer.client,
             limit=self.peer.limit)
        getattr(self, "mode_" + options.mode)(options)

    def limit_time(self, seconds, status):
        def late():
            emit("timeout", name=None)
            self.finish(status)

        self.after(seconds, late)

    def mode_subscribe(self, options):
        self.limit_time(options.timeout, 0 if options.count is None else 1)

    def mode_publish(self, options):
        self.limit_time(options.timeout, 1)
        self.do_publish(options.topic, options.data, options.schema, options.count,
                        options.interval, finally_do=self.finish)

    def mode_serve(self, options):
        self.limit_time(options.timeout, 0 if options.count is None else 1)

    def mode_call(self, options):
        def ended(in_time, answers):
            expected = all(options.expect in (None, answer.kind) for answer in answers)
            self.finish(0 if in_time and expected else 1)

        self.do_call(options.name_of_service, options.data, options.timeout, options.count,
                     options.request_schema, options.reply_schema, finally_do=ended)

    def mode_interactive(self, options):
        self.limit_time(options.timeout, 1)

    def mode_watch(self, options):
        self.limit_time(options.timeout, 0)

    def prepare(self, options):
        """Does what must be in place before the ready event."""
        if options.mode == "subscribe":
            self.do_subscribe(options.pattern, options.schema, options.count)
        elif options.mode == "serve":
            service_prefix(options.name_of_service)
            self.do_serve(options.name_of_service, *options.behaviour, options.request_schema,
                          options.reply_schema, options.count)

    def end(self):
        killers = len(self.peer.killers)
        if killers > self.allowed or self.expected not in (None, killers):
            self.status = KILLED
        emit("end", killers=killers, allowed=self.allowed, received=self.peer.received,
             lost=self.peer.lost, status=self.status)
        return self.status


def json_argument(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None


def add_behaviours(parser):
    """Behaviours are kept as (mode, value), as Session.do_serve() takes them."""
    group = parser.add_mutually_exclusive_group()
    for mode in ("echo", "add"):
        group.add_argument(f"--{mode}", dest="behaviour", action="store_const", const=(mode, None))
    group.add_argument("--raise", dest="behaviour", metavar="TEXT",
                       type=lambda text: ("raise", text))
    for mode in ("error", "reply"):
        group.add_argument(f"--{mode}", dest="behaviour", metavar="JSON",
                           type=lambda text, mode=mode: (mode, json_argument(text)))
    parser.set_defaults(behaviour=("echo", None))


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", choices=sorted(LIMITS), default="S")
    parser.add_argument("--name")
    parser.add_argument("--group", default=GROUP)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--interface", help="a name or an IPv4 address")
    parser.add_argument("--key", help="passphrase: encrypt everything")
    parser.add_argument("--s2k-count", type=int, default=65536, help="0 for gpg's slow default")
    parser.add_argument("--receive-buffer", type=int, metavar="BYTES")
    parser.add_argument("--allow-killers", type=int, default=0, metavar="N")
    parser.add_argument("--expect-killers", type=int, metavar="N", help="exactly so many")
    modes = parser.add_subparsers(dest="mode", required=True, metavar="MODE")

    subscribe = modes.add_parser("subscribe")
    subscribe.add_argument("pattern")
    subscribe.add_argument("--schema", type=json_argument)
    subscribe.add_argument("--count", type=int)

    publish = modes.add_parser("publish")
    publish.add_argument("topic")
    publish.add_argument("data", type=json_argument)
    publish.add_argument("--schema", type=json_argument)
    publish.add_argument("--count", type=int, default=1)
    publish.add_argument("--interval", type=float, default=0)

    serve = modes.add_parser("serve")
    serve.add_argument("name_of_service", metavar="name")
    add_behaviours(serve)
    serve.add_argument("--count", type=int)

    call = modes.add_parser("call")
    call.add_argument("name_of_service", metavar="name")
    call.add_argument("data", type=json_argument)
    call.add_argument("--count", type=int, default=1, help="answers to wait for")
    call.add_argument("--expect", choices=("reply", "error"))

    for service in (serve, call):
        service.add_argument("--request-schema", type=json_argument)
        service.add_argument("--reply-schema", type=json_argument)

    modes.add_parser("interactive")
    modes.add_parser("watch")
    for mode in modes.choices.values():
        mode.add_argument("--timeout", type=float, default=10 if mode is call else 60)

    options = parser.parse_args(arguments)
    options.allow_killers = max(options.allow_killers, options.expect_killers or 0)
    return options


def main(arguments=None):
    options = parse(arguments)
    cipher = Cipher(options.key, options.s2k_count or None) if options.key else None
    make = Watcher if options.mode == "watch" else Peer
    try:
        with make(name=options.name, client=options.client, group=options.group, port=options.port,
                  interface=options.interface, cipher=cipher, on_event=emit_peer_event,
                  receive_buffer=options.receive_buffer) as peer:
            session = Session(peer, options)
            session.prepare(options)
            try:
                session.start(options)
                session.run()
            except (OSError, ValueError) as error:
                emit("failed", command=options.mode, tag=None, error=type(error).__name__,
                     message=str(error))
                session.finish(1)
                session.status = 1
            return session.end()
    finally:
        if cipher:
            cipher.close()


if __name__ == "__main__":
    sys.exit(main())
