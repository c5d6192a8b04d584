// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Who is on the bus, waiting for somebody, and recordings, in Vala.

string? scenario = null;

Minibus.Client open (string name) throws Error {
    var client = new Minibus.Client (name);

    client.address = @"memory:$scenario";
    client.open_sync ();

    return client;
}

delegate bool Condition ();

void until (Condition condition) {
    var end = get_monotonic_time () + 20 * TimeSpan.SECOND;

    while (!condition ()) {
        assert_true (get_monotonic_time () < end);
        if (!MainContext.default ().iteration (false))
            Thread.usleep (1000);
    }
}

string names (ListModel model) {
    string[] found = {};

    for (var i = 0; i < model.get_n_items (); i++) {
        string name;
        model.get_item (i).get ("name", out name);
        found += name;
    }
    return string.joinv (" ", found);
}

File temporary () throws Error {
    FileIOStream stream;
    var file = File.new_tmp ("XXXXXX.jsonl", out stream);

    stream.close ();
    return file;
}

async void record (Minibus.Client client, File file, int count) throws Error {
    var publisher = client.create_publisher ("/values");
    var recorder = new Minibus.Recorder (client, file);

    assert_true (yield recorder.start_async ());
    assert_true (recorder.state == Minibus.RecorderState.RECORDING);
    for (var i = 1; i <= count; i++)
        publisher.publish_text (@"$i");
    until (() => recorder.n_messages == count);
    assert_true (yield recorder.stop_async ());
    assert_true (recorder.n_messages == count);
    publisher.close ();
}

async string read_all (Minibus.Recording recording) throws Error {
    string[] values = {};

    while (yield recording.next_async ())
        values += recording.message.text;
    return string.joinv (" ", values);
}

async void test_directory () throws Error {
    var looker = open ("looker");
    var directory = new Minibus.Directory (looker);
    var came = 0;
    var went = 0;
    var grown = 0;

    directory.peer_appeared["lamp"].connect (peer => {
        assert_cmpstr (peer.name, CompareOperator.EQ, "lamp");
        came++;
    });
    directory.peer_vanished.connect (peer => {
        went++;
    });
    directory.items_changed.connect ((at, removed, added) => {
        grown += (int) added - (int) removed;
    });
    var lamp = open ("lamp");
    var publisher = lamp.create_publisher ("/lamp/state", new Minibus.Schema.from_text ("{\"type\":\"boolean\"}"));
    var subscriber = lamp.subscribe ("/lamp/set");
    lamp.provide ("/lamp/toggle", null, null, (request) => new Json.Node (Json.NodeType.NULL));

    assert_true (yield directory.collect_async (0));
    assert_true (directory.is_settled && came == 1 && grown == 2 && directory.get_n_items () == 2);
    assert_cmpstr (names (directory.topics), CompareOperator.EQ, "/lamp/set /lamp/state");
    assert_cmpstr (names (directory.services), CompareOperator.EQ, "/lamp/toggle");

    var peer = directory.find_peer ("lamp");
    assert_true (peer.is_present && !peer.is_own && peer.get_seconds_since_seen () >= 0);
    assert_true (peer.kind == Minibus.PeerKind.LIBMINIBUS && peer.key_match == Minibus.KeyMatch.UNKNOWN);
    assert_cmpstr (peer.publishers[0], CompareOperator.EQ, "/lamp/state");
    assert_null (peer.get_schema (Minibus.SchemaRole.TOPIC, "/lamp/state"));
    assert_true (yield peer.load_schemas_async ());
    assert_cmpstr (peer.get_schema (Minibus.SchemaRole.TOPIC, "/lamp/state"), CompareOperator.EQ, "{\"type\":\"boolean\"}");
    var topic = directory.find_topic ("/lamp/state");
    assert_cmpstr (names (topic.publishers), CompareOperator.EQ, "lamp");
    assert_true (topic.n_publishers == 1 && topic.n_subscribers == 0);
    assert_cmpstr (names (directory.find_service ("/lamp/toggle").providers), CompareOperator.EQ, "lamp");
    assert_cmpstr (directory.suggest_services ("/lamp/toggel")[0], CompareOperator.EQ, "/lamp/toggle");
    assert_cmpstr (directory.suggest_topics ("/lamp/stat")[0], CompareOperator.EQ, "/lamp/state");
    assert_true (directory.count_publishers ("/lamp/.*") == 1 && directory.count_subscribers ("/lamp/set") == 1);
    assert_true (yield directory.check_keys_async (10));

    publisher.close ();
    subscriber.close ();
    lamp.close ();
    until (() => went == 1);
    assert_true (!peer.is_present && grown == 1 && directory.topics.get_n_items () == 0);
    directory.close ();
}

