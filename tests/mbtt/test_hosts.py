#!/usr/bin/python3
# test_hosts.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of mbtt on three hosts with a network between them that loses a packet in ten. Run by tests/netsim."""

import json
import os
import signal
import subprocess
import time
import unittest

from mbtt_case import ENVIRONMENT, LIMIT, MBTT, Case


def on(host, *arguments):
    return ["ip", "netns", "exec", host, MBTT, *arguments]


class TestHosts(Case):
    def spawn(self, host, *arguments, **options):
        return self.own(subprocess.Popen(on(host, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, env=ENVIRONMENT, encoding="utf-8", **options))

    def until(self, condition, host, *arguments):
        end = time.monotonic() + LIMIT
        while True:
            done = subprocess.run(on(host, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=ENVIRONMENT, encoding="utf-8", timeout=LIMIT, check=False)
            if condition(done):
                return done
            self.assertLess(time.monotonic(), end, done)

    def test_lists(self):
        """Each host tells of the peers of all, although packets get lost."""
        self.spawn("h1", "echo", "/lamp", "--name", "one")
        self.spawn("h2", "echo", "/.*", "--name", "two")
        self.spawn("h3", "pub", "/lamp", "on", "--rate", "20", "--name", "three", "--timeout", "0")
        for host in ("h1", "h2", "h3"):
            self.until(lambda done: done.stdout == "one:\n\nthree:\n\ntwo:\n\n", host, "clients")
            self.until(lambda done: done.stdout == "/lamp\t1\t2\n", host, "list")
        done = self.until(lambda done: done.returncode == 0, "h1", "info", "/lamp", "--json")
        self.assertEqual([peer["name"] for peer in json.loads(done.stdout)["publishers"]], ["three"])

    def test_loss(self):
        """What gets lost between hosts is told; what comes is right, and nothing comes twice."""
        echo = self.spawn("h1", "echo", "/numbers", "--verbose")
        self.assertIn("On the bus", echo.stderr.readline())
        self.assertIn("Listening", echo.stderr.readline())
        data = "".join(f"{number}\n" for number in range(300))
        done = subprocess.run(on("h2", "pub", "/numbers", "--rate", "500", "--timeout", "0"), input=data,
                              env=ENVIRONMENT, encoding="utf-8", timeout=LIMIT, check=True)
        subprocess.run(on("h2", "pub", "/numbers", "end", "--count", "30", "--timeout", "0"), env=ENVIRONMENT,
                       timeout=LIMIT, check=True)
        self.assertEqual(done.returncode, 0)
        numbers = []
        while (line := echo.stdout.readline()) != "end\n":
            numbers.append(int(line))
        echo.send_signal(signal.SIGINT)
        _, notes = echo.communicate(timeout=LIMIT)
        self.assertEqual(sorted(numbers), sorted(set(numbers)))
        self.assertTrue(200 < len(numbers) < 300, len(numbers))
        self.assertIn("messages that were sent and never arrived", notes)

    def test_wait(self):
        """A peer of another host is waited for, and its end noticed."""
        wait = self.spawn("h3", "wait", "peer", "ada", "--timeout", str(LIMIT))
        ada = self.spawn("h1", "echo", "/a", "--name", "ada")
        self.assertEqual(wait.wait(LIMIT), 0)
        gone = self.spawn("h2", "wait", "peer", "ada", "--gone", "--timeout", str(LIMIT))
        self.until(lambda done: done.stdout == "ada:\n\n" or "ada:\n" in done.stdout, "h2", "clients")
        self.assertIsNone(gone.poll())
        # ip(8) has become mbtt.
        os.kill(ada.pid, signal.SIGKILL)
        self.assertEqual(gone.wait(LIMIT), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
