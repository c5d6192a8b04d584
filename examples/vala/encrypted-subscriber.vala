// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Shows what those tell about doors who know the passphrase. The first argument is the file with the passphrase in its
// first line, or empty for the environment variable MINIBUS_PASSPHRASE; the second says how many messages to
// wait for, or there is no end.

const string ALARM = """{
    "type": "object",
    "properties": { "door": { "type": "string" }, "open": { "type": "boolean" } },
    "required": ["door", "open"]
}""";

int main (string[] args) {
    var loop = new MainLoop ();
    var client = new Minibus.Client ("guard");
    var count = args.length > 2 ? int.parse (args[2]) : -1;

    // Without the passphrase, or with another one, a message is of no use. It is counted, and told here.
    client.dropped["wrong-key"].connect (() => printerr ("A message could not be read\n"));

    try {
        if (args.length > 1 && args[1] != "")
            client.read_passphrase_sync (File.new_for_path (args[1]).read ());
        client.open_sync ();
        client.subscribe ("/alarm", new Minibus.Schema.from_text (ALARM)).message.connect (message => {
            var alarm = message.get_data ().get_object ();

            print ("%s: the %s door is %s\n", message.author, alarm.get_string_member ("door"),
                   alarm.get_boolean_member ("open") ? "open" : "closed");
            if (--count == 0)
                loop.quit ();
        });
    } catch (Error e) {
        error ("%s", e.message);
    }
    loop.run ();

    return 0;
}
