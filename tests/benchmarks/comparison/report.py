# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables of a comparison, as Markdown."""

import statistics

from .peers import PEERS, PEERS_BY_NAME
from .results import BASE

BEGIN = "<!-- What follows is written by tests/benchmarks/run. -->"
END = "<!-- What was written by tests/benchmarks/run ends here. -->"


def number(value):
    """Returns a figure with three digits, as people write it."""
    if value is None:
        return "–"
    if value >= 999.5:
        return f"{value:,.0f}"
    if value >= 99.95:
        return f"{value:.0f}"
    if value >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}"


def percent(value):
    if value is None:
        return "–"
    if value == 0:
        return "0 %"
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def span(pair):
    return f"{number(pair[0])}–{number(pair[1])}" if pair else "–"


def size_name(size):
    return {100: "100 B", 1024: "1 KiB", 65000: "64 KiB"}.get(size, f"{size} B")


def title(peer):
    """Returns the name of a peer for people; that of one end of a pair says which."""
    name, _, side = peer.partition(":")
    known = PEERS_BY_NAME[name].title if name in PEERS_BY_NAME else name
    if side:
        known = "C" if name == BASE else known
        return f"{known} {side}"
    return known if known not in ("Vala", "GJS", "Python", "Lua") else f"libminibus, {known}"


