// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Uses, in GJS, what the scenarios do not; and gets and sets every property in each way there is.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Minibus from 'gi://Minibus?version=1.0';

function assert(condition, what) {
    if (!condition)
        throw new Error(what ?? 'assertion failed');
}

function temporary(text) {
    const [made] = Gio.File.new_tmp('XXXXXX.jsonl');
    made.replace_contents(new TextEncoder().encode(text), null, false, Gio.FileCreateFlags.NONE, null);
    return made.get_path();
}

const client = new Minibus.Client({name: 'surface', address: 'memory:surface'});
const bus = Minibus.MemoryBus.get('surface');
const address = Minibus.Address.parse('multicast://228.0.0.5:8005?interface=lo');
assert(Minibus.Address.parse(address.to_text()).get_port() === 8005);
assert(Minibus.Address.parse_default());
await client.read_passphrase(Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes(new TextEncoder().encode('secret\n'))));
client.set_passphrase(null);
client.open_sync();
client.flush_sync();

const loader = new Minibus.SchemaLoader();
assert(loader.default_draft in Object.values(Minibus.SchemaDraft));
loader.add_node('https://example.org/a', {type: 'integer'});
loader.add_text('https://example.org/b', '{"type": "string"}');
const [file] = Gio.File.new_tmp('XXXXXX.json');
file.replace_contents(new TextEncoder().encode('{"type": "boolean"}'), null, false, Gio.FileCreateFlags.NONE, null);
loader.add_file('https://example.org/c', file, null);
const schema = loader.load_node({$ref: 'https://example.org/a'});
assert(schema.validate_text('1'));
assert(loader.load_text('{"type": "integer"}').validate(1));
assert(loader.load_file(file, null).validate(true));
assert(loader.load_uri('https://example.org/b').validate('x'));
assert(Minibus.Schema.new_from_file(file, null).equal(loader.load_file(file, null)));
assert(Minibus.Schema.new_from_node({type: 'integer'}).validate(1));
file.delete(null);

const subscriber = client.subscribe('/surface');
subscriber.set_overflow(Minibus.Overflow.DROP_NEWEST);
const missed = [];
const failures = [];
const requests = [];
const messages = [];
subscriber.connect('missed', (_subscriber, author, count) => missed.push([author, count]));
subscriber.connect('message', (_subscriber, message) => messages.push(message));
const publisher = client.create_publisher('/surface', schema);
const service = client.create_service('/surface', schema, schema);
const caller = client.create_service_client('/fails');
caller.connect('failed', (_caller, _id, error) => failures.push(error));
client.create_service('/fails').connect('request', (_service, request) => {
    requests.push(request);
    switch (request.params) {
    case 'text':
        return request.return_text('"an answer"');
    case 'error':
        return request.return_error('an answer');
    default:
        return request.return_error_text('"an answer"');
    }
});

publisher.publish(1);
bus.loss = 1;
publisher.publish(2);
bus.loss = 0;
publisher.publish(3);
for (const what of ['text', 'error', 'error text'])
    caller.call_text(Minibus.json_to_text(Minibus.json_from_text(JSON.stringify(what))));
while (messages.length < 2 || failures.length < 2 || missed.length < 1)
    GLib.MainContext.default().iteration(true);
assert(JSON.stringify(missed) === '[["surface",1]]');
assert(subscriber.get_missed_from('surface') === 1);
assert(failures.every(error => error.matches(Minibus.ServiceError, Minibus.ServiceError.REMOTE)));

const transport = Minibus.Transport.new_for_address(Minibus.Address.parse('memory:other'));
assert(typeof transport.is_reliable() === 'boolean' && transport.get_max_packet_size() > 1000);

for (const [func, domain] of [
    [() => Minibus.Address.parse('x'), Minibus.AddressError],
    [() => client.create_publisher(''), Minibus.ClientError],
    [() => transport.send('/x', new Uint8Array(1)), Minibus.TransportError],
]) {
    let error = null;
    try {
        func();
    } catch (e) {
        error = e;
    }
    assert(error instanceof domain, `${error}`);
}
assert(Minibus.CipherError.WRONG_KEY !== undefined);

const own = client.transport;
transport.set_topics(null, null);
transport.set_context(null);
const directory = Minibus.Directory.new(client);
assert(directory.collect_sync() && directory.check_keys_sync({timeout: 1}));
const recording = Minibus.Recording.new('surface.jsonl');
const empty = temporary('{"minibus-recording":1}\n');
const summary = Minibus.Recording.new(empty);
summary.open_sync();
const known = [
    directory, directory.find_peer('surface'), directory.find_topic('/surface'), directory.find_service('/surface'),
    Minibus.Recorder.new(client, 'surface.jsonl'), Minibus.Player.new(client, 'surface.jsonl'), recording,
    summary.summarize_sync(),
];
GLib.unlink(empty);
client.unsubscribe(subscriber);
assert(subscriber.is_closed);
client.close();
const objects = [
    client, bus, address, loader, schema, subscriber, publisher, service, caller, requests[0], messages[0], transport,
    Minibus.MulticastTransport.new(address), own, ...known,
];
const types = new Set(objects.map(object => object.constructor.$gtype.name));
let count = 0;
for (const name of Object.getOwnPropertyNames(Minibus)) {
    const type = Minibus[name]?.$gtype;
    assert(!type || !Minibus[name].prototype || !GObject.type_is_a(type, GObject.Object.$gtype) || ['Receiver', 'Transport'].includes(name) ||
        types.has(type.name), `${name} is not tested`);
}
for (const object of objects) {
    for (const pspec of object.constructor.list_properties()) {
        const name = pspec.name.replaceAll('-', '_');
        if (!(pspec.flags & GObject.ParamFlags.READABLE) || ['data', 'params', 'node', 'header'].includes(name))
            continue;
        const value = object[name];
        // A list that is empty may be null.
        const show = v => v instanceof GObject.Object ? `${v}` : JSON.stringify(v?.length === 0 ? null : v);
        if (object[`get_${name}`])
            assert(show(object[`get_${name}`]()) === show(value), `${object}.${name}`);
        if (pspec.flags & GObject.ParamFlags.WRITABLE && !(pspec.flags & GObject.ParamFlags.CONSTRUCT_ONLY)) {
            object[`set_${name}`]?.(value);
            object[name] = value;
            assert(show(object[name]) === show(value), `${object}.${name}`);
        }
        count++;
    }
}
assert(count > 90, `${count}`);
