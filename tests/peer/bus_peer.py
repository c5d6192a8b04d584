# bus_peer.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A peer that speaks and understands exactly what a Python program with MiniBus 0.3.0 does.

It sends what that one sends, byte by byte, and accepts what that one accepts. A datagram that would
end the receive thread of that one and leave it deaf is a *killer*: this peer keeps a record of it
and stays alive. What the receiver itself is to blame for (two of its own patterns match one topic)
is a *note*.

A Peer does nothing by itself: either `start()` gives it a thread, or the program calls `poll()`.
"""

import errno
import functools
import os
import re
import select
import socket
import struct
import threading
import time
import uuid

import draft4
import ujson135

GROUP = "228.0.0.5"
PORT = 8005
VERSION = "0.3.0"

# Client → the largest datagram it understands.
LIMITS = {"S": 1500, "T": 8192}

NOT_JSON = "not-json"
PACKET_SCHEMA = "packet-schema"
TOO_LONG = "too-long"
DATA_NOT_JSON = "data-not-json"
DATA_SCHEMA = "data-schema"
CIPHERTEXT = "ciphertext"

TWO_PATTERNS = "two-patterns"

PACKET_SCHEMA_TEXT = {
    "type": "object",
    "properties": {
        "header": {
            "type": "object",
            "properties": {
                "topic": {"type": "string"},
                "author": {"type": "string"},
                "idstr": {"type": "string"},
                "gpg": {"type": "string"},
                "version": {"enum": [VERSION]},
            },
            "required": ["topic"],
        },
        "data": {"type": "string"},
    },
    "required": ["header", "data"],
    "additionalProperties": False,
}

REQUEST = "__request__"
REPLY = "__reply__"
ERROR = "__error__"
NULL_SCHEMA = {"type": "null"}
BUILT_IN = "/__minibus__/"
LISTS = ("__publishers__", "__subscribers__", "__service_servers__", "__service_clients__")

# The last part of a built-in service's name → its reply schema.
BUILT_IN_REPLIES = {
    "__listclients__": {"type": "string"},
    "__hostname__": {"type": "string"},
    "__pid__": {"type": "integer"},
    **{name: {"type": "array"} for name in LISTS},
}

SO_RXQ_OVFL = 40        # Linux; the socket module has no name for it
LARGEST_DATAGRAM = 65536


class ConflictError(ValueError):
    """A pattern has another schema already."""


class ServiceError(Exception):
    """Raised by a handler to answer with an error whose data is `value`, any JSON."""

    def __init__(self, value):
        super().__init__(str(value))
        self.value = value


class Killer:
    """A datagram that would have ended the original's receive thread, and why."""

    def __init__(self, reason, detail, datagram, header=None):
        self.reason = reason
        self.detail = detail
        self.datagram = datagram
        self.header = header or {}

    def __repr__(self):
        return f"<Killer {self.reason}: {self.detail}: {self.datagram[:80]!r}>"


class Message:
    """A message as a subscriber gets it; `text` is the JSON text of `data`."""

    def __init__(self, header, text, data, datagram):
        self.header = header
        self.text = text
        self.data = data
        self.datagram = datagram
        self.topic = header["topic"]
        self.author = header.get("author")
        self.idstr = header.get("idstr")


class Answer(Message):
    """A reply or an error to a call of ours; `kind` says which, `name` is the service's."""

    def __init__(self, kind, name, message):
        super().__init__(message.header, message.text, message.data, message.datagram)
        self.kind = kind
        self.name = name


class Request(Message):
    """A call that a server got. Answer it once, now or later, with reply() or fail()."""

    def __init__(self, server, message):
        super().__init__(message.header, message.text, message.data, message.datagram)
        self.server = server

    def reply(self, value):
        self.server.answer(self.idstr, REPLY, value)

    def fail(self, value):
        self.server.answer(self.idstr, ERROR, value)


def anchored(pattern):
    """Returns the pattern as the original compiles it. Raises IndexError if it is empty."""
    before = "" if pattern[0] == "^" else "^"
    after = "" if pattern[-1] == "$" else "$"
    return before + pattern + after


def service_prefix(name):
    """Returns what stands before __request__ in a service's topics. Raises IndexError if empty."""
    return name if name[-1] == "/" else name + "/"


def is_service_topic(topic):
    return topic.split("/")[-1] in (REQUEST, REPLY, ERROR)