class Mark : Object {}

uint watch (Minibus.Directory directory, Mark mark, GenericArray<string> told) {
    return directory.watch_peer ("lamp", (directory, name, peer) => {
        assert_true (mark is Mark);
        told.add ("%s %s".printf (name, peer != null ? peer.name : "gone"));
    });
}

async void test_watch_peer () throws Error {
    var looker = open ("looker");
    var directory = new Minibus.Directory (looker);
    var told = new GenericArray<string> ();
    var mark = new Mark ();
    var id = watch (directory, mark, told);

    assert_true (mark.ref_count > 1);
    until (() => told.length == 1);
    var lamp = open ("lamp");
    until (() => told.length == 2);
    lamp.close ();
    until (() => told.length == 3);
    assert_cmpstr (told[0], CompareOperator.EQ, "lamp gone");
    assert_cmpstr (told[1], CompareOperator.EQ, "lamp lamp");
    assert_cmpstr (told[2], CompareOperator.EQ, "lamp gone");
    directory.unwatch_peer (id);
    assert_true (mark.ref_count == 1);
}

async void test_waits () throws Error {
    var client = open ("waiting");
    var other = open ("other");
    var publisher = client.create_publisher ("/out");
    var subscriber = client.subscribe ("/in");
    var done = 0;

    client.wait_for_service_async.begin ("/add", 0, null, (_, result) => {
        try {
            done += (int) client.wait_for_service_async.end (result);
        } catch (Error e) {
            error ("%s", e.message);
        }
    });
    publisher.wait_for_subscriber_async.begin (0, null, (_, result) => {
        try {
            done += (int) publisher.wait_for_subscriber_async.end (result);
        } catch (Error e) {
            error ("%s", e.message);
        }
    });
    yield client.flush_async ();
    assert_true (done == 0);
    other.provide ("/add", null, null, (request) => new Json.Node (Json.NodeType.NULL));
    var listener = other.subscribe ("/out");
    var speaker = other.create_publisher ("/in");
    assert_true (yield subscriber.wait_for_publisher_async (0));
    assert_true (yield client.wait_for_peer_async ("other", 5000));
    until (() => done == 2);
    assert_true (client.wait_for_service_sync ("/add", 0));
    try {
        yield client.wait_for_peer_async ("nobody", 20);
        assert_not_reached ();
    } catch (Minibus.ClientError.TIMED_OUT e) {
        assert_true ("nobody" in e.message);
    }
    try {
        var cancellable = new Cancellable ();
        cancellable.cancel ();
        yield client.wait_for_service_async ("/nothing", 0, cancellable);
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }
    listener.close ();
    speaker.close ();
}

async void test_no_such_service () throws Error {
    var client = open ("asking");
    var calc = open ("calc");

    calc.provide ("/calc/add", null, null, (request) => new Json.Node (Json.NodeType.NULL));
    try {
        yield client.call_text_async ("/calc/ad", "1", 30000);
        assert_not_reached ();
    } catch (Minibus.ServiceError.NO_SUCH_SERVICE e) {
        assert_true ("“/calc/add”" in e.message);
    }
}

async void test_record_and_read () throws Error {
    var client = open ("recording");
    var file = temporary ();

    yield record (client, file, 5);
    var recording = new Minibus.Recording (file);
    assert_true (yield recording.open_async ());
    assert_cmpstr (yield read_all (recording), CompareOperator.EQ, "1 2 3 4 5");
    assert_true (yield recording.seek_async (0));
    assert_true (yield recording.next_async ());
    assert_cmpstr (recording.message.topic, CompareOperator.EQ, "/values");
    var summary = yield recording.summarize_async ();
    assert_cmpstr (summary.get_topics ()[0], CompareOperator.EQ, "/values");
    assert_cmpstr (summary.get_authors ()[0], CompareOperator.EQ, "recording");
    assert_true (summary.get_topic_count ("/values") == 5 && summary.get_author_count ("recording") == 5);
    assert_true (summary.get_topic_bytes ("/values") > 0);
    file.delete ();
}

