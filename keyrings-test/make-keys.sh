#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make-keys.sh DIR NAME[:KIND]... - throw-away keys for tests.
#
# Makes DIR/NAME, a GnuPG home of its own with one key "NAME <NAME@example.org>"
# of KIND (NAME itself when none is given), and adds "NAME FINGERPRINT" to
# DIR/keys.txt.  DIR should be short: agents listen on sockets below it.  No
# agent is left running.  CF_PINENTRY is the pinentry that the homes will use, by
# its absolute path; it is told its home as CF_PINENTRY_DIR.
#
# KIND: ed25519  rsa2048  rsa4096  nistp256  brainpoolP256r1
#       passphrase   (Ed25519, protected by "correct horse")
#       expired      expiring (in two days)   revoked   disabled
#       rsa1024      (weak)
#       sign-only    (no encryption subkey)
#       sign-subkey  (statements are signed by a subkey)
set -eu

usage () {
  echo "usage: make-keys.sh DIR NAME[:KIND]..." >&2
  exit 1
}

test $# -ge 2 || usage
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
pinentry=${CF_PINENTRY:-/dev/null}

run () {
  gpg --homedir "$home" --batch --quiet --no-tty --yes --pinentry-mode loopback --passphrase "$passphrase" "$@"
}

fingerprint () {
  gpg --homedir "$home" --batch --with-colons --list-keys 2>/dev/null | awk -F: '$1 == "fpr" { print $10; exit }'
}

# quick ALGORITHM EXPIRY [OPTION...]: a primary key and its encryption subkey.
quick () {
  algorithm=$1 expiry=$2
  shift 2
  run "$@" --quick-gen-key "$user" "$algorithm" - "$expiry"
}

# with_subkey PRIMARY SUBKEY
with_subkey () {
  quick "$1" never
  run --quick-add-key "$(fingerprint)" "$2" encr never
}

make_key () {
  case $kind in
    ed25519 | passphrase) quick future-default never ;;
    rsa1024 | rsa2048 | rsa4096 | nistp256 | brainpoolP256r1) with_subkey "$kind" "$kind" ;;
    expired) quick future-default 1d --faked-system-time 20240101T000000 ;;
    expiring) quick future-default 2d ;;
    revoked)
      quick future-default never
      sed 's/^:----/----/' "$home/openpgp-revocs.d/$(fingerprint).rev" | run --import ;;
    disabled)
      quick future-default never
      printf 'disable\nsave\n' | gpg --homedir "$home" --batch --quiet --no-tty --command-fd 0 \
        --edit-key "$(fingerprint)" >/dev/null 2>&1 ;;
    sign-only) quick ed25519 never ;;
    sign-subkey)
      quick future-default never
      run --quick-add-key "$(fingerprint)" ed25519 sign never ;;
    *) echo "make-keys.sh: no such kind of key: $kind" >&2; exit 1 ;;
  esac
}

for spec; do
  name=${spec%%:*} kind=${spec##*:}
  home=$dir/$name user="$name <$name@example.org>" passphrase=
  test "$kind" = passphrase && passphrase='correct horse'
  mkdir -m 700 "$home"
  # A low s2k-count keeps the tests fast; the passphrase is in this file anyway.
  printf '#!/bin/sh\nCF_PINENTRY_DIR=%s exec %s "$@"\n' "'$home'" "'$pinentry'" >"$home/pinentry"
  chmod +x "$home/pinentry"
  printf 's2k-count 65536\nallow-loopback-pinentry\npinentry-program %s/pinentry\n' "$home" >"$home/gpg-agent.conf"
  make_key
  echo "$name $(fingerprint)" >>"$dir/keys.txt"
  gpgconf --homedir "$home" --kill all
done
