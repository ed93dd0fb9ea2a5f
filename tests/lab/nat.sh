#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# nat.sh - a throw-away internet in Linux namespaces: hosts behind routers of every kind; needs no root, and nothing
# in it can reach a real network.
#
#   nat.sh run NAME=KIND[,map]... -- CMD...
#                           build it, run CMD on its backbone, take everything down.  Exit: CMD's; 77 ("skip" for
#                           automake) when the machine does not permit it.
# and inside CMD:
#   netns.sh exec NAME CMD...   run CMD on a host, or on its router: NAME.r (the carrier's: NAME.r2)
#   nat.sh list             host, its address, its kind
#
# KIND is what is between the host and the backbone, in the words of RFC 4787:
#   open    nothing: a public address
#   full    a NAT, endpoint-independent in mapping and filtering ("full cone"): whoever sends to the mapping comes in
#   addr    filtering by address ("restricted cone"): who was written to, from any port
#   port    filtering by address and port ("port-restricted"): what most routers at home do
#   sym     mapping by address and port ("symmetric"): another port, at random, for each destination
#   wall    no NAT: a public address behind a stateful firewall
#   cgn     two in a row: a router at home (port), and the carrier's (port)
#   block   a NAT that lets no UDP out, and TCP only to ports 80 and 443
#   noudp   as port, and lets no UDP out
# FLAG: map   the router (at home) maps ports when it is asked to: PCP, NAT-PMP and UPnP, by miniupnpd
#       nosyn the router lets no beginning of a TCP stream in, also where one has just been sent out
#
# Each host is alone behind its router, and has IPv4 only, so that nothing but the router decides.
# Needs: bash, unshare and nsenter (util-linux), ip (iproute2), nft (nftables); miniupnpd for "map".
set -u
PATH=$PATH:/usr/sbin:/sbin
SELF=$(readlink -f "${BASH_SOURCE[0]}")
NETNS=$(dirname "$SELF")/netns.sh
# Public for whoever looks at the number: miniupnpd takes the blocks for documentation for private ones.
BACKBONE=192.0.1

