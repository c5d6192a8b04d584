#!/usr/bin/python3
# test_doctor.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of mbtt doctor, each with the fault really made. Needs a network of its own, and gives itself one.

The environment variable MBTT says where the program is.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from mbtt_case import ENVIRONMENT, LIMIT, MBTT, Case, run

import private
from bus_peer import GROUP, PORT, Peer

HOST = socket.gethostname()


def parse(out):
    """What was found, by check: lists of findings."""
    findings = {}
    for finding in json.loads(out):
        findings.setdefault(finding["check"], []).append(finding)
    return findings


class DoctorCase(Case):
    def findings(self, *arguments, status=0):
        done = run("doctor", "--json", "--duration", "0.1", *arguments)
        self.assertEqual((done.returncode, done.stderr), (status, ""), done.stdout)
        return parse(done.stdout)

    def shell(self, command, undo):
        subprocess.run(["sh", "-ec", command], check=True)
        self.addCleanup(subprocess.run, ["sh", "-ec", undo], check=True)

    def start_doctor(self, *arguments):
        """Starts a long examination, and waits until it listens. End it with finish_doctor()."""
        process = self.start("doctor", "--verbose", "--json", "--duration", str(LIMIT), *arguments)
        while "Listening" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        return process

    def finish_doctor(self, process, status):
        """Ends the listening. What comes after it is not found out then."""
        process.send_signal(signal.SIGINT)
        out, _notes = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, status, out)
        return parse(out)

    def until(self, condition, *arguments):
        """Examines until what is found is right, as peers need some time to know of each other."""
        end = time.monotonic() + LIMIT
        while True:
            done = run("doctor", "--json", "--duration", "0.3", *arguments)
            self.assertEqual(done.stderr, "")
            findings = parse(done.stdout)
            if condition(findings):
                return done.returncode, findings
            self.assertLess(time.monotonic(), end, done)

    def assert_found(self, findings, check, severity, *phrases):
        """There is such a finding, with all phrases in it or its remedy; and there is a remedy unless all is well."""
        for finding in findings.get(check, []):
            text = finding["what"] + "\n" + (finding["remedy"] or "")
            if finding["severity"] == severity and all(phrase in text for phrase in phrases):
                self.assertEqual(finding["remedy"] is None, severity == "ok", finding)
                return
        self.fail(f"{check}, {severity}, {phrases} is not in {findings}")

    def send(self, *packets):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            for packet in packets:
                sender.sendto(packet, (GROUP, PORT))


