# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The scenarios that every language has to pass, in Python."""

import asyncio
import collections
import gc
import json
import logging
import re
import sys
import threading
import time
import traceback

import gbulb
import gi

gi.require_version('Json', '1.0')
gi.require_version('Minibus', '1.0')

from gi.repository import Gio, GLib, GObject, Json, Minibus

VALUES = [
    None, True, False, 0, -1, 2**53 + 1, 2**63 - 1, -2**63, 2**64 - 1, 0.1, 1e300, 1.0, '',
    'ünïcödé 😀 \u0001"\\/\n\u2028', [], {}, [[], {}, None], {'': {'a': [1, {'b': None}]}, 'ключ': [True]},
]

SCENARIOS = {}
MAIN = threading.get_ident()
address = None


def scenario(func):
    SCENARIOS[func.__name__] = func


def until(condition):
    context = GLib.MainContext.default()
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, 'still waiting'
        if not context.iteration(False):
            time.sleep(0.001)


def iterate(milliseconds=20):
    passed = []
    GLib.timeout_add(milliseconds, lambda: passed.append(True))
    until(lambda: passed)


def failure(kind, code, func, *args, **kwargs):
    """Calls what has to fail with a GLib.Error of the domain of `kind`."""
    try:
        func(*args, **kwargs)
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark() if kind is Gio.IOErrorEnum else kind, code), repr(error)
        return error
    raise AssertionError(f'{func} did not fail')


def open_client(name):
    client = Minibus.Client(name=name, address=address)
    client.open_sync()
    return client


def collect(subscriber, signal='message'):
    values = []
    subscriber.connect(signal, lambda _subscriber, message: values.append(message.data))
    return values


async def reason(awaitable):
    """The error that awaiting ends with."""
    try:
        await awaitable
    except GLib.Error as error:
        return error
    raise AssertionError('It did not fail')


def call(caller, *args, **kwargs):
    """Calls without blocking, so that all services in this process get their turn."""
    results = []
    caller.call_async(*args, callback=lambda _caller, result: results.append(result), **kwargs)
    until(lambda: results)
    return caller.call_finish(results[0])


@scenario
def values():
    client = open_client('values')
    messages = []
    client.subscribe('/values').connect('message', lambda _subscriber, message: messages.append(message))
    publisher = client.create_publisher('/values')
    for value in VALUES:
        assert publisher.publish(value)
    publisher.publish((1, collections.ChainMap({'a': collections.OrderedDict(b=1)})))
    publisher.publish(Json.from_string('[1,"node"]'))
    publisher.publish_text('[9007199254740993]')
    until(lambda: len(messages) == len(VALUES) + 3)
    got = [message.data for message in messages]
    assert got[:-3] == VALUES, got
    assert [type(value) for value in got[:-3]] == [type(value) for value in VALUES]
    assert got[-3:] == [[1, {'a': {'b': 1}}], [1, 'node'], [9007199254740993]]
    message = messages[0]
    assert message.topic == message.get_topic() == message.props.topic == '/values'
    assert message.author == 'values'
    assert message.header is None
    assert isinstance(message.get_data(), Json.Node)
    client.close()


@scenario
def header():
    client = open_client('header')
    headers = []
    client.subscribe('/header').connect('message', lambda _subscriber, message: headers.append(message.header))
    packet = {'header': {'topic': '/header', 'author': 'stranger', 'idstr': '1', 'room': [1]}, 'data': '1'}
    client.transport.send('/header', json.dumps(packet).encode())
    until(lambda: headers)
    assert headers[0]['room'] == [1]


