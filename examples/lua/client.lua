#!/usr/bin/env lua5.3
-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Asks a service for the sum of two numbers.

local Minibus = require('lgi').require('Minibus', '1.0')

local client = Minibus.Client { name = 'asker' }
assert(client:open_sync())

local sum, err = client:call_sync('/add', { 20, 22 }, 1000)
print(sum or err.message)