class TestSystem(DoctorCase):
    def test_healthy(self):
        """Where nothing is wrong, nothing is called a problem or a warning."""
        findings = self.findings()
        self.assertEqual({each["severity"] for found in findings.values() for each in found}, {"ok", "hint"})
        for check in ("route", "open", "membership", "echo", "drops"):
            self.assert_found(findings, check, "ok")
        done = run("doctor", "--duration", "0")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("ok:       What is sent comes back, to this program and to another socket.\n", done.stdout)

    def test_no_route(self):
        """Without a route, that is the problem."""
        self.shell("ip route del 224.0.0.0/4 dev lo", "ip route add 224.0.0.0/4 dev lo")
        findings = self.findings(status=1)
        self.assert_found(findings, "route", "problem", "multicast:?interface=lo")
        self.assert_found(findings, "open", "problem", "multicast:?interface=NAME")

    def test_ipv6(self):
        """Of an IPv6 group, the route, the addresses and the membership are those of IPv6."""
        address = ("--address", "multicast://[ff15::8005]:8006")
        self.shell("sysctl -qw net.ipv6.conf.all.disable_ipv6=0", "true")
        findings = self.findings(*address, status=1)
        self.assert_found(findings, "route", "problem", "multicast://[ff15::8005]:8006?interface=lo")
        self.assert_found(findings, "open", "problem", "multicast://[ff15::8005]:8006?interface=NAME")

        # Without the detection of duplicate addresses, they can be used at once.
        self.shell("ip link add name va type veth peer name vb; sysctl -qw net.ipv6.conf.va.accept_dad=0; "
                   "ip link set vb up; ip link set va up", "ip link del va")
        self.shell("ip -6 route add ff15::/16 dev va table local metric 1", "true")
        findings = self.findings(*address)
        for check in ("interfaces", "route"):
            self.assert_found(findings, check, "ok", " va")
        self.assert_found(findings, "membership", "ok")
        self.assert_found(findings, "echo", "ok")

    def test_firewall(self):
        """A firewall that drops packets is guessed at, with the port to open."""
        self.shell("nft 'table inet f { chain i { type filter hook input priority 0; udp dport 8005 drop; }; }'",
                   "nft flush ruleset")
        findings = self.findings(status=1)
        self.assert_found(findings, "echo", "problem", "8005", "firewall-cmd")

    def test_firewalld(self):
        """Where firewalld runs, its service or the port is named."""
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "firewalld")
            shutil.copy("/bin/sleep", program)
            process = self.own(subprocess.Popen([program, "1000"]))
            while True:
                with open(f"/proc/{process.pid}/comm", encoding="utf-8") as file:
                    if file.read() == "firewalld\n":
                        break
            self.assert_found(self.findings(), "firewall", "hint", "firewalld", "--add-service=minibus",
                              "--add-port=8005/udp")
            findings = self.findings("--address", "multicast://:8010")
            self.assert_found(findings, "firewall", "hint", "firewalld", "--add-port=8010/udp")
            self.assertNotIn("add-service", str(findings))

    def test_other_firewalls(self):
        """Where ufw or nftables is switched on, that is seen without rights, and its own command is named."""
        units = "systemd/system/sysinit.target.wants"
        for name, make, phrase in (
                ("ufw", "mkdir etc/ufw; echo ENABLED=yes >etc/ufw/ufw.conf",
                 "ufw allow in proto udp to 228.0.0.5 port 8005"),
                ("nftables", f"mkdir -p etc/{units}; ln -s /nftables.service etc/{units}", "udp dport 8005 accept")):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(
                    ["unshare", "--mount", "sh", "-ec", f"cd $0; mkdir etc; {make}; mount --bind etc /etc; exec \"$@\"",
                     folder, MBTT, "doctor", "--json", "--duration", "0"],
                    env=ENVIRONMENT, stdout=subprocess.PIPE, encoding="utf-8", timeout=LIMIT, check=True)
            self.assert_found(parse(done.stdout), "firewall", "hint", name, phrase)

    def test_buffers(self):
        """Receive buffers that are small, because the system or the address says so, are told of."""
        findings = self.findings("--address", "multicast:?receive-buffer=4096")
        self.assert_found(findings, "buffers", "hint", "4096", "receive-buffer")
        findings = self.findings("--address", "multicast:?receive-buffer=1073741824")
        self.assert_found(findings, "buffers", "hint", "net.core.rmem_max=1073741824")


