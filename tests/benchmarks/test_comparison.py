#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests the parts of the comparison that can be wrong without anybody seeing it."""

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from comparison import build, peers, plot, process, report, work  # noqa: E402
from comparison.results import Results  # noqa: E402

ONE_WAY = {"work": "one-way", "size": 100, "subscribers": 1}
KEY = ("one-way", 100, 1, None, None)


def one_way(rate, **others):
    return {"lossless_rate": rate, "sent_rate": rate, "received_rate": rate, "loss": 0.0, "wrong": 0,
            "publisher_us": 4.0, "subscriber_us": 5.0, "broker_us": 0.0, "noise": 0.1, "steady_sent_rate": 9999.0,
            "steady_loss": 0.0, "steady_publisher_us": 6.0, "steady_subscriber_us": 7.0, "steady_broker_us": 0.0,
            **others}


def two_rounds():
    """Results of two rounds in which the machine was twice as fast in the second."""
    results = Results({"date": "2026-01-02", "version": "1.2.3", "machine": "a machine", "rounds": 2, "minutes": 3,
                       "load": [0.1, 2.0], "versions": {"liblcm-dev": "1.3"},
                       "left_out": {"ice": "not installed: ice"}})
    for round_number, factor in enumerate((1, 2)):
        results.add(ONE_WAY, "minibus", round_number, one_way(1500.0 * factor))
        results.add(ONE_WAY, "lcm-big", round_number, one_way(1000.0 * factor))
        results.add(ONE_WAY, "sockets", round_number, {"failed": "it did not start"})
    return results


class ParsingTest(unittest.TestCase):
    def test_line_of_a_role(self):
        self.assertEqual(process.parse_line('{"run":1001,"sent":5}'), {"run": 1001, "sent": 5})

    def test_line_that_is_no_object_is_refused(self):
        for line in ("", "ready", "[1]", '{"run":'):
            with self.subTest(line), self.assertRaises(process.RoleError):
                process.parse_line(line)

    def test_files_of_the_kernel(self):
        self.assertEqual(process.parse_schedstat("123456 789 10\n"), 123456)
        status = "Name:\tx\nvoluntary_ctxt_switches:\t42\nnonvoluntary_ctxt_switches:\t7\n"
        self.assertEqual(process.parse_status(status), 42)
        rollup = ("00400000-7fff r--p 0 00:00 0 [rollup]\nRss: 100 kB\nPss: 60 kB\n"
                  "Private_Clean: 8 kB\nPrivate_Dirty: 32 kB\n")
        self.assertEqual(process.parse_rollup(rollup), {"rss": 100, "pss": 60, "private": 40})
        seconds = process.parse_stat("cpu  100 10 50 9999 5 20 20 0 0 0\ncpu0 1 1 1 1 1 1 1 0 0 0\n")
        self.assertAlmostEqual(seconds, 200 / os.sysconf("SC_CLK_TCK"))

    def test_costs_of_a_process_of_ours(self):
        role = process.Process(["/usr/bin/python3", "-c", "while True: pass"])
        try:
            while role.cpu() < 0.01:
                continue
            self.assertGreater(role.memory()["rss"], 0)
        finally:
            role.close()
        self.assertEqual(role.cpu(), 0)


class RoleTest(unittest.TestCase):
    def start(self, program):
        role = process.Role(["/usr/bin/python3", "-c", program])
        self.addCleanup(role.close)
        return role

    def test_answers_come_line_by_line(self):
        role = self.start("print('{\"ready\":true}', flush=True)\nprint(input(), flush=True)\ninput()")
        role.wait_ready()
        role.tell('{"run":1}')
        self.assertEqual(role.answer(20), {"run": 1})

    def test_role_that_ends_is_told(self):
        with self.assertRaisesRegex(process.RoleError, "has ended, with status 3"):
            self.start("import sys; sys.exit(3)").answer(20)

    def test_role_that_is_silent_is_told(self):
        with self.assertRaisesRegex(process.RoleError, "said nothing"):
            self.start("input()").answer(0.01)