die () { echo "nat.sh: $*" >&2; exit 1; }
skip () { echo "nat.sh: skipped: $*" >&2; exit 77; }
usage () { sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//p}' "$SELF" >&2; exit 2; }

at () { "$NETNS" exec "$@"; } # HOST CMD...

make_space () { # NAME: a network namespace, held open by a process whose pid is in a file of its name
  local pid try
  unshare --net sleep infinity < /dev/null > /dev/null 2>&1 &
  pid=$!
  for try in $(seq 500); do
    [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] && break
    sleep 0.01
  done
  [ "$try" -lt 500 ] || die "cannot make $1"
  echo "$pid" > "$CF_NETNS_DIR/$1"
  at "$1" sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
                 ip link set lo up'
}

# NAME's port "wan" becomes one end of a cable to PARENT (a space, or "" for the backbone), whose end is "$3".
plug () { # NAME PARENT PORT
  local pid
  pid=$(cat "$CF_NETNS_DIR/$1")
  if [ -z "$2" ]; then
    ip link add "$3" type veth peer name wan netns "$pid" || die "cannot plug $1"
    ip link set "$3" master net up
  else
    at "$2" ip link add "$3" type veth peer name wan netns "$pid" || die "cannot plug $1"
    at "$2" ip link set "$3" up
  fi
  at "$1" ip link set wan up
}

# What a router of KIND does between its ports "lan" (its host's) and "wan".
rules () { # KIND HOST-ADDRESS FLAGS
  local nat='' accept='' out='iifname "lan" accept;' first=''
  case $1 in
    # Linux itself maps by the endpoint's own port where that is free, and filters by address and port.
    port|block|noudp) nat='chain post { type nat hook postrouting priority 100; oifname "wan" masquerade; }' ;;
    sym) nat='chain post { type nat hook postrouting priority 100; oifname "wan" masquerade random,fully-random; }' ;;
    full|addr)
      # What has left once through a port may be answered there: by everybody, or by who was written to.
      nat="set used { type inet_service; flags dynamic,timeout; timeout 2m; }
        set met { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 2m; }
        chain note { type filter hook forward priority -1;
          iifname \"lan\" meta l4proto udp update @used { udp sport } update @met { ip daddr . udp sport }; }
        chain pre { type nat hook prerouting priority -100;
          iifname \"wan\" udp dport @used $([ "$1" = addr ] && echo 'ip saddr . udp dport @met') dnat to $2; }
        chain post { type nat hook postrouting priority 100; oifname \"wan\" masquerade; }"
      accept='ct status dnat accept;' ;;
  esac
  [ "$1" = block ] && out='iifname "lan" tcp dport { 80, 443 } accept; iifname "lan" reject with icmp type admin-prohibited;'
  [ "$1" = noudp ] && first='iifname "lan" meta l4proto udp drop;'
  case ",$3," in *,nosyn,*) first='iifname "wan" tcp flags & (syn | ack) == syn drop;' ;; esac
  cat << NFT
table ip nat {
  $nat
}
table inet filter {
  chain forward { type filter hook forward priority 0; policy drop;
    $first ct state established,related accept; $accept $out }
  chain input { type filter hook input priority 0; policy drop;
    iif lo accept; iifname "lan" accept; ct state established,related accept; meta l4proto icmp accept; }
}
NFT
}

make_router () { # NAME PARENT PORT KIND ADDRESS/24 GATEWAY LAN FLAGS
  make_space "$1"
  plug "$1" "$2" "$3"
  at "$1" sh -c "ip addr add $5 dev wan && ip route add default via $6 && echo 1 > /proc/sys/net/ipv4/ip_forward" \
    || die "cannot set up $1"
  rules "$4" "$7.1" "$8" | at "$1" nft -f - || skip "nft does not make the rules of '$4' here"
}

# The daemon of the router that maps ports; it needs the tables that it puts its rules into.
map_ports () { # ROUTER
  command -v miniupnpd > /dev/null || { echo "nat.sh: no miniupnpd: $1 maps no ports" >&2; return; }
  at "$1" nft -f - << 'NFT' || skip "nft does not make the rules of 'map' here"
table inet maps {
  chain in { type nat hook prerouting priority -99; }
  chain out { type nat hook postrouting priority 90; }
}
add chain inet filter mapped
insert rule inet filter forward jump mapped
NFT
  at "$1" ip route add 239.0.0.0/8 dev lan
  cat > "$CF_NETNS_DIR/$1.conf" << CONF
ext_ifname=wan
listening_ip=lan
enable_natpmp=yes
enable_upnp=yes
http_port=0
secure_mode=yes
lease_file=$CF_NETNS_DIR/$1.leases
upnp_table_name=filter
upnp_nat_table_name=maps
upnp_forward_chain=mapped
upnp_nat_chain=in
upnp_nat_postrouting_chain=out
uuid=00000000-0000-4000-8000-000000000001
allow 1024-65535 0.0.0.0/0 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
CONF
  at "$1" miniupnpd -d -f "$CF_NETNS_DIR/$1.conf" -P "$CF_NETNS_DIR/$1.pid" \
    < /dev/null > "$CF_NETNS_DIR/$1.log" 2>&1 &
}

make_host () { # N NAME KIND FLAGS
  local n=$1 name=$2 kind=$3 lan=192.168.$1 up="" port="p$1" wan=$BACKBONE.$1/24 gate=$BACKBONE.254
  make_space "$name"
  case $kind in
    open)
      plug "$name" "" "p$n"
      at "$name" sh -c "ip addr add $BACKBONE.$n/24 dev wan && ip route add default via $gate"
      echo "$name $BACKBONE.$n $kind" >> "$CF_NETNS_DIR/hosts"
      return ;;
    cgn)
      make_router "$name.r2" "" "p$n" port "$wan" "$gate" "100.64.$n" ""
      up=$name.r2 port=lan wan=100.64.$n.1/24 gate=100.64.$n.254 ;;
    wall) lan=198.51.$n; ip route add "$lan.0/24" via "$BACKBONE.$n" || die "no way to $name" ;;
    full|addr|port|sym|block|noudp) ;;
    *) die "no such kind: $kind" ;;
  esac
  make_router "$name.r" "$up" "$port" "${kind/cgn/port}" "$wan" "$gate" "$lan" "$4"
  [ -n "$up" ] && at "$up" ip addr add "$gate/24" dev lan
  plug "$name" "$name.r" lan
  at "$name.r" ip addr add "$lan.254/24" dev lan
  at "$name" sh -c "ip addr add $lan.1/24 brd + dev wan && ip route add default via $lan.254"
  case ",$4," in *,map,*) map_ports "$name.r" ;; esac
  echo "$name $lan.1 $kind" >> "$CF_NETNS_DIR/hosts"
}

