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
# What the daemon says: messages and hints of the table of errors, and of the phrases; what its settings mean.
extract --join-existing --keyword --keyword=SAY:5 base/err.c
extract --join-existing --keyword --keyword=SAY:6 base/err.c
extract --join-existing --language=C --keyword --keyword=SAY:2 --keyword=SAY_WHY:2 base/phrases.def
extract --join-existing --language=C --keyword --keyword=SAY:3 --keyword=SAY_WHY:3 base/phrases.def
