#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that programs and libraries were built so that a mistake in them is hard to make use of.

    hardening.py FILE...

Each has to be independent of where it is loaded, with no stack or segment that is both written and run, with all
symbols bound before anything runs, tables that cannot be written after that, and canaries and checked copies.
"""

import re
import subprocess
import sys


def read_elf(*arguments):
    return subprocess.run(["readelf", "--wide", *arguments], check=True, capture_output=True, text=True).stdout


def find_faults(path):
    header = read_elf("--file-header", path)
    segments = read_elf("--program-headers", path)
    dynamic = read_elf("--dynamic", path)
    imports = set(re.findall(r"UND (\w+)", read_elf("--dyn-syms", path)))

    if not re.search(r"Type:\s+DYN", header):
        yield "it has a fixed address (no PIE)"
    if "GNU_RELRO" not in segments:
        yield "its tables stay writable (no RELRO)"
    if not re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic):
        yield "its symbols are bound late (no BIND_NOW)"
    stack = re.search(r"GNU_STACK.*", segments)
    if stack is None or re.search(r"\bRWE\b", stack.group()):
        yield "its stack can be run"
    if re.search(r"LOAD.*\bRWE\b", segments):
        yield "a part of it can be written and run"
    if "TEXTREL" in dynamic:
        yield "its code is changed when it is loaded (TEXTREL)"
    if "__stack_chk_fail" not in imports:
        yield "its stack has no canaries (no -fstack-protector)"
    if not any(name.endswith("_chk") for name in imports):
        yield "its copies are not checked (no _FORTIFY_SOURCE)"


def main():
    status = 0
    for path in sys.argv[1:]:
        for fault in find_faults(path):
            print(f"{path}: {fault}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
