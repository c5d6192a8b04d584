#!/usr/bin/python3
# test_topics.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of what mbtt does with topics: choosing messages, measuring, publishing many of them."""

import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import time
import unittest

from mbtt_case import ENVIRONMENT, LIMIT, MBTT, Case, run

import private
from bus_peer import Peer


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class TestFilter(Case):
    DATA = (5, 6, "b", "abc", None, [1, 2], {"x": 1}, {"x": 7, "name": "ada"}, {"x": "7", "a/b": [True]},
            {"x": 9007199254740993, "name": "Käse"})

    # --filter → which of them it lets through
    FILTERS = {
        ">5": (1,),
        ">=5": (0, 1),
        "=5": (0,),
        "==5": (0,),
        "=b": (2,),
        '="b"': (2,),
        ">a": (2, 3),
        "=~b$": (2,),
        "=null": (4,),
        "=[1,2]": (5,),
        "/1=2": (5,),
        "/x": (6, 7, 8, 9),
        "!/x": (0, 1, 2, 3, 4, 5),
        "/x=7": (7,),
        "/x!=7": (6, 8, 9),
        ' /x = "7" ': (8,),
        "/x<7": (6,),
        "/x<=7": (6, 7),
        "/x>9007199254740992": (9,),
        "/x=9007199254740992": (),
        "/name=ada": (7,),
        "/name=~^[aK]": (7, 9),
        "/name=Käse": (9,),
        "/a~1b/0=true": (8,),
        "/a~1b/00=true": (),
        '{"type": "object", "required": ["name"]}': (7, 9),
        "{'type': 'string'}": (2, 3),
    }

    def test_filters(self):
        """A filter compares what a JSON Pointer leads to, exactly, or is a JSON Schema."""
        data = "".join(json.dumps(each) + "\n" for each in self.DATA)
        for text, indices in self.FILTERS.items():
            with self.subTest(filter=text):
                # The second time all of it comes, the first of it shows that nothing else came before.
                count = ("--count", str(len(indices) + 1)) if indices else ("--timeout", "0.5")
                echo = self.start_echo("/filter", "--filter", text, *count)
                self.pub("/filter", input=data + data)
                out, _ = self.finish(echo)
                self.assertEqual([self.value(line) for line in out.splitlines()],
                                 [self.DATA[index] for index in indices + indices[:1]])

    @staticmethod
    def value(line):
        try:
            return json.loads(line)
        except ValueError:
            return line

    def test_two(self):
        """All filters have to let a message through, and only these are counted."""
        echo = self.start_echo("/filters", "--filter", "/x>1", "--filter", "/x<4", "--count", "2")
        self.pub("/filters", input="".join(f'{{"x":{n}}}\n' for n in range(6)))
        out, notes = self.finish(echo)
        self.assertEqual(out, '{"x":2}\n{"x":3}\n')
        self.assertEqual(notes, ["mbtt: Not let through by the filter: 2"])

    def test_from(self):
        """--from takes only what one peer sends."""
        echo = self.start_echo("/from", "--from", "Käte", "--count", "1")
        self.pub("/from", "no", "--name", "Kate")
        self.pub("/from", "yes", "--name", "Käte")
        self.assertEqual(self.finish(echo), ("yes\n", []))

    def test_wrong(self):
        """What is no filter or pointer is told of with what would be right."""
        for option, value, *phrases in (
            ("--filter", "x>5", "“x”", "“/x”"),
            ("--filter", "/x>", "compares with nothing"),
            ("--filter", "/x!5", "“/x!5”", "not a filter"),
            ("--filter", "/x=~(", "The filter is not usable"),
            ("--filter", "/x=[1,", "What the filter compares with"),
            ("--filter", "/x~2=1", "“~0”"),
            ("--filter", '{"type": 5}', "schema"),
            ("--filter", b"\xff", "UTF-8"),
            ("--field", "x", "“x”", "“/x”"),
            ("--field", "/~", "“~0”"),
            ("--field", b"\xff", "UTF-8"),
            ("--color", "sometimes", "“sometimes”", "auto, always or never"),
            ("--max-packet-size", "255", "from 256 to 65507"),
            ("--max-packet-size", "x", "“x”"),
            ("--signing-key", "me", "“me”", "gpg --list-keys"),
            ("--recipient", "ABC", "“ABC”"),
        ):
            with self.subTest(option=option, value=value):
                self.assert_fails(run("echo", "/a", option, value), 2, *phrases)
        self.assert_fails(run("echo", "/a", "--require-signature"), 2, "--trusted-key")


