# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Does what docs/protocol.md says, by its text alone, and sees whether the library understands, and does so too."""

import json
import pathlib
import re
import socket
import struct
import sys
import unittest

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import GLib, Minibus

PAGE = pathlib.Path(sys.argv.pop(1)).read_text(encoding='utf-8')
GROUP, PORT = '228.0.0.5', 8005


def example():
    """The packet of section 2, in one line as it is on the wire."""
    (text,) = re.findall(r'^```json\n(\{"header".*?)```$', PAGE, re.MULTILINE | re.DOTALL)
    return text.replace('\n', '')


def fnv1a(topic):
    value = 0x811c9dc5
    for byte in topic.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return f'{value:08x}'


def wait_for(condition):
    timeout = GLib.timeout_add_seconds(20, lambda: GLib.SOURCE_CONTINUE)
    end = GLib.get_monotonic_time() + 20 * 1000000
    while not condition() and GLib.get_monotonic_time() < end:
        GLib.MainContext.default().iteration(True)
    GLib.source_remove(timeout)
    return condition()


class TestProtocolPage(unittest.TestCase):
    def setUp(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        self.socket.bind((GROUP, PORT))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                               struct.pack('4s4s', socket.inet_aton(GROUP), socket.inet_aton('0.0.0.0')))
        self.socket.settimeout(20)
        self.client = Minibus.Client(name='page')
        self.client.open_sync()
        self.addCleanup(self.client.close)

    def receive(self, topic):
        while True:
            packet = self.socket.recv(65507).decode()
            if json.loads(packet)['header']['topic'] == topic:
                return packet

    def check_tag(self, packet):
        header = json.loads(packet)['header']
        tag = header['mb']
        self.assertTrue(packet.startswith('{"header":{"mb":{"t":"'), packet)
        for name, place, length in (('t', 22, 8), ('s', 37, 16), ('n', 60, 12)):
            self.assertIn(f'is at byte {place}' if name == 't' else f'`{name}`', PAGE)
            self.assertEqual(packet[place:place + length], tag[name])
            self.assertRegex(tag[name], f'^[0-9a-f]{{{length}}}$')
        self.assertEqual(tag['t'], fnv1a(header['topic']))

    def test_the_example_is_as_the_page_says(self):
        self.check_tag(example())

    def test_the_library_takes_the_example(self):
        messages = []
        subscriber = self.client.subscribe('/weather')
        subscriber.connect('message', lambda _subscriber, message: messages.append(message))
        self.socket.sendto(example().encode(), (GROUP, PORT))
        self.assertTrue(wait_for(lambda: messages))
        self.assertEqual(messages[0].data, {'sky': 'clear'})
        self.assertEqual(messages[0].author, 'station')
        self.assertEqual(messages[0].get_session(), '9b0c41d6c04d5e7f')
        self.assertEqual(messages[0].id, '9b0c41d6c04d5e7f-1')

    def test_the_library_sends_what_the_page_says(self):
        self.client.create_publisher('/weather').publish({'sky': 'clear'})
        packet = self.receive('/weather')
        self.check_tag(packet)
        mine, theirs = (json.loads(text) for text in (packet, example()))
        self.assertEqual(list(mine), list(theirs))
        self.assertEqual(list(mine['header']), list(theirs['header']))
        self.assertEqual(mine['data'], theirs['data'])
        self.assertEqual(mine['header']['mb']['n'], theirs['header']['mb']['n'])

    def test_a_service_is_called_by_packets_alone(self):
        self.client.provide('/add', lambda params, request: sum(params))
        replies = []
        subscriber = self.client.subscribe('/add/__reply__')
        subscriber.connect('message', lambda _subscriber, message: replies.append(message))
        header = {'topic': '/add/__request__', 'author': 'page', 'idstr': '5f0c7f6e-0f0e-4d0a-9f4e-0c9f7d8d2f10'}
        self.socket.sendto(json.dumps({'header': header, 'data': '[20,22]'}).encode(), (GROUP, PORT))
        self.assertTrue(wait_for(lambda: replies))
        reply = json.loads(self.receive('/add/__reply__'))
        self.assertEqual(reply['header']['idstr'], header['idstr'])
        self.assertEqual(reply['data'], '42')


unittest.main()
