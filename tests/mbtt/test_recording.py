#!/usr/bin/python3
# test_recording.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of mbtt record, mbtt play and mbtt info of a recording. Needs a network of its own, and gives itself one.

The environment variable MBTT says where the program is.
"""

import json
import os
import pty
import signal
import subprocess
import tempfile
import time
import unittest

from mbtt_case import ENVIRONMENT, LIMIT, MBTT, Case, run

import private
from bus_peer import Peer

HEADER = '{"minibus-recording":1}\n'


def line(seconds, topic, data):
    return (f'{{"at":{seconds:17.6f},"time":"2026-11-22T19:01:04.000000Z","topic":{json.dumps(topic)},'
            f'"author":"me","data":{data}}}\n')


class RecordingCase(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "käse.jsonl")

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)

    def start_record(self, *arguments, **options):
        process = self.start("record", "--verbose", "-o", self.path, *arguments, **options)
        self.assertRegex(process.stderr.readline(), r"^mbtt: On the bus \S+ as “.+”$")
        self.assertRegex(process.stderr.readline(), r"^mbtt: Recording to “.+käse.jsonl”$")
        return process

    def wait_for(self, text):
        """Waits until a text is in the file: what is under way when mbtt is told to end is not recorded."""
        end = time.monotonic() + LIMIT
        while True:
            with open(self.path, encoding="utf-8") as file:
                if text in file.read():
                    return
            self.assertLess(time.monotonic(), end, text)
            time.sleep(0.01)

    def end(self, process, number=signal.SIGINT):
        process.send_signal(number)
        out, notes = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 0, notes)
        return out, notes

    def info(self):
        done = run("info", self.path, "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)


class TestRecord(RecordingCase):
    def test_round(self):
        """What was said, by peers of both kinds, is played again with its topics and its data."""
        data = ['{"käse":["🧀",18446744073709551615,1.50]}', "-9223372036854775808", '"a\\nb"', "null"]
        recorder = self.start_record()
        for text in data:
            self.assert_done(run("pub", "/käse", text))
        with Peer("python") as peer:
            peer.publish("/python", {"a": [1, "ä"]})
            self.assert_done(run("pub", "/end", "1"))
            self.wait_for('"/end"')
        out, notes = self.end(recorder)
        self.assertEqual(out, "")
        self.assertIn("Messages recorded: 6", notes)

        info = self.info()
        self.assertEqual({topic["topic"]: topic["messages"] for topic in info["topics"]},
                         {"/käse": 4, "/python": 1, "/end": 1})
        self.assertEqual((info["missed"], info["dropped"], info["damaged"], info["truncated"]), (0, 0, 0, False))

        echo = self.start_echo("/käse|/python", "--json", "--count", "5")
        self.assert_done(run("play", self.path, "--speed", "10", "--name", "player"))
        out, _notes = self.finish(echo)
        messages = [json.loads(text) for text in out.splitlines()]
        self.assertEqual([message["data"] for message in messages], [json.loads(text) for text in data] + [{"a": [1, "ä"]}])
        self.assertEqual({message["author"] for message in messages}, {"player"})
        self.assertIn("18446744073709551615,1.50", out)

    def test_count(self):
        """--count, --duration and --timeout end it, with the status that the manual has."""
        recorder = self.start_record("--count", "2")
        for number in range(2):
            self.assert_done(run("pub", "/a", str(number)))
        self.assertEqual(recorder.wait(LIMIT), 0)
        self.assertEqual(self.info()["messages"], 2)

        self.assert_done(run("record", "-o", self.path, "--append", "--duration", "0.1"))
        done = run("record", "-o", self.path, "--append", "--count", "1", "--timeout", "0.1")
        self.assert_fails(done, 3, "Of 1 messages only 0")
        done = run("record", "-o", self.path, "--append", "--duration", "0.1", "--json")
        self.assertEqual(json.loads(done.stdout)["messages"], 0)
        self.assertEqual(self.info()["messages"], 2)

    def test_patterns(self):
        """Several patterns choose what is recorded; hidden topics have to be asked for."""
        recorder = self.start_record("/a/.*", ".*/x", "--count", "3")
        for topic in ("/a/__b__", "/b/x", "/a/x", "/b/y", "/a/y"):
            self.assert_done(run("pub", topic, "1"))
        self.assertEqual(recorder.wait(LIMIT), 0)
        self.assertEqual([topic["topic"] for topic in self.info()["topics"]], ["/a/x", "/a/y", "/b/x"])

    def test_errors(self):
        """What is wrong is told in a sentence, and no file is harmed."""
        self.write("My letters\n")
        self.assert_fails(run("record", "-o", self.path), 1, "käse.jsonl", "append")
        self.assert_fails(run("record", "-o", self.path, "--append"), 1, "not a recording")
        self.assert_fails(run("play", self.path), 1, "not a recording")
        self.assert_fails(run("info", self.path), 1, "not a recording")
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "My letters\n")

        self.assert_fails(run("record", "-o", "/nowhere/at/all"), 1, "/nowhere/at/all")
        self.assert_fails(run("record", "("), 2, "(")
        self.assert_fails(run("play"), 2, "FILE")
        self.assert_fails(run("play", self.path + "x"), 1, self.path + "x")
        self.assert_fails(run("play", self.path, "--speed", "-1"), 2, "--speed")
        self.assert_fails(run("play", self.path, "--from", "soon"), 2, "--from")
        self.assert_fails(run("record", "-o", self.path, "--count", "0"), 2, "--count")

    def test_two(self):
        """Two cannot record to one file."""
        recorder = self.start_record()
        self.assert_fails(run("record", "-o", self.path, "--append"), 1, "already")
        self.end(recorder, signal.SIGTERM)

    def test_full(self):
        """A file that cannot grow any more is an error, and what is in it is good."""
        recorder = self.start_record(preexec_fn=lambda: __import__("resource").setrlimit(
            __import__("resource").RLIMIT_FSIZE, (4000, 4000)))
        text = "".join(f'"number {number}, in some more words than that"\n' for number in range(100))
        self.assertEqual(run("pub", "/a", input=text).returncode, 0)
        _out, notes = recorder.communicate(timeout=LIMIT)
        self.assertEqual(recorder.returncode, 1)
        self.assertIn("cannot be written", notes)
        info = self.info()
        self.assertGreater(info["messages"], 5)
        self.assertFalse(info["truncated"])

    def test_full_disk(self):
        """When the disk is full, that is an error, what is in the file is good, and it can be gone on with."""
        folder = os.path.dirname(self.path)
        # A disk of 64 KiB, in a mount namespace of its own.
        recorder = self.own(subprocess.Popen(
            ["unshare", "--mount", "sh", "-ec",
             "mount -t tmpfs -o size=65536 tmpfs \"$1\"; shift; exec \"$@\"", "sh", folder, MBTT, "record",
             "--verbose", "-o", self.path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=ENVIRONMENT, encoding="utf-8"))
        self.assertIn("On the bus", recorder.stderr.readline())
        self.assertIn("Recording to", recorder.stderr.readline())
        # As what is mounted there is seen by the recorder alone.
        file = open(f"/proc/{recorder.pid}/root{self.path}", "rb")
        self.addCleanup(file.close)
        text = "".join(f'"number {number} {"x" * 200}"\n' for number in range(500))
        self.assertEqual(run("pub", "/a", input=text).returncode, 0)
        _out, notes = recorder.communicate(timeout=LIMIT)
        self.assertEqual(recorder.returncode, 1, notes)
        self.assertIn("cannot be written", notes)
        self.assertIn("No space left on device", notes)
        content = file.read()
        self.assertGreater(len(content), 40000)
        with open(self.path, "wb") as copy:
            copy.write(content)
        info = self.info()
        self.assertGreater(info["messages"], 100)
        self.assertEqual((info["truncated"], info["damaged"]), (False, 0))
        recorder = self.start_record("--append")
        self.assert_done(run("pub", "/b", "5"))
        self.wait_for('"/b"')
        self.end(recorder)
        self.assertEqual(self.info()["messages"], info["messages"] + 1)

    def test_killed(self):
        """After a crash, everything is there that was said before it was waited for."""
        recorder = self.start_record()
        for number in range(5):
            self.assert_done(run("pub", "/a", str(number)))
        while not os.path.getsize(self.path) or self.info()["messages"] < 5:
            pass
        recorder.kill()
        recorder.wait(LIMIT)
        with open(self.path, "ab") as file:
            file.write(b'{"at":')
        done = run("info", self.path)
        self.assertEqual(done.returncode, 0)
        self.assertIn("cut off", done.stderr)
        recorder = self.start_record("--append")
        self.assert_done(run("pub", "/b", "5"))
        self.wait_for('"/b"')
        self.end(recorder)
        info = self.info()
        self.assertEqual((info["messages"], info["truncated"], info["damaged"]), (6, False, 0))


class TestPlay(RecordingCase):
    def test_part(self):
        """A part of the time and of the topics is played, under other names."""
        self.write(HEADER + "".join(line(number, "/ab"[:2] if number % 2 else "/c", number) for number in range(10)))
        echo = self.start_echo(".*", "--json", "--count", "3")
        self.assert_done(run("play", self.path, "/a.*", "--from", "2", "--to", "8", "--speed", "0", "--prefix", "/x"))
        out, _notes = self.finish(echo)
        self.assertEqual([(message["topic"], message["data"]) for message in map(json.loads, out.splitlines())],
                         [("/x/a", 3), ("/x/a", 5), ("/x/a", 7)])

    def test_loop(self):
        """A loop goes on until it is stopped, which is no failure."""
        self.write(HEADER + line(0.001, "/a", 1) + line(0.002, "/a", 2))
        echo = self.start_echo("/a", "--count", "20")
        player = self.start("play", self.path, "--loop")
        out, _notes = self.finish(echo)
        self.assertEqual(out, "1\n2\n" * 10)
        self.assertEqual(self.end(player), ("", ""))

    def test_timeout(self):
        """What is not played in time has the status 3."""
        self.write(HEADER + line(0, "/a", 1) + line(1000, "/a", 2))
        self.assert_fails(run("play", self.path, "--timeout", "0.1"), 3, "in time")

    def test_skipped(self):
        """What cannot be sent is told of, and the rest is sent."""
        self.write(HEADER + line(0, "/a", json.dumps("x" * 3000)) + line(0, "/b", 1))
        done = run("play", self.path, "--json")
        self.assertEqual(done.returncode, 0)
        self.assertIn("mbtt: Skipped: ", done.stderr)
        self.assertEqual((json.loads(done.stdout)["messages"], json.loads(done.stdout)["skipped"]), (1, 1))

    def test_pipe(self):
        """A recording can come from a pipe."""
        done = run("play", "/dev/stdin", "--json", "--speed", "0", input=HEADER + line(5, "/a", 1))
        self.assertEqual((done.returncode, json.loads(done.stdout)["messages"]), (0, 1))


class TestTerminal(RecordingCase):
    def on_terminal(self, *arguments):
        """Runs mbtt with standard error on a terminal. Returns what came there, after a signal if `until` came."""
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        process = self.start(*arguments, stderr=follower, env={**ENVIRONMENT, "TERM": "xterm"})
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        self.assertEqual(process.wait(LIMIT), 0)
        return shown.decode()

    def test_progress(self):
        """On a terminal, there is a line that shows how far it is, and a summary takes its place."""
        self.write(HEADER + "".join(line(number / 10, "/a", number) for number in range(5)))
        shown = self.on_terminal("play", self.path)
        self.assertIn("Playing: 0:00.", shown)
        self.assertRegex(shown, r"\r\x1b\[Kmbtt: Messages played: 5, skipped: 0\r\n$")

        os.remove(self.path)
        shown = self.on_terminal("record", "-o", self.path, "--duration", "0.1")
        self.assertRegex(shown, r"mbtt: Messages recorded: 0, ")

    def test_info(self):
        """People get a table, in which nothing of a recording can play tricks on the terminal."""
        self.write(HEADER + line(0, "/a", 1) + line(75.25, "/\x1b[31m\u202e", 2) + "damage\n")
        done = run("info", self.path)
        self.assertEqual(done.returncode, 0)
        self.assertIn("Messages: 2", done.stdout)
        self.assertIn("1:15.3", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^ +1  /a$")
        self.assertIn("\\u001b[31m\\u202e", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("1 lines cannot be read", done.stderr)


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
