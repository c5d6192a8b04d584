// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The scenarios that every language has to pass, in Vala, with nodes and text for values.

const string[] VALUES = {
    "null", "true", "false", "0", "-1", "9007199254740993", "9223372036854775807", "-9223372036854775808", "0.1",
    "1e+300", "\"\"", "\"ünïcödé 😀 \\u0001\\\"\\\\/\\n\"", "[]", "{}", "[[],{},null]",
    "{\"\":{\"a\":[1,{\"b\":null}]},\"ключ\":[true]}",
};

string? bus = null;
string? scenario = null;

string address () {
    return bus ?? @"memory:$scenario";
}

Minibus.Client open (string name) {
    var client = new Minibus.Client (name);

    client.address = address ();
    try {
        client.open_sync ();
    } catch (Error e) {
        error ("%s", e.message);
    }

    return client;
}

delegate bool Condition ();

void until (Condition condition) {
    var end = get_monotonic_time () + 10 * TimeSpan.SECOND;

    while (!condition ()) {
        assert_true (get_monotonic_time () < end);
        if (!MainContext.default ().iteration (false))
            Thread.usleep (1000);
    }
}

string thread () {
    try {
        return Path.get_basename (FileUtils.read_link ("/proc/thread-self"));
    } catch (FileError e) {
        error ("%s", e.message);
    }
}

string text (Json.Node node) {
    try {
        return Minibus.json_to_text (node);
    } catch (Error e) {
        error ("%s", e.message);
    }
}

/* Calls without blocking, so that all services in this process get their turn. */
string call (Minibus.Client client, string name, string params = "null", uint timeout = 0,
             Cancellable? cancellable = null) throws Error
{
    AsyncResult? answer = null;

    client.call_text_async.begin (name, params, timeout, cancellable, (_, result) => {
        answer = result;
    });
    until (() => answer != null);

    return client.call_text_async.end (answer);
}

void assert_call (Minibus.Client client, string name, string params, string expected) {
    try {
        assert_cmpstr (call (client, name, params), CompareOperator.EQ, expected);
    } catch (Error e) {
        error ("%s: %s", name, e.message);
    }
}

Error failure (Minibus.Client client, string name, uint timeout = 0, Cancellable? cancellable = null) {
    try {
        error ("%s did not fail but answered %s", name, call (client, name, "null", timeout, cancellable));
    } catch (Error e) {
        return e;
    }
}

void test_values () throws Error {
    var client = open ("values");
    var subscriber = client.subscribe ("/values");
    var publisher = client.create_publisher ("/values");
    var messages = new GenericArray<Minibus.Message> ();

    subscriber.message.connect (message => messages.add (message));
    foreach (var value in VALUES) {
        publisher.publish_text (value);
        publisher.publish (Minibus.json_from_text (value));
    }
    publisher.publish (null);
    until (() => messages.length == 2 * VALUES.length + 1);
    for (var i = 0; i < VALUES.length; i++) {
        assert_cmpstr (messages[2 * i].text, CompareOperator.EQ, VALUES[i]);
        assert_cmpstr (text (messages[2 * i].data), CompareOperator.EQ, text (Minibus.json_from_text (VALUES[i])));
        assert_cmpstr (text (messages[2 * i + 1].data), CompareOperator.EQ, text (messages[2 * i].data));
    }
    assert_cmpstr (messages[2 * VALUES.length].text, CompareOperator.EQ, "null");
    assert_cmpstr (messages[0].topic, CompareOperator.EQ, "/values");
    assert_cmpstr (messages[0].author, CompareOperator.EQ, "values");
    assert_null (messages[0].get_header ());
    client.close ();
}

void test_header () throws Error {
    var client = open ("header");
    Minibus.Message? seen = null;

    client.subscribe ("/header").message.connect (message => {
        seen = message;
    });
    client.transport.send ("/header",
        "{\"header\":{\"topic\":\"/header\",\"author\":\"stranger\",\"idstr\":\"1\",\"room\":[1]},\"data\":\"1\"}".data);
    until (() => seen != null);
    assert_true (seen.header.get_object ().get_array_member ("room").get_int_element (0) == 1);
}