def built_in_schemas(name):
    """Returns the request and the reply schema of a built-in service, or None for another name."""
    parts = service_prefix(name)[:-1].split("/")
    if len(parts) not in (3, 4) or parts[:2] != ["", "__minibus__"]:
        return None
    if parts[-1] not in BUILT_IN_REPLIES:
        return None
    return NULL_SCHEMA, BUILT_IN_REPLIES[parts[-1]]


def encode_packet(topic, text, author, idstr, extra=None, trailer=b""):
    """Returns the bytes of a packet whose data is the JSON text `text`, members in 2.7's order."""
    header = {"topic": topic, **(extra or {}), "idstr": idstr, "author": author}
    return ujson135.encode({"header": header, "data": text}).encode("ascii") + trailer


class Server:
    """A service. `handler` gets a Request; it returns the result or Server.LATER, or raises."""

    LATER = object()

    def __init__(self, peer, name, handler, request_schema, reply_schema):
        self.peer = peer
        self.handler = handler
        self.pending = {}
        prefix = service_prefix(name)
        self.name = prefix[:-1]
        peer.publisher(prefix + REPLY, reply_schema)
        peer.publisher(prefix + ERROR, {})
        peer.subscribe(prefix + REQUEST, self.requested, request_schema)

    def requested(self, message):
        self.pending[message.header["idstr"]] = message.topic
        request = Request(self, message)
        try:
            value = self.handler(request)
        except ServiceError as error:
            request.fail(error.value)
        except Exception as error:      # whatever it is, its text goes to the caller
            text = str(error)
            text.encode("ascii")        # 2.7 sends nothing for other texts, and leaks the entry
            request.fail(text)
        else:
            if value is not Server.LATER:
                request.reply(value)

    def answer(self, idstr, kind, value):
        topic = self.pending.pop(idstr)
        self.peer.publish(topic[:-len(REQUEST)] + kind, value, idstr=idstr)


class ServiceClient:
    """The calling side of a service."""

    def __init__(self, peer, name, request_schema, reply_schema):
        self.peer = peer
        prefix = service_prefix(name)
        self.name = prefix[:-1]
        self.topic = prefix + REQUEST
        self.calls = {}
        peer.publisher(self.topic, request_schema)
        for kind, ending, schema in (("reply", REPLY, reply_schema), ("error", ERROR, {})):
            peer.subscribe(prefix + ending, functools.partial(self.answered, kind), schema)

    def answered(self, kind, message):
        callback = self.calls.get(message.header["idstr"])
        if callback:
            callback(Answer(kind, self.name, message))

    def request(self, params, callback, idstr=None):
        """Sends a request and returns its id; `callback` gets every Answer to it."""
        idstr = str(uuid.uuid4()) if idstr is None else idstr
        self.calls[idstr] = callback
        try:
            self.peer.publish(self.topic, params, idstr=idstr)
        except Exception:
            del self.calls[idstr]
            raise
        return idstr


