# gpg_cipher.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The encryption of MiniBus 0.3.0: symmetric gpg, with the armor taken off in its peculiar way."""

import shutil
import subprocess
import tempfile

BEGIN = "-----BEGIN PGP MESSAGE-----"
END = "-----END PGP MESSAGE-----"


class Cipher:
    """Encrypts and decrypts with a passphrase, in a home directory of its own that close() removes.

    s2k_count: as in a gpg.conf; None is gpg's default, which costs a third of a second per message
    and starts an agent.
    """

    def __init__(self, passphrase, s2k_count=65536):
        if not passphrase or any(character in passphrase for character in "\r\n\0"):
            raise ValueError("a passphrase is not empty and has no LF, CR or NUL")
        self.passphrase = passphrase
        self.s2k_count = s2k_count
        self.home = tempfile.mkdtemp(prefix="mb-gpg-")

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, data, *arguments):
        command = ["gpg", "--homedir", self.home, "--pinentry-mode", "loopback", "--no-tty",
                   "--no-verbose", "--fixed-list-mode", "--batch", "--with-colons",
                   "--passphrase-fd", "0"]
        if self.s2k_count is not None:
            command += ["--s2k-count", str(self.s2k_count)]
        given = self.passphrase.encode() + b"\n" + data.encode()
        return subprocess.run([*command, *arguments], input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout

    def encrypt(self, text):
        """Returns the base64 and checksum lines of the message, joined without separator."""
        lines = self._run(text, "--symmetric", "--armor").decode("ascii").splitlines()
        lines = [line for line in lines if line not in (BEGIN, END, "")]
        if lines and lines[0].startswith("Version:"):
            del lines[0]
        if not lines:
            raise RuntimeError("gpg has encrypted nothing")
        return "".join(lines)

    def decrypt(self, text):
        """Returns whatever comes out, "" for nothing: the original ignores gpg's verdict."""
        return self._run(f"{BEGIN}\n\n{text}\n{END}\n", "--decrypt").decode("utf-8", "replace")