class TestTraffic(DoctorCase):
    def test_foreign(self):
        """Packets of something else are told from those of another version."""
        stopped = threading.Event()

        def send():
            while not stopped.wait(0.02):
                self.send(b"hello", b"\xff\xfe", b'{"jsonrpc": "2.0"}')
        thread = threading.Thread(target=send)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(stopped.set)
        status, findings = self.until(lambda findings: len(findings.get("foreign", [])) == 2)
        self.assertEqual(status, 0)
        self.assert_found(findings, "foreign", "warning", "something else than MiniBus")
        self.assert_found(findings, "foreign", "warning", "JSON, but not of MiniBus")

    def test_wrong_key(self):
        """Messages with another passphrase are a problem, as are those with one where none is given."""
        self.start("pub", "/a", "1", "--cryptokey", "theirs", "--rate", "20")
        for arguments, phrase in ((("--cryptokey", "ours"), "with another passphrase"), ((), "no passphrase is given")):
            status, findings = self.until(lambda findings, phrase=phrase: phrase in str(findings.get("keys")),
                                          *arguments)
            self.assertEqual(status, 1)
            self.assert_found(findings, "keys", "problem", "Messages are encrypted", phrase)

    def test_plaintext(self):
        """Plain messages on an encrypted bus are a problem."""
        self.start("pub", "/a", "1", "--rate", "20")
        status, findings = self.until(lambda findings: "not encrypted" in str(findings.get("keys")),
                                      "--cryptokey", "ours")
        self.assertEqual(status, 1)
        self.assert_found(findings, "keys", "problem", "Messages are not encrypted")

    def count_overruns(self):
        with open("/proc/net/snmp", encoding="utf-8") as file:
            names, numbers = (line.split() for line in file if line.startswith("Udp:"))
        return int(numbers[names.index("RcvbufErrors")])

    def test_loss(self):
        """What the system dropped for want of room is told, of this program and of all, and so are the gaps."""
        doctor = self.start_doctor("--address", "multicast:?receive-buffer=4096")
        publisher = self.start("pub", "/a", "x" * 200, "--rate", "500")
        self.assertEqual(run("echo", "/a", "--count", "1").returncode, 0)
        before = self.count_overruns()
        doctor.send_signal(signal.SIGSTOP)
        end = time.monotonic() + LIMIT
        while self.count_overruns() < before + 10:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        doctor.send_signal(signal.SIGCONT)
        # What comes now tells of what did not.
        done = run("echo", "/a", "--count", "200")
        self.assertEqual(done.returncode, 0, done.stderr)
        findings = self.finish_doctor(doctor, 0)
        publisher.kill()
        self.assert_found(findings, "network", "warning", "never arrived here")
        self.assert_found(findings, "network", "warning", "for want of room", "receive-buffer")
        self.assert_found(findings, "drops", "warning", "8005")

    def test_filtered(self):
        """What a program has sorted out by itself has not been lost."""
        self.start_echo("/other")
        for _ in range(5):
            self.pub("/a", "1")
        self.assert_found(self.findings(), "drops", "ok")


class TestPeers(DoctorCase):
    def test_peers(self):
        """Who is there is told; when nobody is, what to look at."""
        self.assert_found(self.findings(), "peers", "hint", "same address")
        echo = self.start_echo("/a", "--name", "änna")
        self.until(lambda findings: findings["peers"][0]["what"] ==
                   f"Others are on this bus: “änna” (process {echo.pid} on {HOST}).")

    def test_names(self):
        """Programs of one name are told apart by process and host."""
        echoes = [self.start_echo("/a", "--name", "twin") for _ in range(2)]
        _, findings = self.until(lambda findings: "names" in findings)
        self.assert_found(findings, "names", "warning", "“twin”",
                          *(f"process {echo.pid} on {HOST}" for echo in echoes))

    def test_keys(self):
        """Who has another passphrase is named, with place."""
        echo = self.start_echo("/a", "--name", "bob", "--cryptokey", "theirs")
        self.start_echo("/a", "--name", "ally", "--cryptokey", "ours")
        for arguments, phrase in ((("--cryptokey", "ours"), "another passphrase"), ((), "no passphrase is given")):
            status, findings = self.until(lambda findings: "bob" in str(findings.get("keys")), *arguments)
            self.assertEqual(status, 1)
            self.assert_found(findings, "keys", "problem", phrase, f"“bob” (process {echo.pid} on {HOST})")
            self.assertEqual("ally" in str(findings["keys"]), not arguments)

    def test_python(self):
        """Python programs are named; packets that would harm them are a problem."""
        with Peer("snake").start() as peer:
            _, findings = self.until(lambda findings: "python" in findings)
            self.assert_found(findings, "python", "ok", "“snake”")
            doctor = self.start("doctor", "--verbose", "--json", "--duration", "1")
            while "Listening" not in doctor.stderr.readline():
                self.assertIsNone(doctor.poll())
            self.pub("/big", json.dumps("x" * 2000), "--max-packet-size", "3000")
            out, _notes = doctor.communicate(timeout=LIMIT)
            self.assert_found(parse(out), "python", "problem", "“/big”")
            self.assert_found(parse(out), "python", "hint", "“snake”", "Start again")
            self.assertEqual(doctor.returncode, 1)
            self.assertEqual(len(peer.killers), 1)


