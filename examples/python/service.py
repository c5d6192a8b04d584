#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Adds whole numbers for everyone who asks.

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import GLib, Minibus

numbers = {'type': 'array', 'items': {'type': 'integer'}}
client = Minibus.Client(name='adder')


def add(params, request):
    print(request.author, 'asks for', ' + '.join(map(str, params)), flush=True)
    return sum(params)


client.open_sync()
client.provide('/add', add, numbers)
GLib.MainLoop().run()
