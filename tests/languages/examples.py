# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the examples of all languages with each other: examples.py LANGUAGE/NAME COMMAND... [-- LANGUAGE/NAME …]"""

import os
import subprocess
import sys
import tempfile
import time

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import GLib, Minibus

ADDRESS = 'multicast:?interface=lo'


def parse(arguments):
    """The commands by program, and in it by language."""
    programs = {}
    while arguments:
        end = arguments.index('--') if '--' in arguments else len(arguments)
        (name, *command), arguments = arguments[:end], arguments[end + 1:]
        language, program = name.split('/')
        programs.setdefault(program, {})[language] = command
    return programs


def wait_until_listed(client, process, service, name):
    """Asks a program by its name on the bus what it offers, until the wanted is among it."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert process.poll() is None, f'{process.args} ended too early'
        try:
            if name in client.call_sync(service, timeout=200):
                return
        except GLib.Error as error:
            assert error.matches(Minibus.service_error_quark(), Minibus.ServiceError.TIMED_OUT), error.message
    raise AssertionError(f'{process.args} does not offer {name}')


def run(command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=30, check=True, **options)
    return result.stdout


def publish(client, subscriber, publishers):
    process = subprocess.Popen([*subscriber, str(len(publishers))], stdout=subprocess.PIPE, text=True)
    try:
        wait_until_listed(client, process, '/__minibus__/display/__subscribers__', '/weather')
        for command in publishers.values():
            run(command)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert output == 'station: clear, 21.5 degrees\n' * len(publishers), output


def call(client, service, clients):
    # What it says is for people; here, standard output is for the test's results.
    process = subprocess.Popen(service, stdout=subprocess.DEVNULL)
    try:
        wait_until_listed(client, process, '/__minibus__/adder/__service_servers__', '/add')
        for command in clients.values():
            output = run(command)
            assert output == '42\n', output
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait()


def confide(client, subscriber, publishers):
    with tempfile.NamedTemporaryFile('w', suffix='.passphrase') as file:
        print('wWbh4XqzjNfnCm7Ckp2T', file=file, flush=True)
        process = subprocess.Popen([*subscriber, file.name, str(len(publishers))], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            wait_until_listed(client, process, '/__minibus__/guard/__subscribers__', '/alarm')
            # From the environment, and another one: that is told, and does no harm.
            run(next(iter(publishers.values())), env=os.environ | {'MINIBUS_PASSPHRASE': 'another one'})
            for command in publishers.values():
                run([*command, file.name])
            output, errors = process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
    assert output == 'door: the front door is open\n' * len(publishers), output
    assert errors == 'A message could not be read\n', errors


def main():
    os.environ['MINIBUS_ADDRESS'] = ADDRESS
    programs = parse(sys.argv[1:])
    client = Minibus.Client(name='tester')
    client.open_sync()
    failed = False
    rounds = [(publish, 'subscriber', 'publisher', language) for language in programs['subscriber']]
    rounds += [(call, 'service', 'client', language) for language in programs['service']]
    rounds += [(confide, 'encrypted-subscriber', 'encrypted-publisher', language)
               for language in programs['encrypted-subscriber']]
    print(f'1..{len(rounds)}')
    for number, (func, listener, speaker, language) in enumerate(rounds, 1):
        what = f'{number} {language}/{listener} with {speaker} in {", ".join(programs[speaker])}'
        try:
            func(client, programs[listener][language], programs[speaker])
            print(f'ok {what}', flush=True)
        except (AssertionError, subprocess.SubprocessError) as error:
            failed = True
            print(f'not ok {what}\n# {error}'.replace('\n', '\n# '), flush=True)
    sys.exit(failed)


main()
