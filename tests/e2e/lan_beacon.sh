#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Beacons between hosts of a LAN: IPv4 and IPv6, cut and mended cables, restarts, several daemons on one host.
# Prints TAP.  Every wait is for a line of some program, with a deadline.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${CF_BUILDDIR:-$PWD}
BEACON=$BUILD/tests/e2e/lan_beacon
NETNS=$SRC/tests/lab/netns.sh
count=0

ok () { count=$((count + 1)); echo "ok $count - $*"; }
not_ok () { count=$((count + 1)); echo "not ok $count - $*"; }
check () { local what=$1; shift; if "$@"; then ok "$what"; else not_ok "$what"; fi; }

# start ID HOST NAME: output in $dir/ID, pid in $dir/ID.pid
start () {
  "$NETNS" exec "$2" "$BEACON" "$3" < /dev/null > "$dir/$1" 2>&1 &
  echo $! > "$dir/$1.pid"
}
stop () { kill "$(cat "$dir/$1.pid")"; wait "$(cat "$dir/$1.pid")" 2> /dev/null; }

# The milliseconds of the first line of ID that matches, waiting at most 5 s.
line_ms () { # ID PATTERN [SKIP-LINES]
  local i ms
  for i in $(seq 500); do
    ms=$(tail -n +$((${3:-0} + 1)) "$dir/$1" 2> /dev/null | awk -v p="$2" '$0 ~ p { print $1; exit }')
    [ -n "$ms" ] && { echo "$ms"; return 0; }
    sleep 0.01
  done
  echo "none"; return 1
}
lines () { wc -l < "$dir/$1"; }

# within LIMIT ID PATTERN [SKIP]: heard, and so soon after ID's start
within () {
  local ms
  ms=$(line_ms "$2" "$3" "${4:-0}") || { echo "# $2 never printed $3"; sed 's/^/#   /' "$dir/$2"; return 1; }
  echo "# $2: $3 after $ms ms"
  [ "$ms" -le "$1" ]
}

# printed ID PATTERN [SKIP]: at all
printed () { within 5000000 "$@"; }

three_hosts () { # LABEL ADDRESS-PATTERN
  local a b
  start a h1 ann; start b h2 ben; start c h3 cid
  for a in a b c; do
    for b in ann ben cid; do
      case $a$b in aann|bben|ccid) continue ;; esac
      check "$1: $a hears $b" within 300 "$a" "heard $b [a-z]* $2"
    done
  done
  stop b
  start b2 h2 ben
  check "$1: restarted, hears ann" within 300 b2 "heard ann [a-z]* $2"
  check "$1: restarted, hears cid" within 300 b2 "heard cid [a-z]* $2"
  local skip
  skip=$(lines a)
  stop b2
  start b3 h2 ben
  check "$1: the restarted is heard by ann" printed a "heard ben question $2" "$skip"
  stop a; stop b3; stop c
}

cables () {
  local skip_a skip_b t0 t1
  start a h1 ann; start b h2 ben
  check "cable: at first heard" within 300 a "heard ben"
  skip_b=$(lines b)
  "$NETNS" cut h2
  check "cable: cut is noticed" printed b "changed" "$skip_b"
  start c h3 cid
  check "cable: others go on" within 300 c "heard ann"
  skip_b=$(lines b); skip_a=$(lines a)
  check "cable: cid is not heard through a cut cable" bash -c "! grep -q cid '$dir/b'"
  t0=$(date +%s%3N)
  "$NETNS" mend h2
  check "cable: mended, ben hears cid" printed b "heard cid" "$skip_b"
  t1=$(date +%s%3N)
  echo "# from mend to heard: $((t1 - t0)) ms"
  check "cable: mended, heard within a second" [ $((t1 - t0)) -le 1000 ]
  check "cable: mended, ann hears ben" printed a "heard ben" "$skip_a"
  stop a; stop b; stop c
}

one_host () { # LABEL
  local a b
  start a h1 ann; start b h1 ben; start c h1 cid
  for a in a b c; do
    for b in ann ben cid; do
      case $a$b in aann|bben|ccid) continue ;; esac
      check "$1: $a hears $b" within 300 "$a" "heard $b"
    done
  done
  stop b
  start b2 h1 ben
  check "$1: restarted, hears ann" within 300 b2 "heard ann"
  check "$1: restarted, hears cid" within 300 b2 "heard cid"
  stop a; stop b2; stop c
}

