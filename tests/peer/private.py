# private.py
#
# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps tests off the real network."""

import os
import sys

PRIVATE_NETWORK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "private-network")


def enter():
    """Starts this script again in a network namespace of its own, unless it is in one."""
    if os.environ.get("MB_PRIVATE_NETWORK") != os.readlink("/proc/self/ns/net"):
        os.execv(PRIVATE_NETWORK, [PRIVATE_NETWORK, sys.executable, *sys.argv])
