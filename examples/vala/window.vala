// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A window for GTK 4: who is on the bus, a chat on one topic, and a slider that follows another. Start it
// twice, or in two languages. The argument is the name under which others see you.

class Demo : Gtk.Application {
    const string QUESTION = "/__minibus__/__listclients__";

    Minibus.Client client;
    Minibus.Publisher chat;
    Minibus.Publisher level;
    Gtk.StringList peers = new Gtk.StringList (null);
    Gtk.StringList lines = new Gtk.StringList (null);
    Gtk.Entry entry;
    Gtk.Scale slider;
    ulong moved_id;
    HashTable<string, int> rounds = new HashTable<string, int> (str_hash, str_equal);
    int round = 0;

    public Demo (string name) {
        Object (application_id: "org.libminibus.Demo", flags: ApplicationFlags.NON_UNIQUE);
        client = new Minibus.Client (name);
    }

    public void join () throws Error {
        var text = new Minibus.Schema.from_text ("""{"type": "string"}""");
        var number = new Minibus.Schema.from_text ("""{"type": "number"}""");

        client.open_sync ();
        chat = client.create_publisher ("/demo/chat", text);
        level = client.create_publisher ("/demo/level", number);

        client.subscribe ("/demo/chat", text).message.connect (message => {
            lines.append ("%s: %s".printf (message.author, message.get_data ().get_string ()));
        });

        // Each client answers the question with its name.
        client.subscribe (QUESTION + "/__reply__", text).message.connect (message => {
            var name = message.get_data ().get_string ();
            if (!(name in rounds))
                peers.append (name);
            rounds[name] = round;
        });

        // Only the newest position of a slider matters. What this window says comes back to it, late: heeding it would
        // pull the slider from under the hand.
        var levels = client.subscribe ("/demo/level", number);
        levels.inbox_size = 1;
        levels.overflow = Minibus.Overflow.DROP_OLDEST;
        levels.message.connect (message => {
            if (message.author == client.name)
                return;
            SignalHandler.block (slider, moved_id);
            slider.set_value (message.get_data ().get_double ());
            SignalHandler.unblock (slider, moved_id);
        });
    }

    void send () {
        if (entry.text == "")
            return;
        try {
            chat.publish (new Json.Node.alloc ().init_string (entry.text));
        } catch (Error e) {
            lines.append (e.message);
        }
        entry.text = "";
    }

    void moved () {
        try {
            level.publish (new Json.Node.alloc ().init_double (slider.get_value ()));
        } catch (Error e) {
            debug ("%s", e.message);
        }
    }

    // Who has not answered the last three questions has gone.
    bool ask () {
        for (var i = (int) peers.get_n_items () - 1; i >= 0; i--) {
            var name = peers.get_string (i);
            if (rounds[name] + 3 <= round) {
                rounds.remove (name);
                peers.remove (i);
            }
        }
        round++;
        client.call_text_async.begin (QUESTION, "null");
        return Source.CONTINUE;
    }

    Gtk.Widget create_list (Gtk.StringList strings, string name) {
        var factory = new Gtk.SignalListItemFactory ();
        factory.setup.connect (item => {
            item.child = new Gtk.Label (null) { xalign = 0, wrap = true, margin_start = 6, margin_end = 6 };
        });
        factory.bind.connect (item => ((Gtk.Label) item.child).label = ((Gtk.StringObject) item.item).string);

        var view = new Gtk.ListView (new Gtk.NoSelection (strings), factory);
        view.update_property (Gtk.AccessibleProperty.LABEL, name, -1);
        return new Gtk.ScrolledWindow () { child = view, has_frame = true, vexpand = true };
    }

    Gtk.Box create_column (string heading, Gtk.Widget child) {
        var box = new Gtk.Box (Gtk.Orientation.VERTICAL, 6);
        box.append (new Gtk.Label (heading) { xalign = 0, css_classes = { "heading" } });
        box.append (child);
        return box;
    }

    public override void activate () {
        entry = new Gtk.Entry () { placeholder_text = "Say something to all", hexpand = true };
        slider = new Gtk.Scale.with_range (Gtk.Orientation.HORIZONTAL, 0, 100, 1);

        var button = new Gtk.Button.with_label ("Send");
        var row = new Gtk.Box (Gtk.Orientation.HORIZONTAL, 6);
        row.append (entry);
        row.append (button);

        var peer_column = create_column ("On the bus", create_list (peers, "On the bus"));
        var chat_column = create_column ("Chat", create_list (lines, "Chat"));
        peer_column.width_request = 180;
        chat_column.append (row);
        chat_column.hexpand = true;

        entry.update_property (Gtk.AccessibleProperty.LABEL, "Message", -1);
        slider.update_property (Gtk.AccessibleProperty.LABEL, "Level", -1);
        slider.draw_value = true;
        slider.value_pos = Gtk.PositionType.RIGHT;

        entry.activate.connect (send);
        button.clicked.connect (send);
        moved_id = slider.value_changed.connect (moved);

        var grid = new Gtk.Grid () {
            column_spacing = 12, row_spacing = 12,
            margin_top = 12, margin_bottom = 12, margin_start = 12, margin_end = 12
        };
        grid.attach (peer_column, 0, 0);
        grid.attach (chat_column, 1, 0);
        grid.attach (create_column ("Level", slider), 0, 1, 2);

        new Gtk.ApplicationWindow (this) {
            child = grid, titlebar = new Gtk.HeaderBar (), title = client.name,
            default_width = 560, default_height = 420
        }.present ();
        ask ();
        Timeout.add_seconds (1, ask);
    }
}

int main (string[] args) {
    var demo = new Demo (args.length > 1 ? args[1] : "%s-%d".printf (Environment.get_user_name (), Posix.getpid ()));

    try {
        demo.join ();
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }

    return demo.run ();
}