@scenario
def no_json_form():
    client = open_client('no-json-form')
    publisher = client.create_publisher('/no-json-form')
    cycle = {}
    cycle['self'] = cycle
    for value in (float('nan'), float('inf'), lambda: 1, cycle, {1}, b'bytes', bytearray(b'a'), object(),
                  {'deep': [float('nan')]}, 1j, client, '\ud800', {(1, 2): 3}):
        try:
            publisher.publish(value)
        except (TypeError, ValueError):
            continue
        raise AssertionError(value)
    deep = None
    for _level in range(2000):
        deep = [deep]
    for value, text in (({'a': [1, {'b/c': float('nan')}]}, 'at /a/1/b~1c is nan'), ({'x': b''}, 'at /x is of the class bytes'),
                        ({'x': cycle}, 'at /x/self'), ({'x': ['\ud800']}, 'at /x/0 is a string with half'),
                        ({'x': {(1, 2): 3}}, 'at /x has the key (1, 2)'), (deep, 'nested too deep')):
        try:
            publisher.publish(value)
        except (TypeError, ValueError) as error:
            assert text in str(error), error
    failure(Minibus.JsonError, Minibus.JsonError.ENCODING, publisher.publish, 'a\0b')
    failure(Minibus.JsonError, Minibus.JsonError.NUMBER, publisher.publish, 2**64)
    failure(Minibus.JsonError, Minibus.JsonError.DUPLICATE, publisher.publish, {1: 1, '1': 2})
    assert client.n_sent == 0


@scenario
def properties():
    client = open_client('properties')
    subscriber = client.subscribe('/properties')
    subscriber.inbox_size = 7
    assert subscriber.get_inbox_size() == subscriber.props.inbox_size == subscriber.inbox_size == 7
    caller = client.create_service_client('/properties')
    caller.timeout = 20
    assert caller.get_timeout() == 20
    assert client.is_open
    try:
        client.is_open = False
    except TypeError:
        return
    raise AssertionError('is_open is not writable')


@scenario
def detailed_signal():
    client = open_client('detailed')
    subscriber = client.subscribe('/detailed/.*')
    everything = collect(subscriber)
    some = collect(subscriber, 'message::/detailed/b')
    for name in 'abc':
        client.create_publisher(f'/detailed/{name}').publish(name)
    until(lambda: len(everything) == 3)
    assert some == ['b'], some
    subscriber.close()


