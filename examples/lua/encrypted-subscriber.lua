#!/usr/bin/env lua5.3
-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Shows what those tell about doors who know the passphrase. The first argument is the file with the passphrase in its
-- first line, or empty for the environment variable MINIBUS_PASSPHRASE; the second says how many messages to
-- wait for, or there is no end.

local lgi = require 'lgi'
local Minibus = lgi.require('Minibus', '1.0')

local loop = lgi.GLib.MainLoop()
local client = Minibus.Client { name = 'guard' }
local schema = {
   type = 'object',
   properties = { door = { type = 'string' }, open = { type = 'boolean' } },
   required = { 'door', 'open' },
}
local count = tonumber(arg[2]) or math.huge

-- Without the passphrase, or with another one, a message is of no use. It is counted, and told here.
client.on_dropped:connect(function() io.stderr:write('A message could not be read\n') end, 'wrong-key')

if arg[1] and arg[1] ~= '' then
   assert(client:read_passphrase_sync(assert(lgi.Gio.File.new_for_path(arg[1]):read())))
end
assert(client:open_sync())
client:subscribe('/alarm', schema).on_message = function(_, message)
   local alarm = message.data

   print(('%s: the %s door is %s'):format(message.author, alarm.door, alarm.open and 'open' or 'closed'))
   count = count - 1
   if count == 0 then loop:quit() end
end
loop:run()
