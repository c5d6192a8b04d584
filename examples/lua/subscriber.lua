#!/usr/bin/env lua5.3
-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Shows the weather that others tell: so many times as the argument says, or for ever.

local lgi = require 'lgi'
local Minibus = lgi.require('Minibus', '1.0')

local loop = lgi.GLib.MainLoop()
local client = Minibus.Client { name = 'display' }
local schema = {
   type = 'object',
   properties = { sky = { type = 'string' }, celsius = { type = 'number' } },
   required = { 'sky', 'celsius' },
}
local count = tonumber(arg[1]) or math.huge

assert(client:open_sync())
client:subscribe('/weather', schema).on_message = function(_, message)
   local weather = message.data

   print(('%s: %s, %g degrees'):format(message.author, weather.sky, weather.celsius))
   count = count - 1
   if count == 0 then loop:quit() end
end
loop:run()