class TestHidden(Case):
    def test_hidden(self):
        """Topics with a part like __this__ are shown to those who ask for them."""
        plain = self.start_echo("/h.*|/end", "--count", "4")
        asked = self.start_echo("/h.*|/end", "--hidden", "--count", "6")
        named = self.start_echo("/h/__a__/.*|/end", "--count", "2")
        for topic in ("/h/__a__/b", "/h/__a", "/h/____", "/h__a__", "/hidden/__a__", "/end"):
            self.pub(topic, topic)
        for echo, expected in ((plain, ["/h/__a", "/h/____", "/h__a__"]),
                               (asked, ["/h/__a__/b", "/h/__a", "/h/____", "/h__a__", "/hidden/__a__"]),
                               (named, ["/h/__a__/b"])):
            self.assertEqual(self.finish(echo)[0].splitlines(), expected + ["/end"])


class TestField(Case):
    def test_field(self):
        """A JSON Pointer leads to a part of the data, which keeps all its digits."""
        data = '{"a":{"b":[1.50,18446744073709551615]},"":"x","a/b":{"~":null},"s":"two words"}'
        for pointers, expected in ((("/a/b/0",), "1.50"), (("/a/b/1",), "18446744073709551615"), (("/",), "x"),
                                   (("/a~1b/~0",), "null"), (("/s",), "two words"), (("/a",), None),
                                   (("/s", "/a/b/0", "/nope"), "two words\t1.50\tnull")):
            with self.subTest(pointers=pointers):
                options = [option for pointer in pointers for option in ("--field", pointer)]
                echo = self.start_echo("/field", "--count", "1", *options)
                self.pub("/field", data)
                out, notes = self.finish(echo)
                self.assertEqual((out, notes),
                                 ((expected or '{"b":[1.50,18446744073709551615]}') + "\n", []))

    def test_json(self):
        """With --json the field stands for the data, more than one as a list."""
        for pointers, expected in ((("/x",), 1), (("/x", "/y"), [1, None])):
            options = [option for pointer in pointers for option in ("--field", pointer)]
            echo = self.start_echo("/fields", "--json", "--count", "1", *options)
            self.pub("/fields", '{"x": 1}')
            self.assertEqual(lines(self.finish(echo)[0])[0]["data"], expected)

    def test_missing(self):
        """Messages without the field are left out, and that is told once."""
        echo = self.start_echo("/missing", "--field", "/x", "--count", "4")
        self.pub("/missing", input='{}\n5\n"x"\n{"x": 1}\n')
        out, notes = self.finish(echo)
        self.assertEqual(out, "1\n")
        self.assertEqual(len(notes), 1)
        self.assertIn("“/missing” has no “/x”", notes[0])


