#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gui.sh - a desktop that nobody sees: an X server in memory, a session bus and the accessibility bus.
#
#   gui.sh [--size WxH] CMD...   run CMD there, take everything down; exit: CMD's, or 77 when a piece is missing
#
# CMD sees DISPLAY, DBUS_SESSION_BUS_ADDRESS, AT_SPI_BUS_ADDRESS, and a HOME and XDG directories of its own.
# tests/lab/gui.py drives what CMD starts.  A second session bus (another person's) may be started beside it:
# AT_SPI_BUS_ADDRESS keeps all programs on one accessibility bus.
set -u
SELF=$(readlink -f "${BASH_SOURCE[0]}")
skip () { echo "gui.sh: skipped: $*" >&2; exit 77; }

if [ "${1:-}" = __inside ]; then # on the session bus
  shift
  # Ask for the accessibility bus, and say that somebody listens, so that programs show their widgets from the start.
  AT_SPI_BUS_ADDRESS=$(gdbus call --session --dest org.a11y.Bus --object-path /org/a11y/bus --method org.a11y.Bus.GetAddress |
    sed -n "s/^('\(.*\)',)\$/\1/p")
  [ -n "$AT_SPI_BUS_ADDRESS" ] || skip "no accessibility bus (Debian: at-spi2-core)"
  export AT_SPI_BUS_ADDRESS
  gdbus call --session --dest org.a11y.Bus --object-path /org/a11y/bus \
    --method org.freedesktop.DBus.Properties.Set org.a11y.Status IsEnabled '<true>' > /dev/null
  # Who is there with a keyboard: shortcuts, focus and sizes need a window manager.
  openbox > /dev/null 2>&1 &
  wm=$!
  "$@"
  rc=$?
  kill "$wm" 2> /dev/null
  exit $rc
fi

size=1280x900
if [ "${1:-}" = --size ]; then
  size=$2
  shift 2
fi
[ $# -gt 0 ] || { sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//p}' "$SELF" >&2; exit 2; }
for tool in Xvfb openbox xdotool dbus-run-session gdbus; do
  command -v $tool > /dev/null || skip "no $tool"
done
/usr/bin/python3 -c 'import gi; gi.require_version("Atspi", "2.0")' 2> /dev/null || skip "no AT-SPI for Python (Debian: python3-gi, gir1.2-atspi-2.0)"

dir=$(mktemp -d "${TMPDIR:-/tmp}/cf-gui.XXXXXX") || exit 1
server=
finish () {
  [ -z "$server" ] || kill "$server" 2> /dev/null
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM
mkdir -m 700 "$dir/run" "$dir/home"
mkfifo "$dir/number"
# A number of our own, at random: X servers in other process namespaces share /tmp with us, and would take the
# lock of a process that they cannot see for one that was left behind.
for try in 1 2 3 4 5; do
  Xvfb ":$((1000 + RANDOM))" -displayfd 3 -screen 0 "${size}x24" -dpi 96 -nolisten tcp -noreset \
    3> "$dir/number" > "$dir/log" 2>&1 &
  server=$!
  read -r -t 30 number < "$dir/number" && break
  server= number=
done
[ -n "$number" ] || { cat "$dir/log" >&2; skip "Xvfb does not start"; }
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS NO_AT_BRIDGE
export DISPLAY=:$number HOME=$dir/home XDG_RUNTIME_DIR=$dir/run XDG_CONFIG_HOME=$dir/home/.config \
  XDG_DATA_HOME=$dir/home/.local/share XDG_CACHE_HOME=$dir/home/.cache GDK_BACKEND=x11 GSETTINGS_BACKEND=memory \
  LC_ALL=${LC_ALL:-C.UTF-8}
dbus-run-session -- "$SELF" __inside "$@" 2> >(grep -vE '^(dbus-daemon|SpiRegistry|$)' >&2)
exit $?
