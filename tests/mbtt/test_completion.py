#!/usr/bin/python3
# test_completion.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the completion of mbtt, in the shells themselves. Needs a network of its own, and gives itself one.

The environment variable MBTT says where the program is.
"""

import os
import pty
import re
import select
import subprocess
import tempfile
import time
import unittest

from mbtt_case import ENVIRONMENT, HERE, LIMIT, MBTT, Case, run

import private
from bus_peer import Peer

DATA = os.path.join(HERE, "..", "..", "data", "completions")
PATH = os.path.dirname(MBTT) + ":" + ENVIRONMENT["PATH"]
LIBRARY = os.environ.get("LD_LIBRARY_PATH", "")


def offers(*words):
    """What mbtt itself offers."""
    done = run("complete", "--", *words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return [line.split("\t")[0] or line for line in done.stdout.splitlines()]


class Terminal:
    """A shell on a terminal, which shows what it makes of keys."""

    def __init__(self, case, *command, **environment):
        pid, self.master = pty.fork()
        if pid == 0:
            os.execvpe(command[0], command, {**ENVIRONMENT, "PATH": PATH, "TERM": "dumb", "PS1": "> ", **environment})
        self.pid = pid
        case.addCleanup(self.close)

    def close(self):
        os.close(self.master)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def read_until(self, pattern):
        seen, end = "", time.monotonic() + LIMIT
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                seen += os.read(self.master, 4096).decode(errors="replace")
            if re.search(pattern, seen):
                return seen
        raise AssertionError(f"{pattern!r} is not in {seen!r}")


class TestOffers(Case):
    """What “mbtt complete” offers, whatever the shell is."""

    def test_subcommands(self):
        """Subcommands are offered, but none that is not for people."""
        every = offers("")
        self.assertEqual(every, sorted(every))
        self.assertIn("echo", every)
        self.assertNotIn("complete", every)
        for words in (("e",), ("--json", "e"), ("--address", "memory:a", "e"), ("--address=memory:a", "e"),
                      ("help", "e")):
            self.assertEqual(offers(*words), ["echo"], words)
        self.assertEqual(offers("nope", ""), offers(""))

    def test_descriptions(self):
        """Each has a description."""
        done = run("complete", "--", "ech")
        self.assertEqual(done.stdout, "echo\tPrint the messages of topics\n")

    def test_options(self):
        """Options are those of the subcommand."""
        self.assertEqual(offers("echo", "--f"), ["--field", "--filter", "--from"])
        self.assertEqual(offers("echo", "/a", "--hea"), ["--headers"])
        self.assertEqual(offers("--time"), ["--timeout"])
        self.assertEqual(offers("pub", "--headers"), [])
        self.assertEqual(offers("validate", "--dr"), ["--draft"])
        self.assertEqual(offers("echo", "--", "--f"), [])
        self.assertEqual(offers("echo", "--hel"), ["--help"])

    def test_values(self):
        """Values of options are offered where they are known."""
        self.assertEqual(offers("echo", "--color", ""), ["auto", "always", "never"])
        self.assertEqual(offers("echo", "--color=a"), ["--color=auto", "--color=always"])
        self.assertEqual(offers("--color", "n"), ["never"])
        self.assertEqual(offers("delay", "--unit", "m"), ["ms"])
        self.assertEqual(offers("pub", "--file", ""), ["\tfiles"])
        self.assertEqual(offers("echo", "--schema=x"), ["\tfiles"])
        self.assertEqual(offers("--gnupg-home", ""), ["\tfolders"])
        self.assertEqual(offers("validate", ""), ["\tfiles"])
        self.assertEqual(offers("validate", "a", "b"), ["\tfiles"])
        self.assertEqual(offers("play", ""), ["\tfiles"])
        self.assertEqual(offers("record", "-o", ""), ["\tfiles"])
        self.assertEqual(offers("record", "--output", ""), ["\tfiles"])
        self.assertEqual(offers("echo", "--timeout", ""), [])
        self.assertEqual(offers("list", ""), ["topics", "services", "peers"])
        self.assertEqual(offers("wait", "p"), ["publisher", "peer"])
        self.assertEqual(offers("pub", "/a", ""), [])

    def test_live(self):
        """Topics, services and peers are those that are on the bus."""
        with Peer("käte").start() as peer:
            peer.publisher("/sensor/a.b")
            peer.publisher("/sensor/ü c")
            peer.serve("/sensor/reset", lambda request: None)
            self.assertEqual(offers("echo", "/sens"), ["/sensor/a\\.b", "/sensor/ü c"])
            self.assertEqual(offers("pub", "/sensor/a"), ["/sensor/a.b"])
            self.assertEqual(offers("doctor", "/sensor/a"), ["/sensor/a.b"])
            self.assertEqual(offers("record", "/x", "/sensor/a"), ["/sensor/a\\.b"])
            self.assertEqual(offers("play", "FILE", "/sensor/a"), ["/sensor/a\\.b"])
            self.assertEqual(offers("call", ""), ["/sensor/reset"])
            self.assertEqual(offers("list", "services", ""), ["/sensor/reset"])
            self.assertEqual(offers("wait", "peer", ""), ["käte"])
            self.assertEqual(offers("echo", "--from", "k"), ["käte"])
            self.assertEqual(offers("info", ""), ["/sensor/a.b", "/sensor/ü c", "/sensor/reset", "käte", "\tfiles"])
            self.assertEqual(offers("--address", "multicast://228.0.0.5:8006", "call", ""), [])

    def test_silent(self):
        """What is wrong is no reason to write over somebody's command line."""
        for words in (("--address", "nope:", "echo", ""), ("echo", "--color", "x", ""), ("wait", "x", ""), ()):
            done = run("complete", "--", *words)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = run("complete", "--", b"\xff")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


