#!/usr/bin/python3
# gnupg-peer.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Encrypts and decrypts by python-gnupg, as the Python library MiniBus does, for bench-cipher to measure.
#
# The first line of standard input is a JSON object with plain, passphrase and armor (plain, encrypted). The
# answer is a line, which is missing where there is no python-gnupg. From then on, each line
# "encrypt COUNT N" or "decrypt COUNT N" does that N times with this s2k-count, 0 for that of GnuPG, and is
# answered by a line.

import json
import subprocess
import sys
import tempfile

try:
    import gnupg
except ImportError:
    sys.exit(0)


def check(result):
    if not result.ok:
        sys.exit(result.stderr)
    return result


def main():
    job = json.loads(sys.stdin.readline())

    with tempfile.TemporaryDirectory(prefix="mbt-") as home:
        try:
            print("ready", flush=True)
            for line in sys.stdin:
                verb, count, times = line.split()
                options = ["--s2k-count", count] if count != "0" else None
                gpg = gnupg.GPG(gnupghome=home, options=options)
                for _ in range(int(times)):
                    if verb == "encrypt":
                        check(gpg.encrypt(job["plain"], None, symmetric=True, passphrase=job["passphrase"]))
                    elif check(gpg.decrypt(job["armor"], passphrase=job["passphrase"])).data.decode() != job["plain"]:
                        sys.exit("something else came out")
                print("done", flush=True)
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)


main()
