# test_locale.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON, and what is typed, are the same where people write numbers with a comma."""

import json
import subprocess
import tempfile
import unittest

from mbtt_case import ENVIRONMENT, Case, run


class TestLocale(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", folder.name + "/de_DE.UTF-8"], check=True,
                       capture_output=True, timeout=60)
        self.german = {**ENVIRONMENT, "LOCPATH": folder.name, "LC_ALL": "de_DE.UTF-8"}
        printed = subprocess.run(["/usr/bin/printf", "%.1f", "0,5"], env=self.german, check=True, encoding="utf-8",
                                 capture_output=True, timeout=60)
        self.assertEqual(printed.stdout, "0,5", "the locale is not what this test needs")

    def check(self, *arguments, **options):
        """Runs mbtt, and gives the objects that it printed."""
        result = run(*arguments, env=self.german, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        values = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertTrue(values)
        return values

    def test_lists(self):
        """Lists of peers are JSON, with a point in their numbers."""
        self.start_echo("/locale/list")
        peers = self.check("list", "peers", "--json", "--timeout", "1.5")
        self.assertIsInstance(peers[0]["seen"], float)
        self.check("clients", "--json", "--timeout", "1.5")

    def test_messages(self):
        """Data with fractions goes out and comes in as it is, and options take numbers with a point."""
        echo = self.start_echo("/locale/data", "--json", "--count", "1", env=self.german)
        self.check("pub", "/locale/data", "[0.25, 1e-7]", "--json", "--timeout", "5.5")
        out, _ = self.finish(echo)
        self.assertEqual(json.loads(out)["data"], [0.25, 1e-7])

    def test_meters(self):
        """What is measured is JSON."""
        meter = self.start("hz", "/locale/rate", "--json", "--count", "3", "--interval", "0.5", env=self.german)
        self.check("wait", "subscriber", "/locale/rate", "--json", "--timeout", "10")
        self.check("pub", "/locale/rate", "1.5", "--json", "--rate", "20.5", "--count", "3")
        out, notes = meter.communicate(timeout=30)
        self.assertEqual(meter.returncode, 0, notes)
        self.assertIsInstance(json.loads(out.splitlines()[-1])["rate"], float)


if __name__ == "__main__":
    unittest.main()
