#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Translations: every source with sentences is listed, every catalogue is sound and complete.
set -u
. "$(dirname "$0")/report.sh"
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$SRC" || exit 1
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

languages=$(cat po/LINGUAS)
echo 1..$((2 + 2 * $(wc -w <<<"$languages")))
report "po/POTFILES lists what has sentences, and nothing else" "$(diff <(sort po/POTFILES) <(
  { grep -rlE '(^|[^A-Za-z_])(_|N_|ngettext) ?\(' --include='*.[ch]' ui | grep -v '^ui/client/i18n\.'
    grep -rl 'translatable="yes"' --include='*.ui' ui; } | sort))"
report "po/local.mk builds each of po/LINGUAS" "$(for l in $languages; do
  grep -q "po/$l\.po" po/local.mk && grep -q "po/locale/$l/LC_MESSAGES/confab\.mo" po/local.mk || echo "$l"; done)"
if ! command -v xgettext >/dev/null || ! command -v msgmerge >/dev/null; then
  for l in $languages; do
    echo "ok $((++n)) - $l is sound # SKIP there is no gettext"
    echo "ok $((++n)) - $l is complete # SKIP there is no gettext"
  done
  exit $status
fi
sh po/extract.sh . "$tmp/confab.pot" || { echo "Bail out! xgettext failed"; exit 1; }
for l in $languages; do
  report "$l is sound: placeholders, plurals, header" "$(msgfmt --check -o /dev/null "po/$l.po" 2>&1)"
  msgmerge --quiet --no-fuzzy-matching "po/$l.po" "$tmp/confab.pot" >"$tmp/$l.po" 2>"$tmp/said" || cat "$tmp/said"
  report "$l is complete" "$({ msgattrib --untranslated --no-wrap "$tmp/$l.po"
    msgattrib --only-fuzzy --no-wrap "$tmp/$l.po"; } | grep '^msgid "' | grep -v '^msgid ""$')"
done
exit $status
