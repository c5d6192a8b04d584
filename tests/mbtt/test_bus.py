#!/usr/bin/python3
# test_bus.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of what mbtt tells about who is on the bus. Needs a network of its own, and gives itself one.

The environment variable MBTT says where the program is.
"""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import time
import unittest

from mbtt_case import ENVIRONMENT, LIMIT, MBTT, Case, run

import private
from bus_peer import Peer

HOST = socket.gethostname()


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class BusCase(Case):
    def peer(self, name, publishers=(), subscribers=(), services=()):
        """A peer as the Python library makes them."""
        peer = Peer(name)
        self.addCleanup(peer.close)
        for topic in publishers:
            peer.publisher(topic)
        for pattern in subscribers:
            peer.subscribe(pattern, lambda message: None)
        for service in services:
            peer.serve(service, lambda request: request.data)
        return peer.start()

    def listener(self, name, pattern, *options):
        """A peer of ours that listens."""
        return self.start_echo(pattern, "--name", name, *options)

    def until(self, condition, *arguments):
        """Runs mbtt until what it prints is right, as peers need some time to know of each other."""
        end = time.monotonic() + LIMIT
        while True:
            done = run(*arguments)
            if condition(done):
                return done
            self.assertLess(time.monotonic(), end, done)

    def assert_lists(self, out, *arguments):
        self.until(lambda done: (done.returncode, done.stdout, done.stderr) == (0, out, ""), *arguments)


class TestClients(BusCase):
    def test_plain(self):
        """Clients are listed as by the original, each once, in order, and without the asker."""
        self.peer("zoë", ["/b", "/a", "/a"], ["/x.*"], ["/add"])
        echo = self.listener("anna", "/y")
        self.assert_lists("anna:\n\nzoë:\n\n", "clients")
        self.assert_lists(f"anna:\n  PID: {echo.pid}\n  HOSTNAME: {HOST}\n  PUBLISHES:\n  SUBSCRIBES:\n\t/y\n"
                          f"  SERVICES:\n\nzoë:\n  PID: {os.getpid()}\n  HOSTNAME: {HOST}\n  PUBLISHES:\n"
                          "\t/a\n\t/b\n  SUBSCRIBES:\n\t/x.*\n  SERVICES:\n\t/add\n\n",
                          "clients", "--pids", "--hostnames", "--publishers", "--subscribers", "--services")
        self.assert_lists(f"anna:\n  PID: {echo.pid}\n\nzoë:\n  PID: {os.getpid()}\n\n", "--socket", "clients",
                          "--pids")

    def test_json(self):
        """With --json, all is told."""
        self.peer("python", ["/a"], ["/x"], ["/s"])
        echo = self.listener("ours", "/y")
        wanted = {"python": ("python", ["/a"], ["/x"], ["/s"], os.getpid()),
                  "ours": ("libminibus", [], ["/y"], [], echo.pid)}

        def is_right(done):
            return {each["name"]: (each["library"], each["publishers"], each["subscribers"], each["services"],
                                   each["pid"]) for each in lines(done.stdout)} == wanted
        done = self.until(is_right, "clients", "--json")
        self.assertEqual(len({line["session"] for line in lines(done.stdout)}), 2)

    def test_names(self):
        """Names with characters of regular expressions, or of terminals, are told as they are."""
        names = ["(a|b)*", "a\x1b[31mb", "c.d", "Käse 🧀"]
        for number, name in enumerate(names):
            self.listener(name, f"/n/{number}")
        self.assert_lists("".join(sorted(name.replace("\x1b", "\\u001b") + ":\n\n" for name in names)), "clients")
        self.until(lambda done: [line["name"] for line in lines(done.stdout)] == sorted(names), "clients", "--json")

    def test_same_name(self):
        """Clients of one name are all there, each with its own process."""
        echoes = [self.listener("twin", "/t") for _ in range(2)]
        self.assert_lists("".join(f"twin:\n  PID: {pid}\n\n" for pid in sorted(echo.pid for echo in echoes)),
                          "clients", "--pids")
        self.assert_lists("/t\ttwin, twin\n", "subscribers")

    def test_two_at_once(self):
        """Two that ask at the same time tell the same, and nothing twice."""
        self.peer("p", ["/a"], [], ["/s"])
        self.listener("q", "/b")
        self.assert_lists("/s\tp\n", "services")
        both = [self.start("clients", "--name", f"asker-{number}") for number in range(2)]
        for number, process in enumerate(both):
            out, notes = process.communicate(timeout=LIMIT)
            self.assertEqual((process.returncode, notes), (0, ""))
            self.assertEqual(re.sub(rf"asker-{1 - number}:\n\n", "", out), "p:\n\nq:\n\n")

    def test_error_replies(self):
        """What is an error, or no name, is not told as the name of a client."""
        peer = Peer("liar", quiet=True)
        self.addCleanup(peer.close)
        wrong = []

        def answer(message):
            wrong.append(message)
            base = message.topic[:-len("__request__")]
            for ending, value in (("__error__", "ERROR"), ("__reply__", 5), ("__reply__", ["x"])):
                peer.publish(base + ending, value, idstr=message.idstr)
        peer.subscribe("/__minibus__/__listclients__/__request__", answer)
        peer.start()
        self.peer("honest")
        self.until(lambda done: wrong and done.stdout in ("honest:\n\n", "honest:\n\nliar:\n\n") and
                   (done.returncode, done.stderr) == (0, ""), "clients")


class TestNames(BusCase):
    def test_lists(self):
        """Topics, patterns and services are sorted, each once, with who has them."""
        self.peer("p", ["/b", "/a", "/a", "/h/__x__/y"], ["/z.*", "/b"], ["/s", "/__t__"])
        self.peer("q", ["/a"], ["/b"], ["/s"])
        self.assert_lists("/a\tp, q\n/b\tp\n", "publishers")
        self.assert_lists("/b\tp, q\n/z.*\tp\n", "subscribers")
        self.assert_lists("/s\tp, q\n", "services")
        self.assert_lists('{"topic":"/a","peers":["p","q"]}\n{"topic":"/b","peers":["p"]}\n', "publishers", "--json")
        self.assert_lists("/a\tp, q\n/b\tp\n/h/__x__/y\tp\n", "publishers", "--hidden")
        self.assert_lists("/__t__\tp\n/s\tp, q\n", "services", "--hidden")

    def test_list(self):
        """The list has topics, services or peers, with numbers."""
        self.peer("p", ["/b", "/ä/b"], ["/.*"], ["/s"])
        echo = self.listener("q", "/b")
        self.assert_lists("/b\t1\t2\n/ä/b\t1\t1\n", "list")
        self.assert_lists("/ä/b\t1\t1\n", "list", "topics", "/ä.*")
        self.assert_lists("", "list", "topics", "ä")
        self.assert_lists("/s\t1\t0\n", "list", "services")
        self.assert_lists("/s\t1\t0\n", "list", "service")
        self.assertIn("not everybody can answer", run("list", "--timeout", "0.1").stderr)
        self.assert_lists(f"p\t{os.getpid()}\t{HOST}\nq\t{echo.pid}\t{HOST}\n", "list", "peers")
        self.assert_lists('{"topic":"/b","publishers":1,"subscribers":2}\n', "list", "topics", "/b", "--json")

    def test_wrong(self):
        """What cannot be listed is told of with what can."""
        self.assert_fails(run("list", "topcs"), 2, "“topics”")
        self.assert_fails(run("list", "xyz"), 2, "topics, services and peers")
        self.assert_fails(run("list", "topics", "("), 2, "“(”")
        self.assert_fails(run("wait", "servcie", "/a"), 2, "“service”", "message, publisher")
        self.assert_fails(run("wait", "message", "/a", "--gone"), 2, "--gone")
        self.assert_fails(run("wait", "peer"), 2, "NAME is missing")
        self.assert_fails(run("info"), 2, "NAME is missing")
        for command in ("clients", "list", "publishers", "find", "info"):
            arguments = ("x",) if command in ("find", "info") else ()
            done = subprocess.run(["unshare", "--net", MBTT, command, *arguments], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, encoding="utf-8", env=ENVIRONMENT,
                                  check=False, timeout=LIMIT)
            self.assert_fails(done, 1, "no route", "ip route add")

    def test_terminal(self):
        """On a terminal there are columns with titles, and what is being done meanwhile."""
        self.listener("käte", "/terminal/topic")
        self.assert_lists("/terminal/topic\t0\t1\n", "list")
        pid, master = pty.fork()
        if pid == 0:
            os.execve("/bin/sh", ["sh", "-c", 'stty -opost; exec "$@"', "sh", MBTT, "--color=never", "list"],
                      ENVIRONMENT)
        seen = b""
        while b"1\n" not in seen:
            seen += os.read(master, 1024)
        os.close(master)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual(seen.decode(), "Asking who is there…\r\033[K"
                         "TOPIC            PUBLISHERS  SUBSCRIBERS\n/terminal/topic  0           1\n")

    def test_stopped(self):
        """Ctrl+C ends a listing at once."""
        process = self.start("list", "--verbose")
        self.assertIn("On the bus", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        out, notes = process.communicate(timeout=LIMIT)
        self.assertEqual((process.returncode, out, notes), (1, "", ""))

    def test_follow(self):
        """With --follow, what appears and vanishes is told when it does."""
        follow = self.start("list", "peers", "ada", "--follow")
        names = self.start("list", "topics", "--follow", "--json")
        echo = self.listener("ada", "/follow")
        self.assertEqual(follow.stdout.readline(), "+ ada\n")
        self.assertEqual(json.loads(names.stdout.readline()), {"event": "appeared", "topic": "/follow"})
        echo.send_signal(signal.SIGTERM)
        self.assertEqual(follow.stdout.readline(), "- ada\n")
        self.assertEqual(json.loads(names.stdout.readline()), {"event": "vanished", "topic": "/follow"})
        for process in (follow, names):
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.communicate(timeout=LIMIT), ("", ""))
            self.assertEqual(process.returncode, 0)

    def test_killed(self):
        """A peer that was killed vanishes after some time; one that was stopped comes back."""
        follow = self.start("list", "peers", "--follow")
        echo = self.listener("ada", "/killed")
        self.assertEqual(follow.stdout.readline(), "+ ada\n")
        echo.send_signal(signal.SIGSTOP)
        self.assertEqual(follow.stdout.readline(), "- ada\n")
        echo.send_signal(signal.SIGCONT)
        self.assertEqual(follow.stdout.readline(), "+ ada\n")
        echo.kill()
        self.assertEqual(follow.stdout.readline(), "- ada\n")


class TestInfo(BusCase):
    def test_topic(self):
        """Of a topic it tells who publishes, who listens, and the schemas."""
        echo = self.listener("anna", "/in.*", "--schema", '{"type": "number"}')
        pub = self.start("pub", "/info", "1", "--rate", "5", "--name", "bert", "--schema",
                         '{"type": "number", "minimum": 0}', "--timeout", "0")
        expected = (f'topic /info\n  publishers:\n    bert  process {pub.pid} on {HOST}\n'
                    '      schema: {"type": "number", "minimum": 0}\n'
                    f"  subscribers:\n    anna  process {echo.pid} on {HOST}\n"
                    '      schema: {"type": "number"}\n')
        self.assert_lists(expected, "info", "/info")

        def is_right(done):
            told = lines(done.stdout)
            return (len(told) == 1 and told[0]["kind"] == "topic" and
                    [peer["name"] for peer in told[0]["subscribers"]] == ["anna"] and
                    [peer["schema"] for peer in told[0]["publishers"]] == [{"type": "number", "minimum": 0}])
        self.until(is_right, "info", "/info", "--json")

    def test_service_and_peer(self):
        """Of a service and a peer of one name it tells both."""
        self.peer("/svc", ["/a"], [], ["/svc"])
        done = self.until(lambda done: len(lines(done.stdout)) == 2, "info", "/svc", "--json")
        service, peer = lines(done.stdout)
        self.assertEqual((service["kind"], [each["name"] for each in service["providers"]]), ("service", ["/svc"]))
        self.assertEqual((peer["kind"], peer["publishers"], peer["services"]), ("peer", ["/a"], ["/svc"]))
        done = run("info", "/svc")
        self.assertIn("service /svc\n  providers:\n    /svc  ", done.stdout)
        self.assertIn("peer /svc\n  ", done.stdout)
        self.assertIn("it does not announce itself", done.stdout)

    def test_unknown(self):
        """What is not there is told of with what may be meant."""
        self.listener("listener", "/temperature")
        done = self.until(lambda done: "did you mean" in done.stderr, "info", "/temprature")
        self.assert_fails(done, 1, "“/temprature”", "did you mean “/temperature”?")
        self.assert_fails(self.until(lambda done: "did you mean" in done.stderr, "info", "listner"), 1, "“listener”")
        self.assert_fails(run("info", "something else"), 1, "mbtt list")


class TestFind(BusCase):
    def test_find(self):
        """A part of a name is found, in any case of letters; if none, what is like it."""
        self.peer("Sensors", ["/sensor/a"], [], ["/sensor/reset"])
        self.assert_lists("topic\t/sensor/a\nservice\t/sensor/reset\npeer\tSensors\n", "find", "SENSOR")
        self.assert_lists("topic\t/sensor/a\n", "find", "/a$")
        self.assert_lists('{"kind":"topic","name":"/sensor/a","near":false}\n', "find", "r/a", "--json")
        done = self.until(lambda done: done.returncode == 0, "find", "sensros")
        self.assertEqual(done.stdout, "peer\tSensors\n")
        self.assertIn("“sensros”", done.stderr)
        self.assert_fails(run("find", "nothing like it"), 1, "“nothing like it”")


class TestWait(BusCase):
    def finish_wait(self, process, status=0):
        out, notes = process.communicate(timeout=LIMIT)
        self.assertEqual((process.returncode, notes if status == 0 else ""), (status, ""), notes)
        return out

    def test_appear(self):
        """It ends when what is waited for is there, whether before or after."""
        waits = {("peer", "käte"): None, ("publisher", "/w/.*"): None, ("service", "/w/s"): None,
                 ("subscriber", "/w/b"): None}
        for arguments in waits:
            waits[arguments] = self.start("wait", *arguments, "--json")
        time.sleep(0.3)
        for process in waits.values():
            self.assertIsNone(process.poll())
        peer = self.peer("käte", ["/w/a"], ["/w/.*"], ["/w/s"])
        for arguments, process in waits.items():
            told = json.loads(self.finish_wait(process))
            self.assertEqual((told["kind"], told["name"]), arguments)
            self.assert_done(run("wait", *arguments))
        self.assertTrue(peer)

    def test_message(self):
        """A message is waited for, and filters choose it."""
        process = self.start("wait", "message", "/m", "--filter", ">4", "--verbose")
        for _ in range(2):
            process.stderr.readline()
        self.pub("/m", "4")
        self.assertIsNone(process.poll())
        self.pub("/m", "5")
        out, _ = process.communicate(timeout=LIMIT)
        self.assertEqual((process.returncode, out), (0, ""))

    def test_gone(self):
        """With --gone, it ends when there is none any more, also if there never was."""
        echo = self.listener("ada", "/gone")
        self.assert_done(run("wait", "peer", "ada"))
        waits = [self.start("wait", *arguments, "--gone")
                 for arguments in (("peer", "ada"), ("subscriber", "/gone"))]
        time.sleep(0.3)
        echo.send_signal(signal.SIGTERM)
        for process in waits:
            self.finish_wait(process)
        self.assert_done(run("wait", "service", "/never", "--gone"))

    def test_timeout(self):
        """When the time is over, the exit status is 3, and what may be meant is told."""
        self.peer("p", [], [], ["/multiply"])
        self.assert_done(run("wait", "service", "/multiply", "--timeout", "20"))
        done = run("wait", "service", "/mutliply", "--timeout", "3")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stderr, "mbtt: There is no service “/mutliply” after 3 s\n"
                         "mbtt: Did you mean “/multiply”?\n")
        self.assert_fails(run("wait", "service", "/multiply", "--gone", "--timeout", "2"), 3, "still there")
        done = run("wait", "message", "/m", "--timeout", "0.2")
        self.assertEqual(done.returncode, 3)
        self.assertIn("mbtt: No message came on “/m”\n", done.stderr)

    def test_stopped(self):
        """Ctrl+C is a failure, as what was waited for is not there."""
        for kind in ("peer", "message"):
            process = self.start("wait", kind, "x", "--verbose")
            while "ait" not in (line := process.stderr.readline()) and "Listening" not in line:
                pass
            process.send_signal(signal.SIGINT)
            _, notes = process.communicate(timeout=LIMIT)
            self.assertEqual(process.returncode, 1)
            self.assertIn("Stopped", notes)


class TestMany(BusCase):
    def test_many(self):
        """200 peers on one host are all there, and asking for them takes not long."""
        echoes = [self.start("echo", f"/many/{number}", "--name", f"p{number:03}") for number in range(200)]
        expected = "".join(f"/many/{number}\t0\t1\n" for number in sorted(range(200), key=str))
        self.assert_lists(expected, "list")
        self.assert_lists("".join(f"p{number:03}:\n\n" for number in range(200)), "clients")
        for echo in echoes:
            echo.terminate()
        for echo in echoes:
            self.assertEqual(echo.wait(LIMIT), 0)
        self.assert_lists("", "list")


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
