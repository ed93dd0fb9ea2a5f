#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# screens.sh [VARIANT[/PART]...] - pictures of every screen of the desktop client: see screens.py.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
export CF_E2E_WAIT=${CF_E2E_WAIT:-10} CF_SRCDIR=$SRC CF_BUILDDIR=${CF_BUILDDIR:-$PWD}
exec "$SRC/tests/lab/netns.sh" run 9 -- "$SRC/tests/lab/gui.sh" --size 1600x1000 /usr/bin/python3 "$SRC/tests/e2e/screens.py" "$@"
