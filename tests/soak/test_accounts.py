#!/usr/bin/python3
# test_accounts.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the soak calls a failure: the short run must not be a test that cannot fail."""

import importlib.machinery
import importlib.util
import os
import types
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
loader = importlib.machinery.SourceFileLoader("soak_run", os.path.join(HERE, "run"))
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("soak_run", loader))
loader.exec_module(run)


def counts(received, missed=0, dropped=0, lowest=1, highest=100, drops=None):
    return {"tracks": {"0123 /topic": [lowest, highest, received]}, "missed": missed, "dropped": dropped,
            "drops": drops or {}}


class Accounts(unittest.TestCase):
    def test_what_adds_up(self):
        self.assertEqual(run.account("x", counts(100)), (100, 100, 0, 0))
        self.assertEqual(run.account("x", counts(90, 7, 3, drops={"missed": 7, "inbox-full": 3})), (100, 90, 7, 3))
        self.assertEqual(run.account("x", counts(100), {"/topic": 100}), (100, 100, 0, 0))

    def test_loss_that_nobody_counted(self):
        with self.assertRaises(run.Failure):
            run.account("x", counts(99))

    def test_messages_out_of_nowhere(self):
        with self.assertRaises(run.Failure):
            run.account("x", counts(101))
        with self.assertRaises(run.Failure):
            run.account("x", counts(100, 1))

    def test_last_messages_that_are_lost(self):
        with self.assertRaises(run.Failure):
            run.account("x", counts(100), {"/topic": 101})
        with self.assertRaises(run.Failure):
            run.account("x", counts(100), {"/topic": 100, "/other": 1})

    def test_drops_without_a_reason(self):
        with self.assertRaises(run.Failure):
            run.account("x", counts(100, drops={"not-json": 1}))

    def test_calls(self):
        calls = {"calls": 10, "replies": 5, "timeouts": 1, "busy": 1, "cut": 1, "errors": 1, "pending": 1}
        run.check_calls("x", calls)
        with self.assertRaises(run.Failure):
            run.check_calls("x", {**calls, "replies": 4})
        with self.assertRaises(run.Failure):
            run.check_calls("x", {**calls, "replies": 6})

    def test_growth(self):
        def node(memory=lambda second: 0, descriptors=lambda second: 0):
            samples = [(second, 10_000_000 + memory(second), 30_000_000, 8 + descriptors(second))
                       for second in range(600)]
            return types.SimpleNamespace(role="x", samples=samples)

        run.check_growth(node(), 600)
        run.check_growth(node(lambda second: 3_000_000 * (second % 2), lambda second: second % 5), 600)
        run.check_growth(node(lambda second: min(second, 100) * 50_000), 600)
        for memory, descriptors in ((lambda second: second * 9000, lambda second: 0),
                                    (lambda second: 0, lambda second: second // 100),
                                    (lambda second: 3_000_000 * (second > 400), lambda second: 0)):
            with self.assertRaises(run.Failure):
                run.check_growth(node(memory, descriptors), 600)


if __name__ == "__main__":
    unittest.main(verbosity=2)
