#!/usr/bin/python3
# test_directory.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is on the bus: programs of this library and of the Python library, in one directory."""

import os
import time

import support
from support import CALL_TIMEOUT, Minibus


class Directory(support.TestCase):
    def names(self, directory):
        return sorted(peer.get_name() for peer in directory)

    def test_python_peers_are_found_and_vanish(self):
        peer = self.peer("snake")
        peer.subscribe("/weather", lambda message: None)
        peer.publisher("/wind")
        client = self.client("looker")
        directory = Minibus.Directory.new(client)
        directory.collect_sync(0, None)
        self.wait(lambda: directory.find_peer("snake") is not None)
        snake = directory.find_peer("snake")
        self.assertEqual(snake.get_kind(), Minibus.PeerKind.PYTHON)
        self.assertIsNone(snake.get_session())
        self.assertEqual(snake.get_publishers(), ["/wind"])
        self.assertIn("/weather", snake.get_subscribers())
        self.assertEqual(snake.get_process_id(), os.getpid())
        self.assertEqual(self.names(directory).count("snake"), 1)
        self.assertEqual(self.names(directory).count("looker"), 1)

        start = time.monotonic()
        peer.close()
        self.wait(lambda: directory.find_peer("snake") is None)
        self.assertLess(time.monotonic() - start, 25)
        self.assertFalse(snake.get_is_present())

    def test_a_killed_process_vanishes_and_a_new_one_is_another(self):
        node = self.node("victim")
        client = self.client("looker")
        directory = Minibus.Directory.new(client)
        directory.collect_sync(0, None)
        first = directory.find_peer("victim")
        self.assertIsNotNone(first)
        self.assertEqual(first.get_kind(), Minibus.PeerKind.LIBMINIBUS)
        self.assertNotEqual(first.get_process_id(), os.getpid())

        node.kill()
        again = self.node("victim")
        self.wait(lambda: not first.get_is_present())
        self.wait(lambda: directory.find_peer("victim") is not None)
        self.assertNotEqual(directory.find_peer("victim").get_session(), first.get_session())
        again.close()
        self.wait(lambda: directory.find_peer("victim") is None)

    def test_a_python_service_is_no_missing_one(self):
        peer = self.peer("snake")
        peer.serve("/slow", lambda request: None)
        client = self.client("caller")
        client.wait_for_service_sync("/slow", CALL_TIMEOUT, None)
        self.assert_error(Minibus.service_error_quark(), Minibus.ServiceError.NO_SUCH_SERVICE,
                          client.call_text_sync, "/slw", "null", CALL_TIMEOUT, None)

    def test_a_python_service_that_works_long_is_no_missing_one(self):
        asked = support.Inbox(self.client("looker"), "/__minibus__/__service_servers__/__request__")
        end = support.Inbox(self.client("looker"), "/end")
        peer = self.peer("snake")
        peer.serve("/slow", lambda request: time.sleep(request.data) or "done")
        client = self.client("caller")
        # Longer than a call to nobody takes to fail, also with such peers on the bus.
        for seconds in (4.5, 0, 0, 0):
            self.assertEqual(client.call_text_sync("/slow", str(seconds), CALL_TIMEOUT, None), '"done"')
        self.sender.publish("/end", None)
        self.wait(lambda: len(end) == 1 and len(asked) > 0)
        self.assertEqual(len(asked), 1)

    def test_a_python_peer_that_listens_to_everything_is_not_harmed(self):
        messages = []
        peer = self.peer("wide")
        peer.subscribe("/__minibus__/__.*", messages.append)
        client = self.client("looker")
        directory = Minibus.Directory.new(client)
        directory.collect_sync(0, None)
        self.wait(lambda: len(messages) >= 3)
        self.assertEqual(peer.killers, [])


if __name__ == "__main__":
    support.main()
