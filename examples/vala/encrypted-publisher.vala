// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tells once that a door is open, to those who know the passphrase. It is the first line of the file that the
// argument names; without one, what the environment variable MINIBUS_PASSPHRASE holds.

int main (string[] args) {
    var client = new Minibus.Client ("door");

    try {
        if (args.length > 1)
            client.read_passphrase_sync (File.new_for_path (args[1]).read ());
        client.open_sync ();
        client.create_publisher ("/alarm").publish_text ("""{"door": "front", "open": true}""");
        // It is encrypted in a thread: what ends has to wait for that.
        client.flush_sync ();
        print ("told: the front door is open\n");
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }

    return 0;
}