@scenario
def schema():
    failure(Minibus.SchemaError, Minibus.SchemaError.INVALID, Minibus.Schema.new_from_text, '{"type": 5}')
    client = open_client('schema')
    failure(Minibus.SchemaError, Minibus.SchemaError.INVALID, client.subscribe, '/schema', {'type': 5})
    publisher = client.create_publisher('/schema', schema={'type': 'array', 'items': {'type': 'integer'}})
    failure(Minibus.SchemaError, Minibus.SchemaError.VIOLATION, publisher.publish, ['one'])
    assert publisher.publish([1])
    assert publisher.schema.validate([1])
    assert publisher.schema.validate(Json.from_string('[1]'))
    assert publisher.schema.report(['one'])['valid'] is False
    client.subscribe('/other', publisher.schema)
    integer = {'type': 'integer'}
    client.provide('/half', lambda n, _request: n / 2 if n % 2 else n // 2, integer, integer)
    assert call(client, '/half', 4) == 2
    for value in ('four', 3):
        try:
            call(client, '/half', value)
        except GLib.Error as error:
            assert error.domain in ('mb-schema-error-quark', 'mb-service-error-quark'), repr(error)
        else:
            raise AssertionError(value)


@scenario
def service():
    client = open_client('service')
    caller = open_client('caller')

    def later(_service, request):
        GLib.timeout_add(5, lambda: request.return_value([request.params]) and False)
        return True

    def throws(_service, _request):
        raise LookupError('It rains')

    client.create_service('/now').connect(
        'request', lambda _service, request: request.return_value({'got': request.params}))
    client.create_service('/later').connect('request', later)
    client.create_service('/refuses').connect(
        'request', lambda _service, request: request.return_error_value({'code': 7}))
    client.create_service('/throws').connect('request', throws)
    client.create_service('/ignores').connect('request', lambda _service, _request: False)
    client.create_service('/nothing')
    assert call(caller, '/now', {'a': 1}) == {'got': {'a': 1}}
    assert call(caller, '/now') == {'got': None}
    assert call(caller, '/later', 'x') == ['x']
    hook, sys.excepthook = sys.excepthook, lambda *_args: None
    for name in ('/ignores', '/nothing', '/throws'):
        failure(Minibus.ServiceError, Minibus.ServiceError.REMOTE, call, caller, name)
    sys.excepthook = hook
    error = failure(Minibus.ServiceError, Minibus.ServiceError.REMOTE, call, caller, '/refuses')
    assert error.message == '{"code":7}', error.message
    assert call(caller, '/now', 1) == {'got': 1}


@scenario
def provide():
    client = open_client('provide')

    def throws(_params, _request):
        raise LookupError('It rains')

    def library(_params, _request):
        raise GLib.Error.new_literal(Gio.io_error_quark(), 'It snows', Gio.IOErrorEnum.NOT_FOUND)

    client.provide('/add', sum)
    client.provide('/one', lambda params: params)
    client.provide('/nothing', lambda _params, _request: None)
    client.provide('/answers', lambda _params, request: request.return_value('by itself'))
    client.provide('/throws', throws)
    client.provide('/library', library)
    client.provide('/bad', lambda _params, _request: {1, 2})
    client.provide('/surrogate', lambda _params, _request: '\ud800')
    assert call(client, '/add', [1, 2]) == 3
    assert call(client, '/nothing') is None
    assert call(client, '/one', {'a': 1}) == {'a': 1}
    assert call(client, '/answers') == 'by itself'
    texts = {'/throws': 'It rains', '/library': 'It snows', '/bad': 'set', '/surrogate': 'surrogate'}
    for name, text in texts.items():
        error = failure(Minibus.ServiceError, Minibus.ServiceError.REMOTE, call, client, name)
        assert text in error.message, error.message


@scenario
def calls():
    client = open_client('calls')
    add = client.create_service_client('/add')
    requests, replies = [], []
    client.provide('/add', lambda params, _request: sum(params))
    client.create_service('/silent').connect('request', lambda _service, request: requests.append(request) or True)
    assert call(add, [1, 2]) == 3
    assert add.call_sync([4]) == 4
    assert add.call_text_sync('[]') == '0'
    assert client.call_sync('/add', [8, 9], timeout=5000) == 17
    assert client.call_sync(name='/add', params=[1]) == 1
    assert client.call_text_sync('/add', '[1]', 0) == '1'
    assert client.call_sync('/add', Json.from_string('[2]')) == 2
    add.connect('reply', lambda _add, request_id, message: replies.append((request_id, message.data)))
    request_id = add.call_text('[5, 5]')
    until(lambda: replies)
    assert replies == [(request_id, 10)], replies

    silent = client.create_service_client('/silent')
    silent.timeout = 20
    failure(Minibus.ServiceError, Minibus.ServiceError.TIMED_OUT, call, silent)
    failure(Minibus.ServiceError, Minibus.ServiceError.TIMED_OUT, call, client, '/silent', timeout=20)
    failure(Minibus.ServiceError, Minibus.ServiceError.TIMED_OUT, silent.call_sync)
    cancellable = Gio.Cancellable()
    GLib.idle_add(cancellable.cancel)
    failure(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, call, client, '/silent', cancellable=cancellable)
    GLib.idle_add(client.close)
    failure(Minibus.ClientError, Minibus.ClientError.CLOSED, call, client, '/silent')
    opened = []
    client.open_async(callback=lambda _client, result: opened.append(result))
    until(lambda: opened)
    assert client.open_finish(opened[0])
    assert call(add, [1]) == 1
    failure(Minibus.ClientError, Minibus.ClientError.ALREADY_OPEN, client.open_sync)


@scenario
def dropped():
    client = open_client('dropped')
    seen = []
    client.connect('dropped', lambda _client, reason, count, _topic, _detail: seen.append((reason, count)))
    client.transport.send('/dropped', b'not JSON')
    until(lambda: seen)
    assert seen == [(Minibus.DropReason.NOT_JSON, 1)], seen
    assert client.get_dropped(Minibus.DropReason.NOT_JSON) == client.dropped_not_json == 1


@scenario
def several_clients():
    clients = [open_client(name) for name in ('one', 'two', 'three')]
    inboxes = [collect(client.subscribe('/several')) for client in clients]
    for number, client in enumerate(clients):
        client.create_publisher('/several').publish(number)
    until(lambda: all(len(inbox) == 3 for inbox in inboxes))
    clients[0].close()
    clients[1].create_publisher('/several').publish('more')
    until(lambda: len(inboxes[1]) == len(inboxes[2]) == 4)
    assert len(inboxes[0]) == 3


@scenario
def garbage():
    client = open_client('garbage')
    messages = []
    client.subscribe('/garbage').connect('message', lambda _subscriber, message: messages.append(message.data))
    client.create_service('/signal').connect(
        'request', lambda _service, request: request.return_value(request.params))
    client.provide('/function', lambda params, _request: params)
    publisher = client.create_publisher('/garbage')
    for number in range(1, 6):
        gc.collect()
        publisher.publish(number)
        until(lambda: len(messages) == number)
        assert call(client, '/signal', number) == call(client, '/function', number) == number


@scenario
def dropped_request():
    client = open_client('dropped-request')
    client.create_service('/forgets').connect('request', lambda _service, _request: True)
    failure(Minibus.ServiceError, Minibus.ServiceError.REMOTE, call, client, '/forgets')


@scenario
def threads():
    client = open_client('threads')
    seen = set()

    def note(*_args):
        seen.add(threading.get_ident())

    client.subscribe('/threads').connect('message', note)
    client.connect('dropped', note)
    client.provide('/threads', note)
    client.create_publisher('/threads').publish(1)
    client.transport.send('/threads', b'{')
    assert call(client, '/threads') is None
    client.call_sync('/__minibus__/__listclients__')
    until(lambda: client.dropped_not_json == 1)
    iterate()
    assert seen == {MAIN}, seen


@scenario
def pending_calls():
    errors = []

    def done(caller, result):
        try:
            caller.call_finish(result)
        except GLib.Error as error:
            errors.append(error)

    def start():
        client = open_client('pending-calls')
        caller = client.create_service_client('/nobody')
        caller.timeout = 50
        for number in range(10):
            caller.call_async(number, None, done)
            client.call_async('/nobody', number, 50, None, done)

    start()
    for _i in range(10):
        gc.collect()
        iterate(1)
    until(lambda: len(errors) == 20)


def loops():
    """What a program may run its coroutines with: asyncio alone, or an event loop of GLib."""
    yield 'asyncio', asyncio.run
    yield 'gbulb', gbulb.GLibEventLoop(context=GLib.MainContext.default()).run_until_complete


def coroutine_scenario(func):
    def run():
        for name, run_in in loops():
            global address
            before = address
            address = address.replace('memory:', f'memory:{name}-')
            run_in(asyncio.wait_for(func(), 30))
            address = before
            gc.collect()
    run.__name__ = func.__name__
    SCENARIOS[func.__name__] = run


def in_background(func):
    """As asyncio.create_task(), for when nobody cares about the end."""
    return asyncio.get_running_loop().create_task(func)


@coroutine_scenario
async def awaiting():
    async with Minibus.Client(name='awaiting', address=address) as client:
        assert client.is_open
        assert await client.flush()
        error = await reason(client.open())
        assert error.matches(Minibus.ClientError, Minibus.ClientError.ALREADY_OPEN)
        assert error.matches(Minibus.client_error_quark(), Minibus.ClientError.ALREADY_OPEN)
        assert not error.matches(Minibus.ServiceError, Minibus.ServiceError.TIMED_OUT)

        @client.service('/add', {'type': 'array'}, {'type': 'integer'})
        def add(params):
            return sum(params)

        @client.service('/later')
        async def later(params, request):
            await asyncio.sleep(0.001)
            if params == 'fail':
                raise LookupError('It pours')
            return [params, request.author]

        assert add([1, 2]) == 3
        for number in range(100):
            assert await client.call('/add', [number, 1]) == number + 1
        assert await client.call_text('/add', '[1]') == '1'
        assert await client.call('/later', 'x', 5000) == ['x', 'awaiting']
        service = client.create_service_client('/later')
        assert await service.call('y') == ['y', 'awaiting']
        answers = await asyncio.gather(*(client.call('/later', number) for number in range(20)))
        assert [answer[0] for answer in answers] == list(range(20))
        assert 'It pours' in (await reason(client.call('/later', 'fail'))).message
        error = await reason(client.call('/nobody', timeout=10))
        assert error.matches(Minibus.ServiceError, Minibus.ServiceError.TIMED_OUT)
        try:
            await client.call('/add', [{1, 2}])
        except TypeError as problem:
            assert 'at /0 is of the class set' in str(problem)
        assert client.call_sync('/add', [5]) == 5
    assert not client.is_open


@coroutine_scenario
async def cancelling():
    client = open_client('cancelling')
    asked = []
    client.create_service('/silent').connect('request', lambda _service, request: asked.append(request) or True)
    cancellable = Gio.Cancellable()
    asyncio.get_running_loop().call_later(0.01, cancellable.cancel)
    error = await reason(client.call('/silent', cancellable=cancellable))
    assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
    error = await reason(client.call('/silent', cancellable=cancellable))
    assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)

    # Cancelling a task cancels what it waits for, and nobody else.
    other = in_background(client.call('/silent', 1))
    task = in_background(client.call('/silent', 2))
    while len(asked) < 3:
        await asyncio.sleep(0.001)
    task.cancel()
    try:
        await task
        raise AssertionError('It was not cancelled')
    except asyncio.CancelledError:
        pass
    asked[-2].return_value('first')
    assert await other == 'first'

    # Who stops waiting for a message leaves it to the next one.
    subscriber = client.subscribe('/cancelling')
    for number in range(50):
        try:
            waiting = in_background(subscriber.receive())
            await asyncio.sleep(0)
            client.create_publisher('/cancelling').publish(number)
            for _turn in range(number % 7):
                await asyncio.sleep(0)
            waiting.cancel()
            got = await waiting
        except asyncio.CancelledError:
            got = await subscriber.receive()
        assert got.data == number, got


