#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tests' peer in plain Python, which speaks the protocol as the Python library MiniBus does."""

import os
import sys

import bench

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 2, "peer"))

from bus_peer import Peer  # noqa: E402

SERVICE = "/bench/echo"


def run_caller(peer, size):
    service = peer.service_client(SERVICE)
    value = bench.payload(size)

    def start_call(calls, slot, seq):
        value["seq"] = seq
        service.request(value, lambda answer: calls.done(slot, answer.data["seq"], seq))

    bench.call(start_call, lambda: peer.poll(0.1))


def main():
    role, options = bench.options()
    with Peer(interface="lo") as peer:
        if role == "publisher":
            bench.publish(lambda value: peer.publish(options["topic"], value), options["size"])
            return
        if role == "caller":
            run_caller(peer, options["size"])
            return

        if role == "server":
            peer.serve(SERVICE, lambda request: request.data)
        else:
            counter = bench.Counter()
            peer.subscribe(options["topic"], lambda message: counter.count(message.data))
        bench.tell(ready=True)
        while True:
            peer.poll(None)


main()
