#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# story.sh STORY.py [NAME...] - run end-to-end stories on a LAN of three hosts; prints TAP.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
export CF_SRCDIR=$SRC CF_BUILDDIR=${CF_BUILDDIR:-$PWD} CF_STORY_STARTED=1
story=$1
shift
"$SRC/tests/lab/netns.sh" run 3 -- /usr/bin/env python3 "$SRC/tests/e2e/$story" "$@"
status=$?
if [ "$status" = 77 ]; then
  echo "1..0 # SKIP virtual hosts are not permitted here (user namespaces)"
  exit 0
fi
exit "$status"
