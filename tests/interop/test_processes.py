#!/usr/bin/python3
# test_processes.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Several processes, and several clients in one, on one host; and what becomes of their numbers."""

import itertools
import os
import signal
import time

import support
from support import Inbox


class Processes(support.TestCase):
    def nodes(self, count):
        return [self.node(f"node-{number}") for number in range(count)]

    def until(self, ask, good, again=None):
        """Asks until the answer is good, and returns it. Between two questions `again` is done."""
        end = time.monotonic() + support.TIMEOUT
        while True:
            answer = ask()
            if good(answer):
                return answer
            self.assertLess(time.monotonic(), end, answer)
            if again:
                again()

    def test_all_share_the_port(self):
        nodes = self.nodes(3)
        clients = [self.client(f"client-{number}") for number in range(3)]
        peers = [self.peer("peer-" + kind, kind, receive_buffer=support.WATCHER_BUFFER)
                 for kind in ("S", "T")]
        heard = [[] for _ in peers]
        for peer, messages in zip(peers, heard):
            peer.subscribe("/share/.*", messages.append)
        for node in nodes:
            node.ask("subscribe", pattern="/share/.*")
        inboxes = [Inbox(client, "/share/.*") for client in clients]

        for number in range(20):
            for node in nodes:
                node.ask("publish", topic=f"/share/{node.name}")
            for client in clients:
                client.create_publisher(f"/share/{client.get_name()}", None).publish_text("1")
            for peer in peers:
                peer.publish(f"/share/{peer.name}", number)
        count = 20 * (len(nodes) + len(clients) + len(peers))
        self.wait(lambda: all(len(inbox) == count for inbox in inboxes))
        self.wait(lambda: all(len(messages) == count for messages in heard))
        for node in nodes:
            stats = self.until(lambda: node.ask("stats", pattern="/share/.*"),
                               lambda stats: sum(each["count"] for each
                                                 in stats["sessions"].values()) == count)
            self.assertEqual((stats["missed"], stats["dropped"]), (0, {}))
        for client in clients:
            self.assertEqual(support.dropped(client), {})

    def test_calls_between_all(self):
        nodes = self.nodes(2)
        client = self.client("client")
        for node in nodes:
            node.ask("serve", name=f"/of/{node.name}")
        for caller, node in itertools.permutations(nodes):
            self.assertEqual(caller.ask("call", name=f"/of/{node.name}", params=1)["value"], [node.name, 1])
        for node in nodes:
            reply = client.call_text_sync(f"/of/{node.name}", '"x"', support.CALL_TIMEOUT, None)
            self.assertEqual(reply, f'["{node.name}","x"]')
            reply = client.call_text_sync(f"/__minibus__/{node.name}/__pid__", "null",
                                          support.CALL_TIMEOUT, None)
            self.assertEqual(int(reply), node.process.pid)

    def test_a_killed_process_disturbs_nobody(self):
        victim, sender, receiver = self.nodes(3)
        client = self.client("client")
        inbox = Inbox(client, "/go/on")
        receiver.ask("subscribe", pattern="/go/on")
        victim.ask("subscribe", pattern="/go/on")
        victim.ask("serve", name="/victim")
        for number in range(200):
            sender.ask("publish", topic="/go/on")
            if number == 50:
                reply = client.call_text_sync("/victim", "1", support.CALL_TIMEOUT, None)
                self.assertEqual(reply, '["node-0",1]')
            if number == 100:
                # In the midst of its work.
                victim.post("publish", topic="/go/victim", count=10 ** 6)
                victim.kill()
        self.wait(lambda: len(inbox) == 200)
        stats = self.until(lambda: receiver.ask("stats", pattern="/go/on"),
                           lambda stats: sum(each["count"] for each in stats["sessions"].values()) >= 200)
        self.assertEqual(stats["missed"], 0)
        answer = receiver.ask("call", name="/victim", params=1, timeout=50)
        self.assertIn("error", answer)
        # Its place can be taken.
        heir = self.node("node-0")
        heir.ask("serve", name="/victim")
        self.assertEqual(receiver.ask("call", name="/victim", params=2)["value"], ["node-0", 2])

    def test_opening_and_closing_under_traffic(self):
        sender, receiver = self.nodes(2)
        receiver.ask("subscribe", pattern="/traffic")
        peer = self.peer("peer", "T", receive_buffer=support.WATCHER_BUFFER)
        heard = []
        peer.subscribe("/traffic", heard.append)
        client = self.client("client")
        inbox = Inbox(client, "/traffic")
        sent = 0
        descriptors = len(os.listdir("/proc/self/fd"))
        for number in range(60):
            inbox.messages.clear()
            sender.post("publish", topic="/traffic", count=20)
            client.close()
            client.open_sync(None)
            sent = sender.take()["sent"]
            sender.ask("publish", topic="/traffic")
            sent += 1
            # It hears what is sent from now on, at least.
            self.wait(lambda: str(sent) in inbox.texts())
            self.assertEqual(inbox.subscriber.get_n_missed(), 0)
        stats = self.until(lambda: receiver.ask("stats", pattern="/traffic"),
                           lambda stats: any(each["highest"] == sent for each in stats["sessions"].values()))
        session, = stats["sessions"].values()
        self.assertEqual(session, {"count": sent, "unique": sent, "lowest": 1, "highest": sent,
                                   "ordered": True})
        self.assertEqual((stats["missed"], stats["dropped"]), (0, {}))
        self.wait(lambda: len(heard) == sent)
        self.assertEqual([message.data for message in heard], list(range(1, sent + 1)))
        self.assertEqual(len(os.listdir("/proc/self/fd")), descriptors)

    def test_closing_in_the_midst_of_calls(self):
        node = self.nodes(1)[0]
        node.ask("serve", name="/echo")
        for _ in range(30):
            client = self.client("caller")
            ended = []
            for _ in range(5):
                client.call_text_async("/echo", "1", support.CALL_TIMEOUT, None,
                                       lambda client, result: ended.append(result))
            client.close()
            self.wait(lambda: len(ended) == 5)

    def test_a_restarted_sender_is_a_new_session(self):
        receiver = self.client("receiver")
        inbox = Inbox(receiver, "/again")
        for _ in range(2):
            node = self.node("same")
            node.ask("publish", topic="/again", count=30)
            self.wait(lambda: len(inbox) % 30 == 0 and inbox.messages)
            node.kill()
        node = self.node("same")
        for _ in range(2):
            node.ask("publish", topic="/again", count=30)
            node.ask("close")
            node.ask("reopen")
        self.wait(lambda: len(inbox) == 120)
        sessions = [message.get_session() for message in inbox.messages]
        self.assertEqual(len(set(sessions)), 4)
        self.assertEqual([message.get_sequence() for message in inbox.messages], [*range(1, 31)] * 4)
        self.assertEqual(inbox.subscriber.get_n_missed(), 0)
        self.assertEqual(support.dropped(receiver), {})

    def test_what_a_late_subscriber_did_not_hear_is_not_missed(self):
        sender = self.node("sender")
        receiver = self.client("receiver")
        def let_pass():
            """What has been sent so far has been received, when this returns."""
            receiver.call_text_sync("/__minibus__/receiver/__pid__", "null", support.CALL_TIMEOUT, None)

        sender.ask("publish", topic="/late", count=50)
        let_pass()
        inbox = Inbox(receiver, "/late")
        sender.ask("publish", topic="/late", count=10)
        self.wait(lambda: len(inbox) == 10)
        receiver.unsubscribe(inbox.subscriber)
        sender.ask("publish", topic="/late", count=50)
        let_pass()
        again = Inbox(receiver, "/late")
        sender.ask("publish", topic="/late", count=10)
        self.wait(lambda: len(again) == 10)
        self.assertEqual(again.subscriber.get_n_missed(), 0)
        self.assertEqual(support.dropped(receiver), {})

    def test_what_the_kernel_drops_for_a_stopped_process_is_counted(self):
        sender = self.node("sender")
        receiver = self.node("receiver", address="multicast:?receive-buffer=65536")
        receiver.ask("subscribe", pattern="/stop")
        sender.ask("publish", topic="/stop")
        self.until(lambda: receiver.ask("stats", pattern="/stop"), lambda stats: stats["sessions"])

        receiver.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, receiver.process.pid, os.WSTOPPED | os.WNOWAIT)
        sent = sender.ask("publish", topic="/stop", count=2000)["sent"]
        receiver.process.send_signal(signal.SIGCONT)

        def again():
            nonlocal sent
            sent = sender.ask("publish", topic="/stop")["sent"]

        again()
        stats = self.until(lambda: receiver.ask("stats", pattern="/stop"),
                           lambda stats: any(each["highest"] == sent
                                             for each in stats["sessions"].values()), again)
        session, = stats["sessions"].values()
        self.assertGreater(stats["missed"], 0)
        self.assertEqual(session["count"] + stats["missed"], sent)
        self.assertEqual((session["count"], stats["told"]), (session["unique"], stats["missed"]))
        self.assertTrue(session["ordered"])
        self.assertEqual(stats["dropped"]["missed"], stats["missed"])
        self.assertGreater(stats["dropped"]["kernel"], 0)


if __name__ == "__main__":
    support.main()
