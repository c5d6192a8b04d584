# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Finds public functions, properties and signals that the tests of a language never touch: surface.py GIR FOLDER

What counts is whether its name, as that language writes it, is in one of its suites. Properties, and the methods that
only get or set one, are walked through by the suites `surface-suite.*` themselves, with objects of every class.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'
LANGUAGES = ('js', 'lua', 'py', 'vala')

# For those who write a transport, which is done in C; tests/test-transport.c does.
ELSEWHERE = {'Receiver.push', 'Receiver.report_loss', 'Transport.open', 'Transport.close'}


def symbols(namespace):
    """What is public: where it is, and by which names a language may call it."""
    for type_ in namespace.findall(CORE + 'class') + namespace.findall(CORE + 'interface'):
        name = type_.get('name')
        properties = {prop.get('name').replace('-', '_') for prop in type_.findall(CORE + 'property')}
        for method in type_.findall(CORE + 'method') + type_.findall(CORE + 'function'):
            stem = re.sub('_(async|finish|sync)$', '', method.get('name'))
            if re.sub('^[gs]et_', '', stem) not in properties and method.get('moved-to') is None:
                yield f'{name}.{stem}', {stem, f'{stem}_async', f'{stem}_sync', f'async_{stem}', f'{stem}_node'}
        for signal in type_.findall(GLIB + 'signal'):
            nick = signal.get('name').replace('-', '_')
            yield f'{name}::{nick}', {nick, f'on_{nick}'}
    for function in namespace.findall(CORE + 'function'):
        # That of an error domain has the name of the enumeration, but in C; and some moved into a class.
        if function.get('moved-to') is None and not function.get('name').endswith('_quark'):
            yield function.get('name'), {function.get('name')}
    for enumeration in namespace.findall(CORE + 'enumeration'):
        yield enumeration.get('name'), {enumeration.get('name')}


def untouched(namespace, text):
    # Signals may be written with hyphens.
    words = set(re.findall(r'[A-Za-z][A-Za-z0-9_]*', f"{text}\n{text.replace('-', '_')}"))
    return [where for where, names in symbols(namespace) if where not in ELSEWHERE and not names & words]


def main():
    namespace = ElementTree.parse(sys.argv[1]).getroot().find(CORE + 'namespace')
    assert len(untouched(namespace, 'Client.flush()')) > 50, 'The test finds nothing'
    failed = False
    for language in LANGUAGES:
        text = '\n'.join(pathlib.Path(sys.argv[2], f'{name}.{language}').read_text(encoding='utf-8')
                         for name in ('scenarios', 'bus-suite', 'surface-suite'))
        for where in untouched(namespace, text):
            failed = True
            print(f'{where} is in no test in {language}')
    sys.exit(failed)


main()
