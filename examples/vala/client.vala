// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Asks a service for the sum of two numbers.

async void ask (Minibus.Client client) {
    try {
        print ("%s\n", yield client.call_text_async ("/add", "[20, 22]", 1000));
    } catch (Error e) {
        printerr ("%s\n", e.message);
    }
}

int main () {
    var loop = new MainLoop ();
    var client = new Minibus.Client ("asker");

    try {
        client.open_sync ();
    } catch (Error e) {
        error ("%s", e.message);
    }
    ask.begin (client, () => loop.quit ());
    loop.run ();

    return 0;
}
