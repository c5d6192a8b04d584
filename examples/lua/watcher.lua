#!/usr/bin/env lua5.3
-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Tells who comes to the bus, and who goes.

local lgi = require 'lgi'
local Minibus = lgi.require('Minibus', '1.0')

local client = Minibus.Client { name = 'watcher' }
local directory = Minibus.Directory { client = client }

io.stdout:setvbuf('line')
function directory:on_peer_appeared(peer)
   if not peer.is_own then print(peer.name .. ' came') end
end
function directory:on_peer_vanished(peer)
   if not peer.is_own then print(peer.name .. ' went') end
end

assert(client:open_sync())
lgi.GLib.MainLoop():run()
