#!/bin/bash
# netns.sh - a throw-away LAN in Linux namespaces; needs no root, and nothing in it can reach a real network.
#
#   netns.sh run N -- CMD...    build a LAN of hosts h1..hN, run CMD on its backbone, take everything down.
#                               Exit: CMD's; 77 ("skip" for automake) when namespaces are not permitted.
# and inside CMD (also from scripts on a host):
#   netns.sh exec hI CMD...     run CMD on a host; replaces the shell, so "&" and $! give CMD's pid
#   netns.sh cut hI             pull the host's cable (the host loses its carrier)
#   netns.sh mend hI            plug it in again
#   netns.sh detach hI          the same behind a switch: nothing passes, but every carrier stays
#   netns.sh attach hI          and back
#   netns.sh renumber hI N      give the host the addresses of number N instead of its own (another lease)
#   netns.sh slow hI KBIT       let no more than so many kilobits a second pass, either way (needs tc and its tbf; exit 77)
#   netns.sh list               host, IPv4 address, IPv6 address
#
# Host hI has eth0 with 10.77.0.I/24 and fd77::I/64 (and its link-local address), and loopback.  The
# backbone is 10.77.0.254 and fd77::fe.  Options of run, before N:
#   --only 4 | --only 6         leave the other family away (loopback keeps both)
#   --alone                     leave eth0 down on every host: only loopback works
#
# Everything lives in one process namespace: whatever CMD leaves behind is killed with it.  The hosts share
# CMD's file system.  Needs: bash, unshare and nsenter (util-linux), ip (iproute2).
set -u
PATH=$PATH:/usr/sbin:/sbin
SELF=$(readlink -f "${BASH_SOURCE[0]}")

