# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs programs that are written as for the Python library MiniBus, with the module that took its place.

Without arguments this is the test; `minibus-module.py KIND PROGRAM [KEY]` is one of the programs.
"""

import importlib
import os
import subprocess
import sys
import threading
import time
import unittest

ADDRESS = 'multicast:?interface=lo'
SECONDS = 60

# Like MiniBus's Twisted client with Twisted, the same without it, and its socket client.
KINDS = ('twisted', 'alone', 'socket')


def load(kind):
    if kind == 'alone':
        sys.modules['twisted'] = None
    minibus = importlib.import_module('minibus')
    return minibus.MiniBusSocketClient if kind == 'socket' else minibus.MiniBusTwistedClient


def programs(Client, kind, key):
    """The programs, as their authors might have written them."""

    def main(client):
        if kind == 'socket':
            if hasattr(client, 'run'):
                client.run()
            client.spin()
        else:
            client.exec_()

    def end(client):
        if kind == 'socket':
            client.close()
        else:
            client.exit_()

    class Publisher(Client):
        def __init__(self):
            Client.__init__(self, name='publisher', cryptokey=key)
            self.pub = self.publisher('/chatter', {'type': 'string'})

        def run(self):
            for number in range(3):
                self.pub(f'wub {number}')
            end(self)

    class Subscriber(Client):
        def __init__(self):
            Client.__init__(self, name='subscriber', cryptokey=key)
            self.subscribe('/chat.*', {'type': 'string'}, self.received)

        def received(self, data):
            print('received', data, flush=True)
            if data == 'wub 2':
                end(self)

    class Headers(Client):
        def __init__(self):
            Client.__init__(self, name='subscriber', cryptokey=key)
            self.subscribe('/chat.*', {'type': 'string'}, self.received, headers=True)

        def received(self, headers, data):
            print(headers['topic'], headers['author'], len(headers['idstr']) > 8, headers.get('gpg'), data, flush=True)
            if data == 'wub 2':
                end(self)

    class Service(Client):
        def __init__(self):
            Client.__init__(self, name='server', cryptokey=key)
            self.service_server('echoback', {}, {}, self.echo)

        def echo(self, srvid, data):
            if data == 'refuse':
                self.service_server_error(srvid, {'refused': data})
            else:
                self.service_server_return(srvid, f'I said {data}')

    class FuncService(Client):
        def __init__(self):
            Client.__init__(self, name='server', cryptokey=key)
            self.service_func_server('echoback', {}, {'type': 'string'}, self.echo)

        def echo(self, data):
            if data == 'refuse':
                raise Exception('I refuse')
            return f'I said {data}'

    class ServiceClient(Client):
        def __init__(self):
            Client.__init__(self, name='asker', cryptokey=key)
            self.ids = []
            self.asked = threading.Event()
            self.echoback = self.service_client('echoback', {}, {}, self.replied, self.failed)

        def run(self):
            self.ids.append(self.echoback('hello'))
            self.ids.append(self.echoback('refuse'))
            self.asked.set()

        def replied(self, reqstid, data):
            self.asked.wait()
            print('reply', self.ids.index(reqstid), data, flush=True)
            self.count()

        def failed(self, reqstid, data):
            self.asked.wait()
            print('error', self.ids.index(reqstid), data, flush=True)
            self.count()

        def count(self):
            self.ended = getattr(self, 'ended', 0) + 1
            if self.ended == 2:
                end(self)

    class FuncClient(Client):
        def __init__(self):
            Client.__init__(self, name='asker', cryptokey=key)
            self.echoback = self.service_func_client('echoback', {}, {})

        def run(self):
            print('reply', self.echoback('hello'), flush=True)
            try:
                self.echoback('refuse')
            except Exception as error:
                print('error', error, flush=True)
            end(self)

    if kind != 'socket':
        def run(self):
            response = yield self.echoback('hello')
            print('reply', response, flush=True)
            try:
                yield self.echoback('refuse')
            except Exception as error:
                print('error', error, flush=True)
            end(self)

        FuncClient.run = Client.inlineServiceCallbacks(run)

    classes = (Publisher, Subscriber, Headers, Service, FuncService, ServiceClient, FuncClient)
    return {klass.__name__: lambda klass=klass: main(klass()) for klass in classes}


class Programs(unittest.TestCase):
    def start(self, kind, program, key=None):
        command = [sys.executable, '-B', __file__, kind, program, *([key] if key else [])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @classmethod
    def setUpClass(cls):
        import gi
        gi.require_version('Minibus', '1.0')
        from gi.repository import Minibus
        cls.asker = Minibus.Client(name='test')
        cls.asker.open_sync()

    def end(self, process):
        output, _ = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 0)
        return output.splitlines()

    def check_messages(self, kind, key, program, expected):
        subscriber = self.start(kind, program, key)
        # These programs are on the bus before they listen, or offer anything.
        self.asker.create_publisher('/chatter', None).wait_for_subscriber_sync(SECONDS * 1000, None)
        self.end(self.start(kind, 'Publisher', key))
        self.assertEqual(self.end(subscriber), expected)

    def check_service(self, kind, service, client, expected):
        server = self.start(kind, service)
        self.asker.wait_for_service_sync('echoback', SECONDS * 1000, None)
        # Of two requests at a time, either may be answered first.
        self.assertEqual(sorted(self.end(self.start(kind, client))), sorted(expected))
        server.kill()
        server.wait()

    def test_publisher_and_subscriber(self):
        for kind in KINDS:
            with self.subTest(kind):
                self.check_messages(kind, None, 'Subscriber', [f'received wub {n}' for n in range(3)])

    def test_headers(self):
        for kind in KINDS[1:]:
            with self.subTest(kind):
                self.check_messages(kind, None, 'Headers', [f'/chatter publisher True None wub {n}' for n in range(3)])

    def test_encrypted(self):
        for kind in ('twisted', 'socket'):
            with self.subTest(kind):
                self.check_messages(kind, 'secret', 'Headers',
                                    [f'/chatter publisher True yes wub {n}' for n in range(3)])

    def test_service(self):
        for kind in KINDS:
            with self.subTest(kind):
                self.check_service(kind, 'Service', 'ServiceClient',
                                   ['reply 0 I said hello', "error 1 {'refused': 'refuse'}"])

    def test_function_service(self):
        for kind in KINDS:
            with self.subTest(kind):
                lines = ['reply I said hello', 'error mb-service-error-quark: I refuse (1)']
                self.check_service(kind, 'FuncService', 'FuncClient', lines)


class Module(unittest.TestCase):
    """In one process, on a bus of its own."""

    def setUp(self):
        os.environ['MINIBUS_ADDRESS'] = 'memory:' + self.id()
        self.addCleanup(os.environ.__setitem__, 'MINIBUS_ADDRESS', ADDRESS)
        self.Client = load('socket')
        self.client = self.Client()
        self.addCleanup(self.client.close)

    def test_nine_methods(self):
        import minibus
        api = minibus.MiniBusClientAPI('name')
        arguments = {'publisher': 2, 'subscribe': 3, 'unsubscribe': 2, 'service_client': 5, 'service_func_client': 3,
                     'service_server': 4, 'service_func_server': 4, 'service_server_return': 2,
                     'service_server_error': 2}
        for name, count in arguments.items():
            with self.assertRaises(NotImplementedError):
                getattr(api, name)(*range(count))
            self.assertIsNot(getattr(minibus.MiniBusSocketClient, name), getattr(minibus.MiniBusClientAPI, name))
            self.assertIsNot(getattr(minibus.MiniBusTwistedClient, name), getattr(minibus.MiniBusClientAPI, name))

    def test_callbacks_run_in_threads_in_order(self):
        seen, event = [], threading.Event()

        def received(data):
            seen.append((data, threading.current_thread()))
            if data == 99:
                event.set()

        self.client.subscribe('/order', {}, received)
        publish = self.client.publisher('/order', {})
        for number in range(100):
            self.assertIsNone(publish(number))
        self.assertTrue(event.wait(SECONDS))
        self.assertEqual([data for data, _thread in seen], list(range(100)))
        self.assertEqual(len({thread for _data, thread in seen}), 1)
        self.assertIsNot(seen[0][1], threading.current_thread())

    def test_each_callback_has_its_own_data(self):
        seen, event = [], threading.Barrier(3)

        def spoil(data):
            seen.append(list(data))
            data.append('spoiled')
            event.wait(SECONDS)

        self.client.subscribe('/own', {}, spoil)
        self.client.subscribe('/own', {}, lambda data: spoil(data))
        self.client.publisher('/own', {})([1])
        event.wait(SECONDS)
        self.assertEqual(seen, [[1], [1]])

    def test_unsubscribe(self):
        seen, event = [], threading.Event()
        self.client.subscribe('/a', {}, seen.append)
        self.client.subscribe('^/a$', {}, lambda _data: event.set())
        with self.assertRaises(Exception):
            self.client.subscribe('/a', {}, seen.append)
        self.client.unsubscribe('^/a', seen.append)
        with self.assertLogs('MiniBus', 'WARNING'):
            self.client.unsubscribe('/a', seen.append)
        with self.assertRaises(KeyError):
            self.client.unsubscribe('/b', seen.append)
        self.client.publisher('/a', {})(1)
        self.assertTrue(event.wait(SECONDS))
        self.assertEqual(seen, [])

    def test_services_may_call_each_other(self):
        factorial = self.client.service_func_client('/factorial', {}, {})
        self.client.service_func_server('/factorial', {}, {}, lambda n: n * factorial(n - 1) if n > 1 else 1)
        self.assertEqual(factorial(5), 120)

    def test_answers(self):
        ids = []
        self.client.service_server('/bad', {}, {'type': 'integer'}, lambda srvid, params: (
            ids.append(srvid), self.client.service_server_return(srvid, params)))
        call = self.client.service_func_client('/bad', {}, {'type': 'integer'})
        self.assertEqual(call(1), 1)
        with self.assertRaisesRegex(Exception, 'integer'):
            call('text')
        for func in (self.client.service_server_return, self.client.service_server_error):
            with self.assertRaises(KeyError):
                func(ids[0], 2)

    def test_errors(self):
        with self.assertRaises(Exception):
            self.client.subscribe('/bad', {'type': 'orange'}, print)
        publish = self.client.publisher('/conflict', {'type': 'string'})
        with self.assertRaises(Exception):
            self.client.subscribe('/conflict', {'type': 'number'}, print)
        for value in (5, float('nan'), {1}):
            with self.assertRaises(Exception):
                publish(value)

    def test_close_from_a_callback(self):
        self.client.subscribe('/end', {}, lambda _data: self.client.close())
        self.client.publisher('/end', {})(1)
        self.client.spin()
        self.client.close()
        deadline = time.monotonic() + SECONDS
        while threading.active_count() > 1 and time.monotonic() < deadline:
            time.sleep(0.001)
        self.assertEqual(threading.active_count(), 1)


if len(sys.argv) > 2:
    kind, program, *key = sys.argv[1:]
    programs(load(kind), kind, key[0] if key else None)[program]()
else:
    os.environ['MINIBUS_ADDRESS'] = ADDRESS
    unittest.main()
