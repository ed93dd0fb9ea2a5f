#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# extract.sh SRCDIR OUT.pot - every sentence of the sources in POTFILES that people read.
set -eu
out=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
cd "$1"
extract () {
  xgettext --from-code=UTF-8 --no-wrap --add-location=file --package-name=Confab \
    --msgid-bugs-address=https://confab.invalid/issues --copyright-holder='The Confab authors' \
    --add-comments=Translators: --output="$out" "$@" 2>"$out.said" ||
    { cat "$out.said" >&2; exit 1; }
  rm -f "$out.said"
}
extract --keyword=_ --keyword=N_ --keyword=ngettext:1,2 --files-from=po/POTFILES
# The table of errors: message and hint.
extract --join-existing --keyword --keyword=SAY:5 base/err.c
extract --join-existing --keyword --keyword=SAY:6 base/err.c