void test_detailed_signal () throws Error {
    var client = open ("detailed");
    var subscriber = client.subscribe ("/detailed/.*");
    var all = 0;
    var some = new StringBuilder ();

    subscriber.message.connect (() => all++);
    subscriber.message["/detailed/b"].connect (message => some.append (message.text));
    foreach (var name in new string[] { "a", "b", "c" })
        client.create_publisher (@"/detailed/$name").publish_text (@"\"$name\"");
    until (() => all == 3);
    assert_cmpstr (some.str, CompareOperator.EQ, "\"b\"");
    subscriber.close ();
}

void test_schema () throws Error {
    try {
        new Minibus.Schema.from_text ("{\"type\": 5}");
        assert_not_reached ();
    } catch (Minibus.SchemaError.INVALID e) {
    }

    var client = open ("schema");
    var publisher = client.create_publisher ("/schema", new Minibus.Schema.from_text ("{\"type\": \"array\"}"));
    var refused = false;

    try {
        publisher.publish_text ("1");
    } catch (Minibus.SchemaError.VIOLATION e) {
        refused = true;
    }
    assert_true (refused);
    publisher.publish_text ("[1]");
}

void test_service () throws Error {
    var client = open ("service");
    var caller = open ("caller");

    client.create_service ("/now").request.connect (request => {
        try {
            return request.return_text (@"{\"got\":$(request.params_text)}");
        } catch (Error e) {
            error ("%s", e.message);
        }
    });
    client.create_service ("/later").request.connect (request => {
        Timeout.add (5, () => {
            try {
                request.return_value (request.params);
            } catch (Error e) {
                error ("%s", e.message);
            }
            return Source.REMOVE;
        });
        return true;
    });
    client.create_service ("/refuses").request.connect (request => {
        try {
            return request.return_error_text ("{\"code\":7}");
        } catch (Error e) {
            error ("%s", e.message);
        }
    });
    client.create_service ("/ignores").request.connect (() => false);
    client.create_service ("/nothing");
    assert_call (caller, "/now", "{\"a\":1}", "{\"got\":{\"a\":1}}");
    assert_call (caller, "/later", "\"x\"", "\"x\"");
    assert_true (failure (caller, "/ignores") is Minibus.ServiceError.REMOTE);
    assert_true (failure (caller, "/nothing") is Minibus.ServiceError.REMOTE);
    assert_cmpstr (failure (caller, "/refuses").message, CompareOperator.EQ, "{\"code\":7}");
    assert_call (caller, "/now", "1", "{\"got\":1}");
}

void test_provide () throws Error {
    var client = open ("provide");

    client.provide ("/add", null, null, request => {
        var numbers = request.params.get_array ();
        var sum = new Json.Node (Json.NodeType.VALUE);

        sum.set_int (numbers.get_int_element (0) + numbers.get_int_element (1));
        return sum;
    });
    client.provide ("/refuses", null, null, request => {
        try {
            request.return_error ("It rains");
        } catch (Error e) {
            error ("%s", e.message);
        }
        return null;
    });
    client.provide ("/forgets", null, null, () => null);
    assert_call (client, "/add", "[1,2]", "3");
    assert_cmpstr (failure (client, "/refuses").message, CompareOperator.EQ, "It rains");
    assert_true (failure (client, "/forgets") is Minibus.ServiceError.REMOTE);
}

async void run_calls (Minibus.Client client, Minibus.ServiceClient add) throws Error {
    var params = Minibus.json_from_text ("[1, 2]");
    var silent = client.create_service_client ("/silent");

    assert_cmpstr (text (yield add.call_async (params)), CompareOperator.EQ, "[1,2]");
    assert_cmpstr (text (yield client.call_async ("/echo", params)), CompareOperator.EQ, "[1,2]");
    assert_cmpstr (yield add.call_text_async ("[3]"), CompareOperator.EQ, "[3]");
    try {
        silent.timeout = 20;
        yield silent.call_async ();
        assert_not_reached ();
    } catch (Minibus.ServiceError.TIMED_OUT e) {
    }
}

