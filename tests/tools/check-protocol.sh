#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The specification and the code name the same things: labels of hashes, constants of the wire, sections, tests.
set -u
. "$(dirname "$0")/report.sh"
cd "${CF_SRCDIR:-$(dirname "$0")/../..}" || exit 1
doc=doc/protocol.md

section () { awk -v name="$1" '/^##/ { inside = ($0 ~ "^#+ " name "$") } inside' $doc; }
sources () { find base gpg net node core -name '*.[ch]'; }

echo 1..7
code=$(sources | xargs sed -n 's/.*cf_hash_init ([^"]*"\([^"]*\)").*/\1/p' | sort)
text=$(section Labels | sed -n 's/^| `\([^`]*\)` | [HK].*/\1/p' | sort)
[ "$(printf '%s\n' "$code" | wc -l)" -gt 10 ] || code="no labels were found"
report "no label is used in two places" "$(printf '%s\n' "$code" | uniq -d)"
report "the table of labels is that of the code" "$(diff <(printf '%s\n' "$code") <(printf '%s\n' "$text"))"
calls=$(sources | xargs grep -h 'cf_hash_init (&' | wc -l)
report "every call of cf_hash_init has its label on its own line" \
  "$([ "$calls" = "$(printf '%s\n' "$code" | wc -l)" ] || echo "$calls calls")"

report "every constant of net/proto.h has its reason" "$(
  sed -n 's/^#define \(CF_[A-Z0-9_]*\) .*/\1/p' net/proto.h | while read -r name; do
    section Limits | grep -q "\`$name\`" || echo "$name"
  done)"

headings=$(sed -n 's/^##* //p' $doc)
report "sections that the code refers to are there" "$(
  grep -rhoE --include='*.[ch]' 'doc/protocol[a-z-]*\.md(, "[^"]*")?' base gpg net node core ui tests | sort -u | while read -r ref; do
    [[ $ref == doc/protocol.md* ]] || echo "$ref"
    name=$(sed -n 's/.*, "\(.*\)"/\1/p' <<<"$ref")
    [ -z "$name" ] || grep -qxF "$name" <<<"$headings" || echo "$ref"
  done)"
anchors=$(sed -n 's/^##* //p' $doc | tr 'A-Z ' 'a-z-' | tr -d "'")
report "links inside the text lead somewhere" "$(
  grep -oE '\(#[^)]*\)' $doc | tr -d '(#)' | sort -u | while read -r anchor; do
    grep -qxF -- "$anchor" <<<"$anchors" || echo "$anchor"
  done)"
report "tests that the text names are there" "$(
  grep -oE '`test_[a-z0-9_]*`' $doc | tr -d '`' | sort -u | while read -r name; do
    grep -rqE --include='*.c' "^$name \(" tests || echo "$name"
  done)"
exit $status
