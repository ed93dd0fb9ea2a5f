#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A public node as a process: its key, its status, its confinement; a crowd at it, and one that only sits there.
# On loopback; prints TAP.
set -u
BUILD=${CF_BUILDDIR:-$PWD}
NODE=$BUILD/confab-node
BENCH=$BUILD/tests/bench/bench_node
count=0
pid=

ok () { count=$((count + 1)); echo "ok $count - $*"; }
not_ok () { count=$((count + 1)); echo "not ok $count - $*"; sed 's/^/# /' "$dir/err"; }
check () { local what=$1; shift; if "$@"; then ok "$what"; else not_ok "$what"; fi; }
dir=$(mktemp -d /tmp/cf-node.XXXXXX) || exit 99
end () {
  [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  rm -rf "$dir"
}
trap end EXIT

# begin OPTIONS...: runs until its line is there; $name and $pid are its.
begin () {
  : >"$dir/out"
  "$NODE" --state "$dir/state" --listen 127.0.0.1:0 --config "$dir/conf" "$@" >"$dir/out" 2>"$dir/err" &
  pid=$!
  for _ in $(seq 500); do
    name=$(head -n 1 "$dir/out")
    [ -n "$name" ] && return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.02
  done
  return 1
}
finish () { kill "$pid" && wait "$pid"; local rc=$?; pid=; return $rc; }
# field EXPRESSION: of its status, "s", in Python.
field () { "$NODE" --status --json --state "$dir/state" | python3 -c "import json, sys; s = json.load(sys.stdin); print($1)"; }
is () { [ "$(field "$1")" = "$2" ] || { echo "# $1 is $(field "$1")"; return 1; }; }
# becomes EXPRESSION: true within 15 s.
becomes () {
  for _ in $(seq 150); do
    [ "$(field "$1")" = True ] && return 0
    sleep 0.1
  done
  echo "# never: $1; $(field s)"
  return 1
}
confined () { [ "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")" = 2 ]; }
says () { "$NODE" "${@:2}" 2>&1 | grep -q -- "$1"; }

echo 1..18
echo "streams 4000 # a comment" >"$dir/conf"
check "it begins, and says how it is written down" begin
check "that is its status, too" is 's["nodes"][0]' "$name"
first=$name
if is 's["confined"]' False; then
  ok "it is confined # SKIP this build or system has no seccomp"
else
  check "it is confined" confined
fi
check "a second one with its state is turned away" says "cannot lock" --state "$dir/state" --listen 127.0.0.1:0
check "its key is nobody else's business" [ "$(stat -c %a "$dir/state/device-key")" = 600 ]
"$BENCH" "$name" "$pid" 100 20 1 200 >"$dir/figures" 2>>"$dir/err"
check "a hundred come and are registered, forty of them talk, and one leaves mail and gets it" \
  grep -q '"pairs": 20' "$dir/figures"
check "it counts them" is '[s["total_tunnels"], s["total_circuits"], s["total_bytes"] > 1000000]' "[100, 20, True]"
check "when they have gone, nothing is kept of them" becomes \
  'not any(s[k] for k in ("streams", "tunnels", "registered", "reachable", "circuits", "waiting_bytes"))'
check "it ends when it is told to" finish
begin
check "its key stays" [ "${name#*:}" != "$name" ] && [ "${name%%@*}" = "${first%%@*}" ]
check "its mailbox is open, and empty" is '["mailbox" in s["offers"], s["mail"], s["mail_bytes"]]' "[True, 0, 0]"
finish

# More streams sit there than may; each begins a handshake, or says nothing.
begin --strangers 100 --host-streams 32
"$BENCH" "$name" "$pid" 60 10 1 600 >"$dir/figures" 2>>"$dir/err"
check "a crowd that says nothing keeps nobody out" grep -q '"pairs": 10' "$dir/figures"
check "who sat there longest made room, and that was counted" becomes 's["refused"].get("stream.crowded", 0) >= 400'
check "and nothing is kept of them" becomes 's["streams"] == 0'
finish

echo "no-such-thing 1" >"$dir/conf"
check "a wrong line in its configuration is named" says "line 1" --config "$dir/conf" --state "$dir/state"
check "a wrong option is" says "no-such-thing" --no-such-thing
check "a wrong number is" says "confab-node: 0:" --streams 0
check "who asks after a node that does not run is told so" says "no node answers" --status --state "$dir/state"
