# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs and builds what the peers need, and says what cannot be had."""

import os
import shlex
import shutil
import subprocess

from .peers import COMMANDS, ENVIRONMENT, PEERS, PROGRAMS, PROGRAMS_BY_NAME

TOP = os.path.abspath(os.path.join(PROGRAMS, *[os.pardir] * 3))
C_FLAGS = ["-O2", "-g", "-D_GNU_SOURCE", "-Wall", "-Wno-unused-parameter"]


class Unavailable(Exception):
    """Why a program cannot take part."""


def run(command, environment=None):
    """Runs a command without a word; raises Unavailable with its last lines if that fails."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, errors="replace", env={**os.environ, **(environment or {})}, check=False)
    if result.returncode != 0:
        lines = [line for line in result.stdout.splitlines() if "error" in line] or result.stdout.splitlines()
        raise Unavailable(f"{command[0]} failed: {' / '.join(lines[-3:])}"[:400])
    return result.stdout


def installed(packages):
    """Returns the versions of those packages that are installed."""
    result = subprocess.run(["dpkg-query", "--show", "--showformat=${db:Status-Status}\t${Package}\t${Version}\n",
                             *packages], capture_output=True, text=True, check=False)
    lines = (line.split("\t") for line in result.stdout.splitlines())
    return {package: version for status, package, version in lines if status == "installed"}


def install(packages):
    """Installs what is missing; raises Unavailable if it cannot."""
    missing = [package for package in packages if package not in installed(packages)]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise Unavailable(f"there is no apt-get to install {' '.join(missing)}")
    become_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    # What a package starts when it is installed would be in the way.
    apt = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-q", "-y",
           "-o", "DPkg::Lock::Timeout=300"]
    try:
        run([*apt, "install", "--no-install-recommends", *missing])
    except Unavailable:
        # The lists of packages may be old, or not there.
        run([*apt, "update"])
        run([*apt, "install", "--no-install-recommends", *missing])


def library_environment(library):
    """Returns what a program needs to find an uninstalled library and its bindings."""
    introspection = os.path.join(library, "introspection")
    return {
        "LD_LIBRARY_PATH": os.path.join(library, "minibus"),
        "GI_TYPELIB_PATH": introspection,
        "GJS_PATH": os.path.join(TOP, "introspection"),
        "PYTHONPATH": introspection,
        "LUA_PATH": os.path.join(introspection, "?.lua") + ";;",
        "PKG_CONFIG_PATH": os.path.join(library, "meson-uninstalled"),
    }


def compile_program(program, library, folder):
    """Builds one program, and returns the command that runs it."""
    target = os.path.join(folder, program.name)
    source = os.path.join(PROGRAMS, program.source)
    environment = library_environment(library)
    if source.endswith(".vala"):
        return [compile_vala(source, target, library, folder, environment)]

    sources = [source, os.path.join(PROGRAMS, "bench.h"), os.path.abspath(__file__)]
    if program.name != "minibus" and os.path.exists(target) and all(
            os.path.getmtime(path) < os.path.getmtime(target) for path in sources):
        return [target]

    for command in program.generate:
        run([word.format(build=folder, peers=PROGRAMS) for word in command])
    flags = run(["pkg-config", "--cflags", *program.modules], environment).split() if program.modules else []
    libraries = run(["pkg-config", "--libs", *program.modules], environment).split() if program.modules else []
    compiler = shlex.split(os.environ.get("CC", "gcc")) + ["-std=gnu11"]
    if source.endswith(".cpp"):
        compiler = shlex.split(os.environ.get("CXX", "g++")) + ["-std=gnu++17"]
    run([*compiler, *C_FLAGS, f"-I{PROGRAMS}", f"-I{folder}", *program.flags, *flags, source,
         *(os.path.join(folder, name) for name in program.generated), "-o", target, *libraries,
         *program.libraries])
    return [target]


def compile_vala(source, target, library, folder, environment):
    vapi = os.path.join(library, "introspection")
    run(["valac", "--quiet", "--pkg=minibus-1.0", "--pkg=gio-2.0", "--pkg=json-glib-1.0", f"--vapidir={vapi}",
         f"--vapidir={os.path.join(vapi, 'vala', 'vapi')}", f"--directory={folder}", "-X", "-O2", "-X", "-w",
         "-o", os.path.basename(target), source], environment)
    return target


def prepare(peers, library, folder, may_install):
    """Makes ready what the peers need. Returns those that cannot take part, and why."""
    os.makedirs(folder, exist_ok=True)
    problems = {}
    for name in dict.fromkeys(peer.program for peer in peers):
        program = PROGRAMS_BY_NAME[name]
        try:
            if may_install:
                install(program.packages)
            absent = [package for package in program.packages if package not in installed(program.packages)]
            if absent and shutil.which("dpkg-query"):
                raise Unavailable(f"not installed: {', '.join(absent)}")
            if program.source is not None:
                COMMANDS[name] = compile_program(program, library, folder)
            else:
                if shutil.which(program.interpreter[0]) is None:
                    raise Unavailable(f"there is no {program.interpreter[0]}")
                COMMANDS[name] = list(program.interpreter)
            if name.startswith("minibus"):
                ENVIRONMENT[name] = library_environment(library)
        except (Unavailable, OSError) as error:
            problems[name] = str(error)
    return {peer.name: problems[peer.program] for peer in peers if peer.program in problems}


def versions(peers):
    """Returns the versions of what is compared."""
    packages = {PROGRAMS_BY_NAME[peer.program].version_of for peer in PEERS if peer in peers} - {None}
    return dict(sorted(installed(sorted(packages | {"gcc", "libglib2.0-0", "libjson-glib-1.0-0"})).items()))