@coroutine_scenario
async def async_for():
    client = open_client('async-for')
    subscriber = client.subscribe('/async-for')
    publisher = client.create_publisher('/async-for')
    seen = []
    for number in range(10):
        publisher.publish(number)
    async for message in subscriber:
        seen.append(message.data)
        await client.flush()
        if len(seen) == 4:
            break
    gc.collect()
    async for message in subscriber:
        seen.append(message.data)
        if len(seen) == 10:
            subscriber.close()
    assert seen == list(range(10)), seen
    assert (await reason(subscriber.receive())).matches(Minibus.ClientError, Minibus.ClientError.CLOSED)
    async with client.subscribe('/async-for') as other:
        waiting = in_background(other.receive())
        await asyncio.sleep(0)
    assert (await reason(waiting)).matches(Minibus.ClientError, Minibus.ClientError.CLOSED)

    limited = client.subscribe('/async-for')
    limited.inbox_size = 3
    publisher.publish(0)
    seen = []
    async for message in limited:
        seen.append(message.data)
        if message.data == 0:
            for number in range(1, 11):
                publisher.publish(number)
            await client.call('/__minibus__/async-for/__pid__')
        if message.data == 10:
            break
    assert seen == [0, 8, 9, 10] and limited.n_dropped == 7, seen