# The order of things that a kernel takes up on its own: until a host hears its gateway.
wait_settled () {
  local name _ try
  while read -r name _; do
    for try in $(seq 500); do
      at "$name" ip -o link show dev wan | grep -q LOWER_UP && break
      sleep 0.01
    done
    [ "$try" -lt 500 ] || die "$name does not come up"
  done < "$CF_NETNS_DIR/hosts"
}

inside () { # NAME=KIND... -- CMD...
  local n=0 name kind flags
  mount --make-rprivate / && mount -t proc proc /proc || die "cannot mount /proc"
  CF_NETNS_DIR=$(mktemp -d "${TMPDIR:-/tmp}/cf-nat.XXXXXX") || die "no temporary directory"
  export CF_NETNS_DIR
  trap 'rm -rf "$CF_NETNS_DIR"' EXIT
  : > "$CF_NETNS_DIR/hosts"
  mount -t tmpfs none /run 2> /dev/null # miniupnpd and xtables leave things there
  ip link set lo up
  echo 1 > /proc/sys/net/ipv4/ip_forward
  ip link add net type bridge forward_delay 0 mcast_snooping 0 || skip "no bridges here"
  ip addr add $BACKBONE.254/24 dev net
  ip link set net up
  for _ in "$@"; do
    [ "$1" = -- ] && break
    n=$((n + 1)) name=${1%%=*} kind=${1#*=} flags=
    case $kind in *,*) flags=${kind#*,} kind=${kind%%,*} ;; esac
    make_host "$n" "$name" "$kind" "$flags"
    shift
  done
  shift
  wait_settled
  "$@"
  exit $?
}

run () {
  local users=() seen=
  for word in "$@"; do
    [ "$word" = -- ] && seen=1 && break
    [[ $word =~ ^[a-z][a-z0-9]{0,8}=[a-z]+(,[a-z0-9]+)*$ ]] || usage
  done
  [ -n "$seen" ] || usage
  for tool in unshare nsenter ip bridge nft; do
    command -v $tool > /dev/null || skip "no $tool"
  done
  [ "$(id -u)" = 0 ] || users=(--user --map-root-user)
  unshare "${users[@]}" --net --mount --pid --fork nft list ruleset > /dev/null 2>&1 \
    || { users=(--user --map-root-user)
         unshare "${users[@]}" --net --mount --pid --fork nft list ruleset > /dev/null 2>&1; } \
    || skip "namespaces, or nft in them, are not permitted here"
  # --kill-child: nothing in there survives us.
  exec unshare "${users[@]}" --net --mount --pid --fork --kill-child -- "$SELF" __inside "$@"
}

verb=${1:-}
[ $# -gt 0 ] && shift
case $verb in
  run) run "$@" ;;
  list) cat "${CF_NETNS_DIR:?}/hosts" ;;
  __inside) inside "$@" ;;
  *) usage ;;
esac
