# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Who is on the bus, waiting for somebody, and recordings, in Python."""

import asyncio
import gc
import pathlib
import sys
import tempfile
import time
import traceback
import weakref

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import Gio, GLib, Minibus

SCENARIOS = {}
address = None


def scenario(func):
    SCENARIOS[func.__name__] = func


def until(condition):
    context = GLib.MainContext.default()
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, 'still waiting'
        if not context.iteration(False):
            time.sleep(0.001)


async def until_async(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, 'still waiting'
        await asyncio.sleep(0.001)


def open_client(name):
    client = Minibus.Client(name=name, address=address)
    client.open_sync()
    return client


async def failure(awaitable, kind, code):
    try:
        await awaitable
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark() if kind is Gio.IOErrorEnum else kind, code), repr(error)
        return error
    raise AssertionError('It did not fail')


def names(model):
    return [item.name for item in model]


@scenario
def directory():
    looker = open_client('looker')
    events = []
    with Minibus.Directory.new(looker) as found:
        found.connect('peer-appeared', lambda _directory, peer: events.append(('came', peer.name)))
        found.connect('peer-vanished::lamp', lambda _directory, peer: events.append(('went', peer.name)))
        deltas = []
        found.connect('items-changed', lambda model, at, removed, added: deltas.append((removed, added, len(model))))
        until(lambda: len(found) == 1)
        lamp = open_client('lamp')
        publisher = lamp.create_publisher('/lamp/state', {'type': 'boolean'})
        subscriber = lamp.subscribe('/lamp/set')
        lamp.provide('/lamp/toggle', lambda _params: True)
        until(lambda: len(found) == 2 and names(found.services) == ['/lamp/toggle'] and len(found.topics) == 2)
        assert found.collect_sync() and found.is_settled and found.client == looker
        assert sum(added - removed for removed, added, _n in deltas) == len(found) - 1 or len(found) == 2
        assert deltas[-1] == (0, 1, 2), deltas
        assert sorted(names(found)) == ['lamp', 'looker'] and found[0] in list(found)
        assert sorted(names(found.topics)) == ['/lamp/set', '/lamp/state']

        peer = found.find_peer('lamp')
        assert peer.is_present and not peer.is_own and peer.kind == Minibus.PeerKind.LIBMINIBUS
        assert peer.key_match == Minibus.KeyMatch.UNKNOWN and peer.get_seconds_since_seen() >= 0
        assert list(peer.publishers) == ['/lamp/state'] and peer.process_id > 0 and peer.heartbeat > 0
        topic = found.find_topic('/lamp/state')
        assert names(topic.publishers) == ['lamp'] and topic.n_publishers == 1 and len(topic.subscribers) == 0
        assert names(found.find_service('/lamp/toggle').providers) == ['lamp']
        assert found.find_service('/lamp/toggel') is None
        assert found.suggest_services('/lamp/toggel') == ['/lamp/toggle']
        assert found.suggest_topics('/lamp/stat')[0] == '/lamp/state'
        assert found.count_publishers('/lamp/.*') == 1 and found.count_subscribers('/lamp/set') == 1
        assert found.check_keys_sync(timeout=1)

        publisher.close()
        until(lambda: names(found.topics) == ['/lamp/set'])
        subscriber.close()
        lamp.close()
        until(lambda: ('went', 'lamp') in events)
        assert len(found) == 1 and len(found.topics) == 0 and not peer.is_present
        assert ('came', 'lamp') in events
        assert deltas[-1] == (1, 0, 1), deltas
    looker.close()


@scenario
def directory_with_coroutines():
    async def main():
        async with Minibus.Client(name='looker', address=address) as looker:
            async with Minibus.Client(name='lamp', address=address) as lamp:
                publisher = lamp.create_publisher('/lamp', {'type': 'boolean'})
                lamp.create_service('/add', {'type': 'array'}, {'type': 'integer'})
                async with Minibus.Directory(client=looker) as found:
                    assert await found.collect()
                    assert await found.collect(timeout=1000)
                    peer = found.find_peer('lamp')
                    assert peer.get_schema(Minibus.SchemaRole.TOPIC, '/lamp') is None
                    assert await peer.load_schemas()
                    assert peer.get_schema(Minibus.SchemaRole.TOPIC, '/lamp') == '{"type":"boolean"}'
                    assert 'array' in peer.get_schema(Minibus.SchemaRole.REQUEST, '/add')
                    assert 'integer' in peer.get_schema(Minibus.SchemaRole.REPLY, '/add')
                    assert await found.check_keys(timeout=10)
                publisher.close()
                cancellable = Gio.Cancellable()
                cancellable.cancel()
                await failure(found.collect(cancellable=cancellable), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED)

    asyncio.run(main())


