#!/usr/bin/env lua5.3
-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Tells once that a door is open, to those who know the passphrase. It is the first line of the file that the
-- argument names; without one, what the environment variable MINIBUS_PASSPHRASE holds.

local lgi = require 'lgi'
local Minibus = lgi.require('Minibus', '1.0')

local client = Minibus.Client { name = 'door' }
if arg[1] then
   assert(client:read_passphrase_sync(assert(lgi.Gio.File.new_for_path(arg[1]):read())))
end
assert(client:open_sync())

assert(client:create_publisher('/alarm'):publish { door = 'front', open = true })
-- It is encrypted in a thread: what ends has to wait for that.
assert(client:flush_sync())
print('told: the front door is open')
