#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the desktop and the service manager are told is well-formed, and true of this build.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${CF_BUILDDIR:-$PWD}
n=0
status=0

# ok WHAT COMMAND...
ok () {
  local what=$1 out
  shift
  n=$((n + 1))
  if out=$("$@" 2>&1); then
    echo "ok $n - $what"
  else
    printf '%s\n' "$out" | sed 's/^/# /'
    echo "not ok $n - $what"
    status=1
  fi
}
# ok_by PROGRAM WHAT COMMAND...: a machine without PROGRAM cannot say.
ok_by () {
  if command -v "$1" >/dev/null 2>&1; then
    ok "${@:2}"
  else
    n=$((n + 1))
    echo "ok $n - $2 # SKIP there is no $1"
  fi
}
# One value in all of them: application id, program, scheme.
same_names () {
  grep -q '^Exec=confab-gtk %u$' "$SRC/data/im.confab.Confab.desktop" &&
    grep -q '^MimeType=x-scheme-handler/confab;$' "$SRC/data/im.confab.Confab.desktop" &&
    grep -q '^Icon=im\.confab\.Confab$' "$SRC/data/im.confab.Confab.desktop" &&
    grep -q '^Name=im\.confab\.Confab$' "$BUILD/data/im.confab.Confab.service" &&
    grep -q '"im\.confab\.Confab"' "$SRC/ui/gtk/app.c" &&
    grep -q '<launchable type="desktop-id">im\.confab\.Confab\.desktop<' "$SRC/data/im.confab.Confab.metainfo.xml"
}
# The version that is being made is among the releases.
release_is_told () {
  grep -q "<release version=\"$(sed -n 's/^#define VERSION "\(.*\)"/\1/p' "$BUILD/config.h")\"" \
    "$SRC/data/im.confab.Confab.metainfo.xml"
}
nothing_left_to_fill_in () {
  ! grep -n '@' "$BUILD/data/im.confab.Confab.service" "$BUILD/data/confabd.service" "$BUILD/data/confab-node.service" &&
    grep -q '^ExecStart=/.*/confab-node$' "$BUILD/data/confab-node.service" &&
    grep -q '^Exec.*=/.*/confab-gtk ' "$BUILD/data/im.confab.Confab.service" &&
    grep -q '^ExecStart=/.*/confabd --foreground$' "$BUILD/data/confabd.service"
}
# systemd looks at the program, too: one that is there.
units () {
  local dir
  dir=$(mktemp -d) || return 1
  sed "s|^ExecStart=[^ ]*|ExecStart=$BUILD/confabd|" "$BUILD/data/confabd.service" >"$dir/confabd.service"
  cp "$SRC/data/confabd.socket" "$dir/"
  XDG_RUNTIME_DIR=$dir systemd-analyze --user verify --man=no "$dir/confabd.service" "$dir/confabd.socket" >"$dir/out" 2>&1
  grep 'confabd\.' "$dir/out" && { rm -rf "$dir"; return 1; }
  sed "s|^ExecStart=[^ ]*|ExecStart=$BUILD/confab-node|" "$BUILD/data/confab-node.service" >"$dir/confab-node.service"
  systemd-analyze verify --man=no "$dir/confab-node.service" >"$dir/out" 2>&1
  grep 'confab-node\.' "$dir/out" && { rm -rf "$dir"; return 1; }
  rm -rf "$dir"
}
svg () { python3 -c 'import sys, xml.dom.minidom as m; [m.parse(f) for f in sys.argv[1:]]' "$SRC"/data/icons/*.svg; }

echo 1..7
ok_by desktop-file-validate "the desktop entry" desktop-file-validate "$SRC/data/im.confab.Confab.desktop"
ok_by appstreamcli "the description for software centres" appstreamcli validate --no-net "$SRC/data/im.confab.Confab.metainfo.xml"
ok_by systemd-analyze "the units" units
ok "icons are well-formed" svg
ok "names are the same everywhere" same_names
ok "the release is among the releases" release_is_told
ok "programs are named where they will be" nothing_left_to_fill_in
exit $status
