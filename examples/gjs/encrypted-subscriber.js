#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Shows what those tell about doors who know the passphrase. The first argument is the file with the passphrase in its
// first line, or empty for the environment variable MINIBUS_PASSPHRASE; the second says how many messages to
// wait for, or there is no end.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Minibus from 'gi://Minibus?version=1.0';

const loop = new GLib.MainLoop(null, false);
const client = new Minibus.Client({name: 'guard'});
const alarm = {
    type: 'object',
    properties: {door: {type: 'string'}, open: {type: 'boolean'}},
    required: ['door', 'open'],
};
let count = Number(ARGV[1] ?? Infinity);

// Without the passphrase, or with another one, a message is of no use. It is counted, and told here.
client.connect('dropped::wrong-key', () => printerr('A message could not be read'));

if (ARGV[0])
    client.read_passphrase_sync(Gio.File.new_for_path(ARGV[0]).read(null));
client.open_sync();
client.subscribe('/alarm', alarm).connect('message', (_subscriber, message) => {
    const {door, open} = message.data;

    print(`${message.author}: the ${door} door is ${open ? 'open' : 'closed'}`);
    if (--count === 0)
        loop.quit();
});
loop.run();
