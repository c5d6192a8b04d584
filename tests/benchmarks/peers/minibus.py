#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libminibus from Python, with Python's own values at both ends."""

import gi

gi.require_version("Minibus", "1.0")

from gi.repository import GLib, Minibus  # noqa: E402

import bench  # noqa: E402

SERVICE = "/bench/echo"


def run_caller(client, size):
    echo = client.create_service_client(SERVICE)
    value = bench.payload(size)
    context = GLib.MainContext.default()

    def start_call(calls, slot, seq):
        def called(source, result):
            try:
                reply = source.call_finish(result)
            except GLib.Error:
                return
            calls.done(slot, reply["seq"], seq)

        value["seq"] = seq
        echo.call_async(value, None, called)

    GLib.timeout_add(100, lambda: True)
    bench.call(start_call, lambda: context.iteration(True))


def main():
    role, options = bench.options()
    client = Minibus.Client()
    client.open_sync()

    if role == "publisher":
        bench.publish(client.create_publisher(options["topic"]).publish, options["size"])
        return
    if role == "caller":
        run_caller(client, options["size"])
        return

    if role == "server":
        client.provide(SERVICE, lambda params, _request: params)
    else:
        counter = bench.Counter()
        client.subscribe(options["topic"]).connect("message", lambda _subscriber, message: counter.count(message.data))
    bench.tell(ready=True)
    GLib.MainLoop().run()


main()