class RateTest(unittest.TestCase):
    def search(self, limit, start, n_probes=20):
        tried = []

        def probe(rate):
            tried.append(rate)
            return rate, rate <= limit

        return work.find_rate(probe, start, n_probes), tried

    def test_rate_is_found_from_above_and_below(self):
        for start in (500, 9000, 70000):
            with self.subTest(start):
                found, _ = self.search(10000, start)
                self.assertLessEqual(found, 10000)
                self.assertGreater(found, 9000)

    def test_number_of_probes_is_bounded(self):
        found, tried = self.search(10, 1000000, 5)
        self.assertEqual(found, 0)
        self.assertEqual(len(tried), 5)

    def test_rate_that_was_reached_counts(self):
        self.assertEqual(work.find_rate(lambda rate: (rate / 2, rate <= 1000), 1000, 1), 500)


class EvaluationTest(unittest.TestCase):
    def test_figures_of_a_run(self):
        received = [{"received": 1000, "repeated": 0, "wrong": 0, "seconds": 0.999},
                    {"received": 500, "repeated": 1, "wrong": 0, "seconds": 0.499}]
        result = work.evaluate({"sent": 1010, "failed": 10, "seconds": 0.5}, received,
                               {"publisher": 0.01, "subscribers": 0.003, "broker": 0.002, "others": 0}, 0.2)
        self.assertAlmostEqual(result["sent_rate"], 2000)
        self.assertAlmostEqual(result["received_rate"], 1000)
        self.assertAlmostEqual(result["loss"], 0.25)
        self.assertEqual(result["wrong"], 1)
        self.assertAlmostEqual(result["publisher_us"], 10)
        self.assertAlmostEqual(result["subscriber_us"], 2)
        self.assertAlmostEqual(result["broker_us"], 2)

    def test_run_of_which_nothing_arrived(self):
        received = [{"received": 0, "repeated": 0, "wrong": 0, "seconds": 0.0}]
        result = work.evaluate({"sent": 10, "failed": 0, "seconds": 1.0}, received,
                               {"publisher": 0, "subscribers": 0, "broker": 0}, 0)
        self.assertEqual((result["loss"], result["received_rate"]), (1, 0))

    def test_every_second_round_runs_backwards(self):
        self.assertEqual([work.order("abc", number) for number in range(3)], [list("abc"), list("cba"), list("abc")])


class PeersTest(unittest.TestCase):
    def test_every_peer_has_a_program_and_known_work(self):
        for peer in peers.PEERS:
            with self.subTest(peer.name):
                self.assertIn(peer.program, peers.PROGRAMS_BY_NAME)
                self.assertLessEqual(set(peer.works), set(work.MEASURES))

    def test_every_program_is_there(self):
        for program in peers.PROGRAMS_BY_NAME.values():
            path = os.path.join(peers.PROGRAMS, program.source) if program.source else program.interpreter[-1]
            with self.subTest(program.name):
                self.assertTrue(os.path.exists(path), path)

    def test_languages_are_paired_with_c_at_either_end(self):
        chosen = [peers.PEERS_BY_NAME["minibus"], peers.PEERS_BY_NAME["minibus-lua"]]
        found = [(key, sender.name, receiver.name)
                 for key, sender, receiver in peers.pairs({"work": "languages", "size": 100}, chosen)]
        self.assertEqual(found, [("minibus:sends", "minibus", "minibus"), ("minibus:receives", "minibus", "minibus"),
                                 ("minibus-lua:sends", "minibus-lua", "minibus"),
                                 ("minibus-lua:receives", "minibus", "minibus-lua")])

    def test_peer_only_gets_sizes_that_it_can(self):
        found = peers.pairs({"work": "one-way", "size": 65000}, [peers.PEERS_BY_NAME["reference"]])
        self.assertEqual(found, [])

    def test_program_that_cannot_be_had_is_left_out_with_the_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            program = peers.Program("nothing", "sockets.c", modules=("a-module-that-nobody-has",))
            peers.PROGRAMS_BY_NAME["nothing"] = program
            self.addCleanup(peers.PROGRAMS_BY_NAME.pop, "nothing")
            peer = peers.Peer("nothing", "Nothing", "nothing")
            left_out = build.prepare([peer], folder, folder, may_install=False)
        self.assertEqual(list(left_out), ["nothing"])
        self.assertIn("a-module-that-nobody-has", left_out["nothing"])


