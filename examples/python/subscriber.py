#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Shows the weather that others tell: so many times as the argument says, or for ever.

import sys

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import GLib, Minibus

loop = GLib.MainLoop()
client = Minibus.Client(name='display')
weather = {
    'type': 'object',
    'properties': {'sky': {'type': 'string'}, 'celsius': {'type': 'number'}},
    'required': ['sky', 'celsius'],
}
remaining = int(sys.argv[1]) if len(sys.argv) > 1 else -1


def show(_subscriber, message):
    global remaining

    print(f'{message.author}: {message.data["sky"]}, {message.data["celsius"]} degrees')
    remaining -= 1
    if remaining == 0:
        loop.quit()


client.open_sync()
client.subscribe('/weather', weather).connect('message', show)
loop.run()
