// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// libminibus from Vala: text is published, and nodes are read. See bench.h.

const int64 FIRST_SEQ = 1000000000;
const string FORMAT = """{"run":%d,"seq":%lld,"name":"sensor-7","values":[1.5,2.25,-3],"unit":"kPa","pad":"%s"}""";
const string SERVICE = "/bench/echo";

class Counter {
    int64 finished = 0;
    int64 run = 0;
    int64 next = 1;
    int64 received = 0;
    int64 repeated = 0;
    int64 first = 0;
    int64 last = 0;

    public void count (int64 of_run, int64 with_seq) {
        int64 seq = with_seq - FIRST_SEQ;

        if (of_run <= finished)
            return;
        if (of_run != run) {
            run = of_run;
            next = 1;
            received = repeated = first = last = 0;
        }
        if (seq == 0) {
            tell (@"{\"run\":$run,\"received\":$received,\"repeated\":$repeated,\"wrong\":0," +
                  "\"seconds\":%.6f}".printf ((last - first) / 1e6));
            finished = run;
        } else if (seq < next) {
            repeated++;
        } else {
            last = get_monotonic_time ();
            if (received++ == 0)
                first = last;
            next = seq + 1;
        }
    }
}

void tell (string line) {
    stdout.puts (line + "\n");
    stdout.flush ();
}

void publish_run (Minibus.Publisher publisher, string pad, int run, int64 rate, double seconds, int64 limit)
        throws Error {
    int64 start = get_monotonic_time ();
    int64 end = start + (int64) (seconds * 1e6);
    int64 start_of_rate = start, now = start, n = 0, in_time_before = 0;

    while (now < end && n < limit) {
        int64 due = n + 64;
        if (rate > 0) {
            int64 in_time = (now - start_of_rate) * rate / 1000000 + 1;
            if (in_time > in_time_before + rate / 200 + 1) {
                start_of_rate = now;
                in_time_before = 0;
                in_time = 1;
            }
            due = n + in_time - in_time_before;
            in_time_before = in_time;
        }
        while (n < due && n < limit)
            publisher.publish_text (FORMAT.printf (run, FIRST_SEQ + ++n, pad));
        if (rate > 0)
            Thread.usleep (20);
        now = get_monotonic_time ();
    }
    tell (@"{\"run\":$run,\"sent\":$n,\"failed\":0,\"seconds\":%.6f}".printf ((now - start) / 1e6));
}

void run_publisher (Minibus.Client client, string topic, string pad) throws Error {
    var publisher = client.create_publisher (topic, null);
    string? line;

    tell ("{\"ready\":true}");
    while ((line = stdin.read_line ()) != null) {
        var words = line.split (" ");
        if (words[0] == "mark")
            publisher.publish_text (FORMAT.printf (int.parse (words[1]), FIRST_SEQ, pad));
        else
            publish_run (publisher, pad, int.parse (words[1]), int64.parse (words[2]), double.parse (words[3]),
                         int64.parse (words[4]));
    }
}

class Caller {
    Minibus.ServiceClient echo;
    string pad;
    int64 end;
    int64 limit;
    int64 started;
    int64 failed;
    int running;
    int64[] times;

    public Caller (Minibus.ServiceClient echo, string pad) {
        this.echo = echo;
        this.pad = pad;
    }

    async void keep_calling () {
        running++;
        while (get_monotonic_time () < end && started < limit) {
            int64 sent = get_monotonic_time ();
            try {
                yield echo.call_text_async (FORMAT.printf (1000, FIRST_SEQ + ++started, pad), null);
                times += get_monotonic_time () - sent;
            } catch (Error e) {
                failed++;
            }
        }
        running--;
    }

    public void run (double seconds, int64 limit, int in_flight) {
        int64 start = get_monotonic_time ();

        this.limit = limit;
        end = start + (int64) (seconds * 1e6);
        started = failed = 0;
        times = {};
        for (int i = 0; i < in_flight; i++)
            keep_calling.begin ();
        while (running > 0)
            MainContext.default ().iteration (true);

        var sorted = new Array<int64> ();
        sorted.append_vals (times, times.length);
        sorted.sort ((a, b) => (int) (*(int64*) a - *(int64*) b));
        int64 median = times.length > 0 ? sorted.index (times.length / 2) : 0;
        int64 p99 = times.length > 0 ? sorted.index (times.length * 99 / 100) : 0;
        tell (@"{\"calls\":$(times.length),\"failed\":$failed,\"median\":$median,\"p99\":$p99," +
              "\"seconds\":%.6f}".printf ((get_monotonic_time () - start) / 1e6));
    }
}

void run_caller (Minibus.Client client, string pad) throws Error {
    var caller = new Caller (client.create_service_client (SERVICE, null, null), pad);
    string? line;

    tell ("{\"ready\":true}");
    while ((line = stdin.read_line ()) != null) {
        var words = line.split (" ");
        caller.run (double.parse (words[1]), int64.parse (words[2]), int.parse (words[3]));
    }
}

int main (string[] args) {
    var client = new Minibus.Client (null);
    var counter = new Counter ();
    var topic = "/bench/one";
    var size = 100;

    foreach (var argument in args) {
        if (argument.has_prefix ("topic="))
            topic = argument.substring (6);
        else if (argument.has_prefix ("size="))
            size = int.parse (argument.substring (5));
    }
    var pad = string.nfill (size - FORMAT.printf (1000, FIRST_SEQ, "").length, 'x');

    try {
        client.open_sync ();
        switch (args[1]) {
            case "publisher":
                run_publisher (client, topic, pad);
                return 0;
            case "caller":
                run_caller (client, pad);
                return 0;
            case "server":
                client.provide (SERVICE, null, null, request => request.get_params ());
                break;
            default:
                client.subscribe (topic, null).message.connect (message => {
                    var data = message.get_data ().get_object ();
                    counter.count (data.get_int_member ("run"), data.get_int_member ("seq"));
                });
                break;
        }
    } catch (Error e) {
        error ("%s", e.message);
    }
    tell ("{\"ready\":true}");
    new MainLoop ().run ();

    return 0;
}
