# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Finds in a GIR what would be awkward or wrong in a language: gir-lint.py GIR"""

import re
import sys
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

TYPES = ('class', 'interface', 'record', 'union', 'enumeration', 'bitfield', 'callback')
CALLABLES = ('method', 'function', 'constructor', 'virtual-method', 'callback')

# Of GObject.Object, as the languages show it, and of the languages' own objects.
HIDING = {
    'bind_property', 'bind_property_full', 'chain', 'compat_control', 'connect', 'connect_after', 'connect_data',
    'connect_object', 'constructor', 'disconnect', 'disconnect_by_func', 'dispose', 'emit', 'emit_stop_by_name',
    'find_property', 'finalize', 'force_floating', 'freeze_notify', 'get_data', 'get_properties', 'get_property',
    'getv', 'handler_block', 'handler_disconnect', 'handler_is_connected', 'handler_unblock', 'init',
    'interface_find_property', 'interface_list_properties', 'is_floating', 'list_properties', 'new', 'newv',
    'notify', 'notify_by_pspec', 'override_property', 'props', 'ref', 'ref_count', 'ref_sink', 'replace_data',
    'replace_qdata', 'run_dispose', 'set', 'set_data', 'set_properties', 'set_property', 'signal_handler_block',
    'steal_data', 'steal_qdata', 'stop_emission', 'take_ref', 'thaw_notify', 'toString', 'unref', 'watch_closure',
    'weak_ref',
}
# The data of a message is what it is about, and nobody needs the keyed data of GObject in a language.
HIDING_ALLOWED = {('Message', 'get_data'), ('Message', 'data')}

KEYWORDS = {
    'Lua': 'and break do else elseif end false for function goto if in local nil not or repeat return then true until '
           'while',
    'Python': 'False None True and as assert async await break class continue def del elif else except finally for '
              'from global if import in is lambda nonlocal not or pass raise return try while with yield',
    'Vala': 'abstract as async base break case catch class const construct continue default delegate delete do '
            'dynamic else ensures enum errordomain extern false finally for foreach get global if in inline interface '
            'internal is lock namespace new null out override owned partial private protected public ref requires '
            'return sealed set signal sizeof static struct switch this throw throws true try typeof unlock unowned '
            'using value var virtual void volatile weak while yield',
    'JavaScript': 'arguments await break case catch class const continue debugger default delete do else enum eval '
                  'export extends false finally for function if implements import in instanceof interface let new '
                  'null package private protected public return static super switch this throw true try typeof var '
                  'void while with yield',
}
# What bindings write as `@value`, and what people expect to be called so; Vala escapes them by itself.
KEYWORDS_ALLOWED = {('Vala', 'get'), ('Vala', 'value')}


