#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# portmap.sh - confab-portmap before routers that are honest, silent, and hostile: see portmap.py; prints TAP.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
export CF_SRCDIR=$SRC CF_BUILDDIR=${CF_BUILDDIR:-$PWD}
[ -x "$CF_BUILDDIR/confab-portmap" ] || { echo "1..0 # SKIP confab-portmap is not built here (no libseccomp)"; exit 0; }
"$SRC/tests/lab/nat.sh" run a=port -- /usr/bin/env python3 "$SRC/tests/e2e/portmap.py" "$@"
status=$?
if [ "$status" = 77 ]; then
  echo "1..0 # SKIP no routers here (user namespaces and nftables in them)"
  exit 0
fi
exit "$status"
