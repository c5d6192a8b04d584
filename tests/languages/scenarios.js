// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The scenarios that every language has to pass, in GJS.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Json from 'gi://Json?version=1.0';
import Minibus from 'gi://Minibus?version=1.0';
import System from 'system';

const VALUES = [
    null, true, false, 0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 0.1, 1e300, '', 'ünïcödé 😀 \u0001"\\/\n\u2028',
    [], {}, [[], {}, null], {'': {a: [1, {b: null}]}, 'ключ': [true]},
];

let address;

function assert(condition, what) {
    if (!condition)
        throw new Error(what ?? 'assertion failed');
}

function assertEqual(actual, expected) {
    assert(JSON.stringify(actual) === JSON.stringify(expected),
        `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
}

function thread() {
    return GLib.file_read_link('/proc/thread-self').split('/').pop();
}

async function until(condition) {
    const end = GLib.get_monotonic_time() + 10 * GLib.USEC_PER_SEC;
    while (!condition()) {
        assert(GLib.get_monotonic_time() < end, `still waiting for ${condition}`);
        await new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        }));
    }
}

async function failure(promise) {
    try {
        await promise;
    } catch (e) {
        return e;
    }
    throw new Error('no error');
}

function open(name) {
    const client = new Minibus.Client({name, address});
    client.open_sync();
    return client;
}

function collect(subscriber, signal = 'message') {
    const values = [];
    subscriber.connect(signal, (_subscriber, message) => values.push(message.data));
    return values;
}

function garbage() {
    for (let i = 0; i < 3; i++)
        System.gc();
}

const scenarios = {
    async values() {
        const client = open('values');
        const messages = [];
        client.subscribe('/values').connect('message', (_subscriber, message) => messages.push(message));
        const publisher = client.create_publisher('/values');
        VALUES.forEach(value => assert(publisher.publish(value)));
        publisher.publish({left: undefined, date: new Date(0)});
        publisher.publish(Json.from_string('[1,"node"]'));
        publisher.publish_text('[9007199254740993]');
        await until(() => messages.length === VALUES.length + 3);
        assertEqual(messages.slice(0, -3).map(message => message.data), VALUES);
        assertEqual(messages.at(-3).data, {date: '1970-01-01T00:00:00.000Z'});
        assertEqual(messages.at(-2).data, [1, 'node']);
        assertEqual(messages.at(-1).text, '[9007199254740993]');
        assertEqual(messages[0].topic, '/values');
        assertEqual(messages[0].author, 'values');
        assertEqual(messages[0].header, null);
        assert(messages[0].get_data() instanceof Json.Node);
        client.close();
    },

    // What a Number cannot hold comes as a BigInt, and every one that fits 64 bits can be sent.
    async integers() {
        const client = open('integers');
        const subscriber = client.subscribe('/integers');
        const publisher = client.create_publisher('/integers');
        const values = [
            2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 5n, 0n, 1e20, 2 ** 70,
            -1e300, 1e16, '9007199254740993', '\\"9007199254740993', {'9007199254740993': [9007199254740993n, 'x']},
        ];
        const expected = [...values];
        expected[0] = 2 ** 53 - 1;
        expected[6] = 5;
        expected[7] = 0;
        const show = value => JSON.stringify(value, (_key, v) => typeof v === 'bigint' ? `${v}n` : v);
        values.forEach(value => publisher.publish(value));
        for (const value of expected)
            assert(show((await subscriber.receive()).data) === show(value), `${show(value)}`);
        publisher.publish_text('[18446744073709551615, 1e2, -9007199254740993.5]');
        assert(show((await subscriber.receive()).data) === '["18446744073709551615n",100,-9007199254740994]');
        client.provide('/next', number => number + 1n);
        assert(await client.call('/next', 2n ** 60n) === 2n ** 60n + 1n);
    },

    async waiting() {
        const client = new Minibus.Client({name: 'waiting', address});
        assert(await client.open());
        assert(await client.flush({cancellable: null}));
        assert(await client.flush(new Gio.Cancellable()));
        let error = await failure(client.open());
        assert(error instanceof Minibus.ClientError && error instanceof GLib.Error);
        assert(await failure(client.flush(null, null)) instanceof TypeError);
        const cancellable = new Gio.Cancellable();
        cancellable.cancel();
        error = await failure(client.flush(cancellable));
        assert(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
        const called = await new Promise(resolve => client.flush_async(null, (source, result) =>
            resolve(source.flush_finish(result))));
        assert(called === true);
        client.provide('/echo', value => value);
        assert(await client.call_text('/echo', '[1]') === '[1]');
    },

    // Every function that waits can be awaited, and every list model be iterated, also of classes to come.
    async everything_waits() {
        let count = 0;
        for (const klass of Object.getOwnPropertyNames(Minibus).map(name => Minibus[name])) {
            if (!klass?.$gtype || !klass.prototype)
                continue;
            const names = Object.getOwnPropertyNames(klass.prototype);
            for (const name of names.filter(n => /^[a-z].*_async$/.test(n))) {
                count++;
                assert(klass.prototype[`_original_${name}`], `${klass.$gtype.name}.${name} returns no promise`);
                assert(typeof klass.prototype[name.slice(0, -6)] === 'function', `${klass.$gtype.name}.${name}`);
            }
            if (GObject.type_is_a(klass.$gtype, Gio.ListModel.$gtype))
                assert(klass.prototype[Symbol.iterator], `${klass.$gtype.name} cannot be iterated`);
        }
        assert(count >= 9, `${count}`);
    },

    async for_await() {
        const client = open('for-await');
        const subscriber = client.subscribe('/for-await');
        const publisher = client.create_publisher('/for-await');
        const seen = [];
        for (let i = 0; i < 10; i++)
            publisher.publish(i);
        for await (const message of subscriber) {
            seen.push(message.data);
            // Nothing is lost while the program waits for something else.
            await client.flush();
            if (seen.length === 4)
                break;
        }
        assertEqual(seen, [0, 1, 2, 3]);
        garbage();
        for await (const message of subscriber) {
            seen.push(message.data);
            if (seen.length === 10)
                subscriber.close();
        }
        assertEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const error = await failure(subscriber.receive());
        assert(error.matches(Minibus.ClientError, Minibus.ClientError.CLOSED));

        // What leaves the loop by an exception, too, leaves the messages.
        const other = client.subscribe('/for-await');
        publisher.publish('a');
        publisher.publish('b');
        await failure((async () => {
            for await (const _message of other)
                throw new Error('It rains');
        })());
        assertEqual((await other.receive()).data, 'b');
        const iterator = other[Symbol.asyncIterator]();
        const pending = iterator.next();
        await iterator.return();
        assert((await pending).done && (await iterator.next()).done);
    },

    async for_await_overflow() {
        const client = open('for-await-overflow');
        const subscriber = client.subscribe('/overflow');
        const publisher = client.create_publisher('/overflow');
        subscriber.inbox_size = 3;
        const seen = [];
        publisher.publish(0);
        for await (const message of subscriber) {
            seen.push(message.data);
            if (seen.length === 1) {
                for (let i = 1; i <= 10; i++)
                    publisher.publish(i);
                await client.call('/__minibus__/for-await-overflow/__pid__');
            }
            if (message.data === 10)
                break;
        }
        assertEqual(seen, [0, 8, 9, 10]);
        assertEqual(subscriber.n_dropped, 7);
    },

    async header() {
        const client = open('header');
        const headers = [];
        client.subscribe('/header').connect('message', (_subscriber, message) => headers.push(message.header));
        const packet = {
            header: {topic: '/header', author: 'stranger', idstr: '1', room: [1]},
            data: '1',
        };
        client.transport.send('/header', new TextEncoder().encode(JSON.stringify(packet)));
        await until(() => headers.length === 1);
        assertEqual(headers[0].room, [1]);
    },

    async no_json_form() {
        const client = open('no-json-form');
        const publisher = client.create_publisher('/no-json-form');
        const cycle = {};
        cycle.self = cycle;
        const values = [
            undefined, NaN, Infinity, () => 1, Symbol('s'), cycle, new Set([1]), new Map(), new Uint8Array(2),
            [undefined], {deep: [NaN]}, Promise.resolve(1), client, new GLib.Bytes([1]),
        ];
        for (const value of values) {
            const error = await failure((async () => publisher.publish(value))());
            assert(error instanceof TypeError, `${error}`);
        }
        for (const [value, path] of [[{a: [1, {'b/c': NaN}]}, '/a/1/b~1c'], [[undefined], '/0']]) {
            const error = await failure((async () => publisher.publish(value))());
            assert(error.message.includes(`at ${path} is`), error.message);
        }
        for (const value of ['\ud800', 'a\0b']) {
            const error = await failure((async () => publisher.publish(value))());
            assert(error.matches(Minibus.JsonError, Minibus.JsonError.ENCODING), `${error}`);
        }
        const tooLarge = await failure((async () => publisher.publish(2n ** 64n))());
        assert(tooLarge.matches(Minibus.JsonError, Minibus.JsonError.NUMBER), `${tooLarge}`);
        assert(await failure((async () => client.provide('/x', {type: 'null'}))()) instanceof TypeError);
        for (const options of [1000, null, {timout: 1}, new Gio.Cancellable()])
            assert(await failure(client.call('/nobody', 1, options)) instanceof TypeError);
        assertEqual(client.n_sent, 0);
    },

    async detailed_signal() {
        const client = open('detailed');
        const subscriber = client.subscribe('/detailed/.*');
        const all = collect(subscriber);
        const some = collect(subscriber, 'message::/detailed/b');
        for (const name of ['a', 'b', 'c'])
            client.create_publisher(`/detailed/${name}`).publish(name);
        await until(() => all.length === 3);
        assertEqual(some, ['b']);
        subscriber.close();
    },

    async schema() {
        const invalid = await failure((async () => Minibus.Schema.new_from_text('{"type": 5}'))());
        assert(invalid.matches(Minibus.SchemaError, Minibus.SchemaError.INVALID), `${invalid}`);
        const client = open('schema');
        const publisher = client.create_publisher('/schema', {type: 'array', items: {type: 'integer'}});
        let error = await failure((async () => publisher.publish(['one']))());
        assert(error.matches(Minibus.SchemaError, Minibus.SchemaError.VIOLATION), `${error}`);
        assert(publisher.publish([1]));
        assert(publisher.schema.validate([1]));
        assert(publisher.schema.validate(Json.from_string('[1]')));
        assert(publisher.schema.report(['one']).valid === false);
        client.subscribe('/other', publisher.schema);
        client.provide('/half', n => n / 2, {type: 'integer'}, {type: 'integer'});
        assertEqual(await client.call('/half', 4), 2);
        for (const value of ['four', 3]) {
            error = await failure(client.call('/half', value));
            assert(error.matches(Minibus.SchemaError, Minibus.SchemaError.VIOLATION) ||
                error.matches(Minibus.ServiceError, Minibus.ServiceError.REMOTE), `${error}`);
        }
        return undefined;
    },

    async service() {
        const client = open('service');
        const caller = open('caller');
        client.create_service('/now').connect('request', (_service, request) =>
            request.return_value({got: request.params}));
        client.create_service('/later').connect('request', (_service, request) => {
            GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5, () => {
                request.return_value([request.params]);
                return GLib.SOURCE_REMOVE;
            });
            return true;
        });
        client.create_service('/refuses').connect('request', (_service, request) =>
            request.return_error_value({code: 7}));
        client.create_service('/ignores').connect('request', () => false);
        client.create_service('/throws').connect('request', () => {
            throw new Error('It rains');
        });
        client.create_service('/nothing');
        // GJS warns of what a handler throws.
        const fatal = GLib.log_set_always_fatal(GLib.LogLevelFlags.LEVEL_ERROR);
        assert((await failure(caller.call('/throws'))).matches(Minibus.ServiceError, Minibus.ServiceError.REMOTE));
        GLib.log_set_always_fatal(fatal);
        assertEqual(await caller.call('/now', {a: 1}), {got: {a: 1}});
        assertEqual(await caller.call('/now'), {got: null});
        assertEqual(await caller.call('/later', 'x'), ['x']);
        for (const name of ['/ignores', '/nothing', '/refuses']) {
            const error = await failure(caller.call(name));
            assert(error.matches(Minibus.ServiceError, Minibus.ServiceError.REMOTE), `${error}`);
            assert(name !== '/refuses' || error.message === '{"code":7}', error.message);
        }
        assertEqual(await caller.call('/now', 1), {got: 1});
    },

    async provide() {
        const client = open('provide');
        client.provide('/add', ([a, b]) => a + b);
        client.provide('/nothing', () => {});
        client.provide('/later', async value => {
            await until(() => true);
            return {value};
        });
        client.provide('/answers', (_params, request) => request.return_value('by itself'));
        client.provide('/throws', () => {
            throw new Error('It rains');
        });
        client.provide('/rejects', async () => {
            await until(() => true);
            throw new Error('It pours');
        });
        client.provide('/bad', () => NaN);
        client.provide('/library', () => {
            throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'It snows');
        });
        assertEqual(await client.call('/add', [1, 2]), 3);
        assertEqual(await client.call('/nothing'), null);
        assertEqual(await client.call('/later', 5), {value: 5});
        assertEqual(await client.call('/answers'), 'by itself');
        for (const [name, text] of [['/throws', 'It rains'], ['/rejects', 'It pours'], ['/bad', 'NaN'],
            ['/library', 'It snows']]) {
            const error = await failure(client.call(name));
            assert(error.matches(Minibus.ServiceError, Minibus.ServiceError.REMOTE), `${error}`);
            assert(error.message.includes(text), error.message);
        }
    },

    async calls() {
        const client = open('calls');
        const add = client.create_service_client('/add');
        client.provide('/add', numbers => numbers.reduce((a, b) => a + b, 0));
        client.create_service('/silent').connect('request', (_service, request) => {
            calls.push(request);
            return true;
        });
        const calls = [];
        const replies = [];
        assertEqual(await add.call([1, 2]), 3);
        assertEqual(await add.call_text_async('[1, 2, 3]'), '6');
        assertEqual(add.call_sync([4]), 4);
        assertEqual(add.call_text_sync('[]'), '0');
        assertEqual(client.call_sync('/add', [8, 9], {timeout: 5000}), 17);
        assertEqual(client.call_text_sync('/add', '[1]'), '1');
        assertEqual(await client.call_text_async('/add', '[1]'), '1');
        assertEqual((await client.call_async('/add', Json.from_string('[1]'), 0, null)).get_int(), 1);
        add.connect('reply', (_client, id, message) => replies.push([id, message.data]));
        const id = add.call_text('[5, 5]');
        await until(() => replies.length === 1);
        assertEqual(replies, [[id, 10]]);

        const silent = client.create_service_client('/silent');
        silent.timeout = 20;
        for (const promise of [silent.call(), client.call('/silent', null, {timeout: 20})]) {
            const error = await failure(promise);
            assert(error instanceof GLib.Error);
            assert(error.matches(Minibus.ServiceError, Minibus.ServiceError.TIMED_OUT), `${error}`);
        }
        const cancellable = new Gio.Cancellable();
        const promise = client.call('/silent', null, {cancellable});
        cancellable.cancel();
        assert((await failure(promise)).matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));

        const pending = client.call('/silent');
        client.close();
        assert((await failure(pending)).matches(Minibus.ClientError, Minibus.ClientError.CLOSED));
        await client.open_async();
        assertEqual(await add.call([1]), 1);
        const error = await failure(client.open_async(null));
        assert(error.matches(Minibus.ClientError, Minibus.ClientError.ALREADY_OPEN));
    },

    async dropped() {
        const client = open('dropped');
        const seen = [];
        client.connect('dropped', (_client, reason, count) => seen.push([reason, count]));
        client.transport.send('/dropped', new TextEncoder().encode('not JSON'));
        await until(() => seen.length === 1);
        assertEqual(seen, [[Minibus.DropReason.NOT_JSON, 1]]);
        assertEqual(client.get_dropped(Minibus.DropReason.NOT_JSON), 1);
        assertEqual(client.dropped_not_json, 1);
    },

    async several_clients() {
        const clients = ['one', 'two', 'three'].map(open);
        const inboxes = clients.map(client => collect(client.subscribe('/several')));
        clients.forEach((client, i) => client.create_publisher('/several').publish(i));
        await until(() => inboxes.every(inbox => inbox.length === 3));
        clients[0].close();
        clients[1].create_publisher('/several').publish('more');
        await until(() => inboxes[1].length === 4 && inboxes[2].length === 4);
        assertEqual(inboxes[0].length, 3);
    },

    async garbage() {
        const client = open('garbage');
        let count = 0;
        (() => {
            client.subscribe('/garbage').connect('message', () => count++);
            client.create_service('/signal').connect('request', (_service, request) =>
                request.return_value(request.params));
            client.provide('/function', value => value);
        })();
        const publisher = client.create_publisher('/garbage');
        for (let i = 1; i <= 5; i++) {
            garbage();
            publisher.publish(i);
            await until(() => count === i);
            assertEqual(await client.call('/signal', i), i);
            assertEqual(await client.call('/function', i), i);
        }
    },

    async dropped_request() {
        const client = open('dropped-request');
        let asked = false;
        client.create_service('/forgets').connect('request', () => {
            asked = true;
            return true;
        });
        const promise = failure(client.call('/forgets'));
        await until(() => asked);
        garbage();
        const error = await promise;
        assert(error.matches(Minibus.ServiceError, Minibus.ServiceError.REMOTE), `${error}`);
    },

    async threads() {
        const client = open('threads');
        const threads = new Set();
        const note = () => threads.add(thread());
        client.subscribe('/threads').connect('message', note);
        client.connect('dropped', note);
        client.provide('/threads', note);
        client.create_publisher('/threads').publish(1);
        client.transport.send('/threads', new TextEncoder().encode('{'));
        await client.call('/threads').catch(() => {});
        client.call_sync('/__minibus__/__listclients__');
        await until(() => client.dropped_not_json === 1);
        await until(() => threads.size > 0);
        assertEqual([...threads], [thread()]);
    },

    async pending_calls() {
        let errors = 0;
        (() => {
            const client = open('pending-calls');
            const service = client.create_service_client('/nobody');
            service.timeout = 50;
            for (let i = 0; i < 10; i++) {
                service.call(i).catch(() => errors++);
                client.call('/nobody', i, {timeout: 50}).catch(() => errors++);
            }
        })();
        for (let i = 0; i < 10; i++) {
            garbage();
            await until(() => true);
        }
        await until(() => errors === 20);
    },

    async many_messages() {
        const client = open('many-messages');
        let count = 0;
        client.subscribe('/many').connect('message', (_subscriber, message) => (count += message.data.one));
        const publisher = client.create_publisher('/many');
        let before;
        for (let i = 0; i < 20000; i += 500) {
            for (let j = 0; j < 500; j++)
                publisher.publish({one: 1, text: 'x'.repeat(100)});
            await until(() => count === i + 500);
            if (i === 10000) {
                garbage();
                before = memory();
            }
        }
        garbage();
        const growth = memory() - before;
        assert(growth < 4096, `10,000 messages took ${growth} KiB`);
    },
};

function memory() {
    const [, status] = GLib.file_get_contents('/proc/self/status');
    return Number(/VmRSS:\s*(\d+)/.exec(new TextDecoder().decode(status))[1]);
}

const loop = new GLib.MainLoop(null, false);
const only = ARGV[1] ? [ARGV[1]] : Object.keys(scenarios);
let failed = 0;

async function main() {
    print(`1..${only.length}`);
    for (const [i, name] of only.entries()) {
        address = ARGV[0] ?? `memory:${name}`;
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