async void test_play () throws Error {
    var client = open ("playing");
    var file = temporary ();
    string[] got = {};
    var progress = 0.0;
    var skipped = 0;

    yield record (client, file, 3);
    var stream = file.append_to (FileCreateFlags.NONE);
    var large = string.nfill (70000, 'x');
    stream.write_all (@"{\"at\":0.5,\"time\":\"2026-11-22T19:01:04.123456Z\",\"topic\":\"/large\",\"data\":\"$large\"}\n".data, null);
    stream.close ();
    client.subscribe ("/again/.*").message.connect (message => {
        got += @"$(message.topic) $(message.text)";
    });
    var player = new Minibus.Player (client, file);
    player.speed = 0;
    player.topic_prefix = "/again";
    player.notify["progress"].connect (() => {
        assert_true (player.progress >= progress);
        progress = player.progress;
    });
    player.skipped.connect ((topic, error) => {
        assert_true ("/large" in topic && error != null);
        skipped++;
    });
    assert_true (yield player.play_async ());
    assert_true (player.n_messages == 3 && player.n_skipped == 1 && skipped == 1 && progress == 1);

    var again = new Minibus.Player (client, file);
    again.speed = 0;
    again.map_topic ("/values", "/again/mapped");
    again.seek (0);
    assert_true (yield again.play_async ());
    until (() => got.length == 6);
    assert_cmpstr (got[2], CompareOperator.EQ, "/again/values 3");
    assert_cmpstr (got[5], CompareOperator.EQ, "/again/mapped 3");
    file.delete ();
}

async void test_recording_errors () throws Error {
    var client = open ("errors");
    var gone = File.new_for_path ("/nowhere/gone.jsonl");
    var photo = temporary ();

    FileUtils.set_contents (photo.get_path (), "no recording\n");
    try {
        yield new Minibus.Recording (gone).open_async ();
        assert_not_reached ();
    } catch (IOError.NOT_FOUND e) {
        assert_true ("gone.jsonl" in e.message);
    }
    try {
        yield new Minibus.Player (client, photo).play_async ();
        assert_not_reached ();
    } catch (Minibus.RecordingError.NOT_RECORDING e) {
    }
    try {
        yield new Minibus.Recording (photo).next_async ();
        assert_not_reached ();
    } catch (Minibus.RecordingError.STATE e) {
    }
    try {
        yield new Minibus.Recorder (client, photo).start_async ();
        assert_not_reached ();
    } catch (Minibus.RecordingError.EXISTS e) {
    }
    photo.delete ();
}

delegate void Begin (owned AsyncReadyCallback callback);
delegate void End (AsyncResult result) throws Error;

void add (string name, owned Begin begin, owned End end) {
    Test.add_data_func (@"/languages/vala/bus/$name", () => {
        AsyncResult? done = null;

        scenario = name;
        begin ((_, result) => {
            done = result;
        });
        until (() => done != null);
        try {
            end (done);
        } catch (Error e) {
            error ("%s: %s", name, e.message);
        }
    });
}

int main (string[] args) {
    Test.init (ref args);
    add ("directory", (callback) => test_directory.begin ((owned) callback), (result) => test_directory.end (result));
    add ("watch_peer", (callback) => test_watch_peer.begin ((owned) callback), (result) => test_watch_peer.end (result));
    add ("waits", (callback) => test_waits.begin ((owned) callback), (result) => test_waits.end (result));
    add ("no_such_service", (callback) => test_no_such_service.begin ((owned) callback),
         (result) => test_no_such_service.end (result));
    add ("record_and_read", (callback) => test_record_and_read.begin ((owned) callback),
         (result) => test_record_and_read.end (result));
    add ("play", (callback) => test_play.begin ((owned) callback), (result) => test_play.end (result));
    add ("recording_errors", (callback) => test_recording_errors.begin ((owned) callback),
         (result) => test_recording_errors.end (result));

    return Test.run ();
}
