# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Installs into a folder of its own, and uses what is there as a program outside of the tree does.

    install.py BUILD_DIR SCENARIOS_DIR COMPILER

The variables of the environment below are those that are needed for a prefix that the system does not know.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = r'''
#include <minibus.h>

#if MB_MAJOR_VERSION == 0 && MB_MINOR_VERSION < 1
# error "This version is too old"
#endif

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            gpointer      user_data)
{
  g_print ("%s\n", mb_message_get_text (message));
  g_main_loop_quit (user_data);
}

int
main (void)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MbClient) client = mb_client_new (NULL);
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(MbPublisher) publisher = NULL;

  mb_client_set_address (client, "memory:install");
  if (!mb_client_open_sync (client, NULL, NULL))
    return 1;

  subscriber = mb_client_subscribe (client, "/install", NULL, NULL);
  publisher = mb_client_create_publisher (client, "/install", NULL, NULL);
  g_signal_connect (subscriber, "message", G_CALLBACK (message_cb), loop);
  mb_publisher_publish_text (publisher, "[1]", NULL);
  g_main_loop_run (loop);

  return 0;
}
'''


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, text=True, timeout=120, **options)


def one(root, pattern):
    found = sorted(root.rglob(pattern))
    assert found, f'{pattern} is not installed'
    return found[0]


def below(path, parts):
    """The folder in which a language looks for a file of so many path components."""
    return path.parents[parts - 1]


def check_headers(root):
    private = [path for path in root.rglob('*') if 'private' in path.name]
    assert not private, f'These are installed, but private: {private}'
    headers = {path.name for path in root.rglob('*.h')}
    assert {'minibus.h', 'mb-client.h', 'mb-version.h'} <= headers, headers


def main():
    build, scenarios = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    compiler = sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        root = folder / 'root'
        run('meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', root)
        check_headers(root)
        # As if it had been configured with this prefix; nothing else in the file may know a place.
        installed = one(root, 'minibus-1.0.pc')
        pc = re.sub('^prefix=(.*)$', lambda match: f'prefix={root}{match[1]}',
                    installed.read_text(encoding='utf-8'), flags=re.MULTILINE)
        (folder / installed.name).write_text(pc, encoding='utf-8')

        environment = {name: value for name, value in os.environ.items()
                       if name not in ('GJS_PATH', 'GI_TYPELIB_PATH', 'LUA_PATH', 'PYTHONPATH')}
        environment |= {
            'G_DEBUG': 'fatal-warnings',
            'GI_TYPELIB_PATH': str(one(root, 'Minibus-1.0.typelib').parent),
            'LD_LIBRARY_PATH': str(one(root, 'libminibus-1.0.so.0').parent),
            'LUA_PATH': f'{below(one(root, "lua/5.3/lgi/override/Minibus.lua"), 3)}/?.lua;;',
            'PKG_CONFIG_PATH': str(folder),
            'PYTHONPATH': str(below(one(root, 'gi/overrides/Minibus.py'), 3)),
            'XDG_DATA_DIRS': f'{below(one(root, "gjs-1.0/overrides/Minibus.js"), 3)}:/usr/local/share:/usr/share',
        }

        (folder / 'program.c').write_text(PROGRAM, encoding='ascii')
        flags = run('pkg-config', '--cflags', '--libs', 'minibus-1.0', env=environment,
                    capture_output=True).stdout.split()
        assert any(str(root) in flag for flag in flags), flags
        run(*compiler, '-Wall', '-Werror', folder / 'program.c', '-o', folder / 'program', *flags)
        output = run(folder / 'program', env=environment, capture_output=True).stdout
        assert output == '[1]\n', output

        if shutil.which('valac'):
            run('valac', '-q', '--pkg', 'minibus-1.0', '-X', '-w', '-o', folder / 'vala-program',
                scenarios / 'scenarios.vala', env=environment, cwd=folder)
            run(folder / 'vala-program', 'memory:install', 'values', env=environment)
        for command, script, waiting in ((['gjs', '-m'], 'scenarios.js', 'waiting'),
                                         (['lua5.3'], 'scenarios.lua', 'waiting'),
                                         (['/usr/bin/python3', '-B'], 'scenarios.py', 'awaiting')):
            if shutil.which(command[0]):
                for scenario in ('values', waiting):
                    run(*command, scenarios / script, f'memory:{scenario}', scenario, env=environment, cwd=folder)
        module = run('/usr/bin/python3', '-B', '-c', 'import minibus; print(minibus.__file__)',
                     env=environment, cwd=folder, capture_output=True).stdout
        assert module.startswith(str(root)), module


main()
