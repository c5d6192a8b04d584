# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Uses, in Python, what the scenarios do not; and gets and sets every property in each way there is."""

import tempfile

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import Gio, GLib, GObject, Minibus

client = Minibus.Client(name='surface', address='memory:surface')
bus = Minibus.MemoryBus.get('surface')
address = Minibus.Address.parse('multicast://228.0.0.5:8005?interface=lo')
assert Minibus.Address.parse(address.to_text()).get_port() == 8005
assert Minibus.Address.parse_default()
client.read_passphrase_sync(Gio.MemoryInputStream.new_from_data(b'secret\n', None))
client.set_passphrase(None)
client.open_sync()
client.flush_sync()

loader = Minibus.SchemaLoader()
loader.set_default_draft(Minibus.SchemaDraft(loader.get_default_draft()))
loader.add_node('https://example.org/a', {'type': 'integer'})
loader.add_text('https://example.org/b', '{"type": "string"}')
file = Gio.File.new_tmp('XXXXXX.json')[0]
file.replace_contents(b'{"type": "boolean"}', None, False, Gio.FileCreateFlags.NONE, None)
loader.add_file('https://example.org/c', file)
schema = loader.load_node({'$ref': 'https://example.org/a'})
assert schema.validate_text('1')
assert loader.load_text('{"type": "integer"}').validate(1)
assert loader.load_file(file).validate(True)
assert loader.load_uri('https://example.org/b').validate('x')
assert Minibus.Schema.new_from_file(file).equal(loader.load_file(file))
file.delete()

subscriber = client.subscribe('/surface')
subscriber.set_overflow(Minibus.Overflow.DROP_NEWEST)
missed = []
subscriber.connect('missed', lambda _subscriber, author, count: missed.append((author, count)))
publisher = client.create_publisher('/surface', schema)
service = client.create_service('/surface', schema, schema)
caller = client.create_service_client('/fails')
failures = []
caller.connect('failed', lambda _caller, request_id, error: failures.append(error))
requests = []


def answer(_service, request):
    requests.append(request)
    {'text': request.return_text, 'error': request.return_error,
     'error text': request.return_error_text}[request.params]('"an answer"')
    return True


client.create_service('/fails').connect('request', answer)
messages = []
subscriber.connect('message', lambda _subscriber, message: messages.append(message))
context = GLib.MainContext.default()


def until(condition):
    while not condition():
        context.iteration(True)


publisher.publish(1)
bus.loss = 1.0
publisher.publish(2)
bus.loss = 0.0
publisher.publish(3)
for what in ('text', 'error', 'error text'):
    caller.call_text(Minibus.json_to_text(Minibus.json_from_text(f'"{what}"')))
until(lambda: len(messages) == 2 and len(failures) == 2 and missed)
assert missed == [('surface', 1)] and subscriber.get_missed_from('surface') == 1

transport = Minibus.Transport.new_for_address(Minibus.Address.parse('memory:other'))
assert transport.is_reliable() in (True, False) and transport.get_max_packet_size() > 1000

for func, kind in ((lambda: Minibus.Address.parse('x'), Minibus.AddressError),
                   (lambda: client.create_publisher(''), Minibus.ClientError),
                   (lambda: transport.send('/x', b''), Minibus.TransportError)):
    try:
        func()
    except GLib.Error as error:
        assert error.domain == GLib.quark_to_string(getattr(Minibus, {
            Minibus.AddressError: 'address_error_quark', Minibus.ClientError: 'client_error_quark',
            Minibus.TransportError: 'transport_error_quark'}[kind])()), error
    else:
        raise AssertionError(kind)
assert Minibus.CipherError.WRONG_KEY is not None

transport.set_topics(None, None)
transport.set_context(None)
directory = Minibus.Directory.new(client)
assert directory.collect_sync() and directory.check_keys_sync(1)
with tempfile.NamedTemporaryFile('w', suffix='.jsonl') as stream:
    stream.write('{"minibus-recording":1}\n')
    stream.flush()
    recording = Minibus.Recording(file=stream.name)
    recording.open_sync()
    summary = recording.summarize_sync()
objects = [client, bus, address, loader, schema, subscriber, publisher, service, caller, requests[0], messages[0],
           transport, Minibus.MulticastTransport.new(address), client.transport, directory, directory.find_peer('surface'),
           directory.find_topic('/surface'), directory.find_service('/surface'), recording, summary,
           Minibus.Recorder.new(client, 'surface.jsonl'), Minibus.Player.new(client, 'surface.jsonl')]
classes = {type(thing) for thing in objects}
for klass in (getattr(Minibus, name) for name in dir(Minibus)):
    if isinstance(klass, type) and issubclass(klass, GObject.Object) and klass is not Minibus.Receiver:
        assert klass in classes, f'{klass} is not tested'
client.unsubscribe(subscriber)
assert subscriber.is_closed
client.close()
count = 0
for thing in objects:
    for pspec in GObject.list_properties(type(thing)):
        name = pspec.name.replace('-', '_')
        if not pspec.flags & GObject.ParamFlags.READABLE:
            continue
        value = thing.get_property(pspec.name)
        getter = getattr(thing, f'get_{name}', None)
        if getter is not None and name not in ('data', 'params', 'node', 'header'):
            assert getter() == value, (thing, name, getter(), value)
        setter = getattr(thing, f'set_{name}', None)
        if setter is not None and pspec.flags & GObject.ParamFlags.WRITABLE:
            setter(value)
            assert thing.get_property(pspec.name) == value
        count += 1
assert count > 100, count
