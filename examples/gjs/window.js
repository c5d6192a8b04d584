#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A window for GTK 4: who is on the bus, a chat on one topic, and a slider that follows another. Start it
// twice, or in two languages. The argument is the name under which others see you.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import Gtk from 'gi://Gtk?version=4.0';
import Minibus from 'gi://Minibus?version=1.0';
import System from 'system';

const client = new Minibus.Client({name: ARGV[0] ?? `${GLib.get_user_name()}-${new Gio.Credentials().get_unix_pid()}`});
client.open_sync();

const chat = client.create_publisher('/demo/chat', {type: 'string'});
const level = client.create_publisher('/demo/level', {type: 'number'});
const peers = new Gtk.StringList();
const lines = new Gtk.StringList();

function createList(strings, name) {
    const factory = new Gtk.SignalListItemFactory();
    factory.connect('setup', (_factory, item) => {
        item.child = new Gtk.Label({xalign: 0, wrap: true, margin_start: 6, margin_end: 6});
    });
    factory.connect('bind', (_factory, item) => {
        item.child.label = item.item.string;
    });

    const view = new Gtk.ListView({model: new Gtk.NoSelection({model: strings}), factory});
    view.update_property([Gtk.AccessibleProperty.LABEL], [name]);
    return new Gtk.ScrolledWindow({child: view, has_frame: true, vexpand: true});
}

function createColumn(heading, ...children) {
    const box = new Gtk.Box({orientation: Gtk.Orientation.VERTICAL, spacing: 6});
    for (const child of [new Gtk.Label({label: heading, xalign: 0, css_classes: ['heading']}), ...children])
        box.append(child);
    return box;
}

Gtk.init();

const entry = new Gtk.Entry({placeholder_text: 'Say something to all', hexpand: true});
const button = new Gtk.Button({label: 'Send'});
const slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 100, 1);

function send() {
    if (entry.text === '')
        return;
    try {
        chat.publish(entry.text);
    } catch (e) {
        lines.append(e.message);
    }
    entry.text = '';
}

entry.connect('activate', send);
button.connect('clicked', send);
client.subscribe('/demo/chat', {type: 'string'}).connect('message', (_subscriber, message) => {
    lines.append(`${message.author}: ${message.data}`);
});

// Only the newest position of a slider matters. What this window says comes back to it, late: heeding it would
// pull the slider from under the hand.
const moved = slider.connect('value-changed', () => level.publish(slider.get_value()));
const levels = client.subscribe('/demo/level', {type: 'number'});
levels.inbox_size = 1;
levels.overflow = Minibus.Overflow.DROP_OLDEST;
levels.connect('message', (_subscriber, message) => {
    if (message.author === client.name)
        return;
    GObject.signal_handler_block(slider, moved);
    slider.set_value(message.data);
    GObject.signal_handler_unblock(slider, moved);
});

// Each client answers this question with its name. Who has not answered the last three has gone.
const question = '/__minibus__/__listclients__';
const rounds = new Map();
let round = 0;

client.subscribe(`${question}/__reply__`, {type: 'string'}).connect('message', (_subscriber, message) => {
    if (!rounds.has(message.data))
        peers.append(message.data);
    rounds.set(message.data, round);
});

function ask() {
    for (let i = peers.get_n_items() - 1; i >= 0; i--) {
        const name = peers.get_string(i);
        if (rounds.get(name) + 3 <= round) {
            rounds.delete(name);
            peers.remove(i);
        }
    }
    round++;
    client.call(question).catch(e => console.debug(e.message));
    return GLib.SOURCE_CONTINUE;
}

const application = new Gtk.Application({application_id: 'org.libminibus.Demo', flags: Gio.ApplicationFlags.NON_UNIQUE});
application.connect('activate', () => {
    const row = new Gtk.Box({spacing: 6});
    row.append(entry);
    row.append(button);

    const peerColumn = createColumn('On the bus', createList(peers, 'On the bus'));
    const chatColumn = createColumn('Chat', createList(lines, 'Chat'), row);
    peerColumn.width_request = 180;
    chatColumn.hexpand = true;

    entry.update_property([Gtk.AccessibleProperty.LABEL], ['Message']);
    slider.update_property([Gtk.AccessibleProperty.LABEL], ['Level']);
    slider.draw_value = true;
    slider.value_pos = Gtk.PositionType.RIGHT;

    const grid = new Gtk.Grid({
        column_spacing: 12, row_spacing: 12,
        margin_top: 12, margin_bottom: 12, margin_start: 12, margin_end: 12,
    });
    grid.attach(peerColumn, 0, 0, 1, 1);
    grid.attach(chatColumn, 1, 0, 1, 1);
    grid.attach(createColumn('Level', slider), 0, 1, 2, 1);

    new Gtk.ApplicationWindow({
        application, child: grid, titlebar: new Gtk.HeaderBar(), title: client.name,
        default_width: 560, default_height: 420,
    }).present();
    ask();
    GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, 1, ask);
});
System.exit(application.run([]));
