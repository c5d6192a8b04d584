// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// libminibus from JavaScript, with JavaScript's own values at both ends. See bench.h.

import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib';
import Minibus from 'gi://Minibus?version=1.0';

const FIRST_RUN = 1000;
const FIRST_SEQ = 1000000000;
const PAD = '{"run":1000,"seq":1000000000,"name":"sensor-7","values":[1.5,2.25,-3],"unit":"kPa","pad":""}'.length;
const SERVICE = '/bench/echo';

const [role, ...others] = ARGV;
const options = {size: 100, topic: '/bench/one', ...Object.fromEntries(others.map(word => word.split(/=(.*)/s)))};
const client = new Minibus.Client();
const value = {
    run: FIRST_RUN, seq: FIRST_SEQ, name: 'sensor-7', values: [1.5, 2.25, -3], unit: 'kPa',
    pad: 'x'.repeat(Number(options.size) - PAD),
};

const tell = what => print(JSON.stringify(what));
const now = () => GLib.get_monotonic_time() / 1e6;


function* lines() {
    const input = new Gio.DataInputStream({base_stream: new Gio.UnixInputStream({fd: 0})});
    for (let [line] = input.read_line_utf8(null); line !== null; [line] = input.read_line_utf8(null))
        yield line.split(' ');
}

function runPublisher() {
    const publisher = client.create_publisher(options.topic, null);

    tell({ready: true});
    for (const [command, ...words] of lines()) {
        const [run, rate, seconds, limit] = words.map(Number);
        value.run = run;
        if (command === 'mark') {
            value.seq = FIRST_SEQ;
            publisher.publish(value);
            continue;
        }

        const start = now();
        let base = start, time = start, n = 0, inTimeBefore = 0;
        while (time < start + seconds && n < limit) {
            let due = n + 16;
            if (rate > 0) {
                let inTime = Math.floor((time - base) * rate) + 1;
                if (inTime > inTimeBefore + 0.005 * rate + 1) {
                    base = time;
                    inTimeBefore = 0;
                    inTime = 1;
                }
                due = n + inTime - inTimeBefore;
                inTimeBefore = inTime;
            }
            while (n < due && n < limit) {
                value.seq = FIRST_SEQ + ++n;
                publisher.publish(value);
            }
            if (rate > 0)
                GLib.usleep(20);
            time = now();
        }
        tell({run, sent: n, failed: 0, seconds: time - start});
    }
}

function runSubscriber() {
    let finished = 0, run = 0, next = 1, received = 0, repeated = 0, first = 0, last = 0;

    client.subscribe(options.topic, null).connect('message', (_subscriber, message) => {
        const data = message.data;
        const seq = data.seq - FIRST_SEQ;
        if (data.run <= finished)
            return;
        if (data.run !== run)
            [run, next, received, repeated, first, last] = [data.run, 1, 0, 0, 0, 0];
        if (seq === 0) {
            tell({run, received, repeated, wrong: 0, seconds: last - first});
            finished = run;
        } else if (seq < next) {
            repeated++;
        } else {
            last = now();
            if (received++ === 0)
                first = last;
            next = seq + 1;
        }
    });
}

async function runCaller() {
    const echo = client.create_service_client(SERVICE, null, null);

    tell({ready: true});
    for (const [, ...words] of lines()) {
        const [seconds, limit, inFlight] = words.map(Number);
        const times = [];
        const start = now();
        let started = 0, failed = 0;

        const keepCalling = async () => {
            while (now() < start + seconds && started < limit) {
                const sent = now();
                value.seq = FIRST_SEQ + ++started;
                try {
                    await echo.call(value);
                    times.push(now() - sent);
                } catch {
                    failed++;
                }
            }
        };
        await Promise.all(Array.from({length: inFlight}, keepCalling));

        times.sort((a, b) => a - b);
        tell({
            calls: times.length, failed, median: 1e6 * (times[Math.floor(times.length / 2)] ?? 0),
            p99: 1e6 * (times[Math.floor(times.length * 0.99)] ?? 0), seconds: now() - start,
        });
    }
}

client.open_sync();
if (role === 'publisher') {
    runPublisher();
} else if (role === 'caller') {
    await runCaller();
} else {
    if (role === 'server')
        client.provide(SERVICE, params => params);
    else
        runSubscriber();
    tell({ready: true});
    new GLib.MainLoop(null, false).run();
}