class Lint:
    def __init__(self, root):
        self.namespace = root.find(CORE + 'namespace')
        self.problems = []
        self.closures = self.find_closures()

    def tell(self, where, what):
        self.problems.append(f'{where}: {what}')

    def find_closures(self):
        """The callback types, other than of structures, which end in user_data."""
        return {callback.get('name') for callback in self.namespace.findall(CORE + 'callback')}

    def run(self):
        for kind in TYPES:
            for type_ in self.namespace.findall(CORE + kind):
                if type_.get(GLIB + 'is-gtype-struct-for') is None:
                    self.check_type(type_)
        for constant in self.namespace.findall(CORE + 'constant'):
            self.check_documented(constant, constant.get('name'))
        for function in self.namespace.findall(CORE + 'function'):
            self.check_callable(function, function.get('name'))
        return self.problems

    def check_documented(self, element, where, version=True):
        if element.find(CORE + 'doc') is None:
            self.tell(where, 'has no documentation')
        if version and element.get('version') is None:
            self.tell(where, 'does not say since when it exists (Since:)')

    def check_type(self, type_):
        name = type_.get('name')
        if type_.get('disguised') == '1':
            return
        self.check_documented(type_, name)
        if type_.tag == CORE + 'callback':
            self.check_callable(type_, name, documented=False)
        for member in type_.findall(CORE + 'member'):
            if member.find(CORE + 'doc') is None:
                self.tell(f'{name}.{member.get("name")}', 'has no documentation')
        self.check_names(type_, name)
        self.check_pairs(type_, name)
        for kind in CALLABLES:
            for callable_ in type_.findall(CORE + kind):
                self.check_callable(callable_, f'{name}.{callable_.get("name")}')
        for signal in type_.findall(GLIB + 'signal'):
            self.check_documented(signal, f'{name}::{signal.get("name")}')
            self.check_parameters(signal, f'{name}::{signal.get("name")}')
        for prop in type_.findall(CORE + 'property'):
            self.check_property(type_, prop, f'{name}:{prop.get("name")}')

    def check_names(self, type_, where):
        seen = {}
        tags = {'method': CORE + 'method', 'property': CORE + 'property', 'signal': GLIB + 'signal'}
        for kind, tag in tags.items():
            for element in type_.findall(tag):
                name = element.get('name').replace('-', '_')
                if name in seen:
                    self.tell(f'{where}.{name}', f'is a {seen[name]} and a {kind}')
                seen[name] = kind
                self.check_name(name, f'{where}.{name}', type_.get('name'), hiding=kind != 'signal')

    def check_name(self, name, where, owner=None, hiding=False):
        if hiding and name in HIDING and (owner, name) not in HIDING_ALLOWED:
            self.tell(where, 'hides what every object has')
        for language, words in KEYWORDS.items():
            if name in words.split() and (language, name) not in KEYWORDS_ALLOWED:
                self.tell(where, f'is a keyword of {language}')

    def check_pairs(self, type_, where):
        methods = {}
        for method in type_.findall(CORE + 'method') + type_.findall(CORE + 'function'):
            methods[method.get('name')] = method
        for name, method in methods.items():
            stem = re.sub('_(async|finish)$', '', name)
            if name.endswith('_async') and f'{stem}_finish' not in methods:
                self.tell(f'{where}.{name}', f'has no {stem}_finish')
            if name.endswith('_finish') and f'{stem}_async' not in methods:
                self.tell(f'{where}.{name}', f'has no {stem}_async')
            is_async = any(t.get('name') == 'Gio.AsyncReadyCallback' for t in method.iter(CORE + 'type'))
            if is_async and not name.endswith('_async'):
                self.tell(f'{where}.{name}', 'waits, and so its name has to end with _async')
            if name.endswith('_async') and self.outs(method):
                self.tell(f'{where}.{name}', 'gives something back before it is finished')
            if name.endswith('_finish') and self.outs(method):
                self.tell(f'{where}.{name}', 'gives back more than its value')

    @staticmethod
    def outs(callable_):
        return [p for p in callable_.iter(CORE + 'parameter') if p.get('direction') in ('out', 'inout')]

    def check_callable(self, callable_, where, documented=True):
        if callable_.get('moved-to') is not None:
            return
        if callable_.get('introspectable') == '0':
            self.tell(where, 'cannot be used by any language')
        # A virtual method is documented by the method that calls it.
        if documented and callable_.get('invoker') is None and callable_.tag != CORE + 'virtual-method':
            self.check_documented(callable_, where)
        self.check_parameters(callable_, where)
        self.check_return(callable_, where)

    def check_return(self, callable_, where):
        value = callable_.find(CORE + 'return-value')
        if value is None or not self.is_pointer(value):
            return
        if value.get('transfer-ownership') is None:
            self.tell(where, 'does not say who owns what it returns')
        text = ' '.join((value.findtext(CORE + 'doc') or '').split())
        # "or NULL with an error" is how every function that throws fails; a language sees an exception.
        may_be_null = re.search(r'`?\bNULL\b`?', re.sub(r'`NULL`\s+with (an error|\[error@\w+\])', '', text))
        if may_be_null and value.get('nullable') != '1':
            self.tell(where, 'returns NULL by its documentation, but is not (nullable)')
        if value.get('nullable') == '1' and not may_be_null:
            self.tell(where, 'is (nullable), but its documentation does not say when it returns NULL')
        if value.get('nullable') == '1' and callable_.get('throws') == '1':
            self.tell(where, 'throws and is (nullable), so that NULL says nothing')

    def check_parameters(self, callable_, where):
        parameters = callable_.findall(f'{CORE}parameters/{CORE}parameter')
        callbacks = 0
        for parameter in parameters:
            name = parameter.get('name')
            here = f'{where}({name})'
            if parameter.find(CORE + 'varargs') is not None:
                self.tell(where, 'takes any number of arguments')
                continue
            self.check_name(name, here)
            if parameter.get('transfer-ownership') is None:
                self.tell(here, 'does not say who owns it')
            elif parameter.get('direction', 'in') == 'in' and parameter.get('transfer-ownership') != 'none':
                self.tell(here, 'is consumed; an input should only be read')
            if parameter.find(CORE + 'doc') is None and callable_.get('invoker') is None \
                    and callable_.tag != CORE + 'virtual-method':
                self.tell(here, 'has no documentation')
            text = parameter.findtext(CORE + 'doc') or ''
            if re.search(r'\bNULL\b', text) and self.is_pointer(parameter) \
                    and parameter.get('nullable') != '1' and parameter.get('closure') is None:
                self.tell(here, 'may be NULL by its documentation, but is not (nullable)')
            callbacks += self.check_callback(parameter, here)
        if callbacks > 1:
            self.tell(where, 'takes more than one callback')

    def check_callback(self, parameter, here):
        type_ = parameter.find(CORE + 'type')
        name = type_.get('name') if type_ is not None else None
        if name == 'Gio.AsyncReadyCallback':
            if parameter.get('scope') != 'async' or parameter.get('closure') is None:
                self.tell(here, 'needs (scope async) and (closure)')
            return 1
        if name not in self.closures:
            return 0
        if parameter.get('scope') is None:
            self.tell(here, 'needs a (scope)')
        if parameter.get('closure') is None:
            self.tell(here, 'has no (closure), the data of the callback')
        if parameter.get('scope') == 'notified' and parameter.get('destroy') is None:
            self.tell(here, 'has no (destroy), which frees the data of the callback')
        return 1

    def check_property(self, type_, prop, where):
        self.check_documented(prop, where)
        methods = {method.get('name') for method in type_.findall(CORE + 'method')}
        name = prop.get('name').replace('-', '_')
        for kind, flag in (('getter', prop.get('readable', '1')), ('setter', prop.get('writable', '0'))):
            method = f'{kind[:3]}_{name}'
            if prop.get(kind) is None and method in methods and flag == '1' \
                    and not (kind == 'setter' and prop.get('construct-only') == '1'):
                self.tell(where, f'is not annotated with ({kind} {method})')

    @staticmethod
    def is_pointer(value):
        if value.find(CORE + 'array') is not None:
            return True
        type_ = value.find(CORE + 'type')
        return type_ is not None and (type_.get(C + 'type') or '').endswith('*')


