#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Asks a service for the sum of two numbers.

import sys

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import GLib, Minibus

client = Minibus.Client(name='asker')
client.open_sync()

try:
    print(client.call_sync('/add', [20, 22], timeout=1000))
except GLib.Error as error:
    sys.exit(error.message)
