# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The parts of tests/benchmarks/run, which compares libminibus with other message buses."""
