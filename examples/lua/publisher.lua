#!/usr/bin/env lua5.3
-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Tells the weather once. The environment variable MINIBUS_ADDRESS says on which bus.

local Minibus = require('lgi').require('Minibus', '1.0')

local client = Minibus.Client { name = 'station' }
assert(client:open_sync())

local publisher = client:create_publisher('/weather')
assert(publisher:publish { sky = 'clear', celsius = 21.5 })
print('told: clear, 21.5 degrees')
