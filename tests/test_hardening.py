#!/usr/bin/python3
# test_hardening.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What was built is hardened, and a program that is not is seen: test_hardening.py COMPILER FILE..."""

import os
import subprocess
import sys
import tempfile
import unittest

import hardening

COMPILER, *FILES = sys.argv[1:]
SOURCE = """
#include <string.h>
int main (int argc, char **argv)
{
  char text[64];
  strcpy (text, argv[0]);
  return text[argc];
}
"""
GOOD = ["-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2",
        "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"]


class Hardening(unittest.TestCase):
    def build(self, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "program")
            subprocess.run([COMPILER, "-x", "c", "-", *GOOD, *options, "-o", path], input=SOURCE, text=True, check=True)
            return list(hardening.find_faults(path))

    def test_what_was_built(self):
        for path in FILES:
            self.assertEqual(list(hardening.find_faults(path)), [], path)

    def test_what_is_good(self):
        self.assertEqual(self.build(), [])

    def test_each_fault_is_seen(self):
        for option, word in {("-fno-PIE", "-no-pie"): "PIE", ("-Wl,-z,norelro",): "RELRO", ("-Wl,-z,lazy",): "BIND_NOW",
                             ("-Wl,-z,execstack",): "stack can be run", ("-fno-stack-protector",): "canaries",
                             ("-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=0"): "FORTIFY"}.items():
            faults = self.build(*option)
            self.assertTrue(any(word in fault for fault in faults), f"{option}: {faults}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
