# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peers: how each is built, started and named, and what it does not do."""

import dataclasses
import os
import shutil
import socket
import tempfile
import time

from .process import Process, RoleError

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(os.path.dirname(HERE), "peers")
PYTHON = "/usr/bin/python3"
ROS_PORT = 11311
MOSQUITTO_PORT = 18830

CYCLONE = ("<CycloneDDS><Domain><General><Interfaces><NetworkInterface name='lo' multicast='true'/></Interfaces>"
           "<AllowMulticast>true</AllowMulticast><MaxMessageSize>65500B</MaxMessageSize>"
           "</General></Domain></CycloneDDS>")

# Which work takes part beside libminibus is a question of sense: a peer without a choice of topics, say, has no
# cost of subscriptions.
BASIC = ("one-way", "calls", "idle")
BUS = BASIC + ("uninterested", "subscriptions")


@dataclasses.dataclass(frozen=True)
class Program:
    """What is built once, and serves several peers."""

    name: str
    source: str = None             # below peers/; None: a script, which is not built
    packages: tuple = ()           # Debian's, beside those that libminibus itself needs
    modules: tuple = ()            # of pkg-config
    libraries: tuple = ()
    flags: tuple = ()
    interpreter: tuple = ()
    generate: tuple = ()           # commands that make sources in the build folder first
    generated: tuple = ()          # and those of them that are compiled as well
    version_of: str = None         # the package whose version is told


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    title: str
    program: str
    variant: str = ""
    works: tuple = BASIC
    sizes: tuple = (100, 1024, 65000)
    broker: str = None
    without: str = ""              # what it does not do, for the reader

    def command(self, role, *arguments):
        return [*COMMANDS[self.program], role, f"variant={self.variant}", *arguments, *BROKERS.arguments(self.broker)]

    def environment(self):
        return {**ENVIRONMENT.get(self.program, {}), **BROKERS.environment(self.broker)}

    def start_broker(self):
        return BROKERS.start(self.broker)


PROGRAMS_BY_NAME = {program.name: program for program in (
    Program("minibus", "minibus.c", modules=("minibus-1.0",)),
    Program("minibus-vala", "minibus.vala"),
    Program("minibus-gjs", interpreter=("gjs", "-m", os.path.join(PROGRAMS, "minibus.js"))),
    Program("minibus-python", interpreter=(PYTHON, "-B", os.path.join(PROGRAMS, "minibus.py"))),
    Program("minibus-lua", interpreter=("lua5.3", os.path.join(PROGRAMS, "minibus.lua"))),
    Program("sockets", "sockets.c"),
    Program("gdbus", "gdbus.c", ("dbus-daemon",), ("gio-2.0",), version_of="libglib2.0-0"),
    Program("lcm", "lcm.c", ("liblcm-dev",), ("lcm",), version_of="liblcm-dev"),
    Program("zmq", "zmq.c", ("libzmq3-dev",), ("libzmq",), version_of="libzmq3-dev"),
    Program("ros", "ros.cpp", ("libroscpp-dev", "libstd-msgs-dev", "python3-rosmaster"), ("roscpp", "std_msgs"),
            libraries=("-lroscpp_serialization", "-lrosconsole", "-lrostime", "-lboost_thread", "-lboost_system"),
            version_of="libroscpp-dev"),
    Program("ice", "ice.cpp", ("libzeroc-ice-dev", "zeroc-ice-compilers"),
            libraries=("-lIce++11", "-lpthread"), flags=("-DICE_CPP11_MAPPING",),
            generate=(("slice2cpp", "--output-dir", "{build}", "{peers}/Bench.ice"),), generated=("Bench.cpp",),
            version_of="libzeroc-ice-dev"),
    Program("cyclone", "cyclone.c", ("cyclonedds-dev", "cyclonedds-tools"), ("CycloneDDS",),
            generate=(("idlc", "-o", "{build}", "{peers}/Bench.idl"),), generated=("Bench.c",),
            version_of="cyclonedds-dev"),
    Program("mosquitto", "mosquitto.c", ("mosquitto", "libmosquitto-dev"), ("libmosquitto",),
            version_of="mosquitto"),
    Program("reference", interpreter=(PYTHON, "-B", os.path.join(PROGRAMS, "reference.py"))),
)}

