#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands of confab, as the program has them, its manual explains them, and sentences and README name them.
set -u
. "$(dirname "$0")/report.sh"
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${CF_BUILDDIR:-$PWD}
export LC_ALL=C

commands=$("$BUILD/confab" help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')
[ -n "$commands" ] || { echo "Bail out! confab help lists nothing"; exit 1; }
man=$SRC/doc/man/confab.1

# The section of command $1 in the manual: from its .It to the next one that has text before it.
section () {
  awk -v name="$1" '/^\.It Ic / { if ($3 == name) on = 1; else if (said) on = said = 0 }
                    /^\.Sh / { on = 0 } on { print; if ($1 !~ /^\.It$/) said = 1 }' "$man"
}

echo 1..4
report "the manual has the commands that there are, and no others" \
  "$(diff <(sort <<<"$commands") <(sed -n 's/^\.It Ic \([a-z][a-z-]*\).*/\1/p' "$man" | sort -u))"
report "the manual has the options of each" "$(for c in $commands; do
  text=$(section "$c")
  "$BUILD/confab" help "$c" | sed -n '/^Options of every/q; s/^  --\([a-z][a-z-]*\).*/\1/p' | while read -r option; do
    grep -qE -- "Fl -${option//-/\\\\?-}( |\$|,|\.)" <<<"$text" || echo "$c --$option"
  done
done)"
# named FILE...: what stands there as a command of confab.
named () {
  grep -ohE '\\?"confab [a-z][a-z-]*|^ +confab [a-z][a-z-]*' "$@" | sed 's/.*confab //' | sort -u
}
report "sentences of the daemon name commands that there are" \
  "$(comm -23 <(named "$SRC/base/err.c" "$SRC/base/phrases.def") <(sort <<<"$commands"))"
report "README names commands that there are" "$(comm -23 <(named "$SRC/README") <(sort <<<"$commands"))"
exit $status
