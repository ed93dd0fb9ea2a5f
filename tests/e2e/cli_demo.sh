#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The demonstration runs to its end, in less than 10 seconds, and leaves nothing behind.  Prints TAP.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${CF_BUILDDIR:-$PWD}
tmp=$(mktemp -d /tmp/cf-dm.XXXXXX) || exit 99
trap 'rm -rf "$tmp"' EXIT
begun=$(date +%s%3N)
TMPDIR=$tmp PATH=$BUILD:$PATH sh "$SRC/ui/demo/demo.sh" >"$tmp/out" 2>&1 </dev/null
code=$?
took=$(($(date +%s%3N) - begun))
sed 's/^/# /' "$tmp/out"
failed=0
check () { if "${@:2}"; then echo "ok $((++count)) - $1"; else echo "not ok $((++count)) - $1"; failed=1; fi; }
count=0
echo 1..5
check "exit code 0 (it was $code)" [ "$code" = 0 ]
check "messages arrived and were read" grep -q 'end to end. (read)' "$tmp/out"
check "a wrong password was told apart" grep -q 'exit code 4' "$tmp/out"
check "its files are removed" [ -z "$(find "$tmp" -mindepth 1 -name 'confab-demo.*')" ]
check "within 10 seconds ($took ms)" [ "$took" -le 10000 ]
exit $failed