class TestTerminal(Case):
    def see(self, *arguments, data, environment=None):
        """Returns what an echo shows of one message on a terminal 40 columns wide."""
        pid, master = pty.fork()
        if pid == 0:
            os.execve("/bin/sh", ["sh", "-c", 'stty cols 40 -opost; exec "$@"', "sh", MBTT, "echo", "--verbose",
                                  "--count", "1", *arguments], {**ENVIRONMENT, **(environment or {})})
        seen = b""
        while b"Listening" not in seen:
            seen += os.read(master, 1024)
        self.pub("/tty", data, "--name", "me")
        try:
            while b"Messages:" not in seen:
                seen += os.read(master, 1024)
        finally:
            os.close(master)
            self.assertEqual(os.waitpid(pid, 0)[1], 0)
        text = seen.decode()
        return text[text.index("Listening"):].split("\n", 1)[1].split("mbtt: Messages")[0]

    def test_readable(self):
        """On a terminal, JSON is broken into lines where it does not fit into one."""
        data = '{"short":[1,{"a":null}],"long":["aaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbb"],"none":{},"b":true}'
        expected = ('{\n  "short": [1, {"a": null}],\n  "long": [\n    "aaaaaaaaaaaaaaaa",\n'
                    '    "bbbbbbbbbbbbbbbb"\n  ],\n  "none": {},\n  "b": true\n}\n')
        for arguments, environment in ((("--color=never",), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"})):
            self.assertEqual(self.see("/tty", *arguments, data=data, environment=environment), expected)

    def test_color(self):
        """On a terminal there is colour, and with --color=always everywhere."""
        data = '{"a":["x",-1.50,null]}'
        expected = ('{\033[1;34m"a"\033[0m: [\033[32m"x"\033[0m, \033[36m-1.50\033[0m, \033[35mnull\033[0m]}\n')
        self.assertEqual(self.see("/tty", data=data), expected)
        echo = self.start_echo("/tty", "--color", "always", "--count", "1")
        self.pub("/tty", data)
        self.assertEqual(self.finish(echo)[0], expected)

    def test_topic(self):
        """On a terminal, the topic is above each message where it can be any."""
        self.assertRegex(self.see("/t.*", "--color=never", data="Käse"),
                         r"\A/tty  me  \d\d:\d\d:\d\d\nKäse\n\Z")


class TestPub(Case):
    def test_count(self):
        """DATA is published as often as --count says."""
        echo = self.start_echo("/count", "--count", "3")
        self.pub("/count", "x", "--count", "3")
        self.assertEqual(self.finish(echo), ("x\nx\nx\n", []))
        echo = self.start_echo("/count", "--count", "3")
        self.pub("/count", "--count", "2", input="1\n2\n3\n")
        self.pub("/count", "end")
        self.assertEqual(self.finish(echo), ("1\n2\nend\n", []))

    def test_rate(self):
        """With --rate, messages come evenly, from the argument and from lines."""
        for arguments, options in ((("x", "--count", "6"), {}), ((), {"input": "1\n2\n3\n4\n5\n6\n"})):
            start = time.monotonic()
            self.pub("/rate", *arguments, "--rate", "20", **options)
            self.assertGreaterEqual(time.monotonic() - start, 0.24)

    def test_stopped(self):
        """Ctrl+C ends what would never end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            echo = self.start_echo("/stop", "--count", "2")
            pub = self.start("pub", "/stop", "x", "--rate", "50", "--verbose")
            self.finish(echo)
            pub.send_signal(number)
            _, notes = pub.communicate(timeout=LIMIT)
            self.assertEqual(pub.returncode, 0)
            self.assertRegex(notes.splitlines()[-1], r"^mbtt: Messages: \d+, not heard back: 0$")

    def test_stopped_input(self):
        """Ctrl+C ends what waits for lines."""
        pub = self.start("pub", "/stop", "--verbose", stdin=subprocess.PIPE)
        pub.stdin.write("1\n")
        pub.stdin.flush()
        self.assertIn("On the bus", pub.stderr.readline())
        pub.send_signal(signal.SIGINT)
        self.assertRegex(pub.communicate(timeout=LIMIT)[1], r"Messages: [01], not heard back: 0\n\Z")
        self.assertEqual(pub.returncode, 0)

    def test_file(self):
        """A file is one JSON value, on many lines, or a message a line."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "Käse.json")
            for text, options, expected in (
                ('{\n  "a": [\n    1\n  ]\n}\n', (), '{"a":[1]}\n'),
                ('{\n  "a": 1\n}\n', ("--count", "2"), '{"a":1}\n{"a":1}\n'),
                ("1\n\nzwei Käse\n[3]\n", (), "1\nzwei Käse\n[3]\n"),
                ("1\n", ("--string",), '"1"\n'),
            ):
                with self.subTest(text=text):
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(text)
                    echo = self.start_echo("/file", "--count", str(expected.count("\n") + 1))
                    self.pub("/file", "--file", path, *options)
                    self.pub("/file", "end")
                    self.assertEqual(self.finish(echo)[0], expected + "end\n")
            with open(path, "w", encoding="utf-8") as file:
                file.write("1\n{\n")
            self.assert_fails(run("pub", "/file", "--file", path), 1, "Line 2", "Käse.json")
            self.assert_fails(run("pub", "/file", "--file", folder), 1, "cannot be read")
            self.assert_fails(run("pub", "/file", "--file", path + "x"), 1, "cannot be read")
            self.assert_fails(run("pub", "/file", "x", "--file", path), 2, "only one of")
        for rate in ("0", "x", "-1", "1e3", ""):
            self.assert_fails(run("pub", "/a", "1", "--rate", rate), 2, "--rate", "messages a second")

    def test_packet_size(self):
        """What is larger than a packet is refused, unless larger packets are allowed."""
        text = "x" * 2000
        self.assert_fails(run("pub", "/size", text, "--timeout", "0"), 1, "1472")
        echo = self.start_echo("/size", "--count", "1")
        self.pub("/size", text, "--max-packet-size", "3000")
        self.assertEqual(self.finish(echo)[0], text + "\n")


class TestMeters(Case):
    def test_hz(self):
        """The rate of each topic is measured, also that of Python peers."""
        done = self.start("hz", "/hz/.*", "--json", "--count", "20", "--verbose")
        for _ in range(2):
            done.stderr.readline()
        with Peer("Käthe") as peer:
            for _ in range(10):
                peer.publish("/hz/a", "x")
                peer.publish("/hz/ä", "x")
                time.sleep(0.02)
        out, _ = done.communicate(timeout=LIMIT)
        self.assertEqual(done.returncode, 0)
        last = {each["topic"]: each for each in lines(out)}
        self.assertEqual(set(last), {"/hz/a", "/hz/ä"})
        for each in last.values():
            self.assertEqual((each["messages"], each["window"]), (10, 9))
            self.assertLess(each["min"], each["mean"] + 1e-6)
            self.assertLess(each["mean"], each["max"] + 1e-6)
            self.assertAlmostEqual(each["rate"] * each["mean"], 1, places=4)
            self.assertLess(each["rate"], 50)
            self.assertGreaterEqual(each["min"], 0.0)

    def test_plain(self):
        """Plain output is a line a topic, and one message has no rate."""
        for command, expected in (
            ("hz", r"/m  \d+\.\d{3} Hz  interval mean \d+\.\d+ s, min \S+, max \S+, deviation \S+, of 2"),
            ("bw", r"/m  \S+ \S+/s  size mean \d+\.\d bytes, min \d+, max \d+, deviation \S+, of 3"),
        ):
            for count, pattern in ((3, expected), (1, "/m  one message only")):
                with self.subTest(command=command, count=count):
                    meter = self.start(command, "/m", "--count", str(count), "--verbose", "--interval", "100")
                    for _ in range(2):
                        meter.stderr.readline()
                    self.pub("/m", "x", "--count", str(count))
                    out, _ = meter.communicate(timeout=LIMIT)
                    self.assertEqual(meter.returncode, 0)
                    self.assertRegex(out.replace("\u00a0", " "), rf"\A{pattern}\n\Z")

    def test_window(self):
        """Only the last messages of the window count."""
        meter = self.start("bw", "/w", "--json", "--count", "5", "--window", "2", "--verbose", "--interval", "100")
        for _ in range(2):
            meter.stderr.readline()
        with Peer("p") as peer:
            for size in (1, 1, 1, 101, 201):
                packet = peer.packet("/w", "x" * size)
                peer.send(packet)
        out, _ = meter.communicate(timeout=LIMIT)
        (only,) = lines(out)
        self.assertEqual((only["messages"], only["window"]), (5, 2))
        self.assertEqual((only["min"], only["mean"], only["max"], only["deviation"]),
                         (len(packet) - 100, len(packet) - 50, len(packet), 50))

    def test_delay(self):
        """How old messages are is told by times of many forms in the data."""
        def stamp(seconds):
            return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))

        for arguments, make in (
            ((), lambda now: {"stamp": now}),
            ((), lambda now: {"timestamp": int(now * 1e3)}),
            ((), lambda now: {"time": int(now * 1e6)}),
            ((), lambda now: {"header": {"stamp": {"sec": int(now), "nanosec": int(now % 1 * 1e9)}}}),
            (("--field", "/sent"), lambda now: {"sent": stamp(now) + "Z"}),
            (("--field", "/sent"), lambda now: {"sent": stamp(now + 7200) + "+02:00"}),
            (("--field", "", "--unit", "ns"), lambda now: int(now * 1e9)),
        ):
            with self.subTest(arguments=arguments):
                meter = self.start("delay", "/d", "--json", "--count", "2", "--verbose", *arguments)
                for _ in range(2):
                    meter.stderr.readline()
                for _ in range(2):
                    self.pub("/d", json.dumps(make(time.time() - 100)))
                out, _ = meter.communicate(timeout=LIMIT)
                self.assertEqual(meter.returncode, 0)
                last = lines(out)[-1]
                self.assertEqual(last["window"], 2)
                self.assertTrue(99.9 < last["mean"] < 110, last)

    def test_no_time(self):
        """Messages without a time are told of once, with what helps."""
        for arguments, phrase in (((), "--field /sent_at"), (("--field", "/x"), "“/x”")):
            meter = self.start("delay", "/d", "--count", "2", *arguments, "--verbose")
            for _ in range(2):
                meter.stderr.readline()
            self.pub("/d", "x", "--count", "2")
            out, notes = meter.communicate(timeout=LIMIT)
            self.assertEqual((meter.returncode, out), (0, "/d  no message with a time\n"))
            self.assertEqual(len(re.findall("has no time", notes)), 1)
            self.assertIn(phrase, notes)

    def test_silence(self):
        """No message at all in the time that there is has a status of its own."""
        for command in ("hz", "bw", "delay"):
            done = run(command, "/silence", "--timeout", "0.2")
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (3, "", "mbtt: No message came on “/silence”\n"
                              "mbtt: Nobody publishes it; “mbtt list” tells what topics there are\n"))
        with Peer("p") as peer:
            peer.publisher("/silent")
            peer.start()
            done = run("hz", "/slient", "--timeout", "0.2")
            self.assertIn("did you mean “/silent”?", done.stderr)
            done = run("echo", "/silent", "--timeout", "0.2", "--count", "1")
            self.assertIn("somebody who publishes it", done.stderr)
        for arguments in (("--window", "0"), ("--window", "x"), ("--interval", "x")):
            self.assert_fails(run("hz", "/a", *arguments), 2, *arguments)
        self.assert_fails(run("delay", "/a", "--unit", "days"), 2, "“days”", "s, ms, us or ns")


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
