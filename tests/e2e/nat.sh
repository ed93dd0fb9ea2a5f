#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# nat.sh [STORY...] - people behind routers of every kind: see nat.py; prints TAP.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
export CF_SRCDIR=$SRC CF_BUILDDIR=${CF_BUILDDIR:-$PWD}
"$SRC/tests/lab/nat.sh" run node=open open=open full=full,nosyn addr=addr,nosyn port=port,nosyn sym=sym \
  wall=wall cgn=cgn,nosyn block=block noudp=noudp mapper=sym,map \
  -- /usr/bin/env python3 "$SRC/tests/e2e/nat.py" "$@"
status=$?
if [ "$status" = 77 ]; then
  echo "1..0 # SKIP no routers here (user namespaces and nftables in them)"
  exit 0
fi
exit "$status"