@coroutine_scenario
async def beside_coroutines():
    """Signals and GLib's own sources go on beside what coroutines do, and all in one thread."""
    client = open_client('beside')
    seen, threads = [], set()

    @client.on('/beside')
    def note(message):
        threads.add(threading.get_ident())
        seen.append(message.data)

    @client.on('/beside')
    async def note_later(message):
        await asyncio.sleep(0)
        threads.add(threading.get_ident())
        seen.append(message.data)

    client.create_publisher('/beside').publish(1)
    GLib.timeout_add(1, lambda: seen.append('timeout'))
    GLib.idle_add(lambda: seen.append('idle'))
    while len(seen) < 4:
        await asyncio.sleep(0.001)
    assert sorted(map(str, seen)) == ['1', '1', 'idle', 'timeout'], seen
    assert threads == {MAIN}
    start = time.process_time()
    await asyncio.sleep(0.2)
    assert time.process_time() - start < 0.1, 'Waiting takes the processor'


@scenario
def after_asyncio():
    """The main context is as it was when asyncio has ended, also by an exception, and also for other threads."""

    async def fails():
        client = open_client('fails')
        assert client.call_sync('/__minibus__/__listclients__') == 'fails'
        await client.flush()
        raise LookupError('It rains')

    for _round in range(3):
        try:
            asyncio.run(fails())
        except LookupError:
            pass
    acquired = []

    def acquire():
        acquired.append(GLib.MainContext.default().acquire())
        GLib.MainContext.default().release()

    thread = threading.Thread(target=acquire)
    thread.start()
    thread.join()
    assert acquired == [True]
    iterate(1)


