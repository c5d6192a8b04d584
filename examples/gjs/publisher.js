#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tells the weather once. The environment variable MINIBUS_ADDRESS says on which bus.

import Minibus from 'gi://Minibus?version=1.0';

const client = new Minibus.Client({name: 'station'});
client.open_sync();

const publisher = client.create_publisher('/weather');
publisher.publish({sky: 'clear', celsius: 21.5});
print('told: clear, 21.5 degrees');
