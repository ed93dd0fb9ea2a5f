#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# desk.sh STORY.py WIDTHxHEIGHT [NAME...] - stories of the desktop client in windows on virtual hosts; prints TAP.
# CF_SHOTS=DIR keeps pictures of every screen.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
export CF_SRCDIR=$SRC CF_BUILDDIR=${CF_BUILDDIR:-$PWD}
story=$1
size=$2
shift 2
[ -x "$CF_BUILDDIR/confab-gtk" ] || { echo "1..0 # SKIP built without the desktop client"; exit 0; }
"$SRC/tests/lab/netns.sh" run 3 -- "$SRC/tests/lab/gui.sh" --size "$size" /usr/bin/python3 "$SRC/tests/e2e/$story" "$@"
status=$?
if [ "$status" = 77 ]; then
  echo "1..0 # SKIP no virtual hosts, or no desktop in memory (see tests/lab/gui.sh)"
  exit 0
fi
exit "$status"
