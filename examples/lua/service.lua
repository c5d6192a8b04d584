#!/usr/bin/env lua5.3
-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Adds whole numbers for everyone who asks.

local lgi = require 'lgi'
local Minibus = lgi.require('Minibus', '1.0')

local client = Minibus.Client { name = 'adder' }

assert(client:open_sync())
assert(client:provide('/add', function(params, request)
   print(request.author .. ' asks for ' .. table.concat(params, ' + '))
   local sum = 0
   for _, number in ipairs(params) do sum = sum + number end
   return sum
end, { type = 'array', items = { type = 'integer' } }))
lgi.GLib.MainLoop():run()
