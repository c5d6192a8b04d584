#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Asks a service for the sum of two numbers.

import Minibus from 'gi://Minibus?version=1.0';

const client = new Minibus.Client({name: 'asker'});
client.open_sync();

try {
    print(await client.call('/add', [20, 22], {timeout: 1000}));
} catch (e) {
    printerr(e.message);
}