class Peer:
    """A client of the bus.

    name: its author name and part of its built-in services, a UUID if None or "".
    client: "S", the threaded socket client, or "T", the Twisted one.
    group, port, interface: where; the interface is a name or an IPv4 address, or None for the
      kernel's choice.
    on_event: called with a kind and a dict, in the thread that receives: "killer" (killer), "note"
      (reason, detail, header), "callback-error" (detail, header), "overrun" (lost: datagrams that
      the kernel has dropped since the last report).
    cipher: an object with encrypt() and decrypt() if the client has a key.
    quiet: join and judge, but neither serve the built-in services nor send anything on closing.
    receive_buffer: bytes; None leaves the kernel's default, as the original does.

    Every method may be called from any thread. Members to read: name, killers, notes,
    callback_errors, publishers, received (datagrams) and lost.
    """

    def __init__(self, name=None, client="S", group=GROUP, port=PORT, interface=None, on_event=None,
                 cipher=None, quiet=False, receive_buffer=None):
        self.name = name or str(uuid.uuid4())
        self.client = client
        self.limit = LIMITS[client]
        self.address = (group, port)
        self.cipher = cipher
        self.quiet = quiet
        self.on_event = on_event
        self.killers = []
        self.notes = []
        self.callback_errors = []
        self.publishers = []
        self.received = 0
        self.lost = 0
        self._table = {}                # anchored pattern → (compiled, schema)
        self._subscriptions = {}        # anchored pattern → callbacks
        self._clients = {}              # service name → ServiceClient
        self._changed = threading.Condition(threading.RLock())
        self._thread = None
        self._closed = False
        self._wake_reader, self._wake_writer = os.pipe()
        self.socket = self._open_socket(group, port, interface, receive_buffer)
        try:
            if not quiet:
                self._serve_built_ins()
        except Exception:
            self._release()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # The socket.

    def _open_socket(self, group, port, interface, receive_buffer):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
            if receive_buffer is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            if self.client == "S":
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("i", 1))
            sock.bind(("0.0.0.0", port))
            mreqn = self._interface_request(group, interface)
            if interface is not None:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, mreqn)
            try:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreqn)
            except OSError as error:
                if self.client == "S" or error.errno != errno.ENODEV:
                    raise               # the Twisted client goes on without being joined
            sock.setblocking(False)
        except Exception:
            sock.close()
            raise
        return sock

    @staticmethod
    def _interface_request(group, interface):
        address, index = "0.0.0.0", 0
        if interface is not None:
            try:
                socket.inet_aton(interface)
                address = interface
            except OSError:
                index = socket.if_nametoindex(interface)
        return struct.pack("4s4si", socket.inet_aton(group), socket.inet_aton(address), index)

    def send(self, datagram):
        """Sends these very bytes."""
        self.socket.sendto(datagram, self.address)

    def fileno(self):
        return self.socket.fileno()

    def poll(self, timeout=0, also=()):
        """Waits up to `timeout` seconds (None: for ever) and handles what has arrived.

        Returns those of the file descriptors `also` that can be read.
        """
        watched = [self.socket, self._wake_reader, *also]
        try:
            ready = select.select(watched, [], [], timeout)[0]
        except (OSError, ValueError):
            if self._closed:
                return []
            raise
        if self.socket in ready:
            self._receive()
        return [each for each in ready if each in also]

    def _receive(self):
        for _ in range(64):             # then let others have their turn
            try:
                data, ancillary, _, _ = self.socket.recvmsg(LARGEST_DATAGRAM, socket.CMSG_SPACE(4))
            except BlockingIOError:
                return
            except OSError:
                if self._closed:
                    return
                raise
            for level, kind, value in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, SO_RXQ_OVFL):
                    lost = struct.unpack("I", value)[0]
                    if lost != self.lost:
                        self._tell("overrun", lost=lost - self.lost)
                        self.lost = lost
            self.handle(data)

    def start(self):
        """Gives the peer a thread that receives. Returns the peer."""
        self._thread = threading.Thread(target=self._run, name=f"peer {self.name}", daemon=True)
        self._thread.start()
        return self

    def _run(self):
        while not self._closed:
            self.poll(None)

    def wait(self, predicate, timeout=5):
        """Waits until predicate() is true, asked after each datagram. Returns whether it was."""
        if self._thread and self._thread is not threading.current_thread():
            with self._changed:
                return bool(self._changed.wait_for(predicate, timeout))
        end = time.monotonic() + timeout
        while not predicate():
            left = end - time.monotonic()
            if left <= 0:
                return False
            self.poll(left)
        return True

    def close(self):
        """Ends the thread and leaves the bus, which the socket client tells by a lone LF."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
        os.write(self._wake_writer, b"x")
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()
        if self.client == "S" and not self.quiet:
            try:
                self.send(b"\n")
            except OSError:
                pass
        self._release()

    def _release(self):
        self._closed = True
        self.socket.close()
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    # Receiving.

    def _tell(self, kind, **details):
        if self.on_event:
            self.on_event(kind, details)

    def _kill(self, reason, detail, datagram, header=None):
        killer = Killer(reason, str(detail), datagram, header)
        self.killers.append(killer)
        self._tell("killer", killer=killer)

    def handle(self, datagram):
        """Does with the bytes of one datagram what the original does, but survives."""
        with self._changed:
            self.received += 1
            self._judge(datagram)
            self._changed.notify_all()

    def _judge(self, datagram):
        understood = datagram[:self.limit].rstrip(b"\n")
        if not understood or understood.isspace():
            return
        try:
            packet = ujson135.decode(understood)
        except ujson135.DecodeError as error:
            if len(datagram) > self.limit:
                self._kill(TOO_LONG, f"{len(datagram)} bytes, over {self.limit}", datagram)
            else:
                self._kill(NOT_JSON, error, datagram)
            return
        try:
            draft4.validate(packet, PACKET_SCHEMA_TEXT)
        except draft4.ValidationError as error:
            self._kill(PACKET_SCHEMA, error, datagram)
            return

        header = packet["header"]
        matching = self.matching(header["topic"])
        if not matching:
            return
        if len(matching) > 1:
            self.notes.append((TWO_PATTERNS, header["topic"], matching))
            self._tell("note", reason=TWO_PATTERNS, detail=" ".join(matching), header=header)
        self._deliver(packet, matching, datagram)

    def _deliver(self, packet, matching, datagram):
        header, text = packet["header"], packet["data"]
        if "gpg" in header:
            if self.cipher is None:
                self._kill(CIPHERTEXT, "there is no key", datagram, header)
                return
            text = self.cipher.decrypt(text)
        try:
            data = ujson135.decode(text)
        except ujson135.DecodeError as error:
            encrypted = "gpg" in header
            detail = f"after decryption: {error}" if encrypted else error
            self._kill(CIPHERTEXT if encrypted else DATA_NOT_JSON, detail, datagram, header)
            return

        message = Message(header, text, data, datagram)
        failure = None
        for pattern in matching:
            try:
                draft4.validate(data, self._table[pattern][1])
            except draft4.ValidationError as error:
                failure = failure or f"for {pattern}: {error}"
                continue
            for callback in list(self._subscriptions.get(pattern, ())):
                self._call_back(callback, message)
        if failure:
            self._kill(DATA_SCHEMA, failure, datagram, header)

    def _call_back(self, callback, message):
        try:
            callback(message)
        except Exception as error:      # ends that callback's thread and nothing else
            detail = f"{type(error).__name__}: {error}"
            self.callback_errors.append(detail)
            self._tell("callback-error", detail=detail, header=message.header)

    # Topics.

    def matching(self, topic):
        """Returns the anchored patterns of the own subscriptions that match a topic."""
        return [pattern for pattern in self._subscriptions if self._table[pattern][0].match(topic)]

    def _register(self, pattern, schema):
        key = anchored(pattern)
        compiled = re.compile(key, re.ASCII)        # as 2.7 does, where \d, \w and \s are ASCII
        draft4.check_schema(schema)
        if key in self._table and self._table[key][1] != schema:
            known = self._table[key][1]
            raise ConflictError(f"conflicting schemas for {key}: {known} and {schema}")
        self._table[key] = (compiled, schema)
        return key

    def subscribe(self, pattern, callback, schema=None):
        """Has callback(Message) called for each message whose topic matches."""
        with self._changed:
            key = self._register(pattern, {} if schema is None else schema)
            self._subscriptions.setdefault(key, []).append(callback)

    def unsubscribe(self, pattern, callback):
        """Takes the callback away. The pattern stays, and is still parsed for and validated."""
        with self._changed:
            self._subscriptions[anchored(pattern)].remove(callback)

    def forget(self, pattern):
        """Drops the subscriptions of a pattern and its schema, which the original cannot do."""
        with self._changed:
            key = anchored(pattern)
            del self._subscriptions[key], self._table[key]

    def publisher(self, topic, schema=None):
        """Announces a topic, which is read as a pattern to look schemas up."""
        with self._changed:
            self._register(topic, {} if schema is None else schema)
            self.publishers.append(topic)

    def packet(self, topic, value, idstr=None, extra=None):
        """Returns the bytes that publish() would send. Raises ValidationError or EncodeError."""
        with self._changed:
            for compiled, schema in self._table.values():
                if compiled.match(topic):
                    draft4.validate(value, schema)
        text = ujson135.encode(value)
        extra = dict(extra or {})
        if self.cipher is not None:
            text = self.cipher.encrypt(text)
            extra["gpg"] = "yes"
        idstr = str(uuid.uuid4()) if idstr is None else idstr
        trailer = b"\n" if self.client == "S" else b""
        return encode_packet(topic, text, self.name, idstr, extra, trailer)

    def publish(self, topic, value, idstr=None, extra=None):
        """Sends a value; `extra` are further header members. Sends nothing if it raises."""
        self.send(self.packet(topic, value, idstr, extra))

    # Services.

    def serve(self, name, handler, request_schema=None, reply_schema=None):
        """Serves `name`; see Server for the handler. Returns the Server."""
        with self._changed:
            return Server(self, name, handler, request_schema, reply_schema)

    def service_client(self, name, request_schema=None, reply_schema=None):
        """Returns the ServiceClient of that name, made at the first call.

        Without schemas a built-in service gets its own, which the peer must agree with.
        """
        if request_schema is None and reply_schema is None:
            request_schema, reply_schema = built_in_schemas(name) or (None, None)
        with self._changed:
            key = service_prefix(name)
            if key not in self._clients:
                self._clients[key] = ServiceClient(self, name, request_schema, reply_schema)
            return self._clients[key]

    def call_all(self, name, params, count, timeout=5, **schemas):
        """Calls a service and returns `count` Answers; raises TimeoutError if fewer come."""
        client = self.service_client(name, **schemas)
        answers = []
        idstr = client.request(params, answers.append)
        in_time = self.wait(lambda: len(answers) >= count, timeout)
        del client.calls[idstr]
        if not in_time:
            raise TimeoutError(f"{name}: {len(answers)} of {count} answers in {timeout} s")
        return answers[:count]

    def call(self, name, params, timeout=5, **schemas):
        """Calls a service and returns the first Answer, a reply or an error."""
        return self.call_all(name, params, 1, timeout, **schemas)[0]

    # The built-in services.

    def _serve_built_ins(self):
        answers = {
            "__publishers__": self.list_publishers,
            "__subscribers__": self.list_subscribers,
            "__service_servers__": self.list_service_servers,
            "__service_clients__": self.list_service_clients,
        }
        self._serve_built_in("__listclients__", lambda: self.name)
        for name, answer in answers.items():
            self._serve_built_in(name, answer)
            self._serve_built_in(f"{self.name}/{name}", answer)     # unescaped, as in the original
        self._serve_built_in(f"{self.name}/__hostname__", socket.gethostname)
        self._serve_built_in(f"{self.name}/__pid__", os.getpid)

    def _serve_built_in(self, name, answer):
        reply_schema = BUILT_IN_REPLIES[name.split("/")[-1]]
        self.serve(BUILT_IN + name, lambda _: answer(), NULL_SCHEMA, reply_schema)

    def list_publishers(self):
        return [topic for topic in self.publishers if not is_service_topic(topic)]

    def list_subscribers(self):
        patterns = [pattern[1:-1] for pattern in self._subscriptions]
        return [pattern for pattern in patterns if not is_service_topic(pattern)]

    @staticmethod
    def _served(topics):
        return [topic[:-len(REQUEST) - 1] for topic in topics
                if topic.endswith("/" + REQUEST) and not topic.startswith(BUILT_IN)]

    def list_service_servers(self):
        return self._served(pattern[1:-1] for pattern in self._subscriptions)

    def list_service_clients(self):
        return self._served(self.publishers)


class Watcher(Peer):
    """Judges all traffic, and sends nothing.

    It listens as every S client together: each built-in service of every name is matched, requests
    and replies with their schemas, and the data of any other plain packet must at least be JSON.
    Ciphertext counts only on the built-in services that all clients share: a key is nobody's fault
    elsewhere.
    """

    EVERYTHING = r"^[\s\S]*$"

    def __init__(self, **options):
        super().__init__(quiet=True, **options)
        self._shared = []
        for name, reply_schema in BUILT_IN_REPLIES.items():
            places = {"__listclients__": [""], "__hostname__": ["[^/]+/"], "__pid__": ["[^/]+/"]}
            for place in places.get(name, ["", "[^/]+/"]):
                prefix = BUILT_IN + place + name + "/"
                schemas = {REQUEST: NULL_SCHEMA, REPLY: reply_schema, ERROR: {}}
                for kind, schema in schemas.items():
                    self.subscribe(prefix + kind, lambda message: None, schema)
                    if not place:
                        self._shared.append(anchored(prefix + kind))
        self.subscribe(self.EVERYTHING, lambda message: None)

    def matching(self, topic):
        special = [pattern for pattern in super().matching(topic) if pattern != self.EVERYTHING]
        return special or [self.EVERYTHING]

    def _deliver(self, packet, matching, datagram):
        if "gpg" not in packet["header"] or matching[0] in self._shared:
            super()._deliver(packet, matching, datagram)
