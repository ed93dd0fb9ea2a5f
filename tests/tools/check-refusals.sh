#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Reasons for refusals: the code, the architecture and the man page name the same ones, and each is in use.
set -u
. "$(dirname "$0")/report.sh"
cd "${CF_SRCDIR:-$(dirname "$0")/../..}" || exit 1

echo 1..5
names=$(sed -n 's/^  \[CF_REFUSED_\(.*\)\] = "\(.*\)",$/\1 \2/p' base/refusal.c)
[ "$(printf '%s\n' "$names" | wc -l)" -gt 60 ] || names="no names were found"
report "each name is that of its reason" "$(
  while read -r reason name; do
    [ "$(tr 'A-Z' 'a-z' <<<"${reason/_/.}")" = "$name" ] || echo "$reason $name"
  done <<<"$names")"
names=$(cut -d' ' -f2 <<<"$names" | sort)
text=$(awk '/^## / { inside = ($0 == "## Refusals") } inside' doc/architecture.md | sed -n 's/^| \(`[^|]*\)|.*/\1/p' \
  | grep -o '`[^`]*`' | tr -d '`' | sort)
report "doc/architecture.md has each" "$(diff <(printf '%s\n' "$names") <(printf '%s\n' "$text"))"
man=$(awk '/^Reasons in refused/ { inside = 1 } inside && /^\.El/ { exit } inside' doc/man/confab.1 \
  | awk '/^\.It Cm/ { group = $3; next } group { gsub (/[,.]/, " "); for (i = 1; i <= NF; i++) print group "." $i }' | sort)
report "doc/man/confab.1 has each" "$(diff <(printf '%s\n' "$names") <(printf '%s\n' "$man"))"
report "each is counted somewhere" "$(
  sed -n 's/^  \[\(CF_REFUSED_.*\)\] = .*/\1/p' base/refusal.c | while read -r reason; do
    grep -rqw --include='*.c' --exclude=refusal.c "$reason" base net node gpg core || echo "$reason"
  done)"
report "each is provoked by a test" "$(
  while read -r name; do
    reason=CF_REFUSED_$(tr 'a-z.' 'A-Z_' <<<"$name")
    grep -rqw --include='*.c' "refused\[$reason\]" tests/unit tests/sim \
      || grep -rqE --include='*.py' "\"$name\"|\b${name/./_}=[0-9]" tests/e2e || echo "$name"
  done <<<"$names")"
exit $status
