// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Adds whole numbers for everyone who asks.

int main () {
    var client = new Minibus.Client ("adder");

    try {
        var numbers = new Minibus.Schema.from_text ("""{"type": "array", "items": {"type": "integer"}}""");

        client.open_sync ();
        client.provide ("/add", numbers, null, request => {
            int64 sum = 0;

            print ("%s asks for the sum of %s\n", request.author, request.params_text);

            foreach (var number in request.get_params ().get_array ().get_elements ())
                sum += number.get_int ();
            return new Json.Node.alloc ().init_int (sum);
        });
    } catch (Error e) {
        error ("%s", e.message);
    }
    new MainLoop ().run ();

    return 0;
}
