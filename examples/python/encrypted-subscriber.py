#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Shows what those tell about doors who know the passphrase. The first argument is the file with the passphrase in its
# first line, or empty for the environment variable MINIBUS_PASSPHRASE; the second says how many messages to
# wait for, or there is no end.

import sys

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import Gio, GLib, Minibus

loop = GLib.MainLoop()
client = Minibus.Client(name='guard')
alarm = {
    'type': 'object',
    'properties': {'door': {'type': 'string'}, 'open': {'type': 'boolean'}},
    'required': ['door', 'open'],
}
remaining = int(sys.argv[2]) if len(sys.argv) > 2 else -1


def show(_subscriber, message):
    global remaining

    print(f'{message.author}: the {message.data["door"]} door is {"open" if message.data["open"] else "closed"}')
    remaining -= 1
    if remaining == 0:
        loop.quit()


# Without the passphrase, or with another one, a message is of no use. It is counted, and told here.
client.connect('dropped::wrong-key', lambda *_: print('A message could not be read', file=sys.stderr))

if len(sys.argv) > 1 and sys.argv[1]:
    client.read_passphrase_sync(Gio.File.new_for_path(sys.argv[1]).read())
client.open_sync()
client.subscribe('/alarm', alarm).connect('message', show)
loop.run()
