#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The terminal client on terminals of its own (tui.py).  Prints TAP.
exec python3 "${CF_SRCDIR:-$(dirname "$0")/../..}/tests/e2e/tui.py"