@scenario
def watch_peer():
    looker = open_client('looker')
    found = Minibus.Directory.new(looker)
    told = []

    def tell(_directory, name, peer):
        told.append((name, peer and peer.name))

    def watch():
        def func(*args):
            tell(*args)

        return found.watch_peer('lamp', func), weakref.ref(func)

    watch_id, reference = watch()
    gc.collect()
    until(lambda: told)
    assert told == [('lamp', None)]
    lamp = open_client('lamp')
    until(lambda: len(told) == 2)
    lamp.close()
    until(lambda: len(told) == 3)
    assert told[1:] == [('lamp', 'lamp'), ('lamp', None)]
    assert reference() is not None
    found.unwatch_peer(watch_id)
    gc.collect()
    assert reference() is None
    lamp.open_sync()
    until(lambda: found.find_peer('lamp') is not None)
    assert len(told) == 3


@scenario
def waits():
    async def main():
        async with Minibus.Client(name='waiting', address=address) as client, \
                   Minibus.Client(name='other', address=address) as other:
            publisher, subscriber = client.create_publisher('/out'), client.subscribe('/in')
            started = [asyncio.ensure_future(awaitable) for awaitable in (
                client.wait_for_service('/add'), client.wait_for_peer('late', timeout=10000),
                publisher.wait_for_subscriber(), subscriber.wait_for_publisher(10000))]
            await asyncio.sleep(0.05)
            assert not any(task.done() for task in started)
            other.provide('/add', sum)
            other.subscribe('/out')
            heard = other.create_publisher('/in')
            async with Minibus.Client(name='late', address=address):
                assert await asyncio.gather(*started) == [True] * 4
            heard.close()
            for awaitable in (client.wait_for_service('/nothing', timeout=20), client.wait_for_peer('nobody', timeout=20),
                              client.create_publisher('/x').wait_for_subscriber(20),
                              client.subscribe('/x/y').wait_for_publisher(timeout=20)):
                error = await failure(awaitable, Minibus.ClientError, Minibus.ClientError.TIMED_OUT)
                assert 'in time' in error.message, error.message
            task = asyncio.ensure_future(client.wait_for_service('/nothing'))
            await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            else:
                raise AssertionError('It was not cancelled')

    asyncio.run(main())
    client = open_client('blocking')
    own = open_client('own')
    publisher = own.create_publisher('/sync')
    own.subscribe('/heard')
    own.create_service('/sync')
    assert client.wait_for_service_sync('/sync') and client.wait_for_peer_sync('own', timeout=5000)
    assert client.subscribe('/sync').wait_for_publisher_sync()
    assert client.create_publisher('/heard').wait_for_subscriber_sync()
    publisher.close()


@scenario
def no_such_service():
    async def main():
        async with Minibus.Client(name='asking', address=address) as client, \
                   Minibus.Client(name='calc', address=address) as calc:
            calc.provide('/calc/add', sum)
            start = time.monotonic()
            error = await failure(client.call('/calc/ad', [1], timeout=30000), Minibus.ServiceError,
                                  Minibus.ServiceError.NO_SUCH_SERVICE)
            assert '“/calc/add”' in error.message and time.monotonic() - start < 10

    asyncio.run(main())


def record(client, path, values):
    """Records what is published meanwhile."""
    publisher = client.create_publisher('/values')
    with Minibus.Recorder(client=client, file=path) as recorder:
        assert recorder.state == Minibus.RecorderState.RECORDING
        for value in values:
            publisher.publish(value)
        until(lambda: recorder.n_messages == len(values))
    assert recorder.state == Minibus.RecorderState.STOPPED
    publisher.close()
    return recorder


@scenario
def record_and_read():
    client = open_client('recording')
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'bus.jsonl')
        values = [{'number': i} for i in range(5)]
        recorder = record(client, path, values)
        assert recorder.n_messages == 5 and recorder.n_bytes == path.stat().st_size

        assert [message.data for message in Minibus.Recording.new(str(path))] == values
        recording = Minibus.Recording(file=path)
        recording.open_sync()
        assert recording.next_sync() and recording.message.data == values[0]
        assert [message.data for message in recording] == values[1:]
        assert list(recording) == []
        assert recording.seek_sync(0)
        assert [message.topic for message in recording] == ['/values'] * 5
        summary = recording.summarize_sync()
        assert summary.get_topics() == ['/values'] and summary.get_topic_count('/values') == 5
        assert summary.get_authors() == ['recording'] and summary.get_author_count('recording') == 5
        assert summary.get_topic_bytes('/values') > 0 and summary.n_messages == 5

        async def main():
            recording = Minibus.Recording.new(path)
            assert [message.data async for message in recording] == values
            assert await recording.seek(0)
            assert await recording.next() and recording.message.data == values[0]
            assert (await recording.summarize()).n_messages == 5
            recorder = Minibus.Recorder.new(client, path)
            recorder.append = True
            async with recorder:
                client.create_publisher('/more').publish(1)
                await until_async(lambda: recorder.n_messages == 1)
            assert [message.topic async for message in Minibus.Recording.new(path)] == ['/values'] * 5 + ['/more']
            assert await recorder.stop()

        asyncio.run(main())


