#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every callback that a widget of the desktop client binds is the handler of some signal in a template, and the other
# way round: GTK says nothing of the first, and the button does nothing.
set -u
. "$(dirname "$0")/report.sh"
cd "${CF_SRCDIR:-$(dirname "$0")/../..}/ui/gtk" || exit 1
# Handlers are called on_...; they are bound by their function, by name, or by a file's own BIND.
bound=$(sed -nE 's/.*(bind_template_callback(_full)? \([a-z_]+, "?|BIND \()(on_[a-z_]+).*/\3/p' ./*.c | sort -u)
handlers=$(grep -ho 'handler="on_[a-z_]*"' ./*.ui | cut -d'"' -f2 | sort -u)
echo 1..2
report "every bound callback is a handler in a template" "$(comm -23 <(echo "$bound") <(echo "$handlers"))"
report "every handler in a template is bound" "$(comm -13 <(echo "$bound") <(echo "$handlers"))"
exit $status
