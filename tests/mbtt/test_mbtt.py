#!/usr/bin/python3
# test_mbtt.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the command line of mbtt. Needs a network of its own, and gives itself one.

The environment variable MBTT says where the program is.
"""

import array
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import unittest

from mbtt_case import ENVIRONMENT, LIMIT, MBTT, Case, run

import private
from bus_peer import Peer

# What people and programs publish → the line that echo prints for it.
LINES = {
    '"hello"': "hello",
    '"two words"': "two words",
    '"Käse 🧀"': "Käse 🧀",
    '"\\u00e4\\/\\ud83e\\uddc0"': "ä/🧀",
    '"12:30"': "12:30",
    '"007"': "007",
    '"-"': "-",
    '"None"': "None",
    '""': '""',
    '"5"': '"5"',
    '"-5"': '"-5"',
    '"null"': '"null"',
    '"true"': '"true"',
    '" a"': '" a"',
    '"a "': '"a "',
    '"[a"': '"[a"',
    '"{"': '"{"',
    '"\\"a"': '"\\"a"',
    '"a\\"b\\\\c"': 'a"b\\c',
    '"a\\nb"': '"a\\nb"',
    '"a\\u001b[31mb"': '"a\\u001b[31mb"',
    '"a\\u007fb"': '"a\\u007fb"',
    '"a\\u009bb"': '"a\\u009bb"',
    '"a\\u202eb"': '"a\\u202eb"',
    '"1e999"': '"1e999"',
    "5": "5",
    "-5": "-5",
    "2.50": "2.50",
    "18446744073709551615": "18446744073709551615",
    "0.1234567890123456789012345": "0.1234567890123456789012345",
    "null": "null",
    "true": "true",
    "[]": "[]",
    '{"a": [1, {"b c": "\\u00e4 \\u001b"}], "d": ""}': '{"a":[1,{"b c":"ä \\u001b"}],"d":""}',
}


class TestUsage(Case):
    def test_wrong(self):
        """What is wrong with the command line is told in one line, with what would be right."""
        for arguments, *phrases in (
            ((), "subcommand is missing", "echo, find, help"),
            (("--json",), "subcommand is missing"),
            (("ehco",), "“ehco”", "echo, find, help"),
            (("",), "“”", "echo, find, help"),
            (("--nope",), "“--nope”", "“mbtt --help”"),
            (("--nope", "echo", "/a"), "“--nope”", "“mbtt --help”"),
            (("-x", "echo", "/a"), "“-x”", "“mbtt --help”"),
            (("echo",), "TOPIC", "“mbtt echo TOPIC”"),
            (("pub",), "TOPIC", "“mbtt pub TOPIC [DATA]”"),
            (("call",), "NAME", "“mbtt call NAME [PARAMS]”"),
            (("echo", "/a", "/b"), "“/b”", "one argument too many"),
            (("pub", "/a", "1", "2"), "“2”", "one argument too many"),
            (("call", "/a", "1", "2"), "“2”", "one argument too many"),
            (("echo", "/a", "--nope"), "“--nope”", "“mbtt echo --help”"),
            (("echo", "-x", "/a"), "“-x”", "“mbtt echo --help”"),
            (("pub", "/a", "-.5"), "“-.5”"),
            (("echo", "/a", "--string"), "“--string”"),
            (("call", "/a", "--schema", "{}"), "“--schema”"),
            (("echo", "/a", "--count"), "--count"),
            (("echo", "/a", "--count", "0"), "“0”", "--count", "from 1"),
            (("echo", "/a", "--count", "-1"), "“-1”", "--count"),
            (("echo", "/a", "--count", "1.5"), "“1.5”", "--count"),
            (("echo", "/a", "--count", ""), "“”", "--count"),
            (("echo", "/a", "--timeout", "soon"), "“soon”", "--timeout", "seconds"),
            (("echo", "/a", "--timeout", "-1"), "“-1”", "--timeout"),
            (("echo", "/a", "--timeout", "nan"), "“nan”", "--timeout"),
            (("echo", "/a", "--timeout", "1e3"), "“1e3”", "--timeout"),
            (("echo", "/a", "--timeout", "99999999"), "“99999999”", "--timeout"),
            (("--timeout", "x", "echo", "/a"), "“x”", "--timeout"),
            (("call", "/a", "--timeout", "0"), "--timeout"),
            (("echo", ""), "pattern"),
            (("echo", "/a("), "“/a(”"),
            (("pub", "", "1"), "topic"),
            (("call", "", "1"), "name"),
            (("--address", "smoke:signals", "echo", "/a"), "smoke"),
            (("pub", "/a", "1", "--address", "multicast://10.0.0.1"), "10.0.0.1"),
            (("pub", "/a", "1", "--address", ""), "multicast"),
            (("echo", b"/caf\xe9"), "“/caf\\xe9”", "UTF-8"),
            (("pub", "/a", b"caf\xe9"), "“caf\\xe9”", "UTF-8"),
            (("echo", "/a", "--name", b"caf\xe9"), "--name", "“caf\\xe9”", "UTF-8"),
            ((b"\xff",), "“\\xff”", "UTF-8"),
            ((b"--caf\xe9",), "“--caf\\xe9”"),
            (("echo", "a\x1b[31m("), "a\\u001b[31m("),
        ):
            with self.subTest(arguments=arguments):
                self.assert_fails(run(*arguments), 2, *phrases)

    def test_address_variable(self):
        """A bad address in the environment is told of like one in the command line."""
        done = run("pub", "/a", "1", env={**ENVIRONMENT, "MINIBUS_ADDRESS": "smoke:signals"})
        self.assert_fails(done, 2, "smoke")

    def test_wrong_json(self):
        """What must have been meant as JSON is not taken as a string."""
        for data in ("{", '{"a":}', "[1,]", '"a', " [", "1e999", '{"a":1,"a":2}', "[" * 70):
            with self.subTest(data=data):
                self.assert_fails(run("pub", "/a", data), 2, "DATA", "--string")
                self.assert_fails(run("call", "/a", data), 2, "PARAMS", "--string")

    def test_wrong_schema(self):
        """Errors about a schema say what it was tried as."""
        with tempfile.TemporaryDirectory() as folder:
            bad = os.path.join(folder, "bad.json")
            with open(bad, "w", encoding="utf-8") as file:
                file.write("{'type': 'string'}")
            nul = os.path.join(folder, "nul.json")
            with open(nul, "w", encoding="utf-8") as file:
                file.write("{}\0")
            for schema, *phrases in (
                ("{", "JSON text"),
                ('{"type": string}', "JSON text"),
                ("{'type': }", "JSON text", "swapped"),
                ("{'type': \"string\"}", "JSON text", "swapped"),
                ("", "neither JSON text nor a file"),
                ("missing.json", "“missing.json”", "neither JSON text nor a file"),
                (folder, folder, "neither JSON text nor a file"),
                (bad, bad, "Line 1"),
                (nul, nul, "Line 1"),
                (b"{\"\xe9\": 1}", "UTF-8"),
            ):
                for command in (("echo", "/a"), ("pub", "/a", "1")):
                    with self.subTest(schema=schema, command=command):
                        done = run(*command, "--schema", schema)
                        self.assert_fails(done, 2, "schema", *phrases)

    def test_help(self):
        """Each subcommand tells about itself."""
        for command, *words in (
            ((), "SUBCOMMAND", "call ", "echo ", "pub "),
            (("call",), "mbtt call", "NAME [PARAMS]", "--string", "--timeout"),
            (("echo",), "mbtt echo", "TOPIC", "--count", "--headers", "--schema"),
            (("pub",), "mbtt pub", "TOPIC [DATA]", "--schema", "--string"),
        ):
            for option in ("--help", "-h"):
                with self.subTest(command=command, option=option):
                    done = run(*command, option)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    for word in (*words, "--address", "--cryptokey", "--json", "--name",
                                 "--keyring", "--passphrase-file",
                                 "--verbose", "--version"):
                        self.assertIn(word, done.stdout)

    def test_version(self):
        """The version is printed, wherever it is asked for."""
        for arguments in (("--version",), ("echo", "--version"), ("--version", "nope")):
            self.assertRegex(run(*arguments).stdout, r"\Ambtt \(libminibus\) \d+\.\d+\.\d+\n\Z")

    def test_closed_output(self):
        """Output that nobody can get is a failure, a pipe that nobody reads is none."""
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = run("--version", stdout=full)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Ambtt: Standard output cannot be written: .*\n\Z")

        done = subprocess.run(["/bin/sh", "-c", '"$@" >&-', "sh", MBTT, "--version"],
                              stderr=subprocess.PIPE, encoding="utf-8", env=ENVIRONMENT,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Ambtt: Standard output cannot be written: .*\n\Z")

        reader, writer = os.pipe()
        os.close(reader)
        done = run("--version", stdout=writer)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class TestCommon(Case):
    def test_no_route(self):
        """A machine without a network is told of, with what helps."""
        for command in (("echo", "/a"), ("pub", "/a", "1"), ("call", "/a")):
            done = subprocess.run(["unshare", "--net", MBTT, *command], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, encoding="utf-8", env=ENVIRONMENT,
                                  check=False, timeout=LIMIT)
            self.assert_fails(done, 1, "no route", "ip route add")

    def test_address(self):
        """The address comes from the option, before or after the subcommand, or the environment."""
        other = "multicast://228.0.0.5:8006"
        for before, after, variable, expected in (
            ((), (), None, "multicast://228.0.0.5:8005"),
            (("--address", other), (), None, other),
            ((), ("--address=" + other,), None, other),
            ((), (), other, other),
            (("--address", "memory:a"), (), other, "memory:a"),
            (("--address", "memory:a"), ("--address", other), None, other),
        ):
            environment = dict(ENVIRONMENT)
            if variable is not None:
                environment["MINIBUS_ADDRESS"] = variable
            done = run(*before, "pub", "/a", "1", "--verbose", *after, env=environment)
            self.assertEqual(done.returncode, 0)
            self.assertIn(f"On the bus {expected} as ", done.stderr)

    def test_name(self):
        """The name is the one that was given, else one that tells what this is."""
        for arguments in (("--name", "Jürgen", "call"), ("call", "--name=Jürgen")):
            done = run(*arguments, "/__minibus__/__listclients__")
            self.assert_done(done, '"Jürgen"\n')
        for arguments in (("call",), ("--name", "", "call")):
            done = run(*arguments, "/__minibus__/__listclients__")
            self.assertRegex(done.stdout, r'\A"mbtt-[0-9a-z-]+"\n\Z')

    def test_socket(self):
        """The option of the original is accepted."""
        self.assert_done(run("--socket", "pub", "/a", "1"))
        self.assert_done(run("pub", "/a", "1", "--socket"))

    def test_passphrase(self):
        """Messages go encrypted, and the passphrase is not in the list of processes."""
        with tempfile.TemporaryDirectory() as folder:
            # Who reads the schema waits here, so that there is time to look.
            schema = os.path.join(folder, "schema")
            os.mkfifo(schema)
            for option in (("--cryptokey", "sEcret"), ("--cryptokey=sEcret",)):
                for command in ((*option, "echo", "/a"), ("echo", "/a", *option)):
                    process = self.start(*command, "--verbose", "--count", "1", "--schema", schema)
                    with open(schema, "w", encoding="utf-8") as file:
                        with open(f"/proc/{process.pid}/cmdline", "rb") as arguments:
                            listed = arguments.read()
                        file.write("{}")
                    self.assertIn(b"--cryptokey", listed)
                    self.assertIn(schema.encode(), listed)
                    self.assertNotIn(b"sEcret", listed)
                    self.assertRegex(process.stderr.readline(), r"^mbtt: On the bus \S+ as “.+”$")
                    self.assertRegex(process.stderr.readline(), r"^mbtt: Listening to “.+”$")
                    self.assert_done(run("pub", "/a", "in the clear", "--timeout", "0"))
                    self.assert_done(run("--cryptokey", "sEcret", "pub", "/a", "secret", "--timeout", "0"))
                    out, notes = process.communicate(timeout=LIMIT)
                    self.assertEqual((process.returncode, out), (0, "secret\n"))
                    self.assertRegex(notes, r"mbtt: Lost \(1\): messages that are not encrypted.*\n")
        self.assert_done(run("--cryptokey", "", "pub", "/a", "1"))

    def test_locale(self):
        """Text is UTF-8 in every locale."""
        environment = {**ENVIRONMENT, "LC_ALL": "C"}
        echo = self.start_echo("/käse", "--count", "1", env=environment)
        self.assert_done(run("pub", "/käse", "würzig", env=environment))
        self.assertEqual(self.finish(echo), ("würzig\n", []))
        self.assert_fails(run("echo", "/käse(", env=environment), 2, "“/käse(”")


class TestEcho(Case):
    def test_lines(self):
        """Each message is a line, which is readable, harmless and as exact as JSON."""
        echo = self.start_echo("/lines", "--count", str(len(LINES)))
        self.assert_done(run("pub", "/lines", input="".join(line + "\n" for line in LINES)))
        out, notes = self.finish(echo)
        self.assertEqual(out.split("\n"), [*LINES.values(), ""])
        self.assertEqual(notes, [])

    def test_relay(self):
        """What echo prints, pub reads as the same."""
        echo = self.start_echo("/relayed", "--json", "--count", str(len(LINES)))
        printed = "".join(line + "\n" for line in LINES.values())
        self.assert_done(run("pub", "/relayed", "-", input=printed))
        out, notes = self.finish(echo)
        self.assertEqual([json.loads(line)["data"] for line in out.splitlines()],
                         [json.loads(line) for line in LINES])
        self.assertEqual(notes, [])

    def test_pipeline(self):
        """An echo that feeds a pub passes messages on."""
        last = self.start_echo("/last", "--count", "2")
        first = self.start_echo("/first", "--count", "2")
        relay = self.start("pub", "/last", stdin=first.stdout)
        self.assert_done(run("pub", "/first", input='one\n"2"\n'))
        self.assertEqual(self.finish(last), ("one\n\"2\"\n", []))
        self.assertEqual(relay.wait(LIMIT), 0)
        self.assertEqual(first.wait(LIMIT), 0)

    def test_pattern(self):
        """The topic is a pattern for the whole topic."""
        echo = self.start_echo("/a/.*|/ä", "--count", "3", "--json")
        for topic in ("/a/b", "/a", "/x/a/b", "/a/b/c", "/ä"):
            self.assert_done(run("pub", topic, "1"))
        out, _ = self.finish(echo)
        self.assertEqual([json.loads(line)["topic"] for line in out.splitlines()],
                         ["/a/b", "/a/b/c", "/ä"])

    def test_json(self):
        """With --json there is an object a line with all about a message."""
        for arguments in (("/j", "--json"), ("/j", "--json", "--headers")):
            echo = self.start_echo(*arguments, "--count", "2")
            self.assert_done(run("--name", "Jürgen", "pub", "/j", input='{"a": "ü"}\n'))
            peer = self.start_peer("interactive")
            peer.stdin.write(json.dumps({"command": "publish", "topic": "/j", "data": None,
                                         "extra": {"more": [1, "ä"]}}) + "\n")
            idstr = self.event(peer)["idstr"]
            self.end_peer(peer)
            out, notes = self.finish(echo)
            own, foreign = (json.loads(line) for line in out.splitlines())
            for message in (own, foreign):
                self.assertEqual(list(message), ["topic", "author", "id", "time", "session",
                                                 "sequence", "header", "data"])
                self.assertEqual(message["topic"], "/j")
                self.assertRegex(message["time"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
            self.assertEqual((own["author"], own["sequence"], own["header"], own["data"]),
                             ("Jürgen", 1, None, {"a": "ü"}))
            self.assertRegex(own["session"], r"\A[0-9a-f]{16}\Z")
            self.assertEqual((foreign["id"], foreign["session"], foreign["sequence"]),
                             (idstr, None, None))
            self.assertEqual((foreign["header"], foreign["data"]), ({"more": [1, "ä"]}, None))
            self.assertEqual(notes, [])

    def test_headers(self):
        """With --headers there is a line with all but the data before each message."""
        echo = self.start_echo("/h", "--headers", "--count", "1")
        self.assert_done(run("pub", "/h", "hello"))
        header, data = self.finish(echo)[0].splitlines()
        self.assertEqual(data, "hello")
        self.assertEqual(list(json.loads(header)), ["topic", "author", "id", "time", "session",
                                                    "sequence", "header"])
        self.assertEqual(json.loads(header)["topic"], "/h")

    def test_peer(self):
        """Messages of the Python library are printed too."""
        echo = self.start_echo("/p", "--count", "3")
        for data in ('"Käse/\\n"', '"schlicht"', '{"ä": [1.5, "ß"]}'):
            peer = self.start_peer("publish", "/p", data)
            self.end_peer(peer)
        self.assertEqual(self.finish(echo)[0], '"Käse/\\n"\nschlicht\n{"ä":[1.5,"ß"]}\n')

    def test_count_and_timeout(self):
        """A time limit is a failure if messages were counted, and the reason to end if not."""
        done = run("echo", "/nothing", "--timeout", "0.05")
        self.assert_done(done)
        done = run("--timeout", "0.05", "echo", "/nothing", "--count", "2")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (3, "", "mbtt: Of 2 messages only 0 came in time\n"
                          "mbtt: Nobody publishes it; “mbtt list” tells what topics there are\n"))

    def test_count_ends(self):
        """No more messages are printed than wanted, also if more are there already."""
        echo = self.start_echo("/c", "--count", "2")
        self.assert_done(run("pub", "/c", "--timeout", "0", input="1\n2\n3\n4\n"))
        self.assertEqual(self.finish(echo)[0], "1\n2\n")

    def test_signals(self):
        """Being stopped is no failure, and nothing is said that nobody needs."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            echo = self.start_echo("/s")
            self.assert_done(run("pub", "/s", "1"))
            self.assertEqual(echo.stdout.readline(), "1\n")
            echo.send_signal(number)
            self.assertEqual(self.finish(echo), ("", []))

    def test_flushed(self):
        """Each message can be read at once, also through a pipe."""
        echo = self.start_echo("/f")
        for number in range(3):
            self.assert_done(run("pub", "/f", str(number)))
            self.assertEqual(echo.stdout.readline(), f"{number}\n")

    def test_closed_pipe(self):
        """Without a reader it ends at once, in silence, without waiting for a message."""
        echo = self.start_echo("/q")
        echo.stdout.close()
        self.assertEqual(echo.wait(LIMIT), 0)
        self.assertRegex(echo.stderr.read(), r"\Ambtt: Messages: 0, .*\n\Z")

    def test_stalled_pipe(self):
        """A reader that does not read does not keep it from ending."""
        echo = self.start_echo("/t")
        fcntl.fcntl(echo.stdout, fcntl.F_SETPIPE_SZ, 4096)
        self.assert_done(run("pub", "/t", input=("x" * 1200 + "\n") * 20))
        waiting = array.array("i", [0])
        deadline = time.monotonic() + LIMIT
        while waiting[0] < 1201 and time.monotonic() < deadline:
            fcntl.ioctl(echo.stdout, termios.FIONREAD, waiting)
        self.assertLess(waiting[0], 20 * 1201)
        echo.send_signal(signal.SIGTERM)
        self.assertEqual(echo.wait(LIMIT), 0)

    def test_full_disk(self):
        """What cannot be written is a failure, and told of once."""
        with open("/dev/full", "w", encoding="utf-8") as full:
            echo = self.start_echo("/u", stdout=full)
            self.assert_done(run("pub", "/u", "--timeout", "0", input="1\n2\n3\n"))
            _, notes = self.finish(echo, 1)
        self.assertEqual(len(notes), 1)
        self.assertIn("Standard output cannot be written", notes[0])

    def test_terminal(self):
        """On a terminal there is a summary."""
        master, slave = pty.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        echo = self.start("echo", "/v", "--verbose", "--count", "1",
                          stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        with open(master, "r", encoding="utf-8", closefd=True, newline="\n") as terminal:
            self.assertIn("On the bus", terminal.readline())
            self.assertIn("Listening", terminal.readline())
            self.assert_done(run("pub", "/v", "zu Käse"))
            self.assertEqual(terminal.readline(), "\033[32mzu Käse\033[0m\n")
            self.assertEqual(terminal.readline(),
                             "mbtt: Messages: 1, lost: 0, of these never arrived: 0\n")
            self.assertEqual(echo.wait(LIMIT), 0)

    def test_terminal_interrupt(self):
        """Ctrl+C on a terminal ends it as it should."""
        pid, master = pty.fork()
        if pid == 0:
            os.execve(MBTT, [MBTT, "echo", "/w", "--verbose"], ENVIRONMENT)
        seen = b""
        while b"Listening" not in seen:
            seen += os.read(master, 1024)
        os.write(master, b"\x03")
        while b"Messages: 0" not in seen:
            seen += os.read(master, 1024)
        # Not before its end: the hangup would come in between when LeakSanitizer stops it to look for leaks.
        status = os.waitpid(pid, 0)[1]
        os.close(master)
        self.assertEqual(status, 0)

    def test_two_at_once(self):
        """Two listeners and two publishers do not get into each other's way."""
        echoes = [self.start_echo("/x", "--count", "100") for _ in range(2)]
        lines = ["".join(f"{name}{number}\n" for number in range(50)) for name in "ab"]
        publishers = [self.start("pub", "/x", stdin=subprocess.PIPE) for _ in lines]
        for publisher, text in zip(publishers, lines):
            publisher.stdin.write(text)
            publisher.stdin.close()
        for publisher in publishers:
            self.assertEqual(publisher.wait(LIMIT), 0)
            self.assertEqual(publisher.stderr.read(), "")
        for echo in echoes:
            out, notes = self.finish(echo)
            self.assertEqual(notes, [])
            for name, text in zip("ab", lines):
                self.assertEqual("".join(re.findall(f"^{name}.*\n", out, re.M)), text)

    def test_junk(self):
        """What is no message is told of, in one line at once and one at the end."""
        echo = self.start_echo("/y")
        with Peer(name="junk", quiet=True) as peer:
            peer.send(b"junk")
            self.assertEqual(echo.stderr.readline()[:51],
                             "mbtt: Lost (1): datagrams that are not JSON, so tha")
            for _ in range(3):
                peer.send(b"{")
            peer.send(b"{}")
            self.assertEqual(echo.stderr.readline()[:52],
                             "mbtt: Lost (1): datagrams that are not packets of Mi")
        self.assert_done(run("pub", "/y", "1"))
        self.assertEqual(echo.stdout.readline(), "1\n")
        echo.send_signal(signal.SIGINT)
        _, notes = echo.communicate(timeout=LIMIT)
        self.assertEqual(notes.splitlines()[0][:31], "mbtt: Lost (3): datagrams that ")
        self.assertEqual(notes.splitlines()[1:],
                         ["mbtt: Messages: 1, lost: 5, of these never arrived: 0"])
        self.assertEqual(echo.returncode, 0)

    def test_missed(self):
        """Messages that never came are told of, also where standard error is no terminal."""
        datagrams = []
        with Peer(name="recorder", quiet=True) as peer:
            peer.subscribe("/z", lambda message: datagrams.append(message.datagram))
            self.assert_done(run("pub", "/z", input="1\n2\n3\n4\n"))
            while len(datagrams) < 4:
                peer.poll(LIMIT)
        echo = self.start("echo", "/z", "--count", "2", "--verbose",
                          "--address", "multicast://228.0.0.5:8006")
        echo.stderr.readline()
        echo.stderr.readline()
        with Peer(name="player", port=8006, quiet=True) as peer:
            peer.send(datagrams[0])
            peer.send(datagrams[3])
            out, notes = echo.communicate(timeout=LIMIT)
        self.assertEqual((echo.returncode, out), (0, "1\n4\n"))
        missed, summary = notes.splitlines()
        self.assertRegex(missed, r"\Ambtt: Lost \(2\): messages that were sent and never arrived; "
                                 r"first on “/z”: ")
        self.assertEqual(summary, "mbtt: Messages: 2, lost: 2, of these never arrived: 2")


class TestPub(Case):
    def test_data(self):
        """The data is JSON, or words that are a string."""
        peer = self.start_peer("subscribe", "/d", "--count", "16")
        for arguments, data in (
            (("5",), 5), (("-5",), -5), (("-0.5e1",), -5.0), (("null",), None), (("true",), True),
            ((' {"a": [1]} ',), {"a": [1]}), (('"5"',), "5"), (("hello world",), "hello world"),
            (("Käse 🧀",), "Käse 🧀"), (("",), ""), ((" ",), " "), (("12:30",), "12:30"),
            (("5", "--string"), "5"), (("--string", "{"), "{"), (("--string", "-5"), "-5"),
            (("--", "--json"), "--json"),
        ):
            with self.subTest(arguments=arguments):
                self.assert_done(run("pub", "/d", *arguments))
                message = self.event(peer)
                self.assertEqual((message["topic"], message["data"]), ("/d", data))
                self.assertIs(type(message["data"]), type(data))
        self.end_peer(peer)

    def test_topics(self):
        """Topics are taken as they are."""
        peer = self.start_peer("subscribe", ".*", "--count", "5")
        for topic in ("/a b", "plain", "/ä/🧀", "/a.b$", "--topic"):
            self.assert_done(run("pub", "--", topic, "1"))
            self.assertEqual(self.event(peer)["topic"], topic)
        self.end_peer(peer)

    def test_pattern(self):
        """What is surely meant as a pattern is sent literally, with a note."""
        peer = self.start_peer("subscribe", ".*", "--count", "3")
        for topic in ("/a/.*", "/a.+", "^/a$"):
            done = run("pub", topic, "1")
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            self.assertRegex(done.stderr, r"\Ambtt: Note that .* literally.*\n\Z")
            self.assertEqual(self.event(peer)["topic"], topic)
        self.end_peer(peer)

    def test_lines(self):
        """Lines of standard input are messages of their own, and keep their order."""
        lines = '1\nhello\n\n  \n{"a": 1}\n-5\n-\nlast'
        for arguments, expected in (
            (("/l",), [1, "hello", {"a": 1}, -5, "-", "last"]),
            (("/l", "-"), [1, "hello", {"a": 1}, -5, "-", "last"]),
            (("/l", "-", "--string"), lines.split("\n")),
        ):
            peer = self.start_peer("subscribe", "/l", "--count", str(len(expected)))
            self.assert_done(run("pub", *arguments, input=lines))
            self.assertEqual([self.event(peer)["data"] for _ in expected], expected)
            self.end_peer(peer)

    def test_no_lines(self):
        """Nothing to publish is nothing to complain about."""
        self.assert_done(run("pub", "/l"))

    def test_wrong_lines(self):
        """A line that cannot be published ends it, and is named."""
        for text, *phrases in (
            (b"1\n\n[2\n3\n", "Line 3 of standard input", "--string"),
            (b"1\ncaf\xe9\n", "Line 2 of standard input", "UTF-8"),
            (b"1\n2\0\n", "Line 2 of standard input", "UTF-8"),
            (b"1\n" + b"x" * 2000 + b"\n", "Line 2 of standard input", "1472"),
            (b"1\n99999999999999999999\n", "Line 2 of standard input", "2^64-1"),
        ):
            done = run("pub", "/l", "--json", input=text, encoding=None)
            self.assertEqual((done.returncode, done.stdout.count(b"\n")), (1, 1))
            for phrase in phrases:
                self.assertIn(phrase, done.stderr.decode())

    def test_closed_input(self):
        """A standard input that is not there is a failure."""
        done = subprocess.run(["/bin/sh", "-c", '"$@" <&-', "sh", MBTT, "pub", "/a"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                              env=ENVIRONMENT, check=False, timeout=LIMIT)
        self.assert_fails(done, 1, "Line 1 of standard input", "Bad file descriptor")

    def test_long_stream(self):
        """Many lines arrive all, because they do not come faster than they can be taken."""
        count = 2000
        echo = self.start_echo("/m", "--count", str(count))
        lines = "".join(f"{number}\n" for number in range(count))
        publisher = self.start("pub", "/m", stdin=subprocess.PIPE)
        publisher.stdin.write(lines)
        publisher.stdin.close()
        out, notes = self.finish(echo)
        self.assertEqual((out, notes), (lines, []))
        self.assertEqual(publisher.wait(LIMIT), 0)

    def test_terminal(self):
        """On a terminal it says that it waits for lines; Ctrl+D ends it."""
        master, slave = pty.openpty()
        process = self.start("pub", "/n", stdin=slave, stdout=slave)
        os.close(slave)
        self.assertIn("Ctrl+D", process.stderr.readline())
        echo = self.start_echo("/n", "--count", "1")
        os.write(master, "Käse\n".encode())
        self.assertEqual(self.finish(echo)[0], "Käse\n")
        os.write(master, b"\x04")
        self.assertEqual(process.wait(LIMIT), 0)
        os.close(master)

    def test_json(self):
        """With --json there is an object a message."""
        done = run("--json", "pub", "/ö", '{"a": "\\u00e4"}')
        self.assert_done(done, '{"topic":"/ö","data":{"a":"ä"},"heard":true}\n')
        done = run("pub", "/ö", "x", "--timeout", "0", "--json")
        self.assert_done(done, '{"topic":"/ö","data":"x","heard":null}\n')

    def test_verbose(self):
        """With --verbose there is a summary."""
        done = run("pub", "/a", "--verbose", input="1\n2\n")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr.splitlines()[1:], ["mbtt: Messages: 2, not heard back: 0"])

    @unittest.skipUnless(shutil.which("nft", path="/usr/sbin:/sbin:" + os.environ["PATH"]),
                         "needs a firewall to hear nothing")
    def test_unheard(self):
        """A message that does not come back was sent: there is a warning, and no failure."""
        rules = ("table inet f { chain i { type filter hook input priority 0; "
                 "udp dport 8005 drop; }; }")
        environment = {**ENVIRONMENT, "MB_PRIVATE_NETWORK": ""}
        done = subprocess.run([private.PRIVATE_NETWORK, "/bin/sh", "-ec",
                               'nft "$1"; shift; exec "$@"', "sh", rules,
                               MBTT, "pub", "/a", "1", "--timeout", "0.05", "--json"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                              env=environment, check=False, timeout=LIMIT)
        self.assertEqual((done.returncode, done.stdout),
                         (0, '{"topic":"/a","data":1,"heard":false}\n'))
        self.assertRegex(done.stderr,
                         r"\Ambtt: Sent, but not heard back within 0.05 s \(1 of 1\).*\n\Z")

    def test_too_large(self):
        """Nothing is sent that would silence Python peers."""
        peer = self.start_peer("watch")
        done = run("pub", "/a", "x" * 2000)
        self.assert_fails(done, 1, "1472")
        self.end_peer(peer)


class TestCall(Case):
    def test_result(self):
        """The result is printed as JSON."""
        for params, out in (
            ((), "null"), (("[1, 2]",), "[1,2]"), (("-5",), "-5"), (("hello",), '"hello"'),
            (("5", "--string"), '"5"'), (('{"ä": "\\u00e4/\\u001b"}',), '{"ä":"ä/\\u001b"}'),
        ):
            server = self.start_peer("serve", "/echo", "--count", "1")
            self.assert_done(run("call", "/echo", *params), out + "\n")
            self.end_peer(server)

    def test_json(self):
        """With --json the result is wrapped."""
        server = self.start_peer("serve", "/ädd", "--add", "--count", "1")
        self.assert_done(run("--json", "call", "/ädd", "[1, 2]"), '{"result":3}\n')
        self.end_peer(server)

    def test_error(self):
        """An error of the service is a failure, and cannot do anything to a terminal."""
        for behaviour, text in (
            (("--raise", "no way"), "no way"), (("--error", '"Käse"'), "Käse"),
            (("--error", '{"code": 1}'), '{"code":1}'),
            (("--error", '"a\\u001bb\\nc"'), "a\\u001bb c"),
        ):
            server = self.start_peer("serve", "/bad", *behaviour, "--count", "2")
            self.assert_fails(run("call", "/bad"), 1, f"“/bad” answered with an error: {text}\n")
            done = run("call", "/bad", "--json")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(list(json.loads(done.stdout)), ["error"])
            self.assertEqual(done.stdout.count("\n"), 1)
            self.assertIn(text, done.stderr)
            self.end_peer(server)

    def test_no_service(self):
        """A service that is not there is a time-out with a status of its own."""
        for timeout in (("call", "/nobody", "--timeout", "0.1"),
                        ("--timeout=0.1", "call", "/nobody")):
            self.assert_fails(run(*timeout), 3, "“/nobody”", "100 ms")
        done = run("call", "/nobody", "--timeout", ".1", "--json")
        self.assertEqual(done.returncode, 3)
        self.assertIn("“/nobody”", json.loads(done.stdout)["error"])

    def test_built_in(self):
        """The built-in services of Python peers can be called."""
        peer = self.start_peer("--name", "py", "interactive")
        self.assert_done(run("call", "/__minibus__/py/__pid__"), f"{peer.pid}\n")
        self.end_peer(peer)

    def test_verbose(self):
        """With --verbose it tells what it does."""
        done = run("call", "/__minibus__/__listclients__", "--verbose", "--name", "me")
        self.assertEqual((done.returncode, done.stdout), (0, '"me"\n'))
        self.assertEqual(done.stderr, "mbtt: On the bus multicast://228.0.0.5:8005 as “me”\n"
                                      "mbtt: Calling “/__minibus__/__listclients__”\n")


class TestSchema(Case):
    def schemas(self, folder):
        name = os.path.join(folder, "schema.json")
        with open(name, "w", encoding="utf-8") as file:
            json.dump({"type": "integer"}, file, indent=2)
        return (name, '{"type": "integer"}', "{'type': 'integer'}", " {'type': 'integer'}\n")

    def test_pub(self):
        """Data that satisfies the schema is published, whatever form the schema has."""
        with tempfile.TemporaryDirectory() as folder:
            for schema in (*self.schemas(folder), "{}", "{'enum': [5, '\"']}"):
                with self.subTest(schema=schema):
                    self.assert_done(run("pub", "/a", "5", "--schema", schema))

    def test_pub_violation(self):
        """Data that breaks the schema is not."""
        with tempfile.TemporaryDirectory() as folder:
            for schema in self.schemas(folder):
                with self.subTest(schema=schema):
                    self.assert_fails(run("pub", "/a", "x", "--schema", schema), 1, "integer")

    def test_echo(self):
        """Messages that break the schema are not printed, but told of."""
        echo = self.start_echo("/a", "--schema", "{'type': 'integer'}", "--count", "2")
        self.assert_done(run("pub", "/a", input="1\nx\n2\n"))
        out, notes = self.finish(echo)
        self.assertEqual(out, "1\n2\n")
        self.assertEqual(len(notes), 1)
        self.assertRegex(notes[0], r"\Ambtt: Lost \(1\): messages whose data breaks the schema; "
                                   r"first on “/a”: ")

    def test_invalid(self):
        """A schema that is none is wrong usage."""
        for schema in ('{"type": 5}', "{'type': 'nonsense'}", "5"):
            self.assert_fails(run("echo", "/a", "--schema", schema), 2, "schema")


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
