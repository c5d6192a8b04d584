# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Opens the example window in each language, and uses it as a person does: by keyboard, pointer and what is read out.

    windows.py [--screenshots FOLDER] LANGUAGE COMMAND... [-- LANGUAGE COMMAND...]...

To be run with an X server, a D-Bus session with accessibility, and a network of its own: see the script `display`.
Results are told as TAP. With --screenshots, a picture of the windows is left in FOLDER.
"""

import os
import subprocess
import sys
import time

import gi

gi.require_version('Atspi', '2.0')
gi.require_version('Minibus', '1.0')

from gi.repository import Atspi, GLib, Minibus

SECONDS = 60


def parse(arguments):
    commands = {}
    while arguments:
        end = arguments.index('--') if '--' in arguments else len(arguments)
        (language, *command), arguments = arguments[:end], arguments[end + 1:]
        commands[language] = command
    return commands


def wait_for(condition, what, process=None):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert process is None or process.poll() is None, f'the window ended with status {process.returncode}'
        try:
            result = condition()
        except GLib.Error:
            # What is asked may go or change meanwhile.
            result = None
        if result:
            return result
        # The bus and accessibility are served by the main context.
        GLib.timeout_add(50, lambda: GLib.SOURCE_REMOVE)
        GLib.MainContext.default().iteration(True)
    raise AssertionError(f'{what} did not come to pass within {SECONDS} seconds')


def xdotool(*arguments):
    return subprocess.run(['xdotool', *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=30).stdout.split()


def descend(accessible):
    yield accessible
    for i in range(accessible.get_child_count()):
        child = accessible.get_child_at_index(i)
        if child is not None:
            yield from descend(child)


class Window:
    """One window, known by its title."""

    def __init__(self, command, name, x):
        self.name = name
        self.process = subprocess.Popen([*command, name])
        try:
            (self.id,) = wait_for(lambda: self._search(), f'the window of {name}', self.process)
            xdotool('windowmove', '--sync', self.id, x, 0)
            self.root = wait_for(self._find_root, f'the accessible tree of {name}', self.process)
        except BaseException:
            self.close()
            raise

    def _search(self):
        result = subprocess.run(['xdotool', 'search', '--onlyvisible', '--name', f'^{self.name}$'],
                                stdout=subprocess.PIPE, text=True, timeout=30, check=False)
        return result.stdout.split()

    def _find_root(self):
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            application = desktop.get_child_at_index(i)
            if application is not None and application.get_process_id() == self.process.pid:
                return application
        return None

    def find(self, role, name):
        self.root.clear_cache()
        for accessible in descend(self.root):
            if accessible.get_role() == role and accessible.get_name() == name:
                return accessible
        return None

    def texts(self, name):
        """What stands in the list of that name."""
        view = self.find(Atspi.Role.LIST, name)
        return [] if view is None else [child.get_name() for child in descend(view) if child.get_role() == Atspi.Role.LABEL]

    def level(self):
        slider = self.find(Atspi.Role.SLIDER, 'Level')
        return None if slider is None else slider.get_current_value()

    def click(self, role, name):
        accessible = wait_for(lambda: self.find(role, name), f'“{name}” of {self.name}', self.process)
        box = accessible.get_extents(Atspi.CoordType.WINDOW)
        xdotool('windowfocus', '--sync', self.id)
        xdotool('mousemove', '--window', self.id, box.x + box.width // 2, box.y + box.height // 2, 'click', 1)

    def say(self, text):
        self.click(Atspi.Role.TEXT, 'Message')
        xdotool('type', '--delay', 20, text)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def check(first, second, client):
    both = sorted([first.name, second.name, 'tester'])
    for window in (first, second):
        wait_for(lambda: sorted(window.texts('On the bus')) == both, f'the list of peers of {window.name}', window.process)

    first.say('Good morning')
    xdotool('key', 'Return')
    line = f'{first.name}: Good morning'
    for window in (first, second):
        wait_for(lambda: line in window.texts('Chat'), f'“{line}” at {window.name}', window.process)

    # By the button this time, and back.
    second.say('Good day to you')
    second.click(Atspi.Role.PUSH_BUTTON, 'Send')
    line = f'{second.name}: Good day to you'
    for window in (first, second):
        wait_for(lambda: line in window.texts('Chat'), f'“{line}” at {window.name}', window.process)

    # A click in the middle of the trough sets the slider there; the arrows move it by one.
    first.click(Atspi.Role.SLIDER, 'Level')
    wait_for(lambda: 30 < first.level() < 70, f'the slider of {first.name} by the pointer', first.process)
    xdotool('key', 'Right')
    wait_for(lambda: first.level() == second.level(), f'the slider of {second.name} as that of {first.name}', second.process)

    client.create_publisher('/demo/level').publish(42)
    for window in (first, second):
        wait_for(lambda: window.level() == 42, f'the slider of {window.name} at 42', window.process)

    # What is not of the right kind changes nothing.
    client.create_publisher('/demo/chat').publish({'not': 'a text'})
    client.create_publisher('/demo/chat').publish('Last words')
    for window in (first, second):
        wait_for(lambda: window.texts('Chat')[-1:] == ['tester: Last words'], f'the last words at {window.name}', window.process)
        assert len(window.texts('Chat')) == 3, window.texts('Chat')


def take(folder, language, window):
    path = os.path.join(folder, f'window-{language}.png')
    # All in view has been drawn when the next frames have.
    xdotool('mousemove', 0, 599)
    time.sleep(1)
    os.makedirs(folder, exist_ok=True)
    subprocess.run(['import-im6.q16', '-window', window.id, '-strip', '+dither', '-colors', '64', path], check=True, timeout=30)


def main():
    arguments = sys.argv[1:]
    folder = None
    if arguments[0] == '--screenshots':
        folder = arguments[1]
        arguments = arguments[2:]
    commands = parse(arguments)
    languages = list(commands)
    client = Minibus.Client(name='tester')
    client.open_sync()
    failed = False
    print(f'1..{len(languages)}')

    # Each language is one half of two pairs, so that all meet another one.
    for number, language in enumerate(languages, 1):
        other = languages[number % len(languages)]
        windows = []
        try:
            windows.append(Window(commands[language], f'Ada {language}', 0))
            windows.append(Window(commands[other], f'Bob {other}', 640))
            check(*windows, client)
            if folder:
                take(folder, language, windows[0])
            windows.pop().close()
            wait_for(lambda: sorted(windows[0].texts('On the bus')) == sorted([windows[0].name, 'tester']),
                     'leaving the list of peers', windows[0].process)
            print(f'ok {number} window in {language} with {other}', flush=True)
        except (AssertionError, GLib.Error, subprocess.SubprocessError, ValueError) as error:
            failed = True
            print(f'not ok {number} window in {language} with {other}\n# {error}', flush=True)
        finally:
            for window in windows:
                window.close()
    sys.exit(failed)


main()