BAD = '''<repository xmlns="http://www.gtk.org/introspection/core/1.0"
  xmlns:c="http://www.gtk.org/introspection/c/1.0" xmlns:glib="http://www.gtk.org/introspection/glib/1.0">
<namespace name="Bad">
<callback name="Func" version="0.1"><doc>A.</doc></callback>
<class name="Thing">
  <method name="emit" version="0.1"><doc>A.</doc></method>
  <method name="end" version="0.1"><doc>A.</doc></method>
  <method name="open_async" version="0.1"><doc>A.</doc><parameters>
    <parameter name="callback" transfer-ownership="none"><doc>A.</doc>
      <type name="Gio.AsyncReadyCallback"/></parameter>
    <parameter name="from" transfer-ownership="full"><doc>Or NULL.</doc>
      <type name="utf8" c:type="char*"/></parameter>
    <parameter name="func" transfer-ownership="none" scope="notified"><doc>A.</doc><type name="Func"/></parameter>
  </parameters></method>
  <method name="get_size"><doc>A.</doc><return-value><doc>A, or `NULL`</doc><type name="utf8" c:type="char*"/>
    </return-value></method>
  <property name="size" version="0.1"><doc>A.</doc></property>
  <glib:signal name="size" version="0.1"><doc>A.</doc></glib:signal>
</class>
</namespace></repository>'''

BAD_PROBLEMS = (
    'Thing: has no documentation',
    'Thing: does not say since when',
    'Thing.emit: hides',
    'Thing.end: is a keyword of Lua',
    'Thing.open_async: has no open_finish',
    'open_async(callback): needs (scope async)',
    '(from): is a keyword of Python',
    '(from): is consumed',
    '(from): may be NULL',
    '(func): has no (closure)',
    '(func): has no (destroy)',
    'open_async: takes more than one callback',
    'Thing.get_size: does not say since',
    'Thing.get_size: does not say who owns',
    'Thing.get_size: returns NULL by',
    'Thing.size: is a property and a signal',
    'Thing:size: is not annotated with (getter',
)


def main():
    missed = [problem for problem in BAD_PROBLEMS
              if not any(problem in found for found in Lint(ElementTree.fromstring(BAD)).run())]
    for problem in missed:
        print(f'The lint does not find what is wrong in a bad GIR: {problem}')
    problems = Lint(ElementTree.parse(sys.argv[1]).getroot()).run()
    print('\n'.join(problems))
    sys.exit(bool(problems or missed))


main()