class ResultsTest(unittest.TestCase):
    def test_what_is_saved_is_loaded(self):
        results = two_rounds()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "results.jsonl")
            results.save(path)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(len([json.loads(line) for line in file]), 7)
            loaded = Results.load(path)
        self.assertEqual(loaded.records, results.records)
        self.assertEqual(loaded.machine["machine"], "a machine")

    def test_ratio_is_that_of_each_round(self):
        results = two_rounds()
        self.assertEqual(results.ratio(KEY, "lcm-big", "lossless_rate"), 1.5)
        self.assertEqual(results.median(KEY, "lcm-big", "lossless_rate"), 1500)
        self.assertEqual(results.span(KEY, "minibus", "lossless_rate"), (1500, 3000))

    def test_failed_measures_have_no_figures(self):
        results = two_rounds()
        self.assertEqual(len(results.failures()), 2)
        self.assertIsNone(results.median(KEY, "sockets", "lossless_rate"))
        self.assertIsNone(results.ratio(KEY, "sockets", "lossless_rate"))

    def test_ratio_of_several_figures_is_that_of_their_sum(self):
        results = Results()
        results.add(ONE_WAY, "minibus", 0, {"a": 1, "b": 5})
        results.add(ONE_WAY, "lcm", 0, {"a": 1, "b": 2})
        self.assertEqual(results.ratios(KEY, "lcm", ("a", "b")), [2])


class ReportTest(unittest.TestCase):
    def test_figures_for_people(self):
        self.assertEqual([report.number(value) for value in (None, 0.1234, 9.994, 9.996, 99.96, 999.6, 1234567.8)],
                         ["–", "0.12", "9.99", "10.0", "100", "1,000", "1,234,568"])
        self.assertEqual([report.percent(value) for value in (None, 0, 0.00123, 0.5)], ["–", "0 %", "0.12 %", "50 %"])

    def test_page_has_the_tables(self):
        page = report.markdown(two_rounds(), "plot.svg")
        self.assertIn("## One way, 100 B to 1 subscriber", page)
        self.assertIn("| LCM, queues enlarged | 1,500 | 1,000–2,000 | 1.50 |", page)
        self.assertIn("(plot.svg)", page)
        self.assertIn("Left out: Ice, one-way over TCP: not installed: ice.", page)
        self.assertIn("2 of 6 measures failed", page)
        self.assertIn("Other work took 10 % of the processors", page)
        self.assertNotIn("too much", page)
        self.assertIn("| 1.50 | 1.50–1.50 | at least 1.2 | yes |", page)

    def test_page_warns_of_noise_and_of_wrong_messages(self):
        results = Results()
        results.add(ONE_WAY, "minibus", 0, one_way(1000.0, noise=0.5, wrong=3))
        page = report.markdown(results)
        self.assertIn("too much for rates", page)
        self.assertIn("3 messages came twice", page)

    def test_rounds_that_disagree_leave_a_verdict_open(self):
        self.assertEqual([report.verdict(">=", 1.2, ratios) for ratios in ([1.2, 2], [1.1, 2], [1.1, 0.2])],
                         ["yes", "open", "no"])
        self.assertEqual([report.verdict("<=", 1, ratios) for ratios in ([1, 0.5], [1.1, 0.5], [1.1])],
                         ["yes", "open", "no"])

    def test_columns_of_every_table_agree(self):
        for block in report.markdown(two_rounds(), None).split("\n\n"):
            if block.startswith("|"):
                self.assertEqual(len({line.count("|") for line in block.splitlines()}), 1, block)

    def test_only_the_generated_part_of_a_page_changes(self):
        page = f"# Title\n\n{report.BEGIN}\nold\n{report.END}\n\nAfter.\n"
        self.assertEqual(report.update_page(page, "new\n"),
                         f"# Title\n\n{report.BEGIN}\n\nnew\n\n{report.END}\n\nAfter.\n")
        with self.assertRaises(ValueError):
            report.update_page("# Title\n", "new")

    def test_plot_has_a_bar_for_each_peer_with_figures(self):
        bars = plot.bars(two_rounds(), "one-way", {1: 100, 2: 1}, "lossless_rate")
        self.assertEqual(bars, [("libminibus", 3000.0, 1500.0, 3000.0, True),
                                ("LCM, queues enlarged", 2000.0, 1000.0, 2000.0, False)])
        self.assertEqual(plot.bars(two_rounds(), "calls", {1: 100}, "median_1"), [])


if __name__ == "__main__":
    unittest.main()
