#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# A window for GTK 4: who is on the bus, a chat on one topic, and a slider that follows another. Start it
# twice, or in two languages. The argument is the name under which others see you.

import os
import sys

import gi

gi.require_version('Gtk', '4.0')
gi.require_version('Minibus', '1.0')

from gi.repository import Gio, GLib, Gtk, Minibus

client = Minibus.Client(name=sys.argv[1] if len(sys.argv) > 1 else f'{GLib.get_user_name()}-{os.getpid()}')
client.open_sync()

chat = client.create_publisher('/demo/chat', {'type': 'string'})
level = client.create_publisher('/demo/level', {'type': 'number'})
peers = Gtk.StringList()
lines = Gtk.StringList()

entry = Gtk.Entry(placeholder_text='Say something to all', hexpand=True)
button = Gtk.Button(label='Send')
slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 100, 1)


def create_list(strings, name):
    factory = Gtk.SignalListItemFactory()
    factory.connect('setup', lambda _factory, item: item.set_child(
        Gtk.Label(xalign=0, wrap=True, margin_start=6, margin_end=6)))
    factory.connect('bind', lambda _factory, item: item.get_child().set_label(item.get_item().get_string()))
    view = Gtk.ListView(model=Gtk.NoSelection(model=strings), factory=factory)
    view.update_property([Gtk.AccessibleProperty.LABEL], [name])
    return Gtk.ScrolledWindow(child=view, has_frame=True, vexpand=True)


def create_column(heading, *children):
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
    for child in [Gtk.Label(label=heading, xalign=0, css_classes=['heading']), *children]:
        box.append(child)
    return box


def send(_widget):
    if not entry.get_text():
        return
    try:
        chat.publish(entry.get_text())
    except GLib.Error as error:
        lines.append(error.message)
    entry.set_text('')


def on_chat(_subscriber, message):
    lines.append(f'{message.author}: {message.data}')


def on_level(_subscriber, message):
    # What this window says comes back to it, late: heeding it would pull the slider from under the hand.
    if message.author == client.name:
        return
    with slider.handler_block(moved):
        slider.set_value(message.data)


# Each client answers this question with its name. Who has not answered the last three has gone.
QUESTION = '/__minibus__/__listclients__'
rounds = {}
number = 0


def on_peer(_subscriber, message):
    if message.data not in rounds:
        peers.append(message.data)
    rounds[message.data] = number


def ask():
    global number

    for i in reversed(range(peers.get_n_items())):
        name = peers.get_string(i)
        if rounds[name] + 3 <= number:
            del rounds[name]
            peers.remove(i)
    number += 1
    client.call_async(QUESTION)
    return GLib.SOURCE_CONTINUE


def activate(application):
    row = Gtk.Box(spacing=6)
    row.append(entry)
    row.append(button)

    peer_column = create_column('On the bus', create_list(peers, 'On the bus'))
    chat_column = create_column('Chat', create_list(lines, 'Chat'), row)
    peer_column.set_size_request(180, -1)
    chat_column.set_hexpand(True)

    entry.update_property([Gtk.AccessibleProperty.LABEL], ['Message'])
    slider.update_property([Gtk.AccessibleProperty.LABEL], ['Level'])
    slider.set_draw_value(True)
    slider.set_value_pos(Gtk.PositionType.RIGHT)

    grid = Gtk.Grid(column_spacing=12, row_spacing=12,
                    margin_top=12, margin_bottom=12, margin_start=12, margin_end=12)
    grid.attach(peer_column, 0, 0, 1, 1)
    grid.attach(chat_column, 1, 0, 1, 1)
    grid.attach(create_column('Level', slider), 0, 1, 2, 1)

    Gtk.ApplicationWindow(application=application, child=grid, titlebar=Gtk.HeaderBar(), title=client.name,
                          default_width=560, default_height=420).present()
    ask()
    GLib.timeout_add_seconds(1, ask)


entry.connect('activate', send)
button.connect('clicked', send)
moved = slider.connect('value-changed', lambda _slider: level.publish(slider.get_value()))

client.subscribe('/demo/chat', {'type': 'string'}).connect('message', on_chat)
client.subscribe(f'{QUESTION}/__reply__', {'type': 'string'}).connect('message', on_peer)
# Only the newest position of a slider matters.
levels = client.subscribe('/demo/level', {'type': 'number'})
levels.inbox_size = 1
levels.overflow = Minibus.Overflow.DROP_OLDEST
levels.connect('message', on_level)

application = Gtk.Application(application_id='org.libminibus.Demo', flags=Gio.ApplicationFlags.NON_UNIQUE)
application.connect('activate', activate)
sys.exit(application.run([]))
