# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tries what is in data/ with the programs that it is made for: desktop.py firewalld|flatpak|systemd-unit|wrap FILE"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]

CONSUMER = {
    'meson.build': '''
project('consumer', 'c', default_options: ['c_std=gnu11'])
minibus = dependency('minibus-1.0', default_options: [
  'docs=disabled', 'introspection=disabled', 'tests=false', 'tools=false'])
assert(minibus.type_name() == 'internal')
test('consumer', executable('consumer', 'consumer.c', dependencies: minibus))
''',
    'consumer.c': '''
#include <minibus.h>

int
main (void)
{
  g_autoptr(MbClient) client = mb_client_new ("consumer");

  mb_client_set_address (client, "memory:consumer");

  return !mb_client_open_sync (client, NULL, NULL);
}
''',
}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, text=True, timeout=550, **options)


def check_firewalld(path, folder):
    config = folder / 'config'
    offline = ['firewall-offline-cmd', '--system-config', config]
    (config / 'services').mkdir(parents=True)
    run(*offline, '--new-service-from-file', path)
    info = run(*offline, '--info-service', 'minibus', stdout=subprocess.PIPE).stdout
    assert 'ports: 8005/udp\n' in info and 'destination: ipv4:228.0.0.5\n' in info, info
    run(*offline, '--zone=home', '--add-service=minibus')
    run(*offline, '--check-config')


def check_systemd_unit(path, folder):
    program = folder / '.local/bin/minibus-service'
    program.parent.mkdir(parents=True)
    program.symlink_to('/bin/true')
    unit = folder / path.name
    shutil.copy(path, unit)
    # Unknown keys are told, but are no failure.
    result = run('systemd-analyze', 'verify', '--user', unit, stderr=subprocess.PIPE,
                 env=os.environ | {'HOME': str(folder), 'XDG_RUNTIME_DIR': str(folder)})
    assert not result.stderr, result.stderr
    # Each line that is commented out has to be right as well.
    unit.write_text(path.read_text(encoding='ascii').replace('\n#E', '\nE'), encoding='ascii')
    result = run('systemd-analyze', 'verify', '--user', unit, stderr=subprocess.PIPE,
                 env=os.environ | {'HOME': str(folder), 'XDG_RUNTIME_DIR': str(folder)})
    assert not result.stderr, result.stderr


def check_flatpak(path, folder):
    import yaml

    manifest = yaml.safe_load(path.read_text(encoding='utf-8'))
    assert path.stem == manifest['id'], manifest['id']
    assert '--share=network' in manifest['finish-args']
    (module,) = manifest['modules']
    assert module['buildsystem'] == 'meson'
    (source,) = module['sources']
    assert (path.parent / source['path']).resolve() == TOP, source

    # What flatpak-builder does with a meson module, but for the runtime.
    build = folder / 'build'
    root = folder / 'root'
    run('meson', 'setup', '--buildtype=plain', '--prefix=/app', '--libdir=lib', *module['config-opts'], build, TOP, stdout=subprocess.DEVNULL)
    run('ninja', '-C', build, stdout=subprocess.DEVNULL)
    run('meson', 'install', '-C', build, '--no-rebuild', '--destdir', root, stdout=subprocess.DEVNULL)
    app = root / 'app'
    for pattern in manifest['cleanup']:
        shutil.rmtree(app / pattern.lstrip('/'), ignore_errors=True)
    # What flatpak exports is what is named after the application.
    for name in ('bin/' + manifest['command'], 'lib/libminibus-1.0.so.0', 'lib/girepository-1.0/Minibus-1.0.typelib',
                 f'share/applications/{manifest["id"]}.desktop', f'share/metainfo/{manifest["id"]}.metainfo.xml',
                 f'share/icons/hicolor/scalable/apps/{manifest["id"]}.svg'):
        assert (app / name).exists(), f'{name} is not there'
    run('ldd', app / 'bin' / manifest['command'], env=os.environ | {'LD_LIBRARY_PATH': str(app / 'lib')},
        stdout=subprocess.DEVNULL)


def check_wrap(path, folder):
    # The place that the wrap names is, for git here, a repository made of this tree.
    for name, text in CONSUMER.items():
        (folder / name).write_text(text, encoding='ascii')
    (folder / 'subprojects').mkdir()
    wrap = folder / 'subprojects' / path.name
    shutil.copy(path, wrap)
    lines = dict(line.split(' = ') for line in path.read_text(encoding='ascii').splitlines() if ' = ' in line)

    repository = folder / 'repository'
    ignored = shutil.ignore_patterns('.git', '_*', '*.pyc')
    shutil.copytree(TOP, repository, ignore=ignored)
    config = folder / 'gitconfig'
    config.write_text(f'[url "file://{repository}"]\n\tinsteadOf = {lines["url"]}\n'
                      f'[user]\n\tname = test\n\temail = test@localhost\n', encoding='utf-8')
    env = os.environ | {'GIT_CONFIG_GLOBAL': str(config), 'GIT_CONFIG_NOSYSTEM': '1'}
    git = ['git', '-C', repository]
    run(*git, 'init', '-q', '-b', lines['revision'], env=env)
    run(*git, 'add', '-A', env=env)
    run(*git, 'commit', '-q', '-m', 'Test', env=env)

    # An installed one must not be taken instead.
    run('meson', 'setup', '--buildtype=plain', '--wrap-mode=forcefallback', folder / 'build', folder, env=env, stdout=subprocess.DEVNULL)
    run('ninja', '-C', folder / 'build', env=env, stdout=subprocess.DEVNULL)
    run(folder / 'build' / 'consumer')


def main():
    # Each builds the library anew; what was compiled before need not be compiled again.
    if shutil.which('ccache') and 'CC' not in os.environ:
        os.environ |= {'CC': 'ccache cc', 'CCACHE_BASEDIR': tempfile.gettempdir(), 'CCACHE_NOHASHDIR': '1'}
    name, path = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        globals()['check_' + name.replace('-', '_')](pathlib.Path(path).resolve(), pathlib.Path(folder))


main()
