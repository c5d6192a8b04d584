#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Tells once that a door is open, to those who know the passphrase. It is the first line of the file that the
# argument names; without one, what the environment variable MINIBUS_PASSPHRASE holds.

import sys

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import Gio, Minibus

client = Minibus.Client(name='door')
if len(sys.argv) > 1:
    client.read_passphrase_sync(Gio.File.new_for_path(sys.argv[1]).read())
client.open_sync()

client.create_publisher('/alarm').publish({'door': 'front', 'open': True})
# It is encrypted in a thread: what ends has to wait for that.
client.flush_sync()
print('told: the front door is open')
