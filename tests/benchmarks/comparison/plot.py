# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The plot of a comparison."""

from .report import find_keys, in_order, title
from .results import BASE

# What is drawn: its heading, the work, its parameters, the figure, and whether less is better.
PANELS = (
    ("messages/s without loss, 100 B to one", "one-way", {1: 100, 2: 1}, "lossless_rate", False),
    ("messages/s without loss, 100 B to four", "one-way", {1: 100, 2: 4}, "lossless_rate", False),
    ("CPU µs per message, publisher and subscriber", "one-way", {1: 100, 2: 1}, "steady_both_us", True),
    ("round trip of a call, median µs", "calls", {1: 100}, "median_1", True),
    ("calls/s, eight in flight", "calls", {1: 100}, "rate_8", False),
    ("private memory of an idle process, KiB", "idle", {}, "private_kib", True),
)


def bars(results, work, parameters, figure):
    """Returns the bars of a panel: name, median, lowest and highest, and whether it is libminibus."""
    keys = [key for key in find_keys(results, work)
            if all(key[index] == value for index, value in parameters.items())]
    found = []
    for key in keys[:1]:
        for peer in in_order(results, key):
            if figure == "steady_both_us":
                values = sorted(record["steady_publisher_us"] + record["steady_subscriber_us"] +
                                record["steady_broker_us"] for record in results.find(key, peer).values())
            else:
                values = sorted(results.values(key, peer, figure))
            if values and values[len(values) // 2] > 0:
                found.append((title(peer), values[len(values) // 2], values[0], values[-1],
                              peer.partition("-")[0] == BASE))
    return found


def draw(results, paths):
    """Draws the panels that have figures into files, as their names say. Needs matplotlib."""
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "minibus"
    matplotlib.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    panels = [(heading, found, less) for heading, work, parameters, figure, less in PANELS
              if (found := bars(results, work, parameters, figure))]
    if not panels:
        return False
    columns = 2 if len(panels) > 1 else 1
    n_rows = -(-len(panels) // columns)
    figure, axes = pyplot.subplots(n_rows, columns, figsize=(6.2 * columns, 3.9 * n_rows), squeeze=False)
    for axis, (heading, found, less) in zip(axes.flat, panels):
        found = sorted(found, key=lambda bar: bar[1], reverse=not less)[::-1]
        medians = [bar[1] for bar in found]
        spread = [[bar[1] - bar[2] for bar in found], [bar[3] - bar[1] for bar in found]]
        # On a logarithmic axis the length of a bar would say nothing.
        axis.errorbar(medians, range(len(found)), xerr=spread, fmt="none", ecolor="#77767b", capsize=2)
        axis.scatter(medians, range(len(found)), s=36, zorder=3,
                     color=["#1c71d8" if bar[4] else "#5e5c64" for bar in found])
        axis.set_xscale("log")
        axis.set_yticks(range(len(found)), [bar[0] for bar in found])
        axis.grid(axis="x", which="both", color="#deddda", linewidth=0.6)
        for label, bar in zip(axis.get_yticklabels(), found):
            label.set_fontweight("bold" if bar[4] else "normal")
        axis.set_title(f"{heading} ({'less' if less else 'more'} is better)", fontsize=9)
        axis.tick_params(labelsize=8)
        for edge in ("top", "right"):
            axis.spines[edge].set_visible(False)
    for axis in list(axes.flat)[len(panels):]:
        axis.set_visible(False)
    machine = results.machine
    figure.suptitle(f"libminibus {machine.get('version', '')} and others, {machine.get('date', '')}: "
                    f"median, lowest and highest of {machine.get('rounds', '?')} rounds", fontsize=10)
    figure.tight_layout(rect=(0, 0, 1, 0.98))
    for path in paths:
        figure.savefig(path, dpi=110, metadata={"Date": None} if path.endswith(".svg") else None)
    pyplot.close(figure)
    return True
