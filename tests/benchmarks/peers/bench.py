# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the programs of the comparison share, in Python. See bench.h."""

import json
import sys
import time

FIRST_RUN = 1000
FIRST_SEQ = 1000000000
PAD = len('{"run":1000,"seq":1000000000,"name":"sensor-7","values":[1.5,2.25,-3],"unit":"kPa","pad":""}')
MAX_DEBT = 0.005
CALL_TIMEOUT = 0.3


def options():
    found = {"size": 100, "topic": "/bench/one", "subscriptions": 1, "variant": "", "index": 0}
    for argument in sys.argv[2:]:
        name, _, value = argument.partition("=")
        found[name] = int(value) if value.isdigit() and name != "address" else value
    return sys.argv[1], found


def tell(**values):
    print(json.dumps(values), flush=True)


def payload(size):
    return {"run": FIRST_RUN, "seq": FIRST_SEQ, "name": "sensor-7", "values": [1.5, 2.25, -3], "unit": "kPa",
            "pad": "x" * (size - PAD)}


class Counter:
    """Counts the messages of a run, and tells them at its end."""

    def __init__(self):
        self.finished = 0
        self._begin(0)

    def _begin(self, run):
        self.run = run
        self.next = 1
        self.received = self.repeated = 0
        self.first = self.last = 0

    def count(self, data):
        run = data["run"]
        seq = data["seq"] - FIRST_SEQ
        if run <= self.finished:
            return
        if run != self.run:
            self._begin(run)
        if seq == 0:
            tell(run=run, received=self.received, repeated=self.repeated, wrong=0,
                 seconds=self.last - self.first)
            self.finished = run
        elif seq < self.next:
            self.repeated += 1
        else:
            self.last = time.monotonic()
            if self.received == 0:
                self.first = self.last
            self.received += 1
            self.next = seq + 1


def publish(send, size):
    """Obeys "send RUN RATE SECONDS LIMIT" and "mark RUN" until the end of the input."""
    value = payload(size)
    tell(ready=True)
    for line in sys.stdin:
        command, *words = line.split()
        value["run"] = int(words[0])
        if command == "mark":
            value["seq"] = FIRST_SEQ
            send(value)
        elif command == "send":
            send_run(send, value, int(words[1]), float(words[2]), int(words[3]))


def send_run(send, value, rate, seconds, limit):
    start = base = now = time.monotonic()
    n = n_in_time = 0
    while now < start + seconds and n < limit:
        due = n + 8
        if rate > 0:
            in_time = int((now - base) * rate) + 1
            if in_time > n_in_time + MAX_DEBT * rate + 1:
                base, n_in_time, in_time = now, 0, 1
            due = n + in_time - n_in_time
            n_in_time = in_time
        while n < due and n < limit:
            n += 1
            value["seq"] = FIRST_SEQ + n
            send(value)
        if rate > 0:
            time.sleep(20e-6)
        now = time.monotonic()
    tell(run=value["run"], sent=n, failed=0, seconds=now - start)


class Calls:
    """Keeps some calls in flight, for a while."""

    def __init__(self, start_call, seconds, limit, in_flight):
        self.start_call = start_call
        self.end = time.monotonic() + seconds
        self.limit = limit
        self.sent = [None] * in_flight
        self.times = []
        self.failed = self.started = 0

    def fill(self):
        """Starts what may be started, and returns whether anything is still in flight."""
        now = time.monotonic()
        for slot, sent in enumerate(self.sent):
            if sent is not None and now > sent + CALL_TIMEOUT:
                self.sent[slot] = None
                self.failed += 1
            if self.sent[slot] is None and now < self.end and self.started < self.limit:
                self.sent[slot] = now
                self.started += 1
                self.start_call(self, slot, FIRST_SEQ + self.started)
        return any(sent is not None for sent in self.sent)

    def done(self, slot, seq, expected):
        if seq == expected and self.sent[slot] is not None:
            self.times.append(time.monotonic() - self.sent[slot])
            self.sent[slot] = None

    def tell(self, seconds):
        times = sorted(self.times) or [0]
        tell(calls=len(self.times), failed=self.failed, median=1e6 * times[len(times) // 2],
             p99=1e6 * times[len(times) * 99 // 100], seconds=seconds)


def call(start_call, wait):
    """Obeys "call SECONDS LIMIT IN-FLIGHT" until the end of the input."""
    tell(ready=True)
    for line in sys.stdin:
        _, seconds, limit, in_flight = line.split()
        start = time.monotonic()
        calls = Calls(start_call, float(seconds), int(limit), int(in_flight))
        while calls.fill():
            wait()
        calls.tell(time.monotonic() - start)
