#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Tells who comes to the bus, and who goes.

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import GLib, Minibus

client = Minibus.Client(name='watcher')
directory = Minibus.Directory(client=client)


def tell(_directory, peer, what):
    if not peer.is_own:
        print(peer.name, what, flush=True)


directory.connect('peer-appeared', tell, 'came')
directory.connect('peer-vanished', tell, 'went')
client.open_sync()
GLib.MainLoop().run()