def table(headings, rows):
    """Returns a Markdown table whose first column is text."""
    lines = ["| " + " | ".join(headings) + " |",
             "|---|" + "---:|" * (len(headings) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def in_order(results, key):
    """Returns the peers of a cell in the order of the list, whichever was measured first."""
    names = [peer.name for peer in PEERS]
    found = results.peers(key)
    return sorted(found, key=lambda peer: (names.index(peer.partition(":")[0])
                                           if peer.partition(":")[0] in names else len(names),
                                           found.index(peer)))


def one_way(results, key):
    rows = []
    for peer in in_order(results, key):
        noise = results.median(key, peer, "noise")
        rows.append([
            title(peer),
            number(results.median(key, peer, "lossless_rate")),
            span(results.span(key, peer, "lossless_rate")),
            number(results.ratio(key, peer, "lossless_rate")),
            number(results.median(key, peer, "sent_rate")),
            number(results.median(key, peer, "received_rate")),
            percent(results.median(key, peer, "loss")),
            number(results.median(key, peer, "publisher_us")),
            number(results.median(key, peer, "subscriber_us")),
            number(results.median(key, peer, "broker_us")) if results.median(key, peer, "broker_us") else "–",
            percent(noise),
        ])
    return table(["", "without loss/s", "min–max", "libminibus ÷ it", "flat out: sent/s", "received/s", "lost",
                  "publisher µs", "subscriber µs", "daemon µs", "noise"], rows)


def steady(results, key):
    rows = []
    for peer in in_order(results, key):
        total = [sum(record[f"steady_{name}"] for name in ("publisher_us", "subscriber_us", "broker_us"))
                 for record in results.find(key, peer).values()]
        rows.append([
            title(peer),
            number(results.median(key, peer, "steady_sent_rate")),
            percent(results.median(key, peer, "steady_loss")),
            number(results.median(key, peer, "steady_publisher_us")),
            number(results.ratio(key, peer, "steady_publisher_us")),
            number(results.median(key, peer, "steady_subscriber_us")),
            number(results.ratio(key, peer, "steady_subscriber_us")),
            number(results.median(key, peer, "steady_broker_us")) if results.median(key, peer, "steady_broker_us")
            else "–",
            span((min(total), max(total))) if total else "–",
        ])
    return table(["", "sent/s", "lost", "publisher µs", "libminibus ÷ it", "subscriber µs", "libminibus ÷ it",
                  "daemon µs", "all, min–max"], rows)


def calls(results, key):
    rows = []
    for peer in in_order(results, key):
        rows.append([
            title(peer),
            number(results.median(key, peer, "median_1")),
            span(results.span(key, peer, "median_1")),
            number(results.ratio(key, peer, "median_1")),
            number(results.median(key, peer, "p99_1")),
            number(results.median(key, peer, "rate_8")),
            number(results.ratio(key, peer, "rate_8")),
            number(results.median(key, peer, "median_8")),
            number(results.median(key, peer, "p99_8")),
            number(results.median(key, peer, "caller_us_1")),
            number(results.median(key, peer, "server_us_1")),
        ])
    return table(["", "one: median µs", "min–max", "libminibus ÷ it", "99 % µs", "eight: calls/s",
                  "libminibus ÷ it", "median µs", "99 % µs", "caller CPU µs", "server CPU µs"], rows)


def idle(results, key):
    rows = []
    for peer in in_order(results, key):
        rows.append([
            title(peer),
            number(results.median(key, peer, "start_ms")),
            number(results.ratio(key, peer, "start_ms")),
            number(results.median(key, peer, "rss_kib") / 1024) if results.values(key, peer, "rss_kib") else "–",
            number(results.median(key, peer, "pss_kib") / 1024) if results.values(key, peer, "pss_kib") else "–",
            number(results.ratio(key, peer, "private_kib")),
            number(results.median(key, peer, "private_kib") / 1024) if results.values(key, peer, "private_kib")
            else "–",
            number(results.median(key, peer, "wakeups")),
        ])
    return table(["", "ready after ms", "libminibus ÷ it", "RSS MiB", "PSS MiB", "private: libminibus ÷ it",
                  "private MiB", "wake-ups/s"], rows)


def against(results, keys, parameter, name, heading):
    """Returns a table of one figure by peer and one parameter of the work."""
    index = {"others": 3, "subscriptions": 4}[parameter]
    peers = list(dict.fromkeys(peer for key in keys for peer in in_order(results, key)))
    return table(
        [heading, *(f"{key[index]:,}" for key in keys), f"libminibus ÷ it at {keys[-1][index]:,}"],
        [[title(peer), *(number(results.median(key, peer, name)) for key in keys),
          number(results.ratio(keys[-1], peer, name))] for peer in peers])


def languages(results, keys):
    """Returns a table of what the languages cost more than C, at one end."""
    rows = []
    way, call = keys.get("languages"), keys.get("language-calls")
    peers = in_order(results, way) if way else in_order(results, call)
    for peer in peers:
        side = peer.partition(":")[2]
        base = f"{BASE}:{side}"
        cost = "publisher_us" if side == "sends" else "subscriber_us"
        caller = "caller_us_1" if side == "sends" else "server_us_1"
        rows.append([
            title(peer),
            number(results.median(way, peer, "lossless_rate")) if way else "–",
            number(results.median(way, peer, cost)) if way else "–",
            number(inverse(results.ratio(way, peer, cost, base))) if way else "–",
            number(results.median(call, peer, "median_1")) if call else "–",
            number(results.median(call, peer, caller)) if call else "–",
            number(inverse(results.ratio(call, peer, caller, base))) if call else "–",
        ])
    return table(["other end in C", "without loss/s", "CPU µs/message", "÷ C", "call, median µs", "CPU µs/call",
                  "÷ C"], rows)


def inverse(value):
    return 1 / value if value else None


def find_keys(results, work):
    return [key for key in results.cells() if key[0] == work]


def summary(results):
    """Returns the table of ratios: libminibus against each peer."""
    columns = []
    for key in find_keys(results, "one-way"):
        columns.append((f"{size_name(key[1])} to {key[2]}: rate", key, "lossless_rate"))
    for key in [key for key in find_keys(results, "one-way") if key[1] == 100 and key[2] == 1]:
        columns.append(("publisher CPU", key, "publisher_us"))
        columns.append(("subscriber CPU", key, "steady_subscriber_us"))
    for key in find_keys(results, "calls")[:1]:
        columns.append(("call, median", key, "median_1"))
        columns.append(("eight calls: rate", key, "rate_8"))
    for key in find_keys(results, "idle"):
        columns.append(("start", key, "start_ms"))
        columns.append(("private memory", key, "private_kib"))
    rows = []
    for peer in PEERS:
        ratios = [results.ratio(key, peer.name, name) for _, key, name in columns]
        if peer.name != BASE and any(ratios) and set(peer.works) & {"one-way", "calls"}:
            rows.append([peer.title, *map(number, ratios)])
    return table(["libminibus ÷", *(heading for heading, _, _ in columns)], rows)


def promises(results):
    """Returns the ratios that the project wants to reach: what, how compared, with what, and those of the rounds."""
    way = ("one-way", 100, 1, None, None)
    four = ("one-way", 100, 4, None, None)
    call = ("calls", 100, None, None, None)
    both = ("steady_publisher_us", "steady_subscriber_us")
    uninterested = find_keys(results, "uninterested")
    subscriptions = find_keys(results, "subscriptions")
    rows = [
        ("highest rate without loss, 100 B to one ÷ LCM with its queues enlarged", ">=", 1.2,
         results.ratios(way, "lcm-big", "lossless_rate")),
        ("the same ÷ LCM as shipped", ">=", 5, results.ratios(way, "lcm", "lossless_rate")),
        ("the same ÷ bare sockets with the same buffer", ">=", 0.8,
         results.ratios(way, "sockets-big", "lossless_rate")),
        ("the same to four ÷ LCM with its queues enlarged", ">=", 1, results.ratios(four, "lcm-big", "lossless_rate")),
        # With the small buffer most packets are dropped at once, which costs their sender less than delivery.
        ("CPU of publishing, flat out ÷ bare sendto", "<=", 1.4, results.ratios(way, "sockets-big", "publisher_us")),
        ("CPU of both sides, 10,000/s ÷ LCM with its queues enlarged", "<=", 1, results.ratios(way, "lcm-big", both)),
        ("call, median ÷ LCM as a ping-pong", "<=", 1, results.ratios(call, "lcm", "median_1")),
        ("call, median ÷ GDBus over the daemon", "<=", 0.25, results.ratios(call, "gdbus", "median_1")),
    ]
    if uninterested and uninterested[-1][3]:
        rows.append((f"CPU of {uninterested[-1][3]} processes that do not want a message ÷ such bare sockets",
                     "<=", 0.1, results.ratios(uninterested[-1], "sockets", "others_us")))
    if len(subscriptions) > 1:
        rows.append((f"CPU of a message with {subscriptions[-1][4]:,} subscriptions ÷ with one", "<=", 2,
                     [1 / ratio for ratio in results.ratios(subscriptions[-1], BASE, "subscriber_us", BASE,
                                                            subscriptions[0])]))
    return [row for row in rows if row[3]]


def verdict(relation, wanted, ratios):
    """Returns whether what is wanted was reached; rounds that disagree leave it open."""
    reached = [ratio >= wanted if relation == ">=" else ratio <= wanted for ratio in ratios]
    return "yes" if all(reached) else "open" if any(reached) else "no"


def promise_table(results):
    rows = [[what, number(statistics.median(ratios)), span((min(ratios), max(ratios))),
             f"{'at least' if relation == '>=' else 'at most'} {wanted:g}", verdict(relation, wanted, ratios)]
            for what, relation, wanted, ratios in promises(results)]
    return table(["libminibus ÷ …", "median", "lowest–highest round", "wanted", "reached"], rows)


def tree_table(results):
    """Returns what a program would see that reads the text and has no tree made of it, against the same peers."""
    rows = []
    for what, subscribers, peer, names in (
            ("highest rate without loss, 100 B to one ÷ LCM with its queues enlarged", 1, "lcm-big", "lossless_rate"),
            ("the same ÷ bare sockets with the same buffer", 1, "sockets-big", "lossless_rate"),
            ("the same to four ÷ LCM with its queues enlarged", 4, "lcm-big", "lossless_rate"),
            ("CPU of both sides, 10,000/s ÷ LCM with its queues enlarged", 1, "lcm-big",
             ("steady_publisher_us", "steady_subscriber_us"))):
        key = ("one-way", 100, subscribers, None, None)
        ratios = results.ratios(key, peer, names, "minibus-text")
        if ratios:
            rows.append([what, number(statistics.median(ratios)), span((min(ratios), max(ratios)))])
    return table(["libminibus without the tree ÷ …", "median", "lowest–highest round"], rows) if rows else ""


def machine_text(results):
    machine = results.machine
    n_failures = len(results.failures())
    noise = [record["noise"] for record in results.records if "noise" in record]
    left_out = machine.get("left_out", {})
    lines = [
        f"Measured on {machine.get('date', '?')} with libminibus {machine.get('version', '?')}: "
        f"{machine.get('machine', '?')}; {machine.get('rounds', '?')} rounds in "
        f"{machine.get('minutes', 0):.0f} minutes. "
        f"The load average was {machine.get('load', ['?', '?'])[0]} at the start and "
        f"{machine.get('load', ['?', '?'])[-1]} at the end, of which the comparison itself makes about 2.",
        "",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in machine.get("versions", {}).items()) + ".",
    ]
    if noise:
        lines += ["", f"Other work took {percent(statistics.median(noise))} of the processors, at the median of all "
                  "measures." + (" **That is too much for rates and times to be trusted**; at best the ratios can be."
                                 if statistics.median(noise) > 0.15 else "")]
    for name, reason in left_out.items():
        lines += ["", f"Left out: {title(name)}: {reason}."]
    if machine.get("note"):
        lines += ["", machine["note"]]
    if machine.get("nice"):
        lines += ["", f"Everything ran with the nice value {machine['nice']}, as the machine was busy with other work."]
    if n_failures:
        lines += ["", f"{n_failures} of {len(results.records)} measures failed and are not counted."]
    wrong = sum(record.get("wrong", 0) for record in results.records)
    if wrong:
        lines += ["", f"{wrong:,} messages came twice, out of order, or damaged."]
    return "\n".join(lines)


def markdown(results, image=None):
    """Returns the generated part of the page."""
    parts = [machine_text(results)]
    rows = promise_table(results)
    parts += ["## What is wanted, and what is reached", rows] if rows.count("\n") > 1 else []
    without_tree = tree_table(results)
    if without_tree:
        parts += ["The tree of values that libminibus gives the program, a `JsonNode` of JSON-GLib, costs more than all "
                  "the rest of a message. The other peers make none. A program that reads the text alone, as they do, "
                  "sees this:", without_tree]
    if find_keys(results, "one-way"):
        parts += ["## Ratios", "Rates: above 1, libminibus carries more. Costs and times: below 1, libminibus is "
                  "cheaper. Publisher CPU is flat out, subscriber CPU at 10,000 per second. Each is the median of the ratios of the rounds.", summary(results)]
    if image:
        parts += [f"![Messages per second without loss, CPU per message, round trips and start-up]({image})"]
    for key in find_keys(results, "one-way"):
        subscribers = f"{key[2]} subscriber{'s' if key[2] != 1 else ''}"
        parts += [f"## One way, {size_name(key[1])} to {subscribers}", one_way(results, key)]
        if key[1] == 100:
            parts += ["### The same, paced at 10,000 per second", steady(results, key)]
    for key in find_keys(results, "calls"):
        parts += [f"## Calls, {size_name(key[1])}, one and eight in flight", calls(results, key)]
    for key in find_keys(results, "idle"):
        parts += ["## An idle process with one subscription", idle(results, key)]
    keys = find_keys(results, "uninterested")
    if keys:
        parts += ["## Processes that do not want the messages",
                  "CPU µs of a message in everything together: its publisher, the one process that wants it, the "
                  "daemon if there is one, and so many others that are subscribed to something else.",
                  against(results, keys, "others", "total_us", "others")]
    keys = find_keys(results, "subscriptions")
    if keys:
        parts += ["## Many subscriptions in one process",
                  "CPU µs of a message in a process with so many subscriptions, of which one wants it.", against(results, keys, "subscriptions", "subscriber_us", "subscriptions")]
    for key in find_keys(results, "options"):
        parts += [f"## Encryption and schemas, {size_name(key[1])}", one_way(results, key)]
    keys = {work: found[0] for work in ("languages", "language-calls") if (found := find_keys(results, work))}
    if keys:
        parts += ["## The languages", languages(results, keys)]
    parts += ["## What the others do not do",
              table(["", "it has"], [[peer.title, peer.without] for peer in PEERS if peer.without
                                     and any(peer.name in results.peers(key) for key in results.cells())])
              .replace("---:", "---")]
    return "\n\n".join(parts) + "\n"


def update_page(page, generated):
    """Returns the page with its generated part replaced; raises ValueError if it has no place for one."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError("The page has no place that is marked for what tests/benchmarks/run writes.")
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{generated}\n{END}{rest.partition(END)[2]}"