PEERS = (
    Peer("minibus", "libminibus", "minibus", works=BUS + ("options", "languages", "language-calls")),
    Peer("sockets", "sockets, default buffer", "sockets", works=BUS,
         without="no topics, no parsing, no discovery, no detection of loss"),
    Peer("sockets-big", "sockets, 4 MiB buffer", "sockets", "big", works=("one-way",),
         without="as above"),
    Peer("lcm", "LCM as shipped", "lcm", works=BUS,
         without="no parsing (its types are read by generated code), no detection of loss"),
    Peer("lcm-big", "LCM, queues enlarged", "lcm", "big", works=("one-way", "calls"),
         without="as above; its queues have no bound, so a slow reader takes memory without end"),
    Peer("zmq", "ZeroMQ as shipped", "zmq",
         without="no parsing, no detection of loss, no discovery; a stream over TCP to each subscriber, "
         "in batches; drops at 1000 queued messages"),
    Peer("zmq-unlimited", "ZeroMQ, no limit", "zmq", "unlimited", works=("one-way", "uninterested", "subscriptions"),
         without="as above, but never drops, and takes memory without end instead"),
    Peer("gdbus", "GDBus over dbus-daemon", "gdbus", works=BUS, broker="dbus",
         without="no parsing of JSON (its own types are checked and unpacked); one machine only; needs its daemon"),
    Peer("ros", "ROS 1, queue of 1000", "ros", broker="ros",
         without="no parsing of JSON, no detection of loss; needs its master to find each other; calls are of "
         "threads that wait, on connections that stay"),
    Peer("ros-unlimited", "ROS 1, no limit", "ros", "unlimited", works=("one-way",), broker="ros",
         without="as above, but takes memory without end"),
    Peer("ice", "Ice, one-way over TCP", "ice",
         without="no bus: the publisher knows each subscriber and sends to one after the other; no parsing of "
         "JSON; calls are of threads that wait"),
    Peer("cyclone", "Cyclone DDS, reliable", "cyclone", "reliable",
         without="no parsing of JSON (its own types); repeats what was lost"),
    Peer("cyclone-best-effort", "Cyclone DDS, best effort", "cyclone", works=("one-way",),
         without="no parsing of JSON (its own types)"),
    Peer("mosquitto", "MQTT, mosquitto QoS 0", "mosquitto", works=BUS, broker="mosquitto",
         without="no parsing, no detection of loss; needs its broker"),
    Peer("reference", "MiniBus peer in Python", "reference", sizes=(100, 1024),
         without="the protocol as the Python library does it, by the tests' own peer; no sequence numbers"),
    Peer("minibus-text", "libminibus, no tree", "minibus", "text", works=("one-way",),
         without="the text is checked, but no `JsonNode` is made of it: numbers are found at fixed places, as the others do"),
    Peer("minibus-node", "libminibus, reply as a node", "minibus", "node", works=("calls",),
         without="the reply is read as a `JsonNode`; otherwise calls take and give text, as with the others"),
    Peer("minibus-encrypted", "libminibus, encrypted", "minibus", "encrypted", works=("options",)),
    Peer("minibus-schema", "libminibus, with schemas", "minibus", "schema", works=("options",)),
    Peer("minibus-vala", "Vala", "minibus-vala", works=("idle", "languages", "language-calls")),
    Peer("minibus-gjs", "GJS", "minibus-gjs", works=("idle", "languages", "language-calls")),
    Peer("minibus-python", "Python", "minibus-python", works=("idle", "languages", "language-calls")),
    Peer("minibus-lua", "Lua", "minibus-lua", works=("idle", "languages", "language-calls")),
)
PEERS_BY_NAME = {peer.name: peer for peer in PEERS}

COMMANDS = {}
ENVIRONMENT = {"cyclone": {"CYCLONEDDS_URI": CYCLONE}}


class Brokers:
    """The daemons that some peers need, each started once."""

    def __init__(self):
        self.running = {}
        self.details = {}
        self.folder = None

    def start(self, name):
        if name not in self.running:
            self.folder = self.folder or tempfile.mkdtemp(prefix="minibus-benchmarks-")
            self.running[name] = getattr(self, f"_start_{name}")()
        return self.running[name]

    def arguments(self, name):
        return [f"address={self.details[name]}"] if name in self.details else []

    def environment(self, name):
        return self._ros_environment() if name == "ros" else {}

    def _ros_environment(self):
        return {"ROS_MASTER_URI": f"http://127.0.0.1:{ROS_PORT}", "ROS_HOSTNAME": "127.0.0.1",
                "ROS_LOG_DIR": self.folder, "ROS_HOME": self.folder}

    def close(self):
        for process in self.running.values():
            process.close()
        self.running.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def _start_dbus(self):
        path = os.path.join(self.folder, "bus")
        process = Process(["dbus-daemon", "--session", "--nofork", f"--address=unix:path={path}"], pipes=False)
        wait_until(lambda: os.path.exists(path), "dbus-daemon")
        self.details["dbus"] = f"unix:path={path}"
        return process

    def _start_mosquitto(self):
        config = os.path.join(self.folder, "mosquitto.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"listener {MOSQUITTO_PORT} 127.0.0.1\nallow_anonymous true\nuser root\n"
                       "max_queued_messages 0\nset_tcp_nodelay true\n")
        process = Process(["mosquitto", "-c", config], pipes=False)
        wait_until(lambda: answers(MOSQUITTO_PORT), "mosquitto")
        self.details["mosquitto"] = str(MOSQUITTO_PORT)
        return process

    def _start_ros(self):
        process = Process([PYTHON, "/usr/bin/rosmaster", "--core"], self._ros_environment(), pipes=False)
        wait_until(lambda: answers(ROS_PORT), "rosmaster")
        return process


BROKERS = Brokers()


def wait_until(condition, name):
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            raise RoleError(f"{name} did not start")
        time.sleep(0.02)


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def pairs(cell, peers):
    """Returns who takes part in a cell: a key, the one that sends, and the one that receives."""
    work = cell["work"]
    chosen = [peer for peer in peers if work in peer.works and cell.get("size", 100) in peer.sizes]
    if work not in ("languages", "language-calls"):
        return [(peer.name, peer, peer) for peer in chosen]

    # Each language at one end, and C at the other.
    c = PEERS_BY_NAME["minibus"]
    return [(f"{peer.name}:{side}", *((peer, c) if side == "sends" else (c, peer)))
            for peer in chosen for side in ("sends", "receives")]