async int run_receive (Minibus.Client client) throws Error {
    var subscriber = client.subscribe ("/receive");
    var publisher = client.create_publisher ("/receive");
    var sum = 0;

    for (var i = 1; i <= 4; i++)
        publisher.publish_text (@"$i");
    for (var i = 0; i < 4; i++) {
        var message = yield subscriber.receive_async ();

        yield client.flush_async ();
        sum = sum * 10 + (int) message.data.get_int ();
    }

    Idle.add (() => {
        subscriber.close ();
        return Source.REMOVE;
    });
    try {
        yield subscriber.receive_async ();
        assert_not_reached ();
    } catch (Minibus.ClientError.CLOSED e) {
    }

    return sum;
}

void test_receive () throws Error {
    var client = new Minibus.Client ("receive");
    var sum = 0;

    client.address = address ();
    client.open_async.begin (null, (_, opened) => {
        try {
            client.open_async.end (opened);
        } catch (Error e) {
            error ("%s", e.message);
        }
        run_receive.begin (client, (_, result) => {
            try {
                sum = run_receive.end (result);
            } catch (Error e) {
                error ("%s", e.message);
            }
        });
    });
    until (() => sum != 0);
    assert_true (sum == 1234);
}

/* Each kind of error is a domain of its own, to be caught by its name. */
void test_error_domains () throws Error {
    var client = open ("errors");
    var caught = 0;

    try {
        client.open_sync ();
    } catch (Minibus.ClientError e) {
        assert_true (e is Minibus.ClientError.ALREADY_OPEN);
        caught++;
    }
    try {
        Minibus.Address.parse ("nothing");
    } catch (Minibus.AddressError e) {
        caught++;
    }
    try {
        Minibus.json_from_text ("[");
    } catch (Minibus.JsonError e) {
        assert_true (e is Minibus.JsonError.SYNTAX);
        caught++;
    }
    assert_true (caught == 3);
}

void test_calls () throws Error {
    var client = open ("calls");
    var add = client.create_service_client ("/echo");
    var requests = new GenericArray<Minibus.Request> ();
    var ended = false;

    client.provide ("/echo", null, null, request => request.params);
    client.create_service ("/silent").request.connect (request => {
        requests.add (request);
        return true;
    });
    run_calls.begin (client, add, (_, result) => {
        try {
            run_calls.end (result);
        } catch (Error e) {
            error ("%s", e.message);
        }
        ended = true;
    });
    until (() => ended);
    assert_cmpstr (text (add.call_sync ()), CompareOperator.EQ, "null");
    assert_cmpstr (client.call_text_sync ("/echo", "4"), CompareOperator.EQ, "4");

    string? replied = null;
    add.reply.connect ((id, message) => {
        replied = @"$id $(message.text)";
    });
    var id = add.call_text ("5");
    until (() => replied != null);
    assert_cmpstr (replied, CompareOperator.EQ, @"$id 5");

    assert_true (failure (client, "/silent", 20) is Minibus.ServiceError.TIMED_OUT);
    var cancellable = new Cancellable ();
    Idle.add (() => {
        cancellable.cancel ();
        return Source.REMOVE;
    });
    assert_true (failure (client, "/silent", 0, cancellable) is IOError.CANCELLED);
    Idle.add (() => {
        client.close ();
        return Source.REMOVE;
    });
    assert_true (failure (client, "/silent") is Minibus.ClientError.CLOSED);
    client.open_sync ();
    assert_call (client, "/echo", "1", "1");
}

void test_dropped () throws Error {
    var client = open ("dropped");
    var seen = 0u;

    client.dropped.connect ((reason, count) => {
        assert_true (reason == Minibus.DropReason.NOT_JSON);
        seen += count;
    });
    client.transport.send ("/dropped", "not JSON".data);
    until (() => seen > 0);
    assert_true (client.get_dropped (Minibus.DropReason.NOT_JSON) == 1);
    assert_true (client.dropped_not_json == 1);
}

