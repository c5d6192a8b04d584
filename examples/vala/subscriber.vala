// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Shows the weather that others tell: so many times as the argument says, or for ever.

const string WEATHER = """{
    "type": "object",
    "properties": { "sky": { "type": "string" }, "celsius": { "type": "number" } },
    "required": ["sky", "celsius"]
}""";

int main (string[] args) {
    var loop = new MainLoop ();
    var client = new Minibus.Client ("display");
    var count = args.length > 1 ? int.parse (args[1]) : -1;

    try {
        client.open_sync ();
        client.subscribe ("/weather", new Minibus.Schema.from_text (WEATHER)).message.connect (message => {
            var weather = message.get_data ().get_object ();
            var sky = weather.get_string_member ("sky");

            print ("%s: %s, %g degrees\n", message.author, sky, weather.get_double_member ("celsius"));
            if (--count == 0)
                loop.quit ();
        });
    } catch (Error e) {
        error ("%s", e.message);
    }
    loop.run ();

    return 0;
}