class TestTopic(DoctorCase):
    def test_near(self):
        """A topic that is nearly so is told, whether something came on it or not."""
        with Peer("p") as peer:
            peer.publisher("/sensor/attic")
            peer.start()
            _, findings = self.until(lambda findings: "/sensor/attic" in str(findings.get("topic")), "/sensor/Attik")
            self.assert_found(findings, "topic", "warning", "“/sensor/attic”", "spelled")
        doctor = self.start("doctor", "/sensor/Attik", "--verbose", "--json", "--duration", "1")
        while "Listening" not in doctor.stderr.readline():
            self.assertIsNone(doctor.poll())
        self.pub("/sensor/attic", "1")
        out, _notes = doctor.communicate(timeout=LIMIT)
        self.assert_found(parse(out), "topic", "warning", "“/sensor/attic”", "spelled")

    def test_silent(self):
        """Who could publish and does not is named, and who listens."""
        echo = self.start_echo("/dr.*", "--name", "ear")
        with Peer("mouth") as peer:
            peer.publisher("/drum")
            peer.start()
            _, findings = self.until(lambda findings: "mouth" in str(findings.get("topic")) and
                                     findings["subscribers"][0]["severity"] == "ok", "/drum")
            self.assert_found(findings, "topic", "hint", f"“mouth” (process {os.getpid()} on {HOST})", "--duration")
            self.assert_found(findings, "subscribers", "ok", f"“ear” (process {echo.pid} on {HOST})")

    def test_nobody(self):
        """A topic that nobody knows is a hint, with what to look at."""
        findings = self.findings("/nowhere")
        self.assert_found(findings, "topic", "hint", "--duration")
        self.assert_found(findings, "subscribers", "hint", "spelled")

    def test_schemas(self):
        """Schemas that do not go together are found, also those of patterns, and messages that break them."""
        self.start_echo("/n.*", "--name", "ear", "--schema", '{"type": "number"}')
        mouth = self.start("pub", "/n", "--name", "mouth", "--schema", '{"type": ["number", "string"]}',
                           stdin=subprocess.PIPE)
        for arguments in ((), ("/n",)):
            status, findings = self.until(lambda findings: "schema" in findings, *arguments)
            self.assertEqual(status, 0)
            self.assert_found(findings, "schema", "warning", "“/n”", "“mouth” (", "“ear” (")
        mouth.stdin.close()
        self.assertEqual(mouth.wait(LIMIT), 0)
        self.start("pub", "/n", "five", "--name", "mouth", "--rate", "50")
        status, findings = self.until(lambda findings: "schema" in findings, "/n")
        self.assertEqual(status, 1)
        self.assert_found(findings, "schema", "problem", "“/n”", "“ear” (", "number")

    def test_usage(self):
        """What is wrong with the command line is told in one line."""
        self.assert_fails(run("doctor", "--duration", "soon"), 2, "--duration")
        self.assert_fails(run("doctor", "/a", "/b"), 2, "/b")
        self.assert_fails(run("doctor", "/a("), 2, "/a(")

    def test_timeout(self):
        """The time is over when --timeout says so."""
        start = time.monotonic()
        done = run("doctor", "--json", "--duration", "20", "--timeout", "0.5")
        self.assertEqual(done.returncode, 0)
        self.assertLess(time.monotonic() - start, 15)


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
