# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The work that every peer is given, and its measures.

All figures are per second or in microseconds unless their names say otherwise.
"""

import contextlib
import time

from .process import Costs, Role, RoleError

FIRST_RUN = 1001
# What a peer that queues without a bound may be given in one go.
MAX_BYTES = 400 << 20
MAX_MESSAGES = 1000000
CONNECTING = 10
DRAINING = 20


class Pace:
    """How long each part of a measure takes, in seconds, and how closely a rate is looked for."""

    def __init__(self, flat, probe, n_probes, steady, calls, idle):
        self.flat = flat
        self.probe = probe
        self.n_probes = n_probes
        self.steady = steady
        self.calls = calls
        self.idle = idle


FULL = Pace(flat=0.4, probe=0.2, n_probes=6, steady=0.4, calls=0.5, idle=1.0)
QUICK = Pace(flat=0.15, probe=0.1, n_probes=3, steady=0.15, calls=0.15, idle=0.2)


def find_rate(probe, start, n_probes):
    """Looks for the highest rate without loss.

    `probe` is given a rate, and returns the rate that was reached and whether nothing was lost. The search
    halves the rate until nothing is lost, then closes in between the highest good and the lowest bad one.
    Returns the highest rate that was reached without loss, or 0.
    """
    best = good = 0
    bad = None
    rate = start
    for _ in range(n_probes):
        reached, lossless = probe(rate)
        if lossless:
            best = max(best, reached)
            good = rate
        else:
            bad = rate if bad is None else min(bad, rate)
        if bad is None:
            rate = rate * 1.4
        elif good == 0:
            rate = bad / 2
        else:
            rate = (good * bad) ** 0.5
            if bad < good * 1.08:
                break
    return best


class Session:
    """A publisher and its subscribers, connected and warm."""

    def __init__(self, stack, publisher, subscribers, n_subscribers, size, n_subscriptions=1, n_others=0):
        self.run = FIRST_RUN
        self.size = size
        common = [f"size={size}", f"subscribers={n_subscribers}"]
        self.brokers = {peer.broker: peer.start_broker() for peer in (publisher, subscribers) if peer.broker}
        self.others = [self._start(stack, subscribers, "subscriber", *common, "topic=/bench/other",
                                   f"index={n_subscribers + i}") for i in range(n_others)]
        self.subscribers = [self._start(stack, subscribers, "subscriber", *common, f"index={i}",
                                        f"subscriptions={n_subscriptions}") for i in range(n_subscribers)]
        for role in self.others + self.subscribers:
            role.wait_ready()
        self.publisher = self._start(stack, publisher, "publisher", *common).wait_ready()
        self._finish(CONNECTING)
        for _ in range(2):
            self.publish(0, 0.02, 500)

    @staticmethod
    def _start(stack, peer, role, *arguments):
        process = Role(peer.command(role, *arguments), peer.environment())
        stack.callback(process.close)
        return process

    def _finish(self, timeout):
        """Ends a run: marks its end until every subscriber has seen that, and returns what they counted."""
        deadline = time.monotonic() + timeout
        waiting = dict(enumerate(self.subscribers))
        results = {}
        while waiting:
            if time.monotonic() > deadline:
                raise RoleError(f"{len(waiting)} of {len(self.subscribers)} subscribers "
                                f"did not see the end of a run within {timeout} s")
            self.publisher.tell(f"mark {self.run}")
            wait = time.monotonic() + 0.05
            for index, role in list(waiting.items()):
                for line in role.lines(wait - time.monotonic()):
                    if line.get("run") == self.run:
                        results[index] = line
                        waiting.pop(index, None)
        self.run += 1
        return [results[index] for index in sorted(results)]

    def publish(self, rate, seconds, limit=None):
        """Publishes at a rate, or flat out when it is 0. Returns what that was like."""
        if limit is None:
            limit = min(MAX_MESSAGES, MAX_BYTES // self.size)
        costs = Costs(publisher=[self.publisher], subscribers=self.subscribers, others=self.others,
                      broker=self.brokers.values())
        self.publisher.tell(f"send {self.run} {int(rate)} {seconds} {limit}")
        sent = self.publisher.answer(seconds + DRAINING)
        received = self._finish(DRAINING)
        cpu, noise = costs.stop()
        return evaluate(sent, received, cpu, noise)


def evaluate(sent, received, cpu, noise):
    """Returns the figures of a run from the lines of its publisher and subscribers."""
    n_subscribers = len(received)
    n_sent = sent["sent"] - sent["failed"]
    n_received = sum(line["received"] for line in received)
    rates = [(line["received"] - 1) / line["seconds"] for line in received
             if line["received"] > 1 and line["seconds"] > 0]
    wrong = sum(line["wrong"] + line["repeated"] for line in received)
    return {
        "sent": sent["sent"],
        "refused": sent["failed"],
        "sent_rate": n_sent / sent["seconds"],
        "received_rate": sum(rates) / len(rates) if rates else 0,
        "loss": max(0.0, 1 - n_received / (n_sent * n_subscribers)) if n_sent else 0.0,
        "wrong": wrong,
        "publisher_us": 1e6 * cpu["publisher"] / max(1, n_sent),
        "subscriber_us": 1e6 * cpu["subscribers"] / max(1, n_received),
        "broker_us": 1e6 * cpu["broker"] / max(1, n_sent),
        "others_us": 1e6 * cpu.get("others", 0) / max(1, n_sent),
        "noise": noise,
    }


def measure_one_way(publisher, subscriber, cell, pace):
    """Flat out, the highest rate without loss, and the costs of a steady ten thousand per second."""
    with contextlib.ExitStack() as stack:
        session = Session(stack, publisher, subscriber, cell["subscribers"], cell["size"])
        flat = session.publish(0, pace.flat)
        noise = [flat["noise"]]

        def probe(rate):
            result = session.publish(rate, pace.probe)
            noise.append(result["noise"])
            # A subscriber that lags behind does not keep up, even when nothing is lost yet.
            keeps_up = result["received_rate"] > 0.8 * result["sent_rate"]
            return min(result["sent_rate"], result["received_rate"]), result["loss"] == 0 and keeps_up

        lossless = flat["received_rate"] if flat["loss"] == 0 else 0
        if not lossless:
            lossless = find_rate(probe, max(20, 0.9 * flat["received_rate"]), pace.n_probes)
        result = {**flat, "lossless_rate": lossless}

        if cell["size"] == 100:
            steady = session.publish(10000, pace.steady)
            noise.append(steady["noise"])
            result |= {f"steady_{name}": steady[name]
                       for name in ("sent_rate", "loss", "publisher_us", "subscriber_us", "broker_us")}
        result["noise"] = round(sum(noise) / len(noise), 3)
        return result


def measure_calls(client, server, cell, pace):
    """Round trips with one and with eight calls in flight."""
    results = {}
    with contextlib.ExitStack() as stack:
        brokers = [peer.start_broker() for peer in {client, server} if peer.broker][:1]
        serving = Role(server.command("server", f"size={cell['size']}"), server.environment())
        stack.callback(serving.close)
        serving.wait_ready()
        calling = Role(client.command("caller", f"size={cell['size']}"), client.environment())
        stack.callback(calling.close)
        calling.wait_ready()

        deadline = time.monotonic() + CONNECTING
        while True:
            calling.tell("call 0.1 500 1")
            if calling.answer(10)["calls"] > 0:
                break
            if time.monotonic() > deadline:
                raise RoleError("no call was answered")

        for in_flight in (1, 8):
            costs = Costs(caller=[calling], server=[serving], broker=brokers)
            calling.tell(f"call {pace.calls} 100000 {in_flight}")
            line = calling.answer(pace.calls + 10)
            cpu, noise = costs.stop()
            n_calls = max(1, line["calls"])
            results |= {
                f"median_{in_flight}": line["median"],
                f"p99_{in_flight}": line["p99"],
                f"rate_{in_flight}": line["calls"] / line["seconds"],
                f"failed_{in_flight}": line["failed"],
                f"caller_us_{in_flight}": 1e6 * cpu["caller"] / n_calls,
                f"server_us_{in_flight}": 1e6 * cpu["server"] / n_calls,
                f"broker_us_{in_flight}": 1e6 * cpu["broker"] / n_calls,
            }
            results["noise"] = noise if in_flight == 1 else round((results["noise"] + noise) / 2, 3)
    return results


def measure_idle(peer, _other, cell, pace):
    """Start-up, memory and wake-ups of a process with one subscription that nothing is sent to."""
    with contextlib.ExitStack() as stack:
        if peer.broker:
            peer.start_broker()
        starts = []
        for _ in range(3):
            role = Role(peer.command("subscriber", "size=100"), peer.environment())
            stack.callback(role.close)
            starts.append(role.wait_ready().start_up)
            if len(starts) < 3:
                role.close()
        time.sleep(0.3)
        costs = Costs(idle=[role])
        wakeups = role.wakeups()
        time.sleep(pace.idle)
        wakeups = role.wakeups() - wakeups
        cpu, noise = costs.stop()
        memory = role.memory()
        return {"start_ms": 1e3 * sorted(starts)[1], "rss_kib": memory["rss"], "pss_kib": memory["pss"],
                "private_kib": memory["private"], "wakeups": wakeups / pace.idle,
                "idle_us": 1e6 * cpu["idle"] / pace.idle, "noise": noise}


def measure_uninterested(publisher, subscriber, cell, pace):
    """The whole cost of a message that one process wants, and others do not."""
    with contextlib.ExitStack() as stack:
        session = Session(stack, publisher, subscriber, 1, cell["size"], n_others=cell["others"])
        result = session.publish(1000, pace.steady)
        result["total_us"] = (result["publisher_us"] + result["subscriber_us"] + result["others_us"] +
                              result["broker_us"])
        result["other_us"] = result["others_us"] / max(1, cell["others"])
        return result


def measure_subscriptions(publisher, subscriber, cell, pace):
    """The cost of a message in a process that has many subscriptions to other topics."""
    with contextlib.ExitStack() as stack:
        session = Session(stack, publisher, subscriber, 1, cell["size"], n_subscriptions=cell["subscriptions"])
        return session.publish(5000, pace.steady)


MEASURES = {
    "one-way": measure_one_way,
    "calls": measure_calls,
    "idle": measure_idle,
    "uninterested": measure_uninterested,
    "subscriptions": measure_subscriptions,
    "options": measure_one_way,
    "languages": measure_one_way,
    "language-calls": measure_calls,
}


def cells(quick=False):
    """Returns what is measured, in order: the name of the work and its parameters."""
    if quick:
        return [
            {"work": "one-way", "size": 100, "subscribers": 1},
            {"work": "one-way", "size": 1024, "subscribers": 2},
            {"work": "calls", "size": 100},
            {"work": "idle"},
            {"work": "uninterested", "size": 100, "others": 3},
            {"work": "subscriptions", "size": 100, "subscriptions": 10},
            {"work": "options", "size": 100, "subscribers": 1},
            {"work": "languages", "size": 100, "subscribers": 1},
            {"work": "language-calls", "size": 100},
        ]
    return [
        *({"work": "one-way", "size": size, "subscribers": n} for size in (100, 1024, 65000) for n in (1, 4)),
        *({"work": "calls", "size": size} for size in (100, 1024)),
        {"work": "idle"},
        *({"work": "uninterested", "size": 100, "others": n} for n in (1, 10, 50, 100)),
        *({"work": "subscriptions", "size": 100, "subscriptions": n} for n in (1, 10, 100, 1000)),
        *({"work": "options", "size": size, "subscribers": 1} for size in (100, 1024)),
        {"work": "languages", "size": 100, "subscribers": 1},
        {"work": "language-calls", "size": 100},
    ]


def order(items, round_number):
    """Returns the items in the order of a round: each second one runs backwards, so that none is always first."""
    return list(items) if round_number % 2 == 0 else list(reversed(items))