void test_several_clients () throws Error {
    Minibus.Client[] clients = { open ("one"), open ("two"), open ("three") };
    int[] counts = { 0, 0, 0 };

    clients[0].subscribe ("/several").message.connect (() => counts[0]++);
    clients[1].subscribe ("/several").message.connect (() => counts[1]++);
    clients[2].subscribe ("/several").message.connect (() => counts[2]++);
    foreach (var client in clients)
        client.create_publisher ("/several").publish_text ("1");
    until (() => counts[0] == 3 && counts[1] == 3 && counts[2] == 3);
    clients[0].close ();
    clients[1].create_publisher ("/several").publish_text ("2");
    until (() => counts[1] == 4 && counts[2] == 4);
    assert_true (counts[0] == 3);
}

/* Nobody keeps a reference: what was made lives as long as its client. */
void test_garbage () throws Error {
    var client = open ("garbage");
    var count = 0;

    client.subscribe ("/garbage").message.connect (() => count++);
    client.provide ("/function", null, null, request => request.params);
    client.create_publisher ("/garbage").publish_text ("1");
    until (() => count == 1);
    assert_call (client, "/function", "[2]", "[2]");
}

void test_dropped_request () throws Error {
    var client = open ("dropped-request");

    client.create_service ("/forgets").request.connect (() => true);
    assert_true (failure (client, "/forgets") is Minibus.ServiceError.REMOTE);
}

void test_threads () throws Error {
    var client = open ("threads");
    var seen = new GenericSet<string> (str_hash, str_equal);

    client.subscribe ("/threads").message.connect (() => seen.add (thread ()));
    client.dropped.connect (() => seen.add (thread ()));
    client.provide ("/threads", null, null, request => {
        seen.add (thread ());
        return request.params;
    });
    client.create_publisher ("/threads").publish_text ("1");
    client.transport.send ("/threads", "{".data);
    assert_call (client, "/threads", "1", "1");
    client.call_text_sync ("/__minibus__/__listclients__", "null");
    until (() => client.dropped_not_json == 1);
    assert_true (seen.length == 1 && seen.contains (thread ()));
}

void test_pending_calls () throws Error {
    var errors = 0;
    var client = open ("pending-calls");

    for (var i = 0; i < 10; i++) {
        client.call_text_async.begin ("/nobody", "1", 50, null, (source, result) => {
            try {
                ((Minibus.Client) source).call_text_async.end (result);
            } catch (Error e) {
                errors++;
            }
        });
    }
    client = null;
    until (() => errors == 10);
}

int memory () {
    string status;

    try {
        FileUtils.get_contents ("/proc/self/status", out status);
    } catch (FileError e) {
        error ("%s", e.message);
    }

    return int.parse (status.split ("VmRSS:")[1].strip ());
}

void test_many_messages () throws Error {
    var client = open ("many-messages");
    var publisher = client.create_publisher ("/many");
    var long_text = string.nfill (100, 'x');
    var count = 0;
    var before = 0;

    client.subscribe ("/many").message.connect (message => {
        count += (int) message.data.get_object ().get_int_member ("one");
    });
    for (var start = 0; start < 20000; start += 500) {
        for (var i = 0; i < 500; i++)
            publisher.publish_text (@"{\"one\":1,\"text\":\"$long_text\"}");
        until (() => count == start + 500);
        if (start == 10000)
            before = memory ();
    }
    assert_true (memory () - before < 4096);
}

delegate void Scenario () throws Error;

void add (string name, owned Scenario func) {
    Test.add_data_func (@"/languages/vala/$name", () => {
        scenario = name;
        try {
            func ();
        } catch (Error e) {
            error ("%s: %s", name, e.message);
        }
    });
}

int main (string[] args) {
    Test.init (ref args);
    if (args.length > 1)
        bus = args[1];

    if (args.length > 2) {
        add ("values", test_values);
        return Test.run ();
    }
    add ("values", test_values);
    add ("header", test_header);
    add ("detailed_signal", test_detailed_signal);
    add ("schema", test_schema);
    add ("service", test_service);
    add ("provide", test_provide);
    add ("calls", test_calls);
    add ("receive", test_receive);
    add ("error_domains", test_error_domains);
    add ("dropped", test_dropped);
    add ("several_clients", test_several_clients);
    add ("garbage", test_garbage);
    add ("dropped_request", test_dropped_request);
    add ("threads", test_threads);
    add ("pending_calls", test_pending_calls);
    add ("many_messages", test_many_messages);

    return Test.run ();
}
