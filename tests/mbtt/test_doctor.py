#!/usr/bin/python3
# test_doctor.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of mbtt doctor, each with the fault really made. Needs a network of its own, and gives itself one.

The environment variable MBTT says where the program is.
"""

import json
import subprocess
import unittest

from mbtt_case import LIMIT, Case, run

import private


class TestDoctor(Case):
    def findings(self, *arguments, status=0):
        done = run("doctor", "--json", "--duration", "0.1", *arguments)
        self.assertEqual((done.returncode, done.stderr), (status, ""), done.stdout)
        return {finding["check"]: finding for finding in json.loads(done.stdout)}

    def shell(self, command, undo):
        subprocess.run(["sh", "-ec", command], check=True)
        self.addCleanup(subprocess.run, ["sh", "-ec", undo], check=True)

    def test_healthy(self):
        """Where nothing is wrong, nothing is called a problem or a warning."""
        findings = self.findings()
        self.assertEqual({finding["severity"] for finding in findings.values()}, {"ok", "hint"})
        for check in ("route", "open", "membership", "echo", "drops"):
            self.assertEqual(findings[check]["severity"], "ok", check)
        done = run("doctor", "--duration", "0")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("ok:       What is sent comes back.\n", done.stdout)

    def test_no_route(self):
        """Without a route, that is the problem."""
        self.shell("ip route del 224.0.0.0/4 dev lo", "ip route add 224.0.0.0/4 dev lo")
        findings = self.findings(status=1)
        self.assertEqual(findings["route"]["severity"], "problem")
        self.assertEqual(findings["open"]["severity"], "problem")
        self.assertIn("interface=", findings["route"]["remedy"])

    def test_firewall(self):
        """A firewall that drops packets is guessed at, with the port to open."""
        self.shell("nft 'table inet f { chain i { type filter hook input priority 0; udp dport 8005 drop; }; }'",
                   "nft flush ruleset")
        findings = self.findings(status=1)
        self.assertEqual(findings["echo"]["severity"], "problem")
        self.assertIn("8005", findings["echo"]["remedy"])

    def test_traffic(self):
        """What is wrong with messages that arrive is counted: foreign ones, encrypted ones, names that are nearly so."""
        doctor = self.start("doctor", "/sensor/Attik", "--json", "--duration", "3")
        for _ in range(8):
            self.assertEqual(run("pub", "/sensor/attic", "1", "--name", "twin").returncode, 0)
            self.assertEqual(run("pub", "/secret", "1", "--cryptokey", "other").returncode, 0)
        out, notes = doctor.communicate(timeout=LIMIT)
        self.assertEqual((doctor.returncode, notes), (1, ""), out)
        findings = {finding["check"]: finding for finding in json.loads(out)}
        self.assertEqual(findings["topic"]["severity"], "warning")
        self.assertIn("/sensor/attic", findings["topic"]["what"])
        self.assertEqual(findings["keys"]["severity"], "problem")
        self.assertEqual(findings["names"]["severity"], "warning")
        self.assertIn("twin", findings["names"]["what"])

    def test_usage(self):
        """What is wrong with the command line is told in one line."""
        self.assert_fails(run("doctor", "--duration", "soon"), 2, "--duration")
        self.assert_fails(run("doctor", "/a", "/b"), 2, "/b")


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
