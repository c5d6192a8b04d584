#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tells once that a door is open, to those who know the passphrase. It is the first line of the file that the
// argument names; without one, what the environment variable MINIBUS_PASSPHRASE holds.

import Gio from 'gi://Gio';
import Minibus from 'gi://Minibus?version=1.0';

const client = new Minibus.Client({name: 'door'});
if (ARGV[0])
    client.read_passphrase_sync(Gio.File.new_for_path(ARGV[0]).read(null));
client.open_sync();

client.create_publisher('/alarm').publish({door: 'front', open: true});
// It is encrypted in a thread: what ends has to wait for that.
client.flush_sync();
print('told: the front door is open');