# The daemon is there before the network is; IPv6 with its second or two of duplicate address detection.
late () {
  local i
  start a h1 ann; start b h2 ben
  check "late: a is ready" printed a ready
  check "late: b is ready" printed b ready
  for i in 1 2; do
    "$NETNS" exec "h$i" "$BASH" -c 'for f in all default eth0; do
        echo 1 > /proc/sys/net/ipv6/conf/$f/accept_dad; echo 1 > /proc/sys/net/ipv6/conf/$f/dad_transmits; done'
    "$NETNS" exec "h$i" ip link set eth0 up
  done
  check "late: IPv6 address usable, a hears ben" printed a "heard ben [a-z]* [[]fe80"
  check "late: IPv6 address usable, b hears ann" printed b "heard ann [a-z]* [[]fe80"
  # Another address, as from a DHCP server that has changed its mind.
  "$NETNS" exec h1 ip addr add 10.78.0.1/24 dev eth0
  "$NETNS" exec h2 ip addr add 10.78.0.2/24 dev eth0
  check "late: IPv4 address given, a hears ben" printed a "heard ben [a-z]* 10[.]78"
  check "late: IPv4 address given, b hears ann" printed b "heard ann [a-z]* 10[.]78"
  stop a; stop b
}

# A port that another program keeps for itself: questions are not heard, answers are.
taken () {
  "$NETNS" exec h1 "$BUILD/tests/e2e/lan_beacon" --take < /dev/null > "$dir/t" 2>&1 &
  echo $! > "$dir/t.pid"
  check "taken: the port is taken" printed t taken
  start b h2 ben
  check "taken: ben is ready" printed b ready
  start a h1 ann
  check "taken: hears by answers" within 300 a "heard ben answer"
  check "taken: is heard" printed b "heard ann"
  stop a; stop b; stop t
}

idle () {
  local wakeups
  start a h1 ann
  within 300 a ready > /dev/null
  sleep 3 # the time over which idleness is measured, not a wait for anything
  stop a
  echo "# $(tail -1 "$dir/a")"
  wakeups=$(sed -n 's/.* wakeups //p' "$dir/a")
  check "idle: no busy wake-ups" [ "$wakeups" -le 30 ]
}

if [ "${1:-}" = inside ]; then
  dir=$CF_NETNS_DIR
  shift
  "$@"
  echo "$count" > "$CF_COUNT"
  exit 0
fi

CF_COUNT=$(mktemp) || exit 99
export CF_COUNT CF_SRCDIR=$SRC CF_BUILDDIR=$BUILD
trap 'rm -f "$CF_COUNT"' EXIT
"$NETNS" run 1 -- true
case $? in
  0) ;;
  77) echo "1..0 # SKIP namespaces are not permitted here"; exit 0 ;;
  *) echo "Bail out! the lab does not work"; exit 99 ;;
esac
total=0
stage () { # NETNS-OPTIONS... -- FUNCTION ARGS...
  local opts=()
  while [ "$1" != -- ]; do opts+=("$1"); shift; done
  shift
  echo 0 > "$CF_COUNT"
  # Numbers would start again in each stage; TAP does without.
  "$NETNS" run "${opts[@]}" -- "$BASH" "$0" inside "$@" | sed -E "s/^(ok|not ok) ([0-9]+) - /\1 - /"
  [ "$(cat "$CF_COUNT")" -gt 0 ] || { echo "Bail out! $*: the stage broke"; exit 99; }
  total=$((total + $(cat "$CF_COUNT")))
}
stage --only 4 3 -- three_hosts "IPv4" "10[.]77[.]0[.]"
stage --only 6 3 -- three_hosts "IPv6" "[[]fe80"
stage 3 -- three_hosts "both" ""
stage 3 -- cables
stage --alone 1 -- one_host "only loopback"
stage 1 -- one_host "one host on a LAN"
stage --only 6 --alone 2 -- late
stage 2 -- taken
stage 1 -- idle
echo "1..$total"
