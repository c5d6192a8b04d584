# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results: lines of JSON, and what several rounds say together."""

import json
import statistics

PARAMETERS = ("size", "subscribers", "others", "subscriptions")
BASE = "minibus"


def cell_key(record):
    """Returns what tells one cell from the others."""
    return (record["work"], *(record.get(name) for name in PARAMETERS))


class Results:
    """The records of one run: what it ran on, and one record for each measure."""

    def __init__(self, machine=None):
        self.machine = machine or {}
        self.records = []

    @classmethod
    def load(cls, path):
        """Reads a file of JSON lines; raises ValueError if it is none."""
        results = cls()
        with open(path, encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                if record.get("kind") == "machine":
                    results.machine.update(record)
                elif record.get("kind") == "measure":
                    results.records.append(record)
        return results

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            for record in [{"kind": "machine", **self.machine}, *self.records]:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def add(self, cell, peer, round_number, values):
        # Nobody measures more digits than these.
        values = {name: float(f"{value:.6g}") if isinstance(value, float) else value for name, value in values.items()}
        self.records.append({"kind": "measure", **cell, "peer": peer, "round": round_number, **values})

    def cells(self):
        """Returns the keys of the cells in the order of their first record."""
        return list(dict.fromkeys(map(cell_key, self.records)))

    def peers(self, key):
        return list(dict.fromkeys(record["peer"] for record in self.records if cell_key(record) == key))

    def find(self, key, peer):
        """Returns the records of a peer that did not fail, by their round."""
        return {record["round"]: record for record in self.records
                if cell_key(record) == key and record["peer"] == peer and "failed" not in record}

    def failures(self):
        return [record for record in self.records if "failed" in record]

    def values(self, key, peer, name):
        return [record[name] for record in self.find(key, peer).values() if record.get(name) is not None]

    def median(self, key, peer, name):
        values = self.values(key, peer, name)
        return statistics.median(values) if values else None

    def span(self, key, peer, name):
        values = self.values(key, peer, name)
        return (min(values), max(values)) if values else None

    def ratios(self, key, peer, names, base=BASE, base_key=None):
        """Returns base / peer in each round that has both, of a figure or of the sum of several.

        Figures of one round were measured shortly after each other, so they compare better than the medians.
        """
        own = self.sums(key, peer, names)
        other = self.sums(base_key or key, base, names)
        return [other[number] / own[number] for number in own if own[number] and other.get(number)]

    def sums(self, key, peer, names):
        names = (names,) if isinstance(names, str) else names
        return {number: sum(record.get(name) or 0 for name in names) for number, record in self.find(key, peer).items()}

    def ratio(self, key, peer, names, base=BASE, base_key=None):
        """Returns the median of ratios(), or None."""
        ratios = self.ratios(key, peer, names, base, base_key)
        return statistics.median(ratios) if ratios else None
