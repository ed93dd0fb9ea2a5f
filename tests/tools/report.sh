# SPDX-License-Identifier: GPL-3.0-or-later
# report.sh - what checks of the house rules share: sourced, before they go elsewhere.
n=0
status=0

# report WHAT BAD: BAD is what is wrong, or empty.  At the end: exit $status.
report () {
  n=$((n + 1))
  if [ -n "$2" ]; then
    printf '%s\n' "$2" | head -n 40 | sed 's/^/# /'
    echo "not ok $n - $1"
    status=1
  else
    echo "ok $n - $1"
  fi
}
