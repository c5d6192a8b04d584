#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Shows the weather that others tell: so many times as the argument says, or for ever.

import GLib from 'gi://GLib';
import Minibus from 'gi://Minibus?version=1.0';

const loop = new GLib.MainLoop(null, false);
const client = new Minibus.Client({name: 'display'});
const weather = {
    type: 'object',
    properties: {sky: {type: 'string'}, celsius: {type: 'number'}},
    required: ['sky', 'celsius'],
};
let count = Number(ARGV[0] ?? Infinity);

client.open_sync();
client.subscribe('/weather', weather).connect('message', (_subscriber, message) => {
    const {sky, celsius} = message.data;

    print(`${message.author}: ${sky}, ${celsius} degrees`);
    if (--count === 0)
        loop.quit();
});
loop.run();
