// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tells the weather once. The environment variable MINIBUS_ADDRESS says on which bus.

int main () {
    var client = new Minibus.Client ("station");

    try {
        client.open_sync ();
        client.create_publisher ("/weather").publish_text ("""{"sky": "clear", "celsius": 21.5}""");
        print ("told: clear, 21.5 degrees\n");
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }

    return 0;
}