@scenario
def play():
    client = open_client('playing')
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'bus.jsonl')
        record(client, path, [1, 2, 3])
        with path.open('a', encoding='utf-8') as file:
            file.write('{"at":0.5,"time":"2026-11-22T19:01:04.123456Z","topic":"/large","data":"%s"}\n' % ('x' * 70000))
        got, progress, skipped = [], [], []
        client.subscribe('/again/.*').connect('message', lambda _s, message: got.append((message.topic, message.data)))

        async def main():
            player = Minibus.Player(client=client, file=path, speed=0.0)
            player.set_topic_prefix('/again')
            player.connect('notify::progress', lambda player, _pspec: progress.append(player.progress))
            player.connect('skipped', lambda _player, topic, error: skipped.append((topic, error)))
            assert await player.play()
            assert (player.n_messages, player.n_skipped, player.is_playing) == (3, 1, False)
            await until_async(lambda: len(got) == 3)
            again = Minibus.Player.new(client, str(path))
            again.speed = 0
            again.map_topic('/values', '/again/mapped')
            again.seek(0)
            await again.play()
            await until_async(lambda: len(got) == 6)

        asyncio.run(main())
        assert got == [('/again/values', i) for i in (1, 2, 3)] + [('/again/mapped', i) for i in (1, 2, 3)], got
        assert progress and progress[-1] == 1 and progress == sorted(progress), progress
        assert len(skipped) == 1 and '/large' in skipped[0][0] and isinstance(skipped[0][1], GLib.Error)


@scenario
def recording_errors():
    client = open_client('errors')
    with tempfile.TemporaryDirectory() as folder:
        other = pathlib.Path(folder, 'photo.jpg')
        other.write_bytes(b'\xff\xd8\xff')
        gone = pathlib.Path(folder, 'gone.jsonl')

        async def main():
            async def loop(path):
                async for _message in Minibus.Recording.new(path):
                    pass

            io, code = Gio.IOErrorEnum, Minibus.RecordingError
            for awaitable in (loop(gone), Minibus.Recording.new(gone).open(), Minibus.Player.new(client, gone).play()):
                assert 'gone.jsonl' in (await failure(awaitable, io, io.NOT_FOUND)).message
            for awaitable in (loop(other), Minibus.Recording.new(other).open(), Minibus.Player.new(client, other).play()):
                assert 'photo.jpg' in (await failure(awaitable, code, code.NOT_RECORDING)).message
            await failure(Minibus.Recording.new(other).next(), code, code.STATE)
            await failure(Minibus.Recorder.new(client, other).start(), code, code.EXISTS)
            recorder = Minibus.Recorder.new(client, gone)
            recorder.patterns = ['/(']
            await failure(recorder.start(), Minibus.ClientError, Minibus.ClientError.INVALID_PATTERN)

        asyncio.run(main())
        for make in (lambda: list(Minibus.Recording.new(gone)), lambda: Minibus.Recorder.new(client, other).__enter__()):
            try:
                make()
            except GLib.Error:
                pass
            else:
                raise AssertionError('It did not fail')
        with Minibus.Recorder(client=client, file=gone) as recorder:
            try:
                recorder.__enter__()
            except GLib.Error as error:
                assert error.matches(Minibus.RecordingError, Minibus.RecordingError.STATE)
            else:
                raise AssertionError('It was started twice')
        for wrong in (lambda: Minibus.Recording.new(1), lambda: Minibus.Recording.new(None), Minibus.Recording,
                      lambda: Minibus.Recording('a'), lambda: Minibus.Recorder(file='a'), lambda: Minibus.Directory(client)):
            try:
                wrong()
            except TypeError:
                pass
            else:
                raise AssertionError('It was taken')


def main():
    global address

    only = sys.argv[1:] or list(SCENARIOS)
    failed = False
    print(f'1..{len(only)}')
    for number, name in enumerate(only, 1):
        address = f'memory:{name}'
        try:
            SCENARIOS[name]()
            print(f'ok {number} {name}', flush=True)
        except Exception:
            failed = True
            print(f'not ok {number} {name}\n# ' + traceback.format_exc().replace('\n', '\n# '), flush=True)
    sys.exit(failed)


main()