die () { echo "netns.sh: $*" >&2; exit 1; }
skip () { echo "netns.sh: skipped: $*" >&2; exit 77; }
usage () { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$SELF" >&2; exit 2; }

# Each host is a process that only holds its network namespace open; its pid is in a file of its name.
pid_of () {
  [ -n "${CF_NETNS_DIR:-}" ] || die "not inside netns.sh run"
  cat "$CF_NETNS_DIR/$1" 2> /dev/null || die "no host $1"
}

on_host () {
  local pid
  pid=$(pid_of "$1") || exit 1
  shift
  exec nsenter --net="/proc/$pid/ns/net" -- "$@"
}

no_dad () { # duplicate address detection would keep IPv6 silent for a second or two
  local what
  for what in all default; do
    echo 0 > "/proc/sys/net/ipv6/conf/$what/accept_dad"
    echo 0 > "/proc/sys/net/ipv6/conf/$what/dad_transmits"
  done 2> /dev/null
}

make_host () { # N ONLY ALONE
  local n=$1 only=$2 alone=$3 pid try
  unshare --net sleep infinity < /dev/null > /dev/null 2>&1 &
  pid=$!
  for try in $(seq 500); do # until it has left our network
    [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] && break
    sleep 0.01
  done
  [ "$try" -lt 500 ] || die "cannot make h$n"
  echo "$pid" > "$CF_NETNS_DIR/h$n"
  (on_host "h$n" "$SELF" __no_dad)
  ip link add "p$n" type veth peer name eth0 netns "$pid" || die "cannot plug h$n"
  echo 1 > "/proc/sys/net/ipv6/conf/p$n/disable_ipv6" 2> /dev/null
  ip link set "p$n" master lan up
  [ "$only" = 4 ] && (on_host "h$n" "$SELF" __no_ipv6)
  (on_host "h$n" ip link set lo up)
  [ "$only" = 6 ] || (on_host "h$n" ip addr add "10.77.0.$n/24" brd + dev eth0)
  [ -n "$alone" ] && return
  (on_host "h$n" ip link set eth0 up) || die "cannot start h$n"
  [ "$only" = 4 ] || (on_host "h$n" ip addr add "fd77::$(printf %x "$n")/64" dev eth0 nodad)
}

inside () { # N ONLY ALONE CMD...: we are alone in new namespaces
  local n=$1 only=$2 alone=$3 i rc
  shift 3
  mount --make-rprivate / && mount -t proc proc /proc || die "cannot mount /proc"
  CF_NETNS_DIR=$(mktemp -d "${TMPDIR:-/tmp}/cf-netns.XXXXXX") || die "no temporary directory"
  export CF_NETNS_DIR
  trap 'rm -rf "$CF_NETNS_DIR"' EXIT
  ip link set lo up
  no_dad
  ip link add lan type bridge forward_delay 0 mcast_snooping 0 || skip "no bridges here"
  ip link set lan up
  ip addr add 10.77.0.254/24 brd + dev lan
  ip addr add fd77::fe/64 dev lan nodad
  for i in $(seq "$n"); do
    make_host "$i" "$only" "$alone"
  done
  wait_settled "$n" "$only" "$alone"
  "$@"
  rc=$?
  exit $rc
}

# Until every cable carries and no IPv6 address is tentative, so that what is timed inside is not the lab.
wait_settled () { # N ONLY ALONE
  local i try
  [ -n "$3" ] && return
  for i in $(seq "$1"); do
    for try in $(seq 500); do
      (on_host "h$i" ip -o link show dev eth0) | grep -q 'LOWER_UP' \
        && bridge link show dev "p$i" | grep -q 'state forwarding' \
        && { [ "$2" = 4 ] || (on_host "h$i" ip -6 -o addr show dev eth0) | grep -q 'fe80' ; } \
        && ! (on_host "h$i" ip -6 -o addr show dev eth0) | grep -q tentative && break
      sleep 0.01
    done
    [ "$try" -lt 500 ] || die "h$i does not come up"
  done
}

run () {
  local only= alone= n users=()
  while :; do
    case ${1:-} in
      --only) only=${2:-}; shift 2 ;;
      --alone) alone=1; shift ;;
      *) break ;;
    esac
  done
  n=${1:-}
  [[ $n =~ ^[0-9]+$ && ${2:-} = -- && $# -ge 3 ]] && [ "$n" -ge 1 ] && [ "$n" -le 200 ] || usage
  shift 2
  for tool in unshare nsenter ip bridge; do
    command -v $tool > /dev/null || skip "no $tool"
  done
  [ "$(id -u)" = 0 ] || users=(--user --map-root-user)
  unshare "${users[@]}" --net --mount --pid --fork mount -t proc proc /proc 2> /dev/null \
    || { users=(--user --map-root-user)
         unshare "${users[@]}" --net --mount --pid --fork mount -t proc proc /proc 2> /dev/null; } \
    || skip "namespaces are not permitted here"
  # --kill-child: nothing in there survives us.
  exec unshare "${users[@]}" --net --mount --pid --fork --kill-child -- "$SELF" __inside "$n" "$only" "$alone" "$@"
}

cable () { # hI, what to set
  local port=p${1#h}
  pid_of "$1" > /dev/null || exit 1
  shift
  # The ports are on the backbone, the caller may be anywhere.
  nsenter --net=/proc/1/ns/net -- ip link set "$port" "$@"
}

slow () { # hI KBIT: a queue of up to 20 s, as in a cheap router
  local port=p${1#h}
  pid_of "$1" > /dev/null || exit 1
  nsenter --net=/proc/1/ns/net -- tc qdisc replace dev "$port" root tbf rate "$2kbit" burst 16kb latency 20s \
    && (on_host "$1" tc qdisc replace dev eth0 root tbf rate "$2kbit" burst 16kb latency 20s) \
    || skip "no traffic shaping here"
}

renumber () { # hI N
  [[ $2 =~ ^[0-9]+$ ]] && [ "$2" -ge 1 ] && [ "$2" -le 253 ] || die "no such number: $2"
  (on_host "$1" ip addr flush dev eth0 scope global)
  (on_host "$1" ip addr add "10.77.0.$2/24" brd + dev eth0) || exit 1
  (on_host "$1" ip addr add "fd77::$(printf %x "$2")/64" dev eth0 nodad)
}

verb=${1:-}
[ $# -gt 0 ] && shift
case $verb in
  run) run "$@" ;;
  exec) [ $# -ge 2 ] || usage; on_host "$@" ;;
  cut) [ $# = 1 ] || usage; cable "$1" down ;;
  mend) [ $# = 1 ] || usage; cable "$1" up ;;
  slow) [ $# = 2 ] || usage; slow "$1" "$2" ;;
  renumber) [ $# = 2 ] || usage; renumber "$1" "$2" ;;
  detach) [ $# = 1 ] || usage; cable "$1" nomaster ;;
  attach) [ $# = 1 ] || usage; cable "$1" master lan ;;
  list)
    for host in $(cd "${CF_NETNS_DIR:?}" && ls -v h*); do
      echo "$host 10.77.0.${host#h} fd77::$(printf %x "${host#h}")"
    done ;;
  __inside) inside "$@" ;;
  __no_dad) no_dad ;;
  __no_ipv6) echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6 ;;
  *) usage ;;
esac