class TestBash(Case):
    def complete(self, line, words=None):
        """Returns COMPREPLY for a line, as bash has split it."""
        script = '''
            source /usr/share/bash-completion/bash_completion
            source "$1"; shift
            COMP_LINE=$1; COMP_POINT=${#COMP_LINE}; shift
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            compopt () { :; }
            _mbtt mbtt "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            ((${#COMPREPLY[@]})) && printf '%s\\n' "${COMPREPLY[@]}"
            exit 0'''
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", os.path.join(DATA, "mbtt.bash"), line,
                               *(words or line.split(" "))],
                              env={**ENVIRONMENT, "PATH": PATH}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="utf-8", timeout=LIMIT, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_words(self):
        """Words are offered as the shell has to read them."""
        self.assertEqual(self.complete("mbtt ec"), ["echo"])
        self.assertEqual(self.complete("mbtt echo --fi"), ["--field", "--filter"])
        self.assertEqual(self.complete("mbtt echo --color=a", ["mbtt", "echo", "--color", "=", "a"]),
                         ["auto", "always"])
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "a b.json"), "w", encoding="utf-8"):
                pass
            self.assertEqual(self.complete(f"mbtt pub /a --file {folder}/a"), [f"{folder}/a b.json"])

    def test_live(self):
        """Live names are quoted as they need it, and found by what is quoted."""
        with Peer("p").start() as peer:
            peer.publisher("/t/a.b")
            peer.publisher("/t/c d")
            self.assertEqual(self.complete("mbtt pub /t/c"), ["/t/c\\ d"])
            self.assertEqual(self.complete("mbtt pub /t/c\\ ", ["mbtt", "pub", "/t/c\\ "]), ["/t/c\\ d"])
            self.assertEqual(self.complete("mbtt pub '/t/c", ["mbtt", "pub", "'/t/c"]), ["/t/c d"])
            self.assertEqual(self.complete("mbtt echo /t/a"), ["/t/a\\\\.b"])
            self.assertEqual(self.complete("mbtt echo '/t/a", ["mbtt", "echo", "'/t/a"]), ["/t/a\\.b"])

    def test_terminal(self):
        """The tabulator key does it."""
        shell = Terminal(self, "bash", "--norc", "--noprofile", "-i")
        shell.type("source /usr/share/bash-completion/bash_completion; source "
                   f"{os.path.join(DATA, 'mbtt.bash')}; echo READ''Y\n")
        shell.read_until("READY")
        shell.type("mbtt valid\t")
        shell.read_until("mbtt validate ")
        shell.type("--draft 2019\t")
        shell.read_until("2019-09 ")


class TestZsh(Case):
    def test_terminal(self):
        """The tabulator key offers subcommands, values, and what is on the bus, quoted as it needs to be."""
        with Peer("p").start() as peer:
            peer.publisher("/zsh/c d")
            shell = Terminal(self, "zsh", "-f", "-i", LD_LIBRARY_PATH=LIBRARY)
            shell.type(f"fpath=({DATA} $fpath); autoload -U compinit; compinit -u -D; echo READ''Y\n")
            shell.read_until("READY")
            for typed, expected in (("mbtt valid", r"mbtt validate "),
                                    ("mbtt validate --draft 2019", r"2019-09 "),
                                    ("mbtt echo --color=nev", r"--color=never "),
                                    ("mbtt pub /zsh/", r"/zsh/c\\ d ")):
                with self.subTest(typed=typed):
                    shell.type("\x15" + typed + "\t")
                    shell.read_until(expected)
            shell.type("\x15mbtt echo --f\t\t")
            shell.read_until(r"--filter +Take only messages")


class TestFish(Case):
    def complete(self, line):
        script = 'source $argv[1]; complete --do-complete "$argv[2]"'
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(["fish", "--no-config", "-c", script, os.path.join(DATA, "mbtt.fish"), line],
                                  env={**ENVIRONMENT, "PATH": PATH, "HOME": home}, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, encoding="utf-8", timeout=LIMIT, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_words(self):
        """Words come with their descriptions."""
        self.assertEqual(self.complete("mbtt ec"), ["echo\tPrint the messages of topics"])
        self.assertEqual([line.split("\t")[0] for line in self.complete("mbtt echo --fi")], ["--field", "--filter"])
        self.assertEqual(self.complete("mbtt echo --color=ne"), ["--color=never"])
        self.assertEqual(self.complete("mbtt wait pe"), ["peer"])

    def test_live(self):
        """What is on the bus is offered."""
        with Peer("p").start() as peer:
            peer.publisher("/fish/c d")
            self.assertEqual(self.complete("mbtt pub /fish/"), ["/fish/c d\ttopic"])


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
