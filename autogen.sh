#!/bin/sh
# autogen.sh - from a fresh clone to a running Confab.  GPL-3.0-or-later.
#
#   ./autogen.sh          make ./configure (for those who build by hand)
#   ./autogen.sh deps     install what is missing (Debian and its kin; elsewhere: print the list)
#   ./autogen.sh build    deps, then configure and make in ./build
#   ./autogen.sh run      build, then start Confab; without a terminal, a narrated demonstration
#                         (nobody to try it with: build/confab demo)
#   ./autogen.sh check    build, then every test
#
# JOBS=N sets how many compilers run at once; CONFIGURE_FLAGS is handed to configure.
set -eu
cd "$(dirname "$0")"
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 2)}

# Package, and what it is for.
packages () {
  cat <<'END'
gcc                 compiler
libc6-dev           compiler
make                build
autoconf            build
automake            build
pkg-config          build
libgpgme-dev        OpenPGP through GnuPG
libgpg-error-dev    error codes
gnupg               OpenPGP
gpg-agent           OpenPGP: holds the secret keys
libassuan-dev       the daemon's local interface
libevent-dev        event loop
libsodium-dev       handshake and password gate
libgcrypt20-dev     encryption of tunnels
libngtcp2-dev       streams over datagrams: loss, flow, congestion
libsqlcipher-dev    the encrypted store
libjansson-dev      JSON
libncurses-dev      the terminal client
libunistring-dev    Unicode
libgtk-3-dev        desktop client
libhandy-1-dev      desktop client: folds where it is narrow
librsvg2-common     desktop client: its icons are SVG
adwaita-icon-theme  desktop client: icons
libseccomp-dev      confinement: of public nodes, of what decodes pictures, of what reads routers
libminiupnpc-dev    routers are asked to open a port: UPnP
libnatpmp-dev       the same: NAT-PMP
libqrencode-dev     QR codes of addresses
gettext             translations
END
}
test_packages () {
  cat <<'END'
libcmocka-dev       unit tests
iproute2            tests: virtual hosts
nftables            tests: virtual routers
miniupnpd-nftables  tests: of them, those that open ports
miniupnpd           tests: the same
util-linux          tests: virtual hosts
procps              tests: processes
tmux                tests: terminals
python3             tests: drivers
python3-gi          tests: drivers of the desktop client
gir1.2-atspi-2.0    tests: the desktop client is driven as assistive tools do
gir1.2-gtk-3.0      tests: pictures of its windows
at-spi2-core        tests: the same
dbus                tests: a session bus of their own
xvfb                tests: a screen that nobody sees
openbox             tests: a window manager on it
xdotool             tests: keys and pointer
fonts-dejavu-core   tests: something to write with
END
}

say () { printf '%s\n' "$*"; }
die () { printf 'autogen.sh: %s\n' "$*" >&2; exit 1; }

missing () {
  "$@" | while read -r name why; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || say "$name"
  done
}

deps () {
  if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    say "This is not a Debian system.  Confab needs these (Debian's names), and what each is for:"
    packages
    test_packages
    say "Go on with: ./autogen.sh && ./configure && make"
    return 0
  fi
  want=$(missing packages; missing test_packages)
  [ -n "$want" ] || return 0
  say "Installing what Confab needs and this machine lacks:"
  { packages; test_packages; } | while read -r name why; do
    for w in $want; do [ "$w" != "$name" ] || printf '  %-20s %s\n' "$name" "$why"; done
  done
  as_root=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 ||
      die "not root and no sudo here: ask your administrator for: apt-get install" $want
    as_root=sudo
    say "(sudo may ask for your password: installing packages needs the administrator)"
  fi
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null' apt $want ||
    die "installing failed; try by hand: apt-get install" $want
}

bootstrap () {
  command -v autoreconf >/dev/null 2>&1 || die "autoconf and automake are missing: ./autogen.sh deps"
  mkdir -p build-aux m4
  autoreconf --install --force >/dev/null 2>build-aux/autoreconf.log || { cat build-aux/autoreconf.log >&2; exit 1; }
}

build () {
  [ -x configure ] && [ ! configure.ac -nt configure ] && [ -z "$(find . -name local.mk -newer configure | head -n 1)" ] ||
    bootstrap
  mkdir -p build
  (
    cd build
    # shellcheck disable=SC2086
    [ -f config.status ] || ../configure --quiet ${CONFIGURE_FLAGS:-}
    make -j "$JOBS" --no-print-directory
  )
}

run () {
  if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -x build/confab-gtk ]; then
    exec build/confab-gtk
  elif [ -t 0 ] && [ -t 1 ]; then
    say "Nobody to try it with?  In another terminal: $PWD/build/confab demo"
    PATH="$PWD/build:$PATH" exec build/confab
  else
    say "No terminal here: a demonstration with two throw-away identities."
    PATH="$PWD/build:$PATH" exec sh ui/demo/demo.sh
  fi
}

case ${1:-bootstrap} in
  bootstrap) bootstrap; say "Now: ./configure && make" ;;
  deps)  deps ;;
  build) deps; build ;;
  run)   deps; build; run ;;
  check) deps; build; exec make -C build -j "$JOBS" --no-print-directory check ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 1 ;;
esac
