#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The console and the chat on a terminal of their own (cli_console.py).  Prints TAP.
exec python3 "${CF_SRCDIR:-$(dirname "$0")/../..}/tests/e2e/cli_console.py"
