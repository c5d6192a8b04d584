#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tells who comes to the bus, and who goes.

import GLib from 'gi://GLib';
import Minibus from 'gi://Minibus?version=1.0';

const client = new Minibus.Client({name: 'watcher'});
const directory = new Minibus.Directory({client});

for (const [signal, what] of [['peer-appeared', 'came'], ['peer-vanished', 'went']]) {
    directory.connect(signal, (_directory, peer) => {
        if (!peer.is_own)
            print(peer.name, what);
    });
}
client.open_sync();
new GLib.MainLoop(null, false).run();
