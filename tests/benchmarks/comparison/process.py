# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The processes of a comparison, the lines that they print, and what they cost."""

import ctypes
import json
import os
import select
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1


class RoleError(Exception):
    """A process ended, said nothing in time, or said what nobody understands."""


def parse_line(line):
    """Returns the JSON object of a line that a role printed; raises RoleError for anything else."""
    try:
        value = json.loads(line)
    except ValueError as error:
        raise RoleError(f"not a line of JSON: {line.strip()[:200]!r}") from error
    if not isinstance(value, dict):
        raise RoleError(f"not a JSON object: {line.strip()[:200]!r}")
    return value


def parse_schedstat(text):
    """Returns the nanoseconds on a processor from the text of /proc/PID/task/TID/schedstat."""
    return int(text.split()[0])


def parse_status(text):
    """Returns the voluntary context switches from the text of /proc/PID/task/TID/status."""
    for line in text.splitlines():
        if line.startswith("voluntary_ctxt_switches:"):
            return int(line.split()[1])
    return 0


def parse_rollup(text):
    """Returns Rss, Pss and private memory in KiB from the text of /proc/PID/smaps_rollup."""
    sizes = {}
    for line in text.splitlines()[1:]:
        name, _, value = line.partition(":")
        sizes[name] = int(value.split()[0])
    return {"rss": sizes["Rss"], "pss": sizes["Pss"],
            "private": sizes["Private_Clean"] + sizes["Private_Dirty"]}


def parse_stat(text):
    """Returns the seconds that all processors were busy from the text of /proc/stat."""
    user, nice, system, _idle, _wait, irq, softirq, *_ = map(int, text.splitlines()[0].split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def read(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A process that ends with us, and what the kernel knows of its costs."""

    def __init__(self, command, environment=None, pipes=True):
        pipe = subprocess.PIPE if pipes else subprocess.DEVNULL
        self.name = os.path.basename(command[0])
        self.started = time.monotonic()
        self.popen = subprocess.Popen(command, stdin=pipe, stdout=pipe,
                                      stderr=None if os.environ.get("MB_BENCH_VERBOSE") else subprocess.DEVNULL,
                                      env={**os.environ, **(environment or {})}, preexec_fn=die_with_parent,
                                      start_new_session=True)

    def threads(self, name):
        folder = f"/proc/{self.popen.pid}/task"
        try:
            for thread in os.listdir(folder):
                yield read(f"{folder}/{thread}/{name}")
        except (FileNotFoundError, ProcessLookupError):
            return

    def cpu(self):
        """Returns the seconds that all threads of the process have had a processor."""
        return 1e-9 * sum(map(parse_schedstat, self.threads("schedstat")))

    def wakeups(self):
        return sum(map(parse_status, self.threads("status")))

    def memory(self):
        return parse_rollup(read(f"/proc/{self.popen.pid}/smaps_rollup"))

    def close(self):
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        if self.popen.poll() is None:
            # Some of the peers take seconds to say good-bye, and nobody waits for that.
            self.popen.kill()
        self.popen.wait()


class Role(Process):
    """A process of one role, which exchanges lines with us."""

    def __init__(self, command, environment=None):
        super().__init__(command, environment)
        self.rest = b""
        self.start_up = None

    def tell(self, line):
        try:
            self.popen.stdin.write(line.encode() + b"\n")
            self.popen.stdin.flush()
        except BrokenPipeError as error:
            raise RoleError(f"{self.name} has ended") from error

    def lines(self, timeout):
        """Returns the lines that are there, having waited at most so long for the first one."""
        if b"\n" not in self.rest and select.select([self.popen.stdout], [], [], max(0, timeout))[0]:
            data = os.read(self.popen.stdout.fileno(), 65536)
            if not data:
                raise RoleError(f"{self.name} has ended, with status {self.popen.wait()}")
            self.rest += data
        *lines, self.rest = self.rest.split(b"\n")
        return [parse_line(line.decode()) for line in lines]

    def answer(self, timeout):
        """Returns the next line."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            lines = self.lines(deadline - time.monotonic())
            if lines:
                return lines[0]
        raise RoleError(f"{self.name} said nothing for {timeout:g} s")

    def wait_ready(self, timeout=20):
        while "ready" not in self.answer(timeout):
            continue
        self.start_up = time.monotonic() - self.started
        return self


class Costs:
    """The processor time of some processes from now on, and that of everything else as the noise."""

    def __init__(self, **groups):
        self.groups = groups
        self.start = time.monotonic()
        self.busy = parse_stat(read("/proc/stat"))
        self.cpu = self._cpu()

    def _cpu(self):
        return {name: sum(process.cpu() for process in group) for name, group in self.groups.items()}

    def stop(self):
        """Returns the seconds of each group, and the share of the machine that others used."""
        cpu = self._cpu()
        spent = {name: cpu[name] - self.cpu[name] for name in cpu}
        capacity = (time.monotonic() - self.start) * os.cpu_count()
        others = parse_stat(read("/proc/stat")) - self.busy - sum(spent.values())
        return spent, round(min(1.0, max(0.0, others / capacity)), 3)