@scenario
def without_asyncio():
    client = open_client('without-asyncio')
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logging.getLogger('Minibus').addHandler(handler)
    logging.getLogger('Minibus').setLevel(logging.INFO)

    @client.service('/later')
    async def later(_params):
        return 1

    error = failure(Minibus.ServiceError, Minibus.ServiceError.REMOTE, call, client, '/later')
    assert 'event loop of asyncio' in error.message
    assert records[0].args == ('/later',) and records[0].exc_info[0] is RuntimeError
    for args in (('/x', {'type': 'null'}), ('/x', None)):
        try:
            client.provide(*args)
        except TypeError as problem:
            assert 'second argument' in str(problem)
        else:
            raise AssertionError('It was taken')


@scenario
def contexts():
    seen = []
    with Minibus.Client(name='contexts', address=address) as client:
        with client.subscribe('/contexts') as subscriber, client.create_publisher('/contexts') as publisher:
            subscriber.connect('message', lambda _subscriber, message: seen.append(message))
            publisher.publish(1)
            until(lambda: seen)
        assert subscriber.is_closed
        with client.create_service('/contexts') as service, client.create_service_client('/contexts'):
            assert not service.is_closed
        assert service.is_closed
        assert repr(seen[0]) == "<Minibus.Message on '/contexts' from 'contexts': 1>"
    assert not client.is_open
    with client:
        assert client.is_open


@scenario
def everything_waits():
    count = 0
    for klass in (getattr(Minibus, name) for name in dir(Minibus)):
        if isinstance(klass, type) and issubclass(klass, (GObject.Object, GObject.GInterface)):
            stems = [name[:-6] for name in dir(klass) if name.endswith('_async')]
            count += len(stems)
            for stem in stems:
                if not (klass is Minibus.ServiceClient and stem == 'call_text'):
                    assert asyncio.iscoroutinefunction(getattr(klass, stem)), f'{klass.__name__}.{stem}'
            if issubclass(klass, Gio.ListModel):
                assert hasattr(klass, '__iter__'), klass
    assert count >= 9, count


def memory():
    with open('/proc/self/status', encoding='utf-8') as status:
        return int(re.search(r'VmRSS:\s*(\d+)', status.read())[1])


@scenario
def many_messages():
    client = open_client('many-messages')
    messages = [0]

    def count(_subscriber, message):
        messages[0] += message.data['one']

    client.subscribe('/many').connect('message', count)
    publisher = client.create_publisher('/many')
    for start in range(0, 20000, 500):
        for _i in range(500):
            publisher.publish({'one': 1, 'text': 'x' * 100})
        until(lambda: messages[0] == start + 500)
        if start == 10000:
            gc.collect()
            before = memory()
    growth = memory() - before
    assert growth < 4096, f'10,000 messages took {growth} KiB'


def main():
    global address

    names = sys.argv[2:] or list(SCENARIOS)
    failed = False
    print(f'1..{len(names)}')
    for number, name in enumerate(names, 1):
        address = sys.argv[1] if len(sys.argv) > 1 else f'memory:{name}'
        try:
            SCENARIOS[name]()
            print(f'ok {number} {name}')
        except Exception:
            failed = True
            print(f'not ok {number} {name}\n# ' + traceback.format_exc().replace('\n', '\n# '))
    sys.exit(failed)


main()
