# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes the pages of the reference: pages.py GIR OUTPUT-FOLDER DEPFILE PAGE...

Behind a comment <!-- code: FILE --> stands a link to the file, for those who read the page as it is. In the reference,
the code of that file stands there, without its head. Links to other files of the project become plain text. The page
names.md is made of the GIR: what each function is called in each language.
"""

import pathlib
import re
import shutil
import sys
import xml.etree.ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

CODE = re.compile(r'^<!-- code: (?P<path>\S+) -->\n\[[^\]]*\]\((?P=path)\)$', re.MULTILINE)
FILE_LINK = re.compile(r'\[(?P<text>[^\]]*)\]\(\.\./[^)]*\)')
LANGUAGES = {'.c': 'c', '.js': 'js', '.lua': 'lua', '.py': 'python', '.vala': 'vala'}
# In C a comment over several lines, elsewhere lines; the shebang before, and empty lines behind.
HEAD = re.compile(r'\A(?:#!.*\n)?(?:/\*.*?\*/\n|(?:(?://|#|--) SPDX-.*\n)+)\n*', re.DOTALL)
HEAD_LINES = re.compile(r'\A(?:#!.*\n)?(?:(?://|#|--) SPDX-.*\n)+\n*')


def without_head(path, text):
    return (HEAD if path.suffix == '.c' else HEAD_LINES).sub('', text, count=1)


def expand(page, used):
    def code(match):
        path = (page.parent / match['path']).resolve()
        used.add(path)
        text = without_head(path, path.read_text(encoding='utf-8'))
        # Pages of two languages may have files of one name, hence the folder.
        return f'`{path.parent.name}/{path.name}`:\n\n```{LANGUAGES[path.suffix]}\n{text}```'

    text = CODE.sub(code, page.read_text(encoding='utf-8'))
    return FILE_LINK.sub(lambda match: f'`{match["text"]}`', text)


def methods(element):
    for kind in ('constructor', 'function', 'method'):
        for function in element.iterfind(CORE + kind):
            if function.get('introspectable') != '0' and function.get('moved-to') is None:
                yield kind, function.get('name')


def row(klass, kind, name, names):
    variable = re.sub(r'(?<!^)(?=[A-Z])', '_', klass).lower()
    last = variable.rpartition('_')[2]
    link = {'constructor': 'ctor', 'function': 'func', 'method': 'method'}[kind]
    link = f'[{link}@{klass}.{name}]'
    if kind == 'method':
        vala = f'{last}.{name} ()'
        if name.endswith('_async') and name[:-len('_async')] + '_finish' in names:
            vala = f'yield {vala}'
        elif name.endswith('_finish') and name[:-len('_finish')] + '_async' in names:
            vala = f'(`yield` does it)'
        return f'| {link} | `{last}.{name}()` | `{last}:{name}()` | ' + (vala if '(`' in vala else f'`{vala}`') + ' |'
    if kind == 'function':
        return f'| {link} | `Minibus.{klass}.{name}()` | `Minibus.{klass}.{name}()` | `Minibus.{klass}.{name} ()` |'
    vala = f'new Minibus.{klass}' + ('' if name == 'new' else '.' + name.removeprefix('new_'))
    return f'| {link} | `Minibus.{klass}.{name}()` | `Minibus.{klass}.{name}()` | `{vala} ()` |'


def make_names(gir):
    namespace = xml.etree.ElementTree.parse(gir).getroot().find(CORE + 'namespace')
    lines = ['Title: Names', 'Slug: names', '', '# Names', '',
             'What each function of the reference is called in GJS, Python, Lua and Vala. The reference tells what it does.', '',
             'Beside that, GJS, Python and Lua have their own values where C has `JsonNode`: `publish`, `call_sync`, `return_value`',
             'and others take and give these, and the method of the reference has `_node` at the end of its name. What ends in `_async`',
             'is awaited under its name without that, `await client.open()`, in GJS and Python; in Lua it is `client:async_open()` in a',
             'function that `Gio.Async.start()` runs. Old programs for the Python library use the module `minibus` instead, which',
             'has [that library\'s names](coming-from-python.html). Properties are attributes: `client.name`,',
             'in GJS also `client.maxPacketSize`. Signals: `object.connect(\'message\', …)`, in Lua `object.on_message = …`, in',
             'Vala `object.message.connect (…)`.', '']
    for element in sorted(namespace, key=lambda element: element.get('name') or ''):
        if element.tag not in (CORE + 'class', CORE + 'interface'):
            continue
        klass = element.get('name')
        found = list(methods(element))
        if not found:
            continue
        names = {name for _kind, name in found}
        # As words, or the list of contents could not break the long ones.
        words = re.sub('(?<!^)(?=[A-Z])', ' ', klass).capitalize()
        lines += [f'## {words}', '', f'[{"iface" if element.tag == CORE + "interface" else "class"}@{klass}] is `{element.get(C + "type")}` in C and `Minibus.{klass}` elsewhere.', '',
                  '| C | GJS, Python | Lua | Vala |', '| --- | --- | --- | --- |']
        lines += [row(klass, kind, name, names) for kind, name in found]
        lines.append('')
    functions = [function.get('name') for function in namespace.iterfind(CORE + 'function')
                 if function.get('introspectable') != '0' and function.get('moved-to') is None]
    lines += ['## Functions', '', '| C | GJS, Python, Lua | Vala |', '| --- | --- | --- |']
    lines += [f'| [func@{name}] | `Minibus.{name}()` | `Minibus.{name} ()` |' for name in sorted(functions)]
    return '\n'.join(lines) + '\n'


def main():
    gir, output, depfile, *pages = (pathlib.Path(argument) for argument in sys.argv[1:])
    output.mkdir(parents=True, exist_ok=True)
    used = set()
    for page in pages:
        if page.suffix == '.md':
            (output / page.name).write_text(expand(page, used), encoding='utf-8')
        else:
            shutil.copy(page, output / page.name)
    (output / 'names.md').write_text(make_names(gir), encoding='utf-8')
    stamp = output.parent / 'stamp'
    stamp.touch()
    dependencies = ' '.join(str(path).replace(' ', '\\ ') for path in sorted(used))
    depfile.write_text(f'docs/{stamp.name}: {dependencies}\n', encoding='utf-8')


main()
