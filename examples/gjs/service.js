#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Adds whole numbers for everyone who asks.

import GLib from 'gi://GLib';
import Minibus from 'gi://Minibus?version=1.0';

const numbers = {type: 'array', items: {type: 'integer'}};
const client = new Minibus.Client({name: 'adder'});

client.open_sync();
client.provide('/add', (params, request) => {
    print(`${request.author} asks for ${params.join(' + ')}`);
    return params.reduce((sum, number) => sum + number, 0);
}, numbers);
new GLib.MainLoop(null, false).run();
