#!/usr/bin/python3
# test_secrets.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of where mbtt gets its passphrase from. Needs a network of its own, and gives itself one.

The environment variable MBTT says where the program is, MBTT_KEYRING is 0 if it was built without libsecret.
"""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import unittest

from gi.repository import Gio

from mbtt_case import ENVIRONMENT, HERE, LIMIT, MBTT, Case, run

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
                          ("--keyring", "pub", "/a", "1", "--passphrase-file", path),
                          ("--keyring", "--cryptokey", "a", "pub", "/a", "1"),
                          ("--cryptokey", "", "pub", "/a", "1", "--passphrase-file", path)):
            self.assert_fails(run(*arguments), 2, "--cryptokey", "--passphrase-file")


class TestKeyring(SecretCase):
    def setUp(self):
        super().setUp()
        self.environment = {**ENVIRONMENT, "SECRET_BACKEND": "file", "SECRET_FILE_TEST_PASSWORD": "password",
                            "SECRET_FILE_TEST_PATH": os.path.join(self.folder, "keyring"),
                            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}

    def store(self, passphrase, address):
        subprocess.run(["secret-tool", "store", "--label=libminibus bus", "xdg:schema", "org.libminibus.Bus",
                        "address", address], input=passphrase, env=self.environment, encoding="utf-8",
                       timeout=LIMIT, check=True)

    def with_service(self, address):
        """An environment where the keyring is asked by D-Bus."""
        environment = {**self.environment, "DBUS_SESSION_BUS_ADDRESS": address}
        del environment["SECRET_BACKEND"]
        return environment

    def test_lookup(self):
        """The passphrase is that of the address of the bus, however that is written, and no other."""
        self.store("another", "multicast://228.0.0.6:8005")
        self.store(SECRET, "multicast://228.0.0.5:8005")
        for options in ((), ("--address", "multicast:"), ("--address", "multicast://228.0.0.5")):
            self.assertEqual(self.assert_same_bus(("--keyring", *options), {"env": self.environment}), "")
        environment = {**self.environment, "MINIBUS_ADDRESS": "multicast://228.0.0.6", "MINIBUS_PASSPHRASE": SECRET}
        echo = self.start_echo("/a", "--cryptokey", "another", "--count", "1", env=environment)
        self.assert_done(run("pub", "/a", "x", "--timeout", "0", "--keyring", env=environment))
        self.assertEqual(self.finish(echo), ("x\n", []))

    def test_missing(self):
        """Without a passphrase for the bus nothing is sent, and the command that is told puts one there."""
        echo = self.start_echo("/.*", "--count", "1", "--timeout", str(LIMIT))
        self.store("another", "multicast://228.0.0.6:8005")
        done = run("--keyring", "pub", "/a", "1", env=self.environment)
        self.assert_fails(done, 1, "no passphrase for the bus multicast://228.0.0.5:8005")
        self.assert_done(run("pub", "/end", "end"))
        self.assertEqual(self.finish(echo), ("end\n", []))

        command = re.search("secret-tool store .*", done.stderr).group()
        subprocess.run(["sh", "-c", command], input="sEcret\n", env=self.environment, encoding="utf-8",
                       timeout=LIMIT, check=True)
        self.assert_same_bus(("--keyring",), {"env": self.environment})

    def test_unusable(self):
        """What is there but no passphrase is told."""
        for secret, phrase in (("\n", "empty"), ("x" * 256, "255")):
            self.store(secret, "multicast://228.0.0.5:8005")
            self.assert_fails(run("--keyring", "pub", "/a", "1", env=self.environment), 1,
                              "multicast://228.0.0.5:8005 cannot be used", phrase)
        self.assert_fails(run("--keyring", "--address", "memory", "pub", "/a", "1", env=self.environment), 2)

    def test_unavailable(self):
        """Where there is no keyring, that is told."""
        environment = self.with_service("unix:path=/nonexistent")
        self.assert_fails(run("--keyring", "call", "/a", env=environment), 1, "keyring cannot be asked")

    def test_hanging(self):
        """A keyring that does not answer is not waited for for ever, and nobody asks it unasked."""
        path = os.path.join(self.folder, "bus")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            environment = self.with_service(f"unix:path={path}")
            self.assert_done(run("pub", "/a", "1", env=environment))
            listener.setblocking(False)
            self.assertRaises(BlockingIOError, listener.accept)
            self.assert_fails(run("--keyring", "--timeout", "0.5", "pub", "/a", "1", env=environment), 1,
                              "not answered within 0.5 s")
            listener.accept()[0].close()


class TestLockedKeyring(SecretCase):
    """A keyring on a message bus, which is locked."""

    def start_service(self, outcome):
        bus = Gio.TestDBus.new(Gio.TestDBusFlags.NONE)
        bus.up()
        self.addCleanup(bus.down)
        address = bus.get_bus_address()
        service = self.own(subprocess.Popen(
            [sys.executable, os.path.join(HERE, "secret_service.py"), address, "multicast://228.0.0.5:8005", SECRET,
             outcome], stdout=subprocess.PIPE, env=ENVIRONMENT, encoding="utf-8"))
        self.assertEqual(service.stdout.readline(), "ready\n")
        # libsecret itself leaks some memory when it asks to unlock (0.20.5).
        sanitizer = ":".join(filter(None, (ENVIRONMENT.get("ASAN_OPTIONS"), "detect_leaks=0")))
        return {**ENVIRONMENT, "ASAN_OPTIONS": sanitizer, "DBUS_SESSION_BUS_ADDRESS": address}

    def test_unlock(self):
        """The user is asked to unlock it, and then the passphrase is there, under the address of the bus."""
        environment = self.start_service("unlock")
        self.assertEqual(self.assert_same_bus(("--keyring",), {"env": environment}), "")
        self.assert_fails(run("--keyring", "--address", "multicast://228.0.0.6", "pub", "/a", "1", env=environment), 1,
                          "no passphrase for the bus multicast://228.0.0.6:8005")

    def test_dismiss(self):
        """When the user does not unlock it, nothing is sent."""
        environment = self.start_service("dismiss")
        self.assert_fails(run("--keyring", "pub", "/a", "1", env=environment), 1, "keyring")

    def test_hang(self):
        """An answer of the user is not waited for for ever."""
        environment = self.start_service("hang")
        self.assert_fails(run("--keyring", "--timeout", "0.5", "pub", "/a", "1", env=environment), 1,
                          "not answered within 0.5 s", "locked")


class TestWithoutKeyring(Case):
    def test_missing(self):
        """An mbtt without libsecret says so, and does nothing."""
        self.assert_fails(run("--keyring", "pub", "/a", "1"), 2, "without libsecret", "--passphrase-file")


def load_tests(loader, tests, pattern):
    keyring = (TestWithoutKeyring,) if os.environ.get("MBTT_KEYRING") == "0" else (TestKeyring, TestLockedKeyring)
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, (TestFile, *keyring)))


class TestOpenPGP(SecretCase):
    def setUp(self):
        super().setUp()
        self.home = os.path.join(self.folder, "gnupg")
        os.mkdir(self.home, 0o700)
        self.addCleanup(subprocess.run, ["gpgconf", "--homedir", self.home, "--kill", "all"], check=True)

    def gpg(self, *arguments):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--passphrase", "", *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", check=True).stdout

    def make_key(self, name):
        """Makes a key that signs and is encrypted to. Returns its fingerprint."""
        self.gpg("--quick-generate-key", name, "ed25519", "sign", "never")
        fingerprint = re.search(r"(?m)^fpr:+([0-9A-F]{40}):", self.gpg("--with-colons", "--list-keys", name))[1]
        self.gpg("--quick-add-key", fingerprint, "cv25519", "encr", "never")
        return fingerprint

    def test_openpgp(self):
        """What is signed and encrypted by keys is read by who has them; what another key signed is not taken."""
        ours, theirs = self.make_key("ours"), self.make_key("theirs")
        home = ("--gnupg-home", self.home)
        echo = self.start_echo("/a", "--json", "--count", "1", *home, "--recipient", ours, "--trusted-key",
                               " ".join(re.findall("....", ours)), "--require-signature")
        plain = self.start_echo("/a")
        for key, text in ((theirs, "forged"), (ours, "signed")):
            done = run("pub", "/a", text, "--timeout", "20", *home, "--recipient", ours, "--signing-key", key,
                       "--trusted-key", key)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        out, notes = self.finish(echo)
        message = json.loads(out)
        self.assertEqual((message["data"], message["signer"]), ("signed", ours))
        self.assertIn("trusted", "\n".join(notes))
        plain.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(plain)[0], "")


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
