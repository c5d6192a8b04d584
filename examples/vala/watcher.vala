// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tells who comes to the bus, and who goes.

int main () {
    var client = new Minibus.Client ("watcher");
    var directory = new Minibus.Directory (client);

    directory.peer_appeared.connect (peer => {
        if (!peer.is_own)
            print ("%s came\n", peer.name);
    });
    directory.peer_vanished.connect (peer => {
        if (!peer.is_own)
            print ("%s went\n", peer.name);
    });

    try {
        client.open_sync ();
    } catch (Error e) {
        error ("%s", e.message);
    }
    new MainLoop ().run ();

    return 0;
}
