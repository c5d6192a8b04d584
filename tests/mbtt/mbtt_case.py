# mbtt_case.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of mbtt share. The environment variable MBTT says where the program is."""

import json
import os
import signal
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "peer"))

MBTT = os.environ.get("MBTT", "mbtt")
PEER = os.path.join(HERE, "..", "peer", "minibus_peer.py")
LIMIT = 30 * int(os.environ.get("MB_TEST_SLOWNESS", "1"))

ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("LANGUAGE", "MINIBUS_ADDRESS", "MINIBUS_PASSPHRASE", "NO_COLOR")}
ENVIRONMENT["LC_ALL"] = "C.UTF-8"
ENVIRONMENT["TERM"] = "xterm"

# What nohup, or a shell in the background, has us ignore, mbtt would ignore as well.
for number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


def run(*arguments, **options):
    """Runs mbtt to its end."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               "env": ENVIRONMENT, "encoding": "utf-8", "check": False, "timeout": LIMIT, **options}
    if "input" in options:
        del options["stdin"]
    return subprocess.run([MBTT, *arguments], **options)


class Case(unittest.TestCase):
    maxDiff = None

    def own(self, process):
        def stop():
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

        self.addCleanup(stop)
        return process

    def start(self, *arguments, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "env": ENVIRONMENT, "encoding": "utf-8", **options}
        return self.own(subprocess.Popen([MBTT, *arguments], **options))

    def start_echo(self, *arguments, **options):
        """Starts "mbtt echo" and waits until it listens."""
        process = self.start("echo", "--verbose", *arguments, **options)
        self.assertRegex(process.stderr.readline(), r"^mbtt: On the bus \S+ as “.+”$")
        self.assertRegex(process.stderr.readline(), r"^mbtt: Listening to “.+”$")
        return process

    def finish(self, process, status=0):
        """Waits for the end of an echo. Returns what it printed, and the notes but the summary."""
        out, notes = process.communicate(timeout=LIMIT)
        *notes, summary = notes.splitlines()
        while not summary.startswith("mbtt: Messages: "):
            notes, summary = notes[:-1], notes[-1]
        self.assertEqual(process.returncode, status, notes)
        return out, notes

    def start_peer(self, *arguments):
        """Starts the Python peer and waits until it is there."""
        process = self.own(subprocess.Popen([sys.executable, PEER, *arguments],
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            encoding="utf-8", bufsize=1))
        self.assertEqual(self.event(process)["event"], "ready")
        return process

    def event(self, peer):
        line = peer.stdout.readline()
        self.assertTrue(line, "the peer has ended")
        return json.loads(line)

    def pub(self, *arguments, **options):
        """Publishes, with as much time as a busy machine may need."""
        self.assert_done(run("pub", *arguments, "--timeout", "20", **options))

    def end_peer(self, peer):
        """Ends the peer, which must have got nothing that would have harmed the original."""
        if peer.poll() is None and not peer.stdin.closed:
            try:
                peer.stdin.write("stop\n")
            except BrokenPipeError:
                pass
        events = [json.loads(line) for line in peer.stdout]
        self.assertEqual(events[-1]["killers"], 0)
        self.assertEqual(peer.wait(LIMIT), 0)

    def assert_fails(self, done, status, *phrases):
        """One line of explanation on standard error, nothing on standard output."""
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, r"\Ambtt: .+\n\Z")
        for phrase in phrases:
            self.assertIn(phrase, done.stderr)
        self.assertEqual(done.stdout, "")

    def assert_done(self, done, out=""):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, out, ""))
