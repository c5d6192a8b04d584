// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Uses, in Vala, what the scenarios do not; and gets every property in each way there is.

// What every transport has to have, and nothing else.
class Sink : Object, Minibus.Transport {
    public int n_sent = 0;
    public bool is_open = false;

    public bool open_sync (Minibus.Receiver receiver, Cancellable? cancellable = null) throws Error {
        is_open = true;
        return true;
    }

    public void close () {
        is_open = false;
    }

    public bool send (string topic, uint8[] data) throws Error {
        AtomicInt.inc (ref n_sent);
        return true;
    }

    public size_t get_max_packet_size () {
        return 1000;
    }

    public bool is_reliable () {
        return true;
    }
}

void use_own_transport () throws Error {
    var client = new Minibus.Client ("sink");
    var sink = new Sink ();
    var opened = false;

    client.transport = sink;
    client.open_async.begin (null, (_, result) => {
        try {
            opened = client.open_async.end (result);
        } catch (Error e) {
            error ("%s", e.message);
        }
    });
    while (!opened)
        MainContext.default ().iteration (true);
    assert_true (sink.is_open);

    client.subscribe ("/surface");
    client.create_publisher ("/surface").publish_text ("1");
    assert_true (AtomicInt.get (ref sink.n_sent) > 0);
    client.close ();
    assert_false (sink.is_open);
}

void run () throws Error {
    use_own_transport ();

    var client = new Minibus.Client ("surface");
    var bus = Minibus.MemoryBus.get ("surface");
    var address = Minibus.Address.parse ("multicast://228.0.0.5:8005?interface=lo");

    client.address = "memory:surface";
    assert_true (Minibus.Address.parse (address.to_text ()).port == 8005);
    assert_nonnull (Minibus.Address.parse_default ());
    client.read_passphrase_sync (new MemoryInputStream.from_data ("secret\n".data));
    client.passphrase = null;
    client.open_sync ();
    client.flush_sync ();

    var loader = new Minibus.SchemaLoader ();
    Minibus.SchemaDraft draft = loader.default_draft;
    loader.default_draft = draft;
    loader.add_node ("https://example.org/a", Minibus.json_from_text ("{\"type\": \"integer\"}"));
    loader.add_text ("https://example.org/b", "{\"type\": \"string\"}");
    FileIOStream stream;
    var file = File.new_tmp ("XXXXXX.json", out stream);
    stream.output_stream.write_all ("{\"type\": \"boolean\"}".data, null);
    stream.close ();
    loader.add_file ("https://example.org/c", file);
    var schema = loader.load_node (Minibus.json_from_text ("{\"$ref\": \"https://example.org/a\"}"));
    assert_true (schema.validate_text ("1"));
    assert_true (schema.validate (Minibus.json_from_text ("1")));
    assert_true (schema.report (Minibus.json_from_text ("1")).get_object ().get_boolean_member ("valid"));
    assert_true (loader.load_text ("{\"type\": \"integer\"}").validate_text ("1"));
    assert_true (loader.load_file (file).validate_text ("true"));
    assert_true (loader.load_uri ("https://example.org/b").validate_text ("\"x\""));
    assert_true (new Minibus.Schema.from_file (file).equal (loader.load_file (file)));
    assert_true (new Minibus.Schema.from_node (Minibus.json_from_text ("{}")).validate_text ("1"));
    file.delete ();

    var subscriber = client.subscribe ("/surface");
    subscriber.overflow = Minibus.Overflow.DROP_NEWEST;
    var n_missed = 0u;
    var failures = 0;
    Minibus.Request? request = null;
    Minibus.Message? message = null;
    subscriber.missed.connect ((author, count) => {
        n_missed += count;
    });
    subscriber.message.connect (arrived => {
        message = arrived;
    });
    var publisher = client.create_publisher ("/surface", schema);
    var service = client.create_service ("/surface", schema, schema);
    var caller = client.create_service_client ("/fails");
    caller.failed.connect ((id, error) => {
        assert_true (error is Minibus.ServiceError.REMOTE);
        failures++;
    });
    client.create_service ("/fails").request.connect (asked => {
        request = asked;
        try {
            switch (asked.params_text) {
            case "1":
                return asked.return_text ("\"an answer\"");
            case "2":
                return asked.return_error ("an answer");
            case "3":
                return asked.return_error_value (Minibus.json_from_text ("[]"));
            default:
                return asked.return_error_text ("\"an answer\"");
            }
        } catch (Error e) {
            error ("%s", e.message);
        }
    });

    publisher.publish_text ("1");
    bus.loss = 1;
    publisher.publish_text ("2");
    bus.loss = 0;
    publisher.publish_text ("3");
    for (var i = 1; i <= 4; i++)
        caller.call (Minibus.json_from_text (@"$i"));
    while (failures < 3 || n_missed < 1 || message == null || message.text != "3")
        MainContext.default ().iteration (true);
    assert_true (subscriber.get_missed_from ("surface") == 1);

    var transport = Minibus.Transport.new_for_address (Minibus.Address.parse ("memory:other"));
    assert_true (transport.is_reliable () || true);
    assert_true (transport.get_max_packet_size () > 1000);
    try {
        transport.send ("/x", "x".data);
        assert_not_reached ();
    } catch (Minibus.TransportError e) {
    }
    Error cipher = new Minibus.CipherError.WRONG_KEY ("wrong");
    assert_true (cipher is Minibus.CipherError);

    transport.set_topics (null, null);
    transport.set_context (null);
    var directory = new Minibus.Directory (client);
    assert_true (directory.collect_sync ());
    directory.check_keys_sync (1);
    var record = File.new_tmp ("XXXXXX.jsonl", out stream);
    stream.close ();
    var recording = new Minibus.Recording (record);
    recording.open_sync ();
    var summary = recording.summarize_sync ();
    record.delete ();

    Object[] objects = {
        client, bus, address, loader, schema, subscriber, publisher, service, caller, request, message, transport,
        new Minibus.MulticastTransport (address), new Minibus.MemoryTransport (Minibus.Address.parse ("memory:x")),
        directory, directory.find_peer ("surface"), directory.find_topic ("/surface"), directory.find_service ("/surface"),
        new Minibus.Recorder (client, record), new Minibus.Player (client, record), recording, summary,
    };
    client.unsubscribe (subscriber);
    assert_true (subscriber.is_closed);
    client.close ();

    var count = 0;
    foreach (var object in objects) {
        foreach (var pspec in object.get_class ().list_properties ()) {
            if (!(ParamFlags.READABLE in pspec.flags))
                continue;
            var value = Value (pspec.value_type);
            object.get_property (pspec.name, ref value);
            if (ParamFlags.WRITABLE in pspec.flags && !(ParamFlags.CONSTRUCT_ONLY in pspec.flags))
                object.set_property (pspec.name, value);
            count++;
        }
    }
    assert_true (count > 90);
}

int main () {
    try {
        run ();
    } catch (Error e) {
        error ("%s", e.message);
    }
    return 0;
}
