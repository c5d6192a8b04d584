// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Who is on the bus, waiting for somebody, and recordings, in GJS.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Minibus from 'gi://Minibus?version=1.0';
import System from 'system';

let address;

function assert(condition, what) {
    if (!condition)
        throw new Error(what ?? 'assertion failed');
}

function assertEqual(actual, expected) {
    assert(JSON.stringify(actual) === JSON.stringify(expected),
        `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
}

async function until(condition) {
    const end = GLib.get_monotonic_time() + 20 * GLib.USEC_PER_SEC;
    while (!condition()) {
        assert(GLib.get_monotonic_time() < end, `still waiting for ${condition}`);
        await new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        }));
    }
}

async function failure(promise, domain, code) {
    try {
        await promise;
    } catch (e) {
        assert(e.matches?.(domain, code), `${e}\n${e.stack}`);
        return e;
    }
    throw new Error('no error');
}

function garbage() {
    for (let i = 0; i < 3; i++)
        System.gc();
}

async function open(name) {
    const client = new Minibus.Client({name, address});
    await client.open();
    return client;
}

const names = model => [...model].map(item => item.name);

function temporary(text = null) {
    const folder = GLib.Dir.make_tmp('XXXXXX');
    const path = GLib.build_filenamev([folder, 'bus.jsonl']);
    if (text !== null)
        GLib.file_set_contents(path, text);
    return path;
}

function remove(path) {
    GLib.unlink(path);
    GLib.rmdir(GLib.path_get_dirname(path));
}

async function record(client, file, values) {
    const publisher = client.create_publisher('/values');
    const recorder = new Minibus.Recorder({client, file});
    assert(await recorder.start());
    assertEqual(recorder.state, Minibus.RecorderState.RECORDING);
    values.forEach(value => publisher.publish(value));
    await until(() => recorder.n_messages === values.length);
    assert(await recorder.stop());
    assertEqual(recorder.state, Minibus.RecorderState.STOPPED);
    publisher.close();
    return recorder;
}

async function read(recording) {
    const values = [];
    for await (const message of recording)
        values.push(message.data);
    return values;
}

const scenarios = {
    async directory() {
        const looker = await open('looker');
        const directory = Minibus.Directory.new(looker);
        const events = [];
        const deltas = [];
        directory.connect('peer_appeared', (_directory, peer) => events.push(`${peer.name} came`));
        directory.connect('peer_vanished::lamp', (_directory, peer) => events.push(`${peer.name} went`));
        directory.connect('items-changed', (model, _at, removed, added) => deltas.push([removed, added, model.get_n_items()]));
        await until(() => directory.get_n_items() === 1);
        const lamp = await open('lamp');
        const publisher = lamp.create_publisher('/lamp/state', {type: 'boolean'});
        const subscriber = lamp.subscribe('/lamp/set');
        lamp.provide('/lamp/toggle', () => true, {type: 'null'}, {type: 'boolean'});
        await until(() => names(directory).length === 2 && names(directory.topics).length === 2 &&
            names(directory.services).length === 1);
        assertEqual(deltas.at(-1), [0, 1, 2]);
        assert(await directory.collect());
        assert(await directory.collect({timeout: 1000, cancellable: new Gio.Cancellable()}));
        assert(directory.is_settled && directory.client === looker);
        assertEqual(names(directory).sort(), ['lamp', 'looker']);
        assertEqual(names(directory.topics).sort(), ['/lamp/set', '/lamp/state']);

        const peer = directory.find_peer('lamp');
        assert(peer.is_present && !peer.is_own && peer.process_id > 0 && peer.get_seconds_since_seen() >= 0);
        assertEqual([peer.kind, peer.key_match], [Minibus.PeerKind.LIBMINIBUS, Minibus.KeyMatch.UNKNOWN]);
        assertEqual(peer.publishers, ['/lamp/state']);
        assertEqual(peer.get_schema(Minibus.SchemaRole.TOPIC, '/lamp/state'), null);
        assert(await peer.load_schemas());
        assertEqual(peer.get_schema(Minibus.SchemaRole.TOPIC, '/lamp/state'), '{"type":"boolean"}');
        assertEqual(peer.get_schema(Minibus.SchemaRole.REQUEST, '/lamp/toggle'), '{"type":"null"}');
        const topic = directory.find_topic('/lamp/state');
        assertEqual([names(topic.publishers), topic.n_publishers, names(topic.subscribers)], [['lamp'], 1, []]);
        assertEqual(names(directory.find_service('/lamp/toggle').providers), ['lamp']);
        assertEqual(directory.find_service('/lamp/toggel'), null);
        assertEqual(directory.suggest_services('/lamp/toggel'), ['/lamp/toggle']);
        assertEqual(directory.suggest_topics('/lamp/stat')[0], '/lamp/state');
        assertEqual([directory.count_publishers('/lamp/.*'), directory.count_subscribers('/lamp/set')], [1, 1]);
        assert(await directory.check_keys({timeout: 10}));

        publisher.close();
        await until(() => names(directory.topics).join() === '/lamp/set');
        subscriber.close();
        lamp.close();
        await until(() => events.includes('lamp went'));
        assert(events.includes('lamp came') && !peer.is_present);
        assertEqual([names(directory), names(directory.topics)], [['looker'], []]);
        assertEqual(deltas.at(-1), [1, 0, 1]);
        directory.close();
        looker.close();
        await failure(directory.collect(), Minibus.ClientError, Minibus.ClientError.CLOSED);
    },

    async watch_peer() {
        const looker = await open('looker');
        const directory = Minibus.Directory.new(looker);
        const told = [];
        const id = directory.watch_peer('lamp', (_directory, name, peer) => told.push([name, peer?.name ?? null]));
        garbage();
        await until(() => told.length === 1);
        const lamp = await open('lamp');
        await until(() => told.length === 2);
        lamp.close();
        garbage();
        await until(() => told.length === 3);
        assertEqual(told, [['lamp', null], ['lamp', 'lamp'], ['lamp', null]]);
        directory.unwatch_peer(id);
        garbage();
        await lamp.open();
        await until(() => directory.find_peer('lamp') !== null);
        assertEqual(told.length, 3);
    },

    async waits() {
        const client = await open('waiting');
        const other = await open('other');
        const publisher = client.create_publisher('/out');
        const subscriber = client.subscribe('/in');
        let done = 0;
        const started = [
            client.wait_for_service('/add'), client.wait_for_peer('late', {timeout: 10000}),
            publisher.wait_for_subscriber(), subscriber.wait_for_publisher(10000, {cancellable: null}),
        ];
        started.forEach(promise => promise.then(() => done++));
        await client.flush();
        assertEqual(done, 0);
        other.provide('/add', numbers => numbers.length);
        const kept = [other.subscribe('/out'), other.create_publisher('/in'), await open('late')];
        assertEqual(await Promise.all(started), [true, true, true, true]);
        for (const promise of [
            client.wait_for_service('/nothing', {timeout: 20}), client.wait_for_peer('nobody', 20),
            client.create_publisher('/x').wait_for_subscriber({timeout: 20}),
            client.subscribe('/x/y').wait_for_publisher({timeout: 20}),
        ]) {
            const error = await failure(promise, Minibus.ClientError, Minibus.ClientError.TIMED_OUT);
            assert(error.message.includes('in time'), error.message);
        }
        const cancellable = new Gio.Cancellable();
        const promise = client.wait_for_service('/nothing', {cancellable});
        cancellable.cancel();
        await failure(promise, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
        assert(client.wait_for_service_sync('/add', {timeout: 5000}) && client.wait_for_peer_sync('late'));
        let wrong = null;
        try {
            await client.wait_for_service('/add', {timout: 1});
        } catch (e) {
            wrong = e;
        }
        assert(wrong instanceof TypeError && wrong.message.includes('timeout'), `${wrong}`);
        kept[2].close();
    },

    async no_such_service() {
        const client = await open('asking');
        const calc = await open('calc');
        calc.provide('/calc/add', numbers => numbers.reduce((a, b) => a + b));
        const error = await failure(client.call('/calc/ad', [1], {timeout: 30000}), Minibus.ServiceError,
            Minibus.ServiceError.NO_SUCH_SERVICE);
        assert(error.message.includes('“/calc/add”'), error.message);
    },

    async record_and_read() {
        const client = await open('recording');
        const path = temporary();
        const values = [0, 1, 2, 3, 4].map(number => ({number}));
        const recorder = await record(client, path, values);
        assertEqual(recorder.n_messages, 5);

        assertEqual(await read(Minibus.Recording.new(path)), values);
        const recording = new Minibus.Recording({file: Gio.File.new_for_path(path)});
        await recording.open();
        assert(await recording.next());
        assertEqual(recording.message.data, values[0]);
        assertEqual(await read(recording), values.slice(1));
        assertEqual(await read(recording), []);
        assert(await recording.seek(0));
        assert(await recording.next());
        assertEqual(recording.message.topic, '/values');
        const summary = await recording.summarize();
        assertEqual([summary.get_topics(), summary.get_authors()], [['/values'], ['recording']]);
        assertEqual([summary.get_topic_count('/values'), summary.get_author_count('recording')], [5, 5]);
        assert(summary.get_topic_bytes('/values') > 0);

        const more = Minibus.Recorder.new(client, path);
        more.append = true;
        await more.start();
        client.create_publisher('/values').publish('more');
        await until(() => more.n_messages === 1);
        await more.stop();
        assertEqual(await read(Minibus.Recording.new(path)), [...values, 'more']);
        remove(path);
    },

    async play() {
        const client = await open('playing');
        const path = temporary();
        await record(client, path, [1, 2, 3]);
        const [, stored] = GLib.file_get_contents(path);
        GLib.file_set_contents(path, `${new TextDecoder().decode(stored)}{"at":0.5,"time":"2026-11-22T19:01:04.123456Z",` +
            `"topic":"/large","data":"${'x'.repeat(70000)}"}\n`);
        const got = [];
        const progress = [];
        const skipped = [];
        client.subscribe('/again/.*').connect('message', (_subscriber, message) => got.push([message.topic, message.data]));
        const player = new Minibus.Player({client, file: path, speed: 0, topic_prefix: '/again'});
        player.connect('notify::progress', () => progress.push(player.progress));
        player.connect('skipped', (_player, topic, error) => skipped.push([topic, error instanceof GLib.Error]));
        assert(await player.play());
        assertEqual([player.n_messages, player.n_skipped, player.is_playing], [3, 1, false]);
        await until(() => got.length === 3);
        assert(progress.length > 0 && progress.at(-1) === 1, `${progress}`);
        assertEqual(skipped.length, 1);
        assert(skipped[0][0].includes('/large') && skipped[0][1], `${skipped}`);
        const again = Minibus.Player.new(client, path);
        again.speed = 0;
        again.map_topic('/values', '/again/mapped');
        again.seek(0);
        await again.play();
        await until(() => got.length === 6);
        assertEqual(got, ['/again/values', '/again/mapped'].flatMap(topic => [1, 2, 3].map(i => [topic, i])));
        remove(path);
    },

    async recording_errors() {
        const client = await open('errors');
        const gone = '/nowhere/gone.jsonl';
        const photo = temporary('no recording\n');
        const {NOT_FOUND} = Gio.IOErrorEnum;
        const {EXISTS, NOT_RECORDING, STATE} = Minibus.RecordingError;
        for (const fail of [
            () => read(Minibus.Recording.new(gone)), () => Minibus.Recording.new(gone).open(),
            () => Minibus.Player.new(client, gone).play(),
        ])
            assert((await failure(fail(), Gio.IOErrorEnum, NOT_FOUND)).message.includes('gone.jsonl'));
        for (const fail of [
            () => read(Minibus.Recording.new(photo)), () => Minibus.Recording.new(photo).open(),
            () => Minibus.Player.new(client, photo).play(),
        ])
            assert((await failure(fail(), Minibus.RecordingError, NOT_RECORDING)).message.includes('bus.jsonl'));
        await failure(Minibus.Recording.new(photo).next(), Minibus.RecordingError, STATE);
        await failure(Minibus.Recorder.new(client, photo).start(), Minibus.RecordingError, EXISTS);
        const recorder = new Minibus.Recorder({client, file: gone, patterns: ['/(']});
        await failure(recorder.start(), Minibus.ClientError, Minibus.ClientError.INVALID_PATTERN);
        for (const make of [
            () => new Minibus.Recording(), () => new Minibus.Recording('a'), () => new Minibus.Recorder({file: 'a'}),
            () => new Minibus.Directory(client),
        ]) {
            let wrong = null;
            try {
                make();
            } catch (e) {
                wrong = e;
            }
            assert(wrong instanceof TypeError && wrong.message.startsWith('Write new Minibus.'), `${wrong}`);
        }
        remove(photo);
    },
};

const loop = new GLib.MainLoop(null, false);
const only = ARGV[0] ? [ARGV[0]] : Object.keys(scenarios);
let failed = 0;

async function main() {
    print(`1..${only.length}`);
    for (const [i, name] of only.entries()) {
        address = `memory:${name}`;
        try {
            await scenarios[name]();
            print(`ok ${i + 1} ${name}`);
        } catch (e) {
            failed++;
            print(`not ok ${i + 1} ${name}\n# ${e}\n# ${e.stack?.replaceAll('\n', '\n# ')}`);
        }
    }
}

main().finally(() => loop.quit());
loop.run();
System.exit(failed ? 1 : 0);
