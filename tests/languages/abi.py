# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compares what a library exports with the list of what it promises: abi.py [--update] LIBRARY LIST

A symbol that goes breaks programs; one that comes is a promise, which somebody has to mean. After a change that is
meant, `ninja -C _build update-symbols` writes the list anew.
"""

import pathlib
import subprocess
import sys


def exported(library):
    output = subprocess.run(['nm', '--dynamic', '--defined-only', '--format=posix', library],
                            check=True, capture_output=True, text=True).stdout
    return sorted(line.split()[0].split('@')[0] for line in output.splitlines())


def main():
    update = sys.argv[1] == '--update'
    library, path = sys.argv[-2:]
    symbols = exported(library)
    strangers = [symbol for symbol in symbols if not symbol.startswith('mb_')]
    if strangers:
        sys.exit('These are exported, though their names do not begin with mb_: ' + ' '.join(strangers))
    if update:
        pathlib.Path(path).write_text('\n'.join(symbols) + '\n', encoding='ascii')
        return
    promised = pathlib.Path(path).read_text(encoding='ascii').split()
    assert promised == sorted(set(promised)), f'{path} is not sorted'
    problems = [f'{symbol} is in {path}, but not exported' for symbol in promised if symbol not in symbols]
    problems += [f'{symbol} is exported, but not in {path}' for symbol in symbols if symbol not in promised]
    if problems:
        sys.exit('\n'.join(problems) + '\nIf that is meant: ninja -C _build update-symbols')


main()
