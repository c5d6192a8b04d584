#!/usr/bin/python3
# test_secrets.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of where mbtt gets its passphrase from. Needs a network of its own, and gives itself one.

The environment variable MBTT says where the program is.
"""

import os
import pty
import signal
import subprocess
import tempfile
import termios
import unittest

from mbtt_case import ENVIRONMENT, LIMIT, MBTT, Case, run

import private

SECRET = "sEcret"


class SecretCase(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, content, mode=0o600, name="passphrase"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def assert_same_bus(self, command, options=None):
        """What this command sends is read by who has the passphrase, and by nobody else."""
        echo = self.start_echo("/a", "--cryptokey", SECRET, "--count", "1")
        done = run(*command, "pub", "/a", "x", "--timeout", "0", **(options or {}))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(self.finish(echo), ("x\n", []))
        return done.stderr


class TestFile(SecretCase):
    def test_file(self):
        """The first line of the file is the passphrase, whatever ends it and follows."""
        for content in (b"sEcret", b"sEcret\n", b"sEcret\r\n", b"sEcret\nmore\n\xff\0"):
            path = self.write(content)
            self.assertEqual(self.assert_same_bus(("--passphrase-file", path)), "")

    def test_places(self):
        """The option may stand after the subcommand, too, and all subcommands take it."""
        path = self.write(b"sEcret\n")
        echo = self.start_echo("/a", f"--passphrase-file={path}", "--count", "1")
        self.assert_done(run("pub", "/a", "in the clear", "--timeout", "0"))
        self.assert_done(run("pub", "/a", "y", "--timeout", "0", "--passphrase-file", path))
        out, notes = self.finish(echo)
        self.assertEqual((out, len(notes)), ("y\n", 1))
        self.assertIn("not encrypted", notes[0])
        self.assert_done(run("call", "/__minibus__/__listclients__", "--name", "me", "--passphrase-file",
                             path), '"me"\n')

    def test_environment(self):
        """The file comes before the environment."""
        environment = {**ENVIRONMENT, "MINIBUS_PASSPHRASE": "another"}
        self.assert_same_bus(("--passphrase-file", self.write(b"sEcret")), {"env": environment})

    def test_pipe(self):
        """Named pipes and inherited ones can be given, whatever their mode."""
        path = os.path.join(self.folder, "pipe")
        os.mkfifo(path)
        os.chmod(path, 0o644)
        writer = self.own(subprocess.Popen(["sh", "-c", 'echo sEcret >"$1"', "sh", path]))
        self.assertEqual(self.assert_same_bus(("--passphrase-file", path)), "")
        self.assertEqual(writer.wait(LIMIT), 0)

        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        os.write(write_end, b"sEcret")
        os.close(write_end)
        self.assertEqual(self.assert_same_bus(("--passphrase-file", f"/dev/fd/{read_end}"),
                                              {"pass_fds": (read_end,)}), "")

    def test_stdin(self):
        """- is standard input."""
        self.assertEqual(self.assert_same_bus(("--passphrase-file", "-"), {"input": "sEcret\nmore"}), "")

    def test_stdin_twice(self):
        """Standard input is not the passphrase where it is the data."""
        for data in ((), ("-",)):
            self.assert_fails(run("pub", "/a", *data, "--passphrase-file", "-", input="sEcret\n"), 2,
                              "both the data and the passphrase")
        lines = self.write(b"sEcret\n")
        echo = self.start_echo("/a", "--passphrase-file", lines, "--count", "2")
        self.assert_done(run("pub", "/a", "--passphrase-file", lines, input="1\n2\n"))
        self.assertEqual(self.finish(echo), ("1\n2\n", []))

    def test_terminal(self):
        """On a terminal the passphrase is not shown, and the terminal is as before afterwards."""
        for ends in (False, True):
            with self.subTest(ends=ends):
                master, slave = pty.openpty()
                self.addCleanup(os.close, master)
                self.addCleanup(os.close, slave)
                before = termios.tcgetattr(slave)
                echo = self.start_echo("/a", "--cryptokey", SECRET, "--count", "1")
                process = self.own(subprocess.Popen(
                    [MBTT, "pub", "/a", "x", "--timeout", "0", "--passphrase-file", "-"], stdin=slave,
                    stdout=slave, stderr=subprocess.PIPE, env=ENVIRONMENT, encoding="utf-8"))
                self.assertEqual(process.stderr.readline(),
                                 "mbtt: Type the passphrase of the bus; it is not shown\n")
                self.assertEqual(termios.tcgetattr(slave)[3] & termios.ECHO, 0)
                if ends:
                    process.send_signal(signal.SIGINT)
                    self.assertEqual(process.wait(LIMIT), -signal.SIGINT)
                    echo.terminate()
                else:
                    os.write(master, b"sEcret\n")
                    self.assertEqual(process.wait(LIMIT), 0)
                    self.assertEqual(self.finish(echo), ("x\n", []))
                self.assertEqual(termios.tcgetattr(slave), before)

    def test_readable(self):
        """When all users can read the file, there is a warning."""
        for mode, warns in ((0o600, False), (0o640, False), (0o644, True), (0o604, True)):
            path = self.write(b"sEcret", mode)
            notes = self.assert_same_bus(("--passphrase-file", path))
            if warns:
                self.assertRegex(notes, r"\Ambtt: Note that all users of this machine can read .*“chmod 600”.*\n\Z")
                self.assertIn(path, notes)
            else:
                self.assertEqual(notes, "")

    def test_wrong(self):
        """What cannot be a passphrase is told, and nothing is sent."""
        echo = self.start_echo("/.*", "--count", "1", "--timeout", str(LIMIT))
        for content, phrase in ((b"", "empty"), (b"\nsEcret\n", "empty"), (b"x" * 256, "255"),
                                (b"a\0b\n", "NUL")):
            path = self.write(content)
            self.assert_fails(run("pub", "/a", "1", "--passphrase-file", path), 2, path, phrase)
        for path in (os.path.join(self.folder, "nothing"), self.folder):
            self.assert_fails(run("pub", "/a", "1", "--passphrase-file", path), 2, path)
        self.assert_fails(run("pub", "/a", "1", "--passphrase-file", "-"), 2, "“-”", "empty")
        self.assert_done(run("pub", "/end", "end"))
        self.assertEqual(self.finish(echo), ("end\n", []))

    def test_together(self):
        """Only one of the options can be given, wherever they stand."""
        path = self.write(b"sEcret")
        for arguments in (("--cryptokey", "a", "--passphrase-file", path, "pub", "/a", "1"),
                          ("--cryptokey", "", "pub", "/a", "1", "--passphrase-file", path)):
            self.assert_fails(run(*arguments), 2, "--cryptokey", "--passphrase-file")


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
