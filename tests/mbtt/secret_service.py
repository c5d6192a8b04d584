#!/usr/bin/python3
# secret_service.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A keyring on D-Bus with one passphrase, which is locked, as far as libsecret needs it to look that up.

    secret_service.py BUS-ADDRESS ADDRESS PASSPHRASE {unlock,dismiss,hang}

It prints a line when it is there. The last argument says what comes of the prompt to unlock it.
"""

import sys

from gi.repository import Gio, GLib

INTERFACES = """
<node>
  <interface name="org.freedesktop.Secret.Service">
    <method name="OpenSession">
      <arg type="s" direction="in"/><arg type="v" direction="in"/>
      <arg type="v" direction="out"/><arg type="o" direction="out"/>
    </method>
    <method name="SearchItems">
      <arg type="a{ss}" direction="in"/>
      <arg type="ao" direction="out"/><arg type="ao" direction="out"/>
    </method>
    <method name="Unlock">
      <arg type="ao" direction="in"/>
      <arg type="ao" direction="out"/><arg type="o" direction="out"/>
    </method>
    <method name="GetSecrets">
      <arg type="ao" direction="in"/><arg type="o" direction="in"/>
      <arg type="a{o(oayays)}" direction="out"/>
    </method>
    <property name="Collections" type="ao" access="read"/>
  </interface>
  <interface name="org.freedesktop.Secret.Prompt">
    <method name="Prompt"><arg type="s" direction="in"/></method>
    <method name="Dismiss"/>
    <signal name="Completed"><arg type="b"/><arg type="v"/></signal>
  </interface>
</node>
"""

TOP = "/org/freedesktop/secrets"
ITEM = f"{TOP}/collection/login/1"
SESSION = f"{TOP}/session/1"
PROMPT = f"{TOP}/prompt/1"


def main():
    bus_address, address, passphrase, outcome = sys.argv[1:]
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    bus = Gio.DBusConnection.new_for_address_sync(bus_address, flags, None, None)
    wanted = {"xdg:schema": "org.libminibus.Bus", "address": address}
    locked = True

    def call(_bus, _sender, _path, _interface, method, parameters, invocation):
        nonlocal locked
        arguments = parameters.unpack()
        answer = None
        if method == "OpenSession":
            if arguments[0] != "plain":
                invocation.return_dbus_error("org.freedesktop.DBus.Error.NotSupported", "only plain")
                return
            answer = GLib.Variant("(vo)", (GLib.Variant("s", ""), SESSION))
        elif method == "SearchItems":
            found = [ITEM] if arguments[0] == wanted else []
            answer = GLib.Variant("(aoao)", ([], found) if locked else (found, []))
        elif method == "Unlock":
            answer = GLib.Variant("(aoo)", ([], PROMPT))
        elif method == "GetSecrets":
            secret = (SESSION, b"", passphrase.encode(), "text/plain")
            answer = GLib.Variant("(a{o(oayays)})", ({} if locked else {ITEM: secret},))
        elif method == "Prompt" and outcome != "hang":
            locked = outcome != "unlock"
            completed = GLib.Variant("(bv)", (locked, GLib.Variant("ao", [] if locked else [ITEM])))
            bus.emit_signal(None, PROMPT, "org.freedesktop.Secret.Prompt", "Completed", completed)
        invocation.return_value(answer)

    def get(*_arguments):
        return GLib.Variant("ao", [])

    service, prompt = Gio.DBusNodeInfo.new_for_xml(INTERFACES).interfaces
    bus.register_object(TOP, service, call, get, None)
    bus.register_object(PROMPT, prompt, call, None, None)
    Gio.bus_own_name_on_connection(bus, "org.freedesktop.secrets", Gio.BusNameOwnerFlags.NONE,
                                   lambda *_: print("ready", flush=True), None)
    GLib.MainLoop().run()


main()
