#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Tells the weather once. The environment variable MINIBUS_ADDRESS says on which bus.

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import Minibus

client = Minibus.Client(name='station')
client.open_sync()

publisher = client.create_publisher('/weather')
publisher.publish({'sky': 'clear', 'celsius': 21.5})
print('told: clear, 21.5 degrees')
