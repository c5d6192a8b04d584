# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compares what a library exports with the lists of what it promises: abi.py [--update] VERSION LIBRARY LIST DEBIAN

A symbol that goes breaks programs; one that comes is a promise, which somebody has to mean. DEBIAN is a symbols file as
dpkg-gensymbols reads it, which tells since which version each symbol is there. After a change that is meant,
`ninja -C _build update-symbols` writes both anew.
"""

import pathlib
import subprocess
import sys

DEBIAN_HEAD = '''\
libminibus-1.0.so.0 libminibus-1.0-0 #MINVER#
* Build-Depends-Package: libminibus-1.0-dev
'''


def exported(library):
    output = subprocess.run(['nm', '--dynamic', '--defined-only', '--format=posix', library],
                            check=True, capture_output=True, text=True).stdout
    return sorted(line.split()[0].split('@')[0] for line in output.splitlines())


def read_debian(path):
    """Each symbol, and the version in which it came."""
    text = path.read_text(encoding='ascii')
    assert text.startswith(DEBIAN_HEAD), f'{path} does not begin as expected'
    lines = [line.split() for line in text[len(DEBIAN_HEAD):].splitlines()]
    versions = {symbol.removesuffix('@Base'): version for symbol, version in lines}
    assert list(versions) == sorted(versions), f'{path} is not sorted'
    return versions


def write_debian(path, versions):
    lines = [f' {symbol}@Base {versions[symbol]}\n' for symbol in sorted(versions)]
    path.write_text(DEBIAN_HEAD + ''.join(lines), encoding='ascii')


def compare(promised, symbols, path):
    problems = [f'{symbol} is in {path}, but not exported' for symbol in promised if symbol not in symbols]
    return problems + [f'{symbol} is exported, but not in {path}' for symbol in symbols if symbol not in promised]


def number(version):
    return [int(part) for part in version.split('.')]


def main():
    update = sys.argv[1] == '--update'
    version, library = sys.argv[-4:-2]
    path, debian = map(pathlib.Path, sys.argv[-2:])
    symbols = exported(library)
    strangers = [symbol for symbol in symbols if not symbol.startswith('mb_')]
    if strangers:
        sys.exit('These are exported, though their names do not begin with mb_: ' + ' '.join(strangers))
    if update:
        known = read_debian(debian) if debian.exists() else {}
        path.write_text('\n'.join(symbols) + '\n', encoding='ascii')
        write_debian(debian, {symbol: known.get(symbol, version) for symbol in symbols})
        return
    promised = path.read_text(encoding='ascii').split()
    assert promised == sorted(set(promised)), f'{path} is not sorted'
    versions = read_debian(debian)
    problems = compare(promised, symbols, path) + compare(versions, symbols, debian)
    problems += [f'{symbol} is of version {since} in {debian}, but this is version {version}'
                 for symbol, since in versions.items() if number(since) > number(version)]
    if problems:
        sys.exit('\n'.join(problems) + '\nIf that is meant: ninja -C _build update-symbols')


main()
