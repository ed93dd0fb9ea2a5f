#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Protocol code does no I/O, reads no clock and rolls no dice: nm shows what its objects call.
# The few objects that are the outside world are named here, all others are checked.
set -u
builddir=${CF_BUILDDIR:-.}
world='env_system|paths|io_event[a-z_]*|secmem|text'
banned='time|gettimeofday|clock_gettime|clock|nanosleep|usleep|sleep|socket|connect|bind|listen|accept4?|send|sendto|sendmsg|recv|recvfrom|recvmsg|random|rand|srand|getrandom|arc4random|randombytes[a-z_]*|gcry_randomize|gcry_create_nonce|gpgme_[a-z_]*|pthread_[a-z_]*|eventfd|event_[a-z_]*|bufferevent_[a-z_]*|crypto_box_seal|crypto_core_ristretto255_(scalar_)?random|crypto_secretstream[a-z0-9_]*_init_push|crypto_kx_keypair|crypto_box_keypair'
status=0 n=0 checked=0
archives=""
for a in libcf-base.a libcf-net.a libcf-node.a libcf-portmap.a libcf-core.a; do [ -f "$builddir/$a" ] && archives="$archives $builddir/$a"; done
[ -n "$archives" ] || { echo "1..0 # SKIP nothing is built"; exit 0; }
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
for archive in $archives; do
  for object in $(ar t "$archive"); do
    name=${object##*-}; name=${name%.o}
    [[ $name =~ ^($world)$ ]] && continue
    # The store is SQLite's, the local interface Assuan's: both are the daemon's outside.
    case $object in *ipc*) continue ;; esac
    checked=$((checked + 1))
    bad=$(ar p "$archive" "$object" >"$tmp/o" && nm -u "$tmp/o" | awk '{ print $NF }' | sed 's/@.*//' | grep -xE "$banned")
    if [ -n "$bad" ]; then
      n=$((n + 1)); echo "# $archive($object) calls: $bad" | tr '\n' ' '; echo
      status=1
    fi
  done
done
echo 1..1
if [ $status = 0 ] && [ $checked -gt 5 ]; then echo "ok 1 - $checked protocol objects touch neither clock nor dice nor sockets"
else echo "not ok 1 - $n of $checked objects reach outside"; status=1; fi
exit $status
